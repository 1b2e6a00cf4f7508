// SPDX-License-Identifier: GPL-2.0-only
/* Prefixes as they were written, put in order; see prefix_file.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/prefix_file.h"

void written_start(struct written_prefixes *list, const char *path)
{
	memset(list, 0, sizeof(*list));
	list->path = path;
}

void written_free(struct written_prefixes *list)
{
	for (size_t i = 0; i < list->n_files; i++)
		free(list->files[i]);
	free(list->files);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

int written_add(struct written_prefixes *list, const struct prefix *prefix, unsigned line,
		unsigned column)
{
	if (list->n == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		struct written_prefix *v = realloc(list->v, capacity * sizeof(*v));

		if (!v)
			return -ENOMEM;
		list->v = v;
		list->capacity = capacity;
	}
	list->v[list->n++] =
		(struct written_prefix){.prefix = *prefix, .line = line, .column = column};
	return 0;
}

/* --- order ------------------------------------------------------------------------------------ */

/* The bytes that prefix_compare() orders by, the least telling first. */
#define KEY_BYTES 18

static unsigned key_byte(const struct prefix *prefix, unsigned i)
{
	if (i == 0)
		return prefix->prefixlen;
	return i == KEY_BYTES - 1 ? prefix->family : prefix->addr[16 - i];
}

static bool in_order(const struct written_prefixes *list)
{
	for (size_t i = 1; i < list->n; i++) {
		if (prefix_compare(&list->v[i - 1].prefix, &list->v[i].prefix) > 0)
			return false;
	}
	return true;
}

/* One pass: from `v` to `to` by one byte, stable. False, and nothing done, if all have the same. */
static bool sort_pass(const struct written_prefix *v, size_t n, unsigned byte,
		      struct written_prefix *to)
{
	size_t start[256] = {0}, at = 0;

	for (size_t i = 0; i < n; i++)
		start[key_byte(&v[i].prefix, byte)]++;
	if (n == 0 || start[key_byte(&v[0].prefix, byte)] == n)
		return false;
	for (unsigned i = 0; i < 256; i++) {
		size_t count = start[i];

		start[i] = at;
		at += count;
	}
	for (size_t i = 0; i < n; i++)
		to[start[key_byte(&v[i].prefix, byte)]++] = v[i];
	return true;
}

/* Prefixes of one family; `spare` has room for as many. */
static void sort_family(struct written_prefix *v, size_t n, struct written_prefix *spare)
{
	struct written_prefix *from = v, *to = spare;

	for (unsigned byte = 0; byte < KEY_BYTES - 1; byte++) {
		if (sort_pass(from, n, byte, to)) {
			struct written_prefix *done = to;

			to = from;
			from = done;
		}
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
}

/*
 * Radix sort, least significant byte first (Knuth, The Art of Computer Programming 3, 5.2.5): a
 * million prefixes take a third of what qsort() takes. Stable, so that of what stands twice the
 * first written comes first. The family goes first for all that, and each by itself afterwards:
 * IPv4 has twelve bytes less to look at.
 */
static int sort(struct written_prefixes *list)
{
	struct written_prefix *spare;
	size_t n_ipv4 = 0;

	if (in_order(list))
		return 0;
	spare = malloc(list->n * sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	if (sort_pass(list->v, list->n, KEY_BYTES - 1, spare)) {
		struct written_prefix *v = list->v;

		list->v = spare;
		list->capacity = list->n;
		spare = v;
	}
	while (n_ipv4 < list->n && list->v[n_ipv4].prefix.family == 4)
		n_ipv4++;
	sort_family(list->v, n_ipv4, spare);
	sort_family(list->v + n_ipv4, list->n - n_ipv4, spare);
	free(spare);
	return 0;
}

static const char *file_of(const struct written_prefixes *list, const struct written_prefix *at)
{
	return at->file ? list->files[at->file - 1] : list->path;
}

static void warn_twice(const struct written_prefixes *list, const struct written_prefix *first,
		       const struct written_prefix *again, const char *whom)
{
	bool elsewhere = first->file != again->file;
	char text[64];

	prefix_text(&again->prefix, text, sizeof(text));
	diag_warning(file_of(list, again), again->line, again->column, text,
		     "stands twice in %s; first on line %u%s%s", whom, first->line,
		     elsewhere ? " of " : "", elsewhere ? file_of(list, first) : "");
}

int written_finish(struct written_prefixes *list, const char *whom, struct prefix_list *out)
{
	if (sort(list))
		return -ENOMEM;
	for (size_t i = 0, first = 0; i < list->n; i++) {
		if (i > 0 && !prefix_compare(&list->v[i].prefix, &list->v[first].prefix)) {
			warn_twice(list, &list->v[first], &list->v[i], whom);
			continue;
		}
		first = i;
		if (prefix_list_add(out, &list->v[i].prefix))
			return -ENOMEM;
	}
	return 0;
}
