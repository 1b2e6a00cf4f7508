// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sites as text. What a random run found is printed in this form, so that it can be loaded,
 * explained and kept; and what is written here must come back from the reader unchanged.
 */
#include "site_yaml.h"

#include <arpa/inet.h>
#include <string.h>

static const char *const side_names[XE_SIDE_COUNT] = {
	[XE_SIDE_INTERNET] = "internet",
	[XE_SIDE_DMZ_EXTERNAL] = "dmz-external",
	[XE_SIDE_DMZ_INTERNAL] = "dmz-internal",
	[XE_SIDE_LAN] = "lan",
	[XE_SIDE_MIRROR] = "mirror",
};

static const char *const match_names[] = {"destination", "source", "either"};

static void write_prefix(FILE *to, const struct prefix *p)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, text, sizeof(text));
	fprintf(to, "\"%s", text);
	if (p->prefixlen != (p->family == 4 ? 32 : 128))
		fprintf(to, "/%u", p->prefixlen);
	fprintf(to, "\"");
}

static void write_prefixes(FILE *to, const struct prefix_list *list)
{
	fprintf(to, "[");
	for (size_t i = 0; i < list->n; i++) {
		fprintf(to, "%s", i ? ", " : "");
		write_prefix(to, &list->v[i]);
	}
	fprintf(to, "]");
}

static void write_ports(FILE *to, const struct port_set *set)
{
	if (set->n == 1 && set->v[0].lo == 0 && set->v[0].hi == 65535) {
		fprintf(to, "any");
		return;
	}
	fprintf(to, "\"");
	for (size_t i = 0; i < set->n; i++) {
		fprintf(to, "%s%u", i ? "," : "", set->v[i].lo);
		if (set->v[i].hi != set->v[i].lo)
			fprintf(to, "-%u", set->v[i].hi);
	}
	fprintf(to, "\"");
}

static void write_end(FILE *to, const struct spec *spec, const struct end *end)
{
	if (end->kind == END_ANY)
		fprintf(to, "any");
	else if (end->kind == END_ROLES)
		fprintf(to, "%s", spec->roles[end->roles[0]].name);
	else
		write_prefixes(to, &end->prefixes);
}

static const char *l4_name(unsigned l4)
{
	switch (l4) {
	case L4_TCP:
		return "tcp";
	case L4_UDP:
		return "udp";
	case L4_TCP | L4_UDP:
		return "tcp+udp";
	}
	return "any";
}

/* A rate whose interval, rounded down, is the limit's: of a second if it can be, else of an hour.
 */
static void write_verdict(FILE *to, const struct verdict *verdict)
{
	const uint64_t second = 1000000000, interval = verdict->limit.interval;
	const uint64_t whole = interval <= second ? second : 3600 * second;

	if (verdict->kind != VERDICT_LIMIT) {
		fprintf(to, "verdict: %s", verdict->kind == VERDICT_DENY ? "deny" : "allow");
		return;
	}
	fprintf(to, "limit: %llu/%c burst %u per source, limit_on: %s",
		(unsigned long long)(whole / interval), whole == second ? 's' : 'h',
		verdict->limit.burst, verdict->limit.packets ? "packets" : "new-flows");
}

static void write_row(FILE *to, const struct spec *spec, const struct row *row)
{
	fprintf(to, "  - {name: %s, service: %s, role: %s, l4: %s, ", strrchr(row->id, '/') + 1,
		row->service ? row->service : "none",
		row->role >= 0 ? spec->roles[row->role].name : "any", l4_name(row->l4));
	if (row->app && row->app[0])
		fprintf(to, "app: %s, ", row->app);
	fprintf(to, "ports: ");
	write_ports(to, &row->ports);
	if (row->source_ports.n != 1 || row->source_ports.v[0].lo != 0 ||
	    row->source_ports.v[0].hi != 65535) {
		fprintf(to, ", source_ports: ");
		write_ports(to, &row->source_ports);
	}
	fprintf(to, ", source: ");
	write_end(to, spec, &row->source);
	fprintf(to, ", destination: ");
	write_end(to, spec, &row->destination);
	if (row->reply != REPLY_BY_FORM)
		fprintf(to, ", reply: %s", row->reply == REPLY_YES ? "yes" : "no");
	if (row->has_verdict) {
		fprintf(to, ", ");
		write_verdict(to, &row->verdict);
	}
	fprintf(to, "}\n");
}

static void write_verdicts(FILE *to, const struct spec *spec, const struct site *site)
{
	if (site->n_verdicts > 0)
		fprintf(to, "verdicts:\n");
	for (size_t i = 0; i < site->n_verdicts; i++) {
		const struct site_verdict *entry = &site->verdicts[i];

		if (entry->row >= 0)
			fprintf(to, "  - {row: %s, ", spec->rows[entry->row].id);
		else if (entry->table >= 0)
			fprintf(to, "  - {table: %s, ", spec->tables[entry->table].id);
		else
			fprintf(to, "  - {role: %s, ", spec->roles[entry->role].name);
		write_verdict(to, &entry->verdict);
		fprintf(to, "}\n");
	}
}

static void write_deny(FILE *to, const struct site *site)
{
	if (site->n_deny > 0)
		fprintf(to, "deny:\n");
	for (size_t i = 0; i < site->n_deny; i++) {
		fprintf(to, "  - {name: %s, prefixes: ", site->deny[i].name);
		write_prefixes(to, &site->deny[i].prefixes);
		fprintf(to, "}\n");
	}
}

static void write_nats(FILE *to, const struct site *site)
{
	if (site->n_nats > 0)
		fprintf(to, "nat:\n");
	for (size_t i = 0; i < site->n_nats; i++) {
		fprintf(to, "  ");
		write_prefix(to, &site->nats[i].outside);
		fprintf(to, ": ");
		write_prefix(to, &site->nats[i].inside);
		fprintf(to, "\n");
	}
}

static const char *const life_names[XE_LIFE_COUNT] = {
	[XE_LIFE_NEW] = "new", [XE_LIFE_CLOSING] = "closing", [XE_LIFE_TCP] = "tcp",
	[XE_LIFE_UDP] = "udp", [XE_LIFE_OTHER] = "other",     [XE_LIFE_FRAGMENT] = "fragment",
};

static void write_state(FILE *to, const struct state_config *state)
{
	if (state->off) {
		fprintf(to, "state: off\n");
		return;
	}
	fprintf(to, "state: {flows: %u, fragments: %u, sources: %u", state->flows, state->fragments,
		state->sources);
	for (int i = 0; i < XE_LIFE_COUNT; i++)
		fprintf(to, ", %s: %us", life_names[i], state->life[i]);
	fprintf(to, "}\n");
}

static void write_port_entry(FILE *to, const struct spec *spec, const struct site_ports *p)
{
	fprintf(to, "  %s: {", p->row >= 0 ? spec->rows[p->row].id : spec->roles[p->role].name);
	if (p->has_ports) {
		fprintf(to, "ports: ");
		write_ports(to, &p->ports);
		fprintf(to, ", ");
	}
	fprintf(to, "match: %s}\n", match_names[p->match]);
}

static void write_narrow(FILE *to, const struct spec *spec, const struct site *site)
{
	bool any = false;

	fprintf(to, "narrow:");
	if (site->narrow_all) {
		fprintf(to, " yes\n");
		return;
	}
	for (size_t r = 0; site->narrow_rows && r < spec->n_rows; r++) {
		if (!site->narrow_rows[r])
			continue;
		fprintf(to, "\n  - %s", spec->rows[r].id);
		any = true;
	}
	fprintf(to, "%s\n", any ? "" : " no");
}

void site_yaml_write(FILE *to, const struct spec *spec, const struct site *site)
{
	static const char *const modes[] = {"monitor", "rehearse", "enforce"};
	bool any = false;

	fprintf(to, "name: %s\nmode: %s\ntables:\n", site->name, modes[site->mode]);
	for (size_t i = 0; i < site->n_tables; i++)
		fprintf(to, "  - %s\n", spec->tables[site->tables[i]].id);
	fprintf(to, "roles:");
	for (size_t r = 0; r < spec->n_roles; r++) {
		if (site->role_prefixes[r].n == 0)
			continue;
		fprintf(to, "\n  %s: ", spec->roles[r].name);
		write_prefixes(to, &site->role_prefixes[r]);
		any = true;
	}
	fprintf(to, "%s\ninterfaces:\n", any ? "" : " {}");
	for (size_t i = 0; i < site->n_interfaces; i++) {
		const struct site_interface *at = &site->interfaces[i];

		fprintf(to, "  %s", at->name);
		if (at->vlan)
			fprintf(to, ".%u", at->vlan);
		fprintf(to, ": %s\n", side_names[at->side]);
	}
	if (site->n_ports > 0)
		fprintf(to, "ports:\n");
	for (size_t i = 0; i < site->n_ports; i++)
		write_port_entry(to, spec, &site->ports[i]);
	if (site->n_rows > 0)
		fprintf(to, "rows:\n");
	for (size_t i = 0; i < site->n_rows; i++)
		write_row(to, spec, &site->rows[i]);
	fprintf(to, "hairpin: %s\n", site->hairpin ? "yes" : "no");
	write_narrow(to, spec, site);
	write_verdicts(to, spec, site);
	write_deny(to, site);
	write_nats(to, site);
	write_state(to, &site->state);
	fprintf(to, "foreign: %s\nnon-ip: %s\necho: %s\nfragments: %s\n",
		site->drop_foreign ? "drop" : "pass", site->drop_non_ip ? "drop" : "pass",
		site->drop_echo ? "drop" : "pass", site->pass_orphans ? "pass" : "strict");
	fprintf(to, "suggest: %s\npayload: %s\n", site->suggest ? "yes" : "no",
		site->payload ? "yes" : "no");
}

/* --- comparison
 * -------------------------------------------------------------------------------------- */

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && a->prefixlen == b->prefixlen &&
	       memcmp(a->addr, b->addr, a->family == 4 ? 4 : 16) == 0;
}

/* As sets: the reader may keep its own order. No list here holds a prefix twice. */
static bool same_prefixes(const struct prefix_list *a, const struct prefix_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		bool found = false;

		for (size_t k = 0; k < b->n; k++)
			found = found || same_prefix(&a->v[i], &b->v[k]);
		if (!found)
			return false;
	}
	return true;
}

static bool same_ports(const struct port_set *a, const struct port_set *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].lo != b->v[i].lo || a->v[i].hi != b->v[i].hi)
			return false;
	return true;
}

static bool same_end(const struct end *a, const struct end *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == END_PREFIXES)
		return same_prefixes(&a->prefixes, &b->prefixes);
	return a->kind == END_ANY ||
	       (a->n_roles == b->n_roles &&
		memcmp(a->roles, b->roles, a->n_roles * sizeof(*a->roles)) == 0);
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind &&
	       (a->kind != VERDICT_LIMIT ||
		(a->limit.interval == b->limit.interval && a->limit.burst == b->limit.burst &&
		 a->limit.packets == b->limit.packets));
}

static bool same_row(const struct row *a, const struct row *b)
{
	const char *app_a = a->app ? a->app : "", *app_b = b->app ? b->app : "";

	return strcmp(a->id, b->id) == 0 && strcmp(app_a, app_b) == 0 && a->table == b->table &&
	       a->role == b->role && a->l4 == b->l4 && a->reply == b->reply &&
	       same_ports(&a->source_ports, &b->source_ports) && same_ports(&a->ports, &b->ports) &&
	       same_end(&a->source, &b->source) && same_end(&a->destination, &b->destination) &&
	       a->n_narrow_to == b->n_narrow_to && a->has_verdict == b->has_verdict &&
	       (!a->has_verdict || same_verdict(&a->verdict, &b->verdict));
}

/* What verdicts are made of, but for rows. */
static bool same_guard(const struct site *a, const struct site *b)
{
	if (a->mode != b->mode || a->n_verdicts != b->n_verdicts || a->n_deny != b->n_deny ||
	    a->n_nats != b->n_nats || a->drop_foreign != b->drop_foreign ||
	    a->drop_non_ip != b->drop_non_ip || a->drop_echo != b->drop_echo ||
	    a->pass_orphans != b->pass_orphans || a->suggest != b->suggest ||
	    a->payload != b->payload || a->state.off != b->state.off)
		return false;
	for (size_t i = 0; i < a->n_verdicts; i++)
		if (a->verdicts[i].row != b->verdicts[i].row ||
		    a->verdicts[i].table != b->verdicts[i].table ||
		    a->verdicts[i].role != b->verdicts[i].role ||
		    !same_verdict(&a->verdicts[i].verdict, &b->verdicts[i].verdict))
			return false;
	for (size_t i = 0; i < a->n_deny; i++)
		if (strcmp(a->deny[i].name, b->deny[i].name) != 0 ||
		    !same_prefixes(&a->deny[i].prefixes, &b->deny[i].prefixes))
			return false;
	for (size_t i = 0; i < a->n_nats; i++)
		if (!same_prefix(&a->nats[i].outside, &b->nats[i].outside) ||
		    !same_prefix(&a->nats[i].inside, &b->nats[i].inside))
			return false;
	return a->state.off || memcmp(&a->state, &b->state, sizeof(a->state)) == 0;
}

static bool same_interface(const struct site_interface *a, const struct site_interface *b)
{
	return strcmp(a->name, b->name) == 0 && a->vlan == b->vlan && a->side == b->side;
}

static bool same_entry(const struct site_ports *a, const struct site_ports *b)
{
	return a->row == b->row && a->role == b->role && a->match == b->match &&
	       a->has_ports == b->has_ports && (!a->has_ports || same_ports(&a->ports, &b->ports));
}

/* Narrowed, by one row's word or the site's. */
static bool narrowed(const struct site *site, const struct spec *spec, size_t row)
{
	return spec->rows[row].n_narrow_to > 0 &&
	       (site->narrow_all || (site->narrow_rows && site->narrow_rows[row]));
}

bool site_yaml_same(const struct spec *spec, const struct site *a, const struct site *b, char *why,
		    size_t size)
{
	if (a->n_tables != b->n_tables || a->n_interfaces != b->n_interfaces ||
	    a->n_ports != b->n_ports || a->n_rows != b->n_rows || a->hairpin != b->hairpin) {
		snprintf(why, size,
			 "tables %zu/%zu, interfaces %zu/%zu, ports %zu/%zu, rows %zu/%zu, "
			 "hairpin %d/%d",
			 a->n_tables, b->n_tables, a->n_interfaces, b->n_interfaces, a->n_ports,
			 b->n_ports, a->n_rows, b->n_rows, a->hairpin, b->hairpin);
		return false;
	}
	for (size_t i = 0; i < a->n_tables; i++)
		if (a->tables[i] != b->tables[i])
			return snprintf(why, size, "table %zu", i), false;
	for (size_t r = 0; r < spec->n_roles; r++)
		if (!same_prefixes(&a->role_prefixes[r], &b->role_prefixes[r]))
			return snprintf(why, size, "role %s", spec->roles[r].name), false;
	for (size_t i = 0; i < a->n_interfaces; i++)
		if (!same_interface(&a->interfaces[i], &b->interfaces[i]))
			return snprintf(why, size, "interface %s", a->interfaces[i].name), false;
	for (size_t i = 0; i < a->n_ports; i++)
		if (!same_entry(&a->ports[i], &b->ports[i]))
			return snprintf(why, size, "ports entry %zu", i), false;
	for (size_t i = 0; i < a->n_rows; i++)
		if (!same_row(&a->rows[i], &b->rows[i]))
			return snprintf(why, size, "row %s", a->rows[i].id), false;
	if (!same_guard(a, b))
		return snprintf(why, size, "mode, verdicts, deny, nat, state and the like"), false;
	for (size_t r = 0; r < spec->n_rows; r++)
		if (narrowed(a, spec, r) != narrowed(b, spec, r))
			return snprintf(why, size, "narrowing of %s", spec->rows[r].id), false;
	return true;
}
