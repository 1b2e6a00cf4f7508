/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text of addresses, prefixes and port sets, in and out. Strict: what is odd is refused, not
 * guessed.
 */
#ifndef XE_POLICY_ADDR_H
#define XE_POLICY_ADDR_H

#include "model.h"

/*
 * Parse "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". Refused with a reason in *why (static
 * text, until the next call): host bits set, length out of range, leading zeros, IPv4-mapped IPv6,
 * anything trailing. 0 or -EINVAL.
 */
int prefix_parse(const char *text, struct prefix *out, const char **why);
/* Longest result: 43 + 1 bytes with "/128". Hosts are written without a length. */
void prefix_text(const struct prefix *prefix, char *buf, size_t size);
/* `addr` in network byte order, 4 or 16 bytes by `family` (4 or 6). */
bool prefix_contains(const struct prefix *prefix, int family, const uint8_t *addr);
/* Total order of prefixes: family, address, length (shorter first); for qsort() and bsearch(). */
int prefix_compare(const void *a, const void *b);

/*
 * Add in the order of prefix_compare(). 0, or -ENOMEM. Adding what is there already changes
 * nothing. Takes time proportional to the list unless prefixes come in order; for many, sort first.
 */
int prefix_list_add(struct prefix_list *list, const struct prefix *prefix);
/*
 * Add all of `from` in one go: time proportional to both lists, each in the order of
 * prefix_compare(). 0 or -ENOMEM.
 */
int prefix_list_merge(struct prefix_list *list, const struct prefix_list *from);
/* Does a prefix of the list, which is in order, contain the address? */
bool prefix_list_contains(const struct prefix_list *list, int family, const uint8_t *addr);
void prefix_list_free(struct prefix_list *list);

/*
 * "443", "50000-59999", "67,68", "any"; ports 0..65535 decimal, no sign, no spaces, no leading
 * zeros, lo <= hi. Ports that a list names twice are one; 0-65535 is `any`. 0, -EINVAL or -ENOMEM,
 * each with a reason.
 */
int port_set_parse(const char *text, struct port_set *out, const char **why);
/*
 * Reads back by port_set_parse(), unless cut ("…" at its end). Two adjacent ports are written
 * "67,68".
 */
void port_set_text(const struct port_set *set, char *buf, size_t size);
/* Make `set`, which may be empty, hold also what `more` holds. 0 or -ENOMEM. */
int port_set_merge(struct port_set *set, const struct port_set *more);
int port_set_copy(struct port_set *to, const struct port_set *from);
/* The one range 0-65535. 0 or -ENOMEM. */
int port_set_any(struct port_set *set);
bool port_set_has(const struct port_set *set, uint16_t port);
bool port_set_is_any(const struct port_set *set);
/* How many ports it holds, 1..65536. */
uint32_t port_set_count(const struct port_set *set);
void port_set_free(struct port_set *set);

#endif
