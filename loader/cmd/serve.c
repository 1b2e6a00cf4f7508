// SPDX-License-Identifier: GPL-2.0-only
/* `serve`: counters, rates and explanations over HTTP, with no right but to read them. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "../kernel/object.h"
#include "../kernel/pins.h"
#include "../output/report.h"
#include "../serve/listen.h"
#include "../serve/privileges.h"
#include "../serve/request.h"
#include "../serve/routes.h"
#include "../serve/server.h"
#include "policy_ctx.h"

#define INTERVAL_DEFAULT 1 /* s */

enum { OPTION_LISTEN = OPTION_OWN, OPTION_INTERVAL, OPTION_HOST, OPTION_USER };

static const struct option long_options[] = {
	{"listen", required_argument, NULL, OPTION_LISTEN},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"host", required_argument, NULL, OPTION_HOST},
	{"user", required_argument, NULL, OPTION_USER},
	{},
};

static const struct usage usage = {
	.name = "serve",
	.arguments = "[NAME]",
	.help = "Serves the loaded policy NAME (default: the site file's name; without -c, if\n"
		"no site file tells one, the only policy loaded) by HTTP, until it is ended:\n"
		"  /                a page: live rates, history, misses, what a packet matches\n"
		"  /metrics         Prometheus text, or OpenMetrics for who asks for it\n"
		"  /api/v1/status   as status -j; a NIC whose state needs root's eyes is unknown\n"
		"  /api/v1/rules    the rows that are loaded\n"
		"  /api/v1/stats    as stats -j; ?by=role&nonzero=1\n"
		"  /api/v1/history  packets and bytes a second; ?minutes=5, or 1, 15, 60; of the\n"
		"                   last 3600 readings at most\n"
		"  /api/v1/explain  as explain -j, of the site file as it is now;\n"
		"                   ?proto=tcp&source=A:P&destination=B:P&side=internet&syn=1\n"
		"Before a policy is loaded, and while it is not, it answers 503. Started as root\n"
		"it becomes user nobody and group " PINS_GROUP ", without any capability; it may\n"
		"be started by any member of that group. With a site file that these may not\n"
		"read it needs NAME, and explains nothing.\n"
		"\n"
		"  --listen A:PORT  address and port (default " LISTEN_DEFAULT "); [V6]:PORT;\n"
		"                   without a port 9464, port 0: any that is free. Whoever\n"
		"                   reaches it may read: there is no password\n"
		"  --interval S     read the counters every S seconds (default 1, from 0.1;\n"
		"                   also 500ms, 1m), however many ask\n"
		"  --host NAME      answer to this name too, beside localhost and the address\n"
		"                   itself (up to 16 times): for a Prometheus, too, that\n"
		"                   scrapes by name\n"
		"  --user NAME      become this user instead of nobody\n",
	.long_options = long_options,
};

struct request {
	struct sockaddr_storage listen;
	double interval; /* seconds */
	const char *hosts[ROUTES_NAMES];
	size_t n_hosts;
	const char *user;
};

/* EXIT_OK or EXIT_USAGE (reported). */
static int take_option(int option, struct request *request)
{
	char why[256];

	switch (option) {
	case OPTION_LISTEN:
		if (listen_parse(optarg, &request->listen, why, sizeof(why)))
			return usage_error(&usage,
					   "--listen: %s: say ADDRESS:PORT, as 127.0.0.1:9464 or "
					   "[::1]:9464; 0.0.0.0 is all of IPv4, [::] all there is",
					   why);
		return EXIT_OK;
	case OPTION_INTERVAL:
		if (interval_parse(optarg, &request->interval))
			return usage_error(&usage, "--interval takes " INTERVAL_TAKES ", not '%s'",
					   optarg);
		return EXIT_OK;
	case OPTION_HOST:
		if (request->n_hosts == ROUTES_NAMES)
			return usage_error(&usage, "--host: %d names at most", ROUTES_NAMES);
		if (!host_name_valid(optarg))
			return usage_error(&usage,
					   "--host: '%s': not a name as browsers and Prometheus "
					   "call this server: edge1.example.net, without a port or "
					   "http://",
					   optarg);
		request->hosts[request->n_hosts++] = optarg;
		return EXIT_OK;
	default:
		if (privileges_check_user(optarg, why, sizeof(why)))
			return usage_error(&usage, "--user: %s", why);
		request->user = optarg;
		return EXIT_OK;
	}
}

/*
 * As whom it runs from now on. A file that is there and tells nothing to whom it became must not
 * make it serve whichever policy is loaded. 0, or -1 (reported).
 */
static int find_policy(const struct options *options, const char *argument, char *name, size_t size)
{
	if (!argument && access(options->site, R_OK) && errno == EACCES) {
		report("%s: may not be read by user %u, group %u: chgrp %s and chmod g+r, or say "
		       "xdp-edge serve NAME",
		       options->site, getuid(), getgid(), PINS_GROUP);
		return -1;
	}
	return policy_name(options, usage.name, argument, name, size) ? -1 : 0;
}

/* On stdout, for who waits for it. An exit code. */
static int tell(const char *name, const struct sockaddr_storage *address)
{
	char text[LISTEN_TEXT_MAX];

	printf("%s: http://%s/\n", name, listen_text(address, text));
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK; /* main() says why */
}

int cmd_serve(struct options *options, int argc, char **argv)
{
	struct request request = {.interval = INTERVAL_DEFAULT};
	struct server_config config;
	char name[64], why[64];
	int c, code;

	listen_parse(LISTEN_DEFAULT, &request.listen, why, sizeof(why));
	while ((c = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		if (c == OPTIONS_EXIT)
			return options->exit_code;
		code = take_option(c, &request);
		if (code)
			return code;
	}
	if (argc - optind > 1)
		return usage_error(&usage, "%s: one name at most", argv[optind + 1]);
	if (options->json)
		return usage_error(&usage, "serves JSON at /api/v1/: -j and -p are not for it");

	object_log_init(options->verbose);
	/* a port may be root's to open; nothing else is done as root */
	config.listen_fd = listen_open(&request.listen);
	if (config.listen_fd < 0)
		return EXIT_FAILED;
	if (privileges_drop(request.user) || pins_check() ||
	    find_policy(options, argv[optind], name, sizeof(name)))
		return EXIT_FAILED;
	config.options = options;
	config.policy = name;
	config.interval = request.interval;
	config.hosts = request.hosts;
	config.n_hosts = request.n_hosts;
	/* as for stats: a reading's lists are large and live for one interval */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	code = tell(name, &request.listen);
	if (code)
		return code;
	return server_run(&config) ? EXIT_FAILED : EXIT_OK;
}
