// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends an exact number of identical Ethernet frames on one NIC through a packet socket: no
 * neighbour discovery, no retransmission, no segmentation offload, so that what a test counts on
 * the other end can be compared with what it asked for. It prints nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SPORT_DEFAULT = 40000, FRAME_MAX = 9014, ARP_LEN = 46 };

/* What one frame is made of; addresses in network byte order, 4 or 16 bytes of them. */
struct request {
	const char *kind; /* udp, syn, ack, icmp or arp */
	int family;
	unsigned char saddr[16], daddr[16];
	unsigned int sport, dport, payload;
	unsigned char dmac[ETH_ALEN], smac[ETH_ALEN];
};

static const char usage[] =
	"Usage: send IFACE DSTMAC udp|syn|ack|icmp|arp SADDR DADDR [SPORT:]DPORT COUNT PAYLOAD "
	"[USEC]\n"
	"Sends COUNT frames with PAYLOAD bytes above the transport header, one every USEC\n"
	"microseconds (default 100). Ports and payload mean nothing for arp.\n";

static void fail(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void refuse(const char *word)
{
	fprintf(stderr, "send: %s: not understood\n%s", word, usage);
	exit(2);
}

static unsigned int parse_number(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || value > max)
		refuse(text);
	return value;
}

static void parse_mac(const char *text, unsigned char *mac)
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != ETH_ALEN)
		refuse(text);
}

/* Adds len bytes to a ones' complement sum (RFC 1071). */
static unsigned long sum_add(unsigned long sum, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	return sum;
}

static unsigned short sum_fold(unsigned long sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* Writes the transport header and payload; returns their length, and the protocol in *proto. */
static size_t build_transport(const struct request *req, unsigned char *at, int *proto)
{
	size_t addr_len = req->family == AF_INET ? 4 : 16, len;
	unsigned short *check;
	unsigned long sum = 0;

	if (!strcmp(req->kind, "udp")) {
		struct udphdr *udp = (void *)at;

		*proto = IPPROTO_UDP;
		len = sizeof(*udp) + req->payload;
		udp->source = htons(req->sport);
		udp->dest = htons(req->dport);
		udp->len = htons(len);
		check = &udp->check;
	} else if (!strcmp(req->kind, "syn") || !strcmp(req->kind, "ack")) {
		struct tcphdr *tcp = (void *)at;

		*proto = IPPROTO_TCP;
		len = sizeof(*tcp) + req->payload;
		tcp->source = htons(req->sport);
		tcp->dest = htons(req->dport);
		tcp->doff = sizeof(*tcp) / 4;
		tcp->syn = req->kind[0] == 's';
		tcp->ack = req->kind[0] == 'a';
		tcp->window = htons(1024);
		check = &tcp->check;
	} else if (!strcmp(req->kind, "icmp")) {
		struct icmphdr *icmp = (void *)at;

		*proto = req->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		len = sizeof(*icmp) + req->payload;
		icmp->type = req->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
		check = &icmp->checksum;
	} else {
		refuse(req->kind);
	}

	if (*proto != IPPROTO_ICMP) {
		sum = sum_add(sum, req->saddr, addr_len);
		sum = sum_add(sum, req->daddr, addr_len);
		sum += *proto + len;
	}
	*check = sum_fold(sum_add(sum, at, len));
	return len;
}

/* Writes a whole frame into the zeroed buffer; returns its length without the FCS. */
static size_t build_frame(const struct request *req, unsigned char *frame)
{
	struct ethhdr *eth = (void *)frame;
	unsigned char *net = frame + sizeof(*eth);
	size_t len;
	int proto;

	memcpy(eth->h_dest, req->dmac, ETH_ALEN);
	memcpy(eth->h_source, req->smac, ETH_ALEN);
	if (!strcmp(req->kind, "arp")) {
		/* A request, padded to the shortest Ethernet frame. */
		static const unsigned char request[] = {0, 1, 8, 0, 6, 4, 0, 1};

		eth->h_proto = htons(ETH_P_ARP);
		memcpy(net, request, sizeof(request));
		memcpy(net + 8, req->smac, ETH_ALEN);
		memcpy(net + 14, req->saddr, 4);
		memcpy(net + 24, req->daddr, 4);
		return sizeof(*eth) + ARP_LEN;
	}
	if (req->family == AF_INET) {
		struct iphdr *ip = (void *)net;

		len = sizeof(*ip) + build_transport(req, net + sizeof(*ip), &proto);
		eth->h_proto = htons(ETH_P_IP);
		ip->version = 4;
		ip->ihl = sizeof(*ip) / 4;
		ip->tot_len = htons(len);
		ip->ttl = 64;
		ip->protocol = proto;
		memcpy(&ip->saddr, req->saddr, 4);
		memcpy(&ip->daddr, req->daddr, 4);
		ip->check = sum_fold(sum_add(0, ip, sizeof(*ip)));
	} else {
		struct ip6_hdr *ip6 = (void *)net;

		len = build_transport(req, net + sizeof(*ip6), &proto);
		eth->h_proto = htons(ETH_P_IPV6);
		ip6->ip6_vfc = 6 << 4;
		ip6->ip6_plen = htons(len);
		ip6->ip6_nxt = proto;
		ip6->ip6_hlim = 64;
		memcpy(&ip6->ip6_src, req->saddr, 16);
		memcpy(&ip6->ip6_dst, req->daddr, 16);
		len += sizeof(*ip6);
	}
	return sizeof(*eth) + len;
}

/* Opens a packet socket that only sends (protocol 0), bound to the NIC; learns its address. */
static int open_nic(const char *name, unsigned char *mac)
{
	struct sockaddr_ll nic = {.sll_family = AF_PACKET};
	socklen_t len = sizeof(nic);
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	nic.sll_ifindex = if_nametoindex(name);
	if (fd < 0 || !nic.sll_ifindex || bind(fd, (struct sockaddr *)&nic, sizeof(nic)) ||
	    getsockname(fd, (struct sockaddr *)&nic, &len))
		fail(name);
	memcpy(mac, nic.sll_addr, ETH_ALEN);
	return fd;
}

/* DPORT, or SPORT:DPORT. */
static void parse_ports(char *text, struct request *req)
{
	char *colon = strchr(text, ':');

	req->sport = SPORT_DEFAULT;
	if (colon) {
		*colon = '\0';
		req->sport = parse_number(text, 65535);
		text = colon + 1;
	}
	req->dport = parse_number(text, 65535);
}

int main(int argc, char **argv)
{
	static unsigned char frame[FRAME_MAX + 128];
	struct request req = {0};
	struct timespec pause = {0};
	unsigned int count;
	size_t len;
	int fd;

	if (argc != 9 && argc != 10) {
		fputs(usage, stderr);
		return 2;
	}
	parse_mac(argv[2], req.dmac);
	req.kind = argv[3];
	req.family = strchr(argv[4], ':') ? AF_INET6 : AF_INET;
	if (inet_pton(req.family, argv[4], req.saddr) != 1)
		refuse(argv[4]);
	if (inet_pton(req.family, argv[5], req.daddr) != 1)
		refuse(argv[5]);
	parse_ports(argv[6], &req);
	count = parse_number(argv[7], 1000000);
	req.payload = parse_number(argv[8], FRAME_MAX - 100);
	pause.tv_nsec = 1000L * (argc == 10 ? parse_number(argv[9], 999999) : 100);

	fd = open_nic(argv[1], req.smac);
	len = build_frame(&req, frame);
	while (count > 0) {
		if (send(fd, frame, len, 0) == (ssize_t)len)
			count--;
		else if (errno != ENOBUFS)
			fail(argv[1]);
		nanosleep(&pause, NULL);
	}
	close(fd);
	return 0;
}
