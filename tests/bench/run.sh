#!/bin/sh
# run.sh -- benchmarks, side by side with what peers are installed; medians of BENCH_RUNS (5)
# whole-process runs: wall seconds, CPU seconds, peak memory in MiB.  Judges nothing.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
: "${BENCH_RUNS:=5}" "${BENCH_MESSAGES:=20000}"
work=$(mktemp -d /tmp/mailx-bench.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
HOME=$work; export HOME
unset MAILRC DEAD MBOX

python3 tests/bench/mailbox.py "$BENCH_MESSAGES" > "$work/box"
head -c 100000000 /dev/urandom > "$work/big"
echo "# $BENCH_MESSAGES messages, $(wc -c < "$work/box") octets; 100 MB attachment; $BENCH_RUNS runs"

time_of() { tests/bench/time.test "$BENCH_RUNS" "$@"; }

time_of 'mailx: start, do nothing' ./mailx -n -Y 'echo hi'
time_of 'mailx: all headers of the mbox' ./mailx -n -R -f "$work/box" -H
time_of 'mailx: count' ./mailx -n -R -f "$work/box" -Y count
time_of 'mailx: search the subjects' ./mailx -n -R -f "$work/box" -L 'subject needle'
time_of 'mailx: 100 MB attachment into a Maildir' sh -c 'echo x | ./mailx -n -S mta=maildir:'"$work"'/md -s big -a '"$work"'/big a@example.org'
if command -v s-nail > /dev/null; then
	time_of 's-nail: all headers of the mbox' s-nail -n -R -f "$work/box" -H
	time_of 's-nail: last screen' sh -c "echo x | s-nail -n -R -f $work/box"
fi
if command -v grep > /dev/null; then
	time_of "grep -c '^From '" grep -c '^From ' "$work/box"
fi
