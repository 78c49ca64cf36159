#!/bin/sh
# A moment of what `make soak' does for ten minutes.
# shellcheck disable=SC2034 # for lib.sh
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
[ ! -w /dev/shm ] || SOAK_DIR=/dev/shm
SOAK_DIR=${SOAK_DIR:-$T}; export SOAK_DIR MAILX
run sh "$ROOT/tests/soak.sh" 3
printf '%s\n' "$OUT" | grep '^#'
is "$(printf '%s\n' "$OUT" | grep -v '^#')$STATUS" 0 'many send and some flush: each message once'
like "$OUT" '[1-9][0-9]* messages accepted, each arrived' 'there were messages'

# 63: many wait; 5,000 here, and 100,000 in tests/bench/outbox.sh.
cd "$(mktemp -d "$SOAK_DIR/mailx-tests.XXXXXX")" || exit 73
T=$PWD SINK=
trap '[ -z "$SINK" ] || kill "$SINK"; rm -rf "$T"; finish' EXIT
: > down
"$ROOT/tests/sink" -n down -o got > port &
SINK=$!
n=0
until [ -s port ] || [ $n -gt 200 ]; do n=$((n + 1)); sleep 0.05; done
printf 'set from=a@example.org outbox=%s/box mta=smtp://127.0.0.1:%s\n' "$T" "$(cat port)" > "$HOME/.mailrc"
awk 'BEGIN { for (i = 1; i <= 5000; i++) printf "send -s %d b@example.org\ntext\n.\n", i }' > script
run "$MAILX" -n -# script
is "$STATUS$(find box/q -name '*.env' | wc -l | tr -d ' ')" 05000 '63: thousands queued by one process'
# shellcheck disable=SC3045 # where there is none, it is not held to it
limited() { (case $MAILX in *asan*) ;; *) ulimit -v 65536;; esac; exec "$MAILX" -n "$@"); }
run limited -Y queue
is "$STATUS$(printf '%s\n' "$OUT" | grep -c b@example.org)" 05000 '63: listed, in 64 MiB'
rm down
run limited -Y 'flush -a'
is "$STATUS$(cut -d ' ' -f 1 got | sort -u | wc -l | tr -d ' ')" 05000 '63: sent, in 64 MiB'
done_testing
