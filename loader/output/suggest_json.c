// SPDX-License-Identifier: GPL-2.0-only
/* Proposed rows as JSON. */
#include <errno.h>

#include "../policy/addr.h"
#include "json.h"
#include "suggest.h"

static const char *const kinds[] = {
	[PROPOSAL_ROW] = "row",
	[PROPOSAL_RANGE] = "range",
	[PROPOSAL_OPEN] = "open",
	[PROPOSAL_NONE] = "none",
};

static json_t *addresses_json(const struct proposal_end *end)
{
	json_t *list = json_array();

	for (size_t i = 0; i < end->n_addresses; i++) {
		char text[48];

		prefix_text(&end->addresses[i].address, text, sizeof(text));
		json_array_append_new(list, json_pack("{s:s, s:o}", "address", text, "packets",
						      json_count(end->addresses[i].packets)));
	}
	return list;
}

/* What the row would say: "any", a role, or a list of addresses. */
static json_t *end_json(const struct suggest_input *in, const struct proposal_end *end)
{
	json_t *list;

	if (end->any)
		return json_string("any");
	if (end->role >= 0)
		return json_string(in->policy->spec->roles[end->role].name);
	list = json_array();
	for (size_t i = 0; i < end->n_addresses && i < PROPOSAL_LIST_MAX; i++) {
		char text[48];

		prefix_text(&end->addresses[i].address, text, sizeof(text));
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *row_json(const struct suggest_input *in, const struct proposal *p)
{
	json_t *row;

	if (p->kind == PROPOSAL_NONE)
		return json_null();
	row = json_pack("{s:s, s:s, s:o, s:o}", "name", p->name, "l4", proposal_l4(p), "source",
			end_json(in, &p->source), "destination", end_json(in, &p->destination));
	if (p->kind == PROPOSAL_OPEN)
		return row;
	if (p->port_lo == p->port_hi)
		json_object_set_new(row, "ports", json_sprintf("%u", p->port_lo));
	else
		json_object_set_new(row, "ports", json_sprintf("%u-%u", p->port_lo, p->port_hi));
	return row;
}

static json_t *nics_json(const struct suggest_input *in, const struct proposal *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < in->n_interfaces && i < XE_MAX_NICS; i++)
		if (p->slots & 1ull << i && in->interfaces[i].name[0])
			json_array_append_new(list, json_text(in->interfaces[i].name));
	return list;
}

static json_t *reasons_json(const struct proposal *p)
{
	json_t *list = json_array();

	for (int i = 0; i < XE_REASON_COUNT; i++)
		if (p->reasons & 1u << i)
			json_array_append_new(list, json_string(reason_text(i)));
	return list;
}

static json_t *proposal_json(const struct suggest_input *in, const struct proposal *p)
{
	char first[40], last[40], proto[24];

	suggest_time_text(in, p->first, first, sizeof(first));
	suggest_time_text(in, p->last, last, sizeof(last));
	proposal_proto_text(p, proto, sizeof(proto));
	return json_pack("{s:s, s:o, s:s, s:i, s:o, s:o, s:b, s:o, s:b, s:o, s:o, s:s, s:s, s:o, "
			 "s:o, s:i}",
			 "kind", kinds[p->kind], "row", row_json(in, p), "protocol", proto,
			 "n_ports", (int)p->n_ports, "packets", json_count(p->packets), "bytes",
			 json_count(p->bytes), "estimated", (int)p->estimated, "answers",
			 json_count(p->answers), "syn", (int)p->syn, "reasons", reasons_json(p),
			 "interfaces", nics_json(in, p), "first", first, "last", last, "sources",
			 addresses_json(&p->source), "destinations",
			 addresses_json(&p->destination), "records", (int)p->n_suspects);
}

int suggest_json(const struct suggest_input *in, const struct proposals *proposals, size_t top,
		 bool pretty, FILE *out)
{
	size_t n = top && top < proposals->n ? top : proposals->n;
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, proposal_json(in, &proposals->v[i]));
	return json_write(json_pack("{s:s, s:b, s:i, s:i, s:o, s:o, s:b, s:i, s:o}", "name",
				    in->name, "site_known", in->policy != NULL, "records",
				    (int)proposals->n_suspects, "room", XE_SUSPECTS_MAX, "packets",
				    json_count(proposals->packets), "bytes",
				    json_count(proposals->bytes), "estimated",
				    (int)proposals->estimated, "proposed", (int)proposals->n,
				    "proposals", list),
			  pretty, out);
}
