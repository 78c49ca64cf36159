#!/bin/sh
# Random command lines, the same at each run; `make random' has a million of them.
# shellcheck disable=SC2034
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
command -v python3 > /dev/null || { skip 2 'no python3'; done_testing; }
n=20000
# Under the sanitizers the same with fewer.
case $MAILX in *asan) n=4000 ;; esac
run env MAILX="$MAILX" TMPDIR="$T" python3 "$ROOT/tests/lines.py" --lines $n --seed check --jobs 2
is "$STATUS" 0 "$n lines: as the model says, no crash, no hang"
like "$OUT" ' 0 bad sessions' 'in no session'
[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | head -n 40
done_testing
