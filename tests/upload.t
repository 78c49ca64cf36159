#!/bin/sh
# Messages put into a mailbox of a server: many in a command, and what is known of each when
# the server refuses some or goes: what is told is there, and move takes away no other.
# shellcheck disable=SC2034 # for lib.sh
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"

# three BOX: messages of 19 octets each with CRLF line ends.
three() {
	for n in 1 2 3; do
		printf 'From a@b.c Sat Mar 14 09:26:5%s 2026\nSubject: s%s\n\nx%s\n\n' $n $n $n
	done > "$1"
}
left() { sed -n 's/^Subject: //p' box | tr '\n' ' '; }
greeting() {
	printf 'S: * OK [CAPABILITY IMAP4rev1 %s] hi\nC: A1 LOGIN *\nS: A1 OK [CAPABILITY IMAP4rev1 %s] in\n' "$*" "$*"
}
text() { printf 'C: Subject: s%s\nC: \nC: x%s\n' "$1" "$1"; }
append() {		# append TAG N: one message in a command
	printf 'C: %s APPEND "Box" "*" {19+}\n' "$1"
	text "$2"
	printf 'C: \n'
}
batch() {		# the second and the third in one
	printf 'C: A3 APPEND "Box" "*" {19+}\n'
	text 2
	printf 'C:  "*" {19+}\n'
	text 3
	printf 'C: \n'
}
begin() { greeting MULTIAPPEND LITERAL+; append A2 1; echo 'S: A2 OK there'; batch; }
# fault STATUS LEFT TOLD NAME < script: three messages are moved.
fault() {
	three box
	serve
	run "$MAILX" -N -S timeout=5 -f box -Y "set noerrexit" -Y "move * imap://joe@localhost:$PORT/Box?tls=none"
	served
	is "$STATUS $SERVED" "$1 " "$4: status"
	is "$(left)" "$2" "$4: what stays"
	if [ -n "$3" ]; then like "$OUT" "$3" "$4: what is told"; else unlike "$OUT" Copied "$4: nothing is said to be moved"; fi
}
bye='C: * LOGOUT\nS: * BYE\nS: %%t OK\n'

{ begin; echo 'S: A3 OK there'; printf "$bye"; } > s
fault 0 '' '\[Moved\] 3 messages, 48 octets$' 'all' < s
{ begin; echo 'S: A3 NO [OVERQUOTA] no'; append A4 2; echo 'S: A4 OK'; append A5 3
  echo 'S: A5 NO [OVERQUOTA] full'; printf "$bye"; } > s
fault 73 's3 ' '\[Copied\] 2 messages, 32 octets: 1-2$' 'the quota is reached' < s
like "$ERR" '^mailx: move: .*Box: localhost:[0-9]*: \[OVERQUOTA\] full$' 'the server'"'"'s words'
{ begin; echo 'S: A3 NO [TOOBIG] no'; append A4 2; echo 'S: A4 NO [TOOBIG] this'; append A5 3
  echo 'S: A5 OK'; printf "$bye"; } > s
fault 65 's2 ' '\[Copied\] 2 messages, 32 octets: 1 3$' 'one is refused for what it is' < s
{ begin; echo 'close'; } > s
fault 75 's2 s3 ' '\[Copied\] 1 message, 16 octets: 1$' 'lost before the answer' < s
like "$OUT" '\[Perhaps copied\] 2 messages, 32 octets: 2-3$' 'it cannot be told of those'
{ begin; echo 'S: * BYE shutting down'; echo close; } > s
fault 75 's2 s3 ' ': 1$' 'BYE before the answer' < s
like "$ERR" 'the server ends the session: shutting down' 'its words'
{ greeting MULTIAPPEND LITERAL+; append A2 1; echo 'S: A2 NO [OVERQUOTA] full'; printf "$bye"; } > s
fault 73 's1 s2 s3 ' '' 'full from the beginning' < s
{ greeting MULTIAPPEND LITERAL+; append A2 1; echo 'S: A2 NO [TRYCREATE] none'; echo 'C: A3 CREATE "Box"'
  echo 'S: A3 OK made'; append A4 1; echo 'S: A4 OK'; batch | sed 's/A3/A5/'; echo 'S: A5 OK'; printf "$bye"; } > s
fault 0 '' '\[Moved\] 3 messages' 'the mailbox is made with the first' < s
{ greeting LITERAL+; append A2 1; echo 'S: A2 OK'; append A3 2; append A4 3
  echo 'S: A3 NO [OVERQUOTA] full'; echo 'S: A4 OK'; printf "$bye"; } > s
fault 73 's2 ' '\[Copied\] 2 messages, 32 octets: 1 3$' 'without MULTIAPPEND: several commands at once' < s
{ greeting LITERAL+; append A2 1; echo 'S: A2 OK'; append A3 2; append A4 3; echo 'S: A3 OK'; echo close; } > s
fault 75 's3 ' '\[Copied\] 2 messages, 32 octets: 1-2$' 'without MULTIAPPEND: lost' < s
{ greeting MULTIAPPEND LITERAL+ APPENDLIMIT=19; append A2 1; echo 'S: A2 OK'; append A3 3; echo 'S: A3 OK'; printf "$bye"; } > s
three one; sed 's/^x2$/x222/' one > box
serve < s
run "$MAILX" -N -S timeout=5 -f box -Y "set noerrexit" -Y "move * imap://joe@localhost:$PORT/Box?tls=none"
served
is "$STATUS $SERVED $(left)" '65  s2 ' 'too large for the server: the others go'
like "$ERR" 'move: message 2: imap:.*/Box: .* has 21 octets, the server takes 19$' 'which one'
like "$OUT" 'Copied\] 2 messages, 32 octets: 1 3$' 'the others are told'

# --- One server to itself: a set, and what is known of it ---
selected() {
	greeting "$1"
	printf 'C: A2 SELECT "INBOX"*\nS: * 3 EXISTS\nS: * OK [UIDVALIDITY 7] ok\nS: * OK [UIDNEXT 4] ok\nS: A2 OK [READ-WRITE] in\n'
	printf 'on * LOGOUT\nS: * BYE\nS: %%t OK\non * SEARCH UNSEEN\nS: * SEARCH 1 2 3\nS: %%t OK\non * UID SEARCH*\nS: * SEARCH 1 2 3\nS: %%t OK\non * UID FETCH*\nS: * 1 FETCH (UID 1 FLAGS ())\nS: * 2 FETCH (UID 2 FLAGS ())\nS: * 3 FETCH (UID 3 FLAGS ())\nS: %%t OK\n'
}
copy_fault() {		# copy_fault RULE: of UID COPY, said by a server without MOVE
	{ selected UIDPLUS; printf 'on * UID COPY*\n%bserve\n' "$1"; } | sed '/^on/,$!d' > rules
	{ selected UIDPLUS | sed '/^on/,$d'; cat rules; } > s
	serve < s
	run "$MAILX" -N -S timeout=5 -f "imap://joe@localhost:$PORT/?tls=none" -Y "move * imap://joe@localhost:$PORT/Box?tls=none" -Y exit
	served
}
copy_fault 'S: %t NO [OVERQUOTA] full\n'
is "$STATUS $OUT" '73 ' 'UID COPY refused: none is there'
unlike "$(cat log)" 'Deleted' 'and none is deleted'
copy_fault 'close\n'
is "$STATUS" 75 'UID COPY, and the server goes: the status'
like "$OUT" '\[Perhaps copied\] 3 messages: 1-3$' 'it cannot be told'
unlike "$(cat log)" 'Deleted' 'and none is deleted'

# --- The real one ---
write_rc
BOX=imap://$USER_NAME@localhost:$IMAP
QUERY='?tls=none'
awk 'BEGIN { for (n = 1; n <= 700; n++) {
	printf "From a@b.c Sat Mar 14 09:%02d:%02d 2026\nSubject: s%d\nMessage-ID: <%d@x>\n", n / 60, n % 60, n, n
	if (n % 3 == 0) printf "Status: RO\nX-Status: F\n"
	printf "\n"
	lines = n == 350 ? 120000 : n % 50
	for (i = 0; i < lines; i++) printf "line %d of a message that has some\n", i
	printf "\n" } }' > many
run "$MAILX" -v -R -f many -Y "copy * $BOX/Many$QUERY"
is "$STATUS" 0 'seven hundred, one of them of 4 MB'
is "$(printf '%s\n' "$ERR" | grep -c '^C: A[0-9]* APPEND')" 7 'go in few commands'
run "$MAILX" -R -f "$BOX/Many$QUERY" -Y 'copy * ./back'
is "$STATUS" 0 'all come back'
plain() { sed -e '/^From /d' -e '/^\(X-\)\{0,1\}Status: /d' "$1"; }
plain many > many.plain; plain back > back.plain
same back.plain many.plain 'as they were, in their order'
is "$(grep -c '^X-Status: F' back) $(grep -c '^Status: R' back) $(grep -c '^From .* Sat Mar 14 09:' back)" '233 233 700' 'with flags and times'
run "$MAILX" -v -R -f "$BOX/Many$QUERY" -Y "copy * $BOX/Other$QUERY"
is "$(printf '%s\n' "$ERR" | grep -c '^C: A[0-9]* UID COPY 1:700 ')" 2 'on one server: one set (and once more when the mailbox is made)'
run "$MAILX" -v -R -f "$BOX/Other$QUERY" -Y 'pipe * "grep -c ^Subject"'
is "$OUT" 700 'pipe reads all'
is "$(printf '%s\n' "$ERR" | grep -c '^C: A[0-9]* UID FETCH.*BODY')" "$(printf '%s\n' "$ERR" | grep -c '^C: A[0-9]* UID FETCH [0-9]*:[0-9]* .*BODY')" 'many in a command'
# Read one by one, they come several at once all the same, and are what they are.
for c in 'print *' 'top *' 'write * /dev/stdout'; do
	"$MAILX" -R -f many -Y "$c" > local
	run "$MAILX" -v -R -f "$BOX/Many$QUERY" -Y "$c"
	same .out local "$c: the same as of the local folder"
	n=$(printf '%s\n' "$ERR" | grep -c '^C: A[0-9]* UID FETCH.*BODY.PEEK')
	[ "$n" -lt 60 ]
	ok $? "$c: $n commands"
done

printf 'From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n\nx\n\nFrom a@b.c Sat Mar 14 09:26:53 2026\nSubject: b\n\ny\000\n\nFrom a@b.c Sat Mar 14 09:26:53 2026\nSubject: c\n\nz\n\n' > box
run "$MAILX" -f box -Y "set noerrexit" -Y "move * $BOX/Nul$QUERY"
is "$STATUS $(grep -a -c '^Subject' box) $(grep -a '^Subject' box)" '65 1 Subject: b' 'a message with a NUL stays alone'
run "$MAILX" -R -f "$BOX/Nul$QUERY" -Y 'count *'
is "$OUT" 2 'and the others are there'
done_testing
