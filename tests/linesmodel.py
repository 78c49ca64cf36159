# SPDX-License-Identifier: ISC
"""linesmodel.py -- what the commands do to a mailbox file, said once more and shorter.

Model.step() gives a command line of which all is known, and notes what must come of it:
the status, the records of those lines that print some.  It knows local mailbox files in a
session under -J (nothing becomes old, the rules of the system mailbox do not hold).
"""

FLAGS = ("seen", "answered", "flagged", "draft")
WORDS = ("apple", "birch", "cedar", "delta")
TAGS = ("work", "home", "x-1", "$Junk")
SETS = {
    "flag": ("flagged", 1), "unflag": ("flagged", 0), "seen": ("seen", 1),
    "unseen": ("seen", 0), "new": ("seen", 0), "unread": ("seen", 0),
    "answered": ("answered", 1), "unanswered": ("answered", 0),
    "draft": ("draft", 1), "undraft": ("draft", 0),
}


class Message:
    def __init__(self, ident, sender, word, minute, padding):
        self.ident, self.sender, self.word = ident, sender, word
        self.minute, self.padding = minute, padding
        self.flags, self.tags, self.old = set(), [], False

    def copy(self):
        m = Message(self.ident, self.sender, self.word, self.minute, self.padding)
        m.flags, m.tags, m.old = set(self.flags), list(self.tags), self.old
        return m

    def text(self):
        status = ("R" if "seen" in self.flags else "") + ("O" if self.old else "")
        marks = "".join(c for c, f in (("A", "answered"), ("F", "flagged"), ("T", "draft"))
                        if f in self.flags)
        head = [f"From {self.sender}@example.org Fri Nov 20 01:30:00 2026",
                f"From: <{self.sender}@example.org>", "To: me@example.test",
                f"Subject: {self.word} {self.ident:03d}",
                f"Date: Fri, 20 Nov 2026 {self.minute // 60:02d}:{self.minute % 60:02d}:00 +0000",
                f"Message-ID: <{self.ident}@example.org>"]
        head += [f"Status: {status}"] * bool(status) + [f"X-Status: {marks}"] * bool(marks)
        head += ["X-Keywords: " + " ".join(self.tags)] * bool(self.tags)
        return "\n".join(head) + "\n\nbody " + "x" * self.padding + "\n\n"


class Entry:
    """A message of the open folder, with what one session knows of it."""

    def __init__(self, m):
        self.m, self.deleted, self.gone, self.touched, self.saved = m, False, False, False, False

    def hidden(self):
        return self.deleted or self.gone


class Refused(Exception):
    pass


class Nothing(Exception):
    pass


class Model:
    def __init__(self, rng, boxes=3):
        self.rng = rng
        self.boxes = {}                     # name: messages, as the files have them
        self.count = 0
        for i in range(boxes):
            self.boxes[f"folder-{i}"] = [self.fresh() for _ in range(rng.randrange(1, 15))]
        self.previous = None
        self.screen = 5
        self.expected = []                  # of each line: (line, status, numbers or None)
        self.open("folder-0")

    def fresh(self):
        r = self.rng
        self.count += 1
        m = Message(self.count, f"a{r.randrange(4)}", r.choice(WORDS), r.randrange(1440),
                    r.randrange(60))
        m.flags = {f for f in FLAGS if r.random() < 0.2}
        m.old = r.random() < 0.4
        m.tags = [t for t in TAGS if r.random() < 0.15]
        return m

    # --- The open folder. ---

    def open(self, name):
        self.name = name
        self.v = [Entry(m) for m in self.boxes[name]]
        self.order, self.found = None, []
        self.dot = 0
        for good in (lambda m: "seen" not in m.flags and not m.old,
                     lambda m: "seen" not in m.flags, lambda m: True):
            if self.dot == 0:
                self.dot = next((i + 1 for i, e in enumerate(self.v) if good(e.m)), 0)

    def leave(self):
        self.sync()
        self.v = []

    def sync(self):
        for e in self.v:
            e.gone = e.gone or e.deleted
        self.boxes[self.name] = [e.m for e in self.v if not e.gone]

    def e(self, n):
        return self.v[n - 1]

    def place(self, n):
        return self.order.index(n) + 1 if self.order and n in self.order else n

    def at(self, place):
        return self.order[place - 1] if self.order and 1 <= place <= len(self.order) else place

    def shown(self, numbers):
        return sorted(numbers, key=self.place)

    def behind(self, n, and_before):
        """The next in sight, else (and_before) the one before."""
        at = self.place(n) if n else 0
        places = list(range(at + 1, len(self.v) + 1))
        places += list(range(at, 0, -1)) if and_before else []
        return next((self.at(p) for p in places if not self.e(self.at(p)).hidden()), 0)

    # --- Message lists. ---

    def relevant(self, n, undelete):
        return not self.e(n).gone and self.e(n).deleted == undelete

    def one(self, n, undelete):
        if n == 0 or n > len(self.v) or self.e(n).gone or (self.e(n).deleted and not undelete):
            raise Refused
        return {n}

    def matches(self, kind):
        tests = {
            ":n": lambda e: "seen" not in e.m.flags and not e.m.old,
            ":o": lambda e: "seen" not in e.m.flags and e.m.old,
            ":r": lambda e: "seen" in e.m.flags, ":u": lambda e: "seen" not in e.m.flags,
            ":f": lambda e: "flagged" in e.m.flags, ":a": lambda e: "answered" in e.m.flags,
            ":t": lambda e: "draft" in e.m.flags, ":d": lambda e: e.deleted,
            ":A": lambda e: False,
        }
        return {i + 1 for i, e in enumerate(self.v) if not e.gone and tests[kind](e)}

    def list_word(self, undelete):
        """A word, and what it means: (word, kind, set) where kind is place, name or type."""
        r, n = self.rng, len(self.v)
        form = r.randrange(14)
        if form < 4:
            k = r.randrange(0, n + 2) if r.random() < 0.1 else r.randrange(1, n + 1) if n else 1
            return str(k), "number", lambda: self.one(k, undelete)
        if form < 6:
            a = r.randrange(1, n + 1) if n else 1
            b = self.at(min(n, self.place(a) + r.randrange(6))) if n else 1
            if r.random() < 0.05:
                b = n + 1
            return f"{a}-{b}", "bulk", lambda: self.range(a, b)
        if form == 6:
            return "*", "star", lambda: set(range(1, n + 1))
        if form == 7:
            return ".", "number", lambda: self.one(self.dot, undelete)
        if form == 8:
            end = r.choice("^$")
            numbers = range(1, n + 1) if end == "^" else range(n, 0, -1)
            return end, "number", lambda: self.end(map(self.at, numbers), undelete)
        if form == 9:
            step = r.choice("+-")
            return step, "number", lambda: self.beside(1 if step == "+" else -1, undelete)
        if form == 10:
            word = r.choice(WORDS + ("nowhere",))
            return "/" + word, "name", lambda: {
                i + 1 for i, e in enumerate(self.v) if not e.gone and word in e.m.word}
        if form == 11:
            sender = r.choice(("a0", "a1", "a2@example.org", "nobody"))
            return sender, "name", lambda: {
                i + 1 for i, e in enumerate(self.v)
                if not e.gone and e.m.sender == sender.split("@")[0]}
        if form == 12:
            return "`", "bulk", lambda: set(self.found)
        kind = r.choice((":n", ":o", ":r", ":u", ":f", ":a", ":t", ":d", ":A"))
        return kind, "type", lambda: self.matches(kind)

    def end(self, numbers, undelete):
        for i in numbers:
            if self.relevant(i, undelete):
                return {i}
        raise Nothing

    def range(self, a, b):
        if b > len(self.v) or self.place(a) > self.place(b):
            raise Refused
        return {self.at(p) for p in range(self.place(a), self.place(b) + 1)}

    def beside(self, step, undelete):
        place = self.place(self.dot) if self.dot else 0
        place = 0 if place == 0 and step < 0 else place + step
        while 1 <= place <= len(self.v):
            if self.relevant(self.at(place), undelete):
                return {self.at(place)}
            place += step
        raise Refused

    def some_list(self, undelete=False):
        """Words of a list, and a function that resolves it: numbers in the order shown, or it raises."""
        words = [self.list_word(undelete) for _ in range(self.rng.choice((1, 1, 1, 2, 3)))]

        def resolve():
            places, names, types = set(), None, None
            given = bulk = False
            for _, kind, get in words:
                got = get()
                if kind in ("number", "bulk", "star"):
                    given = True
                    bulk = bulk or kind == "bulk" or (kind == "star" and len(self.v) > 0)
                    places |= got
                elif kind == "name":
                    names = got | (names or set())
                else:
                    types = got | (types or set())
            if given and not bulk and names is None and types is None:
                result = {n for n in places if not self.e(n).gone}
            else:
                result = places if given else set(range(1, len(self.v) + 1))
                for narrow in (names, types):
                    result = result if narrow is None else result & narrow
                any_deleted = any(w == ":d" for w, _, _ in words)
                result = {n for n in result if not self.e(n).gone and
                          (any_deleted or self.e(n).deleted == undelete)}
            if not result:
                raise Nothing
            return self.shown(result)
        return " ".join(w for w, _, _ in words), resolve

    # --- Commands. ---

    def step(self):
        r = self.rng
        self.sort_is_safe = True
        do = r.choices((self.change, self.look, self.delete, self.undelete, self.read, self.next,
                        self.tag, self.search, self.store, self.folder, self.sync_now, self.sort,
                        self.screenful, self.number, self.refused),
                       (14, 22, 8, 5, 6, 5, 6, 6, 6, 2, 1, 4, 3, 6, 2))[0]
        line, act = do()
        try:
            status, numbers = act()
        except Refused:
            status, numbers = 64, []
        except Nothing:
            status, numbers = 1, []
        self.expected.append((line, status, numbers))
        return line

    def listed(self, name, act, undelete=False, default=True):
        """A command with a list, or without: what it does is act(numbers)."""
        if default and self.rng.random() < 0.25:
            def without():
                if self.dot == 0:
                    raise Nothing
                return act([self.dot])
            return name, without
        words, resolve = self.some_list(undelete)
        return f"{name} {words}", lambda: act(resolve())

    def change(self):
        name = self.rng.choice(tuple(SETS))
        flag, on = SETS[name]

        def act(numbers):
            for n in numbers:
                e = self.e(n)
                (e.m.flags.add if on else e.m.flags.discard)(flag)
                if flag == "seen" and not on:
                    e.touched = False
            self.dot = self.shown(numbers)[-1]
            return 0, None
        return self.listed(name, act)

    def tag(self):
        name, word = self.rng.choice(("tag", "untag")), self.rng.choice(TAGS)

        def act(numbers):
            for n in numbers:
                tags = self.e(n).m.tags
                if name == "tag" and word not in tags:
                    tags.append(word)
                elif name == "untag" and word in tags:
                    tags.remove(word)
            self.dot = self.shown(numbers)[-1]
            return 0, None
        return self.listed(f"{name} {word}", act)

    def look(self):
        """The states, as the summary tells them: this is what finds a fault."""
        way = self.rng.choice(("from", "headers", "all", "deleted"))
        if way == "all":
            return "headers", lambda: (0, self.shown(
                i + 1 for i, e in enumerate(self.v) if not e.hidden()))
        if way == "headers":
            words, resolve = self.some_list()

            def headers():
                # Numbers that are not there are no fault here.
                try:
                    return 0, self.shown(resolve())
                except (Refused, Nothing):
                    return None, None
            return f"headers {words}", headers
        if way == "deleted":
            def deleted():
                numbers = self.shown(self.matches(":d"))
                if not numbers:
                    raise Nothing
                self.dot = numbers[-1]
                return 0, self.shown(numbers)
            return "from :d", deleted

        def act(numbers):
            self.dot = numbers[-1]
            return 0, self.shown(numbers)
        return self.listed("from", act)

    def delete(self):
        def act(numbers):
            for n in numbers:
                self.e(n).deleted = True
            self.dot = self.behind(self.shown(numbers)[-1], True)
            return 0, None
        return self.listed(self.rng.choice(("delete", "d")), act)

    def undelete(self):
        def act(numbers):
            for n in numbers:
                if self.e(n).deleted:
                    self.e(n).deleted, self.e(n).touched = False, True
                    self.e(n).m.flags.add("seen")
            self.dot = self.shown(numbers)[-1]
            return 0, None
        if self.rng.random() < 0.3:
            def without():
                gone = [i + 1 for i, e in enumerate(self.v) if e.deleted and not e.gone]
                gone = self.shown(gone)
                here = self.place(self.dot) if self.dot else 0
                later = [n for n in gone if self.place(n) > here]
                if not gone:
                    raise Nothing
                return act([later[0] if later else gone[-1]])
            return "undelete", without
        return self.listed("undelete", act, undelete=True, default=False)

    def show(self, numbers):
        for n in numbers:
            self.e(n).touched = True
            self.e(n).m.flags.add("seen")
            self.dot = n
        return 0, numbers

    def read(self):
        name = self.rng.choice(("type", "print", "Type"))
        if self.rng.random() < 0.25:
            def without():
                n = self.dot
                if n == 0 or self.e(n).hidden():
                    n = self.behind(n, True)
                if n == 0:
                    raise Nothing
                return self.show([n])
            return name, without
        return self.listed(name, self.show, default=False)

    def next(self):
        def plain():
            place = self.place(self.dot) if self.dot else 1
            if self.dot and self.e(self.dot).touched:
                place += 1
            while place <= len(self.v):
                e = self.e(self.at(place))
                if not e.hidden() and not e.saved:
                    return self.show([self.at(place)])
                place += 1
            return 1, []

        def of(numbers):
            here = self.place(self.dot) if self.dot else 0
            shown = self.shown(numbers)
            return self.show([next((n for n in shown if self.place(n) > here), shown[0])])
        if self.rng.random() < 0.6:
            return self.rng.choice(("next", "n", "")), plain
        return self.listed("next", of, default=False)

    def search(self):
        r = self.rng
        word, flag = r.choice(WORDS), r.choice(FLAGS)
        forms = (
            (f"subject {word}", lambda e: word in e.m.word),
            (f"not subject {word}", lambda e: word not in e.m.word),
            (f"{flag} subject {word}", lambda e: flag in e.m.flags and word in e.m.word),
            (f"{flag} or subject {word}", lambda e: flag in e.m.flags or word in e.m.word),
            (f"from a1 (not {flag})", lambda e: e.m.sender == "a1" and flag not in e.m.flags),
            ("keyword work", lambda e: "work" in e.m.tags),
            ("deleted", lambda e: e.deleted), ("undeleted", lambda e: not e.deleted),
        )
        text, good = r.choice(forms)

        def find():
            return [i + 1 for i, e in enumerate(self.v) if not e.gone and good(e)]

        def act():
            self.found = find()
            return (0 if self.found else 1), self.shown(self.found)
        if r.random() < 0.25:
            return f"count {text}", lambda: (0, {"count": len(find())})
        return f"search {text}", act

    def store(self):
        name = self.rng.choice(("copy", "save", "move"))
        target = self.rng.choice([b for b in self.boxes if b != self.name] + ["folder-new"])

        def act(numbers):
            box = self.boxes.setdefault(target, [])
            for n in numbers:
                box.append(self.e(n).m.copy())
            if name == "move":
                for n in numbers:
                    self.e(n).deleted = True
                self.dot = self.behind(self.shown(numbers)[-1], True)
                return 0, None
            for n in numbers:
                self.e(n).touched = True
                self.e(n).saved = self.e(n).saved or name == "save"
            self.dot = self.shown(numbers)[-1]
            return 0, None
        words, resolve = self.some_list()
        if target == self.name:
            target = "folder-other"
        return f"{name} {words} {target}", lambda: act(resolve())

    def folder(self):
        name = self.rng.choice(list(self.boxes) + ["#"])

        def act():
            to = self.previous if name == "#" else name
            if to is None or to not in self.boxes:
                raise Refused
            here = self.name
            self.leave()
            self.previous = here if to != here else self.previous
            self.open(to)
            return 0, None
        if name == "#" and self.previous is None:
            return self.number()
        return f"{self.rng.choice(('folder', 'file'))} {name}", act

    def sync_now(self):
        def act():
            self.sync()
            n = next((i for i in range(self.dot, len(self.v) + 1)
                      if i > 0 and not self.e(i).hidden()), 0)
            self.dot = n or next((i for i in range(self.dot, 0, -1)
                                  if not self.e(i).hidden()), 0)
            return 0, None
        return self.rng.choice(("sync", "expunge")), act

    def sort(self):
        keys = {"subject": lambda e: f"{e.m.word} {e.m.ident:03d}", "from": lambda e: e.m.sender,
                "date": lambda e: e.m.minute, "flagged": lambda e: "flagged" not in e.m.flags,
                "unread": lambda e: "seen" in e.m.flags}
        name, reverse = self.rng.choice(list(keys) + ["unsort"]), self.rng.random() < 0.3
        if name == "unsort":
            def forget():
                self.order = None
                return 0, None
            return "unsort", forget

        def act():
            there = [i + 1 for i, e in enumerate(self.v) if not e.gone]
            self.order = sorted(there, key=lambda n: keys[name](self.e(n)), reverse=False)
            if reverse:
                self.order = sorted(sorted(there), key=lambda n: keys[name](self.e(n)),
                                    reverse=True)
            self.order += [i + 1 for i, e in enumerate(self.v) if e.gone]
            return 0, None
        return f"sort {'reverse ' if reverse else ''}{name}", act

    def screenful(self):
        way = self.rng.choice(("", "+", "-"))

        def page(first):
            places = range(first, min(first + self.screen, len(self.v) + 1))
            return [self.at(p) for p in places if not self.e(self.at(p)).hidden()]

        def act():
            place = self.place(self.dot) if self.dot else 1
            first = (place - 1) // self.screen * self.screen + 1
            step = -self.screen if way == "-" else self.screen
            first += step
            while 1 <= first <= len(self.v):
                if page(first):
                    self.dot = page(first)[0]
                    return 0, page(first)
                first += step
            return 0, []
        return f"z{way}", act

    def number(self):
        return "=", lambda: (0, {"n": self.dot})

    def refused(self):
        """What there is not, or not here."""
        line = self.rng.choice(("hold 1", "mbox 1", "touch 1", "type 1-", "flag 99999999999",
                                "undelete 0", "copy 1 2 3-1 folder-new", "tag a(b 1", "z x",
                                "sort colour", "type 4-2", "from :q", "untag"))

        def act():
            raise Refused
        return line, act
