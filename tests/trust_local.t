#!/bin/sh
# Hostile cases about local mailboxes: failing writes, locks, links, other programs.  The numbers are those of tests/README.md.
# shellcheck disable=SC2016,SC2034,SC2088,SC2010
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
printf 'set from=me@example.test hostname=host.example.test lock-timeout=1\n' > "$HOME/.mailrc"
chmod 600 "$HOME/.mailrc"
message() { printf 'From a%s@example.org Fri Nov 20 01:30:00 2026\nFrom: a%s@example.org\nSubject: number %s\n\nbody of %s\n\n' "$1" "$1" "$1" "$1"; }
fill() { i=1; : > "${2:-box}"; while [ $i -le "$1" ]; do message $i >> "${2:-box}"; i=$((i + 1)); done; }
count() { "$MAILX" -n -R -f "$1" -Y count; }
one_line() { is "$(printf '%s\n' "$ERR" | grep -c .)" 1 "$1: one line"; }
refused() {	# refused NAME STATUS...
	n=$1; shift
	for s; do [ "$STATUS" -ne "$s" ] || { ok 0 "$n: $s"; return; }; done
	ok 1 "$n: $STATUS $ERR"
}

# 88: names of mailboxes, in a place of ours.
fill 2; mkdir store
for name in ../x /abs a/../../b '~/x' '|cmd' "$(printf 'a\033[31mb')" 'a
b' "$(printf '%5000s' '' | tr ' ' x)" '&AC8-' "$(printf 'x\377y')" .. . '' -x '!x' '#x' 'a//b' 'a/./b'; do
	run "$MAILX" -n -R -f box -S "folder=$T/store" -Y "copy 1 \"+$name\"" < /dev/null
	cat .out .err > all
	LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" all; [ $? -eq 1 ]; ok $? "88 $(printf %.20s "$name" | LC_ALL=C tr -c 'a-z/.~|&' _): shown without controls"
done
is "$(ls -A / | grep -c '^abs$')$(ls -A "$HOME" | grep -c '^x$')" 00 '88 nothing in / or $HOME'

run "$MAILX" -n -R -f box -Y "copy 1 $(printf '%600s' '' | tr ' ' x)"
like "$ERR" 'xxx: File name too long$' '88 however long the name, the reason is told'
run "$MAILX" -n -R -f "$(printf 'no\342\200\213\357\273\277where')" -H
like "$ERR" 'no.xe2.x80.x8b.xef.xbb.xbfwhere: No such' '88 characters of no width are shown'

# 89: a target that cannot be written to.
fill 3; fill 1 src
echo 'no mailbox' > letter; mkdir dirnot; ln -s nowhere dangling; mkfifo fifo
for t in letter /dev/full /proc/x letter/no/such fifo mbox:dirnot; do
	fill 3; run timeout 10 "$MAILX" -n -f box -Y "move 1 $t"
	refused "89 move to $t" 73 74 77 65
	is "$(count box)" 3 "89 $t: nothing is gone"
	rm -rf dirnot; mkdir dirnot
done
is "$(cat letter)" 'no mailbox' '89 a file that is no mailbox is as it was'

# 93: of several messages one does not fit: the folder is as it was, not half a copy.
fill 3 several
{ message big; printf '%20000s\n\n' x; } >> several
for t in dest93 maildir:md93; do
	fill 1 dest93; cp dest93 before93; mkdir -p md93/cur md93/new md93/tmp; cp several box
	run sh -c 'ulimit -f 20; trap "" XFSZ; exec "$@"' sh "$MAILX" -n -f box -Y "move * $t"
	is "$STATUS$(count box)$(find md93 -type f)" 744 "93 $t: nothing has moved"
	same dest93 before93 "93 $t: and the mailbox is as before"
done

run sh -c 'ulimit -f 20; trap "" XFSZ; exec "$@"' sh "$MAILX" -n -J -Y 'fetch -o dest93 several'
like "$STATUS$OUT" '74{"fetched":0,"skipped":0,"failed":4,' '93 what a fetch did not come to is not passed over'
same dest93 before93 '93 nor half there'

# 94: a file that begins with From_ is a mailbox, whatever stands behind that.
printf 'From a@example.org\nSubject: no date\n\nx\n' > undated
run "$MAILX" -n -R -f src -Y 'copy 1 undated'
is "$STATUS$("$MAILX" -n -R -J -f undated -Y headers | grep -c 'no date\|number 1')" 02 '94 a first message without a date is one'
printf 'From a@example.org Fri Nov 20 01:30:00 2026' > cutshort; cp cutshort whole
run "$MAILX" -n -f cutshort -Y 'flag 1'
same cutshort whole '94 no field is written into a separator that is cut short'

# 94, 95: what stands at the end, and From lines.
for tail in 'torn' 'torn\n' 'From x' '' '\n\n\n' 'a\r\n'; do
	{ message 1; printf "$tail"; } > dest
	run "$MAILX" -n -R -f src -Y 'copy 1 dest'
	is "$STATUS$(count dest)" 02 "94 a mailbox that ends in '$tail': a message of its own"
	like "$("$MAILX" -n -R -f dest -Y 'type 2')" 'body of 1' '94 whole'
done
printf 'From a@example.org Fri Nov 20 01:30:00 2026\nFrom: a@example.org\nSubject: x\n\n>From a\n>>From b\n>>>From c\nFromage\n >From d\n\n' > quoted
run "$MAILX" -n -R -f quoted -Y 'copy 1 maildir:md' -Y 'copy 1 again'
"$MAILX" -n -R -f maildir:md -Y 'copy 1 third'
is "$(sed '1,/^$/d' md/new/* md/cur/* 2> /dev/null | tr '\n' _)" 'From a_>From b_>>From c_Fromage_ >From d_' '95 quoting is taken off'
is "$(sed '1,/^$/d' third | tr '\n' _)" '>From a_>>From b_>>>From c_Fromage_ >From d__' '95 and put on'
same quoted again '95 and neither between two mboxes'
run "$MAILX" -n -R -f quoted -S mboxo -Y 'copy 1 maildir:mdo'
is "$(sed '1,/^$/d' mdo/new/* mdo/cur/* 2> /dev/null | tr '\n' _)" '>From a_>>From b_>>>From c_Fromage_ >From d_' '95 mboxo: none is taken off'

# 96: another program changes the mailbox while it is open.
for change in 'message 9 >> box' 'cp box other; message 9 >> other; mv other box' ': > box; message 9 >> box' 'rm box' 'rm box; message 9 > box' '{ message 9; cat box; } > other; mv other box'; do
	fill 3
	message 9 > nine
	c=$(printf '%s' "$change" | sed 's/message 9/cat nine/g')
	run "$MAILX" -n -f box -Y 'type 1' -Y 'delete 2' -Y "!$c"
	case $change in
	'rm box') [ ! -s box ] || [ "$STATUS" -eq 0 ] || [ "$(count box)" = 3 ]; ok $? "96 $change: nothing wrong is written" ;;
	*) like "$(cat box)" 'body of 9' "96 $change: new mail is kept" ;;
	esac
	case $change in
	': >'*|'rm box; '*) is "$(grep -c '^body' box)" 1 '96 old mail does not come back' ;;
	'rm box') ;;
	*) is "$(grep -c '^body of [13]' box)" 2 '96 the rest is there' ;;
	esac
done

# 97: locks.
fill 2; : > box.lock
run timeout 20 "$MAILX" -n -f box -Y 'delete 1'
is "$STATUS$(count box)" 752 '97 a lock of another: 75, nothing changed'
run timeout 20 "$MAILX" -n -R -f src -Y 'copy 1 box'
is "$STATUS$(count box)" 752 '97 for adding too'
one_line '97 a lock'
[ -e box.lock ]; ok $? '97 it is left alone'
rm -f box.lock
python3 -c '
import fcntl, os, time
f = open("box", "r+"); fcntl.lockf(f, fcntl.LOCK_EX); open("locked", "w").close()
while not os.path.exists("unlock"): time.sleep(0.02)' &
while [ ! -e locked ]; do sleep 0.02; done
run timeout 20 "$MAILX" -n -f box -Y 'delete 1'
is "$STATUS$(grep -c '^body' box)" 752 '97 held with fcntl: 75'
[ ! -e box.lock ]; ok $? '97 our own lock file is gone'
: > unlock; wait
run "$MAILX" -n -f box -Y 'delete 1'
is "$STATUS$(count box)" 01 '97 then it goes'

# 98: what a mailbox may not be.
fill 2 real; ln -s real link; ln -s nowhere dang
run "$MAILX" -n -f link -Y 'delete 1'
is "$STATUS$(count real)$(readlink link)" 01real '98 a link of our own is followed'
for bad in dang fifo /dev/zero /dev/tty; do
	run timeout 10 "$MAILX" -n -R -f src -Y "copy 1 $bad" < /dev/null
	case $bad in dang) [ "$STATUS" -ne 0 ] || [ -s nowhere ] ;; *) [ "$STATUS" -ge 64 ] && [ "$STATUS" -lt 79 ] ;; esac
	ok $? "98 copy to $bad: refused ($STATUS)"
	run timeout 10 "$MAILX" -n -f "$bad" -Y 'count' < /dev/null
	[ "$STATUS" -ge 64 ] && [ "$STATUS" -lt 79 ]; ok $? "98 open $bad: refused ($STATUS)"
done
run "$MAILX" -n -f /dev/null -Y count
is "$STATUS$OUT" 00 '98 /dev/null is an empty mailbox'
if [ "$(id -u)" = 0 ] && id nobody > /dev/null 2>&1 && command -v setpriv > /dev/null; then
	mkdir tmp; chmod 1777 tmp; fill 1 tmp/victim; ln -s victim tmp/theirs; chown -h nobody tmp/theirs
	run "$MAILX" -n -R -f src -Y 'copy 1 tmp/theirs'
	[ "$STATUS" -ne 0 ] && [ "$(count tmp/victim)" = 1 ]; ok $? '98 a link of another in a directory for all: refused'
	# 123
	DEAD=$T/tmp/dead run sh -c 'ln -s victim tmp/dead; chown -h nobody tmp/dead; echo x | "$0" -n -S mta=/none -s x b@example.org' "$MAILX"
	is "$(count tmp/victim)" 1 '123 root follows no link of another'
	# What else we write.  Another user's links, seen by root and by one who is not.
	as_root() { "$MAILX" "$@"; }
	as_daemon() { setpriv --reuid=1 --regid=1 --clear-groups env HOME="$T/tmp/home" "$MAILX" "$@"; }
	mkdir tmp/home; chown 1 tmp/home
	printf 'From: a@b.c\nContent-Type: application/pdf; name=f.pdf\n\nx\n' > part.eml
	{ echo 'From a@b.c Fri Nov 20 01:30:00 2026'; cat part.eml; echo; } > tmp/src; chmod 644 tmp/src
	for who in as_root as_daemon; do
		rm -rf tmp/text tmp/dir tmp/l tmp/ld tmp/mine
		echo keep > tmp/text; chmod 666 tmp/text; mkdir tmp/dir; chmod 777 tmp/dir
		ln -s text tmp/l; ln -s dir tmp/ld; chown -h nobody tmp/l tmp/ld
		for command in 'from 1 > tmp/l' 'from 1 >> tmp/l' 'write 1 tmp/l' 'write -f 1 tmp/ld/f' 'write 1 tmp/ld/f' \
		    'write 1.1 tmp/ld/' 'extract -o tmp/ld 1' 'extract -o tmp/ld/ 1'; do
			run $who -n -N -R -f tmp/src -Y "$command"
			[ "$STATUS" -ge 73 ] && [ "$STATUS" -le 78 ] && [ "$(cat tmp/text)" = keep ] && [ -z "$(ls tmp/dir)" ]
			ok $? "98 $who: $command: through no link of another ($STATUS)"
		done
		printf 'mail b@example.org\nx\n~w tmp/l\n~x\n' > typed
		run $who -n -N -R -~ -f tmp/src < typed
		is "$(cat tmp/text)" keep "98 $who: nor does ~w"
		ln -s text tmp/mine
		[ $who = as_root ] || chown -h 1 tmp/mine
		run $who -n -N -R -f tmp/src -Y 'from 1 > tmp/mine'
		is "$STATUS$(grep -c a@b.c tmp/text)" 01 "98 $who: one of our own is followed"
	done
else
	skip 22 'only root can make a link of another, and setpriv is needed'
fi

# 99: modes.
for mask in 000 077 022 777; do
	rm -rf m1 m2 "$HOME/.local"; fill 1 src
	run sh -c 'umask $1; "$0" -n -R -f src -Y "copy 1 m1" -Y "copy 1 maildir:m2" -Y "write 1 w$1"' "$MAILX" $mask
	is "$STATUS $(stat -c %a m1 m2 m2/new m2/cur m2/tmp m2/new/* m2/cur/* w$mask 2> /dev/null | sort | uniq -c | tr -s ' \n' ' ' | sed 's/^ *//')" '0 3 600 4 700 ' "99 umask $mask: 600 and 700"
done
fill 2; chmod 640 box
run "$MAILX" -n -f box -Y 'delete 1'
is "$STATUS$(stat -c %a box)" 0640 '99 a mode that is there is kept'

is "$(umask 027; "$MAILX" -n -R -f box -Y '!umask')" 0027 '99 programs that we run have the umask that we got'

# 100: Maildirs.
rm -rf md; mkdir -p md/new md/cur md/tmp
for f in 'cur/1.a.h:2,XyZ@' 'cur/2.a.h:2,' 'cur/3.a.h:1,S' 'cur/4.a.h' 'new/5.a.h:2,S' 'cur/6.a
h:2,S' "cur/7$(printf '\033').h:2,S" 'cur/.hidden' 'new/8.a.h'; do printf 'From: a@example.org\nSubject: x\n\nbody\n' > "md/$f"; done
mkdir md/cur/dir:2,S md/.. 2> /dev/null; ln -s /etc/passwd md/cur/9.link:2,S; mkfifo md/new/10.fifo
run timeout 10 "$MAILX" -n -f maildir:md -Y 'headers' -Y 'type *' -Y 'flag *' -Y 'delete 1'
is "$STATUS" 0 '100 a Maildir with strange names'
unlike "$OUT$ERR" 'root:' '100 a link in it is not followed'
LC_ALL=C grep -q "$(printf '\033')" .out; is $? 1 '100 names are shown safe'
ls -A md/new md/cur | grep -q 'hidden'; ok $? '100 what is no message stays'
[ -z "$(ls -A md/tmp)" ]; ok $? '100 nothing is left in tmp'
run "$MAILX" -n -S "folder=$T" -Y 'folders md'
n=$("$MAILX" -n -R -f maildir:md -Y count)
like "$OUT" "^ *$n  *[0-9]*  md\$" '100 folders counts what is a message, and nothing else'
run "$MAILX" -n -f maildir:md -Y '!rm -f md/cur/* 2> /dev/null' -Y 'type 1'
[ "$STATUS" -lt 128 ]; ok $? "100 files that vanish ($STATUS)"

mkdir -p bare/cur; printf 'From: a@example.org\nSubject: x\n\nbody\n' > bare/cur/1.a.h:2,
run "$MAILX" -n -f bare -Y 'flag 1' -Y count
is "$STATUS$OUT$(ls bare/cur)" '011.a.h:2,F' '100 a Maildir that lost its empty directories is read'
run "$MAILX" -n -R -f src -Y 'copy 1 bare'
is "$STATUS$(count bare)" 02 '100 and appended to'

# 102: large files.
rm -f big; { fill 1 big; truncate -s 5G big; } 2> /dev/null
if [ -s big ]; then
	printf '\n\n' >> big; message 2 >> big
	is "$(stat -c %s big | cut -c1-4)" 5368 '102 a sparse file of 5 GB'
	run timeout 100 "$MAILX" -n -R -f src -Y 'copy 1 big'
	is "$STATUS" 0 '102 a message goes behind it'
	like "$(tail -c 100 big)" 'body of 1' '102 at the end'
	run "$MAILX" -n -R -f src -Y 'copy 1 /proc/self/mem'
	[ "$STATUS" -ne 0 ]; ok $? '102 not into memory'
else
	skip 4 'no sparse files here'
fi
rm -f big

# 103: dead.letter.
DEADLETTER=$HOME/dead.letter
fail_send() { run sh -c 'umask 0; echo "text $1" | timeout 20 "$0" -n -S mta=/none -s x b@example.org' "$MAILX" "$1"; }
rm -f "$DEADLETTER"; fail_send 1; fail_send 2
is "$(stat -c %a "$DEADLETTER") $(grep -c '^text' "$DEADLETTER")" '600 2' '103 dead.letter: for its owner alone, one behind the other'
printf 'old text\n' > other; run sh -c 'echo news | DEAD=$1 "$0" -n -S mta=/none -s x b@example.org' "$MAILX" "$T/other"
is "$(cat other)" 'old text' '103 plain text of another program is left alone'
like "$(cat other.mbox)" '^news' '103 and the message stands beside it'
like "$ERR" 'saved in .*/other\.mbox' '103 which is told'
: > "$DEADLETTER.lock"; fail_send 3
[ "$STATUS" -ne 0 ]; ok $? '103 under a lock'
like "$ERR" 'not saved\|saved in' '103 and it is told where the text is'
rm -f "$DEADLETTER.lock" "$DEADLETTER"; echo mine > mine; ln -s "$T/mine" "$DEADLETTER"; fail_send 4
is "$(cat mine)" mine '103 through no link'
rm -f "$DEADLETTER"; mkfifo "$DEADLETTER"; fail_send 5
[ "$STATUS" -ne 0 ] && [ "$STATUS" -ne 124 ]; ok $? '103 not into a FIFO'
done_testing
