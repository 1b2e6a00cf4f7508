/* SPDX-License-Identifier: GPL-2.0-only */
/* What verdicts have come to: drops by NIC and role, notes by NIC, and the baseline under them. */
#ifndef XE_KERNEL_VERDICTS_H
#define XE_KERNEL_VERDICTS_H

#include "store.h"

/*
 * The roles' names, from role 1 on: roles[0] is empty. *n: with it, 1 and more; free() *roles. 0 or
 * -errno (not reported); -ENOENT: no policy has counted yet.
 */
int verdicts_roles(const struct store *store, struct xe_role_name **roles, size_t *n);

/* Since the baseline, one slot's (n_slots: those gone), n_roles records. 0 or -errno (not
 * reported). */
int verdicts_read(const struct store *store, uint32_t slot, size_t n_roles,
		  struct xe_verdicts *out);
/* Since the load, one slot's. 0 or -errno (not reported). */
int verdicts_notes(const struct store *store, uint32_t slot, struct xe_notes *out);

/* Begin anew: from now on verdicts_read() counts from 0. 0 or -errno (reported). */
int verdicts_set_baseline(struct store *store);

#endif
