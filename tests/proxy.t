#!/bin/sh
# A SOCKS5 proxy between us and the server: names are resolved there, with and without a
# password, over TLS, and what each of its refusals comes to.
. "$(dirname -- "$0")/lib.sh"
command -v python3 > /dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
write_rc
echo "machine mail.far.test login $USER_NAME password $USER_NAME-pw" >> "$HOME/.netrc"
proxy() {		# proxy [arguments]: $PROXY is its port
	rm -f socks.log port
	python3 "$ROOT/tests/socks.py" 60 "$@" > port 2> socks.err &
	PROXY_PID=$!
	while [ ! -s port ] && kill -0 $PROXY_PID 2> /dev/null; do sleep 0.01; done
	PROXY=$(cat port)
}
# The proxy is ended by its id; it ends by itself after a minute.
ended() { kill $PROXY_PID 2> /dev/null; wait $PROXY_PID 2> /dev/null; }
# A name that no resolver of ours knows: only the proxy can have found it.
FAR=mail.far.test

proxy
run "$MAILX" -R -S "proxy=socks5h://127.0.0.1:$PROXY" -S allow-cleartext-auth -f "imap://$USER_NAME@$FAR:$IMAP/?tls=none" -Y count
is "$STATUS $OUT" '0 0' 'IMAP, the name resolved by the proxy'
like "$(cat socks.log)" "^asks 3 $FAR $IMAP\$" 'which was told the name'
like "$(cat socks.log)" '^methods 0$' 'and offered no password'
run "$MAILX" -R -S "proxy=socks5h://127.0.0.1:$PROXY" -S allow-cleartext-auth -f "pop3://$USER_NAME@$FAR:$POP3/?tls=none" -Y count
is "$STATUS $OUT" '0 0' 'POP3'
run "$MAILX" -R -S "proxy=socks5h://127.0.0.1:$PROXY" -f "imap://$USER_NAME@$FAR:$IMAP/?tls=none" -Y count
is "$STATUS" 0 'a loopback proxy is no loopback server: SCRAM may be used'
run "$MAILX" -R -S "proxy=socks5h://127.0.0.1:$PROXY" -S auth=PLAIN -f "imap://$USER_NAME@$FAR:$IMAP/?tls=none" -Y count
is "$STATUS" 77 'but no password as it is'
run sh -c 'echo text | "$0" -S "proxy=socks5h://127.0.0.1:$1" -S "mta=lmtp://$2" -s lmtp "$3"' "$MAILX" "$PROXY" "$FAR:$LMTP?tls=none" "$USER_NAME@example.test"
is "$STATUS" 0 'LMTP'
arrived "$USER_NAME" 1; ok $? 'and the message is there'
for p in imaps:$IMAPS pop3s:$POP3S imap:$IMAP pop3:$POP3; do
	run "$MAILX" -R -S "proxy=socks5h://127.0.0.1:$PROXY" -f "${p%%:*}://$USER_NAME@localhost:${p#*:}" -Y count
	is "$STATUS $OUT" '0 1' "${p%%:*} with TLS, checked against the name that was asked for"
done
run "$MAILX" -R -S "proxy=socks5h://127.0.0.1:$PROXY" -f "imaps://$USER_NAME@$FAR:$IMAPS" -Y count
is "$STATUS" 69 'another name: the certificate is refused'
if [ "$POSTFIX" = yes ]; then
	for url in "smtp://localhost:$SMTP" "submission://$USER_NAME@localhost:$SUBMISSION" "smtps://$USER_NAME@localhost:$SMTPS"; do
		run sh -c 'echo text | "$0" -S "proxy=socks5h://127.0.0.1:$1" -S "mta=$2" -s smtp "$3"' "$MAILX" "$PROXY" "$url" "$USER_NAME@example.test"
		is "$STATUS" 0 "SMTP: ${url%%:*}"
	done
else
	skip 3 'no Postfix'
fi
ended
count() { run "$MAILX" -R -S "proxy=$1" -f "imaps://$USER_NAME@localhost:$IMAPS" -Y count; }

proxy joe 's3cret:p@ss'
count "socks5h://joe:s3cret%3Ap%40ss@127.0.0.1:$PROXY"
is "$STATUS" 0 'with user and password'
like "$(cat socks.log)" '^user joe$' 'as RFC 1929 has it'
count "socks5h://joe:wrong-pw@127.0.0.1:$PROXY"
is "$STATUS" 77 'a wrong password'
like "$ERR" "localhost:$IMAPS: through 127.0.0.1:$PROXY: the proxy refuses" 'server and proxy are named'
unlike "$ERR" 'wrong-pw' 'the password is not'
count "socks5h://127.0.0.1:$PROXY"
is "$STATUS" 77 'no password where one is wanted'
count "socks5h://joe:s3cret@127.0.0.1:none"
is "$STATUS" 78 'a port that is none'
unlike "$ERR" 's3cret' 'does not show the password'
ended

for refusal in 1:75 2:77 3:75 4:75 5:75 6:75 7:69 8:69 99:75; do
	proxy -r "${refusal%:*}"
	count "socks5h://127.0.0.1:$PROXY"
	is "$STATUS" "${refusal#*:}" "refused with ${refusal%:*}"
	ended
done
count "socks5h://127.0.0.1:$PROXY"
is "$STATUS" 75 'nobody there'
count "http://127.0.0.1:$PROXY"
is "$STATUS" 78 'another kind of proxy'
is "$(printf '%s' "$ERR" | grep -c '')" 1 'one line says so'
done_testing
