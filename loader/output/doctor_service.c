// SPDX-License-Identifier: GPL-2.0-only
/* Rows as services. */
#include "doctor_service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/addr.h"

/* A row with more ports than this is a range: media. */
#define FEW_PORTS 16

bool doctor_is_stranger(const char *end)
{
	/* the roles that are not protected (maps/spec/roles.csv) */
	static const char *const roles[] = {
		"any",		"clients",	"internal-clients", "ip-phones",
		"pstn-gateway", "e911-gateway", "im-partners",	    "messenger-clients",
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(end, roles[i]))
			return true;
	return false;
}

bool doctor_is_external(const char *role)
{
	static const char *const roles[] = {"access-edge", "web-conf-edge", "av-edge",
					    "xmpp-proxy"};

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(role, roles[i]))
			return true;
	return false;
}

/* A role's name begins with a letter and is no IPv6 address. */
bool doctor_is_role(const char *end)
{
	return *end >= 'a' && *end <= 'z' && !strchr(end, ':');
}

const char *doctor_row_end(const struct doctor_row *row, bool *outbound)
{
	bool from = doctor_is_role(row->source) && !doctor_is_stranger(row->source);
	bool to = doctor_is_role(row->destination) && !doctor_is_stranger(row->destination);

	*outbound = from && !to;
	return *outbound ? row->source : row->destination;
}

bool doctor_row_is_own(const struct doctor_row *row)
{
	return !strncmp(row->id, "site/rows/", strlen("site/rows/"));
}

bool doctor_row_is_narrow(const struct doctor_row *row)
{
	return row->ports.n && port_set_count(&row->ports) <= FEW_PORTS;
}

bool doctor_row_has(const struct doctor_row *row, unsigned l4, uint16_t port)
{
	return row->l4 & l4 && doctor_row_is_narrow(row) && port_set_has(&row->ports, port);
}

/* Says whether it asks for an answer that would be seen. */
static bool is_asked(const struct doctor_row *row)
{
	return row->active && !row->annotation && !row->forward_only && row->ports.n &&
	       row->l4 & (L4_TCP | L4_UDP) && strcmp(row->verdict, "deny") &&
	       !(port_set_has(&row->ports, 67) && port_set_has(&row->ports, 68)) &&
	       strncmp(row->id, "site/deny/", strlen("site/deny/"));
}

uint64_t doctor_row_weight(const struct doctor_row *row)
{
	return row->all.forward.in[SINCE_LOAD] + row->all.reply.in[SINCE_LOAD];
}

/* What makes rows one service. */
struct service_key {
	char text[sizeof(((struct doctor_service *)0)->end) + XE_TEXT_MAX + 16];
	size_t len;
};

static struct service_key service_key(const struct doctor_row *row, bool outbound, const char *end)
{
	struct service_key key;

	key.len = (size_t)snprintf(key.text, sizeof(key.text), "%u %d %s %s", row->l4, outbound,
				   end, row->ports_text);
	if (key.len >= sizeof(key.text))
		key.len = sizeof(key.text) - 1;
	return key;
}

const struct doctor_service *doctor_service_asked(const struct doctor_services *services,
						  const struct doctor_service *like)
{
	const struct service_key key = service_key(like->row, false, like->end);
	long at = intern_find(&services->keys, key.text, key.len);

	return at < 0 ? NULL : &services->v[at];
}

int doctor_services(const struct doctor_model *model, struct doctor_services *out)
{
	*out = (struct doctor_services){0};
	out->v = calloc(model->n_rows + 1, sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_rows; i++) {
		const struct doctor_row *row = &model->rows[i];
		struct doctor_service *service;
		char end[sizeof(service->end)];
		struct service_key key;
		bool outbound;
		int is_new;
		long at;

		if (!is_asked(row))
			continue;
		snprintf(end, sizeof(end), "%s", doctor_row_end(row, &outbound));
		if (doctor_is_stranger(end))
			continue;
		key = service_key(row, outbound, end);
		at = intern_add(&out->keys, key.text, key.len, &is_new);
		if (at < 0)
			return -ENOMEM;
		service = &out->v[at];
		if (is_new) {
			out->n++;
			service->row = row;
			service->outbound = outbound;
			snprintf(service->end, sizeof(service->end), "%s", end);
		} else if (doctor_row_weight(row) > doctor_row_weight(service->row)) {
			service->row = row;
		}
	}
	return 0;
}

void doctor_services_free(struct doctor_services *services)
{
	free(services->v);
	intern_free(&services->keys);
}
