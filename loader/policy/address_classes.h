/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address classes: all addresses that no end of an entry and no miss tells apart, as a packet's
 * source and, numbered apart, as its destination. Where verdicts are given, whose they are and what
 * they are translated to tell them apart too.
 */
#ifndef XE_POLICY_ADDRESS_CLASSES_H
#define XE_POLICY_ADDRESS_CLASSES_H

#include "addrspace.h"
#include "entries.h"

#define CLASS_PROTECTED 1u
#define CLASS_INNER	2u /* lives on dmz-internal or lan */
#define CLASS_IPSEC	4u /* a host of the IPsec exceptions */
#define CLASS_IPV4	8u /* has addresses of the family */
#define CLASS_IPV6	16u
#define CLASS_MARTIAN	32u
#define CLASS_SPOOFED	64u /* << side: as a source, coming from there */

struct address_class {
	unsigned flags;
	uint32_t deny; /* 1-based list of entries that it is in; 0: none. Such have no ends */
	struct xe_end verdicts; /* what the program is told of it */
	const uint32_t *ends;	/* ids of the ends that hold it, ascending, without END_ID_ANY */
	size_t n_ends;
};

/* The classes of one end of a packet. */
struct address_side {
	struct address_class *v;
	size_t n;
	uint32_t *ends; /* of all of them */
};

struct address_classes {
	struct address_side sources, destinations;
	struct addrspace v4,
		v6; /* intervals of leaves: both classes, as in struct xe_nic's tries */
};

/*
 * `sides`: bit mask of those in use; `features`: of enum xe_feature, what verdicts are asked for.
 * 0, -ENOMEM, or -E2BIG (reported): more classes than a leaf can name.
 */
int address_classes_make(const struct policy *policy, const struct entries *entries, unsigned sides,
			 unsigned features, struct address_classes *out);
void address_classes_free(struct address_classes *classes);

#endif
