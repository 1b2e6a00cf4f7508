// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elements made and changed. Text from the server is set by textContent alone, so that a name is never read as markup, and as
 * shown() has it, so that it changes nothing but its own place; what already stands there is not set again, so that nothing that
 * has not changed is laid out or read out anew.
 */
import {shown} from "./format.js";


export function byId(id) {
	return document.getElementById(id);
}

/* element("td", {class: "num", scope: "row"}, "text", child…): attributes that are null or false are left out. */
export function element(tag, attributes = {}, ...children) {
	return filled(document.createElement(tag), attributes, children);
}

const SVG = "http://www.w3.org/2000/svg";

export function svgElement(tag, attributes = {}, ...children) {
	return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes))
		setAttribute(node, name, value);
	node.append(...children.filter((child) => child !== null && child !== undefined)
		.map((child) => child instanceof Node ? child : shown(child)));
	return node;
}

export function setAttribute(node, name, value) {
	const text = shown(value);

	if (value === null || value === undefined || value === false)
		node.removeAttribute(name);
	else if (node.getAttribute(name) !== text)
		node.setAttribute(name, text);
}

export function setText(node, text) {
	const whole = shown(text);

	if (node.textContent !== whole)
		node.textContent = whole;
}

/* Names as they are, by which elements are found again; two of them may look the same in the document. */
const keys = new WeakMap();

/* The key of a child of syncChildren(). */
export function keyOf(node) {
	return keys.get(node);
}

/*
 * Make the children of `parent` those of `items`, in this order, and keep the elements of items that were there before:
 * focus stays where it is. `key(item)` is a string; `make(item)` gives a new element, `update(node, item)` fills one in.
 */
export function syncChildren(parent, items, key, make, update) {
	const old = new Map();
	for (const node of parent.children)
		old.set(keyOf(node), node);
	const nodes = items.map((item) => {
		const name = key(item);
		let node = old.get(name);
		if (node) {
			old.delete(name);
		} else {
			node = make(item);
			keys.set(node, name);
			setAttribute(node, "data-key", name);
		}
		update(node, item);
		return node;
	});
	for (const node of old.values())
		node.remove();
	// Only what is out of place is moved: a moved element loses the focus.
	let next = parent.firstElementChild;
	for (const node of nodes) {
		if (node === next)
			next = next.nextElementSibling;
		else
			parent.insertBefore(node, next);
	}
}

/*
 * Lines of cells for a small table: the first cell heads the line. lines: [{key, cells: [{text, note, num}]}]; a note stands
 * behind the text and says what it means. Roles are written out, since tables are laid out as blocks on narrow screens.
 */
export function fillTable(body, lines) {
	syncChildren(body, lines, (line) => line.key, (line) => element("tr", {role: "row"}, ...line.cells.map(makeCell)),
		(node, line) => line.cells.forEach((cell, i) => {
			setText(node.children[i].firstElementChild, cell.text);
			setText(node.children[i].lastElementChild, cell.note ?? "");
		}));
}

function makeCell({num}, i) {
	const parts = [element("span"), " ", element("span", {class: "hint"})];
	return i === 0 ? element("th", {scope: "row", role: "rowheader"}, ...parts)
		: element("td", {role: "cell", class: num && "num"}, ...parts);
}
