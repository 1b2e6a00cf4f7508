/* SPDX-License-Identifier: GPL-2.0-only */
/* What `doctor` judges, and its reading from a file. */
#ifndef XE_CMD_DOCTOR_FILE_H
#define XE_CMD_DOCTOR_FILE_H

#include <jansson.h>

struct readings {
	json_t *first, *last; /* first NULL: there is one */
};

void readings_free(struct readings *readings);

/*
 * The first and the last of the readings of `stats -j` in a file, or of standard input with "-",
 * which are one policy's. From here on JSON values of the process take bounded memory. EXIT_OK or
 * EXIT_FAILED (reported, as FILE:LINE: PATH-IN-THE-READING: reason; LINE is where the reading
 * begins, or where it is not JSON); free them in either case.
 */
int doctor_file_read(const char *path, struct readings *out);

#endif
