/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the NICs of a reading can show. A packet is counted where it enters, so answers are seen
 * only where a NIC faces those who answer: that none came where none could be seen is no fault.
 */
#ifndef XE_OUTPUT_DOCTOR_VIEW_H
#define XE_OUTPUT_DOCTOR_VIEW_H

#include "doctor_model.h"

#define DOCTOR_INTERNET (1u << XE_SIDE_INTERNET)
#define DOCTOR_EXTERNAL (1u << XE_SIDE_DMZ_EXTERNAL)
#define DOCTOR_INTERNAL (1u << XE_SIDE_DMZ_INTERNAL)
#define DOCTOR_LAN	(1u << XE_SIDE_LAN)
#define DOCTOR_MIRROR	(1u << XE_SIDE_MIRROR)

/* Fewer forged packets are nobody's concern. */
#define DOCTOR_FORGED_MIN 10

/* The side that a server's role lives on (maps/spec/roles.csv), a bit. */
unsigned doctor_home(const char *role);
/* The sides from which a row's packets of a sense come in, bits. */
unsigned doctor_ways_in(const struct doctor_row *row, bool reply);

/* A NIC, counting or not, faces these sides and no other. */
bool doctor_has_nic(const struct doctor_model *model, unsigned sides);
/* Packets of the row and sense could be seen, or have been. */
bool doctor_sees(const struct doctor_model *model, const struct doctor_row *row, bool reply);

/*
 * Packets come in on this NIC, of the Edge's external side alone, from addresses that live further
 * inside: as forged they are few.
 */
bool doctor_is_astray(const struct doctor_nic *nic);
#define DOCTOR_ROLES_MAX 100
/*
 * The inner roles that such packets are of or for, as " (edge-internal,front-end)"; empty where the
 * policy does not count by role. Returns buf.
 */
const char *doctor_astray_roles(const struct doctor_model *model, const struct doctor_nic *nic,
				char buf[DOCTOR_ROLES_MAX]);

/* "lan or dmz-internal". Returns buf. */
const char *doctor_sides_text(unsigned sides, char *buf, size_t size);

#endif
