"""Lets WATCHER see USER's presence: puts a rule for it on the XCAP server, in place of what is there (RFC 5025)."""
import sys
import urllib.request

import users

file, root, name, watcher = sys.argv[1:]
password = users.load(file)[0][f"{name}@ims.test"].get("password", name)
rules = f"""<?xml version="1.0" encoding="UTF-8"?>
<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">
<rule id="allow"><conditions><identity><one id="sip:{watcher}@ims.test"/></identity></conditions>
<actions><pr:sub-handling>allow</pr:sub-handling></actions>
<transformations><pr:provide-services><pr:all-services/></pr:provide-services>
<pr:provide-persons><pr:all-persons/></pr:provide-persons><pr:provide-all-attributes/></transformations></rule></ruleset>
"""
handler = urllib.request.HTTPDigestAuthHandler()
url = f"{root}/pres-rules/users/sip:{name}@ims.test/index"
handler.add_password("ims.test", root, name, password)
request = urllib.request.Request(url, rules.encode(), {"Content-Type": "application/auth-policy+xml"}, method="PUT")
urllib.request.build_opener(handler).open(request, timeout=10).close()
