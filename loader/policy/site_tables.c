// SPDX-License-Identifier: GPL-2.0-only
/* Sections `tables` and `narrow` of the site: words that name documents, tables and rows. */
#include <errno.h>
#include <string.h>

#include "policy/diag.h"
#include "policy/site_read.h"
#include "policy/spec.h"

bool site_is_document(const struct spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_tables; i++) {
		if (strcmp(spec->tables[i].document, name) == 0)
			return true;
	}
	return false;
}

static void offer_tables(const struct spec *spec, struct suggest *near)
{
	for (size_t i = 0; i < spec->n_tables; i++) {
		suggest_offer(near, spec->tables[i].id);
		suggest_offer(near, spec->tables[i].document);
	}
}

/* --- tables ----------------------------------------------------------------------------------- */

static void list_table(struct site_reader *r, const yaml_node_t *node, const char *text,
		       size_t table)
{
	const char *id = r->spec->tables[table].id;

	if (r->table_lines[table]) {
		site_note(r, yaml_error(&r->yaml, node, text, "%s%slisted twice; first on line %u",
					strcmp(text, id) ? id : "", strcmp(text, id) ? " is " : "",
					r->table_lines[table]));
		return;
	}
	r->table_lines[table] = yaml_line(node);
	r->site->tables[r->site->n_tables++] = table;
}

static void read_table(struct site_reader *r, const yaml_node_t *node)
{
	const char *text = yaml_text(&r->yaml, node, "a document or table");
	const struct spec *spec = r->spec;
	struct suggest near;
	int table;

	if (!text) {
		site_note(r, -EINVAL);
		return;
	}
	table = spec_table(spec, text);
	if (table >= 0) {
		list_table(r, node, text, (size_t)table);
	} else if (site_is_document(spec, text)) {
		for (size_t i = 0; i < spec->n_tables && !site_give_up(r); i++) {
			if (strcmp(spec->tables[i].document, text) == 0)
				list_table(r, node, text, i);
		}
	} else {
		suggest_start(&near, text);
		offer_tables(spec, &near);
		site_note(r, yaml_error(&r->yaml, node, text, "unknown document or table%s",
					suggest_text(&near)));
	}
}

void site_read_tables(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_item_t *items;
	yaml_node_item_t self;
	size_t n = yaml_items(&r->yaml, node, &self, &items);

	for (size_t i = 0; i < n && !site_give_up(r); i++)
		read_table(r, yaml_node(&r->yaml, items[i]));
}

/* --- narrow ----------------------------------------------------------------------------------- */

static void narrow_table(struct site_reader *r, const yaml_node_t *node, const char *text,
			 size_t table)
{
	const struct table *t = &r->spec->tables[table];

	if (!r->table_lines[table]) {
		site_note(r, yaml_error(&r->yaml, node, text, "%s is not among this site's tables",
					t->id));
		return;
	}
	for (size_t i = 0; i < t->n_rows; i++)
		r->site->narrow_rows[t->first_row + i] = true;
}

static void narrow_row(struct site_reader *r, const yaml_node_t *node, const char *text, size_t row)
{
	if (!r->table_lines[r->spec->rows[row].table])
		site_note(r, yaml_error(&r->yaml, node, text,
					"its table is not among this site's tables"));
	else if (r->spec->rows[row].n_narrow_to == 0)
		site_note(r, yaml_error(&r->yaml, node, text,
					"the row has nothing to be narrowed to"));
	else
		r->site->narrow_rows[row] = true;
}

static void narrow_item(struct site_reader *r, const yaml_node_t *node)
{
	const char *text = yaml_text(&r->yaml, node, "a row, table or document");
	const struct spec *spec = r->spec;
	struct suggest near;
	int found;

	if (!text) {
		site_note(r, -EINVAL);
		return;
	}
	found = spec_row(spec, text);
	if (found >= 0) {
		narrow_row(r, node, text, (size_t)found);
		return;
	}
	found = spec_table(spec, text);
	if (found >= 0) {
		narrow_table(r, node, text, (size_t)found);
		return;
	}
	if (site_is_document(spec, text)) {
		/* Of a document, the tables that the site has; the site must have one at all. */
		for (size_t i = 0; i < spec->n_tables; i++) {
			if (strcmp(spec->tables[i].document, text) == 0 && r->table_lines[i]) {
				narrow_table(r, node, text, i);
				found = (int)i;
			}
		}
		if (found < 0)
			site_note(r, yaml_error(&r->yaml, node, text,
						"is not among this site's tables"));
		return;
	}
	suggest_start(&near, text);
	offer_tables(spec, &near);
	for (size_t i = 0; i < spec->n_rows; i++)
		suggest_offer(&near, spec->rows[i].id);
	site_note(r, yaml_error(&r->yaml, node, text, "unknown row, table or document%s",
				suggest_text(&near)));
}

void site_read_narrow(struct site_reader *r, const yaml_node_t *node)
{
	static const char *const words[] = {"yes", "true", "on", "no", "false", "off"};
	const yaml_node_item_t *items;
	yaml_node_item_t self;
	size_t n;

	if (node->type == YAML_SCALAR_NODE) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strcmp((const char *)node->data.scalar.value, words[i]) == 0) {
				site_note(r, yaml_bool(&r->yaml, node, &r->site->narrow_all));
				return;
			}
		}
	}
	n = yaml_items(&r->yaml, node, &self, &items);
	for (size_t i = 0; i < n && !site_give_up(r); i++)
		narrow_item(r, yaml_node(&r->yaml, items[i]));
}
