/* SPDX-License-Identifier: GPL-2.0-only */
/* Which packets a capture is to take: what the user named, looked up in the live generation. */
#ifndef XE_CMD_CAPTURE_FILTER_H
#define XE_CMD_CAPTURE_FILTER_H

#include "../kernel/capture.h"
#include "../kernel/meta.h"

/* Words of one option, as often as it was given. */
struct capture_words {
	const char **v;
	size_t n;
};

/*
 * What was asked for. Rows, roles and misses add up, none means every packet; of those only the
 * ones with one of the reasons, if any is set, and on one of the interfaces.
 */
struct capture_wants {
	struct capture_words rows, roles, interfaces;
	uint32_t misses;  /* enum xe_miss, a bit each */
	uint32_t reasons; /* enum xe_reason, the same */
};

/* The policy as it is now. */
struct capture_live {
	const char *name;
	const struct meta *meta;
	const struct xe_interface *slots;
	uint32_t n_slots;
	const struct xe_role_name *roles; /* from 1 on, as drops are counted for them */
	size_t n_roles;
	uint32_t features; /* enum xe_feature */
};

/* 0; -EINVAL: something that was named is not there (reported); or -ENOMEM (reported). */
int capture_filter_make(const struct capture_wants *wants, const struct capture_live *live,
			struct capture_filter *out);
void capture_filter_free(struct capture_filter *filter);

#endif
