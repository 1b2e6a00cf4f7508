// SPDX-License-Identifier: GPL-2.0-only
/* Section `roles` of the site, and lists of prefixes and ports wherever they stand in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/site_read.h"

/* --- prefixes --------------------------------------------------------------------------------- */

struct written {
	struct prefix prefix;
	const yaml_node_t *node;
	size_t index; /* in the list */
};

static int written_compare(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	if (order)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Into the list in order; what stands twice is one, and worth a word. */
static void keep(struct site_reader *r, struct written *written, size_t n, const char *whom,
		 struct prefix_list *list)
{
	qsort(written, n, sizeof(*written), written_compare);
	for (size_t i = 0, first = 0; i < n; i++) {
		char text[64];

		if (i > 0 && prefix_compare(&written[i].prefix, &written[first].prefix) == 0) {
			prefix_text(&written[i].prefix, text, sizeof(text));
			yaml_warning(&r->yaml, written[i].node, text,
				     "stands twice in %s; first on line %u", whom,
				     yaml_line(written[first].node));
			continue;
		}
		first = i;
		if (prefix_list_add(list, &written[i].prefix)) {
			site_out_of_memory(r);
			return;
		}
	}
}

void site_prefixes(struct site_reader *r, const yaml_node_t *node, const char *whom,
		   struct prefix_list *list)
{
	const yaml_node_item_t *items;
	yaml_node_item_t self;
	size_t n = yaml_items(&r->yaml, node, &self, &items), read = 0;
	struct written *written;

	if (n == 0) {
		site_note(r, yaml_error(&r->yaml, node, whom, "an empty list; leave it out"));
		return;
	}
	r->n_prefixes += n;
	if (r->n_prefixes > SITE_MAX_PREFIXES) {
		site_note(r, yaml_error(&r->yaml, node, whom, "more than %u addresses in the site",
					SITE_MAX_PREFIXES));
		return;
	}
	written = malloc(n * sizeof(*written));
	if (!written) {
		site_out_of_memory(r);
		return;
	}
	for (size_t i = 0; i < n && !site_give_up(r); i++) {
		const yaml_node_t *item = yaml_node(&r->yaml, items[i]);
		const char *text = yaml_text(&r->yaml, item, "an address or prefix"), *why = "";

		if (!text)
			site_note(r, -EINVAL);
		else if (prefix_parse(text, &written[read].prefix, &why))
			site_note(r, yaml_error(&r->yaml, item, text, "%s", why));
		else
			written[read] = (struct written){written[read].prefix, item, i}, read++;
	}
	keep(r, written, read, whom, list);
	free(written);
}

/* --- ports ------------------------------------------------------------------------------------ */

bool site_port_set(struct site_reader *r, const yaml_node_t *node, struct port_set *out)
{
	const yaml_node_item_t *items;
	yaml_node_item_t self;
	size_t n = yaml_items(&r->yaml, node, &self, &items);
	bool good = true;

	if (n == 0)
		return !site_note(
			r, yaml_error(&r->yaml, node, NULL, "an empty list; ports expected"));
	if (n > SITE_MAX_PORTS_LIST)
		return !site_note(r, yaml_error(&r->yaml, node, NULL,
						"more than %d items in a list of ports",
						SITE_MAX_PORTS_LIST));
	for (size_t i = 0; i < n && !site_give_up(r); i++) {
		const yaml_node_t *item = yaml_node(&r->yaml, items[i]);
		const char *text = yaml_text(&r->yaml, item, "ports"), *why = "";
		struct port_set set = {0};
		int err = text ? port_set_parse(text, &set, &why) : -EINVAL;

		if (err == -EINVAL && text)
			yaml_error(&r->yaml, item, text, "%s", why);
		if (!err && port_set_merge(out, &set))
			err = -ENOMEM;
		port_set_free(&set);
		if (err == -ENOMEM)
			site_out_of_memory(r);
		if (site_note(r, err))
			good = false;
	}
	return good;
}

/* --- the section ------------------------------------------------------------------------------ */

void site_read_roles(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_pair_t *pair;

	site_note(r, yaml_check_mapping(&r->yaml, node, "roles with their addresses", NULL, 0));
	if (node->type != YAML_MAPPING_NODE)
		return;
	pair = node->data.mapping.pairs.start;
	for (; pair < node->data.mapping.pairs.top && !site_give_up(r); pair++) {
		const yaml_node_t *key = yaml_node(&r->yaml, pair->key);
		int role;

		if (key->type != YAML_SCALAR_NODE || key->data.scalar.length == 0)
			continue; /* reported with the mapping */
		role = site_role(r, key, (const char *)key->data.scalar.value);
		if (role >= 0)
			site_prefixes(r, yaml_node(&r->yaml, pair->value),
				      (const char *)key->data.scalar.value,
				      &r->site->role_prefixes[role]);
	}
}
