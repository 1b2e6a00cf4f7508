// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor's checks, each with what it finds and the near miss that it must not: a healthy Edge's
 * two readings (tests/fixtures/doctor), and what is changed in them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/output/doctor.h"
#include "../../loader/output/doctor_model.h"
#include "../../loader/output/doctor_reading.h"

#define EXTERNAL "lync2013-edge-nat/external/"
#define INTERNAL "lync2013-edge-nat/internal/"

static json_t *first, *last; /* as they stand in the fixture; each test changes its own copies */

static int read_fixture(void **state)
{
	FILE *file = fopen("tests/fixtures/doctor/healthy.json", "re");

	(void)state;
	assert_non_null(file);
	first = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
	last = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
	fclose(file);
	assert_true(first && last);
	return 0;
}

static int free_fixture(void **state)
{
	(void)state;
	json_decref(first);
	json_decref(last);
	return 0;
}

/* --- changes ---------------------------------------------------------------------------------- */

static void set(json_t *object, const char *key, json_int_t value)
{
	assert_int_equal(json_object_set_new(object, key, json_integer(value)), 0);
}

static json_t *get(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	assert_non_null(value);
	return value;
}

/* The entry of a list with this text. */
static json_t *entry(json_t *reading, const char *list, const char *key, const char *text)
{
	json_t *value;
	size_t i;

	json_array_foreach (get(reading, list), i, value)
		if (!strcmp(json_string_value(get(value, key)), text))
			return value;
	fail_msg("no %s with %s %s", list, key, text);
	return NULL;
}

static json_t *row(json_t *reading, const char *id)
{
	return entry(reading, "rows", "id", id);
}

static json_t *nic(json_t *reading, const char *name)
{
	return entry(reading, "interfaces", "name", name);
}

/* All of a row entered by one NIC, 120 bytes a packet. */
static void set_row(json_t *reading, const char *id, const char *on, json_int_t forward,
		    json_int_t reply, json_int_t fresh)
{
	json_t *it = row(reading, id);

	set(get(it, "matched"), "packets", forward + reply);
	set(get(it, "matched"), "bytes", (forward + reply) * 120);
	set(get(it, "reply"), "packets", reply);
	set(get(it, "reply"), "bytes", reply * 120);
	set(it, "new", fresh);
	json_object_set_new(it, "interfaces",
			    json_pack("[{s:s, s:I, s:I, s:I, s:I}]", "name", on, "decided",
				      forward + reply, "matched", forward + reply, "reply", reply,
				      "new", fresh));
}

static void add(json_t *reading, const char *list, json_t *value)
{
	assert_int_equal(json_array_append_new(get(reading, list), value), 0);
}

static void set_miss(json_t *reading, const char *miss, const char *on, json_int_t packets)
{
	set(get(get(reading, "misses"), miss), "packets", packets);
	add(reading, "missed_on",
	    json_pack("{s:s, s:s, s:I, s:I}", "miss", miss, "interface", on, "packets", packets,
		      "bytes", packets * 60));
}

static void set_drop(json_t *reading, const char *list, const char *reason, const char *role,
		     const char *on, json_int_t packets)
{
	add(reading, list,
	    json_pack("{s:s, s:s, s:s, s:I, s:I}", "reason", reason, "role", role, "interface", on,
		      "packets", packets, "bytes", packets * 60));
}

static void set_event(json_t *reading, const char *name, json_int_t count)
{
	add(reading, "events",
	    json_pack("{s:s, s:s, s:I}", "name", name, "interface", "wan0", "count", count));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	assert_int_equal(json_object_set_new(object, key, json_string(text)), 0);
}

/* --- verdicts of the doctor ------------------------------------------------------------------- */

static struct doctor_report report;

static void judge(const json_t *a, const json_t *b)
{
	doctor_free(&report);
	assert_int_equal(doctor_judge(a, b, &report), 0);
}

static const struct doctor_finding *found(const char *id, const char *subject)
{
	for (size_t i = 0; i < report.n_findings; i++)
		if (!strcmp(report.findings[i].id, id) &&
		    (!subject || !strcmp(report.findings[i].subject, subject)))
			return &report.findings[i];
	return NULL;
}

static enum doctor_outcome outcome(const char *id)
{
	for (size_t i = 0; i < report.n_results; i++)
		if (!strcmp(report.results[i].id, id))
			return report.results[i].outcome;
	fail_msg("no check %s", id);
	return DOCTOR_CLEAN;
}

static void expect(const char *id, const char *subject, enum doctor_severity severity,
		   enum doctor_when when)
{
	const struct doctor_finding *finding = found(id, subject);

	if (!finding)
		fail_msg("not found: %s %s", id, subject ? subject : "");
	assert_int_equal(finding->severity, severity);
	assert_int_equal(finding->when, when);
	assert_true(finding->what[0] && finding->why[0] && finding->next[0]);
	assert_true(finding->n_figures > 0);
	/* nothing was cut */
	assert_true(strlen(finding->what) < sizeof(finding->what) - 1);
	assert_true(strlen(finding->why) < sizeof(finding->why) - 1);
	assert_true(strlen(finding->next) < sizeof(finding->next) - 1);
}

static void expect_none(const char *id)
{
	const struct doctor_finding *finding = found(id, NULL);

	if (finding)
		fail_msg("found %s: %s", id, finding->what);
}

static char *text_of(unsigned width, bool colour)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	doctor_text(&report, out, width, colour);
	fclose(out);
	return text;
}

static json_t *json_of(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	json_t *value;

	assert_int_equal(doctor_json(&report, false, out), 0);
	fclose(out);
	value = json_loads(text, 0, NULL);
	assert_non_null(value);
	free(text);
	return value;
}

/*
 * One reading, changed by `hit`, is judged: the check finds it. Changed by `miss`, it does not.
 * Each changes a copy of the healthy one.
 */
struct pair {
	json_t *hit, *miss;
};

static struct pair pair(void)
{
	return (struct pair){json_deep_copy(last), json_deep_copy(last)};
}

static void expect_pair(struct pair *it, const char *id, const char *subject,
			enum doctor_severity severity, enum doctor_when when)
{
	judge(NULL, it->hit);
	expect(id, subject, severity, when);
	judge(NULL, it->miss);
	if (found(id, subject))
		fail_msg("the near miss is found: %s", id);
	json_decref(it->hit);
	json_decref(it->miss);
}

/* The list without the NICs of `names` that are not among `kept`, a bit each. */
static const char *const nics[] = {"wan0", "dmz0", "dmi0", "lan0"};

static bool is_kept(const json_t *entry_of, unsigned kept)
{
	const char *name = json_string_value(json_object_get(entry_of, "name"));

	for (size_t i = 0; i < 4; i++)
		if (!strcmp(name, nics[i]))
			return kept & 1u << i;
	return true;
}

static void less(json_t *object, const char *key, const json_t *by, const char *of)
{
	set(object, key,
	    json_integer_value(get(object, key)) - json_integer_value(json_object_get(by, of)));
}

/* The reading as it were if the site named only some of its NICs. */
static json_t *seen_by(const json_t *reading, unsigned kept)
{
	static const char *const lists[] = {"interfaces", "nics"};
	json_t *copy = json_deep_copy(reading), *it;
	size_t i;

	json_array_foreach (get(copy, "rows"), i, it) {
		json_t *on = get(it, "interfaces");

		for (size_t j = json_array_size(on); j-- > 0;) {
			const json_t *cell = json_array_get(on, j);

			if (is_kept(cell, kept))
				continue;
			less(get(it, "matched"), "packets", cell, "matched");
			less(get(it, "reply"), "packets", cell, "reply");
			less(it, "new", cell, "new");
			json_array_remove(on, j);
		}
	}
	for (i = 0; i < 2; i++) {
		json_t *list = json_object_get(copy, lists[i]);

		for (size_t j = json_array_size(list); j-- > 0;)
			if (!is_kept(json_array_get(list, j), kept))
				json_array_remove(list, j);
	}
	return copy;
}

/* --- the healthy one -------------------------------------------------------------------------- */

static void test_healthy(void **state)
{
	(void)state;
	judge(first, last);
	assert_int_equal(report.n_of[DOCTOR_PROBLEM] + report.n_of[DOCTOR_WARNING], 0);
	assert_int_equal(report.readings, 2);
	assert_true(report.seconds == 240);
	assert_true(report.judged);
	for (size_t i = 0; i < report.n_results; i++) {
		assert_int_not_equal(report.results[i].outcome, DOCTOR_NOT_POSSIBLE);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(report.results[i].id, report.results[j].id);
	}
	assert_int_equal(outcome("sip-unanswered"), DOCTOR_CLEAN);
	assert_int_equal(outcome("udp-3478-blocked"), DOCTOR_CLEAN);
	judge(NULL, last);
	assert_int_equal(report.n_of[DOCTOR_PROBLEM] + report.n_of[DOCTOR_WARNING], 0);
	assert_int_equal(report.readings, 1);
}

static void test_no_traffic(void **state)
{
	json_t *none = json_deep_copy(last), *it;
	size_t i;

	(void)state;
	set(get(none, "total"), "packets", 0);
	json_array_foreach (get(none, "rows"), i, it)
		set_row(none, json_string_value(get(it, "id")), "wan0", 0, 0, 0);
	json_array_foreach (get(none, "interfaces"), i, it)
		set(it, "packets", 0);
	judge(NULL, none);
	assert_false(report.judged);
	assert_non_null(strstr(report.why_not, "no packet has been counted"));
	assert_int_equal(report.n_findings, 0);
	/* how things stand is told all the same */
	assert_int_equal(outcome("enforce-unconfirmed"), DOCTOR_CLEAN);
	assert_int_equal(outcome("sip-unanswered"), DOCTOR_TOO_LITTLE);
	json_decref(none);
}

/* --- services --------------------------------------------------------------------------------- */

static void test_udp_blocked(void **state)
{
	struct pair it = pair();
	json_t *a, *b;

	(void)state;
	set_row(it.hit, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(it.hit, EXTERNAL "15", "wan0", 50, 50, 5);
	set_row(it.miss, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(it.miss, EXTERNAL "15", "wan0", 50, 50, 4);
	expect_pair(&it, "udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);

	/* a datagram in ten connections is a client's, in eleven a scanner's */
	it = pair();
	set_row(it.hit, EXTERNAL "14", "wan0", 1, 1, 0);
	set_row(it.hit, EXTERNAL "15", "wan0", 110, 50, 11);
	set_row(it.miss, EXTERNAL "14", "wan0", 1, 1, 0);
	set_row(it.miss, EXTERNAL "15", "wan0", 110, 50, 10);
	expect_pair(&it, "udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);

	/* short connections are a warning */
	it = pair();
	set_row(it.hit, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(it.hit, EXTERNAL "15", "wan0", 79, 50, 10);
	set_row(it.miss, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(it.miss, EXTERNAL "15", "wan0", 80, 50, 10);
	judge(NULL, it.miss);
	expect("udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	set_row(it.miss, EXTERNAL "14", "wan0", 1, 0, 0);
	expect_pair(&it, "udp-3478-blocked", "av-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);

	it = pair();
	set_row(it.hit, INTERNAL "6", "lan0", 0, 0, 0);
	set_row(it.miss, INTERNAL "6", "lan0", 400, 0, 0);
	expect_pair(&it, "udp-3478-blocked", "edge-internal", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);

	/* another service has the same address and port: its connections are all of them */
	it = pair();
	set_row(it.hit, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(it.hit, EXTERNAL "15", "wan0", 90, 50, 9);
	set_row(it.hit, EXTERNAL "5", "wan0", 91, 50, 9);
	set_row(it.miss, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(it.miss, EXTERNAL "15", "wan0", 90, 50, 9);
	set_row(it.miss, EXTERNAL "5", "wan0", 90, 50, 9);
	json_incref(it.miss);
	expect_pair(&it, "udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	set_row(it.miss, INTERNAL "6", "lan0", 0, 0, 0);
	set_row(it.miss, INTERNAL "7", "lan0", 0, 0, 0);
	judge(NULL, it.miss);
	assert_int_equal(outcome("udp-3478-blocked"), DOCTOR_NOT_POSSIBLE);
	json_decref(it.miss);

	/* it rises: three connections between the readings, and no datagram */
	a = json_deep_copy(first);
	b = json_deep_copy(last);
	set_row(a, EXTERNAL "14", "wan0", 900, 900, 0);
	set_row(b, EXTERNAL "14", "wan0", 900, 900, 0);
	set_row(a, EXTERNAL "15", "wan0", 50, 50, 5);
	set_row(b, EXTERNAL "15", "wan0", 80, 80, 8);
	judge(a, b);
	expect("udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_NOW);
	assert_int_equal(found("udp-3478-blocked", "av-edge")->figures[0].since_load, 900);
	assert_int_equal(found("udp-3478-blocked", "av-edge")->figures[1].recent, 3);
	set_row(b, EXTERNAL "15", "wan0", 80, 80, 7);
	judge(a, b);
	expect_none("udp-3478-blocked");
	/* so short are health checks, while datagrams do come at other times */
	set_row(b, EXTERNAL "15", "wan0", 50 + 24, 80, 8);
	judge(a, b);
	expect("udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_NOW);
	set_row(b, EXTERNAL "15", "wan0", 50 + 23, 80, 8);
	judge(a, b);
	expect_none("udp-3478-blocked");
	/* the datagrams have come */
	set_row(a, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(b, EXTERNAL "14", "wan0", 5, 5, 0);
	set_row(b, EXTERNAL "15", "wan0", 800, 800, 80);
	judge(a, b);
	expect("udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_NOW);
	set_row(a, EXTERNAL "15", "wan0", 790, 790, 79);
	judge(a, b);
	expect("udp-3478-blocked", "av-edge", DOCTOR_NOTE, DOCTOR_EARLIER);
	json_decref(a);
	json_decref(b);
}

/* So many requests without an answer are a finding, one less is not, nor is one answer. */
static const struct unanswered {
	const char *id, *row, *subject, *on;
	json_int_t asked;
	bool syn;
	enum doctor_severity severity;
} unanswered[] = {
	{"sip-unanswered", EXTERNAL "6", "access-edge 5061", "wan0", 5, true, DOCTOR_PROBLEM},
	{"sip-unanswered", EXTERNAL "7", "access-edge 5061", "dmz0", 5, true, DOCTOR_PROBLEM},
	{"sip-unanswered", INTERNAL "2", "edge-internal 5061", "lan0", 5, true, DOCTOR_PROBLEM},
	{"sip-unanswered", INTERNAL "3", "edge-internal 5061", "dmi0", 5, true, DOCTOR_PROBLEM},
	{"crl-unanswered", EXTERNAL "2", "access-edge 80", "dmz0", 5, true, DOCTOR_PROBLEM},
	{"dns-unanswered", EXTERNAL "3", "access-edge 53", "dmz0", 5, true, DOCTOR_PROBLEM},
	{"dns-unanswered", EXTERNAL "4", "access-edge 53", "dmz0", 10, false, DOCTOR_PROBLEM},
	{"stun-unanswered", EXTERNAL "14", "av-edge 3478", "wan0", 10, false, DOCTOR_PROBLEM},
	{"stun-unanswered", EXTERNAL "13", "av-edge 3478", "dmz0", 10, false, DOCTOR_WARNING},
	{"https-unanswered", EXTERNAL "8", "web-conf-edge 443", "wan0", 5, true, DOCTOR_PROBLEM},
	{"tcp-unanswered", EXTERNAL "1", "xmpp-proxy 5269", "wan0", 5, true, DOCTOR_WARNING},
	{"tcp-unanswered", EXTERNAL "16", "av-edge 443", "dmz0", 5, true, DOCTOR_WARNING},
	{"tcp-unanswered", INTERNAL "5", "edge-internal 5062", "lan0", 5, true, DOCTOR_WARNING},
};

static void test_unanswered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unanswered) / sizeof(*unanswered); i++) {
		const struct unanswered *u = &unanswered[i];

		for (json_int_t reply = 0; reply < 2; reply++) {
			struct pair it = pair();
			json_int_t less = u->asked - !reply;

			set_row(it.hit, u->row, u->on, u->asked, 0, u->syn ? u->asked : 0);
			set_row(it.miss, u->row, u->on, less, reply, u->syn ? less : 0);
			expect_pair(&it, u->id, u->subject, u->severity, DOCTOR_SINCE_LOAD);
		}
	}
}

static void test_part_unanswered(void **state)
{
	struct pair it = pair();

	(void)state;
	set_row(it.hit, EXTERNAL "6", "wan0", 20, 9, 20);
	set_row(it.miss, EXTERNAL "6", "wan0", 20, 10, 20);
	expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	it = pair();
	set_row(it.hit, EXTERNAL "6", "wan0", 20, 9, 20);
	set_row(it.miss, EXTERNAL "6", "wan0", 19, 8, 19);
	expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	it = pair();
	set_row(it.hit, EXTERNAL "4", "dmz0", 40, 19, 0);
	set_row(it.miss, EXTERNAL "4", "dmz0", 40, 20, 0);
	expect_pair(&it, "dns-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	it = pair();
	set_row(it.hit, EXTERNAL "4", "dmz0", 40, 19, 0);
	set_row(it.miss, EXTERNAL "4", "dmz0", 39, 18, 0);
	expect_pair(&it, "dns-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* media over 3478 need no answer each */
	it = pair();
	set_row(it.hit, EXTERNAL "14", "wan0", 4000, 0, 0);
	set_row(it.miss, EXTERNAL "14", "wan0", 4000, 1, 0);
	expect_pair(&it, "stun-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* a limit refuses some, as it should */
	it = pair();
	set_row(it.hit, EXTERNAL "6", "wan0", 20, 9, 20);
	set_row(it.miss, EXTERNAL "6", "wan0", 20, 9, 20);
	set_text(row(it.miss, EXTERNAL "6"), "verdict", "limit 20/s burst 40 per source");
	expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
}

/* Rows of which no answer is to be expected. */
static void test_not_asked(void **state)
{
	static const char *const keys[] = {"active", "annotation", "forward_only", "verdict"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct pair it = pair();
		json_t *value = i == 0 ? json_false() : i == 3 ? json_string("deny") : json_true();

		set_row(it.hit, EXTERNAL "6", "wan0", 30, 0, 30);
		set_row(it.miss, EXTERNAL "6", "wan0", 30, 0, 30);
		json_object_set_new(row(it.miss, EXTERNAL "6"), keys[i], value);
		expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	}
}

/* Many ports are a range, of which most are closed. */
static void test_few_ports(void **state)
{
	struct pair it = pair();

	(void)state;
	set_row(it.hit, EXTERNAL "6", "wan0", 30, 0, 30);
	set_row(it.miss, EXTERNAL "6", "wan0", 30, 0, 30);
	set_text(row(it.hit, EXTERNAL "6"), "ports", "5061-5076");
	set_text(row(it.miss, EXTERNAL "6"), "ports", "5061-5077");
	expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
}

/* A row of the operator's own that has the same port is the same service; the widest tells. */
static void test_own_rows(void **state)
{
	struct pair it = pair();
	json_t *own;

	(void)state;
	set_row(it.miss, EXTERNAL "6", "wan0", 60, 50, 30);
	set_row(it.hit, EXTERNAL "6", "wan0", 10, 0, 10);
	for (int i = 0; i < 2; i++) {
		own = json_deep_copy(row(last, EXTERNAL "6"));
		set_text(own, "id", "site/rows/partners");
		set_text(own, "source", "192.0.2.10,192.0.2.11");
		add(i ? it.hit : it.miss, "rows", own);
		set_row(i ? it.hit : it.miss, "site/rows/partners", "wan0", 6, 0, 6);
	}
	expect_pair(&it, "sip-unanswered", "access-edge 5061", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* its ports are a set of others */
	it = pair();
	for (int i = 0; i < 2; i++) {
		own = json_deep_copy(row(last, EXTERNAL "3"));
		set_text(own, "id", "site/rows/resolver");
		set_text(own, "source", "edge-internal");
		set_text(own, "destination", "10.0.1.53");
		set_text(own, "l4", "tcp+udp");
		set_text(own, "ports", i ? "53" : "54");
		add(i ? it.hit : it.miss, "rows", own);
		set_row(i ? it.hit : it.miss, "site/rows/resolver", "dmi0", 12, 0, 0);
	}
	expect_pair(&it, "dns-unanswered", "edge-internal 53", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
}

/* Two servers of a role, from 3478 to 3478: forward for both rows, reply for none. */
static void test_stun_within_role(void **state)
{
	struct pair it = pair();

	(void)state;
	set_row(it.hit, EXTERNAL "13", "dmz0", 60, 0, 0);
	set_row(it.miss, EXTERNAL "13", "dmz0", 60, 0, 0);
	set_row(it.miss, EXTERNAL "14", "dmz0", 51, 10, 0);
	expect_pair(&it, "stun-unanswered", NULL, DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set_row(it.hit, EXTERNAL "13", "dmz0", 60, 0, 0);
	set_row(it.miss, EXTERNAL "13", "wan0", 60, 0, 0);
	expect_pair(&it, "stun-unanswered", NULL, DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

static void test_one_direction(void **state)
{
	struct pair it = pair();
	json_t *reading, *value;
	size_t i;

	(void)state;
	for (int miss = 0; miss < 3; miss++) {
		reading = json_deep_copy(last);
		json_array_foreach (get(reading, "rows"), i, value)
			set_row(reading, json_string_value(get(value, "id")), "wan0", 0, 0, 0);
		set_row(reading, EXTERNAL "5", "wan0", 20, 0, 10);
		set_row(reading, EXTERNAL "6", "wan0", miss == 1 ? 19 : 20, 0, 10);
		set_row(reading, EXTERNAL "4", "wan0", 20, miss == 2, 0);
		judge(NULL, reading);
		if (miss) {
			expect_none("one-direction");
			expect("sip-unanswered", "access-edge 5061", DOCTOR_PROBLEM,
			       DOCTOR_SINCE_LOAD);
		} else {
			expect("one-direction", "", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
			expect_none("sip-unanswered");
			assert_int_equal(outcome("sip-unanswered"), DOCTOR_NOT_POSSIBLE);
			assert_int_equal(outcome("rtp-one-way"), DOCTOR_NOT_POSSIBLE);
		}
		json_decref(reading);
	}
	/* nor do answers of services that are asked unseen make it two: what enters by one NIC, as
	 * a mirror port has it that copies one direction */
	reading = seen_by(last, 1);
	json_object_set_new(nic(reading, "wan0"), "sides", json_pack("[s]", "mirror"));
	judge(NULL, reading);
	expect("one-direction", "", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	assert_true(found("one-direction", "")->figures[2].since_load > 0);
	assert_int_equal(report.n_of[DOCTOR_PROBLEM], 1);
	json_decref(reading);
	/* of one service: its answers take another way */
	set_row(it.hit, EXTERNAL "6", "wan0", 100, 0, 10);
	judge(NULL, it.hit);
	assert_non_null(strstr(found("sip-unanswered", NULL)->what, "though connections go on"));
	set_row(it.miss, EXTERNAL "6", "wan0", 20, 0, 10);
	judge(NULL, it.miss);
	assert_null(strstr(found("sip-unanswered", NULL)->what, "though connections go on"));
	json_decref(it.hit);
	json_decref(it.miss);
}

/* --- what these NICs cannot show -------------------------------------------------------------- */

static void expect_not_possible(const char *id, const char *why)
{
	for (size_t i = 0; i < report.n_results; i++) {
		if (strcmp(report.results[i].id, id))
			continue;
		if (report.results[i].outcome != DOCTOR_NOT_POSSIBLE)
			fail_msg("%s: %d", id, report.results[i].outcome);
		if (!strstr(report.results[i].why, why))
			fail_msg("%s: %s", id, report.results[i].why);
	}
}

/* A healthy Edge is healthy by whichever of the NICs it is looked at. */
static void test_some_nics(void **state)
{
	(void)state;
	for (unsigned kept = 1; kept < 16; kept++) {
		json_t *a = seen_by(first, kept), *b = seen_by(last, kept);

		for (int one = 0; one < 2; one++) {
			judge(one ? NULL : a, b);
			for (size_t i = 0; i < report.n_findings; i++)
				if (report.findings[i].severity != DOCTOR_NOTE)
					fail_msg("NICs %x: %s", kept, report.findings[i].what);
		}
		json_decref(a);
		json_decref(b);
	}
}

static void test_unseen(void **state)
{
	static const char *const asked[] = {"one-direction", "sip-unanswered", "stun-unanswered",
					    "https-unanswered", "rtp-one-way"};
	static const char *const asks[] = {"crl-unanswered", "dns-unanswered", "rtp-one-way"};
	static const char *const outside[] = {"inside-port-allowed", "inside-port-asked",
					      "inside-role-reached"};
	json_t *reading = seen_by(last, 1), *copy, *out, *value;
	struct pair it;
	char *text;

	(void)state;
	/* the Internet's side alone: no answer of the Edge, and nothing of the inside */
	json_object_set_new(row(reading, EXTERNAL "1"), "active", json_false());
	judge(NULL, reading);
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++)
		expect_not_possible(asked[i], "no NIC with the program on it faces dmz-external");
	expect_not_possible("crl-unanswered", "requests cannot be seen here: no NIC with the "
					      "program on it faces dmz-external");
	expect_not_possible("role-silent", "edge-internal cannot be seen here");
	expect_not_possible("hairpin-missing", "no NIC faces the Edge's DMZ");
	assert_int_equal(outcome("udp-3478-blocked"), DOCTOR_CLEAN);
	assert_int_equal(outcome("hairpin-spoofed"), DOCTOR_CLEAN);
	set_row(reading, EXTERNAL "14", "wan0", 0, 0, 0);
	judge(NULL, reading);
	expect("udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	json_decref(reading);

	/* the Edge's side alone */
	reading = seen_by(last, 2);
	judge(NULL, reading);
	expect_not_possible("udp-3478-blocked", "requests cannot be seen here");
	set_row(reading, EXTERNAL "14", "dmz0", 60, 60, 0);
	judge(NULL, reading);
	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++)
		expect_not_possible(asks[i], "no NIC with the program on it faces internet");
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		expect_not_possible(outside[i], "no NIC faces the Internet and nothing else");
	expect_not_possible("hairpin-missing", "no NIC with the program on it faces internet");
	expect_not_possible("hairpin-spoofed", "no NIC with the program on it faces internet");
	expect_not_possible("https-unanswered", "requests cannot be seen here");
	json_decref(reading);
	/* part of a check is clean or found, part cannot be seen: that is said too */
	reading = seen_by(last, 3);
	set_row(reading, INTERNAL "2", "wan0", 30, 0, 30);
	judge(NULL, reading);
	expect_not_possible("sip-unanswered", "faces dmz-internal");
	set_row(reading, EXTERNAL "6", "wan0", 30, 0, 30);
	judge(NULL, reading);
	expect("sip-unanswered", "access-edge 5061", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	out = json_of();
	value = entry(out, "not_possible", "id", "sip-unanswered");
	assert_non_null(strstr(json_string_value(get(value, "why")), "faces dmz-internal"));
	json_decref(out);
	text = text_of(200, false);
	assert_non_null(strstr(text, "faces dmz-internal: SIP on 5061 without replies"));
	free(text);
	json_decref(reading);

	/* the lan alone: the Edge's internal interface does not answer here */
	reading = seen_by(last, 8);
	judge(NULL, reading);
	expect_not_possible("sip-unanswered", "faces dmz-internal");
	expect_not_possible("nic-side", "elsewhere both ways are usual");
	json_decref(reading);

	/* the same requests where the answers would enter by a NIC of the site, or a mirror */
	for (int mirror = 0; mirror < 2; mirror++) {
		it = (struct pair){seen_by(last, mirror ? 1 : 3), seen_by(last, 1)};
		set_row(it.hit, EXTERNAL "6", "wan0", 30, 0, 30);
		set_row(it.miss, EXTERNAL "6", "wan0", 30, 0, 30);
		set_row(it.hit, EXTERNAL "5", "wan0", 100, 95, 10);
		if (mirror)
			json_object_set_new(nic(it.hit, "wan0"), "sides",
					    json_pack("[s]", "mirror"));
		expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	}
	/* named, but no longer in the site, or without its program */
	for (int i = 0; i < 3; i++) {
		it = pair();
		set_row(it.hit, EXTERNAL "6", "wan0", 30, 0, 30);
		set_row(it.miss, EXTERNAL "6", "wan0", 30, 0, 30);
		if (i == 0)
			set(nic(it.miss, "dmz0"), "ifindex", 0);
		else if (i == 1)
			set_text(entry(it.miss, "nics", "name", "dmz0"), "state", "missing");
		else
			set_text(nic(it.miss, "dmz0"), "state", "gone");
		if (i == 2)
			json_object_del(it.miss, "nics");
		expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
		if (i)
			expect("nic-missing", "dmz0", DOCTOR_PROBLEM, DOCTOR_NOW);
	}
	/* of a replay no NIC is attached, and all count */
	it = pair();
	set_row(it.hit, EXTERNAL "6", "wan0", 30, 0, 30);
	set_row(it.miss, EXTERNAL "6", "wan0", 30, 0, 30);
	for (size_t i = 0; i < 4; i++) {
		set(nic(it.hit, nics[i]), "ifindex", 0);
		set(nic(it.miss, nics[i]), "ifindex", i == 1 ? 0 : 7);
	}
	expect_pair(&it, "sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* a resolver inside the site answers by the lan: that it does is seen */
	it = (struct pair){seen_by(last, 2 + 8), seen_by(last, 2 + 8)};
	set_row(it.hit, EXTERNAL "4", "dmz0", 40, 0, 0);
	set_row(it.miss, EXTERNAL "4", "dmz0", 40, 0, 0);
	set(get(row(it.hit, EXTERNAL "4"), "reply"), "packets", 5);
	set(get(row(it.hit, EXTERNAL "4"), "matched"), "packets", 45);
	add(row(it.hit, EXTERNAL "4"), "interfaces",
	    json_pack("{s:s, s:i, s:i, s:i}", "name", "lan0", "matched", 5, "reply", 5, "new", 0));
	expect_pair(&it, "dns-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);

	/* IKE from a trunk or a mirror may be a scanner's */
	it = pair();
	set_miss(it.hit, "ipsec", "lan0", 5);
	set_miss(it.miss, "ipsec", "lan0", 5);
	json_object_set_new(nic(it.miss, "lan0"), "sides", json_pack("[s]", "mirror"));
	expect_pair(&it, "ipsec-exempt", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* a NIC without its program is silent for that reason */
	it = pair();
	set(nic(it.hit, "lan0"), "packets", 0);
	copy = json_deep_copy(it.hit);
	set_text(entry(copy, "nics", "name", "lan0"), "state", "missing");
	json_decref(it.miss);
	it.miss = copy;
	expect_pair(&it, "nic-silent", "lan0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

/* --- what is advised ---------------------------------------------------------------------------
 */

static void expect_words(const char *id, const char *subject, const char *there,
			 const char *not_there)
{
	const struct doctor_finding *finding = found(id, subject);
	char all[2048];

	if (!finding)
		fail_msg("not found: %s", id);
	snprintf(all, sizeof(all), "%s\n%s\n%s", finding->what, finding->why, finding->next);
	if (!strstr(all, there))
		fail_msg("%s: no '%s' in: %s", id, there, all);
	if (not_there && strstr(all, not_there))
		fail_msg("%s: '%s' in: %s", id, not_there, all);
}

/* One reading with a change, and what is said of it. */
static void test_advice(void **state)
{
	static const char provider[] = "BCP 38", routes[] = "persistent routes to the inside";
	json_t *reading, *own;

	(void)state;
	/* forged sources: the provider is asked of the Internet's */
	for (size_t i = 0; i < 4; i++) {
		reading = json_deep_copy(last);
		set_miss(reading, i & 1 ? "martian" : "spoofed", nics[i], 30);
		judge(NULL, reading);
		expect_words("forged-sources", nics[i], i ? "who sends them" : provider,
			     i ? provider : "by the MAC");
		if (i)
			expect_words("forged-sources", nics[i],
				     i & 1 ? "--miss martian" : "--miss spoofed", NULL);
		expect_words("forged-sources", nics[i],
			     i ? "Enforce would drop them" : "In enforce they are dropped", NULL);
		json_object_set_new(reading, "enforcing", json_true());
		judge(NULL, reading);
		expect_words("forged-sources", nics[i],
			     i ? "Enforce drops them." : "Nothing here: enforce drops them", NULL);
		json_decref(reading);
	}
	/* a service not in use is closed where it was opened */
	reading = json_deep_copy(last);
	set_row(reading, EXTERNAL "1", "wan0", 30, 0, 30);
	own = json_deep_copy(row(last, EXTERNAL "6"));
	set_text(own, "id", "site/rows/leak");
	set_text(own, "ports", "8443");
	add(reading, "rows", own);
	set_row(reading, "site/rows/leak", "wan0", 30, 0, 30);
	judge(NULL, reading);
	expect_words("tcp-unanswered", "access-edge 8443", "out of `rows:`", "verdicts:");
	expect_words("tcp-unanswered", "xmpp-proxy 5269",
		     "{row: lync2013-edge-nat/external/1, verdict: deny}", "`rows:`");
	json_decref(reading);
	/* the Edge's two legs: which gateway, which firewall */
	reading = json_deep_copy(last);
	set_row(reading, EXTERNAL "6", "wan0", 30, 0, 30);
	set_row(reading, INTERNAL "2", "lan0", 30, 0, 30);
	judge(NULL, reading);
	expect_words("sip-unanswered", "access-edge 5061", "default route", routes);
	expect_words("sip-unanswered", "edge-internal 5061", routes, "default route");
	json_decref(reading);
	reading = json_deep_copy(last);
	set_row(reading, EXTERNAL "7", "dmz0", 30, 0, 30);
	set_row(reading, INTERNAL "3", "dmi0", 30, 0, 30);
	judge(NULL, reading);
	expect_words("sip-unanswered", "access-edge 5061", "public address", "next hop");
	expect_words("sip-unanswered", "edge-internal 5061", "next hop pool", "public address");
	json_decref(reading);
	reading = json_deep_copy(last);
	set_row(reading, INTERNAL "6", "lan0", 30, 0, 0);
	judge(NULL, reading);
	expect_words("stun-unanswered", "edge-internal 3478", routes, "Get-CsService -EdgeServer");
	json_decref(reading);
	/* what is no Edge's: no CRL, no federation */
	reading = json_deep_copy(last);
	set_text(row(reading, EXTERNAL "2"), "source", "front-end");
	set_row(reading, EXTERNAL "2", "lan0", 30, 0, 30);
	set_text(row(reading, EXTERNAL "4"), "source", "front-end");
	set_row(reading, EXTERNAL "4", "lan0", 30, 0, 0);
	judge(NULL, reading);
	expect_none("crl-unanswered");
	expect("tcp-unanswered", "front-end 80", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	expect_words("dns-unanswered", "front-end 53", "nslookup NAME RESOLVER", "Edge");
	json_decref(reading);
	/* media of a server inside is not translated */
	reading = json_deep_copy(last);
	set_text(row(reading, EXTERNAL "12"), "destination", "front-end");
	set_row(reading, EXTERNAL "12", "lan0", 3000, 0, 0);
	judge(NULL, reading);
	expect_words("rtp-one-way", "front-end", "no NAT in between", "public");
	json_decref(reading);
	/* of what is answered in part it is not the service, or the way, that is missing */
	reading = json_deep_copy(last);
	set_row(reading, EXTERNAL "6", "wan0", 100, 9, 100);
	set_row(reading, EXTERNAL "2", "dmz0", 100, 9, 100);
	judge(NULL, reading);
	expect_words("sip-unanswered", NULL, "Some requests are answered", "stopped");
	expect_words("crl-unanswered", NULL, "is asked and does not answer", "firewalls forget");
	json_decref(reading);
	/* on a mirror nobody knows where from */
	reading = json_deep_copy(last);
	set_miss(reading, "martian", "lan0", 30);
	json_object_set_new(nic(reading, "lan0"), "sides", json_pack("[s]", "mirror"));
	judge(NULL, reading);
	expect_words("forged-sources", "lan0", "From the Internet that is usual", "nforce");
	json_decref(reading);
	/* a table that was full lets nothing less pass while nothing is dropped */
	for (int enforcing = 0; enforcing < 2; enforcing++) {
		reading = json_deep_copy(last);
		json_object_set_new(reading, "enforcing", json_boolean(enforcing));
		set_event(reading, "flow-full", 3);
		judge(NULL, reading);
		expect_words("flows-full", NULL, enforcing ? "do not pass" : "would not pass",
			     NULL);
		json_decref(reading);
	}
	/* in enforce nothing is advised before enforce */
	for (int enforcing = 0; enforcing < 2; enforcing++) {
		reading = json_deep_copy(last);
		json_object_set_new(reading, "enforcing", json_boolean(enforcing));
		set_miss(reading, "unmatched", "wan0", 3000);
		set_miss(reading, "unsolicited", "wan0", 3000);
		set(reading, "read_at", 1700000100);
		set_drop(reading, enforcing ? "dropped" : "would_drop", "limited", "av-edge",
			 "wan0", 200);
		judge(NULL, reading);
		expect_words("unmatched", "", enforcing ? "xdp-edge reload" : "before enforce",
			     enforcing ? "before enforce" : NULL);
		expect_words("unsolicited", "",
			     enforcing ? "Enforce drops them until then" : "do not enforce before",
			     enforcing ? "do not enforce" : NULL);
		expect_words("limited", "", enforcing ? "refuse what" : "would refuse", NULL);
		json_decref(reading);
	}
	/* one side only: the requests are not seen by design */
	reading = seen_by(last, 1);
	set_miss(reading, "unsolicited", "wan0", 3000);
	judge(NULL, reading);
	expect_words("unsolicited", "", "face the same side", "Look again");
	json_decref(reading);
	/* what is foreign no suggestion names */
	reading = json_deep_copy(last);
	for (size_t i = 0; i < json_array_size(get(reading, "rows")); i++)
		set_row(reading,
			json_string_value(get(json_array_get(get(reading, "rows"), i), "id")),
			"wan0", 0, 0, 0);
	judge(NULL, reading);
	expect_words("role-silent", "", "xdp-edge capture", "xdp-edge suggest");
	json_decref(reading);
	/* a reverse proxy is published; scanners reach it */
	reading = json_deep_copy(last);
	set_drop(reading, "would_drop", "unmatched", "reverse-proxy", "wan0", 90);
	judge(NULL, reading);
	expect_none("inside-role-reached");
	json_decref(reading);
	/* a NIC that is gone must be there before it is attached */
	for (int gone = 0; gone < 2; gone++) {
		reading = json_deep_copy(last);
		set_text(entry(reading, "nics", "name", "dmi0"), "state",
			 gone ? "gone" : "missing");
		add(reading, "not_enforced_on",
		    json_pack("{s:s, s:s}", "name", "wan0", "state", gone ? "gone" : "missing"));
		judge(NULL, reading);
		expect_words("nic-missing", "dmi0",
			     gone ? "Is it there again" : "attaches it again", NULL);
		expect_words("not-enforced", "wan0",
			     gone ? "Is it there again" : "attaches it again", NULL);
		json_decref(reading);
	}
	/* whose row opens it */
	for (int i = 0; i < 2; i++) {
		reading = json_deep_copy(last);
		own = row(reading, EXTERNAL "6");
		set_text(own, "ports", "135");
		set_row(reading, EXTERNAL "6", "wan0", 30, 30, 3);
		if (i)
			set_text(own, "id", "site/rows/leak");
		judge(NULL, reading);
		expect_words("inside-port-allowed", "135 wan0", i ? "in `rows:`" : "`verdicts:`",
			     i ? "`verdicts:`" : "`rows:`");
		json_decref(reading);
	}
}

/* A role without a name is no word to be looked for without end. */
static void test_no_name(void **state)
{
	json_t *reading = json_deep_copy(last);

	(void)state;
	set_drop(reading, "would_drop", "unmatched", "front-end", "wan0", 50);
	set_drop(reading, "would_drop", "unmatched", "", "wan0", 50);
	judge(NULL, reading);
	expect("inside-role-reached", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	json_decref(reading);
}

static void test_rtp(void **state)
{
	static const struct {
		json_int_t in, out;
		bool hit;
	} cases[] = {
		{1000, 0, true},  {999, 0, false},  {2001, 1, true},
		{2000, 1, false}, {0, 1000, true},  {0, 999, false},
		{1, 2001, true},  {1, 2000, false}, {5000, 4000, false},
	};
	struct pair it = pair();
	json_t *a, *b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *reading = json_deep_copy(last);

		/* what goes out from these ports is the reply of what comes in to them */
		set_row(reading, EXTERNAL "12", "wan0", cases[i].in, cases[i].out, 0);
		set_row(reading, EXTERNAL "10", "dmz0", cases[i].out, cases[i].in, 0);
		judge(NULL, reading);
		if (cases[i].hit)
			expect("rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
		else
			expect_none("rtp-one-way");
		json_decref(reading);
	}
	/* probes are as many, and small */
	set_row(it.hit, EXTERNAL "12", "wan0", 2000, 0, 0);
	set_row(it.hit, EXTERNAL "10", "wan0", 0, 0, 0);
	json_decref(it.miss);
	it.miss = json_deep_copy(it.hit);
	set(get(row(it.miss, EXTERNAL "12"), "matched"), "bytes", 2000 * 60);
	expect_pair(&it, "rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	it = pair();
	for (int i = 0; i < 2; i++) {
		json_t *reading = i ? it.miss : it.hit;

		set_row(reading, EXTERNAL "10", "wan0", 0, 0, 0);
		set_row(reading, EXTERNAL "12", "wan0", 2000, 0, 0);
		set(get(row(reading, EXTERNAL "12"), "matched"), "bytes", 2000 * 80 - i);
	}
	expect_pair(&it, "rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* what is a range of media */
	for (int j = 0; j < 2; j++) {
		it = pair();
		for (int i = 0; i < 2; i++) {
			json_t *reading = i ? it.miss : it.hit;

			set_row(reading, EXTERNAL "10", "wan0", 0, 0, 0);
			set_row(reading, EXTERNAL "12", "wan0", 2000, 0, 0);
		}
		set_text(row(it.hit, EXTERNAL "12"), "ports", j ? "50000-50099" : "1024-2000");
		set_text(row(it.miss, EXTERNAL "12"), "ports", j ? "50000-50098" : "1023-2000");
		expect_pair(&it, "rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	}
	/* a range of the site's own, by either end */
	it = pair();
	for (int i = 0; i < 2; i++) {
		json_t *reading = i ? it.miss : it.hit;

		set_row(reading, EXTERNAL "10", "wan0", 0, 0, 0);
		set_row(reading, EXTERNAL "12", "wan0", 1500, i ? 900 : 0, 0);
		set_text(row(reading, EXTERNAL "12"), "ports", "50000-52999 either way");
	}
	expect_pair(&it, "rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* between the readings: one stream for five seconds, and long enough for two reports */
	a = json_deep_copy(first);
	b = json_deep_copy(last);
	set_row(a, EXTERNAL "12", "wan0", 5000, 5000, 0);
	set_row(a, EXTERNAL "10", "wan0", 0, 0, 0);
	set_row(b, EXTERNAL "10", "wan0", 0, 0, 0);
	set_row(b, EXTERNAL "12", "wan0", 5250, 5000, 0);
	judge(a, b);
	expect("rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_NOW);
	set_row(b, EXTERNAL "12", "wan0", 5249, 5000, 0);
	judge(a, b);
	expect_none("rtp-one-way");
	set_row(b, EXTERNAL "12", "wan0", 5250, 5000, 0);
	set(b, "monotonic_ms", 115000);
	judge(a, b);
	expect("rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_NOW);
	set(b, "monotonic_ms", 114999);
	judge(a, b);
	expect_none("rtp-one-way");
	/* less time will do where there was never a way back */
	set_row(a, EXTERNAL "12", "wan0", 5000, 0, 0);
	set_row(b, EXTERNAL "12", "wan0", 5250, 0, 0);
	judge(a, b);
	expect("rtp-one-way", "av-edge", DOCTOR_PROBLEM, DOCTOR_NOW);
	json_decref(a);
	json_decref(b);
}

static void test_silent_roles(void **state)
{
	struct pair it = pair();
	json_t *value;
	size_t i;

	(void)state;
	set_row(it.hit, EXTERNAL "8", "wan0", 0, 0, 0);
	set_row(it.miss, EXTERNAL "8", "wan0", 1, 0, 0);
	expect_pair(&it, "role-silent", "web-conf-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* too little of all */
	it = pair();
	set_row(it.hit, EXTERNAL "8", "wan0", 0, 0, 0);
	set(get(it.hit, "total"), "packets", 1000);
	set_row(it.miss, EXTERNAL "8", "wan0", 0, 0, 0);
	set(get(it.miss, "total"), "packets", 999);
	expect_pair(&it, "role-silent", "web-conf-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* ten minutes after the load it is a warning, before a note */
	it = pair();
	set_row(it.hit, EXTERNAL "8", "wan0", 0, 0, 0);
	set(it.hit, "read_at", 1700000600);
	judge(NULL, it.hit);
	expect("role-silent", "web-conf-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	set(it.hit, "read_at", 1700000599);
	judge(NULL, it.hit);
	expect("role-silent", "web-conf-edge", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);
	/* the clock was set back behind the load, or there is no time: not told */
	set(it.hit, "read_at", 1699999990);
	judge(NULL, it.hit);
	expect("role-silent", "web-conf-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	json_object_del(it.hit, "read_at");
	judge(NULL, it.hit);
	expect("role-silent", "web-conf-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* not in use: a note for all of them together */
	judge(NULL, it.miss);
	expect("role-silent", "", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);
	assert_non_null(strstr(found("role-silent", "")->what, "xmpp-proxy"));
	json_object_set_new(row(it.miss, EXTERNAL "1"), "active", json_false());
	judge(NULL, it.miss);
	expect_none("role-silent");
	/* none sees anything */
	json_array_foreach (get(it.hit, "rows"), i, value)
		set_row(it.hit, json_string_value(get(value, "id")), "wan0", 0, 0, 0);
	judge(NULL, it.hit);
	expect("role-silent", "", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	json_decref(it.hit);
	json_decref(it.miss);
}

/* --- sides ------------------------------------------------------------------------------------ */

static void test_spoofed_nic(void **state)
{
	struct pair it = pair();

	(void)state;
	set(nic(it.hit, "dmi0"), "packets", 100);
	set_miss(it.hit, "spoofed", "dmi0", 90);
	set(nic(it.miss, "dmi0"), "packets", 100);
	set_miss(it.miss, "spoofed", "dmi0", 89);
	expect_pair(&it, "nic-spoofed", "dmi0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	it = pair();
	set(nic(it.hit, "dmi0"), "packets", 100);
	set_miss(it.hit, "spoofed", "dmi0", 100);
	set(nic(it.miss, "dmi0"), "packets", 99);
	set_miss(it.miss, "spoofed", "dmi0", 99);
	expect_pair(&it, "nic-spoofed", "dmi0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* fewer are forged sources: a note */
	it = pair();
	set_miss(it.hit, "spoofed", "lan0", 6);
	set_miss(it.hit, "martian", "lan0", 4);
	set_miss(it.miss, "spoofed", "lan0", 9);
	expect_pair(&it, "forged-sources", "lan0", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);
}

/* Moves what rows have counted on one NIC to another. */
static void move(json_t *reading, const char *from, const char *to)
{
	json_t *it, *on;
	size_t i, j;

	json_array_foreach (get(reading, "rows"), i, it)
		json_array_foreach (get(it, "interfaces"), j, on)
			if (!strcmp(json_string_value(get(on, "name")), from))
				set_text(on, "name", to);
}

/*
 * The Edge answers the inside by its external NIC: that is said where the answers are missing, and
 * where they come in. From another NIC they are somebody else's.
 */
static void test_astray(void **state)
{
	static const char routes[] = "persistent routes to the inside";
	struct pair it = pair();
	json_t *reading;

	(void)state;
	set_miss(it.hit, "spoofed", "dmz0", 10);
	set_miss(it.miss, "spoofed", "dmz0", 9);
	set_miss(it.miss, "martian", "dmz0", 0);
	expect_pair(&it, "forged-sources", "dmz0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	for (int replies = 0; replies < 20; replies += 9) {
		for (int told = 0; told < 2; told++) {
			reading = json_deep_copy(last);
			set_row(reading, INTERNAL "2", "lan0", 60, replies, 60);
			set_row(reading, EXTERNAL "6", "wan0", 60, replies, 60);
			set_miss(reading, "spoofed", "dmz0", 40);
			if (told) {
				set_drop(reading, "would_drop", "spoofed", "front-end", "dmz0", 30);
				set_drop(reading, "would_drop", "spoofed", "av-edge", "dmz0", 10);
				set_drop(reading, "would_drop", "unmatched", "director", "dmz0", 9);
			}
			judge(NULL, reading);
			expect("forged-sources", "dmz0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
			expect("sip-unanswered", "edge-internal 5061", DOCTOR_PROBLEM,
			       DOCTOR_SINCE_LOAD);
			expect_words("forged-sources", "dmz0", routes, "spoofed host");
			expect_words("forged-sources", "dmz0",
				     told ? "the inside (front-end) come in on dmz0"
					  : "the inside come in on dmz0",
				     "av-edge");
			expect_words("sip-unanswered", "edge-internal 5061", routes, "director");
			expect_words("sip-unanswered", "edge-internal 5061",
				     told ? "the inside (front-end) come in on dmz0"
					  : "the inside come in on dmz0",
				     "av-edge");
			expect_words("sip-unanswered", "access-edge 5061", "5061", routes);
			json_decref(reading);
		}
	}
	reading = json_deep_copy(last);
	set_row(reading, INTERNAL "2", "lan0", 60, 0, 60);
	set_miss(reading, "spoofed", "lan0", 40);
	judge(NULL, reading);
	expect("forged-sources", "lan0", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);
	expect_words("sip-unanswered", "edge-internal 5061", routes, "come in on");
	json_decref(reading);
}

/* Shares of counts that no product of 64 bits holds. */
static void test_share(void **state)
{
	struct pair it = pair();
	const json_int_t peta = 1000000000000000;

	(void)state;
	assert_true(doctor_is_share(50, 1000, 50));
	assert_false(doctor_is_share(49, 1000, 50));
	set(get(it.hit, "total"), "packets", 360 * peta);
	set_miss(it.hit, "unmatched", "wan0", 19 * peta);
	set(get(it.miss, "total"), "packets", 400 * peta);
	set_miss(it.miss, "unmatched", "wan0", 18 * peta);
	expect_pair(&it, "unmatched", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set(nic(it.hit, "dmi0"), "packets", 140 * peta);
	set_miss(it.hit, "spoofed", "dmi0", 133 * peta);
	set(nic(it.miss, "dmi0"), "packets", 147 * peta);
	set_miss(it.miss, "spoofed", "dmi0", 126 * peta);
	expect_pair(&it, "nic-spoofed", "dmi0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
}

static void test_nic_side(void **state)
{
	json_t *reading = json_deep_copy(last);
	struct pair it = pair();

	(void)state;
	/* the names of two NICs exchanged */
	move(reading, "wan0", "x");
	move(reading, "dmz0", "wan0");
	move(reading, "x", "dmz0");
	judge(NULL, reading);
	expect("nic-side", "wan0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	expect("nic-side", "dmz0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* of a mirror or a trunk nothing is said */
	json_object_set_new(nic(reading, "wan0"), "sides", json_pack("[s]", "mirror"));
	json_object_set_new(nic(reading, "dmz0"), "sides",
			    json_pack("[s, s]", "internet", "dmz-external"));
	judge(NULL, reading);
	expect_none("nic-side");
	json_decref(reading);

	for (int i = 0; i < 2; i++) {
		json_t *value;
		size_t j;

		reading = i ? it.miss : it.hit;
		json_array_foreach (get(reading, "rows"), j, value)
			set_row(reading, json_string_value(get(value, "id")), "dmi0", 0, 0, 0);
		/* nine to one is chance, one more is not */
		set_row(reading, INTERNAL "6", "dmi0", 91 - i, 10, 0);
	}
	expect_pair(&it, "nic-side", "dmi0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* and fifty at least */
	it = pair();
	for (int i = 0; i < 2; i++) {
		json_t *value;
		size_t j;

		reading = i ? it.miss : it.hit;
		json_array_foreach (get(reading, "rows"), j, value)
			set_row(reading, json_string_value(get(value, "id")), "dmi0", 0, 0, 0);
		set_row(reading, INTERNAL "6", "dmi0", 50 - i, 0, 0);
	}
	expect_pair(&it, "nic-side", "dmi0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
}

static void test_hairpin(void **state)
{
	struct pair it = pair();

	(void)state;
	set_drop(it.hit, "would_drop", "spoofed", "av-edge", "wan0", 20);
	set_drop(it.miss, "would_drop", "spoofed", "av-edge", "wan0", 19);
	expect_pair(&it, "hairpin-spoofed", "av-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set_drop(it.hit, "would_drop", "spoofed", "av-edge", "wan0", 50);
	set_drop(it.miss, "would_drop", "spoofed", "av-edge", "dmi0", 50);
	set_drop(it.miss, "would_drop", "spoofed", "access-edge", "wan0", 50);
	set_drop(it.miss, "would_drop", "unmatched", "av-edge", "wan0", 50);
	expect_pair(&it, "hairpin-spoofed", "av-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* enforce drops it: calls have no sound */
	it = pair();
	set_text(it.hit, "mode", "enforce");
	json_object_set_new(it.hit, "enforcing", json_true());
	set_drop(it.hit, "dropped", "spoofed", "av-edge", "wan0", 20);
	expect_pair(&it, "hairpin-spoofed", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* nor called forged besides */
	it = pair();
	set_miss(it.hit, "spoofed", "wan0", 60);
	set_drop(it.hit, "would_drop", "spoofed", "av-edge", "wan0", 50);
	set_miss(it.miss, "spoofed", "wan0", 59);
	set_drop(it.miss, "would_drop", "spoofed", "av-edge", "wan0", 50);
	expect_pair(&it, "forged-sources", "wan0", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);
	/* a NIC on the wrong side is another matter */
	it = pair();
	set_drop(it.hit, "would_drop", "spoofed", "av-edge", "wan0", 3000);
	set_drop(it.miss, "would_drop", "spoofed", "av-edge", "wan0", 3000);
	set_miss(it.hit, "spoofed", "wan0", 3000);
	set_miss(it.miss, "spoofed", "wan0", 4000);
	expect_pair(&it, "hairpin-spoofed", "av-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);

	/* asked for from the DMZ, and not turned round */
	it = pair();
	for (int i = 0; i < 2; i++)
		add(i ? it.miss : it.hit, "rows", json_deep_copy(row(last, EXTERNAL "14")));
	set_row(it.hit, EXTERNAL "14", "dmz0", 20, 400, 0);
	set_row(it.miss, EXTERNAL "14", "dmz0", 19, 400, 0);
	expect_pair(&it, "hairpin-missing", "av-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set_row(it.hit, EXTERNAL "14", "dmz0", 50, 400, 0);
	set_miss(it.hit, "spoofed", "wan0", 19);
	set_row(it.miss, EXTERNAL "14", "dmz0", 50, 400, 0);
	set_miss(it.miss, "spoofed", "wan0", 20);
	expect_pair(&it, "hairpin-missing", "av-edge", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

static void suspect(json_t *reading, int proto, int port, const char *on, json_int_t packets)
{
	add(reading, "suspects",
	    json_pack("{s:i, s:i, s:s, s:I}", "proto", proto, "port", port, "interface", on,
		      "packets", packets));
}

static void test_inside_ports(void **state)
{
	static const int ports[] = {135, 445, 1434, 5062};
	struct pair it;

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		int proto = ports[i] == 1434 ? 17 : 6;

		it = pair();
		suspect(it.hit, proto, ports[i], "wan0", 10);
		suspect(it.miss, proto, ports[i], "wan0", 9);
		suspect(it.miss, proto, ports[i], "lan0", 90);
		suspect(it.miss, 23 - proto, ports[i], "wan0", 90);
		suspect(it.miss, proto, 443, "wan0", 90);
		suspect(it.miss, proto, ports[i], "unknown", 90);
		expect_pair(&it, "inside-port-asked", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	}
	/* so is what answers come from */
	it = pair();
	suspect(it.hit, 6, 445, "wan0", 10);
	suspect(it.miss, 6, 445, "wan0", 10);
	json_object_set_new(json_array_get(get(it.miss, "suspects"), 0), "answer", json_true());
	expect_pair(&it, "inside-port-asked", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* dropped, it is a note */
	it = pair();
	set_text(it.hit, "mode", "enforce");
	json_object_set_new(it.hit, "enforcing", json_true());
	suspect(it.hit, 6, 445, "wan0", 10);
	expect_pair(&it, "inside-port-asked", "", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);

	/* a row allows it */
	it = pair();
	for (int i = 0; i < 2; i++) {
		json_t *own = json_deep_copy(row(last, EXTERNAL "6"));

		set_text(own, "id", "site/rows/leak");
		set_text(own, "ports", "135,445");
		add(i ? it.miss : it.hit, "rows", own);
	}
	set_row(it.hit, "site/rows/leak", "wan0", 3, 3, 3);
	set_row(it.miss, "site/rows/leak", "wan0", 2, 2, 2);
	expect_pair(&it, "inside-port-allowed", "135 wan0", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* from inside; the operator's word; denied */
	for (int i = 0; i < 3; i++) {
		json_t *own;

		it = pair();
		own = json_deep_copy(row(last, EXTERNAL "6"));
		set_text(own, "id", "site/rows/leak");
		set_text(own, "ports", "5062");
		add(it.hit, "rows", own);
		set_row(it.hit, "site/rows/leak", "wan0", 30, 30, 3);
		own = json_deep_copy(own);
		if (i == 1)
			set_text(own, "source", "192.0.2.53");
		if (i == 2)
			set_text(own, "verdict", "deny");
		add(it.miss, "rows", own);
		if (i == 0)
			set_row(it.miss, "site/rows/leak", "lan0", 30, 30, 3);
		expect_pair(&it, "inside-port-allowed", "5062 wan0", DOCTOR_PROBLEM,
			    DOCTOR_SINCE_LOAD);
	}

	it = pair();
	set_drop(it.hit, "would_drop", "unmatched", "front-end", "wan0", 10);
	set_drop(it.miss, "would_drop", "unmatched", "front-end", "wan0", 9);
	set_drop(it.miss, "would_drop", "unmatched", "access-edge", "wan0", 90);
	set_drop(it.miss, "would_drop", "unmatched", "none", "wan0", 90);
	set_drop(it.miss, "would_drop", "unmatched", "front-end", "lan0", 90);
	expect_pair(&it, "inside-role-reached", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

/* What came faster than it is recorded: figures are about right, and an all-clear needs half. */
static void test_inside_estimates(void **state)
{
	static const struct {
		json_int_t recorded, unmatched;
		bool estimated;
		enum doctor_outcome outcome;
		bool about;
	} cases[] = {
		{498, 498, false, DOCTOR_FOUND, false},	  {498, 498, true, DOCTOR_FOUND, true},
		{504, 1200, false, DOCTOR_FOUND, true},	  {9, 19, false, DOCTOR_TOO_LITTLE, false},
		{9, 18, false, DOCTOR_CLEAN, false},	  {0, 9, false, DOCTOR_CLEAN, false},
		{0, 10, false, DOCTOR_TOO_LITTLE, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *reading = json_deep_copy(last), *out, *value;
		size_t n;
		char *text;

		suspect(reading, 6, 445, "wan0", cases[i].recorded);
		json_object_set_new(json_array_get(get(reading, "suspects"), 0), "estimated",
				    json_boolean(cases[i].estimated));
		set_miss(reading, "unmatched", "wan0", cases[i].unmatched);
		judge(NULL, reading);
		assert_int_equal(outcome("inside-port-asked"), cases[i].outcome);
		text = text_of(0, false);
		assert_int_equal(!!strstr(text, " about "), cases[i].about);
		assert_int_equal(!!strstr(text, "seen in part"), cases[i].recorded == 504);
		free(text);
		out = json_of();
		if (cases[i].outcome == DOCTOR_FOUND) {
			json_array_foreach (
				get(entry(out, "findings", "id", "inside-port-asked"), "figures"),
				n, value)
				assert_int_equal(json_is_true(get(value, "estimated")),
						 cases[i].about && json_integer_value(get(
									   value, "since_load")) ==
									   cases[i].recorded);
		}
		json_decref(out);
		json_decref(reading);
	}
}

static void test_ipsec(void **state)
{
	struct pair it = pair();

	(void)state;
	set_miss(it.hit, "ipsec", "lan0", 5);
	set_miss(it.miss, "ipsec", "lan0", 4);
	expect_pair(&it, "ipsec-exempt", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* from the Internet they are scans */
	it = pair();
	set_miss(it.hit, "ipsec", "wan0", 50);
	set_miss(it.miss, "ipsec", "wan0", 49);
	expect_pair(&it, "ipsec-exempt", "", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);
	/* an older reading does not say where from */
	it = pair();
	set_miss(it.hit, "ipsec", "wan0", 5);
	json_object_del(it.hit, "missed_on");
	expect_pair(&it, "ipsec-exempt", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

/* --- the policy ------------------------------------------------------------------------------- */

static void test_enforce(void **state)
{
	struct pair it = pair();

	(void)state;
	set_text(it.hit, "mode", "enforce");
	json_object_set_new(it.hit, "unconfirmed", json_true());
	set(it.hit, "confirm_in", 0);
	set_text(it.miss, "mode", "enforce");
	expect_pair(&it, "enforce-unconfirmed", "", DOCTOR_PROBLEM, DOCTOR_NOW);
	it = pair();
	set_text(it.hit, "mode", "enforce");
	json_object_set_new(it.hit, "unconfirmed", json_true());
	set(it.hit, "confirm_in", 40);
	expect_pair(&it, "enforce-unconfirmed", "", DOCTOR_WARNING, DOCTOR_NOW);
	it = pair();
	add(it.hit, "not_enforced_on", json_pack("{s:s, s:s}", "name", "wan0", "state", "missing"));
	add(it.miss, "not_enforced_on", json_pack("{s:s, s:s}", "name", "tap0", "state", "mirror"));
	json_incref(it.hit);
	expect_pair(&it, "not-enforced", "wan0", DOCTOR_PROBLEM, DOCTOR_NOW);
	/* one cause, one finding */
	set_text(entry(it.hit, "nics", "name", "wan0"), "state", "missing");
	judge(NULL, it.hit);
	expect_none("nic-missing");
	json_decref(it.hit);
}

static void test_tables(void **state)
{
	struct pair it = pair();

	(void)state;
	set_event(it.hit, "flow-full", 1);
	set_event(it.miss, "flow-new", 100000);
	expect_pair(&it, "flows-full", "flows", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	it = pair();
	set_event(it.hit, "flow-new", 9999);
	set_event(it.hit, "flow-evicted", 100);
	set_event(it.miss, "flow-new", 10000);
	set_event(it.miss, "flow-evicted", 100);
	expect_pair(&it, "flows-full", "flows", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	json_object_set_new(
		get(it.hit, "tables"), "flows",
		json_pack("{s:i, s:i, s:b}", "live", 801, "capacity", 1000, "about", 0));
	json_object_set_new(
		get(it.miss, "tables"), "flows",
		json_pack("{s:i, s:i, s:b}", "live", 800, "capacity", 1000, "about", 0));
	expect_pair(&it, "flows-full", "flows", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set_event(it.hit, "bucket-evicted", 100);
	set_event(it.miss, "bucket-evicted", 99);
	expect_pair(&it, "table-evicts", "sources", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set_event(it.hit, "fragment-evicted", 100);
	set_event(it.miss, "fragment-evicted", 99);
	expect_pair(&it, "table-evicts", "fragments", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

static void test_misses(void **state)
{
	static const struct {
		const char *id, *miss;
		json_int_t total, at;
		enum doctor_severity severity;
	} cases[] = {
		/* many, and a share */
		{"unmatched", "unmatched", 1900, 100, DOCTOR_WARNING},
		{"unmatched", "unmatched", 100000, 5000, DOCTOR_WARNING},
		{"unsolicited", "unsolicited", 2000, 100, DOCTOR_WARNING},
		{"unsolicited", "unsolicited", 100000, 1000, DOCTOR_WARNING},
		{"malformed", "malformed", 2000, 50, DOCTOR_WARNING},
		{"malformed", "too-deep", 100000, 100, DOCTOR_WARNING},
		{"foreign", "foreign", 1500, 1000, DOCTOR_NOTE},
		{"foreign", "foreign", 100000, 50000, DOCTOR_NOTE},
	};
	/* flows of before the load: a note for ten minutes */
	static const struct {
		json_int_t read_at;
		enum doctor_severity severity;
	} ages[] = {
		{1700000599, DOCTOR_NOTE},
		{1700000600, DOCTOR_WARNING},
		/* no age at all: the clock was set back behind the load */
		{1699999990, DOCTOR_WARNING},
	};
	struct pair it;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		it = pair();
		set(get(it.hit, "total"), "packets", cases[i].total);
		set(get(it.miss, "total"), "packets", cases[i].total);
		set_miss(it.hit, cases[i].miss, "wan0", cases[i].at);
		set_miss(it.miss, cases[i].miss, "wan0", cases[i].at - 1);
		expect_pair(&it, cases[i].id, "", cases[i].severity, DOCTOR_SINCE_LOAD);
	}
	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		it = pair();
		set_miss(it.hit, "unsolicited", "wan0", 5000);
		set(it.hit, "read_at", ages[i].read_at);
		expect_pair(&it, "unsolicited", "", ages[i].severity, DOCTOR_SINCE_LOAD);
	}
	/* nor has a reading without its time one */
	it = pair();
	set_miss(it.hit, "unsolicited", "wan0", 5000);
	json_object_del(it.hit, "read_at");
	judge(NULL, it.hit);
	assert_int_equal(found("unsolicited", "")->n_figures, 2);
	expect_pair(&it, "unsolicited", "", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set_miss(it.hit, "no-policy", "lan0", 100);
	set_miss(it.miss, "no-policy", "lan0", 99);
	json_object_set_new(entry(it.hit, "nics", "name", "lan0"), "rxvlan", json_false());
	json_object_set_new(entry(it.miss, "nics", "name", "lan0"), "rxvlan", json_false());
	expect_pair(&it, "vlan-unjudged", "lan0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set(nic(it.hit, "lan0"), "packets", 20000);
	set(nic(it.miss, "lan0"), "packets", 20100);
	set_miss(it.hit, "no-policy", "lan0", 200);
	set_miss(it.miss, "no-policy", "lan0", 200);
	json_object_del(it.hit, "nics");
	json_object_del(it.miss, "nics");
	expect_pair(&it, "vlan-unjudged", "lan0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set_drop(it.hit, "dropped", "limited", "av-edge", "wan0", 60);
	set_drop(it.hit, "would_drop", "limited", "access-edge", "wan0", 40);
	set_drop(it.miss, "dropped", "limited", "av-edge", "wan0", 99);
	expect_pair(&it, "limited", "", DOCTOR_NOTE, DOCTOR_SINCE_LOAD);
	it = pair();
	set(row(it.hit, EXTERNAL "14"), "conforming", 50);
	set(row(it.hit, EXTERNAL "14"), "other", 50);
	set(row(it.miss, EXTERNAL "14"), "conforming", 51);
	set(row(it.miss, EXTERNAL "14"), "other", 50);
	expect_pair(&it, "payload-other", EXTERNAL "14", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set(row(it.hit, EXTERNAL "14"), "other", 100);
	set(row(it.miss, EXTERNAL "14"), "other", 99);
	expect_pair(&it, "payload-other", EXTERNAL "14", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

/* --- NICs ------------------------------------------------------------------------------------- */

static void test_nics(void **state)
{
	struct pair it = pair();

	(void)state;
	set_text(entry(it.hit, "nics", "name", "wan0"), "state", "missing");
	set_text(entry(it.miss, "nics", "name", "wan0"), "state", "unknown");
	expect_pair(&it, "nic-missing", "wan0", DOCTOR_PROBLEM, DOCTOR_NOW);
	it = pair();
	set_text(entry(it.hit, "nics", "name", "wan0"), "state", "gone");
	set_text(entry(it.miss, "nics", "name", "wan0"), "state", "renamed");
	expect_pair(&it, "nic-missing", "wan0", DOCTOR_PROBLEM, DOCTOR_NOW);
	it = pair();
	json_object_set_new(entry(it.hit, "nics", "name", "wan0"), "up", json_false());
	json_object_set_new(entry(it.miss, "nics", "name", "wan0"), "up", json_null());
	expect_pair(&it, "nic-down", "wan0", DOCTOR_WARNING, DOCTOR_NOW);
	it = pair();
	json_object_set_new(entry(it.hit, "nics", "name", "wan0"), "lro", json_true());
	json_object_set_new(entry(it.miss, "nics", "name", "wan0"), "lro", json_null());
	expect_pair(&it, "lro", "wan0", DOCTOR_WARNING, DOCTOR_NOW);
	it = pair();
	json_object_set_new(entry(it.hit, "nics", "name", "wan0"), "gro_hw", json_true());
	json_object_set_new(entry(it.miss, "nics", "name", "wan0"), "gro_hw", json_null());
	expect_pair(&it, "gro-hw", "wan0", DOCTOR_WARNING, DOCTOR_NOW);
	it = pair();
	json_object_set_new(entry(it.hit, "nics", "name", "wan0"), "gro_hw", json_true());
	json_object_set_new(entry(it.miss, "nics", "name", "wan0"), "gro_hw", json_true());
	set_text(entry(it.miss, "nics", "name", "wan0"), "driver", "virtio_net");
	expect_pair(&it, "gro-hw", "wan0", DOCTOR_WARNING, DOCTOR_NOW);
	it = pair();
	set_text(nic(it.hit, "wan0"), "mode", "generic");
	expect_pair(&it, "generic-mode", "wan0", DOCTOR_NOTE, DOCTOR_NOW);
	/* tags are stripped everywhere here; it matters on a trunk */
	it = pair();
	json_object_set_new(nic(it.hit, "wan0"), "sides", json_pack("[s, s]", "internet", "lan"));
	expect_pair(&it, "vlan-hidden", "wan0", DOCTOR_WARNING, DOCTOR_NOW);
	it = pair();
	/* nor is it harmless on a NIC of one VLAN, which any frame of none tells */
	set_miss(it.hit, "no-policy", "wan0", 100);
	set_miss(it.miss, "no-policy", "wan0", 0);
	expect_pair(&it, "vlan-hidden", "wan0", DOCTOR_PROBLEM, DOCTOR_NOW);
	for (int frames = 1; frames < 100; frames += 98) {
		it = pair();
		set_miss(it.hit, "no-policy", "wan0", frames);
		expect_pair(&it, "vlan-hidden", "wan0", DOCTOR_WARNING, DOCTOR_NOW);
	}
	/* before some came it is not known that none is one */
	for (int stripped = 0; stripped < 2; stripped++) {
		for (json_int_t packets = 0; packets < 150; packets += packets ? 1 : 99) {
			json_t *reading = json_deep_copy(last);

			set(nic(reading, "lan0"), "packets", packets);
			json_object_set_new(entry(reading, "nics", "name", "lan0"), "rxvlan",
					    json_boolean(stripped));
			judge(NULL, reading);
			assert_int_equal(outcome("vlan-hidden"), stripped && packets < 100
									 ? DOCTOR_TOO_LITTLE
									 : DOCTOR_CLEAN);
			json_decref(reading);
		}
	}
	it = pair();
	set_miss(it.hit, "no-policy", "wan0", 100);
	set_miss(it.miss, "no-policy", "wan0", 100);
	json_object_set_new(entry(it.miss, "nics", "name", "wan0"), "rxvlan", json_false());
	expect_pair(&it, "vlan-hidden", "wan0", DOCTOR_PROBLEM, DOCTOR_NOW);
	it = pair();
	set(nic(it.hit, "lan0"), "packets", 0);
	set(nic(it.miss, "lan0"), "packets", 1);
	expect_pair(&it, "nic-silent", "lan0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	it = pair();
	set(nic(it.hit, "lan0"), "packets", 0);
	set(get(it.hit, "total"), "packets", 1000);
	set(nic(it.miss, "lan0"), "packets", 0);
	set(get(it.miss, "total"), "packets", 999);
	expect_pair(&it, "nic-silent", "lan0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	/* one that is no longer in the site is nobody's concern */
	it = pair();
	set(nic(it.hit, "lan0"), "packets", 0);
	set(nic(it.miss, "lan0"), "packets", 0);
	set(nic(it.miss, "lan0"), "ifindex", 0);
	expect_pair(&it, "nic-silent", "lan0", DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
}

/* --- readings --------------------------------------------------------------------------------- */

/* Bad since the load, healthy between the readings: a note that it was so. */
static void test_windows(void **state)
{
	json_t *a = json_deep_copy(first), *b = json_deep_copy(last);

	(void)state;
	set_row(a, EXTERNAL "6", "wan0", 1000, 10, 1000);
	set_row(b, EXTERNAL "6", "wan0", 1010, 30, 1010);
	judge(a, b);
	expect("sip-unanswered", NULL, DOCTOR_NOTE, DOCTOR_EARLIER);
	/* too few in between to tell */
	set_row(b, EXTERNAL "6", "wan0", 1004, 30, 1004);
	judge(a, b);
	expect("sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	/* only between the readings */
	set_row(a, EXTERNAL "6", "wan0", 5000, 4000, 900);
	set_row(b, EXTERNAL "6", "wan0", 5005, 4000, 905);
	judge(a, b);
	expect("sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_NOW);
	assert_int_equal(found("sip-unanswered", NULL)->figures[0].recent, 5);
	judge(NULL, b);
	expect_none("sip-unanswered");
	/* the same reading twice is one */
	judge(b, b);
	assert_int_equal(report.readings, 1);
	/* loaded anew in between: the last alone */
	set(get(b, "total"), "packets", 100);
	judge(a, b);
	assert_true(report.anew);
	assert_int_equal(report.readings, 1);
	/* even if it has counted more since */
	set(get(b, "total"), "packets", 1000000);
	judge(a, b);
	assert_false(report.anew);
	set(b, "loaded_at", 1700003000);
	judge(a, b);
	assert_true(report.anew);
	assert_int_equal(report.readings, 1);
	/* where one does not say it there is nothing to tell it by */
	json_object_del(a, "loaded_at");
	judge(a, b);
	assert_false(report.anew);
	json_decref(a);
	json_decref(b);
}

static const char *const new_keys[] = {"site",	     "loaded_at",      "read_at",  "monotonic_ms",
				       "missed_on",  "nics",	       "suspects", "dropped",
				       "would_drop", "exempt",	       "events",   "tables",
				       "unjudged",   "not_enforced_on"};

/* As versions before it wrote it. */
static json_t *older(const json_t *reading, bool verdicts)
{
	json_t *copy = json_deep_copy(reading), *it;
	size_t i;

	for (i = 0; i < (verdicts ? 7 : sizeof(new_keys) / sizeof(*new_keys)); i++)
		json_object_del(copy, new_keys[i]);
	if (!verdicts)
		json_object_del(copy, "mode");
	json_array_foreach (get(copy, "rows"), i, it) {
		json_object_del(it, "interfaces");
		json_object_del(it, "annotation");
		json_object_del(it, "forward_only");
		json_object_del(it, "verdict");
	}
	return copy;
}

static void test_older(void **state)
{
	static const char *const lost[] = {"nic-side",
					   "nic-spoofed",
					   "hairpin-spoofed",
					   "hairpin-missing",
					   "vlan-hidden",
					   "lro",
					   "inside-port-allowed",
					   "inside-port-asked",
					   "enforce-unconfirmed",
					   "not-enforced"};
	json_t *old = older(last, false);

	(void)state;
	judge(NULL, old);
	assert_int_equal(report.n_of[DOCTOR_PROBLEM] + report.n_of[DOCTOR_WARNING], 0);
	for (size_t i = 0; i < sizeof(lost) / sizeof(*lost); i++)
		assert_int_equal(outcome(lost[i]), DOCTOR_NOT_POSSIBLE);
	assert_int_equal(outcome("sip-unanswered"), DOCTOR_CLEAN);
	assert_int_equal(outcome("role-silent"), DOCTOR_FOUND); /* the note */
	json_decref(old);
	old = older(last, true);
	set_row(old, EXTERNAL "14", "wan0", 0, 0, 0);
	json_object_del(row(old, EXTERNAL "14"), "interfaces");
	judge(NULL, old);
	expect("udp-3478-blocked", "av-edge", DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	assert_int_equal(outcome("enforce-unconfirmed"), DOCTOR_CLEAN);
	assert_int_equal(outcome("lro"), DOCTOR_NOT_POSSIBLE);
	json_decref(old);
}

static void test_not_all(void **state)
{
	json_t *reading = json_deep_copy(last), *rows, *it;
	size_t i;

	(void)state;
	/* --nonzero */
	rows = get(reading, "rows");
	for (i = json_array_size(rows); i-- > 0;) {
		it = json_array_get(rows, i);
		if (!json_integer_value(get(get(it, "matched"), "packets")))
			json_array_remove(rows, i);
	}
	judge(NULL, reading);
	assert_int_equal(outcome("role-silent"), DOCTOR_NOT_POSSIBLE);
	assert_int_equal(outcome("udp-3478-blocked"), DOCTOR_NOT_POSSIBLE);
	assert_int_equal(outcome("sip-unanswered"), DOCTOR_CLEAN);
	/* --by role */
	json_object_del(reading, "rows");
	json_object_set_new(reading, "groups", json_array());
	judge(NULL, reading);
	assert_int_equal(outcome("sip-unanswered"), DOCTOR_NOT_POSSIBLE);
	assert_int_equal(outcome("unmatched"), DOCTOR_CLEAN);
	json_decref(reading);
}

/* The value that a path leads to, "rows[3].matched". */
static json_t *at(json_t *value, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, ".[");
		char key[64];

		if (*path == '[') {
			value = json_array_get(value, strtoul(path + 1, NULL, 10));
			path = strchr(path, ']') + 1;
		} else {
			snprintf(key, sizeof(key), "%.*s", (int)len, path);
			value = get(value, key);
			path += len;
		}
		path += *path == '.';
	}
	assert_non_null(value);
	return value;
}

static void expect_fault(const json_t *reading, const char *path, const char *why)
{
	struct doctor_fault fault;

	assert_int_equal(doctor_reading_check(reading, &fault), -EINVAL);
	assert_string_equal(fault.path, path);
	if (!strstr(fault.why, why))
		fail_msg("%s: %s, not %s", path, fault.why, why);
	doctor_free(&report);
	assert_int_equal(doctor_judge(NULL, reading, &report), -EINVAL);
	doctor_free(&report);
	assert_int_equal(doctor_judge(reading, last, &report), -EINVAL);
}

static void test_no_reading(void **state)
{
	static const char *const texts[] = {"{}", "[]", "{\"total\":{}}", "{\"interfaces\":[]}"};

	(void)state;
	assert_int_equal(doctor_reading_check(first, NULL), 0);
	assert_int_equal(doctor_reading_check(last, NULL), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *value = json_loads(texts[i], 0, NULL);

		assert_non_null(value);
		expect_fault(value, "", "not a reading of xdp-edge -j stats");
		json_decref(value);
	}
}

/* One value of a reading is damaged: `value` in place of what stands at `in` under `key`. */
static const struct damage {
	const char *in, *key, *value; /* no value: it is taken out */
	const char *path, *why;
} damages[] = {
	{"", "interfaces", "{}", "interfaces", "is not a list"},
	{"", "interfaces", "[3]", "interfaces[0]", "is not an object"},
	{"", "rows", "\"x\"", "rows", "is not a list"},
	{"", "rows", "[{}]", "rows[0].id", "is missing"},
	{"", "rows", NULL, "", "neither rows nor groups"},
	{"", "misses", NULL, "misses", "is missing"},
	{"", "misses", "[]", "misses", "is not an object"},
	{"", "total", "7", "total", "is not an object"},
	{"", "site", "5", "site", "is not a text"},
	{"", "mode", "true", "mode", "is not a text"},
	{"", "enforcing", "\"yes\"", "enforcing", "is not true or false"},
	{"", "loaded_at", "-1", "loaded_at", "-1 is not a time"},
	{"", "read_at", "253402300800", "read_at", "is not a time"},
	{"", "monotonic_ms", "1.5", "monotonic_ms", "is not a count"},
	{"", "dropped", "[{\"reason\": 1}]", "dropped[0].reason", "is not a text"},
	{"", "missed_on", "[null]", "missed_on[0]", "is not an object"},
	{"", "events", "[{\"name\": \"x\", \"interface\": \"y\", \"count\": -3}]",
	 "events[0].count", "-3 is not a count"},
	{"", "not_enforced_on", "{}", "not_enforced_on", "is not a list"},
	{"", "suspects", "[{\"proto\": 6, \"port\": \"80\"}]", "suspects[0].port",
	 "is not a count"},
	{"total", "packets", "-1", "total.packets", "-1 is not a count"},
	{"total", "packets", "1e3", "total.packets", "is not a count"},
	{"total", "packets", "\"9\"", "total.packets", "is not a count"},
	{"total", "packets", "null", "total.packets", "is not a count"},
	{"total", "packets", NULL, "total.packets", "is missing"},
	{"misses", "unmatched", "4", "misses.unmatched", "is not an object"},
	{"misses.unmatched", "packets", "true", "misses.unmatched.packets", "is not a count"},
	{"interfaces[1]", "name", "null", "interfaces[1].name", "is not a text"},
	{"interfaces[1]", "state", "{}", "interfaces[1].state", "is not a text"},
	{"interfaces[1]", "sides", "\"lan\"", "interfaces[1].sides", "is not a list"},
	{"interfaces[1]", "sides", "[\"lan\", 2]", "interfaces[1].sides[1]", "is not a text"},
	{"rows[3]", "ports", "53", "rows[3].ports", "is not a text"},
	{"rows[3]", "active", "1", "rows[3].active", "is not true or false"},
	{"rows[3]", "new", "-2", "rows[3].new", "-2 is not a count"},
	{"rows[3]", "matched", "17", "rows[3].matched", "is not an object"},
	{"rows[3].reply", "packets", "[]", "rows[3].reply.packets", "is not a count"},
	{"rows[3].interfaces[1]", "matched", "\"\"", "rows[3].interfaces[1].matched",
	 "is not a count"},
	{"nics[2]", "lro", "0", "nics[2].lro", "is not true, false or null"},
	{"tables", "flows", "{\"live\": -1, \"capacity\": 8}", "tables.flows.live",
	 "-1 is not a count"},
};

static void test_damaged(void **state)
{
	json_t *reading, *list;

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		const struct damage *damage = &damages[i];
		json_t *object;

		reading = json_deep_copy(last);
		object = at(reading, damage->in);
		if (damage->value)
			json_object_set_new(object, damage->key,
					    json_loads(damage->value, JSON_DECODE_ANY, NULL));
		else
			json_object_del(object, damage->key);
		expect_fault(reading, damage->path, damage->why);
		json_decref(reading);
	}
	/* what a later version adds is not looked at */
	reading = json_deep_copy(last);
	set_text(reading, "later", "x");
	json_object_set_new(get(reading, "total"), "rate", json_real(1.5));
	assert_int_equal(doctor_reading_check(reading, NULL), 0);
	/* more NICs than there can be; more to be remembered than there is room for */
	list = get(reading, "interfaces");
	while (json_array_size(list) <= 1024)
		json_array_append(list, json_array_get(list, 0));
	expect_fault(reading, "interfaces", "has 1025 entries, more than 1024");
	json_array_remove(list, 0);
	assert_int_equal(doctor_reading_check(reading, NULL), 0);
	list = get(reading, "rows");
	while (json_array_size(list) <= 4000000 / 1024)
		json_array_append(list, json_array_get(list, 0));
	expect_fault(reading, "", "has 3907 rows and 1024 interfaces: too many");
	json_decref(reading);
}

/* Each service is a finding, and there are very many of them. */
static void test_many(void **state)
{
	json_t *reading = json_deep_copy(last), *own, *out;
	char *text, name[32];

	(void)state;
	for (int i = 0; i < 150; i++) {
		own = json_deep_copy(row(last, EXTERNAL "6"));
		snprintf(name, sizeof(name), "site/rows/r%d", i);
		set_text(own, "id", name);
		set_text(own, "destination", name + strlen("site/rows/"));
		add(reading, "rows", own);
		set_row(reading, name, "wan0", 9, 0, 9);
	}
	judge(NULL, reading);
	assert_int_equal(report.n_more, 50);
	assert_int_equal(report.n_of[DOCTOR_PROBLEM], 150);
	out = json_of();
	assert_int_equal(json_integer_value(get(out, "more")), 50);
	assert_int_equal(json_array_size(get(out, "findings")), report.n_findings);
	json_decref(out);
	text = text_of(80, false);
	assert_non_null(strstr(text, "\n50 more of the same kinds are not shown\n"));
	assert_non_null(strstr(text, "\n150 problems, "));
	free(text);
	json_decref(reading);
}

/* --- outputs ---------------------------------------------------------------------------------- */

static void test_text(void **state)
{
	json_t *b = json_deep_copy(last);
	char *text;

	(void)state;
	set_row(b, EXTERNAL "14", "wan0", 0, 0, 0);
	set_row(b, EXTERNAL "15", "wan0", 400, 400, 40);
	judge(first, b);
	text = text_of(80, false);
	assert_non_null(strstr(text, "PROBLEM  UDP 3478 does not reach the A/V Edge"));
	assert_non_null(strstr(text, "40 new connections to TCP 443"));
	assert_non_null(strstr(text, "in the last 240.0 s"));
	assert_non_null(strstr(text, " next    Ask the firewall people: UDP 3478"));
	assert_non_null(strstr(text, "1 problem, 0 warnings, 1 note\n"));
	assert_null(strchr(text, '\033'));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 80);
	free(text);
	text = text_of(80, true);
	assert_non_null(strstr(text, "\033[1;31mPROBLEM\033[0m"));
	free(text);
	json_decref(b);
}

/* Names are anybody's choice: of NICs, roles, rows and sites. */
static void test_hostile_names(void **state)
{
	static const char hostile[] = "\x1b[31mx\x07\xe2\x80\xae<script>\"%n%s";
	json_t *b = json_deep_copy(last), *out;
	char *text;

	(void)state;
	set_text(b, "site", hostile);
	set_text(nic(b, "lan0"), "name", hostile);
	set(nic(b, hostile), "packets", 0);
	set_text(row(b, EXTERNAL "6"), "destination", hostile);
	set_row(b, EXTERNAL "6", "wan0", 100, 0, 100);
	set_text(row(b, EXTERNAL "6"), "id", hostile);
	judge(NULL, b);
	expect("nic-silent", hostile, DOCTOR_WARNING, DOCTOR_SINCE_LOAD);
	expect("sip-unanswered", NULL, DOCTOR_PROBLEM, DOCTOR_SINCE_LOAD);
	text = text_of(0, false);
	for (const char *p = text; *p; p++)
		assert_true(*p == '\n' || (unsigned char)*p >= ' ');
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_non_null(strstr(text, "\\x1b[31mx\\x07\\u{202e}<script>\"%n%s"));
	/* what it advises may be pasted into a shell */
	assert_non_null(strstr(text, "ip -s link show '\\x1b[31mx\\x07\\u{202e}<script>\"%n%s': "));
	free(text);
	out = json_of();
	assert_string_equal(json_string_value(json_object_get(out, "site")), hostile);
	json_decref(out);
	json_decref(b);
}

static void test_json(void **state)
{
	static const char *const keys[] = {"site",     "judged",    "why_not",	  "readings",
					   "seconds",  "loaded_at", "packets",	  "recent_packets",
					   "problems", "warnings",  "notes",	  "findings",
					   "more",     "clean",	    "too_little", "not_possible"};
	json_t *b = json_deep_copy(last), *out, *finding, *figure;

	(void)state;
	set_row(b, EXTERNAL "14", "wan0", 0, 0, 0);
	judge(first, b);
	out = json_of();
	assert_int_equal(json_object_size(out), sizeof(keys) / sizeof(*keys));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		assert_non_null(json_object_get(out, keys[i]));
	finding = json_array_get(get(out, "findings"), 0);
	assert_string_equal(json_string_value(get(finding, "id")), "udp-3478-blocked");
	assert_string_equal(json_string_value(get(finding, "severity")), "problem");
	assert_string_equal(json_string_value(get(finding, "when")), "now");
	figure = json_array_get(get(finding, "figures"), 1);
	assert_int_equal(json_integer_value(get(figure, "since_load")), 20);
	assert_int_equal(json_integer_value(get(figure, "recent")), 10);
	json_decref(out);
	judge(NULL, b);
	out = json_of();
	finding = json_array_get(get(out, "findings"), 0);
	assert_true(json_is_null(get(json_array_get(get(finding, "figures"), 1), "recent")));
	assert_true(json_is_null(get(out, "recent_packets")));
	json_decref(out);
	json_decref(b);
}

/* --- whatever a file holds -------------------------------------------------------------------- */

static json_t *odd_value(void)
{
	switch (rand() % 8) {
	case 0:
		return json_integer(-1);
	case 1:
		return json_integer(INT64_MAX);
	case 2:
		return json_string("");
	case 3:
		return json_pack("[i, s, {}]", 1, "x");
	case 4:
		return json_object();
	case 5:
		return json_true();
	case 6:
		return json_real(1e300);
	default:
		return json_null();
	}
}

/* Another value of the same kind, which no check of kinds finds. */
static json_t *other_value(const json_t *value)
{
	static const char *const texts[] = {
		"",
		",",
		"any",
		"edge-internal",
		"av-edge,front-end",
		"lan",
		"tcp+udp",
		"443,3478",
		"1024-65535 either way",
		"x\n\x1b[31m",
		"enforce",
		"missing",
		"wan0",
		"spoofed",
	};
	static const json_int_t counts[] = {0, 1, 100, 1000000, INT64_MAX};

	if (json_is_string(value))
		return json_string(texts[(size_t)rand() % (sizeof(texts) / sizeof(*texts))]);
	if (json_is_integer(value))
		return json_integer(counts[(size_t)rand() % (sizeof(counts) / sizeof(*counts))]);
	return json_boolean(rand() & 1);
}

static json_t *spoilt(const json_t *value, bool odd)
{
	return odd ? odd_value() : other_value(value);
}

static void spoil(json_t *value, int one_in, bool odd)
{
	const char *key;
	json_t *it;
	size_t i;
	void *next;

	if (json_is_array(value))
		json_array_foreach (value, i, it) {
			bool whole = odd || !(json_is_array(it) || json_is_object(it));

			if (whole && rand() % one_in == 0)
				json_array_set_new(value, i, spoilt(it, odd));
			else
				spoil(it, one_in, odd);
		}
	if (json_is_object(value))
		json_object_foreach_safe(value, next, key, it)
		{
			bool whole = odd || !(json_is_array(it) || json_is_object(it));

			if (whole && !json_is_null(it) && rand() % one_in == 0)
				json_object_set_new(value, key, spoilt(it, odd));
			else
				spoil(it, one_in, odd);
		}
}

static void test_spoilt(void **state)
{
	size_t judged = 0;

	(void)state;
	srand(5);
	for (int i = 0; i < 600; i++) {
		json_t *a = json_deep_copy(first), *b = json_deep_copy(last);
		bool odd = i % 3 == 0;
		int err;

		spoil(a, 5 + rand() % 200, odd);
		spoil(b, 5 + rand() % 200, odd);
		doctor_free(&report);
		err = doctor_judge(a, b, &report);
		/* of a value of its kind only a time may be none */
		assert_true(err == -EINVAL || (!odd && !err));
		if (!err) {
			free(text_of(40 + i % 100, i & 1));
			json_decref(json_of());
			judged++;
		}
		json_decref(a);
		json_decref(b);
	}
	assert_true(judged > 300);
}

static int free_report(void **state)
{
	doctor_free(&report);
	return free_fixture(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_no_traffic),
		cmocka_unit_test(test_udp_blocked),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_part_unanswered),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_few_ports),
		cmocka_unit_test(test_own_rows),
		cmocka_unit_test(test_stun_within_role),
		cmocka_unit_test(test_one_direction),
		cmocka_unit_test(test_some_nics),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_rtp),
		cmocka_unit_test(test_silent_roles),
		cmocka_unit_test(test_spoofed_nic),
		cmocka_unit_test(test_astray),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_nic_side),
		cmocka_unit_test(test_hairpin),
		cmocka_unit_test(test_inside_ports),
		cmocka_unit_test(test_inside_estimates),
		cmocka_unit_test(test_ipsec),
		cmocka_unit_test(test_enforce),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_misses),
		cmocka_unit_test(test_nics),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_not_all),
		cmocka_unit_test(test_no_reading),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_spoilt),
	};

	return cmocka_run_group_tests(tests, read_fixture, free_report);
}
