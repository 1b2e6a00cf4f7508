/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of packets from the kernel: programs that make them, in place of the attached ones for as
 * long as a capture runs, what those are asked for, and the ring that copies come by.
 *
 * Whoever reloads meanwhile puts the programs back that the policy needs, and until the capture has
 * been armed anew what comes in is neither looked at nor counted for it.
 *
 * The programs stop copying by themselves when nobody has extended their lease for a few seconds.
 * A command that was killed leaves them in place; they count and decide as the others do, and the
 * next reload, capture or load puts them away.
 */
#ifndef XE_KERNEL_CAPTURE_H
#define XE_KERNEL_CAPTURE_H

#include "capture_maps.h"
#include "store.h"

struct capture;

/* How much is copied, whatever the generation. */
struct capture_limits {
	uint32_t snap;	      /* bytes of a packet, 1 to XE_SNAP_MAX */
	uint32_t every;	      /* one packet of so many; 1: all */
	struct xe_limit rate; /* of copies a second; interval 0: no limit */
	uint32_t ring;	      /* bytes, a power of two */
};

/* What is copied, by one generation's atoms. See struct xe_capture. */
struct capture_filter {
	uint32_t generation;
	uint64_t slots, roles;
	uint32_t reasons;
	bool all;
	uint64_t *atoms; /* a bit each; NULL with `all` */
	size_t n_atoms;
};

/* Takes a copy; its bytes stand behind it. Not 0: capture_poll() returns, to be called again. */
typedef int (*capture_take)(void *arg, const struct xe_sample *sample);

/* Make the maps, sized for a loaded policy. 0 or a negative errno (reported). */
int capture_open(const struct store *store, const struct capture_limits *limits, capture_take take,
		 void *arg, struct capture **out);
/* Close them; the programs in place stay as they are. */
void capture_close(struct capture *capture);

/*
 * Ask for what the filter says, and put the programs that copy in place where they are not. The
 * caller holds the lock; the filter is of the live generation. 0 or a negative errno (reported);
 * then no program copies, and they are those that the live policy needs, as far as they can be:
 * those that a killed capture left are put away first.
 */
int capture_arm(struct capture *capture, struct store *store, const struct capture_filter *filter);
/* Put the programs back that the live policy needs, under the lock. 0 or a negative errno
 * (reported). */
int capture_disarm(struct store *store);

/* Whether the programs are still there, and the generation that was armed for is live and loaded.
 */
bool capture_in_place(const struct capture *capture, const struct store *store);

/* Go on copying for the next few seconds. */
void capture_extend(struct capture *capture);
/* Choose no packet any more, and wait for those that are being copied. 0 or a negative errno
 * (reported). */
int capture_stop(struct capture *capture);

/* Take what is in the ring; if nothing is, wait for it, `ms` milliseconds at most. 0, or a negative
 * errno (not reported). */
int capture_poll(struct capture *capture, int ms);

/* What became of the packets of a slot since capture_open(). 0 or a negative errno (not reported).
 */
int capture_counts(const struct capture *capture, uint32_t slot, struct xe_captured *out);

/* Whether programs that copy are attached to some NIC, and a command takes what they copy. */
enum capture_state { CAPTURE_NONE, CAPTURE_RUNNING, CAPTURE_LEFT };
enum capture_state capture_state(const struct store *store);
/* "none", "running", "left". */
const char *capture_state_text(enum capture_state state);

#endif
