#!/bin/sh
# The outbox, its program killed at every system call, and every call failing in turn: nothing
# is lost, nothing torn is seen, the next flush completes it, and at most one message goes
# twice, under its one Message-ID.  `make syskill' looks at each call; here, at one of
# SYSKILL_STEP.
# shellcheck disable=SC2034 # for lib.sh
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
case $MAILX in
*asan*)
	skip 1 'the sanitizers do not work under ptrace'
	done_testing ;;
esac
KILL=$ROOT/tests/syskill
"$KILL" -T 20 true || {
	skip 1 'ptrace is not allowed here'
	done_testing
}
STEP=${SYSKILL_STEP:-29}
SINK='' MEMORY=
trap '[ -z "$SINK" ] || kill "$SINK"; [ -z "$MEMORY" ] || rm -rf "$MEMORY"; finish' EXIT
# What counts is the order of the calls: where syncing takes no time, more of them are tried.
if [ -w /dev/shm ]; then
	MEMORY=$(mktemp -d /dev/shm/mailx-tests.XXXXXX) && cd "$MEMORY" || exit 73
	T=$MEMORY
fi
"$ROOT/tests/sink" -n down -o got -t 1800 > port &
SINK=$!
n=0
until [ -s port ] || [ $n -gt 200 ]; do n=$((n + 1)); sleep 0.05; done
printf 'set from=a@example.org hostname=example.org outbox=box mta=smtp://127.0.0.1:%s\n' "$(cat port)" > "$HOME/.mailrc"
DEAD=$T/dead; export DEAD
XDG_STATE_HOME=$T/state; export XDG_STATE_HOME

count() { find box/"$1" -name "*.$2" 2> /dev/null | wc -l | tr -d ' '; }
# What a run left is looked at, and completed: in $seen what is wrong with it.
judge() {
	seen=
	if [ -d box ]; then
		"$MAILX" -Y queue > queue.out 2> queue.err || [ -n "$REFUSED" ] || seen="$seen queue:$?"
		! grep -q ' bad ' queue.out || seen="$seen torn"
	fi
	rm -f down
	[ -z "$REPEAT" ] || again_once
	"$MAILX" -Y 'flush -a' > flush.out 2> flush.err || [ -n "$REFUSED" ] || seen="$seen flush:$?"
	left=$(count q env)
	[ -z "$HOLD" ] || left=$((left - $(grep -c 'may have been sent' flush.err)))
	[ "$left$(count bad env)$(count bad msg)" = 000 ] || seen="$seen left"
	# How many different texts came, under how many names, and how many again.
	# shellcheck disable=SC2046 # words
	set -- $(cut -d ' ' -f 1,3,4 got | sort | uniq -c | awk '{ names[$2] = 1; more += $1 - 1 }
	    END { for (i in names) n++; print n + 0, NR, more + 0 }')
	[ "$1" -eq "$2" ] || seen="$seen changed"
	[ "$3" -le 1 ] || seen="$seen twice:$3"
	[ -z "$HOLD" ] || [ "$3" -eq 0 ] || seen="$seen twice-though-held"
	again=$3 here=$1
	[ ! -s dead ] || here=$((here + $(grep -c '^From ' dead)))
	[ -z "$REFUSED" ] || here=$((here + $(count failed env)))
	[ -z "$HOLD" ] || here=$((here + $(count q env)))
	for id in $(sed -n 's/.*"message_id":"\([^"]*\)".*"queued":true.*/\1/p' out); do
		grep -q -F -e "$id" got || seen="$seen untrue"
	done
	case $STATUS in
	0|6?) [ "$here" -ge "$DONE" ];;
	99) [ "$here" -ge "$LEAST" ];;
	*) [ "$here" -ge "$TOLD" ];;
	esac && [ "$here" -le "$MOST" ] || seen="$seen number:$here"
}
# --once again, as cron would: not twice, but where it had gone and that was not recorded.
again_once() {
	gone=$(wc -l < got) left=$(count q env)
	echo text | "$MAILX" -n -J -s subject --once key bob@example.org > again.out 2> again.err || seen="$seen again:$?"
	[ "$gone" -eq 0 ] || [ "$left" -gt 0 ] || [ "$(wc -l < got)" -eq 1 ] || seen="$seen once-twice"
}
# each NAME WAY WORD...: `mailx WORD...', with each call dealt with that way, one at a time.
each() {
	name=$1 way=$2
	shift 2
	wrong='' doubled=0 runs=0 n=$((FIRST % STEP + 1))
	FIRST=$((FIRST + 5))
	while :; do
		rm -rf box state dead; : > got; : > flush.err
		[ -z "$BEFORE" ] || cp -r "$BEFORE" box
		[ -z "$DOWN" ] || : > down
		STATUS=0
		# shellcheck disable=SC2086 # words
		"$KILL" ${way%%:*} $n ${way#*:} -s "$T/$FROM" -T 20 -o hit "$MAILX" -n -J "$@" < "$TEXT" > out 2> err ||
		    STATUS=$?
		read -r calls hit call < hit
		[ "$hit" = hit ] || break
		judge
		[ -z "$seen" ] || wrong="$wrong
$n $call ($STATUS):$seen: $(cat err flush.err | head -n 2 | tr '\n' ' ')"
		doubled=$((doubled + again)) runs=$((runs + 1)) n=$((n + STEP))
	done
	is "$wrong" '' "$name: $runs of $calls calls, $doubled times one went twice"
}
FAILING=open,write,sync,close,rename,link,unlink,mkdir,truncate,lock,dir
every_way() {
	what=$1
	shift
	each "$what: killed" '-k:' "$@"
	each "$what: half written" '-t:-c write -p /box' "$@"
	for as in EIO ENOSPC; do
		each "$what: $as" "-f:-e $as -c $FAILING -p /box" "$@"
	done
	each "$what: the disk is full" '-f:-e ENOSPC -a -c write,open,rename,mkdir -p /box' "$@"
}
FIRST=0 FROM=box REFUSED='' REPEAT='' HOLD=''
printf text > text
i=0
while [ $i -lt 10 ]; do i=$((i + 1)); printf 'send -s %d bob@example.org\ntext\n.\n' $i; done > script

# Three messages wait; and three, of which one will be refused.
: > down
for i in 1 2 3; do
	echo "text $i" | "$MAILX" -s "$i" "b$i@example.org"
done
is "$(count q env)" 3 'three messages wait'
ONE=$(find box/q -name '*.env' | sort | sed -n '2s:.*/\(.*\)\.env:\1:p')
mv box waiting
for i in bob refused carl; do
	echo "text $i" | "$MAILX" -s "$i" "$i@example.org"
done
mv box refusing
rm down

TEXT=text BEFORE='' DONE=1 LEAST=0 MOST=1 TOLD=1
DOWN='' every_way 'sent at once' -s subject bob@example.org
DOWN=yes every_way 'queued' -s subject bob@example.org
REPEAT=yes FROM=state
DOWN='' each '--once: killed' '-k:' -s subject --once key bob@example.org
DOWN=yes each '--once, queued: killed' '-k:' -s subject --once key bob@example.org
REPEAT='' FROM=box
TEXT=script DONE=10 LEAST=0 MOST=10 TOLD=0
DOWN=yes every_way 'many queued by a script' '-#'
TEXT=/dev/null BEFORE=waiting DONE=3 LEAST=3 MOST=3 TOLD=3
DOWN='' every_way 'flushed' -Y 'flush -a'
DOWN=yes every_way 'put off' -Y 'flush -a'
DONE=2 LEAST=2 TOLD=2 MOST=3
DOWN='' every_way 'one dropped' -Y "unqueue $ONE"
# What may have gone is held: nothing goes twice.
REFUSED=yes HOLD=yes DONE=3 LEAST=3 TOLD=3 MOST=4
DOWN='' each 'held: killed' '-k:' -S outbox-uncertain=hold -Y 'flush -a'
HOLD=''
BEFORE=refusing REFUSED=yes DONE=3 LEAST=3 TOLD=3 MOST=3
DOWN='' every_way 'one refused' -Y 'flush -a'

# A message that takes many writes, copied to an mbox: there whole, or not at all.
BEFORE='' DOWN=''
{
	printf 'From a@b.c Sat Mar 14 09:26:53 2026\nSubject: large\n\n'
	awk 'BEGIN { for (i = 0; i < 30000; i++) print i, "a line of about forty octets" }'
	printf 'end of it\n\n'
} > large
wrong='' runs=0 n=1
while :; do
	rm -rf box .box.*; printf 'From a@b.c Sat Mar 14 09:26:53 2026\nSubject: small\n\ntext\n\n' > box
	STATUS=0
	"$KILL" -k $n -s "$T/box" -T 20 -o hit "$MAILX" -n -N -R -f large -Y 'copy 1 mbox:box' > out 2> err < /dev/null || STATUS=$?
	read -r calls hit call < hit
	[ "$hit" = hit ] || break
	# By one who opens it to write, which completes what was begun.
	"$MAILX" -n -N -f mbox:box -Y 'flag 1' -Y quit > out 2> err < /dev/null || wrong="$wrong $n:$?"
	case $(grep -c '^From ' box)$(grep -c octets box)$(grep -c 'end of it' box) in
	100|2300001) ;;
	*) wrong="$wrong $n:$call";;
	esac
	runs=$((runs + 1)) n=$((n + STEP))
done
is "$wrong" '' "a large message copied, killed: $runs of $calls calls"

# A message that is sent, into an mbox or with its copy in one: the mbox is whole, the message
# there whole or not at all, and what is said of it true.
awk 'BEGIN { for (i = 0; i < 3000; i++) print i, "a line of about forty octets"; print "end of it" }' > letter
# There are few calls.
[ "$STEP" -le 5 ] || STEP=5
# What the box holds: of the small message, of the lines and the end of the other one.
holds() { echo "$(grep -c '^Subject: small' "$1").$(grep -c octets "$1").$(grep -c '^end of it' "$1")"; }
# append NAME WAY mailx's words: as `each'.
append() {
	name=$1 way=$2 wrong='' runs=0 n=$((FIRST % STEP + 1))
	shift 2
	FIRST=$((FIRST + 5))
	while :; do
		rm -rf box .box.* state dead; : > got
		printf 'From a@b.c Sat Mar 14 09:26:53 2026\nSubject: small\n\ntext\n\n' > box
		STATUS=0
		# shellcheck disable=SC2086 # words
		"$KILL" ${way%%:*} $n ${way#*:} -s "$T/box" -T 20 -o hit "$MAILX" -n -S nooutbox "$@" -s large bob@example.org < letter > out 2> err ||
		    STATUS=$?
		read -r calls hit call < hit
		[ "$hit" = hit ] || break
		told=$STATUS
		! grep -q 'not recorded' err || told=unrecorded
		[ "$told" != 0 ] || [ "$(holds box)" = 1.3000.1 ] || wrong="$wrong $n:$call:untrue"
		# By one who opens it to write, which completes what was begun.
		"$MAILX" -n -N -f mbox:box -Y 'flag 1' -Y quit > out 2>> err < /dev/null || wrong="$wrong $n:$call:$?"
		kept=none
		[ ! -f dead ] || kept=$(holds dead)
		case $told,$(holds box),$kept,$(wc -l < got | tr -d ' ') in
		99,1.0.0,none,[01]|99,1.3000.1,none,[01]) ;;	# killed
		0,1.3000.1,none,[01]) ;;			# delivered, or sent and recorded
		unrecorded,1.0.0,none,1) ;;
		[1-9]*,1.0.0,0.3000.1,0) ;;			# not delivered, and saved
		*) wrong="$wrong $n:$call:$told,$(holds box),$kept,$(wc -l < got): $(head -n 1 err)" ;;
		esac
		runs=$((runs + 1)) n=$((n + STEP))
	done
	is "$wrong" '' "$name: $runs of $calls calls"
}
append_every_way() {
	what=$1
	shift
	append "$what: killed" '-k:' "$@"
	append "$what: half written" '-t:-c write -p /box' "$@"
	for as in EIO ENOSPC; do
		append "$what: $as" "-f:-e $as -c $FAILING -p /box" "$@"
	done
	append "$what: the disk is full" '-f:-e ENOSPC -a -c write,open -p /box' "$@"
}
append_every_way 'delivered to an mbox' -S mta=mbox:box
append_every_way 'recorded in an mbox' -S record=box
done_testing
