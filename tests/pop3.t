#!/bin/sh
# POP3 whole: how we log in, what the server offers, what is asked for and in which order, what
# is deleted.  The scripted server plays what Dovecot does not.
# shellcheck disable=SC2034,SC2153 # CERT is for faults.sh
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"
BOX=pop3s://$USER_NAME@localhost:$POP3S
for u in "$USER_NAME" "$OTHER_NAME"; do echo "machine localhost login $u password $u-pw" >> "$HOME/.netrc"; done

# --- With Dovecot ---
letters three 1 3
awk '/^From a/ { n++; next } { print > "m" n }' three
awk 'BEGIN { for (i = 0; i < 2000; i++) print "a line of the message that is too large" }' >> m2
for i in 1 2 3; do put "$USER_NAME" m$i; done
for mechanism in plain login cram-md5 scram-sha-1 scram-sha-256; do
	run "$MAILX" -v -S "auth=$mechanism" -f "$BOX" -Y count
	is "$STATUS:$OUT" 0:3 "SASL: $mechanism"
	like "$ERR" "AUTH $(echo $mechanism | tr 'a-z' 'A-Z')" 'is what is used'
done
run "$MAILX" -f "$BOX" -Y capabilities
for word in TOP UIDL RESP-CODES PIPELINING SASL; do
	like "$OUT" "^$word" "capabilities: $word"
done
run "$MAILX" -v -J -f "$BOX" -Y 'headers *'
is "$(printf '%s\n' "$OUT" | grep -c '"subject":"number')" 3 'headers of a maildrop as a folder'
unlike "$ERR" 'C: RETR' 'headers before download: none is downloaded'
is "$(printf '%s\n' "$ERR" | grep -c 'C: TOP')" 3 'but asked for by TOP'
printf '%s\n' "$OUT" > first
run "$MAILX" -v -J -f "$BOX" -Y 'headers *'
is "$OUT:$(printf '%s\n' "$ERR" | grep -c 'C: TOP')" "$(cat first):0" 'headers are kept by UIDL: none is asked for again'
find "$HOME/.cache" -type f -exec sh -c 'tr "a-m" "n-z" < "$1" > x; cat x > "$1"' - {} \;
run "$MAILX" -v -J -f "$BOX" -Y 'headers *'
is "$OUT" "$(cat first)" 'what is kept and damaged is asked for again'
find "$HOME/.cache" -type f -exec sh -c 'head -c 40 "$1" > x; cat x > "$1"' - {} \;
run "$MAILX" -v -J -f "$BOX" -Y 'headers *'
is "$OUT" "$(cat first)" 'or cut'
run "$MAILX" -v -J -Y "fetch -s 'smaller 10k' -o maildir:small $BOX"
like "$OUT" '"fetched":2,"skipped":1,"failed":0' '-s smaller: the summary as JSON'
is "$(printf '%s\n' "$ERR" | grep -c 'C: RETR')" 2 'and the large one is not downloaded'
run "$MAILX" -v -Y "fetch -m 1 -o maildir:one $BOX"
is "$(printf '%s\n' "$ERR" | grep -c 'C: RETR'):$(find one/new -type f | wc -l | tr -d ' ')" 1:1 '-m: one is downloaded'
run "$MAILX" -J -Y "fetch -D 1 -o maildir:one $BOX"
like "$OUT" '"fetched":2,"skipped":1' '-D 1: what is new comes'
is "$($DOVEADM mailbox status -u "$USER_NAME" messages INBOX | sed 's/.*=//')" 3 'and nothing is deleted before its day'
run "$MAILX" -J -Y "fetch -D 0 -o maildir:one $BOX"
like "$OUT" '"fetched":0' '-D 0: nothing comes again'
is "$($DOVEADM mailbox status -u "$USER_NAME" messages INBOX | sed 's/.*=//')" 0 'and all is deleted'

# Several sources: the worst counts, and stops nobody.
for i in 1 2; do put "$USER_NAME" m$i; done
put "$OTHER_NAME" m3
cat >> "$HOME/.mailrc" <<E2
account work { set inbox=pop3s://$USER_NAME@localhost:$POP3S }
account home { set inbox=imaps://$OTHER_NAME@localhost:$IMAPS/INBOX }
account gone { set inbox=pop3://$USER_NAME@localhost:1?tls=none }
E2
run "$MAILX" -J -Y 'fetch -o maildir:all @work @gone @home'
is "$STATUS" 75 'several sources: the status of the worst'
is "$(printf '%s\n' "$OUT" | sed -n 's/.*"fetched":\([0-9]*\).*/\1/p' | tr '\n' ' ')" '2 1 ' 'the others are fetched from'
is "$(find all/new -type f | wc -l | tr -d ' ')" 3 'all that they have'
run "$MAILX" -Y 'fetch -o maildir:all @work @home'
is "$STATUS:$(find all/new -type f | wc -l | tr -d ' ')" 0:3 'and nothing twice'

# --- With the scripted server ---
P=pop3
M1='From: a@x.test|Subject: one||text one' M2='From: b@x.test|Subject: two||text two'
say() { printf '%s\n' "$1" | tr '|' '\n' | sed 's/^/S: /'; }
# drop CAPABILITIES [RULE...]: rules of our own before those of a maildrop of two
drop() {
	printf 'S: +OK hi %s\non CAPA\nS: +OK\n' "${STAMP:-}"
	for c in $1; do echo "S: $c"; done
	echo 'S: .'
	shift
	for rule in "$@"; do printf '%s\n' "$rule" | tr '|' '\n'; done
	printf 'on USER*\nS: +OK\non PASS*\nS: +OK\non STAT\nS: +OK 2 100\n'
	printf 'on LIST\nS: +OK\nS: 1 46\nS: 2 46\nS: .\non UIDL\nS: +OK\nS: 1 uid-1\nS: 2 uid-2\nS: .\n'
	printf 'on RETR 1\nS: +OK\n'; say "$M1"; printf 'S: .\non RETR 2\nS: +OK\n'; say "$M2"; echo 'S: .'
	printf 'on TOP 1 0\nS: +OK\n'; say "${M1%||*}|"; printf 'S: .\non TOP 2 0\nS: +OK\n'; say "${M2%||*}|"; echo 'S: .'
	printf 'on DELE*\nS: +OK\non QUIT\nS: +OK bye\nclose\nserve\n'
}
# fetching STATUS NAME [options of fetch] < script
fetching() {
	want=$1 name=$2
	shift 2
	# At one port, for it is one source.
	# shellcheck disable=SC2086 # two words, or none
	serve ${PORT:+-p $PORT}
	run "$MAILX" -S timeout=5 -Y "fetch $* -o maildir:box pop3://joe@localhost:$PORT?tls=none"
	served
	is "$STATUS:$SERVED" "$want:" "$name"
}
afresh() { rm -rf box "$HOME/.local"; }
subjects() { find box -path '*/new/*' -type f -exec sed -n 's/^Subject: //p' {} + 2> /dev/null | sort | tr '\n' ' '; }
heard() { sed -n 's/^C: //p' log | grep "$1" | tr '\n' ' '; }

STAMP='<1896.697170952@dbc.mtview.ca.us>'
digest=$(printf '%s%s' "$STAMP" "$PASSWORD" | openssl md5 | sed 's/.* //')
drop 'TOP UIDL' "on APOP joe $digest|S: +OK" > s
fetching 0 'APOP over a line that others can read' -k < s
unlike "$(cat log)" '^C: \(USER\|PASS\)' 'and no password'
STAMP=

afresh
drop 'TOP UIDL UTF8 USER' 'on UTF8|S: +OK' 'on RETR 2|S: +OK|raw Subject: \xd0\xb4\xd0\xb2\xd0\xb0\r\n\r\nx\r\n.\r\n' > s
fetching 0 'UTF8' -k < s
like "$(heard .)" 'UTF8 USER joe' 'is asked for before we log in'
is "$(subjects)" 'one два ' 'and what comes is stored as it is'
afresh
drop 'TOP UIDL UTF8 USER' 'on UTF8|S: -ERR no' > s
fetching 0 'UTF8 refused' -k < s

for code in '[SYS/TEMP]:75' '[SYS/PERM]:69' '[LOGIN-DELAY]:75' '[IN-USE]:75' '[AUTH]:77'; do
	drop 'TOP UIDL RESP-CODES USER' "on PASS*|S: -ERR ${code%:*} no|swallow" > s
	fetching "${code##*:}" "RESP-CODES: ${code%:*}" -k < s
done

# Both are asked for before the first is answered; without PIPELINING only behind it.
afresh
beginning() {
	printf 'S: +OK\nC: CAPA\nS: +OK\nS: UIDL\nS: USER\nS: %s\nS: .\nC: USER *\nS: +OK\nC: PASS *\nS: +OK\n' "$1"
	printf 'C: STAT\nS: +OK 2 92\nC: LIST\nS: +OK\nS: 1 46\nS: 2 46\nS: .\nC: UIDL\nS: +OK\nS: 1 a\nS: 2 b\nS: .\n'
}
{ beginning PIPELINING; printf 'C: RETR 1\nC: RETR 2\nS: +OK\n'; say "$M1"; printf 'S: .\nS: +OK\n'; say "$M2"; printf 'S: .\nC: QUIT\nS: +OK\n'; } > s
fetching 0 'PIPELINING' -k < s
afresh
{ beginning X; printf 'C: RETR 1\nS: +OK\n'; say "$M1"; printf 'S: .\nC: RETR 2\nS: +OK\n'; say "$M2"; printf 'S: .\nC: QUIT\nS: +OK\n'; } > s
fetching 0 'no PIPELINING' -k < s

# --- What is deleted ---
CAPA='TOP UIDL USER PIPELINING'
afresh
drop "$CAPA" > s
fetching 0 'keep mode' -k < s
is "$(subjects):$(heard DELE)" 'one two :' 'deletes nothing'
drop "$CAPA" > s
fetching 0 'delete mode, when they have come' -d < s
is "$(heard 'RETR\|DELE')" 'DELE 1 DELE 2 ' 'deletes them and fetches nothing'
afresh
drop "$CAPA" > s
fetching 0 'delete mode' -d < s
is "$(heard 'RETR\|DELE' | tr -d ' ')" 'RETR1RETR2DELE1DELE2' 'deletes what is stored'
afresh
drop "$CAPA" 'on QUIT|close' > s
fetching 75 'the end of QUIT is not heard' -d < s
drop "$CAPA" 'on STAT|S: +OK 1 46' 'on LIST|S: +OK|S: 1 46|S: .' 'on UIDL|S: +OK|S: 1 uid-2|S: .' > s
fetching 0 'case 75: what was left has another number' -d < s
is "$(heard 'RETR\|DELE')" 'DELE 1 ' 'it is deleted under that, not fetched'
is "$(subjects)" 'one two ' 'and each came once'
drop "$CAPA" 'on LIST|S: +OK|S: 1 46|S: 2 47|S: .' > s
fetching 0 'case 75: a UIDL used again, for one of another size' -d < s
is "$(heard 'RETR\|DELE' | tr -d ' ')" 'RETR1RETR2DELE1DELE2' 'it is read before it is deleted'

# 69: a list of UIDLs that is cut: what is known stays known.
afresh
drop "$CAPA" > s
fetching 0 'case 69: two come' -k < s
drop "$CAPA" 'on UIDL|S: +OK|S: 1 uid-1|close' > s
fetching 75 'case 69: the list of UIDLs is cut' -k < s
drop "$CAPA" 'on UIDL|S: +OK|S: 1 uid-1|S: .' > s
fetching 69 'case 69: or shorter than it should be' -k < s
drop "$CAPA" > s
fetching 0 'case 69: the next list is whole' -k < s
is "$(heard RETR):$(subjects)" ':one two ' 'case 69: nothing was forgotten, nothing comes twice'
done_testing
