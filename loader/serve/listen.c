// SPDX-License-Identifier: GPL-2.0-only
/* Where the server listens. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../cmd/tuple_text.h"
#include "../output/report.h"

static socklen_t address_length(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
}

/* What cannot be an address to listen on, whatever else it looks like; NULL: it may be one. */
static const char *fault(const char *text)
{
	const char *port = text + (*text == ':');

	if (!port[strspn(port, "0123456789")])
		return *port ? "a port without an address" : "no address";
	if (strchr(text, '%'))
		return "a zone belongs to link-local addresses, which are not for this";
	if (text[strspn(text, "0123456789abcdefABCDEF.:[]/")])
		return "not an address of IPv4 or IPv6: names are not looked up";
	return NULL;
}

int listen_parse(const char *text, struct sockaddr_storage *out, char *why, size_t size)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct endpoint end;
	const char *wrong = fault(text);
	in_port_t port;

	if (wrong) {
		snprintf(why, size, "'%.64s': %s", text, wrong);
		return -EINVAL;
	}
	if (endpoint_parse(text, &end, why, size))
		return -EINVAL;
	port = htons(end.has_port ? end.port : LISTEN_PORT);
	memset(out, 0, sizeof(*out));
	if (end.addr.family == 4) {
		four->sin_family = AF_INET;
		four->sin_port = port;
		memcpy(&four->sin_addr, end.addr.addr, sizeof(four->sin_addr));
	} else {
		six->sin6_family = AF_INET6;
		six->sin6_port = port;
		memcpy(&six->sin6_addr, end.addr.addr, sizeof(six->sin6_addr));
		if (IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr)) {
			snprintf(why, size, "'%.64s': link-local addresses are not for this", text);
			return -EINVAL;
		}
	}
	return 0;
}

const char *listen_text(const struct sockaddr_storage *address, char buf[LISTEN_TEXT_MAX])
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	bool is_four = address->ss_family == AF_INET;
	char text[INET6_ADDRSTRLEN];

	address_text(is_four ? 4 : 6,
		     is_four ? (const uint8_t *)&four->sin_addr : six->sin6_addr.s6_addr, text,
		     sizeof(text));
	snprintf(buf, LISTEN_TEXT_MAX, is_four ? "%s:%u" : "[%s]:%u", text,
		 ntohs(is_four ? four->sin_port : six->sin6_port));
	return buf;
}

static int refuse(const struct sockaddr_storage *address, int err)
{
	const char *remedy = strerror(err);
	char text[LISTEN_TEXT_MAX];

	if (err == EADDRINUSE)
		remedy = "something listens there already, perhaps another xdp-edge serve: end "
			 "that, or say --listen ADDRESS:PORT";
	else if (err == EADDRNOTAVAIL)
		remedy = "no interface has this address: say --listen with one that is there, or "
			 "0.0.0.0 or [::] for all";
	else if (err == EACCES)
		remedy = "ports below 1024 are root's: start it as root, or take another port";
	else if (err == EAFNOSUPPORT)
		remedy = "this system has no IPv6";
	report("cannot listen on %s: %s", listen_text(address, text), remedy);
	return -err;
}

int listen_open(struct sockaddr_storage *address)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = address_length(address);
	int on = 1, off = 0, err;

	if (fd < 0)
		return refuse(address, errno);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)address, len) || listen(fd, SOMAXCONN) ||
	    getsockname(fd, (struct sockaddr *)address, &len)) {
		err = refuse(address, errno);
		close(fd);
		return err;
	}
	return fd;
}
