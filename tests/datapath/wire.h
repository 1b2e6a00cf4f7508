/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames put together header by header, rightly or wrongly on purpose. Shares nothing with the
 * loader's own frame builder. Check sums stay 0: nothing here is ever asked for them. Ports and
 * lengths in host byte order.
 */
#ifndef XE_DATAPATH_WIRE_H
#define XE_DATAPATH_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "policy/compile.h"

#define WIRE_MAX 70000

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* Offsets are of what was added last; 0: not yet. */
struct wire {
	uint8_t bytes[WIRE_MAX];
	size_t len;
	size_t ip;	   /* the IP header */
	size_t next;	   /* the byte that names the next header */
	size_t transport;  /* the TCP or UDP header */
	size_t udp_length; /* UDP's length field */
};

/* The two MAC addresses; everything before is forgotten. */
void wire_start(struct wire *w);
/* `tci` is priority, DEI and VID as they stand in the tag. */
void wire_tag(struct wire *w, uint16_t tpid, uint16_t tci);
void wire_type(struct wire *w, uint16_t ethertype);

/* `words`: ihl. Options beyond the first five words are filled with `option`, repeated. */
void wire_ipv4(struct wire *w, const char *source, const char *destination, unsigned words,
	       uint16_t option);
/*
 * Flags and offset as they stand in the header: 0x2000 is more-fragments, the offset counts 8
 * bytes.
 */
void wire_ipv4_fragment(struct wire *w, uint16_t field);
void wire_ipv6(struct wire *w, const char *source, const char *destination);
/* Add EtherType and IP header by what the addresses are. */
void wire_ip(struct wire *w, const char *source, const char *destination);
/*
 * An IPv6 extension header of `size` bytes (at least 8, a multiple of 8; of 4 for AH), its length
 * field right, its content `fill`, repeated. Not for fragment headers.
 */
void wire_extension(struct wire *w, uint8_t kind, unsigned size, uint16_t fill);
/* `field`: offset << 3 | M. */
void wire_ipv6_fragment(struct wire *w, uint16_t field);
/* Name what follows, for everything that is not TCP, UDP or an extension header. */
void wire_proto(struct wire *w, uint8_t proto);

/* `words`: data offset; options are zero. */
void wire_tcp(struct wire *w, uint16_t sport, uint16_t dport, uint8_t flags, unsigned words);
void wire_udp(struct wire *w, uint16_t sport, uint16_t dport);
void wire_bytes(struct wire *w, uint8_t fill, size_t n);

/*
 * Fill in the lengths of IP and UDP for what has been added so far. What comes afterwards is
 * padding.
 */
void wire_end(struct wire *w);

/*
 * All of it at once: the tuple over Ethernet, with a VLAN tag unless `vid` is 0. TCP that is no SYN
 * has ACK.
 */
void wire_tuple(struct wire *w, const struct tuple *tuple, uint16_t vid);

uint16_t wire_get16(const struct wire *w, size_t at);
void wire_set16(struct wire *w, size_t at, uint16_t value);
/* The total length of IPv4 or the payload length of IPv6. */
void wire_set_ip_length(struct wire *w, uint16_t length);

#endif
