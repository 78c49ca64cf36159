/* SPDX-License-Identifier: ISC */
/* news.h -- new mail in the current folder, told of between commands at a prompt. */
#ifndef CMD_NEWS_H
#define CMD_NEWS_H

#include "../mailx.h"

void	 news_announce(struct mailx *m);

#endif
