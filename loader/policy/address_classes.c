// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address classes. Every prefix of the policy is a mark; the sweep says which marks hold on which
 * interval; here a set of marks becomes roles, sides and entries, and equal results one class.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"

/* Numbers of marks: roles' own prefixes, roles served by a stand-in, DHCP's special addresses,
 * literal ends. */
struct mark_numbers {
	uint32_t stand_in, special, literal;
};

static struct mark_numbers mark_numbers(const struct policy *policy)
{
	uint32_t n = policy->spec->n_roles;

	return (struct mark_numbers){.stand_in = n, .special = 2 * n, .literal = 2 * n + 1};
}

/* Two literal ends a row at most. */
static uint32_t literal_mark(const struct policy *policy, const struct effective_row *row,
			     const struct end *end)
{
	return mark_numbers(policy).literal + 2 * (row - policy->rows) + (end == &row->destination);
}

static size_t put_marks(struct mark *marks, size_t n, const struct prefix_list *list,
			uint32_t value)
{
	for (size_t i = 0; i < list->n; i++, n++)
		if (marks)
			marks[n] = (struct mark){.prefix = list->v[i], .value = value};
	return n;
}

/* All marks; with NULL only their number. */
static size_t gather_marks(const struct policy *policy, struct mark *marks)
{
	static struct prefix special[2] = {
		{.family = 4, .prefixlen = 32},
		{.family = 4, .prefixlen = 32, .addr = {255, 255, 255, 255}},
	};
	const struct prefix_list specials = {special, 2};
	struct mark_numbers numbers = mark_numbers(policy);
	bool dhcp = false;
	size_t n = 0;

	for (size_t i = 0; i < policy->spec->n_roles; i++)
		if (policy->own[i])
			n = put_marks(marks, n, policy->own[i],
				      policy->stand_in[i] < 0 ? i : numbers.stand_in + i);
	for (size_t i = 0; i < policy->n_rows; i++) {
		const struct effective_row *row = &policy->rows[i];

		if (!row->active)
			continue;
		dhcp |= row->dhcp;
		if (row->source.kind == END_PREFIXES)
			n = put_marks(marks, n, &row->source.prefixes,
				      literal_mark(policy, row, &row->source));
		if (row->destination.kind == END_PREFIXES)
			n = put_marks(marks, n, &row->destination.prefixes,
				      literal_mark(policy, row, &row->destination));
	}
	if (dhcp)
		n = put_marks(marks, n, &specials, numbers.special);
	return n;
}

/* What one set of marks means, before it is made a class. */
struct meaning {
	uint64_t *roles; /* that count for these addresses */
	const uint32_t *marks;
	size_t n_marks;
	unsigned sides;
	bool is_protected, special;
};

static bool meaning_has_mark(const struct meaning *m, uint32_t value)
{
	size_t lo = 0, hi = m->n_marks;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->marks[mid] == value)
			return true;
		if (m->marks[mid] < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* The roles of an address and where it lives: MEANING.md, roles of an address. */
static void meaning_of(const struct policy *policy, struct meaning *m)
{
	const struct role *roles = policy->spec->roles;
	struct mark_numbers numbers = mark_numbers(policy);

	memset(m->roles, 0, bits_words(policy->spec->n_roles) * sizeof(*m->roles));
	m->sides = 0;
	m->is_protected = m->special = false;
	for (size_t i = 0; i < m->n_marks && m->marks[i] < numbers.special; i++) {
		int role = m->marks[i] % numbers.stand_in;

		m->is_protected |= roles[role].is_protected;
		for (; role >= 0; role = roles[role].member_of) {
			bits_set(m->roles, role);
			m->is_protected |= roles[role].is_protected;
		}
	}
	for (size_t i = 0; m->is_protected && i < policy->spec->n_roles; i++)
		if (!roles[i].is_protected)
			m->roles[i / 64] &= ~(1ull << (i % 64));
	for (size_t i = 0; i < m->n_marks && m->marks[i] < numbers.stand_in; i++)
		if (bits_has(m->roles, m->marks[i]))
			m->sides |= 1u << roles[m->marks[i]].side;
	m->special = meaning_has_mark(m, numbers.special);
}

/*
 * Which entries' ends hold an address, gathered once by what makes them hold it, so that a set of
 * marks costs its roles and marks, not all entries.
 */
struct holders {
	size_t words;
	uint64_t *any, *special; /* every address; DHCP's special ones */
	uint64_t *of_role;	 /* [role][words] */
	uint32_t *of_literal;	 /* [2 x row index + is destination end]: first entry + 1, by `next`
				    the others */
	uint32_t *next;		 /* [entry]: another entry with the same literal end, + 1 */
};

static void holders_free(struct holders *holders)
{
	free(holders->any);
	free(holders->special);
	free(holders->of_role);
	free(holders->of_literal);
	free(holders->next);
}

/* For the ends that face a packet's source, or those that face its destination. */
static int holders_make(const struct policy *policy, const struct entries *entries,
			bool is_destination, struct holders *out)
{
	size_t words = entries->words;

	*out = (struct holders){
		.words = words,
		.any = calloc(words, sizeof(uint64_t)),
		.special = calloc(words, sizeof(uint64_t)),
		.of_role = calloc(policy->spec->n_roles * words + 1, sizeof(uint64_t)),
		.of_literal = calloc(2 * policy->n_rows + 1, sizeof(uint32_t)),
		.next = calloc(entries->n + 1, sizeof(uint32_t)),
	};
	if (!out->any || !out->special || !out->of_role || !out->of_literal || !out->next)
		return -ENOMEM;
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *entry = &entries->v[i];
		const struct end *end = is_destination ? entry->destination : entry->source;
		uint32_t *first;

		if (is_destination ? entry->destination_is_client : entry->source_is_client)
			bits_set(out->special, i);
		switch (end->kind) {
		case END_ANY:
			bits_set(out->any, i);
			break;
		case END_ROLES:
			for (size_t j = 0; j < end->n_roles; j++)
				bits_set(out->of_role + end->roles[j] * words, i);
			break;
		case END_PREFIXES:
			first = &out->of_literal[literal_mark(policy, entry->row, end) -
						 mark_numbers(policy).literal];
			out->next[i] = *first;
			*first = i + 1;
			break;
		}
	}
	return 0;
}

static void add_bits(uint64_t *to, const uint64_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++)
		to[i] |= from[i];
}

static void holders_of(const struct policy *policy, const struct holders *holders,
		       const struct meaning *m, uint64_t *bits)
{
	uint32_t literal = mark_numbers(policy).literal;

	memcpy(bits, holders->any, holders->words * sizeof(*bits));
	if (m->special)
		add_bits(bits, holders->special, holders->words);
	for (size_t role = 0; role < policy->spec->n_roles; role++)
		if (bits_has(m->roles, role))
			add_bits(bits, holders->of_role + role * holders->words, holders->words);
	for (size_t i = m->n_marks; i && m->marks[i - 1] >= literal; i--)
		for (uint32_t e = holders->of_literal[m->marks[i - 1] - literal]; e;
		     e = holders->next[e - 1])
			bits_set(bits, e - 1);
}

/* Roles that the IPsec exceptions name. */
static void ipsec_roles(const struct entries *entries, uint64_t *roles)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *entry = &entries->v[i];

		if (!entry->row->annotation)
			continue;
		for (size_t j = 0; entry->source->kind == END_ROLES && j < entry->source->n_roles;
		     j++)
			bits_set(roles, entry->source->roles[j]);
		for (size_t j = 0;
		     entry->destination->kind == END_ROLES && j < entry->destination->n_roles; j++)
			bits_set(roles, entry->destination->roles[j]);
	}
}

/* A class as an interned key: both sets of entries, then the flags. */
struct class_flags {
	uint32_t sides;
	uint8_t is_protected, ipsec_host, unused[2];
};

/* What makes classes out of sets of marks. */
struct classifier {
	const struct policy *policy;
	struct holders source, destination;
	uint64_t *ipsec_roles, *key;
	struct intern keys;
};

static long class_of(struct classifier *c, const struct meaning *m)
{
	struct class_flags flags = {.sides = m->sides, .is_protected = m->is_protected};
	size_t words = c->source.words;

	for (size_t i = 0; i < bits_words(c->policy->spec->n_roles); i++)
		flags.ipsec_host |= (m->roles[i] & c->ipsec_roles[i]) != 0;
	holders_of(c->policy, &c->source, m, c->key);
	holders_of(c->policy, &c->destination, m, c->key + words);
	memcpy(c->key + 2 * words, &flags, sizeof(flags));
	return intern_add(&c->keys, c->key, (2 * words + 1) * sizeof(*c->key), NULL);
}

#define INNER_SIDES (1u << XE_SIDE_DMZ_INTERNAL | 1u << XE_SIDE_LAN)

static int fill_classes(const struct intern *keys, size_t words, struct address_classes *out)
{
	out->v = calloc(keys->n, sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	for (out->n = 0; out->n < keys->n; out->n++) {
		struct address_class *class = &out->v[out->n];
		const uint64_t *key = intern_key(keys, out->n, NULL);
		struct class_flags flags;

		class->as_source = calloc(2 * words, sizeof(*key));
		if (!class->as_source)
			return -ENOMEM;
		memcpy(class->as_source, key, 2 * words * sizeof(*key));
		class->as_destination = class->as_source + words;
		memcpy(&flags, key + 2 * words, sizeof(flags));
		class->sides = flags.sides;
		class->is_protected = flags.is_protected;
		class->ipsec_host = flags.ipsec_host;
		class->inner = flags.sides & INNER_SIDES;
	}
	return 0;
}

static int classifier_make(const struct policy *policy, const struct entries *entries,
			   struct classifier *out)
{
	*out = (struct classifier){
		.policy = policy,
		.ipsec_roles = calloc(bits_words(policy->spec->n_roles) + 1, sizeof(uint64_t)),
		.key = calloc(2 * entries->words + 1, sizeof(uint64_t)),
	};
	if (!out->ipsec_roles || !out->key)
		return -ENOMEM;
	ipsec_roles(entries, out->ipsec_roles);
	if (holders_make(policy, entries, false, &out->source))
		return -ENOMEM;
	return holders_make(policy, entries, true, &out->destination);
}

static void classifier_free(struct classifier *c)
{
	holders_free(&c->source);
	holders_free(&c->destination);
	free(c->ipsec_roles);
	free(c->key);
	intern_free(&c->keys);
}

/*
 * Sets that some address has: the sweep interns others on its way, one for each of several marks on
 * the same prefix, and these must not become classes.
 */
static void mark_used(const struct addrspace *space, uint8_t *used)
{
	for (size_t i = 0; i < space->n; i++)
		used[space->v[i].set] = 1;
}

/* Bytes of keys at most: more classes than this would not fit the block by far. */
#define KEYS_MAX (512ull << 20)

/* map[set] = class, for the sets in use. */
static int map_sets(struct classifier *c, const struct intern *sets, const uint8_t *used,
		    uint32_t *map)
{
	struct meaning m = {
		.roles = calloc(bits_words(c->policy->spec->n_roles) + 1, sizeof(*m.roles)),
	};
	int err = m.roles ? 0 : -ENOMEM;
	size_t len;

	for (size_t i = 0; !err && i < sets->n; i++) {
		long class;

		if (!used[i])
			continue;
		m.marks = intern_key(sets, i, &len);
		m.n_marks = len / sizeof(*m.marks);
		meaning_of(c->policy, &m);
		class = class_of(c, &m);
		if (class < 0)
			err = class;
		map[i] = class | class << XE_LEAF_SOURCE_BITS;
	}
	free(m.roles);
	return err;
}

int address_classes_make(const struct policy *policy, const struct entries *entries,
			 struct address_classes *out)
{
	struct classifier classifier = {0};
	struct intern sets = {0};
	uint32_t *map = NULL;
	uint8_t *used = NULL;
	size_t n = gather_marks(policy, NULL);
	struct mark *marks = calloc(n + 1, sizeof(*marks));
	int err = -ENOMEM;

	*out = (struct address_classes){0};
	if (!marks || classifier_make(policy, entries, &classifier))
		goto out;
	gather_marks(policy, marks);
	if (addrspace_cut(marks, n, 4, &sets, &out->v4) ||
	    addrspace_cut(marks, n, 6, &sets, &out->v6))
		goto out;
	if (sets.n * (2 * entries->words + 1) * sizeof(uint64_t) > KEYS_MAX) {
		err = -E2BIG;
		goto out;
	}
	map = calloc(sets.n, sizeof(*map));
	used = calloc(sets.n, sizeof(*used));
	if (!map || !used)
		goto out;
	mark_used(&out->v4, used);
	mark_used(&out->v6, used);
	err = map_sets(&classifier, &sets, used, map);
	if (!err && classifier.keys.n > XE_LEAF_MAX_SOURCES)
		err = -E2BIG;
	if (err)
		goto out;
	addrspace_map(&out->v4, map);
	addrspace_map(&out->v6, map);
	err = fill_classes(&classifier.keys, entries->words, out);
out:
	free(marks);
	free(map);
	free(used);
	classifier_free(&classifier);
	intern_free(&sets);
	if (err)
		address_classes_free(out);
	return err;
}

void address_classes_free(struct address_classes *classes)
{
	for (size_t i = 0; i < classes->n; i++)
		free(classes->v[i].as_source);
	free(classes->v);
	addrspace_free(&classes->v4);
	addrspace_free(&classes->v6);
	*classes = (struct address_classes){0};
}
