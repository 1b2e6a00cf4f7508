// SPDX-License-Identifier: GPL-2.0-only
/* Whether our program is where it was attached. */
#include "nic_state.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

/*
 * What anybody may see: which program a NIC has. Ids are given once: the one that was noted is
 * still ours, alone, or holds ours, as libxdp makes another dispatcher whenever one of its programs
 * comes or goes. Alone it has to be the one noted, unless it is just being replaced.
 */
static enum nic_state seen_by_anybody(const struct store *store,
				      const struct xe_interface *interface, uint32_t id,
				      enum nic_state there)
{
	struct xe_interface now;

	if (!id)
		return NIC_MISSING;
	if (interface->dispatcher)
		return id == interface->dispatcher ? there : NIC_UNKNOWN;
	if (store_read_interface(store, interface->slot, &now) ||
	    now.prog_id != interface->prog_id || now.features == XE_FEATURES_UNKNOWN)
		return NIC_UNKNOWN;
	return NIC_MISSING;
}

enum nic_state nic_state(const struct store *store, const struct xe_interface *interface,
			 struct attached *attached, char name_now[IF_NAMESIZE])
{
	enum nic_state there;
	bool known;
	uint32_t id;
	int err;

	memset(attached, 0, sizeof(*attached));
	if (!interface->prog_id)
		return NIC_DETACHED;
	if (!if_indextoname(interface->ifindex, name_now))
		return NIC_GONE;
	there = strcmp(name_now, interface->name) ? NIC_RENAMED : NIC_ATTACHED;
	known = !bpf_xdp_query_id((int)interface->ifindex, 0, &id);
	/* alone on its NIC, it is the one that the kernel names: nobody is beside it */
	if (known && !interface->dispatcher && id == interface->prog_id) {
		attached->prog_id = attached->last_id = id;
		attached->mode =
			interface->mode & XDP_FLAGS_SKB_MODE ? ATTACH_GENERIC : ATTACH_NATIVE;
		return there;
	}
	err = attach_query(store, interface->ifindex, attached);
	if (err == -EPERM)
		return known ? seen_by_anybody(store, interface, id, there) : NIC_UNKNOWN;
	return err || !attached->prog_id ? NIC_MISSING : there;
}
