// SPDX-License-Identifier: GPL-2.0-only
/* Text of addresses and prefixes; lists of prefixes. See addr.h; port sets are in ports.c. */
#include "policy/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/text.h"

static int refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

/* Is any bit behind the first `prefixlen` set? */
static bool has_host_bits(const uint8_t *addr, unsigned bytes, unsigned prefixlen)
{
	for (unsigned i = prefixlen / 8; i < bytes; i++) {
		uint8_t mask = i == prefixlen / 8 ? 0xff >> (prefixlen % 8) : 0xff;

		if (addr[i] & mask)
			return true;
	}
	return false;
}

/* Clear all bits behind the prefix length. */
static void prefix_cut(struct prefix *prefix)
{
	unsigned byte = prefix->prefixlen / 8;

	if (byte == sizeof(prefix->addr))
		return;
	prefix->addr[byte] &= (uint8_t) ~(0xff >> prefix->prefixlen % 8);
	memset(prefix->addr + byte + 1, 0, sizeof(prefix->addr) - byte - 1);
}

/* Why inet_pton() refused a text that looks like IPv4, as far as that can be told. */
static const char *ipv4_reason(const char *text)
{
	for (const char *p = text; *p; p++) {
		bool starts = p == text || p[-1] == '.';

		if (starts && p[0] == '0' && p[1] >= '0' && p[1] <= '9')
			return "leading zeros in an IPv4 address";
	}
	return "not an IPv4 address";
}

/*
 * Decimal up to `max`, without leading zeros, from *text on, which is moved behind it. False if it
 * is none.
 */
static bool take_number(const char **text, unsigned max, unsigned *out)
{
	const char *at = *text;
	unsigned value = 0;

	while (*at >= '0' && *at <= '9' && value <= max)
		value = value * 10 + (unsigned)(*at++ - '0');
	if (at == *text || value > max || (**text == '0' && at > *text + 1))
		return false;
	*text = at;
	*out = value;
	return true;
}

/*
 * An IPv4 address or prefix as it should be; files hold millions of them. False if it is anything
 * else: why is for prefix_parse() to find.
 */
static bool ipv4_parse(const char *at, struct prefix *out)
{
	struct prefix prefix = {.family = 4, .prefixlen = 32};
	unsigned number;

	for (int i = 0; i < 4; i++) {
		if ((i > 0 && *at++ != '.') || !take_number(&at, 255, &number))
			return false;
		prefix.addr[i] = (uint8_t)number;
	}
	if (*at == '/') {
		at++;
		if (!take_number(&at, 32, &number))
			return false;
		prefix.prefixlen = (uint8_t)number;
	}
	if (*at || has_host_bits(prefix.addr, 4, prefix.prefixlen))
		return false;
	*out = prefix;
	return true;
}

/* The prefix that was probably meant, in the reason; static text. */
static const char *host_bits_reason(const struct prefix *written, unsigned prefixlen)
{
	static char reason[128];
	struct prefix network = *written;
	char text[64];

	network.prefixlen = (uint8_t)prefixlen;
	prefix_cut(&network);
	prefix_text(&network, text, sizeof(text));
	snprintf(reason, sizeof(reason),
		 "address bits set behind the prefix length; the network is %s", text);
	return reason;
}

int prefix_parse(const char *text, struct prefix *out, const char **why)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char addr[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct prefix prefix = {0};
	unsigned prefixlen, max;

	if (ipv4_parse(text, out))
		return 0;
	if (len == 0)
		return refuse(why, "no address");
	if (text[strspn(text, "0123456789abcdefABCDEF.:/%")])
		return refuse(why, "not an address or prefix");
	if (strchr(text, '%'))
		return refuse(why, "a zone (%) cannot be part of an address here");
	if (len >= sizeof(addr))
		return refuse(why, "too long for an address");
	memcpy(addr, text, len);
	addr[len] = '\0';

	prefix.family = strchr(addr, ':') ? 6 : 4;
	max = prefix.family == 6 ? 128 : 32;
	if (inet_pton(prefix.family == 6 ? AF_INET6 : AF_INET, addr, prefix.addr) != 1)
		return refuse(why, prefix.family == 6 ? "not an IPv6 address" : ipv4_reason(addr));
	if (prefix.family == 6 && memcmp(prefix.addr, mapped, sizeof(mapped)) == 0)
		return refuse(why, "IPv4-mapped IPv6 address; write the IPv4 address");
	prefixlen = max;
	if (slash && number_parse(slash + 1, 0, max, &prefixlen))
		return refuse(why, prefix.family == 6 ? "prefix length is not 0..128"
						      : "prefix length is not 0..32");
	if (has_host_bits(prefix.addr, max / 8, prefixlen))
		return refuse(why, host_bits_reason(&prefix, prefixlen));
	prefix.prefixlen = (uint8_t)prefixlen;
	*out = prefix;
	return 0;
}

void prefix_text(const struct prefix *prefix, char *buf, size_t size)
{
	char addr[INET6_ADDRSTRLEN] = "";
	unsigned max = prefix->family == 6 ? 128 : 32;

	inet_ntop(prefix->family == 6 ? AF_INET6 : AF_INET, prefix->addr, addr, sizeof(addr));
	if (prefix->prefixlen == max)
		snprintf(buf, size, "%s", addr);
	else
		snprintf(buf, size, "%s/%u", addr, (unsigned)prefix->prefixlen);
}

bool prefix_contains(const struct prefix *prefix, int family, const uint8_t *addr)
{
	unsigned bytes = prefix->prefixlen / 8, bits = prefix->prefixlen % 8;

	if (family != prefix->family || memcmp(prefix->addr, addr, bytes))
		return false;
	return bits == 0 ||
	       ((prefix->addr[bytes] ^ addr[bytes]) & (0xff << (8 - bits)) & 0xff) == 0;
}

int prefix_compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = (int)x->family - y->family;

	if (order == 0)
		order = memcmp(x->addr, y->addr, sizeof(x->addr));
	return order ? order : (int)x->prefixlen - y->prefixlen;
}

/* Where `prefix` stands in the list, or where it would be put. */
static size_t list_place(const struct prefix_list *list, const struct prefix *prefix)
{
	size_t lo = 0, hi = list->n;

	if (hi > 0 && prefix_compare(&list->v[hi - 1], prefix) < 0)
		return hi; /* in order, the common case */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (prefix_compare(&list->v[mid], prefix) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int prefix_list_add(struct prefix_list *list, const struct prefix *prefix)
{
	size_t at = list_place(list, prefix);

	if (at < list->n && prefix_compare(&list->v[at], prefix) == 0)
		return 0;
	/*
	 * The list is full when its length is a power of two (or 0): there is no member for its
	 * capacity.
	 */
	if ((list->n & (list->n - 1)) == 0) {
		size_t capacity = list->n ? list->n * 2 : 1;
		struct prefix *v = realloc(list->v, capacity * sizeof(*v));

		if (!v)
			return -ENOMEM;
		list->v = v;
	}
	memmove(list->v + at + 1, list->v + at, (list->n - at) * sizeof(*list->v));
	list->v[at] = *prefix;
	list->n++;
	return 0;
}

int prefix_list_merge(struct prefix_list *list, const struct prefix_list *from)
{
	size_t capacity = 1, n = 0, i = 0, k = 0;
	struct prefix *v;

	if (from->n == 0)
		return 0;
	while (capacity < list->n + from->n)
		capacity *= 2;
	v = malloc(capacity * sizeof(*v));
	if (!v)
		return -ENOMEM;
	while (i < list->n || k < from->n) {
		int order = i == list->n   ? 1
			    : k == from->n ? -1
					   : prefix_compare(&list->v[i], &from->v[k]);

		v[n++] = order <= 0 ? list->v[i] : from->v[k];
		i += order <= 0;
		k += order >= 0;
	}
	free(list->v);
	list->v = v;
	list->n = n;
	return 0;
}

/* How many bits from the first on are the same, at most 128. */
static unsigned common_bits(const uint8_t *a, const uint8_t *b)
{
	unsigned byte = 0;

	while (byte < 16 && a[byte] == b[byte])
		byte++;
	return byte == 16 ? 128 : byte * 8 + (unsigned)__builtin_clz(a[byte] ^ b[byte]) - 24;
}

bool prefix_list_contains(const struct prefix_list *list, int family, const uint8_t *addr)
{
	struct prefix key = {.family = (uint8_t)family};
	unsigned len = family == 6 ? 128 : 32;

	memcpy(key.addr, addr, len / 8);
	/*
	 * What contains the address stands before it, and contains also what stands between: so the
	 * last one before it does, or bounds the length of one that does.
	 */
	for (;;) {
		struct prefix cut = key;
		const struct prefix *last;
		size_t at;

		cut.prefixlen = (uint8_t)len;
		prefix_cut(&cut);
		at = list_place(list, &cut);
		if (at < list->n && prefix_compare(&list->v[at], &cut) == 0)
			return true;
		if (at == 0 || list->v[at - 1].family != family)
			return false;
		last = &list->v[at - 1];
		if (prefix_contains(last, family, addr))
			return true;
		len = common_bits(last->addr, key.addr);
	}
}

void prefix_list_free(struct prefix_list *list)
{
	free(list->v);
	list->v = NULL;
	list->n = 0;
}
