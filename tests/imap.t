#!/bin/sh
# Mailboxes, flags and moves on an IMAP server, as a second client sees them.
. "$(dirname -- "$0")/lib.sh"
write_rc
BOX=imaps://$USER_NAME@localhost:$IMAPS/INBOX
for i in 1 2 3; do
	printf 'From: sender%s@example.org\nTo: me@example.test\nSubject: number %s\nDate: Fri, 20 Nov 2026 09:30:0%s +0800\nMessage-ID: <m%s@example.org>\n\nbody of %s\n' $i $i $i $i $i > m$i
	put "$USER_NAME" m$i
done
boxes() { $DOVEADM mailbox list -u "$USER_NAME" | sort | tr '\n' ' '; }
count() { $DOVEADM mailbox status -u "$USER_NAME" messages "$1" 2> /dev/null | sed 's/.*messages=//'; }
flags() { $DOVEADM fetch -u "$USER_NAME" "uid flags" mailbox "${2:-INBOX}" uid "$1" | sed -n 's/^flags: //p'; }

run "$MAILX" -f "$BOX" -Y 'mkdir Work/Reports/2026'
is "$STATUS" 0 'mkdir of a nested mailbox'
like "$(boxes)" 'Work/Reports/2026' 'the second client sees it'
run "$MAILX" -f "$BOX" -Y 'mkdir 报告/Été'
like "$(boxes)" '报告/Été' 'a name beyond ASCII'
run "$MAILX" -f "$BOX" -Y 'subscribe 报告/Été'
is "$STATUS" 0 'subscribe'
is "$($DOVEADM mailbox list -s -u "$USER_NAME" | grep -c Été)" 1 'is seen'
run "$MAILX" -J -f "$BOX" -Y 'folders 报告/*'
[ -n "${BARE:-}" ] || like "$OUT" 'Été.*"subscribed"' 'and listed'
run "$MAILX" -f "$BOX" -Y 'unsubscribe 报告/Été'
is "$STATUS" 0 'unsubscribe'
is "$($DOVEADM mailbox list -s -u "$USER_NAME" | grep -c Été)" 0 'is seen'
run "$MAILX" -f "$BOX" -Y 'rename 报告/Été 报告/Hiver'
is "$STATUS" 0 'rename'
like "$(boxes)" '报告/Hiver' 'is seen'
unlike "$(boxes)" 'Été' 'and the old name is gone'
run "$MAILX" -f "$BOX" -Y 'move 2 Work/Reports/2026'
is "$STATUS" 0 'move'
is "$(count Work/Reports/2026) $(count INBOX)" '1 2' 'the message moved'
run "$MAILX" -f "$BOX" -Y 'rmdir Work/Reports/2026'
is "$STATUS" 73 'rmdir refuses a mailbox that is not empty'
is "$(count Work/Reports/2026)" 1 'and it is still there'
run "$MAILX" -f "$BOX" -Y 'rmdir 报告/Hiver'
is "$STATUS" 0 'rmdir of an empty one'
unlike "$(boxes)" 'Hiver' 'is seen'
run "$MAILX" -f "$BOX" -Y 'flag 1' -Y 'answered 1' -Y 'seen 2'
is "$STATUS" 0 'flags'
like "$(flags 1)" 'Flagged' 'flagged is seen'
like "$(flags 1)" 'Answered' 'answered too'
like "$(flags 3)" 'Seen' 'message 2 is uid 3'
run "$MAILX" -f "$BOX" -Y 'unflag 1'
unlike "$(flags 1)" 'Flagged' 'unflag is seen'
$DOVEADM flags add -u "$USER_NAME" '\Flagged' mailbox INBOX uid 3
run "$MAILX" -R -J -f "$BOX" -Y 'headers 2'
like "$OUT" '"flags":\[[^]]*"flagged"' 'the flag of another client is seen here'
run "$MAILX" -R -J -f "$BOX" -L ':f'
like "$OUT" '"uid":3' ':f selects it'
run "$MAILX" -f "$BOX" -Y 'copy 1 Archive'
like "$OUT" '/Archive" \[Copied\] 1 message' 'and what cannot be known is not said'
is "$(count Archive)" 1 'copy makes a mailbox that is not there'
run "$MAILX" -f "$BOX" -Y 'delete 1' -Y 'exit'
is "$(count INBOX)" 2 'exit deletes nothing'
run "$MAILX" -f "$BOX" -Y 'delete 1'
is "$(count INBOX)" 1 'delete and the end do'
run "$MAILX" -J -f "$BOX" -Y 'folders'
like "$OUT" '"folder":"Work/Reports/2026"' 'folders lists the tree'
like "$OUT" '"use":"sent"' 'and special uses'
run "$MAILX" -R -f "$BOX" -Y 'search subject nothing-like-that'
is "$STATUS" 1 'a search that finds nothing ends with 1'
run "$MAILX" -R -f "$BOX" -Y 'save 1 +kept'
is "$STATUS" 0 'save under a read-only folder copies'
run "$MAILX" -R -f "imap://$USER_NAME@localhost:$IMAP/INBOX" -Y count
is "$OUT" 1 'STARTTLS works as well'
run "$MAILX" -R -f "imap://$USER_NAME@localhost:$IMAP/INBOX?tls=none" -Y count
is "$OUT" 1 'plaintext to loopback when asked for'
run "$MAILX" -R -f "imaps://$USER_NAME@localhost:$IMAPS/NoSuchBox" -Y count
is "$STATUS" 66 'a mailbox that does not exist'
printf 'account work {\nset inbox=%s\n}\n' "$BOX" >> "$HOME/.mailrc"
run "$MAILX" -Y 'folders @work'
like "$OUT" '  INBOX$' 'folders of an account'
like "$OUT" '  Work/Reports' 'are all of its server'
printf 'From: a@example.org\nSubject: parts\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b--\n' > parts
put "$USER_NAME" parts
run "$MAILX" -R -f "$BOX" -Y 'structure (subject parts)'
like "$OUT" '^[0-9]* *multipart/mixed, 7bit$' 'no size is made up for a multipart'
# A file in a text: its part is fetched when somebody asks for it, and not before.
mkdir -p texts/cur texts/new texts/tmp
{
	printf 'From: a@example.org\nSubject: uu\n\nbefore\nbegin 644 abc\n'
	printf '#86)C\n`\nend\nafter\n'
} > texts/cur/1.x:2,S
run "$MAILX" -n -R -f texts -Y "copy 1 imaps://$USER_NAME@localhost:$IMAPS/INBOX"
is "$STATUS" 0 'a message with a file in its text'
run "$MAILX" -R -f "$BOX" -Y 'type (subject uu)'
like "$OUT" '^\[-- #[0-9]*\.1\.u1 application/octet-stream abc, 3 B --\]' 'a file in a text on a server'
N=$(echo "$OUT" | sed -n 's/^\[-- #\([0-9]*\)\.1\.u1.*/\1/p')
run "$MAILX" -R -f "$BOX" -Y "write $N.1.u1 abc"
is "$(cat abc)" 'abc' '... is written'
run "$MAILX" -R -f "$BOX" -Y "extract -o none $N"
is "$STATUS$(ls none)" 0 '... and is not looked for unasked'

# Base64 that is malformed is decoded here, whatever the server would make of it.
cat > malformed.py <<'E2'
import base64, random
random.seed(7)
data = random.randbytes(2000)
good = base64.encodebytes(data).decode()
lines = good.splitlines(True)
def with_line(line): return "".join(lines[:20]) + line + "".join(lines[20:])
parts = [good, good.rstrip("\n"), good + "\n\n", good.replace("\n", ""), good.replace("\n", " \n"),
         good.rstrip("\n="), "".join(lines[:9])[:-3], lines[0][:-2] + "\n" + lines[1], "QQ==" * 400,
         good.replace("+", "!"), good.replace("+", "-").replace("/", "_"), good[:200] + "\xe9" + good[201:],
         good + "trailing words\n", "", "=\n", "no base64 at all, is it?\n"]
parts += [with_line(s) for s in ("!!!!\n", "QQ==\n", "Q\n", "=\n", "====\n", "\n")]
with open("malformed", "wb") as f:
    for p in parts:
        f.write(b"From a@example.org Fri Nov 20 09:30:00 2026\nFrom: a@example.org\nSubject: malformed\n"
                b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
                b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
                + p.encode("latin-1") + b"\n--b--\n\n")
    print(len(parts))
E2
python3 malformed.py > parts.n
MALFORMED=imaps://$USER_NAME@localhost:$IMAPS/Malformed
run "$MAILX" -R -f malformed -Y "copy * $MALFORMED"
mkdir here there
i=1
while [ $i -le "$(cat parts.n)" ]; do
	echo "write $i.2 here/$i" >> write.here
	echo "write $i.2 there/$i" >> write.there
	i=$((i + 1))
done
run "$MAILX" -n -R -f malformed < write.here
is "$STATUS" 0 'parts with malformed base64'
run "$MAILX" -R -f "$MALFORMED" < write.there
is "$STATUS" 0 '... on a server'
is "$(diff -r here there | head -n 3)$(find there -type f | grep -c .)" "$(cat parts.n)" '... are the same'

# A process that is kept: a thousand commands over one connection, each answered before the next.
cat > co.py <<'E2'
import json, subprocess, sys
p = subprocess.Popen([sys.argv[1], "-n", "-N", "-J", "-v", "-S", "ack", "-f", sys.argv[2]],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open("trace", "wb"))
commands = ["from 1", "count", "search subject number", "type 1", "flag 1", "unflag 1", "nonsense",
            "structure 1", "type 9999", "size 1"]
for i in range(1000):
    p.stdin.write(commands[i % 10].encode() + b"\n")
    p.stdin.flush()
    while True:
        record = json.loads(p.stdout.readline())
        if "ack" in record:
            break
    want = 64 if i % 10 in (6, 8) else 0
    if record != {"ack": i + 1, "status": want}:
        sys.exit(f"{commands[i % 10]}: {record}")
p.stdin.write(b"exit\n")
p.stdin.close()
print(json.loads(p.stdout.readline()), p.wait())
E2
letters one 1 1; sed 1d one > one.eml; put "$OTHER_NAME" one.eml
run timeout 60 python3 co.py "$MAILX" "imaps://$OTHER_NAME@localhost:$IMAPS/INBOX"
is "$STATUS:$OUT" "0:{'ack': 1001, 'status': 0} 64" 'a thousand commands, each acknowledged'
is "$(grep -c 'C: .* \(AUTHENTICATE\|LOGIN\)' trace)" 1 'over one connection'
# A server may take the last of two fields for the one, and says Reply-To where there is none.
printf 'From: a@example.org\nReply-To: a@example.org\nTo: b@example.org\nSubject: first\nSubject: second\n\nx\n' > twice.eml
put "$OTHER_NAME" twice.eml
run "$MAILX" -R -J -f "imaps://$OTHER_NAME@localhost:$IMAPS/INBOX" -Y 'type $'
like "$OUT" '"reply_to":\[{"name":null,"addr":"a@example.org"}\],"subject":"first"' 'type tells what stands in the message itself'
done_testing
