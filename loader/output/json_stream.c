// SPDX-License-Identifier: GPL-2.0-only
/* JSON written as it is made. */
#include "json_stream.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "escape.h"

#define INDENT 4

#define SHORT 24 /* up to here the call costs more than the bytes */

static void put(const struct json_stream *json, const char *text, size_t len)
{
	if (len > SHORT)
		fwrite_unlocked(text, 1, len, json->out);
	else
		for (size_t i = 0; i < len; i++)
			putc_unlocked(text[i], json->out);
}

static void line(const struct json_stream *json)
{
	if (json->pretty)
		fprintf(json->out, "\n%*s", (int)(json->depth * INDENT), "");
}

/* What stands before a value or a key: a comma, and in an array or object a line of its own. */
static void before(struct json_stream *json)
{
	if (json->expected) {
		json->expected = false;
		return;
	}
	if (json->begun)
		putc_unlocked(',', json->out);
	json->begun = true;
	if (json->depth)
		line(json);
}

void json_stream_open(struct json_stream *json, char bracket)
{
	before(json);
	putc_unlocked(bracket, json->out);
	json->depth++;
	json->begun = false;
}

void json_stream_close(struct json_stream *json, char bracket)
{
	json->depth--;
	if (json->begun)
		line(json);
	putc_unlocked(bracket, json->out);
	json->begun = true;
	if (!json->depth) {
		json->begun = false;
		putc_unlocked('\n', json->out);
	}
}

void json_stream_key(struct json_stream *json, const char *key)
{
	before(json);
	putc_unlocked('"', json->out);
	put(json, key, strlen(key));
	put(json, "\": ", json->pretty ? 3 : 2);
	json->expected = true;
}

/* Characters that stand for themselves. */
static size_t plain(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p >= 0x20 && *p <= 0x7f && *p != '"' && *p != '\\')
		p++;
	return (const char *)p - text;
}

static void put_escaped(const struct json_stream *json, uint32_t code)
{
	static const char letters[][2] = {
		{'"', '"'},  {'\\', '\\'}, {'b', '\b'}, {'f', '\f'},
		{'n', '\n'}, {'r', '\r'},  {'t', '\t'},
	};

	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		if (code == (unsigned char)letters[i][1]) {
			fprintf(json->out, "\\%c", letters[i][0]);
			return;
		}
	}
	if (code > 0xffff)
		fprintf(json->out, "\\u%04X\\u%04X", 0xd800 + ((code - 0x10000) >> 10),
			0xdc00 + ((code - 0x10000) & 0x3ff));
	else
		fprintf(json->out, "\\u%04X", code);
}

void json_stream_text(struct json_stream *json, const char *text)
{
	size_t len;

	before(json);
	if (!text) {
		put(json, "null", 4);
		return;
	}
	putc_unlocked('"', json->out);
	for (len = strlen(text); len;) {
		size_t used = plain(text);
		uint32_t code;

		if (used) {
			put(json, text, used);
		} else {
			used = utf8_decode(text, len, &code);
			put_escaped(json, used ? code : 0xfffd);
			used += !used;
		}
		text += used;
		len -= used;
	}
	putc_unlocked('"', json->out);
}

void json_stream_count(struct json_stream *json, __u64 value)
{
	char digits[20], *p = digits + sizeof(digits);

	before(json);
	if (value > INT64_MAX)
		value = INT64_MAX;
	do
		*--p = '0' + value % 10;
	while (value /= 10);
	put(json, p, digits + sizeof(digits) - p);
}

void json_stream_rate(struct json_stream *json, double value)
{
	char text[8] = ".";
	unsigned thousandths, n = 4;

	if (isnan(value)) {
		before(json);
		put(json, "null", 4);
		return;
	}
	value = value < (double)INT64_MAX / 1000 ? value * 1000 + 0.5 : (double)INT64_MAX;
	json_stream_count(json, (uint64_t)value / 1000);
	thousandths = (uint64_t)value % 1000;
	if (!thousandths)
		return;
	for (int i = 3; i > 0; i--, thousandths /= 10)
		text[i] = '0' + thousandths % 10;
	while (text[n - 1] == '0')
		n--;
	put(json, text, n);
}

void json_stream_bool(struct json_stream *json, bool value)
{
	before(json);
	put(json, value ? "true" : "false", value ? 4 : 5);
}

void json_stream_counter(struct json_stream *json, const struct xe_counter *counter)
{
	json_stream_open(json, '{');
	json_stream_key(json, "packets");
	json_stream_count(json, counter->packets);
	json_stream_key(json, "bytes");
	json_stream_count(json, counter->bytes);
	json_stream_close(json, '}');
}
