/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a packet as far as the policy alone tells (VERDICTS.md): of one that meets an
 * empty memory, without flows, fragments and buckets. For `explain` and for the check that nobody
 * locks himself out.
 */
#ifndef XE_CMD_OUTLOOK_H
#define XE_CMD_OUTLOOK_H

#include "policy_ctx.h"

struct outlook {
	uint32_t atom;	  /* the packet's */
	uint32_t counted; /* what it is counted under: atom, or the miss `unsolicited` */
	const struct xe_action *action;
	bool dropped;	       /* in enforce */
	enum xe_reason reason; /* if so */
	bool exempt;	       /* it passes by name */
	enum xe_exempt by;
};

/*
 * `ctx` compiled with verdicts: its site's mode is not monitor. The packet carries no ICMP header:
 * what passes by an ICMP type does not.
 */
void outlook_get(const struct policy_ctx *ctx, enum xe_side side, const struct tuple *tuple,
		 struct outlook *out);

#endif
