#!/bin/sh
# Access tokens, OAUTHBEARER (RFC 7628) and XOAUTH2, over every way of TLS, to Dovecot, and to
# Postfix that asks Dovecot: one that is good, one that is not, and one that was.
command -v python3 > /dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
OAUTH=yes; export OAUTH
# shellcheck disable=SC2034 # its own servers, started below
[ -z "${TEST_WORK:-}" ] || unset TEST_WORK
. "$(dirname -- "$0")/lib.sh"
write_rc
: > "$HOME/.netrc"
printf '#!/bin/sh\necho x >> runs\nsed -n "$(grep -c . runs)p" tokens\n' > token-command
chmod +x token-command
# go TOKENS mailx's words: each time that it is asked for one, another line; $RUNS: how often.
go() {
	printf '%b' "$1" > tokens
	shift
	: > runs
	run sh -c 'm=$1; shift; echo text | "$m" "$@"' sh "$MAILX" -v -S oauth-command=./token-command "$@"
	RUNS=$(grep -c . runs)
	rm -f "$HOME/dead.letter"
}
good=$USER_NAME-token
ways="submission://$USER_NAME@localhost:$DOVECOT_SUBMISSION submission://$USER_NAME@localhost:$DOVECOT_SUBMISSION?tls=none"
[ "$POSTFIX" = no ] || ways="$ways submission://$USER_NAME@localhost:$SUBMISSION smtps://$USER_NAME@localhost:$SMTPS"
for m in OAUTHBEARER XOAUTH2; do
	for url in $ways; do
		name="$m $(printf '%s' "$url" | sed "s/$USER_NAME/NAME/; s/[0-9][0-9]*//g")"
		[ "${url#*"$DOVECOT_SUBMISSION"}" = "$url" ] && name="$name, Postfix" || name="$name, Dovecot"
		set -- -S "mta=$url" -S auth=$m -s test "$USER_NAME@example.test"
		go "$good\n" "$@"
		is "$STATUS $RUNS" '0 1' "$name"
		like "$ERR" "^C: AUTH $m" 'by that mechanism'
		go "old\n$good\n" "$@"
		is "$STATUS $RUNS" '0 2' 'one that is no longer good: another is asked for, once'
		go "old\nolder\n$good\n" "$@"
		is "$STATUS $RUNS" '77 2' 'two of them: 77'
		is "$(printf '%s\n' "$ERR" | grep -c '^C: AUTH')" 2 'two attempts'
		go 'old\nold\n' "$@"
		is "$STATUS $RUNS $(printf '%s\n' "$ERR" | grep -c '^C: AUTH')" '77 2 1' 'the same again is not said again'
		go "old\n" "$@"
		is "$STATUS $RUNS" '77 2' 'there is no other'
		unlike "$ERR" "old\|$(printf '%s' "$good" | base64)" 'no token is shown'
	done
	for url in "imap://$USER_NAME@localhost:$IMAP/" "imaps://$USER_NAME@localhost:$IMAPS/" \
	    "pop3://$USER_NAME@localhost:$POP3" "pop3s://$USER_NAME@localhost:$POP3S"; do
		set -- -S auth=$m -R -f "$url" -Y count
		go "$good\n" "$@"
		is "$STATUS $RUNS" '0 1' "$m ${url%%:*}"
		go "old\n$good\n" "$@"
		is "$STATUS $RUNS" '0 2' 'one that is no longer good'
		go "old\nolder\n$good\n" "$@"
		is "$STATUS $RUNS" '77 2' 'two of them'
	done
done
go "$good\n" -S "mta=submission://$USER_NAME@localhost:$DOVECOT_SUBMISSION" -s test "$USER_NAME@example.test"
like "$ERR" '^C: AUTH OAUTHBEARER' 'with oauth-command a token is said, whatever is offered'
done_testing
