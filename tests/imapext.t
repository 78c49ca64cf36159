#!/bin/sh
# Extensions of IMAP, against Dovecot with all it offers: the cache of headers and what it
# saves, CONDSTORE and QRESYNC, COMPRESS, and what else is asked only where it is offered.
# shellcheck disable=SC2016 # sh -c expands it
. "$(dirname -- "$0")/lib.sh"
write_rc
CACHE=$HOME/.cache/mailx/imap
BOX=imap://$USER_NAME@localhost:$IMAP/INBOX
QUERY='?tls=none'
letters box 1 300
"$MAILX" -f box -Y "copy * $BOX$QUERY" > /dev/null 2>&1
# Somebody has seen that they are there: \Recent is told of no message any more.
"$MAILX" -f "$BOX$QUERY" -Y 'unset cache' -Y 'headers 1' -Y exit > /dev/null

# The relay that counts.
python3 "$ROOT/tests/wire.py" "$IMAP" wire > port & WIRE=$!
end_wire() { kill "$WIRE" 2> /dev/null; finish; }
trap end_wire EXIT
while [ ! -s port ]; do sleep 0.01; done
COUNTED=imap://$USER_NAME@localhost:$(cat port)/INBOX$QUERY
octets() {		# octets COMMAND...: of its connection
	n=$(grep -c '' wire 2> /dev/null)
	run "$@"
	tries=200
	while [ "$(grep -c '' wire 2> /dev/null)" = "${n:-0}" ] && [ $tries -gt 0 ]; do
		tries=$((tries - 1))
		sleep 0.01
	done
	OCTETS=$(tail -n 1 wire)
}
below() { [ "${1:-999999999}" -lt "$2" ]; ok $? "$3: $1 octets, fewer than $2"; }

# --- The cache ---
octets "$MAILX" -R -f "$COUNTED" -H
is "$STATUS" 0 'the summary'
cp .out first
FIRST=$OCTETS
is "$(grep -c . first)" 300 'of all messages'
octets "$MAILX" -R -f "$COUNTED" -H
same .out first 'the second time it is the same'
below "$OCTETS" 2500 'the second time'
octets "$MAILX" -R -f "$COUNTED" -Y 'headers $'
below "$OCTETS" 2500 'opening, and the last screen'
octets "$MAILX" -R -f "$COUNTED" -J -H
cp .out first.json
octets "$MAILX" -R -f "$COUNTED" -J -H
same .out first.json 'records: the second time they are the same'
below "$OCTETS" 2500 'records: the second time'
octets "$MAILX" -R -f "$COUNTED" -L 'subject "number 1"'
is "$(grep -c . .out)" 111 'a search'
below "$OCTETS" 3000 'a search whose hits are known'
is "$(find "$CACHE" -type f ! -perm 600 -o -type d ! -perm 700)" '' 'files 0600, directories 0700'
rm -rf "$HOME/.cache"
octets "$MAILX" -R -f "$COUNTED" -L 'subject "number 1"'
below "$OCTETS" 20000 'a search whose 111 hits are printed'
COLD=$OCTETS

run "$MAILX" -R -f "$BOX$QUERY" -S verbose -H
unlike "$ERR" 'secret\|-pw' 'no secret in the trace'
rm -rf "$HOME/.cache"
run "$MAILX" -R -f "$BOX$QUERY" -Y 'unset cache' -Y 'headers 1-300'
[ ! -e "$HOME/.cache" ]; ok $? 'with cache unset nothing is kept'
XDG_CACHE_HOME=$T/elsewhere run "$MAILX" -R -f "$BOX$QUERY" -H
[ -d "$T/elsewhere/mailx/imap" ]; ok $? 'XDG_CACHE_HOME'
same .out first 'and the same summary'
: > file
XDG_CACHE_HOME=$T/file run "$MAILX" -R -f "$BOX$QUERY" -H
same .out first 'a cache that cannot be made: the same summary'
is "$STATUS$ERR" 0 'and nothing is said'

# Damaged in any way it costs time alone.
"$MAILX" -R -f "$BOX$QUERY" -J -H > /dev/null
damage() {		# damage NAME COMMAND: each file of it by sh -c COMMAND
	cp -r "$CACHE" whole
	find "$CACHE" -type f -exec sh -c "$2" sh {} \;
	run "$MAILX" -R -f "$BOX$QUERY" -J -H
	same .out first.json "cache: $1"
	is "$STATUS$ERR" 0 "cache: $1: silently"
	run "$MAILX" -R -f "$BOX$QUERY" -J -H
	same .out first.json "cache: $1: and again"
	rm -rf "$CACHE"; mv whole "$CACHE"
}
damage 'empty files' ': > "$1"'
damage 'cut short' 'n=$(wc -c < "$1"); head -c $((n / 2)) "$1" > half; cat half > "$1"'
damage 'other octets at its begin' 'printf 0123456789abcdef01234 | dd of="$1" conv=notrunc 2> /dev/null'
damage 'one octet in the middle' 'n=$(wc -c < "$1"); printf X | dd of="$1" bs=1 seek=$((n / 2)) conv=notrunc 2> /dev/null'
damage 'zeros' 'n=$(wc -c < "$1"); head -c "$n" /dev/zero > zeros; cat zeros > "$1"'
damage 'random' 'n=$(wc -c < "$1"); head -c "$n" /dev/urandom > zeros; cat zeros > "$1"'
damage 'longer than it says' 'echo more >> "$1"'
damage 'directories in its place' 'rm "$1"; mkdir "$1"'
damage 'links to elsewhere' 'rm "$1"; ln -s /dev/zero "$1"'
damage 'gone' 'rm "$1"'

# What others do between two runs is seen; the cache agrees with the server.
agree() {		# agree NAME
	run "$MAILX" -R -f "$BOX$QUERY" -J -H
	cp .out kept
	XDG_CACHE_HOME=$T/fresh run "$MAILX" -R -f "$BOX$QUERY" -J -H
	rm -rf "$T/fresh"
	same kept .out "$1: as without a cache"
}
$DOVEADM flags add -u "$USER_NAME" '\Flagged' mailbox INBOX uid 5,7
agree 'flags of others'
$DOVEADM flags add -u "$USER_NAME" 'urgent' mailbox INBOX uid 9
agree 'a keyword of others'
$DOVEADM flags remove -u "$USER_NAME" 'urgent' mailbox INBOX uid 9
agree 'a keyword removed'
$DOVEADM expunge -u "$USER_NAME" mailbox INBOX uid 1,20:30,300
agree 'expunged by others'
FORGOTTEN=$(grep -rl 'number 25"' "$CACHE" | grep -c '')
printf 'From: new@example.org\nSubject: new\nDate: Fri, 20 Nov 2026 09:30:00 +0000\n\nnew\n' > new
put "$USER_NAME" new
agree 'new mail'
$DOVEADM expunge -u "$USER_NAME" mailbox INBOX uid 301
put "$USER_NAME" new
agree 'one removed and another come'
"$MAILX" -f "$BOX$QUERY" -Y 'flag 3' -Y 'delete 10-19' > /dev/null
agree 'our own changes'
"$MAILX" -f "$BOX$QUERY" -Y 'move 1-10 Elsewhere' > /dev/null
agree 'moved by us'
run "$MAILX" -R -f "imap://$USER_NAME@localhost:$IMAP/Elsewhere$QUERY" -H
is "$(grep -c . .out)" 10 'another mailbox'
run "$MAILX" -R -f "$BOX$QUERY" -Y 'headers 1' -Y "folder imap://$USER_NAME@localhost:$IMAP/Elsewhere$QUERY" -Y 'headers 10' -Y "folder $BOX$QUERY" -Y 'headers 1'
is "$STATUS" 0 'from one to the other in one session'
is "$(sed -n 1p .out | cut -c2-)" "$(sed -n '$p' .out | cut -c2-)" 'and back'
$DOVEADM mailbox delete -u "$USER_NAME" Elsewhere
"$MAILX" -f "$BOX$QUERY" -Y 'copy 200-205 Elsewhere' > /dev/null
run "$MAILX" -R -f "imap://$USER_NAME@localhost:$IMAP/Elsewhere$QUERY" -H
like "$OUT" 'number 2[0-9][0-9]' 'a mailbox made anew has another UIDVALIDITY'
is "$(grep -c . .out)" 6 'and its own messages'

# Several at once.
for i in 1 2 3 4; do
	"$MAILX" -R -f "$BOX$QUERY" -J -H > "p$i" 2> "e$i" &
	eval "P$i=\$!"
done
for i in 1 2 3 4; do eval "wait \$P$i"; done
run "$MAILX" -R -f "$BOX$QUERY" -J -H
for i in 1 2 3 4; do cat "e$i"; cmp "p$i" .out; done > differences 2>&1
is "$(cat differences)" '' 'four processes at once see the same'

# --- What is asked where it is offered ---
run "$MAILX" -R -f "$BOX$QUERY" -Y capabilities
OFFERED=$OUT
offers() { printf '%s\n' "$OFFERED" | grep -qx -e "$1"; }
trace() { run "$MAILX" -v -f "$BOX$QUERY" "$@"; }
if offers QRESYNC; then
	is "$FORGOTTEN" 0 'what others expunged is kept no longer'
	trace -R -H
	like "$ERR" '^C: A[0-9]* ENABLE QRESYNC' 'ENABLE QRESYNC (5161, 7162)'
	like "$ERR" '^C: A[0-9]* EXAMINE "INBOX" (QRESYNC (' 'EXAMINE with what was known'
	unlike "$ERR" '^C: A[0-9]* .*FETCH' 'and nothing is fetched'
fi
trace -R -Y 'unset cache' -Y 'headers 3'
unlike "$ERR" 'QRESYNC (\|CONDSTORE)' 'without a cache neither is asked'
like "$ERR" '^C: A[0-9]* FETCH 3 (UID FLAGS RFC822.SIZE BODY.PEEK\[HEADER.FIELDS' 'a summary asks for few fields'
unlike "$ERR" '^C: A[0-9]* .*\(LIST\|STATUS\|NAMESPACE\|SEARCH ALL\)' 'and nothing is listed'
rm -rf "$HOME/.cache"
trace -R -L 'subject number'
offers ESEARCH && like "$ERR" '^C: A[0-9]* UID SEARCH RETURN (ALL) SUBJECT' 'ESEARCH (4731)'
if offers COMPRESS=DEFLATE; then
	like "$ERR" '^C: A[0-9]* COMPRESS DEFLATE' 'COMPRESS (4978)'
	rm -rf "$HOME/.cache"
	trace -R -Y 'unset compress cache' -Y 'headers 1-100'
	unlike "$ERR" 'COMPRESS DEFLATE' 'not where compress is unset'
	is "$(grep -c . .out)" 100 'and the same comes'
	run "$MAILX" -R -f "$BOX$QUERY" -Y 'headers 1-100' -Y 'print 100'
	cp .out packed
	run "$MAILX" -R -f "$BOX$QUERY" -Y 'unset compress' -Y 'headers 1-100' -Y 'print 100'
	same packed .out 'texts through a compressed connection are the same'
	run "$MAILX" -R -f "imaps://$USER_NAME@localhost:$IMAPS/INBOX" -Y 'headers 1-100' -Y 'print 100'
	same packed .out 'and under TLS'
	head -c 3000000 /dev/urandom | base64 > big.txt
	{ printf 'From: b@example.org\nSubject: big\n\n'; cat big.txt; } > big
	put "$USER_NAME" big
	run "$MAILX" -R -f "$BOX$QUERY" -Y 'headers 1-100' -Y 'write $ big.out'
	same big.out big.txt 'four megabytes through a compressed connection'
else
	skip 6 'the server does not compress'
fi
offers MOVE && { trace -Y 'move 1 Moved'; like "$ERR" '^C: A[0-9]* UID MOVE' 'MOVE (6851)'; }
offers UIDPLUS && { trace -Y 'delete 1'; like "$ERR" '^C: A[0-9]* UID EXPUNGE' 'UIDPLUS (4315)'; }
trace -R -J -Y folders
offers LIST-STATUS && like "$ERR" '^C: A[0-9]* LIST "" "\*" RETURN (CHILDREN SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UNSEEN))' 'LIST-STATUS and SPECIAL-USE (5819, 6154)'
offers NAMESPACE && like "$ERR" '^C: A[0-9]* NAMESPACE' 'NAMESPACE (2342)'
offers SORT && { trace -R -Y 'sort subject' -Y 'headers 1'; like "$ERR" '^C: A[0-9]* SORT (SUBJECT' 'SORT (5256)'; }
offers THREAD=REFERENCES && { trace -R -Y 'thread' -Y 'headers 1'; like "$ERR" '^C: A[0-9]* THREAD REFERENCES' 'THREAD (5256)'; }
if offers QUOTA; then
	run "$MAILX" -f "$BOX$QUERY" -Y quota
	like "$OUT" '^storage: [0-9.]* [kM]*B of 1.1 GB, 0 % (User quota)$' 'QUOTA (9208)'
	run "$MAILX" -f "$BOX$QUERY" -J -Y 'quota Moved'
	like "$OUT" '^{"quota":"User quota","resource":"storage","used":[0-9]*,"limit":1073741824}$' 'QUOTA: as a record'
	{ printf 'From: b@example.org\nSubject: long\n\n'; yes text | head -n 2000; } > long
	put "$USER_NAME" long
	cp long long.mbox; sed -i '1i From b Fri Nov 20 09:30:00 2026' long.mbox
	run "$MAILX" -f "$BOX$QUERY" -Y 'mkdir Full'
	run "$MAILX" -f "$BOX$QUERY" -Y 'copy (subject long) Full'
	is "$STATUS" 73 'OVERQUOTA: COPY is refused'
	like "$ERR" '^mailx: copy: Full: localhost:[0-9]*: \[OVERQUOTA\] Quota exceeded' 'OVERQUOTA: with the reason'
	run "$MAILX" -f long.mbox -Y "copy 1 imap://$USER_NAME@localhost:$IMAP/Full$QUERY"
	is "$STATUS" 73 'OVERQUOTA: APPEND too'
	like "$ERR" '^mailx: copy: Full: localhost:[0-9]*: \[OVERQUOTA\] Quota exceeded' 'OVERQUOTA: with the reason'
else
	run "$MAILX" -f "$BOX$QUERY" -Y quota
	is "$STATUS" 69 'no QUOTA is offered'
	skip 5 'the server has no quotas'
fi
if offers LITERAL+; then
	run "$MAILX" -v -R -f box -Y "copy 1 $BOX$QUERY"
	like "$ERR" '^C: A[0-9]* APPEND .*{[0-9]*+}' 'LITERAL+ (7888)'
fi
is "$COLD" "$COLD" "a search of 111 hits took $COLD octets, all headers $FIRST"
done_testing
