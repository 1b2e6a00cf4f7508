/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pinned maps of one loaded policy: the only module that touches their descriptors. Blocks and
 * counters of two generations, control words, totals.
 *
 * A swap is one release store of control.live. Then the old generation's counters are folded into
 * the idle slot of the totals, which control.folded commits, and only then zeroed. Killed at any
 * point, store_recover() goes on where it stopped.
 */
#ifndef XE_KERNEL_STORE_H
#define XE_KERNEL_STORE_H

#include <stdbool.h>

#include "../policy/compile.h"
#include "capture_maps.h"
#include "guard_maps.h"
#include "pins.h"

struct store {
	char name[64];
	int control_fd, policy_fd, counters_fd, totals_fd, interfaces_fd;
	struct guard_maps guard;   /* of policies that give verdicts */
	uint32_t guard_generation; /* a reader's: the generation that they were looked for in */
	const struct capture_maps *capture; /* of programs that copy, which are to be attached; or
					       NULL */
	/*
	 * Mapped for a writer. A reader has copies, as of store_refresh(): the kernel maps nothing
	 * for descriptors without write permission.
	 */
	struct xe_control *control;
	struct xe_total *totals; /* two slots of totals_stride; a reader's copy: the committed one
				    only, up to its first empty record and somewhat beyond */
	bool read_only;
	bool totals_read; /* a reader has the totals of `totals_folded` */
	uint64_t totals_folded;
	uint32_t block_size, n_slots, atoms_max, totals_max;
	uint32_t counters_per_value, totals_per_value; /* records in one value of these maps */
	/*
	 * atoms_max and totals_max rounded up to whole values of their maps: no value belongs to
	 * two slots.
	 */
	uint32_t atoms_stride, totals_stride;
	int n_cpus;
};

/* What a policy is given room for. */
struct store_sizes {
	uint32_t block_size; /* a power of two */
	uint32_t n_slots;    /* NICs */
	uint32_t atoms_max;  /* atoms */
	uint32_t totals_max; /* records of rows and misses by NIC that are kept across reloads */
};

/* All functions: 0 or a negative errno; reported on stderr with cause and remedy unless said
 * otherwise. */

/* Make and pin the maps of a policy not loaded yet. On failure nothing stays. */
int store_create(const char *name, const struct store_sizes *sizes, struct store *out);
/* Open the pins. -ENOENT if there is no such policy. Readers get read-only descriptors. */
int store_open(const char *name, bool read_only, struct store *out);
void store_close(struct store *store);
/* Let group PINS_GROUP read what it may, if it was made after the load; a failure is only reported.
 */
void store_share(struct store *store);
/*
 * A reader's copies of the control words and of the committed totals, anew. A slot of totals that
 * is committed does not change until another one is: who sees the same control.folded after as
 * before has them whole. 0 or -errno (not reported).
 */
int store_refresh(struct store *store);
/* The control words as they are now, for a reader. 0 or -errno (not reported). */
int store_peek(const struct store *store, struct xe_control *out);

static inline uint32_t store_generation(const struct store *store)
{
	return (uint32_t)__atomic_load_n(&store->control->live, __ATOMIC_ACQUIRE);
}

static inline uint32_t store_folded(const struct store *store)
{
	return (uint32_t)__atomic_load_n(&store->control->folded, __ATOMIC_ACQUIRE);
}

/* Epoch of the programs that are live. */
static inline uint32_t store_epoch(const struct store *store)
{
	return __atomic_load_n(&store->control->live, __ATOMIC_ACQUIRE) >> 32;
}

/* What the live policy needs of programs, enum xe_feature; and its mode. */
static inline uint32_t store_features(const struct store *store)
{
	return store->control->features[store_generation(store) & 1];
}

static inline enum xe_mode store_mode(const struct store *store)
{
	return store->control->mode[store_generation(store) & 1];
}

/* First record in `counters` of a generation's slot. */
static inline uint32_t store_counter_base(const struct store *store, uint32_t generation,
					  uint32_t slot)
{
	return ((generation & 1) * store->n_slots + slot) * store->atoms_stride;
}

/* Whether a compiled policy fits what was set aside at load; if not, says which sizes to load with.
 */
int store_fits(const struct store *store, const struct compiled *compiled);

/*
 * The maps that a compiled policy's verdicts need: made and pinned where they are missing. Before
 * programs of these features are attached. Refused where they cannot become what is asked by a
 * reload: other sizes of a table in use, other roles.
 */
int store_prepare_features(struct store *store, const struct policy *policy,
			   const struct compiled *compiled);
/* Features of the programs attached, enum xe_feature; all of them while one is being replaced. */
uint32_t store_features_attached(const struct store *store);

/* Write the block of a generation that is not live yet; fills in where each slot counts. */
int store_write_block(struct store *store, uint32_t generation, const struct compiled *compiled);
/* Make a generation live: from here every packet is classified by it. Then wait until no program
 * runs with the old one. */
int store_publish(struct store *store, uint32_t epoch, uint32_t generation);
/* Wait until every program that runs now has finished. */
int store_drain(void);

/*
 * Sum of one slot's counters over CPUs, n_atoms records from `generation`'s base. Costs some 120 ns
 * and a copy of 16 bytes a CPU for each value of the map. 0 or -errno (not reported).
 */
int store_read_counters(const struct store *store, uint32_t generation, uint32_t slot,
			uint32_t n_atoms, struct xe_counter *out);
/* The same of what payloads looked like; zeros without such a map. */
int store_read_conformity(const struct store *store, uint32_t generation, uint32_t slot,
			  uint32_t n_atoms, struct xe_conformity *out);
/* Zero n_atoms counters of every slot of a generation. */
int store_zero_counters(struct store *store, uint32_t generation, uint32_t n_atoms);

int store_read_interface(const struct store *store, uint32_t slot, struct xe_interface *out);
int store_write_interface(struct store *store, uint32_t slot, const struct xe_interface *interface);
/* Enter a NIC under its slot: the same, but reported. */
int store_note_interface(struct store *store, const struct xe_interface *interface);
/*
 * Empty a slot whose NIC is gone, so that another may have it: what had been dropped there is kept
 * in the slot behind the last. 0 or -errno (not reported).
 */
int store_retire_slot(struct store *store, uint32_t slot);

#endif
