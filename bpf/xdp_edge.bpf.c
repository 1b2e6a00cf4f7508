// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDP program: parse, classify, count, act. One object a NIC, with shared maps; what differs
 * between NICs is `const volatile`. What a NIC or a use needs at all is a program of its own, made
 * of the same body, so that a feature that is off costs no instruction.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "classify.h"
#include "../maps/maps.h"

const volatile __u32 nic_at;	 /* byte offset of this NIC's struct xe_nic in a block */
const volatile __u32 epoch;	 /* of this program; not the live one: pass uncounted */
const volatile __u32 block_mask; /* bytes of a policy value - 4 */

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

static __always_inline void trace_atom(__u32 atom)
{
	__u32 zero = 0, *last = bpf_map_lookup_elem(&last_atom, &zero);

	if (last)
		*last = atom;
}

static __always_inline int act(const struct xe_nic *nic)
{
	_Static_assert(XDP_PASS - XDP_DROP == 1, "drop is 0 or 1");
	return XDP_PASS - nic->drop;
}

/* `frags`: frames of several buffers; `trace`: say which atom was counted. Both constants of the
 * caller. */
static __always_inline int run(struct xdp_md *ctx, const bool frags, const bool trace)
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
	__u32 key = 0, atom;
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
	if (frags) {
		__u64 whole = bpf_xdp_get_buff_len(ctx);

		cursor.more = whole - len;
		len = whole;
	}
	atom = classify_frame(&block, nic, &cursor, &flow);
	count(nic->counters + atom, len);
	if (trace)
		trace_atom(atom);
	return act(nic);
}

/* For NICs whose frames fit one buffer. */
SEC("xdp")
int xdp_edge(struct xdp_md *ctx)
{
	return run(ctx, false, false);
}

/* For NICs whose MTU needs several buffers. */
SEC("xdp.frags")
int xdp_edge_frags(struct xdp_md *ctx)
{
	return run(ctx, true, false);
}

/* For private instances, which run frames of any size and ask which atom each was. */
SEC("xdp.frags")
int xdp_edge_trace(struct xdp_md *ctx)
{
	return run(ctx, true, true);
}

char LICENSE[] SEC("license") = "GPL";
