# faults.sh -- for the tests against tests/fake; sourced behind lib.sh.
#
#	serve [options of fake] < script	starts it: $PORT
#	outcome		what came of it: status, lines of error, whether dead.letter is there,
#			whether the dialogue went as written, whether a credential was sent
# shellcheck shell=sh disable=SC2034,SC2153
FAKE=$ROOT/tests/fake
[ -x "$FAKE" ] || { echo "1..0 # SKIP tests/fake is not built"; exit 0; }
PASSWORD=s3cret-pw
write_rc
echo "machine localhost login joe password $PASSWORD" > "$HOME/.netrc"
CERT=$CERTS/server.pem

serve() {
	cat > script
	rm -f port log
	"$FAKE" -t 25 -c "$CERT" -k "$CERTS/server.key" -o log "$@" script > port 2> fake.err &
	FAKE_PID=$!
	while [ ! -s port ] && kill -0 "$FAKE_PID" 2> /dev/null; do sleep 0.01; done
	PORT=$(cat port)
}
# Its end: what went otherwise than written stands in SERVED.  One whom nobody calls is ended.
served() {
	tries=300
	while kill -0 "$FAKE_PID" 2> /dev/null && [ "$tries" -gt 0 ]; do
		tries=$((tries - 1))
		sleep 0.01
	done
	kill "$FAKE_PID" 2> /dev/null
	wait "$FAKE_PID" 2> /dev/null
	SERVED=$(sed -n 's/^# FAILED: //p' log | head -n 1)
}
COUNT_ERR() { printf '%s' "$ERR" | grep -c '' ; }
SECRETS="$PASSWORD|$(printf %s "$PASSWORD" | base64)|$(printf '\0joe\0%s' "$PASSWORD" | base64)"
outcome() {
	served
	o="status $STATUS"
	[ "$STATUS" -eq 0 ] || {
		[ "$(COUNT_ERR)" -eq 1 ] || o="$o, $(COUNT_ERR) lines of error"
		case $ERR in "mailx: "*) ;; *) o="$o, another beginning" ;; esac
		case $ERR in *"localhost:$PORT"*) ;; *) o="$o, no host in the error" ;; esac
	}
	[ ! -s "$HOME/dead.letter" ] || o="$o, saved"
	rm -f "$HOME/dead.letter"
	[ -z "$SERVED" ] || o="$o, dialogue: $SERVED"
	if grep -q '^C: \(AUTH\|[^ ]* LOGIN\|[^ ]* AUTHENTICATE\|USER\|PASS\|APOP\)' log; then o="$o, authenticates"; fi
	if printf '%s\n' "$ERR $OUT" | grep -qE -e "$SECRETS"; then o="$o, SHOWS THE PASSWORD"; fi
	if printf '%s\n' "$ERR" | LC_ALL=C grep -q '[[:cntrl:]]'; then o="$o, control characters"; fi
	echo "$o"
}
explain() {		# explain WANTED GOT NAME: as is, with what was said
	is "$2" "$1" "$3"
	[ "$1" = "$2" ] || { printf '%s\n' "$ERR" | sed 's/^/# /'; tail -n 15 log | sed 's/^/# | /'; }
}
