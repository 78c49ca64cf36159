#!/bin/sh
# The rooms include what lies below them, and nothing else (CONTRIBUTING.md).
COUNT=0 FAILED=0
cd "$(dirname -- "$0")/.." || exit 1

# breach ROOM PATTERN: the includes in ROOM that match none of the allowed patterns.
check() {		# check NAME LINES
	COUNT=$((COUNT + 1))
	if [ -z "$2" ]; then
		echo "ok $COUNT - $1"
	else
		FAILED=1
		echo "not ok $COUNT - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}
includes() { grep -n '^#[ 	]*include "' "$1"/*.[ch]; }

check 'util includes bounds.h alone' "$(grep -n '^#include "' util.[ch] | grep -v -e '"util.h"' -e '"bounds.h"')"
check 'mime/ includes its own headers and util.h' \
    "$(includes mime | grep '"[^"]*/' | grep -v '"\.\./util\.h"')"
check 'net/ includes its own headers, util.h and text codecs of mime/' \
    "$(includes net | grep '"[^"]*/' | grep -v -e '"\.\./util\.h"' -e '"\.\./mime/b64\.h"' -e '"\.\./mime/text\.h"')"
check 'store/ includes net/ and mime/' \
    "$(includes store | grep '"[^"]*/' | grep -v -e '"\.\./util\.h"' -e '"\.\./mime/' -e '"\.\./net/')"
check 'cmd/ includes what lies below' \
    "$(includes cmd | grep '"[^"]*/' | grep -v -e '"\.\./util\.h"' -e '"\.\./mailx\.h"' -e '"\.\./mime/' -e '"\.\./net/' -e '"\.\./store/')"
check 'OpenSSL in three files of net/ alone' \
    "$(grep -ln '^#[ 	]*include <openssl/' mailx.c util.[ch] mime/*.[ch] net/*.[ch] store/*.[ch] cmd/*.[ch] | grep -v -e '^net/digest\.c$' -e '^net/tls\.c$' -e '^net/sasl\.c$')"
check 'zlib in one file' \
    "$(grep -ln '^#[ 	]*include <zlib' mailx.c util.[ch] mime/*.[ch] net/*.[ch] store/*.[ch] cmd/*.[ch] | grep -v '^net/deflate\.c$')"
check 'no unbounded or shell-minded calls' \
    "$(grep -nE '(^|[^_[:alnum:]])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|mktemp|tmpnam|alloca|system)[[:space:]]*\(' mailx.c util.c mime/*.c net/*.c store/*.c cmd/*.c)"
check 'net/ and mime/ print nothing' \
    "$(grep -nE '(^|[^_[:alnum:]])(printf|puts|putchar|perror|err|errx|warn|warnx)[[:space:]]*\(|[( ,]stderr[,)]' net/*.c mime/*.c | grep -v '^mime/mailx-mime')"
check 'the filter mailx-mime needs nothing of net/, store/, cmd/' \
    "$(nm -u libmime.a 2> /dev/null | grep -E ' (conn|smtp|imap|pop3|store|var|out|cmd|run)_[a-z]')"

echo "1..$COUNT"
exit $FAILED
