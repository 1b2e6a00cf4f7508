/* SPDX-License-Identifier: GPL-2.0-only */
/* A struct site as the YAML that would be read into it, and the comparison of two sites. */
#ifndef XE_ORACLE_SITE_YAML_H
#define XE_ORACLE_SITE_YAML_H

#include <stdio.h>

#include "../../loader/policy/model.h"

void site_yaml_write(FILE *to, const struct spec *spec, const struct site *site);

/*
 * Whether both say the same; if not, what differs first is written into `why`. Names, notes and
 * lines play no part.
 */
bool site_yaml_same(const struct spec *spec, const struct site *a, const struct site *b, char *why,
		    size_t size);

#endif
