// SPDX-License-Identifier: GPL-2.0-only
/* Modes, and a server and a policy that come and go. */
import assert from "node:assert/strict";

import {contrastFaults, structureFaults, widthFaults} from "./accessibility.mjs";
import {check} from "./check.mjs";
import {
	KEPT, KEPT_FLOW, PATIENCE, act, allow, api, lines, live, number, open, picture, pictures, settles, state, text,
	until,
} from "./world.mjs";

export async function states() {
	const page = await open();
	await live(page);
	const says = (pattern) => settles(page, (source) => new RegExp(source).test(document.getElementById("announcer").textContent),
		pattern.source, `said aloud: ${pattern}`);

	await check("a reload into rehearse is seen and said, with no gap and no negative figure", async () => {
		await act("mode", "rehearse");
		await settles(page, () => document.getElementById("mode-word").textContent === "rehearse", null, "rehearse");
		await says(/Mode: rehearse/);
		assert.equal(await state(page), "live");
		await settles(page, () => /Flows: .*\s+[\d,]+ begun/.test(document.getElementById("tables").innerText), null, "flows begin");
		assert.match(await text(page, "#tables-note"), /how much room there is/);
		await settles(page, () => [...document.querySelectorAll("#drops-body tr")]
			.some((row) => row.cells[0].textContent.startsWith("limited")), null, "what a limit would drop");
		assert.equal(await text(page, "#tile-drops-title"), "Would drop/s");
		assert.deepEqual(await page.evaluate(contrastFaults), []);
		await picture(page, "rehearse-light");
	});
	await check("enforce for a while says for how long, and not that it stays", async () => {
		await act("xe", "reload", "--enforce", "--confirm-within", "600s");
		await settles(page, () => document.getElementById("mode-word").textContent === "enforce, unconfirmed", null, "unconfirmed");
		assert.match(await text(page, "#mode-text"), /^\d+ s left, then it rehearses/);
		assert.equal(await page.locator("#mode").getAttribute("data-tone"), "rehearse");
		await act("xe", "confirm");
		await settles(page, () => document.getElementById("mode-word").textContent === "enforce", null, "confirmed");
		await act("xe", "reload");
		await settles(page, () => document.getElementById("mode-word").textContent === "rehearse", null, "as the file says");
	});
	await check("a NIC without the program, in a mode that only counts: it says that nothing is counted there", async () => {
		await act("eval", "ip link set lan0 xdp off");
		await settles(page, () => document.getElementById("mode").dataset.tone === "open", null, "open");
		await says(/Mode: rehearse, not everywhere/);
		assert.match(await text(page, "#mode-text"), /Nothing is counted on lan0 \(/);
		await settles(page, () => /lan0[^]*the program is not on it/.test(document.getElementById("interfaces").textContent),
			null, "the NIC's state");
		await act("xe", "reload");
		await settles(page, () => document.getElementById("mode-word").textContent === "rehearse", null, "attached again");
	});
	await check("enforce says what it drops", async () => {
		await act("mode", "enforce");
		await settles(page, () => document.getElementById("mode-word").textContent === "enforce", null, "enforce");
		assert.match(await text(page, "#mode-text"), /What no row allows is dropped/);
		await settles(page, () => document.getElementById("tile-drops-title").textContent === "Dropped/s" &&
			Number(document.getElementById("tile-drops").textContent.replace(",", "")) > 0, null, "drops");
		await act("traffic_stop");
		await settles(page, () => document.getElementById("tile-packets").textContent === "0", null, "quiet");
		const {dropped} = await api("stats");
		const sums = {};
		for (const {reason, role, packets} of dropped)
			sums[`${reason} ${role}`] = (sums[`${reason} ${role}`] ?? 0) + packets;
		assert.deepEqual(Object.fromEntries((await lines(page, "drops")).filter(({cells}) => cells[2] !== "0")
			.map(({cells}) => [`${cells[0]} ${cells[1]}`, number(cells[2])])), sums);
		await picture(page, "enforce-light");
		await page.emulateMedia({colorScheme: "dark"});
		assert.deepEqual(await page.evaluate(contrastFaults), []);
		await page.emulateMedia({colorScheme: "light"});
	});
	await check("a NIC without the program: it says that nothing is enforced", async () => {
		await act("eval", "ip link set lan0 xdp off");
		await settles(page, () => document.getElementById("mode").dataset.tone === "open", null, "open");
		assert.match(await text(page, "#mode-word"), /not enforcing/);
		assert.match(await text(page, "#mode-text"), /lan0/);
		await settles(page, () => /lan0[^]*the program is not on it/.test(document.getElementById("interfaces").textContent),
			null, "the NIC's state");
		await picture(page, "not-enforcing-light");
	});

	allow((message) => message.includes("Failed to load resource"));
	await check("unload: it says so, and waits; load: it goes on", async () => {
		await act("xe", "unload");
		await until(page, "unloaded");
		await says(/Policy not loaded/);
		assert.equal(await page.locator("#notice").isVisible(), true);
		assert.ok((await text(page, "#notice")).length > 20);
		assert.equal(await text(page, "#mode-word"), "not loaded");
		assert.deepEqual(await page.evaluate(contrastFaults), []);
		await picture(page, "unloaded-light");
		await act("xe", "load");
		await live(page);
		await says(/figures are live/);
		assert.equal(await text(page, "#mode-word"), "enforce");
		assert.equal(await page.locator("#notice").isVisible(), false);
		await act("sent", "wan0", `77,${KEPT_FLOW}`);
		await settles(page, (key) => document.querySelector(`#rates-body tr[data-key="${key}"] .c-total`)?.textContent === "77",
			KEPT, "counted from the beginning");
	});
	await check("the server ends: connection lost, asked ever more seldom; it comes back by itself", async () => {
		await act("serve_stop");
		await until(page, "lost");
		await says(/Connection lost/);
		assert.match(await page.title(), /connection lost/);
		assert.match(await text(page, "#notice"), /No answer from the server since \d\d:\d\d:\d\d/);
		assert.equal(await text(page, "#mode-word"), "last known: enforce");
		assert.equal(await page.locator("#mode").getAttribute("data-tone"), "none", "it does not look as if it held");
		assert.match(await text(page, "#tile-packets-note"), /in all/, "the last figures stay");
		await picture(page, "lost-light");
		await page.setViewportSize({width: 360, height: 740});
		await page.emulateMedia({colorScheme: "dark"});
		for (const to of [0, 1000, 1e6]) {
			await page.evaluate((y) => scrollTo(0, y), to);
			const box = await page.locator("#feed").boundingBox();
			assert.ok(box.y >= 0 && box.y + box.height <= 740, `on a telephone it is not to be seen at ${to}: ${JSON.stringify(box)}`);
			await page.screenshot({path: `${pictures}/lost-telephone-dark-${to}.png`});
		}
		assert.deepEqual(await page.evaluate(contrastFaults), []);
		assert.deepEqual(await page.evaluate(widthFaults), []);
		await page.emulateMedia({colorScheme: "light"});
		await page.setViewportSize({width: 1400, height: 900});
		await page.evaluate(() => performance.clearResourceTimings());
		await page.waitForFunction(() => performance.getEntriesByType("resource").length >= 3, null, {timeout: PATIENCE});
		const asked = await page.evaluate(() => performance.getEntriesByType("resource").map(({startTime}) => startTime));
		// timers are never early: each wait is twice the one before, or longer, however busy the machine is
		const [first, second] = asked.slice(1, 3).map((time, i) => time - asked[i]);
		assert.ok(first > 950 && second > 2 * 950, `asked after ${first} and ${second} ms`);
		await act("serve_start");
		await live(page);
		await says(/figures are live/);
		assert.doesNotMatch(await page.title(), /lost/);
	});
	await check("the server ends again: it is asked at once when told to", async () => {
		await act("serve_stop");
		await until(page, "lost");
		await act("serve_start");
		await page.locator("#retry").click();
		await live(page);
		assert.equal(await page.locator("#retry").isVisible(), false);
	});
	await check("tables: how full they are", async () => {
		const {tables} = await api("stats");
		assert.equal(tables.flows.capacity, 1024);
		const meter = page.locator("#table-flows");
		await meter.waitFor();
		assert.equal(await meter.getAttribute("value"), String(tables.flows.live));
		assert.match(await text(page, "#tables label"), /^Flows: (about )?\d of 1,024 \(/);
		assert.match(await meter.getAttribute("aria-valuetext"), /of 1,024/);
		assert.deepEqual(await page.evaluate(structureFaults), []);
		await picture(page, "tables-light");
	});
	allow();
}
