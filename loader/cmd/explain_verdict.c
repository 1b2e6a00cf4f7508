// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of the packet that `explain` is asked about: in words, and as JSON. */
#include "explain_verdict.h"

#include <netinet/in.h>
#include <stdio.h>

#include "../output/json.h"
#include "../policy/limit.h"

/* The row that a reply without a flow is taken for, as forward; NULL: none. */
static const struct effective_row *forward_row(const struct policy_ctx *ctx,
					       const struct outlook *outlook)
{
	const struct xe_atom *atom = &ctx->compiled.atoms[outlook->atom];
	const struct xe_match *match = ctx->compiled.matches + atom->first_match;

	for (uint32_t i = 0; i < atom->n_matches; i++, match++)
		if (match->sense == XE_FORWARD && !ctx->policy.rows[match->row].annotation)
			return &ctx->policy.rows[match->row];
	return NULL;
}

static const struct effective_row *deciding_row(const struct policy_ctx *ctx,
						const struct outlook *outlook)
{
	uint32_t row = ctx->compiled.atoms[outlook->atom].row;

	return row == XE_NO_ROW ? NULL : &ctx->policy.rows[row];
}

/* The limit that the packet may meet, or NULL. */
static const struct limit *limit_of(const struct policy_ctx *ctx, const struct outlook *outlook)
{
	const struct effective_row *row = outlook->action->act == XE_ACT_REPLY
						  ? forward_row(ctx, outlook)
						  : deciding_row(ctx, outlook);

	return outlook->action->limit && row ? &row->verdict.limit : NULL;
}

static bool is_icmp(const struct tuple *t)
{
	return t->proto == (t->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* Nothing that comes before the names that always pass has dropped it. */
static bool may_pass_by_name(const struct outlook *outlook)
{
	return outlook->action->act == XE_ACT_MISS;
}

/* --- in words ----------------------------------------------------------------------------------
 */

static void print_limit(const struct policy_ctx *ctx, const struct outlook *outlook)
{
	const struct limit *limit = limit_of(ctx, outlook);
	char text[LIMIT_TEXT_MAX];

	if (!limit)
		return;
	limit_text(limit, text);
	printf("; %s beyond %s are dropped: %s", limit->packets ? "packets" : "new flows", text,
	       reason_text(XE_REASON_LIMITED));
}

static void print_otherwise(const struct policy_ctx *ctx, const struct outlook *outlook)
{
	const struct effective_row *row = forward_row(ctx, outlook);

	switch (outlook->action->otherwise) {
	case XE_OTHERWISE_FORWARD:
		printf("otherwise as forward of %s", row ? row->row->id : "?");
		print_limit(ctx, outlook);
		break;
	case XE_OTHERWISE_DENY:
		printf("otherwise dropped: %s, by %s", reason_text(XE_REASON_DENY_ROW),
		       row ? row->row->id : "?");
		break;
	default:
		printf("otherwise dropped: %s", reason_text(XE_REASON_UNSOLICITED));
		break;
	}
}

static void print_drop(const struct policy_ctx *ctx, const struct outlook *outlook)
{
	const struct effective_row *row = deciding_row(ctx, outlook);

	printf("dropped: %s", reason_text(outlook->reason));
	if (row)
		printf(", by %s", row->row->id);
}

/* Of ICMP, whose types are not asked for. */
static void print_icmp(const struct policy_ctx *ctx, int family)
{
	printf("; but these types pass by name: %s%s",
	       family == 4 ? "fragmentation needed (pmtu)"
			   : "packet too big (pmtu), neighbours' (nd)",
	       ctx->site.drop_echo ? "; echo is dropped: echo" : ", echo");
}

/* What comes before the verdict of enforce, if the packet does not meet enforce. */
static void print_mode(const struct question *q)
{
	if (q->side == XE_SIDE_MIRROR)
		printf("side mirror, only counted; in enforce elsewhere: ");
	else if (q->mode == XE_MODE_ENFORCE)
		printf("verdict: ");
	else
		printf("mode %s, passes; in enforce: ", mode_text(q->mode));
}

void explain_verdict_print(const struct policy_ctx *ctx, const struct question *q,
			   const struct outlook *outlook)
{
	print_mode(q);
	if (outlook->action->act == XE_ACT_REPLY) {
		printf("passes with a flow that forward packets began, ");
		print_otherwise(ctx, outlook);
	} else if (outlook->exempt) {
		printf("passes by name: %s", exempt_text(outlook->by));
	} else if (outlook->dropped) {
		print_drop(ctx, outlook);
	} else {
		printf(outlook->action->act == XE_ACT_FORWARD ? "passes, and its flow is remembered"
							      : "passes");
		print_limit(ctx, outlook);
	}
	if (is_icmp(&q->tuple) && outlook->dropped && may_pass_by_name(outlook))
		print_icmp(ctx, q->tuple.family);
	putchar('\n');
}

/* --- as JSON -----------------------------------------------------------------------------------
 */

static const char *verdict_word(const struct outlook *outlook)
{
	if (outlook->action->act == XE_ACT_REPLY)
		return "needs-flow";
	return outlook->dropped ? "drop" : "pass";
}

static const char *otherwise_word(const struct outlook *outlook)
{
	static const char *const words[] = {
		[XE_OTHERWISE_UNSOLICITED] = "drop",
		[XE_OTHERWISE_FORWARD] = "pass",
		[XE_OTHERWISE_DENY] = "drop",
	};

	return outlook->action->act == XE_ACT_REPLY ? words[outlook->action->otherwise] : NULL;
}

json_t *explain_verdict_json(const struct policy_ctx *ctx, const struct question *q,
			     const struct outlook *outlook)
{
	const struct limit *limit = limit_of(ctx, outlook);
	char text[LIMIT_TEXT_MAX];

	if (limit)
		limit_text(limit, text);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "mode", mode_text(q->mode),
			 "verdict", verdict_word(outlook), "otherwise",
			 json_text(otherwise_word(outlook)), "reason",
			 json_text(outlook->dropped ? reason_text(outlook->reason) : NULL),
			 "exempt", json_text(outlook->exempt ? exempt_text(outlook->by) : NULL),
			 "limit", json_text(limit ? text : NULL), "limit_on",
			 json_text(!limit	    ? NULL
				   : limit->packets ? "packets"
						    : "new-flows"));
}
