// SPDX-License-Identifier: GPL-2.0-only
/* Which path gives what. */
#include "routes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cmd/explain.h"
#include "../output/metrics.h"
#include "../output/stats.h"
#include "../policy/text.h"
#include "answer.h"
#include "digest.h"
#include "page.h"
#include "render.h"
#include "request.h"

#define WHY_MAX	    512
#define RETRY_AFTER "1" /* seconds */

/* What is answered of the newest reading. */
struct route {
	const char *path;
	/* What exactly is asked for. 0, or -EINVAL with what is wrong in `why`. */
	int (*parse)(struct MHD_Connection *connection, unsigned *variant, char *why, size_t size);
	int (*render)(const struct readings *readings, unsigned variant, FILE *out);
	const char *types[2]; /* Content-Type by variant, or one of all */
};

/* --- answers --------------------------------------------------------------------------------- */

/* What is lost for lack of memory is the connection. */
static enum MHD_Result queue_once(struct MHD_Connection *connection, unsigned status,
				  struct MHD_Response *response)
{
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(response, "Retry-After", RETRY_AFTER);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
	return queue_once(connection, status, answer_error(why));
}

/* --- what is asked for ----------------------------------------------------------------------- */

static int parse_nothing(struct MHD_Connection *connection, unsigned *variant, char *why,
			 size_t size)
{
	struct parameter parameters[] = {{}};

	*variant = 0;
	return request_parameters(connection, parameters, why, size);
}

/* Whatever else a Prometheus is told to ask with. */
static int parse_metrics(struct MHD_Connection *connection, unsigned *variant, char *why,
			 size_t size)
{
	(void)why;
	(void)size;
	*variant = request_wants_openmetrics(connection);
	return 0;
}

static int parse_stats(struct MHD_Connection *connection, unsigned *variant, char *why, size_t size)
{
	struct parameter parameters[] = {{"by"}, {"nonzero"}, {}};
	enum stats_by by = BY_ROW;
	bool nonzero;

	if (request_parameters(connection, parameters, why, size) ||
	    parameter_flag(&parameters[1], &nonzero, why, size))
		return -EINVAL;
	if (parameters[0].value && stats_by_parse(parameters[0].value, &by)) {
		snprintf(why, size,
			 "parameter 'by' takes row, role, service, document or interface, not "
			 "'%s'",
			 parameters[0].value);
		return -EINVAL;
	}
	*variant = render_stats_variant(by, nonzero);
	return 0;
}

static int parse_history(struct MHD_Connection *connection, unsigned *variant, char *why,
			 size_t size)
{
	struct parameter parameters[] = {{"minutes"}, {}};
	const char *text;
	unsigned minutes;

	if (request_parameters(connection, parameters, why, size))
		return -EINVAL;
	text = parameters[0].value ? parameters[0].value : "5";
	if (!number_parse(text, 1, READINGS_HISTORY_S / 60, &minutes))
		for (*variant = 0; *variant < HISTORY_SPANS; ++*variant)
			if (history_minutes[*variant] == minutes)
				return 0;
	snprintf(why, size, "parameter 'minutes' takes 1, 5, 15 or 60, not '%s'", text);
	return -EINVAL;
}

static const struct route routes_listed[] = {
	{"/metrics", parse_metrics, render_metrics, {METRICS_TEXT_TYPE, METRICS_OPENMETRICS_TYPE}},
	{"/api/v1/status", parse_nothing, render_status, {JSON_TYPE}},
	{"/api/v1/rules", parse_nothing, render_rules, {JSON_TYPE}},
	{"/api/v1/stats", parse_stats, render_stats, {JSON_TYPE}},
	{"/api/v1/history", parse_history, render_history, {JSON_TYPE}},
};

#define N_ROUTES (sizeof(routes_listed) / sizeof(*routes_listed))

_Static_assert(N_ROUTES == ROUTES_KEPT && ROUTES_VARIANTS >= 2 * BY_COUNT &&
		       ROUTES_VARIANTS >= HISTORY_SPANS,
	       "all that can be asked for is kept");

/* --- answers of a reading -------------------------------------------------------------------- */

void routes_forget(struct routes *routes)
{
	for (size_t i = 0; i < ROUTES_KEPT; i++)
		for (size_t variant = 0; variant < ROUTES_VARIANTS; variant++)
			if (routes->kept[i][variant])
				MHD_destroy_response(routes->kept[i][variant]);
	memset(routes->kept, 0, sizeof(routes->kept));
}

/* NULL: no memory. */
static struct MHD_Response *make(const struct routes *routes, const struct route *route,
				 unsigned variant)
{
	const char *type = route->types[1] ? route->types[variant] : route->types[0];
	struct text text;
	char *body;

	if (!text_open(&text))
		return NULL;
	body = text_close(&text, route->render(routes->readings, variant, text.out));
	return answer_new(body, text.len, type);
}

static enum MHD_Result refuse_unread(struct MHD_Connection *connection)
{
	return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
		      "too much of what was asked for has not been read yet");
}

static enum MHD_Result answer_route(struct routes *routes, const struct route *route,
				    struct MHD_Connection *connection)
{
	struct MHD_Response **kept;
	char why[WHY_MAX];
	unsigned variant;

	if (route->parse(connection, &variant, why, sizeof(why)))
		return refuse(connection, MHD_HTTP_BAD_REQUEST, why);
	if (!routes->readings->has_now || !routes->readings->reader)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, routes->readings->why);
	kept = &routes->kept[route - routes_listed][variant];
	if (!*kept && answers_alive() > ROUTES_ALIVE_MAX)
		return refuse_unread(connection);
	if (!*kept)
		*kept = make(routes, route, variant);
	return *kept ? MHD_queue_response(connection, MHD_HTTP_OK, *kept) : MHD_NO;
}

/* --- explain --------------------------------------------------------------------------------- */

/*
 * What *request is: NULL at first; then this; or a struct explaining. What is answered at first,
 * before the library knows that no body follows, ends the connection.
 */
static char begun;

/* A request that waits for the explainer. */
struct explaining {
	struct MHD_Connection *connection;
	bool suspended, done;
	unsigned status;
	struct MHD_Response *response; /* NULL: no memory */
};

void routes_explained(void *token, unsigned status, char *json, size_t len)
{
	struct explaining *explaining = token;

	explaining->done = true;
	explaining->status = status;
	explaining->response = answer_new(json, len, JSON_TYPE);
	if (explaining->suspended)
		MHD_resume_connection(explaining->connection);
}

void routes_request_over(void *request)
{
	struct explaining *explaining = request;

	if (!explaining || request == &begun)
		return;
	if (explaining->response)
		MHD_destroy_response(explaining->response);
	free(explaining);
}

static enum MHD_Result explained(struct explaining *explaining)
{
	struct MHD_Response *response = explaining->response;

	explaining->response = NULL;
	return queue_once(explaining->connection, explaining->status, response);
}

/* The question that the parameters are. 0, or -EINVAL with what is wrong in `why`. */
static int parse_question(struct MHD_Connection *connection, struct explain_ask *ask, char *why,
			  size_t size)
{
	struct parameter parameters[] = {{"proto"}, {"source"}, {"destination"},
					 {"side"},  {"syn"},	{}};
	const char *side;
	bool syn;

	if (request_parameters(connection, parameters, why, size) ||
	    parameter_flag(&parameters[4], &syn, why, size))
		return -EINVAL;
	for (int i = 0; i < 3; i++) {
		if (parameters[i].value)
			continue;
		snprintf(why, size,
			 "parameter '%s' is missing: proto, source and destination are "
			 "needed; side and syn=1 may be given",
			 parameters[i].name);
		return -EINVAL;
	}
	if (tuple_parse(parameters[0].value, parameters[1].value, parameters[2].value, syn,
			&ask->tuple, why, size))
		return -EINVAL;
	side = parameters[3].value;
	ask->side_given = side != NULL;
	return side ? question_side(side, &ask->side, why, size) : 0;
}

static enum MHD_Result answer_explain(struct routes *routes, struct MHD_Connection *connection,
				      void **request)
{
	const struct readings *readings = routes->readings;
	struct explaining *explaining;
	struct explain_ask ask = {};
	char why[WHY_MAX];

	if (parse_question(connection, &ask, why, sizeof(why)))
		return refuse(connection, MHD_HTTP_BAD_REQUEST, why);
	if (answers_alive() > ROUTES_ALIVE_MAX)
		return refuse_unread(connection);
	if (readings->has_now) {
		ask.generation = readings->now.generation;
		ask.rows_digest = readings->rows_digest;
		ask.generation_at = readings->generation_at;
	}
	explaining = calloc(1, sizeof(*explaining));
	if (!explaining)
		return MHD_NO;
	*request = explaining;
	explaining->connection = connection;
	if (explainer_ask(routes->explainer, &ask, explaining))
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "too many questions wait to be explained");
	if (explaining->done)
		return explained(explaining);
	explaining->suspended = true;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

/* --- the page -------------------------------------------------------------------------------- */

/* Of the same bytes, the same: a quoted entity tag. */
static void file_tag(const struct page_file *file, char tag[24])
{
	snprintf(tag, 24, "\"%016" PRIx64 "\"", digest(file->data, file->len));
}

static enum MHD_Result answer_page(const struct page_file *file, struct MHD_Connection *connection)
{
	char tag[24];

	file_tag(file, tag);
	if (request_has_tag(connection, tag))
		return queue_once(connection, MHD_HTTP_NOT_MODIFIED,
				  answer_file("", 0, file->type, tag));
	return queue_once(connection, MHD_HTTP_OK,
			  answer_file(file->data, file->len, file->type, tag));
}

/* --- all of it ------------------------------------------------------------------------------- */

static const struct route *route_find(const char *path)
{
	for (size_t i = 0; i < N_ROUTES; i++)
		if (!strcmp(routes_listed[i].path, path))
			return &routes_listed[i];
	return NULL;
}

/* We take none, and read none. */
static bool has_body(struct MHD_Connection *connection)
{
	const char *length =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

	return (length && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding");
}

static enum MHD_Result refuse_host(struct MHD_Connection *connection, const char *host)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why),
		 "this server does not answer to '%.128s'; --host NAME gives it a name", host);
	return refuse(connection, MHD_HTTP_FORBIDDEN, why);
}

/* The request is whole. */
static enum MHD_Result answer(struct routes *routes, struct MHD_Connection *connection,
			      const char *path, void **request)
{
	const struct route *route = route_find(path);
	const struct page_file *file = page_find(path);
	const char *host;

	if (!request_host_is_us(connection, routes->names, routes->n_names, &host))
		return refuse_host(connection, host);
	if (route)
		return answer_route(routes, route, connection);
	if (!strcmp(path, "/api/v1/explain"))
		return answer_explain(routes, connection, request);
	if (file)
		return answer_page(file, connection);
	return refuse(connection, MHD_HTTP_NOT_FOUND, "there is nothing of this name");
}

enum MHD_Result routes_answer(void *routes, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **request)
{
	(void)version;
	(void)upload;
	(void)upload_size;
	if (*request && *request != &begun)
		return explained(*request);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only");
	if (has_body(connection))
		return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "no body is taken");
	if (!*request) {
		*request = &begun;
		return MHD_YES;
	}
	return answer(routes, connection, path, request);
}
