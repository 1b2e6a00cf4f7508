/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong, told from the counters, in the words of those who run an Edge: findings with the
 * figures behind them and the next step. One input, `stats -j`, live or from a file; the live
 * command adds to the object
 *   nics: [{name, state, driver, up, rxvlan, lro, gro_hw}], of each NIC what the kernel says, as
 *     far as it is known
 *   suspects: [{proto, port, interface, packets, estimated, answer}]
 *     what no row allows, by what it wants; estimated: packets are about right; answer: the port
 *     is the source's
 */
#ifndef XE_OUTPUT_DOCTOR_H
#define XE_OUTPUT_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "xdp_edge.h"

enum doctor_severity {
	DOCTOR_NOTE,	/* worth knowing */
	DOCTOR_WARNING, /* likely wrong, or wrong for some */
	DOCTOR_PROBLEM, /* a service does not work, or nothing is filtered where it should be */
	DOCTOR_SEVERITIES
};

enum doctor_when {
	DOCTOR_SINCE_LOAD, /* by what was counted since the load */
	DOCTOR_NOW,	   /* by what was counted between two readings, or by how things stand */
	DOCTOR_EARLIER	   /* since the load it was so, between the readings it was not */
};

#define DOCTOR_SHOWN   100 /* findings of a check; those beyond are counted */
#define DOCTOR_FIGURES 8
#define DOCTOR_TEXT    800

struct doctor_figure {
	char what[256];
	uint64_t since_load, recent;
	bool is_state;	/* how things stand: there is no `recent` of it */
	bool estimated; /* about so many */
};

/* Texts may hold names that are anybody's choice: outputs escape them. */
struct doctor_finding {
	const char *id;	  /* of its check */
	char subject[64]; /* the role, NIC … that it is about; may be empty */
	enum doctor_severity severity;
	enum doctor_when when;
	char what[256];
	struct doctor_figure figures[DOCTOR_FIGURES];
	size_t n_figures;
	char why[DOCTOR_TEXT], next[DOCTOR_TEXT];
};

enum doctor_outcome {
	DOCTOR_FOUND,
	DOCTOR_CLEAN,
	DOCTOR_TOO_LITTLE,  /* too little traffic of the kind to tell */
	DOCTOR_NOT_POSSIBLE /* of all or part of it */
};

struct doctor_result {
	const char *id, *about;
	enum doctor_outcome outcome;
	size_t found;
	char why[160]; /* what the readings lack for part of it, or all; empty: nothing */
};

struct doctor_report {
	char site[XE_TEXT_MAX];
	bool judged;	    /* there was traffic to judge by */
	char why_not[512];  /* else */
	unsigned readings;  /* that were compared: 1 or 2 */
	bool anew;	    /* two were given; in between the policy was loaded anew */
	double seconds;	    /* between them; 0: not known */
	uint64_t loaded_at; /* seconds since 1970; 0: not known */
	uint64_t packets, recent_packets;
	struct doctor_finding *findings; /* the worst first */
	size_t n_findings, n_more;	 /* n_more: found, and not among them */
	size_t n_of[DOCTOR_SEVERITIES];	 /* all that were found */
	struct doctor_result *results;	 /* one a check */
	size_t n_results;
};

/*
 * Judge two readings, or one (`first` NULL). Both must outlive the report. 0, -EINVAL if they are
 * no readings of `stats -j`, or -ENOMEM; free with doctor_free(), also after a failure.
 */
int doctor_judge(const json_t *first, const json_t *last, struct doctor_report *out);
void doctor_free(struct doctor_report *report);

const char *doctor_severity_text(enum doctor_severity severity);

/* For people; lines fit into `width` columns (0: 100). Errors of writing stay with `out`. */
void doctor_text(const struct doctor_report *report, FILE *out, unsigned width, bool colour);
/*
 * An object: site, judged, why_not (null if judged), readings, seconds, loaded_at, packets,
 * recent_packets (null with one reading), problems, warnings, notes, findings: [{id, subject,
 * severity, when, what, figures: [{what, since_load, recent, estimated}], why, next}], more
 * (findings that are not shown), clean: [id], too_little: [id], not_possible: [{id, about, why}].
 * `recent` is null of what is no count between two readings. 0 or -ENOMEM.
 */
int doctor_json(const struct doctor_report *report, bool pretty, FILE *out);

#endif
