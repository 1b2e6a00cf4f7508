// SPDX-License-Identifier: GPL-2.0-only
/* `baseline`: from now on, what is dropped or would be counts from 0. */
#include <errno.h>
#include <stdio.h>

#include "../kernel/verdicts.h"
#include "../output/stats.h"
#include "deploy.h"

static const struct usage usage = {
	.name = "baseline",
	.arguments = "[NAME]",
	.help = "Sets the baseline of the loaded policy NAME (default: the site file's name;\n"
		"without -c, if no site file tells one, the only policy loaded): what status and\n"
		"stats show as dropped, or as what enforce would drop, counts from now on. No\n"
		"other counter changes, and a reload keeps the baseline. Until it is set, it\n"
		"is the load.\n",
};

static int set(const char *name)
{
	char at[STATS_TIME_MAX];
	struct store store;
	int err = store_open(name, false, &store);

	if (err)
		return err;
	if (store.guard.fd[GUARD_VERDICTS] < 0) {
		err = fail("%s: it counts no drops: mode monitor with suggest: no", name);
	} else {
		err = verdicts_set_baseline(&store);
		if (!err)
			printf("%s: drops are counted since %s\n", name,
			       stats_time_text(store.control->baseline_at, at));
	}
	store_close(&store);
	return err;
}

int cmd_baseline(struct options *options, int argc, char **argv)
{
	char name[64];
	int lock, err;

	if (policy_argument(options, &usage, argc, argv, name, sizeof(name)))
		return options->exit_code;
	lock = deploy_begin(options);
	if (lock < 0)
		return EXIT_FAILED;
	err = set(name);
	deploy_end(lock);
	return err ? EXIT_FAILED : EXIT_OK;
}
