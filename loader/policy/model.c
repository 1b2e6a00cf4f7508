// SPDX-License-Identifier: GPL-2.0-only
/* What the model's parts can tell of themselves, and their text; see the end of model.h. */
#include "policy/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"

bool role_is_in(const struct spec *spec, int role, int group)
{
	while (role >= 0 && role != group)
		role = spec->roles[role].member_of;
	return role == group;
}

void row_free(struct row *row)
{
	free(row->id);
	free(row->service);
	free(row->app);
	free(row->note);
	port_set_free(&row->source_ports);
	port_set_free(&row->ports);
	free(row->source.roles);
	prefix_list_free(&row->source.prefixes);
	free(row->destination.roles);
	prefix_list_free(&row->destination.prefixes);
	free(row->narrow_to);
}

bool row_is_dhcp(const struct row *row)
{
	return strcmp(row->app, "DHCP") == 0;
}

bool row_has_range(const struct row *row)
{
	const struct port_set *ports = &row->ports;

	if (port_set_count(ports) < 2 || port_set_is_any(ports))
		return false;
	return !(row_is_dhcp(row) && port_set_count(ports) == 2 && port_set_has(ports, 67) &&
		 port_set_has(ports, 68));
}

static const char *const side_names[] = {
	[XE_SIDE_INTERNET] = "internet",
	[XE_SIDE_DMZ_EXTERNAL] = "dmz-external",
	[XE_SIDE_DMZ_INTERNAL] = "dmz-internal",
	[XE_SIDE_LAN] = "lan",
	[XE_SIDE_MIRROR] = "mirror",
};
_Static_assert(sizeof(side_names) / sizeof(side_names[0]) == XE_SIDE_COUNT, "a side has no name");

static const char *const miss_names[] = {
	[XE_MISS_UNMATCHED] = "unmatched", [XE_MISS_FOREIGN] = "foreign",
	[XE_MISS_SPOOFED] = "spoofed",	   [XE_MISS_FRAGMENT] = "fragment",
	[XE_MISS_IP_OTHER] = "ip-other",   [XE_MISS_IPSEC] = "ipsec",
	[XE_MISS_NON_IP] = "non-ip",	   [XE_MISS_MALFORMED] = "malformed",
	[XE_MISS_TOO_DEEP] = "too-deep",   [XE_MISS_NO_POLICY] = "no-policy",
};
_Static_assert(sizeof(miss_names) / sizeof(miss_names[0]) == XE_MISS_COUNT, "a miss has no name");

/* Append `item` to the list in buf; false when it was cut. `last`: nothing follows it. */
static bool list_append(char *buf, size_t size, const char *item, bool last)
{
	static const char cut[] = "…";
	size_t used = strlen(buf), comma = used > 0, len = strlen(item);
	size_t reserve = last ? 0 : sizeof(cut) - 1;

	if (used + comma + len + reserve < size) {
		if (comma)
			buf[used++] = ',';
		memcpy(buf + used, item, len + 1);
		return true;
	}
	if (size - used >= sizeof(cut))
		memcpy(buf + used, cut, sizeof(cut));
	return false;
}

void end_text(const struct spec *spec, const struct end *end, char *buf, size_t size)
{
	if (size == 0)
		return;
	buf[0] = '\0';
	switch (end->kind) {
	case END_ANY:
		list_append(buf, size, "any", true);
		break;
	case END_ROLES:
		for (size_t i = 0; i < end->n_roles; i++) {
			if (!list_append(buf, size, spec->roles[end->roles[i]].name,
					 i + 1 == end->n_roles))
				break;
		}
		break;
	case END_PREFIXES:
		for (size_t i = 0; i < end->prefixes.n; i++) {
			char text[64];

			prefix_text(&end->prefixes.v[i], text, sizeof(text));
			if (!list_append(buf, size, text, i + 1 == end->prefixes.n))
				break;
		}
		break;
	}
}

const char *l4_text(unsigned l4)
{
	switch (l4) {
	case L4_TCP:
		return "tcp";
	case L4_UDP:
		return "udp";
	case L4_TCP | L4_UDP:
		return "tcp+udp";
	default:
		return "any";
	}
}

const char *side_text(enum xe_side side)
{
	return (unsigned)side < XE_SIDE_COUNT ? side_names[side] : "none";
}

int side_parse(const char *text, enum xe_side *side)
{
	for (unsigned i = 0; i < XE_SIDE_COUNT; i++) {
		if (strcmp(text, side_names[i]) == 0) {
			*side = (enum xe_side)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *miss_text(enum xe_miss miss)
{
	return (unsigned)miss < XE_MISS_COUNT ? miss_names[miss] : "none";
}

const char *sense_text(enum xe_sense sense)
{
	return sense == XE_FORWARD ? "forward" : "reply";
}
