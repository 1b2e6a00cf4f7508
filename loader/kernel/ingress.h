/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By which interface packets of a connection to this host come in, as far as its routes and
 * addresses tell. By RTNETLINK.
 */
#ifndef XE_KERNEL_INGRESS_H
#define XE_KERNEL_INGRESS_H

#include "xdp_edge.h"

#define INGRESS_MAX 64

/* An interface, and the VLAN tag that the packets have on it (0: none). */
struct ingress {
	char name[XE_IFNAME_MAX];
	__u16 vlan;
};

/*
 * The interfaces that packets from `client` to `server`, an address of this host, come in by: the
 * one that the way back to the client uses, and, if it is another, the one that has the server's
 * address. With each, those below it: what a VLAN or macvlan interface stands on, the ports of a
 * bridge or bond. Addresses in network byte order, by family (4 or 6); `scope`: the ifindex that a
 * link-local address belongs to, or 0. How many, 0 if nothing is known, or a negative errno (not
 * reported).
 */
int ingress_find(int family, const __u8 *client, const __u8 *server, unsigned scope,
		 struct ingress out[INGRESS_MAX]);

#endif
