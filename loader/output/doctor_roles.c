// SPDX-License-Identifier: GPL-2.0-only
/* The doctor on roles that see nothing while others carry traffic. */
#include "doctor_check.h"

#include <string.h>

#define SILENT_WHILE 1000 /* packets of others */
#define SILENT_FOR   600  /* seconds since the load; before, it is worth a note only */

/* The services that every Edge has in use; the others may well be idle. */
static bool is_edge_role(const char *role)
{
	static const char *const roles[] = {"access-edge", "web-conf-edge", "av-edge",
					    "edge-internal"};

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(role, roles[i]))
			return true;
	return false;
}

/* A row that says whether its role sees anything. */
static bool tells(const struct doctor_row *row)
{
	return row->active && !row->annotation && strcmp(row->role, "any");
}

/* Of a role, how many rows there are; 0 if one of them has a packet. */
static uint64_t silent_rows(const struct doctor_model *model, const char *role)
{
	uint64_t n = 0;

	for (size_t i = 0; i < model->n_rows; i++) {
		const struct doctor_row *row = &model->rows[i];

		if (!tells(row) || strcmp(row->role, role))
			continue;
		if (doctor_row_weight(row))
			return 0;
		n++;
	}
	return n;
}

static bool is_first_of_role(const struct doctor_model *model, size_t at)
{
	if (!tells(&model->rows[at]))
		return false;
	for (size_t i = 0; i < at; i++)
		if (tells(&model->rows[i]) && !strcmp(model->rows[i].role, model->rows[at].role))
			return false;
	return true;
}

/* Not one row of any role has a packet. */
static bool is_nothing_matched(const struct doctor_model *model)
{
	bool any = false;

	for (size_t i = 0; i < model->n_rows; i++) {
		any |= tells(&model->rows[i]);
		if (tells(&model->rows[i]) && doctor_row_weight(&model->rows[i]))
			return false;
	}
	return any;
}

static const struct doctor_signs never = {.in[SINCE_LOAD] = DOCTOR_BAD};

static void say_nothing_matches(struct doctor *doctor)
{
	struct doctor_finding *finding = doctor_settle(doctor, never, DOCTOR_PROBLEM, "");

	doctor_what(finding, "Traffic enters, and not one packet of it belongs to any row");
	doctor_figure(finding, doctor->model->total, "packets");
	doctor_figure(finding, doctor->model->misses[XE_MISS_UNMATCHED], "of them unmatched");
	doctor_figure(finding, doctor->model->misses[XE_MISS_FOREIGN], "of them foreign");
	doctor_why(finding,
		   "The addresses that the site gives the roles are not those the packets have "
		   "here: before or behind NAT they differ, and each role needs both. Or these "
		   "are not the NICs of the perimeter.");
	doctor_next(finding, "xdp-edge suggest names the addresses that do come in; put them "
			     "into `roles:` and xdp-edge reload.");
}

static void say_silent(struct doctor *doctor, const char *role, uint64_t n_rows, bool young)
{
	enum doctor_severity severity = young ? DOCTOR_NOTE : DOCTOR_WARNING;
	struct doctor_finding *finding = doctor_settle(doctor, never, severity, role);

	doctor_what(finding, "%s sees nothing while others carry traffic", role);
	doctor_figure_state(finding, n_rows, "active rows of %s, all without a packet", role);
	doctor_figure(finding, doctor->model->total, "packets of all");
	doctor_why(finding,
		   "%sIts address in the site is not the one that packets have here (before or "
		   "behind NAT: it needs both), its traffic takes another way, DNS names another "
		   "address, or a firewall ahead drops it.",
		   young ? "The policy has not been loaded for long. If it stays so: " : "");
	doctor_next(
		finding,
		"xdp-edge suggest (is there traffic to an address that no role has?); compare "
		"`roles: %s` with what DNS has for the service and with the NAT; tcpdump -ni any "
		"host ADDRESS on this box.",
		role);
}

/* One note for all that may well be idle. */
static void say_idle(struct doctor *doctor, const char *roles, uint64_t n)
{
	const struct doctor_signs none = {.in[SINCE_LOAD] = DOCTOR_HEALTHY};
	struct doctor_finding *finding = doctor_settle(doctor, n ? never : none, DOCTOR_NOTE, "");

	doctor_what(finding, "Roles with active rows and no packet: %s", roles);
	doctor_figure_state(finding, n, "roles without a packet");
	doctor_figure(finding, doctor->model->total, "packets of all");
	doctor_why(finding,
		   "They are not in use, their traffic does not cross this box, or the site "
		   "gives them other addresses than they have.");
	doctor_next(finding,
		    "Not in use: take the role's addresses or its table out of the site, so that "
		    "fewer ports are open. Else compare the addresses.");
}

static void silent_roles(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	bool young = doctor_is_young(model, SILENT_FOR);
	char idle[160] = "";
	uint64_t n_idle = 0;

	if (model->total.in[SINCE_LOAD] < SILENT_WHILE)
		return;
	if (is_nothing_matched(model)) {
		say_nothing_matches(doctor);
		return;
	}
	for (size_t i = 0; i < model->n_rows; i++) {
		const char *role = model->rows[i].role;
		size_t used = strlen(idle);
		uint64_t n = is_first_of_role(model, i) ? silent_rows(model, role) : 0;

		if (!n)
			continue;
		if (is_edge_role(role)) {
			say_silent(doctor, role, n, young);
			continue;
		}
		n_idle++;
		snprintf(idle + used, sizeof(idle) - used, "%s%s", used ? ", " : "", role);
	}
	say_idle(doctor, idle, n_idle);
}

const struct doctor_check doctor_role_checks[] = {
	{"role-silent", "roles that see nothing", DOCTOR_ROWS | DOCTOR_IDLE_ROWS, false,
	 silent_roles},
	{0},
};
