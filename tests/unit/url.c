/* SPDX-License-Identifier: ISC */
/* url.c -- addresses of servers: reading, writing, refusing. */
#include <stdlib.h>

#include "../../net/idn.h"
#include "../../net/url.h"
#include "tap.h"

static const char *const modes[] = { "none", "opportunistic", "required",
	"implicit" };

/* Read it and print it as "user|password|host|port|path|tls", or the failure's code. */
static char *
show(const char *text)
{
	struct url u;
	struct fail why;
	char *s;

	fail_clear(&why);
	if (url_parse(text, &u, &why) == -1)
		return xasprintf("%d", why.code);
	s = xasprintf("%s|%s|%s|%s|%s|%s", u.user == NULL ? "-" : u.user,
	    u.password == NULL ? "-" : u.password,
	    u.host == NULL ? "-" : u.host, u.port, u.path, modes[u.tls]);
	url_free(&u);
	return s;
}

static void
reads_as(const char *text, const char *want, const char *name)
{
	char *got = show(text);

	is_string(got, want, name);
	free(got);
}

static void
reads(const char *text, const char *want)
{
	reads_as(text, want, text);
}

static void
test_reading(void)
{
	reads("imaps://joe@mail.example.org/INBOX",
	    "joe|-|mail.example.org|993|INBOX|implicit");
	reads("IMAPS://Mail.Example.ORG", "-|-|mail.example.org|993||implicit");
	reads("imap://joe@h/", "joe|-|h|143||required");
	reads("imap://h?tls=none", "-|-|h|143||none");
	reads("imap://h/a%2Fb/c%20d", "-|-|h|143|a/b/c d|required");
	reads("imap://h/a?tls=opportunistic", "-|-|h|143|a|opportunistic");
	reads("imap://h/\346\226\207", "-|-|h|143|\346\226\207|required");
	reads("pop3s://joe@h:1995", "joe|-|h|1995||implicit");
	reads("pop3://h", "-|-|h|110||required");
	reads("smtp://h", "-|-|h|25||opportunistic");
	reads("smtp://joe@h", "joe|-|h|25||required");
	reads("smtp://joe@h?tls=opportunistic", "joe|-|h|25||opportunistic");
	reads("submission://joe%40example.org@h", "joe@example.org|-|h|587||required");
	reads("submission://joe@example.org@h", "joe@example.org|-|h|587||required");
	reads("submissions://joe:p%3a%2Fw@h", "joe|p:/w|h|465||implicit");
	reads("smtps://joe:p:w@h", "joe|p:w|h|465||implicit");
	reads("smtps://joe:@h", "joe||h|465||implicit");
	reads("smtp://[::1]:2525", "-|-|::1|2525||opportunistic");
	reads("smtp://[2001:db8::1]", "-|-|2001:db8::1|25||opportunistic");
	reads("smtp://127.0.0.1:", "-|-|127.0.0.1|25||opportunistic");
	reads("lmtp://h", "-|-|h|24||opportunistic");
	reads("lmtp:/run/lmtp", "-|-|-|24|/run/lmtp|none");
	reads("lmtp:///run/lmtp", "-|-|-|24|/run/lmtp|none");
	reads("imaps://joe@\344\276\213\343\201\210.\343\203\206\343\202\271\343\203\210",
	    "joe|-|xn--r8jz45g.xn--zckzah|993||implicit");
}

static void
test_refusing(void)
{
	reads("http://h", "64");
	reads("imap:h", "64");
	reads("imap:", "64");
	reads("imap://", "64");
	reads("imap://joe@", "64");
	reads("imap://@h", "64");
	reads("imap://h:0", "64");
	reads("imap://h:65536", "64");
	reads("imap://h:1x", "64");
	reads("imap://h:99999999999999999999", "64");
	reads("imap://-h", "64");
	reads("imap://a b/", "64");
	reads("imap://[::1", "64");
	reads("imap://[::1]x", "64");
	reads("imap://[]", "64");
	reads("imap://[%]", "64");
	reads("imap://[::1%]", "64");
	reads("imap://[::1%a/b]", "64");
	reads("imap://[fe80::1%eth0]", "-|-|fe80::1%eth0|143||required");
	reads("imap://h/%", "64");
	reads("imap://h/%4", "64");
	reads("imap://h/%00", "64");
	reads("imap://h/a%0d%0ab", "64");
	reads("imap://jo;AUTH=PLAIN@h", "64");
	reads("imap://joe%0d%0a@h", "78");
	reads("imap://joe:a%0ab@h", "78");
	reads("imap://joe:a%00b@h", "78");
	reads("imap://h?tls=maybe", "64");
	reads("imap://h?x=y", "64");
	reads("imaps://h?tls=none", "64");
	reads("pop3://h/INBOX", "64");
	reads("smtp://h/x", "64");
	reads("imap://\377/", "64");
}

static void
test_no_secret_shown(void)
{
	static const char *const texts[] = { "smtp://joe:hunter2/x@h",
		"smtp://joe:hunter2", "smtp://joe:hunter2@h:x",
		"smtp://joe:hunter2%@h", "smtp://joe:hunter2@h?tls=hunter2" };
	struct url u;
	struct fail why;
	size_t i;

	for (i = 0; i < NELEM(texts); i++) {
		fail_clear(&why);
		ok(url_parse(texts[i], &u, &why) == -1 &&
		    strstr(why.text, "hunter2") == NULL,
		    "a failure does not quote the password: %s", why.text);
	}
}

static void
writes(const char *text, bool path, const char *want)
{
	struct url u;
	struct fail why;
	char *got;

	fail_clear(&why);
	if (!ok(url_parse(text, &u, &why) == 0, "%s is read", text))
		return;
	got = url_text(&u, path);
	is_string(got, want, "and written");
	free(got);
	url_free(&u);
}

static void
test_writing(void)
{
	writes("imaps://joe:secret@H/a%2fb%20c", true, "imaps://joe@h/a/b%20c");
	writes("imaps://joe:secret@H/a%2fb%20c", false, "imaps://joe@h/");
	writes("imap://joe@x.org@h:144/%e6%96%87", true,
	    "imap://joe%40x.org@h:144/%E6%96%87");
	writes("smtp://[::1]:26", true, "smtp://[::1]:26/");
	writes("lmtp:/run/a b", false, "lmtp:/run/a%20b");
	writes("lmtp:////run/a", false, "lmtp:////run/a");
}

static bool
same(const char *a, const char *b)
{
	struct url x, y;
	struct fail why;
	bool result;

	fail_clear(&why);
	if (url_parse(a, &x, &why) == -1 || url_parse(b, &y, &why) == -1)
		return false;
	result = url_same_server(&x, &y);
	url_free(&x);
	url_free(&y);
	return result;
}

static void
test_idn(void)
{
	/* RFC 3492 7.1 (L, with its letters in lower case) and names in use. */
	static const struct {
		const char *from, *to;
	} t[] = {
		{ "b\303\274cher.example", "xn--bcher-kva.example" },
		{ "M\303\234NCHEN.de", "xn--mnchen-3ya.de" },
		{ "\344\276\213\345\255\220.\346\265\213\350\257\225",
		    "xn--fsqu00a.xn--0zwm56d" },
		{ "\344\276\213\345\255\220\343\200\202com", "xn--fsqu00a.com" },
		{ "3\345\271\264b\347\265\204\351\207\221\345\205\253\345\205\210\347\224\237",
		    "xn--3b-ww4c5e180e575a65lsy2b" },
	};
	struct span s = { "a\300\257b", 4 };
	char *got;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		got = idn_ascii(span_of(t[i].from));
		is_string(got, t[i].to, t[i].from);
		free(got);
	}
	ok(idn_ascii(s) == NULL, "malformed UTF-8 is no name");
}

/* Octets that are printed as three each: what is taken can be read again. */
static void
test_length(void)
{
	char text[4000];
	struct url u;
	struct fail why;

	memset(text, 0xe9, sizeof text);
	memcpy(text, "imap://", 7);
	memcpy(text + sizeof text - 3, "@h", 3);
	fail_clear(&why);
	ok(url_parse(text, &u, &why) == -1 && why.code == EX_USAGE,
	    "a user whose URL would be too long: %s", why.text);
}

int
main(void)
{
	ok(url_is_url("imaps://h"), "a URL");
	ok(url_is_url("LMTP:/x"), "a URL without slashes");
	ok(!url_is_url("imaps"), "no URL");
	ok(!url_is_url("maildir:x"), "a scheme of the store's");
	test_reading();
	test_refusing();
	reads_as("imap://h/a\nb", "64", "a line feed in the path");
	test_no_secret_shown();
	test_writing();
	ok(same("imaps://joe@h/a", "imaps://joe:x@H:993/b"), "the same server");
	ok(!same("imaps://joe@h", "imaps://jane@h"), "another user");
	ok(!same("imaps://joe@h", "imaps://joe@h:994"), "another port");
	ok(!same("imaps://h", "imaps://joe@h"), "no user");
	ok(!same("lmtp:/a", "lmtp:/b"), "another socket");
	test_idn();
	test_length();
	return done();
}
