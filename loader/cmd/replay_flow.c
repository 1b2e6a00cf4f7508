// SPDX-License-Identifier: GPL-2.0-only
/* The parser of the program, run natively. */
#include "replay_flow.h"

#include <string.h>
#include <netinet/in.h>

#include "parse.h"

static void put_be32(uint8_t *to, uint32_t value)
{
	value = htonl(value);
	memcpy(to, &value, sizeof(value));
}

static void put_addr6(uint8_t *to, struct addr6 addr)
{
	put_be32(to, addr.hi >> 32);
	put_be32(to + 4, addr.hi);
	put_be32(to + 8, addr.lo >> 32);
	put_be32(to + 12, addr.lo);
}

void replay_flow_read(const void *frame, uint32_t len, struct replay_flow *out)
{
	static const char *const fragments[] = {
		[FRAGMENT_NO] = "no",
		[FRAGMENT_FIRST] = "first",
		[FRAGMENT_LATER] = "later",
	};
	struct cursor cursor = {
		.pos = (void *)frame,
		.end = (char *)frame + len,
	};
	struct flow flow = {};
	enum xe_miss miss;
	__be16 type = 0;

	memset(out, 0, sizeof(*out));
	miss = parse_link(&cursor, &flow, &type);
	if (miss == PARSE_OK)
		miss = parse_network(&cursor, &flow, type);
	out->n_vlans = flow.n_vlans;
	memcpy(out->vlans, flow.vid, sizeof(out->vlans));
	out->family = flow.family;
	out->proto = flow.proto;
	out->fragment = fragments[flow.fragment];
	out->has_ports = miss == PARSE_OK && flow.l4 <= XE_L4_UDP;
	out->sport = bpf_ntohs(flow.sport);
	out->dport = bpf_ntohs(flow.dport);
	out->read = out->family || out->n_vlans;
	if (flow.family == 4) {
		memcpy(out->saddr, &flow.saddr4, sizeof(flow.saddr4));
		memcpy(out->daddr, &flow.daddr4, sizeof(flow.daddr4));
	} else if (flow.family == 6) {
		put_addr6(out->saddr, flow.saddr6);
		put_addr6(out->daddr, flow.daddr6);
	}
}
