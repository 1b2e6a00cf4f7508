// SPDX-License-Identifier: GPL-2.0-only
/* Section `interfaces` of the site: which network a NIC, or one VLAN of a trunk, faces. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag.h"
#include "policy/site_read.h"

/*
 * "trunk0.10" is VLAN 10 of trunk0; what follows the last dot is part of the name unless it is a
 * number. Returns why it is refused, or NULL.
 */
static const char *interface_parse(const char *text, struct site_interface *out)
{
	const char *dot = strrchr(text, '.');
	size_t len = strlen(text);
	unsigned vlan = 0;

	if (dot && dot > text && dot[1] && dot[strspn(dot + 1, "0123456789") + 1] == '\0') {
		if (number_parse(dot + 1, 1, 4094, &vlan))
			return "VLAN is not 1..4094";
		len = (size_t)(dot - text);
	}
	if (len >= sizeof(out->name))
		return "interface name is longer than 15 bytes";
	memcpy(out->name, text, len);
	out->name[len] = '\0';
	out->vlan = (uint16_t)vlan;
	/* As the kernel's dev_valid_name(). */
	if (strcmp(out->name, ".") == 0 || strcmp(out->name, "..") == 0)
		return "not an interface name";
	for (const char *p = out->name; *p; p++) {
		if (*p == '/' || *p == ':' || isspace((unsigned char)*p) ||
		    iscntrl((unsigned char)*p))
			return "not an interface name: no spaces, '/', ':' or control characters";
	}
	return NULL;
}

/* The NICs seen so far: few, however many VLANs they have. */
struct nics {
	struct seen {
		char name[XE_IFNAME_MAX];
		bool mirror; /* its first entry's side is */
		unsigned line;
	} v[XE_MAX_NICS];
	size_t n;
	bool too_many; /* said once */
};

/* The NIC of an entry, new or known; NULL: one too many. */
static const struct seen *nics_add(struct nics *nics, const struct site_interface *entry)
{
	struct seen *seen;

	for (seen = nics->v; seen < nics->v + nics->n; seen++) {
		if (strcmp(seen->name, entry->name) == 0)
			return seen;
	}
	if (nics->n == XE_MAX_NICS)
		return NULL;
	strcpy(seen->name, entry->name);
	seen->mirror = entry->side == XE_SIDE_MIRROR;
	seen->line = entry->line;
	nics->n++;
	return seen;
}

static void read_interface(struct site_reader *r, const yaml_node_t *key, const yaml_node_t *value,
			   struct nics *nics)
{
	static const char what[] = "a side (" SIDES_TEXT ")";
	const char *name = (const char *)key->data.scalar.value, *why;
	const char *side = yaml_text(&r->yaml, value, what);
	struct site_interface entry = {.line = yaml_line(key)};
	struct site *site = r->site;
	const struct seen *seen;

	why = interface_parse(name, &entry);
	if (why)
		site_note(r, yaml_error(&r->yaml, key, name, "%s", why));
	if (!side) {
		site_note(r, -EINVAL);
	} else if (side_parse(side, &entry.side)) {
		struct suggest near;

		suggest_start(&near, side);
		for (int i = 0; i < XE_SIDE_COUNT; i++)
			suggest_offer(&near, side_text((enum xe_side)i));
		site_note(r,
			  yaml_error(&r->yaml, value, side, "unknown side%s%s", suggest_text(&near),
				     near.best ? "" : "; it is " SIDES_TEXT));
	}
	if (why)
		return;
	seen = nics_add(nics, &entry);
	if (!seen) {
		if (!nics->too_many)
			site_note(r, yaml_error(&r->yaml, key, name, "more than %d interfaces",
						XE_MAX_NICS));
		nics->too_many = true;
		return;
	}
	if (side && seen->mirror != (entry.side == XE_SIDE_MIRROR))
		site_note(r,
			  yaml_error(
				  &r->yaml, value, side,
				  "what a NIC receives is copies or it is not: mirror goes with no "
				  "other side of the same NIC (line %u)",
				  seen->line));
	site->interfaces[site->n_interfaces++] = entry;
}

void site_read_interfaces(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_pair_t *pair;
	struct nics nics = {.n = 0};
	size_t n;

	site_note(r, yaml_check_mapping(&r->yaml, node, "interfaces with their sides", NULL, 0));
	if (node->type != YAML_MAPPING_NODE)
		return;
	pair = node->data.mapping.pairs.start;
	n = (size_t)(node->data.mapping.pairs.top - pair);
	r->site->interfaces = calloc(n + 1, sizeof(*r->site->interfaces));
	if (!r->site->interfaces) {
		site_out_of_memory(r);
		return;
	}
	/*
	 * Keys that stand twice are reported with the mapping: no NIC, and no VLAN of one, is here
	 * twice.
	 */
	for (; pair < node->data.mapping.pairs.top && !site_give_up(r); pair++) {
		const yaml_node_t *key = yaml_node(&r->yaml, pair->key);

		if (key->type == YAML_SCALAR_NODE && key->data.scalar.length > 0)
			read_interface(r, key, yaml_node(&r->yaml, pair->value), &nics);
	}
}
