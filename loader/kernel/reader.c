// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one reader of live counters: the totals, plus the counters of every generation that is not in
 * them. Two control words say which these are; if they changed meanwhile, the reading is thrown
 * away and taken again.
 */
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../output/partners.h"
#include "../output/report.h"
#include "clock.h"
#include "deadline.h"
#include "fill.h"
#include "nic_state.h"
#include "running.h"
#include "verdicts.h"

#define TRIES 50

struct reader {
	struct store store;
	struct meta live, old; /* of the last reading; generation 0: none */
	struct running running;
	struct fill_parts flows, fragments, buckets;
	char watched[XE_ROW_ID_MAX];
};

int reader_open(const char *name, struct reader **out)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return -ENOMEM;
	err = store_open(name, true, &reader->store);
	if (err) {
		free(reader);
		return err;
	}
	*out = reader;
	return 0;
}

const struct store *reader_store(const struct reader *reader)
{
	return &reader->store;
}

void reader_watch(struct reader *reader, const char *row)
{
	snprintf(reader->watched, sizeof(reader->watched), "%s", row ? row : "");
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	running_free(&reader->running);
	meta_free(&reader->live);
	meta_free(&reader->old);
	store_close(&reader->store);
	free(reader);
}

/* --- partners -------------------------------------------------------------------------------- */

/* What the watched row shares, as far as the live generation has it. 0 or -ENOMEM. */
static int add_partners(const struct reader *reader, struct snapshot *snapshot)
{
	const struct running *running = &reader->running;
	const struct meta *live = &reader->live;
	struct partners partners;
	size_t row = 0;
	int err;

	if (!reader->watched[0])
		return 0;
	while (row < live->n_rows && strcmp(live->rows[row].id, reader->watched))
		row++;
	if (row == live->n_rows)
		return 0;
	err = partners_find(live->atoms, live->n_atoms, live->matches, live->n_rows, row,
			    &partners);
	if (err)
		return err;
	for (uint32_t slot = 0; slot < reader->store.n_slots; slot++)
		if (running->live_counters.counters[slot])
			partners_add(&partners, live->atoms, live->matches,
				     running->live_counters.counters[slot]);
	/* rows of the live generation stand at their own index */
	snapshot->partners = partners.v;
	snapshot->n_partners = partners.n;
	partners.v = NULL;
	partners_free(&partners);
	return 0;
}

/* --- verdicts -------------------------------------------------------------------------------- */

/* One slot's verdicts and notes, to those of interface `at`. */
static int add_slot_verdicts(const struct reader *reader, uint32_t slot, size_t at,
			     struct xe_verdicts *verdicts, struct snapshot_guard *guard)
{
	uint64_t *to = (uint64_t *)&guard->verdicts[at * guard->n_roles];
	const uint64_t *from = (const uint64_t *)verdicts;
	struct xe_notes notes;
	int err = verdicts_read(&reader->store, slot, guard->n_roles, verdicts);

	for (size_t i = 0; !err && i < guard->n_roles * sizeof(*verdicts) / sizeof(*to); i++)
		to[i] += from[i];
	if (!err)
		err = verdicts_notes(&reader->store, slot, &notes);
	to = (uint64_t *)&guard->notes[at];
	from = (const uint64_t *)&notes;
	for (size_t i = 0; !err && i < sizeof(notes) / sizeof(*to); i++)
		to[i] += from[i];
	return err;
}

/* What was counted for slots without a name any more has gone to the one behind the last. */
static int add_verdicts(const struct reader *reader, struct snapshot *snapshot)
{
	struct snapshot_guard *guard = &snapshot->guard;
	struct xe_verdicts *verdicts;
	int err = verdicts_roles(&reader->store, &guard->roles, &guard->n_roles);

	if (err)
		return err == -ENOENT ? 0 : err;
	verdicts = calloc(guard->n_roles, sizeof(*verdicts));
	guard->verdicts = calloc((snapshot->n_interfaces + 1) * guard->n_roles, sizeof(*verdicts));
	guard->notes = calloc(snapshot->n_interfaces + 1, sizeof(*guard->notes));
	if (!verdicts || !guard->verdicts || !guard->notes)
		err = -ENOMEM;
	for (uint32_t slot = 0; !err && slot <= reader->store.n_slots; slot++) {
		size_t at = snapshot->n_interfaces;

		if (slot < reader->store.n_slots && reader->running.slots[slot].name[0])
			at = reader->running.slots[slot].interface;
		err = add_slot_verdicts(reader, slot, at, verdicts, guard);
	}
	free(verdicts);
	return err;
}

static int fill_guard(struct reader *reader, struct snapshot *snapshot)
{
	const struct store *store = &reader->store;
	struct snapshot_guard *guard = &snapshot->guard;
	int err;

	guard->features = store_features(store);
	guard->mode = store_mode(store);
	guard->baseline_at = store->control->baseline_at;
	guard->unconfirmed = guard->mode == XE_MODE_ENFORCE && store->control->deadline;
	if (guard->unconfirmed) {
		guard->confirm_in =
			(double)(int64_t)(store->control->deadline - deadline_clock()) / 1e9;
		guard->confirm_by = clock_date(store->control->deadline);
	}
	snapshot_find_gaps(snapshot);
	err = add_verdicts(reader, snapshot);
	if (!err)
		err = fill_read(store, GUARD_FLOWS, &reader->flows, &guard->flows);
	if (!err)
		err = fill_read(store, GUARD_FRAGMENTS, &reader->fragments, &guard->fragments);
	if (!err)
		err = fill_read(store, GUARD_BUCKETS, &reader->buckets, &guard->buckets);
	return err;
}

/* How the NICs stand; those that have no program are no longer in the site. */
static int add_states(const struct reader *reader, const struct xe_interface *slots,
		      struct snapshot *snapshot)
{
	snapshot->states = calloc(snapshot->n_interfaces + 1, sizeof(*snapshot->states));
	if (!snapshot->states)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		snapshot->states[i] = NIC_DETACHED;
	for (uint32_t i = 0; i < reader->store.n_slots; i++) {
		const struct running_slot *slot = &reader->running.slots[i];
		char name_now[IF_NAMESIZE];
		struct attached attached;

		if (slot->attached)
			snapshot->states[slot->interface] =
				nic_state(&reader->store, &slots[i], &attached, name_now);
	}
	return 0;
}

static int fill(struct reader *reader, struct snapshot *snapshot)
{
	struct xe_interface slots[XE_MAX_NICS];
	int err = 0;

	for (uint32_t i = 0; !err && i < reader->store.n_slots; i++)
		err = store_read_interface(&reader->store, i, &slots[i]);
	if (!err)
		err = running_update(&reader->running, &reader->store, &reader->live, &reader->old,
				     slots);
	if (!err)
		err = running_copy(&reader->running, &reader->store, slots, snapshot);
	if (!err)
		err = add_partners(reader, snapshot);
	if (!err)
		err = add_states(reader, slots, snapshot);
	if (!err)
		err = fill_guard(reader, snapshot);
	return err;
}

/* Keep a generation's meaning in *meta. */
static int keep(struct reader *reader, uint32_t generation, struct meta *meta)
{
	if (meta->generation == generation)
		return 0;
	meta_free(meta);
	return generation ? meta_read(reader->store.name, generation, meta) : 0;
}

/* What the counters of the live generation mean, and of the one before it until it is folded. */
static int keep_both(struct reader *reader, uint32_t generation, uint32_t folded)
{
	uint32_t old = folded + 1 < generation ? generation - 1 : 0;
	int err;

	/* what was live until now is not read again: it is large */
	if (old && reader->live.generation == old) {
		meta_free(&reader->old);
		reader->old = reader->live;
		reader->live = (struct meta){0};
	}
	err = keep(reader, old, &reader->old);
	return err ? err : keep(reader, generation, &reader->live);
}

int reader_snapshot(struct reader *reader, struct snapshot *out)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	struct xe_control after;
	int err = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		uint32_t generation, folded;
		uint64_t began = clock_ns(CLOCK_MONOTONIC);

		memset(out, 0, sizeof(*out));
		err = store_refresh(&reader->store);
		generation = store_generation(&reader->store);
		folded = store_folded(&reader->store);
		if (!err)
			err = reader->store.control->loaded_at ? 0 : -ESTALE;
		if (!err)
			err = keep_both(reader, generation, folded);
		if (!err)
			err = fill(reader, out);
		if (!store_peek(&reader->store, &after) &&
		    after.live == reader->store.control->live &&
		    after.folded == reader->store.control->folded) {
			if (!err) {
				out->taken_at = (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
				out->read_at = clock_ns(CLOCK_REALTIME) / 1000000000;
				out->loaded_at = reader->store.control->loaded_at;
				out->read_seconds = out->taken_at - (double)began / 1e9;
				out->generation = generation;
				snprintf(out->site, sizeof(out->site), "%s", reader->store.name);
			} else {
				snapshot_free(out);
				if (err != -ENOENT)
					break;
			}
			if (!err)
				return 0;
		}
		snapshot_free(out);
		err = err ? err : -EAGAIN;
		nanosleep(&pause, NULL);
	}
	report("%s: cannot read counters: %s", reader->store.name,
	       err == -ESTALE	? "the policy is not loaded any more"
	       : err == -EAGAIN ? "the policy is being replaced again and again"
	       : err == -ENOENT ? "the pins that say what they mean are gone, or the policy is "
				  "being replaced again and again"
				: strerror(-err));
	return err;
}
