// SPDX-License-Identifier: GPL-2.0-only
/*
 * A prologue for measurements with many different packets: BPF_PROG_TEST_RUN repeats one frame, so
 * this writes the next header of a trace into the frame and then runs the program under test by a
 * tail call. One prologue for all programs; what it costs is measured with the bare verdict behind
 * it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "rotate.h"

/* The headers, one behind the other. The loader sets how many. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rotate_header);
} trace SEC(".maps");

/* The programs under test, one a slot. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, ROTATE_PROGRAMS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} programs SEC(".maps");

__u32 length; /* headers of the trace in use */
__u32 next;   /* header of the next run */
__u32 target; /* slot of the program under test */

SEC("xdp")
int rotate(struct xdp_md *ctx)
{
	char *frame = (char *)(long)ctx->data;
	__u32 key = next;
	const struct rotate_header *header = bpf_map_lookup_elem(&trace, &key);

	if (!header || frame + ROTATE_END > (char *)(long)ctx->data_end)
		return XDP_ABORTED;
	for (int i = 0; i < ROTATE_WORDS; i++)
		*(__u64 *)(frame + ROTATE_START + i * 8) = header->words[i];
	next = key + 1 < length ? key + 1 : 0;
	bpf_tail_call(ctx, &programs, target);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
