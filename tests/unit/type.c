/* SPDX-License-Identifier: ISC */
/* type.c -- the media types of files. */
#include <stdlib.h>

#include "../../mime/type.h"
#include "tap.h"

/* --- Types. --- */

static void
type(const char *name, const char *octets_, size_t n, const char *want)
{
	char *got = type_guess(name, octets_, n);
	char label[100];

	snprintf(label, sizeof label, "%s of %zu octets is %s",
	    name == NULL ? "(no name)" : name, n, want);
	is_string(got, want, label);
	free(got);
}

static void
test_types(void)
{
#define OF(s)	s, sizeof s - 1
	type("a.pdf", OF("%PDF-1.4\n"), "application/pdf");
	type("a.txt", OF("%PDF-1.4\n"), "application/pdf");
	type("a.pdf", OF("just text\n"), "text/plain");
	type("a.pdf", OF("\0\1\2"), "application/octet-stream");
	type("a.txt", OF("text\n"), "text/plain");
	type("a.TXT", OF("text\n"), "text/plain");
	type("a.txt", OF("a\0b"), "application/octet-stream");
	type("a.txt", OF("\377\376a\0"), "application/octet-stream");
	type("a.txt", OF("caf\351\n"), "text/plain");
	type("a.csv", OF("a,b\n"), "text/csv");
	type("/x.y/data.csv", OF("a,b\n"), "text/csv");
	type("x.csv/data", OF("a,b\n"), "text/plain");
	type("a.html", OF("<p>\n"), "text/html");
	type("a.ics", OF("BEGIN:VCALENDAR\n"), "text/calendar");
	type("a.json", OF("{}\n"), "application/json");
	type("a.svg", OF("<svg/>\n"), "image/svg+xml");
	type("a.png", OF("\211PNG\r\n\032\n"), "image/png");
	type("a.jpg", OF("\211PNG\r\n\032\n"), "image/png");
	type("a.png", OF("GIF89a..."), "image/gif");
	type("a", OF("\377\330\377\340"), "image/jpeg");
	type("a.zip", OF("PK\003\004"), "application/zip");
	type("a.odt", OF("PK\003\004"), "application/vnd.oasis.opendocument.text");
	type("a.docx", OF("PK\003\004"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
	type("a.docx", OF("not one\n"), "text/plain");
	type("a.pdf", OF("PK\003\004"), "application/zip");
	type("a.doc", OF("\320\317\021\340\241\261\032\341"), "application/msword");
	type("a.doc", OF("text\n"), "text/plain");
	type("a.tar.gz", OF("\037\213\010"), "application/gzip");
	type("a.mp4", OF("\0\0\0\040ftypisom"), "video/mp4");
	type("a.bmp", OF("text\n"), "text/plain");
	type("a.eml", OF("Subject: x\n\n"), "message/rfc822");
	type("a.eml", OF("no message\n"), "text/plain");
	type("Makefile", OF("all:\n"), "text/plain");
	type("x.", OF("t\n"), "text/plain");
	type(".png", OF("t\n"), "text/plain");
	type("", OF("t\n"), "text/plain");
	type(NULL, OF("t\n"), "text/plain");
	type(NULL, OF("\1\2"), "application/octet-stream");
	type(NULL, NULL, 0, "text/plain");
	type("a.multipart", OF("x"), "text/plain");
	type("a.vpm", OF("x"), "text/plain");
	type("a.R\303\274ckenmark", OF("x"), "text/plain");
	type("a.averyveryveryveryveryveryveryverylongextension", OF("x"), "text/plain");
}

int
main(void)
{
	test_types();
	return done();
}
