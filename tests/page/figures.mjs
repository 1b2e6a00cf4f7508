// SPDX-License-Identifier: GPL-2.0-only
/* What the page shows is what the API tells: counts, rates, and nothing while nobody wants it. */
import assert from "node:assert/strict";

import {shown as written} from "../../loader/serve/page/format.js";
import {check} from "./check.mjs";
import {
	COLUMN, KEPT, api, grouped, lines, live, pause, resume, settles, startTraffic, state, text,
} from "./world.mjs";

/* Of 3 figures, and a prefix: as a number. */
function bitsOf(shown) {
	const [, figure, prefix] = /^([\d.,]+)\u00a0([kMG]?)bit\/s$/.exec(shown) ?? assert.fail(`no bit rate: ${shown}`);
	return Number(figure.replaceAll(",", "")) * {"": 1, k: 1e3, M: 1e6, G: 1e9}[prefix];
}

/* Shown as 0, with a tenth below ten, else whole. */
function rateText(now, before, seconds) {
	const rate = (now - before) / seconds;
	return rate === 0 ? "0" : rate < 9.95 ? rate.toFixed(1) : grouped(Math.round(rate));
}

/* What is wrong with the shown lines if they are of these two answers; "" if nothing is. */
function rateFault(shown, now, before) {
	const seconds = (now.monotonic_ms - before.monotonic_ms) / 1000;
	for (const {key, cells} of shown) {
		const row = now.rows.find(({id}) => id === key), old = before.rows.find(({id}) => id === key);
		if (!row || !old)
			return `${key} is not in both answers`;
		const wanted = {
			packets: rateText(row.decided.packets, old.decided.packets, seconds),
			matched: rateText(row.matched.packets, old.matched.packets, seconds),
			replies: rateText(row.reply.packets, old.reply.packets, seconds),
			fresh: rateText(row.new, old.new, seconds), total: grouped(row.decided.packets),
		};
		for (const [column, value] of Object.entries(wanted))
			if (cells[COLUMN[column]] !== value)
				return `${key}: ${column} is ${cells[COLUMN[column]]}, not ${value}`;
		const bits = 8 * (row.decided.bytes - old.decided.bytes) / seconds;
		if (Math.abs(bitsOf(cells[COLUMN.bits]) - bits) > 0.006 * bits + 0.05)
			return `${key}: ${cells[COLUMN.bits]}, not ${bits}`;
	}
	return "";
}

export async function figures(page) {
	await check("the page is there, and live", async () => {
		await live(page);
		assert.equal(await text(page, "#site"), "page");
		assert.match(await page.title(), /page/);
		assert.equal(await text(page, "#mode-word"), "monitor");
		assert.match(await text(page, "#mode-text"), /everything passes/);
	});

	await check("with nothing on the wire, every count is that of the API", async () => {
		await settles(page, (column) => {
			const rows = [...document.querySelectorAll("#rates-body tr")];
			return rows.length > 0 && rows.every((row) => row.cells[column].textContent === "0");
		}, COLUMN.packets, "what was sent before is no rate any more");
		const stats = await api("stats?nonzero=1");
		const misses = Object.entries(stats.misses).filter(([, {packets}]) => packets);
		assert.ok(stats.rows.length >= 5 && misses.length >= 2, "the world has sent too little");
		const shown = await lines(page, "rates");
		assert.deepEqual(shown.map(({key, cells}) => `${key} ${cells[COLUMN.total]}`).sort(),
			stats.rows.map(({id, decided}) => `${id} ${grouped(decided.packets)}`).sort());
		for (const {key, cells} of shown) {
			const row = stats.rows.find(({id}) => id === key);
			assert.deepEqual(cells.slice(0, 4), [row.id, row.role, row.service, `${row.l4} ${row.ports}`].map(written));
			assert.deepEqual(cells.slice(4, 9), ["0", "0\u00a0bit/s", "0", "0", "0"], key);
		}
		assert.deepEqual((await lines(page, "misses")).map(({cells}) => `${cells[0]} ${cells[2]}`).sort(),
			misses.map(([name, {packets}]) => `${name} ${grouped(packets)}`).sort());
		assert.deepEqual((await lines(page, "drops")).map(({cells}) => cells.slice(0, 4).join(" ")).sort(),
			stats.would_drop.map(({reason, role, packets}) => `${reason} ${role} 0 ${grouped(packets)}`).sort());
		assert.deepEqual((await lines(page, "interfaces")).map(({cells}) => `${cells[0]} ${cells[3]}`).sort(),
			stats.interfaces.map(({name, packets}) => `${written(name)} ${grouped(packets)}`).sort());
		assert.match(await page.locator("#interfaces").innerText(), /lan0 lan; native/);
		assert.deepEqual((await lines(page, "exempt")).map(({cells}) => `${cells[0]} ${cells[1]}`), ["arp 7"]);
		assert.equal(await text(page, "#tile-packets-note"), `${grouped(stats.total.packets)} in all`);
	});

	await startTraffic();

	await check("under traffic, rates are the difference of two answers of the API", async () => {
		await settles(page, () => [...document.querySelectorAll("#rates-body tr")]
			.some((row) => Number(row.cells[4].textContent.replace(",", "")) > 20), null, "some row has moved");
		for (let i = 0; i < 100 && page.stats.length < 12; i++)
			await page.waitForTimeout(100);
		await pause(page);
		const shown = await lines(page, "rates");
		const answers = page.stats.filter(Boolean).sort((a, b) => a.monotonic_ms - b.monotonic_ms);
		const readings = answers.filter((answer, i) => answer.monotonic_ms !== answers[i - 1]?.monotonic_ms);
		const faults = readings.slice(1).map((answer, i) => rateFault(shown, answer, readings[i]));
		assert.ok(faults.length > 0, "the page has had one reading");
		assert.ok(faults.includes(""), `of no two readings that the page had: ${faults.slice(-3).join("; ")}`);
		const kept = shown.find(({key}) => key === KEPT);
		assert.notEqual(kept.cells[COLUMN.packets], "0");
		assert.notEqual(kept.cells[COLUMN.replies], "0", "what answers is counted as replies");
		assert.notEqual(shown.find(({cells}) => cells[COLUMN.ports] === "tcp 5061").cells[COLUMN.fresh], "0");
	});

	/* How many requests begin in the page within so many ms from now. */
	async function begun(ms) {
		const since = await page.evaluate(() => {
			performance.clearResourceTimings();
			return performance.now();
		});
		await page.waitForTimeout(ms);
		return page.evaluate((start) => performance.getEntriesByType("resource")
			.filter(({startTime}) => startTime > start).length, since);
	}

	await check("paused, nothing is asked and nothing moves", async () => {
		const before = await page.locator("main").innerText();
		assert.equal(await begun(2500), 0);
		assert.equal(await page.locator("main").innerText(), before);
		assert.equal(await page.locator("#pause").getAttribute("aria-pressed"), "true");
		await resume(page);
	});

	await check("hidden, nothing is asked; seen again, it goes on", async () => {
		const hide = (hidden) => page.evaluate((value) => {
			Object.defineProperty(document, "hidden", {configurable: true, get: () => value});
			document.dispatchEvent(new Event("visibilitychange"));
		}, hidden);
		await hide(true);
		assert.equal(await state(page), "hidden");
		assert.equal(await begun(2500), 0);
		await hide(false);
		await live(page);
		assert.ok(await begun(2500) > 0);
	});
}
