#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""barepop3.py TARGET: a POP3 server of RFC 1939's minimum in front of that on port TARGET: it
knows no CAPA, UIDL, TOP, APOP, AUTH or STLS, and reads the next command only when it has
answered the one before.  Prints its port; ends after a minute, or when it is killed."""
import signal, socket, sys, threading

MULTILINE = (b"LIST\r\n", b"RETR ")


def serve(client):
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    said, heard = server.makefile("rb"), client.makefile("rb")
    said.readline()
    client.sendall(b"+OK ready\r\n")
    while line := heard.readline():
        if line.split()[0].upper() not in (b"USER", b"PASS", b"STAT", b"LIST", b"RETR", b"DELE", b"NOOP", b"RSET", b"QUIT"):
            client.sendall(b"-ERR unknown command\r\n")
            continue
        server.sendall(line)
        reply = said.readline()
        client.sendall(reply)
        if line.upper().startswith(MULTILINE) and reply.startswith(b"+OK"):
            while (row := said.readline()) != b".\r\n":
                client.sendall(row)
            client.sendall(b".\r\n")
    server.close()
    client.close()


signal.alarm(60)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
