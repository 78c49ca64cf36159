#!/bin/sh
# SMTP servers that are broken or hostile: the status, one line, the message kept, and never a
# password to the wrong one.  The cases of POP3 and IMAP are in faultsfetch.t.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"

# fault STATUS[, more of the outcome] NAME [options of mailx] < script
fault() {
	want=$1 name=$2
	shift 2
	serve
	URL="smtp://${WHO-joe@}localhost:$PORT${QUERY-?tls=none}"
	# shellcheck disable=SC2086 # several of them
	run sh -c 'm=$1; shift; printf "text\n.\n" | "$m" "$@"' sh "$MAILX" -S "mta=$URL" -S timeout=3 \
	    -s test "$@" ${TO:-a@x.test}
	explain "status $want" "$(outcome)" "$name"
}
kept() { want=$1; shift; fault "$want, saved" "$@"; }
authenticated() { want=$1; shift; fault "$want, saved, authenticates" "$@"; }

# --- 1-5, 7, 8: STARTTLS ---
QUERY='?tls=require'
kept 69 'case 1: TLS required, not offered' <<E2
S: 220 hi
C: EHLO*
S: 250-hi
S: 250 AUTH PLAIN
C: QUIT
S: 221 bye
E2
for reply in '69 502 no' '69 554 no' '75 454 later' '76 250 what'; do
	status=${reply%% *} reply=${reply#* }
	kept "$status" "case 2: STARTTLS answered with $reply" <<E2
S: 220 hi
C: EHLO*
S: 250-hi
S: 250 STARTTLS
C: STARTTLS
S: $reply
swallow
E2
done
kept 76 'case 3: octets behind the leave for TLS, in one packet' <<E2
S: 220 hi
C: EHLO*
S: 250-hi
S: 250 STARTTLS
C: STARTTLS
raw 220 go\r\n250-hi\r\n250 AUTH PLAIN\r\n
expect-eof
E2
kept 76 'cases 4, 5: plaintext in place of the ServerHello' <<E2
S: 220 hi
C: EHLO*
S: 250-hi
S: 250 STARTTLS
C: STARTTLS
S: 220 go
sleep 100
raw 250-hi\r\n250 AUTH PLAIN\r\n
E2
for greeting in '76 +OK ready' '76 250 hi' '69 554 no' '75 421 later' '75 450 later'; do
	kept "${greeting%% *}" "case 7: the greeting ${greeting#* }" <<E2
S: ${greeting#* }
swallow
E2
done
fault '0, authenticates' 'case 8: what was offered before TLS is forgotten' <<E2
S: 220 hi
C: EHLO*
S: 250-hi
S: 250-PIPELINING
S: 250-SIZE 1
S: 250-AUTH LOGIN
S: 250 STARTTLS
C: STARTTLS
S: 220 go
starttls
C: EHLO*
S: 250-hi
S: 250 AUTH PLAIN
C: AUTH PLAIN *
S: 235 ok
C: MAIL FROM:<*>
S: 250 ok
C: RCPT TO:<a@x.test>
S: 250 ok
C: DATA
S: 354 go
data
S: 250 ok
C: QUIT
S: 221 bye
E2

# --- 10, 12, 13: certificates and versions ---
for cert in expired:expired wronghost:ostname selfsigned:self; do
	CERT=$CERTS/${cert%%:*}.pem
	kept 69 "case 10: a certificate that is ${cert%%:*}" <<E2
S: 220 hi
C: EHLO*
S: 250-hi
S: 250 STARTTLS
C: STARTTLS
S: 220 go
starttls
expect-eof
E2
	like "$ERR" "${cert#*:}" 'the reason is told'
done
CERT=$CERTS/server.pem
serve -V 1.1 <<E2
S: 220 hi
C: EHLO*
S: 250-hi
S: 250 STARTTLS
C: STARTTLS
S: 220 go
starttls
E2
run sh -c 'echo text | "$0" -S "mta=$1" -s test a@x.test' "$MAILX" "smtp://joe@localhost:$PORT?tls=require"
explain 'status 69, saved' "$(outcome)" 'case 13: TLS 1.1'

# --- 16-22: authentication ---
QUERY='?tls=none'
offers() { printf 'S: 220 hi\nC: EHLO*\nS: 250-hi\nS: 250 AUTH %s\n' "$1"; cat; }
kept 77 'a user, and no AUTH offered' <<E2
S: 220 hi
C: EHLO*
S: 250 hi
C: QUIT
S: 221 bye
E2
offers NTLM < /dev/null > s; printf 'C: QUIT\nS: 221 bye\n' >> s
kept 77 'case 17: nothing that we do' < s
offers 'PLAIN LOGIN' < /dev/null > s; printf 'C: QUIT\nS: 221 bye\n' >> s
kept 77 'case 18: less than `auth'"'"' allows' -S auth=SCRAM-SHA-256 < s
for reply in '77 535 5.7.8 wrong' '77 550 wrong' '75 454 4.7.0 later' '75 421 bye' '76 250 ok' '76 334 more'; do
	offers PLAIN < /dev/null > s
	printf 'C: AUTH PLAIN *\nS: %s\nswallow\n' "${reply#* }" >> s
	authenticated "${reply%% *}" "case 22: AUTH answered with ${reply#* }" < s
done
offers SCRAM-SHA-256 < /dev/null > s; cat >> s <<E2
C: AUTH SCRAM-SHA-256 *
S: 235 welcome
expect-eof
E2
authenticated 76 'case 19: SCRAM without the proof of the server' < s
offers SCRAM-SHA-256 < /dev/null > s; cat >> s <<E2
C: AUTH SCRAM-SHA-256 *
S: 334 $(printf 'r=evil,s=QUFBQQ==,i=4096' | base64)
expect-eof
E2
authenticated 76 'case 20: SCRAM with a nonce that is not ours' < s

# --- 27-32, 34: connections ---
WHO=
for stage in '' 'C: EHLO*' 'C: EHLO*|S: 250 hi|C: MAIL*' 'C: EHLO*|S: 250 hi|C: MAIL*|S: 250|C: RCPT*' \
    'C: EHLO*|S: 250 hi|C: MAIL*|S: 250|C: RCPT*|S: 250|C: DATA' \
    'C: EHLO*|S: 250 hi|C: MAIL*|S: 250|C: RCPT*|S: 250|C: DATA|S: 354|data'; do
	{ [ -z "$stage" ] || { echo 'S: 220 hi'; echo "$stage" | tr '|' '\n'; }; echo swallow; } > s
	start=$(date +%s)
	kept 75 "case 27: silence behind ${stage##*|}" -S timeout=1 < s
	[ $(($(date +%s) - start)) -le 20 ]; ok $? 'which is left in time'
done
start=$(date +%s)
kept 75 'case 28: an octet each 0.3 s' -S timeout=1 <<E2
drip 300
raw 220 a greeting that takes its time and never ends at all, however long one waits, and goes on, and on
E2
[ $(($(date +%s) - start)) -le 20 ]; ok $? 'which is left in time'
kept 76 'case 29: EHLO without end' <<E2
S: 220 hi
C: EHLO*
repeat 100000 250-more
E2
kept 76 'case 30: a line of 10 MB' <<E2
fill 1000000 220-more--
E2
fault 0 'case 34: octet by octet' <<E2
drip 1
S: 220 hi
C: EHLO*
S: 250-hi
S: 250 8BITMIME
C: MAIL*
S: 250 ok
C: RCPT*
S: 250 ok
C: DATA
S: 354 go
data
S: 250 ok
C: QUIT
S: 221 bye
E2

# --- 38-44: every reply at every command ---
at() {		# at COMMAND REPLY: a script that answers so to the command
	printf 'S: 220\non EHLO*\nS: 250 hi\n'
	for command in 'MAIL*:250' 'RCPT*:250' 'DATA:354'; do
		printf 'on %s\n' "${command%:*}"
		if [ "${command%:*}" = "$1" ]; then echo "S: $2"; else echo "S: ${command#*:}"; fi
		[ "$command" != DATA:354 ] || {
			[ "$1" = DATA ] || echo data
			if [ "$1" = . ]; then echo "S: $2"; else echo 'S: 250 done'; fi
		}
	done
	printf 'on QUIT\nS: 221\nclose\nserve\n'
}
for command in 'MAIL*' 'RCPT*' DATA .; do
	for reply in '451 4.3.0 later' '421 bye' '550 5.7.1 no' '552-5.2.2 too|S: 552 5.2.2 much' '354 go' '334' '25 ok' 'abc' '250-a|S: 550 b'; do
		case $reply in 4*) want=75 ;; 5*) want=69 ;; *) want=76 ;; esac
		[ "$command$want" != 'RCPT*69' ] || want=67
		[ "$command$reply" != 'DATA354 go' ] || continue
		at "$command" "$reply" | tr '|' '\n' > s
		kept $want "cases 38, 39, 44: $reply to $command" < s
	done
done
at DATA '250 ok' > s
kept 76 'case 44: 250 to DATA' < s
at x x | sed 's/^S: 354$/raw 354 go\\r\\n354 go\\r\\n/; s/^data$/swallow/' > s
kept 76 'case 44: 354 twice' < s
at x x | sed 's/^S: 354$/raw 354 go\\r\\n250 ok\\r\\n/; s/^data$/swallow/' > s
kept 76 'case 44: 250 before the dot' < s
at x x | sed 's/^S: 250 done/close/' > s
kept 75 'case 43: lost behind the dot' < s
like "$ERR" 'may arrive twice' 'the user is told'

# --- 40, 41: some recipients ---
some() {
	printf 'S: 220\non EHLO*\nS: 250-hi\nS: 250 %s\non MAIL*\nS: 250\n' "$1"
	printf 'on RCPT TO:<yes*\nS: 250 ok\non RCPT TO:<later*\nS: 450 4.2.0 later\non RCPT*\nS: 550 5.1.1 nobody\n'
	printf 'on DATA\nS: %s\n' "${2:-354 go}"
	[ -n "${2:-}" ] || printf 'data mail\nS: 250 done\n'
	printf 'on QUIT\nS: 221\nclose\nserve\n'
}
for offer in PIPELINING 8BITMIME; do
	rm -f mail
	some $offer > s
	TO='yes@x.test no@x.test later@x.test' fault '67, 2 lines of error, saved' "case 40: mixed, $offer" < s
	like "$ERR" 'no@x.test: 550 5.1.1 nobody' 'the refused one is told'
	is "$(grep -c '^C: RCPT' log)" 3 'each is tried once'
	ok "$([ -s mail ]; echo $?)" 'the accepted one gets it'
	some $offer > s
	TO='yes@x.test later@x.test' fault '75, saved' "case 40: one put off, $offer" < s
	some $offer '503 nobody' > s
	TO='no@x.test nobody@x.test' kept '67, 2 lines of error' "case 41: all refused, $offer" < s
	[ $offer = PIPELINING ] || unlike "$(cat log)" '^C: DATA' 'DATA is not said'
done
some PIPELINING '354 go' | sed 's/^S: 354 go/S: 354 go\nC: .\nS: 554 nothing/' > s
TO='no@x.test' kept 67 'case 41: all refused, and yet 354: only a dot' < s

# --- 45, 46, 48, 49 ---
text() {	# text INPUT WANTED NAME: both for printf
	rm -f mail
	at x x | sed 's/^data$/data mail/' > s
	serve < s
	printf '%b' "$1" | "$MAILX" -S "mta=smtp://localhost:$PORT?tls=none" -s test a@x.test 2> err
	served
	printf '%b' "$2" > want
	sed '1,/^$/d' mail > got
	same got want "$3"
	unlike "$(tr -d '\r' < log)" '\\x0a' 'no bare line feed'
}
text '.\n..\n.x\nx.\n' '..\n...\n..x\nx.\n' 'case 45: dots'
text '.' '..\n' 'case 45: a dot and no line end'
text 'a\nb' 'a\nb\n' 'case 45: no line end'
text '' '' 'case 45: nothing'
text 'a\r\n.\r\nb\r\n' 'a\n..\nb\n' 'case 46: CRLF'
at x x | sed 's/^S: 250 hi/S: 250-hi\nS: 250 SIZE 100/' > s
kept 69 'case 49: larger than SIZE' < s
unlike "$(cat log)" 'MAIL' 'nothing was said of it'
at x x > s
TO='é@x.test' kept 67 'case 48: an address beyond ASCII, no SMTPUTF8' < s

# --- what the user demands of a server ---
at x x | sed 's/^S: 250 hi/S: 250-hi\nS: 250 DSN/' > s
fault 0 'delivery reports' -S 'dsn=success, failure' < s
like "$(cat log)" 'RCPT TO:<a@x.test> NOTIFY=success,failure$' 'are asked for'
at x x | sed 's/^S: 250 hi/S: 250-hi\nS: 250 REQUIRETLS/' > s
kept 69 'REQUIRETLS over a connection without TLS' -S requiretls < s

# --- 31, 32: lost at every octet that the server says, and at those that we say ---
at x x > s
sweep() {	# sweep OPTION LAST STEP NAME
	n=0 wrong=
	while [ $n -le "$2" ]; do
		serve "$1" $n < s
		run sh -c 'echo text | "$0" -S "mta=$1" -S timeout=3 -s test a@x.test' "$MAILX" "smtp://localhost:$PORT?tls=none"
		served
		# Only the whole reply to the dot is a success.
		want=75 saved=yes
		[ $n -lt "$WHOLE" ] || { want=0 saved=no; }
		got=no; [ ! -s "$HOME/dead.letter" ] || got=yes
		rm -f "$HOME/dead.letter"
		[ "$STATUS $got" = "$want $saved" ] || wrong="$wrong $n:$STATUS:$got"
		n=$((n + $3))
	done
	is "$wrong" '' "$4"
}
# 220, 250 hi, 250, 250, 354, 250 done, each with its CRLF
WHOLE=$((5 + 8 + 5 + 5 + 5 + 10))
sweep -b $((WHOLE + 3)) 1 'case 31: closed behind each octet that the server says'
sweep -r $((WHOLE + 3)) 1 'case 32: reset there'
serve < s
echo text | "$MAILX" -S "mta=smtp://localhost:$PORT?tls=none" -s test a@x.test
served
SAID=$(grep '^C: ' log | sed 's/^C: //' | tr -d '\n' | wc -c)
SAID=$((SAID + 2 * $(grep -c '^C: ' log) - 6))
WHOLE=$SAID
sweep -a $((SAID - 1)) 3 'case 31: closed behind the octets that we say'

is "$(ls "$HOME")" '' 'nothing else is left behind'
done_testing
