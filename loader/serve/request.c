// SPDX-License-Identifier: GPL-2.0-only
/* What a request says, beside its path. */
#include "request.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../cmd/tuple_text.h"

/* --- parameters ------------------------------------------------------------------------------ */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t request_unescape(void *unused, struct MHD_Connection *connection, char *text)
{
	char *to = text;

	(void)unused;
	(void)connection;
	for (const char *from = text; *from; from++) {
		int high = *from == '%' ? hex(from[1]) : -1, low = high < 0 ? -1 : hex(from[2]);

		if (low < 0 || !(high | low)) {
			*to++ = *from;
			continue;
		}
		*to++ = high << 4 | low;
		from += 2;
	}
	*to = '\0';
	return to - text;
}

struct collecting {
	struct parameter *parameters;
	char *why;
	size_t size;
	bool failed;
};

static enum MHD_Result refuse(struct collecting *to, const char *key, const char *what)
{
	snprintf(to->why, to->size, "parameter '%s': %s", key, what);
	to->failed = true;
	return MHD_NO;
}

static enum MHD_Result collect(void *arg, enum MHD_ValueKind kind, const char *key,
			       const char *value)
{
	struct collecting *to = arg;

	(void)kind;
	for (struct parameter *at = to->parameters; at->name; at++) {
		if (strcmp(at->name, key) != 0)
			continue;
		if (at->value)
			return refuse(to, key, "given twice");
		at->value = value ? value : "";
		return MHD_YES;
	}
	return refuse(to, key, "not known here");
}

int request_parameters(struct MHD_Connection *connection, struct parameter *parameters, char *why,
		       size_t size)
{
	struct collecting to = {.parameters = parameters, .why = why, .size = size};

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, collect, &to);
	return to.failed ? -EINVAL : 0;
}

int parameter_flag(const struct parameter *parameter, bool *out, char *why, size_t size)
{
	const char *value = parameter->value ? parameter->value : "0";

	*out = value[0] == '1';
	if ((value[0] == '0' || value[0] == '1') && !value[1])
		return 0;
	snprintf(why, size, "parameter '%s' takes 0 or 1, not '%s'", parameter->name, value);
	return -EINVAL;
}

/* --- what it accepts ------------------------------------------------------------------------- */

/* The next part up to `separator`, without blanks around; NULL: no more. *from goes on behind it.
 */
static const char *next_part(const char **from, char separator, size_t *len)
{
	const char *start = *from, *end;

	if (!start)
		return NULL;
	end = strchrnul(start, separator);
	*from = *end ? end + 1 : NULL;
	while (start < end && isspace((unsigned char)*start))
		start++;
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	*len = end - start;
	return start;
}

static bool part_is(const char *part, size_t len, const char *text)
{
	return len == strlen(text) && !strncasecmp(part, text, len);
}

/* What one media range says of OpenMetrics and of plain text: higher qualities only. */
static void weigh(const char *range, size_t range_len, double *openmetrics, double *text)
{
	char buf[256];
	const char *at = buf, *part;
	double quality = 1;
	bool other_version = false, is_openmetrics = false, is_text = false;
	size_t len;

	if (range_len >= sizeof(buf))
		return;
	memcpy(buf, range, range_len);
	buf[range_len] = '\0';
	part = next_part(&at, ';', &len);
	if (part_is(part, len, "application/openmetrics-text"))
		is_openmetrics = true;
	else if (part_is(part, len, "text/plain") || part_is(part, len, "text/*") ||
		 part_is(part, len, "*/*"))
		is_text = true;
	while ((part = next_part(&at, ';', &len))) {
		if (len > 2 && !strncasecmp(part, "q=", 2))
			quality = strtod(part + 2, NULL);
		else if (len > 8 && !strncasecmp(part, "version=", 8))
			other_version = !part_is(part + 8, len - 8, "1.0.0") &&
					!part_is(part + 8, len - 8, "\"1.0.0\"");
	}
	if (is_openmetrics && !other_version && quality > *openmetrics)
		*openmetrics = quality;
	if (is_text && quality > *text)
		*text = quality;
}

bool request_wants_openmetrics(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	double openmetrics = 0, text = 0;
	const char *range;
	size_t len;

	while ((range = next_part(&accept, ',', &len)))
		weigh(range, len, &openmetrics, &text);
	return openmetrics > 0 && openmetrics >= text;
}

/* --- for whom it takes us -------------------------------------------------------------------- */

/* The address that the client has connected to; IPv4 as such, also on a socket of IPv6. */
static int local_address(struct MHD_Connection *connection, uint8_t address[16])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr_storage local;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&local;
	const struct sockaddr_in *four = (const struct sockaddr_in *)&local;
	socklen_t len = sizeof(local);

	if (!info || getsockname(info->connect_fd, (struct sockaddr *)&local, &len))
		return 0;
	if (local.ss_family == AF_INET) {
		memcpy(address, &four->sin_addr, 4);
		return 4;
	}
	if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		memcpy(address, six->sin6_addr.s6_addr + 12, 4);
		return 4;
	}
	memcpy(address, &six->sin6_addr, 16);
	return 6;
}

bool host_name_valid(const char *name)
{
	size_t len = strlen(name);

	/* ASCII whatever the locale: what is beyond it comes as xn-- */
	return len && len <= 253 && *name != '-' && *name != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       len;
}

struct looking {
	struct MHD_Connection *connection;
	const char *const *names;
	size_t n_names;
	const char *refused;
};

static bool is_name_of_us(const struct looking *for_, const char *name, size_t len)
{
	if (part_is(name, len, "localhost"))
		return true;
	for (size_t i = 0; i < for_->n_names; i++)
		if (part_is(name, len, for_->names[i]))
			return true;
	return false;
}

static bool host_is_us(const struct looking *for_, const char *host)
{
	uint8_t address[16];
	struct endpoint end;
	char why[256];
	int family;

	/* a name ends where its port begins */
	if (is_name_of_us(for_, host, strchrnul(host, ':') - host))
		return true;
	if (endpoint_parse(host, &end, why, sizeof(why)))
		return false;
	family = local_address(for_->connection, address);
	return family == end.addr.family && !memcmp(address, end.addr.addr, family == 4 ? 4 : 16);
}

static enum MHD_Result look(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct looking *for_ = arg;

	(void)kind;
	if (strcasecmp(key, "Host") != 0 || host_is_us(for_, value ? value : ""))
		return MHD_YES;
	for_->refused = value ? value : "";
	return MHD_NO;
}

bool request_host_is_us(struct MHD_Connection *connection, const char *const *names, size_t n_names,
			const char **host)
{
	struct looking for_ = {.connection = connection, .names = names, .n_names = n_names};

	MHD_get_connection_values(connection, MHD_HEADER_KIND, look, &for_);
	*host = for_.refused;
	return !for_.refused;
}

bool request_has_tag(struct MHD_Connection *connection, const char *tag)
{
	const char *tags =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
	const char *part;
	size_t len;

	while ((part = next_part(&tags, ',', &len))) {
		if (len > 2 && !strncmp(part, "W/", 2)) {
			part += 2;
			len -= 2;
		}
		if (part_is(part, len, tag) || part_is(part, len, "*"))
			return true;
	}
	return false;
}
