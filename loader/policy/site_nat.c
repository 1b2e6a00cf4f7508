// SPDX-License-Identifier: GPL-2.0-only
/* Section `nat` of the site: the addresses that this box translates, one to one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/site_read.h"

static bool read_address(struct site_reader *r, const yaml_node_t *node, struct prefix *out)
{
	const char *text = yaml_text(&r->yaml, node, "an address"), *why = "";

	if (!text) {
		site_note(r, -EINVAL);
		return false;
	}
	if (prefix_parse(text, out, &why)) {
		site_note(r, yaml_error(&r->yaml, node, text, "%s", why));
		return false;
	}
	if (out->prefixlen != (out->family == 4 ? 32 : 128)) {
		site_note(r, yaml_error(&r->yaml, node, text,
					"a network; addresses are translated one by one"));
		return false;
	}
	return true;
}

/* An address, to find those that stand twice by. */
struct place {
	struct prefix address;
	const yaml_node_t *node;
};

/* By address, then by place in the file. */
static int place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = prefix_compare(&x->address, &y->address);

	if (order)
		return order;
	return x->node->start_mark.index < y->node->start_mark.index ? -1 : 1;
}

static void check_twice(struct site_reader *r, struct place *places, size_t n)
{
	qsort(places, n, sizeof(*places), place_compare);
	for (size_t i = 1, first = 0; i < n && !site_give_up(r); i++) {
		if (prefix_compare(&places[i].address, &places[first].address)) {
			first = i;
			continue;
		}
		site_note(r, yaml_error(&r->yaml, places[i].node,
					(const char *)places[i].node->data.scalar.value,
					"stands twice in nat; first on line %u",
					yaml_line(places[first].node)));
	}
}

static void read_pair(struct site_reader *r, const yaml_node_t *key, const yaml_node_t *value,
		      struct place *places)
{
	struct nat_pair *pair = &r->site->nats[r->site->n_nats];
	bool good = read_address(r, key, &pair->outside);

	if (!read_address(r, value, &pair->inside) || !good)
		return;
	if (pair->outside.family != pair->inside.family) {
		site_note(r, yaml_error(&r->yaml, value, (const char *)value->data.scalar.value,
					"not of the same family as %s",
					(const char *)key->data.scalar.value));
		return;
	}
	pair->line = yaml_line(key);
	pair->column = yaml_column(key);
	places[2 * r->site->n_nats] = (struct place){pair->outside, key};
	places[2 * r->site->n_nats + 1] = (struct place){pair->inside, value};
	r->site->n_nats++;
}

void site_read_nat(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_pair_t *pair;
	struct place *places;
	bool keys_differ;
	size_t n;

	keys_differ = !site_note(
		r, yaml_check_mapping(&r->yaml, node, "addresses with what they become", NULL, 0));
	if (node->type != YAML_MAPPING_NODE)
		return;
	if (r->site->state.off)
		site_note(r, yaml_error(&r->yaml, node, "nat",
					"no flows are remembered (state: off), so nothing needs "
					"translating"));
	pair = node->data.mapping.pairs.start;
	n = (size_t)(node->data.mapping.pairs.top - pair);
	if (n > SITE_MAX_NATS) {
		site_note(r, yaml_error(&r->yaml, node, "nat", "more than %d addresses",
					SITE_MAX_NATS));
		return;
	}
	r->site->nats = calloc(n + 1, sizeof(*r->site->nats));
	places = calloc(2 * n + 1, sizeof(*places));
	if (!r->site->nats || !places) {
		site_out_of_memory(r);
		goto out;
	}
	for (; pair < node->data.mapping.pairs.top && !site_give_up(r); pair++) {
		const yaml_node_t *key = yaml_node(&r->yaml, pair->key);

		if (key->type == YAML_SCALAR_NODE && key->data.scalar.length > 0)
			read_pair(r, key, yaml_node(&r->yaml, pair->value), places);
	}
	if (keys_differ)
		check_twice(r, places, 2 * r->site->n_nats);
out:
	free(places);
}
