// SPDX-License-Identifier: GPL-2.0-only
/* Which connections are kept, and for how long. */
#include "connections.h"

#include <netinet/in.h>
#include <string.h>

#include "../kernel/clock.h"

#define SECOND 1000000000ull

void connections_init(struct connections *connections)
{
	memset(connections, 0, sizeof(*connections));
	for (size_t i = 0; i < CONNECTIONS_SLOTS; i++)
		connections->v[i].fd = -1;
}

/* Who counts as one: an IPv4 address, also as IPv6 has it, or the 64 bits of a network. */
static void address_of(const struct sockaddr *from, uint8_t address[16])
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *four = (const struct sockaddr_in *)from;

	memset(address, 0, 16);
	if (from->sa_family == AF_INET) {
		address[10] = address[11] = 0xff;
		memcpy(address + 12, &four->sin_addr, 4);
	} else if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		memcpy(address, &six->sin6_addr, 16);
	} else {
		memcpy(address, &six->sin6_addr, 8);
	}
}

/* The less it deserves its place, the less. */
static unsigned merit(const struct connection *connection)
{
	if (connection->answering)
		return 2;
	return connection->served;
}

/* Of all, or of an address: who gives way. */
static struct connection *find_least(struct connections *connections, const uint8_t *address)
{
	struct connection *least = NULL;

	for (size_t i = 0; i < CONNECTIONS_SLOTS; i++) {
		struct connection *at = &connections->v[i];

		if (at->fd < 0 || at->going ||
		    (address && memcmp(at->address, address, sizeof(at->address)) != 0))
			continue;
		if (!least || merit(at) < merit(least) ||
		    (merit(at) == merit(least) && at->since < least->since))
			least = at;
	}
	return least;
}

/* The library finds its end of the connection closed, and clears it away. */
static void cut_off(struct connections *connections, struct connection *connection)
{
	shutdown(connection->fd, SHUT_RDWR);
	connection->going = true;
	connections->n--;
}

void connections_cut_least(struct connections *connections)
{
	struct connection *least = find_least(connections, NULL);

	if (least)
		cut_off(connections, least);
}

static size_t count_address(const struct connections *connections, const uint8_t *address)
{
	size_t n = 0;

	for (size_t i = 0; i < CONNECTIONS_SLOTS; i++) {
		const struct connection *at = &connections->v[i];

		n += at->fd >= 0 && !at->going &&
		     !memcmp(at->address, address, sizeof(at->address));
	}
	return n;
}

bool connections_make_room(struct connections *connections, const struct sockaddr *from)
{
	struct connection *least = NULL;
	uint8_t address[16];

	address_of(from, address);
	if (count_address(connections, address) >= CONNECTIONS_PER_ADDRESS)
		least = find_least(connections, address);
	else if (connections->n >= CONNECTIONS_MAX)
		least = find_least(connections, NULL);
	if (least)
		cut_off(connections, least);
	for (size_t i = 0; i < CONNECTIONS_SLOTS; i++)
		if (connections->v[i].fd < 0)
			return true;
	return false;
}

struct connection *connections_add(struct connections *connections, int fd,
				   const struct sockaddr *from)
{
	for (size_t i = 0; i < CONNECTIONS_SLOTS; i++) {
		struct connection *at = &connections->v[i];

		if (at->fd >= 0)
			continue;
		*at = (struct connection){.fd = fd, .since = clock_ns(CLOCK_MONOTONIC)};
		address_of(from, at->address);
		connections->n++;
		return at;
	}
	return NULL;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
	if (!connection->going)
		connections->n--;
	connection->fd = -1;
}

void connection_asked(struct connection *connection)
{
	connection->answering = true;
	connection->waits = false;
	connection->since = clock_ns(CLOCK_MONOTONIC);
}

void connection_waits(struct connection *connection)
{
	connection->waits = true;
}

void connection_answered(struct connection *connection)
{
	connection->answering = connection->waits = false;
	connection->served = true;
	connection->since = clock_ns(CLOCK_MONOTONIC);
}

static uint64_t end_of(const struct connection *connection)
{
	static const unsigned seconds[] = {CONNECTION_HEADER_S, CONNECTION_IDLE_S,
					   CONNECTION_ANSWER_S};

	return connection->since +
	       (connection->waits ? CONNECTION_WAITS_S : seconds[merit(connection)]) * SECOND;
}

uint64_t connections_expire(struct connections *connections, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < CONNECTIONS_SLOTS; i++) {
		struct connection *at = &connections->v[i];
		uint64_t end = end_of(at);

		if (at->fd < 0 || at->going)
			continue;
		if (end <= now)
			cut_off(connections, at);
		else if (end < next)
			next = end;
	}
	return next;
}
