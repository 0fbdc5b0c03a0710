"""What scripts/bench cannot say in shell: ports, an account, and the memory of a REPL on a terminal."""
import os
import pty
import random
import select
import signal
import socket
import sys
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


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "free-ports":
        print(free_ports())
    elif command == "write-account":
        write_account(*arguments)
    elif command == "idle":
        print(f"{idle(*arguments):.1f}")
