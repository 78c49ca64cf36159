#!/bin/sh
# POSIX.1-2024 mailx: internal variables and their defaults, the environment, startup files.
# shellcheck disable=SC2016
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test mta=mbox:%s/sent\n' "$T" > "$HOME/.mailrc"
on() {
	letters box 1 3
	run sh -c 'printf "$1\n" | "$2" -n -N -f box' sh "$1" "$MAILX"
}
typed() {		# typed NAME [OPTION...]: the script on standard input, at a terminal
	cat > script; name=$1; shift
	run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n "$@"
	is "$STATUS" 0 "$name"
	[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 40
}

# --- Defaults. ---
for v in allnet askbcc askcc autoprint bang cmd crt debug flipr folder hold ignore ignoreeof \
    keep keepsave metoo onehop outfolder page quiet record screen sendwait showto sign Sign LISTER; do
	run sh -c 'printf "set\n" | "$0" -n -N -f /dev/null -S mta=mbox:x' "$MAILX"
	unlike "$OUT" "^$v\\([= 	]\\|\$\\)" "$v is not set by default"
done
DEFAULTS=$(MAILRC=/dev/null sh -c 'printf "set\n" | "$0" -n -N -f /dev/null' "$MAILX")
for v in asksub header save; do
	like "$DEFAULTS" "^$v" "$v is set by default"
done
for v in append dot; do
	like "$DEFAULTS" "^$v" "contract: $v is set by default (POSIX: it is not)"
done
while read -r name value; do
	like "$DEFAULTS" "^$name=*[^a-z]*$value" "$name is $value by default"
done <<'E2'
escape ~
prompt ?
toplines 5
DEAD .*dead.letter
EDITOR ed
VISUAL vi
MBOX .*mbox
PAGER more
SHELL /bin/
E2
like "$DEFAULTS" '^indentprefix' 'indentprefix is set by default'
letters box 1 1
run sh -c 'printf "mail a@b.c\n~m 1\n.\n" | "$0" -n -N -~ -f box' "$MAILX"
grep -qs '^	body of 1' sent; ok $? 'and is a tab'
rm -f sent

letters box 1 3
# --- One by one (those with a test elsewhere: append hold keep keepsave allnet page cmd flipr
# --- toplines bang screen header outfolder). ---
typed 'autoprint: delete prints the next' -N -f box <<'E2'
< ? 
> set autoprint
< ? 
> delete 1
< body of 2
< ? 
> x
E2
letters box 1 3
typed 'prompt' -N -f box <<'E2'
< ? 
> set prompt=">> "
< >> 
< >> 
> set prompt=
> echo none
! >> 
! ? 
< none
> set noprompt
> echo no
! ? 
< no
> x
E2
letters box 1 3
typed 'crt: what is longer goes through PAGER' -N -f box -S crt=3 -S 'PAGER=sed s/body/BODY/' <<'E2'
< ? 
> type 1
< BODY of 1
< ? 
> set crt=1000
< ? 
> type 1
< body of 1
< ? 
> x
E2
typed 'quiet: no greeting, no number' -f box -S quiet <<'E2'
< ? 
! 3 messages
> type 1
! Message 1
< body of 1
< ? 
> x
E2
typed 'without it both are there' -f box <<'E2'
< 3 messages
< ? 
> type 1
< Message 1
< ? 
> x
E2
printf 'From me@example.test Fri Nov 20 01:30:00 2026\nFrom: me@example.test\nTo: Bob <bob@example.org>\nSubject: mine\n\nx\n\n' > mine
run sh -c 'printf "set showto\nfrom 1\n" | "$0" -n -N -f mine' "$MAILX"; like "$OUT" 'To.*[Bb]ob' 'showto: the recipient of what one sent'
run sh -c 'printf "from 1\n" | "$0" -n -N -f mine' "$MAILX"; like "$OUT" 'me@example.test' 'else the sender'
on 'set debug\nmail a@b.c\ntext\n.\n'; [ ! -e sent ]; ok $? 'debug: nothing is delivered'
on 'set metoo\nalias all me@example.test bob@example.org\nmail all\ntext\n.\n'; like "$(cat sent)" 'To:.*me@example.test' 'metoo: oneself stays in a group'
rm -f sent
on 'alias all me@example.test bob@example.org\nmail all\ntext\n.\n'; unlike "$(cat sent)" 'To:.*me@example.test' 'else one is left out'
like "$(cat sent)" 'To:.*bob@' 'with the others in'
rm -f sent
on 'mail me@example.test\ntext\n.\n'; like "$(cat sent)" 'To:.*me@example.test' 'but not where one is named'
rm -f sent
on 'set onehop sendwait\nmail bob@example.org\ntext\n.\n'; is "$STATUS" 0 'onehop and sendwait are accepted'
rm -f sent
run sh -c 'printf "text\n" | "$0" -n -S record=rec -S "folder=$1" -S outfolder -s s bob@example.org' "$MAILX" "$T"; grep -qs text rec; ok $? 'record, under folder with outfolder'
rm -f rec; mkdir -p dir
run sh -c 'printf "text\n" | "$0" -n -S record=rec -S "folder=$1/dir" -s s bob@example.org' "$MAILX" "$T"; [ -e rec ] && [ ! -e dir/rec ]; ok $? 'nooutfolder: in the current directory'
run sh -c 'printf "text\n" | "$0" -n -S record=rec -S "folder=$1/dir" -S outfolder -s s bob@example.org' "$MAILX" "$T"; [ -e dir/rec ]; ok $? 'outfolder: under folder'
run sh -c 'printf "text\n" | "$0" -n -S "record=$1/abs" -S "folder=$1/dir" -S outfolder -s s bob@example.org' "$MAILX" "$T"; [ -e abs ]; ok $? 'but an absolute name is that'
rm -rf rec dir abs sent
cat > sendprog <<'E2'
#!/bin/sh
echo "$@" > args; cat > stdin
E2
chmod +x sendprog
run sh -c 'printf "text\n" | "$0" -n -S "sendmail=$1/sendprog" -s s bob@example.org' "$MAILX" "$T"; like "$(cat args)" 'bob@example.org' 'sendmail: the program that delivers'
on 'set nofoo=x\nset'; [ -n "$OUT" ]; ok $? 'a name that begins with no'
on 'set escape=+ ask\nunset asksub\nset'; unlike "$OUT" '^asksub' 'ask and asksub are one'

# --- The environment. ---
HISTFILE=/dev/null
letters mymbox 7 7; letters mysys 8 8
MBOX=$T/mymbox; export MBOX; run sh -c 'printf "from 1\n" | "$0" -n -N -f' "$MAILX"; like "$OUT" 'number 7' 'MBOX in the environment'
unset MBOX
MAIL=$T/mysys; export MAIL; run sh -c 'printf "from 1\nx\n" | "$0" -n -N' "$MAILX"; like "$OUT" 'number 8' 'MAIL in the environment'
unset MAIL
DEAD=$T/mydead; export DEAD; run sh -c 'printf "lost text\n" | "$0" -n -S mta=/nonexistent/x -s s bob@example.org' "$MAILX"
[ "$STATUS" -ne 0 ]; ok $? 'what cannot be sent is an error'
grep -qs 'lost text' mydead; ok $? 'DEAD keeps it'
unset DEAD
run sh -c 'printf "lost text\n" | "$0" -n -S mta=/nonexistent/x -s s bob@example.org' "$MAILX"
grep -qs 'lost text' "$HOME/dead.letter"; ok $? 'by default dead.letter under HOME'
printf 'From: x\n' > /dev/null
rm -f "$HOME/dead.letter"
run sh -c 'printf "lost text\n" | "$0" -n -S nosave -S mta=/nonexistent/x -s s bob@example.org' "$MAILX"

# --- Startup files. ---
rc() { printf '%b' "$1" > rc; chmod 600 rc; letters box 1 3; run sh -c 'printf "$1\n" | MAILRC=$2/rc "$3" -n -N -f box' sh "$2" "$T" "$MAILX"; }
rc 'set x=one\n' set; like "$OUT" '^x.*one' 'MAILRC names the startup file'
rc '# comment\n\n   \n\t# other\nset x=one\n' set; like "$OUT" '^x.*one' 'comments and empty lines are passed over'
is "$STATUS" 0 'without a fault'
rc 'alias bob bob@example.org\nalternates m@x.org\nignore x-foo\n' 'alias\nignore'; like "$OUT" bob@example.org 'aliases'
like "$OUT" '[Xx]-[Ff]oo' 'and fields to ignore'
rc 'if s\nset mode=send\nelse\nset mode=receive\nendif\n' set; like "$OUT" '^mode.*receive' 'if s, if r'
printf 'if s\nset record=asend\nelse\nset record=areceive\nendif\nset from=me@example.test mta=mbox:%s/sent\n' "$T" > rc
run sh -c 'echo text | MAILRC=rc "$0" -n -s s bob@example.org' "$MAILX"; [ -e asend ]; ok $? 'if s is true in send mode'
printf 'if r\nset record=areceive\nelse\nset record=bsend\nendif\nset from=me@example.test mta=mbox:%s/sent\n' "$T" > rc
run sh -c 'echo text | MAILRC=rc "$0" -n -s s bob@example.org' "$MAILX"; [ -e bsend ] && [ ! -e areceive ]; ok $? 'if r is not'
printf 'set y=two\n' > more.rc
rc "source $T/more.rc\n" set; like "$OUT" '^y.*two' 'source in it'
rc 'set x=one\\\ntwo\n' set; like "$OUT" 'x=*.*one *two' 'a line goes on behind a backslash'
rc "cd $T/home\n" '!pwd'; like "$OUT" '/home$' 'cd in it'
for c in '!touch hit' 'Copy' 'edit' 'followup' 'Followup' 'hold' 'mail x@example.org' 'preserve' 'reply' 'Reply' 'shell' 'visual'; do
	rc "$c\n" 'echo hi'
	[ "$STATUS" -ne 0 ] && [ -n "$ERR" ]; ok $? "a startup file may not hold: $c"
done
[ ! -e hit ]; ok $? 'and nothing of that was done'
rc 'nonsense\n' 'echo hi'; like "$ERR" 'rc:1:.*nonsense' 'an unknown command is named, with file and line'
[ "$STATUS" -ne 0 ]; ok $? 'and is an error'
rm -f rc; run sh -c 'echo "echo hi" | MAILRC=$1/rc "$0" -n -N -f box' "$MAILX" "$T"; is "$OUT" hi 'a MAILRC that is not there is no error'
like "$(echo 'echo hi' | "$MAILX" -N -f box)" hi 'without -n'
# --- Values that are file names. ---
mkdir -p "$HOME/Mail"; letters "$HOME/Mail/work" 6 6
rc 'set folder=$HOME/Mail\n' 'file +work\n1'; like "$OUT" 'body of 6' 'folder: $HOME in it'
rc 'set folder=~/Mail\n' 'file +work\n1'; like "$OUT" 'body of 6' 'or ~'
rc 'set folder=Mail\n' 'file +work\n1'; like "$OUT" 'body of 6' 'or a name, then under HOME'
run sh -c 'printf "1\n" | "$0" -n -N -S folder=Mail -f +work' "$MAILX"; like "$OUT" 'body of 6' '-f +name'
rc 'set MBOX=$HOME/Mail/work\n' 'file &\n1'; like "$OUT" 'body of 6' 'MBOX: $HOME in it'
rc 'set folder=Mail\nset MBOX=+work\n' 'file &\n1'; like "$OUT" 'body of 6' 'or +name'
rc "set folder=Mail record=+out from=me@example.test mta=mbox:$T/sent\n" 'mail bob@example.org\ntext\n.'; grep -qs '^text' "$HOME/Mail/out"; ok $? 'record: +name'
rc "set record=\$HOME/out from=me@example.test mta=mbox:$T/sent\n" 'mail bob@example.org\ntext\n.'; grep -qs '^text' "$HOME/out"; ok $? 'or $HOME'
rc "set DEAD=~/my.dead from=me@example.test mta=/nonexistent/x\n" 'mail bob@example.org\nlost text\n.'; grep -qs '^lost text' "$HOME/my.dead"; ok $? 'DEAD: ~'
rc "set flipr from=me@example.test mta=mbox:$T/sent2\n" 'Respond 1\ntext\n.'; is "$STATUS" 0 'Respond with flipr'
rc 'set noheader nosave noasksub\n' 'set'; unlike "$OUT" '^header\|^save\|^asksub' 'no in front of what is set by default'
rc 'unset header save asksub\n' 'set'; unlike "$OUT" '^header\|^save\|^asksub' 'and unset'
rc 'set a=1 b=2\n' 'set'; like "$OUT" '^a.*1' 'several in a line'
done_testing
