// SPDX-License-Identifier: GPL-2.0-only
/* `suggest`: the packets that no row allows, as rows to paste. Needs read access to the pins only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../kernel/clock.h"
#include "../kernel/object.h"
#include "../kernel/suspects.h"
#include "../output/suggest.h"
#include "policy_ctx.h"

#define TOP_DEFAULT 20

enum { OPTION_CLEAR = OPTION_OWN };

static const struct option long_options[] = {
	{"clear", no_argument, NULL, OPTION_CLEAR},
	{},
};

static const struct usage usage = {
	.name = "suggest",
	.arguments = "[NAME]",
	.help = "Shows what the loaded policy NAME (default: the site file's name; without -c, if\n"
		"no site file tells one, the only policy loaded) drops, or would drop in enforce,\n"
		"because no row allows it, as rows to paste into the site's `rows`: YAML, the\n"
		"heaviest first, with counts and times as comments. Roles stand for addresses\n"
		"where the site file says so. What only a row that opens more would match is a\n"
		"comment. Exact are the counts while packets come slowly; else they are "
		"estimates,\n"
		"and so called.\n"
		"\n"
		"  -n N             so many rows at most (default 20; 0: all)\n"
		"  --clear          instead: forget what was recorded (root)\n",
	.short_options = "n:",
	.long_options = long_options,
};

static int top_parse(const char *text, size_t *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return *text < '0' || *text > '9' || *end || errno ? -EINVAL : 0;
}

/* The site's roles, if its file is there and is this policy's; what is wrong with it is reported.
 */
static bool open_site(const struct options *options, const char *name, struct policy_ctx *ctx)
{
	if (access(options->site, R_OK))
		return false;
	if (policy_read(options, ctx))
		return false;
	if (!strcmp(ctx->site.name, name))
		return true;
	policy_close(ctx);
	return false;
}

static int show(const struct options *options, const struct store *store, size_t top)
{
	struct xe_interface interfaces[XE_MAX_NICS] = {0};
	struct suggest_input in = {
		.name = store->name,
		.interfaces = interfaces,
		.n_interfaces = store->n_slots,
		.real_ahead = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC),
		.now = time(NULL),
	};
	struct proposals proposals;
	struct suspect *suspects;
	struct policy_ctx ctx;
	int err;

	if (suspects_read(store, &suspects, &in.n))
		return EXIT_FAILED;
	in.suspects = suspects;
	for (uint32_t slot = 0; slot < store->n_slots && slot < XE_MAX_NICS; slot++)
		if (store_read_interface(store, slot, &interfaces[slot]))
			interfaces[slot].name[0] = '\0';
	if (open_site(options, store->name, &ctx))
		in.policy = &ctx.policy;
	err = proposals_make(&in, &proposals);
	if (!err && options->json)
		err = suggest_json(&in, &proposals, top, options->pretty, stdout);
	else if (!err)
		suggest_yaml(&in, &proposals, top, stdout);
	proposals_free(&proposals);
	if (in.policy)
		policy_close(&ctx);
	free(suspects);
	return err ? fail("out of memory") : EXIT_OK;
}

static int clear(const struct store *store)
{
	size_t n;

	if (suspects_clear(store, &n))
		return EXIT_FAILED;
	printf("%s: %zu record%s forgotten\n", store->name, n, n == 1 ? "" : "s");
	return EXIT_OK;
}

int cmd_suggest(struct options *options, int argc, char **argv)
{
	size_t top = TOP_DEFAULT;
	bool forget = false;
	struct store store;
	char name[64];
	int c, err;

	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case 'n':
			if (top_parse(optarg, &top))
				return usage_error(&usage, "-n takes a number, not '%s'", optarg);
			break;
		case OPTION_CLEAR:
			forget = true;
			break;
		default:
			return options->exit_code;
		}
	}
	if (argc - optind > 1)
		return usage_error(&usage, "takes one name");
	if (forget && options->json)
		return usage_error(&usage, "--clear shows nothing: no JSON");

	object_log_init(options->verbose);
	if (policy_name(options, "suggest", argv[optind], name, sizeof(name)))
		return EXIT_FAILED;
	if (store_open(name, !forget, &store))
		return EXIT_FAILED;
	err = forget ? clear(&store) : show(options, &store, top);
	store_close(&store);
	return err;
}
