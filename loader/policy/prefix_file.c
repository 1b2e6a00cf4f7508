// SPDX-License-Identifier: GPL-2.0-only
/* Files of prefixes, one a line; see prefix_file.h. What is gathered is ordered in written.c. */
#include "policy/prefix_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/file_read.h"
#include "policy/text.h"

struct reader {
	const char *path;
	struct written_prefixes *list;
	unsigned line;
	uint16_t file;
	size_t n_ipv4, n_ipv6;
	bool faulty;
};

/* Cut the line at its comment and take the blanks off both ends. NUL-terminates it. */
static char *line_trim(char *line, size_t len, unsigned *column)
{
	char *comment = memchr(line, '#', len), *end = comment ? comment : line + len, *at = line;

	if (end == line + len && end > line && end[-1] == '\r')
		end--;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	*end = '\0';
	*column = (unsigned)(at - line) + 1;
	return at;
}

/* One line too many of a family ends the reading: its message would come with every further one. */
static int count(struct reader *r, const struct prefix *prefix, const char *text)
{
	if (prefix->family == 4 && ++r->n_ipv4 > PREFIX_FILE_MAX_IPV4)
		return diag_error(r->path, r->line, 0, text, "more than %u IPv4 prefixes in a file",
				  PREFIX_FILE_MAX_IPV4);
	if (prefix->family == 6 && ++r->n_ipv6 > PREFIX_FILE_MAX_IPV6)
		return diag_error(r->path, r->line, 0, text, "more than %u IPv6 prefixes in a file",
				  PREFIX_FILE_MAX_IPV6);
	return 0;
}

/* `line` without its newline; what is behind it may be written to. A fault is noted, not returned.
 */
static int read_line(struct reader *r, char *line, size_t len)
{
	struct prefix prefix;
	const char *why = "";
	unsigned column;
	char *text;
	int err;

	if (len > PREFIX_LINE_MAX) {
		r->faulty = true;
		diag_error(r->path, r->line, 0, NULL, "a line of %zu bytes; at most %u are read",
			   len, PREFIX_LINE_MAX);
		return 0;
	}
	text = line_trim(line, len, &column);
	if (!*text)
		return 0;
	if (prefix_parse(text, &prefix, &why)) {
		r->faulty = true;
		diag_error(r->path, r->line, 0, text, "%s",
			   strpbrk(text, " \t") ? "one address or prefix a line" : why);
		return 0;
	}
	err = count(r, &prefix, text);
	if (!err)
		err = written_add(r->list, &prefix, r->line, 0);
	if (!err)
		r->list->v[r->list->n - 1].file = r->file;
	return err;
}

static int read_lines(struct reader *r, char *data, size_t len)
{
	size_t at = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	int err = 0;

	/* file_read() leaves a NUL behind the last byte, so that every line has room for its own.
	 */
	while (at < len && !err && !diag_full()) {
		char *lf = memchr(data + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - (data + at)) : len - at;

		r->line++;
		err = read_line(r, data + at, n);
		at += n + 1;
	}
	if (!err && !r->faulty && r->n_ipv4 + r->n_ipv6 == 0)
		err = diag_error(r->path, 0, 0, NULL, "no address in it");
	return err ? err : r->faulty ? -EINVAL : 0;
}

/* The list's own copy of the path, by number; 0 when out of memory. */
static uint16_t add_name(struct written_prefixes *list, const char *path)
{
	char **files = realloc(list->files, (list->n_files + 1) * sizeof(*files));

	if (!files)
		return 0;
	list->files = files;
	files[list->n_files] = strdup(path);
	return files[list->n_files] ? (uint16_t)++list->n_files : 0;
}

int written_add_file(struct written_prefixes *list, const char *path, size_t *bytes)
{
	struct reader r = {.path = path, .list = list};
	char *data = NULL;
	size_t len;
	int err;

	if (list->n_files == UINT16_MAX) {
		err = diag_error(path, 0, 0, NULL, "one file of prefixes too many");
		goto out;
	}
	err = file_read(path, PREFIX_FILE_MAX, &data, &len);
	if (err)
		goto out;
	*bytes += len;
	err = text_check(path, data, len);
	if (!err) {
		r.file = add_name(list, path);
		err = r.file ? read_lines(&r, data, len) : -ENOMEM;
	}
	if (err == -ENOMEM)
		diag_error(path, r.line, 0, NULL, "out of memory");
out:
	free(data);
	return err;
}
