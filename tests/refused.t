#!/bin/sh
# Every failure: one clear line, the right status, nothing half done.
. "$(dirname -- "$0")/lib.sh"
write_rc
MTA=submission://$USER_NAME@localhost:$SUBMISSION
send() { run sh -c 'm=$1; shift; echo text | "$m" "$@"' sh "$MAILX" -S "mta=$MTA" -s test "$@"; }
one_line() { is "$(printf '%s\n' "$ERR" | wc -l | tr -d ' ')" 1 "$1: one line of error"; like "$ERR" '^mailx: ' "$1: it begins with mailx:"; }
dead() { [ -s "$HOME/dead.letter" ]; r=$?; rm -f "$HOME/dead.letter"; return $r; }

if [ "$POSTFIX" = yes ]; then
	send "$OTHER_NAME@example.test" unknown1@example.test
	is "$STATUS" 67 'one refused recipient of two: 67'
	like "$ERR" 'unknown1@example.test.*550 5\.1\.1' 'the refusal is quoted'
	arrived "$OTHER_NAME" 1
	ok $? 'the other gets the mail'
	send unknown1@example.test unknown2@example.test
	is "$STATUS" 67 'all refused: 67'
	dead; ok $? 'the message is saved'
	send later@example.test
	is "$STATUS" 75 '451: 75'
	like "$ERR" '451 4\.3\.0' 'the reply is quoted'
	dead; ok $? 'the message is saved'
	send -S partial=no "$OTHER_NAME@example.test" unknown1@example.test
	is "$STATUS" 67 'partial=no: 67'
	dead; ok $? 'nothing was sent, the message is saved'
	is "$($DOVEADM mailbox status -u "$OTHER_NAME" messages INBOX)" 'INBOX messages=1' 'to nobody'
else
	skip 10 'refused recipients need Postfix, and Postfix needs root'
fi

echo "machine localhost login $USER_NAME password wrong" > "$HOME/.netrc"
send "$OTHER_NAME@example.test"
is "$STATUS" 77 'a wrong password: 77'
unlike "$ERR" 'wrong$' 'which is not printed'
dead; ok $? 'the message is saved'
run "$MAILX" -f "imaps://$USER_NAME@localhost:$IMAPS/INBOX" -Y count
is "$STATUS" 77 'the same over IMAP'
one_line 'IMAP password'
run "$MAILX" -Y "fetch -o maildir:x pop3s://$USER_NAME@localhost:$POP3S"
is "$STATUS" 77 'the same over POP3'
write_rc

for url in "smtp $MTA" "imap imaps://$USER_NAME@localhost:$IMAPS/INBOX" "pop3 pop3s://$USER_NAME@localhost:$POP3S"; do
	p=${url%% *} u=${url#* }
	if [ "$p" = smtp ]; then
		run sh -c 'echo text | "$0" -v -S tls-ca-file='"$OTHER_CA -S mta=$u -s t $OTHER_NAME"'@example.test' "$MAILX"
	else
		run "$MAILX" -v -S "tls-ca-file=$OTHER_CA" -f "$u" -Y count
	fi
	is "$STATUS" 69 "$p: an untrusted certificate: 69"
	unlike "$ERR" '^C: .*\(AUTH\|LOGIN \|USER \|PASS\)' "$p: no credential is sent"
	like "$ERR" 'ertificate' "$p: the reason is told"
done
rm -f "$HOME/dead.letter"

send -a missing.pdf "$OTHER_NAME@example.test"
is "$STATUS" 66 'a missing attachment: 66'
one_line 'attachment'
mkdir dir; mkfifo fifo
send -a dir "$OTHER_NAME@example.test"
is "$STATUS" 66 'a directory as attachment: 66'
send -a fifo "$OTHER_NAME@example.test"
is "$STATUS" 66 'a FIFO as attachment: 66'
send -s "$(printf 'a\nBcc: x@example.org')" "$OTHER_NAME@example.test"
is "$STATUS" 65 'a newline in the subject: 65'
one_line 'subject'
send -C "$(printf 'X: a\nBcc: x@example.org')" "$OTHER_NAME@example.test"
is "$STATUS" 65 'a newline in a field: 65'
for a in '|touch hit' '/tmp/hit' '-Yhit' "$(printf 'a@b\nRCPT TO:<x@y>')" '+kept'; do
	send -- "$a" 2> /dev/null
	case $STATUS in 64 | 65) ok 0 "refused as an address: $(printf %s "$a" | tr '\n' '_')" ;;
	*) ok 1 "refused as an address: $a: $STATUS" ;; esac
done
run sh -c 'echo text | "$0" -s test -S mta=smtp://localhost:1 a@example.test' "$MAILX"
is "$STATUS" 75 'connection refused: 75'
dead; ok $? 'the message is saved'
run sh -c 'echo text | "$0" -s test -S mta=/nonexistent/sendmail a@example.test' "$MAILX"
case $STATUS in 71 | 78) ok 0 'no such sendmail program' ;; *) ok 1 "no such sendmail program: $STATUS" ;; esac
run sh -c 'echo text | "$0" -s test -S mta=maildir:/proc/no/box a@example.test' "$MAILX"
is "$STATUS" 73 'a folder that cannot be made: 73'
run "$MAILX" -f /nonexistent/box -H
is "$STATUS" 66 'a folder that is not there: 66'
run "$MAILX" --nonsense
is "$STATUS" 64 'an unknown option: 64'
one_line 'option'
run "$MAILX" -Y nonsense
is "$STATUS" 64 'an unknown command: 64'
run "$MAILX" -f /dev/null -Y 'echo one' -Y 'type 7' -Y 'echo two'
is "$OUT" one 'the first failure ends a run of -Y'
run "$MAILX" -Y "fetch -o /proc/no/box /dev/null"
[ "$STATUS" -ne 0 ]; ok $? 'fetch into a folder that cannot be made'
is "$(ls -d hit /tmp/hit 2> /dev/null)" '' 'no hostile address made a file'
done_testing
