/* SPDX-License-Identifier: ISC */
/*
 * subject.c -- what stands in front of the subject of an answer.  Mail programs
 * put a word of their own language there, some with a count; all but ours go.
 */
#include <string.h>
#include <strings.h>

#include "sending.h"

static const char *const replies[] = { "re", "aw", "antw", "antwort", "sv", "vs",
	"odp", "ref", "rif", "r", "res", "ynt", "bls", "atb", "vá", "vÁ",
	"σχετ", "Σχετ", "ΣΧΕΤ", "απ", "Απ", "ΑΠ", "отв", "Отв", "ОТВ", "ответ", "Ответ",
	"ОТВЕТ", "На", "НА", "תשובה", "תגובה", "رد", "trả lời", "Trả lời",
	"ตอบ", "ตอบกลับ", "回复", "回覆", "答复", "答覆", "返信", "답장", "회신" };
static const char *const forwards[] = { "fwd", "fw", "wg", "tr", "rv", "enc",
	"doorst", "pd", "vb", "vl", "转发", "轉寄", "轉發", "転送", "전달", "пересл",
	"Пересл", "ПЕР" };

/* A count, [2] or (2) or ^2, and then a colon, the wide one too; what is behind it, or NULL. */
static const char *
behind_colon(const char *p)
{
	static const char wide[] = "\xef\xbc\x9a";
	char close = *p == '[' ? ']' : *p == '(' ? ')' : '\0';

	if (close != '\0' || *p == '^') {
		p++;
		p += strspn(p, "0123456789");
		if (close != '\0' && *p++ != close)
			return NULL;
	}
	if (*p == ' ')			/* as in French */
		p++;
	else if (strncmp(p, "\xc2\xa0", 2) == 0)
		p += 2;
	if (*p == ':')
		p++;
	else if (strncmp(p, wide, 3) == 0)
		p += 3;
	else
		return NULL;
	return p + strspn(p, " \t");
}

static const char *
skip_one(const char *s, const char *const words[], size_t n)
{
	const char *rest;
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = strlen(words[i]);
		if (strncasecmp(s, words[i], len) == 0 &&
		    (rest = behind_colon(s + len)) != NULL)
			return rest;
	}
	return NULL;
}

static char *
prefixed(const char *prefix, const char *s, const char *const words[], size_t n)
{
	const char *rest;

	if (s == NULL)
		return xstrdup(prefix);
	s += strspn(s, " \t");
	while ((rest = skip_one(s, words, n)) != NULL)
		s = rest;
	return *s == '\0' ? xstrdup(prefix) : xasprintf("%s %s", prefix, s);
}

char *
subject_reply(const char *subject)
{
	return prefixed("Re:", subject, replies, NELEM(replies));
}

char *
subject_forward(const char *subject)
{
	return prefixed("Fwd:", subject, forwards, NELEM(forwards));
}
