// SPDX-License-Identifier: GPL-2.0-only
/* `status`: which policies are loaded, where their programs are attached, and how full their maps
 * are. */
#include <errno.h>
#include <jansson.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/nic_state.h"
#include "../kernel/object.h"
#include "../kernel/reader.h"
#include "../kernel/totals.h"
#include "../output/escape.h"
#include "../output/json.h"
#include "../output/stats.h"
#include "../policy/model.h"
#include "cmd.h"

static const struct usage usage = {
	.name = "status",
	.arguments = "[NAME]",
	.help = "Shows the loaded policies: generation, since when, interfaces and how the program "
		"is attached\n"
		"to each; the mode, and whether packets are dropped; what was dropped since the "
		"baseline, or would\n"
		"have been in enforce, by reason and role; how full the tables of flows, fragments "
		"and limits are;\n"
		"room that is left for a reload. Exit code 1 if NAME is not loaded, or if a "
		"program "
		"is missing\n"
		"from one of its interfaces: what comes in there passes. Said too: the interfaces "
		"where enforce\n"
		"does not hold, and what passed unjudged, of a VLAN that the site does not name.\n",
};

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

/* Of one loaded wholly; NULL: not readable (reported). */
static json_t *verdicts_json(const char *name)
{
	char mode[STATS_MODE_MAX], since[STATS_TIME_MAX];
	json_t *events = json_object(), *tables = json_object(), *all;
	struct snapshot snapshot;
	struct reader *reader;

	if (reader_open(name, &reader))
		return NULL;
	reader_count_whole(reader);
	if (reader_snapshot(reader, &snapshot)) {
		reader_close(reader);
		return NULL;
	}
	for (int event = 0; event < XE_EVENT_COUNT; event++)
		json_object_set_new(events, event_text(event),
				    json_count(snapshot_event(&snapshot, -1, event)));
	add_fill(tables, "flows", &snapshot.guard.flows);
	add_fill(tables, "fragments", &snapshot.guard.fragments);
	add_fill(tables, "buckets", &snapshot.guard.buckets);
	all = json_pack(
		"{s:s, s:s, s:b, s:o, s:o, s:b, s:i, s:i, s:s, s:o, s:o, s:o, s:o}", "mode",
		mode_text(snapshot.guard.mode), "text", stats_mode_text(&snapshot.guard, mode),
		"enforcing", (int)snapshot_enforces(&snapshot.guard), "not_enforced_on",
		gaps_json(&snapshot.guard), "unjudged", unjudged_json(&snapshot), "unconfirmed",
		(int)snapshot.guard.unconfirmed, "confirm_in",
		snapshot.guard.unconfirmed && snapshot.guard.confirm_in > 0
			? (int)snapshot.guard.confirm_in
			: 0,
		"features", (int)snapshot.guard.features, "baseline",
		stats_time_text(snapshot.guard.baseline_at, since), "dropped",
		drops_json(&snapshot, snapshot_dropped), "would_drop",
		drops_json(&snapshot, snapshot_would_drop), "events", events, "tables", tables);
	snapshot_free(&snapshot);
	reader_close(reader);
	return all;
}

static json_t *status_of(const struct store *store, bool *bad)
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
		*bad |= state == NIC_GONE || state == NIC_MISSING;
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
	if (store->control->loaded_at) {
		verdicts = verdicts_json(store->name);
		if (verdicts)
			json_object_update_missing(status, verdicts);
		else
			*bad = true;
		json_decref(verdicts);
	}
	return status;
}

#define GET(object, key)    json_object_get(object, key)
#define TEXT(object, key)   json_string_value(GET(object, key))
#define NUMBER(object, key) json_integer_value(GET(object, key))

/* An interface's name, which anybody who may make one has chosen. */
static const char *shown(const char *name, char buf[IF_NAMESIZE * 4])
{
	escape_terminal(name, strlen(name), buf, IF_NAMESIZE * 4);
	return buf;
}

/* "unmatched 12 (av-edge 10, none 2), …", a line a reason; packets by role, the most first. */
static void print_drops(const char *what, const json_t *list)
{
	const json_t *entry, *other;
	size_t i, j;

	json_array_foreach (list, i, entry) {
		const char *reason = TEXT(entry, "reason"), *before = NULL;
		json_int_t sum = 0;

		if (i)
			before = TEXT(json_array_get(list, i - 1), "reason");
		if (before && !strcmp(before, reason))
			continue;
		json_array_foreach (list, j, other)
			if (!strcmp(TEXT(other, "reason"), reason))
				sum += NUMBER(other, "packets");
		printf("  %s %-15s %" JSON_INTEGER_FORMAT " packets", what, reason, sum);
		json_array_foreach (list, j, other)
			if (!strcmp(TEXT(other, "reason"), reason))
				printf("%s %" JSON_INTEGER_FORMAT " %s", j == i ? ":" : ",",
				       NUMBER(other, "packets"), TEXT(other, "role"));
		putchar('\n');
	}
}

static void print_table(const json_t *status, const char *name, const char *what)
{
	const json_t *table = GET(GET(status, "tables"), name), *events = GET(status, "events");

	if (!table)
		return;
	printf("  %s: %s", what, TEXT(table, "text"));
	if (!strcmp(name, "flows"))
		printf("; %lld begun, %lld evicted, %lld not remembered for lack of room%s",
		       NUMBER(events, "flow-new"), NUMBER(events, "flow-evicted"),
		       NUMBER(events, "flow-full"),
		       NUMBER(events, "flow-full") ? ", and their replies do not pass: limit the "
						     "rows that begin so many, or set "
						     "`state: flows` higher"
						   : "");
	else
		printf("; %lld evicted",
		       NUMBER(events,
			      !strcmp(name, "fragments") ? "fragment-evicted" : "bucket-evicted"));
	putchar('\n');
}

/* Where packets are judged, those that are not are said. */
static void print_unjudged(const json_t *status)
{
	const json_t *entry;
	char name[IF_NAMESIZE * 4];
	size_t i;

	if (!strcmp(TEXT(status, "mode"), mode_text(XE_MODE_MONITOR)))
		return;
	json_array_foreach (GET(status, "unjudged"), i, entry)
		printf("  passed unjudged: %lld packets by %s of no VLAN that the site names "
		       "(no-policy)\n",
		       NUMBER(entry, "packets"), shown(TEXT(entry, "interface"), name));
}

/* Never open or closed in silence. */
static void print_verdicts(const json_t *status)
{
	bool counts = NUMBER(status, "features") || json_array_size(GET(status, "dropped")) ||
		      json_array_size(GET(status, "would_drop"));

	printf("  mode: %s\n", TEXT(status, "text"));
	print_unjudged(status);
	print_table(status, "flows", "flows");
	print_table(status, "fragments", "fragmented packets");
	print_table(status, "buckets", "sources with a limit");
	if (!counts)
		return;
	printf("  since %s (xdp-edge baseline begins anew):%s\n", TEXT(status, "baseline"),
	       json_array_size(GET(status, "dropped")) || json_array_size(GET(status, "would_drop"))
		       ? ""
		       : " nothing was dropped, nor would have been");
	print_drops("dropped   ", GET(status, "dropped"));
	print_drops("would drop", GET(status, "would_drop"));
}

static void print_status(const json_t *status)
{
	const json_t *room = GET(status, "room"), *interface;
	char name[IF_NAMESIZE * 4];
	size_t i;

	if (json_is_true(GET(status, "whole")))
		printf("%s: generation %lld, loaded %s\n", TEXT(status, "name"),
		       NUMBER(status, "generation"), TEXT(status, "loaded"));
	else
		printf("%s: load or unload interrupted: xdp-edge load or unload clears it\n",
		       TEXT(status, "name"));
	json_array_foreach (GET(status, "interfaces"), i, interface) {
		printf("  %-15s %-9s %s%s, program %lld", shown(TEXT(interface, "name"), name),
		       TEXT(interface, "state"), TEXT(interface, "mode"),
		       json_is_true(GET(interface, "dispatcher")) ? " by libxdp's dispatcher"
								  : " alone (no dispatcher)",
		       NUMBER(interface, "prog_id"));
		if (NUMBER(interface, "other_programs"))
			printf(", beside %lld other", NUMBER(interface, "other_programs"));
		if (!strcmp(TEXT(interface, "state"), "renamed"))
			printf(", now named %s", shown(TEXT(interface, "name_now"), name));
		putchar('\n');
	}
	if (GET(status, "text"))
		print_verdicts(status);
	printf("  room: block %lld bytes, %lld atoms, %lld slots, totals %lld of %lld\n",
	       NUMBER(room, "block_bytes"), NUMBER(room, "atoms"), NUMBER(room, "slots"),
	       NUMBER(room, "totals_used"), NUMBER(room, "totals"));
}

int cmd_status(struct options *options, int argc, char **argv)
{
	char names[64][64];
	json_t *all;
	bool bad = false;
	size_t n;

	if (options_next(options, &usage, argc, argv) == OPTIONS_EXIT)
		return options->exit_code;
	if (argc - optind > 1)
		return usage_error(&usage, "%s: one name at most", argv[optind + 1]);
	all = json_array();
	object_log_init(options->verbose);
	if (pins_check())
		return EXIT_FAILED;
	if (access(PINS_ROOT, R_OK | X_OK) && errno == EACCES)
		return fail("may not look into %s: run as root, or as a member of group %s",
			    PINS_ROOT, PINS_GROUP);
	n = pins_names(names, 64);
	if (argc > optind) {
		n = 1;
		snprintf(names[0], sizeof(names[0]), "%s", argv[optind]);
	}
	for (size_t i = 0; i < n; i++) {
		struct store store;

		if (store_open(names[i], true, &store)) {
			bad = true;
			continue;
		}
		json_array_append_new(all, status_of(&store, &bad));
		store_close(&store);
	}
	if (options->json) {
		json_write(json_pack("{s:o}", "policies", all), options->pretty, stdout);
		return bad ? EXIT_FAILED : EXIT_OK;
	}
	if (!n)
		puts("nothing is loaded");
	for (size_t i = 0; i < json_array_size(all); i++)
		print_status(json_array_get(all, i));
	json_decref(all);
	return bad ? EXIT_FAILED : EXIT_OK;
}
