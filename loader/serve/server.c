// SPDX-License-Identifier: GPL-2.0-only
/* The loop of the server. */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "../kernel/clock.h"
#include "../output/report.h"
#include "connections.h"
#include "request.h"
#include "routes.h"

#define SECOND	     1000000000ull
#define ACCEPT_PAUSE (SECOND / 10)

/* New connections in one turn; cut off ones are cleared away between turns. */
#define ACCEPT_MAX 32
/* Of each connection, for its request and the head of its answer. */
#define CONNECTION_MEMORY (16u << 10)

_Static_assert(CONNECTIONS_GOING >= 2 * ACCEPT_MAX + EXPLAIN_WAITING_MAX,
	       "a turn's new connections have room beside those that are going");

struct server {
	const struct server_config *config;
	struct MHD_Daemon *daemon;
	int library_fd; /* becomes readable when the library has something to do */
	int signal_fd;
	struct connections connections;
	struct readings readings;
	struct routes routes;
	uint64_t beat;	 /* CLOCK_MONOTONIC ns of the next reading */
	uint64_t accept; /* the same: no connection is taken in before */
};

/* --- connections ----------------------------------------------------------------------------- */

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *server = arg;
	const union MHD_ConnectionInfo *info;
	const struct sockaddr *address;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			connections_remove(&server->connections, *context);
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	address = info->client_addr;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = connections_add(&server->connections, info->connect_fd, address);
}

static struct connection *connection_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	struct server *server = arg;
	enum MHD_Result result;

	connection_asked(connection_of(connection));
	result = routes_answer(&server->routes, connection, path, method, version, upload,
			       upload_size, request);
	if (MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED)
		    ->suspended == MHD_YES)
		connection_waits(connection_of(connection));
	return result;
}

static void on_completed(void *unused, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code)
{
	(void)unused;
	(void)code;
	connection_answered(connection_of(connection));
	routes_request_over(*request);
	*request = NULL;
}

/* Whoever waits to be taken in will be there at once again, and there is nothing to take him with.
 */
static bool is_exhausted(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

/* The library calls on_connection() before MHD_add_connection() returns. */
static void accept_some(struct server *server)
{
	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		int fd = accept4(server->config->listen_fd, (struct sockaddr *)&from, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (is_exhausted(errno)) {
				connections_cut_least(&server->connections);
				server->accept = clock_ns(CLOCK_MONOTONIC) + ACCEPT_PAUSE;
			}
			return;
		}
		if (!connections_make_room(&server->connections, (struct sockaddr *)&from))
			close(fd);
		else
			/* what it cannot take it closes */
			MHD_add_connection(server->daemon, fd, (struct sockaddr *)&from, len);
	}
}

/* --- the loop -------------------------------------------------------------------------------- */

static void beat(struct server *server, uint64_t now)
{
	uint64_t interval = server->config->interval * SECOND;

	if (now < server->beat)
		return;
	readings_take(&server->readings);
	routes_forget(&server->routes);
	server->beat += interval;
	now = clock_ns(CLOCK_MONOTONIC);
	if (server->beat <= now)
		server->beat = now + interval;
}

static int wait_ms(struct server *server, uint64_t until)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	unsigned long long library;
	int ms;

	if (until > server->beat)
		until = server->beat;
	/* a millisecond late is late enough not to come twice */
	ms = until > now ? (until - now) / 1000000 + 1 : 0;
	if (MHD_get_timeout(server->daemon, &library) == MHD_YES && library < (unsigned)ms)
		ms = library;
	return ms;
}

/* Until a signal ends it. */
static void loop(struct server *server)
{
	struct pollfd fds[] = {
		{.fd = server->signal_fd, .events = POLLIN},
		{.fd = -1, .events = POLLIN},
		{.fd = server->library_fd, .events = POLLIN},
		{.fd = -1, .events = POLLIN},
	};

	do {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		uint64_t until = connections_expire(&server->connections, now), turn;

		beat(server, now);
		turn = explainer_turn(server->routes.explainer, now);
		if (turn < until)
			until = turn;
		fds[1].fd = now < server->accept ? -1 : server->config->listen_fd;
		if (now < server->accept && server->accept < until)
			until = server->accept;
		MHD_run(server->daemon);
		fds[3].fd = explainer_fd(server->routes.explainer);
		if (poll(fds, 4, wait_ms(server, until)) > 0 && fds[1].revents)
			accept_some(server);
	} while (!fds[0].revents);
}

/* --- beginning and end ----------------------------------------------------------------------- */

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static struct MHD_Daemon *daemon_start(struct server *server)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME,
				0, NULL, NULL, on_request, server, MHD_OPTION_NOTIFY_CONNECTION,
				on_connection, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
				server, MHD_OPTION_UNESCAPE_CALLBACK, request_unescape, NULL,
				MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_SLOTS + 1u,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP,
				1, MHD_OPTION_END);
}

static int start(struct server *server)
{
	const struct server_config *config = server->config;
	const union MHD_DaemonInfo *info;

	if (readings_init(&server->readings, config->policy, config->interval))
		return -ENOMEM;
	server->routes = (struct routes){
		.readings = &server->readings,
		.explainer = explainer_new(config->options, routes_explained),
		.names = config->hosts,
		.n_names = config->n_hosts,
	};
	if (!server->routes.explainer)
		return -ENOMEM;
	server->signal_fd = signals_open();
	if (server->signal_fd < 0)
		return -errno;
	errno = EINVAL;
	server->daemon = daemon_start(server);
	info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)
			      : NULL;
	if (!info)
		return -errno;
	server->library_fd = info->epoll_fd;
	server->beat = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

static void stop(struct server *server)
{
	/* those who wait for it are told, and may no longer wait when the library stops */
	explainer_free(server->routes.explainer);
	if (server->daemon) {
		MHD_run(server->daemon);
		MHD_stop_daemon(server->daemon);
	}
	routes_forget(&server->routes);
	readings_close(&server->readings);
	if (server->signal_fd >= 0)
		close(server->signal_fd);
	close(server->config->listen_fd);
}

int server_run(const struct server_config *config)
{
	static struct server server;
	int err;

	server = (struct server){.config = config, .signal_fd = -1};
	connections_init(&server.connections);
	err = start(&server);
	if (err)
		report("cannot start the server: %s", strerror(-err));
	else
		loop(&server);
	stop(&server);
	return err;
}
