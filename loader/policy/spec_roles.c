// SPDX-License-Identifier: GPL-2.0-only
/* Reader of roles.csv: the roles, their tree (member_of) and their stand-ins. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/csv_table.h"
#include "policy/diag.h"
#include "policy/spec.h"
#include "policy/spec_read.h"
#include "policy/text.h"

enum { NAME, TITLE, SIDE, PROTECTED, MEMBER_OF, STAND_IN, ALIASES, N_COLUMNS };

/*
 * Parents and stand-ins may stand on a later line: their names are kept until all roles are
 * known.
 */
struct reference {
	unsigned line;
	char *member_of, *stand_in;
};

struct roles_ctx {
	const char *path;
	struct spec *spec;
	struct reference *references; /* one a role */
};

static int check_cells(struct roles_ctx *ctx, unsigned line, char *const *cells, struct role *role)
{
	int known, err = 0;

	/* struct xe_row has 32 bytes for it. */
	if (!name_valid(cells[NAME], 31))
		err = diag_error(ctx->path, line, 0, cells[NAME],
				 "not a role name: a-z, 0-9 and -, 1..31 bytes");
	else if (strcmp(cells[NAME], "any") == 0)
		err = diag_error(ctx->path, line, 0, cells[NAME], "is every address, not a role");
	known = spec_role(ctx->spec, cells[NAME]);
	if (known >= 0)
		err = diag_error(ctx->path, line, 0, cells[NAME], "stands twice; first on line %u",
				 ctx->references[known].line);
	if (side_parse(cells[SIDE], &role->side) || role->side == XE_SIDE_MIRROR)
		err = diag_error(ctx->path, line, 0, cells[SIDE],
				 "side is internet, dmz-external, dmz-internal or lan");
	if (strcmp(cells[PROTECTED], "yes") && strcmp(cells[PROTECTED], "no"))
		err = diag_error(ctx->path, line, 0, cells[PROTECTED], "protected is yes or no");
	role->is_protected = strcmp(cells[PROTECTED], "yes") == 0;
	return err;
}

static int on_role(void *data, unsigned line, char *const *cells)
{
	struct roles_ctx *ctx = data;
	struct spec *spec = ctx->spec;
	struct role role = {.member_of = -1, .stand_in = -1};
	struct reference *reference = &ctx->references[spec->n_roles];
	int err = check_cells(ctx, line, cells, &role);

	if (err)
		return err;
	if (spec->n_roles == SPEC_MAX_ROLES)
		return diag_error(ctx->path, line, 0, cells[NAME], "more than %d roles",
				  SPEC_MAX_ROLES);
	role.name = strdup(cells[NAME]);
	role.title = strdup(cells[TITLE]);
	reference->line = line;
	reference->member_of = strdup(cells[MEMBER_OF]);
	reference->stand_in = strdup(cells[STAND_IN]);
	spec->roles[spec->n_roles++] = role;
	return role.name && role.title && reference->member_of && reference->stand_in ? 0 : -ENOMEM;
}

/* Index of a role that another names; -1 for none or, after a report, unknown. */
static int find(struct roles_ctx *ctx, unsigned line, const char *name, const char *what, int *err)
{
	struct suggest near;
	int role;

	if (*name == '\0')
		return -1;
	role = spec_role(ctx->spec, name);
	if (role >= 0)
		return role;
	suggest_start(&near, name);
	for (size_t i = 0; i < ctx->spec->n_roles; i++)
		suggest_offer(&near, ctx->spec->roles[i].name);
	*err = diag_error(ctx->path, line, 0, name, "%s names an unknown role%s", what,
			  suggest_text(&near));
	return -1;
}

static int resolve_references(struct roles_ctx *ctx)
{
	struct spec *spec = ctx->spec;
	int err = 0;

	for (size_t i = 0; i < spec->n_roles; i++) {
		const struct reference *ref = &ctx->references[i];

		spec->roles[i].member_of = find(ctx, ref->line, ref->member_of, "member_of", &err);
		spec->roles[i].stand_in = find(ctx, ref->line, ref->stand_in, "stand_in", &err);
	}
	return err;
}

/* A cycle would make depth, and every walk to the root, endless. */
static int check_tree(struct roles_ctx *ctx)
{
	struct spec *spec = ctx->spec;
	int err = 0;

	for (size_t i = 0; i < spec->n_roles; i++) {
		struct role *role = &spec->roles[i];
		int parent = role->member_of;

		for (role->depth = 0; parent >= 0; parent = spec->roles[parent].member_of) {
			if (++role->depth > (int)spec->n_roles || parent == (int)i) {
				err = diag_error(ctx->path, ctx->references[i].line, 0, role->name,
						 "member_of goes round in a circle");
				break;
			}
		}
	}
	return err;
}

static int check_stand_ins(struct roles_ctx *ctx)
{
	struct spec *spec = ctx->spec;
	int err = 0;

	for (size_t i = 0; i < spec->n_roles; i++) {
		const struct role *role = &spec->roles[i];
		unsigned line = ctx->references[i].line;
		int other = role->stand_in;

		if (other < 0)
			continue;
		if (other == (int)i)
			err = diag_error(ctx->path, line, 0, role->name,
					 "cannot be its own stand-in");
		else if (spec->roles[other].stand_in >= 0)
			err = diag_error(ctx->path, line, 0, spec->roles[other].name,
					 "cannot stand in for %s: it has a stand-in itself",
					 role->name);
		else if (spec_role_within(spec, (int)i, other) ||
			 spec_role_within(spec, other, (int)i))
			err = diag_error(ctx->path, line, 0, spec->roles[other].name,
					 "cannot stand in for %s: one is a member of the other",
					 role->name);
	}
	return err;
}

int spec_read_roles(const char *path, struct spec *spec)
{
	static const char *const columns[N_COLUMNS] = {
		"name", "title", "side", "protected", "member_of", "stand_in", "aliases"};
	struct roles_ctx ctx = {.path = path, .spec = spec};
	int err = -ENOMEM;

	spec->roles = calloc(SPEC_MAX_ROLES, sizeof(*spec->roles));
	/* One more: on_role() looks at the next before it knows that there is room for it. */
	ctx.references = calloc(SPEC_MAX_ROLES + 1, sizeof(*ctx.references));
	if (!spec->roles || !ctx.references) {
		diag_error(path, 0, 0, NULL, "out of memory");
		goto out;
	}
	err = csv_table_read(path, columns, N_COLUMNS, on_role, &ctx);
	if (!err && spec->n_roles == 0)
		err = diag_error(path, 1, 0, NULL, "no role is named");
	if (!err)
		err = resolve_references(&ctx);
	if (!err)
		err = check_tree(&ctx);
	if (!err)
		err = check_stand_ins(&ctx);
out:
	for (size_t i = 0; ctx.references && i < spec->n_roles; i++) {
		free(ctx.references[i].member_of);
		free(ctx.references[i].stand_in);
	}
	free(ctx.references);
	return err;
}
