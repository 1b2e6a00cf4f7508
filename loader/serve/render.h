/* SPDX-License-Identifier: GPL-2.0-only */
/* Each answer's text, of the newest reading. All: 0 or a negative errno. */
#ifndef XE_SERVE_RENDER_H
#define XE_SERVE_RENDER_H

#include <stdio.h>

#include "readings.h"

#define HISTORY_SERIES 40 /* told at most, the heaviest */

/* Spans of /api/v1/history. Few: each is rendered and kept by itself. */
#define HISTORY_SPANS 4
extern const unsigned history_minutes[HISTORY_SPANS];

/* variant: 1 OpenMetrics, 0 Prometheus text */
int render_metrics(const struct readings *readings, unsigned variant, FILE *out);
/* As `status -j` of this policy, but for how full its tables are: told from a part of them. */
int render_status(const struct readings *readings, unsigned variant, FILE *out);
/* The rows that are loaded. */
int render_rules(const struct readings *readings, unsigned variant, FILE *out);
/* As `stats -j`; variant: render_stats_variant() */
int render_stats(const struct readings *readings, unsigned variant, FILE *out);
/* Rates of the last minutes; variant: which of history_minutes. */
int render_history(const struct readings *readings, unsigned variant, FILE *out);

static inline unsigned render_stats_variant(unsigned by, bool nonzero)
{
	return by << 1 | nonzero;
}

#endif
