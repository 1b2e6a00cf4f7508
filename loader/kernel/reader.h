/* SPDX-License-Identifier: GPL-2.0-only */
/* The one reader of live counters. Needs read access to counters, totals and meta pins only. */
#ifndef XE_KERNEL_READER_H
#define XE_KERNEL_READER_H

#include "../output/snapshot.h"

struct reader;

/* Open the pins of policy `name`. 0; -ENOENT: nothing loaded under that name; else a negative
 * errno. Reported. */
int reader_open(const char *name, struct reader **out);
/* Take a consistent snapshot; retries while a reload moves counters. Free with snapshot_free(). 0
 * or -errno (reported). */
int reader_snapshot(struct reader *reader, struct snapshot *out);
/* Count the tables that remember packets to the last entry, up to some 4 million; else by a part.
 */
void reader_count_whole(struct reader *reader);
void reader_close(struct reader *reader);

#endif
