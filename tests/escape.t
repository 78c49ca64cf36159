#!/bin/sh
# Tilde escapes, in text from a pipe with -~ and typed at a terminal; -t.
# shellcheck disable=SC2016
. "$(dirname -- "$0")/lib.sh"
cat > "$HOME/.mailrc" <<E2
set from=me@example.test mta=maildir:$T/sent hostname=host.example.test
alias team bob@example.org carol@example.org
E2
printf 'From ann@example.org Fri Nov 20 01:30:01 2026\nFrom: Ann <ann@example.org>\nTo: me@example.test\nReceived: by x\nSubject: one\nContent-Type: text/plain; charset=iso-8859-1\n\ncaf\351\n\nend\n\n' > box
printf 'a file\nof two lines\n' > file
printf 'a line' > part
last() { set -- sent/new/*; cp "$1" last; rm -rf sent; cat last; }
# mail TEXT OPTION...: TEXT with escapes, in a pipe.
mail() { text=$1; shift; run sh -c 'text=$1; shift; printf "%b" "$text" | "$@"' sh "$text" "$MAILX" -n -~ "$@" a@example.org; }

mail 'one\n~r file\ntwo\n' -s s
is "$STATUS$ERR" 0 '~r'
R=$(last)
like "$R" '^of two lines' '~r inserts a file'
like "$R" '^two' 'and the text goes on'
mail '~<!echo from $((1 + 1))\n~r !printf "a\\\\nb\\\\n"\n' -s s
R=$(last)
like "$R" '^from 2' '~<!command'
mail '~r part\nb\n~<!printf c\nd\n~|printf "%s, e" "$(paste -sd" ")"\nf\n' -s s -q part
is "$(last | sed '1,/^$/d')" 'a line a line b c d, e
f' 'what ends within a line has no text put behind it'
mail 'b\na\n~|sort\nc\n' -s s
is "$(last | sed '1,/^$/d' | tr '\n' ' ')" 'a b c ' '~| filters what is there'
mail 'x\n~|false\ny\n' -s s
[ "$STATUS" -ne 0 ] && [ ! -d sent ]; ok $? 'a filter that fails ends it: nothing is sent'
grep -q '^x' "$HOME/dead.letter"; ok $? 'and the text is saved'
rm -f "$HOME/dead.letter"
mail '~t team\n~c cc@example.org\n~b bcc@example.org\n~s the subject\nx\n' -s s
R=$(last)
like "$R" '^To: a@example.org, bob@example.org, carol@example.org' '~t with an alias'
like "$R" '^Cc: cc@example.org' '~c'
like "$R" '^Subject: the subject' '~s'
unlike "$R" 'bcc' '~b is not in the header'
mail '~a\n~A\n~i who\n~i nothing\n' -s s -S 'sign=one\ttwo\nthree' -S Sign=formal -S who=Wu
R=$(last)
like "$R" "^one	two" '~a'
like "$R" '^three' 'with line breaks and tabs'
like "$R" '^formal' '~A'
like "$R" '^Wu' '~i'
mail '~~tilde\n~.\nafter\n' -s s
R=$(last)
like "$R" '^~tilde' '~~'
unlike "$R" after '~. ends the text'
mail '+s other\n~s no\n' -s s -S escape=+
R=$(last)
like "$R" '^Subject: other' 'another escape character'
like "$R" '^~s no' 'the tilde is text then'
mail '~s no\n' -s s -S escape=
like "$(last)" '^~s no' 'none at all'
mail 'text\n~w copy\n~@ file\n' -s s
R=$(last)
like "$R" 'filename=file' '~@ attaches'
is "$(cat copy)" text '~w writes'
is "$(stat -c %a copy)" 600 'for its owner alone'
mkdir tmp
TMPDIR=$T/tmp; export TMPDIR
mail 'text\n~e\n' -s s -S EDITOR='sh -c "echo edited >> \$1" x'
like "$(last)" '^edited' '~e'
is "$(ls -A tmp)" '' 'and leaves nothing behind'
mail 'text\n~q\nmore\n' -s s
is "$STATUS" 1 '~q: status 1'
[ ! -d sent ] && grep -q '^text' "$HOME/dead.letter"; ok $? 'nothing is sent, the text is saved'
rm -f "$HOME/dead.letter"
mail 'text\n~x\n' -s s
is "$STATUS" 1 '~x: status 1'
[ ! -d sent ] && [ ! -e "$HOME/dead.letter" ]; ok $? 'nothing is sent or saved'
for bad in '~z' '~r missing' '~r' '~t |cmd' '~s'; do
	mail "text\n$bad\n" -s s
	[ "$STATUS" -ge 64 ] && [ ! -d sent ]; ok $? "refused: $bad"
done
rm -f "$HOME/dead.letter"
mail '~p\nx\n~?\n' -s s
is "$STATUS" 0 '~p and ~?'
like "$OUT" '^Subject: s' '~p prints'
like "$OUT" '^~~text' '~? helps'
rm -rf sent
printf 'From: x\n\nletter\n' > "$HOME/dead.letter"
mail '~d\n' -s s
like "$(last)" '^letter' '~d'
rm -f "$HOME/dead.letter"

run "$MAILX" -n -~ -f box '-#' <<'E2'
send -s quoted a@example.org
~m 1
~f 1
.
E2
is "$STATUS" 0 '~m and ~f in a script'
R=$(last | python3 -c 'import email, email.policy, sys; print(email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default).get_content())')
like "$R" '^	café' '~m indents, in UTF-8'
like "$R" '^	Subject: one' 'with the fields that type shows'
unlike "$R" 'Received' 'and no others'
like "$R" '^café' '~f does not indent'
run "$MAILX" -n -f box '-#' <<'E2'
send -s bad '|touch hit'
!touch hit
.
send -s plain a@example.org
~r file
.
E2
[ ! -e hit ]; ok $? 'the text of a message that is refused is no command'
rm -rf sent "$HOME/dead.letter"
run sh -c 'printf "send -s bad \047|x\047\n!touch hit\n.\nsend -s good a@example.org\n~r file\n.\n" | "$0" -n -f box' "$MAILX"
[ ! -e hit ]; ok $? 'nor in commands from a pipe'
like "$(last)" '^~r file' 'where tildes are text'

# At a terminal.
cat > script <<'E2'
< ? 
> mail bob@example.org
< Subject: 
> typed
> line one
> ~z
< no such tilde escape
> ~c carol@example.org
> ~p
< Cc: carol@example.org
< line one
> .
< ? 
> mail
< To: 
> dave@example.org
< Subject: 
> two
> text
> ~h
< To (dave@example.org): 
> erin@example.org
< Subject (two): 
> 
< Cc: 
> 
< Bcc: 
> 
> ~.
< ? 
> x
E2
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N -f box
is "$STATUS" 0 'mail at the prompt'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT"
cat sent/new/* > all; rm -rf sent
like "$(cat all)" '^Cc: carol@example.org' 'with a copy'
like "$(cat all)" '^To: erin@example.org' '~h'
printf '< ? \n> set nodot\n< ? \n> mail -s x bob@example.org\n> .\n> more\n> ~.\n< ? \n> x\n' > script
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N -f box
like "$(tail -n 2 sent/new/* | tr '\n' ' ')" '^\. more $' 'nodot: a lone full stop is text'
rm -rf sent

# Interrupts (~p first: one throws away what was typed ahead): the first warns, the second kills the letter and saves it.
printf '< ? \n> mail -s x bob@example.org\n> text\n> ~p\n< Subject: x\n< text\n> \003\n< one more\n> more\n> ~p\n< more\n< more\n> \003\n< ? \n> x\n' > script
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N -f box
is "$STATUS" 0 'two interrupts'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT"
[ ! -d sent ] && grep -q '^more' "$HOME/dead.letter"; ok $? 'nothing is sent, the text is saved'
rm -f "$HOME/dead.letter"
printf '< ? \n> set ignore\n< ? \n> mail -s x bob@example.org\n> text\n> ~p\n< Subject: x\n< text\n> \003\n< @\n> \003\n< @\n> .\n< ? \n> x\n' > script
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N -f box
is "$STATUS" 0 'ignore'
like "$(last)" '^text' 'the letter goes out'

# At a question an interrupt is answered at once, and the question stands again.
printf '< ? \n> mail bob@example.org\n< Subject: \n= \\x03\n< one more to kill letter)\n< Subject: \n> asked again\n> text\n> ~h\n< To (\n= \\x03\n< ? \n> x\n' > script
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -N -f box
is "$STATUS" 0 'interrupts at questions'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT"
like "$(cat "$HOME/dead.letter")" '^Subject: asked again' 'what was answered and typed is kept'
rm -f "$HOME/dead.letter"

# An escape that fails: what the pipe still had is kept too, and an editor is not left waiting.
run sh -c 'printf "above\n~r nosuchfile\n~s below\n" | "$0" -n -~ -s x bob@example.org' "$MAILX"
is "$STATUS" 66 'an escape that fails in a pipe'
is "$(grep -c '^above\|^~s below' "$HOME/dead.letter")" 2 'loses no text'
rm -f "$HOME/dead.letter"
run sh -c 'unset VISUAL; printf "~v\nx" | "$0" -n -~ -s x bob@example.org' "$MAILX"
is "$STATUS" 78 'vi is not started where nobody types'
rm -f "$HOME/dead.letter"

# -t at a terminal: the fields are typed with the text, and no question takes the first of them.
rm -rf sent
printf '> To: bob@example.org\n> Subject: typed\n> \n> text\n> ~.\n' > script
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -t
is "$STATUS" 0 '-t at a terminal'
like "$(cat sent/new/*)" '^Subject: typed' 'asks nothing'
rm -rf sent

# -t.
run sh -c 'printf "To: a@example.org,\n b@example.org\nSubject: =?utf-8?b?w7w=?=\n folded\nX-Y: 1\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>x\n" | "$0" -n -t' "$MAILX"
is "$STATUS$ERR" 0 '-t'
R=$(last)
like "$R" '^To: a@example.org, b@example.org' 'folded addresses'
like "$R" '^Subject: =?utf-8?b?w7w=?= folded' 'a folded, encoded subject'
like "$R" '^Content-Type: text/html' 'a type for the body'
for bad in 'no field\n\nx' ' To: a@example.org\n\nx' 'To: |x\n\nx' 'To a@example.org\n\nx' 'To: a@example.org\nContent-Transfer-Encoding: base64\n\nx'; do
	run sh -c 'printf "$1" | "$0" -n -t' "$MAILX" "$bad"
	[ "$STATUS" -ge 64 ] && [ ! -d sent ]; ok $? "-t refuses: $(printf "%b" "$bad" | tr '\n' '_')"
done
rm -f "$HOME/dead.letter"
run sh -c 'printf "Subject: x\n\nx\n" | "$0" -n -t' "$MAILX"
is "$STATUS" 64 '-t with nobody: 64'
grep -q '^Subject: x' "$HOME/dead.letter"; ok $? 'the message is saved'
done_testing
