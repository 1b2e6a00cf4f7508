// SPDX-License-Identifier: GPL-2.0-only
/* The doctor's report for people: the worst first, each with figures, reason and next step. */
#include "doctor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "stats.h"
#include "table.h"

#define WIDTH_DEFAULT 100
#define WIDTH_MIN     40
#define LABEL	      9 /* columns before the text of a finding */
#define TEXT_MAX      (4 * DOCTOR_TEXT)

struct paper {
	FILE *out;
	size_t width;
	bool colour;
};

static const char *severity_code(enum doctor_severity severity)
{
	static const char *const codes[] = {"\033[2m", "\033[33m", "\033[1;31m"};

	return codes[severity];
}

static void styled(const struct paper *paper, const char *code, const char *text)
{
	if (paper->colour)
		fprintf(paper->out, "%s%s\033[0m", code, text);
	else
		fputs(text, paper->out);
}

/* Escaped text, wrapped between words; the first line goes on from column LABEL. */
static void wrapped(const struct paper *paper, const char *text)
{
	char safe[TEXT_MAX];
	const char *word = safe;
	size_t column = LABEL;

	escape_terminal(text, strlen(text), safe, sizeof(safe));
	while (*word) {
		size_t bytes = strcspn(word, " "), columns;
		char copy[TEXT_MAX];

		memcpy(copy, word, bytes);
		copy[bytes] = '\0';
		columns = text_width(copy);
		if (column > LABEL && column + 1 + columns > paper->width) {
			fprintf(paper->out, "\n%*s", LABEL, "");
			column = LABEL;
		} else if (column > LABEL) {
			putc(' ', paper->out);
			column++;
		}
		fputs(copy, paper->out);
		column += columns;
		word += bytes;
		word += strspn(word, " ");
	}
	putc('\n', paper->out);
}

static void labelled(const struct paper *paper, const char *label, const char *text)
{
	fprintf(paper->out, "%-*s", LABEL, label);
	wrapped(paper, text);
}

/* "3.0 s", or words where it is not known. Returns buf. */
static const char *between(const struct doctor_report *report, char buf[32])
{
	if (report->seconds > 0)
		snprintf(buf, 32, "%.1f s", report->seconds);
	else
		snprintf(buf, 32, "the time between the readings");
	return buf;
}

static void print_figures(const struct paper *paper, const struct doctor_report *report,
			  const struct doctor_finding *finding)
{
	char line[512], span[32];

	for (size_t i = 0; i < finding->n_figures; i++) {
		const struct doctor_figure *figure = &finding->figures[i];

		if (figure->is_state || report->readings < 2)
			snprintf(line, sizeof(line), "%s%" PRIu64 " %s",
				 figure->estimated ? "about " : "", figure->since_load,
				 figure->what);
		else
			snprintf(line, sizeof(line), "%" PRIu64 " %s; %" PRIu64 " in the last %s",
				 figure->since_load, figure->what, figure->recent,
				 between(report, span));
		labelled(paper, i ? "" : " figures", line);
	}
}

static void print_finding(const struct paper *paper, const struct doctor_report *report,
			  const struct doctor_finding *finding)
{
	static const char *const labels[] = {"note", "WARNING", "PROBLEM"};
	char line[TEXT_MAX];
	size_t used = strlen(labels[finding->severity]);

	putc('\n', paper->out);
	styled(paper, severity_code(finding->severity), labels[finding->severity]);
	fprintf(paper->out, "%*s", (int)(LABEL - used), "");
	snprintf(line, sizeof(line), "%s%s [%s]",
		 finding->when == DOCTOR_EARLIER ? "Earlier, not now: " : "", finding->what,
		 finding->id);
	wrapped(paper, line);
	print_figures(paper, report, finding);
	labelled(paper, " why", finding->why);
	labelled(paper, " next", finding->next);
}

static void print_head(const struct paper *paper, const struct doctor_report *report)
{
	char line[1024], span[32], since[STATS_TIME_MAX];
	size_t used;

	used = snprintf(line, sizeof(line), "%s%s%" PRIu64 " packets since %s", report->site,
			report->site[0] ? ": " : "", report->packets,
			report->loaded_at ? stats_time_text(report->loaded_at, since) : "the load");
	if (report->readings > 1)
		snprintf(line + used, sizeof(line) - used, ", %" PRIu64 " of them in the last %s",
			 report->recent_packets, between(report, span));
	else
		snprintf(line + used, sizeof(line) - used, "; %s",
			 report->anew
				 ? "the policy was loaded anew between the readings, so the last "
				   "one is judged alone"
				 : "one reading: judged by totals since the load");
	labelled(paper, "doctor", line);
	if (!report->judged) {
		snprintf(line, sizeof(line), "It cannot be judged yet what is wrong: %s.",
			 report->why_not);
		labelled(paper, "", line);
	} else if (report->readings > 1 && !report->recent_packets) {
		labelled(paper, "",
			 "Nothing came in between the two readings: what follows is what there "
			 "was before.");
	}
}

/* "Not possible with these readings", a line for each reason. */
static void print_not_possible(const struct paper *paper, const struct doctor_report *report)
{
	bool begun = false;

	for (size_t i = 0; i < report->n_results; i++) {
		const struct doctor_result *result = &report->results[i];
		char line[1024];
		size_t used, n = 0;
		bool said = false;

		if (!result->why[0])
			continue;
		for (size_t j = 0; j < i && !said; j++)
			said = !strcmp(report->results[j].why, result->why);
		if (said)
			continue;
		if (!begun)
			fputs("\nNot checked:\n", paper->out);
		begun = true;
		used = snprintf(line, sizeof(line), "%s:", result->why);
		for (size_t j = i; j < report->n_results && used < sizeof(line); j++) {
			if (!strcmp(report->results[j].why, result->why))
				used += snprintf(line + used, sizeof(line) - used, "%s %s",
						 n++ ? "," : "", report->results[j].about);
		}
		labelled(paper, "", line);
	}
}

static void print_list(const struct paper *paper, const struct doctor_report *report,
		       enum doctor_outcome outcome, const char *title)
{
	char line[2048];
	size_t used, n = 0;

	used = snprintf(line, sizeof(line), "%s", title);
	for (size_t i = 0; i < report->n_results && used < sizeof(line); i++)
		if (report->results[i].outcome == outcome)
			used += snprintf(line + used, sizeof(line) - used, "%s %s", n++ ? "," : "",
					 report->results[i].about);
	if (n)
		labelled(paper, "", line);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

void doctor_text(const struct doctor_report *report, FILE *out, unsigned width, bool colour)
{
	const struct paper paper = {
		.out = out,
		.width = width < WIDTH_MIN ? WIDTH_DEFAULT : width,
		.colour = colour,
	};

	print_head(&paper, report);
	for (size_t i = 0; i < report->n_findings; i++)
		print_finding(&paper, report, &report->findings[i]);
	if (report->n_more)
		fprintf(out, "\n%zu more of the same kind%s not shown\n", report->n_more,
			report->n_more == 1 ? " is" : "s are");
	print_not_possible(&paper, report);
	putc('\n', out);
	if (report->judged)
		print_list(&paper, report, DOCTOR_TOO_LITTLE, "Too little traffic to tell:");
	print_list(&paper, report, DOCTOR_CLEAN, "No fault found in:");
	fprintf(out, "%zu problem%s, %zu warning%s, %zu note%s\n", report->n_of[DOCTOR_PROBLEM],
		plural(report->n_of[DOCTOR_PROBLEM]), report->n_of[DOCTOR_WARNING],
		plural(report->n_of[DOCTOR_WARNING]), report->n_of[DOCTOR_NOTE],
		plural(report->n_of[DOCTOR_NOTE]));
}
