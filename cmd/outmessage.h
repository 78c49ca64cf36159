/* SPDX-License-Identifier: ISC */
/* outmessage.h -- what outmessage.c and outjson.c have from each other. */
#ifndef CMD_OUTMESSAGE_H
#define CMD_OUTMESSAGE_H

#include "outint.h"

/* A field as it is shown: unfolded, decoded.  The caller frees. */
char	*field_text(const struct field *f, const char *charset_8bit);
int	 out_message_json(struct mailx *m, struct store *s, uint32_t n,
	    struct fail *why);
int	 out_part_json(struct mailx *m, struct store *s, uint32_t n,
	    const struct part *p, struct fail *why);

#endif
