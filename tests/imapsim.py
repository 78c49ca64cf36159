#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""imapsim.py [-s SEED] [-c CAPABILITIES] [-p PREFIX] [-n MESSAGES] [-x LINES] [-b OCTETS] [-f N] [-l N] STATE

An IMAP server with one mailbox, INBOX, in which others remove, add and flag messages at
any moment at which the protocol lets the server say so (-s; without it nobody does): in
front of, between and behind the responses to every command.  With QRESYNC enabled it says
VANISHED.  -p: mailboxes stand below PREFIX, with `.' between levels.  -x: so many lines
about nothing in each command.  As an IMAP4rev2 alone it answers each search with ESEARCH,
knows nothing of \\Recent, and says LIST at SELECT.  -b: so many octets more in the one line
of each body.  -f: COPY, MOVE and APPEND are refused from the N-th on.
-l: the N-th, an APPEND, is done, and the connection lost.  Message N has the subject sN and the
body "body of sN".
Prints its port; writes what is in the mailbox into STATE (UID, subject, flags) behind
each connection.  Ends after two minutes in any case, or when it is killed."""
import getopt, random, re, signal, socket, sys, threading

opts, args = getopt.getopt(sys.argv[1:], "s:c:p:n:x:b:f:l:")
opts = dict(opts)
CAPS = opts.get("-c", "")
PREFIX = opts.get("-p", "")
NOISE = int(opts.get("-x", 0))
SIZE = int(opts.get("-b", 0))
FAIL = int(opts.get("-f", 0))
LOSE = int(opts.get("-l", 0))
REV2 = "IMAP4rev2" in CAPS and "IMAP4rev1" not in CAPS
rng = random.Random(int(opts["-s"])) if "-s" in opts else None
lock = threading.Lock()


class Message:
    def __init__(self, uid):
        self.uid, self.flags, self.modseq = uid, set(), box.tick()
        self.head = (f"From: Sender {uid} <a{uid}@example.org>\r\nTo: me@example.test\r\nSubject: s{uid}\r\n"
                     f"Date: Fri, 20 Nov 2026 09:30:00 +0000\r\nMessage-ID: <m{uid}@example.org>\r\n\r\n")
        self.body = f"body of s{uid}" + SIZE * "x" + "\r\n"


class Box:
    def __init__(self):
        self.modseq, self.next, self.list, self.gone = 1, 1, [], []
        self.copied, self.asked = [], 0

    def refuses(self):
        self.asked += 1
        return 0 < FAIL <= self.asked

    def tick(self):
        self.modseq += 1
        return self.modseq

    def add(self):
        self.list.append(Message(self.next))
        self.next += 1

    def remove(self, m):
        self.list.remove(m)
        self.gone.append((m.uid, self.tick()))


def in_set(text, last):
    ranges = []
    for part in text.split(","):
        low, _, high = part.partition(":")
        low, high = (last if e == "*" else int(e) for e in (low, high or low))
        ranges.append((min(low, high), max(low, high)))
    return lambda n: any(low <= n <= high for low, high in ranges)


class Session:
    def __init__(self, link):
        self.f = link.makefile("rwb")
        self.view, self.qresync, self.selected = [], False, False

    def say(self, text):
        self.f.write(text.encode() + b"\r\n")

    # What others did is seen here; `may_expunge': numbers may move now.
    def update(self, may_expunge):
        if may_expunge:
            gone = [m for m in self.view if m not in box.list]
            if gone and self.qresync:
                self.say("* VANISHED " + ",".join(str(m.uid) for m in gone))
                self.view = [m for m in self.view if m in box.list]
            for m in gone if not self.qresync else []:
                self.say(f"* {self.view.index(m) + 1} EXPUNGE")
                self.view.remove(m)
        new = [m for m in box.list if m not in self.view]
        if new:
            self.view += new
            self.say(f"* {len(self.view)} EXISTS")

    def others(self, may_expunge):
        for _ in range(NOISE):
            self.say("* OK nothing in particular")
        if rng is None or not self.selected:
            return
        for _ in range(rng.randrange(3)):
            what = rng.random()
            if what < 0.45 and len(box.list) > 3:
                box.remove(rng.choice(box.list))
            elif what < 0.7:
                box.add()
            elif box.list:
                m = rng.choice(box.list)
                m.flags ^= {"\\Answered"}
                m.modseq = box.tick()
                if m in self.view:
                    self.say(f"* {self.view.index(m) + 1} FETCH (UID {m.uid} FLAGS ({' '.join(sorted(m.flags))}))")
        self.update(may_expunge)

    def chosen(self, text, uid):
        if not self.view:
            return []
        if uid:
            match = in_set(text, self.view[-1].uid)
            return [m for m in self.view if match(m.uid)]
        match = in_set(text, len(self.view))
        return [m for i, m in enumerate(self.view) if match(i + 1)]

    def matches(self, m, keys):
        negated, result = False, True
        words = re.findall(r'"[^"]*"|[()]|[^\s()"]+', keys)
        while words:
            word = words.pop(0).upper()
            if word == "NOT":
                negated = True
                continue
            if word in "()":
                continue
            if word == "UID":
                one = in_set(words.pop(0), self.view[-1].uid)(m.uid)
            elif word == "SUBJECT":
                one = words.pop(0).strip('"') in f"s{m.uid}"
            elif word in ("UNSEEN", "SEEN", "DELETED", "FLAGGED"):
                one = (("\\" + word.replace("UN", "").capitalize()) in m.flags) != word.startswith("UN")
            else:
                one = True
            result = result and one != negated
            negated = False
        return result

    def search(self, tag, rest, uid):
        returns = re.match(r"RETURN \(([^)]*)\) ", rest)
        found = [m for m in self.view if self.matches(m, rest[returns.end():] if returns else rest)]
        numbers = [m.uid if uid else self.view.index(m) + 1 for m in found]
        if not returns and not REV2:
            self.say("* SEARCH" + "".join(f" {n}" for n in numbers))
            return
        text = f'* ESEARCH (TAG "{tag}")' + (" UID" if uid else "")
        wanted = returns[1] if returns else "ALL"
        if "COUNT" in wanted:
            text += f" COUNT {len(numbers)}"
        if "MIN" in wanted and numbers:
            text += f" MIN {min(numbers)}"
        if "ALL" in wanted and numbers:
            text += " ALL " + ",".join(map(str, numbers))
        self.say(text)

    def fetch(self, rest, uid):
        which, _, items = rest.partition(" ")
        since = re.search(r"CHANGEDSINCE (\d+)", items)
        items = items.upper()
        for m in self.chosen(which, uid):
            if since and m.modseq <= int(since[1]):
                continue
            if uid:
                self.others(True)
            if m not in self.view:
                continue
            out = [f"UID {m.uid}"] if uid or "UID" in items else []
            if "FLAGS" in items:
                out.append(f"FLAGS ({' '.join(sorted(m.flags))})")
            if "RFC822.SIZE" in items:
                out.append(f"RFC822.SIZE {len(m.head) + len(m.body)}")
            if "INTERNALDATE" in items:
                out.append('INTERNALDATE "20-Nov-2026 09:30:00 +0000"')
            if "ENVELOPE" in items:
                a = f'(("Sender {m.uid}" NIL "a{m.uid}" "example.org"))'
                out.append(f'ENVELOPE ("Fri, 20 Nov 2026 09:30:00 +0000" "s{m.uid}" {a} {a} {a} '
                           f'((NIL NIL "me" "example.test")) NIL NIL NIL "<m{m.uid}@example.org>")')
            if "BODYSTRUCTURE" in items:
                out.append(f'BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" {len(m.body)} 1 NIL NIL NIL NIL)')
            for peek in re.findall(r"BODY\.PEEK\[([^\]]*)\]", items):
                text = {"": m.head + m.body, "HEADER": m.head, "1": m.body, "TEXT": m.body}.get(peek)
                if text is None:
                    text = re.sub(r"Message-ID.*\r\n", "", m.head) if "SUBJECT" in peek else "\r\n"
                out.append(f"BODY[{peek}] {{{len(text)}}}\r\n{text}")
            self.say(f"* {self.view.index(m) + 1} FETCH ({' '.join(out)})")

    def store(self, rest, uid):
        which, what, flags = re.match(r"(\S+) ([+-]?)FLAGS\S* \(([^)]*)\)", rest).groups()
        for m in self.chosen(which, uid):
            change = set(flags.split())
            m.flags = m.flags | change if what == "+" else m.flags - change
            m.modseq = box.tick()

    def select(self, rest):
        name = re.match(r'"?([^" ]*)"?', rest)[1]
        if name not in ("INBOX", PREFIX + "Work"):
            return "NO [NONEXISTENT] no such mailbox"
        self.view, self.selected = list(box.list), True
        known = re.search(r"QRESYNC \((\d+) (\d+)", rest)
        for line in (f"{len(self.view)} EXISTS", f'LIST () "." "{name}"' if REV2 else "0 RECENT", "OK [UIDVALIDITY 77] so",
                     f"OK [UIDNEXT {box.next}] so") + (
                    (f"OK [HIGHESTMODSEQ {box.modseq}] so",) if "CONDSTORE" in CAPS or "QRESYNC" in CAPS else ()):
            self.say("* " + line)
        if known and self.qresync:
            gone = [str(uid) for uid, modseq in box.gone if modseq > int(known[2])]
            if gone:
                self.say("* VANISHED (EARLIER) " + ",".join(gone))
            for i, m in enumerate(self.view):
                if m.modseq > int(known[2]):
                    self.say(f"* {i + 1} FETCH (UID {m.uid} FLAGS ({' '.join(sorted(m.flags))}) MODSEQ ({m.modseq}))")
        return "OK [READ-WRITE] in"

    def obey(self, tag, verb, rest, uid):
        if verb == "CAPABILITY":
            self.say(f"* CAPABILITY {CAPS or 'IMAP4rev1'}")
        elif verb == "ENABLE":
            self.qresync = "QRESYNC" in rest
            self.say("* ENABLED " + rest)
        elif verb in ("SELECT", "EXAMINE"):
            return self.select(rest)
        elif verb == "NAMESPACE":
            self.say(f'* NAMESPACE (("{PREFIX}" ".")) NIL NIL')
        elif verb == "LIST":
            for name in ("INBOX", PREFIX + "Work"):
                self.say(f'* LIST (\\HasNoChildren) "." "{name}"')
        elif verb == "STATUS":
            self.say(f'* STATUS {rest.split(" ")[0]} (MESSAGES {len(box.list)} UNSEEN 0)')
        elif verb == "SEARCH" and REV2 and re.search(r"\b(NEW|OLD|RECENT)\b", rest):
            return "BAD no such key"
        elif verb == "SEARCH":
            self.others(uid)
            self.search(tag, rest, uid)
            self.others(uid)
        elif verb == "FETCH":
            self.fetch(rest, uid)
        elif verb == "STORE":
            self.store(rest, uid)
            self.others(uid)
        elif verb in ("COPY", "MOVE"):
            if box.refuses():
                return "NO [OVERQUOTA] no room"
            which, _, _ = rest.partition(" ")
            for m in self.chosen(which, uid):
                box.copied.append(m.uid)
                if verb == "MOVE" and m in box.list:
                    box.remove(m)
            self.update(True)
            self.others(uid)
        elif verb == "APPEND":
            octets, at_once = re.search(r"{(\d+)(\+?)}$", rest).groups()
            if not at_once:
                self.say("+ go on")
                self.f.flush()
            text = self.f.read(int(octets))
            self.f.readline()
            if box.refuses():
                return "NO [OVERQUOTA] no room"
            box.copied.append(re.search(rb"(?m)^Subject: (.*)\r", text)[1].decode())
            if box.asked == LOSE:
                self.f.flush()
                raise OSError
        elif verb == "EXPUNGE":
            for m in self.chosen(rest, True) if uid else list(self.view):
                if "\\Deleted" in m.flags and m in box.list:
                    box.remove(m)
            self.update(True)
            self.others(True)
        elif verb == "NOOP":
            self.others(True)
        elif verb not in ("CREATE", "SUBSCRIBE"):
            return "BAD what"
        return "OK done"

    def serve(self):
        self.say(f"* OK [CAPABILITY {CAPS or 'IMAP4rev1'}] hi")
        self.f.flush()
        while line := self.f.readline():
            tag, verb, rest = (line.decode().rstrip("\r\n").split(" ", 2) + ["", ""])[:3]
            uid = verb.upper() == "UID"
            if uid:
                verb, _, rest = rest.partition(" ")
            with lock:
                if verb.upper() == "LOGOUT":
                    self.say(f"* BYE\r\n{tag} OK bye")
                    self.f.flush()
                    return
                if verb.upper() == "LOGIN":
                    self.say(f"{tag} OK [CAPABILITY {CAPS or 'IMAP4rev1'}] in")
                else:
                    self.say(f"{tag} {self.obey(tag, verb.upper(), rest, uid)}")
            self.f.flush()


def run(link):
    try:
        Session(link).serve()
    except (OSError, ValueError):
        pass
    with lock, open(args[0], "w") as f:
        for m in box.list:
            f.write(f"{m.uid} s{m.uid} {' '.join(sorted(m.flags))}\n")
        f.write("copied" + "".join(f" {uid}" for uid in box.copied) + "\n.\n")
    link.close()


signal.alarm(120)
box = Box()
for _ in range(int(opts.get("-n", 20))):
    box.add()
# Not from 1 on, and not in a row.
for m in box.list[:3] + box.list[7:9]:
    box.remove(m)
box.gone.clear()
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()
