// SPDX-License-Identifier: GPL-2.0-only
/* What verdicts have come to. */
#include "verdicts.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../output/report.h"
#include "percpu.h"

#define WORDS(type) (sizeof(type) / sizeof(uint64_t))

int verdicts_roles(const struct store *store, struct xe_role_name **roles, size_t *n)
{
	int fd = store->guard.fd[GUARD_ROLES];
	struct xe_role_name *names;
	uint32_t i;

	if (fd < 0)
		return -ENOENT;
	names = calloc(XE_ROLES_MAX + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (i = 0; i < XE_ROLES_MAX; i++) {
		if (bpf_map_lookup_elem(fd, &i, &names[1 + i])) {
			int err = -errno;

			free(names);
			return err;
		}
		names[1 + i].name[sizeof(names->name) - 1] = '\0';
		if (!names[1 + i].name[0])
			break;
	}
	*roles = names;
	*n = i + 1 < XE_ROLES_MAX ? i + 1 : XE_ROLES_MAX;
	return 0;
}

/* Words of one map, summed. */
static int read_words(const struct store *store, enum guard_map which, uint32_t first, size_t n,
		      void *out)
{
	struct percpu map;
	int err = percpu_open(store->guard.fd[which], &map);

	return err ? err : percpu_sum(&map, first, n, out);
}

int verdicts_read(const struct store *store, uint32_t slot, size_t n_roles, struct xe_verdicts *out)
{
	struct xe_verdicts *before = calloc(n_roles, sizeof(*before));
	size_t n = n_roles * WORDS(*before);
	uint64_t *from = (uint64_t *)before, *to = (uint64_t *)out;
	int err = before ? 0 : -ENOMEM;

	/* the baseline first: what is counted meanwhile is since then */
	if (!err)
		err = read_words(store, GUARD_BASELINE, XE_VERDICTS_AT(slot, 0), n, before);
	if (!err)
		err = read_words(store, GUARD_VERDICTS, XE_VERDICTS_AT(slot, 0), n, out);
	/* a baseline set between the two readings is ahead of the second */
	for (size_t i = 0; !err && i < n; i++)
		to[i] = to[i] > from[i] ? to[i] - from[i] : 0;
	free(before);
	return err;
}

int verdicts_notes(const struct store *store, uint32_t slot, struct xe_notes *out)
{
	return read_words(store, GUARD_NOTES, slot, WORDS(*out), out);
}

int verdicts_set_baseline(struct store *store)
{
	uint32_t n = XE_VERDICTS_AT(store->n_slots + 1, 0), *keys = calloc(n, sizeof(*keys));
	struct xe_verdicts *now = calloc(n, sizeof(*now));
	int err = keys && now ? 0 : -ENOMEM;

	for (uint32_t i = 0; keys && i < n; i++)
		keys[i] = i;
	if (!err)
		err = read_words(store, GUARD_VERDICTS, 0, n * WORDS(*now), now);
	/* one system call: killed at any point, all is set or nothing */
	if (!err &&
	    bpf_map_update_batch(store->guard.fd[GUARD_BASELINE], keys, now, &(uint32_t){n}, NULL))
		err = -errno;
	if (!err)
		__atomic_store_n(&store->control->baseline_at, (uint64_t)time(NULL),
				 __ATOMIC_RELEASE);
	else
		report("%s: cannot set the baseline: %s", store->name, strerror(-err));
	free(keys);
	free(now);
	return err;
}
