/* SPDX-License-Identifier: ISC */
/* qp.h -- quoted-printable (RFC 2045 6.7) as filters; see b64.h for their manners. */
#ifndef MIME_QP_H
#define MIME_QP_H

#include "../util.h"

/* Lines of at most 76; LF in, LF out; CR is coded; "From " and "." at a line's start too. */
FILE	*qp_encoder(FILE *out);
/* Blanks at the end of a line are dropped; a broken =XX stays as it is, DEFECT_QP. */
FILE	*qp_decoder(FILE *out, unsigned *defects);

#endif
