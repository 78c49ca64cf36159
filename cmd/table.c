/* SPDX-License-Identifier: ISC */
/*
 * table.c -- all commands, in the order in which an abbreviation finds them: of
 * two that begin alike the first is meant, unless its `abbreviation' says that
 * more letters are needed.  POSIX's abbreviations go before ours.
 */
#include "cmd.h"

#define COMMANDS(X)							\
	X(alias) X(group) X(alternates) X(account) X(answered)		\
	X(call) X(capabilities) X(chdir) X(cd) X(commandalias)		\
	X(copy) X(Copy) X(count)					\
	X(define) X(delete) X(discard) X(dp) X(dt) X(draft)		\
	X(echo) X(edit) X(else) X(elif) X(endif) X(eval) X(exit)	\
	X(expunge) X(extract)						\
	X(from) X(file) X(folder) X(folders) X(followup) X(Followup)	\
	X(fetch) X(flag) X(flush) X(forward)					\
	X(headers) X(help) X(hold)					\
	X(if) X(ignore)							\
	X(list) X(Lreply)						\
	X(mail) X(mbox) X(mkdir) X(move)				\
	X(next) X(new)							\
	X(pipe) X(preserve) X(print) X(Print)				\
	X(quit) X(queue) X(quota)					\
	X(reply) X(Reply) X(respond) X(Respond) X(resend) X(retain)	\
	X(recall) X(rename) X(return) X(rmdir)					\
	X(save) X(Save) X(search) X(seen) X(send) X(set) X(shell)	\
	X(shift) X(size) X(smtp) X(sort) X(source) X(structure) X(subscribe) X(sync)			\
	X(tag) X(thread) X(top) X(touch) X(type) X(Type)				\
	X(unalias) X(unanswered) X(undelete) X(undraft) X(unflag)	\
	X(unqueue) X(unread) X(unseen) X(unset) X(unsort)		\
	X(unsubscribe) X(untag)						\
	X(visual)							\
	X(write) X(wait)						\
	X(xit)								\
	X(z)								\
	X(bang) X(number) X(question) X(bar) X(comment)

#define DECLARE(name)	extern const struct cmd cmd_##name;
COMMANDS(DECLARE)

#define LIST(name)	&cmd_##name,
const struct cmd *const commands[] = { COMMANDS(LIST) NULL };
const size_t ncommands = NELEM(commands) - 1;
