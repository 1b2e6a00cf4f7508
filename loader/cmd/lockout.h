/* SPDX-License-Identifier: GPL-2.0-only */
/* Nobody cuts off the SSH connection he is typing in. */
#ifndef XE_CMD_LOCKOUT_H
#define XE_CMD_LOCKOUT_H

#include "policy_ctx.h"

/*
 * Whether the compiled policy would drop what the SSH connection of this session sends to this
 * host, or the SYN of a new one like it. The connection is the one that SSH_CONNECTION names, of
 * this process or of the nearest ancestor that has it (sudo takes it away). Only a NIC of the site,
 * as packets come in by it, can drop any: in enforce, and on side mirror in every mode. What cannot
 * be told is said, and in enforce on stdout what was looked at: without a terminal, or by systemd,
 * there is no connection to be found, and one that a terminal multiplexer remembers may be an old
 * one. 0, or -EPERM, reported with what to do about it; with `force` reported only.
 */
int lockout_check(const struct policy_ctx *ctx, bool force);

#endif
