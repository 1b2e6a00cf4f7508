// SPDX-License-Identifier: GPL-2.0-only
/* Entries: active rows by sense, in the order of the match set; their ends, port sets and groups.
 */
#include "entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

static struct port_range all_ports = {0, 65535};
static const struct port_set any_port = {&all_ports, 1};
static const struct end any_end = {.kind = END_ANY};

/* Deny lists, then MEANING.md, order of the match set. Total: no two entries of one row and sense
 * but those of MATCH_EITHER. */
static int entry_compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->row->deny_list != b->row->deny_list)
		return a->row->deny_list ? -1 : 1;
	if (a->row->deny_list)
		return a->row_index != b->row_index ? (a->row_index < b->row_index ? -1 : 1)
						    : (int)a->sense - (int)b->sense;
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

/* --- numbering ------------------------------------------------------------------------------- */

struct numbers {
	struct intern ends, port_sets;
	uint8_t *key;
	size_t capacity;
};

static void *key_room(struct numbers *numbers, size_t len)
{
	if (len > numbers->capacity) {
		uint8_t *key = realloc(numbers->key, len);

		if (!key)
			return NULL;
		numbers->key = key;
		numbers->capacity = len;
	}
	return numbers->key;
}

/* The id of an end, or -ENOMEM. What it is and whom it names is its key. */
static long end_number(struct entries *entries, struct numbers *numbers, const struct end *end,
		       bool is_client)
{
	size_t len = end->kind == END_ROLES	 ? end->n_roles * sizeof(*end->roles)
		     : end->kind == END_PREFIXES ? end->prefixes.n * sizeof(*end->prefixes.v)
						 : 0;
	uint8_t *key = key_room(numbers, len + 2);
	int is_new;
	long id;

	if (!key)
		return -ENOMEM;
	is_client &= end->kind != END_ANY;
	key[0] = end->kind;
	key[1] = is_client;
	if (len)
		memcpy(key + 2,
		       end->kind == END_ROLES ? (void *)end->roles : (void *)end->prefixes.v, len);
	id = intern_add(&numbers->ends, key, len + 2, &is_new);
	if (id >= 0 && is_new) {
		entries->ends[id] = (struct policy_end){.end = end, .is_client = is_client};
		entries->n_ends++;
	}
	return id;
}

static long port_number(struct entries *entries, struct numbers *numbers,
			const struct port_set *set)
{
	int is_new;
	long id = intern_add(&numbers->port_sets, set->v, set->n * sizeof(*set->v), &is_new);

	if (id >= 0 && is_new) {
		entries->port_sets[id] = set;
		entries->n_port_sets++;
	}
	return id;
}

/* --- entries --------------------------------------------------------------------------------- */

/* What a packet must be for the entry to match it, whatever its addresses and ports. */
static unsigned entry_kinds(const struct entry *entry)
{
	const struct effective_row *row = entry->row;
	unsigned l4 = row->row->l4, kinds = 0;
	bool ports_free = row->match != MATCH_EITHER && entry->sports == PORT_ID_ANY &&
			  entry->dports == PORT_ID_ANY;

	if (l4 & L4_TCP)
		kinds |= 1u << XE_L4_TCP;
	if (l4 & L4_TCP && entry->sense == XE_FORWARD)
		kinds |= 1u << XE_L4_TCP_SYN;
	if (l4 & L4_UDP)
		kinds |= 1u << XE_L4_UDP;
	if (l4 & L4_OTHER && ports_free)
		kinds |= 1u << XE_L4_OTHER | 1u << XE_L4_ESP;
	return kinds;
}

static int add_entry(struct entries *entries, struct numbers *numbers, struct entry entry,
		     const struct port_set *sports, const struct port_set *dports)
{
	long sport_id = port_number(entries, numbers, sports);
	long dport_id = port_number(entries, numbers, dports);

	if (sport_id < 0 || dport_id < 0)
		return -ENOMEM;
	entry.sports = sport_id;
	entry.dports = dport_id;
	entry.limits_sport = sport_id != PORT_ID_ANY;
	entry.kinds = entry_kinds(&entry);
	entries->v[entries->n++] = entry;
	return 0;
}

static int add_sense(struct entries *entries, struct numbers *numbers,
		     const struct effective_row *row, uint32_t index, enum xe_sense sense)
{
	bool forward = sense == XE_FORWARD;
	long source =
		end_number(entries, numbers, &row->source, row->dhcp && row->client_is_source);
	long destination = end_number(entries, numbers, &row->destination,
				      row->dhcp && !row->client_is_source);
	struct entry entry = {.row = row, .row_index = index, .sense = sense};
	int err;

	if (source < 0 || destination < 0)
		return -ENOMEM;
	entry.source = forward ? source : destination;
	entry.destination = forward ? destination : source;
	entries->ends[entry.source].as_source = true;
	entries->ends[entry.destination].as_destination = true;
	if (row->match != MATCH_EITHER)
		return add_entry(entries, numbers, entry,
				 forward ? &row->source_ports : &row->ports,
				 forward ? &row->ports : &row->source_ports);
	/* the range at the one end, and again at the other: either or both mean this row */
	err = add_entry(entries, numbers, entry, &any_port, &row->ports);
	if (!err)
		err = add_entry(entries, numbers, entry, &row->ports, &any_port);
	return err;
}

/* A list takes whatever comes from its addresses or goes there, SYNs too. */
static void add_deny(struct entries *entries, const struct effective_row *row, uint32_t index)
{
	for (int sense = XE_FORWARD; sense <= XE_REPLY; sense++)
		entries->v[entries->n++] = (struct entry){
			.row = row,
			.row_index = index,
			.sense = sense,
			.source = END_ID_ANY,
			.destination = END_ID_ANY,
			.sports = PORT_ID_ANY,
			.dports = PORT_ID_ANY,
			.kinds = (1u << XE_L4_COUNT) - 1,
		};
	entries->n_deny++;
}

/* --- groups ---------------------------------------------------------------------------------- */

static int group_order(const struct entry *a, const struct entry *b)
{
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->destination != b->destination)
		return a->destination < b->destination ? -1 : 1;
	return (a->row->dhcp > b->row->dhcp) - (a->row->dhcp < b->row->dhcp);
}

static int group_entry_compare(const void *pa, const void *pb, void *entries)
{
	const struct entry *v = entries;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int order = group_order(&v[a], &v[b]);

	return order ? order : (a > b) - (a < b);
}

static int make_groups(struct entries *entries)
{
	size_t first = 2 * entries->n_deny, n = entries->n - first;

	entries->groups = calloc(entries->n + 1, sizeof(*entries->groups));
	entries->group_entries = calloc(entries->n + 1, sizeof(*entries->group_entries));
	entries->of_source = calloc(entries->n_ends + 1, sizeof(*entries->of_source));
	if (!entries->groups || !entries->group_entries || !entries->of_source)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		entries->group_entries[i] = first + i;
	qsort_r(entries->group_entries, n, sizeof(*entries->group_entries), group_entry_compare,
		entries->v);
	for (size_t i = 0; i < n; i++) {
		const struct entry *entry = &entries->v[entries->group_entries[i]];
		struct entry_group *group;

		if (!i || group_order(&entries->v[entries->group_entries[i - 1]], entry)) {
			group = &entries->groups[entries->n_groups];
			*group = (struct entry_group){
				.source = entry->source,
				.destination = entry->destination,
				.dhcp = entry->row->dhcp,
				.first = i,
				.hash = zobrist(ZOBRIST_GROUP, entries->n_groups),
			};
			entries->n_groups++;
			entries->of_source[entry->source + 1]++;
		}
		entries->groups[entries->n_groups - 1].n++;
	}
	for (size_t i = 0; i < entries->n_ends; i++)
		entries->of_source[i + 1] += entries->of_source[i];
	return 0;
}

static int make_all(const struct policy *policy, struct numbers *numbers, struct entries *out)
{
	if (end_number(out, numbers, &any_end, false) != END_ID_ANY ||
	    port_number(out, numbers, &any_port) != PORT_ID_ANY)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_rows; i++) {
		const struct effective_row *row = &policy->rows[i];

		if (!row->active)
			continue;
		if (row->deny_list) {
			add_deny(out, row, i);
			continue;
		}
		if (add_sense(out, numbers, row, i, XE_FORWARD))
			return -ENOMEM;
		if (!row->forward_only && add_sense(out, numbers, row, i, XE_REPLY))
			return -ENOMEM;
	}
	qsort(out->v, out->n, sizeof(*out->v), entry_compare);
	for (size_t i = 0; i < out->n; i++)
		out->v[i].hash = zobrist(ZOBRIST_ENTRY, i);
	return make_groups(out);
}

int entries_make(const struct policy *policy, struct entries *out)
{
	struct numbers numbers = {0};
	int err = -ENOMEM;

	*out = (struct entries){
		.v = calloc(policy->n_rows * 4 + 1, sizeof(*out->v)),
		.ends = calloc(policy->n_rows * 2 + 1, sizeof(*out->ends)),
		.port_sets = calloc(policy->n_rows * 2 + 1, sizeof(*out->port_sets)),
	};
	if (out->v && out->ends && out->port_sets)
		err = make_all(policy, &numbers, out);
	intern_free(&numbers.ends);
	intern_free(&numbers.port_sets);
	free(numbers.key);
	if (err)
		entries_free(out);
	return err;
}

void entries_free(struct entries *entries)
{
	free(entries->v);
	free(entries->ends);
	free(entries->port_sets);
	free(entries->groups);
	free(entries->of_source);
	free(entries->group_entries);
	*entries = (struct entries){0};
}
