// SPDX-License-Identifier: GPL-2.0-only
/* Tuples in and out of text. */
#include "tuple_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "../policy/addr.h"
#include "../policy/text.h"

#define PROTO_MOBILITY 135
#define PROTO_HIP      139
#define PROTO_SHIM6    140

static int refuse(char *why, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(char *why, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, size, fmt, args);
	va_end(args);
	return -EINVAL;
}

bool proto_has_ports(int proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

/* In IPv6 these numbers name headers that stand before the protocol. */
static bool is_ipv6_extension(int proto)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

static int proto_parse(const char *text, int family, uint8_t *out)
{
	unsigned number;

	if (strcmp(text, "tcp") == 0)
		*out = IPPROTO_TCP;
	else if (strcmp(text, "udp") == 0)
		*out = IPPROTO_UDP;
	else if (strcmp(text, "icmp") == 0)
		*out = family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	else if (strcmp(text, "esp") == 0)
		*out = IPPROTO_ESP;
	else if (number_parse(text, 0, 255, &number) == 0)
		*out = number;
	else
		return -EINVAL;
	return 0;
}

int endpoint_parse(const char *text, struct endpoint *out, char *why, size_t size)
{
	const char *reason = "not an address", *end = text + strlen(text), *port = NULL;
	char addr[INET6_ADDRSTRLEN + 1];

	if (*text == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return refuse(why, size, "'%s': not [ADDRESS]:PORT", text - 1);
		port = end[1] ? end + 2 : NULL;
	} else if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
		end = strchr(text, ':');
		port = end + 1;
	}
	if ((size_t)(end - text) >= sizeof(addr))
		return refuse(why, size, "'%s': not an address", text);
	memcpy(addr, text, end - text);
	addr[end - text] = '\0';
	if (strchr(addr, '/') || prefix_parse(addr, &out->addr, &reason))
		return refuse(why, size, "'%s': %s", addr,
			      strchr(addr, '/') ? "not one address" : reason);
	out->has_port = port != NULL;
	out->port = 0;
	if (port && number_parse(port, 0, 65535, &out->port))
		return refuse(why, size, "'%s': not a port of 0-65535", port);
	return 0;
}

int tuple_parse(const char *proto, const char *source, const char *destination, bool syn,
		struct tuple *out, char *why, size_t size)
{
	struct endpoint src, dst;
	bool ports;

	memset(out, 0, sizeof(*out));
	if (endpoint_parse(source, &src, why, size) || endpoint_parse(destination, &dst, why, size))
		return -EINVAL;
	if (src.addr.family != dst.addr.family)
		return refuse(why, size, "IPv4 and IPv6 in one packet");
	out->family = src.addr.family;
	if (proto_parse(proto, out->family, &out->proto))
		return refuse(why, size, "'%s': not tcp, udp, icmp, esp or a number of 0-255",
			      proto);
	if (out->family == 6 && is_ipv6_extension(out->proto))
		return refuse(why, size, "%s is an extension header of IPv6, not a protocol",
			      proto);
	ports = proto_has_ports(out->proto);
	if (ports && !(src.has_port && dst.has_port))
		return refuse(why, size, "%s needs SRC:PORT and DST:PORT", proto);
	if (!ports && (src.has_port || dst.has_port))
		return refuse(why, size, "protocol %s has no ports", proto);
	if (syn && out->proto != IPPROTO_TCP)
		return refuse(why, size, "--syn goes with tcp");
	memcpy(out->saddr, src.addr.addr, sizeof(out->saddr));
	memcpy(out->daddr, dst.addr.addr, sizeof(out->daddr));
	out->sport = src.port;
	out->dport = dst.port;
	out->syn = syn;
	return 0;
}

void address_text(int family, const uint8_t *addr, char *buf, size_t size)
{
	if (!inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, buf, size))
		snprintf(buf, size, "?");
}

void tuple_end_text(const struct tuple *tuple, bool source, char *buf, size_t size)
{
	char addr[INET6_ADDRSTRLEN];

	address_text(tuple->family, source ? tuple->saddr : tuple->daddr, addr, sizeof(addr));
	if (!proto_has_ports(tuple->proto))
		snprintf(buf, size, "%s", addr);
	else
		snprintf(buf, size, tuple->family == 4 ? "%s:%u" : "[%s]:%u", addr,
			 source ? tuple->sport : tuple->dport);
}

const char *proto_text(int family, int proto, char *buf, size_t size)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ESP:
		return "esp";
	default:
		if (proto == (family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
			return "icmp";
		snprintf(buf, size, "%d", proto);
		return buf;
	}
}
