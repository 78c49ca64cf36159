#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""corpusjson.py MAILX CORPUS -- what `mailx -J' says of each message of a corpus.

Every message is opened with the program itself: `type' and `structure' are to give one line of
valid JSON each with the keys of the manual; the parts that `write' makes are to have the size and
digest that `type' told; and all is to agree with the facts of NAME.expect (agreed ones; majority
ones with -m).  Prints what does not, then a count; status 1 where anything did not.
"""
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

HEAD = {"n": int, "folder": str, "flags": list, "tags": list, "date": (str, type(None)),
        "from": list, "to": list, "cc": list, "reply_to": list, "subject": (str, type(None)),
        "message_id": (str, type(None)), "in_reply_to": list, "references": list, "size": int,
        "attachments": bool, "fields": list, "parts": list, "defects": list}
PART = {"part": str, "type": str, "params": dict, "encoding": str,
        "disposition": (str, type(None)), "filename": (str, type(None)),
        "id": (str, type(None)), "description": (str, type(None)), "size": int}


def shape(record, keys, where, more=()):
    for key, kind in keys.items():
        if key not in record:
            yield f"{where}: no {key}"
        elif not isinstance(record[key], kind):
            yield f"{where}: {key} is a {type(record[key]).__name__}"
    for key in record:
        if key not in keys and key not in more:
            yield f"{where}: {key} is not in the manual"


def tree(parts):
    """Numbers of IMAP to paths of the expectations."""
    paths, at = {}, 0

    def take(path):
        nonlocal at
        part = parts[at]
        number, kind = part["part"], part["type"]
        paths[path] = part
        at += 1
        base = number[:-5] if number.endswith(".TEXT") else number
        dot = base + "." if base else ""
        k = 0
        while at < len(parts):
            follows = parts[at]["part"]
            if kind.startswith("message/"):
                if k or follows not in (base + ".1", base + ".TEXT"):
                    break
            elif not kind.startswith("multipart/") or follows != dot + str(k + 1):
                break
            k += 1
            take(f"{path}.{k}")
        part["kids"] = k
    take("1")
    if at != len(parts):
        raise ValueError(f"parts out of order at {parts[at]['part']!r}")
    return paths


def plain(text):
    return re.sub(r"\\x([0-9A-F]{2})|\\\\", lambda m: bytes([int(m[1], 16)]).decode("latin-1")
                  if m[1] else "\\", text)


def blanks(text):
    return re.sub("[ \t\r\n]+", " ", text or "").strip(" ")


def trimmed(octets):
    return octets.replace(b"\r\n", b"\n").rstrip(b"\n")


def digest(octets):
    return [str(len(octets)), hashlib.sha256(octets).hexdigest()]


def facts(path, majority):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if majority and line.startswith("~\t"):
                line = line[2:]
            if line[:1] not in ("#", "~", "?", "*", ""):
                yield line.split("\t")


class Message:
    def __init__(self, mailx, path, work):
        box = os.path.join(work, "box")
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(box, sub))
        with open(path, "rb") as source, open(os.path.join(box, "cur", "1.x:2,S"), "wb") as out:
            out.write(source.read())
        self.mailx, self.box, self.work = mailx, box, work
        self.type, self.structure = self.run("type 1\nstructure 1\n")
        self.paths = tree(self.structure["parts"])
        self.leaves = {p["part"]: p for p in self.type["parts"]}

    def run(self, commands):
        done = subprocess.run([self.mailx, "-n", "-R", "-J", "-f", self.box, "-#"],
                              cwd=self.work, input=commands.encode(), capture_output=True, timeout=60)
        if done.returncode or done.stderr:
            raise ValueError(f"status {done.returncode}: {done.stderr.decode()!r}")
        lines = done.stdout.decode("utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def octets(self):
        """What `write' makes of each part of `type'."""
        commands = "".join(f"write 1.{n} ./{i}\n" for i, n in enumerate(self.leaves))
        self.run(commands)
        out = {}
        for i, n in enumerate(self.leaves):
            with open(f"{self.work}/{i}", "rb") as f:
                out[n] = f.read()
        return out

    def field(self, name):
        for field in self.type["fields"]:
            if field[0].lower() == name.lower():
                return field[1]
        return None

    def fact(self, f, octets):
        """What we say to that question; None: it is not one that JSON answers."""
        kind, path = f[0], f[1]
        part = self.paths.get(path)
        top = path == "1"
        if kind == "parts":
            return [str(len(self.paths))]
        if kind in ("part", "kids", "charset", "disp", "filename", "cid", "body", "text") and not part:
            return ["(no such part)"]
        if kind == "part":
            return [part["type"]]
        if kind == "kids":
            return [str(part["kids"])]
        if kind == "charset":
            return [part["params"].get("charset", "").lower()]
        if kind == "disp":
            return [part["disposition"] or ""]
        if kind == "filename":
            return [blanks(part["filename"])]
        if kind == "cid":
            return [(part["id"] or "").strip("<>")]
        if kind == "hcount" and top:
            return [str(len(self.type["fields"]))]
        if kind == "header" and top:
            return [blanks(self.field(f[2]))]
        if kind == "body" and part["part"] in octets:
            return digest(trimmed(octets[part["part"]]))
        if kind == "text" and "text" in self.leaves.get(part["part"], {}):
            text = self.leaves[part["part"]]["text"]
            return digest(trimmed(text.encode()))
        if kind == "msgid" and top:
            return [(self.type["message_id"] or "").strip("<>")]
        if kind == "date" and top:
            return self.date()
        return self.address(f) if kind in ("addr", "addrs") and top else None

    def date(self):
        if not self.type["date"]:
            return ["(no date)"]
        when = datetime.datetime.fromisoformat(self.type["date"].replace("Z", "+00:00"))
        return [str(round(when.timestamp())), when.strftime("%z")]

    def address(self, f):
        key = {"from": "from", "to": "to", "cc": "cc", "reply-to": "reply_to"}.get(f[2].lower())
        if key is None or sum(1 for x in self.type["fields"] if x[0].lower() == f[2].lower()) != 1:
            return None
        if f[0] == "addrs":
            return [str(len(self.type[key]))]
        i = int(f[3]) - 1
        if i >= len(self.type[key]):
            return ["(no such address)"]
        one = self.type[key][i]
        return [blanks(one["name"]), one["addr"]]


WIDTH = {"parts": 1, "addr": 4, "addrs": 3, "header": 3}


def check(mailx, path, majority):
    """What is wrong with one message, and how many questions were asked."""
    wrong, asked = [], 0
    with tempfile.TemporaryDirectory() as work:
        m = Message(mailx, path, work)
        octets = m.octets()
        wrong += shape(m.type, HEAD, "type", ("uid",))
        for p in m.type["parts"]:
            wrong += shape(p, dict(PART, sha256=str), f"part {p['part']}", ("text",))
            if p["type"].startswith("text/") != ("text" in p):
                wrong.append(f"part {p['part']}: text of a {p['type']}")
            if [str(p["size"]), p["sha256"]] != digest(octets[p["part"]]):
                wrong.append(f"part {p['part']}: `write' wrote something else")
        for p in m.structure["parts"]:
            wrong += shape(p, PART, f"structure {p['part']}", ("kids",))
        for f in facts(path[:-4] + ".expect", majority):
            n = WIDTH.get(f[0], 2)
            got = m.fact(f, octets)
            if got is None:
                continue
            asked += 1
            want = [plain(x) for x in f[n:]] or [""]
            if got != want:
                wrong.append(f"{' '.join(f[:n])}: got {got}, want {want}")
    return wrong, asked


def main():
    args = [a for a in sys.argv[1:] if a != "-m"]
    mailx, corpus = os.path.abspath(args[0]), os.path.join(args[1], "messages")
    messages = asked = bad = 0
    for name in sorted(os.listdir(corpus)):
        if not name.endswith(".eml"):
            continue
        messages += 1
        try:
            wrong, n = check(mailx, os.path.join(corpus, name), "-m" in sys.argv)
        except (ValueError, KeyError, IndexError, subprocess.TimeoutExpired) as e:
            wrong, n = [str(e)], 0
        asked += n
        bad += len(wrong)
        for line in wrong:
            print(f"{name[:-4]}: {line}")
    print(f"{messages} messages, {asked} facts asked, {bad} wrong")
    return 1 if bad or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
