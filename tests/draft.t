#!/bin/sh
# What is unfinished is put aside and taken up again, whole: its fields, its text, its files.
. "$(dirname -- "$0")/lib.sh"
write_rc
printf 'set mta=mbox:%s/sent\nalias al alice@example.org\n' "$T" >> "$HOME/.mailrc"
CRASH=$ROOT/tests/mailx-crash
SERVER=imaps://$USER_NAME@localhost:$IMAPS
printf '\000\001\r\n\377no end' > 'bytes – 数据.bin'
printf 'lines\r\nwith CR\n\n' > 'Übersicht.txt'
letters one 1 1
printf 'From: x@example.org\nTo: y@example.org\nSubject: =?utf-8?q?=C3=84?=\n\n8-bit: \303\244\n' > inner.eml
printf 'Gr\303\274\303\237e,\n .dot\n..\nFrom here  \n\nlast\n' > text

# commands TEXT FOLDER [OPTION...]: from standard input, as a script writes them
commands() {
	printf '%b' "$1" > typed; of=$2
	shift 2
	run "$MAILX" -n -N -~ "$@" -f "$of" < typed
}
# put_aside DRAFTS [OPTION...]
put_aside() {
	to=$1
	shift
	{
		printf '%s\n' "mail -s \"Grüße, 世界\" -c al -b \"secret@example.org, Zoë <z@example.org>\" -C \"X-Mine: ä\" -a \"bytes – 数据.bin\" -a Übersicht.txt -a inner.eml 张三 <zs@example.org>"
		cat text
		echo '~q'
	} > typed
	run "$MAILX" -n -N -~ -S "drafts=$to" "$@" -f one < typed
}
# parts FOLDER: its message 1 holds what was written
parts() {
	rm -rf got; mkdir got
	"$MAILX" -n -N -R -f "$1" -Y 'write 1.1 got/text' -Y 'write 1.2 got/bin' -Y 'write 1.3 got/txt' \
	    -Y 'write 1.4 got/eml' > parts.out 2>&1
	cmp -s "$2" got/text && cmp -s 'bytes – 数据.bin' got/bin && cmp -s Übersicht.txt got/txt &&
	    cmp -s inner.eml got/eml
}
field() { "$MAILX" -n -N -R -J -f "$1" -Y 'Type 1' | sed -n "s/.*\\[\"$2\",\"\\([^]]*\\)\"\\].*/\\1/p"; }
# FOLDER holds the draft: $NAME_ is its kind
is_whole() {
	parts "$1" text
	ok $? "$2: text and files, each octet"
	like "$("$MAILX" -n -N -R -J -f "$1" -Y 'headers 1')" '"draft"' "$2: marked as a draft"
	is "$(field "$1" Subject)" 'Grüße, 世界' "$2: the subject"
	is "$(field "$1" To)" '张三 <zs@example.org>' "$2: To"
	is "$(field "$1" Cc)" 'alice@example.org' "$2: Cc"
	is "$(field "$1" Bcc)" 'secret@example.org, Zoë <z@example.org>' "$2: Bcc"
	is "$(field "$1" X-Mine)" ä "$2: a field of one's own"
}
number() { "$MAILX" -n -N -R -f "$1" -Y count 2> count.err; }
# for_each KIND FOLDER DRAFTS [OPTION...]: the whole way of one draft
for_each() {
	kind=$1 there=$2
	shift 2
	rm -f sent
	put_aside "$@"
	is "$STATUS" 1 "$kind: ~q ends with 1"
	like "$ERR" "^mailx: not sent (put aside in " "$kind: it says where"
	[ ! -e "$HOME/dead.letter" ] && [ ! -e sent ]; ok $? "$kind: nothing in DEAD, nothing sent"
	is_whole "$there" "$kind"
	# Aside once more, with more text; the first goes.
	drafts=$1
	shift
	commands 'recall\nadded\n~b dora@example.org\n~q\nquit\n' "$there" -S "drafts=$drafts" "$@"
	is "$(number "$there")" 1 "$kind: put aside anew, there is one"
	{ cat text; echo added; } > text2
	parts "$there" text2
	ok $? "$kind: with what was added"
	is "$(field "$there" Bcc)" 'secret@example.org, Zoë <z@example.org>, dora@example.org' "$kind: and its Bcc"
	# Given up, dry, or refused: it stays.
	commands 'recall\nlost\n~x\nquit\n' "$there" -S "drafts=$drafts" "$@"
	run "$MAILX" -n -N -d -f "$there" -Y 'recall 1' -Y quit < one
	run "$MAILX" -n -N -S mta=mbox:/proc/no/box -S nosave -f "$there" -Y 'recall 1' -Y quit < one
	[ "$STATUS" -ne 0 ]; ok $? "$kind: a sending that fails"
	is "$(number "$there")" 1 "$kind: the draft stays unless it was sent"
	parts "$there" text2
	ok $? "$kind: as it was"
	run "$MAILX" -n -N -f "$there" -Y 'recall 1' -Y quit < /dev/null
	is "$STATUS$ERR" 0 "$kind: sent"
	is "$(number "$there")" 0 "$kind: then it goes"
	parts sent text2
	ok $? "$kind: the message is whole"
	is "$(field sent Bcc)" '' "$kind: and tells of no Bcc"
	is "$(field sent Cc)$(field sent X-Mine)" 'alice@example.orgä' "$kind: but of the rest"
}
for_each mbox "$T/drafts" "$T/drafts"
for_each Maildir "maildir:$T/md" "maildir:$T/md"
for_each IMAP "$SERVER/Kept" "+Kept" -S "folder=$SERVER"
$DOVEADM mailbox create -u "$USER_NAME" Drafts
for_each 'the mailbox marked \Drafts' "$SERVER/Drafts" drafts -S "folder=$SERVER"
put_aside "maildir:$T/md"
like "$(ls "$T/md/cur" "$T/md/new")" ':2,DS$' 'Maildir has its flag D'
put_aside drafts -S "folder=$SERVER"
like "$($DOVEADM fetch -u "$USER_NAME" flags mailbox Drafts all)" '\\Draft' 'IMAP has its flag \Draft'

# --- Answers; who writes. ---
commands 'reply 1\nmine\n~q\n' one -S drafts=answer -r other@example.test
is "$(field answer In-Reply-To)$(field answer References)" '<m1@example.org><m1@example.org>' 'an answer: its thread'
run "$MAILX" -n -N -f answer -Y 'draft 1' -Y 'recall 1' -Y quit < /dev/null
rm -f sent2
commands 'mail -r other@example.test bob@example.org\nx\n~q\n' one -S drafts=other
run "$MAILX" -n -N -S mta=mbox:sent2 -f other -Y 'recall' < /dev/null
is "$(field sent2 From)" other@example.test 'the address that -r gave'
echo x > typed
run "$MAILX" -n -~ -s 'from send mode' -S drafts=mode bob@example.org < typed
[ "$STATUS" -eq 0 ] && [ ! -e mode ]; ok $? 'send mode sends what is not given up'
echo '~q' >> typed
run "$MAILX" -n -~ -s 'from send mode' -S drafts=mode bob@example.org < typed
is "$STATUS$(field mode Subject)" '1from send mode' 'and puts the rest aside'

# --- What is none, and what others wrote. ---
run "$MAILX" -n -N -f one -Y 'recall 1' < /dev/null
is "$STATUS" 64 'what is no draft is refused'
like "$ERR" 'message 1: not marked as a draft' 'and why'
run "$MAILX" -n -N -R -f mode -Y 'recall 1' < /dev/null
is "$STATUS" 77 'in a read-only folder, too'
cat > foreign <<'E2'
From - Fri Nov 20 01:30:00 2026
X-Mozilla-Draft-Info: internal
From: me@example.test
To: bob@example.org
Subject: foreign
Message-ID: <foreign@example.org>
X-Status: T
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1; format=flowed
Content-Transfer-Encoding: quoted-printable

one=20
line =E4
--a
Content-Type: text/html

<b>one</b>
--a--
--m
Content-Type: image/png; name=p.png
Content-Transfer-Encoding: base64

iVBORw==
--m--

E2
rm -f sent
run "$MAILX" -n -N -f foreign -Y 'recall 1' -Y quit < /dev/null
is "$STATUS" 0 'a draft of another program'
is "$("$MAILX" -n -N -R -f sent -Y 'write 1.1 /dev/stdout')" 'one line ä' 'its text, no longer flowed, in UTF-8'
like "$("$MAILX" -n -N -R -f sent -Y 'structure 1')" '1.2 .*image/png.*"p.png"' 'its file'
unlike "$(cat sent)" 'Mozilla\|html\|foreign@' 'not what was its own, nor the other form of the text'
is "$("$MAILX" -n -N -R -f foreign -Y count)" 1 'so the draft, which has it, stays'

printf 'From a@b Fri Nov 20 01:30:00 2026\nTo: x@example.org\nContent-Type: multipart/mixed\nX-Status: T\n\nno boundary\n\n' > broken
rm -f sent
run "$MAILX" -n -N -f broken -Y 'recall 1' -Y quit < /dev/null
is "$STATUS$(grep -c '^no boundary' sent)" 01 'a multipart without a boundary is text'

# --- Where it cannot be put. ---
commands 'mail bob@example.org\nprecious\n~q\n' one -S drafts=/proc/no/box
is "$STATUS" 73 'a folder that cannot be'
like "$ERR" '^mailx: .*not put aside in /proc/no/box: .*(saved in ' 'is told'
grep -qs '^precious' "$HOME/dead.letter"; ok $? 'and the text is in DEAD'
rm -f "$HOME/dead.letter"
commands 'mail bob@example.org\nprecious\n~q\n' one
grep -qs '^precious' "$HOME/dead.letter"; ok $? 'without the variable DEAD has it, as POSIX says'

# --- Ended in the middle. ---
n=1 lost='' ended=0
while [ $n -lt 60 ]; do
	rm -rf "$T/kill" kill.sent
	put_aside "$T/kill"
	status=0
	printf 'added\n~q\n' | MAILX_CRASH=$n "$CRASH" -n -N -~ -S "drafts=$T/kill" -f "$T/kill" -Y recall -Y quit \
	    > kill.out 2>&1 || status=$?
	# 1: given up, as ~q has it
	[ "$status" -ne 1 ] || break
	parts "$T/kill" text || parts "$T/kill" text2 || lost="$lost aside:$n"
	ended=$((ended + 1)) n=$((n + 1))
done
is "$lost" '' "ended at each of $ended steps of putting it aside anew: never lost"
[ $ended -ge 5 ]; ok $? 'there are steps'
n=1 lost='' ended=0
while [ $n -lt 60 ]; do
	rm -rf "$T/kill" "$T/sent"
	put_aside "$T/kill"
	status=0
	MAILX_CRASH=$n "$CRASH" -n -N -f "$T/kill" -Y recall -Y quit < /dev/null > kill.out 2>&1 || status=$?
	[ "$status" -ne 0 ] || break
	parts "$T/kill" text || parts "$T/sent" text || lost="$lost send:$n"
	ended=$((ended + 1)) n=$((n + 1))
done
is "$lost" '' "ended at each of $ended steps of sending it: never lost"
[ $ended -ge 3 ]; ok $? 'there are steps'

# --- At a terminal. ---
put_aside "$T/term"
rm -f sent
cat > script <<'E2'
< ? 
> recall
< Attach: Übersicht.txt
< last
> ~e
< edited
> by hand
> .
< ? 
> q
E2
printf '#!/bin/sh\necho "an editor" >> "$1"\necho edited\n' > ed1; chmod +x ed1
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N -S dot -S "EDITOR=$T/ed1" -f "$T/term"
is "$STATUS" 0 'a person sees what there is, edits it and goes on'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 40
{ cat text; echo 'an editor'; echo 'by hand'; } > text3
parts sent text3
ok $? 'and it is sent'
[ ! -s term ]; ok $? 'and gone'
cat > script <<'E2'
< ? 
> mail
< To: 
> 
< Subject: 
> later
> ~q
< put aside in nobody
< ? 
> x
E2
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N -S drafts=nobody -f one
is "$STATUS$(number nobody)$(field nobody Subject)$(field nobody To)" 01later 'to nobody yet, without a text'

# --- The folder is left meanwhile, and opened anew: there the number is another message's. ---
letters kept 1 4
run "$MAILX" -n -N -f kept -Y 'draft 3' -Y quit < /dev/null
commands 'recall 3\n~:delete 1\n~:folder kept\nadded\n~.\nquit\n' kept
is "$STATUS$(grep '^Message-ID' kept | tr -dc 0-9)" 0234 'recall: no other message goes'
letters kept 1 4
commands 'reply 3\n~:delete 1\n~:folder kept\nadded\n~.\nquit\n' kept
is "$STATUS$(grep -c '^X-Status:.*A' kept)" 00 'reply: no other message is marked'
done_testing
