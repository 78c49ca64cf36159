#!/bin/sh
# The generic ways: the tests of IMAP once more against a server that offers IMAP4rev1 and
# nothing else, with the same results.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
TEST_WORK=$(mktemp -d /tmp/mailx-tests.XXXXXX) || exit 73
chmod 755 "$TEST_WORK"
export TEST_WORK
finish() {
	status=$?
	sh "$here/servers.sh" stop "$TEST_WORK/s"
	rm -rf "$TEST_WORK"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
BARE=yes; export BARE
sh "$here/servers.sh" start "$TEST_WORK/s" || exit 1
failed=0 n=0
for t in imap road fetch wait sort; do
	n=$((n + 1))
	if sh "$here/$t.t" > "$TEST_WORK/out" 2>&1 < /dev/null; then
		echo "ok $n - $t.t against a bare server"
	else
		failed=1
		echo "not ok $n - $t.t against a bare server"
		grep -A 12 '^not ok' "$TEST_WORK/out" | sed 's/^/# /'
	fi
done
echo "1..$n"
exit "$failed"
