// SPDX-License-Identifier: GPL-2.0-only
/* How large a policy gets while it is being built, and what to say of one that gets too large. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "build.h"
#include "diag.h"

static size_t blocked_words(const struct build *b)
{
	const struct finals *finals = &b->finals;
	size_t n = XE_BLOCK_TABLES / 4;

	n += b->addresses.sources.n * b->pairs.row_refs + b->pairs.blocks.n * XE_BLOCK;
	n += b->pairs.n * (XE_PAIR_CELLS / 4);
	n += finals->patterns.n * finals->n_ports + finals_d_words(finals);
	n += guard_words(b);
	return n;
}

size_t build_bytes(const struct build *b)
{
	size_t words = b->block.n ? b->block.n : blocked_words(b);
	size_t n_nics = b->n_nics ? b->n_nics : 1, counters = sizeof(struct xe_counter);

	if (b->guard.features & XE_FEATURE_PAYLOAD)
		counters += sizeof(struct xe_conformity);
	return words * sizeof(uint32_t) + b->atoms.list.n_bytes +
	       2 * n_nics * b->atoms.list.n * counters + guard_state_bytes(b);
}

int build_fits(const struct build *b)
{
	size_t bytes = build_bytes(b);

	if (bytes > b->max_memory || blocked_words(b) * sizeof(uint32_t) > COMPILE_BLOCK_MAX)
		return build_refuse(b, bytes, false);
	return 0;
}

/* --- which rows cross ------------------------------------------------------------------------ */

/* An end is wide if it holds at least this part of all classes. */
#define WIDE_PART 8
#define EXAMPLES  3

/* Classes that each end holds; `any` holds all. NULL: no memory. */
static uint32_t *end_widths(const struct build *b, const struct address_side *side)
{
	uint32_t *widths = calloc(b->entries.n_ends, sizeof(*widths));

	for (size_t i = 0; widths && i < side->n; i++)
		for (size_t j = 0; j < side->v[i].n_ends; j++)
			widths[side->v[i].ends[j]]++;
	if (widths)
		widths[END_ID_ANY] = side->n;
	return widths;
}

struct widths {
	uint32_t *sources, *destinations;
	size_t n_sources, n_destinations;
};

static bool is_wide(uint32_t width, size_t n)
{
	return (size_t)width * WIDE_PART >= n;
}

/* Wide at one end and not at the other: what makes pairs by crossing its like the other way. */
static bool crosses(const struct widths *w, const struct entry *entry, bool wide_source)
{
	bool source = is_wide(w->sources[entry->source], w->n_sources);
	bool destination = is_wide(w->destinations[entry->destination], w->n_destinations);

	return source != destination && source == wide_source;
}

static size_t count_crossing(const struct build *b, const struct widths *w, bool wide_source)
{
	size_t n = 0;

	for (size_t i = 0; i < b->entries.n; i++)
		n += crosses(w, &b->entries.v[i], wide_source);
	return n;
}

static void name_entry(const struct widths *w, const struct entry *entry, bool wide_source)
{
	const struct row *row = entry->row->row;

	diag_error(row->file, row->line, 0, row->id,
		   "%s, wide %s: its source is in %u of %zu classes, its destination in %u of %zu",
		   sense_text(entry->sense), wide_source ? "source" : "destination",
		   w->sources[entry->source], w->n_sources, w->destinations[entry->destination],
		   w->n_destinations);
}

/* The widest of them, at their wide ends. */
static void name_crossing(const struct build *b, const struct widths *w, bool wide_source)
{
	const uint32_t *widths = wide_source ? w->sources : w->destinations;
	uint32_t below = UINT32_MAX; /* widths shown already, all rows of them */
	size_t shown = 0;

	while (shown < EXAMPLES) {
		uint32_t widest = 0;

		for (size_t i = 0; i < b->entries.n; i++) {
			const struct entry *entry = &b->entries.v[i];
			uint32_t width = widths[wide_source ? entry->source : entry->destination];

			if (width > widest && width < below && crosses(w, entry, wide_source))
				widest = width;
		}
		if (!widest)
			return;
		for (size_t i = 0; i < b->entries.n && shown < EXAMPLES; i++) {
			const struct entry *entry = &b->entries.v[i];
			uint32_t width = widths[wide_source ? entry->source : entry->destination];

			if (width == widest && crosses(w, entry, wide_source)) {
				name_entry(w, entry, wide_source);
				shown++;
			}
		}
		below = widest;
	}
}

static void report_crossing(const struct build *b)
{
	struct widths w = {
		.sources = end_widths(b, &b->addresses.sources),
		.destinations = end_widths(b, &b->addresses.destinations),
		.n_sources = b->addresses.sources.n,
		.n_destinations = b->addresses.destinations.n,
	};
	size_t replies = 0, n_sources = 0, n_destinations = 0;

	if (w.sources && w.destinations) {
		n_sources = count_crossing(b, &w, true);
		n_destinations = count_crossing(b, &w, false);
	}
	for (size_t i = 0; i < b->entries.n; i++)
		replies += b->entries.v[i].sense == XE_REPLY &&
			   b->entries.v[i].row->row->table < 0 && !b->entries.v[i].row->deny_list;
	if (n_sources && n_destinations) {
		diag_error(b->policy->site->path, 0, 0, NULL,
			   "%zu of its %zu rows and senses have a wide source only, %zu a wide "
			   "destination only: where these cross is a pair class of its own",
			   n_sources, b->entries.n, n_destinations);
		name_crossing(b, &w, true);
		name_crossing(b, &w, false);
	}
	if (replies)
		diag_error(
			b->policy->site->path, 0, 0, NULL,
			"%zu of its rows and senses are replies of the operator's own rows; rows "
			"with `reply: no` have none",
			replies);
	free(w.sources);
	free(w.destinations);
}

/* --- the message ----------------------------------------------------------------------------- */

#define MIB(bytes) (((bytes) + (1u << 20) - 1) >> 20)

int build_refuse(const struct build *b, size_t bytes, bool whole)
{
	size_t n_sources = b->addresses.sources.n;
	/* how far the stage at work got */
	bool pairing = b->sources_done < n_sources;
	size_t done = pairing ? b->sources_done + 1 : b->finals.n_pairs;
	size_t of = pairing ? n_sources : b->pairs.n;
	const char *more = whole ? "" : "more than ";

	diag_error(b->policy->site->path, 0, 0, NULL,
		   "the policy is too large: --max-memory allows %zu MiB, and it takes %s%zu: %zu "
		   "rows and senses, %zu x %zu classes of addresses, %zu classes of ports, %s%zu "
		   "pair classes, %s%zu atoms",
		   b->max_memory >> 20, more, MIB(bytes), b->entries.n, n_sources,
		   b->addresses.destinations.n, b->n_port, pairing ? more : "", b->pairs.n, more,
		   b->atoms.list.n);
	if (guard_state_bytes(b))
		diag_error(b->policy->site->path, 0, 0, NULL,
			   "of that, what the site's `state` remembers takes %zu MiB",
			   MIB(guard_state_bytes(b)));
	if (bytes <= b->max_memory)
		diag_error(
			b->policy->site->path, 0, 0, NULL,
			"its block alone is more than %u MiB, the most that one can be, whatever "
			"--max-memory allows",
			COMPILE_BLOCK_MAX >> 20);
	if (!b->block.n && done)
		diag_error(b->policy->site->path, 0, 0, NULL,
			   "this is with %zu of %zu %s done; at this rate it takes %zu MiB or more",
			   done, of, pairing ? "source classes" : "pair classes",
			   MIB(bytes / done * of));
	report_crossing(b);
	return -E2BIG;
}

int build_refuse_state(const struct build *b)
{
	static const struct {
		unsigned feature;
		const char *name;
	} kinds[] = {{XE_FEATURE_STATE, "flows"},
		     {XE_FEATURE_GUARD, "fragments"},
		     {XE_FEATURE_LIMITS, "sources"}};
	const struct site *site = b->policy->site;
	char what[3][32];
	const char *most = "";
	size_t n_kinds = 0;

	for (size_t i = 0, largest = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		uint32_t n = guard_remembers(b, kinds[i].feature);

		if (n)
			snprintf(what[n_kinds++], sizeof(what[0]), "%u %s", n, kinds[i].name);
		if (n > largest) {
			largest = n;
			most = kinds[i].name;
		}
	}
	diag_error(site->path, site->state_line, site->state_column, "state",
		   "too large: %s%s%s%s%s take %zu MiB, --max-memory allows %zu MiB: fewer %s, or "
		   "a larger --max-memory",
		   what[0], n_kinds > 2 ? ", " : "", n_kinds > 2 ? what[1] : "",
		   n_kinds > 1 ? " and " : "", n_kinds > 1 ? what[n_kinds - 1] : "",
		   MIB(guard_state_bytes(b)), b->max_memory >> 20, most);
	return -E2BIG;
}
