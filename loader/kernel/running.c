// SPDX-License-Identifier: GPL-2.0-only
/* Running sums. */
#include "running.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../output/tally.h"
#include "../policy/intern.h"
#include "totals.h"

#define WORDS(type, n) ((n) * sizeof(type) / sizeof(uint64_t))
#define AT_ONCE	       128 /* words compared */

static void counters_free(struct running_counters *of)
{
	for (int slot = 0; slot < XE_MAX_NICS; slot++) {
		free(of->counters[slot]);
		free(of->payloads[slot]);
	}
	free(of->cells);
	free(of->rows);
	free(of->more);
}

void running_free(struct running *running)
{
	snapshot_free(&running->sums);
	counters_free(&running->live_counters);
	counters_free(&running->old_counters);
	*running = (struct running){0};
}

/* --- beginning ------------------------------------------------------------------------------- */

/* Where each name stands in the sums: their numbers are its indices. */
struct names {
	struct intern rows, interfaces;
};

static void names_free(struct names *names)
{
	intern_free(&names->rows);
	intern_free(&names->interfaces);
}

/* The index of a row, new or known, or -ENOMEM. A new one is taken over as inactive. */
static long add_row(struct names *names, struct snapshot *sums, const struct xe_row *row)
{
	int is_new;
	long i = intern_add(&names->rows, row->id, strnlen(row->id, sizeof(row->id)), &is_new);

	if (i >= 0 && is_new) {
		sums->rows[i] = *row;
		sums->rows[i].active = 0;
		sums->n_rows++;
	}
	return i;
}

/* The index of an interface, new or known, or -ENOMEM. */
static long add_interface(struct names *names, struct snapshot *sums, const char *name)
{
	int is_new;
	long i = intern_add(&names->interfaces, name, strnlen(name, XE_IFNAME_MAX), &is_new);

	if (i >= 0 && is_new) {
		snprintf(sums->interfaces[i].name, XE_IFNAME_MAX, "%s", name);
		sums->n_interfaces++;
	}
	return i;
}

/* Rows of the live generation stand at their own index; ids are unique in it. */
static int add_live_rows(struct names *names, struct snapshot *sums, const struct meta *live)
{
	for (size_t i = 0; i < live->n_rows; i++) {
		const char *id = live->rows[i].id;
		long at = intern_add(&names->rows, id, strnlen(id, XE_ROW_ID_MAX), NULL);

		if (at < 0)
			return at;
		if ((size_t)at != i)
			return -EPROTO;
	}
	memcpy(sums->rows, live->rows, live->n_rows * sizeof(*sums->rows));
	sums->n_rows = sums->n_live_rows = live->n_rows;
	return 0;
}

/* Attached ones first. */
static int add_slots(struct names *names, struct running *running, uint32_t n_slots)
{
	for (int attached = 1; attached >= 0; attached--) {
		for (uint32_t i = 0; i < n_slots; i++) {
			struct running_slot *slot = &running->slots[i];
			long at;

			if (!slot->name[0] || slot->attached != attached)
				continue;
			at = add_interface(names, &running->sums, slot->name);
			if (at < 0)
				return at;
			slot->interface = at;
		}
	}
	return 0;
}

static int add_totals_names(struct names *names, struct snapshot *sums,
			    const struct xe_total *totals, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct xe_row row = {0};

		memcpy(row.id, totals[i].id, sizeof(row.id) - 1);
		if ((!totals[i].is_miss && add_row(names, sums, &row) < 0) ||
		    add_interface(names, sums, totals[i].interface) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* One more place of zeros, or -ENOMEM. */
static long add_place(struct running *running)
{
	struct snapshot *sums = &running->sums;
	size_t n = sums->n_interfaces;

	if (sums->n_places == running->room) {
		size_t room = running->room ? 2 * running->room : 64;
		struct stats_cell *cells =
			reallocarray(sums->cells, room * n + 1, sizeof(*sums->cells));

		if (!cells)
			return -ENOMEM;
		sums->cells = cells;
		running->room = room;
	}
	memset(sums->cells + sums->n_places * n, 0, n * sizeof(*sums->cells));
	return sums->n_places++;
}

/* Add to what a row has counted on an interface. 0 or -ENOMEM. */
static int add_cell(struct running *running, size_t row, size_t interface,
		    const struct stats_cell *cell)
{
	struct snapshot *sums = &running->sums;

	/* readings that have them keep them as they are */
	if (snapshot_cells_are_shared(sums)) {
		if (snapshot_open_cells(sums))
			return -ENOMEM;
		running->room = sums->n_places;
	}
	if (!sums->places[row]) {
		long place = add_place(running);

		if (place < 0)
			return place;
		sums->places[row] = place;
	}
	cell_add(&sums->cells[sums->places[row] * sums->n_interfaces + interface], cell);
	counter_add(&sums->decided[interface], &cell->decided);
	return 0;
}

static int add_totals(const struct names *names, struct running *running,
		      const struct xe_total *totals, size_t n)
{
	struct snapshot *sums = &running->sums;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
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
		long interface = intern_find(&names->interfaces, total->interface,
					     strnlen(total->interface, XE_IFNAME_MAX)),
		     row;
		enum xe_miss miss;

		if (total->is_miss) {
			if (!miss_parse(total->id, &miss))
				counter_add(&sums->misses[miss * sums->n_interfaces + interface],
					    &total->decided);
			continue;
		}
		row = intern_find(&names->rows, total->id, strnlen(total->id, XE_ROW_ID_MAX - 1));
		err = add_cell(running, row, interface, &cell);
	}
	return err;
}

/* Room to count one generation in; `names`: where its rows stand. 0 or -ENOMEM. */
static int counters_begin(struct running_counters *of, const struct meta *meta,
			  const struct names *names)
{
	of->cells = calloc(meta->n_rows + 1, sizeof(*of->cells));
	of->rows = calloc(meta->n_rows + 1, sizeof(*of->rows));
	of->more = calloc(meta->n_atoms + 1, sizeof(struct xe_counter));
	if (!of->cells || !of->rows || !of->more)
		return -ENOMEM;
	for (size_t i = 0; i < meta->n_rows; i++) {
		const char *id = meta->rows[i].id;

		of->rows[i] = intern_find(&names->rows, id, strnlen(id, XE_ROW_ID_MAX));
	}
	return 0;
}

/* Rows and interfaces first: every name that may get a cell. */
static int make_frame(struct running *running, struct names *names, const struct store *store,
		      const struct meta *live, const struct meta *old)
{
	struct snapshot *sums = &running->sums;
	size_t n_totals;
	const struct xe_total *totals = totals_committed(store, &n_totals);
	int err;

	sums->rows = calloc(live->n_rows + old->n_rows + n_totals + 1, sizeof(*sums->rows));
	sums->interfaces = calloc(store->n_slots + n_totals + 1, sizeof(*sums->interfaces));
	if (!sums->rows || !sums->interfaces || snapshot_open_rows(sums))
		return -ENOMEM;
	err = add_live_rows(names, sums, live);
	for (size_t i = 0; !err && i < old->n_rows; i++)
		err = add_row(names, sums, &old->rows[i]) < 0 ? -ENOMEM : 0;
	if (!err)
		err = add_slots(names, running, store->n_slots);
	if (!err)
		err = add_totals_names(names, sums, totals, n_totals);
	if (err)
		return err;
	sums->places = calloc(sums->n_rows + 1, sizeof(*sums->places));
	sums->misses = calloc(XE_MISS_COUNT * sums->n_interfaces + 1, sizeof(*sums->misses));
	sums->decided = calloc(sums->n_interfaces + 1, sizeof(*sums->decided));
	if (!sums->places || !sums->misses || !sums->decided || add_place(running) < 0 ||
	    snapshot_open_cells(sums))
		return -ENOMEM;
	running->room = sums->n_places;
	err = add_totals(names, running, totals, n_totals);
	if (!err)
		err = counters_begin(&running->live_counters, live, names);
	return err ? err : counters_begin(&running->old_counters, old, names);
}

static struct running_slot slot_of(const struct xe_interface *interface)
{
	struct running_slot slot = {.attached = interface->name[0] && interface->prog_id};

	memcpy(slot.name, interface->name, sizeof(slot.name));
	return slot;
}

static bool same_slots(const struct running *running, const struct xe_interface *slots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct running_slot slot = slot_of(&slots[i]);

		if (slot.attached != running->slots[i].attached ||
		    strncmp(slot.name, running->slots[i].name, sizeof(slot.name)))
			return false;
	}
	return true;
}

static int begin(struct running *running, const struct store *store, const struct meta *live,
		 const struct meta *old, const struct xe_interface *slots)
{
	struct names names = {0};
	int err;

	running_free(running);
	running->live = store->control->live;
	running->folded = store->control->folded;
	for (uint32_t i = 0; i < store->n_slots; i++)
		running->slots[i] = slot_of(&slots[i]);
	err = make_frame(running, &names, store, live, old);
	names_free(&names);
	return err;
}

/* --- what has come --------------------------------------------------------------------------- */

/*
 * Words that were read become what they are more than the last ones, which become them: modulo
 * 2^64, so that the sum of all differences is what was read, whatever it was. Whether any is.
 */
static bool take_more(uint64_t *words, uint64_t *last, size_t n)
{
	bool any = false;
	size_t some;

	for (size_t i = 0; i < n; i += some) {
		some = n - i < AT_ONCE ? n - i : AT_ONCE;
		/* most of them have not changed, which is soon found out for many */
		if (!memcmp(words + i, last + i, some * sizeof(*words))) {
			memset(words + i, 0, some * sizeof(*words));
			continue;
		}
		any = true;
		for (size_t j = i; j < i + some; j++) {
			uint64_t now = words[j];

			words[j] = now - last[j];
			last[j] = now;
		}
	}
	return any;
}

/* `n` zeros at *last, if there are none yet. 0 or -ENOMEM. */
static int begin_last(void *last, size_t n, size_t size)
{
	void **place = last;

	if (!*place)
		*place = calloc(n + 1, size);
	return *place ? 0 : -ENOMEM;
}

/* One slot's counters, into the cells of its generation. *any: there was something new. */
static int count_atoms(const struct store *store, const struct meta *meta, uint32_t slot,
		       struct running_counters *of, struct xe_counter *misses, bool *any)
{
	struct xe_counter **last = &of->counters[slot], *more = of->more;
	int err = begin_last(last, meta->n_atoms, sizeof(**last));

	if (!err)
		err = store_read_counters(store, meta->generation, slot, meta->n_atoms, more);
	if (err || !take_more((uint64_t *)more, (uint64_t *)*last, WORDS(**last, meta->n_atoms)))
		return err;
	*any = true;
	return tally_atoms(meta->atoms, meta->n_atoms, meta->matches, more, of->cells, misses);
}

/* The same of what payloads looked like; nothing where nobody looks. */
static int count_payloads(const struct store *store, const struct meta *meta, uint32_t slot,
			  struct running_counters *of, bool *any)
{
	struct xe_conformity **last = &of->payloads[slot], *more = of->more;
	int err;

	_Static_assert(sizeof(*more) == sizeof(struct xe_counter), "there is room for them");
	if (store->guard.fd[GUARD_CONFORMITY] < 0)
		return 0;
	err = begin_last(last, meta->n_atoms, sizeof(**last));
	if (!err)
		err = store_read_conformity(store, meta->generation, slot, meta->n_atoms, more);
	if (err || !take_more((uint64_t *)more, (uint64_t *)*last, WORDS(**last, meta->n_atoms)))
		return err;
	*any = true;
	tally_payloads(meta->atoms, meta->n_atoms, more, of->cells);
	return 0;
}

/* The cells of a generation go to the sums, of which they are part from then on. */
static int take_cells(struct running *running, const struct meta *meta, struct running_counters *of,
		      size_t interface)
{
	static const struct stats_cell zero;
	int err = 0;

	for (size_t i = 0; !err && i < meta->n_rows; i++) {
		if (!memcmp(&of->cells[i], &zero, sizeof(zero)))
			continue;
		err = add_cell(running, of->rows[i], interface, &of->cells[i]);
		of->cells[i] = zero;
	}
	return err;
}

/* One generation's counters of every slot. */
static int count(struct running *running, const struct store *store, const struct meta *meta,
		 struct running_counters *of)
{
	struct snapshot *sums = &running->sums;
	int err = 0;

	for (uint32_t slot = 0; !err && slot < store->n_slots; slot++) {
		size_t interface = running->slots[slot].interface;
		struct xe_counter misses[XE_MISS_COUNT] = {0};
		bool any = false;

		if (!running->slots[slot].name[0])
			continue;
		err = count_atoms(store, meta, slot, of, misses, &any);
		if (!err)
			err = count_payloads(store, meta, slot, of, &any);
		if (!err && any)
			err = take_cells(running, meta, of, interface);
		for (int i = 0; !err && i < XE_MISS_COUNT; i++)
			counter_add(&sums->misses[i * sums->n_interfaces + interface], &misses[i]);
	}
	return err;
}

int running_update(struct running *running, const struct store *store, const struct meta *live,
		   const struct meta *old, const struct xe_interface *slots)
{
	int err = 0;

	if (running->live != store->control->live || running->folded != store->control->folded ||
	    !same_slots(running, slots, store->n_slots))
		err = begin(running, store, live, old, slots);
	if (!err && old->generation)
		err = count(running, store, old, &running->old_counters);
	if (!err)
		err = count(running, store, live, &running->live_counters);
	if (err)
		running_free(running);
	return err;
}

/* --- a reading ------------------------------------------------------------------------------- */

int running_copy(const struct running *running, const struct store *store,
		 const struct xe_interface *slots, struct snapshot *out)
{
	int err = snapshot_share(&running->sums, out);

	for (uint32_t i = 0; !err && i < store->n_slots; i++)
		if (running->slots[i].attached)
			out->interfaces[running->slots[i].interface] = slots[i];
	return err;
}
