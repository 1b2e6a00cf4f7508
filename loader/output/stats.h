/* SPDX-License-Identifier: GPL-2.0-only */
/* One snapshot rendered: which lines there are (groups), and table, JSON and CSV of them. */
#ifndef XE_OUTPUT_STATS_H
#define XE_OUTPUT_STATS_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "snapshot.h"

enum stats_by { BY_ROW, BY_ROLE, BY_SERVICE, BY_DOCUMENT, BY_INTERFACE, BY_COUNT };

struct stats_view {
	enum stats_by by;
	bool nonzero;		       /* leave out lines without a packet */
	const struct snapshot *before; /* an earlier one to show rates against, or NULL */
};

/* "row", "role", … or NULL behind the last. */
const char *stats_by_text(enum stats_by by);
/*
 * The service of a row, or ROW_GONE of one that only the totals know: the site has dropped it, its
 * counts are kept, and nothing but the id tells what it was.
 */
#define ROW_GONE "(no longer in the site)"
const char *stats_service(const struct xe_row *row);

/* 0 or -EINVAL. */
int stats_by_parse(const char *text, enum stats_by *by);

/*
 * A line of everything but BY_ROW: rows, or an interface, added up. A packet that matches several
 * rows of a group would count several times in `matched`, so groups tell what was decided only.
 */
struct stats_group {
	char name[XE_TEXT_MAX];
	size_t rows; /* rows added up; of an interface: rows that decided a packet there */
	struct xe_counter decided;
	struct xe_counter missed; /* interfaces only */
};

struct stats_groups {
	struct stats_group *v; /* in the order of their first row */
	size_t n;
};

/* Add up for any `by` but BY_ROW. 0 or -ENOMEM. */
int stats_groups(const struct snapshot *snapshot, enum stats_by by, struct stats_groups *out);
void stats_groups_free(struct stats_groups *groups);

/*
 * How much `now` is more than `before`, per second; 0 where it is less (the policy was loaded anew)
 * or no time has passed.
 */
double stats_rate(__u64 now, __u64 before, double seconds);

/* An XDP attach mode in words: "native", "generic", "offload", "none". */
const char *interface_mode_text(const struct xe_interface *interface);

/* Each returns 0 or -ENOMEM; errors of writing stay with `out`. */
int stats_table(const struct snapshot *snapshot, const struct stats_view *view, FILE *out,
		unsigned width, bool colour);
/*
 * One line a row (or group) and one a miss; over all lines, decided and missed packets add up to
 * the total. With `titles` a title line before them. `at`: seconds for a first column, or negative
 * for none.
 */
int stats_csv(const struct snapshot *snapshot, const struct stats_view *view, bool titles,
	      double at, FILE *out);
int stats_json_write(const struct snapshot *snapshot, const struct stats_view *view, bool pretty,
		     FILE *out);
/* The same as a value. NULL: no memory. */
json_t *stats_json(const struct snapshot *snapshot, const struct stats_view *view);

#endif
