#!/bin/sh
# help: topics and their examples, variables and where they were set; did you mean.
# shellcheck disable=SC2034 # LOCAL is for lib.sh
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
mkdir kept.d
cat > "$HOME/.mailrc" <<E2
set from=me@example.test folder=$T/kept.d
set prompt="% "
account work {
set from=work@example.test
}
E2
letters box 1 5
M="$MAILX -n -N -f box"

# --- Topics. ---
run "$MAILX" -n -Y 'help topics'
is "$STATUS$ERR" 0 'help topics'
topics=$(printf '%s\n' "$OUT" | sed 's/ .*//')
[ "$(printf '%s\n' "$topics" | wc -l)" -ge 8 ]; ok $? 'there are topics'
for t in $topics; do
	run "$MAILX" -n -Y "help $t"
	is "$STATUS$ERR" 0 "help $t"
	letters box 1 5
	long=$(printf '%s\n' "$OUT" | sed -n "/^$t: /,\$p" | grep -E '^.{80}')
	is "$long" '' "$t: no line is longer than a terminal"
	[ "$(printf '%s\n' "$OUT" | wc -l)" -le 20 ]; ok $? "$t: it is a screenful"
	# The examples as they stand, in one session; a letter begun ends at once.
	printf '%s\n' "$OUT" | sed -n 's/^    \([^ ].*\)/\1/p' | sed 's/   *.*//' > examples
	sed '/^reply/a\
text\
.' examples > commands
	run sh -c '"$0" -n -N -f box -S mta="mbox:sent" < commands' "$MAILX"
	[ "$STATUS" -le 1 ]; ok $? "$t: its examples run"
	is "$ERR" '' "$t: without a complaint"
done
like "$(cat kept.d/kept)" 'number 2' 'what the examples saved'
like "$(cat sent)" '^text' 'and sent'
letters box 1 5
run "$MAILX" -n -Y 'help search'
like "$OUT" '^search expression' 'a command of the same name'
like "$OUT" '^search: finding' 'and the topic'
run "$MAILX" -n -Y help
like "$OUT" 'help topics' 'help names the topics'
run "$MAILX" -n -J -Y 'help lists'
like "$OUT" '^{"name":"lists","value":"Most' 'as JSON'
run "$MAILX" -n -Y 'help topics nonsense'
is "$STATUS" 64 'help for nothing there is'

# --- Variables. ---
run "$MAILX" -n -Y 'help set from' -Y 'help set asksub' -Y 'help set hold' -Y 'help set lock-timeout'
like "$OUT" "^text; now \"me@example.test\", by .*/\.mailrc:1\$" 'set in a startup file: where'
like "$OUT" '^on or off; now set, the default$' 'a default'
like "$OUT" '^on or off; now not set$' 'one that is not set'
like "$OUT" '^a number; now "60", the default$' 'a number'
run env PAGER=cat "$MAILX" -n -S hold -Y 'help set PAGER' -Y 'help set hold' -Y 'set dot' -Y 'help set dot' -Y 'help set prompt'
like "$OUT" '^text; now "cat", by the environment$' 'from the environment'
like "$OUT" '^on or off; now set, by the command line$' 'from the command line'
like "$OUT" '^on or off; now set, by a command$' 'from -Y'
like "$OUT" '^default: "? "$' 'the default stands beside'
run "$MAILX" -n -A work -Y 'help set from'
like "$OUT" 'now "work@example.test", by .*\.mailrc:4$' 'from an account'
run "$MAILX" -n -Y 'set hold' -Y 'unset hold' -Y 'help set hold'
like "$OUT" '^on or off; now not set$' 'unset'
run "$MAILX" -n -S smtp-auth-password=hunter2 -Y 'help set smtp-auth-password' -Y 'help smtp-auth-password' -Y set
unlike "$OUT$ERR" hunter2 'a password is not shown'
run "$MAILX" -n -S smtp=mail.example.test -Y 'help set smtp'
like "$OUT" '^the same as mta$' 'another name'

# --- Did you mean. ---
mean() {	# mean COMMAND NAME
	run "$MAILX" -n -Y "$1"
	is "$STATUS" 64 "$1: not known"
	like "$ERR" "did you mean $2?\$" "$1: $2 is meant"
}
mean hedaers headers
mean delte delete
mean foldrs folders
mean 'help set promt' prompt
mean 'help serach' search
mean 'unset heaedr' header
for c in nonsense qx 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'; do
	run "$MAILX" -n -Y "$c"
	is "$STATUS" 64 "$c: not known"
	unlike "$ERR" 'did you mean' "$c: nothing is near"
done
printf 'set hedaer\nunst x\n' > rc
run env MAILRC=rc "$MAILX" -n --check-config
is "$STATUS" 78 'a startup file that is checked'
like "$ERR" '^mailx: rc:1: .*hedaer: unknown variable; did you mean header?$' 'a variable, with file and line'
like "$ERR" '^mailx: rc:2: unst: unknown command; did you mean unset?$' 'a command'
printf 'echo one\nhedaers\necho two\n' > script.batch
run "$MAILX" -n -# script.batch
is "$STATUS$OUT" 64one 'a script stops there'
like "$ERR" '^mailx: script.batch:2: hedaers: unknown command; did you mean headers?$' 'with file and line'
run "$MAILX" -n -J -Y hedaers
like "$OUT" '^{"error":{"code":64,"text":"hedaers: unknown command; did you mean headers?"}}$' 'as JSON'
done_testing
