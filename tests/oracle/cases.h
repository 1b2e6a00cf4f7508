/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases thought out by hand from the meaning, as data: what one packet is, on one of a few small
 * sites. Fed to the oracle and to the compiled policy alike, so that neither is judged by the
 * other.
 */
#ifndef XE_ORACLE_CASES_H
#define XE_ORACLE_CASES_H

#include <stdbool.h>

#include "xdp_edge.h"

enum case_site_id {
	SITE_EDGE,    /* the consolidated Edge, with public IM, XMPP and the IPsec annotations */
	SITE_HAIRPIN, /* the same with `hairpin: yes` */
	SITE_MEDIA,   /* the same with the A/V ranges matched on either end */
	SITE_NARROW,  /* the same, narrowed */
	SITE_INSIDE,  /* servers inside, clients 10/8 that cover them */
	SITE_OWN,     /* rows of the operator's own beside the Edge's */
	SITE_DENY,    /* the Edge, and two deny lists that overlap */
	SITE_COUNT
};

struct oracle_case {
	const char *name;
	enum case_site_id site;
	enum xe_side side;
	unsigned proto; /* 6, 17 or another */
	const char *saddr;
	unsigned sport;
	const char *daddr;
	unsigned dport;
	bool syn;
	const char *row; /* deciding, or NULL: `miss` */
	enum xe_sense sense;
	enum xe_miss miss;
	/* The whole match set in order, "ID> " forward and "ID< " reply; NULL: not looked at. */
	const char *matches;
};

/* YAML of each site; written to a file it is what the reader reads. */
extern const char *const case_sites[SITE_COUNT];
extern const struct oracle_case oracle_cases[];
extern const unsigned n_oracle_cases;

#endif
