/* SPDX-License-Identifier: GPL-2.0-only */
/* What `check` says of verdicts: what the mode does, and what in the site is worth a second look.
 */
#ifndef XE_CMD_CHECK_VERDICTS_H
#define XE_CMD_CHECK_VERDICTS_H

#include <jansson.h>

#include "../policy/analyze.h"
#include "policy_ctx.h"

/* Warnings about verdicts, deny lists and addresses. 0 or -1, out of memory. */
int verdicts_warn(const struct policy_ctx *ctx, const struct analysis *analysis);

/* What enforce does, as lines on stdout. */
void verdicts_print(const struct policy_ctx *ctx);
/* The same; NULL: out of memory. */
json_t *verdicts_json(const struct policy_ctx *ctx);

#endif
