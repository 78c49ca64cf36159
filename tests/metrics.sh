#!/bin/sh
# metrics.sh -- sizes of files and functions, room by room; judges nothing.
cd "$(dirname -- "$0")/.." || exit 1
printf '%-8s %6s %7s %7s %7s\n' room files lines median largest
for room in . mime net store cmd tests tests/unit; do
	set -- "$room"/*.c
	[ -e "$1" ] || continue
	wc -l "$@" | awk -v room="$room" '$2 != "total" { n[++k] = $1; s += $1 }
	    END { for (i = 1; i <= k; i++) for (j = i + 1; j <= k; j++) if (n[j] < n[i]) { t = n[i]; n[i] = n[j]; n[j] = t }
	    printf "%-8s %6d %7d %7d %7d\n", room, k, s, n[int((k + 1) / 2)], n[k] }'
done
command -v ctags > /dev/null || exit 0
ctags -f - --fields=+ne --c-kinds=f ./*.c mime/*.c net/*.c store/*.c cmd/*.c 2> /dev/null |
    awk -F'\t' '{ l = e = 0; for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) l = substr($i, 6); if ($i ~ /^end:/) e = substr($i, 5) }
    if (e) print e - l + 1 }' | sort -n |
    awk '{ n[NR] = $1 } END { if (NR) printf "functions %d, lines: median %d, 90 of 100 up to %d, longest %d\n", NR, n[int((NR + 1) / 2)], n[int(NR * 0.9)], n[NR] }'
