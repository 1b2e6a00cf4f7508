// SPDX-License-Identifier: GPL-2.0-only
/* The doctor's report as JSON. */
#include "doctor.h"

#include <errno.h>

#include "json.h"

static const char *const whens[] = {"since-load", "now", "earlier"};

static json_t *figures_json(const struct doctor_report *report,
			    const struct doctor_finding *finding)
{
	json_t *list = json_array();

	for (size_t i = 0; i < finding->n_figures; i++) {
		const struct doctor_figure *figure = &finding->figures[i];
		bool both = report->readings > 1 && !figure->is_state;

		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o, s:b}", "what", json_text(figure->what),
					"since_load", json_count(figure->since_load), "recent",
					both ? json_count(figure->recent) : json_null(),
					"estimated", (int)figure->estimated));
	}
	return list;
}

static json_t *findings_json(const struct doctor_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct doctor_finding *finding = &report->findings[i];

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "id",
					finding->id, "subject", json_text(finding->subject),
					"severity", doctor_severity_text(finding->severity), "when",
					whens[finding->when], "what", json_text(finding->what),
					"figures", figures_json(report, finding), "why",
					json_text(finding->why), "next", json_text(finding->next)));
	}
	return list;
}

static json_t *ids_json(const struct doctor_report *report, enum doctor_outcome outcome)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].outcome == outcome)
			json_array_append_new(list, json_string(report->results[i].id));
	return list;
}

static json_t *not_possible_json(const struct doctor_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].why[0])
			json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "id",
							      report->results[i].id, "about",
							      report->results[i].about, "why",
							      json_text(report->results[i].why)));
	return list;
}

int doctor_json(const struct doctor_report *report, bool pretty, FILE *out)
{
	return json_write(
		json_pack("{s:o, s:b, s:o, s:i, s:f, s:o, s:o, s:o, s:i, s:i, s:i, s:o, s:o, "
			  "s:o, s:o, s:o}",
			  "site", json_text(report->site), "judged", (int)report->judged, "why_not",
			  json_text(report->judged ? NULL : report->why_not), "readings",
			  (int)report->readings, "seconds", report->seconds, "loaded_at",
			  json_count(report->loaded_at), "packets", json_count(report->packets),
			  "recent_packets",
			  report->readings > 1 ? json_count(report->recent_packets) : json_null(),
			  "problems", (int)report->n_of[DOCTOR_PROBLEM], "warnings",
			  (int)report->n_of[DOCTOR_WARNING], "notes",
			  (int)report->n_of[DOCTOR_NOTE], "findings", findings_json(report), "more",
			  json_count(report->n_more), "clean", ids_json(report, DOCTOR_CLEAN),
			  "too_little", ids_json(report, DOCTOR_TOO_LITTLE), "not_possible",
			  not_possible_json(report)),
		pretty, out);
}
