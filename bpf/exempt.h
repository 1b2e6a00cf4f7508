/* SPDX-License-Identifier: GPL-2.0-only */
/* What passes by its name, whatever rows say (VERDICTS.md), each counted by it. */
#ifndef XE_BPF_EXEMPT_H
#define XE_BPF_EXEMPT_H

#include "fate.h"
#include "notes.h"
#include "reading.h"

static __always_inline __u32 exempt_pass(enum xe_exempt exempt, const struct reading *r)
{
	note_exempt(exempt, r->len);
	if (features & XE_FEATURE_TRACE) {
		struct xe_trace *told = guard_trace();

		if (told)
			told->exempt = 1 + exempt;
	}
	return FATE_PASS;
}

#define ETHERTYPE_LLDP	0x88cc
#define ETHERTYPE_EAPOL 0x888e
#define ETHERTYPE_LACP	0x8809
#define ETHERTYPE_PPPOE 0x8863 /* discovery */
#define ETHERTYPE_802_3 0x0600 /* below: a length */

static __always_inline __u32 exempt_link(const struct block *b, const struct reading *r)
{
	__u16 type = bpf_ntohs(r->type);

	switch (type) {
	case ETH_P_ARP:
		return exempt_pass(XE_EXEMPT_ARP, r);
	case ETHERTYPE_LLDP:
		return exempt_pass(XE_EXEMPT_LLDP, r);
	case ETHERTYPE_EAPOL:
		return exempt_pass(XE_EXEMPT_EAPOL, r);
	case ETHERTYPE_LACP:
		return exempt_pass(XE_EXEMPT_LACP, r);
	case ETHERTYPE_PPPOE:
		return exempt_pass(XE_EXEMPT_PPPOE_DISCOVERY, r);
	}
	if (type < ETHERTYPE_802_3 && r->stp)
		return exempt_pass(XE_EXEMPT_STP, r);
	return b->header->guard.drop_non_ip ? XE_REASON_NON_IP : FATE_PASS;
}

#define ICMP_ECHO_REPLY	     0
#define ICMP_UNREACHABLE     3
#define ICMP_ECHO_REQUEST    8
#define ICMP_TOO_BIG	     4 /* code of unreachable */
#define ICMP6_TOO_BIG	     2
#define ICMP6_ECHO	     128 /* and the reply, 129 */
#define ICMP6_LISTENER_FIRST 130
#define ICMP6_LISTENER_LAST  132
#define ICMP6_ND_FIRST	     133
#define ICMP6_ND_LAST	     137
#define ICMP6_LISTENER_V2    143

enum icmp_name { ICMP_NAMELESS, ICMP_ND, ICMP_PMTU, ICMP_ECHO };

/* What an ICMP message is for. */
static __always_inline enum icmp_name icmp_name(const struct reading *r)
{
	__u8 type = r->icmp_type, hops = r->flow.hops;

	if (!r->icmp)
		return ICMP_NAMELESS;
	if (r->flow.family == 4) {
		if (type == ICMP_UNREACHABLE && r->icmp_code == ICMP_TOO_BIG)
			return ICMP_PMTU;
		return type == ICMP_ECHO_REPLY || type == ICMP_ECHO_REQUEST ? ICMP_ECHO
									    : ICMP_NAMELESS;
	}
	if (type == ICMP6_TOO_BIG)
		return ICMP_PMTU;
	if (type == ICMP6_ECHO || type == ICMP6_ECHO + 1)
		return ICMP_ECHO;
	if (type >= ICMP6_ND_FIRST && type <= ICMP6_ND_LAST && hops == 255)
		return ICMP_ND;
	if (((type >= ICMP6_LISTENER_FIRST && type <= ICMP6_LISTENER_LAST) ||
	     type == ICMP6_LISTENER_V2) &&
	    hops == 1)
		return ICMP_ND;
	return ICMP_NAMELESS;
}

/* UDP between ports that only DHCP uses; a relay's packets have one of them at both ends. */
static __always_inline int is_dhcp(const struct flow *flow)
{
	__u16 first = flow->family == 4 ? 67 : 546;

	return flow->l4 == XE_L4_UDP && (__u16)(bpf_ntohs(flow->sport) - first) < 2 &&
	       (__u16)(bpf_ntohs(flow->dport) - first) < 2;
}

/* Whether a packet enters from the internet. */
static __always_inline int is_from_internet(const struct reading *r, const struct block *b)
{
	const struct xe_nic *nic = &b->header->nic[slot & (XE_MAX_NICS - 1)];
	__u32 vlan = flow_vlan(&r->flow);

	if (nic->vlans)
		return block_u32(b, nic->vlans + 4096 + vlan / 32) >> vlan % 32 & 1;
	return b->header->guard.internet[slot / 32 % 2] >> slot % 32 & 1;
}

#define NAMELESS 0x100 /* beside what becomes of packets */

/* What becomes of a packet by its name, or NAMELESS. */
static __always_inline __u32 fate_of_name(const struct block *b, const struct reading *r)
{
	switch (icmp_name(r)) {
	case ICMP_ND:
		return exempt_pass(XE_EXEMPT_ND, r);
	case ICMP_PMTU:
		return exempt_pass(XE_EXEMPT_PMTU, r);
	case ICMP_ECHO:
		if (b->header->guard.drop_echo)
			return XE_REASON_ECHO;
		return exempt_pass(XE_EXEMPT_ECHO, r);
	default:
		if (is_dhcp(&r->flow) && !is_from_internet(r, b))
			return exempt_pass(XE_EXEMPT_DHCP, r);
		return NAMELESS;
	}
}

#endif
