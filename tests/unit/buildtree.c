/* SPDX-License-Identifier: ISC */
/* buildtree.c -- composing: trees of parts, names, messages forwarded as they are. */
#include "building.h"

/* --- Trees. --- */

static struct build_part *
container(struct build *b, struct build_part *under, const char *type)
{
	struct build_part *p = build_part(b, under, NULL);

	p->type = xstrdup(type);
	return p;
}

/* The types of the tree, depth first. */
static char *
types(void)
{
	struct part *root = reread(), *p;
	char *s;
	size_t n;
	FILE *f = xmemstream(&s, &n);

	for (p = root; p != NULL; p = part_walk(p))
		fprintf(f, "%s%s", p == root ? "" : " ", p->type.value);
	fclose(f);
	part_free(root);
	return s;
}

/* mixed(related(alternative(text, html), image), file), as far as asked for. */
static void
tree(bool plain, bool html, bool image, bool file, const char *want)
{
	struct build *b = start();
	struct build_part *related, *alternative, *p;
	char *got;

	related = container(b, NULL, "multipart/related");
	alternative = container(b, related, "multipart/alternative");
	if (plain)
		build_part(b, alternative, text("plain"));
	if (html) {
		p = build_part(b, alternative, text("<b>\303\274</b>\n"));
		p->type = xstrdup("text/html");
	}
	if (image) {
		p = build_part(b, related, text("\211PNG\r\n\032\n"));
		p->disposition = BUILD_INLINE;
		p->id = xstrdup("<logo>");
	}
	if (file)
		attach(b, NULL, "a.csv", text("a,b"));
	if (finish(b, NULL, want)) {
		got = types();
		is_string(got, want, want);
		free(got);
	}
	build_free(b);
}

static void
test_trees(void)
{
	tree(false, false, false, false, "text/plain");
	tree(true, false, false, false, "text/plain");
	tree(false, true, false, false, "text/html");
	tree(true, true, false, false, "multipart/alternative text/plain text/html");
	tree(true, true, true, false, "multipart/related multipart/alternative text/plain text/html image/png");
	has("\nContent-ID: <logo>\n", "Content-ID");
	has("multipart/related; type=\"multipart/alternative\"", "the type that related is of");
	tree(false, true, true, false, "multipart/related text/html image/png");
	tree(true, false, false, true, "multipart/mixed text/plain text/csv");
	tree(false, false, false, true, "text/csv");
	tree(true, true, true, true, "multipart/mixed multipart/related multipart/alternative text/plain text/html image/png text/csv");
	holds("2", "a,b", 3, "a file without a line end is kept");
	holds("1.2", "\211PNG\r\n\032\n", 8, "an image is kept");
}

static void
test_lone_file(void)
{
	struct build *b = start();

	attach(b, NULL, "a.csv", text("a,b"));
	if (finish(b, NULL, "a file alone"))
		holds("1", "a,b", 3, "without a line end, and alone");
	build_free(b);
	b = start();
	attach(b, NULL, "dos.txt", text("a\r\nb\r\n"));
	if (finish(b, NULL, "a DOS file"))
		holds("1", "a\r\nb\r\n", 6, "a file keeps its CRLF");
	build_free(b);
	b = start();
	attach(b, NULL, "empty", text(""));
	attach(b, NULL, "empty.pdf", text(""));
	if (finish(b, NULL, "empty files")) {
		holds("1", "", 0, "an empty file");
		holds("2", "", 0, "and another");
		lacks("application/pdf", "nothing is no PDF");
	}
	build_free(b);
}

static void
test_depth(void)
{
	struct build *b = start();
	struct build_part *p = NULL;
	unsigned i;

	for (i = 0; i < 50; i++) {
		p = container(b, p, "multipart/mixed");
		build_part(b, p, text("x\n"));
		build_part(b, p, text("\303\274\n"));
	}
	finish(b, NULL, "deep");
	ok(message_len > 0, "50 levels");
	for (i = 0; i < 60; i++)
		p = container(b, p, "multipart/mixed");
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "but not 110");
	build_free(b);
	b = start();
	p = build_part(b, NULL, text("x"));
	p->type = xstrdup("multipart/mixed");
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "a file is no multipart");
	build_free(b);
}

static void
test_8bit_tree(void)
{
	struct build_options o = { .encoding = "8bit", .eightbit_ok = true };
	struct build *b = start();

	build_part(b, NULL, text("\303\274\n"));
	attach(b, NULL, "a.txt", text("a\n"));
	if (finish(b, &o, "8bit in a multipart")) {
		ok(build_is_8bit(b), "an 8-bit part makes the message 8-bit");
		has("boundary=", "multipart");
		is_int(strstr(message, "Encoding: 8bit") <
		    strstr(message, "\n\n--"), 1, "and says so at the top");
	}
	build_free(b);
}

static void
test_names(void)
{
	static const char *const names[] = { "a.pdf", "with blank.pdf",
		"\346\212\245\345\221\212 2026.pdf", "q\"uo\\te.txt",
		"a-very-long-name-of-plain-letters-that-fits-no-line-of-a-header-at-all-so-it-comes-in-pieces.txt",
		"\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212.pdf",
		"\360\237\221\251\342\200\215\360\237\221\247.txt", "=?utf-8?q?x?=.txt", "semi;colon=.txt", "100%.txt", "it's.txt" };
	struct build *b = start();
	struct part *root, *p;
	size_t i;

	for (i = 0; i < NELEM(names); i++)
		attach(b, NULL, names[i], text("x\n"));
	if (finish(b, NULL, "file names")) {
		root = reread();
		for (i = 0, p = root->child; p != NULL; p = p->next, i++)
			is_string(p->filename, names[i], names[i]);
		part_free(root);
		has("\n\tfilename*=utf-8''%E6%8A%A5%E5%91%8A%202026.pdf\n", "RFC 2231");
		has("\tname=\"=?utf-8?b?5oql5ZGKIDIwMjYucGRm?=\"\n", "RFC 2047 for old readers");
		lacks("filename=\"=?utf-8?b", "but in Content-Type alone");
	}
	build_free(b);
	b = start();
	attach(b, NULL, "/tmp/x\r\nBcc: a@b.c\n.txt", text("x\n"));
	if (finish(b, NULL, "a hostile name")) {
		has("filename=\"x__Bcc: a@b.c_.txt\"\n", "no line break, no directory");
		lacks("\nBcc", "no field out of a name");
	}
	build_free(b);
}

static void
test_descriptions(void)
{
	struct build *b = start();
	struct build_part *p = attach(b, NULL, "a", text("x\n"));

	p->description = xstrdup("die S\303\244tze");
	if (finish(b, NULL, "a description"))
		has("\nContent-Description: die =?utf-8?b?U8OkdHpl?=\n", "a description");
	free(p->description);
	p->description = xstrdup("a\nX: y");
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "one with a line break is refused");
	free(p->description);
	p->description = NULL;
	p->id = xstrdup("<a>\nX: y");
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "and a Content-ID");
	free(p->id);
	p->id = NULL;
	p->type = xstrdup("text/plain\nX: y");
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "and a type");
	build_free(b);
}

/* --- Messages that are forwarded as they are. --- */

static void
forward(const char *inner, size_t n, bool eightbit_ok, const char *want,
    const char *back, const char *name)
{
	struct build_options o = { .eightbit_ok = eightbit_ok };
	struct build *b = start();
	struct build_part *p;
	struct part *root;

	build_part(b, NULL, text("see below\n"));
	p = build_part(b, NULL, octets(inner, n));
	p->type = xstrdup("message/rfc822");
	p->disposition = BUILD_ATTACHMENT;
	if (finish(b, &o, name)) {
		has(want, name);
		root = reread();
		if (part_find(root, "2") != NULL &&
		    part_find(root, "2")->encoding == ENCODING_BASE64)
			holds("2", inner, n, "its octets");
		else if (back != NULL)
			has(back, "as it is");
		part_free(root);
	}
	build_free(b);
}

static void
test_forward(void)
{
	static const char ascii[] = "Subject: x\n\nFrom here\n", dos[] = "Subject: x\r\n\r\nbody\r\n",
	    high[] = "Subject: x\n\n\303\274\n", nul[] = "Subject: x\n\n\0\n";
	char longer[1100];

	forward(ascii, sizeof ascii - 1, false,
	    "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n",
	    "\n\nSubject: x\n\nFrom here\n\n--", "a message as it is");
	forward(dos, sizeof dos - 1, false, "message/rfc822\n",
	    "\n\nSubject: x\n\nbody\n\n--", "with CRLF line ends");
	forward(high, sizeof high - 1, true,
	    "message/rfc822\nContent-Transfer-Encoding: 8bit\n",
	    "\n\nSubject: x\n\n\303\274\n\n--", "8-bit where the transport takes it");
	forward(high, sizeof high - 1, false,
	    "message/global\nContent-Transfer-Encoding: base64\n", NULL,
	    "8-bit where it does not");
	forward(nul, sizeof nul - 1, true, "message/global\n", NULL, "NUL");
	memset(longer, 'x', sizeof longer);
	memcpy(longer, "Subject: ", 9);
	forward(longer, sizeof longer, true, "message/global\n", NULL, "a long line");
}

int
main(void)
{
	test_trees();
	test_lone_file();
	test_depth();
	test_8bit_tree();
	test_names();
	test_descriptions();
	test_forward();
	free(message);
	return done();
}
