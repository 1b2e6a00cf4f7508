// SPDX-License-Identifier: GPL-2.0-only
/* The doctor's round: every check that the readings allow, and what comes of it. */
#include "doctor_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct doctor_check *const tables[] = {
	doctor_guard_checks,  doctor_nic_checks,    doctor_side_checks,
	doctor_answer_checks, /* before media: it says whether answers can be seen */
	doctor_media_checks,  doctor_inside_checks, doctor_role_checks,
};

const char *doctor_severity_text(enum doctor_severity severity)
{
	static const char *const texts[] = {"note", "warning", "problem"};

	return texts[severity];
}

/* --- what checks say -------------------------------------------------------------------------- */

static struct doctor_finding *add_finding(struct doctor *doctor, enum doctor_severity severity,
					  enum doctor_when when, const char *subject)
{
	struct doctor_report *report = doctor->report;
	struct doctor_finding *findings;

	report->n_of[severity]++;
	doctor->result->outcome = DOCTOR_FOUND;
	if (doctor->result->found++ >= DOCTOR_SHOWN) {
		report->n_more++;
		return NULL;
	}
	findings = reallocarray(report->findings, report->n_findings + 1, sizeof(*findings));
	if (!findings) {
		doctor->failed = true;
		return NULL;
	}
	report->findings = findings;
	findings += report->n_findings++;
	*findings = (struct doctor_finding){
		.id = doctor->check->id,
		.severity = severity,
		.when = when,
	};
	snprintf(findings->subject, sizeof(findings->subject), "%s", subject);
	return findings;
}

static void clean(struct doctor *doctor)
{
	if (doctor->result->outcome == DOCTOR_TOO_LITTLE)
		doctor->result->outcome = DOCTOR_CLEAN;
}

struct doctor_finding *doctor_settle(struct doctor *doctor, struct doctor_signs signs,
				     enum doctor_severity severity, const char *subject)
{
	if (!doctor->model->recent)
		signs.in[RECENT] = DOCTOR_UNKNOWN;
	if (signs.in[RECENT] == DOCTOR_BAD)
		return add_finding(doctor, severity, DOCTOR_NOW, subject);
	if (signs.in[SINCE_LOAD] == DOCTOR_BAD && signs.in[RECENT] == DOCTOR_HEALTHY)
		return add_finding(doctor, DOCTOR_NOTE, DOCTOR_EARLIER, subject);
	if (signs.in[SINCE_LOAD] == DOCTOR_BAD)
		return add_finding(doctor, severity, DOCTOR_SINCE_LOAD, subject);
	if (signs.in[SINCE_LOAD] == DOCTOR_HEALTHY || signs.in[RECENT] == DOCTOR_HEALTHY)
		clean(doctor);
	return NULL;
}

struct doctor_finding *doctor_stands(struct doctor *doctor, bool bad, enum doctor_severity severity,
				     const char *subject)
{
	if (bad)
		return add_finding(doctor, severity, DOCTOR_NOW, subject);
	clean(doctor);
	return NULL;
}

void doctor_too_little(struct doctor *doctor)
{
	doctor->in_part = true;
}

void doctor_requests(struct doctor *doctor, const struct doctor_row *row)
{
	if (doctor_sees(doctor->model, row, false))
		doctor->sees_some = true;
	else
		doctor->hidden = row;
}

void doctor_not_possible(struct doctor *doctor, const char *fmt, ...)
{
	va_list args;

	if (doctor->result->why[0])
		return;
	if (doctor->result->outcome != DOCTOR_FOUND)
		doctor->result->outcome = DOCTOR_NOT_POSSIBLE;
	va_start(args, fmt);
	vsnprintf(doctor->result->why, sizeof(doctor->result->why), fmt, args);
	va_end(args);
}

void doctor_unseen(struct doctor *doctor, unsigned sides, const char *what)
{
	char faced[64];

	doctor_not_possible(doctor,
			    "%s cannot be seen here: no NIC with the program on it faces %s", what,
			    doctor_sides_text(sides, faced, sizeof(faced)));
}

#define FORMAT(buf, fmt)                                  \
	do {                                              \
		va_list args;                             \
                                                          \
		va_start(args, fmt);                      \
		vsnprintf((buf), sizeof(buf), fmt, args); \
		va_end(args);                             \
	} while (0)

void doctor_what(struct doctor_finding *finding, const char *fmt, ...)
{
	if (finding)
		FORMAT(finding->what, fmt);
}

void doctor_why(struct doctor_finding *finding, const char *fmt, ...)
{
	if (finding)
		FORMAT(finding->why, fmt);
}

void doctor_next(struct doctor_finding *finding, const char *fmt, ...)
{
	if (finding)
		FORMAT(finding->next, fmt);
}

void doctor_figure(struct doctor_finding *finding, struct doctor_count count, const char *fmt, ...)
{
	struct doctor_figure *figure;

	if (!finding || finding->n_figures == DOCTOR_FIGURES)
		return;
	figure = &finding->figures[finding->n_figures++];
	figure->since_load = count.in[SINCE_LOAD];
	figure->recent = count.in[RECENT];
	FORMAT(figure->what, fmt);
}

void doctor_figure_state(struct doctor_finding *finding, uint64_t value, const char *fmt, ...)
{
	struct doctor_figure *figure;

	if (!finding || finding->n_figures == DOCTOR_FIGURES)
		return;
	figure = &finding->figures[finding->n_figures++];
	figure->since_load = value;
	figure->is_state = true;
	FORMAT(figure->what, fmt);
}

void doctor_figure_estimated(struct doctor_finding *finding)
{
	if (finding && finding->n_figures)
		finding->figures[finding->n_figures - 1].estimated = true;
}

struct doctor_command doctor_capture(const struct doctor_nic *nic, enum xe_miss miss, bool frames)
{
	bool one = miss < XE_MISS_COUNT;
	struct doctor_command command;

	snprintf(command.text, sizeof(command.text),
		 "xdp-edge capture --interface %s%s%s --count 20 | tcpdump -%snr -",
		 SHELL_WORD(nic->name), one ? " --miss " : "", one ? miss_text(miss) : "",
		 frames ? "e" : "");
	return command;
}

/* --- the round -------------------------------------------------------------------------------- */

/* In the order of enum doctor_field. */
static const char *const lacks[DOCTOR_FIELDS] = {
	"the reading has no rows (stats --by row has them)",
	"the reading has only rows with packets (leave out --nonzero)",
	"the reading does not say by which NIC a row's packets entered (it is of an older version)",
	"the reading does not say by which NIC misses entered (it is of an older version)",
	"the reading says nothing of verdicts (it is of an older version)",
	"the reading says nothing of the NICs' settings (only live, or of doctor --collect)",
	"the reading does not say what unmatched packets want (only live, or of doctor "
	"--collect, with suggest: yes)",
	"the reading does not say whether the program is on the NICs (it is of an older version)",
};

static const char *lacking(const struct doctor_model *model, unsigned needs)
{
	for (int i = 0; i < DOCTOR_FIELDS; i++)
		if (needs & 1u << i && !(model->has & 1u << i))
			return lacks[i];
	return NULL;
}

static void run_check(struct doctor *doctor, const struct doctor_check *check)
{
	const char *lack = lacking(doctor->model, check->needs);

	doctor->check = check;
	doctor->in_part = doctor->sees_some = false;
	doctor->hidden = NULL;
	doctor->result = &doctor->report->results[doctor->report->n_results++];
	*doctor->result = (struct doctor_result){
		.id = check->id,
		.about = check->about,
		.outcome = DOCTOR_TOO_LITTLE,
	};
	if (lack)
		doctor_not_possible(doctor, "%s", lack);
	else if (check->stands || doctor->model->total.in[SINCE_LOAD])
		check->run(doctor);
	if (doctor->hidden && !doctor->sees_some)
		doctor_unseen(doctor, doctor_ways_in(doctor->hidden, false), "requests");
	if (doctor->in_part && doctor->result->outcome == DOCTOR_CLEAN)
		doctor->result->outcome = DOCTOR_TOO_LITTLE;
}

/* The worst first, else as the checks stand. 0 or -ENOMEM. */
static int sort_findings(struct doctor_report *report)
{
	struct doctor_finding *sorted = calloc(report->n_findings + 1, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return -ENOMEM;
	for (int severity = DOCTOR_SEVERITIES - 1; severity >= 0; severity--) {
		for (size_t i = 0; i < report->n_findings; i++)
			if ((int)report->findings[i].severity == severity)
				sorted[n++] = report->findings[i];
	}
	free(report->findings);
	report->findings = sorted;
	return 0;
}

static void describe(const struct doctor_model *model, struct doctor_report *out)
{
	snprintf(out->site, sizeof(out->site), "%s", model->site);
	out->judged = model->total.in[SINCE_LOAD];
	if (!out->judged)
		snprintf(out->why_not, sizeof(out->why_not),
			 "no packet has been counted%s on %s: is there traffic, are the links "
			 "up, and are these the NICs that it comes in by? xdp-edge status; ip -s "
			 "link",
			 model->loaded_at ? " since the load" : "",
			 model->n_nics == 0   ? "any NIC"
			 : model->n_nics == 1 ? "the one NIC"
					      : "any of the NICs");
	out->readings = model->recent ? 2 : 1;
	out->anew = model->anew;
	out->seconds = model->seconds;
	out->loaded_at = model->loaded_at;
	out->packets = model->total.in[SINCE_LOAD];
	out->recent_packets = model->total.in[RECENT];
}

int doctor_judge(const json_t *first, const json_t *last, struct doctor_report *out)
{
	struct doctor_model model;
	struct doctor_services services = {0};
	struct doctor doctor = {.model = &model, .services = &services, .report = out};
	size_t n = 0;
	int err;

	memset(out, 0, sizeof(*out));
	err = doctor_model_read(first, last, &model);
	if (!err)
		err = doctor_services(&model, &services);
	if (err)
		goto out;
	describe(&model, out);
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (const struct doctor_check *check = tables[t]; check->id; check++)
			n++;
	out->results = calloc(n, sizeof(*out->results));
	if (!out->results) {
		err = -ENOMEM;
		goto out;
	}
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (const struct doctor_check *check = tables[t]; check->id; check++)
			run_check(&doctor, check);
	err = doctor.failed ? -ENOMEM : sort_findings(out);
out:
	doctor_services_free(&services);
	doctor_model_free(&model);
	return err;
}

void doctor_free(struct doctor_report *report)
{
	free(report->findings);
	free(report->results);
	memset(report, 0, sizeof(*report));
}
