#!/bin/sh
# contract.t -- promises to users that no other test keeps an eye on.
# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

cat > box.0 <<'E2'
From alice@example.org Fri Nov 20 09:30:01 2026
From: alice@example.org
To: me@example.org
Subject: one
Date: Fri, 20 Nov 2026 09:30:00 +0800
Message-ID: <m1@example.org>

body one

From bob@example.org Sat Nov 21 09:30:02 2026
From: Bob <bob@example.org>
To: me@example.org
Subject: two
Date: Sat, 21 Nov 2026 09:30:00 +0000
Message-ID: <m2@example.org>
Status: RO

body two

E2
cp box.0 box
dry() {			# dry NAME VALUE ...: mailx that sends nowhere
	MAILRC=/dev/null "$MAILX" -n -S from=me@example.org "$@"
}
: > empty
MAILRC=/dev/null; export MAILRC

# -J: records and nothing else on standard output.
run "$MAILX" -n -R -J -f box -Y 'pipe 1 "wc -l"' -Y '!echo noise'
is "$STATUS$OUT" 0 'commands of the shell leave standard output alone under -J'
like "$ERR" noise 'what they print is on standard error'
run "$MAILX" -n -R -J -f box -Y 'from * | wc -l'
is "$(echo $OUT)" 2 'but what records are piped into prints as it likes'
run "$MAILX" -n -R -J -f box -Y 'pipe 1 cat > copy'
like "$(cat copy)" '^body one' 'and so does a command whose output is redirected'
run dry -J -d -m box.0 -s subj to@example.org
like "$OUT" '^{"message_id":"<.*,"message":"Date: .*Subject: subj' 'a dry run is a record too'
is "$(printf '%s\n' "$OUT" | wc -l)" 1 'one of a line'

run "$MAILX" -J -Q
is "$STATUS$OUT" '64{"error":{"code":64,"text":"-Q: unknown option; usage: mailx [options] [address ... | -f [folder]], and mailx --help"}}' 'and so is a usage error'

# The system mailbox stays as it is under -J.
cp box.0 spool
MAIL=$T/spool "$MAILX" -n -J > /dev/null <<'E2'
type 1
E2
is "$(grep -c '^From ' spool)" 2 '-J empties no system mailbox'
[ ! -e "$HOME/mbox" ]; ok $? 'and makes no MBOX'

printf 'To: bad@@\n\nwritten with care\n' > letter
run sh -c '"$1" -n -t < letter' sh "$MAILX"
is "$STATUS" 65 '-t: an address that is none'
like "$(cat "$HOME/dead.letter")" '^written with care' 'does not lose the text'
rm -f "$HOME/dead.letter"

# Folders on this machine have counts.
mkdir tree; cp box.0 tree/work
run "$MAILX" -n -J -S "folder=$T/tree" -Y folders
is "$OUT" '{"folder":"work","messages":2,"unseen":1,"flags":["hasnochildren"],"use":null}' 'folders counts in an mbox'

# $DEAD.
run dry -S mta=smtp://127.0.0.1:1 -S nosave -m box.0 to@example.org
is "$STATUS" 75 'nothing there to connect to: 75'
[ ! -e "$HOME/dead.letter" ]; ok $? 'without save nothing is saved'
unlike "$ERR" 'saved' 'and nothing says so'
run dry -S mta=smtp://127.0.0.1:1 -S DEAD=/dev/null -m box.0 to@example.org
unlike "$ERR" 'saved' 'nor where DEAD is /dev/null'
printf 'set DEAD=$HOME/grave\n' > rc0
run env MAILRC=rc0 "$MAILX" -n -S from=me@example.org -S mta=smtp://127.0.0.1:1 -m box.0 to@example.org
[ -s "$HOME/grave" ]; ok $? 'a variable that names a file takes $HOME, in a startup file too'
printf 'text\n~q\n' > quits
run sh -c '"$1" -n -~ -s subj to@example.org < quits' sh "$MAILX"
is "$STATUS" 1 '~q: 1'
like "$(cat "$HOME/dead.letter")" '^To: to@example.org' 'what ~q keeps has its recipients'

# A pipe is read once: what it brings is kept, even where a startup file is at fault.
for way in 'MAILRC=rc0' 'MAILRC=/dev/null -A nobody' 'MAILRC=/dev/null -S timeout=soon' \
    'MAILRC=/dev/null -X nosuch -S errexit'; do
	rm -f "$HOME/dead.letter"
	echo nosuch > rc0
	run sh -c 'rc=$2; shift 2; echo precious | env "$rc" "$0" -n -s subj "$@" to@example.org' \
	    "$MAILX" - $way
	[ "$STATUS" -ne 0 ] && grep -q '^precious' "$HOME/dead.letter"
	ok $? "$way: the input is saved"
	like "$ERR" "saved in $HOME/dead.letter" 'and that is told'
done
rm -f "$HOME/dead.letter"
printf 'set mta=mbox:%s/went\nunset another-programs\n' "$T" > rc0
run env MAILRC=rc0 "$MAILX" -n -S from=me@example.org -m box.0 to@example.org
is "$STATUS$ERR" 0 'unset takes names of other programs in a startup file, as set does'
run dry -d -m box.0 --inline a=box.0 to@example.org
is "$STATUS" 64 '--inline without --html would lose the file'
run dry -S mta=smtp://host:99999 -m box.0 to@example.org
is "$STATUS" 78 'a URL in mta that is none: 78'
rm -f "$HOME/dead.letter"
for option in --version --help --schema; do
	run sh -c '"$0" "$1" > /dev/full' "$MAILX" "$option"
	is "$STATUS" 74 "$option: output that cannot be written"
	like "$ERR" '^mailx: standard output: ' 'is told'
done

# Variables that are known do what is said of them.
printf 'caf\303\251\n' > utf8
printf '\346\212\245 caf\303\251\n' > cjk
run dry -d -S sendcharsets=us-ascii,iso-8859-1,utf-8 -m utf8 to@example.org
like "$OUT" 'charset=iso-8859-1' 'sendcharsets: the first that fits'
like "$OUT" '^caf=E9$' 'in that charset'
printf 'caf\303\251 \342\202\254\n' > euro
run dry -d -S sendcharsets=iso-8859-1,windows-1252 -m euro to@example.org
like "$OUT" 'charset=windows-1252' 'sendcharsets: ISO 8859-1 has no euro'
run dry -d -S sendcharsets=iso-8859-1,koi8-r -m cjk to@example.org
like "$OUT" 'charset=utf-8' 'sendcharsets: none fits'
run dry -d -S sendcharsets=iso-8859-1 -m box.0 to@example.org
like "$OUT" 'charset=us-ascii' 'sendcharsets: ASCII stays what it is'
run dry -S debug -m utf8 to@example.org
like "$OUT" '^To: to@example.org' 'debug prints instead of sending'
run dry -S mta=mbox:big -S max-message=100 -m utf8 to@example.org
is "$STATUS" 65 'max-message: 65'
[ ! -e big ]; ok $? 'and nothing goes'
run dry -S mta=mbox:big -S dsn=sometimes -m utf8 to@example.org
is "$STATUS" 78 'dsn: an unknown report is a fault of the configuration'
run "$MAILX" -n -R -S showto -S from=bob@example.org -f box -Y 'from 2'
like "$OUT" ' To me@example.org ' 'showto'

# The text of a message is text, in a branch that is not taken and where the command is at fault.
printf 'if 0 == 1\nsend -s x to@example.org\nelse\n!touch ran\nendif of it\n.\nelse\necho taken\nendif\necho on\n' > branch
run "$MAILX" -n -# branch
is "$STATUS$(echo $OUT)" '0taken on' 'a text that is passed over is no commands'
[ ! -e ran ]; ok $? 'not one of it'
printf 'send -Z to@e-mail.example\n!touch ran\n.\necho on\n' > fault
run sh -c '"$0" -n < fault' "$MAILX"
is "$STATUS$OUT" 64on 'nor is the text behind a command that is no good'
[ ! -e ran ]; ok $? 'whatever its address looks like'
rm -f "$HOME/dead.letter"

# A part goes where mktemp has made room, and over nothing else.
: > made; echo full > full; ln -s made link
run "$MAILX" -n -R -f box -Y 'write 1.1 made' -Y 'unset errexit' -Y 'write 1.1 full' -Y 'write 1.1 link'
is "$STATUS" 73 'write: what is there is refused'
is "$(cat made full)" "$(printf 'body one\nfull')" 'but for an empty file'

# Directories are made for a folder, but none in the root directory.
run "$MAILX" -n -R -f box -Y "copy 1 $T/new/er/box" -Y 'copy 1 /nosuchdirectory/box'
is "$STATUS" 73 'a folder in a directory that is not there: 73'
[ -s new/er/box ] && [ ! -e /nosuchdirectory ]; ok $? 'made below directories that are there, and not in /'

# The current folder is the system mailbox, or an account's inbox, until another is named.
cp box.0 spool
printf 'account work {\nset inbox=%s/box\n}\n' "$T" > rc2
run env MAIL="$T/spool" "$MAILX" -n -J -Y "fetch -o ./got1"
like "$STATUS$OUT" '^0{"fetched":2,.*/spool"' 'fetch alone: the system mailbox'
run env MAILRC=rc2 "$MAILX" -n -J -A work -Y 'fetch -o ./got2'
like "$STATUS$OUT" '^0{"fetched":2,.*/box"' 'fetch alone: the inbox of the account'

# With an account whose inbox is on a server, bare names are there before it is opened.
I=imaps://$USER_NAME@localhost:$IMAPS
printf 'machine localhost login %s password %s-pw\n' "$USER_NAME" "$USER_NAME" > "$HOME/.netrc"
chmod 600 "$HOME/.netrc"
printf 'set tls-ca-file=%s\naccount there {\nset folder=%s/ inbox=%s/\n}\n' "$CA" "$I" "$I" > rc3
run env MAILRC=rc3 "$MAILX" -n -A there -Y 'mkdir Zed' -Y folders
is "$STATUS" 0 'mkdir under an account'
like "$OUT" ' Zed$' 'makes a mailbox on its server'
[ ! -e Zed ]; ok $? 'and nothing here'
run env MAILRC=rc3 "$MAILX" -n -Y 'folders @there'
like "$OUT" ' Zed$' 'folders @account lists its tree'

# --check-config looks into accounts, and those are as many faults as there are.
printf 'set ok=1\naccount one {\nset from=a@example.org\nset timeout=x\nbogus\n}\nset timeout=3\n' > rc
run env MAILRC=rc "$MAILX" -n --check-config
is "$STATUS" 78 '--check-config: faults in an account'
like "$ERR" '^mailx: rc:4: set: timeout: x: not a number' 'are told with their lines'
like "$ERR" '^mailx: rc:5: bogus: unknown command' 'each of them'

printf 'set mta=foo://x charset=none dsn=zz\nset mta=smtp://host:0 sendcharsets=utf-8,none\n' > rc
run env MAILRC=rc "$MAILX" -n --check-config
is "$(printf '%s\n' "$ERR" | wc -l)" 5 'values that cannot be used are told'
like "$ERR" '^mailx: rc:2: set: sendcharsets: none: no such charset' 'with their lines'

# All that -J prints is what --schema says.
if python3 -c 'import jsonschema' 2> /dev/null; then
	for words in 'from *' 'type *' 'structure *' 'type 1.1' 'count' 'size' '=' 'set' \
	    'search all' 'folder' 'help type' 'nosuch' 'fetch -n -o +x'; do
		"$MAILX" -n -R -J -S ack -S "folder=$T/tree" -f box -Y "$words" -Y folders 2> /dev/null
	done > records
	"$MAILX" --schema > schema
	run python3 - <<'E2'
import json, jsonschema, warnings
schema = json.load(open('schema'))
jsonschema.Draft202012Validator.check_schema(schema)
v = jsonschema.Draft202012Validator(schema)
for line in open('records'):
    for e in v.iter_errors(json.loads(line)):
        print(line[:200], e.message[:200])
E2
	is "$STATUS$OUT$ERR" 0 'records are as the schema says'
else
	skip 1 'records against the schema need python3-jsonschema'
fi
done_testing
