#!/bin/sh
# Messages shown to people: cards, HTML, reports, seals, files in texts, scripts of the world.
. "$(dirname -- "$0")/lib.sh"
: > "$HOME/.mailrc"
folder() {		# folder NAME < MESSAGE: a folder with that one
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
	cat > "$1/cur/1.x:2,S"
}
folder mixed << 'END'
From: a@b.org
Subject: v
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/vcard; charset=utf-8

BEGIN:VCARD
VERSION:4.0
FN:Zoë Long
N:Long;Zoë;;;
item1.EMAIL;TYPE=work:z@example.org
ORG:Acme\, Inc.;Sales
ADR;TYPE=home:;;1 High St;Town;;123;UK
NOTE:long 
 er note\nsecond
END:VCARD
--x
Content-Type: text/html

<p>Dear <a href="https://e.org/x">you</a></p>
--x
Content-Type: multipart/signed; boundary=y; protocol="application/pgp-signature"; micalg=pgp-sha256

--y

signed text
--y
Content-Type: application/pgp-signature; name=signature.asc

-----BEGIN PGP SIGNATURE-----
--y--
--x
Content-Type: multipart/encrypted; boundary=z; protocol="application/pgp-encrypted"

--z
Content-Type: application/pgp-encrypted

Version: 1
--z
Content-Type: application/octet-stream

-----BEGIN PGP MESSAGE-----
--z--
--x
Content-Type: multipart/report; report-type=delivery-status; boundary=w

--w

Your message failed.
--w
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; a@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user
--w
Content-Type: text/rfc822-headers

Subject: orig
From: x@y.org
--w--
--x
Content-Type: message/partial; id=abc; number=2; total=3

the second part
--x
Content-Type: multipart/digest; boundary=d

--d

From: q@r.org
Subject: digested

hello
--d--
--x--
END
run "$MAILX" -n -R -f mixed -Y 'type 1'
is "$STATUS" 0 'all kinds in one'
like "$OUT" '^Name: Zoë Long$' 'a card in short'
like "$OUT" '^Organisation: Acme, Inc. Sales' '... its escapes undone'
unlike "$OUT" 'VCARD' '... and nothing else'
like "$OUT" '^Dear you\[1\]$' 'HTML as text'
like "$OUT" '^\[1\] https://e.org/x$' '... links behind it'
like "$OUT" 'multipart/signed application/pgp-signature, not verified' 'signed, and not more is claimed'
like "$OUT" '^signed text' '... its content is read'
like "$OUT" 'multipart/encrypted application/pgp-encrypted' 'encrypted'
like "$OUT" '^Diagnostic-Code: smtp; 550 no such user' 'a report is read'
like "$OUT" '^Subject: orig' '... with the header that came back'
like "$OUT" '^the second part' 'a piece of a message'
like "$OUT" '^Subject: digested' 'a digest: messages'
run "$MAILX" -n -R -f mixed -Y 'set html-filter="tr a-z A-Z"' -Y 'type 1.2'
is "$STATUS" 0 'html-filter'
like "$OUT" '^<P>DEAR <A HREF="HTTPS://E.ORG/X">YOU' '... gets the HTML'
run "$MAILX" -n -R -f mixed -Y 'set html-filter=false' -Y 'type 1.2'
like "$OUT" '^Dear you\[1\]' '... where it fails we read ourselves'
run "$MAILX" -n -R -f mixed -Y 'set html-filter="printf \\033[31mred"' -Y 'type 1.2'
unlike "$OUT" "$(printf '\033')" '... what it writes is made safe'

folder calendar << 'END'
From: a@example.org
Content-Type: text/calendar; charset=utf-8; method=REQUEST

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Asia/Shanghai
BEGIN:STANDARD
DTSTART:19700101T000000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Tea\, and
  more
DTSTART;TZID=Asia/Shanghai:20261120T093000
DTEND:20261120T023000Z
DTSTAMP:20261101T000000Z
ORGANIZER;CN="Zhang: San":mailto:zhang@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@example.org
BEGIN:VALARM
DESCRIPTION:ring
END:VALARM
END:VEVENT
END:VCALENDAR
END
run "$MAILX" -n -R -f calendar -Y 'type 1.1'
is "$OUT" 'Method: REQUEST

What: Tea, and more
From: 2026-11-20 09:30 Asia/Shanghai
To: 2026-11-20 02:30 UTC
Organiser: Zhang: San <zhang@example.org>
Attendee: b@example.org (ACCEPTED)' 'a calendar in short'

python3 - << 'END'
import binascii
octets = bytes(range(256)) * 4
open("octets", "wb").write(octets)
coded = b"".join(b"=" + bytes([(c + 106) & 255]) if (c + 42) & 255 in (0, 10, 13, 61)
                 else bytes([(c + 42) & 255]) for c in octets)
lines, at = [], 0
while at < len(coded):
    end = at + 128 + (coded[at + 127:at + 128] == b"=")
    lines.append(coded[at:end])
    at = end
uu = b"".join(binascii.b2a_uu(octets[i:i + 45]) for i in range(0, len(octets), 45))
open("message", "wb").write(b"From: a@example.org\nSubject: files\n\nbefore\n"
    b"=ybegin line=128 size=1024 name=y\xc3\xa4.bin\n" + b"\n".join(lines) + b"\n=yend size=1024\n"
    b"between\nbegin 644 is prose\nreally\nbegin 644 ../uu.bin\n" + uu + b"`\nend\nafter\n")
END
folder files < message
run "$MAILX" -n -R -f files -Y 'type 1'
is "$(echo "$OUT" | sed -n '/^before/,$p')" 'before
[-- #1.1.u1 application/octet-stream yä.bin, 1.0 kB --]
between
begin 644 is prose
really
[-- #1.1.u2 application/octet-stream ../uu.bin, 1.0 kB --]
after' 'yEnc and uuencode in a text are attachments'
run "$MAILX" -n -R -f files -Y 'extract -o out 1'
same out/yä.bin octets 'yEnc extracted'
same out/uu.bin octets 'uuencode extracted, under a safe name'
run "$MAILX" -n -R -f files -Y 'write 1.1.u2 one'
same one octets 'written by its number'
run "$MAILX" -n -R -J -f files -Y 'type 1.1.u1'
like "$OUT" "\"sha256\":\"$(sha256sum < octets | cut -d ' ' -f 1)\"" 'as JSON by its number'
run "$MAILX" -n -R -f files -Y 'write 1.1.u3 three'
is "$STATUS" 64 'there is no third'
run "$MAILX" -n -R -J -f files -Y 'structure 1'
like "$OUT" '"parts":\[{"part":"1","type":"text/plain"[^{]*{}[^{]*},{"part":"1.u1",' 'the structure is that of MIME, the files behind their part'
like "$OUT" '{"part":"1.u2","type":"[^"]*","params":{},"encoding":"7bit","disposition":"attachment","filename":"../uu.bin","id":null,"description":null,"size":1024}\]' '... with name and size'
run "$MAILX" -n -R -f files -Y 'structure 1'
like "$OUT" '^  1.1.u1  *application/octet-stream, 7bit, 1.0 kB, "yä.bin"$' 'and for people'
run "$MAILX" -n -R -f files -Y 'extract -o text 1.1'
[ "$(ls text | wc -l)" -eq 1 ]; ok $? 'a text that is named is written as it is'

{
	printf 'From: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n--x\n'
	printf 'Content-Type: message/global\nContent-Transfer-Encoding: base64\n\n'
	base64 < "mixed/cur/1.x:2,S"
	printf -- '--x--\n'
} > coded
folder coded.box < coded
run "$MAILX" -n -R -f coded.box -Y 'type 1'
is "$STATUS" 0 'a message coded as base64'
like "$OUT" '^Subject: v$' '... is read'
like "$OUT" '^signed text' '... and its parts'
like "$OUT" '^\[-- application/pgp-signature signature.asc' '... which have no number'
unlike "$OUT" '#1\.3' '... none at all'
run "$MAILX" -n -R -f coded.box -Y 'write 1.2 decoded'
same decoded "mixed/cur/1.x:2,S" '... and is written as it was'
folder bad << 'END'
From: a@example.org
From: b@example.org
Content-Type: multipart/mixed; boundary=x
Content-Transfer-Encoding: base64

--x
Content-Transfer-Encoding: x-strange

raw =41 text
--x--
END
run "$MAILX" -n -v -R -f bad -Y 'type 1'
is "$STATUS" 0 'an encoding that is none'
like "$OUT" '^raw =41 text' '... is shown raw'
like "$ERR" 'message 1 is malformed: encoding, duplicate' '... and told'
run "$MAILX" -n -R -f bad -Y 'type 1'
is "$ERR" '' '... where people look alone'
# Numbers of many digits.
i=1; while [ $i -le 1001 ]; do printf 'From x@y Fri Nov 20 09:30:00 2026\nFrom: a@example.org\nSubject: s%s\n\nx\n\n' $i; i=$((i + 1)); done > many
run "$MAILX" -n -f many -Y 'from 1 1001'
is "$(echo "$OUT" | awk '{ print index($0, "a@example.org") }' | uniq | wc -l | tr -d ' ')" 1 'the lines stay aligned'

# Dates of the summary: the hour where that tells more than the year.
dated() { printf 'From x@y Fri Nov 20 09:30:00 2026\nFrom: a@example.org\nSubject: s\nDate: %s\n\nx\n\n' "$1" > dated; run "$MAILX" -n -H -f dated; }
then=$(($(date +%s) - 10000))
dated "$(LC_ALL=C date -u -d "@$then" '+%a, %d %b %Y %H:%M:00 +0000')"
like "$OUT" "$(LC_ALL=C date -u -d "@$then" '+%a %b %e %H:%M') " 'today: the hour'
dated 'Tue, 1 Feb 2005 09:30:00 +0000'; like "$OUT" ' Tue Feb  1  2005  ' 'long ago: the year, in the same columns'
dated 'Fri, 2 Jan 2060 09:30:00 +0000'; like "$OUT" ' Fri Jan  2  2060  ' 'nor years ahead'
done_testing
