/* SPDX-License-Identifier: GPL-2.0-only */
/* What `explain` is asked, and its answer, in words and as JSON. */
#ifndef XE_CMD_EXPLAIN_H
#define XE_CMD_EXPLAIN_H

#include <jansson.h>

#include "outlook.h"
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

/* The side that a packet enters by, in words. 0, or -EINVAL with what is wrong in `why`. */
int question_side(const char *text, enum xe_side *side, char *why, size_t size);
/*
 * Who the ends of the tuple are; and the side, if it was not given: where the source lives, as far
 * as the site's own NICs have such a side. 0 or -ENOMEM; in any case question_free().
 */
int question_complete(const struct policy_ctx *ctx, struct question *q, bool side_given);
void question_free(struct question *q);

/* Of a policy that was just read: from here on it is as if it enforced. The site's own mode. */
enum xe_mode explain_prepare(struct policy_ctx *ctx);
/* Compile for the packets of one side, after explain_prepare(). 0 or a negative errno (reported).
 */
int explain_compile(struct policy_ctx *ctx, enum xe_side side, struct compiled *out);

/*
 * deciding: {row, sense}, or null and the miss; matches: [{row, sense}] in order; enforce: what
 * becomes of the packet (explain_verdict.h). `ctx` has been compiled for the question's side.
 */
json_t *explain_json(const struct policy_ctx *ctx, const struct question *q,
		     const struct outlook *outlook);

/*
 * On stdout: who the ends are, the match set in order, and why its first row decides, or why none
 * does. 0 or -ENOMEM.
 */
int explain_print(const struct policy_ctx *ctx, const struct question *q,
		  const struct xe_atom *atom);

#endif
