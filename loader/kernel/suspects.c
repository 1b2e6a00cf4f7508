// SPDX-License-Identifier: GPL-2.0-only
/* The pinned map of packets that no row allows. */
#include "suspects.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../output/report.h"

/* Records may come and go while they are read: room for more than there ever are at once. */
#define ROOM (2 * XE_SUSPECTS_MAX)

static int fail(const struct store *store, const char *what, int err)
{
	report("%s: cannot %s what was recorded: %s%s", store->name, what, strerror(-err),
	       err == -EPERM || err == -EACCES ? ": run as root" : "");
	return err;
}

static int map_of(const struct store *store)
{
	int fd = store->guard.fd[GUARD_SUSPECTS];

	if (fd >= 0)
		return fd;
	report("%s: its policy records nothing: the site says suggest: no", store->name);
	return -ENOENT;
}

/* The map, bucket by bucket: what does not move from one to another is met once. */
static int read_batches(int fd, struct xe_suspect_key *keys, struct xe_suspect *values, size_t *n)
{
	uint32_t place, *from = NULL;
	int err = 0;

	for (*n = 0; !err && *n < ROOM; from = &place) {
		uint32_t count = ROOM - *n;

		err = bpf_map_lookup_batch(fd, from, &place, keys + *n, values + *n, &count, NULL);
		if (err && errno != ENOENT)
			return -errno;
		*n += count;
	}
	return 0;
}

int suspects_read(const struct store *store, struct suspect **out, size_t *n)
{
	struct xe_suspect_key *keys = calloc(ROOM, sizeof(*keys));
	struct xe_suspect *values = calloc(ROOM, sizeof(*values));
	int err, fd = map_of(store);

	*out = calloc(ROOM, sizeof(**out));
	err = fd < 0 ? fd : 0;
	if (!err)
		err = keys && values && *out ? read_batches(fd, keys, values, n) : -ENOMEM;
	if (err && fd >= 0)
		fail(store, "read", err);
	for (size_t i = 0; !err && i < *n; i++)
		(*out)[i] = (struct suspect){.key = keys[i], .seen = values[i]};
	free(keys);
	free(values);
	if (err) {
		free(*out);
		*out = NULL;
	}
	return err;
}

int suspects_clear(const struct store *store, size_t *n)
{
	struct suspect *suspects;
	int err = suspects_read(store, &suspects, n);

	if (err)
		return err;
	for (size_t i = 0; !err && i < *n; i++)
		if (bpf_map_delete_elem(store->guard.fd[GUARD_SUSPECTS], &suspects[i].key) &&
		    errno != ENOENT)
			err = fail(store, "forget", -errno);
	free(suspects);
	return err;
}
