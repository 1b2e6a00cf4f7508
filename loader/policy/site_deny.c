// SPDX-License-Identifier: GPL-2.0-only
/* Section `deny` of the site: lists of addresses, each with the row that it becomes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/site_read.h"

#define ID_PREFIX "site/deny/"

static bool read_name(struct site_reader *r, const yaml_node_t *node, struct deny_list *list)
{
	const yaml_node_t *name = yaml_get(&r->yaml, node, "name");
	const char *text = name ? yaml_text(&r->yaml, name, "a name") : NULL;

	if (!name)
		site_note(r, yaml_error(&r->yaml, node, "name", "missing in this list"));
	if (!text) {
		site_note(r, -EINVAL);
		return false;
	}
	if (!name_valid(text, 48)) {
		site_note(r, yaml_error(&r->yaml, name, text,
					"not a name of a list: a-z, 0-9 and -, 1..48 bytes, no - "
					"in front"));
		return false;
	}
	for (const struct deny_list *other = r->site->deny; other < list; other++) {
		if (other->name && strcmp(other->name, text) == 0) {
			site_note(r, yaml_error(&r->yaml, name, text,
						"stands twice; first on line %u", other->line));
			return false;
		}
	}
	list->name = strdup(text);
	if (!list->name)
		site_out_of_memory(r);
	return list->name;
}

static void read_prefixes(struct site_reader *r, const yaml_node_t *node, struct deny_list *list)
{
	const yaml_node_t *file = yaml_get(&r->yaml, node, "file");
	const yaml_node_t *prefixes = yaml_get(&r->yaml, node, "prefixes");
	const char *whom = list->name ? list->name : "this list";

	if (file && prefixes)
		site_note(r, yaml_error(&r->yaml, file, "file",
					"beside prefixes: write it there, as an item {file: "
					"PATH}"));
	else if (file)
		site_denied_file(r, file, whom, &list->prefixes);
	else if (prefixes)
		site_prefixes(r, prefixes, whom, true, &list->prefixes);
	else
		site_note(r, yaml_error(&r->yaml, node, "prefixes",
					"missing in this list; or a file"));
}

/* The list as rows see it: every packet from one of its addresses, whatever it carries. */
static void make_row(struct site_reader *r, struct deny_list *list, unsigned number)
{
	struct row *row = &list->row;

	row->table = -1;
	row->number = number;
	row->role = -1;
	row->l4 = L4_TCP | L4_UDP | L4_OTHER;
	row->source.kind = END_PREFIXES;
	row->source.prefixes = list->prefixes;
	row->verdict.kind = VERDICT_DENY;
	row->has_verdict = true;
	row->file = r->site->path;
	row->line = list->line;
	row->service = strdup("deny list");
	row->app = strdup("");
	row->note = strdup("");
	if (asprintf(&row->id, ID_PREFIX "%s", list->name) < 0)
		row->id = NULL;
	if (!row->id || !row->service || !row->app || !row->note || port_set_any(&row->ports) ||
	    port_set_any(&row->source_ports))
		site_out_of_memory(r);
}

static void read_list(struct site_reader *r, const yaml_node_t *node, struct deny_list *list,
		      unsigned number)
{
	static const char *const keys[] = {"name", "file", "prefixes"};

	site_note(r, yaml_check_mapping(&r->yaml, node, "a list (name, file or prefixes)", keys,
					sizeof(keys) / sizeof(keys[0])));
	if (node->type != YAML_MAPPING_NODE)
		return;
	list->line = yaml_line(node);
	read_name(r, node, list);
	read_prefixes(r, node, list);
	if (list->name)
		make_row(r, list, number);
}

void site_read_deny(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	size_t n;

	if (node->type != YAML_SEQUENCE_NODE) {
		site_note(r, yaml_error(&r->yaml, node, NULL,
					"expected: deny: [{name: NAME, file: PATH}]"));
		return;
	}
	item = node->data.sequence.items.start;
	n = (size_t)(node->data.sequence.items.top - item);
	if (n > SITE_MAX_DENY) {
		site_note(r, yaml_error(&r->yaml, node, NULL, "more than %d lists", SITE_MAX_DENY));
		return;
	}
	r->site->deny = calloc(n + 1, sizeof(*r->site->deny));
	if (!r->site->deny) {
		site_out_of_memory(r);
		return;
	}
	for (; item < node->data.sequence.items.top && !site_give_up(r); item++) {
		struct deny_list *list = &r->site->deny[r->site->n_deny++];

		read_list(r, yaml_node(&r->yaml, *item), list, (unsigned)r->site->n_deny);
	}
}
