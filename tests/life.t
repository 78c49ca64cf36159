#!/bin/sh
# The life of a message: composed; said to the sender's server; queued there; passed on to the
# recipient's server; filed in a mailbox; read by POP3 and by IMAP.  Prints the dialogues.
# The recipient's server is another Postfix, at 127.0.0.2.
. "$(dirname -- "$0")/lib.sh"
[ "$POSTFIX" = yes ] || { echo '1..0 # SKIP no Postfix'; exit 0; }
sh "$ROOT/tests/servers.sh" second "$SERVERS" || { echo '1..0 # SKIP no second Postfix'; exit 0; }
. "$SERVERS/second.env"
trap 'sh "$ROOT/tests/servers.sh" stop-second "$SERVERS"; finish' EXIT
write_rc
show() { printf '%s\n' "$1" | grep '^[CS*][: ]' | sed 's/^/#   /'; }
there() { [ "$($DOVEADM mailbox status -u "$1" messages INBOX 2> /dev/null | sed 's/.*messages=//')" = "$2" ]; }
line() { grep -h "$1" "$SERVERS"/postfix/maillog "$SERVERS"/second/maillog 2> /dev/null | tail -n 1; }

# 1. composed
printf 'A body with a dot:\n.\nand ends so: déjà vu\n' > body
printf 'a\000b\r\nc' > attached.bin
run sh -c '"$0" -d -s "Ça va?" -a attached.bin "$1" < body' "$MAILX" "$USER_NAME@far.test"
is "$STATUS" 0 '1. it is composed'
like "$OUT" '^Subject: =?' 'with a header as RFC 2047 has it'
# 2. submitted
sh "$ROOT/tests/servers.sh" hold-second "$SERVERS"
run sh -c '"$0" -v -s "Ça va?" -a attached.bin -S "mta=$2" "$1" < body' "$MAILX" "$USER_NAME@far.test" "submission://$USER_NAME@localhost:$SUBMISSION"
echo '# mailx and the server of the sender:'
show "$ERR"
is "$STATUS" 0 '2. said to the server of the sender'
QUEUED=$(printf '%s\n' "$ERR" | sed -n 's/^S: 250 2\.0\.0 Ok: .*queued as \([0-9A-Za-z]*\).*/\1/p')
[ -n "$QUEUED" ]; ok $? 'which names it in its queue'
# 3. queued there while the other one cannot be reached
postfix_queue() { postqueue -c "$SERVERS/postfix/etc" -p 2> /dev/null; }
tries=200
until postfix_queue | grep -q "^${QUEUED}[^!*]*\$" && line "$QUEUED.*status=deferred" | grep -q . || [ $tries -eq 0 ]; do tries=$((tries - 1)); sleep 0.05; done
like "$(postfix_queue)" "^$QUEUED" '3. there it waits in the queue while the server of the recipient is not there'
there "$USER_NAME" 0; ok $? 'and has not arrived'
# 4. passed on
sh "$ROOT/tests/servers.sh" release-second "$SERVERS"
postqueue -c "$SERVERS/postfix/etc" -f
arrived "$USER_NAME" 1 20; ok $? '4. passed on, when that is there'
echo '# one server and the other:'
line "$QUEUED.*status=sent" | sed 's/^/#   /'
like "$(line "$QUEUED.*status=sent")" "relay=127.0.0.2.*:$SECOND" 'to the one at 127.0.0.2'
# 5. filed
$DOVEADM fetch -u "$USER_NAME" text all > filed
is "$(grep -c '^Received: ' filed)" 3 '5. filed, with the stamps of two Postfixes and the one that files it'
# 6. read
for url in "pop3s://$USER_NAME@localhost:$POP3S" "imaps://$USER_NAME@localhost:$IMAPS"; do
	p=${url%%s:*}
	run "$MAILX" -v -R -f "$url" -Y 'type 1'
	echo "# mailx and $p:"
	show "$ERR"
	like "$OUT" '^Subject: Ça va?' "6. read by $p: the subject"
	like "$OUT" 'ends so: déjà vu' 'the text'
	rm -f $p.bin
	run "$MAILX" -R -f "$url" -Y "write 1.2 $p.bin"
	same $p.bin attached.bin 'the file, octet by octet'
done
unlike "$(cat "$T"/.err)" "$USER_NAME-pw" 'no password in a dialogue'
done_testing
