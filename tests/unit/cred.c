/* SPDX-License-Identifier: ISC */
/* cred.c -- where user and password come from, and what is refused. */
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../net/cred.h"
#include "tap.h"

static char	dir[] = "/tmp/mailx-cred.XXXXXX";
static char	netrc[64];

static void
write_netrc(const char *text, mode_t mode)
{
	FILE *f;

	unlink(netrc);
	if ((f = fopen(netrc, "w")) == NULL || fputs(text, f) == EOF ||
	    fclose(f) != 0 || chmod(netrc, mode) == -1)
		exit(1);
}

static struct server
a_server(void)
{
	static char host[] = "mail.example.org", port[] = "993";
	struct server s;

	memset(&s, 0, sizeof s);
	s.url.scheme = SCHEME_IMAPS;
	s.url.host = host;
	s.url.port = port;
	s.netrc = netrc;
	return s;
}

static void
gives(const struct server *s, const char *want, int code, const char *what)
{
	struct fail why;
	char *got;

	fail_clear(&why);
	got = cred_password(s, &why);
	is_string(got, want, what);
	is_int(why.code, code, what);
	if (strstr(why.text, "secret") != NULL)
		ok(false, "%s: the password in the failure", what);
	cred_wipe(got);
}

static void
test_order(void)
{
	struct server s = a_server();
	struct fail why;
	char *user;

	write_netrc("machine mail.example.org login joe password from-netrc\n"
	    "machine mail.example.org login ann password anns\n", 0600);
	fail_clear(&why);
	user = cred_user(&s, &why);
	is_string(user, "joe", "the user of netrc");
	free(user);
	gives(&s, "from-netrc", 0, "netrc");
	s.url.user = (char[]){ "ann" };
	gives(&s, "anns", 0, "netrc, by the user of the URL");
	s.url.user = (char[]){ "eve" };
	gives(&s, NULL, EX_NOPERM, "nobody answers");
	s.password_command = (char[]){ "echo from-command; echo more" };
	gives(&s, "from-command", 0, "the first line of a command");
	s.password = (char[]){ "given" };
	gives(&s, "given", 0, "what is given goes before");
	s.url.password = (char[]){ "of-url" };
	gives(&s, "of-url", 0, "what the URL has before that");
	s.oauth_command = (char[]){ "echo token-$MAILX_USER" };
	gives(&s, "token-eve", 0, "a token before all");
	s.oauth_command = (char[]){ "false" };
	gives(&s, NULL, EX_NOPERM, "and no password in its place");
	s = a_server();
	s.url.user = (char[]){ "eve" };
	s.auth = (char[]){ "external" };
	gives(&s, "", 0, "EXTERNAL needs none");
	cred_wipe(NULL);
}

static void
test_command(void)
{
	static char huge[128];
	struct server s = a_server();

	s.url.user = (char[]){ "joe; id" };
	s.password_command = (char[]){ "printf %s "
	    "\"$MAILX_USER:$MAILX_HOST:$MAILX_PROTOCOL\"" };
	gives(&s, "joe; id:mail.example.org:imap", 0, "its environment");
	s.password_command = (char[]){ "printf 'pa ss\\303\\251\"\\\\{'" };
	gives(&s, "pa ss\xc3\xa9\"\\{", 0, "no line end, odd octets");
	s.password_command = (char[]){ "echo secret; exit 3" };
	gives(&s, NULL, EX_NOPERM, "its failure is ours");
	s.password_command = (char[]){ "echo secret; kill -9 $$" };
	gives(&s, NULL, EX_NOPERM, "its death, too");
	s.password_command = (char[]){ "nonexistent-command 2> /dev/null" };
	gives(&s, NULL, EX_NOPERM, "no such command");
	s.password_command = (char[]){ "true" };
	gives(&s, NULL, EX_NOPERM, "nothing printed");
	s.password_command = (char[]){ "printf 'a\\0secret\\n'" };
	gives(&s, NULL, EX_CONFIG, "a NUL");
	s.password_command = (char[]){ "printf 'secret\\r\\n'" };
	gives(&s, NULL, EX_CONFIG, "a CR");
	snprintf(huge, sizeof huge, "head -c %d /dev/zero | tr '\\0' x",
	    MAX_SECRET + 1);
	s.password_command = huge;
	gives(&s, NULL, EX_CONFIG, "too long");
	s.password_command = (char[]){ "yes | head -c 1000000" };
	gives(&s, "y", 0, "much behind the first line");
	s.password_command = (char[]){ "cat; echo x" };
	gives(&s, "x", 0, "its input is empty");
	/* No descriptor of ours comes there but the three. */
	s.password_command = (char[]){
	    "for f in 3 4 5 6 7 8 9; do (: >&$f) 2> /dev/null && echo $f; done; echo none" };
	gives(&s, "none", 0, "no descriptor of ours");
}

static volatile sig_atomic_t signalled;

static void
note_signal(int sig)
{
	signalled = sig;
}

static void
test_signal(void)
{
	struct sigaction sa;
	struct server s = a_server();
	time_t begun = time(NULL);

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = note_signal;
	sigaction(SIGTERM, &sa, NULL);
	s.signalled = &signalled;
	s.url.user = (char[]){ "joe" };
	s.password_command = (char[]){ "kill -TERM $PPID; exec sleep 60" };
	gives(&s, NULL, EX_TEMPFAIL, "a signal while it runs");
	ok(time(NULL) - begun < 50, "ends it");
	signal(SIGTERM, SIG_DFL);
}

static void
test_refusals(void)
{
	static const char *const bad[] = { "a\nb", "a\rb", "\n" };
	struct server s = a_server();
	char joe[] = "joe", x[] = "x";
	struct fail why;
	size_t i;

	s.url.user = joe;
	for (i = 0; i < NELEM(bad); i++) {
		s.password = xstrdup(bad[i]);
		gives(&s, NULL, EX_CONFIG, "a line break in a password");
		free(s.password);
		s.password = x;
		s.url.user = xstrdup(bad[i]);
		gives(&s, NULL, EX_CONFIG, "a line break in a user");
		free(s.url.user);
		s.url.user = joe;
	}
	s.password = NULL;
	write_netrc("machine mail.example.org login joe password secret\n", 0644);
	gives(&s, NULL, EX_CONFIG, "a netrc that others can read");
	write_netrc("machine mail.example.org login joe password secret\n", 0620);
	gives(&s, NULL, EX_CONFIG, "or write");
	s.url.user = NULL;
	fail_clear(&why);
	ok(cred_user(&s, &why) == NULL && why.code == EX_CONFIG,
	    "nor is the user taken from there");
	write_netrc("machine mail.example.org login joe password secret\n", 0600);
	fail_clear(&why);
	s.url.host = (char[]){ "elsewhere.example.org" };
	ok(cred_user(&s, &why) == NULL && why.code == 0, "no user is no failure");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(netrc, sizeof netrc, "%s/netrc", dir);
	test_order();
	test_command();
	test_signal();
	test_refusals();
	unlink(netrc);
	rmdir(dir);
	return done();
}
