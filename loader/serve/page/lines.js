// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two readings of /api/v1/stats become lines with rates, by row, role, service or interface; and which of them are shown, in
 * which order. Pure: no document, no request.
 */

export const GROUPINGS = ["row", "role", "service", "interface"];

/* Per second; 0 where the counter is less than it was: the policy was loaded anew, or a baseline was set. */
export function perSecond(now, before, seconds) {
	return now > before && seconds > 0 ? (now - before) / seconds : 0;
}

/* {packets, bits} per second of two counters; of one that was not there before: from nothing. */
export function counterRate(now, before, seconds) {
	return {
		packets: perSecond(now.packets, before?.packets ?? 0, seconds),
		bits: 8 * perSecond(now.bytes, before?.bytes ?? 0, seconds),
	};
}

/* A map of the entries of a list; `key(entry)` is a string. */
export function indexBy(list, key) {
	return new Map((list ?? []).map((entry) => [key(entry), entry]));
}

/* The parts of a sum that is told by reason, role and interface. */
export function sumCounters(list) {
	return (list ?? []).reduce((sum, {packets, bytes}) => ({packets: sum.packets + packets, bytes: sum.bytes + bytes}),
		{packets: 0, bytes: 0});
}

function rowLine(row, before, seconds) {
	const line = {
		key: row.id, name: row.id, role: row.role, service: row.service,
		ports: [row.l4, row.ports].filter(Boolean).join(" "),
		// made when somebody filters: there may be thousands of rows, every second
		get words() {
			return [row.id, row.role, row.service, row.l4, row.ports, row.source, row.destination].join(" ").toLowerCase();
		},
		total: row.decided.packets, seen: row.decided.packets + row.matched.packets > 0,
		members: [row.id], row,
	};
	if (seconds) {
		const {packets, bits} = counterRate(row.decided, before?.decided, seconds);
		Object.assign(line, {
			packets, bits,
			matched: perSecond(row.matched.packets, before?.matched.packets ?? 0, seconds),
			replies: perSecond(row.reply.packets, before?.reply.packets ?? 0, seconds),
			fresh: perSecond(row.new, before?.new ?? 0, seconds),
			decidedReplies: perSecond(row.decided_reply.packets, before?.decided_reply.packets ?? 0, seconds),
			decidedFresh: perSecond(row.decided_new, before?.decided_new ?? 0, seconds),
		});
	}
	return line;
}

/* Rows that only the totals know; `service` says the same of them. */
const GONE = "(no longer in the site)";
/* Figures of a group, and those of its rows that they are the sum of. */
const SUMS = {packets: "packets", bits: "bits", replies: "decidedReplies", fresh: "decidedFresh"};

/*
 * Lines of rows added up. A packet that matches several rows is told by each of them and decided by one: so groups know of
 * packets, replies and new flows what was decided, which adds up, and nothing of what was matched.
 */
function groupLines(rows, by) {
	const groups = new Map();
	for (const row of rows) {
		const name = row[by] || GONE;
		let group = groups.get(name);
		if (!group) {
			const parts = [];
			group = {
				key: `${by}:${name}`, name, role: by === "role" ? name : "", service: by === "service" ? name : "",
				ports: "", total: 0, seen: false, members: [], parts,
				get words() {
					return parts.map(({words}) => words).join(" ");
				},
			};
			groups.set(name, group);
		}
		group.members.push(row.key);
		group.parts.push(row);
		group.total += row.total;
		group.seen ||= row.seen;
		if (row.packets === undefined)
			continue;
		for (const [figure, part] of Object.entries(SUMS))
			group[figure] = (group[figure] ?? 0) + row[part];
	}
	for (const group of groups.values())
		group.ports = `${group.members.length} row${group.members.length === 1 ? "" : "s"}`;
	return [...groups.values()];
}

function interfaceLines(now, before, seconds) {
	const old = indexBy(before?.interfaces, (entry) => entry.name);
	return now.interfaces.map((entry) => ({
		key: `interface:${entry.name}`, name: entry.name, role: "", service: "", ports: (entry.sides ?? []).join(", "),
		words: [entry.name, entry.mode, ...entry.sides ?? []].join(" ").toLowerCase(),
		total: entry.packets, seen: entry.packets > 0, members: [`interface:${entry.name}`],
		...seconds ? counterRate(entry, old.get(entry.name), seconds) : {},
	}));
}

/*
 * All lines. `before`: an earlier answer, or null: then nothing is known of rates. seconds: between the two.
 *   key, name, role, service, ports: texts; words: what a filter looks in
 *   packets, bits, matched, replies, fresh: per second; undefined where they are not known
 *   total: packets since the load; seen: whether there ever was one
 *   members: the series whose sum is this line's history
 * rows: those of "row", where they are there already.
 */
export function linesOf(now, before, seconds, by, rows = null) {
	if (by === "interface")
		return interfaceLines(now, before, before ? seconds : 0);
	const lines = rows ?? rowLines(now, before, before ? seconds : 0);
	return by === "row" ? lines : groupLines(lines, by);
}

function rowLines(now, before, seconds) {
	const old = indexBy(before?.rows, (row) => row.id);
	return now.rows.map((row) => rowLine(row, old.get(row.id), seconds));
}

/* Lines that hold every word of the text, in any order; upper and lower case alike. */
export function filterLines(lines, text) {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	return words.length ? lines.filter((line) => words.every((word) => line.words.includes(word))) : lines;
}

export const COLUMNS = ["name", "role", "service", "ports", "packets", "bits", "matched", "replies", "fresh", "total"];
const TEXT_COLUMNS = ["name", "role", "service", "ports"];

const collator = new Intl.Collator("en", {numeric: true});

/* How a column is sorted first: text upwards, figures with the most first. */
export function firstOrder(column) {
	return TEXT_COLUMNS.includes(column) ? "ascending" : "descending";
}

/* A new list. Equal lines stand by name, row 2 before row 10. What is not known is less than 0. */
export function sortLines(lines, column, order) {
	const sign = order === "ascending" ? 1 : -1;
	const compare = TEXT_COLUMNS.includes(column)
		? (a, b) => sign * collator.compare(a[column], b[column])
		: (a, b) => sign * ((a[column] ?? -1) - (b[column] ?? -1));
	return [...lines].sort((a, b) => compare(a, b) || collator.compare(a.name, b.name));
}
