// SPDX-License-Identifier: GPL-2.0-only
/* What random_site() leaves out: everything that verdicts are made of. */
#include "guard_site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

static char *named(const char *head, size_t n)
{
	char *text = NULL;

	if (asprintf(&text, "%s%zu", head, n) < 0)
		abort();
	return text;
}

static void set_any(struct port_set *set)
{
	set->v = need(calloc(1, sizeof(*set->v)));
	set->n = 1;
	set->v[0].hi = 65535;
}

/* Any prefix that the site gives a role, or NULL. */
static const struct prefix *some_prefix(struct rng *rng, const struct spec *spec,
					const struct site *site)
{
	for (int tries = 0; tries < 200; tries++) {
		const struct prefix_list *list =
			&site->role_prefixes[rng_below(rng, (unsigned)spec->n_roles)];

		if (list->n > 0)
			return &list->v[rng_below(rng, (unsigned)list->n)];
	}
	return NULL;
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void random_verdict(struct rng *rng, bool state_off, struct verdict *out)
{
	static const uint64_t intervals[] = {1000000, 20000000, 333333333, 1000000000, 60000000000};
	static const enum row_verdict kinds[] = {VERDICT_ALLOW, VERDICT_ALLOW, VERDICT_DENY,
						 VERDICT_LIMIT, VERDICT_LIMIT, VERDICT_LIMIT};

	memset(out, 0, sizeof(*out));
	out->kind = kinds[rng_below(rng, 6)];
	if (out->kind != VERDICT_LIMIT)
		return;
	out->limit.interval = intervals[rng_below(rng, 5)];
	/* a bucket of more than a hundred years is refused */
	out->limit.burst = out->limit.interval < 500000000 && rng_percent(rng, 5)
				   ? UINT32_MAX
				   : 1 + rng_below(rng, 4);
	out->limit.packets = state_off || rng_percent(rng, 40);
}

static bool has_entry(const struct site *site, const struct site_verdict *entry)
{
	for (size_t i = 0; i < site->n_verdicts; i++)
		if (site->verdicts[i].row == entry->row &&
		    site->verdicts[i].table == entry->table &&
		    site->verdicts[i].role == entry->role)
			return true;
	return false;
}

static void random_verdicts(struct rng *rng, const struct spec *spec, struct site *site)
{
	unsigned n = rng_below(rng, 25);

	for (size_t i = 0; i < site->n_rows; i++) {
		site->rows[i].has_verdict = rng_percent(rng, 40);
		if (site->rows[i].has_verdict)
			random_verdict(rng, site->state.off, &site->rows[i].verdict);
	}
	free(site->verdicts);
	site->verdicts = need(calloc(n + 1, sizeof(*site->verdicts)));
	site->n_verdicts = 0;
	while (n-- > 0) {
		size_t t = site->tables[rng_below(rng, (unsigned)site->n_tables)];
		const struct table *table = &spec->tables[t];
		struct site_verdict entry = {.row = -1, .table = -1, .role = -1};

		if (table->annotation)
			continue;
		switch (rng_below(rng, 8)) {
		case 0:
			entry.table = (int)t;
			break;
		case 1:
			/* one that a row of the site has, or it is refused */
			entry.role = spec->rows[table->first_row +
						rng_below(rng, (unsigned)table->n_rows)]
					     .role;
			if (entry.role < 0)
				continue;
			break;
		default:
			entry.row =
				(int)(table->first_row + rng_below(rng, (unsigned)table->n_rows));
		}
		if (has_entry(site, &entry))
			continue;
		random_verdict(rng, site->state.off, &entry.verdict);
		site->verdicts[site->n_verdicts++] = entry;
	}
}

/* --- deny lists ------------------------------------------------------------------------------- */

static void give_denied(struct rng *rng, const struct spec *spec, const struct site *site,
			struct prefix_list *list)
{
	const struct prefix *of = rng_percent(rng, 60) ? some_prefix(rng, spec, site) : NULL;
	struct prefix p = {.family = rng_percent(rng, 50) ? 4 : 6};
	unsigned size;

	if (of)
		p = *of;
	else if (p.family == 4)
		memcpy(p.addr, "\xc6\x33\x64", 3); /* 198.51.100.0/24 */
	else
		memcpy(p.addr, "\x20\x01\x0d\xb8\x00\x16", 6);
	size = p.family == 4 ? 32 : 128;
	for (unsigned bit = of ? of->prefixlen : size / 2; bit < size; bit++)
		if (rng_percent(rng, 50))
			p.addr[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	p.prefixlen = (uint8_t)(size - rng_below(rng, of ? 4 : 16));
	if (of && p.prefixlen < of->prefixlen)
		p.prefixlen = of->prefixlen;
	if (rng_percent(rng, 5)) /* a wide one, servers, martians and all */
		p.prefixlen = (uint8_t)(1 + rng_below(rng, 12));
	for (unsigned bit = p.prefixlen; bit < size; bit++)
		p.addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	for (size_t i = 0; i < list->n; i++)
		if (memcmp(&list->v[i], &p, sizeof(p)) == 0)
			return;
	list->v = need(realloc(list->v, (list->n + 1) * sizeof(*list->v)));
	list->v[list->n++] = p;
}

static void random_deny(struct rng *rng, const struct spec *spec, struct site *site)
{
	site->deny = need(calloc(4, sizeof(*site->deny)));
	for (site->n_deny = 0; site->n_deny < 3 && rng_percent(rng, 45); site->n_deny++) {
		struct deny_list *list = &site->deny[site->n_deny];
		struct row *row = &list->row;

		for (unsigned n = 1 + rng_below(rng, 4); n > 0; n--)
			give_denied(rng, spec, site, &list->prefixes);
		random_sort_prefixes(&list->prefixes);
		list->name = named("list-", site->n_deny + 1);
		row->id = named("site/deny/list-", site->n_deny + 1);
		row->table = row->role = -1;
		row->number = (unsigned)site->n_deny + 1;
		row->l4 = L4_TCP | L4_UDP | L4_OTHER;
		row->service = named("deny list ", site->n_deny + 1);
		row->app = need(strdup(""));
		row->note = need(strdup(""));
		row->source.kind = END_PREFIXES;
		row->source.prefixes = list->prefixes;
		row->verdict.kind = VERDICT_DENY;
		row->has_verdict = true;
		row->file = site->path;
		set_any(&row->ports);
		set_any(&row->source_ports);
	}
}

static void free_deny(struct site *site)
{
	for (size_t i = 0; i < site->n_deny; i++) {
		struct deny_list *list = &site->deny[i];

		free(list->name);
		free(list->prefixes.v);
		free(list->row.id);
		free(list->row.service);
		free(list->row.app);
		free(list->row.note);
		free(list->row.ports.v);
		free(list->row.source_ports.v);
	}
	free(site->deny);
	site->deny = NULL;
	site->n_deny = 0;
}

/* --- the rest --------------------------------------------------------------------------------- */

static bool is_translated(const struct site *site, const struct prefix *p)
{
	for (size_t i = 0; i < site->n_nats; i++)
		if (memcmp(&site->nats[i].outside, p, sizeof(*p)) == 0 ||
		    memcmp(&site->nats[i].inside, p, sizeof(*p)) == 0)
			return true;
	return false;
}

/* Hosts of the site, whole prefixes of one address, before and behind translation. */
static void random_nats(struct rng *rng, const struct spec *spec, struct site *site)
{
	unsigned n = site->state.off || rng_percent(rng, 40) ? 0 : 1 + rng_below(rng, 4);

	free(site->nats);
	site->nats = need(calloc(n + 1, sizeof(*site->nats)));
	site->n_nats = 0;
	while (n-- > 0) {
		const struct prefix *host = some_prefix(rng, spec, site);
		const struct prefix *other = some_prefix(rng, spec, site);
		struct nat_pair pair = {0};

		if (!host)
			return;
		pair.outside = *host;
		pair.inside = other && other->family == host->family ? *other : *host;
		pair.outside.prefixlen = pair.inside.prefixlen = host->family == 4 ? 32 : 128;
		pair.inside.addr[host->family == 4 ? 3 : 15] ^= 0x40;
		if (memcmp(&pair.outside, &pair.inside, sizeof(pair.inside)) == 0 ||
		    is_translated(site, &pair.outside) || is_translated(site, &pair.inside))
			continue;
		site->nats[site->n_nats++] = pair;
	}
}

static void random_state(struct rng *rng, struct state_config *state)
{
	static const uint32_t lives[XE_LIFE_COUNT][3] = {
		[XE_LIFE_NEW] = {30, 2, 9},    [XE_LIFE_CLOSING] = {10, 3, 5},
		[XE_LIFE_TCP] = {7440, 40, 5}, [XE_LIFE_UDP] = {300, 20, 4},
		[XE_LIFE_OTHER] = {60, 4, 1},  [XE_LIFE_FRAGMENT] = {30, 2, 7},
	};

	memset(state, 0, sizeof(*state));
	state->off = rng_percent(rng, 12);
	state->flows = 1u << 15;
	state->fragments = 1u << 13;
	state->sources = 1u << 13;
	for (int i = 0; i < XE_LIFE_COUNT; i++)
		state->life[i] = lives[i][rng_below(rng, 3)];
}

static void one_trunk(struct rng *rng, struct site *site)
{
	bool itself = rng_percent(rng, 25);

	free(site->interfaces);
	site->interfaces = need(calloc(5, sizeof(*site->interfaces)));
	site->n_interfaces = 0;
	if (rng_percent(rng, 8)) {
		site->n_interfaces = 1;
		site->interfaces[0].side = XE_SIDE_MIRROR;
		strcpy(site->interfaces[0].name, GUARD_NIC);
		return;
	}
	for (unsigned side = 0; side < XE_SIDE_MIRROR; side++) {
		struct site_interface *at = &site->interfaces[site->n_interfaces++];

		strcpy(at->name, GUARD_NIC);
		at->vlan = GUARD_VLAN(side);
		at->side = (enum xe_side)side;
	}
	if (itself) {
		struct site_interface *at = &site->interfaces[site->n_interfaces++];

		strcpy(at->name, GUARD_NIC);
		at->side = (enum xe_side)rng_below(rng, XE_SIDE_MIRROR);
	}
}

void guard_site(struct rng *rng, const struct spec *spec, struct site *out)
{
	random_site(rng, spec, out);
	out->mode = XE_MODE_ENFORCE;
	random_state(rng, &out->state);
	random_verdicts(rng, spec, out);
	free_deny(out);
	random_deny(rng, spec, out);
	random_nats(rng, spec, out);
	one_trunk(rng, out);
	out->drop_foreign = rng_percent(rng, 30);
	out->drop_non_ip = rng_percent(rng, 30);
	out->drop_echo = rng_percent(rng, 30);
	out->pass_orphans = rng_percent(rng, 30);
	out->payload = rng_percent(rng, 30);
	out->suggest = rng_percent(rng, 80);
}

void guard_site_free(const struct spec *spec, struct site *site)
{
	free_deny(site);
	free(site->verdicts);
	free(site->nats);
	site->verdicts = NULL;
	site->nats = NULL;
	site->n_verdicts = site->n_nats = 0;
	random_site_free(spec, site);
}
