// SPDX-License-Identifier: GPL-2.0-only
/* `explain`: which rows one packet matches, which decides, and why; by the compiled policy, or by the program. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "../kernel/instance.h"
#include "../kernel/object.h"
#include "../output/json.h"
#include "../output/table.h"
#include "../policy/analyze.h"
#include "../policy/frame.h"
#include "policy_ctx.h"
#include "tuple_text.h"

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
	.help = "Shows the match set of one packet in order, and why its first row decides. PROTO is tcp, udp,\n"
		"icmp, esp or a number; IPv6 addresses with a port stand in brackets; protocols without ports\n"
		"take plain addresses. Needs no root but for --kernel.\n\n"
		"  --side SIDE   the packet enters from internet, dmz-external, dmz-internal, lan or\n"
		"                mirror (default: where the source lives, if an interface has that side,\n"
		"                else internet, else the first interface's side)\n"
		"  --syn         a TCP SYN without ACK: never a reply (default: a segment with ACK)\n"
		"  --kernel      ask the program in the kernel too; exit code 1 if it disagrees\n",
	.long_options = long_options,
};

struct question {
	struct tuple tuple;
	enum xe_side side;
	const char *assumed; /* why this side; NULL: the user said so */
	bool kernel;
	/* who the ends are */
	bool *source_roles, *destination_roles;
	unsigned source_sides, destination_sides;
};

/* --- the question ---------------------------------------------------------------------------------- */

static enum xe_side first_side(const struct nic *nic)
{
	return nic->side >= 0 ? (enum xe_side)nic->side : nic->vlans[0].side;
}

/* Where a packet from this source enters, as far as the site tells. */
static void assume_side(const struct policy_ctx *ctx, struct question *q)
{
	unsigned have = nics_sides(ctx->nics, ctx->n_nics), both = have & q->source_sides;

	if (both) {
		q->side = __builtin_ctz(both);
		q->assumed = "the source lives there";
	} else if (have & 1u << XE_SIDE_INTERNET || !ctx->n_nics) {
		q->side = XE_SIDE_INTERNET;
		q->assumed = "the source is nobody's";
	} else {
		q->side = first_side(&ctx->nics[0]);
		q->assumed = "the first interface's side";
	}
}

static int find_ends(const struct policy_ctx *ctx, struct question *q)
{
	const struct policy *policy = &ctx->policy;
	const struct tuple *t = &q->tuple;

	q->source_roles = calloc(ctx->spec.n_roles + 1, sizeof(bool));
	q->destination_roles = calloc(ctx->spec.n_roles + 1, sizeof(bool));
	if (!q->source_roles || !q->destination_roles)
		return -ENOMEM;
	address_roles(policy, t->family, t->saddr, q->source_roles);
	address_roles(policy, t->family, t->daddr, q->destination_roles);
	q->source_sides = address_sides(policy, t->family, t->saddr, q->source_roles);
	q->destination_sides = address_sides(policy, t->family, t->daddr, q->destination_roles);
	return 0;
}

/* --- the answer ------------------------------------------------------------------------------------- */

static json_t *match_json(const struct policy_ctx *ctx, uint32_t row, uint32_t sense)
{
	return json_pack("{s:o, s:s}", "row", json_text(ctx->policy.rows[row].row->id), "sense",
			 sense_text(sense));
}

static json_t *answer_json(const struct policy_ctx *ctx, const struct xe_atom *atom)
{
	const struct xe_match *match = ctx->compiled.matches + atom->first_match;
	bool decided = atom->row != XE_NO_ROW;
	json_t *matches = json_array();

	for (uint32_t i = 0; i < atom->n_matches; i++)
		json_array_append_new(matches, match_json(ctx, match[i].row, match[i].sense));
	return json_pack("{s:o, s:o, s:o}", "deciding",
			 decided ? match_json(ctx, atom->row, atom->sense) : json_null(), "miss",
			 decided ? json_null() : json_text(miss_text(atom->miss)), "matches",
			 matches);
}

/* "a, b", or "nobody". */
static void roles_text(const struct spec *spec, const bool *roles, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "nobody the site names");
	for (size_t i = 0; i < spec->n_roles && used < size; i++)
		if (roles[i])
			used += snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
					 spec->roles[i].name);
}

static void sides_text(unsigned sides, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (int i = 0; i < XE_SIDE_COUNT && used < size; i++)
		if (sides & 1u << i)
			used += snprintf(buf + used, size - used, "%s%s", used ? " and " : "",
					 side_text(i));
}

static bool roles_protected(const struct spec *spec, const bool *roles)
{
	for (size_t i = 0; i < spec->n_roles; i++)
		if (roles[i] && spec->roles[i].is_protected)
			return true;
	return false;
}

static void print_question(const struct policy_ctx *ctx, const struct question *q)
{
	char source[80], destination[80], number[8], roles[1024], sides[80];
	const struct tuple *t = &q->tuple;

	tuple_end_text(t, true, source, sizeof(source));
	tuple_end_text(t, false, destination, sizeof(destination));
	printf("%s %s > %s%s, enters from %s", proto_text(t->family, t->proto, number, sizeof(number)),
	       source, destination, t->syn ? " SYN" : "", side_text(q->side));
	if (q->assumed)
		printf(" (assumed: %s)", q->assumed);
	for (int i = 0; i < 2; i++) {
		const bool *of = i ? q->destination_roles : q->source_roles;

		roles_text(&ctx->spec, of, roles, sizeof(roles));
		sides_text(i ? q->destination_sides : q->source_sides, sides, sizeof(sides));
		printf("\n%s: %s%s%s%s", i ? "destination" : "source", roles, *sides ? " on " : "",
		       sides, roles_protected(&ctx->spec, of) ? ", protected" : "");
	}
	printf("\n\n");
}

/* Which of the five rules of order puts the deciding match before the next one that could decide. */
static void print_reason(const struct policy_ctx *ctx, const struct xe_match *first,
			 const struct xe_match *second)
{
	static const char *const ends[] = {"no end", "one end", "both ends"};
	const struct effective_row *a = &ctx->policy.rows[first->row];
	const struct effective_row *b = second ? &ctx->policy.rows[second->row] : NULL;

	printf("\n%s decides, as %s: ", a->row->id, sense_text(first->sense));
	if (!b)
		printf("no other row could\n");
	else if (a->named_ends != b->named_ends)
		printf("it names %s, %s %s\n", ends[a->named_ends], b->row->id,
		       ends[b->named_ends]);
	else if (a->depth != b->depth)
		printf("its roles are more specific (depth %u) than those of %s (%u)\n", a->depth,
		       b->row->id, b->depth);
	else if (a->width != b->width)
		printf("it allows fewer pairs of ports (%" PRIu64 ") than %s (%" PRIu64 ")\n",
		       a->width, b->row->id, b->width);
	else if (first->sense != second->sense)
		printf("forward stands before reply (%s)\n", b->row->id);
	else
		printf("it stands before %s in the site's order; both are as precise\n",
		       b->row->id);
}

/* Nothing but forward-before-reply chose between the decider and a match in the other sense. */
static void print_ambiguous(const struct policy_ctx *ctx, const struct xe_atom *atom)
{
	const struct xe_match *match = ctx->compiled.matches + atom->first_match;
	const struct effective_row *decider = &ctx->policy.rows[atom->row];

	for (uint32_t i = 0; i < atom->n_matches; i++, match++) {
		const struct effective_row *row = &ctx->policy.rows[match->row];

		if (row->annotation || match->sense == atom->sense ||
		    row->named_ends != decider->named_ends || row->depth != decider->depth ||
		    row->width != decider->width)
			continue;
		printf("ambiguous: as %s it would be %s, just as precise\n",
		       sense_text(match->sense), row->row->id);
		return;
	}
}

static void print_miss(const struct policy_ctx *ctx, const struct question *q, enum xe_miss miss)
{
	char source[64], destination[64], sides[80];
	const struct tuple *t = &q->tuple;
	bool source_protected = roles_protected(&ctx->spec, q->source_roles);

	address_text(t->family, t->saddr, source, sizeof(source));
	address_text(t->family, t->daddr, destination, sizeof(destination));
	sides_text(q->source_sides, sides, sizeof(sides));
	printf("miss %s: ", miss_text(miss));
	switch (miss) {
	case XE_MISS_SPOOFED:
		printf("%s lives on %s, the packet enters from %s\n", source, sides,
		       side_text(q->side));
		break;
	case XE_MISS_UNMATCHED:
		printf("%s is protected and no active row matches\n",
		       source_protected ? source : destination);
		break;
	case XE_MISS_FOREIGN:
		printf("neither end is protected and no active row matches\n");
		break;
	case XE_MISS_IP_OTHER:
		printf("protocol %u has no ports and no active row takes every protocol\n",
		       t->proto);
		break;
	case XE_MISS_IPSEC:
		printf("ESP or IKE at a host of the IPsec table, and no port row explains it\n");
		break;
	default:
		printf("no row decides\n");
		break;
	}
}

static int print_matches(const struct policy_ctx *ctx, const struct xe_atom *atom)
{
	static const struct column columns[] = {
		{"", ALIGN_RIGHT, false},	{"ROW", ALIGN_LEFT, false},
		{"SENSE", ALIGN_LEFT, false},	{"NAMED", ALIGN_RIGHT, false},
		{"DEPTH", ALIGN_RIGHT, false},	{"WIDTH", ALIGN_RIGHT, false},
		{"SERVICE", ALIGN_LEFT, true},	{"SOURCE", ALIGN_LEFT, true},
		{"DESTINATION", ALIGN_LEFT, true}, {"", ALIGN_LEFT, false},
	};
	const struct xe_match *match = ctx->compiled.matches + atom->first_match;
	struct text_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	bool decided = false;
	int err;

	for (uint32_t i = 0; table && i < atom->n_matches; i++, match++) {
		const struct effective_row *row = &ctx->policy.rows[match->row];
		bool decides = !decided && !row->annotation;
		char source[XE_TEXT_MAX], destination[XE_TEXT_MAX];

		decided |= decides;
		end_text(&ctx->spec, &row->source, source, sizeof(source));
		end_text(&ctx->spec, &row->destination, destination, sizeof(destination));
		table_style(table, decides ? STYLE_BOLD : STYLE_PLAIN);
		table_count(table, i + 1);
		table_cell(table, row->row->id);
		table_cell(table, sense_text(match->sense));
		table_count(table, row->named_ends);
		table_count(table, row->depth);
		table_count(table, row->width);
		table_cell(table, row->row->service);
		table_cell(table, source);
		table_cell(table, destination);
		table_cell(table, decides ? "decides" : row->annotation ? "annotation" : "");
	}
	err = table ? table_print(table, stdout, terminal_width(stdout), terminal_colour(stdout))
		    : -ENOMEM;
	table_free(table);
	return err;
}

static int print_answer(const struct policy_ctx *ctx, const struct question *q,
			const struct xe_atom *atom)
{
	const struct xe_match *matches = ctx->compiled.matches + atom->first_match;
	const struct xe_match *candidates[2] = {};
	int n = 0, err = 0;

	print_question(ctx, q);
	if (atom->n_matches)
		err = print_matches(ctx, atom);
	for (uint32_t i = 0; i < atom->n_matches && n < 2; i++)
		if (!ctx->policy.rows[matches[i].row].annotation)
			candidates[n++] = &matches[i];
	if (atom->row != XE_NO_ROW) {
		print_reason(ctx, candidates[0], candidates[1]);
		print_ambiguous(ctx, atom);
	} else {
		if (atom->n_matches)
			putchar('\n');
		print_miss(ctx, q, atom->miss);
	}
	return err;
}

/* --- the program's word -------------------------------------------------------------------------------- */

static void atom_text(const struct policy_ctx *ctx, uint32_t id, char *buf, size_t size)
{
	const struct xe_atom *atom;

	if (id >= ctx->compiled.n_atoms) {
		snprintf(buf, size, "atom %u, which does not exist", id);
		return;
	}
	atom = &ctx->compiled.atoms[id];
	if (atom->row == XE_NO_ROW)
		snprintf(buf, size, "miss %s", miss_text(atom->miss));
	else
		snprintf(buf, size, "%s as %s", ctx->policy.rows[atom->row].row->id,
			 sense_text(atom->sense));
}

/* Run the packet through a private instance. An exit code. */
static int ask_kernel(const struct policy_ctx *ctx, const struct question *q, uint32_t expected,
		      bool quiet)
{
	struct instance *instance;
	char frame[FRAME_MAX], here[160], there[160];
	int len = frame_build(&q->tuple, frame, sizeof(frame)), err;
	uint32_t atom;

	err = instance_open(&ctx->compiled, 0, &instance);
	if (err)
		return err == -EOPNOTSUPP || err == -ENOSYS ? EXIT_UNSUPPORTED : EXIT_FAILED;
	err = instance_run(instance, frame, len, &atom);
	instance_close(instance);
	if (err)
		return fail("test run of the program: %s", strerror(-err));
	atom_text(ctx, atom, there, sizeof(there));
	if (atom == expected) {
		if (!quiet)
			printf("\nthe program agrees: %s (atom %u)\n", there, atom);
		return EXIT_OK;
	}
	atom_text(ctx, expected, here, sizeof(here));
	return fail("the program disagrees: %s (atom %u), not %s (atom %u)", there, atom, here,
		    expected);
}

static int explain(const struct options *options, struct policy_ctx *ctx, struct question *q,
		   bool side_given)
{
	uint32_t atom;
	int err;

	if (find_ends(ctx, q))
		return fail("out of memory");
	if (!side_given)
		assume_side(ctx, q);
	/* one NIC with this side: all that the packet meets, and what a private instance needs */
	if (policy_one_nic(ctx, "explain", q->side) || policy_build(ctx, 0))
		return EXIT_FAILED;
	atom = compiled_classify(&ctx->compiled, q->side, &q->tuple);
	err = options->json ? json_write(answer_json(ctx, &ctx->compiled.atoms[atom]),
					 options->pretty, stdout)
			    : print_answer(ctx, q, &ctx->compiled.atoms[atom]);
	if (err)
		return fail("out of memory");
	return q->kernel ? ask_kernel(ctx, q, atom, options->json) : EXIT_OK;
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
			if (side_parse(optarg, &q.side))
				return usage_error(&usage, "no side '%s'", optarg);
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
	free(q.source_roles);
	free(q.destination_roles);
	policy_close(&ctx);
	return code;
}
