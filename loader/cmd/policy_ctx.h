/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The road from files to a compiled policy, once for every command. Errors are reported where
 * found.
 */
#ifndef XE_CMD_POLICY_CTX_H
#define XE_CMD_POLICY_CTX_H

#include "../policy/compile.h"
#include "../policy/site.h"
#include "../policy/spec.h"
#include "cmd.h"

/* Its parts point into each other: it is filled where it stays and never copied. */
struct policy_ctx {
	struct spec spec;
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	size_t max_memory; /* for policy_build() */
	struct compiled compiled;
};

/*
 * Spec, site, effective rows and NICs; nothing compiled yet, so that a caller may change the NICs
 * (reload keeps slots, replay wants another side). 0 or a negative errno (reported); on failure
 * nothing is left to close.
 */
int policy_read(const struct options *options, struct policy_ctx *ctx);
/*
 * Compile for ctx's NICs and, beyond theirs, the sides in the bit mask. 0 or a negative errno
 * (reported).
 */
int policy_build(struct policy_ctx *ctx, unsigned sides);
/* policy_read() and policy_build() for the site's own NICs. */
int policy_open(const struct options *options, struct policy_ctx *ctx);
void policy_close(struct policy_ctx *ctx);

/* Put one NIC with one side in place of the site's: what a test run sees. Before policy_build(). */
int policy_one_nic(struct policy_ctx *ctx, const char *name, enum xe_side side);

/*
 * The name of the loaded policy that `command` means: `argument` if there is one, else the name in
 * the site file, whatever else is wrong with that file. Without a name in it, or without the file,
 * the one policy that is loaded, unless the user named the file: another is not taken in place of
 * what was meant. 0 or a negative errno (reported).
 */
int policy_name(const struct options *options, const char *command, const char *argument, char *buf,
		size_t size);
/*
 * The whole command line of a command that has no options of its own and takes [NAME]:
 * policy_name() of it. 0, or -1 with what to exit with in options->exit_code.
 */
int policy_argument(struct options *options, const struct usage *usage, int argc, char **argv,
		    char *buf, size_t size);

#endif
