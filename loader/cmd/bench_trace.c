// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces: many different packets in random order, made from the policy or read from a capture.
 * What each of them is, the program is asked once; what was made must be what the policy says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "bench_headers.h"

#define TRACE_PACKETS 16384
#define TRACE_RANDOM  8192 /* at least so many beside those of the atoms */

/* --- from the policy ------------------------------------------------------------------------- */

struct maker {
	struct bench_run *run;
	const struct bench_search *search; /* by the entries below alone */
	const struct bench_entry *entries;
	int family;
	uint32_t *known; /* atoms that were found */
	size_t n_known;
	uint64_t random;
	struct bench_trace trace;
};

static bool make_packet(struct maker *m, size_t entry, const struct tuple *tuple)
{
	uint8_t frame[BENCH_FRAME_MAX];
	uint32_t atom = compiled_classify(&m->run->ctx.compiled, m->entries[entry].side, tuple);
	int len = bench_frame(tuple, m->entries[entry].vlan, DRESS_PLAIN, frame);

	return len > 0 && bench_trace_add(&m->trace, frame, len, atom);
}

/* The misses of parsing, one packet each, made of the first tuple. */
static void make_misses(struct maker *m)
{
	static const struct {
		enum bench_dress dress;
		enum xe_miss miss;
	} misses[] = {
		{DRESS_LATER_FRAGMENT, XE_MISS_FRAGMENT}, {DRESS_CUT, XE_MISS_MALFORMED},
		{DRESS_TAGS, XE_MISS_TOO_DEEP},		  {DRESS_ARP, XE_MISS_NON_IP},
		{DRESS_PLAIN, XE_MISS_NO_POLICY},
	};
	const struct bench_found *found = &m->search->found[m->family == 6][m->known[0]];
	uint16_t vlan = m->entries[found->entry].vlan;
	uint8_t frame[BENCH_FRAME_MAX];

	for (size_t i = 0; i < sizeof(misses) / sizeof(misses[0]); i++) {
		bool nowhere = misses[i].miss == XE_MISS_NO_POLICY;
		int len;

		if (nowhere && m->entries->nic->side >= 0)
			continue;
		len = bench_frame(&found->tuple, nowhere ? 0 : vlan, misses[i].dress, frame);
		if (len > 0)
			bench_trace_add(&m->trace, frame, len, misses[i].miss);
	}
}

/* Somewhere about an address: its last 8, 16 or 24 bits anew, or all of it. */
static void scatter_address(struct maker *m, uint8_t *addr)
{
	size_t len = m->family == 4 ? 4 : 16, bytes = 1 + bench_random(&m->random) % 4;

	if (bytes == 4)
		bytes = len;
	for (size_t i = len - bytes; i < len; i++)
		addr[i] = bench_random(&m->random);
}

static uint16_t scatter_port(struct maker *m, int l)
{
	uint64_t random = bench_random(&m->random);

	if (random & 1)
		return random >> 8;
	return m->search->port[l][(random >> 8) % m->search->n_port[l]];
}

/* A packet that is an atom, changed in one place or in several. */
static void make_random(struct maker *m)
{
	uint64_t random = bench_random(&m->random);
	const struct bench_found *found =
		&m->search->found[m->family == 6][m->known[(random >> 8) % m->n_known]];
	struct tuple tuple = found->tuple;
	bool ports = tuple.proto == IPPROTO_TCP || tuple.proto == IPPROTO_UDP;
	int l = tuple.proto == IPPROTO_UDP;

	if (random & 1)
		scatter_address(m, tuple.saddr);
	if (random & 2)
		scatter_address(m, tuple.daddr);
	if (ports && random & 4)
		tuple.sport = scatter_port(m, l);
	if (ports && random & 8)
		tuple.dport = scatter_port(m, l);
	make_packet(m, found->entry, &tuple);
}

static int make_trace(struct maker *m)
{
	const struct compiled *compiled = &m->run->ctx.compiled;
	const struct bench_found *found = m->search->found[m->family == 6];
	size_t packets;

	m->known = calloc(compiled->n_atoms, sizeof(*m->known));
	if (!m->known)
		return -ENOMEM;
	for (uint32_t i = 0; i < compiled->n_atoms; i++)
		if (found[i].order)
			m->known[m->n_known++] = i;
	packets = m->n_known + TRACE_RANDOM;
	if (packets < TRACE_PACKETS)
		packets = TRACE_PACKETS;
	if (bench_trace_open(&m->trace, packets, true))
		return -ENOMEM;
	for (size_t i = 0; i < m->n_known; i++)
		make_packet(m, found[m->known[i]].entry, &found[m->known[i]].tuple);
	make_misses(m);
	for (size_t i = 0; m->trace.n < packets && i < 20 * packets; i++)
		make_random(m);
	bench_trace_shuffle(&m->trace, &m->random);
	return 0;
}

/* --- its case -------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int count_atoms(const uint32_t *atoms, size_t n, size_t *out)
{
	uint32_t *sorted = calloc(n + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, atoms, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_number);
	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out += !i || sorted[i] != sorted[i - 1];
	free(sorted);
	return 0;
}

/*
 * What a header must be: what the program told of it, but of replies what they are with their
 * flows, which come in no order.
 */
static uint32_t true_atom(const struct bench_subject *subject, const struct bench_trace *t,
			  size_t i, uint32_t told)
{
	if (subject->loose && t->expected && told == XE_MISS_UNSOLICITED)
		return t->expected[i];
	return told;
}

/* Each header is shown to the program once. */
int bench_case_trace(struct bench_run *run, struct bench_subject *subject,
		     const struct bench_entry *entry, struct bench_trace *t)
{
	const struct xe_guard *guard = &subject->compiled->block->guard;
	struct bench_case *c = &run->report.cases[run->report.n_cases - 1];
	struct bench_job *job = bench_job_last(run);
	uint8_t frame[TRACE_FRAME] = {};

	job->subject = subject;
	job->packet.slot = entry->nic->slot;
	job->packet.len = 64; /* of the bare verdict, which reads nothing */
	job->ending[VERDICT_PASS] = guard->mode == XE_MODE_ENFORCE ? BENCH_EITHER : BENCH_PASSES;
	job->ending[VERDICT_DROP] = BENCH_COPIED;
	memcpy(job->run, run->request->verdict, sizeof(job->run));
	job->headers = t->headers;
	job->n_headers = t->n;
	t->headers = NULL;
	subject->loose = guard->features & XE_FEATURE_STATE;
	job->atoms = calloc(job->n_headers, sizeof(*job->atoms));
	if (!job->atoms)
		return fail("out of memory");
	for (size_t i = 0; i < job->n_headers; i++) {
		struct bench_told told;
		int err;

		memcpy(frame, job->headers[i], TRACE_HEADER);
		err = bench_tell(subject->kernel, job->packet.slot, frame, sizeof(frame), &told);
		if (err)
			return fail("%s: test run of the program: %s", c->name, strerror(-err));
		job->atoms[i] = true_atom(subject, t, i, told.atom);
		if (told.atom >= subject->compiled->n_atoms ||
		    (t->expected && t->expected[i] != job->atoms[i]))
			return fail("%s: packet %zu: the program counts it under atom %u", c->name,
				    i + 1, told.atom);
		subject->expected[job->atoms[i]]++;
	}
	c->tuples = job->n_headers;
	snprintf(c->interface, sizeof(c->interface), "%s", entry->nic->name);
	return count_atoms(job->atoms, job->n_headers, &c->atoms) ? fail("out of memory") : EXIT_OK;
}

static int add_random(struct bench_run *run, const struct bench_entry *entries,
		      const struct bench_search *search, int family)
{
	struct maker m = {
		.run = run,
		.search = search,
		.entries = entries,
		.family = family,
		.random = family,
	};
	struct bench_case *c;
	int err, code;

	c = bench_case_add(run, &err, "trace", NULL, "random ipv%d %s", family, entries->nic->name);
	if (!c)
		return err ? fail("out of memory") : EXIT_OK;
	c->family = family;
	snprintf(c->packet, sizeof(c->packet), "%s, and random ones about them",
		 search->complete ? "each atom of the interface" : "each atom that was found");
	code = make_trace(&m) ? fail("out of memory")
			      : bench_case_trace(run, &run->subject, entries, &m.trace);
	bench_trace_free(&m.trace);
	free(m.known);
	return code;
}

/* The entries of one NIC stand side by side. Both families, if the site has both. */
static int add_nic(struct bench_run *run, const struct bench_entry *entries, size_t n)
{
	struct bench_search search;
	int code = EXIT_OK;

	if (bench_search(&run->ctx, entries, n, &search))
		return fail("out of memory");
	for (int family = 4; family <= 6 && !code; family += 2)
		if (bench_family_used(&run->ctx, family))
			code = add_random(run, entries, &search, family);
	bench_search_free(&search);
	return code;
}

static int add_file(struct bench_run *run, const char *path)
{
	struct bench_trace trace = {};
	struct bench_case *c;
	int err, code;

	c = bench_case_add(run, &err, "trace", NULL, "%s %s", path, run->entries->nic->name);
	if (!c)
		return err ? fail("out of memory") : EXIT_OK;
	snprintf(c->packet, sizeof(c->packet), "the frames of the file, in random order");
	code = bench_trace_read(path, &trace);
	if (!code) {
		uint64_t random = 1;

		bench_trace_shuffle(&trace, &random);
		code = bench_case_trace(run, &run->subject, run->entries, &trace);
	}
	bench_trace_free(&trace);
	return code;
}

int bench_traces(struct bench_run *run)
{
	int code = EXIT_OK;

	if (!run->request->trace)
		return EXIT_OK;
	if (strcmp(run->request->trace, "random") != 0)
		return add_file(run, run->request->trace);
	for (size_t i = 0, n; i < run->n_entries && !code; i += n) {
		n = 1;
		while (i + n < run->n_entries && run->entries[i + n].nic == run->entries[i].nic)
			n++;
		code = add_nic(run, run->entries + i, n);
	}
	return code;
}
