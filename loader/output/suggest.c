// SPDX-License-Identifier: GPL-2.0-only
/* Records of packets put together into rows; see suggest.h. */
#include "suggest.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/addr.h"
#include "../policy/analyze.h"
#include "../policy/text.h"

/* One end of a record's packets. */
struct who {
	int role;   /* the deepest of those that hold the address, or -1 */
	bool inner; /* `any` opposite it matches from inside only */
	struct prefix address;
};

/*
 * A record, turned so that its packets go from the client to the server. One end may vary within a
 * row: the one that no role stands for.
 */
struct item {
	const struct suspect *suspect;
	enum proposal_kind kind;
	struct who client, server;
	bool client_varies, server_varies;
	bool from_inside; /* side lan, dmz-internal or mirror */
};

/* --- what a record is about ------------------------------------------------------------------- */

static struct prefix host(uint8_t family, const uint8_t *addr)
{
	struct prefix prefix = {.family = family, .prefixlen = family == 4 ? 32 : 128};

	memcpy(prefix.addr, addr, family == 4 ? 4 : 16);
	return prefix;
}

static struct who who(const struct policy *policy, bool *roles, uint8_t family, const uint8_t *addr)
{
	struct who who = {.role = -1, .inner = true, .address = host(family, addr)};

	if (!policy)
		return who;
	address_roles(policy, family, addr, roles);
	who.inner = address_sides(policy, family, addr, roles) &
		    (1u << XE_SIDE_DMZ_INTERNAL | 1u << XE_SIDE_LAN);
	for (size_t i = 0; i < policy->spec->n_roles; i++)
		if (roles[i] && (who.role < 0 || policy->spec->roles[i].depth >
							 policy->spec->roles[who.role].depth))
			who.role = i;
	return who;
}

/* Whether packets of a record entered from inside, as far as the site says so. */
static bool from_inside(const struct suggest_input *in, const struct xe_suspect_key *key)
{
	const struct site_interface *found = NULL;
	const struct site *site;

	if (!in->policy || key->slot >= in->n_interfaces)
		return false;
	site = in->policy->site;
	for (size_t i = 0; i < site->n_interfaces; i++) {
		const struct site_interface *it = &site->interfaces[i];

		if (!strcmp(it->name, in->interfaces[key->slot].name) &&
		    (it->vlan == key->vlan || (!it->vlan && !found)))
			found = it;
	}
	return found && (found->side == XE_SIDE_LAN || found->side == XE_SIDE_DMZ_INTERNAL ||
			 found->side == XE_SIDE_MIRROR);
}

static void item_fill(const struct suggest_input *in, const struct suspect *suspect, bool *roles,
		      struct item *item)
{
	const struct xe_suspect_key *key = &suspect->key;
	struct who source = who(in->policy, roles, key->family, key->saddr);
	struct who destination = who(in->policy, roles, key->family, key->daddr);

	*item = (struct item){
		.suspect = suspect,
		.client = key->at_source ? destination : source,
		.server = key->at_source ? source : destination,
		.from_inside = from_inside(in, key),
	};
	if (suspect->seen.reason == XE_REASON_UNSOLICITED)
		item->kind = PROPOSAL_NONE;
	else if (key->proto != IPPROTO_TCP && key->proto != IPPROTO_UDP)
		item->kind = PROPOSAL_OPEN;
	item->client_varies = item->client.role < 0;
	item->server_varies = item->server.role < 0 && !item->client_varies;
}

/* --- order: what becomes one row stands together
 * ------------------------------------------------------- */

static int compare_numbers(long a, long b)
{
	return (a > b) - (a < b);
}

/* Same kind, protocol and ends, whatever the port and the end that varies. */
static int compare_ends(const struct item *a, const struct item *b)
{
	int order = compare_numbers(a->kind, b->kind);

	if (!order)
		order = compare_numbers(a->suspect->key.proto, b->suspect->key.proto);
	if (!order)
		order = compare_numbers(a->client.role, b->client.role);
	if (!order)
		order = compare_numbers(a->server.role, b->server.role);
	if (!order && a->client_varies && a->server.role < 0)
		order = prefix_compare(&a->server.address, &b->server.address);
	return order;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = compare_ends(x, y);

	return order ? order : compare_numbers(x->suspect->key.port, y->suspect->key.port);
}

/* --- one row ---------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	const struct proposal_address *x = a, *y = b;

	return prefix_compare(&x->address, &y->address);
}

static int by_packets(const void *a, const void *b)
{
	const struct proposal_address *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	return by_address(a, b);
}

/* The addresses of one end of n items, each once. 0 or -ENOMEM. */
static int end_fill(const struct item *items, size_t n, bool client, struct proposal_end *end)
{
	bool varies = client ? items[0].client_varies : items[0].server_varies;
	bool opposite_any = true;
	size_t kept = 0;

	end->role = client ? items[0].client.role : items[0].server.role;
	end->addresses = calloc(n, sizeof(*end->addresses));
	if (!end->addresses)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct who *at = client ? &items[i].client : &items[i].server;
		const struct who *other = client ? &items[i].server : &items[i].client;

		end->addresses[i].address = at->address;
		end->addresses[i].packets = items[i].suspect->seen.packets;
		opposite_any &= !other->inner || items[i].from_inside;
	}
	qsort(end->addresses, n, sizeof(*end->addresses), by_address);
	for (size_t i = 1; i < n; i++) {
		if (by_address(&end->addresses[kept], &end->addresses[i]))
			end->addresses[++kept] = end->addresses[i];
		else
			end->addresses[kept].packets += end->addresses[i].packets;
	}
	end->n_addresses = kept + 1;
	qsort(end->addresses, end->n_addresses, sizeof(*end->addresses), by_packets);
	end->any = varies && items[0].kind == PROPOSAL_ROW && opposite_any &&
		   end->n_addresses >= PROPOSAL_ANY_FROM;
	return 0;
}

static void proposal_add(struct proposal *p, const struct suspect *suspect)
{
	const struct xe_suspect *seen = &suspect->seen;

	p->packets += seen->packets;
	p->bytes += seen->bytes;
	if (!p->n_suspects || seen->first < p->first)
		p->first = seen->first;
	if (seen->last > p->last)
		p->last = seen->last;
	if (suspect->key.at_source)
		p->answers += seen->packets;
	if (seen->reason < XE_REASON_COUNT)
		p->reasons |= 1u << seen->reason;
	if (suspect->key.slot < XE_MAX_NICS)
		p->slots |= 1ull << suspect->key.slot;
	p->syn |= seen->syn;
	p->estimated |= seen->packets != seen->recorded;
	p->n_suspects++;
}

/* A row of n items with the same ends, of one port unless it is a range. 0 or -ENOMEM. */
static int propose(struct proposals *out, const struct item *items, size_t n,
		   enum proposal_kind kind)
{
	struct proposal *p = &out->v[out->n++];

	*p = (struct proposal){
		.kind = kind,
		.proto = items[0].suspect->key.proto,
		.port_lo = items[0].suspect->key.port,
		.port_hi = items[n - 1].suspect->key.port,
		.n_ports = 1,
	};
	for (size_t i = 0; i < n; i++) {
		proposal_add(p, items[i].suspect);
		if (i)
			p->n_ports += items[i].suspect->key.port != items[i - 1].suspect->key.port;
	}
	if (end_fill(items, n, true, &p->source))
		return -ENOMEM;
	return end_fill(items, n, false, &p->destination);
}

/* Of n items the length of the first run with the same port, and its packets. */
static size_t port_run(const struct item *items, size_t n, uint64_t *packets)
{
	size_t end = 0;

	for (*packets = 0; end < n; end++) {
		if (items[end].suspect->key.port != items[0].suspect->key.port)
			break;
		*packets += items[end].suspect->seen.packets;
	}
	return end;
}

/*
 * Rows for n items with the same ends, in order of ports: one a port. Of more ports than there
 * should be only those that have a quarter of the packets; the others are a range, moved to the
 * front of the items. 0 or -ENOMEM.
 */
static int propose_ports(struct proposals *out, struct item *items, size_t n)
{
	uint64_t all = 0, packets;
	size_t n_ports = 0, rest = 0;
	int err = 0;

	for (size_t i = 0, run; i < n; i += run, n_ports++) {
		run = port_run(items + i, n - i, &packets);
		all += packets;
	}
	for (size_t i = 0, run; !err && i < n; i += run) {
		run = port_run(items + i, n - i, &packets);
		if (n_ports <= PROPOSAL_PORTS_MAX || packets >= all / 4) {
			err = propose(out, items + i, run, items[0].kind);
		} else {
			memmove(items + rest, items + i, run * sizeof(*items));
			rest += run;
		}
	}
	if (!err && rest)
		err = propose(out, items, rest,
			      items[0].kind == PROPOSAL_ROW ? PROPOSAL_RANGE : items[0].kind);
	return err;
}

/* --- names ------------------------------------------------------------------------------------ */

const char *proposal_l4(const struct proposal *proposal)
{
	return proposal->proto == IPPROTO_TCP	? "tcp"
	       : proposal->proto == IPPROTO_UDP ? "udp"
						: "any";
}

void proposal_proto_text(const struct proposal *proposal, char *buf, size_t size)
{
	if (proposal->proto == IPPROTO_TCP || proposal->proto == IPPROTO_UDP)
		snprintf(buf, size, "%s", proposal_l4(proposal));
	else
		snprintf(buf, size, "ip protocol %u", proposal->proto);
}

/* The destination as a part of a name: a role, any, or an address with dashes. */
static void end_word(const struct spec *spec, const struct proposal_end *end, char *buf,
		     size_t size)
{
	if (end->any)
		snprintf(buf, size, "any");
	else if (end->role >= 0)
		snprintf(buf, size, "%s", spec->roles[end->role].name);
	else
		prefix_text(&end->addresses[0].address, buf, size);
	for (char *p = buf; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789", *p))
			*p = '-';
}

static bool name_is_taken(const struct suggest_input *in, const struct proposals *out, size_t n,
			  const char *name)
{
	for (size_t i = 0; in->policy && i < in->policy->site->n_rows; i++)
		if (!strcmp(in->policy->site->rows[i].id + strlen("site/rows/"), name))
			return true;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(out->v[i].name, name))
			return true;
	return false;
}

/* A valid row name of its own for each. */
static void name_all(const struct suggest_input *in, struct proposals *out)
{
	for (size_t i = 0; i < out->n; i++) {
		const struct spec *spec = in->policy ? in->policy->spec : NULL;
		struct proposal *p = &out->v[i];
		char where[64], port[8], base[49], name[49];

		if (p->kind == PROPOSAL_NONE)
			continue;
		end_word(spec, &p->destination, where, sizeof(where));
		snprintf(port, sizeof(port), "%u",
			 p->kind == PROPOSAL_OPEN ? p->proto : p->port_lo);
		snprintf(base, sizeof(base), "seen-%s-%.5s-%.28s",
			 p->kind == PROPOSAL_OPEN ? "protocol" : proposal_l4(p), port, where);
		snprintf(name, sizeof(name), "%s", base);
		for (unsigned k = 2; name_is_taken(in, out, i, name); k++)
			snprintf(name, sizeof(name), "%.40s-%u", base, k % 100000);
		memcpy(p->name, name, sizeof(p->name));
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

static int by_weight(const void *a, const void *b)
{
	const struct proposal *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	return compare_numbers(x->port_lo, y->port_lo);
}

static void sum_up(const struct suggest_input *in, struct proposals *out)
{
	out->n_suspects = in->n;
	for (size_t i = 0; i < in->n; i++) {
		const struct xe_suspect *seen = &in->suspects[i].seen;

		out->packets += seen->packets;
		out->bytes += seen->bytes;
		out->estimated |= seen->packets != seen->recorded;
	}
}

int proposals_make(const struct suggest_input *in, struct proposals *out)
{
	struct item *items = calloc(in->n + 1, sizeof(*items));
	bool *roles = calloc(in->policy ? in->policy->spec->n_roles + 1 : 1, sizeof(*roles));
	int err = 0;

	*out = (struct proposals){.v = calloc(in->n + 1, sizeof(*out->v))};
	if (!items || !roles || !out->v)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < in->n; i++)
		item_fill(in, &in->suspects[i], roles, &items[i]);
	if (!err) {
		qsort(items, in->n, sizeof(*items), compare_items);
		sum_up(in, out);
	}
	for (size_t i = 0, end; !err && i < in->n; i = end) {
		for (end = i + 1; end < in->n && !compare_ends(&items[i], &items[end]); end++)
			;
		err = propose_ports(out, items + i, end - i);
	}
	if (!err) {
		qsort(out->v, out->n, sizeof(*out->v), by_weight);
		name_all(in, out);
	}
	free(items);
	free(roles);
	return err;
}

void proposals_free(struct proposals *proposals)
{
	for (size_t i = 0; i < proposals->n; i++) {
		free(proposals->v[i].source.addresses);
		free(proposals->v[i].destination.addresses);
	}
	free(proposals->v);
	*proposals = (struct proposals){0};
}

void suggest_time_text(const struct suggest_input *in, uint64_t at, char *buf, size_t size)
{
	time_t seconds = (time_t)(((int64_t)at + in->real_ahead) / 1000000000);
	struct tm tm;

	strftime(buf, size, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&seconds, &tm));
}
