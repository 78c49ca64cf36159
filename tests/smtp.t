#!/bin/sh
# The 14 commands and 21 replies of classic SMTP: what is spoken, what is refused and why; each
# reply at each step, its status and its words.  The command smtp.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"
ask() { run "$MAILX" -S timeout=5 -S "mta=smtp://localhost:$PORT?tls=none" "$@"; }

# --- The commands ---
rules='S: 220 hi
on EHLO*
S: 250-host.x.test
S: 250-SIZE 1000
S: 250 SMTPUTF8
on VRFY joe
S: 250 2.1.5 Joe <joe@x.test>
on VRFY moved
S: 251 2.1.5 will go to <moved@y.test>
on VRFY maybe
S: 252 2.1.5 will try
on VRFY "two words"
S: 250 quoted
on VRFY é SMTPUTF8
S: 250 é
on VRFY nobody
S: 550 5.1.1 nobody here
on VRFY gone
S: 551 5.1.6 try <gone@y.test>
on VRFY later
S: 451 4.3.0 later
on VRFY never
S: 502 5.5.1 not here
on VRFY wild
S: 354 go
on EXPN list
S: 250-a@x.test
S: 250 b@x.test
on EXPN *
S: 550 5.7.1 that is private
on HELP
S: 214-commands
S: 214 and more
on HELP mail
S: 211 about MAIL
on NOOP
S: 250 2.0.0 ok
on QUIT
S: 221 bye
close
serve'
serve -n 40 <<E2
$rules
E2
for t in 'vrfy joe|0|2.1.5 Joe <joe@x.test>' 'vrfy moved|0|2.1.5 will go to <moved@y.test>' \
    'vrfy maybe|0|2.1.5 will try' "vrfy '\"two words\"'|0|quoted" 'vrfy é|0|é' 'help|0|commands and more' \
    'HELP mail|0|about MAIL' 'noop|0|2.0.0 ok' 'expn list|0|a@x.test b@x.test' 'ehlo|0|SIZE 1000 SMTPUTF8'; do
	what=${t%%|*} t=${t#*|}
	ask -Y "smtp $what"
	is "$STATUS $(printf '%s' "$OUT" | tr '\n' ' ')$ERR" "${t%%|*} ${t#*|}" "smtp $what"
done
for t in 'vrfy nobody|67|550 5.1.1 nobody here' 'vrfy gone|67|551 5.1.6 try <gone@y.test>' 'vrfy later|75|451 4.3.0 later' \
    'vrfy never|69|502 5.5.1 not here' 'vrfy wild|76|354 go' 'expn secret|67|550 5.7.1 that is private'; do
	what=${t%%|*} t=${t#*|}
	ask -Y "smtp $what"
	is "$STATUS $OUT $(printf '%s' "$ERR" | grep -c '')" "${t%%|*}  1" "smtp $what"
	like "$ERR" "^mailx: smtp: localhost:$PORT: .*${t#*|}" 'the words are told'
done
ask -J -Y 'smtp vrfy maybe'
is "$OUT" '{"verb":"vrfy","code":252,"reply":["2.1.5 will try"]}' 'smtp -J'
ask -J -Y 'smtp ehlo'
is "$OUT" '{"verb":"ehlo","code":250,"reply":["SIZE 1000","SMTPUTF8"]}' 'ehlo -J'
ask -J -Y 'smtp vrfy nobody'
like "$OUT" '^{"error":{"code":67,' 'a refusal is an error'
kill "$FAKE_PID"; wait "$FAKE_PID" 2> /dev/null
# What is not said: nobody is connected to.
PORT=1
for t in 'helo x|EHLO' 'mail a@x|sending' 'rcpt a@x|sending' 'data|sending' 'rset|sending' 'quit|ends' 'send a@x|obsolete' \
    'soml a@x|obsolete' 'saml a@x|obsolete' 'turn|obsolete' 'auth PLAIN x|user' 'starttls|tls' 'xyzzy|none of' 'vrfy|of whom' 'noop x|no argument'; do
	ask -Y "smtp ${t%%|*}"
	is "$STATUS" 64 "smtp ${t%%|*}: not said"
	like "$ERR" "${t#*|}" 'and why'
done
run "$MAILX" -S mta=/bin/true -Y 'smtp noop'
is "$STATUS" 78 'a program cannot be asked'
if [ "$POSTFIX" = yes ]; then
	PORT=$SMTP
	ask -Y "smtp vrfy $USER_NAME@example.test"
	like "$STATUS $OUT" "^0 .*$USER_NAME@example.test" 'Postfix: VRFY'
	ask -Y 'smtp vrfy unknown1@example.test'
	is "$STATUS" 67 'Postfix: nobody'
	ask -Y 'smtp expn list'
	is "$STATUS" 69 'Postfix: EXPN is not there'
	ask -Y 'smtp ehlo'
	like "$OUT" '^CHUNKING$' 'Postfix: EHLO'
else
	skip 4 'no Postfix'
fi

# --- The replies ---
# reply STEP REPLY: a server that answers so to one command.
answering() {
	[ "$1" != greeting ] && echo 'S: 220' || echo "S: $2"
	printf 'on EHLO*\nS: 250 hi\n'
	for c in 'MAIL*:250' 'RCPT*:250' 'DATA:354'; do
		printf 'on %s\n' "${c%:*}"
		if [ "${c%:*}" = "$1" ]; then echo "S: $2"; else echo "S: ${c#*:}"; fi
		[ "${c%:*}$1" != DATA. ] || printf 'data\nS: %s\n' "$2"
		[ "${c%:*}" != DATA ] || case $1 in DATA|.) ;; *) printf 'data\nS: 250 done\n' ;; esac
	done
	printf 'on RSET\nS: 250\non QUIT\nS: 221\nclose\nserve\n'
}
# What each comes to at: the greeting, MAIL, RCPT, DATA, the end of the text.
cat > table <<'E2'
211 76 76 0 76 0
214 76 76 0 76 0
220 0 76 0 76 0
221 76 76 0 76 0
250 76 0 0 76 0
251 76 76 0 76 0
252 76 76 0 76 0
354 76 76 76 - 76
421 75 75 75 75 75
450 75 75 75 75 75
451 75 75 75 75 75
452 75 75 75 75 75
500 69 69 67 69 69
501 69 69 67 69 69
502 69 69 67 69 69
503 69 69 67 69 69
504 69 69 67 69 69
550 69 69 67 69 69
551 69 69 67 69 69
552 69 69 67 69 69
553 69 69 67 69 69
554 69 69 67 69 69
E2
steps() {		# steps CODE GREETING MAIL ...: those that are tried, each with its status
	for s in "greeting:$2" "MAIL*:$3" "RCPT*:$4" "DATA:$5" ".:$6"; do
		[ "${s#*:}" = - ] || echo "$s"
	done
}
# One server, a connection for each.
while read -r code rest; do
	# shellcheck disable=SC2086
	steps "$code" $rest | while IFS=: read -r step status; do
		answering "$step" "$code words of $code"
		echo next
	done
done < table > s
serve -t 100 < s
while read -r code rest; do
	# shellcheck disable=SC2086
	steps "$code" $rest > steps
	wrong=
	while IFS=: read -r step status; do
		run sh -c 'echo text | "$0" -S timeout=20 -S "mta=smtp://localhost:$1?tls=none" -s test a@x.test' "$MAILX" "$PORT"
		[ "$STATUS" = "$status" ] || wrong="$wrong $step:$STATUS"
		case $STATUS$ERR in 0|*"words of $code"*) ;; *) wrong="$wrong $step:silent" ;; esac
	done < steps
	is "$wrong" '' "$code, at each step"
done < table
kill "$FAKE_PID" 2> /dev/null
wait "$FAKE_PID" 2> /dev/null
answering 'RCPT*' '251 2.1.5 will go to <moved@y.test>' > s
serve < s
run sh -c 'echo text | "$0" -v -S "mta=smtp://localhost:$1?tls=none" -s test a@x.test' "$MAILX" "$PORT"
is "$STATUS" 0 '251 to RCPT is a success'
like "$ERR" '251 2.1.5 will go to <moved@y.test>' 'and shown with -v'
served
answering 'RCPT*' '551 5.1.6 try <moved@y.test>' > s
serve < s
run sh -c 'echo text | "$0" -S "mta=smtp://localhost:$1?tls=none" -s test a@x.test' "$MAILX" "$PORT"
like "$ERR" '551 5.1.6 try <moved@y.test>' '551: where to is told'
served
done_testing
