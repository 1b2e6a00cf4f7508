/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prefixes as they were written, wherever that was: gathered one by one or from a file that holds
 * one a line, then put in order. The site's roles and rows use it.
 */
#ifndef XE_POLICY_PREFIX_FILE_H
#define XE_POLICY_PREFIX_FILE_H

#include "model.h"

/* What one file may hold: lines of each family, bytes of a line with its comment, bytes in all. */
#define PREFIX_FILE_MAX_IPV4 1000000u
#define PREFIX_FILE_MAX_IPV6 1000000u
#define PREFIX_LINE_MAX	     1024u
#define PREFIX_FILE_MAX	     (64u << 20)

/* One prefix and its place: file 0 is the gatherer's own, others are files that it named. */
struct written_prefix {
	struct prefix prefix;
	uint16_t file;
	uint32_t line, column; /* column 0: not known */
};

struct written_prefixes {
	struct written_prefix *v;
	size_t n, capacity;
	const char *path; /* file 0 */
	char **files;	  /* file 1, 2, … */
	size_t n_files;
};

/* `path`, of file 0, must outlive *list. written_free() also after a failure. */
void written_start(struct written_prefixes *list, const char *path);
void written_free(struct written_prefixes *list);

/* Add one of file 0. 0 or -ENOMEM. */
int written_add(struct written_prefixes *list, const struct prefix *prefix, unsigned line,
		unsigned column);

/*
 * Add all of the file `path`: one address or prefix a line, blanks around it, "#" and what follows
 * it left out; blank lines, CRLF, a byte order mark and a missing last newline are accepted. A file
 * without any prefix is an error of the file: it was cut off, or is not what it was taken for. Its
 * size in bytes is added to *bytes. 0; -EINVAL, all faults reported as FILE:LINE: TOKEN: reason; or
 * another negative errno (reported) as of file_read().
 */
int written_add_file(struct written_prefixes *list, const char *path, size_t *bytes);

/*
 * Put into *out, which is empty, in the order of prefix_compare(), each once; what stands twice is
 * worth a warning for `whom`. *list is left in that order. 0 or -ENOMEM.
 */
int written_finish(struct written_prefixes *list, const char *whom, struct prefix_list *out);

#endif
