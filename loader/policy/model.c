// SPDX-License-Identifier: GPL-2.0-only
/* What the model's parts can tell of themselves, and their text; see the end of model.h. */
#include "policy/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/limit.h"

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
	[XE_MISS_UNMATCHED] = "unmatched",     [XE_MISS_FOREIGN] = "foreign",
	[XE_MISS_MARTIAN] = "martian",	       [XE_MISS_SPOOFED] = "spoofed",
	[XE_MISS_UNSOLICITED] = "unsolicited", [XE_MISS_FRAGMENT] = "fragment",
	[XE_MISS_IP_OTHER] = "ip-other",       [XE_MISS_IPSEC] = "ipsec",
	[XE_MISS_NON_IP] = "non-ip",	       [XE_MISS_MALFORMED] = "malformed",
	[XE_MISS_TOO_DEEP] = "too-deep",       [XE_MISS_NO_POLICY] = "no-policy",
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

/* The place of a name among n. 0 or -EINVAL. */
static int name_parse(const char *const *names, unsigned n, const char *text, unsigned *place)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(text, names[i]) == 0) {
			*place = i;
			return 0;
		}
	}
	return -EINVAL;
}

int side_parse(const char *text, enum xe_side *side)
{
	return name_parse(side_names, XE_SIDE_COUNT, text, side);
}

const char *miss_text(enum xe_miss miss)
{
	return (unsigned)miss < XE_MISS_COUNT ? miss_names[miss] : "none";
}

int miss_parse(const char *text, enum xe_miss *miss)
{
	return name_parse(miss_names, XE_MISS_COUNT, text, miss);
}

const char *sense_text(enum xe_sense sense)
{
	return sense == XE_FORWARD ? "forward" : "reply";
}

static const char *const mode_names[] = {
	[XE_MODE_MONITOR] = "monitor",
	[XE_MODE_REHEARSE] = "rehearse",
	[XE_MODE_ENFORCE] = "enforce",
};

const char *mode_text(enum xe_mode mode)
{
	return (unsigned)mode < sizeof(mode_names) / sizeof(*mode_names) ? mode_names[mode]
									 : "none";
}

int mode_parse(const char *text, enum xe_mode *mode)
{
	return name_parse(mode_names, sizeof(mode_names) / sizeof(*mode_names), text, mode);
}

void verdict_text(const struct verdict *verdict, char buf[VERDICT_TEXT_MAX])
{
	char limit[LIMIT_TEXT_MAX];

	switch (verdict->kind) {
	case VERDICT_LIMIT:
		limit_text(&verdict->limit, limit);
		snprintf(buf, VERDICT_TEXT_MAX, "limit %s%s", limit,
			 verdict->limit.packets ? ", every packet" : "");
		break;
	case VERDICT_DENY:
		snprintf(buf, VERDICT_TEXT_MAX, "deny");
		break;
	default:
		snprintf(buf, VERDICT_TEXT_MAX, "allow");
	}
}

static const char *const reason_names[] = {
	[XE_REASON_UNMATCHED] = "unmatched",
	[XE_REASON_FOREIGN] = "foreign",
	[XE_REASON_MARTIAN] = "martian",
	[XE_REASON_SPOOFED] = "spoofed",
	[XE_REASON_DENY_LIST] = "deny-list",
	[XE_REASON_DENY_ROW] = "deny-row",
	[XE_REASON_LIMITED] = "limited",
	[XE_REASON_UNSOLICITED] = "unsolicited",
	[XE_REASON_FRAGMENT_DENIED] = "fragment-denied",
	[XE_REASON_FRAGMENT_ORPHAN] = "fragment-orphan",
	[XE_REASON_IP_OTHER] = "ip-other",
	[XE_REASON_IPSEC] = "ipsec",
	[XE_REASON_ECHO] = "echo",
	[XE_REASON_NON_IP] = "non-ip",
	[XE_REASON_MALFORMED] = "malformed",
	[XE_REASON_TOO_DEEP] = "too-deep",
};

const char *reason_text(enum xe_reason reason)
{
	_Static_assert(sizeof(reason_names) / sizeof(*reason_names) == XE_REASON_COUNT,
		       "each has a name");

	return (unsigned)reason < XE_REASON_COUNT ? reason_names[reason] : "none";
}

int reason_parse(const char *text, enum xe_reason *reason)
{
	return name_parse(reason_names, XE_REASON_COUNT, text, reason);
}

const char *exempt_text(enum xe_exempt exempt)
{
	static const char *const names[] = {
		[XE_EXEMPT_ARP] = "arp",   [XE_EXEMPT_LLDP] = "lldp",
		[XE_EXEMPT_STP] = "stp",   [XE_EXEMPT_EAPOL] = "eapol",
		[XE_EXEMPT_LACP] = "lacp", [XE_EXEMPT_PPPOE_DISCOVERY] = "pppoe-discovery",
		[XE_EXEMPT_ND] = "nd",	   [XE_EXEMPT_PMTU] = "pmtu",
		[XE_EXEMPT_ECHO] = "echo", [XE_EXEMPT_DHCP] = "dhcp",
	};
	_Static_assert(sizeof(names) / sizeof(*names) == XE_EXEMPT_COUNT, "each has a name");

	return (unsigned)exempt < XE_EXEMPT_COUNT ? names[exempt] : "none";
}

const char *event_text(enum xe_event event)
{
	static const char *const names[] = {
		[XE_EVENT_FLOW_NEW] = "flow-new",
		[XE_EVENT_FLOW_EVICTED] = "flow-evicted",
		[XE_EVENT_FLOW_FULL] = "flow-full",
		[XE_EVENT_FRAGMENT_EVICTED] = "fragment-evicted",
		[XE_EVENT_BUCKET_EVICTED] = "bucket-evicted",
	};
	_Static_assert(sizeof(names) / sizeof(*names) == XE_EVENT_COUNT, "each has a name");

	return (unsigned)event < XE_EVENT_COUNT ? names[event] : "none";
}
