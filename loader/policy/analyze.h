/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the compiled policy says about its rows as such: which repeat, overlap or hide each other,
 * which no packet can reach; and who lives at an address. For `check` and `explain`; nothing that
 * counts packets depends on it.
 */
#ifndef XE_POLICY_ANALYZE_H
#define XE_POLICY_ANALYZE_H

#include "compile.h"

/* Rows that a list names at most: with many rows, thousands may overlap with thousands. */
#define ROW_LIST_MAX 256

struct row_list {
	uint32_t *v; /* indices of policy->rows, ascending: the first n of them */
	size_t n;
	size_t total; /* how many there are */
};

struct row_report {
	long same_as; /* first earlier row that matches exactly the same packets, or -1 */
	struct row_list overlaps;    /* other rows that share a packet with it; annotations apart */
	struct row_list shadowed_by; /* it decides nothing: the rows that decide what it matches */
	bool seen;		     /* some packet on some compiled side matches it */
	/* Not seen, for all that one of its ends holds is denied: by this list first; or NULL. */
	const struct deny_list *denied_by;
	size_t atoms; /* it decides */
};

struct analysis {
	struct row_report *rows; /* policy->n_rows */
	size_t n_rows;
};

/* From every atom's match set. 0 or -ENOMEM. */
int policy_analyze(const struct policy *policy, const struct compiled *compiled,
		   struct analysis *out);
void analysis_free(struct analysis *analysis);

/*
 * roles(a) of MEANING.md as spec->n_roles flags. `addr` in network byte order, by family (4 or 6).
 */
void address_roles(const struct policy *policy, int family, const uint8_t *addr, bool *roles);
/* sides(a): bit mask of enum xe_side. `roles` as address_roles() gave them. */
unsigned address_sides(const struct policy *policy, int family, const uint8_t *addr,
		       const bool *roles);

/* Two protected roles on different sides that share an address: spoofing cannot be told there. */
struct shared_address {
	int role, other;
	struct prefix prefix; /* the narrower one */
};

/* Each pair of roles once. 0 or -ENOMEM; *out is to be freed. */
int policy_shared_addresses(const struct policy *policy, struct shared_address **out, size_t *n);

/*
 * The deny list that the first address of one of the row's ends is in, if lists hold the whole end;
 * or NULL.
 */
const struct deny_list *row_denied_by(const struct policy *policy, const struct effective_row *row);

/* What no row of the chosen tables names, though the site gives it addresses. */
bool role_is_used(const struct policy *policy, int role);

#endif
