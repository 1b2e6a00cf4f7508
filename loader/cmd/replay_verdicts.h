/* SPDX-License-Identifier: GPL-2.0-only */
/* What became of the frames of a replay: verdicts one by one, and their sums as `stats` has them.
 */
#ifndef XE_CMD_REPLAY_VERDICTS_H
#define XE_CMD_REPLAY_VERDICTS_H

#include <jansson.h>

#include "../output/snapshot.h"
#include "policy_ctx.h"
#include "replay_flow.h"

struct replay_verdicts {
	const struct policy_ctx *ctx;
	bool enforced; /* what is dropped is, and not only counted so */
	struct xe_verdicts by_role[XE_ROLES_MAX];
	struct xe_notes notes;
	uint64_t first, now; /* the capture's clock, ns; the program's */
};

/* `side`: where the frames enter. */
void replay_verdicts_init(struct replay_verdicts *verdicts, const struct policy_ctx *ctx,
			  enum xe_side side);
/*
 * The program's clock for a frame captured at `at` (ns): that of the capture, begun anew an hour
 * after 0, so that ages can be told from the first frame on, and never going back.
 */
uint64_t replay_verdicts_clock(struct replay_verdicts *verdicts, uint64_t at);
/* Enter what the program said of a frame of `len` bytes. */
void replay_verdicts_count(struct replay_verdicts *verdicts, const struct xe_trace *trace,
			   const struct replay_flow *flow, uint32_t len);

/* " dropped: REASON", " would be dropped: REASON", " passes: NAME", or nothing. */
void replay_verdicts_print(const struct replay_verdicts *verdicts, const struct xe_trace *trace);
/* Members verdict, reason and exempt of a frame's object. 0 or -1. */
int replay_verdicts_json(const struct replay_verdicts *verdicts, const struct xe_trace *trace,
			 json_t *object);
/* Into a snapshot of one interface. 0 or -ENOMEM; then the caller frees what there is. */
int replay_verdicts_fill(const struct replay_verdicts *verdicts, struct snapshot *to);

#endif
