#!/bin/sh
# servers.sh start|stop DIR -- real mail servers for the tests, on free loopback ports.
#
# start: under DIR (made; private to it) Dovecot with IMAP, IMAPS, POP3, POP3S, LMTP and
# submission, a quota for each user that its mailbox Full exceeds, run by an unprivileged user (as root: nobody), and, as root alone, Postfix
# with SMTP, submission (STARTTLS, AUTH) and smtps.  Any user NAME has the password NAME-pw
# and a Maildir DIR/mail/NAME/Maildir; mail to NAME@example.test arrives there.  Postfix
# refuses (550) unknown*@example.test, puts off (451) later*@example.test, accepts and throws
# away other domains from authenticated users, and takes messages up to 300 MB.  What is for
# bytes*@example.test it files itself, for Dovecot takes no SMTPUTF8: in the Maildir
# DIR/mail/virtual/bytes; what is for many*@example.test it throws away.  By smtps it takes
# 60 recipients at once.
# Writes DIR/env.sh, to be sourced:
#   IMAP IMAPS POP3 POP3S LMTP SUBMISSION SMTP SMTPS DOVECOT_SUBMISSION   ports
#   CA OTHER_CA      certificates to trust, and one that signs nothing here
#   CERTS            DIR/tls: server, wronghost, expired, selfsigned .pem, server.key
#   POSTFIX          yes or no; without Postfix SUBMISSION is Dovecot's and SMTP, SMTPS empty
#   DOVEADM          command line of doveadm for these users
# With BARE set the IMAP server says of itself that it is an IMAP4rev1 and no more.
# With OAUTH set Dovecot takes access tokens, XOAUTH2 and OAUTHBEARER: NAME-token is NAME's.
# stop: end what start started, and nothing else.
# second: as root, another Postfix, at 127.0.0.2, of the domain far.test, to which the first
# passes what is for it; DIR/second.env sets SECOND, its port.  It starts with its
# door closed: release-second opens it, hold-second closes it, stop-second ends it.
set -u
umask 022
PATH=$PATH:/usr/sbin:/sbin; export PATH
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

die() { echo "servers.sh: $*" >&2; exit 1; }
[ $# -eq 2 ] || { sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 64; }
mkdir -p -- "$2" || exit 73
D=$(CDPATH='' cd -- "$2" && pwd)
[ ${#D} -le 60 ] || die "DIR is too long for the sockets under it: $D"

is_root() { [ "$(id -u)" -eq 0 ]; }
if is_root; then
	user=nobody group=$(id -gn nobody)
	as_user="setpriv --reuid=$user --regid=$group --clear-groups"
else
	user=$(id -un) group=$(id -gn)
	as_user=
fi

# --- certificates: an authority of our own, and the wrong ones for the tests of trust ---

request() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@"; }

sign() {	# sign NAME SERIAL SAN
	printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3" > "$1.cnf"
	openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial "$2" \
	    -days 3650 -extfile "$1.cnf" -out "$1.pem"
}

certificates() {
	mkdir -p "$D/tls"
	(
		cd "$D/tls" || exit 1
		for ca in ca other-ca; do
			request -x509 -days 3650 -subj "/CN=mailx test $ca" -keyout $ca.key -out $ca.pem
		done
		request -subj /CN=localhost -keyout server.key -out server.csr
		sign server 2 DNS:localhost,IP:127.0.0.1
		sign wronghost 3 DNS:mail.wrong.test
		openssl x509 -req -in server.csr -signkey server.key -days 3650 \
		    -extfile server.cnf -out selfsigned.pem
		# Only "openssl ca" can set dates in the past.
		: > index.txt; echo 04 > serial
		printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' > ca.cnf
		openssl ca -batch -config ca.cnf -in server.csr -cert ca.pem -keyfile ca.key \
		    -startdate 20200101000000Z -enddate 20200201000000Z \
		    -extfile server.cnf -notext -out expired.pem
	) > "$D/tls/log" 2>&1 || { cat "$D/tls/log" >&2; die "no certificates"; }
	chmod 644 "$D/tls"/*
}

# --- Dovecot ---

# Compression and quotas, where they are packaged.
has_plugin() {
	for dir in /usr/lib/dovecot/modules /usr/local/lib/dovecot /usr/lib*/dovecot; do
		[ ! -e "$dir/$1" ] || return 0
	done
	return 1
}
plugins() {
	mail='' imap=''
	! has_plugin lib30_imap_zlib_plugin.so || mail=' zlib' imap=' imap_zlib'
	! has_plugin lib11_imap_quota_plugin.so || mail="$mail quota" imap="$imap imap_quota"
	[ -n "$mail" ] || return 0
	printf 'mail_plugins =%s\nprotocol imap {\n  mail_plugins =%s%s\n}\n' "$mail" "$mail" "$imap"
	echo 'plugin {
  quota = count:User quota
  quota_rule = *:storage=1G
  quota_rule2 = Full:storage=-1048575K
  quota_grace = 0
  quota_vsizes = yes
}'
}

# Tokens are asked about at tests/oauth.py.
tokens() {
	[ -n "${OAUTH:-}" ] || return 0
	cat > "$D/oauth2.conf" <<E2
introspection_url = http://127.0.0.1:$TOKENS/
introspection_mode = auth
force_introspection = yes
username_attribute = username
username_format = %Ln
active_attribute = active
active_value = true
E2
	cat <<E2
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $D/oauth2.conf
}
E2
}

dovecot_config() {
	imap_plugins=$(plugins)
	mkdir -p "$D/run" "$D/state" "$D/mail/virtual" "$D/sock"
	cat > "$D/dovecot.conf" <<E2
protocols = imap pop3 lmtp submission
listen = 127.0.0.1
base_dir = $D/run
state_dir = $D/state
instance_name = mailx-$IMAP
log_path = $D/dovecot.log
default_login_user = $user
default_internal_user = $user
default_internal_group = $group
default_vsz_limit = 0
mail_location = maildir:~/Maildir
${BARE:+imap_capability = IMAP4rev1}
mail_home = $D/mail/%n
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256${OAUTH:+ xoauth2 oauthbearer}
auth_username_format = %Ln
auth_realms = example.test
auth_verbose = yes
auth_failure_delay = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <$D/tls/server.pem
ssl_key = <$D/tls/server.key
mail_max_userip_connections = 1000
hostname = localhost
submission_relay_host = 127.0.0.1
submission_relay_port = $RELAY
submission_max_mail_size = 300M
$(tokens)
passdb {
  driver = static
  args = password=%n-pw
}
userdb {
  driver = static
  args = uid=$user gid=$group home=$D/mail/%n allow_all_users=yes
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    special_use = \Sent
    auto = create
  }
  mailbox Drafts {
    special_use = \Drafts
  }
}
$imap_plugins
protocol lmtp {
  postmaster_address = postmaster@example.test
}
service anvil {
  chroot =
  # No delay, and growing, for who was refused before.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = $IMAPS
    ssl = yes
  }
}
service pop3-login {
  chroot =
  service_count = 0
  inet_listener pop3 {
    port = $POP3
  }
  inet_listener pop3s {
    port = $POP3S
    ssl = yes
  }
}
service submission-login {
  chroot =
  service_count = 0
  inet_listener submission {
    port = $DOVECOT_SUBMISSION
  }
}
service lmtp {
  inet_listener lmtp {
    port = $LMTP
  }
}
# Postfix keeps its connection: an idle auth process must not end under it.
service auth {
  idle_kill = 1 days
  unix_listener $D/sock/auth {
    mode = 0666
  }
}
E2
	! is_root || chown -R "$user:$group" "$D/run" "$D/state" "$D/mail" "$D/sock" "$D/tls"
	! is_root || { : > "$D/dovecot.log"; chown "$user:$group" "$D/dovecot.log"; }
}

# --- Postfix ---

postfix_config() {
	p=$D/postfix
	mkdir -p "$p/etc" "$p/queue" "$p/data"
	chown postfix "$p/data"
	printf '/^later/ 451 4.3.0 come back later\n' > "$p/etc/recipients"
	printf 'if !/^unknown/\n/^bytes.*@example\\.test$/ bytes/\n/@example\\.test$/ ok\nendif\n' > "$p/etc/mailboxes"
	cat > "$p/etc/main.cf" <<E2
compatibility_level = 3.6
queue_directory = $p/queue
data_directory = $p/data
command_directory = /usr/sbin
daemon_directory = $(postconf -h daemon_directory)
maillog_file = $D/postfix/maillog
maillog_file_prefixes = $D
myhostname = localhost
myorigin = example.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
default_database_type = texthash
virtual_mailbox_domains = example.test
virtual_mailbox_maps = regexp:$p/etc/mailboxes
virtual_transport = lmtp:inet:127.0.0.1:$LMTP
default_transport = discard:thrown away
message_size_limit = 300000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_base = $D/mail/virtual
virtual_uid_maps = static:$(id -u "$user")
virtual_gid_maps = static:$(id -g "$user")
virtual_minimum_uid = 1
smtputf8_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = unix:$D/sock/auth
smtpd_sasl_auth_enable = no
smtpd_sasl_security_options = noanonymous
smtpd_tls_security_level = may
smtpd_tls_chain_files = $D/tls/server.key, $D/tls/server.pem
smtpd_tls_session_cache_database =
smtpd_recipient_restrictions = check_recipient_access regexp:$p/etc/recipients
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
in_flow_delay = 0
transport_maps = regexp:$p/etc/transport
minimal_backoff_time = 1s
E2
	printf '/^bytes.*@example\\.test$/ virtual:\n/^many.*@example\\.test$/ discard:\n' > "$p/etc/transport"
	cat > "$p/etc/master.cf" <<E2
127.0.0.1:$SMTP inet n - n - - smtpd
127.0.0.1:$SUBMISSION inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
127.0.0.1:$SMTPS inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_limit=60
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
E2
}

# The same files, for another domain at another address.
second() {
	is_root || die "a second Postfix takes root"
	# shellcheck source=/dev/null
	. "$D/env.sh"
	SECOND=$("$here/ports" 1) p=$D/second
	mkdir -p "$p/etc" "$p/queue" "$p/data"
	chown postfix "$p/data"
	sed -e "s|$D/postfix|$p|g" \
	    -e 's/^virtual_mailbox_domains = .*/virtual_mailbox_domains = far.test/' \
	    -e 's/^myhostname = .*/myhostname = mx.far.test/; s/^smtpd_sasl_.*//' \
	    -e 's/^smtpd_recipient_restrictions = .*/smtpd_recipient_restrictions =/' \
	    -e 's/^transport_maps = .*/transport_maps =/' \
	    "$D/postfix/etc/main.cf" > "$p/etc/main.cf"
	printf '/@far\\.test$/ ok\n' > "$p/etc/mailboxes"
	sed -e '/^127/d; /^  -o/d' "$D/postfix/etc/master.cf" > "$p/etc/master.rest"
	printf '/@far\\.test$/ smtp:[127.0.0.2]:%s\n' "$SECOND" >> "$D/postfix/etc/transport"
	postfix -c "$D/postfix/etc" reload > "$p/log" 2>&1
	echo "SECOND=$SECOND" > "$D/second.env"
}

stop_second() {
	if alive "$D/second/queue/pid/master.pid"; then
		postfix -c "$D/second/etc" stop > /dev/null 2>&1
	fi
	end "$D/second/queue/pid/master.pid"
}

release_second() {
	# shellcheck source=/dev/null
	. "$D/second.env"
	p=$D/second
	{ echo "127.0.0.2:$SECOND inet n - n - - smtpd"; cat "$p/etc/master.rest"; } > "$p/etc/master.cf"
	postfix -c "$p/etc" start >> "$p/log" 2>&1 || { cat "$p/log" >&2; die "the second Postfix did not start"; }
}

# --- starting and stopping ---

alive() { [ -s "$1" ] && kill -0 "$(tr -dc 0-9 < "$1")" 2> /dev/null; }

# Wait until each port greets.
answer() {
	for port in "$@"; do
		n=0
		until "$here/ports" -w "$port" 2> /dev/null; do
			n=$((n + 1))
			[ $n -lt 1200 ] || return 1
			sleep 0.05
		done
	done
}

end() {
	alive "$1" || return 0
	pid=$(tr -dc 0-9 < "$1")
	kill "$pid" 2> /dev/null
	n=0
	while kill -0 "$pid" 2> /dev/null && [ $n -lt 100 ]; do
		sleep 0.05
		n=$((n + 1))
	done
	kill -9 "$pid" 2> /dev/null
	rm -f -- "$1"
}

start() {
	[ -x "$here/ports" ] && [ -x "$here/relay" ] ||
	    die "run make tests/ports tests/relay first"
	# shellcheck disable=SC2046 # eleven words
	set -- $("$here/ports" 11)
	[ $# -eq 11 ] || die "no free ports"
	IMAP=$1 IMAPS=$2 POP3=$3 POP3S=$4 LMTP=$5 RELAY=$6 TOKENS=$7
	shift
	DOVECOT_SUBMISSION=$7
	POSTFIX=no SUBMISSION=$DOVECOT_SUBMISSION SMTP='' SMTPS=''
	if is_root; then
		POSTFIX=yes SUBMISSION=$8 SMTP=$9
		shift 9
		SMTPS=$1
	fi
	chmod 755 "$D"
	certificates
	dovecot_config
	$as_user dovecot -c "$D/dovecot.conf" || { cat "$D/dovecot.log" >&2; die "Dovecot did not start"; }
	(exec > /dev/null 2>&1 < /dev/null; exec "$here/relay" "$RELAY" "$LMTP") &
	echo $! > "$D/relay.pid"
	[ -z "${OAUTH:-}" ] || {
		(exec > /dev/null 2>&1 < /dev/null; exec python3 "$here/oauth.py" "$TOKENS") &
		echo $! > "$D/oauth.pid"
	}
	if is_root; then
		postfix_config
		postfix -c "$D/postfix/etc" start > "$D/postfix/log" 2>&1 ||
		    { cat "$D/postfix/log" >&2; die "Postfix did not start"; }
	fi
	cat > "$D/env.sh" <<E2
SERVERS='$D' IMAP=$IMAP IMAPS=$IMAPS POP3=$POP3 POP3S=$POP3S LMTP=$LMTP
SUBMISSION=$SUBMISSION DOVECOT_SUBMISSION=$DOVECOT_SUBMISSION SMTP=$SMTP SMTPS=$SMTPS
POSTFIX=$POSTFIX CERTS='$D/tls' CA='$D/tls/ca.pem' OTHER_CA='$D/tls/other-ca.pem'
DOVEADM='$as_user doveadm -c $D/dovecot.conf'
export SERVERS IMAP IMAPS POP3 POP3S LMTP SUBMISSION DOVECOT_SUBMISSION SMTP SMTPS
export POSTFIX CERTS CA OTHER_CA DOVEADM
E2
	# shellcheck disable=SC2086 # unset ones are no words
	answer $IMAP $IMAPS $POP3 $POP3S $LMTP $SUBMISSION $DOVECOT_SUBMISSION $SMTP $SMTPS $RELAY ||
	    die "not all ports answer; see the logs in $D"
	# Postfix waits ten seconds for an answer: the one who answers is to be there.
	n=0
	until $as_user doveadm -c "$D/dovecot.conf" auth test warm warm-pw > /dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 20 ] || die "nobody authenticates; see the logs in $D"
	done
}

stop() {
	if alive "$D/postfix/queue/pid/master.pid"; then
		postfix -c "$D/postfix/etc" stop > /dev/null 2>&1
	fi
	end "$D/postfix/queue/pid/master.pid"
	stop_second
	end "$D/run/master.pid"
	end "$D/relay.pid"
	end "$D/oauth.pid"
}

case $1 in
# Where one of them does not come up, the others are not left behind.
start) (start) || { stop; exit 1; } ;;
stop) stop ;;
second) second ;;
release-second) release_second ;;
stop-second|hold-second) stop_second ;;
*) die "start or stop" ;;
esac
