// SPDX-License-Identifier: GPL-2.0-only
/* What the NICs of a reading can show. */
#include "doctor_view.h"

#include <stdio.h>
#include <string.h>

#include "doctor_service.h"

unsigned doctor_home(const char *role)
{
	if (doctor_is_external(role))
		return DOCTOR_EXTERNAL;
	if (!strcmp(role, "edge-internal") || !strcmp(role, "reverse-proxy"))
		return DOCTOR_INTERNAL;
	return DOCTOR_LAN;
}

/* Where the servers of an end live, "director,front-end"; 0: it is no servers' end. */
static unsigned homes(const char *end)
{
	unsigned sides = 0;
	char role[XE_TEXT_MAX];

	if (!doctor_is_role(end))
		return 0;
	while (*end) {
		size_t len = strcspn(end, ",");

		snprintf(role, sizeof(role), "%.*s", (int)len, end);
		if (!doctor_is_stranger(role))
			sides |= doctor_home(role);
		end += len + (end[len] == ',');
	}
	return sides;
}

/*
 * Whoever is at the other end of a server. `any` is the Internet to the Edge's external addresses,
 * and to those of the inside never is (MEANING.md); a stranger's role may have addresses of branch
 * offices too, and an address may be anywhere but beside the server.
 */
static unsigned strangers(const char *end, unsigned home)
{
	const unsigned all = (1u << XE_SIDE_COUNT) - 1;

	if (!doctor_is_role(end))
		return home & DOCTOR_LAN ? all : all & ~home;
	if (home & DOCTOR_EXTERNAL)
		return strcmp(end, "any") ? DOCTOR_INTERNET | DOCTOR_LAN : DOCTOR_INTERNET;
	if (home & DOCTOR_LAN)
		return DOCTOR_LAN | DOCTOR_INTERNAL;
	return home ? DOCTOR_LAN : all;
}

unsigned doctor_ways_in(const struct doctor_row *row, bool reply)
{
	const char *from = reply ? row->destination : row->source;
	const char *to = reply ? row->source : row->destination;
	unsigned sides = homes(from);

	return sides ? sides : strangers(from, homes(to));
}

/* A NIC that counts faces one of the sides, a mirror sees all, or it is not told what one faces. */
static bool faces(const struct doctor_model *model, unsigned sides)
{
	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];

		if (nic->counts && (!nic->sides || nic->sides & (sides | DOCTOR_MIRROR)))
			return true;
	}
	return false;
}

bool doctor_has_nic(const struct doctor_model *model, unsigned sides)
{
	for (size_t i = 0; i < model->n_nics; i++)
		if (doctor_nic_is(&model->nics[i], sides))
			return true;
	return false;
}

static bool has_come(const struct doctor_cell *cell, bool reply)
{
	return reply ? cell->reply.in[SINCE_LOAD] : cell->forward.in[SINCE_LOAD];
}

bool doctor_sees(const struct doctor_model *model, const struct doctor_row *row, bool reply)
{
	if (faces(model, doctor_ways_in(row, reply)))
		return true;
	if (!row->on)
		return has_come(&row->all, reply);
	for (size_t i = 0; i < model->n_nics; i++)
		if (model->nics[i].counts && has_come(&row->on[i], reply))
			return true;
	return false;
}

bool doctor_is_astray(const struct doctor_nic *nic)
{
	return doctor_nic_is(nic, DOCTOR_EXTERNAL) &&
	       nic->misses[XE_MISS_SPOOFED].in[SINCE_LOAD] >= DOCTOR_FORGED_MIN;
}

const char *doctor_astray_roles(const struct doctor_model *model, const struct doctor_nic *nic,
				char buf[DOCTOR_ROLES_MAX])
{
	char roles[DOCTOR_ROLES_MAX - 4] = "";
	size_t used = 0;

	for (size_t i = 0; i < model->n_drops && used < sizeof(roles); i++) {
		const struct doctor_drop *drop = &model->drops[i];

		if (drop->nic != nic - model->nics || !drop->packets.in[SINCE_LOAD] ||
		    strcmp(drop->reason, reason_text(XE_REASON_SPOOFED)) ||
		    !strcmp(drop->role, "none") || doctor_home(drop->role) == DOCTOR_EXTERNAL ||
		    doctor_end_has(roles, drop->role))
			continue;
		used += (size_t)snprintf(roles + used, sizeof(roles) - used, "%s%s",
					 used ? "," : "", drop->role);
	}
	snprintf(buf, DOCTOR_ROLES_MAX, used ? " (%s)" : "%s", roles);
	return buf;
}

const char *doctor_sides_text(unsigned sides, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (int side = 0; side < XE_SIDE_COUNT && used < size; side++)
		if (sides & 1u << side & ~DOCTOR_MIRROR)
			used += (size_t)snprintf(buf + used, size - used, "%s%s",
						 used ? " or " : "", side_text(side));
	return buf;
}
