// SPDX-License-Identifier: GPL-2.0-only
/* Giving up what a server has no need of. */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kernel/pins.h"
#include "../output/report.h"

#define USER_DEFAULT "nobody"

/* The kernel's call; both 32-bit halves of each set. */
static int capabilities_set(const struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static int capabilities_get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &header, data) ? -errno : 0;
}

/* Not even a program with file capabilities could have them again. */
static void drop_bounds(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

/* All capabilities gone, and seen to be gone. 0 or -errno (reported). */
static int drop_capabilities(void)
{
	struct __user_cap_data_struct data[2] = {};
	int err;

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
	if (!err)
		err = capabilities_set(data);
	if (!err)
		err = capabilities_get(data);
	if (!err)
		for (int i = 0; i < 2; i++)
			if (data[i].effective || data[i].permitted || data[i].inheritable)
				err = -EPERM;
	if (err)
		report("cannot give up capabilities: %s", strerror(-err));
	return err;
}

/* 0, or -EINVAL with what is wrong in `why`. */
static int find_user(const char *user, uid_t *uid, char *why, size_t size)
{
	const struct passwd *passwd = getpwnam(user);

	if (passwd && passwd->pw_uid) {
		*uid = passwd->pw_uid;
		return 0;
	}
	snprintf(why, size, "%.64s: %s", user,
		 passwd ? "has root's rights, which no server may have: name a user without them"
			: "there is no such user");
	return -EINVAL;
}

int privileges_check_user(const char *user, char *why, size_t size)
{
	uid_t uid;

	return find_user(user, &uid, why, size);
}

static int become(const char *user)
{
	const struct group *group;
	char why[256];
	uid_t uid;

	if (find_user(user, &uid, why, sizeof(why))) {
		report("cannot become user %s", why);
		return -EINVAL;
	}
	group = getgrnam(PINS_GROUP);
	if (!group) {
		report("there is no group %s, which may read counters without a capability: "
		       "groupadd --system %s, then xdp-edge reload",
		       PINS_GROUP, PINS_GROUP);
		return -ENOENT;
	}
	drop_bounds();
	if (setgroups(0, NULL) || setgid(group->gr_gid) || setuid(uid)) {
		int err = -errno;

		report("cannot become user %s, group %s: %s", user, PINS_GROUP, strerror(-err));
		return err;
	}
	return 0;
}

int privileges_drop(const char *user)
{
	int err = 0;

	if (geteuid() == 0) {
		err = become(user ? user : USER_DEFAULT);
	} else if (user) {
		report("--user: only root can become somebody else");
		err = -EPERM;
	}
	return err ? err : drop_capabilities();
}
