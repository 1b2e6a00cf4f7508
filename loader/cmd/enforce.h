/* SPDX-License-Identifier: GPL-2.0-only */
/* How `load` and `reload` come to enforce: their options, the deadline, and what they say of it. */
#ifndef XE_CMD_ENFORCE_H
#define XE_CMD_ENFORCE_H

#include "../kernel/store.h"
#include "policy_ctx.h"

struct enforce {
	bool enforce;	 /* whatever the site's mode is */
	uint32_t within; /* seconds to confirm in; 0: no deadline */
	bool force;	 /* also if it cuts off this SSH connection */
};

enum { OPTION_ENFORCE = OPTION_OWN + 0x80, OPTION_CONFIRM_WITHIN, OPTION_FORCE };

/* In a command's long options. */
#define ENFORCE_OPTIONS                                                             \
	{"enforce", no_argument, NULL, OPTION_ENFORCE},                             \
		{"confirm-within", required_argument, NULL, OPTION_CONFIRM_WITHIN}, \
	{                                                                           \
		"force", no_argument, NULL, OPTION_FORCE                            \
	}

/* In its help. */
#define ENFORCE_HELP                                                                             \
	"  --enforce        drop what no row allows, whatever the site's mode is, until the\n"   \
	"                   next load or reload\n"                                               \
	"  --confirm-within T  enforce for T (1s to 24h) only, then just rehearse, unless\n"     \
	"                   xdp-edge confirm comes in time; the kernel sees to that, whatever\n" \
	"                   becomes of this session\n"                                           \
	"  --force          even if the policy drops the SSH connection this is typed in\n"

/* Take one of these options in, with optarg. EXIT_OK or EXIT_USAGE (reported). */
int enforce_option(const struct usage *usage, int option, struct enforce *request);

/*
 * Give the site, read and not compiled yet, the mode that is asked for. EXIT_OK, or EXIT_USAGE
 * (reported) if there is a deadline and nothing to enforce.
 */
int enforce_apply(const struct usage *usage, const struct enforce *request, struct site *site);

/* The deadline asked for, in ns. */
static inline uint64_t enforce_within(const struct enforce *request)
{
	return request->within * 1000000000ull;
}

/*
 * After it, on stdout: the mode, and until when if it enforces to a deadline, with the command that
 * confirms. On stderr if a deadline that has passed keeps the policy from enforcing.
 */
void enforce_tell(const struct store *store, enum xe_mode mode);

#endif
