#!/bin/sh
# POSIX.1-2024 mailx: command escapes, input mode, and interrupts.
# Those of send mode with text from a pipe are in escape.t.
# shellcheck disable=SC2016
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test mta=mbox:%s/sent\n' "$T" > "$HOME/.mailrc"
letters box0 1 3
# letter TEXT: written by mail among commands from a pipe; message 2 is current
letter() {
	cp box0 box; rm -f sent; rm -f "$HOME/dead.letter"
	run sh -c 'printf "%b" "2\nmail bob@example.org\n$1\n" | "$2" -n -N -~ -S quiet -f box' sh "$1" "$MAILX"
	TEXT=$(sed '1,/^$/d' sent 2> /dev/null)
}
typed() {
	cat > script; name=$1; shift
	rm -f sent "$HOME/dead.letter"; cp box0 box
	run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n "$@"
	is "$STATUS" 0 "$name"
	[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 40
}
printf 'from a file\n' > file

letter 'one\n~f\ntwo\n~.'
like "$TEXT" '^body of 2' '~f: the current message'
like "$TEXT" '^Subject: number 2' 'with its header'
like "$TEXT" '^two' 'the text goes on'
letter '~f 1 3\n~.'; like "$(echo "$TEXT" | tr '\n' ' ')" 'body of 1.*body of 3' '~f takes a list'
letter '~m\n~.'; like "$TEXT" '^	body of 2' '~m: indented with a tab'
letter '~m 3\n~.'; like "$TEXT" '^	Subject: number 3' 'its header too'
letter '~:set indentprefix=">>"\n~m 1\n~.'; like "$TEXT" '^>>body of 1' 'indentprefix'
letter '~:ignore subject\n~f 1\n~.'; unlike "$TEXT" '^Subject:' '~f leaves out ignored fields'
letter '~:ignore subject\n~m 1\n~.'; unlike "$TEXT" 'Subject:' 'so does ~m'
letter '~:ignore subject\n~F 1\n~.'; like "$TEXT" '^Subject: number 1' '~F has all'
like "$TEXT" '^Message-I[Dd]: ' 'every one'
letter '~:ignore subject\n~M 1\n~.'; like "$TEXT" '^	Subject: number 1' '~M has all, indented'
for e in '~f' '~m' '~F' '~M'; do
	letter "$e 3\n~.\nq"
	is "$(grep -c '^Status: RO' box)" 2 "$e makes a message read"
done
letter '~f 9\nstill\n~.'; like "$ERR" . '~f of a message that is not there is told'
letter '~!echo by the shell\ntext\n~.'; like "$OUT" 'by the shell' '~!: a shell command'
unlike "$TEXT" 'by the shell' 'whose output is not in the text'
letter '~:echo a command\n~.'; like "$OUT" 'a command' '~:: a command'
letter '~_echo a command\n~.'; like "$OUT" 'a command' '~_ is the same'
letter '~: from 1\n~.'; like "$OUT" 'number 1' 'with a message list'
letter '~:delete 1\n~.\nfrom *'; unlike "$(printf '%s\n' "$OUT" | tail -2)" 'number 1' 'and what it does lasts'
letter '~?\n~.'; like "$OUT" '~' '~? helps'
letter 'a\n~p\n~.'; like "$OUT" '^a$' '~p prints the text'
like "$OUT" '^To: *bob@example.org' 'and the header'
letter '~s a new subject\n~p\n~.'; like "$(cat sent)" '^Subject: a new subject' '~s'
letter '~s one\n~s two\n~.'; like "$(cat sent)" '^Subject: two' '~s once more replaces'
letter '~t zed@example.org\n~c carl@example.org\n~c dora@example.org\n~.'
like "$(cat sent)" '^To: bob@example.org, zed@example.org' '~t adds to To'
like "$(cat sent)" '^Cc: carl@example.org, dora@example.org' '~c adds to Cc'
letter '~r file\n~.'; is "$TEXT" 'from a file' '~r'
letter '~< file\n~.'; is "$TEXT" 'from a file' '~<'
letter '~<file\n~.'; is "$TEXT" 'from a file' 'without a blank'
letter '~r nofile\nstill\n~.'; like "$ERR" 'nofile' '~r of a file that is not there is told'
letter '~r !echo from a command\n~.'; is "$TEXT" 'from a command' '~r !command'
letter '~<!echo from a command\n~.'; is "$TEXT" 'from a command' '~<!command'
letter 'text\n~w copy\n~.'; is "$(cat copy)" text '~w'
letter 'b\na\n~| sort\n~.'; is "$(echo "$TEXT" | head -2 | tr '\n' ' ')" 'a b ' '~|'
letter 'in ~q line\n~.'; is "$TEXT" 'in ~q line' 'an escape begins a line'
letter '~~q\n~.'; is "$TEXT" '~q' '~~ is a tilde'
letter 'x\n~.\necho after'; like "$OUT" '^after' '~. ends the text'
letter 'x\n~y\n~.'; like "$ERR" . 'an unknown escape is told'
letter '~a\n~A\n~.'; is "$STATUS" 0 '~a and ~A without sign and Sign'
letter '~:set sign="Yours,\\nme" Sign=formal\n~a\n~A\n~.'; is "$(echo "$TEXT" | head -3 | tr '\n' ' ')" 'Yours, me formal ' '~a and ~A'
letter '~:set greeting=hello\n~i greeting\n~.'; is "$TEXT" hello '~i'
printf '#!/bin/sh\nprintf "edited by %%s\\n" "${0##*/}" >> "$1"\n' > ed1; cp ed1 vi1; chmod +x ed1 vi1
letter "~:set EDITOR=$T/ed1 VISUAL=$T/vi1\nx\n~e\n~v\n~."; is "$(echo "$TEXT" | tr '\n' ' ')" 'x edited by ed1 edited by vi1 ' '~e runs EDITOR, ~v VISUAL'
printf 'old words\n' > dead.keep
letter "~:set DEAD=$T/dead.keep\n~d\n~."; is "$TEXT" 'old words' '~d reads DEAD'
letter 'kept words\n~q'; [ ! -e sent ]; ok $? '~q sends nothing'
grep -qs '^kept words' "$HOME/dead.letter"; ok $? 'and saves the text in DEAD'
letter 'lost words\n~x'; [ ! -e sent ] && [ ! -e "$HOME/dead.letter" ]; ok $? '~x neither sends nor saves'
rm -f "$HOME/dead.letter"
run sh -c 'printf "text\n~f\nmore\n" | "$0" -n -~ -s s bob@example.org' "$MAILX"
like "$ERR" . '~f in send mode, where there is no folder, is told'

# --- Input at a terminal. ---
typed 'asksub: Subject is asked; dot or end of file ends the text' -N -f box <<E2
< ? 
> mail bob@example.org
< Subject: 
> typed subject
> typed text
> .
< ? 
> x
E2
like "$(cat sent)" '^Subject: typed subject' 'the subject'
like "$(cat sent)" '^typed text' 'the text'
typed 'noasksub, askcc, askbcc' -N -f box -S noasksub -S askcc -S askbcc <<E2
< ? 
> mail bob@example.org
! Subject
< Cc: 
> carl@example.org
< Bcc: 
> dora@example.org
> text
> .
< ? 
> x
E2
like "$(cat sent)" '^Cc: carl@example.org' 'askcc: its answer'
unlike "$(cat sent)" '^Bcc' 'that of askbcc is not in the message'
typed '-s: no question' -s given bob@example.org <<E2
> text
! Subject:
> .
E2
like "$(cat sent)" '^Subject: given' 'the subject is the one given'
typed 'ignoreeof: end of file does not end the text, a dot does' -N -f box -S ignoreeof -S noasksub <<E2
< ? 
> mail bob@example.org
> first
> $(printf '\004')
> second
> .
< ? 
> x
E2
like "$(cat sent)" '^second' 'the text went on'
typed 'end of file ends the text' -N -f box -S noasksub <<E2
< ? 
> mail bob@example.org
> only
> $(printf '\004')
< ? 
> x
E2
like "$(cat sent)" '^only' 'and it is sent'

# --- Interrupts. ---
C=$(printf '\003')
# ~p tells by its line that the text before it was read, not only echoed.
WORDS="> words
> ~p
< -------
< words"
KILLED="$WORDS
> $C
< nterrupt
> $C"
# kept NAME: what was written is in DEAD, and nowhere else
kept() {
	[ ! -e sent ]; ok $? "$1: nothing is sent"
	grep -qs '^words' "$HOME/dead.letter"; ok $? "$1: DEAD has it"
}
typed 'command mode: an interrupt gives a new prompt' -N -f box <<E2
< ? 
> echo one
< one
< ? 
> $C
< ? 
> echo two
< two
< ? 
> x
E2
typed 'input mode: the second interrupt kills the letter' -N -f box -S noasksub <<E2
< ? 
> mail bob@example.org
$KILLED
< saved in
< ? 
> x
E2
kept 'input mode'
typed 'nosave' -N -f box -S noasksub -S nosave <<E2
< ? 
> mail bob@example.org
$KILLED
< ? 
> x
E2
[ ! -e "$HOME/dead.letter" ]; ok $? 'nosave: DEAD is not written'
typed '-i: interrupts are ignored' -i -s s bob@example.org <<E2
$WORDS
> $C
> more
> ~p
! nterrupt
< -------
< more
> .
E2
like "$(cat sent)" '^more' 'the letter goes out'
typed 'send mode: the second interrupt ends the run' -s s bob@example.org <<E2
$KILLED
< saved in
E2
kept 'send mode'
done_testing
