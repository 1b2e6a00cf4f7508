// SPDX-License-Identifier: GPL-2.0-only
/* Payload classes: real first bytes of each protocol, and what is nearly that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload.h"

struct bytes {
	size_t n;
	uint8_t v[256];
};

/* "16 fe ff" to bytes; blanks are free. */
static struct bytes hex(const char *text)
{
	struct bytes out = {0};

	for (const char *p = text; *p; p++) {
		unsigned value;

		if (*p == ' ')
			continue;
		assert_int_equal(sscanf(p, "%2x", &value), 1);
		assert_true(out.n < sizeof(out.v));
		out.v[out.n++] = value;
		p++;
	}
	return out;
}

/*
 * What the program would say of these bytes, of `len` by the headers; read from memory that ends
 * where they do.
 */
static enum payload_class look_cut(enum xe_payload kind, enum xe_l4 l4, const struct bytes *bytes,
				   uint32_t len, int reply, int known, uint32_t *flags)
{
	uint8_t *copy = malloc(bytes->n);
	struct payload payload = {.pos = copy, .end = copy + bytes->n, .len = len};
	enum payload_class class;

	assert_non_null(copy);
	memcpy(copy, bytes->v, bytes->n);
	class = payload_class(kind, l4, &payload, reply, known, flags);
	free(copy);
	return class;
}

static enum payload_class look(enum xe_payload kind, enum xe_l4 l4, const struct bytes *bytes,
			       int reply, int known, uint32_t *flags)
{
	return look_cut(kind, l4, bytes, bytes->n, reply, known, flags);
}

static int udp(enum xe_payload kind, const char *text, uint32_t flags)
{
	struct bytes bytes = hex(text);

	return look(kind, XE_L4_UDP, &bytes, 0, 1, &flags);
}

/* The first payload of a stream, forward. */
static int tcp(enum xe_payload kind, const char *text)
{
	struct bytes bytes = hex(text);
	uint32_t flags = 0;
	int class = look(kind, XE_L4_TCP, &bytes, 0, 1, &flags);

	assert_int_equal(flags, XE_FLOW_PAYLOAD);
	return class;
}

#define CONFORMS(expression) assert_int_equal((expression), PAYLOAD_CONFORMING)
#define OTHER(expression)    assert_int_equal((expression), PAYLOAD_OTHER)
#define NEITHER(expression)  assert_int_equal((expression), PAYLOAD_NEITHER)

/* RFC 5769, section 2.1. */
#define BINDING                                                                   \
	"00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"             \
	"80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74"             \
	"00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36"             \
	"00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20"                         \
	"00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2" \
	"80 28 00 04 e5 7a 3b cf"

#define TRANSACTION "5e 0a 91 3c 77 c2 04 d8 1b 6f e3 20 9a 48 bd 55"
/* With MS-Version behind the cookie. */
#define ALLOCATE "00 03 00 10" TRANSACTION "00 0f 00 04 72 c6 4b c6 80 08 00 04 00 00 00 03"
#define SET_ACTIVE \
	"00 06 00 14" TRANSACTION "00 0f 00 04 72 c6 4b c6 00 11 00 08 00 01 c3 50 c6 33 64 07"
#define CHANNEL "40 00 00 04 80 00 12 34"
#define RTP	"80 00 12 34 00 00 00 a0 de ad be ef d5 d5 d5 d5"
#define RTCP	"80 c9 00 01 de ad be ef" /* an empty receiver report */
#define DTLS	"16 fe ff 00 00 00 00 00 00 00 00 00 04 01 00 00 00"
/* The pseudo-TLS hello of a client: as far as it is looked at, any of TLS 1.0. */
#define HELLO  "16 03 01 00 2d 01 00 00 29 03 01 c1 22 7f 9d"
#define TLS12  "16 03 03 00 50 02 00 00 4c 03 03"
#define QUERY  "1a 2b 01 00 00 01 00 00 00 00 00 00 03 77 77 77 00 00 01 00 01"
#define ANSWER "1a 2b 81 80 00 01 00 01 00 00 00 00 03 77 77 77 00 00 01 00 01"

static void stun(void **state)
{
	(void)state;
	CONFORMS(udp(XE_PAYLOAD_TURN, BINDING, 0));
	CONFORMS(udp(XE_PAYLOAD_TURN, "01 01 00 00 21 12 a4 42 000000000000000000000000", 0));
	/* cookie; two zero bits; a length that is no multiple of four; one that does not fit */
	OTHER(udp(XE_PAYLOAD_TURN, "01 01 00 00 21 12 a4 43 000000000000000000000000", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "c1 01 00 00 21 12 a4 42 000000000000000000000000", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "01 01 00 02 21 12 a4 42 000000000000000000000000 0000", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "01 01 00 04 21 12 a4 42 000000000000000000000000 000000", 0));
	CONFORMS(udp(XE_PAYLOAD_TURN, "01 01 00 04 21 12 a4 42 000000000000000000000000 00000000",
		     0));
	/* cut within the header */
	OTHER(udp(XE_PAYLOAD_TURN, "01 01 00 00 21 12 a4 42 0000000000000000000000", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "01", 0));
}

static void msturn(void **state)
{
	(void)state;
	CONFORMS(udp(XE_PAYLOAD_TURN, ALLOCATE, 0));
	/* the cookie's value, the attribute's type and length, and where it stands */
	OTHER(udp(XE_PAYLOAD_TURN, "00 03 00 08" TRANSACTION "00 0f 00 04 72 c6 4b c7", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "00 03 00 08" TRANSACTION "00 0e 00 04 72 c6 4b c6", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "00 03 00 08" TRANSACTION "00 0f 00 08 72 c6 4b c6", 0));
	OTHER(udp(XE_PAYLOAD_TURN,
		  "00 03 00 10" TRANSACTION "80 08 00 04 00 00 00 03 00 0f 00 04 72 c6 4b c6", 0));
	/* the cookie in the header, as RFC 5389 has its own */
	OTHER(udp(XE_PAYLOAD_TURN, "00 03 00 00 72 c6 4b c6 000000000000000000000000", 0));
	/* outside of the message */
	OTHER(udp(XE_PAYLOAD_TURN, "00 03 00 04" TRANSACTION "00 0f 00 04 72 c6 4b c6", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "00 03 00 08" TRANSACTION "00 0f 00 04 72 c6 4b", 0));
}

static void channel_data(void **state)
{
	(void)state;
	CONFORMS(udp(XE_PAYLOAD_TURN, CHANNEL, 0));
	CONFORMS(udp(XE_PAYLOAD_TURN, "7f ff 00 00", 0));
	CONFORMS(udp(XE_PAYLOAD_TURN, "40 01 00 03 01 02 03 00", 0)); /* padded */
	OTHER(udp(XE_PAYLOAD_TURN, "40 01 00 05 01 02 03 04", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "40 01 00", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "3f ff 00 00", 0));
	OTHER(udp(XE_PAYLOAD_TURN, "c0 00 00 00", 0));
}

/* What is relayed bare is media only once there is somewhere to relay it to. */
static void active_destination(void **state)
{
	struct bytes bytes = hex(SET_ACTIVE);
	uint32_t flags = 0;

	(void)state;
	OTHER(udp(XE_PAYLOAD_TURN, RTP, 0));
	OTHER(udp(XE_PAYLOAD_TURN, RTCP, 0));
	CONFORMS(look(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 0, 1, &flags));
	assert_int_equal(flags, XE_FLOW_ACTIVE);
	CONFORMS(udp(XE_PAYLOAD_TURN, RTP, flags));
	CONFORMS(udp(XE_PAYLOAD_TURN, RTCP, flags));
	OTHER(udp(XE_PAYLOAD_TURN, DTLS, flags));

	/* the response, an allocate request, and another protocol's 0x0006 ask for nothing */
	flags = XE_FLOW_FIN;
	bytes.v[0] = 0x01;
	CONFORMS(look(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 1, 1, &flags));
	bytes = hex(ALLOCATE);
	CONFORMS(look(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 0, 1, &flags));
	bytes = hex("00 06 00 00 21 12 a4 42 000000000000000000000000");
	CONFORMS(look(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 0, 1, &flags));
	assert_int_equal(flags, XE_FLOW_FIN);

	/* without a flow nobody knows; what is no media is other all the same */
	flags = 0;
	bytes = hex(RTP);
	NEITHER(look(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 0, 0, &flags));
	bytes = hex(DTLS);
	OTHER(look(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 0, 0, &flags));
	bytes = hex(BINDING);
	CONFORMS(look(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 0, 0, &flags));
}

static void media(void **state)
{
	(void)state;
	CONFORMS(udp(XE_PAYLOAD_RTP, RTP, 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, "80 7f 12 34 00 00 00 a0 de ad be ef", 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, "81 60 12 34 00 00 00 a0 de ad be ef 00 00 00 01", 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, RTCP, 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, "80 df 00 01 de ad be ef", 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, BINDING, 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, DTLS, 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, "14", 0));
	CONFORMS(udp(XE_PAYLOAD_RTP, "3f 00", 0));

	/* versions 1 and 3; a header, or a list of sources, that is cut */
	OTHER(udp(XE_PAYLOAD_RTP, "40 00 12 34 00 00 00 a0 de ad be ef", 0));
	OTHER(udp(XE_PAYLOAD_RTP, "c0 00 12 34 00 00 00 a0 de ad be ef", 0));
	OTHER(udp(XE_PAYLOAD_RTP, "80 00 12 34 00 00 00 a0 de ad be", 0));
	OTHER(udp(XE_PAYLOAD_RTP, "81 60 12 34 00 00 00 a0 de ad be ef 00 00 00", 0));
	/* RTCP: a length beyond the datagram; the types on both sides of it are RTP's */
	OTHER(udp(XE_PAYLOAD_RTP, "80 c8 00 06 de ad be ef 00 00 00 00 00 00 00 00", 0));
	OTHER(udp(XE_PAYLOAD_RTP, "80 c9 00 01 de ad be", 0));
	OTHER(udp(XE_PAYLOAD_RTP, "80 bf 00 01 de ad be ef", 0));
	OTHER(udp(XE_PAYLOAD_RTP, "80 e0 00 01 de ad be ef", 0));
	/* beside DTLS's range; a relay's messages */
	OTHER(udp(XE_PAYLOAD_RTP, "13", 0));
	OTHER(udp(XE_PAYLOAD_RTP, "40", 0));
	OTHER(udp(XE_PAYLOAD_RTP, ALLOCATE, 0));
	OTHER(udp(XE_PAYLOAD_RTP, "41 01 00 00 21 12 a4 42 000000000000000000000000", 0));

	/* over TCP each direction begins with a message behind its length */
	CONFORMS(tcp(XE_PAYLOAD_RTP, "00 6c" BINDING));
	CONFORMS(tcp(XE_PAYLOAD_RTP, "00 10" RTP));
	OTHER(tcp(XE_PAYLOAD_RTP, RTP));
	OTHER(tcp(XE_PAYLOAD_RTP, "00 00" RTP));
	OTHER(tcp(XE_PAYLOAD_RTP, "00 0b" RTP));
	OTHER(tcp(XE_PAYLOAD_RTP, "00 10"));
	OTHER(tcp(XE_PAYLOAD_RTP, "00"));
}

static void turn_over_tcp(void **state)
{
	(void)state;
	CONFORMS(tcp(XE_PAYLOAD_TURN, HELLO));
	CONFORMS(tcp(XE_PAYLOAD_TURN, BINDING));
	CONFORMS(tcp(XE_PAYLOAD_TURN, ALLOCATE));
	CONFORMS(tcp(XE_PAYLOAD_TURN, "00 6c" BINDING));
	CONFORMS(tcp(XE_PAYLOAD_TURN, "00 24" ALLOCATE));
	/* a real TLS, of another version; another type of record; cut */
	OTHER(tcp(XE_PAYLOAD_TURN, TLS12));
	OTHER(tcp(XE_PAYLOAD_TURN, "17 03 01 00 2d 01"));
	OTHER(tcp(XE_PAYLOAD_TURN, "16 03 01 00"));
	OTHER(tcp(XE_PAYLOAD_TURN, "16 03 01 ff ff 01"));
	/* a length that cuts the message, and what needs no stream */
	OTHER(tcp(XE_PAYLOAD_TURN, "00 23" ALLOCATE));
	OTHER(tcp(XE_PAYLOAD_TURN, CHANNEL));
	OTHER(tcp(XE_PAYLOAD_TURN, RTP));
	OTHER(tcp(XE_PAYLOAD_TURN, "47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31"));
}

static void tls(void **state)
{
	struct bytes bytes = hex(TLS12);
	uint32_t flags = 0;

	(void)state;
	CONFORMS(tcp(XE_PAYLOAD_TLS, HELLO));
	CONFORMS(tcp(XE_PAYLOAD_TLS, TLS12));
	CONFORMS(tcp(XE_PAYLOAD_TLS, "14 03 03 00 01 01"));
	CONFORMS(tcp(XE_PAYLOAD_TLS, "17 03 03 41 00"));
	OTHER(tcp(XE_PAYLOAD_TLS, "17 03 03 41 01"));
	OTHER(tcp(XE_PAYLOAD_TLS, "13 03 03 00 01 01"));
	OTHER(tcp(XE_PAYLOAD_TLS, "18 03 03 00 01 01"));
	OTHER(tcp(XE_PAYLOAD_TLS, "16 02 00 00 01 01"));
	OTHER(tcp(XE_PAYLOAD_TLS, "16 04 00 00 01 01"));
	OTHER(tcp(XE_PAYLOAD_TLS, "80 2e 01 00 02 00 15")); /* an SSLv2 hello */
	OTHER(tcp(XE_PAYLOAD_TLS, "16 03 03 00"));
	OTHER(tcp(XE_PAYLOAD_TLS, "53 53 48 2d 32 2e 30")); /* SSH-2.0 */
	/* no TLS over UDP: DTLS there would be another row's */
	NEITHER(look(XE_PAYLOAD_TLS, XE_L4_UDP, &bytes, 0, 1, &flags));
}

static void dns(void **state)
{
	struct bytes query = hex(QUERY), answer = hex(ANSWER);
	uint32_t flags = 0;

	(void)state;
	CONFORMS(look(XE_PAYLOAD_DNS, XE_L4_UDP, &query, 0, 0, &flags));
	CONFORMS(look(XE_PAYLOAD_DNS, XE_L4_UDP, &answer, 1, 0, &flags));
	OTHER(look(XE_PAYLOAD_DNS, XE_L4_UDP, &query, 1, 0, &flags));
	OTHER(look(XE_PAYLOAD_DNS, XE_L4_UDP, &answer, 0, 0, &flags));
	assert_int_equal(flags, 0);
	/* two questions, none, an opcode beyond UPDATE, UPDATE itself, a cut header */
	OTHER(udp(XE_PAYLOAD_DNS, "1a 2b 01 00 00 02 00 00 00 00 00 00", 0));
	OTHER(udp(XE_PAYLOAD_DNS, "1a 2b 01 00 00 00 00 00 00 00 00 00", 0));
	OTHER(udp(XE_PAYLOAD_DNS, "1a 2b 30 00 00 01 00 00 00 00 00 00", 0));
	CONFORMS(udp(XE_PAYLOAD_DNS, "1a 2b 28 00 00 01 00 00 00 00 00 00", 0));
	OTHER(udp(XE_PAYLOAD_DNS, "1a 2b 01 00 00 01 00 00 00 00 00", 0));
	/* an answer may repeat no question */
	answer = hex("1a 2b 81 80 00 00 00 01 00 00 00 00");
	CONFORMS(look(XE_PAYLOAD_DNS, XE_L4_UDP, &answer, 1, 0, &flags));

	CONFORMS(tcp(XE_PAYLOAD_DNS, "00 15" QUERY));
	CONFORMS(tcp(XE_PAYLOAD_DNS, "20 00" QUERY)); /* the rest comes later */
	OTHER(tcp(XE_PAYLOAD_DNS, "00 0b" QUERY));
	OTHER(tcp(XE_PAYLOAD_DNS, QUERY));
	OTHER(tcp(XE_PAYLOAD_DNS, "00 15"));
	OTHER(tcp(XE_PAYLOAD_DNS, "00 15" ANSWER));
}

/* Of a stream one payload of each direction counts, whatever it was; none without a flow. */
static void once_a_direction(void **state)
{
	struct bytes bytes = hex(HELLO), noise = hex("00 01 02 03 04 05");
	uint32_t flags = XE_FLOW_FIN;

	(void)state;
	OTHER(look(XE_PAYLOAD_TLS, XE_L4_TCP, &noise, 0, 1, &flags));
	assert_int_equal(flags, XE_FLOW_FIN | XE_FLOW_PAYLOAD);
	NEITHER(look(XE_PAYLOAD_TLS, XE_L4_TCP, &bytes, 0, 1, &flags));
	CONFORMS(look(XE_PAYLOAD_TLS, XE_L4_TCP, &bytes, 1, 1, &flags));
	assert_int_equal(flags, XE_FLOW_FIN | XE_FLOW_PAYLOAD | XE_FLOW_PAYLOAD_REPLY);
	NEITHER(look(XE_PAYLOAD_TLS, XE_L4_TCP, &noise, 1, 1, &flags));
	flags = 0;
	NEITHER(look(XE_PAYLOAD_TLS, XE_L4_TCP, &bytes, 0, 0, &flags));
	assert_int_equal(flags, 0);
	/* data with the SYN (TCP Fast Open) is the first */
	CONFORMS(look(XE_PAYLOAD_TLS, XE_L4_TCP_SYN, &bytes, 0, 1, &flags));
	assert_int_equal(flags, XE_FLOW_PAYLOAD);
	NEITHER(look(XE_PAYLOAD_NONE, XE_L4_TCP, &bytes, 1, 1, &flags));
	NEITHER(look(XE_PAYLOAD_NONE, XE_L4_UDP, &bytes, 1, 1, &flags));
	assert_int_equal(flags, XE_FLOW_PAYLOAD);
}

/* Whatever the bytes and however few, nothing is read beyond them; the sanitizer run would tell. */
static void cut_anywhere(void **state)
{
	static const char *const texts[] = {BINDING, ALLOCATE,	     SET_ACTIVE, CHANNEL,
					    RTP,     RTCP,	     DTLS,	 HELLO,
					    QUERY,   "00 6c" BINDING};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct bytes bytes = hex(texts[i]);

		for (size_t n = bytes.n; n >= 1; n--)
			for (int kind = 0; kind < XE_PAYLOAD_COUNT; kind++)
				for (int l4 = 0; l4 < XE_L4_COUNT; l4++) {
					uint32_t flags = 0;

					bytes.n = n;
					look(kind, l4, &bytes, n & 1, 1, &flags);
					flags = 0;
					look_cut(kind, l4, &bytes, 1400, n & 1, 1, &flags);
				}
	}
}

/* What lies in further buffers counts for lengths, and is never a header. */
static void further_buffers(void **state)
{
	struct bytes bytes = hex(BINDING);
	uint32_t flags = 0;

	(void)state;
	bytes.n = 20;
	CONFORMS(look_cut(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 108, 0, 1, &flags));
	bytes.n = 19;
	OTHER(look_cut(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 108, 0, 1, &flags));
	bytes = hex(ALLOCATE);
	bytes.n = 27;
	OTHER(look_cut(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 36, 0, 1, &flags));
	bytes.n = 28;
	CONFORMS(look_cut(XE_PAYLOAD_TURN, XE_L4_UDP, &bytes, 36, 0, 1, &flags));
}

/* --- where the payload is -------------------------------------------------------------------- */

#define ETHERNET  "02 00 00 00 00 02 02 00 00 00 00 01 08 00"
#define ADDRESSES "c6 33 64 07 cb 00 71 0a"
#define PADDING	  "ee ee ee ee ee ee ee ee"

/* The payload of an IPv4 frame, as the program finds it; -1: none. */
static int open_frame(const char *text, struct payload *payload, void **base)
{
	struct bytes bytes = hex(text);
	struct flow flow = {0};
	struct cursor c;
	uint32_t left = 0;
	__be16 type;

	*base = malloc(bytes.n);
	assert_non_null(*base);
	memcpy(*base, bytes.v, bytes.n);
	c = (struct cursor){.pos = *base, .end = *base + bytes.n};
	assert_int_equal(parse_link(&c, &flow, &type), PARSE_OK);
	assert_int_equal(parse_header4(&c, &flow, &left), PARSE_OK);
	assert_int_equal(parse_transport(&c, &flow, left), PARSE_OK);
	return payload_open(&c, &flow, left, payload);
}

static void expect_payload(const char *text, size_t at, uint32_t len)
{
	struct payload payload;
	void *base;

	assert_int_equal(open_frame(text, &payload, &base), 0);
	assert_ptr_equal(payload.pos, (uint8_t *)base + at);
	assert_int_equal(payload.len, len);
	free(base);
}

static void expect_none(const char *text)
{
	struct payload payload;
	void *base;

	assert_int_equal(open_frame(text, &payload, &base), -1);
	free(base);
}

static void where_it_is(void **state)
{
	(void)state;
	/* UDP: its own length counts, not what the IP header or the frame has beyond it */
	expect_payload(ETHERNET "45 00 00 20 00 00 00 00 40 11 00 00" ADDRESSES
				"0d 96 0d 96 00 0a 00 00 aa bb cc dd" PADDING,
		       42, 2);
	expect_none(ETHERNET "45 00 00 1c 00 00 00 00 40 11 00 00" ADDRESSES
			     "0d 96 0d 96 00 08 00 00" PADDING);
	/* a first fragment: the datagram's length, of which the rest comes in others */
	expect_payload(ETHERNET "45 00 00 20 00 00 20 00 40 11 00 00" ADDRESSES
				"0d 96 0d 96 10 08 00 00 aa bb cc dd",
		       42, 4096);
	/* TCP: an ACK of 40 bytes in a padded frame carries nothing; options are no payload */
	expect_none(ETHERNET "45 00 00 28 00 00 00 00 40 06 00 00" ADDRESSES
			     "01 bb c0 00 00 00 00 01 00 00 00 01 50 10 ff ff 00 00 00 00" PADDING);
	expect_none(ETHERNET
		    "45 00 00 2c 00 00 00 00 40 06 00 00" ADDRESSES
		    "01 bb c0 00 00 00 00 01 00 00 00 01 60 10 ff ff 00 00 00 00 02 04 05 b4");
	expect_payload(ETHERNET
		       "45 00 00 2f 00 00 00 00 40 06 00 00" ADDRESSES
		       "01 bb c0 00 00 00 00 01 00 00 00 01 60 10 ff ff 00 00 00 00 02 04 05 b4"
		       "16 03 01" PADDING,
		       58, 3);
	/* behind IP options */
	expect_payload(ETHERNET "46 00 00 21 00 00 00 00 40 11 00 00" ADDRESSES "01 01 01 01"
				"0d 96 0d 96 00 09 00 00 aa",
		       46, 1);
	/* neither TCP nor UDP */
	expect_none(ETHERNET "45 00 00 1c 00 00 00 00 40 01 00 00" ADDRESSES
			     "08 00 00 00 00 00 00 00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stun),
		cmocka_unit_test(msturn),
		cmocka_unit_test(channel_data),
		cmocka_unit_test(active_destination),
		cmocka_unit_test(media),
		cmocka_unit_test(turn_over_tcp),
		cmocka_unit_test(tls),
		cmocka_unit_test(dns),
		cmocka_unit_test(once_a_direction),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(further_buffers),
		cmocka_unit_test(where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
