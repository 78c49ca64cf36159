#!/bin/sh
# Sorting and threading: the same order from the headers and from the server; numbers stay.
. "$(dirname -- "$0")/lib.sh"
write_rc
BOX=imaps://$USER_NAME@localhost:$IMAPS/INBOX
message() {	# message NAME FROM SUBJECT DAY REFERENCE LENGTH
	printf 'From: %s@example.org\nTo: me@example.test\nSubject: %s\nDate: %s Nov 2026 09:30:00 +0000\nMessage-ID: <%s@x>\n' "$2" "$3" "$4" "$1"
	[ -z "$5" ] || printf 'References: <%s@x>\n' "$5"
	printf '\n%*s\n' "$6" x
}
message a zoe 'Plans' 5 '' 300 > m1
message b adam 'Re: [list] Plans' 9 a 100 > m2
message c mia 'lunch' 1 '' 900 > m3
message d bob 'Re: Plans' 6 b 50 > ./m4
message e carl 'fwd: (none)' 7 gone 600 > m5
message f dan 'an answer' 8 gone 10 > m6
message g eve 'Re: Plans (fwd)' 10 '' 20 > m7
for i in 1 2 3 4 5 6 7; do
	put "$USER_NAME" m$i
	printf 'From x@y Fri Nov 20 09:30:00 2026\n'
	cat m$i
	echo
done > box
# The numbers, in the order shown.
order() {
	folder=$1; shift
	"$MAILX" -N -R -f "$folder" -Y "$*" -Y 'set headline="%m"' -Y headers 2>&1 | tr -d ' ' | tr '\n' ' ' | sed 's/ $//'
}
both() {	# both COMMAND WANTED
	is "$(order box "$1")" "$2" "$1: from the headers"
	is "$(order "$BOX" "$1")" "$2" "$1: on the server"
}
both 'sort date' '3 1 4 5 6 2 7'
both 'sort -date' '7 2 6 5 4 1 3'
both 'sort reverse date' '7 2 6 5 4 1 3'
both 'sort from' '2 4 5 6 7 3 1'
both 'sort subject' '5 6 3 1 2 4 7'
both 'sort subject reverse date' '5 6 3 7 2 4 1'
both 'sort reverse size' '3 5 1 2 4 6 7'
both 'sort arrived' '1 2 3 4 5 6 7'
both 'thread' '3 1 2 4 7 5 6'
run "$MAILX" -v -R -f "$BOX" -Y 'sort date'
if [ -z "${BARE:-}" ]; then
	like "$ERR" 'C: A[0-9]* SORT (DATE) UTF-8 ALL' 'the server sorts'
	unlike "$ERR" 'ENVELOPE' 'and no header comes'
fi
run "$MAILX" -N -R -f box -Y thread -Y 'headers'
like "$OUT" ' 4 bob@.* | `-> Re: Plans' 'the tree is drawn'
# Three answers to one, the first answered twice.
tree_message() {
	printf 'From a Fri Nov 20 01:30:00 2026\nFrom: a@example.org\nSubject: s%s\nDate: Fri, 20 Nov 2026 01:0%s:00 +0000\nMessage-ID: <%s@x>\n%s\n\nx\n\n' \
	    "$1" "$1" "$1" "${2:-X-Top: yes}"
}
{
	tree_message 1
	tree_message 2 'References: <1@x>'
	tree_message 3 'References: <1@x> <2@x>'
	tree_message 4 'References: <1@x> <2@x>'
	tree_message 5 'References: <1@x>'
	tree_message 6 'References: <1@x>'
} > tree
run "$MAILX" -R -f tree -S headline=%s -Y thread -Y 'headers *'
is "$OUT" 's1
|-> s2
| |-> s3
| `-> s4
|-> s5
`-> s6' 'lines lead to the later answers to the same message'
# Of one date all: by their numbers, also where a thread has no message at its head.
for subject in alone same same another; do
	printf 'From a Fri Nov 20 01:30:00 2026\nFrom: a@example.org\nSubject: %s\nDate: Fri, 20 Nov 2026 01:00:00 +0000\n\nx\n\n' $subject
done > alike
is "$(order alike thread)" '1 2 3 4' 'threads of one date go by the number of their first message'
run "$MAILX" -R -f box -Y 'sort reverse thread'
like "$ERR" 'thread goes alone' 'thread is no key among others'
run "$MAILX" -N -R -f box -Y 'sort date' -Y 'set headline="%m"' -Y 'from 1 2 3'
is "$(echo "$OUT" | tr -d ' ' | tr '\n' ' ')" '3 1 2 ' 'a list is shown in that order too'
run "$MAILX" -N -R -f box -Y 'sort date' -Y 'set headline="%m"' -Y 'from 3' -Y 'from +'
is "$(echo "$OUT" | tr -d ' ' | tr '\n' ' ')" '3 1 ' '+ is the next one shown'
run sh -c 'printf "sort date\ntype 3\nnext\n=\nnext\n=\nnext 2 5 7\n=\n" | "$0" -N -R -f box' "$MAILX"
is "$(echo "$OUT" | grep '^[0-9]$' | tr '\n' ' ')" '1 4 5 ' 'so is that which next prints'
run sh -c 'printf "sort date\ndelete 1 4 5\nfrom 3\nundelete\n=\nexit\n" | "$0" -N -f box' "$MAILX"
is "$(echo "$OUT" | grep '^[0-9]$' | tr '\n' ' ')" '1 ' 'and undelete takes the first one shown behind'
# Every list goes in the order shown: 3 1 4 5 6 2 7
subjects() { sed -n 's/^Subject: //p' "$@" | tr '\n' ','; }
WANTED='lunch,Plans,Re: Plans,fwd: (none),an answer,Re: [list] Plans,Re: Plans (fwd),'
for folder in box "$BOX"; do
	rm -f copied moved; cp box source
	run "$MAILX" -N -R -f "$folder" -Y 'sort date' -Y 'type *'
	is "$(echo "$OUT" | subjects)" "$WANTED" 'type *'
	run "$MAILX" -N -R -f "$folder" -Y 'sort date' -Y 'pipe * cat'
	is "$(echo "$OUT" | subjects)" "$WANTED" 'pipe *'
	run "$MAILX" -N -R -f "$folder" -Y 'sort date' -Y 'copy * mbox:copied'
	is "$(subjects copied)" "$WANTED" 'copy *'
	run "$MAILX" -N -R -f "$folder" -Y 'sort date' -Y 'type (from zoe or from mia or from bob)'
	is "$(echo "$OUT" | subjects)" 'lunch,Plans,Re: Plans,' 'what a search found'
	run "$MAILX" -N -R -f "$folder" -Y 'sort date' -Y 'set headline="%m"' -Y 'from 4-2' -Y 'from ^ $' -Y 'from 5-$'
	is "$(echo "$OUT" | tr -d ' ' | tr '\n' ' ')" '4 5 6 2 3 7 5 6 2 7 ' 'from one shown to another, the first, the last'
	run "$MAILX" -N -R -f "$folder" -Y 'sort date' -Y 'from 2-4'
	is "$STATUS" 64 'and not back'
done
run "$MAILX" -N -f source -Y 'sort date' -Y 'move 4-2 mbox:moved' -Y 'set headline="%m"' -Y 'from .'
is "$(subjects moved)" 'Re: Plans,fwd: (none),an answer,Re: [list] Plans,' 'move'
like "$OUT" '^ *7 *$' 'and on behind the last shown'
run "$MAILX" -N -f box -Y 'sort date' -Y 'copy * mbox:/dev/null' -Y 'set headline="%m"' -Y 'from .' -Y 'copy 2 3 mbox:/dev/null' -Y 'from .'
is "$(echo "$OUT" | grep '^ *[0-9] *$' | tr -d ' ' | tr '\n' ' ')" '7 2 ' 'the last shown is current then'
run "$MAILX" -N -R -f box -Y 'sort date' -Y 'unsort' -Y 'set headline="%m"' -Y headers
is "$(echo "$OUT" | tr -d ' ' | tr '\n' ' ')" '1 2 3 4 5 6 7 ' 'unsort'
run "$MAILX" -N -R -J -f box -Y 'sort size' -Y headers
is "$(echo "$OUT" | sed 's/{"n":\([0-9]*\).*/\1/' | tr '\n' ' ')" '7 6 4 2 1 5 3 ' 'JSON in that order'
run "$MAILX" -N -f box -Y 'flag 5' -Y 'sort flagged' -Y 'set headline="%m"' -Y headers
is "$(echo "$OUT" | tr -d ' ' | tr '\n' ' ')" '5 1 2 3 4 6 7 ' 'flagged first'
run "$MAILX" -N -R -f box -Y 'sort colour'
is "$STATUS" 64 'a key that is none'
done_testing
