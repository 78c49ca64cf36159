#!/bin/sh
# POP3 and IMAP servers that are broken or hostile: the status, one line, no password to the
# wrong one, nothing half stored, nothing deleted that is not stored, nothing twice.
# shellcheck disable=SC2034,SC2153 # CERT is for faults.sh
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"

stored() { find box -path '*/new/*' -type f 2> /dev/null | wc -l | tr -d ' '; }
subjects() { find box -path '*/new/*' -type f -exec sed -n 's/^Subject: //p' {} + 2> /dev/null | sort | tr '\n' ' '; }
afresh() { rm -rf box "$HOME/.local" "$HOME/.cache"; }
# fault STATUS[, more of the outcome] STORED NAME [options of mailx] < script
fault() {
	want=$1 n=$2 name=$3
	shift 3
	afresh
	serve
	run "$MAILX" -S timeout=3 "$@" -Y "fetch ${MODE:--d} -o maildir:box $P://${WHO-joe@}localhost:$PORT${QUERY-?tls=none}"
	explain "status $want" "$(outcome)" "$P: $name"
	is "$(stored)" "$n" "$P: $name: messages stored"
	if grep -q '^C: \(DELE\|.* STORE .*Deleted\)' log && [ "$(stored)" -eq 0 ]; then ok 1 "$P: $name: nothing is deleted"; fi
}
# The same where we may log in, at the first word of the script.
inside() { want=$1; shift; fault "$want, authenticates" "$@"; }

# --- What both must withstand, before anybody logs in ---
pop3() {	# pop3 CAPABILITY...: the beginning of a script
	printf 'S: +OK hi\nC: CAPA\nS: +OK\n'
	for c in "$@"; do printf 'S: %s\n' "$c"; done
	printf 'S: .\n'
}
imap() { printf 'S: * OK [CAPABILITY IMAP4rev1 %s] hi\n' "$*"; }
for P in pop3 imap; do
	QUERY=
	if [ $P = pop3 ]; then
		go='+OK go' forged='+OK\\r\\nUSER\\r\\n.\\r\\n' ok='+OK' no='-ERR no' later='-ERR [SYS/TEMP] later'
		tls() { pop3 STLS; echo 'C: STLS'; }
		offer() { pop3 USER; }
		silent() { pop3 USER; echo 'C: USER joe'; }
	else
		go='A1 OK go' forged='* CAPABILITY IMAP4rev1 AUTH=PLAIN\\r\\n' ok='* OK' no='A1 NO no'
		later='A1 NO [UNAVAILABLE] later'
		tls() { imap STARTTLS; echo 'C: A1 STARTTLS'; }
		offer() { imap X; }
		silent() { imap X; echo 'C: A1 LOGIN *'; }
	fi
	{ offer; echo swallow; } > s
	fault 69 0 'case 1: TLS required, not offered' < s
	{ tls; echo "S: $no"; echo swallow; } > s
	fault 69 0 'case 2: TLS refused' < s
	{ tls; echo "S: $later"; echo swallow; } > s
	fault 75 0 'case 2: TLS put off' < s
	{ tls; printf 'raw %s\\r\\n%b\nexpect-eof\n' "$go" "$forged"; } > s
	fault 76 0 'case 3: octets behind the leave for TLS' < s
	{ tls; printf 'S: %s\nsleep 100\nraw %b\n' "$go" "$forged"; } > s
	fault 76 0 'cases 4, 5: plaintext in place of the ServerHello' < s
	for cert in expired:expired wronghost:ostname selfsigned:self; do
		CERT=$CERTS/${cert%%:*}.pem
		{ tls; printf 'S: %s\nstarttls\nexpect-eof\n' "$go"; } > s
		fault 69 0 "case 10: a certificate that is ${cert%%:*}" < s
		like "$ERR" "${cert#*:}" 'the reason is told'
	done
	CERT=$CERTS/server.pem
	echo 'S: 220 smtp' > s
	fault 76 0 'case 7: another protocol' < s
	QUERY='?tls=none'
	start=$(date +%s)
	echo swallow > s
	fault 75 0 'case 27: silence' -S timeout=1 < s
	{ silent; echo swallow; } > s
	inside 75 0 'case 27: silence when we log in' -S timeout=1 < s
	printf 'drip 300\nraw %s a greeting that takes its time and never ends at all\n' "$ok" > s
	fault 75 0 'case 28: an octet each 0.3 s' -S timeout=1 < s
	[ $(($(date +%s) - start)) -le 20 ]; ok $? 'all are left in time'
	printf 'fill 1000000 %s-more--\n' "$ok" > s
	fault 76 0 'case 30: a line of 10 MB' < s
	echo close > s
	fault 75 0 'closed at once' < s
done

P=pop3
{ printf 'S: +OK hi\nC: CAPA\nS: +OK\nrepeat 100000 X\n'; } > s
fault 76 0 'case 29: CAPA without end' < s
{ printf 'S: +OK hi\nC: CAPA\nS: +OK\ndrip 100\nrepeat 1000 X\n'; } > s
start=$(date +%s)
fault 75 0 'case 29: CAPA that drips' -S timeout=1 < s
[ $(($(date +%s) - start)) -le 15 ]; ok $? 'is left in time'
{ pop3 USER; printf 'C: USER joe\nS: +OK\nC: PASS *\nS: -ERR wrong\nswallow\n'; } > s
inside 77 0 'case 22: a wrong password' < s
{ pop3 USER; printf 'C: USER joe\nS: +OK\nC: PASS *\nS: -ERR [IN-USE] busy\nswallow\n'; } > s
inside 75 0 'a maildrop that is in use' < s

P=imap
QUERY=
fault 76 0 'case 6: PREAUTH where TLS is required' <<E2
S: * PREAUTH [CAPABILITY IMAP4rev1] hi
C: A1 LOGOUT
S: * BYE
E2
QUERY='?tls=none'
{ imap LOGINDISABLED; printf 'C: A1 LOGOUT\nS: * BYE\n'; } > s
fault 77 0 'case 16: LOGINDISABLED' < s
{ imap X; printf 'C: A1 LOGIN *\nS: A1 NO [AUTHENTICATIONFAILED] wrong\nswallow\n'; } > s
inside 77 0 'case 22: a wrong password' < s
{ imap X; printf 'C: A1 LOGIN *\nS: A1 NO [REFERRAL imap://evil.test/] there\nswallow\n'; } > s
inside 75 0 'case 24: a referral' < s
{ imap X; printf 'C: A1 LOGIN *\nrepeat 100000 * OK still here\n'; } > s
inside 76 0 'case 29: responses without end' < s

# --- POP3: two messages, and what is wrong with them ---
P=pop3
M1='From: a@x.test|Subject: one||text one' M2='From: b@x.test|Subject: two||..|text two'
size() { printf '%s|' "$1" | sed 's/|\./|/g; s/|/\r|/g' | wc -c | tr -d ' '; }
say() { printf '%s\n' "$1" | tr '|' '\n' | sed 's/^/S: /'; }
# drop [RULE...]: rules of our own first, lines divided by |
drop() {
	pop3 UIDL USER TOP "${CAPA:-PIPELINING}" | sed '/^C: CAPA/q' | sed 's/^C: CAPA/on CAPA/'
	pop3 UIDL USER TOP "${CAPA:-PIPELINING}" | sed '1,/^C: CAPA/d'
	for rule in "$@"; do printf '%s\n' "$rule" | tr '|' '\n'; done
	printf 'on USER*\nS: +OK\non PASS*\nS: +OK\non STAT\nS: +OK 2 100\n'
	printf 'on LIST\nS: +OK\nS: 1 %s\nS: 2 %s\nS: .\n' "$(size "$M1")" "$(size "$M2")"
	printf 'on UIDL\nS: +OK\nS: 1 uid-1\nS: 2 uid-2\nS: .\n'
	printf 'on RETR 1\nS: +OK\n'; say "$M1"; printf 'S: .\non RETR 2\nS: +OK\n'; say "$M2"; echo 'S: .'
	printf 'on DELE*\nS: +OK\non QUIT\nS: +OK bye\nclose\nserve\n'
}
pop3_try() { want=$1 n=$2 name=$3; shift 3; drop "$@" > s; inside "$want" "$n" "$name" < s; }
pop3_deleted() { grep -c '^C: DELE' log; }
pop3_try 0 2 'two messages'
is "$(pop3_deleted)" 2 'both are deleted'
sed -n '/^$/,$p' "$(grep -rl 'Subject: two' box)" > got
printf '\n.\ntext two\n' > want
same got want 'dots are unstuffed'
CAPA=X pop3_try 0 2 'without pipelining'
{ echo 'drip 0'; drop; } > s
inside 0 2 'case 34: octet by octet' < s
pop3_try 75 2 'case 65: -ERR to QUIT' 'on QUIT|S: -ERR some were not removed|close'
serve -p "$PORT" < s
run "$MAILX" -S timeout=3 -Y "fetch -d -o maildir:box pop3://joe@localhost:$PORT?tls=none"
served
is "$(stored)" 2 'the next run fetches none of them again'
is "$(pop3_deleted)" 2 'but deletes them'
pop3_try 0 2 'case 67: two UIDLs are equal' 'on UIDL|S: +OK|S: 1 same|S: 2 same|S: .'
pop3_try 0 2 'case 68: odd UIDLs' "on UIDL|S: +OK|S: 1 $(printf '%080d' 7)|S: 2 \\xff\\x01 x|S: ."
pop3_try 0 2 'case 70: hostile rows' 'on LIST|S: +OK|S: 0 5|S: -1 5|S: 4294967297 5|S: 1 10|S: 9 5|S: x|S: 2 20|S: 2 21|S: .'
pop3_try 0 2 'case 72: sizes that lie' 'on LIST|S: +OK|S: 1 9223372036854775807|S: 2 0|S: .'
pop3_try 75 1 'case 73: no final dot' 'on RETR 2|S: +OK|S: Subject: half|S: |S: text|close'
unlike "$(cat log)" '^C: DELE 2' 'it is not deleted'
pop3_try 0 2 'case 73: a dot between bare line feeds' 'on RETR 2|S: +OK|raw Subject: two\r\n\r\na\n.\nb\r\n.\r\n'
like "$(cat box/new/*)" '^b$' 'the text behind it is there'
pop3_try 75 1 'case 74: -ERR to one of them' 'on RETR 1|S: -ERR gone'
is "$(pop3_deleted)" 1 'the other is deleted, that one is not'
pop3_try 75 0 'STAT refused for now' 'on STAT|S: -ERR [SYS/TEMP] later'
pop3_try 76 0 'STAT without a number' 'on STAT|S: +OK many'
pop3_try 76 0 'case 71: 2^31 messages, and no rows' 'on STAT|S: +OK 2147483648 1' 'on LIST|S: +OK|S: x|S: .' 'on UIDL|S: +OK|S: .'
MODE=-k
pop3_try 0 2 'case 64: keep'
serve -p "$PORT" < s
run "$MAILX" -S timeout=3 -Y "fetch -k -o maildir:box pop3://joe@localhost:$PORT?tls=none"
served
is "$STATUS $(stored)" '0 2' 'case 64: keep, the second time'
MODE=-d
# 14, 15: the end of TLS in a message
for way in close cut; do
	{ printf 'starttls\n'; drop "on RETR 2|S: +OK|S: Subject: half|$way"; } > s
	afresh
	serve < s
	run "$MAILX" -S timeout=3 -Y "fetch -d -o maildir:box pop3s://joe@localhost:$PORT"
	explain 'status 75, authenticates' "$(outcome)" "cases 14, 15: $way in a message, under TLS"
	is "$(subjects)" 'one ' 'half a message is none'
done

# --- 31, 32: lost at every octet that the server says; then a whole session ---
drop > s
drop 'on UIDL|S: +OK|S: 1 uid-1|S: 2 uid-2|S: .' > whole
sweep() {	# sweep OPTION STEP NAME
	n=0 wrong='' ended=
	while [ -z "$ended" ] && [ $n -lt 2000 ]; do
		afresh
		serve "$1" $n < s
		run "$MAILX" -S timeout=3 -Y "fetch -d -o maildir:box $P://joe@localhost:$PORT?tls=none"
		served
		first=$STATUS
		case $first in 75 | 76) ;; 0) ended=yes ;; *) wrong="$wrong $n:$first" ;; esac
		[ "$(stored)" -ge "$("${P}_deleted")" ] || wrong="$wrong $n:deleted"
		[ "$(find box -path '*/tmp/*' -type f 2> /dev/null | wc -l)" -eq 0 ] || wrong="$wrong $n:tmp"
		serve -p "$PORT" < whole
		run "$MAILX" -S timeout=3 -Y "fetch -d -o maildir:box $P://joe@localhost:$PORT?tls=none"
		served
		[ "$STATUS $(subjects)" = '0 one two ' ] || wrong="$wrong $n:$STATUS:$(subjects)"
		n=$((n + $2))
	done
	is "$wrong" '' "$P: $3 ($n octets)"
}
sweep -b 7 'case 31: closed in the midst'
sweep -r 11 'case 32: reset in the midst'

# --- IMAP: the same two messages ---
P=imap
lit() { printf '%s|' "$1" | sed 's/|\.\./|./g; s/|/\\r\\n/g'; }
# box [RULE...]
box() {
	imap UIDPLUS "$CAPA"
	for rule in "$@"; do printf '%s\n' "$rule" | tr '|' '\n'; done
	cat <<E2
on * LOGIN *
S: %t OK [CAPABILITY IMAP4rev1 UIDPLUS] in
on * SELECT *
S: * 2 EXISTS
S: * OK [UIDVALIDITY 77] ok
S: * OK [UIDNEXT 20] ok
S: %t OK [READ-WRITE] in
on * FETCH 1:2 (UID FLAGS*
S: * 1 FETCH (UID 11 FLAGS () RFC822.SIZE $(size "$M1") INTERNALDATE "20-Nov-2026 09:30:00 +0800")
S: * 2 FETCH (UID 12 FLAGS () RFC822.SIZE $(size "$M2") INTERNALDATE "20-Nov-2026 09:30:00 +0800")
S: %t OK done
on * UID FETCH 11 (UID FLAGS*
S: * 1 FETCH (UID 11 FLAGS () RFC822.SIZE $(size "$M1") INTERNALDATE "20-Nov-2026 09:30:00 +0800")
S: %t OK done
on * UID FETCH 12 (UID FLAGS*
S: * 2 FETCH (UID 12 FLAGS () RFC822.SIZE $(size "$M2") INTERNALDATE "20-Nov-2026 09:30:00 +0800")
S: %t OK done
on * UID FETCH 11:12 (UID BODY.PEEK*
raw * 1 FETCH (UID 11 BODY[] {$(size "$M1")}\\r\\n$(lit "$M1"))\\r\\n
raw * 2 FETCH (UID 12 BODY[] {$(size "$M2")}\\r\\n$(lit "$M2"))\\r\\n
S: %t OK done
on * UID FETCH 11 (UID BODY.PEEK*
raw * 1 FETCH (UID 11 BODY[] {$(size "$M1")}\\r\\n$(lit "$M1"))\\r\\n
S: %t OK done
on * UID FETCH 12 (UID BODY.PEEK*
raw * 2 FETCH (UID 12 BODY[] {$(size "$M2")}\\r\\n$(lit "$M2"))\\r\\n
S: %t OK done
on * LOGOUT
S: * BYE
S: %t OK
close
on * *
S: %t OK done
serve
E2
}
imap_try() { want=$1 n=$2 name=$3; shift 3; box "$@" > s; inside "$want" "$n" "$name" < s; }
imap_deleted() { grep '^C: .* STORE .*Deleted' log | sed 's/.*STORE \([^ ]*\) .*/\1/' | sed 's/^[0-9]*$/1/; s/^[0-9]*:[0-9]*$/2/' | awk '{ n += $1 } END { print n + 0 }'; }
BODY='on * UID FETCH * (UID BODY.PEEK*'
for way in '75 close' '69 S: %t NO not now'; do
	imap_try "${way%% *}" 2 "case 65: to EXPUNGE: ${way#* }" "on * UID EXPUNGE *|${way#* }"
	box > s
	serve -p "$PORT" < s
	run "$MAILX" -S timeout=3 -Y "fetch -d -o maildir:box imap://joe@localhost:$PORT?tls=none"
	served
	is "$STATUS:$(stored):$(imap_deleted):$(grep -c 'C: .*BODY.PEEK' log)" 0:2:2:0 'the next run deletes them and fetches none'
done
imap_try 0 2 'two messages'
is "$(imap_deleted)" 2 'both are deleted'
unlike "$(cat log)" '^C:.* BODY\[' 'case 85: nothing is marked seen'
for size in 4294967295 18446744073709551617 -1 '' 5x; do
	imap_try 76 0 "case 76: {$size}" "$BODY|raw * 1 FETCH (UID 11 BODY[] {$size}\\r\\nabc"
done
imap_try 76 0 'case 76: {5}x' "$BODY|raw * 1 FETCH (UID 11 BODY[] {5}x\\r\\nabc"
imap_try 76 0 'case 77: shorter than it was said' "$BODY|raw * 1 FETCH (UID 11 BODY[] {60}\\r\\nSubject: x\\r\\n\\r\\n)\\r\\n|S: %t OK done and something more to fill the octets"
imap_try 76 0 'case 77: longer than it was said' "$BODY|raw * 1 FETCH (UID 11 BODY[] {12}\\r\\nSubject: x\\r\\n\\r\\nmore text)\\r\\n|S: %t OK done"
for reply in '75 NO' '76 BAD' '75 NO [UNAVAILABLE]'; do
	imap_try "${reply%% *}" 0 "case 81: ${reply#* } to SELECT" "on * SELECT *|S: %t ${reply#* } no" 'on * LIST *|S: * LIST () "/" INBOX|S: %t OK'
	imap_try 75 0 "case 81: ${reply#* } to FETCH" "$BODY|S: %t ${reply#* } no"
done
imap_try 75 0 'case 81: BYE' "$BODY|S: * BYE down|close"
imap_try 76 0 'case 81: a wrong tag' "$BODY|S: X9 OK done"
imap_try 75 0 'case 81: OK without data' "$BODY|S: %t OK done"
is "$(imap_deleted)" 0 'nothing is deleted'
one="raw * 1 FETCH (UID 11 BODY[] {$(size "$M1")}\\r\\n$(lit "$M1"))\\r\\n"
two="{$(size "$M2")}\\r\\n$(lit "$M2"))\\r\\n"
imap_try 0 2 'case 80: a storm of EXISTS' "$BODY|repeat 400 * 3 EXISTS|$one|repeat 400 * 4 EXISTS|raw * 2 FETCH (UID 12 BODY[] $two|S: %t OK"
is "$(subjects)" 'one two ' 'the right ones'
imap_try 0 2 'case 80: a storm of FLAGS' "$BODY|repeat 400 * 2 FETCH (FLAGS (\\\\Seen))|$one|repeat 400 * 1 FETCH (FLAGS ())|S: * 2 FETCH (FLAGS ())|repeat 100 * FLAGS (a b c)|raw * 2 FETCH (UID 12 BODY[] $two|S: %t OK"
imap_try 0 2 'case 80: EXPUNGE of what has come' "$BODY|$one|S: * 1 EXPUNGE|raw * 1 FETCH (UID 12 BODY[] $two|S: %t OK"
is "$(subjects)" 'one two ' 'the numbers move'
unlike "$(cat log)" 'STORE 11' 'what is gone is not deleted'
imap_try 75 1 'case 80: EXPUNGE of what has not come' "$BODY|S: * 1 EXPUNGE|raw * 1 FETCH (UID 12 BODY[] $two|S: %t OK"
is "$(subjects)" 'two ' 'the other is right'
imap_try 76 0 'case 80: a storm without end' "$BODY|repeat 100000 * 3 EXISTS"
imap_try 76 0 'case 80: EXISTS beyond measure' "$BODY|$one|S: * 4294967295 EXISTS|raw * 2 FETCH (UID 12 BODY[] $two|S: %t OK"
imap_try 76 0 'case 80: EXPUNGE of what never was' "$BODY|S: * 9 EXPUNGE|$one|raw * 2 FETCH (UID 12 BODY[] $two|S: %t OK"
imap_try 76 0 'case 87: nested too deeply' "$BODY|raw * 1 FETCH (UID 11 BODY[] $(printf '%0200d' 0 | tr 0 '('))\\r\\n|S: %t OK"
for way in close cut; do
	{ printf 'starttls\n'; box "$BODY|raw * 1 FETCH (UID 11 BODY[] {60}\\r\\nSubject: half\\r\\n|$way"; } > s
	afresh
	serve < s
	run "$MAILX" -S timeout=3 -Y "fetch -d -o maildir:box imaps://joe@localhost:$PORT"
	explain 'status 75, authenticates' "$(outcome)" "cases 14, 15: $way in a message, under TLS"
	is "$(stored)" 0 'half a message is none'
done
{ echo 'drip 0'; box; } > s
inside 0 2 'case 34: octet by octet' < s
box > s
box > whole
sweep -b 17 'case 31: closed in the midst'
sweep -r 29 'case 32: reset in the midst'
done_testing
