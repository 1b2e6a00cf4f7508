/* SPDX-License-Identifier: GPL-2.0-only */
/* What is answered, with the headers that every answer has. */
#ifndef XE_SERVE_ANSWER_H
#define XE_SERVE_ANSWER_H

#include <stddef.h>

#include <microhttpd.h>

#define JSON_TYPE "application/json"

/* {"error": why} and a line end, to be freed; NULL: no memory. */
char *error_json(const char *why, size_t *len);

/*
 * An answer that nobody may keep. Takes over `body`, of malloc(); NULL, or a NULL result, is lack
 * of memory.
 */
struct MHD_Response *answer_new(char *body, size_t len, const char *type);
/* {"error": why} */
struct MHD_Response *answer_error(const char *why);
/* One of data that stays; its tag tells whether it is still the same. NULL: no memory. */
struct MHD_Response *answer_file(const void *data, size_t len, const char *type, const char *tag);

#endif
