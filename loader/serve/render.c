// SPDX-License-Identifier: GPL-2.0-only
/* Each answer's text, of the newest reading. */
#include "render.h"

#include <errno.h>
#include <stdlib.h>

#include "../cmd/status_json.h"
#include "../output/json.h"
#include "../output/json_stream.h"
#include "../output/metrics.h"
#include "../output/stats.h"

int render_metrics(const struct readings *readings, unsigned openmetrics, FILE *out)
{
	return metrics_write(&readings->now, openmetrics, out);
}

int render_status(const struct readings *readings, unsigned unused, FILE *out)
{
	json_t *policies = json_array();
	bool bad = false;

	(void)unused;
	json_array_append_new(policies,
			      status_json(reader_store(readings->reader), &readings->now, &bad));
	return json_write(status_list_json(policies), false, out);
}

int render_rules(const struct readings *readings, unsigned unused, FILE *out)
{
	(void)unused;
	rows_json_write(&readings->now, false, out);
	return 0;
}

int render_stats(const struct readings *readings, unsigned variant, FILE *out)
{
	const struct stats_view view = {
		.by = variant >> 1,
		.nonzero = variant & 1,
	};

	return stats_json_write(&readings->now, &view, false, out);
}

/* --- history --------------------------------------------------------------------------------- */

const unsigned history_minutes[HISTORY_SPANS] = {1, 5, 15, 60};

static void rates_entry(struct json_stream *json, const char *key, const float *rates, size_t n)
{
	json_stream_key(json, key);
	json_stream_open(json, '[');
	for (size_t i = 0; i < n; i++)
		json_stream_rate(json, rates[i]);
	json_stream_close(json, ']');
}

/* "total", a row's id, or "miss:NAME". */
static void name_entry(struct json_stream *json, const struct series *series)
{
	char name[XE_TEXT_MAX + sizeof("miss:")];

	snprintf(name, sizeof(name), "%s%s", series->kind == SERIES_MISS ? "miss:" : "",
		 series->name);
	json_stream_key(json, "name");
	json_stream_text(json, name);
}

int render_history(const struct readings *readings, unsigned variant, FILE *out)
{
	const struct history *history = readings->history;
	const struct series *series[HISTORY_SERIES];
	struct json_stream json = {.out = out};
	size_t n = history_minutes[variant] * 60 / readings->interval,
	       filled = history_filled(history), found;
	float *rates;

	n = n < filled ? n : filled;
	rates = calloc(n + 1, sizeof(*rates));
	if (!rates)
		return -ENOMEM;
	found = n ? history_heaviest(history, READINGS_KINDS, n, series, HISTORY_SERIES) : 0;
	json_stream_open(&json, '{');
	json_stream_key(&json, "interval");
	json_stream_rate(&json, readings->interval);
	json_stream_key(&json, "samples");
	json_stream_count(&json, n);
	json_stream_key(&json, "series");
	json_stream_open(&json, '[');
	for (size_t i = 0; i < found; i++) {
		json_stream_open(&json, '{');
		name_entry(&json, series[i]);
		history_read(history, series[i], UNIT_PACKETS, n, rates);
		rates_entry(&json, "packets", rates, n);
		history_read(history, series[i], UNIT_BYTES, n, rates);
		rates_entry(&json, "bytes", rates, n);
		json_stream_close(&json, '}');
	}
	json_stream_close(&json, ']');
	json_stream_close(&json, '}');
	free(rates);
	return 0;
}
