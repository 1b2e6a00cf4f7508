// SPDX-License-Identifier: GPL-2.0-only
/* JSON values out of what we print. */
#include "json.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

json_t *json_text(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *clean, *to;
	json_t *value;
	size_t len;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	len = strlen(text);
	clean = malloc(len * 3 + 1);
	if (!clean)
		return NULL;
	for (to = clean; len;) {
		uint32_t code;
		size_t used = utf8_decode(text, len, &code);

		to = mempcpy(to, used ? text : replacement, used ? used : 3);
		text += used ? used : 1;
		len -= used ? used : 1;
	}
	*to = '\0';
	value = json_string(clean);
	free(clean);
	return value;
}

json_t *json_count(__u64 value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *json_counter(const struct xe_counter *counter)
{
	return json_pack("{s:o, s:o}", "packets", json_count(counter->packets), "bytes",
			 json_count(counter->bytes));
}

int json_write(json_t *value, bool pretty, FILE *out)
{
	char *text;

	if (!value)
		return -ENOMEM;
	text = json_dumps(value, JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12) |
					 (pretty ? JSON_INDENT(4) : JSON_COMPACT));
	json_decref(value);
	if (!text)
		return -ENOMEM;
	fputs(text, out);
	putc('\n', out);
	free(text);
	return 0;
}
