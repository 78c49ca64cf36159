#!/bin/sh
# A session at the prompt, in a pseudo-terminal: an mbox of three messages.
. "$(dirname -- "$0")/lib.sh"
fill() {
	for i in 1 2 3; do
		printf 'From a%s@example.org Fri Nov 20 01:30:0%s 2026\nFrom: Sender %s <a%s@example.org>\nTo: me@example.test\nSubject: number %s\nDate: Fri, 20 Nov 2026 09:30:0%s +0800\nMessage-ID: <m%s@example.org>\n\nbody of %s\n\n' \
		    $i $i $i $i $i $i $i $i
	done > box
}
cat > "$HOME/.mailrc" <<E2
set from=me@example.test mta=maildir:$T/sent folder=$T
E2
fill
cp box before
cat > script <<'E2'
< 3 messages
< number 1
< number 3
< ? 
> h
< number 2
< ? 
> 1
< Subject: number 1
< body of 1
< ? 
> 
< body of 2
< ? 
> d 1
< ? 
> h
! number 1
< number 2
< ? 
> u 1
< ? 
> h
< number 1
< ? 
> r 2
< To: 
< Subject: Re: number 2
> my answer
> .
< ? 
> s 2 +kept
< kept" [New file]
< ? 
> x
E2
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -f box
is "$STATUS" 0 'headers, read, next, delete, undelete, reply, save, exit'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT"
same before box 'exit changed nothing'
grep -rqs 'my answer' sent; ok $? 'the reply went out'
grep -rqs '^In-Reply-To: <m2@example.org>' sent; ok $? 'as an answer to message 2'
grep -qs 'body of 2' kept; ok $? 'message 2 was saved'

cat > script <<'E2'
< ? 
> 2
< body of 2
< ? 
> d 1
< ? 
> q
E2
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -f box
is "$STATUS" 0 'read one, delete one, quit'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT"
is "$(grep -c '^From a' box)" 2 'one is gone'
unlike "$(cat box)" 'body of 1' 'the first'
is "$(sed -n '/number 2/,/body/p' box | grep -c '^Status: R')" 1 'one is marked read'
is "$(sed -n '/number 3/,/body/p' box | grep -c '^Status: R')" 0 'the other is not'

# A text that speaks of an attachment.
fill
cat > script <<'E2'
< ? 
> mail -s one bob@example.org
> I have ATTACHED the plan.
> .
< the text speaks of an attachment, and there is none
< ? 
> mail -s two bob@example.org
> siehe die Datei im Anhang
> .
< the text speaks of an attachment
< ? 
> mail -s three bob@example.org
> 请看附件
> .
< the text speaks of an attachment
< ? 
> mail -s four -a box bob@example.org
> it is attached
> .
! speaks
< ? 
> mail -s five bob@example.org
> > you said it is attached
> -- 
> attached to nobody
> .
! speaks
< ? 
> mail -s six bob@example.org
> all is well
> .
! speaks
< ? 
> x
E2
rm -rf sent
run python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -f box
is "$STATUS" 0 'an attachment that was forgotten is told of'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT"
is "$(find sent/new -type f | wc -l | tr -d ' ')" 6 'and no message stopped'
run sh -c 'echo "it is attached" | "$0" -n -s x bob@example.org' "$MAILX"
is "$STATUS$ERR" 0 'in a script nothing is said'
run sh -c 'echo "it is attached" | "$0" -n -S verbose -s x bob@example.org' "$MAILX"
like "$ERR" 'speaks of an attachment' 'unless it asks'

cat > box <<'E2'
From e@example.org Fri Nov 20 01:30:01 2026
From: =?utf-8?q?Eve_=E2=80=AEx?= <e@example.org>
Subject: =?utf-8?q?exe=2E=E2=80=AEgpj?=
Date: Fri, 20 Nov 2026 09:30:00 +0800

body
E2
cat > script <<'E2'
< >N  1 Eve \u202ex  exe.\u202egpj
< ? 
> r
> ~h
< To (
! ‮
< Eve \u202ex
> 
< Subject (Re: exe.\u202egpj
! ‮
> 
< Cc: 
> 
< Bcc: 
> 
> ~x
< ? 
> x
E2
run env COLUMNS=40 python3 "$ROOT/tests/terminal.py" script -- "$MAILX" -n -f box
is "$STATUS" 0 'narrow: the subject is left; no deceit in the questions'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT"
done_testing
