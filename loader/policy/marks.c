// SPDX-License-Identifier: GPL-2.0-only
/* The marks of a policy, gathered; see marks.h. */
#include "marks.h"

/* DHCP's special addresses. */
static const struct prefix unset = {.family = 4, .prefixlen = 32};
static const struct prefix broadcast = {.family = 4, .prefixlen = 32, .addr = {255, 255, 255, 255}};

/*
 * VERDICTS.md, martian: addresses that no packet comes from (RFC 1122 3.2.1.3, RFC 4291 2.5 and
 * 2.7), and those of them that none goes to either.
 */
static const struct martian {
	struct prefix prefix;
	bool destination; /* too */
} martians[] = {
	{{.family = 4, .prefixlen = 8}, true},
	{{.family = 4, .prefixlen = 8, .addr = {127}}, true},
	{{.family = 4, .prefixlen = 4, .addr = {224}}, false},
	{{.family = 4, .prefixlen = 4, .addr = {240}}, true},
	{{.family = 6, .prefixlen = 128, .addr = {[15] = 1}}, true},
	{{.family = 6, .prefixlen = 8, .addr = {0xff}}, false},
	{{.family = 6, .prefixlen = 96, .addr = {[10] = 0xff, 0xff}}, true},
};

struct mark_numbers mark_numbers(const struct policy *policy, const struct entries *entries,
				 unsigned features)
{
	size_t n_nats = features & XE_FEATURE_NAT ? policy->site->n_nats : 0;
	struct mark_numbers numbers = {.stand_in = policy->spec->n_roles};

	numbers.unset = 2 * numbers.stand_in;
	numbers.broadcast = numbers.unset + 1;
	numbers.martian_source = numbers.broadcast + 1;
	numbers.martian_destination = numbers.martian_source + 1;
	numbers.deny = numbers.martian_destination + 1;
	numbers.nat = numbers.deny + entries->n_deny;
	numbers.literal = numbers.nat + 2 * n_nats;
	return numbers;
}

/* Marks on their way into an array, or only counted. */
struct gathering {
	struct mark *marks; /* NULL: only counted */
	size_t n;
};

static void put(struct gathering *to, const struct prefix *prefix, uint32_t value)
{
	if (to->marks)
		to->marks[to->n] = (struct mark){.prefix = *prefix, .value = value};
	to->n++;
}

static void put_list(struct gathering *to, const struct prefix_list *list, uint32_t value)
{
	for (size_t i = 0; i < list->n; i++)
		put(to, &list->v[i], value);
}

static void put_martians(struct gathering *to, const struct mark_numbers *numbers)
{
	put(to, &unset, numbers->unset);
	put(to, &broadcast, numbers->broadcast);
	for (size_t i = 0; i < sizeof(martians) / sizeof(*martians); i++) {
		put(to, &martians[i].prefix, numbers->martian_source);
		if (martians[i].destination)
			put(to, &martians[i].prefix, numbers->martian_destination);
	}
}

size_t marks_gather(const struct policy *policy, const struct entries *entries, unsigned features,
		    struct mark *marks)
{
	struct mark_numbers numbers = mark_numbers(policy, entries, features);
	struct gathering to = {.marks = marks};

	for (size_t i = 0; i < policy->spec->n_roles; i++)
		if (policy->own[i])
			put_list(&to, policy->own[i],
				 policy->stand_in[i] < 0 ? i : numbers.stand_in + i);
	put_martians(&to, &numbers);
	for (size_t i = 0; i < entries->n_deny; i++) {
		const struct entry *entry = &entries->v[entries_deny(i, XE_FORWARD)];

		put_list(&to, &entry->row->source.prefixes, numbers.deny + i);
	}
	for (size_t i = 0; i < (numbers.literal - numbers.nat) / 2; i++) {
		put(&to, &policy->site->nats[i].outside, numbers.nat + 2 * i);
		put(&to, &policy->site->nats[i].inside, numbers.nat + 2 * i + 1);
	}
	for (size_t i = 0; i < entries->n_ends; i++)
		if (entries->ends[i].end->kind == END_PREFIXES)
			put_list(&to, &entries->ends[i].end->prefixes, numbers.literal + i);
	return to.n;
}
