#!/bin/sh
# Hostile cases about messages without measure.  The numbers are those of tests/README.md.
# shellcheck disable=SC2034
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
: > "$HOME/.mailrc"
# 108: sizes.
cat > huge.py <<'E2'
import sys
w, kind = sys.stdout.write, sys.argv[1]
w("From e@example.org Fri Nov 20 01:30:00 2026\nFrom: e@example.org\nMessage-ID: <%s@x>\n" % kind)
if kind == "deep":
    for i in range(20000): w("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i))
    w("\nx\n")
elif kind == "parts":
    w("Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 200000 + "--b--\n")
elif kind == "fields": w("X-A: b\n" * 200000 + "\nx\n")
elif kind == "line": w("Subject: " + "x" * 20000000 + "\n\nx\n")
elif kind == "addrs": w("To: " + "a@b.example, " * 200000 + "c@d.example\n\nx\n")
elif kind == "comments": w("To: " + "(" * 200000 + "\nCc: " + "()" * 200000 + "\n\nx\n")
elif kind == "params": w("Content-Type: text/plain" + "".join("; name*%d=x" % i for i in range(50000)) + "\n\nx\n")
elif kind == "cycle":
    w("Content-Type: multipart/mixed; boundary=a\n\n" + "--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 5000 + "--a--\n")
elif kind == "prefix":
    w("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\n\nin\n--ab--\n--a\n\nout\n--a--\n")
elif kind == "messages": w("Content-Type: message/rfc822\n\n" * 20000 + "x\n")
elif kind == "words": w("Subject:" + " =?utf-8?q?a" * 200000 + "\n\nx\n")
elif kind == "html": w("Content-Type: text/html\n\n" + "<div>" * 200000 + "<" * 100000 + "&" * 100000 + "\n")
elif kind == "flowed": w("Content-Type: text/plain; format=flowed\n\n" + (">" * 1000 + " x \n") * 3000)
w("\n")
E2
cat > used.py <<'E2'
import os, resource, sys, time
t = time.time(); s = os.spawnvp(os.P_WAIT, sys.argv[1], sys.argv[1:]); r = resource.getrusage(resource.RUSAGE_CHILDREN)
print("status", s, file=sys.stderr) if s else None
print("slow: %.1f s" % (r.ru_utime + r.ru_stime), file=sys.stderr) if r.ru_utime + r.ru_stime > 4 else None
print("large: %d KiB" % r.ru_maxrss, file=sys.stderr) if r.ru_maxrss > 262144 and "asan" not in sys.argv[1] else None
E2
for kind in deep parts fields line addrs comments params cycle prefix messages words html flowed; do
	python3 huge.py $kind > huge
	for c in headers type 'structure' 'copy copied'; do
		rm -f copied
		python3 used.py "$MAILX" -n -R -f huge -Y "$c" > /dev/null 2> o
		is "$(cat o)" '' "108 $kind: $c: in time and memory"
	done
	same huge copied "108 $kind: saved whole"
done
done_testing
