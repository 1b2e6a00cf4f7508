// SPDX-License-Identifier: GPL-2.0-only
/* Hostile names, structure, contrast, widths, a telephone. Closes the page. */
import assert from "node:assert/strict";

import {contrastFaults, structureFaults, unsafeFaults, widthFaults} from "./accessibility.mjs";
import {shown as written} from "../../loader/serve/page/format.js";
import {check} from "./check.mjs";
import {HOSTILE_ROW, HOSTILE_SERVICE, KEPT, hostileNic, lines, live, noted, open, picture, text} from "./world.mjs";

export async function looks(page) {
	await page.locator(`#rates-body tr[data-key="${HOSTILE_ROW}"] button`).click();

	await check("names that are markup are text", async () => {
		assert.equal(await page.locator(`#rates-body tr[data-key="${HOSTILE_ROW}"] .c-service`).textContent(),
			written(HOSTILE_SERVICE));
		assert.match(await page.locator("#chart-selected dl").innerText(), /<img src=x/);
		assert.ok((await lines(page, "interfaces")).some(({cells}) => cells[0] === written(hostileNic)));
		assert.equal(await page.locator("main img, main s, main script").count(), 0);
		assert.equal(await page.evaluate(() => window.pwned), undefined);
		assert.equal(noted.dialogs, 0);
	});
	await check("names that would turn the text around them are written out", async () => {
		assert.match(hostileNic, /\u202e/);
		for (const [by, name] of [["interface", hostileNic], ["service", HOSTILE_SERVICE], ["row", null]]) {
			await page.selectOption("#by", by);
			if (name) {
				// found by the name as it is
				await page.fill("#filter", name.toLowerCase());
				await page.locator("#rates-body button").click();
				assert.equal(await text(page, "#chart-selected .chart-title"), written(name));
				assert.match(await page.locator("#chart-selected .plot").getAttribute("aria-label"), /\\u\{202e\}/);
				await page.fill("#filter", "");
			} else {
				await page.locator(`#rates-body tr[data-key="${HOSTILE_ROW}"] button`).click();
				assert.match(await page.locator("#chart-selected dl").innerText(), /\\u\{202e\}\\x1b/);
			}
			assert.deepEqual(await page.evaluate(unsafeFaults), [], by);
		}
	});
	await check("a name from right to left stays in its own place", async () => {
		assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("th, td, th span, td span, dd, #site, .chart-title")]
			.filter((node) => getComputedStyle(node).unicodeBidi !== "isolate").map((node) => node.outerHTML.slice(0, 80))), []);
	});
	await check("an address made by somebody else chooses, and no more", async () => {
		const evil = await open({hash: "#by=%3Cimg%3E&filter=%22%3E%3Cimg+src%3Dx+onerror%3Dwindow.pwned%3D1%3E" +
			"&__proto__=1&constructor=2&selected=%3Cs%3E"});
		await live(evil);
		assert.equal(await evil.inputValue("#by"), "row");
		assert.equal(await evil.locator("main img, main s").count(), 0);
		assert.equal(await evil.evaluate(() => window.pwned), undefined);
		await evil.context().close();
	});

	await check("structure: names, labels, landmarks, tables", async () => {
		assert.deepEqual(await page.evaluate(structureFaults), []);
	});

	for (const scheme of ["light", "dark"]) {
		await check(`contrast, ${scheme}`, async () => {
			await page.emulateMedia({colorScheme: scheme});
			assert.deepEqual(await page.evaluate(contrastFaults), []);
		});
		await picture(page, `monitor-${scheme}`);
	}
	await check("dark and light: as the system, or as the button says, and it is remembered", async () => {
		const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		const dark = await ground();
		await page.click("#theme");
		const light = await ground();
		assert.notEqual(light, dark);
		assert.match(await text(page, "#theme"), /light/);
		await page.reload();
		assert.equal(await ground(), light);
		await page.click("#theme");
		assert.equal(await ground(), dark);
		await page.emulateMedia({colorScheme: "light"});
		assert.equal(await ground(), dark);
		await page.click("#theme");
		assert.equal(await ground(), light);
		await live(page);
	});

	await check("wide and narrow: nothing is wider than its place", async () => {
		const faults = [];
		for (const by of ["row", "role", "service", "interface"]) {
			await page.selectOption("#by", by);
			for (const width of [320, 360, 414, 600, 735, 737, 900, 1089, 1200, 1281, 1400, 2000]) {
				await page.setViewportSize({width, height: 800});
				await page.waitForTimeout(60);
				faults.push(...(await page.evaluate(widthFaults)).map((fault) => `${width} by ${by}: ${fault}`));
			}
		}
		assert.deepEqual(faults, []);
	});
	await page.context().close();

	const phone = await open({width: 360, height: 740, colorScheme: "dark", reducedMotion: "reduce",
		hash: `#selected=${encodeURIComponent(KEPT)}`});
	await check("on a telephone: the figures are there", async () => {
		await live(phone);
		assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 360);
		for (const column of ["name", "packets", "bits", "replies", "fresh"])
			assert.equal(await phone.locator(`#rates-body .c-${column}`).first().isVisible(), true, column);
		assert.deepEqual(await phone.evaluate(structureFaults), []);
		assert.deepEqual(await phone.evaluate(contrastFaults), []);
	});
	await check("on a telephone, too, tables are tables to who cannot see them", async () => {
		const tree = await phone.locator("#rates").ariaSnapshot();
		assert.match(tree, /table "Rates by row"/);
		assert.match(tree, /columnheader "Packets\/s"/);
		assert.match(tree, /rowheader "site\/rows\/kept"/);
		assert.match(await phone.locator("#misses").ariaSnapshot(), /rowheader "unmatched/);
	});
	await check("who wants no motion has none", async () => {
		assert.deepEqual(await phone.evaluate(() => [...document.querySelectorAll("*")].filter((node) => {
			const style = getComputedStyle(node);
			return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
		}).map((node) => node.tagName)), []);
	});
	await picture(phone, "telephone-dark");
	await phone.context().close();
}
