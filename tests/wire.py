#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""wire.py TARGET FILE: a relay on loopback that counts; prints its port.  Behind each
connection it adds a line "OCTETS" to FILE.  Ends after a minute in any case, or
when it is killed."""
import os, signal, socket, sys, threading

def pump(source, sink, counts):
    try:
        while data := source.recv(65536):
            counts.append(len(data))
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def serve(client):
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    counts = []
    for s in client, server:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threads = [threading.Thread(target=pump, args=a)
               for a in ((client, server, counts), (server, client, counts))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with open(sys.argv[2], "a") as f:
        f.write(f"{sum(counts)}\n")

signal.alarm(60)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
