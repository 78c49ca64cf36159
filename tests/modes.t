#!/bin/sh
# modes.t -- the options of send mode where they are wrong, and what becomes of the input.
LOCAL=yes
# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

printf 'set from=me@example.org mta=mbox:%s/out\n' "$T" > "$HOME/.mailrc"
echo 'came by a pipe' > body
DEAD=$HOME/dead.letter
# kept STATUS NAME OPTION...: mailx fails, and the input is in dead.letter.
kept() {
	status=$1 name=$2
	shift 2
	rm -f "$DEAD"
	run sh -c '"$@" < body' sh "$MAILX" -n -s subj "$@"
	is "$STATUS" "$status" "$name: $status"
	like "$ERR" "(saved in $DEAD)\$" 'and says where the input is'
	like "$(cat "$DEAD")" '^came by a pipe' 'which is there'
}
kept 65 'an address that is none' 'bad@@'
kept 65 'a Cc that is none' -c 'bad@@' to@example.org
like "$(cat "$DEAD")" '^To: to@example.org' 'with the addresses that are some'
kept 66 'an attachment that is not there' -a nosuch to@example.org
like "$(cat "$DEAD")" '^Subject: subj' 'with its subject'
kept 64 'a field that is none' -C nofield to@example.org
kept 66 'a beginning that is not there' -q nosuch to@example.org
kept 64 'a day that is none' -S outbox --at '2026-02-30 08:00' to@example.org
kept 65 'with -t' -t 'bad@@'
[ ! -e out ]; ok $? 'and nothing has gone'

rm -f "$DEAD"
run sh -c '"$@" < body' sh "$MAILX" -n -d 'bad@@'
is "$STATUS" 65 'a dry run tells'
[ ! -e "$DEAD" ]; ok $? 'and keeps nothing'
run sh -c '"$@" < /dev/null' sh "$MAILX" -n 'bad@@'
is "$ERR" 'mailx: bad@@: not an address' 'where nothing came nothing is kept'
run sh -c '"$@" < body' sh "$MAILX" -n -S nosave 'bad@@'
is "$ERR" 'mailx: bad@@: not an address' 'nor without save'

# A key from a variable of the shell that is not set would let nothing go but once.
run sh -c '"$@" < body' sh "$MAILX" -n --once '' to@example.org
is "$STATUS" 64 '--once with an empty key'
[ ! -e out ]; ok $? 'sends nothing'
done_testing
