#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""messages.py DIRECTORY: what messages.c does, by Python's email package."""
import email, os, sys

octets = 0
for name in os.listdir(sys.argv[1]):
    with open(os.path.join(sys.argv[1], name), "rb") as f:
        message = email.message_from_binary_file(f)
    for part in message.walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True)
        if part.get_content_maintype() == "text":
            try:
                data = data.decode(part.get_content_charset("utf-8"), "replace").encode()
            except LookupError:
                pass
        octets += len(data)
print(octets)
