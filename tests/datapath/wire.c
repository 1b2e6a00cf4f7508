// SPDX-License-Identifier: GPL-2.0-only
/* Frames put together header by header; see wire.h. */
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *wire_add(struct wire *w, size_t n)
{
	uint8_t *at = w->bytes + w->len;

	if (w->len + n > WIRE_MAX)
		abort();
	memset(at, 0, n);
	w->len += n;
	return at;
}

static void wire_add16(struct wire *w, uint16_t value)
{
	wire_add(w, 2);
	wire_set16(w, w->len - 2, value);
}

uint16_t wire_get16(const struct wire *w, size_t at)
{
	return (uint16_t)(w->bytes[at] << 8 | w->bytes[at + 1]);
}

void wire_set16(struct wire *w, size_t at, uint16_t value)
{
	w->bytes[at] = value >> 8;
	w->bytes[at + 1] = value & 0xff;
}

void wire_start(struct wire *w)
{
	/* locally administered addresses */
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

	w->len = w->ip = w->next = w->transport = w->udp_length = 0;
	memcpy(wire_add(w, sizeof(macs)), macs, sizeof(macs));
}

void wire_tag(struct wire *w, uint16_t tpid, uint16_t tci)
{
	wire_add16(w, tpid);
	wire_add16(w, tci);
}

void wire_type(struct wire *w, uint16_t ethertype)
{
	wire_add16(w, ethertype);
}

static void put_address(int family, const char *text, uint8_t *at)
{
	if (inet_pton(family, text, at) != 1)
		abort();
}

static void ipv4_header(struct wire *w, const void *source, const void *destination, unsigned words,
			uint16_t option)
{
	size_t at = w->len;

	w->ip = at;
	w->next = at + 9;
	wire_add(w, 20);
	w->bytes[at] = 0x40 | words;
	w->bytes[at + 8] = 64;
	memcpy(w->bytes + at + 12, source, 4);
	memcpy(w->bytes + at + 16, destination, 4);
	for (unsigned i = 5; i < words; i++) {
		wire_add16(w, option);
		wire_add16(w, option);
	}
}

void wire_ipv4(struct wire *w, const char *source, const char *destination, unsigned words,
	       uint16_t option)
{
	uint8_t s[4], d[4];

	put_address(AF_INET, source, s);
	put_address(AF_INET, destination, d);
	ipv4_header(w, s, d, words, option);
}

void wire_ipv4_fragment(struct wire *w, uint16_t field)
{
	wire_set16(w, w->ip + 6, field);
}

static void ipv6_header(struct wire *w, const void *source, const void *destination)
{
	uint8_t *ip;

	w->ip = w->len;
	w->next = w->len + 6;
	ip = wire_add(w, 40);
	ip[0] = 0x60;
	ip[7] = 64;
	memcpy(ip + 8, source, 16);
	memcpy(ip + 24, destination, 16);
}

void wire_ipv6(struct wire *w, const char *source, const char *destination)
{
	uint8_t s[16], d[16];

	put_address(AF_INET6, source, s);
	put_address(AF_INET6, destination, d);
	ipv6_header(w, s, d);
}

void wire_ip(struct wire *w, const char *source, const char *destination)
{
	if (strchr(source, ':')) {
		wire_type(w, 0x86dd);
		wire_ipv6(w, source, destination);
	} else {
		wire_type(w, 0x0800);
		wire_ipv4(w, source, destination, 5, 0);
	}
}

void wire_extension(struct wire *w, uint8_t kind, unsigned size, uint16_t fill)
{
	size_t at = w->len;

	if (size < 8 || size % (kind == IPPROTO_AH ? 4 : 8))
		abort();
	wire_proto(w, kind);
	wire_add(w, 2);
	w->bytes[at + 1] = kind == IPPROTO_AH ? size / 4 - 2 : size / 8 - 1;
	while (w->len < at + size)
		wire_add16(w, fill);
	w->next = at;
}

void wire_ipv6_fragment(struct wire *w, uint16_t field)
{
	size_t at = w->len;

	wire_proto(w, IPPROTO_FRAGMENT);
	wire_add(w, 8);
	wire_set16(w, at + 2, field);
	w->next = at;
}

void wire_proto(struct wire *w, uint8_t proto)
{
	w->bytes[w->next] = proto;
}

void wire_tcp(struct wire *w, uint16_t sport, uint16_t dport, uint8_t flags, unsigned words)
{
	size_t at = w->len;

	wire_proto(w, IPPROTO_TCP);
	w->transport = at;
	wire_add16(w, sport);
	wire_add16(w, dport);
	wire_add(w, words > 5 ? words * 4 - 4 : 16);
	w->bytes[at + 12] = words << 4;
	w->bytes[at + 13] = flags;
	wire_set16(w, at + 14, 65535);
}

void wire_udp(struct wire *w, uint16_t sport, uint16_t dport)
{
	wire_proto(w, IPPROTO_UDP);
	w->transport = w->len;
	wire_add16(w, sport);
	wire_add16(w, dport);
	w->udp_length = w->len;
	wire_add(w, 4);
}

void wire_bytes(struct wire *w, uint8_t fill, size_t n)
{
	memset(wire_add(w, n), fill, n);
}

void wire_set_ip_length(struct wire *w, uint16_t length)
{
	wire_set16(w, w->ip + (w->bytes[w->ip] >> 4 == 4 ? 2 : 4), length);
}

void wire_end(struct wire *w)
{
	if (w->ip)
		wire_set_ip_length(w, w->len - w->ip - (w->bytes[w->ip] >> 4 == 4 ? 0 : 40));
	if (w->udp_length)
		wire_set16(w, w->udp_length, w->len - w->transport);
}

void wire_tuple(struct wire *w, const struct tuple *tuple, uint16_t vid)
{
	wire_start(w);
	if (vid)
		wire_tag(w, 0x8100, vid);
	wire_type(w, tuple->family == 4 ? 0x0800 : 0x86dd);
	if (tuple->family == 4)
		ipv4_header(w, tuple->saddr, tuple->daddr, 5, 0);
	else
		ipv6_header(w, tuple->saddr, tuple->daddr);
	if (tuple->proto == IPPROTO_TCP)
		wire_tcp(w, tuple->sport, tuple->dport, tuple->syn ? TCP_SYN : TCP_ACK, 5);
	else if (tuple->proto == IPPROTO_UDP)
		wire_udp(w, tuple->sport, tuple->dport);
	else
		wire_proto(w, tuple->proto);
	wire_bytes(w, 0, 7); /* an odd length, as most have */
	wire_end(w);
}
