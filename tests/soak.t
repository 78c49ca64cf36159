#!/bin/sh
# A moment of what `make soak' does for ten minutes.
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
[ ! -w /dev/shm ] || SOAK_DIR=/dev/shm
SOAK_DIR=${SOAK_DIR:-$T}; export SOAK_DIR MAILX
run sh "$ROOT/tests/soak.sh" 3
printf '%s\n' "$OUT" | grep '^#'
is "$(printf '%s\n' "$OUT" | grep -v '^#')$STATUS" 0 'many send and some flush: each message once'
like "$OUT" '[1-9][0-9]* messages accepted, each arrived' 'there were messages'
done_testing
