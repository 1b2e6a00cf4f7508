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
	struct tuple tuple; /* valid when not missed */
	enum frame_fragment fragment;
};

void frame_read(const uint8_t *frame, size_t len, struct frame_view *out);

#endif
