// SPDX-License-Identifier: GPL-2.0-only
/* Readings of `stats -j` in a file: bounded in size, in memory, and whole, or none of them. */
#include "doctor_file.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../output/doctor_reading.h"
#include "../policy/diag.h"
#include "../policy/file_read.h"
#include "../policy/text.h"
#include "cmd.h"

void readings_free(struct readings *readings)
{
	json_decref(readings->first);
	json_decref(readings->last);
}

/* A day of readings a minute apart of an Edge, or the largest policy's. */
#define FILE_BYTES_MAX (64u << 20)
/* A value may take fifty times the bytes of its text: two brackets are an array. */
#define JSON_BYTES_MAX ((size_t)512 << 20)

static size_t json_bytes;

static void *json_take(size_t size)
{
	bool fits = size < JSON_BYTES_MAX && json_bytes < JSON_BYTES_MAX - size;
	void *memory = fits ? malloc(size) : NULL;

	if (memory)
		json_bytes += malloc_usable_size(memory);
	return memory;
}

static void json_give(void *memory)
{
	json_bytes -= malloc_usable_size(memory);
	free(memory);
}

/* A text of readings, and where the next one begins. */
struct text {
	const char *path, *data;
	size_t len, at;
	unsigned line;
};

/* To the next reading. False at the end. */
static bool skip_space(struct text *text)
{
	while (text->at < text->len && strchr(" \t\r\n", text->data[text->at]))
		text->line += text->data[text->at++] == '\n';
	return text->at < text->len;
}

/* One reading, checked. NULL: reported, by the line where it begins if it is well-formed. */
static json_t *read_one(struct text *text)
{
	struct doctor_fault fault;
	json_error_t error;
	json_t *value = json_loadb(text->data + text->at, text->len - text->at,
				   JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);

	if (!value) {
		unsigned line = text->line + (error.line > 1 ? (unsigned)error.line - 1 : 0);

		if (error.text[0])
			diag_error(text->path, line, 0, NULL,
				   "%s (readings of xdp-edge -j stats are wanted)", error.text);
		else
			diag_error(text->path, line, 0, NULL,
				   "takes more memory than is set aside for readings");
		return NULL;
	}
	if (doctor_reading_check(value, &fault)) {
		diag_error(text->path, text->line, 0, fault.path[0] ? fault.path : NULL, "%s",
			   fault.why);
		json_decref(value);
		return NULL;
	}
	for (const size_t end = text->at + (size_t)error.position; text->at < end; text->at++)
		text->line += text->data[text->at] == '\n';
	return value;
}

/* Counters of two policies tell nothing of either. */
static int check_site(const struct text *text, unsigned line, const json_t *before,
		      const json_t *value)
{
	const char *site = json_string_value(json_object_get(value, "site"));
	const char *other = json_string_value(json_object_get(before, "site"));

	if (!site || !other || !strcmp(site, other))
		return 0;
	return diag_error(text->path, line, 0, site,
			  "another policy's reading, the one before is of '%s'", other);
}

/* One reading after the other; the first and the last are kept. */
static int read_all(struct text *text, struct readings *out)
{
	size_t n = 0;

	for (; skip_space(text); n++) {
		unsigned line = text->line;
		json_t *value = read_one(text);

		if (!value)
			return EXIT_FAILED;
		if (check_site(text, line, out->last, value)) {
			json_decref(value);
			return EXIT_FAILED;
		}
		if (n == 1)
			out->first = out->last;
		else
			json_decref(out->last);
		out->last = value;
	}
	if (n)
		return EXIT_OK;
	diag_error(text->path, 0, 0, NULL, "no reading in it");
	return EXIT_FAILED;
}

int doctor_file_read(const char *path, struct readings *out)
{
	bool standard = !strcmp(path, "-");
	struct text text = {.path = standard ? "standard input" : path, .line = 1};
	char *data;
	int err;

	json_set_alloc_funcs(json_take, json_give);
	if (standard)
		err = file_read_all(text.path, STDIN_FILENO, 0, FILE_BYTES_MAX, &data, &text.len);
	else
		err = file_read(path, FILE_BYTES_MAX, &data, &text.len);
	text.data = data;
	if (!err)
		err = text_check(text.path, data, text.len);
	err = err ? EXIT_FAILED : read_all(&text, out);
	free(data);
	return err;
}
