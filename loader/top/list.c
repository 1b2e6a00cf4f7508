// SPDX-License-Identifier: GPL-2.0-only
/* A list of lines with their figures and sparklines. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../output/spark.h"
#include "draw.h"

/* Ids end in what tells them apart; other names begin with it. */
static bool is_path(const struct line *line)
{
	return line->kind == SERIES_ROW;
}

enum attr draw_attr(const struct line *line)
{
	if (line->kind == SERIES_MISS || line->kind == SERIES_DROPPED)
		return line->rate[FIGURE_PACKETS] > 0 ? ATTR_WARN : ATTR_PLAIN;
	return line->row && !line->row->active ? ATTR_DIM : ATTR_PLAIN;
}

void draw_titles(const struct layout *layout, enum line_column sort, bool reverse,
		 const char *spark, unsigned row)
{
	for (size_t i = 0; i < layout->n; i++) {
		const struct column_place *place = &layout->v[i];
		const struct column_info *info = column_info(place->column);
		bool sorted = place->column == sort, up = reverse != info->is_text;
		const char *mark = !sorted ? "" : up ? "^" : "v";
		char title[32];

		/* a mark that has no room takes the place of a letter */
		snprintf(title, sizeof(title), "%s%.*s", info->is_text ? "" : mark,
			 (int)(place->width - strlen(mark)), info->title);
		if (info->is_text)
			strcat(title, mark);
		screen_text(row, place->x, place->width, info->is_text ? SIDE_LEFT : SIDE_RIGHT,
			    ATTR_BOLD, title);
	}
	if (layout->spark_width)
		screen_text(row, layout->spark_x, layout->spark_width, SIDE_LEFT, ATTR_BOLD, spark);
}

void draw_line(const struct layout *layout, const struct line *line, enum attr attr, unsigned row)
{
	for (size_t i = 0; i < layout->n; i++) {
		const struct column_place *place = &layout->v[i];
		char buf[CELL_TEXT_MAX];
		const char *text = line_cell(line, place->column, buf);

		if (place->column == COLUMN_NAME && is_path(line))
			screen_path(row, place->x, place->width, attr, text);
		else
			screen_text(row, place->x, place->width,
				    column_info(place->column)->is_text ? SIDE_LEFT : SIDE_RIGHT,
				    attr, text);
	}
}

const char *draw_span(const struct top *top, char buf[32])
{
	snprintf(buf, 32, "%.0f s", (double)top->samples * top->interval);
	return buf;
}

double draw_spark(const struct top *top, const struct line *line, const char *interface,
		  enum series_unit unit, unsigned row, unsigned column, unsigned width,
		  enum attr attr)
{
	const struct history *history = top->source.history;
	char part[XE_TEXT_MAX];
	const struct series *series =
		interface ? history_find(history, SERIES_PART,
					 series_part(interface, line->name, part))
			  : history_find(history, line->kind, line->name);
	const struct series *would = NULL;
	float *samples, *more;
	double most = 0;
	char *text;

	if (line->kind == SERIES_DROPPED)
		would = history_find(history, SERIES_WOULD_DROP, line->name);
	if (!series && !would)
		return 0;
	samples = calloc(2 * top->samples, sizeof(*samples));
	text = malloc(SPARK_BYTES(width));
	if (samples && text) {
		more = samples + top->samples;
		source_samples(&top->source, series, unit, top->samples, samples);
		source_samples(&top->source, would, unit, top->samples, more);
		for (size_t i = 0; i < top->samples; i++)
			samples[i] += more[i];
		most = spark_text(samples, top->samples, top->source.shown_turn, width,
				  screen_unicode(), text);
		screen_text(row, column, width, SIDE_LEFT, attr, text);
	}
	free(samples);
	free(text);
	return most;
}

/* Columns from which on its title has room. */
#define SPARK_TITLED 12

/* The chosen line is on the screen. */
static void scroll(struct view *view, unsigned n)
{
	if (view->at < view->top)
		view->top = view->at;
	if (n && view->at >= view->top + n)
		view->top = view->at - n + 1;
}

/* Why there is nothing, where one may wonder. */
static void draw_nothing(struct top *top, unsigned row)
{
	if (!source_has(&top->source.now))
		return;
	if (top->lines.n)
		screen_printf(row, 1, ATTR_DIM, "none of %zu lines%s%s", top->lines.n,
			      view_now(top)->filter[0] ? " has this text in it: Esc shows all" : "",
			      top->nonzero ? " has counted anything: n shows all" : "");
	else
		screen_printf(row, 1, ATTR_DIM, "nothing of it is left: Esc goes back");
}

void draw_list(struct top *top, unsigned row, unsigned n)
{
	struct view *view = view_now(top);
	enum series_unit unit = view->sort == COLUMN_BIT_RATE || view->sort == COLUMN_BYTES
					? UNIT_BYTES
					: UNIT_PACKETS;
	const char *interface =
		view->within == LINES_INTERFACES && view->name[0] ? view->name : NULL;
	struct layout layout;
	char span[32], title[64];
	size_t n_columns;
	const enum line_column *columns = lines_columns(view->of, &n_columns);

	layout_fit(&top->lines, columns, n_columns, view->sort, screen_columns(), top->samples,
		   &layout);
	snprintf(title, sizeof(title), "%s%s", layout.spark_width < SPARK_TITLED ? "" : "LAST ",
		 draw_span(top, span));
	draw_titles(&layout, view->sort, view->reverse, title, row);
	scroll(view, n - 1);
	for (unsigned i = 1; i < n && view->top + i - 1 < top->n_places; i++) {
		size_t place = view->top + i - 1;
		const struct line *line = &top->lines.v[top->places[place]];
		bool chosen = place == view->at;
		enum attr attr = chosen ? ATTR_CHOSEN : draw_attr(line);

		if (chosen)
			screen_text(row + i, 0, screen_columns(), SIDE_LEFT, attr, "");
		draw_line(&layout, line, attr, row + i);
		if (layout.spark_width)
			draw_spark(top, line, interface, unit, row + i, layout.spark_x,
				   layout.spark_width, chosen ? ATTR_CHOSEN : ATTR_SPARK);
	}
	if (!top->n_places)
		draw_nothing(top, row + 1);
}
