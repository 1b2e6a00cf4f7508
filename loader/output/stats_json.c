// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot as JSON: the one shape of `stats -j` and `replay -j`. */
#include "stats.h"

#include <linux/if_link.h>

#include "../policy/model.h"
#include "json.h"

const char *interface_mode_text(const struct xe_interface *interface)
{
	if (!interface->ifindex)
		return "none";
	if (interface->mode & XDP_FLAGS_HW_MODE)
		return "offload";
	if (interface->mode & XDP_FLAGS_SKB_MODE)
		return "generic";
	return "native";
}

static json_t *interface_json(const struct snapshot *snapshot, size_t index)
{
	const struct xe_interface *interface = &snapshot->interfaces[index];
	struct xe_counter total = snapshot_total(snapshot, index);
	json_t *sides = json_array();

	for (int side = 0; side < XE_SIDE_COUNT; side++)
		if (interface->sides & 1u << side)
			json_array_append_new(sides, json_text(side_text(side)));
	return json_pack("{s:o, s:i, s:o, s:b, s:o, s:o, s:o}", "name", json_text(interface->name),
			 "ifindex", (int)interface->ifindex, "mode",
			 json_text(interface_mode_text(interface)), "dispatcher",
			 (int)interface->dispatcher, "sides", sides, "packets",
			 json_count(total.packets), "bytes", json_count(total.bytes));
}

static json_t *row_json(const struct xe_row *row, const struct stats_cell *cell)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "id",
			 json_text(row->id), "role", json_text(row->role), "service",
			 json_text(stats_service(row)), "l4", json_text(row->l4), "ports",
			 json_text(row->ports), "source", json_text(row->source), "destination",
			 json_text(row->destination), "active", (int)row->active, "decided",
			 json_counter(&cell->decided), "matched", json_counter(&cell->matched),
			 "reply", json_counter(&cell->reply), "new", json_count(cell->new_flows));
}

static json_t *rows_json(const struct snapshot *snapshot, const struct stats_view *view)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < snapshot->n_rows; i++) {
		struct stats_cell cell = snapshot_row(snapshot, i);

		if (view->nonzero && !cell.matched.packets && !cell.decided.packets)
			continue;
		if (json_array_append_new(rows, row_json(&snapshot->rows[i], &cell))) {
			json_decref(rows);
			return NULL;
		}
	}
	return rows;
}

/* [{"name","rows","decided","missed"}]; `missed` of interfaces only, misses belong to no row. */
static json_t *groups_json(const struct snapshot *snapshot, const struct stats_view *view)
{
	struct stats_groups groups;
	json_t *list = json_array();

	if (stats_groups(snapshot, view->by, &groups)) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < groups.n; i++) {
		const struct stats_group *group = &groups.v[i];
		json_t *line;

		if (view->nonzero && !group->decided.packets && !group->missed.packets)
			continue;
		line = json_pack("{s:o, s:o, s:o}", "name", json_text(group->name), "rows",
				 json_count(group->rows), "decided", json_counter(&group->decided));
		if (view->by == BY_INTERFACE)
			json_object_set_new(line, "missed", json_counter(&group->missed));
		json_array_append_new(list, line);
	}
	stats_groups_free(&groups);
	return list;
}

json_t *stats_json(const struct snapshot *snapshot, const struct stats_view *view)
{
	json_t *interfaces = json_array(), *misses = json_object();
	json_t *lines =
		view->by == BY_ROW ? rows_json(snapshot, view) : groups_json(snapshot, view);
	struct xe_counter total = snapshot_total(snapshot, -1);

	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		json_array_append_new(interfaces, interface_json(snapshot, i));
	for (int miss = 0; miss < XE_MISS_COUNT; miss++) {
		struct xe_counter counter = snapshot_miss(snapshot, miss);

		json_object_set_new(misses, miss_text(miss), json_counter(&counter));
	}
	if (view->by == BY_ROW)
		return json_pack("{s:I, s:o, s:o, s:o, s:o}", "generation",
				 (json_int_t)snapshot->generation, "interfaces", interfaces, "rows",
				 lines, "misses", misses, "total", json_counter(&total));
	return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o}", "generation",
			 (json_int_t)snapshot->generation, "interfaces", interfaces, "by",
			 stats_by_text(view->by), "groups", lines, "misses", misses, "total",
			 json_counter(&total));
}
