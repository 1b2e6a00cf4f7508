// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler: classes of addresses and ports, then of pairs, then P, Q and D, each id a set of
 * entries that is still possible, until only the match set is left: the atom.
 */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

int build_too_big(const struct build *b, const char *what, size_t n)
{
	diag_error(b->policy->site->path, 0, 0, NULL,
		   "the policy needs %zu %s, more than the block can hold (%u)", n, what,
		   UINT16_MAX - 1u);
	return -E2BIG;
}

/*
 * What may be spent on one table, in words of entry sets looked at: a few seconds. A policy past it
 * would not fit the block either, and is refused before it is tried.
 */
#define WORK_MAX 1000000000ull

static int check_work(const struct build *b, const char *rows, size_t n_rows, const char *columns,
		      size_t n_columns)
{
	if ((unsigned long long)n_rows * n_columns <= WORK_MAX / b->words)
		return 0;
	diag_error(b->policy->site->path, 0, 0, NULL,
		   "the policy is too large: %zu %s times %zu %s, with %zu rows and senses to tell "
		   "apart",
		   n_rows, rows, n_columns, columns, b->entries.n);
	return -E2BIG;
}

/* --- pairs ---------------------------------------------------------------------------------------
 */

static bool side_is_inner(enum xe_side side)
{
	return side == XE_SIDE_DMZ_INTERNAL || side == XE_SIDE_LAN || side == XE_SIDE_MIRROR;
}

static bool is_spoofed(const struct build *b, const struct address_class *source, enum xe_side side)
{
	if (side == XE_SIDE_MIRROR || !source->is_protected || !source->sides)
		return false;
	if (source->sides & 1u << side)
		return false;
	return !(b->policy->site->hairpin && side == XE_SIDE_INTERNET &&
		 source->sides & 1u << XE_SIDE_DMZ_EXTERNAL);
}

/* The pair class: entries that both ends and the side allow, and what the misses must know. */
static long pair_of(struct build *b, const struct address_class *source,
		    const struct address_class *destination, enum xe_side side)
{
	bool outer = !side_is_inner(side), dhcp = false;
	uint64_t flags = 0;

	for (size_t i = 0; i < b->words; i++) {
		uint64_t bits = source->as_source[i] & destination->as_destination[i];

		/* `any` opposite an inner address is not open to the outer sides */
		if (outer && destination->inner)
			bits &= ~b->entries.source_any[i];
		if (outer && source->inner)
			bits &= ~b->entries.destination_any[i];
		b->key[i] = bits;
		dhcp |= bits & b->entries.dhcp[i];
	}
	if (is_spoofed(b, source, side)) {
		flags = PAIR_SPOOFED;
		if (!dhcp)
			memset(b->key, 0, b->words * sizeof(*b->key));
	}
	if (source->is_protected || destination->is_protected)
		flags |= PAIR_PROTECTED;
	if (source->ipsec_host || destination->ipsec_host)
		flags |= PAIR_IPSEC;
	b->key[b->words] = flags;
	return intern_add(&b->pairs, b->key, (b->words + 1) * sizeof(*b->key), NULL);
}

static int make_planes(struct build *b, unsigned sides)
{
	size_t n = b->addresses.n;

	if (check_work(b, "address classes", n, "address classes", n))
		return -E2BIG;
	for (int side = 0; side < XE_SIDE_COUNT; side++) {
		long plane;

		if (!(sides & 1u << side))
			continue;
		plane = block_words(&b->block, n * n, 1);
		if (plane < 0)
			return plane;
		b->out->plane[side] = plane * sizeof(uint32_t);
		for (size_t s = 0; s < n; s++)
			for (size_t d = 0; d < n; d++) {
				long pair =
					pair_of(b, &b->addresses.v[s], &b->addresses.v[d], side);

				if (pair < 0)
					return pair;
				if (pair >= UNSEEN)
					return build_too_big(b, "pair classes", pair);
				b->block.words[plane + s * n + d] = pair;
			}
	}
	return 0;
}

/* --- P and Q
 * --------------------------------------------------------------------------------------- */

static const uint64_t kind_flags[XE_L4_COUNT] = {
	[XE_L4_TCP_SYN] = TOKEN_SYN,
	[XE_L4_OTHER] = TOKEN_OTHER,
	[XE_L4_ESP] = TOKEN_OTHER | TOKEN_ESP,
};

/* P: what is left of the pair's entries once kind and destination port are known. */
static long p_of(struct build *b, const uint64_t *pair, enum xe_l4 kind, size_t port)
{
	struct kind_ports ports = kind_ports(b, kind);
	uint64_t flags = pair[b->words] | kind_flags[kind];

	for (size_t i = 0; i < b->words; i++) {
		b->key[i] = pair[i] & b->entries.kind[kind][i];
		if (ports.classes)
			b->key[i] &= ports.classes->as_destination[port][i];
	}
	if (ports.classes && ports.classes->ike[port])
		flags |= TOKEN_IKE;
	b->key[b->words] = flags;
	return intern_add(&b->p, b->key, (b->words + 1) * sizeof(*b->key), NULL);
}

/* Q: of the entries that limit the source port, those that it satisfies. */
static long q_of(struct build *b, const uint64_t *pair, enum xe_l4 kind, size_t port)
{
	struct kind_ports ports = kind_ports(b, kind);

	for (size_t i = 0; i < b->words; i++) {
		b->key[i] = pair[i] & b->entries.kind[kind][i] & b->entries.limits_sport[i];
		if (ports.classes)
			b->key[i] &= ports.classes->as_source[port][i];
	}
	b->key[b->words] = ports.classes && ports.classes->ike[port] ? TOKEN_IKE : 0;
	return intern_add(&b->q, b->key, (b->words + 1) * sizeof(*b->key), NULL);
}

static int make_p_and_q(struct build *b)
{
	for (int kind = 0; kind < XE_L4_COUNT; kind++) {
		b->l4_class[kind] = b->n_port;
		b->n_port += kind_ports(b, kind).n;
	}
	if (check_work(b, "pair classes", b->pairs.n, "port classes", b->n_port))
		return -E2BIG;
	b->p_rows = calloc(b->pairs.n * b->n_port, sizeof(*b->p_rows));
	b->q_rows = calloc(b->pairs.n * b->n_port, sizeof(*b->q_rows));
	if (!b->p_rows || !b->q_rows)
		return -ENOMEM;
	for (size_t i = 0; i < b->pairs.n; i++)
		for (int kind = 0; kind < XE_L4_COUNT; kind++) {
			const uint64_t *pair = intern_key(&b->pairs, i, NULL);
			size_t at = i * b->n_port + b->l4_class[kind];

			for (size_t port = 0; port < kind_ports(b, kind).n; port++) {
				long p = p_of(b, pair, kind, port), q = q_of(b, pair, kind, port);

				if (p < 0 || q < 0)
					return -ENOMEM;
				if (p >= UNSEEN || q >= UNSEEN)
					return build_too_big(b, "port tokens", p > q ? p : q);
				b->p_rows[at + port] = p;
				b->q_rows[at + port] = q;
			}
		}
	return 0;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static int build_all(struct build *b, unsigned sides)
{
	int err;

	err = entries_make(b->policy, &b->entries);
	if (err)
		return err;
	b->words = b->entries.words;
	b->key = calloc(b->words + 1, sizeof(*b->key));
	if (!b->key)
		return -ENOMEM;
	err = address_classes_make(b->policy, &b->entries, &b->addresses);
	if (!err)
		err = port_classes_make(&b->entries, L4_TCP, &b->tcp);
	if (!err)
		err = port_classes_make(&b->entries, L4_UDP, &b->udp);
	if (!err)
		err = block_words(&b->block, XE_BLOCK_TABLES / sizeof(uint32_t), 16) < 0 ? -ENOMEM
											 : 0;
	if (!err)
		err = make_planes(b, sides | nics_sides(b->nics, b->n_nics));
	if (!err)
		err = make_p_and_q(b);
	if (!err)
		err = build_atoms(b);
	if (!err)
		err = build_block(b);
	if (!err)
		err = build_lists(b);
	return err;
}

int policy_compile(const struct policy *policy, const struct nic *nics, size_t n_nics,
		   unsigned sides, struct compiled *out)
{
	struct build b = {
		.policy = policy,
		.nics = nics,
		.n_nics = n_nics,
		.out = out,
		.block = {.limit = COMPILE_BLOCK_MAX / sizeof(uint32_t)},
	};
	int err;

	*out = (struct compiled){0};
	err = build_all(&b, sides);
	out->n_addr = b.addresses.n;
	out->n_port = b.n_port;
	out->n_pairs = b.pairs.n;
	out->n_p = b.p.n;
	out->n_q = b.q.n;
	out->block = (struct xe_block_header *)b.block.words;
	b.block.words = NULL;
	if (err == -E2BIG && !diag_count())
		diag_error(policy->site->path, 0, 0, NULL,
			   "the policy is too large: %zu rows and senses to tell apart would take "
			   "more than %u MiB",
			   b.entries.n, COMPILE_BLOCK_MAX >> 20);
	if (err)
		compiled_free(out);
	entries_free(&b.entries);
	address_classes_free(&b.addresses);
	port_classes_free(&b.tcp);
	port_classes_free(&b.udp);
	intern_free(&b.pairs);
	intern_free(&b.p);
	intern_free(&b.q);
	intern_free(&b.atoms);
	block_free(&b.block);
	free(b.key);
	free(b.p_rows);
	free(b.q_rows);
	free(b.d);
	return err;
}

void compiled_free(struct compiled *compiled)
{
	free(compiled->block);
	free(compiled->atoms);
	free(compiled->matches);
	*compiled = (struct compiled){0};
}
