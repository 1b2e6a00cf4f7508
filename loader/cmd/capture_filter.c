// SPDX-License-Identifier: GPL-2.0-only
/* Which packets a capture is to take. */
#include "capture_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../output/report.h"
#include "../policy/text.h"

static void set_atom(struct capture_filter *filter, size_t atom)
{
	filter->atoms[atom / 64] |= 1ull << atom % 64;
}

/* `list`: the command that lists what there is. */
static int unknown(const struct capture_live *live, const char *what, const char *list,
		   struct suggest *near)
{
	char remedy[64];

	snprintf(remedy, sizeof(remedy), ": xdp-edge %s lists them", list);
	report("%s: generation %u has no %s '%s'%s", live->name, live->meta->generation, what,
	       near->word, near->best ? suggest_text(near) : remedy);
	return -EINVAL;
}

/* Packets that rows decide: those marked in `rows`. How many atoms these are. */
static size_t take_rows(const struct meta *meta, const bool *rows, struct capture_filter *filter)
{
	size_t n = 0;

	for (size_t i = 0; i < meta->n_atoms; i++) {
		if (meta->atoms[i].row >= meta->n_rows || !rows[meta->atoms[i].row])
			continue;
		set_atom(filter, i);
		n++;
	}
	return n;
}

/* Whether the path `id` ends with the names that `tail` has, as a/b/6 with b/6. */
static bool ends_with_names(const char *id, const char *tail)
{
	size_t n = strlen(id), m = strlen(tail);

	return m && m < n && id[n - m - 1] == '/' && !strcmp(id + n - m, tail);
}

static int add_row(const struct capture_live *live, const char *id, bool *rows,
		   struct capture_filter *filter)
{
	const struct meta *meta = live->meta;
	size_t n_endings = 0, ending = 0;
	struct suggest near;

	memset(rows, 0, meta->n_rows * sizeof(*rows));
	suggest_start(&near, id);
	for (size_t i = 0; i < meta->n_rows; i++) {
		suggest_offer(&near, meta->rows[i].id);
		if (ends_with_names(meta->rows[i].id, id)) {
			ending = i;
			n_endings++;
		}
		if (strcmp(meta->rows[i].id, id))
			continue;
		rows[i] = true;
		if (take_rows(meta, rows, filter))
			return 0;
		report("%s: row %s decides no packet in generation %u: %s", live->name, id,
		       meta->generation,
		       meta->rows[i].active
			       ? "rows before it take all that it matches, or it only annotates"
			       : "it is not active; xdp-edge check says why");
		return -EINVAL;
	}
	if (n_endings == 1)
		near.best = meta->rows[ending].id;
	return unknown(live, "row", "rules", &near);
}

/* The packets of a role's rows, and what is dropped for it, or would be. */
static int add_role(const struct capture_live *live, const char *role, bool *rows,
		    struct capture_filter *filter)
{
	const struct meta *meta = live->meta;
	bool found = false, drops = false;
	struct suggest near;

	suggest_start(&near, role);
	for (size_t i = 0; i < meta->n_rows; i++) {
		rows[i] = !strcmp(meta->rows[i].role, role);
		found |= rows[i];
		suggest_offer(&near, meta->rows[i].role);
	}
	for (size_t i = 1; i < live->n_roles; i++) {
		suggest_offer(&near, live->roles[i].name);
		if (strcmp(live->roles[i].name, role))
			continue;
		filter->roles |= 1ull << i;
		drops = live->features;
	}
	if (take_rows(meta, rows, filter) || drops)
		return 0;
	if (!found)
		return unknown(live, "role", "rules", &near);
	report("%s: no row of role %s decides a packet in generation %u", live->name, role,
	       meta->generation);
	return -EINVAL;
}

static void take_misses(const struct meta *meta, uint32_t misses, struct capture_filter *filter)
{
	for (size_t i = 0; i < meta->n_atoms; i++)
		if (meta->atoms[i].row == XE_NO_ROW && meta->atoms[i].miss < XE_MISS_COUNT &&
		    misses >> meta->atoms[i].miss & 1)
			set_atom(filter, i);
}

static int add_interface(const struct capture_live *live, const char *name,
			 struct capture_filter *filter)
{
	struct suggest near;

	suggest_start(&near, name);
	for (uint32_t slot = 0; slot < live->n_slots; slot++) {
		if (!live->slots[slot].name[0] || !live->slots[slot].prog_id)
			continue;
		suggest_offer(&near, live->slots[slot].name);
		if (strcmp(live->slots[slot].name, name))
			continue;
		filter->slots |= 1ull << slot;
		return 0;
	}
	return unknown(live, "interface", "status", &near);
}

static int add_all(const struct capture_wants *wants, const struct capture_live *live, bool *rows,
		   struct capture_filter *filter)
{
	int err = 0;

	for (size_t i = 0; !err && i < wants->rows.n; i++)
		err = add_row(live, wants->rows.v[i], rows, filter);
	for (size_t i = 0; !err && i < wants->roles.n; i++)
		err = add_role(live, wants->roles.v[i], rows, filter);
	take_misses(live->meta, wants->misses, filter);
	for (size_t i = 0; !err && i < wants->interfaces.n; i++)
		err = add_interface(live, wants->interfaces.v[i], filter);
	if (!wants->interfaces.n)
		filter->slots = ~0ull;
	return err;
}

int capture_filter_make(const struct capture_wants *wants, const struct capture_live *live,
			struct capture_filter *out)
{
	bool *rows = calloc(live->meta->n_rows + 1, sizeof(*rows));
	int err;

	*out = (struct capture_filter){
		.generation = live->meta->generation,
		.reasons = wants->reasons,
		.all = !wants->rows.n && !wants->roles.n && !wants->misses,
		.n_atoms = live->meta->n_atoms,
		.atoms = calloc(live->meta->n_atoms / 64 + 1, sizeof(*out->atoms)),
	};
	if (!rows || !out->atoms) {
		report("out of memory");
		err = -ENOMEM;
	} else if (wants->reasons && !live->features) {
		report("%s: it counts no drops: mode monitor with suggest: no", live->name);
		err = -EINVAL;
	} else {
		err = add_all(wants, live, rows, out);
	}
	free(rows);
	if (err)
		capture_filter_free(out);
	return err;
}

void capture_filter_free(struct capture_filter *filter)
{
	free(filter->atoms);
	*filter = (struct capture_filter){0};
}
