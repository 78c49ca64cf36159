#!/bin/sh
# The table of hostile cases in tests/README.md: each number has its row, what it names is there and bears the number.
# shellcheck disable=SC2034
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
python3 - "$ROOT/tests" > o <<'E2'
import os, re, sys
top = sys.argv[1]
rows = [r.split(" | ", 2) for r in re.findall(r"^\| (\d+ \| .*) \|$", open(top + "/README.md", encoding="utf-8").read(), re.M)]
if [int(r[0]) for r in rows] != list(range(1, 125)):
    print("numbers: not 1 to 124 in order")
for number, _, held in rows:
    text = ""
    for part in held.split(";"):
        names = re.findall(r"(?:unit/|fuzz/)?[\w]+\.[tc]\b", part)
        for name in names:
            if not os.path.exists(os.path.join(top, name)):
                print(number, "no file", name); continue
            if re.search(r"\.t: (case )?%s" % number, part) and not re.search(r"(?<!\d)%s(?!\d)" % number, open(os.path.join(top, name), encoding="utf-8").read()):
                print(number, "not in", name)
        if not names and "none yet" not in part:
            print(number, "held by nothing")
E2
is "$(cat o)" '' 'the table is whole and true'
done_testing
