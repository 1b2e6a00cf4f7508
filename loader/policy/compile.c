// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler: classes of addresses and ports, then of pairs, then P, Q and D, each id a set of entries that is
 * still possible, until only the match set is left: the atom.
 */
#include "compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "diag.h"
#include "entries.h"

/* What is known of a pair of address classes on a side, beside its entries. */
#define PAIR_PROTECTED 1u
#define PAIR_IPSEC     2u
#define PAIR_SPOOFED   4u

/* What P adds to the flags of its pair: the kind of packet. */
#define TOKEN_OTHER 8u  /* neither TCP nor UDP */
#define TOKEN_ESP   16u
#define TOKEN_IKE   32u
#define TOKEN_SYN   64u

struct build {
	const struct policy *policy;
	const struct nic *nics;
	size_t n_nics;
	struct entries entries;
	struct address_classes addresses;
	struct port_classes tcp, udp;
	size_t words;
	struct intern pairs, p, q, atoms; /* keys: entries' bits and a word of flags; an atom: rows and senses */
	struct block_builder block;
	uint64_t *key;
	uint16_t *p_rows, *q_rows; /* [pair][port class] */
	size_t n_port;
	uint32_t l4_class[XE_L4_COUNT];
	uint16_t *d; /* [P][Q]; unset: UNSEEN */
	struct compiled *out;
};

#define UNSEEN UINT16_MAX

static int too_big(const struct build *b, const char *what, size_t n)
{
	diag_error(b->policy->site->path, 0, 0, NULL,
		   "the policy needs %zu %s, more than the block can hold (%u)", n, what,
		   UINT16_MAX - 1u);
	return -E2BIG;
}

/*
 * What may be spent on one table, in words of entry sets looked at: a few seconds. A policy past it would not fit
 * the block either, and is refused before it is tried.
 */
#define WORK_MAX 1000000000ull

static int check_work(const struct build *b, const char *rows, size_t n_rows, const char *columns,
		      size_t n_columns)
{
	if ((unsigned long long)n_rows * n_columns <= WORK_MAX / b->words)
		return 0;
	diag_error(b->policy->site->path, 0, 0, NULL,
		   "the policy is too large: %zu %s times %zu %s, with %zu rows and senses to tell apart",
		   n_rows, rows, n_columns, columns, b->entries.n);
	return -E2BIG;
}

/* --- pairs --------------------------------------------------------------------------------------- */

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
		plane = block_halves(&b->block, n * n);
		if (plane < 0)
			return plane;
		b->out->plane[side] = plane;
		for (size_t s = 0; s < n; s++)
			for (size_t d = 0; d < n; d++) {
				long pair = pair_of(b, &b->addresses.v[s], &b->addresses.v[d], side);

				if (pair < 0)
					return pair;
				if (pair >= UNSEEN)
					return too_big(b, "pair classes", pair);
				*block_half(&b->block, plane + s * n + d) = pair;
			}
	}
	return 0;
}

/* --- P and Q --------------------------------------------------------------------------------------- */

/* The port classes of one kind of packet; those without ports have one, which satisfies no limit. */
struct kind_ports {
	size_t n;
	const struct port_classes *classes; /* NULL: no ports */
};

static struct kind_ports kind_ports(const struct build *b, enum xe_l4 kind)
{
	switch (kind) {
	case XE_L4_TCP:
	case XE_L4_TCP_SYN:
		return (struct kind_ports){b->tcp.n, &b->tcp};
	case XE_L4_UDP:
		return (struct kind_ports){b->udp.n, &b->udp};
	default:
		return (struct kind_ports){1, NULL};
	}
}

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
					return too_big(b, "port tokens", p > q ? p : q);
				b->p_rows[at + port] = p;
				b->q_rows[at + port] = q;
			}
		}
	return 0;
}

/* --- atoms ----------------------------------------------------------------------------------------- */

/* An atom's interned key: the record without first_match, then its matches. */
static long atom_add(struct build *b, struct xe_atom atom, const struct xe_match *matches)
{
	size_t len = sizeof(atom) + atom.n_matches * sizeof(*matches);
	char *key = malloc(len);
	long id;

	if (!key)
		return -ENOMEM;
	atom.first_match = 0;
	memcpy(key, &atom, sizeof(atom));
	if (atom.n_matches)
		memcpy(key + sizeof(atom), matches, atom.n_matches * sizeof(*matches));
	id = intern_add(&b->atoms, key, len, NULL);
	free(key);
	return id;
}

static enum xe_miss miss_of(uint64_t flags)
{
	if (flags & PAIR_IPSEC && flags & (TOKEN_ESP | TOKEN_IKE))
		return XE_MISS_IPSEC;
	if (flags & TOKEN_OTHER)
		return XE_MISS_IP_OTHER;
	return flags & PAIR_PROTECTED ? XE_MISS_UNMATCHED : XE_MISS_FOREIGN;
}

/* What a P and a Q leave together. */
static long atom_of(struct build *b, size_t p_id, size_t q_id, struct xe_match *matches)
{
	const uint64_t *p = intern_key(&b->p, p_id, NULL), *q = intern_key(&b->q, q_id, NULL);
	uint64_t flags = p[b->words] | q[b->words];
	struct xe_atom atom = {.row = XE_NO_ROW, .miss = miss_of(flags)};
	bool dhcp = false;

	for (size_t i = 0; i < b->words; i++) {
		uint64_t bits = p[i] & (q[i] | ~b->entries.limits_sport[i]);

		dhcp |= bits & b->entries.dhcp[i];
		for (; bits; bits &= bits - 1) {
			const struct entry *entry = &b->entries.v[i * 64 + __builtin_ctzll(bits)];
			struct xe_match match = {entry->row_index, entry->sense};

			/* both halves of MATCH_EITHER stand side by side */
			if (atom.n_matches && !memcmp(&matches[atom.n_matches - 1], &match, sizeof(match)))
				continue;
			matches[atom.n_matches++] = match;
			if (atom.row == XE_NO_ROW && !entry->row->annotation) {
				atom.row = match.row;
				atom.sense = match.sense;
				atom.miss = 0;
			}
		}
	}
	if (flags & PAIR_SPOOFED && !dhcp)
		return XE_MISS_SPOOFED;
	if (!atom.n_matches)
		return atom.miss;
	atom.syn = !!(flags & TOKEN_SYN);
	return atom_add(b, atom, matches);
}

/* The distinct values of a piece of a P or Q row. `seen` holds the last piece that had each id. */
static size_t distinct(const uint16_t *row, size_t n, uint32_t piece, uint32_t *seen, uint16_t *ids)
{
	size_t n_ids = 0;

	for (size_t i = 0; i < n; i++) {
		if (seen[row[i]] == piece)
			continue;
		seen[row[i]] = piece;
		ids[n_ids++] = row[i];
	}
	return n_ids;
}

/* Workspace of make_d(). */
struct d_work {
	struct xe_match *matches;
	uint32_t *p_seen, *q_seen;
	uint16_t *p_ids, *q_ids;
};

/* The atoms of one pair and kind of packet. */
static int fill_d(struct build *b, const struct d_work *w, size_t pair, int kind)
{
	size_t n = kind_ports(b, kind).n, at = pair * b->n_port + b->l4_class[kind];
	uint32_t piece = pair * XE_L4_COUNT + kind + 1;
	size_t n_p = distinct(b->p_rows + at, n, piece, w->p_seen, w->p_ids);
	size_t n_q = distinct(b->q_rows + at, n, piece, w->q_seen, w->q_ids);

	for (size_t i = 0; i < n_p * n_q; i++) {
		size_t p = w->p_ids[i / n_q], q = w->q_ids[i % n_q];
		long atom;

		if (b->d[p * b->q.n + q] != UNSEEN)
			continue;
		atom = atom_of(b, p, q, w->matches);
		if (atom < 0)
			return atom;
		if (atom >= UNSEEN)
			return too_big(b, "atoms", atom);
		b->d[p * b->q.n + q] = atom;
	}
	return 0;
}

static int make_d(struct build *b)
{
	struct d_work w = {
		.matches = calloc(b->entries.n + 1, sizeof(*w.matches)),
		.p_seen = calloc(b->p.n, sizeof(*w.p_seen)),
		.q_seen = calloc(b->q.n, sizeof(*w.q_seen)),
		.p_ids = calloc(b->p.n, sizeof(*w.p_ids)),
		.q_ids = calloc(b->q.n, sizeof(*w.q_ids)),
	};
	int err = -ENOMEM;

	if (b->p.n * b->q.n * sizeof(*b->d) > COMPILE_BLOCK_MAX) {
		err = -E2BIG;
		goto out;
	}
	b->d = malloc(b->p.n * b->q.n * sizeof(*b->d));
	if (!w.matches || !w.p_seen || !w.q_seen || !w.p_ids || !w.q_ids || !b->d)
		goto out;
	memset(b->d, 0xff, b->p.n * b->q.n * sizeof(*b->d));
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		if (atom_add(b, (struct xe_atom){.row = XE_NO_ROW, .miss = miss}, NULL) != miss)
			goto out;
	err = 0;
	for (size_t pair = 0; !err && pair < b->pairs.n; pair++)
		for (int kind = 0; !err && kind < XE_L4_COUNT; kind++)
			err = fill_d(b, &w, pair, kind);
out:
	free(w.matches);
	free(w.p_seen);
	free(w.q_seen);
	free(w.p_ids);
	free(w.q_ids);
	return err;
}

/* --- the block and the lists -------------------------------------------------------------------------- */

static int put_halves(struct block_builder *block, const uint16_t *from, size_t n, uint32_t *at)
{
	long index = block_halves(block, n);

	if (index < 0)
		return index;
	memcpy(block_half(block, index), from, n * sizeof(*from));
	*at = index;
	return 0;
}

/* A trunk's planes by VLAN; what the site does not name has the NIC's own side, or none. */
static int put_nics(struct build *b, struct xe_block_header *header)
{
	for (size_t i = 0; i < b->n_nics; i++) {
		const struct nic *nic = &b->nics[i];
		struct xe_nic *to = &header->nic[nic->slot];
		uint32_t plane = nic->side >= 0 ? b->out->plane[nic->side] : 0;

		to->plane = plane;
		to->drop = nics_sides(nic, 1) == 1u << XE_SIDE_MIRROR;
		if (nic->n_vlans) {
			long at = block_words(&b->block, 4096, 16);

			if (at < 0)
				return at;
			to->vlans = at;
			for (size_t vlan = 0; vlan < 4096; vlan++)
				b->block.words[at + vlan] = plane;
			for (size_t j = 0; j < nic->n_vlans; j++)
				b->block.words[at + nic->vlans[j].vlan] =
					b->out->plane[nic->vlans[j].side];
		}
	}
	return 0;
}

static int make_block(struct build *b)
{
	struct xe_block_header header = {
		.abi = XE_ABI_VERSION,
		.n_addr = b->addresses.n,
		.n_port = b->n_port,
		.n_q = b->q.n,
		.n_atoms = b->atoms.n,
	};
	int err;

	/* an unseen combination never comes up; should it, it is counted, not lost */
	for (size_t i = 0; i < b->p.n * b->q.n; i++)
		if (b->d[i] == UNSEEN)
			b->d[i] = XE_MISS_NO_POLICY;
	memcpy(header.l4_class, b->l4_class, sizeof(header.l4_class));
	err = put_halves(&b->block, b->p_rows, b->pairs.n * b->n_port, &header.p);
	if (!err)
		err = put_halves(&b->block, b->q_rows, b->pairs.n * b->n_port, &header.q);
	if (!err)
		err = put_halves(&b->block, b->d, b->p.n * b->q.n, &header.d);
	if (!err)
		err = put_halves(&b->block, b->tcp.of, 65536, &header.port[0]);
	if (!err)
		err = put_halves(&b->block, b->udp.of, 65536, &header.port[1]);
	if (!err)
		err = addrspace_paint(&b->addresses.v4, &b->block, &header.root4);
	if (!err)
		err = addrspace_paint(&b->addresses.v6, &b->block, &header.root6);
	if (!err)
		err = put_nics(b, &header);
	if (err)
		return err;
	header.size = b->block.n * sizeof(*b->block.words);
	memcpy(b->block.words, &header, sizeof(header));
	return 0;
}

static int make_lists(struct build *b)
{
	struct compiled *out = b->out;
	size_t n = 0, len;

	for (size_t i = 0; i < b->atoms.n; i++) {
		intern_key(&b->atoms, i, &len);
		n += (len - sizeof(struct xe_atom)) / sizeof(struct xe_match);
	}
	out->atoms = calloc(b->atoms.n, sizeof(*out->atoms));
	out->matches = calloc(n + 1, sizeof(*out->matches));
	if (!out->atoms || !out->matches)
		return -ENOMEM;
	for (out->n_atoms = 0; out->n_atoms < b->atoms.n; out->n_atoms++) {
		struct xe_atom *atom = &out->atoms[out->n_atoms];
		const char *key = intern_key(&b->atoms, out->n_atoms, NULL);

		memcpy(atom, key, sizeof(*atom));
		memcpy(out->matches + out->n_matches, key + sizeof(*atom),
		       atom->n_matches * sizeof(*out->matches));
		atom->first_match = out->n_matches;
		out->n_matches += atom->n_matches;
	}
	return 0;
}

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
		err = block_words(&b->block, sizeof(struct xe_block_header) / 4, 16) < 0 ? -ENOMEM : 0;
	if (!err)
		err = make_planes(b, sides | nics_sides(b->nics, b->n_nics));
	if (!err)
		err = make_p_and_q(b);
	if (!err)
		err = make_d(b);
	if (!err)
		err = make_block(b);
	if (!err)
		err = make_lists(b);
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
			   "the policy is too large: %zu rows and senses to tell apart would take more than %u MiB",
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

/* --- the same walk in user space ------------------------------------------------------------------------ */

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static struct addr6 load_addr6(const uint8_t *p)
{
	return (struct addr6){
		.hi = (uint64_t)load_be32(p) << 32 | load_be32(p + 4),
		.lo = (uint64_t)load_be32(p + 8) << 32 | load_be32(p + 12),
	};
}

static enum xe_l4 tuple_l4(const struct tuple *tuple)
{
	switch (tuple->proto) {
	case IPPROTO_TCP:
		return tuple->syn ? XE_L4_TCP_SYN : XE_L4_TCP;
	case IPPROTO_UDP:
		return XE_L4_UDP;
	case IPPROTO_ESP:
		return XE_L4_ESP;
	default:
		return XE_L4_OTHER;
	}
}

uint32_t compiled_classify(const struct compiled *compiled, enum xe_side side,
			   const struct tuple *tuple)
{
	const struct block block = {.header = compiled->block, .mask = UINT32_MAX};
	struct flow flow = {
		.l4 = tuple_l4(tuple),
		.sport = tuple->sport,
		.dport = tuple->dport,
	};
	uint32_t source, destination;

	if (tuple->family == 4) {
		source = address_class4(&block, load_be32(tuple->saddr));
		destination = address_class4(&block, load_be32(tuple->daddr));
	} else {
		source = address_class6(&block, load_addr6(tuple->saddr));
		destination = address_class6(&block, load_addr6(tuple->daddr));
	}
	return classify(&block, compiled->plane[side], source, destination, &flow);
}
