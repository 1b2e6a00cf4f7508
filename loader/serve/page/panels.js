// SPDX-License-Identifier: GPL-2.0-only
/* What stands beside the rates: mode, figures of now, misses, drops, interfaces, tables, the counters of one line. */
import {byId, element, fillTable, setAttribute, setText, syncChildren} from "./dom.js";
import {bits, bytes, count, counted, dateTime, percent, rate} from "./format.js";
import {counterRate, indexBy, perSecond, sumCounters} from "./lines.js";
import {eventName, exemptMeaning, missMeaning, reasonMeaning, stateMeaning, tableName} from "./words.js";

const num = (text) => ({text, num: true});
/* A name with what it means. */
const named = (name, meaning) => ({text: name, note: meaning});

/* words: of modeWords(), or others where there is no mode to tell. */
export function showMode({word, text, tone}) {
	setAttribute(byId("mode"), "data-tone", tone);
	setText(byId("mode-word"), word);
	setText(byId("mode-text"), text);
}

function missRate(stats, before, seconds) {
	const sum = (answer) => Object.values(answer.misses).reduce((all, {packets}) => all + packets, 0);
	return before ? perSecond(sum(stats), sum(before), seconds) : undefined;
}

function dropRate(list, old, seconds) {
	return old ? perSecond(sumCounters(list).packets, sumCounters(old).packets, seconds) : undefined;
}

/* The figures on top. `lines`: of linesOf(), by row. before: an earlier answer, or null. */
export function showTiles(stats, before, seconds, lines) {
	const now = before ? counterRate(stats.total, before.total, seconds) : {};
	const misses = missRate(stats, before, seconds);
	const drops = stats.enforcing ? "dropped" : "would_drop";
	const used = lines.filter(({seen}) => seen).length;
	const moving = lines.filter(({packets}) => packets > 0).length;

	setText(byId("tile-packets"), rate(now.packets));
	setText(byId("tile-packets-note"), `${count(stats.total.packets)} in all`);
	setText(byId("tile-bits"), bits(now.bits));
	setText(byId("tile-bits-note"), now.packets > 0 ? `${count(now.bits / 8 / now.packets)} bytes a packet` : "");
	setText(byId("tile-misses"), rate(misses));
	setText(byId("tile-misses-note"), misses === undefined ? "" : `${percent(misses, now.packets)} of all`);
	setText(byId("tile-drops-title"), stats.enforcing ? "Dropped/s" : "Would drop/s");
	setText(byId("tile-drops"), rate(dropRate(stats[drops], before?.[drops], seconds)));
	setText(byId("tile-drops-note"), `${count(sumCounters(stats[drops]).packets)} since the baseline`);
	setText(byId("tile-rows"), before ? count(moving) : "–");
	setText(byId("tile-rows-note"), `moving; ${count(used)} since the load`);
}

export function showMisses(stats, before, seconds) {
	const lines = Object.entries(stats.misses).filter(([, {packets}]) => packets > 0)
		.sort(([, a], [, b]) => b.packets - a.packets)
		.map(([name, counter]) => ({key: name, cells: [
			named(name, missMeaning(name)),
			num(rate(before ? perSecond(counter.packets, before.misses[name]?.packets ?? 0, seconds) : undefined)),
			num(count(counter.packets)), num(bytes(counter.bytes)),
		]}));

	fillTable(byId("misses-body"), lines);
	byId("misses").hidden = !lines.length;
	byId("misses-empty").hidden = lines.length > 0;
}

/* Over interfaces: "REASON\nROLE" -> {reason, role, dropped, would}. */
function dropsByRole(stats) {
	const sums = new Map();
	for (const [list, field] of [[stats.dropped, "dropped"], [stats.would_drop, "would"]]) {
		for (const {reason, role, packets} of list ?? []) {
			const key = `${reason}\n${role}`;
			const sum = sums.get(key) ?? {reason, role, dropped: 0, would: 0};
			sum[field] += packets;
			sums.set(key, sum);
		}
	}
	return sums;
}

export function showDrops(stats, before, seconds) {
	const old = before && dropsByRole(before);
	const all = ({dropped, would}) => dropped + would;
	const lines = [...dropsByRole(stats)].sort(([, a], [, b]) => all(b) - all(a)).map(([key, sum]) => ({key, cells: [
		named(sum.reason, reasonMeaning(sum.reason)), {text: sum.role}, num(count(sum.dropped)), num(count(sum.would)),
		num(rate(old ? perSecond(all(sum), old.has(key) ? all(old.get(key)) : 0, seconds) : undefined)),
	]}));

	setText(byId("drops-since"), stats.baseline_at
		? `Packets since the baseline, ${dateTime(1000 * stats.baseline_at)}; by the role they were for.`
		: "Packets by the role they were for.");
	fillTable(byId("drops-body"), lines);
	byId("drops").hidden = !lines.length;
	byId("drops-empty").hidden = lines.length > 0;
}

export function showInterfaces(stats, before, seconds) {
	const old = indexBy(before?.interfaces, ({name}) => name);

	fillTable(byId("interfaces-body"), stats.interfaces.map((entry) => {
		const how = entry.mode === "none" ? "" : `${entry.mode}${entry.dispatcher ? ", by the dispatcher" : ""}`;
		const now = before ? counterRate(entry, old.get(entry.name), seconds) : {};
		const about = [(entry.sides ?? []).join(", "), how, stateMeaning(entry.state)].filter(Boolean).join("; ");
		return {key: entry.name, cells: [
			named(entry.name, about), num(rate(now.packets)), num(bits(now.bits)), num(count(entry.packets)),
		]};
	}));
}

const TABLE_EVENTS = {
	flows: ["flow-new", "flow-evicted", "flow-full"], fragments: ["fragment-evicted"], buckets: ["bucket-evicted"],
};

/* What happened to a table since the load: "12 begun, 3 evicted", or "". */
function eventsText(stats, table) {
	return TABLE_EVENTS[table].map((name) => {
		const n = (stats.events ?? []).filter((event) => event.name === name).reduce((sum, event) => sum + event.count, 0);
		return n ? `${count(n)} ${eventName(name)}` : "";
	}).filter(Boolean).join(", ");
}

/* How full the tables are; of one that a reload has taken away only what had happened to it. */
export function showTables(stats) {
	const lines = Object.keys(TABLE_EVENTS)
		.map((name) => ({name, fill: stats.tables?.[name], events: eventsText(stats, name)}))
		.filter(({fill, events}) => fill || events);

	syncChildren(byId("tables"), lines, ({name, fill}) => `${name}${fill ? " fill" : ""}`, ({name, fill}) => {
		const id = `table-${name}`;
		return fill
			? element("li", {}, element("label", {for: id}), element("p", {class: "hint"}), element("meter", {id, min: 0}))
			: element("li", {}, element("span"), element("p", {class: "hint"}));
	}, (node, {name, fill, events}) => {
		const [label, note, meter] = node.children;
		const text = fill ? `${fill.about ? "about " : ""}${count(fill.live)} of ${count(fill.capacity)}` +
			` (${percent(fill.live, fill.capacity)})` : "";

		setText(label, `${tableName(name)}${text && `: ${text}`}`);
		setText(note, events);
		if (!meter)
			return;
		// from three quarters on it is worth a look, from nine tenths on it is full for who begins many
		for (const [attribute, value] of Object.entries({max: fill.capacity, low: 0.75 * fill.capacity,
			high: 0.9 * fill.capacity, optimum: 0, value: fill.live}))
			setAttribute(meter, attribute, value);
		setAttribute(meter, "aria-valuetext", text);
	});
	setText(byId("tables-note"), tablesNote(stats));

	const exempt = new Map();
	for (const entry of stats.exempt ?? [])
		exempt.set(entry.name, [...exempt.get(entry.name) ?? [], entry]);
	byId("exempt-part").hidden = !exempt.size;
	fillTable(byId("exempt-body"), [...exempt].map(([name, entries]) => {
		const sum = sumCounters(entries);
		return {key: name, cells: [named(name, exemptMeaning(name)), num(count(sum.packets)), num(bytes(sum.bytes))]};
	}));
}

function tablesNote(stats) {
	if (Object.keys(stats.tables ?? {}).length)
		return "What the program remembers, and how much room there is.";
	if (stats.mode === "monitor")
		return "In monitor the program remembers no packets.";
	return "The live policy remembers no packets; what happened since the load.";
}

/* What is known of the line that was chosen, as pairs. */
function factsOf(line) {
	const {row} = line;
	if (!row)
		return [["Packets", count(line.total)], ["Consists of", line.ports]];
	const both = ({packets, bytes: size}) => `${counted(packets, "packet")}, ${bytes(size)}`;
	return [
		["Service", [row.service, line.ports].filter(Boolean).join(", ")],
		["Way", `${row.source} → ${row.destination}`],
		["Decided", both(row.decided)], ["Matched", both(row.matched)], ["As reply", both(row.reply)],
		["New flows", row.forward_only ? `${count(row.new)}; it has no replies` : count(row.new)],
		...row.conforming === undefined ? []
			: [["Payload", `${count(row.conforming)} as expected, ${count(row.other)} other`]],
		["Interfaces", row.interfaces.map(({name, decided}) => `${name} ${count(decided)}`).join(", ")],
		...row.verdict && row.verdict !== "allow" ? [["Verdict", row.verdict]] : [],
		...row.annotation ? [["Kind", "annotation: it never decides"]] : [],
		...row.active ? [] : [["State", "not active"]],
	];
}

/* line: of linesOf(), or null. */
export function showFacts(list, line) {
	syncChildren(list, line ? factsOf(line) : [], ([title]) => title,
		([title]) => element("div", {}, element("dt", {}, title), element("dd")),
		(node, [, text]) => setText(node.lastElementChild, text));
}
