// SPDX-License-Identifier: GPL-2.0-only
/* What a live view shows of snapshots: its lines, their figures and their order. */
#include <stdio.h>

#include "readings.h"

#include "../../loader/output/lines.h"
#include "../../loader/output/partners.h"
#include "../../loader/policy/model.h"

static const char *const ids[] = {"av-edge:doc/a/2", "doc/a/10", "av-edge:site/rows/own"};

/* Three rows on two NICs, a miss on each; every count is another power of two. */
static struct snapshot make(double at)
{
	struct snapshot s = reading(at, ids, N_OF(ids));

	decide(&s, 0, 0, 1, 100);
	decide(&s, 0, 1, 2, 200);
	decide(&s, 1, 0, 4, 400);
	decide(&s, 2, 1, 8, 800);
	s.cells[0].reply = (struct xe_counter){64, 0};
	s.cells[0].new_flows = 128;
	s.cells[1].decided_reply = (struct xe_counter){256, 0};
	s.cells[1].decided_new = 512;
	miss(&s, XE_MISS_FOREIGN, 0, 16);
	miss(&s, XE_MISS_MARTIAN, 1, 32);
	return s;
}

static struct lines build(struct lines_request request, const struct snapshot *now,
			  const struct snapshot *before, const struct snapshot *base)
{
	struct lines lines = {0};

	assert_int_equal(lines_build(&request, now, before, base, &lines), 0);
	return lines;
}

#define EVERYTHING(list) ((struct lines_request){.of = (list)})

static const struct line *named(const struct lines *lines, const char *name)
{
	for (size_t i = 0; i < lines->n; i++)
		if (!strcmp(lines->v[i].name, name))
			return &lines->v[i];
	fail_msg("no line %s", name);
	return NULL;
}

#define COUNT(lines, name, figure) ((int)named(lines, name)->count[figure])

static uint64_t sum(const struct lines *lines, enum figure figure)
{
	uint64_t all = 0;

	for (size_t i = 0; i < lines->n; i++)
		all += lines->v[i].count[figure];
	return all;
}

static void test_lists(void **state)
{
	struct snapshot s = make(1);
	struct lines lines = build(EVERYTHING(LINES_ROWS), &s, NULL, NULL);

	(void)state;
	/* rows and misses are all there is */
	assert_int_equal(lines.n, 3 + XE_MISS_COUNT);
	assert_int_equal(sum(&lines, FIGURE_PACKETS), 63);
	assert_int_equal(sum(&lines, FIGURE_BYTES), lines.total.count[FIGURE_BYTES]);
	assert_int_equal(lines.total.count[FIGURE_PACKETS], 63);
	assert_int_equal(lines.total.count[FIGURE_MISSED], 48);
	assert_int_equal(COUNT(&lines, "doc/a/2", FIGURE_PACKETS), 3);
	assert_int_equal(COUNT(&lines, "doc/a/2", FIGURE_REPLY), 64);
	assert_int_equal(COUNT(&lines, "doc/a/2", FIGURE_NEW), 128);
	assert_ptr_equal(named(&lines, "doc/a/2")->row, &s.rows[0]);
	assert_int_equal(named(&lines, "martian")->kind, SERIES_MISS);
	lines_free(&lines);

	lines = build(EVERYTHING(LINES_ROLES), &s, NULL, NULL);
	assert_int_equal(lines.n, 2 + XE_MISS_COUNT);
	assert_int_equal(sum(&lines, FIGURE_PACKETS), 63);
	assert_int_equal(COUNT(&lines, "av-edge", FIGURE_PACKETS), 11);
	/* of groups: what they decided as replies, not what they matched */
	assert_int_equal(COUNT(&lines, "av-edge", FIGURE_REPLY), 256);
	assert_int_equal(COUNT(&lines, "av-edge", FIGURE_NEW), 512);
	assert_int_equal(named(&lines, "av-edge")->rows, 2);
	lines_free(&lines);

	lines = build(EVERYTHING(LINES_DOCUMENTS), &s, NULL, NULL);
	assert_int_equal(COUNT(&lines, "doc", FIGURE_PACKETS), 7);
	assert_int_equal(COUNT(&lines, "site", FIGURE_PACKETS), 8);
	lines_free(&lines);

	lines = build(EVERYTHING(LINES_INTERFACES), &s, NULL, NULL);
	assert_int_equal(lines.n, 2);
	assert_int_equal(COUNT(&lines, "wan0", FIGURE_PACKETS), 21);
	assert_int_equal(COUNT(&lines, "wan0", FIGURE_MISSED), 16);
	assert_int_equal(COUNT(&lines, "lan0", FIGURE_PACKETS), 42);
	lines_free(&lines);

	lines = build(EVERYTHING(LINES_MISSES), &s, NULL, NULL);
	assert_int_equal(lines.n, XE_MISS_COUNT);
	assert_int_equal(COUNT(&lines, "foreign", FIGURE_PACKETS), 16);
	lines_free(&lines);
	snapshot_free(&s);
}

static void test_drops(void **state)
{
	struct snapshot s = make(1);
	struct lines lines;

	(void)state;
	drop(&s, XE_REASON_FOREIGN, 0, 0, 1, 2);
	drop(&s, XE_REASON_FOREIGN, 1, 1, 4, 8);
	drop(&s, XE_REASON_ECHO, N_NICS, 1, 16, 0);

	lines = build(EVERYTHING(LINES_DROPS), &s, NULL, NULL);
	assert_int_equal(lines.n, XE_REASON_COUNT);
	assert_int_equal(COUNT(&lines, "foreign", FIGURE_DROPPED), 5);
	assert_int_equal(COUNT(&lines, "foreign", FIGURE_WOULD), 10);
	assert_int_equal(COUNT(&lines, "foreign", FIGURE_PACKETS), 15);
	assert_int_equal(lines.total.count[FIGURE_DROPPED], 21);
	lines_free(&lines);

	/* a role that is none has a line where it has drops; so have NICs that are gone */
	lines = build(EVERYTHING(LINES_ROLES), &s, NULL, NULL);
	assert_int_equal(COUNT(&lines, "none", FIGURE_DROPPED), 1);
	assert_int_equal(COUNT(&lines, "av-edge", FIGURE_DROPPED), 20);
	assert_int_equal(sum(&lines, FIGURE_DROPPED), 21);
	assert_int_equal(sum(&lines, FIGURE_WOULD), 10);
	lines_free(&lines);
	lines = build(EVERYTHING(LINES_INTERFACES), &s, NULL, NULL);
	assert_int_equal(COUNT(&lines, "lan0", FIGURE_WOULD), 8);
	assert_int_equal(COUNT(&lines, INTERFACE_GONE, FIGURE_DROPPED), 16);
	assert_int_equal(sum(&lines, FIGURE_DROPPED), 21);
	lines_free(&lines);

	lines = build((struct lines_request){LINES_ROLES, LINES_DROPS, "foreign"}, &s, NULL, NULL);
	assert_int_equal(COUNT(&lines, "none", FIGURE_PACKETS), 3);
	assert_int_equal(COUNT(&lines, "av-edge", FIGURE_DROPPED), 4);
	lines_free(&lines);
	lines = build((struct lines_request){LINES_INTERFACES, LINES_DROPS, "foreign"}, &s, NULL,
		      NULL);
	assert_int_equal(COUNT(&lines, "wan0", FIGURE_DROPPED), 1);
	assert_int_equal(COUNT(&lines, "lan0", FIGURE_WOULD), 8);
	lines_free(&lines);
	snapshot_free(&s);
}

/* Lists within a line of another one. */
static void test_within(void **state)
{
	struct snapshot s = make(1);
	struct lines lines;

	(void)state;
	lines = build((struct lines_request){LINES_ROWS, LINES_ROLES, "av-edge"}, &s, NULL, NULL);
	assert_int_equal(lines.n, 2);
	assert_int_equal(sum(&lines, FIGURE_PACKETS), 11);
	lines_free(&lines);
	lines = build((struct lines_request){LINES_ROWS, LINES_DOCUMENTS, "site"}, &s, NULL, NULL);
	assert_int_equal(lines.n, 1);
	lines_free(&lines);
	lines = build((struct lines_request){LINES_ROWS, LINES_INTERFACES, "lan0"}, &s, NULL, NULL);
	assert_int_equal(COUNT(&lines, "doc/a/2", FIGURE_PACKETS), 2);
	assert_int_equal(COUNT(&lines, "martian", FIGURE_PACKETS), 32);
	assert_int_equal(sum(&lines, FIGURE_PACKETS), 42);
	lines_free(&lines);
	lines = build((struct lines_request){LINES_INTERFACES, LINES_ROWS, "doc/a/2"}, &s, NULL,
		      NULL);
	assert_int_equal(lines.n, 2);
	assert_int_equal(COUNT(&lines, "wan0", FIGURE_REPLY), 64);
	assert_int_equal(COUNT(&lines, "lan0", FIGURE_PACKETS), 2);
	lines_free(&lines);
	lines = build((struct lines_request){LINES_INTERFACES, LINES_MISSES, "martian"}, &s, NULL,
		      NULL);
	assert_int_equal(COUNT(&lines, "lan0", FIGURE_PACKETS), 32);
	assert_int_equal(COUNT(&lines, "wan0", FIGURE_PACKETS), 0);
	lines_free(&lines);
	/* what is no longer there has no lines; the total is still everything */
	lines = build((struct lines_request){LINES_INTERFACES, LINES_ROWS, "doc/a/9"}, &s, NULL,
		      NULL);
	assert_int_equal(lines.n, 0);
	assert_int_equal(lines.total.count[FIGURE_PACKETS], 63);
	lines_free(&lines);
	lines = build((struct lines_request){LINES_ROWS, LINES_INTERFACES, "eth9"}, &s, NULL, NULL);
	assert_int_equal(lines.n, 0);
	lines_free(&lines);
	snapshot_free(&s);
}

static void test_rates_and_base(void **state)
{
	static const char *const moved[] = {"new", "doc/a/10", "av-edge:doc/a/2"};
	struct snapshot before = make(10), base = make(1), now = reading(12, moved, N_OF(moved));
	struct lines lines;

	(void)state;
	decide(&now, 0, 0, 6, 0);
	decide(&now, 1, 0, 10, 1000);
	decide(&now, 2, 0, 3, 300);
	miss(&now, XE_MISS_FOREIGN, 0, 20);
	lines = build(EVERYTHING(LINES_ROWS), &now, &before, &base);
	/* by name, wherever it stands; what is new had nothing */
	assert_true(named(&lines, "doc/a/10")->rate[FIGURE_PACKETS] == 3);
	assert_true(named(&lines, "doc/a/10")->rate[FIGURE_BYTES] == 300);
	assert_int_equal(COUNT(&lines, "doc/a/10", FIGURE_PACKETS), 6);
	assert_true(named(&lines, "new")->rate[FIGURE_PACKETS] == 3);
	assert_int_equal(COUNT(&lines, "new", FIGURE_PACKETS), 6);
	assert_true(named(&lines, "doc/a/2")->rate[FIGURE_PACKETS] == 0);
	assert_int_equal(COUNT(&lines, "doc/a/2", FIGURE_PACKETS), 0);
	assert_true(named(&lines, "foreign")->rate[FIGURE_PACKETS] == 2);
	/* less than it was: it has begun anew */
	assert_int_equal(COUNT(&lines, "doc/a/2", FIGURE_REPLY), 0);
	assert_true(lines.total.rate[FIGURE_PACKETS] == 0);
	assert_int_equal(lines.total.count[FIGURE_PACKETS], 39);
	lines_free(&lines);

	/* a base that is later than what is shown: nothing has come since then */
	base.taken_at = 13;
	lines = build(EVERYTHING(LINES_ROWS), &now, &before, &base);
	assert_true(named(&lines, "doc/a/10")->rate[FIGURE_PACKETS] == 3);
	assert_int_equal(COUNT(&lines, "doc/a/10", FIGURE_PACKETS), 0);
	assert_int_equal(sum(&lines, FIGURE_BYTES), 0);
	assert_int_equal(lines.total.count[FIGURE_PACKETS], 0);
	lines_free(&lines);

	/* of another load: neither a rate nor a base */
	now.loaded_at = 2000;
	lines = build(EVERYTHING(LINES_ROWS), &now, &before, &base);
	assert_true(named(&lines, "doc/a/10")->rate[FIGURE_PACKETS] == 0);
	assert_int_equal(COUNT(&lines, "doc/a/10", FIGURE_PACKETS), 10);
	lines_free(&lines);
	snapshot_free(&before);
	snapshot_free(&base);
	snapshot_free(&now);
}

#define PAST 1000000000

static void expect(const struct lines *lines, const char *name, double rate, int count)
{
	assert_true(named(lines, name)->rate[FIGURE_PACKETS] == rate);
	assert_int_equal(named(lines, name)->count[FIGURE_PACKETS], count);
}

/* What a row has counted in one group does not count as new in the next. */
static void test_rows_that_change_groups(void **state)
{
	static const char *const then[] = {"av-edge:doc/a/2", "doc/a/10", "av-edge:site/rows/own"};
	static const char *const after[] = {"site/rows/own", "doc/a/10", "doc/a/2"};
	struct snapshot base = reading(1, then, N_OF(then)), before = reading(10, then, N_OF(then));
	struct snapshot now = reading(12, after, N_OF(after));
	struct lines lines;

	(void)state;
	for (size_t i = 0; i < N_OF(then); i++) {
		decide(&base, i, 0, PAST, 0);
		decide(&before, i, 0, PAST + 10, 0);
		base.cells[i * N_NICS].decided_new = before.cells[i * N_NICS].decided_new = PAST;
		now.cells[i * N_NICS].decided_new = PAST + (i == 1 ? 6 : 0);
	}
	decide(&now, 0, 0, PAST + 14, 0); /* site/rows/own: to another role */
	decide(&now, 1, 0, PAST + 18, 0);
	decide(&now, 2, 0, PAST + 10, 0); /* doc/a/2: no longer in the site, and quiet */
	row_gone(&now, 2);
	drop(&now, XE_REASON_FOREIGN, 0, 1, 2, 0);

	lines = build(EVERYTHING(LINES_ROLES), &now, &before, &base);
	assert_int_equal(lines.n, 3 + XE_MISS_COUNT);
	expect(&lines, ROW_GONE, 0, 10);
	expect(&lines, "any", 6, 32);
	assert_true(named(&lines, "any")->rate[FIGURE_NEW] == 3);
	assert_int_equal(named(&lines, "any")->rows, 2);
	/* none of its rows is left: its drops still have a line */
	expect(&lines, "av-edge", 0, 0);
	assert_true(named(&lines, "av-edge")->rate[FIGURE_DROPPED] == 1);
	assert_true(lines.total.rate[FIGURE_PACKETS] == 6);
	lines_free(&lines);

	lines = build(EVERYTHING(LINES_SERVICES), &now, &before, &base);
	expect(&lines, ROW_GONE, 0, 10);
	expect(&lines, "SIP", 6, 32);
	lines_free(&lines);
	lines = build(EVERYTHING(LINES_DOCUMENTS), &now, &before, &base);
	expect(&lines, "doc", 4, 28);
	expect(&lines, "site", 2, 14);
	lines_free(&lines);

	/* in the list of a group's rows too */
	lines = build((struct lines_request){LINES_ROWS, LINES_ROLES, "any"}, &now, &before, &base);
	assert_int_equal(lines.n, 2);
	expect(&lines, "site/rows/own", 2, 14);
	expect(&lines, "doc/a/10", 4, 18);
	lines_free(&lines);
	lines = build((struct lines_request){LINES_ROWS, LINES_SERVICES, ROW_GONE}, &now, &before,
		      &base);
	assert_int_equal(lines.n, 1);
	expect(&lines, "doc/a/2", 0, 10);
	lines_free(&lines);

	/* and when all come back */
	before.taken_at = 14;
	decide(&before, 0, 0, PAST + 10, 0);
	decide(&before, 1, 0, PAST + 18, 0);
	decide(&before, 2, 0, PAST + 14, 0);
	lines = build(EVERYTHING(LINES_ROLES), &before, &now, &now);
	expect(&lines, "av-edge", 0, 0);
	expect(&lines, "any", 0, 0);
	lines_free(&lines);
	snapshot_free(&base);
	snapshot_free(&before);
	snapshot_free(&now);
}

/* --- as a reader makes them ------------------------------------------------------------------ */

static void same_lines(const struct lines *a, const struct lines *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct line *x = &a->v[i], *y = &b->v[i];

		assert_string_equal(x->name, y->name);
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->rows, y->rows);
		assert_int_equal(x->has, y->has);
		assert_memory_equal(x->count, y->count, sizeof(x->count));
		assert_memory_equal(x->rate, y->rate, sizeof(x->rate));
	}
	assert_memory_equal(a->total.count, b->total.count, sizeof(a->total.count));
	assert_memory_equal(a->total.rate, b->total.rate, sizeof(a->total.rate));
}

/* `row`: has counted nothing but in the last one. */
static void three(struct snapshot s[3], size_t row)
{
	for (int i = 0; i < 3; i++) {
		s[i] = make(10 * i);
		for (size_t j = 0; j < N_OF(ids); j++)
			decide(&s[i], j, 0, 7 * i + j, 700 * i + j);
		if (i < 2)
			memset(&s[i].cells[row * N_NICS], 0, N_NICS * sizeof(*s[i].cells));
	}
}

static void test_rows_in_common(void **state)
{
	static const struct lines_request requests[] = {
		{LINES_ROWS},
		{LINES_ROLES},
		{LINES_SERVICES},
		{LINES_DOCUMENTS},
		{LINES_INTERFACES},
		{LINES_MISSES},
		{LINES_ROWS, LINES_ROLES, "av-edge"},
		{LINES_ROWS, LINES_INTERFACES, "wan0"},
		{LINES_ROWS, LINES_INTERFACES, "eth9"},
		{LINES_INTERFACES, LINES_ROWS, "doc/a/10"},
	};
	struct lines used = {0};

	(void)state;
	for (size_t row = 0; row < N_OF(ids); row++) {
		struct snapshot apart[3], common[3], alone[3];

		three(apart, row);
		three(common, row);
		three(alone, row);
		for (int i = 0; i < 3; i++) {
			common[i] = as_read(&common[i], i ? &common[0] : NULL);
			alone[i] = as_read(&alone[i], NULL);
		}
		assert_ptr_equal(common[2].rows, common[0].rows);
		assert_ptr_not_equal(alone[2].rows, alone[0].rows);
		for (size_t i = 0; i < N_OF(requests); i++) {
			struct lines wanted = build(requests[i], &apart[2], &apart[1], &apart[0]);
			struct lines other = build(requests[i], &alone[2], &alone[1], &alone[0]);

			/* in the memory of the lines before */
			assert_int_equal(lines_build(&requests[i], &common[2], &common[1],
						     &common[0], &used),
					 0);
			same_lines(&used, &wanted);
			same_lines(&other, &wanted);
			lines_free(&wanted);
			lines_free(&other);
		}
		/* the rows live as long as the last of them */
		for (int i = 0; i < 3; i++) {
			assert_string_equal(common[2].rows[row].service, "SIP");
			snapshot_free(&apart[i]);
			snapshot_free(&alone[i]);
			snapshot_free(&common[i]);
		}
	}
	lines_free(&used);
}

/* --- order ----------------------------------------------------------------------------------- */

/* The first names in order, with spaces between. */
static const char *ordered(const struct lines *lines, struct lines_order order, size_t *shown)
{
	static char text[512];
	size_t places[64], n = lines_arrange(lines, &order, places, 0), len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && i < 4; i++)
		len += sprintf(text + len, "%s%s", i ? " " : "", lines->v[places[i]].name);
	if (shown)
		*shown = n;
	return text;
}

/* However they stood before, and even if that is nonsense, they come out the same. */
static void test_any_order_before(void **state)
{
	enum { ROWS = 40 };
	char names[ROWS][16];
	const char *rows[ROWS];
	unsigned random = 1;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		sprintf(names[i], "doc/a/%zu", i);
		rows[i] = names[i];
	}
	for (int turn = 0; turn < 200; turn++) {
		struct snapshot before = reading(10, rows, ROWS), now = reading(12, rows, ROWS);
		struct lines_order order = {.sort = turn % 3   ? COLUMN_PACKET_RATE
						    : turn % 2 ? COLUMN_PACKETS
							       : COLUMN_NAME,
					    .reverse = turn % 5 == 0,
					    .filter = turn % 7 ? NULL : "2"};
		size_t wanted[64], places[64], n, n_known;
		struct lines lines;

		for (size_t i = 0; i < ROWS; i++) {
			int past = (random = random * 1103515245 + 12345) >> 16 & 3;
			int more = (random = random * 1103515245 + 12345) >> 16 & 3;

			decide(&before, i, 0, past, past);
			decide(&now, i, 0, past + (more == 3 ? (int)i % 5 : 0), past);
		}
		lines = build(EVERYTHING(LINES_ROWS), &now, &before, NULL);
		n = lines_arrange(&lines, &order, wanted, 0);
		for (int kind = 0; kind < 4; kind++) {
			n_known = kind ? n : lines.n;
			memcpy(places, wanted, sizeof(places));
			for (size_t i = 0; i < n_known; i++) {
				random = random * 1103515245 + 12345;
				if (kind == 0)
					places[i] = random >> 16; /* no such places, and twice */
				else if (kind == 1)
					places[i] = wanted[n - 1 - i];
				else if (kind == 2 && !(random >> 16 & 7))
					places[i] = wanted[random >> 20 & 0xff % n];
			}
			assert_int_equal(lines_arrange(&lines, &order, places, n_known), n);
			assert_memory_equal(places, wanted, n * sizeof(*places));
		}
		lines_free(&lines);
		snapshot_free(&before);
		snapshot_free(&now);
	}
}

static void test_order(void **state)
{
	struct snapshot s = make(12), before = make(10);
	struct lines lines;
	size_t n;

	(void)state;
	decide(&s, 1, 0, 9, 9000);
	decide(&s, 2, 1, 28, 900);
	lines = build(EVERYTHING(LINES_ROWS), &s, &before, NULL);
	/* rates first, then who had more, then as they stand */
	assert_string_equal(ordered(&lines, (struct lines_order){COLUMN_PACKET_RATE}, &n),
			    "site/rows/own doc/a/10 martian foreign");
	assert_int_equal(n, lines.n);
	assert_string_equal(ordered(&lines, (struct lines_order){COLUMN_BIT_RATE}, NULL),
			    "doc/a/10 site/rows/own martian foreign");
	assert_string_equal(ordered(&lines, (struct lines_order){COLUMN_NAME, .nonzero = true}, &n),
			    "doc/a/2 doc/a/10 foreign martian");
	assert_int_equal(n, 5);
	assert_string_equal(
		ordered(&lines, (struct lines_order){COLUMN_NAME, .reverse = true, .nonzero = true},
			NULL),
		"site/rows/own martian foreign doc/a/10");
	assert_string_equal(ordered(&lines, (struct lines_order){COLUMN_NEW}, NULL),
			    "doc/a/2 site/rows/own doc/a/10 martian");
	assert_string_equal(
		ordered(&lines,
			(struct lines_order){COLUMN_PACKETS, .reverse = true, .filter = "AV-EDGE"},
			&n),
		"doc/a/2 site/rows/own");
	assert_int_equal(n, 2);
	assert_string_equal(
		ordered(&lines, (struct lines_order){COLUMN_NAME, .filter = "TCP 5061"}, &n),
		"doc/a/2 doc/a/10 site/rows/own");
	assert_string_equal(
		ordered(&lines, (struct lines_order){COLUMN_NAME, .filter = "non-"}, &n), "non-ip");
	assert_string_equal(ordered(&lines, (struct lines_order){COLUMN_NAME, .filter = "%n"}, &n),
			    "");
	assert_int_equal(n, 0);
	lines_free(&lines);
	snapshot_free(&s);
	snapshot_free(&before);
}

static void test_cells(void **state)
{
	struct line line = {
		.kind = SERIES_INTERFACE,
		.name = "wan0",
		.has = 1u << FIGURE_PACKETS | 1u << FIGURE_BYTES,
		.count = {[FIGURE_PACKETS] = 999999999, [FIGURE_BYTES] = 1000000000},
		.rate = {[FIGURE_BYTES] = 1000},
	};
	char buf[CELL_TEXT_MAX];

	(void)state;
	assert_string_equal(line_cell(&line, COLUMN_NAME, buf), "wan0");
	assert_string_equal(line_cell(&line, COLUMN_PACKETS, buf), "999999999");
	assert_string_equal(line_cell(&line, COLUMN_BYTES, buf), "1.00G");
	assert_string_equal(line_cell(&line, COLUMN_PACKET_RATE, buf), ".");
	assert_string_equal(line_cell(&line, COLUMN_BIT_RATE, buf), "8.00k");
	/* what it does not have is not 0 */
	assert_string_equal(line_cell(&line, COLUMN_REPLIES, buf), "");
	assert_string_equal(line_cell(&line, COLUMN_PORTS, buf), "");
	/* however much, no wider than its column */
	for (double rate = 0.05; rate < 1e15; rate *= 1.37) {
		line.rate[FIGURE_PACKETS] = rate;
		assert_in_range(strlen(line_cell(&line, COLUMN_PACKET_RATE, buf)), 1,
				column_info(COLUMN_PACKET_RATE)->width);
	}
	line.rate[FIGURE_PACKETS] = 999.99;
	assert_string_equal(line_cell(&line, COLUMN_PACKET_RATE, buf), "1.00k");
	line.count[FIGURE_PACKETS] = UINT64_MAX;
	assert_in_range(strlen(line_cell(&line, COLUMN_PACKETS, buf)), 1, 12);
}

static void test_names(void **state)
{
	enum lines_of of;

	(void)state;
	for (enum lines_of i = 0; i < LINES_COUNT; i++) {
		size_t n;
		const enum line_column *columns = lines_columns(i, &n);

		assert_int_equal(lines_parse(lines_text(i), &of), 0);
		assert_int_equal(of, i);
		assert_int_equal(columns[0], COLUMN_NAME);
		assert_true(n > 3);
	}
	assert_true(lines_parse("rows", &of) < 0);
	assert_true(lines_parse("", &of) < 0);
}

/* --- partners -------------------------------------------------------------------------------- */

static void test_partners(void **state)
{
	/* the misses' atoms have no match; then who decides, and all that match, in order */
	static const struct xe_match matches[] = {
		{0, XE_FORWARD},				 /* atom 1: row 0 alone */
		{1, XE_FORWARD}, {0, XE_REPLY},			 /* atom 2: row 1 before row 0 */
		{0, XE_FORWARD}, {2, XE_FORWARD},		 /* atom 3 */
		{2, XE_REPLY},					 /* and again, in the other sense */
		{1, XE_FORWARD}, {2, XE_FORWARD},		 /* atom 4: without row 0 */
		{3, XE_FORWARD}, {0, XE_FORWARD}, {1, XE_REPLY}, /* atom 5: a miss, annotated */
	};
	static const struct xe_atom atoms[] = {
		{.row = XE_NO_ROW},
		{.row = 0, .first_match = 0, .n_matches = 1},
		{.row = 1, .first_match = 1, .n_matches = 2},
		{.row = 0, .first_match = 3, .n_matches = 3},
		{.row = 1, .first_match = 6, .n_matches = 2},
		{.row = XE_NO_ROW, .first_match = 8, .n_matches = 3},
	};
	static const struct xe_counter counters[] = {
		{1, 0}, {2, 0}, {4, 40}, {8, 80}, {16, 0}, {32, 320},
	};
	struct partners partners;

	(void)state;
	assert_int_equal(partners_find(atoms, N_OF(atoms), matches, 5, 0, &partners), 0);
	assert_int_equal(partners.n, 3);
	partners_add(&partners, atoms, matches, counters);
	assert_int_equal(partners.v[0].row, 1);
	assert_true(partners.v[0].before && partners.v[0].after);
	assert_int_equal(partners.v[0].shared.packets, 4 + 32);
	assert_int_equal(partners.v[0].shared.bytes, 40 + 320);
	assert_int_equal(partners.v[0].here, 0);
	assert_int_equal(partners.v[0].there, 4);
	assert_int_equal(partners.v[1].row, 2);
	assert_true(!partners.v[1].before && partners.v[1].after);
	assert_int_equal(partners.v[1].shared.packets, 8);
	assert_int_equal(partners.v[1].here, 8);
	assert_int_equal(partners.v[2].row, 3);
	assert_true(partners.v[2].before && !partners.v[2].after);
	/* a second NIC */
	partners_add(&partners, atoms, matches, counters);
	assert_int_equal(partners.v[1].shared.packets, 16);
	partners_free(&partners);

	assert_int_equal(partners_find(atoms, N_OF(atoms), matches, 5, 4, &partners), 0);
	assert_int_equal(partners.n, 0);
	partners_add(&partners, atoms, matches, counters);
	partners_free(&partners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_rates_and_base),
		cmocka_unit_test(test_rows_in_common),
		cmocka_unit_test(test_any_order_before),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_partners),
		cmocka_unit_test(test_rows_that_change_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
