// SPDX-License-Identifier: GPL-2.0-only
/* Programs kept in the XDP dispatcher; see bench_hold.h. */
#include "bench_hold.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <sched.h>
#include <unistd.h>

#define NAMESPACE "/proc/thread-self/ns/net"
#define LOOPBACK  1 /* the index of `lo` in every namespace */

int bench_hold(int program_fd)
{
	int home = open(NAMESPACE, O_RDONLY | O_CLOEXEC), fd = -1, err;

	if (home < 0)
		return -errno;
	if (unshare(CLONE_NEWNET)) {
		err = -errno;
		close(home);
		return err;
	}
	fd = open(NAMESPACE, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : bpf_xdp_attach(LOOPBACK, program_fd, XDP_FLAGS_SKB_MODE, NULL);
	if (setns(home, CLONE_NEWNET) && !err)
		err = -errno;
	close(home);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

void bench_release(int hold)
{
	int home = open(NAMESPACE, O_RDONLY | O_CLOEXEC);

	if (home >= 0 && !setns(hold, CLONE_NEWNET)) {
		bpf_xdp_detach(LOOPBACK, XDP_FLAGS_SKB_MODE, NULL);
		setns(home, CLONE_NEWNET);
	}
	if (home >= 0)
		close(home);
	close(hold);
}
