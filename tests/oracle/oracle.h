/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle: what the meaning of the tables says about one packet, found the slow and obvious way.
 * It starts from what was read (struct spec, struct site) and shares only struct definitions with
 * the loader: no narrowing, order, address or port code of the policy side is called.
 */
#ifndef XE_ORACLE_H
#define XE_ORACLE_H

#include "../../loader/policy/compile.h"

#define ORACLE_MAX_ROLES 128

/* One effective row, as the oracle understands it. Pointers live as long as spec and site do. */
struct oracle_row {
	const struct row *row;
	struct end source, destination; /* after narrowing */
	const struct port_set *source_ports, *ports;
	bool either; /* the port set may be on either end */
	bool active;
	int missing; /* inactive: the role that has no address */
	bool annotation, dhcp, client_is_source, forward_only;
	bool deny_list; /* of the site's `deny`; they stand first, in its order */
	unsigned named_ends, depth;
	uint64_t width;
};

struct oracle_match {
	size_t row; /* index in effective order */
	const char *id;
	enum xe_sense sense;
};

struct oracle_verdict {
	const char *row; /* id of the deciding row, or NULL */
	enum xe_sense sense;
	enum xe_miss miss; /* when row is NULL */
	bool syn;
	const struct oracle_match *matches; /* in order; valid until the next call */
	size_t n_matches;
};

/* What an address is, in the words of the meaning. */
struct oracle_address {
	bool role[ORACLE_MAX_ROLES]; /* roles(a) */
	bool side[XE_SIDE_COUNT];    /* sides(a) */
	bool is_protected, inner;
};

enum oracle_end { ORACLE_SOURCE, ORACLE_DESTINATION };

/* Rules that can be left out, only to say why a row can't be reached. */
#define ORACLE_RELAX_SPOOFED   1u
#define ORACLE_RELAX_ANY_LIMIT 2u
#define ORACLE_RELAX_DENY      4u /* deny lists and martians: what no row gets to see */

struct oracle;

/* NULL when out of memory or when the spec has more than ORACLE_MAX_ROLES roles. */
struct oracle *oracle_new(const struct spec *spec, const struct site *site);
void oracle_free(struct oracle *oracle);

/* The verdict on one packet that entered by `side`. Addresses in network, ports in host order. */
void oracle_classify(struct oracle *oracle, enum xe_side side, const struct tuple *tuple,
		     struct oracle_verdict *out);

/* The side of a frame on NIC `name` with VLAN `vid` (0: untagged), or -1: no policy. */
int oracle_nic_side(const struct site *site, const char *name, unsigned vid);

const struct oracle_row *oracle_rows(const struct oracle *oracle, size_t *n);
void oracle_address(const struct oracle *oracle, uint8_t family, const uint8_t *addr,
		    struct oracle_address *out);
/* Whether one end of an effective row takes the address; limits of sides play no part. */
bool oracle_end_takes(const struct oracle *oracle, size_t row, enum oracle_end which,
		      uint8_t family, const uint8_t *addr, const struct oracle_address *facts);
/* Whether role `role` holds any address at all in `family` (0: in any), stand-ins included. */
bool oracle_role_holds(const struct oracle *oracle, int role, uint8_t family);
/* Whether no packet may come from the address, or go there, wherever it enters. */
bool oracle_is_martian(uint8_t family, const uint8_t *addr, enum oracle_end which);
/* The first deny list that holds the address, as an effective row; -1: none does. */
long oracle_deny_list(const struct oracle *oracle, uint8_t family, const uint8_t *addr);
/* Of the roles of an address, 1 + the deepest protected one, the first of equally deep ones; 0:
 * none.
 */
unsigned oracle_deepest_protected(const struct oracle *oracle,
				  const struct oracle_address *address);
/* What the site says of packets that the row decides. */
const struct verdict *oracle_row_verdict(const struct oracle *oracle, const struct row *row);
void oracle_relax(struct oracle *oracle, unsigned rules);

#endif
