#!/bin/sh
# run.sh FUZZER... -- run each for FUZZ_SECONDS (60) over its seeds; what it finds stays in
# tests/fuzz/found.  Seeds: tests/fuzz/seeds/NAME and the data of the tests.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
: "${FUZZ_SECONDS:=60}"
mkdir -p tests/fuzz/found
status=0
for fuzzer in "$@"; do
	name=$(basename -- "$fuzzer" .fuzz)
	corpus=$(mktemp -d /tmp/mailx-fuzz.XXXXXX)
	seeds=
	[ ! -d "tests/fuzz/seeds/$name" ] || seeds=tests/fuzz/seeds/$name
	dictionary=
	[ ! -f "tests/fuzz/$name.dict" ] || dictionary=-dict=tests/fuzz/$name.dict
	echo "# $name, $FUZZ_SECONDS s"
	# shellcheck disable=SC2086 # absent ones are no words
	"./$fuzzer" $dictionary -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=1024 \
	    -artifact_prefix=tests/fuzz/found/"$name"- -print_final_stats=1 "$corpus" $seeds \
	    2> "$corpus.log" || { status=1; tail -n 40 "$corpus.log"; }
	grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "$corpus.log"
	rm -rf "$corpus" "$corpus.log"
done
exit $status
