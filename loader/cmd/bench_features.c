// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of `bench` that show what each feature costs: the same few packets for all settings,
 * side by side in every round, each setting with programs of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "bench_features.h"
#include "bench_headers.h"

#define KIND	  "feature"
#define NEW_FLOWS 16384 /* different packets, more than the smallest table of flows holds */
#define TURN_PORT 3478
#define FAR_AWAY  UINT32_MAX

static const char *const packet_names[PACKETS] = {
	[PACKET_TCP] = "known flow, tcp",	    [PACKET_UDP] = "known flow, udp",
	[PACKET_REPLY] = "known flow, reply",	    [PACKET_UNMATCHED] = "unmatched",
	[PACKET_LISTED] = "from a listed address",  [PACKET_FIRST_FRAGMENT] = "first fragment",
	[PACKET_LATER_FRAGMENT] = "later fragment",
};

/* --- which packets --------------------------------------------------------------------------- */

static const struct xe_action *action_of(const struct compiled *compiled,
					 const struct bench_entry *entry, const struct tuple *tuple)
{
	return compiled_action(compiled, compiled_classify(compiled, entry->side, tuple));
}

/* By which interface a packet is the reply of a flow; NULL: by none. */
static const struct bench_entry *
reply_entry(const struct bench_run *run, const struct compiled *compiled, const struct tuple *tuple)
{
	for (size_t i = 0; i < run->n_entries; i++)
		if (action_of(compiled, &run->entries[i], tuple)->act == XE_ACT_REPLY)
			return &run->entries[i];
	return NULL;
}

/* How good a packet is as that of a known flow; 0: not at all. */
static unsigned rank_of(const struct bench_run *run, const struct compiled *compiled,
			const struct bench_found *found)
{
	const struct tuple *tuple = &found->tuple;
	const struct bench_entry *entry = &run->entries[found->entry];
	const struct xe_action *action = action_of(compiled, entry, tuple);
	struct tuple back;

	if (!found->order || tuple->syn || action->act != XE_ACT_FORWARD || action->limit)
		return 0;
	bench_tuple_back(tuple, &back);
	return 1 + (entry->side == XE_SIDE_INTERNET) +
	       2 * (reply_entry(run, compiled, &back) != NULL) +
	       4 * (tuple->proto == IPPROTO_UDP && tuple->dport == TURN_PORT);
}

/* The packet of a protocol that is forward of some row, and answered; the first found of the best.
 */
static void find_forward(const struct bench_run *run, const struct compiled *compiled, int f,
			 uint8_t proto, struct bench_sample *out)
{
	uint32_t best_order = FAR_AWAY;
	unsigned best = 0;

	for (size_t i = 0; i < run->search.n_atoms; i++) {
		const struct bench_found *found = &run->search.found[f][i];
		unsigned rank = found->tuple.proto == proto ? rank_of(run, compiled, found) : 0;

		if (!rank || rank < best || (rank == best && found->order > best_order))
			continue;
		best = rank;
		best_order = found->order;
		out->tuple = found->tuple;
		out->entry = &run->entries[found->entry];
	}
	if (best)
		out->row =
			compiled->atoms[compiled_classify(compiled, out->entry->side, &out->tuple)]
				.row;
}

/* The same host asked for what nobody offers: the first such port. */
static void find_unmatched(const struct compiled *compiled, const struct bench_sample *tcp,
			   struct bench_sample *out)
{
	struct bench_sample sample = *tcp;

	sample.tuple.syn = true;
	for (unsigned port = 1; port <= UINT16_MAX; port++) {
		const struct xe_action *action;

		sample.tuple.dport = port;
		action = action_of(compiled, sample.entry, &sample.tuple);
		if (action->act != XE_ACT_MISS || action->miss != XE_MISS_UNMATCHED)
			continue;
		*out = sample;
		return;
	}
}

static void find_samples(struct bench_run *run, const struct compiled *compiled, int f)
{
	struct bench_sample *samples = run->features->samples[f];
	const struct bench_sample *tcp = &samples[PACKET_TCP], *of = tcp;

	find_forward(run, compiled, f, IPPROTO_TCP, &samples[PACKET_TCP]);
	find_forward(run, compiled, f, IPPROTO_UDP, &samples[PACKET_UDP]);
	if (!of->entry)
		of = &samples[PACKET_UDP];
	if (of->entry) {
		bench_tuple_back(&of->tuple, &samples[PACKET_REPLY].tuple);
		samples[PACKET_REPLY].entry =
			reply_entry(run, compiled, &samples[PACKET_REPLY].tuple);
	}
	if (!tcp->entry)
		return;
	find_unmatched(compiled, tcp, &samples[PACKET_UNMATCHED]);
	samples[PACKET_LISTED] = *tcp;
	bench_listed_address(f, samples[PACKET_LISTED].tuple.saddr);
	samples[PACKET_FIRST_FRAGMENT] = *tcp;
	samples[PACKET_LATER_FRAGMENT] = *tcp;
}

/* --- cases ----------------------------------------------------------------------------------- */

#define NAME_MAX_BYTES 96

static void case_name(size_t i, const char *packet, int f, char *buf)
{
	snprintf(buf, NAME_MAX_BYTES, "%s: %s ipv%d", bench_settings[i].name, packet, f ? 6 : 4);
}

#define NEW_FLOW_NAME "new flows"

static bool is_wanted(const struct bench_run *run, size_t i, const char *packet)
{
	char name[NAME_MAX_BYTES];
	bool wanted = false;

	for (int f = 0; f < 2; f++) {
		case_name(i, packet, f, name);
		wanted = wanted || bench_case_wanted(run, KIND, NULL, name);
	}
	return wanted;
}

/* --case may ask for some of a variant's, or for none. */
static bool is_variant_wanted(const struct bench_run *run, size_t i)
{
	bool wanted = bench_settings[i].new_flows && is_wanted(run, i, NEW_FLOW_NAME);

	for (int kind = 0; kind < PACKETS && !wanted; kind++)
		wanted = bench_settings[i].packets >> kind & 1 &&
			 is_wanted(run, i, packet_names[kind]);
	return wanted;
}

static enum bench_dress dress_of(enum packet_kind kind)
{
	switch (kind) {
	case PACKET_FIRST_FRAGMENT:
		return DRESS_FIRST_FRAGMENT;
	case PACKET_LATER_FRAGMENT:
		return DRESS_LATER_FRAGMENT;
	case PACKET_UNMATCHED:
		return DRESS_PLAIN;
	default:
		return DRESS_PAYLOAD;
	}
}

static enum bench_aim aim_of(size_t i, enum packet_kind kind)
{
	if (i == BENCH_PLAIN && kind <= PACKET_REPLY)
		return AIM_STATE;
	return i == BENCH_PLAIN && kind == PACKET_UNMATCHED ? AIM_DROP : AIM_NONE;
}

static struct bench_case *add_case(struct bench_run *run, size_t i, const char *packet, int f,
				   int *err)
{
	char name[NAME_MAX_BYTES];
	struct bench_case *c;

	case_name(i, packet, f, name);
	c = bench_case_add(run, err, KIND, NULL, "%s", name);
	if (c)
		c->family = f ? 6 : 4;
	return c;
}

/* Only in the verdict that the policy gives: a feature is no matter of the NIC's side. */
static void keep_own_verdict(struct bench_job *job, struct bench_case *c)
{
	if (job->ending[VERDICT_DROP] == BENCH_COPIED)
		job->run[VERDICT_DROP] = false;
	if (!*c->why_not && !job->run[VERDICT_PASS] && !job->run[VERDICT_DROP])
		snprintf(c->why_not, sizeof(c->why_not), "the policy lets it pass");
}

static int add_packet(struct bench_run *run, size_t i, enum packet_kind kind, int f)
{
	const struct bench_sample *sample = &run->features->samples[f][kind];
	struct bench_variant *v = &run->features->variants[i];
	struct bench_case *c;
	uint32_t atom;
	int err, code;

	c = add_case(run, i, packet_names[kind], f, &err);
	if (!c)
		return err ? fail("out of memory") : EXIT_OK;
	if (!sample->entry) {
		snprintf(c->why_not, sizeof(c->why_not),
			 "no such IPv%u packet of these interfaces was found", c->family);
		return EXIT_OK;
	}
	atom = kind == PACKET_LATER_FRAGMENT
		       ? XE_MISS_FRAGMENT
		       : compiled_classify(&v->compiled, sample->entry->side, &sample->tuple);
	code = bench_case_set(run, &v->subject, sample->entry, &sample->tuple, dress_of(kind),
			      atom);
	c->hit = false; /* it is no part of the site's own summary */
	c->aim = aim_of(i, kind);
	keep_own_verdict(bench_job_last(run), c);
	return code;
}

/* Packets that all begin a flow: more than the table holds, from everywhere. */
static int make_new_flows(const struct bench_sample *sample, const struct bench_variant *v,
			  struct bench_trace *trace)
{
	struct tuple tuple = sample->tuple;
	uint8_t frame[BENCH_FRAME_MAX];

	if (bench_trace_open(trace, NEW_FLOWS, true))
		return -ENOMEM;
	tuple.syn = tuple.proto == IPPROTO_TCP;
	for (unsigned port = 1024; trace->n < NEW_FLOWS && port <= UINT16_MAX; port++) {
		int len;

		tuple.sport = port;
		len = bench_frame(&tuple, sample->entry->vlan, DRESS_PLAIN, frame);
		if (len > 0)
			bench_trace_add(
				trace, frame, len,
				compiled_classify(&v->compiled, sample->entry->side, &tuple));
	}
	return 0;
}

static int add_new_flows(struct bench_run *run, size_t i, int f)
{
	const struct bench_sample *sample = &run->features->samples[f][PACKET_TCP];
	struct bench_variant *v = &run->features->variants[i];
	struct bench_trace trace = {};
	struct bench_case *c;
	int err, code;

	if (!sample->entry)
		return EXIT_OK;
	c = add_case(run, i, NEW_FLOW_NAME, f, &err);
	if (!c)
		return err ? fail("out of memory") : EXIT_OK;
	bench_tuple_text(&sample->tuple, c->packet, sizeof(c->packet));
	code = make_new_flows(sample, v, &trace)
		       ? fail("out of memory")
		       : bench_case_trace(run, &v->subject, sample->entry, &trace);
	bench_trace_free(&trace);
	bench_entry_text(sample->entry, c->interface, sizeof(c->interface));
	bench_job_last(run)->run[VERDICT_DROP] = false;
	return code;
}

/* By packet, so that on and off stand one below the other. */
static int add_cases(struct bench_run *run, int f)
{
	int code = EXIT_OK;

	for (int kind = 0; kind < PACKETS; kind++)
		for (size_t i = 0; i < BENCH_SETTINGS && !code; i++)
			if (run->features->variants[i].subject.kernel &&
			    bench_settings[i].packets >> kind & 1)
				code = add_packet(run, i, kind, f);
	for (size_t i = 0; i < BENCH_SETTINGS && !code; i++)
		if (run->features->variants[i].subject.kernel && bench_settings[i].new_flows)
			code = add_new_flows(run, i, f);
	return code;
}

static uint64_t slots_of(const struct bench_run *run)
{
	uint64_t slots = 0;

	for (int f = 0; f < 2; f++)
		for (int kind = 0; kind < PACKETS; kind++)
			if (run->features->samples[f][kind].entry)
				slots |= 1ull << run->features->samples[f][kind].entry->nic->slot;
	return slots;
}

/* What does not compile beside a large site is left out, as the message says. */
static int open_variants(struct bench_run *run)
{
	uint64_t slots = slots_of(run);

	for (size_t i = 0; i < BENCH_SETTINGS && slots; i++) {
		struct bench_variant *v = &run->features->variants[i];
		int err;

		if (!is_variant_wanted(run, i))
			continue;
		err = i == BENCH_PLAIN ? 0 : bench_variant_compile(run, i);
		if (err == -E2BIG)
			continue;
		if (!err)
			err = bench_subject_open(&v->subject, &v->policy, &v->compiled, slots,
						 &run->subject);
		if (err)
			return EXIT_FAILED;
	}
	return EXIT_OK;
}

int bench_features(struct bench_run *run)
{
	bool wanted = false;
	int err, code;

	for (size_t i = 0; i < BENCH_SETTINGS && !wanted; i++)
		wanted = is_variant_wanted(run, i);
	if (!wanted || !run->n_entries)
		return EXIT_OK;
	run->features = calloc(1, sizeof(*run->features));
	if (!run->features)
		return fail("out of memory");
	err = bench_variant_compile(run, BENCH_PLAIN);
	if (err)
		return err == -E2BIG ? EXIT_OK : EXIT_FAILED;
	for (int f = 0; f < 2; f++)
		find_samples(run, &run->features->variants[BENCH_PLAIN].compiled, f);
	code = open_variants(run);
	for (int f = 0; f < 2 && !code; f++)
		if (bench_family_used(&run->ctx, f ? 6 : 4))
			code = add_cases(run, f);
	return code;
}

void bench_features_free(struct bench_run *run)
{
	struct bench_features *features = run->features;

	for (size_t i = 0; features && i < BENCH_SETTINGS; i++)
		bench_variant_free(&features->variants[i]);
	if (features) {
		free(features->deny);
		free(features->listed);
	}
	free(features);
	run->features = NULL;
}
