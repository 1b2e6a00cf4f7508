// SPDX-License-Identifier: GPL-2.0-only
/* Which packet is which atom; see bench_search.h. */
#include "bench_search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "../policy/addr.h"
#include "../policy/analyze.h"

#define PACKETS_MAX 40000000ull /* tried at most: about a second */
#define SAMPLES	    4000000	/* tried at random where not all can be */

uint64_t bench_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* --- packets --------------------------------------------------------------------------------- */

/* Kinds of packets, the commonest first, so that an atom is shown by it. */
static const struct kind {
	uint8_t proto4, proto6;
	bool syn;
	int ports; /* index of port[], or -1 */
} kinds[] = {
	{IPPROTO_TCP, IPPROTO_TCP, false, 0},  {IPPROTO_UDP, IPPROTO_UDP, false, 1},
	{IPPROTO_TCP, IPPROTO_TCP, true, 0},   {IPPROTO_ICMP, IPPROTO_ICMPV6, false, -1},
	{IPPROTO_ESP, IPPROTO_ESP, false, -1},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct walk {
	const struct policy_ctx *ctx;
	const struct bench_entry *entries;
	size_t n_entries;
	struct bench_search *out;
	uint32_t order;
};

/* A packet from an address to itself: take the neighbour as destination, if that is the same. */
static void part_ends(const struct walk *w, size_t entry, struct tuple *tuple, uint32_t atom)
{
	struct tuple parted = *tuple;

	if (memcmp(tuple->saddr, tuple->daddr, 16))
		return;
	parted.daddr[tuple->family == 4 ? 3 : 15] ^= 1;
	if (compiled_classify(&w->ctx->compiled, w->entries[entry].side, &parted) == atom)
		*tuple = parted;
}

static void try_packet(struct walk *w, size_t entry, const struct tuple *tuple)
{
	uint32_t atom = compiled_classify(&w->ctx->compiled, w->entries[entry].side, tuple);
	struct bench_found *found = &w->out->found[tuple->family == 6][atom];

	if (found->order)
		return;
	*found = (struct bench_found){.tuple = *tuple, .order = ++w->order, .entry = entry};
	part_ends(w, entry, &found->tuple, atom);
}

static void set_kind(struct tuple *tuple, const struct kind *kind)
{
	tuple->proto = tuple->family == 4 ? kind->proto4 : kind->proto6;
	tuple->syn = kind->syn;
	tuple->sport = tuple->dport = 0;
}

static void try_ports(struct walk *w, size_t entry, struct tuple *tuple, const struct kind *kind)
{
	const struct bench_search *s = w->out;

	set_kind(tuple, kind);
	if (kind->ports < 0) {
		try_packet(w, entry, tuple);
		return;
	}
	for (size_t i = 0; i < s->n_port[kind->ports]; i++)
		for (size_t k = 0; k < s->n_port[kind->ports]; k++) {
			tuple->sport = s->port[kind->ports][i];
			tuple->dport = s->port[kind->ports][k];
			try_packet(w, entry, tuple);
		}
}

static void try_all(struct walk *w, int f)
{
	const struct bench_search *s = w->out;
	struct tuple tuple = {.family = f ? 6 : 4};

	for (size_t kind = 0; kind < N_KINDS; kind++)
		for (size_t i = 0; i < s->n_addr[f]; i++)
			for (size_t k = 0; k < s->n_addr[f]; k++)
				for (size_t entry = 0; entry < w->n_entries; entry++) {
					memcpy(tuple.saddr, s->addr[f][i], 16);
					memcpy(tuple.daddr, s->addr[f][k], 16);
					try_ports(w, entry, &tuple, &kinds[kind]);
				}
}

/* Addresses of an end among the classes' own, or of its prefixes; at most `max`. */
static size_t end_addresses(const struct walk *w, const struct end *end, int f,
			    uint8_t (*addrs)[16], size_t max)
{
	const struct bench_search *s = w->out;
	bool roles[w->ctx->spec.n_roles];
	size_t n = 0;

	for (size_t i = 0; i < end->prefixes.n && n < max; i++)
		if (end->prefixes.v[i].family == (f ? 6 : 4))
			memcpy(addrs[n++], end->prefixes.v[i].addr, 16);
	for (size_t i = 0; end->kind != END_PREFIXES && i < s->n_addr[f] && n < max; i++) {
		bool in = end->kind == END_ANY;

		if (!in)
			address_roles(&w->ctx->policy, f ? 6 : 4, s->addr[f][i], roles);
		for (size_t k = 0; k < end->n_roles && !in; k++)
			in = roles[end->roles[k]];
		if (in)
			memcpy(addrs[n++], s->addr[f][i], 16);
	}
	return n;
}

#define ENDS_TRIED 4

static uint16_t port_of(const struct port_set *set)
{
	if (!set->n || port_set_has(set, BENCH_STRANGER))
		return BENCH_STRANGER;
	return set->v[0].lo;
}

/* A few packets that must match the row, forward and turned round. */
static void try_row(struct walk *w, const struct effective_row *row, int f)
{
	static const unsigned l4s[] = {L4_TCP, L4_UDP, L4_TCP, L4_OTHER, L4_OTHER};
	uint8_t sources[ENDS_TRIED][16], destinations[ENDS_TRIED][16];
	size_t n_s = end_addresses(w, &row->source, f, sources, ENDS_TRIED);
	size_t n_d = end_addresses(w, &row->destination, f, destinations, ENDS_TRIED);
	struct tuple tuple = {.family = f ? 6 : 4}, back;

	for (size_t i = 0; i < n_s * n_d * w->n_entries * N_KINDS; i++) {
		size_t kind = i % N_KINDS, entry = i / N_KINDS % w->n_entries;
		size_t ends = i / N_KINDS / w->n_entries;

		if (!(row->row->l4 & l4s[kind]))
			continue;
		memcpy(tuple.saddr, sources[ends / n_d], 16);
		memcpy(tuple.daddr, destinations[ends % n_d], 16);
		set_kind(&tuple, &kinds[kind]);
		if (kinds[kind].ports >= 0) {
			tuple.sport = port_of(&row->source_ports);
			tuple.dport = port_of(&row->ports);
		}
		try_packet(w, entry, &tuple);
		back = tuple;
		memcpy(back.saddr, tuple.daddr, 16);
		memcpy(back.daddr, tuple.saddr, 16);
		back.sport = tuple.dport;
		back.dport = tuple.sport;
		try_packet(w, entry, &back);
	}
}

static void try_some(struct walk *w, int f)
{
	const struct bench_search *s = w->out;
	struct tuple tuple = {.family = f ? 6 : 4};
	uint64_t random = 1;

	for (size_t i = 0; i < w->ctx->policy.n_rows; i++)
		if (w->ctx->policy.rows[i].active)
			try_row(w, &w->ctx->policy.rows[i], f);
	for (unsigned i = 0; i < SAMPLES; i++) {
		const struct kind *kind = &kinds[i % N_KINDS];
		size_t entry = bench_random(&random) % w->n_entries;

		memcpy(tuple.saddr, s->addr[f][bench_random(&random) % s->n_addr[f]], 16);
		memcpy(tuple.daddr, s->addr[f][bench_random(&random) % s->n_addr[f]], 16);
		set_kind(&tuple, kind);
		if (kind->ports >= 0) {
			const uint16_t *ports = s->port[kind->ports];
			size_t n = s->n_port[kind->ports];

			tuple.sport = i & 8 ? BENCH_STRANGER : ports[bench_random(&random) % n];
			tuple.dport = i & 16 ? BENCH_STRANGER : ports[bench_random(&random) % n];
		}
		try_packet(w, entry, &tuple);
	}
}

static bool all_can_be_tried(const struct bench_search *s, size_t n_entries)
{
	unsigned long long packets = 2 + s->n_port[1] * s->n_port[1];
	unsigned long long pairs = 0;

	packets += 2 * s->n_port[0] * s->n_port[0];
	for (int f = 0; f < 2; f++)
		pairs += (unsigned long long)s->n_addr[f] * s->n_addr[f];
	return packets * pairs * n_entries <= PACKETS_MAX;
}

int bench_search(const struct policy_ctx *ctx, const struct bench_entry *entries, size_t n_entries,
		 struct bench_search *out)
{
	struct walk w = {.ctx = ctx, .entries = entries, .n_entries = n_entries, .out = out};
	int err = 0;

	memset(out, 0, sizeof(*out));
	out->n_atoms = ctx->compiled.n_atoms;
	out->complete = true;
	for (int f = 0; f < 2 && !err; f++) {
		out->found[f] = calloc(out->n_atoms, sizeof(*out->found[f]));
		err = out->found[f] ? bench_addresses(ctx, f, out) : -ENOMEM;
		if (!err)
			err = bench_ports(ctx, f, out);
	}
	if (err) {
		bench_search_free(out);
		return err;
	}
	if (!n_entries)
		return 0;
	out->complete = out->complete && all_can_be_tried(out, n_entries);
	for (int f = 0; f < 2; f++)
		if (out->complete)
			try_all(&w, f);
		else
			try_some(&w, f);
	return 0;
}

void bench_search_free(struct bench_search *search)
{
	for (int i = 0; i < 2; i++) {
		free(search->addr[i]);
		free(search->port[i]);
		free(search->found[i]);
	}
	memset(search, 0, sizeof(*search));
}
