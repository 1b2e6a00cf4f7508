// SPDX-License-Identifier: GPL-2.0-only
/* Everything by keys alone. */
import assert from "node:assert/strict";

import {check} from "./check.mjs";
import {heading, live, shownIn, text} from "./world.mjs";

export async function keyboard(page) {
	const focused = () => page.evaluate(() => {
		const node = document.activeElement;
		return node.id || node.closest("tr")?.dataset.key || node.textContent.trim().slice(0, 40);
	});

	/* As the page is found: Tab begins at its first control. */
	async function fromTheTop() {
		await page.reload();
		await live(page);
	}

	await check("by Tab alone: every control, seen to be in focus, the list a single stop, and out again", async () => {
		await fromTheTop();
		const stops = [], unseen = [];
		for (let i = 0; i < 80; i++) {
			await page.keyboard.press("Tab");
			const stop = await page.evaluate(() => {
				const node = document.activeElement, style = getComputedStyle(node);
				return {
					body: node === document.body, list: node.closest("#rates-body") !== null, plot: node.closest("figure")?.id,
					id: node.id || node.closest("th, figure")?.className || node.getAttribute("href"),
					outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
				};
			});
			if (stop.body)
				break;
			if (!stop.outline)
				unseen.push(stop.id);
			stops.push(stop);
		}
		assert.deepEqual(unseen, []);
		assert.equal(stops.filter(({list}) => list).length, 1);
		const ids = stops.map(({id}) => id);
		for (const wanted of ["#rates-title", "pause", "theme", "minutes", "unit", "by", "show", "filter", "explain-proto",
			"explain-source", "explain-destination", "explain-side", "explain-syn", "/metrics"])
			assert.ok(ids.includes(wanted), `${wanted} is not reached: ${ids}`);
		assert.deepEqual(stops.filter(({plot}) => plot).map(({plot}) => plot), ["chart-total", "chart-selected"]);
		assert.ok(stops.length < 80, "there is no way out");
		assert.equal(ids[0], "#rates-title", "the first stop skips to the rates");
	});

	await check("by keys alone: skip, sort, choose, read the chart", async () => {
		await fromTheTop();
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		assert.equal(await focused(), "rates-title");
		await heading(page, "service").focus();
		await page.keyboard.press("Enter");
		assert.equal(await page.locator("#rates-head .c-service").getAttribute("aria-sort"), "ascending");
		await page.locator("#rates-body [tabindex='0']").focus();
		const names = await shownIn(page, "name");
		await page.keyboard.press("Home");
		assert.equal(await focused(), names[0]);
		await page.keyboard.press("ArrowDown");
		assert.equal(await focused(), names[1]);
		await page.keyboard.press("End");
		assert.equal(await focused(), names.at(-1));
		await page.keyboard.press("Space");
		assert.equal(await text(page, "#chart-selected .chart-title"), names.at(-1));
		assert.equal(await page.locator(":focus").getAttribute("aria-pressed"), "true");
		await page.waitForTimeout(2200);
		assert.equal(await focused(), names.at(-1), "new figures do not take the focus away");
		await page.keyboard.press("Space");
		assert.equal(await page.locator("#rates-body [aria-pressed=true]").count(), 0);

		await page.locator("#chart-total .plot").focus();
		await page.keyboard.press("End");
		const values = [];
		for (let i = 0; i < 3; i++) {
			values.push(await page.locator("#chart-total .plot").getAttribute("aria-valuetext"));
			await page.keyboard.press("ArrowLeft");
		}
		assert.equal(new Set(values).size, 3, String(values));
		assert.match(values[0], /^\d\d:\d\d:\d\d: [\d,.]+ packets\/s/);
	});
}
