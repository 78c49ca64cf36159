#!/bin/sh
# Octet by octet through Postfix: 8-bit text, addresses beyond ASCII, a thousand recipients, a
# message passed on, a large attachment: BYTES_LARGE megabytes of it, else 20.
. "$(dirname -- "$0")/lib.sh"
[ "$POSTFIX" = yes ] || { echo '1..0 # SKIP no Postfix'; exit 0; }
write_rc
MTA=submission://$USER_NAME@localhost:$SUBMISSION
BOX=$SERVERS/mail/virtual/bytes
# Waits for the message that was sent and moves it to `got', in a Maildir `in'.
mkdir -p in/cur in/new in/tmp
ln -s in/cur/1:2,S got
one() {
	rm -f in/cur/* had hadbin
	tries=400
	while [ "$tries" -gt 0 ]; do
		for f in "$BOX"/new/*; do
			[ ! -f "$f" ] || { mv "$f" in/cur/1:2,S; return; }
		done
		tries=$((tries - 1))
		sleep 0.05
	done
	return 1
}
digest() { sha256sum "$@" | cut -d ' ' -f 1; }
body() { sed '1,/^$/d' "$1"; }

# --- 8-bit text ---
{
	printf 'déjà vu, 漢字, \360\237\222\214\n.\n..\n.dot\nFrom here\n>From there\n\nblanks at the end   \t\n\t\n'
	printf '%998s\n' x | tr ' ' y
	printf -- '-- \nthe end é\n\n\n'
} > text
for e in 8bit auto qp base64; do
	for c in chunking nochunking; do
		run sh -c 'm=$1; shift; "$m" "$@" < text' sh "$MAILX" -S "mta=$MTA" -S encoding=$e -S $c -s 'Ça va?' "$USER_NAME@example.test"
		is "$STATUS$ERR" 0 "8-bit text, $e, $c"
		one
		run "$MAILX" -R -f in -Y 'write 1 had'
		is "$(digest had)" "$(digest text)" 'the same, decoded'
	done
done
sed '/^From /d' text > plain
run sh -c 'm=$1; shift; "$m" "$@" < plain' sh "$MAILX" -S "mta=$MTA" -S encoding=8bit -s x "$USER_NAME@example.test"
one
like "$(cat got)" '^Content-Transfer-Encoding: 8bit' '8bit goes as 8bit'
is "$(body got | digest)" "$(digest plain)" 'the same as it lies there'
{
	printf 'To: %s@example.test\nSubject: by -t\n\n' "$USER_NAME"
	cat plain
} > letter
run sh -c '"$0" -S "mta=$1" -S encoding=8bit -t < letter' "$MAILX" "$MTA"
one
is "$(body got | digest)" "$(digest plain)" '-t'

# --- Passed on ---
{
	printf 'From a@b.c Sat Mar 14 09:26:53 2026\nFrom: a@b.c\nSubject: s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
	sed 's/^>*From />&/' text
	echo
} > box
run "$MAILX" -R -f box -S "mta=$MTA" -Y "resend $USER_NAME@example.test 1"
is "$STATUS$ERR" 0 'resend'
one
is "$(body got | digest)" "$(digest text)" 'the same as it lies there'

# --- Beyond ASCII ---
printf 'a\000b\r\nc\r' > bin
to=${USER_NAME}ü漢@example.test
run sh -c 'm=$1; shift; "$m" "$@" < text' sh "$MAILX" -v -S "mta=$MTA" -S encoding=8bit -s 'Ça va?' -a bin "$to"
is "$STATUS" 0 'to an address beyond ASCII'
like "$ERR" '^C: MAIL FROM:.* BODY=8BITMIME SMTPUTF8' 'which is announced'
one; ok $? 'it arrives'
like "$(cat got)" "^To: $to" 'its header has the address as it is'
run "$MAILX" -R -f in -Y 'write 1.1 had' -Y 'write 1.2 hadbin'
is "$(digest had) $(digest hadbin)" "$(digest text) $(digest bin)" 'text and file are the same'

# --- A thousand recipients ---
awk 'BEGIN { for (i = 0; i < 1000; i++) print "many" i "@example.test" }' > many
log() { cat "$SERVERS/postfix/maillog"; }
for t in "submission://$USER_NAME@localhost:$SUBMISSION 10" "smtps://$USER_NAME@localhost:$SMTPS 17"; do
	url=${t% *}
	{ echo "Subject: $USER_NAME"; sed 's/^/Bcc: /' many; printf 'To: %s@example.test\n\ntext\n' "$USER_NAME"; } > letter
	run sh -c '"$0" -v -S "mta=$1" -J -t < letter' "$MAILX" "$url"
	is "$STATUS" 0 "a thousand and one, ${url%%:*}"
	is "$(printf '%s\n' "$OUT" | grep -o 'many[0-9]*@' | sort -u | grep -c '')" 1000 'all are accepted'
	printf '%s\n' "$ERR" | sed -n 's/^S: 250 2\.0\.0 Ok: .*queued as \([0-9A-Za-z]*\).*/\1/p' > ids
	echo "# $(grep -c '' ids) transactions, $(printf '%s\n' "$ERR" | grep -c '^S: 452') put off at first"
	one; ok $? 'one of them has it'
	tries=1200
	until [ "$(log | grep -F -f ids | grep -o 'to=<many[0-9]*@example.test>.* status=sent' | sed 's/>.*//' | sort -u | grep -c '')" -eq 1000 ] || [ $tries -eq 0 ]; do
		tries=$((tries - 1))
		sleep 0.05
	done
	is "$(log | grep -F -f ids | grep -c 'to=<many[0-9]*@example.test>.* status=sent')" 1000 'each gets it once'
done

# --- Large ---
MEGABYTES=${BYTES_LARGE:-20}
head -c "${MEGABYTES}000000" /dev/urandom > large
printf '\r\n.\r\n\0' >> large
run sh -c 'm=$1; shift; echo text | "$m" "$@"' sh "$MAILX" -S "mta=$MTA" -s large -a large "$USER_NAME@example.test"
is "$STATUS$ERR" 0 "$MEGABYTES megabytes"
one; ok $? 'arrive'
run "$MAILX" -R -f in -Y 'write 1.2 had'
is "$(digest had)" "$(digest large)" 'the same'
done_testing
