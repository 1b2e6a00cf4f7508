/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which connections are kept. Whoever opens many, sends slowly or reads slowly costs a place for a
 * while, never an answer to somebody else: a connection has so long to send its whole header,
 * however its bytes trickle in, and when there is no room the one that deserves it least gives way
 * to the new one.
 */
#ifndef XE_SERVE_CONNECTIONS_H
#define XE_SERVE_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CONNECTIONS_MAX		256 /* at once */
#define CONNECTIONS_PER_ADDRESS 64  /* of one IPv4 address, or one /64 of IPv6 */
/* Those that have been cut off and not been cleared away yet. */
#define CONNECTIONS_GOING 96
#define CONNECTIONS_SLOTS (CONNECTIONS_MAX + CONNECTIONS_GOING)

/* Seconds, each in one go: bytes that arrive or leave meanwhile give no more of them. */
#define CONNECTION_HEADER_S 5  /* from the connection to the end of the first header */
#define CONNECTION_IDLE_S   30 /* from an answer to the end of the next header */
#define CONNECTION_ANSWER_S 15 /* from a header to the end of its answer, */
#define CONNECTION_WAITS_S  60 /* and before, for that to be there, if another process makes it */

struct connection {
	int fd;		/* -1: free */
	bool going;	/* cut off */
	bool served;	/* has had an answer */
	bool answering; /* has sent a whole header, and not had all of its answer, */
	bool waits;	/* which is not there yet */
	uint64_t since; /* CLOCK_MONOTONIC ns: of what it does now */
	uint8_t address[16];
};

struct connections {
	struct connection v[CONNECTIONS_SLOTS];
	size_t n; /* that are not going */
};

void connections_init(struct connections *connections);
/*
 * Before one from `address` is taken in: if there are too many, or too many of its own, one is cut
 * off. First those that never asked, then those that wait between requests, then those that take
 * long over their answer, always the oldest. False: nothing can be cut off, there is no place.
 */
bool connections_make_room(struct connections *connections, const struct sockaddr *address);
/* Cut off the one that gives way, if there is one. */
void connections_cut_least(struct connections *connections);
/* Take it in. NULL: there is no place. */
struct connection *connections_add(struct connections *connections, int fd,
				   const struct sockaddr *address);
void connections_remove(struct connections *connections, struct connection *connection);
/* Its header is complete, or what it has waited for is there. */
void connection_asked(struct connection *connection);
/* Its answer is not there yet. */
void connection_waits(struct connection *connection);
/* Its answer is complete. */
void connection_answered(struct connection *connection);
/*
 * Cut off those whose time is up. Returns when the next one's will be, CLOCK_MONOTONIC ns;
 * UINT64_MAX: never.
 */
uint64_t connections_expire(struct connections *connections, uint64_t now);

#endif
