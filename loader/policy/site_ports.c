// SPDX-License-Identifier: GPL-2.0-only
/* Section `ports` of the site: this deployment's own ranges for one row or for a role's rows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/site_read.h"
#include "policy/spec.h"

static int match_parse(const char *text, enum port_match *match)
{
	static const char *const words[] = {
		[MATCH_DESTINATION] = "destination",
		[MATCH_SOURCE] = "source",
		[MATCH_EITHER] = "either",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*match = (enum port_match)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* {ports: 50000-50999, match: either}; the shorter form is the ports alone. */
static void read_value(struct site_reader *r, const yaml_node_t *node, struct site_ports *entry)
{
	static const char *const keys[] = {"ports", "match"};
	const yaml_node_t *ports, *match;
	const char *text;

	if (node->type != YAML_MAPPING_NODE) {
		entry->has_ports = site_port_set(r, node, &entry->ports);
		return;
	}
	site_note(r, yaml_check_mapping(&r->yaml, node, "ports and match", keys, 2));
	ports = yaml_get(&r->yaml, node, "ports");
	match = yaml_get(&r->yaml, node, "match");
	if (!ports && !match)
		site_note(r, yaml_error(&r->yaml, node, NULL, "neither ports nor match is set"));
	if (ports)
		entry->has_ports = site_port_set(r, ports, &entry->ports);
	if (!match)
		return;
	text = yaml_text(&r->yaml, match, "destination, source or either");
	if (!text)
		site_note(r, -EINVAL);
	else if (match_parse(text, &entry->match))
		site_note(r, yaml_error(&r->yaml, match, text,
					"match is destination, source or either"));
}

/* Whom the entry is for: a row has slashes in its id, a role has none. False after a report. */
static bool read_key(struct site_reader *r, const yaml_node_t *key, struct site_ports *entry)
{
	const char *text = (const char *)key->data.scalar.value;
	struct suggest near;

	entry->row = -1;
	entry->role = -1;
	entry->line = yaml_line(key);
	if (!strchr(text, '/')) {
		entry->role = site_role(r, key, text);
		return entry->role >= 0;
	}
	entry->row = spec_row(r->spec, text);
	if (entry->row < 0) {
		suggest_start(&near, text);
		for (size_t i = 0; i < r->spec->n_rows; i++)
			suggest_offer(&near, r->spec->rows[i].id);
		site_note(r, yaml_error(&r->yaml, key, text, "unknown row%s", suggest_text(&near)));
		return false;
	}
	if (!r->table_lines[r->spec->rows[entry->row].table]) {
		site_note(r, yaml_error(&r->yaml, key, text,
					"its table is not among this site's tables"));
		return false;
	}
	return true;
}

/* --- what the entries meet -------------------------------------------------------------------- */

/* Source ports of the row would be lost, or limited twice: nobody means that. */
static void check_source_ports(struct site_reader *r, const struct site_ports *entry,
			       const yaml_node_t *key, const struct row *row)
{
	if (entry->match != MATCH_DESTINATION && !port_set_is_any(&row->source_ports))
		site_note(r, yaml_error(&r->yaml, key, (const char *)key->data.scalar.value,
					"match is destination only: %s already limits source ports",
					row->id));
}

/* What the checks need to know of every row of the site. */
struct role_rows {
	size_t ranges; /* rows with this role that have a range */
	const struct row
		*limited; /* one of them that limits source ports and has no entry of its own */
};

static void note_row(struct role_rows *roles, const struct row *row, bool own_entry)
{
	if (row->role < 0 || !row_has_range(row))
		return;
	roles[row->role].ranges++;
	if (!own_entry && !port_set_is_any(&row->source_ports))
		roles[row->role].limited = row;
}

static void check_entries(struct site_reader *r, const yaml_node_t **keys)
{
	const struct spec *spec = r->spec;
	const struct site *site = r->site;
	struct role_rows *roles = calloc(spec->n_roles + 1, sizeof(*roles));
	bool *own_entry = calloc(spec->n_rows + 1, sizeof(*own_entry));

	if (!roles || !own_entry) {
		site_out_of_memory(r);
		goto out;
	}
	for (size_t i = 0; i < site->n_ports; i++) {
		if (site->ports[i].row >= 0)
			own_entry[site->ports[i].row] = true;
	}
	for (size_t i = 0; i < site->n_rows; i++)
		note_row(roles, &site->rows[i], false);
	for (size_t i = 0; i < spec->n_rows; i++) {
		if (r->table_lines[spec->rows[i].table])
			note_row(roles, &spec->rows[i], own_entry[i]);
	}
	for (size_t i = 0; i < site->n_ports && !site_give_up(r); i++) {
		const struct site_ports *entry = &site->ports[i];

		if (entry->row >= 0) {
			check_source_ports(r, entry, keys[i], &spec->rows[entry->row]);
		} else if (roles[entry->role].ranges == 0) {
			site_note(r,
				  yaml_error(&r->yaml, keys[i], spec->roles[entry->role].name,
					     "no row of this role has a range of ports; name the "
					     "row instead"));
		} else if (roles[entry->role].limited) {
			check_source_ports(r, entry, keys[i], roles[entry->role].limited);
		}
	}
out:
	free(roles);
	free(own_entry);
}

void site_read_ports(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_pair_t *pair;
	const yaml_node_t **keys = NULL;
	struct site *site = r->site;
	bool rows_known = !r->err;
	size_t n;

	site_note(r, yaml_check_mapping(&r->yaml, node, "rows or roles with their ports", NULL, 0));
	if (node->type != YAML_MAPPING_NODE)
		return;
	pair = node->data.mapping.pairs.start;
	n = (size_t)(node->data.mapping.pairs.top - pair);
	site->ports = calloc(n + 1, sizeof(*site->ports));
	keys = calloc(n + 1, sizeof(*keys));
	if (!site->ports || !keys) {
		site_out_of_memory(r);
		goto out;
	}
	for (; pair < node->data.mapping.pairs.top && !site_give_up(r); pair++) {
		const yaml_node_t *key = yaml_node(&r->yaml, pair->key);
		struct site_ports *entry = &site->ports[site->n_ports];
		bool known;

		if (key->type != YAML_SCALAR_NODE || key->data.scalar.length == 0)
			continue; /* reported with the mapping */
		known = read_key(r, key, entry);
		read_value(r, yaml_node(&r->yaml, pair->value), entry);
		if (known)
			keys[site->n_ports++] = key;
		else
			port_set_free(&entry->ports);
	}
	/*
	 * Against tables or rows that could not be read, this would only report their faults
	 * again.
	 */
	if (rows_known && !site_give_up(r))
		check_entries(r, keys);
out:
	free(keys);
}
