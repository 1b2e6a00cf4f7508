// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sender's program: each run writes the next headers of the trace over the frame and sends it
 * out of one device. Run by BPF_PROG_TEST_RUN with live frames, on one CPU a thread.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "sender.h"

const volatile __u32 device;	   /* ifindex */
const volatile __u32 frames;	   /* of the trace */
const volatile __u32 long_headers; /* SENDER_WORDS_LONG instead of SENDER_WORDS_SHORT */

struct sender_place places[SENDER_CPUS_MAX];

/* The trace: headers, in network byte order. Sizes are set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SENDER_WORDS_LONG * sizeof(__u64));
	__uint(max_entries, 1);
} trace SEC(".maps");

SEC("xdp")
int sender(struct xdp_md *ctx)
{
	struct sender_place *place = &places[bpf_get_smp_processor_id() % SENDER_CPUS_MAX];
	__u64 *to = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 key = place->next;
	const __u64 *from = bpf_map_lookup_elem(&trace, &key);

	if (!from || to + SENDER_WORDS_SHORT > end)
		return XDP_DROP;
#pragma unroll
	for (int i = 0; i < SENDER_WORDS_SHORT; i++)
		to[i] = from[i];
	if (long_headers) {
		if (to + SENDER_WORDS_LONG > end)
			return XDP_DROP;
#pragma unroll
		for (int i = SENDER_WORDS_SHORT; i < SENDER_WORDS_LONG; i++)
			to[i] = from[i];
	}
	key++;
	place->next = key == frames ? 0 : key;
	place->attempted++;
	return bpf_redirect(device, 0);
}

char LICENSE[] SEC("license") = "GPL";
