// SPDX-License-Identifier: GPL-2.0-only
/* Port classes: cut at every limit of every entry, then what no entry tells apart is one class. */
#include "port_classes.h"

#include <errno.h>
#include <stdlib.h>

#include "hash_table.h"

/* IKE and its NAT traversal, RFC 7296; what goes with ESP. */
static bool is_ike(unsigned l4, uint32_t port)
{
	return l4 == L4_UDP && (port == 500 || port == 4500);
}

/* Which sets limit the ports of this protocol, at which end of a packet. */
struct limits {
	bool *sports, *dports; /* by id of a port set */
};

/*
 * changes[port] is the XOR of the hashes of all limits that begin or end to hold at `port`; a set
 * is one member as a limit of source ports, another as one of destination ports.
 */
static void add_changes(set_hash *changes, const struct port_set *set, set_hash hash)
{
	for (size_t i = 0; i < set->n; i++) {
		changes[set->v[i].lo] ^= hash;
		changes[set->v[i].hi + 1u] ^= hash;
	}
}

static void all_changes(const struct entries *entries, const struct limits *limits, unsigned l4,
			set_hash *changes)
{
	for (size_t id = 0; id < entries->n_port_sets; id++) {
		if (limits->sports[id])
			add_changes(changes, entries->port_sets[id],
				    zobrist(ZOBRIST_PORTS, 2 * id));
		if (limits->dports[id])
			add_changes(changes, entries->port_sets[id],
				    zobrist(ZOBRIST_PORTS, 2 * id + 1));
	}
	for (uint32_t port = 0; port < 65536; port++)
		if (is_ike(l4, port)) {
			changes[port] ^= zobrist(ZOBRIST_FLAGS, 0);
			changes[port + 1] ^= zobrist(ZOBRIST_FLAGS, 0);
		}
}

/* of[] and n from the changes. */
static int number_classes(const set_hash *changes, struct port_classes *out)
{
	struct hash_table table = {0};
	set_hash hash = 0;
	long class = -1;
	int err = 0;

	for (uint32_t port = 0; port < 65536 && !err; port++) {
		hash ^= changes[port];
		if (port && !changes[port]) {
			out->of[port] = class;
			continue;
		}
		class = hash_table_find(&table, hash);
		if (class < 0) {
			class = out->n++;
			err = hash_table_put(&table, hash, class);
		}
		out->of[port] = class;
	}
	hash_table_free(&table);
	return err;
}

/* --- the classes of each set ----------------------------------------------------------------- */

/* Ports from which on the class is another. */
struct cuts {
	uint32_t *port;
	size_t n;
};

/* The last cut at or before a port. */
static size_t cut_of(const struct cuts *cuts, uint32_t port)
{
	size_t lo = 0, hi = cuts->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (cuts->port[mid] <= port)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Add the spans of one set; `in` (by class, all false) is used and left as it was. */
static int add_spans(struct port_classes *out, const struct port_set *set, const struct cuts *cuts,
		     bool *in, size_t *n, size_t *capacity)
{
	uint32_t min = UINT32_MAX, max = 0;
	size_t start = *n;

	for (size_t i = 0; i < set->n; i++)
		for (size_t cut = cut_of(cuts, set->v[i].lo);
		     cut < cuts->n && cuts->port[cut] <= set->v[i].hi; cut++) {
			uint32_t class = out->of[cuts->port[cut]];

			in[class] = true;
			min = class < min ? class : min;
			max = class > max ? class : max;
		}
	for (uint32_t i = min; i <= max && min != UINT32_MAX; i++) {
		if (!in[i])
			continue;
		in[i] = false;
		if (*n > start && out->spans[*n - 1].hi == i) {
			out->spans[*n - 1].hi++;
			continue;
		}
		if (*n == *capacity) {
			struct class_span *spans;

			*capacity = *capacity ? *capacity * 2 : 256;
			spans = realloc(out->spans, *capacity * sizeof(*spans));
			if (!spans)
				return -ENOMEM;
			out->spans = spans;
		}
		out->spans[(*n)++] = (struct class_span){i, i + 1};
	}
	return 0;
}

/* Of every set that limits ports of this protocol. */
static int make_spans(const struct entries *entries, const struct limits *limits,
		      struct port_classes *out)
{
	struct cuts cuts = {.port = calloc(65536, sizeof(*cuts.port))};
	bool *in = calloc(out->n, sizeof(*in));
	size_t n = 0, capacity = 0;
	int err = cuts.port && in ? 0 : -ENOMEM;

	for (uint32_t port = 0; !err && port < 65536; port++)
		if (!port || out->of[port] != out->of[port - 1])
			cuts.port[cuts.n++] = port;
	for (size_t id = 0; !err && id < entries->n_port_sets; id++) {
		if (limits->sports[id] || limits->dports[id])
			err = add_spans(out, entries->port_sets[id], &cuts, in, &n, &capacity);
		out->first[id + 1] = n;
	}
	free(cuts.port);
	free(in);
	return err;
}

static int make_all(const struct entries *entries, const struct limits *limits, unsigned l4,
		    set_hash *changes, struct port_classes *out)
{
	unsigned kinds = l4 == L4_TCP ? 1u << XE_L4_TCP | 1u << XE_L4_TCP_SYN : 1u << XE_L4_UDP;

	for (size_t i = 0; i < entries->n; i++) {
		const struct entry *entry = &entries->v[i];

		if (!(entry->kinds & kinds))
			continue;
		limits->sports[entry->sports] = true;
		limits->dports[entry->dports] = true;
	}
	all_changes(entries, limits, l4, changes);
	if (number_classes(changes, out))
		return -ENOMEM;
	out->ike = calloc(out->n, sizeof(*out->ike));
	if (!out->ike)
		return -ENOMEM;
	for (uint32_t port = 0; port < 65536; port++)
		out->ike[out->of[port]] = is_ike(l4, port);
	return make_spans(entries, limits, out);
}

int port_classes_make(const struct entries *entries, unsigned l4, struct port_classes *out)
{
	struct limits limits = {
		.sports = calloc(entries->n_port_sets, sizeof(bool)),
		.dports = calloc(entries->n_port_sets, sizeof(bool)),
	};
	set_hash *changes = calloc(65537, sizeof(*changes));
	int err = -ENOMEM;

	*out = (struct port_classes){
		.of = calloc(65536, sizeof(*out->of)),
		.first = calloc(entries->n_port_sets + 1, sizeof(*out->first)),
	};
	if (limits.sports && limits.dports && changes && out->of && out->first)
		err = make_all(entries, &limits, l4, changes, out);
	free(limits.sports);
	free(limits.dports);
	free(changes);
	if (err)
		port_classes_free(out);
	return err;
}

bool port_classes_has(const struct port_classes *classes, uint32_t set, uint32_t class)
{
	uint32_t lo = classes->first[set], hi = classes->first[set + 1];

	/* the first span that ends behind the class; spans are in order and apart */
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (classes->spans[mid].hi > class)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < classes->first[set + 1] && class >= classes->spans[lo].lo;
}

void port_classes_free(struct port_classes *classes)
{
	free(classes->of);
	free(classes->ike);
	free(classes->first);
	free(classes->spans);
	*classes = (struct port_classes){0};
}
