/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from outside (names, notes, tokens of a faulty file) made safe to show on a terminal or in a
 * log: nothing in it can move the cursor, set a title, reorder the line or end it. And names made
 * safe to paste into a shell, in the commands that we advise.
 */
#ifndef XE_OUTPUT_ESCAPE_H
#define XE_OUTPUT_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode the character at `in`. Returns its length in bytes, 1..4, and stores the code point; 0 if
 * the bytes are not UTF-8 (overlong forms, surrogates, more than U+10FFFF, cut by `len`).
 */
size_t utf8_decode(const char *in, size_t len, uint32_t *code);

/*
 * Escape `len` bytes of `in` into `out`: bytes below 0x20, 0x7f and bytes that are not UTF-8 as
 * \xNN, C1 controls, bidirectional controls, line separators and invisible tags as \u{…}; all else,
 * backslashes too, stays as it is. Writes at most `size` bytes with the NUL and cuts between
 * characters, never inside one. Returns the bytes that the whole result takes without the NUL, so
 * that a result of `size` or more was cut, as with snprintf(); `out` may be NULL when `size` is 0.
 */
size_t escape_terminal(const char *in, size_t len, char *out, size_t size);

#define SHELL_WORD_MAX 512
/*
 * `name` as one word of a POSIX shell that no command takes for an option: as it is if it has only
 * letters, digits and _ . / : @ % + = , -, else in single quotes. One that does not fit is NAME.
 * Returns `word`.
 */
const char *escape_shell(const char *name, char word[SHELL_WORD_MAX]);
/* The same for a printf() argument; valid until the end of the block. */
#define SHELL_WORD(name) escape_shell(name, (char[SHELL_WORD_MAX]){0})

#endif
