// SPDX-License-Identifier: GPL-2.0-only
/* `confirm`: the policy that enforces to a deadline does so for good. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../kernel/deadline.h"
#include "deploy.h"
#include "moment.h"

static const struct usage usage = {
	.name = "confirm",
	.arguments = "[NAME]",
	.help = "Takes the deadline away that load or reload --confirm-within gave the policy "
		"NAME\n"
		"(default: the site file's name; without -c and a site file, the only policy "
		"loaded):\n"
		"it enforces from now on. Type it only when you have seen that you still get in\n"
		"and calls still work. Exit code 1 if nothing waits for it, or if it comes too\n"
		"late: then the policy only rehearses; reload --enforce --confirm-within T, then\n"
		"confirm in time (a plain reload does not make it enforce).\n",
};

/*
 * Under the lock. `expected`: the generation before it was taken; `whole`: its load was finished
 * then. 0 or a negative errno (reported).
 */
static int confirm(struct store *store, uint32_t expected, bool whole)
{
	uint32_t generation = store_generation(store);
	uint64_t deadline = deadline_read(store), now;
	char at[STATS_TIME_MAX];
	enum xe_mode mode = store_mode(store);

	if (!store->control->loaded_at && whole) {
		fail("%s: generation %u was unloaded meanwhile: nothing was confirmed", store->name,
		     expected);
		return -ESTALE;
	}
	if (!store->control->loaded_at) {
		fail("%s: its load was interrupted: xdp-edge load clears and repeats it",
		     store->name);
		return -EUCLEAN;
	}
	if (generation != expected) {
		fail("%s: generation %u took the place of %u meanwhile: look at it, then confirm",
		     store->name, generation, expected);
		return -ESTALE;
	}
	if (mode != XE_MODE_ENFORCE || !deadline) {
		fail("%s: nothing to confirm: generation %u %s", store->name, generation,
		     mode == XE_MODE_ENFORCE ? "enforces without a deadline" : "does not enforce");
		return -ENOENT;
	}
	now = deadline_clock();
	if (now > deadline) {
		fail("%s: too late: generation %u only rehearses since %s: xdp-edge reload "
		     "--enforce --confirm-within 60s, then confirm in time",
		     store->name, generation, moment_text(deadline, at));
		return -ETIME;
	}
	if (!deadline_confirm(store, deadline)) {
		fail("%s: its deadline changed meanwhile: look at it, then confirm", store->name);
		return -ESTALE;
	}
	printf("%s: generation %u confirmed, %" PRIu64 " s before its deadline: it enforces from "
	       "now on\n",
	       store->name, generation, (deadline - now) / 1000000000);
	return 0;
}

int cmd_confirm(struct options *options, int argc, char **argv)
{
	struct store store;
	uint32_t expected;
	bool whole;
	char name[64];
	int lock, err;

	if (policy_argument(options, &usage, argc, argv, name, sizeof(name)))
		return options->exit_code;
	if (store_open(name, false, &store))
		return EXIT_FAILED;
	expected = store_generation(&store);
	whole = store.control->loaded_at;
	err = lock = deploy_begin(options);
	if (lock >= 0) {
		err = confirm(&store, expected, whole);
		deploy_end(lock);
	}
	store_close(&store);
	return err < 0 ? EXIT_FAILED : EXIT_OK;
}
