#!/bin/sh
# IMAP servers as Debian has none: other clients change the mailbox at every moment at which
# the server may say so (trust: 80), QRESYNC and CONDSTORE, IMAP4rev2, a prefix for all
# mailboxes, and compression that is none.
# shellcheck disable=SC2034,SC2119,SC2120 # for lib.sh; awk's arguments are no one's
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
echo "machine localhost login joe password joe-pw" > "$HOME/.netrc"
chmod 600 "$HOME/.netrc"
SIM=
end_sim() { [ -z "$SIM" ] || kill "$SIM" 2> /dev/null; SIM=; }
leave() { end_sim; finish; }
trap leave EXIT
sim() {			# sim OPTIONS...: starts it: $BOX
	end_sim
	rm -f port state
	python3 "$ROOT/tests/imapsim.py" "$@" state > port & SIM=$!
	while [ ! -s port ]; do sleep 0.01; done
	BOX="imap://joe@localhost:$(cat port)/INBOX?tls=none"
	rm -rf "$HOME/.cache"
}
state() {		# wait until the connection has ended
	tries=500
	until grep -q '^\.$' state 2> /dev/null || [ $tries -eq 0 ]; do tries=$((tries - 1)); sleep 0.01; done
	cat state
}
mx() { rm -f state; run "$MAILX" -n -S timeout=10 -f "$BOX" "$@"; }

BARE_CAPS=IMAP4rev1
PLUS='IMAP4rev1 UIDPLUS MOVE ESEARCH'
COND="$PLUS CONDSTORE ENABLE"
QRES="$COND QRESYNC"
REV2='IMAP4rev2'
REV2_QRES="$REV2 CONDSTORE QRESYNC"

# --- Others change the mailbox in the middle of each command ---
# The numbers of the first summary must mean the same messages to the end, whatever happens:
# texts, flags, copies and deletions go to those, or it is said that they are gone.
wrong() {		# the first contradiction between what was shown and what was done
	awk -v targets="$1" '
	FILENAME == "shown" { sub(/^>?[^0-9]*/, ""); if (match($0, / s[0-9]+ *$/)) { n = $1; s = $NF; subject[n] = s } next }
	FILENAME == "said" && /^@/ { asked = $2; next }
	FILENAME == "said" && /^body of / { if ($3 != subject[asked]) print "message " asked " is " subject[asked] ", shown was " $3; next }
	FILENAME == "state" && $1 == "copied" { for (i = 2; i <= NF; i++) if ("s" $i != subject[5]) print "copied: s" $i ", not " subject[5]; next }
	FILENAME == "state" && /Flagged/ && $2 != subject[7] { print "flagged: " $2 ", not " subject[7] }
	FILENAME == "state" && $2 == subject[9] { print "not deleted: " $2 }
	' shown said state | head -n 3
}
cat > commands <<'E2'
headers 1-$
echo @ 2
print 2
echo @ 11
print 11
flag 7
sync
echo @ 12
print 12
copy 5 Work
search subject s2
delete 9
sync
echo @ 14
print 14
headers 1-$
E2
for caps in "$BARE_CAPS" "$PLUS" "$COND" "$QRES" "$REV2" "$REV2_QRES"; do
	failures=''
	for seed in 1 2 3 4; do
		sim -s "$seed" -c "$caps" -n 30
		rm -f state
		run "$MAILX" -n -S timeout=10 -f "$BOX" < commands
		state > /dev/null
		sed '/^@/,$d' .out > shown
		sed -n '/^@/,$p' .out > said
		case $STATUS$ERR in 0|[0-9]*"no longer there"*) ;; *) failures="$failures seed $seed: status $STATUS $ERR;" ;; esac
		[ -n "$(cat shown)" ] || failures="$failures seed $seed: nothing is shown;"
		w=$(wrong)
		[ -z "$w" ] || failures="$failures seed $seed: $w;"
	done
	is "$failures" '' "80: others remove, add and flag in each command: $caps"
done

# The second time with what was kept from the first: the same as without.
for caps in "$BARE_CAPS" "$COND" "$QRES" "$REV2_QRES"; do
	differences=''
	for seed in 11 12; do
		sim -s "$seed" -c "$caps" -n 40
		for _ in 1 2 3; do
			mx -R -Y 'headers 1-$' -Y 'search subject s3'
			case $STATUS in 0|1|66) ;; *) differences="$differences seed $seed: status $STATUS $ERR;" ;; esac
			state > /dev/null
		done
	done
	is "$differences" '' "a mailbox that changes between runs: $caps"
done
still() {		# still NAME CAPS: with and without what was kept
	sim -c "$2" -n 40
	mx -R -J -H
	cp .out one
	mx -Y 'flag 3' -Y 'delete 4-6' -Y 'tag work 8' > /dev/null
	mx -R -J -H
	cp .out two
	XDG_CACHE_HOME=$T/none mx -R -J -H
	same two .out "$1: the cache agrees after changes"
	is "$(grep -c . one) $(grep -c . two)" '35 32' "$1: messages"
}
still 'bare' "$BARE_CAPS"
still 'CONDSTORE' "$COND"
still 'QRESYNC' "$QRES"
run "$MAILX" -n -v -R -f "$BOX" -J -H
like "$ERR" '^C: A[0-9]* EXAMINE "INBOX" (QRESYNC (77 [0-9]*))' 'QRESYNC: it is told what was known'
is "$(printf '%s\n' "$ERR" | sed -n 's/^C: A[0-9]* \(.*FETCH\)/\1/p')" 'UID FETCH 13 (UID FLAGS)' 'QRESYNC: flags are fetched of the one with a keyword alone'
still 'CONDSTORE again' "$COND"
run "$MAILX" -n -v -R -f "$BOX" -J -H
is "$(printf '%s\n' "$ERR" | sed -n 's/^C: A[0-9]* \(.*FETCH\)/\1/p')" 'UID FETCH 13 (UID FLAGS)' 'CONDSTORE: too'

# --- IMAP4rev2 says none of the words: they are part of it, and \Recent is not ---
sim -c "$REV2"
run "$MAILX" -n -v -f "$BOX" -Y 'search subject s1' -Y 'move 2 Work' -Y 'delete 3'
is "$STATUS" 0 'IMAP4rev2: a session'
like "$ERR" '^C: A[0-9]* UID SEARCH RETURN (ALL) SUBJECT' 'IMAP4rev2: ESEARCH'
like "$ERR" '^C: A[0-9]* UID MOVE' 'IMAP4rev2: MOVE'
like "$ERR" '^C: A[0-9]* UID EXPUNGE' 'IMAP4rev2: UIDPLUS'
like "$ERR" '^C: A[0-9]* NAMESPACE' 'IMAP4rev2: NAMESPACE'
run "$MAILX" -n -v -R -J -f "$BOX" -Y folders
like "$ERR" '^C: A[0-9]* LIST "" "\*" RETURN (CHILDREN SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UNSEEN))' 'IMAP4rev2: LIST-STATUS'
for what in 'search new' 'search recent' 'count :n' 'count old' 'count unseen new' 'count not new'; do
	run "$MAILX" -n -R -f "$BOX" -Y "$what"
	echo "$what: $STATUS $OUT $(cat .err)"
done > rev2
is "$(cat rev2)" "$(printf 'search new: 1  \nsearch recent: 1  \ncount :n: 0 0 \ncount old: 0 13 \ncount unseen new: 0 0 \ncount not new: 0 13 ')" 'IMAP4rev2: without \Recent nothing is new'
sim -c "IMAP4rev1 IMAP4rev2"
run "$MAILX" -n -v -R -f "$BOX" -Y 'search subject s1'
is "$STATUS" 0 'IMAP4rev1 and 2: a session'
unlike "$ERR" 'RETURN (ALL)' 'IMAP4rev1 and 2: the older one is spoken, as nobody said ENABLE'

# --- All mailboxes below a prefix ---
sim -c 'IMAP4rev1 NAMESPACE' -p INBOX.
WORK=$(echo "$BOX" | sed 's/INBOX/Work/')
run "$MAILX" -n -v -R -f "$WORK" -Y 'headers 1'
is "$STATUS" 0 'a prefix: the name alone'
like "$ERR" 'EXAMINE "INBOX.Work"' 'a prefix: it is put in front'
run "$MAILX" -n -v -R -f "$(echo "$BOX" | sed 's,INBOX,INBOX/Work,')" -Y 'headers 1'
is "$STATUS" 0 'a prefix: the name with it'
like "$ERR" 'EXAMINE "INBOX.Work"' 'a prefix: once'
run "$MAILX" -n -J -R -f "$BOX" -Y folders
like "$OUT" '"folder":"Work"' 'a prefix: listed without it'
unlike "$OUT" 'INBOX.Work\|INBOX/Work' 'a prefix: and not with it'
run "$MAILX" -n -v -R -f "$BOX" -Y 'copy 1 Work'
like "$ERR" 'COPY [0-9]* "INBOX.Work"' 'a prefix: a copy goes there'

# --- Storms ---
sim -x 100000
mx -R -Y 'headers 1'
is "$STATUS" 76 '80: lines about nothing without end'
like "$ERR" 'too many responses' '80: the reason'
sim -x 30
mx -R -Y 'headers 1-$'
is "$STATUS $(grep -c . .out)" '0 15' '80: thirty in each command'

# --- 86: a line of fifty megabytes ---
sim -b 50000000 -n 9
cat > measure.py <<'E2'
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
E2
run python3 measure.py "$MAILX" -n -R -f "$BOX" -Y "copy 1 mbox:$T/big.mbox"
OUT=$(tail -n 1 .out)
is "${OUT% *}" 0 '86: a message in one line of 50 MB is copied'
case $MAILX in
*asan*) skip 1 'memory is not what it is, under the sanitizers' ;;
*) [ "${OUT#* }" -lt 32 ]; ok $? "86: in ${OUT#* } MiB" ;;
esac
[ "$(wc -c < big.mbox)" -gt 50000000 ]; ok $? '86: all of it'
rm -f big.mbox

# --- Scripts ---
FAKE=$ROOT/tests/fake
fake() {		# the file script, served: $BOX
	rm -f port log
	"$FAKE" -t 25 -o log script > port 2> /dev/null & FAKE_PID=$!
	while [ ! -s port ] && kill -0 "$FAKE_PID" 2> /dev/null; do sleep 0.01; done
	BOX="imap://joe@localhost:$(cat port)/INBOX?tls=none"
	rm -rf "$HOME/.cache"
}
greet() { printf 'S: * OK [CAPABILITY IMAP4rev1 %s] hi\n' "$1"; }
# script CAPS COUNT RULE...: rules of our own first, lines divided by |
script() {
	greet "$1"
	count=$2
	caps=$1
	shift 2
	for rule in "$@"; do printf '%s\n' "$rule" | tr '|' '\n'; done
	cat <<E2
on * LOGIN *
S: %t OK [CAPABILITY IMAP4rev1 $caps] in
on * LOGOUT
S: * BYE
S: %t OK bye
close
on * EXAMINE *
S: * $count EXISTS
S: * OK [UIDVALIDITY 77] ok
S: * OK [UIDNEXT 200000] ok
S: * OK [UNSEEN 1] ok
S: %t OK [READ-ONLY] in
on * NOOP
S: %t OK
on * UID SEARCH *
S: * SEARCH 101 102
S: %t OK
on * SEARCH *
S: * SEARCH 1 2
S: %t OK
serve
E2
}
try() {			# try STATUS NAME OPTIONS...
	want=$1 name=$2
	shift 2
	fake
	mx -R "$@"
	wait "$FAKE_PID" 2> /dev/null
	is "$STATUS" "$want" "$name"
}
row() { echo "S: * $1 FETCH (UID $2 FLAGS () RFC822.SIZE 9 INTERNALDATE \"20-Nov-2026 09:30:00 +0000\" BODY[HEADER.FIELDS (X)] \"Date: Fri, 20 Nov 2026 09:30:00 +0000\")"; }

# rows COMMAND...: all forty, whatever is asked
rows() {
	for pattern in 'on * FETCH 1:40 *' 'on * UID FETCH 101:140 *'; do
		echo "$pattern"
		i=1
		while [ $i -le 40 ]; do row $i $((100 + i)); i=$((i + 1)); done
		echo 'S: %t OK'
	done
}
FORTY='on * UID SEARCH *|S: * ESEARCH (TAG "%t") UID ALL 101:140|S: %t OK'
PLACES='on * SEARCH RETURN (ALL) UID 101:140|S: * ESEARCH (TAG "%t") ALL 1:40|S: %t OK'
forty() { caps=$1; shift; script "$caps" 40 "$@" "$PLACES" "$FORTY" | sed '/^serve/d'; rows; echo serve; }
forty 'COMPRESS=DEFLATE ESEARCH' 'on * COMPRESS *|S: %t OK go|read 5|raw \xff\xff\xff\xff|swallow' > script
try 76 'COMPRESS: no stream behind the OK' -Y 'headers 1-40'
like "$ERR" 'no compressed stream' 'COMPRESS: the reason'
forty 'COMPRESS=DEFLATE ESEARCH' 'on * COMPRESS *|S: %t NO not now' > script
try 0 'COMPRESS: refused' -Y 'headers 1-40'
is "$(grep -c . .out)" 40 'COMPRESS: refused: all comes as it is'
forty 'CONDSTORE ESEARCH' 'on * EXAMINE *CONDSTORE*|S: %t BAD what' > script
try 0 'CONDSTORE: offered, and then BAD' -Y 'headers 1-40'
script X 4294967295 > script
try 76 '80: EXISTS of 4294967295' -Y 'headers 1'
is "$(sed 's/:[0-9]*:/:N:/' .err)" 'mailx: headers: localhost:N: the server tells of 4294967295 messages; 16000000 are the limit' '80: ... and one line says why'
script X 5 'on * FETCH *|S: * 4294967295 EXISTS|S: %t OK' > script
try 76 '80: EXISTS of 4294967295 in the session' -Y 'headers 1'
is "$(sed 's/:[0-9]*:/:N:/' .err)" 'mailx: headers: localhost:N: the server tells of 4294967295 messages; 16000000 are the limit' '80: ... and one line says why'
script X 16000000 > script
fake
run python3 measure.py "$MAILX" -n -S timeout=10 -R -f "$BOX" -Y 'echo in' -Y folder
wait "$FAKE_PID" 2> /dev/null
OUT=$(tail -n 1 .out)
is "${OUT% *}" 0 '80: EXISTS of as many as can be'
case $MAILX in
*asan*) skip 1 'memory is not what it is, under the sanitizers' ;;
*) [ "${OUT#* }" -lt 64 ]; ok $? "80: in ${OUT#* } MiB" ;;
esac
{ script X 100000 | sed '/^serve/d'; printf 'on * FETCH *\nrepeat 99998 * 1 EXPUNGE\n'; row 2 150002; printf 'S: %%t OK\nserve\n'; } > script
try 0 '80: 99,998 EXPUNGE in one command' -Y 'headers $'
is "$(grep -c '^>*@*.*100000' .out)" 1 '80: the last of those that are left is shown'
script X 5 'on * FETCH *|S: * 6 EXPUNGE|S: %t OK' > script
try 76 '80: EXPUNGE of one that is not there' -Y 'headers 1'
script X 5 'on * FETCH *|S: * VANISHED 101|S: %t OK' > script
try 76 'VANISHED that was not asked for' -Y 'headers 1'
script X 5 'on * SEARCH *|S: * SEARCH 1|S: %t OK' 'on * FETCH *|S: * ESEARCH (TAG "A9") UID ALL 1:4294967295|S: %t OK' > script
try 76 'ESEARCH of all there could be, unasked' -Y 'headers 1'
script ESEARCH 5 'on * UID SEARCH *|S: * ESEARCH UID ALL 1:4294967295|S: %t OK' > script
try 76 'ESEARCH of all there could be' -Y 'search subject x'

# --- A search that finds more than a reply can hold: the places are asked for in windows ---
many() {		# many FROM TO STEP
	awk -v n="$1" -v to="$2" -v step="$3" 'BEGIN {
		printf "raw * SEARCH"
		for (; n <= to; n += step) printf "%s %d", ++k % 400 ? "" : "\nraw ", n
		print "\nS: \nS: %t OK"
	}'
}
{
	script X 700000 'on * UID SEARCH*|S: * SEARCH 101|S: %t OK' | sed '/^on . SEARCH/,$d'
	echo 'on * SEARCH 1:250000 SUBJECT "x"'; many 1 250000 1
	echo 'on * SEARCH 250001:500000 SUBJECT "x"'; many 250001 500000 2
	echo 'on * SEARCH 500001:700000 SUBJECT "x"'; many 700000 700000 1
	echo serve
} > script
try 0 'half of 700,000 messages match' -Y 'count subject x'
is "$OUT" 375001 '... they are counted'
grep '^C:.*SEARCH' log | sed 's/^C: [^ ]* //' > said
is "$(cat said)" "$(printf 'SEARCH 1:250000 SUBJECT "x"\nSEARCH 250001:500000 SUBJECT "x"\nSEARCH 500001:700000 SUBJECT "x"')" '... in three windows'

# --- Names and strings in UTF-8, where the server agrees (RFC 6855): the same in either way ---
named() {		# named CAPS ANSWER NAME...: a server that says LIST with these names
	caps=$1 answer=$2
	shift 2
	rows=$([ $# -eq 0 ] || printf '|S: * LIST (\\HasNoChildren) "/" %s' "$@")
	script "$caps" 3 "on * ENABLE UTF8=ACCEPT|$answer" 'on * LIST "" ""|S: * LIST (\Noselect) "/" ""|S: %t OK' \
	    "on * LIST \"\" \"\\*\"*$rows|S: %t OK" 'on * STATUS *|S: %t NO none' 'on * CREATE *|S: %t OK' \
	    'on * SUBSCRIBE *|S: %t OK' 'on * UID COPY *|S: %t OK' 'on * FETCH *|S: * 1 FETCH (UID 101 FLAGS ())|S: %t OK' \
	    'on * UID SEARCH *|S: * SEARCH 102|S: %t OK' 'on * SEARCH UID 102|S: * SEARCH 2|S: %t OK'
}
names() {		# names WANT WHAT: what folders shows of them
	fake
	run "$MAILX" -n -R -J -S timeout=10 -f "$BOX" -Y folders
	wait "$FAKE_PID" 2> /dev/null
	is "$STATUS$(printf '%s\n' "$OUT" | sed 's/{"folder":"\(.*\)","messages.*\(noselect\).*/ \1 \2/; s/{"folder":"\(.*\)","messages.*/ \1/' | tr '\n' ',')" "$1" "$2"
}
YES='S: * ENABLED UTF8=ACCEPT|S: %t OK'
GLYPH='"&2D3eAA-"'
named 'UTF8=ACCEPT ENABLE' "$YES" '"草稿 & 😀"' "$GLYPH" '"A &- B"' '"\xe8\x8d"' '"a\xffb"' '"\xed\xa0\x80"' '"\x1b[31m"' > script
names '0 &2D3eAA-, A &- B, \\x1b[31m noselect, \\xe8\\x8d noselect, \\xed\\xa0\\x80 noselect, a\\xffb noselect, 草稿 & 😀,' \
    'UTF8=ACCEPT: names as they are, and what is none'
named 'UTF8=ACCEPT ENABLE' 'S: %t NO not now' '"草"' "$GLYPH" '"A &- B"' > script
names '0 A & B, \\xe8\\x8d\\x89 noselect, 😀,' 'UTF8=ACCEPT is refused: names in UTF-7'
named 'ENABLE' "$YES" "$GLYPH" > script
names '0 😀,' 'UTF8=ACCEPT is not offered: names in UTF-7'
unlike "$(cat log)" 'ENABLE UTF8' '... and it is not asked for'
asked() {		# asked WANT WHAT: what is said for names beyond ASCII
	fake
	run "$MAILX" -n -R -S timeout=10 -f "$BOX" -Y 'mkdir "草稿 & 😀"' -Y 'subscribe 草稿' -Y 'copy 1 草稿' -Y 'count subject é' < /dev/null
	wait "$FAKE_PID" 2> /dev/null
	is "$(sed -n 's/^C: A[0-9]* \(CREATE\|SUBSCRIBE\|UID COPY\|UID SEARCH\)/\1/p' log)" "$1" "$2"
}
named 'UTF8=ACCEPT ENABLE' "$YES" > script
DRAFTS='\xe8\x8d\x89\xe7\xa8\xbf'
asked "$(printf '%s\n' "CREATE \"$DRAFTS & \xf0\x9f\x98\x80\"" "SUBSCRIBE \"$DRAFTS\"" "UID COPY 101 \"$DRAFTS\"" 'UID SEARCH SUBJECT "\xc3\xa9"')" 'UTF8=ACCEPT: what is said is UTF-8'
is "$STATUS$(tail -n 1 .out)" 01 '... and a search finds'
named 'LITERAL+' "$YES" | sed 's/^on . UID SEARCH .$/&\nclose/' > script
asked "$(printf 'CREATE "&g0l6Pw- &- &2D3eAA-"\nSUBSCRIBE "&g0l6Pw-"\nUID COPY 101 "&g0l6Pw-"\nUID SEARCH CHARSET UTF-8 SUBJECT {2+}')" 'without: UTF-7, CHARSET and a literal'
done_testing
