/* SPDX-License-Identifier: ISC */
/* server.c -- see server.h. */
#include <stdlib.h>
#include <string.h>

#include "server.h"

void
server_free(struct server *s)
{
	url_free(&s->url);
	free(s->tls_ca_file);
	free(s->tls_fingerprint);
	free(s->tls_min);
	free(s->tls_cert);
	free(s->tls_key);
	free(s->tls_sessions);
	free(s->auth);
	if (s->password != NULL)
		freezero(s->password, strlen(s->password));
	free(s->password_command);
	free(s->oauth_command);
	free(s->netrc);
	free(s->known);
	free(s->hostname);
	free(s->proxy);
	memset(s, 0, sizeof *s);
}
