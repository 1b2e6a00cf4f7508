/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames with exactly what verdicts look at: flags, fragments, hop limits, types. Nothing random.
 */
#ifndef XE_ORACLE_GUARD_FRAME_H
#define XE_ORACLE_GUARD_FRAME_H

#include "frame.h"

#define GUARD_FRAME_MAX 512

struct guard_frame {
	struct tuple tuple; /* `syn` plays no part, the flags tell */
	unsigned vid;	    /* 0: untagged */
	unsigned tcp_flags;
	unsigned icmp_type, icmp_code;
	unsigned hop_limit; /* 0: 64 */
	enum frame_fragment fragment;
	unsigned offset;	/* of a later one, in units of 8 bytes, 1 to 8191 */
	bool more;		/* of a later one: not the last */
	uint32_t id;		/* of a fragment; IPv4 takes 16 bits */
	unsigned cut;		/* so many bytes behind the IP header and no more; 0: all */
	const uint8_t *payload; /* NULL: zeros */
	unsigned payload_len;	/* behind the transport header; of a later fragment all there is */
};

/* Writes it to `buf`; its length, 60 bytes to GUARD_FRAME_MAX. */
size_t guard_frame_write(const struct guard_frame *frame, uint8_t buf[GUARD_FRAME_MAX]);

/* No IP: `type` as it stands behind the tag, zeros behind it. `to`: the MAC address; NULL: any. */
size_t guard_frame_other(unsigned type, const uint8_t *to, unsigned vid,
			 uint8_t buf[GUARD_FRAME_MAX]);

#endif
