#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""session.py prompt|pipe SCRIPT -- COMMAND...: one session, typed or piped.

SCRIPT has a command a line; lines that begin with a tab are the text below it ("< text":
what the prompt's session shows before more is typed), and "- " stands before one that is
not run, in a branch of `if'.  At the prompt the next command
is typed when the prompt is there; in the pipe an `echo' marks where each ends.  Prints each command behind "=> " and what came of it; ends as COMMAND
does.
"""
import fcntl, os, pty, re, select, struct, subprocess, sys, termios, time

PROMPT = "<?> "         # what COMMAND is told to prompt with
MARK = "<-- end of a command"
SKIPPED = set()
LIMIT = 20              # seconds for each prompt
LINES, COLUMNS = 50, 81


def read_script(name):
    commands = []
    for line in open(name, encoding="utf-8").read().splitlines():
        if line.startswith("\t"):
            commands[-1].append(line[1:])
        elif line.startswith("- "):
            SKIPPED.add(line[2:])
            commands.append([line[2:]])
        else:
            commands.append([line])
    return commands


def typed(command, commands):
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.environ["TERM"] = "dumb"
        os.execvp(command[0], command)
    buffer = b""

    def until(text):
        nonlocal buffer
        end = time.time() + LIMIT
        while text not in buffer and time.time() < end:
            if not select.select([fd], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            buffer += data
        before, found, buffer = buffer.partition(text)
        if not found and text != b"\0":
            print(f"# no {text!r} behind {before!r}")
        return before.decode("utf-8", "replace").replace("\r", "")

    until(PROMPT.encode())
    for lines in commands:
        text = ""
        for line in lines:
            if line.startswith("< "):
                text += until(line[2:].encode()) + line[2:] + "\n"
            else:
                os.write(fd, line.encode() + b"\n")
                until(b"\n")
        leaves = lines[0] in ("quit", "exit")
        yield lines[0], text + until(b"\0" if leaves else PROMPT.encode())
    os.close(fd)
    yield None, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def piped(command, commands):
    text = ""
    for lines in commands:
        text += "".join(line + "\n" for line in lines if not line.startswith("< "))
        text += f'echo "{MARK}"\n' if lines[0] not in SKIPPED else ""
    p = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=LIMIT)
    out = p.stdout.decode("utf-8", "replace").split(MARK + "\n")
    for lines in commands:
        yield lines[0], "" if lines[0] in SKIPPED or not out else out.pop(0)
    yield None, p.returncode


def main():
    how = typed if sys.argv[1] == "prompt" else piped
    commands = read_script(sys.argv[2])
    for name, text in how(sys.argv[4:], commands):
        if name is None:
            return text
        print("=> " + name)
        text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "?", text)
        if text:
            print(text, end="" if text.endswith("\n") else "\n")
    return 70


if __name__ == "__main__":
    sys.exit(main())
