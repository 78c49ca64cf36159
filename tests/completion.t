#!/bin/sh
# What --completion prints, run by the shells that are there; and what is installed.
# shellcheck disable=SC2034 # LOCAL is for lib.sh
LOCAL=yes
. "$(dirname -- "$0")/lib.sh"
printf 'account work {\nset from=work@example.test\n}\n' > "$HOME/.mailrc"
: > report.pdf
for shell in bash zsh fish; do
	run "$MAILX" --completion $shell
	is "$STATUS$ERR" 0 "--completion $shell"
	printf '%s\n' "$OUT" > completion.$shell
	for word in subject attach headers completion; do
		grep -q -e "$word" completion.$shell; ok $? "$shell: $word"
	done
done
run "$MAILX" --completion csh
is "$STATUS" 64 'another shell'
like "$ERR" 'csh: bash, zsh or fish' 'and which there are'
has() { command -v "$1" > /dev/null 2>&1; }

# --- bash ---
if has bash; then
	# words WORD...: what the last one may become
	cat > words.bash <<'E2'
. ./completion.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
compopt() { :; }
_mailx
printf '%s\n' "${COMPREPLY[@]}"
E2
	words() { run bash --norc words.bash mailx "$@"; }
	words --sub; is "$OUT$ERR" '--subject' 'bash: an option'
	words -S asks; is "$OUT$ERR" 'asksub' 'bash: a variable'
	words --set lock-; is "$OUT$ERR" 'lock-timeout' 'bash: the same for the long name'
	words -Y exp; is "$OUT$ERR" 'expunge' 'bash: a command'
	words -a rep; is "$OUT$ERR" 'report.pdf' 'bash: a file'
	words -A wo; is "$OUT$ERR" 'work' 'bash: an account'
	words -s rep; is "$OUT$ERR" '' 'bash: a subject has none'
	words ro; like "$OUT" '^root$' 'bash: a user'
	words --completion z; is "$OUT" 'zsh' 'bash: a shell'
else
	skip 9 'no bash'
fi

# --- zsh ---
if has zsh; then
	run zsh -n completion.zsh
	is "$STATUS$ERR" 0 'zsh: it can be read'
	mkdir functions && cp completion.zsh functions/_mailx
	cat > script <<'E2'
< READY
= mailx --subj\t
< mailx --subject=
= \x15mailx -S asks\t
< asksub
= \x15mailx -Y expun\t
< expunge
= \x15mailx -A wo\t
< work
= \x15mailx -a rep\t
< report.pdf
= \x15
> exit
E2
	cat > start.zsh <<'E2'
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -D
PS1='READY '
E2
	mkdir zdot && cp start.zsh zdot/.zshrc
	echo 'skip_global_compinit=1' > zdot/.zshenv	# of Debian, which knows another mailx
	run python3 "$ROOT/tests/terminal.py" script xterm 80 -- env ZDOTDIR="$T/zdot" zsh -i
	is "$STATUS" 0 'zsh: options, variables, commands, accounts, files'
	[ "$STATUS" -eq 0 ] || printf '%s\n' "$OUT" | tail -n 20
else
	skip 2 'no zsh'
fi

# --- fish ---
if has fish; then
	fish_words() { run fish --no-config -c "source completion.fish; complete -C '$1'"; }
	fish_words 'mailx --sub'; like "$OUT" '^--subject' 'fish: an option'
	fish_words 'mailx -S asks'; like "$OUT" '^asksub' 'fish: a variable'
	fish_words 'mailx -Y expun'; like "$OUT" '^expunge' 'fish: a command'
	fish_words 'mailx -a rep'; like "$OUT" '^report.pdf' 'fish: a file'
	fish_words 'mailx -A wo'; like "$OUT" '^work' 'fish: an account'
else
	skip 5 'no fish'
fi

# --- make install ---
if [ "$MAILX" = "$ROOT/mailx" ]; then
	run make -s -C "$ROOT" install "DESTDIR=$T/root" PREFIX=/usr
	is "$STATUS" 0 'make install'
	same root/usr/share/bash-completion/completions/mailx completion.bash 'bash'
	same root/usr/share/zsh/site-functions/_mailx completion.zsh 'zsh'
	same root/usr/share/fish/vendor_completions.d/mailx.fish completion.fish 'fish'
	run make -s -C "$ROOT" uninstall "DESTDIR=$T/root" PREFIX=/usr
	is "$(find root -type f)" '' 'make uninstall leaves nothing'
else
	skip 5 'another program is tested than the one that is installed'
fi
done_testing
