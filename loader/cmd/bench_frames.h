/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of a tuple as they may come dressed: tags, options, extension headers, fragments, cut. */
#ifndef XE_CMD_BENCH_FRAMES_H
#define XE_CMD_BENCH_FRAMES_H

#include "../policy/compile.h"

#define BENCH_FRAME_MAX 256

enum bench_dress {
	DRESS_PLAIN,
	DRESS_PAYLOAD,	      /* TCP, UDP: something behind their header */
	DRESS_VLAN,	      /* one more 802.1Q tag */
	DRESS_QINQ,	      /* an 802.1ad tag and an 802.1Q tag */
	DRESS_TAGS,	      /* three tags: too deep */
	DRESS_OPTIONS,	      /* IPv4: router alert */
	DRESS_EXTENSIONS,     /* IPv6: hop-by-hop and destination options */
	DRESS_DEEP,	      /* IPv6: nine extension headers: too deep */
	DRESS_FIRST_FRAGMENT, /* carries the ports */
	DRESS_LATER_FRAGMENT,
	DRESS_CUT, /* the IP header announces more than there is */
	DRESS_ARP, /* the tuple plays no part */
};

/*
 * The frame of a tuple as it enters by VLAN `vlan` (0: untagged). On a trunk the tags of
 * DRESS_VLAN and DRESS_QINQ are inner ones, behind that of the VLAN. Returns the length, at most
 * BENCH_FRAME_MAX, or -EINVAL if the family has no such dress.
 */
int bench_frame(const struct tuple *tuple, uint16_t vlan, enum bench_dress dress, uint8_t *frame);

#endif
