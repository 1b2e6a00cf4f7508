/* SPDX-License-Identifier: GPL-2.0-only */
/* What a frame says of itself, read by the program's own parser (bpf/parse.h). */
#ifndef XE_CMD_REPLAY_FLOW_H
#define XE_CMD_REPLAY_FLOW_H

#include <stdbool.h>
#include <stdint.h>

struct replay_flow {
	bool read;	/* there is something to tell: tags or an IP header */
	uint8_t family; /* 4, 6; 0: no IP header was read */
	uint8_t proto;
	uint8_t saddr[16], daddr[16]; /* network byte order */
	bool has_ports;
	uint16_t sport, dport;
	const char *fragment; /* "no", "first", "later" */
	uint16_t vlans[2];    /* VLAN ids, outermost first */
	unsigned n_vlans;
};

void replay_flow_read(const void *frame, uint32_t len, struct replay_flow *out);

#endif
