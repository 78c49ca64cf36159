#!/bin/sh
# Fetch ended at each step of its protocol and run again: nothing lost, nothing twice.
. "$(dirname -- "$0")/lib.sh"
write_rc
CRASH=$ROOT/tests/mailx-crash
fill() {		# fill N: a fresh mailbox with N messages, one with From lines
	$DOVEADM expunge -u "$USER_NAME" mailbox INBOX all 2> /dev/null
	i=1
	while [ $i -le "$1" ]; do
		printf 'From: a%s@example.org\nTo: me@example.test\nSubject: message %s\nDate: Fri, 20 Nov 2026 09:30:0%s +0800\nMessage-ID: <f%s-%s@example.org>\n\nFrom here\n>From there\n%s\n' \
		    $i $i $i $i "$RUN" $i > m$i
		put "$USER_NAME" m$i
		i=$((i + 1))
	done
}
subjects() { "$MAILX" -R -N -J -f "$1" -Y 'headers *' 2> /dev/null | sed -n 's/.*"subject":"message \([0-9]*\)".*/\1/p' | sort | tr '\n' ' '; }
left() { $DOVEADM mailbox status -u "$USER_NAME" messages INBOX | sed 's/.*messages=//'; }

RUN=0
for source in "pop3s://$USER_NAME@localhost:$POP3S" "imaps://$USER_NAME@localhost:$IMAPS/INBOX"; do
	for mode in k d; do
		for dest in mbox maildir; do
			n=1 wrong='' ended=0
			while [ $n -lt 80 ]; do
				RUN=$((RUN + 1))
				rm -rf "$HOME/.local" box
				[ "$mode" = k ] && [ $n -gt 1 ] || fill 3
				MAILX_CRASH=$n "$CRASH" -Y "fetch -$mode -o $dest:$T/box $source" > crash.out 2>&1
				status=$?
				"$MAILX" -Y "fetch -$mode -o $dest:$T/box $source" > again.out 2>&1 ||
				    wrong="$wrong $n:status"
				"$MAILX" -Y "fetch -$mode -o $dest:$T/box $source" > third.out 2>&1 ||
				    wrong="$wrong $n:third"
				got=$(subjects "$dest:$T/box")
				[ "$got" = '1 2 3 ' ] || wrong="$wrong $n:($got)"
				[ "$mode" = k ] || [ "$(left)" = 0 ] || wrong="$wrong $n:left"
				[ $status -ne 0 ] || break		# it ran to its end: no such step
				ended=$((ended + 1))
				n=$((n + 1))
			done
			is "$wrong" '' "${source%%:*} -$mode $dest: ended at each of $ended steps, nothing lost, nothing twice"
			[ $ended -ge 5 ]; ok $? "${source%%:*} -$mode $dest: there are steps"
		done
	done
done

RUN=x
fill 3
rm -rf "$HOME/.local" box
"$MAILX" -Y "fetch -o maildir:$T/box imaps://$USER_NAME@localhost:$IMAPS/INBOX" > /dev/null
sed 's/^From \|^>From /&/' m1 > want
"$MAILX" -R -f "maildir:$T/box" -Y 'copy 1 mbox:one' > /dev/null
"$MAILX" -R -f mbox:one -Y 'pipe "cat > got" 1'
tail -n 4 m1 > want
tail -n 4 got > have
same want have 'lines with From survive the mbox'
run "$MAILX" -J -Y "fetch -n -a -o maildir:$T/box imaps://$USER_NAME@localhost:$IMAPS/INBOX"
like "$OUT" '"fetched":3' '-n -a says what would come'
is "$(find box -type f -path '*/new/*' | wc -l | tr -d ' ')" 3 'and nothing comes'
run "$MAILX" -J -Y "fetch -m 1 -o maildir:$T/box2 imaps://$USER_NAME@localhost:$IMAPS/INBOX"
like "$OUT" '"fetched":1' '-m bounds the number'
run "$MAILX" -J -Y "fetch -s 'subject \"message 2\"' -o maildir:$T/box3 imaps://$USER_NAME@localhost:$IMAPS/INBOX"
like "$OUT" '"fetched":1' '-s selects on the server'
is "$(subjects "maildir:$T/box3")" '2 ' 'the right one'

# The server has rebuilt the mailbox: what came is known by its fingerprint.
IBOX=imaps://$USER_NAME@localhost:$IMAPS/Built
rebuild() {		# rebuild FILE...: a mailbox Built with these, and another UIDVALIDITY
	$DOVEADM mailbox delete -u "$USER_NAME" -s Built 2> /dev/null
	$DOVEADM mailbox create -u "$USER_NAME" Built
	for m in "$@"; do put "$USER_NAME" "$m" Built; done
}
rebuild m1 m2
"$MAILX" -Y "fetch -o maildir:built $IBOX" > /dev/null
sed 's/message 3/message 4/; s/<f3/<f4/' m3 > "m4"
rebuild m4 m2 m1
run "$MAILX" -J -Y "fetch -d -o maildir:built $IBOX"
is "$STATUS" 0 'another UIDVALIDITY'
like "$OUT" '"fetched":1,"skipped":2' 'what came is known, what is new comes'
is "$(subjects maildir:built)" '1 2 4 ' 'nothing twice'
is "$($DOVEADM mailbox status -u "$USER_NAME" messages Built | sed 's/.*messages=//')" 3 'and nothing is deleted in that session'
run "$MAILX" -J -Y "fetch -d -o maildir:built $IBOX"
is "$STATUS:$($DOVEADM mailbox status -u "$USER_NAME" messages Built | sed 's/.*messages=//'):$(subjects maildir:built)" '0:0:1 2 4 ' 'but in the next'
sed 's/message 3/message 5/; s/<f3/<f5/' m3 > m5
rebuild m1
"$MAILX" -Y "fetch -o maildir:built $IBOX" > /dev/null 2>&1
rebuild m5
run "$MAILX" -Y "fetch -o maildir:other $IBOX"
run "$MAILX" -Y "fetch -o maildir:built $IBOX"
is "$STATUS" 75 'nothing of what came is there: it stops'
like "$ERR" 'resync' 'and says how to go on'
run "$MAILX" -J -Y "fetch --resync -o maildir:built $IBOX"
is "$STATUS" 0 '--resync goes on'
like "$OUT" '"fetched":1' 'with what is there'

# A destination that is made by the first run is known again, by whatever path.
mkdir -p real; ln -s real link
"$MAILX" -Y "fetch -o mbox:link/new maildir:box" > /dev/null
"$MAILX" -Y "fetch -o mbox:link/new maildir:box" > /dev/null
(cd real && "$MAILX" -Y "fetch -o mbox:new maildir:../box" > /dev/null)
"$MAILX" -Y "fetch -o mbox:real/../link/new maildir:box" > /dev/null
is "$(grep -c '^Subject: message' real/new)" 3 'each came once'
done_testing
