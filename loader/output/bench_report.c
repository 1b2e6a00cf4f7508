// SPDX-License-Identifier: GPL-2.0-only
/* What the forms of a benchmark's report have in common. */
#include "bench_report.h"

#include <stdlib.h>

const char *bench_verdict_text(enum bench_verdict verdict)
{
	return verdict == VERDICT_PASS ? "pass" : "drop";
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

bool bench_summary(const struct bench_report *report, unsigned family, enum bench_verdict verdict,
		   struct bench_summary *out)
{
	double *values = calloc(4 * report->n_cases + 1, sizeof(*values));
	double *pass = values, *count = pass + report->n_cases, *ratio = count + report->n_cases,
	       *added = ratio + report->n_cases;
	size_t n = 0;

	for (size_t i = 0; values && i < report->n_cases; i++) {
		const struct bench_case *c = &report->cases[i];
		const struct bench_figures *figures = &c->figures[verdict];

		if (!c->hit || c->tuples || (family && c->family != family) ||
		    !c->measured[verdict])
			continue;
		pass[n] = figures->pass_ns;
		count[n] = figures->count_ns;
		ratio[n] = figures->ratio;
		added[n++] = figures->added_ns;
	}
	if (n)
		*out = (struct bench_summary){
			.pass_ns = bench_median(pass, n),
			.count_ns = bench_median(count, n),
			.ratio = bench_median(ratio, n),
			.added_ns = bench_median(added, n),
		};
	free(values);
	return n > 0;
}

bool bench_aim_ratio(const struct bench_report *report, enum bench_aim aim, unsigned family,
		     double *out)
{
	double *values = calloc(VERDICTS * report->n_cases + 1, sizeof(*values));
	size_t n = 0;

	for (size_t i = 0; values && i < report->n_cases; i++) {
		const struct bench_case *c = &report->cases[i];

		for (int verdict = 0; verdict < VERDICTS; verdict++)
			if (c->aim == aim && c->measured[verdict] &&
			    (!family || c->family == family))
				values[n++] = c->figures[verdict].ratio;
	}
	if (n)
		*out = bench_median(values, n);
	free(values);
	return n > 0;
}

void bench_nics_text(const struct bench_environment *environment, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0; i < environment->n_nics && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s %s", used ? ", " : "",
				 environment->nics[i].name, environment->nics[i].driver);
}
