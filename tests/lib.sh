# lib.sh -- for the shell tests; sourced.  POSIX sh.
#
#	. tests/lib.sh
#	is "$(command)" expected 'what it is'
#	done_testing
#
# Gives: a private directory in $T (also the working directory), HOME in it, the ports and
# certificates of tests/servers.sh, a user name of this test's own in $USER_NAME, run().
# shellcheck shell=sh disable=SC2034

# A job in the background, nohup and some servers of builds start us with signals ignored;
# the shell cannot undo that.
[ -n "${SIGNALS_RESET:-}" ] || ! command -v perl > /dev/null || {
	SIGNALS_RESET=yes; export SIGNALS_RESET
	exec perl -e '$SIG{$_} = "DEFAULT" for qw(HUP INT QUIT PIPE ALRM TERM CHLD XFSZ); exec @ARGV' sh "$0" "$@"
}
umask 022		# a startup file that others may write to is refused
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
: "${MAILX:=$ROOT/mailx}" "${MAILX_MIME:=$ROOT/mailx-mime}"
NAME=$(basename -- "$0" .t)
COUNT=0 FAILED=0 OWN_SERVERS='' LINK=''

if [ -z "${TEST_WORK:-}" ]; then		# run alone: with servers of its own
	TEST_WORK=$(mktemp -d /tmp/mailx-tests.XXXXXX) || exit 73
	chmod 755 "$TEST_WORK"
	OWN_SERVERS=yes
	[ -n "${LOCAL:-}" ] || sh "$ROOT/tests/servers.sh" start "$TEST_WORK/s" || exit 1
fi
# A test with LOCAL set does without them.
# shellcheck source=/dev/null
[ -n "${LOCAL:-}" ] || . "$TEST_WORK/s/env.sh"
T=$TEST_WORK/$NAME.$$
# Not every place takes a path with blanks: #!, LD_PRELOAD, a word of the shell.
case $ROOT in
*[!A-Za-z0-9/._-]*)
	LINK=$T.root
	ln -s "$ROOT" "$LINK" || exit 73
	case $MAILX in "$ROOT"/*) MAILX=$LINK${MAILX#"$ROOT"} ;; esac
	case $MAILX_MIME in "$ROOT"/*) MAILX_MIME=$LINK${MAILX_MIME#"$ROOT"} ;; esac
	ROOT=$LINK ;;
esac
mkdir -p "$T/home" && cd "$T" || exit 73
HOME=$T/home; export HOME
unset MAILRC DEAD MBOX MAIL PAGER EDITOR VISUAL XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME NO_COLOR
TZ=UTC LC_ALL=C.UTF-8 SHELL=/bin/sh; export TZ LC_ALL SHELL
# Each name is a user of its own on the servers: a mailbox that no other test sees.
USER_NAME=$(echo "$NAME" | tr -dc 'a-z0-9')$$
OTHER_NAME=other$USER_NAME

# In front of a command: modes of files count for it, as they do for all but root.
AS_OTHERS=
[ "$(id -u)" -ne 0 ] || AS_OTHERS='setpriv --bounding-set -dac_override,-dac_read_search'

finish() {
	status=$?
	cd /
	if [ -n "$OWN_SERVERS" ]; then
		[ -n "${LOCAL:-}" ] || sh "$ROOT/tests/servers.sh" stop "$TEST_WORK/s"
		rm -rf "$TEST_WORK"
	else
		rm -rf "$T" ${LINK:+"$LINK"}
	fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() {			# ok STATUS NAME
	COUNT=$((COUNT + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $COUNT - $2"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $COUNT - $2"
		[ -z "${ERR:-}" ] || printf '%s\n' "$ERR" | sed 's/^/# stderr: /' | head -n 3
	fi
}
is() {			# is GOT WANTED NAME
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
	else
		ok 1 "$3"
		printf '%s\n' "$1" | sed 's/^/#  got: /'
		printf '%s\n' "$2" | sed 's/^/# want: /'
	fi
}
like() {		# like TEXT PATTERN NAME: a basic regular expression in some line
	if printf '%s\n' "$1" | grep -q -e "$2"; then
		ok 0 "$3"
	else
		ok 1 "$3"
		printf '%s\n' "$1" | sed 's/^/#   got: /' | head -n 40
		echo "# wants: $2"
	fi
}
unlike() {		# unlike TEXT PATTERN NAME
	if printf '%s\n' "$1" | grep -q -e "$2"; then
		ok 1 "$3"
		printf '%s\n' "$1" | grep -e "$2" | sed 's/^/# found: /' | head -n 10
	else
		ok 0 "$3"
	fi
}
same() {		# same FILE FILE NAME
	if cmp -s -- "$1" "$2"; then ok 0 "$3"; else ok 1 "$3"; cmp -- "$1" "$2" 2>&1 | sed 's/^/# /'; fi
}
skip() {		# skip NUMBER WHY
	n=$1
	while [ "$n" -gt 0 ]; do
		COUNT=$((COUNT + 1))
		echo "ok $COUNT # SKIP $2"
		n=$((n - 1))
	done
}
# run COMMAND...: standard output in $OUT, standard error in $ERR, exit status in $STATUS.
run() {
	STATUS=0
	"$@" > .out 2> .err || STATUS=$?
	OUT=$(cat .out) ERR=$(cat .err)
}
done_testing() {
	echo "1..$COUNT"
	[ "$FAILED" -eq 0 ] || exit 1
	exit 0
}
# A startup file that knows the servers: their authority, and the passwords by netrc.
write_rc() {
	cat > "$HOME/.mailrc" <<E2
set tls-ca-file=$CA
set from=$USER_NAME@example.test
set hostname=localhost
E2
	chmod 600 "$HOME/.mailrc"
	: > "$HOME/.netrc"
	for u in "$USER_NAME" "$OTHER_NAME" "$@"; do
		echo "machine localhost login $u password $u-pw" >> "$HOME/.netrc"
	done
	chmod 600 "$HOME/.netrc"
}
# arrived USER N [SECONDS]: wait until N messages lie in that user's INBOX.
arrived() {
	tries=$((${3:-60} * 20))
	while [ "$tries" -gt 0 ]; do
		n=$($DOVEADM mailbox status -u "$1" messages INBOX 2> /dev/null | sed 's/.*messages=//')
		[ "${n:-0}" -lt "$2" ] || return 0
		tries=$((tries - 1))
		sleep 0.05
	done
	return 1
}
# put USER FILE [MAILBOX]: file a message in that user's mailbox, as another client would.
put() {
	$DOVEADM save -u "$1" -m "${3:-INBOX}" < "$2"
}
# letters FILE FIRST LAST: an mbox of messages from aN@example.org, subject "number N", to me.
letters() {
	i=$2
	: > "$1"
	while [ "$i" -le "$3" ]; do
		printf 'From a%s@example.org Fri Nov 20 01:30:0%s 2026\nFrom: Sender %s <a%s@example.org>\nTo: me@example.test\nSubject: number %s\nDate: Fri, 20 Nov 2026 01:30:0%s +0000\nMessage-ID: <m%s@example.org>\n\nbody of %s\n\n' \
		    "$i" $((i % 10)) "$i" "$i" "$i" $((i % 10)) "$i" "$i" >> "$1"
		i=$((i + 1))
	done
}
