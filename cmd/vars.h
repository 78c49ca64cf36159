/* SPDX-License-Identifier: ISC */
/* vars.h -- variables: one table with name, type, default and a sentence of help; values of this run. */
#ifndef CMD_VARS_H
#define CMD_VARS_H

#include "../mailx.h"

enum var_type { VAR_BOOL, VAR_STRING, VAR_NUMBER, VAR_PATH };

struct var {
	const char	*name;
	enum var_type	 type;
	const char	*value;		/* default; NULL: unset.  A set VAR_BOOL is "" */
	const char	*help;		/* one sentence, no full stop */
	const char	*alias_of;	/* NULL, or the modern name that this one means */
};

extern const struct var variables[];	/* vars.c, in order; ends with a NULL name */

struct vars	*vars_new(void);	/* all defaults; a few from the environment, as POSIX says */
void		 vars_free(struct vars *v);
/* All values as they are; and back to them, which frees the copy. */
struct vars	*vars_save(const struct mailx *m);
void		 vars_restore(struct mailx *m, struct vars *saved);

/* The value, "" for a boolean that is set; NULL where unset.  Borrowed until it changes. */
const char	*var_get(const struct mailx *m, const char *name);
/* Where it was set: "file:line", "the command line"; NULL: it has its default.  Borrowed. */
const char	*var_origin(const struct mailx *m, const char *name);
/* Is it one that holds a password, not to be shown? */
bool		 var_is_secret(const char *name);
bool		 var_is_set(const struct mailx *m, const char *name);
int		 var_number(const struct mailx *m, const char *name, int otherwise);
/* EX_CONFIG or EX_USAGE: not a number, out of range.  Unknown names are kept in silence. */
int		 var_set(struct mailx *m, const char *name, const char *value,
		    struct fail *why);
/* EX_USAGE for one that is not set, as POSIX. */
int		 var_unset(struct mailx *m, const char *name, struct fail *why);
/* `name', `name=value', `noname' as `set' and -S take them. */
int		 var_assign(struct mailx *m, const char *word, struct fail *why);
/* All that are set, sorted. */
void		 var_each(const struct mailx *m, void (*each)(void *ctx,
		    const char *name, const char *value), void *ctx);
/* Directory of state or cache ($XDG_..., else under HOME), made when missing (0700).  Caller frees. */
char		*var_state_dir(const struct mailx *m, struct fail *why);
char		*var_cache_dir(const struct mailx *m, struct fail *why);
/* Set m->options (charset-8bit, lock-timeout, ...) from the variables. */
void		 vars_apply(struct mailx *m);

#endif
