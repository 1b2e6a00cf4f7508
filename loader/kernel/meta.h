/* SPDX-License-Identifier: GPL-2.0-only */
/* What the atoms of one generation mean: three frozen, pinned arrays, so that no reader recompiles
 * a site. */
#ifndef XE_KERNEL_META_H
#define XE_KERNEL_META_H

#include "../policy/compile.h"

struct meta {
	uint32_t generation;
	struct xe_atom *atoms;
	size_t n_atoms;
	struct xe_match *matches;
	size_t n_matches; /* at least those that atoms name */
	struct xe_row *rows;
	size_t n_rows;
};

/* Make, fill, freeze and pin them as generation `generation` of policy `name`. 0 or -errno
 * (reported). */
int meta_write(const char *name, uint32_t generation, const struct policy *policy,
	       const struct compiled *compiled);
/* 0 or -errno: -ENOENT (not reported) if the generation is gone meanwhile; others reported. */
int meta_read(const char *name, uint32_t generation, struct meta *out);
void meta_free(struct meta *meta);

/* A row as readers see it. */
void meta_row(const struct policy *policy, size_t row, struct xe_row *out);

#endif
