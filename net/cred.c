/* SPDX-License-Identifier: ISC */
/*
 * cred.c -- where a password comes from.
 *
 * What is asked for is asked in order, and the first that answers counts, right
 * or wrong: a second guess would lock accounts.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <readpassphrase.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cred.h"
#include "netrc.h"
#include "wait.h"

static const char *
protocol(const struct server *s)
{
	switch (s->url.scheme) {
	case SCHEME_IMAP:
	case SCHEME_IMAPS:
		return "imap";
	case SCHEME_POP3:
	case SCHEME_POP3S:
		return "pop3";
	case SCHEME_LMTP:
		return "lmtp";
	default:
		return "smtp";
	}
}

static const char *
host_of(const struct server *s)
{
	return s->url.host == NULL ? "localhost" : s->url.host;
}

void
cred_wipe(char *secret)
{
	if (secret != NULL)
		freezero(secret, strlen(secret));
}

/* In a dialogue of lines these would begin another command. */
static int
check(const char *what, const char *text, struct fail *why)
{
	if (strpbrk(text, "\r\n") != NULL)
		return fail(why, EX_CONFIG, "the %s holds a line break", what);
	if (strlen(text) > MAX_SECRET)
		return fail(why, EX_CONFIG, "the %s is longer than %d octets",
		    what, MAX_SECRET);
	return 0;
}

char *
cred_user(const struct server *s, struct fail *why)
{
	char *user = NULL, *password = NULL;

	if (s->url.user != NULL)
		user = xstrdup(s->url.user);
	else if (s->url.host == NULL || netrc_lookup(s->netrc, s->url.host,
	    s->url.port, NULL, &user, &password, why) != 1)
		return NULL;
	cred_wipe(password);
	if (check("user", user, why) == 0)
		return user;
	free(user);
	return NULL;
}

/* --- password-command and oauth-command. --- */

/* In the child: never returns. */
static void
run_command(const struct server *s, const char *command, const char *user,
    int out)
{
	int null = open("/dev/null", O_RDONLY);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(out, STDOUT_FILENO) == -1 ||
	    setenv("MAILX_USER", user, 1) == -1 ||
	    setenv("MAILX_HOST", host_of(s), 1) == -1 ||
	    setenv("MAILX_PROTOCOL", protocol(s), 1) == -1)
		_exit(EX_OSERR);
	closefrom(STDERR_FILENO + 1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	mask_reset();
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* All it prints, up to its bound; the first line stays. */
static char *
read_line(const struct server *s, int fd)
{
	char *line = xcalloc(1, MAX_SECRET + 3), scrap[512], *end;
	size_t n = 0;
	ssize_t got;

	/* It may ask a person: no deadline but that a signal ends it. */
	while (wait_for(fd, POLLIN, INT64_MAX, s->signalled) > 0) {
		got = read(fd, n < MAX_SECRET + 2 ? line + n : scrap,
		    n < MAX_SECRET + 2 ? MAX_SECRET + 2 - n : sizeof scrap);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if (n < MAX_SECRET + 2)
			n += (size_t)got;
	}
	explicit_bzero(scrap, sizeof scrap);
	if ((end = memchr(line, '\n', n)) != NULL) {
		explicit_bzero(end, n - (size_t)(end - line));
		n = (size_t)(end - line);
	}
	if (strlen(line) != n) {	/* a NUL: no password that we can say */
		freezero(line, MAX_SECRET + 3);
		return NULL;
	}
	return line;
}

static int
await(const struct server *s, pid_t pid)
{
	int status;

	if (wait_must_end(s->signalled))
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return status;
}

/* `what' is the variable that names the command. */
static int
run(const struct server *s, const char *what, const char *command,
    const char *user, char **password, struct fail *why)
{
	int fd[2], status;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) == -1)
		return fail_errno(why, EX_OSERR, "%s", what);
	if ((pid = fork()) == 0)
		run_command(s, command, user, fd[1]);
	close(fd[1]);
	*password = pid == -1 ? NULL : read_line(s, fd[0]);
	close(fd[0]);
	if (pid == -1)
		return fail_errno(why, EX_OSERR, "%s", what);
	status = await(s, pid);
	if (wait_must_end(s->signalled))
		return fail(why, EX_TEMPFAIL, "%s: interrupted", what);
	if (status != -1 && WIFSIGNALED(status))
		return fail(why, EX_NOPERM, "%s: killed by signal %d", what,
		    WTERMSIG(status));
	if (status == -1 || WEXITSTATUS(status) != 0)
		return fail(why, EX_NOPERM, "%s: exit status %d", what,
		    status == -1 ? -1 : WEXITSTATUS(status));
	if (*password == NULL)
		return fail(why, EX_CONFIG, "%s: printed a NUL", what);
	if (**password == '\0')
		return fail(why, EX_NOPERM, "%s: printed nothing", what);
	return 1;
}

static int
by_command(const struct server *s, const char *user, char **password,
    struct fail *why)
{
	return s->password_command == NULL ? 0 : run(s, "password-command",
	    s->password_command, user, password, why);
}

/* A token, that the mechanisms for passwords do not take. */
static int
by_oauth(const struct server *s, const char *user, char **password,
    struct fail *why)
{
	return s->oauth_command == NULL ? 0 : run(s, "oauth-command",
	    s->oauth_command, user, password, why);
}

char *
cred_another_token(const struct server *s, const char *user,
    const char *refused)
{
	struct fail ignored = { 0 };
	char *token = NULL;

	if (by_oauth(s, user, &token, &ignored) == 1 &&
	    check("token", token, &ignored) == 0 &&
	    strcmp(token, refused) != 0)
		return token;
	cred_wipe(token);
	return NULL;
}

/* --- The others. --- */

/* The certificate of TLS tells who we are, and nothing else is allowed to. */
static int
by_certificate(const struct server *s, const char *user, char **password,
    struct fail *why)
{
	(void)user;
	(void)why;
	if (s->auth == NULL || strcasecmp(s->auth, "EXTERNAL") != 0)
		return 0;
	*password = xstrdup("");
	return 1;
}

static int
by_record(const struct server *s, const char *user, char **password,
    struct fail *why)
{
	const char *given = s->url.password != NULL ? s->url.password :
	    s->password;

	(void)user;
	(void)why;
	if (given != NULL)
		*password = xstrdup(given);
	return given != NULL;
}

static int
by_netrc(const struct server *s, const char *user, char **password,
    struct fail *why)
{
	char *login = NULL;
	int found = 0;

	if (s->url.host != NULL)
		found = netrc_lookup(s->netrc, s->url.host, s->url.port, user,
		    &login, password, why);
	free(login);
	return found == -1 ? -1 : *password != NULL;
}

static int
by_person(const struct server *s, const char *user, char **password,
    struct fail *why)
{
	char *prompt, *got, *buf;

	if (!s->may_ask)
		return 0;
	prompt = xasprintf("Password for %s at %s: ", user, host_of(s));
	buf = xcalloc(1, MAX_SECRET + 1);
	got = readpassphrase(prompt, buf, MAX_SECRET + 1, RPP_REQUIRE_TTY);
	free(prompt);
	if (got != NULL) {
		*password = xstrdup(buf);
		freezero(buf, MAX_SECRET + 1);
		return 1;
	}
	freezero(buf, MAX_SECRET + 1);
	return fail(why, EX_NOPERM, "no password was given for %s at %s", user,
	    host_of(s));
}

char *
cred_password(const struct server *s, struct fail *why)
{
	static int (*const sources[])(const struct server *, const char *,
	    char **, struct fail *) = {
		by_certificate, by_oauth, by_record, by_command, by_netrc,
		by_person
	};
	static const struct rlimit no_core = { 0, 0 };
	char *user = cred_user(s, why), *password = NULL;
	size_t i;
	int found = 0;

	if (user == NULL && why->code != 0)
		return NULL;
	(void)setrlimit(RLIMIT_CORE, &no_core);
	for (i = 0; i < NELEM(sources) && found == 0; i++)
		found = sources[i](s, user == NULL ? "" : user, &password, why);
	if (found == 0)
		found = fail(why, EX_NOPERM, "no password for %s at %s: see "
		    "password-command and netrc", user == NULL ? "anybody" :
		    user, host_of(s));
	if (found == 1 && check("password", password, why) == -1)
		found = -1;
	free(user);
	if (found == 1)
		return password;
	cred_wipe(password);
	return NULL;
}
