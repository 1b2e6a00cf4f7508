// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends exact numbers of frames out of one NIC, as fast as the other end takes them, and says how
 *many of each flow left.
 *
 *	send [-r PPS] [-c CPU] [-b BATCH] NIC FLOW...
 *	FLOW: COUNT,PROTO,SADDR,SPORT,DADDR,DPORT,LENGTH   PROTO: udp tcp syn icmp
 *	      COUNT,0xETHERTYPE,LENGTH
 *
 * COUNT 0: until SIGTERM or SIGINT. LENGTH: bytes of the frame from the Ethernet header on, without
 *FCS. The flows' frames are interleaved one by one. Output: a line `flow N PACKETS BYTES` for each
 *flow, from 1, then `total PACKETS BYTES`.
 *
 * Lossless over veth: a frame stays charged to the socket until the receiving end has taken it out
 *of its ring, and the send buffer holds fewer frames than that ring (256).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLOWS_MAX 32
#define BATCH_MAX 64
#define FRAME_MAX 9018
#define SEND_BUFFER \
	(80 * 1024) /* the kernel doubles it: at 768 bytes or more a frame, at most 213 of them */

struct flow {
	uint64_t count; /* UINT64_MAX: no end */
	uint64_t sent;
	size_t length;
	unsigned char frame[FRAME_MAX];
};

static struct flow flows[FLOWS_MAX];
static size_t n_flows;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void wrong(const char *text, const char *why)
{
	fprintf(stderr, "send: %s: %s\n", text, why);
	exit(2);
}

static void put16(unsigned char *p, unsigned value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static unsigned ip_checksum(const unsigned char *p, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* The network header for `payload` bytes behind it. Returns its length. */
static size_t put_network(unsigned char *frame, const char *saddr, const char *daddr, int protocol,
			  size_t payload)
{
	unsigned char *ip = frame + ETH_HLEN;

	if (strchr(saddr, ':')) {
		put16(frame + 12, ETH_P_IPV6);
		ip[0] = 0x60;
		put16(ip + 4, payload);
		ip[6] = protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 : protocol;
		ip[7] = 64;
		if (inet_pton(AF_INET6, saddr, ip + 8) != 1)
			wrong(saddr, "no IPv6 address");
		if (inet_pton(AF_INET6, daddr, ip + 24) != 1)
			wrong(daddr, "no IPv6 address");
		return 40;
	}
	put16(frame + 12, ETH_P_IP);
	ip[0] = 0x45;
	put16(ip + 2, 20 + payload);
	ip[8] = 64;
	ip[9] = protocol;
	if (inet_pton(AF_INET, saddr, ip + 12) != 1)
		wrong(saddr, "no IPv4 address");
	if (inet_pton(AF_INET, daddr, ip + 16) != 1)
		wrong(daddr, "no IPv4 address");
	put16(ip + 10, ip_checksum(ip, 20));
	return 20;
}

static void put_transport(unsigned char *l4, const char *proto, int protocol, unsigned sport,
			  unsigned dport, size_t payload)
{
	if (protocol == IPPROTO_ICMP) {
		l4[0] = 8;
		return;
	}
	put16(l4, sport);
	put16(l4 + 2, dport);
	if (protocol == IPPROTO_UDP) {
		put16(l4 + 4, payload);
		return;
	}
	l4[12] = 5 << 4;
	l4[13] = !strcmp(proto, "syn") ? 0x02 : 0x10;
}

static void parse_flow(const char *text)
{
	/* not this box's address: its stack drops what passed as not addressed to it */
	static const unsigned char macs[12] = {2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 1};
	char proto[8], saddr[64], daddr[64];
	unsigned long long count;
	unsigned sport, dport, ethertype;
	struct flow *flow = &flows[n_flows];
	size_t network, l4;
	int protocol;

	if (n_flows++ == FLOWS_MAX)
		wrong(text, "too many flows");
	memcpy(flow->frame, macs, sizeof(macs));
	if (sscanf(text, "%llu,0x%x,%zu", &count, &ethertype, &flow->length) == 3) {
		put16(flow->frame + 12, ethertype);
		flow->count = count ? count : UINT64_MAX;
		if (flow->length < ETH_HLEN || flow->length > FRAME_MAX)
			wrong(text, "impossible length");
		return;
	}
	if (sscanf(text, "%llu,%7[a-z],%63[^,],%u,%63[^,],%u,%zu", &count, proto, saddr, &sport,
		   daddr, &dport, &flow->length) != 7)
		wrong(text, "not COUNT,PROTO,SADDR,SPORT,DADDR,DPORT,LENGTH");
	flow->count = count ? count : UINT64_MAX;
	if (!strcmp(proto, "udp"))
		protocol = IPPROTO_UDP;
	else if (!strcmp(proto, "tcp") || !strcmp(proto, "syn"))
		protocol = IPPROTO_TCP;
	else if (!strcmp(proto, "icmp"))
		protocol = IPPROTO_ICMP;
	else
		wrong(text, "unknown protocol");
	network = ETH_HLEN + (strchr(saddr, ':') ? 40 : 20);
	l4 = protocol == IPPROTO_TCP ? 20 : 8;
	if (flow->length < network + l4 || flow->length > FRAME_MAX)
		wrong(text, "impossible length");
	put_network(flow->frame, saddr, daddr, protocol, flow->length - network);
	put_transport(flow->frame + network, proto, protocol, sport, dport, flow->length - network);
}

static int open_socket(const char *nic)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(nic)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), size = SEND_BUFFER;

	if (fd < 0)
		die("socket");
	if (!to.sll_ifindex)
		die(nic);
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)))
		die("bind");
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)))
		die("SO_SNDBUF");
	return fd;
}

/* The next frame of the next flow that has some left, or NULL. */
static struct flow *next_flow(void)
{
	static size_t turn;

	for (size_t i = 0; i < n_flows; i++) {
		struct flow *flow = &flows[turn++ % n_flows];

		if (flow->sent < flow->count)
			return flow;
	}
	return NULL;
}

/* Sends as many frames as there are, at most `max`; counts only what the kernel took. Returns how
 * many. */
static unsigned send_batch(int fd, unsigned max)
{
	struct mmsghdr messages[BATCH_MAX] = {0};
	struct iovec iov[BATCH_MAX];
	struct flow *of[BATCH_MAX];
	unsigned n = 0, done = 0;

	for (; n < max; n++) {
		of[n] = next_flow();
		if (!of[n])
			break;
		of[n]->sent++;
		iov[n] = (struct iovec){.iov_base = of[n]->frame, .iov_len = of[n]->length};
		messages[n].msg_hdr.msg_iov = &iov[n];
		messages[n].msg_hdr.msg_iovlen = 1;
	}
	while (done < n) {
		int sent = sendmmsg(fd, messages + done, n - done, 0);

		if (sent > 0) {
			done += sent;
		} else if (errno == EINTR && stopped) {
			break;
		} else if (errno != EINTR && errno != ENOBUFS) {
			die("sendmmsg");
		}
	}
	for (unsigned i = done; i < n; i++)
		of[i]->sent--;
	return n;
}

static void pace(const struct timespec *start, uint64_t sent, unsigned long rate)
{
	struct timespec at = *start;

	at.tv_sec += sent / rate;
	at.tv_nsec += sent % rate * 1000000000 / rate;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void pin_to(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler =
					   stop}; /* without SA_RESTART: a blocked send ends */
	uint64_t packets = 0, bytes = 0, total = 0;
	unsigned long rate = 0, batch = 32;
	struct timespec start;
	int option, fd;

	while ((option = getopt(argc, argv, "r:c:b:")) != -1) {
		switch (option) {
		case 'r':
			rate = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			pin_to(atoi(optarg));
			break;
		case 'b':
			batch = strtoul(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2 || !batch || batch > BATCH_MAX)
		wrong("usage", "send [-r PPS] [-c CPU] [-b BATCH] NIC FLOW...");
	for (int i = optind + 1; i < argc; i++)
		parse_flow(argv[i]);
	if (rate && rate < 10 * batch)
		batch = 1;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	fd = open_socket(argv[optind]);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!stopped) {
		unsigned n = send_batch(fd, batch);

		if (!n)
			break;
		total += n;
		if (rate)
			pace(&start, total, rate);
	}
	for (size_t i = 0; i < n_flows; i++) {
		printf("flow %zu %llu %llu\n", i + 1, (unsigned long long)flows[i].sent,
		       (unsigned long long)(flows[i].sent * flows[i].length));
		packets += flows[i].sent;
		bytes += flows[i].sent * flows[i].length;
	}
	printf("total %llu %llu\n", (unsigned long long)packets, (unsigned long long)bytes);
	return 0;
}
