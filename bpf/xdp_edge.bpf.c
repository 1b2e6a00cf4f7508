// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDP program: parse, classify, count, act. One object a NIC, with shared maps; what differs
 * between NICs is `const volatile`. What a NIC or a use needs at all is a program of its own, made
 * of the same body, so that a feature that is off costs no instruction.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "capture.h"
#include "guard.h"
#include "../maps/maps.h"

const volatile __u32 nic_at; /* byte offset of this NIC's struct xe_nic in a block */
const volatile __u32 epoch;  /* of this program; not the live one: pass uncounted */

#define WITH_FRAGS (1u << 31) /* beside enum xe_feature: frames of several buffers */

static __always_inline void count(__u32 index, __u64 bytes)
{
	__u32 value = index / XE_COUNTERS_PER_VALUE;
	struct xe_counter *counter = bpf_map_lookup_elem(&counters, &value);

	if (counter) {
		counter += index % XE_COUNTERS_PER_VALUE;
		counter->packets++;
		counter->bytes += bytes;
	}
}

static __always_inline void tell(__u32 atom, __u32 fate)
{
	struct xe_trace *told = guard_trace();

	if (told) {
		told->atom = atom;
		told->verdict = fate != FATE_PASS;
		told->reason = fate == FATE_PASS ? 0 : fate;
	}
}

static __always_inline void tell_nothing(void)
{
	struct xe_trace *told = guard_trace();

	if (told)
		told->exempt = 0;
}

static __always_inline int act(const struct xe_nic *nic, __u32 dropped)
{
	_Static_assert(XDP_PASS - XDP_DROP == 1, "drop is 0 or 1");
	return XDP_PASS - (nic->drop | (dropped & 1));
}

/* `with`: enum xe_feature and WITH_FRAGS, a constant; what the caller leaves out costs nothing. */
static __always_inline int run(struct xdp_md *ctx, const __u32 with)
{
	struct cursor cursor = {
		.pos = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	struct flow flow = {};
	struct block block;
	const struct xe_nic *nic;
	struct xe_control *live;
	__u64 generation;
	__u32 key = 0, atom, fate = FATE_PASS, whole_fate = FATE_PASS, dropped = 0;
	__u64 len;

	live = bpf_map_lookup_elem(&control, &key);
	if (!live)
		return XDP_PASS;
	generation = *(volatile __u64 *)&live->live;
	if (generation >> 32 != epoch)
		return XDP_PASS;
	key = generation & 1;
	block.header = bpf_map_lookup_elem(&policy, &key);
	if (!block.header)
		return XDP_PASS;
	block.mask = block_mask;
	nic = (const void *)block.header + nic_at;

	len = cursor.end - cursor.pos;
	if (with & WITH_FRAGS) {
		__u64 whole = bpf_xdp_get_buff_len(ctx);

		cursor.more = whole - len;
		len = whole;
	}
	if (with & XE_FEATURE_TRACE)
		tell_nothing();
	if (guard_has(with, XE_FEATURE_STATE))
		flow.key = hash_key;
	atom = classify_frame(&block, nic, &cursor, &flow);
	if (guard_has(with, XE_FEATURE_WATCH | XE_FEATURE_GUARD | XE_FEATURE_PAYLOAD)) {
		fate = guard_glance(&block, atom, &flow, with);
		if (fate == FATE_CLOSER)
			fate = guard_closer(ctx, guarded_what(atom, generation),
					    guarded_leaves(&flow), flow.tag);
		if (fate != FATE_PASS)
			dropped = drop_count(ctx, &block, &flow, fate, len,
					     drop_enforced(&block, nic, live, with));
		if (guard_has(with, XE_FEATURE_GUARD) && flow.odd & ODD_FRAGMENT)
			guard_first_fragment(ctx, generation, fate);
		whole_fate = fate;
		fate &= FATE_ALONE;
		if (guard_has(with, XE_FEATURE_PAYLOAD) && fate != XE_REASON_UNSOLICITED &&
		    guard_action(&block, atom)->payload)
			guard_payload(ctx, guarded_what(atom, generation), guarded_leaves(&flow),
				      flow.tag, nic->counters + atom);
		if (guard_has(with, XE_FEATURE_STATE) && fate == XE_REASON_UNSOLICITED)
			atom = XE_MISS_UNSOLICITED;
	}
	count(nic->counters + atom, len);
	if (with & XE_FEATURE_TRACE)
		tell(atom, fate);
	if (with & XE_FEATURE_CAPTURE)
		capture_packet(ctx, guarded_what(atom, generation), guarded_leaves(&flow),
			       capture_verdict(whole_fate, dropped, act(nic, dropped)));
	return act(nic, dropped);
}

/* Monitor without suggestions. */
SEC("xdp")
int xdp_edge(struct xdp_md *ctx)
{
	return run(ctx, 0);
}

/* The same for NICs whose MTU needs several buffers, as all that follow. */
SEC("xdp.frags")
int xdp_edge_frags(struct xdp_md *ctx)
{
	return run(ctx, WITH_FRAGS);
}

/* Monitor with suggestions. */
SEC("xdp")
int xdp_edge_watch(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_WATCH);
}

SEC("xdp.frags")
int xdp_edge_watch_frags(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_WATCH | WITH_FRAGS);
}

/* Rehearse and enforce, without state. */
SEC("xdp")
int xdp_edge_guard(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD);
}

SEC("xdp.frags")
int xdp_edge_guard_frags(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD | WITH_FRAGS);
}

/* With payload classes; also of policies that only monitor. */
SEC("xdp")
int xdp_edge_guard_payload(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD | XE_FEATURE_PAYLOAD);
}

SEC("xdp.frags")
int xdp_edge_guard_payload_frags(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD | XE_FEATURE_PAYLOAD | WITH_FRAGS);
}

/* With flows. */
SEC("xdp")
int xdp_edge_state(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD | XE_FEATURE_STATE);
}

SEC("xdp.frags")
int xdp_edge_state_frags(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD | XE_FEATURE_STATE | WITH_FRAGS);
}

SEC("xdp")
int xdp_edge_state_payload(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD | XE_FEATURE_STATE | XE_FEATURE_PAYLOAD);
}

SEC("xdp.frags")
int xdp_edge_state_payload_frags(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_GUARD | XE_FEATURE_STATE | XE_FEATURE_PAYLOAD | WITH_FRAGS);
}

/* For private instances, which run frames of any size by any policy, and ask what came of each. */
SEC("xdp.frags")
int xdp_edge_trace(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_TRACE | WITH_FRAGS);
}

/* For as long as packets are copied, whatever the policy needs besides. */
SEC("xdp")
int xdp_edge_capture(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_CAPTURE);
}

SEC("xdp.frags")
int xdp_edge_capture_frags(struct xdp_md *ctx)
{
	return run(ctx, XE_FEATURE_CAPTURE | WITH_FRAGS);
}

char LICENSE[] SEC("license") = "GPL";
