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
	return store->totals + (size_t)slot * store->totals_stride;
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

/* Number of a record by its name, new or known, or -ENOMEM. */
static long name_add(struct intern *names, const char *id, const char *interface, bool is_miss)
{
	char name[XE_ROW_ID_MAX + XE_IFNAME_MAX + 1];
	size_t id_len = strnlen(id, XE_ROW_ID_MAX - 1);
	size_t interface_len = strnlen(interface, XE_IFNAME_MAX - 1);

	/* neither has a NUL in it */
	memcpy(name, id, id_len);
	name[id_len] = '\0';
	memcpy(name + id_len + 1, interface, interface_len);
	name[id_len + 1 + interface_len] = is_miss ? 'm' : 'r';
	return intern_add(names, name, id_len + interface_len + 2, NULL);
}

static int names_start(const struct xe_total *records, size_t n, struct intern *names)
{
	for (size_t i = 0; i < n; i++)
		if (name_add(names, records[i].id, records[i].interface, records[i].is_miss) < 0)
			return -ENOMEM;
	return 0;
}

/* The idle slot while it is made into the next committed one. */
struct draft {
	struct xe_total *v;
	size_t n, max;
	uint32_t slot;
	struct intern names; /* numbers are indices of v: rows times NICs are too many to look
				through */
};

static void draft_free(struct draft *draft)
{
	intern_free(&draft->names);
	*draft = (struct draft){0};
}

/* NULL: no room left, or no memory. */
static struct xe_total *draft_find(struct draft *draft, const char *id, const char *interface,
				   bool is_miss)
{
	long index = name_add(&draft->names, id, interface, is_miss);
	struct xe_total *record;

	if (index < 0 || (size_t)index >= draft->max)
		return NULL;
	record = &draft->v[index];
	if ((size_t)index < draft->n)
		return record;
	draft->n++;
	memset(record, 0, sizeof(*record));
	memcpy(record->id, id, strnlen(id, sizeof(record->id) - 1));
	memcpy(record->interface, interface, strnlen(interface, sizeof(record->interface) - 1));
	record->is_miss = is_miss;
	return record;
}

static int draft_start(struct store *store, struct draft *draft)
{
	const struct xe_total *records = totals_committed(store, &draft->n);

	draft->max = store->totals_max;
	draft->slot = !committed_slot(store);
	draft->v = store->totals + (size_t)draft->slot * store->totals_stride;
	memcpy(draft->v, records, draft->n * sizeof(*records));
	return names_start(records, draft->n, &draft->names);
}

static int add_row(struct draft *draft, const char *id, const char *interface,
		   const struct stats_cell *cell)
{
	struct xe_total *record;

	if (!cell->decided.packets && !cell->matched.packets && !cell->payload.conforming &&
	    !cell->payload.other)
		return 0;
	record = draft_find(draft, id, interface, false);
	if (!record)
		return -ENOSPC;
	counter_add(&record->decided, &cell->decided);
	counter_add(&record->matched, &cell->matched);
	counter_add(&record->reply, &cell->reply);
	record->new_flows += cell->new_flows;
	record->payload.conforming += cell->payload.conforming;
	record->payload.other += cell->payload.other;
	counter_add(&record->decided_reply, &cell->decided_reply);
	record->decided_new += cell->decided_new;
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
		    struct xe_counter *counters, struct draft *draft)
{
	struct stats_cell *cells = calloc(meta->n_rows + 1, sizeof(*cells));
	struct xe_conformity *payloads = calloc(meta->n_atoms + 1, sizeof(*payloads));
	struct xe_counter misses[XE_MISS_COUNT] = {0};
	struct xe_interface interface;
	int err = cells && payloads ? 0 : -ENOMEM;

	if (!err)
		err = store_read_interface(store, slot, &interface);
	if (!err)
		err = store_read_counters(store, meta->generation, slot, meta->n_atoms, counters);
	if (!err)
		err = tally_atoms(meta->atoms, meta->n_atoms, meta->matches, counters, cells,
				  misses);
	if (!err)
		err = store_read_conformity(store, meta->generation, slot, meta->n_atoms, payloads);
	if (!err)
		tally_payloads(meta->atoms, meta->n_atoms, payloads, cells);
	for (size_t i = 0; !err && i < meta->n_rows; i++)
		err = add_row(draft, meta->rows[i].id, interface.name, &cells[i]);
	for (int i = 0; !err && i < XE_MISS_COUNT; i++)
		err = add_miss(draft, i, interface.name, &misses[i]);
	free(payloads);
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
	size_t committed, rows = XE_MISS_COUNT, need;
	const struct xe_total *records = totals_committed(store, &committed);
	struct intern names = {0};
	int err;

	for (size_t i = 0; i < meta->n_rows; i++)
		rows += meta->rows[i].active;
	/* even if none of them is among the committed ones */
	if (committed + rows * store->n_slots <= store->totals_max)
		return 0;
	err = names_start(records, committed, &names);
	for (uint32_t slot = 0; !err && slot < store->n_slots; slot++) {
		struct xe_interface interface;

		if (store_read_interface(store, slot, &interface) || !interface.name[0])
			continue;
		for (size_t i = 0; !err && i < meta->n_rows; i++)
			if (meta->rows[i].active &&
			    name_add(&names, meta->rows[i].id, interface.name, false) < 0)
				err = -ENOMEM;
		for (int i = 0; !err && i < XE_MISS_COUNT; i++)
			if (name_add(&names, miss_text(i), interface.name, true) < 0)
				err = -ENOMEM;
	}
	need = names.n;
	intern_free(&names);
	if (err)
		report("%s: out of memory", store->name);
	else if (need > store->totals_max)
		err = too_many(store, need);
	return err;
}

/* What an earlier, longer draft left behind the last record ends with it. */
static void commit(struct store *store, const struct draft *draft, uint32_t generation)
{
	for (size_t i = draft->n; i < draft->max && draft->v[i].id[0]; i++)
		memset(&draft->v[i], 0, sizeof(draft->v[i]));
	__atomic_store_n(&store->control->folded, (uint64_t)draft->slot << 32 | generation,
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
	struct xe_counter *counters = calloc(meta->n_atoms + 1, sizeof(*counters));
	struct draft draft = {0};
	int err = counters ? draft_start(store, &draft) : -ENOMEM;

	for (uint32_t slot = 0; !err && slot < store->n_slots; slot++)
		err = add_slot(store, meta, slot, counters, &draft);
	if (!err)
		commit(store, &draft, meta->generation);
	free(counters);
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
