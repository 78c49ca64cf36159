#!/usr/bin/env python3
"""drafts.py DRAFT COUNT DIR -- compose COUNT drafts and read them again.

The drafts are random, from a fixed seed: subjects, names, texts and files in many
scripts, long words, long lines, every kind of line end, nested parts.  DRAFT
(tests/draft) composes them; Python's email package, which is strict here, must find
no defect and the same content in each.  Says TAP; ends with 1 if anything differs.
DIR keeps the messages and what they should hold (want.json), for other readers.
"""
import email
import email.errors
import email.policy
import hashlib
import json
import os
import random
import re
import subprocess
import sys
from email.header import decode_header, make_header
from email.utils import getaddresses

SCRIPTS = [
    "plain words of English text to be sent by mail to somebody".split(),
    "Grüße aus München schöne Straße Übermut naïve façade Ærø".split(),
    "Привет мир это письмо на русском языке съешь ещё этих булок".split(),
    "北京 上海 你好世界 报告 会议纪要 中文邮件测试 龍龜".split(),
    "東京 こんにちは カタカナ 日本語のメール ﾊﾝｶｸ".split(),
    "안녕하세요 한국어 메일 시험".split(),
    "السلام عليكم رسالة بالعربية اختبار".split(),
    "שלום עולם הודעה בעברית".split(),
    "สวัสดีชาวโลก ภาษาไทย".split(),
    "नमस्ते दुनिया हिन्दी".split(),
    "😀 👩‍👩‍👧 🇩🇪 🏳️‍🌈 e\u0301 a\u030a\u0323 𝔘𝔫𝔦 \U0010fffd".split(),
    ["=?utf-8?q?fake?=", "=?", "?=", "=41", "a=b", '"quoted"', "(comment", "back\\slash", "<angle>",
     "a,b;c:d", "100%", "%41", "it's", "*", "_", "@home", "[x]", "."],
]
STRICT = email.policy.default.clone(raise_on_defect=True)


def words(r, n, scripts=None):
    pool = r.choice(scripts or SCRIPTS)
    out = []
    for _ in range(n):
        if r.random() < 0.2:
            pool = r.choice(scripts or SCRIPTS)
        word = r.choice(pool)
        if r.random() < 0.03:
            word *= r.randrange(2, 60)
        out.append(word)
    return out


def subject(r):
    kind = r.random()
    if kind < 0.05:
        return "".join(r.choice("yz北😀é") for _ in range(r.randrange(900, 1400)))
    if kind < 0.08:
        return r.choice("yx") * 4000
    if kind < 0.12:
        return " ".join(words(r, r.randrange(200, 800)))[:4000].strip()
    text = " ".join(words(r, r.randrange(1, 30)))
    if r.random() < 0.1:
        text = text.replace(" ", "  ")
    return text.strip()


def name(r):
    kind = r.random()
    if kind < 0.15:
        return ""
    if kind < 0.2:
        return " ".join(words(r, r.randrange(20, 60)))
    return " ".join(words(r, r.randrange(1, 5)))


def address(r):
    local = r.choice(["bob", "alice.b", "x+tag", "a_b", "o'neil", '"two words"', "a" * 60, "_%1"])
    domain = r.choice(["example.org", "mail.example.test", "a.b.c.d.example.com", "x" * 50 + ".example"])
    return local + "@" + domain


def text(r):
    """Octets of a text; most are UTF-8."""
    kind = r.random()
    lines = []
    for _ in range(r.randrange(0, 40)):
        line = " ".join(words(r, r.randrange(0, 15)))
        x = r.random()
        if x < 0.05:
            line = "From " + line
        elif x < 0.1:
            line = "." * r.randrange(1, 4) + line
        elif x < 0.15:
            line += " " * r.randrange(1, 3) + "\t" * r.randrange(0, 2)
        elif x < 0.17:
            line *= r.randrange(5, 100)
        elif x < 0.19:
            line = "--" + line
        elif x < 0.21:
            line = "-- "
        lines.append(line)
    if kind < 0.3:
        lines = [re.sub("[^\t -~]", "x", line) for line in lines]
    end = "\n"
    if r.random() < 0.1:
        end = "\r\n"
    out = end.join(lines) + (end if r.random() < 0.8 else "")
    data = out.encode()
    if r.random() < 0.04:
        data = data.replace(b"x", b"\r")
    if r.random() < 0.04:
        data += b"\0end"
    if r.random() < 0.08:
        data = out.encode("latin-1", "replace")
    return data


def file(r):
    """(octets, file name): of an attachment."""
    if r.random() < 0.5:
        data = text(r)
    else:
        data = r.randbytes(r.choice([0, 1, 2, 3, 56, 57, 58, 114, 1000, 20000]))
        data = r.choice([b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"PK\3\4"]) + data
    stem = " ".join(words(r, r.randrange(1, 6))).replace("/", "-")[:r.choice([20, 60, 150])].strip()
    return data, stem + r.choice([".txt", ".pdf", ".png", ".csv", ".bin", "", ".docx", ".html", ".xml"])


def code(value):
    return "".join(c if c > " " and c not in "%\x7f" else "".join(f"%{b:02X}" for b in c.encode()) for c in value)


class Draft:
    def __init__(self, r, number, where):
        self.r, self.number, self.where = r, number, where
        self.lines, self.parts, self.files = [], [], 0
        self.wanted = {}
        self.path = os.path.join(where, f"{number}.eml")
        self.make()

    def say(self, *values):
        self.lines.append("\t".join(code(v) for v in values))

    def addrs(self, field, n):
        people = [(name(self.r), address(self.r)) for _ in range(n)]
        for shown, addr in people:
            self.say("addr", addr, shown)
        self.say("addrs", field)
        self.wanted[field] = [[shown, addr] for shown, addr in people]

    def part(self, data, media="", shown="", disposition="", cid=""):
        path = os.path.join(self.where, f"{self.number}.{self.files}")
        self.files += 1
        with open(path, "wb") as f:
            f.write(data)
        description = subject(self.r)[:200].strip() if shown and self.r.random() < 0.3 else ""
        self.say("part", path, media, "", shown, description, cid, disposition)
        self.parts.append({"data": data.hex(), "name": shown, "body": not disposition, "type": media,
                           "description": description})

    def body(self):
        r = self.r
        if r.random() < 0.6:
            self.part(text(r))
            return
        self.say("open", "multipart/related")
        self.say("open", "multipart/alternative")
        if r.random() < 0.8:
            self.part(text(r), "text/plain")
        self.part(("<p>" + " ".join(words(r, 20)) + "</p>\n").encode(), "text/html")
        self.say("close")
        for i in range(r.choice([0, 0, 1, 2])):
            self.part(b"\x89PNG\r\n\x1a\n" + r.randbytes(50), "", f"i{i}.png", "inline", f"<img{i}>")
        self.say("close")

    def make(self):
        r = self.r
        self.addrs("From", 1 if r.random() < 0.95 else 2)
        self.addrs("To", r.choice([1, 1, 2, 5, 40]))
        if r.random() < 0.3:
            self.addrs("Cc", r.randrange(1, 10))
        self.wanted["Subject"] = subject(r)
        self.say("field", "Subject", self.wanted["Subject"])
        if r.random() < 0.3:
            self.wanted["References"] = " ".join(
                f"<{r.randrange(10 ** 12)}.{'x' * r.randrange(1, 40)}@example.org>" for _ in range(r.randrange(1, 30)))
            self.say("field", "References", self.wanted["References"])
        if r.random() < 0.3:
            self.wanted["X-Comment"] = " ".join(words(r, r.randrange(1, 20)))
            self.say("field", "X-Comment", self.wanted["X-Comment"])
        self.choice = r.choice(["auto"] * 5 + ["qp", "base64", "8bit"])
        self.say("encoding", self.choice)
        self.eightbit = r.random() < 0.5
        if self.eightbit:
            self.say("8bit", "yes")
        if r.random() < 0.95:
            self.body()
        for _ in range(r.choice([0, 0, 0, 1, 1, 2, 5])):
            data, shown = file(r)
            self.part(data, "", shown, "attachment")
        self.say("write", self.path)


def check_lines(raw):
    """What no line may be."""
    faults = []
    head = raw.split(b"\n\n")[0]
    if any(len(line) > 998 for line in raw.split(b"\n")):
        faults.append("a line over 998")
    if b"\r" in raw or b"\0" in raw:
        faults.append("CR or NUL")
    if re.search(rb"(?m)^From ", raw):
        faults.append("a line that begins with From")
    if any(c > 127 for c in head):
        faults.append("8-bit in the header")
    for line in head.split(b"\n"):
        if len(line) > 76 and b" " in line[1:].strip():
            faults.append(f"a header line over 76: {line!r}")
    for word in re.findall(rb"=\?[^? ]*\?[^? ]*\?[^? ]*\?=", head):
        if len(word) > 75:
            faults.append(f"an encoded word over 75: {word!r}")
    return faults


def check_fields(m, old, wanted):
    """m as the new parser has it, old without any decoding."""
    faults = []
    for field in ("Date", "Message-ID", "MIME-Version", "From", "Subject"):
        if len(m.get_all(field, [])) != 1:
            faults.append(f"{field}: not once")
    for field, want in wanted.items():
        if isinstance(want, str):
            got = str(m[field])
            want = re.sub(" +", " ", want).strip() if field != "Subject" else want
            got = re.sub(" +", " ", got).strip() if field != "Subject" else got
        else:
            # The new parser of some versions shows the blank between two encoded
            # words (RFC 2047 6.2), so that names are read by the old one.
            raw = re.sub("\n(?=[ \t])", "", old[field])
            got = [[str(make_header(decode_header(shown))), addr] for shown, addr in getaddresses([raw])]
            if [a.addr_spec for a in m[field].addresses] != [addr for _, addr in want]:
                faults.append(f"{field}: other addresses")
        if got != want:
            faults.append(f"{field}: {got!r}, not {want!r}")
    for field in m.keys():
        for value in m.get_all(field):
            for defect in getattr(value, "defects", ()):
                # name="=?...?=" in Content-Type is for readers older than RFC 2231.
                if field != "Content-Type" or "encoded" not in str(defect):
                    faults.append(f"{field}: {defect!r}")
    return faults


def acceptable(part, only):
    """What may come back of a part."""
    data = bytes.fromhex(part["data"])
    if not part["body"]:
        return [data]
    if b"\0" not in data and data.count(b"\r") == data.count(b"\r\n") == data.count(b"\n"):
        data = data.replace(b"\r\n", b"\n")
    # A text that is the whole message ends with a line end.
    return [data, data + b"\n"] if only else [data]


def old_name(p):
    """The name in Content-Type, as a reader of RFC 2047 sees it."""
    return str(make_header(decode_header(re.sub("\n[ \t]+", " ", p.get_param("name", "")))))


def check_part(p, old, part, only, draft):
    faults = []
    got, want = p.get_payload(decode=True), acceptable(part, only)
    encoding = p["Content-Transfer-Encoding"]
    if got not in want:
        faults.append(f"{part['name']!r}: {got[:60]!r} of {len(got)}, not {want[0][:60]!r} ({encoding})")
    if part["name"] and p.get_filename() != part["name"]:
        faults.append(f"name {p.get_filename()!r}, not {part['name']!r}")
    if part["name"] and old_name(old) != part["name"]:
        faults.append(f"name of old {old_name(old)!r}, not {part['name']!r}")
    if part["description"] and str(p["Content-Description"]) != part["description"]:
        faults.append(f"description {str(p['Content-Description'])!r}, not {part['description']!r}")
    if p.get_content_maintype() == "text":
        try:
            got.decode(p.get_content_charset())
        except (UnicodeDecodeError, LookupError):
            # 5 octets are none in windows-1252.
            if p.get_content_charset() != "windows-1252":
                faults.append(f"is not {p.get_content_charset()}")
        if b"\0" in got and encoding != "base64":
            faults.append("NUL, but not base64")
    if part["body"] and p.get_content_type() not in ("text/plain", "text/html"):
        faults.append(f"a body of type {p.get_content_type()}")
    if encoding == "8bit" and not (draft.eightbit and draft.choice == "8bit"):
        faults.append("8bit")
    for field in ("Content-Disposition", "Content-Transfer-Encoding"):
        if p[field] is not None and p[field].defects:
            faults.append(f"{field}: {p[field].defects!r}")
    return faults


def check(draft):
    with open(draft.path, "rb") as f:
        raw = f.read()
    faults = check_lines(raw)
    try:
        m, old = email.message_from_bytes(raw, policy=STRICT), email.message_from_bytes(raw)
        faults += check_fields(m, old, draft.wanted)
        leaves = [p for p in m.walk() if not p.is_multipart()]
        containers = [p for p in m.walk() if p.is_multipart()]
        if any(len(p.get_payload()) < 2 for p in containers):
            faults.append("a container with one child")
        if len(leaves) != max(1, len(draft.parts)):
            faults.append(f"{len(leaves)} parts, not {len(draft.parts)}")
        for p, q, part in zip(leaves, [p for p in old.walk() if not p.is_multipart()], draft.parts):
            faults += check_part(p, q, part, len(leaves) == 1, draft)
    except email.errors.MessageError as e:
        faults.append(f"defect: {e!r}")
    return faults


def main():
    program, count, where = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    drafts = [Draft(random.Random(f"drafts {n}"), n, where) for n in range(count)]
    text_in = "".join(line + "\n" for d in drafts for line in d.lines)
    run = subprocess.run([program], input=text_in.encode(), stdout=subprocess.PIPE, check=False)
    answers = run.stdout.decode().splitlines()
    answers += ["no answer"] * (count - len(answers))
    bad = 0
    with open(os.path.join(where, "want.json"), "w", encoding="utf-8") as f:
        for draft, answer in zip(drafts, answers):
            faults = check(draft) if answer == "ok" else [answer]
            f.write(json.dumps({"path": draft.path, "parts": [
                [hashlib.sha256(data).hexdigest() for data in acceptable(p, len(draft.parts) == 1)]
                for p in draft.parts], "names": [p["name"] for p in draft.parts]}) + "\n")
            if faults:
                bad += 1
                for fault in faults[:5]:
                    print(f"# draft {draft.number}: {fault}"[:600])
    print(f"{'not ok' if bad or run.returncode else 'ok'} 1 - {count} drafts come back as they were, {bad} do not")
    sys.exit(1 if bad or run.returncode else 0)


main()
