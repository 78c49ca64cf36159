#!/bin/sh
# The manual and the program say the same.
. "$(dirname -- "$0")/lib.sh"
run mandoc -Tlint -Wwarning "$ROOT/mailx.1"
is "$OUT$ERR" '' 'mandoc finds nothing'
mandoc -Tutf8 "$ROOT/mailx.1" | col -b > manual 2> /dev/null || mandoc -Tascii "$ROOT/mailx.1" | sed 's/.//g' > manual
# documented MACRO WORD: is it a word of an item of that macro?
documented() {
	awk -v macro="$1" -v word="$2" '
	/^\.It (Xo )?/ && ($2 == macro || $3 == macro) {
		gsub(/\\&/, "")
		for (i = 3; i <= NF; i++)
			if ($i == word)
				found = 1
	}
	END { exit !found }' "$ROOT/mailx.1"
}
run "$MAILX" -n -Y list
is "$STATUS" 0 'list'
missing=
for c in $OUT; do
	documented Ic "$c" || missing="$missing $c"
done
is "$missing" '' 'every command is in the manual'
missing=
for v in $("$MAILX" -n -Y 'help variables' | sed 's/[	 ].*//'); do
	documented Va "$v" || missing="$missing $v"
done
is "$missing" '' 'every variable is in the manual'
missing=
for v in $(cd "$ROOT" && cat cmd/*.c mailx.c |
    sed -n 's/.*var_[a-z]*([a-z>-]*, "\([A-Za-z-]*\)").*/\1/p' | sort -u); do
	"$MAILX" -n -Y "help set $v" > /dev/null 2>&1 || missing="$missing $v"
done
is "$missing" '' 'every variable that the program reads is in its table'
missing=
for o in $("$MAILX" -h | sed -n 's/^ *\(-.\), \(--[a-z-]*\).*/\1 \2/p; s/^ *\(--[a-z-]*\).*/\1/p'); do
	sed -n '/^\.Ss Options/,/^\.El/p' "$ROOT/mailx.1" | grep '^\.It' |
	    grep -Eq -- "[ ,]${o#-}( |$)" || missing="$missing $o"
done
is "$missing" '' 'every option is in the manual'
missing=
for e in $(printf '~?\n~x\n' | "$MAILX" -n -~ -d -s x bob@example.org | sed -n 's/^\(~[^ ]\)[ ~].*/\1/p'); do
	grep '^\.It' "$ROOT/mailx.1" | grep -Fq -- " $e " || missing="$missing $e"
done
is "$missing" '' 'every tilde escape is in the manual'
for c in $("$MAILX" -n -Y list); do
	"$MAILX" -n -Y "help $c" > /dev/null 2>&1 || echo "$c"
done > nohelp
is "$(cat nohelp)" '' 'help knows every command'
# It is to be read in one sitting.
[ "$(wc -l < "$ROOT/mailx.1")" -le 1500 ]; ok $? 'the manual has at most 1,500 lines'
# The examples of the manual, as they stand.
mkdir box && mv box inbox && mkdir -p inbox/cur inbox/new inbox/tmp files
printf 'From: a@example.org\nSubject: report of today\nDate: %s\n\ntext\n' "$(date -R)" > inbox/new/1
sed -n '/^\.Sh EXAMPLES/,/^\.Sh STANDARDS/s/^\.Dl //p' "$ROOT/mailx.1" | sed 's/\\(dq/"/g; s/\\e/\\/g' > examples
[ "$(wc -l < examples)" -ge 5 ]; ok $? 'there are examples'
mkdir bin && ln -s "$MAILX" bin/mailx
while read -r line; do
	PATH=$T/bin:$PATH sh -c "$line" > example.out 2>&1 < /dev/null
	ok $? "$line"
done < examples
done_testing
