/* SPDX-License-Identifier: ISC */
/* type.h -- the media type of a file that is attached, by content and extension. */
#ifndef MIME_TYPE_H
#define MIME_TYPE_H

#include "../util.h"

/*
 * The type for a file of that name that begins with these octets: by content
 * where that is certain (PDF, PNG, ZIP ...), else by the system's mime.types and
 * a short list of our own, else text/plain or application/octet-stream.
 * The caller frees.
 */
char	*type_guess(const char *name, const void *start, size_t n);

#endif
