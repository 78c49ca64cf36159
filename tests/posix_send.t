#!/bin/sh
# POSIX.1-2024 mailx: send mode and its options; records; answers beyond answer.t.
# shellcheck disable=SC2016
. "$(dirname -- "$0")/lib.sh"
printf 'set from="Me Myself <me@example.test>" mta=mbox:%s/sent\n' "$T" > "$HOME/.mailrc"
# send TEXT ARGUMENT...
send() {
	rm -f sent; text=$1; shift
	run sh -c 'text=$1; shift; printf "%b" "$text" | "$@"' sh "$text" "$MAILX" -n "$@"
	SENT=$(cat sent 2> /dev/null)
}
send 'text\n' -s 'a subject' bob@example.org
is "$STATUS$OUT$ERR" 0 'a message is sent in silence'
like "$SENT" '^Subject: a subject' '-s'
like "$SENT" '^To: bob@example.org' 'to the address'
like "$SENT" '^text' 'with the text'
send 'text\n' bob@example.org carl@example.org; like "$SENT" '^To: bob@example.org, carl@example.org' 'several addresses'
like "$(printf '%s\n' "$SENT" | grep -c '^Subject:')" '^[01]$' 'without -s no question where there is no terminal'
send 'text\n' -sjoined bob@example.org; like "$SENT" '^Subject: joined' 'the argument may be joined to its option'
send 'text\n' -ns x -- bob@example.org; like "$SENT" '^Subject: x' 'options may be joined, and end with --'
send 'text\n' -s '' bob@example.org; is "$STATUS" 0 'an empty subject'
send '' -s x bob@example.org; is "$STATUS" 0 'an empty text is sent'
like "$SENT" '^To: bob' 'as a message without text'
send 'one\n.\ntwo\n' -s x bob@example.org; like "$SENT" '^two' 'a lone dot from a pipe is text'
send 'one\n~s other\n~q\ntwo\n' -s x bob@example.org; like "$SENT" '^~q' 'contract: a tilde from a pipe is text'
send 'no newline at the end' -s x bob@example.org; like "$SENT" '^no newline at the end' 'a last line without newline'
send 'text\n' -F -s x bob@example.org; grep -qs '^text' bob; ok $? '-F: recorded in a file named after the recipient'
rm -f bob
send 'text\n' -F -S record=rec -s x carl@example.org bob@example.org; [ -e carl ] && [ ! -e bob ] && [ ! -e rec ]; ok $? 'the first one; it overrides record'
rm -f carl; mkdir folder
send 'text\n' -F -S "folder=$T/folder" -S outfolder -s x bob@example.org; [ -e folder/bob ]; ok $? 'under folder with outfolder'
send 'text\n' -S record=rec -s x bob@example.org; grep -qs '^text' rec; ok $? 'record'
send 'more\n' -S record=rec -s x bob@example.org; is "$(grep -c '^Subject' rec)" 2 'is appended to'
run sh -c 'echo "from 2" | "$0" -n -N -f rec' "$MAILX"; is "$STATUS" 0 'and is a folder'
send 'text\n' -S record=/nonexistent/x -s x bob@example.org; like "$SENT" '^text' 'a record that cannot be kept does not hold the message back'
send 'echo hi\n' -N; is "$STATUS" 0 'no address and no option: receive mode'
send 'text\n' -s x; is "$STATUS" 64 'contract: -s without an address is an error'
send 'text\n' -S mta=/bin/false -s x bob@example.org; [ "$STATUS" -ne 0 ]; ok $? 'a delivery that fails is an error'
grep -qs '^text' "$HOME/dead.letter"; ok $? 'the text is in DEAD'
send 'text\n' -Z bob@example.org; is "$STATUS" 64 'an unknown option'
printf 'alias one bob@example.org\nalias two one carl@example.org\nalias three two two dora@example.org\nset from=me@example.test mta=mbox:%s/sent\n' "$T" > rc
MAILRC=$T/rc; export MAILRC
send 'text\n' three; like "$(printf '%s' "$SENT" | tr -d '\n')" 'To: bob@example.org, *carl@example.org, *dora@example.org' 'aliases within aliases, nobody twice'
send 'text\n' -s x -c one -b dora@example.org zed@example.org; like "$SENT" '^Cc: bob@example.org' 'in -c'
unset MAILRC
# Manual: what differs is said there.
M=$(sed -n '/^\.Sh STANDARDS/,$p' "$ROOT/mailx.1" | tr '\n' ' ')
for word in append dot MBOX type tilde shell headers onehop undelete; do
	like "$M" "Deviations.*$word" "the manual names the deviation: $word"
done

# --- Answers. ---
message() {		# message FIELD...: box has one message with these fields
	{ echo 'From ann@example.org Fri Nov 20 01:30:01 2026'; printf '%s\n' "$@"; printf '\nhello\n\n'; } > box
}
answer() {		# answer COMMAND
	rm -f sent
	run sh -c 'printf "%s\nmy answer\n.\n" "$1" | "$2" -n -N -f box' sh "$1" "$MAILX"
	SENT=$(sed -e ':a' -e '$!N' -e 's/\n[ 	]/ /' -e 'ta' -e 'P' -e 'D' sent 2> /dev/null)
}
for p in 'Re:' 'RE:' 're :' 'Aw:' 'AW:' 'SV:' 'Sv:' 'Antw:' 'VS:' 'Odp:' 'RES:' 'RE[3]:' 'Re^2:' 'Ynt:' '回复:' '回复：' '答复：' '回覆:' 'Отв:' 'Ответ:' 'НА:' '返信:' '답장:' 'ตอบ:' 'Trả lời:' 'Re: Re:' 'Re: AW: SV:'; do
	message 'From: ann@example.org' 'To: me@example.test' "Subject: =?utf-8?b?$(printf '%s' "$p plan" | base64 | tr -d '\n')?="
	answer reply
	is "$(printf '%s\n' "$SENT" | grep '^Subject')" 'Subject: Re: plan' "one Re: for $p"
done
for p in 'Fwd: plan' 'Release: plan' 'plan Re: x' 'reply: x'; do
	message 'From: ann@example.org' "Subject: $p"
	answer reply
	is "$(printf '%s\n' "$SENT" | grep '^Subject')" "Subject: Re: $p" "$p stays"
done
message 'From: ann@example.org' 'Message-ID: <b@x>'
answer reply; is "$STATUS" 0 'an answer to a message without subject'
like "$SENT" '^References: <b@x>' 'References begin with it'
like "$SENT" '^In-Reply-To: <b@x>' 'In-Reply-To'
message 'From: ann@example.org' 'Subject: s'
answer reply; unlike "$SENT" '^References\|^In-Reply-To' 'neither where there is no Message-ID'
message 'From: ann@example.org' 'Message-ID: <c@x>' 'References: <a@x>' ' <b@x>' 'Subject: s'
answer reply; like "$SENT" '^References: <a@x> <b@x> <c@x>' 'References go on'
message 'From: ann@example.org' 'To: Other Name <ME@example.TEST>, bob@example.org' 'Cc: me@example.test' 'Subject: s'
answer reply; like "$SENT" '^To: ann@example.org, bob@example.org$\|^To: ann@example.org$' 'oneself is left out whatever the case and name'
unlike "$SENT" '^[TC][oc]:.*me@example' 'also of Cc'
printf 'set from=me@example.test mta=mbox:%s/sent metoo\n' "$T" > rc; MAILRC=$T/rc; export MAILRC
answer reply; like "$SENT" '^[TC][oc]:.*[mM][eE]@example' 'but not with metoo'
printf 'set from=me@example.test mta=mbox:%s/sent\nalternates bob@example.org\n' "$T" > rc
answer reply; unlike "$SENT" 'bob@' 'alternates are oneself'
unset MAILRC
message 'From: ann@example.org' 'Reply-To: list@example.org, second@example.org' 'Subject: s' 'To: me@example.test'
answer reply; like "$SENT" '^To: list@example.org, second@example.org' 'all of Reply-To'
answer Reply; like "$SENT" '^To: list@example.org, second@example.org' 'Reply too'
message 'Sender: sec@example.org' 'Subject: s' 'To: me@example.test'
answer reply; [ "$STATUS" -ne 0 ] || printf '%s\n' "$SENT" | grep -q '^To: sec@'; ok $? 'without From the Sender, or an error'
message 'From: ann@example.org' 'To: dev@lists.example.org' 'Mail-Followup-To: dev@lists.example.org' 'List-Post: <mailto:dev@lists.example.org>' 'Subject: s'
answer reply; like "$SENT" '^To: dev@lists.example.org$' 'Mail-Followup-To says where answers to all go'
answer Reply; like "$SENT" '^To: ann@example.org$' 'not those to the author'
answer Lreply; like "$SENT" '^To: dev@lists.example.org$' 'Lreply: to the list'
message 'From: ann@example.org' 'List-Post: NO' 'Subject: s' 'To: me@example.test'
answer Lreply; [ "$STATUS" -ne 0 ]; ok $? 'a list that takes no letters'
message 'From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>' 'Subject: =?utf-8?b?5pyI5oql?=' 'To: me@example.test'
answer reply; like "$SENT" '^Subject: Re: =?' 'a subject in any script is encoded again'
like "$SENT" '^To: =?.*<j@example.org>' 'so is a name'
message 'From: ann@example.org' 'Date: Fri, 20 Nov 2026 01:30:01 +0000' 'Subject: s' 'To: me@example.test' 'Resent-To: old@example.org' 'Message-ID: <r@x>'
rm -f sent; run sh -c 'printf "resend zed@example.org\n" | "$1" -n -N -f box' sh "$MAILX"
like "$(cat sent)" '^Resent-To: zed@example.org' 'resend'
like "$(cat sent)" '^Message-I[Dd]: <r@x>' 'keeps what there is'
is "$(sed -n '/^Resent-/{s/:.*//p;q}' sent)" "$(sed -n '/^Resent-/{s/:.*//p;q}' sent)" 'its own fields first'
is "$(grep -c '^Resent-To' sent)" 2 'older ones stay'
done_testing
