// SPDX-License-Identifier: GPL-2.0-only
/* What the names in the counters mean, in a sentence each; unknown names (of a newer server) have none. */

const MISSES = {
	"unmatched": "one end is protected, and no row allows it",
	"foreign": "neither end is protected",
	"martian": "an address that no network has",
	"unsolicited": "a reply without a flow",
	"spoofed": "a protected source address on the wrong side",
	"fragment": "a later fragment: it has no ports",
	"ip-other": "ICMP, GRE and others without ports",
	"ipsec": "ESP or IKE at hosts of the IPsec table",
	"non-ip": "neither IPv4 nor IPv6, such as ARP",
	"malformed": "headers that are cut or contradict themselves",
	"too-deep": "more tags or headers than are read",
	"no-policy": "of a VLAN that the site does not name",
};

const REASONS = {
	...MISSES,
	"deny-list": "an address on a deny list",
	"deny-row": "a row whose verdict is deny",
	"limited": "beyond the limit of its source",
	"fragment-denied": "a later fragment of a packet that was dropped",
	"fragment-orphan": "a later fragment whose first one was not seen",
	"echo": "ping, which the site drops",
};

const EXEMPT = {
	"arp": "address resolution", "lldp": "neighbours of the link", "stp": "spanning tree", "eapol": "802.1X",
	"lacp": "link aggregation", "pppoe-discovery": "PPPoE discovery", "nd": "IPv6 neighbour and listener discovery",
	"pmtu": "fragmentation needed, packet too big", "echo": "ping", "dhcp": "DHCP",
};

const TABLES = {
	"flows": "Flows", "fragments": "Fragmented packets", "buckets": "Sources with a limit",
};

const EVENTS = {
	"flow-new": "begun", "flow-evicted": "evicted", "flow-full": "not remembered for lack of room",
	"fragment-evicted": "evicted", "bucket-evicted": "evicted",
};

const STATES = {
	"attached": "attached", "renamed": "attached, renamed since", "unknown": "cannot be verified without root",
	"detached": "no longer in the site", "missing": "the program is not on it: what comes in passes",
	"gone": "there is no such interface", "mirror": "its frames are copies",
};

function find(table, name) {
	return Object.hasOwn(table, name) ? table[name] : "";
}

export const missMeaning = (name) => find(MISSES, name);
export const reasonMeaning = (name) => find(REASONS, name);
export const exemptMeaning = (name) => find(EXEMPT, name);
export const tableName = (name) => find(TABLES, name) || name;
export const eventName = (name) => find(EVENTS, name) || name;
export const stateMeaning = (name) => find(STATES, name) || name;

function gapsText(gaps) {
	return gaps.map(({name, state}) => `${name} (${stateMeaning(state)})`).join(", ");
}

/*
 * What the mode comes to: {word, text, tone}, from an answer of /api/v1/stats. tone: "count" (nothing is ever dropped),
 * "rehearse", "enforce" (it drops), "open" (it does not do on every interface what it should).
 */
export function modeWords(stats) {
	const gaps = stats.not_enforced_on ?? [];
	const lost = (stats.interfaces ?? []).filter(({state}) => state === "missing" || state === "gone");
	const uncounted = lost.length ? ` Nothing is counted on ${gapsText(lost)}.` : "";
	const where = lost.length ? ", not everywhere" : "";
	const but = gaps.length ? ` Not on ${gapsText(gaps)}.` : "";

	switch (stats.mode) {
	case "monitor":
		return {
			word: `monitor${where}`, tone: lost.length ? "open" : "count",
			text: `Counts only: everything passes.${uncounted}`,
		};
	case "rehearse":
		return {
			word: `rehearse${where}`, tone: lost.length ? "open" : "rehearse",
			text: `Everything passes; what enforce would drop is counted.${uncounted}`,
		};
	case "enforce":
		break;
	default:
		return {word: String(stats.mode ?? ""), text: "", tone: "open"};
	}
	if (stats.unconfirmed && !(stats.confirm_in > 0))
		return {
			word: "not enforcing", tone: "open",
			text: "Enforce was not confirmed in time: it rehearses, and everything passes.",
		};
	if (stats.unconfirmed)
		return {
			word: "enforce, unconfirmed", tone: stats.enforcing ? "rehearse" : "open",
			text: `${stats.confirm_in} s left, then it rehearses: xdp-edge confirm keeps it.${but}`,
		};
	if (!stats.enforcing)
		return {word: "not enforcing", text: `Mode enforce, but it does not hold.${but}`, tone: "open"};
	return {word: "enforce", text: `What no row allows is dropped.${but}`, tone: "enforce"};
}
