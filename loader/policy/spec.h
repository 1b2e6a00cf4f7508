/* SPDX-License-Identifier: GPL-2.0-only */
/* Reader of the spec tables: maps/spec/{roles,tables}.csv and DOCUMENT/TABLE.csv, by libcsv. */
#ifndef XE_POLICY_SPEC_H
#define XE_POLICY_SPEC_H

#include "model.h"

/* More of either in one spec is an error. */
#define SPEC_MAX_ROLES	1024
#define SPEC_MAX_TABLES 1024

/*
 * Read all tables under `dir`. All errors of a file are reported (the first DIAG_MAX_PER_FILE of
 * them), and any refuses the whole. 0, -EINVAL or another negative errno, reported by diag. On
 * failure *out is empty.
 */
int spec_load(const char *dir, struct spec *out);
void spec_free(struct spec *spec);

/* Index, or -1. `name` need not be NUL-terminated text of ours; it is compared whole. */
int spec_role(const struct spec *spec, const char *name);
int spec_table(const struct spec *spec, const char *id);
int spec_row(const struct spec *spec, const char *id);

/* Does role `group` hold `role` by member_of at some depth? A role does not hold itself. */
bool spec_role_within(const struct spec *spec, int role, int group);

#endif
