/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which path gives what. Paths are compared with a list and never touch a file system. What is
 * rendered of a reading is kept until the next one, so that many who ask cost one rendering, and
 * until the last who asked has read it; how much there is of it at once is bounded.
 */
#ifndef XE_SERVE_ROUTES_H
#define XE_SERVE_ROUTES_H

#include <microhttpd.h>

#include "explainer.h"
#include "readings.h"

#define ROUTES_NAMES 16

/* Answers of a reading: paths, and variants of one that can be asked for, at most. */
#define ROUTES_KEPT	5
#define ROUTES_VARIANTS 10
/*
 * Bytes of answers. While there are more, nothing new is rendered: those who have not read theirs
 * lose it when their time is up (connections.h).
 */
#define ROUTES_ALIVE_MAX (128u << 20)

struct routes {
	const struct readings *readings;
	struct explainer *explainer;
	const char *const *names; /* of us, in Host headers */
	size_t n_names;
	struct MHD_Response *kept[ROUTES_KEPT][ROUTES_VARIANTS]; /* NULL: not asked for yet */
};

/* MHD_AccessHandlerCallback of the daemon; `routes` is its closure. */
enum MHD_Result routes_answer(void *routes, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **request);
/* A request is over, whatever became of it: what *request holds goes. */
void routes_request_over(void *request);
/* For the explainer of these routes. */
void routes_explained(void *token, unsigned status, char *json, size_t len);
/* There is a new reading, or none any more. */
void routes_forget(struct routes *routes);

#endif
