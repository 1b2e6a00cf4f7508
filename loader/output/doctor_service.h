/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows as services: who is asked, who asks. Rows that repeat one another are one service, told by
 * the widest of them.
 */
#ifndef XE_OUTPUT_DOCTOR_SERVICE_H
#define XE_OUTPUT_DOCTOR_SERVICE_H

#include "../policy/intern.h"
#include "doctor_model.h"

struct doctor_service {
	const struct doctor_row *row; /* the one with most packets */
	bool outbound;		      /* our end asks; else it is asked */
	char end[64];		      /* our end: a role, or the row's text of it */
};

struct doctor_services {
	struct doctor_service *v;
	size_t n;
	struct intern keys; /* of each in v */
};

/*
 * Services of active rows that decide and have replies, DHCP and what is between strangers apart,
 * in the order of their first row. None where the reading has no rows. 0 or -ENOMEM; free with
 * doctor_services_free(), also after a failure.
 */
int doctor_services(const struct doctor_model *model, struct doctor_services *out);
void doctor_services_free(struct doctor_services *services);
/* Of a service that one end asks of others, the same asked of that end; or NULL. */
const struct doctor_service *doctor_service_asked(const struct doctor_services *services,
						  const struct doctor_service *like);

/* Which end of a row is ours: a server's. *outbound: it is the source. The text of that end. */
const char *doctor_row_end(const struct doctor_row *row, bool *outbound);
/* Roles, and no addresses. */
bool doctor_is_role(const char *end);
/* A role that is no server: clients, phones, gateways, partners; or any. */
bool doctor_is_stranger(const char *end);
/* A role on the Edge's external NIC. */
bool doctor_is_external(const char *role);
/* The operator's own, of the site's `rows`. */
bool doctor_row_is_own(const struct doctor_row *row);
/* Packets that it matches, in either sense, since the load. */
uint64_t doctor_row_weight(const struct doctor_row *row);
/* One port, or a few; with this among them. */
bool doctor_row_is_narrow(const struct doctor_row *row);
bool doctor_row_has(const struct doctor_row *row, unsigned l4, uint16_t port);

#endif
