// SPDX-License-Identifier: GPL-2.0-only
/* `stats --verify`: each NIC's own receive counter beside ours. */
#include "stats_verify.h"

#include <stdlib.h>

#include "../kernel/verify.h"
#include "../output/json.h"
#include "../output/table.h"

static const char *state_text(enum verify_state state)
{
	switch (state) {
	case VERIFY_HOLDS:
		return "holds";
	case VERIFY_FAILS:
		return "fails";
	default:
		return "not checkable here";
	}
}

static json_t *results_json(const struct verify_result *results, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct verify_result *r = &results[i];
		bool checked = r->state != VERIFY_NOT_CHECKABLE;

		json_array_append_new(
			list, json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "interface",
					json_text(r->interface), "driver", json_text(r->driver),
					"result", state_text(r->state), "reason",
					json_text(checked ? NULL : r->reason), "before",
					checked ? json_count(r->low) : json_null(), "counted",
					checked ? json_count(r->counted) : json_null(), "after",
					checked ? json_count(r->high) : json_null()));
	}
	return list;
}

static int results_table(const struct verify_result *results, size_t n)
{
	static const struct column columns[] = {
		{"INTERFACE", ALIGN_LEFT, false}, {"DRIVER", ALIGN_LEFT, false},
		{"AT LEAST", ALIGN_RIGHT, false}, {"COUNTED", ALIGN_RIGHT, false},
		{"AT MOST", ALIGN_RIGHT, false},  {"RESULT", ALIGN_LEFT, false},
		{"", ALIGN_LEFT, true},
	};
	struct text_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	int err;

	for (size_t i = 0; table && i < n; i++) {
		const struct verify_result *r = &results[i];
		bool checked = r->state != VERIFY_NOT_CHECKABLE;

		table_style(table, r->state == VERIFY_FAILS ? STYLE_WARN : STYLE_PLAIN);
		table_cell(table, r->interface);
		table_cell(table, r->driver);
		for (int j = 0; j < 3; j++) {
			if (checked)
				table_count(table, j == 0 ? r->low : j == 1 ? r->counted : r->high);
			else
				table_cell(table, "");
		}
		table_cell(table, state_text(r->state));
		table_cell(table, checked || !r->reason ? "" : r->reason);
	}
	err = table ? table_print(table, stdout, terminal_width(stdout), terminal_colour(stdout))
		    : -1;
	table_free(table);
	return err;
}

int stats_verify(const struct options *options, struct reader *reader)
{
	struct verify_result *results;
	bool fails = false;
	size_t n;
	int err;

	if (verify_interfaces(reader, &results, &n))
		return EXIT_FAILED;
	for (size_t i = 0; i < n; i++)
		fails |= results[i].state == VERIFY_FAILS;
	err = options->json ? json_write(results_json(results, n), options->pretty, stdout)
			    : results_table(results, n);
	free(results);
	if (err)
		return fail("out of memory");
	return fails ? fail("counted less or more than an interface received") : EXIT_OK;
}
