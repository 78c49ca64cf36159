#!/bin/sh
# soak.sh [SECONDS] -- many processes at one thing, for as long: `make soak', ten minutes.  Prints
# what happened in lines that begin with #, what is wrong in others; status 1 if anything is.
# SOAK_DIR: where the files lie (a directory of its own in /var/tmp).
set -u
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
: "${MAILX:=$ROOT/mailx}" "${SOAK_DIR:=/var/tmp}" "${SOAK_SENDERS:=50}" "${SOAK_FLUSHERS:=5}"
seconds=${1:-600}
work=$(mktemp -d "$SOAK_DIR/mailx-soak.XXXXXX") || exit 73
cd "$work" || exit 73
sink='' faults=0
finish() {
	: > stop
	wait_for_workers
	[ -z "$sink" ] || kill "$sink" 2> /dev/null
	cd / && rm -rf "$work"
}
workers=
wait_for_workers() {
	# shellcheck disable=SC2086 # words
	[ -z "$workers" ] || wait $workers
	workers=
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
HOME=$work; export HOME
unset MAILRC DEAD MBOX MAIL XDG_CONFIG_HOME XDG_STATE_HOME
wrong() { echo "$*"; faults=$((faults + 1)); }

# --- The outbox: many queue and some flush, over a server that drops connections; some of
# those that flush are killed.  Each message arrives once; twice, under its Message-ID, only
# where the server did not say that it had it, or who sent it was killed.

sender() {		# sender NAME
	n=0
	while [ ! -e stop ]; do
		n=$((n + 1))
		status=0
		echo "text $1.$n" | "$MAILX" -n -J -s "$1.$n" bob@example.org >> "out.$1" 2> "err.$1" || status=$?
		# 75: it may arrive twice; it is in the outbox all the same, and told as that.
		case $status$(grep -o 'may arrive twice' "err.$1") in
		0|'75may arrive twice') ;;
		*) echo "$1.$n: status $status: $(cat "err.$1")" >> failed;;
		esac
	done
}
flusher() {		# flusher NAME: each fifth is killed
	n=0
	while [ ! -e stop ]; do
		n=$((n + 1)) status=0
		if [ $((n % 5)) -eq 0 ]; then
			timeout -s KILL "0.0$((n * $1 % 90 + 10))" "$MAILX" -n -Y 'flush -a' > /dev/null 2>&1 || status=$?
		else
			"$MAILX" -n -Y 'flush -a' > /dev/null 2> "err.f$1" || status=$?
		fi
		case $status in
		0) ;;
		75) sleep 0.02;;	# put off, or another is at it
		137) echo killed >> kills;;
		*) echo "flush: status $status: $(cat "err.f$1")" >> failed;;
		esac
	done
}
soak_outbox() {
	: > failed; : > kills; : > got
	"$ROOT/tests/sink" -d 40 -s $$ -o got -t $((seconds + 600)) > port &
	sink=$!
	until [ -s port ]; do sleep 0.05; done
	printf 'set from=a@example.org hostname=example.org outbox=box mta=smtp://127.0.0.1:%s\n' "$(cat port)" > .mailrc
	for p in $(seq "$SOAK_SENDERS"); do
		sender "$p" &
		workers="$workers $!"
	done
	for p in $(seq "$SOAK_FLUSHERS"); do
		flusher "$p" &
		workers="$workers $!"
	done
	sleep "$seconds"
	: > stop
	wait_for_workers
	n=0
	while [ -n "$(find box/q -name '*.env' | head -n 1)" ] && [ $n -lt 500 ]; do
		"$MAILX" -n -Y 'flush -a' > /dev/null 2>&1
		n=$((n + 1))
	done
	judge_outbox
}
judge_outbox() {
	[ ! -s failed ] || wrong "$(wc -l < failed) failed: $(head -n 3 failed)"
	left=$(find box/q box/failed box/bad -name '*.env')
	[ -z "$left" ] || wrong "left: $(echo "$left" | head -n 3)"
	sed -n 's/.*"message_id":"\([^"]*\)".*/\1/p' out.* | sort > accepted
	[ -z "$(uniq -d accepted)" ] || wrong 'a Message-ID was given twice'
	awk '$2 == "told" { print $1 }' got | sort > told
	sort -u told > once
	lost=$(comm -23 accepted once | wc -l)
	[ "$lost" -eq 0 ] || wrong "$lost lost: $(comm -23 accepted once | head -n 3)"
	[ -z "$(comm -13 accepted once)" ] || wrong "not told of: $(comm -13 accepted once | head -n 3)"
	twice=$(uniq -d told | wc -l) kills=$(wc -l < kills)
	[ "$twice" -le "$kills" ] || wrong "$twice went twice, and $kills were killed"
	changed=$(cut -d ' ' -f 1,3,4 got | sort -u | cut -d ' ' -f 1 | uniq -d | wc -l)
	[ "$changed" -eq 0 ] || wrong "$changed were not the same the second time"
	echo "# outbox: $SOAK_SENDERS senders, $SOAK_FLUSHERS flushers, $seconds s: $(wc -l < accepted) messages accepted, each arrived"
	echo "# $(grep -c ' lost ' got) had been taken by a connection that ended without an answer;" \
	    "$twice of $kills killed had one sent and not noted"
}

soak_outbox
[ "$faults" -eq 0 ]
