#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""mailbox.py N: an mbox of N messages on standard output; the same N gives the same bytes."""
import random, sys

WORDS = "report build server queue invoice meeting kernel patch review budget order notes".split()
r = random.Random(1)
out = sys.stdout.buffer
for i in range(int(sys.argv[1])):
    subject = " ".join(r.choice(WORDS) for _ in range(5)) + (" needle" if i % 50 == 0 else "")
    size = min(int(r.lognormvariate(8, 1.2)), 500000)
    text = " ".join(r.choice(WORDS) for _ in range(size // 7))
    lines = "\n".join(text[j:j + 72] for j in range(0, len(text), 72))
    out.write(f"""From a{i % 97}@example.org Fri Nov 20 01:30:00 2026
Received: from a.example.org by b.example.org; Fri, 20 Nov 2026 01:30:00 +0000
From: Sender {i % 97} <a{i % 97}@example.org>
To: me@example.test
Subject: {subject}
Date: Fri, 20 Nov 2026 01:30:00 +0000
Message-ID: <{i}@example.org>

{lines}

""".encode())
