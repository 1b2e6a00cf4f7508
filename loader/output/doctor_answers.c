// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor on services that are asked and do not answer. One packet may count for several rows,
 * so figures are of the one row that has most.
 */
#include "doctor_check.h"

#include <string.h>

/* TCP is asked by SYNs, what may be UDP by datagrams. */
static bool by_syn(const struct doctor_service *service)
{
	return !(service->row->l4 & L4_UDP);
}

/* --- no answer is seen at all ----------------------------------------------------------------- */

/*
 * TCP connections that go on past their SYNs are answered. If that is so of two services, and of
 * none requests and answers are seen, it is how the box is placed, not what the services do. (The
 * one direction may hold answers to what our servers ask.) Ten packets are more than a scan of one
 * kind of flags sends to a port.
 */
#define SILENT_SERVICES 2
#define SILENT_GOES_ON	10

#define ANSWERS "answers" /* doctor_unseen() */

/* Packets past the SYNs. */
static uint64_t goes_on(const struct doctor_service *service, int w)
{
	const struct doctor_cell *cell = &service->row->all;

	return by_syn(service) && cell->forward.in[w] > cell->fresh.in[w]
		       ? cell->forward.in[w] - cell->fresh.in[w]
		       : 0;
}

static void one_direction(struct doctor *doctor)
{
	struct doctor_count asked = {0}, answered = {0}, unasked = {0};
	const struct doctor_services *services = doctor->services;
	struct doctor_signs signs = {0};
	size_t n[DOCTOR_WINDOWS] = {0}, n_both[DOCTOR_WINDOWS] = {0};
	struct doctor_finding *finding;

	for (size_t i = 0; i < services->n; i++) {
		const struct doctor_row *row = services->v[i].row;

		if (!doctor_sees(doctor->model, row, true)) {
			if (goes_on(&services->v[i], SINCE_LOAD) >= SILENT_GOES_ON)
				doctor_unseen(doctor, doctor_ways_in(row, true), ANSWERS);
			continue;
		}
		asked = doctor_sum(asked, row->all.forward);
		if (row->all.forward.in[SINCE_LOAD])
			answered = doctor_sum(answered, row->all.reply);
		else
			unasked = doctor_sum(unasked, row->all.reply);
		for (int w = 0; w < DOCTOR_WINDOWS; w++) {
			n[w] += goes_on(&services->v[i], w) >= SILENT_GOES_ON;
			n_both[w] += row->all.forward.in[w] && row->all.reply.in[w];
		}
	}
	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (n_both[w])
			signs.in[w] = DOCTOR_HEALTHY;
		else if (n[w] >= SILENT_SERVICES)
			signs.in[w] = DOCTOR_BAD;
	finding = doctor_settle(doctor, signs, DOCTOR_PROBLEM, "");
	doctor->one_direction = finding && finding->when != DOCTOR_EARLIER;
	doctor_what(
		finding,
		"Connections go on and their answers are never seen: the box sees one direction "
		"only");
	doctor_figure(finding, asked, "packets to services");
	doctor_figure(finding, answered, "answers to them");
	doctor_figure(finding, unasked, "answers to what was never seen to be asked");
	doctor_why(finding,
		   "A packet is counted where it enters a NIC of the site. Answers that enter by "
		   "a NIC the site does not name, that take another way around this box, or that "
		   "a mirror port does not copy, are not seen. So nothing is said here of "
		   "services that do not answer.");
	doctor_next(
		finding,
		"Name the NIC on the other side too (`interfaces:`), route both directions "
		"through this box, or mirror both (\"both\", not \"rx\"). xdp-edge stats --by "
		"interface shows which NIC sees what; tcpdump -ni any host EDGE shows where the "
		"answers go.");
}

/* --- a service that does not answer ----------------------------------------------------------- */

/*
 * One attempt is up to three SYNs of Windows, seven of Linux, so five are two attempts or one that
 * was tried hard. Without a second reading chance has longer, but then it is the whole time that
 * not one answer came.
 */
#define SYNS_MIN 5
/* Of datagrams ten: a resolver asks twice to four times before it gives up. */
#define DATAGRAMS_MIN 10
/* Fewer answers than for half of so many is more than single partners that are down. */
#define SYNS_PART      20
#define DATAGRAMS_PART 40

/* What a check of unanswered services is about, one entry a direction; the first that fits. */
struct trade {
	unsigned l4;
	uint16_t port; /* 0: what no other entry is about */
	bool outbound;
	const char *ends; /* of these roles only; NULL: of any */
	enum doctor_severity severity;
	const char *check;
	const char *what; /* with %s for our end */
	const char *why, *next;
};

#define EDGE_OUTSIDE "access-edge,web-conf-edge,av-edge,xmpp-proxy"
#define EDGE_INSIDE  "edge-internal"

static const struct trade trades[] = {
	{L4_TCP, 5061, false, EDGE_INSIDE, DOCTOR_PROBLEM, "sip-unanswered",
	 "SIP to %s on TCP 5061: the servers inside begin connections, nothing answers",
	 "Federation and public IM do not go out, and users outside are not reached. The Access "
	 "Edge service (RTCSRV) is stopped, a firewall between this box and the Edge's internal "
	 "NIC drops "
	 "5061, or the Edge has no route back to the servers.",
	 "On the Edge: Get-CsWindowsService and netstat -ano | findstr :5061. " DOCTOR_EDGE_ROUTES
	 " Nothing wrong there: ask the firewall people for TCP 5061 from the next hop pool to "
	 "the Edge's internal address, stateful."},
	{L4_TCP, 5061, false, NULL, DOCTOR_PROBLEM, "sip-unanswered",
	 "SIP to %s on TCP 5061: connections are begun, nothing answers",
	 "SYNs reach this box and no SYN-ACK comes back: the service does not listen (RTCSRV "
	 "stopped, or bound to another address), a firewall between this box and the server "
	 "drops 5061, or the answers take another way.",
	 "On the server: Get-CsWindowsService and netstat -ano | findstr :5061. Nothing wrong "
	 "there: ask the firewall people for TCP 5061 to it from both of its sides, stateful, "
	 "and for the server's default route."},
	{L4_TCP, 5061, true, EDGE_INSIDE, DOCTOR_PROBLEM, "sip-unanswered",
	 "SIP from %s on TCP 5061: SYNs go to the next hop, nothing comes back",
	 "The next hop pool (Director or Front End) cannot be reached from the Edge: no user "
	 "outside signs in, no federation comes in. The inner firewall drops 5061, the pool is "
	 "down, or the Edge finds another address for it than it has.",
	 "On the Edge: Test-NetConnection POOL -Port 5061, and nslookup POOL or its hosts "
	 "file. " DOCTOR_EDGE_ROUTES
	 " Ask the firewall people for TCP 5061 from the Edge's internal address to "
	 "the next hop pool, every server of it and its VIP."},
	{L4_TCP, 5061, true, EDGE_OUTSIDE, DOCTOR_PROBLEM, "sip-unanswered",
	 "SIP from %s on TCP 5061: SYNs go out, nothing comes back",
	 "Federated partners or public IM cannot be reached: the firewall ahead does not let "
	 "5061 out, NAT gives the wrong source address, or the partner drops what comes from an "
	 "address it does not know.",
	 "Ask the firewall people: TCP 5061 out from this server's own address to any, "
	 "translated to the public address that DNS has (one to one, not the shared one), "
	 "answers let in. Then Test-NetConnection sip.PARTNER -Port 5061 on the server."},
	{L4_TCP, 80, true, EDGE_OUTSIDE, DOCTOR_PROBLEM, "crl-unanswered",
	 "%s fetches certificate revocation lists (TCP 80): SYNs go out, nothing comes back",
	 "Without the CRL the Edge cannot check a partner's certificate: TLS of federation takes "
	 "long or fails, often with 'revocation server offline'. HTTP out of a DMZ is what "
	 "firewalls forget.",
	 "Ask the firewall people for TCP 80 out from the Edge's external address to any (CRL "
	 "and OCSP servers have many addresses). Then certutil -url CERTIFICATE.cer on the Edge, "
	 "and certutil -urlcache crl delete."},
	{L4_TCP | L4_UDP, 53, true, EDGE_OUTSIDE "," EDGE_INSIDE, DOCTOR_PROBLEM, "dns-unanswered",
	 "%s asks DNS (port 53) and gets no answer",
	 "Without DNS the Edge finds no partner (_sipfederationtls._tcp) and no next hop. The "
	 "resolver set on its NIC does not answer, or UDP or TCP 53 is dropped on the way out or "
	 "back.",
	 "On the Edge: ipconfig /all (which resolvers, on which NIC?), then nslookup -type=srv "
	 "_sipfederationtls._tcp.PARTNER RESOLVER. Ask the firewall people for UDP and TCP 53 "
	 "from the Edge to that resolver. Only TCP unanswered: large answers fail."},
	{L4_TCP | L4_UDP, 53, true, NULL, DOCTOR_PROBLEM, "dns-unanswered",
	 "%s asks DNS (port 53) and gets no answer",
	 "The resolver that the server is set to does not answer, or UDP or TCP 53 is dropped on "
	 "the way there or back.",
	 "On the server: nslookup NAME RESOLVER. Ask the firewall people for UDP and TCP 53 from "
	 "it to that resolver. Only TCP unanswered: large answers fail."},
	{L4_UDP, 3478, false, EDGE_INSIDE, DOCTOR_PROBLEM, "stun-unanswered",
	 "STUN/TURN to %s on UDP 3478: requests come in, nothing answers",
	 "Clients and servers inside ask the A/V Edge for media candidates and hear nothing; "
	 "calls with users outside fall back to TCP 443, or have no sound. The A/V Edge service "
	 "(RTCMRAUTH, RTCMEDIARELAY) is stopped, its firewall drops UDP 3478, or the Edge has no "
	 "route back.",
	 "On the Edge: Get-CsWindowsService and netstat -ano | findstr :3478. " DOCTOR_EDGE_ROUTES},
	{L4_UDP, 3478, false, NULL, DOCTOR_PROBLEM, "stun-unanswered",
	 "STUN/TURN to %s on UDP 3478: requests come in, nothing answers",
	 "Clients ask the A/V Edge for media candidates and hear nothing; they fall back to TCP "
	 "443, or the call has no sound. The A/V Edge service (RTCMRAUTH, RTCMEDIARELAY) is "
	 "stopped, bound to another address, or its firewall drops UDP 3478.",
	 "On the Edge: Get-CsWindowsService and netstat -ano | findstr :3478; which address has "
	 "it in Get-CsService -EdgeServer? The answers must go out from the address that was "
	 "asked."},
	{L4_UDP, 3478, true, NULL, DOCTOR_WARNING, "stun-unanswered",
	 "%s asks other Edges on UDP 3478, nothing comes back",
	 "The other Edge, or the firewall ahead of either, drops UDP 3478. Media to federated "
	 "partners then takes TCP 443, or none.",
	 "Ask the firewall people for UDP 3478 out from the A/V Edge's public address to any, "
	 "and for the answers. Answered elsewhere: it is the partner's side."},
	{L4_TCP, 443, false, EDGE_INSIDE, DOCTOR_PROBLEM, "https-unanswered",
	 "TCP 443 to %s: connections are begun, nothing answers",
	 "Clients and servers inside ask the A/V Edge for media over TCP, and nothing answers: "
	 "the A/V Edge service is stopped, a firewall before the Edge's internal NIC drops 443, "
	 "or the Edge has no route back.",
	 "On the Edge: netstat -ano | findstr :443 and Get-CsWindowsService. " DOCTOR_EDGE_ROUTES},
	{L4_TCP, 443, false, NULL, DOCTOR_PROBLEM, "https-unanswered",
	 "TCP 443 to %s: connections are begun, nothing answers",
	 "Users reach this box and no server: the service is stopped or bound to another "
	 "address, the load balancer has no member left, or a firewall behind this box drops it.",
	 "On the server: netstat -ano | findstr :443 and Get-CsWindowsService. Then the NAT and "
	 "the firewall between this box and the server, and the load balancer's health checks."},
	/* whatever else: it may be that the service is not in use, and only scanners ask for it */
	{L4_TCP, 0, false, NULL, DOCTOR_WARNING, "tcp-unanswered",
	 "%s does not answer on a TCP port that its rows have open",
	 "The service is not in use, or stopped, or a firewall behind this box drops the port. "
	 "If it is not in use, those who ask are scanners.",
	 "In use: look on the server whether it listens (netstat -ano), then at the firewall in "
	 "between. Not in use:"},
	{L4_TCP, 0, true, NULL, DOCTOR_WARNING, "tcp-unanswered",
	 "%s opens TCP connections that nobody answers",
	 "The peer is down, or a firewall behind or ahead of this box drops the port.",
	 "Test-NetConnection PEER -Port PORT on the server; then ask the firewall people for "
	 "that port from this server."},
};

#define N_TRADES (sizeof(trades) / sizeof(*trades))

/*
 * What a service is to be judged by. NULL: it is not known that it would be answered: of UDP
 * much is one way (syslog), and in a range of ports most are closed.
 */
static const struct trade *trade_of(const struct doctor_service *service)
{
	for (size_t i = 0; i < N_TRADES; i++) {
		const struct trade *trade = &trades[i];

		if (service->row->l4 & trade->l4 && service->outbound == trade->outbound &&
		    (!trade->ends || doctor_end_has(trade->ends, service->end)) &&
		    (trade->port ? doctor_row_has(service->row, trade->l4, trade->port)
				 : by_syn(service) && doctor_row_is_narrow(service->row)))
			return trade;
	}
	return NULL;
}

/*
 * What two servers of one role send each other from port 3478 to 3478 is forward for the row that
 * asks and for the row that is asked, and reply for neither: it cannot be unanswered. It enters
 * from the DMZ, and with a hairpin once more from the Internet. So asked has what enters from
 * elsewhere than the Internet, less what is asked of the same role there.
 */
static struct doctor_count asked_abroad(const struct doctor_model *model,
					const struct doctor_service *service,
					const struct doctor_services *services)
{
	const struct doctor_service *within = doctor_service_asked(services, service);
	struct doctor_count asked = {0};

	for (size_t nic = 0; service->row->on && nic < model->n_nics; nic++) {
		struct doctor_count more = service->row->on[nic].forward;

		if (model->nics[nic].sides & DOCTOR_INTERNET)
			continue;
		if (within && within->row->on)
			more = doctor_less(more, within->row->on[nic].forward);
		asked = doctor_sum(asked, more);
	}
	return asked;
}

/* Requests of a service: SYNs, or datagrams. */
static struct doctor_count asked_of(const struct doctor_model *model,
				    const struct doctor_service *service,
				    const struct doctor_services *services)
{
	if (by_syn(service))
		return service->row->all.fresh;
	if (service->outbound && doctor_row_has(service->row, L4_UDP, 3478))
		return asked_abroad(model, service, services);
	return service->row->all.forward;
}

static struct doctor_signs answers_of(const struct doctor_service *service,
				      const struct doctor_count *asked)
{
	const struct doctor_cell *cell = &service->row->all;
	uint64_t min = by_syn(service) ? SYNS_MIN : DATAGRAMS_MIN;
	uint64_t part = by_syn(service) ? SYNS_PART : DATAGRAMS_PART;
	struct doctor_signs signs = {0};
	/* a limit leaves part of what is asked unanswered, as it should; media need no answers */
	bool partly = strncmp(service->row->verdict, "limit", 5) &&
		      (by_syn(service) || doctor_row_has(service->row, L4_UDP, 53));

	for (int w = 0; w < DOCTOR_WINDOWS; w++) {
		if (asked->in[w] < min)
			continue;
		if (!cell->reply.in[w] ||
		    (partly && asked->in[w] >= part && cell->reply.in[w] < asked->in[w] / 2))
			signs.in[w] = DOCTOR_BAD;
		else
			signs.in[w] = DOCTOR_HEALTHY;
	}
	return signs;
}

/* Some requests are answered: what keeps all of them from it is not the cause. */
static void say_partly(struct doctor_finding *finding, const struct doctor_service *service)
{
	doctor_why(
		finding, "%s",
		service->outbound
			? "Some answer, so there is a way out and back: others are down, drop what "
			  "comes from here, or a rule ahead lets out to some only."
			: "Some requests are answered, so the service runs: one server of a pool "
			  "is "
			  "down, or a flood or a scan asks more than it takes, or answers take "
			  "several ways, of which one leads around this box.");
	doctor_next(
		finding, "xdp-edge capture --row %s --count 100 | tcpdump -nr - shows who %s; %s.",
		SHELL_WORD(service->row->id),
		service->outbound ? "is asked and does not answer" : "asks, and whom",
		service->outbound ? "test that one from the server (Test-NetConnection, nslookup)"
				  : "then look at the server that does not answer, or `limit:` the "
				    "sources that ask so much");
}

/* What is the matter, for %s our end; or that it is so of most requests only. */
static void say_unanswered(struct doctor_finding *finding, const struct doctor_service *service,
			   const struct trade *trade)
{
	const char *place = strchr(trade->what, '%');
	int w = finding && finding->when == DOCTOR_NOW ? RECENT : SINCE_LOAD;

	doctor_why(finding, "%s", trade->why);
	if (trade->port || trade->outbound)
		doctor_next(finding, "%s", trade->next);
	else if (doctor_row_is_own(service->row))
		doctor_next(finding, "%s take the row out of `rows:` in the site.", trade->next);
	else
		doctor_next(finding, "%s `verdicts: [{row: %s, verdict: deny}]` in the site.",
			    trade->next, service->row->id);
	if (service->row->all.reply.in[w]) {
		doctor_what(finding, "Most of what %s port %s%s%s is not answered",
			    service->outbound ? "goes out to" : "is asked of",
			    service->row->ports_text, service->outbound ? " from " : " of ",
			    service->end);
		say_partly(finding, service);
	} else if (goes_on(service, w) > service->row->all.fresh.in[w]) {
		doctor_what(finding,
			    "Answers from port %s%s%s are not seen, though connections go on",
			    service->row->ports_text, service->outbound ? " to " : " of ",
			    service->end);
		doctor_why(finding,
			   "Who goes on after the SYN was answered: the answers take a way "
			   "around this box, or enter by a NIC that the site does not name.");
		doctor_next(finding,
			    "xdp-edge stats --by interface, and tcpdump -ni any on this box: "
			    "where do the answers go? Route both directions through this box.");
	} else {
		doctor_what(finding, "%.*s%s%s", (int)(place - trade->what), trade->what,
			    service->end, place + strlen("%s"));
	}
}

/* The answers of the Edge's internal side that are seen at its external one. */
static void say_astray(struct doctor_finding *finding, const struct doctor_model *model,
		       const struct doctor_service *service)
{
	if (!finding || service->outbound || !doctor_end_has(EDGE_INSIDE, service->end))
		return;
	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		char roles[DOCTOR_ROLES_MAX], rest[DOCTOR_TEXT];

		if (!doctor_is_astray(nic))
			continue;
		snprintf(rest, sizeof(rest), "%s", finding->why);
		doctor_why(finding,
			   "Its answers may leave by the Edge's external NIC: packets of the "
			   "inside%s come in on %s (forged-sources). Else: %s",
			   doctor_astray_roles(model, nic, roles), nic->name, rest);
		if (!strstr(finding->next, DOCTOR_EDGE_ROUTES)) {
			snprintf(rest, sizeof(rest), "%s", finding->next);
			doctor_next(finding, DOCTOR_EDGE_ROUTES " %s", rest);
		}
		return;
	}
}

static void judge_answers(struct doctor *doctor, const struct doctor_service *service,
			  const struct trade *trade)
{
	struct doctor_finding *finding;
	struct doctor_signs signs;
	struct doctor_count asked;
	char subject[160];

	asked = asked_of(doctor->model, service, doctor->services);
	signs = answers_of(service, &asked);
	if (!doctor_sees(doctor->model, service->row, true)) {
		if (signs.in[SINCE_LOAD] != DOCTOR_UNKNOWN)
			doctor_unseen(doctor, doctor_ways_in(service->row, true), ANSWERS);
		return;
	}
	snprintf(subject, sizeof(subject), "%s %s", service->end, service->row->ports_text);
	finding = doctor_settle(doctor, signs, trade->severity, subject);
	say_unanswered(finding, service, trade);
	say_astray(finding, doctor->model, service);
	doctor_figure(finding, asked, "%s to port %s (%s)", by_syn(service) ? "SYNs" : "requests",
		      service->row->ports_text, service->row->id);
	doctor_figure(finding, service->row->all.reply, "answers");
}

static void unanswered(struct doctor *doctor)
{
	if (doctor->one_direction) {
		doctor_not_possible(doctor, "no answer is seen of any service: see one-direction");
		return;
	}
	for (size_t i = 0; i < doctor->services->n; i++) {
		const struct doctor_service *service = &doctor->services->v[i];
		const struct trade *trade = trade_of(service);

		if (!trade || strcmp(trade->check, doctor->check->id))
			continue;
		judge_answers(doctor, service, trade);
		doctor_requests(doctor, service->row);
	}
}

const struct doctor_check doctor_answer_checks[] = {
	{"one-direction", "requests without any answers", DOCTOR_ROWS, false, one_direction},
	{"sip-unanswered", "SIP on 5061 without replies", DOCTOR_ROWS, false, unanswered},
	{"crl-unanswered", "certificate revocation lists (80) unanswered", DOCTOR_ROWS, false,
	 unanswered},
	{"dns-unanswered", "DNS (53) unanswered", DOCTOR_ROWS, false, unanswered},
	{"stun-unanswered", "STUN/TURN on UDP 3478 unanswered", DOCTOR_ROWS, false, unanswered},
	{"https-unanswered", "TCP 443 unanswered", DOCTOR_ROWS, false, unanswered},
	{"tcp-unanswered", "other TCP services unanswered", DOCTOR_ROWS, false, unanswered},
	{0},
};
