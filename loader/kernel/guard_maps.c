// SPDX-License-Identifier: GPL-2.0-only
/* The pinned maps of policies that give verdicts. */
#include "guard_maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../output/report.h"
#include "decl.h"
#include "object.h"
#include "pins.h"

static const struct {
	const char *name;
	uint32_t features; /* any of them needs it; 0: any feature at all */
	bool group_reads;
	bool remembers; /* packets: goes when it is not needed */
} kinds[GUARD_MAP_COUNT] = {
	[GUARD_VERDICTS] = {"verdicts", 0, true, false},
	[GUARD_NOTES] = {"notes", 0, true, false},
	[GUARD_BASELINE] = {"baseline", 0, true, false},
	[GUARD_SUSPECTS] = {"suspects", 0, true, false},
	[GUARD_ROLES] = {"roles", 0, true, false},
	[GUARD_CONFORMITY] = {"conformity", XE_FEATURE_PAYLOAD, true, false},
	[GUARD_FLOWS] = {"flows", XE_FEATURE_STATE, true, true},
	[GUARD_FRAGMENTS] = {"fragments", XE_FEATURE_GUARD, true, true},
	[GUARD_BUCKETS] = {"buckets", XE_FEATURE_LIMITS, true, true},
	[GUARD_SECRET] = {"secret", XE_FEATURE_STATE | XE_FEATURE_GUARD | XE_FEATURE_LIMITS, false,
			  true},
};

const char *guard_map_name(enum guard_map map)
{
	return kinds[map].name;
}

bool guard_map_needed(enum guard_map map, uint32_t features)
{
	features &= ~XE_FEATURE_CAPTURE; /* of a program, not of a policy */
	return kinds[map].features ? features & kinds[map].features : features != 0;
}

/* Values that a policy's map of this kind has. */
static uint32_t entries_needed(enum guard_map map, const struct guard_needs *needs)
{
	switch (map) {
	case GUARD_VERDICTS:
	case GUARD_BASELINE:
		return XE_VERDICTS_AT(needs->n_slots + 1, 0);
	case GUARD_NOTES:
		return needs->n_slots + 1;
	case GUARD_CONFORMITY:
		return needs->conformity;
	case GUARD_FLOWS:
		return guard_sets(needs->state->flows);
	case GUARD_FRAGMENTS:
		return guard_sets(needs->state->fragments);
	case GUARD_BUCKETS:
		return guard_sets(needs->state->sources);
	default:
		return 0; /* as declared */
	}
}

void guard_maps_init(struct guard_maps *maps)
{
	for (int i = 0; i < GUARD_MAP_COUNT; i++) {
		maps->fd[i] = -1;
		maps->entries[i] = 0;
	}
}

static uint32_t max_entries(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.max_entries;
}

int guard_maps_open(const char *name, bool read_only, struct guard_maps *out)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = read_only ? BPF_F_RDONLY : 0);
	char path[PINS_PATH_MAX];

	guard_maps_init(out);
	for (int i = 0; i < GUARD_MAP_COUNT; i++) {
		int fd = bpf_obj_get_opts(pins_path(path, name, kinds[i].name), &opts);

		if (fd >= 0) {
			out->fd[i] = fd;
			out->entries[i] = max_entries(fd);
		} else if (errno != ENOENT &&
			   !(read_only && !kinds[i].group_reads && errno == EACCES)) {
			int err = -errno;

			guard_maps_close(out);
			return err;
		}
	}
	return 0;
}

void guard_maps_close(struct guard_maps *maps)
{
	for (int i = 0; i < GUARD_MAP_COUNT; i++)
		if (maps->fd[i] >= 0)
			close(maps->fd[i]);
	guard_maps_init(maps);
}

int guard_maps_share(const struct guard_maps *maps, const char *name)
{
	int err = 0;

	for (int i = 0; !err && i < GUARD_MAP_COUNT; i++)
		if (maps->fd[i] >= 0 && kinds[i].group_reads)
			err = pins_share(name, kinds[i].name);
	return err;
}

static void drop(struct guard_maps *maps, enum guard_map map)
{
	if (maps->fd[map] >= 0)
		close(maps->fd[map]);
	maps->fd[map] = -1;
	maps->entries[map] = 0;
}

int guard_maps_trim(struct guard_maps *maps, const char *name, uint32_t in_use)
{
	char path[PINS_PATH_MAX];

	for (int i = 0; i < GUARD_MAP_COUNT; i++) {
		if (maps->fd[i] < 0 || !kinds[i].remembers || guard_map_needed(i, in_use))
			continue;
		if (unlink(pins_path(path, name, kinds[i].name)) && errno != ENOENT)
			return -errno;
		drop(maps, i);
	}
	return 0;
}

int guard_maps_secret(const struct guard_maps *maps, uint64_t secret[4])
{
	uint32_t zero = 0;

	if (maps->fd[GUARD_SECRET] < 0)
		return -ENOENT;
	return bpf_map_lookup_elem(maps->fd[GUARD_SECRET], &zero, secret) ? -errno : 0;
}

/* --- making them
 * ------------------------------------------------------------------------------------- */

/* Bytes that the kernel could still give; a great many if it does not say. */
static uint64_t memory_available(void)
{
	uint64_t kib = UINT64_MAX >> 10;
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

/* A table that would take the whole machine is refused here: the kernel would try. */
static int check_memory(const struct guard_maps *maps, const struct guard_needs *needs)
{
	uint64_t need = 0, available = memory_available();

	for (int i = 0; i < GUARD_MAP_COUNT; i++)
		if (kinds[i].remembers && guard_map_needed(i, needs->features) && maps->fd[i] < 0)
			need += (uint64_t)entries_needed(i, needs) * sizeof(struct xe_set);
	if (need <= available)
		return 0;
	report("%s: its state needs %" PRIu64 " MB of memory, and %" PRIu64
	       " MB are available: make flows, fragments or sources smaller",
	       needs->name, (need + (1 << 20) - 1) >> 20, available >> 20);
	return -ENOMEM;
}

static int write_roles(int fd, const struct guard_needs *needs)
{
	for (uint32_t i = 0; i < needs->spec->n_roles; i++) {
		struct xe_role_name role = {0};

		snprintf(role.name, sizeof(role.name), "%s", needs->spec->roles[i].name);
		if (bpf_map_update_elem(fd, &i, &role, 0))
			return -errno;
	}
	return 0;
}

static int write_secret(int fd)
{
	uint64_t secret[4];
	uint32_t zero = 0;
	int err = object_secret(secret);

	if (!err && bpf_map_update_elem(fd, &zero, secret, 0))
		err = -errno;
	return err;
}

/* What counts by a role's number goes on only while the numbers mean the same. */
static int check_roles(const struct guard_maps *maps, const struct guard_needs *needs)
{
	for (uint32_t i = 0; i < XE_ROLES_MAX; i++) {
		const char *name = i < needs->spec->n_roles ? needs->spec->roles[i].name : "";
		struct xe_role_name role;

		if (bpf_map_lookup_elem(maps->fd[GUARD_ROLES], &i, &role)) {
			int err = -errno;

			report("%s: cannot read its roles: %s", needs->name, strerror(-err));
			return err;
		}
		role.name[sizeof(role.name) - 1] = '\0';
		if (!strcmp(role.name, name))
			continue;
		report("%s: the tables' roles are not those it was loaded with (number %u: %s, was "
		       "%s), and drops are counted by them: unload, then load",
		       needs->name, i + 1, name[0] ? name : "none",
		       role.name[0] ? role.name : "none");
		return -EINVAL;
	}
	return 0;
}

/* A table in use cannot change its size: what it remembers has its place by it. */
static int check_size(struct guard_maps *maps, enum guard_map map, const struct guard_needs *needs,
		      uint32_t in_use)
{
	uint32_t need = entries_needed(map, needs);
	char path[PINS_PATH_MAX];

	if (!need || maps->fd[map] < 0 || maps->entries[map] == need)
		return 0;
	if (guard_map_needed(map, in_use)) {
		report("%s: the table of %s has %u places and cannot become one of %u by a reload: "
		       "unload, then load",
		       needs->name, kinds[map].name, maps->entries[map] * XE_WAYS, need * XE_WAYS);
		return -E2BIG;
	}
	if (unlink(pins_path(path, needs->name, kinds[map].name)))
		return -errno;
	drop(maps, map);
	return 0;
}

static int make(struct guard_maps *maps, enum guard_map map, const struct guard_needs *needs,
		const struct decl *decl)
{
	uint32_t entries = entries_needed(map, needs);
	char path[PINS_PATH_MAX];
	int fd = decl_create(decl, kinds[map].name, entries, 0), err = 0;

	if (fd < 0)
		return fd;
	if (map == GUARD_ROLES)
		err = write_roles(fd, needs);
	if (map == GUARD_SECRET)
		err = write_secret(fd);
	if (!err)
		err = pins_pin(fd, pins_path(path, needs->name, kinds[map].name),
			       kinds[map].group_reads);
	if (err) {
		close(fd);
		return err;
	}
	maps->fd[map] = fd;
	maps->entries[map] = max_entries(fd);
	return 0;
}

static int make_missing(struct guard_maps *maps, const struct guard_needs *needs)
{
	struct decl decl;
	int err = decl_open(&decl);

	if (err)
		return err;
	for (int i = 0; !err && i < GUARD_MAP_COUNT; i++) {
		if (maps->fd[i] >= 0 || !guard_map_needed(i, needs->features))
			continue;
		err = make(maps, i, needs, &decl);
		if (err)
			report("%s: cannot make the table of %s (%u places): %s%s", needs->name,
			       kinds[i].name, entries_needed(i, needs) * XE_WAYS, strerror(-err),
			       err == -ENOMEM  ? ": too large for this machine's memory"
			       : err == -EPERM ? ": run as root"
					       : "");
	}
	decl_close(&decl);
	return err;
}

int guard_maps_prepare(struct guard_maps *maps, const struct guard_needs *needs, uint32_t in_use)
{
	int err = 0;

	if (needs->features && needs->spec->n_roles >= XE_ROLES_MAX) {
		report("%s: %zu roles, and drops are counted for %d at most", needs->name,
		       needs->spec->n_roles, XE_ROLES_MAX - 1);
		return -E2BIG;
	}
	if (maps->fd[GUARD_ROLES] >= 0)
		err = check_roles(maps, needs);
	for (int i = 0; !err && i < GUARD_MAP_COUNT; i++)
		if (guard_map_needed(i, needs->features))
			err = check_size(maps, i, needs, in_use);
	if (!err)
		err = check_memory(maps, needs);
	return err ? err : make_missing(maps, needs);
}
