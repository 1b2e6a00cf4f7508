/* SPDX-License-Identifier: GPL-2.0-only */
/* What passed by name, and what happened to the tables that remember packets: counted by NIC. And
 * the constants that all of it goes by. */
#ifndef XE_BPF_NOTES_H
#define XE_BPF_NOTES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_edge.h"
#include "../maps/maps.h"

const volatile __u32 slot; /* of this NIC */
/* What the policy needs, bits of enum xe_feature; what is not set is not in the program loaded. */
const volatile __u32 features;
/* The policy's secret (maps.h), for hashes: odd numbers. */
const volatile __u64 hash_key[4];

static __always_inline void note_event(enum xe_event event)
{
	__u32 key = slot;
	struct xe_notes *its = bpf_map_lookup_elem(&notes, &key);

	if (its)
		its->events[event]++;
}

static __always_inline void note_exempt(enum xe_exempt exempt, __u64 bytes)
{
	__u32 key = slot;
	struct xe_notes *its = bpf_map_lookup_elem(&notes, &key);

	if (its && exempt < XE_EXEMPT_COUNT) {
		its->exempt[exempt].packets++;
		its->exempt[exempt].bytes += bytes;
	}
}

#endif
