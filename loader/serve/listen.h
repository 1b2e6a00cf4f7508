/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the server listens. */
#ifndef XE_SERVE_LISTEN_H
#define XE_SERVE_LISTEN_H

#include <stddef.h>
#include <sys/socket.h>

#define LISTEN_DEFAULT "127.0.0.1:9464"
#define LISTEN_PORT    9464

/*
 * "192.0.2.1:9464", "[2001:db8::1]:9464"; without a port LISTEN_PORT, port 0: any that is free. No
 * names, and no link-local IPv6 addresses. 0, or -EINVAL with what is wrong in `why`.
 */
int listen_parse(const char *text, struct sockaddr_storage *out, char *why, size_t size);
/* The same back. Returns buf. */
#define LISTEN_TEXT_MAX 64
const char *listen_text(const struct sockaddr_storage *address, char buf[LISTEN_TEXT_MAX]);
/*
 * A socket that listens there, non-blocking; the address as it became in *address. "[::]" takes
 * IPv4 too. Its descriptor, or a negative errno (reported).
 */
int listen_open(struct sockaddr_storage *address);

#endif
