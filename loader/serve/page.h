/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page that `serve` shows at `/`: its files, which are part of the program. They ask the same
 * server for all that they show and nobody else for anything.
 */
#ifndef XE_SERVE_PAGE_H
#define XE_SERVE_PAGE_H

#include <stddef.h>

struct page_file {
	const char *path; /* as a request names it: "/", "/app.js", … */
	const char *type; /* Content-Type */
	const unsigned char *data;
	size_t len; /* bytes */
};

/* The file of exactly this path, which has no query; NULL: there is none. */
const struct page_file *page_find(const char *path);

#endif
