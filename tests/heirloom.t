#!/bin/sh
# The command lines for Heirloom mailx and s-nail that are copied most: they run as they are.
# Where the host is another, localhost and the port of a test's server stand in.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/tests/faults.sh"
case $POSTFIX in yes) ;; *) echo '1..0 # SKIP no Postfix'; exit 0 ;; esac
U=$USER_NAME TO=$USER_NAME@example.test N=0
printf 'set tls-ca-file=%s\n' "$CA" > "$HOME/.mailrc"
: > "$HOME/.netrc"
chmod 600 "$HOME/.mailrc" "$HOME/.netrc"
echo 'a file' > report.txt
PW=$U-pw

# arrives NAME: the last one got through, and to its user.
arrives() {
	N=$((N + 1))
	is "$STATUS" 0 "$1"
	[ "$STATUS" -ne 0 ] || { arrived "$U" $N; ok $? 'it arrives'; }
	unlike "$ERR$OUT" "$PW" 'the password is nowhere'
}
mail() { run sh -c 'm=$1; shift; echo "This is the body" | "$m" "$@"' sh "$MAILX" "$@"; }

# --- Heirloom mailx, as the answers on the web have it ---
mail -v -s 'Subject' \
    -S smtp-use-starttls \
    -S ssl-verify=ignore \
    -S smtp-auth=login \
    -S "smtp=smtp://localhost:$SUBMISSION" \
    -S "from=$U@example.test(John Doe)" \
    -S "smtp-auth-user=$U" \
    -S "smtp-auth-password=$PW" \
    -S ssl-verify=ignore \
    -S nss-config-dir=/etc/pki/nssdb/ \
    "$TO"
arrives 'STARTTLS, AUTH LOGIN, ssl-verify=ignore, nss-config-dir'
like "$ERR" 'certificate is not verified' 'that nothing is verified is told with -v'
like "$ERR" '^mailx: a password on the command line' 'and that a password stood on the command line'
is "$(printf '%s\n' "$ERR" | grep -c 'command line')" 1 'in one line'
like "$ERR" '^C: AUTH LOGIN' 'by the mechanism asked for'

mail -s Subject -S smtp=localhost:"$SUBMISSION" -S smtp-use-starttls -S smtp-auth=plain \
    -S smtp-auth-user="$U" -S smtp-auth-password="$PW" -S from="$U@example.test" -a report.txt "$TO"
arrives 'smtp=host:port, a file attached'
is "$ERR" '' 'off a terminal nothing is told of a success'
like "$($DOVEADM fetch -u "$U" text all | tr -d '\r')" 'filename="*report.txt' 'with the file'

mail -s Subject -S smtp=smtps://localhost:"$SMTPS" -S smtp-auth=cram-md5 -S smtp-auth-user="$U" \
    -S smtp-auth-password="$PW" -S from="$U@example.test" "$TO"
arrives 'smtps://, CRAM-MD5'
mail -r "$U@example.test" -s Subject -S smtp="localhost:$SMTP" "$TO"
arrives 'a relay without a password, -r'
mail -S smtp="localhost:$SMTP" -s Subject -c "$TO" -b nobody1@example.test -r "$U@example.test" "$TO"
arrives '-c and -b'
mail -s Subject -S smtp-auth=login -S smtp="smtps://localhost:$SMTPS" -S smtp-auth-user="$U" -S smtp-auth-password=wrong-password "$TO"
is "$STATUS" 77 'a wrong password'
unlike "$ERR" 'wrong-password' 'which is not shown'
rm -f "$HOME/dead.letter"

# ~/.mailrc as in the manuals of distributions
cat > rc <<E2
set smtp-use-starttls
set ssl-verify=ignore
set nss-config-dir=/home/user/.mozilla/firefox/yyyyyyyy.default/
set from="$U@example.test(John Doe)"
set smtp=smtp://localhost:$SUBMISSION
set smtp-auth=login
set smtp-auth-user=$U
set smtp-auth-password="$PW"
E2
chmod 600 rc
run sh -c 'echo body | MAILRC=rc "$0" -s "cron report" "$1"' "$MAILX" "$TO"
arrives 'a .mailrc'
cat > rc <<E2
account gmail {
	set smtp-use-starttls
	set from="$U@example.test"
	set smtp=smtp://localhost:$SUBMISSION
	set smtp-auth=login
	set smtp-auth-user=$U
	set smtp-auth-password="$PW"
	set ssl-ca-file=$CA
}
E2
run sh -c 'echo body | MAILRC=rc "$0" -A gmail -s Subject "$1"' "$MAILX" "$TO"
arrives 'account gmail, -A gmail'

# --- s-nail ---
mail -:/ -S v15-compat -S mta="smtps://$U:$PW@localhost:$SMTPS" -S ssl-ca-file="$CA" -S from="$U@example.test" \
    -s Subject "$TO"
arrives 's-nail: -:/ -S v15-compat -S mta=smtps://user:pass@host'
mail -v -Sv15-compat -Ssmtp-use-starttls -Smta="submission://$U:$PW@localhost:$SUBMISSION" -Ssmtp-auth=plain \
    -Sfrom="$U@example.test" -s Subject -a report.txt "$TO"
arrives 's-nail: -Svariable=value, submission://'
like "$ERR" 'command line' 'a password in a URL is warned about too'
mail -n -S v15-compat -S "mta=smtps://$U@localhost:$SMTPS" -S "password-$U@localhost=$PW" -S smtp-config=-all,login \
    -r "$U@example.test" -s Subject "$TO"
arrives 's-nail: password-USER@HOST, smtp-config'
cat > rc <<E2
set v15-compat ssl-ca-file=$CA
account work {
	set mta=smtps://$U:$PW@localhost:$SMTPS from=$U@example.test
}
E2
run sh -c 'echo body | MAILRC=rc "$0" -A work -s Subject "$1"' "$MAILX" "$TO"
arrives 's-nail: several settings in one line of an account'
run sh -c '"$0" -n -R -Sv15-compat -Stls-ca-file="$1" -f "imaps://$2:$3@localhost:$4/" -H' "$MAILX" "$CA" "$U" "$PW" "$IMAPS"
is "$STATUS" 0 's-nail: -R -f imaps://user:pass@host -H'
like "$OUT" 'Subject' 'the summary'
done_testing
