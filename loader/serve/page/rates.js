// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of lines with their rates. It is sorted anew every few seconds only, and never while somebody is in it, with the
 * pointer or with the keys: what one wants to read or choose does not move away.
 */
import {drawSpark, sparkElement} from "./chart.js";
import {byId, element, keyOf, setAttribute, setText, syncChildren} from "./dom.js";
import {bits, count, counted, rate} from "./format.js";
import {filterLines, firstOrder, sortLines} from "./lines.js";

const SORT_EVERY = 5000; // ms
const PAGE = 200; // lines that are shown at once, however many there are

const COLUMNS = [
	{name: "name", title: "Row"},
	{name: "role", title: "Role"},
	{name: "service", title: "Service"},
	{name: "ports", title: "Ports"},
	{name: "packets", title: "Packets/s", text: (line) => rate(line.packets), num: true},
	{name: "bits", title: "Bits/s", text: (line) => bits(line.bits), num: true},
	{name: "matched", title: "Matched/s", text: (line) => rate(line.matched), num: true},
	{name: "replies", title: "Replies/s", text: (line) => rate(line.replies), num: true},
	{name: "fresh", title: "New/s", text: (line) => rate(line.fresh), num: true},
	{name: "total", title: "Packets", text: (line) => count(line.total), num: true},
];

const MEANINGS = {
	packets: "decided by this row, in either direction",
	matched: "matched by this row, deciding or not",
	replies: "matched as answers only",
	fresh: "new flows: TCP SYNs that it matches forward",
	total: "decided since the load",
};

const TITLES = {row: "Row", role: "Role", service: "Service", interface: "Interface"};
/* What stands in the column of ports: linesOf(). */
const PORTS_TITLES = {row: "Ports", role: "Rows", service: "Rows", interface: "Side"};

export class Rates {
	#table = byId("rates");
	#head = byId("rates-head");
	#body = byId("rates-body");
	#order = new Map(); // key -> place, as it was sorted last
	#sortedAt = -Infinity;
	#pointed = false;
	#first = 0; // of the lines in their order, the first that is shown
	#lines = [];
	#shown = []; // all of them, in their order
	#active = null; // the key of the line that Tab reaches
	#handlers;
	#history;
	/* What is shown; by the reader's choice. */
	view = {by: "row", show: "nonzero", filter: "", sort: "packets", order: "descending", selected: ""};

	/*
	 * history: where the small pictures come from. handlers: changed(what), what: "sort" or "selected"; the view has
	 * been changed.
	 */
	constructor(history, handlers) {
		this.#history = history;
		this.#handlers = handlers;
		for (const column of COLUMNS)
			this.#head.append(this.#headCell(column));
		this.#head.append(element("th", {scope: "col", role: "columnheader", class: "c-spark"}, "Last minute"));
		this.#body.addEventListener("pointerenter", (event) => {
			this.#pointed = event.pointerType === "mouse";
		});
		this.#body.addEventListener("pointerleave", () => {
			this.#pointed = false;
		});
		this.#body.addEventListener("click", (event) => this.#click(event));
		this.#body.addEventListener("keydown", (event) => this.#key(event));
		this.#body.addEventListener("focusin", (event) => this.#activate(keyOf(event.target.closest("tr"))));
		byId("rates-previous").addEventListener("click", () => this.#turn(-PAGE, 0));
		byId("rates-next").addEventListener("click", () => this.#turn(PAGE, 0));
	}

	#headCell(column) {
		const button = element("button", {type: "button", title: MEANINGS[column.name]}, column.title);
		const cell = element("th", {
			scope: "col", role: "columnheader", class: `c-${column.name}${column.num ? " num" : ""}`,
		}, button);

		button.addEventListener("click", () => {
			const {view} = this;
			if (view.sort === column.name)
				view.order = view.order === "ascending" ? "descending" : "ascending";
			else
				Object.assign(view, {sort: column.name, order: firstOrder(column.name)});
			this.changed();
			this.#handlers.changed("sort");
		});
		return cell;
	}

	#title({name, title}) {
		return {name: TITLES, ports: PORTS_TITLES}[name]?.[this.view.by] ?? title;
	}

	/* The title of the column that is sorted by. */
	get sortTitle() {
		return this.#title(COLUMNS.find(({name}) => name === this.view.sort));
	}

	/* The view is another one: sort at once. */
	changed() {
		this.#sortedAt = -Infinity;
		this.#first = 0;
		this.render();
	}

	/* New figures: lines of linesOf(), sampled at `at` ms. */
	update(lines, at) {
		this.#lines = lines;
		this.at = at;
		this.render();
	}

	get lines() {
		return this.#lines;
	}

	#minute(line) {
		return this.#history.samples(line.members, this.at - 60000);
	}

	#wanted() {
		const {show, filter} = this.view;
		const lines = this.#lines.filter((line) => show === "all" || (show === "moving" ? this.#moves(line) : line.seen));
		return filterLines(lines, filter);
	}

	#moves(line) {
		return line.packets > 0 || line.seen && this.#history.moved(line.members, this.at - 60000);
	}

	#sorted(lines) {
		const now = performance.now();
		const held = this.#pointed || this.#body.contains(document.activeElement);

		if (this.#sortedAt === -Infinity || !held && now - this.#sortedAt >= SORT_EVERY) {
			const sorted = sortLines(lines, this.view.sort, this.view.order);
			this.#order = new Map(sorted.map((line, i) => [line.key, i]));
			// before the second reading nothing is known to sort by
			this.#sortedAt = lines.some(({packets}) => packets !== undefined) ? now : -Infinity;
			return sorted;
		}
		// what is new stands last until the next time
		return [...lines].sort((a, b) => (this.#order.get(a.key) ?? Infinity) - (this.#order.get(b.key) ?? Infinity) || 0);
	}

	render() {
		const {view} = this;
		const wanted = this.#wanted();

		this.#shown = this.#sorted(wanted);
		setAttribute(this.#table, "data-by", view.by);
		setText(byId("rates-caption"), `Rates by ${view.by}`);
		COLUMNS.forEach((column, i) => setText(this.#head.children[i].firstElementChild, this.#title(column)));
		COLUMNS.forEach((column, i) => setAttribute(this.#head.children[i], "aria-sort",
			view.sort === column.name ? view.order : null));
		this.#renderPage();
		this.#table.hidden = !this.#shown.length;
		byId("rates-empty").hidden = this.#shown.length > 0;
		setText(byId("rates-empty"), this.#emptyText());
		setText(byId("rates-count"), `${counted(this.#shown.length, view.by)}.`);
	}

	#renderPage() {
		const n = this.#shown.length;

		if (this.#first >= n)
			this.#first = Math.max(0, Math.ceil(n / PAGE) - 1) * PAGE;
		const page = this.#shown.slice(this.#first, this.#first + PAGE);
		if (!page.some(({key}) => key === this.#active))
			this.#active = page[0]?.key ?? null;
		syncChildren(this.#body, page, (line) => line.key, () => this.#make(), (node, line) => this.#fill(node, line));
		byId("rates-pages").hidden = n <= PAGE;
		byId("rates-previous").disabled = this.#first === 0;
		byId("rates-next").disabled = this.#first + PAGE >= n;
		setText(byId("rates-place"), `${count(this.#first + 1)}–${count(this.#first + page.length)} of ${count(n)}`);
	}

	/* To the page so many lines from here; the keys go on at its line `at`, from the end if it is negative. */
	#turn(by, at) {
		this.#first += by;
		this.#renderPage();
		this.#body.children[at < 0 ? this.#body.children.length + at : at].querySelector("button").focus();
	}

	#emptyText() {
		const {filter, show} = this.view;
		if (filter.trim())
			return "No line holds all of these words.";
		return {
			all: "There is nothing yet.", nonzero: "No packet has come yet.", moving: "Nothing has moved in the last minute.",
		}[show];
	}

	#make() {
		const row = element("tr", {role: "row"});
		for (const {name, num} of COLUMNS)
			row.append(name === "name"
				? element("th", {scope: "row", role: "rowheader", class: "c-name"}, element("button", {type: "button"}))
				: element("td", {role: "cell", class: `c-${name}${num ? " num" : ""}`}));
		row.append(element("td", {role: "cell", class: "c-spark"}, sparkElement()));
		return row;
	}

	#fill(row, line) {
		const button = row.firstElementChild.firstElementChild, selected = line.key === this.view.selected;

		setText(button, line.name);
		setAttribute(button, "aria-pressed", selected);
		setAttribute(button, "tabindex", line.key === this.#active ? 0 : -1);
		row.classList.toggle("selected", selected);
		row.classList.toggle("quiet", !line.packets);
		COLUMNS.forEach(({name, text}, i) => {
			if (name !== "name")
				setText(row.children[i], text ? text(line) : line[name]);
		});
		drawSpark(row.lastElementChild.firstElementChild, line.seen ? this.#minute(line) : [], this.at);
	}

	#select(key) {
		this.view.selected = this.view.selected === key ? "" : key;
		this.render();
		this.#handlers.changed("selected");
	}

	#click(event) {
		const row = event.target.closest("tr");
		// text may be marked and copied without choosing the line
		if (row && (event.target.closest("button") || getSelection().isCollapsed))
			this.#select(keyOf(row));
	}

	/* One line of the list is reached by Tab, the others by the arrow keys. */
	#activate(key) {
		if (key === undefined || key === this.#active)
			return;
		this.#active = key;
		for (const row of this.#body.children)
			setAttribute(row.firstElementChild.firstElementChild, "tabindex", keyOf(row) === key ? 0 : -1);
	}

	#key(event) {
		const rows = [...this.#body.children], here = rows.indexOf(event.target.closest("tr"));
		const to = {ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: rows.length - 1}[event.key];

		if (to === undefined || here < 0)
			return;
		event.preventDefault();
		if (to < 0 && this.#first > 0)
			return this.#turn(-PAGE, -1);
		if (to >= rows.length && this.#first + PAGE < this.#shown.length)
			return this.#turn(PAGE, 0);
		rows[Math.min(rows.length - 1, Math.max(0, to))].querySelector("button").focus();
	}
}
