// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rates of the last hour: what /api/v1/history told first, then a sample a reading. Packets and bytes per second; NaN
 * where nothing is known. Pure: no document, no request.
 */

/* The server remembers rows, misses and the total; series of this prefix begin when the page does. */
const LOCAL = "interface:";

export class History {
	#capacity;
	#maxSeries;
	#times; // ms since 1970, of slot turn % capacity
	#turn = 0; // samples so far
	#known = []; // of the same slot: false is a gap for all series
	#series = new Map(); // name -> {packets, bytes}
	#replacedAt = -Infinity;
	#isPartial = false; // of what came before that, the server told the heaviest series only

	/* capacity: samples that are kept. Series beyond maxSeries are not. */
	constructor(capacity = 3600, maxSeries = 400) {
		this.#capacity = capacity;
		this.#maxSeries = maxSeries;
		this.#times = new Float64Array(capacity);
	}

	get length() {
		return Math.min(this.#turn, this.#capacity);
	}

	/* at: ms. values: name -> {packets, bytes}, what has none is 0; null: a gap. */
	add(at, values) {
		const slot = this.#turn % this.#capacity;
		this.#times[slot] = at;
		this.#known[slot] = values !== null;
		for (const [name, rates] of this.#series) {
			const now = values?.get(name);
			rates.packets[slot] = now?.packets ?? 0;
			rates.bytes[slot] = now?.bytes ?? 0;
		}
		this.#turn++;
		for (const [name, now] of values ?? []) {
			if (this.#series.has(name) || !now.packets || this.#series.size >= this.#maxSeries)
				continue;
			const rates = this.#open(name);
			rates.packets[slot] = now.packets;
			rates.bytes[slot] = now.bytes;
		}
	}

	/* Until when a series that is not here may have had traffic all the same: ms. */
	#unknownUntil(name) {
		return this.#isPartial || name.startsWith(LOCAL) ? this.#replacedAt : -Infinity;
	}

	#open(name) {
		const until = this.#unknownUntil(name);
		const rates = {packets: new Float32Array(this.#capacity), bytes: new Float32Array(this.#capacity)};
		for (let turn = this.#turn - this.length; turn < this.#turn; turn++) {
			const slot = turn % this.#capacity;
			if (this.#times[slot] <= until)
				rates.packets[slot] = rates.bytes[slot] = NaN;
		}
		this.#series.set(name, rates);
		return rates;
	}

	/*
	 * Begin anew with what the server remembers: {interval, samples, series: [{name, packets, bytes}]}, the newest last, at
	 * `at`. Series that it leaves out because they are light keep what was sampled here. limit: how many it tells at most.
	 */
	replace(answer, at, limit) {
		const old = this.#rows();
		const all = Math.max(0, ...answer.series.map(({packets}) => packets.length));
		const n = Math.min(all, this.#capacity);
		const total = answer.series.find(({name}) => name === "total");

		this.#series = new Map();
		this.#turn = n;
		this.#known = new Array(n);
		this.#replacedAt = at;
		this.#isPartial = answer.series.length >= limit;
		for (let i = 0; i < n; i++) {
			this.#times[i] = at - (n - 1 - i) * answer.interval * 1000;
			this.#known[i] = !total || (total.packets[all - n + i] ?? null) !== null;
		}
		for (const {name, packets, bytes} of answer.series) {
			const rates = this.#open(name);
			for (let i = 0; i < n; i++) {
				rates.packets[i] = packets[packets.length - n + i] ?? NaN;
				rates.bytes[i] = bytes[bytes.length - n + i] ?? NaN;
			}
		}
		for (const [name, samples] of old) {
			if (this.#series.has(name) || this.#series.size >= this.#maxSeries)
				continue;
			const rates = this.#open(name);
			let from = 0;
			for (let i = 0; i < n; i++) {
				const nearest = this.#times[i] - answer.interval * 500;
				while (from < samples.length && samples[from].at < nearest)
					from++;
				const sample = samples[from];
				const here = sample && sample.at < nearest + answer.interval * 1000;
				rates.packets[i] = here ? sample.packets : NaN;
				rates.bytes[i] = here ? sample.bytes : NaN;
			}
		}
	}

	/* Everything as name -> [{at, packets, bytes}]. */
	#rows() {
		return new Map([...this.#series.keys()].map((name) => [name, this.samples([name], -Infinity)]));
	}

	/* Whether one of these series has had a packet since `from`, as far as is known. */
	moved(names, from) {
		const found = names.map((name) => this.#series.get(name)).filter(Boolean);
		for (let turn = this.#turn - 1; found.length && turn >= this.#turn - this.length; turn--) {
			const slot = turn % this.#capacity;
			if (this.#times[slot] < from)
				break;
			if (found.some(({packets}) => packets[slot] > 0))
				return true;
		}
		return false;
	}

	/* [{at, packets, bytes}] since `from`, the newest last: the sum of these series. One that never had traffic is 0. */
	samples(names, from) {
		const found = names.map((name) => this.#series.get(name)).filter(Boolean);
		const unknown = Math.max(...names.filter((name) => !this.#series.has(name)).map((name) => this.#unknownUntil(name)));
		const list = [];
		for (let turn = this.#turn - 1; turn >= this.#turn - this.length; turn--) {
			const slot = turn % this.#capacity, at = this.#times[slot];
			if (at < from)
				break;
			let packets = this.#known[slot] && at > unknown ? 0 : NaN, bytes = packets;
			for (const rates of found) {
				packets += rates.packets[slot];
				bytes += rates.bytes[slot];
			}
			list.push({at, packets, bytes});
		}
		list.reverse();
		return list;
	}
}

/*
 * Samples gathered into spans of `width` ms whose ends lie on multiples of it, so that a chart moves without flickering:
 * [{at, mean, max}], at: the middle. NaN where a span has no sample that is known.
 */
export function spans(samples, unit, from, to, width) {
	const first = Math.floor(from / width), n = Math.floor(to / width) - first + 1;
	const list = Array.from({length: n}, (_, i) => ({at: (first + i + 0.5) * width, mean: NaN, max: NaN, sum: 0, n: 0}));
	for (const sample of samples) {
		const span = list[Math.floor(sample.at / width) - first], value = sample[unit];
		if (!span || Number.isNaN(value))
			continue;
		span.sum += value;
		span.n++;
		span.mean = span.sum / span.n;
		span.max = span.n === 1 ? value : Math.max(span.max, value);
	}
	return list;
}
