/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which path gives what. Paths are compared with a list and never touch a file system. What is
 * rendered of a reading is kept until the next one, so that many who ask cost one rendering.
 */
#ifndef XE_SERVE_ROUTES_H
#define XE_SERVE_ROUTES_H

#include <microhttpd.h>

#include "explainer.h"
#include "readings.h"

#define ROUTES_KEPT  32
#define ROUTES_NAMES 16

/* An answer that is kept. */
struct kept {
	const struct route *route;
	unsigned variant; /* of what it can be asked for */
	struct MHD_Response *response;
};

struct routes {
	const struct readings *readings;
	struct explainer *explainer;
	const char *const *names; /* of us, in Host headers */
	size_t n_names;
	struct kept kept[ROUTES_KEPT];
	size_t n_kept, next; /* to be replaced */
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
