// SPDX-License-Identifier: GPL-2.0-only
/* How the page's tests count, and what they compare with: as tests/datapath/check.sh, in JavaScript. */
import assert from "node:assert/strict";

let passed = 0, failed = 0;

/* One line, and what was wrong if it failed. Goes on in any case. */
export async function check(name, test) {
	try {
		await test();
		passed++;
		console.log(`ok   ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAIL ${name}`);
		const text = String(error instanceof assert.AssertionError ? error.message : error.stack ?? error);
		console.log(text.split("\n").slice(0, 20).map((line) => `     ${line}`).join("\n"));
	}
}

/* Prints the sum; the exit code. */
export function finish() {
	console.log(`${passed} passed, ${failed} failed`);
	return failed ? 1 : 0;
}
