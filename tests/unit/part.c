/* SPDX-License-Identifier: ISC */
/* part.c -- the tree of parts: malformed messages, numbers, contents, names, bounds. */
#include "../../mime/part.h"
#include "hostile.h"

static struct part *
parse(const char *text, size_t n, size_t step)
{
	struct parser *p = parser_new(NULL);
	size_t i;

	for (i = 0; i < n; i += step)
		parser_feed(p, text + i, n - i < step ? n - i : step);
	return parser_finish(p);
}

/* "number type start+size|..." depth first. */
static char *
shown(struct part *root)
{
	char *out, *number;
	size_t len;
	struct part *p;
	FILE *f = xmemstream(&out, &len);

	for (p = root; p != NULL; p = part_walk(p)) {
		number = part_number(p);
		fprintf(f, "%s %s %lld+%llu|", number, p->type.value,
		    (long long)p->body, (unsigned long long)p->size);
		free(number);
	}
	fclose(f);
	return out;
}

static char *
with_cr(const char *text)
{
	char *out;
	size_t len;
	FILE *f = xmemstream(&out, &len);

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			putc('\r', f);
		putc(*text, f);
	}
	fclose(f);
	return out;
}

#define M	"Content-Type: multipart/mixed; boundary=x\n\n"

static const struct {
	const char	*text, *want;
	unsigned	 defects;
} trees[] = {
	{ "A: b\n\nbody\n", "1 text/plain 6+5|", 0 },
	{ "", "1 text/plain 0+0|", DEFECT_NO_BLANK_LINE },
	{ "\n", "1 text/plain 1+0|", 0 },
	{ M "--x\n\na\n--x\n\nb\n--x--\n",
	    " multipart/mixed 43+20|1 text/plain 48+1|2 text/plain 55+1|", 0 },
	{ M "pre\n--x  \n\na\n--x--  \npost\n",
	    " multipart/mixed 43+26|1 text/plain 54+1|", 0 },
	{ M "--x\n\na\n", " multipart/mixed 43+7|1 text/plain 48+2|",
	    DEFECT_NOT_CLOSED },
	{ M "no boundary\n", "1 multipart/mixed 43+12|",
	    DEFECT_BOUNDARY_MISSING },
	{ "Content-Type: multipart/mixed\n\n--x\n\na\n--x--\n",
	    "1 multipart/mixed 31+13|", DEFECT_NO_BOUNDARY },
	/* The boundary of one is a prefix of the other's. */
	{ M "--xy\n--x\n\na\n--xy\n--x--\n",
	    " multipart/mixed 43+23|1 text/plain 53+6|", 0 },
	/* The outer boundary ends the inner multipart too. */
	{ M "--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\na\n--x--\n",
	    " multipart/mixed 43+60|1 multipart/mixed 90+6|1.1 text/plain 95+1|",
	    DEFECT_NOT_CLOSED },
	/* Both have the same. */
	{ M "--x\n" M "--x\n\na\n--x--\n",
	    " multipart/mixed 43+60|1 multipart/mixed 90+13|1.1 text/plain 95+1|",
	    DEFECT_NOT_CLOSED },
	{ M "--x\n--x\n\na\n--x--\n", " multipart/mixed 43+17|1 text/plain 52+1|", 0 },
	{ M "--x--\n", " multipart/mixed 43+6|", 0 },
	{ M "--x\n", " multipart/mixed 43+4|1 text/plain 47+0|",
	    DEFECT_NOT_CLOSED | DEFECT_NO_BLANK_LINE },
	{ M "--x\nContent-Type: message/rfc822\n\nA: b\n\nc\n--x--\n",
	    " multipart/mixed 43+48|1 message/rfc822 77+7|1.1 text/plain 83+1|", 0 },
	{ "Content-Type: message/rfc822\n\n" M "--x\n\na\n--x--\n",
	    "1 message/rfc822 30+56|1.TEXT multipart/mixed 73+13|"
	    "1.1 text/plain 78+1|", 0 },
	{ "Content-Type: multipart/digest; boundary=x\n\n--x\n\nA: b\n\nc\n--x--\n",
	    " multipart/digest 44+19|1 message/rfc822 49+7|1.1 text/plain 55+1|", 0 },
	{ "Content-Type: text\n\n", "1 text/plain 20+0|", DEFECT_TYPE },
	{ "Content-Type: /x\n\n", "1 text/plain 18+0|", DEFECT_TYPE },
	{ "Content-Type: a/b\nContent-Type: c/d\n\n", "1 a/b 37+0|",
	    DEFECT_DUPLICATE },
	{ "Content-Transfer-Encoding: x-y\n\n", "1 text/plain 32+0|",
	    DEFECT_ENCODING },
	{ "Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; "
	    "boundary=x\n\n--x\n\na\n--x--\n",
	    " multipart/mixed 77+13|1 text/plain 82+1|", DEFECT_ENCODING },
	{ "Content-Type: message/rfc822\nContent-Transfer-Encoding: x\n\nA: b\n\nc\n",
	    "1 message/rfc822 59+8|1.1 text/plain 65+2|", DEFECT_ENCODING },
};

static void
test_trees(void)
{
	struct part *root;
	char *got, *crlf, *slow;
	size_t i, n;

	for (i = 0; i < NELEM(trees); i++) {
		n = strlen(trees[i].text);
		root = parse(trees[i].text, n, n + 1);
		got = shown(root);
		is_string(got, trees[i].want, trees[i].want);
		if (!is_int(part_defects(root), trees[i].defects, "its defects"))
			tap_quote("text", trees[i].text);
		part_free(root);
		root = parse(trees[i].text, n, 1);
		slow = shown(root);
		is_string(slow, got, "octet by octet");
		part_free(root);
		free(slow);
		free(got);
		crlf = with_cr(trees[i].text);
		n = strlen(crlf);
		root = parse(crlf, n, n + 1);
		got = shown(root);
		part_free(root);
		root = parse(crlf, n, 1);
		slow = shown(root);
		is_string(slow, got, "with CRLF, too");
		part_free(root);
		free(slow);
		free(got);
		free(crlf);
	}
}

static void
test_find(void)
{
	static const char text[] = M "--x\n\na\n--x\n"
	    "Content-Type: message/rfc822\n\n"
	    "Content-Type: multipart/mixed; boundary=y\n\n"
	    "--y\n\nb\n--y\nContent-Type: text/html; charset=u; name=n.html\n\nc\n--y--\n"
	    "--x--\n";
	struct part *root = parse(text, strlen(text), 7), *p;

	ok(part_find(root, "") == root, "the root");
	ok((p = part_find(root, "1")) != NULL && p->index == 1, "1");
	ok((p = part_find(root, "2")) != NULL && part_is_message(p), "2");
	ok((p = part_find(root, "2.TEXT")) != NULL && part_is_multipart(p),
	    "2.TEXT");
	ok((p = part_find(root, "2.2")) != NULL && part_is_text(p) &&
	    part_charset(p) != NULL && strcmp(part_charset(p), "u") == 0 &&
	    part_is_attachment(p), "2.2");
	ok(part_find(root, "3") == NULL && part_find(root, "2.3") == NULL &&
	    part_find(root, "0") == NULL && part_find(root, "1.1") == NULL &&
	    part_find(root, "99999999999999999999") == NULL, "no others");
	ok(part_has_attachment(root), "an attachment");
	part_free(root);
}

static char *
decoded(const char *text, bool as_text, unsigned *defects)
{
	size_t n = strlen(text), len;
	struct part *root = parse(text, n, n);
	char *out, *copy = xstrdup(text);
	FILE *in = fmemopen(copy, n, "r"), *m = xmemstream(&out, &len);
	struct fail why = { 0 };

	*defects = 0;
	fseeko(in, (off_t)root->body, SEEK_SET);
	if (as_text)
		is_int(part_decode_text(root, in, root->size, NULL, m, defects,
		    &why), 0, "decoded");
	else
		is_int(part_decode(root, in, root->size, m, defects, &why), 0,
		    "decoded");
	fclose(m);
	fclose(in);
	part_free(root);
	free(copy);
	return out;
}

static void
test_contents(void)
{
#define E	"Content-Transfer-Encoding: "
	static const struct {
		const char	*text, *want;
		bool		 as_text;
		unsigned	 defects;
	} t[] = {
		{ "\na\r\nb\r\n", "a\nb\n", false, 0 },
		{ E "binary\n\na\r\nb\r\n", "a\r\nb\r\n", false, 0 },
		{ E "BASE64 (x)\n\nYQ0KYg==\n", "a\r\nb", false, 0 },
		{ E "base64\n\nYQ0KYg==\n", "a\nb", true, 0 },
		{ E "quoted-printable\n\na=3D=\r\nb\r\n", "a=b\n", false, 0 },
		{ E "quoted-printable\n\n=XY\n", "=XY\n", false, DEFECT_QP },
		{ E "x-nonsense\n\n=3D\n", "=3D\n", false, 0 },
		{ E "x-uuencode\n\nbegin 644 f\n#86)C\n`\nend\nmore\n", "abc",
		    false, 0 },
		{ E "x-uuencode\n\na\r\nbegun\r\n", "a\nbegun\n", false, 0 },
		{ E "base64\n" E "7bit\n\nYQ==\n", "a", false, 0 },
		{ "Content-Type: text/plain; charset=iso-8859-1\n" E
		    "quoted-printable\n\n=E4\n", "\xc3\xa4\n", true, 0 },
		{ "Content-Type: text/plain; charset=x-no\n\n\xe4\n",
		    "\xc3\xa4\n", true, DEFECT_CHARSET },
	};
	unsigned defects;
	char *got;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		got = decoded(t[i].text, t[i].as_text, &defects);
		is_string(got, t[i].want, t[i].want);
		is_int(defects, t[i].defects, "its defects");
		free(got);
	}
}

/* The ids of a message and a part are what the brackets hold. */
static void
test_ids(void)
{
	static const struct {
		const char	*field, *want;
	} t[] = {
		{ "<a@b>", "<a@b>" }, { "a@b", "<a@b>" }, { "<a@b", "<a@b>" },
		{ "< a@b >", "<a@b>" }, { "<\r\n a@b>", "<a@b>" },
		{ "<\"a b\"@c>", "<\"a b\"@c>" }, { "<a@b> (c)", "<a@b>" },
		{ "(c) <a@b>", "<a@b>" }, { "<a@b><c@d>", "<a@b>" },
		{ "<a@b\r\n c>", "<a@b c>" }, { "<>", NULL }, { "", NULL },
	};
	char *id;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		id = envelope_id(span_of(t[i].field));
		is_string(id == NULL ? "" : id,
		    t[i].want == NULL ? "" : t[i].want, t[i].field);
		free(id);
	}
}

static void
test_names(void)
{
	static const struct {
		const char	*name, *want;
	} t[] = {
		{ "a.txt", "a.txt" }, { "../../x", "x" }, { "/abs", "abs" },
		{ "..\\x", "x" }, { "~/x", "x" }, { "|cmd", "_cmd" },
		{ "-rf", "_rf" }, { ".bashrc", "bashrc" }, { "", "part-1.txt" },
		{ ".", "part-1.txt" }, { "..", "part-1.txt" },
		{ "a\nb", "a_b" }, { "a\x1b[m", "a__m" }, { "x/", "part-1.txt" },
		{ "a%2Fb", "a_2Fb" }, { "\xe6\x9c\x88.txt", "\xe6\x9c\x88.txt" },
		{ "a\xe2\x80\xae" "b", "a_b" }, { "a\xff" "b", "a_b" },
		{ "a. ", "a" }, { "$(id)", "__id_" }, { "a;b&c", "a_b_c" },
	};
	struct part *p = parse("\n", 1, 1);
	char *got;
	size_t i, n;

	for (i = 0; i < NELEM(t); i++) {
		free(p->filename);
		p->filename = xstrdup(t[i].name);
		got = part_safe_name(p);
		is_string(got, t[i].want, t[i].name);
		free(got);
	}
	free(p->filename);
	p->filename = repeated("", "\xe6\x9c\x88", 2000, ".pdf", &n);
	got = part_safe_name(p);
	n = strlen(got);
	ok(n <= MAX_FILENAME && n > MAX_FILENAME - 4 &&
	    strcmp(got + n - 4, ".pdf") == 0, "a name of 6000 octets");
	free(got);
	part_free(p);
}

static size_t count;
static unsigned found;

static void
work(const char *text, size_t len)
{
	struct part *root = parse(text, len, 65536), *p;
	size_t i;

	for (count = 0, p = root; p != NULL; p = part_walk(p))
		count++;
	found = part_defects(root);
	for (i = 0, p = root; p != NULL && i < 100; p = part_walk(p), i++)
		free(part_number(p));
	part_free(root);
}

static void
nested(const char *text, size_t n)
{
	char *all;
	size_t len, i;
	FILE *f = xmemstream(&all, &len);

	(void)text;
	for (i = 0; i < n; i++)
		fprintf(f, "Content-Type: multipart/mixed; boundary=b%zu\n\n"
		    "--b%zu\n", i, i);
	for (i = n; i-- > 0;)
		fprintf(f, "--b%zu--\n", i);
	fclose(f);
	work(all, len);
	free(all);
}

static void
test_hostile(void)
{
	double once, twice;

	is_linear(work, M, "--x\n\na\n", 200000, "--x--\n", "200 000 parts");
	ok(count <= MAX_PARTS + 1 && (found & DEFECT_PARTS) != 0, "MAX_PARTS");
	is_linear(work, M, "--x\n", 200000, "", "200 000 boundaries");
	is_linear(work, M, "--x\nContent-Type: message/rfc822\n", 200000, "",
	    "200 000 heads in which a message begins");
	is_linear(work, "", "Content-Type: message/rfc822\n\n", 20000, "",
	    "messages in messages, 20 000 deep");
	ok(count <= MAX_DEPTH + 2 && (found & DEFECT_DEPTH) != 0, "MAX_DEPTH");
	once = cpu(nested, "", 20000);
	twice = cpu(nested, "", 40000);
	ok(count <= MAX_DEPTH + 2 && (found & DEFECT_DEPTH) != 0 &&
	    (twice < 0.05 || twice < 3.5 * once),
	    "multiparts in multiparts, 20 000 deep");
	is_linear(work, "", M "--x\n", 20000, "", "all with one boundary");
	is_linear(work, "", "A: b\n", 200000, "\nx", "200 000 fields");
	is_linear(work, "A: ", "0123456789", 2000000, "\n\nx", "a field of 20 MB");
	ok((found & DEFECT_HEAD_CUT) != 0, "... is cut");
	is_linear(work, M, "--", 2000000, "", "a line of hyphens");
	is_linear(work, "Content-Type: multipart/mixed; boundary=\"", "x",
	    100000, "\"\n\n", "a boundary of 100 000 octets");
	is_linear(work, "", "\r", 2000000, "", "CR alone");
	ok(peak_mib() < 512, "memory stays within bounds: %ld MiB", peak_mib());
}

/* A digest's message that ends within its header begins where it ends. */
static void
test_places(void)
{
	static const char text[] = "Content-Type: multipart/digest; boundary=x\n"
	    "\n--x\n,\n--x";
	struct parser *parser = parser_new(NULL);
	struct part *root, *p;

	parser_feed(parser, text, strlen(text));
	root = parser_finish(parser);
	for (p = root; p != NULL; p = part_walk(p))
		ok(p->start <= p->body && (p->parent == NULL ||
		    p->body + (int64_t)p->size <= p->parent->body +
		    (int64_t)p->parent->size), "%s lies within its parent",
		    p->type.value);
	part_free(root);
}

int
main(void)
{
	test_places();
	test_trees();
	test_find();
	test_contents();
	test_ids();
	test_names();
	test_hostile();
	return done();
}
