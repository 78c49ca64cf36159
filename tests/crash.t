#!/bin/sh
# Copying, moving and quitting, ended at each step and done again: nothing lost, nothing twice
# that was not twice before.  And many that write to one mailbox at once.
. "$(dirname -- "$0")/lib.sh"
printf 'set lock-timeout=20\n' > "$HOME/.mailrc"
CRASH=$ROOT/tests/mailx-crash
message() { printf 'From a@b.c Sat Mar 14 09:26:53 2026\nSubject: %s\nMessage-ID: <%s@b.c>\n\nFrom %s\n>From there\n\n' "$1" "$1" "$1"; }
subjects() {
	"$MAILX" -N -R -J -f "$1" -Y 'headers *' 2> list.err |
	    sed -n 's/.*"subject":"\([^"]*\)".*/\1/p' | tr '\n' ' '
}
count() { "$MAILX" -N -R -f "$1" -Y count 2> /dev/null; }
fresh() {
	rm -rf box src md .box.mailx-redo* .src.mailx-redo*
	for i in 1 2 3 4 5; do message $i; done > src
	{ message x; message y; message z; } > box
}
# at_each_step NAME CHECK COMMAND...: CHECK gets the status of the run that was ended.
at_each_step() {
	name=$1 check=$2
	shift 2
	n=1 wrong='' ended=0
	while [ $n -lt 100 ]; do
		fresh
		status=0
		MAILX_CRASH=$n "$CRASH" "$@" > crash.out 2>&1 || status=$?
		again=0
		seen=
		$check first || wrong="$wrong $n:first($seen)"
		[ $status -ne 0 ] || break
		"$MAILX" "$@" > again.out 2>&1 || again=$?
		$check again || wrong="$wrong $n:again($again:$seen)"
		ended=$((ended + 1))
		n=$((n + 1))
	done
	is "$wrong" '' "$name: ended at each of $ended steps"
	[ $ended -ge "$STEPS" ]; ok $? "$name: there are steps"
}

# Whole messages, none that was there is gone, none merged.
copied() {
	seen=$(subjects "$DEST")
	case $seen in
	"${OLD}1 2 3 "|"${OLD}1 2 3 1 2 3 ") :;;
	"$OLD"|"${OLD}1 "|"${OLD}1 2 ") [ "$1" = first ];;
	"${OLD}1 1 2 3 "|"${OLD}1 2 1 2 3 ") [ "$1" = again ];;
	*) false;;
	esac
}
STEPS=3
OLD='x y z ' DEST=mbox:box
at_each_step 'copy to an mbox' copied -N -R -f src -Y 'copy 1-3 mbox:box'
OLD='' DEST=maildir:md
at_each_step 'copy to a Maildir' copied -N -R -f src -Y 'copy 1-3 maildir:md'

# Moved: in the one or in the other, and not lost between them.
moved() {
	here=$(subjects src) there=$(subjects "$DEST") seen="$here/$there"
	for s in 1 2 3 4 5; do
		case " $here$there" in *" $s "*) :;; *) return 1;; esac
	done
	[ "$1$status" != first0 ] || [ "$here" = '3 4 5 ' ]
}
STEPS=6
DEST=mbox:box
at_each_step 'move to an mbox' moved -N -f src -Y 'move 1-2 mbox:box' -Y quit
DEST=maildir:md
at_each_step 'move to a Maildir' moved -N -f src -Y 'move 1-2 maildir:md' -Y quit

quitted() {
	seen=$(subjects src)
	case $seen in
	'1 3 5 ') :;;
	'1 2 3 4 5 ') [ "$1" = first ] && [ $status -ne 0 ];;
	'1 5 '|'1 3 ') [ "$1" = again ];;	# 2 and 4 of those that were left
	*) false;;
	esac
}
at_each_step 'quit with deletions' quitted -N -f src -Y 'delete 2 4' -Y quit

flagged() {
	seen=$(subjects src)$(grep -c '^X-Status: F' src)
	case $seen in
	'1 2 3 4 5 2') :;;
	'1 2 3 4 5 0') [ "$1" = first ] && [ $status -ne 0 ];;
	*) false;;
	esac
}
at_each_step 'quit with flags' flagged -N -f src -Y 'flag 2 4' -Y quit

# --- Many at once ---
rm -rf box md
message seed > one
w=1
while [ $w -le 20 ]; do
	i=1
	while [ $i -le 50 ]; do
		message "w$w-$i"
		i=$((i + 1))
	done > from$w
	w=$((w + 1))
done
w=1
while [ $w -le 20 ]; do
	"$MAILX" -N -R -f from$w -Y 'copy * mbox:box' > out$w 2>&1 || echo "$w: $?" >> failed &
	"$MAILX" -N -R -f from$w -Y 'copy * maildir:md' > outm$w 2>&1 || echo "$w: $?" >> failed &
	w=$((w + 1))
done
wait
[ ! -e failed ]; ok $? 'twenty that copy fifty messages each, at once'
is "$(count box)" 1000 'all are in the mbox'
is "$(count maildir:md)" 1000 'and in the Maildir'
is "$(subjects mbox:box | tr ' ' '\n' | sort -u | grep -c '^w')" 1000 'each once'
is "$(grep -c '^>From w' box)" 1000 'and whole'
# Others deliver while one deletes.
{ w=1; while [ $w -le 40 ]; do message "keep$w"; message "drop$w"; w=$((w + 1)); done; } > busy
w=1
while [ $w -le 10 ]; do
	"$MAILX" -N -R -f from$w -Y 'copy 1-5 mbox:busy' > /dev/null 2>&1 &
	"$MAILX" -N -f busy -Y "delete 'subject drop${w}0 or subject drop$w'" -Y quit > /dev/null 2>&1 &
	w=$((w + 1))
done
wait
is "$(subjects mbox:busy | tr ' ' '\n' | grep -c '^w')" 50 'nothing that came meanwhile is lost'
is "$(subjects mbox:busy | tr ' ' '\n' | grep -c '^keep')" 40 'and nothing that was there'
done_testing
