// SPDX-License-Identifier: GPL-2.0-only
/* Writer of pcapng. */
#include "output/pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "output/escape.h"

enum block {
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_OS = 3,
	SECTION_PROGRAM = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	PACKET_VERDICT = 7,
	STATISTICS_START = 2,
	STATISTICS_END = 3,
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
	STATISTICS_ACCEPTED = 6,
	STATISTICS_DELIVERED = 8,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define LINK_ETHERNET	 1
#define NANOSECONDS	 9 /* a power of ten, negated */
#define INBOUND		 1
#define VERDICT_XDP	 2
#define TEXT_MAX	 4096 /* bytes of an option's text */

/* --- bytes ----------------------------------------------------------------------------------- */

/* Room for n bytes; NULL: there is none. */
static unsigned char *grow(struct pcapng *out, size_t n)
{
	size_t capacity = out->capacity ? out->capacity : 4096;
	unsigned char *bytes;

	if (out->failed)
		return NULL;
	while (capacity - out->n < n)
		capacity *= 2;
	if (capacity != out->capacity) {
		bytes = realloc(out->bytes, capacity);
		if (!bytes) {
			out->failed = true;
			return NULL;
		}
		out->bytes = bytes;
		out->capacity = capacity;
	}
	bytes = out->bytes + out->n;
	out->n += n;
	return bytes;
}

static void put(struct pcapng *out, const void *from, size_t n)
{
	unsigned char *to = grow(out, n);

	if (to && n)
		memcpy(to, from, n);
}

static void put16(struct pcapng *out, uint16_t value)
{
	put(out, &value, sizeof(value));
}

static void put32(struct pcapng *out, uint32_t value)
{
	put(out, &value, sizeof(value));
}

/* Times are two words, the upper one first, whatever the byte order. */
static void put_time(struct pcapng *out, uint64_t ns)
{
	put32(out, ns >> 32);
	put32(out, ns);
}

/* Zeros up to a multiple of four, where n bytes have been written. */
static void pad(struct pcapng *out, size_t n)
{
	static const unsigned char zeros[4];

	put(out, zeros, -n & 3);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Returns where the block begins, for block_end(). */
static size_t block_begin(struct pcapng *out, enum block type)
{
	size_t start = out->n;

	put32(out, type);
	put32(out, 0); /* its length, which is not known yet */
	return start;
}

static void block_end(struct pcapng *out, size_t start)
{
	uint32_t length = out->n - start + 4;

	put32(out, length);
	if (!out->failed)
		memcpy(out->bytes + start + 4, &length, sizeof(length));
}

static void option_begin(struct pcapng *out, enum option code, size_t length)
{
	put16(out, code);
	put16(out, length);
}

static void option_text(struct pcapng *out, enum option code, const char *text)
{
	char escaped[TEXT_MAX];

	if (!text)
		return;
	escape_terminal(text, strlen(text), escaped, sizeof(escaped));
	option_begin(out, code, strlen(escaped));
	put(out, escaped, strlen(escaped));
	pad(out, strlen(escaped));
}

static void option_count(struct pcapng *out, enum option code, uint64_t value)
{
	option_begin(out, code, sizeof(value));
	put(out, &value, sizeof(value));
}

static void option_time(struct pcapng *out, enum option code, uint64_t ns)
{
	option_begin(out, code, sizeof(ns));
	put_time(out, ns);
}

void pcapng_section(struct pcapng *out, const char *program, const char *system)
{
	size_t start = block_begin(out, BLOCK_SECTION);

	put32(out, BYTE_ORDER_MAGIC);
	put16(out, 1); /* version 1.0 */
	put16(out, 0);
	put32(out, UINT32_MAX); /* the section's length: not known */
	put32(out, UINT32_MAX);
	option_text(out, SECTION_OS, system);
	option_text(out, SECTION_PROGRAM, program);
	option_begin(out, OPTION_END, 0);
	block_end(out, start);
}

void pcapng_interface(struct pcapng *out, const char *name, const char *description, uint32_t snap)
{
	static const unsigned char resolution = NANOSECONDS;
	size_t start = block_begin(out, BLOCK_INTERFACE);

	put16(out, LINK_ETHERNET);
	put16(out, 0);
	put32(out, snap);
	option_text(out, INTERFACE_NAME, name);
	option_text(out, INTERFACE_DESCRIPTION, description);
	option_begin(out, INTERFACE_RESOLUTION, sizeof(resolution));
	put(out, &resolution, sizeof(resolution));
	pad(out, sizeof(resolution));
	option_begin(out, OPTION_END, 0);
	block_end(out, start);
}

void pcapng_packet(struct pcapng *out, const struct pcapng_packet *packet)
{
	static const unsigned char by = VERDICT_XDP;
	const uint64_t action = packet->action;
	size_t start = block_begin(out, BLOCK_PACKET);

	put32(out, packet->interface);
	put_time(out, packet->at);
	put32(out, packet->captured);
	put32(out, packet->length);
	put(out, packet->bytes, packet->captured);
	pad(out, packet->captured);
	option_text(out, OPTION_COMMENT, packet->comment);
	option_begin(out, PACKET_FLAGS, 4);
	put32(out, INBOUND);
	option_begin(out, PACKET_VERDICT, sizeof(by) + sizeof(action));
	put(out, &by, sizeof(by));
	put(out, &action, sizeof(action));
	pad(out, sizeof(by) + sizeof(action));
	option_begin(out, OPTION_END, 0);
	block_end(out, start);
}

void pcapng_statistics(struct pcapng *out, const struct pcapng_statistics *statistics)
{
	size_t start = block_begin(out, BLOCK_STATISTICS);

	put32(out, statistics->interface);
	put_time(out, statistics->to);
	option_text(out, OPTION_COMMENT, statistics->comment);
	option_time(out, STATISTICS_START, statistics->from);
	option_time(out, STATISTICS_END, statistics->to);
	option_count(out, STATISTICS_RECEIVED, statistics->received);
	option_count(out, STATISTICS_DROPPED, statistics->dropped);
	option_count(out, STATISTICS_ACCEPTED, statistics->accepted);
	option_count(out, STATISTICS_DELIVERED, statistics->delivered);
	option_begin(out, OPTION_END, 0);
	block_end(out, start);
}

size_t pcapng_whole(const struct pcapng *out, size_t taken, uint64_t *packets)
{
	size_t whole = 0;
	uint32_t head[2]; /* type and length */

	*packets = 0;
	for (size_t at = 0; at + sizeof(head) <= out->n; at += head[1]) {
		memcpy(head, out->bytes + at, sizeof(head));
		if (!head[1])
			break; /* one that memory was too short for */
		if (at + head[1] <= taken)
			whole = at + head[1];
		else
			*packets += head[0] == BLOCK_PACKET;
	}
	return whole;
}

void pcapng_taken(struct pcapng *out)
{
	out->n = 0;
}

void pcapng_free(struct pcapng *out)
{
	free(out->bytes);
	*out = (struct pcapng){0};
}
