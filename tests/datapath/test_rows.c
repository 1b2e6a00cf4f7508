// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every active row of every example site: packets that the oracle finds for it in each sense and
 * family, and from each of them the near misses: other ports at every boundary, the other protocol,
 * as SYN and not, the neighbour's address, every other NIC, the other way round. The oracle states
 * which row or miss each of them is; the program, the same code in user space and the counters must
 * say so too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "../oracle/reach.h"
#include "probe.h"
#include "wire.h"

/* Packets found for a row, a sense and a family, over different kinds of addresses. */
#define WITNESSES 3

struct rows_test {
	struct probe p;
	struct reach reach;
	size_t row; /* the one the packets are about, in effective order */
	const char *id;
	/*
	 * of this row: packets that it decided, by sense; that it stood in; near misses that others
	 * or none decided
	 */
	unsigned decided[2], matched, elsewhere;
	/* of the site */
	unsigned never_decides, not_found[REACH_REASONS];
};

static bool in_matches(const struct outcome *out, const char *id, enum xe_sense sense)
{
	char word[XE_ROW_ID_MAX + 8], all[sizeof(out->matches) + 1];

	/* A space on both sides, so that no id is found as the end of another. */
	snprintf(word, sizeof(word), " %s%c ", id, sense == XE_FORWARD ? '>' : '<');
	snprintf(all, sizeof(all), " %s", out->matches);
	return strstr(all, word) != NULL;
}

/* One packet by the entry of `side`, if the site has one. */
static bool try_tuple(struct rows_test *t, enum xe_side side, const struct tuple *tuple,
		      struct outcome *out)
{
	static struct wire w;
	char name[XE_ROW_ID_MAX + 64];
	size_t nic;
	uint16_t vid;

	if (!probe_entry(&t->p, side, &nic, &vid))
		return false;
	wire_tuple(&w, tuple, vid);
	snprintf(name, sizeof(name), "%s: about %s, from %s", t->p.site.path, t->id,
		 side_text(side));
	probe_agree(&t->p, nic, w.bytes, w.len, name, out);
	if (out->row && strcmp(out->row, t->id) == 0)
		t->decided[out->sense]++;
	else
		t->elsewhere++;
	if (in_matches(out, t->id, XE_FORWARD) || in_matches(out, t->id, XE_REPLY))
		t->matched++;
	return true;
}

/* A variant of a packet, not SYN and SYN. */
static void try_both(struct rows_test *t, enum xe_side side, const struct tuple *tuple)
{
	struct tuple packet = *tuple;
	struct outcome out;

	packet.syn = false;
	try_tuple(t, side, &packet, &out);
	if (packet.proto != IPPROTO_TCP)
		return;
	packet.syn = true;
	try_tuple(t, side, &packet, &out);
}

/* lo-1, lo, hi, hi+1 of every range, put at `port`, which is one of the ports of `packet`. */
static void try_boundaries(struct rows_test *t, enum xe_side side, struct tuple *packet,
			   uint16_t *port, const struct port_set *set)
{
	uint16_t was = *port;

	for (size_t i = 0; i < set->n; i++) {
		const uint16_t at[] = {(uint16_t)(set->v[i].lo - 1), set->v[i].lo, set->v[i].hi,
				       (uint16_t)(set->v[i].hi + 1)};

		for (size_t k = 0; k < 4; k++) {
			*port = at[k];
			try_both(t, side, packet);
		}
	}
	*port = was;
}

static void try_neighbours(struct rows_test *t, enum xe_side side, struct tuple *packet,
			   uint8_t *addr)
{
	uint8_t was[16];

	memcpy(was, addr, sizeof(was));
	for (int step = -1; step <= 1; step += 2) {
		addr_step(packet->family, addr, step);
		try_both(t, side, packet);
		memcpy(addr, was, sizeof(was));
	}
}

static void turn_round(struct tuple *packet)
{
	const struct tuple was = *packet;

	memcpy(packet->saddr, was.daddr, sizeof(was.daddr));
	memcpy(packet->daddr, was.saddr, sizeof(was.saddr));
	packet->sport = was.dport;
	packet->dport = was.sport;
}

static void try_near(struct rows_test *t, const struct witness *w, enum xe_sense sense)
{
	const struct oracle_row *row = &oracle_rows(t->p.oracle, &(size_t){0})[t->row];
	struct tuple packet = w->tuple;
	uint16_t *sport = sense == XE_FORWARD ? &packet.sport : &packet.dport;
	uint16_t *dport = sense == XE_FORWARD ? &packet.dport : &packet.sport;

	try_both(t, w->side, &packet);
	try_boundaries(t, w->side, &packet, dport, row->ports);
	try_boundaries(t, w->side, &packet, sport, row->either ? row->ports : row->source_ports);
	try_neighbours(t, w->side, &packet, packet.saddr);
	try_neighbours(t, w->side, &packet, packet.daddr);
	for (int side = 0; side < XE_SIDE_COUNT; side++) {
		if (side != (int)w->side)
			try_both(t, side, &packet);
		turn_round(&packet);
		try_both(t, side, &packet);
		turn_round(&packet);
	}
	packet.proto = packet.proto == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
	try_both(t, w->side, &packet);
	packet.proto = IPPROTO_ESP;
	try_both(t, w->side, &packet);
	packet.proto = IPPROTO_GRE;
	try_both(t, w->side, &packet);
}

/* How many packets there were for the row in this sense and family. */
static size_t try_row(struct rows_test *t, enum xe_sense sense, uint8_t family)
{
	struct witness found[WITNESSES];
	enum reach_reason reason;
	size_t n = reach_find(&t->reach, t->row, sense, family, found, WITNESSES, &reason);

	t->not_found[reason] += n == 0;
	assert_int_not_equal(reason, REACH_NEVER);
	for (size_t i = 0; i < n; i++) {
		struct outcome out;

		assert_true(try_tuple(t, found[i].side, &found[i].tuple, &out));
		if (!in_matches(&out, t->id, sense))
			fail_msg("%s %s: not in the match set of its own packet", t->id,
				 sense_text(sense));
		try_near(t, &found[i], sense);
	}
	return n;
}

static void try_site(const char *path)
{
	struct rows_test t = {0};
	const struct oracle_row *rows;
	unsigned active = 0, decided = 0;
	time_t start = time(NULL);
	size_t n_rows;

	probe_open(&t.p, path);
	reach_open(t.p.oracle, &t.p.spec, &t.p.site, nics_sides(t.p.nics, t.p.n_nics), &t.reach);
	rows = oracle_rows(t.p.oracle, &n_rows);
	assert_int_equal(n_rows, t.p.policy.n_rows);
	for (t.row = 0; t.row < n_rows; t.row++) {
		size_t found = 0;

		t.id = rows[t.row].row->id;
		assert_string_equal(t.id, t.p.policy.rows[t.row].row->id);
		assert_int_equal(rows[t.row].active, t.p.policy.rows[t.row].active);
		if (!rows[t.row].active)
			continue;
		active++;
		t.decided[XE_FORWARD] = t.decided[XE_REPLY] = t.matched = t.elsewhere = 0;
		for (int family = 4; family <= 6; family += 2)
			for (int sense = XE_FORWARD; sense <= XE_REPLY; sense++)
				found += try_row(&t, sense, family);
		if (found == 0 || t.matched == 0 || t.elsewhere == 0)
			fail_msg("%s: %s is active, but no packet was found for it", path, t.id);
		decided += t.decided[XE_FORWARD] || t.decided[XE_REPLY];
		t.never_decides += !t.decided[XE_FORWARD] && !t.decided[XE_REPLY];
	}
	assert_true(active > 0);
	probe_sweep(&t.p);
	print_message("%s: %u active rows, %u decide, %lu packets, %zu atoms, %ld s\n", path,
		      active, decided, t.p.runs, t.p.compiled.n_atoms, (long)(time(NULL) - start));
	for (int i = REACH_FOUND + 1; i < REACH_REASONS; i++)
		if (t.not_found[i])
			print_message("  row, sense, family without a packet: %u %s\n",
				      t.not_found[i], reach_reason_text[i]);
	reach_close(&t.reach);
	probe_close(&t.p);
}

static void site(void **state)
{
	try_site(*state);
}

int main(void)
{
#define SITE(path)                                     \
	{                                              \
		path, site, NULL, NULL, (void *)(path) \
	}
	const struct CMUnitTest tests[] = {
		SITE("maps/sites/consolidated-nat.yaml"),
		SITE("maps/sites/single-address.yaml"),
		SITE("maps/sites/scaled-hlb.yaml"),
		SITE("maps/sites/mirror-port.yaml"),
		SITE("maps/sites/internal-servers.yaml"),
		SITE("maps/sites/lab.yaml"),
		SITE("tests/fixtures/datapath/perimeter.yaml"),
		SITE("tests/fixtures/datapath/hairpin.yaml"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
