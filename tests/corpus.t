#!/bin/sh
# Messages, tables and mailboxes are read as tests/data/corpus says, and the scorer can tell.
COUNT=0 FAILED=0
cd "$(dirname -- "$0")/.." || exit 1
T=$(mktemp -d /tmp/mailx-corpus.XXXXXX) || exit 73
trap 'rm -rf "$T"' EXIT

check() {		# check STATUS WANTED NAME
	COUNT=$((COUNT + 1))
	if [ "$1" -eq "$2" ]; then
		echo "ok $COUNT - $3"
	else
		FAILED=1
		echo "not ok $COUNT - $3"
		sed 's/^/# /' "$T/out"
	fi
}

tests/corpus -v tests/data/corpus > "$T/out" 2>&1
check $? 0 'every agreed and majority fact holds'
grep -q '^table dates' "$T/out" && grep -q '^message addr ' "$T/out" && grep -q '^mbox ' "$T/out"
check $? 0 'messages, tables and mailboxes were looked at'

mkdir -p "$T/c/messages" "$T/d/tables"
cp tests/data/corpus/messages/made-big5hkscs.* "$T/c/messages"
tests/corpus "$T/c" > "$T/out" 2>&1
check $? 0 'folders that are missing are no failure'
sed 's/^parts	1$/parts	2/' tests/data/corpus/messages/made-big5hkscs.expect > "$T/c/messages/made-big5hkscs.expect"
tests/corpus "$T/c" > "$T/out" 2>&1
check $? 1 'a fact that does not hold is a failure'
printf 'a\t~\tmade\ta\tb\n' > "$T/d/tables/rfc2047.tsv"
tests/corpus "$T/d" > "$T/out" 2>&1
check $? 1 '... of a majority too'
printf 'a\t?\tmade\ta\tb\na\t?\tmade\ta\tc\n' > "$T/d/tables/rfc2047.tsv"
tests/corpus "$T/d" > "$T/out" 2>&1
check $? 0 '... but not of a contested one'
tests/corpus "$T" > "$T/out" 2>&1
check $? 66 'nothing there is one'

python3 tests/corpusjson.py ./mailx tests/data/corpus > "$T/out" 2>&1
check $? 0 'the program itself tells the same in JSON, and writes the same parts'

echo "1..$COUNT"
exit $FAILED
