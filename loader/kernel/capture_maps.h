/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps of a capture. They are not pinned: the programs that it puts in place hold them, and
 * they go with those.
 */
#ifndef XE_KERNEL_CAPTURE_MAPS_H
#define XE_KERNEL_CAPTURE_MAPS_H

#include <stdint.h>

enum capture_map {
	CAPTURE_ASKED,	 /* struct xe_capture */
	CAPTURE_CHOSEN,	 /* atoms */
	CAPTURE_COUNTS,	 /* struct xe_captured by slot */
	CAPTURE_SAMPLES, /* the ring */
	CAPTURE_MAP_COUNT
};

struct capture_maps {
	int fd[CAPTURE_MAP_COUNT]; /* -1: none */
	uint32_t words;		   /* 64 atoms each, that one generation has in CAPTURE_CHOSEN */
};

/* Name of a map, as in maps.h. */
const char *capture_map_name(enum capture_map map);

/*
 * Make them, for `atoms` atoms a generation, `slots` NICs and a ring of `ring` bytes (a power of
 * two). 0 or a negative errno (not reported); then there is nothing to close.
 */
int capture_maps_create(uint32_t atoms, uint32_t slots, uint32_t ring, struct capture_maps *out);
void capture_maps_close(struct capture_maps *maps);

#endif
