#!/bin/sh
# BDAT (RFC 3030): what goes out when, in pieces, and what becomes of a message when a
# piece is refused, lost, or not known to a server that offers CHUNKING.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"

# A server that offers CHUNKING and more: offers WORD... ; rules for the rest on standard input.
offers() {
	printf 'S: 220 hi\n'
	cat
	printf 'on EHLO*\nS: 250-hi\n'
	for w in "$@"; do printf 'S: 250-%s\n' "$w"; done
	printf 'S: 250 CHUNKING\non MAIL*\nS: 250 ok\non RCPT*\nS: 250 ok\non DATA\nS: 354 go\ndata got\nS: 250 by DATA\n'
	printf 'on BDAT* LAST\nbdat got\nS: 250 2.0.0 done\non BDAT*\nbdat got\nS: 250 ok\n'
	printf 'on RSET\nS: 250 ok\non QUIT\nS: 221 bye\nclose\nserve\n'
}
# go NAME WANTED [options] [-- recipients]: sends the file `in'
go() {
	want=$1 name=$2
	shift 2
	rm -f got
	serve < s
	# shellcheck disable=SC2086 # several recipients
	run sh -c 'm=$1; shift; "$m" "$@" < in' sh "$MAILX" -S "mta=smtp://localhost:$PORT?tls=none" \
	    -S timeout=3 -s test "$@" ${TO:-a@x.test}
	explain "status $want" "$(outcome)" "$name"
}
body() { sed '1,/^\r$/d' got; }
said() { grep -c "^C: $1" log; }

printf '.\n..\n.x\nlast.\n.\n' > in
printf '.\r\n..\r\n.x\r\nlast.\r\n.\r\n' > want

# --- One chunk ---
offers PIPELINING 'SIZE 1000000' < /dev/null > s
go 0 'one chunk'
body > had; same had want 'arrives octet by octet, no dot is doubled'
is "$(grep -c '^# flight' log)" 3 'EHLO; MAIL and RCPT; the text and QUIT: three flights'
like "$(cat log)" '^C: BDAT [0-9]* LAST$' 'the only chunk is the last'
unlike "$(cat log)" '^C: DATA' 'without DATA'
size=$(sed -n 's/^C: MAIL.*SIZE=\([0-9]*\).*/\1/p' log)
is "$(sed -n 's/^C: BDAT \([0-9]*\) LAST/\1/p' log)" "$size" 'SIZE= said how many octets'
TO='a@x.test b@x.test c@x.test' go 0 'three recipients'
is "$(grep -c '^# flight' log)" 3 'three flights too'
go 0 'chunking off' -S nochunking
like "$(cat log)" '^C: DATA' 'DATA'
unlike "$(cat log)" '^C: BDAT' 'no BDAT'
offers < /dev/null > s
go 0 'no PIPELINING'
body > had; same had want 'arrives'
is "$(grep -c '^# flight' log)" 5 'EHLO, MAIL, RCPT, BDAT, QUIT: five flights'
printf 'text' > in; printf 'text\r\n' > want
go 0 'no final line end'
body > had; same had want 'it gets one'
printf 'a\rb\r\nc\r' > in
go 0 'bare CR'
unlike "$(tr -d '\n' < got | LC_ALL=C sed 's/\r\r*$//; s/\r[^=]*//g')" "$(printf '\r')" 'is not sent'

# --- Refusals ---
echo text > in
rules() { printf '%b' "$1" | offers PIPELINING 'SIZE 1000000' > s; }
rules 'on RCPT TO:<no*\nS: 550 5.1.1 nobody\n'
TO='yes@x.test no@x.test' go 67 'one of two refused'
is "$(said BDAT)" 1 'the other gets it, once'
rules 'on RCPT*\nS: 550 5.1.1 nobody\n'
go '67, saved' 'all refused'
is "$(said BDAT)" 0 'the text is not said'
rules 'on RCPT*\nS: 450 4.2.0 later\n'
go '75, saved' 'all put off'
is "$(said BDAT)" 0 'the text is not said'
rules 'on MAIL*\nS: 550 5.7.1 not you\non RCPT*\nS: 503 MAIL first\n'
go '69, saved' 'MAIL refused'
is "$(said BDAT)" 0 'the text is not said'
like "$ERR" '550 5.7.1 not you' 'the first refusal is told'
TO='yes@x.test no@x.test'
rules 'on RCPT TO:<no*\nS: 550 5.1.1 nobody\n'
go '67, saved' 'all or nothing' -S nopartial
is "$(said BDAT)" 0 'the text waits for the replies'
TO=
for reply in '69 552 5.2.2 too much' '75 451 4.3.0 later' '75 421 bye' '76 354 go' '76 abc'; do
	rules "on BDAT*\nbdat\nS: ${reply#* }\n"
	go "${reply%% *}, saved" "BDAT LAST answered with ${reply#* }"
done

# --- Lost ---
rules 'on BDAT*\nbdat\nclose\n'
go '75, saved' 'lost behind the last chunk'
like "$ERR" 'may arrive twice' 'the user is told'
rules 'on RCPT*\nclose\n'
go '75, saved' 'lost at RCPT'
unlike "$ERR" 'twice' 'which leaves no doubt: the text was not on its way'
rules 'on RCPT*\nS: 421 4.3.2 bye\nclose\n'
go '75, saved' '421 at RCPT'
unlike "$ERR" 'twice' 'which leaves no doubt'

# --- Many chunks ---
awk 'BEGIN { for (i = 0; i < 9000; i++) print ".line " i " of a text that takes more than one chunk" }' > in
sed 's/$/\r/' in > want
offers PIPELINING 'SIZE 1000000' < /dev/null > s
go 0 'several chunks'
body > had; same had want 'arrive octet by octet'
sizes=$(sed -n 's/^C: BDAT \([0-9]*\).*/\1/p' log | sort -rn | head -n 1)
ok "$([ "$(said BDAT)" -ge 4 ] && [ "$sizes" -le 131072 ]; echo $?)" 'each of 128 KiB at most'
is "$(said 'BDAT.*LAST')" 1 'one is the last'
rules 'on RCPT*\nS: 550 5.1.1 nobody\n'
go '67, saved' 'the recipient is refused'
is "$(said BDAT)" 0 'a long text waits for the replies'
rules 'on BDAT*\nbdat\nS: 552 5.3.4 enough\nswallow\n'
go '69, saved' 'a chunk refused in the middle'
like "$ERR" '552 5.3.4 enough' 'the words are told'
is "$(said '(chunk')" 1 'nothing else is read as a text'
printf 'on BDAT*\nbdat\nclose\n' | offers 'SIZE 1000000' > s
go '75, saved' 'lost behind the first of them, of which each waits for its reply'
unlike "$ERR" 'twice' 'which leaves no doubt'

# --- Offered and not known ---
for reply in 500 502; do
	echo text > in
	{
		offers PIPELINING < /dev/null | sed '/^on BDAT/,/^on RSET/d'
		printf 'on *\nS: %s what?\n' $reply
	} | sed '/^serve$/d' > s
	sed 's/^on BDAT.*//' s > half
	{ cat half; echo serve; echo next; cat half; echo serve; } > s
	go 0 "$reply to BDAT"
	is "$(grep -c '^text' got)" 1 'it goes by DATA, once'
	is "$(grep -c '^# connection' log)" 2 'over another connection'
done

# --- Postfix ---
if [ "$POSTFIX" = yes ]; then
	: > "$HOME/.netrc"
	printf '.\n..\n.dots\na\rb\nNUL \000 here\n' > exact
	for way in chunking:$USER_NAME nochunking:$OTHER_NAME; do
		to=${way#*:} way=${way%:*}
		run "$MAILX" -v -S "mta=smtp://localhost:$SMTP?tls=none" -S "$way" -s $way -a exact "$to@example.test" < in
		is "$STATUS" 0 "Postfix: $way"
		arrived "$to" 1
		run "$MAILX" -S tls-ca-file="$CA" -S "password-$to@localhost=$to-pw" -R \
		    -f "imaps://$to@localhost:$IMAPS/" -Y "write 1.2 $way.bin"
		same $way.bin exact "$way: byte-exact: dots, CR, NUL"
	done
else
	skip 4 'no Postfix'
fi
done_testing
