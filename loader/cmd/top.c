// SPDX-License-Identifier: GPL-2.0-only
/* `top`: the live counters on a full screen. Needs read access to the pins only. */
#include <malloc.h>

#include "../kernel/object.h"
#include "../top/top.h"
#include "policy_ctx.h"

enum { OPTION_BY = OPTION_OWN, OPTION_NONZERO, OPTION_INTERVAL, OPTION_ASCII };

static const struct option long_options[] = {
	{"by", required_argument, NULL, OPTION_BY},
	{"nonzero", no_argument, NULL, OPTION_NONZERO},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"ascii", no_argument, NULL, OPTION_ASCII},
	{},
};

static const struct usage usage = {
	.name = "top",
	.arguments = "[NAME]",
	.help = "Shows the counters of the loaded policy NAME (as stats finds it) on a full "
		"screen:\n"
		"packets and bits per second, replies, new flows, misses and drops, the heaviest\n"
		"first, each with its last minute. ? tells the keys, q quits. It goes on through\n"
		"reload, and through unload and load.\n"
		"\n"
		"  --by WHAT        what it begins with: row (default), role, service, document,\n"
		"                   interface, miss or drop\n"
		"  --nonzero        only lines that have counted something\n"
		"  --interval S     a reading every S seconds (0.1 or more; also 500ms, 1m;\n"
		"                   default 1)\n"
		"  --ascii          no character but ASCII; so by itself where the locale or the\n"
		"                   terminal has no other\n",
	.long_options = long_options,
};

static int refuse(const char *option, const char *takes)
{
	return usage_error(&usage, "--%s takes %s, not '%s'", option, takes, optarg);
}

int cmd_top(struct options *options, int argc, char **argv)
{
	struct top_options top = {.interval = 1};
	char name[64];
	int c;

	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case OPTION_BY:
			if (lines_parse(optarg, &top.of))
				return refuse("by", "row, role, service, document, interface, miss "
						    "or drop");
			break;
		case OPTION_NONZERO:
			top.nonzero = true;
			break;
		case OPTION_INTERVAL:
			if (interval_parse(optarg, &top.interval))
				return refuse("interval", INTERVAL_TAKES);
			break;
		case OPTION_ASCII:
			top.ascii = true;
			break;
		default:
			return options->exit_code;
		}
	}
	if (argc - optind > 1)
		return usage_error(&usage, "takes one name");
	if (options->json)
		return usage_error(&usage, "shows a screen: JSON comes from xdp-edge stats -j");

	object_log_init(options->verbose);
	if (policy_name(options, "top", argv[optind], name, sizeof(name)))
		return EXIT_FAILED;
	mallopt(M_MMAP_THRESHOLD, 128 << 10); /* as for stats: readings are large and short-lived */
	top.name = name;
	return top_run(&top) ? EXIT_FAILED : EXIT_OK;
}
