// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts in the block against the site's words; see actions.h. */
#include "actions.h"

#include <string.h>

/* What the site as a whole makes of packets that rows allow. */
static bool has_flows(const struct site *site)
{
	return site->mode != XE_MODE_MONITOR && !site->state.off;
}

static const struct oracle_row *row_of(const struct checked *c, const char *id, size_t *at)
{
	size_t n;
	const struct oracle_row *rows = oracle_rows(c->oracle, &n);

	for (*at = 0; *at < n; (*at)++)
		if (strcmp(rows[*at].row->id, id) == 0)
			return &rows[*at];
	return NULL;
}

/* --- payload ---------------------------------------------------------------------------------- */

static bool app_has(const char *app, const char *word)
{
	char padded[256], wanted[64];

	snprintf(padded, sizeof(padded), "/%s/", app);
	snprintf(wanted, sizeof(wanted), "/%s/", word);
	return strstr(padded, wanted) != NULL;
}

static enum xe_payload payload_of(const struct row *row)
{
	if (!row->app)
		return XE_PAYLOAD_NONE;
	if (app_has(row->app, "STUN") || app_has(row->app, "MSTURN"))
		return XE_PAYLOAD_TURN;
	if (app_has(row->app, "RTP"))
		return XE_PAYLOAD_RTP;
	if (row->l4 & L4_TCP &&
	    (app_has(row->app, "TLS") || app_has(row->app, "MTLS") || app_has(row->app, "HTTPS")))
		return XE_PAYLOAD_TLS;
	return app_has(row->app, "DNS") ? XE_PAYLOAD_DNS : XE_PAYLOAD_NONE;
}

/* --- what is expected ------------------------------------------------------------------------- */

struct expected {
	struct xe_action action; /* its limit is 0 or 1: whether there is one */
	const struct oracle_row *limited;
};

/* As forward of a row that allows. */
static void expect_forward(const struct checked *c, const struct oracle_row *row, bool *flow,
			   struct expected *out)
{
	const struct verdict *verdict = oracle_row_verdict(c->oracle, row->row);

	*flow = has_flows(c->site) && !row->dhcp;
	if (c->site->mode != XE_MODE_MONITOR && verdict->kind == VERDICT_LIMIT &&
	    (*flow || verdict->limit.packets)) {
		out->action.limit = 1;
		out->limited = row;
	}
}

static void expect_reply(const struct checked *c, const struct answer *answer, struct expected *out)
{
	out->action.act = XE_ACT_REPLY;
	out->action.otherwise = XE_OTHERWISE_UNSOLICITED;
	for (size_t i = 0; i < answer->n_matches; i++) {
		size_t at;
		const struct oracle_row *row = row_of(c, answer->matches[i].id, &at);
		bool flow;

		if (answer->matches[i].sense != XE_FORWARD || row->annotation)
			continue;
		if (oracle_row_verdict(c->oracle, row->row)->kind == VERDICT_DENY) {
			out->action.otherwise = XE_OTHERWISE_DENY;
			return;
		}
		expect_forward(c, row, &flow, out);
		out->action.otherwise = flow ? XE_OTHERWISE_FORWARD : XE_OTHERWISE_PASS;
		return;
	}
}

static void expect_miss(enum xe_miss miss, struct expected *out)
{
	out->action.act = XE_ACT_MISS;
	out->action.miss = miss;
	if (miss == XE_MISS_MARTIAN || miss == XE_MISS_SPOOFED) {
		out->action.act = XE_ACT_DROP;
		out->action.reason =
			miss == XE_MISS_MARTIAN ? XE_REASON_MARTIAN : XE_REASON_SPOOFED;
	}
}

static void expect(const struct checked *c, const struct answer *answer, struct expected *out)
{
	const struct oracle_row *row;
	bool flow;
	size_t at;

	memset(out, 0, sizeof(*out));
	if (!answer->row) {
		expect_miss(answer->miss, out);
		return;
	}
	row = row_of(c, answer->row, &at);
	out->action.reply = answer->sense == XE_REPLY;
	out->action.payload = c->site->payload ? payload_of(row->row) : XE_PAYLOAD_NONE;
	if (row->deny_list || oracle_row_verdict(c->oracle, row->row)->kind == VERDICT_DENY) {
		out->action.act = XE_ACT_DROP;
		out->action.reason = row->deny_list ? XE_REASON_DENY_LIST : XE_REASON_DENY_ROW;
	} else if (answer->sense == XE_FORWARD) {
		expect_forward(c, row, &flow, out);
		out->action.act = flow ? XE_ACT_FORWARD : XE_ACT_PASS;
	} else if (has_flows(c->site) && !row->dhcp) {
		expect_reply(c, answer, out);
	} else {
		out->action.act = XE_ACT_PASS;
	}
}

/* --- what there is ---------------------------------------------------------------------------- */

static const void *block_at(const struct compiled *c, uint32_t offset, size_t i, size_t size)
{
	return (const char *)c->block + offset + i * size;
}

static bool limit_agrees(const struct checked *c, const struct compiled *compiled, uint16_t place,
			 const struct oracle_row *row)
{
	const struct xe_limit *limit =
		block_at(compiled, compiled->block->guard.limits, place - 1, sizeof(*limit));
	const struct limit *wanted = &oracle_row_verdict(c->oracle, row->row)->limit;

	return limit->interval == wanted->interval && limit->packets == wanted->packets &&
	       limit->tolerance == (wanted->burst - 1) * wanted->interval;
}

static bool end_agrees(const struct checked *c, const struct compiled *compiled, uint8_t family,
		       const uint8_t *addr, bool is_source)
{
	const struct xe_end *end = compiled_end(compiled, family, addr, is_source);
	const struct xe_guard *guard = &compiled->block->guard;
	size_t size = family == 4 ? 4 : 16;
	const uint8_t *other = NULL;
	struct oracle_address facts;

	oracle_address(c->oracle, family, addr, &facts);
	if (end->role != oracle_deepest_protected(c->oracle, &facts))
		return false;
	for (size_t i = 0; has_flows(c->site) && i < c->site->n_nats; i++) {
		const struct nat_pair *pair = &c->site->nats[i];

		if (pair->outside.family != family)
			continue;
		if (memcmp(pair->outside.addr, addr, size) == 0)
			other = pair->inside.addr;
		if (memcmp(pair->inside.addr, addr, size) == 0)
			other = pair->outside.addr;
	}
	if (!other || !end->nat)
		return !other && !end->nat;
	return memcmp(block_at(compiled, guard->nats, end->nat - 1, sizeof(struct xe_nat)), other,
		      size) == 0;
}

static bool gives_verdicts(const struct site *site)
{
	return site->mode != XE_MODE_MONITOR || site->suggest || site->payload;
}

static bool action_agrees(const struct checked *c, const struct compiled *compiled,
			  const struct expected *expected, uint32_t atom)
{
	const struct xe_action *action = compiled_action(compiled, atom);
	struct xe_action got = *action;

	if (got.limit &&
	    (!expected->limited || !limit_agrees(c, compiled, got.limit, expected->limited)))
		return false;
	got.limit = got.limit > 0;
	return memcmp(&got, &expected->action, sizeof(got)) == 0;
}

static void print_action(const char *who, const struct xe_action *a)
{
	printf("%s: act %u, reason %u, otherwise %u, payload %u, miss %u, reply %u, limit %u\n",
	       who, a->act, a->reason, a->otherwise, a->payload, a->miss, a->reply, a->limit);
}

bool actions_agree(struct checked *c, const struct tuple *t, const struct answer *answer,
		   uint32_t atom)
{
	const struct compiled *all[2] = {&c->compiled, &c->blocked};
	struct expected expected;

	expect(c, answer, &expected);
	for (int i = 0; i < 2; i++) {
		const struct compiled *compiled = all[i];

		if (!gives_verdicts(c->site) || !compiled->block->guard.features) {
			if (gives_verdicts(c->site) || compiled_action(compiled, atom)) {
				printf("DIFFERENCE: whether there are verdicts\n");
				return false;
			}
			continue;
		}
		if (!action_agrees(c, compiled, &expected, atom)) {
			printf("DIFFERENCE: the action\n");
			print_action("expected", &expected.action);
			print_action("policy", compiled_action(compiled, atom));
			return false;
		}
		if (!end_agrees(c, compiled, t->family, t->saddr, true) ||
		    !end_agrees(c, compiled, t->family, t->daddr, false)) {
			printf("DIFFERENCE: whose an address is, or what it is translated to\n");
			return false;
		}
	}
	return true;
}
