#!/bin/sh
# Fetch, killed at every system call and with every call failing in turn: POP3 and IMAP, kept
# and deleted there, into an mbox and a Maildir.  Nothing is lost, nothing comes twice, nothing
# is torn.  `make syskill-fetch' looks at each call; here, at one of SYSKILL_STEP.
. "$(dirname -- "$0")/lib.sh"
case $MAILX in
*asan*)
	skip 1 'the sanitizers do not work under ptrace'
	done_testing ;;
esac
write_rc
KILL=$ROOT/tests/syskill
STEP=${SYSKILL_STEP:-151}
MAILBOX=$TEST_WORK/s/mail/$USER_NAME/Maildir
SUM=0
for i in 1 2 3; do
	printf 'From: a%s@example.org\nTo: me@example.test\nSubject: message %s\nDate: Fri, 20 Nov 2026 09:30:0%s +0800\n\n' \
	    $i $i $i > m$i
	awk -v n=$((i * i * 10)) 'BEGIN { for (i = 0; i < n; i++) print i, "a line of some length, many times" }' >> m$i
	echo "end of $i" >> m$i
done
put "$USER_NAME" m1

# The same three messages again, under new names: new UIDs, new UIDLs.
fill() {
	SUM=$((SUM + 1))
	[ "$(left)" = 0 ] || $DOVEADM expunge -u "$USER_NAME" mailbox INBOX all
	for i in 1 2 3; do
		cp m$i "$MAILBOX/tmp/x"
		chmod 644 "$MAILBOX/tmp/x"
		mv "$MAILBOX/tmp/x" "$MAILBOX/new/1700000000.M${SUM}P$i.here"
	done
}
left() { find "$MAILBOX/new" "$MAILBOX/cur" -type f | wc -l | tr -d ' '; }
# What is in the destination, whatever the order and the From_ lines say.
contents() {
	case $DEST in
	mbox) grep -v '^From ' box 2> /dev/null | sed '/^Status:/d' | cksum;;
	*) find box/new box/cur -type f -exec cksum {} + 2> /dev/null | cut -d ' ' -f 1,2 | sort | cksum;;
	esac
}
# The run after it settles everything.
judge() {
	seen=
	[ "$STATUS" -ne 0 ] || [ "$(contents)" = "$WANT" ] || seen="$seen untrue"
	if [ "$STATUS" -ne 0 ] || [ $((n % 3)) -eq 0 ]; then
		"$MAILX" -Y "fetch -$MODE -o $DEST:$T/box $SOURCE" > again.out 2> again.err ||
		    { seen="$seen again:$?"; sed 's/^/# /' again.err; }
	fi
	[ "$(contents)" = "$WANT" ] || seen="$seen damaged"
	[ "$MODE" = k ] || [ "$(left)" = 0 ] || seen="$seen left"
	[ "$MODE" = d ] || [ "$(left)" = 3 ] || seen="$seen deleted"
}
# each STEP NAME WAY...: every STEPth call dealt with that way, one at a time.
each() {
	step=$1 name=$2 wrong='' runs=0 n=$((FIRST % $1 + 1))
	shift 2
	FIRST=$((FIRST + 13))
	while :; do
		rm -rf state box box.lock
		[ "$MODE" = k ] || fill
		STATUS=0
		"$KILL" "$@" $n -s "$T/state" -T 60 -o hit \
		    "$MAILX" -Y "fetch -$MODE -o $DEST:$T/box $SOURCE" > out 2> err || STATUS=$?
		grep -q ' hit' hit || break
		[ "$STATUS" -ne 3 ] || wrong="$wrong $n:slow"
		runs=$((runs + 1))
		judge
		[ -z "$seen" ] || wrong="$wrong $n:$(cut -d ' ' -f 3- hit):$STATUS($seen)"
		n=$((n + step))
	done
	is "$wrong" '' "${SOURCE%%:*} -$MODE $DEST: $name, at $runs calls"
}

XDG_STATE_HOME=$T/state; export XDG_STATE_HOME
FIRST=0
for SOURCE in "pop3://$USER_NAME@localhost:$POP3/?tls=none" "imap://$USER_NAME@localhost:$IMAP/INBOX?tls=none"; do
	for MODE in k d; do
		for DEST in mbox maildir; do
			rm -rf state box
			fill
			"$MAILX" -Y "fetch -$MODE -o $DEST:$T/box $SOURCE" > first.out 2>&1
			ok $? "${SOURCE%%:*} -$MODE $DEST: as it should be"
			WANT=$(contents)
			fill
			each "$STEP" 'killed' -k
			each $((STEP / 6 + 1)) 'killed in a write' -c write -t
			each $((STEP / 2 + 1)) 'fails' -e EIO \
			    -c open,write,sync,close,rename,link,unlink,truncate,mkdir,dir -f
			each $((STEP / 3 + 1)) 'the disk is full' -e ENOSPC -a -c write,rename,link,mkdir -f
		done
	done
done
done_testing
