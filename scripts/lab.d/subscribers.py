"""SQL that gives the XCAP server the users of users.json (those with a password; for AKA users it is their name)."""
import sys

import users

for impi, user in users.load(sys.argv[1])[0].items():
    name, domain = impi.split("@")
    password = user.get("password", name).replace("'", "''")
    print(f"INSERT INTO subscriber (username, domain, password) VALUES ('{name}', '{domain}', '{password}');")
