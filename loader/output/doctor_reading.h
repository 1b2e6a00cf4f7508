/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this a reading of `stats -j`, whole and undamaged? What it has must be of the kind that it is
 * there; what older versions, `--by` and `--nonzero` leave out may be missing, and what later
 * versions add is not looked at.
 */
#ifndef XE_OUTPUT_DOCTOR_READING_H
#define XE_OUTPUT_DOCTOR_READING_H

#include <jansson.h>

/* The first thing that is wrong. */
struct doctor_fault {
	char path[256]; /* where in the document: rows[3].matched.packets; empty: all of it */
	char why[160];	/* may hold names out of the document: outputs escape them */
};

/* 0 or -EINVAL; `fault` may be NULL. */
int doctor_reading_check(const json_t *reading, struct doctor_fault *fault);

#endif
