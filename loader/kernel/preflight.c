// SPDX-License-Identifier: GPL-2.0-only
/* What about a NIC would surprise, by the ethtool ioctls. */
#include "preflight.h"

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

#include "../output/escape.h"
#include "../output/report.h"

static int nic_ioctl(const char *ifname, unsigned long request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", ifname);
	err = ioctl(fd, request, ifr) ? -errno : 0;
	close(fd);
	return err;
}

static int nic_ethtool(const char *ifname, void *command)
{
	struct ifreq ifr = {.ifr_data = command};

	return nic_ioctl(ifname, SIOCETHTOOL, &ifr);
}

uint32_t preflight_mtu(const char *ifname)
{
	struct ifreq ifr = {0};

	return nic_ioctl(ifname, SIOCGIFMTU, &ifr) ? 0 : ifr.ifr_mtu;
}

/* By /proc/net/dev: it follows the process's network namespace, which a mounted sysfs need not. */
uint64_t preflight_rx_packets(const char *ifname)
{
	unsigned long long packets = 0, bytes;
	char line[512], name[64];
	FILE *file = fopen("/proc/net/dev", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %63[^:]: %llu %llu", name, &bytes, &packets) == 3 &&
		    !strcmp(name, ifname))
			break;
		else
			packets = 0;
	fclose(file);
	return packets;
}

void preflight_driver(const char *ifname, char *buf, size_t size)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	snprintf(buf, size, "%s", nic_ethtool(ifname, &info) ? "unknown" : info.driver);
}

/*
 * Whether one of the kernel's features, which have names and no fixed numbers, is on: 1, 0, or -1
 * if the kernel does not know it.
 */
static int feature(const char *ifname, const char *name)
{
	struct {
		struct ethtool_sset_info head;
		__u32 length;
	} set = {.head = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
	struct ethtool_gstrings *names = NULL;
	struct ethtool_gfeatures *features = NULL;
	__u32 n = 0, at = 0, blocks;
	int on = -1;

	if (!nic_ethtool(ifname, &set) && set.head.sset_mask)
		n = set.length;
	blocks = (n + 31) / 32;
	if (n)
		names = calloc(1, sizeof(*names) + n * ETH_GSTRING_LEN);
	if (names)
		features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (features) {
		names->cmd = ETHTOOL_GSTRINGS;
		names->string_set = ETH_SS_FEATURES;
		names->len = n;
		features->cmd = ETHTOOL_GFEATURES;
		features->size = blocks;
		if (!nic_ethtool(ifname, names) && !nic_ethtool(ifname, features)) {
			while (at < n && strncmp((char *)names->data + at * ETH_GSTRING_LEN, name,
						 ETH_GSTRING_LEN))
				at++;
			if (at < n)
				on = features->features[at / 32].active >> at % 32 & 1;
		}
	}
	free(features);
	free(names);
	return on;
}

void preflight_facts(const char *ifname, struct preflight_facts *out)
{
	const short running = IFF_UP | IFF_RUNNING;
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq ifr = {0};

	*out = (struct preflight_facts){-1, -1, -1, -1};
	if (!nic_ioctl(ifname, SIOCGIFFLAGS, &ifr))
		out->up = (ifr.ifr_flags & running) == running;
	if (!nic_ethtool(ifname, &flags)) {
		out->rxvlan = !!(flags.data & ETH_FLAG_RXVLAN);
		out->lro = !!(flags.data & ETH_FLAG_LRO);
	}
	out->gro_hw = feature(ifname, "rx-gro-hw");
}

void preflight_warn(const char *ifname, bool vlans, bool native)
{
	struct preflight_facts facts;
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t mtu = preflight_mtu(ifname);
	struct ifreq ifr = {0};

	if (!nic_ioctl(ifname, SIOCGIFFLAGS, &ifr) && !(ifr.ifr_flags & IFF_UP))
		report("%s: warning: the interface is down; counting starts when it comes up",
		       ifname);
	preflight_facts(ifname, &facts);
	if (vlans && native && facts.rxvlan == 1)
		report("%s: warning: the NIC strips VLAN tags before the program sees them: "
		       "ethtool -K %s rxvlan off",
		       ifname, SHELL_WORD(ifname));
	if (facts.lro == 1)
		report("%s: warning: LRO merges packets before they are counted: ethtool -K %s lro "
		       "off",
		       ifname, SHELL_WORD(ifname));
	if (native && mtu > PREFLIGHT_MTU_ONE_BUFFER)
		report("%s: note: MTU %u needs frames of several buffers; not every driver has "
		       "them with native XDP",
		       ifname, mtu);
	if (native && !nic_ethtool(ifname, &channels) && channels.max_combined > 1 &&
	    channels.combined_count < channels.max_combined && channels.combined_count < cpus)
		report("%s: note: %u of %u queues in use: more would spread packets over more CPUs "
		       "(ethtool -L %s combined N)",
		       ifname, channels.combined_count, channels.max_combined, ifname);
}
