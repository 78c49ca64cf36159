#!/bin/sh
# Answers, forwards, resends: to whom, in which thread, and what goes along.
. "$(dirname -- "$0")/lib.sh"
cat > "$HOME/.mailrc" <<E2
set from=me@example.test mta=maildir:$T/out hostname=host.example.test
alternates me@old.example.test
E2
cat > box <<'E2'
From ann@example.org Fri Nov 20 01:30:01 2026
From: "Ann, B." <ann@example.org>
To: me@example.test, Bob <bob@example.org>, ME@OLD.example.test
Cc: carol@example.org, ANN@example.org
Bcc: secret@example.org
Subject: AW: Re[2]: RE: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Fri, 20 Nov 2026 09:30:01 +0800
Message-ID: <m1@example.org>
References: <r0@example.org> <r1@example.org>
List-Post: <mailto:my%2Dlist@example.org?subject=x>
Status: RO

first
From is no separator

From bob@example.org Fri Nov 20 01:30:02 2026
From: bob@example.org
Reply-To: "R" <reply@example.org>
Mail-Followup-To: discuss@example.org, me@example.test
To: me@example.test
Subject: two
Message-ID: <m2@example.org>
In-Reply-To: <m0@example.org>

second

From me@example.test Fri Nov 20 01:30:03 2026
From: me@example.test
To: dave@example.org
Subject: Re: mine
Message-ID: <m3@example.org>

third

From evil@example.org Fri Nov 20 01:30:04 2026
From: evil@example.org
Reply-To: |touch hit
Subject: =?utf-8?q?a=0ABcc:_x=40example.org?=
Message-ID: <a=?x
To: me@example.test

fourth

E2
# Fields of a header, unfolded.
field() { sed '/^$/q' "$1" | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n[ 	]/ /g' | grep -i "^$2:"; }
sent() { set -- out/new/*; cp "$1" last; rm -rf out; }
mx() { run sh -c 'm=$1; shift; echo text | "$m" -n -f box "$@"' sh "$MAILX" "$@"; }

mx -Y 'reply 1'
is "$STATUS$ERR" 0 'reply'
sent
is "$(field last To)" 'To: "Ann, B." <ann@example.org>, Bob <bob@example.org>' 'to author and recipients, without oneself'
is "$(field last Cc)" 'Cc: carol@example.org' 'copies, nobody twice'
is "$(field last Subject)" 'Subject: Re: =?utf-8?b?R3LDvMOfZQ==?=' 'one Re: whatever the language'
is "$(field last In-Reply-To)" 'In-Reply-To: <m1@example.org>' 'In-Reply-To'
is "$(field last References)" 'References: <r0@example.org> <r1@example.org> <m1@example.org>' 'References'
unlike "$(cat last)" secret 'a blind copy of theirs stays with them'
mx -Y 'Reply 1'
sent
is "$(field last To)" 'To: "Ann, B." <ann@example.org>' 'Reply: to the author'
is "$(field last Cc)" '' 'alone'
mx -S flipr -Y 'reply 1'
sent
is "$(field last Cc)" '' 'flipr turns them round'
mx -S metoo -Y 'reply 1'
sent
like "$(field last To)" 'me@example.test' 'metoo'
mx -Y 'Reply 1 2'
sent
is "$(field last To)" 'To: "Ann, B." <ann@example.org>, R <reply@example.org>' 'Reply to several'
mx -Y 'reply 2'
sent
is "$(field last To)" 'To: discuss@example.org' 'Mail-Followup-To'
is "$(field last References)" 'References: <m0@example.org> <m2@example.org>' 'References from In-Reply-To'
mx -Y 'Reply 2'
sent
is "$(field last To)" 'To: R <reply@example.org>' 'Reply-To'
mx -Y 'reply 3'
sent
is "$(field last To)" 'To: dave@example.org' 'an answer to oneself goes to the others'
mx -Y 'Lreply 1'
sent
is "$(field last To)" 'To: my-list@example.org' 'Lreply: List-Post'
mx -Y 'Lreply 2'
is "$STATUS" 65 'Lreply where there is no list'
mx -Y 'reply 4'
is "$STATUS" 65 'an address that is a command'
[ ! -d out ] && [ ! -e hit ]; ok $? 'nothing is sent or run'
grep -q '^text' "$HOME/dead.letter"; ok $? 'the text is saved'
rm -f "$HOME/dead.letter"
mx -Y 'followup 1'
sent
run "$MAILX" -n -R -f ./ann -Y headers
like "$OUT" 'Gr' 'followup records in a file named after the author'
cp box copy
run sh -c 'echo text | "$0" -n -f copy -Y "reply 2"' "$MAILX"
rm -rf out
run "$MAILX" -J -R -f copy -Y 'headers 2'
like "$OUT" '"answered"' 'the message is marked as answered'
run sh -c 'echo text | "$0" -n -R -f box -Y "reply 2"' "$MAILX"
is "$STATUS" 0 'a read-only folder can be answered from'
rm -rf out

# Several thousand recipients and references.
python3 - > many <<'E2'
print("From a@x Mon Jan  1 00:00:00 2024\nFrom: a@example.org")
print("To: " + ",\n ".join("b%d@example.org" % i for i in range(8000)))
print("Message-ID: <last@example.org>")
print("References:" + "".join(" <r%d@example.org>\n" % i for i in range(20000)) + "\ntext\n")
E2
run sh -c 'echo text | "$0" -n -f many -Y "reply 1"' "$MAILX"
is "$STATUS" 0 'a reply to 8,000'
sent
is "$(field last To | tr , '\n' | grep -c @)" 8001 'goes to all'
is "$(field last References | tr ' ' '\n' | grep -c '<')" 100 'with 100 references'
like "$(field last References)" '<r0@example.org>.*<last@example.org>$' 'the first and the last'
is "$(awk 'length > 998' last | wc -l | tr -d ' ')" 0 'no line is over 998'

# Forward.
mx -R -Y 'forward zed@example.org 1 2'
is "$STATUS$ERR" 0 'forward'
sent
is "$(field last Subject)" 'Subject: Fwd: AW: Re[2]: RE: =?utf-8?b?R3LDvMOfZQ==?=' 'its subject'
cat > part.py <<'E2'
import sys
text = open(sys.argv[1], "rb").read()
i = text.index(b'From: "Ann')
sys.stdout.buffer.write(text[i:text.index(sys.argv[2].encode(), i)])
E2
python3 part.py box 'From bob' | grep -v '^Status:\|^X-Status:\|^Bcc:' > want
cp last keep
python3 - last > got <<'E2'
import re, sys
text = open(sys.argv[1], "rb").read()
boundary = re.search(rb'boundary="([^"]*)"', text).group(1)
sys.stdout.buffer.write(text.split(b"\n--" + boundary)[2].split(b"\n\n", 1)[1])
E2
python3 -c 'import sys; a,b=[open(f,"rb").read().rstrip(b"\n") for f in ("got","want")]; sys.exit(a!=b)'
ok $? 'the message is the same, but for Bcc and Status'
is "$(grep -c '^Content-Type: message/rfc822' last)" 2 'each is a part'
mx -R -Y 'forward -i -s other zed@example.org 1'
sent
is "$(field last Subject)" 'Subject: other' 'forward -s'
like "$(cat last)" '^From is no separator\|^=46rom is no separator' 'forward -i: in the text'
unlike "$(cat last)" 'rfc822\|secret' 'and nothing else'

# Resend.
run "$MAILX" -n -R -f box -Y 'resend zed@example.org, yves@example.org 1'
is "$STATUS$ERR" 0 'resend'
sent
is "$(field last Resent-To)" 'Resent-To: zed@example.org, yves@example.org' 'Resent-To'
is "$(field last Resent-From)" 'Resent-From: me@example.test' 'Resent-From'
like "$(field last Resent-Message-ID)" '<.*@example.test>' 'Resent-Message-ID'
is "$(field last Message-ID)" 'Message-ID: <m1@example.org>' 'the rest is theirs'
sed '/^Resent-/d' last > got
python3 -c 'import sys; a,b=[open(f,"rb").read().rstrip(b"\n") for f in ("got","want")]; sys.exit(a!=b)'
ok $? 'unaltered, but for Bcc and Status'
run "$MAILX" -n -R -f box -Y 'resend 1'
is "$STATUS" 64 'resend to nobody'
done_testing
