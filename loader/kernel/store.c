// SPDX-License-Identifier: GPL-2.0-only
/* The pinned maps of one loaded policy. */
#include "store.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../output/report.h"
#include "decl.h"
#include "object.h"
#include "percpu.h"
#include "records.h"

static int fail(const struct store *store, const char *what, int err)
{
	object_log_flush();
	if (err == -EPERM || err == -EACCES)
		report("%s: %s: %s: needs CAP_BPF and CAP_NET_ADMIN; run as root", store->name,
		       what, strerror(-err));
	else if (err == -ENOMEM)
		report("%s: %s: %s: the memory limit is too low (ulimit -l, or the cgroup's)",
		       store->name, what, strerror(-err));
	else
		report("%s: %s: %s", store->name, what, strerror(-err));
	return err;
}

/* Bytes of an mmapable array: values stand at multiples of eight. */
static size_t map_bytes(size_t entries, size_t value_size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (entries * ((value_size + 7) / 8 * 8) + page - 1) / page * page;
}

static void *map_map(int fd, size_t entries, size_t value_size, int prot)
{
	void *p = mmap(NULL, map_bytes(entries, value_size), prot, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static uint32_t round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static void set_atoms_max(struct store *store, uint32_t atoms_max)
{
	store->atoms_max = atoms_max;
	store->atoms_stride = round_up(atoms_max, store->counters_per_value);
}

static void set_totals_max(struct store *store, uint32_t totals_max)
{
	store->totals_max = totals_max;
	store->totals_stride = round_up(totals_max, store->totals_per_value);
}

/* A writer's view: the maps themselves. */
static int map_shared(struct store *store)
{
	store->control =
		map_map(store->control_fd, 1, sizeof(*store->control), PROT_READ | PROT_WRITE);
	if (!store->control)
		return -errno;
	if (!store->totals_max)
		set_totals_max(store, store->control->totals_max);
	store->totals = map_map(store->totals_fd, 2 * (size_t)store->totals_stride,
				sizeof(*store->totals), PROT_READ | PROT_WRITE);
	return store->totals ? 0 : -errno;
}

int store_peek(const struct store *store, struct xe_control *out)
{
	uint32_t zero = 0;

	return bpf_map_lookup_elem(store->control_fd, &zero, out) ? -errno : 0;
}

/* The committed slot, up to its first empty record: what is in use comes first. */
static int read_totals(struct store *store)
{
	uint64_t folded = store->control->folded;
	struct xe_total *to = store->totals + (folded >> 32) * store->totals_stride;
	struct records records;
	uint32_t first, n_values;
	int err = records_open(store->totals_fd, sizeof(*to), &records);

	if (err)
		return err;
	n_values = store->totals_stride / records.per_value;
	first = (folded >> 32) * n_values;
	for (uint32_t done = 0, n = 16; done < n_values; n *= 2) {
		int got = records_read_values(&records, first + done,
					      n < n_values - done ? n : n_values - done,
					      to + (size_t)done * records.per_value);

		if (got < 0)
			return got;
		done += got;
		if (!to[(size_t)done * records.per_value - 1].id[0])
			break;
	}
	store->totals_read = true;
	store->totals_folded = folded;
	return 0;
}

/* A reload may have made some anew. */
static int reopen_guard(struct store *store)
{
	uint32_t generation = store_generation(store);
	int err = 0;

	if (store->guard_generation != generation) {
		guard_maps_close(&store->guard);
		err = guard_maps_open(store->name, true, &store->guard);
		store->guard_generation = err ? 0 : generation;
	}
	return err;
}

int store_refresh(struct store *store)
{
	int err = store_peek(store, store->control);

	if (!err)
		err = reopen_guard(store);
	if (err || (store->totals_read && store->totals_folded == store->control->folded))
		return err;
	store->totals_read = false;
	return read_totals(store);
}

/* A reader's view: copies. */
static int make_copies(struct store *store)
{
	int err;

	store->control = calloc(1, sizeof(*store->control));
	if (!store->control)
		return -ENOMEM;
	err = store_peek(store, store->control);
	if (err)
		return err;
	set_totals_max(store, store->control->totals_max);
	store->totals = calloc(2 * (size_t)store->totals_stride, sizeof(*store->totals));
	return store->totals ? store_refresh(store) : -ENOMEM;
}

static void init(struct store *store, const char *name)
{
	*store = (struct store){
		.control_fd = -1,
		.policy_fd = -1,
		.counters_fd = -1,
		.totals_fd = -1,
		.interfaces_fd = -1,
		.n_cpus = libbpf_num_possible_cpus(),
	};
	guard_maps_init(&store->guard);
	snprintf(store->name, sizeof(store->name), "%s", name);
}

/* The maps by name; what the group may read. */
struct pinned {
	const char *name;
	int *fd;
	bool group_reads;
};

#define N_PINNED 5

static void list_pinned(struct store *store, struct pinned pinned[N_PINNED])
{
	pinned[0] = (struct pinned){"control", &store->control_fd, true};
	pinned[1] = (struct pinned){"policy", &store->policy_fd, false};
	pinned[2] = (struct pinned){"counters", &store->counters_fd, true};
	pinned[3] = (struct pinned){"totals", &store->totals_fd, true};
	pinned[4] = (struct pinned){"interfaces", &store->interfaces_fd, true};
}

static int create_maps(struct store *store, const struct store_sizes *sizes)
{
	struct pinned pinned[N_PINNED];
	struct decl decl;
	int err = decl_open(&decl);

	if (err)
		return err;
	store->counters_per_value = decl_value_size(&decl, "counters") / sizeof(struct xe_counter);
	store->totals_per_value = decl_value_size(&decl, "totals") / sizeof(struct xe_total);
	set_atoms_max(store, sizes->atoms_max);
	set_totals_max(store, sizes->totals_max);
	store->control_fd = decl_create(&decl, "control", 0, 0);
	store->policy_fd = decl_create(&decl, "policy", 0, sizes->block_size);
	store->counters_fd = decl_create(
		&decl, "counters",
		2 * sizes->n_slots * (store->atoms_stride / store->counters_per_value), 0);
	store->totals_fd = decl_create(&decl, "totals",
				       2 * (store->totals_stride / store->totals_per_value), 0);
	store->interfaces_fd = decl_create(&decl, "interfaces", 0, 0);
	decl_close(&decl);
	list_pinned(store, pinned);
	for (int i = 0; !err && i < N_PINNED; i++)
		err = *pinned[i].fd < 0 ? *pinned[i].fd : 0;
	return err;
}

static int pin_maps(struct store *store)
{
	struct pinned pinned[N_PINNED];
	char path[PINS_PATH_MAX];
	int err = pins_mkdir(pins_path(path, store->name, NULL));

	list_pinned(store, pinned);
	for (int i = 0; !err && i < N_PINNED; i++)
		err = pins_pin(*pinned[i].fd, pins_path(path, store->name, pinned[i].name),
			       pinned[i].group_reads);
	return err;
}

void store_share(struct store *store)
{
	struct pinned pinned[N_PINNED];
	int err = pins_share(store->name, NULL);

	list_pinned(store, pinned);
	for (int i = 0; !err && i < N_PINNED; i++)
		if (pinned[i].group_reads)
			err = pins_share(store->name, pinned[i].name);
	if (!err)
		err = guard_maps_share(&store->guard, store->name);
	if (err)
		report("%s: warning: group %s may not read its counters: %s", store->name,
		       PINS_GROUP, strerror(-err));
}

int store_create(const char *name, const struct store_sizes *sizes, struct store *out)
{
	int err;

	init(out, name);
	out->block_size = sizes->block_size;
	out->n_slots = sizes->n_slots;
	if (2ull * sizes->n_slots * sizes->atoms_max > INT32_MAX) {
		report("%s: counters of %u atoms on %u interfaces are more than a map can hold",
		       name, sizes->atoms_max, sizes->n_slots);
		return -E2BIG;
	}
	err = create_maps(out, sizes);
	if (err) {
		fail(out, "cannot create maps", err);
		goto failed;
	}
	err = map_shared(out);
	if (err) {
		fail(out, "cannot map the control words", err);
		goto failed;
	}
	out->control->abi = XE_ABI_VERSION;
	out->control->n_slots = sizes->n_slots;
	out->control->atoms_max = out->atoms_max;
	out->control->totals_max = out->totals_max;
	out->control->block_size = sizes->block_size;
	out->control->baseline_at = time(NULL);
	err = pin_maps(out);
	if (err) {
		fail(out, "cannot pin maps", err);
		pins_remove(name);
		goto failed;
	}
	return 0;
failed:
	store_close(out);
	return err;
}

/* Pins may be of another version: then the sizes differ. */
static int read_layout(struct store *store)
{
	struct records control, counters, totals;
	int err = records_open(store->control_fd, sizeof(struct xe_control), &control);

	if (!err)
		err = records_open(store->counters_fd, sizeof(struct xe_counter), &counters);
	if (!err)
		err = records_open(store->totals_fd, sizeof(struct xe_total), &totals);
	if (err)
		return err;
	store->counters_per_value = counters.per_value;
	store->totals_per_value = totals.per_value;
	return control.per_value == 1 ? 0 : -EPROTO;
}

int store_open(const char *name, bool read_only, struct store *out)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = read_only ? BPF_F_RDONLY : 0);
	struct pinned pinned[N_PINNED];
	char path[PINS_PATH_MAX];
	int err;

	init(out, name);
	out->read_only = read_only;
	err = pins_check();
	if (err)
		return err;
	list_pinned(out, pinned);
	for (int i = 0; i < N_PINNED; i++) {
		if (read_only && !pinned[i].group_reads)
			continue;
		*pinned[i].fd = bpf_obj_get_opts(pins_path(path, name, pinned[i].name), &opts);
		if (*pinned[i].fd < 0) {
			err = -errno;
			if (err == -ENOENT)
				pins_missing(name);
			else if (read_only && (err == -EACCES || err == -EPERM))
				pins_denied(name);
			else
				fail(out, "cannot open its pins", err);
			goto failed;
		}
	}
	err = read_layout(out);
	if (!err && !read_only)
		err = guard_maps_open(name, false, &out->guard);
	if (!err)
		err = read_only ? make_copies(out) : map_shared(out);
	if (!err && out->control->abi != XE_ABI_VERSION)
		err = -EPROTO;
	if (err == -EPROTO) {
		report("%s was loaded by another version of xdp-edge: unload it with that one, or "
		       "remove %s after detaching",
		       name, pins_path(path, name, NULL));
		goto failed;
	}
	if (err) {
		fail(out, "cannot read its control words", err);
		goto failed;
	}
	out->n_slots = out->control->n_slots;
	set_atoms_max(out, out->control->atoms_max);
	out->block_size = out->control->block_size;
	return 0;
failed:
	store_close(out);
	return err;
}

void store_close(struct store *store)
{
	struct pinned pinned[N_PINNED];

	if (store->read_only) {
		free(store->control);
		free(store->totals);
	} else {
		if (store->control)
			munmap(store->control, map_bytes(1, sizeof(*store->control)));
		if (store->totals)
			munmap(store->totals,
			       map_bytes(2 * (size_t)store->totals_stride, sizeof(*store->totals)));
	}
	store->control = NULL;
	store->totals = NULL;
	guard_maps_close(&store->guard);
	list_pinned(store, pinned);
	for (int i = 0; i < N_PINNED; i++) {
		if (*pinned[i].fd >= 0)
			close(*pinned[i].fd);
		*pinned[i].fd = -1;
	}
}

int store_fits(const struct store *store, const struct compiled *compiled)
{
	if (compiled->block->size <= store->block_size && compiled->n_atoms <= store->atoms_max)
		return 0;
	report("%s: the policy has outgrown what was set aside at load: block %u of %u bytes, %zu "
	       "of %u atoms; unload, then load --block-size %u --atoms %zu (or larger)",
	       store->name, compiled->block->size, store->block_size, compiled->n_atoms,
	       store->atoms_max, object_block_size(compiled->block->size), compiled->n_atoms);
	return -E2BIG;
}

uint32_t store_features_attached(const struct store *store)
{
	uint32_t features = 0;

	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		struct xe_interface interface;

		if (!store_read_interface(store, slot, &interface) && interface.ifindex)
			features |= interface.features | interface.next_features;
	}
	return features;
}

int store_prepare_features(struct store *store, const struct policy *policy,
			   const struct compiled *compiled)
{
	const struct guard_needs needs = {
		.name = store->name,
		.features = compiled->block->guard.features,
		.n_slots = store->n_slots,
		.conformity =
			2 * store->n_slots * (store->atoms_stride / store->counters_per_value),
		.spec = policy->spec,
		.state = &policy->site->state,
	};

	return guard_maps_prepare(&store->guard, &needs, store_features_attached(store));
}

int store_write_block(struct store *store, uint32_t generation, const struct compiled *compiled)
{
	char *blocks = map_map(store->policy_fd, 2, store->block_size, PROT_READ | PROT_WRITE);
	struct xe_block_header *header;

	if (!blocks)
		return fail(store, "cannot map the policy block", -errno);
	header = (struct xe_block_header *)(blocks + (size_t)(generation & 1) * store->block_size);
	memcpy(header, compiled->block, compiled->block->size);
	/* slots without a NIC as well: what a program there sees is no-policy, in its own place */
	for (uint32_t slot = 0; slot < store->n_slots; slot++)
		header->nic[slot].counters = store_counter_base(store, generation, slot);
	store->control->mode[generation & 1] = header->guard.mode;
	store->control->features[generation & 1] = header->guard.features;
	memcpy(store->control->life[generation & 1], header->guard.life,
	       sizeof(header->guard.life));
	munmap(blocks, map_bytes(2, store->block_size));
	return 0;
}

/*
 * Programs run in RCU read-side sections, and an update of a map in a map waits until those that
 * were running are over (kernel/bpf/syscall.c, maybe_wait_bpf_programs()).
 */
int store_drain(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	uint32_t zero = 0;
	int inner, outer = -1, err = 0;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xe_drain_in", 4, 4, 1, NULL);
	if (inner >= 0) {
		opts.inner_map_fd = inner;
		outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "xe_drain", 4, 4, 1, &opts);
	}
	if (outer < 0 || bpf_map_update_elem(outer, &zero, &inner, 0)) {
		err = -errno;
		report("cannot wait for running programs: %s", strerror(-err));
	}
	if (outer >= 0)
		close(outer);
	if (inner >= 0)
		close(inner);
	return err;
}

int store_publish(struct store *store, uint32_t epoch, uint32_t generation)
{
	__atomic_store_n(&store->control->live, (uint64_t)epoch << 32 | generation,
			 __ATOMIC_RELEASE);
	return store_drain();
}

/* --- counters ---------------------------------------------------------------------------------
 */

_Static_assert(sizeof(struct xe_conformity) == sizeof(struct xe_counter), "places as in counters");

/* Words of one record, and of n. */
#define WORDS(n) ((n) * sizeof(struct xe_counter) / sizeof(uint64_t))

int store_read_counters(const struct store *store, uint32_t generation, uint32_t slot,
			uint32_t n_atoms, struct xe_counter *out)
{
	struct percpu counters;
	int err = percpu_open(store->counters_fd, &counters);

	return err ? err
		   : percpu_sum(&counters,
				store_counter_base(store, generation, slot) /
					store->counters_per_value,
				WORDS(n_atoms), (uint64_t *)out);
}

int store_read_conformity(const struct store *store, uint32_t generation, uint32_t slot,
			  uint32_t n_atoms, struct xe_conformity *out)
{
	struct percpu conformity;
	int err;

	memset(out, 0, n_atoms * sizeof(*out));
	if (store->guard.fd[GUARD_CONFORMITY] < 0)
		return 0;
	err = percpu_open(store->guard.fd[GUARD_CONFORMITY], &conformity);
	return err ? err
		   : percpu_sum(&conformity,
				store_counter_base(store, generation, slot) /
					store->counters_per_value,
				WORDS(n_atoms), (uint64_t *)out);
}

/* A generation's places in one of the two maps. */
static int zero(const struct store *store, int fd, uint32_t generation, uint32_t n_atoms)
{
	uint32_t per_value = store->counters_per_value;
	struct percpu map;
	int err = percpu_open(fd, &map);

	for (uint32_t slot = 0; !err && slot < store->n_slots; slot++)
		err = percpu_zero(&map, store_counter_base(store, generation, slot) / per_value,
				  (n_atoms + per_value - 1) / per_value);
	return err;
}

int store_zero_counters(struct store *store, uint32_t generation, uint32_t n_atoms)
{
	int err = zero(store, store->counters_fd, generation, n_atoms);

	if (!err && store->guard.fd[GUARD_CONFORMITY] >= 0)
		err = zero(store, store->guard.fd[GUARD_CONFORMITY], generation, n_atoms);
	return err ? fail(store, "cannot zero counters", err) : 0;
}

int store_read_interface(const struct store *store, uint32_t slot, struct xe_interface *out)
{
	return bpf_map_lookup_elem(store->interfaces_fd, &slot, out) ? -errno : 0;
}

int store_write_interface(struct store *store, uint32_t slot, const struct xe_interface *interface)
{
	return bpf_map_update_elem(store->interfaces_fd, &slot, interface, 0) ? -errno : 0;
}

int store_note_interface(struct store *store, const struct xe_interface *interface)
{
	int err = store_write_interface(store, interface->slot, interface);

	if (err)
		report("%s: cannot note its program: %s", interface->name, strerror(-err));
	return err;
}

int store_retire_slot(struct store *store, uint32_t slot)
{
	static const struct {
		enum guard_map map;
		uint32_t values; /* a slot */
	} kept[] = {
		{GUARD_VERDICTS, XE_ROLES_MAX}, {GUARD_BASELINE, XE_ROLES_MAX}, {GUARD_NOTES, 1}};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(kept) / sizeof(*kept); i++) {
		struct percpu map;

		if (store->guard.fd[kept[i].map] < 0)
			continue;
		err = percpu_open(store->guard.fd[kept[i].map], &map);
		if (!err)
			err = percpu_move(&map, slot * kept[i].values,
					  store->n_slots * kept[i].values, kept[i].values);
	}
	return err;
}
