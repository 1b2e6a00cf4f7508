// SPDX-License-Identifier: GPL-2.0-only
/* Series of rates from snapshots: what they hold, how they go on, what they leave behind. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>

#include "readings.h"

#include "../../loader/output/stats.h"
#include "../../loader/policy/model.h"

/* The module itself, so that it can be out of memory. */
static bool no_memory;

static void *maybe_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : calloc(n, size);
}
#define calloc maybe_calloc
#include "../../loader/output/history.c"
#undef calloc

#define ALL ((1u << SERIES_KINDS) - 1)

static const char *const two[] = {"av-edge:doc/a/1", "doc/a/2"};

/* A reading at `at` in which row 0 has decided `packets`, of 100 bytes each. */
static void add(struct history *h, double at, uint64_t packets)
{
	struct snapshot s = reading(at, two, N_OF(two));

	decide(&s, 0, 0, packets, 100 * packets);
	assert_int_equal(history_add(h, &s), 0);
	snapshot_free(&s);
}

/* The last samples of a series, in words: "- 1 2", "-" for what is not known. */
static const char *shown(const struct history *h, enum series_kind kind, const char *name,
			 enum series_unit unit, size_t n)
{
	static char text[256];
	float samples[32];
	size_t len = 0;

	history_read(h, history_find(h, kind, name), unit, n, samples);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		len += isnan(samples[i]) ? sprintf(text + len, "%s-", i ? " " : "")
					 : sprintf(text + len, "%s%g", i ? " " : "", samples[i]);
	return text;
}

static void test_rates(void **state)
{
	struct history *h = history_new(4, 100, ALL);

	(void)state;
	assert_int_equal(history_filled(h), 0);
	add(h, 10, 7);
	assert_int_equal(history_filled(h), 0);
	assert_null(history_find(h, SERIES_ROW, "doc/a/1"));
	add(h, 11, 17);
	add(h, 13, 37);
	assert_int_equal(history_filled(h), 2);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 4), "- - 10 10");
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_BYTES, 2), "1000 1000");
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/2", UNIT_PACKETS, 4), "- - 0 0");
	/* the ring turns; a time that stands still is no rate */
	add(h, 13, 99);
	add(h, 14, 100);
	add(h, 15, 103);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 4), "10 0 1 3");
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 6), "- - 10 0 1 3");
	assert_int_equal(history_turn(h), 5);
	history_free(h);
}

static void test_all_kinds(void **state)
{
	struct history *h = history_new(4, 100, ALL);
	struct snapshot s = reading(1, two, N_OF(two));

	(void)state;
	assert_int_equal(history_add(h, &s), 0);
	s.taken_at = 2;
	decide(&s, 0, 0, 1, 100);
	decide(&s, 1, 1, 2, 200);
	miss(&s, XE_MISS_FOREIGN, 1, 4);
	drop(&s, XE_REASON_FOREIGN, 0, 1, 8, 0);
	drop(&s, XE_REASON_ECHO, 1, 0, 16, 32);
	assert_int_equal(history_add(h, &s), 0);
	snapshot_free(&s);
	assert_string_equal(shown(h, SERIES_TOTAL, "total", UNIT_PACKETS, 1), "7");
	assert_string_equal(shown(h, SERIES_TOTAL, "dropped", UNIT_PACKETS, 1), "24");
	assert_string_equal(shown(h, SERIES_TOTAL, "would-drop", UNIT_PACKETS, 1), "32");
	assert_string_equal(shown(h, SERIES_ROLE, "av-edge", UNIT_PACKETS, 1), "1");
	assert_string_equal(shown(h, SERIES_ROLE, "any", UNIT_PACKETS, 1), "2");
	assert_string_equal(shown(h, SERIES_SERVICE, "SIP", UNIT_PACKETS, 1), "3");
	assert_string_equal(shown(h, SERIES_DOCUMENT, "doc", UNIT_PACKETS, 1), "3");
	assert_string_equal(shown(h, SERIES_INTERFACE, "wan0", UNIT_PACKETS, 1), "1");
	assert_string_equal(shown(h, SERIES_INTERFACE, "lan0", UNIT_PACKETS, 1), "6");
	assert_string_equal(shown(h, SERIES_MISS, "foreign", UNIT_PACKETS, 1), "4");
	assert_string_equal(shown(h, SERIES_DROPPED, "foreign", UNIT_PACKETS, 1), "8");
	assert_string_equal(shown(h, SERIES_DROPPED, "echo", UNIT_BYTES, 1), "160");
	assert_string_equal(shown(h, SERIES_WOULD_DROP, "echo", UNIT_PACKETS, 1), "32");
	/* the same name is another series in another kind */
	assert_null(history_find(h, SERIES_WOULD_DROP, "foreign"));
	assert_null(history_find(h, SERIES_ROW, "foreign"));
	history_free(h);

	h = history_new(4, 100, SERIES(SERIES_ROW));
	add(h, 1, 0);
	add(h, 2, 5);
	assert_non_null(history_find(h, SERIES_ROW, "doc/a/1"));
	assert_null(history_find(h, SERIES_TOTAL, "total"));
	history_free(h);
}

/* Rows that come, go and move are followed by name; a new one had nothing before. */
static void test_reload(void **state)
{
	static const char *const other[] = {"doc/b/1", "doc/a/2", "av-edge:doc/a/1"};
	struct history *h = history_new(6, 100, ALL);
	struct snapshot s;

	(void)state;
	add(h, 1, 0);
	add(h, 2, 5);
	s = reading(3, other, N_OF(other));
	s.generation = 2;
	decide(&s, 0, 0, 3, 300);
	decide(&s, 2, 1, 9, 900);
	assert_int_equal(history_add(h, &s), 0);
	snapshot_free(&s);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 2), "5 4");
	assert_string_equal(shown(h, SERIES_ROW, "doc/b/1", UNIT_PACKETS, 2), "0 3");
	add(h, 4, 11);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 3), "5 4 2");
	assert_string_equal(shown(h, SERIES_ROW, "doc/b/1", UNIT_PACKETS, 3), "0 3 0");
	history_free(h);
}

/* Of a row and of a miss on each interface; others have no such series. */
static void test_parts(void **state)
{
	struct history *h = history_new(4, 100, ALL), *without = history_new(4, 100, ALL >> 1);
	char name[XE_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct snapshot s = reading(1 + i, two, N_OF(two));

		decide(&s, 0, 0, 5 + 7 * i, 500 + 70 * i);
		decide(&s, 0, 1, 9 + 2 * i * i, 0);
		miss(&s, XE_MISS_FOREIGN, 1, 3 * i);
		assert_int_equal(history_add(h, &s), 0);
		assert_int_equal(history_add(without, &s), 0);
		snapshot_free(&s);
	}
	assert_string_equal(series_part("wan0", "doc/a/1", name), "wan0/doc/a/1");
	assert_string_equal(shown(h, SERIES_PART, name, UNIT_PACKETS, 2), "7 7");
	assert_string_equal(shown(h, SERIES_PART, name, UNIT_BYTES, 2), "70 70");
	assert_string_equal(
		shown(h, SERIES_PART, series_part("lan0", "doc/a/1", name), UNIT_PACKETS, 2),
		"2 6");
	assert_string_equal(
		shown(h, SERIES_PART, series_part("lan0", "foreign", name), UNIT_PACKETS, 2),
		"3 3");
	assert_null(history_find(h, SERIES_PART, series_part("wan0", "foreign", name)));
	assert_null(history_find(without, SERIES_PART, series_part("wan0", "doc/a/1", name)));
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 2), "9 13");
	history_free(without);
	history_free(h);
}

/* Rows that have counted nothing are not even looked at, also when they had, before a new load. */
static void test_rows_that_have_counted(void **state)
{
	static const int counted[] = {0, 4, 9, 0, 6, 8};

	(void)state;
	/* the new load may be of the same second, which is seen by what is no longer there only */
	for (int later = 0; later <= 1; later++) {
		struct history *h = history_new(4, 100, ALL);
		const char *rates = later ? "5 - 6 2" : "5 0 6 2";
		for (int i = 0; i < (int)N_OF(counted); i++) {
			struct snapshot s = reading(1 + i, two, N_OF(two));

			s.loaded_at += later && i >= 3;
			s.places = calloc(N_OF(two), sizeof(*s.places));
			assert_non_null(s.places);
			s.places[1] = counted[i] != 0;
			if (counted[i])
				decide(&s, 1, 0, counted[i], 0);
			assert_int_equal(history_add(h, &s), 0);
			snapshot_free(&s);
		}
		assert_string_equal(shown(h, SERIES_ROW, "doc/a/2", UNIT_PACKETS, 4), rates);
		assert_string_equal(shown(h, SERIES_SERVICE, "SIP", UNIT_PACKETS, 4), rates);
		assert_null(history_find(h, SERIES_ROW, "doc/a/1"));
		history_free(h);
	}
}

/* Readings with rows in common say the same as those without, through another policy too. */
static void test_rows_in_common(void **state)
{
	static const char *const other[] = {"doc/b/1", "doc/a/2", "av-edge:doc/a/1"};
	struct history *common = history_new(16, 100, ALL), *apart = history_new(16, 100, ALL);
	static const enum series_kind kinds[] = {SERIES_ROW,	  SERIES_ROLE,	SERIES_SERVICE,
						 SERIES_DOCUMENT, SERIES_TOTAL, SERIES_PART};
	static const char *const names[] = {"doc/a/1",	    "doc/a/2",	    "doc/b/1",	   "any",
					    "av-edge",	    "SIP",	    "doc",	   "total",
					    "wan0/doc/a/1", "lan0/doc/a/1", "lan0/doc/a/2"};
	struct snapshot rows = {0};
	size_t found = 0;

	(void)state;
	for (int i = 0; i < 14; i++) {
		const char *const *ids = i < 8 ? two : other;
		size_t n = i < 8 ? N_OF(two) : N_OF(other), one = i < 8 ? 0 : 2;
		struct snapshot s = reading(i, ids, n), t = reading(i, ids, n);

		for (int both = 0; both < 2; both++) {
			struct snapshot *to = both ? &s : &t;

			/* now and then, from the second reading on, from the fifth on */
			decide(to, one, 0, 1 + i / 2, 10 * i);
			decide(to, one, 1, i < 1 ? 0 : 5 + i, 0);
			decide(to, 1, 1, i < 4 ? 0 : i * i, i < 4 ? 0 : i);
		}
		if (i == 8)
			snapshot_free(&rows);
		/* places in the order in which rows begin to count: they stay as they are */
		t = as_read(&t, rows.rows ? &rows : NULL);
		if (!rows.rows)
			snapshot_share_rows(&t, &rows);
		if (i == 3) {
			history_gap(common);
			history_gap(apart);
		}
		assert_int_equal(history_add(common, &t), 0);
		assert_int_equal(history_add(apart, &s), 0);
		snapshot_free(&s);
		snapshot_free(&t);
	}
	for (size_t i = 0; i < N_OF(kinds) * N_OF(names); i++) {
		enum series_kind kind = kinds[i / N_OF(names)];
		const char *name = names[i % N_OF(names)];
		char text[256];

		found += history_find(apart, kind, name) != NULL;
		strcpy(text, shown(apart, kind, name, UNIT_PACKETS, 16));
		assert_string_equal(shown(common, kind, name, UNIT_PACKETS, 16), text);
		strcpy(text, shown(apart, kind, name, UNIT_BYTES, 16));
		assert_string_equal(shown(common, kind, name, UNIT_BYTES, 16), text);
	}
	assert_true(found >= 9);
	snapshot_free(&rows);
	history_free(common);
	history_free(apart);
}

#define PAST 1000000000

/* What a row has ever counted stays where it was counted, whichever group it is in afterwards. */
static void test_rows_that_change_groups(void **state)
{
	static const char *const moved[] = {"access-edge:doc/a/1", "doc/a/2"};
	static const struct {
		enum series_kind kind;
		const char *name, *rates;
	} expected[] = {
		/* there, gone, gone and counting, moved, back, back */
		{SERIES_ROW, "doc/a/1", "3 0 2 4 8 1"},
		{SERIES_ROLE, "av-edge", "3 0 0 0 8 1"},
		{SERIES_ROLE, "access-edge", "0 0 0 4 0 0"},
		{SERIES_ROLE, ROW_GONE, "0 0 2 0 0 0"},
		{SERIES_ROLE, "any", "5 5 5 5 5 5"},
		{SERIES_SERVICE, ROW_GONE, "0 0 2 0 0 0"},
		{SERIES_SERVICE, "SIP", "8 5 5 9 13 6"},
		{SERIES_DOCUMENT, "doc", "8 5 7 9 13 6"},
		{SERIES_TOTAL, "total", "8 5 7 9 13 6"},
	};
	static const int more[] = {0, 3, 0, 2, 4, 8, 1};
	struct history *h = history_new(6, 100, ALL);
	/* rows are followed although nobody asks for them */
	struct history *roles = history_new(6, 100, SERIES(SERIES_ROLE));
	uint64_t packets = PAST;

	(void)state;
	for (int i = 0; i < (int)N_OF(more); i++) {
		struct snapshot s = reading(i, i == 4 ? moved : two, N_OF(two));

		packets += more[i];
		decide(&s, 0, i & 1, packets, 100 * packets);
		decide(&s, 1, 0, PAST + 5 * i, 0);
		if (i == 2 || i == 3)
			row_gone(&s, 0);
		assert_int_equal(history_add(h, &s), 0);
		assert_int_equal(history_add(roles, &s), 0);
		snapshot_free(&s);
	}
	for (size_t i = 0; i < N_OF(expected); i++) {
		assert_string_equal(shown(h, expected[i].kind, expected[i].name, UNIT_PACKETS, 6),
				    expected[i].rates);
		if (expected[i].kind == SERIES_ROLE)
			assert_string_equal(
				shown(roles, SERIES_ROLE, expected[i].name, UNIT_PACKETS, 6),
				expected[i].rates);
	}
	assert_string_equal(shown(h, SERIES_ROLE, ROW_GONE, UNIT_BYTES, 6), "0 0 200 0 0 0");
	assert_null(history_find(roles, SERIES_ROW, "doc/a/1"));
	history_free(roles);
	history_free(h);
}

static void test_counters_that_go_back(void **state)
{
	struct history *h = history_new(6, 100, ALL);
	struct snapshot s;

	(void)state;
	add(h, 1, 0);
	add(h, 2, 50);
	add(h, 3, 10);
	add(h, 4, 12);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 4), "- 50 0 2");
	/* loaded anew: however much it has counted, it is no rate against before */
	s = reading(5, two, N_OF(two));
	s.loaded_at = 2000;
	decide(&s, 0, 0, 1000, 1000);
	assert_int_equal(history_add(h, &s), 0);
	s.taken_at = 6;
	decide(&s, 0, 0, 1007, 1000);
	assert_int_equal(history_add(h, &s), 0);
	snapshot_free(&s);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 4), "0 2 - 7");
	history_free(h);
}

static void test_gaps(void **state)
{
	struct history *h = history_new(6, 100, ALL);

	(void)state;
	history_gap(h);
	assert_int_equal(history_filled(h), 1);
	add(h, 1, 0);
	add(h, 2, 1);
	history_gap(h);
	history_gap(h);
	add(h, 5, 100);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 4), "- 1 - -");
	add(h, 6, 104);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 4), "1 - - 4");
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/2", UNIT_PACKETS, 4), "0 - - 0");
	history_free(h);
}

/* A reading that there was no memory for is one sample, that nothing is known of. */
static void test_no_memory(void **state)
{
	struct history *h = history_new(6, 100, ALL);
	const struct series *out[1];
	struct snapshot s = reading(1, two, N_OF(two));

	(void)state;
	for (int i = 0; i < 5; i++) {
		s.taken_at = i;
		decide(&s, 0, 0, 7 * i, 0);
		/* the second row is new in the one that fails: the first has had its sample */
		if (i >= 2)
			decide(&s, 1, 0, 3 * i, 0);
		no_memory = i == 2;
		assert_int_equal(history_add(h, &s), no_memory ? -ENOMEM : 0);
	}
	no_memory = false;
	assert_int_equal(history_turn(h), 3);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 4), "- 7 - 7");
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/2", UNIT_PACKETS, 3), "0 - 3");
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 2, out, 1), 1);
	assert_true(weigh(h, history_find(h, SERIES_ROW, "doc/a/1"), 3) == 14);
	/* loaded anew, which is a gap of its own: still one */
	s.loaded_at = 2000;
	decide(&s, 0, 0, 1, 0);
	assert_int_equal(history_add(h, &s), 0);
	assert_int_equal(history_turn(h), 4);
	snapshot_free(&s);
	history_free(h);
}

/* What had no packet in all samples is let go, and comes again. */
static void test_quiet(void **state)
{
	struct history *h = history_new(3, 100, ALL);

	(void)state;
	add(h, 1, 0);
	add(h, 2, 4);
	add(h, 3, 4);
	add(h, 4, 4);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 3), "4 0 0");
	assert_non_null(history_find(h, SERIES_ROW, "doc/a/1"));
	add(h, 5, 4);
	assert_null(history_find(h, SERIES_ROW, "doc/a/1"));
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 3), "0 0 0");
	add(h, 6, 6);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 3), "0 0 2");
	history_free(h);
}

/* Many rows, of which row i has i + 1 packets more. */
static void add_many(struct history *h, double at, uint64_t times, size_t from)
{
	char ids[40][16];
	const char *rows[40];
	struct snapshot s;

	for (size_t i = 0; i < 40; i++) {
		snprintf(ids[i], sizeof(ids[i]), "doc/t/%zu", i);
		rows[i] = ids[i];
	}
	s = reading(at, rows, 40);
	for (size_t i = from; i < 40; i++)
		decide(&s, i, 0, times * (i + 1), 0);
	assert_int_equal(history_add(h, &s), 0);
	snapshot_free(&s);
}

static void test_heaviest(void **state)
{
	struct history *h = history_new(3, 100, ALL);
	const struct series *out[40];

	(void)state;
	add_many(h, 1, 0, 0);
	add_many(h, 2, 1, 0);
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 3, out, 40), 40);
	assert_string_equal(out[0]->name, "doc/t/39");
	assert_string_equal(out[39]->name, "doc/t/0");
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 3, out, 2), 2);
	assert_string_equal(out[1]->name, "doc/t/38");
	assert_int_equal(history_heaviest(h, SERIES(SERIES_TOTAL) | SERIES(SERIES_ROW), 3, out, 1),
			 1);
	assert_int_equal(out[0]->kind, SERIES_TOTAL);
	/* only in the last ones */
	add_many(h, 3, 1, 0);
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 1, out, 40), 0);
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 2, out, 40), 40);
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 99, out, 40), 40);
	history_free(h);
}

/* Where there are more than may be, the heavier ones stay. */
static void test_too_many(void **state)
{
	struct history *h = history_new(8, 4, SERIES(SERIES_ROW));
	const struct series *out[40];

	(void)state;
	add_many(h, 1, 0, 0);
	for (int i = 1; i <= 4; i++)
		add_many(h, 1 + i, i, 0);
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 8, out, 40), 4);
	assert_string_equal(out[0]->name, "doc/t/39");
	assert_string_equal(out[3]->name, "doc/t/36");
	history_free(h);

	/* a light one that is there gives way to a heavy one, not the other way round */
	h = history_new(8, 1, SERIES(SERIES_ROW));
	add_many(h, 1, 0, 0);
	add_many(h, 2, 1, 39);
	assert_int_equal(history_heaviest(h, SERIES(SERIES_ROW), 8, out, 40), 1);
	add(h, 3, 0);
	add(h, 4, 13); /* less than 40 in three turns */
	assert_null(history_find(h, SERIES_ROW, "doc/a/1"));
	add(h, 5, 13 + 41);
	assert_string_equal(shown(h, SERIES_ROW, "doc/a/1", UNIT_PACKETS, 2), "0 41");
	assert_null(history_find(h, SERIES_ROW, "doc/t/39"));
	history_free(h);
}

/* Of more steady ones than there is room for the same are kept, though they begin late. */
static void test_steady(void **state)
{
	static const char *const rows[] = {"a", "b", "c", "d"};
	static const uint64_t rates[][4] = {
		{10000, 10000, 1000, 900}, {10000, 10000, 900, 1000}, {900, 10000, 1000, 10000}};

	(void)state;
	for (size_t i = 0; i < N_OF(rates); i++) {
		struct history *h = history_new(60, 3, SERIES(SERIES_ROW));
		float samples[60];

		for (int t = 0; t < 99; t++) {
			struct snapshot s = reading(t, rows, N_OF(rows));

			for (size_t row = 0; row < N_OF(rows); row++)
				if (rates[i][row] > 1000 || t >= 20)
					decide(&s, row, 0, rates[i][row] * t, 0);
			assert_int_equal(history_add(h, &s), 0);
			snapshot_free(&s);
		}
		for (size_t row = 0; row < N_OF(rows); row++) {
			const struct series *series = history_find(h, SERIES_ROW, rows[row]);

			assert_int_equal(series != NULL, rates[i][row] != 900);
			history_read(h, series, UNIT_PACKETS, 60, samples);
			for (int t = 0; series && t < 60; t++)
				assert_true(samples[t] == rates[i][row]);
		}
		history_free(h);
	}
}

/* One that comes later and is heavier is judged by its own time, not by that of the others. */
static void test_newcomer(void **state)
{
	static const char *const rows[] = {"old", "new", "other"};
	struct history *h = history_new(60, 1, SERIES(SERIES_ROW));
	struct snapshot s = reading(0, rows, N_OF(rows));

	(void)state;
	for (int t = 0; t < 50; t++) {
		s.taken_at = t;
		decide(&s, 0, 0, 100 * t, 0);
		if (t >= 40) {
			decide(&s, 1, 0, 300 * (t - 39), 0);
			decide(&s, 2, 0, 200 * (t - 39), 0);
		}
		assert_int_equal(history_add(h, &s), 0);
	}
	assert_string_equal(shown(h, SERIES_ROW, "new", UNIT_PACKETS, 11),
			    "0 300 300 300 300 300 300 300 300 300 300");
	snapshot_free(&s);
	history_free(h);
}

/* However many names have come and gone. */
static void test_memory(void **state)
{
	struct history *h = history_new(4, 100, ALL);
	size_t after_few = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char ids[10][32];
		const char *rows[10];
		struct snapshot s;

		for (int j = 0; j < 10; j++) {
			snprintf(ids[j], sizeof(ids[j]), "doc/%d/%d", i, j);
			rows[j] = ids[j];
		}
		s = reading(i, rows, 10);
		decide(&s, 0, 0, 1, 100);
		assert_int_equal(history_add(h, &s), 0);
		snapshot_free(&s);
		if (i == 100)
			after_few = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks <= 2 * after_few);
	assert_null(history_find(h, SERIES_ROW, "doc/0/0"));
	assert_non_null(history_find(h, SERIES_ROW, "doc/1999/0"));
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_counters_that_go_back),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_heaviest),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_rows_that_change_groups),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_newcomer),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_rows_that_have_counted),
		cmocka_unit_test(test_rows_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
