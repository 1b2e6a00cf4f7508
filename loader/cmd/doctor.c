// SPDX-License-Identifier: GPL-2.0-only
/* `doctor`: what is wrong, told from the counters, live or from a file. Live it needs read access
 * to the pins only. */
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../kernel/nic_state.h"
#include "../kernel/object.h"
#include "../kernel/pins.h"
#include "../kernel/preflight.h"
#include "../kernel/reader.h"
#include "../kernel/suspects.h"
#include "../output/doctor.h"
#include "../output/json.h"
#include "../output/stats.h"
#include "../output/table.h"
#include "doctor_file.h"
#include "policy_ctx.h"

#define INTERVAL_DEFAULT 5.0

enum { OPTION_FILE = OPTION_OWN, OPTION_INTERVAL, OPTION_COLLECT };

static const struct option long_options[] = {
	{"file", required_argument, NULL, OPTION_FILE},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"collect", no_argument, NULL, OPTION_COLLECT},
	{},
};

static const struct usage usage = {
	.name = "doctor",
	.arguments = "[NAME]",
	.help = "Says what is wrong, told from the counters of the loaded policy NAME (default: "
		"the\n"
		"site file's name; without -c, if no site file tells one, the only policy "
		"loaded):\n"
		"each finding with its figures, why it may be, and the next step. It judges what\n"
		"was counted since the load, and what between two readings. Problems: a service\n"
		"does not work, or nothing is filtered where it should be. Warnings: likely "
		"wrong,\n"
		"or for some. Notes: worth knowing. What the readings do not tell is named, too.\n"
		"\n"
		"  --interval S     so long between the two readings (default 5; also 500ms,\n"
		"                   1m, up to a day; 0: one reading). Ctrl-C takes the second\n"
		"                   at once\n"
		"  --file FILE      instead: judge readings of `xdp-edge -j stats` in FILE, of at\n"
		"                   most 64 MiB (-: standard input, to its end). One is judged by\n"
		"                   its totals, of several (stats --interval writes one a line)\n"
		"                   the first and the last. What is damaged is not judged\n"
		"  --collect        instead: write both readings, with what else is asked of the\n"
		"                   kernel, to be judged elsewhere by --file\n"
		"\n"
		"Exit code 1 if there is a problem; warnings and notes, or too little traffic to\n"
		"judge, leave it 0.\n",
	.long_options = long_options,
};

struct request {
	const char *file;
	double interval; /* seconds */
	bool collect;
};

/* --- live readings ---------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* Ctrl-C ends it, and nothing else. */
static void wait_for(double seconds)
{
	const struct sigaction action = {.sa_handler = interrupt}; /* no SA_RESTART */
	struct timespec left = {.tv_sec = (time_t)seconds,
				.tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
	struct sigaction before;

	sigaction(SIGINT, &action, &before);
	while (!interrupted && clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
	sigaction(SIGINT, &before, NULL);
}

/* NULL: reported. */
static json_t *read_now(struct reader *reader, unsigned *features)
{
	struct snapshot snapshot;
	json_t *value;

	if (reader_snapshot(reader, &snapshot))
		return NULL;
	value = stats_json(&snapshot, &(struct stats_view){});
	*features = snapshot.guard.features;
	snapshot_free(&snapshot);
	if (!value)
		fail("out of memory");
	return value;
}

/* A setting, or null. */
static json_t *setting(int on)
{
	return on < 0 ? json_null() : json_boolean(on);
}

/* One NIC as it stands. Its settings are asked for by the name it has now. */
static json_t *nic_json(const struct store *store, const struct xe_interface *interface)
{
	struct preflight_facts facts = {-1, -1, -1, -1};
	struct attached attached;
	char now[IF_NAMESIZE] = "", driver[32] = "unknown";
	enum nic_state state = nic_state(store, interface, &attached, now);

	if (now[0]) {
		preflight_facts(now, &facts);
		preflight_driver(now, driver, sizeof(driver));
	}
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "name", json_text(interface->name),
			 "state", nic_state_text(state), "driver", json_text(driver), "up",
			 setting(facts.up), "rxvlan", setting(facts.rxvlan), "lro",
			 setting(facts.lro), "gro_hw", setting(facts.gro_hw));
}

static json_t *nics_json(const struct store *store)
{
	json_t *list = json_array();

	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		struct xe_interface interface;

		if (!store_read_interface(store, slot, &interface) && interface.name[0] &&
		    interface.prog_id)
			json_array_append_new(list, nic_json(store, &interface));
	}
	return list;
}

/* What no row allows, as far as it is recorded. NULL: it is not, or it cannot be read (reported).
 */
static json_t *suspects_json(const struct store *store)
{
	struct suspect *suspects;
	json_t *list;
	size_t n;

	if (suspects_read(store, &suspects, &n))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		const struct xe_suspect_key *key = &suspects[i].key;
		const struct xe_suspect *seen = &suspects[i].seen;
		struct xe_interface interface;

		if (store_read_interface(store, key->slot, &interface))
			continue;
		json_array_append_new(list, json_pack("{s:i, s:i, s:o, s:o, s:b, s:b}", "proto",
						      key->proto, "port", key->port, "interface",
						      json_text(interface.name), "packets",
						      json_count(seen->packets), "estimated",
						      seen->packets != seen->recorded, "answer",
						      (int)key->at_source));
	}
	free(suspects);
	return list;
}

/* What the counters do not tell, into the reading: the doctor's own keys (output/doctor.h). */
static int add_facts(const char *name, unsigned features, json_t *reading)
{
	struct store store;
	json_t *suspects;

	if (store_open(name, true, &store))
		return EXIT_FAILED;
	json_object_set_new(reading, "nics", nics_json(&store));
	if (features & XE_FEATURE_WATCH && store.guard.fd[GUARD_SUSPECTS] >= 0) {
		suspects = suspects_json(&store);
		if (suspects)
			json_object_set_new(reading, "suspects", suspects);
	}
	store_close(&store);
	return EXIT_OK;
}

static int read_live(const char *name, double interval, struct readings *out)
{
	struct reader *reader;
	unsigned features;
	int err = EXIT_OK;

	if (reader_open(name, &reader))
		return EXIT_FAILED;
	if (interval > 0) {
		out->first = read_now(reader, &features);
		if (!out->first)
			err = EXIT_FAILED;
		else
			wait_for(interval);
	}
	if (!err) {
		out->last = read_now(reader, &features);
		err = out->last ? add_facts(name, features, out->last) : EXIT_FAILED;
	}
	reader_close(reader);
	return err;
}

/* --- the command ------------------------------------------------------------------------------ */

static int collect(struct readings *readings)
{
	int err = 0;

	if (readings->first)
		err = json_write(json_incref(readings->first), false, stdout);
	if (!err)
		err = json_write(json_incref(readings->last), false, stdout);
	return err ? fail("out of memory") : EXIT_OK;
}

static int judge(const struct options *options, const struct readings *readings)
{
	struct doctor_report report;
	int err = doctor_judge(readings->first, readings->last, &report);
	int code = EXIT_FAILED;

	if (!err && options->json)
		err = doctor_json(&report, options->pretty, stdout);
	else if (!err)
		doctor_text(&report, stdout, terminal_width(stdout), terminal_colour(stdout));
	if (err)
		fail("%s", strerror(-err));
	if (!err && !report.n_of[DOCTOR_PROBLEM])
		code = EXIT_OK;
	doctor_free(&report);
	return code;
}

static int run(const struct options *options, const struct request *request, const char *argument)
{
	struct readings readings = {0};
	char name[64];
	int err;

	if (request->file) {
		err = doctor_file_read(request->file, &readings);
	} else {
		object_log_init(options->verbose);
		if (policy_name(options, "doctor", argument, name, sizeof(name)))
			return EXIT_FAILED;
		err = read_live(name, request->interval, &readings);
	}
	if (!err)
		err = request->collect ? collect(&readings) : judge(options, &readings);
	readings_free(&readings);
	return err;
}

/* Such a file there is, or it can be no policy's name. */
static bool is_file(const char *argument)
{
	struct stat file;

	return strpbrk(argument, "./") ||
	       (!pins_exist(argument) && !stat(argument, &file) && S_ISREG(file.st_mode));
}

int cmd_doctor(struct options *options, int argc, char **argv)
{
	struct request request = {.interval = INTERVAL_DEFAULT};
	bool interval = false;
	int c;

	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case OPTION_FILE:
			request.file = optarg;
			break;
		case OPTION_INTERVAL:
			interval = true;
			if (!strcmp(optarg, "0"))
				request.interval = 0;
			else if (interval_parse(optarg, &request.interval))
				return usage_error(&usage,
						   "--interval takes 0 or " INTERVAL_TAKES
						   ", not '%s'",
						   optarg);
			break;
		case OPTION_COLLECT:
			request.collect = true;
			break;
		default:
			return options->exit_code;
		}
	}
	if (argc - optind > 1)
		return usage_error(&usage, "takes one name");
	if (request.file && (argc > optind || interval || request.collect))
		return usage_error(&usage, "--file goes with no NAME, --interval or --collect");
	if (request.collect && options->json)
		return usage_error(&usage, "--collect writes JSON lines anyway: no -j");
	if (argc > optind && is_file(argv[optind]))
		return usage_error(&usage, "'%s' is no policy's name: a file goes with --file",
				   argv[optind]);
	return run(options, &request, argv[optind]);
}
