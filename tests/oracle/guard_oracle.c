// SPDX-License-Identifier: GPL-2.0-only
/*
 * VERDICTS.md, sentence by sentence. What is remembered stands in plain lists that are searched
 * from one end to the other.
 */
#include "guard_oracle.h"

#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ull

#define PROTO_TCP  6
#define PROTO_UDP  17
#define PROTO_NONE 253 /* for experiments (RFC 3692): l4 other and nothing else */

#define TCP_FIN 0x01
#define TCP_RST 0x04

/* The two ends of a flow as a packet of either direction shows them. */
struct ends {
	uint8_t family, proto;
	uint8_t addr[2][16];
	unsigned port[2];
};

struct remembered_flow {
	struct ends ends;
	enum xe_flow_state state;
	bool fin[2]; /* by sense */
	uint64_t seen;
};

struct remembered_fragment {
	uint8_t family, proto, saddr[16], daddr[16];
	uint32_t id;
	bool denied;
	uint64_t seen;
};

struct bucket {
	uint8_t family, source[16];
	char *row;
	uint64_t credit; /* ns; a packet takes the limit's interval of it */
	uint64_t at;
};

struct guard_oracle {
	const struct spec *spec;
	const struct site *site;
	struct oracle *oracle;
	uint64_t deadline;
	struct remembered_flow *flows;
	struct remembered_fragment *fragments;
	struct bucket *buckets;
	size_t n_flows, n_fragments, n_buckets;
};

/* One packet on its way through the rules. */
struct judged {
	struct guard_oracle *guard;
	uint64_t now;
	struct guard_outcome *out;
	struct oracle_address source, destination;
};

/* The list with room for one more, zeroed. */
static void *grown(void *list, size_t n, size_t size)
{
	list = realloc(list, (n + 1) * size);
	if (!list)
		abort();
	memset((char *)list + n * size, 0, size);
	return list;
}

/* --- how long --------------------------------------------------------------------------------- */

enum alive { DEAD, ALIVE, OPEN };

/* At least `life` seconds, and less than one more. */
static enum alive alive(uint64_t seen, uint64_t now, uint32_t life)
{
	uint64_t age = now - seen;

	if (age <= life * SECOND)
		return ALIVE;
	return age >= (life + 1ull) * SECOND ? DEAD : OPEN;
}

static uint32_t flow_life(const struct guard_oracle *g, const struct remembered_flow *flow)
{
	const uint32_t *life = g->site->state.life;

	switch (flow->state) {
	case XE_FLOW_NEW:
	case XE_FLOW_REPLIED:
		return life[XE_LIFE_NEW];
	case XE_FLOW_CLOSING:
		return life[XE_LIFE_CLOSING];
	case XE_FLOW_ESTABLISHED:
		break;
	}
	return flow->ends.proto == PROTO_TCP   ? life[XE_LIFE_TCP]
	       : flow->ends.proto == PROTO_UDP ? life[XE_LIFE_UDP]
					       : life[XE_LIFE_OTHER];
}

/* --- flows ------------------------------------------------------------------------------------ */

static bool remembers_flows(const struct guard_oracle *g)
{
	return g->site->mode != XE_MODE_MONITOR && !g->site->state.off;
}

static void ends_of(const struct tuple *t, struct ends *ends)
{
	memset(ends, 0, sizeof(*ends));
	ends->family = t->family;
	ends->proto = t->proto;
	memcpy(ends->addr[0], t->saddr, 16);
	memcpy(ends->addr[1], t->daddr, 16);
	if (t->proto == PROTO_TCP || t->proto == PROTO_UDP) {
		ends->port[0] = t->sport;
		ends->port[1] = t->dport;
	}
}

/* The address behind the translation, or before it; what has none stays. */
static void translate(const struct guard_oracle *g, uint8_t family, uint8_t *addr)
{
	unsigned size = family == 4 ? 4 : 16;

	for (size_t i = 0; i < g->site->n_nats; i++) {
		const struct nat_pair *nat = &g->site->nats[i];

		if (nat->outside.family != family)
			continue;
		if (memcmp(addr, nat->outside.addr, size) == 0) {
			memcpy(addr, nat->inside.addr, size);
			return;
		}
		if (memcmp(addr, nat->inside.addr, size) == 0) {
			memcpy(addr, nat->outside.addr, size);
			return;
		}
	}
}

static bool same_ends(const struct ends *a, const struct ends *b)
{
	if (a->family != b->family || a->proto != b->proto)
		return false;
	for (int turned = 0; turned < 2; turned++)
		if (memcmp(a->addr[0], b->addr[turned], 16) == 0 &&
		    memcmp(a->addr[1], b->addr[!turned], 16) == 0 &&
		    a->port[0] == b->port[turned] && a->port[1] == b->port[!turned])
			return true;
	return false;
}

/* A flow has two forms: as it began, and with each address that has one in its other form. */
static struct remembered_flow *find_flow(const struct guard_oracle *g, const struct tuple *t)
{
	struct ends as_is, translated;

	ends_of(t, &as_is);
	translated = as_is;
	translate(g, t->family, translated.addr[0]);
	translate(g, t->family, translated.addr[1]);
	for (size_t i = 0; i < g->n_flows; i++)
		if (same_ends(&g->flows[i].ends, &as_is) ||
		    same_ends(&g->flows[i].ends, &translated))
			return &g->flows[i];
	return NULL;
}

static enum alive has_flow(const struct judged *j, struct remembered_flow **flow)
{
	*flow = find_flow(j->guard, &j->out->view.tuple);
	return *flow ? alive((*flow)->seen, j->now, flow_life(j->guard, *flow)) : DEAD;
}

/* Whether a closing flow's packet shows that nobody has obeyed the RST which closed it. */
static bool is_revived(const struct remembered_flow *flow, const struct frame_view *view)
{
	bool finished = flow->fin[XE_FORWARD] && flow->fin[XE_REPLY];

	return !finished && !(view->tcp_flags & (TCP_FIN | TCP_RST));
}

/* What a packet that is let pass changes of its flow. */
static void move_flow(const struct judged *j, struct remembered_flow *flow, enum xe_sense sense)
{
	const struct frame_view *view = &j->out->view;
	bool tcp = view->tuple.proto == PROTO_TCP, syn = tcp && view->tuple.syn;

	flow->seen = j->now;
	if (flow->state == XE_FLOW_CLOSING &&
	    ((sense == XE_FORWARD && syn) || is_revived(flow, view))) {
		flow->state = XE_FLOW_NEW;
		flow->fin[XE_FORWARD] = flow->fin[XE_REPLY] = false;
	}
	if (sense == XE_REPLY && flow->state == XE_FLOW_NEW)
		flow->state = XE_FLOW_REPLIED;
	else if (sense == XE_FORWARD && flow->state == XE_FLOW_REPLIED && !syn)
		flow->state = XE_FLOW_ESTABLISHED;
	if (tcp && (view->tcp_flags & TCP_FIN))
		flow->fin[sense] = true;
	if ((flow->fin[XE_FORWARD] && flow->fin[XE_REPLY]) || (tcp && (view->tcp_flags & TCP_RST)))
		flow->state = XE_FLOW_CLOSING;
}

static void begin_flow(struct judged *j, struct remembered_flow *dead)
{
	struct guard_oracle *g = j->guard;
	struct remembered_flow *flow = dead;

	if (!flow) {
		g->flows = grown(g->flows, g->n_flows, sizeof(*g->flows));
		flow = &g->flows[g->n_flows++];
	}
	memset(flow, 0, sizeof(*flow));
	ends_of(&j->out->view.tuple, &flow->ends);
	flow->state = XE_FLOW_NEW;
	move_flow(j, flow, XE_FORWARD);
	j->out->new_flow = true;
}

/* --- limits ----------------------------------------------------------------------------------- */

static struct bucket *find_bucket(struct guard_oracle *g, const struct tuple *t, const char *row,
				  uint64_t full)
{
	unsigned size = t->family == 4 ? 4 : 8;
	struct bucket *bucket;

	for (size_t i = 0; i < g->n_buckets; i++) {
		bucket = &g->buckets[i];
		if (bucket->family == t->family && memcmp(bucket->source, t->saddr, size) == 0 &&
		    strcmp(bucket->row, row) == 0)
			return bucket;
	}
	g->buckets = grown(g->buckets, g->n_buckets, sizeof(*g->buckets));
	bucket = &g->buckets[g->n_buckets++];
	bucket->family = t->family;
	memcpy(bucket->source, t->saddr, size);
	bucket->row = strdup(row);
	if (!bucket->row)
		abort();
	bucket->credit = full;
	return bucket;
}

/* Whether the source has a token left for the row; it takes it. */
static bool take_token(struct judged *j, const struct row *row, const struct limit *limit)
{
	uint64_t full = limit->burst * limit->interval;
	struct bucket *bucket = find_bucket(j->guard, &j->out->view.tuple, row->id, full);
	uint64_t gained = j->now - bucket->at;

	bucket->credit = gained >= full - bucket->credit ? full : bucket->credit + gained;
	bucket->at = j->now;
	if (bucket->credit < limit->interval)
		return false;
	bucket->credit -= limit->interval;
	return true;
}

/* --- the fate of a packet --------------------------------------------------------------------- */

static void drop(struct judged *j, enum xe_reason reason)
{
	j->out->drop = true;
	j->out->reason = reason;
}

static void pass_by_name(struct judged *j, enum xe_exempt exempt)
{
	j->out->exempt = 1 + (unsigned)exempt;
}

/* ICMP that has a name. False: it has none. */
static bool judge_icmp(struct judged *j)
{
	const struct frame_view *view = &j->out->view;
	unsigned type = view->icmp_type;
	bool v6 = view->tuple.family == 6;

	if (!view->icmp)
		return false;
	if (v6 ? type == 128 || type == 129 : type == 8 || type == 0) {
		if (j->guard->site->drop_echo)
			drop(j, XE_REASON_ECHO);
		else
			pass_by_name(j, XE_EXEMPT_ECHO);
		return true;
	}
	if (v6 ? type == 2 : type == 3 && view->icmp_code == 4) {
		pass_by_name(j, XE_EXEMPT_PMTU);
		return true;
	}
	if (v6 && ((type >= 133 && type <= 137 && view->hop_limit == 255) ||
		   (((type >= 130 && type <= 132) || type == 143) && view->hop_limit == 1))) {
		pass_by_name(j, XE_EXEMPT_ND);
		return true;
	}
	return false;
}

static bool is_dhcp(const struct judged *j)
{
	const struct tuple *t = &j->out->view.tuple;
	unsigned low = t->family == 4 ? 67 : 546;

	return t->proto == PROTO_UDP && j->out->side != XE_SIDE_INTERNET &&
	       (t->sport == low || t->sport == low + 1) && (t->dport == low || t->dport == low + 1);
}

/* No row decides. */
static void judge_miss(struct judged *j)
{
	bool near = j->source.is_protected || j->destination.is_protected;
	enum xe_miss miss = j->out->counted.miss;

	if (judge_icmp(j))
		return;
	if (is_dhcp(j) && (miss == XE_MISS_UNMATCHED ||
			   (miss == XE_MISS_FOREIGN && j->guard->site->drop_foreign))) {
		pass_by_name(j, XE_EXEMPT_DHCP);
		return;
	}
	if (miss == XE_MISS_FOREIGN || !near) {
		if (j->guard->site->drop_foreign)
			drop(j, XE_REASON_FOREIGN);
		return;
	}
	drop(j, miss == XE_MISS_IP_OTHER ? XE_REASON_IP_OTHER
		: miss == XE_MISS_IPSEC	 ? XE_REASON_IPSEC
					 : XE_REASON_UNMATCHED);
}

/* `flow` is the one there was, dead or alive. */
static void judge_forward(struct judged *j, const struct oracle_row *row,
			  struct remembered_flow *flow, bool is_alive)
{
	const struct verdict *verdict = oracle_row_verdict(j->guard->oracle, row->row);
	bool remembered = remembers_flows(j->guard) && !row->dhcp;
	bool again = is_alive && flow->state == XE_FLOW_CLOSING && j->out->counted.syn;
	bool begins = remembered && (!is_alive || again);

	if (verdict->kind == VERDICT_DENY) {
		drop(j, XE_REASON_DENY_ROW);
		return;
	}
	if (verdict->kind == VERDICT_LIMIT && j->guard->site->mode != XE_MODE_MONITOR &&
	    (verdict->limit.packets || begins) && !take_token(j, row->row, &verdict->limit)) {
		drop(j, XE_REASON_LIMITED);
		return;
	}
	if (!remembered)
		return;
	if (is_alive)
		move_flow(j, flow, XE_FORWARD);
	else
		begin_flow(j, flow);
}

static void unsolicited(struct judged *j)
{
	struct oracle_verdict *counted = &j->out->counted;

	if (judge_icmp(j))
		return;
	if (is_dhcp(j)) {
		pass_by_name(j, XE_EXEMPT_DHCP);
		return;
	}
	drop(j, XE_REASON_UNSOLICITED);
	counted->row = NULL;
	counted->miss = XE_MISS_UNSOLICITED;
	counted->n_matches = 0;
}

static void judge_row(struct judged *j)
{
	const struct oracle_verdict *counted = &j->out->counted;
	size_t n_rows, at = 0;
	const struct oracle_row *rows = oracle_rows(j->guard->oracle, &n_rows), *row;
	struct remembered_flow *flow = NULL;
	bool remembered = remembers_flows(j->guard), is_alive;

	while (rows[counted->matches[at].row].annotation)
		at++;
	row = &rows[counted->matches[at].row];
	if (oracle_row_verdict(j->guard->oracle, row->row)->kind == VERDICT_DENY) {
		drop(j, XE_REASON_DENY_ROW);
		return;
	}
	if (remembered) {
		enum alive how = has_flow(j, &flow);

		j->out->open = how == OPEN;
		is_alive = how == ALIVE;
		if (j->out->open)
			return;
	} else {
		is_alive = false;
	}
	if (counted->sense == XE_FORWARD) {
		judge_forward(j, row, flow, is_alive);
		return;
	}
	if (!remembered || row->dhcp)
		return;
	if (is_alive) {
		move_flow(j, flow, XE_REPLY);
		return;
	}
	for (at++; at < counted->n_matches; at++) {
		row = &rows[counted->matches[at].row];
		if (counted->matches[at].sense == XE_FORWARD && !row->annotation) {
			judge_forward(j, row, flow, false);
			return;
		}
	}
	unsolicited(j);
}

/* Martian, spoofed, deny list: by the addresses alone. False: none of them. */
static bool judge_addresses(struct judged *j, const struct oracle_verdict *verdict)
{
	if (verdict->row && strncmp(verdict->row, "site/deny/", 10) == 0)
		drop(j, XE_REASON_DENY_LIST);
	else if (!verdict->row && verdict->miss == XE_MISS_MARTIAN)
		drop(j, XE_REASON_MARTIAN);
	else if (!verdict->row && verdict->miss == XE_MISS_SPOOFED)
		drop(j, XE_REASON_SPOOFED);
	return j->out->drop;
}

/* --- fragments -------------------------------------------------------------------------------- */

static bool same_fragment(const struct remembered_fragment *f, const struct frame_view *view)
{
	const struct tuple *t = &view->tuple;

	return f->family == t->family && f->proto == (t->family == 4 ? t->proto : 0) &&
	       f->id == view->id && memcmp(f->saddr, t->saddr, 16) == 0 &&
	       memcmp(f->daddr, t->daddr, 16) == 0;
}

static struct remembered_fragment *find_fragment(const struct judged *j)
{
	for (size_t i = 0; i < j->guard->n_fragments; i++)
		if (same_fragment(&j->guard->fragments[i], &j->out->view))
			return &j->guard->fragments[i];
	return NULL;
}

static void remember_fragment(struct judged *j)
{
	struct guard_oracle *g = j->guard;
	const struct tuple *t = &j->out->view.tuple;
	struct remembered_fragment *f = find_fragment(j);

	if (!f) {
		g->fragments = grown(g->fragments, g->n_fragments, sizeof(*g->fragments));
		f = &g->fragments[g->n_fragments++];
		f->family = t->family;
		f->proto = t->family == 4 ? t->proto : 0;
		f->id = j->out->view.id;
		memcpy(f->saddr, t->saddr, 16);
		memcpy(f->daddr, t->daddr, 16);
	}
	f->denied = j->out->drop;
	f->seen = j->now;
}

static void judge_later_fragment(struct judged *j)
{
	struct guard_oracle *g = j->guard;
	struct tuple bare = j->out->view.tuple;
	const struct remembered_fragment *f;
	struct oracle_verdict by_addresses;
	enum alive how;

	bare.proto = PROTO_NONE;
	bare.sport = bare.dport = 0;
	bare.syn = false;
	oracle_classify(g->oracle, (enum xe_side)j->out->side, &bare, &by_addresses);
	if (judge_addresses(j, &by_addresses) || g->site->mode == XE_MODE_MONITOR)
		return;
	f = find_fragment(j);
	how = f ? alive(f->seen, j->now, g->site->state.life[XE_LIFE_FRAGMENT]) : DEAD;
	j->out->open = how == OPEN;
	if (how == ALIVE && f->denied)
		drop(j, XE_REASON_FRAGMENT_DENIED);
	if (how == DEAD && !g->site->pass_orphans &&
	    (j->source.is_protected || j->destination.is_protected))
		drop(j, XE_REASON_FRAGMENT_ORPHAN);
}

/* --- the misses of parsing ----------------------------------------------------------------------
 */

static void judge_non_ip(struct judged *j)
{
	static const uint8_t bridges[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};
	static const uint8_t per_vlan[6] = {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcd};
	const struct frame_view *view = &j->out->view;

	switch (view->ethertype) {
	case 0x0806:
		pass_by_name(j, XE_EXEMPT_ARP);
		return;
	case 0x88cc:
		pass_by_name(j, XE_EXEMPT_LLDP);
		return;
	case 0x888e:
		pass_by_name(j, XE_EXEMPT_EAPOL);
		return;
	case 0x8809:
		pass_by_name(j, XE_EXEMPT_LACP);
		return;
	case 0x8863:
		pass_by_name(j, XE_EXEMPT_PPPOE_DISCOVERY);
		return;
	}
	if (view->ethertype < 0x0600 &&
	    (memcmp(view->to, bridges, 6) == 0 || memcmp(view->to, per_vlan, 6) == 0))
		pass_by_name(j, XE_EXEMPT_STP);
	else if (j->guard->site->drop_non_ip)
		drop(j, XE_REASON_NON_IP);
}

static void judge_missed(struct judged *j)
{
	j->out->counted.miss = j->out->view.miss;
	switch (j->out->view.miss) {
	case XE_MISS_MALFORMED:
		drop(j, XE_REASON_MALFORMED);
		break;
	case XE_MISS_TOO_DEEP:
		drop(j, XE_REASON_TOO_DEEP);
		break;
	case XE_MISS_NON_IP:
		judge_non_ip(j);
		break;
	default:
		judge_later_fragment(j);
		break;
	}
}

/* --- whose, and whether in earnest ------------------------------------------------------------ */

static void judge(struct judged *j)
{
	struct guard_outcome *out = j->out;
	const struct frame_view *view = &out->view;
	const struct guard_oracle *g = j->guard;

	if (view->tags_read && out->side < 0) {
		out->counted.miss = XE_MISS_NO_POLICY;
		return;
	}
	if (view->tuple.family && (!view->missed || view->miss == XE_MISS_FRAGMENT)) {
		oracle_address(g->oracle, view->tuple.family, view->tuple.saddr, &j->source);
		oracle_address(g->oracle, view->tuple.family, view->tuple.daddr, &j->destination);
	}
	if (view->missed) {
		judge_missed(j);
	} else {
		oracle_classify(g->oracle, (enum xe_side)out->side, &view->tuple, &out->counted);
		if (!judge_addresses(j, &out->counted)) {
			if (out->counted.row)
				judge_row(j);
			else
				judge_miss(j);
		}
		if (!out->open && view->fragment == FRAME_FIRST && g->site->mode != XE_MODE_MONITOR)
			remember_fragment(j);
	}
	out->role = oracle_deepest_protected(g->oracle, &j->destination);
	if (!out->role)
		out->role = oracle_deepest_protected(g->oracle, &j->source);
}

/* A NIC is one with all its VLANs or not at all. */
static bool is_mirror(const struct site *site, const char *nic)
{
	for (size_t i = 0; i < site->n_interfaces; i++)
		if (strcmp(site->interfaces[i].name, nic) == 0 &&
		    site->interfaces[i].side == XE_SIDE_MIRROR)
			return true;
	return false;
}

void guard_oracle_judge(struct guard_oracle *g, const struct guard_packet *packet,
			struct guard_outcome *out)
{
	struct judged j = {.guard = g, .now = packet->now, .out = out};
	bool copy = is_mirror(g->site, packet->nic);

	memset(out, 0, sizeof(*out));
	frame_read(packet->frame, packet->len, &out->view);
	out->side = oracle_nic_side(g->site, packet->nic, out->view.vid);
	judge(&j);
	out->enforced = out->drop && !copy && g->site->mode == XE_MODE_ENFORCE &&
			(g->deadline == 0 || packet->now <= g->deadline);
	out->dropped = out->enforced || copy;
}

/* --- making ----------------------------------------------------------------------------------- */

struct guard_oracle *guard_oracle_new(const struct spec *spec, const struct site *site)
{
	struct guard_oracle *g = calloc(1, sizeof(*g));

	if (g && !guard_oracle_reload(g, spec, site)) {
		free(g);
		return NULL;
	}
	return g;
}

bool guard_oracle_reload(struct guard_oracle *g, const struct spec *spec, const struct site *site)
{
	struct oracle *oracle = oracle_new(spec, site);

	if (!oracle)
		return false;
	oracle_free(g->oracle);
	g->oracle = oracle;
	g->spec = spec;
	g->site = site;
	g->n_fragments = 0;
	return true;
}

void guard_oracle_free(struct guard_oracle *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_buckets; i++)
		free(g->buckets[i].row);
	free(g->buckets);
	free(g->fragments);
	free(g->flows);
	oracle_free(g->oracle);
	free(g);
}

void guard_oracle_deadline(struct guard_oracle *g, uint64_t deadline)
{
	g->deadline = deadline;
}

size_t guard_oracle_flows(const struct guard_oracle *g, uint64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_flows; i++)
		n += alive(g->flows[i].seen, now, flow_life(g, &g->flows[i])) == ALIVE;
	return n;
}

struct oracle *guard_oracle_rows(const struct guard_oracle *g)
{
	return g->oracle;
}
