/* SPDX-License-Identifier: GPL-2.0-only */
/* The one reader of live counters. Needs read access to counters, totals and meta pins only. */
#ifndef XE_KERNEL_READER_H
#define XE_KERNEL_READER_H

#include "../output/snapshot.h"

struct reader;
struct store;

/* Open the pins of policy `name`. 0; -ENOENT: nothing loaded under that name; else a negative
 * errno. Reported. */
int reader_open(const char *name, struct reader **out);
/* Take a consistent snapshot; retries while a reload moves counters. Free with snapshot_free(). 0
 * or -errno (reported). */
int reader_snapshot(struct reader *reader, struct snapshot *out);
/* What it reads from, as of the last snapshot; the reader's own. */
const struct store *reader_store(const struct reader *reader);
/*
 * From the next snapshot on, tell which rows share packets with this one (snapshot.partners), as
 * far as the live generation has it. NULL: of none again.
 */
void reader_watch(struct reader *reader, const char *row);
void reader_close(struct reader *reader);

#endif
