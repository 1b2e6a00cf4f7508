/* SPDX-License-Identifier: GPL-2.0-only */
/* The pinned map of packets that no row allows: read, and forgotten. */
#ifndef XE_KERNEL_SUSPECTS_H
#define XE_KERNEL_SUSPECTS_H

#include "../output/suggest.h"
#include "store.h"

/*
 * All records, in no order; *out is to be freed. While programs go on recording it is no snapshot:
 * a record stands in it as it was when it was reached, and once. 0; a negative errno (reported), so
 * -ENOENT if the policy keeps none.
 */
int suspects_read(const struct store *store, struct suspect **out, size_t *n);
/* Remove all records; how many there were in *n. The store is a writer's. 0 or a negative errno
 * (reported). */
int suspects_clear(const struct store *store, size_t *n);

#endif
