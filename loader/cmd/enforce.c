// SPDX-License-Identifier: GPL-2.0-only
/* How `load` and `reload` come to enforce. */
#include "enforce.h"

#include <inttypes.h>
#include <stdio.h>

#include "../kernel/deadline.h"
#include "../output/report.h"
#include "../policy/limit.h"
#include "moment.h"

#define WITHIN_MAX (24 * 3600u)

int enforce_option(const struct usage *usage, int option, struct enforce *request)
{
	const char *why; /* the range is another one here */

	switch (option) {
	case OPTION_ENFORCE:
		request->enforce = true;
		break;
	case OPTION_FORCE:
		request->force = true;
		break;
	case OPTION_CONFIRM_WITHIN:
		if (duration_parse(optarg, &request->within, &why) || request->within > WITHIN_MAX)
			return usage_error(usage,
					   "--confirm-within: %s: not a time of 1s to 24h, as 60s, "
					   "5m or 2h",
					   optarg);
		break;
	}
	return EXIT_OK;
}

int enforce_apply(const struct usage *usage, const struct enforce *request, struct site *site)
{
	if (request->enforce)
		site->mode = XE_MODE_ENFORCE;
	if (!request->within || site->mode == XE_MODE_ENFORCE)
		return EXIT_OK;
	return usage_error(usage,
			   "--confirm-within: there is nothing to confirm, the site's mode is %s: "
			   "add --enforce",
			   mode_text(site->mode));
}

void enforce_tell(const struct store *store, enum xe_mode mode)
{
	uint64_t deadline = deadline_read(store), now = deadline_clock();
	char at[STATS_TIME_MAX];

	if (mode != XE_MODE_ENFORCE || !deadline) {
		printf("mode %s%s\n", mode_text(mode),
		       mode == XE_MODE_ENFORCE ? ": what no row allows is dropped" : "");
		return;
	}
	moment_text(deadline, at);
	if (now > deadline) {
		printf("mode enforce, but only rehearsing since %s\n", at);
		report("%s: a deadline passed unconfirmed and still holds: xdp-edge reload "
		       "--enforce --confirm-within 60s, then xdp-edge confirm %s",
		       store->name, store->name);
		return;
	}
	printf("mode enforce until %s, in %" PRIu64 " s; from then on it only rehearses, unless "
	       "you confirm:\n  xdp-edge confirm %s\n",
	       at, (deadline - now + 999999999) / 1000000000, store->name);
}
