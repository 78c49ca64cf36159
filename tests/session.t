#!/bin/sh
# The same session typed at a prompt and piped in: what is promised, both ways.
# shellcheck disable=SC2016,SC2034
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
command -v python3 > /dev/null || { skip 1 'no python3'; done_testing; }

# Twelve messages, subjects in several scripts; the last with an attachment.
message() {		# message N NAME SUBJECT
	printf 'From a%s@example.org Fri Nov 20 01:30:%02d 2026\nFrom: %s <a%s@example.org>\nTo: me@example.test\nSubject: %s\nDate: Fri, 20 Nov 2026 01:30:%02d +0000\nMessage-ID: <m%s@example.org>\n' \
	    "$1" "$1" "$2" "$1" "$3" "$1" "$1"
}
fill() {
	i=1
	for subject in 'lunch' 'report for May' '年度报告：二〇二六年' '🎉 party 🎉' 'Re: lunch' \
	    'invoice 17' 'ﾊﾝｶｸ and full' 'Grüße' 'Re: lunch' 'report for June' 'old news'; do
		message $i "Sender $i" "$subject"
		[ $i -ne 5 ] || printf 'In-Reply-To: <m1@example.org>\n'
		[ $i -ne 9 ] || printf 'References: <m1@example.org> <m5@example.org>\nReply-To: list@example.org\n'
		printf '\nbody of %s\n\n' $i
		i=$((i + 1))
	done
	message 12 'Sender 12' 'the papers'
	printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQo=\n--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename=table.csv\n\na,b\n--b--\n\n'
}

cat > script <<'E2'
headers
from 1
=
3
next
type 8
top -1 2
size 1 2
structure 12
type 12.1
write 12.2 table
extract -o out 12
delete 6
from *
undelete 6
delete 6
-
+
save 1 kept
copy 2 3 kept
Save 4
Copy 8
move 7 moved
flag 2
from :f
unflag 2
unseen 3
from :u
tag work 2
search report
from `
from (subject lunch)
count from a5
from /report
from a1
from nobody
hold 10
reply 5
	< Subject: Re: lunch
	my answer
	.
Reply 9
	< Subject: Re: lunch
	to the author alone
	.
followup 2
	< Subject: Re: report for May
	followed up
	.
mail -s "a question" -c carol@example.org bob@example.org
	the question
	~ is no escape here
	.
forward dave@example.org 8
	< Subject: Fwd: Grüße
	see below
	.
resend erin@example.org 2
set indentprefix="> " autoprint
echo "quoted words" and 'others'
define greet { echo hello }
call greet
if r
echo receiving
- else
- echo sending
endif
alias team bob@example.org, carol@example.org
mail -s all team
	to the team
	.
headers > list
from 2 | cat
pipe 2 "wc -l"
|2 "grep body"
!echo from the shell
nonsense
type 99
type :q
sort subject
from 1-3
unsort
thread
unsort
folder kept
headers
delete 1
folder %
file
alias
from *
mbox 4
dp 1
touch 2
preserve 3
z
pwd
source commands
eval echo evaluated
help next
list | wc -l
quit
E2
# An escape in a piped text is text: at a prompt it would be one.
sed -i '/~ is no escape here/d' script
echo 'echo from a file' > commands_

number=$(grep -cv '^	' script)
[ "$number" -ge 60 ]; ok $? "$number commands"

session() {		# session prompt|pipe
	mkdir -p "$1/home" && cd "$1" || exit 73
	fill > sys
	cp ../commands_ commands
	STATUS=0
	env HOME="$T/$1/home" MAIL="$T/$1/sys" MBOX="$T/$1/mbox" SHELL=/bin/sh \
	    python3 "$ROOT/tests/session.py" "$1" ../script -- "$MAILX" -n -N -S 'prompt=<?> ' \
	    -S nocolor -S noprogress -S from=me@example.test -S mta=maildir:sent \
	    -S hostname=host.example.test -S nosave > ../"$1".out 2>&1 || STATUS=$?
	cd ..
	sed -i "s|$T/$1/|DIR/|g" "$1.out"
}
session prompt; is "$STATUS" 64 'at a prompt: the status of the last command that failed'
session pipe; is "$STATUS" 64 'piped: the same'
unlike "$(cat prompt.out)" '^# no ' 'each command came to its end'

# --- What differs because one is a person. ---
# The answer is shown before it is written; a folder that is opened, or sorted, is shown;
# behind a shell command stands a "!"; nothing found and errors of a list look alike.
command_of() { awk -v c="=> $2" '$0 == c { on = 1; next } /^=> / { on = 0 } on' "$1.out"; }
like "$(command_of prompt 'reply 5')" '^Subject: Re: lunch' 'at a prompt an answer is shown'
is "$(command_of pipe 'reply 5')" '' 'in a pipe it is not'
like "$(command_of prompt 'folder kept')" '^"DIR/kept": 3 messages' 'a folder is told of'
is "$(command_of pipe 'folder kept')" '' 'in a pipe it is not'
is "$(command_of prompt '!echo from the shell' | tail -n 1)" '!' 'the end of a shell command'
is "$(command_of pipe 'from nobody')" 'mailx: from: no applicable messages' 'nothing found'
is "$(command_of prompt 'from nobody')" 'from: no applicable messages' 'to a person without "mailx:"'

plain() {		# what does not differ
	awk '/^=> / { c = $2; skip = c ~ /^(reply|Reply|followup|forward|mail|folder|sort|thread)$/ }
	    skip && !/^=> / { next }
	    c ~ /^!/ && $0 == "!" { next }
	    c == "quit" && !/^=> / { next }
	    { sub(/^mailx: from: no app/, "from: no app") }
	    1' "$1.out"
}
plain prompt > p1; plain pipe > p2
same p1 p2 'all other output is the same'
cmp -s p1 p2 || diff p1 p2 | sed 's/^/# /' | head -n 40

# --- What the manual promises. ---
subjects() { sed -n 's/^Subject: //p' "$1"; }
numbers() { sed -n 's/^Message-ID: <m\([0-9]*\)@.*/\1/p' "$1" | tr '\n' ' '; }
for d in prompt pipe; do
	is "$(numbers $d/sys)" '10 ' "$d: what was not read, or is to be held, stays"
	is "$(numbers $d/mbox)" '2 5 8 12 9 11 ' "$d: what was read goes to MBOX"
	is "$(numbers $d/kept)" '2 3 ' "$d: saved and copied; one was deleted there"
	is "$(numbers $d/a4):$(numbers $d/a8):$(numbers $d/moved)" '4 :8 :7 ' "$d: Save, Copy, move"
	is "$(cat $d/table)" 'a,b' "$d: write of a part"
	is "$(cat $d/out/table.csv)" 'a,b' "$d: extract"
	is "$(wc -l < $d/list | tr -d ' ')" 10 "$d: the output went to the file"
	is "$(find $d/sent/new $d/sent/cur -type f | wc -l | tr -d ' ')" 7 "$d: seven messages went out"
	is "$(cat $d/sent/*/* | grep -c '^X-Status\|^Status')" 0 "$d: without our notes"
	is "$(grep -l '^In-Reply-To: <m5@' $d/sent/*/* | wc -l | tr -d ' ')" 1 "$d: the answer is one"
	is "$(numbers $d/home/mbox 2> /dev/null)" '' "$d: nothing elsewhere"
done
# The messages that went out are the same but for their dates, ids and boundaries.
sent() {
	for f in "$1"/sent/*/*; do
		sed -e '/^Date: .*2026 [0-9:]* /!b' -e 's/^Date:.*/Date/' "$f" |
		    sed -e 's/^Message-ID: <[^m].*/Message-ID/' -e 's/^Resent-Date:.*/Resent-Date/' \
		    -e 's/^Date: .*/Date/' -e 's/^Resent-Message-ID:.*//' -e 's/^User-Agent:.*//' \
		    -e 's/boundary="[^"]*"/boundary/' -e 's/^--[^ ]*$/--/' | cksum
	done | sort
}
is "$(sent prompt)" "$(sent pipe)" 'the messages are the same'
for f in kept mbox sys moved a4 a8; do
	same prompt/$f pipe/$f "$f is the same"
done
done_testing
