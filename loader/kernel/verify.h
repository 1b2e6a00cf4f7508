/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the counters hold every frame? Beside each NIC's own receive counter, read before and after:
 * since the program was attached, received-before <= counted <= received-after. Only for drivers
 * whose counter is known to count exactly the frames that native XDP sees.
 */
#ifndef XE_KERNEL_VERIFY_H
#define XE_KERNEL_VERIFY_H

#include "reader.h"

enum verify_state { VERIFY_HOLDS, VERIFY_FAILS, VERIFY_NOT_CHECKABLE };

struct verify_result {
	char interface[XE_IFNAME_MAX];
	char driver[32];
	enum verify_state state;
	const char *reason;	     /* of VERIFY_NOT_CHECKABLE */
	uint64_t low, counted, high; /* packets */
};

/*
 * Check every attached NIC. Takes the snapshot itself, between two readings of the NICs. *results
 * has *n entries, free() it. 0 or -errno (reported).
 */
int verify_interfaces(struct reader *reader, struct verify_result **results, size_t *n);

#endif
