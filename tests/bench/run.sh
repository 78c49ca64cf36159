#!/bin/sh
# run.sh -- benchmarks, side by side with what peers are installed: medians of BENCH_RUNS (5)
# whole-process runs after one to warm up: wall seconds, CPU seconds, peak memory in MiB; the
# codes in memory in GB/s.  BENCH_MBOX: a mailbox of your own.  Judges nothing.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
: "${BENCH_RUNS:=5}" "${BENCH_MESSAGES:=20000}" "${BENCH_MBOX:=}" "${BENCH_SIZE:=100000000}"
[ -n "${BENCH_DIR:=}" ] || { [ -w /dev/shm ] && BENCH_DIR=/dev/shm || BENCH_DIR=/tmp; }
work=$(mktemp -d "$BENCH_DIR/mailx-bench.XXXXXX") || exit 1
sink=
trap '[ -z "$sink" ] || kill "$sink" 2> /dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
HOME=$work; export HOME
unset MAILRC DEAD MBOX

time_of() { tests/bench/time.test "$BENCH_RUNS" "$@"; }
shell() { label=$1; shift; time_of "$label" sh -c "$*"; }
has() { command -v "$1" > /dev/null; }

if [ -n "$BENCH_MBOX" ]; then
	cp "$BENCH_MBOX" "$work/box"
else
	python3 tests/bench/mailbox.py "$BENCH_MESSAGES" > "$work/box"
fi
head -c "$BENCH_SIZE" /dev/urandom > "$work/big"
echo "# $(grep -c '^From ' "$work/box") messages, $(wc -c < "$work/box") octets;" \
	"attachment of $BENCH_SIZE octets; $BENCH_RUNS runs"

echo '# The codes in memory'
tests/bench/codec.test 51

echo '# The codes as filters, tmpfs to nowhere'
./mailx-mime b64 < "$work/big" > "$work/b64"
./mailx-mime qp < "$work/box" > "$work/qp"
shell 'cat' "cat < $work/big | cat"
shell 'mailx-mime: b64' "./mailx-mime b64 < $work/big | cat"
has base64 && shell 'coreutils: base64' "base64 < $work/big | cat"
has openssl && shell 'openssl: base64 -e' "openssl base64 -e < $work/big | cat"
has perl && shell 'perl: MIME::Base64' \
	"perl -MMIME::Base64 -0777 -ne 'print encode_base64(\$_)' < $work/big | cat"
shell 'cat, of the encoded' "cat < $work/b64 | cat"
shell 'mailx-mime: b64 -d' "./mailx-mime b64 -d < $work/b64 | cat"
has base64 && shell 'coreutils: base64 -d' "base64 -d < $work/b64 | cat"
has openssl && shell 'openssl: base64 -d' "openssl base64 -d < $work/b64 | cat"
shell 'mailx-mime: qp' "./mailx-mime qp < $work/box | cat"
has perl && shell 'perl: MIME::QuotedPrint, encode' \
	"perl -MMIME::QuotedPrint -ne 'print encode_qp(\$_)' < $work/box | cat"
has python3 && shell 'python: quopri.encodestring' \
	"python3 -c 'import quopri, sys; sys.stdout.buffer.write(quopri.encodestring(sys.stdin.buffer.read()))' < $work/box | cat"
shell 'mailx-mime: qp -d' "./mailx-mime qp -d < $work/qp | cat"
has perl && shell 'perl: MIME::QuotedPrint, decode' \
	"perl -MMIME::QuotedPrint -ne 'print decode_qp(\$_)' < $work/qp | cat"
has python3 && shell 'python: quopri.decodestring' \
	"python3 -c 'import quopri, sys; sys.stdout.buffer.write(quopri.decodestring(sys.stdin.buffer.read()))' < $work/qp | cat"

echo '# Every part of every message'
./mailx -n -R -f "$work/box" -Y "copy * maildir:$work/parts" > /dev/null
parts=$work/parts/cur
[ -n "$(ls "$parts" 2> /dev/null)" ] || parts=$work/parts/new
time_of 'libmime: parse and decode' tests/bench/messages.test "$parts"
has python3 && time_of 'python: email, parse and decode' python3 tests/bench/messages.py "$parts"
has mshow && shell 'mblaze: mshow' "find $parts -type f | xargs -n 500 mshow -N"
shell 'mailx: type *' "./mailx -n -R -f $work/box -Y 'type *' | cat"

echo '# Folders'
time_of 'mailx: start, do nothing' ./mailx -n -Y 'echo hi'
time_of 'mailx: all headers of the mbox' ./mailx -n -R -f "$work/box" -H
has s-nail && time_of 's-nail: all headers of the mbox' s-nail -n -R -f "$work/box" -H
time_of 'mailx: count' ./mailx -n -R -f "$work/box" -Y count
time_of 'mailx: search the subjects' ./mailx -n -R -f "$work/box" -L 'subject needle'
has s-nail && shell 's-nail: last screen' "echo x | s-nail -n -R -f $work/box"
time_of "grep -c '^From '" grep -c '^From ' "$work/box"

echo '# An attachment on its way'
echo text > "$work/text"
shell 'mailx: into a Maildir' \
	"exec ./mailx -n -S mta=maildir:$work/md -s big -a $work/big a@example.org < $work/text"
message=$(find "$work/md/new" -type f 2> /dev/null | head -n 1)
[ -z "$message" ] || shell 'mailx-mime: part 2' "exec ./mailx-mime part 2 < $message"
if PATH=$PATH:/usr/sbin has smtp-sink; then
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	as=; [ "$(id -u)" != 0 ] || as='-u root'
	# shellcheck disable=SC2086 # two words, or none
	PATH=$PATH:/usr/sbin smtp-sink $as "inet:127.0.0.1:$port" 100 > /dev/null 2>&1 &
	sink=$!
	sleep 1
	shell 'mailx: by SMTP' "exec ./mailx -n -S mta=smtp://127.0.0.1:$port \
		-S from=a@example.org -s big -a $work/big b@example.org < $work/text"
	has s-nail && shell 's-nail: by SMTP' "exec s-nail -n -S v15-compat -S mta=smtp://127.0.0.1:$port \
		-S smtp-auth=none -S from=a@example.org -s big -a $work/big b@example.org < $work/text"
	has curl && [ -n "$message" ] && shell 'curl: the message ready, by SMTP' \
		"exec curl -s --crlf --mail-from a@example.org --mail-rcpt b@example.org \
		-T $message smtp://127.0.0.1:$port"
fi
echo '# Fetching from a server here, 10,000 messages; the state and the Maildir on tmpfs'
if ! PATH=$PATH:/usr/sbin has dovecot || ! make -s tests/ports tests/relay > /dev/null; then exit 0; fi
chmod 755 "$work"		# the server runs as nobody
sh tests/servers.sh start "$work/s" > /dev/null || exit 0
trap '[ -z "$sink" ] || kill "$sink" 2> /dev/null; sh tests/servers.sh stop "$work/s"; rm -rf "$work"' EXIT
# shellcheck source=/dev/null
. "$work/s/env.sh"
printf 'machine localhost login bench password bench-pw\n' > "$work/.netrc"
printf 'set tls-ca-file=%s\n' "$CA" > "$work/.mailrc"
chmod 600 "$work/.netrc" "$work/.mailrc"
python3 tests/bench/mailbox.py 10000 > "$work/many"
./mailx -n -R -f "$work/many" -Y "copy * maildir:$work/many.md" > /dev/null
$DOVEADM mailbox status -u bench messages INBOX > /dev/null
chmod -R a+rX "$work/many.md"
find "$work/many.md" -type f -exec mv -t "$work/s/mail/bench/Maildir/new" {} +
$DOVEADM index -u bench INBOX
for url in "imap://bench@localhost:$IMAP/INBOX?tls=none" "imaps://bench@localhost:$IMAPS/INBOX" \
    "pop3://bench@localhost:$POP3?tls=none" "pop3s://bench@localhost:$POP3S"; do
	shell "mailx: fetch, ${url%%:*}" \
		"rm -rf $work/in $work/.local; exec ./mailx -n -Y 'fetch -o maildir:$work/in $url'"
	shell "mailx: fetch again, ${url%%:*}" "exec ./mailx -n -Y 'fetch -o maildir:$work/in $url'"
done
exit 0
