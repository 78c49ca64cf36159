#!/bin/sh
# Two other clients change a mailbox at random while mailx works in it: all agree in the end.
# SOAK_SECONDS: how long (5; make soak: 600).
. "$(dirname -- "$0")/lib.sh"
write_rc
run python3 "$ROOT/tests/soakimap.py" "$IMAP" "$USER_NAME" "$USER_NAME-pw" "${SOAK_SECONDS:-5}" "$MAILX"
is "$OUT" '' 'two other clients and mailx agree'
is "$STATUS" 0 'status 0'
printf '%s\n' "$ERR" | sed 's/^\([^#]\)/# \1/'
done_testing
