// SPDX-License-Identifier: GPL-2.0-only
/* The doctor on media: UDP 3478 that does not arrive, RTP that runs one way. */
#include "doctor_check.h"

#include <stdlib.h>
#include <string.h>

#include "../policy/addr.h"

/* --- UDP 3478 blocked ------------------------------------------------------------------------- */

/*
 * A client gathers its candidates over UDP 3478 and TCP 443 at once, so where UDP arrives each TCP
 * connection comes with several datagrams. Less than one in ten connections is a scanner's
 * datagram, not a client's.
 *
 * Health checks of a load balancer and scanners connect over TCP too, at night they alone: SYN,
 * ACK, a hello, FIN. A client's connection has the pseudo-TLS hello, two allocations and what
 * answers them, eight packets at least. Without them it is a warning, and where datagrams have come
 * since the load, nothing.
 */
#define FALLBACKS_MIN	      5
#define FALLBACKS_MIN_RECENT  3 /* between two readings: less time for chance */
#define FALLBACKS_TO_DATAGRAM 10
#define FALLBACK_PACKETS      8 /* of a client's connection, toward the Edge */

static bool are_clients(const struct doctor_row *tcp, int w)
{
	return tcp->all.forward.in[w] >= tcp->all.fresh.in[w] * FALLBACK_PACKETS;
}

static struct doctor_signs udp_signs(const struct doctor_row *udp, const struct doctor_row *tcp)
{
	struct doctor_signs signs = {0};

	for (int w = 0; w < DOCTOR_WINDOWS; w++) {
		uint64_t fallbacks = tcp->all.fresh.in[w], datagrams = udp->all.forward.in[w];

		if (datagrams && datagrams * FALLBACKS_TO_DATAGRAM >= fallbacks)
			signs.in[w] = DOCTOR_HEALTHY;
		else if (fallbacks >= (w == RECENT ? FALLBACKS_MIN_RECENT : FALLBACKS_MIN))
			signs.in[w] = DOCTOR_BAD;
	}
	if (signs.in[SINCE_LOAD] == DOCTOR_HEALTHY && signs.in[RECENT] == DOCTOR_BAD &&
	    !are_clients(tcp, RECENT))
		signs.in[RECENT] = DOCTOR_UNKNOWN;
	return signs;
}

/*
 * The same packets count for both rows: servers that share the address and the port. Then it is not
 * told whose they are.
 */
static bool same_packets(const struct doctor_model *model, const struct doctor_row *a,
			 const struct doctor_row *b)
{
	if (!a->all.fresh.in[SINCE_LOAD] ||
	    a->all.fresh.in[SINCE_LOAD] != b->all.fresh.in[SINCE_LOAD] ||
	    a->all.forward.in[SINCE_LOAD] != b->all.forward.in[SINCE_LOAD] ||
	    a->forward_bytes.in[SINCE_LOAD] != b->forward_bytes.in[SINCE_LOAD])
		return false;
	for (size_t i = 0; a->on && b->on && i < model->n_nics; i++)
		if (a->on[i].forward.in[SINCE_LOAD] != b->on[i].forward.in[SINCE_LOAD])
			return false;
	return true;
}

static bool shared(const struct doctor_model *model, const struct doctor_services *services,
		   const struct doctor_service *service)
{
	for (size_t i = 0; i < services->n; i++) {
		const struct doctor_service *other = &services->v[i];

		if (other != service && !other->outbound && strcmp(other->end, service->end) &&
		    doctor_row_has(other->row, L4_TCP, 443) &&
		    same_packets(model, other->row, service->row))
			return true;
	}
	return false;
}

static void judge_udp(struct doctor *doctor, const struct doctor_service *udp)
{
	const struct doctor_services *services = doctor->services;
	bool inside = !strcmp(udp->end, "edge-internal");
	struct doctor_signs signs;
	bool clients;
	const struct doctor_service *tcp_service = NULL;
	const struct doctor_row *tcp;
	struct doctor_finding *finding;

	for (size_t i = 0; i < services->n && !tcp_service; i++)
		if (!services->v[i].outbound && doctor_row_has(services->v[i].row, L4_TCP, 443) &&
		    !strcmp(services->v[i].end, udp->end))
			tcp_service = &services->v[i];
	if (!tcp_service)
		return;
	if (shared(doctor->model, services, tcp_service)) {
		doctor_not_possible(doctor,
				    "%s shares address and port 443 with another service, so "
				    "that TCP does not tell whose clients come",
				    udp->end);
		return;
	}
	tcp = tcp_service->row;
	signs = udp_signs(udp->row, tcp);
	clients = are_clients(tcp, signs.in[RECENT] == DOCTOR_BAD ? RECENT : SINCE_LOAD);
	finding = doctor_settle(doctor, signs, clients ? DOCTOR_PROBLEM : DOCTOR_WARNING, udp->end);
	doctor_what(finding, "UDP 3478 does not reach %s: clients fall back to TCP 443 for media",
		    inside ? "the Edge's internal interface" : "the A/V Edge");
	doctor_figure(finding, udp->row->all.forward, "packets to UDP 3478 (%s)", udp->row->id);
	doctor_figure(finding, tcp->all.fresh, "new connections to TCP 443 (%s)", tcp->id);
	doctor_figure(finding, tcp->all.forward, "packets in connections to TCP 443");
	doctor_why(
		finding,
		"Clients try UDP 3478 and TCP 443 at the same time, so with TCP and without UDP "
		"the datagrams are lost on the way here. Audio and video then run over TCP: they "
		"work, with delay and breaks.%s",
		clients ? ""
			: " These connections are short, though: they may be health checks or "
			  "scans, with no client among them.");
	if (inside)
		doctor_next(finding,
			    "Ask the firewall people: UDP 3478 from the internal clients and "
			    "servers to the Edge's internal address, both directions, and no "
			    "idle time-out below 30 s. The rule for TCP 443 is there already.");
	else
		doctor_next(finding,
			    "Ask the firewall people: UDP 3478 from any to the A/V Edge's public "
			    "address, in and out, ahead of this box. The rule for TCP 443 is "
			    "there already; the one for UDP is missing, or names the wrong "
			    "address. Test from outside with a STUN client.");
}

/* Each is compared with all services. A policy has no more roles, a damaged reading might. */
static void udp_blocked(struct doctor *doctor)
{
	size_t n = 0;

	for (size_t i = 0; i < doctor->services->n; i++) {
		const struct doctor_service *service = &doctor->services->v[i];

		if (service->outbound || !doctor_row_has(service->row, L4_UDP, 3478))
			continue;
		if (n++ == XE_ROLES_MAX) {
			doctor_not_possible(doctor, "more than %d services have UDP 3478",
					    XE_ROLES_MAX);
			return;
		}
		judge_udp(doctor, service);
		doctor_requests(doctor, service->row);
	}
}

/* --- media one way ---------------------------------------------------------------------------- */

/*
 * One audio stream is 50 packets a second, video some hundreds. Who only listens still reports
 * every 2.5 to 7.5 seconds (RFC 3550, 6.2), so of a stream of 400 packets a second one in 2,000
 * comes back at least: less is no way back. Between two readings that takes the time of two
 * reports, or that it has been so since the load. There scanners have had their time: it takes more
 * packets, and of a size that speech has (an SRTP packet with 10 bytes of speech is 80 bytes long,
 * a probe 60).
 */
#define MEDIA_MIN	 1000
#define MEDIA_MIN_RECENT 250
#define MEDIA_REPORTS	 15 /* seconds */
#define MEDIA_SHARE	 2000
#define MEDIA_BYTES	 80
#define MEDIA_PORTS	 100 /* a range */
#define MEDIA_LOWEST	 1024

static bool is_media(const struct doctor_row *row)
{
	return row->active && !row->annotation && !row->forward_only && row->l4 & L4_UDP &&
	       row->ports.n && port_set_count(&row->ports) >= MEDIA_PORTS &&
	       !port_set_is_any(&row->ports) && !port_set_has(&row->ports, MEDIA_LOWEST - 1) &&
	       strcmp(row->verdict, "deny");
}

/* Media of one role: what came to it, what came from it. */
struct media {
	struct doctor_count in, out;
	const struct doctor_row *row; /* with most of it */
	bool small;		      /* as small as probes */
};

static void add_media(struct media *media, const struct doctor_row *row, bool outbound)
{
	const struct doctor_cell *cell = &row->all;
	uint64_t forward = cell->forward.in[SINCE_LOAD];

	media->in = doctor_greater(media->in, outbound ? cell->reply : cell->forward);
	media->out = doctor_greater(media->out, outbound ? cell->forward : cell->reply);
	if (!media->row || doctor_row_weight(row) > doctor_row_weight(media->row)) {
		media->row = row;
		media->small = forward && row->forward_bytes.in[SINCE_LOAD] / forward < MEDIA_BYTES;
	}
}

/* Whether either way has next to nothing of what the other has. */
static bool is_one_way(const struct media *media, int w, uint64_t min)
{
	uint64_t in = media->in.in[w], out = media->out.in[w];
	uint64_t more = in > out ? in : out, less = in > out ? out : in;

	return more >= min && less * MEDIA_SHARE < more;
}

static struct doctor_signs media_signs(const struct doctor_model *model, const struct media *media)
{
	struct doctor_signs signs = {0};
	bool long_enough =
		model->seconds >= MEDIA_REPORTS || is_one_way(media, SINCE_LOAD, MEDIA_MIN_RECENT);

	for (int w = 0; w < DOCTOR_WINDOWS; w++) {
		uint64_t min = w == RECENT ? MEDIA_MIN_RECENT : MEDIA_MIN;

		if (is_one_way(media, w, min) && !media->small && (w != RECENT || long_enough))
			signs.in[w] = DOCTOR_BAD;
		else if (!is_one_way(media, w, 1) && media->in.in[w] + media->out.in[w] >= min)
			signs.in[w] = DOCTOR_HEALTHY;
	}
	return signs;
}

static void judge_media(struct doctor *doctor, const struct media *media, const char *role)
{
	const struct doctor_signs signs = media_signs(doctor->model, media);
	struct doctor_finding *finding;
	bool edge = !strcmp(role, "av-edge"), in;
	const char *who = edge ? "the A/V Edge" : role;

	for (int reply = 0; reply < 2; reply++) {
		if (doctor_sees(doctor->model, media->row, reply))
			continue;
		if (signs.in[SINCE_LOAD] != DOCTOR_UNKNOWN)
			doctor_unseen(doctor, doctor_ways_in(media->row, reply),
				      "one way of media");
		return;
	}
	finding = doctor_settle(doctor, signs, DOCTOR_PROBLEM, role);
	if (!finding)
		return;
	in = finding->when == DOCTOR_NOW && doctor->model->recent
		     ? media->in.in[RECENT] > media->out.in[RECENT]
		     : media->in.in[SINCE_LOAD] > media->out.in[SINCE_LOAD];
	doctor_what(finding, "RTP one way only: media on UDP %s %s %s, none comes back",
		    media->row->ports_text, in ? "comes to" : "goes out from", who);
	doctor_figure(finding, media->in, "packets to %s on its media ports (%s)", role,
		      media->row->id);
	doctor_figure(finding, media->out, "packets from %s on them", role);
	doctor_why(finding,
		   "One side of the call hears nothing. A firewall lets the media range through "
		   "in one direction, NAT gives the way back another address or port, or the way "
		   "back does not lead through this box.");
	if (edge)
		doctor_next(finding,
			    "Ask the firewall people: UDP %s between the A/V Edge's public address "
			    "and any, in and out, ports kept by NAT. Then whether the A/V Edge "
			    "tells clients the right address: \"NAT-enabled public IP address\" in "
			    "Topology Builder.",
			    media->row->ports_text);
	else
		doctor_next(finding,
			    "Ask the firewall people: UDP %s between %s and its clients, gateways "
			    "and other servers, in and out, no NAT in between. Are these the ports "
			    "that it is set to (Get-CsConferenceServer, Get-CsMediationServer)?",
			    media->row->ports_text, who);
}

static void one_way(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct media *media = calloc(model->n_rows + 1, sizeof(*media));
	struct intern ends = {0};

	if (!media)
		doctor->failed = true;
	if (doctor->one_direction)
		doctor_not_possible(doctor, "no answer is seen of any service: see one-direction");
	for (size_t i = 0; media && !doctor->one_direction && i < model->n_rows; i++) {
		const struct doctor_row *row = &model->rows[i];
		const char *end;
		bool outbound;
		long at;

		if (!is_media(row))
			continue;
		end = doctor_row_end(row, &outbound);
		at = intern_add(&ends, end, strlen(end) + 1, NULL);
		if (at >= 0)
			add_media(&media[at], row, outbound);
		else
			doctor->failed = true;
	}
	for (size_t i = 0; i < ends.n; i++)
		judge_media(doctor, &media[i], intern_key(&ends, i, NULL));
	intern_free(&ends);
	free(media);
}

const struct doctor_check doctor_media_checks[] = {
	{"udp-3478-blocked", "UDP 3478 missing while TCP 443 to the A/V Edge rises",
	 DOCTOR_ROWS | DOCTOR_IDLE_ROWS, false, udp_blocked},
	{"rtp-one-way", "media on the RTP ranges one way only", DOCTOR_ROWS, false, one_way},
	{0},
};
