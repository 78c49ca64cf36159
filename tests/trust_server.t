#!/bin/sh
# Servers that are not what they were, or not where they were: octets that somebody puts in
# before TLS, what was offered the last time, names with several addresses.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"

go() {		# go P [options]: the first thing that protocol is used for
	p=$1
	shift
	case $p in
	smtp) run sh -c 'm=$1; shift; echo text | "$m" "$@" -s test a@x.test' sh "$MAILX" -S timeout=5 \
	    -S "mta=smtp://joe@localhost:$PORT${QUERY-}" "$@" ;;
	*) run "$MAILX" -R -S timeout=5 "$@" -f "$p://joe@localhost:$PORT/${QUERY-}" -Y count ;;
	esac
}
before_tls() {		# the beginning of a script, up to the leave for TLS
	case $1 in
	smtp) printf 'S: 220 hi\nC: EHLO*\nS: 250-hi\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n' ;;
	pop3) printf 'S: +OK hi\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: +OK go\n' ;;
	imap) printf 'S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hi\nC: A1 STARTTLS\nS: A1 OK go\n' ;;
	esac
}
for p in smtp pop3 imap; do
	case $p in
	smtp) forged='250-hi\r\n250 AUTH PLAIN\r\n' ;;
	pop3) forged='+OK\r\nUSER\r\n.\r\n' ;;
	imap) forged='* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n' ;;
	esac
	# Whether they come before our ClientHello or behind it, they stand in front of the answer.
	{ before_tls $p; printf '%s\n' "raw $forged" starttls expect-eof; } > s
	serve < s
	go $p
	explain "status 76$([ $p != smtp ] || echo ', saved')" "$(outcome)" "case 4: $p: octets in front of the answer to our ClientHello"
	{ before_tls $p; printf '%s\n' "raw $forged" swallow; } > s
	serve < s
	go $p
	explain "status 76$([ $p != smtp ] || echo ', saved')" "$(outcome)" "case 5: $p: plain text in its place"
done

serve <<E2
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hi
C: A1 STARTTLS
raw * OK [ALERT] call 555 and say your password\r\nA1 OK [ALERT] call 556\r\n
starttls
C: A2 CAPABILITY
S: * CAPABILITY IMAP4rev1
S: A2 OK
C: A3 LOGIN *
S: A3 OK
S: * BYE
E2
go imap
unlike "$OUT $ERR" '55[56]' 'case 9: an ALERT from before TLS is not shown'
like "$(cat log)" '^C: A3 LOGIN' 'and the session was one that went on'
served

CERT=$CERTS/selfsigned.pem
{ before_tls smtp; echo starttls; } > s
serve < s
run sh -c 'echo text | "$0" -S "mta=smtp://localhost:$1" -s test a@x.test' "$MAILX" "$PORT"
served
rm -f "$HOME/dead.letter"
is "$STATUS $(printf '%s' "$ERR" | grep -c '')" '69 1' 'TLS that nobody asked for, and a certificate that is refused'
like "$ERR" 'localhost:[0-9]*: the certificate is refused: .*tls-ca-file.*tls=none' 'the remedies are named'
# Where TLS is asked for, to go without is no remedy.
for p in imap pop3 smtp; do
	{ before_tls $p; echo starttls; } > s
	serve < s
	go $p
	explain "status 69$([ $p != smtp ] || echo ', saved')" "$(outcome)" "$p: a certificate that is refused"
	like "$ERR" 'the certificate is refused: .*tls-ca-file.*tls-fingerprint' 'the remedies are named'
	unlike "$ERR" 'tls=none' 'and not that one'
done
run sh -c 'echo text | "$0" -S "mta=smtps://joe@localhost:$1" -S tls-ca-file="$2" -s test a@x.test' "$MAILX" "$IMAPS" "$OTHER_CA"
rm -f "$HOME/dead.letter"
is "$STATUS" 69 'TLS from the start'
like "$ERR" 'the certificate is refused: .*tls-ca-file.*tls-fingerprint' 'the remedies are named'
CERT=$CERTS/server.pem

# --- 18: SCRAM was offered, and is no longer ---
QUERY='?tls=none'
STATE=$HOME/.local/state/mailx/known
forget() { rm -rf "$STATE"; }
WARNS='no longer offers SCRAM'
plain() {	# a server that takes the password as it is
	case $1 in
	smtp) printf 'S: 220 hi\nC: EHLO*\nS: 250-hi\nS: 250 AUTH PLAIN\nC: AUTH PLAIN *\nS: 535 no\nswallow\n' ;;
	pop3) printf 'S: +OK hi\nC: CAPA\nS: +OK\nS: USER\nS: .\nC: USER joe\nS: +OK\nC: PASS *\nS: -ERR no\nswallow\n' ;;
	imap) printf 'S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN *\nS: A1 NO no\nswallow\n' ;;
	esac
}
: > "$HOME/.netrc"
echo "machine localhost login joe password joe-pw" > "$HOME/.netrc"
chmod 600 "$HOME/.netrc"
for p in imap pop3; do
	port=$IMAP; [ $p = imap ] || port=$POP3
	forget
	PORT=$port go $p -v
	is "$STATUS" 0 "case 18: $p: the real server, which offers SCRAM"
	unlike "$ERR" "$WARNS" 'gives no warning'
	is "$(find "$STATE" -type f -exec stat -c %a {} +)" 600 'and that is noted'
	PORT=$port go $p -v
	unlike "$ERR" "$WARNS" 'nor the next time'
	# The note is of host, port and user.
	plain $p > s
	serve < s
	go $p -v
	unlike "$ERR" "$WARNS" 'a server that never offered it gives none'
	served
done
if [ "$POSTFIX" = yes ]; then
	# One and the same port, where SCRAM is offered first.
	forget
	PORT=$SUBMISSION QUERY='' go smtp -v
	is "$(find "$STATE" -type f | wc -l | tr -d ' ')" 1 'case 18: submission: noted'
else
	skip 1 'no Postfix'
fi
# With the scripted server: what it was is written as the program writes it.
for p in smtp imap pop3; do
	plain $p > s
	forget
	serve < s
	mkdir -p "$STATE"
	chmod 700 "$STATE"
	# SHA-256 of the texts "SASL", host, port, user, each with its NUL
	note=$(printf 'SASL\000localhost\000%s\000joe\000' "$PORT" | sha256sum | cut -d ' ' -f 1)
	echo SCRAM > "$STATE/$note"
	chmod 600 "$STATE/$note"
	go $p -v
	like "$ERR" "^mailx: .*localhost:$PORT: .*$WARNS" "case 18: $p: a warning"
	served
	serve -p "$PORT" < s
	go $p
	unlike "$ERR" "$WARNS" 'which is for terminals and -v'
	served
	rm -f "$HOME/dead.letter"
done

# --- 33: names and addresses ---
case $MAILX in
*asan) skip 8 'nothing can be loaded in front of the sanitizer' ;;
*)
	HOSTS=$ROOT/tests/hosts.so
	at() {		# at ADDRESSES [options of fake]
		addresses=$1
		shift
		printf 'S: 220 hi\non EHLO*\nS: 250 hi\non MAIL*\nS: 250 ok\non RCPT*\nS: 250 ok\non DATA\nS: 354\ndata\nS: 250 ok\non QUIT\nS: 221\nclose\nserve\n' > s
		serve "$@" < s
		run sh -c 'echo text | ADDRESSES=$2 LD_PRELOAD=$3 "$0" -S timeout=5 -S "mta=smtp://mail.x.test:$1?tls=none" -s test a@x.test' \
		    "$MAILX" "$PORT" "$addresses" "$HOSTS"
		kill "$FAKE_PID" 2> /dev/null
		wait "$FAKE_PID" 2> /dev/null
	}
	at '127.0.0.2 127.0.0.1'
	is "$STATUS" 0 'case 33: the first address refuses, the second is tried'
	at '127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.1'
	is "$STATUS" 0 'and the fourth'
	at '127.0.0.2 127.0.0.3'
	is "$STATUS" 75 'all refuse'
	at NONAME
	is "$STATUS" 68 'no such name'
	at AGAIN
	is "$STATUS" 75 'no answer of the name server'
	if "$FAKE" -6 -t 1 /dev/null > /dev/null 2>&1; then
		at '::1 127.0.0.1'
		is "$STATUS" 0 'case 33: nobody at the address of IPv6, somebody at that of IPv4'
		at '127.0.0.1 ::1' -6
		is "$STATUS" 0 'the other way round'
		at '::1' -6
		is "$STATUS" 0 'IPv6 alone'
	else
		skip 3 'no IPv6 here'
	fi ;;
esac
done_testing
