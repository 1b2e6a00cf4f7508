// SPDX-License-Identifier: GPL-2.0-only
/* `status`: which policies are loaded, where their programs are attached, and how full their maps
 * are. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/capture.h"
#include "../kernel/object.h"
#include "../kernel/reader.h"
#include "../output/escape.h"
#include "../output/json.h"
#include "../policy/model.h"
#include "cmd.h"
#include "status_json.h"

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

static void print_capture(const char *state)
{
	if (!strcmp(state, capture_state_text(CAPTURE_RUNNING)))
		puts("  capture: packets are being copied by xdp-edge capture");
	if (!strcmp(state, capture_state_text(CAPTURE_LEFT)))
		puts("  capture: one that was killed left its programs, which copy nothing any "
		     "more: xdp-edge reload or another capture puts them away");
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
	print_capture(TEXT(status, "capture"));
	if (GET(status, "text"))
		print_verdicts(status);
	printf("  room: block %lld bytes, %lld atoms, %lld slots, totals %lld of %lld\n",
	       NUMBER(room, "block_bytes"), NUMBER(room, "atoms"), NUMBER(room, "slots"),
	       NUMBER(room, "totals_used"), NUMBER(room, "totals"));
}

/* One loaded policy. NULL: not readable (reported). */
static json_t *status_by_name(const char *name, bool *bad)
{
	struct snapshot snapshot;
	struct reader *reader;
	bool whole, read;
	json_t *status;

	if (reader_open(name, &reader)) {
		*bad = true;
		return NULL;
	}
	whole = reader_store(reader)->control->loaded_at != 0;
	read = whole && !reader_snapshot(reader, &snapshot);
	*bad |= whole && !read;
	status = status_json(reader_store(reader), read ? &snapshot : NULL, bad);
	if (read)
		snapshot_free(&snapshot);
	reader_close(reader);
	return status;
}

int cmd_status(struct options *options, int argc, char **argv)
{
	char names[PINS_NAMES_MAX][PINS_NAME_MAX];
	json_t *all;
	bool bad = false;
	size_t n;

	if (options_next(options, &usage, argc, argv) == OPTIONS_EXIT)
		return options->exit_code;
	if (argc - optind > 1)
		return usage_error(&usage, "%s: one name at most", argv[optind + 1]);
	all = json_array();
	object_log_init(options->verbose);
	if (pins_check() || pins_check_readable())
		return EXIT_FAILED;
	n = pins_names(names, PINS_NAMES_MAX);
	if (argc > optind) {
		n = 1;
		snprintf(names[0], sizeof(names[0]), "%s", argv[optind]);
	}
	for (size_t i = 0; i < n; i++) {
		json_t *status = status_by_name(names[i], &bad);

		if (status)
			json_array_append_new(all, status);
	}
	if (options->json) {
		json_write(status_list_json(all), options->pretty, stdout);
		return bad ? EXIT_FAILED : EXIT_OK;
	}
	if (!n)
		puts("nothing is loaded");
	for (size_t i = 0; i < json_array_size(all); i++)
		print_status(json_array_get(all, i));
	json_decref(all);
	return bad ? EXIT_FAILED : EXIT_OK;
}
