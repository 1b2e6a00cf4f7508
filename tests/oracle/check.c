// SPDX-License-Identifier: GPL-2.0-only
/* Oracle and compiled policy of one site, side by side. */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/policy/diag.h"

static const char *const miss_names[XE_MISS_COUNT] = {
	[XE_MISS_UNMATCHED] = "unmatched", [XE_MISS_FOREIGN] = "foreign",
	[XE_MISS_MARTIAN] = "martian",	   [XE_MISS_SPOOFED] = "spoofed",
	[XE_MISS_UNSOLICITED] = "unsolicited", [XE_MISS_FRAGMENT] = "fragment",
	[XE_MISS_IP_OTHER] = "ip-other",   [XE_MISS_IPSEC] = "ipsec",
	[XE_MISS_NON_IP] = "non-ip",	   [XE_MISS_MALFORMED] = "malformed",
	[XE_MISS_TOO_DEEP] = "too-deep",   [XE_MISS_NO_POLICY] = "no-policy",
};

static const char *const side_names[XE_SIDE_COUNT] = {"internet", "dmz-external", "dmz-internal",
						      "lan", "mirror"};

const char *check_miss_name(enum xe_miss miss)
{
	return (unsigned)miss < XE_MISS_COUNT ? miss_names[miss] : "(no such miss)";
}

const char *check_side_name(enum xe_side side)
{
	return (unsigned)side < XE_SIDE_COUNT ? side_names[side] : "(no such side)";
}

/* The rows of both in the same order, active in both or in neither. */
static bool same_rows(const struct checked *c)
{
	size_t n;
	const struct oracle_row *rows = oracle_rows(c->oracle, &n);

	if (n != c->policy.n_rows) {
		printf("DIFFERENCE: the policy has %zu rows, the oracle %zu\n", c->policy.n_rows,
		       n);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct effective_row *e = &c->policy.rows[i];

		if (strcmp(e->row->id, rows[i].row->id) != 0) {
			printf("DIFFERENCE: row %zu is %s in the policy, %s in the oracle\n", i,
			       e->row->id, rows[i].row->id);
			return false;
		}
		if (e->active != rows[i].active) {
			printf("DIFFERENCE: row %s is %s in the policy, not so in the oracle\n",
			       e->row->id, e->active ? "active" : "inactive");
			return false;
		}
		/* The one role, or with both ends missing either: but one that holds nothing. */
		if (!e->active && (e->missing < 0 || oracle_role_holds(c->oracle, e->missing, 0))) {
			printf("DIFFERENCE: row %s is inactive for want of role %d, which has "
			       "addresses\n",
			       e->row->id, e->missing);
			return false;
		}
	}
	return true;
}

/* The first atoms are the misses, with nothing matched; every match names a row there is. */
static bool sound_atoms(const struct compiled *p, size_t n_rows)
{
	if (p->n_atoms < XE_MISS_COUNT) {
		printf("DIFFERENCE: only %zu atoms\n", p->n_atoms);
		return false;
	}
	for (uint32_t i = 0; i < XE_MISS_COUNT; i++) {
		const struct xe_atom *a = &p->atoms[i];

		if (a->row != XE_NO_ROW || a->miss != i || a->n_matches != 0) {
			printf("DIFFERENCE: atom %u is not the miss %s with nothing matched\n", i,
			       miss_names[i]);
			return false;
		}
	}
	for (size_t i = 0; i < p->n_atoms; i++) {
		const struct xe_atom *a = &p->atoms[i];

		if ((a->row != XE_NO_ROW && a->row >= n_rows) || a->sense > XE_REPLY ||
		    (a->row == XE_NO_ROW && a->miss >= XE_MISS_COUNT) ||
		    (uint64_t)a->first_match + a->n_matches > p->n_matches) {
			printf("DIFFERENCE: atom %zu points nowhere\n", i);
			return false;
		}
	}
	for (size_t i = 0; i < p->n_matches; i++)
		if (p->matches[i].row >= n_rows || p->matches[i].sense > XE_REPLY) {
			printf("DIFFERENCE: match %zu points nowhere\n", i);
			return false;
		}
	return true;
}

/* As it would be loaded, and in the layout for many rows, whose atoms are the same. */
static int compile_both(struct checked *c, unsigned sides)
{
	const struct compile_options blocked = {
		.max_memory = COMPILE_MEMORY_DEFAULT,
		.layout = LAYOUT_BLOCKS,
	};
	int err = policy_compile(&c->policy, c->nics, c->n_nics, sides, &c->compiled);

	if (!err)
		err = policy_compile_with(&c->policy, c->nics, c->n_nics, sides, &blocked,
					  &c->blocked);
	return err;
}

int check_open(const struct spec *spec, const struct site *site, unsigned sides,
	       struct checked *out)
{
	char messages[1024] = "";
	int err;

	memset(out, 0, sizeof(*out));
	out->spec = spec;
	out->site = site;
	out->oracle = oracle_new(spec, site);
	if (!out->oracle)
		return -ENOMEM;
	err = policy_resolve(spec, site, &out->policy);
	if (err) {
		printf("policy_resolve() refuses the site\n");
		goto fail;
	}
	err = nics_from_site(site, &out->nics, &out->n_nics);
	if (err)
		goto fail_policy;
	out->sides = sides | nics_sides(out->nics, out->n_nics);
	diag_capture(messages, sizeof(messages));
	err = compile_both(out, sides);
	diag_capture(NULL, 0);
	if (err) {
		if (err != -E2BIG)
			printf("policy_compile() refuses the site: %s\n", messages);
		goto fail_nics;
	}
	out->matches = calloc(2 * out->policy.n_rows + 1, sizeof(*out->matches));
	if (out->matches && same_rows(out) && sound_atoms(&out->compiled, out->policy.n_rows))
		return 0;

	err = -EINVAL;
	free(out->matches);
fail_nics:
	compiled_free(&out->compiled);
	compiled_free(&out->blocked);
	nics_free(out->nics, out->n_nics);
fail_policy:
	policy_free(&out->policy);
fail:
	oracle_free(out->oracle);
	memset(out, 0, sizeof(*out));
	return err;
}

void check_close(struct checked *c)
{
	free(c->matches);
	compiled_free(&c->compiled);
	compiled_free(&c->blocked);
	nics_free(c->nics, c->n_nics);
	policy_free(&c->policy);
	oracle_free(c->oracle);
	memset(c, 0, sizeof(*c));
}

void check_oracle(struct checked *c, enum xe_side side, const struct tuple *tuple,
		  struct answer *out)
{
	struct oracle_verdict v;

	oracle_classify(c->oracle, side, tuple, &v);
	memset(out, 0, sizeof(*out));
	out->valid = true;
	out->row = v.row;
	out->sense = v.sense;
	out->miss = v.miss;
	out->syn = v.syn;
	out->matches = v.matches;
	out->n_matches = v.n_matches;
}

void check_atom(struct checked *c, uint32_t atom, struct answer *out)
{
	const struct xe_atom *a;

	memset(out, 0, sizeof(*out));
	out->atom = atom;
	if (atom >= c->compiled.n_atoms)
		return;
	a = &c->compiled.atoms[atom];
	out->valid = a->n_matches <= 2 * c->policy.n_rows;
	if (!out->valid)
		return;
	if (a->row != XE_NO_ROW) {
		out->row = c->policy.rows[a->row].row->id;
		out->sense = (enum xe_sense)a->sense;
	} else {
		out->miss = (enum xe_miss)a->miss;
	}
	out->syn = a->syn;
	out->n_matches = a->n_matches;
	out->matches = c->matches;
	for (uint32_t i = 0; i < a->n_matches; i++) {
		const struct xe_match *m = &c->compiled.matches[a->first_match + i];

		c->matches[i].row = m->row;
		c->matches[i].id = c->policy.rows[m->row].row->id;
		c->matches[i].sense = (enum xe_sense)m->sense;
	}
}

void check_policy(struct checked *c, enum xe_side side, const struct tuple *tuple,
		  struct answer *out)
{
	uint32_t atom = compiled_classify(&c->compiled, side, tuple);

	check_atom(c, atom, out);
	if (compiled_classify(&c->blocked, side, tuple) != atom)
		check_missed(XE_MISS_COUNT, out);
}

void check_missed(enum xe_miss miss, struct answer *out)
{
	memset(out, 0, sizeof(*out));
	out->valid = true;
	out->miss = miss;
}

bool check_same(const struct answer *a, const struct answer *b)
{
	if (!a->valid || !b->valid || !a->row != !b->row || a->n_matches != b->n_matches)
		return false;
	if (a->row ? strcmp(a->row, b->row) != 0 || a->sense != b->sense : a->miss != b->miss)
		return false;
	if (a->n_matches > 0 && a->syn != b->syn)
		return false;
	for (size_t i = 0; i < a->n_matches; i++)
		if (a->matches[i].sense != b->matches[i].sense ||
		    strcmp(a->matches[i].id, b->matches[i].id) != 0)
			return false;
	return true;
}

/* --- text
 * --------------------------------------------------------------------------------------------- */

void check_print_tuple(FILE *to, enum xe_side side, const struct tuple *t)
{
	char s[INET6_ADDRSTRLEN], d[INET6_ADDRSTRLEN];
	int family = t->family == 4 ? AF_INET : AF_INET6;

	inet_ntop(family, t->saddr, s, sizeof(s));
	inet_ntop(family, t->daddr, d, sizeof(d));
	fprintf(to, "packet: IPv%u, protocol %u, %s port %u -> %s port %u%s, entering from %s\n",
		t->family, t->proto, s, t->sport, d, t->dport, t->syn ? ", SYN" : "",
		check_side_name(side));
}

void check_print_answer(FILE *to, const char *who, const struct answer *a)
{
	if (!a->valid) {
		fprintf(to, "%s: atom %u, which there is not\n", who, a->atom);
		return;
	}
	if (a->row)
		fprintf(to, "%s: %s %s", who, a->row, a->sense == XE_FORWARD ? "forward" : "reply");
	else
		fprintf(to, "%s: miss %s", who, check_miss_name(a->miss));
	fprintf(to, "%s, %zu matched\n", a->syn ? ", SYN" : "", a->n_matches);
	for (size_t i = 0; i < a->n_matches; i++)
		fprintf(to, "    %s %s\n", a->matches[i].id,
			a->matches[i].sense == XE_FORWARD ? "forward" : "reply");
}
