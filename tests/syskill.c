/* SPDX-License-Identifier: ISC */
/*
 * syskill.c -- runs a program, and at one of its system calls kills it or lets the
 * call fail.  By ptrace(2), so that no call escapes, whichever library made it.
 *
 *	syskill [-k N | -t N | -f N -e ERRNO [-a]] [-c call,...] [-p text]
 *	    [-s text] [-o file] [-T seconds] program [argument ...]
 *
 *	-k N	killed (SIGKILL) when call N, from 1, is about to be made; behind
 *		call N is before call N + 1, and the end comes behind the last
 *	-t N	of call N, if it writes, half is written, and then it is killed
 *	-f N	call N is not made, and fails (but close and a lock's end are made);
 *		ERRNO: its name (EIO, ENOSPC, ...); -a: and so do all that follow
 *	-c	only these calls count, by their names, or by kind: open read write
 *		sync close rename link unlink mkdir truncate lock dir socket
 *	-p	only calls on a file whose path contains the text count; a socket's
 *		path is socket:[inode]
 *	-s	counting begins with the first call on a file whose path contains it:
 *		spares the calls by which a program is loaded
 *	-o	a line is written there: how many calls were counted, `hit' or `not',
 *		and the name of the call that was hit, and its path
 *
 * Ends as the program did; with 99 where it was killed; with 98 where this cannot
 * be done here; and with 3 after -T seconds (60).  Without -k, -t and -f all calls
 * are counted.  A test asks for N = 1, 2, ... until nothing is hit any more:
 *
 *	n=1
 *	while syskill -k $n -s /outbox -o hit mailx ...; grep -q ' hit' hit; do
 *		check what is left, and that another run completes it
 *		n=$((n + 1))
 *	done
 *
 * Only the program itself is followed, not the children that it starts.
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KILLED		99
#define CANNOT		98
#define TOO_LONG	3
#define PATH_SIZE	4096

/* A call: by which argument it names files, from 1 (0: it does not). */
struct call {
	long		 number;
	const char	*name, *kind;
	int		 fd, path;	/* descriptor, or directory and path in it */
	int		 fd2, path2;
	int		 length;	/* the argument that says how much is written */
};

static const struct call calls[] = {
#ifdef SYS_open
	{ SYS_open, "open", "open", 0, 1, 0, 0, 0 },
	{ SYS_stat, "stat", "stat", 0, 1, 0, 0, 0 },
	{ SYS_lstat, "lstat", "stat", 0, 1, 0, 0, 0 },
	{ SYS_access, "access", "stat", 0, 1, 0, 0, 0 },
	{ SYS_readlink, "readlink", "stat", 0, 1, 0, 0, 0 },
	{ SYS_rename, "rename", "rename", 0, 1, 0, 2, 0 },
	{ SYS_link, "link", "link", 0, 1, 0, 2, 0 },
	{ SYS_unlink, "unlink", "unlink", 0, 1, 0, 0, 0 },
	{ SYS_rmdir, "rmdir", "unlink", 0, 1, 0, 0, 0 },
	{ SYS_mkdir, "mkdir", "mkdir", 0, 1, 0, 0, 0 },
	{ SYS_poll, "poll", "socket", 0, 0, 0, 0, 0 },
#endif
	{ SYS_openat, "openat", "open", 1, 2, 0, 0, 0 },
	{ SYS_newfstatat, "newfstatat", "stat", 1, 2, 0, 0, 0 },
	{ SYS_fstat, "fstat", "stat", 1, 0, 0, 0, 0 },
	{ SYS_faccessat, "faccessat", "stat", 1, 2, 0, 0, 0 },
	{ SYS_readlinkat, "readlinkat", "stat", 1, 2, 0, 0, 0 },
	{ SYS_read, "read", "read", 1, 0, 0, 0, 0 },
	{ SYS_pread64, "pread64", "read", 1, 0, 0, 0, 0 },
	{ SYS_write, "write", "write", 1, 0, 0, 0, 3 },
	{ SYS_pwrite64, "pwrite64", "write", 1, 0, 0, 0, 3 },
	{ SYS_writev, "writev", "write", 1, 0, 0, 0, 0 },
	{ SYS_fallocate, "fallocate", "truncate", 1, 0, 0, 0, 0 },
	{ SYS_ftruncate, "ftruncate", "truncate", 1, 0, 0, 0, 0 },
	{ SYS_fsync, "fsync", "sync", 1, 0, 0, 0, 0 },
	{ SYS_fdatasync, "fdatasync", "sync", 1, 0, 0, 0, 0 },
	{ SYS_syncfs, "syncfs", "sync", 1, 0, 0, 0, 0 },
	{ SYS_close, "close", "close", 1, 0, 0, 0, 0 },
	{ SYS_fcntl, "fcntl", "lock", 1, 0, 0, 0, 0 },
	{ SYS_lseek, "lseek", "seek", 1, 0, 0, 0, 0 },
	{ SYS_getdents64, "getdents64", "dir", 1, 0, 0, 0, 0 },
#ifdef SYS_renameat
	{ SYS_renameat, "renameat", "rename", 1, 2, 3, 4, 0 },
#endif
	{ SYS_renameat2, "renameat2", "rename", 1, 2, 3, 4, 0 },
	{ SYS_linkat, "linkat", "link", 1, 2, 3, 4, 0 },
	{ SYS_unlinkat, "unlinkat", "unlink", 1, 2, 0, 0, 0 },
	{ SYS_mkdirat, "mkdirat", "mkdir", 1, 2, 0, 0, 0 },
	{ SYS_utimensat, "utimensat", "time", 1, 2, 0, 0, 0 },
	{ SYS_fchmod, "fchmod", "mode", 1, 0, 0, 0, 0 },
	{ SYS_ppoll, "ppoll", "socket", 0, 0, 0, 0, 0 },
	{ SYS_connect, "connect", "socket", 1, 0, 0, 0, 0 },
	{ SYS_sendto, "sendto", "socket", 1, 0, 0, 0, 3 },
	{ SYS_sendmsg, "sendmsg", "socket", 1, 0, 0, 0, 0 },
	{ SYS_recvfrom, "recvfrom", "socket", 1, 0, 0, 0, 0 },
	{ SYS_recvmsg, "recvmsg", "socket", 1, 0, 0, 0, 0 },
	{ SYS_shutdown, "shutdown", "socket", 1, 0, 0, 0, 0 },
};
#define NCALLS	(sizeof calls / sizeof calls[0])

enum how { COUNT, KILL, TEAR, FAIL };

static enum how how = COUNT;
static long at = -1;		/* which call */
static int error;
static bool all;		/* ... and those behind it */
static const char *counted;	/* names or kinds; NULL: any */
static const char *part, *start, *report;
static pid_t child = -1;

static long count;
static bool begun, hit;
static char hit_name[64], hit_path[2 * PATH_SIZE + 2];

static void
cannot(const char *what)
{
	fprintf(stderr, "syskill: %s: %s\n", what, strerror(errno));
	if (child > 0)
		kill(child, SIGKILL);
	exit(CANNOT);
}

/* --- The registers --- */

struct entry {
	long	 number;
	uint64_t args[6];
};

#if defined(__x86_64__)

static void
set_argument(struct user_regs_struct *r, int n, uint64_t value)
{
	unsigned long long *const where[] = { &r->rdi, &r->rsi, &r->rdx };

	*where[n - 1] = value;
}

static void
set_result(struct user_regs_struct *r, int64_t value)
{
	r->rax = (unsigned long long)value;
}

/* No call has this number. */
static void
set_number(struct user_regs_struct *r)
{
	r->orig_rax = (unsigned long long)-1;
}
#elif defined(__aarch64__)

static void
set_argument(struct user_regs_struct *r, int n, uint64_t value)
{
	r->regs[n - 1] = value;
}

static void
set_result(struct user_regs_struct *r, int64_t value)
{
	r->regs[0] = (unsigned long long)value;
}

static void
set_number(struct user_regs_struct *r)
{
	int none = -1;
	struct iovec v = { &none, sizeof none };

	(void)r;
	if (ptrace(PTRACE_SETREGSET, child, NT_ARM_SYSTEM_CALL, &v) == -1)
		cannot("cannot change a call");
}
#else
#error "how a call is changed is not known for this machine"
#endif

static void
get_registers(struct user_regs_struct *r)
{
	struct iovec v = { r, sizeof *r };

	if (ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &v) == -1)
		cannot("cannot read the registers");
}

static void
put_registers(struct user_regs_struct *r)
{
	struct iovec v = { r, sizeof *r };

	if (ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &v) == -1)
		cannot("cannot write the registers");
}

/* --- What a call is, and on which file --- */

static const struct call *
find_call(long number)
{
	size_t k;

	for (k = 0; k < NCALLS; k++)
		if (calls[k].number == number)
			return &calls[k];
	return NULL;
}

static void
link_text(const char *name, char *to)
{
	ssize_t n = readlink(name, to, PATH_SIZE - 1);

	to[n > 0 ? n : 0] = '\0';
}

static void
path_of_descriptor(int fd, char *to)
{
	char name[64];

	if (fd == AT_FDCWD)
		snprintf(name, sizeof name, "/proc/%ld/cwd", (long)child);
	else
		snprintf(name, sizeof name, "/proc/%ld/fd/%d", (long)child, fd);
	link_text(name, to);
}

/* A string of the program, word by word. */
static void
read_text(uint64_t from, char *to)
{
	struct iovec there, here;
	size_t n;

	for (n = 0; n < PATH_SIZE - 1; n++) {
		there.iov_base = (void *)(uintptr_t)(from + n);
		here.iov_base = to + n;
		there.iov_len = here.iov_len = 1;
		if (process_vm_readv(child, &here, 1, &there, 1, 0) != 1 ||
		    to[n] == '\0')
			break;
	}
	to[n] = '\0';
}

static void
path_of(const struct entry *e, int fd, int path, char *to)
{
	char name[PATH_SIZE];
	int dir = fd == 0 ? AT_FDCWD : (int)e->args[fd - 1];
	size_t n;

	*to = '\0';
	if (fd == 0 && path == 0)
		return;
	*name = '\0';
	if (path != 0 && e->args[path - 1] != 0)
		read_text(e->args[path - 1], name);
	if (*name != '/')
		path_of_descriptor(dir, to);
	n = strlen(to);
	if (*name != '\0')
		snprintf(to + n, PATH_SIZE - n, "%s%s", *name == '/' ? "" : "/",
		    name);
}

/* Is the word in the list? */
static bool
is_in(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ',') &&
		    (p[n] == '\0' || p[n] == ','))
			return true;
	return false;
}

static bool
contains(const char *paths, const char *text)
{
	return strstr(paths, text) != NULL;
}

/* Is it one that counts?  Its paths, if they matter. */
static bool
is_counted(const struct entry *e, const struct call *c, char *paths)
{
	size_t n;

	*paths = '\0';
	if (c != NULL && (part != NULL || report != NULL || !begun)) {
		path_of(e, c->fd, c->path, paths);
		n = strlen(paths);
		if (c->path2 != 0) {
			paths[n++] = ' ';
			path_of(e, c->fd2, c->path2, paths + n);
		}
	}
	if (!begun && contains(paths, start))
		begun = true;
	if (!begun || (part != NULL && !contains(paths, part)))
		return false;
	return counted == NULL || (c != NULL && (is_in(counted, c->name) ||
	    is_in(counted, c->kind)));
}

/* --- Doing it --- */

static void
note_hit(const struct entry *e, const struct call *c, const char *paths)
{
	hit = true;
	if (c != NULL)
		snprintf(hit_name, sizeof hit_name, "%s", c->name);
	else
		snprintf(hit_name, sizeof hit_name, "call-%ld", e->number);
	snprintf(hit_path, sizeof hit_path, "%s", paths);
}

/* A descriptor is gone, whatever close says. */
static bool
is_made(const struct call *c)
{
	return c != NULL && strcmp(c->kind, "close") == 0;
}

static void
make_fail(const struct call *c)
{
	struct user_regs_struct r;

	if (is_made(c))
		return;
	get_registers(&r);
	set_number(&r);
	put_registers(&r);
}

static void
make_short(const struct entry *e, const struct call *c)
{
	struct user_regs_struct r;

	if (c == NULL || c->length == 0 || e->args[c->length - 1] < 2)
		return;
	get_registers(&r);
	set_argument(&r, c->length, e->args[c->length - 1] / 2);
	put_registers(&r);
}

/* true: this call is to be changed when it returns. */
static bool
on_entry(const struct entry *e)
{
	const struct call *c = find_call(e->number);
	char paths[2 * PATH_SIZE + 2];

	if (!is_counted(e, c, paths))
		return false;
	count++;
	if (how == COUNT || (count != at && !(all && count > at)))
		return false;
	if (!hit)
		note_hit(e, c, paths);
	if (how == KILL)
		kill(child, SIGKILL);
	else if (how == TEAR)
		make_short(e, c);
	else
		make_fail(c);
	return true;
}

static void
on_exit_of_call(void)
{
	struct user_regs_struct r;

	if (how == TEAR)
		kill(child, SIGKILL);
	if (how != FAIL)
		return;
	get_registers(&r);
	set_result(&r, -error);
	put_registers(&r);
}

static void
at_call(void)
{
	struct __ptrace_syscall_info info;
	static bool changed;
	struct entry e;
	size_t k;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) == -1)
		cannot("cannot tell what a call is");
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && changed) {
		changed = false;
		on_exit_of_call();
	} else if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		e.number = (long)info.entry.nr;
		for (k = 0; k < 6; k++)
			e.args[k] = info.entry.args[k];
		changed = on_entry(&e);
	}
}

static int
follow(void)
{
	int status, sig = 0;

	while (ptrace(PTRACE_SYSCALL, child, 0, sig) != -1 || errno == ESRCH) {
		if (waitpid(child, &status, 0) == -1)
			cannot("cannot wait");
		sig = 0;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return hit && how != FAIL && WTERMSIG(status) ==
			    SIGKILL ? KILLED : 128 + WTERMSIG(status);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_call();
		else if (status >> 16 == 0)
			sig = WSTOPSIG(status);
	}
	cannot("cannot go on");
	return CANNOT;
}

static void
on_alarm(int sig)
{
	(void)sig;
	kill(child, SIGKILL);
	_exit(TOO_LONG);
}

/* --- The command line --- */

static int
error_of(const char *name)
{
	int n;

	for (n = 1; n < 200; n++)
		if (strerrorname_np(n) != NULL &&
		    strcmp(strerrorname_np(n), name) == 0)
			return n;
	fprintf(stderr, "syskill: %s: not the name of an error\n", name);
	exit(CANNOT);
}

static void
usage(void)
{
	fputs("usage: syskill [-k N | -t N | -f N -e ERRNO [-a]] [-c call,...] "
	    "[-p text]\n\t[-s text] [-o file] [-T seconds] program [argument "
	    "...]\n", stderr);
	exit(CANNOT);
}

static void
set_way(enum how way, const char *number)
{
	how = way;
	at = strtol(number, NULL, 10);
	if (at < 1)
		usage();
}

static void
read_options(int argc, char *argv[], unsigned *seconds)
{
	int c;

	while ((c = getopt(argc, argv, "+ac:e:f:k:o:p:s:t:T:")) != -1)
		switch (c) {
		case 'a': all = true; break;
		case 'c': counted = optarg; break;
		case 'e': error = error_of(optarg); break;
		case 'f': set_way(FAIL, optarg); break;
		case 'k': set_way(KILL, optarg); break;
		case 'o': report = optarg; break;
		case 'p': part = optarg; break;
		case 's': start = optarg; break;
		case 't': set_way(TEAR, optarg); break;
		case 'T': *seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		default: usage();
		}
	if (optind == argc || (how == FAIL) != (error != 0))
		usage();
}

static void
write_report(void)
{
	FILE *f;

	if (report == NULL)
		return;
	f = fopen(report, "we");
	if (f == NULL || fprintf(f, "%ld %s %s %s\n", count,
	    hit ? "hit" : "not", hit_name, hit_path) < 0 || fclose(f) != 0)
		cannot(report);
}

int
main(int argc, char *argv[])
{
	unsigned seconds = 60;
	int status;

	read_options(argc, argv, &seconds);
	begun = start == NULL;
	child = fork();
	if (child == -1)
		cannot("fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1)
			_exit(CANNOT);
		raise(SIGSTOP);
		execvp(argv[optind], argv + optind);
		_exit(127);
	}
	signal(SIGALRM, on_alarm);
	(void)alarm(seconds);
	if (waitpid(child, &status, 0) == -1 || !WIFSTOPPED(status))
		return CANNOT;
	if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD |
	    PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) == -1)
		cannot("ptrace");
	status = follow();
	write_report();
	return status;
}
