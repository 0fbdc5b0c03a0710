#!/usr/bin/env python3
"""A small HSS: the Diameter Cx side (3GPP TS 29.228/29.229) that an I-CSCF and an S-CSCF ask.

Answers CER, DWR, DPR and UAR, LIR, MAR, SAR; schemes "SIP Digest", "Digest-MD5" (as
OpenIMSCore's FHoSS had it) and "Digest-AKAv1-MD5" with re-synchronisation.
Standard library only.  Users: see users.json.  Every exchange is one line on stdout.
A line on the control socket sets a sequence number: `sqn carol 0`.
"""
import argparse
import asyncio
import hashlib
import os
import struct
import subprocess
import time
from xml.sax.saxutils import escape

import users
from milenage import Milenage, opc

CX, TGPP = 16777216, 10415
CER, DWR, DPR, UAR, SAR, LIR, MAR = 257, 280, 282, 300, 301, 302, 303
NAMES = {CER: "CER", DWR: "DWR", DPR: "DPR", UAR: "UAR", SAR: "SAR", LIR: "LIR", MAR: "MAR"}

# (code, vendor)
USER_NAME, RESULT_CODE, SESSION_ID = (1, 0), (268, 0), (263, 0)
ORIGIN_HOST, ORIGIN_REALM, AUTH_STATE = (264, 0), (296, 0), (277, 0)
EXPERIMENTAL, EXPERIMENTAL_CODE, VENDOR_ID = (297, 0), (298, 0), (266, 0)
VS_APP_ID, AUTH_APP_ID, HOST_IP, PRODUCT = (260, 0), (258, 0), (257, 0), (269, 0)
SUPPORTED_VENDOR = (265, 0)
DIGEST_REALM, DIGEST_QOP, DIGEST_ALG, DIGEST_HA1 = (104, 0), (110, 0), (111, 0), (121, 0)
PUBLIC_ID, SERVER_NAME, USER_DATA = (601, TGPP), (602, TGPP), (606, TGPP)
NUM_AUTH, AUTH_SCHEME, AUTHENTICATE = (607, TGPP), (608, TGPP), (609, TGPP)
AUTHORIZATION, AUTH_ITEM, ITEM_NUMBER = (610, TGPP), (612, TGPP), (613, TGPP)
ASSIGNMENT, CK, IK, SIP_DIGEST = (614, TGPP), (625, TGPP), (626, TGPP), (635, TGPP)

SUCCESS, UNABLE = 2001, 5012
FIRST_REG, SUBSEQUENT_REG, UNREG_SERVICE = 2001, 2002, 2003
UNKNOWN_USER, DONT_MATCH, NOT_REGISTERED = 5001, 5002, 5003
DEREGISTRATIONS = (4, 5, 6, 7, 8, 9, 10)  # of Server-Assignment-Type


def avp(kind, value, mandatory=True):
    code, vendor = kind
    if isinstance(value, int):
        value = struct.pack("!I", value)
    elif isinstance(value, str):
        value = value.encode()
    elif isinstance(value, (list, tuple)):
        value = b"".join(value)
    size = len(value) + (12 if vendor else 8)
    flags = (0x80 if vendor else 0) | (0x40 if mandatory else 0)
    head = struct.pack("!II", code, flags << 24 | size) + (struct.pack("!I", vendor) if vendor else b"")
    return head + value + b"\0" * (-size % 4)


def avps(data):
    """{(code, vendor): [bytes, ...]}"""
    found, at = {}, 0
    while at + 8 <= len(data):
        code, word = struct.unpack_from("!II", data, at)
        size, vendor, skip = word & 0xFFFFFF, 0, 8
        if word >> 31:
            vendor, skip = struct.unpack_from("!I", data, at + 8)[0], 12
        if size < skip or at + size > len(data):
            raise ValueError("bad AVP length")
        found.setdefault((code, vendor), []).append(data[at + skip:at + size])
        at += size + (-size % 4)
    return found


def text(found, kind):
    return found[kind][0].decode() if kind in found else ""


def number(found, kind, default=0):
    return struct.unpack("!I", found[kind][0])[0] if kind in found else default


class User:
    def __init__(self, impi, cfg):
        self.impi, self.cfg = impi, cfg
        self.impus = cfg["impus"]
        self.scheme = cfg.get("scheme", "SIP Digest")
        self.scscf, self.registered = "", set()
        self.sqn = int(time.time()) << 8  # grows over restarts, so a UE's SQN stays behind it
        self.amf = bytes.fromhex(cfg.get("amf", "8000"))
        if "k" in cfg:
            k = bytes.fromhex(cfg["k"])
            self.milenage = Milenage(k, bytes.fromhex(cfg["opc"]) if "opc" in cfg else opc(k, bytes.fromhex(cfg["op"])))

    def profile(self, filters):
        barred = self.cfg.get("barred", [])
        ids = "".join(f"<PublicIdentity><BarringIndication>{int(i in barred)}</BarringIndication>"
                      f"<Identity>{escape(i)}</Identity></PublicIdentity>" for i in self.impus)
        ifcs = "".join(_filter(n, f) for n, f in enumerate(self.cfg.get("filters", filters)))
        return ('<?xml version="1.0" encoding="UTF-8"?><IMSSubscription><PrivateID>' + escape(self.impi) +
                "</PrivateID><ServiceProfile>" + ids + ifcs + "</ServiceProfile></IMSSubscription>")


def _filter(priority, f):
    """One initial filter criterion; `when` is a disjunction of conjunctions (ConditionTypeCNF 0)."""
    spts = ""
    for group, conditions in enumerate(f["when"]):
        for name, value in conditions.items():
            body = {
                "method": f"<Method>{escape(str(value))}</Method>",
                "case": f"<SessionCase>{value}</SessionCase>",
                "event": f"<SIPHeader><Header>Event</Header><Content>{escape(str(value))}</Content></SIPHeader>",
                "supported": f"<SIPHeader><Header>Supported</Header><Content>{escape(str(value))}</Content></SIPHeader>",
            }[name]
            spts += f"<SPT><ConditionNegated>0</ConditionNegated><Group>{group}</Group>{body}</SPT>"
    return (f"<InitialFilterCriteria><Priority>{priority}</Priority><TriggerPoint><ConditionTypeCNF>0</ConditionTypeCNF>"
            f"{spts}</TriggerPoint><ApplicationServer><ServerName>{escape(f['server'])}</ServerName>"
            f"<DefaultHandling>{f.get('default', 0)}</DefaultHandling></ApplicationServer></InitialFilterCriteria>")


class HSS:
    def __init__(self, configured, filters, host, realm, scscf):
        self.host, self.realm, self.scscf, self.filters = host, realm, scscf, filters
        self.users = {impi: User(impi, u) for impi, u in configured.items()}
        self.by_impu = {impu: u for u in self.users.values() for impu in u.impus}

    # -- results -----------------------------------------------------------------------------

    @staticmethod
    def experimental(code):
        return [avp(EXPERIMENTAL, [avp(VENDOR_ID, TGPP), avp(EXPERIMENTAL_CODE, code)])], code

    def find(self, req):
        """(user, error)"""
        impi, impu = text(req, USER_NAME), text(req, PUBLIC_ID)
        user = self.by_impu.get(impu) if impu else self.users.get(impi)
        if user is None or (impi and impi not in self.users):
            return None, UNKNOWN_USER
        if impi and user.impi != impi:
            return None, DONT_MATCH
        return user, 0

    # -- Cx ----------------------------------------------------------------------------------

    def uar(self, req):
        user, error = self.find(req)
        if error:
            return self.experimental(error)
        out, code = self.experimental(SUBSEQUENT_REG if user.scscf else FIRST_REG)
        return out + [avp(SERVER_NAME, user.scscf or self.scscf)], code

    def lir(self, req):
        user, error = self.find(req)
        if error:
            return self.experimental(error)
        if user.scscf:
            return [avp(RESULT_CODE, SUCCESS), avp(SERVER_NAME, user.scscf)], SUCCESS
        if user.cfg.get("unregistered_services", True):
            out, code = self.experimental(UNREG_SERVICE)
            return out + [avp(SERVER_NAME, self.scscf)], code
        return self.experimental(NOT_REGISTERED)

    def mar(self, req):
        user, error = self.find(req)
        if error:
            return self.experimental(error)
        item = avps(req[AUTH_ITEM][0]) if AUTH_ITEM in req else {}
        count = max(1, min(5, number(req, NUM_AUTH, 1)))
        scheme = user.scheme
        if scheme == "Digest-AKAv1-MD5" and AUTHORIZATION in item:  # RAND || AUTS
            rand, auts = item[AUTHORIZATION][0][:16], item[AUTHORIZATION][0][16:30]
            sqn = user.milenage.open_auts(rand, auts)
            if sqn is None:
                return [avp(RESULT_CODE, UNABLE)], UNABLE
            print(f"hss: {user.impi} re-synchronises its SQN from {user.sqn} to {sqn}", flush=True)
            user.sqn = sqn
        items = [self.auth_item(user, scheme, n) for n in range(count)]
        return [avp(USER_NAME, user.impi), avp(PUBLIC_ID, text(req, PUBLIC_ID)), avp(NUM_AUTH, count), *items,
                avp(RESULT_CODE, SUCCESS)], f"{SUCCESS} {scheme}"

    def auth_item(self, user, scheme, n):
        body = [avp(ITEM_NUMBER, n), avp(AUTH_SCHEME, scheme)]
        password, realm = user.cfg.get("password", ""), user.cfg.get("realm", self.realm)
        if scheme == "Digest-AKAv1-MD5":
            user.sqn += 32  # the low five bits are IND
            rand = os.urandom(16)
            autn, xres, ck, ik = user.milenage.vector(rand, user.sqn, user.amf)
            body += [avp(AUTHENTICATE, rand + autn), avp(AUTHORIZATION, xres), avp(CK, ck), avp(IK, ik)]
        elif scheme == "SIP Digest":
            ha1 = hashlib.md5(f"{user.impi}:{realm}:{password}".encode()).hexdigest()
            body.append(avp(SIP_DIGEST, [avp(DIGEST_REALM, realm), avp(DIGEST_ALG, "MD5"),
                                         avp(DIGEST_QOP, "auth"), avp(DIGEST_HA1, ha1)]))
        else:  # Digest-MD5: the S-CSCF gets a nonce and the password itself
            body += [avp(AUTHENTICATE, os.urandom(16)), avp(AUTHORIZATION, password)]
        return avp(AUTH_ITEM, body)

    def sar(self, req):
        user, error = self.find(req)
        if error:
            return self.experimental(error)
        kind, impu = number(req, ASSIGNMENT), text(req, PUBLIC_ID)
        if kind in DEREGISTRATIONS:
            user.registered.clear()
            if kind not in (6, 7):  # ...STORE_SERVER_NAME keeps it
                user.scscf = ""
        else:
            user.scscf = text(req, SERVER_NAME)
            if kind in (1, 2):
                user.registered.add(impu)
        out = [avp(USER_NAME, user.impi), avp(RESULT_CODE, SUCCESS)]
        if kind in (0, 1, 2, 3):
            out.append(avp(USER_DATA, user.profile(self.filters)))
        return out, f"{SUCCESS} assignment-type {kind}"

    # -- Diameter base -----------------------------------------------------------------------

    def base(self, code, local):
        out = [avp(RESULT_CODE, SUCCESS), avp(ORIGIN_HOST, self.host), avp(ORIGIN_REALM, self.realm)]
        if code == CER:
            ip = bytes(int(x) for x in local.split("."))
            out += [avp(HOST_IP, b"\0\1" + ip), avp(VENDOR_ID, TGPP), avp(PRODUCT, "lab-hss", False),
                    avp(SUPPORTED_VENDOR, TGPP),
                    avp(VS_APP_ID, [avp(VENDOR_ID, TGPP), avp(AUTH_APP_ID, CX)])]
        return out

    def answer(self, code, req, local):
        if code in (CER, DWR, DPR):
            return self.base(code, local), SUCCESS
        handler = {UAR: self.uar, LIR: self.lir, MAR: self.mar, SAR: self.sar}.get(code)
        head = [avp(SESSION_ID, req.get(SESSION_ID, [b""])[0]),
                avp(VS_APP_ID, [avp(VENDOR_ID, TGPP), avp(AUTH_APP_ID, CX)]), avp(AUTH_STATE, 1),
                avp(ORIGIN_HOST, self.host), avp(ORIGIN_REALM, self.realm)]
        body, note = handler(req) if handler else ([avp(RESULT_CODE, 3001)], 3001)
        return head + body, note

    async def serve(self, reader, writer):
        local = writer.get_extra_info("sockname")[0]
        try:
            while True:
                head = await reader.readexactly(20)
                size = struct.unpack("!I", head[:4])[0] & 0xFFFFFF
                body = await reader.readexactly(size - 20)
                word, app, hop, end = struct.unpack("!IIII", head[4:])
                flags, code = word >> 24, word & 0xFFFFFF
                if not flags & 0x80:
                    continue  # an answer: this HSS sends no requests
                req = avps(body)
                out, note = self.answer(code, req, local)
                out = b"".join(out)
                writer.write(struct.pack("!IIIII", 1 << 24 | len(out) + 20, (flags & 0x40) << 24 | code, app, hop, end) + out)
                await writer.drain()
                if code != DWR:
                    print(f"hss: {NAMES.get(code, code)} {text(req, PUBLIC_ID) or text(req, ORIGIN_HOST)} "
                          f"{text(req, USER_NAME)} -> {note}", flush=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


    async def control(self, reader, writer):
        command, name, value = (await reader.readline()).decode().split()
        user = self.users.get(f"{name}@{self.realm}")
        if command == "sqn" and user is not None:
            user.sqn = int(value)
            writer.write(b"done\n")
        else:
            writer.write(b"unknown\n")
        await writer.drain()
        writer.close()


def when_ended(pid, command):
    """Runs a command as soon as the process `pid` has ended: no lab outlives the tests that started it."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        subprocess.Popen(command, start_new_session=True)
        return

    def ended():
        asyncio.get_running_loop().remove_reader(descriptor)
        subprocess.Popen(command, start_new_session=True)
    asyncio.get_running_loop().add_reader(descriptor, ended)


async def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--users", required=True)
    p.add_argument("--listen", required=True)
    p.add_argument("--control", required=True, help="the path of the control socket")
    p.add_argument("--scscf", required=True, help="the S-CSCF that the I-CSCF is told")
    p.add_argument("--host", default="hss.ims.test", help="Origin-Host")
    p.add_argument("--realm", default="ims.test", help="Origin-Realm and digest realm")
    p.add_argument("--owner", type=int, help="the process whose end ends the lab")
    p.add_argument("--stop", nargs=2, help="the command that ends the lab")
    a = p.parse_args()
    hss = HSS(*users.load(a.users), a.host, a.realm, a.scscf)
    host, port = a.listen.rsplit(":", 1)
    server = await asyncio.start_server(hss.serve, host, int(port))
    if os.path.exists(a.control):
        os.unlink(a.control)
    await asyncio.start_unix_server(hss.control, a.control)
    if a.owner:
        when_ended(a.owner, a.stop)
    print(f"hss: listening on {a.listen}, {len(hss.users)} users", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
