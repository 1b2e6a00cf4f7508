// SPDX-License-Identifier: GPL-2.0-only
/* Sums over the cells of one reading. */
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tally.h"

/* Be no user any more. Whether nobody is. */
static bool leave(uint32_t *users)
{
	if (users && __atomic_sub_fetch(users, 1, __ATOMIC_ACQ_REL))
		return false;
	free(users);
	return true;
}

/* A count of users of which there is one. NULL: no memory. */
static uint32_t *open_users(void)
{
	uint32_t *users = malloc(sizeof(*users));

	if (users)
		*users = 1;
	return users;
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->interfaces);
	free(snapshot->states);
	if (leave(snapshot->rows_users))
		free(snapshot->rows);
	if (leave(snapshot->cells_users)) {
		free(snapshot->places);
		free(snapshot->cells);
	}
	free(snapshot->decided);
	free(snapshot->misses);
	free(snapshot->guard.roles);
	free(snapshot->guard.verdicts);
	free(snapshot->guard.notes);
	free(snapshot->partners);
	memset(snapshot, 0, sizeof(*snapshot));
}

int snapshot_open_rows(struct snapshot *snapshot)
{
	snapshot->rows_users = open_users();
	return snapshot->rows_users ? 0 : -ENOMEM;
}

void snapshot_share_rows(const struct snapshot *from, struct snapshot *to)
{
	__atomic_add_fetch(from->rows_users, 1, __ATOMIC_RELAXED);
	to->rows = from->rows;
	to->rows_users = from->rows_users;
	to->n_rows = from->n_rows;
	to->n_live_rows = from->n_live_rows;
}

/* A copy of n elements. NULL: no memory. */
static void *copy(const void *from, size_t n, size_t size)
{
	void *to = malloc(n * size + 1);

	return to ? memcpy(to, from, n * size) : NULL;
}

int snapshot_open_cells(struct snapshot *snapshot)
{
	size_t n = snapshot->n_places * snapshot->n_interfaces;
	struct snapshot own = {
		.cells_users = open_users(),
		.cells = copy(snapshot->cells, n, sizeof(*snapshot->cells)),
		.places = copy(snapshot->places, snapshot->n_rows, sizeof(*snapshot->places)),
	};

	if (!own.cells_users || !own.cells || !own.places) {
		snapshot_free(&own);
		return -ENOMEM;
	}
	if (leave(snapshot->cells_users)) {
		free(snapshot->cells);
		free(snapshot->places);
	}
	snapshot->cells_users = own.cells_users;
	snapshot->cells = own.cells;
	snapshot->places = own.places;
	return 0;
}

int snapshot_share(const struct snapshot *from, struct snapshot *to)
{
	size_t n = from->n_interfaces;

	snapshot_share_rows(from, to);
	__atomic_add_fetch(from->cells_users, 1, __ATOMIC_RELAXED);
	to->cells_users = from->cells_users;
	to->cells = from->cells;
	to->places = from->places;
	to->n_places = from->n_places;
	to->n_interfaces = n;
	to->interfaces = copy(from->interfaces, n, sizeof(*to->interfaces));
	to->decided = copy(from->decided, n, sizeof(*to->decided));
	to->misses = copy(from->misses, XE_MISS_COUNT * n, sizeof(*to->misses));
	return to->interfaces && to->decided && to->misses ? 0 : -ENOMEM;
}

struct stats_cell snapshot_row(const struct snapshot *snapshot, size_t row)
{
	const struct stats_cell *cell = snapshot_cells(snapshot, row);
	struct stats_cell sum = {};

	if (!snapshot_has_counted(snapshot, row))
		return sum;
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

/* Of `n`, the one at `which`, or with -1 all: from *first to before *end. */
static void range(int which, size_t n, size_t *first, size_t *end)
{
	*first = which < 0 ? 0 : which;
	*end = which < 0 ? n : *first + 1;
}

struct xe_counter snapshot_total(const struct snapshot *snapshot, int interface)
{
	struct xe_counter sum = {};
	size_t first, end;

	range(interface, snapshot->n_interfaces, &first, &end);
	for (size_t i = first; snapshot->decided && i < end; i++)
		counter_add(&sum, &snapshot->decided[i]);
	for (size_t row = 0; !snapshot->decided && row < snapshot->n_rows; row++)
		for (size_t i = first; i < end; i++)
			counter_add(&sum, &snapshot_cells(snapshot, row)[i].decided);
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		for (size_t i = first; i < end; i++)
			counter_add(&sum, &snapshot->misses[miss * snapshot->n_interfaces + i]);
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

enum nic_state snapshot_nic(const struct snapshot *snapshot, size_t interface)
{
	return snapshot->states ? snapshot->states[interface] : NIC_UNKNOWN;
}

bool nic_state_is_lost(enum nic_state state)
{
	return state == NIC_MISSING || state == NIC_GONE;
}

void snapshot_find_gaps(struct snapshot *snapshot)
{
	struct snapshot_guard *guard = &snapshot->guard;

	if (guard->mode != XE_MODE_ENFORCE)
		return;
	guard->nowhere = true;
	for (size_t i = 0; i < snapshot->n_interfaces && guard->n_gaps < XE_MAX_NICS; i++) {
		const struct xe_interface *interface = &snapshot->interfaces[i];
		bool mirror = interface->sides == 1u << XE_SIDE_MIRROR;
		enum nic_state state = snapshot_nic(snapshot, i);
		struct snapshot_gap *gap = &guard->gaps[guard->n_gaps];

		/* without a program: no longer in the site */
		if (!interface->prog_id)
			continue;
		if (!mirror && !nic_state_is_lost(state)) {
			guard->nowhere = false;
			continue;
		}
		gap->state = mirror ? NIC_MIRROR : state;
		memcpy(gap->name, interface->name, sizeof(gap->name));
		guard->n_gaps++;
	}
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
