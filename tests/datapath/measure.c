// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nanoseconds a packet: the shipped program beside a bare pass and beside parse-and-count
 * (bpf/floor.bpf.c, the same parser), for one TCP packet to a row, IPv4 and IPv6. Rounds are
 * interleaved, so that whatever else the machine does falls on all three alike; compare medians
 * with each other, not with another run's.
 *
 *   measure SITE FLOOR.o IPV4-DESTINATION [IPV6-DESTINATION]
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/object.h"
#include "policy/compile.h"
#include "policy/frame.h"
#include "policy/site.h"
#include "policy/spec.h"
#include "xdp_edge.skel.h"

#define ROUNDS	 25
#define REPEAT	 2000000
#define PROGRAMS 3

static const char *const names[PROGRAMS] = {"pass", "parse and count", "xdp-edge"};

struct bench {
	struct spec spec;
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct compiled compiled;
	struct xdp_edge_bpf *skel;
	struct bpf_object *floor;
	int fds[PROGRAMS];
};

static int compile(struct bench *b, const char *site)
{
	if (spec_load("maps/spec", &b->spec) || site_load(site, &b->spec, &b->site) ||
	    policy_resolve(&b->spec, &b->site, &b->policy) ||
	    nics_from_site(&b->site, &b->nics, &b->n_nics))
		return -EINVAL;
	return policy_compile(&b->policy, b->nics, b->n_nics, 0, &b->compiled);
}

static int load(struct bench *b, const char *floor)
{
	struct object_config config = {
		.epoch = 1,
		.block_size = object_block_size(b->compiled.block->size),
		.counters = b->compiled.n_atoms,
		.kind = OBJECT_PLAIN,
	};
	struct xe_control control = {.live = 1ull << 32 | 2};
	char *block = calloc(1, config.block_size);
	uint32_t zero = 0;
	int err;

	b->skel = object_open(&config);
	b->floor = bpf_object__open_file(floor, NULL);
	if (!block || !b->skel || !b->floor || xdp_edge_bpf__load(b->skel) ||
	    bpf_object__load(b->floor)) {
		free(block);
		return -EINVAL;
	}
	memcpy(block, b->compiled.block, b->compiled.block->size);
	err = bpf_map_update_elem(bpf_map__fd(b->skel->maps.policy), &zero, block, 0);
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(b->skel->maps.control), &zero, &control, 0);
	free(block);
	b->fds[0] = bpf_program__fd(bpf_object__find_program_by_name(b->floor, "floor_pass"));
	b->fds[1] = bpf_program__fd(bpf_object__find_program_by_name(b->floor, "floor_count"));
	b->fds[2] = bpf_program__fd(object_program(b->skel, OBJECT_PLAIN));
	return err;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int measure(const struct bench *b, const struct tuple *tuple)
{
	const struct xe_atom *atom =
		&b->compiled.atoms[compiled_classify(&b->compiled, b->nics[0].side, tuple)];
	uint32_t ns[PROGRAMS][ROUNDS];
	uint8_t frame[256];
	size_t len = frame_build(tuple, frame, sizeof(frame));

	printf("IPv%u, %s, %s\n", tuple->family, b->nics[0].name,
	       atom->row == XE_NO_ROW ? miss_text(atom->miss) : b->policy.rows[atom->row].row->id);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < PROGRAMS; i++) {
			LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
				    .repeat = REPEAT);

			if (bpf_prog_test_run_opts(b->fds[i], &opts))
				return -errno;
			ns[i][round] = opts.duration;
		}
	for (int i = 0; i < PROGRAMS; i++)
		qsort(ns[i], ROUNDS, sizeof(**ns), compare);
	for (int i = 0; i < PROGRAMS; i++)
		printf("  %-16s min %3u ns, median %3u ns, %.2f x parse and count\n", names[i],
		       ns[i][0], ns[i][ROUNDS / 2], (double)ns[i][ROUNDS / 2] / ns[1][ROUNDS / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	struct tuple v4 = {.family = 4, .proto = IPPROTO_TCP, .sport = 40000, .dport = 5061};
	struct tuple v6 = {.family = 6, .proto = IPPROTO_TCP, .sport = 40000, .dport = 5061};
	static struct bench bench;

	object_log_init(false);
	if (argc < 4 || inet_pton(AF_INET, argv[3], v4.daddr) != 1 ||
	    (argc > 4 && inet_pton(AF_INET6, argv[4], v6.daddr) != 1)) {
		fprintf(stderr,
			"usage: measure SITE FLOOR.o IPV4-DESTINATION [IPV6-DESTINATION]\n");
		return 2;
	}
	inet_pton(AF_INET, "198.51.100.9", v4.saddr);
	inet_pton(AF_INET6, "2001:db8:ffff::9", v6.saddr);
	if (compile(&bench, argv[1]) || load(&bench, argv[2])) {
		object_log_flush();
		fprintf(stderr, "measure: cannot load the programs (root?)\n");
		return 1;
	}
	if (measure(&bench, &v4) || (argc > 4 && measure(&bench, &v6))) {
		fprintf(stderr, "measure: cannot run the programs\n");
		return 1;
	}
	return 0;
}
