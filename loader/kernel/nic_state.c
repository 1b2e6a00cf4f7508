// SPDX-License-Identifier: GPL-2.0-only
/* Whether our program is where it was attached. */
#include "nic_state.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The program on a NIC, which anybody may ask for: 0 none, or not known (*known). */
static uint32_t program_on(unsigned ifindex, bool *known)
{
	uint32_t id = 0;

	*known = !bpf_xdp_query_id((int)ifindex, 0, &id);
	return id;
}

enum nic_state nic_state(const struct store *store, const struct xe_interface *interface,
			 struct attached *attached, char name_now[IF_NAMESIZE])
{
	bool known;
	int err;

	memset(attached, 0, sizeof(*attached));
	if (!interface->prog_id)
		return NIC_DETACHED;
	if (!if_indextoname(interface->ifindex, name_now))
		return NIC_GONE;
	err = attach_query(store, interface->ifindex, attached);
	/* a member of the group may read counters, not look at programs: but that there is none */
	if (err == -EPERM)
		return program_on(interface->ifindex, &known) || !known ? NIC_UNKNOWN : NIC_MISSING;
	if (err || !attached->prog_id)
		return NIC_MISSING;
	return strcmp(name_now, interface->name) ? NIC_RENAMED : NIC_ATTACHED;
}

/* Alone on its NIC, it is the one that the kernel names. */
static bool is_there(const struct store *store, const struct xe_interface *interface,
		     enum nic_state *state)
{
	char name_now[IF_NAMESIZE];
	struct attached attached;
	bool known;

	if (!interface->dispatcher && interface->prog_id == program_on(interface->ifindex, &known))
		return true;
	*state = nic_state(store, interface, &attached, name_now);
	return *state != NIC_MISSING && *state != NIC_GONE;
}

void nic_gaps(const struct store *store, const struct xe_interface *slots,
	      struct snapshot_guard *guard)
{
	guard->nowhere = true;
	for (uint32_t slot = 0; slot < store->n_slots && slot < XE_MAX_NICS; slot++) {
		const struct xe_interface *interface = &slots[slot];
		enum nic_state state = NIC_MIRROR;

		/* without a program: no longer in the site */
		if (!interface->name[0] || !interface->prog_id)
			continue;
		if (interface->sides != 1u << XE_SIDE_MIRROR &&
		    is_there(store, interface, &state)) {
			guard->nowhere = false;
			continue;
		}
		guard->gaps[guard->n_gaps].state = state;
		snprintf(guard->gaps[guard->n_gaps++].name, XE_IFNAME_MAX, "%s", interface->name);
	}
}
