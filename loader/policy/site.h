/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of the site file, by libyaml's document API, so that every error has its line and
 * column.
 */
#ifndef XE_POLICY_SITE_H
#define XE_POLICY_SITE_H

#include "model.h"

/*
 * Read a regular file of at most 64 MiB (a FIFO, a directory or a device is refused, not waited
 * for) and check it against the spec. Files of prefixes that it names are read too, from the folder
 * in which `path` stands as it is given. All errors in the file are reported, not only the first.
 * 0, -EINVAL (reported), or another negative errno (reported).
 */
int site_load(const char *path, const struct spec *spec, struct site *out);
void site_free(struct site *site);

#endif
