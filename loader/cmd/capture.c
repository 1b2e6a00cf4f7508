// SPDX-License-Identifier: GPL-2.0-only
/* `capture`: copies of chosen packets, each with its row, to a capture file or a pipe. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/object.h"
#include "../output/report.h"
#include "../policy/limit.h"
#include "../policy/text.h"
#include "capture_run.h"
#include "policy_ctx.h"

#define RING_KIB     4096u
#define RING_KIB_MIN 128u /* twice the largest copy */
#define RING_KIB_MAX (1u << 20)
#define ALL_REASONS  ((1u << XE_REASON_COUNT) - 1)

enum {
	OPTION_ROW = OPTION_OWN,
	OPTION_ROLE,
	OPTION_MISS,
	OPTION_DROPPED,
	OPTION_REASON,
	OPTION_INTERFACE,
	OPTION_SAMPLE,
	OPTION_SNAPLEN,
	OPTION_RATE,
	OPTION_COUNT,
	OPTION_DURATION,
	OPTION_BUFFER,
};

static const struct option long_options[] = {
	{"row", required_argument, NULL, OPTION_ROW},
	{"role", required_argument, NULL, OPTION_ROLE},
	{"miss", required_argument, NULL, OPTION_MISS},
	{"dropped", no_argument, NULL, OPTION_DROPPED},
	{"reason", required_argument, NULL, OPTION_REASON},
	{"interface", required_argument, NULL, OPTION_INTERFACE},
	{"sample", required_argument, NULL, OPTION_SAMPLE},
	{"snaplen", required_argument, NULL, OPTION_SNAPLEN},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"count", required_argument, NULL, OPTION_COUNT},
	{"duration", required_argument, NULL, OPTION_DURATION},
	{"buffer", required_argument, NULL, OPTION_BUFFER},
	{"write", required_argument, NULL, 'w'},
	{},
};

static const struct usage usage = {
	.name = "capture",
	.arguments = "[NAME]",
	.help = "Copies packets that enter the interfaces of the loaded policy NAME (default: the "
		"site\n"
		"file's name; without -c, if no site file tells one, the only policy loaded) to a "
		"pcapng\n"
		"file or pipe, each with a comment: its row or miss, what became of it, and why. "
		"For as\n"
		"long as it runs, programs that copy take the place of the attached ones; nothing "
		"is\n"
		"chosen or left out in user space. Ends with Ctrl-C, or when the pipe's reader "
		"goes:\n"
		"\n"
		"  xdp-edge capture --miss unmatched | tshark -r - -T fields -e frame.comment\n"
		"\n"
		"Which packets; rows, roles and misses add up, without any it is all:\n"
		"  --row ID         those that this row decides, in either direction\n"
		"  --role ROLE      those that the role's rows decide, and drops counted for it\n"
		"  --miss NAME      unmatched, foreign, martian …, as stats names them\n"
		"  --dropped        of these only what is dropped, or would be in enforce\n"
		"  --reason R       of these only what is, or would be, for this reason\n"
		"  --interface NIC  of these only what enters this interface\n"
		"How much:\n"
		"  --sample N       every N-th of them\n"
		"  --rate N/s       so many copies a second at most ('N/s burst M', /m and /h "
		"too)\n"
		"  --snaplen BYTES  so many bytes of each at most (default 65535, the most)\n"
		"  --count N        end after N packets (-c is the site file's)\n"
		"  --duration S     end after S seconds (also 5m, 2h)\n"
		"  --buffer KIB     size of the ring that copies wait in (default 4096)\n"
		"Where to:\n"
		"  -w, --write FILE  a file of one's own, overwritten if it is there, a named "
		"pipe,\n"
		"                   or /dev/null; never through a symbolic link. '-', the "
		"default:\n"
		"                   standard output, which must be no terminal\n"
		"\n"
		"What is chosen and does not come is counted: sampled out, over the rate, or lost\n"
		"because the reader was slow. A reload takes the programs that copy away; the\n"
		"capture goes on by the new generation, and tells in the end for how long nothing\n"
		"was looked at. One capture at a time for a policy.\n",
	.short_options = "w:",
	.long_options = long_options,
};

static int add_word(struct capture_words *words, const char *word)
{
	const char **v = realloc(words->v, (words->n + 1) * sizeof(*v));

	if (!v)
		return fail("out of memory");
	words->v = v;
	words->v[words->n++] = word;
	return EXIT_OK;
}

static int refuse(const char *option, const char *takes)
{
	return usage_error(&usage, "--%s takes %s, not '%s'", option, takes, optarg);
}

static int number_option(const char *option, unsigned min, unsigned max, unsigned *out)
{
	char takes[64];

	if (!number_parse(optarg, min, max, out))
		return EXIT_OK;
	snprintf(takes, sizeof(takes), "a number from %u to %u", min, max);
	return refuse(option, takes);
}

/* N, or 1/N as it is said. */
static int sample_option(uint32_t *every)
{
	const char *text = !strncmp(optarg, "1/", 2) ? optarg + 2 : optarg;
	unsigned n;

	if (number_parse(text, 1, UINT32_MAX, &n))
		return refuse("sample", "N or 1/N, of 1 or more");
	*every = n;
	return EXIT_OK;
}

/* As a limit of the site has it, but of all copies together. */
static int rate_option(struct xe_limit *rate)
{
	struct limit limit;
	char text[64];
	const char *why;

	if ((size_t)snprintf(text, sizeof(text), "%s per source", optarg) >= sizeof(text) ||
	    limit_parse(text, &limit, &why))
		return refuse("rate", "a rate as 100/s or '100/s burst 10'");
	rate->interval = limit.interval;
	rate->tolerance = (limit.burst - 1) * limit.interval;
	return EXIT_OK;
}

/* Seconds, or with a unit as elsewhere. */
static int duration_option(uint64_t *ns)
{
	char text[32];
	uint32_t seconds;
	const char *why;
	size_t len = strlen(optarg);
	bool bare = len && optarg[len - 1] >= '0' && optarg[len - 1] <= '9';

	if ((size_t)snprintf(text, sizeof(text), "%s%s", optarg, bare ? "s" : "") >= sizeof(text) ||
	    duration_parse(text, &seconds, &why))
		return refuse("duration", "a time as 30, 30s, 5m or 2h, up to a week");
	*ns = seconds * 1000000000ull;
	return EXIT_OK;
}

/* One word of a list that everybody has, as a bit. */
static int listed_option(const char *option, const char *const *words, unsigned n, uint32_t *bits)
{
	char list[512] = "";
	size_t used = 0;
	struct suggest near;

	suggest_start(&near, optarg);
	for (unsigned i = 0; i < n; i++) {
		if (!strcmp(words[i], optarg)) {
			*bits |= 1u << i;
			return EXIT_OK;
		}
		suggest_offer(&near, words[i]);
		used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", words[i]);
	}
	return usage_error(&usage, "--%s takes one of %s, not '%s'%s", option, list, optarg,
			   suggest_text(&near));
}

static int miss_option(uint32_t *misses)
{
	const char *words[XE_MISS_COUNT];

	if (!strcmp(optarg, "dropped"))
		return usage_error(&usage, "--miss: what is dropped is chosen by --dropped");
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		words[miss] = miss_text(miss);
	return listed_option("miss", words, XE_MISS_COUNT, misses);
}

static int reason_option(uint32_t *reasons)
{
	const char *words[XE_REASON_COUNT];

	for (int reason = 0; reason < XE_REASON_COUNT; reason++)
		words[reason] = reason_text(reason);
	return listed_option("reason", words, XE_REASON_COUNT, reasons);
}

/* The ring's size is a power of two. */
static int buffer_option(uint32_t *bytes)
{
	unsigned kib = 0;
	int code = number_option("buffer", RING_KIB_MIN, RING_KIB_MAX, &kib);

	for (*bytes = RING_KIB_MIN << 10; !code && *bytes >> 10 < kib;)
		*bytes *= 2;
	return code;
}

static int take_option(int option, struct capture_request *request)
{
	struct capture_wants *wants = &request->wants;
	unsigned count = 0;
	int code;

	switch (option) {
	case OPTION_ROW:
		return add_word(&wants->rows, optarg);
	case OPTION_ROLE:
		return add_word(&wants->roles, optarg);
	case OPTION_MISS:
		return miss_option(&wants->misses);
	case OPTION_INTERFACE:
		return add_word(&wants->interfaces, optarg);
	case OPTION_DROPPED:
		request->wants.reasons = ALL_REASONS;
		return EXIT_OK;
	case OPTION_SAMPLE:
		return sample_option(&request->limits.every);
	case OPTION_SNAPLEN:
		return number_option("snaplen", 1, XE_SNAP_MAX, &request->limits.snap);
	case OPTION_RATE:
		return rate_option(&request->limits.rate);
	case OPTION_COUNT:
		code = number_option("count", 1, UINT32_MAX, &count);
		request->count = count;
		return code;
	case OPTION_DURATION:
		return duration_option(&request->duration);
	case OPTION_BUFFER:
		return buffer_option(&request->limits.ring);
	default:
		if (!*optarg)
			return usage_error(&usage, "-w takes a file, or '-'");
		/* a symbolic link, and so never followed, but everybody knows where it leads */
		request->path = strcmp(optarg, "/dev/stdout") ? optarg : "-";
		return EXIT_OK;
	}
}

/* EXIT_OK, OPTIONS_EXIT or EXIT_USAGE (reported). */
static int parse(struct options *options, int argc, char **argv, struct capture_request *request)
{
	uint32_t reasons = 0;
	int option, code = EXIT_OK;

	while (!code && (option = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		if (option == OPTIONS_EXIT)
			return OPTIONS_EXIT;
		code = option == OPTION_REASON ? reason_option(&reasons)
					       : take_option(option, request);
	}
	if (code)
		return code;
	/* --dropped says no more where a reason is given */
	if (reasons)
		request->wants.reasons = reasons;
	if (argc - optind > 1)
		return usage_error(&usage, "%s: one name at most", argv[optind + 1]);
	if (options->json)
		return usage_error(&usage, "a capture is pcapng: no JSON");
	if (!strcmp(request->path, "-") && isatty(STDOUT_FILENO))
		return usage_error(&usage, "packets are not written to a terminal: -w FILE, or "
					   "| tshark -r -");
	return EXIT_OK;
}

static void request_free(struct capture_request *request)
{
	free(request->wants.rows.v);
	free(request->wants.roles.v);
	free(request->wants.interfaces.v);
}

/* -c is the count of packets for other programs that capture. Returns EXIT_FAILED. */
static int remind_of_count(const struct options *options)
{
	const char *site = options->site;

	if (options->site_named && *site && !site[strspn(site, "0123456789")] && access(site, F_OK))
		report("-c %s names a site file (--count %s is how many packets)", site, site);
	return EXIT_FAILED;
}

int cmd_capture(struct options *options, int argc, char **argv)
{
	struct capture_request request = {
		.limits = {.snap = XE_SNAP_MAX, .every = 1, .ring = RING_KIB << 10},
		.path = "-",
	};
	char name[64];
	int code = parse(options, argc, argv, &request);

	if (code == OPTIONS_EXIT) {
		code = options->exit_code;
	} else if (!code) {
		object_log_init(options->verbose);
		if (policy_name(options, usage.name, argv[optind], name, sizeof(name)))
			code = remind_of_count(options);
		else
			code = capture_run(options, name, &request);
	}
	request_free(&request);
	return code;
}
