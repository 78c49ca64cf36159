#!/bin/sh
# A POP3 server that has nothing but RFC 1939's minimum (no CAPA, UIDL, TOP): the generic ways
# give the same results.
. "$(dirname -- "$0")/lib.sh"
write_rc
python3 "$ROOT/tests/barepop3.py" "$POP3" > port & BARE_PID=$!
leave() { kill "$BARE_PID" 2> /dev/null; finish; }
trap leave EXIT
while [ ! -s port ]; do sleep 0.01; done
FULL="pop3://$USER_NAME@localhost:$POP3?tls=none"
BAREBOX="pop3://$USER_NAME@localhost:$(cat port)?tls=none"
letters box 1 12
split() { awk '/^From a/ { n++; next } { print > ("m" n) }' box; }
split
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do put "$USER_NAME" "m$i"; done
alike() {		# alike NAME OPTIONS...
	name=$1
	shift
	run "$MAILX" -R -f "$FULL" "$@"
	cp .out full
	full=$STATUS
	run "$MAILX" -R -f "$BAREBOX" "$@"
	same .out full "$name: the same"
	is "$STATUS" "$full" "$name: status $full"
	[ -s full ]; ok $? "$name: something is said"
}
alike 'summary' -H
alike 'one message' -Y 'print 3'
alike 'headers of all' -Y 'top *'
alike 'a search' -L 'subject "number 1"'
alike 'a search of texts' -L 'body "of 7"'
alike 'sizes' -Y 'size *'
alike 'a part' -Y 'print 2.1'
alike 'count' -Y 'count'
run "$MAILX" -R -f "$FULL" -Y 'copy * full.mbox'
run "$MAILX" -R -f "$BAREBOX" -Y 'copy * bare.mbox'
is "$STATUS" 0 'copied'
is "$(sed '/^From /d' bare.mbox | cksum)" "$(sed '/^From /d' full.mbox | cksum)" 'copies are the same'

stored() { find "$1" -path '*/new/*' -type f 2> /dev/null | wc -l | tr -d ' '; }
run "$MAILX" -Y "fetch -n -o maildir:none $BAREBOX"
is "$(stored none)" 0 'fetch -n'
run "$MAILX" -Y "fetch -k -o maildir:kept $BAREBOX"
is "$STATUS $(stored kept)" '69 0' 'fetch, kept on the server: refused, for nothing tells what came before'
like "$ERR" 'UIDL' 'and the reason is said'
run "$MAILX" -Y "fetch -d -o maildir:moved $BAREBOX"
is "$STATUS" 0 'fetch, and delete on the server'
is "$($DOVEADM mailbox status -u "$USER_NAME" messages INBOX | sed 's/.*=//')" 0 'all are gone from there'
is "$(stored moved)" 12 'and here'

put "$USER_NAME" m1
put "$USER_NAME" m2
run "$MAILX" -f "$BAREBOX" -Y 'delete 1'
is "$STATUS $($DOVEADM mailbox status -u "$USER_NAME" messages INBOX | sed 's/.*=//')" '0 1' 'a message is deleted'
run "$MAILX" -R -f "$BAREBOX" -H
like "$OUT" 'number 2' 'the other is left'
done_testing
