// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody else's XDP program, for the test that ours shares a NIC with it: counts every packet
 * and passes it on.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Packets seen, on all CPUs together. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} other_packets SEC(".maps");

SEC("xdp")
int other(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *packets = bpf_map_lookup_elem(&other_packets, &key);

	if (packets)
		__sync_fetch_and_add(packets, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
