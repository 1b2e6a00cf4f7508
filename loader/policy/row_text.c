// SPDX-License-Identifier: GPL-2.0-only
/* Text of effective rows; see row_text.h. */
#include "policy/row_text.h"

#include <stdio.h>
#include <string.h>

#include "policy/addr.h"

#define FROM   "from "
#define EITHER " either way"

static bool sets_equal(const struct port_set *a, const struct port_set *b)
{
	return a->n == b->n && !memcmp(a->v, b->v, a->n * sizeof(*a->v));
}

/* The set, cut to fit, at the end of the text in buf; `keep` bytes stay free behind it. */
static void append_set(const struct port_set *set, char *buf, size_t size, size_t keep)
{
	size_t used = strlen(buf);

	if (used + keep < size)
		port_set_text(set, buf + used, size - used - keep);
}

static void append_word(const char *word, char *buf, size_t size)
{
	size_t used = strlen(buf);

	snprintf(buf + used, size - used, "%s", word);
}

void effective_ports_text(const struct effective_row *row, char *buf, size_t size)
{
	const struct port_set *ports = &row->ports, *from = &row->source_ports;

	if (size == 0)
		return;
	*buf = '\0';
	if (row->match == MATCH_EITHER) {
		append_set(ports, buf, size, strlen(EITHER));
		append_word(EITHER, buf, size);
	} else if (port_set_is_any(from) || (row->dhcp && sets_equal(ports, from))) {
		append_set(ports, buf, size, 0);
	} else {
		if (!port_set_is_any(ports)) {
			append_set(ports, buf, size, size / 2);
			append_word(" ", buf, size);
		}
		append_word(FROM, buf, size);
		append_set(from, buf, size, 0);
	}
}
