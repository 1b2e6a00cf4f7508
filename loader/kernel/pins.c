// SPDX-License-Identifier: GPL-2.0-only
/* Pins and their lock. */
#include "pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "../output/report.h"

#define LOCK_WAIT_MS 10000
#define LOCK_STEP_MS 50

static int fail(const char *what, int err)
{
	if (err == -EACCES || err == -EPERM)
		report("%s: %s: run as root", what, strerror(-err));
	else if (err == -EROFS)
		report("%s: the bpffs is mounted read-only: mount -o remount,rw %s", what,
		       PINS_BPFFS);
	else
		report("%s: %s", what, strerror(-err));
	return err;
}

static int fail_at(const char *what, const char *path, int err)
{
	char text[PINS_PATH_MAX + 32];

	snprintf(text, sizeof(text), "cannot %s %s", what, path);
	return fail(text, err);
}

int pins_check(void)
{
	struct statfs fs;

	if (!statfs(PINS_BPFFS, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC)
		return 0;
	report("no bpffs at %s: mount -t bpf bpf %s; but if this runs under ip netns exec, which "
	       "hides it, use nsenter --net=/run/netns/NAME instead",
	       PINS_BPFFS, PINS_BPFFS);
	return -ENOTDIR;
}

/* Now, not halfway: an unload would detach and then fail to remove. */
static int check_writable(void)
{
	struct statfs fs;
	int err = pins_check();

	if (!err && !statfs(PINS_BPFFS, &fs) && fs.f_flags & ST_RDONLY)
		err = fail("cannot change " PINS_ROOT, -EROFS);
	return err;
}

#define NO_GROUP ((gid_t)-1)

/* The group that may read, or NO_GROUP. Looked up once. */
static gid_t reading_group(void)
{
	static bool looked_up;
	static gid_t gid = NO_GROUP;

	if (!looked_up) {
		const struct group *group = getgrnam(PINS_GROUP);

		looked_up = true;
		if (group)
			gid = group->gr_gid;
	}
	return gid;
}

/*
 * Let the group, if there is one, look into a directory or read a pin; what it may already is left
 * as it is. 0 or -errno.
 */
static int share_with_group(const char *path)
{
	gid_t group = reading_group();
	struct stat st;
	mode_t mode;

	if (group == NO_GROUP)
		return 0;
	if (lstat(path, &st))
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP; /* what it leads to is somebody else's */
	mode = S_ISDIR(st.st_mode) ? 0750 : 0640;
	if (st.st_gid != group && chown(path, (uid_t)-1, group))
		return -errno;
	if ((st.st_mode & 07777) != mode && chmod(path, mode))
		return -errno;
	return 0;
}

/* On a bpffs that anybody may write to, somebody could have been there first. */
static int check_owner(void)
{
	struct stat st;

	if (lstat(PINS_ROOT, &st))
		return fail("cannot look at " PINS_ROOT, -errno);
	if (S_ISDIR(st.st_mode) && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	    !(st.st_mode & 022))
		return 0;
	report(PINS_ROOT " belongs to somebody else, or others may write to it: remove it, or "
			 "chown root and chmod go-w");
	return -EPERM;
}

/*
 * A directory to be locked, made if it is not there: nobody else's, for whoever may open one may
 * lock it, and the group may open PINS_ROOT. Its descriptor or -errno (reported).
 */
static int open_lock(const char *path)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST)
		return fail_at("make", path, -errno);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail_at("open", path, -errno);
	if (!fstat(fd, &st) && (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & 077))
		return fd;
	close(fd);
	report("%s belongs to somebody else, or others may open it: remove it", path);
	return -EPERM;
}

int pins_lock(void)
{
	const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
	int fd, err = check_writable();

	if (err)
		return err;
	err = pins_mkdir(PINS_ROOT);
	if (err && err != -EEXIST)
		return fail("cannot make " PINS_ROOT, err);
	err = check_owner();
	if (err)
		return err;
	share_with_group(PINS_ROOT); /* the group may be younger than the directory */
	fd = open_lock(PINS_LOCK);
	if (fd < 0)
		return fd;
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK || waited >= LOCK_WAIT_MS) {
			err = -errno;
			close(fd);
			if (err == -EWOULDBLOCK)
				report("another xdp-edge is changing a policy: waited %d s; try "
				       "again when it is done",
				       LOCK_WAIT_MS / 1000);
			else
				fail("cannot lock " PINS_LOCK, err);
			return err;
		}
		nanosleep(&step, NULL);
	}
	return fd;
}

#define CAPTURE_WAIT_MS 500 /* whoever only looks at the lock has it for a moment */

static const char *capture_lock_path(char *buf, const char *name)
{
	snprintf(buf, PINS_PATH_MAX, PINS_LOCK "/%s", name);
	return buf;
}

int pins_capture_lock(const char *name)
{
	const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
	char path[PINS_PATH_MAX];
	int fd = open_lock(PINS_LOCK), err;

	if (fd >= 0) {
		close(fd);
		fd = open_lock(capture_lock_path(path, name));
	}
	if (fd < 0)
		return fd;
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_STEP_MS) {
		if (errno == EWOULDBLOCK && waited < CAPTURE_WAIT_MS) {
			nanosleep(&step, NULL);
			continue;
		}
		err = -errno;
		close(fd);
		if (err != -EWOULDBLOCK)
			return fail("cannot lock its pins", err);
		report("%s: another xdp-edge capture takes packets of it: one at a time", name);
		return -EBUSY;
	}
	return fd;
}

bool pins_capture_locked(const char *name)
{
	char path[PINS_PATH_MAX];
	int fd = open(capture_lock_path(path, name),
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	bool locked =
		fd < 0 ? errno != ENOENT : flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return locked;
}

const char *pins_path(char *buf, const char *name, const char *entry)
{
	snprintf(buf, PINS_PATH_MAX, PINS_ROOT "/%s%s%s", name, entry ? "/" : "",
		 entry ? entry : "");
	return buf;
}

const char *pins_generation_path(char *buf, const char *name, uint32_t generation,
				 const char *entry)
{
	snprintf(buf, PINS_PATH_MAX, PINS_ROOT "/%s/gen-%u%s%s", name, generation, entry ? "/" : "",
		 entry ? entry : "");
	return buf;
}

bool pins_exist(const char *name)
{
	char path[PINS_PATH_MAX];

	return access(pins_path(path, name, NULL), F_OK) == 0;
}

int pins_mkdir(const char *path)
{
	return mkdir(path, 0700) ? -errno : share_with_group(path);
}

int pins_pin(int fd, const char *path, bool group_reads)
{
	mode_t old = umask(0077);
	int err = bpf_obj_pin(fd, path);

	umask(old);
	if (err)
		return -errno;
	if (chmod(path, 0600))
		return -errno;
	return group_reads ? share_with_group(path) : 0;
}

int pins_share(const char *name, const char *entry)
{
	char path[PINS_PATH_MAX];

	return share_with_group(pins_path(path, name, entry));
}

/* Unlink a directory's entries, then itself; subdirectories one level down likewise. */
static int remove_directory(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int err = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		char child[PINS_PATH_MAX * 2];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (unlink(child) && (errno == EISDIR || errno == EPERM))
			err = remove_directory(child);
	}
	closedir(dir);
	if (rmdir(path) && errno != ENOENT)
		err = -errno;
	return err;
}

int pins_remove_generation(const char *name, uint32_t generation)
{
	char path[PINS_PATH_MAX];

	return remove_directory(pins_generation_path(path, name, generation, NULL));
}

int pins_remove(const char *name)
{
	char path[PINS_PATH_MAX];

	rmdir(capture_lock_path(path, name)); /* there is one if packets were ever captured */
	return remove_directory(pins_path(path, name, NULL));
}

int pins_generations(const char *name, void (*each)(uint32_t generation, void *arg), void *arg)
{
	char path[PINS_PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(pins_path(path, name, NULL));
	uint32_t found[64];
	size_t n = 0;

	if (!dir)
		return -errno;
	/* `each` may remove them: read first */
	while ((entry = readdir(dir)) && n < sizeof(found) / sizeof(*found)) {
		char *end;

		if (strncmp(entry->d_name, "gen-", 4))
			continue;
		found[n] = strtoul(entry->d_name + 4, &end, 10);
		n += !*end;
	}
	closedir(dir);
	for (size_t i = 0; i < n; i++)
		each(found[i], arg);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

size_t pins_names(char names[][PINS_NAME_MAX], size_t max)
{
	struct dirent *entry;
	DIR *dir = opendir(PINS_ROOT);
	size_t n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && n < max)
			snprintf(names[n++], PINS_NAME_MAX, "%.63s", entry->d_name);
	closedir(dir);
	qsort(names, n, PINS_NAME_MAX, compare_names);
	return n;
}

size_t pins_names_text(char text[PINS_NAMES_TEXT_MAX])
{
	char names[PINS_NAMES_MAX][PINS_NAME_MAX];
	size_t n = pins_names(names, PINS_NAMES_MAX), used = 0;

	*text = '\0';
	for (size_t i = 0; i < n; i++)
		used += snprintf(text + used, PINS_NAMES_TEXT_MAX - used, "%s%s", i ? ", " : "",
				 names[i]);
	return n;
}

/* --- who finds nothing, or may not look --------------------------------------------------------
 */

int pins_missing(const char *name)
{
	char others[PINS_NAMES_TEXT_MAX];

	if (pins_names_text(others))
		report("no policy named %s is loaded, only %s", name, others);
	else
		report("no policy named %s is loaded: xdp-edge load", name);
	return -ENOENT;
}

/* What would let the caller do what it may not. Returns -EACCES. */
static int denied(const char *what)
{
	gid_t group = reading_group();

	if (group == NO_GROUP)
		report("%s: run as root; or make a group " PINS_GROUP ", then xdp-edge reload, "
		       "and run as a member of it",
		       what);
	else if (getegid() != group && !group_member(group))
		report("%s: run as root, or as a member of group " PINS_GROUP, what);
	else
		report("%s: group " PINS_GROUP " was made after the load: xdp-edge reload, as "
		       "root, lets it",
		       what);
	return -EACCES;
}

int pins_denied(const char *name)
{
	char what[PINS_NAME_MAX + 64];

	snprintf(what, sizeof(what), "%s: may not read its counters", name);
	return denied(what);
}

int pins_check_readable(void)
{
	return access(PINS_ROOT, R_OK | X_OK) && errno == EACCES
		       ? denied("may not look into " PINS_ROOT)
		       : 0;
}
