/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pinned maps of policies that give verdicts (loader/policy/VERDICTS.md): made when a policy
 * first needs them, at load or by a reload. What counts stays until unload; what remembers packets
 * stays as long as policies need it, and its size with it.
 */
#ifndef XE_KERNEL_GUARD_MAPS_H
#define XE_KERNEL_GUARD_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../policy/compile.h"
#include "xdp_edge.h"

enum guard_map {
	GUARD_VERDICTS,
	GUARD_NOTES,
	GUARD_BASELINE,
	GUARD_SUSPECTS,
	GUARD_ROLES,
	GUARD_CONFORMITY,
	GUARD_FLOWS,
	GUARD_FRAGMENTS,
	GUARD_BUCKETS,
	GUARD_SECRET,
	GUARD_MAP_COUNT
};

struct guard_maps {
	int fd[GUARD_MAP_COUNT]; /* -1: there is none, or it may not be read */
	uint32_t entries[GUARD_MAP_COUNT];
};

/* What a policy's features ask of them. */
struct guard_needs {
	const char *name; /* of the policy */
	uint32_t features;
	uint32_t n_slots;
	uint32_t conformity; /* values of `counters`: it has as many */
	const struct spec *spec;
	const struct state_config *state;
};

/* Name of a map, as in maps.h and of its pin. */
const char *guard_map_name(enum guard_map map);
/* Whether a policy of these features needs it. */
bool guard_map_needed(enum guard_map map, uint32_t features);

void guard_maps_init(struct guard_maps *maps);
/*
 * Open the pins there are. Readers get read-only descriptors, and only of what they may read. 0 or
 * a negative errno (not reported).
 */
int guard_maps_open(const char *name, bool read_only, struct guard_maps *out);
void guard_maps_close(struct guard_maps *maps);
/* pins_share() of those that the group may read. 0 or a negative errno (not reported). */
int guard_maps_share(const struct guard_maps *maps, const char *name);

/*
 * Make and pin what is missing for a policy. `in_use`: features of the programs attached now; a
 * table that they use keeps its size, another one is made anew if it differs. 0 or a negative errno
 * (reported); what was made stays, and is no hindrance.
 */
int guard_maps_prepare(struct guard_maps *maps, const struct guard_needs *needs, uint32_t in_use);
/*
 * The secret of the hashes by which packets are remembered, one for all programs. 0 or a negative
 * errno (not reported); -ENOENT: there is none, since nothing is remembered.
 */
int guard_maps_secret(const struct guard_maps *maps, uint64_t secret[4]);
/* Remove what remembers packets and no program uses. 0 or a negative errno (not reported). */
int guard_maps_trim(struct guard_maps *maps, const char *name, uint32_t in_use);

#endif
