// SPDX-License-Identifier: GPL-2.0-only
/* Reader of DOCUMENT/TABLE.csv: the rows of one table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/csv_table.h"
#include "policy/diag.h"
#include "policy/spec.h"
#include "policy/spec_read.h"
#include "policy/text.h"

enum {
	ROW,
	ROLE,
	SERVICE,
	APP,
	L4,
	SOURCE_PORTS,
	PORTS,
	SOURCE,
	DESTINATION,
	NARROW_TO,
	NOTE,
	N_COLUMNS
};

static const char *const columns[N_COLUMNS] = {"row",	      "role",	      "service", "app",
					       "l4",	      "source_ports", "ports",	 "source",
					       "destination", "narrow_to",    "note"};

struct rows_ctx {
	struct spec *spec;
	struct table *table;
	int index; /* of the table */
	size_t capacity;
};

/* A role's index, -1 for `any`; an unknown one is reported in *err. */
static int role_cell(struct rows_ctx *ctx, unsigned line, const char *name, const char *column,
		     int *err)
{
	const struct spec *spec = ctx->spec;
	struct suggest near;
	int role;

	if (strcmp(name, "any") == 0)
		return -1;
	role = spec_role(spec, name);
	if (role >= 0)
		return role;
	suggest_start(&near, name);
	for (size_t i = 0; i < spec->n_roles; i++)
		suggest_offer(&near, spec->roles[i].name);
	*err = diag_error(ctx->table->file, line, 0, name, "%s is not a role or any%s", column,
			  suggest_text(&near));
	return -1;
}

static void end_cell(struct rows_ctx *ctx, unsigned line, const char *name, const char *column,
		     struct end *end, int *err)
{
	int role = role_cell(ctx, line, name, column, err);

	end->kind = END_ANY;
	if (role < 0)
		return;
	end->roles = malloc(sizeof(*end->roles));
	if (!end->roles) {
		*err = -ENOMEM;
		return;
	}
	end->kind = END_ROLES;
	end->roles[0] = role;
	end->n_roles = 1;
}

static void ports_cell(struct rows_ctx *ctx, unsigned line, const char *text, const char *column,
		       struct port_set *ports, int *err)
{
	const char *why = "";
	int parsed = port_set_parse(text, ports, &why);

	if (parsed == -ENOMEM)
		*err = -ENOMEM;
	else if (parsed)
		*err = diag_error(ctx->table->file, line, 0, text, "%s: %s", column, why);
}

/* The names are separated by ';'. The cell is ours to cut up: it is a copy. */
static void narrow_cell(struct rows_ctx *ctx, unsigned line, char *cell, struct row *row, int *err)
{
	size_t n = 1;

	if (*cell == '\0')
		return;
	for (const char *p = cell; *p; p++)
		n += *p == ';';
	row->narrow_to = calloc(n, sizeof(*row->narrow_to));
	if (!row->narrow_to) {
		*err = -ENOMEM;
		return;
	}
	for (char *next = cell, *name; (name = strsep(&next, ";"));) {
		int unknown = 0, role = role_cell(ctx, line, name, columns[NARROW_TO], &unknown);

		if (unknown) {
			*err = unknown;
			continue;
		}
		if (role < 0) {
			*err = diag_error(ctx->table->file, line, 0, name,
					  "narrow_to names roles; any is not one");
			continue;
		}
		for (size_t i = 0; i < row->n_narrow_to; i++) {
			if (row->narrow_to[i] == role)
				*err = diag_error(ctx->table->file, line, 0, name,
						  "stands twice in narrow_to");
		}
		row->narrow_to[row->n_narrow_to++] = role;
	}
}

/* Copy of a cell of free text, which must fit the record that outputs read. */
static char *text_cell(struct rows_ctx *ctx, unsigned line, const char *text, const char *column,
		       size_t max, int *err)
{
	char *copy;

	if (strlen(text) > max)
		*err = diag_error(ctx->table->file, line, 0, text, "%s is longer than %zu bytes",
				  column, max);
	copy = strdup(text);
	if (!copy)
		*err = -ENOMEM;
	return copy;
}

static int row_number(struct rows_ctx *ctx, unsigned line, const char *text, unsigned *number)
{
	const struct spec *spec = ctx->spec;
	const struct row *last = ctx->table->n_rows ? &spec->rows[spec->n_rows - 1] : NULL;

	if (number_parse(text, 1, 65535, number))
		return diag_error(ctx->table->file, line, 0, text, "row is not a number 1..65535");
	if (last && *number == last->number)
		return diag_error(ctx->table->file, line, 0, text,
				  "row stands twice; first on line %u", last->line);
	if (last && *number < last->number)
		return diag_error(ctx->table->file, line, 0, text,
				  "rows must stand in order; line %u has row %u", last->line,
				  last->number);
	return 0;
}

static struct row *row_append(struct rows_ctx *ctx)
{
	struct spec *spec = ctx->spec;

	if (spec->n_rows == ctx->capacity) {
		size_t capacity = ctx->capacity ? ctx->capacity * 2 : 64;
		struct row *rows = realloc(spec->rows, capacity * sizeof(*rows));

		if (!rows)
			return NULL;
		spec->rows = rows;
		ctx->capacity = capacity;
	}
	ctx->table->n_rows++;
	memset(&spec->rows[spec->n_rows], 0, sizeof(struct row));
	return &spec->rows[spec->n_rows++];
}

static int on_row(void *data, unsigned line, char *const *cells)
{
	struct rows_ctx *ctx = data;
	const char *file = ctx->table->file;
	char id[XE_ROW_ID_MAX];
	unsigned number = 0;
	struct row *row;
	int err;

	err = row_number(ctx, line, cells[ROW], &number);
	if (err) /* what stands in a line of unknown place is read no further */
		return err;
	row = row_append(ctx);
	if (!row)
		return -ENOMEM;
	snprintf(id, sizeof(id), "%s/%u", ctx->table->id, number);
	row->id = strdup(id);
	if (!row->id)
		return -ENOMEM;
	row->table = ctx->index;
	row->number = number;
	row->file = file;
	row->line = line;
	row->role = role_cell(ctx, line, cells[ROLE], columns[ROLE], &err);
	if (*cells[SERVICE] == '\0')
		err = diag_error(file, line, 0, "", "service is empty");
	row->service =
		text_cell(ctx, line, cells[SERVICE], columns[SERVICE], XE_TEXT_MAX - 1, &err);
	row->app = text_cell(ctx, line, cells[APP], columns[APP], XE_TEXT_MAX - 1, &err);
	row->note = text_cell(ctx, line, cells[NOTE], columns[NOTE], 1000, &err);
	if (l4_parse(cells[L4], &row->l4))
		err = diag_error(file, line, 0, cells[L4], "l4 is tcp, udp, tcp+udp or any");
	ports_cell(ctx, line, cells[SOURCE_PORTS], columns[SOURCE_PORTS], &row->source_ports, &err);
	ports_cell(ctx, line, cells[PORTS], columns[PORTS], &row->ports, &err);
	end_cell(ctx, line, cells[SOURCE], columns[SOURCE], &row->source, &err);
	end_cell(ctx, line, cells[DESTINATION], columns[DESTINATION], &row->destination, &err);
	narrow_cell(ctx, line, cells[NARROW_TO], row, &err);
	if (!err && row->n_narrow_to && row->source.kind != END_ANY &&
	    row->destination.kind != END_ANY)
		err = diag_error(file, line, 0, cells[NARROW_TO],
				 "narrow_to needs an end that is any");
	return err;
}

int spec_read_rows(struct spec *spec, int index)
{
	struct table *table = &spec->tables[index];
	struct rows_ctx ctx = {
		.spec = spec, .table = table, .index = index, .capacity = spec->n_rows};

	table->first_row = spec->n_rows;
	return csv_table_read(table->file, columns, N_COLUMNS, on_row, &ctx);
}
