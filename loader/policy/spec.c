// SPDX-License-Identifier: GPL-2.0-only
/* The spec as a whole: order of reading, look-up, release; see spec.h. */
#include "policy/spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/csv_table.h"
#include "policy/diag.h"
#include "policy/spec_read.h"
#include "policy/text.h"

static char *path_join(const char *dir, const char *name, const char *suffix)
{
	size_t size = strlen(dir) + strlen(name) + strlen(suffix) + 2;
	char *path = malloc(size);

	if (path)
		snprintf(path, size, "%s/%s%s", dir, name, suffix);
	return path;
}

/* --- tables.csv ------------------------------------------------------------------------------- */

struct tables_ctx {
	const char *path;
	struct spec *spec;
	unsigned lines[SPEC_MAX_TABLES]; /* where each stands */
};

/* "document/table", both names; `site` is the operator's own. */
static bool table_id_valid(const char *id)
{
	const char *slash = strchr(id, '/');
	char document[41];

	if (!slash || slash - id > 40)
		return false;
	memcpy(document, id, (size_t)(slash - id));
	document[slash - id] = '\0';
	return name_valid(document, 40) && name_valid(slash + 1, 40) && strcmp(document, "site");
}

static int on_table(void *data, unsigned line, char *const *cells)
{
	struct tables_ctx *ctx = data;
	struct spec *spec = ctx->spec;
	struct table *table;
	int known;

	if (!table_id_valid(cells[0]))
		return diag_error(ctx->path, line, 0, cells[0],
				  "not a table: DOCUMENT/TABLE, each of a-z, 0-9 and -");
	if (strcmp(cells[1], "ports") && strcmp(cells[1], "annotation"))
		return diag_error(ctx->path, line, 0, cells[1],
				  "kind of a table is ports or annotation");
	known = spec_table(spec, cells[0]);
	if (known >= 0)
		return diag_error(ctx->path, line, 0, cells[0], "stands twice; first on line %u",
				  ctx->lines[known]);
	if (spec->n_tables == SPEC_MAX_TABLES)
		return diag_error(ctx->path, line, 0, cells[0], "more than %d tables",
				  SPEC_MAX_TABLES);
	ctx->lines[spec->n_tables] = line;
	table = &spec->tables[spec->n_tables++];
	table->id = strdup(cells[0]);
	table->document = strndup(cells[0], strcspn(cells[0], "/"));
	table->title = strdup(cells[2]);
	table->file = path_join(spec->dir, cells[0], ".csv");
	table->annotation = strcmp(cells[1], "annotation") == 0;
	return table->id && table->document && table->title && table->file ? 0 : -ENOMEM;
}

int spec_read_tables(const char *path, struct spec *spec)
{
	static const char *const columns[] = {"table", "kind", "title"};
	struct tables_ctx ctx = {.path = path, .spec = spec};
	int err;

	spec->tables = calloc(SPEC_MAX_TABLES, sizeof(*spec->tables));
	if (!spec->tables) {
		diag_error(path, 0, 0, NULL, "out of memory");
		return -ENOMEM;
	}
	err = csv_table_read(path, columns, sizeof(columns) / sizeof(columns[0]), on_table, &ctx);
	if (!err && spec->n_tables == 0)
		err = diag_error(path, 1, 0, NULL, "no table is named");
	return err;
}

/* --- the whole -------------------------------------------------------------------------------- */

int spec_load(const char *dir, struct spec *out)
{
	struct spec spec = {0};
	char *roles = path_join(dir, "roles", ".csv"), *tables = path_join(dir, "tables", ".csv");
	int err = -ENOMEM;

	memset(out, 0, sizeof(*out));
	spec.dir = strdup(dir);
	if (!roles || !tables || !spec.dir) {
		diag_error(dir, 0, 0, NULL, "out of memory");
		goto out;
	}
	/*
	 * Without the roles every row would be full of unknown ones: that is one fault, not
	 * hundreds.
	 */
	err = spec_read_roles(roles, &spec);
	if (!err)
		err = spec_read_tables(tables, &spec);
	if (err)
		goto out;
	for (size_t i = 0; i < spec.n_tables; i++) {
		int table_err = spec_read_rows(&spec, (int)i);

		if (table_err && !err)
			err = table_err;
		if (table_err == -ENOMEM)
			break;
	}
	if (!err) {
		*out = spec;
		memset(&spec, 0, sizeof(spec));
	}
out:
	spec_free(&spec);
	free(roles);
	free(tables);
	return err;
}

void spec_free(struct spec *spec)
{
	for (size_t i = 0; i < spec->n_roles; i++) {
		free(spec->roles[i].name);
		free(spec->roles[i].title);
	}
	for (size_t i = 0; i < spec->n_tables; i++) {
		free(spec->tables[i].id);
		free(spec->tables[i].document);
		free(spec->tables[i].title);
		free(spec->tables[i].file);
	}
	for (size_t i = 0; i < spec->n_rows; i++)
		row_free(&spec->rows[i]);
	free(spec->dir);
	free(spec->roles);
	free(spec->tables);
	free(spec->rows);
	memset(spec, 0, sizeof(*spec));
}

int spec_role(const struct spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_roles; i++) {
		if (strcmp(spec->roles[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

int spec_table(const struct spec *spec, const char *id)
{
	for (size_t i = 0; i < spec->n_tables; i++) {
		if (strcmp(spec->tables[i].id, id) == 0)
			return (int)i;
	}
	return -1;
}

int spec_row(const struct spec *spec, const char *id)
{
	const char *slash = strrchr(id, '/');
	size_t len = slash ? (size_t)(slash - id) : 0;
	unsigned number;

	if (!slash || number_parse(slash + 1, 1, UINT32_MAX, &number))
		return -1;
	for (size_t i = 0; i < spec->n_tables; i++) {
		const struct table *table = &spec->tables[i];
		size_t lo = table->first_row, hi = lo + table->n_rows;

		if (strncmp(table->id, id, len) || table->id[len])
			continue;
		while (lo < hi) { /* rows of a table stand by number */
			size_t mid = lo + (hi - lo) / 2;

			if (spec->rows[mid].number == number)
				return (int)mid;
			if (spec->rows[mid].number < number)
				lo = mid + 1;
			else
				hi = mid;
		}
		return -1;
	}
	return -1;
}

bool spec_role_within(const struct spec *spec, int role, int group)
{
	for (int r = spec->roles[role].member_of; r >= 0; r = spec->roles[r].member_of) {
		if (r == group)
			return true;
	}
	return false;
}
