// SPDX-License-Identifier: GPL-2.0-only
/* Sums over the cells of one reading. */
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "tally.h"

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->interfaces);
	free(snapshot->rows);
	free(snapshot->cells);
	free(snapshot->misses);
	free(snapshot->guard.roles);
	free(snapshot->guard.verdicts);
	free(snapshot->guard.notes);
	free(snapshot->partners);
	memset(snapshot, 0, sizeof(*snapshot));
}

struct stats_cell snapshot_row(const struct snapshot *snapshot, size_t row)
{
	const struct stats_cell *cell = snapshot->cells + row * snapshot->n_interfaces;
	struct stats_cell sum = {};

	for (size_t i = 0; i < snapshot->n_interfaces; i++, cell++)
		cell_add(&sum, cell);
	return sum;
}

struct xe_counter snapshot_miss(const struct snapshot *snapshot, enum xe_miss miss)
{
	struct xe_counter sum = {};

	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		counter_add(&sum, &snapshot->misses[miss * snapshot->n_interfaces + i]);
	return sum;
}

struct xe_counter snapshot_unjudged(const struct snapshot *snapshot, size_t interface)
{
	return snapshot->misses[XE_MISS_NO_POLICY * snapshot->n_interfaces + interface];
}

struct xe_counter snapshot_total(const struct snapshot *snapshot, int interface)
{
	struct xe_counter sum = {};

	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		if (interface >= 0 && (size_t)interface != i)
			continue;
		for (size_t row = 0; row < snapshot->n_rows; row++)
			counter_add(&sum,
				    &snapshot->cells[row * snapshot->n_interfaces + i].decided);
		for (int miss = 0; miss < XE_MISS_COUNT; miss++)
			counter_add(&sum, &snapshot->misses[miss * snapshot->n_interfaces + i]);
	}
	return sum;
}

/* --- verdicts -------------------------------------------------------------------------------- */

const char *nic_state_text(enum nic_state state)
{
	static const char *const names[] = {
		[NIC_ATTACHED] = "attached", [NIC_RENAMED] = "renamed", [NIC_UNKNOWN] = "unknown",
		[NIC_DETACHED] = "detached", [NIC_MISSING] = "missing", [NIC_GONE] = "gone",
		[NIC_MIRROR] = "mirror",
	};

	return names[state];
}

bool snapshot_is_open(const struct snapshot_gap *gap)
{
	return gap->state != NIC_MIRROR;
}

bool snapshot_enforces(const struct snapshot_guard *guard)
{
	bool open = guard->nowhere;

	for (size_t i = 0; i < guard->n_gaps; i++)
		open |= snapshot_is_open(&guard->gaps[i]);
	return guard->mode == XE_MODE_ENFORCE && !open &&
	       (!guard->unconfirmed || guard->confirm_in > 0);
}

/* Of `n`, the one at `which`, or with -1 all: from *first to before *end. */
static void range(int which, size_t n, size_t *first, size_t *end)
{
	*first = which < 0 ? 0 : which;
	*end = which < 0 ? n : *first + 1;
}

/* The sum over the verdicts of an interface and role, -1: all; `would`: of those. */
static struct xe_counter sum_verdicts(const struct snapshot *snapshot, int interface, int role,
				      enum xe_reason reason, bool would)
{
	const struct snapshot_guard *guard = &snapshot->guard;
	size_t i, j, first, end, end_interface;
	struct xe_counter sum = {};

	range(interface, snapshot->n_interfaces + 1, &i, &end_interface);
	range(role, guard->n_roles, &first, &end);
	for (; guard->verdicts && i < end_interface; i++) {
		for (j = first; j < end; j++) {
			const struct xe_verdicts *at = &guard->verdicts[i * guard->n_roles + j];

			counter_add(&sum, would ? &at->would[reason] : &at->dropped[reason]);
		}
	}
	return sum;
}

struct xe_counter snapshot_dropped(const struct snapshot *snapshot, int interface, int role,
				   enum xe_reason reason)
{
	return sum_verdicts(snapshot, interface, role, reason, false);
}

struct xe_counter snapshot_would_drop(const struct snapshot *snapshot, int interface, int role,
				      enum xe_reason reason)
{
	return sum_verdicts(snapshot, interface, role, reason, true);
}

struct xe_counter snapshot_exempt(const struct snapshot *snapshot, int interface,
				  enum xe_exempt exempt)
{
	const struct xe_notes *notes = snapshot->guard.notes;
	struct xe_counter sum = {};

	for (size_t i = 0; notes && i <= snapshot->n_interfaces; i++)
		if (interface < 0 || (size_t)interface == i)
			counter_add(&sum, &notes[i].exempt[exempt]);
	return sum;
}

uint64_t snapshot_event(const struct snapshot *snapshot, int interface, enum xe_event event)
{
	const struct xe_notes *notes = snapshot->guard.notes;
	uint64_t sum = 0;

	for (size_t i = 0; notes && i <= snapshot->n_interfaces; i++)
		if (interface < 0 || (size_t)interface == i)
			sum += notes[i].events[event];
	return sum;
}

const char *snapshot_interface(const struct snapshot *snapshot, size_t interface)
{
	return interface < snapshot->n_interfaces ? snapshot->interfaces[interface].name
						  : INTERFACE_GONE;
}

const char *snapshot_role(const struct snapshot *snapshot, size_t role)
{
	return role && role < snapshot->guard.n_roles ? snapshot->guard.roles[role].name : "none";
}
