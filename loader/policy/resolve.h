/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Effective rows: spec and site brought together, before anything is compiled. Narrowing, the
 * deployment's own ports, stand-ins, and which rows are active and why not. Meaning: MEANING.md.
 */
#ifndef XE_POLICY_RESOLVE_H
#define XE_POLICY_RESOLVE_H

#include "model.h"

struct effective_row {
	const struct row *row;		/* as written */
	struct end source, destination; /* roles may be shared with `row`; policy_free() knows */
	struct port_set source_ports, ports; /* owned */
	/*
	 * MATCH_DESTINATION or MATCH_EITHER. A site's `match: source` is already carried out:
	 * source_ports holds the set, ports is any, and both are matched as in every other row.
	 */
	enum port_match match;
	bool active;
	int missing; /* inactive: index of the role that has no address; else -1 */
	bool annotation, dhcp;
	bool deny_list;		/* of the site's `deny`: before all rows, whatever the packet */
	struct verdict verdict; /* none of an annotation's */
	bool forward_only;	/* it has no reply sense */
	bool client_is_source;	/* DHCP: which end is the client's */
	/* order of the match set, MEANING.md */
	unsigned named_ends, depth;
	uint64_t width;
};

struct policy {
	const struct spec *spec;
	const struct site *site;
	/* The site's deny lists, then the operator's own, then the site's tables in order. */
	struct effective_row *rows;
	size_t n_rows;
	/*
	 * What each role holds by itself: the site's prefixes, or its stand-in's. spec->n_roles of
	 * each.
	 */
	const struct prefix_list **own;
	int *stand_in;		      /* role whose prefixes serve, or -1 */
	bool *holds;		      /* the role, or a member of it, has an address */
	struct prefix_list *borrowed; /* what own[] points to where stand_in[] is not -1 */
};

/* 0 or a negative errno; -EINVAL is reported. `spec` and `site` must outlive *out. */
int policy_resolve(const struct spec *spec, const struct site *site, struct policy *out);
void policy_free(struct policy *policy);

#endif
