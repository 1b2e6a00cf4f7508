// SPDX-License-Identifier: GPL-2.0-only
/* Frames of a tuple; see bench_frames.h. */
#include "bench_frames.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>

#include "../policy/frame.h"

#define TYPE_AT	   12 /* of the EtherType, without tags */
#define IP_AT	   14
#define IP4_HEADER 20
#define IP6_HEADER 40
#define TAG	   4
#define PAYLOAD	   64
#define DEEP	   9 /* extension headers: one more than are read */

/* Make room for `n` zero bytes at `at` of a frame of `len` bytes. */
static int insert(uint8_t *frame, int len, int at, int n)
{
	memmove(frame + at + n, frame + at, len - at);
	memset(frame + at, 0, n);
	return len + n;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static unsigned get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* A tag before the EtherType; the last one put is the outermost. */
static int put_tag(uint8_t *frame, int len, unsigned type, unsigned vid)
{
	len = insert(frame, len, TYPE_AT, TAG);
	put16(frame + TYPE_AT, type);
	put16(frame + TYPE_AT + 2, vid);
	return len;
}

/* The IPv4 header's checksum anew, RFC 1071. */
static void sum_ipv4(uint8_t *ip)
{
	unsigned header = (ip[0] & 15) * 4;
	uint32_t sum = 0;

	put16(ip + 10, 0);
	for (unsigned i = 0; i < header; i += 2)
		sum += get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~sum & 0xffff);
}

/* Router alert, RFC 2113. */
static int put_options(uint8_t *frame, int len)
{
	static const uint8_t alert[] = {0x94, 4, 0, 0};
	uint8_t *ip = frame + IP_AT;

	len = insert(frame, len, IP_AT + IP4_HEADER, sizeof(alert));
	memcpy(ip + IP4_HEADER, alert, sizeof(alert));
	ip[0]++;
	put16(ip + 2, get16(ip + 2) + sizeof(alert));
	sum_ipv4(ip);
	return len;
}

/* An extension header of 8 bytes, PadN, directly behind the IPv6 header. */
static int put_extension(uint8_t *frame, int len, uint8_t proto)
{
	static const uint8_t padding[] = {1, 4};
	uint8_t *ip = frame + IP_AT, next = ip[6];

	len = insert(frame, len, IP_AT + IP6_HEADER, 8);
	ip[6] = proto;
	ip[IP6_HEADER] = next;
	if (proto != IPPROTO_FRAGMENT)
		memcpy(ip + IP6_HEADER + 2, padding, sizeof(padding));
	put16(ip + 4, get16(ip + 4) + 8);
	return len;
}

/* `offset` in units of 8 bytes. */
static int put_fragment(uint8_t *frame, int len, int family, unsigned offset, bool more)
{
	uint8_t *ip = frame + IP_AT;

	if (family == 4) {
		put16(ip + 6, offset | (more ? 0x2000 : 0));
		sum_ipv4(ip);
		return len;
	}
	len = put_extension(frame, len, IPPROTO_FRAGMENT);
	put16(ip + IP6_HEADER + 2, offset << 3 | more);
	return len;
}

static int put_arp(uint8_t *frame)
{
	static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};

	memset(frame + IP_AT, 0, 46);
	memcpy(frame + IP_AT, request, sizeof(request));
	put16(frame + TYPE_AT, ETH_P_ARP);
	return ETH_ZLEN;
}

/* An RTP packet of silence, RFC 3550 and 3551: what most of the traffic is. */
static int put_payload(uint8_t *frame, int len, int family)
{
	static const uint8_t rtp[PAYLOAD] = {0x80, 13, 0, 1};
	uint8_t *ip = frame + IP_AT, *length = ip + (family == 4 ? 2 : 4);
	uint8_t *transport = ip + (family == 4 ? IP4_HEADER : IP6_HEADER);
	uint8_t proto = ip[family == 4 ? 9 : 6];

	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		return -EINVAL;
	memcpy(frame + len, rtp, PAYLOAD);
	put16(length, get16(length) + PAYLOAD);
	if (proto == IPPROTO_UDP)
		put16(transport + 4, get16(transport + 4) + PAYLOAD);
	if (family == 4)
		sum_ipv4(ip);
	return len + PAYLOAD;
}

static void cut(uint8_t *frame, int family)
{
	uint8_t *length = frame + IP_AT + (family == 4 ? 2 : 4);

	put16(length, get16(length) + 0x4000);
	if (family == 4)
		sum_ipv4(frame + IP_AT);
}

static int dress_ip(uint8_t *frame, int len, int family, enum bench_dress dress)
{
	switch (dress) {
	case DRESS_PAYLOAD:
		return put_payload(frame, len, family);
	case DRESS_OPTIONS:
		return family == 4 ? put_options(frame, len) : -EINVAL;
	case DRESS_EXTENSIONS:
	case DRESS_DEEP:
		if (family != 6)
			return -EINVAL;
		for (int i = 0; i < (dress == DRESS_DEEP ? DEEP - 1 : 1); i++)
			len = put_extension(frame, len, IPPROTO_DSTOPTS);
		return put_extension(frame, len, IPPROTO_HOPOPTS);
	case DRESS_FIRST_FRAGMENT:
		return put_fragment(frame, len, family, 0, true);
	case DRESS_LATER_FRAGMENT:
		return put_fragment(frame, len, family, 100, false);
	case DRESS_CUT:
		cut(frame, family);
		return len;
	case DRESS_ARP:
		return put_arp(frame);
	default:
		return len;
	}
}

int bench_frame(const struct tuple *tuple, uint16_t vlan, enum bench_dress dress, uint8_t *frame)
{
	int len = frame_build(tuple, frame, BENCH_FRAME_MAX);

	if (len > 0)
		len = dress_ip(frame, len, tuple->family, dress);
	if (len < 0)
		return len;
	if (dress == DRESS_VLAN || dress == DRESS_QINQ || dress == DRESS_TAGS)
		len = put_tag(frame, len, ETH_P_8021Q, 100);
	if ((dress == DRESS_QINQ && !vlan) || dress == DRESS_TAGS)
		len = put_tag(frame, len, ETH_P_8021AD, 200);
	if (dress == DRESS_TAGS && !vlan)
		len = put_tag(frame, len, ETH_P_8021AD, 300);
	if (vlan)
		len = put_tag(frame, len, dress == DRESS_QINQ ? ETH_P_8021AD : ETH_P_8021Q, vlan);
	return len;
}
