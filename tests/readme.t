#!/bin/sh
# The README: its startup file and its commands do what it says, as they stand but for names.
. "$(dirname -- "$0")/lib.sh"
[ "$POSTFIX" = yes ] || { echo '1..0 # SKIP no Postfix'; exit 0; }
write_rc
BOX=imaps://$USER_NAME@localhost:$IMAPS/INBOX
named() {		# the servers and people of the README are ours
	sed -e "s|imaps://me@mail.example.org|imaps://$USER_NAME@localhost:$IMAPS|g" \
	    -e "s|pop3s://me@mail.example.org|pop3s://$USER_NAME@localhost:$POP3S|g" \
	    -e "s|submissions://me@mail.example.org|submission://$USER_NAME@localhost:$SUBMISSION|g" \
	    -e "s|me@example.org|$USER_NAME@example.test|g" \
	    -e "s|ops@example.org|$OTHER_NAME@example.test|g" -e "s| address| $OTHER_NAME@example.test|g" \
	    -e "s|-f \.\.\.|-f $BOX|g" "$ROOT/README.md"
}
named | sed -n '/^set from/,/^```/p' | sed '/^```/d' >> "$HOME/.mailrc"
is "$(grep -c "$USER_NAME@" "$HOME/.mailrc")" 5 'the startup file'
run "$MAILX" -n --check-config
is "$STATUS$ERR" 0 'has no fault'

echo data > report.txt
letter() {		# letter FROM DATE: into our mailbox
	echo text | "$MAILX" -n -d -r "$1" -a report.txt -s x "$USER_NAME@example.test" |
	    sed "s/^Date: .*/Date: $2/" > letter
	put "$USER_NAME" letter
}
letter anna@example.test "$(date -R)"
letter bob@example.test "$(date -R)"
letter bob@example.test "$(date -R)"
mkdir bin && ln -s "$MAILX" bin/mailx
PATH=$T/bin:$PATH
echo hello > text; cp text file; cp text log.pdf
letters inbox 1 2

named | sed -n '/^```sh/,/^```/s/^\(.*mailx -.*\)/\1/p' > first
is "$(wc -l < first | tr -d ' ')" 4 'four commands at the start'
while read -r line; do
	run sh -c "$line" < /dev/null
	is "$STATUS$ERR" 0 "${line%% # *}"
done < first
arrived "$OTHER_NAME" 1; ok $? 'the report has come'
is "$("$MAILX" -n -f maildir:in -Y count)" 3 'what was new is fetched'

cell() { named | sed -n "s/^| $1 | \(.*\) |\$/\1/p" | sed 's/^`\([^`]*\)`.*/\1/'; }
try() {			# try TASK STATUS: the command of that line
	line=$(cell "$1")
	run sh -c "$line" < /dev/null
	is "$STATUS" "$2" "$1: $line"
}
try send 0
arrived "$OTHER_NAME" 2; ok $? 'and has come'
try 'see without sending' 0
like "$OUT" '^Subject: subject' 'is shown'
try 'list what is in a mailbox' 0
is "$(printf '%s\n' "$OUT" | wc -l | tr -d ' ')" 3 'three lines'
try 'one attachment of message 3, nothing else' 0
same report.pdf report.txt 'is the attachment'
try 'move what matches' 1
old=$(perl -e 'print scalar gmtime(time - 40 * 86400)')
printf 'From cron@example.test %s\nFrom: cron@example.test\nSubject: old\n\ntext\n\n' "$old" > old
run "$MAILX" -n -f old -Y "copy 1 $BOX"
is "$STATUS$ERR" 0 'old mail of cron'
try 'move what matches' 0
is "$($DOVEADM mailbox status -u "$USER_NAME" messages Archive)" 'Archive messages=1' 'and is in Archive'
line=$(cell 'wait for a message')
sh -c "$line" > waited 2>&1 < /dev/null & pid=$!
tries=100
while kill -0 "$pid" 2> /dev/null && [ $tries -gt 0 ]; do
	letter anna@example.test "$(date -R)"
	sleep 0.2
	tries=$((tries - 1))
done
wait "$pid"
is $? 0 "wait for a message: $line"
like "$(cat waited)" 'anna@' 'and it is shown'
done_testing
