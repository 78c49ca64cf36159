/* SPDX-License-Identifier: ISC */
/* vars.c -- variables: defaults, types, older names, the environment. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/vars.h"
#include "tap.h"

volatile sig_atomic_t got_signal;	/* of main */

static struct mailx m;

static void
is_var(const char *name, const char *want, const char *what)
{
	is_string(var_get(&m, name), want, what);
}

static int
assign(const char *word)
{
	struct fail why = { 0 };
	int r = var_assign(&m, word, &why);

	if (r == -1)
		printf("# %s (%d)\n", why.text, why.code);
	return r;
}

static void
table(void)
{
	const struct var *e, *f;
	bool sorted = true, known = true, typed = true;

	for (e = variables; e->name != NULL; e++) {
		if (e[1].name != NULL && strcmp(e->name, e[1].name) >= 0) {
			printf("# %s\n", e[1].name);
			sorted = false;
		}
		if (e->help == NULL || e->help[strlen(e->help) - 1] == '.')
			typed = false;
		if (e->alias_of == NULL)
			continue;
		for (f = variables; f->name != NULL; f++)
			if (strcmp(f->name, e->alias_of) == 0)
				break;
		known = known && f->name != NULL && f->alias_of == NULL &&
		    f->type == e->type;
	}
	ok(sorted, "the table is in order");
	ok(known, "older names mean names that are there, of the same type");
	ok(typed, "every variable has a sentence of help");
}

static void
defaults(void)
{
	is_var("append", "", "append is on");
	is_var("header", "", "header is on");
	is_var("asksub", "", "asksub is on");
	is_var("save", "", "save is on");
	is_var("partial", "", "partial is on");
	ok(assign("partial=no") == 0, "-S partial=no");
	is_var("partial", NULL, "turns it off");
	ok(assign("partial=yes") == 0, "-S partial=yes");
	is_var("partial", "", "turns it on");
	is_var("hold", NULL, "hold is off");
	is_var("prompt", "? ", "prompt");
	is_var("indentprefix", "\t", "indentprefix");
	is_var("toplines", "5", "toplines");
	is_var("MBOX", "/nowhere/home/mbox", "MBOX is in the home directory");
	is_var("DEAD", "/nowhere/dead", "DEAD is from the environment");
	is_int(var_number(&m, "lock-timeout", 0), 60, "lock-timeout");
	is_int(m.options.lock_timeout, 60, "which the store is told");
	is_var("no-such-name", NULL, "an unknown one is not set");
}

static void
setting(void)
{
	struct fail why = { 0 };

	is_int(assign("hold"), 0, "set hold");
	is_var("hold", "", "is set");
	is_int(assign("nohold"), 0, "set nohold");
	is_var("hold", NULL, "is not set");
	is_int(assign("nohold"), 0, "again");
	is_int(assign("hold=yes"), 0, "set hold=yes");
	is_var("hold", "", "a boolean has no text");
	is_int(assign("screen=10"), 0, "set screen=10");
	is_int(var_number(&m, "screen", 0), 10, "is 10");
	is_int(assign("screen=ten"), -1, "a number must be one");
	is_int(assign("screen=-1"), -1, "not negative");
	is_int(assign("screen=99999999999"), -1, "nor too large");
	is_int(var_number(&m, "screen", 0), 10, "is what it was");
	is_int(assign("crt"), 0, "a number may be empty");
	is_int(var_number(&m, "crt", 7), 7, "and is none then");
	is_int(assign("max-message=25M"), 0, "sizes may be short");
	is_int(var_number(&m, "max-message", 0), 25 << 20, "25M");
	is_int(assign("max-message=9G"), -1, "9G is too large");
	is_int(assign("folder=~/Mail"), 0, "a path");
	is_var("folder", "/nowhere/home/Mail", "has its ~ expanded");
	is_int(assign("prompt="), 0, "set prompt=");
	is_var("prompt", "", "is empty");
	is_int(assign("x=a=b c"), 0, "an unknown one");
	is_var("x", "a=b c", "is kept");
	is_int(assign("nss-config-dir=/x"), 0, "of another program");
	is_int(assign("nonsense"), 0, "no is a prefix");
	is_var("nonsense", NULL, "of any name");
	is_int(assign("=x"), -1, "a name is needed");
	is_int(assign("a\nb=x"), -1, "of one line");
	is_int(var_unset(&m, "x", &why), 0, "unset");
	is_var("x", NULL, "it is gone");
	is_int(var_unset(&m, "x", &why), -1, "not twice");
	is_int(why.code, EX_USAGE, "a mistake of usage");
	fail_clear(&why);
	is_int(var_unset(&m, "hold", &why), 0, "unset of a known one");
	is_int(var_unset(&m, "hold", &why), 0, "may be said twice");
}

static void
older(void)
{
	assign("smtp=mail.example.org:2525");
	is_var("mta", "smtp://mail.example.org:2525", "smtp is mta");
	is_var("smtp", "smtp://mail.example.org:2525", "by both names");
	assign("smtp=smtps://mail.example.org");
	is_var("mta", "smtps://mail.example.org", "a URL stays one");
	assign("mta=sendmail");
	is_var("smtp", "sendmail", "the last one said holds");
	assign("sendmail=/usr/bin/msmtp");
	is_var("mta", "/usr/bin/msmtp", "sendmail is mta");
	assign("ssl-verify=warn");
	is_var("tls-verify", "strict", "ssl-verify=warn is strict");
	assign("ssl-verify=IGNORE");
	is_var("tls-verify", "ignore", "ssl-verify=ignore is ignore");
	assign("ssl-ca-file=~/ca.pem");
	is_var("tls-ca-file", "/nowhere/home/ca.pem", "ssl-ca-file");
	assign("encoding=quoted-printable");
	is_var("encoding", "qp", "quoted-printable is qp");
	assign("noask");
	is_var("asksub", NULL, "noask is noasksub");
	assign("ask");
	is_var("asksub", "", "ask is asksub");
	assign("smtp-auth-password=geheim");
	is_var("smtp-auth-password", "geheim", "SMTP has a password of its own");
	assign("password-joe@example.org=p w");
	is_var("password-joe@example.org", "p w", "names are free");
	assign("ttycharset=iso-8859-15");
	is_var("charset", "iso-8859-15", "ttycharset is charset");
}

static void
applied(void)
{
	assign("charset-8bit=gb18030");
	is_string(m.options.charset_8bit, "gb18030", "charset-8bit is applied");
	assign("charset-8bit=big5");
	is_string(m.options.charset_8bit, "big5", "and its change");
	assign("nocharset-8bit");
	is_string(m.options.charset_8bit, NULL, "and its end");
	is_string(m.options.state_dir, "/nowhere/home/.local/state/mailx",
	    "the state directory");
}

static char *all;
static FILE *all_stream;

static void
note(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	fprintf(all_stream, "%s=%s;", name, value);
}

static void
each(void)
{
	char *last = NULL, *next, *end;
	bool sorted = true;
	size_t n;

	all_stream = xmemstream(&all, &n);
	var_each(&m, note, NULL);
	fclose(all_stream);
	ok(strstr(all, ";tls-min=1.2;") != NULL, "each: with values");
	ok(strstr(all, ";hold=") == NULL, "each: those that are set");
	for (next = all; (end = strchr(next, ';')) != NULL; next = end + 1) {
		*end = '\0';
		if (last != NULL && strcmp(last, next) >= 0)
			sorted = false;
		last = next;
	}
	ok(sorted, "each: in order");
	free(all);
}

static void
directories(void)
{
	char base[] = "/tmp/mailx-vars.XXXXXX", *path, *want;
	struct fail why = { 0 };
	struct stat st;

	if (mkdtemp(base) == NULL)
		return;
	want = xasprintf("%s/a/b/mailx", base);
	path = xasprintf("%s/a/b", base);
	setenv("XDG_STATE_HOME", path, 1);
	free(path);
	path = var_state_dir(&m, &why);
	is_string(path, want, "the state directory");
	ok(path != NULL && stat(path, &st) == 0 && (st.st_mode & 07777) == 0700,
	    "is made, for oneself alone");
	if (path != NULL)
		rmdir(path);
	free(path);
	free(want);
	path = xasprintf("%s/a/b", base);
	rmdir(path);
	path[strlen(path) - 2] = '\0';
	rmdir(path);
	free(path);
	path = xasprintf("%s/file", base);
	fclose(fopen(path, "w"));
	setenv("XDG_CACHE_HOME", path, 1);
	ok(var_cache_dir(&m, &why) == NULL && why.code == EX_CANTCREAT,
	    "one that cannot be made");
	unlink(path);
	free(path);
	rmdir(base);
}

int
main(void)
{
	unsetenv("XDG_STATE_HOME");
	unsetenv("MBOX");
	setenv("HOME", "/nowhere/home", 1);
	setenv("DEAD", "/nowhere/dead", 1);
	m.vars = vars_new();
	vars_apply(&m);
	table();
	defaults();
	setting();
	older();
	applied();
	each();
	directories();
	vars_free(m.vars);
	return done();
}
