// SPDX-License-Identifier: GPL-2.0-only
/* Other programs under a policy that is loaded. */
#include "exchange.h"

#include <errno.h>
#include <string.h>

#include "../output/report.h"
#include "attach.h"
#include "preflight.h"

/* Whether a slot's NIC has a program of ours; its entry. */
static bool is_attached(const struct store *store, uint32_t slot, struct xe_interface *interface)
{
	struct attached attached;

	if (store_read_interface(store, slot, interface) || !interface->ifindex ||
	    attach_query(store, interface->ifindex, &attached) || !attached.prog_id)
		return false;
	/* a command killed while it attached has not noted it */
	interface->dispatcher = attached.dispatcher;
	return true;
}

/* A program alone on its NIC: another one in its place. Killed meanwhile, nobody knows which. */
static int exchange_alone(struct store *store, struct xe_interface *interface, uint32_t features,
			  uint32_t epoch)
{
	const struct xe_interface before = *interface;
	int err;

	interface->features = XE_FEATURES_UNKNOWN;
	err = store_note_interface(store, interface);
	if (err)
		return err;
	interface->features = features;
	if (interface->epoch != epoch)
		interface->rx_before = XE_RX_UNKNOWN; /* it did not count for a moment */
	interface->epoch = epoch;
	err = attach_exchange(store, interface);
	if (!err)
		return store_note_interface(store, interface);
	*interface = before;
	store_write_interface(store, interface->slot, interface);
	return err;
}

/* One more program in the NIC's dispatcher, which the next epoch begins with. */
static int attach_beside(struct store *store, struct xe_interface *interface, uint32_t features,
			 uint32_t epoch)
{
	struct xe_interface next = *interface;
	int err;

	next.features = features;
	next.epoch = epoch;
	err = attach_nic(store, &next);
	if (err)
		return err;
	interface->next_prog_id = next.prog_id;
	interface->next_features = features;
	interface->dispatcher = next.dispatcher; /* libxdp makes another one of more programs */
	return store_note_interface(store, interface);
}

int exchange_prepare(struct store *store, uint32_t features, uint32_t *epoch)
{
	uint32_t live = store_epoch(store), both = features | store_features(store);
	struct xe_interface interface;
	bool beside = false;
	int err = 0;

	*epoch = live;
	for (uint32_t slot = 0; slot < store->n_slots; slot++)
		beside |= is_attached(store, slot, &interface) && interface.dispatcher &&
			  interface.features != features;
	if (beside)
		*epoch = live + 1 ? live + 1 : 1;
	for (uint32_t slot = 0; !err && slot < store->n_slots; slot++) {
		if (!is_attached(store, slot, &interface))
			continue;
		if (interface.dispatcher && beside)
			err = attach_beside(store, &interface, features, *epoch);
		/* one alone among dispatchers waits for the epoch */
		else if (!interface.dispatcher && !beside && (both & ~interface.features))
			err = exchange_alone(store, &interface, both, live);
	}
	return err;
}

/*
 * In a dispatcher: which of our programs is the live one, by its epoch; the others go. *moved: the
 * epoch began with this one.
 */
static int settle_dispatcher(struct store *store, struct xe_interface *interface, bool *moved)
{
	uint32_t live = store_epoch(store);
	struct attached attached;
	int err;

	if (interface->next_prog_id && interface->epoch != live) {
		interface->prog_id = interface->next_prog_id;
		interface->features = interface->next_features;
		interface->epoch = live;
		/* for each CPU one frame may have been counted by both programs, or by none */
		interface->rx_after += store->n_cpus;
		if (interface->rx_before != XE_RX_UNKNOWN)
			interface->rx_before -= store->n_cpus;
		*moved = true;
	}
	interface->next_prog_id = interface->next_features = 0;
	if (interface->epoch != live)
		interface->prog_id = 0; /* for an epoch that never began */
	/* killed before its program was noted: it is the only one */
	else if (!interface->prog_id && !attach_query(store, interface->ifindex, &attached))
		interface->prog_id = attached.prog_id;
	err = store_note_interface(store, interface);
	if (!err)
		err = attach_detach_but(store, interface->ifindex, interface->name,
					interface->prog_id);
	/* with one program less it is another dispatcher */
	if (err || attach_query(store, interface->ifindex, &attached) ||
	    attached.dispatcher == interface->dispatcher)
		return err;
	interface->dispatcher = attached.dispatcher;
	return store_note_interface(store, interface);
}

/* Programs of these features for the live policy, and no others of ours. */
static int settle(struct store *store, uint32_t features)
{
	uint32_t live = store_epoch(store);
	bool was_live[XE_MAX_NICS] = {0}, moved = false;
	struct xe_interface interface;
	int err = 0, e;

	/* first those that are not counting at all */
	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		if (!is_attached(store, slot, &interface) || interface.dispatcher)
			continue;
		if (interface.features == features && interface.epoch == live)
			continue;
		e = exchange_alone(store, &interface, features, live);
		err = err ? err : e;
	}
	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		if (!is_attached(store, slot, &interface) || !interface.dispatcher)
			continue;
		was_live[slot] = interface.epoch == live;
		e = settle_dispatcher(store, &interface, &moved);
		err = err ? err : e;
	}
	/* what was attached before its epoch had begun did not count until now */
	for (uint32_t slot = 0; moved && slot < store->n_slots; slot++) {
		if (!was_live[slot] || store_read_interface(store, slot, &interface))
			continue;
		interface.rx_after = preflight_rx_packets(interface.name);
		e = store_note_interface(store, &interface);
		err = err ? err : e;
	}
	if (!err) {
		err = guard_maps_trim(&store->guard, store->name,
				      features | store_features_attached(store));
		if (err)
			report("%s: cannot remove tables that are not needed any more: %s",
			       store->name, strerror(-err));
	}
	return err;
}

int exchange_settle(struct store *store)
{
	return settle(store, store_features(store));
}

int exchange_to(struct store *store, uint32_t features)
{
	uint32_t epoch;
	int err = exchange_prepare(store, features, &epoch);

	/* the same generation: what it has counted goes on */
	if (!err && epoch != store_epoch(store))
		err = store_publish(store, epoch, store_generation(store));
	if (!err)
		err = settle(store, features);
	if (err)
		exchange_settle(store);
	return err;
}
