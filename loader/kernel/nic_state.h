/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether our program is where it was attached. */
#ifndef XE_KERNEL_NIC_STATE_H
#define XE_KERNEL_NIC_STATE_H

#include <net/if.h>

#include "../output/snapshot.h"
#include "attach.h"

/*
 * How a NIC stands now, beside what was noted at load, and what is on it, as far as it may be seen:
 * without CAP_SYS_ADMIN, where our program was alone or libxdp's dispatcher is still the one that
 * was noted. A question to the kernel, and more only where another program answers than the one
 * that was alone there.
 */
enum nic_state nic_state(const struct store *store, const struct xe_interface *interface,
			 struct attached *attached, char name_now[IF_NAMESIZE]);

#endif
