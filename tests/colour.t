#!/bin/sh
# Colour: on a terminal that can, where it is wanted, and around nothing but what is meant.
# shellcheck disable=SC2034 # LOCAL is for lib.sh
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
E=$(printf '\033')
cat > box <<E2
From a@example.org Fri Nov 20 01:30:01 2026
From: Sender One <a@example.org>
To: me@example.test
Subject: read ${E}[31mred
Status: RO
X-Evil: ${E}[31mred

first
> quoted ${E}[5m
>> twice
after > not
> last

From a@example.org Fri Nov 20 01:30:02 2026
From: =?utf-8?q?=E5=BC=A0=E4=B8=89?= <a@example.org>
Subject: =?utf-8?q?=E4=BD=A0=E5=A5=BD=E4=B8=96=E7=95=8C=E4=BD=A0=E5=A5=BD=E4=B8=96=E7=95=8C=E4=BD=A0=E5=A5=BD=E4=B8=96=E7=95=8C?=
X-Status: F

second
From a@example.org Fri Nov 20 01:30:03 2026
From: Sender Three <a@example.org>
Subject: unread

third
E2
session() {
	cat > script; name=$1 term=$2 columns=$3; shift 3
	run python3 "$ROOT/tests/terminal.py" script "$term" "$columns" -- "$@"
	is "$STATUS" 0 "$name"
	[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 40
}
session 'a terminal: unread, flagged, current; names of fields; quoted text' xterm 80 \
    "$MAILX" -n -N -R -f box -S line-editor-disable <<'E2'
< ? 
> h
< N  3 Sender Three
c \e[1;33m
c \e[1m N  3 Sender Three         Fri Nov 20 01:30    58 B unread\e[0m
< ? 
> Type 1
< after
< last
c \e[36mSubject:\e[0m read \x1b[31mred
c \e[36mX-Evil:\e[0m \x1b[31mred
c first\r\n\e[32m> quoted \x1b[5m\e[0m\r\n\e[32m>> twice\e[0m\r\nafter > not\r\n\e[32m> last\e[0m
< ? 
> delete 3
< ? 
> x
E2
session 'without colours the lines are as wide' xterm 81 "$MAILX" -n -N -R -f box -S line-editor-disable <<'E2'
< ? 
> h
< unread
> x
E2
printf '%s\n' "$OUT" > narrow
COLUMNS=80 "$MAILX" -n -R -H -f box > plain
is "$(sed -n 's/?\[[0-9;]*m//g; s/^# | //; s/ *$//; /20 01/p' narrow)" "$(cat plain)" 'and what colour is taken off is what a file gets' 
unlike "$(cat plain)" "$E" 'a file gets none'
for how in 'xterm NO_COLOR=1' 'dumb A=b' ' A=b'; do
	session "none: TERM=$how" "${how% *}" 80 env "${how#* }" "$MAILX" -n -R -f box -S line-editor-disable <<'E2'
< Sender Three
< ? 
> x
E2
	unlike "$OUT" '?\[' 'none there'
done
session 'none: set nocolor' xterm 80 "$MAILX" -n -R -f box -S nocolor -S line-editor-disable <<'E2'
< Sender Three
< ? 
> x
E2
unlike "$OUT" '?\[' 'none there'
session 'none: -H, -Y' xterm 80 "$MAILX" -n -R -f box -H <<'E2'
< Sender Three
E2
unlike "$OUT" '?\[' 'none there'
session 'NO_COLOR that is empty does not count' xterm 80 env NO_COLOR= "$MAILX" -n -R -f box <<'E2'
< Sender Three
c \e[1m
> x
E2
session 'a pager gets none, nor does a file' xterm 80 \
    "$MAILX" -n -N -R -f box -S line-editor-disable -S crt=2 -S "PAGER=cat > paged" <<'E2'
< ? 
> Type 1
< ? 
> h > filed
< ? 
> x
E2
like "$(cat paged)" '^> quoted' 'the pager has the text'
unlike "$(cat paged)" "$E" 'and no escape'
unlike "$(cat filed)" "$E" 'the file neither'
session 'what is short is not paged, and has colour' xterm 80 \
    "$MAILX" -n -N -R -f box -S line-editor-disable -S crt=200 <<'E2'
< ? 
> type 1
< last
c \e[36mSubject:\e[0m
> x
E2
done_testing
