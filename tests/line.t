#!/bin/sh
# Lines that are edited in a terminal: keys, history, completion.
# shellcheck disable=SC2034 # LOCAL is for lib.sh
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
cat > "$HOME/.mailrc" <<E2
set from=me@example.test mta=mbox:$T/sent folder=$T/boxes noasksub
alias friends bob@example.org ann@example.org
account work {
set from=work@example.test
}
define greet {
echo greeted
}
E2
letters box 1 3
mkdir -p boxes/projects/sub; cp box boxes/family; cp box boxes/famous; : > 'with blank'
HISTORY=$HOME/.local/state/mailx/history
# session NAME TERM COLUMNS ARGUMENT...: with the script on standard input
session() {
	cat > script; name=$1 term=$2 columns=$3; shift 3
	run python3 "$ROOT/tests/terminal.py" script "$term" "$columns" -- "$MAILX" -n -N -f box "$@"
	is "$STATUS" 0 "$name"
	[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 40
}
EDITS=no
if nm "$MAILX" 2> /dev/null | grep -q ' el_wgets'; then EDITS=yes; fi

session 'a terminal without abilities: plain lines' dumb 80 <<'E2'
< ? 
> echo plain
< plain
< ? 
> fo?
< folder
< leave the folder
< forward
< ? 
> x
E2
unlike "$OUT" 'echo plain.*echo plain' 'nothing is drawn again'
[ ! -e "$HISTORY" ]; ok $? 'and no history is kept'
if [ $EDITS = no ]; then
	skip 1 'built without libedit'
	done_testing
fi
session 'a terminal that nobody knows is one of those' unheard-of 80 <<'E2'
< ? 
> echo plain
< plain
< ? 
> x
E2
unlike "$OUT" 'No entry for' 'and nobody complains'
session 'line-editor-disable' xterm 80 -S line-editor-disable <<'E2'
< ? 
> echo plain
< plain
< ? 
> x
E2
[ ! -e "$HISTORY" ]; ok $? 'no history of that'

session 'moving about, erasing, characters of several octets' xterm 80 <<'E2'
< ? 
= echo wrld\x1b[D\x1b[D\x1b[Do
= \r
< world
< ? 
= echo \xe4\xbd\xa0\xe5\xa5\xbdx\x7f\x7f\xe3\x81\x93\xf0\x9f\x98\x80\r
< 你こ😀
< ? 
= echo \xff\xe4z\r
< ��z
< ? 
= echo one\x15echo two\r
< two
< ? 
> x
E2
session 'narrow, and a new width on the way' xterm 20 <<'E2'
< ? 
= echo 0123456789012345678901234567890123456789
w 60
= X\r
< 0123456789012345678901234567890123456789X
< ? 
> x
E2
session 'a line longer than the terminal takes of itself' xterm 80 <<E2
< ? 
= echo $(printf '%05000d' 7)end\\r
< 7end
< ? 
> x
E2
session 'an interrupt gives a new line, an end of file ends' xterm 80 <<'E2'
< ? 
= delete 1
< delete 1
= \x03
< ^C
< ? 
> echo again
< again
< ? 
> delete 2
< ? 
= \x04
E2
is "$(grep -c '^Subject' box)" 2 'what was typed before the interrupt was not run; quit was'
letters box 1 3
session 'a message typed, with an escape and a completed alias' xterm 80 <<'E2'
< ? 
= mail fri\t
< mail friends
= \r
= one\r
= ~s about\r
= twp\x7fo\r
= .\r
< ? 
> x
E2
like "$(cat sent)" '^two' 'its text'
like "$(cat sent)" '^Subject: about' 'its subject'
like "$(cat sent)" '^To:.*ann@example.org' 'its recipients'
session 'stopped in the middle of a line' xterm 80 <<'E2'
< ? 
> !kill -s CONT $PPID
< ? 
= echo be
< echo be
= fore\r
< before
< ? 
> x
E2

# --- History. ---
rm -f "$HISTORY"
session 'history: what is kept' xterm 80 -S noheader <<'E2'
< ? 
> echo first
< first
> echo first
< first
> set smtp-auth-password=hunter2
< ? 
>  echo blank
< blank
> set mta=smtps://bob:hun/ter3@localhost
< ? 
> set password-bob@localhost=hunter4
< ? 
> folder imaps://bob:hunter5@127.0.0.1:1
< ? 
> echo 你好
< 你好
> mail bob@example.org
> hunter6
> ~x
< ? 
> echo last
< last
> x
E2
is "$(cat "$HISTORY")" 'echo first
echo 你好
mail bob@example.org
echo last
x' 'no secret, nothing behind a blank, no text, nothing twice'
is "$(stat -c %a "$HISTORY")" 600 'for its owner alone'
session 'it is there in the next session, by arrow and by search' xterm 80 <<'E2'
< ? 
= \x1b[A\x1b[A\r
< last
< ? 
= \x12fir
= \r
< first
< ? 
> x
E2
chmod 644 "$HISTORY"
session '-R keeps none' xterm 80 -R <<'E2'
< ? 
> echo not kept
< not kept
> x
E2
unlike "$(cat "$HISTORY")" 'not kept' 'not there'
i=0; while [ $i -lt 50 ]; do echo "echo n$i"; i=$((i + 1)); done > "$HISTORY"
printf 'echo \033[31mred\nset password=x\n' >> "$HISTORY"
session 'one that has grown is cut down, and what is in it does no harm' xterm 80 -S history-size=10 <<'E2'
< ? 
= \x1b[A
< echo ^[[31mred
= \x15
> x
E2
is "$(wc -l < "$HISTORY")" 11 'to history-size'
unlike "$(cat "$HISTORY")" 'password' 'and without what should not have been there'
is "$(stat -c %a "$HISTORY")" 600 'its mode'
session 'history-file, which is a place of its own' xterm 80 -S "history-file=$T/mine" <<'E2'
< ? 
> echo mine
< mine
> x
E2
is "$(cat mine)" 'echo mine
x' 'there'
for f in '' /dev/null; do
	session "history-file=$f: none" xterm 80 -S "history-file=$f" <<'E2'
< ? 
> echo nowhere
< nowhere
< ? 
> x
E2
	unlike "$OUT" 'history:' 'and no complaint'
done
ln -s target link
session 'a link is not followed, and the session goes on' xterm 80 -S "history-file=$T/link" <<'E2'
< history: 
< ? 
> echo on
< on
> x
E2
[ ! -e target ]; ok $? 'nothing was made'

# --- Completion. ---
session 'completion: commands, variables, folders, accounts, files' xterm 80 <<'E2'
< ? 
= unf\t1\r
< unflag 1
< ? 
= fol\t
= \t
< folder    folders   followup
= \x15set hist\t
< set history-
= f\t
< file 
= \x15set noau\t
= \x15unset autop\t
< unset autoprint 
= \x15copy 1 +fa\t
< copy 1 +fam
= \t
< +family  +famous
= \x15copy 1 +pro\t
< copy 1 +projects/
= su\t
< sub/
= \x15account w\t
< account work 
= \x15call g\t
< call greet 
= \x15folder @w\t
< folder @work 
= \x15source wi\t
< "with blank" 
= \x15sort su\t
< sort subject 
= \x15search unf\t
< search unflagged 
= \x15help hea\t
< help head
= \x15mail a2@\t
< mail a2@example.org 
= \x15retain mess\t
< retain message-id 
= \x15echo > bo\t
< echo > box
= \x15
> x
E2
session 'a question mark' xterm 80 <<'E2'
< ? 
= fo?
< forward
< pass messages on
< ? fo
= \r
> echo still here
< still here
= set his?
< history-size
< ? set his
= \x15echo what?\r
< what?
< ? 
= ?\r
< alias
> x
E2
session 'what fits may be more than a screen' xterm 40 <<'E2'
< ? 
= set \t
< in all
< ? set 
= \x15
> x
E2
# Names from elsewhere do not reach the terminal as they are.
mkdir evil
: > "evil/$(printf 'a\033]0;title\007')"; : > "evil/$(printf 'a\342\200\256b')"; : > evil/ac; : > evil/ad
session 'file names with control characters are not offered' xterm 80 <<'E2'
< ? 
= source evil/\t
= \t
< evil/ac  evil/ad
! title
= \x15
> x
E2
cat > box <<'E2'
From e@example.org Fri Nov 20 01:30:01 2026
From: <zoe|touch${IFS}x@example.org>
To: zora@example.org, "zo`x`"@example.org
Subject: s

E2
session 'addresses of messages, if they are plain' xterm 80 -S header <<'E2'
< ? 
> h
< ? 
= mail zo\t
< mail zora@example.org 
= \x15
> x
E2
# A folder on a server needs one; an unknown one is not asked for.
printf 'set folder=imaps://bob@127.0.0.1:1\n' > "$HOME/.mailrc"
session 'a server that nobody talks to is not called for a Tab' xterm 80 <<'E2'
< ? 
= copy +x\ty
< copy +xy
! assword
! cannot
= \x15
> x
E2
printf 'bind ^X^A mailx-complete\nbind ^B ed-move-to-beg\n' > "$HOME/.editrc"
session 'the file .editrc holds' xterm 80 <<'E2'
< ? 
= o x\x02ech\r
< x
< ? 
> x
E2
# The terminal is left as it was found.
cat > stty.sh <<'E2'
stty -g > before
"$@"
stty -g > after
E2
printf '< ? \n> echo on\n< on\n< ? \n> x\n' > script
run python3 "$ROOT/tests/terminal.py" script xterm 80 -- sh stty.sh "$MAILX" -n -N -f box
same before after 'the terminal is as it was'
done_testing
