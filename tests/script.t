#!/bin/sh
# The interpreter: quoting, variables, blocks, conditions, redirection, statuses, startup files.
# shellcheck disable=SC2016
. "$(dirname -- "$0")/lib.sh"
: > "$HOME/.mailrc"
for i in 1 2 3; do
	printf 'From a@example.org Fri Nov 20 01:30:0%s 2026\nFrom: a%s@example.org\nTo: me@example.test\nSubject: number %s\nDate: Fri, 20 Nov 2026 09:30:00 +0000\n\nbody %s\n\n' $i $i $i $i
done > box
cp box before
y() { run "$MAILX" -n "$@"; }
one_line() { is "$(printf '%s\n' "$ERR" | wc -l | tr -d ' ')" 1 "$1: one line of error"; like "$ERR" '^mailx: ' "$1: it begins with mailx:"; }

# Words.
y -Y 'set x="a  b"' -Y 'echo $x "$x" ${x}c \$x '"'\$x'" -Y 'echo a\ b "c\"d"'
is "$OUT" 'a  b a  b a  bc $x $x
a b c"d' 'variables and quotes under -Y'
printf 'set x="a  b"\necho $x "$x" "c\\d"\necho it'"'"'s a\\ b\necho co\\\nntinued\n' > in
run sh -c '"$0" -n -N -f box < in' "$MAILX"
is "$OUT" '$x $x c\d
it'"'"'s a b
continued' 'piped commands: quotes are literal, lines continue'
y -Y 'echo "not closed'
is "$STATUS" 64 'a quote that is not closed'
y -Y 'define f {' -Y 'echo $# $1 "$2" $3.' -Y '}' -Y 'call f one "two words"'
is "$OUT" '2 one two words .' 'arguments'
y -Y 'define f { call g "$@" }' -Y 'define g { echo $# }' -Y 'call f "a b" c'
is "$OUT" 2 'all arguments, each a word'
y -Y 'define f {
shift
echo $1
return 7
echo never
}
call f a b' -Y 'echo never'
is "$STATUS $OUT" '7 b' 'a block in one -Y; shift, return; its status ends the run'
y -f box -Y 'define find { search subject "$1" }' -Y 'call find "number 2"'
like "$OUT" 'number 2' 'an argument in a search expression'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 1 'is one word'
y -f box -Y 'from (subject "number 1" or subject "number 3")'
is "$(echo "$OUT" | wc -l | tr -d ' ')" 2 'an expression as a message list keeps its quotes'
y -Y 'eval "echo a" b' -Y 'set c="echo run"' -Y 'eval $c'
is "$OUT" 'a b
run' 'eval'
y -Y 'commandalias hello echo hello' -Y 'hello world' -Y 'commandalias headers headers' -Y 'commandalias hello'
is "$OUT" 'hello world
hello                echo hello' 'commandalias'

# Conditions.
cond() { y -f box -Y "$1" -Y 'echo yes' -Y else -Y 'echo no' -Y endif; is "$OUT" "$2" "$1"; }
cond 'if 2 -gt 10' no
cond 'if 2 -le 2' yes
cond 'if abc == abc' yes
cond 'if abc != abc' no
cond 'if abc =~ ^a.c$' yes
cond 'if -e box' yes
cond 'if ! -e box' no
cond 'if $nothing' no
cond 'if $errexit' yes
cond 'if $nothing == ""' yes
cond 'if r' yes
cond 'if s' no
y -Y 'if 1 == 2' -Y 'echo a' -Y 'if 1 == 1' -Y 'echo b' -Y 'endif' -Y 'nonsense' -Y 'elif 3 == 3' -Y 'echo c' -Y else -Y 'echo d' -Y endif
is "$STATUS $OUT" '0 c' 'nested, elif, unknown commands where nothing runs'
y -Y 'if abc -gt 3' -Y endif
is "$STATUS" 64 'not a number'
y -Y 'if r'
is "$STATUS" 64 'endif is missing'
one_line 'endif'
y -Y else
is "$STATUS" 64 'else without if'

# Output.
y -f box -Y 'headers > a' -Y 'headers >> a' -Y 'headers | wc -l' -Y 'echo "x > y"' -Y 'echo a > b c' -Y 'echo <a@b>'
A=$OUT
for c in 'headers >' 'headers >>' 'echo hi > ' 'headers > $nothing' 'headers |'; do
	y -f box -Y "$c"
	is "$STATUS$OUT" 64 "$c: nothing stands behind it"
done
y -f box -Y 'headers > a1 a2'
is "$STATUS$(ls a1 2> /dev/null)" 64 'nothing but one file can stand behind the > of a list'
y -f box -Y 'headers 99'
is "$STATUS" 64 'headers of a message that is not there'
one_line 'message 99'
y -f box -Y 'headers (subject "no such subject")'
is "$STATUS$OUT$ERR" 1 'headers of none'
OUT=$A
is "$(wc -l < a | tr -d ' ')" 6 'to a file, and behind what it holds'
is "$(echo "$OUT" | tr -d ' ' | head -n 1)" 3 'to a command'
like "$OUT" '^x > y$' 'not in quotes'
like "$OUT" '^a > b c$' 'nor with two words behind it'
like "$OUT" '^<a@b>$' 'nor inside a word'
is "$(stat -c %a a)" 600 'a new file is for its owner'
y -f box -Y 'type 3>g' -Y 'from 1-2>>g' -Y 'from 1,3|cat > h' -Y 'from <a@b>c' -Y 'echo end'
is "$(grep -c 'body 3' g):$(grep -c 'number [12]' g)" 1:2 'a list may touch the redirection'
is "$(grep -c 'number' h)" 2 'or the pipe'
is "$STATUS:$OUT" 1:end 'not an address'

# Nothing found: an answer, no failure.
for c in 'type :f' 'from /nothing' 'copy nobody x' 'delete (subject nothing)' 'size `' 'reply /nothing' 'flag :d' 'undelete' 'pipe :f cat' 'top :f'; do
	y -f box -Y "$c" -Y 'echo $?' < /dev/null
	is "$STATUS:$OUT:$ERR" 1:1: "$c: status 1, which ends no script, and nothing is said"
	run sh -c 'printf "%s\n" "$1" | "$0" -n -N -f box' "$MAILX" "$c"
	is "$STATUS" 1 "$c piped: status 1"
	like "$ERR" '^mailx: .*\(no applicable messages\|no message is deleted\)$' 'and a line, as mailx always had it'
done
y -f box -J -S ack -Y 'type :f'; is "$STATUS:$ERR:$OUT" '1::{"ack":1,"status":1}' 'JSON: no error record'
for c in 'type 9' 'type 2-9' 'type 1-' 'type +-' 'type .' 'type "" ' 'type :z'; do
	y -f box -Y "$c" -Y 'echo never'
	[ "$c" = 'type .' ] || is "$STATUS:$OUT" 64: "$c: a mistake is one"
done
y -f box -Y 'pipe 2 wc -l'; is "$STATUS" 64 'a command that is not quoted'
like "$ERR" 'no message from wc; a command of more than one word goes in quotes' 'the hint'

# All faults of the startup files, wherever they stand.
cat > "$HOME/.mailrc" <<'E2'
set tls=maybe encoding=quoted-printable compat=bsd noheader
if s
bogus
else
wrong
endif
if 1 == 2
not looked at
endif
account work {
set tls-min=1.1
strange
}
E2
run "$MAILX" -n --check-config
is "$STATUS" 78 'faults'
is "$(echo "$ERR" | sed -n 's/^mailx: .*mailrc:\([0-9]*\): .*/\1/p' | tr '\n' ' ')" '1 3 5 11 12 ' 'each with its line'
: > "$HOME/.mailrc"

# One acknowledgement a command, whatever runs inside it.
printf 'echo x\necho y\n' > inner
printf 'eval echo x\nsource inner\ncall f\neval eval eval echo x\ndefine f {\necho a\necho b\n}\ncall f\nmail x@y\n~: echo in a text\n~x\necho last\n' > in
run sh -c '"$0" -n -N -J -S ack "-~" -f box < in' "$MAILX"
is "$(echo "$OUT" | sed -n 's/.*"ack":\([0-9]*\),"status":\([0-9]*\).*/\1:\2/p' | tr '\n' ' ')" '1:0 2:0 3:64 4:0 5:0 6:0 7:1 8:0 ' 'acknowledgements'

run sh -c 'printf "type 99\nif 1 == 1\necho x\nendif\nif nonsense of words\nendif\ndefine f {\nif 1 == 1\ntype 99\nendif\n}\ncall f\n" | "$0" -n -N -J -S ack -f box' "$MAILX"
is "$(echo "$OUT" | sed -n 's/.*"ack":\([0-9]*\),"status":\([0-9]*\).*/\1:\2/p' | tr '\n' ' ')" '1:64 2:0 3:0 4:0 5:64 6:0 7:0 8:64 ' 'of if: its own status'

# Where a script failed: in the record too.
printf 'echo one\n\nnonsense\n' > failing
run "$MAILX" -n -J -# failing
like "$OUT" '^{"error":{"code":64,"text":"nonsense: .*","where":"failing:3"}}$' 'JSON: file and line'
printf 'define f {\nset x\nnonsense\n}\ncall f\n' > failing
run "$MAILX" -n -J -Y 'source failing'
like "$OUT" '"where":"failing:[0-9]*"' 'of what it defines too'

# The text behind a command that cannot be run is no commands.
for c in 'reply 9' 'reply /nothing' 'mail -Z a@b' 'mail a"b' 'forward a@b 9' 'followup :x' 'mail a@b > %'; do
	printf '%s\necho TEXT\ndelete *\n.\necho after\n' "$c" > in
	run sh -c 'MAIL=$PWD/box "$0" -n -N -f box < in' "$MAILX"
	is "$OUT" after "$c: its text is passed over"
	like "$(cat "$HOME/dead.letter")" '^echo TEXT' 'and saved'
	rm -f "$HOME/dead.letter"
done
is "$(grep -c '^Subject' box)" 3 'nothing was deleted'; cp before box

cp before mine; cp before sys; cp before mbox
for c in 'echo > mine' 'from * >> mine' 'echo > %' 'echo > &' 'echo > sub/../mine'; do
	mkdir -p sub
	run env MAIL="$T/sys" MBOX="$T/mbox" "$MAILX" -n -f mine -Y "$c"
	is "$STATUS" 73 "$c: output does not go into a mailbox in use"
done
cat before before before > .all
cat mine sys mbox | cmp -s - .all; ok $? 'which stay what they were'
y -Y 'define f { echo in }' -Y 'call f > c' -Y 'echo out'
is "$OUT $(cat c)" 'out in' 'of a block'
y -Y 'echo x > /nonexistent/file'
is "$STATUS" 73 'a file that cannot be made'
run sh -c '"$0" -n -Y "echo x" -Y "!touch hit" > /dev/full' "$MAILX"
is "$STATUS" 74 'standard output is full: 74'
[ ! -e hit ]; ok $? 'and the run ends there'
awk 'BEGIN { for (i = 0; i < 500; i++) printf("From a@b Fri Nov 20 01:30:01 2026\nFrom: a@b\nSubject: s\n\nbody\n\n") }' > many
run sh -c '"$0" -n -R -f many -Y "type *" > /dev/full' "$MAILX"
is "$STATUS" 74 'and for what is longer than a buffer'
one_line 'which is told once'
run sh -c '"$0" -n -Y "echo x" >&-' "$MAILX"
is "$STATUS" 74 'standard output is closed: 74'
one_line 'closed'
run sh -c 'echo x | "$0" -n -d -s x -S from=me@example.org a@example.org 2>&- | grep -c "^x"' "$MAILX"
is "$OUT" 1 'standard error is closed'

# Statuses.
y -Y 'echo a' -Y '!exit 3' -Y 'echo b'
is "$STATUS $OUT" '71 a' 'a shell command that fails ends the run'
y -Y '!exit 75'
is "$STATUS" 75 'its status is passed on where it is one of ours'
y -f box -Y 'search nothing-like-that' -Y 'echo $?'
is "$STATUS $OUT" '1 1' 'status 1 does not'
y -f box -Y 'delete 1' -Y sync -Y 'delete 2' -Y 'type 99'
is "$STATUS" 64 'errexit'
is "$(grep -c '^From ' box)" 2 'only what was synced is changed'
cp before box
printf 'type 99\necho on\n' > in
run sh -c '"$0" -n -N -f box < in' "$MAILX"
is "$STATUS $OUT" '64 on' 'piped commands go on, the status stays'
printf 'set errexit\ntype 99\necho on\n' > in
run sh -c '"$0" -n -N -f box < in' "$MAILX"
is "$STATUS $OUT" '64 ' 'but not with errexit'
printf 'echo one\n# comment\n\n  nonsense here\necho two\n' > s
y '-#' s
is "$STATUS $OUT" '64 one' 'a script'
like "$ERR" '^mailx: s:4: nonsense' 'file and line'
printf 'echo $1 $2 $#\n' > s
y '-#' s -x 'b c'
is "$OUT" '-x b c 2' 'its arguments'
run sh -c 'echo "echo from stdin" | "$0" -n "-#"' "$MAILX"
is "$OUT" 'from stdin' 'a script on standard input'
printf 'echo $1\ncount\n' > s
y -R -f box '-#' s arg
is "$OUT" 'arg
3' 'a folder, and a script'
printf 'set from=me@example.org mta=maildir:%s/sent\nsend -s piped a@example.org\nline\n.x\n.\necho sent\n' "$T" > s
run sh -c '"$0" -n -N < s' "$MAILX"
is "$STATUS $OUT" '0 sent' 'a body among piped commands ends with a dot'
run sh -c '"$0" -n "-#" < s' "$MAILX"
is "$STATUS $OUT" '0 sent' 'and in a script on standard input'
is "$(cat sent/new/* | grep -c '^line$\|^\.x$')" 4 'both went out'
printf '#!%s -#\necho run\n' "$MAILX" > s && chmod 755 s
run ./s
is "$OUT" run 'a script by itself'
y -J -Y 'set ack' -Y 'echo x' -Y nonsense
is "$OUT" '{"ack":1,"status":0}
{"ack":2,"status":0}
{"error":{"code":64,"text":"nonsense: unknown command"}}
{"ack":3,"status":64}' 'ack'
cp before box
y -R -f box -Y 'delete 1'
is "$STATUS" 77 '-R: no changes'
same box before 'nothing is changed'
for c in t/type d/delete s/save se/set f/from fo/followup fold/folder q/quit x/xit ho/hold u/undelete una/unalias h/headers z/z e/edit en/endif; do
	y -Y "help ${c%/*}"
	like "$OUT" "^${c#*/}\\( \\|\$\\)" "${c%/*} is ${c#*/}"
done
y -Y ca
like "$ERR" 'call, capabilities' 'an ambiguous abbreviation names its meanings'
y -f box -Y '2' -Y 'echo' -Y '='
like "$OUT" 'body 2' 'a message list alone'
printf '\n\n' > in
run sh -c '"$0" -n -R -N -f box < in' "$MAILX"
like "$OUT" 'body 2' 'an empty line is next'

# Without end.
echo 'source self' > self
y -Y 'source self'
is "$STATUS" 65 'a file that sources itself'
y -Y 'define f { call f }' -Y 'call f'
is "$STATUS" 65 'a block that calls itself'
y -Y 'commandalias aa bb' -Y 'commandalias bb aa' -Y aa
is "$STATUS" 65 'command aliases of each other'
one_line 'aliases'
y -Y 'define f {'
is "$STATUS" 64 'a block that does not end'

# Startup files.
rc() { cat > "$HOME/.mailrc"; chmod 600 "$HOME/.mailrc"; }
rc <<'E'
account work {
	set inbox=mbox:box from=w@example.org
	if $from == w@example.org
		set record=+sent
	endif
}
define d {
	echo d $1
}
E
y -A work -R -Y count -Y 'echo $from $record' -Y 'call d 1'
is "$OUT" '3
w@example.org +sent
d 1' 'account and define'
y -R -f @work -Y 'set from' -Y count
is "$OUT" 3 'a folder of an account'
y -A none -Y 'echo x'
is "$STATUS" 78 'no such account'
rc <<'E'
set from=me@example.test
nonsense
set timeout=soon
set nothing-of-the-kind=1
E
y -Y 'echo x'
is "$STATUS$OUT" 78 'a fault in a startup file ends the run'
like "$ERR" '\.mailrc:2: nonsense' 'file and line'
y --check-config
is "$STATUS" 78 '--check-config'
is "$(echo "$ERR" | wc -l | tr -d ' ')" 3 'tells all'
like "$ERR" '\.mailrc:4: .*nothing-of-the-kind' 'unknown variables too'
rc <<'E'
set from=me@example.test
E
y --check-config
is "$STATUS$OUT$ERR" 0 'and nothing where there is nothing'
echo 'set smtp-auth-password=geheim' | rc
chmod 640 "$HOME/.mailrc"
y -Y 'echo x'
is "$STATUS" 78 'a password that others can read'
unlike "$ERR" geheim 'is not printed'
chmod 600 "$HOME/.mailrc"
y -Y 'echo x'
is "$STATUS" 0 'fine with 600'
chmod 620 "$HOME/.mailrc"
y -Y 'echo x'
is "$STATUS" 78 'a group that may write'
MAILRC=/dev/null run "$MAILX" -n -Y 'echo x'
is "$STATUS" 0 'MAILRC=/dev/null'
echo 'echo here' > other; chmod 600 other
MAILRC=other run "$MAILX" -n -Y 'echo x'
is "$OUT" 'here
x' 'MAILRC'
rm "$HOME/.mailrc"
mkdir -p "$HOME/.config/mailx" && echo 'echo config' > "$HOME/.config/mailx/mailrc"
y -Y 'echo x'
is "$OUT" 'config
x' 'the file in the configuration directory'
rm "$HOME/.config/mailx/mailrc"

# The command line.
y -S smtp-auth-password=geheim1 -S 'password-u@h=geheim2 x' -f imaps://u:geheim3@h.example.test/x -Y '!cat /proc/$PPID/cmdline'
unlike "$OUT" 'geheim\|2 x' 'passwords are wiped from the arguments'
like "$OUT" 'imaps://u:' 'of which the rest stays'
y -f box -H
is "$(echo "$OUT" | wc -l | tr -d ' ')" 3 '-f box -H'
y -Hf box
is "$(echo "$OUT" | wc -l | tr -d ' ')" 3 '-Hf box'
y --headers --folder=box
is "$(echo "$OUT" | wc -l | tr -d ' ')" 3 'long spellings'
for o in -s -Z --nope '-f box -s x' '-H box' '-f box x' '-s x'; do
	# shellcheck disable=SC2086
	run sh -c 'm=$1; shift; exec "$m" -n $* < /dev/null' sh "$MAILX" $o
	is "$STATUS" 64 "usage: $o"
	rm -f "$HOME/dead.letter"
done
run sh -c 'echo text | "$0" -n -s x' "$MAILX"
is "$STATUS" 64 'no address'
grep -q '^text' "$HOME/dead.letter"; ok $? 'what was typed is saved'
run sh -c 'echo text | "$0" -n -s x -a "X-A: b" a@example.org' "$MAILX"
is "$STATUS" 66 '-a with a field'
like "$ERR" '-C' 'names -C'
run sh -c 'echo text | "$0" -n -d -S from=me@example.org -S compat=bsd -s x -a "X-A: b" a@example.org' "$MAILX"
like "$OUT" '^X-A: b' 'which is taken with compat=bsd'
for o in --help --version --schema; do
	y $o
	is "$STATUS$ERR" 0 "$o"
done
echo "$OUT" | python3 -c 'import json,sys; json.load(sys.stdin)'
ok $? 'the schema is JSON'
MAIL=$T/none run "$MAILX" -n -e
is "$STATUS" 1 '-e without a system mailbox'
MAIL=$T/box run "$MAILX" -n -e
is "$STATUS" 0 '-e with one'
cp before box
printf '!kill -TERM $PPID; sleep 1\necho on\n' > s
run sh -c '"$0" -n -f box -Y "delete 1" -Y "source s"; echo $?' "$MAILX"
like "$OUT" '^143$' 'dies by the signal'
unlike "$OUT" '^on$' 'and runs nothing more'
same box before 'and changes nothing'
done_testing
