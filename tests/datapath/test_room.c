// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables that are too small for what they are to remember: what is evicted is counted, what is
 * established never goes, and the counts of events add up to what can be seen of the tables.
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

#include <cmocka.h>

#include "../oracle/guard_frame.h"
#include "kernel/instance.h"
#include "policy/site.h"
#include "policy/spec.h"
#include "stories.h"
#include "wire.h"

#define S     1000000000ull
#define MANY  600	  /* many times the places there are */
#define WORLD 0xc0000200u /* 192.0.2.0 */

static struct spec spec;

/* A policy and the program by it. */
struct room {
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct compiled compiled;
	struct instance *instance;
	uint64_t now;
	struct xe_trace told;
};

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

/* `more`: features that the program has beside those of its policy. */
static void open_site(const char *extra, unsigned more, struct room *room)
{
	char path[] = "/tmp/xe-room-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	memset(room, 0, sizeof(*room));
	assert_non_null(file);
	fprintf(file, "%s%s", story_site, extra);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(site_load(path, &spec, &room->site), 0);
	unlink(path);
	assert_int_equal(policy_resolve(&spec, &room->site, &room->policy), 0);
	assert_int_equal(nics_from_site(&room->site, &room->nics, &room->n_nics), 0);
	assert_int_equal(
		policy_compile(&room->policy, room->nics, room->n_nics, 0, &room->compiled), 0);
	room->compiled.block->guard.features |= more;
	assert_int_equal(instance_open(&room->compiled, room->nics[0].slot, &room->instance), 0);
	room->now = 1000 * S;
}

/* With small tables, in rehearse: what would be dropped is told all the same. */
static void open_room(const char *extra, struct room *room)
{
	char site[512];

	snprintf(site, sizeof(site), "mode: rehearse\n%s", extra);
	open_site(site, 0, room);
}

static void close_room(struct room *room)
{
	instance_close(room->instance);
	compiled_free(&room->compiled);
	nics_free(room->nics, room->n_nics);
	policy_free(&room->policy);
	site_free(&room->site);
}

static uint64_t event(const struct room *room, enum xe_event event)
{
	struct xe_notes notes;

	assert_int_equal(instance_notes(room->instance, &notes), 0);
	return notes.events[event];
}

/* True: it passes. */
static bool run(struct room *room, const struct guard_frame *f)
{
	uint8_t bytes[GUARD_FRAME_MAX];
	size_t len = guard_frame_write(f, bytes);

	assert_int_equal(
		instance_trace(room->instance, bytes, (uint32_t)len, room->now, &room->told), 0);
	return !room->told.verdict;
}

/* UDP from a host of the Internet to the A/V Edge's 3478, or its answer. */
static struct guard_frame stun(unsigned host, unsigned port, enum xe_sense sense)
{
	struct guard_frame f = {.tuple = {.family = 4, .proto = 17}, .payload_len = 24};
	uint32_t world = htonl(WORLD + host % 256), av = htonl(0xcb00711e); /* 203.0.113.30 */

	memcpy(sense == XE_FORWARD ? f.tuple.saddr : f.tuple.daddr, &world, 4);
	memcpy(sense == XE_FORWARD ? f.tuple.daddr : f.tuple.saddr, &av, 4);
	f.tuple.sport = (uint16_t)(sense == XE_FORWARD ? port : 3478);
	f.tuple.dport = (uint16_t)(sense == XE_FORWARD ? 3478 : port);
	f.vid = sense == XE_FORWARD ? 10 : 20;
	return f;
}

static bool forward(struct room *room, unsigned n)
{
	struct guard_frame f = stun(n, 1024 + n, XE_FORWARD);

	return run(room, &f);
}

static bool reply(struct room *room, unsigned n)
{
	struct guard_frame f = stun(n, 1024 + n, XE_REPLY);
	bool passes = run(room, &f);

	if (!passes)
		assert_int_equal(room->told.reason, XE_REASON_UNSOLICITED);
	return passes;
}

/* --- flows ------------------------------------------------------------------------------------ */

static void new_flows(void **state)
{
	unsigned remembered = 0, kept_last = 0;
	struct room room;
	uint64_t evicted;

	(void)state;
	open_room("state: {flows: 32}\n", &room);
	for (unsigned i = 0; i < MANY; i++) {
		room.now += S / 1000;
		assert_true(forward(&room, i));
		/* The newest is never the one that gives way. */
		kept_last += reply(&room, i);
	}
	assert_int_equal(kept_last, MANY);
	assert_int_equal(event(&room, XE_EVENT_FLOW_NEW), MANY);
	assert_int_equal(event(&room, XE_EVENT_FLOW_FULL), 0);
	evicted = event(&room, XE_EVENT_FLOW_EVICTED);
	for (unsigned i = 0; i < MANY; i++)
		remembered += reply(&room, i);
	print_message("%u flows through a table of 64: %u remembered, %llu evicted\n", MANY,
		      remembered, (unsigned long long)evicted);
	assert_int_equal(remembered + evicted, MANY);
	assert_in_range(remembered, 32, 64);
	/* Nobody has come since: nothing was evicted for a reply. */
	assert_int_equal(event(&room, XE_EVENT_FLOW_EVICTED), evicted);
	/* What has ended is no eviction. */
	room.now += 40 * S;
	for (unsigned i = 0; i < 8; i++)
		assert_true(forward(&room, MANY + i));
	assert_int_equal(event(&room, XE_EVENT_FLOW_EVICTED), evicted);
	close_room(&room);
}

/* The older of two that could go goes: a flow that is used stays before those that are not. */
static void oldest_goes(void **state)
{
	unsigned remembered = 0;
	struct room room;

	(void)state;
	open_room("state: {flows: 32}\n", &room);
	assert_true(forward(&room, 0));
	for (unsigned i = 1; i < MANY; i++) {
		room.now += S * 3 / 10;
		assert_true(forward(&room, i));
		/* Replied, and never more than that, but seen last. */
		remembered += reply(&room, 0);
	}
	assert_int_equal(remembered, MANY - 1);
	close_room(&room);
}

/* A flow that ended and comes again finds places free before its own: it must not stand twice. */
static void come_again(void **state)
{
	struct room room;

	(void)state;
	open_room("state: {flows: 2}\n", &room);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 4; i++)
			assert_true(forward(&room, i));
		room.now += 40 * S;
		for (unsigned i = 3; i > 0; i--) {
			assert_false(reply(&room, i));
			assert_true(forward(&room, i));
			assert_true(reply(&room, i));
			assert_true(forward(&room, i));
			assert_true(reply(&room, i));
		}
		room.now += 10000 * S;
	}
	assert_int_equal(event(&room, XE_EVENT_FLOW_EVICTED), 0);
	assert_int_equal(event(&room, XE_EVENT_FLOW_FULL), 0);
	close_room(&room);
}

/* In a table whose sets they share, each that comes back after its end gets its replies. */
static void come_back(void **state)
{
	unsigned lost = 0;
	struct room room;

	(void)state;
	/* 4,096 places: sets are shared, and by no chance are both sets of a flow full */
	open_room("state: {flows: 2048}\n", &room);
	for (unsigned i = 0; i < MANY; i++) {
		room.now += S / 1000;
		assert_true(forward(&room, i));
		assert_true(reply(&room, i));
		assert_true(forward(&room, i));
	}
	for (unsigned round = 1; round <= 6; round++) {
		room.now += 301 * S;
		/* In another order each time: others have taken places meanwhile. */
		for (unsigned i = 0; i < MANY; i++) {
			unsigned n = (i * 7 + round * 101) % MANY;

			room.now += S / 1000;
			assert_true(forward(&room, n));
			lost += !reply(&room, n);
			assert_true(forward(&room, n));
		}
		assert_int_equal(event(&room, XE_EVENT_FLOW_NEW), (round + 1) * MANY);
	}
	assert_int_equal(lost, 0);
	assert_int_equal(event(&room, XE_EVENT_FLOW_EVICTED), 0);
	assert_int_equal(event(&room, XE_EVENT_FLOW_FULL), 0);
	close_room(&room);
}

static void established_stay(void **state)
{
	unsigned established[MANY], n = 0, turned_away = 0, passed;
	struct room room;
	uint64_t full;

	(void)state;
	open_room("state: {flows: 32}\n", &room);
	/* Establish as many as there is room for. */
	for (unsigned i = 0; i < MANY; i++) {
		room.now += S / 1000;
		assert_true(forward(&room, i));
		if (!reply(&room, i)) {
			turned_away++;
			continue;
		}
		assert_true(forward(&room, i));
		established[n++] = i;
	}
	full = event(&room, XE_EVENT_FLOW_FULL);
	print_message("%u established, %u found no room\n", n, turned_away);
	assert_int_equal(event(&room, XE_EVENT_FLOW_EVICTED), 0);
	assert_in_range(n, 32, 64);
	assert_int_equal(full, turned_away);
	assert_int_equal(event(&room, XE_EVENT_FLOW_NEW), n);
	/* A flood of others moves none of them, and passes. */
	for (unsigned i = 0; i < 4 * MANY; i++)
		assert_true(forward(&room, 10000 + i));
	passed = 0;
	for (unsigned i = 0; i < n; i++)
		passed += reply(&room, established[i]);
	assert_int_equal(passed, n);
	/* With the table full of established flows each of them was counted. */
	if (n == 64) {
		assert_int_equal(event(&room, XE_EVENT_FLOW_FULL), full + 4 * MANY);
		assert_int_equal(event(&room, XE_EVENT_FLOW_EVICTED), 0);
	}
	assert_int_equal(event(&room, XE_EVENT_FLOW_FULL) + event(&room, XE_EVENT_FLOW_NEW),
			 MANY + 4 * MANY);
	close_room(&room);
}

/* --- fragments ---------------------------------------------------------------------------------
 */

static bool fragment(struct room *room, unsigned n, enum frame_fragment which)
{
	struct guard_frame f = stun(n, 1024, XE_FORWARD);

	f.fragment = which;
	f.id = n;
	f.offset = 4;
	return run(room, &f);
}

static void fragments(void **state)
{
	unsigned remembered = 0;
	struct room room;
	uint64_t evicted;

	(void)state;
	open_room("state: {fragments: 32}\n", &room);
	for (unsigned i = 0; i < MANY; i++) {
		room.now += S / 1000;
		assert_true(fragment(&room, i, FRAME_FIRST));
		assert_true(fragment(&room, i, FRAME_LATER));
	}
	evicted = event(&room, XE_EVENT_FRAGMENT_EVICTED);
	for (unsigned i = 0; i < MANY; i++) {
		if (fragment(&room, i, FRAME_LATER))
			remembered++;
		else
			assert_int_equal(room.told.reason, XE_REASON_FRAGMENT_ORPHAN);
	}
	print_message("%u fragments: %u remembered, %llu evicted\n", MANY, remembered,
		      (unsigned long long)evicted);
	assert_int_equal(remembered + evicted, MANY);
	assert_in_range(remembered, 32, 64);
	/* The same again is no new one. */
	for (unsigned i = 0; i < 5; i++)
		assert_true(fragment(&room, MANY - 1, FRAME_FIRST));
	assert_int_equal(event(&room, XE_EVENT_FRAGMENT_EVICTED), evicted);
	/* Nor is room that was freed by time an eviction. */
	room.now += 40 * S;
	for (unsigned i = 0; i < 8; i++)
		assert_true(fragment(&room, i, FRAME_FIRST));
	assert_int_equal(event(&room, XE_EVENT_FRAGMENT_EVICTED), evicted);
	close_room(&room);
}

/* --- buckets -----------------------------------------------------------------------------------
 */

/* From another source each, so that each has a bucket of its own. */
static bool ask(struct room *room, unsigned n)
{
	struct guard_frame f = stun(n, 1024, XE_FORWARD);

	f.tuple.saddr[1] = (uint8_t)(n / 256);
	return run(room, &f);
}

static void buckets(void **state)
{
	unsigned passed = 0, limited = 0;
	struct room room;
	uint64_t evicted;

	(void)state;
	open_room("state: {sources: 32}\n"
		  "verdicts: [{row: lync2013-edge-nat/external/14, limit: 1/h per source, "
		  "limit_on: packets}]\n",
		  &room);
	for (unsigned i = 0; i < MANY; i++) {
		room.now += S / 1000;
		assert_true(ask(&room, i));
		passed++;
		assert_false(ask(&room, i));
		assert_int_equal(room.told.reason, XE_REASON_LIMITED);
	}
	evicted = event(&room, XE_EVENT_BUCKET_EVICTED);
	print_message("%u sources: %llu buckets evicted\n", MANY, (unsigned long long)evicted);
	assert_in_range(MANY - evicted, 32, 64);
	/* Whoever is let pass again had been forgotten, and takes another's place. */
	for (unsigned i = MANY; i-- > 0;) {
		if (ask(&room, i))
			passed++;
		else
			limited++;
	}
	assert_true(limited > 0);
	evicted = event(&room, XE_EVENT_BUCKET_EVICTED);
	assert_in_range(passed - evicted, 32, 64);
	/* Full again is free: none gives way. */
	room.now += 3601 * S;
	for (unsigned i = 0; i < 8; i++)
		assert_true(ask(&room, 2 * MANY + i));
	assert_int_equal(event(&room, XE_EVENT_BUCKET_EVICTED), evicted);
	close_room(&room);
}

/* --- a program that can do more than its policy asks -------------------------------------------
 */

/* Packets of every kind that a row, or none, decides; false: there are no more. */
static bool kind_of_packet(unsigned n, struct guard_frame *f)
{
	static const uint8_t flags[] = {0x02, 0x12, 0x10, 0x11, 0x04};
	static const uint16_t ports[] = {53, 80, 443, 3478, 5061, 5062, 50000, 50123, 7777};
	static const uint8_t protos[] = {6, 17, 47, 50};
	unsigned n_flags = sizeof(flags), n_ports = sizeof(ports) / sizeof(*ports);

	*f = stun(n, 40000, n % 2 ? XE_REPLY : XE_FORWARD);
	n /= 2;
	*(n % 2 ? &f->tuple.sport : &f->tuple.dport) = ports[n / 2 % n_ports];
	n /= 2 * n_ports;
	f->tcp_flags = flags[n % n_flags];
	n /= n_flags;
	f->tuple.proto = protos[n % sizeof(protos)];
	n /= sizeof(protos);
	f->fragment = n % 3 == 0 ? FRAME_WHOLE : n % 3 == 1 ? FRAME_FIRST : FRAME_LATER;
	f->id = 7;
	f->offset = 4;
	return n / 3 == 0;
}

/* For a moment of a reload such a one runs by a policy without verdicts: it counts as the plain. */
static void superset(void **state)
{
	unsigned more = XE_FEATURE_WATCH | XE_FEATURE_GUARD | XE_FEATURE_STATE |
			XE_FEATURE_PAYLOAD | XE_FEATURE_LIMITS | XE_FEATURE_NAT;
	struct room room, plain;
	struct xe_verdicts verdicts;
	struct guard_frame f;
	unsigned n;

	(void)state;
	open_site("mode: monitor\nsuggest: no\n", 0, &plain);
	assert_int_equal(plain.compiled.block->guard.features, 0);
	open_site("mode: monitor\nsuggest: no\n", more, &room);
	for (n = 0; kind_of_packet(n, &f); n++) {
		uint8_t bytes[GUARD_FRAME_MAX];
		size_t len = guard_frame_write(&f, bytes);
		uint32_t atom;

		assert_int_equal(instance_run(plain.instance, bytes, (uint32_t)len, &atom), 0);
		room.now += S / 10;
		assert_true(run(&room, &f));
		assert_int_equal(room.told.atom, atom);
		assert_int_equal(instance_action(room.instance), instance_action(plain.instance));
	}
	for (uint32_t atom = 0; atom < plain.compiled.n_atoms; atom++) {
		struct xe_counter by, of;

		assert_int_equal(instance_counter(room.instance, atom, &by), 0);
		assert_int_equal(instance_counter(plain.instance, atom, &of), 0);
		assert_int_equal(by.packets, of.packets);
		assert_int_equal(by.bytes, of.bytes);
	}
	for (uint32_t role = 0; role <= spec.n_roles; role++) {
		assert_int_equal(instance_verdicts(room.instance, role, &verdicts), 0);
		for (int i = 0; i < XE_REASON_COUNT; i++) {
			assert_int_equal(verdicts.would[i].packets, 0);
			assert_int_equal(verdicts.dropped[i].packets, 0);
		}
	}
	for (int i = 0; i < XE_EVENT_COUNT; i++)
		assert_int_equal(event(&room, (enum xe_event)i), 0);
	print_message("%u packets are counted alike\n", n);
	close_room(&room);
	close_room(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_flows),	    cmocka_unit_test(oldest_goes),
		cmocka_unit_test(come_again),	    cmocka_unit_test(come_back),
		cmocka_unit_test(established_stay), cmocka_unit_test(fragments),
		cmocka_unit_test(buckets),	    cmocka_unit_test(superset),
	};

	return cmocka_run_group_tests(tests, open_spec, close_spec);
}
