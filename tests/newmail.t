#!/bin/sh
# New mail that comes while a session is at its prompt: mbox, Maildir, IMAP.
. "$(dirname -- "$0")/lib.sh"
write_rc
letters one 4 4
letters box 1 3
# message NUMBER: as a Maildir or a server takes it.
message() { printf 'From: Sender %s <a%s@example.org>\nSubject: number %s\n\nbody of %s\n' "$1" "$1" "$1" "$1"; }
mkdir -p dir/cur dir/new dir/tmp
for i in 1 2 3; do message $i > dir/cur/$i:2,S; message $i > m; put "$USER_NAME" m; done
message 4 > m
session() {
	name=$1
	shift
	run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N "$@"
	is "$STATUS" 0 "$name"
	[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 30
}
common() {	# common COMMAND: it brings the message
	cat > script <<E2
< ? 
> type 2
< body of 2
< ? 
> !$1
< New mail: 1 message.
< 4 Sender 4
< number 4
< ? 
> type 4
< body of 4
< ? 
> type 2
< body of 2
< ? 
> echo quiet
< quiet
! New mail
< ? 
> x
E2
}
common "cat one >> box"; session 'mbox' -f box
common "cp m dir/new/4"; session 'Maildir' -f maildir:dir
cat > script <<'E2'
< ? 
> !cat one >> box
< New mail: 1 message.
! Sender 4
< ? 
> x
E2
session 'without the variable header the number alone' -S noheader -f box
deliver="$DOVEADM save -u $USER_NAME -m INBOX < m"
echo "$deliver" > deliver
common ". ./deliver; sleep 1"; session 'IMAP: the server is asked' -S newmail-poll=1 -f "imap://$USER_NAME@localhost:$IMAP/"
# Told unasked, with the answer to another command.
cat > script <<E2
< ? 
> type 1
< body of 1
< ? 
> !. ./deliver
< ? 
> unflag 2
< ? 
> sync
< ? 
> type 3
< body of 3
< ? 
> x
E2
session 'IMAP: a session that never asks' -S newmail-poll=0 -f "imap://$USER_NAME@localhost:$IMAP/"
like "$OUT" 'New mail: 1 message' 'the server says so itself'
like "$OUT" 'N  5 Sender 4' 'behind the others'
# More than a few are only counted.
letters many 4 9; letters more 1 9; cat more >> many
cat > script <<'E2'
< ? 
> !cat many >> box
< New mail: 15 messages.
! number 9
< ? 
> x
E2
session 'many' -f box
# Nothing of it in a script.
run sh -c 'printf "!cat one >> box\necho done\n" | "$0" -n -N -f box' "$MAILX"
unlike "$OUT" 'New mail' 'not from a pipe'
done_testing
