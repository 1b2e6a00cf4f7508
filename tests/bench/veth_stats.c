// SPDX-License-Identifier: GPL-2.0-only
/* Statistics of a veth, by SIOCETHTOOL; see veth_stats.h. */
#include "veth_stats.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int request(int fd, const char *device, void *what)
{
	struct ifreq ifr = {.ifr_data = what};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	return ioctl(fd, SIOCETHTOOL, &ifr) ? -errno : 0;
}

static int driver_is_veth(int fd, const char *device)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	int err = request(fd, device, &info);

	return err ? err : strcmp(info.driver, "veth") ? -EOPNOTSUPP : 0;
}

/* Number of statistics; they and their names are in the same order. */
static int count_stats(int fd, const char *device, uint32_t *n)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t n;
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_STATS}};
	int err = request(fd, device, &set);

	*n = set.n;
	return err;
}

/* Names are tx_queue_N_xdp_xmit and so on. */
static void add_stat(const char *name, uint64_t value, struct veth_stats *stats)
{
	unsigned queue;
	int end = 0;

	if (sscanf(name, "tx_queue_%u_%n", &queue, &end) != 1 || !end)
		return;
	if (strcmp(name + end, "xdp_xmit") == 0) {
		stats->delivered += value;
		stats->queues++;
	} else if (strcmp(name + end, "xdp_xmit_errors") == 0) {
		stats->dropped += value;
	}
}

int veth_stats_read(const char *device, struct veth_stats *stats)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_gstrings *names = NULL;
	struct ethtool_stats *values = NULL;
	uint32_t n;
	int err;

	*stats = (struct veth_stats){0};
	if (fd < 0)
		return -errno;
	err = driver_is_veth(fd, device);
	if (!err)
		err = count_stats(fd, device, &n);
	if (err)
		goto out;
	names = calloc(1, sizeof(*names) + (size_t)n * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) + n * sizeof(values->data[0]));
	if (!names || !values) {
		err = -ENOMEM;
		goto out;
	}
	*names = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS,
		.string_set = ETH_SS_STATS,
		.len = n,
	};
	*values = (struct ethtool_stats){.cmd = ETHTOOL_GSTATS, .n_stats = n};
	err = request(fd, device, names);
	if (!err)
		err = request(fd, device, values);
	for (uint32_t i = 0; !err && i < n; i++) {
		char name[ETH_GSTRING_LEN + 1] = "";

		memcpy(name, names->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		add_stat(name, values->data[i], stats);
	}
out:
	free(names);
	free(values);
	close(fd);
	return err;
}
