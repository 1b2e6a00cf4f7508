// SPDX-License-Identifier: GPL-2.0-only
/* Building frames; see frame.h. */
#include "frame.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

/* Sum of 16-bit words, RFC 1071; `len` is even here. */
static uint32_t sum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static uint16_t sum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

/* TCP's and UDP's checksum covers the addresses, the protocol and the length too. */
static uint16_t transport_sum(const struct tuple *tuple, const void *header, size_t len)
{
	size_t addr = tuple->family == 4 ? 4 : 16;
	uint32_t sum = tuple->proto + len;

	sum = sum_add(sum, tuple->saddr, addr);
	sum = sum_add(sum, tuple->daddr, addr);
	return sum_finish(sum_add(sum, header, len));
}

static size_t put_transport(const struct tuple *tuple, void *at)
{
	if (tuple->proto == IPPROTO_TCP) {
		struct tcphdr tcp = {
			.source = htons(tuple->sport),
			.dest = htons(tuple->dport),
			.doff = sizeof(tcp) / 4,
			.syn = tuple->syn,
			.ack = !tuple->syn,
			.window = htons(65535),
		};

		tcp.check = transport_sum(tuple, &tcp, sizeof(tcp));
		memcpy(at, &tcp, sizeof(tcp));
		return sizeof(tcp);
	}
	if (tuple->proto == IPPROTO_UDP) {
		struct udphdr udp = {
			.source = htons(tuple->sport),
			.dest = htons(tuple->dport),
			.len = htons(sizeof(udp)),
		};

		udp.check = transport_sum(tuple, &udp, sizeof(udp));
		if (!udp.check)
			udp.check = 0xffff; /* 0 would say that there is none */
		memcpy(at, &udp, sizeof(udp));
		return sizeof(udp);
	}
	return 0;
}

static size_t put_ipv4(const struct tuple *tuple, uint8_t *at)
{
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = tuple->proto};
	size_t len = sizeof(ip) + put_transport(tuple, at + sizeof(ip));

	ip.tot_len = htons(len);
	memcpy(&ip.saddr, tuple->saddr, 4);
	memcpy(&ip.daddr, tuple->daddr, 4);
	ip.check = sum_finish(sum_add(0, &ip, sizeof(ip)));
	memcpy(at, &ip, sizeof(ip));
	return len;
}

static size_t put_ipv6(const struct tuple *tuple, uint8_t *at)
{
	struct ipv6hdr ip = {.version = 6, .nexthdr = tuple->proto, .hop_limit = 64};
	size_t len = put_transport(tuple, at + sizeof(ip));

	ip.payload_len = htons(len);
	memcpy(&ip.saddr, tuple->saddr, 16);
	memcpy(&ip.daddr, tuple->daddr, 16);
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip) + len;
}

int frame_build(const struct tuple *tuple, void *buf, size_t size)
{
	/* locally administered addresses */
	struct ethhdr eth = {.h_dest = {2, 0, 0, 0, 0, 2}, .h_source = {2, 0, 0, 0, 0, 1}};
	uint8_t frame[FRAME_MAX];
	size_t len = sizeof(eth);

	if (tuple->family == 4) {
		eth.h_proto = htons(ETH_P_IP);
		len += put_ipv4(tuple, frame + len);
	} else if (tuple->family == 6) {
		eth.h_proto = htons(ETH_P_IPV6);
		len += put_ipv6(tuple, frame + len);
	} else {
		return -EINVAL;
	}
	memcpy(frame, &eth, sizeof(eth));
	if (len > size)
		return -EINVAL;
	memcpy(buf, frame, len);
	return len;
}
