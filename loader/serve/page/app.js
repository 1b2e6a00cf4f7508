// SPDX-License-Identifier: GPL-2.0-only
/* The page: what is asked of the server, kept, and shown where. */
import {Chart} from "./chart.js";
import {byId, element, setAttribute, setText} from "./dom.js";
import {setUpExplain} from "./explain.js";
import {Feed} from "./feed.js";
import {shown, time} from "./format.js";
import {History} from "./history.js";
import {COLUMNS, GROUPINGS, counterRate, linesOf} from "./lines.js";
import {showDrops, showFacts, showInterfaces, showMisses, showMode, showTables, showTiles} from "./panels.js";
import {Rates} from "./rates.js";
import {modeWords} from "./words.js";

const SERVER_SERIES = 40; // that /api/v1/history tells at most

const history = new History();
const rates = new Rates(history, {changed});
const charts = {total: new Chart(byId("chart-total")), selected: new Chart(byId("chart-selected"))};
const facts = byId("chart-selected").appendChild(element("dl", {class: "facts"}));
const view = {minutes: "5", unit: "packets"};
let before = null, stats = null;
let rows = []; // the lines of the two, by row
let seconds = 0, readAt = 0; // between the two; when the newer one came, ms
let interval = 1000; // ms between readings
let goesOn = false; // the next reading is to be compared with `stats`
let lastWords = "";

/* --- what is said aloud -------------------------------------------------------------------------- */

const announcer = byId("announcer");

let unsaid = [];

/* States only, never figures: those move all day. The same words are said again; what comes together is said together. */
function announce(text) {
	if (!unsaid.length) {
		setText(announcer, "");
		setTimeout(() => {
			setText(announcer, unsaid.join(" "));
			unsaid = [];
		}, 50);
	}
	unsaid.push(text);
}

/* --- readings ------------------------------------------------------------------------------------ */

/* A reading's own time in seconds, by a clock that never jumps. */
function takenAt(answer) {
	return answer.monotonic_ms / 1000;
}

/* Rates per name for the history: rows, misses, interfaces, total. */
function sample() {
	const values = new Map();
	const put = (name, packets, bytes) => values.set(name, {packets, bytes});
	for (const line of rows)
		put(line.key, line.packets, line.bits / 8);
	for (const line of linesOf(stats, before, seconds, "interface"))
		put(line.key, line.packets, line.bits / 8);
	for (const [name, miss] of Object.entries(stats.misses)) {
		const {packets, bits} = counterRate(miss, before.misses[name], seconds);
		put(`miss:${name}`, packets, bits / 8);
	}
	const {packets, bits} = counterRate(stats.total, before.total, seconds);
	put("total", packets, bits / 8);
	return values;
}

/* The policy was unloaded and loaded between these two: nothing can be told from them. */
function beganAnew(now, old) {
	return now.loaded_at !== old.loaded_at || now.total.packets < old.total.packets;
}

function reading(answer) {
	// if not, it may be another choice of rows
	const isNew = !goesOn || takenAt(answer) !== takenAt(stats);

	if (isNew) {
		before = goesOn && !beganAnew(answer, stats) ? stats : null;
		seconds = before ? takenAt(answer) - takenAt(before) : 0;
		goesOn = true;
		readAt = Date.now();
	}
	stats = answer;
	rows = linesOf(stats, before, seconds, "row");
	if (isNew && before)
		history.add(readAt, sample());
	show();
}

function showStatus(answer) {
	const status = answer.policies[0];

	if (!status)
		return;
	setText(byId("about"), [
		status.version && `xdp-edge ${status.version}`, `policy ${status.name}, generation ${status.generation}`,
		status.loaded && `loaded ${status.loaded}`,
	].filter(Boolean).join(" · "));
}

/* --- the picture --------------------------------------------------------------------------------- */

function show() {
	const {by} = rates.view;
	setText(byId("site"), stats.site);
	const words = modeWords(stats);

	if (lastWords && words.word !== lastWords)
		announce(`Mode: ${words.word}. ${words.text}`);
	lastWords = words.word;
	showMode(words);
	showTiles(stats, before, seconds, rows);
	rates.update(linesOf(stats, before, seconds, by, rows), readAt);
	showMisses(stats, before, seconds);
	showDrops(stats, before, seconds);
	showInterfaces(stats, before, seconds);
	showTables(stats);
	showCharts();
	showTitle();
}

function missSeries() {
	return Object.keys(stats.misses).map((name) => `miss:${name}`);
}

function showCharts() {
	const to = readAt, from = to - 60000 * view.minutes;
	const span = {from, to, interval, unit: view.unit};
	const {selected} = rates.view;
	const line = rates.lines.find(({key}) => key === selected) ?? null;

	charts.total.show({...span, title: "All packets", samples: history.samples(["total"], from)});
	if (line)
		charts.selected.show({...span, title: line.name, samples: history.samples(line.members, from)});
	else if (selected)
		charts.selected.show({title: "No packet of the chosen line yet", text: selected, samples: null});
	else
		charts.selected.show({...span, title: "All misses", samples: history.samples(missSeries(), from)});
	showFacts(facts, line);
}

function showTitle() {
	const name = stats ? `${stats.site} · ` : "";
	const trouble = {lost: "connection lost", unloaded: "not loaded", paused: "paused"}[feed.state];
	const title = shown(`${trouble ? `(${trouble}) ` : ""}${name}${stats ? `${lastWords} · ` : ""}xdp-edge`);
	if (document.title !== title)
		document.title = title;
}

/* --- how it stands with the server --------------------------------------------------------------- */

const STATES = {
	connecting: () => "Connecting …",
	live: () => "Live",
	paused: () => `Paused at ${time(Date.now())}`,
	hidden: () => "Waiting until it is seen",
	lost: () => "Connection lost",
	unloaded: () => "Policy not loaded",
};

const TROUBLE = {
	lost: ({message}) => `No answer from the server since ${time(lostAt)}${message && `: ${message}`}. ` +
		"The figures are the last ones; it is asked again and again.",
	unloaded: ({message}) => `${message || "The policy is not loaded"}. It is shown again as soon as it is loaded.`,
};

/* A mode that nobody vouches for is not shown as if it held. */
const NO_MODE = {
	lost: () => ({
		word: lastWords ? `last known: ${lastWords}` : "not known", tone: "none",
		text: lastWords ? `It was so at ${time(readAt)}.` : "",
	}),
	unloaded: () => ({word: "not loaded", text: "There is no policy to tell of.", tone: "none"}),
};

let lastState = "connecting", lostAt = 0;

function feedState(state, detail) {
	const trouble = state === "lost" || state === "unloaded";

	if (trouble && lastState !== state)
		lostAt = Date.now();
	setText(byId("feed"), STATES[state]());
	setAttribute(byId("feed"), "data-state", state);
	byId("retry").hidden = !trouble;
	byId("notice").hidden = !trouble;
	if (trouble) {
		setText(byId("notice"), TROUBLE[state](detail));
		showMode(NO_MODE[state]());
	}
	document.body.classList.toggle("stale", trouble);
	if (state !== "live")
		goesOn = false; // nobody knows what has been between
	// hiding and showing the page is the reader's own doing
	if (state !== lastState && state !== "hidden" && lastState !== "hidden" &&
		!(state === "live" && lastState === "connecting"))
		announce(state === "live" ? "Connected: the figures are live." : STATES[state]());
	lastState = state;
	showTitle();
}

const feed = new Feed({
	state: feedState, reading, status: showStatus,
	history: (answer) => {
		interval = Math.max(1000, 1000 * answer.interval);
		history.replace(answer, Date.now(), SERVER_SERIES);
	},
});

/* --- what the reader chooses --------------------------------------------------------------------- */

const choices = {
	by: {control: byId("by"), object: rates.view, values: GROUPINGS},
	show: {control: byId("show"), object: rates.view, values: ["nonzero", "moving", "all"]},
	filter: {control: byId("filter"), object: rates.view},
	sort: {object: rates.view, values: COLUMNS},
	order: {object: rates.view, values: ["ascending", "descending"]},
	selected: {object: rates.view},
	minutes: {control: byId("minutes"), object: view, values: ["1", "5", "15", "60"]},
	unit: {control: byId("unit"), object: view, values: ["packets", "bits"]},
};
const defaults = Object.fromEntries(Object.entries(choices).map(([name, {object}]) => [name, object[name]]));

/* The address keeps what is chosen: a reload, a bookmark or a colleague sees the same. */
function remember() {
	const chosen = Object.entries(choices).map(([name, {object}]) => [name, object[name]])
		.filter(([name, value]) => value !== defaults[name]);
	const hash = new URLSearchParams(chosen).toString();
	window.history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
}

function recall() {
	for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
		const choice = Object.hasOwn(choices, name) ? choices[name] : null;
		if (choice && (!choice.values || choice.values.includes(value)))
			choice.object[name] = value;
	}
	for (const [name, {control, object}] of Object.entries(choices))
		if (control)
			control.value = object[name];
	feed.parameters = rates.view.show === "all" ? {} : {nonzero: "1"};
}

function changed(what) {
	remember();
	if (what === "sort")
		announce(`Sorted by ${rates.sortTitle}, ${rates.view.order}.`);
	if (stats && what === "selected")
		showCharts();
}

let saying = 0;

function choose(name, value) {
	choices[name].object[name] = value;
	remember();
	if (name === "show") {
		feed.parameters = value === "all" ? {} : {nonzero: "1"};
		feed.hurry();
	}
	if (name === "by")
		rates.view.selected = "";
	if (stats && name === "by")
		rates.update(linesOf(stats, before, seconds, value, rows), readAt);
	rates.changed();
	if (stats)
		showCharts();
	if (choices[name].object === rates.view) {
		clearTimeout(saying);
		saying = setTimeout(() => announce(byId("rates-count").textContent), 700);
	}
}

for (const [name, {control}] of Object.entries(choices))
	control?.addEventListener("input", () => choose(name, control.value));
byId("rates-form").addEventListener("submit", (event) => event.preventDefault());
byId("retry").addEventListener("click", () => feed.retry());
byId("pause").addEventListener("click", (event) => {
	feed.paused = !feed.paused;
	setAttribute(event.currentTarget, "aria-pressed", feed.paused);
});
addEventListener("hashchange", () => {
	Object.entries(choices).forEach(([name, {object}]) => {
		object[name] = defaults[name];
	});
	recall();
	rates.changed();
});
setUpExplain(announce);
recall();
feed.start();
