#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""soakimap.py PORT USER PASSWORD SECONDS MAILX: two other clients change one mailbox at
random while mailx reads, flags, moves and expunges in it, in sessions with and without the
cache.  Prints what does not agree in the end, else nothing; status 1 or 0.

The subject of each message says what becomes of it: keep-N stays where it is, take-N is
moved by mailx, drop-N is deleted by mailx, flag-N is flagged by mailx, their-N is deleted by
the others.  Whatever happens in between, each must be where it belongs, once, in the end;
and nothing but flag-N may bear the flag, or have been shown under a wrong number."""
import imaplib, json, os, random, re, subprocess, sys, threading, time

PORT, USER, PASSWORD, SECONDS, MAILX = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5]
URL = f"imap://{USER}@localhost:{PORT}/INBOX?tls=none"
SEED = int(os.environ.get("SOAK_SEED", time.time()))
END = time.time() + SECONDS
made, errors, lock = [], [], threading.Lock()
KINDS = ["keep", "take", "drop", "flag", "their"]


def wrong(text):
    with lock:
        if len(errors) < 20:
            errors.append(text)


def connect():
    c = imaplib.IMAP4("127.0.0.1", PORT)
    c.login(USER, PASSWORD)
    c.select("INBOX")
    return c


def add(c, rng, n):
    kind = rng.choice(KINDS)
    name = f"{kind}-{n}"
    text = f"From: <a{n}@example.org>\r\nTo: <me@example.test>\r\nSubject: {name}\r\n" \
           f"Date: Fri, 20 Nov 2026 09:30:00 +0000\r\nMessage-ID: <{n}@example.org>\r\n\r\nbody of {name}\r\n"
    c.append("INBOX", None, None, text.encode())
    with lock:
        made.append(name)


def other(number):
    rng = random.Random(SEED * 10 + number)
    c, n = connect(), number * 1000000
    while time.time() < END:
        what = rng.random()
        if what < 0.3 and len(made) < 400 + SECONDS:
            n += 1
            add(c, rng, n)
        elif what < 0.55:
            uids = c.uid("SEARCH", None, "SUBJECT", "their-")[1][0].split()
            if uids:
                uid = rng.choice(uids).decode()
                c.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
                c.uid("EXPUNGE", uid)
        elif what < 0.8:
            uids = c.uid("SEARCH", None, "ALL")[1][0].split()
            if uids:
                c.uid("STORE", rng.choice(uids).decode(), rng.choice("+-") + "FLAGS",
                      rng.choice(["(\\Answered)", "(\\Seen)", "(word)"]))
        else:
            c.noop()
        time.sleep(rng.random() * 0.02)
    c.logout()


def mailx(commands, *options, cache=True):
    env = dict(os.environ)
    if not cache:
        env["XDG_CACHE_HOME"] = "/nonexistent"
    r = subprocess.run([MAILX, "-n", "-S", "timeout=20", *options, "-f", URL], input=commands, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=120)
    for line in r.stderr.splitlines():
        if not re.search(r"no longer there|no applicable|no message|nothing|none", line):
            wrong(f"mailx: {line}")
    if r.returncode not in (0, 1, 64, 65, 66):
        wrong(f"mailx: status {r.returncode} {r.stderr}")
    return r.stdout


def rows(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"n":')]


# What was shown under a number is what is read under it, however long ago that was.
def read_some(rng, cache):
    env = dict(os.environ)
    if not cache:
        env["XDG_CACHE_HOME"] = "/nonexistent"
    with open("soak.err", "w+") as err:
        p = subprocess.Popen([MAILX, "-n", "-S", "timeout=20", "-f", URL], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=err, text=True, env=env)
        try:
            converse(p, rng)
            p.stdin.write("exit\n")
            p.stdin.close()
        except OSError:
            err.seek(0)
            wrong(f"mailx ended in a session: status {p.wait(60)} {err.read()}")
        p.wait(60)


def converse(p, rng):
    def answer(command):
        p.stdin.write(f"{command}\necho @@\n")
        p.stdin.flush()
        for line in p.stdout:
            if line.startswith("@@"):
                return
            yield line

    shown = {}
    for line in answer("headers 1-$"):
        m = re.match(r">?[^0-9]*(\d+) .* (\w+-\d+)\s*$", line)
        if m:
            shown[m[1]] = m[2]
    for n in rng.sample(sorted(shown), min(8, len(shown))):
        time.sleep(rng.random() * 0.05)
        for line in answer(f"print {n}"):
            if line.startswith("body of ") and line.split()[2] != shown[n]:
                wrong(f"message {n} was shown as {shown[n]} and read as {line.split()[2]}")


def ours(rng):
    cache = rng.random() < 0.7
    what = rng.randrange(5)
    if what == 0:
        read_some(rng, cache)
    elif what == 1:
        mailx('search subject "flag-"\nflag `\nsync\nheaders $\n', cache=cache)
    elif what == 2:
        mailx('headers $\nsearch subject "take-"\nmove ` Moved\nsearch subject "keep-"\n', cache=cache)
    elif what == 3:
        mailx('headers 1-$\nsearch subject "drop-"\ndelete `\n', cache=cache)
    else:
        for row in rows(mailx("", "-R", "-J", "-H", cache=cache)):
            if row["message_id"] != f'<{row["subject"].split("-")[1]}@example.org>':
                wrong(f"a row of two messages: {row}")


def names(c, box):
    c.select(box, readonly=True)
    found = []
    if c.search(None, "ALL")[1][0]:
        for part in c.fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]:
            if isinstance(part, tuple):
                found.append((re.search(rb"UID (\d+)", part[0])[1].decode(), part[1].decode().split(": ")[1].strip(),
                              b"\\Flagged" in part[0]))
    return found


def check():
    mailx('search subject "flag-"\nflag `\nsync\nsearch subject "take-"\nmove ` Moved\nsearch subject "drop-"\ndelete `\n')
    c = connect()
    inbox, moved = names(c, "INBOX"), names(c, "Moved")
    here, there = sorted(n for _, n, _ in inbox), sorted(n for _, n, _ in moved)
    for kind, place in ("keep", here), ("flag", here), ("take", there):
        want = sorted(n for n in made if n.startswith(kind))
        got = [n for n in place if n.startswith(kind)]
        if want != got:
            wrong(f"{kind}: {len(want)} made, {len(got)} there: {sorted(set(want) ^ set(got))[:5]}")
    for n in here:
        if n.startswith(("drop", "take")):
            wrong(f"{n} is still in INBOX")
    for n in there:
        if not n.startswith("take"):
            wrong(f"{n} was moved")
    for _, n, flagged in inbox:
        if flagged != n.startswith("flag"):
            wrong(f"{n} is {'' if flagged else 'not '}flagged")
    lists = [[(str(r["uid"]), r["subject"], "flagged" in r["flags"]) for r in rows(mailx("", "-R", "-J", "-H", cache=k))]
             for k in (True, False)]
    if lists[0] != inbox:
        wrong("the cache does not agree with the server")
    if lists[1] != inbox:
        wrong("the list does not agree with the server")
    c.logout()


c = connect()
c.create("Moved")
rng = random.Random(SEED)
for n in range(60):
    add(c, rng, n)
c.logout()
threads = [threading.Thread(target=other, args=(i,)) for i in (1, 2)]
for t in threads:
    t.start()
turns = 0
while time.time() < END:
    ours(rng)
    turns += 1
for t in threads:
    t.join()
check()
print("\n".join(errors + [f"seed {SEED}"] if errors else []))
print(f"# {turns} turns, {len(made)} messages, seed {SEED}", file=sys.stderr)
sys.exit(bool(errors))
