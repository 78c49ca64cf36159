#!/bin/sh
# Random drafts are composed and read again by other readers.  DRAFTS=2000 for many.
cd "$(dirname -- "$0")/.." || exit 1
dir=$(mktemp -d /tmp/mailx-drafts.XXXXXX) || exit 73
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
status=0
python3 tests/drafts.py tests/draft "${DRAFTS:-200}" "$dir" || status=1
if perl -MMIME::Parser -MJSON::PP -MDigest::SHA -e 1 2> /dev/null; then
	perl tests/drafts.pl "$dir/want.json" || status=1
else
	echo 'ok 2 # SKIP no MIME-tools (libmime-tools-perl)'
fi
echo 1..2
exit $status
