// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures as text, in English notation: 1,234,567. Rates are per second; bits are decimal (1 kbit is 1,000 bits). And text from
 * elsewhere as it can be shown.
 */

const whole = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const tenths = new Intl.NumberFormat("en", {minimumFractionDigits: 1, maximumFractionDigits: 1});
const hundredths = new Intl.NumberFormat("en", {minimumFractionDigits: 2, maximumFractionDigits: 2});

/* Characters that print nothing by themselves but change how the rest is shown: those of escape_terminal(). */
const UNSAFE = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/* A name as the terminal has it, too: "\x1b", "\u{202e}" instead of what would turn the figures beside it around. */
export function shown(text) {
	return String(text ?? "").replace(UNSAFE, (character) => {
		const code = character.codePointAt(0), hex = code.toString(16);
		return code < 0x80 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
	});
}

export const NOT_KNOWN = "–";

/* "1,234,567"; what is not known is a dash. */
export function count(n) {
	return n === null || n === undefined || Number.isNaN(n) ? NOT_KNOWN : whole.format(n);
}

/* Of packets or flows: whole, but below ten with a tenth, so that a rare packet is not nothing. */
export function rate(n) {
	if (n === null || n === undefined || Number.isNaN(n))
		return NOT_KNOWN;
	if (n === 0)
		return "0";
	return n < 9.95 ? (n < 0.05 ? "<0.1" : tenths.format(n)) : whole.format(n);
}

const prefixes = ["", "k", "M", "G", "T"];

/* Three figures that count and a prefix: [ "12.3", "M" ]. */
export function scaled(n) {
	let power = 0;
	while (n >= 999.5 && power < prefixes.length - 1) {
		n /= 1000;
		power++;
	}
	if (power === 0)
		return [n === 0 || n >= 9.95 ? whole.format(n) : tenths.format(n), ""];
	return [(n < 9.995 ? hundredths : n < 99.95 ? tenths : whole).format(n), prefixes[power]];
}

/* "12.3 Mbit/s" */
export function bits(n) {
	return unit(n, "bit/s");
}

/* "12.3 MB": decimal, too. */
export function bytes(n) {
	return unit(n, "B");
}

function unit(n, name) {
	if (n === null || n === undefined || Number.isNaN(n))
		return NOT_KNOWN;
	const [figure, prefix] = scaled(n);
	return `${figure}\u00a0${prefix}${name}`;
}

/* "0.3 %"; what rounds to nothing but is something is "<0.1 %". */
export function percent(part, all) {
	if (!all)
		return "0\u00a0%";
	const value = 100 * part / all;
	if (value > 0 && value < 0.05)
		return "<0.1\u00a0%";
	return `${value === 0 || value >= 99.95 ? whole.format(value) : tenths.format(value)}\u00a0%`;
}

const clock = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", second: "2-digit"});
const clockShort = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit"});
const dayAndTime = new Intl.DateTimeFormat("en-GB", {
	year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

/* Milliseconds since 1970 as local time: "14:02:03", "14:02", "2026-11-22 14:02:03". */
export function time(ms) {
	return clock.format(ms);
}

export function timeShort(ms) {
	return clockShort.format(ms);
}

export function dateTime(ms) {
	const part = Object.fromEntries(dayAndTime.formatToParts(ms).map(({type, value}) => [type, value]));
	return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
}

/* "1 packet", "2 packets". */
export function counted(n, singular) {
	return `${count(n)} ${singular}${n === 1 ? "" : "s"}`;
}
