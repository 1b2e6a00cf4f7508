// SPDX-License-Identifier: GPL-2.0-only
/* The box that explains a packet. */
import assert from "node:assert/strict";

import {shown as written} from "../../loader/serve/page/format.js";
import {check} from "./check.mjs";
import {HOSTILE_SERVICE, act, allow, api, settles, url} from "./world.mjs";

export async function explainBox(page) {
	async function explain({proto = "tcp", source, destination, side = "", syn = false}) {
		await page.fill("#explain-proto", proto);
		await page.fill("#explain-source", source);
		await page.fill("#explain-destination", destination);
		await page.selectOption("#explain-side", side);
		await page.setChecked("#explain-syn", syn);
		await page.evaluate(() => document.getElementById("explain-answer").replaceChildren());
		await page.locator("#explain-destination").press("Enter");
		await settles(page, () => document.getElementById("explain-answer").textContent !== "", null, "an answer");
		return page.locator("#explain-answer").innerText();
	}

	await check("explain: the row that decides, as the API has it, in words", async () => {
		const answer = await api("explain?proto=tcp&source=198.51.100.7:40000&destination=203.0.113.10:5061&side=internet&syn=1");
		const said = await explain({source: "198.51.100.7:40000", destination: "203.0.113.10:5061", side: "internet", syn: true});
		assert.ok(said.includes(`${answer.deciding.row} decides, as ${answer.deciding.sense}`), said);
		assert.equal(await page.locator("#explain-answer li").count(), answer.matches.length);
		assert.match(said, /In enforce it passes/);
		assert.match(said, /The mode is monitor/);
		assert.match(said, /tcp 5061/, "what the row is");
	});
	await check("explain: a miss, and a reply that needs its flow", async () => {
		assert.match(await explain({proto: "udp", source: "198.51.100.7:40000", destination: "203.0.113.10:9999", side: "internet"}),
			/No row decides: unmatched[^]*In enforce it is dropped: unmatched/);
		assert.match(await explain({proto: "udp", source: "203.0.113.10:7000", destination: "192.0.2.1:5000", side: "dmz-external"}),
			/site\/rows\/kept decides, as reply[^]*with a flow that forward packets began/);
		await page.locator("#explain-answer h3[data-tone=flow]").waitFor();
	});
	await check("explain: a hostile name turns nothing around", async () => {
		const said = await explain({proto: "udp", source: "192.0.2.1:5000", destination: "203.0.113.10:7003", side: "internet"});
		assert.ok(said.includes(`${written(HOSTILE_SERVICE)}, udp 7003`), said);
	});
	await check("explain: what is wrong, in the program's own words", async () => {
		allow((message) => message.includes("400"));
		const source = "<img src=x onerror=window.pwned=1>:5";
		const question = new URLSearchParams({proto: "tcp", source, destination: "203.0.113.10:5061"});
		const wrong = await fetch(`${url}api/v1/explain?${question}`);
		assert.equal(wrong.status, 400);
		assert.equal((await explain({source, destination: "203.0.113.10:5061"})).trim(), (await wrong.json()).error.trim());
		assert.equal(await page.locator("#explain-answer img").count(), 0);
		await page.waitForTimeout(200);
		allow();
	});
	await check("explain: by which side it is taken to enter", async () => {
		const {side, assumed} = await api("explain?proto=tcp&source=198.51.100.7:40000&destination=203.0.113.10:5061");
		const said = await explain({source: "198.51.100.7:40000", destination: "203.0.113.10:5061"});
		assert.ok(assumed && said.includes(`enters from ${side} (assumed: ${assumed})`), said);
		assert.doesNotMatch(said, /nothing is loaded|what is loaded/);
	});
	await check("explain: a site file that is not what is loaded", async () => {
		await act("eval", "cp \"$SITE\" \"$SITE.kept\"; sed -i 's/7004/7014/' \"$SITE\"");
		const said = await explain({proto: "udp", source: "192.0.2.1:5000", destination: "203.0.113.10:7014", side: "internet"});
		assert.match(said, /site\/rows\/long decides/);
		assert.match(said, /which is not what is loaded/);
		await act("eval", "mv \"$SITE.kept\" \"$SITE\"");
	});
	await check("explain: said aloud, too", async () => {
		await explain({source: "198.51.100.7:40000", destination: "203.0.113.10:5061", side: "internet", syn: true});
		await settles(page, () => /decides, as forward/.test(document.getElementById("announcer").textContent), null,
			"the status says it");
	});
}
