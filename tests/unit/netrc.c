/* SPDX-License-Identifier: ISC */
/* netrc.c -- netrc and what else gives passwords. */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../net/cred.h"
#include "../../net/netrc.h"
#include "tap.h"

static char directory[] = "/tmp/mailx-netrc.XXXXXX";

/* "login|password" of the entry for user at mail.example.org:993, "none" without. */
static void
finds(const char *text, const char *user, const char *want, const char *name)
{
	char *login, *password, *got;

	if (netrc_find(span_of(text), "mail.example.org", "993", user, &login,
	    &password))
		got = xasprintf("%s|%s", login == NULL ? "-" : login,
		    password == NULL ? "-" : password);
	else
		got = xstrdup("none");
	is_string(got, want, name);
	free(got);
	cred_wipe(login);
	cred_wipe(password);
}

static void
test_finding(void)
{
	static const char two[] =
	    "machine other.example.org login x password y\n"
	    "machine mail.example.org login joe password one\n"
	    "machine MAIL.example.org\n\tlogin jane\n\tpassword two\n";

	finds(two, NULL, "joe|one", "the first login of the host");
	finds(two, "joe", "joe|one", "by user");
	finds(two, "jane", "jane|two", "the second user");
	finds(two, "jim", "none", "an unknown user");
	finds("", NULL, "none", "an empty file");
	finds("machine mail.example.org password p", "joe", "-|p",
	    "an entry for any user");
	finds("machine mail.example.org password p", NULL, "none",
	    "which names none");
	finds("default login a password d machine mail.example.org login b "
	    "password e", NULL, "b|e", "default counts last");
	finds("machine x login b password e default login a password d", NULL,
	    "a|d", "default");
	finds("machine mail.example.org:993 login a password b", NULL, "a|b",
	    "a host with port");
	finds("machine mail.example.org:143 login a password b", NULL, "none",
	    "another port");
	finds("machine mail.example.org login \"a b\" password \"x\\\"y\\\\z #\"",
	    NULL, "a b|x\"y\\z #", "quoted words");
	finds("machine mail.example.org login a password p#\\\"q", NULL,
	    "a|p#\"q", "a hash inside a word");
	finds("# machine mail.example.org login no password no\n"
	    "machine mail.example.org #login no\n login a # b\n password c",
	    NULL, "a|c", "comments");
	finds("macdef init\nmachine mail.example.org login no password no\n\n"
	    "machine mail.example.org login a password b", NULL, "a|b",
	    "a macro is passed over");
	finds("machine mail.example.org account z login a password b", NULL,
	    "a|b", "account");
	finds("machine", NULL, "none", "cut off after machine");
	finds("machine mail.example.org login", NULL, "none",
	    "cut off after login");
	finds("machine mail.example.org login \"a", NULL, "a|-",
	    "cut off in a quoted word");
	finds("login a password b machine mail.example.org login c password d",
	    NULL, "c|d", "words before the first machine");
}

static struct strv paths;

static char *
keep(char *path)
{
	strv_take(&paths, path);
	return path;
}

static char *
put(const char *name, const char *text, mode_t mode)
{
	char *path = keep(xasprintf("%s/%s", directory, name));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write_all(fd, text, strlen(text)) == -1 ||
	    fchmod(fd, mode) == -1 || close(fd) == -1)
		exit(1);
	return path;
}

static void
asks(struct server *s, const char *want, int code, const char *name)
{
	struct fail why;
	char *got;

	fail_clear(&why);
	got = cred_password(s, &why);
	is_string(got, want, name);
	is_int(why.code, code, name);
	cred_wipe(got);
}

static struct server
a_server(void)
{
	static char host[] = "mail.example.org", port[] = "993", user[] = "joe";
	struct server s;

	memset(&s, 0, sizeof s);
	s.url.scheme = SCHEME_IMAPS;
	s.url.host = host;
	s.url.port = port;
	s.url.user = user;
	return s;
}

/* The file where no variable names one. */
static void
test_named(void)
{
	struct server s = a_server();

	(void)setenv("HOME", directory, 1);
	(void)put(".netrc", "machine mail.example.org password home", 0600);
	(void)unsetenv("NETRC");
	asks(&s, "home", 0, "~/.netrc");
	(void)setenv("NETRC", "", 1);
	asks(&s, "home", 0, "~/.netrc with an empty NETRC");
	(void)setenv("NETRC",
	    put("named", "machine mail.example.org password named", 0600), 1);
	asks(&s, "named", 0, "the file of NETRC");
	s.netrc = put("good", "machine mail.example.org password a", 0600);
	asks(&s, "a", 0, "that of the variable before it");
	(void)unsetenv("NETRC");
}

static void
test_file(void)
{
	static char null[] = "/dev/null";
	struct server s = a_server();
	struct fail why;
	char *user, *long_text, *fifo;

	s.netrc = put("good", "machine mail.example.org login joe password a",
	    0600);
	asks(&s, "a", 0, "a password of netrc");
	s.url.user = NULL;
	fail_clear(&why);
	user = cred_user(&s, &why);
	is_string(user, "joe", "the user of netrc");
	free(user);
	s = a_server();
	s.netrc = put("open", "machine mail.example.org password a", 0640);
	asks(&s, NULL, EX_CONFIG, "a file that others can read");
	s.netrc = put("crlf", "machine mail.example.org password \"a\nb\"",
	    0600);
	asks(&s, NULL, EX_CONFIG, "a line break in a password");
	long_text = xmalloc(6000);
	memset(long_text, 'x', 5999);
	memcpy(long_text, "machine mail.example.org password ", 34);
	long_text[5999] = '\0';
	s.netrc = put("long", long_text, 0600);
	asks(&s, NULL, EX_CONFIG, "a password beyond all measure");
	s.netrc = null;
	asks(&s, NULL, EX_NOPERM, "/dev/null has none");
	s.netrc = keep(xasprintf("%s/missing", directory));
	asks(&s, NULL, EX_NOPERM, "no file has none");
	free(long_text);
	fifo = keep(xasprintf("%s/fifo", directory));
	if (mkfifo(fifo, 0600) == 0) {
		s.netrc = fifo;
		asks(&s, NULL, EX_CONFIG, "a FIFO is refused, not waited for");
	}
	s.netrc = directory;
	asks(&s, NULL, EX_CONFIG, "a directory");
}

int
main(void)
{
	char *command;
	int status;

	if (mkdtemp(directory) == NULL)
		return 1;
	test_finding();
	test_file();
	test_named();
	command = xasprintf("%s", directory);
	status = chdir(directory);
	(void)unlink("good");
	(void)unlink("open");
	(void)unlink("crlf");
	(void)unlink("long");
	(void)unlink("fifo");
	(void)unlink(".netrc");
	(void)unlink("named");
	if (status == 0)
		(void)rmdir(command);
	free(command);
	strv_free(&paths);
	return done();
}
