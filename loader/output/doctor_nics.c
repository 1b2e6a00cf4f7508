// SPDX-License-Identifier: GPL-2.0-only
/* The doctor on NICs: whether the program is there, what hides packets from it, NICs that see
 * nothing. */
#include "doctor_check.h"

#include <string.h>

/* Enforce that does not hold there is not-enforced's. */
static bool is_gap(const struct doctor_model *model, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (model->not_enforced_on, i, entry) {
		const char *gap = json_string_value(json_object_get(entry, "name"));

		if (gap && !strcmp(gap, name))
			return true;
	}
	return false;
}

static void missing(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		bool gone = !strcmp(nic->state, "gone");
		struct doctor_finding *finding;

		if (!nic->attached || !nic->state[0])
			continue;
		finding = doctor_stands(doctor, !nic->counts && !is_gap(model, nic->name),
					DOCTOR_PROBLEM, nic->name);
		doctor_what(finding, "%s: %s, nothing is counted or filtered there", nic->name,
			    gone ? "the interface is gone" : "the program is not on it any more");
		doctor_figure(finding, nic->packets, "packets counted on %s so far", nic->name);
		doctor_why(finding, "%s",
			   gone ? "It was removed, renamed beyond recognition, or made anew (a "
				  "bond, a VM's tap)."
				: "Somebody has taken the program off (ip link set dev NIC xdp "
				  "off), or another took its place.");
		doctor_next(finding, "%s", doctor_reattach(gone));
	}
}

static void down(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		struct doctor_finding *finding;

		if (!nic->attached || nic->facts.up < 0 || !nic->facts.known)
			continue;
		finding = doctor_stands(doctor, !nic->facts.up, DOCTOR_WARNING, nic->name);
		doctor_what(finding, "%s is down", nic->name);
		doctor_figure(finding, nic->packets, "packets counted on %s so far", nic->name);
		doctor_why(finding,
			   "It was not brought up after boot, or has no link: cable, switch "
			   "port, the other end.");
		doctor_next(finding, "ip link set %s up; ethtool %s says whether there is a link.",
			    SHELL_WORD(nic->name), SHELL_WORD(nic->name));
	}
}

/* Frames without a tag on a trunk that has VLANs only. */
#define HIDDEN_MIN 100

/*
 * Stripping is how most drivers start, and harmless where the site names no VLAN. That it does is
 * seen by several sides on one NIC, or by any frame of no VLAN of the site: a NIC that is named
 * itself has none. Of one that names a VLAN, and hides tags, all frames are such: it takes some to
 * say that there are none.
 */
static void vlan_hidden(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		struct doctor_count none = nic->misses[XE_MISS_NO_POLICY];
		bool trunk = nic->sides & (nic->sides - 1) || none.in[SINCE_LOAD];
		struct doctor_finding *finding;

		if (!nic->attached || !nic->facts.known || nic->facts.rxvlan < 0)
			continue;
		if (nic->facts.rxvlan == 1 && nic->packets.in[SINCE_LOAD] < HIDDEN_MIN)
			doctor_too_little(doctor);
		finding = doctor_stands(doctor, nic->facts.rxvlan == 1 && trunk,
					none.in[SINCE_LOAD] >= HIDDEN_MIN ? DOCTOR_PROBLEM
									  : DOCTOR_WARNING,
					nic->name);
		doctor_what(finding, "%s strips VLAN tags before the program sees them", nic->name);
		doctor_figure(finding, none, "frames of no VLAN of the site (no-policy)");
		doctor_figure(finding, nic->packets, "frames on %s", nic->name);
		doctor_why(finding,
			   "RX VLAN offload is on: the NIC (driver %s) takes the tag off, and "
			   "frames of every VLAN look untagged. Sides cannot be told, so rows "
			   "see nothing, or the wrong ones.",
			   nic->facts.driver);
		doctor_next(finding,
			    "ethtool -K %s rxvlan off, and make it stay so (systemd.link: "
			    "ReceiveVLANCTAGHardwareAcceleration=no).",
			    SHELL_WORD(nic->name));
	}
}

static void merged(struct doctor *doctor, const struct doctor_nic *nic, int on, const char *what,
		   const char *option)
{
	struct doctor_finding *finding;

	if (!nic->attached || !nic->facts.known || on < 0)
		return;
	finding = doctor_stands(doctor, on == 1, DOCTOR_WARNING, nic->name);
	doctor_what(finding, "%s merges packets on %s before they are counted", what, nic->name);
	doctor_figure(finding, nic->packets, "packets counted on %s", nic->name);
	doctor_why(finding,
		   "The NIC (driver %s) joins TCP segments to large frames: packets are counted "
		   "too low, limits and drops work on what was joined%s.",
		   nic->facts.driver,
		   strcmp(option, "lro") ? ""
					 : ", and what is forwarded can no longer be taken apart");
	doctor_next(finding, "ethtool -K %s %s off, and make it stay so.", SHELL_WORD(nic->name),
		    option);
}

static void lro(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->model->n_nics; i++)
		merged(doctor, &doctor->model->nics[i], doctor->model->nics[i].facts.lro, "LRO",
		       "lro");
}

/* virtio_net goes on saying that it is on, and has it off while a native XDP program is attached.
 */
static void gro_hw(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->model->n_nics; i++) {
		const struct doctor_nic *nic = &doctor->model->nics[i];
		bool idle = nic->facts.known && !strcmp(nic->facts.driver, "virtio_net");

		merged(doctor, nic, idle ? 0 : nic->facts.gro_hw, "GRO-HW", "rx-gro-hw");
	}
}

static void generic(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->model->n_nics; i++) {
		const struct doctor_nic *nic = &doctor->model->nics[i];
		struct doctor_finding *finding;

		if (!nic->attached)
			continue;
		finding = doctor_stands(doctor, nic->generic, DOCTOR_NOTE, nic->name);
		doctor_what(finding, "%s runs the program in generic mode", nic->name);
		doctor_figure(finding, nic->packets, "packets on %s", nic->name);
		doctor_why(finding,
			   "The kernel has made a socket buffer of each packet before the "
			   "program sees it: dropping is several times dearer, and a flood is "
			   "felt sooner.");
		doctor_next(finding,
			    "Does the driver have native XDP (a newer kernel, another MTU, LRO "
			    "off)? Then xdp-edge unload, and load --mode native. Else no fault.");
	}
}

/* Others have so many, this one has none. */
#define IDLE_WHILE 1000

static void idle(struct doctor *doctor)
{
	const struct doctor_model *model = doctor->model;

	for (size_t i = 0; i < model->n_nics; i++) {
		const struct doctor_nic *nic = &model->nics[i];
		struct doctor_signs signs = {0};
		struct doctor_finding *finding;

		/* without the program it is nic-missing's */
		if (!nic->attached || !nic->counts)
			continue;
		for (int w = 0; w < DOCTOR_WINDOWS; w++)
			if (nic->packets.in[w])
				signs.in[w] = DOCTOR_HEALTHY;
			else if (model->total.in[w] >= IDLE_WHILE)
				signs.in[w] = DOCTOR_BAD;
		/* silent for seconds is a link of few users, not a fault: only where it never had
		 * any */
		if (nic->packets.in[SINCE_LOAD])
			signs.in[RECENT] = DOCTOR_UNKNOWN;
		finding = doctor_settle(doctor, signs, DOCTOR_WARNING, nic->name);
		doctor_what(finding, "%s sees nothing while others carry traffic", nic->name);
		doctor_figure(finding, nic->packets, "packets on %s", nic->name);
		doctor_figure(finding, model->total, "packets of all");
		doctor_why(finding,
			   "It is not the NIC that the site means, its link is down, or traffic "
			   "takes another way (a bond's other member, a bridge port, a VLAN on "
			   "another NIC).");
		doctor_next(finding,
			    "ip -s link show %s: do its own counters move? If not: cable, "
			    "switch, route. If they do: xdp-edge status, is the program on it?",
			    SHELL_WORD(nic->name));
	}
}

const struct doctor_check doctor_nic_checks[] = {
	{"nic-missing", "NICs that the program is missing from", DOCTOR_STATES, true, missing},
	{"nic-down", "NICs that are down", DOCTOR_FACTS, true, down},
	{"vlan-hidden", "RX VLAN offload that hides tags", DOCTOR_FACTS, true, vlan_hidden},
	{"lro", "LRO", DOCTOR_FACTS, true, lro},
	{"gro-hw", "GRO in hardware", DOCTOR_FACTS, true, gro_hw},
	{"generic-mode", "generic XDP", 0, true, generic},
	{"nic-silent", "NICs that see nothing", 0, false, idle},
	{0},
};
