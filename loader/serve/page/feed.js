// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the server once an interval, and says how it stands with it:
 *   connecting  nothing has been told yet
 *   live        answers come
 *   paused      the reader has stopped it
 *   hidden      nobody looks: nothing is asked
 *   lost        no answer, or none that makes sense; asked again after 1, 2, 4 … at most 30 s
 *   unloaded    the server is there and the policy is not; asked again when the server says
 * After every state but live, history and status are asked for anew before the first reading.
 */

const INTERVAL = 1000; // ms
const STATUS_EVERY = 5000;
const TIMEOUT = 8000;
const LONGEST_WAIT = 30000;
const HISTORY_MINUTES = 60;

/* What the server says is wrong: status is that of HTTP, retryAfter in seconds or NaN. */
export class ApiError extends Error {
	constructor(message, status, retryAfter) {
		super(message);
		this.status = status;
		this.retryAfter = retryAfter;
	}
}

/* GET of /api/v1/`path` with these parameters. Throws ApiError, or what fetch() throws. */
export async function ask(path, parameters = {}, signal = AbortSignal.timeout(TIMEOUT)) {
	const query = new URLSearchParams(parameters).toString();
	const response = await fetch(`/api/v1/${path}${query && `?${query}`}`, {signal, cache: "no-store", redirect: "error"});
	const text = await response.text();
	if (response.ok)
		return JSON.parse(text);
	let message = `the server says ${response.status}`;
	try {
		message = String(JSON.parse(text).error ?? message);
	} catch {
		// not from our server, but from something between
	}
	throw new ApiError(message, response.status, Number.parseInt(response.headers.get("Retry-After") ?? "", 10));
}

export class Feed {
	#handlers;
	#turn = 0; // of the loop that runs: an older one ends
	#paused = false;
	#failures = 0;
	#statusAt = -Infinity;
	#wake = null; // ends the wait of the loop
	/* What is asked of /api/v1/stats; changed by whoever shows it. */
	parameters = {nonzero: "1"};
	state = "connecting";

	/*
	 * handlers: state(state, {message, retryAt}), retryAt in ms since 1970; reading(stats); status(status); history(answer).
	 */
	constructor(handlers) {
		this.#handlers = handlers;
		document.addEventListener("visibilitychange", () => this.#restart());
		addEventListener("online", () => this.retry());
	}

	start() {
		this.#restart();
	}

	get paused() {
		return this.#paused;
	}

	set paused(paused) {
		this.#paused = paused;
		this.#restart();
	}

	/* Ask now instead of after the wait. */
	retry() {
		if (this.state === "lost" || this.state === "unloaded")
			this.#restart();
	}

	/* The next reading now: what is asked for has changed. */
	hurry() {
		this.#wake?.();
	}

	/* What fails here is a defect of the page or of the answer: it belongs in the browser's console. */
	#tell(what, answer) {
		try {
			this.#handlers[what](answer);
		} catch (error) {
			console.error(error);
			throw error;
		}
	}

	#set(state, detail = {}) {
		this.state = state;
		this.#handlers.state(state, detail);
	}

	#restart() {
		const turn = ++this.#turn;
		this.#wake?.();
		if (document.hidden)
			this.#set("hidden");
		else if (this.#paused)
			this.#set("paused");
		else
			this.#loop(turn);
	}

	#wait(ms) {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	async #loop(turn) {
		let next = performance.now();
		while (turn === this.#turn) {
			try {
				await this.#once(turn);
				next = Math.max(next + INTERVAL, performance.now());
				await this.#wait(next - performance.now());
			} catch (error) {
				if (turn !== this.#turn)
					return;
				const ms = this.#failed(error);
				await this.#wait(ms);
				next = performance.now();
			}
		}
	}

	async #once(turn) {
		const now = performance.now();
		const begins = this.state !== "live";
		if (begins || now - this.#statusAt >= STATUS_EVERY) {
			const status = await ask("status");
			if (turn !== this.#turn)
				return;
			this.#statusAt = now;
			this.#tell("status", status);
		}
		if (begins) {
			const history = await ask("history", {minutes: String(HISTORY_MINUTES)});
			if (turn !== this.#turn)
				return;
			this.#tell("history", history);
		}
		const stats = await ask("stats", this.parameters);
		if (turn !== this.#turn)
			return;
		this.#failures = 0;
		if (begins)
			this.#set("live");
		this.#tell("reading", stats);
	}

	/* Says so; returns after how many ms to ask again. */
	#failed(error) {
		const unloaded = error instanceof ApiError && error.status === 503;
		let ms = Math.min(LONGEST_WAIT, 1000 * 2 ** this.#failures);

		if (unloaded)
			ms = 1000 * Math.min(30, Math.max(1, error.retryAfter || 2));
		else
			this.#failures++;
		this.#set(unloaded ? "unloaded" : "lost", {
			message: error instanceof ApiError ? error.message : "", retryAt: Date.now() + ms,
		});
		return ms;
	}
}
