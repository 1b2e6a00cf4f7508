// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle, rule by rule in the order in which the meaning states them. Nothing is precomputed
 * but the effective rows; every packet asks every row twice. Slowness is the point: each function
 * is one sentence of the meaning and can be read against it.
 */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ESP 50

struct oracle {
	const struct spec *spec;
	const struct site *site;
	struct oracle_row *rows;
	size_t n_rows;
	struct oracle_match *matches; /* room for every row in both senses */
	unsigned relax;
};

static struct port_range every_port_range = {0, 65535};
static const struct port_set every_port = {&every_port_range, 1};

/* --- addresses
 * ------------------------------------------------------------------------------------ */

static bool prefix_has(const struct prefix *prefix, uint8_t family, const uint8_t *addr)
{
	if (prefix->family != family)
		return false;
	for (unsigned bit = 0; bit < prefix->prefixlen; bit++) {
		unsigned mask = 0x80u >> (bit % 8);

		if ((prefix->addr[bit / 8] & mask) != (addr[bit / 8] & mask))
			return false;
	}
	return true;
}

static bool list_has(const struct prefix_list *list, uint8_t family, const uint8_t *addr)
{
	for (size_t i = 0; i < list->n; i++)
		if (prefix_has(&list->v[i], family, addr))
			return true;
	return false;
}

static bool list_has_family(const struct prefix_list *list, uint8_t family)
{
	for (size_t i = 0; i < list->n; i++)
		if (family == 0 || list->v[i].family == family)
			return true;
	return false;
}

static bool own_has(const struct oracle *o, int role, uint8_t family, const uint8_t *addr)
{
	return list_has(&o->site->role_prefixes[role], family, addr);
}

/* Rule 1: by its own prefixes or those of a member at any depth. */
static bool plainly_holds(const struct oracle *o, int role, uint8_t family, const uint8_t *addr)
{
	if (own_has(o, role, family, addr))
		return true;
	for (size_t m = 0; m < o->spec->n_roles; m++)
		if (o->spec->roles[m].member_of == role && plainly_holds(o, m, family, addr))
			return true;
	return false;
}

static bool plainly_holds_anything(const struct oracle *o, int role, uint8_t family)
{
	if (list_has_family(&o->site->role_prefixes[role], family))
		return true;
	for (size_t m = 0; m < o->spec->n_roles; m++)
		if (o->spec->roles[m].member_of == role && plainly_holds_anything(o, m, family))
			return true;
	return false;
}

/* Rule 2: the role whose addresses serve for this one, or -1. */
static int stand_in_of(const struct oracle *o, int role)
{
	return plainly_holds_anything(o, role, 0) ? -1 : o->spec->roles[role].stand_in;
}

/* Rules 1 and 2 together. */
static bool holds(const struct oracle *o, int role, uint8_t family, const uint8_t *addr)
{
	int stand_in = stand_in_of(o, role);

	if (own_has(o, role, family, addr))
		return true;
	if (stand_in >= 0 && plainly_holds(o, stand_in, family, addr))
		return true;
	for (size_t m = 0; m < o->spec->n_roles; m++)
		if (o->spec->roles[m].member_of == role && holds(o, m, family, addr))
			return true;
	return false;
}

bool oracle_role_holds(const struct oracle *o, int role, uint8_t family)
{
	int stand_in = stand_in_of(o, role);

	if (list_has_family(&o->site->role_prefixes[role], family))
		return true;
	if (stand_in >= 0 && plainly_holds_anything(o, stand_in, family))
		return true;
	for (size_t m = 0; m < o->spec->n_roles; m++)
		if (o->spec->roles[m].member_of == role && oracle_role_holds(o, m, family))
			return true;
	return false;
}

/* Rules 3 to 6. */
void oracle_address(const struct oracle *o, uint8_t family, const uint8_t *addr,
		    struct oracle_address *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t r = 0; r < o->spec->n_roles; r++) {
		out->role[r] = holds(o, r, family, addr);
		if (out->role[r] && o->spec->roles[r].is_protected)
			out->is_protected = true;
	}
	for (size_t r = 0; r < o->spec->n_roles; r++)
		if (out->is_protected && !o->spec->roles[r].is_protected)
			out->role[r] = false;
	for (size_t r = 0; r < o->spec->n_roles; r++)
		if (out->role[r] && own_has(o, r, family, addr))
			out->side[o->spec->roles[r].side] = true;
	out->inner = out->side[XE_SIDE_DMZ_INTERNAL] || out->side[XE_SIDE_LAN];
}

/* --- effective rows -----------------------------------------------------------------------------
 */

static bool port_in(const struct port_set *set, unsigned port)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].lo <= port && port <= set->v[i].hi)
			return true;
	return false;
}

static unsigned count_ports(const struct port_set *set)
{
	unsigned n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += set->v[i].hi - set->v[i].lo + 1u;
	return n;
}

static bool is_dhcp(const struct row *row)
{
	return row->app && strcmp(row->app, "DHCP") == 0;
}

static bool is_67_68(const struct port_set *set)
{
	return count_ports(set) == 2 && port_in(set, 67) && port_in(set, 68);
}

static bool site_narrows(const struct oracle *o, const struct row *row)
{
	if (o->site->narrow_all)
		return true;
	if (row->table < 0 || !o->site->narrow_rows)
		return false;
	return o->site->narrow_rows[row - o->spec->rows];
}

/* The entry of the site's `ports` that governs the row: its own first, then its role's. */
static const struct site_ports *ports_entry(const struct oracle *o, const struct row *row)
{
	unsigned n;

	for (size_t i = 0; i < o->site->n_ports; i++)
		if (o->site->ports[i].row >= 0 && &o->spec->rows[o->site->ports[i].row] == row)
			return &o->site->ports[i];
	n = count_ports(&row->ports);
	if (n <= 1 || n == 65536 || (is_dhcp(row) && is_67_68(&row->ports)))
		return NULL;
	for (size_t i = 0; i < o->site->n_ports; i++)
		if (o->site->ports[i].row < 0 && o->site->ports[i].role >= 0 &&
		    o->site->ports[i].role == row->role)
			return &o->site->ports[i];
	return NULL;
}

/* Depth by walking up, not by what the reader stored. */
static unsigned role_depth(const struct oracle *o, int role)
{
	unsigned depth = 0;

	while (o->spec->roles[role].member_of >= 0) {
		role = o->spec->roles[role].member_of;
		depth++;
	}
	return depth;
}

unsigned oracle_deepest_protected(const struct oracle *o, const struct oracle_address *address)
{
	unsigned best = 0;

	for (size_t r = 0; r < o->spec->n_roles; r++)
		if (address->role[r] && o->spec->roles[r].is_protected &&
		    (best == 0 || role_depth(o, (int)r) > role_depth(o, (int)best - 1)))
			best = 1 + (unsigned)r;
	return best;
}

static unsigned end_depth(const struct oracle *o, const struct end *end)
{
	unsigned best = 0;

	if (end->kind == END_PREFIXES) {
		for (size_t r = 0; r < o->spec->n_roles; r++)
			if (role_depth(o, r) > best)
				best = role_depth(o, r);
		return best + 1;
	}
	if (end->kind == END_ROLES) {
		best = role_depth(o, end->roles[0]);
		for (size_t i = 1; i < end->n_roles; i++)
			if (role_depth(o, end->roles[i]) < best)
				best = role_depth(o, end->roles[i]);
	}
	return best;
}

/* A role of the end that holds nothing, or -1. */
static int end_missing(const struct oracle *o, const struct end *end)
{
	if (end->kind == END_ROLES)
		for (size_t i = 0; i < end->n_roles; i++)
			if (!oracle_role_holds(o, end->roles[i], 0))
				return end->roles[i];
	return -1;
}

/*
 * Replace the `any` end by the union of the narrow_to roles that hold something; if none does, by
 * the first of them, which then is what the row misses.
 */
static void narrow(const struct oracle *o, struct oracle_row *e)
{
	struct end *end = e->source.kind == END_ANY ? &e->source : &e->destination;
	int *roles;

	if (end->kind != END_ANY || e->row->n_narrow_to == 0 || !site_narrows(o, e->row))
		return;
	roles = calloc(e->row->n_narrow_to, sizeof(*roles));
	if (!roles)
		abort();
	end->kind = END_ROLES;
	end->roles = roles;
	end->n_roles = 0;
	for (size_t i = 0; i < e->row->n_narrow_to; i++)
		if (oracle_role_holds(o, e->row->narrow_to[i], 0))
			end->roles[end->n_roles++] = e->row->narrow_to[i];
	if (end->n_roles == 0)
		end->roles[end->n_roles++] = e->row->narrow_to[0];
}

/* A deny list: from its addresses to anywhere, and back. */
static void make_deny(const struct deny_list *list, struct oracle_row *e)
{
	memset(e, 0, sizeof(*e));
	e->row = &list->row;
	e->source.kind = END_PREFIXES;
	e->source.prefixes = list->prefixes;
	e->destination.kind = END_ANY;
	e->source_ports = e->ports = &every_port;
	e->deny_list = e->active = true;
	e->missing = -1;
}

static void make_effective(const struct oracle *o, const struct row *row, struct oracle_row *e)
{
	const struct site_ports *entry = ports_entry(o, row);
	const struct end *to = &row->destination;

	memset(e, 0, sizeof(*e));
	e->row = row;
	e->source = row->source;
	e->destination = row->destination;
	e->source_ports = &row->source_ports;
	e->ports = &row->ports;
	e->annotation = row->table >= 0 && o->spec->tables[row->table].annotation;
	e->dhcp = is_dhcp(row);
	e->client_is_source = row->source.kind != END_ANY;
	e->forward_only = row->source.kind == END_ANY && to->kind == END_ROLES &&
			  to->n_roles == 1 && !o->spec->roles[to->roles[0]].is_protected &&
			  count_ports(&row->ports) > 1 && !e->dhcp;

	if (row->reply == REPLY_NO)
		e->forward_only = true;
	if (row->reply == REPLY_YES)
		e->forward_only = false;

	narrow(o, e);
	e->missing = end_missing(o, &e->source);
	if (e->missing < 0)
		e->missing = end_missing(o, &e->destination);
	e->active = e->missing < 0;

	if (entry) {
		if (entry->has_ports)
			e->ports = &entry->ports;
		if (entry->match == MATCH_SOURCE) {
			e->source_ports = e->ports;
			e->ports = &every_port;
		}
		e->either = entry->match == MATCH_EITHER;
	}

	e->named_ends = (e->source.kind != END_ANY) + (e->destination.kind != END_ANY);
	e->depth = end_depth(o, &e->source) + end_depth(o, &e->destination);
	e->width = (uint64_t)(e->either ? 65536 : count_ports(e->source_ports)) *
		   count_ports(e->ports);
}

/* --- does a row match
 * -------------------------------------------------------------------------------- */

/* One packet, or one packet turned round, with what its addresses are. */
struct facing {
	uint8_t family;
	const uint8_t *saddr, *daddr;
	unsigned sport, dport;
	unsigned l4;
	const struct oracle_address *s, *d;
};

static bool is_dhcp_client_address(uint8_t family, const uint8_t *addr)
{
	static const uint8_t unset[4] = {0, 0, 0, 0}, broadcast[4] = {255, 255, 255, 255};

	return family == 4 && (memcmp(addr, unset, 4) == 0 || memcmp(addr, broadcast, 4) == 0);
}

bool oracle_end_takes(const struct oracle *o, size_t row, enum oracle_end which, uint8_t family,
		      const uint8_t *addr, const struct oracle_address *facts)
{
	const struct oracle_row *e = &o->rows[row];
	const struct end *end = which == ORACLE_SOURCE ? &e->source : &e->destination;
	bool client = e->dhcp && e->client_is_source == (which == ORACLE_SOURCE);

	if (client && is_dhcp_client_address(family, addr))
		return true;
	switch (end->kind) {
	case END_ANY:
		return true;
	case END_ROLES:
		for (size_t i = 0; i < end->n_roles; i++)
			if (facts->role[end->roles[i]])
				return true;
		return false;
	case END_PREFIXES:
		return list_has(&end->prefixes, family, addr);
	}
	return false;
}

static bool ports_match(const struct oracle_row *e, const struct facing *p)
{
	if (p->l4 == L4_OTHER)
		return !e->either && count_ports(e->source_ports) == 65536 &&
		       count_ports(e->ports) == 65536;
	if (e->either)
		return port_in(e->ports, p->sport) || port_in(e->ports, p->dport);
	return port_in(e->ports, p->dport) && port_in(e->source_ports, p->sport);
}

static bool forward_matches(const struct oracle *o, size_t row, enum xe_side side,
			    const struct facing *p)
{
	const struct oracle_row *e = &o->rows[row];
	bool inside = side == XE_SIDE_DMZ_INTERNAL || side == XE_SIDE_LAN || side == XE_SIDE_MIRROR;

	if (!(e->row->l4 & p->l4))
		return false;
	if (!oracle_end_takes(o, row, ORACLE_SOURCE, p->family, p->saddr, p->s) ||
	    !oracle_end_takes(o, row, ORACLE_DESTINATION, p->family, p->daddr, p->d))
		return false;
	if (!(o->relax & ORACLE_RELAX_ANY_LIMIT) && !inside) {
		if (e->source.kind == END_ANY && p->d->inner)
			return false;
		if (e->destination.kind == END_ANY && p->s->inner)
			return false;
	}
	return ports_match(e, p);
}

/* --- order
 * -----------------------------------------------------------------------------------------------
 */

static bool goes_before(const struct oracle *o, const struct oracle_match *a,
			const struct oracle_match *b)
{
	const struct oracle_row *x = &o->rows[a->row], *y = &o->rows[b->row];

	if (x->named_ends != y->named_ends)
		return x->named_ends > y->named_ends;
	if (x->depth != y->depth)
		return x->depth > y->depth;
	if (x->width != y->width)
		return x->width < y->width;
	if (a->sense != b->sense)
		return a->sense == XE_FORWARD;
	return a->row < b->row;
}

static void add_match(struct oracle *o, size_t *n, size_t row, enum xe_sense sense)
{
	struct oracle_match new = {row, o->rows[row].row->id, sense};
	size_t at = *n;

	while (at > 0 && goes_before(o, &new, &o->matches[at - 1])) {
		o->matches[at] = o->matches[at - 1];
		at--;
	}
	o->matches[at] = new;
	(*n)++;
}

/* --- the verdict
 * ------------------------------------------------------------------------------------------ */

static bool is_spoofed(const struct oracle *o, enum xe_side side, const struct oracle_address *s,
		       size_t n_matches)
{
	bool lives_somewhere = false;

	if (o->relax & ORACLE_RELAX_SPOOFED)
		return false;
	if (side == XE_SIDE_MIRROR || !s->is_protected)
		return false;
	for (int i = 0; i < XE_SIDE_COUNT; i++)
		lives_somewhere = lives_somewhere || s->side[i];
	if (!lives_somewhere || s->side[side])
		return false;
	if (o->site->hairpin && side == XE_SIDE_INTERNET && s->side[XE_SIDE_DMZ_EXTERNAL])
		return false;
	for (size_t i = 0; i < n_matches; i++)
		if (o->rows[o->matches[i].row].dhcp)
			return false;
	return true;
}

static bool in_role_end(const struct end *end, const struct oracle_address *a)
{
	if (end->kind != END_ROLES)
		return false;
	for (size_t i = 0; i < end->n_roles; i++)
		if (a->role[end->roles[i]])
			return true;
	return false;
}

static bool is_ipsec(const struct oracle *o, const struct tuple *t, const struct oracle_address *s,
		     const struct oracle_address *d)
{
	bool ike = t->proto == PROTO_UDP &&
		   (t->sport == 500 || t->dport == 500 || t->sport == 4500 || t->dport == 4500);

	if (t->proto != PROTO_ESP && !ike)
		return false;
	for (size_t i = 0; i < o->n_rows; i++) {
		const struct oracle_row *e = &o->rows[i];

		if (!e->active || !e->annotation)
			continue;
		if (in_role_end(&e->source, s) || in_role_end(&e->source, d) ||
		    in_role_end(&e->destination, s) || in_role_end(&e->destination, d))
			return true;
	}
	return false;
}

bool oracle_is_martian(uint8_t family, const uint8_t *addr, enum oracle_end which)
{
	static const uint8_t loopback6[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t zero[4] = {0}, ones[4] = {255, 255, 255, 255};

	if (family == 6) {
		if (memcmp(addr, loopback6, 16) == 0 || memcmp(addr, mapped, 12) == 0)
			return true;
		return which == ORACLE_SOURCE && addr[0] == 0xff;
	}
	if (which == ORACLE_SOURCE) {
		if (addr[0] == 0)
			return memcmp(addr, zero, 4) != 0;
		return addr[0] == 127 || addr[0] >= 224;
	}
	if (addr[0] >= 240)
		return memcmp(addr, ones, 4) != 0;
	return addr[0] == 0 || addr[0] == 127;
}

long oracle_deny_list(const struct oracle *o, uint8_t family, const uint8_t *addr)
{
	for (size_t i = 0; i < o->n_rows && o->rows[i].deny_list; i++)
		if (list_has(&o->rows[i].source.prefixes, family, addr))
			return (long)i;
	return -1;
}

/* Before any row: the list that the packet is decided by, and whether it is from or to it. */
static bool is_denied(const struct oracle *o, const struct tuple *t, struct oracle_match *match)
{
	long from = oracle_deny_list(o, t->family, t->saddr);
	long to = oracle_deny_list(o, t->family, t->daddr);

	if ((from < 0 && to < 0) || o->relax & ORACLE_RELAX_DENY)
		return false;
	match->row = (size_t)(from >= 0 ? from : to);
	match->id = o->rows[match->row].row->id;
	match->sense = from >= 0 ? XE_FORWARD : XE_REPLY;
	return true;
}

/* The match set of the rows, in o->matches. */
static size_t match_rows(struct oracle *o, enum xe_side side, const struct facing *as_is,
			 const struct facing *turned, bool syn)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_rows; i++) {
		if (!o->rows[i].active || o->rows[i].deny_list)
			continue;
		if (forward_matches(o, i, side, as_is))
			add_match(o, &n, i, XE_FORWARD);
		if (!o->rows[i].forward_only && !syn && forward_matches(o, i, side, turned))
			add_match(o, &n, i, XE_REPLY);
	}
	return n;
}

void oracle_classify(struct oracle *o, enum xe_side side, const struct tuple *t,
		     struct oracle_verdict *out)
{
	struct oracle_address s, d;
	bool syn = t->proto == PROTO_TCP && t->syn;
	unsigned l4 = t->proto == PROTO_TCP ? L4_TCP : t->proto == PROTO_UDP ? L4_UDP : L4_OTHER;
	struct facing as_is = {t->family, t->saddr, t->daddr, t->sport, t->dport, l4, &s, &d};
	struct facing turned = {t->family, t->daddr, t->saddr, t->dport, t->sport, l4, &d, &s};
	size_t n;

	memset(out, 0, sizeof(*out));
	out->syn = syn;
	out->matches = o->matches;
	if (!(o->relax & ORACLE_RELAX_DENY) &&
	    (oracle_is_martian(t->family, t->saddr, ORACLE_SOURCE) ||
	     oracle_is_martian(t->family, t->daddr, ORACLE_DESTINATION))) {
		out->miss = XE_MISS_MARTIAN;
		return;
	}
	oracle_address(o, t->family, t->saddr, &s);
	oracle_address(o, t->family, t->daddr, &d);
	n = is_denied(o, t, &o->matches[0]) ? 1 : match_rows(o, side, &as_is, &turned, syn);
	if (is_spoofed(o, side, &s, n)) {
		out->miss = XE_MISS_SPOOFED;
		return;
	}
	out->n_matches = n;
	for (size_t i = 0; i < n; i++) {
		if (o->rows[o->matches[i].row].annotation)
			continue;
		out->row = o->matches[i].id;
		out->sense = o->matches[i].sense;
		return;
	}
	if (is_ipsec(o, t, &s, &d))
		out->miss = XE_MISS_IPSEC;
	else if (l4 == L4_OTHER)
		out->miss = XE_MISS_IP_OTHER;
	else if (s.is_protected || d.is_protected)
		out->miss = XE_MISS_UNMATCHED;
	else
		out->miss = XE_MISS_FOREIGN;
}

int oracle_nic_side(const struct site *site, const char *name, unsigned vid)
{
	int fallback = -1;

	for (size_t i = 0; i < site->n_interfaces; i++) {
		const struct site_interface *at = &site->interfaces[i];

		if (strcmp(at->name, name) != 0)
			continue;
		if (at->vlan == 0)
			fallback = at->side;
		else if (at->vlan == vid)
			return at->side;
	}
	return fallback;
}

/* Its own, the entry for it, else for its table, else for the role of its column. */
const struct verdict *oracle_row_verdict(const struct oracle *o, const struct row *row)
{
	static const struct verdict allow = {.kind = VERDICT_ALLOW};
	const struct verdict *of_table = NULL, *of_role = NULL;

	if (row->has_verdict)
		return &row->verdict;
	for (size_t i = 0; i < o->site->n_verdicts; i++) {
		const struct site_verdict *entry = &o->site->verdicts[i];

		if (entry->row >= 0 && row == &o->spec->rows[entry->row])
			return &entry->verdict;
		if (entry->table >= 0 && entry->table == row->table)
			of_table = &entry->verdict;
		if (entry->role >= 0 && entry->role == row->role)
			of_role = &entry->verdict;
	}
	return of_table ? of_table : of_role ? of_role : &allow;
}

/* --- making and asking
 * -------------------------------------------------------------------------------- */

struct oracle *oracle_new(const struct spec *spec, const struct site *site)
{
	struct oracle *o = calloc(1, sizeof(*o));
	size_t total = site->n_deny + site->n_rows, at = 0;

	if (!o || spec->n_roles > ORACLE_MAX_ROLES) {
		free(o);
		return NULL;
	}
	o->spec = spec;
	o->site = site;
	for (size_t i = 0; i < site->n_tables; i++)
		total += spec->tables[site->tables[i]].n_rows;
	o->rows = calloc(total + 1, sizeof(*o->rows));
	o->matches = calloc(2 * total + 1, sizeof(*o->matches));
	if (!o->rows || !o->matches) {
		oracle_free(o);
		return NULL;
	}
	for (size_t i = 0; i < site->n_deny; i++)
		make_deny(&site->deny[i], &o->rows[at++]);
	for (size_t i = 0; i < site->n_rows; i++)
		make_effective(o, &site->rows[i], &o->rows[at++]);
	for (size_t i = 0; i < site->n_tables; i++) {
		const struct table *table = &spec->tables[site->tables[i]];

		for (size_t j = 0; j < table->n_rows; j++)
			make_effective(o, &spec->rows[table->first_row + j], &o->rows[at++]);
	}
	o->n_rows = at;
	return o;
}

void oracle_free(struct oracle *o)
{
	if (!o)
		return;
	for (size_t i = 0; o->rows && i < o->n_rows; i++) {
		struct oracle_row *e = &o->rows[i];

		if (e->source.roles != e->row->source.roles)
			free(e->source.roles);
		if (e->destination.roles != e->row->destination.roles)
			free(e->destination.roles);
	}
	free(o->rows);
	free(o->matches);
	free(o);
}

const struct oracle_row *oracle_rows(const struct oracle *o, size_t *n)
{
	*n = o->n_rows;
	return o->rows;
}

void oracle_relax(struct oracle *o, unsigned rules)
{
	o->relax = rules;
}
