// SPDX-License-Identifier: GPL-2.0-only
/* The tally of hits and its report. */
#include "coverage.h"

#include <stdlib.h>
#include <string.h>

void coverage_open(struct coverage *c, size_t n_rows)
{
	c->n_rows = n_rows;
	c->cells = calloc(n_rows + 1, sizeof(*c->cells));
	if (!c->cells)
		abort();
}

void coverage_close(struct coverage *c)
{
	free(c->cells);
	memset(c, 0, sizeof(*c));
}

void coverage_count(struct coverage *c, const struct answer *a, uint8_t family, const size_t *index)
{
	int f = family == 4 ? 0 : 1;

	for (size_t i = 0; i < a->n_matches; i++) {
		size_t at = index ? index[a->matches[i].row] : a->matches[i].row;

		if (at == (size_t)-1)
			continue;
		c->cells[at][a->matches[i].sense][f].hits++;
		if (a->row && strcmp(a->row, a->matches[i].id) == 0 &&
		    a->sense == a->matches[i].sense)
			c->cells[at][a->sense][f].decided++;
	}
}

static const char *const sense_names[2] = {"forward", "reply"};
static const char *const family_names[2] = {"IPv4", "IPv6"};

/* "document/table 1, 2, 5" for all rows of which `wanted` holds in one sense, family and reason. */
static void print_rows(const struct coverage *c, int sense, int f, enum reach_reason reason,
		       const char *(*id)(const void *of, size_t row), const void *of)
{
	char table[XE_ROW_ID_MAX] = "";

	for (size_t r = 0; r < c->n_rows; r++) {
		const struct coverage_cell *cell = &c->cells[r][sense][f];
		const char *name = id(of, r), *number = strrchr(name, '/');

		if (!cell->active || cell->reachable || cell->reason != reason)
			continue;
		if (strncmp(table, name, (size_t)(number - name)) != 0 ||
		    table[number - name] != 0) {
			snprintf(table, sizeof(table), "%.*s", (int)(number - name), name);
			printf(" %s:", table);
		}
		printf(" %s", number + 1);
	}
}

struct coverage_sum coverage_report(const struct coverage *c, const char *title,
				    const char *(*id)(const void *of, size_t row), const void *of,
				    bool verbose)
{
	struct coverage_sum sum = {0};
	unsigned of_kind[REACH_REASONS][2][2] = {0};

	for (size_t r = 0; r < c->n_rows; r++) {
		bool active = false;

		for (int s = 0; s < 2; s++)
			for (int f = 0; f < 2; f++) {
				const struct coverage_cell *cell = &c->cells[r][s][f];

				if (!cell->active)
					continue;
				active = true;
				if (!cell->reachable) {
					sum.unreachable++;
					sum.by_reason[cell->reason]++;
					of_kind[cell->reason][s][f]++;
					sum.surprises += cell->hits > 0;
					if (cell->hits > 0)
						printf("%s: %s %s %s was hit, though no search "
						       "found it\n",
						       title, id(of, r), sense_names[s],
						       family_names[f]);
				} else if (cell->hits < COVERAGE_HITS) {
					sum.short_of++;
					printf("%s: %s %s %s only %u times\n", title, id(of, r),
					       sense_names[s], family_names[f], cell->hits);
				} else {
					sum.reached++;
				}
			}
		sum.active_rows += active;
	}
	printf("%s: %u rows active; (row, sense, family): %u hit >= %d times, %u too seldom, "
	       "%u unreachable\n",
	       title, sum.active_rows, sum.reached, COVERAGE_HITS, sum.short_of, sum.unreachable);
	for (int reason = 1; reason < REACH_REASONS; reason++)
		for (int s = 0; s < 2; s++)
			for (int f = 0; f < 2; f++) {
				if (of_kind[reason][s][f] == 0)
					continue;
				printf("  unreachable, %s %s: %u, %s", family_names[f],
				       sense_names[s], of_kind[reason][s][f],
				       reach_reason_text[reason]);
				if (verbose) {
					printf(":");
					print_rows(c, s, f, reason, id, of);
				}
				printf("\n");
			}
	return sum;
}
