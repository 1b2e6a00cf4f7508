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
#include "../output/tally.h"
#include "../output/report.h"
#include "../policy/intern.h"
#include "clock.h"
#include "deadline.h"
#include "fill.h"
#include "nic_state.h"
#include "totals.h"
#include "verdicts.h"

#define TRIES 50

struct reader {
	struct store store;
	struct meta live, old; /* of the last reading; generation 0: none */
	uint32_t sets_max;     /* of a table, that are looked at */
	char watched[XE_ROW_ID_MAX];
};

/* Some 1 ms, and some 100 where it is asked for. */
#define SETS_SAMPLE (1u << 13)
#define SETS_WHOLE  (1u << 20)

int reader_open(const char *name, struct reader **out)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return -ENOMEM;
	reader->sets_max = SETS_SAMPLE;
	err = store_open(name, true, &reader->store);
	if (err) {
		free(reader);
		return err;
	}
	*out = reader;
	return 0;
}

void reader_count_whole(struct reader *reader)
{
	reader->sets_max = SETS_WHOLE;
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
	meta_free(&reader->live);
	meta_free(&reader->old);
	store_close(&reader->store);
	free(reader);
}

/* --- putting a snapshot together
 * --------------------------------------------------------------------- */

/* Where each name stands in the snapshot: their numbers are its indices. */
struct names {
	struct intern rows, interfaces;
};

static void names_free(struct names *names)
{
	intern_free(&names->rows);
	intern_free(&names->interfaces);
}

/* The index of a row, new or known, or -ENOMEM. A new one is taken over as inactive. */
static long add_row_name(struct names *names, struct snapshot *snapshot, const struct xe_row *row)
{
	int is_new;
	long i = intern_add(&names->rows, row->id, strnlen(row->id, sizeof(row->id)), &is_new);

	if (i >= 0 && is_new) {
		snapshot->rows[i] = *row;
		snapshot->rows[i].active = 0;
		snapshot->n_rows++;
	}
	return i;
}

/* The index of an interface, new or known, or -ENOMEM. */
static long add_interface_name(struct names *names, struct snapshot *snapshot, const char *name)
{
	int is_new;
	long i = intern_add(&names->interfaces, name, strnlen(name, XE_IFNAME_MAX), &is_new);

	if (i >= 0 && is_new) {
		snprintf(snapshot->interfaces[i].name, XE_IFNAME_MAX, "%s", name);
		snapshot->n_interfaces++;
	}
	return i;
}

/* Rows of the live generation stand at their own index; ids are unique in it. */
static int add_live_rows(struct names *names, struct snapshot *snapshot, const struct meta *live)
{
	for (size_t i = 0; i < live->n_rows; i++) {
		const char *id = live->rows[i].id;
		long at = intern_add(&names->rows, id, strnlen(id, XE_ROW_ID_MAX), NULL);

		if (at < 0)
			return at;
		if ((size_t)at != i)
			return -EPROTO;
	}
	memcpy(snapshot->rows, live->rows, live->n_rows * sizeof(*snapshot->rows));
	snapshot->n_rows = snapshot->n_live_rows = live->n_rows;
	return 0;
}

static int add_interfaces(struct names *names, struct snapshot *snapshot,
			  const struct xe_interface *slots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		long at;

		if (!slots[i].name[0] || !slots[i].prog_id)
			continue;
		at = add_interface_name(names, snapshot, slots[i].name);
		if (at < 0)
			return at;
		snapshot->interfaces[at] = slots[i];
	}
	for (uint32_t i = 0; i < n; i++)
		if (slots[i].name[0] && add_interface_name(names, snapshot, slots[i].name) < 0)
			return -ENOMEM;
	return 0;
}

static int add_totals_names(struct names *names, struct snapshot *snapshot,
			    const struct xe_total *totals, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct xe_row row = {0};

		memcpy(row.id, totals[i].id, sizeof(row.id) - 1);
		if ((!totals[i].is_miss && add_row_name(names, snapshot, &row) < 0) ||
		    add_interface_name(names, snapshot, totals[i].interface) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Rows and interfaces first: every name that will get a cell. */
static int make_frame(struct reader *reader, struct names *names, struct snapshot *snapshot,
		      const struct xe_interface *slots)
{
	size_t n_totals;
	const struct xe_total *totals = totals_committed(&reader->store, &n_totals);
	int err;

	snapshot->rows = calloc(reader->live.n_rows + reader->old.n_rows + n_totals + 1,
				sizeof(*snapshot->rows));
	snapshot->interfaces =
		calloc(reader->store.n_slots + n_totals + 1, sizeof(*snapshot->interfaces));
	if (!snapshot->rows || !snapshot->interfaces)
		return -ENOMEM;
	err = add_live_rows(names, snapshot, &reader->live);
	for (size_t i = 0; !err && i < reader->old.n_rows; i++)
		err = add_row_name(names, snapshot, &reader->old.rows[i]) < 0 ? -ENOMEM : 0;
	if (!err)
		err = add_interfaces(names, snapshot, slots, reader->store.n_slots);
	if (!err)
		err = add_totals_names(names, snapshot, totals, n_totals);
	if (err)
		return err;
	snapshot->cells =
		calloc(snapshot->n_rows * snapshot->n_interfaces + 1, sizeof(*snapshot->cells));
	snapshot->misses =
		calloc(XE_MISS_COUNT * snapshot->n_interfaces + 1, sizeof(*snapshot->misses));
	return snapshot->cells && snapshot->misses ? 0 : -ENOMEM;
}

static int add_totals(const struct reader *reader, struct names *names, struct snapshot *snapshot)
{
	size_t n;
	const struct xe_total *totals = totals_committed(&reader->store, &n);

	for (size_t i = 0; i < n; i++) {
		const struct xe_total *total = &totals[i];
		const struct stats_cell cell = {
			.decided = total->decided,
			.matched = total->matched,
			.reply = total->reply,
			.new_flows = total->new_flows,
			.payload = total->payload,
			.decided_reply = total->decided_reply,
			.decided_new = total->decided_new,
		};
		long interface = add_interface_name(names, snapshot, total->interface), row;

		if (interface < 0)
			return -ENOMEM;
		if (total->is_miss) {
			enum xe_miss miss;

			if (!miss_parse(total->id, &miss))
				counter_add(&snapshot->misses[miss * snapshot->n_interfaces +
							      interface],
					    &total->decided);
			continue;
		}
		row = intern_add(&names->rows, total->id, strnlen(total->id, XE_ROW_ID_MAX - 1),
				 NULL);
		if (row < 0)
			return -ENOMEM;
		cell_add(&snapshot->cells[row * snapshot->n_interfaces + interface], &cell);
	}
	return 0;
}

/* What one generation's rows are in the snapshot. NULL: no memory. */
static uint32_t *rows_in(const struct meta *meta, struct names *names)
{
	uint32_t *at = calloc(meta->n_rows + 1, sizeof(*at));

	for (size_t i = 0; at && i < meta->n_rows; i++) {
		const char *id = meta->rows[i].id;
		long row = intern_add(&names->rows, id, strnlen(id, XE_ROW_ID_MAX), NULL);

		if (row < 0) {
			free(at);
			return NULL;
		}
		at[i] = row;
	}
	return at;
}

/* One generation's counters of every slot; of its atoms, those of `partners` too, or NULL. */
static int add_generation(const struct reader *reader, const struct meta *meta,
			  const struct xe_interface *slots, struct names *names,
			  struct partners *partners, struct snapshot *snapshot)
{
	struct xe_counter *counters = calloc(meta->n_atoms + 1, sizeof(*counters));
	struct xe_conformity *payloads = calloc(meta->n_atoms + 1, sizeof(*payloads));
	struct stats_cell *cells = calloc(meta->n_rows + 1, sizeof(*cells));
	uint32_t *row_at = rows_in(meta, names);
	int err = counters && payloads && cells && row_at ? 0 : -ENOMEM;

	for (uint32_t slot = 0; !err && slot < reader->store.n_slots; slot++) {
		struct xe_counter misses[XE_MISS_COUNT] = {0};
		long interface;

		if (!slots[slot].name[0])
			continue;
		interface = add_interface_name(names, snapshot, slots[slot].name);
		if (interface < 0)
			err = -ENOMEM;
		if (!err)
			err = store_read_counters(&reader->store, meta->generation, slot,
						  meta->n_atoms, counters);
		memset(cells, 0, meta->n_rows * sizeof(*cells));
		if (!err)
			err = tally_atoms(meta->atoms, meta->n_atoms, meta->matches, counters,
					  cells, misses);
		if (!err && partners)
			partners_add(partners, meta->atoms, meta->matches, counters);
		if (!err)
			err = store_read_conformity(&reader->store, meta->generation, slot,
						    meta->n_atoms, payloads);
		if (!err)
			tally_payloads(meta->atoms, meta->n_atoms, payloads, cells);
		for (size_t i = 0; !err && i < meta->n_rows; i++)
			cell_add(&snapshot->cells[row_at[i] * snapshot->n_interfaces + interface],
				 &cells[i]);
		for (int i = 0; !err && i < XE_MISS_COUNT; i++)
			counter_add(&snapshot->misses[i * snapshot->n_interfaces + interface],
				    &misses[i]);
	}
	free(counters);
	free(payloads);
	free(cells);
	free(row_at);
	return err;
}

/* The live generation's counters, with those that the watched row shares. */
static int add_live(const struct reader *reader, const struct xe_interface *slots,
		    struct names *names, struct snapshot *snapshot)
{
	const struct meta *live = &reader->live;
	struct partners partners = {0};
	size_t row = 0;
	int err = 0;

	while (reader->watched[0] && row < live->n_rows &&
	       strcmp(live->rows[row].id, reader->watched))
		row++;
	if (!reader->watched[0] || row == live->n_rows)
		return add_generation(reader, live, slots, names, NULL, snapshot);
	err = partners_find(live->atoms, live->n_atoms, live->matches, live->n_rows, row,
			    &partners);
	if (!err)
		err = add_generation(reader, live, slots, names, &partners, snapshot);
	/* rows of the live generation stand at their own index */
	snapshot->partners = partners.v;
	snapshot->n_partners = partners.n;
	partners.v = NULL;
	partners_free(&partners);
	return err;
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
static int add_verdicts(const struct reader *reader, const struct xe_interface *slots,
			struct names *names, struct snapshot *snapshot)
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
		long at = snapshot->n_interfaces;

		if (slot < reader->store.n_slots && slots[slot].name[0])
			at = add_interface_name(names, snapshot, slots[slot].name);
		err = at < 0 ? (int)at : add_slot_verdicts(reader, slot, at, verdicts, guard);
	}
	free(verdicts);
	return err;
}

static int fill_guard(const struct reader *reader, const struct xe_interface *slots,
		      struct names *names, struct snapshot *snapshot)
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
	if (guard->mode == XE_MODE_ENFORCE)
		nic_gaps(store, slots, guard);
	err = add_verdicts(reader, slots, names, snapshot);
	if (!err)
		err = fill_read(store, GUARD_FLOWS, reader->sets_max, &guard->flows);
	if (!err)
		err = fill_read(store, GUARD_FRAGMENTS, reader->sets_max, &guard->fragments);
	if (!err)
		err = fill_read(store, GUARD_BUCKETS, reader->sets_max, &guard->buckets);
	return err;
}

static int fill(struct reader *reader, struct snapshot *snapshot)
{
	struct xe_interface slots[XE_MAX_NICS];
	struct names names = {0};
	int err = 0;

	for (uint32_t i = 0; !err && i < reader->store.n_slots; i++)
		err = store_read_interface(&reader->store, i, &slots[i]);
	if (!err)
		err = make_frame(reader, &names, snapshot, slots);
	if (!err)
		err = add_totals(reader, &names, snapshot);
	if (!err && reader->old.generation)
		err = add_generation(reader, &reader->old, slots, &names, NULL, snapshot);
	if (!err)
		err = add_live(reader, slots, &names, snapshot);
	if (!err)
		err = fill_guard(reader, slots, &names, snapshot);
	names_free(&names);
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
