#!/bin/sh
# Each call for memory fails once: the status is that of the system (71) or all was done, what is
# printed is right or cut short by the failure, and no mail is lost.
# shellcheck disable=SC2034
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
case $MAILX in
*asan*)
	skip 8 "the sanitizers want to be loaded before what fails the calls"
	done_testing ;;
esac
printf 'set lock-timeout=3 from=me@example.org\n' > "$HOME/.mailrc"
message() {
	printf 'From a@b.c Sat Mar 14 09:26:53 2026\nFrom: a@b.c\nSubject: =?utf-8?q?%s?=\nMIME-Version: 1.0\n' "$1"
	printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\nbegin 644 a\n#86)C\n`\nend\n'
	printf -- '--b\nContent-Type: text/html; charset=iso-8859-1\n\n<p>caf\351</p>\n--b--\n\n'
}
subjects() {
	"$MAILX" -n -R -J -f "$1" -Y 'headers *' 2> /dev/null |
	    sed -n 's/.*"subject":"\([^"]*\)".*/\1/p' | tr '\n' ' '
}
# each NAME STEP CHECK COMMAND...: every STEPth call; CHECK looks at $STATUS and what is there.
each() {
	name=$1 step=$2 check=$3 wrong='' n=1
	shift 3
	while [ $n -lt 3000 ]; do
		fresh
		STATUS=0
		FAILMEM_AT=$n FAILMEM_HIT=$T/hit "$@" < text > out 2> err || STATUS=$?
		[ -e hit ] || break
		{ [ $STATUS -eq 0 ] || { [ $STATUS -eq 71 ] && [ -s err ]; }; } && $check ||
		    wrong="$wrong $n($STATUS)"
		n=$((n + step))
	done
	is "$wrong" '' "$name: $n calls"
	[ $n -gt 10 ] && [ $n -lt 3000 ]; ok $? "$name: there are calls"
}
fresh() {
	rm -rf hit src box md dead
	{ message a; message b; } > src
	message x > box
}
read_right() {
	[ $STATUS -ne 0 ] || cmp -s out want
}
moved() {
	case $(subjects box)/$(subjects src) in
	'x a /b ') :;;
	'x /a b '|'x a /a b ') [ $STATUS -ne 0 ];;
	*) false;;
	esac
}
# Sent whole, or not at all.
sent() {
	set -- md/new/*
	if [ $STATUS -eq 0 ]; then
		[ -f "$1" ] && grep -q '^the text' "$1"
	else
		[ ! -e "$1" ]
	fi
}
# The program with the call failing; and with all calls from there on, as where memory is used up:
# the C library takes one failure for a charset that it lacks.
poor() { LD_PRELOAD=$ROOT/tests/failmem.so "$@"; }
out_of() { FAILMEM_ALL=1 LD_PRELOAD=$ROOT/tests/failmem.so "$@"; }
fresh
echo 'the text' > text
DEAD=$T/dead; export DEAD
"$MAILX" -n -R -f src -Y 'type 1' > want
each 'a message read' 3 read_right out_of "$MAILX" -n -R -f src -Y 'type 1'
each 'a message moved' 1 moved poor "$MAILX" -n -f src -Y 'move 1 mbox:box' -Y quit
each 'a message sent' 2 sent poor "$MAILX" -N -S mta=maildir:md -s 'sübject' -a src you@example.org
"$MAILX_MIME" tree < text > want
each 'a tree' 1 read_right poor "$MAILX_MIME" tree
done_testing
