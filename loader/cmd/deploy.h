/* SPDX-License-Identifier: GPL-2.0-only */
/* What load, reload and unload share: one writer at a time, not to be interrupted halfway. */
#ifndef XE_CMD_DEPLOY_H
#define XE_CMD_DEPLOY_H

#include "../kernel/attach.h"
#include "enforce.h"
#include "policy_ctx.h"

/* Lock out other writers and hold back SIGINT, SIGTERM and SIGHUP. A lock, or a negative errno
 * (reported). */
int deploy_begin(const struct options *options);
void deploy_end(int lock);

/* Whether a load under that name was finished: 1, 0, or a negative errno (reported). */
int deploy_is_whole(const char *name);
/* Open what an interrupted load left of its maps, as far as there is any. 0 or a negative errno
 * (not reported). */
int deploy_open_partial(const char *name, struct store *out);

/* All interfaces exist (reported if not), and what would surprise about them is said. 0 or -ENODEV.
 */
int deploy_check_nics(const struct policy_ctx *ctx, enum attach_mode mode);
/*
 * Attach a NIC with a program of these features and epoch, and enter it under its slot. `again`:
 * the slot has counted for an interface of this name before. 0 or a negative errno (reported).
 */
struct deploy_program {
	enum attach_mode mode;
	uint32_t features; /* enum xe_feature */
	uint32_t epoch;
};
int deploy_attach(struct store *store, const struct nic *nic, const struct deploy_program *program,
		  bool again);

/*
 * Make a generation live whose block and meaning are in place, with the deadline that was asked
 * for. 0 or a negative errno (reported): then it is live all the same, and whether programs still
 * run with the old one is not known.
 */
int deploy_publish(struct store *store, const struct policy_ctx *ctx, const struct enforce *request,
		   uint32_t epoch, uint32_t generation);

/* What a command that ended with `err` (0 or a negative errno) exits with. */
int deploy_exit_code(int err);

#endif
