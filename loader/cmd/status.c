// SPDX-License-Identifier: GPL-2.0-only
/* `status`: which policies are loaded, where their programs are attached, and how full their maps
 * are. */
#include <errno.h>
#include <jansson.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../kernel/attach.h"
#include "../kernel/object.h"
#include "../kernel/totals.h"
#include "../output/escape.h"
#include "../output/json.h"
#include "cmd.h"

static const struct usage usage = {
	.name = "status",
	.arguments = "[NAME]",
	.help = "Shows the loaded policies: generation, since when, interfaces and how the program "
		"is attached\n"
		"to each, room that is left for a reload. Exit code 1 if NAME is not loaded, or if "
		"a program is\n"
		"missing from one of its interfaces.\n",
};

/* How an interface stands now, beside what was noted at load. */
static const char *interface_state(const struct store *store, const struct xe_interface *interface,
				   struct attached *attached, char *name_now)
{
	int err;

	memset(attached, 0, sizeof(*attached));
	if (!interface->prog_id)
		return "detached";
	if (!if_indextoname(interface->ifindex, name_now))
		return "gone";
	err = attach_query(store, interface->ifindex, attached);
	if (err == -EPERM)
		return "unknown"; /* a member of the group may read counters, not look at programs
				   */
	if (err || !attached->prog_id)
		return "missing";
	return strcmp(name_now, interface->name) ? "renamed" : "attached";
}

static void time_text(uint64_t seconds, char *buf, size_t size)
{
	time_t at = (time_t)seconds;
	struct tm tm;

	strftime(buf, size, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&at, &tm));
}

static json_t *status_of(const struct store *store, bool *bad)
{
	json_t *interfaces = json_array();
	char since[40];
	size_t totals;

	totals_committed(store, &totals);
	time_text(store->control->loaded_at, since, sizeof(since));
	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		struct xe_interface interface;
		struct attached attached;
		char now[IF_NAMESIZE] = "";
		const char *state;

		if (store_read_interface(store, slot, &interface) || !interface.name[0])
			continue;
		state = interface_state(store, &interface, &attached, now);
		*bad |= !strcmp(state, "gone") || !strcmp(state, "missing");
		json_array_append_new(
			interfaces,
			json_pack("{s:o, s:s, s:o, s:i, s:i, s:i, s:s, s:b, s:i}", "name",
				  json_text(interface.name), "state", state, "name_now",
				  json_text(now), "ifindex", (int)interface.ifindex, "slot",
				  (int)slot, "prog_id", (int)interface.prog_id, "mode",
				  interface.mode & XDP_FLAGS_SKB_MODE ? "generic" : "native",
				  "dispatcher", (int)interface.dispatcher, "other_programs",
				  (int)attached.others));
	}
	return json_pack("{s:s, s:b, s:i, s:i, s:s, s:o, s:{s:i, s:i, s:i, s:i, s:i}}", "name",
			 store->name, "whole", store->control->loaded_at != 0, "generation",
			 (int)store_generation(store), "folded", (int)store_folded(store), "loaded",
			 since, "interfaces", interfaces, "room", "block_bytes",
			 (int)store->block_size, "atoms", (int)store->atoms_max, "slots",
			 (int)store->n_slots, "totals", (int)store->totals_max, "totals_used",
			 (int)totals);
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
