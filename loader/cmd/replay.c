// SPDX-License-Identifier: GPL-2.0-only
/*
 * `replay`: every frame of a capture file through a private instance of the program. Needs root,
 * touches nothing live.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>

#include "../kernel/instance.h"
#include "../kernel/meta.h"
#include "../kernel/object.h"
#include "../output/json.h"
#include "../output/stats.h"
#include "../output/table.h"
#include "../output/tally.h"
#include "capture_file.h"
#include "policy_ctx.h"
#include "replay_flow.h"
#include "replay_verdicts.h"
#include "tuple_text.h"

#define FRAME_SHORTEST 14	   /* the kernel runs nothing shorter */
#define FRAME_LONGEST  (256 << 10) /* libpcap's own largest snapshot */
#define CAUSES_MAX     4	   /* different errors of test runs that are told apart */

enum { OPTION_SIDE = OPTION_OWN, OPTION_MODE, OPTION_PER_PACKET, OPTION_NONZERO };

static const struct option long_options[] = {
	{"side", required_argument, NULL, OPTION_SIDE},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"per-packet", no_argument, NULL, OPTION_PER_PACKET},
	{"nonzero", no_argument, NULL, OPTION_NONZERO},
	{},
};

static const struct usage usage = {
	.name = "replay",
	.arguments = "FILE",
	.help = "Runs every frame of a pcap or pcapng file (Ethernet) through the program, as if\n"
		"it had entered by one interface, and shows what was counted. Frames that the\n"
		"capture cut are filled with zeros to their length on the wire; frames shorter\n"
		"than 14 bytes, which the kernel refuses to run, are counted as malformed. Longer\n"
		"ones that it refuses (some 70 kB and more) are left out and told of; exit code 1\n"
		"if that is all frames. Flows, fragments and limits live by the time stamps of "
		"the\n"
		"capture; nothing is enforced on side mirror.\n"
		"\n"
		"  --side SIDE    internet, dmz-external, dmz-internal, lan or mirror (default)\n"
		"  --mode MODE    monitor, rehearse or enforce (default: the site's)\n"
		"  --per-packet   a line for each frame; with -j a JSON object a line\n"
		"  --nonzero      leave out rows without a packet\n",
	.long_options = long_options,
};

/* Frames that were not run, by cause. */
struct left_out {
	int err; /* negative errno of the test run */
	uint64_t frames, first, first_len;
};

struct replay {
	struct policy_ctx ctx;
	struct instance *instance;
	enum xe_side side;
	enum xe_mode mode;
	bool mode_given; /* else the site's holds */
	bool per_packet, nonzero;
	pcap_t *capture;
	uint8_t *frame;		  /* FRAME_LONGEST bytes */
	struct xe_counter *atoms; /* compiled.n_atoms */
	struct replay_verdicts verdicts;
	uint64_t frames, cut, runts, counted;
	struct left_out left_out[CAUSES_MAX]; /* the last one also takes what has no room */
	size_t n_causes;
};

/* --- one frame ------------------------------------------------------------------------------- */

static json_t *address_json(int family, const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (!family)
		return json_null();
	address_text(family, addr, text, sizeof(text));
	return json_text(text);
}

static json_t *flow_json(const struct replay_flow *flow)
{
	json_t *vlans = json_array();

	for (unsigned i = 0; i < flow->n_vlans; i++)
		json_array_append_new(vlans, json_integer(flow->vlans[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "family",
			 flow->family ? json_integer(flow->family) : json_null(), "proto",
			 flow->family ? json_integer(flow->proto) : json_null(), "saddr",
			 address_json(flow->family, flow->saddr), "sport",
			 flow->has_ports ? json_integer(flow->sport) : json_null(), "daddr",
			 address_json(flow->family, flow->daddr), "dport",
			 flow->has_ports ? json_integer(flow->dport) : json_null(), "fragment",
			 flow->family ? json_text(flow->fragment) : json_null(), "vlans", vlans);
}

static int packet_json(const struct replay *r, const struct xe_trace *trace,
		       const struct replay_flow *flow)
{
	const struct xe_atom *atom = &r->ctx.compiled.atoms[trace->atom];
	bool decided = atom->row != XE_NO_ROW;
	json_t *object =
		json_pack("{s:I, s:o, s:o, s:o, s:o}", "frame", (json_int_t)r->frames, "row",
			  json_text(decided ? r->ctx.policy.rows[atom->row].row->id : NULL),
			  "sense", json_text(decided ? sense_text(atom->sense) : NULL), "miss",
			  json_text(decided ? NULL : miss_text(atom->miss)), "flow",
			  flow->read ? flow_json(flow) : json_null());

	if (!object || replay_verdicts_json(&r->verdicts, trace, object)) {
		json_decref(object);
		return -ENOMEM;
	}
	return json_write(object, false, stdout);
}

/* A frame that was not run has no verdict: the keys of the others, and why. */
static int left_out_json(const struct replay *r, const char *why)
{
	return json_write(json_pack("{s:I, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:o}", "frame",
				    (json_int_t)r->frames, "row", "sense", "miss", "flow",
				    "verdict", "reason", "exempt", "not_run", json_text(why)),
			  false, stdout);
}

static void print_flow(const struct replay_flow *flow)
{
	struct tuple tuple = {.family = flow->family, .proto = flow->proto};
	char source[80], destination[80], number[8];

	for (unsigned i = 0; i < flow->n_vlans; i++)
		printf(" vlan %u", flow->vlans[i]);
	if (!flow->family)
		return;
	memcpy(tuple.saddr, flow->saddr, sizeof(tuple.saddr));
	memcpy(tuple.daddr, flow->daddr, sizeof(tuple.daddr));
	tuple.sport = flow->sport;
	tuple.dport = flow->dport;
	if (flow->has_ports) {
		tuple_end_text(&tuple, true, source, sizeof(source));
		tuple_end_text(&tuple, false, destination, sizeof(destination));
	} else {
		address_text(flow->family, flow->saddr, source, sizeof(source));
		address_text(flow->family, flow->daddr, destination, sizeof(destination));
	}
	printf(" %s %s > %s", proto_text(flow->family, flow->proto, number, sizeof(number)), source,
	       destination);
	if (strcmp(flow->fragment, "no") != 0)
		printf(" (%s fragment)", flow->fragment);
}

static void packet_line(const struct replay *r, const struct xe_trace *trace,
			const struct replay_flow *flow)
{
	const struct xe_atom *atom = &r->ctx.compiled.atoms[trace->atom];

	printf("%" PRIu64 " ", r->frames);
	if (atom->row != XE_NO_ROW)
		printf("%s %s", r->ctx.policy.rows[atom->row].row->id, sense_text(atom->sense));
	else
		printf("miss %s", miss_text(atom->miss));
	print_flow(flow);
	replay_verdicts_print(&r->verdicts, trace);
	putchar('\n');
}

static const char *cause_text(int err)
{
	return err == -EMSGSIZE ? "longer than any frame" : strerror(-err);
}

/* The kernel cannot run this frame; the others of the file still can be. An exit code. */
static int leave_out(struct replay *r, uint32_t len, int err, const struct options *options)
{
	size_t i = 0;

	while (i < r->n_causes && i < CAUSES_MAX - 1 && r->left_out[i].err != err)
		i++;
	if (i == r->n_causes) {
		r->left_out[i] =
			(struct left_out){.err = err, .first = r->frames, .first_len = len};
		r->n_causes++;
	}
	r->left_out[i].frames++;
	if (!r->per_packet)
		return EXIT_OK;
	if (!options->json)
		printf("%" PRIu64 " not run: %s\n", r->frames, cause_text(err));
	else if (left_out_json(r, cause_text(err)))
		return fail("out of memory");
	return EXIT_OK;
}

/* ns */
static uint64_t captured_at(const struct pcap_pkthdr *header)
{
	return header->ts.tv_sec * 1000000000ull + header->ts.tv_usec * 1000ull;
}

/* Count one frame, by the program. An exit code. */
static int replay_frame(struct replay *r, const struct pcap_pkthdr *header, const uint8_t *data,
			const struct options *options)
{
	uint32_t len = header->len, captured = header->caplen;
	bool guards = r->ctx.compiled.block->guard.features;
	/* of a frame that the kernel does not run */
	struct xe_trace trace = {
		.atom = XE_MISS_MALFORMED,
		.verdict = guards,
		.reason = XE_REASON_MALFORMED,
	};
	struct replay_flow flow;
	int err;

	r->frames++;
	if (len < captured)
		len = captured;
	if (len > FRAME_LONGEST)
		return leave_out(r, len, -EMSGSIZE, options);
	memcpy(r->frame, data, captured);
	memset(r->frame + captured, 0, len - captured);
	if (len >= FRAME_SHORTEST) {
		err = instance_trace(r->instance, r->frame, len,
				     replay_verdicts_clock(&r->verdicts, captured_at(header)),
				     &trace);
		if (err)
			return leave_out(r, len, err, options);
		if (trace.atom >= r->ctx.compiled.n_atoms || trace.reason >= XE_REASON_COUNT ||
		    trace.exempt > XE_EXEMPT_COUNT)
			return fail("frame %" PRIu64 ": the program says atom %u of %zu, reason "
				    "%u, name %u",
				    r->frames, trace.atom, r->ctx.compiled.n_atoms, trace.reason,
				    trace.exempt);
	}
	replay_flow_read(r->frame, len, &flow);
	r->counted++;
	r->cut += captured < len;
	r->runts += len < FRAME_SHORTEST;
	r->atoms[trace.atom].packets++;
	r->atoms[trace.atom].bytes += len;
	replay_verdicts_count(&r->verdicts, &trace, &flow, len);
	if (!r->per_packet)
		return EXIT_OK;
	if (!options->json)
		packet_line(r, &trace, &flow);
	else if (packet_json(r, &trace, &flow))
		return fail("out of memory");
	return EXIT_OK;
}

static int replay_all(struct replay *r, const char *path, const struct options *options)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int got, code = EXIT_OK;

	while ((got = pcap_next_ex(r->capture, &header, &data)) == 1) {
		code = replay_frame(r, header, data, options);
		if (code)
			return code;
		if (ferror(stdout))
			return EXIT_FAILED;
	}
	if (got == PCAP_ERROR)
		return fail("%s: after frame %" PRIu64 ": %s", path, r->frames,
			    pcap_geterr(r->capture));
	return EXIT_OK;
}

/* --- what was counted ------------------------------------------------------------------------ */

static int snapshot_make(const struct replay *r, struct snapshot *to)
{
	const struct policy *policy = &r->ctx.policy;
	const struct compiled *compiled = &r->ctx.compiled;

	memset(to, 0, sizeof(*to));
	snprintf(to->site, sizeof(to->site), "%s", r->ctx.site.name);
	to->n_interfaces = 1;
	to->n_rows = policy->n_rows;
	to->interfaces = calloc(1, sizeof(*to->interfaces));
	to->rows = calloc(policy->n_rows + 1, sizeof(*to->rows));
	to->cells = calloc(policy->n_rows + 1, sizeof(*to->cells));
	to->misses = calloc(XE_MISS_COUNT, sizeof(*to->misses));
	if (!to->interfaces || !to->rows || !to->cells || !to->misses) {
		snapshot_free(to);
		return -ENOMEM;
	}
	strcpy(to->interfaces->name, "replay");
	to->interfaces->sides = 1u << r->side;
	for (size_t i = 0; i < policy->n_rows; i++)
		meta_row(policy, i, &to->rows[i]);
	tally_atoms(compiled->atoms, compiled->n_atoms, compiled->matches, r->atoms, to->cells,
		    to->misses);
	if (replay_verdicts_fill(&r->verdicts, to)) {
		snapshot_free(to);
		return -ENOMEM;
	}
	return 0;
}

static int show_totals(const struct replay *r, const struct options *options)
{
	struct stats_view view = {.nonzero = r->nonzero};
	struct snapshot snapshot;
	int err = snapshot_make(r, &snapshot);

	if (err)
		return fail("out of memory");
	if (options->json)
		err = json_write(stats_json(&snapshot, &view), options->pretty, stdout);
	else
		err = stats_table(&snapshot, &view, stdout, terminal_width(stdout),
				  terminal_colour(stdout));
	snapshot_free(&snapshot);
	return err ? fail("out of memory") : EXIT_OK;
}

/* --- the command ----------------------------------------------------------------------------- */
/* What the counts leave out or take otherwise than it was sent. An exit code. */
static int tell_oddities(const struct replay *r)
{
	if (r->cut)
		fprintf(stderr,
			"xdp-edge: %" PRIu64 " of %" PRIu64
			" frames were cut by the capture and filled "
			"with zeros\n",
			r->cut, r->frames);
	if (r->runts)
		fprintf(stderr,
			"xdp-edge: %" PRIu64 " frame%s of less than %d bytes counted as malformed "
			"without the program\n",
			r->runts, r->runts == 1 ? "" : "s", FRAME_SHORTEST);
	for (size_t i = 0; i < r->n_causes; i++) {
		const struct left_out *out = &r->left_out[i];

		fprintf(stderr,
			"xdp-edge: %" PRIu64 " frame%s not run and not counted: %s (the first is "
			"frame %" PRIu64 " of %" PRIu64 " bytes)\n",
			out->frames, out->frames == 1 ? "" : "s", cause_text(out->err), out->first,
			out->first_len);
	}
	return r->n_causes && !r->counted ? fail("no frame could be run") : EXIT_OK;
}

static int replay_run(struct replay *r, const char *path, const struct options *options)
{
	int code, err;

	if (r->mode_given)
		r->ctx.site.mode = r->mode;
	if (policy_one_nic(&r->ctx, "replay", r->side) || policy_build(&r->ctx, 0))
		return EXIT_FAILED;
	replay_verdicts_init(&r->verdicts, &r->ctx, r->side);
	r->frame = malloc(FRAME_LONGEST);
	r->atoms = calloc(r->ctx.compiled.n_atoms, sizeof(*r->atoms));
	if (!r->frame || !r->atoms)
		return fail("out of memory");
	err = instance_open(&r->ctx.compiled, 0, &r->instance);
	if (err)
		return err == -EOPNOTSUPP || err == -ENOSYS ? EXIT_UNSUPPORTED : EXIT_FAILED;
	code = replay_all(r, path, options);
	if (code)
		return code;
	code = tell_oddities(r);
	if (code)
		return code;
	return r->per_packet ? EXIT_OK : show_totals(r, options);
}

int cmd_replay(struct options *options, int argc, char **argv)
{
	struct replay r = {.side = XE_SIDE_MIRROR};
	int c, code = EXIT_FAILED;

	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case OPTION_SIDE:
			if (side_parse(optarg, &r.side))
				return usage_error(&usage, "no side '%s': it is " SIDES_TEXT,
						   optarg);
			break;
		case OPTION_MODE:
			if (mode_parse(optarg, &r.mode))
				return usage_error(&usage,
						   "no mode '%s': it is monitor, rehearse or "
						   "enforce",
						   optarg);
			r.mode_given = true;
			break;
		case OPTION_PER_PACKET:
			r.per_packet = true;
			break;
		case OPTION_NONZERO:
			r.nonzero = true;
			break;
		default:
			return options->exit_code;
		}
	}
	if (argc - optind != 1)
		return usage_error(&usage, "takes one file");

	object_log_init(options->verbose);
	r.capture = capture_file_open(argv[optind]);
	if (!r.capture)
		return EXIT_FAILED;
	if (policy_read(options, &r.ctx) == 0) {
		code = replay_run(&r, argv[optind], options);
		instance_close(r.instance);
		free(r.frame);
		free(r.atoms);
		policy_close(&r.ctx);
	}
	pcap_close(r.capture);
	return code;
}
