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

/* A private instance's last atom (trace); an attached program never writes it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} last_atom SEC(".maps");

#endif
