// SPDX-License-Identifier: GPL-2.0-only
/* The counters beside the NICs' own. */
#include "verify.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "preflight.h"

/*
 * Drivers whose rx_packets counts what native XDP sees, dropped or passed: veth by its per-queue
 * xdp_packets (drivers/net/veth.c, veth_get_stats64()), virtio_net by each buffer received
 * (virtnet_receive()).
 */
static bool driver_counts(const char *driver)
{
	return !strcmp(driver, "veth") || !strcmp(driver, "virtio_net");
}

static const char *not_checkable(const struct xe_interface *interface, const char *driver)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(interface->ifindex, name))
		return "the interface is gone";
	if (strcmp(name, interface->name))
		return "renamed since it was attached";
	if (interface->mode & XDP_FLAGS_SKB_MODE)
		return "generic XDP sees frames after the driver merged them";
	if (!driver_counts(driver))
		return "what this driver's receive counter counts is not known";
	if (interface->rx_before == XE_RX_UNKNOWN)
		return "attached or renamed while counters were kept under this name";
	return NULL;
}

static void check(const struct snapshot *snapshot, size_t i, uint64_t before, uint64_t after,
		  struct verify_result *result)
{
	const struct xe_interface *interface = &snapshot->interfaces[i];

	result->counted = snapshot_total(snapshot, i).packets;
	/* rx_after allows for frames that a change of programs may have missed: it can be ahead */
	if ((int64_t)(after - interface->rx_before) < 0) {
		result->state = VERIFY_NOT_CHECKABLE;
		result->reason = "the NIC's own counter went backwards";
		return;
	}
	/* frames that came while the program was being attached may be counted or not */
	result->low = before > interface->rx_after ? before - interface->rx_after : 0;
	result->high = after - interface->rx_before;
	result->state = result->low <= result->counted && result->counted <= result->high
				? VERIFY_HOLDS
				: VERIFY_FAILS;
}

int verify_interfaces(struct reader *reader, struct verify_result **results, size_t *n)
{
	struct snapshot first, second;
	uint64_t *before;
	int err = reader_snapshot(reader, &first);

	if (err)
		return err;
	before = calloc(first.n_interfaces + 1, sizeof(*before));
	*results = calloc(first.n_interfaces + 1, sizeof(**results));
	*n = 0;
	if (!before || !*results) {
		free(before);
		free(*results);
		snapshot_free(&first);
		return -ENOMEM;
	}
	for (size_t i = 0; i < first.n_interfaces; i++)
		before[i] = preflight_rx_packets(first.interfaces[i].name);
	err = reader_snapshot(reader, &second);
	for (size_t i = 0; !err && i < second.n_interfaces && i < first.n_interfaces; i++) {
		const struct xe_interface *interface = &second.interfaces[i];
		struct verify_result *result = &(*results)[*n];

		if (!interface->ifindex || strcmp(interface->name, first.interfaces[i].name))
			continue;
		memcpy(result->interface, interface->name, sizeof(result->interface));
		preflight_driver(interface->name, result->driver, sizeof(result->driver));
		result->reason = not_checkable(interface, result->driver);
		if (result->reason)
			result->state = VERIFY_NOT_CHECKABLE;
		else
			check(&second, i, before[i], preflight_rx_packets(interface->name), result);
		++*n;
	}
	free(before);
	snapshot_free(&first);
	if (err)
		free(*results);
	else
		snapshot_free(&second);
	return err;
}
