// SPDX-License-Identifier: GPL-2.0-only
/* The page's pure modules: figures as text, lines of two readings, the history. Needs Node.js alone. */
import assert from "node:assert/strict";

import * as format from "../../loader/serve/page/format.js";
import {History, spans} from "../../loader/serve/page/history.js";
import {filterLines, linesOf, perSecond, sortLines} from "../../loader/serve/page/lines.js";
import {modeWords} from "../../loader/serve/page/words.js";
import {check, finish} from "./check.mjs";

/* --- figures ------------------------------------------------------------------------------------- */

await check("format: counts", () => {
	assert.deepEqual([0, 999, 1000, 1234567890].map(format.count), ["0", "999", "1,000", "1,234,567,890"]);
	assert.deepEqual([null, undefined, NaN].map(format.count), ["–", "–", "–"]);
});
await check("format: rates", () => {
	assert.deepEqual([0, 0.01, 0.05, 0.54, 9.94, 9.95, 1234.5].map(format.rate),
		["0", "<0.1", "0.1", "0.5", "9.9", "10", "1,235"]);
	assert.equal(format.rate(undefined), "–");
});
await check("format: scaled", () => {
	const text = (n) => format.scaled(n).join("");
	assert.deepEqual([0, 0.5, 12, 999, 999.4].map(text), ["0", "0.5", "12", "999", "999"]);
	assert.deepEqual([999.6, 1000, 12345, 123456, 999499].map(text), ["1.00k", "1.00k", "12.3k", "123k", "999k"]);
	assert.deepEqual([999600, 9.996e6, 99.96e6, 1e9, 1e12, 1e16].map(text),
		["1.00M", "10.0M", "100M", "1.00G", "1.00T", "10,000T"]);
});
await check("format: percent", () => {
	assert.deepEqual([[0, 0], [0, 5], [1, 100000], [1, 3], [5, 5]].map(([a, b]) => format.percent(a, b)),
		["0\u00a0%", "0\u00a0%", "<0.1\u00a0%", "33.3\u00a0%", "100\u00a0%"]);
});

await check("format: text from elsewhere is shown as the terminal shows it", () => {
	const text = (...codes) => format.shown(`a${String.fromCodePoint(...codes)}b`);
	assert.equal(text(0x202e), "a\\u{202e}b");
	assert.deepEqual([[0], [9], [0x1b], [0x7f]].map((codes) => text(...codes)), ["a\\x00b", "a\\x09b", "a\\x1bb", "a\\x7fb"]);
	assert.equal(text(0x80, 0x9f), "a\\u{80}\\u{9f}b");
	assert.equal(text(0xe0000, 0xe007f), "a\\u{e0000}\\u{e007f}b", "beyond 16 bits");
	// the first and the last of each range, and who stands beside them
	for (const [first, last] of [[0, 0x1f], [0x7f, 0x9f], [0x61c, 0x61c], [0x200e, 0x200f], [0x2028, 0x202e], [0x2066, 0x2069],
		[0xfeff, 0xfeff], [0xfff9, 0xfffb], [0xe0000, 0xe007f]]) {
		for (const code of [first, last])
			assert.match(text(code), /^a\\(x[0-9a-f]{2}|u\{[0-9a-f]+\})b$/, code.toString(16));
		for (const code of [first - 1, last + 1].filter((beside) => beside >= 0))
			assert.equal(text(code), `a${String.fromCodePoint(code)}b`, code.toString(16));
	}
	assert.equal(format.shown("Zürich ☎ 電話 \u05d0 <s>\"&\\"), "Zürich ☎ 電話 \u05d0 <s>\"&\\", "letters stay");
	assert.deepEqual([undefined, null, 5, false].map(format.shown), ["", "", "5", "false"]);
});

/* --- lines --------------------------------------------------------------------------------------- */

const counter = (packets, bytes) => ({packets, bytes});
const row = (id, role, decided, {reply = 0, fresh = 0, matched = decided} = {}) => ({
	id, role, service: `${role} service`, l4: "udp", ports: "7000", source: "any", destination: role, active: true,
	decided: counter(decided, decided * 100), matched: counter(matched, matched * 100),
	reply: counter(reply + 1000, 0), new: fresh + 1000, decided_reply: counter(reply, 0), decided_new: fresh,
	interfaces: [],
});
const answer = (rows, interfaces = []) => ({rows, interfaces});
const named = (lines) => lines.map(({name}) => name).join(" ");

await check("lines: per second, and nothing where a counter went back", () => {
	assert.equal(perSecond(30, 10, 4), 5);
	assert.equal(perSecond(10, 30, 4), 0);
	assert.equal(perSecond(30, 10, 0), 0);
});
await check("lines: of rows", () => {
	const [a, b] = linesOf(answer([row("t/10", "x", 30, {reply: 8}), row("t/2", "x", 5)]), answer([row("t/10", "x", 10)]), 2, "row");
	assert.deepEqual([a.packets, a.bits, a.replies, a.total], [10, 8000, 4, 30]);
	assert.deepEqual([b.packets, b.total], [2.5, 5], "a row that was not there before began at 0");
});
await check("lines: without an earlier reading nothing is known of rates", () => {
	const [line] = linesOf(answer([row("t/1", "x", 30)]), null, 0, "row");
	assert.equal(line.packets, undefined);
	assert.equal(linesOf(answer([row("t/1", "x", 30)]), null, 0, "role")[0].packets, undefined);
});
await check("lines: groups add up what was decided", () => {
	const now = answer([row("t/1", "x", 30, {reply: 4, fresh: 2}), row("t/2", "y", 7), row("t/3", "x", 10, {reply: 2})]);
	const old = answer([row("t/1", "x", 10), row("t/2", "y", 7), row("t/3", "x", 0)]);
	const [x, y] = linesOf(now, old, 2, "role");
	assert.deepEqual([x.name, x.packets, x.replies, x.fresh, x.matched, x.total, x.ports], ["x", 15, 3, 1, undefined, 40, "2 rows"]);
	assert.deepEqual([y.name, y.packets, y.members], ["y", 0, ["t/2"]]);
	assert.equal(linesOf(answer([row("t/1", "", 1)]), null, 0, "role")[0].name, "(no longer in the site)");
});
await check("lines: interfaces", () => {
	const nic = (packets) => ({name: "wan0", mode: "native", sides: ["internet"], packets, bytes: packets * 100});
	const [line] = linesOf(answer([], [nic(50)]), answer([], [nic(10)]), 4, "interface");
	assert.deepEqual([line.name, line.packets, line.bits, line.total, line.replies], ["wan0", 10, 8000, 50, undefined]);
});
await check("lines: filter by all words, in any order and case", () => {
	const lines = linesOf(answer([row("t/1", "av-edge", 1), row("t/2", "access-edge", 1)]), null, 0, "row");
	assert.equal(named(filterLines(lines, " UDP  av ")), "t/1");
	assert.equal(named(filterLines(lines, "edge")), "t/1 t/2");
	assert.equal(named(filterLines(lines, "edge nowhere")), "");
	assert.equal(named(filterLines(lines, "  ")), "t/1 t/2");
});
await check("lines: sorted, row 2 before row 10, and not in place", () => {
	const lines = linesOf(answer([row("t/10", "x", 5), row("t/2", "y", 5), row("t/3", "x", 9)]), answer([]), 1, "row");
	assert.equal(named(sortLines(lines, "packets", "descending")), "t/3 t/2 t/10");
	assert.equal(named(sortLines(lines, "packets", "ascending")), "t/2 t/10 t/3");
	assert.equal(named(sortLines(lines, "name", "descending")), "t/10 t/3 t/2");
	assert.equal(named(sortLines(lines, "role", "ascending")), "t/3 t/10 t/2");
	assert.equal(named(lines), "t/10 t/2 t/3");
});

/* --- history ------------------------------------------------------------------------------------- */

const values = (entries) => new Map(Object.entries(entries).map(([name, packets]) => [name, {packets, bytes: packets * 10}]));
const packetsOf = (history, ...names) => history.samples(names, -Infinity).map(({packets}) => packets);

await check("history: samples, the newest last, the oldest forgotten", () => {
	const history = new History(3);
	for (let i = 1; i <= 5; i++)
		history.add(i * 1000, values({a: i}));
	assert.deepEqual(history.samples(["a"], 4000), [{at: 4000, packets: 4, bytes: 40}, {at: 5000, packets: 5, bytes: 50}]);
	assert.deepEqual(packetsOf(history, "a"), [3, 4, 5]);
	assert.equal(history.length, 3);
});
await check("history: what appears was 0 before, what stops is 0, sums add up", () => {
	const history = new History(10);
	history.add(1000, values({a: 1}));
	history.add(2000, values({a: 1, b: 5}));
	history.add(3000, values({b: 6}));
	assert.deepEqual(packetsOf(history, "b"), [0, 5, 6]);
	assert.deepEqual(packetsOf(history, "a", "b"), [1, 6, 6]);
	assert.deepEqual(packetsOf(history, "never"), [0, 0, 0]);
});
await check("history: gaps are unknown, to all", () => {
	const history = new History(10);
	history.add(1000, values({a: 1}));
	history.add(2000, null);
	assert.deepEqual(packetsOf(history, "a"), [1, NaN]);
	assert.deepEqual(packetsOf(history, "never"), [0, NaN]);
});
await check("history: no more series than were asked for", () => {
	const history = new History(10, 2);
	history.add(1000, values({a: 1, b: 2, c: 3}));
	assert.deepEqual(packetsOf(history, "c"), [0]);
	assert.deepEqual(packetsOf(history, "b"), [2]);
});

const told = (packets, series = {}) => ({interval: 1, samples: packets.length, series: [
	{name: "total", packets, bytes: packets}, ...Object.entries(series).map(([name, list]) => ({name, packets: list, bytes: list})),
]});

await check("history: from the server", () => {
	const history = new History(4);
	history.add(1000, values({a: 99}));
	history.replace(told([1, 2, null, 4, 5, 6], {a: [0, 0, null, 1, 2, 3]}), 10000, 40);
	assert.deepEqual(history.samples(["a"], -Infinity).map(({at}) => at), [7000, 8000, 9000, 10000]);
	assert.deepEqual(packetsOf(history, "total"), [NaN, 4, 5, 6]);
	assert.deepEqual(packetsOf(history, "a"), [NaN, 1, 2, 3]);
	history.add(11000, values({total: 7, b: 2}));
	assert.deepEqual(packetsOf(history, "a"), [1, 2, 3, 0]);
	assert.deepEqual(packetsOf(history, "b"), [0, 0, 0, 2], "the server told all series: there was no b");
});
await check("history: of series that the server leaves out nothing is known but what was seen here", () => {
	const history = new History(10);
	history.add(9000, values({light: 5}));
	history.replace(told([1, 1, 1], {a: [1, 1, 1]}), 10000, 2);
	assert.deepEqual(packetsOf(history, "light"), [NaN, 5, NaN]);
	assert.deepEqual(packetsOf(history, "later"), [NaN, NaN, NaN]);
	history.add(11000, values({later: 3}));
	assert.deepEqual(packetsOf(history, "later"), [NaN, NaN, NaN, 3]);
	assert.deepEqual(packetsOf(history, "light"), [NaN, 5, NaN, 0]);
});
await check("history: interfaces are never told by the server", () => {
	const history = new History(10);
	history.replace(told([1, 1]), 10000, 40);
	history.add(11000, values({"interface:wan0": 3}));
	assert.deepEqual(packetsOf(history, "interface:wan0"), [NaN, NaN, 3]);
});
await check("history: spans lie on multiples of their width", () => {
	const samples = [1000, 2000, 3000, 5000].map((at) => ({at, packets: at / 1000}));
	const list = spans(samples, "packets", 900, 7000, 2000);
	assert.deepEqual(list.map(({at, mean, max, n}) => [at, mean, max, n]),
		[[1000, 1, 1, 1], [3000, 2.5, 3, 2], [5000, 5, 5, 1], [7000, NaN, NaN, 0]]);
	assert.deepEqual(spans(samples, "packets", 1900, 8000, 2000).find(({at}) => at === 3000).mean, 2.5, "wherever they begin");
});

await check("history: what has moved since when", () => {
	const history = new History(4);
	history.add(1000, new Map([["a", {packets: 3, bytes: 30}], ["b", {packets: 0, bytes: 0}]]));
	history.add(2000, new Map([["b", {packets: 1, bytes: 10}]]));
	history.add(3000, null);
	assert.deepEqual([["a"], ["b"], ["a", "b"], ["never"], []].map((names) => history.moved(names, 0)), [true, true, true, false, false]);
	assert.deepEqual([["a"], ["b"], ["a", "b"]].map((names) => history.moved(names, 1500)), [false, true, true]);
	for (let at = 4000; at < 8000; at += 1000)
		history.add(at, new Map());
	assert.equal(history.moved(["a", "b"], 0), false, "longer ago than is kept");
});

/* --- words --------------------------------------------------------------------------------------- */

await check("words: a mode that does not hold never looks as if it did", () => {
	const tone = (stats) => modeWords(stats).tone;
	assert.equal(tone({mode: "monitor"}), "count");
	assert.equal(tone({mode: "rehearse"}), "rehearse");
	assert.equal(tone({mode: "enforce", enforcing: true}), "enforce");
	assert.equal(tone({mode: "enforce", enforcing: false, not_enforced_on: [{name: "wan0", state: "missing"}]}), "open");
	assert.equal(tone({mode: "enforce", enforcing: true, unconfirmed: true, confirm_in: 20}), "rehearse");
	assert.equal(tone({mode: "enforce", enforcing: false, unconfirmed: true, confirm_in: 0}), "open");
	assert.equal(tone({mode: "something newer", enforcing: true}), "open");
	for (const mode of ["monitor", "rehearse"]) {
		for (const state of ["missing", "gone"]) {
			const stats = {mode, interfaces: [{name: "lan0", state: "attached"}, {name: "wan0", state}]};
			assert.equal(tone(stats), "open");
			assert.equal(modeWords(stats).word, `${mode}, not everywhere`);
			assert.match(modeWords(stats).text, /Nothing is counted on wan0 \(/);
		}
		assert.notEqual(tone({mode, interfaces: [{name: "wan0", state: "renamed"}, {name: "old0", state: "detached"}]}), "open");
	}
	assert.match(modeWords({mode: "enforce", enforcing: false, not_enforced_on: [{name: "wan0", state: "missing"}]}).text, /wan0/);
});

process.exit(finish());
