// SPDX-License-Identifier: GPL-2.0-only
/* Entries: active rows by sense, in the order of the match set. */
#include "entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

static struct port_range all_ports = {0, 65535};
static const struct port_set any_port = {&all_ports, 1};

/* MEANING.md, order of the match set. Total: no two entries of one row and sense but those of
 * MATCH_EITHER. */
static int entry_compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->row->named_ends != b->row->named_ends)
		return a->row->named_ends > b->row->named_ends ? -1 : 1;
	if (a->row->depth != b->row->depth)
		return a->row->depth > b->row->depth ? -1 : 1;
	if (a->row->width != b->row->width)
		return a->row->width < b->row->width ? -1 : 1;
	if (a->sense != b->sense)
		return a->sense == XE_FORWARD ? -1 : 1;
	if (a->row_index != b->row_index)
		return a->row_index < b->row_index ? -1 : 1;
	return (a->limits_sport > b->limits_sport) - (a->limits_sport < b->limits_sport);
}

static void add_sense(struct entries *entries, const struct effective_row *row, uint32_t index,
		      enum xe_sense sense)
{
	bool forward = sense == XE_FORWARD;
	struct entry entry = {
		.row = row,
		.row_index = index,
		.sense = sense,
		.source = forward ? &row->source : &row->destination,
		.destination = forward ? &row->destination : &row->source,
		.source_is_client = row->dhcp && row->client_is_source == forward,
		.destination_is_client = row->dhcp && row->client_is_source != forward,
		.l4 = row->row->l4,
	};
	const struct port_set *source = &row->source_ports, *destination = &row->ports;

	if (row->match == MATCH_EITHER) {
		/* the range at the one end, and again at the other: bits of both mean this row */
		entry.sports = &any_port;
		entry.dports = destination;
		entries->v[entries->n++] = entry;
		entry.sports = destination;
		entry.dports = &any_port;
		entry.limits_sport = true;
		entries->v[entries->n++] = entry;
		return;
	}
	entry.sports = forward ? source : destination;
	entry.dports = forward ? destination : source;
	entry.limits_sport = !port_set_is_any(entry.sports);
	entries->v[entries->n++] = entry;
}

static bool ports_free(const struct entry *entry)
{
	return entry->row->match != MATCH_EITHER && port_set_is_any(entry->sports) &&
	       port_set_is_any(entry->dports);
}

static int make_sets(struct entries *entries)
{
	uint64_t **sets[] = {&entries->annotation,	    &entries->dhcp,
			     &entries->source_any,	    &entries->destination_any,
			     &entries->limits_sport,	    &entries->kind[XE_L4_TCP],
			     &entries->kind[XE_L4_TCP_SYN], &entries->kind[XE_L4_UDP],
			     &entries->kind[XE_L4_OTHER],   &entries->kind[XE_L4_ESP]};

	entries->words = bits_words(entries->n) + !entries->n;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		*sets[i] = calloc(entries->words, sizeof(uint64_t));
		if (!*sets[i])
			return -ENOMEM;
	}
	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *entry = &entries->v[i];

		if (entry->row->annotation)
			bits_set(entries->annotation, i);
		if (entry->row->dhcp)
			bits_set(entries->dhcp, i);
		if (entry->source->kind == END_ANY)
			bits_set(entries->source_any, i);
		if (entry->destination->kind == END_ANY)
			bits_set(entries->destination_any, i);
		if (entry->limits_sport)
			bits_set(entries->limits_sport, i);
		if (entry->l4 & L4_TCP)
			bits_set(entries->kind[XE_L4_TCP], i);
		if (entry->l4 & L4_TCP && entry->sense == XE_FORWARD)
			bits_set(entries->kind[XE_L4_TCP_SYN], i);
		if (entry->l4 & L4_UDP)
			bits_set(entries->kind[XE_L4_UDP], i);
		if (entry->l4 & L4_OTHER && ports_free(entry)) {
			bits_set(entries->kind[XE_L4_OTHER], i);
			bits_set(entries->kind[XE_L4_ESP], i);
		}
	}
	return 0;
}

int entries_make(const struct policy *policy, struct entries *out)
{
	*out = (struct entries){0};
	out->v = calloc(policy->n_rows * 4 + 1, sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_rows; i++) {
		const struct effective_row *row = &policy->rows[i];

		if (!row->active)
			continue;
		add_sense(out, row, i, XE_FORWARD);
		if (!row->forward_only)
			add_sense(out, row, i, XE_REPLY);
	}
	qsort(out->v, out->n, sizeof(*out->v), entry_compare);
	if (make_sets(out)) {
		entries_free(out);
		return -ENOMEM;
	}
	return 0;
}

void entries_free(struct entries *entries)
{
	free(entries->v);
	free(entries->annotation);
	free(entries->dhcp);
	free(entries->source_any);
	free(entries->destination_any);
	free(entries->limits_sport);
	for (size_t i = 0; i < XE_L4_COUNT; i++)
		free(entries->kind[i]);
	*entries = (struct entries){0};
}
