// SPDX-License-Identifier: GPL-2.0-only
/* Sites with settings changed, compiled; see bench_features.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "../policy/addr.h"
#include "bench_features.h"

#define LISTED	  100000	      /* prefixes of the deny list */
#define FEW_FLOWS 1024		      /* of the table that is always full */
#define MEMORY	  ((size_t)512 << 20) /* that a variant of the policy may take */

#define ALL	 ((1u << PACKETS) - 1)
#define ORDINARY (1u << PACKET_TCP | 1u << PACKET_UDP | 1u << PACKET_REPLY | 1u << PACKET_UNMATCHED)
#define FORWARD	 (1u << PACKET_TCP | 1u << PACKET_UDP | 1u << PACKET_REPLY)

const struct bench_setting bench_settings[BENCH_SETTINGS] = {
	{.name = "monitor", .packets = ALL, .new_flows = true},
	{.name = "suggest", .packets = ORDINARY, .suggest = true},
	{.name = "enforce",
	 .packets = ALL,
	 .mode = XE_MODE_ENFORCE,
	 .suggest = true,
	 .new_flows = true},
	{.name = "state", .packets = ALL, .mode = XE_MODE_ENFORCE, .suggest = true, .state = true},
	{.name = "state, rehearse",
	 .packets = ORDINARY,
	 .mode = XE_MODE_REHEARSE,
	 .suggest = true,
	 .state = true},
	{.name = "state, suggest off", .packets = ORDINARY, .mode = XE_MODE_ENFORCE, .state = true},
	{.name = "state, payload",
	 .packets = FORWARD,
	 .mode = XE_MODE_ENFORCE,
	 .suggest = true,
	 .state = true,
	 .payload = true},
	{.name = "state, limit on new flows",
	 .packets = FORWARD,
	 .mode = XE_MODE_ENFORCE,
	 .suggest = true,
	 .state = true,
	 .limited = LIMIT_NEW_FLOWS},
	{.name = "state, limit on packets",
	 .packets = FORWARD,
	 .mode = XE_MODE_ENFORCE,
	 .suggest = true,
	 .state = true,
	 .limited = LIMIT_PACKETS},
	{.name = "state, nat",
	 .packets = FORWARD,
	 .mode = XE_MODE_ENFORCE,
	 .suggest = true,
	 .state = true,
	 .nat = true},
	{.name = "state, deny list of 100000",
	 .packets = ALL,
	 .mode = XE_MODE_ENFORCE,
	 .suggest = true,
	 .state = true,
	 .deny = true},
	{.name = "state, table full",
	 .mode = XE_MODE_ENFORCE,
	 .suggest = true,
	 .state = true,
	 .new_flows = true,
	 .few_flows = true},
};

/* --- what is added to a site ----------------------------------------------------------------- */

void bench_listed_address(int f, uint8_t *addr)
{
	memset(addr, 0, 16);
	inet_pton(f ? AF_INET6 : AF_INET, f ? "2001:2:0:ffff::1" : "198.19.255.1", addr);
}

/* Packets of the other cases must not be from a listed prefix, nor to one. */
static bool holds_sample(const struct bench_features *features, const struct prefix *prefix)
{
	int f = prefix->family == 6;

	for (int i = 0; i < PACKET_LISTED; i++) {
		const struct bench_sample *s = &features->samples[f][i];

		if (s->entry && (prefix_contains(prefix, prefix->family, s->tuple.saddr) ||
				 prefix_contains(prefix, prefix->family, s->tuple.daddr)))
			return true;
	}
	return false;
}

/* A prefix as such lists have them: networks and single addresses, half of it IPv6. */
static struct prefix random_prefix(uint64_t *random)
{
	static const uint8_t lengths[2][2] = {{24, 32}, {48, 64}};
	uint64_t bits = bench_random(random), more = bench_random(random);
	int f = more & 1;
	struct prefix prefix = {.family = f ? 6 : 4, .prefixlen = lengths[f][more >> 1 & 1]};
	unsigned whole = prefix.prefixlen / 8;

	memcpy(prefix.addr, &bits, whole);
	if (f)
		prefix.addr[0] = 0x20 | (prefix.addr[0] & 0x1f); /* 2000::/3 */
	else
		prefix.addr[0] = 1 + prefix.addr[0] % 126;
	return prefix;
}

static int make_list(struct bench_features *features, const struct site *site)
{
	struct deny_list *list;
	uint64_t random = 1;
	size_t n = 0;

	features->deny = calloc(site->n_deny + 1, sizeof(*features->deny));
	features->listed = calloc(LISTED, sizeof(*features->listed));
	if (!features->deny || !features->listed)
		return -ENOMEM;
	for (int f = 0; f < 2; f++) {
		struct prefix *prefix = &features->listed[n++];

		*prefix = (struct prefix){.family = f ? 6 : 4, .prefixlen = f ? 128 : 32};
		bench_listed_address(f, prefix->addr);
	}
	while (n < LISTED) {
		struct prefix prefix = random_prefix(&random);

		if (!holds_sample(features, &prefix))
			features->listed[n++] = prefix;
	}
	/* lists are in order, and name nothing twice */
	qsort(features->listed, n, sizeof(*features->listed), prefix_compare);
	for (size_t i = n = 1; i < LISTED; i++)
		if (prefix_compare(&features->listed[n - 1], &features->listed[i]))
			features->listed[n++] = features->listed[i];
	if (site->n_deny)
		memcpy(features->deny, site->deny, site->n_deny * sizeof(*site->deny));
	features->any = (struct port_range){0, UINT16_MAX};
	snprintf(features->deny_id, sizeof(features->deny_id), "bench/deny");
	list = &features->deny[site->n_deny];
	list->name = features->deny_id;
	list->prefixes = (struct prefix_list){features->listed, n};
	list->row = (struct row){
		.id = features->deny_id,
		.table = -1,
		.number = site->n_deny + 1,
		.role = -1,
		.service = features->deny_id,
		.app = features->deny_id,
		.note = features->deny_id,
		.l4 = L4_TCP | L4_UDP | L4_OTHER,
		.ports = {&features->any, 1},
		.source_ports = {&features->any, 1},
		.source = {.kind = END_PREFIXES, .prefixes = list->prefixes},
		.verdict = {.kind = VERDICT_DENY},
		.has_verdict = true,
	};
	return 0;
}

/* Each family's TCP flow goes to an address that this box would translate. */
static size_t make_nats(struct bench_features *features)
{
	static const char *const inside[2] = {"198.18.255.254", "2001:2:0:fffe::1"};
	size_t n = 0;

	for (int f = 0; f < 2; f++) {
		const struct bench_sample *s = &features->samples[f][PACKET_TCP];
		struct nat_pair *pair = &features->nats[n];

		if (!s->entry)
			continue;
		pair->outside = (struct prefix){.family = f ? 6 : 4, .prefixlen = f ? 128 : 32};
		pair->inside = pair->outside;
		memcpy(pair->outside.addr, s->tuple.daddr, f ? 16 : 4);
		inet_pton(f ? AF_INET6 : AF_INET, inside[f], pair->inside.addr);
		n++;
	}
	return n;
}

/* The site with a setting's settings; what it names stays the site's or `features`'. */
static int make_site(const struct bench_run *run, const struct bench_setting *setting,
		     struct site *out)
{
	struct bench_features *features = run->features;

	*out = run->ctx.site;
	out->mode = setting->mode;
	out->suggest = setting->suggest;
	out->payload = setting->payload;
	out->state.off = !setting->state;
	if (setting->few_flows)
		out->state.flows = FEW_FLOWS;
	out->nats = features->nats;
	out->n_nats = setting->nat ? make_nats(features) : 0;
	if (!setting->deny)
		return 0;
	if (make_list(features, &run->ctx.site))
		return -ENOMEM;
	out->deny = features->deny;
	out->n_deny++;
	return 0;
}

/* The rows of the samples get limits; no packet comes too early for them. */
static void set_limits(const struct bench_features *features, const struct bench_setting *setting,
		       struct policy *policy)
{
	const struct verdict verdict = {
		.kind = VERDICT_LIMIT,
		.limit = {.interval = 1,
			  .burst = UINT32_MAX,
			  .packets = setting->limited == LIMIT_PACKETS},
	};

	for (int f = 0; f < 2; f++)
		for (int i = PACKET_TCP; i <= PACKET_UDP; i++)
			if (features->samples[f][i].entry)
				policy->rows[features->samples[f][i].row].verdict = verdict;
}

int bench_variant_compile(struct bench_run *run, size_t i)
{
	const struct compile_options options = {
		.max_memory = run->ctx.max_memory > MEMORY ? run->ctx.max_memory : MEMORY,
	};
	struct bench_variant *v = &run->features->variants[i];
	int err = make_site(run, &bench_settings[i], &v->site);

	if (!err)
		err = policy_resolve(&run->ctx.spec, &v->site, &v->policy);
	if (err) {
		if (err == -ENOMEM)
			fail("out of memory");
		return err;
	}
	if (bench_settings[i].limited)
		set_limits(run->features, &bench_settings[i], &v->policy);
	err = policy_compile_with(&v->policy, run->ctx.nics, run->ctx.n_nics, 0, &options,
				  &v->compiled);
	if (err == -ENOMEM)
		fail("out of memory");
	return err;
}

void bench_variant_free(struct bench_variant *variant)
{
	bench_subject_close(&variant->subject);
	compiled_free(&variant->compiled);
	if (variant->policy.spec)
		policy_free(&variant->policy);
}
