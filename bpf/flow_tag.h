/* SPDX-License-Identifier: GPL-2.0-only */
/* Keyed hashes: of anything that is remembered, and of what tells one flow from another. Plain C.
 */
#ifndef XE_BPF_FLOW_TAG_H
#define XE_BPF_FLOW_TAG_H

#include "parse.h"

/*
 * The hash of what one CPU can take in a step: multiply by a secret, which is odd, and fold, after
 * Dietzfelbinger and others (see struct xe_roots). A bijection of the value: what differs in it
 * alone never meets.
 */
static __always_inline __u64 memory_fold(__u64 value, __u64 key)
{
	value *= key;
	return value ^ value >> 32;
}

/* The hash as it stands in an entry: 62 bits, the uppermost clear, and never 0, which is none. */
static __always_inline __u64 memory_tag(__u64 hash, __u64 key)
{
	return memory_fold(hash, key) >> 1 | 1;
}

/* --- what tells flows apart ------------------------------------------------------------------ */

/*
 * One end of a flow as a number. Both ends are added up, so that a flow's packets in either
 * direction have one hash: folded twice before, for what is only multiplied could be moved from one
 * end to the other.
 */
static __always_inline __u64 flow_end4(const volatile __u64 *key, __be32 addr, __be16 port,
				       __u8 proto)
{
	__u64 end = addr | (__u64)port << 32 | (__u64)proto << 48;

	return memory_fold(memory_fold(end, key[0]), key[1]);
}

static __always_inline __u64 flow_end6(const volatile __u64 *key, struct addr6 addr, __be16 port,
				       __u8 proto)
{
	__u64 end = memory_fold(addr.hi, key[0]) + addr.lo;

	end = memory_fold(end, key[1]) + ((__u64)port << 32 | (__u64)proto << 48 | 6);
	return memory_fold(memory_fold(end, key[0]), key[1]);
}

static __always_inline __u64 flow_source(const volatile __u64 *key, const struct flow *flow)
{
	return flow->family == 4 ? flow_end4(key, flow->saddr4, flow->sport, flow->proto)
				 : flow_end6(key, flow->saddr6, flow->sport, flow->proto);
}

static __always_inline __u64 flow_destination(const volatile __u64 *key, const struct flow *flow)
{
	return flow->family == 4 ? flow_end4(key, flow->daddr4, flow->dport, flow->proto)
				 : flow_end6(key, flow->daddr6, flow->dport, flow->proto);
}

/* The hash of a flow between two ends, the same for its packets in both directions. */
static __always_inline __u64 flow_between(const volatile __u64 *key, __u64 source,
					  __u64 destination)
{
	return memory_tag(source + destination, key[2]);
}

/* The hash of a packet's flow; `key` is the policy's secret. */
static __always_inline __u64 flow_tag4(const volatile __u64 *key, const struct flow *flow)
{
	return flow_between(key, flow_end4(key, flow->saddr4, flow->sport, flow->proto),
			    flow_end4(key, flow->daddr4, flow->dport, flow->proto));
}

static __always_inline __u64 flow_tag6(const volatile __u64 *key, const struct flow *flow)
{
	return flow_between(key, flow_end6(key, flow->saddr6, flow->sport, flow->proto),
			    flow_end6(key, flow->daddr6, flow->dport, flow->proto));
}

#endif
