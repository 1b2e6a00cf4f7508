// SPDX-License-Identifier: GPL-2.0-only
/* Reading a trace and building its headers; see trace.h. */
#include "trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct headers4 {
	struct ethhdr eth;
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	};
} __attribute__((packed));

struct headers6 {
	struct ethhdr eth;
	struct ipv6hdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	};
} __attribute__((packed));

_Static_assert(sizeof(struct headers4) <= SENDER_WORDS_SHORT * 8, "IPv4 fits the short headers");
_Static_assert(sizeof(struct headers6) <= SENDER_WORDS_LONG * 8, "IPv6 fits the long headers");

static int wrong(const char *path, unsigned line, const char *token, const char *reason)
{
	fprintf(stderr, "%s:%u: %s: %s\n", path, line, token, reason);
	return -EINVAL;
}

static bool port_parse(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value > 65535)
		return false;
	*port = value;
	return true;
}

static void put_ports(void *at, bool tcp, bool syn, uint16_t sport, uint16_t dport)
{
	struct tcphdr *t = at;
	struct udphdr *u = at;

	if (!tcp) {
		*u = (struct udphdr){.source = htons(sport), .dest = htons(dport)};
		return;
	}
	*t = (struct tcphdr){
		.source = htons(sport),
		.dest = htons(dport),
		.doff = sizeof(*t) / 4,
		.syn = syn,
		.ack = !syn,
		.window = htons(65535),
	};
}

/* One line, its words in `field`. */
static int read_packet(const char *path, unsigned line, char *const field[6], struct trace *trace)
{
	struct trace_headers *headers = &trace->headers[trace->n];
	bool tcp = strcmp(field[0], "tcp") == 0;
	bool syn = field[5] && strcmp(field[5], "syn") == 0;
	bool ipv6 = strchr(field[1], ':');
	struct headers4 h4 = {.ip = {.version = 4, .ihl = 5, .ttl = 64}};
	struct headers6 h6 = {.ip = {.version = 6, .hop_limit = 64}};
	uint16_t sport, dport;

	if (!tcp && strcmp(field[0], "udp"))
		return wrong(path, line, field[0], "the protocol is tcp or udp");
	if (field[5] && !(syn && tcp))
		return wrong(path, line, field[5], "only syn, and only of tcp, may stand here");
	if (!port_parse(field[3], &sport))
		return wrong(path, line, field[3], "a port is 0..65535");
	if (!port_parse(field[4], &dport))
		return wrong(path, line, field[4], "a port is 0..65535");
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, field[1],
		      ipv6 ? (void *)&h6.ip.saddr : (void *)&h4.ip.saddr) != 1)
		return wrong(path, line, field[1], "not an address");
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, field[2],
		      ipv6 ? (void *)&h6.ip.daddr : (void *)&h4.ip.daddr) != 1)
		return wrong(path, line, field[2], "not an address of the source's family");

	*headers = (struct trace_headers){0};
	if (ipv6) {
		h6.eth.h_proto = htons(ETH_P_IPV6);
		h6.ip.nexthdr = tcp ? IPPROTO_TCP : IPPROTO_UDP;
		put_ports((char *)&h6 + offsetof(struct headers6, tcp), tcp, syn, sport, dport);
		memcpy(headers, &h6, sizeof(h6));
		trace->ipv6 = true;
	} else {
		h4.eth.h_proto = htons(ETH_P_IP);
		h4.ip.protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP;
		put_ports((char *)&h4 + offsetof(struct headers4, tcp), tcp, syn, sport, dport);
		memcpy(headers, &h4, sizeof(h4));
	}
	trace->n++;
	return 0;
}

static int grow(struct trace *trace, size_t *room)
{
	struct trace_headers *more;

	if (trace->n < *room)
		return 0;
	*room = *room ? *room * 2 : 1024;
	more = realloc(trace->headers, *room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	trace->headers = more;
	return 0;
}

int trace_read(const char *path, struct trace *trace)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t room = 0, size = 0;
	unsigned line = 0;
	char *text = NULL;
	int err = 0;

	*trace = (struct trace){0};
	if (!file)
		return -errno;
	while (!err && getline(&text, &size, file) >= 0) {
		char *field[6] = {NULL}, *rest = text, *word;
		size_t n = 0;

		line++;
		while ((word = strsep(&rest, " \t\r\n"))) {
			if (*word && n < 6)
				field[n++] = word;
			else if (*word)
				err = wrong(path, line, word, "one word too many");
		}
		if (err || !n || *field[0] == '#')
			continue;
		if (n < 5)
			err = wrong(path, line, field[n - 1],
				    "not PROTO SADDR DADDR SPORT DPORT [syn]");
		else
			err = grow(trace, &room);
		if (!err)
			err = read_packet(path, line, field, trace);
	}
	if (!err && ferror(file))
		err = -EIO;
	if (!err && !trace->n)
		err = wrong(path, line, "end of file", "no packet in the trace");
	free(text);
	if (file != stdin)
		fclose(file);
	if (err)
		trace_free(trace);
	return err;
}

/* One's complement sum of RFC 1071 over words as they stand; `len` is even. */
static uint32_t sum_add(uint32_t sum, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i += 2) {
		uint16_t word;

		memcpy(&word, (const char *)data + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static uint16_t sum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/*
 * The transport header at `l4`: UDP's length, and the checksum over `len` bytes whose tail is
 * zeros. `addresses`: both, as they stand in the IP header.
 */
static void finish_transport(void *l4, uint8_t proto, uint16_t len, const void *addresses,
			     size_t addresses_len)
{
	struct tcphdr *tcp = l4;
	struct udphdr *udp = l4;
	uint32_t sum = sum_add(htons(proto) + htons(len), addresses, addresses_len);

	if (proto == IPPROTO_TCP) {
		tcp->check = sum_finish(sum_add(sum, tcp, sizeof(*tcp)));
		return;
	}
	udp->len = htons(len);
	udp->check = sum_finish(sum_add(sum, udp, sizeof(*udp)));
	if (!udp->check)
		udp->check = 0xffff; /* 0 would say that there is none */
}

void trace_finish(struct trace *trace, const uint8_t *dmac, const uint8_t *smac, size_t size)
{
	for (size_t i = 0; i < trace->n; i++) {
		char *frame = (char *)&trace->headers[i];
		struct headers4 *h4 = (void *)frame;
		struct headers6 *h6 = (void *)frame;

		memcpy(h4->eth.h_dest, dmac, ETH_ALEN);
		memcpy(h4->eth.h_source, smac, ETH_ALEN);
		if (h4->eth.h_proto == htons(ETH_P_IP)) {
			h4->ip.tot_len = htons(size - sizeof(h4->eth));
			h4->ip.check = sum_finish(sum_add(0, frame + ETH_HLEN, sizeof(h4->ip)));
			finish_transport(frame + offsetof(struct headers4, tcp), h4->ip.protocol,
					 size - offsetof(struct headers4, tcp),
					 frame + offsetof(struct headers4, ip.saddr), 8);
		} else {
			h6->ip.payload_len = htons(size - offsetof(struct headers6, tcp));
			finish_transport(frame + offsetof(struct headers6, tcp), h6->ip.nexthdr,
					 size - offsetof(struct headers6, tcp),
					 frame + offsetof(struct headers6, ip.saddr), 32);
		}
	}
}

void trace_free(struct trace *trace)
{
	free(trace->headers);
	*trace = (struct trace){0};
}
