#!/bin/sh
# POSIX.1-2024 mailx: asynchronous events, and what a signal leaves behind.
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test mta=mbox:%s/sent\n' "$T" > "$HOME/.mailrc"
letters box0 1 3
# signalled SIGNAL INPUT ARGUMENT...: the program reads INPUT, then nothing more comes, then the signal
# With ALIVE set the signal is to end nothing.
cat > async.py <<'E2'
import fcntl, os, signal, struct, subprocess, sys, termios, time
number = getattr(signal, sys.argv[1])
p = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
p.stdin.write(sys.argv[2].encode().decode("unicode_escape").encode()); p.stdin.flush()
end = time.time() + 60
while time.time() < end and struct.unpack("i", fcntl.ioctl(p.stdin, termios.FIONREAD, b"    "))[0]:
    time.sleep(0.01)
p.send_signal(number)
try: p.wait(0.5 if os.environ.get("ALIVE") else 60)
except subprocess.TimeoutExpired: pass
alive = p.poll() is None
out = p.communicate()[0].decode("utf-8", "replace")
print(("alive" if alive else "ended"), p.returncode)
sys.stdout.write(out)
E2
signalled() { cp box0 box; rm -f sent "$HOME/dead.letter"; run python3 async.py "$@"; }

for s in SIGTERM SIGHUP SIGINT; do
	signalled $s 'words\n' "$MAILX" -n -s x bob@example.org
	n=$(kill -l "${s#SIG}" 2> /dev/null || echo 0)
	case $s in SIGTERM) n=15 ;; SIGHUP) n=1 ;; SIGINT) n=2 ;; esac
	like "$OUT" "^ended -$n\$" "send mode: $s ends the run, as that signal"
	[ ! -e sent ]; ok $? 'nothing is sent'
	grep -qs '^words' "$HOME/dead.letter"; ok $? 'DEAD has the text'
	is "$(stat -c %a "$HOME/dead.letter" 2> /dev/null)" 600 'for its owner alone'
	signalled $s 'delete 1\nsave 2 kept\n' "$MAILX" -n -N -f box
	like "$OUT" "^ended -$n\$" "receive mode, commands from a pipe: $s ends the run"
	same box box0 'the folder is as it was'
done
ALIVE=yes; export ALIVE
signalled SIGINT 'words\n' "$MAILX" -n -i -s x bob@example.org
like "$OUT" '^alive 0' '-i: an interrupt is ignored'
grep -qs '^words' sent; ok $? 'and the message is sent'
signalled SIGPIPE 'echo on\n' "$MAILX" -n -N -f box
like "$OUT" '^alive 0' 'a broken pipe elsewhere ends nothing'
unset ALIVE
run sh -c 'printf "print *\nprint *\ndelete 1\n" | "$0" -n -N -f box | head -n 1' "$MAILX"
like "$OUT" '^Message 1' 'a reader that goes away'
signalled SIGTERM 'mail bob@example.org\nwords\n' "$MAILX" -n -N -f box
[ ! -e sent ]; ok $? 'mail among commands from a pipe: nothing is sent'
grep -qs '^words' "$HOME/dead.letter"; ok $? 'DEAD has the text'
signalled SIGTERM 'words\n' "$MAILX" -n -S nosave -s x bob@example.org
[ ! -e "$HOME/dead.letter" ]; ok $? 'nosave: no DEAD'

# At a terminal.
C=$(printf '\003') D=$(printf '\004')
typed() {
	cat > script; name=$1; shift
	rm -f sent "$HOME/dead.letter"; cp box0 box
	run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n "$@"
	is "$STATUS" 0 "$name"
	[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 40
}
# What says "begun" is what the interrupt is for: a shell that is about to exec may lose it.
echo begun > ready
typed 'an interrupt stops a shell command, not the session' -N -f box <<E2
< ? 
> !exec tail -f ready
< begun
> $C
< ? 
> echo here
< here
< ? 
> x
E2
typed 'an interrupt stops a pipe' -N -f box <<E2
< ? 
> pipe 1 "exec tail -f ready"
< begun
> $C
< ? 
> echo here
< here
< ? 
> x
E2
typed 'one interrupt, then the letter goes on and out' -N -f box -S noasksub <<E2
< ? 
> mail bob@example.org
> words
> ~p
< words
< words
> $C
< nterrupt
> more
> ~.
< ? 
> x
E2
like "$(cat sent 2> /dev/null)" '^more' 'it is sent'
typed 'end of file at the prompt is quit' -N -f box <<E2
< ? 
> delete 1
< ? 
> $D
E2
is "$(grep -c '^Subject' box)" 2 'what was deleted is gone'
typed 'an interrupt at the prompt keeps what was done' -N -f box <<E2
< ? 
> delete 2
< ? 
> $C
< ? 
> q
E2
is "$(grep -c '^Subject' box)" 2 'and quit does it'
cat > script <<E2
< ? 
> delete 2
< ? 
E2
cp box0 box
run python3 "$ROOT/tests/terminal.py" script -- timeout -s HUP 1 "$MAILX" -n -N -f box
same box box0 'a hangup at the prompt changes nothing'
done_testing
