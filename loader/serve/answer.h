/* SPDX-License-Identifier: GPL-2.0-only */
/* What is answered, with the headers that every answer has. */
#ifndef XE_SERVE_ANSWER_H
#define XE_SERVE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>
#include <microhttpd.h>

#define JSON_TYPE "application/json"

/* A text that is written to a file in memory. */
struct text {
	FILE *out;
	char *data;
	size_t len;
};

/* False: no memory. */
bool text_open(struct text *text);
/* What was written, `len` bytes, to be freed; NULL: no memory, or `err` was not 0. */
char *text_close(struct text *text, int err);

/* A value, which is freed, and a line end, to be freed; NULL: no memory. */
char *value_json(json_t *value, size_t *len);
/* {"error": why} in the same way. */
char *error_json(const char *why, size_t *len);

/*
 * An answer that nobody may keep. Takes over `data`, of malloc(); NULL, or a NULL result, is lack
 * of memory.
 */
struct MHD_Response *answer_new(char *data, size_t len, const char *type);
/* Bytes of all bodies that answer_new() took over and somebody has yet to read, or keeps. */
size_t answers_alive(void);
/* {"error": why} */
struct MHD_Response *answer_error(const char *why);
/* One of data that stays; its tag tells whether it is still the same. NULL: no memory. */
struct MHD_Response *answer_file(const void *data, size_t len, const char *type, const char *tag);

#endif
