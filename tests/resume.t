#!/bin/sh
# Sessions of TLS that are resumed from one run to the next, and when they must not be.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"
CACHE=$HOME/.cache/mailx/tls
files() { ls "$CACHE" 2> /dev/null | wc -l | tr -d ' '; }

# Several connections by the same server, for its tickets are good with it alone.
dialogue() {
	printf 'S: 220 hi\non EHLO*\nS: 250-hi\nS: 250 STARTTLS\non STARTTLS\nS: 220 go\nstarttls\n'
	printf 'on MAIL*\nS: 250 ok\non RCPT*\nS: 250 ok\non DATA\nS: 354 go\ndata\nS: 250 ok\non QUIT\nS: 221 bye\nclose\nserve\n'
}
again() { run sh -c 'm=$1; shift; echo text | "$m" "$@" -s test a@x.test' sh "$MAILX" -v -S timeout=5 -S "mta=smtp://localhost:$PORT?tls=require" "$@"; }
resumed() { [ "$STATUS" -eq 0 ] && printf '%s\n' "$ERR" | grep -q '^\* TLSv1.3 .*, resumed$'; }
fully() { [ "$STATUS" -eq 0 ] && printf '%s\n' "$ERR" | grep '^\* TLS' | grep -qv resumed; }

# shellcheck disable=SC2046
serve -n 20 <<E2
$(dialogue)
E2
again; fully; ok $? 'the first time the whole handshake'
is "$(files)" 1 'a session is kept'
is "$(find "$CACHE" -type f -exec stat -c %a {} +)" 600 'which nobody else can read'
is "$(stat -c %a "$CACHE")" 700 'in a directory of our own'
again; resumed; ok $? 'the second time it is resumed'
again; resumed; ok $? 'and so is the one that comes of that'
is "$(files)" 1 'one is kept for a server'
again -S notls-resume; fully; ok $? 'not with notls-resume'
again -S tls-min=1.3; fully; ok $? 'not where another tls-min is set'
cp "$CA" other-name.pem
again -S tls-ca-file="$T/other-name.pem"; fully; ok $? 'not where the authorities are another file'
cat "$OTHER_CA" > other-name.pem
again -S tls-ca-file="$T/other-name.pem"
is "$STATUS" 69 'and where that no longer has the one who signed, the server is refused'
pin=$(openssl x509 -in "$CERT" -noout -fingerprint -sha256 | sed 's/.*=//')
again -S "tls-fingerprint=$pin"; fully; ok $? 'not where the certificate is pinned now'
again -S "tls-fingerprint=$pin"; resumed; ok $? 'but with the same pin again'
again -S "tls-fingerprint=00$(echo "$pin" | cut -c3-)"
is "$STATUS" 69 'a wrong pin is refused'
again -S tls-verify=ignore; fully; ok $? 'one that is not verified does not use what was kept'
n=$(files)
again -S tls-verify=ignore
is "$(files)" "$n" 'and is not kept'

# Damage and bad manners are no failures: the whole handshake is made.
again
for f in "$CACHE"/*; do echo garbage > "$f"; done
again; fully; ok $? 'damaged'
again
for f in "$CACHE"/*; do chmod 644 "$f"; done
again; fully; ok $? 'one that others can read'
again
chmod 777 "$CACHE"
again; fully; ok $? 'a directory that others can write to'
kill "$FAKE_PID"; wait "$FAKE_PID" 2> /dev/null
chmod 700 "$CACHE"

rm -rf "$CACHE"; mkdir -p "$HOME/.cache/mailx"; ln -s "$T" "$CACHE"
serve -n 2 <<E2
$(dialogue)
E2
again; again; fully; ok $? 'a link in its place'
is "$(find "$T" -maxdepth 1 -name '????????????????????????????????*')" '' 'is not followed'
served
rm -f "$CACHE"

# Another server in its place, with a certificate that is refused.
serve <<E2
$(dialogue)
E2
again; port=$PORT
served
CERT=$CERTS/expired.pem
serve -p "$port" <<E2
$(dialogue)
E2
again
is "$STATUS" 69 'a server that cannot resume is looked at anew'
served
CERT=$CERTS/server.pem

serve -V 1.2 -n 2 <<E2
$(dialogue)
E2
again; again; fully; ok $? 'TLS 1.2 is not resumed'
served

# The real ones; a user may log in over a session that was resumed, bound to it.
write_rc
real() { like "$(run "$@"; echo "$STATUS $ERR")" "$LIKE" "$NAMED"; }
for url in "imaps://$USER_NAME@localhost:$IMAPS" "pop3s://$USER_NAME@localhost:$POP3S" "imap://$USER_NAME@localhost:$IMAP"; do
	NAMED="${url%%:*} of Dovecot"
	"$MAILX" -v -R -f "$url" -Y count > /dev/null 2>&1
	LIKE=', resumed$' real "$MAILX" -v -R -f "$url" -Y count
	is "$STATUS" 0 'and all goes well'
done
if [ "$POSTFIX" = yes ]; then
	NAMED='smtps of Postfix'
	for i in 1 2; do
		run sh -c 'echo text | "$0" -v -S "mta=$1" -s "$3" "$2"' "$MAILX" "smtps://$USER_NAME@localhost:$SMTPS" "$USER_NAME@example.test" $i
	done
	is "$STATUS" 0 'Postfix: the second message is sent'
	like "$ERR" ', resumed$' 'over a session that was resumed'
else
	skip 2 'no Postfix'
fi
done_testing
