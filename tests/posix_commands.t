#!/bin/sh
# POSIX.1-2024 mailx, "Commands in mailx": the abbreviations, and what each command does.
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test mta=mbox:%s/sent\n' "$T" > "$HOME/.mailrc"
on() {			# on COMMANDS: piped to the program, over a new folder of three messages
	letters box 1 3
	run sh -c 'printf "$1\n" | "$2" -n -N -f box' sh "$1" "$MAILX"
}

# Each name, and the least of it that must be enough: the letters outside the brackets.
while read -r short full; do
	got=$($MAILX -n -X "help $short" -X exit 2>&1 | head -1)
	want=$($MAILX -n -X "help $full" -X exit 2>&1 | head -1)
	is "$got" "$want" "$short is $full"
	like "$got" '^[a-zA-Z|!#=?]' "and there is help for it"
done <<'E2'
a alias
al alias
g group
alt alternates
cd cd
ch chdir
c copy
C Copy
d delete
di discard
ig ignore
ec echo
e edit
ex exit
x xit
fi file
fold folder
folders folders
fo followup
F Followup
f from
h headers
hel help
ho hold
pre preserve
i if
el else
en endif
l list
m mail
mb mbox
n next
pi pipe
P Print
T Type
p print
t type
q quit
R Reply
r reply
ret retain
s save
S Save
se set
sh shell
si size
so source
to top
tou touch
una unalias
u undelete
uns unset
v visual
w write
z z
dp dp
dt dt
E2

on 'p2'; like "$OUT" 'body of 2' 'no blank is needed between a command and its list'
on 'd1-2\nh'; unlike "$OUT" 'number 1$' 'nor before a range'
like "$OUT" 'number 3' 'which leaves the third'
on 'p$'; like "$OUT" 'body of 3' 'nor before $'
on 'p*'; is "$(echo "$OUT" | grep -c '^body of')" 3 'nor before *'
on ' \t type 1'; like "$OUT" 'body of 1' 'blanks before a command are passed over'
on '2'; like "$OUT" 'body of 2' 'a list alone prints (print is the default command)'
on '2\n\n'; like "$OUT" 'body of 3' 'an empty line is next'
on 'nonsense'; like "$ERR" 'nonsense' 'an unknown command is named on standard error'
[ "$STATUS" -ne 0 ]; ok $? 'and the status tells'
on '# p 1\n#p 1'; is "$OUT" '' '# begins a comment'

on 'alias us a1@example.org a2@example.org\nalias us a3@example.org\nalias us'
is "$(echo "$OUT" | tr -d '\t' | grep -c 'a1@example.org.*a2@example.org.*a3@example.org')" 1 'alias adds to an alias; with a name alone shows it'
on 'alias us a1@x.org\ngroup them a2@x.org\nalias'
like "$OUT" 'us.*a1@x.org' 'alias without arguments lists all'
like "$OUT" 'them.*a2@x.org' 'group is the same command'
on 'alias us a1@x.org\nunalias us\nalias'; is "$OUT" '' 'unalias takes it away'
on 'alternates me@other.test\nalternates'; like "$OUT" 'me@other.test' 'alternates without arguments lists them'
mkdir sub
on 'cd sub\n!pwd'; like "$OUT" '/sub$' 'cd changes the directory'
on 'ch\n!pwd'; like "$OUT" "^$HOME\$" 'chdir without an argument goes home'

on 'copy 1 kept\nq'; grep -qs 'number 1' kept; ok $? 'copy writes into the file'
rm -f kept
on 'copy'; grep -qs 'number 1' "$HOME/mbox"; ok $? 'without a file into MBOX'
rm -f "$HOME/mbox"
on '2\nsave'; grep -qs 'number 2' "$HOME/mbox"; ok $? 'save the same'
on 'copy 2'; grep -qs 'number 1' 2; ok $? 'a single argument is the file, even where it looks like a list'
on '2\ncopy kept'; grep -qs 'number 2' kept; ok $? 'without a list: the current message'
rm -f kept
on 'Copy 2 3'; is "$(grep -c '^Subject' a2)" 2 'Copy: a file named after the author of the first'
on 'Save 1'; grep -qs 'number 1' a1; ok $? 'Save the same'
rm -f a1 a2

on '1\ndelete\n='; is "$(echo "$OUT" | tail -1)" 2 'after delete the next message is current'
on 'delete 1\np 1'; like "$ERR" . 'a deleted message is not printed'
on 'dp'; like "$OUT" 'body of 2' 'dp deletes the current one and prints the next'
on '1\ndt'; like "$OUT" 'body of 2' 'dt is the same'
on 'delete 1 3\nundelete 1\nh'; like "$OUT" 'number 1' 'undelete brings back'
unlike "$OUT" 'number 3' 'what it is told to'
on 'delete 2\n3\nundelete\nh'; like "$OUT" 'number 2' 'without a list: the first deleted one, before the current if none is behind'
on 'set autoprint\ndelete 1 3\nundelete 1 3'; like "$OUT" 'body of 3' 'with autoprint the last restored is printed'

on 'ignore subject date\ndiscard to\nignore\np1'
like "$OUT" '[Ss]ubject' 'ignore without arguments lists the fields'
like "$OUT" '[Tt]o' 'discard is the same command'
unlike "$OUT" '^Subject: n' 'they are not printed'
on 'ignore subject\nP1'; like "$OUT" '^Subject: number 1' 'Print shows them'
on 'ignore subject\nT1'; like "$OUT" '^Message-[Ii][Dd]: ' 'Type all of them'
on 'ignore subject\nretain subject\np1'; like "$OUT" '^Subject: n' 'retain overrides ignore'
unlike "$OUT" '^To: ' 'and drops what is not retained'
on 'retain Subject\nretain'; like "$OUT" '^subject$\|^Subject$' 'retain without arguments lists the fields'
on 'retain subject\nP1'; like "$OUT" '^To: ' 'Print overrides retain'

on 'echo  a   b'; like "$OUT" '^a b$' 'echo writes its arguments'
touch f1.name f2.name
on 'copy 1 f*.name'; [ "$STATUS" -ne 0 ]; ok $? 'a pattern of file names is expanded: two are one too many'
on 'set x=kept\ncopy 1 $x'; grep -qs 'number 1' kept; ok $? 'in file names variables are put in'
rm -f kept
on 'copy 1 ~/kept'; grep -qs 'number 1' "$HOME/kept"; ok $? 'and a tilde is the home directory'

letters other 7 8
on 'delete 1\nfile other\np1'; like "$OUT" 'body of 7' 'file opens another folder'
is "$(grep -c '^Subject' box)" 2 'after quitting the first'
on 'file other\nfolder #\n2'; like "$OUT" 'body of 2' '# is the previous one'
on 'file'; like "$OUT" 'box.*3 messages' 'file without argument tells about the folder'
letters "$HOME/mbox" 5 5
on 'file &\n1'; like "$OUT" 'body of 5' '& is MBOX'
letters sys 4 4
MAIL=$T/sys; export MAIL
on 'set hold\nfile %%\n1'; like "$OUT" 'body of 4' '% is the system mailbox'
unset MAIL
on 'delete 1\nfile nowhere\nh'; [ "$STATUS" -ne 0 ]; ok $? 'a folder that is not there is an error'
like "$OUT" 'number 2' 'and one stays where one was'
rm -f "$HOME/mbox"
mkdir -p fold; letters fold/one 1 1; letters fold/two 1 2
on "set folder=$T/fold\nfile +two\n2"; like "$OUT" 'body of 2' '+name is under the variable folder'
on "set folder=$T/fold\nfolders"; like "$OUT" one 'folders lists the directory'
LISTER='ls -1' export LISTER
on "set folder=$T/fold\nfolders"; is "$(echo "$OUT" | tr '\n' ' ')" 'one two ' 'by LISTER, where that is set'
unset LISTER
cp -R fold "$HOME/Fold"
on "set folder=Fold\nfile +one\n1"; like "$OUT" 'body of 1' 'a folder that does not begin with / is under HOME'

on 'from 1 3'; is "$(echo "$OUT" | grep -c number)" 2 'from prints the summary of its list'
on 'f'; like "$OUT" 'number 1' 'of the current message without one'
on 'file box\n2\nh'; like "$OUT" '^> *.*number 2\|^>.* 2 ' 'the current message is marked in the summary'
like "$OUT" 'Sender 2\|a2@example.org' 'which names the sender'
on 'h 3'; like "$OUT" 'number 3' 'headers takes a message'
letters many 1 30
onmany() { run sh -c 'printf "$1\n" | "$2" -n -N -f many' sh "$1" "$MAILX"; }
# The contract: all of it where there is no terminal
onmany 'set screen=10\nh'; is "$(echo "$OUT" | grep -c number)" 30 'contract: headers shows all where there is no terminal'
cat > script <<'E2'
< number 1
! number 11
< ? 
> z
< number 11
< number 20
! number 21
! number 9
< ? 
> z+
< number 21
< number 30
< ? 
> z-
< number 11
< number 20
! number 21
< ? 
> h 25
< number 21
< number 30
! number 11
< ? 
> h 99
< message 99: no such message
< ? 
> h 5
< number 5
! number 11
< ? 
> x
E2
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -S screen=10 -f many
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -60
is "$STATUS" 0 'at a terminal a screen at a time; z, z+ and z- scroll; h shows the page of a message'

on 'help'; like "$OUT" 'print' 'help shows a summary of the commands'
on '?'; like "$OUT" 'print' '? is the same'
on 'list'; like "$OUT" 'undelete' 'list names the commands'
for c in alias alternates cd chdir copy Copy delete discard dp dt echo edit else endif exit file \
    folder folders followup Followup from group headers help hold if ignore list mail mbox next \
    pipe preserve print Print quit reply Reply respond Respond retain save Save set shell size source \
    top touch type Type unalias undelete unset visual write xit z; do
	printf '%s\n' "$OUT" | tr -s ' \t,' '\n\n\n' | grep -qx "$c" || { echo "# not listed: $c"; false; }
	ok $? "list has $c"
done

printf 'if s\nset x=sending\nelse\nset x=receiving\nendif\n' > rc
MAILRC=$T/rc export MAILRC
on 'echo $x'; on 'set'; like "$OUT" 'receiving' 'if s is false in receive mode'
unset MAILRC
on 'if r\necho yes\nelse\necho no\nendif\nif s\necho YES\nelse\necho NO\nendif'; is "$OUT" "$(printf 'yes\nNO')" 'if r, if s, else, endif'
on 'if t\necho terminal\nelse\necho none\nendif'; is "$OUT" 'none' 'if t: no terminal here'

on 'next'; like "$OUT" 'body of' 'next prints'
on 'n 3'; like "$OUT" 'body of 3' 'next with a message: that one'
on '1\nn'; like "$OUT" 'body of 2' 'next goes on from the current one'
on '3\nn'; like "$OUT" 'At EOF' 'there is none behind the last'
on 'pipe 1 cat'; like "$OUT" 'body of 1' 'pipe'
on '| 2 cat'; like "$OUT" 'body of 2' '| is pipe'
on '2\n|cat'; like "$OUT" 'body of 2' 'without a list the current message'
on 'set cmd=cat\npipe 2\npipe'; is "$(echo "$OUT" | grep -c 'body of 2')" 2 'without a command the variable cmd'
on 'set page cmd=cat\npipe 1 2'; is "$(printf '%s' "$OUT" | tr -dc '\014' | wc -c | tr -d ' ')" 2 'page: a form feed behind each'
on 'print 1 2'; is "$(echo "$OUT" | grep -c '^body of')" 2 'print takes a list'

cat > editor <<'E2'
#!/bin/sh
echo edited >> "$1"
E2
chmod +x editor
EDITOR=$T/editor export EDITOR
on 'edit 1'; is "$STATUS" 0 'edit runs EDITOR on the message'
VISUAL=$T/editor export VISUAL
on 'visual 1'; is "$STATUS" 0 'visual runs VISUAL'
unset EDITOR VISUAL

on 'size 1 2'; is "$(echo "$OUT" | wc -l | tr -d ' ')" 2 'size: a line a message'
like "$OUT" "1.*$(sed -n '/^From:/,/^body of 1/p' box | wc -c)\|1.*[0-9][0-9]" 'with its size in bytes'
printf 'echo from the file\n' > cmds
on 'source cmds'; like "$OUT" 'from the file' 'source reads commands from a file'
on 'so nofile'; [ "$STATUS" -ne 0 ]; ok $? 'which must be there'
seq 1 20 > body.txt
{ letters - 1 0; printf 'From a@b.c Fri Nov 20 01:30:00 2026\nFrom: a@b.c\nSubject: long\n\n'; cat body.txt; echo; } > long 2>/dev/null; rm -f ./-
run sh -c "echo top | $MAILX -n -N -f long"; like "$OUT" '^5$' 'top prints five lines'
unlike "$OUT" '^6$' 'and no more'
run sh -c "printf 'set toplines=2\ntop 1\n' | $MAILX -n -N -f long"; unlike "$OUT" '^3$' 'toplines says how many'
on 'set foo\nset bar=baz num=5\nset'; like "$OUT" 'bar.*baz' 'set lists variables and values'
like "$OUT" 'num.*5' 'numbers too'
on 'set asksub\nset noasksub\nset'; unlike "$OUT" '^asksub' 'set noname is unset name'
on 'set foo=x\nunset foo\nset'; unlike "$OUT" '^foo' 'unset'
on 'set foo="a b"\nset'; like "$OUT" 'foo.*a b' 'a value in quotes may have blanks'
on "set foo='a b'\nset"; like "$OUT" 'foo.*a b' 'in either sort of quotes'
SHELL=$T/shell export SHELL
printf '#!/bin/sh\nif [ "$1" = -c ]; then echo "by the shell: $2"; else echo "a shell"; fi\n' > shell; chmod +x shell
on '!ls x'; like "$OUT" 'by the shell: ls x' '! runs a command by SHELL'
on '!-x y'; like "$OUT" 'by the shell:  *-x y' 'also one that begins with a hyphen'
on 'sh'; [ "$STATUS" -eq 64 ]; ok $? 'contract: shell is refused where there is no terminal'
cat > script <<'E2'
< ? 
> sh
> echo $((6 * 7))
< 42
> exit
< ? 
> x
E2
SHELL=/bin/sh
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -f box
is "$STATUS" 0 'shell runs SHELL itself'
unset SHELL
on 'set bang\n!echo one\n!! two'; like "$OUT" 'one two' 'bang: ! is the last command'
on '!echo one\n!echo \\!'; like "$OUT" '^[\\]*!$' 'without bang it is not'
on 'set bang\n!echo one\n!echo \\!'; like "$OUT" '^!$' 'a backslash keeps it'
on '='; is "$OUT" 1 '= prints the number of the current message'
on '3\n='; is "$(echo "$OUT" | tail -1)" 3 'which is the last one read'

on 'mail zed@example.org\nhello\n~.\n'; grep -qs hello sent; ok $? 'mail sends'
rm -f sent
on 'Reply 1 2\ntext\n~.\n'; like "$(grep -i '^To' sent)" 'a1@.*a2@' 'Reply: to the authors of all in the list'
like "$(cat sent)" '^Subject: Re: number 1' 'with the subject of the first'
rm -f sent
on '2\nreply\ntext\n~.\n'; like "$(cat sent)" '^To:.*a2@' 'reply without a list: the current message'
rm -f sent
on 'R\ntext\n~.\n'; like "$(cat sent)" '^To:.*a1@' 'Reply too'
rm -f sent
on 'set flipr\nreply 1 2\ntext\n~.\n'; like "$(cat sent)" '^To:.*a1@.*a2@' 'flipr: reply takes a list as Reply does'
rm -f sent a1 a2
on 'followup 2\ntext\n~.\n'; grep -qs '^Subject: Re: number 2' a2; ok $? 'followup is recorded under the author'
rm -f sent a1 a2
on 'Followup 1 2\ntext\n~.\n'; grep -qs '^Subject: Re: number 1' a1; ok $? 'Followup too, of the first of its list'
like "$(grep -i '^To' sent)" 'a1@.*a2@' 'and goes to all the authors'
[ ! -e a2 ]; ok $? 'one record'
rm -f sent a1
on "set record=$T/rec\nfollowup 1\ntext\n~.\n"; [ ! -e rec ]; ok $? 'followup overrides record'

on 'write 1 w'; is "$(cat w)" 'body of 1' 'write: no header, no trailing blank line'
on 'd 1\nx'; is "$(grep -c '^Subject' box)" 3 'exit changes nothing'
on 'd 1\nxit'; is "$(grep -c '^Subject' box)" 3 'nor xit'
on 'd 1\nq'; is "$(grep -c '^Subject' box)" 2 'quit does'
on 'd 1'; is "$(grep -c '^Subject' box)" 2 'and so does end of file'
rm -f a1; mkdir -p "$HOME/fold1"; cp other "$HOME/fold1/other"
on 'copy 1 +plain'; grep -qs 'number 1' ./+plain; ok $? 'without the variable folder + is part of a name'

# A command's name ends where its letters end.
while IFS='|' read -r line want; do
	on "$line"
	like "$(printf '%s' "$OUT$ERR" | tr '\n' ' ')" "$want" "no blank is needed: $line"
done <<'E2'
t2|body of 2
p:n|body of 1.*body of 3
p/number\ 3|body of 3
f*|number 3
si2|^2
top3|body of 3
dp2|body of 3
dt1|body of 2
n3|body of 3
d1 2\n=|3
d*\nu2\nf*|number 2
h2|number
c2 kept9\n!grep Subj kept9|number 2
s3 kept8\n!grep Subj kept8|number 3
w3 kept7\n!cat kept7|body of 3
pi2 cat|body of 2
P1|Message-I[Dd]
T1|Message-I[Dd]
ec hi|hi
set folder=fold1\nfi+other\np1|body of 7
fold#|no previous
E2
on 'd1-2\nu 1\nq'; is "$(grep -c '^Subject' box)" 2 'undelete of one of two'
on 'write'; [ "$STATUS" -ne 0 ]; ok $? 'write needs a file'
on 'mail'; [ "$STATUS" -ne 0 ]; ok $? 'mail needs an address'
on 'unalias'; [ "$STATUS" -ne 0 ]; ok $? 'unalias needs a name'
on 'source'; [ "$STATUS" -ne 0 ]; ok $? 'source needs a file'
on 'folders'; [ "$STATUS" -ne 0 ]; ok $? 'folders needs the variable folder'
on 'alias a a1@x.org\nalias b b1@x.org\nunalias a b\nalias'; is "$OUT" '' 'unalias takes several'
on 'set a1 b1=2 c1\nunset a1 b1\nset'; like "$OUT" '^c1' 'set and unset take several'
unlike "$OUT" '^[ab]1' 'which are gone'
on 'echo $x "a  b"\n2'; like "$OUT" 'body of 2' 'an error does not end piped commands'
on 'echo one \\\ntwo'; like "$OUT" '^one *two$' 'a line goes on behind a backslash'
on "set folder=$T/fold outfolder\nfollowup 1\ntext\n.\n"; [ -e fold/a1 ] && [ ! -e a1 ]; ok $? 'outfolder: followup records under folder'
done_testing
