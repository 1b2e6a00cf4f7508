// SPDX-License-Identifier: GPL-2.0-only
/* `check`: read and compile a site, say what each row does and does not do. Needs no root. */
#include <stdlib.h>
#include <string.h>

#include "../output/json.h"
#include "../output/table.h"
#include "../policy/addr.h"
#include "../policy/analyze.h"
#include "../policy/diag.h"
#include "check_verdicts.h"
#include "policy_ctx.h"

static const struct usage usage = {
	.name = "check",
	.help = "Reads the spec tables and the site and compiles them, for the sides of the\n"
		"site's interfaces. Reports for each row whether it is active, its verdict,\n"
		"which rows it repeats, shares packets with or is hidden by; what enforce drops\n"
		"and remembers; and the sizes of the compiled policy. Warnings go to stderr.\n"
		"With -v the rows that overlap or hide it are listed, the first 256 of each.\n"
		"Exit code 1 if the site is refused.\n",
};

struct sizes {
	const char *name; /* JSON key */
	const char *title;
	size_t value;
};

#define N_SIZES	   11
#define REMARK_IDS 3 /* ids that a remark lists; -v lists all */

static void sizes_fill(const struct policy_ctx *ctx, struct sizes sizes[N_SIZES])
{
	const struct compiled *compiled = &ctx->compiled;
	size_t active = 0;

	for (size_t i = 0; i < ctx->policy.n_rows; i++)
		active += ctx->policy.rows[i].active;
	memcpy(sizes,
	       (struct sizes[N_SIZES]){
		       {"rows", "rows", ctx->policy.n_rows},
		       {"rows_active", "active rows", active},
		       {"source_classes", "classes of source addresses", compiled->n_sources},
		       {"destination_classes", "classes of destination addresses",
			compiled->n_destinations},
		       {"port_classes", "port classes", compiled->n_port},
		       {"pair_classes", "pair classes", compiled->n_pairs},
		       {"destination_port_values",
			"most values that the destination ports of a pair have (P)", compiled->n_p},
		       {"source_port_values", "most values that its source ports have (Q)",
			compiled->n_q},
		       {"atoms", "atoms", compiled->n_atoms},
		       {"block_bytes", "bytes of the policy block", compiled->block->size},
		       /* two halves, so that a reload has one to count into */
		       {"counter_bytes_per_cpu", "bytes of counters per CPU",
			2 * ctx->n_nics * compiled->n_atoms * sizeof(struct xe_counter)},
	       },
	       N_SIZES * sizeof(sizes[0]));
}

static const char *row_id(const struct policy_ctx *ctx, size_t row)
{
	return ctx->policy.rows[row].row->id;
}

/* --- warnings -------------------------------------------------------------------------------- */

static void warn_roles(const struct policy_ctx *ctx)
{
	for (size_t i = 0; i < ctx->spec.n_roles; i++) {
		const char *name = ctx->spec.roles[i].name;
		int stand_in = ctx->policy.stand_in[i];

		if (stand_in >= 0 && role_is_used(&ctx->policy, i))
			diag_warning(ctx->site.path, 0, 0, name,
				     "has no address; those of %s stand in",
				     ctx->spec.roles[stand_in].name);
		if (ctx->site.role_prefixes[i].n && !role_is_used(&ctx->policy, i))
			diag_warning(ctx->site.path, 0, 0, name,
				     "no row of the site's tables names this role");
	}
}

static int warn_shared(const struct policy_ctx *ctx)
{
	struct shared_address *shared;
	size_t n;

	if (policy_shared_addresses(&ctx->policy, &shared, &n))
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct role *a = &ctx->spec.roles[shared[i].role];
		const struct role *b = &ctx->spec.roles[shared[i].other];
		char text[64];

		prefix_text(&shared[i].prefix, text, sizeof(text));
		diag_warning(ctx->site.path, 0, 0, text,
			     "belongs to %s on %s and to %s on %s: neither side is spoofed for it",
			     a->name, side_text(a->side), b->name, side_text(b->side));
	}
	free(shared);
	return 0;
}

/* The table says of each which it is; here it is one line, or they would bury the rest. */
static void warn_rows(const struct policy_ctx *ctx, const struct analysis *analysis)
{
	size_t active = 0, unseen = 0;

	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		if (ctx->policy.rows[i].deny_list)
			continue;
		active += ctx->policy.rows[i].active;
		unseen += ctx->policy.rows[i].active && !analysis->rows[i].seen &&
			  !analysis->rows[i].denied_by;
	}
	if (!active)
		diag_warning(ctx->site.path, 0, 0, NULL,
			     "no row is active: every packet will be a miss");
	if (unseen)
		diag_warning(ctx->site.path, 0, 0, NULL,
			     "%zu of %zu active rows are never seen: no packet that enters by the "
			     "site's interfaces matches them",
			     unseen, active);
}

static void warn_trunks(const struct policy_ctx *ctx)
{
	for (size_t i = 0; i < ctx->n_nics; i++)
		if (ctx->nics[i].side < 0)
			diag_warning(
				ctx->site.path, 0, 0, ctx->nics[i].name,
				"untagged frames and VLANs not named are counted as no-policy");
}

/* --- output ---------------------------------------------------------------------------------- */

static json_t *list_json(const struct policy_ctx *ctx, const struct row_list *list)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(ids, json_text(row_id(ctx, list->v[i])));
	return ids;
}

static json_t *row_json(const struct policy_ctx *ctx, const struct analysis *analysis, size_t i)
{
	const struct effective_row *row = &ctx->policy.rows[i];
	const struct row_report *report = &analysis->rows[i];
	char because[128], verdict[VERDICT_TEXT_MAX];

	if (!row->active)
		snprintf(because, sizeof(because), "%s has no address",
			 ctx->spec.roles[row->missing].name);
	verdict_text(&row->verdict, verdict);
	return json_pack("{s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
			 json_text(row_id(ctx, i)), "active", (int)row->active, "reply",
			 !row->forward_only, "verdict", json_text(row->annotation ? NULL : verdict),
			 "inactive_because", json_text(row->active ? NULL : because), "same_as",
			 json_text(report->same_as < 0 ? NULL : row_id(ctx, report->same_as)),
			 "overlaps", list_json(ctx, &report->overlaps), "overlaps_total",
			 json_count(report->overlaps.total), "shadowed_by",
			 list_json(ctx, &report->shadowed_by), "shadowed_by_total",
			 json_count(report->shadowed_by.total));
}

static json_t *check_json(const struct policy_ctx *ctx, const struct analysis *analysis)
{
	json_t *rows = json_array(), *sizes = json_object();
	struct sizes list[N_SIZES];

	for (size_t i = 0; i < ctx->policy.n_rows; i++)
		json_array_append_new(rows, row_json(ctx, analysis, i));
	sizes_fill(ctx, list);
	for (size_t i = 0; i < N_SIZES; i++)
		json_object_set_new(sizes, list[i].name, json_count(list[i].value));
	return json_pack("{s:o, s:o, s:o}", "rows", rows, "verdicts", verdicts_json(ctx), "sizes",
			 sizes);
}

static const char *verdict_word(const struct effective_row *row)
{
	switch (row->verdict.kind) {
	case VERDICT_DENY:
		return "denied";
	case VERDICT_LIMIT:
		return "limited";
	default:
		return "allowed";
	}
}

/* "id, id, id and N more"; of rows with another verdict than row `of` it is said. */
static void list_text(const struct policy_ctx *ctx, const struct row_list *list, size_t of,
		      char *buf, size_t size)
{
	size_t shown = list->total > REMARK_IDS + 1 ? REMARK_IDS : list->total, used = 0;

	*buf = '\0';
	for (size_t i = 0; i < shown && used < size; i++) {
		const struct effective_row *row = &ctx->policy.rows[list->v[i]];
		bool other = row->verdict.kind != ctx->policy.rows[of].verdict.kind;

		used += snprintf(buf + used, size - used, other ? "%s%s (%s)" : "%s%s",
				 i ? ", " : "", row_id(ctx, list->v[i]), verdict_word(row));
	}
	if (shown < list->total && used < size)
		snprintf(buf + used, size - used, " and %zu more", list->total - shown);
}

static const char *stand_in_of(const struct policy_ctx *ctx, const struct end *end)
{
	for (size_t i = 0; i < end->n_roles; i++) {
		int stand_in = ctx->policy.stand_in[end->roles[i]];

		if (stand_in >= 0)
			return ctx->spec.roles[stand_in].name;
	}
	return NULL;
}

/* The most telling thing about a row, in words. */
static void row_remark(const struct policy_ctx *ctx, const struct analysis *analysis, size_t i,
		       char *buf, size_t size)
{
	const struct effective_row *row = &ctx->policy.rows[i];
	const struct row_report *report = &analysis->rows[i];
	const char *stand_in = stand_in_of(ctx, &row->source);
	char ids[512], verdict[VERDICT_TEXT_MAX];
	size_t used = 0;

	if (!stand_in)
		stand_in = stand_in_of(ctx, &row->destination);
	*buf = '\0';
#define REMARK(...)                                                                  \
	do {                                                                         \
		if (used < size)                                                     \
			used += snprintf(buf + used, size - used, used ? "; " : ""); \
		if (used < size)                                                     \
			used += snprintf(buf + used, size - used, __VA_ARGS__);      \
	} while (0)
	if (!row->active)
		REMARK("%s has no address", ctx->spec.roles[row->missing].name);
	if (row->deny_list)
		REMARK("%zu %s", row->source.prefixes.n,
		       row->source.prefixes.n == 1 ? "prefix" : "prefixes");
	if (row->verdict.kind != VERDICT_ALLOW) {
		verdict_text(&row->verdict, verdict);
		REMARK("%s", verdict);
	}
	if (row->active && row->forward_only)
		REMARK("one-way");
	if (row->active && stand_in)
		REMARK("addresses of %s stand in", stand_in);
	if (report->denied_by)
		REMARK("never decides, denied by %s", report->denied_by->row.id);
	else if (row->active && !report->seen)
		REMARK("never seen on these sides");
	if (report->same_as >= 0)
		REMARK("same as %s", row_id(ctx, report->same_as));
	if (report->shadowed_by.n) {
		list_text(ctx, &report->shadowed_by, i, ids, sizeof(ids));
		REMARK("never decides, shadowed by %s", ids);
	} else if (report->overlaps.n) {
		REMARK("overlaps %zu", report->overlaps.total);
	}
#undef REMARK
}

/* A line each below the row's own. */
static void add_rows(const struct policy_ctx *ctx, struct text_table *table, const char *how,
		     const struct row_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		table_cell(table, "");
		table_cell(table, "");
		table_cellf(table, "%s %s", how, row_id(ctx, list->v[i]));
	}
	if (list->n < list->total) {
		table_cell(table, "");
		table_cell(table, "");
		table_cellf(table, "%s %zu more", how, list->total - list->n);
	}
}

static int check_table(const struct policy_ctx *ctx, const struct analysis *analysis, bool verbose)
{
	static const struct column columns[] = {
		{"ROW", ALIGN_LEFT, false},
		{"STATE", ALIGN_LEFT, false},
		{"REMARK", ALIGN_LEFT, true},
	};
	struct text_table *table = table_new(columns, 3);
	struct sizes sizes[N_SIZES];
	int err = -1;

	if (!table)
		return -1;
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];
		char remark[1024];

		row_remark(ctx, analysis, i, remark, sizeof(remark));
		table_style(table, row->active ? STYLE_PLAIN : STYLE_DIM);
		table_cell(table, row_id(ctx, i));
		table_cell(table, !row->active	    ? "inactive"
				  : row->annotation ? "annotation"
						    : "active");
		table_cell(table, remark);
		if (verbose) {
			add_rows(ctx, table, "overlaps", &analysis->rows[i].overlaps);
			add_rows(ctx, table, "shadowed by", &analysis->rows[i].shadowed_by);
		}
	}
	err = table_print(table, stdout, terminal_width(stdout), terminal_colour(stdout));
	table_free(table);

	verdicts_print(ctx);
	sizes_fill(ctx, sizes);
	putchar('\n');
	for (size_t i = 0; i < N_SIZES; i++)
		printf("%10zu  %s\n", sizes[i].value, sizes[i].title);
	return err;
}

int cmd_check(struct options *options, int argc, char **argv)
{
	struct policy_ctx ctx;
	struct analysis analysis;
	int err;

	if (options_next(options, &usage, argc, argv) == OPTIONS_EXIT)
		return options->exit_code;
	if (usage_no_arguments(&usage, argc, argv))
		return EXIT_USAGE;
	if (policy_open(options, &ctx))
		return EXIT_FAILED;
	err = policy_analyze(&ctx.policy, &ctx.compiled, &analysis);
	if (err)
		goto out;

	/* what costs most comes first: only so many are shown */
	warn_rows(&ctx, &analysis);
	err = verdicts_warn(&ctx, &analysis);
	if (err)
		goto out_analysis;
	warn_trunks(&ctx);
	err = warn_shared(&ctx);
	if (err)
		goto out_analysis;
	warn_roles(&ctx);
	diag_end();
	err = options->json ? json_write(check_json(&ctx, &analysis), options->pretty, stdout)
			    : check_table(&ctx, &analysis, options->verbose);

out_analysis:
	analysis_free(&analysis);
out:
	policy_close(&ctx);
	return err ? fail("out of memory") : EXIT_OK;
}
