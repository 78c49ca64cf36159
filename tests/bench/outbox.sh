#!/bin/sh
# outbox.sh -- the outbox on a disk: BENCH_QUEUE (10000) messages queued by one process, listed,
# and sent to a server here.  BENCH_DISK: a directory on the disk that counts (/var/tmp).
set -u
cd "$(dirname -- "$0")/../.." || exit 1
: "${BENCH_QUEUE:=10000}" "${BENCH_DISK:=/var/tmp}" "${BENCH_RUNS:=5}"
work=$(mktemp -d "$BENCH_DISK/mailx-bench.XXXXXX") || exit 1
sink=
trap '[ -z "$sink" ] || kill "$sink" 2> /dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
HOME=$work; export HOME
unset MAILRC DEAD MBOX
tests/sink -n "$work/down" -t 3600 > "$work/port" &
sink=$!
until [ -s "$work/port" ]; do sleep 0.1; done
printf 'set from=a@example.org outbox=%s/box mta=smtp://127.0.0.1:%s\n' "$work" "$(cat "$work/port")" > "$work/.mailrc"
awk -v n="$BENCH_QUEUE" 'BEGIN { for (i = 1; i <= n; i++)
	printf "send -s \"number %d\" b%d@example.org\nText of a small message, number %d.\n.\n", i, i, i }' > "$work/script"
once() { tests/bench/time.test 0 "$@"; }
echo "# The outbox on $BENCH_DISK: $BENCH_QUEUE messages"
run=0
while [ $run -lt "$BENCH_RUNS" ]; do
	: > "$work/down"
	rm -rf "$work/box"
	once 'mailx: queue them, one process' ./mailx -# "$work/script"
	once 'mailx: queue' ./mailx -Y queue
	rm "$work/down"
	once 'mailx: flush -a' ./mailx -Y 'flush -a'
	run=$((run + 1))
done
