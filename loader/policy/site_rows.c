// SPDX-License-Identifier: GPL-2.0-only
/* Section `rows` of the site: the operator's own rows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/site_read.h"
#include "policy/spec.h"

static const char *const row_keys[] = {"name",	 "service",	"app",	 "note",
				       "role",	 "l4",		"ports", "source_ports",
				       "source", "destination", "reply", SITE_VERDICT_KEYS};

/* An optional text; absent, a copy of `absent`. Bounded like the cells of the tables. */
static char *text_value(struct site_reader *r, const yaml_node_t *row, const char *key, size_t max,
			const char *absent)
{
	const yaml_node_t *node = yaml_get(&r->yaml, row, key);
	const char *text = node ? yaml_text(&r->yaml, node, key) : absent;
	char *copy;

	if (!text) {
		site_note(r, -EINVAL);
		text = "";
	}
	if (strlen(text) > max)
		site_note(r, yaml_error(&r->yaml, node, text, "%s is longer than %zu bytes", key,
					max));
	copy = strdup(text);
	if (!copy)
		site_out_of_memory(r);
	return copy;
}

/* A value that the row cannot do without, or NULL after a report. */
static const yaml_node_t *need(struct site_reader *r, const yaml_node_t *row, const char *key)
{
	const yaml_node_t *node = yaml_get(&r->yaml, row, key);

	if (!node)
		site_note(r, yaml_error(&r->yaml, row, key, "missing in this row"));
	return node;
}

/* A word that cannot be the beginning of an address is a role that does not exist. */
static bool looks_like_role(const char *text)
{
	return !strpbrk(text, ".:/") && name_valid(text, 64) &&
	       text[strspn(text, "0123456789")] != '\0';
}

static void end_role(struct site_reader *r, const yaml_node_t *node, const char *name,
		     struct end *end)
{
	int role = site_role(r, node, name);

	if (role < 0)
		return;
	end->roles = malloc(sizeof(*end->roles));
	if (!end->roles) {
		site_out_of_memory(r);
		return;
	}
	end->kind = END_ROLES;
	end->roles[0] = role;
	end->n_roles = 1;
}

/* `any`, one role, or prefixes: one or a list. */
static void read_end(struct site_reader *r, const yaml_node_t *row, const char *key,
		     struct end *end)
{
	const yaml_node_t *node = need(r, row, key);
	const char *text;

	end->kind = END_ANY;
	if (!node)
		return;
	if (node->type == YAML_SCALAR_NODE) {
		text = yaml_text(&r->yaml, node, "any, a role, or addresses");
		if (!text) {
			site_note(r, -EINVAL);
			return;
		}
		if (strcmp(text, "any") == 0)
			return;
		if (spec_role(r->spec, text) >= 0 || looks_like_role(text)) {
			end_role(r, node, text, end);
			return;
		}
	} else if (node->type == YAML_SEQUENCE_NODE) {
		/* Said before the addresses are read, which would call it no address. */
		const yaml_node_item_t *item = node->data.sequence.items.start;

		for (; item < node->data.sequence.items.top; item++) {
			const yaml_node_t *value = yaml_node(&r->yaml, *item);

			text = value->type == YAML_SCALAR_NODE
				       ? (const char *)value->data.scalar.value
				       : "";
			if (strcmp(text, "any") && spec_role(r->spec, text) < 0)
				continue;
			site_note(r, yaml_error(&r->yaml, value, text,
						"a list holds addresses only; write one role, or "
						"any, without a list"));
			return;
		}
	}
	end->kind = END_PREFIXES;
	site_prefixes(r, node, key, false, &end->prefixes);
}

static void read_l4_and_ports(struct site_reader *r, const yaml_node_t *node, struct row *row)
{
	const yaml_node_t *l4 = need(r, node, "l4");
	const yaml_node_t *ports = yaml_get(&r->yaml, node, "ports");
	const yaml_node_t *source_ports = yaml_get(&r->yaml, node, "source_ports");
	const char *text = l4 ? yaml_text(&r->yaml, l4, "tcp, udp, tcp+udp or any") : NULL;

	if (!text)
		site_note(r, -EINVAL);
	else if (l4_parse(text, &row->l4))
		site_note(r, yaml_error(&r->yaml, l4, text, "l4 is tcp, udp, tcp+udp or any"));

	if (ports)
		site_port_set(r, ports, &row->ports);
	else if (row->l4 && !(row->l4 & L4_OTHER))
		site_note(r, yaml_error(&r->yaml, node, "ports",
					"missing in this row; write any for every port"));
	else if (port_set_any(&row->ports))
		site_out_of_memory(r);

	if (source_ports)
		site_port_set(r, source_ports, &row->source_ports);
	else if (port_set_any(&row->source_ports))
		site_out_of_memory(r);
}

/* The column `role` of the tables: given, else that of an end. */
static int read_role(struct site_reader *r, const yaml_node_t *node, const struct row *row)
{
	const yaml_node_t *role = yaml_get(&r->yaml, node, "role");
	const char *text;

	if (role) {
		text = yaml_text(&r->yaml, role, "a role or any");
		if (!text)
			site_note(r, -EINVAL);
		return !text || strcmp(text, "any") == 0 ? -1 : site_role(r, role, text);
	}
	if (row->destination.kind == END_ROLES)
		return row->destination.roles[0];
	if (row->source.kind == END_ROLES)
		return row->source.roles[0];
	return -1;
}

static void read_reply(struct site_reader *r, const yaml_node_t *node, struct row *row)
{
	const yaml_node_t *reply = yaml_get(&r->yaml, node, "reply");
	bool yes;

	if (reply && !site_note(r, yaml_bool(&r->yaml, reply, &yes)))
		row->reply = yes ? REPLY_YES : REPLY_NO;
}

/* Name and id. False: there is none to speak of. */
static bool read_row_name(struct site_reader *r, const yaml_node_t *node, struct row *row)
{
	const yaml_node_t *name = need(r, node, "name");
	const char *text = name ? yaml_text(&r->yaml, name, "a name") : NULL;
	char id[XE_ROW_ID_MAX];

	if (name && !text)
		site_note(r, -EINVAL);
	if (!text)
		return false;
	if (!name_valid(text, 48)) {
		site_note(r, yaml_error(&r->yaml, name, text,
					"not a row name: a-z, 0-9 and -, 1..48 bytes, no - in "
					"front"));
		return false;
	}
	snprintf(id, sizeof(id), "site/rows/%s", text);
	row->id = strdup(id);
	if (!row->id)
		site_out_of_memory(r);
	return row->id;
}

static void read_row(struct site_reader *r, const yaml_node_t *node, struct row *row)
{
	bool named;

	site_note(r, yaml_check_mapping(&r->yaml, node, "a row (name, l4, ports, …)", row_keys,
					sizeof(row_keys) / sizeof(row_keys[0])));
	if (node->type != YAML_MAPPING_NODE)
		return;
	row->table = -1;
	row->file = r->site->path;
	row->line = yaml_line(node);
	named = read_row_name(r, node, row);
	row->service = text_value(r, node, "service", XE_TEXT_MAX - 1,
				  named ? row->id + strlen("site/rows/") : "");
	row->app = text_value(r, node, "app", XE_TEXT_MAX - 1, "");
	row->note = text_value(r, node, "note", 1000, "");
	read_l4_and_ports(r, node, row);
	read_end(r, node, "source", &row->source);
	read_end(r, node, "destination", &row->destination);
	read_reply(r, node, row);
	row->role = read_role(r, node, row);
	row->has_verdict = site_verdict(r, node, &row->verdict);
}

static int id_compare(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;
	int order = strcmp(x->id, y->id);

	return order ? order : (int)x->number - (int)y->number;
}

static void check_unique(struct site_reader *r)
{
	struct site *site = r->site;
	struct row **rows = calloc(site->n_rows + 1, sizeof(*rows));
	size_t n = 0;

	if (!rows) {
		site_out_of_memory(r);
		return;
	}
	for (size_t i = 0; i < site->n_rows; i++) {
		if (site->rows[i].id)
			rows[n++] = &site->rows[i];
	}
	qsort(rows, n, sizeof(*rows), id_compare);
	for (size_t i = 1, first = 0; i < n && !site_give_up(r); i++) {
		if (strcmp(rows[i]->id, rows[first]->id))
			first = i;
		else
			site_note(r,
				  diag_error(site->path, rows[i]->line, 0, rows[i]->id,
					     "stands twice; first on line %u", rows[first]->line));
	}
	free(rows);
}

void site_read_rows(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	size_t n;

	if (node->type != YAML_SEQUENCE_NODE) {
		site_note(r, yaml_wrong_kind(&r->yaml, node, "a list of rows"));
		return;
	}
	item = node->data.sequence.items.start;
	n = (size_t)(node->data.sequence.items.top - item);
	r->site->rows = calloc(n + 1, sizeof(*r->site->rows));
	if (!r->site->rows) {
		site_out_of_memory(r);
		return;
	}
	for (; item < node->data.sequence.items.top && !site_give_up(r); item++) {
		struct row *row = &r->site->rows[r->site->n_rows++];

		row->number = (unsigned)r->site->n_rows;
		read_row(r, yaml_node(&r->yaml, *item), row);
	}
	check_unique(r);
}
