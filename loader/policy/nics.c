// SPDX-License-Identifier: GPL-2.0-only
/* The NICs of a site: interfaces and VLANs of trunks gathered by NIC. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

int nics_from_site(const struct site *site, struct nic **nics, size_t *n)
{
	struct nic *v = calloc(site->n_interfaces + 1, sizeof(*v));
	size_t count = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < site->n_interfaces; i++) {
		const struct site_interface *interface = &site->interfaces[i];
		struct nic *nic = v;

		while (nic < v + count && strcmp(nic->name, interface->name))
			nic++;
		if (nic == v + count) {
			memcpy(nic->name, interface->name, sizeof(nic->name));
			nic->slot = count++;
			nic->side = -1;
		}
		if (interface->vlan) {
			struct nic_vlan *vlans =
				realloc(nic->vlans, (nic->n_vlans + 1) * sizeof(*vlans));

			if (!vlans) {
				nics_free(v, count);
				return -ENOMEM;
			}
			nic->vlans = vlans;
			vlans[nic->n_vlans].vlan = interface->vlan;
			vlans[nic->n_vlans++].side = interface->side;
		} else {
			nic->side = interface->side;
		}
	}
	*nics = v;
	*n = count;
	return 0;
}

void nics_free(struct nic *nics, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(nics[i].vlans);
	free(nics);
}

unsigned nics_sides(const struct nic *nics, size_t n)
{
	unsigned sides = 0;

	for (size_t i = 0; i < n; i++) {
		if (nics[i].side >= 0)
			sides |= 1u << nics[i].side;
		for (size_t j = 0; j < nics[i].n_vlans; j++)
			sides |= 1u << nics[i].vlans[j].side;
	}
	return sides;
}
