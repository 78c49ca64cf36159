#!/bin/sh
# Hostile cases about messages and what is shown of them, in a terminal and not.  The numbers are those of tests/README.md.
# shellcheck disable=SC2016,SC2034
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test hostname=host.example.test mta=maildir:%s/sent\n' "$T" > "$HOME/.mailrc"
chmod 600 "$HOME/.mailrc"
# safe FILE: no octet of a control but TAB and LF, no C1, bidi or zero-width character, valid UTF-8.
cat > safe.py <<'E2'
import re, sys
d = open(sys.argv[1], "rb").read().replace(b"\r\n", b"\n")
try:
    t = d.decode("utf-8")
except UnicodeDecodeError as e:
    print("invalid UTF-8 at", d[max(0, e.start - 20):e.start + 20]); sys.exit()
bad = re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff\U000e0000-\U000e0fff]", t)
print("control " + repr(t[max(0, bad.start() - 20):bad.start() + 20]) if bad else "safe" if t else "empty")
E2
safe() { is "$(python3 safe.py "$1")" safe "$2"; }
# pty OUT TEXT COMMAND...: the command in a terminal, TEXT typed at its prompts (`? '), all it shows in OUT.
cat > terminal_of.py <<'E2'
import os, pty, select, sys, time
out, keys = open(sys.argv[1], "wb"), sys.argv[2].encode().decode("unicode_escape").encode("latin-1").split(b"\n")
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[3], sys.argv[3:])
seen, end, echo = b"", time.time() + 20, []
while time.time() < end:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        out.write(more); seen += more
    if keys and seen.endswith(b"? "):
        os.write(fd, keys.pop(0) + b"\n"); seen = b""
pid, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
E2
in_pty() { python3 terminal_of.py "$@"; STATUS=$?; }

# 104: controls of every kind, everywhere.
cat > hostile.py <<'E2'
import base64, sys
evil = (b"\x1b[31m\x1b]0;title\x07\x1bP1;1|\x1b\\\x1b_apc\x1b\\\x9b31m\xc2\x9b31m\xc2\x85\x07\x08\x08\x7f\x0b\x0c\x00"
    b"\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8b\xe2\x80\x8f\xef\xbb\xbf\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x80\xa8\xf3\xa0\x80\x81").replace(b"\0", b"")
word = b"=?utf-8?b?" + base64.b64encode(b"\x1b]0;x\x07\xc2\x9b\xe2\x80\xae\x00\r\n") + b"?="
w = sys.stdout.buffer.write
w(b"From evil" + evil.replace(b" ", b"") + b"@example.org Fri Nov 20 01:30:00 2026\n")
w(b"From: \"" + evil + b"\" <e" + evil.replace(b" ", b"") + b"@example.org>\nTo: " + word + b" <me@example.test>\nCc: " + evil + b"\n")
w(b"Subject: " + evil + b" " + word + b" a\rb\nDate: " + evil + b"\nMessage-ID: <" + evil + b"@x>\nX-" + evil.replace(b":", b"") + b": y\nX-B: " + evil + b"\nKeywords: " + evil)
w(b"\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nbody " + evil + b"\r over\n")
w(b"--b\nContent-Type: text/plain; charset=iso-8859-1\n\nlatin \x9b31m\x85\x1b[2J\n")
w(b"--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(evil))
w(b"--b\nContent-Type: text/plain; charset=utf-7\n\n+ABs-[31m\n")
w(b"--b\nContent-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes("\x1b[31m\x9b\u202e".encode("utf-16le")))
w(b"--b\nContent-Type: text/" + evil.replace(b" ", b"") + b"; charset=\"" + evil + b"\"\n\nx" + evil + b"\n")
w(b"--b\nContent-Type: text/html\n\n<p>&#27;[31m&#x9b;&#8238;&#7;" + evil + b"<a href=\"" + evil + b"\">x</a></p>\n")
w(b"--b\nContent-Type: application/x\nContent-Description: " + evil + b"\nContent-Disposition: attachment; filename=\"n" + evil + b"m\"\n\nraw" + evil + b"\n")
w(b"--b\nContent-Type: application/x\nContent-Disposition: attachment; filename*=utf-8''%1b%5d0;x%07%e2%80%ae%0a%00%2fa\n\nx\n")
w(b"--b\nContent-Type: message/rfc822\n\nFrom: i@example.org\nSubject: " + evil + b"\n\ninner" + evil + b"\n--b--\n")
E2
python3 hostile.py > box
cp box before
M="$MAILX -n -R -f box"
n=0
for c in 'headers' 'from *' 'type' 'Type' 'top' 'structure' 'search all' 'size' 'extract -o got' 'write 1.8 got/' 'copy hostile' 'folders' 'count' 'type 1.1' 'type 1.6' 'type 1.8' 'list' 'headers | cat' '!cat box > /dev/null' 'file'; do
	run $M -Y "$c"
	cat .out .err > all; [ -s all ] || echo nothing > all
	safe all "104 $c: to a pipe"
	# shellcheck disable=SC2086
	in_pty shown '' $M -Y "$c"
	[ -s shown ] || echo nothing > shown
	safe shown "104 $c: in a terminal"
	run $M -J -Y "$c"
	[ -s .out ] || echo nothing > .out
	is "$(python3 safe.py .out | sed 's/control .*[\\]u.*/safe/')" safe "104 $c: JSON"
done
in_pty shown 'h\ntype\nstructure\nsave hostile2\nwho\n\nx' $MAILX -n -R -f box -S crt=5 -S PAGER=cat
# But for the colours that are ours, none of which the message has.
sed "s/$(printf '\033')\[\(0\|1\|2\|32\|33\|36\|1;33\|1;36\)m//g" shown > uncoloured
safe uncoloured '104 a session at the prompt'
like "$(cat shown)" 'body' '104 in which the message was shown'
python3 -c 'open(b"box\x1b]0;x\x07\xc2\x9b\xe2\x80\xaey", "wb").write(open("box", "rb").read())'
name=$(printf 'box\033]0;x\007\302\233\342\200\256y')
for c in file headers folders 'type 99' "copy $name/x" 'source nonesuch'; do
	run "$MAILX" -n -R -f "$name" -Y "$c"
	cat .out .err > all; [ -s all ] || echo nothing > all
	safe all "104 a mailbox with a hostile name: $c"
done
for c in "$name" "set $name" "type $name" "source $name" "copy 1 $name/none" "echo $name" "search header $name x" "call $name" "help $name" "account $name" "fetch $name" "send -s x '$name'" "alias $name" "mkdir $name" "if $name"; do
	run "$MAILX" -n -R -f box -Y "$c" < /dev/null
	[ -s .err ] || echo nothing > .err
	safe .err "104 error lines: $(printf %s "$c" | tr -cd 'a-z ')"
done
run sh -c 'echo x | "$0" -n -s x -a "$1" b@example.org' "$MAILX" "no-$name"
safe .err '104 an attachment that is missing'
run sh -c 'echo x | "$0" -n -s x "$1"' "$MAILX" "$name@x y <"
safe .err '104 an address that is refused'
run "$MAILX" "--$name"
safe .err '104 an unknown option'
run "$MAILX" -n -R -f box -Y 'write 1.8 raw' -Y 'Type > decoded' -Y 'copy 1 copied'
grep -q "$(printf '\033')" raw && grep -q "$(printf '\033')" copied; ok $? '104 raw only where a file was asked for'
same box before '104 nothing changed the mailbox'

# 105: encoded words.
{
	echo 'From e@example.org Fri Nov 20 01:30:00 2026'
	printf 'From: =?utf-8?q?a=40b?= <=?utf-8?q?evil=40example.org?=@example.net>\nSubject: =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?= =?none?q?y=20z?= =?utf-8?b?!!!?= =?utf-8?q?n=00u=0Dl=0Al?=\n'
	printf 'X-Many:'; i=0; while [ $i -lt 2000 ]; do printf ' =?utf-8?q?a?= =?utf-8?b?Yg==?= =?utf-8?q?c?= =?utf-8?q?d?= =?utf-8?q?e?=\n'; i=$((i + 1)); done
	printf '\nx\n'
} > words
run "$MAILX" -n -R -J -f words -Y type
python3 - <<'E2' > o
import json
r = json.loads(open(".out").read())
s = r["subject"]
many = dict(r["fields"])["X-Many"]
print("=?utf-8?q?x?=" in s, "\n" not in s and "\r" not in s and "\0" not in s, "evil@example.org" not in r["from"][0]["addr"], many.count("abcde") == 2000)
E2
is "$(cat o)" 'True True True True' '105 encoded words: decoded once, no line breaks, not in an address, 10,000 of them'

# 106: a name that is an address.
printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: "boss@example.com" <a@evil.example>\nSubject: x\n\nx\n' > box2
run "$MAILX" -n -R -f box2 -Y type
like "$OUT" 'a@evil.example' '106 the address is shown'
run "$MAILX" -n -R -f box2 -H
like "$OUT" 'a@evil' '106 in the summary too'

# 107: names of attachments.
python3 - > att <<'E2'
import sys
names = ["../../x", "/abs", "..\\\\x", "C:\\\\x", "~/x", "|cmd", "-rf", ".bashrc", "", ".", "..", "...", "a/../../b", "x" * 5000, "%2Fetc", "=?utf-8?q?=2E=2E=2Fy?=", "a/", "\\\\..\\\\..", "é" * 300, "nul", "x "]
raw = ["filename*0=\"../\"; filename*1=\"..\"; filename*2=\"/z\"", "filename*=utf-8''..%2F..%2Fw", "filename*=utf-8''%00%0a%1bq", "filename*=utf-8''%2e%2e"]
w = sys.stdout.write
w("From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n")
for f in ["filename=\"%s\"" % n for n in names] + raw:
    w("--b\nContent-Type: application/x\nContent-Disposition: attachment; %s\n\nx\n" % f)
w("--b--\n")
E2
mkdir -p nest/deep/er
cd nest || exit 1
: > .out; : > .err; : > o; ls -A . .. deep "$HOME" / > ../there
run "$MAILX" -n -R -f ../att -Y 'extract -o deep/er 1'
is "$STATUS" 0 '107 extract'
: > ../there2; ls -A . .. deep "$HOME" / > ../there2
is "$(diff ../there ../there2 | grep '^[<>]' | grep -v there2 | tr '\n' ' ')" '' '107 nothing outside of the directory'
python3 - > o <<'E2'
import os
bad = [n for n in os.listdir(b"deep/er") if len(n) > 210 or n[:1] in b".-~|" or any(c < 32 or c == 127 for c in n) or b"/" in n or b"\\" in n]
for n in os.listdir(b"deep/er"): n.decode("utf-8")
print(bad, len(os.listdir("deep/er")))
E2
is "$(cat o)" '[] 25' '107 names are safe, short, in UTF-8, none over another'
i=1; while [ $i -le 25 ]; do "$MAILX" -n -R -f ../att -Y "write 1.$i deep/er/" > /dev/null 2>&1 || echo "$i"; i=$((i + 1)); done > o
is "$(cat o)$(ls -A deep/er | wc -l | tr -d ' ')" 50 '107 write into a directory: the same'
ls -A . .. deep "$HOME" / > ../there2
is "$(diff ../there ../there2 | grep '^[<>]' | grep -v there2 | tr '\n' ' ')" '' '107 nothing outside of the directory'
cd .. || exit 1

# 109-111: odd encodings, charsets, fields that come twice.
{
	printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: first@example.org\nFrom: second@example.org\nSubject: one\nSubject: two\nContent-Type: text/plain; charset=utf-8\nContent-Type: text/html\nContent-Transfer-Encoding: x-none\nContent-Transfer-Encoding: base64\n\nplain=41\n\n'
	for cs in ../../x none utf-7 iso-2022-cn-ext 'utf-8//IGNORE' '' "$(printf '%5000s' '' | tr ' ' x)"; do
		printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nSubject: x\nContent-Type: text/plain; charset="%s"\n\nstill here +AGE-\n\n' "$cs"
	done
	printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nSubject: x\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nin a part\n--b--\n'
} > odd
run "$MAILX" -n -R -J -f odd -Y 'type *'
is "$STATUS" 0 '109 odd encodings and charsets'
like "$OUT" 'plain=41.*defects' '109 an unknown encoding: shown as it is, and marked'
like "$OUT" 'in a part.*defects' '109 an encoding of a multipart: passed over, and marked'
is "$(printf '%s\n' "$OUT" | grep -c 'still here')" 7 '110 unknown charsets: shown'
like "$OUT" '"from":\[{"name":null,"addr":"first@example.org"}\].*"subject":"one"' '111 of fields that come twice the first'
like "$(printf '%s\n' "$OUT" | head -n 1)" '"defects":\[[^]]*repeated\|"defects":\[[^]]*twice\|"defects":\[[^]]*duplicate' '111 and marked'

# 112: HTML.
printf '#!/bin/sh\ntouch "$1.ran" hit; cat "$1"\n' > filter; chmod +x filter
printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nSubject: x\nContent-Type: text/html; name="a; touch hit2"\n\n<p>text<img src="http://127.0.0.1:1/x"><script>alert(1)</script><style>p{}</style>\n' > html
run "$MAILX" -n -R -f html -Y type
like "$OUT" text '112 HTML is shown as text'
unlike "$OUT" 'alert\|p{}' '112 without scripts'
[ ! -e hit ] && [ ! -e hit2 ]; ok $? '112 nothing is run'
if command -v strace > /dev/null; then
	strace -f -e trace=socket,connect,execve -o tr "$MAILX" -n -R -f html -Y type > /dev/null 2>&1
	is "$(grep -c 'AF_INET\|execve(' tr)" 1 '112 no socket, no program'
else
	skip 1 '112 strace is not there'
fi

# 113: patterns.
python3 -c 'print("From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nSubject: " + "a" * 5000 + "!\n\n" + "a" * 2000000 + "!")' > long
for c in 'search subject "(a+)+$"' 'search body "(a+)+$"' 'from /(a+)+$' 'if aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! =~ ^(a+)+$' 'if x =~ ((((((((((a{1,255}){1,255}){1,255}){1,255}){1,255}){1,255}){1,255}){1,255}){1,255}){1,255})'; do
	python3 - "$MAILX" "$c" > o <<'E2'
import resource, subprocess, sys
try:
    s = subprocess.run([sys.argv[1], "-n", "-R", "-f", "long", "-Y", sys.argv[2]] + (["-Y", "endif"] if sys.argv[2][:2] == "if" else []), capture_output=True, timeout=10, stdin=subprocess.DEVNULL,
        preexec_fn=lambda: "asan" in sys.argv[1] or resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)))
    print("ended" if s.returncode >= 0 else s.returncode)
except subprocess.TimeoutExpired:
    print("too slow")
E2
	is "$(cat o)" ended "113 bounded: $(printf %.30s "$c")"
done

# 114: what programs are given.
mkdir tmp; TMPDIR=$T/tmp; export TMPDIR
printf '#!/bin/sh\nstat -c "%%a %%U" "$1" "$(dirname "$1")" > modes; [ "$(dirname "$1")" != "$TMPDIR" ]\n' > editor; chmod +x editor
run "$MAILX" -n -R -f box2 -S "EDITOR=$T/editor" -Y 'edit 1'
is "$STATUS$(cut -d' ' -f1 modes | tr '\n' ' ')" '0600 700 ' '114 edit: a file for us alone in a directory for us alone'
is "$(ls -A tmp)" '' '114 which goes away'
printf '#!/bin/sh\nkill -TERM "$(cat "%s/pid")"; sleep 0.3\n' "$T" > editor
run sh -c 'echo $$ > pid; exec "$@"' sh "$MAILX" -n -R -f box2 -S "EDITOR=$T/editor" -Y 'edit 1'
is "$STATUS$(ls -A tmp)" 143 '114 also when a signal ends us'
in_pty shown "!kill -INT \$PPID\nx" "$MAILX" -n -R -f box2
is "$(ls -A tmp)" '' '114 and after an interrupt'
run "$MAILX" -n -R -f hostile -Y 'pipe "cat > got.raw"'
[ -z "$(ls -A tmp)" ] && [ ! -e hit ]; ok $? '114 pipe: nothing is left'
done_testing
