/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries: what the compiler matches. One for each active (row, sense), in the order of the match
 * set, so that a sorted list of entries is a match set already. A row whose ports may match at
 * either end gives two. Their ends and port sets are numbered: what many rows share is one.
 */
#ifndef XE_POLICY_ENTRIES_H
#define XE_POLICY_ENTRIES_H

#include "intern.h"
#include "resolve.h"
#include "zobrist.h"

/* A distinct end: the addresses that one end of a packet may have. */
struct policy_end {
	const struct end *end;
	bool is_client; /* DHCP: 0.0.0.0 and broadcast belong here too */
	/* some entry has it as its packet's source, destination */
	bool as_source, as_destination;
};

#define END_ID_ANY  0 /* every address */
#define PORT_ID_ANY 0 /* every port */

struct entry {
	const struct effective_row *row;
	uint32_t row_index; /* in policy->rows */
	enum xe_sense sense;
	/*
	 * As the packet has them: of a reply, the row's source end is the packet's destination. Ids
	 * of ends, and of port sets.
	 */
	uint32_t source, destination, sports, dports;
	unsigned kinds;	   /* bit mask of enum xe_l4: packets that it can match at all */
	bool limits_sport; /* sports is not any */
	set_hash hash;
};

/* The entries between two ends: an address pair has all of a group or none. */
struct entry_group {
	uint32_t source, destination; /* ids of ends */
	bool dhcp;
	uint32_t first, n; /* in group_entries, ascending */
	set_hash hash;
};

struct entries {
	struct entry *v;
	size_t n;
	/*
	 * Lists of addresses that nothing is exchanged with. They are not matched as rows are: the
	 * list of an address says which entry it is, v[entries_deny()], and none of them is in a
	 * group.
	 */
	size_t n_deny;
	struct policy_end *ends;
	size_t n_ends;
	const struct port_set **port_sets;
	size_t n_port_sets;
	struct entry_group *groups; /* by source end */
	size_t n_groups;
	uint32_t *of_source; /* n_ends + 1: the first group of each source end */
	uint32_t *group_entries;
};

/* The entry of the deny list `list`, 0 up to n_deny: they stand in front, both senses of each. */
static inline uint32_t entries_deny(uint32_t list, enum xe_sense sense)
{
	return 2 * list + (sense == XE_REPLY);
}

int entries_make(const struct policy *policy, struct entries *out);
void entries_free(struct entries *entries);

#endif
