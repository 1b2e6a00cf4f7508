// SPDX-License-Identifier: GPL-2.0-only
/* The answer of `explain` in words. */
#include "explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../output/table.h"
#include "../policy/row_text.h"

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
	printf("%s %s > %s%s, enters from %s",
	       proto_text(t->family, t->proto, number, sizeof(number)), source, destination,
	       t->syn ? " SYN" : "", side_text(q->side));
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

static unsigned literal_ends(const struct effective_row *row)
{
	return (row->source.kind == END_PREFIXES) + (row->destination.kind == END_PREFIXES);
}

/*
 * Which of the five rules of order puts the deciding match before the next one that could decide.
 */
static void print_reason(const struct policy_ctx *ctx, const struct xe_match *first,
			 const struct xe_match *second)
{
	static const char *const ends[] = {"no end", "one end", "both ends"};
	const struct effective_row *a = &ctx->policy.rows[first->row];
	const struct effective_row *b = second ? &ctx->policy.rows[second->row] : NULL;

	printf("\n%s decides, as %s: ", a->row->id, sense_text(first->sense));
	if (a->deny_list)
		printf("a deny list stands before all rows\n");
	else if (!b)
		printf("no other row could\n");
	else if (a->named_ends != b->named_ends)
		printf("it names %s, %s %s\n", ends[a->named_ends], b->row->id,
		       ends[b->named_ends]);
	else if (a->depth != b->depth && literal_ends(a) > literal_ends(b))
		printf("its literal prefix is more specific than the roles of %s\n", b->row->id);
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

		if (row->annotation || row == decider || match->sense == atom->sense ||
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
	case XE_MISS_MARTIAN:
		printf("%s > %s: no packet on a network has such an address\n", source,
		       destination);
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
		{"", ALIGN_RIGHT, false},      {"ROW", ALIGN_LEFT, false},
		{"SENSE", ALIGN_LEFT, false},  {"NAMED", ALIGN_RIGHT, false},
		{"DEPTH", ALIGN_RIGHT, false}, {"WIDTH", ALIGN_RIGHT, false},
		{"SERVICE", ALIGN_LEFT, true}, {"PORTS", ALIGN_LEFT, true},
		{"SOURCE", ALIGN_LEFT, true},  {"DESTINATION", ALIGN_LEFT, true},
		{"", ALIGN_LEFT, false},
	};
	const struct xe_match *match = ctx->compiled.matches + atom->first_match;
	struct text_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	bool decided = false;
	int err;

	for (uint32_t i = 0; table && i < atom->n_matches; i++, match++) {
		const struct effective_row *row = &ctx->policy.rows[match->row];
		bool decides = !decided && !row->annotation;
		char ports[XE_TEXT_MAX], source[XE_TEXT_MAX], destination[XE_TEXT_MAX];

		decided |= decides;
		effective_ports_text(row, ports, sizeof(ports));
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
		table_cell(table, ports);
		table_cell(table, source);
		table_cell(table, destination);
		table_cell(table, decides ? "decides" : row->annotation ? "annotation" : "");
	}
	err = table ? table_print(table, stdout, terminal_width(stdout), terminal_colour(stdout))
		    : -ENOMEM;
	table_free(table);
	return err;
}

int explain_print(const struct policy_ctx *ctx, const struct question *q,
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
