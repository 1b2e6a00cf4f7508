// SPDX-License-Identifier: GPL-2.0-only
/*
 * `explain`: which rows one packet matches, which decides, and why; by the compiled policy, or by
 * the program.
 */
#include <errno.h>
#include <string.h>

#include "../kernel/instance.h"
#include "../kernel/object.h"
#include "../output/json.h"
#include "../policy/frame.h"
#include "explain_verdict.h"

enum { OPTION_SIDE = OPTION_OWN, OPTION_SYN, OPTION_KERNEL };

static const struct option long_options[] = {
	{"side", required_argument, NULL, OPTION_SIDE},
	{"syn", no_argument, NULL, OPTION_SYN},
	{"kernel", no_argument, NULL, OPTION_KERNEL},
	{},
};

static const struct usage usage = {
	.name = "explain",
	.arguments = "PROTO SRC:PORT DST:PORT",
	.help = "Shows the match set of one packet in order, why its first row decides, and what\n"
		"becomes of the packet in enforce.\n"
		"PROTO is tcp, udp, icmp, esp or a number; IPv6 addresses with a port stand in\n"
		"brackets; protocols without ports take plain addresses. Needs no root but for\n"
		"--kernel.\n"
		"\n"
		"  --side SIDE   the packet enters from internet, dmz-external, dmz-internal,\n"
		"                lan or mirror (default: where the source lives, if an interface\n"
		"                has that side, else internet, else the first interface's side)\n"
		"  --syn         a TCP SYN without ACK: never a reply (default: a segment with\n"
		"                ACK)\n"
		"  --kernel      ask the program in the kernel too; exit code 1 if it disagrees\n",
	.long_options = long_options,
};

/* --- the program's word ---------------------------------------------------------------------- */

/* What a packet is counted under and what becomes of it. */
static void trace_text(const struct policy_ctx *ctx, const struct xe_trace *trace, char *buf,
		       size_t size)
{
	const struct xe_atom *atom;
	const char *row;
	int n;

	if (trace->atom >= ctx->compiled.n_atoms) {
		snprintf(buf, size, "atom %u, which does not exist", trace->atom);
		return;
	}
	atom = &ctx->compiled.atoms[trace->atom];
	row = atom->row == XE_NO_ROW ? NULL : ctx->policy.rows[atom->row].row->id;
	n = snprintf(buf, size, "%s%s (atom %u), ", row ? row : "miss ",
		     row ? atom->sense == XE_FORWARD ? " as forward" : " as reply"
			 : miss_text(atom->miss),
		     trace->atom);
	if (trace->verdict)
		snprintf(buf + n, size - n, "dropped: %s", reason_text(trace->reason));
	else if (trace->exempt)
		snprintf(buf + n, size - n, "passes: %s", exempt_text(trace->exempt - 1));
	else
		snprintf(buf + n, size - n, "passes");
}

/* Run the packet through a private instance, whose memory is empty. An exit code. */
static int ask_kernel(const struct policy_ctx *ctx, const struct question *q,
		      const struct outlook *outlook, bool quiet)
{
	const struct xe_trace expected = {
		.atom = outlook->counted,
		.verdict = outlook->dropped,
		.reason = outlook->dropped ? outlook->reason : 0,
		.exempt = outlook->exempt ? 1 + outlook->by : 0,
	};
	struct instance *instance;
	char frame[FRAME_MAX], here[256], there[256];
	int len = frame_build(&q->tuple, frame, sizeof(frame)), err;
	struct xe_trace trace;

	err = instance_open(&ctx->compiled, 0, &instance);
	if (err)
		return err == -EOPNOTSUPP || err == -ENOSYS ? EXIT_UNSUPPORTED : EXIT_FAILED;
	err = instance_trace(instance, frame, len, 1, &trace);
	instance_close(instance);
	if (err)
		return fail("test run of the program: %s", strerror(-err));
	trace_text(ctx, &trace, there, sizeof(there));
	trace_text(ctx, &expected, here, sizeof(here));
	if (strcmp(here, there) != 0)
		return fail("the program disagrees: %s; not %s", there, here);
	if (!quiet)
		printf("\nthe program agrees: %s\n", there);
	return EXIT_OK;
}

static int explain(const struct options *options, struct policy_ctx *ctx, struct question *q,
		   bool side_given)
{
	struct outlook outlook;
	int err;

	if (question_complete(ctx, q, side_given))
		return fail("out of memory");
	q->mode = explain_prepare(ctx);
	if (explain_compile(ctx, q->side, &ctx->compiled))
		return EXIT_FAILED;
	outlook_get(ctx, q->side, &q->tuple, &outlook);
	err = options->json ? json_write(explain_json(ctx, q, &outlook), options->pretty, stdout)
			    : explain_print(ctx, q, &ctx->compiled.atoms[outlook.atom]);
	if (err)
		return fail("out of memory");
	if (!options->json)
		explain_verdict_print(ctx, q, &outlook);
	return q->kernel ? ask_kernel(ctx, q, &outlook, options->json) : EXIT_OK;
}

int cmd_explain(struct options *options, int argc, char **argv)
{
	struct question q = {};
	bool side_given = false, syn = false;
	struct policy_ctx ctx;
	char why[256];
	int c, code;

	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case OPTION_SIDE:
			if (question_side(optarg, &q.side, why, sizeof(why)))
				return usage_error(&usage, "%s", why);
			side_given = true;
			break;
		case OPTION_SYN:
			syn = true;
			break;
		case OPTION_KERNEL:
			q.kernel = true;
			break;
		default:
			return options->exit_code;
		}
	}
	if (argc - optind != 3)
		return usage_error(&usage, "takes PROTO SRC:PORT DST:PORT");
	if (tuple_parse(argv[optind], argv[optind + 1], argv[optind + 2], syn, &q.tuple, why,
			sizeof(why)))
		return usage_error(&usage, "%s", why);

	object_log_init(options->verbose);
	if (policy_read(options, &ctx))
		return EXIT_FAILED;
	code = explain(options, &ctx, &q, side_given);
	question_free(&q);
	policy_close(&ctx);
	return code;
}
