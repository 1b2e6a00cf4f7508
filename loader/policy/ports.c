// SPDX-License-Identifier: GPL-2.0-only
/* Port sets and their text; see addr.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/text.h"

/* --- text in ---------------------------------------------------------------------------------- */

static int refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

static const char *port_reason(const char *text)
{
	if (*text == '\0')
		return "a port is missing";
	if (strspn(text, "0123456789") != strlen(text))
		return "not a port, a range lo-hi, a list a,b or any";
	return text[0] == '0' && text[1] ? "leading zeros in a port" : "port is not 0..65535";
}

/* One item of a list: "443" or "50000-59999". */
static int range_parse(const char *text, size_t len, struct port_range *out, const char **why)
{
	char word[16], *dash;
	unsigned lo, hi;

	if (len >= sizeof(word))
		return refuse(why, strspn(text, "0123456789") >= len
					   ? "port is not 0..65535"
					   : "not a port, a range lo-hi, a list a,b or any");
	memcpy(word, text, len);
	word[len] = '\0';
	/* A dash in front is a sign, or a range open below: neither is read. */
	dash = len > 0 ? strchr(word + 1, '-') : NULL;
	if (word[0] == '-')
		return refuse(why, "not a port: signs and open ranges are not read");
	if (dash) {
		*dash = '\0';
		if (dash[1] == '\0')
			return refuse(why, "open range; write both ends");
		if (number_parse(dash + 1, 0, 65535, &hi))
			return refuse(why, port_reason(dash + 1));
	}
	if (number_parse(word, 0, 65535, &lo))
		return refuse(why, port_reason(word));
	if (!dash)
		hi = lo;
	if (hi < lo)
		return refuse(why, "range is reversed");
	out->lo = (uint16_t)lo;
	out->hi = (uint16_t)hi;
	return 0;
}

static int range_compare(const void *a, const void *b)
{
	const struct port_range *x = a, *y = b;

	return x->lo != y->lo ? (x->lo < y->lo ? -1 : 1) : (int)x->hi - y->hi;
}

/* Sort, and make one of what overlaps or touches. */
static void set_normalize(struct port_set *set)
{
	size_t n = 0;

	qsort(set->v, set->n, sizeof(*set->v), range_compare);
	for (size_t i = 0; i < set->n; i++) {
		if (n > 0 && set->v[i].lo <= set->v[n - 1].hi + 1u) {
			if (set->v[i].hi > set->v[n - 1].hi)
				set->v[n - 1].hi = set->v[i].hi;
		} else {
			set->v[n++] = set->v[i];
		}
	}
	set->n = n;
}

int port_set_parse(const char *text, struct port_set *out, const char **why)
{
	struct port_set set = {0};
	size_t items = 1;
	int err;

	if (strcmp(text, "any") == 0) {
		err = port_set_any(out);
		if (err)
			*why = "out of memory";
		return err;
	}
	for (const char *p = text; *p; p++)
		items += *p == ',';
	set.v = calloc(items, sizeof(*set.v));
	if (!set.v) {
		*why = "out of memory";
		return -ENOMEM;
	}
	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");

		err = range_parse(p, len, &set.v[set.n++], why);
		if (err) {
			port_set_free(&set);
			return err;
		}
		p += len;
		if (*p == '\0')
			break;
	}
	set_normalize(&set);
	*out = set;
	return 0;
}

/* --- text out --------------------------------------------------------------------------------- */

void port_set_text(const struct port_set *set, char *buf, size_t size)
{
	static const char cut[] = "…";
	size_t used = 0;

	if (size == 0)
		return;
	buf[0] = '\0';
	if (port_set_is_any(set)) {
		snprintf(buf, size, "any");
		return;
	}
	for (size_t i = 0; i < set->n; i++) {
		const struct port_range *r = &set->v[i];
		/*
		 * Behind every item but the last there must be room left for the sign that it was
		 * cut.
		 */
		size_t reserve = i + 1 < set->n ? sizeof(cut) - 1 : 0;
		char item[24];
		int len;

		if (r->lo == r->hi)
			len = snprintf(item, sizeof(item), "%s%u", i ? "," : "", r->lo);
		else
			len = snprintf(item, sizeof(item), "%s%u%c%u", i ? "," : "", r->lo,
				       r->hi - r->lo == 1 ? ',' : '-', r->hi);
		if (used + (size_t)len + reserve >= size) {
			snprintf(buf + used, size - used, "%s",
				 size - used >= sizeof(cut) ? cut : "");
			return;
		}
		memcpy(buf + used, item, (size_t)len + 1);
		used += (size_t)len;
	}
}

/* --- sets ------------------------------------------------------------------------------------- */

int port_set_any(struct port_set *set)
{
	set->v = malloc(sizeof(*set->v));
	set->n = set->v ? 1 : 0;
	if (!set->v)
		return -ENOMEM;
	set->v[0] = (struct port_range){.lo = 0, .hi = 65535};
	return 0;
}

int port_set_merge(struct port_set *set, const struct port_set *more)
{
	struct port_range *v;

	if (more->n == 0)
		return 0;
	v = realloc(set->v, (set->n + more->n) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	memcpy(v + set->n, more->v, more->n * sizeof(*v));
	set->v = v;
	set->n += more->n;
	set_normalize(set);
	return 0;
}

int port_set_copy(struct port_set *to, const struct port_set *from)
{
	to->v = NULL;
	to->n = 0;
	return port_set_merge(to, from);
}

bool port_set_has(const struct port_set *set, uint16_t port)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (port > set->v[mid].hi)
			lo = mid + 1;
		else if (port < set->v[mid].lo)
			hi = mid;
		else
			return true;
	}
	return false;
}

bool port_set_is_any(const struct port_set *set)
{
	return set->n == 1 && set->v[0].lo == 0 && set->v[0].hi == 65535;
}

uint32_t port_set_count(const struct port_set *set)
{
	uint32_t count = 0;

	for (size_t i = 0; i < set->n; i++)
		count += set->v[i].hi - set->v[i].lo + 1u;
	return count;
}

void port_set_free(struct port_set *set)
{
	free(set->v);
	set->v = NULL;
	set->n = 0;
}
