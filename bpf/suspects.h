/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no row allows, kept for `xdp-edge suggest`: in an LRU map, by what packets of one kind
 * share. A flood must not cost a hash lookup a packet, so each CPU records a few packets a jiffy
 * only; the next one recorded then counts for all that were skipped before it. Sums stay exact,
 * shares become estimates: what is recorded of a flood are samples of it.
 */
#ifndef XE_BPF_SUSPECTS_H
#define XE_BPF_SUSPECTS_H

#include "parse.h"
#include "../maps/maps.h"

#define SUSPECTS_A_JIFFY 4

/*
 * Make the record of `next->key`, or add to the one there is, what next->fresh has. Another CPU may
 * have made it in between.
 */
static __attribute__((noinline)) int suspect_add(struct xe_suspicion *next)
{
	struct xe_suspect *fresh = &next->fresh, *known;

	fresh->first = fresh->last = bpf_ktime_get_ns();
	known = bpf_map_lookup_elem(&suspects, &next->key);
	if (!known) {
		if (!bpf_map_update_elem(&suspects, &next->key, fresh, BPF_NOEXIST))
			return 0;
		known = bpf_map_lookup_elem(&suspects, &next->key);
		if (!known)
			return -1;
	}
	__sync_fetch_and_add(&known->packets, fresh->packets);
	__sync_fetch_and_add(&known->bytes, fresh->bytes);
	__sync_fetch_and_add(&known->recorded, 1);
	known->last = fresh->last;
	known->reason = fresh->reason;
	if (fresh->syn)
		known->syn = 1;
	return 0;
}

/*
 * The service's port: a connection begins at it; of other packets it is the lower one, since ports
 * that a client takes at random are high. Without ports 0.
 */
static __always_inline void suspect_port(const struct flow *flow, struct xe_suspect_key *key)
{
	__u16 sport = bpf_ntohs(flow->sport), dport = bpf_ntohs(flow->dport);

	key->port = dport;
	if (flow->l4 != XE_L4_TCP_SYN && sport < dport) {
		key->port = sport;
		key->at_source = 1;
	}
}

static __always_inline void suspect_key(const struct flow *flow, __u32 nic,
					struct xe_suspect_key *key)
{
	__u64 *saddr = (__u64 *)key->saddr, *daddr = (__u64 *)key->daddr;

	if (flow->family == 4) {
		saddr[0] = daddr[0] = saddr[1] = daddr[1] = 0;
		*(__be32 *)saddr = flow->saddr4;
		*(__be32 *)daddr = flow->daddr4;
	} else {
		saddr[0] = bpf_cpu_to_be64(flow->saddr6.hi);
		saddr[1] = bpf_cpu_to_be64(flow->saddr6.lo);
		daddr[0] = bpf_cpu_to_be64(flow->daddr6.hi);
		daddr[1] = bpf_cpu_to_be64(flow->daddr6.lo);
	}
	key->family = flow->family;
	key->proto = flow->proto;
	key->at_source = 0;
	key->slot = nic;
	key->port = 0;
	key->vlan = flow_vlan(flow);
	if (flow->l4 == XE_L4_TCP || flow->l4 == XE_L4_TCP_SYN || flow->l4 == XE_L4_UDP)
		suspect_port(flow, key);
}

/* This CPU's next record. */
static __always_inline struct xe_suspicion *suspect_next(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&suspicion, &zero);
}

/*
 * Whether a packet of `len` bytes may be recorded; else it waits for the one after. In a flood most
 * packets cost no more than this.
 */
static __always_inline int suspect_due(__u64 len)
{
	struct xe_suspicion *next = suspect_next();
	__u64 jiffy = bpf_jiffies64();

	if (!next)
		return 0;
	if (next->jiffy != jiffy) {
		next->jiffy = jiffy;
		next->spent = 0;
	} else if (next->spent >= SUSPECTS_A_JIFFY) {
		next->packets++;
		next->bytes += len;
		return 0;
	}
	next->spent++;
	return 1;
}

/*
 * Remember a packet that is due and is dropped, or would be, as unmatched, unsolicited, ip-other or
 * ipsec, if the policy has XE_FEATURE_WATCH. Its flow is parsed whole (PARSE_OK), `nic` is the slot
 * it entered by, the index of its struct xe_nic, `len` that of the frame, `reason` an enum
 * xe_reason.
 */
static __always_inline void suspect_note(const struct flow *flow, __u32 nic, __u64 len,
					 __u32 reason)
{
	struct xe_suspicion *next = suspect_next();

	if (!next)
		return;
	suspect_key(flow, nic, &next->key);
	next->fresh.packets = next->packets + 1;
	next->fresh.bytes = next->bytes + len;
	next->fresh.reason = reason;
	next->fresh.syn = flow->l4 == XE_L4_TCP_SYN;
	next->fresh.recorded = 1;
	next->packets = 0;
	next->bytes = 0;
	suspect_add(next);
}

#endif
