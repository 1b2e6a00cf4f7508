// SPDX-License-Identifier: GPL-2.0-only
/* Reading a whole regular file of bounded size; see file_read.h. */
#include "policy/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/diag.h"

static struct {
	void (*note)(const char *path, const struct stat *st, void *arg);
	void *arg;
} watch;

void file_read_watch(void (*note)(const char *path, const struct stat *st, void *arg), void *arg)
{
	watch.note = note;
	watch.arg = arg;
}

static const char *kind_text(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "a socket";
	}
}

static int report(const char *path, int err)
{
	diag_error(path, 0, 0, NULL, "cannot be read: %s", strerror(err));
	return -err;
}

static int too_large(const char *path, size_t max)
{
	diag_error(path, 0, 0, NULL, "larger than %zu MiB", max >> 20);
	return -EFBIG;
}

/* A buffer that is exactly full grows by half. */
int file_read_all(const char *path, int fd, size_t hint, size_t max, char **data, size_t *len)
{
	size_t size = hint + 2, used = 0;
	char *buf = malloc(size);

	*data = NULL;
	*len = 0;
	if (!buf)
		return report(path, ENOMEM);
	for (;;) {
		ssize_t n = read(fd, buf + used, size - used - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = errno;

			free(buf);
			return report(path, err);
		}
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max) {
			free(buf);
			return too_large(path, max);
		}
		if (used + 1 == size) {
			char *more = realloc(buf, size + size / 2 + 4096);

			if (!more) {
				free(buf);
				return report(path, ENOMEM);
			}
			buf = more;
			size += size / 2 + 4096;
		}
	}
	buf[used] = '\0';
	*data = buf;
	*len = used;
	return 0;
}

int file_read(const char *path, size_t max, char **data, size_t *len)
{
	struct stat before, after;
	int fd, err;

	*data = NULL;
	*len = 0;
	/*
	 * O_NONBLOCK: a FIFO without a writer must not hold us before fstat() can tell what it
	 * is.
	 */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return report(path, errno);
	if (fstat(fd, &before) < 0) {
		err = report(path, errno);
		goto out;
	}
	if (!S_ISREG(before.st_mode)) {
		diag_error(path, 0, 0, NULL, "is %s, not a regular file",
			   kind_text(before.st_mode));
		err = S_ISDIR(before.st_mode) ? -EISDIR : -EINVAL;
		goto out;
	}
	if (before.st_size > (off_t)max) {
		err = too_large(path, max);
		goto out;
	}
	err = file_read_all(path, fd, (size_t)before.st_size, max, data, len);
	if (err)
		goto out;
	if (fstat(fd, &after) < 0 || after.st_size != before.st_size ||
	    after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before.st_mtim.tv_nsec) {
		diag_error(path, 0, 0, NULL, "changed while it was read; try again");
		free(*data);
		*data = NULL;
		*len = 0;
		err = -EAGAIN;
	} else if (watch.note) {
		watch.note(path, &before, watch.arg);
	}
out:
	close(fd);
	return err;
}
