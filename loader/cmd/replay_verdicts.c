// SPDX-License-Identifier: GPL-2.0-only
/* What became of the frames of a replay. */
#include "replay_verdicts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../output/json.h"

#define CLOCK_BEGINS (3600ull * 1000000000)

static uint32_t features_of(const struct policy_ctx *ctx)
{
	return ctx->compiled.block->guard.features;
}

void replay_verdicts_init(struct replay_verdicts *verdicts, const struct policy_ctx *ctx,
			  enum xe_side side)
{
	memset(verdicts, 0, sizeof(*verdicts));
	verdicts->ctx = ctx;
	verdicts->enforced = ctx->site.mode == XE_MODE_ENFORCE && side != XE_SIDE_MIRROR;
}

uint64_t replay_verdicts_clock(struct replay_verdicts *verdicts, uint64_t at)
{
	if (!verdicts->now) {
		verdicts->first = at;
		verdicts->now = CLOCK_BEGINS;
	}
	if (at > verdicts->first && at - verdicts->first + CLOCK_BEGINS > verdicts->now)
		verdicts->now = at - verdicts->first + CLOCK_BEGINS;
	return verdicts->now;
}

/* Whom it is counted for: the destination's role, else the source's. */
static unsigned role_of(const struct compiled *compiled, const struct replay_flow *flow)
{
	const struct xe_end *end;

	if (!flow->family)
		return 0;
	end = compiled_end(compiled, flow->family, flow->daddr, false);
	if (end && !end->role)
		end = compiled_end(compiled, flow->family, flow->saddr, true);
	return end ? end->role : 0;
}

static void add(struct xe_counter *counter, uint32_t len)
{
	counter->packets++;
	counter->bytes += len;
}

void replay_verdicts_count(struct replay_verdicts *verdicts, const struct xe_trace *trace,
			   const struct replay_flow *flow, uint32_t len)
{
	if (trace->verdict) {
		/* what has no addresses to be trusted is for nobody, as in the program */
		unsigned role = trace->reason < XE_REASON_NON_IP
					? role_of(&verdicts->ctx->compiled, flow)
					: 0;
		struct xe_verdicts *sums = &verdicts->by_role[role < XE_ROLES_MAX ? role : 0];

		add(verdicts->enforced ? &sums->dropped[trace->reason]
				       : &sums->would[trace->reason],
		    len);
	} else if (trace->exempt) {
		add(&verdicts->notes.exempt[trace->exempt - 1], len);
	}
}

void replay_verdicts_print(const struct replay_verdicts *verdicts, const struct xe_trace *trace)
{
	if (trace->verdict)
		printf(" %s: %s", verdicts->enforced ? "dropped" : "would be dropped",
		       reason_text(trace->reason));
	else if (trace->exempt)
		printf(" passes: %s", exempt_text(trace->exempt - 1));
}

int replay_verdicts_json(const struct replay_verdicts *verdicts, const struct xe_trace *trace,
			 json_t *object)
{
	bool given = features_of(verdicts->ctx), drop = trace->verdict;

	return json_object_set_new(object, "verdict",
				   json_text(!given ? NULL
					     : drop ? "drop"
						    : "pass")) ||
	       json_object_set_new(object, "reason",
				   json_text(drop ? reason_text(trace->reason) : NULL)) ||
	       json_object_set_new(
		       object, "exempt",
		       json_text(!drop && trace->exempt ? exempt_text(trace->exempt - 1) : NULL));
}

int replay_verdicts_fill(const struct replay_verdicts *verdicts, struct snapshot *to)
{
	const struct spec *spec = verdicts->ctx->policy.spec;
	struct snapshot_guard *guard = &to->guard;
	size_t n_roles = spec->n_roles + 1;

	guard->features = features_of(verdicts->ctx);
	guard->mode = verdicts->ctx->site.mode;
	guard->baseline_at = time(NULL);
	if (!guard->features)
		return 0;
	if (n_roles > XE_ROLES_MAX)
		n_roles = XE_ROLES_MAX;
	/* one more interface: those that are gone */
	guard->roles = calloc(n_roles, sizeof(*guard->roles));
	guard->verdicts = calloc(2 * n_roles, sizeof(*guard->verdicts));
	guard->notes = calloc(2, sizeof(*guard->notes));
	if (!guard->roles || !guard->verdicts || !guard->notes)
		return -ENOMEM;
	guard->n_roles = n_roles;
	for (size_t i = 1; i < n_roles; i++)
		snprintf(guard->roles[i].name, sizeof(guard->roles[i].name), "%s",
			 spec->roles[i - 1].name);
	memcpy(guard->verdicts, verdicts->by_role, n_roles * sizeof(*guard->verdicts));
	guard->notes[0] = verdicts->notes;
	return 0;
}
