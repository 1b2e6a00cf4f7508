// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts compiled: features, limits, actions; see guard.h. VERDICTS.md is what it follows. */
#include "guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "diag.h"

/* --- features and limits --------------------------------------------------------------------- */

static unsigned features_of(const struct site *site)
{
	unsigned features = 0;

	if (site->suggest)
		features |= XE_FEATURE_WATCH;
	if (site->payload)
		features |= XE_FEATURE_PAYLOAD;
	if (site->mode == XE_MODE_MONITOR)
		return features;
	features |= XE_FEATURE_GUARD;
	if (!site->state.off)
		features |= XE_FEATURE_STATE;
	if (!site->state.off && site->n_nats)
		features |= XE_FEATURE_NAT;
	return features;
}

/* Whether packets that the row decides forward begin a flow. */
static bool begins_flow(const struct guard *guard, const struct effective_row *row)
{
	return guard->features & XE_FEATURE_STATE && !row->dhcp;
}

/* Whether some packet is asked of the row's limit. */
static bool has_limit(const struct guard *guard, const struct effective_row *row)
{
	return guard->features & XE_FEATURE_GUARD && row->active && !row->annotation &&
	       row->verdict.kind == VERDICT_LIMIT &&
	       (row->verdict.limit.packets || begins_flow(guard, row));
}

/* The same for a row in all generations: FNV-1a of its id (Fowler, Noll, Vo), mixed. */
static uint64_t row_key(const char *id)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *id; id++)
		hash = (hash ^ (uint8_t)*id) * 0x100000001b3u;
	return zobrist_mix(hash);
}

#define LIMITS_MAX UINT16_MAX

static int make_limits(const struct policy *policy, struct guard *out)
{
	out->limits = calloc(policy->n_rows + 1, sizeof(*out->limits));
	out->limit_of = calloc(policy->n_rows + 1, sizeof(*out->limit_of));
	if (!out->limits || !out->limit_of)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_rows; i++) {
		const struct effective_row *row = &policy->rows[i];
		const struct limit *limit = &row->verdict.limit;

		if (!has_limit(out, row))
			continue;
		if (out->n_limits == LIMITS_MAX) {
			diag_error(
				policy->site->path, 0, 0, NULL,
				"more than %u rows with a limit, the most that a policy can hold",
				LIMITS_MAX);
			return -E2BIG;
		}
		out->limits[out->n_limits++] = (struct xe_limit){
			.interval = limit->interval,
			.tolerance = (limit->burst - 1) * limit->interval,
			.key = row_key(row->row->id),
			.packets = limit->packets,
		};
		out->limit_of[i] = out->n_limits;
	}
	if (out->n_limits)
		out->features |= XE_FEATURE_LIMITS;
	return 0;
}

int guard_make(const struct policy *policy, struct guard *out)
{
	*out = (struct guard){.features = features_of(policy->site)};
	if (out->features && policy->spec->n_roles >= XE_ROLES_MAX) {
		diag_error(policy->spec->dir, 0, 0, NULL,
			   "%zu roles; verdicts are counted for %u at most", policy->spec->n_roles,
			   XE_ROLES_MAX - 1);
		return -E2BIG;
	}
	return make_limits(policy, out);
}

void guard_free(struct guard *guard)
{
	free(guard->limits);
	free(guard->limit_of);
	*guard = (struct guard){0};
}

/* --- actions --------------------------------------------------------------------------------- */

static bool names_one(const char *app, const char *const *names)
{
	for (; *names; names++) {
		size_t len = strlen(*names);

		for (const char *at = app; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
			if (!strncmp(at, *names, len) && (!at[len] || at[len] == '/'))
				return true;
	}
	return false;
}

enum xe_payload row_payload(const struct row *row)
{
	static const struct {
		enum xe_payload payload;
		const char *names[4];
		unsigned l4;
	} apps[] = {
		{XE_PAYLOAD_TURN, {"STUN", "MSTURN"}, L4_TCP | L4_UDP},
		{XE_PAYLOAD_RTP, {"RTP"}, L4_TCP | L4_UDP},
		{XE_PAYLOAD_TLS, {"TLS", "MTLS", "HTTPS"}, L4_TCP},
		{XE_PAYLOAD_DNS, {"DNS"}, L4_TCP | L4_UDP},
	};

	for (size_t i = 0; row->app && i < sizeof(apps) / sizeof(*apps); i++)
		if (row->l4 & apps[i].l4 && names_one(row->app, apps[i].names))
			return apps[i].payload;
	return XE_PAYLOAD_NONE;
}

static struct xe_action action_of_miss(enum xe_miss miss)
{
	static const uint8_t reasons[XE_MISS_COUNT] = {
		[XE_MISS_MARTIAN] = XE_REASON_MARTIAN,
		[XE_MISS_SPOOFED] = XE_REASON_SPOOFED,
		[XE_MISS_UNSOLICITED] = XE_REASON_UNSOLICITED,
		[XE_MISS_MALFORMED] = XE_REASON_MALFORMED,
		[XE_MISS_TOO_DEEP] = XE_REASON_TOO_DEEP,
	};

	/* reason 0 is unmatched, which is looked at more closely */
	if (!reasons[miss])
		return (struct xe_action){.act = XE_ACT_MISS, .miss = miss};
	return (struct xe_action){.act = XE_ACT_DROP, .reason = reasons[miss], .miss = miss};
}

/* What passes as forward of a row, with its limit. */
static void pass_forward(const struct build *b, uint32_t row, struct xe_action *action)
{
	bool begins = begins_flow(&b->guard, &b->policy->rows[row]);

	action->act = begins ? XE_ACT_FORWARD : XE_ACT_PASS;
	action->limit = b->guard.limit_of[row];
}

/* A reply without a flow: the first later row that it is forward of takes the deciding one's place.
 */
static void without_flow(const struct build *b, const struct xe_match *matches, size_t n,
			 struct xe_action *action)
{
	for (size_t i = 0; i < n; i++) {
		const struct effective_row *row = &b->policy->rows[matches[i].row];

		if (matches[i].sense != XE_FORWARD || row->annotation)
			continue;
		if (row->verdict.kind == VERDICT_DENY) {
			action->otherwise = XE_OTHERWISE_DENY;
			return;
		}
		action->otherwise =
			begins_flow(&b->guard, row) ? XE_OTHERWISE_FORWARD : XE_OTHERWISE_PASS;
		action->limit = b->guard.limit_of[matches[i].row];
		return;
	}
	action->otherwise = XE_OTHERWISE_UNSOLICITED;
}

static struct xe_action action_of(const struct build *b, const struct xe_atom *atom)
{
	const struct effective_row *row;
	struct xe_action action = {.act = XE_ACT_PASS};

	if (!b->guard.features)
		return action;
	if (atom->row == XE_NO_ROW)
		return action_of_miss(atom->miss);
	row = &b->policy->rows[atom->row];
	action.reply = atom->sense == XE_REPLY;
	if (b->guard.features & XE_FEATURE_PAYLOAD)
		action.payload = row_payload(row->row);
	if (row->deny_list || row->verdict.kind == VERDICT_DENY) {
		action.act = XE_ACT_DROP;
		action.reason = row->deny_list ? XE_REASON_DENY_LIST : XE_REASON_DENY_ROW;
	} else if (atom->sense == XE_FORWARD) {
		pass_forward(b, atom->row, &action);
	} else if (begins_flow(&b->guard, row)) {
		action.act = XE_ACT_REPLY;
		without_flow(b, b->out->matches + atom->first_match, atom->n_matches, &action);
	} else {
		action.act = XE_ACT_PASS;
	}
	return action;
}

/* --- in the block ---------------------------------------------------------------------------- */

#define WORD		  sizeof(uint32_t)
#define LINE		  (64 / WORD)
#define TO_WORDS(n, type) ((n) * sizeof(type) / WORD)

static size_t n_nats(const struct build *b)
{
	return b->guard.features & XE_FEATURE_NAT ? 2 * b->policy->site->n_nats : 0;
}

size_t guard_words(const struct build *b)
{
	size_t actions = TO_WORDS(b->atoms.list.n, struct xe_action);

	if (!b->guard.features)
		return actions;
	return actions + TO_WORDS(b->addresses.sources.n, struct xe_end) +
	       TO_WORDS(b->addresses.destinations.n, struct xe_end) +
	       TO_WORDS(n_nats(b), struct xe_nat) + TO_WORDS(b->guard.n_limits, struct xe_limit);
}

/* Room for `words`, a cache line aligned; *offset in bytes. */
static int reserve(struct build *b, size_t words, uint32_t *offset)
{
	long at = block_words(&b->block, words, LINE);

	if (at < 0)
		return at;
	*offset = at * WORD;
	return 0;
}

static void *at_offset(struct build *b, uint32_t offset)
{
	return (char *)b->block.words + offset;
}

static int put_actions(struct build *b, struct xe_guard *header)
{
	size_t n = b->out->n_atoms;
	int err = reserve(b, TO_WORDS(n, struct xe_action), &header->actions);
	struct xe_action *actions;

	if (err)
		return err;
	actions = at_offset(b, header->actions);
	for (size_t i = 0; i < n; i++)
		actions[i] = action_of(b, &b->out->atoms[i]);
	return 0;
}

static int put_ends(struct build *b, const struct address_side *side, uint32_t *offset)
{
	int err = reserve(b, TO_WORDS(side->n, struct xe_end), offset);
	struct xe_end *ends;

	if (err)
		return err;
	ends = at_offset(b, *offset);
	for (size_t i = 0; i < side->n; i++)
		ends[i] = side->v[i].verdicts;
	return 0;
}

/* Two for each pair, in the order of marks.h: what the outside address becomes, then the inside. */
static int put_nats(struct build *b, struct xe_guard *header)
{
	int err = reserve(b, TO_WORDS(n_nats(b), struct xe_nat), &header->nats);
	struct xe_nat *nats;

	if (err)
		return err;
	nats = at_offset(b, header->nats);
	for (size_t i = 0; i < n_nats(b) / 2; i++) {
		const struct nat_pair *pair = &b->policy->site->nats[i];

		memcpy(nats[2 * i].other, pair->inside.addr, sizeof(nats->other));
		memcpy(nats[2 * i + 1].other, pair->outside.addr, sizeof(nats->other));
	}
	return 0;
}

static int put_limits(struct build *b, struct xe_guard *header)
{
	int err = reserve(b, TO_WORDS(b->guard.n_limits, struct xe_limit), &header->limits);

	if (!err && b->guard.n_limits)
		memcpy(at_offset(b, header->limits), b->guard.limits,
		       b->guard.n_limits * sizeof(*b->guard.limits));
	return err;
}

/* A tick may be nearly over when it is first seen. */
static uint32_t ticks(uint32_t seconds)
{
	uint64_t tick = 1ull << XE_TICK_SHIFT;

	return (seconds * 1000000000ull + tick - 1) / tick + 1;
}

int guard_put(struct build *b, struct xe_guard *header)
{
	const struct site *site = b->policy->site;
	int err;

	/*
	 * Also where there are no features: for a moment of a reload a program that looks at
	 * actions may run by a policy that has no use for them.
	 */
	if (!b->guard.features)
		return put_actions(b, header);
	header->mode = site->mode;
	header->features = b->guard.features;
	header->drop_foreign = site->drop_foreign;
	header->drop_non_ip = site->drop_non_ip;
	header->drop_echo = site->drop_echo;
	header->pass_orphans = site->pass_orphans;
	for (int i = 0; i < XE_LIFE_COUNT; i++)
		header->life[i] = ticks(site->state.life[i]);
	err = put_actions(b, header);
	if (!err)
		err = put_ends(b, &b->addresses.sources, &header->sources);
	if (!err)
		err = put_ends(b, &b->addresses.destinations, &header->destinations);
	if (!err)
		err = put_nats(b, header);
	return err ? err : put_limits(b, header);
}

/* --- what is remembered ---------------------------------------------------------------------- */

uint32_t guard_sets(uint32_t n)
{
	uint32_t sets = 1;

	while (sets * XE_WAYS < 2ull * n)
		sets *= 2;
	return sets;
}

uint32_t guard_remembers(const struct build *b, unsigned feature)
{
	const struct state_config *state = &b->policy->site->state;

	switch (b->guard.features & feature) {
	case XE_FEATURE_STATE:
		return state->flows;
	case XE_FEATURE_GUARD:
		return state->fragments;
	case XE_FEATURE_LIMITS:
		return state->sources;
	default:
		return 0;
	}
}

size_t guard_state_bytes(const struct build *b)
{
	static const unsigned remembering[] = {XE_FEATURE_STATE, XE_FEATURE_GUARD,
					       XE_FEATURE_LIMITS};
	size_t sets = 0;

	for (size_t i = 0; i < sizeof(remembering) / sizeof(*remembering); i++) {
		uint32_t n = guard_remembers(b, remembering[i]);

		if (n)
			sets += guard_sets(n);
	}
	return sets * sizeof(struct xe_set);
}

const struct xe_action *compiled_action(const struct compiled *compiled, uint32_t atom)
{
	uint32_t actions = compiled->block->guard.actions;

	if (!compiled->block->guard.features || atom >= compiled->n_atoms)
		return NULL;
	return (const struct xe_action *)((const char *)compiled->block + actions) + atom;
}
