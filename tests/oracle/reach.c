// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exhaustive over kinds of addresses, sides and the ports that can matter: an address is of the
 * same kind as its neighbour unless a prefix of the site begins or ends between them, and a row
 * asks of a port only whether it is in its sets. DHCP's ports can matter beyond that (they lift
 * spoofing).
 */
#include "reach.h"

#include <stdlib.h>
#include <string.h>

const char *const reach_reason_text[REACH_REASONS] = {
	[REACH_FOUND] = "reachable",
	[REACH_FORWARD_ONLY] = "forward-only",
	[REACH_FAMILY] = "no address of this family at a named end",
	[REACH_HIDDEN] = "the named end's addresses are all protected roles'",
	[REACH_SPOOFED] = "spoofed: no NIC on the side where the source lives",
	[REACH_ANY_LIMIT] = "any-limit: no NIC faces the inside",
	[REACH_SIDES] = "spoofed or any-limit on every NIC",
	[REACH_DENIED] = "denied by a list, or martian",
	[REACH_DENIED_SIDES] = "denied by a list, martian, spoofed or any-limit on every NIC",
	[REACH_NEVER] = "no reason found",
};

static bool in_list(const struct prefix_list *list, uint8_t family, const uint8_t *addr)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct prefix *p = &list->v[i];
		uint8_t first[16], last[16];
		size_t size = family == 4 ? 4 : 16;

		if (p->family != family)
			continue;
		addr_first(p, first);
		addr_last(p, last);
		if (memcmp(first, addr, size) <= 0 && memcmp(addr, last, size) <= 0)
			return true;
	}
	return false;
}

/*
 * Same roles, same sides, same literal prefixes of the operator's rows, same deny list, martian or
 * not, and no DHCP special.
 */
static bool same_kind(const struct reach *r, uint8_t family, const struct reach_kind *a,
		      const struct reach_kind *b)
{
	static const uint8_t all[16] = {0};
	const struct site *site = r->site;

	if (memcmp(&a->facts, &b->facts, sizeof(a->facts)) != 0)
		return false;
	if (oracle_deny_list(r->oracle, family, a->addr) !=
	    oracle_deny_list(r->oracle, family, b->addr))
		return false;
	for (int end = ORACLE_SOURCE; end <= ORACLE_DESTINATION; end++)
		if (oracle_is_martian(family, a->addr, end) !=
		    oracle_is_martian(family, b->addr, end))
			return false;
	if (family == 4 && (memcmp(a->addr, all, 4) == 0 || memcmp(b->addr, all, 4) == 0 ||
			    memcmp(a->addr, "\xff\xff\xff\xff", 4) == 0 ||
			    memcmp(b->addr, "\xff\xff\xff\xff", 4) == 0))
		return false;
	for (size_t i = 0; i < site->n_rows; i++) {
		const struct row *row = &site->rows[i];

		if (in_list(&row->source.prefixes, family, a->addr) !=
			    in_list(&row->source.prefixes, family, b->addr) ||
		    in_list(&row->destination.prefixes, family, a->addr) !=
			    in_list(&row->destination.prefixes, family, b->addr))
			return false;
	}
	return true;
}

static void find_kinds(struct reach *r, int f)
{
	uint8_t family = f == 0 ? 4 : 6;
	struct addresses edges;
	size_t n = 0;

	random_edges(r->site, r->spec, family, &edges);
	r->kinds[f] = calloc(edges.n, sizeof(*r->kinds[f]));
	if (!r->kinds[f])
		abort();
	for (size_t i = 0; i < edges.n; i++) {
		struct reach_kind *kind = &r->kinds[f][n];
		unsigned alike = 0;

		memset(kind, 0, sizeof(*kind));
		memcpy(kind->addr, edges.v[i].addr, 16);
		oracle_address(r->oracle, family, kind->addr, &kind->facts);
		for (size_t k = 0; k < n; k++)
			alike += same_kind(r, family, kind, &r->kinds[f][k]);
		/* Two of a kind: source and destination may be the same kind, not the same host. */
		if (alike < 2)
			n++;
	}
	r->n_kinds[f] = n;
	free(edges.v);
}

void reach_open(struct oracle *oracle, const struct spec *spec, const struct site *site,
		unsigned sides, struct reach *out)
{
	memset(out, 0, sizeof(*out));
	out->oracle = oracle;
	out->spec = spec;
	out->site = site;
	out->sides = sides;
	find_kinds(out, 0);
	find_kinds(out, 1);
}

void reach_close(struct reach *r)
{
	free(r->kinds[0]);
	free(r->kinds[1]);
	memset(r, 0, sizeof(*r));
}

struct ports_try {
	uint8_t proto;
	uint16_t sport, dport;
};

static bool set_has(const struct port_set *set, unsigned port)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].lo <= port && port <= set->v[i].hi)
			return true;
	return false;
}

static bool set_all(const struct port_set *set)
{
	return set->n == 1 && set->v[0].lo == 0 && set->v[0].hi == 65535;
}

/* Ports, as the row's forward sense sees them, that satisfy it. */
static size_t list_ports(const struct oracle_row *e, struct ports_try *out)
{
	static const uint16_t dhcp[2] = {67, 68};
	uint16_t sport = e->source_ports->v[0].lo, dport = e->ports->v[0].lo;
	size_t n = 0;

	if (e->row->l4 & L4_TCP)
		out[n++] = (struct ports_try){6, sport, dport};
	if (e->row->l4 & L4_UDP) {
		out[n++] = (struct ports_try){17, sport, dport};
		for (int i = 0; i < 2; i++)
			for (int k = 0; k < 2; k++)
				if (e->either ? set_has(e->ports, dhcp[i]) ||
							set_has(e->ports, dhcp[k])
					      : set_has(e->source_ports, dhcp[i]) &&
							set_has(e->ports, dhcp[k]))
					out[n++] = (struct ports_try){17, dhcp[i], dhcp[k]};
	}
	if ((e->row->l4 & L4_OTHER) && !e->either && set_all(e->ports) && set_all(e->source_ports))
		out[n++] = (struct ports_try){47, 0, 0};
	return n;
}

static bool matches(struct oracle *oracle, const struct witness *w, size_t row, enum xe_sense sense)
{
	struct oracle_verdict v;

	oracle_classify(oracle, w->side, &w->tuple, &v);
	for (size_t i = 0; i < v.n_matches; i++)
		if (v.matches[i].row == row && v.matches[i].sense == sense)
			return true;
	return false;
}

static void make_packet(uint8_t family, enum xe_sense sense, const uint8_t *from, const uint8_t *to,
			const struct ports_try *ports, struct tuple *t)
{
	memset(t, 0, sizeof(*t));
	t->family = family;
	t->proto = ports->proto;
	memcpy(sense == XE_FORWARD ? t->saddr : t->daddr, from, 16);
	memcpy(sense == XE_FORWARD ? t->daddr : t->saddr, to, 16);
	t->sport = sense == XE_FORWARD ? ports->sport : ports->dport;
	t->dport = sense == XE_FORWARD ? ports->dport : ports->sport;
}

/* The kinds that one end takes, as indices. */
static size_t list_kinds(const struct reach *r, size_t row, enum oracle_end end, uint8_t family,
			 size_t *out)
{
	int f = family == 4 ? 0 : 1;
	size_t n = 0;

	for (size_t i = 0; i < r->n_kinds[f]; i++)
		if (oracle_end_takes(r->oracle, row, end, family, r->kinds[f][i].addr,
				     &r->kinds[f][i].facts))
			out[n++] = i;
	return n;
}

static size_t search(const struct reach *r, size_t row, enum xe_sense sense, uint8_t family,
		     struct witness *out, size_t max, bool *no_end)
{
	const struct reach_kind *kinds = r->kinds[family == 4 ? 0 : 1];
	size_t n_rows, n = 0, n_kinds = r->n_kinds[family == 4 ? 0 : 1];
	const struct oracle_row *e = &oracle_rows(r->oracle, &n_rows)[row];
	size_t *from = calloc(n_kinds + 1, sizeof(*from)), *to = calloc(n_kinds + 1, sizeof(*to));
	struct ports_try ports[8];
	size_t n_ports = list_ports(e, ports), n_from, n_to;

	if (!from || !to)
		abort();
	n_from = list_kinds(r, row, ORACLE_SOURCE, family, from);
	n_to = list_kinds(r, row, ORACLE_DESTINATION, family, to);
	*no_end = n_from == 0 || n_to == 0;

	for (size_t i = 0; i < n_from && n < max; i++)
		for (size_t k = 0; k < n_to && n < max; k++)
			/* Spread the finds: every try starts at other ports and sides. */
			for (size_t p = 0; p < n_ports * XE_SIDE_COUNT && n < max; p++) {
				size_t at = p + i + k;
				struct witness w = {.side = at % XE_SIDE_COUNT};

				if (!(r->sides & 1u << w.side))
					continue;
				make_packet(family, sense, kinds[from[i]].addr, kinds[to[k]].addr,
					    &ports[p / XE_SIDE_COUNT], &w.tuple);
				if (!matches(r->oracle, &w, row, sense))
					continue;
				out[n++] = w;
				if (max > 1)
					break;
			}
	free(from);
	free(to);
	return n;
}

static bool end_in_family(const struct reach *r, const struct end *end, uint8_t family)
{
	if (end->kind == END_ANY)
		return true;
	for (size_t i = 0; end->kind == END_ROLES && i < end->n_roles; i++)
		if (oracle_role_holds(r->oracle, end->roles[i], family))
			return true;
	for (size_t i = 0; end->kind == END_PREFIXES && i < end->prefixes.n; i++)
		if (end->prefixes.v[i].family == family)
			return true;
	return false;
}

static enum reach_reason find_reason(const struct reach *r, size_t row, enum xe_sense sense,
				     uint8_t family)
{
	static const struct {
		unsigned relax;
		enum reach_reason reason;
	} tries[] = {
		{ORACLE_RELAX_SPOOFED, REACH_SPOOFED},
		{ORACLE_RELAX_ANY_LIMIT, REACH_ANY_LIMIT},
		{ORACLE_RELAX_SPOOFED | ORACLE_RELAX_ANY_LIMIT, REACH_SIDES},
		{ORACLE_RELAX_DENY, REACH_DENIED},
		{ORACLE_RELAX_DENY | ORACLE_RELAX_SPOOFED | ORACLE_RELAX_ANY_LIMIT,
		 REACH_DENIED_SIDES},
	};
	enum reach_reason reason = REACH_NEVER;
	struct witness w;
	bool no_end;

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries) && reason == REACH_NEVER; i++) {
		oracle_relax(r->oracle, tries[i].relax);
		if (search(r, row, sense, family, &w, 1, &no_end) > 0)
			reason = tries[i].reason;
	}
	oracle_relax(r->oracle, 0);
	return reason;
}

size_t reach_find(const struct reach *r, size_t row, enum xe_sense sense, uint8_t family,
		  struct witness *out, size_t max, enum reach_reason *reason)
{
	size_t n_rows, n;
	const struct oracle_row *e = &oracle_rows(r->oracle, &n_rows)[row];
	bool no_end;

	*reason = REACH_FOUND;
	n = search(r, row, sense, family, out, max, &no_end);
	if (n > 0)
		return n;
	if (sense == XE_REPLY && e->forward_only)
		*reason = REACH_FORWARD_ONLY;
	else if (!end_in_family(r, &e->source, family) ||
		 !end_in_family(r, &e->destination, family))
		*reason = REACH_FAMILY;
	else if (no_end)
		*reason = REACH_HIDDEN;
	else
		*reason = find_reason(r, row, sense, family);
	return 0;
}
