// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the classifier is measured against: a bare pass, and parse-and-count, the least that any
 * program must do that counts by header fields. The parser is the shipped one, so a slow floor
 * flatters nobody.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct xe_counter);
} floor_counters SEC(".maps");

SEC("xdp")
int floor_pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

/* All parsed fields go into the index, so that the compiler leaves none of the parsing out. */
SEC("xdp")
int floor_count(struct xdp_md *ctx)
{
	struct cursor cursor = {
		.pos = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	struct flow flow = {};
	struct xe_counter *counter;
	__u64 len = cursor.end - cursor.pos;
	enum xe_miss miss;
	__be16 type;
	__u32 key;

	miss = parse_link(&cursor, &flow, &type);
	if (miss == PARSE_OK)
		miss = parse_network(&cursor, &flow, type);
	key = miss ^ flow.l4 ^ flow.vid[0] ^ flow.vid[1] ^ flow.sport ^ flow.dport ^ flow.saddr4 ^
	      flow.daddr4 ^ flow.saddr6.hi ^ flow.saddr6.lo ^ flow.daddr6.hi ^ flow.daddr6.lo;
	key &= 1023;
	counter = bpf_map_lookup_elem(&floor_counters, &key);
	if (counter) {
		counter->packets++;
		counter->bytes += len;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
