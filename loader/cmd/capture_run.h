/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture from its first packet to its last: putting its programs in place, taking copies and
 * writing them, keeping the lease, following reloads, and putting everything back.
 */
#ifndef XE_CMD_CAPTURE_RUN_H
#define XE_CMD_CAPTURE_RUN_H

#include "capture_filter.h"
#include "cmd.h"

struct capture_request {
	struct capture_wants wants;
	struct capture_limits limits;
	uint64_t count;	   /* packets to write; 0: no end */
	uint64_t duration; /* ns; 0: no end */
	const char *path;  /* "-": standard output */
};

/* Capture packets of a loaded policy until there is a reason to end. What to exit with. */
int capture_run(const struct options *options, const char *name,
		const struct capture_request *request);

#endif
