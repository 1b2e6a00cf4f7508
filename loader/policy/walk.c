// SPDX-License-Identifier: GPL-2.0-only
/* The program's walk over the block, in user space. */
#include "compile.h"

#include <arpa/inet.h>
#include <string.h>

#include "classify.h"

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static struct addr6 load_addr6(const uint8_t *p)
{
	return (struct addr6){
		.hi = (uint64_t)load_be32(p) << 32 | load_be32(p + 4),
		.lo = (uint64_t)load_be32(p + 8) << 32 | load_be32(p + 12),
	};
}

static enum xe_l4 tuple_l4(const struct tuple *tuple)
{
	switch (tuple->proto) {
	case IPPROTO_TCP:
		return tuple->syn ? XE_L4_TCP_SYN : XE_L4_TCP;
	case IPPROTO_UDP:
		return XE_L4_UDP;
	case IPPROTO_ESP:
		return XE_L4_ESP;
	default:
		return XE_L4_OTHER;
	}
}

uint32_t compiled_classify(const struct compiled *compiled, enum xe_side side,
			   const struct tuple *tuple)
{
	const struct block block = {.header = compiled->block, .mask = compiled->mask};
	struct flow flow = {
		.l4 = tuple_l4(tuple),
		.sport = htons(tuple->sport),
		.dport = htons(tuple->dport),
	};
	uint32_t source, destination;

	if (tuple->family == 4) {
		memcpy(&flow.saddr4, tuple->saddr, sizeof(flow.saddr4));
		memcpy(&flow.daddr4, tuple->daddr, sizeof(flow.daddr4));
		source = address_leaf4(&block, flow.saddr4);
		destination = address_leaf4(&block, flow.daddr4);
	} else {
		source = address_leaf6(&block, load_addr6(tuple->saddr));
		destination = address_leaf6(&block, load_addr6(tuple->daddr));
	}
	return classify(&block, pair_offsets(&block, compiled->plane[side], source, destination),
			port_offsets(&block, &flow));
}

const struct xe_end *compiled_end(const struct compiled *compiled, int family, const uint8_t *addr,
				  bool is_source)
{
	const struct block block = {.header = compiled->block, .mask = compiled->mask};
	const struct xe_guard *guard = &compiled->block->guard;
	uint32_t leaf, ends = is_source ? guard->sources : guard->destinations;
	__be32 addr4;

	if (!ends)
		return NULL;
	memcpy(&addr4, addr, sizeof(addr4));
	leaf = family == 4 ? address_leaf4(&block, addr4) : address_leaf6(&block, load_addr6(addr));
	leaf = is_source ? leaf & XE_LEAF_SOURCE : leaf >> XE_LEAF_SOURCE_BITS;
	return (const struct xe_end *)((const char *)compiled->block + ends) + leaf;
}
