/* SPDX-License-Identifier: GPL-2.0-only */
/* The readers of the single files of a spec, between spec.c and them only. */
#ifndef XE_POLICY_SPEC_READ_H
#define XE_POLICY_SPEC_READ_H

#include "model.h"

/* Each: 0 or a negative errno, reported. What was read so far stands in *spec, for spec_free(). */
int spec_read_roles(const char *path, struct spec *spec);
int spec_read_tables(const char *path, struct spec *spec);
/* The rows of tables[table], behind those that spec->rows holds; needs the roles. */
int spec_read_rows(struct spec *spec, int table);

#endif
