// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor on the policy itself: does it filter where it should, do its tables hold, and how much
 * of the traffic has it no word for.
 */
#include "doctor_check.h"

#include <inttypes.h>
#include <string.h>

/* Bad from so many on. */
static struct doctor_signs least_signs(struct doctor_count count, uint64_t min)
{
	struct doctor_signs signs;

	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		signs.in[w] = count.in[w] >= min ? DOCTOR_BAD : DOCTOR_HEALTHY;
	return signs;
}

/* Bad where a part is that many and such a share; healthy where there is enough to tell. */
static struct doctor_signs share_signs(struct doctor_count part, struct doctor_count of,
				       uint64_t min, unsigned permille)
{
	struct doctor_signs signs = {0};

	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (part.in[w] >= min && doctor_is_share(part.in[w], of.in[w], permille))
			signs.in[w] = DOCTOR_BAD;
		else if (of.in[w] >= min)
			signs.in[w] = DOCTOR_HEALTHY;
	return signs;
}

/* --- enforce ---------------------------------------------------------------------------------- */

static void unconfirmed(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	bool over = model->unconfirmed && !model->confirm_in;
	struct doctor_finding *finding = doctor_stands(doctor, model->unconfirmed,
						       over ? DOCTOR_PROBLEM : DOCTOR_WARNING, "");

	doctor_what(finding, "%s",
		    over ? "Enforce was not confirmed in time: it only rehearses, everything passes"
			 : "Enforce is not confirmed yet: it will fall back to rehearsing");
	doctor_figure_state(finding, model->confirm_in, "seconds left to confirm");
	doctor_why(finding,
		   "It was set by --confirm-within, so that nobody is locked out for good. "
		   "xdp-edge confirm did not come%s.",
		   over ? "" : " yet");
	doctor_next(
		finding, "%s",
		over ? "xdp-edge reload --enforce --confirm-within 60s, log in anew, then "
		       "xdp-edge confirm."
		     : "Log in anew, make a call, then xdp-edge confirm. To go back: do nothing.");
}

static void not_enforced(struct doctor *doctor)
{
	const json_t *entry;
	size_t i;

	doctor_stands(doctor, false, DOCTOR_PROBLEM, "");
	json_array_foreach (doctor->model->not_enforced_on, i, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));
		const char *state = json_string_value(json_object_get(entry, "state"));
		struct doctor_finding *finding;

		/* a mirror's frames are copies: there is nothing to enforce */
		if (!name || !state || !strcmp(state, "mirror"))
			continue;
		finding = doctor_stands(doctor, true, DOCTOR_PROBLEM, name);
		doctor_what(finding, "Enforce does not hold on %s: everything passes there", name);
		doctor_figure_state(finding, 0, "programs on %s (%s)", name, state);
		doctor_why(finding, "%s",
			   strcmp(state, "gone") ? "Somebody has taken the program off (ip link "
						   "set dev NIC xdp off), or another took its "
						   "place."
						 : "The interface is not there any more: "
						   "removed, or made anew under another number.");
		doctor_next(finding, "%s", doctor_reattach(!strcmp(state, "gone")));
	}
}

/* --- tables that remember -----------------------------------------------------------------------
 */

/* Past four fifths new flows begin to meet full sets now and then. */
#define FILL_SHARE 80
/* One in a hundred new flows that pushes out another: no longer chance. */
#define EVICTED_MIN   100
#define EVICTED_SHARE 100

static void flows_full(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count full = model->events[XE_EVENT_FLOW_FULL];
	struct doctor_count evicted = model->events[XE_EVENT_FLOW_EVICTED];
	struct doctor_count begun = model->events[XE_EVENT_FLOW_NEW];
	const struct doctor_fill *flows = &model->flows;
	bool high = flows->known && flows->capacity &&
		    flows->live > flows->capacity / 100 * FILL_SHARE && flows->capacity >= 100;
	struct doctor_signs signs = {0};
	struct doctor_finding *finding;
	bool lost;

	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (full.in[w] ||
		    (evicted.in[w] >= EVICTED_MIN && evicted.in[w] * EVICTED_SHARE > begun.in[w]))
			signs.in[w] = DOCTOR_BAD;
		else if (begun.in[w])
			signs.in[w] = DOCTOR_HEALTHY;
	if (high)
		signs.in[SINCE_LOAD] = signs.in[RECENT] = DOCTOR_BAD;
	lost = full.in[SINCE_LOAD];
	finding = doctor_settle(doctor, signs, lost ? DOCTOR_PROBLEM : DOCTOR_WARNING, "flows");
	doctor_what(
		finding, "The flow table %s",
		lost   ? model->enforcing
				  ? "was full of established flows: replies to new ones do not pass"
				  : "was full of established flows: in enforce replies to new ones "
				    "would not pass"
		: high ? "is nearly full"
		       : "is too small: flows that live give way to new ones");
	if (flows->known) {
		doctor_figure_state(finding, flows->live, "flows remembered");
		doctor_figure_state(finding, flows->capacity, "places");
	}
	doctor_figure(finding, begun, "flows begun");
	doctor_figure(finding, evicted, "flows that gave way (flow-evicted)");
	doctor_figure(finding, full, "flows not remembered (flow-full)");
	doctor_why(finding,
		   "More is begun than there is room for: a flood or a scan of an open port, or "
		   "the table is small for this site.");
	doctor_next(finding,
		    "xdp-edge stats --nonzero: which row has so many NEW? `limit:` it per source "
		    "(50/s burst 200 per source). Else `state: {flows: N}` of twice as many, "
		    "which needs xdp-edge unload and load.");
}

static void evictions(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	static const struct {
		enum xe_event event;
		const char *what, *key;
	} tables[] = {
		{XE_EVENT_FRAGMENT_EVICTED, "fragmented packets", "fragments"},
		{XE_EVENT_BUCKET_EVICTED, "sources with a limit", "sources"},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		struct doctor_count evicted = model->events[tables[i].event];
		struct doctor_finding *finding = doctor_settle(
			doctor, least_signs(evicted, EVICTED_MIN), DOCTOR_WARNING, tables[i].key);

		doctor_what(finding, "The table of %s is too small, or is being flooded",
			    tables[i].what);
		doctor_figure(finding, evicted, "entries that gave way");
		doctor_why(finding, "%s",
			   tables[i].event == XE_EVENT_FRAGMENT_EVICTED
				   ? "A later fragment whose first one is forgotten is dropped, "
				     "or passes, as `fragments:` says."
				   : "A source that is forgotten has its whole burst again: the "
				     "limit holds less than it says.");
		doctor_next(finding,
			    "`state: {%s: N}` of twice as many, which needs xdp-edge unload and "
			    "load; who sends it: xdp-edge stats.",
			    tables[i].key);
	}
}

/* --- what passes without a word -----------------------------------------------------------------
 */

/* LLDP and spanning tree on a trunk are a frame in a second or two. */
#define UNJUDGED_MIN	  100
#define UNJUDGED_PERMILLE 10 /* one in a hundred */

static void unjudged(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		struct doctor_count none = nic->misses[XE_MISS_NO_POLICY];
		struct doctor_finding *finding;

		/* tags that nobody sees are vlan-hidden's */
		if (!nic->attached || nic->facts.rxvlan == 1)
			continue;
		finding = doctor_settle(
			doctor, share_signs(none, nic->packets, UNJUDGED_MIN, UNJUDGED_PERMILLE),
			DOCTOR_WARNING, nic->name);
		doctor_what(finding, "Traffic of a VLAN that the site does not name enters %s",
			    nic->name);
		doctor_figure(finding, none, "frames of no VLAN of the site (no-policy)");
		doctor_figure(finding, nic->packets, "frames on %s", nic->name);
		doctor_why(finding,
			   "What has no policy is neither told apart nor filtered: it passes in "
			   "every mode. Untagged frames count too where the site names VLANs "
			   "only.");
		doctor_next(
			finding,
			"%s shows the VLAN. Name it in `interfaces:` (%s.VLAN: SIDE, or %s: SIDE "
			"for all others), or take it off the switch port.",
			doctor_capture(nic, XE_MISS_NO_POLICY, true).text, nic->name, nic->name);
	}
}

/* --- misses that are many -----------------------------------------------------------------------
 */

/* Scans of an Edge are below one in twenty of what it carries, but on a quiet day. */
#define UNMATCHED_MIN	   100
#define UNMATCHED_PERMILLE 50

static void unmatched(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count part = model->misses[XE_MISS_UNMATCHED];
	struct doctor_signs signs =
		share_signs(part, model->total, UNMATCHED_MIN, UNMATCHED_PERMILLE);
	struct doctor_finding *finding;
	bool drops = model->has & DOCTOR_GUARD && model->enforcing;

	finding = doctor_settle(doctor, signs, DOCTOR_WARNING, "");
	doctor_what(finding, "Much of the servers' traffic belongs to no row");
	doctor_figure(finding, part, "packets unmatched");
	doctor_figure(finding, model->total, "packets of all");
	doctor_why(finding,
		   "Services that the tables do not know (management, backup, monitoring, DNS of "
		   "the inside), a table that the site does not name, or a scan. %s",
		   drops ? "Enforce drops it." : "Enforce would drop it.");
	doctor_next(finding,
		    "xdp-edge suggest shows the heaviest of it as rows; paste those that should "
		    "pass into the site%s.",
		    drops ? ", then xdp-edge reload" : ", before enforce");
}

/*
 * After a load, flows that were open are not known until one of their forward packets has passed:
 * minutes, for a call that runs.
 */
#define UNSOLICITED_MIN	     100
#define UNSOLICITED_PERMILLE 10
#define UNSOLICITED_YOUNG    600 /* seconds */

/* Requests enter from elsewhere than their answers, but on a lan or a mirror. */
static bool faces_one_side(const struct doctor_model *model)
{
	unsigned sides = 0;

	for (size_t i = 0; i < model->n_nics; i++)
		if (model->nics[i].counts)
			sides |= model->nics[i].sides;
	return sides && !(sides & (sides - 1)) && !(sides & (DOCTOR_LAN | DOCTOR_MIRROR));
}

static void unsolicited(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count part = model->misses[XE_MISS_UNSOLICITED];
	bool one_way = faces_one_side(model);
	bool young = !one_way && doctor_is_young(model, UNSOLICITED_YOUNG);
	bool drops = model->has & DOCTOR_GUARD && model->enforcing;
	struct doctor_signs signs =
		share_signs(part, model->total, UNSOLICITED_MIN, UNSOLICITED_PERMILLE);
	struct doctor_finding *finding;

	finding = doctor_settle(doctor, signs, young ? DOCTOR_NOTE : DOCTOR_WARNING, "");
	doctor_what(finding, "Many replies belong to no flow that was seen to begin%s",
		    young ? ", soon after a load" : "");
	doctor_figure(finding, part, "packets unsolicited");
	doctor_figure(finding, model->total, "packets of all");
	if (young)
		doctor_figure_state(finding, model->read_at - model->loaded_at,
				    "seconds since the load");
	doctor_why(finding, "%s",
		   one_way ? "All NICs of the site face the same side, so the requests that these "
			     "answer enter unseen."
		   : young ? "Flows that were open before the load are known only once one of "
			     "their forward packets has passed. That ends by itself within minutes."
			   : "Forward packets take another way around this box, this box "
			     "translates addresses and the site has no `nat:`, flows are quiet for "
			     "longer than `state:` remembers them, or somebody sends answers that "
			     "nobody asked for.");
	doctor_next(finding, "%s",
		    one_way ? (drops ? "Name the NIC on the other side too (`interfaces:`), or "
				       "`state: off`: enforce drops these replies."
				     : "Name the NIC on the other side too (`interfaces:`), or "
				       "`state: off`, before enforce, which would drop these "
				       "replies.")
		    : young ? (drops ? "Look again in ten minutes. Enforce drops them until then; "
				       "users notice? mode: rehearse and xdp-edge reload."
				     : "Look again in ten minutes, and do not enforce before.")
			    : "xdp-edge suggest lists them. Translates this box: `nat: {PUBLIC: "
			      "PRIVATE}`. One direction by another way: `state: off`. Else they "
			      "may well be dropped.");
}

#define MALFORMED_MIN	   50
#define MALFORMED_PERMILLE 1

static void malformed(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count part =
		doctor_sum(model->misses[XE_MISS_MALFORMED], model->misses[XE_MISS_TOO_DEEP]);
	struct doctor_signs signs =
		share_signs(part, model->total, MALFORMED_MIN, MALFORMED_PERMILLE);
	struct doctor_finding *finding;

	finding = doctor_settle(doctor, signs, DOCTOR_WARNING, "");
	doctor_what(finding, "Packets that are cut or contradict themselves");
	doctor_figure(finding, model->misses[XE_MISS_MALFORMED], "packets malformed");
	doctor_figure(finding, model->misses[XE_MISS_TOO_DEEP],
		      "packets with more tags or extension headers than are read (too-deep)");
	doctor_figure(finding, model->total, "packets of all");
	doctor_why(finding,
		   "A tool that sends such packets on purpose, a mirror port or tunnel that cuts "
		   "frames, or a device on the way that breaks them.");
	doctor_next(finding,
		    "xdp-edge stats --by interface tells the NIC; on a mirror port: does it send "
		    "whole frames? Enforce drops them.");
}

/* Two readings apart some misses are usual, half of what enters is another network's traffic. */
#define FOREIGN_MIN	 1000
#define FOREIGN_PERMILLE 500

static void foreign(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count part = model->misses[XE_MISS_FOREIGN];
	struct doctor_signs signs = share_signs(part, model->total, FOREIGN_MIN, FOREIGN_PERMILLE);
	struct doctor_finding *finding;

	finding = doctor_settle(doctor, signs, DOCTOR_NOTE, "");
	doctor_what(finding,
		    "Most of the traffic is between addresses that are no server of the site");
	doctor_figure(finding, part, "packets foreign");
	doctor_figure(finding, model->total, "packets of all");
	doctor_why(finding,
		   "The box stands where other traffic passes too, or the roles have other "
		   "addresses than the site says (before and behind NAT they differ: a role "
		   "needs both).");
	doctor_next(finding,
		    "xdp-edge capture --miss foreign --count 50 | tcpdump -nr -: are the Edge's "
		    "addresses among them, which the site does not have? Other traffic is no "
		    "fault.");
}

/* --- limits and payloads ------------------------------------------------------------------------
 */

#define LIMITED_MIN 100

static void limited(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;
	struct doctor_count sum = {0};
	struct doctor_finding *finding;

	for (size_t i = 0; i < model->n_drops; i++)
		if (!strcmp(model->drops[i].reason, reason_text(XE_REASON_LIMITED)))
			sum = doctor_sum(sum, model->drops[i].packets);
	finding = doctor_settle(doctor, least_signs(sum, LIMITED_MIN), DOCTOR_NOTE, "");
	doctor_what(finding, "Rate limits %s",
		    model->enforcing ? "refuse what is over them" : "would refuse, in enforce");
	doctor_figure(finding, sum, "packets over a limit, since the baseline");
	doctor_why(finding,
		   "Somebody floods a listener, as limits are for. Or many users stand behind "
		   "one address (a company's NAT, a load balancer, the reverse proxy), which "
		   "then is one source.");
	doctor_next(finding,
		    "Do users of one company complain? Then a higher `limit:`, or a row of their "
		    "own with their address and no limit. xdp-edge stats --by role tells where.");
}

/* A port scan's few packets are no protocol; half of what a port carries is another one. */
#define PAYLOAD_MIN   100
#define PAYLOAD_SHARE 2 /* one in two */

static void payloads(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_rows; i++) {
		const struct doctor_row *row = &model->rows[i];
		struct doctor_count both = doctor_sum(row->conforming, row->other);
		struct doctor_signs signs = {0};
		struct doctor_finding *finding;

		for (int w = 0; w < DOCTOR_WINDOWS; w++)
			if (both.in[w] >= PAYLOAD_MIN)
				signs.in[w] = row->other.in[w] * PAYLOAD_SHARE >= both.in[w]
						      ? DOCTOR_BAD
						      : DOCTOR_HEALTHY;
		finding = doctor_settle(doctor, signs, DOCTOR_WARNING, row->id);
		doctor_what(finding, "What comes on %s %s is not what the row is for (%s)",
			    l4_text(row->l4), row->ports_text, row->service);
		doctor_figure(finding, row->other, "payloads that are not its protocol (%s)",
			      row->id);
		doctor_figure(finding, row->conforming, "payloads that are");
		doctor_why(finding,
			   "Another program uses the port (a VPN over 443, a game over 3478), or "
			   "a device on the way ends TLS and begins another. Media relayed in "
			   "flows older than the load count here too.");
		doctor_next(
			finding,
			"xdp-edge capture --row %s --count 50 -w FILE, and look at it; xdp-edge "
			"stats --nonzero shows CONFORMING and OTHER.",
			SHELL_WORD(row->id));
	}
}

const struct doctor_check doctor_guard_checks[] = {
	{"enforce-unconfirmed", "enforce that is not confirmed", DOCTOR_GUARD, true, unconfirmed},
	{"not-enforced", "NICs where enforce does not hold", DOCTOR_GUARD, true, not_enforced},
	{"flows-full", "room for flows", DOCTOR_GUARD, false, flows_full},
	{"table-evicts", "room for fragments and limits", DOCTOR_GUARD, false, evictions},
	{"vlan-unjudged", "VLANs without a policy", DOCTOR_MISS_NICS, false, unjudged},
	{"unsolicited", "replies without a flow", 0, false, unsolicited},
	{"unmatched", "traffic of the servers that no row explains", 0, false, unmatched},
	{"malformed", "malformed packets", 0, false, malformed},
	{"foreign", "traffic that is not the site's", 0, false, foreign},
	{"limited", "rate limits that refuse", DOCTOR_GUARD, false, limited},
	{"payload-other", "other protocols on a row's port", DOCTOR_ROWS, false, payloads},
	{0},
};
