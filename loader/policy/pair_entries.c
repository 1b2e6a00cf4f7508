// SPDX-License-Identifier: GPL-2.0-only
/* The entries of a pair class, gathered group by group. */
#include "pair_entries.h"

#include <errno.h>
#include <stdlib.h>

#include "bits.h"
#include "build.h"

static void add_group(struct pair_entries *w, const struct entry_group *group)
{
	const uint32_t *ids = w->build->entries.group_entries + group->first;

	for (uint32_t i = 0; i < group->n; i++) {
		bits_set(w->seen, ids[i]);
		w->v[w->n++] = ids[i];
	}
}

static int id_compare(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

/* Sort, by the bits if there are many. */
static void sort_all(struct pair_entries *w)
{
	size_t words = bits_words(w->build->entries.n), n = w->n;

	if (n * 8 < words) {
		for (size_t i = 0; i < n; i++)
			w->seen[w->v[i] / 64] = 0;
		qsort(w->v, n, sizeof(*w->v), id_compare);
		return;
	}
	n = 0;
	for (size_t i = 0; i < words; i++) {
		for (uint64_t bits = w->seen[i]; bits; bits &= bits - 1)
			w->v[n++] = i * 64 + __builtin_ctzll(bits);
		w->seen[i] = 0;
	}
}

static void add_source(struct pair_entries *w, uint32_t end, bool any_open)
{
	const struct entries *entries = &w->build->entries;

	for (uint32_t i = entries->of_source[end]; i < entries->of_source[end + 1]; i++) {
		const struct entry_group *group = &entries->groups[i];

		if (group->destination == END_ID_ANY ? any_open : w->held[group->destination])
			add_group(w, group);
	}
}

void pair_entries_list(struct pair_entries *w, const struct pair *pair)
{
	const struct address_class *source = &w->build->addresses.sources.v[pair->source];
	const struct address_class *destination =
		&w->build->addresses.destinations.v[pair->destination];
	bool any_open = any_is_open(pair->outer, source->flags);

	w->n = 0;
	if (pair->empty)
		return;
	if (pair->denied) {
		w->v[w->n++] = pair_denied(source->deny, destination->deny);
		return;
	}
	for (size_t i = 0; i < destination->n_ends; i++)
		w->held[destination->ends[i]] = true;
	for (size_t i = 0; i < source->n_ends; i++)
		add_source(w, source->ends[i], any_open);
	if (any_is_open(pair->outer, destination->flags))
		add_source(w, END_ID_ANY, any_open);
	for (size_t i = 0; i < destination->n_ends; i++)
		w->held[destination->ends[i]] = false;
	sort_all(w);
}

int pair_entries_make(const struct build *build, struct pair_entries *out)
{
	*out = (struct pair_entries){
		.build = build,
		.held = calloc(build->entries.n_ends, sizeof(*out->held)),
		.seen = calloc(bits_words(build->entries.n) + 1, sizeof(*out->seen)),
		.v = calloc(build->entries.n + 1, sizeof(*out->v)),
	};
	return out->held && out->seen && out->v ? 0 : -ENOMEM;
}

void pair_entries_free(struct pair_entries *entries)
{
	free(entries->held);
	free(entries->seen);
	free(entries->v);
}
