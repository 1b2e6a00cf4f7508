// SPDX-License-Identifier: GPL-2.0-only
/* Oracle and program beside each other in one mode; see lane.h. */
#include "lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>

#include "../oracle/site_yaml.h"
#include "policy/diag.h"

/* --- making ----------------------------------------------------------------------------------- */

static bool compile(struct lane *lane, bool *too_large)
{
	char why[1024] = "";
	int err;

	if (policy_resolve(lane->spec, &lane->site, &lane->policy) != 0 ||
	    nics_from_site(&lane->site, &lane->nics, &lane->n_nics) != 0) {
		printf("the site cannot be resolved\n");
		return false;
	}
	diag_capture(why, sizeof(why));
	err = policy_compile(&lane->policy, lane->nics, lane->n_nics, 0, &lane->compiled);
	diag_capture(NULL, 0);
	lane->nic = lane->nics[0].name;
	*too_large = err == -E2BIG;
	if (err && err != -E2BIG)
		printf("the policy cannot be compiled: %s\n", why);
	return err == 0;
}

static void free_policy(struct lane *lane)
{
	compiled_free(&lane->compiled);
	nics_free(lane->nics, lane->n_nics);
	policy_free(&lane->policy);
}

bool lane_open(const struct spec *spec, const struct site *site, enum xe_mode mode,
	       struct lane *lane, bool *too_large)
{
	memset(lane, 0, sizeof(*lane));
	lane->spec = spec;
	lane->site = *site;
	lane->site.mode = mode;
	if (!compile(lane, too_large)) {
		lane_close(lane);
		return false;
	}
	lane->atoms = calloc(lane->compiled.n_atoms, sizeof(*lane->atoms));
	lane->oracle = guard_oracle_new(spec, &lane->site);
	if (!lane->atoms || !lane->oracle)
		abort();
	if (instance_open(&lane->compiled, lane->nics[0].slot, &lane->instance) != 0) {
		printf("no instance\n");
		lane_close(lane);
		return false;
	}
	return true;
}

void lane_close(struct lane *lane)
{
	instance_close(lane->instance);
	guard_oracle_free(lane->oracle);
	free_policy(lane);
	free(lane->atoms);
	memset(lane, 0, sizeof(*lane));
}

/* --- comparing -------------------------------------------------------------------------------- */

/* A policy that only counts gives no verdicts at all. */
static bool is_silent(const struct lane *lane)
{
	return lane->site.mode == XE_MODE_MONITOR && !lane->site.suggest;
}

static bool same_atom(const struct lane *lane, uint32_t atom, const struct oracle_verdict *want)
{
	const struct xe_atom *a;

	if (atom >= lane->compiled.n_atoms)
		return false;
	a = &lane->compiled.atoms[atom];
	if ((a->row == XE_NO_ROW) != !want->row || a->n_matches != want->n_matches)
		return false;
	if (want->row ? strcmp(lane->policy.rows[a->row].row->id, want->row) != 0 ||
				a->sense != want->sense
		      : a->miss != want->miss)
		return false;
	for (uint32_t i = 0; i < a->n_matches; i++) {
		const struct xe_match *m = &lane->compiled.matches[a->first_match + i];

		if (strcmp(lane->policy.rows[m->row].row->id, want->matches[i].id) != 0 ||
		    m->sense != want->matches[i].sense)
			return false;
	}
	return true;
}

static bool same(const struct lane *lane, const struct guard_outcome *want)
{
	const struct xe_trace *told = &lane->told;

	if (!same_atom(lane, told->atom, &want->counted) ||
	    lane->action != (want->dropped ? XDP_DROP : XDP_PASS))
		return false;
	if (is_silent(lane))
		return true;
	return told->verdict == want->drop && told->exempt == want->exempt &&
	       (!want->drop || told->reason == want->reason);
}

static void print_counted(const struct lane *lane, uint32_t atom)
{
	const struct xe_atom *a = &lane->compiled.atoms[atom];

	if (atom >= lane->compiled.n_atoms)
		printf("atom %u, which there is not", atom);
	else if (a->row == XE_NO_ROW)
		printf("%s, %u matches", miss_text(a->miss), a->n_matches);
	else
		printf("%s %s, %u matches", lane->policy.rows[a->row].row->id, sense_text(a->sense),
		       a->n_matches);
}

static void print_fate(const char *who, bool drop, unsigned reason, unsigned exempt, bool dropped)
{
	printf("\n%s: %s", who, drop ? reason_text(reason) : "pass");
	if (exempt)
		printf(" as %s", exempt_text(exempt - 1));
	printf(", %s, counted as ", dropped ? "XDP_DROP" : "XDP_PASS");
}

static void print_difference(const struct lane *lane, uint64_t now, const uint8_t *frame,
			     size_t len, const struct guard_outcome *want)
{
	printf("\nDIFFERENCE in mode %s at %llu.%09llu s, packet %llu, site:\n",
	       mode_text(lane->site.mode), (unsigned long long)now / 1000000000,
	       (unsigned long long)now % 1000000000, (unsigned long long)lane->packets);
	site_yaml_write(stdout, lane->spec, &lane->site);
	printf("frame, %zu bytes, side %s:", len,
	       want->side < 0 ? "none" : side_text((enum xe_side)want->side));
	for (size_t i = 0; i < len; i++)
		printf("%s%02x", i % 32 == 0 ? "\n  " : "", frame[i]);
	print_fate("oracle", want->drop, want->reason, want->exempt, want->dropped);
	if (want->counted.row)
		printf("%s %s, %zu matches", want->counted.row, sense_text(want->counted.sense),
		       want->counted.n_matches);
	else
		printf("%s, %zu matches", miss_text(want->counted.miss), want->counted.n_matches);
	print_fate("program", lane->told.verdict, lane->told.reason, lane->told.exempt,
		   lane->action == XDP_DROP);
	print_counted(lane, lane->told.atom);
	printf("\n");
}

static void add(struct xe_counter *counter, size_t len)
{
	counter->packets++;
	counter->bytes += len;
}

static void count(struct lane *lane, const struct guard_outcome *out, size_t len)
{
	struct xe_verdicts *of_role = &lane->verdicts[out->role];

	lane->packets++;
	add(&lane->atoms[lane->told.atom], len);
	if (is_silent(lane))
		return;
	if (out->drop)
		add(&(out->enforced ? of_role->dropped : of_role->would)[out->reason], len);
	if (out->exempt)
		add(&lane->notes.exempt[out->exempt - 1], len);
	lane->notes.events[XE_EVENT_FLOW_NEW] += out->new_flow;
}

bool lane_run(struct lane *lane, uint64_t now, const uint8_t *frame, size_t len,
	      struct guard_outcome *out)
{
	struct guard_packet packet = {.now = now, .nic = lane->nic, .frame = frame, .len = len};
	int err;

	guard_oracle_judge(lane->oracle, &packet, out);
	if (out->open)
		return true;
	err = instance_trace(lane->instance, frame, (uint32_t)len, now, &lane->told);
	lane->action = instance_action(lane->instance);
	if (err) {
		printf("a run of %zu bytes: %s\n", len, strerror(-err));
		return false;
	}
	if (!same(lane, out)) {
		print_difference(lane, now, frame, len, out);
		return false;
	}
	count(lane, out, len);
	return true;
}

/* --- other states of the policy --------------------------------------------------------------- */

bool lane_reload(struct lane *lane, const struct site *site, enum xe_mode mode)
{
	size_t n_atoms = lane->compiled.n_atoms;
	bool too_large;
	int err;

	free_policy(lane);
	lane->site = *site;
	lane->site.mode = mode;
	if (!compile(lane, &too_large))
		return false;
	/* Counters are of atoms, and an instance has one set of them. */
	if (lane->compiled.n_atoms != n_atoms) {
		printf("a reload with other atoms: %zu, not %zu\n", lane->compiled.n_atoms,
		       n_atoms);
		return false;
	}
	if (!guard_oracle_reload(lane->oracle, lane->spec, &lane->site))
		abort();
	err = instance_reload(lane->instance, &lane->compiled);
	if (err)
		printf("no reload: %s\n", strerror(-err));
	return err == 0;
}

void lane_deadline(struct lane *lane, uint64_t deadline)
{
	guard_oracle_deadline(lane->oracle, deadline);
	instance_deadline(lane->instance, deadline);
}

/* --- what was counted ------------------------------------------------------------------------- */

static bool same_counter(const struct xe_counter *want, const struct xe_counter *got,
			 const char *what, const char *which)
{
	if (want->packets == got->packets && want->bytes == got->bytes)
		return true;
	printf("\nDIFFERENCE in %s %s: %llu packets, %llu bytes counted, not %llu, %llu\n", what,
	       which, (unsigned long long)got->packets, (unsigned long long)got->bytes,
	       (unsigned long long)want->packets, (unsigned long long)want->bytes);
	return false;
}

static bool same_atoms(const struct lane *lane)
{
	for (uint32_t atom = 0; atom < lane->compiled.n_atoms; atom++) {
		struct xe_counter got;
		char which[24];

		/* Those that moved, and a few of those that must not have. */
		if (lane->atoms[atom].packets == 0 && atom % 64 != 0)
			continue;
		snprintf(which, sizeof(which), "%u", atom);
		if (instance_counter(lane->instance, atom, &got) != 0 ||
		    !same_counter(&lane->atoms[atom], &got, "atom", which))
			return false;
	}
	return true;
}

static bool same_verdicts(const struct lane *lane)
{
	for (unsigned role = 0; role <= lane->spec->n_roles && role < XE_ROLES_MAX; role++) {
		const struct xe_verdicts *want = &lane->verdicts[role];
		const char *name = role ? lane->spec->roles[role - 1].name : "(none)";
		struct xe_verdicts got;

		if (instance_verdicts(lane->instance, role, &got) != 0) {
			printf("the verdicts cannot be read\n");
			return false;
		}
		for (int i = 0; i < XE_REASON_COUNT; i++)
			if (!same_counter(&want->dropped[i], &got.dropped[i], reason_text(i),
					  name) ||
			    !same_counter(&want->would[i], &got.would[i], reason_text(i), name)) {
				printf("of role %s, mode %s\n", name, mode_text(lane->site.mode));
				return false;
			}
	}
	return true;
}

static bool same_notes(const struct lane *lane)
{
	struct xe_notes got;

	if (instance_notes(lane->instance, &got) != 0) {
		printf("the notes cannot be read\n");
		return false;
	}
	for (int i = 0; i < XE_EXEMPT_COUNT; i++)
		if (!same_counter(&lane->notes.exempt[i], &got.exempt[i], "what passed as",
				  exempt_text(i)))
			return false;
	for (int i = 0; i < XE_EVENT_COUNT; i++)
		if (lane->notes.events[i] != got.events[i]) {
			printf("\nDIFFERENCE in event %s: %llu counted, not %llu\n", event_text(i),
			       (unsigned long long)got.events[i],
			       (unsigned long long)lane->notes.events[i]);
			return false;
		}
	return true;
}

bool lane_totals(struct lane *lane)
{
	return same_atoms(lane) && (is_silent(lane) || (same_verdicts(lane) && same_notes(lane)));
}
