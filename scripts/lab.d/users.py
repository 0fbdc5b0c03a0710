"""The users of users.json: those it names, and the pools of like users that give every test one of its own."""
import json


def load(path):
    with open(path) as f:
        configuration = json.load(f)
    users = dict(configuration["users"])
    for pool in configuration.get("pools", []):
        for n in range(1, pool["count"] + 1):
            user = {key: value.format(n=n) for key, value in pool.items() if key not in ("name", "count")}
            name = pool["name"].format(n=n)
            user["impus"] = [f"sip:{name}@ims.test"]
            users[f"{name}@ims.test"] = user
    return users, configuration.get("filters", [])
