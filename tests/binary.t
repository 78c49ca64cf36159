#!/bin/sh
# BINARYMIME (RFC 3030): what goes as octets, what stays encoded, and binary parts of messages
# that are passed on.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"

offers() {		# offers WORD...
	printf 'S: 220 hi\non EHLO*\nS: 250-hi\n'
	for w in "$@"; do printf 'S: 250-%s\n' "$w"; done
	printf 'S: 250 PIPELINING\non MAIL*\nS: 250 ok\non RCPT TO:<no*\nS: 550 nobody\non RCPT*\nS: 250 ok\non DATA\nS: 354 go\ndata got\nS: 250 by DATA\n'
	printf 'on BDAT*\nbdat got\nS: 250 ok\non QUIT\nS: 221 bye\nclose\nserve\n'
}
# go NAME WORD... -- mailx's words: over a server that offers those; all of it arrives.
go() {
	name=$1
	shift
	words=
	while [ "$1" != -- ]; do words="$words $1"; shift; done
	shift
	rm -f got
	# shellcheck disable=SC2086 # words
	offers $words > s
	serve < s
	run "$MAILX" -S "mta=smtp://localhost:$PORT?tls=none" -S timeout=20 "$@" < text
	explain 'status 0' "$(outcome)" "$name"
}
# The part behind the last empty line of a header, up to the boundary: part ENCODING
cat > part.py <<'E3'
import base64, re, sys
d = open("got", "rb").read()
if b"\r\n" not in d:
    d = d.replace(b"\n", b"\r\n")
if sys.argv[2:] == ["dots"]:
    d = d.replace(b"\r\n..", b"\r\n.")
b = re.search(rb'boundary="?([^"\r\n;]+)', d).group(1)
p = d.split(b"\r\n--" + b)[2]
head, body = p.split(b"\r\n\r\n", 1)
if b"Content-Transfer-Encoding: " + sys.argv[1].encode() not in head:
    sys.exit("not " + sys.argv[1] + ": " + repr(head))
sys.stdout.buffer.write(base64.b64decode(body) if sys.argv[1] == "base64" else body)
E3
part() { python3 part.py "$@"; }
# In five megabytes each edge of a piece falls on each of these.
python3 - <<'E3'
import os
kinds = [b"\r", b"\n", b"\r\n", b"\n\r", b"\0", b".\r\n", b"\r\n.\r\n", b"--\r\n", b"\xff", b"x" * 5000 + b"\n"]
with open("large", "wb") as f:
    for k in kinds * 2:
        f.write((k * 262144)[:262144])
    f.write(os.urandom(70000) + b"\0\r\n.\r\n\r")
E3
echo 'the text' > text
all='8BITMIME SIZE CHUNKING BINARYMIME'
body() { sed -n 's/^C: MAIL FROM.* \(BODY=[^ ]*\).*/\1/p' log; }

# --- Composed ---
# shellcheck disable=SC2086 # words
go 'binarymime' $all -- -S binarymime -S record=rec -s test -a large a@x.test
part binary > had; same had large 'five megabytes arrive as octets'
is "$(body)" BODY=BINARYMIME 'and are announced'
is "$(sed -n 's/^C: MAIL.*SIZE=\([0-9]*\).*/\1/p' log)" "$(wc -c < got | tr -d ' ')" 'SIZE= says how many'
is "$(sed -n 's/^C: BDAT \([0-9]*\).*/\1/p' log | awk '{ n += $1 } END { print n }')" "$(wc -c < got | tr -d ' ')" 'BDAT counts them'
like "$(sed '/^.$/q' got)" '^Content-Transfer-Encoding: binary' 'what is around a binary part is binary'
unlike "$(sed '1,/^$/d' rec | head -n 20)" 'binary' 'the recorded copy is encoded'
run "$MAILX" -R -f rec -Y 'write 1.2 kept'
same kept large 'and is the same file'
is "$(sed -n 's/^Message-ID: //ip' rec)" "$(sed -n 's/^Message-ID: \(.*\)./\1/ip' got)" 'under the same Message-ID'
printf 'a\0b' > small
# shellcheck disable=SC2086 # words
go 'a small one' $all -- -S binarymime -s test -a text -a large a@x.test
like "$(cat log)" '^C: BDAT' 'goes by BDAT'
for t in "unset:$all:-S nobinarymime" 'no CHUNKING:8BITMIME BINARYMIME:-S binarymime' 'not offered:8BITMIME CHUNKING:-S binarymime' \
    "chunking off:$all:-S binarymime -S nochunking"; do
	name=${t%%:*} t=${t#*:}
	# shellcheck disable=SC2086 # words
	go "$name" ${t%%:*} -- ${t#*:} -s test -a large a@x.test
	part base64 dots > had; same had large "$name: base64"
	unlike "$(body)" BINARY "$name: not announced"
done
# Offered, and not known.
{
	for i in 1 2; do
		# shellcheck disable=SC2086 # words
		offers $all | sed '/^on BDAT/,/^on QUIT/{/^on QUIT/!d}; /^serve$/d'
		printf 'on *\nS: 500 what?\nserve\n'
		[ $i = 2 ] || echo next
	done
} > s
rm -f got
serve < s
run "$MAILX" -S "mta=smtp://localhost:$PORT?tls=none" -S binarymime -S timeout=20 -s test -a small a@x.test < text
explain 'status 0' "$(outcome)" 'BDAT is not known'
part base64 > had; same had small 'it goes by DATA, in base64'
# shellcheck disable=SC2086 # words
offers $all > s
serve < s
run "$MAILX" -S "mta=smtp://localhost:$PORT?tls=none" -S binarymime -s test -a large no@x.test < text
served
is "$STATUS" 67 'refused'
rm -f kept
run "$MAILX" -R -f "$HOME/dead.letter" -Y 'write 1.2 kept'
same kept large 'what is saved is encoded, and whole'
rm -f "$HOME/dead.letter"

# --- By the outbox ---
LATER=$("$ROOT/tests/ports" 1)
for t in "binary:$all" 'base64:8BITMIME CHUNKING'; do
	rm -rf box got
	run "$MAILX" -S "mta=smtp://localhost:$LATER?tls=none" -S outbox=box -S binarymime -s test -a large a@x.test < text
	is "$STATUS$(cat box/q/*.msg | grep -c 'Encoding: binary')" 00 'queued, encoded'
	# shellcheck disable=SC2086 # words
	offers ${t#*:} > s
	serve -p "$LATER" < s
	run "$MAILX" -S outbox=box -S binarymime -S timeout=20 -Y 'flush -a'
	explain 'status 0' "$(outcome)" 'flushed'
	if [ "${t%%:*}" = binary ]; then part binary > had; else part base64 dots > had; fi
	same had large "as ${t%%:*}, as that server takes it"
done

# --- Passed on ---
mkdir -p box1/cur box1/new box1/tmp copy/cur copy/new copy/tmp
{
	printf 'Subject: test\nDKIM-Signature: v=1\nMIME-Version: 1.0\n'
	printf 'Content-Type: multipart/mixed; boundary="bb"\nContent-Transfer-Encoding: binary\n\n--bb\n\nthe text\n'
	printf -- '--bb\nContent-Type: application/octet-stream; name=x\nContent-Transfer-Encoding: binary\n\n'
	printf 'a\0b\rc\r\nd\n.\n..\n'
	printf -- '\n--bb\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nYWJj\n--bb--\n'
} > box1/cur/1:2,S
printf 'a\0b\rc\r\nd\n.\n..\n' > want
# resend WORD... -- mailx's words
resend() {
	name=$1
	shift
	go "$name" "$@" -R -f box1 -Y 'resend a@x.test 1'
}
# shellcheck disable=SC2086 # words
resend 'passed on to a server that takes binary parts' $all --
is "$(body)" BODY=BINARYMIME 'announced without being asked'
part binary > had; same had want 'octet by octet'
like "$(cat got)" '^YWJj.$' 'and nothing else of it is changed'
like "$(sed '/^.$/q' got)" '^Content-Transfer-Encoding: binary' 'nor its header'
for t in 'to one that does not:8BITMIME CHUNKING:' 'by DATA:8BITMIME:' "by the outbox:$all:-S outbox=box"; do
	name=${t%%:*} t=${t#*:}
	# shellcheck disable=SC2086 # words
	resend "$name" ${t%%:*} -- ${t#*:}
	part base64 dots > had; same had want "$name: base64, octet by octet"
	like "$(sed '/^.$/q' got)" '^Content-Transfer-Encoding: 8bit' "$name: what is around it is no longer binary"
done
printf '#!/bin/sh\ncat > got\n' > program
chmod +x program
run "$MAILX" -R -f box1 -S "mta=$T/program" -Y 'resend a@x.test 1'
part base64 > had; same had want 'a program gets base64'
run "$MAILX" -R -f box1 -S mta=maildir:copy -Y 'resend a@x.test 1'
rm -f had
run "$MAILX" -R -f copy -Y 'write 1.2 had'
same had want 'a mailbox gets base64, for it has lines'
done_testing
