/* SPDX-License-Identifier: GPL-2.0-only */
/* What about a NIC would surprise somebody who counts its frames: read from the driver, said before
 * loading. */
#ifndef XE_KERNEL_PREFLIGHT_H
#define XE_KERNEL_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Largest MTU that drivers take with one buffer a frame: a 4 KiB page less headroom (256),
 * skb_shared_info (320), Ethernet header and two tags (22).
 */
#define PREFLIGHT_MTU_ONE_BUFFER 3498

/* 0 if unknown. */
uint32_t preflight_mtu(const char *ifname);
/* Frames the NIC has received by its own count (rx_packets), in this network namespace; 0 if
 * unknown. */
uint64_t preflight_rx_packets(const char *ifname);
/* "unknown" if it does not say. */
void preflight_driver(const char *ifname, char *buf, size_t size);
/* Settings of a NIC: 1 on, 0 off, -1 not known. */
struct preflight_facts {
	int up; /* and has a link */
	int rxvlan, lro, gro_hw;
};
void preflight_facts(const char *ifname, struct preflight_facts *out);
/* Say on stderr what would surprise. `vlans`: the site names VLANs of this NIC. */
void preflight_warn(const char *ifname, bool vlans, bool native);

#endif
