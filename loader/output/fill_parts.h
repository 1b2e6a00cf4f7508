/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which part of a table that remembers packets is counted next, and what the parts come to. A table
 * is counted whole the first time, and from then on a part of it each time, one after the other: so
 * that a few entries of many are never overlooked, and reading on and on costs little. Where a part
 * holds many, the others are told from it, to some 3 %, since hashes spread evenly: so that a flood
 * shows at once.
 */
#ifndef XE_OUTPUT_FILL_PARTS_H
#define XE_OUTPUT_FILL_PARTS_H

#include <stdint.h>

#define FILL_PARTS 64	      /* at most: the last so many readings have counted the table whole */
#define FILL_SETS  (1u << 13) /* of a part, at least: smaller tables are counted whole each time */
#define FILL_MANY  1000	      /* entries of a part */

/* What is known of a table. Zeros: nothing yet. */
struct fill_parts {
	uint32_t map; /* its id; 0: it is to be counted whole */
	uint32_t next;
	uint64_t live[FILL_PARTS];
};

/* Parts first .. end - 1 of n, each of `size` sets, the last one maybe of fewer. */
struct fill_due {
	uint32_t map, size, n, first, end;
};

/* What is to be counted of the table with this id, of `sets` sets, 1 at least. */
struct fill_due fill_parts_due(const struct fill_parts *parts, uint32_t map, uint32_t sets);
/* These are the entries alive in each part that was due. Returns those of the whole table. */
uint64_t fill_parts_take(struct fill_parts *parts, const struct fill_due *due,
			 const uint64_t *live);

#endif
