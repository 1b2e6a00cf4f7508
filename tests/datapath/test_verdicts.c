// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts by hand: every row of the Edge and the Director tables, forward, in reply to a flow, in
 * reply to none, and near misses; and stories of packets one after the other. In each mode, and
 * each packet by the second oracle too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/bpf.h>

#include <cmocka.h>

#include "../oracle/guard_frame.h"
#include "cases.h"
#include "lane.h"
#include "policy/site.h"
#include "policy/spec.h"
#include "stories.h"
#include "wire.h"

#define S     1000000000ull
#define START (1000 * S)
#define LONG  (8000 * S) /* after which nothing is remembered */

#define VLAN(side) (10u * (1 + (side)))

static struct spec spec;

static int open_spec(void **state)
{
	(void)state;
	return spec_load("maps/spec", &spec);
}

static int close_spec(void **state)
{
	(void)state;
	spec_free(&spec);
	return 0;
}

/* What a step expects, for one whose packet is dropped for `reason` or passes, by name or not. */
static const char *told_text(const struct lane *lane, char buf[40])
{
	if (lane->told.verdict)
		snprintf(buf, 40, "%s", reason_text(lane->told.reason));
	else if (lane->told.exempt)
		snprintf(buf, 40, "as %s", exempt_text(lane->told.exempt - 1));
	else
		snprintf(buf, 40, "pass");
	return buf;
}

static void run(struct lane *lane, uint64_t now, const uint8_t *frame, size_t len, const char *what)
{
	struct guard_outcome out;

	if (!lane_run(lane, now, frame, len, &out))
		fail_msg("%s, in %s", what, mode_text(lane->site.mode));
	if (out.open)
		fail_msg("%s: between its time and a second more", what);
}

static void open_lane(const struct site *site, enum xe_mode mode, struct lane *lane)
{
	bool too_large;

	if (!lane_open(&spec, site, mode, lane, &too_large))
		fail_msg("no policy of %s in %s", site->path, mode_text(mode));
}

static void close_lane(struct lane *lane)
{
	if (!lane_totals(lane))
		fail_msg("counters of mode %s", mode_text(lane->site.mode));
	lane_close(lane);
}

/* --- rows --------------------------------------------------------------------------------------
 */

struct rows_run {
	struct lane lane;
	const struct case_list *list;
	uint64_t now;
	bool *forward, *reply, *unsolicited; /* by row: one was let pass, or not */
};

/* The site's NICs as VLANs of one, by which an instance gets all packets. */
static void one_nic(struct site *site, struct site_interface interfaces[XE_SIDE_MIRROR])
{
	memset(interfaces, 0, XE_SIDE_MIRROR * sizeof(*interfaces));
	for (unsigned side = 0; side < XE_SIDE_MIRROR; side++) {
		strcpy(interfaces[side].name, "wan0");
		interfaces[side].side = (enum xe_side)side;
		interfaces[side].vlan = (uint16_t)VLAN(side);
	}
	site->interfaces = interfaces;
	site->n_interfaces = XE_SIDE_MIRROR;
}

static void make_frame(const struct packet_case *c, bool v6, struct guard_frame *f)
{
	memset(f, 0, sizeof(*f));
	f->tuple.family = v6 ? 6 : 4;
	f->tuple.proto = c->kind == UDP ? 17 : 6;
	f->tuple.sport = (uint16_t)c->sport;
	f->tuple.dport = (uint16_t)c->dport;
	f->tuple.syn = c->kind == SYN;
	f->tcp_flags = c->kind == SYN ? TCP_SYN : TCP_ACK;
	f->vid = VLAN(c->side);
	assert_int_equal(
		inet_pton(v6 ? AF_INET6 : AF_INET, v6 ? c->source6 : c->source4, f->tuple.saddr),
		1);
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, v6 ? c->destination6 : c->destination4,
				   f->tuple.daddr),
			 1);
}

/* The packet the other way round, by a side where it is decided in that sense. False: there is
 * none.
 */
static bool turned(struct rows_run *r, const struct guard_frame *f, enum xe_sense sense,
		   struct guard_frame *out)
{
	*out = *f;
	memcpy(out->tuple.saddr, f->tuple.daddr, 16);
	memcpy(out->tuple.daddr, f->tuple.saddr, 16);
	out->tuple.sport = f->tuple.dport;
	out->tuple.dport = f->tuple.sport;
	out->tuple.syn = false;
	out->tcp_flags = f->tuple.syn ? TCP_SYN | TCP_ACK : TCP_ACK;
	for (unsigned side = 0; side < XE_SIDE_MIRROR; side++) {
		struct oracle_verdict v;

		oracle_classify(guard_oracle_rows(r->lane.oracle), (enum xe_side)side, &out->tuple,
				&v);
		out->vid = VLAN(side);
		if (v.row && v.sense == sense)
			return true;
	}
	return false;
}

static void expect(struct rows_run *r, const struct guard_frame *f, const char *name,
		   const char *which, const char *expected)
{
	uint8_t bytes[GUARD_FRAME_MAX];
	char what[128], got[40];

	snprintf(what, sizeof(what), "%s%s, IPv%u", name, which, f->tuple.family);
	run(&r->lane, r->now, bytes, guard_frame_write(f, bytes), what);
	if (strcmp(told_text(&r->lane, got), expected) != 0)
		fail_msg("%s, in %s: expected %s, got %s", what, mode_text(r->lane.site.mode),
			 expected, got);
}

static void mark(struct rows_run *r, bool *of_row)
{
	uint32_t row = r->lane.compiled.atoms[r->lane.told.atom].row;

	if (row != XE_NO_ROW)
		of_row[row] = true;
}

/* Nothing is remembered before; then what makes a reply a reply. */
static void run_case(struct rows_run *r, const struct packet_case *c, bool v6)
{
	bool remembers = r->lane.site.mode != XE_MODE_MONITOR;
	char first = c->expected[strcspn(c->expected, "<>")];
	bool instead = first == '<' && strchr(c->expected, '>');
	struct guard_frame f, other;

	make_frame(c, v6, &f);
	r->now += LONG;
	if (!first) {
		expect(r, &f, c->name, "", strcmp(c->expected, "foreign") ? c->expected : "pass");
		return;
	}
	if (first == '>' || instead || !remembers) {
		expect(r, &f, c->name, "", "pass");
		if (first == '>')
			mark(r, r->forward);
	} else {
		expect(r, &f, c->name, ", not asked for", "unsolicited");
		assert_int_equal(r->lane.told.atom, XE_MISS_UNSOLICITED);
	}
	if (first == '>' && turned(r, &f, XE_REPLY, &other)) {
		expect(r, &other, c->name, ", its reply", "pass");
		mark(r, r->reply);
	}
	r->now += LONG;
	if (first == '<' && turned(r, &f, XE_FORWARD, &other)) {
		expect(r, &other, c->name, ", what it replies to", "pass");
		expect(r, &f, c->name, ", asked for", "pass");
		mark(r, r->reply);
		r->now += LONG;
		if (instead || !remembers)
			return;
		expect(r, &f, c->name, ", long after", "unsolicited");
		for (size_t i = 0; i < r->lane.policy.n_rows; i++) {
			const char *id = r->lane.policy.rows[i].row->id;
			size_t skip = strlen(r->list->document), n = strcspn(c->expected, "<");

			if (strncmp(id + skip, c->expected, n) == 0 && !id[skip + n])
				r->unsolicited[i] = true;
		}
	}
}

static void check_cover(const struct rows_run *r)
{
	bool remembers = r->lane.site.mode != XE_MODE_MONITOR;

	for (size_t i = 0; i < r->lane.policy.n_rows; i++) {
		const char *id = r->lane.policy.rows[i].row->id;
		char word[64];

		snprintf(word, sizeof(word), "%s ", id + strlen(r->list->document));
		if (strstr(r->list->never_decide, word))
			continue;
		if (!r->forward[i] || !r->reply[i] || (remembers && !r->unsolicited[i]))
			fail_msg("%s is not covered: forward %d, reply %d, unsolicited %d", id,
				 r->forward[i], r->reply[i], r->unsolicited[i]);
	}
}

static void run_rows(const struct case_list *list, enum xe_mode mode)
{
	struct rows_run r = {.list = list, .now = START};
	struct site_interface interfaces[XE_SIDE_MIRROR], *was;
	struct site site;
	size_t n_rows, n_was;

	assert_int_equal(site_load(list->site, &spec, &site), 0);
	was = site.interfaces;
	n_was = site.n_interfaces;
	one_nic(&site, interfaces);
	open_lane(&site, mode, &r.lane);
	n_rows = r.lane.policy.n_rows;
	r.forward = calloc(3 * n_rows, sizeof(*r.forward));
	assert_non_null(r.forward);
	r.reply = r.forward + n_rows;
	r.unsolicited = r.reply + n_rows;
	for (size_t i = 0; i < list->n; i++) {
		run_case(&r, &list->cases[i], false);
		run_case(&r, &list->cases[i], true);
	}
	check_cover(&r);
	print_message("%s in %s: %zu cases, IPv4 and IPv6, %llu packets\n", list->document,
		      mode_text(mode), list->n, (unsigned long long)r.lane.packets);
	free(r.forward);
	close_lane(&r.lane);
	site.interfaces = was;
	site.n_interfaces = n_was;
	site_free(&site);
}

static void edge_rows(void **state)
{
	run_rows(&cases_edge, *(enum xe_mode *)*state);
}

static void director_rows(void **state)
{
	run_rows(&cases_director, *(enum xe_mode *)*state);
}

/* --- stories ------------------------------------------------------------------------------------
 */

/* A site from YAML: what all have, the mode, and what this one has besides. */
static void read_site(const char *extra, struct site *site)
{
	char path[] = "/tmp/xe-story-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	assert_non_null(file);
	fprintf(file, "%s%s", story_site, extra);
	assert_int_equal(fclose(file), 0);
	if (site_load(path, &spec, site) != 0)
		fail_msg("not a site: %s", extra);
	unlink(path);
}

static size_t write_step(const struct step *s, uint8_t bytes[GUARD_FRAME_MAX])
{
	unsigned what = s->kind & 0xf0000;
	struct guard_frame f = {.vid = VLAN(s->side), .id = s->id, .hop_limit = s->hops};
	uint8_t to[6];

	if (what == STEP_ETHERTYPE(0)) {
		if (s->source)
			assert_int_equal(sscanf(s->source, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &to[0],
						&to[1], &to[2], &to[3], &to[4], &to[5]),
					 6);
		return guard_frame_other(s->kind & 0xffff, s->source ? to : NULL, f.vid, bytes);
	}
	f.tuple.family = strchr(s->source, ':') ? 6 : 4;
	assert_int_equal(
		inet_pton(f.tuple.family == 6 ? AF_INET6 : AF_INET, s->source, f.tuple.saddr), 1);
	assert_int_equal(
		inet_pton(f.tuple.family == 6 ? AF_INET6 : AF_INET, s->destination, f.tuple.daddr),
		1);
	f.tuple.sport = (uint16_t)s->sport;
	f.tuple.dport = (uint16_t)s->dport;
	f.tcp_flags = s->kind & 0xff;
	f.icmp_type = s->kind >> 8 & 0xff;
	f.icmp_code = s->kind & 0xff;
	f.tuple.proto = what == STEP_TCP(0)	? 6
			: what == STEP_UDP	? 17
			: what == STEP_PROTO(0) ? s->kind & 0xff
			: f.tuple.family == 6	? 58
						: 1;
	if (s->kind & STEP_FIRST)
		f.fragment = FRAME_FIRST;
	if (s->kind & STEP_LATER) {
		f.fragment = FRAME_LATER;
		f.offset = 4;
	}
	f.cut = s->kind & STEP_CUT ? 8 : s->kind & STEP_BYTE ? 1 : 0;
	f.payload_len = 24;
	return guard_frame_write(&f, bytes);
}

static enum xe_mode other_mode(enum xe_mode mode)
{
	return mode == XE_MODE_ENFORCE ? XE_MODE_REHEARSE : XE_MODE_ENFORCE;
}

static void run_step(struct lane *lane, const struct site *site, const struct story *story,
		     const struct step *step, uint64_t now)
{
	enum xe_mode mode = lane->site.mode;
	uint8_t bytes[GUARD_FRAME_MAX];
	char what[160], got[40];
	bool drops;

	if (step->kind == STEP_RELOAD || step->kind == STEP_TURN) {
		if (step->kind == STEP_TURN && mode != XE_MODE_MONITOR)
			mode = other_mode(mode);
		assert_true(lane_reload(lane, site, mode));
		return;
	}
	snprintf(what, sizeof(what), "%s, step %zu: %s", story->name,
		 (size_t)(step - story->steps) + 1, step->name);
	run(lane, now, bytes, write_step(step, bytes), what);
	/* What needs no memory has been compared with the oracle; the story is of the others. */
	if (mode == XE_MODE_MONITOR)
		return;
	if (strcmp(told_text(lane, got), step->expected) != 0)
		fail_msg("%s, in %s: expected %s, got %s", what, mode_text(mode), step->expected,
			 got);
	drops = mode == XE_MODE_ENFORCE && strcmp(step->expected, "pass") != 0 &&
		strncmp(step->expected, "as ", 3) != 0;
	assert_int_equal(lane->action, drops ? XDP_DROP : XDP_PASS);
}

/* A story in a mode. */
struct telling {
	const struct story *story;
	enum xe_mode mode;
};

static void tell_story(void **state)
{
	const struct telling *telling = *state;
	const struct story *story = telling->story;
	struct lane lane;
	struct site site;
	uint64_t now = START;

	read_site(story->site, &site);
	open_lane(&site, telling->mode, &lane);
	for (size_t i = 0; i < story->n; i++) {
		now += story->steps[i].after;
		run_step(&lane, &site, story, &story->steps[i], now);
	}
	close_lane(&lane);
	site_free(&site);
}

/* --- modes --------------------------------------------------------------------------------------
 */

static const struct step stray = {"a packet that no row allows",
				  0,
				  XE_SIDE_INTERNET,
				  STEP_UDP,
				  "192.0.2.77",
				  1,
				  "203.0.113.10",
				  1,
				  "unmatched"};

static void expect_stray(struct lane *lane, uint64_t now, uint32_t action)
{
	uint8_t bytes[GUARD_FRAME_MAX];

	run(lane, now, bytes, write_step(&stray, bytes), stray.name);
	assert_int_equal(lane->told.verdict, 1);
	assert_int_equal(lane->told.reason, XE_REASON_UNMATCHED);
	assert_int_equal(lane->action, action);
}

static void deadline(void **state)
{
	struct lane lane;
	struct site site;

	(void)state;
	read_site("", &site);
	open_lane(&site, XE_MODE_ENFORCE, &lane);
	expect_stray(&lane, START, XDP_DROP);
	lane_deadline(&lane, START + 60 * S);
	expect_stray(&lane, START, XDP_DROP);
	expect_stray(&lane, START + 60 * S - 1, XDP_DROP);
	expect_stray(&lane, START + 60 * S + 1, XDP_PASS);
	expect_stray(&lane, START + LONG, XDP_PASS);
	lane_deadline(&lane, 0);
	expect_stray(&lane, START + LONG, XDP_DROP);
	close_lane(&lane);
	site_free(&site);
}

/* Copies are dropped whatever they are; what would be is counted, and never as dropped. */
static void mirror(void **state)
{
	struct site_interface interface = {.name = "wan0", .side = XE_SIDE_MIRROR}, *was;
	enum xe_mode mode = *(enum xe_mode *)*state;
	struct lane lane;
	struct site site;
	size_t n_was;

	read_site("", &site);
	was = site.interfaces;
	n_was = site.n_interfaces;
	site.interfaces = &interface;
	site.n_interfaces = 1;
	open_lane(&site, mode, &lane);
	for (size_t i = 0; i < n_stories; i++) {
		const struct story *story = &stories[i];
		uint64_t now = START + i * 100 * LONG;

		for (size_t k = 0; k < story->n; k++) {
			uint8_t bytes[GUARD_FRAME_MAX];

			now += story->steps[k].after;
			if (!story->steps[k].expected)
				continue;
			run(&lane, now, bytes, write_step(&story->steps[k], bytes), story->name);
			assert_int_equal(lane.action, XDP_DROP);
		}
	}
	for (unsigned role = 0; role < XE_ROLES_MAX; role++)
		for (int i = 0; i < XE_REASON_COUNT; i++)
			assert_int_equal(lane.verdicts[role].dropped[i].packets, 0);
	close_lane(&lane);
	site.interfaces = was;
	site.n_interfaces = n_was;
	site_free(&site);
}

#define MODES 3

/* With an argument: only tests whose names it matches, as `*, enforce`. */
int main(int argc, char **argv)
{
	static enum xe_mode modes[MODES] = {XE_MODE_MONITOR, XE_MODE_REHEARSE, XE_MODE_ENFORCE};
	static const struct {
		const char *name;
		void (*test)(void **state);
	} of_mode[] = {
		{"edge_rows", edge_rows}, {"director_rows", director_rows}, {"mirror", mirror}};
	enum { OF_MODE = sizeof(of_mode) / sizeof(*of_mode) };
	size_t n = 0, total = MODES * (OF_MODE + n_stories) + 1;
	struct telling *tellings = calloc(MODES * n_stories, sizeof(*tellings));
	struct CMUnitTest *tests = calloc(total, sizeof(*tests));
	char(*names)[80] = calloc(total, sizeof(*names));
	int failed;

	if (!tellings || !tests || !names)
		return 1;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	for (int m = 0; m < MODES; m++) {
		for (size_t i = 0; i < OF_MODE; i++, n++) {
			snprintf(names[n], 80, "%s, %s", of_mode[i].name, mode_text(modes[m]));
			tests[n].test_func = of_mode[i].test;
			tests[n].initial_state = &modes[m];
		}
		for (size_t i = 0; i < n_stories; i++, n++) {
			struct telling *telling = &tellings[m * n_stories + i];

			*telling = (struct telling){&stories[i], modes[m]};
			snprintf(names[n], 80, "%s, %s", stories[i].name, mode_text(modes[m]));
			tests[n].test_func = tell_story;
			tests[n].initial_state = telling;
		}
	}
	strcpy(names[n], "deadline, enforce");
	tests[n++].test_func = deadline;
	for (size_t i = 0; i < n; i++)
		tests[i].name = names[i];
	failed = _cmocka_run_group_tests("verdicts", tests, n, open_spec, close_spec);
	free(tests);
	free(names);
	free(tellings);
	return failed;
}
