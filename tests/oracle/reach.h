/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which rows can be reached at all on a site: in which sense, family, and by which packets. Asked
 * of the oracle alone, over one address of every kind that the site makes, so that `unreachable` is
 * a finding and not an excuse.
 */
#ifndef XE_ORACLE_REACH_H
#define XE_ORACLE_REACH_H

#include "random.h"

struct witness {
	enum xe_side side;
	struct tuple tuple;
};

/* Why there is no packet for a row in a sense and a family. */
enum reach_reason {
	REACH_FOUND,
	REACH_FORWARD_ONLY, /* it has no reply */
	REACH_FAMILY,	    /* a named end has no address of this family */
	REACH_HIDDEN,	    /* it has, but protected roles hold them all */
	REACH_SPOOFED,	    /* no NIC on the side where the packets' sources live */
	REACH_ANY_LIMIT,    /* its `any` end is an inside address's, and no NIC faces the inside */
	REACH_SIDES,	    /* both of the last two */
	REACH_DENIED,	    /* deny lists hold its addresses, or they are martian */
	REACH_DENIED_SIDES, /* that, or what would be left is spoofed or any-limit */
	REACH_NEVER,	    /* none of these: a gap in this list */
	REACH_REASONS
};

extern const char *const reach_reason_text[REACH_REASONS];

/* One address of every kind in one family, with what it is. */
struct reach_kind {
	uint8_t addr[16];
	struct oracle_address facts;
};

struct reach {
	struct oracle *oracle;
	const struct spec *spec;
	const struct site *site;
	unsigned sides;		     /* bit mask: those that packets can enter by */
	struct reach_kind *kinds[2]; /* IPv4, IPv6 */
	size_t n_kinds[2];
};

void reach_open(struct oracle *oracle, const struct spec *spec, const struct site *site,
		unsigned sides, struct reach *out);
void reach_close(struct reach *reach);

/*
 * Up to `max` packets that have (row, sense) in their match set, spread over the kinds of
 * addresses. How many; if none, *reason says why.
 */
size_t reach_find(const struct reach *reach, size_t row, enum xe_sense sense, uint8_t family,
		  struct witness *out, size_t max, enum reach_reason *reason);

#endif
