// SPDX-License-Identifier: GPL-2.0-only
/* What `explain` is asked, and its answer as JSON: for the command and for `serve`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../output/json.h"
#include "../policy/analyze.h"
#include "explain_verdict.h"

/* --- the question ---------------------------------------------------------------------------- */

int question_side(const char *text, enum xe_side *side, char *why, size_t size)
{
	if (!side_parse(text, side))
		return 0;
	snprintf(why, size, "no side '%s': it is " SIDES_TEXT, text);
	return -EINVAL;
}

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

/* Who they are, and where they live. 0 or -ENOMEM. */
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

int question_complete(const struct policy_ctx *ctx, struct question *q, bool side_given)
{
	int err = find_ends(ctx, q);

	if (!err && !side_given)
		assume_side(ctx, q);
	return err;
}

void question_free(struct question *q)
{
	free(q->source_roles);
	free(q->destination_roles);
	q->source_roles = q->destination_roles = NULL;
}

/* --- the answer ------------------------------------------------------------------------------ */

enum xe_mode explain_prepare(struct policy_ctx *ctx)
{
	enum xe_mode mode = ctx->site.mode;

	ctx->site.mode = XE_MODE_ENFORCE;
	return mode;
}

int explain_compile(struct policy_ctx *ctx, enum xe_side side, struct compiled *out)
{
	/* one NIC with this side: all that the packet meets, and what a private instance needs */
	const struct nic nic = {.name = "explain", .side = side};
	const struct compile_options options = {.max_memory = ctx->max_memory};
	int err = policy_compile_with(&ctx->policy, &nic, 1, 0, &options, out);

	if (err == -ENOMEM)
		fail("out of memory");
	return err;
}

static json_t *match_json(const struct policy_ctx *ctx, uint32_t row, uint32_t sense)
{
	return json_pack("{s:o, s:s}", "row", json_text(ctx->policy.rows[row].row->id), "sense",
			 sense_text(sense));
}

json_t *explain_json(const struct policy_ctx *ctx, const struct question *q,
		     const struct outlook *outlook)
{
	const struct xe_atom *atom = &ctx->compiled.atoms[outlook->atom];
	const struct xe_match *match = ctx->compiled.matches + atom->first_match;
	bool decided = atom->row != XE_NO_ROW;
	json_t *matches = json_array();

	for (uint32_t i = 0; i < atom->n_matches; i++)
		json_array_append_new(matches, match_json(ctx, match[i].row, match[i].sense));
	return json_pack("{s:o, s:o, s:o, s:o}", "deciding",
			 decided ? match_json(ctx, atom->row, atom->sense) : json_null(), "miss",
			 decided ? json_null() : json_text(miss_text(atom->miss)), "matches",
			 matches, "enforce", explain_verdict_json(ctx, q, outlook));
}
