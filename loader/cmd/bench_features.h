/* SPDX-License-Identifier: GPL-2.0-only */
/* The user's own site with its settings changed, so that what each feature costs can be measured.
 */
#ifndef XE_CMD_BENCH_FEATURES_H
#define XE_CMD_BENCH_FEATURES_H

#include "bench.h"

enum packet_kind {
	PACKET_TCP,
	PACKET_UDP,
	PACKET_REPLY,
	PACKET_UNMATCHED,
	PACKET_LISTED,
	PACKET_FIRST_FRAGMENT,
	PACKET_LATER_FRAGMENT,
	PACKETS
};

/* Limits never met, so that what is measured is their being asked. */
enum limited { LIMIT_NONE, LIMIT_NEW_FLOWS, LIMIT_PACKETS };

struct bench_setting {
	const char *name;
	unsigned packets; /* bits of enum packet_kind */
	enum xe_mode mode;
	bool suggest, state, payload;
	enum limited limited;
	bool nat, deny;
	bool new_flows, few_flows; /* packets that all begin a flow; into a table that is full */
};

#define BENCH_SETTINGS 12
extern const struct bench_setting bench_settings[BENCH_SETTINGS];
#define BENCH_PLAIN 3 /* the one that says which packets are what: state */

/* A packet of the site, by its tuple; entry NULL: there is none. */
struct bench_sample {
	struct tuple tuple;
	const struct bench_entry *entry;
	uint32_t row; /* that decides it, by the plain one */
};

struct bench_variant {
	struct site site;
	struct policy policy;
	struct compiled compiled;
	struct bench_subject subject;
};

struct bench_features {
	struct bench_sample samples[2][PACKETS];
	struct bench_variant variants[BENCH_SETTINGS];
	/* what variants have beside the site's own */
	struct deny_list *deny;
	struct prefix *listed;
	struct nat_pair nats[2];
	struct port_range any;
	char deny_id[32];
};

/*
 * An address of a family (0: IPv4, 1: IPv6) that the deny list of the setting with one names; one
 * of those that are for benchmarks (RFC 2544, RFC 5180).
 */
void bench_listed_address(int f, uint8_t *addr);
/* Compile variant `i`, whose setting is bench_settings[i]. 0 or a negative errno (reported). */
int bench_variant_compile(struct bench_run *run, size_t i);
void bench_variant_free(struct bench_variant *variant);

#endif
