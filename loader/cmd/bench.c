// SPDX-License-Identifier: GPL-2.0-only
/*
 * `bench`: nanoseconds a packet on the user's own site and machine, beside two floors made with the
 * same parser. Needs root, touches nothing live.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/object.h"
#include "../output/json.h"
#include "../output/table.h"
#include "../policy/text.h"
#include "bench.h"

/* Many short rounds: programs that are compared then run within a millisecond of each other. */
#define ROUNDS	     101
#define REPEAT	     10000
#define QUICK_ROUNDS 11
#define QUICK_REPEAT 5000
#define ROUNDS_MAX   10000
#define REPEAT_MIN   1000
#define REPEAT_MAX   10000000

enum {
	OPTION_ROUNDS = OPTION_OWN,
	OPTION_REPEAT,
	OPTION_QUICK,
	OPTION_VERDICT,
	OPTION_CASE,
	OPTION_TRACE,
	OPTION_INTERFACE,
	OPTION_CSV,
};

static const struct option long_options[] = {
	{"rounds", required_argument, NULL, OPTION_ROUNDS},
	{"repeat", required_argument, NULL, OPTION_REPEAT},
	{"quick", no_argument, NULL, OPTION_QUICK},
	{"verdict", required_argument, NULL, OPTION_VERDICT},
	{"case", required_argument, NULL, OPTION_CASE},
	{"trace", required_argument, NULL, OPTION_TRACE},
	{"interface", required_argument, NULL, OPTION_INTERFACE},
	{"csv", no_argument, NULL, OPTION_CSV},
	{},
};

static const struct usage usage = {
	.name = "bench",
	.help = "Measures the program on the site's policy, without a NIC: nanoseconds a packet "
		"by\n"
		"test runs in the kernel, for each active row and each miss, IPv4 and IPv6, with\n"
		"tags, options and extension headers. Beside it, with the same frame and in the\n"
		"same round, two floors: the bare verdict (PASS), and parse and count (COUNT), "
		"the\n"
		"least that any program must do that counts by header fields; it has the same\n"
		"parser. RATIO is the median of each round's ratio to COUNT, ADDED that of its\n"
		"difference to PASS. Every case is first shown to the program to be what it is "
		"called, and the counters are\n"
		"checked at the end. Cases of the kind `feature` are the site with its settings\n"
		"changed, so that what each costs stands beside what it is without.\n"
		"Compare figures of one run only. Needs root; nothing live is touched.\n"
		"\n"
		"  --rounds N        interleaved rounds, 1 to 10000 (default 101)\n"
		"  --repeat N        runs in a row, 1000 to 10000000 (default 10000)\n"
		"  --quick           11 rounds of 5000: a look, not a measurement\n"
		"  --verdict WHAT    pass, drop or both (default)\n"
		"  --case PATTERN    only cases whose name, kind or row matches (*, ?, [...])\n"
		"  --trace random    also 16384 different packets in random order, among them one\n"
		"                    for each atom there is on a NIC, so that caches are cold\n"
		"  --trace FILE      also the frames of a pcap or pcapng file (Ethernet), by the\n"
		"                    interface chosen, else by the site's first: their first 134\n"
		"                    bytes, the rest being zeros\n"
		"  --interface NIC   only packets that enter by this NIC of the site (default: "
		"for\n"
		"                    each side the first that has it)\n"
		"  --csv             CSV; what stands at the top of the table is in columns\n",
	.long_options = long_options,
};

/* --- options --------------------------------------------------------------------------------- */

/* In the range, or EXIT_USAGE. */
static int take_number(const char *name, unsigned min, unsigned max, unsigned *out)
{
	if (number_parse(optarg, min, max, out) == 0)
		return EXIT_OK;
	return usage_error(&usage, "--%s takes %u to %u, not '%s'", name, min, max, optarg);
}

static int take_verdict(struct bench_request *request)
{
	bool both = strcmp(optarg, "both") == 0;

	request->verdict[VERDICT_PASS] = both || strcmp(optarg, "pass") == 0;
	request->verdict[VERDICT_DROP] = both || strcmp(optarg, "drop") == 0;
	if (request->verdict[VERDICT_PASS] || request->verdict[VERDICT_DROP])
		return EXIT_OK;
	return usage_error(&usage, "--verdict takes pass, drop or both, not '%s'", optarg);
}

/* EXIT_OK, or what to exit with; *end if it is over without being wrong. */
static int take_options(struct options *options, int argc, char **argv,
			struct bench_request *request, bool *end)
{
	unsigned rounds = 0, repeat = 0;
	bool quick = false;
	int c, code = EXIT_OK;

	while (!code && (c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case OPTION_ROUNDS:
			code = take_number("rounds", 1, ROUNDS_MAX, &rounds);
			break;
		case OPTION_REPEAT:
			code = take_number("repeat", REPEAT_MIN, REPEAT_MAX, &repeat);
			break;
		case OPTION_QUICK:
			quick = true;
			break;
		case OPTION_VERDICT:
			code = take_verdict(request);
			break;
		case OPTION_CASE:
			request->only = optarg;
			break;
		case OPTION_TRACE:
			request->trace = optarg;
			break;
		case OPTION_INTERFACE:
			request->interface = optarg;
			break;
		case OPTION_CSV:
			request->csv = true;
			break;
		default:
			*end = true;
			return options->exit_code;
		}
	}
	if (code)
		return code;
	request->rounds = rounds ? rounds : quick ? QUICK_ROUNDS : ROUNDS;
	request->repeat = repeat ? repeat : quick ? QUICK_REPEAT : REPEAT;
	if (request->csv && options->json)
		return usage_error(&usage, "either --csv or JSON");
	return usage_no_arguments(&usage, argc, argv);
}

/* --- steps ----------------------------------------------------------------------------------- */

static void add_entry(struct bench_entry *entries, size_t *n, const struct bench_entry *entry)
{
	for (size_t i = 0; i < *n; i++)
		if (entries[i].side == entry->side)
			return;
	entries[(*n)++] = *entry;
}

/* The ways into a NIC that no way before it has the side of. */
static void add_nic(struct bench_entry *entries, size_t *n, const struct nic *nic)
{
	if (nic->side >= 0)
		add_entry(entries, n, &(struct bench_entry){nic, 0, nic->side});
	for (size_t k = 0; k < nic->n_vlans; k++)
		add_entry(entries, n,
			  &(struct bench_entry){nic, nic->vlans[k].vlan, nic->vlans[k].side});
}

/* Ways in: for each side the first one that has it. */
static int choose_entries(struct bench_run *run)
{
	const char *only = run->request->interface;
	bool found = false;

	for (size_t i = 0; i < run->ctx.n_nics; i++) {
		const struct nic *nic = &run->ctx.nics[i];

		add_nic(run->beginnings, &run->n_beginnings, nic);
		if (only && strcmp(only, nic->name) != 0)
			continue;
		found = true;
		if (nic->side < 0 && !run->sideless)
			run->sideless = nic;
		add_nic(run->entries, &run->n_entries, nic);
	}
	if (only && !found)
		return usage_error(&usage, "the site has no interface '%s'", only);
	return EXIT_OK;
}

/* The thread stays where it is: cores differ, and caches are a core's own. */
static void stay_on_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int bench_subject_open(struct bench_subject *subject, const struct policy *policy,
		       const struct compiled *compiled, uint64_t slots,
		       const struct bench_subject *beside)
{
	int err = bench_open(compiled, slots, beside ? beside->kernel : NULL, &subject->kernel);

	if (err)
		return err;
	subject->policy = policy;
	subject->compiled = compiled;
	subject->slots = slots;
	subject->expected = calloc(compiled->n_atoms, sizeof(*subject->expected));
	if (subject->expected)
		return 0;
	fail("out of memory");
	return -ENOMEM;
}

void bench_subject_close(struct bench_subject *subject)
{
	bench_close(subject->kernel);
	free(subject->expected);
	*subject = (struct bench_subject){};
}

/* With flows, those begin by any interface. */
static int load_programs(struct bench_run *run)
{
	const struct compiled *compiled = &run->ctx.compiled;
	uint64_t slots = 0;
	int err;

	for (size_t i = 0;
	     i < run->n_beginnings && compiled->block->guard.features & XE_FEATURE_STATE; i++)
		slots |= 1ull << run->beginnings[i].nic->slot;
	for (size_t i = 0; i < run->n_entries; i++)
		slots |= 1ull << run->entries[i].nic->slot;
	if (run->sideless)
		slots |= 1ull << run->sideless->slot;
	err = bench_subject_open(&run->subject, &run->ctx.policy, compiled, slots, NULL);
	if (err)
		return err == -EOPNOTSUPP || err == -ENOSYS ? EXIT_UNSUPPORTED : EXIT_FAILED;
	return EXIT_OK;
}

/* --case may name what cannot be, or nothing at all. */
static int check_cases(const struct bench_run *run)
{
	const struct bench_report *report = &run->report;

	for (size_t i = 0; i < report->n_cases; i++)
		if (!*report->cases[i].why_not)
			return EXIT_OK;
	if (!report->n_cases)
		return usage_error(&usage, "no case, kind or row '%s'", run->request->only);
	return fail("%s: %s", report->cases[0].name, report->cases[0].why_not);
}

static int show(const struct bench_run *run, const struct options *options)
{
	if (run->request->csv) {
		bench_csv(&run->report, stdout);
		return EXIT_OK;
	}
	if (options->json ? json_write(bench_json(&run->report), options->pretty, stdout)
			  : bench_table(&run->report, stdout, terminal_width(stdout),
					terminal_colour(stdout)))
		return fail("out of memory");
	return EXIT_OK;
}

static int bench(struct bench_run *run, const struct options *options)
{
	int code = choose_entries(run);

	if (code)
		return code;
	if (policy_build(&run->ctx, 0))
		return EXIT_FAILED;
	stay_on_cpu();
	code = load_programs(run);
	if (code)
		return code;
	if (bench_search(&run->ctx, run->entries, run->n_entries, &run->search))
		return fail("out of memory");
	code = bench_cases(run);
	/* before the features, whose programs take seconds to load: a trace may not be there */
	if (!code)
		code = bench_traces(run);
	if (!code)
		code = bench_features(run);
	if (!code)
		code = check_cases(run);
	if (!code)
		code = bench_measure(run);
	if (code)
		return code;
	if (bench_environment(run))
		return fail("out of memory");
	return show(run, options);
}

static void bench_free(struct bench_run *run)
{
	for (size_t i = 0; i < run->report.n_cases; i++) {
		free(run->report.cases[i].name);
		free(run->jobs[i].headers);
		free(run->jobs[i].atoms);
	}
	free(run->report.cases);
	free(run->jobs);
	free(run->report.environment.nics);
	bench_search_free(&run->search);
	bench_features_free(run); /* they use the floors of: */
	bench_subject_close(&run->subject);
	policy_close(&run->ctx);
}

int cmd_bench(struct options *options, int argc, char **argv)
{
	static struct bench_run run;
	struct bench_request request = {.verdict = {true, true}};
	bool end = false;
	int code = take_options(options, argc, argv, &request, &end);

	if (code || end)
		return code;
	object_log_init(options->verbose);
	if (policy_read(options, &run.ctx))
		return EXIT_FAILED;
	run.request = &request;
	code = bench(&run, options);
	bench_free(&run);
	return code;
}
