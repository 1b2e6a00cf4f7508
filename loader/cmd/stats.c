// SPDX-License-Identifier: GPL-2.0-only
/* `stats`: the live counters, once or again and again. Needs read access to the pins only. */
#include <time.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/object.h"
#include "../kernel/reader.h"
#include "../output/stats.h"
#include "../output/table.h"
#include "policy_ctx.h"
#include "stats_verify.h"

enum {
	OPTION_BY = OPTION_OWN,
	OPTION_NONZERO,
	OPTION_INTERVAL,
	OPTION_COUNT,
	OPTION_CSV,
	OPTION_VERIFY
};

static const struct option long_options[] = {
	{"by", required_argument, NULL, OPTION_BY},
	{"nonzero", no_argument, NULL, OPTION_NONZERO},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"count", required_argument, NULL, OPTION_COUNT},
	{"csv", no_argument, NULL, OPTION_CSV},
	{"verify", no_argument, NULL, OPTION_VERIFY},
	{},
};

static const struct usage usage = {
	.name = "stats",
	.arguments = "[NAME]",
	.help = "Shows the counters of the loaded policy NAME (default: the site file's name;\n"
		"without -c, if no site file tells one, the only policy loaded).\n"
		"DECIDED and BYTES count the packets that a row decides, in either direction;\n"
		"they and the misses add up to the total. MATCHED counts packets that the row\n"
		"matches, first or not, REPLY those it matches as reply only, NEW the TCP SYNs\n"
		"it matches forward. Said too: interfaces that the program is no longer on\n"
		"(of each in JSON: its state, as status tells it).\n"
		"\n"
		"  --by WHAT        row (default), role, service, document or interface\n"
		"  --nonzero        leave out lines without a packet\n"
		"  --interval S     again every S seconds (0.1 or more; also 500ms, 1m), with\n"
		"                   rates; a terminal is redrawn\n"
		"  --count N        stop after N times\n"
		"  --csv            CSV (RFC 4180, lines end in LF; text that a spreadsheet\n"
		"                   would take for a formula has an apostrophe before it)\n"
		"  --verify         instead: is every packet that the interfaces received\n"
		"                   counted? COUNTED beside what an interface's own counter\n"
		"                   said before (AT LEAST) and after (AT MOST). Exit code 1 if\n"
		"                   not; \"not checkable here\" where that counter does not tell\n",
	.long_options = long_options,
};

struct request {
	struct stats_view view;
	double interval;     /* seconds; 0: once */
	unsigned long count; /* times; 0: no end */
	bool csv, verify;
};

static int count_parse(const char *text, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return *text < '0' || *text > '9' || *end || errno || !*out ? -EINVAL : 0;
}

/* Wait for the next beat, counted from the first, so that the time of printing does not add up. */
static void wait_until(const struct timespec *start, double offset)
{
	struct timespec at = *start;

	at.tv_sec += (time_t)offset;
	at.tv_nsec += (long)((offset - (double)(time_t)offset) * 1e9);
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* A CSV has no line for it: said on stderr, when it changes. */
static void warn_lost(const struct snapshot *now, const struct snapshot *before)
{
	char lost[STATS_LOST_MAX], told[STATS_LOST_MAX];

	if (!stats_lost_text(now, lost))
		return;
	if (!before || !stats_lost_text(before, told) || strcmp(lost, told) != 0)
		fprintf(stderr, "xdp-edge: %s\n", lost);
}

static int render(const struct options *options, const struct request *request,
		  const struct snapshot *now, unsigned long turn, double at)
{
	if (request->csv)
		warn_lost(now, request->view.before);
	if (request->csv)
		return stats_csv(now, &request->view, turn == 0, request->interval ? at : -1,
				 stdout);
	if (options->json)
		return stats_json_write(now, &request->view, options->pretty, stdout);
	if (request->interval && isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
	else if (turn)
		putchar('\n');
	return stats_table(now, &request->view, stdout, terminal_width(stdout),
			   terminal_colour(stdout));
}

static int watch(const struct options *options, struct request *request, struct reader *reader)
{
	struct snapshot before = {}, now;
	struct timespec start;
	double first = 0;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned long turn = 0; !err; turn++) {
		if (turn)
			wait_until(&start, (double)turn * request->interval);
		if (reader_snapshot(reader, &now)) {
			err = EXIT_FAILED;
			break;
		}
		if (!turn)
			first = now.taken_at;
		request->view.before = turn ? &before : NULL;
		if (render(options, request, &now, turn, now.taken_at - first))
			err = fail("out of memory");
		snapshot_free(&before);
		before = now;
		if (fflush(stdout))
			err = EXIT_FAILED; /* main() says why */
		if (!request->interval || turn + 1 == request->count)
			break;
	}
	snapshot_free(&before);
	return err;
}

static int refuse(const char *option, const char *takes)
{
	return usage_error(&usage, "--%s takes %s, not '%s'", option, takes, optarg);
}

int cmd_stats(struct options *options, int argc, char **argv)
{
	struct request request = {};
	struct reader *reader;
	bool grouped = false; /* --by or --nonzero */
	char name[64];
	int c, err;

	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case OPTION_BY:
			grouped = true;
			if (stats_by_parse(optarg, &request.view.by))
				return refuse("by", "row, role, service, document or interface");
			break;
		case OPTION_NONZERO:
			request.view.nonzero = grouped = true;
			break;
		case OPTION_INTERVAL:
			if (interval_parse(optarg, &request.interval))
				return refuse("interval", INTERVAL_TAKES);
			break;
		case OPTION_COUNT:
			if (count_parse(optarg, &request.count))
				return refuse("count", "a number from 1");
			break;
		case OPTION_CSV:
			request.csv = true;
			break;
		case OPTION_VERIFY:
			request.verify = true;
			break;
		default:
			return options->exit_code;
		}
	}
	if (argc - optind > 1)
		return usage_error(&usage, "takes one name");
	if (request.csv && options->json)
		return usage_error(&usage, "either --csv or JSON");
	if (request.verify && (request.csv || request.interval))
		return usage_error(&usage, "--verify goes with neither --csv nor --interval");
	if (request.verify && grouped)
		return usage_error(&usage,
				   "--verify goes by interface: neither --by nor --nonzero");
	if (request.count && !request.interval)
		return usage_error(&usage, "--count goes with --interval");

	object_log_init(options->verbose);
	if (policy_name(options, "stats", argv[optind], name, sizeof(name)))
		return EXIT_FAILED;
	/*
	 * A reading's lists are large and live for one interval. Left to itself, glibc learns to
	 * take them from its heap, which keeps them: what a reader has then depends on which reload
	 * it met halfway.
	 */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	if (reader_open(name, &reader))
		return EXIT_FAILED;
	err = request.verify ? stats_verify(options, reader) : watch(options, &request, reader);
	reader_close(reader);
	return err;
}
