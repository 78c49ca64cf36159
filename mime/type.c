/* SPDX-License-Identifier: ISC */
/*
 * type.c -- the media type of a file: what its first octets prove, refined by the
 * extension where a format is a container (office files are ZIP); then the
 * extension, as far as the octets do not speak against it; then whether it reads
 * as text.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "type.h"

#define MIME_TYPES	"/etc/mime.types"
#define MAX_EXTENSION	32

/* A format that is known by octets at an offset. */
struct magic {
	size_t		 at;
	const char	*octets;
	size_t		 n;
	const char	*type;
	const char	*also;	/* types that an extension may make of it: beginnings, blank between; or NULL */
};

#define MAGIC(at, octets, type, also)	{ at, octets, sizeof octets - 1, type, also }
#define ZIP_TYPES	"application/vnd.openxmlformats " \
	"application/vnd.oasis.opendocument. application/vnd.ms- " \
	"application/epub+zip application/java-archive " \
	"application/vnd.android.package-archive application/x-xpinstall"
#define OLE_TYPES	"application/msword application/vnd.ms- " \
	"application/vnd.openxmlformats application/vnd.visio application/x-msi"
#define MP4_TYPES	"video/ audio/ image/"

static const struct magic magics[] = {
	MAGIC(0, "%PDF-", "application/pdf", NULL),
	MAGIC(0, "\211PNG\r\n\032\n", "image/png", NULL),
	MAGIC(0, "\377\330\377", "image/jpeg", NULL),
	MAGIC(0, "GIF87a", "image/gif", NULL),
	MAGIC(0, "GIF89a", "image/gif", NULL),
	MAGIC(0, "PK\003\004", "application/zip", ZIP_TYPES),
	MAGIC(0, "PK\005\006", "application/zip", ZIP_TYPES),
	MAGIC(0, "\037\213", "application/gzip", NULL),
	MAGIC(0, "BZh", "application/x-bzip2", NULL),
	MAGIC(0, "\3757zXZ\0", "application/x-xz", NULL),
	MAGIC(0, "\050\265\057\375", "application/zstd", NULL),
	MAGIC(0, "7z\274\257\047\034", "application/x-7z-compressed", NULL),
	MAGIC(0, "Rar!\032\007", "application/vnd.rar", NULL),
	MAGIC(257, "ustar", "application/x-tar", NULL),
	MAGIC(0, "\320\317\021\340\241\261\032\341", "application/x-ole-storage", OLE_TYPES),
	MAGIC(0, "{\\rtf", "application/rtf", "text/rtf application/msword"),
	MAGIC(0, "%!PS", "application/postscript", NULL),
	MAGIC(8, "WEBP", "image/webp", NULL),
	MAGIC(8, "WAVE", "audio/x-wav", "audio/"),
	MAGIC(8, "AVI ", "video/x-msvideo", NULL),
	MAGIC(0, "II*\0", "image/tiff", "image/"),
	MAGIC(0, "MM\0*", "image/tiff", "image/"),
	MAGIC(4, "ftypheic", "image/heic", "image/"),
	MAGIC(4, "ftypavif", "image/avif", "image/"),
	MAGIC(4, "ftyp", "video/mp4", MP4_TYPES),
	MAGIC(0, "OggS", "application/ogg", "audio/ video/"),
	MAGIC(0, "fLaC", "audio/flac", NULL),
	MAGIC(0, "ID3", "audio/mpeg", NULL),
	MAGIC(0, "\032\105\337\243", "video/x-matroska", "video/ audio/"),
	MAGIC(0, "SQLite format 3\0", "application/vnd.sqlite3", NULL),
	MAGIC(0, "wOFF", "font/woff", NULL),
	MAGIC(0, "wOF2", "font/woff2", NULL),
	MAGIC(0, "\0asm", "application/wasm", NULL),
	MAGIC(0, "\177ELF", "application/x-executable", NULL),
};

/* For systems without mime.types, and what theirs may lack. */
static const struct {
	const char *extension, *type;
} known[] = {
	{ "asc", "text/plain" }, { "c", "text/x-csrc" }, { "css", "text/css" },
	{ "csv", "text/csv" }, { "diff", "text/x-diff" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "eml", "message/rfc822" }, { "epub", "application/epub+zip" },
	{ "htm", "text/html" }, { "html", "text/html" },
	{ "ics", "text/calendar" }, { "jar", "application/java-archive" },
	{ "js", "text/javascript" }, { "json", "application/json" },
	{ "log", "text/plain" }, { "m4a", "audio/mp4" },
	{ "md", "text/markdown" }, { "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" }, { "ogg", "audio/ogg" }, { "ogv", "video/ogg" },
	{ "opus", "audio/ogg" }, { "patch", "text/x-diff" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "sig", "application/pgp-signature" }, { "svg", "image/svg+xml" },
	{ "tsv", "text/tab-separated-values" }, { "txt", "text/plain" },
	{ "vcf", "text/vcard" }, { "webm", "video/webm" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "xml", "application/xml" },
};

/* --- The system's list. --- */

struct extension {
	const char *name, *type;	/* in the text that was read */
};

static struct extension *extensions;	/* in order of names, of the process */
static size_t nextensions;

static int
compare(const void *a, const void *b)
{
	const struct extension *x = a, *y = b;
	int r = strcasecmp(x->name, y->name);

	/* Of several for one extension the first in the file counts. */
	return r != 0 ? r : x->type < y->type ? -1 : x->type > y->type;
}

/* "type ext ext": cut into strings where it stands. */
static void
read_line(char *line, size_t *cap)
{
	char *type = NULL, *word;

	line[strcspn(line, "#")] = '\0';
	while ((word = strsep(&line, " \t\r")) != NULL) {
		if (*word == '\0')
			continue;
		if (type == NULL) {
			type = word;
			continue;
		}
		extensions = xgrow(extensions, nextensions, cap,
		    sizeof *extensions);
		extensions[nextensions].name = word;
		extensions[nextensions++].type = type;
	}
}

static void
load_system_types(void)
{
	static bool loaded;
	size_t cap = 0, n;
	char *text, *line;
	FILE *f;

	if (loaded)
		return;
	loaded = true;
	if ((f = fopen(MIME_TYPES, "re")) == NULL)
		return;
	text = xmalloc(MAX_MIME_TYPES + 1);
	n = fread(text, 1, MAX_MIME_TYPES, f);
	fclose(f);
	text[n] = '\0';
	text = xreallocarray(text, n + 1, 1);	/* kept for the process */
	while ((line = strsep(&text, "\n")) != NULL)
		read_line(line, &cap);
	if (nextensions > 0)
		qsort(extensions, nextensions, sizeof *extensions, compare);
}

static const char *
system_type(const char *extension)
{
	size_t low = 0, high, middle;

	load_system_types();
	for (high = nextensions; low < high; ) {
		middle = low + (high - low) / 2;
		if (strcasecmp(extensions[middle].name, extension) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nextensions &&
	    strcasecmp(extensions[low].name, extension) == 0 ?
	    extensions[low].type : NULL;
}

/* What the name says, or NULL. */
static const char *
type_by_name(const char *name)
{
	const char *dot, *type;
	size_t i;

	if (name == NULL)
		return NULL;
	if (strrchr(name, '/') != NULL)
		name = strrchr(name, '/') + 1;
	dot = strrchr(name, '.');
	if (dot == NULL || dot[1] == '\0' || strlen(dot) > MAX_EXTENSION)
		return NULL;
	if ((type = system_type(dot + 1)) != NULL)
		return type;
	for (i = 0; i < NELEM(known); i++)
		if (strcasecmp(known[i].extension, dot + 1) == 0)
			return known[i].type;
	return NULL;
}

/* --- Octets. --- */

static const struct magic *
find_magic(const char *p, size_t n)
{
	const struct magic *m;

	for (m = magics; m < magics + NELEM(magics); m++) {
		if (n < m->at + m->n || memcmp(p + m->at, m->octets, m->n) != 0)
			continue;
		/* WAVE and its like stand inside RIFF. */
		if (m->at != 8 || memcmp(p, "RIFF", 4) == 0)
			return m;
	}
	return NULL;
}

/* Is type one of the beginnings in the list? */
static bool
is_one_of(const char *list, const char *type)
{
	size_t n;

	for (; list != NULL && *list != '\0'; list += list[n] == ' ' ? n + 1 : n) {
		n = strcspn(list, " ");
		if (strncasecmp(list, type, n) == 0)
			return true;
	}
	return false;
}

/* No NUL and no control characters that texts do not have; any charset. */
static bool
is_text(const char *p, size_t n)
{
	size_t i;

	if (n >= 2 && (memcmp(p, "\377\376", 2) == 0 ||
	    memcmp(p, "\376\377", 2) == 0))
		return false;		/* UTF-16 */
	for (i = 0; i < n; i++)
		if (ascii_is_control((unsigned char)p[i]) && (p[i] == '\0' ||
		    strchr("\t\n\v\f\r\b\033", p[i]) == NULL))
			return false;
	return true;
}

/* Does it begin with a field, as messages do? */
static bool
is_message(const char *p, size_t n)
{
	size_t i = 0;

	if (n >= 5 && memcmp(p, "From ", 5) == 0)
		return true;
	while (i < n && p[i] > ' ' && p[i] < 127 && p[i] != ':')
		i++;
	return i > 0 && i < n && p[i] == ':' && is_text(p, n);
}

/* Would the octets show it, if it were of that type? */
static bool
has_magic(const char *type)
{
	static const char *const always[] = { ZIP_TYPES, OLE_TYPES };
	size_t i;

	for (i = 0; i < NELEM(magics); i++)
		if (strcasecmp(magics[i].type, type) == 0 &&
		    strcmp(type, "audio/mpeg") != 0)
			return true;
	for (i = 0; i < NELEM(always); i++)
		if (is_one_of(always[i], type) &&
		    strncasecmp(type, "application/vnd.ms-", 19) != 0)
			return true;
	return strcasecmp(type, "application/vnd.ms-excel") == 0 ||
	    strcasecmp(type, "application/vnd.ms-powerpoint") == 0;
}

/* The name says so; do the octets, which are of no known format, bear it out? */
static bool
is_credible(const char *type, const char *p, size_t n)
{
	if (strncasecmp(type, "multipart/", 10) == 0 || has_magic(type))
		return false;
	if (strncasecmp(type, "message/", 8) == 0)
		return strcasecmp(type, "message/rfc822") == 0 &&
		    is_message(p, n);
	if (strncasecmp(type, "text/", 5) == 0)
		return is_text(p, n);
	/* A .ts may be a program; of the registered kinds few are text. */
	if (is_one_of("image/ audio/ video/ font/", type) && is_text(p, n))
		return is_one_of("image/x- image/vnd. audio/x- video/vnd.",
		    type) || strstr(type, "+xml") != NULL ||
		    strstr(type, "mpegurl") != NULL;
	return true;
}

char *
type_guess(const char *name, const void *start, size_t n)
{
	const char *p = n == 0 ? "" : start, *type = type_by_name(name);
	const struct magic *m = find_magic(p, n);
	char *copy;

	if (m != NULL)
		type = type != NULL && is_one_of(m->also, type) ? type :
		    m->type;
	else if (type == NULL || !is_credible(type, p, n))
		type = is_text(p, n) ? "text/plain" :
		    "application/octet-stream";
	copy = xstrdup(type);
	ascii_lower_string(copy);
	return copy;
}
