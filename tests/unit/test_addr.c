// SPDX-License-Identifier: GPL-2.0-only
/* Text of prefixes and port sets, the small word readers, escaping and the form of messages. */
#include "input.h"

#include <arpa/inet.h>
#include <errno.h>

#include "output/escape.h"
#include "policy/addr.h"
#include "policy/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- prefixes --------------------------------------------------------------------------------- */

static void prefix_accepted(void **state)
{
	static const struct {
		const char *text, *canonical;
		int family, prefixlen;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", 4, 32},
		{"192.0.2.1/32", "192.0.2.1", 4, 32},
		{"192.0.2.0/24", "192.0.2.0/24", 4, 24},
		{"0.0.0.0/0", "0.0.0.0/0", 4, 0},
		{"128.0.0.0/1", "128.0.0.0/1", 4, 1},
		{"255.255.255.255", "255.255.255.255", 4, 32},
		{"10.0.0.128/25", "10.0.0.128/25", 4, 25},
		{"2001:db8::/32", "2001:db8::/32", 6, 32},
		{"2001:DB8:0:0:0:0:0:1", "2001:db8::1", 6, 128},
		{"::/0", "::/0", 6, 0},
		{"::1/128", "::1", 6, 128},
		{"2001:db8:8000::/33", "2001:db8:8000::/33", 6, 33},
		{"2001:db8::192.0.2.1", "2001:db8::c000:201", 6, 128},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", 6, 127},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix prefix, again;
		const char *why = NULL;
		char text[64];

		assert_int_equal(prefix_parse(cases[i].text, &prefix, &why), 0);
		assert_int_equal(prefix.family, cases[i].family);
		assert_int_equal(prefix.prefixlen, cases[i].prefixlen);
		prefix_text(&prefix, text, sizeof(text));
		assert_string_equal(text, cases[i].canonical);
		assert_int_equal(prefix_parse(text, &again, &why), 0);
		assert_int_equal(prefix_compare(&prefix, &again), 0);
	}
}

static void prefix_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "no address"},
		{"/24", "no address"},
		{"192.0.2", "not an IPv4 address"},
		{"192.0.2.256", "not an IPv4 address"},
		{"192.0.2.1.1", "not an IPv4 address"},
		{"192.0.2.1.", "not an IPv4 address"},
		{"3221225985", "not an IPv4 address"},
		{"192.0.02.1", "leading zeros in an IPv4 address"},
		{"010.0.0.1", "leading zeros in an IPv4 address"},
		{"192.0.2.1/24",
		 "address bits set behind the prefix length; the network is 192.0.2.0/24"},
		{"192.0.2.1/0",
		 "address bits set behind the prefix length; the network is 0.0.0.0/0"},
		{"128.0.0.0/0",
		 "address bits set behind the prefix length; the network is 0.0.0.0/0"},
		{"10.0.0.128/24",
		 "address bits set behind the prefix length; the network is 10.0.0.0/24"},
		{"2001:db8::1/127",
		 "address bits set behind the prefix length; the network is 2001:db8::/127"},
		{"2001:db8:8000::/32",
		 "address bits set behind the prefix length; the network is 2001:db8::/32"},
		{"192.0.2.0/33", "prefix length is not 0..32"},
		{"192.0.2.0/", "prefix length is not 0..32"},
		{"192.0.2.0/024", "prefix length is not 0..32"},
		{"192.0.2.0/-1", "not an address or prefix"},
		{"192.0.2.0/24/24", "prefix length is not 0..32"},
		{"192.0.2.0/99999999999", "prefix length is not 0..32"},
		{"192.0.2.0/255.255.255.0", "prefix length is not 0..32"},
		{"2001:db8::/129", "prefix length is not 0..128"},
		{"2001:db8::g", "not an address or prefix"},
		{"2001:db8::1::1", "not an IPv6 address"},
		{":", "not an IPv6 address"},
		{"2001:db8:0:0:0:0:0:0:1", "not an IPv6 address"},
		{"::ffff:192.0.2.1", "IPv4-mapped IPv6 address; write the IPv4 address"},
		{"::ffff:0:0/96", "IPv4-mapped IPv6 address; write the IPv4 address"},
		{"fe80::1%eth0", "not an address or prefix"},
		{"fe80::1%0", "a zone (%) cannot be part of an address here"},
		{" 192.0.2.1", "not an address or prefix"},
		{"192.0.2.1 ", "not an address or prefix"},
		{"192.0.2.1\n", "not an address or prefix"},
		{"0x7f.0.0.1", "not an address or prefix"},
		{"edge.example.com", "not an address or prefix"},
		{"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
		 "too long for an address"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix prefix;
		const char *why = NULL;

		assert_int_equal(prefix_parse(cases[i].text, &prefix, &why), -EINVAL);
		assert_string_equal(why, cases[i].why);
	}
}

static struct prefix P(const char *text) {
	struct prefix prefix;
	const char *why;

	assert_int_equal(prefix_parse(text, &prefix, &why), 0);
	return prefix;
}

static void
prefix_contains_to_the_bit(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool in;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.128/25", "192.0.2.128", true},
		{"192.0.2.4/31", "192.0.2.5", true},
		{"192.0.2.4/31", "192.0.2.6", false},
		{"192.0.2.4", "192.0.2.4", true},
		{"192.0.2.4", "192.0.2.5", false},
		{"0.0.0.0/0", "255.255.255.255", true},
		{"0.0.0.0/0", "::", false},
		{"::/0", "2001:db8::1", true},
		{"::/0", "1.2.3.4", false},
		{"2001:db8:8000::/33", "2001:db8:7fff::", false},
		{"2001:db8:8000::/33", "2001:db8:ffff::", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix prefix = P(cases[i].prefix), addr = P(cases[i].addr);

		assert_int_equal(prefix_contains(&prefix, addr.family, addr.addr), cases[i].in);
	}
}

static void prefix_list_is_sorted_and_unique(void **state)
{
	struct prefix_list list = {0};
	static const char *const added[] = {"10.0.0.9",	     "2001:db8::/32", "10.0.0.1",
					    "10.0.0.0/24",   "10.0.0.9",      "10.0.0.0/8",
					    "2001:db8::/32", "10.0.0.1"};
	static const char *const expected[] = {"10.0.0.0/8", "10.0.0.0/24", "10.0.0.1", "10.0.0.9",
					       "2001:db8::/32"};

	(void)state;
	for (size_t i = 0; i < COUNT(added); i++) {
		struct prefix prefix = P(added[i]);

		assert_int_equal(prefix_list_add(&list, &prefix), 0);
	}
	assert_int_equal(list.n, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		struct prefix prefix = P(expected[i]);

		assert_int_equal(prefix_compare(&list.v[i], &prefix), 0);
	}
	prefix_list_free(&list);
	assert_int_equal(list.n, 0);
	assert_null(list.v);
}

static uint64_t seed = 20070601;

static unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* One of few prefixes, so that they nest, repeat and lie side by side. */
static struct prefix draw_prefix(void)
{
	struct prefix prefix = {.family = draw(2) ? 4 : 6};
	unsigned max = prefix.family == 4 ? 32 : 128, len = draw(3) ? max - draw(4) : draw(max + 1);

	prefix.addr[0] = (uint8_t)(draw(2) * 192);
	prefix.addr[max / 8 - 1] = (uint8_t)draw(32);
	for (unsigned bit = len; bit < 128; bit++)
		prefix.addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	prefix.prefixlen = (uint8_t)len;
	return prefix;
}

/* Against adding one by one, and asking one by one. */
static void prefix_lists_merge_and_contain(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct prefix_list list = {0}, more = {0}, expected = {0};

		for (unsigned n = draw(40); n > 0; n--) {
			struct prefix prefix = draw_prefix();
			struct prefix_list *to = draw(2) ? &list : &more;

			assert_int_equal(prefix_list_add(to, &prefix), 0);
			assert_int_equal(prefix_list_add(&expected, &prefix), 0);
		}
		assert_int_equal(prefix_list_merge(&list, &more), 0);
		assert_int_equal(list.n, expected.n);
		for (size_t i = 0; i < list.n; i++)
			assert_int_equal(prefix_compare(&list.v[i], &expected.v[i]), 0);
		for (unsigned n = 0; n < 60; n++) {
			struct prefix at = draw_prefix();
			bool in = false;

			if (draw(3) == 0)
				at.addr[draw(16)] ^= (uint8_t)(1 << draw(8));
			for (size_t i = 0; i < list.n; i++)
				in |= prefix_contains(&list.v[i], at.family, at.addr);
			assert_int_equal(prefix_list_contains(&list, at.family, at.addr), in);
		}
		/* the merged list takes more, as one that grew by itself */
		for (unsigned n = 0; n < 20; n++) {
			struct prefix prefix = draw_prefix();

			assert_int_equal(prefix_list_add(&list, &prefix), 0);
			assert_int_equal(prefix_list_add(&expected, &prefix), 0);
		}
		assert_int_equal(list.n, expected.n);
		prefix_list_free(&list);
		prefix_list_free(&more);
		prefix_list_free(&expected);
	}
}

/* What inet_pton() takes before the slash, a length without ado behind it, no bit beyond it. */
static bool ipv4_by_the_book(const char *text, uint8_t *addr, unsigned *prefixlen)
{
	char head[64];
	const char *slash = strchr(text, '/');
	unsigned bits;

	snprintf(head, sizeof(head), "%.*s", slash ? (int)(slash - text) : 63, text);
	*prefixlen = 32;
	if (inet_pton(AF_INET, head, addr) != 1)
		return false;
	if (slash && (number_parse(slash + 1, 0, 32, prefixlen)))
		return false;
	bits = (unsigned)addr[0] << 24 | addr[1] << 16 | addr[2] << 8 | addr[3];
	return *prefixlen == 32 || (bits & (0xffffffffu >> *prefixlen)) == 0;
}

/* Texts a byte or two away from an address. */
static void ipv4_prefixes_as_by_the_book(void **state)
{
	static const char *const from[] = {"192.0.2.1",		 "10.0.0.0/8",	      "0.0.0.0/0",
					   "255.255.255.255/32", "198.51.100.128/25", "1.2.3.4/32",
					   "203.0.113.0/24"};
	static const char bytes[] = "0123456789./ ";
	unsigned good = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		struct prefix prefix;
		const char *why = "";
		uint8_t addr[4];
		unsigned prefixlen;
		char text[32];
		bool ok;

		strcpy(text, from[draw(COUNT(from))]);
		for (unsigned n = draw(3); n > 0; n--) {
			size_t len = strlen(text), at = draw((unsigned)len);

			switch (draw(3)) {
			case 0:
				text[at] = bytes[draw(sizeof(bytes) - 1)];
				break;
			case 1:
				memmove(text + at, text + at + 1, len - at);
				break;
			default:
				memmove(text + at + 1, text + at, len - at + 1);
				break;
			}
		}
		ok = ipv4_by_the_book(text, addr, &prefixlen);
		if (ok != (prefix_parse(text, &prefix, &why) == 0))
			fail_msg("%s: %s", text, ok ? why : "accepted");
		good += ok;
		if (!ok)
			continue;
		assert_int_equal(prefix.family, 4);
		assert_int_equal(prefix.prefixlen, prefixlen);
		assert_memory_equal(prefix.addr, addr, 4);
	}
	assert_in_range(good, 40000, 160000);
}

/* --- ports ------------------------------------------------------------------------------------ */

static void ports_accepted(void **state)
{
	static const struct {
		const char *text, *canonical;
		uint32_t count;
		bool any;
	} cases[] = {
		{"443", "443", 1, false},
		{"0", "0", 1, false},
		{"65535", "65535", 1, false},
		{"443-443", "443", 1, false},
		{"50000-59999", "50000-59999", 10000, false},
		{"67,68", "67,68", 2, false},
		{"68,67", "67,68", 2, false},
		{"67-68", "67,68", 2, false},
		{"67,68,69", "67-69", 3, false},
		{"any", "any", 65536, true},
		{"0-65535", "any", 65536, true},
		{"0-65534", "0-65534", 65535, false},
		{"1-65535", "1-65535", 65535, false},
		{"0-100,101-65535", "any", 65536, true},
		{"443,80,8080-8090,443", "80,443,8080-8090", 13, false},
		{"100-200,150-300", "100-300", 201, false},
		{"100-300,150-200", "100-300", 201, false},
		{"65535,0", "0,65535", 2, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct port_set set, again, copy;
		const char *why = NULL;
		char text[64];

		assert_int_equal(port_set_parse(cases[i].text, &set, &why), 0);
		port_set_text(&set, text, sizeof(text));
		assert_string_equal(text, cases[i].canonical);
		assert_int_equal(port_set_count(&set), cases[i].count);
		assert_int_equal(port_set_is_any(&set), cases[i].any);
		assert_int_equal(port_set_parse(text, &again, &why), 0);
		assert_int_equal(port_set_copy(&copy, &again), 0);
		assert_int_equal(copy.n, set.n);
		assert_memory_equal(copy.v, set.v, set.n * sizeof(*set.v));
		port_set_free(&set);
		port_set_free(&again);
		port_set_free(&copy);
	}
}

static void ports_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "a port is missing"},
		{"-1", "not a port: signs and open ranges are not read"},
		{"+1", "not a port, a range lo-hi, a list a,b or any"},
		{"65536", "port is not 0..65535"},
		{"4294967296", "port is not 0..65535"},
		{"4294967739", "port is not 0..65535"},
		{"18446744073709552059", "port is not 0..65535"},
		{"443.0", "not a port, a range lo-hi, a list a,b or any"},
		{"0x50", "not a port, a range lo-hi, a list a,b or any"},
		{"0443", "leading zeros in a port"},
		{"00", "leading zeros in a port"},
		{"50,000-59,999", "leading zeros in a port"},
		{"59999-50000", "range is reversed"},
		{"50000-", "open range; write both ends"},
		{"-59999", "not a port: signs and open ranges are not read"},
		{"1-2-3", "not a port, a range lo-hi, a list a,b or any"},
		{"1--2", "not a port, a range lo-hi, a list a,b or any"},
		{"1-65536", "port is not 0..65535"},
		{",", "a port is missing"},
		{"67,", "a port is missing"},
		{",67", "a port is missing"},
		{"67,,68", "a port is missing"},
		{"67, 68", "not a port, a range lo-hi, a list a,b or any"},
		{" 67", "not a port, a range lo-hi, a list a,b or any"},
		{"Any", "not a port, a range lo-hi, a list a,b or any"},
		{"any,443", "not a port, a range lo-hi, a list a,b or any"},
		{"https", "not a port, a range lo-hi, a list a,b or any"},
		{"a rather long word that is no port",
		 "not a port, a range lo-hi, a list a,b or any"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct port_set set;
		const char *why = NULL;

		assert_int_equal(port_set_parse(cases[i].text, &set, &why), -EINVAL);
		assert_string_equal(why, cases[i].why);
	}
}

static void ports_have(void **state)
{
	struct port_set set;
	const char *why;

	(void)state;
	assert_int_equal(port_set_parse("67,68,443,50000-59999", &set, &why), 0);
	for (unsigned port = 0; port <= 65535; port++) {
		bool in =
			port == 67 || port == 68 || port == 443 || (port >= 50000 && port <= 59999);

		assert_int_equal(port_set_has(&set, (uint16_t)port), in);
	}
	port_set_free(&set);
}

static void ports_text_is_cut_between_items(void **state)
{
	struct port_set set;
	const char *why;
	char text[32];

	(void)state;
	assert_int_equal(port_set_parse("1,3,5,7", &set, &why), 0);
	/* Room for the sign of a cut is kept up to the last item but one. */
	port_set_text(&set, text, 9);
	assert_string_equal(text, "1,3,5,7");
	port_set_text(&set, text, 8);
	assert_string_equal(text, "1,3…");
	port_set_text(&set, text, 3);
	assert_string_equal(text, "");
	port_set_text(&set, text, 1);
	assert_string_equal(text, "");
	port_set_free(&set);
}

/* --- words ------------------------------------------------------------------------------------ */

static void names_and_numbers(void **state)
{
	unsigned n = 7;

	(void)state;
	assert_true(name_valid("edge-1", 6));
	assert_false(name_valid("edge-1", 5));
	assert_false(name_valid("", 5));
	assert_false(name_valid("-edge", 5));
	assert_false(name_valid("Edge", 5));
	assert_false(name_valid("edge_", 5));
	assert_false(name_valid("../x", 5));
	assert_int_equal(number_parse("0", 0, 9, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(number_parse("4094", 1, 4094, &n), 0);
	assert_int_equal(n, 4094);
	assert_int_equal(number_parse("4095", 1, 4094, &n), -EINVAL);
	assert_int_equal(number_parse("0", 1, 4094, &n), -EINVAL);
	assert_int_equal(number_parse("01", 0, 9, &n), -EINVAL);
	assert_int_equal(number_parse("", 0, 9, &n), -EINVAL);
	assert_int_equal(number_parse("1 ", 0, 9, &n), -EINVAL);
	assert_int_equal(number_parse("4294967296", 0, 4294967295u, &n), -EINVAL);
	assert_int_equal(number_parse("4294967295", 0, 4294967295u, &n), 0);
	assert_int_equal(n, 4294967295u);
}

static void texts_of_the_model(void **state)
{
	static const char *const misses[] = {
		"unmatched", "foreign", "martian", "spoofed",	"unsolicited", "fragment",
		"ip-other",  "ipsec",	"non-ip",  "malformed", "too-deep",    "no-policy",
	};
	static const char *const reasons[] = {
		"unmatched", "foreign", "martian",     "spoofed",	  "deny-list",
		"deny-row",  "limited", "unsolicited", "fragment-denied", "fragment-orphan",
		"ip-other",  "ipsec",	"echo",	       "non-ip",	  "malformed",
		"too-deep",
	};
	static const char *const exempts[] = {
		"arp", "lldp", "stp",  "eapol", "lacp", "pppoe-discovery",
		"nd",  "pmtu", "echo", "dhcp",
	};
	static const char *const events[] = {
		"flow-new", "flow-evicted", "flow-full", "fragment-evicted", "bucket-evicted",
	};
	static const char *const modes[] = {"monitor", "rehearse", "enforce"};
	static const char *const sides[] = {"internet", "dmz-external", "dmz-internal", "lan",
					    "mirror"};
	static const char *const l4s[] = {"tcp", "udp", "tcp+udp", "any"};

	(void)state;
	for (int i = 0; i < XE_MISS_COUNT; i++)
		assert_string_equal(miss_text((enum xe_miss)i), misses[i]);
	for (int i = 0; i < XE_REASON_COUNT; i++)
		assert_string_equal(reason_text((enum xe_reason)i), reasons[i]);
	for (int i = 0; i < XE_EXEMPT_COUNT; i++)
		assert_string_equal(exempt_text((enum xe_exempt)i), exempts[i]);
	for (int i = 0; i < XE_EVENT_COUNT; i++)
		assert_string_equal(event_text((enum xe_event)i), events[i]);
	for (size_t i = 0; i < COUNT(modes); i++) {
		enum xe_mode mode;

		assert_string_equal(mode_text((enum xe_mode)i), modes[i]);
		assert_int_equal(mode_parse(modes[i], &mode), 0);
		assert_int_equal(mode, i);
	}
	for (int i = 0; i < XE_SIDE_COUNT; i++) {
		enum xe_side side;

		assert_string_equal(side_text((enum xe_side)i), sides[i]);
		assert_int_equal(side_parse(sides[i], &side), 0);
		assert_int_equal(side, i);
	}
	for (size_t i = 0; i < COUNT(l4s); i++) {
		unsigned l4;

		assert_int_equal(l4_parse(l4s[i], &l4), 0);
		assert_string_equal(l4_text(l4), l4s[i]);
	}
	assert_string_equal(sense_text(XE_FORWARD), "forward");
	assert_string_equal(sense_text(XE_REPLY), "reply");
}

static void suggestions(void **state)
{
	static const char *const known[] = {"front-end", "front-end-hlb", "mediation", "lan"};
	static const struct {
		const char *word, *text;
	} cases[] = {
		{"frontend", "; did you mean front-end?"},
		{"front-end-hbl", "; did you mean front-end-hlb?"},
		{"wan", "; did you mean lan?"},
		{"director", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct suggest near;

		suggest_start(&near, cases[i].word);
		for (size_t k = 0; k < COUNT(known); k++)
			suggest_offer(&near, known[k]);
		assert_string_equal(suggest_text(&near), cases[i].text);
	}
}

/* --- escaping and messages -------------------------------------------------------------------- */

static void escaping(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"", ""},
		{"Ü 伺服器 😀", "Ü 伺服器 😀"},
		{"a\\b\"c", "a\\b\"c"},
		{"\x1b[31mred", "\\x1b[31mred"},
		{"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
		{"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
		{"\x7f", "\\x7f"},
		{"\xc2\x9b"
		 "31m",
		 "\\u{9b}31m"},
		{"\x9b"
		 "31m",
		 "\\x9b31m"},
		{"\xe2\x80\xae"
		 "abc",
		 "\\u{202e}abc"},
		{"\xe2\x81\xa6", "\\u{2066}"},
		{"\xe2\x80\x8f", "\\u{200f}"},
		{"\xd8\x9c", "\\u{61c}"},
		{"\xe2\x80\xa8", "\\u{2028}"},
		{"\xef\xbb\xbf", "\\u{feff}"},
		{"\xf3\xa0\x81\x81", "\\u{e0041}"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xc0\xaf", "\\xc0\\xaf"},
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xe4\xbc", "\\xe4\\xbc"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = escape_terminal(cases[i].in, strlen(cases[i].in), out, sizeof(out));

		assert_string_equal(out, cases[i].out);
		assert_int_equal(n, strlen(cases[i].out));
		assert_int_equal(escape_terminal(cases[i].in, strlen(cases[i].in), NULL, 0), n);
	}
	assert_int_equal(escape_terminal("a\0b", 3, out, sizeof(out)), 6);
	assert_string_equal(out, "a\\x00b");
}

static void escaping_cuts_between_characters(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(escape_terminal("ab\x1b"
					 "c",
					 4, out, 6),
			 7);
	assert_string_equal(out, "ab");
	assert_int_equal(escape_terminal("a伺c", 5, out, 4), 5);
	assert_string_equal(out, "a");
	assert_int_equal(escape_terminal("a伺c", 5, out, 5), 5);
	assert_string_equal(out, "a伺");
	assert_int_equal(escape_terminal("abc", 3, out, 1), 3);
	assert_string_equal(out, "");
}

static void shell_words(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"wan0.20", "wan0.20"}, {"site/rows/a-b", "site/rows/a-b"}, {"", "''"},
		{"a b", "'a b'"},	{"$(reboot)", "'$(reboot)'"},	    {"a;b", "'a;b'"},
		{"it's", "'it'\\''s'"}, {"\xe4\xbc\xba", "'\xe4\xbc\xba'"}, {"~root", "'~root'"},
		{"-all", "NAME"},
	};
	char word[SHELL_WORD_MAX], longest[SHELL_WORD_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(escape_shell(cases[i].in, word), cases[i].out);
	memset(longest, 'a', SHELL_WORD_MAX);
	longest[SHELL_WORD_MAX] = '\0';
	assert_string_equal(escape_shell(longest, word), "NAME");
	longest[SHELL_WORD_MAX - 1] = '\0';
	assert_string_equal(escape_shell(longest, word), longest);
	for (size_t n = SHELL_WORD_MAX - 20; n < SHELL_WORD_MAX; n++) {
		size_t quotes = n / 4;

		memset(longest, '\'', quotes);
		longest[quotes] = '\0';
		escape_shell(longest, word);
		assert_true(!strcmp(word, "NAME") || strlen(word) == 4 * quotes + 2);
	}
}

static void message_forms(void **state)
{
	unsigned before = diag_count();
	char text[] = "0123456789012345678901234567890123456789012345678901234567890123"; /* 64 */
	char longer[80], expected[160];

	(void)state;
	diag_begin();
	input_capture();
	assert_int_equal(diag_error("f.csv", 3, 0, "tok", "is %s", "bad"), -EINVAL);
	assert_int_equal(diag_error("f.csv", 3, 9, "tok", "bad"), -EINVAL);
	assert_int_equal(diag_error("f.csv", 0, 0, NULL, "bad"), -EINVAL);
	assert_int_equal(diag_error("f.csv", 1, 0, "", "bad"), -EINVAL);
	assert_int_equal(diag_error("a\nb", 1, 0, "x\x1b[2J", "%%n %s", "\xe2\x80\xae"), -EINVAL);
	diag_warning("f.csv", 2, 1, "tok", "odd");
	assert_string_equal(input_captured(), "f.csv:3: tok: is bad\n"
					      "f.csv:3:9: tok: bad\n"
					      "f.csv: bad\n"
					      "f.csv:1: \"\": bad\n"
					      "a\\x0ab:1: x\\x1b[2J: %n \\u{202e}\n"
					      "f.csv:2:1: tok: warning: odd\n");
	assert_int_equal(diag_count(), before + 5);

	input_capture();
	diag_error("f", 1, 0, text, "fits");
	snprintf(longer, sizeof(longer), "%sx", text);
	diag_error("f", 1, 0, longer, "cut");
	/* The character that would straddle byte 64 goes as a whole. */
	memcpy(longer + 62, "伺伺", sizeof("伺伺"));
	diag_error("f", 1, 0, longer, "cut");
	snprintf(expected, sizeof(expected), "f:1: %s: fits\nf:1: %s…: cut\n", text, text);
	assert_memory_equal(input_captured(), expected, strlen(expected));
	text[62] = '\0';
	snprintf(longer, sizeof(longer), "f:1: %s…: cut\n", text);
	assert_string_equal(input_messages + strlen(expected), longer);
}

static void messages_are_limited_per_file(void **state)
{
	size_t lines = 0;

	(void)state;
	diag_begin();
	input_capture();
	for (unsigned i = 1; i <= DIAG_MAX_PER_FILE; i++)
		diag_error("f", i, 0, NULL, "bad");
	assert_false(diag_full());
	for (unsigned i = 0; i < 5; i++)
		diag_error("f", i, 0, NULL, "bad");
	assert_true(diag_full());
	for (const char *p = input_captured(); (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, DIAG_MAX_PER_FILE + 1);
	assert_non_null(strstr(input_messages, "f: more errors follow, not shown\n"));
	diag_begin();
	assert_false(diag_full());
}

/* Warnings are cut too, apart from errors, and how many are not shown is said when the file ends.
 */
static void cut_warnings_are_counted(void **state)
{
	size_t lines = 0;

	(void)state;
	diag_begin();
	input_capture();
	for (unsigned i = 1; i <= DIAG_MAX_PER_FILE; i++)
		diag_warning("f\x1b", i, 0, NULL, "odd");
	diag_end();
	assert_null(strstr(input_captured(), "not shown"));

	for (unsigned more = 1; more <= 2; more++) {
		input_capture();
		for (unsigned i = 1; i <= DIAG_MAX_PER_FILE + more; i++)
			diag_warning("f\x1b", i, 0, NULL, "odd");
		diag_error("f", 1, 0, NULL, "bad"); /* still shown */
		if (more == 1)
			diag_end();
		else
			diag_begin(); /* of the next file */
		input_captured();
		assert_null(strstr(input_messages, "f\\x1b:21:"));
		assert_non_null(strstr(input_messages, "f:1: bad\n"));
		assert_non_null(
			strstr(input_messages, more == 1 ? "f\\x1b: 1 more warning, not shown\n"
							 : "f\\x1b: 2 more warnings, not shown\n"));
	}
	for (const char *p = input_messages; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, DIAG_MAX_PER_FILE + 2);

	input_capture();
	diag_end(); /* told once */
	assert_string_equal(input_captured(), "");
}

static void capture_is_bounded(void **state)
{
	char small[8];

	(void)state;
	diag_begin();
	diag_capture(small, sizeof(small));
	diag_error("file", 1, 0, NULL, "longer than that");
	diag_error("file", 1, 0, NULL, "and more");
	diag_capture(NULL, 0);
	assert_string_equal(small, "file:1:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_accepted),
		cmocka_unit_test(prefix_refused),
		cmocka_unit_test(prefix_contains_to_the_bit),
		cmocka_unit_test(prefix_list_is_sorted_and_unique),
		cmocka_unit_test(prefix_lists_merge_and_contain),
		cmocka_unit_test(ipv4_prefixes_as_by_the_book),
		cmocka_unit_test(ports_accepted),
		cmocka_unit_test(ports_refused),
		cmocka_unit_test(ports_have),
		cmocka_unit_test(ports_text_is_cut_between_items),
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(texts_of_the_model),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(escaping),
		cmocka_unit_test(escaping_cuts_between_characters),
		cmocka_unit_test(shell_words),
		cmocka_unit_test(message_forms),
		cmocka_unit_test(messages_are_limited_per_file),
		cmocka_unit_test(cut_warnings_are_counted),
		cmocka_unit_test(capture_is_bounded),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
