/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second oracle: what becomes of each packet of a sequence, by VERDICTS.md and nothing else. It
 * stands on the first oracle (which row decides) and on frame.c (what the frame says), and shares
 * no code with the program or the compiler. Flows, fragments and buckets are lists that are never
 * full: what tables of bounded size forget is for another test.
 */
#ifndef XE_ORACLE_GUARD_ORACLE_H
#define XE_ORACLE_GUARD_ORACLE_H

#include "frame.h"
#include "oracle.h"

struct guard_packet {
	uint64_t now;	 /* ns, never less than the one before */
	const char *nic; /* by which it enters */
	const uint8_t *frame;
	size_t len;
};

struct guard_outcome {
	/*
	 * Something that the packet asks for is between its time and a second more: it may be gone
	 * or not. Nothing has been remembered then and the rest is not set: ask at another time.
	 */
	bool open;
	bool drop; /* what enforce does with it */
	enum xe_reason reason;
	unsigned exempt; /* 1 + enum xe_exempt by which it passes, or 0 */
	bool enforced;	 /* counted as dropped, not as would be */
	bool dropped;	 /* XDP_DROP, for this or because it is a copy */
	unsigned role;	 /* that a drop is counted for: 1 + index in the spec, or 0 */
	bool new_flow;
	struct oracle_verdict counted; /* what its atom says; matches are valid until the next */
	struct frame_view view;
	int side; /* -1: no policy */
};

struct guard_oracle;

/* NULL when out of memory. spec and site must outlive it. */
struct guard_oracle *guard_oracle_new(const struct spec *spec, const struct site *site);
void guard_oracle_free(struct guard_oracle *guard);

/* Another generation: flows and buckets stay. False when out of memory. */
bool guard_oracle_reload(struct guard_oracle *guard, const struct spec *spec,
			 const struct site *site);
/* From then on, ns, enforce only rehearses; 0: never. */
void guard_oracle_deadline(struct guard_oracle *guard, uint64_t deadline);

void guard_oracle_judge(struct guard_oracle *guard, const struct guard_packet *packet,
			struct guard_outcome *out);

/* How many flows are alive for sure at `now`. */
size_t guard_oracle_flows(const struct guard_oracle *guard, uint64_t now);
/* The first oracle, to ask it more. */
struct oracle *guard_oracle_rows(const struct guard_oracle *guard);

#endif
