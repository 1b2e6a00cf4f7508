// SPDX-License-Identifier: GPL-2.0-only
/* The doctor on roles that see nothing while others carry traffic. */
#include "doctor_check.h"

#include <stdlib.h>
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

/* What the rows of a role come to. */
struct role_rows {
	uint64_t n;	 /* that these NICs could show */
	bool busy;	 /* one of them has a packet */
	unsigned unseen; /* no NIC faces these sides, from which its packets would come */
};

static void add_row(const struct doctor_model *model, const struct doctor_row *row,
		    struct role_rows *role)
{
	if (doctor_row_weight(row))
		role->busy = true;
	if (doctor_sees(model, row, false) || (!row->forward_only && doctor_sees(model, row, true)))
		role->n++;
	else
		role->unseen |= doctor_ways_in(row, false) | doctor_ways_in(row, true);
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
	doctor_next(finding,
		    "xdp-edge capture --count 50 | tcpdump -nr - shows the addresses that do "
		    "come in; put those of the servers into `roles:` and xdp-edge reload.");
}

static void say_silent(struct doctor *doctor, const char *role, uint64_t n_rows, bool young)
{
	enum doctor_severity severity = young ? DOCTOR_NOTE : DOCTOR_WARNING;
	struct doctor_finding *finding = doctor_settle(doctor, never, severity, role);

	doctor_what(finding, "%s sees nothing while others carry traffic", role);
	doctor_figure_state(finding, n_rows, "active rows of %s, all without a packet", role);
	doctor_figure(finding, doctor->model->total, "packets of all");
	doctor_why(finding,
		   "%sIts address in the site is not the one that packets have here%s, its traffic "
		   "takes another way, DNS names another address, or a firewall ahead drops it.",
		   young ? "The policy has not been loaded for long. If it stays so: " : "",
		   strcmp(role, "edge-internal") ? " (before or behind NAT: it needs both)" : "");
	doctor_next(
		finding,
		"xdp-edge suggest (is there traffic to an address that no role has?); compare "
		"`roles: %s` with what DNS has for the service%s; xdp-edge capture | tcpdump -nr - "
		"host ADDRESS on this box.",
		role, strcmp(role, "edge-internal") ? " and with the NAT" : " inside");
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

/* Of each role that rows tell of, by its number in `names`. NULL: no memory. */
static struct role_rows *count_rows(const struct doctor_model *model, struct intern *names)
{
	struct role_rows *roles = calloc(model->n_rows + 1, sizeof(*roles));

	for (size_t i = 0; roles && i < model->n_rows; i++) {
		const struct doctor_row *row = &model->rows[i];
		long at;

		if (!tells(row))
			continue;
		at = intern_add(names, row->role, strlen(row->role) + 1, NULL);
		if (at < 0) {
			free(roles);
			return NULL;
		}
		add_row(model, row, &roles[at]);
	}
	return roles;
}

/* Whether any role is busy, and whether of any it could be seen. */
static void judge_roles(struct doctor *doctor, const struct role_rows *roles,
			const struct intern *names)
{
	bool young = doctor_is_young(doctor->model, SILENT_FOR), busy = false, seen = false;
	char idle[160] = "";
	uint64_t n_idle = 0;

	for (size_t i = 0; i < names->n; i++) {
		busy |= roles[i].busy;
		seen |= roles[i].n;
	}
	if (!busy && seen) {
		say_nothing_matches(doctor);
		return;
	}
	for (size_t i = 0; i < names->n; i++) {
		const char *name = intern_key(names, i, NULL);
		size_t used = strlen(idle);

		if (roles[i].busy)
			continue;
		if (!roles[i].n) {
			doctor_unseen(doctor, roles[i].unseen, name);
		} else if (is_edge_role(name)) {
			say_silent(doctor, name, roles[i].n, young);
		} else {
			n_idle++;
			snprintf(idle + used, sizeof(idle) - used, "%s%s", used ? ", " : "", name);
		}
	}
	if (seen)
		say_idle(doctor, idle, n_idle);
}

static void silent_roles(struct doctor *doctor)
{
	struct intern names = {0};
	struct role_rows *roles;

	if (doctor->model->total.in[SINCE_LOAD] < SILENT_WHILE)
		return;
	roles = count_rows(doctor->model, &names);
	if (roles)
		judge_roles(doctor, roles, &names);
	else
		doctor->failed = true;
	intern_free(&names);
	free(roles);
}

const struct doctor_check doctor_role_checks[] = {
	{"role-silent", "roles that see nothing", DOCTOR_ROWS | DOCTOR_IDLE_ROWS, false,
	 silent_roles},
	{0},
};
