// SPDX-License-Identifier: GPL-2.0-only
/*
 * One case made ready: its frame, the packet that must come before it, and how it must end. The
 * program is shown both, and must say what the case claims.
 */
#include <string.h>
#include <netinet/in.h>

#include "bench.h"
#include "tuple_text.h"

void bench_entry_text(const struct bench_entry *entry, char *buf, size_t size)
{
	snprintf(buf, size, entry->vlan ? "%s.%u" : "%s", entry->nic->name, entry->vlan);
}

void bench_tuple_text(const struct tuple *tuple, char *buf, size_t size)
{
	char source[64], destination[64], number[8];

	tuple_end_text(tuple, true, source, sizeof(source));
	tuple_end_text(tuple, false, destination, sizeof(destination));
	snprintf(buf, size, "%s %s > %s%s",
		 proto_text(tuple->family, tuple->proto, number, sizeof(number)), source,
		 destination, tuple->syn ? " SYN" : "");
}

/* What the atom says of the packet, beside the row that the case is about. */
static void describe(const struct bench_subject *subject, struct bench_case *c, uint32_t id)
{
	const struct xe_atom *atom = &subject->compiled->atoms[id];
	const char *row;

	if (atom->row == XE_NO_ROW) {
		c->miss = miss_text(atom->miss);
		return;
	}
	c->hit = true;
	row = subject->policy->rows[atom->row].row->id;
	if (!c->row)
		c->row = row;
	else if (strcmp(c->row, row) != 0)
		c->decided_by = row;
	if (!c->sense)
		c->sense = sense_text(atom->sense);
}

static int show_failed(const struct bench_case *c, int err)
{
	return fail("%s: test run of the program: %s", c->name, strerror(-err));
}

/* --- flows ----------------------------------------------------------------------------------- */

void bench_tuple_back(const struct tuple *tuple, struct tuple *back)
{
	*back = *tuple;
	memcpy(back->saddr, tuple->daddr, sizeof(back->saddr));
	memcpy(back->daddr, tuple->saddr, sizeof(back->daddr));
	back->sport = tuple->dport;
	back->dport = tuple->sport;
	back->syn = false;
}

/* Whether packets of an atom begin a flow if there is none. */
static bool begins_flow(const struct xe_action *action)
{
	return action->act == XE_ACT_FORWARD ||
	       (action->act == XE_ACT_REPLY && action->otherwise == XE_OTHERWISE_FORWARD);
}

/* The packet that begins the flow of a reply, by whichever interface it enters. False: none does.
 */
static bool find_beginning(const struct bench_run *run, const struct bench_subject *subject,
			   const struct tuple *reply, struct bench_packet *out)
{
	const struct compiled *compiled = subject->compiled;
	struct tuple forward;

	bench_tuple_back(reply, &forward);
	forward.syn = forward.proto == IPPROTO_TCP;
	for (size_t i = 0; i < run->n_beginnings; i++) {
		const struct bench_entry *entry = &run->beginnings[i];

		if (!(subject->slots >> entry->nic->slot & 1))
			continue;
		out->atom = compiled_classify(compiled, entry->side, &forward);
		if (!begins_flow(compiled_action(compiled, out->atom)))
			continue;
		out->slot = entry->nic->slot;
		out->len = bench_frame(&forward, entry->vlan, DRESS_PLAIN, out->frame);
		return out->len > 0;
	}
	return false;
}

/* What must have been seen before a packet. False: nothing makes it what it is to be; c->why_not.
 */
static bool set_before(const struct bench_run *run, struct bench_case *c, struct bench_job *job,
		       const struct bench_entry *entry, const struct tuple *tuple,
		       enum bench_dress dress)
{
	const struct compiled *compiled = job->subject->compiled;
	const struct xe_action *action = compiled_action(compiled, job->packet.atom);
	uint32_t features = compiled->block->guard.features;

	if (dress == DRESS_LATER_FRAGMENT && features & XE_FEATURE_GUARD) {
		job->before.slot = job->packet.slot;
		job->before.atom = compiled_classify(compiled, entry->side, tuple);
		job->before.len =
			bench_frame(tuple, entry->vlan, DRESS_FIRST_FRAGMENT, job->before.frame);
	} else if (features & XE_FEATURE_STATE && action->act == XE_ACT_REPLY &&
		   !find_beginning(run, job->subject, tuple, &job->before) &&
		   !begins_flow(action)) {
		snprintf(c->why_not, sizeof(c->why_not),
			 "no packet that enters by the site's interfaces begins its flow");
		return false;
	}
	return true;
}

/* Show the packet before the case's own, of which it is taken as it comes: a reply is unsolicited.
 */
static int tell_before(const struct bench_case *c, struct bench_job *job)
{
	struct bench_packet *before = &job->before;
	struct bench_told told;
	int err;

	if (!before->len)
		return EXIT_OK;
	err = bench_tell(job->subject->kernel, before->slot, before->frame, before->len, &told);
	if (err)
		return show_failed(c, err);
	if (told.atom != before->atom && told.atom != XE_MISS_UNSOLICITED)
		return fail("%s: the program counts the packet before it under atom %u, the policy "
			    "under %u",
			    c->name, told.atom, before->atom);
	before->atom = told.atom;
	job->subject->expected[before->atom]++;
	return EXIT_OK;
}

/* --- the case -------------------------------------------------------------------------------- */

/*
 * A limit on every packet is soon met, and no packet like the one before; but for one that cannot
 * be met.
 */
static bool is_limited(const struct compiled *compiled, uint32_t atom)
{
	const struct xe_action *action = compiled_action(compiled, atom);
	const struct xe_limit *limits;

	if (!action || !action->limit || compiled->block->guard.mode != XE_MODE_ENFORCE)
		return false;
	limits = (const void *)((const char *)compiled->block + compiled->block->guard.limits);
	return limits[action->limit - 1].packets && limits[action->limit - 1].interval > 1;
}

/* In which verdicts it is run, and how it ends in each. */
static void set_endings(const struct bench_run *run, struct bench_case *c, struct bench_job *job,
			bool dropped)
{
	const bool *wanted = run->request->verdict;

	job->ending[VERDICT_PASS] = BENCH_PASSES;
	job->ending[VERDICT_DROP] = dropped ? BENCH_DROPS : BENCH_COPIED;
	job->run[VERDICT_PASS] = wanted[VERDICT_PASS] && !dropped;
	job->run[VERDICT_DROP] = wanted[VERDICT_DROP];
	if (!job->run[VERDICT_PASS] && !job->run[VERDICT_DROP])
		snprintf(c->why_not, sizeof(c->why_not), "the policy drops it");
}

int bench_case_set(struct bench_run *run, struct bench_subject *subject,
		   const struct bench_entry *entry, const struct tuple *tuple,
		   enum bench_dress dress, uint32_t atom)
{
	struct bench_case *c = &run->report.cases[run->report.n_cases - 1];
	struct bench_job *job = bench_job_last(run);
	struct bench_packet *packet = &job->packet;
	struct bench_told told;
	int err, code;

	job->subject = subject;
	packet->slot = entry->nic->slot;
	packet->atom = atom;
	packet->len = bench_frame(tuple, entry->vlan, dress, packet->frame);
	if (packet->len < 0)
		return fail("%s: no such frame", c->name);
	c->family = tuple->family;
	bench_entry_text(entry, c->interface, sizeof(c->interface));
	bench_tuple_text(tuple, c->packet, sizeof(c->packet));
	describe(subject, c, atom);
	if (is_limited(subject->compiled, atom)) {
		snprintf(c->why_not, sizeof(c->why_not),
			 "the row's limit lets too few packets pass");
		return EXIT_OK;
	}
	if (!set_before(run, c, job, entry, tuple, dress))
		return EXIT_OK;
	code = tell_before(c, job);
	if (code)
		return code;
	err = bench_tell(subject->kernel, packet->slot, packet->frame, packet->len, &told);
	if (err)
		return show_failed(c, err);
	if (told.atom != atom)
		return fail("%s: the program counts it under atom %u, the policy under %u", c->name,
			    told.atom, atom);
	subject->expected[atom]++;
	set_endings(run, c, job, told.dropped);
	return EXIT_OK;
}
