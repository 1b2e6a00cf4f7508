/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tuple as people write it: PROTO, SRC:PORT, DST:PORT; IPv6 as [addr]:port; no port where there
 * is none.
 */
#ifndef XE_CMD_TUPLE_TEXT_H
#define XE_CMD_TUPLE_TEXT_H

#include "../policy/compile.h"

struct endpoint {
	struct prefix addr; /* one whole address */
	bool has_port;
	unsigned port;
};

/* "[v6]:port", "v4:port", "[v6]", "v6" or "v4". 0, or -EINVAL with what is wrong in `why`. */
int endpoint_parse(const char *text, struct endpoint *out, char *why, size_t size);
/* 0, or -EINVAL with what is wrong in `why`. */
int tuple_parse(const char *proto, const char *source, const char *destination, bool syn,
		struct tuple *out, char *why, size_t size);
/* "192.0.2.1:443", "[2001:db8::1]:443", without the port if the protocol has none. */
void tuple_end_text(const struct tuple *tuple, bool source, char *buf, size_t size);
/* "192.0.2.1", "2001:db8::1" */
void address_text(int family, const uint8_t *addr, char *buf, size_t size);
/* "tcp", "udp", "icmp", "esp", or the number. */
const char *proto_text(int family, int proto, char *buf, size_t size);
/* The protocol has ports that rows can limit. */
bool proto_has_ports(int proto);

#endif
