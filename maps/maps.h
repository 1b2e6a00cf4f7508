/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every BPF map, one line of purpose each. Sizes of 1 are set by the loader, which knows the
 * policy. What the program never touches is declared here too, for its BTF: the loader creates
 * those maps.
 */
#ifndef XE_MAPS_H
#define XE_MAPS_H

#include <bpf/bpf_helpers.h>

#include "xdp_edge.h"

/*
 * Records in a value of the lists that user space reads: a system call takes some 120 ns a value,
 * whatever its size. What follows the last record is zeros.
 */
#define TOTALS_PER_VALUE  16
#define ATOMS_PER_VALUE	  128
#define MATCHES_PER_VALUE 512
#define ROWS_PER_VALUE	  16

/* Which generation is live, and how far its predecessors' counters have been folded. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_control);
} control SEC(".maps");

/* Two policy blocks; the live generation's low bit says which. The loader sets the value size, a
 * power of two. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 1 << 20);
} policy SEC(".maps");

/* Packets and bytes: [generation & 1][NIC slot][atom]. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_counter[XE_COUNTERS_PER_VALUE]);
} counters SEC(".maps");

/* What generations that are gone had counted, by row id and NIC: two slots, one of them committed.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_total[TOTALS_PER_VALUE]);
} totals SEC(".maps");

/* The NICs by slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XE_MAX_NICS);
	__type(key, __u32);
	__type(value, struct xe_interface);
} interfaces SEC(".maps");

/* What each atom of one generation means; frozen. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_atom[ATOMS_PER_VALUE]);
} atoms SEC(".maps");

/* The match sets of one generation's atoms, one behind the other; frozen. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_match[MATCHES_PER_VALUE]);
} matches SEC(".maps");

/* The rows of one generation, as the site had them; frozen. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_row[ROWS_PER_VALUE]);
} rows SEC(".maps");

/* --- policies that give verdicts ------------------------------------------------------------- */

/* The flows whose replies may pass. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_set);
} flows SEC(".maps");

/* The verdicts of first fragments. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_set);
} fragments SEC(".maps");

/* Token buckets, one a source and limited row. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_set);
} buckets SEC(".maps");

/* What the hashes of all that is remembered are keyed by; the programs have it as a constant. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[4]);
} secret SEC(".maps");

/* What was dropped, or would be: [NIC slot][role]. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_verdicts);
} verdicts SEC(".maps");

/* What passed by name, and what happened to the tables above: [NIC slot]. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_notes);
} notes SEC(".maps");

/* What payloads looked like, places as in `counters`. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_conformity[XE_COUNTERS_PER_VALUE]);
} conformity SEC(".maps");

/* The heaviest of what no row allows. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, XE_SUSPECTS_MAX);
	__type(key, struct xe_suspect_key);
	__type(value, struct xe_suspect);
} suspects SEC(".maps");

/* How many of those have been recorded of late; per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_suspicion);
} suspicion SEC(".maps");

/* `verdicts` as they stood, summed over CPUs, when the operator last set the baseline. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_verdicts);
} baseline SEC(".maps");

/* Names of the roles that `verdicts` counts for. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XE_ROLES_MAX);
	__type(key, __u32);
	__type(value, struct xe_role_name);
} roles SEC(".maps");

/* What a private instance is told and tells (trace). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_trace);
} trace SEC(".maps");

/* --- copies of packets ----------------------------------------------------------------------- */

/* Which packets are copied. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_capture);
} capture SEC(".maps");

/* Of which atoms, a bit each: [generation & 1][atom / 64]. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} chosen SEC(".maps");

/* What became of packets on the way to a copy: [NIC slot]. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xe_captured);
} captured SEC(".maps");

/* The copies: struct xe_sample with its bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} samples SEC(".maps");

#endif
