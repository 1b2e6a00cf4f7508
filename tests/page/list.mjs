// SPDX-License-Identifier: GPL-2.0-only
/* The list of rates: sorted, filtered, and by what it is grouped. */
import assert from "node:assert/strict";

import {structureFaults} from "./accessibility.mjs";
import {shown as written} from "../../loader/serve/page/format.js";
import {check} from "./check.mjs";
import {
	HOSTILE_ROW, KEPT, act, api, grouped, heading, live, number, pause, resume, settles, shownIn, startTraffic, text,
} from "./world.mjs";

export async function list(page) {
	await check("sorted by names, both ways, and by figures", async () => {
		await heading(page, "name").click();
		const names = await shownIn(page, "name");
		assert.deepEqual(names, [...names].sort(new Intl.Collator("en", {numeric: true}).compare));
		assert.equal(await page.locator("#rates-head .c-name").getAttribute("aria-sort"), "ascending");
		await heading(page, "name").click();
		assert.deepEqual(await shownIn(page, "name"), names.reverse());
		assert.equal(await page.locator("#rates-head .c-name").getAttribute("aria-sort"), "descending");
		await pause(page);
		for (const column of ["total", "packets"]) {
			await heading(page, column).click();
			const figures = (await shownIn(page, column)).map(number);
			assert.deepEqual(figures, [...figures].sort((a, b) => b - a), column);
			assert.equal(await page.locator("#rates-head [aria-sort]").count(), 1);
		}
		await resume(page);
	});

	await check("while somebody is in the list, nothing changes its place", async () => {
		await heading(page, "packets").click();
		await page.locator("#rates-body button").first().focus();
		const before = await shownIn(page, "name");
		await page.waitForTimeout(6500);
		assert.deepEqual(await shownIn(page, "name"), before);
		await page.evaluate(() => document.activeElement.blur());
		await heading(page, "packets").click();
	});

	await check("the filter takes words in any order", async () => {
		const all = await shownIn(page, "name");
		await page.fill("#filter", "7003 udp");
		assert.deepEqual(await shownIn(page, "name"), [HOSTILE_ROW]);
		assert.equal(await text(page, "#rates-count"), "1 row.");
		await page.fill("#filter", "there is no such line");
		assert.equal(await page.locator("#rates-empty").isVisible(), true);
		assert.equal(await page.locator("#rates").isVisible(), false);
		await page.fill("#filter", "");
		assert.equal((await shownIn(page, "name")).length, all.length);
	});

	await check("all rows, those with packets, those that move", async () => {
		const stats = await api("stats");
		await page.selectOption("#show", "all");
		await settles(page, (n) => document.querySelectorAll("#rates-body tr").length === n, stats.rows.length, "all rows");
		await page.selectOption("#show", "moving");
		await settles(page, (n) => {
			const rows = [...document.querySelectorAll("#rates-body tr")];
			return rows.length > 3 && rows.length < n;
		}, stats.rows.length, "some rows move");
		await page.selectOption("#show", "nonzero");
		const seen = stats.rows.filter(({decided, matched}) => decided.packets + matched.packets).length;
		await settles(page, (n) => document.querySelectorAll("#rates-body tr").length === n, seen, "rows with packets");
	});

	await check("ten thousand rows: a page of them at a time, and all of them by keys", async () => {
		const names = new Intl.Collator("en", {numeric: true});
		await page.route("**/api/v1/stats*", async (route) => {
			const response = await route.fetch(), stats = await response.json();
			const row = stats.rows.find(({id}) => id === KEPT);
			for (let i = 0; i < 10000; i++)
				stats.rows.push({...row, id: `site/rows/more-${i}`});
			await route.fulfill({response, json: stats});
		});
		await settles(page, () => document.querySelectorAll("#rates-body tr").length === 200, null, "a page");
		const n = number((await text(page, "#rates-count")).split(" ")[0]);
		assert.ok(n > 10000);
		await page.locator("#rates-head .c-name button").click();
		const place = (first, last) => settles(page, ([words]) => document.getElementById("rates-place").textContent === words,
			[`${grouped(first)}–${grouped(last)} of ${grouped(n)}`], `${first} to ${last}`);
		const key = () => page.evaluate(() => document.activeElement.closest("tr")?.dataset.key);
		const shown = [];
		await place(1, 200);
		assert.equal(await page.locator("#rates-previous").isDisabled(), true);
		for (let first = 1; first <= n; first += 200) {
			await place(first, Math.min(n, first + 199));
			shown.push(...await shownIn(page, "name"));
			if (first + 200 > n)
				break;
			await page.locator("#rates-body button").last().focus();
			await page.keyboard.press("ArrowDown");
			assert.equal(await page.locator("#rates-body [tabindex='0']").count(), 1);
		}
		assert.equal(shown.length, n);
		assert.deepEqual(shown, [...new Set(shown)].sort(names.compare), "each once, in their order");
		assert.equal(await page.locator("#rates-next").isDisabled(), true);
		await page.locator("#rates-body button").first().focus();
		await page.keyboard.press("ArrowUp");
		const last = Math.floor((n - 1) / 200) * 200;
		await place(last - 199, last);
		assert.equal(await key(), shown[last - 1]);
		await page.locator("#rates-next").click();
		await place(last + 1, n);
		assert.equal(await key(), shown[last]);
		assert.deepEqual(await page.evaluate(structureFaults), []);
		await page.fill("#filter", "more-99");
		await settles(page, () => document.getElementById("rates-count").textContent === "111 rows.", null, "111 rows");
		assert.equal(await page.locator("#rates-pages").isVisible(), false);
		await page.fill("#filter", "");
		await place(1, 200);
		await page.unroute("**/api/v1/stats*");
		await settles(page, () => document.querySelectorAll("#rates-body tr").length < 200, null, "the server's own");
		await heading(page, "packets").click();
	});

	for (const by of ["role", "service", "interface"]) {
		await check(`by ${by}: the sums of the API`, async () => {
			await act("traffic_stop");
			await page.selectOption("#by", by);
			const stats = await api(`stats?by=${by}&nonzero=1`);
			const total = ({name, decided, missed}) =>
				`${written(name)} ${grouped(decided.packets + (by === "interface" ? missed.packets : 0))}`;
			const wanted = stats.groups.map(total).sort();
			await settles(page, (list) => {
				const shown = [...document.querySelectorAll("#rates-body tr")]
					.map((row) => `${row.cells[0].textContent} ${row.cells[9].textContent}`).sort();
				return shown.join("\n") === list.join("\n");
			}, wanted, `wanted ${wanted}`);
			assert.equal(await text(page, "#rates-head .c-name button"), {role: "Role", service: "Service", interface: "Interface"}[by]);
		});
	}

	await startTraffic();
	await page.selectOption("#by", "row");
	await live(page);
}
