// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hand-written cases of the Edge and the Director document through the shipped program: the
 * deciding row, its sense, the whole match set, and in the end the counters of every row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "cases.h"
#include "output/tally.h"
#include "probe.h"
#include "wire.h"

/* What the cases say that a row's and a miss's counters must be. */
struct expected {
	const struct case_list *list;
	struct stats_cell *rows; /* by row of the policy */
	struct xe_counter misses[XE_MISS_COUNT];
	bool *forward, *reply; /* by row: some case has it in this sense */
};

static size_t find_row(const struct probe *p, const char *document, const char *id, size_t len)
{
	size_t skip = strlen(document);

	for (size_t i = 0; i < p->policy.n_rows; i++) {
		const char *at = p->policy.rows[i].row->id;

		if (strncmp(at, document, skip) == 0 && strlen(at + skip) == len &&
		    strncmp(at + skip, id, len) == 0)
			return i;
	}
	fail_msg("the case names a row that there is not: %.*s", (int)len, id);
	return 0;
}

static void move(struct xe_counter *counter, size_t bytes)
{
	counter->packets++;
	counter->bytes += bytes;
}

/* Count for the rows that the case names, and spell the match set out as the program's is. */
static void expect_rows(const struct probe *p, struct expected *e, const struct packet_case *c,
			size_t bytes, char *matches)
{
	const char *at = c->expected;
	bool first = true;

	while (*at) {
		size_t len = strcspn(at, "<>"), row = find_row(p, e->list->document, at, len);
		bool reply = at[len] == '<';

		matches += sprintf(matches, "%s%.*s%c ", e->list->document, (int)len, at, at[len]);
		at += len + 2;
		if (first)
			move(&e->rows[row].decided, bytes);
		if (first && reply)
			move(&e->rows[row].decided_reply, bytes);
		if (first && !reply && c->kind == SYN)
			e->rows[row].decided_new++;
		first = false;
		move(&e->rows[row].matched, bytes);
		if (reply)
			move(&e->rows[row].reply, bytes);
		if (!reply && c->kind == SYN)
			e->rows[row].new_flows++;
		*(reply ? &e->reply[row] : &e->forward[row]) = true;
	}
}

static enum xe_miss find_miss(const char *name)
{
	for (int i = 0; i < XE_MISS_COUNT; i++)
		if (strcmp(miss_text(i), name) == 0)
			return i;
	fail_msg("neither rows nor a miss: %s", name);
	return 0;
}

static void run_case(struct probe *p, struct expected *e, const struct packet_case *c, bool v6)
{
	static struct wire w;
	char matches[1024] = "";
	struct outcome out;
	size_t nic;
	uint16_t vid;

	assert_true(probe_entry(p, c->side, &nic, &vid));
	wire_start(&w);
	wire_ip(&w, v6 ? c->source6 : c->source4, v6 ? c->destination6 : c->destination4);
	if (c->kind == UDP)
		wire_udp(&w, c->sport, c->dport);
	else
		wire_tcp(&w, c->sport, c->dport, c->kind == SYN ? TCP_SYN : TCP_ACK, 5);
	/* Of a length of its own, so that bytes tell packets apart. */
	wire_bytes(&w, 0, (c - e->list->cases) % 97);
	wire_end(&w);
	probe_run(p, nic, w.bytes, w.len, &out);

	if (strpbrk(c->expected, "<>"))
		expect_rows(p, e, c, w.len, matches);
	else
		move(&e->misses[find_miss(c->expected)], w.len);
	if (strcmp(matches, out.matches) != 0 ||
	    (matches[0] ? !out.row || strncmp(out.row, matches, strlen(out.row)) != 0
			: out.row || out.miss != find_miss(c->expected)))
		fail_msg("%s, IPv%d: expected %s, got %s, matches %s", c->name, v6 ? 6 : 4,
			 c->expected, out.row ? out.row : miss_text(out.miss), out.matches);
	if (out.row)
		assert_int_equal(out.sense,
				 matches[strlen(out.row)] == '<' ? XE_REPLY : XE_FORWARD);
}

/* The rows' counters, by the list of atoms, from what the program has counted. */
static void compare_tally(struct probe *p, const struct expected *e)
{
	struct stats_cell *rows = calloc(p->policy.n_rows, sizeof(*rows));
	struct xe_counter *counters = calloc(p->compiled.n_atoms, sizeof(*counters));
	struct xe_counter misses[XE_MISS_COUNT] = {0};

	for (size_t nic = 0; nic < p->n_nics; nic++) {
		if (!p->at[nic].instance)
			continue;
		for (uint32_t i = 0; i < p->compiled.n_atoms; i++)
			assert_int_equal(instance_counter(p->at[nic].instance, i, &counters[i]), 0);
		tally_atoms(p->compiled.atoms, p->compiled.n_atoms, p->compiled.matches, counters,
			    rows, misses);
	}
	for (size_t i = 0; i < p->policy.n_rows; i++)
		if (memcmp(&rows[i], &e->rows[i], sizeof(rows[i])) != 0)
			fail_msg("%s: decided %llu matched %llu reply %llu new %lu packets, not "
				 "%llu %llu "
				 "%llu %lu (or their bytes)",
				 p->policy.rows[i].row->id, rows[i].decided.packets,
				 rows[i].matched.packets, rows[i].reply.packets, rows[i].new_flows,
				 e->rows[i].decided.packets, e->rows[i].matched.packets,
				 e->rows[i].reply.packets, e->rows[i].new_flows);
	assert_memory_equal(misses, e->misses, sizeof(misses));
	free(counters);
	free(rows);
}

/*
 * A row without a case, a sense without a case or a row that never decides is a gap of the cases.
 */
static void check_cover(const struct probe *p, const struct expected *e)
{
	size_t n = 0;

	for (size_t i = 0; i < p->policy.n_rows; i++) {
		const char *id = p->policy.rows[i].row->id + strlen(e->list->document);
		char word[64];
		bool never;

		snprintf(word, sizeof(word), "%s ", id);
		never = strstr(e->list->never_decide, word) != NULL;
		if (!p->policy.rows[i].active || !e->forward[i] || !e->reply[i] ||
		    never != (e->rows[i].decided.packets == 0))
			fail_msg("%s is not covered by the cases", id);
		n++;
	}
	assert_int_equal(n, e->list->n_rows);
}

static void run_list(const struct case_list *list)
{
	struct expected e = {.list = list};
	struct probe p;

	probe_open(&p, list->site);
	p.sweep = true;
	e.rows = calloc(p.policy.n_rows, sizeof(*e.rows));
	e.forward = calloc(p.policy.n_rows, sizeof(*e.forward));
	e.reply = calloc(p.policy.n_rows, sizeof(*e.reply));
	for (size_t i = 0; i < list->n; i++) {
		run_case(&p, &e, &list->cases[i], false);
		run_case(&p, &e, &list->cases[i], true);
	}
	check_cover(&p, &e);
	compare_tally(&p, &e);
	print_message("%s: %zu cases, IPv4 and IPv6, %zu rows, %zu counters read after each\n",
		      list->document, list->n, list->n_rows, p.compiled.n_atoms);
	free(e.rows);
	free(e.forward);
	free(e.reply);
	probe_close(&p);
}

static void edge_document(void **state)
{
	(void)state;
	run_list(&cases_edge);
}

static void director_document(void **state)
{
	(void)state;
	run_list(&cases_director);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_document),
		cmocka_unit_test(director_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
