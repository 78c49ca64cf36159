#!/bin/sh
# What acts on messages: save, copy, move, write, extract, flags, pipe, edit.  Nothing
# half done, nothing written over, nothing outside of where it was sent.
. "$(dirname -- "$0")/lib.sh"
: > "$HOME/.mailrc"
PDF='JVBERi0xLjQK'
fill() {
	{
		for i in 1 2 3; do
			printf 'From a%s@example.org Fri Nov 20 01:30:0%s 2026\nFrom: Sender %s <a%s@example.org>\nTo: me@example.test\nSubject: number %s\nDate: Fri, 20 Nov 2026 09:30:0%s +0800\nMessage-ID: <m%s@example.org>\n\nbody of %s\n\n' \
			    $i $i $i $i $i $i $i $i
		done
		printf 'From d@example.org Fri Nov 20 01:30:00 2026\nFrom: =?utf-8?q?D?= <../../d;x@example.org>\nSubject: four\nMessage-ID: <m4@example.org>\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9\n--b\n'
		printf 'Content-Type: application/pdf\nContent-Disposition: attachment; filename="../../up.pdf"\nContent-Transfer-Encoding: base64\n\n%s\n--b\n' "$PDF"
		printf 'Content-Type: application/pdf\nContent-Disposition: attachment; filename="/tmp/up.pdf"\nContent-Transfer-Encoding: base64\n\n%s\n--b\n' "$PDF"
		printf 'Content-Type: image/png\nContent-Disposition: attachment; filename=".hidden"\nContent-Transfer-Encoding: base64\n\n%s\n--b\n' "$PDF"
		printf 'Content-Type: image/png\nContent-Disposition: attachment; filename="-rf"\nContent-Transfer-Encoding: base64\n\n%s\n--b\n' "$PDF"
		printf 'Content-Type: message/rfc822\nContent-Disposition: attachment; filename="|touch pwned"\n\nSubject: inner\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: application/pdf; name=deep.pdf\nContent-Transfer-Encoding: base64\n\n%s\n--c--\n--b--\n\n' "$PDF"
		printf 'From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nSubject: five\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n5L2g5aW9Cg==\n\n'
	} > box
}
M="$MAILX -n -f box"
count() { "$MAILX" -n -R -f "$1" -Y count; }
mode() { stat -c %a "$1"; }
fill; cp box before

# --- save, copy, move ---
run $M -R -Y 'save 1 kept' -Y 'save 2-3 kept'
is "$STATUS" 0 'save'
like "$OUT" '/kept" \[New file\] 1 message' 'a new file'
like "$OUT" '/kept" \[Appended\] 2 messages' 'and appended to'
is "$(count kept)" 3 'all are there'
is "$(mode kept)" 600 'for nobody else'
like "$(cat kept)" 'body of 3' 'whole'
same before box 'read-only: copied and not marked'
run $M -J -R -Y 'copy 1 kept'
is "$STATUS$OUT" 0 'nothing but records under -J'
run $M -R -Y 'copy 1 maildir:md'
is "$(find md/new md/cur -type f | wc -l | tr -d " ")" 1 'copy makes a Maildir'
run $M -R -Y 'copy 1 before/such'
is "$STATUS" 73 'a folder that cannot be made: 73'
mkdir closed && echo text > closed/box && chmod 400 closed/box && chmod 500 closed
# shellcheck disable=SC2086 # words on purpose
run $AS_OTHERS $M -R -Y 'copy 1 closed/new'
is "$STATUS" 73 'an unwritable directory: 73'
chmod 700 closed
echo 'this is no mailbox' > letter
run $M -R -Y 'copy 1 letter'
is "$STATUS" 73 'a file that is no mailbox is refused'
is "$(cat letter)" 'this is no mailbox' 'and left as it is'
run $M -R -Y 'copy 9 kept'
is "$STATUS" 64 'no such message'
run $M -R -Y 'copy 1 4.2 kept'
is "$STATUS" 64 'a message and a part do not go into one folder'
mkdir folders
run $M -R -S folder="$T/folders" -Y 'save 1 +b'
is "$STATUS$(count folders/b)" 01 '+name is under folder'
run $M -R -Y 'Save 1-2' -Y 'Copy 3'
is "$STATUS$(count a1)$(count a3)" 021 'Save and Copy: after the first sender'
run $M -R -Y 'Save 4'
is "$STATUS" 0 'Save of a hostile sender'
is "$(find "$T/.." -maxdepth 1 -name 'd*' -newer before | grep -c .)" 0 'stays here'
is "$(find . -maxdepth 1 -name d -newer before | grep -c .)" 1 'under a safe name'
run $M -R -S folder="$T/folders" -S outfolder -Y 'Save 1'
is "$(count folders/a1)" 1 'Save with outfolder'
run $M -R -Y 'move 1 moved'
[ "$STATUS" -ne 0 ]; ok $? 'move is refused in a read-only folder'
[ ! -e moved ]; ok $? 'and does nothing'
run $M -Y 'move 1 3 moved' -Y '='
is "$STATUS" 0 'move'
is "$(count moved) $(count box)" '2 3' 'there and no longer here'
fill
run $M -Y 'move 1 /dev/full/x'
[ "$STATUS" -ne 0 ]; ok $? 'move that fails'
is "$(count box)" 5 'takes nothing away'

# --- the system mailbox, from a prompt or piped commands ---
cp before spool
in_spool() { MAIL=$T/spool MBOX=$T/mbox "$MAILX" -n -N > o 2> e; }
printf 'save 1 spoolkept\ncopy 2 spoolkept\nhold 2\nquit\n' | in_spool
is "$(count spoolkept)" 2 'save and copy in the system mailbox'
unlike "$(cat spool)" 'body of 1' 'a saved message is deleted at quit'
like "$(cat spool)" 'body of 2' 'one on hold is not'
like "$(cat spool)" 'body of 3' 'nor one not read'
cp before spool; rm -f mbox
printf 'delete 1\nhold 1\nmbox 3\nexit\n' | in_spool
same before spool 'exit changes nothing'
printf 'delete 1\nhold 1\nmbox 3\nquit\n' | in_spool
like "$(cat spool)" 'body of 1' 'hold overrides delete'
is "$(count mbox)" 1 'mbox moves to MBOX'
unlike "$(cat spool)" 'body of 3' 'and away'
run $M -Y 'mbox 1'
is "$STATUS" 64 'mbox: only in the system mailbox'

# --- write ---
fill
run $M -R -Y 'write 1-2 bodies' -Y 'write 5 bodies'
is "$STATUS" 0 'write'
is "$(cat bodies)" "$(printf 'body of 1\nbody of 2\n你好')" 'bodies alone, decoded, appended'
is "$(mode bodies)" 600 'for nobody else'
run $M -R -Y 'write 4.2 new.pdf'
is "$STATUS$(cat new.pdf)" '0%PDF-1.4' 'write of a part'
like "$OUT" '"new.pdf" 4.2, 9 octets' 'is told'
run $M -R -J -Y 'write 4.3 newer.pdf'
is "$(echo "$OUT" | python3 -c 'import json,sys; r=json.loads(sys.stdin.read()); print(r["n"], r["part"], r["file"], r["size"])')" \
    '4 3 newer.pdf 9' 'is told in JSON'
run $M -R -Y 'write 4.1 latin'
is "$(od -An -tx1 latin | tr -d ' \n')" 636166e9 'the charset is not touched'
echo mine > new.pdf
run $M -R -Y 'write 4.2 new.pdf'
is "$STATUS$(cat new.pdf)" '73mine' 'an existing file is not written over'
run $M -R -Y 'write -f 4.2 new.pdf'
is "$STATUS$(cat new.pdf)" '0%PDF-1.4' 'but with -f'
echo mine > target; ln -s target link; ln -s nowhere dangling
run $M -R -Y 'write 4.2 link'
is "$STATUS$(cat target)" 73mine 'a link is not followed'
run $M -R -Y 'write 4.2 dangling'
[ "$STATUS" -eq 73 ] && [ ! -e nowhere ]; ok $? 'nor one that leads nowhere'
run $M -R -Y 'write -f 4.2 link'
[ "$STATUS" -eq 0 ] && [ "$(cat target)" = mine ] && [ ! -L link ]; ok $? '-f replaces the link itself'
run $M -R -Y 'write 4.9 none.pdf'
[ "$STATUS" -eq 64 ] && [ ! -e none.pdf ]; ok $? 'no such part: no file'
run $M -R -Y 'write 4.2 /dev/full'
is "$STATUS" 74 'a device that is full: 74'
run $M -R -Y 'write 4.2 /dev/stdout'
is "$STATUS$OUT" '0%PDF-1.4' 'standard output'
is "$(find . -maxdepth 1 -name ".mailx*" | wc -l | tr -d " ")" 0 'nothing of ours is left behind'
run $M -R -Y 'write 4.2 parts/' -Y 'write 4.3 parts/' -Y 'write 4.2 parts'
is "$STATUS" 0 'into a directory'
is "$(ls parts | tr '\n' ' ')" 'up-1.pdf up-2.pdf up.pdf ' 'under its own name, next to others'
is "$(mode parts)" 700 'the directory is ours alone'
run $M -R -Y 'write 4 all/'
is "$(ls -A all | wc -l | tr -d ' ')" 6 'of a message all parts'
(ulimit -f 0; exec "$MAILX" -n -R -f box -Y 'write 4.2 toobig.pdf') > /dev/null 2>&1
[ $? -ne 0 ] && [ ! -e toobig.pdf ]; ok $? 'what cannot be written whole is not there'
fill
run $M -Y 'write 1 b1' -Y 'save 4.2 p.pdf' -Y 'copy 4.3 q.pdf'
is "$STATUS$(cat p.pdf q.pdf)" "$(printf '0%%PDF-1.4\n%%PDF-1.4')" 'save and copy of parts'
is "$(count box)" 5 'nothing is taken away by that'

# --- extract ---
run $M -R -Y 'extract -o got *'
is "$STATUS" 0 'extract'
is "$(ls -A got | sort | tr '\n' ' ')" '_rf _touch pwned hidden up-1.pdf up.pdf ' 'safe names, and attached messages whole'
is "$(cmp got/up.pdf q.pdf; cmp got/up-1.pdf q.pdf)" '' 'decoded'
like "$OUT" '"got/up.pdf" 4.2, 9 octets' 'what was written is told'
[ ! -e ../up.pdf ] && [ ! -e ../../up.pdf ] && [ ! -e pwned ]; ok $? 'nothing elsewhere'
is "$(find got -type f ! -perm 600 | grep -c .)" 0 'for nobody else'
mkdir typed
run $M -R -J -Y "extract -o typed -t 'image/*' 4"
is "$(ls -A typed | wc -l | tr -d ' ')" 2 'by type'
is "$(echo "$OUT" | python3 -c 'import json,sys; print([(r["n"],r["part"],r["file"]) for r in map(json.loads,sys.stdin)])')" \
    "[(4, '4', 'typed/hidden'), (4, '5', 'typed/_rf')]" 'told in JSON'
ln -s "$T/target" typed/up.pdf
run $M -R -Y 'extract -o typed 4.2'
is "$STATUS$(cat target)" 0mine 'through no link'
[ -f typed/up-1.pdf ]; ok $? 'but beside it'
mkdir "$HOME/home"
run $M -R -Y 'extract -o ~/home 4.2'
is "$STATUS$(ls "$HOME/home")" 0up.pdf 'a directory is named as a file is, with ~ and +'
run $M -R -Y 'extract -o target 4'
is "$STATUS" 73 'into a file: 73'
run $M -R -Y 'extract -o no/such/dir 4'
is "$STATUS" 73 'into nothing: 73'
run $M -R -Y 'extract 1'
is "$STATUS$OUT" 0 'a message without attachments'
same before box 'nothing of this changed the folder'

# --- flags ---
fill
flags() { "$MAILX" -n -R -J -f box -H | python3 -c 'import json,sys; print(*("+".join(sorted(r["flags"]+r["tags"])) or "-" for r in map(json.loads,sys.stdin)))'; }
run $M -Y 'flag 1' -Y 'answered 2' -Y 'seen 3' -Y 'draft 4' -Y 'tag work 5'
is "$STATUS" 0 'flags'
like "$(flags)" 'flagged.* answered.* seen.* draft.* work' 'are kept'
run $M -Y 'unflag 1' -Y 'unanswered 2' -Y 'unseen 3' -Y 'undraft 4' -Y 'untag work 5'
unlike "$(flags)" 'flagged\|answered\|seen\|draft\|work' 'and taken off'
run $M -Y 'flag 1' -Y 'type 9'
unlike "$(flags)" 'flagged' 'a run that fails changes nothing'
run $M -R -Y 'flag 1'
[ "$STATUS" -ne 0 ]; ok $? 'refused in a read-only folder'
run $M -Y 'tag "two words" 1'
is "$STATUS" 64 'a tag is one word'
run "$MAILX" -n -f md -Y 'tag work 1'
is "$STATUS" 69 'a Maildir keeps no tags, and that is said'
run $M -Y 'delete 2' -Y '=' -Y 'delete 5' -Y '=' -Y 'undelete 2 5' -Y '='
is "$OUT" "$(printf '3\n4\n5')" 'the current message after delete and undelete'
is "$(count box)" 5 'undelete keeps them'
run $M -Y 'dp 1'
like "$OUT" 'body of 2' 'dp prints the next one'
is "$(count box)" 4 'and deletes'
fill
run $M -Y 'dt 5'
unlike "$OUT" 'body' 'dt of the last one: there is no next'
fill
run $M -Y 'set autoprint' -Y 'delete 1'
like "$OUT" 'body of 2' 'autoprint'
fill
run $M -Y 'delete 1-3' -Y undelete -Y undelete
is "$(count box)" 4 'undelete without a list: one at a time'
fill
run $M -Y undelete
is "$STATUS" 1 'nothing is deleted'

# --- pipe, size ---
fill
run $M -R -Y 'pipe 1 "cat > whole"' -Y 'pipe "cat > both" 1-2'
is "$STATUS" 0 'pipe, the command behind or in front'
like "$(cat whole)" '^Subject: number 1' 'the whole message'
is "$(grep -c '^body of' both)" 2 'one command reads them all'
run $M -R -Y 'pipe 4.2 cat'
is "$OUT" '%PDF-1.4' 'a part is decoded'
run $M -R -Y 'pipe 4.2 cat > piped'
is "$(cat piped)" '%PDF-1.4' 'output redirected'
run $M -R -S cmd='cat > bycmd' -Y '2' -Y pipe
like "$(cat bycmd)" 'number 2' 'the variable cmd'
run $M -R -Y pipe
is "$STATUS" 64 'no command'
run $M -R -Y 'pipe 1 "exit 75"'
is "$STATUS" 75 'a status of sysexits.h is passed on'
run $M -R -Y 'pipe 1 "exit 3"'
is "$STATUS" 71 'another one is 71'
run $M -R -Y 'pipe 1 "grep -q nothing-like-it"' -Y 'echo on'
is "$OUT" 'on' '1 is an answer'
run $M -R -Y 'pipe * "head -c 1 > /dev/null"'
is "$STATUS" 0 'a command may stop reading'
run $M -R -S page -Y 'pipe 4.2 4.3 "tr -cd \\\\014 | wc -c"'
is "$(echo "$OUT" | tr -d ' ')" 2 'form feeds with page'
run $M -R -Y 'size 1' -Y 'size 4.2'
is "$STATUS" 0 'size'
like "$OUT" '^1: [0-9][0-9]*$' 'of a message'
like "$OUT" '^4\.2: 12$\|^4\.2: 13$' 'of a part, as it is stored'

# --- edit ---
fill
export TMPDIR="$T/tmp"; mkdir tmp
cat > editor <<'E2'
#!/bin/sh
[ "$(stat -c %a "$(dirname "$1")")$(stat -c %a "$1")" = 700600 ] || exit 9
sed 's/body of/changed/' "$1" > "$1.new" && cat "$1.new" > "$1" && rm "$1.new"
E2
chmod 755 editor
EDITOR=$T/editor VISUAL=$T/editor; export EDITOR VISUAL
run $M -R -Y 'edit 1'
is "$STATUS" 0 'edit, in a directory of its own'
same before box 'changes nothing (POSIX)'
is "$(ls -A tmp)" '' 'and leaves nothing'
run $M -S writebackedited -Y 'visual 1'
is "$STATUS" 0 'visual, with writebackedited'
is "$(count box)" 5 'one took the place of the other'
like "$(tail -n 12 box)" 'changed 1' 'the edited one is last'
unlike "$(cat box)" 'body of 1' 'the old one is gone'
fill
EDITOR=true
run $M -S writebackedited -Y 'edit 1' -Y 'exit'
same before box 'not edited: nothing happens'
EDITOR=false
run $M -S writebackedited -Y 'edit 1'
is "$STATUS" 71 'an editor that fails'
is "$(count box)$(ls -A tmp)" 5 'changes nothing and leaves nothing'
run $M -R -S writebackedited -Y 'edit 1'
is "$STATUS" 77 'not in a read-only folder'
done_testing
