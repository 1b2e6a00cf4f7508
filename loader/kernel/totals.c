// SPDX-License-Identifier: GPL-2.0-only
/* Totals of generations that are gone. */
#include "totals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../output/tally.h"
#include "../policy/intern.h"
#include "../output/report.h"

static const struct xe_total *slot_of(const struct store *store, uint32_t slot)
{
	return store->totals + (size_t)slot * store->totals_max;
}

static uint32_t committed_slot(const struct store *store)
{
	return __atomic_load_n(&store->control->folded, __ATOMIC_ACQUIRE) >> 32;
}

const struct xe_total *totals_committed(const struct store *store, size_t *n)
{
	const struct xe_total *records = slot_of(store, committed_slot(store));

	for (*n = 0; *n < store->totals_max && records[*n].id[0]; ++*n)
		;
	return records;
}

/* Records being put together for the idle slot. */
struct draft {
	struct xe_total *v;
	size_t n, max;
	struct intern names; /* whose ids are indices of v: rows times NICs are too many to look
				through */
};

static void draft_free(struct draft *draft)
{
	free(draft->v);
	intern_free(&draft->names);
	*draft = (struct draft){0};
}

static struct xe_total *draft_find(struct draft *draft, const char *id, const char *interface,
				   bool is_miss)
{
	struct {
		char id[XE_ROW_ID_MAX], interface[XE_IFNAME_MAX];
		uint32_t is_miss;
	} name = {.is_miss = is_miss};
	struct xe_total *record;
	long index;

	snprintf(name.id, sizeof(name.id), "%s", id);
	snprintf(name.interface, sizeof(name.interface), "%s", interface);
	index = intern_add(&draft->names, &name, sizeof(name), NULL);
	if (index < 0 || (size_t)index >= draft->max)
		return NULL;
	record = &draft->v[index];
	if ((size_t)index < draft->n)
		return record;
	draft->n++;
	memset(record, 0, sizeof(*record));
	memcpy(record->id, name.id, sizeof(record->id));
	memcpy(record->interface, name.interface, sizeof(record->interface));
	record->is_miss = is_miss;
	return record;
}

static int draft_start(const struct store *store, struct draft *draft, size_t max)
{
	size_t n;
	const struct xe_total *records = totals_committed(store, &n);

	*draft = (struct draft){.max = max > n ? max : n};
	draft->v = calloc(draft->max + 1, sizeof(*draft->v));
	if (!draft->v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct xe_total *record =
			draft_find(draft, records[i].id, records[i].interface, records[i].is_miss);

		if (!record) {
			draft_free(draft);
			return -ENOMEM;
		}
		*record = records[i];
	}
	return 0;
}

static int add_row(struct draft *draft, const char *id, const char *interface,
		   const struct stats_cell *cell)
{
	struct xe_total *record;

	if (!cell->decided.packets && !cell->matched.packets)
		return 0;
	record = draft_find(draft, id, interface, false);
	if (!record)
		return -ENOSPC;
	counter_add(&record->decided, &cell->decided);
	counter_add(&record->matched, &cell->matched);
	counter_add(&record->reply, &cell->reply);
	record->new_flows += cell->new_flows;
	return 0;
}

static int add_miss(struct draft *draft, enum xe_miss miss, const char *interface,
		    const struct xe_counter *counter)
{
	struct xe_total *record;

	if (!counter->packets)
		return 0;
	record = draft_find(draft, miss_text(miss), interface, true);
	if (!record)
		return -ENOSPC;
	counter_add(&record->decided, counter);
	return 0;
}

/* One NIC's counters of a generation, by row and miss, into the draft. */
static int add_slot(struct store *store, const struct meta *meta, uint32_t slot,
		    struct draft *draft)
{
	struct xe_counter *counters = calloc(meta->n_atoms, sizeof(*counters));
	struct stats_cell *cells = calloc(meta->n_rows + 1, sizeof(*cells));
	struct xe_counter misses[XE_MISS_COUNT] = {0};
	struct xe_interface interface;
	int err = -ENOMEM;

	if (!counters || !cells)
		goto out;
	err = store_read_interface(store, slot, &interface);
	if (!err)
		err = store_read_counters(store, meta->generation, slot, meta->n_atoms, counters);
	if (err)
		goto out;
	tally_atoms(meta->atoms, meta->n_atoms, meta->matches, counters, cells, misses);
	for (size_t i = 0; !err && i < meta->n_rows; i++)
		err = add_row(draft, meta->rows[i].id, interface.name, &cells[i]);
	for (int i = 0; !err && i < XE_MISS_COUNT; i++)
		err = add_miss(draft, i, interface.name, &misses[i]);
out:
	free(counters);
	free(cells);
	return err;
}

static int too_many(const struct store *store, size_t need)
{
	report("%s: totals are kept for %u rows and misses by NIC, and this could make them %zu: "
	       "unload, then load --totals %zu (or larger)",
	       store->name, store->totals_max, need, need);
	return -ENOSPC;
}

int totals_fit(const struct store *store, const struct meta *meta)
{
	struct draft draft;
	size_t need;
	int err;

	err = draft_start(store, &draft,
			  store->totals_max + (meta->n_rows + XE_MISS_COUNT) * store->n_slots);
	if (err)
		return err;
	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		struct xe_interface interface;

		if (store_read_interface(store, slot, &interface) || !interface.name[0])
			continue;
		for (size_t i = 0; i < meta->n_rows; i++)
			if (meta->rows[i].active)
				draft_find(&draft, meta->rows[i].id, interface.name, false);
		for (int i = 0; i < XE_MISS_COUNT; i++)
			draft_find(&draft, miss_text(i), interface.name, true);
	}
	need = draft.n;
	draft_free(&draft);
	return need > store->totals_max ? too_many(store, need) : 0;
}

static void commit(struct store *store, const struct draft *draft, uint32_t generation)
{
	uint32_t idle = !committed_slot(store);
	struct xe_total *to = store->totals + (size_t)idle * store->totals_max;

	memset(to, 0, store->totals_max * sizeof(*to));
	memcpy(to, draft->v, draft->n * sizeof(*to));
	__atomic_store_n(&store->control->folded, (uint64_t)idle << 32 | generation,
			 __ATOMIC_RELEASE);
}

static int finish(struct store *store, uint32_t generation, size_t n_atoms)
{
	int err = store_zero_counters(store, generation, n_atoms);

	if (err)
		return err;
	__atomic_store_n(&store->control->zeroed, generation, __ATOMIC_RELEASE);
	return pins_remove_generation(store->name, generation);
}

int totals_fold(struct store *store, const struct meta *meta)
{
	struct draft draft;
	int err = draft_start(store, &draft, store->totals_max);

	for (uint32_t slot = 0; !err && slot < store->n_slots; slot++)
		err = add_slot(store, meta, slot, &draft);
	if (!err)
		commit(store, &draft, meta->generation);
	draft_free(&draft);
	if (err) {
		report("%s: cannot fold counters: %s; they stay where they are, and the next "
		       "command that changes the policy tries again",
		       store->name, strerror(-err));
		return err;
	}
	return finish(store, meta->generation, meta->n_atoms);
}

struct stray {
	const struct store *store;
	uint32_t live;
};

static void remove_stray(uint32_t generation, void *arg)
{
	const struct stray *stray = arg;

	if (generation != stray->live)
		pins_remove_generation(stray->store->name, generation);
}

int totals_recover(struct store *store)
{
	uint32_t live = store_generation(store), folded = store_folded(store);
	struct stray stray = {store, live};
	struct meta meta;
	int err = 0;

	if (live > 1 && folded < live - 1) {
		err = store_drain();
		if (!err)
			err = meta_read(store->name, live - 1, &meta);
		if (err == -ENOENT)
			report("%s: the pins that say what generation %u counted are gone; unload, "
			       "then load",
			       store->name, live - 1);
		if (err)
			return err;
		err = totals_fold(store, &meta);
		meta_free(&meta);
	} else if (live > 1 && store->control->zeroed < folded) {
		err = finish(store, folded, store->atoms_max);
	}
	if (!err)
		pins_generations(store->name, remove_stray, &stray);
	return err;
}
