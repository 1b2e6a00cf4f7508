// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address classes. Every prefix of the policy is a mark; the sweep says which marks hold on which
 * interval; here a set of marks becomes roles, sides and ends that hold it, and equal results one
 * class. A class is numbered where its first address stands, so that most prefixes are one run of
 * classes.
 */
#include "address_classes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "diag.h"
#include "marks.h"

/* What one set of marks means, before it is made a class. */
struct meaning {
	uint64_t *roles; /* that count for these addresses */
	const uint32_t *marks;
	size_t n_marks;
	unsigned sides;
	bool is_protected, special;
	bool martian[2]; /* as a source, as a destination */
	uint32_t deny;	 /* 1-based list; 0: in none */
	struct xe_end verdicts;
};

/* The first mark at `from` or above but below `to`, counted from `from` on and from 1; 0: none. */
static uint32_t meaning_mark(const struct meaning *m, uint32_t from, uint32_t to)
{
	size_t lo = 0, hi = m->n_marks;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->marks[mid] < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n_marks && m->marks[lo] < to ? m->marks[lo] - from + 1 : 0;
}

static bool meaning_has_mark(const struct meaning *m, uint32_t value)
{
	return meaning_mark(m, value, value + 1);
}

/* 1-based: the deepest protected role, of equally deep ones the first; 0: none. */
static unsigned deepest_protected(const struct policy *policy, const uint64_t *roles)
{
	const struct role *v = policy->spec->roles;
	unsigned deepest = 0;

	for (size_t i = 0; i < policy->spec->n_roles; i++)
		if (bits_has(roles, i) && v[i].is_protected &&
		    (!deepest || v[i].depth > v[deepest - 1].depth))
			deepest = i + 1;
	return deepest;
}

/* The roles of an address and where it lives: MEANING.md, roles of an address. */
static void meaning_of(const struct policy *policy, const struct mark_numbers *numbers,
		       struct meaning *m)
{
	const struct role *roles = policy->spec->roles;

	memset(m->roles, 0, bits_words(policy->spec->n_roles) * sizeof(*m->roles));
	m->sides = 0;
	m->is_protected = false;
	for (size_t i = 0; i < m->n_marks && m->marks[i] < numbers->unset; i++) {
		int role = m->marks[i] % numbers->stand_in;

		m->is_protected |= roles[role].is_protected;
		for (; role >= 0; role = roles[role].member_of) {
			bits_set(m->roles, role);
			m->is_protected |= roles[role].is_protected;
		}
	}
	for (size_t i = 0; m->is_protected && i < policy->spec->n_roles; i++)
		if (!roles[i].is_protected)
			m->roles[i / 64] &= ~(1ull << (i % 64));
	for (size_t i = 0; i < m->n_marks && m->marks[i] < numbers->stand_in; i++)
		if (bits_has(m->roles, m->marks[i]))
			m->sides |= 1u << roles[m->marks[i]].side;
	m->special = meaning_has_mark(m, numbers->unset) || meaning_has_mark(m, numbers->broadcast);
	m->martian[0] = meaning_has_mark(m, numbers->martian_source) &&
			!meaning_has_mark(m, numbers->unset);
	m->martian[1] = meaning_has_mark(m, numbers->martian_destination) &&
			!meaning_has_mark(m, numbers->broadcast);
	m->deny = meaning_mark(m, numbers->deny, numbers->nat);
}

/* Roles that the IPsec exceptions name. */
static void ipsec_roles(const struct entries *entries, uint64_t *roles)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct effective_row *row = entries->v[i].row;

		if (!row->annotation)
			continue;
		for (size_t j = 0; row->source.kind == END_ROLES && j < row->source.n_roles; j++)
			bits_set(roles, row->source.roles[j]);
		for (size_t j = 0;
		     row->destination.kind == END_ROLES && j < row->destination.n_roles; j++)
			bits_set(roles, row->destination.roles[j]);
	}
}

/* What makes classes out of sets of marks. */
struct classifier {
	const struct policy *policy;
	const struct entries *entries;
	struct mark_numbers numbers;
	unsigned sides, features; /* in use */
	uint64_t *ipsec_roles;
	uint32_t *role_ends, *clients; /* ids of ends of roles; of those that are DHCP clients */
	size_t n_role_ends, n_clients;
	uint32_t *held;	     /* ends that hold the addresses at hand, ascending */
	uint32_t *key;	     /* a class's: struct class_head, then its ends */
	struct intern *keys; /* of the sources, of the destinations */
};

struct class_head {
	uint32_t flags, deny;
	struct xe_end verdicts;
};
#define HEAD_WORDS (sizeof(struct class_head) / sizeof(uint32_t))

static int id_compare(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static bool end_names_one(const struct end *end, const uint64_t *roles)
{
	for (size_t i = 0; i < end->n_roles; i++)
		if (bits_has(roles, end->roles[i]))
			return true;
	return false;
}

/* The ends that hold the addresses of a set of marks, `any` left out: it holds all. */
static size_t ends_of(const struct classifier *c, const struct meaning *m)
{
	uint32_t literal = c->numbers.literal;
	size_t n = 0;

	for (size_t i = 0; i < c->n_role_ends; i++)
		if (end_names_one(c->entries->ends[c->role_ends[i]].end, m->roles))
			c->held[n++] = c->role_ends[i];
	for (size_t i = m->n_marks; i && m->marks[i - 1] >= literal; i--)
		c->held[n++] = m->marks[i - 1] - literal;
	for (size_t i = 0; m->special && i < c->n_clients; i++)
		c->held[n++] = c->clients[i];
	qsort(c->held, n, sizeof(*c->held), id_compare);
	return n;
}

#define INNER_SIDES (1u << XE_SIDE_DMZ_INTERNAL | 1u << XE_SIDE_LAN)

static bool is_spoofed(const struct policy *policy, const struct meaning *m, enum xe_side side)
{
	if (side == XE_SIDE_MIRROR || !m->is_protected || !m->sides)
		return false;
	if (m->sides & 1u << side)
		return false;
	return !(policy->site->hairpin && side == XE_SIDE_INTERNET &&
		 m->sides & 1u << XE_SIDE_DMZ_EXTERNAL);
}

/*
 * Of the flags of a class, those that matter at this end of a packet: what comes first, martian,
 * spoofed and the deny lists, leaves nothing to the others.
 */
static uint32_t flags_of(const struct classifier *c, const struct meaning *m, bool is_source)
{
	uint32_t flags = 0;

	if (m->martian[!is_source])
		return CLASS_MARTIAN;
	if (m->is_protected && !m->deny)
		flags |= CLASS_PROTECTED;
	if (m->sides & INNER_SIDES && !m->deny)
		flags |= CLASS_INNER;
	for (size_t i = 0; !m->deny && i < bits_words(c->policy->spec->n_roles); i++)
		if (m->roles[i] & c->ipsec_roles[i])
			flags |= CLASS_IPSEC;
	for (int side = 0; is_source && side < XE_SIDE_COUNT; side++)
		if (c->sides & 1u << side && is_spoofed(c->policy, m, side))
			flags |= CLASS_SPOOFED << side;
	return flags;
}

/* The class, as source or as destination, of addresses that the first `n` ends in held[] hold. */
static long class_of(struct classifier *c, const struct meaning *m, size_t n, bool is_source)
{
	const struct class_head head = {
		.flags = flags_of(c, m, is_source),
		.deny = m->martian[!is_source] ? 0 : m->deny,
		.verdicts = m->verdicts,
	};
	size_t len = HEAD_WORDS;

	memcpy(c->key, &head, sizeof(head));
	if (m->martian[!is_source] || m->deny)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct policy_end *end = &c->entries->ends[c->held[i]];

		/* of an end that is held twice (DHCP's special addresses), once */
		if ((is_source ? end->as_source : end->as_destination) &&
		    (!i || c->held[i] != c->held[i - 1]))
			c->key[len++] = c->held[i];
	}
	return intern_add(&c->keys[!is_source], c->key, len * sizeof(*c->key), NULL);
}

/* What verdicts need to know of these addresses. */
static struct xe_end verdicts_of(const struct classifier *c, const struct meaning *m)
{
	struct xe_end end = {0};

	if (c->features)
		end.role = deepest_protected(c->policy, m->roles);
	end.nat = meaning_mark(m, c->numbers.nat, c->numbers.literal);
	return end;
}

/* Refuse more classes than a leaf of the tries can name. */
static int check_classes(const struct classifier *c)
{
	const char *path = c->policy->site->path;

	if (c->keys[0].n > XE_LEAF_MAX_SOURCES) {
		diag_error(path, 0, 0, NULL,
			   "the rows tell more than %u classes of source addresses apart, the most "
			   "that a policy can hold",
			   XE_LEAF_MAX_SOURCES);
		return -E2BIG;
	}
	if (c->keys[1].n > XE_LEAF_MAX_DESTS) {
		diag_error(path, 0, 0, NULL,
			   "the rows tell more than %u classes of destination addresses apart, the "
			   "most that a policy can hold",
			   XE_LEAF_MAX_DESTS);
		return -E2BIG;
	}
	return 0;
}

#define UNMAPPED UINT32_MAX /* no leaf: its top bit is set */

/*
 * map[set] = leaf for the sets that some address of this space has, in the order of addresses. (The
 * sweep interns others on its way, one for each of several marks on the same prefix; these must not
 * become classes.)
 */
static int map_sets(struct classifier *c, const struct addrspace *space, const struct intern *sets,
		    uint32_t *map)
{
	struct meaning m = {
		.roles = calloc(bits_words(c->policy->spec->n_roles) + 1, sizeof(*m.roles)),
	};
	int err = m.roles ? 0 : -ENOMEM;
	size_t len;

	for (size_t i = 0; !err && i < space->n; i++) {
		uint32_t set = space->v[i].set;
		long source, destination;
		size_t n;

		if (map[set] != UNMAPPED)
			continue;
		m.marks = intern_key(sets, set, &len);
		m.n_marks = len / sizeof(*m.marks);
		meaning_of(c->policy, &c->numbers, &m);
		m.verdicts = verdicts_of(c, &m);
		n = ends_of(c, &m);
		source = class_of(c, &m, n, true);
		destination = class_of(c, &m, n, false);
		if (source < 0 || destination < 0)
			err = -ENOMEM;
		else
			err = check_classes(c);
		map[set] = (uint32_t)source | (uint32_t)destination << XE_LEAF_SOURCE_BITS;
	}
	free(m.roles);
	return err;
}

/* --- the results ----------------------------------------------------------------------------- */

static int fill_side(const struct intern *keys, struct address_side *out)
{
	size_t len, n = keys->n_bytes / sizeof(uint32_t) - keys->n * HEAD_WORDS;

	out->v = calloc(keys->n, sizeof(*out->v));
	out->ends = calloc(n + 1, sizeof(*out->ends));
	if (!out->v || !out->ends)
		return -ENOMEM;
	for (n = 0; out->n < keys->n; out->n++) {
		const uint32_t *key = intern_key(keys, out->n, &len);
		size_t n_ends = len / sizeof(*key) - HEAD_WORDS;
		struct class_head head;

		memcpy(&head, key, sizeof(head));
		out->v[out->n] = (struct address_class){
			.flags = head.flags,
			.deny = head.deny,
			.verdicts = head.verdicts,
			.ends = out->ends + n,
			.n_ends = n_ends,
		};
		memcpy(out->ends + n, key + HEAD_WORDS, n_ends * sizeof(*key));
		n += n_ends;
	}
	return 0;
}

/* A pair of classes that no family has both of never comes up. */
static void note_family(const struct addrspace *space, struct address_classes *out)
{
	unsigned family = space->width == 32 ? CLASS_IPV4 : CLASS_IPV6;

	for (size_t i = 0; i < space->n; i++) {
		out->sources.v[space->v[i].set & XE_LEAF_SOURCE].flags |= family;
		out->destinations.v[space->v[i].set >> XE_LEAF_SOURCE_BITS].flags |= family;
	}
}

static int classifier_make(const struct policy *policy, const struct entries *entries,
			   unsigned sides, unsigned features, struct classifier *out)
{
	*out = (struct classifier){
		.policy = policy,
		.entries = entries,
		.numbers = mark_numbers(policy, entries, features),
		.sides = sides,
		.features = features,
		.ipsec_roles = calloc(bits_words(policy->spec->n_roles) + 1, sizeof(uint64_t)),
		.role_ends = calloc(entries->n_ends + 1, sizeof(uint32_t)),
		.clients = calloc(entries->n_ends + 1, sizeof(uint32_t)),
		.held = calloc(2 * entries->n_ends + 1, sizeof(uint32_t)),
		.key = calloc(entries->n_ends + HEAD_WORDS, sizeof(uint32_t)),
		.keys = calloc(2, sizeof(struct intern)),
	};
	if (!out->ipsec_roles || !out->role_ends || !out->clients || !out->held || !out->key ||
	    !out->keys)
		return -ENOMEM;
	ipsec_roles(entries, out->ipsec_roles);
	for (size_t i = 0; i < entries->n_ends; i++) {
		if (entries->ends[i].end->kind == END_ROLES)
			out->role_ends[out->n_role_ends++] = i;
		if (entries->ends[i].is_client)
			out->clients[out->n_clients++] = i;
	}
	return 0;
}

static void classifier_free(struct classifier *c)
{
	free(c->ipsec_roles);
	free(c->role_ends);
	free(c->clients);
	free(c->held);
	free(c->key);
	for (int i = 0; c->keys && i < 2; i++)
		intern_free(&c->keys[i]);
	free(c->keys);
}

int address_classes_make(const struct policy *policy, const struct entries *entries, unsigned sides,
			 unsigned features, struct address_classes *out)
{
	struct classifier classifier = {0};
	struct intern sets = {0};
	uint32_t *map = NULL;
	size_t n = marks_gather(policy, entries, features, NULL);
	struct mark *marks = calloc(n + 1, sizeof(*marks));
	int err = -ENOMEM;

	*out = (struct address_classes){0};
	if (!marks || classifier_make(policy, entries, sides, features, &classifier))
		goto out;
	marks_gather(policy, entries, features, marks);
	if (addrspace_cut(marks, n, 4, &sets, &out->v4) ||
	    addrspace_cut(marks, n, 6, &sets, &out->v6))
		goto out;
	map = malloc(sets.n * sizeof(*map));
	if (!map)
		goto out;
	memset(map, 0xff, sets.n * sizeof(*map));
	err = map_sets(&classifier, &out->v4, &sets, map);
	if (!err)
		err = map_sets(&classifier, &out->v6, &sets, map);
	if (err)
		goto out;
	addrspace_map(&out->v4, map);
	addrspace_map(&out->v6, map);
	err = fill_side(&classifier.keys[0], &out->sources);
	if (!err)
		err = fill_side(&classifier.keys[1], &out->destinations);
	if (!err) {
		note_family(&out->v4, out);
		note_family(&out->v6, out);
	}
out:
	free(marks);
	free(map);
	classifier_free(&classifier);
	intern_free(&sets);
	if (err)
		address_classes_free(out);
	return err;
}

void address_classes_free(struct address_classes *classes)
{
	free(classes->sources.v);
	free(classes->sources.ends);
	free(classes->destinations.v);
	free(classes->destinations.ends);
	addrspace_free(&classes->v4);
	addrspace_free(&classes->v6);
	*classes = (struct address_classes){0};
}
