"""What the benches share: ports, accounts, programs that are measured, yardsticks, and what is said of a figure."""
import os
import pty
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time


def free(port):
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as s:
                s.bind(("127.0.0.1", port))
        return True
    except OSError:
        return False


def free_ports():
    """The first of two free ports in a row."""
    while True:
        port = random.randrange(20000, 32000)
        if free(port) and free(port + 1):
            return port


def write_account(folder, port):
    os.makedirs(folder + "/ims", exist_ok=True)
    with open(folder + "/ims/password", "w") as f:
        f.write("alice\n")
    with open(folder + "/ims/ims.conf", "w") as f:
        f.write("[account alice]\npublic-identity = sip:alice@ims.test\nproxy = 127.0.0.1:" + port +
                "\npassword-file = password\n")


def memory(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024


def idle(program, port):
    """The resident memory in MB of the REPL, some seconds after it has registered."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(program, [program])
    end, told = time.monotonic() + 3, False
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            os.read(terminal, 65536)
            if not told:
                os.write(terminal, b"register\n")
                told = True
    result = memory(pid)
    os.write(terminal, b"quit\n")
    signal.alarm(10)
    while True:
        try:
            if not os.read(terminal, 65536):
                break
        except OSError:
            break
    os.waitpid(pid, 0)
    return result


def verdict(what, figure, goal, unit, most=True):
    passes = figure <= goal if most else figure >= goal
    print(f"{'PASS' if passes else 'over'}  {what:<52} {figure:8.2f} {unit} (goal: at {'most' if most else 'least'} {goal})",
          flush=True)


def until(stream, text):
    """Reads lines until one holds the text."""
    for line in stream:
        if text in line:
            return line
    raise SystemExit(f"over  ims ended without saying '{text}'")


def ended(process):
    """The status of a process, and the most memory it had in MB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / 1024


class Bench:
    """Programs on loopback with the pocket core between them, each user in a home of their own; `with` ends them."""

    def __init__(self, ims, bulk, name):
        self.ims, self.bulk, self.started = ims, bulk, []
        self.home = tempfile.mkdtemp(prefix=f"ims-bench-{name}.")

    def __enter__(self):
        self.port = free_ports()
        others = free_ports()
        lab = self.start("lab", "lab", "--port", str(self.port), "--relay-port", str(others), "--xcap-port",
                         str(others + 1), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True)
        until(lab.stdout, "listening")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=bench", "-days", "2", "-keyout", self.home + "/key", "-out", self.home + "/cert"],
                       check=True, capture_output=True)
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.returncode is None:
                process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def environment(self, user):
        place = f"{self.home}/{user}"
        return {**os.environ, "XDG_CONFIG_HOME": place, "XDG_DATA_HOME": place + "/data", "HOME": place, "TERM": "xterm"}

    def account(self, user, settings):
        place = f"{self.home}/{user}/ims"
        os.makedirs(place, exist_ok=True)
        with open(place + "/password", "w") as f:
            f.write(user + "\n")
        with open(place + "/ims.conf", "w") as f:
            f.write(f"[account {user}]\npublic-identity = sip:{user}@ims.test\nproxy = 127.0.0.1:{self.port}\n"
                    f"transport = tcp\npassword-file = password\npresence = off\n{settings}\n")

    def start(self, user, *words, **streams):
        process = subprocess.Popen([self.ims, *words], env=self.environment(user), **streams)
        self.started.append(process)
        return process

    def yardstick(self, mode, size, kilobytes):
        """The MB/s of bulk.c."""
        told = subprocess.run([self.bulk, mode, str(size), str(kilobytes)],
                              env={**os.environ, "BULK_CERT": self.home + "/cert", "BULK_KEY": self.home + "/key"},
                              capture_output=True, text=True, check=True).stdout
        return float(re.search(r"(\d+) MB/s", told).group(1))


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "free-ports":
        print(free_ports())
    elif command == "write-account":
        write_account(*arguments)
    elif command == "idle":
        print(f"{idle(*arguments):.1f}")
