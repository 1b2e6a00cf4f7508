// SPDX-License-Identifier: GPL-2.0-only
/*
 * One series over time: an SVG, a sentence that says the same, and a cursor that reads it point by point with the pointer or
 * with the arrow keys.
 */
import {element, setAttribute, setText, svgElement} from "./dom.js";
import {bits, counted, rate, scaled, time, timeShort} from "./format.js";
import {spans} from "./history.js";

const HEIGHT = 180;
const MARGIN = {left: 46, right: 10, top: 10, bottom: 22};
const SPANS = [1, 2, 5, 10, 15, 30, 60]; // seconds
const TICKS = [5, 15, 30, 60, 120, 300, 600, 1200, 1800]; // seconds
const PIXELS_A_SPAN = 2.5;
const PIXELS_A_LABEL = 84;
const BRIDGED = 2.5; // intervals between readings: some are late, and that is no gap

function amount(value, unit) {
	return unit === "bits" ? bits(value) : `${rate(value)} packets/s`;
}

/* The least of 1, 2, 5, 10, 20 … that leaves at most `lines` lines below `max`. */
function niceStep(max, lines) {
	const rough = max / lines, power = 10 ** Math.floor(Math.log10(rough));
	return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
}

/* Runs of points between which there is no gap longer than this, ms. */
function runsOf(points, longest) {
	const runs = [];
	for (const point of points) {
		const run = runs.at(-1);
		if (run && point.at - run.at(-1).at <= longest)
			run.push(point);
		else
			runs.push([point]);
	}
	return runs;
}

export class Chart {
	#title = element("span", {class: "chart-title"});
	#summary = element("span", {class: "chart-summary"});
	#plot = element("div", {class: "plot"});
	#readout = element("p", {class: "readout", "aria-hidden": "true"});
	#svg = svgElement("svg", {"aria-hidden": "true", focusable: "false"});
	#grid = svgElement("g", {class: "grid"});
	#shade = svgElement("path", {class: "shade"});
	#area = svgElement("path", {class: "area"});
	#line = svgElement("path", {class: "line"});
	#cursor = svgElement("g", {class: "cursor"});
	#cursorLine = svgElement("line");
	#cursorDot = svgElement("circle", {r: 4});
	#width = 600;
	#data = null;
	#points = []; // those that are drawn, with x and y
	#cursorAt = null; // ms; null: the newest, and not shown

	/* Fills `figure`. */
	constructor(figure) {
		this.#cursor.append(this.#cursorLine, this.#cursorDot);
		this.#svg.append(this.#grid, this.#shade, this.#area, this.#line, this.#cursor);
		this.#plot.append(this.#svg);
		figure.append(element("figcaption", {}, this.#title, " ", this.#summary), this.#plot, this.#readout);
		new ResizeObserver(([entry]) => {
			this.#width = Math.max(200, Math.round(entry.contentRect.width));
			this.#draw();
		}).observe(this.#plot);
		this.#plot.addEventListener("pointermove", (event) => this.#point(event.offsetX));
		this.#plot.addEventListener("pointerdown", (event) => this.#point(event.offsetX));
		this.#plot.addEventListener("pointerleave", () => this.#leave());
		this.#plot.addEventListener("blur", () => this.#leave());
		this.#plot.addEventListener("keydown", (event) => this.#key(event));
	}

	/*
	 * {title, samples, from, to, interval, unit}. samples: of History.samples(), one an interval; from, to, interval: ms;
	 * unit: "packets" or "bits". With samples null nothing is drawn, and {title, text} say why.
	 */
	show(data) {
		this.#data = data;
		this.#draw();
	}

	#draw() {
		const data = this.#data;
		if (!data)
			return;
		setText(this.#title, data.title);
		this.#plot.hidden = this.#readout.hidden = !data.samples;
		if (!data.samples) {
			setText(this.#summary, data.text ?? "");
			return;
		}
		const inner = this.#width - MARGIN.left - MARGIN.right;
		const least = (data.to - data.from) / 1000 / (inner / PIXELS_A_SPAN);
		const width = 1000 * (SPANS.find((seconds) => seconds >= least) ?? SPANS.at(-1));
		const samples = data.unit === "bits" ? data.samples.map(({at, bytes}) => ({at, bits: 8 * bytes})) : data.samples;
		const points = spans(samples, data.unit, data.from, data.to, width).filter(({n}) => n);
		const top = this.#scale(Math.max(0, ...points.map(({max}) => max)), data.unit);
		const x = (at) => MARGIN.left + inner * (at - data.from) / (data.to - data.from);
		const y = (value) => MARGIN.top + (HEIGHT - MARGIN.top - MARGIN.bottom) * (1 - value / top.max);

		this.#points = points.map((point) => ({...point, x: x(point.at), y: y(point.mean), high: y(point.max)}))
			.filter((point) => point.x >= MARGIN.left - 1 && point.x <= this.#width - MARGIN.right + 6);
		setAttribute(this.#svg, "viewBox", `0 0 ${this.#width} ${HEIGHT}`);
		setAttribute(this.#svg, "width", this.#width);
		setAttribute(this.#svg, "height", HEIGHT);
		this.#drawGrid(top, x, y, inner);
		this.#drawLines(runsOf(this.#points, Math.max(BRIDGED * data.interval, 1.5 * width)), y(0));
		setText(this.#summary, this.#sentence(points, data));
		this.#showCursor();
	}

	/* The highest line of the grid, and all of them. */
	#scale(max, unit) {
		const floor = unit === "bits" ? 1000 : 10;
		const step = niceStep(Math.max(max, floor), 4);
		const lines = Math.max(1, Math.ceil(Math.max(max, floor) / step));
		return {max: lines * step, ticks: Array.from({length: lines + 1}, (_, i) => i * step)};
	}

	#drawGrid(top, x, y, inner) {
		const {from, to} = this.#data;
		const least = (to - from) / 1000 / Math.max(1, inner / PIXELS_A_LABEL);
		const every = 1000 * (TICKS.find((seconds) => seconds >= least) ?? TICKS.at(-1));
		const marks = [];

		for (const value of top.ticks) {
			marks.push(svgElement("line", {x1: MARGIN.left, x2: this.#width - MARGIN.right, y1: y(value), y2: y(value)}));
			marks.push(svgElement("text", {x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end"}, tickText(value)));
		}
		// of local time, whose offset may be no multiple of the step
		const offset = new Date(to).getTimezoneOffset() * 60000;
		for (let at = Math.ceil((from - offset) / every) * every + offset; at <= to; at += every) {
			const text = every < 60000 ? time(at) : timeShort(at);
			const half = every < 60000 ? 26 : 16;
			if (x(at) > MARGIN.left + half && x(at) < this.#width - half)
				marks.push(svgElement("text", {x: x(at), y: HEIGHT - 5, "text-anchor": "middle"}, text));
		}
		this.#grid.replaceChildren(...marks);
	}

	#drawLines(runs, base) {
		const path = (points, field) => points.map((point) => `${point.x.toFixed(1)} ${point[field].toFixed(1)}`).join("L");
		const closed = (run, field) => `M${run[0].x.toFixed(1)} ${base}L${path(run, field)}L${run.at(-1).x.toFixed(1)} ${base}Z`;

		setAttribute(this.#shade, "d", runs.map((run) => closed(run, "high")).join(""));
		setAttribute(this.#area, "d", runs.map((run) => closed(run, "y")).join(""));
		// a point alone is a dot, by its round ends
		setAttribute(this.#line, "d", runs.map((run) => `M${path(run.length > 1 ? run : [run[0], run[0]], "y")}`).join(""));
	}

	/* What the picture says, in words. */
	#sentence(points, {unit, samples}) {
		const newest = samples.at(-1);
		if (!points.length)
			return "nothing is known of this time";
		const now = unit === "bits" ? 8 * (newest?.bytes ?? NaN) : newest?.packets ?? NaN;
		const known = points.reduce((sum, {n}) => sum + n, 0);
		const mean = points.reduce((sum, point) => sum + point.sum, 0) / known;
		const high = points.reduce((best, point) => point.max > best.max ? point : best);
		return `now ${amount(now, unit)}; mean ${amount(mean, unit)}; highest ${amount(high.max, unit)}` +
			(high.max > 0 ? ` at ${time(high.at)}` : "");
	}

	/* --- the cursor ----------------------------------------------------------------------------- */

	#nearest(distance) {
		return this.#points.reduce((best, point) => best === null || distance(point) < distance(best) ? point : best, null);
	}

	#point(x) {
		this.#cursorAt = this.#nearest((point) => Math.abs(point.x - x))?.at ?? null;
		this.#showCursor();
	}

	#leave() {
		this.#cursorAt = null;
		this.#showCursor();
	}

	#key(event) {
		const here = this.#points.indexOf(this.#current());
		const to = {
			ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1,
			PageUp: here - 10, PageDown: here + 10, Home: 0, End: this.#points.length - 1,
		}[event.key];

		if (event.key === "Escape")
			this.#leave();
		if (to === undefined || !this.#points.length)
			return;
		event.preventDefault();
		this.#cursorAt = this.#points[Math.min(this.#points.length - 1, Math.max(0, to))].at;
		this.#showCursor();
	}

	#current() {
		return this.#cursorAt === null ? this.#points.at(-1) : this.#nearest((point) => Math.abs(point.at - this.#cursorAt));
	}

	#showCursor() {
		const point = this.#current(), {title, unit} = this.#data;
		const text = point
			? `${time(point.at)}: ${amount(point.mean, unit)}` +
				(point.n > 1 ? ` (mean of ${counted(point.n, "second")}; highest ${amount(point.max, unit)})` : "")
			: "nothing is known";

		setAttribute(this.#plot, "tabindex", 0);
		setAttribute(this.#plot, "role", "slider");
		setAttribute(this.#plot, "aria-label", `${title}, moment`);
		setAttribute(this.#plot, "aria-valuemin", 0);
		setAttribute(this.#plot, "aria-valuemax", Math.max(0, this.#points.length - 1));
		setAttribute(this.#plot, "aria-valuenow", Math.max(0, this.#points.indexOf(point)));
		setAttribute(this.#plot, "aria-valuetext", text);
		const visible = point && this.#cursorAt !== null;
		this.#cursor.classList.toggle("visible", Boolean(visible));
		setText(this.#readout, visible ? text : "\u00a0");
		if (!visible)
			return;
		setAttribute(this.#cursorLine, "x1", point.x);
		setAttribute(this.#cursorLine, "x2", point.x);
		setAttribute(this.#cursorLine, "y1", MARGIN.top);
		setAttribute(this.#cursorLine, "y2", HEIGHT - MARGIN.bottom);
		setAttribute(this.#cursorDot, "cx", point.x);
		setAttribute(this.#cursorDot, "cy", point.y);
	}
}

function tickText(value) {
	const [figure, prefix] = scaled(value);
	return `${figure.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")}${prefix && `\u00a0${prefix}`}`;
}

const SPARK = {width: 72, height: 18, seconds: 60};

/* A small picture without words beside the figures that it is of. */
export function sparkElement() {
	return svgElement("svg", {
		class: "spark", "aria-hidden": "true", focusable: "false",
		viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, width: SPARK.width, height: SPARK.height,
	}, svgElement("path"));
}

/* samples: of the last minute. Scaled to its own highest second. */
export function drawSpark(svg, samples, to) {
	const known = samples.filter(({packets}) => !Number.isNaN(packets));
	const max = Math.max(0, ...known.map(({packets}) => packets));
	const x = (at) => (SPARK.width * (1 - (to - at) / 1000 / SPARK.seconds)).toFixed(1);
	const y = (value) => (SPARK.height - 1.5 - (SPARK.height - 3) * (max ? value / max : 0)).toFixed(1);
	const run = known.map(({at, packets}) => `${x(at)} ${y(packets)}`).join("L");

	setAttribute(svg.firstChild, "d", max && known.length > 1 ? `M${run}` : null);
}
