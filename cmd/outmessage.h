/* SPDX-License-Identifier: ISC */
/* outmessage.h -- what outmessage.c and outjson.c have from each other. */
#ifndef CMD_OUTMESSAGE_H
#define CMD_OUTMESSAGE_H

#include "outint.h"

/* A field as it is shown: unfolded, decoded.  The caller frees. */
char	*field_text(const struct field *f, const char *charset_8bit);
/* Names and addresses with commas between; the caller frees. */
char	*addresses_text(const struct addrs *as);
/* A message within another whose transfer encoding is undone: message 1 of a folder. */
struct held {
	struct store	 store;
	struct msg	 msg;
	FILE		*file;		/* owned */
	struct part	*root;		/* owned */
};
bool	 held_possible(const struct part *p);
int	 held_open(struct held *h, struct mailx *m, struct store *s, uint32_t n,
	    const struct part *p, struct fail *why);
void	 held_close(struct held *h);
bool	 held_is(const struct store *s);	/* one of these */

/*
 * [-- #3.2 image/png x.png, 12 kB --], with a line end; n = 0: without a number,
 * for it has none that a command would know.  The caller frees.
 */
char	*out_part_line(uint32_t n, const struct part *p);
/*
 * A text part as it is read: in UTF-8, NOT sanitised; flowed text joined, HTML
 * without tags, lines of these as long as there are columns (0: any length),
 * calendars and cards in a few lines, files in it as one line each.
 */
int	 out_text(struct mailx *m, struct store *s, uint32_t n, struct part *p,
	    FILE *out, int columns, struct fail *why);
int	 out_message_json(struct mailx *m, struct store *s, uint32_t n,
	    struct fail *why);
int	 out_part_json(struct mailx *m, struct store *s, uint32_t n,
	    const struct part *p, struct fail *why);

#endif
