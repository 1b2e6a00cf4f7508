/* SPDX-License-Identifier: GPL-2.0-only */
/* Small readers of words that the spec tables and the site have in common. */
#ifndef XE_POLICY_TEXT_H
#define XE_POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Is this UTF-8 text without NUL? Reports UTF-16, NUL and bad UTF-8 by line and column (in
 * characters) for `path`. 0 or -EINVAL.
 */
int text_check(const char *path, const char *data, size_t len);

/* Where byte `offset` of a text stands, from 1; columns count characters. */
void text_place(const char *data, size_t offset, unsigned *line, unsigned *column);

/* [a-z0-9-], 1..max bytes, not starting with '-'. */
bool name_valid(const char *text, size_t max);

/* Decimal, no sign, no leading zeros, min..max. 0 or -EINVAL. */
int number_parse(const char *text, unsigned min, unsigned max, unsigned *out);

/* "tcp", "udp", "tcp+udp", "any" to L4_TCP | …. 0 or -EINVAL. */
int l4_parse(const char *text, unsigned *l4);

/*
 * The known word nearest to a misspelt one: suggest_start(), suggest_offer() for each candidate,
 * then suggest_text(): "; did you mean WORD?", or "" if none is near enough to be worth naming.
 */
struct suggest {
	const char *word, *best;
	size_t distance;
	char text[128];
};

void suggest_start(struct suggest *s, const char *word);
void suggest_offer(struct suggest *s, const char *candidate);
const char *suggest_text(struct suggest *s);

#endif
