/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks of a policy: all prefixes that matter to it, each with a number that says what it means. A
 * list of many prefixes is one number.
 */
#ifndef XE_POLICY_MARKS_H
#define XE_POLICY_MARKS_H

#include "addrspace.h"
#include "entries.h"

/* Where each kind of number begins, in this order. Roles' own prefixes are their index. */
struct mark_numbers {
	uint32_t stand_in;	      /* roles that a stand-in serves, by index */
	uint32_t unset, broadcast;    /* DHCP's special addresses */
	uint32_t martian_source;      /* one number: no packet comes from there, but from `unset` */
	uint32_t martian_destination; /* likewise, but to `broadcast` */
	uint32_t deny;		      /* deny lists, in the order of entries */
	uint32_t nat;	  /* addresses that are translated: outside and inside of each pair */
	uint32_t literal; /* literal ends, by id */
};

/* `features`, of enum xe_feature: without XE_FEATURE_NAT no address is translated. */
struct mark_numbers mark_numbers(const struct policy *policy, const struct entries *entries,
				 unsigned features);
/* Fill marks[] with all of them; NULL: only their number. Returns how many. */
size_t marks_gather(const struct policy *policy, const struct entries *entries, unsigned features,
		    struct mark *marks);

#endif
