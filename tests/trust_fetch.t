#!/bin/sh
# Messages without measure from a server: they stream, in little memory.  The numbers are those
# of tests/README.md.
# shellcheck disable=SC2034,SC2153 # CERT is for faults.sh
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"
cat > used.py <<'E2'
import os, resource, sys
s = os.spawnvp(os.P_WAIT, sys.argv[1], sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=open("used", "w"))
sys.exit(s)
E2
# A line of N octets in a message; its size with the header and line ends.
HEAD='From: a@x.test\r\nSubject: large\r\n\r\n' HEADSIZE=34
X=$(head -c 5000 /dev/zero | tr '\0' x)
pop3() {	# pop3 N
	printf 'S: +OK\non CAPA\nS: +OK\nS: UIDL\nS: USER\nS: .\non USER*\nS: +OK\non PASS*\nS: +OK\non STAT\nS: +OK 1 %s\n' "$1"
	printf 'on LIST\nS: +OK\nS: 1 %s\nS: .\non UIDL\nS: +OK\nS: 1 u\nS: .\non RETR 1\nS: +OK\n' "$(($1 + HEADSIZE + 2))"
	printf 'raw %s\nfill %s %s\nraw \\r\\n.\\r\\n\non DELE*\nS: +OK\non QUIT\nS: +OK\nclose\nserve\n' "$HEAD" $(($1 / 5000)) "$X"
}
imap() {	# imap N
	printf 'S: * OK [CAPABILITY IMAP4rev1 UIDPLUS] hi\non * LOGIN *\nS: %%t OK [CAPABILITY IMAP4rev1 UIDPLUS] in\non * SELECT *\nS: * 1 EXISTS\n'
	printf 'S: * OK [UIDVALIDITY 7] ok\nS: * OK [UIDNEXT 2] ok\nS: %%t OK [READ-WRITE] in\non * FETCH 1* (UID FLAGS*\n'
	printf 'S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE %s INTERNALDATE "20-Nov-2026 09:30:00 +0800")\nS: %%t OK\n' "$(($1 + HEADSIZE + 2))"
	printf 'on * UID FETCH 1 (UID BODY.PEEK*\nraw * 1 FETCH (UID 1 BODY[] {%s}\\r\\n%s\nfill %s %s\nraw \\r\\n)\\r\\n\nS: %%t OK\n' \
	    "$(($1 + HEADSIZE + 2))" "$HEAD" $(($1 / 5000)) "$X"
	printf 'on * LOGOUT\nS: * BYE\nS: %%t OK\nclose\non * *\nS: %%t OK done\nserve\n'
}
for P in pop3 imap; do
	for dest in maildir mbox; do
		rm -rf box "$HOME/.local"
		$P 50000000 > s
		serve < s
		run python3 used.py "$MAILX" -Y "fetch -d -o $dest:box $P://joe@localhost:$PORT?tls=none"
		served
		is "$STATUS:$SERVED" 0: "86: $P, 50 MB in one line, into $dest"
		case $dest in
		mbox) size=$(tail -n +2 box | wc -c);;
		*) size=$(find box/new -type f -exec cat {} + | wc -c);;
		esac
		[ "$size" -ge 50000030 ] && [ "$size" -le 50000060 ]; ok $? "86: $P, $dest: all of it is there"
		case $MAILX in
		*asan*) ;;
		*) [ "$(cat used)" -le 32 ]; ok $? "86: $P, $dest: in $(cat used) MiB of memory";;
		esac
	done
	# The disk is full: nothing stored, nothing deleted.
	rm -rf box "$HOME/.local"
	$P 50000000 > s
	serve < s
	run sh -c 'ulimit -f 20000; trap "" XFSZ; exec "$@"' sh "$MAILX" -Y "fetch -d -o maildir:box $P://joe@localhost:$PORT?tls=none"
	served
	is "$STATUS:$(find box -type f 2> /dev/null | wc -l | tr -d ' ')" 74:0 "86: $P, no room for it"
	unlike "$(grep -a '^C:' log)" 'DELE 1\|STORE' "86: $P, it stays on the server"
done
done_testing
