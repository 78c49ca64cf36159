#!/bin/sh
# Each call that puts mail on the disk fails once: a folder is whole as before or whole as
# after, the failure is told, nothing is lost; and the same where the process ends there.
. "$(dirname -- "$0")/lib.sh"
case $MAILX in
*asan*)
	skip 10 "the sanitizers want to be loaded before what fails the calls"
	done_testing ;;
esac
printf 'set lock-timeout=3\n' > "$HOME/.mailrc"
awk 'BEGIN { for (i = 0; i < 3000; i++) print i, "a line of about fifty octets, many times" }' > long
message() {
	printf 'From a@b.c Sat Mar 14 09:26:53 2026\nSubject: %s\n\n>From %s\n' "$1" "$1"
	cat long
	echo
}
subjects() {		# of the messages in a folder, whatever is left half made completed
	"$MAILX" -N -R -J -f "$1" -Y 'headers *' 2> list.err |
	    sed -n 's/.*"subject":"\([^"]*\)".*/\1/p' | tr '\n' ' '
}
fresh() {
	rm -rf box src md .box.mailx-redo* .src.mailx-redo* box.lock* src.lock* hit
	{ message a; message b; message c; } > src
	{ message x; message y; message z; } > box
}
failing() {		# failing CALL N AS ALL COMMAND...: with that call failing
	call=$1 n=$2 as=$3 all=$4
	shift 4
	STATUS=0
	FAILIO_CALL=$call FAILIO_AT=$n FAILIO_AS=$as FAILIO_PATH=$PATHS FAILIO_HIT=$T/hit \
	    ${all:+env FAILIO_ALL=1} env LD_PRELOAD="$ROOT/tests/failio.so" "$@" > out 2> err || STATUS=$?
}
# each NAME CHECK COMMAND...: every call fails, one at a time.
each() {
	name=$1 check=$2
	shift 2
	wrong='' runs=0
	for how in write/ENOSPC/ write/ENOSPC/all write/EIO/ write/short/ write/end/ sync/EIO/ sync/end/ \
	    rename/EIO/ rename/end/ link/EIO/ link/end/ truncate/EIO/ truncate/end/ close/EIO/; do
		call=${how%%/*} as=${how#*/}; all=${as#*/}; as=${as%%/*}
		n=1
		while [ $n -lt 200 ]; do
			fresh
			failing "$call" $n "$as" "$all" "$@"
			[ -e hit ] || break
			runs=$((runs + 1))
			$check || { wrong="$wrong $how@$n($STATUS:$seen)"; cat err >> errors; }
			n=$((n + 1))
		done
	done
	is "$wrong" '' "$name: $runs times"
	[ $runs -ge 10 ]; ok $? "$name: there are calls"
}
# The status that goes with a state: 0 only where all was done.
told() {
	case $STATUS in
	0) [ "$1" = all ];;
	73|74|75|99) :;;
	*) false;;
	esac
}
appended() {
	seen=$(subjects box)
	case $seen in
	'x y z a b c ') told all;;
	'x y z ') told not;;
	'x y z a '|'x y z a b ') [ $STATUS -eq 99 ];;	# the process ended
	*) false;;
	esac
}
delivered() {
	seen=$(subjects maildir:md)
	case $seen in
	'a b c ') told all;;
	'') told not;;
	'a '|'a b ') [ $STATUS -eq 99 ];;
	*) false;;
	esac
}
deleted() {
	seen=$(subjects box)
	case $seen in
	'x z ') told all;;
	'x y z ') told not;;
	*) false;;
	esac
}
flagged() {
	seen=$(subjects box)$(grep -c '^X-Status: F' box)
	case $seen in
	'x y z 1') told all;;
	'x y z 0') told not;;
	*) false;;
	esac
}
moved() {		# in one of them at least, and in one alone where it succeeded
	there=$(subjects maildir:md) here=$(subjects src)
	seen="$here/$there"
	case $seen in
	'b c /a ') told all;;
	'a b c /a '|'a b c /') told not;;
	*) false;;
	esac
}
PATHS=$T/
each 'append to an mbox' appended "$MAILX" -N -R -f src -Y 'copy * mbox:box'
each 'delivery to a Maildir' delivered "$MAILX" -N -R -f src -Y 'copy * maildir:md'
each 'a message deleted' deleted "$MAILX" -N -f box -Y 'delete 2' -Y quit
each 'a message flagged' flagged "$MAILX" -N -f box -Y 'flag 2' -Y quit
each 'a message moved' moved "$MAILX" -N -f src -Y 'move 1 maildir:md' -Y quit
[ ! -s errors ] || sort errors | uniq -c | sed 's/^/# /' | head -n 20
done_testing
