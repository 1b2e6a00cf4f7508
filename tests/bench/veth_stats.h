/* SPDX-License-Identifier: GPL-2.0-only */
/* What became of redirected frames, as the veth that they were redirected to counts them. */
#ifndef XE_BENCH_VETH_STATS_H
#define XE_BENCH_VETH_STATS_H

#include <stdint.h>

struct veth_stats {
	uint64_t delivered; /* put into a ring of the other end */
	uint64_t dropped;   /* that ring was full */
	unsigned queues;    /* rings that are counted */
};

/*
 * Sums over all queues since the device was made (ethtool -S: xdp_xmit, xdp_xmit_errors). 0,
 * -EOPNOTSUPP if the device is no veth, or another negative errno.
 */
int veth_stats_read(const char *device, struct veth_stats *stats);

#endif
