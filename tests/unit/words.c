/* SPDX-License-Identifier: ISC */
/* words.c -- command lines into words, and passwords in them. */
#include <stdlib.h>

#include "../../cmd/runint.h"
#include "../../cmd/secret.h"
#include "../../cmd/vars.h"
#include "../../cmd/words.h"
#include "tap.h"

volatile sig_atomic_t	got_signal;

static struct mailx	m;

/* The words as "one|two|", or the failure's code. */
static char *
split(const char *line, bool expand)
{
	struct strv words = { 0 };
	struct fail why = { 0 };
	char *text;
	size_t len, i;
	FILE *f = xmemstream(&text, &len);

	if (words_split(&m, line, expand, &words, &why) == -1)
		fprintf(f, "%d", why.code);
	else
		for (i = 0; i < words.n; i++)
			fprintf(f, "%s|", words.v[i]);
	fclose(f);
	strv_free(&words);
	return text;
}

static void
splits(const char *line, bool expand, const char *want)
{
	char *got = split(line, expand);

	is_string(got, want, line);
	free(got);
}

static void
test_literal(void)
{
	splits("", false, "");
	splits("  a\tb  ", false, "a|b|");
	splits("'a b' \"c d\"", false, "a b|c d|");
	splits("'' \"\" x", false, "||x|");
	splits("a\\ b \\'c \\\\", false, "a b|'c|\\|");
	splits("a\\", false, "a|");
	splits("\"a\\b\" '\\'", false, "a\\b|\\|");
	splits("\"it's\" 'a \"b\"'", false, "it's|a \"b\"|");
	splits("it's O'Brien's", false, "it's|O'Brien's|");
	splits("x='a b' y=\"c d\"e", false, "x=a b|y=c de|");
	splits("$x ${x} $1", false, "$x|${x}|$1|");
	splits("\"open", false, "64");
	splits("x=\"open", false, "64");
	splits("don't", false, "don't|");
	splits("(a b) c", false, "(a b)|c|");
	splits("(from \"a ) b\") c", false, "(from \"a ) b\")|c|");
	splits("(a (b c)) (d", false, "(a (b c))|(d|");
	splits("(a b)c", false, "(a|b)c|");
	splits("<a@b> a,b $ ^-$", false, "<a@b>|a,b|$|^-$|");
}

static void
test_expanded(void)
{
	struct strv params = { 0 };
	struct input in = { .params = &params, .expand = true };
	struct fail why = { 0 };

	strv_add(&params, "one");
	strv_add(&params, "two words");
	run_state(&m)->input = &in;
	m.run->previous = 3;
	var_set(&m, "from", "a \"b\"", &why);
	var_set(&m, "x-y", "hyphen", &why);
	splits("$from ${from}c", true, "a \"b\"|a \"b\"c|");
	splits("\"$from\" '$from' \\$from", true, "a \"b\"|$from|$from|");
	splits("\"\\$a \\\" \\\\ \\n\"", true, "$a \" \\ \\n|");
	splits("$x-y ${x-y} $from-y", true, "hyphen|hyphen|a \"b\"-y|");
	splits("$1 $2 \"$3\" $3 ${2}x $#", true, "one|two words||two wordsx|2|");
	splits("$@ \"$@\" x$@", true,
	    "one|two words|one|two words|xone two words|");
	splits("$? $ 1-$ ${", true, "3|$|1-$|${|");
	strv_free(&params);
	m.run->input = NULL;
}

static void
test_text(void)
{
	struct fail why = { 0 };
	char *got;

	var_set(&m, "from", "x \"y", &why);
	got = words_expand(&m, "subject $from or \"a $from\" '$from' \\$from");
	is_string(got, "subject \"x \\\"y\" or \"a x \\\"y\" '$from' \\$from",
	    "a value in an expression is one word");
	free(got);
}

static void
hides(const char *arg, const char *want)
{
	char *copy = xstrdup(arg);

	secret_wipe(copy);
	is_string(copy, want, arg);
	free(copy);
}

static void
test_secrets(void)
{
	hides("imaps://u:secret@h/x", "imaps://u:******@h/x");
	hides("fetch pop3s://u:s1@h imap://v:s2@h/a:b@c",
	    "fetch pop3s://u:**@h imap://v:**@h/a:b@c");
	hides("imaps://u@h:993/x", "imaps://u@h:993/x");
	hides("smtp-auth-password=a b c", "smtp-auth-password=*****");
	hides("--set=password-u@h=x y", "--set=password-u@h=***");
	hides("set smtp-auth-password='a b' x=1",
	    "set smtp-auth-password='***' x=1");
	hides("password-command=pass show x", "password-command=pass show x");
	hides("subject: password", "subject: password");
	hides("a@example.org", "a@example.org");
}

int
main(void)
{
	m.vars = vars_new();
	test_literal();
	test_expanded();
	test_text();
	test_secrets();
	run_free(&m);
	vars_free(m.vars);
	return done();
}
