#!/bin/sh
# mailx-mime: its commands, its statuses, and that what it makes it takes apart.
COUNT=0 FAILED=0
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
: "${MAILX_MIME:=$ROOT/mailx-mime}"
T=$(mktemp -d /tmp/mailx-filter.XXXXXX) || exit 73
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 73
TZ=UTC LC_ALL=C.UTF-8; export TZ LC_ALL

is() {			# is GOT WANTED NAME
	COUNT=$((COUNT + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $COUNT - $3"
	else
		FAILED=1
		echo "not ok $COUNT - $3"
		printf '%s\n' "got: $1" "want: $2" | sed 's/^/# /'
	fi
}
status() {		# status WANTED NAME COMMAND...; its input is empty
	want=$1 name=$2
	shift 2
	"$@" < /dev/null > out 2> err
	is $? "$want" "$name"
}
m() { "$MAILX_MIME" "$@"; }

# --- Statuses
status 64 'no command' m
status 64 'an unknown command' m frobnicate
status 64 'an unknown option' m tree -x
status 64 'two files' m tree a b
status 64 'part without a number' m part
status 64 'encode: an unknown option' m encode -x
status 66 'no such file' m decode nowhere
status 66 'no such part' m part 7
status 66 'encode: no such attachment' m encode -a nowhere
status 66 'encode: an attachment that is a directory' m encode -a .
status 65 'encode: an address that is a command' m encode -t '|cmd'
status 65 'encode: a line break in the subject' m encode -s "$(printf 'a\nBcc: b@c.example')"
status 65 'encode: a field that encode alone writes' m encode -H 'Content-Type: a/b'
status 0 '--help' m --help
is "$(grep -c mailx-mime out)" 9 '... lists the commands'
status 0 '-V' m -V
if [ -c /dev/full ]; then
	printf 'a: b\n\nc\n' > message
	for c in 'decode message' 'tree message' 'fields message' 'part 1 message' 'b64 message' 'qp message' \
	    '2047 message' 'encode message' --help; do
		# shellcheck disable=SC2086 # words
		m $c > /dev/full 2> err
		is $? 74 "no space: $c"
	done
fi

# --- Codes
is "$(printf 'foobar' | m b64)" Zm9vYmFy 'b64'
is "$(printf 'Zm9vYmFy' | m b64 -d)" foobar 'b64 -d'
is "$(printf 'ä=\n' | m qp)" '=C3=A4=3D' 'qp'
is "$(printf '=C3=A4=3D\n' | m qp -d)" 'ä=' 'qp -d'
is "$(printf 'plain\nGrüße\n' | m 2047)" "$(printf 'plain\n=?utf-8?b?R3LDvMOfZQ==?=')" '2047'
is "$(printf 'a =?utf-8?b?w6Q=?=\n =?utf-8?q?b=1B?=\nc\n' | m 2047 -d)" "$(printf 'a äb\\x1b\nc')" \
    '2047 -d unfolds, and shows controls'
is "$(printf 'name=Grüße.txt\nn=a b\n' | m 2231)" "$(printf "name*=utf-8''Gr%%C3%%BC%%C3%%9Fe.txt\nn=\"a b\"")" '2231'
is "$(printf "name*=utf-8''Gr%%C3%%BC%%C3%%9Fe.txt\n" | m 2231 -d)" 'name=Grüße.txt' '2231 -d'
is "$(printf "attachment; n*1=b; n*0=a;\n m=\"c d\"\n" | m 2231 -d)" "$(printf 'attachment\nn=ab\nm=c d')" \
    '2231 -d of a field'
head -c 100000 /dev/urandom > octets
m b64 octets | m b64 -d > back
cmp -s back octets
is $? 0 'octets through b64 and back'
m qp octets | m qp -d > back
cmp -s back octets
is $? 0 'octets through qp and back'

# --- A message, there and back
printf 'Grüße,\n.\nFrom here\n' > body
m encode -s 'Über' -f 'Jörg Ä. <j@a.example>' -t 'b@c.example, "D, E" <d@e.example>' -c f@g.example \
    -H 'X-Test: ö' -a octets body > message
is $? 0 'encode'
is "$(m fields message | grep -v -e ^Date -e ^Message-ID -e ^Content-Type)" "$(cat <<'END'
Subject: Über
X-Test: ö
From: Jörg Ä. <j@a.example>
To: b@c.example, "D, E" <d@e.example>
Cc: f@g.example
MIME-Version: 1.0
END
)" 'fields'
m part 1 message | cmp -s - body
is $? 0 'part 1 is the body'
m part 2 < message | cmp -s - octets
is $? 0 'part 2 is the attachment'
# shellcheck disable=SC2002 # a pipe it is to be
cat message | m part 2 | cmp -s - octets
is $? 0 '... from a pipe too'
is "$(m decode message | sed -n '/^$/,$p')" "$(printf '\nGrüße,\n.\nFrom here\n[2: application/octet-stream, "octets"]')" \
    'decode'
printf 'Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: message/rfc822\n\nSubject: y\n\ntwo\n--b\nContent-Type: image/png\n\nx\n--b--\n' > unended
is "$(m decode unended)" "$(printf 'Subject: x\n\none\nSubject: y\n\ntwo\n[3: image/png]')" \
    'decode: each text ends its last line'
is "$(m tree message | sed 's/, [0-9][0-9]*\(,\|$\)/, N\1/; s/quoted-printable\|base64/CODED/')" "$(cat <<'END'
- multipart/mixed, 7bit, N
  1 text/plain; charset=utf-8, CODED, N
  2 application/octet-stream, CODED, N, "octets"
END
)" 'tree'
is "$(m tree -J message | python3 -c 'import json, sys
print([(p["part"], p["type"], p["filename"]) for p in map(json.loads, sys.stdin)])')" \
    "[('', 'multipart/mixed', None), ('1', 'text/plain', None), ('2', 'application/octet-stream', 'octets')]" \
    'tree -J is JSON lines'

# --- Hostile ones
printf 'Subject: a\033[2J\302\233b\342\200\256c\nFrom: "x\033]0;" <a@b>\nContent-Type: text/plain; charset=x"\033\007"; name="\033[m"\n\nb\033[1m\rc\302\205\342\200\213\377\n' > evil
for c in decode fields tree 'tree -J'; do
	# shellcheck disable=SC2086 # words
	is "$(m $c evil | LC_ALL=C tr -d '\n\t' | LC_ALL=C tr -dc '\000-\037\177' | wc -c | tr -d ' ')" 0 "$c: no controls"
	# shellcheck disable=SC2086
	is "$(m $c evil | grep -c "$(printf '\302\233\|\342\200\256\|\302\205\|\342\200\213')")" 0 '... nor what deceives'
done
is "$(m decode evil | head -n 1)" 'From: "x\x1b]0;" <a@b>' 'they are visible'
m part 1 evil | sed 1q | cmp -s - evil
is $? 1 'part gives octets'
status 0 'an empty message is no failure' m decode
status 0 '... nor is a tree of it' m tree

echo "1..$COUNT"
exit $FAILED
