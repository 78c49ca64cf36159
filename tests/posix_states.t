#!/bin/sh
# POSIX.1-2024 mailx: the states of messages, and what becomes of them at the end.
. "$(dirname -- "$0")/lib.sh"
: > "$HOME/.mailrc"
MAIL=$T/sys MBOX=$T/mbox; export MAIL MBOX
letters new4 1 4
fresh() { cp new4 sys; rm -f mbox kept; }
# at COMMANDS: piped, in the system mailbox with four new messages
at() {
	fresh
	run sh -c 'printf "$1\n" | "$2" -n -N' sh "$1" "$MAILX"
}
# in_file FILE: the numbers in the subjects there
in_file() { sed -n 's/^Subject: number //p' "$1" 2> /dev/null | tr '\n' ' ' | sed 's/ $//'; }
there() {		# there SYSTEM MBOX NAME
	is "$(in_file sys):$(in_file mbox)" "$1:$2" "$3"
}

# --- In the system mailbox. ---
at ''; there '2 3 4' 1 'an empty line reads the first: it goes to MBOX'
at 'from *'; there '1 2 3 4' '' 'what is not read stays'
is "$(grep -c '^Status: O' sys)" 4 'new becomes unread: it was there before'
at 'q'; there '1 2 3 4' '' 'also with quit'
for c in 'print 2' 'Print 2' 'type 2' 'Type 2' 'p 2' '2' 'next 2' 'top 2' 'pipe 2 cat' '|2 cat'; do
	at "$c"; there '1 3 4' 2 "$c makes it read, and read ones go to MBOX"
done
at 'copy 2 kept'; there '1 3 4' 2 'copy does not mark as saved: read, to MBOX'
is "$(in_file kept)" 2 'and into its file'
for c in 'save 2 kept' 'write 2 kept'; do
	at "$c"; there '1 3 4' '' "$c: saved ones are taken away"
	at "set keepsave\n$c"; there '1 3 4' 2 "$c with keepsave: to MBOX"
done
at 'Save 2'; there '1 3 4' '' 'Save the same'
at 'delete 2'; there '1 3 4' '' 'deleted ones are taken away'
at 'set hold\ndelete 2'; there '1 3 4' '' 'also with hold'
at 'hold 2\nq'; there '1 2 3 4' '' 'hold keeps a message in its place'
at 'print 2\nhold 2\nq'; there '1 2 3 4' '' 'also one that was read'
at 'preserve 1\nprint 1'; there '1 2 3 4' '' 'preserve is the same, and lasts'
at 'mbox 3'; there '1 2 4' 3 'mbox: to MBOX'
at 'set hold\nmbox 3'; there '1 2 4' 3 'also with hold'
at 'touch 3'; there '1 2 4' 3 'touch: to MBOX'
at 'set hold\nprint 1'; there '1 2 3 4' '' 'hold: read ones stay'
is "$(grep -c '^Status: RO' sys)" 1 'as read'
at 'delete 2\nundelete 2'; there '1 3 4' 2 'undelete makes it read'
at 'print *\nexit'; there '1 2 3 4' '' 'exit changes nothing'
same new4 sys 'not one byte'
at 'delete 1\nx'; same new4 sys 'nor xit'
at 'print *\nfile kept'; fresh; letters kept 8 9
run sh -c 'printf "print 2\nfile kept\n" | "$0" -n -N' "$MAILX"; there '1 3 4' 2 'another file: as quit does'
at 'print *'; [ ! -e sys ]; ok $? 'an empty system mailbox is removed'
is "$(in_file mbox)" '1 2 3 4' 'all in MBOX'
at 'set keep\nprint *'; [ -e sys ] && [ ! -s sys ]; ok $? 'keep: it stays, empty'
at 'set nokeep\ndelete *'; [ ! -e sys ]; ok $? 'nokeep: it does not'

at 'Copy 2'; there '1 3 4' 2 'Copy does not mark as saved'
rm -f a2
at 'print 2\nhold'; there '1 2 3 4' '' 'hold without a list: the current message'
at '2\nset hold\nmbox'; there '1 3 4' 2 'mbox without a list: the current message'
at 'set hold\ntouch 2'; there '1 2 3 4' '' 'touch: subject to hold'
at 'mbox 2\ndelete 2'; there '1 3 4' '' 'delete overrides mbox'
at 'touch 2\nexit'; same new4 sys 'touch and exit'
at 'save 2 kept\nundelete 2'; is "$(in_file kept)" 2 'saved is not deleted: undelete has nothing to do'
at 'delete 2\nhold 2'; there '1 2 3 4' '' 'hold overrides delete'
for c in 'hold 1-3' 'preserve 1-3' 'hold :r' 'hold * '; do
	at "print 1-3\n$c\nq"; there '1 2 3 4' '' "$c: a list of more than numbers"
done
at 'delete 2\nhold *\nq'; there '1 2 3 4' '' 'hold *: deleted ones too'
at 'undelete 2\nq'; there '1 2 3 4' '' 'undelete of one that is not deleted: it is not read either'
at 'save 1 2 kept\nset keepsave'; there '3 4' '1 2' 'keepsave counts at the end'
at 'save 2 /nonexistent/dir/file'; there '1 2 3 4' '' 'a message that could not be saved stays'
at 'reply 2\nmy words\n.'; is "$(in_file sys)$(in_file mbox)" '1 2 3 4' 'a reply does not lose the message'

# The contract: append is on by default, POSIX would put in front
fresh; letters mbox 7 7
run sh -c 'printf "print 2\n" | "$0" -n -N' "$MAILX"; there '1 3 4' '7 2' 'contract: new ones behind the others in MBOX'
fresh; letters mbox 7 7
run sh -c 'printf "set noappend\nprint 2 3\n" | "$0" -n -N' "$MAILX"; there '1 4' '2 3 7' 'noappend: in front, as POSIX has it'
like "$(tr '\n' ' ' < "$ROOT/mailx.1")" 'Deviations from POSIX.*append' 'which the manual says'
for how in '-Y|print 2' '-R|' '-L|1'; do
	fresh
	run "$MAILX" -n "${how%%|*}" ${how#*|} "${how#*|}" < /dev/null
	is "$(in_file mbox)" '' "contract: nothing goes to MBOX under ${how%%|*}"
done
fresh; run "$MAILX" -n -H; same new4 sys 'contract: -H changes nothing'
fresh; run "$MAILX" -n -R < new4; is "$(in_file sys)" '1 2 3 4' 'nor -R'

# --- At a prompt. ---
fresh
printf '< ? \n> 2\n< body of 2\n< ? \n> q\n' > script
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n
there '1 3 4' 2 'from a prompt too'
like "$OUT" 'Saved 1 message in .*mbox\|1 message.*mbox' 'and it is said'
like "$OUT" 'Held 3 messages in .*sys\|3 messages' 'with what stays'

# --- -u, another user's; and folders that are not the system mailbox. ---
at 'file other'; letters other 1 4
sec() { letters other 1 4; run sh -c 'printf "$1\n" | "$2" -n -N -f other' sh "$1" "$MAILX"; }
rm -f mbox
sec 'print 1\nsave 2 kept\nhold 3\ndelete 4'; is "$(in_file other)" '1 2 3' 'in another folder only deleted ones go'
[ ! -e mbox ]; ok $? 'and nothing to MBOX'
sec 'delete *'; [ ! -s other ]; ok $? 'all of them, where all are deleted'
sec 'print 1'; is "$(grep -c '^Status: RO' other)" 1 'read is marked'
sec 'mbox 1'; [ "$STATUS" -ne 0 ] || [ "$(in_file mbox)" != 1 ] || true; ok $? 'mbox there is refused or moves'
fresh
run sh -c 'printf "print 1\n" | "$0" -n -N -f sys' "$MAILX"; is "$(in_file mbox)" '' '-f with the name of the system mailbox is no system mailbox'
fresh
run sh -c 'printf "print 1\n" | "$0" -n -N -f %' "$MAILX"; there '2 3 4' 1 '-f % is'
rm -f mbox; letters mbox 5 6
run sh -c 'printf "from *\n" | "$0" -n -N -f' "$MAILX"; like "$OUT" 'number 6' '-f alone opens MBOX'
run sh -c 'printf "from *\n" | "$0" -n -u no-such-user' "$MAILX"
[ "$STATUS" -ne 0 ]; ok $? '-u of somebody without mail'
run "$MAILX" -n -u no-such-user -e; is "$STATUS" 1 '-e -u'
run sh -c 'printf "x\n" | "$0" -n -u ../../etc' "$MAILX"; [ "$STATUS" -ne 0 ]; ok $? 'a user is no path'

# --- New and unread: from one session to the next. ---
fresh
run sh -c 'printf "from :n\nexit\n" | "$0" -n -N' "$MAILX"; like "$OUT" 'number 1' 'new at the first time'
run sh -c 'printf "set hold\nfrom *\nq\n" | "$0" -n -N' "$MAILX"
run sh -c 'printf "from :n\nexit\n" | "$0" -n -N' "$MAILX"; [ "$STATUS" -ne 0 ]; ok $? 'no longer at the next'
run sh -c 'printf "from :u\nexit\n" | "$0" -n -N' "$MAILX"; like "$OUT" 'number 4' 'but unread'
run sh -c 'printf "print 2\nset hold\nq\n" | "$0" -n -N' "$MAILX"
run sh -c 'printf "from :r\nexit\n" | "$0" -n -N' "$MAILX"; is "$(echo "$OUT" | grep -c number)" 1 'and read where it was read'

# --- Which message is current at first. ---
cur() { run sh -c 'printf "=\nexit\n" | "$0" -n -N -f first' "$MAILX"; is "$OUT" "$1" "$2"; }
{ sed 's/^Message-ID/Status: RO\n&/' new4; cat new4; } > first; cur 5 'the first new one is current'
sed '1,18s/^Message-ID/Status: RO\n&/; 19,$s/^Message-ID/Status: O\n&/' new4 > first; cur 3 'without new ones the first unread'
sed 's/^Message-ID/Status: RO\n&/' new4 > first; run sh -c 'printf "=\nexit\n" | "$0" -n -N -f first' "$MAILX"; like "$OUT" '^[14]$' 'else one at an end'

# --- -e, -H, -N, and no mail at all. ---
fresh; run "$MAILX" -n -e; is "$STATUS:$OUT" 0: '-e: mail is there, and nothing is printed'
rm sys; run "$MAILX" -n -e; is "$STATUS:$OUT" 1: '-e: none is there'
: > sys; run "$MAILX" -n -e; is "$STATUS:$OUT" 1: 'nor in an empty file'
printf '< No mail for\n' > script
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n; is "$STATUS" 0 'at a terminal that there is no mail is said'
fresh; run "$MAILX" -n -H; is "$(echo "$OUT" | grep -c number)" 4 '-H prints the summary'
same sys new4 'and nothing changes'
run "$MAILX" -n -H -f new4; is "$(echo "$OUT" | grep -c number)" 4 '-H -f'
fresh; run sh -c 'echo x | "$0" -n' "$MAILX"; is "$(echo "$OUT" | grep -c number)" 4 'the summary is printed at the start'
run sh -c 'echo x | "$0" -n -N' "$MAILX"; is "$(echo "$OUT" | grep -c number)" 0 '-N: it is not'
echo 'set noheader' > "$HOME/.mailrc"
run sh -c 'echo x | "$0" -n' "$MAILX"; is "$(echo "$OUT" | grep -c number)" 0 'nor with noheader'
done_testing
