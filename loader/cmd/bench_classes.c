// SPDX-License-Identifier: GPL-2.0-only
/* One address and one port for each class that the policy's rows tell apart; see bench_search.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "../policy/addr.h"
#include "../policy/analyze.h"
#include "bench_search.h"

/* What may be spent: addresses x prefixes, ports x rows. Some tenths of a second each. */
#define ADDRESS_WORK 100000000ull
#define PORT_WORK    50000000ull
#define CANDIDATES   16384

/* FNV-1a, 64 bits: signatures of classes. */
static uint64_t hash_add(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash;
}

#define HASH_START 0xcbf29ce484222325ull

/* --- every prefix of the site and its rows --------------------------------------------------- */

typedef void prefix_visit(const struct prefix *prefix, void *data);

static void visit_list(const struct prefix_list *list, prefix_visit *visit, void *data)
{
	for (size_t i = 0; i < list->n; i++)
		visit(&list->v[i], data);
}

static void visit_prefixes(const struct policy_ctx *ctx, prefix_visit *visit, void *data)
{
	for (size_t i = 0; i < ctx->site.n_roles; i++)
		visit_list(&ctx->site.role_prefixes[i], visit, data);
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		if (!ctx->policy.rows[i].active)
			continue;
		visit_list(&ctx->policy.rows[i].source.prefixes, visit, data);
		visit_list(&ctx->policy.rows[i].destination.prefixes, visit, data);
	}
}

static void count_family(const struct prefix *prefix, void *data)
{
	size_t *n = data;

	n[prefix->family == 6]++;
}

bool bench_family_used(const struct policy_ctx *ctx, int family)
{
	size_t n[2] = {};

	visit_prefixes(ctx, count_family, n);
	return n[family == 6] > 0;
}

/* --- address classes ------------------------------------------------------------------------- */

struct candidates {
	uint8_t (*v)[16];
	size_t n, max, seen, stride; /* of the prefixes seen, each stride-th is taken */
	int family;
};

static void candidate_add(struct candidates *c, const uint8_t *addr)
{
	if (c->n < c->max)
		memcpy(c->v[c->n++], addr, 16);
}

/* The first address and the first behind: between them all classes begin. */
static void candidate_prefix(const struct prefix *prefix, void *data)
{
	struct candidates *c = data;
	unsigned len = prefix->prefixlen;
	uint8_t addr[16];

	if (prefix->family != c->family || c->seen++ % c->stride)
		return;
	memcpy(addr, prefix->addr, sizeof(addr));
	candidate_add(c, addr);
	if (!len)
		return;
	/* add one to the prefix's last bit; what overflows was the end of all addresses */
	for (unsigned byte = (len - 1) / 8, bit = 1u << (7 - (len - 1) % 8);; byte--, bit = 1) {
		unsigned sum = addr[byte] + bit;

		addr[byte] = sum;
		if (sum <= 0xff)
			break;
		if (!byte)
			return;
	}
	candidate_add(c, addr);
}

static void candidate_text(struct candidates *c, const char *text)
{
	uint8_t addr[16] = {};

	inet_pton(c->family == 4 ? AF_INET : AF_INET6, text, addr);
	candidate_add(c, addr);
}

/* Somebody that no site knows. */
static void stranger(int family, uint8_t *addr)
{
	if (family == 4)
		inet_pton(AF_INET, "192.0.2.77", addr);
	else
		inet_pton(AF_INET6, "2001:db8:ffff::77", addr);
}

/* Strangers, as documentation has them; what DHCP uses; martians at both ends and only as sources;
 * then the prefixes' ends. */
static void candidates_make(const struct policy_ctx *ctx, struct candidates *c)
{
	static const char *const known[2][7] = {
		{"192.0.2.77", "198.18.0.1", "0.0.0.0", "255.255.255.255", "127.0.0.1",
		 "224.0.0.1"},
		{"2001:db8:ffff::77", "2001:2::1", "::", "::1", "ff02::1"},
	};
	const char *const *text = known[c->family == 6];

	for (; *text; text++)
		candidate_text(c, *text);
	visit_prefixes(ctx, candidate_prefix, c);
}

/* Bits: no packet comes from the address, none goes to it. Whatever the side, so by any of them. */
static uint8_t martian_ends(const struct policy_ctx *ctx, int family, const uint8_t *addr)
{
	const struct compiled *compiled = &ctx->compiled;
	struct tuple from = {.family = family, .proto = IPPROTO_TCP}, to = from;
	int side = 0;

	while (side < XE_SIDE_COUNT && !compiled->plane[side])
		side++;
	if (side == XE_SIDE_COUNT)
		return 0;
	stranger(family, from.daddr);
	stranger(family, to.saddr);
	memcpy(from.saddr, addr, family == 4 ? 4 : 16);
	memcpy(to.daddr, addr, family == 4 ? 4 : 16);
	return (compiled_classify(compiled, side, &from) == XE_MISS_MARTIAN) |
	       (compiled_classify(compiled, side, &to) == XE_MISS_MARTIAN) << 1;
}

/* What the rows can tell of an address. Prefixes of roles are told by the roles they make. */
static uint64_t address_signature(const struct policy_ctx *ctx, int family, const uint8_t *addr,
				  bool *roles)
{
	static const uint8_t zeros[4] = {}, ones[4] = {255, 255, 255, 255};
	uint64_t hash = HASH_START;
	unsigned sides;
	uint8_t dhcp, martian;

	address_roles(&ctx->policy, family, addr, roles);
	sides = address_sides(&ctx->policy, family, addr, roles);
	dhcp = family == 4 && (!memcmp(addr, zeros, 4) || !memcmp(addr, ones, 4));
	hash = hash_add(hash, roles, ctx->spec.n_roles * sizeof(*roles));
	hash = hash_add(hash, &sides, sizeof(sides));
	hash = hash_add(hash, &dhcp, sizeof(dhcp));
	martian = martian_ends(ctx, family, addr);
	hash = hash_add(hash, &martian, sizeof(martian));
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];
		const struct prefix_list *ends[] = {&row->source.prefixes,
						    &row->destination.prefixes};

		for (size_t end = 0; row->active && end < 2; end++)
			for (size_t k = 0; k < ends[end]->n; k++)
				if (prefix_contains(&ends[end]->v[k], family, addr)) {
					hash = hash_add(hash, &i, sizeof(i));
					hash = hash_add(hash, &end, sizeof(end));
					break;
				}
	}
	return hash;
}

struct signature {
	uint64_t hash;
	size_t at; /* candidate */
};

static int by_hash(const void *a, const void *b)
{
	const struct signature *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *a, const void *b)
{
	const struct signature *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Leave the first of each class, in the order of the candidates. How many. */
static size_t classes_keep(struct signature *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_hash);
	for (size_t i = 0; i < n; i++)
		if (!kept || v[kept - 1].hash != v[i].hash)
			v[kept++] = v[i];
	qsort(v, kept, sizeof(*v), by_place);
	return kept;
}

int bench_addresses(const struct policy_ctx *ctx, int f, struct bench_search *out)
{
	size_t n[2] = {}, total, max;
	struct candidates c = {.family = f ? 6 : 4, .stride = 1};
	struct signature *signatures = NULL;
	bool *roles = calloc(ctx->spec.n_roles + 1, sizeof(*roles));
	int err = -ENOMEM;

	visit_prefixes(ctx, count_family, n);
	total = n[0] + n[1];
	max = ADDRESS_WORK / (total + 1);
	if (max > CANDIDATES)
		max = CANDIDATES;
	if (max < 64)
		max = 64;
	if (2 * n[f] + 8 > max) {
		c.stride = 2 * n[f] / (max - 8) + 1;
		out->complete = false;
	}
	c.max = max;
	c.v = calloc(max, sizeof(*c.v));
	signatures = calloc(max, sizeof(*signatures));
	out->addr[f] = calloc(max, sizeof(*out->addr[f]));
	if (!roles || !c.v || !signatures || !out->addr[f])
		goto out;
	candidates_make(ctx, &c);
	for (size_t i = 0; i < c.n; i++)
		signatures[i] =
			(struct signature){address_signature(ctx, c.family, c.v[i], roles), i};
	out->n_addr[f] = classes_keep(signatures, c.n);
	for (size_t i = 0; i < out->n_addr[f]; i++)
		memcpy(out->addr[f][i], c.v[signatures[i].at], 16);
	err = 0;
out:
	free(roles);
	free(c.v);
	free(signatures);
	return err;
}

/* --- port classes ---------------------------------------------------------------------------- */

static bool set_has(const struct port_set *set, uint16_t port)
{
	return set->n && port_set_has(set, port);
}

static uint64_t port_signature(const struct policy_ctx *ctx, unsigned l4, uint16_t port)
{
	uint64_t hash = HASH_START;
	uint8_t ike = l4 == L4_UDP && (port == 500 || port == 4500);

	hash = hash_add(hash, &ike, 1);
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];
		uint8_t in;

		if (!row->active || !(row->row->l4 & l4))
			continue;
		in = set_has(&row->ports, port) | set_has(&row->source_ports, port) << 1;
		hash = hash_add(hash, &in, 1);
	}
	return hash;
}

/* Where sets begin and end, as flags of all ports. */
static void mark_set(const struct port_set *set, bool *marks)
{
	for (size_t i = 0; i < set->n; i++) {
		marks[set->v[i].lo] = true;
		if (set->v[i].hi < UINT16_MAX)
			marks[set->v[i].hi + 1] = true;
	}
}

int bench_ports(const struct policy_ctx *ctx, int l, struct bench_search *out)
{
	unsigned l4 = l ? L4_UDP : L4_TCP;
	bool *marks = calloc(UINT16_MAX + 1, sizeof(*marks));
	struct signature *signatures = calloc(UINT16_MAX + 2, sizeof(*signatures));
	size_t n = 0, max = PORT_WORK / (ctx->policy.n_rows + 1);

	out->port[l] = calloc(UINT16_MAX + 2, sizeof(*out->port[l]));
	if (!marks || !signatures || !out->port[l]) {
		free(marks);
		free(signatures);
		return -ENOMEM;
	}
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];

		if (!row->active || !(row->row->l4 & l4))
			continue;
		mark_set(&row->ports, marks);
		mark_set(&row->source_ports, marks);
	}
	marks[0] = marks[500] = marks[4500] = true;
	signatures[n++] = (struct signature){port_signature(ctx, l4, BENCH_STRANGER), 0};
	for (size_t port = 0; port <= UINT16_MAX; port++) {
		if (!marks[port])
			continue;
		if (n == max) {
			out->complete = false;
			break;
		}
		signatures[n++] = (struct signature){port_signature(ctx, l4, port), port + 1};
	}
	out->n_port[l] = classes_keep(signatures, n);
	for (size_t i = 0; i < out->n_port[l]; i++)
		out->port[l][i] = signatures[i].at ? signatures[i].at - 1 : BENCH_STRANGER;
	free(marks);
	free(signatures);
	return 0;
}
