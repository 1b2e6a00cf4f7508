/* SPDX-License-Identifier: GPL-2.0-only */
/* What `explain` is asked, and its answer in words. */
#ifndef XE_CMD_EXPLAIN_H
#define XE_CMD_EXPLAIN_H

#include "policy_ctx.h"
#include "tuple_text.h"

struct question {
	struct tuple tuple;
	enum xe_side side;
	const char *assumed; /* why this side; NULL: the user said so */
	bool kernel;
	enum xe_mode mode; /* of the site; it is compiled as if it enforced */
	/* who the ends are */
	bool *source_roles, *destination_roles;
	unsigned source_sides, destination_sides;
};

/*
 * On stdout: who the ends are, the match set in order, and why its first row decides, or why none
 * does. 0 or -ENOMEM.
 */
int explain_print(const struct policy_ctx *ctx, const struct question *q,
		  const struct xe_atom *atom);

#endif
