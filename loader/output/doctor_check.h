/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a check of the doctor is written. A check is one function that looks at the model, one
 * subject (a role, a NIC …) after the other, and for each says by doctor_settle() what either
 * window shows; where that comes to a finding, it gives its words and figures. To add one: write
 * it, and enter it in the table of its file.
 */
#ifndef XE_OUTPUT_DOCTOR_CHECK_H
#define XE_OUTPUT_DOCTOR_CHECK_H

#include "doctor.h"
#include "doctor_model.h"
#include "doctor_service.h"
#include "doctor_view.h"
#include "escape.h" /* names in the commands that a finding advises */

/*
 * The command that shows twenty packets that enter a NIC: of one miss, or with XE_MISS_COUNT of
 * all; with their MACs and VLANs, or without. (What XDP drops tcpdump alone does not see.)
 */
struct doctor_command {
	char text[192];
};
struct doctor_command doctor_capture(const struct doctor_nic *nic, enum xe_miss miss, bool frames);

/* How the program comes back to a NIC that it, or that itself, is gone from. */
static inline const char *doctor_reattach(bool nic_is_gone)
{
	return nic_is_gone
		       ? "Is it there again under this name (ip link)? Then xdp-edge reload "
			 "attaches it; else put `interfaces:` of the site right first."
		       : "xdp-edge reload attaches it again; xdp-edge status shows where it is.";
}

/* What a window shows. */
enum doctor_sign { DOCTOR_UNKNOWN, DOCTOR_HEALTHY, DOCTOR_BAD };

struct doctor_signs {
	enum doctor_sign in[DOCTOR_WINDOWS];
};

/* A check at work. */
struct doctor {
	const struct doctor_model *model;
	const struct doctor_services *services;
	struct doctor_report *report;
	struct doctor_result *result;
	const struct doctor_check *check;
	bool one_direction; /* no answer is seen whatever is asked: of no service is it told */
	bool in_part;	    /* doctor_too_little() of the check */
	bool sees_some;	    /* doctor_requests() of the check: of one they are seen, */
	const struct doctor_row *hidden; /* and of this one not */
	bool failed;			 /* no memory */
};

struct doctor_check {
	const char *id;
	const char *about; /* what is looked for, for people */
	unsigned needs;	   /* enum doctor_field */
	bool stands;	   /* tells from how things stand: needs no traffic */
	void (*run)(struct doctor *doctor);
};

/* The tables of checks, each ended by an entry without id. */
extern const struct doctor_check doctor_answer_checks[];
extern const struct doctor_check doctor_media_checks[];
extern const struct doctor_check doctor_role_checks[];
extern const struct doctor_check doctor_side_checks[];
extern const struct doctor_check doctor_inside_checks[];
extern const struct doctor_check doctor_guard_checks[];
extern const struct doctor_check doctor_nic_checks[];

/*
 * What a subject's windows come to: a finding, to be given its words, or NULL. What was bad since
 * the load and is healthy between two readings is a note. Of what only stands as it is, use
 * doctor_stands().
 */
struct doctor_finding *doctor_settle(struct doctor *doctor, struct doctor_signs signs,
				     enum doctor_severity severity, const char *subject);
struct doctor_finding *doctor_stands(struct doctor *doctor, bool bad, enum doctor_severity severity,
				     const char *subject);
/* One of the check's subjects cannot be told yet: then it is not clean, however the others are. */
void doctor_too_little(struct doctor *doctor);
/*
 * The check is about the requests of this row among others: where those of none can be seen, that
 * is said in the end, if nothing else is.
 */
void doctor_requests(struct doctor *doctor, const struct doctor_row *row);
/* The check, or one of its subjects, is not possible with these readings. The first reason counts.
 */
void doctor_not_possible(struct doctor *doctor, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The same because no NIC faces those sides, from which `what` would come. */
void doctor_unseen(struct doctor *doctor, unsigned sides, const char *what);

/* Each may be given NULL instead of a finding, and cuts what does not fit. */
void doctor_what(struct doctor_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_why(struct doctor_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_next(struct doctor_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_figure(struct doctor_finding *finding, struct doctor_count count, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A figure that is no count. */
void doctor_figure_state(struct doctor_finding *finding, uint64_t value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The figure of the last call, one that is no count, is about right only. */
void doctor_figure_estimated(struct doctor_finding *finding);

/* The Edge's default gateway is on its external NIC: to the inside it has routes, or no way. */
#define DOCTOR_EDGE_ROUTES                                                                    \
	"route print on the Edge: are there persistent routes to the inside networks by the " \
	"internal NIC (it has no gateway)?"

#endif
