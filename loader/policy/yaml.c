// SPDX-License-Identifier: GPL-2.0-only
/* YAML files as trees that know where they stand; see yaml.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include "policy/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag.h"
#include "policy/file_read.h"
#include "policy/text.h"

/* --- reading ---------------------------------------------------------------------------------- */

static unsigned mark_line(yaml_mark_t mark)
{
	return (unsigned)mark.line + 1;
}

static unsigned mark_column(yaml_mark_t mark)
{
	return (unsigned)mark.column + 1;
}

/* libyaml calls it a character that starts no token; people do not see which it is. */
static bool is_tab(const char *data, size_t len, yaml_mark_t mark)
{
	size_t line = 0, column = 0;

	for (size_t i = 0; i < len && line <= mark.line; i++) {
		if (line == mark.line && column == mark.column)
			return data[i] == '\t';
		if (data[i] == '\n')
			line++, column = 0;
		else if (((unsigned char)data[i + 1] & 0xc0) != 0x80)
			column++;
	}
	return false;
}

static int parser_error(const char *path, const char *data, size_t len, const yaml_parser_t *parser)
{
	unsigned line, column;
	char token[16];

	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		diag_error(path, 0, 0, NULL, "out of memory");
		return -ENOMEM;
	case YAML_READER_ERROR: /* knows the offset only */
		text_place(data, parser->problem_offset < len ? parser->problem_offset : len, &line,
			   &column);
		snprintf(token, sizeof(token), "\\x%02x", (unsigned)parser->problem_value);
		return diag_error(path, line, column, token, "%s", parser->problem);
	default:
		if (parser->error == YAML_SCANNER_ERROR && is_tab(data, len, parser->problem_mark))
			return diag_error(path, mark_line(parser->problem_mark),
					  mark_column(parser->problem_mark), "\t",
					  "a tab; write blanks");
		return diag_error(path, mark_line(parser->problem_mark),
				  mark_column(parser->problem_mark), NULL, "%s%s%s",
				  parser->problem, parser->context ? ", " : "",
				  parser->context ? parser->context : "");
	}
}

struct survey {
	const char *path;
	size_t nodes, depth, anchors, documents;
};

/* The tag and anchor of an event as written, or NULL. */
static void event_properties(const yaml_event_t *event, const yaml_char_t **tag,
			     const yaml_char_t **anchor)
{
	*tag = *anchor = NULL;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		*tag = event->data.scalar.tag;
		*anchor = event->data.scalar.anchor;
		break;
	case YAML_SEQUENCE_START_EVENT:
		*tag = event->data.sequence_start.tag;
		*anchor = event->data.sequence_start.anchor;
		break;
	case YAML_MAPPING_START_EVENT:
		*tag = event->data.mapping_start.tag;
		*anchor = event->data.mapping_start.anchor;
		break;
	default:
		break;
	}
}

static int survey_event(struct survey *s, const yaml_event_t *event)
{
	unsigned line = mark_line(event->start_mark), column = mark_column(event->start_mark);
	const yaml_char_t *tag, *anchor;

	event_properties(event, &tag, &anchor);
	if (tag)
		return diag_error(s->path, line, column, (const char *)tag,
				  "tags are not read here");
	if (anchor && ++s->anchors > YAML_MAX_ANCHORS)
		return diag_error(s->path, line, column, (const char *)anchor,
				  "more than %d anchors", YAML_MAX_ANCHORS);
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++s->documents > 1)
			return diag_error(s->path, line, column, NULL,
					  "a second document; one file holds one site");
		return 0;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (++s->depth > YAML_MAX_DEPTH)
			return diag_error(s->path, line, column, NULL,
					  "lists nested more than %d deep", YAML_MAX_DEPTH);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		return 0;
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
		break;
	default:
		return 0;
	}
	if (++s->nodes > YAML_MAX_NODES)
		return diag_error(s->path, line, column, NULL, "more than %u values",
				  YAML_MAX_NODES);
	return 0;
}

/*
 * %TAG directives would only serve tags. They are found in the text, for libyaml compares each with
 * all before it, and gives no event until it has read the last.
 */
static int check_directives(const char *path, const char *data, size_t len)
{
	const char *end = data + len, *at = data;
	unsigned line, column;

	for (; (at = memmem(at, (size_t)(end - at), "%TAG", 4)); at++) {
		/* At the start of the text, or behind a line break of YAML or a byte order mark. */
		if (at > data && !strchr("\n\r\x85\xa8\xa9\xbf", at[-1]))
			continue;
		text_place(data, (size_t)(at - data), &line, &column);
		return diag_error(path, line, column, "%TAG", "tags are not read here");
	}
	return 0;
}

/*
 * A first pass over the events, which keeps nothing: the document API would build any tree, however
 * deep or large, before we could look at it, and does not show tags or further documents as
 * written.
 */
static int survey(const char *path, const char *data, size_t len)
{
	struct survey s = {.path = path};
	yaml_parser_t parser;
	bool end = false;
	int err = 0;

	if (!yaml_parser_initialize(&parser)) {
		diag_error(path, 0, 0, NULL, "out of memory");
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)data, len);
	while (!err && !end) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			err = parser_error(path, data, len, &parser);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		err = survey_event(&s, &event);
		yaml_event_delete(&event);
	}
	if (!err && s.documents == 0)
		err = diag_error(path, 1, 0, NULL, "empty file: nothing is set");
	yaml_parser_delete(&parser);
	return err;
}

int yaml_file_read(const char *path, size_t max, struct yaml_file *out)
{
	yaml_parser_t parser;
	char *data;
	size_t len;
	int err;

	memset(out, 0, sizeof(*out));
	out->path = path;
	diag_begin();
	err = file_read(path, max, &data, &len);
	if (err)
		return err;
	err = text_check(path, data, len);
	if (!err)
		err = check_directives(path, data, len);
	if (!err)
		err = survey(path, data, len);
	if (err)
		goto out;
	if (!yaml_parser_initialize(&parser)) {
		diag_error(path, 0, 0, NULL, "out of memory");
		err = -ENOMEM;
		goto out;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)data, len);
	if (yaml_parser_load(&parser, &out->document)) {
		out->root = yaml_document_get_root_node(&out->document);
	} else {
		err = parser_error(path, data, len, &parser);
	}
	yaml_parser_delete(&parser);
	if (!err && !out->root) {
		yaml_document_delete(&out->document);
		err = diag_error(path, 1, 0, NULL, "empty file: nothing is set");
	}
out:
	free(data);
	return err;
}

void yaml_file_free(struct yaml_file *file)
{
	yaml_document_delete(&file->document);
	file->root = NULL;
}

/* --- reporting -------------------------------------------------------------------------------- */

unsigned yaml_line(const yaml_node_t *node)
{
	return mark_line(node->start_mark);
}

unsigned yaml_column(const yaml_node_t *node)
{
	return mark_column(node->start_mark);
}

int yaml_error(const struct yaml_file *file, const yaml_node_t *node, const char *token,
	       const char *fmt, ...)
{
	char reason[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return diag_error(file->path, yaml_line(node), mark_column(node->start_mark), token, "%s",
			  reason);
}

/* --- nodes ------------------------------------------------------------------------------------ */

yaml_node_t *yaml_node(const struct yaml_file *file, int index)
{
	return yaml_document_get_node((yaml_document_t *)&file->document, index);
}

static const char *kind_text(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_SEQUENCE_NODE:
		return "a list";
	case YAML_MAPPING_NODE:
		return "a mapping (key: value)";
	default:
		return "a single value";
	}
}

static const char *scalar(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

int yaml_wrong_kind(const struct yaml_file *file, const yaml_node_t *node, const char *what)
{
	bool is_scalar = node->type == YAML_SCALAR_NODE;

	if (is_scalar && node->data.scalar.length == 0)
		return yaml_error(file, node, NULL, "%s expected, but nothing is written", what);
	return yaml_error(file, node, is_scalar ? scalar(node) : NULL, "%s expected, not %s", what,
			  kind_text(node));
}

const char *yaml_text(const struct yaml_file *file, const yaml_node_t *node, const char *what)
{
	if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0) {
		yaml_wrong_kind(file, node, what);
		return NULL;
	}
	if (strlen(scalar(node)) != node->data.scalar.length) {
		yaml_error(file, node, scalar(node), "NUL inside a value");
		return NULL;
	}
	return scalar(node);
}

size_t yaml_items(const struct yaml_file *file, const yaml_node_t *node, yaml_node_item_t *self,
		  const yaml_node_item_t **items)
{
	if (node->type == YAML_SEQUENCE_NODE) {
		*items = node->data.sequence.items.start;
		return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	}
	*self = (yaml_node_item_t)(node - file->document.nodes.start) + 1;
	*items = self;
	return 1;
}

/* --- mappings --------------------------------------------------------------------------------- */

/* By text, then by place, so that of equal keys the first in the file comes first. */
static int key_compare(const void *a, const void *b)
{
	const yaml_node_t *x = *(yaml_node_t *const *)a, *y = *(yaml_node_t *const *)b;
	int order = strcmp(scalar(x), scalar(y));

	if (order)
		return order;
	if (x->start_mark.index == y->start_mark.index)
		return 0;
	return x->start_mark.index < y->start_mark.index ? -1 : 1;
}

/* Keys are sorted to find those that stand twice: a mapping may have a million of them. */
static int check_duplicates(const struct yaml_file *file, yaml_node_t **keys, size_t n)
{
	int err = 0;

	qsort(keys, n, sizeof(*keys), key_compare);
	for (size_t i = 1, first = 0; i < n && !diag_full(); i++) {
		if (strcmp(scalar(keys[i]), scalar(keys[first])))
			first = i;
		else
			err = yaml_error(file, keys[i], scalar(keys[i]),
					 "stands twice; first on line %u", yaml_line(keys[first]));
	}
	return err;
}

static int check_known(const struct yaml_file *file, const yaml_node_t *key,
		       const char *const *known, size_t n)
{
	struct suggest near;

	suggest_start(&near, scalar(key));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(scalar(key), known[i]) == 0)
			return 0;
		suggest_offer(&near, known[i]);
	}
	return yaml_error(file, key, scalar(key), "unknown key%s", suggest_text(&near));
}

int yaml_check_mapping(const struct yaml_file *file, const yaml_node_t *node, const char *what,
		       const char *const *known, size_t n_known)
{
	const yaml_node_pair_t *pairs, *top;
	yaml_node_t **keys;
	size_t n = 0;
	int err = 0;

	if (node->type != YAML_MAPPING_NODE)
		return yaml_wrong_kind(file, node, what);
	pairs = node->data.mapping.pairs.start;
	top = node->data.mapping.pairs.top;
	keys = calloc((size_t)(top - pairs) + 1, sizeof(*keys));
	if (!keys) {
		diag_error(file->path, 0, 0, NULL, "out of memory");
		return -ENOMEM;
	}
	for (; pairs < top && !diag_full(); pairs++) {
		yaml_node_t *key = yaml_node(file, pairs->key);

		if (!yaml_text(file, key, "a key")) {
			err = -EINVAL;
			continue;
		}
		keys[n++] = key;
		if (known && check_known(file, key, known, n_known))
			err = -EINVAL;
	}
	if (check_duplicates(file, keys, n))
		err = -EINVAL;
	free(keys);
	return err;
}

yaml_node_t *yaml_get(const struct yaml_file *file, const yaml_node_t *mapping, const char *key)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = yaml_node(file, pair->key);

		if (node->type == YAML_SCALAR_NODE && strcmp(scalar(node), key) == 0)
			return yaml_node(file, pair->value);
	}
	return NULL;
}

int yaml_bool(const struct yaml_file *file, const yaml_node_t *node, bool *out)
{
	static const char *const words[] = {"yes", "no", "true", "false", "on", "off"};
	const char *text = yaml_text(file, node, "yes or no");

	if (!text)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*out = i % 2 == 0;
			return 0;
		}
	}
	return yaml_error(file, node, text, "not yes or no");
}
