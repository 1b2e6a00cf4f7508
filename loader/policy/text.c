// SPDX-License-Identifier: GPL-2.0-only
/* Small readers of words that the spec tables and the site have in common; see text.h. */
#include "policy/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "output/escape.h"
#include "policy/diag.h"
#include "policy/model.h"

int text_check(const char *path, const char *data, size_t len)
{
	unsigned line = 1, column = 1;

	if (len >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0))
		return diag_error(path, 1, 1, NULL, "UTF-16 text; save the file as UTF-8");
	for (size_t i = 0; i < len;) {
		uint32_t code;
		size_t n = utf8_decode(data + i, len - i, &code);

		if (n == 0) {
			char byte[8];

			snprintf(byte, sizeof(byte), "\\x%02x", (unsigned char)data[i]);
			return diag_error(path, line, column, byte, "not UTF-8");
		}
		if (code == 0)
			return diag_error(path, line, column, "\\x00",
					  "NUL byte; this is not a text file");
		i += n;
		column++;
		if (code == '\n')
			line++, column = 1;
	}
	return 0;
}

bool name_valid(const char *text, size_t max)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len <= max && text[len] == '\0' && text[0] != '-';
}

int number_parse(const char *text, unsigned min, unsigned max, unsigned *out)
{
	size_t len = strspn(text, "0123456789");
	unsigned long long value = 0;

	if (len == 0 || len > 10 || text[len] || (text[0] == '0' && len > 1))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	if (value < min || value > max)
		return -EINVAL;
	*out = (unsigned)value;
	return 0;
}

int l4_parse(const char *text, unsigned *l4)
{
	static const struct {
		const char *text;
		unsigned l4;
	} known[] = {
		{"tcp", L4_TCP},
		{"udp", L4_UDP},
		{"tcp+udp", L4_TCP | L4_UDP},
		{"any", L4_TCP | L4_UDP | L4_OTHER},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(text, known[i].text) == 0) {
			*l4 = known[i].l4;
			return 0;
		}
	}
	return -EINVAL;
}

/* --- nearest word ----------------------------------------------------------------------------- */

#define SUGGEST_LEN 96

/* Edit distance (Levenshtein 1966) of two words of at most SUGGEST_LEN bytes. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[SUGGEST_LEN + 1];

	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

void suggest_start(struct suggest *s, const char *word)
{
	s->word = word;
	s->best = NULL;
	/* A third of the letters wrong is a slip; more is another word. */
	s->distance = (strlen(word) + 2) / 3 + 1;
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	size_t n = strlen(s->word), m = strlen(candidate), distance;

	if (n == 0 || n > SUGGEST_LEN || m > SUGGEST_LEN)
		return;
	distance = edit_distance(s->word, n, candidate, m);
	if (distance < s->distance) {
		s->distance = distance;
		s->best = candidate;
	}
}

const char *suggest_text(struct suggest *s)
{
	if (!s->best)
		return "";
	snprintf(s->text, sizeof(s->text), "; did you mean %s?", s->best);
	return s->text;
}
