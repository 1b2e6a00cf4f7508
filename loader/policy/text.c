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

/* How many bytes from `data` on are ASCII without NUL, as far as eight at a time can tell. */
static size_t plain_length(const char *data, size_t len)
{
	const uint64_t ones = 0x0101010101010101ull, tops = ones << 7;
	size_t at = 0;
	uint64_t word;

	for (; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, data + at, sizeof(word));
		/* a byte that is 0 borrows from its top bit; one that has its top bit is not ASCII
		 */
		if (((word - ones) | word) & tops)
			break;
	}
	return at;
}

void text_place(const char *data, size_t offset, unsigned *line, unsigned *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < offset; i++) {
		if (data[i] == '\n')
			++*line, *column = 1;
		else if (((unsigned char)data[i] & 0xc0) != 0x80)
			++*column;
	}
}

int text_check(const char *path, const char *data, size_t len)
{
	unsigned line, column;

	if (len >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0))
		return diag_error(path, 1, 1, NULL, "UTF-16 text; save the file as UTF-8");
	for (size_t i = plain_length(data, len); i < len;) {
		uint32_t code;
		size_t n = utf8_decode(data + i, len - i, &code);

		if (n == 0) {
			char byte[8];

			text_place(data, i, &line, &column);
			snprintf(byte, sizeof(byte), "\\x%02x", (unsigned char)data[i]);
			return diag_error(path, line, column, byte, "not UTF-8");
		}
		if (code == 0) {
			text_place(data, i, &line, &column);
			return diag_error(path, line, column, "\\x00",
					  "NUL byte; this is not a text file");
		}
		i += n;
		if (code == '\n')
			i += plain_length(data + i, len - i);
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
