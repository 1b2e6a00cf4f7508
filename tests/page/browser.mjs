// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page in Chromium, against the real server: tests/datapath/ops_page.sh runs it and has made its world.
 *
 *	browser.mjs URL DO PICTURES HOSTILE CHROMIUM
 *
 * DO: a program that has something done in that world. PICTURES: the folder of screenshots. HOSTILE: the name of a NIC that is
 * markup and turns text around. BROWSER_TESTS: where playwright-core is installed.
 */
import assert from "node:assert/strict";

import {charts} from "./charts.mjs";
import {check, finish} from "./check.mjs";
import {explainBox} from "./explain.mjs";
import {figures} from "./figures.mjs";
import {keyboard} from "./keyboard.mjs";
import {list} from "./list.mjs";
import {looks} from "./looks.mjs";
import {states} from "./states.mjs";
import {ANSWERS, FLOWS, act, browser, hostileNic, noted, open, url} from "./world.mjs";

await act("sent", "wan0", ...FLOWS.map((flow, i) => `${(i + 1) * 1000 + 234},${flow}`), "7,0x0806,60");
await act("sent", hostileNic, `4321,${ANSWERS}`);

const page = await open();
for (const part of [figures, list, charts, keyboard, explainBox, looks])
	await part(page);
await states();

await check("nothing is asked of anybody else", () => assert.deepEqual(noted.elsewhere, []));
await check("no error and no warning in the console", () => assert.deepEqual(noted.errors, []));
await check("no violation of the security policy, which is strict", async () => {
	const {headers} = await fetch(url);
	assert.match(headers.get("Content-Security-Policy"), /default-src 'self'/);
	assert.doesNotMatch(headers.get("Content-Security-Policy"), /unsafe/);
	assert.deepEqual(noted.violations, []);
});

await browser.close();
process.exit(finish());
