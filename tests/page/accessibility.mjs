// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be told of a page's accessibility by looking at it: functions that run inside the page and return a list of what
 * is wrong, empty if nothing is. Contrast is that of WCAG 2.1 (1.4.3, level AA), computed from what is drawn.
 */

/* Names, labels, landmarks, headings, tables, live regions, references. */
export function structureFaults() {
	const faults = [];
	const all = (selector) => [...document.querySelectorAll(selector)];
	const seen = (node) => node.checkVisibility({visibilityProperty: true});
	const where = (node) => node.outerHTML.slice(0, 90);
	const text = (node) => node.textContent.trim();
	const byIds = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id));

	function name(node) {
		const labelled = node.getAttribute("aria-labelledby");
		if (labelled)
			return byIds(labelled).map((other) => other ? text(other) : "").join(" ").trim();
		if (node.getAttribute("aria-label"))
			return node.getAttribute("aria-label");
		if (node.labels?.length)
			return [...node.labels].map(text).join(" ");
		return node.tagName === "IMG" ? node.getAttribute("alt") ?? "" : text(node);
	}

	if (!document.documentElement.lang)
		faults.push("no language");
	if (!document.title)
		faults.push("no title");
	for (const [selector, n] of [["h1", 1], ["main", 1], ["body > header", 1], ["body > footer", 1], ["[role=status]", 1]])
		if (all(selector).length !== n)
			faults.push(`${all(selector).length} of ${selector}, not ${n}`);
	for (const node of all("[aria-live], [role=alert], [role=log]"))
		faults.push(`speaks besides the status: ${where(node)}`);
	for (const node of all("nav, section"))
		if (!name(node) || !(node.hasAttribute("aria-labelledby") || node.hasAttribute("aria-label")))
			faults.push(`a region without a name: ${where(node)}`);

	let level = 0;
	for (const node of all("h1, h2, h3, h4, h5, h6").filter(seen)) {
		const here = Number(node.tagName[1]);
		if (here > level + 1)
			faults.push(`level ${here} behind ${level}: ${where(node)}`);
		if (!text(node))
			faults.push(`an empty heading: ${where(node)}`);
		level = here;
	}

	for (const node of all("button, a[href], input, select, meter, [role=slider], [tabindex='0']").filter(seen))
		if (!name(node))
			faults.push(`no name: ${where(node)}`);
	for (const node of all("input, select"))
		if (!node.labels.length)
			faults.push(`no label: ${where(node)}`);
	for (const node of all("img"))
		if (!node.hasAttribute("alt"))
			faults.push(`no alternative: ${where(node)}`);
	for (const node of all("svg"))
		if (node.getAttribute("aria-hidden") !== "true")
			faults.push(`a drawing that is read out: ${where(node)}`);
	for (const node of all("figure"))
		if (!node.querySelector("figcaption")?.textContent.trim())
			faults.push(`a picture without words: ${where(node)}`);
	for (const node of all("[tabindex]"))
		if (node.tabIndex > 0)
			faults.push(`out of order: ${where(node)}`);

	for (const table of all("table")) {
		if (!table.caption || !text(table.caption))
			faults.push(`no caption: ${where(table)}`);
		if (table.getAttribute("role") !== "table")
			faults.push(`no role, which it loses on a phone: ${where(table)}`);
		for (const cell of table.querySelectorAll("thead th"))
			if (cell.scope !== "col" || cell.getAttribute("role") !== "columnheader" || !text(cell))
				faults.push(`no column's title: ${where(cell)}`);
		for (const row of table.tBodies[0].rows) {
			const [first] = row.cells;
			if (first.tagName !== "TH" || first.scope !== "row" || first.getAttribute("role") !== "rowheader")
				faults.push(`a line without a head: ${where(row)}`);
			if (row.cells.length !== table.tHead.rows[0].cells.length)
				faults.push(`${row.cells.length} cells below ${table.tHead.rows[0].cells.length} titles: ${where(row)}`);
		}
	}

	const ids = all("[id]").map(({id}) => id);
	for (const id of new Set(ids.filter((each, i) => ids.indexOf(each) !== i)))
		faults.push(`id twice: ${id}`);
	for (const attribute of ["aria-labelledby", "aria-describedby", "for", "list"])
		for (const node of all(`[${attribute}]`))
			if (byIds(node.getAttribute(attribute)).includes(null))
				faults.push(`${attribute} of nothing: ${where(node)}`);
	return faults;
}

/* Characters that print nothing but change how the rest is shown, wherever they are: in text, attributes, the title. */
export function unsafeFaults() {
	// of the document's own there are line feeds and tabs
	const unsafe = new RegExp("[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff" +
		"\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]", "u");
	const {innerText, textContent} = document.body;
	const texts = [["the text", innerText], ["the whole text", textContent], ["the title", document.title]];

	for (const node of document.querySelectorAll("*"))
		for (const {name, value} of node.attributes)
			texts.push([`${name} of ${node.tagName}`, value]);
	return texts.flatMap(([where, text]) => unsafe.test(text) ? [`${where}: ${JSON.stringify(text.match(unsafe)[0])}`] : []);
}

/* Text, placeholders and lines of charts against what is behind them. */
export function contrastFaults() {
	const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});

	// any notation of a colour as bytes
	function bytes(colour) {
		context.clearRect(0, 0, 1, 1);
		context.fillStyle = colour;
		context.fillRect(0, 0, 1, 1);
		return [...context.getImageData(0, 0, 1, 1).data];
	}

	function luminance([r, g, b]) {
		const [x, y, z] = [r, g, b].map((byte) => {
			const part = byte / 255;
			return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * x + 0.7152 * y + 0.0722 * z;
	}

	function ratio(a, b) {
		const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
		return (high + 0.05) / (low + 0.05);
	}

	function ground(node) {
		for (let at = node; at; at = at.parentElement) {
			const colour = bytes(getComputedStyle(at).backgroundColor);
			if (colour[3] === 255)
				return colour;
			if (colour[3] > 0)
				return null; // half through: not told here, and not used
		}
		return [255, 255, 255];
	}

	const faults = [];
	const judge = (node, colour, what, least) => {
		const behind = ground(node);
		const value = behind && ratio(bytes(colour), behind);
		if (!(value >= least))
			faults.push(`${value?.toFixed(2)} of ${least}: ${what}`);
		return value;
	};
	let judged = 0;

	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const node = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
		if (!text || node.closest("script, option, .visually-hidden") ||
			!node.checkVisibility({visibilityProperty: true, opacityProperty: true}))
			continue;
		const style = getComputedStyle(node);
		const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		const colour = node instanceof SVGElement ? style.fill : style.color;
		judge(node, colour, `"${text.slice(0, 30)}" in ${node.tagName}.${node.className.baseVal ?? node.className}`, large ? 3 : 4.5);
		judged++;
	}
	for (const node of document.querySelectorAll("input[placeholder]"))
		judge(node, getComputedStyle(node, "::placeholder").color, `placeholder of ${node.id}`, 4.5);
	for (const node of document.querySelectorAll(".line, .spark path"))
		judge(node, getComputedStyle(node).stroke, "a line", 3);
	for (const node of document.querySelectorAll("button, input, select")) {
		const style = getComputedStyle(node);
		if (style.borderTopStyle !== "none" && node.checkVisibility())
			judge(node.parentElement, style.borderTopColor, `the edge of ${node.id || node.tagName}`, 3);
	}
	if (judged < 50)
		faults.push(`only ${judged} texts are to be seen`);
	return faults;
}

/* What does not fit: the page itself, and whatever reaches out of the panel it is in. */
export function widthFaults() {
	const faults = [];
	const room = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > room)
		faults.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${room}`);
	for (const panel of document.querySelectorAll(".panel, .tiles > div, .top, .mode, footer")) {
		const box = panel.getBoundingClientRect();
		for (const node of panel.querySelectorAll("*")) {
			if (node.closest(".visually-hidden, svg, select, datalist"))
				continue;
			// with the text in it, which may be wider than its element
			const range = document.createRange();
			range.selectNodeContents(node);
			for (const inner of [node.getBoundingClientRect(), range.getBoundingClientRect()])
				if (inner.width && (inner.right > box.right + 0.5 || inner.left < box.left - 0.5))
					faults.push(`out of its panel by ${Math.round(inner.right - box.right)}: ${node.outerHTML.slice(0, 80)}`);
		}
	}
	return faults.slice(0, 8);
}
