#!/bin/sh
# Waiting for mail: IDLE, asking again, local folders; time-outs, matches, signals.
. "$(dirname -- "$0")/lib.sh"
write_rc
BOX=imaps://$USER_NAME@localhost:$IMAPS/INBOX
message() { printf 'From: %s@example.org\nTo: me@example.test\nSubject: %s\nDate: Fri, 20 Nov 2026 09:30:00 +0800\nMessage-ID: <%s@example.org>\n\ntext\n' "$1" "$2" "$1$$"; }
message old 'was there before' > old
put "$USER_NAME" old
# In the background, once the mailbox is open: what comes from then on is new.
opened() { tries=1200; until grep -q '^S: .*OK \[READ-' .err || [ -e open ] || [ $tries -eq 0 ]; do tries=$((tries - 1)); sleep 0.05; done; }
later() { rm -f open; : > .err; ( opened; "$@" ) > /dev/null 2>&1 & }
deliver() { message "$1" "$2" > "new$1"; put "$USER_NAME" "new$1"; }

run "$MAILX" -f "$BOX" -Y 'wait -t 1'
is "$STATUS:$OUT" '1:' 'nothing comes: status 1 and no output'
later deliver one 'your code is 1234'
run "$MAILX" -v -f "$BOX" -Y 'wait -t 60' -Y 'echo dot is there' -Y 'size .'
is "$STATUS" 0 'something comes'
like "$OUT" 'your code is 1234' 'its summary'
unlike "$OUT" 'was there before' 'of that alone'
like "$OUT" 'dot is there' 'the session goes on'
if [ -z "${BARE:-}" ]; then
	like "$ERR" 'C: A[0-9]* IDLE' 'the server told it'
	like "$ERR" '^C: DONE' 'and was told to end'
fi
both() { deliver two 'noise'; sleep 1; deliver three 'the code: 77'; }
later both
run "$MAILX" -v -J -f "$BOX" -Y 'wait -t 60 subject code'
is "$STATUS" 0 'a match is waited for'
is "$(printf '%s\n' "$OUT" | grep -c .)" 1 'one message'
like "$OUT" '"subject":"the code: 77"' 'as JSON'
wait
later deliver four 'another code'
run "$MAILX" -v -f "$BOX" -Y 'wait -t 20 "subject code"'
is "$STATUS" 0 'an expression in quotes'
like "$OUT" 'another code' 'is one'
run "$MAILX" -f "$BOX" -Y 'wait -t never'
is "$STATUS" 64 'a time that is none'
run "$MAILX" -f "$BOX" -Y 'wait (from'
is "$STATUS" 64 'an expression that is none'

# Local folders.
READY='!: > open'
mkdir -p md/new md/cur md/tmp
message old 'in the Maildir' > md/cur/1:2,S
later sh -c 'message() { printf "Subject: %s\n\nx\n" "$1"; }; message fresh > md/tmp/2; mv md/tmp/2 md/new/2'
start=$(date +%s)
run "$MAILX" -f maildir:md -Y count -Y "$READY" -Y 'wait -t 60'
is "$STATUS" 0 'a Maildir'
like "$OUT" 'fresh' 'what came into it'
printf 'From x Fri Nov 20 01:30:00 2026\nSubject: first\n\nx\n\n' > box
later sh -c 'printf "From x Fri Nov 20 01:30:00 2026\nSubject: in the mbox\n\nx\n\n" >> box'
run "$MAILX" -f box -Y count -Y "$READY" -Y 'wait -t 60'
is "$STATUS" 0 'an mbox'
like "$OUT" 'in the mbox' 'what came into it'
[ $(($(date +%s) - start)) -lt 50 ]
ok $? 'and soon'

# A signal ends it.
rm -f open
"$MAILX" -f box -Y count -Y "$READY" -Y 'wait' > out 2> err &
pid=$!
opened
kill -TERM "$pid"
wait "$pid"
STATUS=$?
is "$STATUS" 143 'a signal ends it'
done_testing
