#!/bin/sh
# run.sh TEST... -- run tests under prove, in parallel, with one set of servers for all.
#
# MAILX and MAILX_MIME name the programs under test.  Each test has a user name, a home
# and a directory of its own (tests/lib.sh), so that they do not meet on the servers.
set -u
# As in lib.sh, for the unit tests too.
[ -n "${SIGNALS_RESET:-}" ] || {
	SIGNALS_RESET=yes; export SIGNALS_RESET
	exec perl -e '$SIG{$_} = "DEFAULT" for qw(HUP INT QUIT PIPE ALRM TERM CHLD XFSZ); exec @ARGV' sh "$0" "$@"
}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here/.." || exit 1

work=$(mktemp -d /tmp/mailx-tests.XXXXXX) || exit 73
chmod 755 "$work"
end() { trap - EXIT INT TERM; sh tests/servers.sh stop "$work/s"; rm -rf "$work"; }
trap end EXIT
trap 'end; exit 130' INT
trap 'end; exit 143' TERM

sh tests/servers.sh start "$work/s" || exit 1
TEST_WORK=$work; export TEST_WORK
jobs=$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)
# More than one a processor: many tests wait.
{ prove --failures --comments --directives -j "$((jobs + 2))" "$@"; echo $? > "$work/status"; } |
    tee "$work/log"
# What was skipped stands above by name.
echo "# skipped: $(grep -c '# SKIP' "$work/log")"
exit "$(cat "$work/status")"
