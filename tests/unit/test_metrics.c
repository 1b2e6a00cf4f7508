// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics of a snapshot made by hand, read back by a parser that knows nothing of the writer: the
 * grammar of both formats, what adds up, which samples there are, and names that mean harm.
 */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>

#include <cmocka.h>

#include "../../loader/output/escape.h"
#include "../../loader/output/exposition.h"
#include "../../loader/output/metrics.h"
#include "../../loader/output/stats.h"
#include "../../loader/policy/model.h"

/* --- a snapshot ------------------------------------------------------------------------------- */

enum { WAN, LAN, OLD, N_NICS };
enum { TURN, SIP, OWN, SILENT, GONE, N_ROWS };

static void set_row(struct xe_row *row, const char *id, const char *role, const char *service)
{
	*row = (struct xe_row){.active = 1};
	strcpy(row->id, id);
	strcpy(row->role, role);
	strcpy(row->service, service);
	strcpy(row->l4, "udp");
	strcpy(row->ports, "3478");
	strcpy(row->source, "any");
	strcpy(row->destination, "av-edge");
	strcpy(row->verdict, "allow");
}

/*
 * Two NICs and one that the site has dropped; rows that overlap, one without a packet, one that is
 * not active, one that only the totals know.
 */
static struct snapshot make(void)
{
	struct snapshot s = {
		.site = "edge1",
		.generation = 7,
		.read_seconds = 0.0025,
		.n_interfaces = N_NICS,
		.n_rows = N_ROWS,
		.interfaces = calloc(N_NICS, sizeof(struct xe_interface)),
		.rows = calloc(N_ROWS, sizeof(struct xe_row)),
		.cells = calloc(N_ROWS * N_NICS, sizeof(struct stats_cell)),
		.misses = calloc(XE_MISS_COUNT * N_NICS, sizeof(struct xe_counter)),
	};

	assert_true(s.interfaces && s.rows && s.cells && s.misses);
	strcpy(s.interfaces[WAN].name, "wan0");
	s.interfaces[WAN].ifindex = 5;
	s.interfaces[WAN].sides = 1u << XE_SIDE_INTERNET | 1u << XE_SIDE_LAN;
	strcpy(s.interfaces[LAN].name, "lan0");
	s.interfaces[LAN].ifindex = 6;
	s.interfaces[LAN].dispatcher = 1;
	strcpy(s.interfaces[OLD].name, "old0");
	set_row(&s.rows[TURN], "doc/external/14", "av-edge", "A/V");
	set_row(&s.rows[SIP], "doc/external/5", "access-edge", "SIP");
	set_row(&s.rows[OWN], "site/rows/own", "any", "mine");
	set_row(&s.rows[SILENT], "doc/external/8", "web-conf-edge", "PSOM");
	s.rows[SILENT].active = 0;
	strcpy(s.rows[GONE].id, "site/rows/gone");
	/* decided, matched, reply, new; then payloads, and of decided: reply, new */
	s.cells[TURN * N_NICS + WAN] =
		(struct stats_cell){{30, 3000}, {32, 3200}, {10, 900}, 0, {}, {8, 720}, 0};
	s.cells[TURN * N_NICS + LAN] =
		(struct stats_cell){{5, 500}, {5, 500}, {5, 500}, 0, {}, {5, 500}, 0};
	s.cells[SIP * N_NICS + WAN] =
		(struct stats_cell){{7, 700}, {7, 700}, {0, 0}, 3, {}, {0, 0}, 3};
	s.cells[OWN * N_NICS + WAN] =
		(struct stats_cell){{0, 0}, {11, 1100}, {4, 400}, 2, {}, {0, 0}, 0};
	s.cells[GONE * N_NICS + OLD] =
		(struct stats_cell){{9, 901}, {9, 901}, {0, 0}, 0, {}, {0, 0}, 0};
	s.misses[XE_MISS_UNMATCHED * N_NICS + WAN] = (struct xe_counter){13, 1300};
	s.misses[XE_MISS_SPOOFED * N_NICS + OLD] = (struct xe_counter){2, 128};
	return s;
}

/* Verdicts of an enforcing policy with one protected role. */
static void add_guard(struct snapshot *s)
{
	struct snapshot_guard *guard = &s->guard;

	guard->mode = XE_MODE_ENFORCE;
	guard->n_roles = 2;
	guard->roles = calloc(2, sizeof(*guard->roles));
	guard->verdicts = calloc((N_NICS + 1) * 2, sizeof(*guard->verdicts));
	guard->notes = calloc(N_NICS + 1, sizeof(*guard->notes));
	assert_true(guard->roles && guard->verdicts && guard->notes);
	strcpy(guard->roles[1].name, "av-edge");
	guard->baseline_at = 1700000000;
	guard->verdicts[WAN * 2 + 1].dropped[XE_REASON_UNMATCHED] = (struct xe_counter){12, 1200};
	guard->verdicts[N_NICS * 2].would[XE_REASON_MALFORMED] = (struct xe_counter){1, 60};
	guard->notes[WAN].exempt[XE_EXEMPT_ARP] = (struct xe_counter){4, 240};
	guard->notes[N_NICS].events[XE_EVENT_FLOW_FULL] = 6;
	guard->flows = (struct snapshot_fill){true, true, 100, 262144};
	guard->buckets = (struct snapshot_fill){true, false, 1, 64};
}

/* --- reading it back --------------------------------------------------------------------------
 */

#define SAMPLES_MAX 12000
#define LABELS_MAX  10

/* Strings stand in the scrape's copy of its text. */
struct sample {
	const char *name, *value;
	const char *labels[LABELS_MAX][2]; /* name, unescaped text */
	int n_labels;
};

struct scrape {
	char *text, *copy;
	struct sample *samples;
	size_t n;
	bool openmetrics, ended;
	char family[96], type[200]; /* of the family at hand */
};

static bool is_name(const char *text, size_t len)
{
	if (!len || isdigit((unsigned char)*text))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

/* "KEYWORD FAMILY REST": the head of a family must come whole, and once. */
static void read_comment(struct scrape *scrape, const char *line, char families[][96], size_t *n)
{
	char keyword[8], name[96], rest[200];

	if (!strcmp(line, "# EOF")) {
		assert_true(scrape->openmetrics);
		scrape->ended = true;
		return;
	}
	assert_int_equal(sscanf(line, "# %7s %95s %199[^\n]", keyword, name, rest), 3);
	assert_true(is_name(name, strlen(name)));
	if (!strcmp(keyword, "HELP")) {
		assert_null(strpbrk(rest, "\\"));
		for (size_t i = 0; i < *n; i++)
			assert_string_not_equal(families[i], name);
		strcpy(families[(*n)++], name);
		strcpy(scrape->family, name);
		scrape->type[0] = '\0';
	} else if (!strcmp(keyword, "TYPE")) {
		assert_string_equal(scrape->family, name);
		assert_true(!strcmp(rest, "counter") || !strcmp(rest, "gauge") ||
			    (scrape->openmetrics && !strcmp(rest, "info")));
		snprintf(scrape->type, sizeof(scrape->type), "%s", rest);
	} else {
		assert_string_equal(keyword, "UNIT");
		assert_true(scrape->openmetrics);
		assert_string_equal(scrape->family, name);
		assert_true(strlen(name) > strlen(rest) + 1);
		assert_string_equal(name + strlen(name) - strlen(rest), rest);
		assert_true(name[strlen(name) - strlen(rest) - 1] == '_');
	}
}

/* Unescape the text up to the closing quote where it stands; returns what follows the quote. */
static char *read_quoted(char *p)
{
	char *to = p, *text = p;
	size_t n;

	for (; *p != '"'; p++) {
		assert_int_not_equal(*p, '\0');
		if (*p == '\\') {
			p++;
			assert_true(*p == '\\' || *p == '"' || *p == 'n');
			*to++ = *p == 'n' ? '\n' : *p;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	n = to - text;
	for (size_t i = 0; i < n;) {
		uint32_t code;
		size_t used = utf8_decode(text + i, n - i, &code);

		assert_true(used);
		i += used;
	}
	return p + 1;
}

/* The name that ends with `end`, which is overwritten; returns what follows. */
static char *read_name(char *p, const char **name, char end)
{
	size_t len = strcspn(p, "{}=\", ");

	assert_int_equal(p[len], end);
	assert_true(is_name(p, len));
	p[len] = '\0';
	*name = p;
	return p + len + 1;
}

static void read_sample(struct scrape *scrape, char *p)
{
	struct sample *sample = &scrape->samples[scrape->n++];
	const char *suffix = !strcmp(scrape->type, "counter") ? "_total"
			     : !strcmp(scrape->type, "info")  ? "_info"
							      : "";
	char expected[120];

	assert_true(scrape->n <= SAMPLES_MAX && !scrape->ended);
	p = read_name(p, &sample->name, '{');
	/* it belongs to the family above it, whose name has the suffix in the older format */
	snprintf(expected, sizeof(expected), "%s%s", scrape->family,
		 scrape->openmetrics ? suffix : "");
	assert_string_equal(sample->name, expected);
	if (!scrape->openmetrics)
		assert_string_equal(sample->name + strlen(sample->name) - strlen(suffix), suffix);
	for (;; p++) {
		const char **label = sample->labels[sample->n_labels++];

		assert_true(sample->n_labels <= LABELS_MAX);
		p = read_name(p, &label[0], '=');
		assert_int_equal(*p, '"');
		label[1] = p + 1;
		p = read_quoted(p + 1);
		for (int i = 0; i + 1 < sample->n_labels; i++)
			assert_string_not_equal(sample->labels[i][0], label[0]);
		if (*p != ',')
			break;
	}
	assert_int_equal(*p++, '}');
	assert_int_equal(*p++, ' ');
	sample->value = p;
	assert_true(*p && strspn(p, "0123456789.") == strlen(p));
}

static bool same_series(const struct sample *a, const struct sample *b)
{
	if (strcmp(a->name, b->name) || a->n_labels != b->n_labels)
		return false;
	for (int i = 0; i < a->n_labels; i++)
		if (strcmp(a->labels[i][0], b->labels[i][0]) ||
		    strcmp(a->labels[i][1], b->labels[i][1]))
			return false;
	return true;
}

/* Write and read; every line is checked against the format. */
static struct scrape scrape(const struct snapshot *s, bool openmetrics)
{
	static char families[100][96];
	struct scrape got = {.samples = calloc(SAMPLES_MAX, sizeof(struct sample)),
			     .openmetrics = openmetrics};
	size_t size, n_families = 0;
	FILE *out = open_memstream(&got.text, &size);
	char *end;

	assert_int_equal(metrics_write(s, openmetrics, out), 0);
	fclose(out);
	assert_int_equal(strlen(got.text), size);
	got.copy = strdup(got.text);
	assert_true(size && got.copy && got.text[size - 1] == '\n');
	for (char *line = got.copy; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		assert_false(got.ended);
		if (*line == '#')
			read_comment(&got, line, families, &n_families);
		else
			read_sample(&got, line);
	}
	assert_int_equal(got.ended, openmetrics);
	return got;
}

static void expect_no_series_twice(const struct scrape *scrape)
{
	for (size_t i = 0; i < scrape->n; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(same_series(&scrape->samples[i], &scrape->samples[j]));
}

static void scrape_free(struct scrape *scrape)
{
	free(scrape->text);
	free(scrape->copy);
	free(scrape->samples);
}

static const char *label(const struct sample *sample, const char *name)
{
	for (int i = 0; i < sample->n_labels; i++)
		if (!strcmp(sample->labels[i][0], name))
			return sample->labels[i][1];
	return NULL;
}

/* Samples of that name, and their sum in *sum; then pairs of label and text, NULL at the end. */
static int samples_of(const struct scrape *scrape, uint64_t *sum, const char *name, ...)
{
	int n = 0;

	*sum = 0;
	for (size_t i = 0; i < scrape->n; i++) {
		const struct sample *sample = &scrape->samples[i];
		const char *key, *text, *found;
		bool fits = !strcmp(sample->name, name);
		va_list pairs;

		va_start(pairs, name);
		while (fits && (key = va_arg(pairs, const char *))) {
			text = va_arg(pairs, const char *);
			found = label(sample, key);
			fits = found && !strcmp(found, text);
		}
		va_end(pairs);
		if (!fits)
			continue;
		*sum += strtoull(sample->value, NULL, 10);
		n++;
	}
	return n;
}

#define expect_sum(scrape, n_wanted, sum_wanted, ...)                                     \
	do {                                                                              \
		uint64_t sum_;                                                            \
		assert_int_equal(samples_of(scrape, &sum_, __VA_ARGS__, NULL), n_wanted); \
		assert_int_equal(sum_, sum_wanted);                                       \
	} while (0)

/* --- tests ------------------------------------------------------------------------------------ */

static void test_both_formats_say_the_same(void **state)
{
	struct snapshot s = make();
	struct scrape text, open;

	(void)state;
	add_guard(&s);
	text = scrape(&s, false);
	open = scrape(&s, true);
	expect_no_series_twice(&text);
	assert_int_equal(text.n, open.n);
	for (size_t i = 0; i < text.n; i++) {
		assert_true(same_series(&text.samples[i], &open.samples[i]));
		assert_string_equal(text.samples[i].value, open.samples[i].value);
		assert_string_equal(label(&text.samples[i], "site"), "edge1");
	}
	/* the older format's families have the samples' names, OpenMetrics' do not */
	assert_non_null(strstr(text.text, "# TYPE xdp_edge_row_packets_total counter\n"));
	assert_non_null(strstr(text.text, "# TYPE xdp_edge_info gauge\n"));
	assert_null(strstr(text.text, "# UNIT"));
	assert_non_null(strstr(open.text, "# TYPE xdp_edge_row_packets counter\n"));
	assert_non_null(strstr(open.text, "# TYPE xdp_edge info\n"));
	assert_non_null(strstr(open.text, "# UNIT xdp_edge_row_bytes bytes\n"));
	scrape_free(&text);
	scrape_free(&open);
	snapshot_free(&s);
}

static void test_rows_and_misses_add_up(void **state)
{
	struct snapshot s = make();
	struct scrape got = scrape(&s, false);

	(void)state;
	for (int i = 0; i < N_NICS; i++) {
		const char *name = s.interfaces[i].name;
		struct xe_counter total = snapshot_total(&s, i);
		uint64_t rows, misses;

		samples_of(&got, &rows, "xdp_edge_row_packets_total", "interface", name, NULL);
		samples_of(&got, &misses, "xdp_edge_miss_packets_total", "interface", name, NULL);
		assert_int_equal(rows + misses, total.packets);
		samples_of(&got, &rows, "xdp_edge_row_bytes_total", "interface", name, NULL);
		samples_of(&got, &misses, "xdp_edge_miss_bytes_total", "interface", name, NULL);
		assert_int_equal(rows + misses, total.bytes);
	}
	expect_sum(&got, 4, 35, "xdp_edge_row_packets_total", "role", "av-edge", "service", "A/V",
		   "row", "doc/external/14");
	expect_sum(&got, 1, 22, "xdp_edge_row_packets_total", "row", "doc/external/14", "interface",
		   "wan0", "sense", "forward");
	expect_sum(&got, 1, 8, "xdp_edge_row_packets_total", "row", "doc/external/14", "interface",
		   "wan0", "sense", "reply");
	expect_sum(&got, 1, 2280, "xdp_edge_row_bytes_total", "row", "doc/external/14", "interface",
		   "wan0", "sense", "forward");
	expect_sum(&got, 1, 720, "xdp_edge_row_bytes_total", "row", "doc/external/14", "interface",
		   "wan0", "sense", "reply");
	/* forward and reply are what is matched, of a row that decides nothing too */
	expect_sum(&got, 1, 22, "xdp_edge_row_matched_packets_total", "row", "doc/external/14",
		   "interface", "wan0", "sense", "forward");
	expect_sum(&got, 1, 10, "xdp_edge_row_matched_packets_total", "row", "doc/external/14",
		   "interface", "wan0", "sense", "reply");
	expect_sum(&got, 4, 0, "xdp_edge_row_packets_total", "row", "site/rows/own");
	expect_sum(&got, 4, 11, "xdp_edge_row_matched_packets_total", "row", "site/rows/own");
	expect_sum(&got, 2, 0, "xdp_edge_row_new_flows_total", "row", "site/rows/own");
	expect_sum(&got, 2, 2, "xdp_edge_row_matched_new_flows_total", "row", "site/rows/own");
	expect_sum(&got, 1, 3, "xdp_edge_row_new_flows_total", "row", "doc/external/5", "interface",
		   "wan0");
	/* what the site has dropped keeps its counts, and a name by which to leave it out */
	expect_sum(&got, 1, 9, "xdp_edge_row_packets_total", "row", "site/rows/gone", "role",
		   ROW_GONE, "service", ROW_GONE, "interface", "old0");
	scrape_free(&got);
	snapshot_free(&s);
}

static void test_zeros_from_the_start(void **state)
{
	struct snapshot s = make();
	struct scrape got;

	(void)state;
	memset(s.cells, 0, N_ROWS * N_NICS * sizeof(*s.cells));
	got = scrape(&s, false);
	/* active rows, attached NICs */
	expect_sum(&got, 12, 0, "xdp_edge_row_packets_total");
	expect_sum(&got, 4, 0, "xdp_edge_row_packets_total", "row", "doc/external/14");
	expect_sum(&got, 0, 0, "xdp_edge_row_packets_total", "row", "doc/external/8");
	expect_sum(&got, 0, 0, "xdp_edge_row_packets_total", "interface", "old0");
	expect_sum(&got, 12, 0, "xdp_edge_row_matched_packets_total");
	expect_sum(&got, 6, 0, "xdp_edge_row_matched_new_flows_total");
	expect_sum(&got, 2, 0, "xdp_edge_miss_packets_total", "miss", "foreign");
	expect_sum(&got, 2 * XE_MISS_COUNT + 1, 15, "xdp_edge_miss_packets_total");
	expect_sum(&got, 3, 3, "xdp_edge_row_info");
	expect_sum(&got, 1, 1, "xdp_edge_row_info", "row", "doc/external/14", "l4", "udp", "ports",
		   "3478", "source", "any", "destination", "av-edge", "verdict", "allow");
	scrape_free(&got);
	snapshot_free(&s);
}

/* Rows on two NICs, all active; `n` is how many. */
static struct snapshot make_many(size_t n)
{
	struct snapshot s = make();

	s.n_interfaces = 2;
	s.n_rows = n;
	free(s.rows);
	free(s.cells);
	s.rows = calloc(n, sizeof(*s.rows));
	s.cells = calloc(n * 2, sizeof(*s.cells));
	assert_true(s.rows && s.cells);
	for (size_t i = 0; i < n; i++) {
		char id[40];

		snprintf(id, sizeof(id), "site/rows/r%zu", i);
		set_row(&s.rows[i], id, "any", "mine");
	}
	s.cells[3 * 2 + 1].decided = s.cells[3 * 2 + 1].matched = (struct xe_counter){8, 800};
	return s;
}

static void test_large_policies_are_bounded(void **state)
{
	struct snapshot s = make_many(METRICS_ZEROS_MAX / 2);
	struct scrape got = scrape(&s, false);

	(void)state;
	expect_sum(&got, 2 * METRICS_ZEROS_MAX, 8, "xdp_edge_row_packets_total");
	expect_sum(&got, METRICS_ZEROS_MAX, 0, "xdp_edge_row_new_flows_total");
	scrape_free(&got);
	snapshot_free(&s);

	/* one row more: those that counted, where they did, and one 0 for each of the others */
	s = make_many(METRICS_ZEROS_MAX / 2 + 1);
	got = scrape(&s, false);
	expect_sum(&got, METRICS_ZEROS_MAX / 2 + 1, 8, "xdp_edge_row_packets_total");
	expect_sum(&got, 1, 8, "xdp_edge_row_packets_total", "row", "site/rows/r3", "interface",
		   "lan0", "sense", "forward");
	expect_sum(&got, 1, 0, "xdp_edge_row_packets_total", "row", "site/rows/r4", "interface",
		   "wan0", "sense", "forward");
	expect_sum(&got, 1, 800, "xdp_edge_row_bytes_total");
	expect_sum(&got, 1, 8, "xdp_edge_row_matched_packets_total");
	expect_sum(&got, 0, 0, "xdp_edge_row_new_flows_total");
	scrape_free(&got);
	snapshot_free(&s);
}

static void test_payloads_only_where_they_are_looked_at(void **state)
{
	struct snapshot s = make();
	struct scrape got;

	(void)state;
	s.rows[TURN].payload = XE_PAYLOAD_TURN;
	s.cells[TURN * N_NICS + WAN].payload = (struct xe_conformity){20, 3};
	got = scrape(&s, true);
	expect_sum(&got, 0, 0, "xdp_edge_row_payload_packets_total");
	scrape_free(&got);
	s.guard.features = XE_FEATURE_PAYLOAD;
	got = scrape(&s, true);
	expect_sum(&got, 4, 23, "xdp_edge_row_payload_packets_total");
	expect_sum(&got, 1, 3, "xdp_edge_row_payload_packets_total", "payload", "other",
		   "interface", "wan0", "row", "doc/external/14");
	scrape_free(&got);
	snapshot_free(&s);
}

static void test_monitor(void **state)
{
	struct snapshot s = make();
	struct scrape got = scrape(&s, true);

	(void)state;
	expect_sum(&got, 1, 1, "xdp_edge_info", "mode", "monitor", "generation", "7", "version",
		   XE_VERSION);
	expect_sum(&got, 1, 0, "xdp_edge_enforcing");
	assert_non_null(
		strstr(got.text, "xdp_edge_read_duration_seconds{site=\"edge1\"} 0.002500\n"));
	assert_null(strstr(got.text, "deadline"));
	assert_null(strstr(got.text, "baseline_timestamp"));
	assert_null(strstr(got.text, "xdp_edge_exempt"));
	assert_null(strstr(got.text, "xdp_edge_table"));
	assert_null(strstr(got.text, "_drop"));
	scrape_free(&got);
	snapshot_free(&s);
}

static void test_enforce(void **state)
{
	struct snapshot s = make();
	struct scrape got;

	(void)state;
	add_guard(&s);
	got = scrape(&s, true);
	expect_sum(&got, 1, 1, "xdp_edge_info", "mode", "enforce");
	expect_sum(&got, 1, 1, "xdp_edge_enforcing");
	expect_sum(&got, 0, 0, "xdp_edge_confirm_deadline_timestamp_seconds");
	expect_sum(&got, 1, 1700000000, "xdp_edge_baseline_timestamp_seconds");
	expect_sum(&got, 1, 12, "xdp_edge_dropped_packets_total", "reason", "unmatched", "role",
		   "av-edge", "interface", "wan0");
	expect_sum(&got, 1, 1200, "xdp_edge_dropped_bytes_total");
	expect_sum(&got, 1, 1, "xdp_edge_would_drop_packets_total", "reason", "malformed", "role",
		   "none", "interface", INTERFACE_GONE);
	expect_sum(&got, 1, 60, "xdp_edge_would_drop_bytes_total");
	expect_sum(&got, 2 * XE_EXEMPT_COUNT, 4, "xdp_edge_exempt_packets_total");
	expect_sum(&got, 1, 240, "xdp_edge_exempt_bytes_total", "name", exempt_text(XE_EXEMPT_ARP),
		   "interface", "wan0");
	expect_sum(&got, 2 * XE_EVENT_COUNT + 1, 6, "xdp_edge_events_total");
	expect_sum(&got, 1, 6, "xdp_edge_events_total", "event", event_text(XE_EVENT_FLOW_FULL),
		   "interface", INTERFACE_GONE);
	expect_sum(&got, 1, 100, "xdp_edge_table_entries", "table", "flows");
	expect_sum(&got, 1, 262144, "xdp_edge_table_capacity", "table", "flows");
	expect_sum(&got, 0, 0, "xdp_edge_table_entries", "table", "fragments");
	expect_sum(&got, 2, 2, "xdp_edge_interface_info");
	expect_sum(&got, 1, 1, "xdp_edge_interface_info", "interface", "wan0", "mode", "native",
		   "dispatcher", "false", "sides", "internet,lan");
	expect_sum(&got, 1, 1, "xdp_edge_interface_info", "interface", "lan0", "dispatcher", "true",
		   "sides", "");
	scrape_free(&got);

	s.guard.unconfirmed = true;
	s.guard.confirm_in = 30;
	s.guard.confirm_by = 1700000100;
	s.guard.gaps[0] = (struct snapshot_gap){"wan0", NIC_MISSING};
	s.guard.n_gaps = 1;
	s.states = calloc(N_NICS, sizeof(*s.states));
	assert_non_null(s.states);
	s.states[WAN] = NIC_MISSING;
	s.states[LAN] = NIC_RENAMED;
	s.states[OLD] = NIC_DETACHED;
	got = scrape(&s, true);
	expect_sum(&got, 2, 1, "xdp_edge_interface_attached");
	expect_sum(&got, 1, 0, "xdp_edge_interface_attached", "interface", "wan0");
	expect_sum(&got, 1, 0, "xdp_edge_enforcing");
	expect_sum(&got, 1, 1700000100, "xdp_edge_confirm_deadline_timestamp_seconds");
	expect_sum(&got, 1, 1, "xdp_edge_interface_gap", "interface", "wan0", "state", "missing");
	scrape_free(&got);
	snapshot_free(&s);
}

/* What each of these becomes inside the quotes, and what a reader makes of that. */
static void test_hostile_names(void **state)
{
	static const struct {
		const char *name, *written, *read;
	} cases[] = {
		{"a\"b", "a\\\"b", "a\"b"},
		{"a\\", "a\\\\", "a\\"},
		{"a\\n", "a\\\\n", "a\\n"},
		{"\"} 1\nevil 2", "\\\"} 1\\nevil 2", "\"} 1\nevil 2"},
		{"\n# EOF\n", "\\n# EOF\\n", "\n# EOF\n"},
		{"caf\xc3\xa9 \xf0\x9f\x93\x9e", "caf\xc3\xa9 \xf0\x9f\x93\x9e",
		 "caf\xc3\xa9 \xf0\x9f\x93\x9e"},
		{"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"cut\xc3", "cut\xef\xbf\xbd", "cut\xef\xbf\xbd"},
		{"\xed\xa0\x80\xc0\xaf",
		 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xff\"\n", "\xef\xbf\xbd\\\"\\n", "\xef\xbf\xbd\"\n"},
		{"\x1b]0;x\a", "\\\\x1b]0;x\\\\x07", "\\x1b]0;x\\x07"},
		{"a\rb", "a\\\\x0db", "a\\x0db"},
		{"\xe2\x80\xae"
		 "txt",
		 "\\\\u{202e}txt", "\\u{202e}txt"},
		{"%n%s<script>", "%n%s<script>", "%n%s<script>"},
		{"", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct snapshot s = make();
		struct scrape got;
		char written[200];

		strcpy(s.rows[TURN].service, cases[i].name);
		strcpy(s.rows[SIP].role, cases[i].name);
		snprintf(s.interfaces[WAN].name, XE_IFNAME_MAX, "%s", cases[i].name);
		for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
			got = scrape(&s, openmetrics);
			expect_no_series_twice(&got);
			expect_sum(&got, 4, 35, "xdp_edge_row_packets_total", "service",
				   cases[i].read);
			expect_sum(&got, 4, 7, "xdp_edge_row_packets_total", "role", cases[i].read);
			snprintf(written, sizeof(written), "service=\"%s\",", cases[i].written);
			assert_non_null(strstr(got.text, written));
			scrape_free(&got);
		}
		snapshot_free(&s);
	}
}

/* As long as records allow: nothing is cut, nothing runs over. */
static void test_longest_names(void **state)
{
	struct snapshot s = make();
	char service[2 * XE_TEXT_MAX + 1] = "";
	struct scrape got;

	(void)state;
	memset(s.rows[TURN].service, '"', XE_TEXT_MAX - 1);
	memset(s.rows[TURN].id, '\n', XE_ROW_ID_MAX - 1);
	memset(s.rows[TURN].role, '\\', sizeof(s.rows[TURN].role) - 1);
	memset(s.site, 0x1b, sizeof(s.site) - 1);
	memset(service, '"', XE_TEXT_MAX - 1);
	got = scrape(&s, true);
	expect_sum(&got, 4, 35, "xdp_edge_row_packets_total", "service", service);
	scrape_free(&got);
	snapshot_free(&s);
}

static void test_largest_figures(void **state)
{
	struct snapshot s = make();
	struct scrape got;

	(void)state;
	s.cells[SIP * N_NICS + WAN].decided.packets = UINT64_MAX;
	s.cells[SIP * N_NICS + WAN].decided.bytes = UINT64_MAX;
	got = scrape(&s, false);
	assert_non_null(strstr(got.text, "} 18446744073709551615\n"));
	expect_sum(&got, 1, UINT64_MAX, "xdp_edge_row_bytes_total", "row", "doc/external/5",
		   "interface", "wan0", "sense", "forward");
	scrape_free(&got);
	snapshot_free(&s);
}

/* A policy that is just loaded, or has no NIC: little to say, and still a scrape. */
static void test_nothing_there(void **state)
{
	struct snapshot s = {.site = "edge1"};
	struct scrape got = scrape(&s, true);

	(void)state;
	assert_int_equal(got.n, 3);
	expect_sum(&got, 1, 1, "xdp_edge_info");
	scrape_free(&got);
}

static void test_decimal_points(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{0, "x_seconds 0.000000\n"},
		     {-1, "x_seconds 0.000000\n"},
		     {0.0000004, "x_seconds 0.000000\n"},
		     {0.9999996, "x_seconds 1.000000\n"},
		     {1700000000.25, "x_seconds 1700000000.250000\n"}};
	static const struct family family = {"x_seconds", EXPOSITION_GAUGE, "seconds", "X."};

	(void)state;
	/* a locale with a decimal comma, if there is one */
	setlocale(LC_ALL, "de_DE.UTF-8");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text;
		size_t size;
		struct exposition to = {.out = open_memstream(&text, &size)};

		exposition_family(&to, &family);
		exposition_sample(&to);
		exposition_seconds(&to, cases[i].value);
		fclose(to.out);
		assert_string_equal(strrchr(text, '#') + strcspn(strrchr(text, '#'), "\n") + 1,
				    cases[i].text);
		free(text);
	}
	setlocale(LC_ALL, "C");
}

static void test_errors_of_writing(void **state)
{
	struct snapshot s = make();
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	assert_int_equal(metrics_write(&s, false, out), -EIO);
	fclose(out);
	snapshot_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_formats_say_the_same),
		cmocka_unit_test(test_rows_and_misses_add_up),
		cmocka_unit_test(test_zeros_from_the_start),
		cmocka_unit_test(test_large_policies_are_bounded),
		cmocka_unit_test(test_payloads_only_where_they_are_looked_at),
		cmocka_unit_test(test_monitor),
		cmocka_unit_test(test_enforce),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_longest_names),
		cmocka_unit_test(test_largest_figures),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_decimal_points),
		cmocka_unit_test(test_errors_of_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
