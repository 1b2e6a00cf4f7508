// SPDX-License-Identifier: GPL-2.0-only
/* A benchmark's report as JSON. */
#include "bench_report.h"
#include "json.h"

/* Hundredths: more would only be noise. */
static json_t *number(double value)
{
	return json_real((double)(long long)(value * 100 + (value < 0 ? -0.5 : 0.5)) / 100);
}

static json_t *number_if(bool have, double value)
{
	return have ? number(value) : json_null();
}

static json_t *family_json(unsigned family)
{
	return family ? json_integer(family) : json_null();
}

static json_t *environment_json(const struct bench_environment *e)
{
	json_t *nics = json_array();

	for (size_t i = 0; i < e->n_nics; i++)
		json_array_append_new(nics,
				      json_pack("{s:o, s:o}", "name", json_text(e->nics[i].name),
						"driver", json_text(e->nics[i].driver)));
	return json_pack("{s:o, s:o, s:i, s:i, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:i, s:o}",
			 "site", json_text(e->site), "cpu", json_text(e->cpu), "cpus_online",
			 (int)e->cpus_online, "cpu_used", (int)e->cpu_used, "kernel",
			 json_text(e->kernel), "jit", (int)e->jit, "interfaces", nics, "xdp_edge",
			 json_text(e->xdp_edge), "libbpf", json_text(e->libbpf), "clang",
			 json_text(e->clang), "rows_active", json_count(e->rows_active), "atoms",
			 json_count(e->atoms), "block_bytes", json_count(e->block_bytes),
			 "xlated_bytes", json_count(e->xlated_bytes), "jited_bytes",
			 json_count(e->jited_bytes), "rounds", (int)e->rounds, "repeat",
			 json_count(e->repeat));
}

static json_t *case_json(const struct bench_case *c, enum bench_verdict verdict)
{
	const struct bench_figures *f = &c->figures[verdict];
	json_t *value = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"name", json_text(c->name), "row", json_text(c->row), "family",
		family_json(c->family), "ns_min", number(f->ns_min), "ns_median",
		number(f->ns_median), "ratio", number(f->ratio), "added_ns", number(f->added_ns),
		"kind", c->kind, "verdict", bench_verdict_text(verdict), "decided_by",
		json_text(c->decided_by), "miss", json_text(c->miss), "sense", json_text(c->sense),
		"interface", json_text(c->interface), "packet", json_text(c->packet), "pass_ns",
		number(f->pass_ns), "count_ns", number(f->count_ns));

	if (value && c->tuples)
		json_object_set_new(value, "trace",
				    json_pack("{s:o, s:o, s:o}", "tuples", json_count(c->tuples),
					      "atoms", json_count(c->atoms), "prologue_ns",
					      number(f->prologue_ns)));
	return value;
}

static json_t *summary_json(const struct bench_report *report, enum bench_verdict verdict)
{
	struct bench_summary v4 = {}, v6 = {};
	bool have4 = bench_summary(report, 4, verdict, &v4);
	bool have6 = bench_summary(report, 6, verdict, &v6);

	return json_pack("{s:o, s:o, s:o, s:o}", "ipv4_ratio", number_if(have4, v4.ratio),
			 "ipv6_ratio", number_if(have6, v6.ratio), "ipv4_added_ns",
			 number_if(have4, v4.added_ns), "ipv6_added_ns",
			 number_if(have6, v6.added_ns));
}

json_t *bench_json(const struct bench_report *report)
{
	json_t *cases = json_array(), *not_measured = json_array(), *summary;
	double state = 0, dropped = 0;
	bool have_state = bench_aim_ratio(report, AIM_STATE, 0, &state);
	bool have_dropped = bench_aim_ratio(report, AIM_DROP, 0, &dropped);
	struct bench_summary pass = {}, drop = {};
	bool have_pass = bench_summary(report, 0, VERDICT_PASS, &pass);
	bool have_drop = bench_summary(report, 0, VERDICT_DROP, &drop);

	for (size_t i = 0; i < report->n_cases; i++) {
		const struct bench_case *c = &report->cases[i];

		for (int verdict = 0; verdict < VERDICTS; verdict++)
			if (c->measured[verdict])
				json_array_append_new(cases, case_json(c, verdict));
		if (*c->why_not)
			json_array_append_new(not_measured,
					      json_pack("{s:o, s:o}", "name", json_text(c->name),
							"reason", json_text(c->why_not)));
	}
	summary = summary_json(report, have_pass ? VERDICT_PASS : VERDICT_DROP);
	json_object_set_new(summary, "verdict",
			    json_text(bench_verdict_text(have_pass ? VERDICT_PASS : VERDICT_DROP)));
	json_object_set_new(summary, "state_ratio", number_if(have_state, state));
	json_object_set_new(summary, "drop_ratio", number_if(have_dropped, dropped));
	if (have_pass && have_drop)
		json_object_set_new(summary, "drop", summary_json(report, VERDICT_DROP));
	return json_pack("{s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:o, s:o}", "environment",
			 environment_json(&report->environment), "floor", "pass_ns",
			 number_if(have_pass, pass.pass_ns), "count_ns",
			 number_if(have_pass, pass.count_ns), "drop_ns",
			 number_if(have_drop, drop.pass_ns), "count_drop_ns",
			 number_if(have_drop, drop.count_ns), "cases", cases, "not_measured",
			 not_measured, "summary", summary);
}
