#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""terminal.py SCRIPT -- COMMAND...: a session in a pseudo-terminal.

SCRIPT has lines to be typed ("> text"), text that must appear after the last thing typed
("< text", in order), text that must not ("! text", checked at the next "> " line or the
end), and "# comment".  Prints what the terminal showed and ends with 0 when all appeared.
"""
import os, pty, re, select, signal, sys, time

LIMIT = 60          # seconds for each thing awaited


def main():
    script = open(sys.argv[1], encoding="utf-8").read().splitlines()
    command = sys.argv[sys.argv.index("--") + 1:]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "dumb"
        os.execvp(command[0], command)
    seen, mark, refused, status = "", 0, [], 0

    def read(seconds):
        nonlocal seen
        ready, _, _ = select.select([fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(fd, 65536)
        except OSError:
            return False
        seen += data.decode("utf-8", "replace").replace("\r", "")
        return bool(data)

    def await_text(text):
        nonlocal mark
        end = time.time() + LIMIT
        while time.time() < end:
            at = seen.find(text, mark)
            if at >= 0:
                mark = at + len(text)
                return True
            if not read(0.2):
                at = seen.find(text, mark)
                return at >= 0
        return False

    start = 0
    for number, line in enumerate(script, 1):
        kind, text = line[:2], line[2:]
        if kind == "> ":
            for bad in refused:
                if bad in seen[start:]:
                    print(f"# line {number}: appeared: {bad}")
                    status = 1
            refused, start = [], len(seen)
            mark = len(seen)
            os.write(fd, text.encode() + b"\n")
        elif kind == "< ":
            if not await_text(text):
                print(f"# line {number}: did not appear: {text}")
                status = 1
                break
        elif kind == "! ":
            refused.append(text)
    end = time.time() + 10
    while time.time() < end and read(0.2):
        pass
    for bad in refused:
        if bad in seen[start:]:
            print(f"# appeared: {bad}")
            status = 1
    os.close(fd)
    try:
        os.kill(pid, signal.SIGHUP)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)
    for line in seen.splitlines():
        print("# | " + re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "?", line))
    return status


sys.exit(main())
