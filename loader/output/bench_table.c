// SPDX-License-Identifier: GPL-2.0-only
/* A benchmark's report for people. */
#include <errno.h>
#include <string.h>

#include "bench_report.h"
#include "escape.h"
#include "table.h"

static void say(FILE *out, const char *what, const char *value)
{
	char shown[2048];

	escape_terminal(value, strlen(value), shown, sizeof(shown));
	fprintf(out, "%-12s %s\n", what, shown);
}

static void print_environment(const struct bench_environment *e, FILE *out)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s, %u online, measured on CPU %u", e->cpu, e->cpus_online,
		 e->cpu_used);
	say(out, "CPU", text);
	snprintf(text, sizeof(text), "%s, BPF JIT %s", e->kernel, e->jit ? "on" : "OFF");
	say(out, "kernel", text);
	bench_nics_text(e, text, sizeof(text));
	say(out, "NICs", text);
	snprintf(text, sizeof(text), "xdp-edge %s, libbpf %s, program built by clang %s",
		 e->xdp_edge, e->libbpf, e->clang);
	say(out, "versions", text);
	snprintf(text, sizeof(text),
		 "%s: %zu active rows, %zu atoms, block of %zu bytes; program of %u bytes, %u "
		 "translated to machine code",
		 e->site, e->rows_active, e->atoms, e->block_bytes, e->xlated_bytes,
		 e->jited_bytes);
	say(out, "policy", text);
	snprintf(text, sizeof(text),
		 "%u interleaved rounds of %u runs; nanoseconds a packet, PASS and COUNT of the "
		 "same frame",
		 e->rounds, e->repeat);
	say(out, "measured", text);
	putc('\n', out);
}

static void case_cells(struct text_table *table, const struct bench_case *c,
		       enum bench_verdict verdict)
{
	const struct bench_figures *f = &c->figures[verdict];

	table_cell(table, c->name);
	table_cell(table, bench_verdict_text(verdict));
	table_cellf(table, "%.1f", f->pass_ns);
	table_cellf(table, "%.1f", f->count_ns);
	table_cellf(table, "%.1f", f->ns_min);
	table_cellf(table, "%.1f", f->ns_median);
	table_cellf(table, "%.2f", f->ratio);
	table_cellf(table, "%.1f", f->added_ns);
	if (c->tuples)
		table_cellf(table, "%zu tuples, %zu atoms; prologue %.1f ns taken off", c->tuples,
			    c->atoms, f->prologue_ns);
	else if (c->decided_by)
		table_cellf(table, "%s; decided by %s", c->packet, c->decided_by);
	else if (c->sense && strcmp(c->sense, "reply") == 0)
		table_cellf(table, "%s; as reply", c->packet);
	else
		table_cell(table, c->packet);
}

#define NAMES_SHOWN 3

/* A line for each reason, with the first cases that it holds for. */
static void print_not_measured(const struct bench_report *report, FILE *out)
{
	const struct bench_case *cases = report->cases;

	for (size_t i = 0; i < report->n_cases; i++) {
		size_t n = 0, before = 0;

		for (size_t k = 0; k < i && *cases[i].why_not; k++)
			before += strcmp(cases[k].why_not, cases[i].why_not) == 0;
		if (!*cases[i].why_not || before)
			continue;
		fprintf(out, "not measured, because %s:", cases[i].why_not);
		for (size_t k = i; k < report->n_cases; k++) {
			char name[512];

			if (strcmp(cases[k].why_not, cases[i].why_not) != 0 || ++n > NAMES_SHOWN)
				continue;
			escape_terminal(cases[k].name, strlen(cases[k].name), name, sizeof(name));
			fprintf(out, "%s %s", n > 1 ? "," : "", name);
		}
		if (n > NAMES_SHOWN)
			fprintf(out, " and %zu more (-j lists them)", n - NAMES_SHOWN);
		putc('\n', out);
	}
}

static void print_summary(const struct bench_report *report, FILE *out)
{
	for (int verdict = 0; verdict < VERDICTS; verdict++)
		for (unsigned family = 4; family <= 6; family += 2) {
			struct bench_summary s;

			if (bench_summary(report, family, verdict, &s))
				fprintf(out,
					"IPv%u, %s: %.2f x parse and count, %.1f ns added "
					"(bare %s %.1f ns, parse and count %.1f ns)\n",
					family, bench_verdict_text(verdict), s.ratio, s.added_ns,
					bench_verdict_text(verdict), s.pass_ns, s.count_ns);
		}
}

static void print_aim(const struct bench_report *report, enum bench_aim aim, const char *what,
		      FILE *out)
{
	const char *lead = what, *ends = "";
	double ratio;

	for (unsigned family = 4; family <= 6; family += 2)
		if (bench_aim_ratio(report, aim, family, &ratio)) {
			fprintf(out, "%s IPv%u %.2f", lead, family, ratio);
			lead = ",";
			ends = " x parse and count\n";
		}
	fputs(ends, out);
}

int bench_table(const struct bench_report *report, FILE *out, unsigned width, bool colour)
{
	static const struct column columns[] = {
		{"CASE", ALIGN_LEFT, false},   {"VERDICT", ALIGN_LEFT, false},
		{"PASS", ALIGN_RIGHT, false},  {"COUNT", ALIGN_RIGHT, false},
		{"MIN", ALIGN_RIGHT, false},   {"MEDIAN", ALIGN_RIGHT, false},
		{"RATIO", ALIGN_RIGHT, false}, {"ADDED", ALIGN_RIGHT, false},
		{"PACKET", ALIGN_LEFT, true},
	};
	struct text_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	int err;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < report->n_cases; i++)
		for (int verdict = 0; verdict < VERDICTS; verdict++)
			if (report->cases[i].measured[verdict])
				case_cells(table, &report->cases[i], verdict);
	print_environment(&report->environment, out);
	err = table_print(table, out, width, colour);
	table_free(table);
	putc('\n', out);
	print_not_measured(report, out);
	print_summary(report, out);
	print_aim(report, AIM_STATE, "packets of known flows, enforce with state:", out);
	print_aim(report, AIM_DROP, "drop of a packet that nothing allows:", out);
	return err;
}
