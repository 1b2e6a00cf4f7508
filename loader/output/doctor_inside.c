// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor on what belongs inside and arrives from outside, and on IPsec where there should be
 * none.
 */
#include "doctor_check.h"

#include <string.h>

/* --- inside, from outside --------------------------------------------------------------------- */

/*
 * Ports on which only servers talk to servers (the tables' rows whose ends are inside). 443, 80,
 * 3478 and 5061 are outside too, 50001 to 50003 are also media; of scanners' ports only those that
 * a table has.
 */
static const struct inside_port {
	uint16_t port;
	uint8_t proto;
	const char *what;
} inside_ports[] = {
	{135, 6, "RPC/DCOM"},
	{444, 6, "Front-End service, conference state"},
	{445, 6, "SMB file share"},
	{448, 6, "Bandwidth Policy service"},
	{881, 6, "Persistent Chat"},
	{1434, 17, "SQL Browser"},
	{4443, 6, "replication to the Edge, web services behind the reverse proxy"},
	{5041, 6, "Persistent Chat SIP"},
	{5060, 6, "SIP without TLS"},
	{5062, 6, "A/V Authentication, IM Conferencing"},
	{5063, 6, "A/V Conferencing"},
	{5064, 6, "Conferencing Attendant"},
	{5065, 6, "Application Sharing"},
	{5066, 6, "E9-1-1 gateway"},
	{5067, 6, "Mediation, TLS"},
	{5068, 6, "Mediation"},
	{5070, 6, "Mediation"},
	{5071, 6, "Response Group"},
	{5072, 6, "Conferencing Attendant"},
	{5073, 6, "Conferencing Announcement"},
	{5075, 6, "Call Park"},
	{5076, 6, "Audio Test"},
	{5080, 6, "Bandwidth Policy service"},
	{5081, 6, "Mediation to the gateway"},
	{5082, 6, "Mediation to the gateway, TLS"},
	{5086, 6, "Mobility"},
	{5087, 6, "Mobility"},
	{8057, 6, "Web Conferencing (PSOM)"},
	{8058, 6, "Web Conferencing Compatibility"},
	{8060, 6, "Web server component"},
	{8061, 6, "Web server component"},
	{8080, 6, "web services behind the reverse proxy"},
	{8404, 6, "Response Group, TLS"},
	{23456, 6, "XMPP gateway"},
};

#define N_INSIDE (sizeof(inside_ports) / sizeof(*inside_ports))

/* Fewer is the noise that any address of the Internet gets; what a row lets in is none. */
#define INSIDE_MIN	   10
#define INSIDE_MIN_ALLOWED 3
/* Less than half of what no row allowed was recorded: the rest may have wanted anything. */
#define SEEN_PERMILLE 500

/* A row of the operator's own with a source of its own is meant as it is. */
static bool is_meant(const struct doctor_row *row)
{
	return doctor_row_is_own(row) && strcmp(row->source, "any");
}

/* What comes from the Internet is told by a NIC that faces nothing else. */
static bool sees_internet(struct doctor *doctor)
{
	if (doctor_has_nic(doctor->model, DOCTOR_INTERNET))
		return true;
	doctor_not_possible(doctor, "no NIC faces the Internet and nothing else: what comes from "
				    "there is not told apart");
	return false;
}

static void inside_by_rows(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	if (!sees_internet(doctor))
		return;
	for (size_t i = 0; i < N_INSIDE; i++) {
		const struct inside_port *port = &inside_ports[i];
		unsigned l4 = port->proto == 6 ? L4_TCP : L4_UDP;

		for (size_t j = 0; j < model->n_rows; j++) {
			const struct doctor_row *row = &model->rows[j];
			struct doctor_signs signs = {0};
			struct doctor_finding *finding;

			if (!row->on || row->annotation || !row->active || row->either ||
			    !doctor_row_has(row, l4, port->port) || !strcmp(row->verdict, "deny") ||
			    is_meant(row))
				continue;
			for (size_t nic = 0; nic < model->n_nics; nic++) {
				struct doctor_count in = row->on[nic].forward;
				char subject[160];

				if (!doctor_nic_is(&model->nics[nic], DOCTOR_INTERNET))
					continue;
				for (int w = 0; w < DOCTOR_WINDOWS; w++)
					signs.in[w] = in.in[w] >= INSIDE_MIN_ALLOWED
							      ? DOCTOR_BAD
							      : DOCTOR_UNKNOWN;
				if (!in.in[SINCE_LOAD])
					signs.in[SINCE_LOAD] = DOCTOR_HEALTHY;
				snprintf(subject, sizeof(subject), "%u %s", port->port,
					 model->nics[nic].name);
				finding = doctor_settle(doctor, signs, DOCTOR_PROBLEM, subject);
				doctor_what(finding,
					    "Port %u (%s), which is for servers inside only, is "
					    "reached from the Internet, and a row allows it",
					    port->port, port->what);
				doctor_figure(finding, in, "packets to %s port %u entering %s (%s)",
					      row->destination, port->port, model->nics[nic].name,
					      row->id);
				doctor_why(finding, "Some firewall rule ahead is too wide, or "
						    "NAT publishes more than the Edge's ports, "
						    "and the row does not stop it, since its "
						    "source, or its destination's side, allows "
						    "the Internet.");
				doctor_next(
					finding,
					"Ask the firewall people to close %s %u from the "
					"Internet. %s",
					port->proto == 6 ? "TCP" : "UDP", port->port,
					doctor_row_is_own(row)
						? "Give the row a `source:` of its own in "
						  "`rows:` of the site, or take it out."
						: "In the site, `narrow:` gives the row the "
						  "source that its document names, if it names "
						  "one; `verdicts:` with `verdict: deny` closes "
						  "it.");
			}
		}
	}
}

static const struct inside_port *inside_port(const struct doctor_suspect *suspect)
{
	for (size_t i = 0; i < N_INSIDE; i++)
		if (inside_ports[i].port == suspect->port &&
		    inside_ports[i].proto == suspect->proto)
			return &inside_ports[i];
	return NULL;
}

static void inside_by_suspects(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	uint64_t packets[N_INSIDE] = {0}, sum = 0, recorded = 0, unmatched = 0;
	struct doctor_signs signs = {0};
	struct doctor_finding *finding;
	bool dropped = model->has & DOCTOR_GUARD && model->enforcing, estimated = false, in_part;

	if (!sees_internet(doctor))
		return;
	for (size_t i = 0; i < model->n_nics; i++)
		if (doctor_nic_is(&model->nics[i], DOCTOR_INTERNET))
			unmatched += model->nics[i].misses[XE_MISS_UNMATCHED].in[SINCE_LOAD];
	for (size_t i = 0; i < model->n_suspects; i++) {
		const struct doctor_suspect *suspect = &model->suspects[i];
		const struct inside_port *port = suspect->answer ? NULL : inside_port(suspect);

		if (suspect->nic < 0 || !doctor_nic_is(&model->nics[suspect->nic], DOCTOR_INTERNET))
			continue;
		recorded += suspect->packets;
		estimated |= suspect->estimated;
		if (!port)
			continue;
		packets[port - inside_ports] += suspect->packets;
		sum += suspect->packets;
	}
	in_part = unmatched >= INSIDE_MIN && !doctor_is_share(recorded, unmatched, SEEN_PERMILLE);
	if (in_part)
		doctor_too_little(doctor);
	signs.in[SINCE_LOAD] = sum >= INSIDE_MIN ? DOCTOR_BAD : DOCTOR_HEALTHY;
	finding = doctor_settle(doctor, signs, dropped ? DOCTOR_NOTE : DOCTOR_WARNING, "");
	doctor_what(finding, "Ports that only servers inside use are asked for from the Internet%s",
		    dropped ? "; enforce drops it" : "");
	doctor_figure_state(finding, sum, "packets to such ports that no row allows");
	if (estimated || in_part)
		doctor_figure_estimated(finding);
	if (in_part)
		doctor_figure_state(finding, unmatched,
				    "unmatched packets from the Internet in all: they were seen in "
				    "part (they came faster than they are recorded, or were "
				    "forgotten)");
	/* the heaviest */
	while (finding && finding->n_figures < DOCTOR_FIGURES) {
		size_t most = 0;

		for (size_t i = 0; i < N_INSIDE; i++)
			if (packets[i] > packets[most])
				most = i;
		if (!packets[most])
			break;
		doctor_figure_state(finding, packets[most], "to %s %u (%s)",
				    inside_ports[most].proto == 6 ? "TCP" : "UDP",
				    inside_ports[most].port, inside_ports[most].what);
		if (estimated || in_part)
			doctor_figure_estimated(finding);
		packets[most] = 0;
	}
	doctor_why(finding,
		   "Scanners knock at 135, 445, 1434 and 5060 everywhere. That they come as far "
		   "as here says that nothing ahead stops them: no firewall, or one that lets more "
		   "in than the Edge's ports%s.",
		   dropped ? "" : "; in this mode this box does too");
	doctor_next(finding,
		    "Ask the firewall people to let in only the Edge's ports (TCP 443, 5061, "
		    "5269 where XMPP is used, UDP 3478, 50000-59999 where it is used). %s",
		    dropped ? "xdp-edge suggest shows who asks."
			    : "Drop it here: rehearse, then enforce. xdp-edge suggest shows who "
			      "asks; do not paste rows for it.");
}

/* To be reached from the Internet: for scanners too. */
static bool is_published(const char *role)
{
	return doctor_is_external(role) || !strcmp(role, "reverse-proxy");
}

static void inside_roles(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count sum = {0};
	struct doctor_signs signs = {0};
	struct doctor_finding *finding;
	char roles[128] = "";

	if (!sees_internet(doctor))
		return;
	for (size_t i = 0; i < model->n_drops; i++) {
		const struct doctor_drop *drop = &model->drops[i];
		size_t used = strlen(roles);

		if (strcmp(drop->reason, reason_text(XE_REASON_UNMATCHED)) || drop->nic < 0 ||
		    !strcmp(drop->role, "none") || is_published(drop->role) ||
		    !doctor_nic_is(&model->nics[drop->nic], DOCTOR_INTERNET))
			continue;
		sum = doctor_sum(sum, drop->packets);
		if (!doctor_end_has(roles, drop->role))
			snprintf(roles + used, sizeof(roles) - used, "%s%s", used ? "," : "",
				 drop->role);
	}
	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (sum.in[w] >= INSIDE_MIN)
			signs.in[w] = DOCTOR_BAD;
	if (!sum.in[SINCE_LOAD])
		signs.in[SINCE_LOAD] = DOCTOR_HEALTHY;
	finding = doctor_settle(doctor, signs, DOCTOR_WARNING, "");
	doctor_what(finding, "Packets for inside addresses (%s) arrive from the Internet", roles);
	doctor_figure(finding, sum,
		      "unmatched packets to them from the Internet (since the baseline)");
	doctor_why(finding,
		   "Nobody outside can know a way to these addresses, unless NAT publishes them, "
		   "a route leaks, or the provider's network is shared with a neighbour.");
	doctor_next(finding,
		    "Ask the firewall people which rule or route leads from the Internet to "
		    "these addresses. xdp-edge suggest names them, xdp-edge stats --by interface "
		    "the NIC.");
}

/* --- IPsec at hosts that are exempt ----------------------------------------------------------- */

/* IKE repeats a request some five times. From the Internet the same are scans. */
#define IPSEC_MIN	   5
#define IPSEC_MIN_INTERNET 50

static void ipsec(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count inside = model->misses[XE_MISS_IPSEC], outside = {0};
	bool told = model->has & DOCTOR_MISS_NICS, only_outside = true, mixed = false;
	struct doctor_signs signs = {0};
	struct doctor_finding *finding;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];

		/* a trunk or a mirror may have it from the Internet too */
		if (!(nic->sides & (DOCTOR_INTERNET | DOCTOR_MIRROR)))
			continue;
		mixed |= nic->misses[XE_MISS_IPSEC].in[SINCE_LOAD] &&
			 !doctor_nic_is(nic, DOCTOR_INTERNET);
		outside = doctor_sum(outside, nic->misses[XE_MISS_IPSEC]);
	}
	inside = doctor_less(inside, outside);
	for (int w = 0; w < DOCTOR_WINDOWS; w++) {
		if (inside.in[w] >= IPSEC_MIN || outside.in[w] >= IPSEC_MIN_INTERNET)
			signs.in[w] = DOCTOR_BAD;
		only_outside &= inside.in[w] < IPSEC_MIN;
	}
	if (!inside.in[SINCE_LOAD] && !outside.in[SINCE_LOAD])
		signs.in[SINCE_LOAD] = DOCTOR_HEALTHY;
	finding = doctor_settle(doctor, signs, only_outside ? DOCTOR_NOTE : DOCTOR_WARNING, "");
	doctor_what(finding, "ESP or IKE at hosts that the IPsec table exempts");
	doctor_figure(finding, inside, "packets of ESP, or of UDP 500 and 4500%s",
		      told ? ", not from the Internet" : "");
	if (told)
		doctor_figure(finding, outside, "the same %sfrom the Internet",
			      mixed ? "perhaps " : "");
	doctor_why(
		finding, "%s%s",
		only_outside ? "From the Internet these are mostly scanners that look for VPN "
			       "gateways."
			     : "Media of these hosts should be exempt from IPsec: negotiation "
			       "takes seconds before a call has sound, and encrypted media cannot "
			       "be told by port. A domain policy lacks the exemptions.",
		only_outside && mixed ? " But a trunk or a mirror does not tell where from." : "");
	doctor_next(
		finding, "%s",
		only_outside
			? "Nothing, if they come from the Internet and no VPN ends here (xdp-edge "
			  "suggest shows who sends them)."
			: "Ask those who run the group policies for the IPsec exceptions of the "
			  "product's table (A/V Edge, Mediation, A/V Conferencing, Exchange UM, "
			  "Application Sharing, clients' media). netsh ipsec dynamic show all on "
			  "the host shows what applies.");
}

const struct doctor_check doctor_inside_checks[] = {
	{"inside-port-allowed", "internal-only ports that a row allows from the Internet",
	 DOCTOR_ROWS | DOCTOR_ROW_NICS, false, inside_by_rows},
	{"inside-port-asked", "internal-only ports asked for from the Internet", DOCTOR_SUSPECTS,
	 false, inside_by_suspects},
	{"inside-role-reached", "inside addresses reached from the Internet", DOCTOR_GUARD, false,
	 inside_roles},
	{"ipsec-exempt", "ESP or IKE at hosts that should be exempt", 0, false, ipsec},
	{0},
};
