/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a loaded policy lives: /sys/fs/bpf/xdp-edge/NAME/ with the pins of its maps, and a
 * directory gen-N for what the atoms of generation N mean. One lock for all writers.
 */
#ifndef XE_KERNEL_PINS_H
#define XE_KERNEL_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PINS_BPFFS    "/sys/fs/bpf"
#define PINS_ROOT     PINS_BPFFS "/xdp-edge"
#define PINS_LOCK     PINS_BPFFS "/xdp-edge-lock" /* what is locked; no reader may open it */
#define PINS_GROUP    "xdp-edge" /* may read counters and meta, if the group exists */
#define PINS_NAME_MAX 64
#define PINS_PATH_MAX 256

/* Whether there is a bpffs to look into: 0, or -ENOTDIR (reported with the remedy). */
int pins_check(void);

/*
 * Check that a bpffs is there, make the root directory and lock it, waiting at most ten seconds for
 * another writer. Returns the lock's descriptor, or a negative errno (reported).
 */
int pins_lock(void);

/*
 * A lock beside that one: whoever captures packets of policy `name` holds it for as long as that
 * takes, and nobody else does. Its descriptor, or a negative errno (reported).
 */
int pins_capture_lock(const char *name);
/* Whether somebody holds it, as far as it may be seen. */
bool pins_capture_locked(const char *name);

/* The path of a pin or directory of policy `name`; `entry` may be NULL. Returns buf. */
const char *pins_path(char *buf, const char *name, const char *entry);
/* The same for an entry of a generation's directory; `entry` may be NULL. */
const char *pins_generation_path(char *buf, const char *name, uint32_t generation,
				 const char *entry);

bool pins_exist(const char *name);
/* Make the policy's directory, or a generation's, readable by the group if there is one. 0 or
 * -errno. */
int pins_mkdir(const char *path);
/* Pin a map; `group_reads`: 0640 and the group, else 0600. 0 or -errno. */
int pins_pin(int fd, const char *path, bool group_reads);
/*
 * Let the group read a pin that was made before there was one, or, with `entry` NULL, look into the
 * policy's directory. 0 or -errno.
 */
int pins_share(const char *name, const char *entry);
/* Remove a generation's directory, or all of the policy's pins; missing ones are no error. 0 or
 * -errno. */
int pins_remove_generation(const char *name, uint32_t generation);
int pins_remove(const char *name);
/* Call `each` for every generation that has a directory. */
int pins_generations(const char *name, void (*each)(uint32_t generation, void *arg), void *arg);
/* Names of loaded policies, sorted: how many, and up to `max` of them. */
size_t pins_names(char names[][PINS_NAME_MAX], size_t max);
/* The same as "a, b": how many. */
#define PINS_NAMES_MAX	    64
#define PINS_NAMES_TEXT_MAX (PINS_NAMES_MAX * (PINS_NAME_MAX + 2))
size_t pins_names_text(char text[PINS_NAMES_TEXT_MAX]);

/* Report that no policy is loaded under that name, and which are. Returns -ENOENT. */
int pins_missing(const char *name);
/* Report that the caller may not read policy `name`, and what would let it. Returns -EACCES. */
int pins_denied(const char *name);
/* Whether the caller may look at what is loaded at all: 0, or -EACCES (reported the same way). */
int pins_check_readable(void);

#endif
