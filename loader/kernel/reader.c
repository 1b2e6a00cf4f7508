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

#include "../output/tally.h"
#include "../output/report.h"
#include "totals.h"

#define TRIES 50

struct reader {
	struct store store;
	struct meta live, old; /* of the last reading; generation 0: none */
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

static long find_row(const struct snapshot *snapshot, const char *id)
{
	for (size_t i = 0; i < snapshot->n_rows; i++)
		if (!strcmp(snapshot->rows[i].id, id))
			return i;
	return -1;
}

static long find_interface(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		if (!strcmp(snapshot->interfaces[i].name, name))
			return i;
	return -1;
}

static void add_row_name(struct snapshot *snapshot, const struct xe_row *row)
{
	struct xe_row *to = &snapshot->rows[snapshot->n_rows];

	if (find_row(snapshot, row->id) >= 0)
		return;
	*to = *row;
	to->active = 0;
	snapshot->n_rows++;
}

static void add_interface_name(struct snapshot *snapshot, const char *name)
{
	if (find_interface(snapshot, name) < 0)
		snprintf(snapshot->interfaces[snapshot->n_interfaces++].name, XE_IFNAME_MAX, "%s",
			 name);
}

/* Rows and interfaces first: every name that will get a cell. */
static int make_frame(struct reader *reader, struct snapshot *snapshot,
		      const struct xe_interface *slots)
{
	size_t n_totals;
	const struct xe_total *totals = totals_committed(&reader->store, &n_totals);

	snapshot->rows = calloc(reader->live.n_rows + reader->old.n_rows + n_totals + 1,
				sizeof(*snapshot->rows));
	snapshot->interfaces =
		calloc(reader->store.n_slots + n_totals + 1, sizeof(*snapshot->interfaces));
	if (!snapshot->rows || !snapshot->interfaces)
		return -ENOMEM;
	memcpy(snapshot->rows, reader->live.rows, reader->live.n_rows * sizeof(*snapshot->rows));
	snapshot->n_rows = reader->live.n_rows;
	for (size_t i = 0; i < reader->old.n_rows; i++)
		add_row_name(snapshot, &reader->old.rows[i]);
	for (uint32_t i = 0; i < reader->store.n_slots; i++)
		if (slots[i].name[0] && slots[i].prog_id)
			snapshot->interfaces[snapshot->n_interfaces++] = slots[i];
	for (uint32_t i = 0; i < reader->store.n_slots; i++)
		if (slots[i].name[0] && !slots[i].prog_id)
			add_interface_name(snapshot, slots[i].name);
	for (size_t i = 0; i < n_totals; i++) {
		struct xe_row row = {0};

		snprintf(row.id, sizeof(row.id), "%s", totals[i].id);
		if (!totals[i].is_miss)
			add_row_name(snapshot, &row);
		add_interface_name(snapshot, totals[i].interface);
	}
	snapshot->cells =
		calloc(snapshot->n_rows * snapshot->n_interfaces + 1, sizeof(*snapshot->cells));
	snapshot->misses =
		calloc(XE_MISS_COUNT * snapshot->n_interfaces + 1, sizeof(*snapshot->misses));
	return snapshot->cells && snapshot->misses ? 0 : -ENOMEM;
}

static void add_totals(const struct reader *reader, struct snapshot *snapshot)
{
	size_t n;
	const struct xe_total *totals = totals_committed(&reader->store, &n);

	for (size_t i = 0; i < n; i++) {
		long interface = find_interface(snapshot, totals[i].interface);
		long row = totals[i].is_miss ? -1 : find_row(snapshot, totals[i].id);

		if (interface < 0)
			continue; /* torn: the caller's check will see it */
		if (row >= 0) {
			const struct stats_cell cell = {
				.decided = totals[i].decided,
				.matched = totals[i].matched,
				.reply = totals[i].reply,
				.new_flows = totals[i].new_flows,
			};

			cell_add(&snapshot->cells[row * snapshot->n_interfaces + interface], &cell);
		}
		for (int miss = 0; totals[i].is_miss && miss < XE_MISS_COUNT; miss++)
			if (!strcmp(miss_text(miss), totals[i].id))
				counter_add(&snapshot->misses[miss * snapshot->n_interfaces +
							      interface],
					    &totals[i].decided);
	}
}

/* One generation's counters of one slot. */
static int add_slot(const struct reader *reader, const struct meta *meta, uint32_t slot,
		    long interface, struct snapshot *snapshot)
{
	struct xe_counter *counters = calloc(meta->n_atoms, sizeof(*counters));
	struct stats_cell *cells = calloc(meta->n_rows + 1, sizeof(*cells));
	struct xe_counter misses[XE_MISS_COUNT] = {0};
	int err = -ENOMEM;

	if (!counters || !cells)
		goto out;
	err = store_read_counters(&reader->store, meta->generation, slot, meta->n_atoms, counters);
	if (err)
		goto out;
	tally_atoms(meta->atoms, meta->n_atoms, meta->matches, counters, cells, misses);
	for (size_t i = 0; i < meta->n_rows; i++) {
		/* rows of the live generation stand at their own index */
		long row = meta == &reader->live ? (long)i : find_row(snapshot, meta->rows[i].id);

		cell_add(&snapshot->cells[row * snapshot->n_interfaces + interface], &cells[i]);
	}
	for (int i = 0; i < XE_MISS_COUNT; i++)
		counter_add(&snapshot->misses[i * snapshot->n_interfaces + interface], &misses[i]);
out:
	free(counters);
	free(cells);
	return err;
}

static int fill(struct reader *reader, struct snapshot *snapshot)
{
	struct xe_interface slots[XE_MAX_NICS];
	int err = 0;

	for (uint32_t i = 0; !err && i < reader->store.n_slots; i++)
		err = store_read_interface(&reader->store, i, &slots[i]);
	if (!err)
		err = make_frame(reader, snapshot, slots);
	if (err)
		return err;
	add_totals(reader, snapshot);
	for (uint32_t i = 0; !err && i < reader->store.n_slots; i++) {
		long interface = find_interface(snapshot, slots[i].name);

		if (!slots[i].name[0] || interface < 0)
			continue;
		if (reader->old.generation)
			err = add_slot(reader, &reader->old, i, interface, snapshot);
		if (!err)
			err = add_slot(reader, &reader->live, i, interface, snapshot);
	}
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

int reader_snapshot(struct reader *reader, struct snapshot *out)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	struct xe_control after;
	struct timespec now;
	int err = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		uint32_t generation, folded;

		memset(out, 0, sizeof(*out));
		err = store_refresh(&reader->store);
		generation = store_generation(&reader->store);
		folded = store_folded(&reader->store);
		if (!err)
			err = reader->store.control->loaded_at ? 0 : -ESTALE;
		if (!err)
			err = keep(reader, generation, &reader->live);
		if (!err)
			err = keep(reader, folded + 1 < generation ? generation - 1 : 0,
				   &reader->old);
		if (!err)
			err = fill(reader, out);
		if (!store_peek(&reader->store, &after) &&
		    after.live == reader->store.control->live &&
		    after.folded == reader->store.control->folded) {
			if (!err) {
				clock_gettime(CLOCK_MONOTONIC, &now);
				out->taken_at = now.tv_sec + now.tv_nsec / 1e9;
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
