// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planes of pair classes. For each source class the groups of entries that its ends have begin and
 * end to hold somewhere along the destination classes; one sweep over these, adding and taking away
 * groups by their hash, tells equal sets of groups without looking at them.
 */
#include "pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

/* Destination classes from `lo` up to, not including, `hi`. */
struct span {
	uint32_t lo, hi;
};

/* Which destination classes each end holds: spans[first[end]] up to spans[first[end + 1]]. */
struct end_spans {
	uint32_t *first;
	struct span *spans;
};

/*
 * Hashes of sets of groups by what kind of end they have, since `any` holds not everywhere. Those
 * that name a destination are by destination class: first as changes, then as the sets themselves.
 */
struct sums {
	set_hash *named;	  /* both ends named: for the source class at hand */
	set_hash *source_any;	  /* the same for all source classes */
	set_hash destination_any; /* for the source class at hand */
	set_hash both_any;
};

struct sweep {
	struct build *b;
	struct end_spans spans;
	struct sums all, dhcp; /* every group; those of DHCP rows */
	uint8_t *flags;	       /* of destination classes */
	uint32_t *deny;	       /* lists of destination classes */
	uint32_t *ids;	       /* the row at hand, padded to whole blocks */
	bool any_matters;      /* there are inner addresses and entries with `any` */
	bool has_dhcp;
};

/* --- spans of ends --------------------------------------------------------------------------- */

static int spans_make(const struct build *b, struct end_spans *out)
{
	const struct address_side *classes = &b->addresses.destinations;
	size_t n_ends = b->entries.n_ends;
	uint32_t *last = malloc((n_ends + 1) * sizeof(*last)), *fill = NULL;
	int err = -ENOMEM;

	out->first = calloc(n_ends + 1, sizeof(*out->first));
	if (!last || !out->first)
		goto out;
	/* count, then fill: a span goes on while the end holds the next class too */
	for (int pass = 0; pass < 2; pass++) {
		memset(last, 0xff, (n_ends + 1) * sizeof(*last));
		for (size_t d = 0; d < classes->n; d++)
			for (size_t i = 0; i < classes->v[d].n_ends; i++) {
				uint32_t end = classes->v[d].ends[i];
				bool goes_on = d && last[end] == d - 1;

				last[end] = d;
				if (!pass)
					out->first[end + 1] += !goes_on;
				else if (goes_on)
					out->spans[fill[end] - 1].hi = d + 1;
				else
					out->spans[fill[end]++] = (struct span){d, d + 1};
			}
		if (pass)
			break;
		for (size_t i = 0; i < n_ends; i++)
			out->first[i + 1] += out->first[i];
		out->spans = calloc(out->first[n_ends] + 1, sizeof(*out->spans));
		fill = malloc((n_ends + 1) * sizeof(*fill));
		if (!out->spans || !fill)
			goto out;
		memcpy(fill, out->first, n_ends * sizeof(*fill));
	}
	err = 0;
out:
	free(last);
	free(fill);
	return err;
}

/* --- sums of groups -------------------------------------------------------------------------- */

static void add_changes(const struct sweep *w, uint32_t end, set_hash hash, set_hash *changes)
{
	for (uint32_t i = w->spans.first[end]; i < w->spans.first[end + 1]; i++) {
		changes[w->spans.spans[i].lo] ^= hash;
		changes[w->spans.spans[i].hi] ^= hash;
	}
}

/* Changes to sets: each is what the one before it was, changed. */
static void sum_up(set_hash *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		v[i] ^= v[i - 1];
}

/* Groups of one source end: those to named destinations as changes, those to `any` as a sum. */
static void add_groups(const struct sweep *w, uint32_t end, bool dhcp_only, set_hash *changes,
		       set_hash *any)
{
	const struct entries *entries = &w->b->entries;

	for (uint32_t i = entries->of_source[end]; i < entries->of_source[end + 1]; i++) {
		const struct entry_group *group = &entries->groups[i];

		if (dhcp_only && !group->dhcp)
			continue;
		if (group->destination == END_ID_ANY)
			*any ^= group->hash;
		else
			add_changes(w, group->destination, group->hash, changes);
	}
}

static void sum_source(const struct sweep *w, const struct address_class *source, bool dhcp_only,
		       struct sums *out)
{
	size_t n = w->b->addresses.destinations.n;

	memset(out->named, 0, (n + 1) * sizeof(*out->named));
	out->destination_any = 0;
	for (size_t i = 0; i < source->n_ends; i++)
		add_groups(w, source->ends[i], dhcp_only, out->named, &out->destination_any);
	sum_up(out->named, n);
}

/* The groups between a source class and a destination class, each by its flags. */
static inline set_hash sum_of(const struct sums *sums, size_t d, bool outer, unsigned source,
			      unsigned destination)
{
	bool source_any = any_is_open(outer, destination);
	bool destination_any = any_is_open(outer, source);
	set_hash hash = sums->named[d];

	if (source_any)
		hash ^= sums->source_any[d];
	if (destination_any)
		hash ^= sums->destination_any;
	if (source_any && destination_any)
		hash ^= sums->both_any;
	return hash;
}

/* --- pairs ----------------------------------------------------------------------------------- */

static long add_pair(struct pairs *pairs, set_hash hash, struct pair pair)
{
	if (pairs->n == pairs->capacity) {
		size_t capacity = pairs->capacity ? pairs->capacity * 2 : 1024;
		struct pair *v = realloc(pairs->v, capacity * sizeof(*v));

		if (!v)
			return -ENOMEM;
		pairs->v = v;
		pairs->capacity = capacity;
	}
	if (hash_table_put(&pairs->table, hash, pairs->n))
		return -ENOMEM;
	pairs->v[pairs->n] = pair;
	return pairs->n++;
}

/* The pair of the rows, or of spoofed packets, in *pair but for its places. Its hash. */
static set_hash pair_of_rows(const struct sweep *w, size_t s, size_t d, bool spoofed,
			     struct pair *pair)
{
	unsigned source = w->b->addresses.sources.v[s].flags, destination = w->flags[d];
	set_hash hash = sum_of(&w->all, d, pair->outer, source, destination);

	if ((source | destination) & CLASS_PROTECTED)
		pair->flags |= PAIR_PROTECTED;
	if ((source | destination) & CLASS_IPSEC)
		pair->flags |= PAIR_IPSEC;
	if (spoofed) {
		pair->flags |= PAIR_SPOOFED;
		/* DHCP's are exempt; where there are none nothing else matters */
		if (!w->has_dhcp || !sum_of(&w->dhcp, d, pair->outer, source, destination)) {
			pair->flags = PAIR_SPOOFED;
			pair->empty = true;
			hash = 0;
		}
	}
	return hash;
}

/* The pair of the source class `s` with the destination class `d`. */
static long pair_of(struct sweep *w, size_t s, size_t d, bool outer, bool spoofed)
{
	struct pairs *pairs = &w->b->pairs;
	const struct address_class *source = &w->b->addresses.sources.v[s];
	struct pair pair = {.source = s, .destination = d, .outer = outer};
	set_hash hash = 0;
	long id;

	if ((source->flags | w->flags[d]) & CLASS_MARTIAN) {
		pair.flags = PAIR_MARTIAN;
		pair.empty = true;
	} else if (spoofed && (source->deny || w->deny[d])) {
		/* the match set is the list alone, without any DHCP row */
		pair.flags = PAIR_SPOOFED;
		pair.empty = true;
	} else if (source->deny || w->deny[d]) {
		pair.denied = true;
		hash = w->b->entries.v[pair_denied(source->deny, w->deny[d])].hash;
	} else {
		hash = pair_of_rows(w, s, d, spoofed, &pair);
	}
	hash ^= zobrist(ZOBRIST_FLAGS, pair.flags);
	id = hash_table_find(&pairs->table, hash);
	return id < 0 ? add_pair(pairs, hash, pair) : id;
}

/* Everything that pair_of() makes a pair of. */
static inline bool same_pair(const struct sweep *w, size_t a, size_t b)
{
	return w->flags[a] == w->flags[b] && w->deny[a] == w->deny[b] &&
	       w->all.named[a] == w->all.named[b] && w->all.source_any[a] == w->all.source_any[b];
}

/* ids[] of one source class. A pair that no packet can have is as its neighbour. */
static int make_ids(struct sweep *w, size_t s, bool outer, bool spoofed)
{
	const unsigned families = CLASS_IPV4 | CLASS_IPV6;
	unsigned source = w->b->addresses.sources.v[s].flags;
	size_t n = w->b->addresses.destinations.n, last = n;

	for (size_t d = 0; d < n; d++) {
		long id;

		if (!(source & w->flags[d] & families)) {
			w->ids[d] = last < n ? w->ids[last] : 0;
			continue;
		}
		if (last < n && same_pair(w, last, d)) {
			w->ids[d] = w->ids[last];
			last = d;
			continue;
		}
		id = pair_of(w, s, d, outer, spoofed);
		if (id < 0)
			return id;
		for (size_t i = last < n ? d : 0; i <= d; i++)
			w->ids[i] = id;
		last = d;
	}
	for (size_t d = n; d % XE_BLOCK; d++)
		w->ids[d] = w->ids[n - 1];
	return 0;
}

/* --- rows and planes ------------------------------------------------------------------------- */

/* Store ids[] as a row of blocks. Its number, or -ENOMEM. */
static long add_row(struct sweep *w)
{
	struct pairs *pairs = &w->b->pairs;
	uint32_t *row;

	if (pairs->n_rows == pairs->rows_capacity) {
		size_t capacity = pairs->rows_capacity ? pairs->rows_capacity * 2 : 256;
		uint32_t *rows = realloc(pairs->rows, capacity * pairs->row_refs * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		pairs->rows = rows;
		pairs->rows_capacity = capacity;
	}
	row = pairs->rows + pairs->n_rows * pairs->row_refs;
	for (size_t i = 0; i < pairs->row_refs; i++) {
		long block = intern_add(&pairs->blocks, w->ids + i * XE_BLOCK,
					XE_BLOCK * sizeof(*w->ids), NULL);

		if (block < 0)
			return block;
		row[i] = block;
	}
	return pairs->n_rows++;
}

static bool side_is_inner(enum xe_side side)
{
	return side == XE_SIDE_DMZ_INTERNAL || side == XE_SIDE_LAN || side == XE_SIDE_MIRROR;
}

/* The rows of one source class on all sides; sides that do not differ for it share a row. */
static int make_rows(struct sweep *w, size_t s)
{
	const struct address_class *source = &w->b->addresses.sources.v[s];
	struct pairs *pairs = &w->b->pairs;
	long rows[2][2] = {{-1, -1}, {-1, -1}}; /* [spoofed][outer] */

	sum_source(w, source, false, &w->all);
	if (w->has_dhcp && source->flags / CLASS_SPOOFED)
		sum_source(w, source, true, &w->dhcp);
	for (int side = 0; side < XE_SIDE_COUNT; side++) {
		bool outer = w->any_matters && !side_is_inner(side);
		bool spoofed = source->flags & CLASS_SPOOFED << side;
		long *row = &rows[spoofed][outer];

		if (!pairs->row_of[side])
			continue;
		if (*row < 0) {
			int err = make_ids(w, s, outer, spoofed);

			if (err)
				return err;
			*row = add_row(w);
			if (*row < 0)
				return *row;
		}
		pairs->row_of[side][s] = *row;
	}
	return build_fits(w->b);
}

static int sweep_make(struct build *b, struct sweep *w)
{
	const struct address_side *destinations = &b->addresses.destinations;
	size_t n = destinations->n;
	bool inner = false, any = false;

	b->pairs.row_refs = (n + XE_BLOCK - 1) / XE_BLOCK;
	w->all.named = calloc(n + 1, sizeof(set_hash));
	w->all.source_any = calloc(n + 1, sizeof(set_hash));
	w->dhcp.named = calloc(n + 1, sizeof(set_hash));
	w->dhcp.source_any = calloc(n + 1, sizeof(set_hash));
	w->flags = calloc(n, sizeof(*w->flags));
	w->deny = calloc(n, sizeof(*w->deny));
	w->ids = calloc(b->pairs.row_refs * XE_BLOCK, sizeof(*w->ids));
	if (!w->all.named || !w->all.source_any || !w->dhcp.named || !w->dhcp.source_any ||
	    !w->flags || !w->deny || !w->ids || spans_make(b, &w->spans))
		return -ENOMEM;
	for (size_t d = 0; d < n; d++) {
		w->flags[d] = destinations->v[d].flags;
		w->deny[d] = destinations->v[d].deny;
		inner |= w->flags[d] & CLASS_INNER;
	}
	for (size_t s = 0; s < b->addresses.sources.n; s++)
		inner |= b->addresses.sources.v[s].flags & CLASS_INNER;
	for (size_t i = 0; i < b->entries.n_groups; i++) {
		const struct entry_group *group = &b->entries.groups[i];

		w->has_dhcp |= group->dhcp;
		any |= group->source == END_ID_ANY || group->destination == END_ID_ANY;
	}
	w->any_matters = inner && any;
	add_groups(w, END_ID_ANY, false, w->all.source_any, &w->all.both_any);
	add_groups(w, END_ID_ANY, true, w->dhcp.source_any, &w->dhcp.both_any);
	sum_up(w->all.source_any, n);
	sum_up(w->dhcp.source_any, n);
	return 0;
}

static void sweep_free(struct sweep *w)
{
	free(w->spans.first);
	free(w->spans.spans);
	free(w->all.named);
	free(w->all.source_any);
	free(w->dhcp.named);
	free(w->dhcp.source_any);
	free(w->flags);
	free(w->deny);
	free(w->ids);
}

int pairs_make(struct build *b)
{
	struct sweep w = {.b = b};
	size_t n = b->addresses.sources.n;
	int err = sweep_make(b, &w);

	for (int side = 0; !err && side < XE_SIDE_COUNT; side++) {
		if (!(b->sides & 1u << side))
			continue;
		b->pairs.row_of[side] = calloc(n, sizeof(**b->pairs.row_of));
		if (!b->pairs.row_of[side])
			err = -ENOMEM;
	}
	for (b->sources_done = 0; !err && b->sources_done < n; b->sources_done++)
		err = make_rows(&w, b->sources_done);
	sweep_free(&w);
	return err;
}

void pairs_free(struct pairs *pairs)
{
	free(pairs->v);
	hash_table_free(&pairs->table);
	intern_free(&pairs->blocks);
	free(pairs->rows);
	for (int side = 0; side < XE_SIDE_COUNT; side++)
		free(pairs->row_of[side]);
	*pairs = (struct pairs){0};
}
