/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writer of pcapng, the capture format of Wireshark and tcpdump (draft-ietf-opsawg-pcapng): one
 * section in this machine's byte order, Ethernet frames, times in nanoseconds. It writes to memory;
 * where the bytes go is the caller's business.
 */
#ifndef XE_OUTPUT_PCAPNG_H
#define XE_OUTPUT_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What has been written and not been taken yet; {0} to begin with. Once memory is short nothing
 * more is written, and `failed` says so.
 */
struct pcapng {
	unsigned char *bytes;
	size_t n, capacity;
	bool failed;
};

/*
 * Text may be anything, also names that others have chosen: it is escaped as for a terminal
 * (escape.h), which makes it UTF-8. NULL: left out.
 */

/* What a file begins with: the program that makes it, and the system it runs on. */
void pcapng_section(struct pcapng *out, const char *program, const char *system);

/* An interface: the first is number 0, each further one the next. `snap`: bytes of a frame at most.
 */
void pcapng_interface(struct pcapng *out, const char *name, const char *description, uint32_t snap);

struct pcapng_packet {
	uint32_t interface; /* its number */
	uint64_t at;	    /* ns since 1970, UTC */
	const void *bytes;
	uint32_t captured; /* bytes there are */
	uint32_t length;   /* of the frame */
	uint32_t action;   /* what the XDP program returned: enum xdp_action */
	const char *comment;
};

/* A packet that came in. */
void pcapng_packet(struct pcapng *out, const struct pcapng_packet *packet);

struct pcapng_statistics {
	uint32_t interface;
	uint64_t from, to;  /* ns since 1970: what the counts are of */
	uint64_t received;  /* by the interface */
	uint64_t accepted;  /* by the filter */
	uint64_t dropped;   /* accepted, and lost on the way here */
	uint64_t delivered; /* are in the file */
	const char *comment;
};

/* What came of an interface, behind its last packet. */
void pcapng_statistics(struct pcapng *out, const struct pcapng_statistics *statistics);

/*
 * Of what was written only the first `taken` bytes could be: how many of them are whole blocks.
 * *packets: how many packets are behind those.
 */
size_t pcapng_whole(const struct pcapng *out, size_t taken, uint64_t *packets);
/* Forget what was written, after it has been taken. */
void pcapng_taken(struct pcapng *out);
void pcapng_free(struct pcapng *out);

#endif
