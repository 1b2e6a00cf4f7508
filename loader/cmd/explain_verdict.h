/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of the packet that `explain` is asked about. */
#ifndef XE_CMD_EXPLAIN_VERDICT_H
#define XE_CMD_EXPLAIN_VERDICT_H

#include <jansson.h>

#include "explain.h"
#include "outlook.h"

/* A line on stdout: what enforce makes of the packet, and the site's mode if it is another. */
void explain_verdict_print(const struct policy_ctx *ctx, const struct question *q,
			   const struct outlook *outlook);

/*
 * mode; verdict: pass, drop or needs-flow; otherwise: pass or drop, without that flow; the reason
 * of dropping; exempt: the name that it passes by; limit, limit_on. What does not apply is null.
 */
json_t *explain_verdict_json(const struct policy_ctx *ctx, const struct question *q,
			     const struct outlook *outlook);

#endif
