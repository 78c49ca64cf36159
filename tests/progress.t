#!/bin/sh
# The line of progress: at a terminal alone, for what takes long, taken away behind itself.
# shellcheck disable=SC2034 # LOCAL is for lib.sh
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test history-file= tls=none password-bob@127.0.0.1=x\n' > "$HOME/.mailrc"
chmod 600 "$HOME/.mailrc"
FAKE=$ROOT/tests/fake
# A POP3 server of two messages, each of which stops in the middle.
text() {
	printf 'S: +OK\nraw From: a@example.org\\r\\nSubject: s%s\\r\\n\\r\\n\n' "$1"
	pauses='0 0 0'
	[ "$1" -eq 2 ] || pauses='700 300 0'
	for pause in $pauses; do
		printf 'repeat 500 0123456789012345678901234567890123456789012345678\nsleep %s\n' $pause
	done
	echo 'S: .'
}
pop3() {
	cat <<'E2'
S: +OK
on CAPA
S: -ERR
on USER*
S: +OK
on PASS*
S: +OK
on STAT
S: +OK 2 153070
on UIDL
S: +OK
S: 1 a
S: 2 b
S: .
on LIST
S: +OK
S: 1 76535
S: 2 76535
S: .
on QUIT
S: +OK
E2
	for i in 1 2; do echo "on RETR $i"; text $i; done
	echo serve
}
pop3 > pop3.script
start() {
	"$FAKE" -t 20 -o log pop3.script > port & FAKE_PID=$!
	while [ ! -s port ]; do sleep 0.05; done
	PORT=$(cat port)
	rm -rf box "$HOME/.local"
}
stop() { wait "$FAKE_PID"; rm -f port; }
fetch() { echo "fetch -o maildir:$T/box 'pop3://bob@127.0.0.1:$PORT'"; }
printf '< \n' > nothing

start
run python3 "$ROOT/tests/terminal.py" nothing xterm 80 -- "$MAILX" -n -Y "$(fetch)"
stop
is "$(find box -path '*/new/*' -type f | wc -l | tr -d ' ')" 2 'a terminal: both messages came'
# A line begins with CR: terminal.py leaves those out, and lines lie one behind the other.
like "$OUT" 'fetch: [01]/2 messages, [0-9.]* .*B of 1[45][0-9] k.*B, .*B/s, 0:0[0-9] left' 'the line'
start
cat > capture.py <<'E2'
import os, pty, sys
out = b""
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = sys.argv[1]
    os.environ["COLUMNS"] = sys.argv[2]
    os.execvp(sys.argv[3], sys.argv[3:])
try:
    while True:
        out += os.read(fd, 65536)
except OSError:
    pass
os.waitpid(pid, 0)
lines = out.decode().split("\r")
shown = ""
for l in lines:             # what stands in the last line at the end
    l = l.split("\n")[-1] if "\n" in l else l
    shown = l + shown[len(l):] if l else shown
drawn = [l for l in lines if l.startswith("fetch:")]
print("drawn", len(drawn), "longest", max([len(l.rstrip()) for l in drawn] or [0]))
print("escapes" if "\x1b" in out.decode() else "no escapes")
print("left: [%s]" % shown.strip())
E2
run python3 capture.py dumb 30 "$MAILX" -n -Y "$(fetch)"
stop
like "$OUT" '^drawn [1-9]' 'a dumb terminal of 30 columns: drawn'
n=$(printf '%s\n' "$OUT" | sed -n 's/.*longest //p')
[ "$n" -le 29 ]; ok $? 'cut to the width'
like "$OUT" '^no escapes' 'without escapes'
unlike "$OUT" 'left: .*fetch:' 'and taken away at the end'
start
run "$MAILX" -n -Y "$(fetch)"
stop
is "$ERR" '' 'no terminal: nothing'
for how in '-S noprogress' '-J'; do
	start
	# shellcheck disable=SC2086
	run python3 capture.py xterm 80 "$MAILX" -n $how -Y "$(fetch)"
	stop
	like "$OUT" '^drawn 0' "$how: none"
done
# What goes out.
cat > smtp.script <<'E2'
S: 220 hi
on EHLO*
S: 250 hi
on MAIL*
S: 250 ok
on RCPT*
S: 250 ok
on DATA
S: 354 go
read 300000
sleep 700
data
S: 250 ok
on QUIT
S: 221 bye
serve
E2
"$FAKE" -t 20 -o log smtp.script > port & FAKE_PID=$!
while [ ! -s port ]; do sleep 0.05; done
head -c 1500000 /dev/zero | tr '\0' x | fold -w 70 > big
run python3 "$ROOT/tests/terminal.py" nothing xterm 80 -- "$MAILX" -n -S mta="smtp://127.0.0.1:$(cat port)" -s s -m big bob@example.org
stop
like "$OUT" 'sending: .* of 1[.0-9]* MB' 'sending: of how much'
# A large folder that is opened, and one that is small.
letters box.small 1 3
run python3 capture.py xterm 80 "$MAILX" -n -f box.small -Y count
like "$OUT" '^drawn 0' 'what is done at once has none'
done_testing
