// SPDX-License-Identifier: GPL-2.0-only
/* The form that asks which rows one packet matches, and the answer in words. */
import {byId, element} from "./dom.js";
import {ApiError, ask} from "./feed.js";
import {exemptMeaning, missMeaning, reasonMeaning} from "./words.js";

function withMeaning(name, meaning) {
	return meaning ? `${name} (${meaning})` : name;
}

/* "otherwise …": what becomes of a reply without its flow. */
function otherwiseText({otherwise, reason}) {
	if (otherwise === "pass")
		return "Without one it passes as the beginning of a flow of its own, by a later row.";
	return `Without one it is dropped: ${withMeaning(reason ?? "unsolicited", reasonMeaning(reason ?? "unsolicited"))}.`;
}

/* What becomes of it in enforce: sentences. */
function verdictText({enforce, side}) {
	const {verdict, reason, exempt, limit, limit_on: limitOn} = enforce;
	const sentences = [];

	if (verdict === "needs-flow")
		sentences.push(`In enforce it passes with a flow that forward packets began. ${otherwiseText(enforce)}`);
	else if (exempt)
		sentences.push(`In enforce it passes by name: ${withMeaning(exempt, exemptMeaning(exempt))}.`);
	else if (verdict === "drop")
		sentences.push(`In enforce it is dropped: ${withMeaning(reason, reasonMeaning(reason))}.`);
	else
		sentences.push("In enforce it passes.");
	if (limit)
		sentences.push(`${limitOn === "packets" ? "Packets" : "New flows"} beyond ${limit} are dropped.`);
	if (side === "mirror")
		sentences.push("Of a mirror it is only counted.");
	else if (enforce.mode !== "enforce")
		sentences.push(`The mode is ${enforce.mode}: for now it passes in any case.`);
	return sentences.join(" ");
}

/* The shortest answer: {text, tone: "pass", "drop" or "flow"}. */
function headline({deciding, miss, enforce}) {
	const who = deciding ? `${deciding.row} decides, as ${deciding.sense}` : `No row decides: ${miss}`;
	const tone = enforce.exempt ? "pass" : enforce.verdict === "needs-flow" ? "flow" : enforce.verdict;
	return {text: who, tone};
}

function rowText(row) {
	return row ? [row.role, row.service, [row.l4, row.ports].filter(Boolean).join(" "),
		`${row.source} → ${row.destination}`].filter(Boolean).join(", ") : "";
}

function matchList(answer, rows) {
	let decided = false;
	return element("ol", {class: "matches"}, ...answer.matches.map(({row, sense}) => {
		const decides = !decided && answer.deciding?.row === row && answer.deciding.sense === sense;
		decided ||= decides;
		return element("li", {class: decides && "decides"},
			element("span", {class: "match-id"}, row), ` as ${sense}${decides ? ", decides" : ""}`,
			element("span", {class: "hint"}, rowText(rows.get(row))));
	}));
}

/* An answer is of the site file as it is now; what runs may be another. "" if that is the same. */
function loadedText({loaded}) {
	if (!loaded)
		return "This is what the site file says; nothing is loaded.";
	if (loaded.same)
		return "";
	return `This is what the site file says, which ${loaded.same === false ? "is not" : "may not be"} what is loaded` +
		`${loaded.why ? `: ${loaded.why}` : ""}.`;
}

function render(answer, question, rows) {
	const {text, tone} = headline(answer);
	const {deciding, miss, matches} = answer;

	return [
		element("h3", {"data-tone": tone}, text),
		element("p", {class: "question"}, question(answer)),
		element("p", {}, deciding ? `${rowText(rows.get(deciding.row))}.` : `${miss}: ${missMeaning(miss)}.`),
		element("p", {}, verdictText(answer)),
		element("p", {class: "care"}, loadedText(answer)),
		element("h4", {}, matches.length ? "All that it matches, in order" : "It matches no row"),
		...matches.length ? [matchList(answer, rows)] : [],
	].filter(({textContent}) => textContent !== "" && textContent !== ".");
}

/* What the rows are, for their descriptions; without them the ids stand alone. */
async function rowsById() {
	try {
		const answer = await ask("rules");
		return new Map((Array.isArray(answer) ? answer : answer.rows).map((row) => [row.id, row]));
	} catch {
		return new Map();
	}
}

/* announce(text): for who does not see the answer come. */
export function setUpExplain(announce) {
	const form = byId("explain"), output = byId("explain-answer"), button = form.querySelector("[type=submit]");
	const fields = ["proto", "source", "destination", "side"];

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const parameters = {};
		for (const name of fields) {
			const value = byId(`explain-${name}`).value.trim();
			if (value)
				parameters[name] = value;
		}
		if (byId("explain-syn").checked)
			parameters.syn = "1";
		const question = ({side, assumed}) => `${parameters.proto} ${parameters.source} → ${parameters.destination}` +
			`${parameters.syn ? " SYN" : ""}, enters from ${side}${assumed ? ` (assumed: ${assumed})` : ""}`;

		button.disabled = true;
		try {
			const [answer, rows] = await Promise.all([ask("explain", parameters), rowsById()]);
			output.replaceChildren(...render(answer, question, rows));
			announce(`${headline(answer).text}. ${verdictText(answer)} ${loadedText(answer)}`);
		} catch (error) {
			const text = error instanceof ApiError ? error.message : "The server does not answer.";
			const said = text.split("\n"); // of a site file there may be more to say than a line
			output.replaceChildren(...said.map((line) => element("p", {class: "wrong"}, line)));
			announce(said.join(" "));
		} finally {
			output.hidden = false;
			button.disabled = false;
		}
	});
}
