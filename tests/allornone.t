#!/bin/sh
# A command that puts several messages into a folder and fails leaves none there: done again,
# it makes no doubles.  Where that cannot be, on a server, it says which are there.
. "$(dirname -- "$0")/lib.sh"
write_rc
echo 'machine localhost login joe password x' >> "$HOME/.netrc"
SIM=
end_sim() { [ -z "$SIM" ] || kill "$SIM" 2> /dev/null; SIM=; }
leave() { end_sim; finish; }
trap leave EXIT
sim() {			# sim OPTIONS...: starts it: $BOX
	end_sim
	rm -rf port state "$HOME/.cache"
	python3 "$ROOT/tests/imapsim.py" "$@" state > port & SIM=$!
	while [ ! -s port ]; do sleep 0.01; done
	SERVER="imap://joe@localhost:$(cat port)" BOX="$SERVER/INBOX?tls=none"
}
copied() {		# when the connection has ended
	tries=500
	until grep -q '^\.$' state 2> /dev/null || [ $tries -eq 0 ]; do tries=$((tries - 1)); sleep 0.01; done
	sed -n 's/^copied *//p' state
}
count() { if [ -e "${1#*:}" ]; then "$MAILX" -n -N -R -f "$1" -Y count 2>&1; else echo 0; fi; }
numbers() { echo "$OUT" | grep -v opied | tr -s ' \n' ' ' | sed 's/^ //; s/ $//'; }
letters old 1 1
letters six 1 6
letters many 1 900

# --- No room on the disk. ---
# full FOLDER COMMAND: the disk is full behind two commits: at the 700th message, in an mbox
# at the third batch.
full() {
	STATUS=0
	at=700
	[ "$1" != mbox ] || at=3
	env FAILIO_CALL=write FAILIO_AS=ENOSPC FAILIO_AT=$at FAILIO_ALL=1 FAILIO_PATH="$T/full" \
	    LD_PRELOAD="$ROOT/tests/failio.so" "$MAILX" -n -N -f many -Y "$2" > out 2> err || STATUS=$?
	is "$STATUS" 74 "$1: $2: no room"
	like "$(cat err)" 'No space left' 'is told'
	unlike "$(cat out)" 'opied' 'and that nothing is there need not be'
}
case $MAILX in
*asan*) skip 22 'the sanitizers want to be loaded before what fails the calls' ;;
*)
	for command in copy save move; do
		rm -rf full; cp old full
		full mbox "$command * mbox:full"
		same old full 'nothing of it stays'
		rm -rf full
		full Maildir "$command * maildir:full"
		is "$(find full -type f | wc -l | tr -d ' ')" 0 'nothing stays'
		is "$(count many)" 900 'nor goes'
	done
	run "$MAILX" -n -N -R -f many -Y 'copy * maildir:full'
	is "$STATUS$(count maildir:full)" 0900 'done again: each is there once'
	rm -rf full; cp old full
	printf 'From x@example.org Fri Nov 20 01:30:00 2026\nTo: me\nStatus: RO\n\nread\n\n' > "$T/system"
	cat many >> "$T/system"
	(printf 'mbox *\nquit\n' | env MBOX="$T/full" MAIL="$T/system" FAILIO_CALL=write FAILIO_AS=ENOSPC FAILIO_AT=3 \
	    FAILIO_ALL=1 FAILIO_PATH="$T/full" LD_PRELOAD="$ROOT/tests/failio.so" "$MAILX" -n -N > out 2> err) || :
	same old full 'quit: nothing of it is in MBOX'
	is "$(count system)" 901 'all are in the system mailbox'
	# One message of more octets than wait together; there is room again at once.
	rm -f full; : > full
	head -c 68000000 /dev/zero | tr '\0' x | fold -w 70 > body
	STATUS=0
	env FAILIO_CALL=rename FAILIO_AS=ENOSPC FAILIO_AT=1 FAILIO_PATH="$T/.full" LD_PRELOAD="$ROOT/tests/failio.so" \
	    "$MAILX" -n -S mta="mbox:$T/full" -S nosave -s big x@example.org < body > out 2> err || STATUS=$?
	rm -f body
	is "$STATUS" 73 'a large message that cannot be put into its folder'
	[ ! -s full ]; ok $? 'is not there'
	;;
esac
# The limit of the shell: units of 512 octets or 1024.
cp old limited
STATUS=0
(ulimit -f 60; trap '' XFSZ; exec "$MAILX" -n -N -R -f many -Y 'copy * mbox:limited') > out 2> err || STATUS=$?
is "$STATUS" 74 'a file that may not grow'
same old limited 'nothing of it stays'
cp six six2
(ulimit -f 0; trap '' XFSZ; exec "$MAILX" -n -N -R -f six -Y 'copy * mbox:new') > out 2> err
[ ! -s new ]; ok $? 'a new one: nothing is in it'

# --- On a server. ---
sim -f 4
run "$MAILX" -n -N -f six -Y 'set noerrexit' -Y "copy 1-2 5-6 $SERVER/Box?tls=none"
is "$STATUS" 73 'APPEND: the fourth is refused'
like "$ERR" 'no room$' 'which is said'
like "$OUT" '\[Copied\] 3 messages, .*: 1-2 5$' 'the others are named'
is "$(copied)" 'number 1 number 2 number 5' 'and there'
sim -f 4
run "$MAILX" -n -N -f six -S noerrexit -Y "move * $SERVER/Box?tls=none" -Y 'set headline=%m' -Y 'from *' -Y quit
is "$(numbers)" '4 5 6' 'moved: those that are there are marked'
sim -f 4
printf 'move * %s\nfrom *\nmove * %s\n' "$SERVER/Box?tls=none" mbox:rest > typed
cp six2 six
run "$MAILX" -n -N -S 'headline=%m' -f six < typed
is "$(sed -n 's/^Subject: number //p' rest | tr '\n' ' ')" '4 5 6 ' 'done again: no doubles'
# One that is larger than what is gathered, and the connection lost behind it.
letters large 1 1
{ letters part 2 2; sed '$d' part; head -c 5000000 /dev/zero | tr '\0' x | fold -w 70; echo; echo; letters part 3 3; cat part; } >> large
sim -l 2
run "$MAILX" -n -N -R -f large -Y "copy * $SERVER/Box?tls=none"
is "$(copied)" 'number 1 number 2' 'the connection is lost behind a large one'
like "$OUT" 'Perhaps copied\] 1 message, .*: 2$' 'which may be there'
like "$OUT" '\[Copied\] 1 message, .*: 1$' 'the one before it is'
# A set of numbers that is too long for one command goes in several.
every_other=$(seq -s ' ' 1 2 1990)
sim -n 2000 -f 2
run "$MAILX" -n -N -R -f "$BOX" -Y "copy $every_other $SERVER/Box?tls=none"
is "$STATUS" 73 'COPY: the second set is refused'
like "$OUT" "Copied\\] $(copied | wc -w | tr -d ' ') messages.*: 1 3 5 " 'those of the first are told, all of them'
sim -n 2000 -f 2 -c 'IMAP4rev1 MOVE UIDPLUS'
run "$MAILX" -n -N -f "$BOX" -Y "move $every_other $SERVER/Box?tls=none"
like "$OUT" "Moved\\] $(copied | wc -w | tr -d ' ') messages.*: 1 3 5 " 'MOVE: those that went are told'
done_testing
