// SPDX-License-Identifier: GPL-2.0-only
/* Escaping of untrusted text for terminals and logs; see escape.h. */
#include "output/escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

size_t utf8_decode(const char *in, size_t len, uint32_t *code)
{
	const unsigned char *s = (const unsigned char *)in;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n;
	uint32_t c;

	if (len == 0)
		return 0;
	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2, c = s[0] & 0x1f;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3, c = s[0] & 0x0f;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4, c = s[0] & 0x07;
	else
		return 0;
	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return n;
}

/* Characters that print nothing by themselves but change how the rest is shown. */
static bool code_is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) ||			       /* C0, DEL, C1 */
	       c == 0x061c || c == 0x200e || c == 0x200f ||		       /* direction marks */
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || /* bidi embedding */
	       c == 0x2028 || c == 0x2029 || /* line and paragraph separator */
	       c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

size_t escape_terminal(const char *in, size_t len, char *out, size_t size)
{
	size_t need = 0, written = 0;
	bool full = size == 0;

	for (size_t i = 0; i < len;) {
		char text[16];
		uint32_t code;
		size_t n = utf8_decode(in + i, len - i, &code), k;

		if (n == 0) {
			n = 1;
			k = (size_t)snprintf(text, sizeof(text), "\\x%02x", (unsigned char)in[i]);
		} else if (!code_is_unsafe(code)) {
			memcpy(text, in + i, n);
			k = n;
		} else {
			k = (size_t)snprintf(text, sizeof(text),
					     code < 0x80 ? "\\x%02x" : "\\u{%x}", code);
		}
		i += n;
		need += k;
		if (!full && written + k < size) {
			memcpy(out + written, text, k);
			written += k;
		} else {
			full = true;
		}
	}
	if (size > 0)
		out[written] = '\0';
	return need;
}

const char *escape_shell(const char *name, char word[SHELL_WORD_MAX])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:@%+=,-";
	size_t len = strlen(name), used = 0;

	if (len && len < SHELL_WORD_MAX && name[0] != '-' && strspn(name, plain) == len)
		return memcpy(word, name, len + 1);
	word[used++] = '\'';
	/* room for the longest of a character, the closing quote and the NUL */
	for (size_t i = 0; i < len && used + 6 <= SHELL_WORD_MAX; i++)
		if (name[i] == '\'') {
			memcpy(word + used, "'\\''", 4);
			used += 4;
		} else {
			word[used++] = name[i];
		}
	if (used + 6 > SHELL_WORD_MAX || name[0] == '-')
		return memcpy(word, "NAME", sizeof("NAME"));
	memcpy(word + used, "'", 2);
	return word;
}
