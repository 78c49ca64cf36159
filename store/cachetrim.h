/* SPDX-License-Identifier: ISC */
/* cachetrim.h -- the bound on what is kept below the cache directory. */
#ifndef STORE_CACHETRIM_H
#define STORE_CACHETRIM_H

/* Where the files below hold more than MAX_CACHE octets, the oldest go, down to three quarters. */
void	 cache_trim(const char *dir);

#endif
