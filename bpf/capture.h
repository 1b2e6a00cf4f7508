/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of packets for `xdp-edge capture`: whether a packet is one of those asked for, and its
 * way into the ring. Only the programs that a capture puts in place for as long as it runs have
 * this; a packet that is not asked for costs them a few loads.
 */
#ifndef XE_BPF_CAPTURE_H
#define XE_BPF_CAPTURE_H

#include "buckets.h"
#include "drops.h"

/* What became of a packet, in one number: its fate (fate.h) whole, and these. */
#define CAPTURE_FATE	0xffffu
#define CAPTURE_DROPPED (1u << 16) /* for the reason that its fate names */
#define CAPTURE_ACTION	24	   /* from this bit on what the program returns */

static __always_inline __u32 capture_verdict(__u32 fate, __u32 dropped, __u32 action)
{
	return fate | (dropped & 1) << 16 | action << CAPTURE_ACTION;
}

static __always_inline int capture_has_atom(const struct xe_capture *asked, __u32 generation,
					    __u32 atom)
{
	__u32 at = (generation & 1) * asked->words + atom / 64;
	__u64 *word = bpf_map_lookup_elem(&chosen, &at);

	return word && *word >> atom % 64 & 1;
}

/* Whether a packet is asked for, by what the rows and the verdict made of it. */
static __always_inline int capture_asked(const struct xe_capture *asked, const struct xe_sample *of)
{
	int is_drop = of->reason < XE_REASON_COUNT;

	if (asked->reasons && !(is_drop && asked->reasons >> of->reason & 1))
		return 0;
	if (asked->all || capture_has_atom(asked, of->generation, of->atom))
		return 1;
	return is_drop && asked->roles >> (of->role & (XE_ROLES_MAX - 1)) & 1;
}

/*
 * A copy of at most `room` bytes, a power of two: the ring wants constants. 0, or -1: no room.
 */
static __always_inline int capture_copy(struct xdp_md *ctx, const struct xe_sample *of,
					const __u32 room)
{
	struct xe_sample *copy = bpf_ringbuf_reserve(&samples, sizeof(*copy) + room, 0);
	__u32 bytes = of->captured;

	if (!copy)
		return -1;
	*copy = *of;
	/* 1 to `room`, as it is already: for the verifier, and the compiler must not know it */
	asm volatile("" : "+r"(bytes));
	bytes = ((bytes - 1) & (room - 1)) + 1;
	if (bpf_xdp_load_bytes(ctx, 0, copy + 1, bytes)) {
		bpf_ringbuf_discard(copy, 0);
		return -1;
	}
	bpf_ringbuf_submit(copy, 0);
	return 0;
}

/* In the smallest of a few sizes. */
static __always_inline int capture_put(struct xdp_md *ctx, const struct xe_sample *of)
{
	if (of->captured <= 128)
		return capture_copy(ctx, of, 128);
	if (of->captured <= 512)
		return capture_copy(ctx, of, 512);
	if (of->captured <= 2048)
		return capture_copy(ctx, of, 2048);
	if (of->captured <= 16384)
		return capture_copy(ctx, of, 16384);
	return capture_copy(ctx, of, 65536);
}

/*
 * Copy a packet if it is asked for, and count what came of it. `what` and `leaves` as other
 * functions get them (fate.h), `verdict` by capture_verdict(). A function of its own to the
 * verifier.
 */
__attribute__((noinline)) int capture_packet(struct xdp_md *ctx, __u64 what, __u64 leaves,
					     __u32 verdict)
{
	const struct guarded g = guarded_of(what, leaves, 0);
	struct xe_sample sample = {
		.at = bpf_ktime_get_ns(),
		.generation = g.generation,
		.atom = g.atom,
		.slot = slot,
		.reason = verdict & FATE_ALONE,
		.dropped = (verdict & CAPTURE_DROPPED) != 0,
		.action = verdict >> CAPTURE_ACTION,
	};
	__u32 zero = 0, at = slot;
	struct xe_captured *its = bpf_map_lookup_elem(&captured, &at);
	struct xe_capture *asked = bpf_map_lookup_elem(&capture, &zero);
	struct block b;

	if (!its || !asked)
		return 0;
	its->seen++;
	if (!(asked->slots >> (slot & (XE_MAX_NICS - 1)) & 1))
		return 0;
	if (*(volatile __u32 *)&asked->generation[g.generation & 1] != g.generation) {
		its->stale++;
		return 0;
	}
	if (sample.reason < XE_REASON_COUNT && !guard_block(g.generation, &b))
		sample.role = drop_role(&b, g.source, g.destination, verdict & CAPTURE_FATE);
	if (!capture_asked(asked, &sample))
		return 0;
	its->chosen++;
	if (sample.at >= *(volatile __u64 *)&asked->lease) {
		its->expired++;
		return 0;
	}
	if (asked->every > 1 && __sync_fetch_and_add(&asked->nth, 1) % asked->every) {
		its->sampled_out++;
		return 0;
	}
	if (asked->rate.interval && !limit_spend(&asked->full, &asked->rate, sample.at)) {
		its->limited++;
		return 0;
	}
	sample.length = bpf_xdp_get_buff_len(ctx);
	sample.captured = sample.length < asked->snap ? sample.length : asked->snap;
	if (capture_put(ctx, &sample))
		its->lost++;
	else
		its->copied++;
	return 0;
}

#endif
