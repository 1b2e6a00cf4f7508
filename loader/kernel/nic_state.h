/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether our program is where it was attached. */
#ifndef XE_KERNEL_NIC_STATE_H
#define XE_KERNEL_NIC_STATE_H

#include <net/if.h>

#include "../output/snapshot.h"
#include "attach.h"

/* How a NIC stands now, beside what was noted at load, and what is on it. */
enum nic_state nic_state(const struct store *store, const struct xe_interface *interface,
			 struct attached *attached, char name_now[IF_NAMESIZE]);

/*
 * Of a policy that enforces: the NICs where it does not, as far as it may be seen. A question to
 * the kernel for each, and more only where another program than the one noted answers.
 */
void nic_gaps(const struct store *store, const struct xe_interface *slots,
	      struct snapshot_guard *guard);

#endif
