/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries: what the compiler matches. One for each active (row, sense), in the order of the match
 * set, so that a set of entries as bits is a match set already. A row whose ports may match at
 * either end gives two.
 */
#ifndef XE_POLICY_ENTRIES_H
#define XE_POLICY_ENTRIES_H

#include "addrspace.h"
#include "bits.h"
#include "resolve.h"

struct entry {
	const struct effective_row *row;
	uint32_t row_index; /* in policy->rows */
	enum xe_sense sense;
	/* as the packet has them: of a reply, the row's source end is the packet's destination */
	const struct end *source, *destination;
	bool source_is_client,
		destination_is_client;		/* DHCP: 0.0.0.0 and broadcast belong here too */
	const struct port_set *sports, *dports; /* what this entry allows */
	unsigned l4;				/* L4_TCP | … */
	bool limits_sport;
};

struct entries {
	struct entry *v;
	size_t n, words;			/* words: of a set of entries */
	uint64_t *annotation, *dhcp;		/* entries of such rows */
	uint64_t *source_any, *destination_any; /* that end of the packet is `any` */
	uint64_t *limits_sport;
	uint64_t *kind[XE_L4_COUNT]; /* what a packet of this kind can match at all */
};

int entries_make(const struct policy *policy, struct entries *out);
void entries_free(struct entries *entries);

/* An address class: all addresses that no entry and no miss tells apart. */
struct address_class {
	uint64_t *as_source, *as_destination; /* entries whose end holds it */
	unsigned sides;			      /* bit mask of where it lives */
	bool is_protected, inner, ipsec_host;
};

struct address_classes {
	struct address_class *v;
	size_t n;
	struct addrspace v4, v6; /* intervals of classes */
};

int address_classes_make(const struct policy *policy, const struct entries *entries,
			 struct address_classes *out);
void address_classes_free(struct address_classes *classes);

/* Port classes of one protocol: ports that no entry and no miss tells apart. */
struct port_classes {
	uint16_t *of; /* 65,536 */
	size_t n;
	uint64_t **as_source, **as_destination; /* by class: entries whose limit it satisfies */
	bool *ike;
};

/* `l4` is L4_TCP or L4_UDP. */
int port_classes_make(const struct entries *entries, unsigned l4, struct port_classes *out);
void port_classes_free(struct port_classes *classes);

#endif
