/* SPDX-License-Identifier: GPL-2.0-only */
/* What a request says, beside its path: parameters, what it accepts, for whom it takes us. */
#ifndef XE_SERVE_REQUEST_H
#define XE_SERVE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <microhttpd.h>

/* Escapes of a path or parameter, undone in place; %00 stays, so that text is whole. */
size_t request_unescape(void *unused, struct MHD_Connection *connection, char *text);

struct parameter {
	const char *name;
	const char *value; /* NULL: not given */
};

/*
 * The values of parameters by name, the list ended by a NULL name. 0, or -EINVAL with what is wrong
 * in `why`: one that is not listed, or that is given twice.
 */
int request_parameters(struct MHD_Connection *connection, struct parameter *parameters, char *why,
		       size_t size);
/* "1" or "0", NULL is false. 0, or -EINVAL with what is wrong in `why`. */
int parameter_flag(const struct parameter *parameter, bool *out, char *why, size_t size);

/* Whether it takes OpenMetrics 1.0.0, and likes it as much as plain text (RFC 9110, 12.5.1). */
bool request_wants_openmetrics(struct MHD_Connection *connection);

/*
 * Whether it can be a name of us as a Host header has it, without a port: letters, digits, "-", "."
 * and "_"; an IPv4 address, too.
 */
bool host_name_valid(const char *name);
/*
 * Whether its Host header names us: `localhost`, a name of the list, or the very address that the
 * client has reached. Another name is one that somebody else has given to our address, so that a
 * browser lets its pages read what we answer (DNS rebinding). Without the header, which browsers
 * send, true. If not, its value is in `host`.
 */
bool request_host_is_us(struct MHD_Connection *connection, const char *const *names, size_t n_names,
			const char **host);
/* Whether If-None-Match has the tag, which stands in its quotes. */
bool request_has_tag(struct MHD_Connection *connection, const char *tag);

#endif
