/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the readers share: a scratch directory to write faulty files into, and the
 * messages that reading them gives. Tests start in the top directory of the repository and then
 * move to the scratch directory, so that messages name files without a path.
 */
#ifndef XE_TESTS_INPUT_H
#define XE_TESTS_INPUT_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/diag.h"

static char input_top[PATH_MAX];     /* of the repository */
static char input_scratch[PATH_MAX]; /* where the test is */
static char input_messages[65536];

static inline int input_setup(void **state)
{
	(void)state;
	if (!getcwd(input_top, sizeof(input_top)))
		return -1;
	snprintf(input_scratch, sizeof(input_scratch), "/tmp/xdp-edge-test.XXXXXX");
	if (!mkdtemp(input_scratch) || chdir(input_scratch))
		return -1;
	return 0;
}

static inline int input_teardown(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", input_scratch);
	return chdir(input_top) || system(command);
}

/* Path of a file of the repository. */
static inline const char *input_path(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", input_top, name);
	return path;
}

static inline void input_write(const char *name, const void *data, size_t len)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static inline void input_capture(void)
{
	diag_capture(input_messages, sizeof(input_messages));
}

/* Ends the capture and returns what was reported. */
static inline const char *input_captured(void)
{
	diag_capture(NULL, 0);
	return input_messages;
}

#endif
