/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON, by jansson. Always ASCII, everything else as \uXXXX: lossless, and harmless on a terminal
 * whatever a name holds.
 */
#ifndef XE_OUTPUT_JSON_H
#define XE_OUTPUT_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "xdp_edge.h"

/* Text of any bytes: what is no UTF-8 becomes U+FFFD. JSON null for NULL. */
json_t *json_text(const char *text);
/* A counter. jansson's integers are signed: what is above 2^63 - 1 is that. */
json_t *json_count(__u64 value);
/* {"packets":…,"bytes":…} */
json_t *json_counter(const struct xe_counter *counter);
/*
 * Write a value and free it: one line, or indented. 0; -ENOMEM if `value` is NULL or cannot be
 * written for lack of memory. Errors of writing stay with `out`.
 */
int json_write(json_t *value, bool pretty, FILE *out);

#endif
