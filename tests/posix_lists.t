#!/bin/sh
# POSIX.1-2024 mailx: message lists.
. "$(dirname -- "$0")/lib.sh"
: > "$HOME/.mailrc"
letters four 1 4
{
	cat four
	printf 'From Zed@Example.ORG Fri Nov 20 01:30:00 2026\nFrom: "Zed, the last" <Zed@Example.ORG>\nSubject: A Report on Numbers\nStatus: RO\n\nbody of 5\n\n'
	printf 'From zed@elsewhere.test Fri Nov 20 01:30:00 2026\nFrom: zed@elsewhere.test\nSubject: other\nStatus: O\n\nbody of 6\n\n'
} > box
# list COMMANDS: the numbers that the last of them, from, prints
list() {
	cp box this
	run sh -c 'printf "$1\n" | "$2" -n -N -f this' sh "$1" "$MAILX"
	LIST=$(printf '%s\n' "$OUT" | grep '^.[A-Z*+ ]*  *[0-9]* ' | sed 's/^.[^0-9]*\([0-9]*\) .*/\1/' | tr '\n' ' ' | sed 's/ $//')
}
while IFS='|' read -r commands want name; do
	list "$commands"
	is "$LIST" "$want" "$name"
done <<'E2'
from 3|3|a number is that message
from 2-4|2 3 4|n-m is a range
from 1 3 5|1 3 5|several lists, separated by blanks
from 3 1|1 3|in the order of the folder
from .|1|. is the current message
from 3\nfrom .|3 3|which the last command has set
from ^|1|^ is the first that is not deleted
delete 1\nfrom ^|2|also where the first is deleted
from $|6|$ is the last
from *|1 2 3 4 5 6|* is all
delete 2\nfrom *|1 3 4 5 6|but those that are deleted
from 4\nfrom +|4 5|+ is the next message
from 4\nfrom -|4 3|- is the one before
delete 3\nfrom 2\nfrom +|2 4|+ passes over what is deleted
delete 3\nfrom 4\nfrom -|4 2|so does -
from 2-$|2 3 4 5 6|$ ends a range
from .-3|1 2 3|. begins one
from ^-2|1 2|and ^
from a2@example.org|2|an address: all messages from it
from A2@EXAMPLE.org|2|whatever the case
from zed@example.org|5|also where the field has it in another
from a2|2|a login name alone (as elsewhere)
set allnet\nfrom zed@example.org|5 6|allnet: the login name alone counts
from /number|1 2 3 4 5|/string: all with it in the subject
from /REPORT|5|whatever the case
from /report\ on|5|with a blank in it
from "/report on"|5|or in quotes
from :n|1 2 3 4|:n: new messages
from :o|6|:o: old ones, neither new nor read
from :r|5|:r: read ones
from :u|1 2 3 4 6|:u: unread ones
delete 2 4\nundelete :d\nfrom *|1 2 3 4 5 6|:d: deleted ones, for undelete
delete *\nundelete 2-3\nfrom *|2 3|undelete takes what is deleted
delete 1 4\nfrom 2\nundelete +\nfrom *|2 2 3 4 5 6|+ of undelete is the next deleted one
from :n :r|1 2 3 4 5|several kinds
from 1 1|1|no message twice
E2
while IFS='|' read -r commands name; do
	list "$commands"
	[ "$STATUS" -ne 0 ] && [ -n "$ERR" ]; ok $? "$name"
	is "$LIST" '' 'and nothing is done'
done <<'E2'
from 7|a number beyond the last is an error
from 0|as is 0
from nobody@example.org|an address without a message
from /no-such-subject|a subject without one
from :x|a kind that is none
from 3-1|a range that goes backwards
from 1-9|or too far
delete 1-6\nfrom *|nothing is left
E2
list 'delete 3\nfrom 3'; [ "$STATUS" -ne 0 ]; ok $? 'a deleted message is an error'
list 'delete *\nq'; [ ! -s this ]; ok $? 'delete * deletes all'
: > empty
run sh -c 'printf "from *\n" | "$1" -n -N -f empty' sh "$MAILX"
[ "$STATUS" -ne 0 ]; ok $? 'there is none in an empty folder'
done_testing
