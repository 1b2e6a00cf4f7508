// SPDX-License-Identifier: GPL-2.0-only
/* The capture files that are written, byte by byte and through a reader that is not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include <cmocka.h>

#include "../../loader/output/escape.h"
#include "../../loader/output/pcapng.h"

#define SECTION	   0x0a0d0d0au
#define INTERFACE  1u
#define STATISTICS 5u
#define PACKET	   6u

/* --- a reader of blocks ---------------------------------------------------------------------- */

static uint32_t get32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint16_t get16(const unsigned char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* The n-th block, from 0; checks the frame of all up to it. */
static const unsigned char *block(const struct pcapng *file, size_t n, uint32_t type)
{
	const unsigned char *at = file->bytes;

	for (;; n--) {
		uint32_t length = get32(at + 4);

		assert_true(at + length <= file->bytes + file->n);
		assert_int_equal(length % 4, 0);
		assert_int_equal(get32(at + length - 4), length);
		if (!n)
			break;
		at += length;
	}
	assert_int_equal(get32(at), type);
	return at;
}

static size_t blocks(const struct pcapng *file)
{
	size_t n = 0;

	for (size_t at = 0; at < file->n; n++)
		at += get32(file->bytes + at + 4);
	return n;
}

/* An option's value, its length in *length; `fixed`: bytes of the block before its options. NULL:
 * there is none. */
static const unsigned char *option(const unsigned char *block, size_t fixed, uint16_t code,
				   uint16_t *length)
{
	const unsigned char *at = block + 8 + fixed, *end = block + get32(block + 4) - 4;

	while (at < end) {
		*length = get16(at + 2);
		assert_true(at + 4 + *length <= end);
		if (get16(at) == code)
			return at + 4;
		if (!get16(at)) {
			assert_int_equal(*length, 0);
			assert_ptr_equal(at + 4, end); /* nothing behind the end */
			return NULL;
		}
		/* what fills up to a multiple of four is zeros */
		for (uint16_t i = *length; i % 4; i++)
			assert_int_equal(at[4 + i], 0);
		at += 4 + (*length + 3) / 4 * 4;
	}
	fail_msg("no end of options");
	return NULL;
}

static void expect_text(const unsigned char *block, size_t fixed, uint16_t code, const char *want)
{
	uint16_t length;
	const unsigned char *text = option(block, fixed, code, &length);

	if (!want) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_int_equal(length, strlen(want));
	assert_memory_equal(text, want, length);
}

static void expect_count(const unsigned char *block, uint16_t code, uint64_t want)
{
	uint16_t length;
	const unsigned char *value = option(block, 12, code, &length);

	assert_non_null(value);
	assert_int_equal(length, 8);
	assert_true(get64(value) == want);
}

static void expect_time(const unsigned char *at, uint64_t want)
{
	assert_int_equal(get32(at), want >> 32);
	assert_int_equal(get32(at + 4), (uint32_t)want);
}

/* --- what stands in it ------------------------------------------------------------------------ */

#define AT 0x1234567890abcdefull /* both words tell */

static const unsigned char frame[70] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45};

static size_t fixed_of_packet(uint32_t captured)
{
	return 20 + (captured + 3) / 4 * 4;
}

static void put_packet(struct pcapng *file, uint32_t captured, const char *comment)
{
	pcapng_packet(file, &(struct pcapng_packet){.interface = 1,
						    .at = AT,
						    .bytes = frame,
						    .captured = captured,
						    .length = 1514,
						    .action = 2,
						    .comment = comment});
}

static void begin(struct pcapng *file)
{
	pcapng_section(file, "xdp-edge 1", "Linux 6.1");
	pcapng_interface(file, "wan0", "internet", 65535);
	pcapng_interface(file, "lan0", NULL, 128);
}

static void test_section(void **state)
{
	struct pcapng file = {0};
	const unsigned char *b;

	(void)state;
	begin(&file);
	b = block(&file, 0, SECTION);
	assert_int_equal(get32(b + 8), 0x1a2b3c4d);
	assert_int_equal(get16(b + 12), 1);
	assert_int_equal(get16(b + 14), 0);
	assert_true(get64(b + 16) == UINT64_MAX);
	expect_text(b, 16, 3, "Linux 6.1");
	expect_text(b, 16, 4, "xdp-edge 1");
	assert_int_equal(blocks(&file), 3);
	pcapng_free(&file);
}

static void test_interface(void **state)
{
	struct pcapng file = {0};
	const unsigned char *b, *resolution;
	uint16_t length;

	(void)state;
	begin(&file);
	b = block(&file, 1, INTERFACE);
	assert_int_equal(get16(b + 8), 1); /* Ethernet */
	assert_int_equal(get16(b + 10), 0);
	assert_int_equal(get32(b + 12), 65535);
	expect_text(b, 8, 2, "wan0");
	expect_text(b, 8, 3, "internet");
	resolution = option(b, 8, 9, &length);
	assert_int_equal(length, 1);
	assert_int_equal(*resolution, 9);
	b = block(&file, 2, INTERFACE);
	assert_int_equal(get32(b + 12), 128);
	expect_text(b, 8, 2, "lan0");
	expect_text(b, 8, 3, NULL);
	pcapng_free(&file);
}

/* Of every length, so that all ways to fill up are met. */
static void test_packet(void **state)
{
	(void)state;
	for (uint32_t captured = 60; captured < 64; captured++) {
		struct pcapng file = {0};
		const unsigned char *b, *value;
		uint16_t length;

		begin(&file);
		put_packet(&file, captured, "row=a/b/1");
		b = block(&file, 3, PACKET);
		assert_int_equal(get32(b + 8), 1);
		expect_time(b + 12, AT);
		assert_int_equal(get32(b + 20), captured);
		assert_int_equal(get32(b + 24), 1514);
		assert_memory_equal(b + 28, frame, captured);
		for (uint32_t i = captured; i % 4; i++)
			assert_int_equal(b[28 + i], 0);
		expect_text(b, fixed_of_packet(captured), 1, "row=a/b/1");
		value = option(b, fixed_of_packet(captured), 2, &length);
		assert_int_equal(length, 4);
		assert_int_equal(get32(value), 1); /* inbound */
		value = option(b, fixed_of_packet(captured), 7, &length);
		assert_int_equal(length, 9);
		assert_int_equal(value[0], 2); /* by XDP */
		assert_true(get64(value + 1) == 2);
		pcapng_free(&file);
	}
}

static void test_statistics(void **state)
{
	struct pcapng file = {0};
	const unsigned char *b, *value;
	uint16_t length;

	(void)state;
	begin(&file);
	pcapng_statistics(&file, &(struct pcapng_statistics){.interface = 1,
							     .from = AT - 7,
							     .to = AT,
							     .received = 1ull << 40 | 9,
							     .accepted = 8,
							     .dropped = 3,
							     .delivered = 5,
							     .comment = "lost 3"});
	b = block(&file, 3, STATISTICS);
	assert_int_equal(get32(b + 8), 1);
	expect_time(b + 12, AT);
	expect_text(b, 12, 1, "lost 3");
	value = option(b, 12, 2, &length);
	assert_int_equal(length, 8);
	expect_time(value, AT - 7);
	value = option(b, 12, 3, &length);
	assert_int_equal(length, 8);
	expect_time(value, AT);
	expect_count(b, 4, 1ull << 40 | 9);
	expect_count(b, 5, 3);
	expect_count(b, 6, 8);
	expect_count(b, 8, 5);
	pcapng_free(&file);
}

/* Names that others have chosen. */
static void test_hostile_text(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"a\033]0;title\a", "a\\x1b]0;title\\x07"},
		{"two\nlines\r", "two\\x0alines\\x0d"},
		{"no UTF-8 \xff\xc0\xaf", "no UTF-8 \\xff\\xc0\\xaf"},
		{"right to left \xe2\x80\xae", "right to left \\u{202e}"},
		{"\xe5\x89\x8d", "\xe5\x89\x8d"},
	};
	char shown[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pcapng file = {0};

		escape_terminal(cases[i].text, strlen(cases[i].text), shown, sizeof(shown));
		assert_string_equal(shown, cases[i].want); /* or the table is wrong */
		pcapng_section(&file, cases[i].text, cases[i].text);
		pcapng_interface(&file, cases[i].text, cases[i].text, 1);
		put_packet(&file, 60, cases[i].text);
		expect_text(block(&file, 0, SECTION), 16, 4, cases[i].want);
		expect_text(block(&file, 1, INTERFACE), 8, 2, cases[i].want);
		expect_text(block(&file, 1, INTERFACE), 8, 3, cases[i].want);
		expect_text(block(&file, 2, PACKET), fixed_of_packet(60), 1, cases[i].want);
		pcapng_free(&file);
	}
}

/* More than an option takes is cut, between characters. */
static void test_long_text(void **state)
{
	struct pcapng file = {0};
	const unsigned char *text;
	char *comment = malloc(100001);
	uint16_t length;

	(void)state;
	for (int i = 0; i < 99999; i += 3)
		memcpy(comment + i, "\xe5\x89\x8d", 3);
	comment[99999] = '\0';
	begin(&file);
	put_packet(&file, 60, comment);
	text = option(block(&file, 3, PACKET), fixed_of_packet(60), 1, &length);
	assert_non_null(text);
	assert_true(length > 1000);
	assert_int_equal(length % 3, 0);
	assert_memory_equal(text, comment, length);
	free(comment);
	pcapng_free(&file);
}

/* What has been taken comes no second time, and what is written later follows it. */
static void test_taken(void **state)
{
	struct pcapng whole = {0}, parts = {0};
	unsigned char joined[4096];
	size_t n = 0;

	(void)state;
	begin(&whole);
	put_packet(&whole, 70, "one");
	put_packet(&whole, 61, "two");
	begin(&parts);
	put_packet(&parts, 70, "one");
	memcpy(joined, parts.bytes, parts.n);
	n = parts.n;
	pcapng_taken(&parts);
	assert_int_equal(parts.n, 0);
	put_packet(&parts, 61, "two");
	memcpy(joined + n, parts.bytes, parts.n);
	n += parts.n;
	assert_int_equal(n, whole.n);
	assert_memory_equal(joined, whole.bytes, n);
	pcapng_free(&whole);
	pcapng_free(&parts);
}

/* A disk that takes no more: what is whole of what it took, and how many packets are not. */
static void test_whole(void **state)
{
	struct pcapng file = {0};
	size_t head, one, two;
	uint64_t packets;

	(void)state;
	assert_int_equal(pcapng_whole(&file, 0, &packets), 0);
	assert_int_equal(packets, 0);
	begin(&file);
	head = file.n;
	put_packet(&file, 70, "one");
	one = file.n;
	put_packet(&file, 61, "two");
	two = file.n;
	for (size_t taken = 0; taken <= two; taken++) {
		size_t whole = pcapng_whole(&file, taken, &packets);

		assert_true(whole <= taken);
		assert_int_equal(packets, taken < one ? 2 : taken < two ? 1 : 0);
		if (taken >= head)
			assert_int_equal(whole, taken < one ? head : taken < two ? one : two);
	}
	pcapng_free(&file);
}

/* libpcap reads it: Ethernet, in order, with the times and lengths that were given. */
static void test_libpcap(void **state)
{
	struct pcapng file = {0};
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const unsigned char *bytes;
	FILE *in = tmpfile();
	pcap_t *pcap;

	(void)state;
	pcapng_section(&file, "xdp-edge 1", NULL);
	pcapng_interface(&file, "wan0", "internet", 65535);
	for (uint32_t i = 0; i < 300; i++)
		pcapng_packet(&file, &(struct pcapng_packet){.at = 1000000007ull * i,
							     .bytes = frame,
							     .captured = 14 + i % 57,
							     .length = 100 + i,
							     .action = 1,
							     .comment = i % 2 ? "odd" : NULL});
	pcapng_statistics(&file, &(struct pcapng_statistics){.received = 300});
	assert_int_equal(fwrite(file.bytes, 1, file.n, in), file.n);
	rewind(in);
	pcap = pcap_fopen_offline_with_tstamp_precision(in, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!pcap)
		fail_msg("%s", why);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	for (uint32_t i = 0; i < 300; i++) {
		assert_int_equal(pcap_next_ex(pcap, &header, &bytes), 1);
		assert_int_equal(header->caplen, 14 + i % 57);
		assert_int_equal(header->len, 100 + i);
		assert_true(header->ts.tv_sec * 1000000000ull + header->ts.tv_usec ==
			    1000000007ull * i);
		assert_memory_equal(bytes, frame, header->caplen);
	}
	assert_int_equal(pcap_next_ex(pcap, &header, &bytes), PCAP_ERROR_BREAK);
	pcap_close(pcap);
	pcapng_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),	     cmocka_unit_test(test_interface),
		cmocka_unit_test(test_packet),	     cmocka_unit_test(test_statistics),
		cmocka_unit_test(test_hostile_text), cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_taken),	     cmocka_unit_test(test_whole),
		cmocka_unit_test(test_libpcap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
