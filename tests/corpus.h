/* SPDX-License-Identifier: ISC */
/* corpus.h -- between the files of the scorer tests/corpus. */
#ifndef TESTS_CORPUS_H
#define TESTS_CORPUS_H

#include "../util.h"

enum grade { AGREED, MAJORITY, CONTESTED, NGRADES };

/* One expectation was looked at: `where' tells it; got and want are shown where they differ. */
void	 corpus_count(const char *category, enum grade grade, bool held,
	    const char *where, const char *got, const char *want);
/* "=", "~", "?"; NGRADES for what is no grade. */
enum grade corpus_grade(const char *mark);

/* A line cut at its TABs, in place: the number of fields, at most max (the last takes the rest). */
size_t	 corpus_fields(char *line, char **fields, size_t max);
/* Undo \\ \r \n \t \xHH; *len counts what may hold NUL.  The caller frees. */
char	*corpus_unescape(const char *s, size_t *len);
/* A fact's value: white space runs become one blank, none at the ends, controls \xHH.  The caller frees. */
char	*corpus_value(const char *s);
/* The names in dir/under that end in `suffix', sorted and cut off it; none where there is no such folder. */
void	 corpus_list(const char *dir, const char *under, const char *suffix, struct strv *names);

void	 corpus_messages(const char *dir);
void	 corpus_tables(const char *dir);
void	 corpus_mailboxes(const char *dir);
void	 corpus_replies(const char *dir);

#endif
