// SPDX-License-Identifier: GPL-2.0-only
/* The maps of a capture. */
#include "capture_maps.h"

#include <unistd.h>

#include "decl.h"

const char *capture_map_name(enum capture_map map)
{
	static const char *const names[CAPTURE_MAP_COUNT] = {
		[CAPTURE_ASKED] = "capture",
		[CAPTURE_CHOSEN] = "chosen",
		[CAPTURE_COUNTS] = "captured",
		[CAPTURE_SAMPLES] = "samples",
	};

	return names[map];
}

int capture_maps_create(uint32_t atoms, uint32_t slots, uint32_t ring, struct capture_maps *out)
{
	const uint32_t words = (atoms + 63) / 64;
	const uint32_t entries[CAPTURE_MAP_COUNT] = {
		[CAPTURE_ASKED] = 1,
		[CAPTURE_CHOSEN] = 2 * words,
		[CAPTURE_COUNTS] = slots,
		[CAPTURE_SAMPLES] = ring,
	};
	struct decl decl;
	int err = decl_open(&decl);

	out->words = words;
	for (int i = 0; i < CAPTURE_MAP_COUNT; i++)
		out->fd[i] = -1;
	for (int i = 0; !err && i < CAPTURE_MAP_COUNT; i++) {
		out->fd[i] = decl_create(&decl, capture_map_name(i), entries[i], 0);
		if (out->fd[i] < 0)
			err = out->fd[i];
	}
	decl_close(&decl);
	if (err)
		capture_maps_close(out);
	return err;
}

void capture_maps_close(struct capture_maps *maps)
{
	for (int i = 0; i < CAPTURE_MAP_COUNT; i++) {
		if (maps->fd[i] >= 0)
			close(maps->fd[i]);
		maps->fd[i] = -1;
	}
}
