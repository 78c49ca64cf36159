/* SPDX-License-Identifier: ISC */
/* alias.c -- recipients as people type them, aliases, one's own addresses. */

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../cmd/alias.h"
#include "../../cmd/cmd.h"
#include "../../cmd/vars.h"
#include "../../mime/addr.h"
#include "tap.h"

extern const struct cmd cmd_alias, cmd_unalias, cmd_alternates;

volatile sig_atomic_t got_signal;	/* of main */

static struct mailx m;

/* A command and its words, | between them. */
static int
command(const struct cmd *cmd, const char *words)
{
	struct args a = { .cmd = cmd };
	char *copy = xstrdup(words), *rest = copy, *word;
	int r;

	while ((word = strsep(&rest, "|")) != NULL)
		strv_add(&a.words, word);
	fail_clear(&m.why);
	r = cmd->run(&m, &a);
	strv_free(&a.words);
	free(copy);
	return r;
}

static int
expand(const char *text, char **got, struct fail *why)
{
	struct addrs as = { 0 };
	char *one;
	size_t n, i;
	FILE *f;
	int r;

	fail_clear(why);
	r = alias_expand(&m, text, &as, why);
	f = xmemstream(got, &n);
	for (i = 0; i < as.n; i++) {
		one = addr_display(&as.v[i]);
		fprintf(f, "%s%s", i == 0 ? "" : "|", one);
		free(one);
	}
	fclose(f);
	addrs_free(&as);
	return r;
}

static void
is(const char *text, const char *want)
{
	struct fail why;
	char *got;

	if (expand(text, &got, &why) == -1)
		printf("# %s\n", why.text);
	is_string(got, want, text);
	free(got);
}

static void
refused(const char *text)
{
	struct fail why;
	char *got;

	ok(expand(text, &got, &why) == -1 && why.code == EX_DATAERR,
	    "refused: %.*s", (int)strcspn(text, "\r\n"), text);
	printf("# %s\n", why.text);
	free(got);
}

static void
typed(void)
{
	is("joe@example.org", "joe@example.org");
	is("joe", "joe");
	is("joe, bob@example.org", "joe|bob@example.org");
	is("joe bob@example.org", "joe|bob@example.org");
	is("Joe Public <joe@example.org>, bob",
	    "Joe Public <joe@example.org>|bob");
	is("\"Public, Joe\" <joe@example.org>",
	    "\"Public, Joe\" <joe@example.org>");
	is("joe@example.org (Joe)", "Joe <joe@example.org>");
	is("friends: joe, bob;", "joe|bob");
	is("joe@[192.0.2.1]", "joe@[192.0.2.1]");
	is("\"a b\"@example.org", "\"a b\"@example.org");
	is("joe@EXAMPLE.org joe@example.org", "joe@EXAMPLE.org");
	is("张三@example.org", "张三@example.org");
	is(" , ", "");
}

static void
hostile(void)
{
	refused("|cmd");
	refused("/etc/passwd");
	refused("+folder");
	refused("@file");
	refused("-oQ/tmp");
	refused("-Y!cmd");
	refused("a@b;id");
	refused("a;id");
	refused("$(id)");
	refused("`id`");
	refused("a@b\nBcc: c@d");
	refused("a@b\r");
	refused("<a@b");
	refused("a@b>");
	refused("\"open <a@b>");
	refused("a@b@c");
	refused("<>");
	refused("a@-b");
	refused("|cmd <|cmd>");
	refused("joe, |cmd");
}

static void
aliases(void)
{
	char line[64];
	int i;

	command(&cmd_alias, "pals|joe|Bob <bob@example.org>|ann, eve");
	is("pals", "joe|Bob <bob@example.org>|ann|eve");
	is("pals joe", "joe|Bob <bob@example.org>|ann|eve");
	is("pals@example.org", "pals@example.org");
	is("\\pals", "pals");
	is("Pals <pals>", "Pals <pals>");
	command(&cmd_alias, "all|pals|zoe");
	is("all", "joe|Bob <bob@example.org>|ann|eve|zoe");
	is("all, pals", "joe|Bob <bob@example.org>|ann|eve|zoe");
	command(&cmd_alias, "pals|tom");
	is("pals", "joe|Bob <bob@example.org>|ann|eve|tom");
	command(&cmd_alias, "joe|joe|joe@home.example");
	is("joe", "joe|joe@home.example");
	command(&cmd_alias, "evil|/etc/passwd");
	refused("evil");
	command(&cmd_alias, "ann|Ann B|<ann@example.org>|bob|<c@example.org>");
	is("ann", "Ann B <ann@example.org>|bob <c@example.org>");
	is_int(command(&cmd_unalias, "pals"), 0, "unalias");
	is("pals", "pals");
	is_int(command(&cmd_unalias, "pals"), -1, "no such alias");
	is_int(command(&cmd_alias, "a@b|c"), -1, "an address is no name");
	command(&cmd_alias, "x|y");
	command(&cmd_alias, "y|x");
	refused("x");
	refused("y");
	for (i = 0; i < 200; i++) {
		snprintf(line, sizeof line, "n%d|n%d|n%d", i, i + 1, i + 1);
		command(&cmd_alias, line);
	}
	refused("n0");
	is("n150", "n200");
	command(&cmd_unalias, "*");
	is("n150", "n150");
}

static void
own(void)
{
	const struct passwd *pw = getpwuid(getuid());
	char *text;

	if (pw == NULL)
		return;
	ok(alias_is_own(&m, pw->pw_name), "the login name");
	var_set(&m, "hostname", "here.example", NULL);
	text = xasprintf("%s@HERE.example", pw->pw_name);
	ok(alias_is_own(&m, text), "on this host");
	free(text);
	text = xasprintf("%s@elsewhere.example", pw->pw_name);
	ok(!alias_is_own(&m, text), "not elsewhere");
	var_set(&m, "allnet", "", NULL);
	ok(alias_is_own(&m, text), "with allnet there too");
	var_unset(&m, "allnet", NULL);
	free(text);
	var_set(&m, "from", "Me <me@example.org>", NULL);
	ok(alias_is_own(&m, "Me@Example.Org"), "from");
	ok(!alias_is_own(&m, "you@example.org"), "not another");
	command(&cmd_alternates, "you@example.org|nick");
	ok(alias_is_own(&m, "you@example.org"), "alternates");
	ok(alias_is_own(&m, "nick@here.example"), "a name, on this host");
	ok(!alias_is_own(&m, "nick@example.org"), "not elsewhere");
	text = xasprintf("gang|%s|tom", pw->pw_name);
	command(&cmd_alias, text);
	is("gang", "tom");
	var_set(&m, "metoo", "", NULL);
	free(text);
	text = xasprintf("%s|tom", pw->pw_name);
	is("gang", text);
	free(text);
}

int
main(void)
{
	m.vars = vars_new();
	vars_apply(&m);
	var_unset(&m, "allnet", NULL);
	typed();
	hostile();
	aliases();
	own();
	aliases_free(m.aliases);
	vars_free(m.vars);
	return done();
}
