/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases written by hand from the documents: one packet, and the rows that it must be counted for.
 * Each is run over IPv4 and over IPv6.
 */
#ifndef XE_DATAPATH_CASES_H
#define XE_DATAPATH_CASES_H

#include <stddef.h>

#include "xdp_edge.h"

/* What a packet is above IP. */
enum case_kind { SYN, ACK, UDP };

struct packet_case {
	const char *name;
	enum xe_side side; /* it enters by */
	enum case_kind kind;
	const char *source4, *source6;
	unsigned sport;
	const char *destination4, *destination6;
	unsigned dport;
	/*
	 * The match set in order, ids without their document: "external/5> " is external/5 forward,
	 * "<" its reply. The first decides. Or the name of a miss.
	 */
	const char *expected;
};

struct case_list {
	const char *document; /* what the ids start with */
	const char *site;     /* path of the fixture */
	const struct packet_case *cases;
	size_t n;
	/*
	 * Rows that repeat another and therefore never decide, ids as above, each with a space
	 * behind it.
	 */
	const char *never_decide;
	size_t n_rows; /* of the document */
};

extern const struct case_list cases_edge, cases_director;

#endif
