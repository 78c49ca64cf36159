/* SPDX-License-Identifier: ISC */
/*
 * part.c -- the tree of parts: numbers (RFC 9051 6.4.5), what a part is, safe
 * names.  parse.c makes trees, partdecode.c reads contents.
 */
#include <stdlib.h>
#include <string.h>

#include "part.h"
#include "text.h"

/* Free without recursion: children are hung behind their siblings first. */
void
part_free(struct part *root)
{
	struct part *p = root, *next, *last;

	while (p != NULL) {
		if (p->child != NULL) {
			for (last = p->child; last->next != NULL;
			    last = last->next)
				continue;
			last->next = p->next;
			p->next = p->child;
			p->child = NULL;
		}
		if ((next = p->inside) != NULL) {
			for (last = next; last->next != NULL; last = last->next)
				continue;
			last->next = p->next;
		} else
			next = p->next;
		head_free(&p->head);
		params_free(&p->type);
		params_free(&p->disposition);
		envelope_free(p->envelope);
		free(p->encoding_name);
		free(p->filename);
		free(p->id);
		free(p->description);
		free(p);
		p = next;
	}
}

struct part *
part_walk(struct part *p)
{
	if (p->child != NULL)
		return p->child;
	for (; p != NULL; p = p->parent)
		if (p->next != NULL)
			return p->next;
	return NULL;
}

bool
part_is_multipart(const struct part *p)
{
	return strncmp(p->type.value, "multipart/", 10) == 0 &&
	    (p->child != NULL || (p->defects & (DEFECT_NO_BOUNDARY |
	    DEFECT_BOUNDARY_MISSING)) == 0);
}

bool
part_is_message(const struct part *p)
{
	return p->child != NULL && strncmp(p->type.value, "message/", 8) == 0;
}

bool
part_is_text(const struct part *p)
{
	return strncmp(p->type.value, "text/", 5) == 0;
}

bool
part_is_attachment(const struct part *p)
{
	if (part_is_multipart(p))
		return false;
	if (strcmp(p->disposition.value, "attachment") == 0 ||
	    p->filename != NULL)
		return true;
	return !part_is_text(p) && p->parent != NULL &&
	    strcmp(p->parent->type.value, "multipart/mixed") == 0;
}

bool
part_has_attachment(struct part *root)
{
	struct part *p;

	for (p = root; p != NULL; p = part_walk(p))
		if (part_is_attachment(p))
			return true;
	return false;
}

const char *
part_charset(const struct part *p)
{
	const char *label = params_get(&p->type, "charset");

	return label == NULL || *label == '\0' ? NULL : label;
}

unsigned
part_defects(struct part *root)
{
	unsigned defects = 0;
	struct part *p;

	for (p = root; p != NULL; p = part_walk(p))
		defects |= p->defects;
	return defects;
}

char *
part_number(const struct part *p)
{
	const struct part *chain[MAX_DEPTH + 2];
	unsigned n = 0, i;
	char *out, *around;
	size_t len;
	FILE *f;

	if (p->enclosed > 0) {
		around = part_number(p->parent);
		out = xasprintf("%s.u%u", around, p->enclosed);
		free(around);
		return out;
	}
	if (p->parent == NULL)
		return xstrdup(part_is_multipart(p) ? "" : "1");
	for (; p->parent != NULL && n < NELEM(chain); p = p->parent)
		chain[n++] = p;
	f = xmemstream(&out, &len);
	/* The root counts where it is no multipart: a message inside is 1.x. */
	if (!part_is_multipart(p))
		fputs("1", f);
	for (i = n; i-- > 0;) {
		p = chain[i];
		if (part_is_message(p->parent)) {
			/* The body of a message: its parts hang on its number. */
			if (part_is_multipart(p)) {
				if (i == 0)
					fputs(".TEXT", f);
				continue;
			}
			fputs(".1", f);
			continue;
		}
		fprintf(f, "%s%u", ftell(f) > 0 ? "." : "", p->index);
	}
	fclose(f);
	return out;
}

struct part *
part_find(struct part *root, const char *number)
{
	struct part *p;
	char *own;
	bool same;

	for (p = root; p != NULL; p = part_walk(p)) {
		own = part_number(p);
		same = strcmp(own, number) == 0;
		free(own);
		if (same)
			return p;
	}
	return NULL;
}

/* --- Safe names --- */

static const struct {
	const char *type, *extension;
} extensions[] = {
	{ "application/pdf", ".pdf" }, { "application/zip", ".zip" },
	{ "application/json", ".json" }, { "image/png", ".png" },
	{ "image/jpeg", ".jpg" }, { "image/gif", ".gif" },
	{ "text/plain", ".txt" }, { "text/html", ".html" },
	{ "text/csv", ".csv" }, { "text/calendar", ".ics" },
	{ "message/rfc822", ".eml" }, { "audio/mpeg", ".mp3" },
	{ "video/mp4", ".mp4" },
};

static const char *
extension_of(const struct part *p)
{
	size_t i;

	for (i = 0; i < NELEM(extensions); i++)
		if (strcmp(p->type.value, extensions[i].type) == 0)
			return extensions[i].extension;
	return part_is_text(p) ? ".txt" : ".bin";
}

static bool
is_name_char(uint32_t cp)
{
	if (utf8_is_unsafe(cp) || cp == 0xfffd)
		return false;
	return cp >= 0x80 || strchr("/\\:*?\"<>|$`&;!'(){}[]~#%", (int)cp) == NULL;
}

/* The characters of a name that may stay; others become one `_' each. */
static char *
clean_name(const char *name)
{
	const char *base = name, *p;
	char *out, c[4] = "";
	size_t len, left, used;
	uint32_t cp;
	FILE *f = xmemstream(&out, &len);

	for (p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			base = p + 1;
	base += strspn(base, ". ");	/* never hidden */
	left = strlen(base);
	for (p = base; left > 0; p += used, left -= used) {
		used = utf8_decode(p, left, &cp);
		if (!is_name_char(cp) || (ftell(f) == 0 && strchr(".- ",
		    (int)cp) != NULL && cp < 0x80))
			cp = '_';
		fwrite(c, 1, utf8_encode(cp, c), f);
	}
	fclose(f);
	return out;
}

/* Cut a name to MAX_FILENAME octets between characters, its extension kept. */
static void
cut_name(char *name)
{
	const char *dot = strrchr(name, '.');
	size_t len = strlen(name), ext, keep;

	if (len <= MAX_FILENAME)
		return;
	ext = dot == NULL || name + len - dot > 16 ? 0 :
	    (size_t)(name + len - dot);
	keep = MAX_FILENAME - ext;
	while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
		keep--;
	memmove(name + keep, name + len - ext, ext + 1);
}

char *
part_clean_name(const char *text)
{
	char *name = clean_name(text);
	size_t n = strlen(name);

	while (n > 0 && (name[n - 1] == '.' || name[n - 1] == ' '))
		name[--n] = '\0';
	if (name[strspn(name, "_. ")] == '\0')
		*name = '\0';
	cut_name(name);
	return name;
}

char *
part_safe_name(const struct part *p)
{
	char *name = part_clean_name(p->filename == NULL ? "" : p->filename);
	char *number;

	if (*name == '\0') {
		free(name);
		number = part_number(p);
		name = xasprintf("part-%s%s", *number == '\0' ? "0" : number,
		    extension_of(p));
		free(number);
		cut_name(name);
	}
	return name;
}
