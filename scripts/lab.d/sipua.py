"""A minimal SIP user agent for the smoke test: one blocking transport, digest MD5 and AKAv1-MD5."""
import base64
import hashlib
import os
import re
import socket
import ssl
import time

from milenage import Milenage, opc

TRACE = bool(os.environ.get("TRACE"))


def md5(*parts):
    return hashlib.md5(b":".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()


class Message:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.start, self.headers = lines[0], []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.append((name.strip().lower(), value.strip()))
        self.raw = raw
        self.status = int(self.start.split()[1]) if self.start.startswith("SIP/") else 0
        self.method = "" if self.status else self.start.split()[0]

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]

    def get(self, name, default=""):
        return (self.all(name) or [default])[0]


class UA:
    def __init__(self, user, pcscf, transport="udp", domain="ims.test", password=None,
                 k=None, op=None, opc_=None, ca=None, name=None):
        self.user, self.domain, self.transport, self.password = user, domain, transport, password
        self.impu, self.impi = f"sip:{user}@{domain}", f"{user}@{domain}"
        self.milenage = Milenage(bytes.fromhex(k), bytes.fromhex(opc_) if opc_ else opc(bytes.fromhex(k), bytes.fromhex(op))) if k else None
        self.pcscf, self.buffer, self.routes, self.cseq = pcscf, b"", [], 0
        self.call_id, self.from_tag, self.sqn = os.urandom(8).hex(), os.urandom(4).hex(), 0
        self.pending = []
        if transport == "udp":
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind(("127.0.0.1", 0))
        else:
            self.sock = socket.create_connection(pcscf, 5)
            if transport == "tls":
                ctx = ssl.create_default_context(cafile=ca)
                self.sock = ctx.wrap_socket(self.sock, server_hostname=name or "pcscf.ims.test")
        self.port = self.sock.getsockname()[1]
        self.contact = f"<sip:{user}@127.0.0.1:{self.port};transport={transport}>"

    # -- transport ---------------------------------------------------------------------------

    def send_raw(self, data):
        if TRACE:
            print(f"--- {self.user} sends ---\n{data.decode(errors='replace')}")
        if self.transport == "udp":
            self.sock.sendto(data, self.pcscf)
        else:
            self.sock.sendall(data)

    def recv(self, timeout=5):
        if self.pending:
            return self.pending.pop(0)
        end = time.time() + timeout
        while True:
            left = end - time.time()
            if left <= 0:
                raise TimeoutError(f"{self.user}: nothing arrived")
            self.sock.settimeout(left)
            try:
                if self.transport == "udp":
                    raw = self.sock.recv(65536)
                else:
                    raw = self._frame()
            except (socket.timeout, ssl.SSLWantReadError):
                continue
            if raw is None or not raw.strip():
                continue
            if TRACE:
                print(f"--- {self.user} receives ---\n{raw.decode(errors='replace')}")
            return Message(raw)

    def _frame(self):
        while True:
            self.buffer = self.buffer.lstrip(b"\r\n")
            head, sep, rest = self.buffer.partition(b"\r\n\r\n")
            if sep:
                m = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
                size = int(m.group(1)) if m else 0
                if len(rest) >= size:
                    self.buffer = rest[size:]
                    return head + sep + rest[:size]
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self.buffer += data

    # -- requests ----------------------------------------------------------------------------

    def via(self):
        return f"SIP/2.0/{self.transport.upper()} 127.0.0.1:{self.port};branch=z9hG4bK{os.urandom(6).hex()};rport"

    def build(self, method, uri, to=None, headers=(), body="", call_id=None, from_tag=None, to_tag="", cseq=None,
              routes=None, contact=True):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        body = body.encode() if isinstance(body, str) else body
        out = [f"{method} {uri} SIP/2.0", f"Via: {self.via()}", "Max-Forwards: 70",
               f"From: <{self.impu}>;tag={from_tag or self.from_tag}",
               f"To: <{to or uri}>" + (f";tag={to_tag}" if to_tag else ""),
               f"Call-ID: {call_id or os.urandom(8).hex()}", f"CSeq: {cseq} {method}"]
        for r in (self.routes if routes is None else routes):
            out.append(f"Route: {r}")
        if contact:
            out.append(f"Contact: {self.contact}")
        out += list(headers) + [f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(out).encode() + body

    def request(self, *a, **kw):
        """Send and return the final response; what else arrives meanwhile is kept for recv()."""
        data = self.build(*a, **kw)
        self.send_raw(data)
        cseq = Message(data).get("cseq")
        call_id, kept, end = Message(data).get("call-id"), [], time.time() + 8
        waiting, self.pending = self.pending, []
        while time.time() < end:
            m = self.recv(end - time.time())
            if m.status >= 200 and m.get("cseq") == cseq and m.get("call-id") == call_id:
                self.pending = waiting + kept + self.pending
                return m
            if not m.status:
                kept.append(m)
        raise TimeoutError(f"{a[0]}: no final response")

    def reply(self, req, status="200 OK", headers=(), body=b"", tag=None):
        out = [f"SIP/2.0 {status}"] + [f"Via: {v}" for v in req.all("via")]
        out += [f"Record-Route: {v}" for v in req.all("record-route")]
        to = req.get("to")
        if "tag=" not in to:
            to += f";tag={tag or os.urandom(4).hex()}"
        out += [f"From: {req.get('from')}", f"To: {to}", f"Call-ID: {req.get('call-id')}", f"CSeq: {req.get('cseq')}"]
        out += list(headers) + [f"Content-Length: {len(body)}", "", ""]
        self.send_raw("\r\n".join(out).encode() + body)

    def expect(self, method, timeout=5, reply="200 OK", headers=()):
        m = self.recv(timeout)
        assert m.method == method, f"{self.user}: {m.start} instead of {method}"
        self.reply(m, reply, headers)
        return m

    # -- registration ------------------------------------------------------------------------

    def authorization(self, challenge, method, uri, auts=False):
        p = dict((k.lower(), q or u) for k, q, u in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge))
        password, extra = self.password or "", ""
        if p.get("algorithm", "MD5").lower() == "akav1-md5":
            raw = base64.b64decode(p["nonce"])
            rand, autn = raw[:16], raw[16:32]
            checked = self.milenage.check_autn(rand, autn)
            assert checked, "AUTN does not verify"
            self.sqn, password = checked[0], checked[1]
            if auts:
                password, extra = b"", ', auts="' + base64.b64encode(self.milenage.make_auts(rand, auts)).decode() + '"'
        cnonce, nc, qop = os.urandom(4).hex(), "00000001", p.get("qop", "").split(",")[0]
        ha1 = md5(self.impi, p["realm"], password)
        ha2 = md5(method, uri)
        resp = md5(ha1, p["nonce"], nc, cnonce, qop, ha2) if qop else md5(ha1, p["nonce"], ha2)
        out = (f'Digest username="{self.impi}", realm="{p["realm"]}", nonce="{p["nonce"]}", uri="{uri}", '
               f'response="{resp}", algorithm={p.get("algorithm", "MD5")}')
        if qop:
            out += f', qop={qop}, nc={nc}, cnonce="{cnonce}"'
        return out + extra

    def register(self, expires=3600, headers=(), auts=False, wrong=False):
        uri = f"sip:{self.domain}"
        empty = f'Digest username="{self.impi}", realm="{self.domain}", nonce="", uri="{uri}", response=""'
        fixed = [f"Expires: {expires}", "Supported: path", *headers]
        common = dict(to=self.impu, call_id=self.call_id, routes=[])
        first = self.request("REGISTER", uri, headers=[f"Authorization: {empty}", *fixed], **common)
        if first.status != 401:
            return first, None
        auth = self.authorization(first.get("www-authenticate"), "REGISTER", uri, auts)
        if wrong:
            auth = auth.replace('response="', 'response="0')
            auth = re.sub(r'response="0(.{31}).', r'response="0\1', auth)
        second = self.request("REGISTER", uri, headers=[f"Authorization: {auth}", *fixed], **common)
        if second.status == 200 and not expires:
            self.routes = []
        elif second.status == 200:
            self.routes = [f"<sip:{self.pcscf[0]}:{self.pcscf[1]}" + (f";transport={self.transport}" if self.transport != "udp" else "") + ";lr>"] + second.all("service-route")
        return first, second
