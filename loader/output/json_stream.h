/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON written as it is made, for lists of many thousand entries: byte for byte what json_write()
 * writes of the same value, without the tree. Calls nest like the text; errors of writing stay with
 * `out`.
 */
#ifndef XE_OUTPUT_JSON_STREAM_H
#define XE_OUTPUT_JSON_STREAM_H

#include <stdbool.h>
#include <stdio.h>

#include "xdp_edge.h"

struct json_stream {
	FILE *out;
	bool pretty;
	/* the rest is its own */
	unsigned depth;
	bool begun;    /* the object or array has an entry */
	bool expected; /* a key stands before */
};

/* '{' or '['; close with the matching one. Closing the outermost ends the line. */
void json_stream_open(struct json_stream *json, char bracket);
void json_stream_close(struct json_stream *json, char bracket);
/* ASCII that needs no escape. */
void json_stream_key(struct json_stream *json, const char *key);
/* As json_text(): any bytes; NULL is null. */
void json_stream_text(struct json_stream *json, const char *text);
/* As json_count(). */
void json_stream_count(struct json_stream *json, __u64 value);
/*
 * A number of 0 or more, to three decimals: a whole one as json_stream_count() has it. What is not
 * known (NAN) is null.
 */
void json_stream_rate(struct json_stream *json, double value);
void json_stream_bool(struct json_stream *json, bool value);
/* {"packets":…,"bytes":…} */
void json_stream_counter(struct json_stream *json, const struct xe_counter *counter);

#endif
