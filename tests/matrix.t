#!/bin/sh
# Every way of TLS with every mechanism of authentication that the servers offer; and how
# many flights a message takes.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"
write_rc
sent() { run sh -c 'm=$1; shift; echo text | "$m" "$@"' sh "$MAILX" -v "$@" -s test "$USER_NAME@example.test"; }
for m in PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256; do
	if [ "$POSTFIX" = yes ]; then
		for url in "submission://$USER_NAME@localhost:$SUBMISSION" "smtps://$USER_NAME@localhost:$SMTPS"; do
			sent -S "mta=$url" -S auth=$m
			is "$STATUS" 0 "Postfix, ${url%%:*}, $m"
			like "$ERR" "^C: AUTH $m" 'by that mechanism'
		done
	else
		skip 4 'no Postfix'
	fi
	sent -S "mta=submission://$USER_NAME@localhost:$DOVECOT_SUBMISSION" -S auth=$m
	is "$STATUS" 0 "Dovecot, STARTTLS, $m"
	sent -S "mta=submission://$USER_NAME@localhost:$DOVECOT_SUBMISSION?tls=none" -S auth=$m
	is "$STATUS" 0 "Dovecot on loopback, no TLS, $m"
	unlike "$ERR" "$USER_NAME-pw" 'no password is shown'
done
if [ "$POSTFIX" = yes ]; then
	sent -S "mta=submission://$USER_NAME@localhost:$SUBMISSION?tls=none"
	is "$STATUS" 77 'Postfix offers no mechanism without TLS'
	sent -S "mta=smtp://localhost:$SMTP"
	is "$STATUS" 0 'Postfix, no user: TLS because it is offered'
	like "$ERR" '^\* TLSv1' 'there is TLS'
	sent -S "mta=smtp://localhost:$SMTP?tls=none"
	is "$STATUS" 0 'Postfix, no user, no TLS'
else
	skip 4 'no Postfix'
fi
rm -f "$HOME/dead.letter"

# --- Flights: those behind TLS ---
flights() {	# flights MOST NAME OFFER...: three recipients
	most=$1 name=$2
	shift 2
	{
		printf 'S: 220 hi\non EHLO*\nS: 250-hi\n'
		for o in "$@"; do printf 'S: 250-%s\n' "$o"; done
		printf 'S: 250 STARTTLS\non STARTTLS\nS: 220 go\nstarttls\non AUTH*\nS: 235 ok\non MAIL*\nS: 250 ok\non RCPT*\nS: 250 ok\n'
		printf 'on DATA\nS: 354 go\ndata\nsleep 500\nS: 250 ok\non BDAT*\nbdat\nS: 250 ok\non QUIT\nS: 221 bye\nclose\nserve\n'
	} > s
	serve < s
	run sh -c 'echo text | "$0" -S "mta=submission://$2@localhost:$1" -s test a@x.test b@x.test c@x.test' "$MAILX" "$PORT" "$USER_NAME"
	is "$STATUS" 0 "$name"
	served
	got=$(sed '1,/^# TLSv/d' log | grep -c '^# flight')
	[ "$got" -le "$most" ]; ok $? "takes at most $most flights after TLS, and took $got"
}
# EHLO; AUTH; MAIL, RCPT, RCPT, RCPT, DATA; the text and QUIT.
flights 4 'three recipients, PIPELINING' PIPELINING 'AUTH PLAIN'
# EHLO; AUTH; MAIL, RCPT, RCPT, RCPT; the text and QUIT.
flights 4 'three recipients, PIPELINING and CHUNKING' PIPELINING CHUNKING 'AUTH PLAIN'
flights 9 'three recipients, nothing offered' 'AUTH PLAIN'
done_testing
