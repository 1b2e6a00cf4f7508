/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process that strangers talk to may do: read what group xdp-edge may read, and no more. */
#ifndef XE_SERVE_PRIVILEGES_H
#define XE_SERVE_PRIVILEGES_H

#include <stddef.h>

/* Whether one may become this user: there is one of this name, without root's rights. 0, or
 * -EINVAL with what is wrong in `why`. */
int privileges_check_user(const char *user, char *why, size_t size);
/*
 * From here on without root, without a capability, and without a way to get one back. Started by
 * root: as `user` (NULL: nobody) and, of all groups, xdp-edge alone. Started by somebody else: as
 * that one, whose groups are kept. 0 or a negative errno (reported).
 */
int privileges_drop(const char *user);

#endif
