// SPDX-License-Identifier: GPL-2.0-only
/* Sums, groups, rates and renderings of a snapshot made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <locale.h>

#include <cmocka.h>

#include "../../loader/kernel/clock.h"
#include "../../loader/output/stats.h"
#include "../../loader/output/tally.h"

#define N_ROWS 4
#define N_NICS 2

/*
 * Two NICs, four rows of two documents and the operator's own. Every count is a power of two times
 * a place, so that a sum shows what went into it.
 */
static struct snapshot make(void)
{
	static const char *const ids[N_ROWS] = {"doc-a/t1/1", "doc-a/t2/1", "doc-b/t1/7",
						"site/rows/own"};
	static const char *const roles[N_ROWS] = {"av-edge", "access-edge", "av-edge", "any"};
	static const char *const services[N_ROWS] = {"A/V", "SIP", "A/V", "mine"};
	struct snapshot s = {
		.site = "edge1",
		.generation = 3,
		.taken_at = 10,
		.loaded_at = 1700000000,
		.read_at = 1700000060,
		.n_interfaces = N_NICS,
		.n_rows = N_ROWS,
		.interfaces = calloc(N_NICS, sizeof(struct xe_interface)),
		.rows = calloc(N_ROWS, sizeof(struct xe_row)),
		.cells = calloc(N_ROWS * N_NICS, sizeof(struct stats_cell)),
		.misses = calloc(XE_MISS_COUNT * N_NICS, sizeof(struct xe_counter)),
	};

	assert_true(s.interfaces && s.rows && s.cells && s.misses);
	strcpy(s.interfaces[0].name, "wan0");
	s.interfaces[0].ifindex = 5;
	s.interfaces[0].sides = 1u << XE_SIDE_INTERNET;
	strcpy(s.interfaces[1].name, "gone0");
	for (int i = 0; i < N_ROWS; i++) {
		strcpy(s.rows[i].id, ids[i]);
		strcpy(s.rows[i].role, roles[i]);
		strcpy(s.rows[i].service, services[i]);
		strcpy(s.rows[i].l4, "udp");
		strcpy(s.rows[i].ports, "3478");
		strcpy(s.rows[i].source, "any");
		strcpy(s.rows[i].destination, "av-edge");
		s.rows[i].active = i != 1;
	}
	/* row 1 and, on the NIC that is gone, row 2 stay without a packet */
	s.cells[0] = (struct stats_cell){{1, 100}, {11, 1100}, {10, 1000}, 5};
	s.cells[1] = (struct stats_cell){{2, 200}, {12, 1200}, {10, 1000}, 6};
	s.cells[4] = (struct stats_cell){{4, 400}, {4, 400}, {0, 0}, 4};
	s.cells[6] = (struct stats_cell){{8, 800}, {8, 800}, {0, 0}, 0};
	s.misses[XE_MISS_FOREIGN * N_NICS] = (struct xe_counter){16, 1600};
	s.misses[XE_MISS_SPOOFED * N_NICS + 1] = (struct xe_counter){32, 3200};
	return s;
}

static char *table_text(const struct snapshot *s, struct stats_view view)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(stats_table(s, &view, out, 0, false), 0);
	fclose(out);
	return text;
}

static void test_sums(void **state)
{
	struct snapshot s = make();
	struct stats_cell row = snapshot_row(&s, 0);

	(void)state;
	assert_int_equal(row.decided.packets, 3);
	assert_int_equal(row.decided.bytes, 300);
	assert_int_equal(row.matched.packets, 23);
	assert_int_equal(row.reply.bytes, 2000);
	assert_int_equal(row.new_flows, 11);
	assert_int_equal(snapshot_miss(&s, XE_MISS_FOREIGN).packets, 16);
	assert_int_equal(snapshot_miss(&s, XE_MISS_SPOOFED).bytes, 3200);
	assert_int_equal(snapshot_total(&s, 0).packets, 1 + 4 + 8 + 16);
	assert_int_equal(snapshot_total(&s, 1).packets, 2 + 32);
	assert_int_equal(snapshot_total(&s, -1).packets, 63);
	assert_int_equal(snapshot_total(&s, -1).bytes, 6300);
	snapshot_free(&s);
	assert_null(s.cells);
}

static void expect_group(const struct stats_groups *g, size_t i, const char *name, size_t rows,
			 uint64_t packets, uint64_t missed)
{
	assert_true(i < g->n);
	assert_string_equal(g->v[i].name, name);
	assert_int_equal(g->v[i].rows, rows);
	assert_int_equal(g->v[i].decided.packets, packets);
	assert_int_equal(g->v[i].decided.bytes, packets * 100);
	assert_int_equal(g->v[i].missed.packets, missed);
}

static void test_groups(void **state)
{
	struct snapshot s = make();
	struct stats_groups g;

	(void)state;
	assert_int_equal(stats_groups(&s, BY_ROLE, &g), 0);
	assert_int_equal(g.n, 3);
	expect_group(&g, 0, "av-edge", 2, 7, 0);
	expect_group(&g, 1, "access-edge", 1, 0, 0);
	expect_group(&g, 2, "any", 1, 8, 0);
	stats_groups_free(&g);

	assert_int_equal(stats_groups(&s, BY_SERVICE, &g), 0);
	assert_int_equal(g.n, 3);
	expect_group(&g, 0, "A/V", 2, 7, 0);
	stats_groups_free(&g);

	assert_int_equal(stats_groups(&s, BY_DOCUMENT, &g), 0);
	assert_int_equal(g.n, 3);
	expect_group(&g, 0, "doc-a", 2, 3, 0);
	expect_group(&g, 1, "doc-b", 1, 4, 0);
	expect_group(&g, 2, "site", 1, 8, 0);
	stats_groups_free(&g);

	assert_int_equal(stats_groups(&s, BY_INTERFACE, &g), 0);
	assert_int_equal(g.n, 2);
	expect_group(&g, 0, "wan0", 3, 13, 16);
	expect_group(&g, 1, "gone0", 1, 2, 32);
	stats_groups_free(&g);
	snapshot_free(&s);
}

/* A row that only the totals know has an id and counts, and nothing else. */
static void test_rows_gone_from_the_site(void **state)
{
	struct snapshot s = make();
	struct stats_groups g;
	json_t *all;
	char *text;

	(void)state;
	for (int i = 2; i < 4; i++) {
		struct xe_row gone = {};

		strcpy(gone.id, s.rows[i].id);
		s.rows[i] = gone;
	}
	for (enum stats_by by = BY_ROLE; by <= BY_SERVICE; by++) {
		assert_int_equal(stats_groups(&s, by, &g), 0);
		assert_int_equal(g.n, 3);
		expect_group(&g, 2, "(no longer in the site)", 2, 12, 0);
		stats_groups_free(&g);
	}
	assert_int_equal(stats_groups(&s, BY_DOCUMENT, &g), 0);
	expect_group(&g, 1, "doc-b", 1, 4, 0);
	stats_groups_free(&g);

	text = table_text(&s, (struct stats_view){});
	assert_non_null(strstr(text, "doc-b/t1/7                  (no longer in the site)"));
	free(text);
	all = stats_json(&s, &(struct stats_view){});
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(all, "rows"), 2), "service")),
			    "(no longer in the site)");
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(all, "rows"), 0), "service")),
			    "A/V");
	json_decref(all);
	snapshot_free(&s);
}

static void test_names_of_views(void **state)
{
	enum stats_by by;

	(void)state;
	for (unsigned i = 0; i < BY_COUNT; i++) {
		assert_int_equal(stats_by_parse(stats_by_text(i), &by), 0);
		assert_int_equal(by, i);
	}
	assert_null(stats_by_text(BY_COUNT));
	assert_true(stats_by_parse("rows", &by) < 0);
	assert_true(stats_by_parse("", &by) < 0);
}

static void test_rates(void **state)
{
	(void)state;
	assert_true(stats_rate(110, 10, 2) == 50);
	assert_true(stats_rate(10, 110, 2) == 0); /* loaded anew */
	assert_true(stats_rate(110, 10, 0) == 0);
	assert_true(stats_rate(110, 10, -1) == 0);
	assert_true(stats_rate(UINT64_MAX, 0, 1) > 1e19);
}

static void test_table_with_rates(void **state)
{
	struct snapshot before = make(), now = make();
	char *text;

	(void)state;
	now.taken_at = 12;
	now.cells[0].decided.packets += 20;
	now.cells[0].decided.bytes += 20000;
	/* rows may have moved meanwhile: row 2 is found by its id */
	strcpy(before.rows[2].id, "doc-b/t1/8");
	text = table_text(&now, (struct stats_view){.nonzero = true, .before = &before});
	assert_non_null(strstr(text, "doc-a/t1/1     av-edge  A/V      udp  3478        23  20300  "
				     "     23     20   11   10.0  80.00k\n"));
	assert_non_null(strstr(text, "doc-b/t1/7     av-edge  A/V      udp  3478         4    400  "
				     "      4      0    4    2.0   1.60k\n"));
	assert_null(strstr(text, "doc-a/t2/1"));
	assert_null(strstr(text, "malformed"));
	assert_non_null(strstr(text,
			       "total 83 packets, 26300 bytes, 10.0 packets/s, 80.00k bits/s; "
			       "generation 3\n"));
	free(text);
	snapshot_free(&before);
	snapshot_free(&now);
}

/* A reload took row 2 out of the site: its role is not known any more, and what it counted is past.
 */
static void test_group_rates_across_a_reload(void **state)
{
	struct snapshot before = make(), now = make();
	struct stats_view view = {.before = &before};
	struct xe_row gone = {.id = "doc-b/t1/7"};
	char *text;

	(void)state;
	now.taken_at = 12;
	now.rows[2] = gone;
	now.cells[0].decided.packets += 20;
	now.cells[0].decided.bytes += 20000;
	now.cells[4].decided.packets += 2; /* before it went */
	now.cells[4].decided.bytes += 200;

	view.by = BY_ROLE;
	text = table_text(&now, view);
	assert_non_null(
		strstr(text, "av-edge                     1       23  20300   10.0  80.00k\n"));
	assert_non_null(
		strstr(text, "(no longer in the site)     1        6    600    1.0   800.0\n"));
	free(text);
	view.by = BY_SERVICE;
	text = table_text(&now, view);
	assert_non_null(
		strstr(text, "A/V                         1       23  20300   10.0  80.00k\n"));
	free(text);
	view.by = BY_DOCUMENT; /* its id still tells which */
	text = table_text(&now, view);
	assert_non_null(strstr(text, "doc-b     1        6    600    1.0   800.0\n"));
	free(text);
	view.by = BY_INTERFACE;
	text = table_text(&now, view);
	assert_non_null(strstr(text, " 51  23100   11.0  80.80k\n"));
	free(text);
	snapshot_free(&before);
	snapshot_free(&now);
}

static void test_table_lists_what_is_idle(void **state)
{
	struct snapshot s = make();
	char *text = table_text(&s, (struct stats_view){});

	(void)state;
	assert_non_null(strstr(text, "doc-a/t2/1"));
	assert_non_null(strstr(text, "malformed"));
	assert_null(strstr(text, "PKT/S"));
	free(text);
	text = table_text(&s, (struct stats_view){.by = BY_INTERFACE});
	assert_non_null(strstr(text, "wan0       native       13      16       29   2900\n"));
	assert_non_null(strstr(text, "gone0      none          2      32       34   3400\n"));
	assert_null(strstr(text, "malformed"));
	free(text);
	snapshot_free(&s);
}

/* The sum of a numeric column, counted from 0, over all lines but the title. */
static uint64_t csv_sum(const char *text, int column)
{
	uint64_t sum = 0;

	while ((text = strchr(text, '\n')) && text[1]) {
		const char *cell = ++text;

		for (int i = 0; i < column; i++)
			cell = strchr(cell, ',') + 1;
		sum += strtoull(cell, NULL, 10);
	}
	return sum;
}

static char *csv(const struct snapshot *s, enum stats_by by, double at)
{
	struct stats_view view = {.by = by};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(stats_csv(s, &view, true, at, out), 0);
	fclose(out);
	return text;
}

static void test_csv_adds_up(void **state)
{
	struct snapshot s = make();
	char *text = csv(&s, BY_ROW, -1);

	(void)state;
	assert_memory_equal(text, "kind,id,role,", 13);
	assert_non_null(strstr(text,
			       "\nrow,doc-a/t1/1,av-edge,A/V,udp,3478,any,av-edge,yes,3,300,23,"
			       "2300,20,2000,11,0,0,0,0,0,0\n"));
	assert_non_null(
		strstr(text, "\nrow,doc-a/t2/1,access-edge,SIP,udp,3478,any,av-edge,no,0,"));
	assert_non_null(strstr(text, "\nmiss,spoofed,,,,,,,,0,0,0,0,0,0,0,32,3200,0,0,0,0\n"));
	assert_int_equal(csv_sum(text, 9) + csv_sum(text, 16), 63);
	assert_null(strstr(text, "no longer"));
	assert_int_equal(csv_sum(text, 10) + csv_sum(text, 17), 6300);
	free(text);
	for (enum stats_by by = BY_ROLE; by < BY_COUNT; by++) {
		text = csv(&s, by, 1.5);
		assert_memory_equal(text, "seconds,kind,name,rows,", 23);
		assert_int_equal(csv_sum(text, 4) + csv_sum(text, 6), 63);
		assert_int_equal(csv_sum(text, 5) + csv_sum(text, 7), 6300);
		assert_non_null(strstr(text, "\n1.500,"));
		free(text);
	}
	snapshot_free(&s);
}

static void test_csv_of_a_row_gone(void **state)
{
	struct snapshot s = make();
	char *text;

	(void)state;
	s.rows[0] = (struct xe_row){.id = "doc-a/t1/1"};
	text = csv(&s, BY_ROW, -1);
	assert_non_null(
		strstr(text, "\nrow,doc-a/t1/1,,(no longer in the site),,,,,no,3,300,23,2300,"));
	free(text);
	snapshot_free(&s);
}

static json_int_t count_at(const json_t *object, const char *what, const char *field)
{
	const json_t *value = json_object_get(json_object_get(object, what), field);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void test_json(void **state)
{
	struct snapshot s = make();
	json_t *all = stats_json(&s, &(struct stats_view){}), *rows, *row, *list, *entry;
	const char *miss;
	json_int_t missed = 0;
	size_t i;
	static const char *const keys[] = {
		"generation", "interfaces",	 "rows",	"misses",     "total",
		"mode",	      "enforcing",	 "unconfirmed", "confirm_in", "baseline_at",
		"dropped",    "would_drop",	 "exempt",	"events",     "tables",
		"unjudged",   "not_enforced_on", "site",	"loaded_at",  "read_at",
		"missed_on",  "monotonic_ms",
	};
	const size_t n_keys = sizeof(keys) / sizeof(*keys);
	static const char *const row_keys[] = {
		"id",	      "role",	       "service",    "l4",	   "ports",
		"source",     "destination",   "active",     "decided",	   "matched",
		"reply",      "new",	       "verdict",    "annotation", "forward_only",
		"interfaces", "decided_reply", "decided_new"};
	const size_t n_row_keys = sizeof(row_keys) / sizeof(*row_keys);

	(void)state;
	assert_non_null(all);
	assert_int_equal(json_object_size(all), n_keys);
	for (size_t i = 0; i < n_keys; i++)
		assert_non_null(json_object_get(all, keys[i]));
	assert_int_equal(json_integer_value(json_object_get(all, "generation")), 3);
	assert_int_equal(count_at(all, "total", "packets"), 63);
	assert_int_equal(json_object_size(json_object_get(all, "misses")), XE_MISS_COUNT);
	assert_int_equal(count_at(json_object_get(all, "misses"), "foreign", "bytes"), 1600);
	rows = json_object_get(all, "rows");
	assert_int_equal(json_array_size(rows), N_ROWS);
	row = json_array_get(rows, 0);
	assert_int_equal(json_object_size(row), n_row_keys);
	for (size_t i = 0; i < n_row_keys; i++)
		assert_non_null(json_object_get(row, row_keys[i]));
	assert_int_equal(count_at(row, "matched", "packets"), 23);
	assert_int_equal(count_at(row, "reply", "bytes"), 2000);
	assert_int_equal(json_integer_value(json_object_get(row, "new")), 11);
	assert_true(json_is_true(json_object_get(row, "active")));
	list = json_object_get(row, "interfaces");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "name")),
			    "gone0");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "matched")),
			 12);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "new")), 6);
	assert_int_equal(json_array_size(json_object_get(json_array_get(rows, 1), "interfaces")),
			 0);
	assert_int_equal(json_array_size(json_object_get(json_array_get(rows, 2), "interfaces")),
			 1);
	list = json_object_get(all, "missed_on");
	json_array_foreach (list, i, entry)
		missed += json_integer_value(json_object_get(entry, "packets"));
	json_object_foreach (json_object_get(all, "misses"), miss, entry)
		missed -= json_integer_value(json_object_get(entry, "packets"));
	assert_true(json_array_size(list) > 0 && missed == 0);
	assert_string_equal(json_string_value(json_object_get(all, "site")), "edge1");
	assert_int_equal(json_integer_value(json_object_get(all, "loaded_at")), 1700000000);
	assert_int_equal(json_integer_value(json_object_get(all, "read_at")), 1700000060);
	assert_int_equal(json_integer_value(json_object_get(all, "monotonic_ms")), 10000);
	assert_true(json_is_false(json_object_get(json_array_get(rows, 1), "active")));
	json_decref(all);

	all = stats_json(&s, &(struct stats_view){.nonzero = true});
	assert_int_equal(json_array_size(json_object_get(all, "rows")), 3);
	json_decref(all);
	all = stats_json(&s, &(struct stats_view){.by = BY_ROLE});
	assert_null(json_object_get(all, "rows"));
	assert_int_equal(json_array_size(json_object_get(all, "groups")), 3);
	json_decref(all);
	snapshot_free(&s);
}

/* --- verdicts -------------------------------------------------------------------------------- */

#define N_ROLES 3

/* Drops and notes whose every count is a power of two: dropped 1 … 8, would be dropped 16 … */
static struct snapshot make_guarded(void)
{
	struct snapshot s = make();
	struct snapshot_guard *guard = &s.guard;

	guard->features = XE_FEATURE_GUARD | XE_FEATURE_STATE | XE_FEATURE_WATCH;
	guard->mode = XE_MODE_ENFORCE;
	guard->baseline_at = 86400;
	guard->n_roles = N_ROLES;
	guard->roles = calloc(N_ROLES, sizeof(*guard->roles));
	guard->verdicts = calloc((N_NICS + 1) * N_ROLES, sizeof(*guard->verdicts));
	guard->notes = calloc(N_NICS + 1, sizeof(*guard->notes));
	assert_true(guard->roles && guard->verdicts && guard->notes);
	strcpy(guard->roles[1].name, "av-edge");
	strcpy(guard->roles[2].name, "access-edge");
	guard->verdicts[0].dropped[XE_REASON_FOREIGN] = (struct xe_counter){1, 100};
	guard->verdicts[1].dropped[XE_REASON_UNMATCHED] = (struct xe_counter){2, 200};
	guard->verdicts[N_ROLES + 1].dropped[XE_REASON_UNMATCHED] = (struct xe_counter){4, 400};
	/* of a NIC that nobody knows any more */
	guard->verdicts[2 * N_ROLES + 2].dropped[XE_REASON_UNMATCHED] = (struct xe_counter){8, 800};
	guard->verdicts[2].would[XE_REASON_MARTIAN] = (struct xe_counter){16, 1600};
	guard->notes[0].exempt[XE_EXEMPT_ARP] = (struct xe_counter){32, 3200};
	guard->notes[2].exempt[XE_EXEMPT_ARP] = (struct xe_counter){64, 6400};
	guard->notes[1].events[XE_EVENT_FLOW_FULL] = 128;
	return s;
}

static void test_verdict_sums(void **state)
{
	struct snapshot s = make_guarded(), none = make();

	(void)state;
	assert_int_equal(snapshot_dropped(&s, -1, -1, XE_REASON_UNMATCHED).packets, 14);
	assert_int_equal(snapshot_dropped(&s, -1, 1, XE_REASON_UNMATCHED).bytes, 600);
	assert_int_equal(snapshot_dropped(&s, 1, -1, XE_REASON_UNMATCHED).packets, 4);
	assert_int_equal(snapshot_dropped(&s, N_NICS, 2, XE_REASON_UNMATCHED).packets, 8);
	assert_int_equal(snapshot_dropped(&s, 0, 2, XE_REASON_UNMATCHED).packets, 0);
	assert_int_equal(snapshot_dropped(&s, -1, -1, XE_REASON_MARTIAN).packets, 0);
	assert_int_equal(snapshot_would_drop(&s, -1, -1, XE_REASON_MARTIAN).bytes, 1600);
	assert_int_equal(snapshot_exempt(&s, -1, XE_EXEMPT_ARP).packets, 96);
	assert_int_equal(snapshot_exempt(&s, N_NICS, XE_EXEMPT_ARP).bytes, 6400);
	assert_int_equal(snapshot_event(&s, -1, XE_EVENT_FLOW_FULL), 128);
	assert_int_equal(snapshot_event(&s, 0, XE_EVENT_FLOW_FULL), 0);
	assert_string_equal(snapshot_role(&s, 0), "none");
	assert_string_equal(snapshot_role(&s, 2), "access-edge");
	assert_string_equal(snapshot_interface(&s, 1), "gone0");
	assert_string_equal(snapshot_interface(&s, N_NICS), INTERFACE_GONE);
	/* a policy that never gave verdicts */
	assert_int_equal(snapshot_dropped(&none, -1, -1, XE_REASON_UNMATCHED).packets, 0);
	assert_int_equal(snapshot_exempt(&none, -1, XE_EXEMPT_ARP).packets, 0);
	assert_int_equal(snapshot_event(&none, -1, XE_EVENT_FLOW_NEW), 0);
	snapshot_free(&s);
	assert_null(s.guard.verdicts);
	snapshot_free(&none);
}

static void test_verdict_table(void **state)
{
	struct snapshot s = make_guarded(), none = make();
	char *text = table_text(&s, (struct stats_view){});

	(void)state;
	assert_non_null(strstr(text, "REASON     DROPPED  BYTES  WOULD DROP  BYTES\n"
				     "unmatched       14   1400           0      0\n"
				     "foreign          1    100           0      0\n"
				     "martian          0      0          16   1600\n"));
	assert_non_null(strstr(text, "arp                  96   9600\n"));
	assert_non_null(strstr(text, "flow-full    128\n"));
	assert_non_null(strstr(text, "\nenforce: what no row allows is dropped; drops are counted "
				     "since 1970-01-0"));
	free(text);
	text = table_text(&s, (struct stats_view){.by = BY_ROLE});
	assert_non_null(strstr(text,
			       "unmatched  av-edge            6    600           0      0\n"
			       "unmatched  access-edge        8    800           0      0\n"
			       "foreign    none               1    100           0      0\n"));
	free(text);
	text = table_text(&s, (struct stats_view){.by = BY_INTERFACE});
	assert_non_null(strstr(text, "unmatched  (no longer in the site)        8    800 "));
	free(text);
	text = table_text(&none, (struct stats_view){});
	assert_null(strstr(text, "REASON"));
	assert_null(strstr(text, "since"));
	free(text);
	snapshot_free(&s);
	snapshot_free(&none);
}

static void test_verdict_csv(void **state)
{
	struct snapshot s = make_guarded();
	char *text = csv(&s, BY_ROW, -1);

	(void)state;
	assert_non_null(strstr(text, "\ndropped,unmatched,,,,,,,,0,0,0,0,0,0,0,0,0,0,0,14,1400\n"
				     "dropped,foreign,"));
	assert_non_null(
		strstr(text, "\nwould-drop,martian,,,,,,,,0,0,0,0,0,0,0,0,0,0,0,16,1600\n"));
	assert_non_null(strstr(text, "\nexempt,arp,,,,,,,,0,0,0,0,0,0,0,0,0,0,0,96,9600\n"));
	assert_non_null(strstr(text, "\nevent,flow-full,,,,,,,,0,0,0,0,0,0,0,0,0,0,0,128,0\n"));
	/* what was there adds up as before */
	assert_int_equal(csv_sum(text, 9) + csv_sum(text, 16), 63);
	assert_int_equal(csv_sum(text, 20), 14 + 1 + 16 + 96 + 128);
	free(text);
	text = csv(&s, BY_ROLE, -1);
	assert_non_null(strstr(text, "\ndropped,unmatched access-edge,0,0,0,0,0,8,800\n"));
	assert_int_equal(csv_sum(text, 3) + csv_sum(text, 5), 63);
	free(text);
	text = csv(&s, BY_INTERFACE, -1);
	assert_non_null(strstr(text, "\ndropped,unmatched wan0,0,0,0,0,0,2,200\n"));
	free(text);
	snapshot_free(&s);
}

static void add_gap(struct snapshot_guard *guard, const char *name, enum nic_state state)
{
	struct snapshot_gap *gap = &guard->gaps[guard->n_gaps++];

	snprintf(gap->name, sizeof(gap->name), "%s", name);
	gap->state = state;
}

static void test_verdict_json(void **state)
{
	struct snapshot s = make_guarded();
	json_t *all, *list, *entry;
	uint64_t sum = 0;
	size_t i;

	(void)state;
	s.guard.flows = (struct snapshot_fill){.known = true, .live = 5, .capacity = 128};
	s.guard.unconfirmed = true;
	s.guard.confirm_in = 41.5;
	s.misses[XE_MISS_NO_POLICY * s.n_interfaces + 1] = (struct xe_counter){7, 700};
	add_gap(&s.guard, "tap0", NIC_MIRROR);
	all = stats_json(&s, &(struct stats_view){});
	assert_string_equal(json_string_value(json_object_get(all, "mode")), "enforce");
	assert_true(json_is_true(json_object_get(all, "enforcing")));
	assert_true(json_is_true(json_object_get(all, "unconfirmed")));
	assert_int_equal(json_integer_value(json_object_get(all, "confirm_in")), 41);
	assert_int_equal(json_integer_value(json_object_get(all, "baseline_at")), 86400);
	list = json_object_get(all, "not_enforced_on");
	assert_int_equal(json_array_size(list), 1);
	entry = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(entry, "name")), "tap0");
	assert_string_equal(json_string_value(json_object_get(entry, "state")), "mirror");
	list = json_object_get(all, "unjudged");
	assert_int_equal(json_array_size(list), 1);
	entry = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(entry, "interface")),
			    s.interfaces[1].name);
	assert_int_equal(json_integer_value(json_object_get(entry, "packets")), 7);
	assert_int_equal(json_integer_value(json_object_get(entry, "bytes")), 700);
	list = json_object_get(all, "dropped");
	assert_int_equal(json_array_size(list), 4);
	json_array_foreach (list, i, entry)
		sum += json_integer_value(json_object_get(entry, "packets"));
	assert_int_equal(sum, 15);
	entry = json_array_get(list, 2);
	assert_int_equal(json_object_size(entry), 5);
	assert_string_equal(json_string_value(json_object_get(entry, "reason")), "unmatched");
	assert_string_equal(json_string_value(json_object_get(entry, "role")), "access-edge");
	assert_string_equal(json_string_value(json_object_get(entry, "interface")),
			    "(no longer in the site)");
	assert_int_equal(json_integer_value(json_object_get(entry, "bytes")), 800);
	assert_int_equal(json_array_size(json_object_get(all, "would_drop")), 1);
	assert_int_equal(json_array_size(json_object_get(all, "exempt")), 2);
	entry = json_array_get(json_object_get(all, "events"), 0);
	assert_string_equal(json_string_value(json_object_get(entry, "name")), "flow-full");
	assert_int_equal(json_integer_value(json_object_get(entry, "count")), 128);
	assert_int_equal(json_object_size(json_object_get(all, "tables")), 1);
	assert_int_equal(count_at(json_object_get(all, "tables"), "flows", "live"), 5);
	assert_null(json_object_get(json_array_get(json_object_get(all, "rows"), 0), "other"));
	json_decref(all);
	snapshot_free(&s);
}

static void test_payloads(void **state)
{
	struct snapshot s = make_guarded();
	json_t *all;
	char *text;

	(void)state;
	s.guard.features |= XE_FEATURE_PAYLOAD;
	s.rows[0].payload = XE_PAYLOAD_TURN;
	s.cells[0].payload = (struct xe_conformity){3, 4};
	s.cells[1].payload = (struct xe_conformity){50, 60};
	text = table_text(&s, (struct stats_view){});
	assert_non_null(strstr(text, "NEW  CONFORMING  OTHER\n"));
	assert_non_null(strstr(text, " 11          53     64\n"));
	/* no protocol is known there */
	assert_non_null(strstr(text, "      4      0    4\n"));
	free(text);
	text = csv(&s, BY_ROW, -1);
	assert_non_null(strstr(text, ",11,0,0,53,64,0,0\n"));
	free(text);
	all = stats_json(&s, &(struct stats_view){});
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(all, "rows"), 0), "conforming")),
			 53);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(all, "rows"), 0), "other")),
			 64);
	json_decref(all);
	snapshot_free(&s);
}

/* Whether anything is dropped, and why not, is never left to be guessed. */
static void test_mode_texts(void **state)
{
	struct snapshot_guard guard = {0};
	char text[STATS_MODE_MAX], wanted[STATS_MODE_MAX], since[STATS_TIME_MAX];

	(void)state;
	assert_string_equal(stats_mode_text(&guard, text), "monitor: everything passes");
	assert_false(snapshot_enforces(&guard));
	guard.mode = XE_MODE_REHEARSE;
	assert_string_equal(stats_mode_text(&guard, text),
			    "rehearse: everything passes, what enforce would drop is counted");
	assert_false(snapshot_enforces(&guard));
	guard.mode = XE_MODE_ENFORCE;
	assert_string_equal(stats_mode_text(&guard, text),
			    "enforce: what no row allows is dropped");
	assert_true(snapshot_enforces(&guard));
	guard.unconfirmed = true;
	guard.confirm_in = 41.6;
	assert_string_equal(
		stats_mode_text(&guard, text),
		"enforce, unconfirmed: 42 s left, then it rehearses (xdp-edge confirm)");
	assert_true(snapshot_enforces(&guard));
	guard.confirm_in = -3;
	guard.confirm_by = 1700000000;
	snprintf(wanted, sizeof(wanted),
		 "enforce, not confirmed in time: rehearsing since %s, everything passes",
		 stats_time_text(1700000000, since));
	assert_string_equal(stats_mode_text(&guard, text), wanted);
	assert_false(snapshot_enforces(&guard));
}

/* A mode is not all: where the program is not, everything passes. */
static void test_gap_texts(void **state)
{
	struct snapshot_guard guard = {.mode = XE_MODE_ENFORCE};
	char text[STATS_MODE_MAX];

	(void)state;
	add_gap(&guard, "tap0", NIC_MIRROR);
	assert_string_equal(stats_mode_text(&guard, text),
			    "enforce: what no row allows is dropped");
	assert_true(snapshot_enforces(&guard));
	guard.nowhere = true;
	assert_string_equal(stats_mode_text(&guard, text),
			    "enforce, but every NIC is a mirror: nothing is filtered");
	assert_false(snapshot_enforces(&guard));
	guard.nowhere = false;
	add_gap(&guard, "wan0", NIC_MISSING);
	assert_string_equal(stats_mode_text(&guard, text),
			    "enforce, but not on wan0 (missing): everything passes there");
	assert_false(snapshot_enforces(&guard));
	add_gap(&guard, "lan\0330", NIC_GONE);
	guard.nowhere = guard.unconfirmed = true;
	guard.confirm_in = 9;
	assert_string_equal(stats_mode_text(&guard, text),
			    "enforce, unconfirmed: 9 s left, then it rehearses (xdp-edge confirm); "
			    "but not on wan0 (missing), lan\\x1b0 (gone): everything passes there");
	assert_false(snapshot_enforces(&guard));
	/* as many as there may be, with the longest names that there are */
	guard.n_gaps = guard.unconfirmed = 0;
	while (guard.n_gaps < XE_MAX_NICS)
		add_gap(&guard, "\033\033\033\033\033\033\033\033\033\033\033\033\033\033\033",
			NIC_MISSING);
	assert_non_null(strstr(stats_mode_text(&guard, text),
			       "(missing) and 60 more: everything passes there"));
	guard = (struct snapshot_guard){.mode = XE_MODE_ENFORCE, .nowhere = true};
	assert_string_equal(stats_mode_text(&guard, text),
			    "enforce, but on no NIC: everything passes");
	assert_false(snapshot_enforces(&guard));
}

/* A NIC that the program is no longer on is told in every mode; of enforce, it is a gap. */
static void test_lost_nics(void **state)
{
	static const enum xe_mode modes[] = {XE_MODE_MONITOR, XE_MODE_REHEARSE, XE_MODE_ENFORCE};
	static const enum nic_state lost[] = {NIC_MISSING, NIC_GONE};
	static const enum nic_state there[] = {NIC_ATTACHED, NIC_RENAMED, NIC_UNKNOWN,
					       NIC_DETACHED};
	struct snapshot s = make();
	char text[STATS_LOST_MAX], *table;
	json_t *all;

	(void)state;
	assert_null(stats_lost_text(&s, text));
	s.states = calloc(s.n_interfaces, sizeof(*s.states));
	assert_non_null(s.states);
	s.interfaces[0].prog_id = s.interfaces[1].prog_id = 7;
	for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++) {
		s.states[0] = s.states[1] = there[i];
		assert_null(stats_lost_text(&s, text));
	}
	s.states[1] = NIC_ATTACHED;
	for (size_t i = 0; i < 6; i++) {
		s.guard = (struct snapshot_guard){.mode = modes[i % 3]};
		s.states[0] = lost[i / 3];
		table = table_text(&s, (struct stats_view){});
		assert_non_null(strstr(table, "\nnothing is counted on "));
		free(table);
		assert_non_null(strstr(stats_lost_text(&s, text), nic_state_text(lost[i / 3])));
		all = stats_json(&s, &(struct stats_view){});
		assert_string_equal(
			json_string_value(json_object_get(
				json_array_get(json_object_get(all, "interfaces"), 0), "state")),
			nic_state_text(lost[i / 3]));
		json_decref(all);
		snapshot_find_gaps(&s);
		assert_int_equal(s.guard.n_gaps, modes[i % 3] == XE_MODE_ENFORCE);
		assert_false(s.guard.nowhere);
		assert_int_equal(snapshot_enforces(&s.guard), false);
	}
	assert_string_equal(s.guard.gaps[0].name, s.interfaces[0].name);
	assert_int_equal(s.guard.gaps[0].state, NIC_GONE);
	/* a mirror is a gap that is none, whatever is on it; what the site has dropped is nothing
	 */
	s.guard = (struct snapshot_guard){.mode = XE_MODE_ENFORCE};
	s.interfaces[0].sides = 1u << XE_SIDE_MIRROR;
	snapshot_find_gaps(&s);
	assert_int_equal(s.guard.n_gaps, 1);
	assert_int_equal(s.guard.gaps[0].state, NIC_MIRROR);
	assert_true(snapshot_enforces(&s.guard));
	s.guard = (struct snapshot_guard){.mode = XE_MODE_ENFORCE};
	s.interfaces[1].prog_id = 0;
	snapshot_find_gaps(&s);
	assert_int_equal(s.guard.n_gaps, 1);
	assert_true(s.guard.nowhere);
	snapshot_free(&s);
	assert_null(s.states);
}

/* The same moment is the same second, whenever it is asked for: also just where one begins. */
static void test_moment(void **state)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), real = clock_ns(CLOCK_REALTIME);
	uint64_t at = now + 1000000000 - real % 1000000000, date = real / 1000000000 + 1;

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(clock_date(at), date);
}

static void test_fill_texts(void **state)
{
	struct snapshot_fill fill = {0};
	char text[STATS_FILL_MAX];

	(void)state;
	assert_string_equal(stats_fill_text(&fill, text), "?");
	fill = (struct snapshot_fill){.known = true, .live = 12, .capacity = 128};
	assert_string_equal(stats_fill_text(&fill, text), "12 of 128");
	fill.about = true;
	assert_string_equal(stats_fill_text(&fill, text), "about 12 of 128");
}

/* Of what has come between two readings, a packet may be in one and its bytes in the next. */
static void test_bytes_behind_packets(void **state)
{
	const struct xe_atom atoms[] = {{.row = 0, .n_matches = 1}, {.row = XE_NO_ROW}};
	const struct xe_match match = {.row = 0, .sense = XE_FORWARD};
	const struct xe_counter first[] = {{1, 0}, {1, 0}}, then[] = {{0, 64}, {0, 100}};
	struct xe_counter misses[XE_MISS_COUNT] = {0};
	struct stats_cell cell = {0};

	(void)state;
	assert_int_equal(tally_atoms(atoms, 2, &match, first, &cell, misses), 0);
	assert_int_equal(tally_atoms(atoms, 2, &match, then, &cell, misses), 0);
	assert_int_equal(cell.decided.packets, 1);
	assert_int_equal(cell.decided.bytes, 64);
	assert_int_equal(cell.matched.bytes, 64);
	assert_int_equal(misses[0].packets, 1);
	assert_int_equal(misses[0].bytes, 100);
}

/* Cells that two have are not written: who counts on gets its own, and the other keeps them. */
static void test_common_cells(void **state)
{
	struct snapshot sums = make(), reading = {0};

	(void)state;
	sums.places = calloc(N_ROWS, sizeof(*sums.places));
	sums.decided = calloc(N_NICS, sizeof(*sums.decided));
	assert_true(sums.places && sums.decided);
	sums.n_places = 1;
	sums.decided[1] = sums.cells[1].decided;
	assert_int_equal(snapshot_open_rows(&sums), 0);
	assert_int_equal(snapshot_open_cells(&sums), 0);
	assert_false(snapshot_cells_are_shared(&sums));
	assert_int_equal(snapshot_share(&sums, &reading), 0);
	assert_true(snapshot_cells_are_shared(&sums));
	assert_ptr_equal(reading.cells, sums.cells);
	assert_ptr_equal(reading.rows, sums.rows);
	assert_int_equal(snapshot_open_cells(&sums), 0);
	assert_false(snapshot_cells_are_shared(&sums));
	sums.cells[0].decided.packets = 99;
	sums.interfaces[0].name[0] = 'x';
	sums.misses[XE_MISS_FOREIGN * N_NICS].packets = 98;
	assert_int_equal(snapshot_cells(&reading, 0)->decided.packets, 1);
	assert_string_equal(reading.interfaces[0].name, "wan0");
	assert_int_equal(snapshot_miss(&reading, XE_MISS_FOREIGN).packets, 16);
	/* as it has been added up: 2 decided, 32 missed */
	assert_int_equal(snapshot_total(&reading, 1).packets, 34);
	snapshot_free(&sums);
	assert_string_equal(reading.rows[0].id, "doc-a/t1/1");
	assert_int_equal(snapshot_cells(&reading, 0)->decided.bytes, 100);
	snapshot_free(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_bytes_behind_packets),
		cmocka_unit_test(test_common_cells),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_rows_gone_from_the_site),
		cmocka_unit_test(test_names_of_views),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_table_with_rates),
		cmocka_unit_test(test_group_rates_across_a_reload),
		cmocka_unit_test(test_table_lists_what_is_idle),
		cmocka_unit_test(test_csv_adds_up),
		cmocka_unit_test(test_csv_of_a_row_gone),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_verdict_sums),
		cmocka_unit_test(test_verdict_table),
		cmocka_unit_test(test_verdict_csv),
		cmocka_unit_test(test_verdict_json),
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_mode_texts),
		cmocka_unit_test(test_gap_texts),
		cmocka_unit_test(test_lost_nics),
		cmocka_unit_test(test_moment),
		cmocka_unit_test(test_fill_texts),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
