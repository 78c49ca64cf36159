#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""oauth.py PORT -- tells Dovecot whose an access token is (RFC 7662, as far as it asks).

The token "NAME-token" is NAME's; any other is no longer good.  Serves on 127.0.0.1 until
it is killed.
"""
import http.server, json, sys


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        token = self.headers.get("Authorization", "").partition(" ")[2].strip()
        name = token[:-6] if token.endswith("-token") else ""
        said = {"active": name != "", "username": name}
        text = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
