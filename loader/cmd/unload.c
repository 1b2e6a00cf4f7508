// SPDX-License-Identifier: GPL-2.0-only
/* `unload`: detach our programs, then take the pins away; other programs stay. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../output/escape.h"
#include "../output/report.h"

#include "deploy.h"

static const struct usage usage = {
	.name = "unload",
	.arguments = "[NAME]",
	.help = "Detaches the policy NAME (default: the site file's name; without -c and a site "
		"file, "
		"the\n"
		"only policy loaded) from its interfaces and removes its maps and counters. Other\n"
		"XDP programs stay attached.\n",
};

/* Interfaces that left this network namespace take their program along; nothing here can reach it.
 */
static void warn_unreachable(const struct store *store)
{
	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		struct xe_interface interface;
		char name[IF_NAMESIZE];

		if (!store_read_interface(store, slot, &interface) && interface.prog_id &&
		    !if_indextoname(interface.ifindex, name))
			report("%s: warning: gone, or in another network namespace: if so, its "
			       "program stays there until ip link set %s xdp off",
			       interface.name, SHELL_WORD(interface.name));
	}
}

int cmd_unload(struct options *options, int argc, char **argv)
{
	struct store store;
	char name[64];
	int lock, err;

	if (policy_argument(options, &usage, argc, argv, name, sizeof(name)))
		return options->exit_code;
	lock = deploy_begin(options);
	if (lock < 0)
		return EXIT_FAILED;
	if (!pins_exist(name)) {
		err = fail("no policy named %s is loaded", name);
		goto out;
	}
	err = deploy_is_whole(name);
	if (err > 0) {
		err = store_open(name, false, &store);
		if (!err) {
			warn_unreachable(&store);
			/* from here it is not whole: killed now, the next load or unload goes on */
			__atomic_store_n(&store.control->loaded_at, 0, __ATOMIC_RELEASE);
		}
	} else if (!err) {
		err = deploy_open_partial(name, &store);
		err = err == -ENOENT ? 0 : err;
	}
	if (err) {
		err = EXIT_FAILED;
		goto out;
	}
	err = attach_detach_all(&store);
	store_close(&store);
	if (!err)
		err = pins_remove(name);
	if (err)
		err = fail("%s: not wholly unloaded: %s; its pins stay, try again", name,
			   strerror(-err));
	else
		printf("%s: unloaded\n", name);
out:
	deploy_end(lock);
	return err;
}
