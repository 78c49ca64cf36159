#!/bin/sh
# demo.sh [1] -- the main job, shown: each command is printed before its output.
#
# Without an argument no server is needed: messages are delivered straight into a
# Maildir.  With 1 the same goes through Postfix and Dovecot (tests/servers.sh) over
# SMTP, POP3 and IMAP.  All in a temporary home; nothing of yours is touched.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
servers=${1:-0}
work=$(mktemp -d /tmp/mailx-demo.XXXXXX)
chmod 755 "$work"
end() {
	[ "$servers" = 0 ] || sh "$root/tests/servers.sh" stop "$work/s"
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir "$work/home"
cd "$work/home"
HOME=$work/home PATH=$root:$PATH LC_ALL=C.UTF-8 TZ=UTC
export HOME PATH LC_ALL TZ
unset MAILRC DEAD MBOX XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME

say() { printf '\n# %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; eval "$*"; }

# A PDF of one page, small but whole.
cat > report.pdf <<'E2'
%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
%%EOF
E2

if [ "$servers" = 0 ]; then
	say "A startup file: messages are delivered straight into a Maildir."
	cat > .mailrc <<'E2'
set from=alice@example.test
set mta=maildir:inbox
E2
	box=inbox
	to=bob@example.test
else
	sh "$root/tests/servers.sh" start "$work/s"
	# shellcheck source=/dev/null
	. "$work/s/env.sh"
	[ "$POSTFIX" = yes ] || say "Postfix needs root: Dovecot's submission service is used."
	say "A startup file for servers on this machine; passwords stand in netrc."
	cat > .mailrc <<E2
set from=alice@example.test hostname=localhost
set mta=submission://alice@localhost:$SUBMISSION
set tls-ca-file=$CA
E2
	for user in alice bob; do
		echo "machine localhost login $user password $user-pw"
	done > .netrc
	chmod 600 .netrc
	box=imaps://bob@localhost:$IMAPS/INBOX
	pop3=pop3s://bob@localhost:$POP3S
	to=bob@example.test
fi
show 'cat .mailrc'

say "Send a message from a pipe: a Chinese subject, text, a PDF."
show "echo 'Die Zahlen für November liegen bei.' | mailx -s '月报 十一月' -a report.pdf $to"
show "echo 'See you at noon.' | mailx -s lunch $to"
if [ "$servers" != 0 ]; then
	say "It arrives."
	i=0
	while [ "$(mailx -R -f "$box" -Y count)" -lt 2 ] && [ $i -lt 100 ]; do
		sleep 0.1
		i=$((i + 1))
	done
fi

say "List the headers; then as JSON."
show "mailx -R -f $box -H"
show "mailx -R -J -f $box -H"

say "Search: on a server, the server does it, and no body is downloaded."
show "mailx -R -f $box -Y 'search subject 月报 since 7d'"

say "The parts of message 1; read it."
show "mailx -R -f $box -Y 'structure 1'"
show "mailx -R -f $box -Y 'type 1'"

say "Take the attachment out, and compare."
show 'mkdir attachments'
show "mailx -R -f $box -Y 'extract -o attachments 1'"
show 'cmp report.pdf attachments/report.pdf && echo identical'

say "Fetch what is new into an mbox; and again: nothing is."
show "mailx -Y 'fetch -o mbox:archive $box'"
show "mailx -Y 'fetch -o mbox:archive $box'"
show 'mailx -f archive -H'

if [ "$servers" != 0 ]; then
	say "The same over POP3, into a Maildir."
	show "mailx -Y 'fetch -k -o maildir:in $pop3'"
	show "mailx -Y 'fetch -k -o maildir:in $pop3'"
	say "Mailboxes on the server."
	show "mailx -f $box -Y 'mkdir Work/Reports/2026' -Y 'move 1 Work/Reports/2026' -Y folders"
fi
say "Done."
