#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""sink.py SECONDS -- an SMTP server that takes everything, for tests.

Prints its port (127.0.0.1), serves until SECONDS are over or who started it has ended.
The octets of each text, with its dots, are added to the file `got'; what was said to it
to `sink.log'.  While a file `hold' is there it reads nothing behind 50,000 octets of a text.
"""
import os, socket, sys, threading, time

PARENT = os.getppid()
END = time.time() + float(sys.argv[1])


def text(link, buffer, log):
    """Take a text up to its lone dot; return what came behind it."""
    got = b"\r\n" + buffer
    with open("got", "ab") as out:
        while b"\r\n.\r\n" not in got:
            while len(got) > 50000 and os.path.exists("hold"):
                time.sleep(0.01)
            more = link.recv(65536)
            if not more:
                out.write(got[2:])
                log.write("# ended in a text\n")
                log.flush()
                return None
            got += more
        at = got.index(b"\r\n.\r\n") + 5
        out.write(got[2:at])
    return got[at:]


def serve(link):
    link.settimeout(120)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = b""
    with open("sink.log", "a", encoding="latin-1") as log:
        link.sendall(b"220 host.example.test ESMTP\r\n")
        said = b""
        while True:
            while b"\n" not in buffer:
                link.sendall(said)
                said = b""
                more = link.recv(4096)
                if not more:
                    return
                buffer += more
            line, buffer = buffer.split(b"\n", 1)
            log.write(line.decode("latin-1").rstrip("\r") + "\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                said += b"250-host.example.test\r\n250-PIPELINING\r\n250 SIZE 0\r\n"
            elif verb == b"DATA":
                log.flush()
                link.sendall(said + b"354 go\r\n")
                said = b""
                buffer = text(link, buffer, log)
                if buffer is None:
                    return
                said += b"250 2.0.0 ok\r\n"
            elif verb == b"QUIT":
                log.flush()
                link.sendall(said + b"221 bye\r\n")
                return
            else:
                said += b"250 2.1.0 ok\r\n"


def attempt(link):
    try:
        serve(link)
    except OSError:
        pass
    finally:
        link.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    # What it does not read shall not wait in the system instead.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    listener.settimeout(0.1)
    print(listener.getsockname()[1], flush=True)
    while time.time() < END and os.getppid() == PARENT:
        try:
            link, _ = listener.accept()
        except socket.timeout:
            continue
        threading.Thread(target=attempt, args=(link,), daemon=True).start()


main()
