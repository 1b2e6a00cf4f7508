// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts of the site: on a row of the operator's own, and section `verdicts` on the tables'. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag.h"
#include "policy/limit.h"
#include "policy/site_read.h"
#include "policy/spec.h"

/* --- one verdict ------------------------------------------------------------------------------ */

static int word_parse(const char *text, enum row_verdict *kind)
{
	static const char *const words[] = {
		[VERDICT_ALLOW] = "allow",
		[VERDICT_DENY] = "deny",
		[VERDICT_LIMIT] = "limit",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*kind = (enum row_verdict)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void read_limit(struct site_reader *r, const yaml_node_t *node, struct limit *limit)
{
	const char *text = yaml_text(&r->yaml, node, LIMIT_EXPECTED), *why = "";

	if (!text)
		site_note(r, -EINVAL);
	else if (limit_parse(text, limit, &why))
		site_note(r, yaml_error(&r->yaml, node, text, "%s", why));
}

static void read_limit_on(struct site_reader *r, const yaml_node_t *node, const yaml_node_t *limit,
			  struct limit *out)
{
	const char *text = node ? yaml_text(&r->yaml, node, "new-flows or packets") : "new-flows";

	if (!text)
		site_note(r, -EINVAL);
	else if (strcmp(text, "packets") == 0)
		out->packets = true;
	else if (strcmp(text, "new-flows"))
		site_note(r, yaml_error(&r->yaml, node, text, "limit_on is new-flows or packets"));
	else if (r->site->state.off)
		site_note(r, yaml_error(&r->yaml, node ? node : limit, "new-flows",
					"no flows are remembered (state: off): write limit_on: "
					"packets"));
}

bool site_verdict(struct site_reader *r, const yaml_node_t *mapping, struct verdict *out)
{
	const yaml_node_t *word = yaml_get(&r->yaml, mapping, "verdict");
	const yaml_node_t *limit = yaml_get(&r->yaml, mapping, "limit");
	const yaml_node_t *on = yaml_get(&r->yaml, mapping, "limit_on");
	const char *text = word ? yaml_text(&r->yaml, word, "allow, deny or limit") : NULL;

	*out = (struct verdict){.kind = limit ? VERDICT_LIMIT : VERDICT_ALLOW};
	if (limit)
		read_limit(r, limit, &out->limit);
	if (limit || on)
		read_limit_on(r, on, limit, &out->limit);
	if (on && !limit)
		site_note(r, yaml_error(&r->yaml, on, "limit_on", "there is no limit"));
	if (!word)
		return limit || on;
	if (!text)
		site_note(r, -EINVAL);
	else if (word_parse(text, &out->kind))
		site_note(r, yaml_error(&r->yaml, word, text, "verdict is allow, deny or limit"));
	else if (limit && out->kind != VERDICT_LIMIT)
		site_note(r, yaml_error(&r->yaml, word, text, "contradicts the limit"));
	else if (!limit && out->kind == VERDICT_LIMIT)
		site_note(r, yaml_error(&r->yaml, word, text,
					"of what? write limit: 50/s burst 100 per source"));
	return true;
}

/* --- which rows ------------------------------------------------------------------------------- */

/* Where each row, table and role has its verdict: lines, 0: it has none. */
struct given {
	unsigned *rows, *tables, *roles;
};

static int find_row(struct site_reader *r, const yaml_node_t *node, const char *text)
{
	static const char own[] = "site/rows/";
	const struct spec *spec = r->spec;
	int row = spec_row(spec, text);
	struct suggest near;

	if (row < 0 && strncmp(text, own, strlen(own)) == 0) {
		site_note(r, yaml_error(&r->yaml, node, text,
					"a row of your own: write the verdict there"));
	} else if (row < 0) {
		suggest_start(&near, text);
		for (size_t i = 0; i < spec->n_rows; i++)
			suggest_offer(&near, spec->rows[i].id);
		site_note(r,
			  yaml_error(&r->yaml, node, text, "unknown row%s", suggest_text(&near)));
	} else if (!r->table_lines[spec->rows[row].table]) {
		site_note(r, yaml_error(&r->yaml, node, text,
					"its table is not among this site's tables"));
	} else if (spec->tables[spec->rows[row].table].annotation) {
		site_note(r, yaml_error(&r->yaml, node, text,
					"an annotation: it decides nothing and takes no verdict"));
	} else {
		return row;
	}
	return -1;
}

/* "external, internal, …": what a document's tables are called in it. */
static void list_tables(const struct spec *spec, const char *document, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0; i < spec->n_tables; i++) {
		const struct table *table = &spec->tables[i];
		const char *comma = used ? ", " : "", *name;

		if (strcmp(table->document, document))
			continue;
		name = table->id + strlen(document) + 1;
		if (used + strlen(name) + sizeof(", , …") > size) {
			snprintf(buf + used, size - used, "%s…", comma);
			return;
		}
		used += snprintf(buf + used, size - used, "%s%s", comma, name);
	}
}

static int find_table(struct site_reader *r, const yaml_node_t *node, const char *text)
{
	const struct spec *spec = r->spec;
	int table = spec_table(spec, text);
	struct suggest near;
	char names[256];

	if (table < 0 && site_is_document(spec, text)) {
		list_tables(spec, text, names, sizeof(names));
		site_note(r, yaml_error(&r->yaml, node, text,
					"a document; name one of its tables: %s", names));
	} else if (table < 0) {
		suggest_start(&near, text);
		for (size_t i = 0; i < spec->n_tables; i++)
			suggest_offer(&near, spec->tables[i].id);
		site_note(r,
			  yaml_error(&r->yaml, node, text, "unknown table%s", suggest_text(&near)));
	} else if (!r->table_lines[table]) {
		site_note(r, yaml_error(&r->yaml, node, text, "is not among this site's tables"));
	} else if (spec->tables[table].annotation) {
		site_note(r, yaml_error(&r->yaml, node, text,
					"annotations: they decide nothing and take no verdict"));
	} else {
		return table;
	}
	return -1;
}

/* What the entry's one name of rows leads to, and the place of its line; NULL after a report. */
static unsigned *read_target(struct site_reader *r, const yaml_node_t *node,
			     const struct given *given, struct site_verdict *entry,
			     const yaml_node_t **name)
{
	static const char *const keys[] = {"row", "table", "role"};
	const yaml_node_t *found = NULL;
	const char *key = NULL, *text;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const yaml_node_t *value = yaml_get(&r->yaml, node, keys[i]);

		if (value && found) {
			site_note(r, yaml_error(&r->yaml, value, keys[i],
						"beside %s: an entry names one row, table or role",
						key));
			return NULL;
		}
		if (value) {
			found = value;
			key = keys[i];
		}
	}
	if (!found) {
		site_note(r, yaml_error(&r->yaml, node, NULL,
					"an entry names a row, a table or a role"));
		return NULL;
	}
	*name = found;
	text = yaml_text(&r->yaml, found, "a name");
	if (!text) {
		site_note(r, -EINVAL);
		return NULL;
	}
	if (key == keys[0]) {
		entry->row = find_row(r, found, text);
		return entry->row < 0 ? NULL : &given->rows[entry->row];
	}
	if (key == keys[1]) {
		entry->table = find_table(r, found, text);
		return entry->table < 0 ? NULL : &given->tables[entry->table];
	}
	entry->role = site_role(r, found, text);
	return entry->role < 0 ? NULL : &given->roles[entry->role];
}

/* `name`: set to the node that names the rows, if the entry is taken. */
static void read_entry(struct site_reader *r, const yaml_node_t *node, const struct given *given,
		       const yaml_node_t **name)
{
	static const char *const keys[] = {"row", "table", "role", SITE_VERDICT_KEYS};
	struct site_verdict entry = {.row = -1, .table = -1, .role = -1, .line = yaml_line(node)};
	const yaml_node_t *target = node;
	unsigned *line;
	bool has;

	site_note(r, yaml_check_mapping(&r->yaml, node, "a verdict (row, verdict, …)", keys,
					sizeof(keys) / sizeof(keys[0])));
	if (node->type != YAML_MAPPING_NODE)
		return;
	line = read_target(r, node, given, &entry, &target);
	has = site_verdict(r, node, &entry.verdict);
	if (!has)
		site_note(r, yaml_error(&r->yaml, node, NULL, "neither verdict nor limit is set"));
	if (!line || !has)
		return;
	if (*line) {
		site_note(r, yaml_error(&r->yaml, target, (const char *)target->data.scalar.value,
					"has its verdict on line %u", *line));
		return;
	}
	*line = yaml_line(target);
	*name = target;
	r->site->verdicts[r->site->n_verdicts++] = entry;
}

/* A role that no row names has nothing to be denied or limited; nobody means that. */
static void check_roles(struct site_reader *r, const yaml_node_t **names)
{
	const struct site *site = r->site;
	bool *named = calloc(r->spec->n_roles + 1, sizeof(*named));

	if (!named) {
		site_out_of_memory(r);
		return;
	}
	for (size_t i = 0; i < site->n_rows; i++) {
		if (site->rows[i].role >= 0)
			named[site->rows[i].role] = true;
	}
	for (size_t i = 0; i < r->spec->n_rows; i++) {
		const struct row *row = &r->spec->rows[i];

		if (row->role >= 0 && r->table_lines[row->table] &&
		    !r->spec->tables[row->table].annotation)
			named[row->role] = true;
	}
	for (size_t i = 0; i < site->n_verdicts && !site_give_up(r); i++) {
		int role = site->verdicts[i].role;

		if (role >= 0 && !named[role])
			site_note(r, yaml_error(&r->yaml, names[i], r->spec->roles[role].name,
						"no row of this site has it in its column role"));
	}
	free(named);
}

void site_read_verdicts(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_item_t *item;
	const yaml_node_t **names = NULL;
	struct given given = {0};
	bool rows_known = !r->err;
	size_t n;

	if (node->type != YAML_SEQUENCE_NODE) {
		site_note(r, yaml_wrong_kind(&r->yaml, node, "a list of verdicts"));
		return;
	}
	item = node->data.sequence.items.start;
	n = (size_t)(node->data.sequence.items.top - item);
	r->site->verdicts = calloc(n + 1, sizeof(*r->site->verdicts));
	names = calloc(n + 1, sizeof(*names));
	given.rows = calloc(r->spec->n_rows + 1, sizeof(*given.rows));
	given.tables = calloc(r->spec->n_tables + 1, sizeof(*given.tables));
	given.roles = calloc(r->spec->n_roles + 1, sizeof(*given.roles));
	if (!r->site->verdicts || !names || !given.rows || !given.tables || !given.roles) {
		site_out_of_memory(r);
		goto out;
	}
	for (; item < node->data.sequence.items.top && !site_give_up(r); item++)
		read_entry(r, yaml_node(&r->yaml, *item), &given, &names[r->site->n_verdicts]);
	/* Against rows that could not be read, this would only report their faults again. */
	if (rows_known && !site_give_up(r))
		check_roles(r, names);
out:
	free(names);
	free(given.rows);
	free(given.tables);
	free(given.roles);
}
