#!/bin/sh
# Hostile cases about what surrounds the program: arguments, environment, limits, descriptors, signals, configuration.
# The numbers are those of tests/README.md.
# shellcheck disable=SC2016,SC2034,SC3045
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
rc() { { printf 'set from=me@example.test hostname=host.example.test mta=maildir:%s/sent\n' "$T"; cat; } > "$HOME/.mailrc"; chmod 600 "$HOME/.mailrc"; }
rc < /dev/null
message() { printf 'From a%s@example.org Fri Nov 20 01:30:00 2026\nFrom: a%s@example.org\nSubject: number %s\n\nbody of %s\n\n' "$1" "$1" "$1" "$1"; }
fill() { for i in 1 2 3; do message $i; done > box; cp box before; }
fill
DEAD=$HOME/dead.letter
sent() { find sent/new -type f 2> /dev/null | wc -l | tr -d ' '; }
clean() { rm -rf sent "$DEAD"; }
one_line() { is "$(printf '%s\n' "$ERR" | grep -c '^mailx: ')$(printf '%s\n' "$ERR" | grep -vc '^mailx: ')" 10 "$1: one line"; }

# 25: secrets.
echo geheim4 > geheim
run "$MAILX" -n -v -S smtp-auth-password=geheim1 -S 'password-u@h.example=geheim2' -S mta=smtp://u:geheim3@127.0.0.1:1 -S "password-command=cat /proc/\$PPID/cmdline /proc/\$PPID/environ >&2; cat geheim" \
    -Y 'set smtp-auth-password=x' -Y '!tr "\\0" " " < /proc/$PPID/cmdline; cat /proc/$PPID/environ; env'
unlike "$OUT$ERR" 'geheim[0-9]' '25 no secret in arguments, environment, trace'
run "$MAILX" -n -f imaps://u:geheim5@127.0.0.1:1/INBOX -Y count
unlike "$OUT$ERR" geheim '25 nor in what a failure says'
for mode in 644 640 604 620; do
	echo 'machine 127.0.0.1 login u password geheim6' > "$HOME/.netrc"; chmod $mode "$HOME/.netrc"
	run sh -c 'echo x | "$0" -n -S mta=smtp://u@127.0.0.1:1 -s x b@example.org' "$MAILX"
	[ "$STATUS" = 78 ] || [ "$STATUS" = 75 ]; ok $? "25 netrc with mode $mode ($STATUS)"
	unlike "$ERR" geheim "25 netrc with mode $mode: not printed"
	rm -f "$DEAD"
done
rm -f "$HOME/.netrc"
run "$MAILX" -n -Y '!cat /proc/$PPID/limits'
like "$OUT" '^Max core file size  *0 ' '25 no cores'

# 36: standard output that goes away or is full.
run sh -c '{ "$0" -n -R -f box -Y "type *" -Y "copy * copied"; echo $? >&2; } | :' "$MAILX"
unlike "$ERR" '141\|139' '36 not killed by SIGPIPE'
fill
run sh -c '"$0" -n -f box -Y "delete 1" -Y "type 2" > /dev/full' "$MAILX"
is "$STATUS" 74 '36 standard output full: 74'
same box before '36 nothing half done'
run sh -c '"$0" -n -d -s x -S from=a@example.org b@example.org < box > /dev/full' "$MAILX"
is "$STATUS" 74 '36 -d: 74'
python3 -c 'print("From a@example.org Fri Nov 20 01:30:00 2026\nFrom: a@example.org\nSubject: long\n\n" + "x\n" * 500000)' > long
i=0; while [ $i -lt 400 ]; do printf 'From a@b Fri Nov 20 01:30:00 2026\nFrom: a@b\nSubject: s\n\nx\n\n'; i=$((i + 1)); done > many
run sh -c '"$0" -n -H -f many > /dev/full' "$MAILX"
is "$STATUS:$ERR" '74:mailx: standard output: cannot write: No space left on device' '36 full in the midst: why'
run "$MAILX" -n -f many -Y 'headers > /dev/full'
is "$STATUS:$ERR" '74:mailx: headers: /dev/full: cannot write: No space left on device' '36 a redirection too'
run sh -c '{ "$0" -n -R -f long -Y type; echo $? >&2; } | head -c 10 > /dev/null' "$MAILX"
like "$ERR" '^74$\|^0$' '36 a reader that ends'
unlike "$ERR" 'Killed\|dumped' '36 in order'

# 37: signals.
for signal in INT TERM HUP; do
	case $signal in INT) n=130 ;; TERM) n=143 ;; HUP) n=129 ;; esac
	# While a program takes the message: it ends first, then we, and nothing is unknown.
	printf '#!/bin/sh\ncat > taken; kill -%s $PPID; sleep 0.5; exit 75\n' $signal > slow; chmod +x slow
	clean
	python3 - "$MAILX" "$T/slow" > o 2> e <<'E2'
import subprocess, sys
p = subprocess.run([sys.argv[1], "-n", "-S", "mta=" + sys.argv[2], "-s", "x", "b@example.org"], input=b"precious\n", timeout=60)
print(p.returncode)
E2
	[ "$(cat o)" = "-$((n - 128))" ] || { [ $signal = INT ] && [ "$(cat o)" = 75 ]; }; ok $? "37 $signal while sending: dies by it ($(cat o))"
	grep -qs '^precious' "$DEAD"; ok $? "37 $signal: the text is saved"
	# While the text is read.
	clean
	STATUS=0; python3 - "$MAILX" $signal > o 2> e <<'E2' || STATUS=$?
import fcntl, signal, struct, subprocess, sys, termios, time
p = subprocess.Popen([sys.argv[1], "-n", "-s", "x", "b@example.org"], stdin=subprocess.PIPE)
p.stdin.write(b"precious\n"); p.stdin.flush()
while struct.unpack("i", fcntl.ioctl(p.stdin, termios.FIONREAD, b"    "))[0]: time.sleep(0.01)
p.send_signal(getattr(signal, "SIG" + sys.argv[2]))
try: print(p.wait(60))
except subprocess.TimeoutExpired: p.kill(); print("goes on")
E2
	is "$(cat o)$(sent)" "-$((n - 128))0" "37 $signal while the text is read: dies by it, nothing is sent"
	grep -qs '^precious' "$DEAD"; ok $? "37 $signal: what was read is saved"
	# A folder with changes.
	fill
	STATUS=0; python3 - "$MAILX" $signal > o 2> e <<'E2' || STATUS=$?
import os, signal, subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "-n", "-N", "-f", "box"], stdin=subprocess.PIPE)
p.stdin.write(b"delete 1\n!touch ready\n"); p.stdin.flush()
while not os.path.exists("ready"): time.sleep(0.02)
os.unlink("ready"); time.sleep(0.1)
p.send_signal(getattr(signal, "SIG" + sys.argv[2]))
try: print(p.wait(60))
except subprocess.TimeoutExpired: p.kill(); print("goes on")
E2
	is "$(cat o)" "-$((n - 128))" "37 $signal among commands: dies by it"
	[ ! -e box.lock ] && [ "$(grep -c '^body of [23]' box)" = 2 ]; ok $? "37 $signal: the mailbox is whole, no lock is left"
done
for signal in TERM HUP; do
	fill
	python3 - "$MAILX" $signal > o 2> e <<'E2'
import os, pty, select, signal, sys, time
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[1], [sys.argv[1], "-n", "-N", "-f", "box"])
seen, end, step = b"", time.time() + 60, 0
while time.time() < end:
    if select.select([fd], [], [], 0.1)[0]:
        try: more = os.read(fd, 4096)
        except OSError: break
        if not more: break
        seen += more
    if seen.endswith(b"? ") and step < 2:
        seen = b""
        if step == 0: os.write(fd, b"delete 1\n")
        else: os.kill(pid, getattr(signal, "SIG" + sys.argv[2]))
        step += 1
time.sleep(0.2)
if time.time() >= end: os.kill(pid, signal.SIGKILL)
pid, status = os.waitpid(pid, 0)
print(os.WIFSIGNALED(status) and os.WTERMSIG(status) == getattr(signal, "SIG" + sys.argv[2]))
E2
	is "$(cat o)" True "37 $signal at the prompt: dies by it"
	[ "$(grep -c '^body of [23]' box)" = 2 ] && [ ! -e box.lock ]; ok $? "37 $signal at the prompt: the mailbox is whole"
done

# What starts us may ignore signals: of children we know the end all the same, and nohup counts for them.
ignoring() { run perl -e '$SIG{shift @ARGV} = "IGNORE"; exec @ARGV' "$@"; }
printf '#!/bin/sh\ncat > taken\n' > taker; chmod +x taker
ignoring CHLD sh -c '"$@" < box' sh "$MAILX" -n -S "mta=$T/taker" -s x b@example.org
is "$STATUS$ERR" 0 '37 SIGCHLD ignored: what was sent is not told as unsent'
grep -q '^body of 1' taken; ok $? '37 SIGCHLD ignored: it is sent'
ignoring CHLD "$MAILX" -n -Y '!exit 66'
is "$STATUS" 66 '37 SIGCHLD ignored: a command has its status'
ignoring HUP "$MAILX" -n -Y '!kill -HUP $$; echo goes on'
is "$STATUS$OUT" '0goes on' '37 nohup: the commands too do not end'
run "$MAILX" -n -Y '!kill -HUP $$; echo goes on'
is "$STATUS$OUT" 71 '37 without it they do'

# A fetch: what has come is here, what has not stays there, the next run has neither twice.
m() { printf 'S: From: a@example.org\nS: Subject: number %s\nS: \nS: body\nS: .\n' "$1"; }
begin() { printf 'S: +OK hi\nserve\non CAPA\nS: +OK\nS: UIDL\nS: USER\nS: .\non STAT\nS: +OK 2 100\non LIST\nS: +OK\nS: 1 50\nS: 2 50\nS: .\non UIDL\nS: +OK\nS: 1 a\nS: 2 b\nS: .\non QUIT\nS: +OK\nclose\non RETR 1\nS: +OK\n'; m 1; printf 'on RETR 2\nS: +OK\n'; }
{ begin; printf 'raw From: a@ex\nswallow\nclose\non *\nS: +OK\nnext\n'; begin; m 2; printf 'on *\nS: +OK\n'; } > pop.script
for signal in INT TERM HUP; do
	case $signal in INT) n=2 ;; TERM) n=15 ;; HUP) n=1 ;; esac
	rm -rf fetched "$HOME/.local" port pop.log
	"$ROOT/tests/fake" -t 60 -o pop.log pop.script > port &
	fake=$!
	while [ ! -s port ]; do sleep 0.02; done
	cat > fetching.py <<'E2'
import os, signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
if sys.argv[1] != "-":
    while not os.path.exists("pop.log") or b"RETR 2" not in open("pop.log", "rb").read(): time.sleep(0.01)
    p.send_signal(getattr(signal, "SIG" + sys.argv[1]))
print(p.wait(60))
E2
	set -- "$MAILX" -n -Y "fetch -k -o maildir:$T/fetched pop3://u:p@127.0.0.1:$(cat port)?tls=none"
	is "$(python3 fetching.py $signal "$@" 2> e)" "-$n" "37 $signal in a fetch: dies by it"
	is "$(python3 fetching.py - "$@" 2> e)" 0 "37 $signal in a fetch: the next run succeeds"
	kill "$fake" 2> /dev/null; wait "$fake" 2> /dev/null
	is "$(cat fetched/new/* | grep '^Subject' | sort | tr '\n' ' ')" 'Subject: number 1 Subject: number 2 ' "37 $signal in a fetch: nothing lost, nothing twice"
done

# 59: a sendmail program (also tests/send.t).
for c in '71 exit 1' '75 exit 75' '75 kill -9 $$' '71 exec <&-; exit 0' '71 :' '71 head -c 1 > /dev/null' '69 printf "\\033[31mgarbage\\377\\n" >&2; exit 69'; do
	printf '#!/bin/sh\n%s\n' "${c#* }" > program; chmod +x program
	clean; python3 -c 'print("precious\n" * 100000)' > in
	run sh -c '"$0" -n -S "mta=$1" -s x b@example.org < in' "$MAILX" "$T/program"
	is "$STATUS" "${c%% *}" "59 ${c#* }: ${c%% *}"
	is "$(grep -c '^precious' "$DEAD")" 100000 '59 the message is saved'
	LC_ALL=C grep -q "$(printf '[\033\377]')" .err; is $? 1 '59 what it says is shown safe'
done

# 115: a script with a command that is unknown.
printf 'echo one\nfrobnicate\n!touch hit\n' > script
run "$MAILX" -n '-#' script
is "$STATUS$OUT" 64one '115 an unknown command: 64'
[ ! -e hit ]; ok $? '115 and nothing behind it is run'
one_line 115

# 116: whose configuration.
for mode in 666 622 602 660; do
	rc < /dev/null; chmod $mode "$HOME/.mailrc"
	run "$MAILX" -n -Y 'echo x'
	is "$STATUS$OUT" 78 "116 a startup file with mode $mode: refused"
	one_line "116 $mode"
done
rc < /dev/null
if [ "$(id -u)" = 0 ] && id nobody > /dev/null 2>&1; then
	chown nobody "$HOME/.mailrc"; run "$MAILX" -n -Y 'echo x'
	is "$STATUS$OUT" 78 '116 of another owner: refused'
	rm "$HOME/.mailrc"; rc < /dev/null
	printf 'echo theirs\n' > theirs; chown nobody theirs; chmod 644 theirs
	MAILRC=$T/theirs run "$MAILX" -n -Y 'echo x'
	is "$STATUS$OUT" 78 '116 $MAILRC of another owner: refused'
else
	skip 2 'only root can give a file away'
fi
MAILRC=/dev/null run "$MAILX" -n -Y 'echo x'
is "$STATUS$OUT" 0x '116 /dev/null will do'
mkdir here; printf '!touch ../hit\n' > here/.mailrc; cp here/.mailrc here/mailrc; fill; cp box here/box
run sh -c 'cd here && "$0" -n -R -f box -Y count' "$MAILX"
[ "$OUT" = 3 ] && [ ! -e hit ]; ok $? '116 nothing is read from where the mailbox is'

# 117: the environment.
mkdir locked; chmod 500 locked
for home in '' /nonexistent /dev/null "$T/locked" relative "$(printf '%5000s' '' | tr ' ' x)"; do
	clean
	run sh -c 'echo x | HOME=$1 "$0" -n -S from=me@example.test -S "mta=maildir:$2" -s x b@example.org' "$MAILX" "$home" "$T/sent"
	is "$STATUS$(sent)" 01 "117 HOME=$(printf %.20s "$home"): sent"
	# Without HOME there is the home of the user database: not for a test to write into.
	run sh -c '[ -n "$1" ] || export DEAD="$2"; echo x | HOME=$1 "$0" -n -S from=me@example.test -S mta=/none -s x b@example.org' "$MAILX" "$home" "$T/dead"
	[ "$STATUS" -ge 64 ] && [ "$STATUS" -lt 79 ]; ok $? "117 HOME=$(printf %.20s "$home"): a failure is told"
	run sh -c 'HOME=$1 "$0" -n -R -f box -Y count' "$MAILX" "$home"
	is "$STATUS$OUT" 03 "117 HOME=$(printf %.20s "$home"): a folder is read"
done
clean
run sh -c 'unset HOME; echo x | "$0" -n -S from=me@example.test -S "mta=maildir:$1" -s x b@example.org' "$MAILX" "$T/sent"
is "$STATUS$(sent)" 01 '117 no HOME'
for tmp in /nonexistent '' "$T/locked" relative /dev/full; do
	clean
	run sh -c 'echo x | TMPDIR=$1 "$0" -n -s x b@example.org' "$MAILX" "$tmp"
	[ "$STATUS$(sent)" = 01 ] || { [ "$STATUS" -ge 64 ] && [ "$STATUS" -lt 79 ] && [ -n "$ERR" ]; }; ok $? "117 TMPDIR=$tmp: sent, or told ($STATUS)"
done
mkdir -m 777 shared; ln -s "$HOME/.mailrc" shared/mailx
clean; run sh -c 'echo x | TMPDIR=$1/shared "$0" -n -s x b@example.org' "$MAILX" "$T"
is "$STATUS$(sent)$(ls -A shared)" 01mailx '117 TMPDIR that others may write to'
for lang in xx_YY.none C POSIX '' '../../etc' "$(printf '%5000s' '' | tr ' ' x)"; do
	clean
	run sh -c 'printf "caf\303\251\n" | LC_ALL=$1 LANG=$1 "$0" -n -s "$(printf "\303\251")" b@example.org' "$MAILX" "$lang"
	is "$STATUS$(grep -c 'charset=utf-8' sent/new/*)" 01 "117 LANG=$(printf %.20s "$lang")"
done
printf '#!/bin/sh\n[ "$1" = "two words" ] || exit 9\ncat > paged\n' > 'a pager'; chmod +x 'a pager'
run sh -c 'PATH=.:$PATH; printf "#!/bin/sh\ntouch hit\n" > stty; chmod +x stty; cp stty sh; cp stty iconv; "$0" -n -R -f box -Y "type *"' "$MAILX"
[ ! -e hit ]; ok $? '117 PATH with . runs nothing by itself'
rm -f stty sh iconv

# 118: arguments.
python3 - "$MAILX" > o 2>&1 <<'E2'
import subprocess, sys
big = "a" * 120000
for argv in [["-n", "-d", "-S", "from=a@example.org", "-s", big, "b@example.org"], ["-n", "-s", "x"] + ["b%d@example.org" % i for i in range(50000)], ["-n", "-Y", "echo " + big], ["-n"] + ["-Y", "echo x"] * 20000, ["-n", "-S", big], ["-n", "-f", big, "-Y", "count"], ["-n", "-" + "n" * 100000, "-Y", "echo"], [big]]:
    try:
        r = subprocess.run([sys.argv[1]] + argv, input=b"x\n", capture_output=True, timeout=20)
        print(r.returncode if r.returncode < 0 or len(r.stderr) > 200000 else "ended", end=" ")
    except subprocess.TimeoutExpired:
        print("slow", end=" ")
E2
is "$(cat o)" 'ended ended ended ended ended ended ended ended ' '118 arguments without measure'
clean; run sh -c 'echo x | "$0" -n -s x -- -b@example.org' "$MAILX"
case $STATUS$(sent) in 01|640|650) ok 0 '118 -- and an address with a dash' ;; *) ok 1 "118 -- and an address with a dash: $STATUS" ;; esac

# 119: descriptors that are closed.
for fds in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	fill; clean
	timeout 10 sh -c "\"\$0\" -n -f box -S verbose -Y 'type 1' -Y 'delete 2' $fds" "$MAILX" > o 2> e
	[ "$(grep -c '^body of [13]' box)" = 2 ] && [ "$(grep -c . box)" -le 15 ] && ! grep -q '^mailx:' box; ok $? "119 $fds: the mailbox is whole"
	timeout 10 sh -c "\"\$0\" -n -v -s x -q before b@example.org $fds" "$MAILX" < /dev/null > o 2> e
	same box box "119 $fds"
	! grep -qs '^mailx: ' sent/new/* before; ok $? "119 $fds: no message goes into a file"
done

# 120: loops.
rc <<'E2'
alias a b
alias b a
alias self self x
E2
clean; run sh -c 'echo x | timeout 10 "$0" -n -s x a' "$MAILX"
[ "$STATUS" -ge 64 ] && [ "$STATUS" -lt 79 ] && [ "$(sent)" = 0 ] || [ "$STATUS" = 0 ]; ok $? "120 aliases of each other end ($STATUS)"
{ i=0; while [ $i -lt 300 ]; do echo "alias n$i n$((i + 1))"; i=$((i + 1)); done; } | rc
clean; run sh -c 'echo x | timeout 10 "$0" -n -s x n0' "$MAILX"
[ "$STATUS" -eq 65 ] && [ "$(sent)" = 0 ]; ok $? "120 a chain of 300 aliases: 65 ($STATUS)"
rc < /dev/null
echo "source $T/self" > self
run timeout 10 "$MAILX" -n -Y "source $T/self"
is "$STATUS" 65 '120 a file that sources itself: 65'
run timeout 10 "$MAILX" -n -Y 'define f { call g }' -Y 'define g { call f }' -Y 'call f'
is "$STATUS" 65 '120 blocks that call each other: 65'
run timeout 10 "$MAILX" -n -Y 'define f { eval "call f" }' -Y 'call f'
is "$STATUS" 65 '120 through eval: 65'
python3 -c 'print("if 1 == 1\n" * 5000 + "echo deep\n" + "endif\n" * 5000)' > nested
run timeout 10 "$MAILX" -n '-#' nested
[ "$STATUS" -lt 79 ]; ok $? "120 conditions in each other end ($STATUS)"

# 122: limits.
case $MAILX in
*asan*) skip 11 'the sanitizers need memory' ;;
*)
	for n in 1 4 16 64; do
		fill; cp long dest; cp dest dest.was
		(ulimit -f $n; exec "$MAILX" -n -R -f long -Y 'copy 1 dest') > o 2> e
		s=$?
		case $s in 71|73|74|75) cmp -s dest dest.was ;; *) false ;; esac
		ok $? "122 files of at most $n blocks: told, nothing changed ($s)"
	done
	for n in 4 5 6 8; do
		fill; clean
		(ulimit -n $n; exec timeout 8 "$MAILX" -n -f box -Y 'delete 1' -Y 'copy 2 other') > o 2> e
		s=$?
		[ "$(grep -c '^body of [23]' box)" = 2 ] && { [ $s -eq 0 ] || { [ $s -lt 124 ] && [ -s e ]; }; }; ok $? "122 $n descriptors: done, or told ($s)"
	done
	for n in 30000 60000 120000; do
		clean
		(ulimit -v $n; exec "$MAILX" -n -R -f long -Y 'copy 1 sent2' -Y 'search body zzz') > o 2> e
		s=$?
		[ $s -lt 128 ]; ok $? "122 $n KiB of memory: ends in order ($s)"
	done ;;
esac

# 123: set-id.
if [ "$(id -u)" = 0 ] && id nobody > /dev/null 2>&1 && command -v setpriv > /dev/null; then
	cp "$MAILX" setid; chown root setid; chmod 4755 setid; chmod 755 "$T"
	STATUS=0; setpriv --reuid nobody --clear-groups ./setid -n -Y '!id -u > hit2' > o 2> e || STATUS=$?
	[ "$STATUS" -ge 64 ] && [ ! -e hit2 ]; ok $? "123 refuses to run set-id ($STATUS)"
	rm -f setid
else
	skip 1 'needs root and setpriv'
fi

# 124: time.
{
	for d in 'Tue, 19 Jan 2038 03:14:08 +0000' 'Sun, 07 Feb 2106 06:28:16 -1200' 'Sat, 30 Jun 2012 23:59:60 +0000' 'Fri, 31 Dec 9999 23:59:59 +1400' 'Thu, 01 Jan 1970 00:00:00 +2359' 'Fri, 32 Foo 99999 25:61:61 +9999' '1 Jan 0 0:0:0 -0000'; do
		printf 'From a@example.org Fri Nov 20 01:30:00 2026\nFrom: a@example.org\nDate: %s\nSubject: x\n\nx\n\n' "$d"
	done
} > dates
for tz in UTC XXX-14 XXX+12 ':/etc/passwd' 'A,M99' "$(printf '%3000s' '' | tr ' ' z)"; do
	run sh -c 'TZ=$1 "$0" -n -R -J -f dates -H' "$MAILX" "$tz"
	is "$STATUS$(printf '%s\n' "$OUT" | grep -c '"date":"20[13][0-9]-\|"date":"2106-02')" 03 "124 dates of 2038, 2106, a leap second, TZ=$(printf %.12s "$tz")"
	run sh -c 'TZ=$1 "$0" -n -R -f dates -H -S datefield' "$MAILX" "$tz"
	is "$STATUS" 0 "124 in the summary"
done
if command -v faketime > /dev/null; then
	clean; run sh -c 'echo x | faketime "2106-02-08 00:00:00" "$0" -n -s x b@example.org' "$MAILX"
	is "$(grep -c '^Date: .* 2106 ' sent/new/*)" 1 '124 sent in 2106'
fi
done_testing
