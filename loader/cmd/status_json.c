// SPDX-License-Identifier: GPL-2.0-only
/* A loaded policy's state as JSON: the one shape of `status -j` and of what `serve` answers. */
#include "status_json.h"

#include <linux/if_link.h>
#include <net/if.h>

#include "../kernel/capture.h"
#include "../kernel/nic_state.h"
#include "../kernel/totals.h"
#include "../output/json.h"
#include "../output/stats.h"
#include "../policy/model.h"

/* --- what becomes of packets ----------------------------------------------------------------- */

/* [{reason, role, packets, bytes}], what is not 0. */
static json_t *drops_json(const struct snapshot *snapshot,
			  struct xe_counter (*sum)(const struct snapshot *, int, int,
						   enum xe_reason))
{
	json_t *list = json_array();

	for (int reason = 0; reason < XE_REASON_COUNT; reason++) {
		for (size_t role = 0; role < snapshot->guard.n_roles; role++) {
			struct xe_counter counter = sum(snapshot, -1, role, reason);

			if (counter.packets)
				json_array_append_new(
					list, json_pack("{s:s, s:o, s:o, s:o}", "reason",
							reason_text(reason), "role",
							json_text(snapshot_role(snapshot, role)),
							"packets", json_count(counter.packets),
							"bytes", json_count(counter.bytes)));
		}
	}
	return list;
}

/* Where nothing is enforced. */
static json_t *gaps_json(const struct snapshot_guard *guard)
{
	json_t *list = json_array();

	for (size_t i = 0; i < guard->n_gaps; i++)
		json_array_append_new(list, json_pack("{s:o, s:s}", "name",
						      json_text(guard->gaps[i].name), "state",
						      nic_state_text(guard->gaps[i].state)));
	return list;
}

/* What passed without a policy for it, where there was any. */
static json_t *unjudged_json(const struct snapshot *snapshot)
{
	json_t *list = json_array();

	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		struct xe_counter counter = snapshot_unjudged(snapshot, i);

		if (counter.packets)
			json_array_append_new(list,
					      json_pack("{s:o, s:o, s:o}", "interface",
							json_text(snapshot->interfaces[i].name),
							"packets", json_count(counter.packets),
							"bytes", json_count(counter.bytes)));
	}
	return list;
}

static void add_fill(json_t *tables, const char *name, const struct snapshot_fill *fill)
{
	char text[STATS_FILL_MAX];

	if (fill->known)
		json_object_set_new(tables, name,
				    json_pack("{s:o, s:o, s:b, s:s}", "live",
					      json_count(fill->live), "capacity",
					      json_count(fill->capacity), "about", (int)fill->about,
					      "text", stats_fill_text(fill, text)));
}

/* Of one loaded wholly. */
static json_t *verdicts_json(const struct snapshot *snapshot)
{
	const struct snapshot_guard *guard = &snapshot->guard;
	char mode[STATS_MODE_MAX], since[STATS_TIME_MAX];
	json_t *events = json_object(), *tables = json_object();

	for (int event = 0; event < XE_EVENT_COUNT; event++)
		json_object_set_new(events, event_text(event),
				    json_count(snapshot_event(snapshot, -1, event)));
	add_fill(tables, "flows", &guard->flows);
	add_fill(tables, "fragments", &guard->fragments);
	add_fill(tables, "buckets", &guard->buckets);
	return json_pack(
		"{s:s, s:s, s:b, s:o, s:o, s:b, s:i, s:i, s:s, s:o, s:o, s:o, s:o}", "mode",
		mode_text(guard->mode), "text", stats_mode_text(guard, mode), "enforcing",
		(int)snapshot_enforces(guard), "not_enforced_on", gaps_json(guard), "unjudged",
		unjudged_json(snapshot), "unconfirmed", (int)guard->unconfirmed, "confirm_in",
		guard->unconfirmed && guard->confirm_in > 0 ? (int)guard->confirm_in : 0,
		"features", (int)guard->features, "baseline",
		stats_time_text(guard->baseline_at, since), "dropped",
		drops_json(snapshot, snapshot_dropped), "would_drop",
		drops_json(snapshot, snapshot_would_drop), "events", events, "tables", tables);
}

/* --- the policy and its NICs ----------------------------------------------------------------- */

json_t *status_json(const struct store *store, const struct snapshot *snapshot, bool *bad)
{
	json_t *interfaces = json_array(), *status, *verdicts;
	char since[STATS_TIME_MAX];
	size_t totals;

	totals_committed(store, &totals);
	stats_time_text(store->control->loaded_at, since);
	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		struct xe_interface interface;
		struct attached attached;
		char now[IF_NAMESIZE] = "";
		enum nic_state state;

		if (store_read_interface(store, slot, &interface) || !interface.name[0])
			continue;
		state = nic_state(store, &interface, &attached, now);
		*bad |= nic_state_is_lost(state);
		json_array_append_new(
			interfaces,
			json_pack("{s:o, s:s, s:o, s:i, s:i, s:i, s:s, s:b, s:i}", "name",
				  json_text(interface.name), "state", nic_state_text(state),
				  "name_now", json_text(now), "ifindex", (int)interface.ifindex,
				  "slot", (int)slot, "prog_id", (int)interface.prog_id, "mode",
				  interface.mode & XDP_FLAGS_SKB_MODE ? "generic" : "native",
				  "dispatcher", (int)interface.dispatcher, "other_programs",
				  (int)attached.others));
	}
	status = json_pack("{s:s, s:b, s:i, s:i, s:s, s:o, s:{s:i, s:i, s:i, s:i, s:i}}", "name",
			   store->name, "whole", store->control->loaded_at != 0, "generation",
			   (int)store_generation(store), "folded", (int)store_folded(store),
			   "loaded", since, "interfaces", interfaces, "room", "block_bytes",
			   (int)store->block_size, "atoms", (int)store->atoms_max, "slots",
			   (int)store->n_slots, "totals", (int)store->totals_max, "totals_used",
			   (int)totals);
	json_object_set_new(status, "capture",
			    json_string(capture_state_text(capture_state(store))));
	if (snapshot) {
		verdicts = verdicts_json(snapshot);
		json_object_update_missing(status, verdicts);
		json_decref(verdicts);
	}
	return status;
}

json_t *status_list_json(json_t *policies)
{
	return json_pack("{s:o}", "policies", policies);
}
