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
	/* martians are another test's */
	if (family == 4 && (!addr[0] || addr[0] == 127 || addr[0] >= 224))
		addr[0] = 1;
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
		assert_int_equal(c.n_pairs, 3); /* IPv4's, none, martians */
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
	/* the source end, the destination end, neither, martians */
	assert_int_equal(c.n_sources, 4);
	assert_int_equal(c.n_destinations, 4);
	compiled_free(&c);
	world_close(&w);
}

/* --- verdicts -------------------------------------------------------------------------------- */

#define GUARDED                                                                    \
	"name: t\nmode: enforce\ntables: []\n"                                     \
	"interfaces: {a0: internet, a1: lan}\n"                                    \
	"roles: {access-edge: [203.0.113.10], front-end: [10.2.0.0/24], clients: " \
	"[198.51.100.0/24]}\n"

static void world_write(struct world *w, const char *path, const char *head, const char *rest)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "%s%s", head, rest);
	assert_int_equal(fclose(f), 0);
	world_open(w, path);
}

static struct tuple packet(const char *saddr, unsigned sport, const char *daddr, unsigned dport,
			   unsigned proto)
{
	struct tuple t = {.proto = proto, .sport = sport, .dport = dport};
	struct prefix source, destination;
	const char *why;

	assert_int_equal(prefix_parse(saddr, &source, &why), 0);
	assert_int_equal(prefix_parse(daddr, &destination, &why), 0);
	t.family = source.family;
	memcpy(t.saddr, source.addr, sizeof(t.saddr));
	memcpy(t.daddr, destination.addr, sizeof(t.daddr));
	return t;
}

static const struct xe_action *action(const struct compiled *c, enum xe_side side, struct tuple t)
{
	return compiled_action(c, compiled_classify(c, side, &t));
}

static const struct xe_end *end(const struct compiled *c, const char *addr, bool is_source)
{
	struct prefix prefix;
	const char *why;

	assert_int_equal(prefix_parse(addr, &prefix, &why), 0);
	return compiled_end(c, prefix.family, prefix.addr, is_source);
}

static const void *in_block(const struct compiled *c, uint32_t offset)
{
	assert_true(offset && offset < c->block->size);
	return (const char *)c->block + offset;
}

#define ONE_ROW "rows: [{name: r, l4: tcp, ports: 80, source: any, destination: access-edge}]\n"

#define VERDICT_ROWS                                                                             \
	"rows:\n"                                                                                \
	"  - {name: web, app: HTTPS, l4: tcp, ports: 443, source: any, destination: "            \
	"access-edge}\n"                                                                         \
	"  - {name: ice, app: STUN/MSTURN, l4: tcp+udp, ports: 3478, source: any, destination: " \
	"access-edge, limit: 50/s burst 100 per source}\n"                                       \
	"  - {name: out, l4: udp, ports: 53, source: access-edge, destination: any}\n"           \
	"  - {name: high, l4: udp, ports: 1024-65535, source: any, destination: access-edge, "   \
	"reply: no, limit: 2/m per source, limit_on: packets}\n"                                 \
	"  - {name: no, l4: tcp, ports: 25, source: any, destination: access-edge, verdict: "    \
	"deny}\n"                                                                                \
	"  - {name: lease, app: DHCP, l4: udp, ports: [67, 68], source: any, destination: "      \
	"access-edge}\n"

/* Each kind of action, and where modes and state change it. */
static void test_actions(void **state)
{
	const char *client = "192.0.2.7", *edge = "203.0.113.10";
	struct tuple web = packet(client, 999, edge, 443, 6);
	struct tuple ice = packet(client, 999, edge, 3478, 17);
	struct tuple answer = packet(client, 53, edge, 5000, 17);
	struct tuple low = packet(client, 53, edge, 99, 17);
	struct tuple lease = packet(client, 68, edge, 67, 17);
	struct tuple mail = packet(client, 999, edge, 25, 6);
	struct tuple no_mail = packet(edge, 25, client, 999, 6);
	const struct xe_limit *limits;
	const struct xe_action *a;
	struct compiled c;
	struct world w;

	(void)state;
	world_write(&w, "actions.yaml", GUARDED VERDICT_ROWS, "payload: yes\n");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	assert_int_equal(c.block->guard.mode, XE_MODE_ENFORCE);
	assert_int_equal(c.block->guard.features, XE_FEATURE_WATCH | XE_FEATURE_GUARD |
							  XE_FEATURE_STATE | XE_FEATURE_PAYLOAD |
							  XE_FEATURE_LIMITS);
	limits = in_block(&c, c.block->guard.limits);
	a = action(&c, XE_SIDE_INTERNET, web);
	assert_int_equal(a->act, XE_ACT_FORWARD);
	assert_int_equal(a->payload, XE_PAYLOAD_TLS);
	assert_int_equal(a->limit, 0);
	a = action(&c, XE_SIDE_INTERNET, ice);
	assert_int_equal(a->act, XE_ACT_FORWARD);
	assert_int_equal(a->payload, XE_PAYLOAD_TURN);
	assert_int_equal(a->limit, 1);
	assert_int_equal(limits[0].interval, 20000000);
	assert_int_equal(limits[0].tolerance, 99 * 20000000ull);
	assert_int_equal(limits[0].packets, 0);
	/* a reply of `out` that without a flow is forward of `high`, with that one's limit */
	a = action(&c, XE_SIDE_INTERNET, answer);
	assert_int_equal(a->act, XE_ACT_REPLY);
	assert_int_equal(a->otherwise, XE_OTHERWISE_FORWARD);
	assert_int_equal(a->reply, 1);
	assert_int_equal(a->limit, 2);
	assert_int_equal(limits[1].interval, 30000000000ull);
	assert_int_equal(limits[1].packets, 1);
	assert_true(limits[0].key != limits[1].key);
	a = action(&c, XE_SIDE_INTERNET, low);
	assert_int_equal(a->act, XE_ACT_REPLY);
	assert_int_equal(a->otherwise, XE_OTHERWISE_UNSOLICITED);
	assert_int_equal(a->limit, 0);
	a = action(&c, XE_SIDE_INTERNET, lease);
	assert_int_equal(a->act, XE_ACT_PASS);
	a = action(&c, XE_SIDE_INTERNET, mail);
	assert_int_equal(a->act, XE_ACT_DROP);
	assert_int_equal(a->reason, XE_REASON_DENY_ROW);
	compiled_free(&c);

	/* no flows: replies pass, limits on packets stay, on new flows there are none */
	w.site.state.off = true;
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	assert_false(c.block->guard.features & XE_FEATURE_STATE);
	assert_true(c.block->guard.features & XE_FEATURE_LIMITS);
	assert_int_equal(action(&c, XE_SIDE_INTERNET, answer)->act, XE_ACT_PASS);
	assert_int_equal(action(&c, XE_SIDE_INTERNET, ice)->act, XE_ACT_PASS);
	assert_int_equal(action(&c, XE_SIDE_INTERNET, ice)->limit, 0);
	a = action(&c, XE_SIDE_INTERNET, packet(client, 1000, edge, 5000, 17));
	assert_int_equal(a->act, XE_ACT_PASS);
	assert_int_equal(a->limit, 1);
	compiled_free(&c);

	/* monitor drops nothing and limits nothing, but says what it would drop */
	w.site.mode = XE_MODE_MONITOR;
	w.site.payload = false;
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	assert_int_equal(c.block->guard.features, XE_FEATURE_WATCH);
	assert_int_equal(action(&c, XE_SIDE_INTERNET, web)->act, XE_ACT_PASS);
	assert_int_equal(action(&c, XE_SIDE_INTERNET, web)->payload, XE_PAYLOAD_NONE);
	assert_int_equal(action(&c, XE_SIDE_INTERNET, mail)->act, XE_ACT_DROP);
	assert_int_equal(action(&c, XE_SIDE_LAN, no_mail)->reason, XE_REASON_SPOOFED);
	compiled_free(&c);
	w.site.suggest = false;
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	assert_int_equal(c.block->guard.features, 0);
	assert_null(action(&c, XE_SIDE_INTERNET, web));
	assert_null(end(&c, edge, true));
	compiled_free(&c);
	world_close(&w);
}

/* Ticks are 2^28 ns: at least the time, and less than a second more. */
static void test_guard_header(void **state)
{
	struct compiled c;
	struct world w;

	(void)state;
	world_write(&w, "header.yaml", GUARDED ONE_ROW,
		    "state: {tcp: 2h, udp: 1s}\nforeign: drop\nfragments: pass\n");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	assert_int_equal(c.block->guard.life[XE_LIFE_UDP], 5); /* 3.7, rounded up, and one */
	assert_int_equal(c.block->guard.life[XE_LIFE_TCP], 26824);
	assert_int_equal(c.block->guard.life[XE_LIFE_CLOSING], 39);
	assert_true(c.block->guard.drop_foreign && c.block->guard.pass_orphans);
	assert_false(c.block->guard.drop_non_ip || c.block->guard.drop_echo);
	assert_int_equal(c.state.life[XE_LIFE_TCP], 7200);
	assert_int_equal(compiled_action(&c, XE_MISS_UNMATCHED)->act, XE_ACT_MISS);
	assert_int_equal(compiled_action(&c, XE_MISS_FRAGMENT)->miss, XE_MISS_FRAGMENT);
	assert_int_equal(compiled_action(&c, XE_MISS_TOO_DEEP)->reason, XE_REASON_TOO_DEEP);
	assert_int_equal(compiled_action(&c, XE_MISS_UNSOLICITED)->reason, XE_REASON_UNSOLICITED);
	assert_null(compiled_action(&c, c.n_atoms));
	compiled_free(&c);
	world_close(&w);
}

static unsigned role_number(const char *name)
{
	for (size_t i = 0; i < spec.n_roles; i++)
		if (!strcmp(spec.roles[i].name, name))
			return i + 1;
	fail();
	return 0;
}

/* Whose an address is, and what it is translated to, at both ends. */
static void test_ends(void **state)
{
	const struct xe_nat *nats;
	struct compiled c;
	struct world w;

	(void)state;
	world_write(&w, "ends.yaml", GUARDED ONE_ROW,
		    "nat: {203.0.113.10: 10.2.0.9, \"2001:db8::1\": \"fd00::1\"}\n");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	assert_true(c.block->guard.features & XE_FEATURE_NAT);
	nats = in_block(&c, c.block->guard.nats);
	for (int is_source = 0; is_source < 2; is_source++) {
		const struct xe_end *e = end(&c, "203.0.113.10", is_source);

		assert_int_equal(e->role, role_number("access-edge"));
		assert_memory_equal(nats[e->nat - 1].other, "\x0a\x02\x00\x09", 4);
		e = end(&c, "10.2.0.9", is_source);
		assert_int_equal(e->role, role_number("front-end"));
		assert_memory_equal(nats[e->nat - 1].other, "\xcb\x00\x71\x0a", 4);
		e = end(&c, "fd00::1", is_source);
		assert_int_equal(e->role, 0);
		assert_memory_equal(nats[e->nat - 1].other, "\x20\x01\x0d\xb8", 4);
		assert_int_equal(nats[e->nat - 1].other[15], 1);
		e = end(&c, "10.2.0.8", is_source);
		assert_int_equal(e->role, role_number("front-end"));
		assert_int_equal(e->nat, 0);
		/* clients are not protected */
		assert_int_equal(end(&c, "198.51.100.1", is_source)->role, 0);
	}
	compiled_free(&c);
	world_close(&w);
}

/* --- what no row gets to see ----------------------------------------------------------------- */

static uint32_t atom_of(const struct compiled *c, const char *saddr, const char *daddr)
{
	struct tuple t = packet(saddr, 1000, daddr, 443, 6);

	return compiled_classify(c, XE_SIDE_INTERNET, &t);
}

static void test_martians(void **state)
{
	static const struct {
		const char *addr;
		bool source, destination; /* martian there */
	} cases[] = {
		{"0.0.0.0", false, true},
		{"0.0.0.1", true, true},
		{"0.255.255.255", true, true},
		{"1.0.0.0", false, false},
		{"126.255.255.255", false, false},
		{"127.0.0.0", true, true},
		{"127.255.255.255", true, true},
		{"128.0.0.0", false, false},
		{"223.255.255.255", false, false},
		{"224.0.0.0", true, false},
		{"239.255.255.255", true, false},
		{"240.0.0.0", true, true},
		{"255.255.255.254", true, true},
		{"255.255.255.255", true, false},
		{"::", false, false},
		{"::1", true, true},
		{"::2", false, false},
		{"::fffe:ffff:ffff", false, false},
		{"::1:0:0:0", false, false},
		{"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
		{"ff00::", true, false},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true, false},
	};
	struct tuple mapped = {.family = 6, .proto = 6, .saddr = {[10] = 0xff, 0xff, 1, 2, 3, 4}};
	struct compiled c;
	struct world w;

	(void)state;
	world_write(&w, "martians.yaml", GUARDED,
		    "rows: [{name: all, l4: any, ports: any, source: any, destination: any}]\n"
		    "deny: [{name: all, prefixes: [224.0.0.0/3]}]\n");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *addr = cases[i].addr;
		const char *other = strchr(addr, ':') ? "2001:db8::7" : "192.0.2.7";

		assert_int_equal(atom_of(&c, addr, other) == XE_MISS_MARTIAN, cases[i].source);
		assert_int_equal(atom_of(&c, other, addr) == XE_MISS_MARTIAN, cases[i].destination);
	}
	memcpy(mapped.daddr, "\x20\x01\x0d\xb8", 4);
	assert_int_equal(compiled_classify(&c, XE_SIDE_LAN, &mapped), XE_MISS_MARTIAN);
	compiled_free(&c);
	world_close(&w);
}

static void assert_denied(const struct world *w, const struct compiled *c, enum xe_side side,
			  struct tuple t, const char *list, enum xe_sense sense)
{
	const struct xe_atom *atom = &c->atoms[compiled_classify(c, side, &t)];
	const struct xe_match *matches = c->matches + atom->first_match;

	assert_int_equal(atom->n_matches, 1);
	assert_string_equal(w->policy.rows[atom->row].row->id, list);
	assert_int_equal(atom->sense, sense);
	assert_int_equal(atom->syn, t.syn);
	assert_int_equal(matches[0].row, atom->row);
	assert_int_equal(matches[0].sense, sense);
	assert_int_equal(action(c, side, t)->act, XE_ACT_DROP);
	assert_int_equal(action(c, side, t)->reason, XE_REASON_DENY_LIST);
}

static void test_deny_lists(void **state)
{
	const char *first = "site/deny/first", *second = "site/deny/second";
	const char *client = "192.0.2.7", *edge = "203.0.113.10", *bad = "198.51.100.9";
	struct compiled c;
	struct world w;
	struct tuple t;

	(void)state;
	world_write(&w, "deny.yaml", GUARDED VERDICT_ROWS,
		    "deny:\n  - {name: first, prefixes: [198.51.100.8/29, 10.2.0.64/26]}\n"
		    "  - {name: second, prefixes: [198.51.100.0/24, 203.0.113.10]}\n");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &c), 0);
	assert_denied(&w, &c, XE_SIDE_INTERNET, packet(bad, 1, client, 443, 6), first, XE_FORWARD);
	/* the source's list, though the destination's stands before it */
	assert_denied(&w, &c, XE_SIDE_INTERNET, packet("198.51.100.1", 1, bad, 443, 6), second,
		      XE_FORWARD);
	assert_denied(&w, &c, XE_SIDE_INTERNET, packet(client, 1, bad, 443, 17), first, XE_REPLY);
	assert_denied(&w, &c, XE_SIDE_INTERNET, packet(client, 1, edge, 443, 6), second, XE_REPLY);
	assert_denied(&w, &c, XE_SIDE_INTERNET, packet(client, 0, bad, 0, 47), first, XE_REPLY);
	assert_denied(&w, &c, XE_SIDE_INTERNET, packet(client, 0, bad, 0, 50), first, XE_REPLY);
	t = packet(client, 1, bad, 443, 6);
	t.syn = true;
	assert_denied(&w, &c, XE_SIDE_INTERNET, t, first, XE_REPLY);
	/* limits of `any` play no part: inside addresses, coming from outside */
	assert_denied(&w, &c, XE_SIDE_INTERNET, packet(client, 1, "10.2.0.65", 443, 6), first,
		      XE_REPLY);
	/* spoofed before that, from a list or to one */
	t = packet("10.2.0.65", 1, client, 443, 6);
	assert_int_equal(compiled_classify(&c, XE_SIDE_INTERNET, &t), XE_MISS_SPOOFED);
	assert_denied(&w, &c, XE_SIDE_LAN, t, first, XE_FORWARD);
	t = packet("10.2.0.1", 1, bad, 443, 6);
	assert_int_equal(compiled_classify(&c, XE_SIDE_INTERNET, &t), XE_MISS_SPOOFED);
	/* whose it is stays known */
	assert_int_equal(end(&c, "10.2.0.65", true)->role, role_number("front-end"));
	assert_int_equal(end(&c, edge, false)->role, role_number("access-edge"));
	compiled_free(&c);
	world_close(&w);
}

/* Addresses of a list are one class, whoever they are and however many. */
static void test_deny_lists_are_no_classes(void **state)
{
	FILE *f = fopen("denied.txt", "w");
	struct compiled without, with;
	struct world w;

	(void)state;
	assert_non_null(f);
	for (unsigned i = 0; i < 20000; i++)
		fprintf(f, "20.%u.%u.%u/31\n", i >> 12, i >> 4 & 255, i % 16 * 8);
	fprintf(f, "192.0.2.0/24\n2001:db8:1::/48\n");
	assert_int_equal(fclose(f), 0);
	world_write(&w, "without.yaml", GUARDED VERDICT_ROWS, "");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &without), 0);
	world_close(&w);
	world_write(&w, "with.yaml", GUARDED VERDICT_ROWS,
		    "deny: [{name: many, file: denied.txt}]\n");
	assert_int_equal(compile(&w, LAYOUT_AUTO, COMPILE_MEMORY_DEFAULT, &with), 0);
	assert_int_equal(with.n_sources, without.n_sources + 1);
	assert_int_equal(with.n_destinations, without.n_destinations + 1);
	assert_int_equal(with.n_pairs, without.n_pairs + 2);
	assert_int_equal(with.n_atoms, without.n_atoms + 4); /* both senses, and their SYNs */
	compiled_free(&without);
	compiled_free(&with);
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
	assert_non_null(strstr(said, "800 rows and senses, 403 x 403 classes of addresses"));
	assert_non_null(strstr(said, "400 of its 800 rows and senses have a wide source only, 400 "
				     "a wide destination only"));
	assert_non_null(strstr(said, "crossing.yaml:8: site/rows/to0: forward, wide source"));
	assert_non_null(
		strstr(said, "crossing.yaml:7: site/rows/from0: forward, wide destination"));
	assert_null(strstr(said, "reply"));

	/* with room enough it is taken */
	assert_int_equal(compile(&w, LAYOUT_AUTO, (size_t)256 << 20, &c), 0);
	assert_int_equal(c.n_pairs, 401 * 401 + 1);
	compiled_free(&c);
	world_close(&w);
}

static void test_memory_counts_state(void **state)
{
	struct compiled c;
	struct world w;

	(void)state;
	world_write(&w, "state.yaml", GUARDED ONE_ROW, "state: {flows: 4000000}\n");
	input_capture();
	assert_int_equal(compile(&w, LAYOUT_AUTO, (size_t)64 << 20, &c), -E2BIG);
	assert_non_null(strstr(input_captured(),
			       ":8: state: too large: 4000000 flows and 4096 fragments take 129 "
			       "MiB, --max-memory allows 64 MiB: fewer flows, or a larger "
			       "--max-memory\n"));
	assert_int_equal(compile(&w, LAYOUT_AUTO, (size_t)256 << 20, &c), 0);
	compiled_free(&c);
	/* in monitor nothing is remembered */
	w.site.mode = XE_MODE_MONITOR;
	assert_int_equal(compile(&w, LAYOUT_AUTO, (size_t)64 << 20, &c), 0);
	compiled_free(&c);
	world_close(&w);
	/* sources only with a limit, flows only with state */
	world_write(&w, "state.yaml", GUARDED VERDICT_ROWS,
		    "state: {flows: 1000, sources: 4000000}\n");
	input_capture();
	assert_int_equal(compile(&w, LAYOUT_AUTO, (size_t)64 << 20, &c), -E2BIG);
	assert_non_null(strstr(input_captured(),
			       "1000 flows, 4096 fragments and 4000000 sources take 129 MiB, "));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_rules),
		cmocka_unit_test(test_reproducible),
		cmocka_unit_test(test_more_atoms_than_16_bits),
		cmocka_unit_test(test_prefixes_are_no_classes),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_guard_header),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_martians),
		cmocka_unit_test(test_deny_lists),
		cmocka_unit_test(test_deny_lists_are_no_classes),
		cmocka_unit_test(test_crossing_rows_are_named),
		cmocka_unit_test(test_memory_counts_state),
	};

	if (spec_load("maps/spec", &spec))
		return 1;
	return cmocka_run_group_tests(tests, input_setup, input_teardown);
}
