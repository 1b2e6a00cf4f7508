// SPDX-License-Identifier: GPL-2.0-only
/* A benchmark's report as CSV. */
#include "bench_report.h"
#include "csv.h"

static const char *const titles[] = {
	"name",	       "kind",	      "row",	      "decided_by",  "miss",	    "sense",
	"family",      "interface",   "verdict",      "packet",	     "pass_ns",	    "count_ns",
	"ns_min",      "ns_median",   "ratio",	      "added_ns",    "prologue_ns", "trace_tuples",
	"trace_atoms", "site",	      "cpu",	      "cpus_online", "cpu_used",    "kernel",
	"jit",	       "interfaces",  "xdp_edge",     "libbpf",	     "clang",	    "rows_active",
	"atoms",       "block_bytes", "xlated_bytes", "jited_bytes", "rounds",	    "repeat",
	NULL,
};

/* Numbers may be negative, which csv_text() would take for a formula. */
static void csv_number(struct csv_writer *csv, double value)
{
	fprintf(csv->out, "%s%.2f", csv->column++ ? "," : "", value);
}

static void text_or_empty(struct csv_writer *csv, const char *text)
{
	csv_text(csv, text ? text : "");
}

static void environment_cells(struct csv_writer *csv, const struct bench_environment *e)
{
	char nics[1024];

	bench_nics_text(e, nics, sizeof(nics));
	csv_text(csv, e->site);
	csv_text(csv, e->cpu);
	csv_count(csv, e->cpus_online);
	csv_count(csv, e->cpu_used);
	csv_text(csv, e->kernel);
	csv_text(csv, e->jit ? "yes" : "no");
	csv_text(csv, nics);
	csv_text(csv, e->xdp_edge);
	csv_text(csv, e->libbpf);
	csv_text(csv, e->clang);
	csv_count(csv, e->rows_active);
	csv_count(csv, e->atoms);
	csv_count(csv, e->block_bytes);
	csv_count(csv, e->xlated_bytes);
	csv_count(csv, e->jited_bytes);
	csv_count(csv, e->rounds);
	csv_count(csv, e->repeat);
}

static void case_line(struct csv_writer *csv, const struct bench_case *c,
		      enum bench_verdict verdict, const struct bench_environment *e)
{
	const struct bench_figures *f = &c->figures[verdict];

	csv_text(csv, c->name);
	csv_text(csv, c->kind);
	text_or_empty(csv, c->row);
	text_or_empty(csv, c->decided_by);
	text_or_empty(csv, c->miss);
	text_or_empty(csv, c->sense);
	text_or_empty(csv, c->family == 4 ? "4" : c->family == 6 ? "6" : NULL);
	csv_text(csv, c->interface);
	csv_text(csv, bench_verdict_text(verdict));
	csv_text(csv, c->packet);
	csv_number(csv, f->pass_ns);
	csv_number(csv, f->count_ns);
	csv_number(csv, f->ns_min);
	csv_number(csv, f->ns_median);
	csv_number(csv, f->ratio);
	csv_number(csv, f->added_ns);
	csv_number(csv, f->prologue_ns);
	csv_count(csv, c->tuples);
	csv_count(csv, c->atoms);
	environment_cells(csv, e);
	csv_line_end(csv);
}

void bench_csv(const struct bench_report *report, FILE *out)
{
	struct csv_writer csv = {.out = out};

	csv_titles(&csv, titles);
	for (size_t i = 0; i < report->n_cases; i++)
		for (int verdict = 0; verdict < VERDICTS; verdict++)
			if (report->cases[i].measured[verdict])
				case_line(&csv, &report->cases[i], verdict, &report->environment);
}
