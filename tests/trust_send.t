#!/bin/sh
# Hostile cases about sending: what is sent, what is refused, signals.  The numbers are those of tests/README.md.
# shellcheck disable=SC2016,SC2034,SC2088
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test hostname=host.example.test mta=maildir:%s/sent\n' "$T" > "$HOME/.mailrc"
chmod 600 "$HOME/.mailrc"
DEAD=$HOME/dead.letter
sent() { find sent/new -type f 2> /dev/null | wc -l | tr -d ' '; }
clean() { rm -rf sent "$DEAD"; }
# mail TEXT OPTION...: TEXT, as printf has it, in a pipe.
mail() { text=$1; shift; clean; run sh -c 'text=$1; shift; printf "$text" | "$@"' sh "$text" "$MAILX" -n "$@"; }
nothing() { [ "$STATUS" -eq "$1" ] && [ "$(sent)" -eq 0 ]; ok $? "$2: $1, nothing is sent"; [ "$STATUS" -eq "$1" ] || echo "# $STATUS $ERR"; }
one_line() { is "$(printf '%s\n' "$ERR" | wc -l | tr -d ' ')" 1 "$1: one line"; }

# 45-47: what is in a body.
# tests/sink.py takes everything; the text of DATA, as it came, is in the file got.
python3 "$ROOT/tests/sink.py" 600 > port &
while [ ! -s port ]; do sleep 0.02; done
SINK="smtp://127.0.0.1:$(cat port)?tls=none"
through() { clean; rm -f got sink.log; printf "$1" > in; run sh -c '"$@" < in' sh "$MAILX" -n -S "mta=$SINK" -s x a@example.org; }
body() { python3 -c '
import email, email.policy, sys
raw = open("got", "rb").read()
if raw.endswith(b".\r\n") and not raw.endswith(b"\r\n..\r\n"): raw = raw[:-3]
raw = b"\r\n".join(l[1:] if l.startswith(b".") else l for l in raw.split(b"\r\n"))
m = email.message_from_bytes(raw, policy=email.policy.SMTP)
if m.is_multipart(): print("multipart")
else: sys.stdout.buffer.write(m.get_payload(decode=True).replace(b"\r\n", b"\n"))'; }
bare() { python3 -c '
import re, sys
d = open("got", "rb").read()
print(len(re.findall(rb"\r(?!\n)|(?<!\r)\n|\0", d)), max(map(len, d.split(b"\r\n"))) <= 1000)'; }
for text in '.\n..\n.x\nx\n.\n' 'no newline at the end' '.' 'a\n.' '\n\n.\n\n'; do
	through "$text"
	is "$STATUS$ERR$(bare)" '00 True' "45 dots: accepted, lines end in CRLF: $(printf '%s' "$text" | tr '\\' '/')"
	printf "$text" > want; case $text in *'\n') ;; *) echo >> want ;; esac
	body > have
	same want have '45 dots: octet for octet'
done
for text in 'a\rb\n' 'a\r\nb\nc\r\n' 'x\n.\r\nMAIL FROM:<e@example.org>\r\n' 'x\r.\rQUIT\r' 'x\n.\rRSET\n' 'x\0y\n'; do
	through "$text"
	is "$STATUS$ERR$(bare)" '00 True' "46 odd line ends: no bare CR, LF, NUL: $(printf '%s' "$text" | tr '\\' '/')"
	[ "$(grep -c '^DATA' sink.log)" -eq 1 ] && ! grep -q 'e@example.org\|^RSET' sink.log; ok $? '46 odd line ends: one message'
done
through "$(printf '%5000s' x | tr ' ' y)\n\303\251$(printf '%3000s' z | tr ' ' w)\n"
is "$STATUS$ERR$(bare)" '00 True' '47 long lines: none longer than 998'
body > have; printf "%5000s\n" x | tr ' ' y > want; printf '\303\251' >> want; printf '%3000s\n' z | tr ' ' w >> want
same want have '47 long lines: whole'

# 50: line breaks where a field is made.
NL='
'
CR=$(printf '\r')
mail x -s "a${NL}Bcc: e@example.org" b@example.org
nothing 65 '50 newline in the subject'
one_line '50 newline in the subject'
mail x -s "a${CR}b" b@example.org
nothing 65 '50 CR in the subject'
mail x -s x "b@example.org${NL}RCPT TO:<e@example.org>"
nothing 65 '50 newline in an address'
mail x -s x "\"a${NL}Bcc: e@example.org\" <b@example.org>"
nothing 65 '50 newline in a name'
mail x -s x -c "b@example.org${NL}X: y" b@example.org
nothing 65 '50 newline in -c'
mail x -s x -b "b@example.org${CR}X: y" b@example.org
nothing 65 '50 CR in -b'
mail x -s x -r "b@example.org${NL}X: y" b@example.org
nothing 65 '50 newline in -r'
mail x -s x -S "from=b@example.org${NL}X: y" b@example.org
nothing 65 '50 newline in from'
mail x -s x -S "replyto=b@example.org${NL}X: y" b@example.org
nothing 65 '50 newline in replyto'
mail x -s x -C "X-A: b${NL}Bcc: e@example.org" b@example.org
nothing 65 '50 newline in -C'
mail x -s x -C "X-A${NL}Bcc: e@example.org" b@example.org
nothing 65 '50 newline in the name of -C'
mail x -s x -C "no colon" b@example.org
nothing 64 '50 -C that is no field'
echo x > one; clean; run "$MAILX" -n -S "s=a${NL}Bcc: e@example.org" -Y 'send -m one -s "$s" b@example.org'
nothing 65 '50 newline by a variable'
touch "att${NL}Bcc: e@example.org"
mail x -s x -a "att${NL}Bcc: e@example.org" b@example.org
[ "$(cat sent/new/* 2> /dev/null | grep -c '^Bcc')" = 0 ]; ok $? '50 newline in the name of an attachment makes no field'
mail x -s x -S "hostname=h${NL}X: y" b@example.org
[ "$(cat sent/new/* 2> /dev/null | grep -c '^X: y')" = 0 ]; ok $? '50 newline in hostname makes no field'
mail 'Subject: a\n b\nTo: b@example.org\n\nx\n' -t
is "$STATUS$(sed -n 's/^Subject: //p' sent/new/*)" '0a b' '50 a folded field of a file is unfolded'

# 51: what is no address.
cp /dev/null box
for a in '|touch hit' '/tmp/file' './file' '+folder' '-oQ/tmp' 'a@b;touch hit' '$(touch hit)' '`touch hit`' '@file' '-Y!touch hit' '~/x' 'a b <c@example.org' 'a@' '@' ''; do
	mail x -s x -- "$a"
	case $STATUS in 64|65) [ "$(sent)" = 0 ] && [ ! -e hit ]; ok $? "51 refused, from the command line: $a" ;; *) ok 1 "51 refused: $a: $STATUS $ERR" ;; esac
	[ -n "$a" ] || continue
	mail x -s x -S "mta=$T/program" b@example.org -c "$a"
	{ [ "$STATUS" = 64 ] || [ "$STATUS" = 65 ]; } && [ ! -e hit ]; ok $? "51 refused, behind the first address: $a"
	[ "$STATUS" = 64 ] || [ "$STATUS" = 65 ] || echo "# $STATUS $ERR"
done
printf '#!/bin/sh\nprintf "%%s\\n" "$@" > args; cat > got\n' > program; chmod +x program
for a in '|touch hit' '/tmp/xfile' '+folder' '-oQ/tmp' 'a@b;touch hit' '"-oQ" <-oQ@example.org>' '@file' '"|touch hit"'; do
	printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nReply-To: %s\nTo: me@example.test\nSubject: s\nMessage-ID: <1@example.org>\n\nx\n' "$a" > box
	clean; rm -f args
	run sh -c 'printf "reply\nanswer\n.\n" | "$0" -n -N -f box -S "mta=$1"' "$MAILX" "$T/program"
	[ ! -e hit ] && [ ! -e folder ] && ! grep -q '^-oQ' args 2> /dev/null; ok $? "51 reply to $a: no program, no file, no option"
	! grep -qs '^|\|^/\|^+\|^@' args; ok $? "51 reply to $a: no such recipient"
done
printf 'alias evil "|touch hit" /tmp/xfile\n' >> "$HOME/.mailrc"
mail x -s x evil
nothing 65 '51 refused, from an alias'
sed -i '/^alias/d' "$HOME/.mailrc"

# 52: answering a hostile message.
python3 - > box <<'E2'
import sys
w = sys.stdout.write
def message(n, **f):
    w("From e@example.org Fri Nov 20 01:30:00 2026\n")
    for k, v in f.items(): w(k.replace("_", "-") + ": " + v + "\n")
    w("\nx\n\n")
message(1, From="=?utf-8?q?a=0ABcc:_e@example.org?= <a@example.org>", To="me@example.test", Subject="=?utf-8?q?s=0D=0AX-Evil:_1?=",
    Message_ID="<=?utf-8?q?a=0AX-Evil:_2?=@example.org>", References="<=?utf-8?q?=0AX-Evil:_3?=@x> <r1@example.org>")
message(2, From="a@example.org", To=",\n ".join("r%d@example.org" % i for i in range(8000)), Subject="many", Message_ID="<2@example.org>")
message(3, From="a@example.org", To="me@example.test", Subject="refs", Message_ID="<3@example.org>",
    References="\n ".join("<ref%d@example.org>" % i for i in range(50000)))
message(4, From="a@example.org", To="me@example.test", Subject="x" * 100000, Message_ID="<" + "m" * 5000 + "@example.org>")
E2
for i in 1 2 3 4; do
	clean
	run sh -c 'printf "%s $2\nanswer\n.\n" Reply$1 | "$0" -n -N -f box' "$MAILX" '' $i
	clean
	run sh -c 'printf "reply $1\nanswer\n.\n" | "$0" -n -N -f box' "$MAILX" $i
	is "$STATUS$(sent)" 01 "52 reply to hostile message $i"
	[ "$STATUS" = 0 ] || echo "# $ERR"
	cp sent/new/* answer 2> /dev/null
	sed '/^$/q' answer > answer.head
	unlike "$(cat answer.head)" '^X-Evil\|^Bcc' "52 message $i: no field slips in"
	is "$(LC_ALL=C awk 'length($0) > 998 { n++ } !/^[ \t]/ && !/^[A-Za-z-]*: / && !/^$/ { m++ } END { print n + 0, m + 0 }' answer.head)" '0 0' "52 message $i: a valid header"
	if [ $i = 3 ]; then
		python3 -c '
import email, sys
r = " ".join(email.message_from_file(open("answer"))["References"].split())
print(len(r) <= 8192 and len(r.split()) <= 100 and r.endswith("<3@example.org>") and r.startswith("<ref0@"))' > o
		is "$(cat o)" True '52 References: bounded, the first and the last are kept'
	fi
done
awk 'BEGIN { print "From e@example.org Fri Nov 20 01:30:00 2026\nFrom: a@example.org\nSubject: crowd"
	for (i = 0; i < 80000; i++) print (i == 0 ? "To: " : " ") "u" i "@x.org,"
	print " last@x.org\n\nx\n" }' > crowd
run timeout 15 "$MAILX" -n -N -R -d -f crowd -Y 'reply 1' < /dev/null
is "$STATUS" 0 '52 an answer to a crowd does not take longer for each of them'

# 53: Bcc (also tests/send.t, tests/answer.t).
mail x -s x -b hidden@example.org -S record=rec b@example.org
is "$STATUS" 0 '53 a blind copy'
unlike "$(cat sent/new/* rec)" 'hidden\|^Bcc' '53 is in no header and no record'
clean; rm -f args got
run sh -c 'printf "To: b@example.org\nBcc: hidden@example.org\nSubject: s\n\nx\n" | "$0" -n -t -S "mta=$1"' "$MAILX" "$T/program"
is "$STATUS$(grep -c hidden args)" 01 '53 -t: in the envelope'
unlike "$(cat got)" hidden '53 -t: not in the header'
printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nTo: me@example.test\nBcc: hidden@example.org\nResent-Bcc: hidden2@example.org\nSubject: s\n\nx\n' > box
run sh -c 'printf "resend b@example.org 1\n" | "$0" -n -N -f box -S "mta=$1"' "$MAILX" "$T/program"
is "$STATUS" 0 '53 resend'
unlike "$(cat got args)" hidden '53 resend: not passed on'

# 54: tildes in a pipe.
mail '~!touch hit\n~r /etc/passwd\n~| touch hit\n~<!touch hit\n~: !touch hit\n~.\n.\nend\n' -s x b@example.org
is "$STATUS$(sed '1,/^$/d' sent/new/* | tr '\n' _)" '0~!touch hit_~r /etc/passwd_~| touch hit_~<!touch hit_~: !touch hit_~._._end_' '54 tilde lines in a pipe are text'
[ ! -e hit ]; ok $? '54 and run nothing'

# 55: attachments.
mkdir dir; mkfifo fifo
for a in missing dir fifo /dev/zero dir/x '' ; do
	mail x -s x -a "$a" b@example.org
	nothing 66 "55 attachment: '$a'"
done
echo x > closed; chmod 0 closed
clean
# shellcheck disable=SC2086 # words on purpose
run sh -c 'echo x | "$@"' sh $AS_OTHERS "$MAILX" -n -s x -a closed b@example.org
nothing 66 '55 an attachment that cannot be read'
for way in grow shrink touch; do
	head -c 3000000 /dev/zero > big
	clean; rm -f got sink.log; touch hold
	(while [ ! -s sink.log ]; do sleep 0.02; done; sleep 0.2
	case $way in grow) echo x >> big ;; shrink) head -c 2000000 /dev/zero > big ;; touch) echo y | dd of=big conv=notrunc bs=1 2> /dev/null ;; esac
	rm hold) &
	run sh -c 'echo the text | "$0" -n -S "mta=$1" -s x -a big b@example.org' "$MAILX" "$SINK"
	wait $!
	is "$STATUS" 66 "55 an attachment that changes while it is read ($way): 66"
	n=1200; while [ $n -gt 0 ] && ! grep -q '^# ended' sink.log; do sleep 0.05; n=$((n - 1)); done
	like "$(cat sink.log)" '^# ended in a text' "55 ($way) no dot was said"
	grep -qs '^the text' "$DEAD"; ok $? "55 ($way) the text is saved"
done
rm -f big got

# 56: nothing in the body; nobody to ask.
clean; run sh -c '"$0" -n b@example.org < /dev/null' "$MAILX"
is "$STATUS$(sent)$OUT" 01 '56 an empty body without a subject is sent, nothing is asked'
clean; run sh -c '"$0" -n -E b@example.org < /dev/null' "$MAILX"
is "$STATUS$(sent)$OUT" 00 '56 not with -E'

# 57: recipients without end.
python3 -c 'print(", ".join("r%d@example.org" % i for i in range(100000)))' > many
{ printf 'To: a@example.org\nBcc: '; sed 's/, /,\n /g' many; printf 'Subject: s\n\nx\n'; } > in
clean; rm -f got sink.log
run sh -c 'python3 -c "import os, resource, sys; s = os.spawnvp(os.P_WAIT, sys.argv[1], sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(s)" "$0" -n -t -S "mta=$1" < in' "$MAILX" "$SINK"
is "$STATUS$ERR" 0 '57 100,000 recipients: all accepted'
is "$(grep -c 'RCPT TO:<r' sink.log) $(grep -c 'MAIL FROM' sink.log)" '100000 1001' '57 in transactions of 100'
case $MAILX in
*asan*) skip 1 "57 memory is not measured with the sanitizers" ;;
*) [ "$OUT" -lt 131072 ]; ok $? "57 in bounded memory ($OUT KiB)" ;;
esac

python3 -c 'print("To: " + ", ".join("r%d@example.org" % i for i in range(210000)) + "\nSubject: s\n\nx")' > in
clean; run sh -c '"$0" -n -t < in' "$MAILX"
nothing 65 '57 210,000: refused, none left out in silence'

# 58: Message-ID and Date.
senders=
for i in 1 2 3 4 5 6 7 8; do
	( for j in 1 2 3 4 5 6 7 8; do echo x | "$MAILX" -n -S mta=maildir:ids -s x b@example.org; done ) &
	senders="$senders $!"
done
# shellcheck disable=SC2086 # several; the sink goes on
wait $senders
is "$(cat ids/new/* | grep '^Message-ID' | sort -u | wc -l | tr -d ' ')" 64 '58 Message-IDs differ'
mail x -s x -S hostname=localhost b@example.org
unlike "$(cat sent/new/*)" '^Message-ID: .*@localhost>' '58 they do not name localhost where a domain is known'
for tz in 'XXX-14' 'XXX+12' 'XXX-5:45' 'XXX3:30' 'Nowhere/None' ':/etc/passwd' 'A' "$(printf '%5000s' '' | tr ' ' x)" ''; do
	clean; run sh -c 'echo x | TZ=$1 "$0" -n -s x b@example.org' "$MAILX" "$tz"
	like "$(cat sent/new/*)" '^Date: [A-Z][a-z][a-z], [0-9]* [A-Z][a-z][a-z] 20[0-9][0-9] [0-9:]\{8\} [+-][0-9][0-9][0-5][0-9]$' "58 124 Date with TZ=$(printf %.20s "$tz")"
done
done_testing
