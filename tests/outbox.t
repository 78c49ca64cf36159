#!/bin/sh
# The outbox: safe first, then sent; put off, refused, damaged, killed, crowded: nothing lost, nothing twice.
. "$(dirname -- "$0")/lib.sh"
write_rc
MTA=submission://$USER_NAME@localhost:$SUBMISSION
BOX=$T/box
DEAD=$HOME/dead.letter; export DEAD
send() { run sh -c 'm=$1; shift; echo text | "$m" -n -J "$@"' sh "$MAILX" -S "outbox=$BOX" -S "mta=$MTA" -s test "$@"; }
box() { c=$1; shift; run "$MAILX" -n -S "outbox=$BOX" -Y "$c" "$@"; }
files() { find "$BOX/$1" -name "*.$2" | wc -l | tr -d ' '; }
ids() { for f in "$BOX/$1"/*.env; do basename -- "$f" .env; done; }

send "$OTHER_NAME@example.test"
is "$STATUS$ERR" 0 'sent by way of the outbox'
like "$OUT" '"accepted":\["'"$OTHER_NAME"'@example.test"\].*"queued":false' 'JSON tells it'
is "$(find "$BOX" -type f ! -name lock)" '' 'nothing stays'
arrived "$OTHER_NAME" 1
ok $? 'it has arrived'
is "$(stat -c %a "$BOX/q" "$BOX/failed" | tr '\n' ' ')" '700 700 ' 'for its owner alone'

if [ "$POSTFIX" = yes ]; then
	send "$OTHER_NAME@example.test" later@example.test
	is "$STATUS$ERR" 0 'one put off: success'
	like "$OUT" '"accepted":\["[^"]*"\],"refused":\[\],"queued":true' 'it is queued'
	arrived "$OTHER_NAME" 2
	box 'queue' -J
	is "$STATUS" 0 'a queue without failures'
	like "$OUT" '"to":\["later@example.test"\],"subject":"test".*"attempts":1,"last":".*451 4.3.0.*"status":"deferred"' 'queue tells who, and why'
	box flush
	is "$STATUS$ERR" 0 'nothing is due'
	box 'flush -a'
	is "$STATUS" 75 'put off again: 75'
	like "$ERR" 'later@example.test: 451' 'with the words of the server'
	box "unqueue $(ids q)"
	is "$STATUS$(files q env)$(files q msg)" 000 'unqueue drops it'
	send "$OTHER_NAME@example.test" unknown1@example.test
	is "$STATUS" 67 'one refused: 67'
	like "$ERR" 'unknown1@example.test: 550 5.1.1' 'by name'
	arrived "$OTHER_NAME" 3
	is "$(files failed env)$(files failed msg)$(files q env)" 110 'the message is kept in failed'
	box queue -J
	is "$STATUS" 67 'queue announces it'
	like "$OUT" '"status":"failed"' 'and lists it'
	box "flush $(ids failed)"
	is "$STATUS" 67 'tried again when named'
	is "$($DOVEADM mailbox status -u "$OTHER_NAME" messages INBOX)" 'INBOX messages=3' 'but not for those who have got it'
	box "unqueue $(ids failed)"
	send unknown1@example.test later@example.test "$OTHER_NAME@example.test"
	is "$STATUS" 67 'refused, put off, accepted: 67'
	like "$OUT" '"refused":\[{"addr":"unknown1@example.test".*"queued":true' 'and queued for the one'
	box "unqueue $(ids q)"
	arrived "$OTHER_NAME" 4
	sed "s/-pw/-wrong/" "$HOME/.netrc" > n && chmod 600 n
	for i in 1 2; do send -S netrc=n --at +0s "$OTHER_NAME@example.test"; done
	is "$STATUS$(files failed env)" 772 'a wrong password: 77, kept'
	box queue -J
	is "$(printf '%s\n' "$OUT" | grep -c '"attempts":1,.*"status":"failed"')" 2 'an attempt is one whatever came of it'
	box 'flush -a'
	is "$STATUS$ERR" 0 'flush -a tries those again when that is mended'
	arrived "$OTHER_NAME" 6
	ok $? 'they have arrived'
else
	skip 20 'what is put off and refused needs Postfix, and Postfix needs root'
fi

# A sink that keeps what it gets, and a port where nothing is.
PORT=$("$ROOT/tests/ports" 1)
MTA=smtp://127.0.0.1:$PORT
SINK=
sink() {		# sink [OPTION...]
	: > got; : > got.log; : > port
	"$ROOT/tests/sink" -p "$PORT" -o got -l got.log "$@" > port &
	SINK=$!
	n=0
	until [ -s port ] || [ $n -gt 200 ]; do n=$((n + 1)); sleep 0.05; done
}
unsink() { [ -z "$SINK" ] || { kill "$SINK"; wait "$SINK"; } 2> /dev/null; SINK=; }
trap 'unsink; finish' EXIT
got() { wc -l < got | tr -d ' '; }

BOX=$T/box2
send bob@example.org
is "$STATUS$ERR" 0 'the server is down: success'
like "$OUT" '"accepted":\[\],"refused":\[\],"queued":true' 'queued'
id=$(printf '%s' "$OUT" | sed 's/.*message_id":"\([^"]*\).*/\1/')
[ ! -e "$DEAD" ]; ok $? 'not in $DEAD'
for i in 1 2 3; do send "b$i@example.org"; done
box 'flush -a'
is "$STATUS" 75 'still down: 75'
is "$(printf '%s\n' "$ERR" | wc -l | tr -d ' ')" 1 'told once for all'
sink
box 'flush -a'
is "$STATUS$ERR" 0 'up: flushed'
is "$(got)" 4 'all have arrived'
is "$(grep -c EHLO got.log)" 1 'over one connection'
like "$(cat got)" "$id" 'under the Message-ID that was told'
box flush
is "$(got)$(files q env)" 40 'once'
send --at +5s bob@example.org
is "$STATUS$(got)" 04 '--at: held in the outbox'
box queue -J
like "$OUT" '"status":"held"' 'queue tells so'
box 'flush -a'
is "$(got)" 4 'not before that'
sleep 5
n=0
until box flush; [ "$(got)" -gt 4 ] || [ $n -gt 100 ]; do n=$((n + 1)); sleep 0.1; done
is "$STATUS$ERR$(got)" 05 'then it goes'
send --at +1s bob@example.org
sleep 1.1
send bob@example.org
is "$STATUS$(got)$(files q env)" 061 'without outbox-autoflush what is due waits for flush'
send -S outbox-autoflush bob@example.org
is "$STATUS$(got)$(files q env)" 080 'with it, it goes with the next'
(exec > /dev/null 2>&1; exec python3 -c "
import fcntl, struct, sys, time
f = open(sys.argv[1], 'r+')
fcntl.lockf(f, fcntl.LOCK_EX)
time.sleep(60)" "$BOX/lock") &
HOLDER=$!
n=0
until box flush; [ "$STATUS" -eq 75 ] || [ $n -gt 100 ]; do n=$((n + 1)); sleep 0.05; done
is "$STATUS" 75 'while another flushes: 75'
like "$ERR" 'in use by another mailx' 'busy'
kill "$HOLDER"; wait "$HOLDER" 2> /dev/null
: > got; for i in 1 2 3 4 5; do echo >> got; done
run sh -c 'echo text | "$0" -n -S "mta=$1" -s test --at +1h bob@example.org' "$MAILX" "$MTA"
is "$STATUS$(got)" 785 '--at without an outbox: 78, nothing sent'
send --at tomorrowish bob@example.org
is "$STATUS" 64 'a time that is none'
unsink; sink -x 'FUTURERELEASE 864000 2038-01-01T00:00:00Z'
run sh -c 'echo text | "$0" -n -S "mta=$1" -s test --at "2037-01-02 03:04" bob@example.org' "$MAILX" "$MTA"
is "$STATUS" 78 'not longer than the server holds it'
run sh -c 'echo text | "$0" -n -S "mta=$1" -s test --at +1h bob@example.org' "$MAILX" "$MTA"
is "$STATUS$ERR$(got)" 01 'FUTURERELEASE'
like "$(cat got.log)" 'HOLDFOR=3[0-9]*' 'the time is told to the server'
unsink

# --once, a script, damage.
send --once k bob@example.org
send --once k bob@example.org
like "$OUT" '"queued":false,"already":true' '--once: queued is done'
is "$(files q env)" 1 'queued once'
i=0
{ echo "set outbox=$BOX mta=$MTA"; while [ $i -lt 150 ]; do i=$((i + 1)); printf 'send -s %d bob@example.org\ntext\n.\n' $i; done; echo 'echo done'; } > script
run "$MAILX" -n -J -# script
is "$STATUS$(files q env)" 0151 'a script queues many'
is "$(printf '%s\n' "$OUT" | grep -c '"queued":true')" 150 'each is reported'
f=$(find "$BOX/q" -name '*.env' | sort | head -n 1)
echo damaged >> "$f"
g=$(find "$BOX/q" -name '*.msg' | sort | tail -n 1)
echo damaged >> "$g"
sink
box 'flush -a'
is "$STATUS$(got)" 65149 'damaged ones: 65, the others go'
is "$(files bad env)$(files bad msg)" 22 'they are in bad'
box queue
is "$STATUS" 65 'queue tells of them'
unsink

# Killed at every step: of queueing, and of flushing.
CRASH=$ROOT/tests/mailx-crash
if [ -x "$CRASH" ]; then
	sink
	n=1 lost='' twice='' steps=0
	while [ $n -lt 60 ]; do
		BOX=$T/crash$n; : > got
		if echo text | MAILX_CRASH=$n "$CRASH" -n -S "outbox=$BOX" -S "mta=$MTA" -s test bob@example.org > /dev/null 2>&1; then break; fi
		committed=$(files q env)
		box 'flush -a'
		[ "$(files q env)" -eq 0 ] || lost="$lost $n:stuck"
		[ "$committed" -eq 0 ] || [ "$(got)" -ge 1 ] || lost="$lost $n"
		[ "$(sort -u got | wc -l)" -le 1 ] && [ "$(got)" -le 2 ] || twice="$twice $n"
		n=$((n + 1)) steps=$n
	done
	is "$lost$twice" '' "killed at each of $((steps - 1)) steps of sending: once, or twice under one Message-ID"
	unsink
	BOX=$T/master
	for i in 1 2 3; do send "b$i@example.org"; done
	sink
	n=1 lost='' twice=''
	while [ $n -lt 60 ]; do
		rm -rf "$T/crash"; cp -r "$T/master" "$T/crash"; BOX=$T/crash; : > got
		if MAILX_CRASH=$n "$CRASH" -n -S "outbox=$BOX" -Y 'flush -a' > /dev/null 2>&1; then break; fi
		box 'flush -a'
		[ "$(sort -u got | wc -l)" -eq 3 ] || lost="$lost $n"
		[ "$(got)" -le 4 ] || twice="$twice $n"
		n=$((n + 1))
	done
	is "$lost$twice" '' "killed at each of $((n - 1)) steps of flushing: none lost, one twice at most"
	BOX=$T/hold
	unsink
	send bob@example.org
	sink
	MAILX_CRASH=1 MAILX_CRASH_AT='outbox: done' "$CRASH" -n -S outbox-uncertain=hold -S "outbox=$BOX" -Y 'flush -a' > /dev/null 2>&1
	is "$(got)" 1 'killed behind the removal: it is gone'
	is "$(files q env)" 0 'and not sent again'
	unsink
	send bob@example.org
	sink
	MAILX_CRASH=1 MAILX_CRASH_AT='outbox: committed' "$CRASH" -n -S outbox-uncertain=hold -S "outbox=$BOX" -Y 'flush -a' > /dev/null 2>&1
	n=$(got)
	box 'flush -a'
	is "$STATUS$(got)" "75$n" 'outbox-uncertain=hold: what may have gone is held'
	like "$ERR" 'may have been sent already' 'and told of'
	box "flush $(ids q)"
	is "$STATUS$(files q env)" 00 'until a person decides'
	unsink
else
	skip 7 'tests/mailx-crash is not built'
fi

done_testing
