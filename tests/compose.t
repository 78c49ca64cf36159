#!/bin/sh
# What a sent message is: the bytes, whatever the locale; read again by Python's email package.
. "$(dirname -- "$0")/lib.sh"
cat > "$HOME/.mailrc" <<E2
set from=me@example.test mta=maildir:$T/out hostname=host.example.test
E2
cat > read.py <<'E2'
import email, email.policy, hashlib, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
for name in ("From", "To", "Cc", "Bcc", "Subject"):
    if m[name] is not None:
        print(f"{name}: {m[name]}")
for name in ("Date", "Message-ID", "MIME-Version", "From"):
    if len(m.get_all(name, [])) != 1:
        print("not once:", name)
for p in m.walk():
    if p.is_multipart():
        print(p.get_content_type())
        continue
    data = p.get_payload(decode=True)
    print(p.get_content_type(), p.get_content_charset(), p["Content-Transfer-Encoding"],
          p.get_filename(), hashlib.sha256(data).hexdigest()[:16])
    if p.defects:
        print("defects", p.defects)
if m.defects:
    print("defects", m.defects)
for line in open(sys.argv[1], "rb").read().split(b"\n"):
    if len(line) > 998:
        print("a line over 998")
    if b"\r" in line or b"\0" in line:
        print("CR or NUL")
head = open(sys.argv[1], "rb").read().split(b"\n\n")[0]
if any(c > 127 for c in head):
    print("8-bit in the header")
if any(len(line) > 76 and b" " in line[1:].strip() for line in head.split(b"\n")):
    print("a header line over 76")
E2
# message: the only file in out/, as Python reads it; then out/ is emptied.
message() { set -- out/new/*; cp "$1" last; python3 read.py last; rm -rf out; }
sha() { sha256sum | cut -c1-16; }

echo hello | "$MAILX" -s plain bob@example.org
like "$(message)" "^text/plain us-ascii 7bit None $(echo hello | sha)" 'ASCII is us-ascii, 7bit'
like "$(cat last)" '^To: bob@example.org' 'To as given'
like "$(cat last)" '^Message-ID: <.*@example.test>' 'Message-ID names the domain of From'
printf 'Grüße aus 北京\n' > text
"$MAILX" -s 'Grüße 北京' -c 'Åsa <asa@example.org>' bob@example.org < text
R=$(message)
like "$R" "^text/plain utf-8 .* $(sha < text)" 'UTF-8 is utf-8'
like "$R" '^Subject: Grüße 北京' 'the subject'
like "$R" '^Cc: Åsa <asa@example.org>' 'a name beyond ASCII'
unlike "$R" 'not once\|defects\|over\|8-bit' 'no defect'
env -i HOME="$HOME" LC_ALL=C "$MAILX" -s 'Grüße 北京' -c 'Åsa <asa@example.org>' bob@example.org < text
sed '/^Date:\|^Message-ID:/d' last > a
message > /dev/null
sed '/^Date:\|^Message-ID:/d' last > b
same a b 'the same bytes without a locale'
printf 'caf\351 cr\350me\n' > latin
run sh -c '"$0" -s latin bob@example.org < latin' "$MAILX"
is "$STATUS" 0 'text that is not UTF-8 is sent'
like "$(message)" "^text/plain windows-1252 .* $(sha < latin)" 'labelled charset-8bit, its bytes kept'
"$MAILX" -S charset-8bit=iso-8859-15 -s latin bob@example.org < latin 2> /dev/null
like "$(message)" '^text/plain iso-8859-15' 'or as the variable says'
head -c 3000 /dev/zero | tr '\0' x > long
"$MAILX" -s long bob@example.org < long
R=$(message)
like "$R" "$(sha < long)" 'a long line is kept'
unlike "$R" 'over 998' 'and no line is over 998'
printf 'a\0b\n' > nul
"$MAILX" -s nul bob@example.org < nul
like "$(message)" "^text/plain .* base64 None $(sha < nul)" 'NUL makes base64'
printf 'one\r\ntwo\rthree\nfour\r\n' > cr
"$MAILX" -s cr bob@example.org < cr
unlike "$(message)" 'CR or NUL' 'no CR in the message'
printf 'From here\n.\n..\nFrom there' > dots
"$MAILX" -s dots bob@example.org < dots
message > /dev/null
python3 -c 'import email,sys; d=email.message_from_binary_file(open("last","rb")).get_payload(decode=True); sys.exit(d.rstrip(b"\n") != open("dots","rb").read())'
ok $? 'From and dots are kept'
printf '%%PDF-1.4\n\0\1\2' > '报告 2026.pdf'
printf 'name,sum\n' > data.csv
echo text | "$MAILX" -s files -a '报告 2026.pdf' -a data.csv --description 'the sums' bob@example.org
R=$(message)
like "$R" '^multipart/mixed' 'attachments make multipart/mixed'
like "$R" "^application/pdf None base64 报告 2026.pdf $(sha < '报告 2026.pdf')" 'a PDF with a Chinese name'
like "$R" '^text/csv .* data.csv' 'a CSV'
like "$(cat last)" "^Content-Disposition: attachment;" 'disposition'
like "$(cat last)" "filename\*=utf-8''%" 'RFC 2231 for the name beyond ASCII'
like "$(cat last)" '^Content-Description: the sums' 'its description'
unlike "$R" 'defects\|8-bit\|over' 'no defect'
run sh -c 'echo x | "$0" -s bcc -b hidden@example.org bob@example.org' "$MAILX"
unlike "$(message; cat last)" 'hidden' 'Bcc is not in the message'
long=$(head -c 2000 /dev/zero | tr '\0' y)
echo x | "$MAILX" -s "$long 北京 $long" bob@example.org
unlike "$(message)" 'over 998\|8-bit' 'a subject of 4,000 octets'
echo '<p>Hi <b>you</b><img src="cid:logo">' > page.html
printf '\211PNG\r\n\032\n' > logo.png
echo plain | "$MAILX" -s html --html page.html --inline logo=logo.png -a data.csv bob@example.org
is "$(message | grep -c '^multipart/\(mixed\|related\|alternative\)')" 3 '--html: mixed, related, alternative'
echo plain | "$MAILX" -s html --html page.html bob@example.org
is "$(message | grep -c '^multipart/')" 1 'no container with one child'
"$MAILX" -s html --html page.html bob@example.org < /dev/null
is "$(message | grep -c '^multipart/alternative')" 1 '--html alone gets a text alternative'
like "$(cat last)" '^Hi you' '... made from it'
{ printf 'words %.0s' $(seq 40); printf 'end\n'; } > long
printf '\n From here\n> said\n-- \nsign\n' >> long
"$MAILX" -S flowed -s flowed bob@example.org < long
message > /dev/null
like "$(cat last)" '^Content-Type: text/plain; .*format=flowed' 'flowed says so'
like "$(cat last)" '^  From here$' '... stuffs what needs it'
is "$(awk 'length > 78' last | wc -l | tr -d ' ')" 0 '... and breaks long lines'
mkdir -p fl/cur fl/new fl/tmp
cp last fl/cur/1.x:2,S
"$MAILX" -n -R -f fl -Y 'type 1.1' > unflowed
same unflowed long '... which come back as they were'
printf 'words %.0s' $(seq 400) | "$MAILX" -s long bob@example.org
unlike "$(message)" 'over 998' 'a body line of 2,400 octets'
printf 'in the file\n' > 'a file.txt'
printf 'To: bob@example.org\nAttach: a file.txt\n\nbody\n' | "$MAILX" -t
like "$(message)" "None\|7bit a file.txt $(sha < 'a file.txt')" 'Attach: of -t'
run sh -c 'printf "To: bob@example.org\nAttach: nowhere\n\nbody\n" |  "$0" -t' "$MAILX"
is "$STATUS" 66 'Attach: of a file that is not there'
[ ! -d out ]; ok $? 'sends nothing'
printf 'To: bob@example.org\nCc: carol@example.org\nBcc: dave@example.org\nSubject: aus dem Kopf ü\nX-Tag: 7\n\nbody\n' | "$MAILX" -t
R=$(message)
like "$R" '^To: bob@example.org' '-t takes To'
like "$R" '^Subject: aus dem Kopf ü' '-t takes Subject'
like "$(cat last)" '^X-Tag: 7' '-t takes other fields'
unlike "$(cat last)" 'dave' '-t keeps Bcc out'
run sh -c 'printf "To: bob@example.org\n\n~!touch hit\n~r /etc/passwd\n" | "$0" -t' "$MAILX"
message > /dev/null
like "$(cat last)" '^~!touch hit' 'tildes are text in a pipe'
[ ! -e hit ]; ok $? 'and run nothing'
printf 'x\n' | "$MAILX" -~ -s tilde -S 'sign=my sign' bob@example.org
printf '~s other\n~a\n' | "$MAILX" -~ -s tilde -S 'sign=my sign' bob@example.org
set -- out/new/*
cat "$@" > both; rm -rf out
like "$(cat both)" '^my sign' 'with -~ escapes work'
like "$(cat both)" '^Subject: other' '~s'
run sh -c 'echo x | "$0" -d -s look bob@example.org' "$MAILX"
is "$STATUS" 0 'a dry run'
like "$OUT" '^Subject: look' 'prints the message'
[ ! -d out ]; ok $? 'and delivers nothing'
run sh -c '"$0" -E -s empty bob@example.org < /dev/null' "$MAILX"
is "$STATUS" 0 '-E with an empty body'
[ ! -d out ]; ok $? 'sends nothing'
run sh -c 'echo x | "$0" -J -s json bob@example.org' "$MAILX"
like "$OUT" '^{"message_id":"<[^"]*>","accepted":\["bob@example.org"\],"refused":\[\],"queued":false}' 'JSON of a sent message'
rm -rf out
cat > script <<'E2'
alias team bob@example.org, "Carol C" <carol@example.org>
send -s 'from a script' team
line one
line two
.
echo sent
E2
run "$MAILX" '-#' script
is "$OUT" sent 'a script goes on behind the lone dot'
R=$(message)
like "$R" '^To: bob@example.org, Carol C <carol@example.org>' 'aliases are expanded'
like "$(cat last)" '^line two' 'the body came from the script'
cat > sendmail <<'E2'
#!/bin/sh
echo "$@" > "$HOME/args"; cat > "$HOME/got"
exit ${SENDMAIL_EXIT:-0}
E2
chmod +x sendmail
run sh -c 'echo x | "$0" -S mta=$PWD/sendmail -s pipe -r me@example.org bob@example.org' "$MAILX"
is "$STATUS" 0 'the sendmail program'
like "$(cat "$HOME/args")" '-f me@example.org.*bob@example.org' 'gets sender and recipients'
like "$(cat "$HOME/got")" '^Subject: pipe' 'and the message'
SENDMAIL_EXIT=75; export SENDMAIL_EXIT
run sh -c 'echo x | "$0" -S mta=$PWD/sendmail -s pipe bob@example.org' "$MAILX"
is "$STATUS" 75 'its exit status is passed on'
grep -q 'Subject: pipe' "$HOME/dead.letter"; ok $? 'and the message is saved'
is "$(stat -c %a "$HOME/dead.letter")" 600 'for its owner alone'
run "$MAILX" -n -d a@example.org -s later
is "$STATUS" 65 'an option behind an address is an address'
like "$ERR" '^mailx: -s: not an address; options stand before the addresses$' 'and told so'
run sh -c 'echo x | HOME=$PWD/no/home "$0" -n -S mta=/bin/false -S from=me@example.org -s x a@example.org' "$MAILX"
like "$ERR" 'not saved in .*/no/home/dead.letter: .*No such file' 'a home that is missing is told'
[ ! -e no ]; ok $? 'and not made'
unset SENDMAIL_EXIT
# A big attachment costs no memory.
head -c 100000000 /dev/urandom > big
if [ -x /usr/bin/time ]; then
	echo x | /usr/bin/time -f %M -o mem "$MAILX" -s big -a big bob@example.org
else
	python3 - "$MAILX" > mem <<'E2'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "-s", "big", "-a", "big", "bob@example.org"], input=b"x\n", check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
E2
fi
case $MAILX in
*asan*) skip 1 'memory is not measured with the sanitizers' ;;
*) [ "$(cat mem)" -lt 16384 ]; ok $? "100 MB attached in $(cat mem) KiB" ;;
esac
"$MAILX" -R -f maildir:out -Y 'write 1.2 back'
same big back 'and is the same'
done_testing
