/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps made as maps/maps.h declares them, with their BTF, without loading a program. */
#ifndef XE_KERNEL_DECL_H
#define XE_KERNEL_DECL_H

#include <stdint.h>

struct xdp_edge_bpf;
struct btf;

struct decl {
	struct xdp_edge_bpf *skel; /* opened, never loaded: the declarations */
	struct btf *btf;	   /* in the kernel; NULL where it takes none */
};

/* 0 or a negative errno. */
int decl_open(struct decl *decl);
void decl_close(struct decl *decl);

/* Bytes of a value as declared; 0: no such map. */
uint32_t decl_value_size(const struct decl *decl, const char *name);

/*
 * A map of the declared kind, named `name` in maps.h. `max_entries` and `value_size` 0: as
 * declared. Returns its descriptor or a negative errno.
 */
int decl_create(const struct decl *decl, const char *name, uint32_t max_entries,
		uint32_t value_size);

#endif
