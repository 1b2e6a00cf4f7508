// SPDX-License-Identifier: GPL-2.0-only
/* The lines of `stats --by`: rows added up by what they have in common. */
#include "stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/intern.h"
#include "tally.h"

static const char *const by_names[BY_COUNT] = {
	[BY_ROW] = "row",	    [BY_ROLE] = "role",		  [BY_SERVICE] = "service",
	[BY_DOCUMENT] = "document", [BY_INTERFACE] = "interface",
};

const char *stats_by_text(enum stats_by by)
{
	return by < BY_COUNT ? by_names[by] : NULL;
}

int stats_by_parse(const char *text, enum stats_by *by)
{
	for (unsigned i = 0; i < BY_COUNT; i++) {
		if (strcmp(text, by_names[i]) == 0) {
			*by = i;
			return 0;
		}
	}
	return -EINVAL;
}

double stats_rate(__u64 now, __u64 before, double seconds)
{
	return now > before && seconds > 0 ? (double)(now - before) / seconds : 0;
}

/* Every row of a policy has its protocols. */
static bool row_is_gone(const struct xe_row *row)
{
	return !row->l4[0];
}

const char *stats_service(const struct xe_row *row)
{
	return row_is_gone(row) ? ROW_GONE : row->service;
}

const char *stats_role(const struct xe_row *row)
{
	return row_is_gone(row) ? ROW_GONE : row->role;
}

void stats_group_name(const struct xe_row *row, enum stats_by by, char name[XE_TEXT_MAX])
{
	const char *text = row->id;
	size_t len = 0;

	switch (by) {
	case BY_ROLE:
		text = stats_role(row);
		len = strnlen(text, sizeof(row->role));
		break;
	case BY_SERVICE:
		text = stats_service(row);
		len = strnlen(text, sizeof(row->service));
		break;
	default: /* document: what stands before the first slash of the id; "site" for the
		    operator's own */
		len = strcspn(text, "/");
		break;
	}
	if (len > XE_TEXT_MAX - 1)
		len = XE_TEXT_MAX - 1;
	memcpy(name, text, len);
	name[len] = '\0';
}

/* The group of that name, new or known; `names` numbers them. NULL: no memory. */
static struct stats_group *group_find(struct stats_groups *groups, struct intern *names,
				      const char *name)
{
	int is_new;
	long i = intern_add(names, name, strlen(name), &is_new);

	if (i < 0)
		return NULL;
	if (is_new) {
		strcpy(groups->v[i].name, name);
		groups->n++;
	}
	return &groups->v[i];
}

/* What rows decided adds up; what they matched does not. */
static void add_decided(struct stats_group *group, const struct stats_cell *cell)
{
	counter_add(&group->decided, &cell->decided);
	counter_add(&group->decided_reply, &cell->decided_reply);
	group->decided_new += cell->decided_new;
}

static void interface_group(const struct snapshot *snapshot, size_t interface,
			    struct stats_group *group)
{
	strncpy(group->name, snapshot->interfaces[interface].name, XE_IFNAME_MAX);
	for (size_t row = 0; row < snapshot->n_rows; row++) {
		const struct stats_cell *cell = &snapshot_cells(snapshot, row)[interface];

		if (!snapshot_has_counted(snapshot, row))
			continue;
		group->rows += cell->decided.packets != 0;
		add_decided(group, cell);
	}
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		counter_add(&group->missed,
			    &snapshot->misses[miss * snapshot->n_interfaces + interface]);
}

static int row_groups(const struct snapshot *snapshot, enum stats_by by, struct stats_groups *out)
{
	struct intern names = {0};
	int err = 0;

	for (size_t i = 0; !err && i < snapshot->n_rows; i++) {
		struct stats_cell cell = snapshot_row(snapshot, i);
		struct stats_group *group;
		char name[XE_TEXT_MAX];

		stats_group_name(&snapshot->rows[i], by, name);
		group = group_find(out, &names, name);
		if (!group) {
			err = -ENOMEM;
			break;
		}
		add_decided(group, &cell);
		group->rows++;
	}
	intern_free(&names);
	return err;
}

int stats_groups(const struct snapshot *snapshot, enum stats_by by, struct stats_groups *out)
{
	size_t most = by == BY_INTERFACE ? snapshot->n_interfaces : snapshot->n_rows;
	int err = 0;

	out->n = 0;
	out->v = calloc(most + 1, sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	if (by == BY_INTERFACE) {
		for (size_t i = 0; i < most; i++)
			interface_group(snapshot, i, &out->v[out->n++]);
	} else {
		err = row_groups(snapshot, by, out);
	}
	if (err)
		stats_groups_free(out);
	return err;
}

void stats_groups_free(struct stats_groups *groups)
{
	free(groups->v);
	groups->v = NULL;
	groups->n = 0;
}
