// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor on who comes in where: NICs whose side is wrong, forged sources, the way of an A/V
 * pool to itself.
 */
#include "doctor_check.h"

#include <inttypes.h>
#include <string.h>

static const char *sides_text(const struct doctor_nic *nic)
{
	for (int side = 0; side < XE_SIDE_COUNT; side++)
		if (nic->sides == 1u << side)
			return side_text(side);
	return "several sides";
}

/* --- nearly all of a NIC is spoofed ----------------------------------------------------------- */

/* Forgers are never nine tenths of a link; a NIC that faces another network than the site says is.
 */
#define SPOOFED_MIN	 100
#define SPOOFED_PERMILLE 900

static bool is_mostly(struct doctor_count part, struct doctor_count of, int w)
{
	return doctor_is_share(part.in[w], of.in[w], SPOOFED_PERMILLE);
}

static void say_look(struct doctor_finding *finding, const struct doctor_nic *nic,
		     enum xe_miss miss)
{
	doctor_next(
		finding,
		"%s shows whose addresses come in there; put `interfaces:` of the site right, then "
		"xdp-edge reload.",
		doctor_capture(nic, miss, false).text);
}

static void spoofed_nic(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		const struct doctor_count spoofed = nic->misses[XE_MISS_SPOOFED];
		struct doctor_signs signs = {0};
		struct doctor_finding *finding;

		if (!nic->attached)
			continue;
		for (int w = 0; w < DOCTOR_WINDOWS; w++)
			if (nic->packets.in[w] >= SPOOFED_MIN)
				signs.in[w] = is_mostly(spoofed, nic->packets, w) ? DOCTOR_BAD
										  : DOCTOR_HEALTHY;
		finding = doctor_settle(doctor, signs, DOCTOR_PROBLEM, nic->name);
		doctor_what(finding,
			    "%s is on the wrong side: nearly all that enters it comes from "
			    "servers that live elsewhere",
			    nic->name);
		doctor_figure(finding, spoofed, "packets on %s called spoofed", nic->name);
		doctor_figure(finding, nic->packets, "packets on %s", nic->name);
		doctor_why(finding,
			   "The site says that %s faces %s. Two cables or two names are "
			   "exchanged, or the NIC faces several networks. %s",
			   nic->name, sides_text(nic),
			   model->enforcing ? "Enforce drops all of it."
					    : "In enforce all of it is dropped.");
		say_look(finding, nic, XE_MISS_SPOOFED);
	}
}

/* --- replies where requests are due ----------------------------------------------------------- */

#define WRONG_MIN 50
#define WRONG_TIMES \
	9 /* the right way's packets at most, that often: chance and hairpins are fewer */

/* Packets of rows that entered a NIC: from roles that live on `home`, and to them. */
static void toward(const struct doctor_model *model, size_t nic, unsigned home,
		   struct doctor_count *from, struct doctor_count *to)
{
	for (size_t i = 0; i < model->n_rows; i++) {
		const struct doctor_row *row = &model->rows[i];
		const char *end;
		bool outbound;

		if (!row->active || row->annotation || !row->on)
			continue;
		end = doctor_row_end(row, &outbound);
		if (doctor_is_stranger(end) || !(doctor_home(end) & home))
			continue;
		*from = doctor_sum(*from, outbound ? row->on[nic].forward : row->on[nic].reply);
		*to = doctor_sum(*to, outbound ? row->on[nic].reply : row->on[nic].forward);
	}
}

static struct doctor_signs wrong_way(struct doctor_count wrong, struct doctor_count right)
{
	struct doctor_signs signs = {0};

	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (wrong.in[w] >= WRONG_MIN && wrong.in[w] > WRONG_TIMES * right.in[w])
			signs.in[w] = DOCTOR_BAD;
		else if (right.in[w] >= WRONG_MIN)
			signs.in[w] = DOCTOR_HEALTHY;
	return signs;
}

static void nic_side(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	if (!doctor_has_nic(model, DOCTOR_INTERNET) && !doctor_has_nic(model, DOCTOR_EXTERNAL) &&
	    !doctor_has_nic(model, DOCTOR_INTERNAL))
		doctor_not_possible(doctor,
				    "no NIC faces the Internet or one DMZ and nothing else: "
				    "elsewhere both ways are usual");
	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		struct doctor_count from = {0}, to = {0};
		struct doctor_finding *finding;
		bool outside = doctor_nic_is(nic, DOCTOR_INTERNET);

		if (!nic->attached)
			continue;
		if (outside)
			toward(model, i, DOCTOR_EXTERNAL, &from, &to);
		else if (doctor_nic_is(nic, DOCTOR_EXTERNAL))
			toward(model, i, DOCTOR_EXTERNAL, &from, &to);
		else if (doctor_nic_is(nic, DOCTOR_INTERNAL))
			toward(model, i, DOCTOR_INTERNAL, &from, &to);
		else
			continue; /* on a lan both ways are usual, on a mirror both are due */
		finding = doctor_settle(doctor, outside ? wrong_way(from, to) : wrong_way(to, from),
					DOCTOR_PROBLEM, nic->name);
		doctor_what(finding, "%s is on the wrong side: %s come in where %s are due",
			    nic->name, outside ? "the Edge's own packets" : "requests to the Edge",
			    outside ? "those of the Internet" : "its replies");
		doctor_figure(finding, from, "packets from the Edge's roles entering %s",
			      nic->name);
		doctor_figure(finding, to, "packets to the Edge's roles entering %s", nic->name);
		doctor_why(
			finding,
			"The site says that %s faces %s, so %s should enter there. Two cables or "
			"two names are exchanged, or a router sends them back to where they came "
			"from.",
			nic->name, sides_text(nic),
			outside ? "packets to the Edge" : "packets from the Edge");
		say_look(finding, nic, XE_MISS_COUNT);
	}
}

/* --- an A/V pool behind NAT ------------------------------------------------------------------- */

/*
 * Servers of an A/V Edge pool send media to one another by their public addresses. NAT has to turn
 * such packets round (RFC 4787, REQ-9), and they then come in from the Internet with our own
 * source. Twenty are more than the stray forger's, and less than one call's first second.
 */
#define HAIRPIN_MIN 20

/* Where it would be called spoofed, which on a mirror nothing is. False: it is said. */
static bool watches_internet(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++)
		if (model->nics[i].counts &&
		    (!model->nics[i].sides || model->nics[i].sides & DOCTOR_INTERNET))
			return true;
	doctor_unseen(doctor, DOCTOR_INTERNET, "what NAT turns round");
	return false;
}

/*
 * What comes in from the Internet with our own source, and is for, or from, the A/V Edge; by one
 * NIC, or by all with -1.
 */
static struct doctor_count turned_round(const struct doctor_model *model, long nic)
{
	struct doctor_count sum = {0};

	for (size_t i = 0; i < model->n_drops; i++) {
		const struct doctor_drop *drop = &model->drops[i];

		if (!strcmp(drop->reason, reason_text(XE_REASON_SPOOFED)) &&
		    !strcmp(drop->role, "av-edge") && drop->nic >= 0 &&
		    (nic < 0 || drop->nic == nic) && model->nics[drop->nic].sides & DOCTOR_INTERNET)
			sum = doctor_sum(sum, drop->packets);
	}
	return sum;
}

/* Whether a NIC is spoofed_nic()'s: that is another matter. */
static bool wrong_nic(const struct doctor_model *model)
{
	for (size_t i = 0; i < model->n_nics; i++)
		if (model->nics[i].sides & DOCTOR_INTERNET &&
		    model->nics[i].packets.in[SINCE_LOAD] >= SPOOFED_MIN &&
		    is_mostly(model->nics[i].misses[XE_MISS_SPOOFED], model->nics[i].packets,
			      SINCE_LOAD))
			return true;
	return false;
}

static void hairpin_spoofed(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count turned = turned_round(model, -1);
	struct doctor_signs signs = {0};
	struct doctor_finding *finding;

	if (wrong_nic(model) || !watches_internet(doctor))
		return;
	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (turned.in[w] >= HAIRPIN_MIN)
			signs.in[w] = DOCTOR_BAD;
	if (!turned.in[SINCE_LOAD])
		signs.in[SINCE_LOAD] = DOCTOR_HEALTHY;
	finding = doctor_settle(doctor, signs, model->enforcing ? DOCTOR_PROBLEM : DOCTOR_WARNING,
				"av-edge");
	doctor_what(
		finding,
		"The A/V Edge's own addresses come in from the Internet, and are %s as spoofed: "
		"hairpin traffic of a pool behind NAT?",
		model->enforcing ? "dropped" : "counted");
	doctor_figure(finding, turned,
		      "packets at av-edge with our own source, from the Internet (since the "
		      "baseline)");
	doctor_why(finding,
		   "A/V Edge Servers of one pool reach each other by their public addresses. The "
		   "NAT turns these packets round, and here they look forged, since the site "
		   "does not say `hairpin: yes`. With one A/V Edge Server only, somebody does "
		   "forge.");
	doctor_next(finding,
		    "A pool: `hairpin: yes` in the site and xdp-edge reload. One server: leave "
		    "it, and ask the provider for source filtering (BCP 38).");
}

static void hairpin_missing(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count out = {0}, turned = {0}, to, from = {0};
	struct doctor_signs signs = {0};
	struct doctor_finding *finding;
	const char *row_id = "";

	if (!watches_internet(doctor))
		return;
	if (!doctor_has_nic(model, DOCTOR_EXTERNAL))
		doctor_not_possible(doctor, "no NIC faces the Edge's DMZ and nothing else");
	for (size_t i = 0; i < model->n_nics; i++) {
		/* whichever role they are for: policies that drop nothing do not count by role */
		if (model->nics[i].sides & DOCTOR_INTERNET)
			turned = doctor_sum(turned, model->nics[i].misses[XE_MISS_SPOOFED]);
		if (!doctor_nic_is(&model->nics[i], DOCTOR_EXTERNAL))
			continue;
		for (size_t j = 0; j < model->n_rows; j++) {
			const struct doctor_row *row = &model->rows[j];

			if (!row->active || row->annotation || !row->on ||
			    !doctor_end_has(row->destination, "av-edge") ||
			    !doctor_is_stranger(row->source))
				continue;
			if (row->on[i].forward.in[SINCE_LOAD] > out.in[SINCE_LOAD])
				row_id = row->id;
			out = doctor_greater(out, row->on[i].forward);
		}
		/* a NIC of nic_side() is another matter */
		to = (struct doctor_count){0};
		toward(model, i, DOCTOR_EXTERNAL, &from, &to);
		if (wrong_way(to, from).in[SINCE_LOAD] == DOCTOR_BAD)
			return;
	}
	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (out.in[w] >= HAIRPIN_MIN && turned.in[SINCE_LOAD] < HAIRPIN_MIN)
			signs.in[w] = DOCTOR_BAD;
	if (!out.in[SINCE_LOAD] && from.in[SINCE_LOAD])
		signs.in[SINCE_LOAD] = DOCTOR_HEALTHY;
	finding = doctor_settle(doctor, signs, DOCTOR_WARNING, "av-edge");
	doctor_what(finding,
		    "The A/V Edge is asked from its own DMZ, and nothing is seen to come back: "
		    "an A/V pool behind NAT without hairpin?");
	doctor_figure(finding, out, "packets to av-edge entering from dmz-external (%s)", row_id);
	doctor_figure(finding, turned, "packets from the Internet with our own source (spoofed)");
	doctor_why(finding, "A/V Edge Servers of one pool reach each other by their public "
			    "addresses. The NAT has to turn such packets round; one that does "
			    "not drops them, and calls that are relayed by two servers of the "
			    "pool have no sound. With `hairpin: yes` in the site what comes back "
			    "is not told apart: then this is no fault.");
	doctor_next(finding, "Ask the firewall people whether the NAT does hairpinning (also "
			     "called NAT loopback or reflection) for the A/V Edge's addresses, "
			     "UDP 3478 and TCP 443. tcpdump -ni any src PRIVATE and dst PUBLIC "
			     "on this box shows whether it comes back.");
}

/* --- forged sources --------------------------------------------------------------------------- */

#define FROM_INTERNET                                                                        \
	"From the Internet that is usual, as scanning and reflection are. It may also be a " \
	"server's own packet that NAT sends back."
#define FROM_INSIDE                                                                           \
	"From inside it is a host with a wrong address, a route that leads astray (a second " \
	"way to a server, around its own NIC), or somebody who forges."

/* The Edge's other leg, by its default route. */
static void say_astray(struct doctor_finding *finding, const struct doctor_model *model,
		       const struct doctor_nic *nic, enum xe_miss most)
{
	char roles[DOCTOR_ROLES_MAX];

	doctor_what(finding, "Packets of the inside%s come in on %s, from the Edge's external NIC",
		    doctor_astray_roles(model, nic, roles), nic->name);
	doctor_why(finding,
		   "The Edge's answers to the inside leave by its external NIC, where its default "
		   "gateway is, for want of a route by the internal one; so services of the inside "
		   "go unanswered, and %s. Or: " FROM_INSIDE,
		   model->enforcing ? "enforce drops these packets as spoofed"
				    : "enforce would drop these packets as spoofed");
	doctor_next(finding,
		    DOCTOR_EDGE_ROUTES " %s shows the addresses and, by the MAC, who sends "
				       "them.",
		    doctor_capture(nic, most, true).text);
}

static void forged(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		const struct doctor_count spoofed = nic->misses[XE_MISS_SPOOFED];
		const struct doctor_count martian = nic->misses[XE_MISS_MARTIAN];
		struct doctor_count both = doctor_sum(spoofed, martian);
		const struct doctor_count turned = turned_round(model, (long)i);
		bool outside = doctor_nic_is(nic, DOCTOR_INTERNET);
		bool astray = doctor_is_astray(nic);
		bool usual = !nic->sides || nic->sides & (DOCTOR_INTERNET | DOCTOR_MIRROR);
		enum xe_miss most = spoofed.in[SINCE_LOAD] >= martian.in[SINCE_LOAD]
					    ? XE_MISS_SPOOFED
					    : XE_MISS_MARTIAN;
		struct doctor_signs signs = {0};
		struct doctor_finding *finding;

		if (!nic->attached)
			continue;
		for (int w = 0; w < DOCTOR_WINDOWS; w++) {
			if (!nic->packets.in[w])
				continue;
			/* what the A/V Edge's are is hairpin_spoofed()'s */
			both.in[w] -= turned.in[w] < both.in[w] ? turned.in[w] : both.in[w];
			/* what is most of a NIC is spoofed_nic()'s */
			if (both.in[w] >= DOCTOR_FORGED_MIN && !is_mostly(spoofed, nic->packets, w))
				signs.in[w] = DOCTOR_BAD;
			else if (w == SINCE_LOAD)
				signs.in[w] = DOCTOR_HEALTHY;
		}
		finding = doctor_settle(doctor, signs, astray ? DOCTOR_WARNING : DOCTOR_NOTE,
					nic->name);
		doctor_what(finding, "Forged or impossible source addresses on %s", nic->name);
		doctor_figure(finding, spoofed,
			      "packets from our own servers' addresses (spoofed)");
		doctor_figure(finding, martian,
			      "packets from or to addresses no network has (martian)");
		doctor_figure(finding, nic->packets, "packets on %s", nic->name);
		doctor_why(finding, "%s%s%s", usual ? FROM_INTERNET : "",
			   usual && !outside ? " " : "", outside ? "" : FROM_INSIDE);
		if (outside)
			doctor_next(finding,
				    "%s. They go on: ask the provider for source filtering (BCP "
				    "38).",
				    model->enforcing ? "Nothing here: enforce drops them"
						     : "In enforce they are dropped");
		else
			doctor_next(
				finding,
				"%s shows the addresses and, by the MAC, who sends them: put that "
				"host's address or route right. %s",
				doctor_capture(nic, most, true).text,
				nic->sides & DOCTOR_MIRROR ? ""
				: model->enforcing	   ? "Enforce drops them."
							   : "Enforce would drop them.");
		if (astray)
			say_astray(finding, model, nic, most);
	}
}

const struct doctor_check doctor_side_checks[] = {
	{"nic-spoofed", "a NIC where everything is spoofed", DOCTOR_MISS_NICS, false, spoofed_nic},
	{"nic-side", "replies where requests are due", DOCTOR_ROWS | DOCTOR_ROW_NICS, false,
	 nic_side},
	{"hairpin-spoofed", "a pool's hairpin traffic called spoofed",
	 DOCTOR_GUARD | DOCTOR_MISS_NICS, false, hairpin_spoofed},
	{"hairpin-missing", "an A/V pool behind NAT without hairpin",
	 DOCTOR_ROWS | DOCTOR_ROW_NICS | DOCTOR_MISS_NICS, false, hairpin_missing},
	{"forged-sources", "spoofed and martian sources", DOCTOR_MISS_NICS, false, forged},
	{0},
};
