// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot as JSON: the one shape of `stats -j` and `replay -j`. */
#include "stats.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>

#include "../policy/model.h"
#include "json_stream.h"

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

static void text_entry(struct json_stream *json, const char *key, const char *text)
{
	json_stream_key(json, key);
	json_stream_text(json, text);
}

static void count_entry(struct json_stream *json, const char *key, __u64 value)
{
	json_stream_key(json, key);
	json_stream_count(json, value);
}

static void counter_entry(struct json_stream *json, const char *key,
			  const struct xe_counter *counter)
{
	json_stream_key(json, key);
	json_stream_counter(json, counter);
}

static void bool_entry(struct json_stream *json, const char *key, bool value)
{
	json_stream_key(json, key);
	json_stream_bool(json, value);
}

static void interface_entry(struct json_stream *json, const struct snapshot *snapshot, size_t index)
{
	const struct xe_interface *interface = &snapshot->interfaces[index];
	struct xe_counter total = snapshot_total(snapshot, index);

	json_stream_open(json, '{');
	text_entry(json, "name", interface->name);
	if (snapshot->states)
		text_entry(json, "state", nic_state_text(snapshot_nic(snapshot, index)));
	count_entry(json, "ifindex", interface->ifindex);
	text_entry(json, "mode", interface_mode_text(interface));
	bool_entry(json, "dispatcher", interface->dispatcher);
	json_stream_key(json, "sides");
	json_stream_open(json, '[');
	for (int side = 0; side < XE_SIDE_COUNT; side++)
		if (interface->sides & 1u << side)
			json_stream_text(json, side_text(side));
	json_stream_close(json, ']');
	count_entry(json, "packets", total.packets);
	count_entry(json, "bytes", total.bytes);
	json_stream_close(json, '}');
}

/* Where a row has counted anything. */
static void row_interfaces(struct json_stream *json, const struct snapshot *snapshot, size_t row)
{
	json_stream_key(json, "interfaces");
	json_stream_open(json, '[');
	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		const struct stats_cell *cell = &snapshot_cells(snapshot, row)[i];

		if (!cell->decided.packets && !cell->matched.packets)
			continue;
		json_stream_open(json, '{');
		text_entry(json, "name", snapshot->interfaces[i].name);
		count_entry(json, "decided", cell->decided.packets);
		count_entry(json, "matched", cell->matched.packets);
		count_entry(json, "reply", cell->reply.packets);
		count_entry(json, "new", cell->new_flows);
		json_stream_close(json, '}');
	}
	json_stream_close(json, ']');
}

/* What a row is, whatever it has counted. */
static void row_words(struct json_stream *json, const struct xe_row *row)
{
	text_entry(json, "id", row->id);
	text_entry(json, "role", row->role);
	text_entry(json, "service", stats_service(row));
	text_entry(json, "l4", row->l4);
	text_entry(json, "ports", row->ports);
	text_entry(json, "source", row->source);
	text_entry(json, "destination", row->destination);
	bool_entry(json, "active", row->active);
	bool_entry(json, "annotation", row->annotation);
	bool_entry(json, "forward_only", row->forward_only);
	text_entry(json, "verdict", row->verdict);
}

static void row_entry(struct json_stream *json, const struct snapshot *snapshot, size_t index,
		      const struct stats_cell *cell)
{
	json_stream_open(json, '{');
	row_words(json, &snapshot->rows[index]);
	counter_entry(json, "decided", &cell->decided);
	counter_entry(json, "matched", &cell->matched);
	counter_entry(json, "reply", &cell->reply);
	count_entry(json, "new", cell->new_flows);
	counter_entry(json, "decided_reply", &cell->decided_reply);
	count_entry(json, "decided_new", cell->decided_new);
	row_interfaces(json, snapshot, index);
	if (snapshot->guard.features & XE_FEATURE_PAYLOAD) {
		count_entry(json, "conforming", cell->payload.conforming);
		count_entry(json, "other", cell->payload.other);
	}
	json_stream_close(json, '}');
}

static void row_list(struct json_stream *json, const struct snapshot *snapshot,
		     const struct stats_view *view)
{
	json_stream_key(json, "rows");
	json_stream_open(json, '[');
	for (size_t i = 0; i < snapshot->n_rows; i++) {
		struct stats_cell cell = snapshot_row(snapshot, i);

		if (view->nonzero && !cell.matched.packets && !cell.decided.packets)
			continue;
		row_entry(json, snapshot, i, &cell);
	}
	json_stream_close(json, ']');
}

/* [{"name","rows","decided","missed"}]; `missed` of interfaces only, misses belong to no row. */
static void group_list(struct json_stream *json, const struct stats_groups *groups,
		       const struct stats_view *view)
{
	text_entry(json, "by", stats_by_text(view->by));
	json_stream_key(json, "groups");
	json_stream_open(json, '[');
	for (size_t i = 0; i < groups->n; i++) {
		const struct stats_group *group = &groups->v[i];

		if (view->nonzero && !group->decided.packets && !group->missed.packets)
			continue;
		json_stream_open(json, '{');
		text_entry(json, "name", group->name);
		count_entry(json, "rows", group->rows);
		counter_entry(json, "decided", &group->decided);
		if (view->by == BY_INTERFACE)
			counter_entry(json, "missed", &group->missed);
		json_stream_close(json, '}');
	}
	json_stream_close(json, ']');
}

static void miss_lists(struct json_stream *json, const struct snapshot *snapshot)
{
	json_stream_key(json, "misses");
	json_stream_open(json, '{');
	for (int miss = 0; miss < XE_MISS_COUNT; miss++) {
		struct xe_counter counter = snapshot_miss(snapshot, miss);

		counter_entry(json, miss_text(miss), &counter);
	}
	json_stream_close(json, '}');
	json_stream_key(json, "missed_on");
	json_stream_open(json, '[');
	for (int miss = 0; miss < XE_MISS_COUNT; miss++) {
		for (size_t i = 0; i < snapshot->n_interfaces; i++) {
			const struct xe_counter *counter =
				&snapshot->misses[miss * snapshot->n_interfaces + i];

			if (!counter->packets)
				continue;
			json_stream_open(json, '{');
			text_entry(json, "miss", miss_text(miss));
			text_entry(json, "interface", snapshot->interfaces[i].name);
			count_entry(json, "packets", counter->packets);
			count_entry(json, "bytes", counter->bytes);
			json_stream_close(json, '}');
		}
	}
	json_stream_close(json, ']');
}

/* --- verdicts -------------------------------------------------------------------------------- */

static void verdict_list(struct json_stream *json, const struct snapshot *snapshot, const char *key,
			 struct xe_counter (*sum)(const struct snapshot *, int, int,
						  enum xe_reason))
{
	size_t n_interfaces = snapshot->guard.verdicts ? snapshot->n_interfaces + 1 : 0;

	json_stream_key(json, key);
	json_stream_open(json, '[');
	for (int reason = 0; reason < XE_REASON_COUNT; reason++) {
		for (size_t role = 0; role < snapshot->guard.n_roles; role++) {
			for (size_t i = 0; i < n_interfaces; i++) {
				struct xe_counter counter = sum(snapshot, i, role, reason);

				if (!counter.packets)
					continue;
				json_stream_open(json, '{');
				text_entry(json, "reason", reason_text(reason));
				text_entry(json, "role", snapshot_role(snapshot, role));
				text_entry(json, "interface", snapshot_interface(snapshot, i));
				count_entry(json, "packets", counter.packets);
				count_entry(json, "bytes", counter.bytes);
				json_stream_close(json, '}');
			}
		}
	}
	json_stream_close(json, ']');
}

static void note_lists(struct json_stream *json, const struct snapshot *snapshot)
{
	size_t n = snapshot->guard.notes ? snapshot->n_interfaces + 1 : 0;

	json_stream_key(json, "exempt");
	json_stream_open(json, '[');
	for (int exempt = 0; exempt < XE_EXEMPT_COUNT; exempt++) {
		for (size_t i = 0; i < n; i++) {
			struct xe_counter counter = snapshot_exempt(snapshot, i, exempt);

			if (!counter.packets)
				continue;
			json_stream_open(json, '{');
			text_entry(json, "name", exempt_text(exempt));
			text_entry(json, "interface", snapshot_interface(snapshot, i));
			count_entry(json, "packets", counter.packets);
			count_entry(json, "bytes", counter.bytes);
			json_stream_close(json, '}');
		}
	}
	json_stream_close(json, ']');
	json_stream_key(json, "events");
	json_stream_open(json, '[');
	for (int event = 0; event < XE_EVENT_COUNT; event++) {
		for (size_t i = 0; i < n; i++) {
			uint64_t count = snapshot_event(snapshot, i, event);

			if (!count)
				continue;
			json_stream_open(json, '{');
			text_entry(json, "name", event_text(event));
			text_entry(json, "interface", snapshot_interface(snapshot, i));
			count_entry(json, "count", count);
			json_stream_close(json, '}');
		}
	}
	json_stream_close(json, ']');
}

static void fill_entry(struct json_stream *json, const char *key, const struct snapshot_fill *fill)
{
	if (!fill->known)
		return;
	json_stream_key(json, key);
	json_stream_open(json, '{');
	count_entry(json, "live", fill->live);
	count_entry(json, "capacity", fill->capacity);
	bool_entry(json, "about", fill->about);
	json_stream_close(json, '}');
}

/* Where nothing is enforced, and what passed without a policy. */
static void open_lists(struct json_stream *json, const struct snapshot *snapshot)
{
	const struct snapshot_guard *guard = &snapshot->guard;

	json_stream_key(json, "not_enforced_on");
	json_stream_open(json, '[');
	for (size_t i = 0; i < guard->n_gaps; i++) {
		json_stream_open(json, '{');
		text_entry(json, "name", guard->gaps[i].name);
		text_entry(json, "state", nic_state_text(guard->gaps[i].state));
		json_stream_close(json, '}');
	}
	json_stream_close(json, ']');
	json_stream_key(json, "unjudged");
	json_stream_open(json, '[');
	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		struct xe_counter counter = snapshot_unjudged(snapshot, i);

		if (!counter.packets)
			continue;
		json_stream_open(json, '{');
		text_entry(json, "interface", snapshot->interfaces[i].name);
		count_entry(json, "packets", counter.packets);
		count_entry(json, "bytes", counter.bytes);
		json_stream_close(json, '}');
	}
	json_stream_close(json, ']');
}

static void guard_entries(struct json_stream *json, const struct snapshot *snapshot)
{
	const struct snapshot_guard *guard = &snapshot->guard;

	text_entry(json, "mode", mode_text(guard->mode));
	bool_entry(json, "enforcing", snapshot_enforces(guard));
	open_lists(json, snapshot);
	bool_entry(json, "unconfirmed", guard->unconfirmed);
	count_entry(json, "confirm_in",
		    guard->unconfirmed && guard->confirm_in > 0 ? guard->confirm_in : 0);
	count_entry(json, "baseline_at", guard->baseline_at);
	verdict_list(json, snapshot, "dropped", snapshot_dropped);
	verdict_list(json, snapshot, "would_drop", snapshot_would_drop);
	note_lists(json, snapshot);
	json_stream_key(json, "tables");
	json_stream_open(json, '{');
	fill_entry(json, "flows", &guard->flows);
	fill_entry(json, "fragments", &guard->fragments);
	fill_entry(json, "buckets", &guard->buckets);
	json_stream_close(json, '}');
}

int stats_json_write(const struct snapshot *snapshot, const struct stats_view *view, bool pretty,
		     FILE *out)
{
	struct json_stream json = {.out = out, .pretty = pretty};
	struct xe_counter total = snapshot_total(snapshot, -1);
	struct stats_groups groups = {};

	/* before anything is written */
	if (view->by != BY_ROW && stats_groups(snapshot, view->by, &groups))
		return -ENOMEM;
	json_stream_open(&json, '{');
	text_entry(&json, "site", snapshot->site);
	count_entry(&json, "generation", snapshot->generation);
	count_entry(&json, "loaded_at", snapshot->loaded_at);
	count_entry(&json, "read_at", snapshot->read_at);
	count_entry(&json, "monotonic_ms", snapshot->taken_at * 1000);
	json_stream_key(&json, "interfaces");
	json_stream_open(&json, '[');
	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		interface_entry(&json, snapshot, i);
	json_stream_close(&json, ']');
	if (view->by == BY_ROW)
		row_list(&json, snapshot, view);
	else
		group_list(&json, &groups, view);
	stats_groups_free(&groups);
	miss_lists(&json, snapshot);
	counter_entry(&json, "total", &total);
	guard_entries(&json, snapshot);
	json_stream_close(&json, '}');
	return 0;
}

void rows_json_write(const struct snapshot *snapshot, bool pretty, FILE *out)
{
	struct json_stream json = {.out = out, .pretty = pretty};

	json_stream_open(&json, '{');
	text_entry(&json, "site", snapshot->site);
	count_entry(&json, "generation", snapshot->generation);
	json_stream_key(&json, "rows");
	json_stream_open(&json, '[');
	for (size_t i = 0; i < snapshot->n_live_rows; i++) {
		json_stream_open(&json, '{');
		row_words(&json, &snapshot->rows[i]);
		json_stream_close(&json, '}');
	}
	json_stream_close(&json, ']');
	json_stream_close(&json, '}');
}

json_t *stats_json(const struct snapshot *snapshot, const struct stats_view *view)
{
	json_t *value = NULL;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int err;

	if (!out)
		return NULL;
	err = stats_json_write(snapshot, view, false, out);
	if (!fclose(out) && !err)
		value = json_loadb(text, len, 0, NULL);
	free(text);
	return value;
}
