/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One policy in one mode, by the second oracle and by the program beside each other: every packet
 * goes to both, at a time that the caller sets, and what becomes of it must be the same.
 */
#ifndef XE_DATAPATH_LANE_H
#define XE_DATAPATH_LANE_H

#include "../oracle/guard_oracle.h"
#include "kernel/instance.h"

struct lane {
	const struct spec *spec;
	struct site site; /* the caller's, but for the mode; what it holds is the caller's */
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct compiled compiled;
	struct instance *instance;
	const char *nic; /* by which all packets enter: the site's first */
	struct guard_oracle *oracle;
	/* what must have been counted */
	struct xe_counter *atoms;
	struct xe_verdicts verdicts[XE_ROLES_MAX]; /* by role */
	struct xe_notes notes;
	struct xe_trace told; /* by the program, of the last packet */
	uint32_t action;      /* and what became of it, enum xdp_action */
	uint64_t packets;
};

/* A message on stdout and false if it can't be had. -E2BIG of the compiler: *too_large. */
bool lane_open(const struct spec *spec, const struct site *site, enum xe_mode mode,
	       struct lane *lane, bool *too_large);
void lane_close(struct lane *lane);

/*
 * A frame of 14 bytes or more at `now`. What the oracle says is in *out, which may be `open`: then
 * the program has not been asked. False on a difference, which is printed.
 */
bool lane_run(struct lane *lane, uint64_t now, const uint8_t *frame, size_t len,
	      struct guard_outcome *out);
/* The site again, with other verdicts or none, as a new generation in this mode. */
bool lane_reload(struct lane *lane, const struct site *site, enum xe_mode mode);
/* CLOCK_MONOTONIC ns from which on enforce only rehearses; 0: never. */
void lane_deadline(struct lane *lane, uint64_t deadline);

/*
 * Every counter there is against what the packets so far must have moved, if nothing was evicted.
 */
bool lane_totals(struct lane *lane);

#endif
