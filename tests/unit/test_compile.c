// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler with many rows: random rows with literal prefixes against a scan over all of them,
 * in every layout of the tables; and what is refused. The oracle (tests/oracle) compares meaning on
 * small sites; this compares size.
 */
#include "input.h"

#include <errno.h>

#include "policy/addr.h"
#include "policy/compile.h"
#include "policy/site.h"
#include "policy/spec.h"

static struct spec spec;

/* A site in memory, as resolved. */
struct world {
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
};

static void world_open(struct world *w, const char *path)
{
	assert_int_equal(site_load(path, &spec, &w->site), 0);
	assert_int_equal(policy_resolve(&spec, &w->site, &w->policy), 0);
	assert_int_equal(nics_from_site(&w->site, &w->nics, &w->n_nics), 0);
}

static void world_close(struct world *w)
{
	nics_free(w->nics, w->n_nics);
	policy_free(&w->policy);
	site_free(&w->site);
}

static int compile(const struct world *w, enum compile_layout layout, size_t max_memory,
		   struct compiled *out)
{
	const struct compile_options options = {.max_memory = max_memory, .layout = layout};

	return policy_compile_with(&w->policy, w->nics, w->n_nics, 0, &options, out);
}

/* --- random rules ---------------------------------------------------------------------------- */

static uint64_t random_state;

/* splitmix64 */
static uint32_t random_below(uint32_t n)
{
	uint64_t x = random_state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(x >> 33) % n;
}

/* Few networks, nested, so that many rows meet. */
static void write_prefix(FILE *f, const char *key)
{
	static const unsigned lengths[] = {0, 8, 12, 16, 22, 24, 28, 32};
	unsigned length = lengths[random_below(8)];
	uint32_t addr = 10u << 24 | random_below(3) << 16 | random_below(4) << 8 | random_below(6);

	if (random_below(12) == 0) {
		fprintf(f, ", %s: any", key);
		return;
	}
	if (random_below(5) == 0) {
		fprintf(f, ", %s: \"2001:db8:%x::%x/%u\"", key, random_below(3), 0,
			48 + 8 * random_below(3));
		return;
	}
	addr &= length ? ~0u << (32 - length) : 0;
	fprintf(f, ", %s: %u.%u.%u.%u/%u", key, addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
		addr & 255, length);
}

static void write_ports(FILE *f, const char *key)
{
	unsigned lo = 1 + random_below(40), hi = lo + random_below(20);

	switch (random_below(4)) {
	case 0:
		fprintf(f, ", %s: any", key);
		break;
	case 1:
		fprintf(f, ", %s: %u", key, lo);
		break;
	case 2:
		fprintf(f, ", %s: %u-%u", key, lo, hi);
		break;
	case 3:
		fprintf(f, ", %s: [%u, %u-%u]", key, lo, hi + 2, hi + 4);
		break;
	}
}

static void write_rules(const char *path, size_t n, uint64_t seed)
{
	static const char *const l4[] = {"tcp", "udp", "tcp+udp", "any"};
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	random_state = seed;
	fprintf(f, "name: t\nmode: monitor\ntables: []\nroles: {}\n"
		   "interfaces: {a0: internet, a1: lan}\nrows:\n");
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "  - {name: r%zu, l4: %s", i, l4[random_below(4)]);
		write_prefix(f, "source");
		write_prefix(f, "destination");
		write_ports(f, "ports");
		if (random_below(3) == 0)
			write_ports(f, "source_ports");
		fprintf(f, ", reply: %s}\n", random_below(2) ? "yes" : "no");
	}
	assert_int_equal(fclose(f), 0);
}

/* --- the scan -------------------------------------------------------------------------------- */

static bool end_holds(const struct end *end, int family, const uint8_t *addr)
{
	if (end->kind == END_ANY)
		return true;
	for (size_t i = 0; i < end->prefixes.n; i++)
		if (prefix_contains(&end->prefixes.v[i], family, addr))
			return true;
	return false;
}

static bool row_holds(const struct effective_row *row, const struct tuple *t, bool reply)
{
	unsigned l4 = t->proto == 6 ? L4_TCP : t->proto == 17 ? L4_UDP : L4_OTHER;

	if (!(row->row->l4 & l4) ||
	    !end_holds(&row->source, t->family, reply ? t->daddr : t->saddr) ||
	    !end_holds(&row->destination, t->family, reply ? t->saddr : t->daddr))
		return false;
	if (l4 == L4_OTHER)
		return port_set_is_any(&row->ports) && port_set_is_any(&row->source_ports);
	return port_set_has(&row->source_ports, reply ? t->dport : t->sport) &&
	       port_set_has(&row->ports, reply ? t->sport : t->dport);
}

static const struct policy *sorted_of;

/* MEANING.md, order of the match set, of rows whose ends are literal or `any`. */
static int match_compare(const void *pa, const void *pb)
{
	const struct xe_match *a = pa, *b = pb;
	const struct effective_row *x = &sorted_of->rows[a->row], *y = &sorted_of->rows[b->row];

	if (x->named_ends != y->named_ends)
		return x->named_ends > y->named_ends ? -1 : 1;
	if (x->width != y->width)
		return x->width < y->width ? -1 : 1;
	if (a->sense != b->sense)
		return a->sense < b->sense ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

static size_t scan(const struct policy *policy, const struct tuple *t, struct xe_match *out)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_rows; i++) {
		if (row_holds(&policy->rows[i], t, false))
			out[n++] = (struct xe_match){i, XE_FORWARD};
		if (!policy->rows[i].forward_only && !t->syn &&
		    row_holds(&policy->rows[i], t, true))
			out[n++] = (struct xe_match){i, XE_REPLY};
	}
	sorted_of = policy;
	qsort(out, n, sizeof(*out), match_compare);
	return n;
}

static void check_packet(const struct world *w, const struct compiled *c, enum xe_side side,
			 const struct tuple *t, const struct xe_match *expected, size_t n)
{
	uint32_t id = compiled_classify(c, side, t);
	const struct xe_atom *atom;

	assert_true(id < c->n_atoms);
	atom = &c->atoms[id];
	assert_int_equal(atom->n_matches, n);
	assert_memory_equal(c->matches + atom->first_match, expected, n * sizeof(*expected));
	if (!n) {
		assert_int_equal(atom->row, XE_NO_ROW);
		assert_int_equal(atom->miss, t->proto == 6 || t->proto == 17 ? XE_MISS_FOREIGN
									     : XE_MISS_IP_OTHER);
		return;
	}
	assert_int_equal(atom->row, expected[0].row);
	assert_int_equal(atom->sense, expected[0].sense);
	assert_int_equal(atom->syn, t->syn);
	assert_true(w->policy.rows[atom->row].active);
}

static void random_address(const struct prefix_list *list, int family, uint8_t *addr)
{
	const struct prefix *prefix = list->n ? &list->v[random_below(list->n)] : NULL;
	unsigned bits = prefix ? prefix->prefixlen : 0;

	for (unsigned i = 0; i < 16; i++)
		addr[i] = random_below(6);
	if (!prefix || prefix->family != family) {
		memcpy(addr, family == 4 ? "\x0a" : "\x20\x01\x0d\xb8", family == 4 ? 1 : 4);
		return;
	}
	for (unsigned i = 0; i < bits; i++) {
		uint8_t bit = 0x80 >> (i % 8);

		addr[i / 8] = (addr[i / 8] & ~bit) | (prefix->addr[i / 8] & bit);
	}
	/* a near miss now and then */
	if (bits && random_below(6) == 0)
		addr[(bits - 1) / 8] ^= 0x80 >> ((bits - 1) % 8);
}

static uint16_t random_port(const struct port_set *set)
{
	const struct port_range *range = &set->v[random_below(set->n)];

	switch (random_below(4)) {
	case 0:
		return range->lo;
	case 1:
		return range->hi;
	case 2:
		return range->hi + 1;
	default:
		return random_below(80);
	}
}

static void random_tuple(const struct policy *policy, struct tuple *t)
{
	static const uint8_t protos[] = {6, 6, 17, 17, 1, 50};
	const struct effective_row *row = &policy->rows[random_below(policy->n_rows)];

	*t = (struct tuple){.family = random_below(4) ? 4 : 6, .proto = protos[random_below(6)]};
	random_address(&row->source.prefixes, t->family, t->saddr);
	random_address(&row->destination.prefixes, t->family, t->daddr);
	t->sport = random_port(&row->source_ports);
	t->dport = random_port(&row->ports);
	t->syn = t->proto == 6 && random_below(2);
	if (random_below(2)) {
		struct tuple swapped = *t;

		memcpy(swapped.saddr, t->daddr, sizeof(t->saddr));
		memcpy(swapped.daddr, t->saddr, sizeof(t->daddr));
		swapped.sport = t->dport;
		swapped.dport = t->sport;
		*t = swapped;
	}
}

/* How many of the packets matched something. */
static size_t compare_rules(size_t n_rules, size_t n_packets, uint64_t seed)
{
	static const enum compile_layout layouts[] = {LAYOUT_FLAT, LAYOUT_CELLS, LAYOUT_BLOCKS};
	struct xe_match *expected = calloc(2 * n_rules + 1, sizeof(*expected));
	struct compiled compiled[3];
	struct world w;
	size_t matched = 0;

	write_rules("rules.yaml", n_rules, seed);
	world_open(&w, "rules.yaml");
	assert_int_equal(w.policy.n_rows, n_rules);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(compile(&w, layouts[i], (size_t)1 << 30, &compiled[i]), 0);
		assert_int_equal(compiled[i].block->layout, i); /* in the order of enum xe_layout */
		assert_int_equal(compiled[i].n_atoms, compiled[0].n_atoms);
	}
	for (size_t i = 0; i < n_packets; i++) {
		struct tuple t;
		size_t n;

		random_tuple(&w.policy, &t);
		n = scan(&w.policy, &t, expected);
		matched += n > 0;
		for (int k = 0; k < 3; k++)
			check_packet(&w, &compiled[k], i & 1 ? XE_SIDE_LAN : XE_SIDE_INTERNET, &t,
				     expected, n);
	}
	for (int i = 0; i < 3; i++)
		compiled_free(&compiled[i]);
	world_close(&w);
	free(expected);
	return matched;
}

static void test_random_rules(void **state)
{
	size_t matched = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++)
		matched += compare_rules(1 + seed * 9, 1500, seed);
	assert_true(matched > 12 * 1500 / 3);
	assert_true(compare_rules(400, 3000, 99) > 2000);
}

/* The same site twice: the same block, byte by byte. */
static void test_reproducible(void **state)
{
	struct compiled a, b;
	struct world w;

	(void)state;
	write_rules("rules.yaml", 60, 7);
	world_open(&w, "rules.yaml");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &a), 0);
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &b), 0);
	assert_int_equal(a.block->size, b.block->size);
	assert_memory_equal(a.block, b.block, a.block->size);
	assert_int_equal(a.n_matches, b.n_matches);
	assert_memory_equal(a.matches, b.matches, a.n_matches * sizeof(*a.matches));
	compiled_free(&a);
	compiled_free(&b);
	world_close(&w);
}

/* --- many atoms ------------------------------------------------------------------------------ */

/* n rows for a destination port each, n for a source port: each two make an atom. */
static void write_cross_of_ports(const char *path, unsigned n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "name: t\nmode: monitor\ntables: []\nroles: {}\ninterfaces: {a0: internet}\n"
		   "rows:\n");
	for (unsigned i = 0; i < n; i++)
		fprintf(f,
			"  - {name: d%u, l4: udp, source: any, destination: 0.0.0.0/0, ports: %u, "
			"reply: no}\n"
			"  - {name: s%u, l4: udp, source: any, destination: 0.0.0.0/0, "
			"source_ports: %u, "
			"ports: any, reply: no}\n",
			i, 1000 + i, i, 3000 + i);
	assert_int_equal(fclose(f), 0);
}

static void test_more_atoms_than_16_bits(void **state)
{
	static const enum compile_layout layouts[] = {LAYOUT_AUTO, LAYOUT_FLAT, LAYOUT_BLOCKS};
	struct xe_match expected[8];
	struct world w;

	(void)state;
	write_cross_of_ports("cross.yaml", 300);
	world_open(&w, "cross.yaml");
	for (int i = 0; i < 3; i++) {
		struct compiled c;

		assert_int_equal(compile(&w, layouts[i], COMPILE_MEMORY_DEFAULT, &c), 0);
		assert_int_equal(c.n_atoms, XE_MISS_COUNT + 300 * 300 + 2 * 300);
		assert_int_equal(c.n_pairs, 2); /* IPv4's, and none */
		for (unsigned k = 0; k < 900; k++) {
			struct tuple t = {.family = 4, .proto = 17, .saddr = {1}, .daddr = {2}};

			t.sport = 3000 + k * 7 % 305;
			t.dport = 1000 + k * 11 % 305;
			check_packet(&w, &c, XE_SIDE_INTERNET, &t, expected,
				     scan(&w.policy, &t, expected));
		}
		compiled_free(&c);
	}
	world_close(&w);
}

/* --- what costs nothing ---------------------------------------------------------------------- */

/* However many prefixes an end has, it is one mark: no class more. */
static void test_prefixes_are_no_classes(void **state)
{
	FILE *f = fopen("prefixes.yaml", "w");
	struct compiled c;
	struct world w;

	(void)state;
	assert_non_null(f);
	fprintf(f, "name: t\nmode: monitor\ntables: []\nroles: {}\ninterfaces: {a0: internet}\n"
		   "rows:\n  - {name: r, l4: tcp, ports: 80, destination: 10.0.0.1, source: [");
	for (unsigned i = 0; i < 20000; i++)
		fprintf(f, "%s20.%u.%u.%u/31", i ? ", " : "", i >> 12, i >> 4 & 255, i % 16 * 8);
	fprintf(f, "]}\n");
	assert_int_equal(fclose(f), 0);
	world_open(&w, "prefixes.yaml");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	/* the source end, the destination end, neither */
	assert_int_equal(c.n_sources, 3);
	assert_int_equal(c.n_destinations, 3);
	compiled_free(&c);
	world_close(&w);
}

/* --- what is refused ------------------------------------------------------------------------- */

/* n rows of one source each to everybody, n of everybody to one destination each. */
static void write_crossing(const char *path, unsigned n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "name: t\nmode: monitor\ntables: []\nroles: {}\ninterfaces: {a0: internet}\n"
		   "rows:\n");
	for (unsigned i = 0; i < n; i++)
		fprintf(f,
			"  - {name: from%u, l4: tcp, source: 10.1.%u.%u, destination: 0.0.0.0/0, "
			"ports: any, reply: no}\n"
			"  - {name: to%u, l4: tcp, source: 0.0.0.0/0, destination: 10.2.%u.%u, "
			"ports: any, reply: no}\n",
			i, i >> 8, i & 255, i, i >> 8, i & 255);
	assert_int_equal(fclose(f), 0);
}

static void test_crossing_rows_are_named(void **state)
{
	struct compiled c;
	const char *said;
	struct world w;

	(void)state;
	write_crossing("crossing.yaml", 400);
	world_open(&w, "crossing.yaml");
	input_capture();
	assert_int_equal(compile(&w, LAYOUT_AUTO, (size_t)8 << 20, &c), -E2BIG);
	said = input_captured();
	assert_null(c.block);
	assert_non_null(strstr(said, "crossing.yaml: the policy is too large: --max-memory allows "
				     "8 MiB, and it takes more than 9"));
	assert_non_null(strstr(said, "800 rows and senses, 402 x 402 classes of addresses"));
	assert_non_null(strstr(said, "400 of its 800 rows and senses have a wide source only, 400 "
				     "a wide destination only"));
	assert_non_null(strstr(said, "crossing.yaml:8: site/rows/to0: forward, wide source"));
	assert_non_null(
		strstr(said, "crossing.yaml:7: site/rows/from0: forward, wide destination"));
	assert_null(strstr(said, "reply"));

	/* with room enough it is taken */
	assert_int_equal(compile(&w, LAYOUT_AUTO, (size_t)256 << 20, &c), 0);
	assert_int_equal(c.n_pairs, 401 * 401);
	compiled_free(&c);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_rules),
		cmocka_unit_test(test_reproducible),
		cmocka_unit_test(test_more_atoms_than_16_bits),
		cmocka_unit_test(test_prefixes_are_no_classes),
		cmocka_unit_test(test_crossing_rows_are_named),
	};

	if (spec_load("maps/spec", &spec))
		return 1;
	return cmocka_run_group_tests(tests, input_setup, input_teardown);
}
