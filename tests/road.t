#!/bin/sh
# One message all the way: composed, submitted, delivered, found on the server, fetched.
. "$(dirname -- "$0")/lib.sh"
write_rc
head -c 200000 /dev/urandom > file.pdf

# As cron runs it: no locale, nearly no environment.
run sh -c 'echo body | env -i HOME="$HOME" LC_ALL=C "$0" -s "月报 €" -a file.pdf \
    -S mta=submission://'"$USER_NAME@localhost:$SUBMISSION $OTHER_NAME"'@example.test' "$MAILX"
is "$STATUS" 0 'a message with text and attachment is submitted'
is "$OUT$ERR" '' 'and nothing is printed'
arrived "$OTHER_NAME" 1
ok $? 'it arrives'

BOX=imaps://$OTHER_NAME@localhost:$IMAPS/INBOX
run "$MAILX" -v -J -R -f "$BOX" -Y 'search subject 月报 since 7d'
is "$STATUS" 0 'it is found on the server'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 1 'one line of JSON'
like "$OUT" '"subject":"月报 €"' 'with the subject in UTF-8'
like "$ERR" 'UID SEARCH' 'the trace shows UID SEARCH'
unlike "$ERR" 'BODY\[\]\|BODY\.PEEK\[\]\|BODY\[1\|RFC822 \|FETCH 1:\*' 'no body is asked for, nor the whole mailbox listed'
unlike "$ERR" "$OTHER_NAME-pw" 'the password is not in the trace'
unlike "$ERR" "$(printf '\0%s\0%s' "$OTHER_NAME" "$OTHER_NAME-pw" | base64)" 'nor in base64'

run "$MAILX" -R -f "$BOX" -Y 'write 1.2 got.pdf'
is "$STATUS" 0 'part 2 is written'
same file.pdf got.pdf 'the attachment is the same'
run "$MAILX" -R -f "$BOX" -Y 'type 1'
like "$OUT" '^body' 'the text is read'
run "$MAILX" -R -J -f "$BOX" -Y 'structure 1'
like "$OUT" '"filename":"file.pdf"' 'the structure names the file'
is "$($DOVEADM fetch -u "$OTHER_NAME" flags mailbox INBOX all | grep -c Seen)" 0 'read-only leaves no mark on the server'

# POP3: kept, then deleted.
POP3URL=pop3s://$OTHER_NAME@localhost:$POP3S
run "$MAILX" -J -Y "fetch -k -o maildir:in $POP3URL"
like "$OUT" '"fetched":1' 'fetch over POP3 brings it'
run "$MAILX" -J -Y "fetch -k -o maildir:in $POP3URL"
like "$OUT" '"fetched":0' 'a second time there is nothing new'
is "$(find in -type f -path '*/new/*' | wc -l | tr -d ' ')" 1 'one file in the Maildir'
run "$MAILX" -R -f maildir:in -Y 'write 1.2 again.pdf'
same file.pdf again.pdf 'the same from the Maildir'
run "$MAILX" -J -Y "fetch -d -o maildir:in2 $POP3URL"
like "$OUT" '"fetched":1' 'delete mode stores it'
is "$($DOVEADM mailbox status -u "$OTHER_NAME" messages INBOX)" 'INBOX messages=0' 'and it is gone from the server'
done_testing
