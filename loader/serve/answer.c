// SPDX-License-Identifier: GPL-2.0-only
/* What is answered, with the headers that every answer has. */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "../output/json.h"

char *error_json(const char *why, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	int err;

	if (!out)
		return NULL;
	err = json_write(json_pack("{s:o}", "error", json_text(why)), false, out);
	if (!fclose(out) && !err)
		return text;
	free(text);
	return NULL;
}

/* What the page may load, and who may show it: itself, and nobody. */
static struct MHD_Response *with_headers(struct MHD_Response *response, const char *type,
					 const char *cache)
{
	if (!response)
		return NULL;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Cache-Control", cache);
	MHD_add_response_header(response, "Content-Security-Policy",
				"default-src 'self'; frame-ancestors 'none'");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	return response;
}

struct MHD_Response *answer_new(char *body, size_t len, const char *type)
{
	struct MHD_Response *response;

	if (!body)
		return NULL;
	response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(body);
	return with_headers(response, type, "no-store");
}

struct MHD_Response *answer_error(const char *why)
{
	size_t len;
	char *body = error_json(why, &len);

	return answer_new(body, len, JSON_TYPE);
}

struct MHD_Response *answer_file(const void *data, size_t len, const char *type, const char *tag)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(len, (void *)data, MHD_RESPMEM_PERSISTENT);

	/* no-cache: kept, but asked for again */
	response = with_headers(response, type, "no-cache");
	if (response)
		MHD_add_response_header(response, "ETag", tag);
	return response;
}
