// SPDX-License-Identifier: GPL-2.0-only
/* One site as the program sees it; see probe.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe.h"

#include "../oracle/frame.h"
#include "classify.h"
#include "policy/site.h"
#include "policy/spec.h"

void probe_open(struct probe *p, const char *path)
{
	memset(p, 0, sizeof(*p));
	assert_int_equal(spec_load("maps/spec", &p->spec), 0);
	assert_int_equal(site_load(path, &p->spec, &p->site), 0);
	assert_int_equal(policy_resolve(&p->spec, &p->site, &p->policy), 0);
	assert_int_equal(nics_from_site(&p->site, &p->nics, &p->n_nics), 0);
	assert_int_equal(policy_compile(&p->policy, p->nics, p->n_nics, 0, &p->compiled), 0);
	p->oracle = oracle_new(&p->spec, &p->site);
	assert_non_null(p->oracle);
	p->at = calloc(p->n_nics, sizeof(*p->at));
	assert_non_null(p->at);
}

void probe_close(struct probe *p)
{
	for (size_t i = 0; i < p->n_nics; i++) {
		instance_close(p->at[i].instance);
		free(p->at[i].expected);
	}
	free(p->at);
	oracle_free(p->oracle);
	compiled_free(&p->compiled);
	nics_free(p->nics, p->n_nics);
	policy_free(&p->policy);
	site_free(&p->site);
	spec_free(&p->spec);
}

size_t probe_nic(const struct probe *p, const char *name)
{
	for (size_t i = 0; i < p->n_nics; i++)
		if (strcmp(p->nics[i].name, name) == 0)
			return i;
	fail_msg("the site has no NIC %s", name);
	return 0;
}

bool probe_entry(const struct probe *p, enum xe_side side, size_t *nic, uint16_t *vid)
{
	for (size_t i = 0; i < p->site.n_interfaces; i++) {
		const struct site_interface *interface = &p->site.interfaces[i];

		if (interface->side != side)
			continue;
		*nic = probe_nic(p, interface->name);
		*vid = interface->vlan;
		return true;
	}
	return false;
}

/* --- the program ----------------------------------------------------------------------------- */

static void add_match(struct outcome *out, const char *id, enum xe_sense sense)
{
	size_t at = strlen(out->matches);
	int n = snprintf(out->matches + at, sizeof(out->matches) - at, "%s%c ", id,
			 sense == XE_FORWARD ? '>' : '<');

	assert_true(n > 0 && at + n < sizeof(out->matches));
}

/* What the list of atoms says about one. */
static void read_atom(const struct probe *p, uint32_t atom, struct outcome *out)
{
	const struct xe_atom *a = &p->compiled.atoms[atom];

	out->atom = atom;
	out->row = a->row == XE_NO_ROW ? NULL : p->policy.rows[a->row].row->id;
	out->sense = a->sense;
	out->miss = a->miss;
	out->matches[0] = '\0';
	for (uint32_t i = 0; i < a->n_matches; i++) {
		const struct xe_match *match = &p->compiled.matches[a->first_match + i];

		add_match(out, p->policy.rows[match->row].row->id, match->sense);
	}
}

static void open_instance(struct probe *p, struct probe_nic *at, size_t nic)
{
	if (at->instance)
		return;
	assert_int_equal(instance_open(&p->compiled, p->nics[nic].slot, &at->instance), 0);
	at->expected = calloc(p->compiled.n_atoms, sizeof(*at->expected));
	assert_non_null(at->expected);
}

static void expect_counter(struct probe_nic *at, uint32_t atom)
{
	const struct xe_counter *expected = &at->expected[atom];
	struct xe_counter seen;

	assert_int_equal(instance_counter(at->instance, atom, &seen), 0);
	if (seen.packets != expected->packets || seen.bytes != expected->bytes)
		fail_msg("counter of atom %u: %llu packets, %llu bytes, not %llu, %llu", atom,
			 seen.packets, seen.bytes, expected->packets, expected->bytes);
}

void probe_run(struct probe *p, size_t nic, const uint8_t *frame, size_t len, struct outcome *out)
{
	struct probe_nic *at = &p->at[nic];
	uint32_t atom;

	open_instance(p, at, nic);
	assert_int_equal(instance_run(at->instance, frame, len, &atom), 0);
	if (atom >= p->compiled.n_atoms)
		fail_msg("atom %u; there are %zu", atom, p->compiled.n_atoms);
	p->runs++;
	at->expected[atom].packets++;
	at->expected[atom].bytes += len;
	expect_counter(at, atom);
	if (p->sweep)
		for (uint32_t i = 0; i < p->compiled.n_atoms; i++)
			expect_counter(at, i);
	read_atom(p, atom, out);
}

void probe_sweep(struct probe *p)
{
	uint64_t packets = 0;

	for (size_t nic = 0; nic < p->n_nics; nic++)
		for (uint32_t i = 0; p->at[nic].instance && i < p->compiled.n_atoms; i++) {
			expect_counter(&p->at[nic], i);
			packets += p->at[nic].expected[i].packets;
		}
	assert_int_equal(packets, p->runs);
}

uint32_t probe_native(const struct probe *p, size_t nic, const uint8_t *frame, size_t len)
{
	/* Allocated to the byte, so that a sanitizer sees any look beyond the end. */
	uint8_t *copy = malloc(len ? len : 1);
	struct cursor cursor = {.pos = copy, .end = copy + len};
	struct block block = {.header = p->compiled.block, .mask = p->compiled.mask};
	struct flow flow = {0};
	uint32_t atom;

	assert_non_null(copy);
	memcpy(copy, frame, len);
	atom = classify_frame(&block, &block.header->nic[p->nics[nic].slot], &cursor, &flow);
	free(copy);
	return atom;
}

/* --- the oracle ------------------------------------------------------------------------------ */

bool probe_oracle(struct probe *p, size_t nic, const uint8_t *frame, size_t len,
		  struct outcome *out)
{
	struct frame_view view;
	struct oracle_verdict verdict;
	int side;

	memset(out, 0, sizeof(*out));
	frame_read(frame, len, &view);
	side = oracle_nic_side(&p->site, p->nics[nic].name, view.vid);
	if (view.tags_read && side < 0) {
		out->miss = XE_MISS_NO_POLICY;
		return false;
	}
	if (view.missed) {
		out->miss = view.miss;
		return false;
	}
	oracle_classify(p->oracle, side, &view.tuple, &verdict);
	out->row = verdict.row;
	out->sense = verdict.sense;
	out->miss = verdict.miss;
	for (size_t i = 0; i < verdict.n_matches; i++)
		add_match(out, verdict.matches[i].id, verdict.matches[i].sense);
	return true;
}

static void describe(const struct outcome *o, char *buf, size_t size)
{
	snprintf(buf, size, "%s %s, matches %s", o->row ? o->row : miss_text(o->miss),
		 o->row ? sense_text(o->sense) : "", o->matches[0] ? o->matches : "nothing");
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	if (strcmp(a->matches, b->matches) != 0)
		return false;
	if (!a->row || !b->row)
		return !a->row && !b->row && a->miss == b->miss;
	return strcmp(a->row, b->row) == 0 && a->sense == b->sense;
}

static void differ(const char *name, const uint8_t *frame, size_t len, const char *who,
		   const struct outcome *got, const struct outcome *expected)
{
	char a[5000], b[5000], hex[3 * 256 + 1] = "";

	for (size_t i = 0; i < len && i < 256; i++)
		snprintf(hex + 3 * i, 4, "%02x ", frame[i]);
	describe(got, a, sizeof(a));
	describe(expected, b, sizeof(b));
	print_error("%s: %zu bytes: %s\n  %s: %s\n  expected: %s\n", name, len, hex, who, a, b);
	fail();
}

void probe_agree(struct probe *p, size_t nic, const uint8_t *frame, size_t len, const char *name,
		 struct outcome *out)
{
	struct outcome expected, native;
	bool parsed = probe_oracle(p, nic, frame, len, &expected);
	uint32_t atom = probe_native(p, nic, frame, len);

	if (atom >= p->compiled.n_atoms)
		fail_msg("%s: atom %u; there are %zu", name, atom, p->compiled.n_atoms);
	read_atom(p, atom, &native);
	if (!same(&native, &expected) || (!parsed && atom != expected.miss))
		differ(name, frame, len, "native code", &native, &expected);
	*out = native;
	if (len < PROBE_FRAME_MIN || len > PROBE_FRAME_MAX)
		return;
	probe_run(p, nic, frame, len, out);
	if (out->atom != atom)
		differ(name, frame, len, "program", out, &expected);
}

void probe_expect(struct probe *p, size_t nic, const uint8_t *frame, size_t len, const char *name,
		  const char *row, enum xe_miss miss)
{
	struct outcome out;

	probe_agree(p, nic, frame, len, name, &out);
	if (row ? !out.row || strcmp(out.row, row) != 0 : out.row || out.miss != miss)
		fail_msg("%s: expected %s, got %s", name, row ? row : miss_text(miss),
			 out.row ? out.row : miss_text(out.miss));
}
