// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every part of the browser's test uses: the world that tests/datapath/ops_page.sh has made, Chromium, what is noted of
 * its pages, and how to read one.
 */
import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import {createRequire} from "node:module";
import {promisify} from "node:util";

export const [url, program, pictures, hostileNic, executablePath] = process.argv.slice(2);
const {chromium} = createRequire(`${process.env.BROWSER_TESTS}/`)("playwright-core");
export const HOSTILE_SERVICE = '<img src=x onerror="window.pwned=1">\u202e\x1b[2J';
export const HOSTILE_ROW = "site/rows/hostile";
export const KEPT = "site/rows/kept";
export const PATIENCE = 60000; // ms: longer than the longest wait of the page between two attempts

export const KEPT_FLOW = "udp,192.0.2.1,5000,203.0.113.10,7000,600";
export const FLOWS = [
	KEPT_FLOW, "udp,192.0.2.1,5000,203.0.113.10,7003,200", "udp,192.0.2.1,5000,203.0.113.10,7004,100",
	"syn,192.0.2.9,40000,203.0.113.10,5061,74", "udp,192.0.2.1,5000,203.0.113.10,7777,64",
	"udp,192.0.2.1,5000,203.0.113.10,7005,64",
];
export const ANSWERS = "udp,203.0.113.10,7000,192.0.2.1,5000,120";

/* Of the list of rates. */
export const COLUMN = {
	name: 0, role: 1, service: 2, ports: 3, packets: 4, bits: 5, matched: 6, replies: 7, fresh: 8, total: 9,
};

/* FUNCTION [ARGUMENT...] of ops_page.sh. */
export async function act(...words) {
	try {
		return (await promisify(execFile)(program, words)).stdout;
	} catch (error) {
		throw new Error(`${words.join(" ")}: ${error.stderr || error.stdout || error}`);
	}
}

export async function api(path) {
	const response = await fetch(`${url}api/v1/${path}`);
	assert.equal(response.status, 200, `${path} answers ${response.status}`);
	return response.json();
}

export const browser = await chromium.launch({
	executablePath, headless: true,
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync"],
});

export const noted = {errors: [], elsewhere: [], violations: [], dialogs: 0};
let allowed = () => false;

/* Which console errors are the browser's own word for what is tested: a function of the text; none: none are. */
export function allow(test = () => false) {
	allowed = test;
}

/* A page of its own, of which everything suspicious is noted. */
export async function open({
	width = 1400, height = 900, colorScheme = "light", reducedMotion = "no-preference", hash = "",
} = {}) {
	const context = await browser.newContext({viewport: {width, height}, colorScheme, reducedMotion});
	const page = await context.newPage();
	page.setDefaultTimeout(PATIENCE);
	page.on("console", (message) => {
		if (["error", "warning"].includes(message.type()) && !allowed(message.text()))
			noted.errors.push(message.text());
	});
	page.on("pageerror", (error) => noted.errors.push(error.stack));
	page.on("dialog", (dialog) => {
		noted.dialogs++;
		dialog.dismiss();
	});
	page.on("request", (request) => {
		if (!request.url().startsWith(url))
			noted.elsewhere.push(request.url());
	});
	page.stats = [];
	page.on("response", async (response) => {
		if (response.url().includes("/api/v1/stats") && response.ok())
			page.stats.push(await response.json().catch(() => null));
	});
	await page.exposeFunction("noteViolation", (text) => noted.violations.push(text));
	await page.addInitScript(() => {
		document.addEventListener("securitypolicyviolation", (event) =>
			window.noteViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
	});
	await page.goto(url + hash);
	return page;
}

export const text = (page, selector) => page.locator(selector).first().textContent();
export const state = (page) => page.locator("#feed").getAttribute("data-state");

export async function until(page, wanted) {
	await page.waitForFunction((value) => document.getElementById("feed").dataset.state === value, wanted, {timeout: PATIENCE});
}

/* Until the page shows rates, which takes two readings. */
export async function live(page) {
	await until(page, "live");
	await page.waitForFunction(() => /\d/.test(document.getElementById("tile-packets").textContent), null, {timeout: PATIENCE});
}

/* Until a test inside the page holds; else what was there instead. */
export async function settles(page, test, argument, what) {
	try {
		await page.waitForFunction(test, argument, {timeout: PATIENCE});
	} catch {
		assert.fail(`${what}: it stays so: ${await page.locator("main").innerText()}`.slice(0, 1500));
	}
}

/* Cells of a table as texts: [{key, cells}]. */
export async function lines(page, id) {
	return page.locator(`#${id}-body tr`).evaluateAll((rows) => rows.map((row) => ({
		key: row.dataset.key,
		cells: [...row.cells].map((cell) => cell.querySelector("span:first-child, button")?.textContent ?? cell.textContent),
	})));
}

export async function pause(page) {
	await page.click("#pause");
	await until(page, "paused");
}

export async function resume(page) {
	await page.click("#pause");
	await live(page);
}

export async function picture(page, name) {
	await page.evaluate(() => {
		document.activeElement.blur();
		scrollTo(0, 0);
	});
	await page.screenshot({path: `${pictures}/${name}.png`, fullPage: true});
}

export const grouped = (n) => n.toLocaleString("en");

/* "1,234", "<0.1" */
export const number = (shown) => Number(shown.replaceAll(",", "").replace("<", ""));

/* A column of the list of rates, and the button that sorts by it. */
export const shownIn = async (page, column) => (await lines(page, "rates")).map(({cells}) => cells[COLUMN[column]]);
export const heading = (page, name) => page.locator(`#rates-head .c-${name} button`);

/* Traffic of every kind, until it is stopped. */
export async function startTraffic() {
	await act("traffic_start", "wan0", "900", ...FLOWS);
	await act("traffic_start", hostileNic, "120", ANSWERS);
}
