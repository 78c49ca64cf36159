#!/bin/sh
# The demo shows what it says.
. "$(dirname -- "$0")/lib.sh"
run sh "$ROOT/tests/demo.sh"
is "$STATUS" 0 'the demo succeeds'
is "$ERR" '' 'without a word of error'
like "$OUT" '月报' 'the subject is shown'
like "$OUT" '^identical' 'the attachment is the same'
done_testing
