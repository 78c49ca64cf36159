#!/bin/sh
# Reading folders: summaries, parts, searches, saving, flags, scripts; hostile text stays text.
. "$(dirname -- "$0")/lib.sh"
: > "$HOME/.mailrc"
from() { printf 'From %s Fri Nov 20 01:30:00 2026\n' "$1"; }
{
	from a@example.org
	printf 'From: =?utf-8?b?5byg5LiJ?= <zhang@example.org>\nTo: me@example.test\nCc: you@example.test\nSubject: =?gb2312?B?1MKxqA==?= one\nDate: Fri, 20 Nov 2026 09:30:00 +0800\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: 8bit\n\n'
	printf '\304\343\272\303\n'
	printf '\n--b\nContent-Type: application/pdf; name=x.pdf\nContent-Disposition: attachment; filename*=utf-8'"''"'%%E6%%8A%%A5%%E5%%91%%8A.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\ninner text\n--c\nContent-Type: text/html\n\n<p>inner html\n--c--\n--b--\n\n'
	from b@example.org
	printf 'From: Bob <bob@example.org>\nTo: me@example.test\nSubject: two \033[31mred\nDate: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <2@example.org>\nReferences: <1@example.org>\nIn-Reply-To: <1@example.org>\nStatus: RO\n\n>From the start\nescape \033]0;title\007 here\n\n'
	from c@example.org
	printf 'From: "carol@example.org" <evil@example.net>\nTo: me@example.test\nSubject: three\nDate: Sun, 22 Nov 2026 11:00:00 +0000\nMessage-ID: <3@example.org>\nX-Status: F\nContent-Type: application/octet-stream; name="../../.bashrc"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\naGVsbG8K\n\n'
} > box
cp box before
B="$MAILX -n -R -f box"

run $B -H
is "$STATUS" 0 '-H'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 3 'three lines'
like "$OUT" '1 .*张三.*月报 one' 'names and subjects are decoded'
unlike "$OUT" "$(printf '\033')" 'no escape reaches the terminal'
like "$OUT" '\\x1b\[31mred\|\^\[\[31mred\|␛' 'it is shown'
run $B -J -H
is "$(printf '%s\n' "$OUT" | python3 -c 'import json,sys; print([json.loads(l)["n"] for l in sys.stdin])')" '[1, 2, 3]' 'JSON lines'
like "$OUT" '"date":"2026-11-20T09:30:00+08:00"' 'dates'
like "$OUT" '"from":\[{"name":"张三","addr":"zhang@example.org"}\]' 'addresses'
like "$OUT" '"references":\["<1@example.org>"\]' 'references'
same box before 'read-only'
run $B -Y 'type 1'
like "$OUT" '你好' 'gb2312 text'
like "$OUT" '报告.pdf' 'the attachment is named'
like "$OUT" 'inner text' 'the message inside is shown'
run $B -Y 'type 2'
like "$OUT" '^From the start' 'mboxrd quoting is taken off'
unlike "$OUT" "$(printf '[\033\007]')" 'controls are not passed'
run $B -Y 'type 3'
like "$OUT" 'evil@example.net' 'the address is always shown'
run $B -Y 'structure 1'
like "$OUT" '1\.3\.1\|3\.1' 'parts of the message inside'
run $B -J -Y 'structure 1'
is "$(printf '%s\n' "$OUT" | python3 -c 'import json,sys; print([p["part"] for p in json.loads(sys.stdin.read())["parts"]])')" \
    "['', '1', '2', '3', '3.TEXT', '3.1', '3.2']" 'numbered as IMAP does'
run $B -J -Y 'type 1'
is "$(printf '%s\n' "$OUT" | python3 -c 'import json,sys; print([(p["part"],p["size"],p.get("filename")) for p in json.loads(sys.stdin.read())["parts"]])')" \
    "[('1', 5, None), ('2', 9, '报告.pdf'), ('3', 128, None), ('3.1', 10, None), ('3.2', 13, None)]" 'parts in JSON'
like "$OUT" '"text":"你好\\n"' 'text in UTF-8'
like "$OUT" '"sha256":"[0-9a-f]\{64\}"' 'digests'
run $B -Y 'type 1.3.1'
is "$STATUS" 0 'one part'
run $B -Y 'write 1.2 got.pdf'
is "$(cat got.pdf)" '%PDF-1.4' 'write of a part'
mkdir out
run $B -Y 'write 1.2 out/'
[ -f out/报告.pdf ]; ok $? 'write into a directory takes the name'
run $B -Y 'extract -o out *'
is "$STATUS" 0 'extract'
[ -f out/报告-1.pdf ]; ok $? 'never over an existing file'
is "$(find . -name '.bashrc' -o -name bashrc -newer box | grep -c '^\./out/')" 1 'a hostile name stays in the directory'
is "$(find "$HOME" .. -maxdepth 1 -name "*bashrc*" | wc -l | tr -d " ")" 0 'and nowhere else'
run $B -Y 'search from zhang'
like "$OUT" '月报' 'search by sender'
run $B -Y 'search subject 月报'
is "$STATUS" 0 'search by decoded subject'
run $B -Y 'search body 你好'
is "$STATUS" 0 'search of the decoded body'
run $B -Y 'search from zhang or from bob'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 2 'or'
run $B -Y 'search not flagged since 2026-11-01'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 2 'not and since'
run $B -Y 'search nothing-of-that-kind'
is "$STATUS" 1 'nothing found: 1'
is "$OUT" '' 'and nothing printed'
run $B -Y 'search from bob' -Y 'type `'
like "$OUT" 'escape' 'the result of a search is a list'
run $B -L ':f'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 1 '-L with a list'
run $B -L 'subject three'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 1 '-L with a search'
run $B -L 'from nobody'
is "$STATUS" 1 '-L that matches nothing'
run "$MAILX" -n -e -f box
is "$STATUS$OUT" 0 '-e with mail'
run "$MAILX" -n -e -f /dev/null
is "$STATUS$OUT" 1 '-e without'
run $B -Y 'headers > list' -Y 'headers | sort -r > sorted'
is "$(wc -l < list | tr -d ' ')$(wc -l < sorted | tr -d ' ')" 33 'output redirected'
run $B -Y 'top -1 2'
unlike "$OUT" 'escape' 'top shows so many lines'
run $B -Y 'pipe "wc -l" 1'
is "$STATUS" 0 'pipe'
run $B -Y 'size 1'
is "$STATUS" 0 'size'
run $B -Y 'copy 1 mbox:kept' -Y 'copy 2 mbox:kept'
run "$MAILX" -n -R -f kept -Y count
is "$OUT" 2 'copy to an mbox'
run "$MAILX" -n -f box -Y 'move 3 maildir:md'
run "$MAILX" -n -R -f box -Y count
is "$OUT" 2 'move takes it away'
run "$MAILX" -n -R -J -f md -Y headers
like "$OUT" '"flags":\[[^]]*"flagged"' 'flags go along'
run "$MAILX" -n -f md -Y 'seen 1' -Y 'flag 1'
like "$(ls md/cur)" ':2,FS' 'flags in a Maildir'
run "$MAILX" -n -f box -Y 'delete 2' -Y exit
run "$MAILX" -n -R -f box -Y count
is "$OUT" 2 'exit changes nothing'
run "$MAILX" -n -f box -Y 'delete 1' -Y 'type 9' -Y 'echo no'
[ "$STATUS" -ne 0 ]; ok $? 'the first failure ends the run'
run "$MAILX" -n -R -f box -Y count
is "$OUT" 2 'and nothing is changed'
printf 'delete 1\ntype 9\necho goes on\nexit\n' | "$MAILX" -n -N -f box > o 2> e
is "$(cat o)" 'goes on' 'piped commands go on'
cat > s <<'E2'
set x=5
if $x -gt 3
  echo more
else
  echo less
endif
if "$x" == 5
echo five
endif
E2
run "$MAILX" -n '-#' s
is "$OUT" 'more
five' 'if in a script'
run "$MAILX" -n -f box -Y 'mkdir tree/a/b' -Y 'copy 1 tree/a/b' -Y 'rmdir tree/a/b'
[ "$STATUS" -ne 0 ]; ok $? 'rmdir refuses what is not empty'
run "$MAILX" -n -f box -Y 'rename tree/a/b tree/a/c' -Y 'rmdir -f tree/a/c'
is "$STATUS" 0 'rename and rmdir -f'
run "$MAILX" -n -f box -Y 'copy 1 tree/a/box' -Y 'mkdir tree/a/d/e' -Y 'copy 2 tree/a/d/e' -Y 'rmdir tree/a/d'
is "$STATUS" 73 'rmdir refuses what has mailboxes in it'
echo note > tree/a/note
run "$MAILX" -n -f box -Y 'rmdir -f tree'
is "$STATUS $(find tree/a/d/e -type f | grep -c .)" '73 1' 'rmdir -f of a tree with other files in it touches nothing'
rm tree/a/note
run "$MAILX" -n -f box -Y 'rmdir -f tree'
is "$STATUS$(ls -d tree 2> /dev/null)" 0 'rmdir -f of a tree of mailboxes'
printf 'Subject: x\n\nbody\n' > "$HOME/notmine"; chmod 666 "$HOME/.mailrc"
run "$MAILX" -Y 'echo hi'
is "$STATUS" 78 'a startup file that others may write is refused'
chmod 600 "$HOME/.mailrc"
done_testing
