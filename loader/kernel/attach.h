/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching through libxdp, so that other XDP programs on the NIC keep working; the only module
 * that knows libxdp. A program is ours if it uses our counters map: names and ids prove nothing.
 */
#ifndef XE_KERNEL_ATTACH_H
#define XE_KERNEL_ATTACH_H

#include <stdbool.h>

#include "store.h"

enum attach_mode { ATTACH_NATIVE, ATTACH_GENERIC };

#define ATTACH_EPOCH 1u /* of the programs that a load attaches */

/*
 * Attach the program to the NIC that `interface` describes: name, ifindex, slot, mode, features and
 * epoch; prog_id: one of ours that it comes beside, or 0. Fills in what attaching tells: prog_id,
 * dispatcher, rx_before, rx_after. 0 or a negative errno, reported with the remedies; what is on
 * the NIC already is never replaced. -EOPNOTSUPP: the driver, or the kernel, cannot do it in this
 * mode.
 */
int attach_nic(const struct store *store, struct xe_interface *interface);

/*
 * Put a program of interface->features and ->epoch in place of the one of ours that is alone on the
 * NIC, without a dispatcher: at once, no frame passes by either. Fills in prog_id. 0 or a negative
 * errno (reported); then the old one stays.
 */
int attach_exchange(const struct store *store, struct xe_interface *interface);

/* What is on a NIC. */
struct attached {
	uint32_t prog_id;    /* our program, the first of several; 0: none of ours */
	uint32_t last_id;    /* the last; two are there while a reload replaces one */
	uint32_t dispatcher; /* id of libxdp's, which holds ours; 0: ours is alone */
	enum attach_mode mode;
	uint32_t others; /* programs that are not ours */
	char other_name[32];
};

/* 0 or a negative errno (not reported). */
int attach_query(const struct store *store, unsigned ifindex, struct attached *out);

/* Detach our programs from a NIC, but the one with id `keep` (0: all), and leave others. 0, also if
 * there is none; or a negative errno (reported). */
int attach_detach_but(const struct store *store, unsigned ifindex, const char *ifname,
		      uint32_t keep);
int attach_detach(const struct store *store, unsigned ifindex, const char *ifname);
/* The same for every NIC of this network namespace. */
int attach_detach_all(const struct store *store);

#endif
