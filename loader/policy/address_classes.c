// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address classes. Every prefix of the policy is a mark; the sweep says which marks hold on which interval;
 * here a set of marks becomes roles, sides and entries, and equal results one class.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"

/* Numbers of marks: roles' own prefixes, roles served by a stand-in, DHCP's special addresses, literal ends. */
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

static size_t put_marks(struct mark *marks, size_t n, const struct prefix_list *list, uint32_t value)
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

static bool end_holds(const struct policy *policy, const struct effective_row *row,
		      const struct end *end, bool is_client, const struct meaning *m)
{
	if (end->kind == END_ANY || (is_client && m->special))
		return true;
	if (end->kind == END_PREFIXES)
		return meaning_has_mark(m, literal_mark(policy, row, end));
	for (size_t i = 0; i < end->n_roles; i++)
		if (bits_has(m->roles, end->roles[i]))
			return true;
	return false;
}

static bool end_names(const struct end *end, const struct meaning *m)
{
	if (end->kind != END_ROLES)
		return false;
	for (size_t i = 0; i < end->n_roles; i++)
		if (bits_has(m->roles, end->roles[i]))
			return true;
	return false;
}

/* A class as an interned key: both sets of entries, then the flags. */
struct class_flags {
	uint32_t sides;
	uint8_t is_protected, ipsec_host, unused[2];
};

static long class_of(const struct policy *policy, const struct entries *entries,
		     const struct meaning *m, uint64_t *key, struct intern *classes)
{
	struct class_flags flags = {.sides = m->sides, .is_protected = m->is_protected};
	size_t words = entries->words;

	memset(key, 0, (2 * words + 1) * sizeof(*key));
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *entry = &entries->v[i];

		if (end_holds(policy, entry->row, entry->source, entry->source_is_client, m))
			bits_set(key, i);
		if (end_holds(policy, entry->row, entry->destination, entry->destination_is_client,
			      m))
			bits_set(key + words, i);
		if (entry->row->annotation &&
		    (end_names(entry->source, m) || end_names(entry->destination, m)))
			flags.ipsec_host = 1;
	}
	memcpy(key + 2 * words, &flags, sizeof(flags));
	return intern_add(classes, key, (2 * words + 1) * sizeof(*key), NULL);
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

int address_classes_make(const struct policy *policy, const struct entries *entries,
			 struct address_classes *out)
{
	struct intern sets = {0}, keys = {0};
	struct meaning m = {0};
	uint64_t *key = NULL;
	uint32_t *map = NULL;
	size_t n = gather_marks(policy, NULL), len;
	struct mark *marks = calloc(n + 1, sizeof(*marks));
	int err = -ENOMEM;

	*out = (struct address_classes){0};
	m.roles = calloc(bits_words(policy->spec->n_roles) + 1, sizeof(*m.roles));
	key = calloc(2 * entries->words + 1, sizeof(*key));
	if (!marks || !m.roles || !key)
		goto out;
	gather_marks(policy, marks);
	if (addrspace_cut(marks, n, 4, &sets, &out->v4) || addrspace_cut(marks, n, 6, &sets, &out->v6))
		goto out;
	map = calloc(sets.n, sizeof(*map));
	if (!map)
		goto out;
	for (size_t i = 0; i < sets.n; i++) {
		long class;

		m.marks = intern_key(&sets, i, &len);
		m.n_marks = len / sizeof(*m.marks);
		meaning_of(policy, &m);
		class = class_of(policy, entries, &m, key, &keys);
		if (class < 0)
			goto out;
		map[i] = class;
	}
	addrspace_map(&out->v4, map);
	addrspace_map(&out->v6, map);
	err = fill_classes(&keys, entries->words, out);
out:
	free(marks);
	free(m.roles);
	free(key);
	free(map);
	intern_free(&sets);
	intern_free(&keys);
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
