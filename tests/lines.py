#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""lines.py [--lines N] [--seed S] [--jobs J] [--only K] [--keep DIR]: random command lines.

Runs $MAILX over N generated lines, in sessions of some hundred.  In some a model
(linesmodel.py) knows what must come of each line; garbage that changes nothing stands
between.  In the others anything may happen, but no crash, leak, hang, unknown exit
status, line that is no JSON under -J, or control character.  A session is made of the
seed and its number alone: --only K runs that one again.  What fails is kept in DIR.

Nothing outside a private directory is written: names hold no slash and no two full
stops, SHELL, the editors and the transport are programs that only read and print.
"""
import argparse, concurrent.futures, json, os, random, re, shutil, signal, subprocess
import sys, tempfile, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import linesmodel

COMMANDS = """alias group alternates account answered call capabilities commandalias copy Copy
count define delete discard dp dt draft echo edit elif else endif eval expunge extract from
file folder folders followup Followup fetch flag flush forward headers help hold if ignore list
Lreply mail mbox mkdir move next new pipe preserve print Print queue quota reply Reply respond
Respond resend retain rename return rmdir save Save search seen send set shift size sort
source structure subscribe sync tag thread top touch type Type unalias unanswered undelete
undraft unflag unqueue unread unseen unset unsort unsubscribe untag visual write xyzzy
z = ? | # h p t d u n s c r f m l - + $ ^ .""".split()
# Not SHELL, PAGER, mta and what else names a program; nor MAIL: without it there is the real one.
VARIABLES = """DEAD MBOX Sign sign ack allnet append askbcc askcc asksub autoprint bang
charset charset-8bit color compat crt dot dsn encoding errexit escape flipr flowed folder from
header headline hold hostname ignore ignoreeof indentprefix inbox keep keepsave lock-timeout
max-message metoo outbox outfolder page partial progress prompt quiet record save screen
sendcharsets showto tls tls-min toplines verbose nonsense password-x@y""".split()
FILES = ("folder-0", "folder-1", "folder-2", "md", "maildir:md", "mbox:folder-1", "+folder-3",
         "new-1", "new-2", "%", "&", "#", "@work", "@nobody", "+", "@", "script", "loop",
         "noise", "missing", "sub", "null", "http:x", "maildir:", "~", "attached.txt")
WORDS = ("1", "2", "3", "*", ".", "^", "$", "+", "-", "`", ":n", ":u", ":d", ":r", ":o", ":f",
         ":a", ":A", ":t", "1-3", "2-", "3.1", "1.2.3", "1.TEXT", "/apple", "a1",
         "me@example.test", "0", "-1", "2147483648", "4294967295", "99999999999999999999",
         "1-4294967295", "(subject birch)", "(not", "(from a1 or", "subject", "from", "body",
         "header", "since", "before", "7d", "today", "2026-11-20", "larger", "10k", "or", "not",
         "and", "all", "keyword", "uid", "1:*", "==", "!=", "=~", "-eq", "-lt", "-e", "&&", "!",
         "[", "(", ")", "((((", "{", "}", "<", ">", ">>", "|", "'", '"', "\\", "$x", "${x}",
         "$?", "$1", "$*", "$#", "${", "-n", "-k", "-m", "-q", "-a", "-s", "-t", "-o", "--",
         "--resync", "-5", "reverse", "date", "size", "thread", "s", "r", "t", "list", "seen",
         "Ünïcödé", "日本語", "🎉", "e\u0301", "\u202e", "\x1b[31m", "a=b", "x=$x$x", "%s%n%x",
         ",", "1,2,3", "3.1,3.2", ":;", "group: a@b, c@d;", "<a@b>", '"q" <a@b>', "a@b,")
BODY = ("words", "~.", "~s subject", "~t a@example.org", "~c b", "~b c", "~p", "~m 1", "~f 1",
        "~M", "~F 1-3", "~r attached.txt", "~w body-1", "~h", "~e", "~v", "~d", "~a", "~A",
        "~i sign", "~@ attached.txt", "~: set x", "~_ echo hi", "~|cat", "~!true", "~<noise",
        "~?", "~~", "~", "~z", "~0", "From me", "..", "日本語 text", "\x00\x01\x1b[0m", "~H a: b")


class Noise:
    """Lines of which nothing is known."""

    def __init__(self, rng):
        self.r = rng

    def octets(self):
        r = self.r
        kind = r.randrange(5)
        if kind == 0:
            data = bytes(r.randrange(256) for _ in range(r.randrange(12)))
        elif kind == 1:
            data = "".join(chr(r.choice((r.randrange(0x20, 0x3000), r.randrange(0x1f000, 0x1ffff))))
                           for _ in range(r.randrange(8))).encode("utf-8", "surrogatepass")
        elif kind == 2:
            data = r.choice((b"a", b"(", b"\\", b'"', b"$x", b"\xc3", b"9")) * r.choice((1, 20, 300))
        elif kind == 3:
            data = bytes(r.choice(b"\"'\\$`(){}[]<>|!#%&*+,-:;=?@^_~ \t") for _ in range(r.randrange(8)))
        else:
            data = str(r.choice((0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64, r.random()))).encode()
        return re.sub(rb"[/\n\r]|\.\.|~[a-z]", b"", data)

    def word(self):
        r = self.r
        form = r.randrange(10)
        if form < 6:
            w = r.choice(WORDS).encode()
        elif form < 8:
            w = r.choice(FILES).encode()
        else:
            w = self.octets()
        if r.random() < 0.08:
            w = b'"' + w + b'"'
        return w

    def words(self, most=5):
        return b" ".join(self.word() for _ in range(self.r.randrange(most + 1)))

    def command(self):
        r = self.r
        line = r.choice(COMMANDS).encode() + b" " + self.words()
        if r.random() < 0.04:
            line += r.choice((b" > out-1", b" >> out-2", b" | cat", b" > sub", b" > ", b" |"))
        return line

    def setting(self):
        r = self.r
        name = r.choice(VARIABLES).encode()
        form = r.randrange(6)
        if form == 0:
            return b"unset " + name
        if form == 1:
            return b"set no" + name
        if form == 2:
            return b"set " + name
        return b"set " + name + b"=" + self.word()

    def body(self):
        lines = [self.r.choice(BODY).encode() for _ in range(self.r.randrange(4))]
        return lines + [b"."]

    def block(self, depth=0):
        r = self.r
        form = r.randrange(7)
        if form == 0:
            inner = [line for _ in range(r.randrange(3)) for line in self.some(depth + 1)]
            return [b"define f" + str(r.randrange(3)).encode() + b" {"] + inner + [b"}"]
        if form == 1:
            return [b"account work {", self.setting(), b"}"]
        if form == 2:
            return [b"call f" + str(r.randrange(4)).encode() + b" " + self.words()]
        if form == 3:
            test = r.choice((b"r", b"s", b"t", self.words(3), b"$x == y", b"1 -lt 2"))
            inner = [line for _ in range(r.randrange(3)) for line in self.some(depth + 1)]
            middle = r.choice(([], [b"else"], [b"elif " + self.words(3), b"echo x"]))
            return [b"if " + test] + inner + middle + [b"endif"] * (r.random() < 0.9)
        if form == 4:
            return [r.choice((b"source script", b"source loop", b"source noise",
                              b"commandalias h" + self.octets()[:3].replace(b" ", b"") + b" echo",
                              b"alias a b c a", b"commandalias xx yy", b"commandalias yy xx", b"xx",
                              b"wait -t 0", b"wait -t 0 " + self.words(), b"cd sub", b"cd",
                              b"folder imap://localhost:1/x", b"folder pop3s://localhost:1",
                              b"type 1 >out-3", b"!true", b"pipe 1 cat", b"|1 cat"))]
        if form == 5:
            return [r.choice((b"mail ", b"send -s x ", b"reply ", b"Reply ", b"followup ", b"forward ",
                              b"send -a attached.txt -q noise ", b"Lreply ")) + self.word()] + self.body()
        return [b"eval " + self.words()]

    def some(self, depth=0):
        """A line, or some that belong together."""
        form = self.r.randrange(20)
        if form < 11:
            return [self.command()]
        if form < 14:
            return [self.setting()]
        if form < 18 and depth < 4:
            return self.block(depth)
        if form == 18:
            return [self.octets() + b" " + self.words()]
        return [self.words()]

    def harmless(self):
        """One line that changes no state that the model knows, and is acknowledged."""
        r = self.r
        form = r.randrange(8)
        if form == 0:
            return b"Xq" + self.octets() + b" " + self.words()
        if form == 1:
            name = re.sub(rb"[^a-z0-9]", b"", self.octets())[:20]
            return b"set x-" + name + b"=" + self.word().replace(b" ", b"")
        head = r.choice((b"echo", b"count", b"help", b"list", b"alias", b"unalias", b"retain",
                         b"count (", b"ignore", b"unset x-1", b"shift", b"call f"))
        line = head + b" " + self.words()
        # A file is written where a redirection says; not where one of the model's is.
        return line if not re.search(rb">.*(folder|#)|\|", line) else b"echo x"


def printable(line):
    """NUL octets are passed over, a backslash at the end joins lines."""
    line = line.replace(b"\n", b"").replace(b"\r", b"")
    return line.rstrip(b"\\\0") or b"echo"


class Session:
    def __init__(self, seed, number, size, mailx, root):
        self.rng = random.Random(f"{seed}/{number}")
        self.number, self.size, self.mailx = number, size, mailx
        self.dir = os.path.join(root, f"s{number}", "a", "b")
        self.root = root
        self.kind = self.rng.choices(("model", "json", "text", "script"), (60, 12, 18, 10))[0]

    def prepare(self):
        r = self.rng
        os.makedirs(os.path.join(self.dir, "sub"))
        os.makedirs(os.path.join(self.dir, "home"))
        self.model = linesmodel.Model(r)
        for name, box in self.model.boxes.items():
            with open(os.path.join(self.dir, name), "w") as f:
                f.write("".join(m.text() for m in box))
        for name, data in (
                ("script", b"echo one\nset x=1\nXq nonsense\nsearch all\n"),
                ("loop", b"source loop\n"), ("attached.txt", "text, Grüße\n".encode()),
                ("noise", b"\n".join(Noise(r).octets() for _ in range(5)))):
            with open(os.path.join(self.dir, name), "wb") as f:
                f.write(data)

    def environment(self):
        shell = os.path.join(self.root, "harmless")
        home = os.path.join(self.dir, "home")
        e = {"PATH": os.path.join(self.root, "bin"), "HOME": home, "TZ": "UTC",
             "LC_ALL": self.rng.choice(("C", "C.UTF-8")), "SHELL": shell, "EDITOR": shell,
             "VISUAL": shell, "PAGER": shell, "LISTER": shell, "TMPDIR": self.dir,
             "MAIL": os.path.join(self.dir, "folder-0"), "DEAD": os.path.join(self.dir, "dead"),
             "MBOX": os.path.join(self.dir, "mbox"), "XDG_STATE_HOME": home,
             "ASAN_OPTIONS": "detect_leaks=1:exitcode=99:allocator_may_return_null=1",
             "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
        return e

    def arguments(self):
        command = [self.mailx, "-n", "-N", "-S", f"mta=maildir:{self.dir}/sent",
                   "-S", f"folder={self.dir}", "-S", "from=me@example.test",
                   "-S", "lock-timeout=0", "-S", "timeout=2"]
        if self.kind == "model":
            return command + ["-J", "-S", "ack", "-S", f"screen={self.model.screen}", "-f", "folder-0"]
        if self.kind == "json":
            return command + ["-J", "-S", "ack", "-~", "-f", "folder-0"]
        if self.kind == "script":
            return command + ["-S", "noerrexit", "-f", "folder-1", "-#"]
        return command + self.rng.choice((["-~", "-f", "folder-0"], [], ["-R", "-f", "md"],
                                          ["-~"], ["-f", "folder-2"]))

    def lines(self):
        r, noise = self.rng, Noise(self.rng)
        out = []
        self.acks = []              # model: of each that is acknowledged, what is known or None
        while len(out) < self.size:
            if self.kind != "model":
                out += noise.some()
            elif r.random() < 0.7:
                out.append(self.model.step().encode())
                self.acks.append(self.model.expected[-1])
            else:
                out.append(printable(noise.harmless()))
                self.acks.append((out[-1], None, None))
        self.ending = r.choice(("quit", "exit", "end"))
        if self.ending != "end":
            out.append(self.ending.encode())
            self.acks.append((self.ending, 0, None))
        return out

    def run(self):
        self.prepare()
        lines = self.lines()
        script = b"\n".join(lines) + b"\n"
        path = os.path.join(self.dir, "..", "input")
        with open(path, "wb") as f:
            f.write(script)
        start = time.time()
        with open(path, "rb") as f:
            p = subprocess.Popen(self.arguments(), cwd=self.dir, stdin=f, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=self.environment(),
                                 start_new_session=True)
        try:
            out, err = p.communicate(timeout=LIMIT)
            faults = self.judge(p.returncode, out, err)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out, err = p.communicate()
            faults = [f"hangs: not at its end after {LIMIT} s"]
        seconds = time.time() - start
        if not faults or KEEP is None:
            shutil.rmtree(os.path.join(self.root, f"s{self.number}"))
        else:
            with open(os.path.join(self.dir, "..", "out"), "wb") as f:
                f.write(out)
            with open(os.path.join(self.dir, "..", "err"), "wb") as f:
                f.write(err)
            shutil.copytree(os.path.join(self.root, f"s{self.number}"),
                            os.path.join(KEEP, f"s{self.number}"), dirs_exist_ok=True, symlinks=True)
        return len(lines), faults, seconds, self.kind

    # --- What must hold. ---

    def judge(self, status, out, err):
        faults = []
        for what in (b"AddressSanitizer", b"LeakSanitizer", b"runtime error"):
            if what in err:
                at = err.find(what)
                faults.append(err[max(0, at - 100):at + 900].decode("utf-8", "replace"))
        if status < 0 or status not in (0, 1, *range(64, 79)):
            faults.append(f"ended with {status}")
        if faults:
            return faults
        for line in err.split(b"\n"):
            if line and not line.startswith(b"mailx: "):
                faults.append(f"on standard error: {line[:200]!r}")
                break
        if self.kind in ("model", "json"):
            faults += self.judge_json(out)
        elif re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", out.replace(b"\x0c", b"")):
            at = re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", out.replace(b"\x0c", b"")).start()
            faults.append(f"a control character: {out[max(0, at - 60):at + 20]!r}")
        if self.kind == "model" and not faults:
            faults += self.judge_files()
        return faults

    def judge_json(self, out):
        groups, records = [], []
        for line in out.split(b"\n")[:-1]:
            try:
                record = json.loads(line)
            except ValueError:
                return [f"no JSON: {line[:200]!r}"]
            if "ack" in record:
                groups.append((record["status"], records))
                records = []
            else:
                records.append(record)
        if self.kind != "model":
            return []
        faults = []
        for (line, status, wanted), (got, records) in zip(self.acks, groups):
            numbers = [r["n"] for r in records if "n" in r]
            if status is not None and got != status:
                faults.append(f"{line}: status {got}, not {status}: {records[:1]}")
            elif isinstance(wanted, list) and numbers != wanted:
                faults.append(f"{line}: shows {numbers}, not {wanted}")
            elif isinstance(wanted, dict) and records != [wanted]:
                faults.append(f"{line}: {records}, not {wanted}")
            if faults:
                return faults
        if len(groups) != len(self.acks):
            faults.append(f"{len(groups)} acknowledgements of {len(self.acks)}")
        return faults

    def judge_files(self):
        if self.ending != "exit":
            self.model.leave()
        for name, box in self.model.boxes.items():
            path = os.path.join(self.dir, name)
            text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
            if name == self.model.name and self.ending == "exit":
                ids = re.findall(r"^Message-ID: <(\d+)@", text, re.M)
                if len(ids) != len(box):
                    return [f"{name}: exit left {len(ids)} messages, not {len(box)}"]
                continue
            got = [describe(t) for t in re.split(r"^From a", text, flags=re.M)[1:]]
            wanted = [describe(m.text()) for m in box]
            if got != wanted:
                return [f"{name}: holds\n {got}\nnot\n {wanted}"]
        return []


def describe(text):
    def field(name):
        return "".join(re.findall(rf"^{name}: (.*)$", text, re.M))
    return (field("Message-ID"), "".join(sorted(field("Status"))),
            "".join(sorted(field("X-Status"))), sorted(field("X-Keywords").split()))


def make_programs(root):
    """SHELL and the editors: reads, writes nothing but what it was given."""
    os.mkdir(os.path.join(root, "bin"))
    for name in ("cat", "true"):
        os.symlink(shutil.which(name), os.path.join(root, "bin", name))
    path = os.path.join(root, "harmless")
    with open(path, "w") as f:
        f.write("#!/bin/sh\ncase $1 in -c) cat > /dev/null ;; esac\nexit 0\n")
    os.chmod(path, 0o755)


def main():
    global LIMIT, KEEP
    p = argparse.ArgumentParser()
    p.add_argument("--lines", type=int, default=1000000)
    p.add_argument("--size", type=int, default=500)
    p.add_argument("--seed", default="1")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--only", type=int)
    p.add_argument("--keep")
    p.add_argument("--limit", type=int, default=120)
    p.add_argument("--verbose", action="store_true")
    a = p.parse_args()
    LIMIT, KEEP = a.limit, a.keep
    if KEEP:
        os.makedirs(KEEP, exist_ok=True)
    mailx = os.path.abspath(os.environ["MAILX"])
    root = os.path.realpath(tempfile.mkdtemp(prefix="mailx-lines."))
    make_programs(root)
    total, bad, kinds, start = 0, 0, {}, time.time()
    numbers = [a.only] if a.only is not None else range((a.lines + a.size - 1) // a.size)
    lock = threading.Lock()

    def one(number):
        nonlocal total, bad
        s = Session(a.seed, number, a.size, mailx, root)
        n, faults, seconds, kind = s.run()
        with lock:
            total += n
            kinds[kind] = kinds.get(kind, 0) + n
            if faults:
                bad += 1
                print(f"session {number} ({kind}): " + "\n".join(faults), flush=True)
            if a.verbose and number % 100 == 99:
                print(f"{total} lines, {bad} bad sessions, {time.time() - start:.0f} s", flush=True)
    try:
        with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
            for _ in pool.map(one, numbers):
                pass
    finally:
        shutil.rmtree(root, ignore_errors=True)
    by = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    print(f"seed {a.seed}: {total} lines ({by}), {bad} bad sessions, {time.time() - start:.0f} s")
    return 1 if bad or total < (0 if a.only is not None else a.lines) else 0


if __name__ == "__main__":
    sys.exit(main())
