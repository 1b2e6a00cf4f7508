/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a live view shows: two snapshots, and one that figures are counted from, as lines by row,
 * role, service, document, interface, miss or reason of drops; sorted and filtered. Pure: no
 * terminal in it. The figures are those of `stats`.
 */
#ifndef XE_OUTPUT_LINES_H
#define XE_OUTPUT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../policy/intern.h"
#include "history.h"
#include "snapshot.h"
#include "stats.h"

enum lines_of {
	LINES_ROWS, /* and, so that all lines add up to the total, the misses */
	LINES_ROLES,
	LINES_SERVICES,
	LINES_DOCUMENTS,
	LINES_INTERFACES,
	LINES_MISSES,
	LINES_DROPS, /* dropped, or would have been, by reason */
	LINES_COUNT
};

/* "row", "role", … as `--by` has them; "miss", "drop". */
const char *lines_text(enum lines_of of);
/* 0 or -EINVAL. */
int lines_parse(const char *text, enum lines_of *of);

/* Packets, but for FIGURE_BYTES. */
enum figure {
	FIGURE_PACKETS, /* of rows: decided; of interfaces: all; of reasons: dropped, and would be
			 */
	FIGURE_BYTES,
	FIGURE_MATCHED, /* rows only */
	FIGURE_REPLY,	/* of rows: matched so, as `stats` has it; of groups and interfaces: decided
			   so */
	FIGURE_NEW,	/* TCP connection attempts, likewise */
	FIGURE_MISSED,	/* interfaces and the total */
	FIGURE_DROPPED, /* roles, interfaces, reasons, the total */
	FIGURE_WOULD,
	FIGURE_COUNT
};

struct line {
	enum series_kind kind; /* of LINES_DROPS: SERIES_DROPPED */
	char name[XE_TEXT_MAX];
	const struct xe_row *row; /* of SERIES_ROW, as long as the snapshot lives; else NULL */
	size_t rows;		  /* of groups: rows added up */
	unsigned has;		  /* bits 1 << figure: the others mean nothing here */
	uint64_t count[FIGURE_COUNT];
	double rate[FIGURE_COUNT]; /* per second; bytes, not bits */
};

/* A part of a snapshot: everything, or what is within one line of another list. */
struct lines_request {
	enum lines_of of;
	/*
	 * Rows within a role, service, document or interface; interfaces within a row, miss or
	 * drop; roles within a drop. Without a name: all.
	 */
	enum lines_of within;
	const char *name; /* or NULL */
};

struct lines {
	struct line *v;
	size_t n;
	struct line total;   /* of the whole snapshot, whatever the request */
	size_t room;	     /* private, as is what follows */
	struct intern names; /* of v, by kind and name; made when it is first needed */
	size_t next;	     /* the place of what is looked for next, if all is in order */
	bool failed;
};

/*
 * Lines in the order of the snapshot. Counts: what `now` has more than `base`; all of it for base
 * NULL, and where it is less, since it has begun anew then. Rates: against `before`, NULL: 0.
 * Snapshots from before the policy was loaded anew are taken for NULL. A group's figures are those
 * of the rows that are in it in `now`, wherever they were before: a row that a reload moves brings
 * none of its past along. A base that is later than `now` leaves nothing to be counted. *out is
 * zeros, or lines that are no longer needed, whose memory is used again. 0 or -ENOMEM, and it is
 * empty then. Free with lines_free().
 */
int lines_build(const struct lines_request *request, const struct snapshot *now,
		const struct snapshot *before, const struct snapshot *base, struct lines *out);
void lines_free(struct lines *lines);

/* --- order ----------------------------------------------------------------------------------- */

/* What can be seen of a line, and sorted by. */
enum line_column {
	COLUMN_NAME,
	COLUMN_PACKET_RATE,
	COLUMN_BIT_RATE,
	COLUMN_MATCHED_RATE,
	COLUMN_REPLY_RATE,
	COLUMN_NEW_RATE,
	COLUMN_MISSED_RATE,
	COLUMN_DROPPED_RATE,
	COLUMN_WOULD_RATE,
	COLUMN_PACKETS,
	COLUMN_BYTES,
	COLUMN_MATCHED,
	COLUMN_REPLIES,
	COLUMN_NEW,
	COLUMN_MISSED,
	COLUMN_DROPPED,
	COLUMN_WOULD,
	COLUMN_ROLE,
	COLUMN_SERVICE,
	COLUMN_PORTS, /* with the protocol */
	COLUMN_COUNT
};

struct lines_order {
	enum line_column sort;
	bool reverse;	    /* texts otherwise from a to z, figures the largest first */
	bool nonzero;	    /* without those that counted nothing */
	const char *filter; /* with this text in one of its texts, in any case; NULL or "": all */
};

/*
 * Places in `lines` of those that are to be shown, in order: equal ones by packets per second, by
 * packets, then as in the snapshot. `places` has room for lines->n. Its first `n_known` are how
 * lines like these stood before: the less has moved, the sooner it is done, and any numbers will
 * do. Returns how many.
 */
size_t lines_arrange(const struct lines *lines, const struct lines_order *order, size_t *places,
		     size_t n_known);

/* --- columns --------------------------------------------------------------------------------- */

struct column_info {
	const char *title;
	bool is_text;
	bool is_rate;
	enum figure figure; /* unless is_text */
	unsigned width;	    /* of a name at least */
};

const struct column_info *column_info(enum line_column column);
/* The columns that lines of a kind have, the name first, the most important first. */
const enum line_column *lines_columns(enum lines_of of, size_t *n);
/* As shown in its column: a figure that is too wide is scaled, 0 rates are ".". Returns buf. */
#define CELL_TEXT_MAX 256
const char *line_cell(const struct line *line, enum line_column column, char buf[CELL_TEXT_MAX]);

#endif
