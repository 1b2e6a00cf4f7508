// SPDX-License-Identifier: GPL-2.0-only
/* What is answered, with the headers that every answer has. */
#include "answer.h"

#include <stdlib.h>

#include "../output/json.h"

/* --- bodies ---------------------------------------------------------------------------------- */

bool text_open(struct text *text)
{
	*text = (struct text){};
	text->out = open_memstream(&text->data, &text->len);
	return text->out;
}

char *text_close(struct text *text, int err)
{
	if (!fclose(text->out) && !err)
		return text->data;
	free(text->data);
	return NULL;
}

char *value_json(json_t *value, size_t *len)
{
	struct text text;
	char *body;

	if (!text_open(&text)) {
		json_decref(value);
		return NULL;
	}
	body = text_close(&text, json_write(value, false, text.out));
	*len = text.len;
	return body;
}

char *error_json(const char *why, size_t *len)
{
	return value_json(json_pack("{s:o}", "error", json_text(why)), len);
}

/* --- answers --------------------------------------------------------------------------------- */

/* Of one thread, as the server is. */
static size_t alive;

struct body {
	char *data;
	size_t len;
};

static void body_free(void *arg)
{
	struct body *body = arg;

	alive -= body->len;
	free(body->data);
	free(body);
}

size_t answers_alive(void)
{
	return alive;
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

struct MHD_Response *answer_new(char *data, size_t len, const char *type)
{
	struct MHD_Response *response;
	struct body *body;

	if (!data)
		return NULL;
	body = malloc(sizeof(*body));
	if (!body) {
		free(data);
		return NULL;
	}
	*body = (struct body){data, len};
	alive += len;
	response =
		MHD_create_response_from_buffer_with_free_callback_cls(len, data, body_free, body);
	if (!response)
		body_free(body);
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
