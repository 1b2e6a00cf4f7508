/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server: one thread, one loop, libmicrohttpd. Nothing in it waits for a client, nor for the
 * process that explains.
 */
#ifndef XE_SERVE_SERVER_H
#define XE_SERVE_SERVER_H

#include "../cmd/cmd.h"

struct server_config {
	const struct options *options; /* of the site that is explained */
	const char *policy;	       /* whose counters */
	double interval;	       /* seconds between two readings */
	int listen_fd;		       /* taken over */
	const char *const *hosts;      /* names of ours, beside the address and localhost */
	size_t n_hosts;
};

/* Serve until SIGTERM, SIGINT or SIGHUP. 0 or a negative errno (reported). */
int server_run(const struct server_config *config);

#endif
