#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""socks.py SECONDS [user password | -r CODE] -- a SOCKS5 proxy (RFC 1928, 1929) for tests.

Prints its port (127.0.0.1) and serves for so long.  Every name leads to 127.0.0.1, at the
port that was asked for.  With a user and password it takes no one else; with -r it
refuses each request with that code.  What was asked of it is added to socks.log: the
methods, the user, the kind of address with the name and port.
"""
import os, select, socket, sys, threading, time

user = sys.argv[2:4] if len(sys.argv) == 4 and sys.argv[2] != "-r" else None
code = int(sys.argv[3]) if len(sys.argv) == 4 and sys.argv[2] == "-r" else 0


def take(link, n):
    got = b""
    while len(got) < n:
        more = link.recv(n - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def note(*words):
    with open("socks.log", "a", encoding="utf-8") as log:
        log.write(" ".join(str(w) for w in words) + "\n")


def log_in(link):
    note("methods", *take(link, take(link, 2)[1]))
    if user is None:
        link.sendall(b"\5\0")
        return True
    link.sendall(b"\5\2")
    if take(link, 1) != b"\1":
        return False
    name = take(link, take(link, 1)[0]).decode()
    password = take(link, take(link, 1)[0]).decode()
    note("user", name)
    good = [name, password] == user
    link.sendall(b"\1\0" if good else b"\1\1")
    return good


def serve(link):
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if not log_in(link):
            return
        kind = take(link, 4)[3]
        name = take(link, {1: 4, 4: 16}.get(kind) or take(link, 1)[0])
        port = int.from_bytes(take(link, 2), "big")
        note("asks", kind, name.decode("latin-1") if kind == 3 else name.hex(), port)
        if code:
            link.sendall(bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0]))
            return
        far = socket.create_connection(("127.0.0.1", port))
        link.sendall(b"\5\0\0\3\4here\0\1")
        while True:
            for s in select.select([link, far], [], [])[0]:
                got = s.recv(65536)
                if not got:
                    return
                (far if s is link else link).sendall(got)
    except (EOFError, OSError):
        pass
    finally:
        link.close()


door = socket.create_server(("127.0.0.1", 0))
print(door.getsockname()[1], flush=True)
threading.Timer(float(sys.argv[1]), lambda: os._exit(0)).start()
while True:
    threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()
