// SPDX-License-Identifier: GPL-2.0-only
/* `rules`: list the rows of the site's tables as the site makes them. Needs no root. */
#include <string.h>

#include "../output/csv.h"
#include "../output/json.h"
#include "../output/table.h"
#include "../policy/addr.h"
#include "../policy/row_text.h"
#include "../policy/text.h"
#include "policy_ctx.h"

enum { OPTION_ROLE = OPTION_OWN, OPTION_TABLE, OPTION_ACTIVE, OPTION_CSV };

static const struct option long_options[] = {
	{"role", required_argument, NULL, OPTION_ROLE},
	{"table", required_argument, NULL, OPTION_TABLE},
	{"active", no_argument, NULL, OPTION_ACTIVE},
	{"csv", no_argument, NULL, OPTION_CSV},
	{},
};

static const struct usage usage = {
	.name = "rules",
	.help = "Lists the site's deny lists, the operator's own rows and those of the site's\n"
		"tables, with the ports, ends and verdicts that the site gives them.\n"
		"\n"
		"  --role ROLE     rows that name this role, as their own or at an end\n"
		"  --table TABLE   rows of this table or document ('site': the operator's own)\n"
		"  --active        active rows only\n"
		"  --csv           CSV (RFC 4180, lines end in LF; text that a spreadsheet would\n"
		"                  take for a formula has an apostrophe before it)\n",
	.long_options = long_options,
};

struct filter {
	const char *table;
	int role; /* index, or -1 */
	bool active;
};

static bool end_names_role(const struct end *end, int role)
{
	for (size_t i = 0; i < end->n_roles; i++)
		if (end->roles[i] == role)
			return true;
	return false;
}

/* The table's id, its document's, or "site". */
static bool id_is_of(const char *id, const char *table)
{
	size_t len = strlen(table);

	return strncmp(id, table, len) == 0 && id[len] == '/';
}

static bool filter_takes(const struct filter *filter, const struct effective_row *row)
{
	if (filter->active && !row->active)
		return false;
	if (filter->table && !id_is_of(row->row->id, filter->table))
		return false;
	return filter->role < 0 || row->row->role == filter->role ||
	       end_names_role(&row->source, filter->role) ||
	       end_names_role(&row->destination, filter->role);
}

/* A row in words. */
struct row_words {
	const char *id, *role, *service, *app, *l4, *state, *note;
	char both_ports[XE_TEXT_MAX];				 /* of the table */
	char source_ports[XE_TEXT_MAX], ports[XE_TEXT_MAX + 16]; /* of JSON and CSV */
	char source[XE_TEXT_MAX], destination[XE_TEXT_MAX];
	char verdict[VERDICT_TEXT_MAX]; /* empty: an annotation's */
};

static void row_words(const struct policy_ctx *ctx, const struct effective_row *row,
		      struct row_words *words)
{
	const struct row *written = row->row;

	words->id = written->id;
	words->role = written->role < 0 ? "any" : ctx->spec.roles[written->role].name;
	words->service = written->service;
	words->app = written->app;
	words->note = written->note;
	words->l4 = l4_text(written->l4);
	words->state = !row->active ? "inactive" : row->annotation ? "annotation" : "active";
	port_set_text(&row->source_ports, words->source_ports, sizeof(words->source_ports));
	port_set_text(&row->ports, words->ports, XE_TEXT_MAX);
	if (row->match == MATCH_EITHER)
		strcat(words->ports, " (either)");
	effective_ports_text(row, words->both_ports, sizeof(words->both_ports));
	end_text(&ctx->spec, &row->source, words->source, sizeof(words->source));
	end_text(&ctx->spec, &row->destination, words->destination, sizeof(words->destination));
	if (row->annotation)
		words->verdict[0] = '\0';
	else
		verdict_text(&row->verdict, words->verdict);
}

static int rules_table(const struct policy_ctx *ctx, const struct filter *filter)
{
	static const struct column columns[] = {
		{"ROW", ALIGN_LEFT, false},    {"ROLE", ALIGN_LEFT, true},
		{"SERVICE", ALIGN_LEFT, true}, {"APP", ALIGN_LEFT, true},
		{"L4", ALIGN_LEFT, false},     {"PORTS", ALIGN_LEFT, true},
		{"SOURCE", ALIGN_LEFT, true},  {"DESTINATION", ALIGN_LEFT, true},
		{"STATE", ALIGN_LEFT, true},   {"VERDICT", ALIGN_LEFT, true},
		{"NOTE", ALIGN_LEFT, true},
	};
	struct text_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	int err;

	for (size_t i = 0; table && i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];
		struct row_words words;

		if (!filter_takes(filter, row))
			continue;
		row_words(ctx, row, &words);
		table_style(table, row->active ? STYLE_PLAIN : STYLE_DIM);
		table_cell(table, words.id);
		table_cell(table, words.role);
		table_cell(table, words.service);
		table_cell(table, words.app ? words.app : "");
		table_cell(table, words.l4);
		table_cell(table, words.both_ports);
		table_cell(table, words.source);
		table_cell(table, words.destination);
		table_cellf(table, "%s%s", words.state, row->forward_only ? " one-way" : "");
		table_cell(table, words.verdict);
		table_cell(table, words.note ? words.note : "");
	}
	err = table ? table_print(table, stdout, terminal_width(stdout), terminal_colour(stdout))
		    : -1;
	table_free(table);
	return err;
}

static json_t *rules_json(const struct policy_ctx *ctx, const struct filter *filter)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];
		struct row_words words;

		if (!filter_takes(filter, row))
			continue;
		row_words(ctx, row, &words);
		json_array_append_new(
			rows,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, "
				  "s:o}",
				  "id", json_text(words.id), "role", json_text(words.role),
				  "service", json_text(words.service), "app", json_text(words.app),
				  "l4", json_text(words.l4), "source_ports",
				  json_text(words.source_ports), "ports", json_text(words.ports),
				  "source", json_text(words.source), "destination",
				  json_text(words.destination), "state", json_text(words.state),
				  "reply", !row->forward_only, "verdict",
				  json_text(row->annotation ? NULL : words.verdict), "note",
				  json_text(words.note)));
	}
	return rows;
}

static int rules_csv(const struct policy_ctx *ctx, const struct filter *filter)
{
	static const char *const titles[] = {
		"id",	  "role",	 "service", "app",   "l4",	"source_ports", "ports",
		"source", "destination", "state",   "reply", "verdict", "note",		NULL,
	};
	struct csv_writer csv = {.out = stdout};

	csv_titles(&csv, titles);
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];
		struct row_words words;

		if (!filter_takes(filter, row))
			continue;
		row_words(ctx, row, &words);
		csv_text(&csv, words.id);
		csv_text(&csv, words.role);
		csv_text(&csv, words.service);
		csv_text(&csv, words.app ? words.app : "");
		csv_text(&csv, words.l4);
		csv_text(&csv, words.source_ports);
		csv_text(&csv, words.ports);
		csv_text(&csv, words.source);
		csv_text(&csv, words.destination);
		csv_text(&csv, words.state);
		csv_text(&csv, row->forward_only ? "no" : "yes");
		csv_text(&csv, words.verdict);
		csv_text(&csv, words.note ? words.note : "");
		csv_line_end(&csv);
	}
	return 0;
}

/* The words of the command line against spec and site: EXIT_OK, or EXIT_USAGE (reported). */
static int check_role(const struct policy_ctx *ctx, const char *role, struct filter *filter)
{
	struct suggest near;

	filter->role = spec_role(&ctx->spec, role);
	if (filter->role >= 0)
		return EXIT_OK;
	suggest_start(&near, role);
	for (size_t i = 0; i < ctx->spec.n_roles; i++)
		suggest_offer(&near, ctx->spec.roles[i].name);
	return usage_error(&usage, "no role '%s'%s", role, suggest_text(&near));
}

static int check_table(const struct policy_ctx *ctx, const char *name)
{
	const struct spec *spec = &ctx->spec;
	struct suggest near;
	bool known = false;

	if (!strcmp(name, "site"))
		return EXIT_OK;
	for (size_t i = 0; i < ctx->site.n_tables; i++) {
		const struct table *table = &spec->tables[ctx->site.tables[i]];

		if (!strcmp(name, table->id) || !strcmp(name, table->document))
			return EXIT_OK;
	}
	suggest_start(&near, name);
	for (size_t i = 0; i < spec->n_tables; i++) {
		const struct table *table = &spec->tables[i];

		known |= !strcmp(name, table->id) || !strcmp(name, table->document);
		suggest_offer(&near, table->id);
		suggest_offer(&near, table->document);
	}
	if (known)
		return usage_error(&usage, "'%s' is not among the site's tables", name);
	return usage_error(&usage, "no table or document '%s'%s", name, suggest_text(&near));
}

int cmd_rules(struct options *options, int argc, char **argv)
{
	struct filter filter = {.role = -1};
	const char *role = NULL;
	struct policy_ctx ctx;
	bool csv = false;
	int c, err;

	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		switch (c) {
		case OPTION_ROLE:
			role = optarg;
			break;
		case OPTION_TABLE:
			filter.table = optarg;
			break;
		case OPTION_ACTIVE:
			filter.active = true;
			break;
		case OPTION_CSV:
			csv = true;
			break;
		default:
			return options->exit_code;
		}
	}
	if (usage_no_arguments(&usage, argc, argv))
		return EXIT_USAGE;
	if (csv && options->json)
		return usage_error(&usage, "either --csv or JSON");
	if (policy_read(options, &ctx))
		return EXIT_FAILED;
	err = role ? check_role(&ctx, role, &filter) : EXIT_OK;
	if (!err && filter.table)
		err = check_table(&ctx, filter.table);
	if (err) {
		policy_close(&ctx);
		return err;
	}
	if (csv)
		err = rules_csv(&ctx, &filter);
	else if (options->json)
		err = json_write(rules_json(&ctx, &filter), options->pretty, stdout);
	else
		err = rules_table(&ctx, &filter);
	policy_close(&ctx);
	return err ? fail("out of memory") : EXIT_OK;
}
