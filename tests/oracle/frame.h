/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second reading of frames, for comparison with the program: what a frame's headers say, byte by
 * byte. It shares nothing with bpf/parse.h.
 */
#ifndef XE_ORACLE_FRAME_H
#define XE_ORACLE_FRAME_H

#include "../../loader/policy/compile.h"

enum frame_fragment { FRAME_WHOLE, FRAME_FIRST, FRAME_LATER };

struct frame_view {
	bool tags_read;	    /* Ethernet header and at most two whole tags: `vid` means something */
	unsigned vid;	    /* 0: untagged */
	bool missed;	    /* parsing itself decides: `miss` */
	enum xe_miss miss;  /* malformed, too-deep, non-ip or fragment */
	struct tuple tuple; /* valid when not missed; of a later fragment its addresses and, of
			       IPv4, its protocol */
	enum frame_fragment fragment;

	/* What verdicts ask for beside the tuple. */
	uint8_t to[6];	    /* the MAC address it is sent to */
	unsigned ethertype; /* behind the tags, or an 802.3 length */
	unsigned hop_limit; /* IPv6 */
	uint32_t id;	    /* of a fragment: identification */
	bool icmp;	    /* ICMP in IPv4 or ICMPv6 in IPv6, with a type and a code */
	unsigned icmp_type, icmp_code;
	unsigned tcp_flags;
};

void frame_read(const uint8_t *frame, size_t len, struct frame_view *out);

#endif
