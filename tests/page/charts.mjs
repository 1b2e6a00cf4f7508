// SPDX-License-Identifier: GPL-2.0-only
/* History: the total, the line that is chosen, in pictures and in words. */
import assert from "node:assert/strict";

import {check} from "./check.mjs";
import {KEPT, api, live, number, pause, resume, settles, text} from "./world.mjs";

export async function charts(page) {
	await check("a row that is chosen shows its history and its counters", async () => {
		await page.locator(`#rates-body tr[data-key="${KEPT}"] button`).click();
		assert.equal(await text(page, "#chart-selected .chart-title"), KEPT);
		await settles(page, () => /now [\d,.]+ packets\/s; mean [\d,.]+ packets\/s; highest [\d,.]+ packets\/s at \d\d:\d\d:\d\d/
			.test(document.querySelector("#chart-selected .chart-summary").textContent), null, "its history in words");
		assert.match(await page.locator("#chart-selected path.line").getAttribute("d"), /^M[\d.]+ [\d.]+L/);
		const facts = await page.locator("#chart-selected dl").innerText();
		assert.match(facts, /192\.0\.2\.0\/24 → access-edge/);
		assert.match(facts, /wan0 [\d,]+/);
	});

	await check("the total's picture, its words and the server's history are the same", async () => {
		await page.selectOption("#minutes", "60");
		await pause(page);
		const words = await text(page, "#chart-total .chart-summary");
		const high = number(/highest ([\d,.]+) packets/.exec(words)[1]);
		const {series} = await api("history?minutes=60");
		const told = Math.max(...series.find(({name}) => name === "total").packets.filter((value) => value !== null));
		// the page's own samples of the last minute are taken from the same readings, or from two that are one second apart
		assert.ok(high > 0.5 * told && high < 2 * told, `${words}; the server says ${told}`);
		await page.selectOption("#minutes", "5");
		await page.selectOption("#unit", "bits");
		assert.match(await text(page, "#chart-total .chart-summary"), /bit\/s/);
		await page.selectOption("#unit", "packets");
		await resume(page);
	});

	await check("after a reload the choices are the same, and the history is there at once", async () => {
		await page.fill("#filter", "udp");
		await page.reload();
		await live(page);
		assert.equal(await page.inputValue("#filter"), "udp");
		assert.equal(await text(page, "#chart-selected .chart-title"), KEPT);
		const points = (await page.locator("#chart-total path.line").getAttribute("d")).split("L").length;
		assert.ok(points > 10, `${points} points in the picture`);
		await page.fill("#filter", "");
	});
}
