#!/bin/sh
# What becomes of a message: with some recipients refused or put off; the copy that is kept; sendmail programs.
. "$(dirname -- "$0")/lib.sh"
write_rc
MTA=submission://$USER_NAME@localhost:$SUBMISSION
DEAD=$HOME/dead.letter; export DEAD
send() { run sh -c 'm=$1; shift; echo text | "$m" -n "$@"' sh "$MAILX" -S "mta=$MTA" -s test "$@"; }

if [ "$POSTFIX" = yes ]; then
	send "$OTHER_NAME@example.test" later@example.test unknown1@example.test unknown2@example.test
	is "$STATUS" 67 'accepted, put off, refused: 67'
	is "$(printf '%s\n' "$ERR" | grep -c '^mailx: localhost:.*@example.test: [45][0-9][0-9] ')" 3 'a line for each'
	like "$ERR" "saved in $DEAD" 'and where it is'
	is "$(grep '^To:' "$DEAD")" 'To: later@example.test' 'saved for the one put off alone'
	is "$(grep -c '^text' "$DEAD")" 1 'with the text'
	arrived "$OTHER_NAME" 1
	ok $? 'the other has got it'
	rm -f "$DEAD"
	send -J "$OTHER_NAME@example.test" unknown1@example.test
	like "$OUT" '"accepted":\["'"$OTHER_NAME"'@example.test"\],"refused":\[{"addr":"unknown1@example.test","reply":"550 5.1.1' 'JSON tells both'
	like "$OUT" '"error":{"code":67' 'and the failure'
	[ ! -e "$DEAD" ]; ok $? 'one that is refused for good is not saved'
	arrived "$OTHER_NAME" 2
	send -S nopartial "$OTHER_NAME@example.test" unknown1@example.test
	is "$STATUS" 67 'nopartial: 67'
	rm -f "$DEAD"
	send -b "$OTHER_NAME@example.test" later@example.test
	is "$(grep -c "^Bcc:" "$DEAD")" 0 'no Bcc in a copy for others'
	arrived "$OTHER_NAME" 3
	ok $? 'the blind copy has arrived'
	rm -f "$DEAD"
	send "$(python3 -c 'print(", ".join("%s+%d@example.test" % ("'"$OTHER_NAME"'", i) for i in range(250)))')"
	is "$STATUS$ERR" 0 '250 recipients go in several transactions'
else
	skip 13 'refused recipients need Postfix, and Postfix needs root'
fi

# Records.
SERVER=imaps://$USER_NAME@localhost:$IMAPS
send -S "folder=$SERVER" -S record=+Kept "$OTHER_NAME@example.test"
is "$STATUS$ERR" 0 'recorded in a mailbox on the server'
id=$($DOVEADM fetch -u "$USER_NAME" hdr.message-id mailbox Kept all | sed -n 's/.*: *\(<.*>\).*/\1/p')
like "$id" '@example.test>' 'it is there'
like "$($DOVEADM fetch -u "$USER_NAME" flags mailbox Kept all)" 'Seen' 'and read'
send -S "folder=$SERVER" -S record=sent "$OTHER_NAME@example.test"
is "$STATUS$ERR" 0 'recorded in the mailbox marked as \Sent'
is "$($DOVEADM mailbox status -u "$USER_NAME" messages Sent)" 'Sent messages=1' 'it is there'
send -S record=/proc/no/box "$OTHER_NAME@example.test"
is "$STATUS" 0 'a copy that cannot be kept is no failure'
like "$ERR" '^mailx: sent, but not recorded in /proc/no/box: ' 'and is told'
send -S record=mine -b hidden@example.test "$OTHER_NAME@example.test"
unlike "$(cat mine)" hidden 'Bcc is not in the copy'
is "$(stat -c %a mine)" 600 'which is for its owner alone'
mkdir folders
send -F -S outfolder -S "folder=$T/folders" "$OTHER_NAME@example.test"
[ -s "folders/$OTHER_NAME" ]; ok $? '-F and outfolder'

# Programs.
cat > program <<'E2'
#!/bin/sh
printf '%s\n' "$@" > args; eval "$DO"
E2
chmod +x program
MTA=$PWD/program
do_it() { DO=$1; export DO; shift; rm -f "$DEAD" got; send "$@"; }
do_it 'cat > got' -b blind@example.org bob@example.org -- -x
is "$STATUS$ERR" 0 'a program takes the message'
is "$(tr '\n' ' ' < args)" "-i -f $USER_NAME@example.test -x -- bob@example.org blind@example.org " 'its arguments'
unlike "$(cat got)" 'blind' 'no Bcc'
for c in '75 exit 75' '67 cat; exit 67' '71 exit 1' '75 kill -9 $$' '71 :' '71 head -c 5'; do
	do_it "${c#* }" bob@example.org
	is "$STATUS" "${c%% *}" "${c#* }: ${c%% *}"
	[ -s "$DEAD" ]; ok $? 'the message is saved'
done
do_it 'printf "\033[31mred\nmore" >&2; exit 69' bob@example.org
like "$ERR" 'x1b\[31mred' 'what it said is quoted, made safe'
unlike "$ERR" more 'in one line'
do_it 'cat > got' "$(python3 -c 'print(", ".join("a%d@example.org" % i for i in range(5000)))')"
is "$STATUS$ERR" 0 '5,000 recipients'

# --once.
once() { run sh -c 'm=$1; shift; echo text | "$m" -n -J -S mta=maildir:once -s test --once "$@" bob@example.org' sh "$MAILX" "$@"; }
once a
like "$OUT" '"accepted":\["bob@example.org"\]' '--once sends'
id=$(grep -rh '^Message-ID' once)
once a
is "$STATUS" 0 'a second time it succeeds'
like "$OUT" '"already":true' 'says so'
is "$(find once/new -type f | wc -l | tr -d ' ')" 1 'and sends nothing'
like "$OUT" "${id#*: }" 'naming the message that went'
once b
is "$(find once/new -type f | wc -l | tr -d ' ')" 2 'another key is another message'
run sh -c 'echo text | "$0" -n -S mta=smtp://localhost:1 -s test --once c bob@example.org' "$MAILX"
is "$STATUS" 75 'an attempt that fails'
id=$(grep '^Message-ID' "$DEAD")
rm -rf once
once c
is "$(grep -rh '^Message-ID' once)" "$id" 'is made again with the same Message-ID'
for f in "$HOME"/.local/state/mailx/once/*; do echo damaged >> "$f"; done
once a
is "$STATUS" 65 'a record that is damaged is no licence to send'
printf 'torn' >> "$f"; sed -i '/damaged/d' "$HOME"/.local/state/mailx/once/*
once a
like "$OUT" '"already":true' 'a torn line at the end is nothing'
CRASH=$ROOT/tests/mailx-crash
if [ -x "$CRASH" ]; then
	n=1 bad=
	while [ $n -lt 40 ]; do
		rm -rf once
		echo text | MAILX_CRASH=$n "$CRASH" -n -S mta=maildir:once -s test --once "crash$n" bob@example.org > /dev/null 2>&1 && break
		once "crash$n"
		[ "$(cat once/new/* | grep -c '^Message-ID')" -ge 1 ] || bad="$bad $n: lost"
		[ "$(cat once/new/* | grep '^Message-ID' | sort -u | wc -l)" -eq 1 ] || bad="$bad $n: two"
		once "crash$n"
		echo "$OUT" | grep -q already || bad="$bad $n: again"
		n=$((n + 1))
	done
	is "$bad" '' "killed at each of $((n - 1)) steps: sent, under one Message-ID"
else
	skip 1 'tests/mailx-crash is not built'
fi

# $DEAD.
rm -f "$DEAD"
MTA=/nonexistent/sendmail
send bob@example.org
like "$ERR" "saved in $DEAD" 'no such program: the message is saved'
run sh -c '"$0" -n -t -S mta=maildir:again < "$DEAD"' "$MAILX"
is "$STATUS$ERR" 0 'and can be sent again'
is "$(cat again/new/* | grep '^Message-ID')" "$(grep '^Message-ID' "$DEAD")" 'with the same Message-ID'
rm -f "$DEAD"; echo precious > precious; ln -s "$PWD/precious" "$DEAD"
send bob@example.org
like "$ERR" 'not saved' 'a link is not followed'
is "$(cat precious)" precious 'and what it points to is as it was'
rm -f "$DEAD"
DEAD=/dev/null send bob@example.org
[ "$STATUS" -ne 0 ]; ok $? '/dev/null will do'
done_testing
