#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""terminal.py SCRIPT [TERM [COLUMNS]] -- COMMAND...: a session in a pseudo-terminal.

TERM is dumb unless it is given here or in TERMINAL, COLUMNS 80.  The lines of SCRIPT:
  > text    is typed, and the Enter key
  = keys    are pressed; \\t, \\e, \\x04 and the like
  < text    must appear after the last thing typed, in order; without colours and movements
  ! text    must not: looked at before the next line that is typed, and at the end
  c text    must be there as it came; with \\e and \\r\\n
  w columns a new width
  # comment
Prints what the terminal showed and ends with 0 when all was as it must.
"""
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

LIMIT = 60          # seconds for each thing awaited


def main():
    script = open(sys.argv[1], encoding="utf-8").read().splitlines()
    dashes = sys.argv.index("--")
    command = sys.argv[dashes + 1:]
    term = sys.argv[2] if dashes > 2 else os.environ.get("TERMINAL", "dumb")
    columns = int(sys.argv[3]) if dashes > 3 else 80
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = term
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execvp(command[0], command)
    raw, seen, mark, refused, status = "", "", 0, [], 0

    def read(seconds):
        nonlocal raw, seen
        ready, _, _ = select.select([fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(fd, 65536)
        except OSError:
            return False
        raw += data.decode("utf-8", "replace")
        seen = re.sub(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|[=>()][0-9A-B]?|\[?[0-9;?]*$)", "", raw).replace("\r", "").replace("\a", "")
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
        if kind == "= ":
            mark = len(seen)
            os.write(fd, text.replace("\\e", "\x1b").encode().decode("unicode_escape")
                     .encode("latin-1"))
        elif kind == "w ":
            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(text), 0, 0))
        elif kind == "c ":
            if text.replace("\\e", "\x1b").replace("\\r\\n", "\r\n") not in raw:
                print(f"# line {number}: not in the raw output: {text}")
                status = 1
        elif kind == "> ":
            for bad in refused:
                if bad in seen[start:]:
                    print(f"# line {number}: appeared: {bad}")
                    status = 1
            refused, start = [], len(seen)
            mark = len(seen)
            os.write(fd, text.encode() + b"\r")
        elif kind == "< ":
            if not await_text(text):
                print(f"# line {number}: did not appear: {text}")
                status = 1
                break
        elif kind == "! ":
            refused.append(text)
    end = time.time() + LIMIT
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
