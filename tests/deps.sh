#!/bin/sh
# deps.sh build|check -- install what is missing for building, or for the tests too.
#
# Looks for each thing first and does nothing where all is there.  On Debian and
# its kin it runs apt-get (through sudo for an ordinary user); elsewhere it names
# what is missing and ends with status 1.
set -u

usage() { echo "usage: deps.sh build|check" >&2; exit 64; }

[ $# -eq 1 ] || usage
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
missing=

# need PACKAGE TEST...: remember the package unless the test succeeds
need() {
	package=$1
	shift
	"$@" > /dev/null 2>&1 || missing="$missing $package"
}
has() { command -v "$1"; }
dovecot_has() { [ -e "/usr/lib/dovecot/$1" ] || [ -e "/usr/libexec/dovecot/$1" ]; }
compiles() { has cc || has gcc || has clang; }

build_needs() {
	need gcc compiles
	need libc6-dev test -e /usr/include/stdio.h
	need make has make
	need pkg-config has pkg-config
	need libssl-dev pkg-config --exists openssl
	need libbsd-dev pkg-config --exists libbsd-overlay
	need zlib1g-dev pkg-config --exists zlib
	need libmd-dev test -e /usr/include/sha2.h
}

check_needs() {
	need perl has prove
	need libmime-tools-perl perl -MMIME::Parser -e 1
	need python3 has python3
	need openssl has openssl
	need procps has pgrep
	need dovecot-core has dovecot
	need dovecot-imapd dovecot_has imap
	need dovecot-pop3d dovecot_has pop3
	need dovecot-lmtpd dovecot_has lmtp
	need dovecot-submissiond dovecot_has submission
	need postfix has postfix
	need mandoc has mandoc
	need clang has clang
	need libclang-rt-dev sh -c 'ls /usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer*.a'
	need cppcheck has cppcheck
	need shellcheck has shellcheck
	need bmake has bmake
}

case $1 in
build) build_needs ;;
check) build_needs; check_needs ;;
*) usage ;;
esac

[ -n "$missing" ] || { echo "deps.sh: nothing is missing"; exit 0; }

# Debian names the runtime of the fuzzers after clang's version.
case $missing in
*libclang-rt-dev*)
	if command -v apt-cache > /dev/null; then
		version=$(apt-cache depends clang 2> /dev/null |
		    sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
		missing=$(echo "$missing" | sed "s/libclang-rt-dev/libclang-rt-${version:-14}-dev/")
	fi ;;
esac

echo "deps.sh: missing:$missing"
if ! command -v apt-get > /dev/null; then
	echo "deps.sh: install these (Debian's names) with your system's packages" >&2
	exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
	as_root=
elif command -v sudo > /dev/null; then
	as_root=sudo
else
	echo "deps.sh: run this as root, or install them:$missing" >&2
	exit 1
fi
# A machine that installs packages for the tests alone runs no mail server of its own.
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # words on purpose
{
	$as_root apt-get update -qq &&
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
} || { echo "deps.sh: apt-get failed" >&2; exit 1; }
