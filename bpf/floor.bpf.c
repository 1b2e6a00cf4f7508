// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the classifier is measured against: a bare verdict, and parse-and-count, the least that any
 * program must do that counts by header fields; each to pass and to drop. The parser is the shipped
 * one, and what is counted where is decided at each leaf of it, not at one exit with all fields
 * alive: a slow floor would flatter the classifier.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "parse.h"

#define FLOOR_COUNTERS 1024

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FLOOR_COUNTERS);
	__type(key, __u32);
	__type(value, struct xe_counter);
} floor_counters SEC(".maps");

/* The compiler that built the programs. */
const volatile char built_by[128] = __clang_version__;

/* Which counter. All fields that a classifier reads go in, so that none of the parsing is left out.
 */
static __always_inline __u32 floor_index(struct cursor *cursor, struct flow *flow)
{
	__u32 left, mixed;
	__be16 type;
	enum xe_miss miss = parse_link(cursor, flow, &type);

	if (miss != PARSE_OK)
		return miss;
	if (type == bpf_htons(ETH_P_IP)) {
		miss = parse_header4(cursor, flow, &left);
		if (miss != PARSE_OK)
			return miss;
		mixed = flow->saddr4 ^ flow->daddr4;
		miss = parse_transport(cursor, flow, left);
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		miss = parse_header6(cursor, flow, &left);
		if (miss != PARSE_OK)
			return miss;
		mixed = flow->saddr6.hi ^ flow->saddr6.lo ^ flow->daddr6.hi ^ flow->daddr6.lo;
		miss = parse_payload6(cursor, flow, left);
	} else {
		return missed(XE_MISS_NON_IP);
	}
	if (miss != PARSE_OK)
		return miss;
	return (mixed ^ flow->sport ^ flow->dport ^ flow->l4 ^ flow_vlan(flow)) % FLOOR_COUNTERS;
}

static __always_inline void floor_run(struct xdp_md *ctx)
{
	struct cursor cursor = {
		.pos = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	struct flow flow = {};
	__u64 len = cursor.end - cursor.pos;
	__u32 key = floor_index(&cursor, &flow);
	struct xe_counter *counter = bpf_map_lookup_elem(&floor_counters, &key);

	if (counter) {
		counter->packets++;
		counter->bytes += len;
	}
}

SEC("xdp")
int floor_pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

SEC("xdp")
int floor_drop(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_DROP;
}

SEC("xdp")
int floor_count(struct xdp_md *ctx)
{
	floor_run(ctx);
	return XDP_PASS;
}

SEC("xdp")
int floor_count_drop(struct xdp_md *ctx)
{
	floor_run(ctx);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
