/* SPDX-License-Identifier: GPL-2.0-only */
/* Drops, and what would be one: counted, and remembered for suggestions. */
#ifndef XE_BPF_DROPS_H
#define XE_BPF_DROPS_H

#include "fate.h"
#include "reading.h"
#include "suspects.h"

/* Record a packet that nothing allows, for suggestions. */
__attribute__((noinline)) int guard_suspect(struct xdp_md *ctx, __u32 reason)
{
	struct reading r = {};

	if (features & XE_FEATURE_WATCH && frame_read(ctx, &r) == PARSE_OK)
		suspect_note(&r.flow, slot, r.len, reason);
	return 0;
}

/* Whether what would be dropped is; `with`: enum xe_feature, a constant. */
static __always_inline int drop_enforced(const struct block *b, const struct xe_nic *nic,
					 const struct xe_control *live, const __u32 with)
{
	__u64 deadline;

	if (!guard_has(with, XE_FEATURE_GUARD) || b->header->guard.mode != XE_MODE_ENFORCE ||
	    nic->drop)
		return 0;
	deadline = *(volatile __u64 *)&live->deadline;
	return !deadline || guard_ns(with) <= deadline;
}

#define SUSPECT_REASONS                                                                       \
	(1u << XE_REASON_UNMATCHED | 1u << XE_REASON_UNSOLICITED | 1u << XE_REASON_IP_OTHER | \
	 1u << XE_REASON_IPSEC)

/* For which role a drop counts; 0: none. `source` and `destination`: the packet's leaves. */
static __always_inline __u32 drop_role(const struct block *b, __u32 source, __u32 destination,
				       __u32 fate)
{
	__u32 role = 0;

	if (fate >> FATE_ROLE)
		role = (fate >> FATE_ROLE) - 1;
	else if ((fate & FATE_REASON) < XE_REASON_NON_IP)
		role = guard_role(b, source, destination);
	return role; /* what has no addresses to be trusted is for nobody */
}

/* Count a drop, or what would be one. True: it is one. */
static __always_inline int drop_count(struct xdp_md *ctx, const struct block *b,
				      const struct flow *flow, __u32 fate, __u64 len, int enforced)
{
	__u32 reason = fate & FATE_REASON, at;
	struct xe_verdicts *its;

	at = drop_role(b, flow->source, flow->destination, fate);
	at = XE_VERDICTS_AT(slot, at);
	its = bpf_map_lookup_elem(&verdicts, &at);
	if (its) {
		struct xe_counter *counter = enforced ? its->dropped : its->would;

		counter[reason].packets++;
		counter[reason].bytes += len;
	}
	if (features & XE_FEATURE_WATCH && SUSPECT_REASONS >> reason & 1 && suspect_due(len))
		guard_suspect(ctx, reason);
	return enforced;
}

#endif
