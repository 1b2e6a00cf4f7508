// SPDX-License-Identifier: GPL-2.0-only
/* The four counters of every row, by the oracle's answers and by the atoms; see counted.h. */
#include "counted.h"

#include <stdlib.h>
#include <string.h>

void counted_open(struct checked *checked, struct counted *out)
{
	memset(out, 0, sizeof(*out));
	out->checked = checked;
	out->expected = calloc(checked->policy.n_rows + 1, sizeof(*out->expected));
	out->atoms = calloc(checked->compiled.n_atoms + 1, sizeof(*out->atoms));
	if (!out->expected || !out->atoms)
		abort();
}

void counted_close(struct counted *c)
{
	free(c->expected);
	free(c->atoms);
	memset(c, 0, sizeof(*c));
}

static void count(struct xe_counter *counter, uint64_t bytes)
{
	counter->packets++;
	counter->bytes += bytes;
}

/* "Counted" of MEANING.md, sentence by sentence. */
void counted_add(struct counted *c, const struct answer *a, uint64_t bytes)
{
	if (!a->row)
		count(&c->expected_misses[a->miss], bytes);
	for (size_t i = 0; i < a->n_matches; i++) {
		size_t row = a->matches[i].row;
		struct stats_cell *cell = &c->expected[row];
		bool forward = false, first = true, decides;

		for (size_t k = 0; k < a->n_matches; k++) {
			if (a->matches[k].row != row)
				continue;
			forward = forward || a->matches[k].sense == XE_FORWARD;
			first = first && k >= i;
		}
		decides = a->row && strcmp(a->row, a->matches[i].id) == 0 &&
			  a->sense == a->matches[i].sense;
		if (decides)
			count(&cell->decided, bytes);
		if (decides && a->sense == XE_REPLY)
			count(&cell->decided_reply, bytes);
		if (decides && a->sense == XE_FORWARD && a->syn)
			cell->decided_new++;
		if (!first)
			continue;
		count(&cell->matched, bytes);
		if (!forward)
			count(&cell->reply, bytes);
		if (forward && a->syn)
			cell->new_flows++;
	}
}

static bool same(const struct xe_counter *a, const struct xe_counter *b)
{
	return a->packets == b->packets && a->bytes == b->bytes;
}

static void print_cell(const char *who, const struct stats_cell *cell)
{
	printf("%s: decided %llu (as a reply %llu, new %llu), matched %llu, reply %llu, new %llu\n",
	       who, (unsigned long long)cell->decided.packets,
	       (unsigned long long)cell->decided_reply.packets,
	       (unsigned long long)cell->decided_new, (unsigned long long)cell->matched.packets,
	       (unsigned long long)cell->reply.packets, (unsigned long long)cell->new_flows);
}

bool counted_agree(const struct counted *c)
{
	const struct compiled *p = &c->checked->compiled;
	size_t n_rows = c->checked->policy.n_rows;
	struct stats_cell *cells = calloc(n_rows + 1, sizeof(*cells));
	struct xe_counter misses[XE_MISS_COUNT] = {0};
	bool ok = true;

	if (!cells)
		abort();
	if (tally_atoms(p->atoms, p->n_atoms, p->matches, c->atoms, cells, misses))
		abort();
	for (size_t i = 0; i < n_rows && ok; i++) {
		const struct stats_cell *want = &c->expected[i], *got = &cells[i];

		ok = same(&want->decided, &got->decided) && same(&want->matched, &got->matched) &&
		     same(&want->reply, &got->reply) && want->new_flows == got->new_flows &&
		     same(&want->decided_reply, &got->decided_reply) &&
		     want->decided_new == got->decided_new;
		if (ok)
			continue;
		printf("\nDIFFERENCE in the counters of %s:\n", c->checked->policy.rows[i].row->id);
		print_cell("oracle", want);
		print_cell("policy", got);
	}
	for (int i = 0; i < XE_MISS_COUNT && ok; i++) {
		ok = same(&c->expected_misses[i], &misses[i]);
		if (!ok)
			printf("\nDIFFERENCE in the counters of miss %s: oracle %llu, policy "
			       "%llu\n",
			       check_miss_name((enum xe_miss)i),
			       (unsigned long long)c->expected_misses[i].packets,
			       (unsigned long long)misses[i].packets);
	}
	free(cells);
	return ok;
}
