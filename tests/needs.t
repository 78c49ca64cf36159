#!/bin/sh
# What people need of mail on a server, each by its name; curl and doveadm are the second clients.
. "$(dirname -- "$0")/lib.sh"
write_rc
BOX=imaps://$USER_NAME@localhost:$IMAPS
DROP=pop3s://$USER_NAME@localhost:$POP3S
boxes() { $DOVEADM mailbox list -u "$USER_NAME" | grep -v "^Sent" | sort | tr '\n' ' '; }
left() { $DOVEADM mailbox status -u "$USER_NAME" messages "${1:-INBOX}" | sed 's/.*=//'; }
flags() { $DOVEADM fetch -u "$USER_NAME" flags mailbox "${2:-INBOX}" subject "$1" | sed -n 's/^flags: //p' | tr ' ' '\n' | grep -v 'Recent\|^$' | sort | tr '\n' ' '; }
come() { find "$1/new" "$1/cur" -type f 2> /dev/null | wc -l | tr -d ' '; }

letters plain 1 3
awk '/^From a/ { n++; next } { print > "m" n }' plain
# 200 kB of one part and 10 kB of another.
head -c 150000 /dev/zero | tr '\0' x | fold -w 76 > large
head -c 7500 /dev/urandom > small.pdf
"$MAILX" -n -S from=a@example.org -S hostname=example.org -S mta=mbox:sent -s 'two parts' -m large -a small.pdf me@example.test
sed 1d sent > "m4"
for i in 1 2 3 4; do put "$USER_NAME" m$i; done

name='headers before download'
run "$MAILX" -v -f "$BOX/INBOX" -Y 'headers *'
is "$(printf '%s\n' "$OUT" | grep -c 'number\|two parts')" 4 "$name: all of them"
unlike "$ERR" 'BODY.PEEK\[\]\|BODY\[\]\|RFC822 ' "$name: none is downloaded"
is "$(printf '%s\n' "$ERR" | grep -c xxxxxxxx)" 0 "$name: nor any text of them"

name='search on the server for a string'
run "$MAILX" -v -J -f "$BOX/INBOX" -Y 'search body "body of 2"'
is "$STATUS:$(printf '%s\n' "$OUT" | sed -n 's/.*"subject":"\([^"]*\)".*/\1/p')" '0:number 2' "$name: what is found"
like "$ERR" 'C: .*SEARCH .*BODY "\{0,1\}body of 2' "$name: the server does it"
unlike "$ERR" 'BODY.PEEK\[\]\|BODY.PEEK\[TEXT' "$name: nothing is downloaded for it"
is "$($DOVEADM search -u "$USER_NAME" mailbox INBOX body 'body of 2' | wc -l | tr -d ' ')" 1 "$name: another client finds as many"
run "$MAILX" -f "$BOX/INBOX" -Y 'search body "body of 9"'
is "$STATUS:$OUT" 1: "$name: nothing found: status 1"

name='partial download'
run "$MAILX" -v -f "$BOX/INBOX" -Y 'write 4.2 got.pdf'
same got.pdf small.pdf "$name: one part of a message"
like "$ERR" 'C: .*BODY.PEEK\[2\]\|BINARY.PEEK\[2\]' "$name: that part is asked for"
[ "$(printf '%s' "$ERR" | wc -c)" -lt 40000 ]; ok $? "$name: and the large one does not come"
run "$MAILX" -v -f "$BOX/INBOX" -Y 'top -2 4'
is "$STATUS" 0 "$name: some lines of a message"

name='create, delete, rename mailboxes'
run "$MAILX" -f "$BOX/INBOX" -Y 'mkdir Work'
is "$STATUS:$(boxes)" '0:INBOX Work ' "$name: created"
run "$MAILX" -f "$BOX/INBOX" -Y 'mkdir Work'
is "$STATUS" 73 "$name: not twice"
run "$MAILX" -f "$BOX/INBOX" -Y 'rename Work Büro'
is "$STATUS:$(boxes)" '0:Büro INBOX ' "$name: renamed, beyond ASCII"
run "$MAILX" -f "$BOX/INBOX" -Y 'copy 1 Büro' -Y 'rmdir Büro'
is "$STATUS:$(boxes)" '73:Büro INBOX ' "$name: what is not empty stays"
run "$MAILX" -f "$BOX/INBOX" -Y 'rmdir -f Büro'
is "$STATUS:$(boxes)" '0:INBOX ' "$name: deleted"

name='nested mailboxes'
run "$MAILX" -f "$BOX/INBOX" -Y 'mkdir a/b/c/d' -Y 'copy 1-2 a/b/c/d'
is "$STATUS:$(left a/b/c/d)" 0:2 "$name: four levels, and mail in the last"
run "$MAILX" -J -f "$BOX/INBOX" -Y 'folders a*'
like "$OUT" '"folder":"a/b/c/d","messages":2' "$name: the tree tells of it"
run "$MAILX" -f "$BOX/a/b/c/d" -Y count
is "$OUT" 2 "$name: it is opened by its name"
run "$MAILX" -f "$BOX/INBOX" -Y 'rename a/b x'
like "$(boxes)" 'x/c/d' "$name: what is below goes along"
is "$(left x/c/d)" 2 "$name: with its mail"

name='local changes appear on the server'
run "$MAILX" -f "$BOX/INBOX" -Y 'flag 1' -Y 'answered 2' -Y 'tag urgent 3' -Y 'seen 3' -Y quit
is "$(flags 'number 1')$(flags 'number 2')$(flags 'number 3')" '\Flagged \Answered \Seen urgent ' "$name: flags and keywords"
run "$MAILX" -f "$BOX/INBOX" -Y 'unflag 1' -Y 'untag urgent 3' -Y sync -Y 'xit'
is "$(flags 'number 1')$(flags 'number 3')" '\Seen ' "$name: taken off, by sync"
run "$MAILX" -f "$BOX/INBOX" -Y 'delete 1' -Y 'move 2 x' -Y quit
is "$(left):$(left x)" 2:1 "$name: deleted and moved"
run "$MAILX" -f "$BOX/INBOX" -Y 'delete 1' -Y xit
is "$(left)" 2 "$name: not those that xit gave up"
run "$MAILX" -f "plain" -Y "copy 1 $BOX/INBOX"
is "$(left)" 3 "$name: a message that is put there"
$DOVEADM flags add -u "$USER_NAME" '\Draft' mailbox INBOX subject 'number 3'
run "$MAILX" -J -f "$BOX/INBOX" -Y 'headers (subject "number 3")'
like "$OUT" '"draft"' "$name: and another's appear here"

name='POP3 keep mode'
run "$MAILX" -Y "fetch -k -o maildir:kept $DROP"
is "$STATUS:$(come kept):$(left)" 0:3:3 "$name: all come, all stay"
run "$MAILX" -J -Y "fetch -k -o maildir:kept $DROP"
is "$STATUS:$(come kept):$(left)" 0:3:3 "$name: once"
like "$OUT" '"fetched":0,"skipped":3,"failed":0' "$name: it is told"
put "$USER_NAME" m1
run "$MAILX" -J -Y "fetch -o maildir:kept $DROP"
is "$STATUS:$(come kept):$(left)" 0:4:4 "$name: and what is new, which is the default"
name='POP3 delete mode'
run "$MAILX" -Y "fetch -d -o maildir:taken $DROP"
is "$STATUS:$(come taken):$(left)" 0:4:0 "$name: all come, none stays"
run "$MAILX" -Y "fetch -d -o maildir:taken $DROP"
is "$STATUS:$(come taken)" 0:4 "$name: once"
if command -v curl > /dev/null; then
	put "$USER_NAME" m2
	curl -s --cacert "$CA" -u "$USER_NAME:$USER_NAME-pw" "pop3s://localhost:$POP3S/1" | tr -d '\r' > by-curl
	run "$MAILX" -Y "fetch -d -o maildir:same $DROP"
	same "$(find same/new -type f)" by-curl "$name: the octets that curl gets"
	is "$(curl -s --cacert "$CA" -u "$USER_NAME:$USER_NAME-pw" "pop3s://localhost:$POP3S/" | tr -d '\r')" '' "$name: for curl it is gone too"
else
	skip 2 'no curl'
fi
done_testing
