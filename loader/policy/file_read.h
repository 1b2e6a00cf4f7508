/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a whole regular file of bounded size. */
#ifndef XE_POLICY_FILE_READ_H
#define XE_POLICY_FILE_READ_H

#include <stddef.h>

/*
 * Read `path` (a symlink is followed) into *data, to be freed by the caller, *len bytes and one NUL
 * more. A directory, FIFO, socket or device, a file of more than `max` bytes and one that changes
 * meanwhile are refused; nothing is waited for. 0, or a negative errno, reported by diag.
 */
int file_read(const char *path, size_t max, char **data, size_t *len);

/*
 * The same of an open file of any kind, standard input say, to its end: that is waited for. `hint`:
 * how long it may be.
 */
int file_read_all(const char *path, int fd, size_t hint, size_t max, char **data, size_t *len);

struct stat;
/*
 * Have every file that is read from here on told to `note`, with what fstat() said of it before:
 * for a program that wants to know when to read again. NULL ends it.
 */
void file_read_watch(void (*note)(const char *path, const struct stat *st, void *arg), void *arg);

#endif
