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
/* The same of its role. */
const char *stats_role(const struct xe_row *row);

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
	struct xe_counter decided_reply; /* of it, as in stats_cell */
	uint64_t decided_new;
	struct xe_counter missed; /* interfaces only */
};

struct stats_groups {
	struct stats_group *v; /* in the order of their first row */
	size_t n;
};

/* Add up for any `by` but BY_ROW. 0 or -ENOMEM. */
int stats_groups(const struct snapshot *snapshot, enum stats_by by, struct stats_groups *out);
void stats_groups_free(struct stats_groups *groups);
/* The name of the group that a row belongs to, for any `by` but BY_ROW and BY_INTERFACE. */
void stats_group_name(const struct xe_row *row, enum stats_by by, char name[XE_TEXT_MAX]);

/*
 * How much `now` is more than `before`, per second; 0 where it is less (the policy was loaded anew)
 * or no time has passed.
 */
double stats_rate(__u64 now, __u64 before, double seconds);
/* A number in seven columns or less: "12.3", "4.56k", … to "T". Returns buf. */
const char *stats_rate_text(double rate, char *buf, size_t size);

/* An XDP attach mode in words: "native", "generic", "offload", "none". */
const char *interface_mode_text(const struct xe_interface *interface);

/*
 * The mode and what it comes to: "monitor: everything passes", "enforce, unconfirmed: 42 s left", …
 * Returns buf.
 */
#define STATS_MODE_MAX 512
const char *stats_mode_text(const struct snapshot_guard *guard, char buf[STATS_MODE_MAX]);
/*
 * "nothing is counted on wan0 (missing): …", of NICs that the program is not on, whatever the mode.
 * Returns buf; NULL: it is on all of them, as far as may be seen.
 */
#define STATS_LOST_MAX 512
const char *stats_lost_text(const struct snapshot *snapshot, char buf[STATS_LOST_MAX]);
/* CLOCK_REALTIME seconds as RFC 3339 has them, in local time. Returns buf. */
#define STATS_TIME_MAX 40
const char *stats_time_text(uint64_t seconds, char buf[STATS_TIME_MAX]);
/* "about 1234 of 262144"; "?" if it is not known. Returns buf. */
#define STATS_FILL_MAX 64
const char *stats_fill_text(const struct snapshot_fill *fill, char buf[STATS_FILL_MAX]);

/* Each returns 0 or -ENOMEM; errors of writing stay with `out`. */
int stats_table(const struct snapshot *snapshot, const struct stats_view *view, FILE *out,
		unsigned width, bool colour);
/* What verdicts came to, below the table of the rest: nothing if no policy ever gave any. */
int stats_verdicts_table(const struct snapshot *snapshot, const struct stats_view *view, FILE *out,
			 unsigned width, bool colour);
/*
 * One line a row (or group) and one a miss; over all lines, decided and missed packets add up to
 * the total. Then, of verdicts, lines of the kinds `dropped` and `would-drop` (by reason, since the
 * baseline; with BY_ROLE or BY_INTERFACE "REASON ROLE" or "REASON INTERFACE"), `exempt` and `event`
 * (by name, since the load), whose counts stand in the columns verdict_packets and verdict_bytes,
 * and which are left out where they are 0. With `titles` a title line before all. `at`: seconds for
 * a first column, or negative for none.
 */
int stats_csv(const struct snapshot *snapshot, const struct stats_view *view, bool titles,
	      double at, FILE *out);
/*
 * An object: site, generation, interfaces, rows (or by and groups), misses, total.
 *   read_at, loaded_at: seconds since 1970 of the reading, and since when is counted (0: not
 *     known); monotonic_ms: the reading's, by a clock that never jumps
 *   interfaces: [{name, state, ifindex, mode, dispatcher, sides, packets, bytes}]; state: how the
 *     NIC stands, as in `status -j`; without it where there is no NIC (`replay`)
 *   interfaces of a row: [{name, decided, matched, reply, new}], packets, where it has any
 *   decided_reply, decided_new of a row: what is so of `decided`, and so adds up over rows
 *   missed_on: [{miss, interface, packets, bytes}], what is not 0
 *   annotation, forward_only, verdict of a row: it decides nothing; it has no replies; "allow",
 *     "deny" or the limit ("" of annotations and of rows that are gone)
 * Of verdicts:
 *   mode: "monitor", "rehearse" or "enforce"; enforcing: whether packets are dropped now, on every
 *     NIC of the site that is no mirror
 *   not_enforced_on: [{name, state}], in enforce: a NIC that the program is "missing" from, that is
 *     "gone", or a "mirror", whose frames are copies
 *   unjudged: [{interface, packets, bytes}]: what passed since the load without any policy for it
 *   unconfirmed: enforce was set for a time; confirm_in: seconds of it that are left
 *   baseline_at: seconds since 1970, from when on these two count:
 *   dropped, would_drop: [{reason, role, interface, packets, bytes}], what is not 0; a role that is
 *     none is "none", an interface that is gone "(no longer in the site)"
 *   exempt: [{name, interface, packets, bytes}], events: [{name, interface, count}], since the load
 *   tables: {flows, fragments, buckets: {live, capacity, about}}, those that there are and that may
 *     be read; about: a large one, not counted whole in this reading, as it is in the first: the
 *     last 64 readings at most have counted it in parts, or it is told from a part that holds many
 * Rows have conforming and other where payloads are looked at.
 */
int stats_json_write(const struct snapshot *snapshot, const struct stats_view *view, bool pretty,
		     FILE *out);
/* The same as a value. NULL: no memory. */
json_t *stats_json(const struct snapshot *snapshot, const struct stats_view *view);
/*
 * The rows that are loaded, in their order: site, generation, rows, each as above without its
 * counters. Errors of writing stay with `out`.
 */
void rows_json_write(const struct snapshot *snapshot, bool pretty, FILE *out);

#endif
