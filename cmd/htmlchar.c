/* SPDX-License-Identifier: ISC */
/*
 * htmlchar.c -- the characters that HTML calls by name or number: those of HTML
 * 4, which is what mail programs write, and a few of HTML 5.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "htmlint.h"

/* U+00A0 to U+00FF in order. */
static const char latin[][8] = {
	"nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect",
	"uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr",
	"deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
	"cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest",
	"Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil",
	"Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml",
	"ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times",
	"Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig",
	"agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil",
	"egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml",
	"eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide",
	"oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml"
};

/* U+0391 on, and U+03B1 on, in order; U+03A2 is no character. */
static const char greek[][8] = {
	"Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta",
	"Iota", "Kappa", "Lambda", "Mu", "Nu", "Xi", "Omicron", "Pi", "Rho",
	"", "Sigma", "Tau", "Upsilon", "Phi", "Chi", "Psi", "Omega"
};

static const struct {
	char		name[10];
	uint16_t	cp;
} others[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
	{ "AMP", '&' }, { "LT", '<' }, { "GT", '>' }, { "QUOT", '"' },
	{ "apos", '\'' }, { "OElig", 0x152 }, { "oelig", 0x153 },
	{ "Scaron", 0x160 }, { "scaron", 0x161 }, { "Yuml", 0x178 },
	{ "fnof", 0x192 }, { "circ", 0x2c6 }, { "tilde", 0x2dc },
	{ "sigmaf", 0x3c2 }, { "thetasym", 0x3d1 }, { "upsih", 0x3d2 },
	{ "piv", 0x3d6 }, { "ensp", 0x2002 }, { "emsp", 0x2003 },
	{ "thinsp", 0x2009 }, { "zwnj", 0x200c }, { "zwj", 0x200d },
	{ "lrm", 0x200e }, { "rlm", 0x200f }, { "ndash", 0x2013 },
	{ "mdash", 0x2014 }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 },
	{ "sbquo", 0x201a }, { "ldquo", 0x201c }, { "rdquo", 0x201d },
	{ "bdquo", 0x201e }, { "dagger", 0x2020 }, { "Dagger", 0x2021 },
	{ "bull", 0x2022 }, { "hellip", 0x2026 }, { "permil", 0x2030 },
	{ "prime", 0x2032 }, { "Prime", 0x2033 }, { "lsaquo", 0x2039 },
	{ "rsaquo", 0x203a }, { "oline", 0x203e }, { "frasl", 0x2044 },
	{ "euro", 0x20ac }, { "image", 0x2111 }, { "weierp", 0x2118 },
	{ "real", 0x211c }, { "trade", 0x2122 }, { "alefsym", 0x2135 },
	{ "larr", 0x2190 }, { "uarr", 0x2191 }, { "rarr", 0x2192 },
	{ "darr", 0x2193 }, { "harr", 0x2194 }, { "crarr", 0x21b5 },
	{ "lArr", 0x21d0 }, { "uArr", 0x21d1 }, { "rArr", 0x21d2 },
	{ "dArr", 0x21d3 }, { "hArr", 0x21d4 }, { "forall", 0x2200 },
	{ "part", 0x2202 }, { "exist", 0x2203 }, { "empty", 0x2205 },
	{ "nabla", 0x2207 }, { "isin", 0x2208 }, { "notin", 0x2209 },
	{ "ni", 0x220b }, { "prod", 0x220f }, { "sum", 0x2211 },
	{ "minus", 0x2212 }, { "lowast", 0x2217 }, { "radic", 0x221a },
	{ "prop", 0x221d }, { "infin", 0x221e }, { "ang", 0x2220 },
	{ "and", 0x2227 }, { "or", 0x2228 }, { "cap", 0x2229 },
	{ "cup", 0x222a }, { "int", 0x222b }, { "there4", 0x2234 },
	{ "sim", 0x223c }, { "cong", 0x2245 }, { "asymp", 0x2248 },
	{ "ne", 0x2260 }, { "equiv", 0x2261 }, { "le", 0x2264 },
	{ "ge", 0x2265 }, { "sub", 0x2282 }, { "sup", 0x2283 },
	{ "nsub", 0x2284 }, { "sube", 0x2286 }, { "supe", 0x2287 },
	{ "oplus", 0x2295 }, { "otimes", 0x2297 }, { "perp", 0x22a5 },
	{ "sdot", 0x22c5 }, { "lceil", 0x2308 }, { "rceil", 0x2309 },
	{ "lfloor", 0x230a }, { "rfloor", 0x230b }, { "lang", 0x27e8 },
	{ "rang", 0x27e9 }, { "loz", 0x25ca }, { "spades", 0x2660 },
	{ "clubs", 0x2663 }, { "hearts", 0x2665 }, { "diams", 0x2666 },
	{ "check", 0x2713 }, { "star", 0x2606 }, { "num", '#' },
	{ "excl", '!' }, { "commat", '@' }, { "lbrack", '[' },
	{ "rbrack", ']' }, { "lpar", '(' }, { "rpar", ')' },
	{ "colon", ':' }, { "semi", ';' }, { "comma", ',' },
	{ "period", '.' }, { "sol", '/' }, { "equals", '=' },
	{ "quest", '?' }, { "dollar", '$' }, { "percnt", '%' },
	{ "lowbar", '_' }, { "Tab", '\t' }, { "NewLine", '\n' },
};

/* By number: 128 to 159 mean windows-1252, as every reader has it. */
static uint32_t
by_number(const char *digits)
{
	static const uint16_t windows[] = {
		0x20ac, 0xfffd, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0xfffd, 0x17d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0xfffd, 0x17e, 0x178
	};
	bool hex = *digits == 'x' || *digits == 'X';
	unsigned long cp = strtoul(digits + hex, NULL, hex ? 16 : 10);

	if (cp >= 0x80 && cp < 0xa0)
		return windows[cp - 0x80];
	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0xfffd;
	return (uint32_t)cp;
}

static uint32_t
greek_letter(const char *name)
{
	char capital[HTML_NAME];
	size_t i;

	strlcpy(capital, name, sizeof capital);
	if (ascii_is_alpha((unsigned char)*capital))
		*capital &= ~0x20;
	for (i = 0; i < NELEM(greek); i++)
		if (strcmp(capital, greek[i]) == 0)
			return (uint32_t)((capital[0] == *name ? 0x391 : 0x3b1) +
			    i);
	return 0xfffd;
}

uint32_t
html_character(const char *name)
{
	size_t i;

	if (*name == '#')
		return by_number(name + 1);
	if (*name == '\0')
		return 0xfffd;
	for (i = 0; i < NELEM(others); i++)
		if (strcmp(name, others[i].name) == 0)
			return others[i].cp;
	for (i = 0; i < NELEM(latin); i++)
		if (strcmp(name, latin[i]) == 0)
			return (uint32_t)(0xa0 + i);
	return greek_letter(name);
}

bool
html_is_nothing(uint32_t cp)
{
	return cp == 0xad || cp == 0x34f || cp == 0xfeff ||
	    (cp >= 0x200b && cp <= 0x200d) || cp == 0x2060;
}

char *
html_value(const char *value)
{
	char *text, name[HTML_NAME], c[4];
	size_t len, n;
	uint32_t cp;
	FILE *f = xmemstream(&text, &len);

	while (*value != '\0') {
		n = *value == '&' ? strcspn(value + 1, ";&= ") : 0;
		if (n > 0 && n < sizeof name && value[n + 1] == ';') {
			memcpy(name, value + 1, n);
			name[n] = '\0';
			cp = html_character(name);
			if (cp != 0xfffd) {
				fwrite(c, 1, utf8_encode(cp, c), f);
				value += n + 2;
				continue;
			}
		}
		putc(*value++, f);
	}
	fclose(f);
	return text;
}
