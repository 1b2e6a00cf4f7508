// SPDX-License-Identifier: GPL-2.0-only
/* Private instances by BPF_PROG_TEST_RUN. */
#include "instance.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../output/report.h"
#include "object.h"
#include "xdp_edge.skel.h"

#define INSTANCE_EPOCH	    1u
#define INSTANCE_GENERATION 2u /* block 0 */

struct instance {
	struct xdp_edge_bpf *skel;
	uint32_t *last_atom; /* mapped */
	struct xe_counter *per_cpu;
	int n_cpus;
};

static int fail(const char *what, int err)
{
	if (err != -EPERM)
		object_log_flush();
	if (err == -EPERM)
		report("%s: %s: needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; run as root", what,
		       strerror(-err));
	else
		report("%s: %s", what, strerror(-err));
	return err;
}

static int write_policy(struct instance *instance, const struct compiled *compiled)
{
	size_t size = bpf_map__value_size(instance->skel->maps.policy);
	struct xe_control control = {
		.live = (uint64_t)INSTANCE_EPOCH << 32 | INSTANCE_GENERATION,
		.abi = XE_ABI_VERSION,
	};
	char *block = calloc(1, size);
	uint32_t zero = 0;
	int err;

	if (!block)
		return -ENOMEM;
	memcpy(block, compiled->block, compiled->block->size);
	err = bpf_map_update_elem(bpf_map__fd(instance->skel->maps.policy), &zero, block, 0);
	free(block);
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(instance->skel->maps.control), &zero,
					  &control, 0);
	return err;
}

int instance_open(const struct compiled *compiled, unsigned slot, struct instance **out)
{
	struct object_config config = {
		.slot = slot,
		.epoch = INSTANCE_EPOCH,
		.block_size = object_block_size(compiled->block->size),
		.counters = compiled->n_atoms,
		.kind = OBJECT_TRACE,
	};
	struct instance *instance = calloc(1, sizeof(*instance));
	int err;

	if (!instance)
		return -ENOMEM;
	instance->n_cpus = libbpf_num_possible_cpus();
	instance->per_cpu = calloc((size_t)instance->n_cpus * XE_COUNTERS_PER_VALUE,
				   sizeof(*instance->per_cpu));
	instance->skel = object_open(&config);
	if (!instance->skel || !instance->per_cpu) {
		err = fail("cannot open the program", -errno);
		goto failed;
	}
	err = xdp_edge_bpf__load(instance->skel);
	if (err) {
		err = fail("cannot load the program", err);
		goto failed;
	}
	err = write_policy(instance, compiled);
	if (err) {
		err = fail("cannot write the policy", err);
		goto failed;
	}
	instance->last_atom = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
				   bpf_map__fd(instance->skel->maps.last_atom), 0);
	if (instance->last_atom == MAP_FAILED) {
		instance->last_atom = NULL;
		err = fail("cannot map the trace", -errno);
		goto failed;
	}
	*out = instance;
	return 0;
failed:
	instance_close(instance);
	return err;
}

void instance_close(struct instance *instance)
{
	if (!instance)
		return;
	if (instance->last_atom)
		munmap(instance->last_atom, sysconf(_SC_PAGESIZE));
	xdp_edge_bpf__destroy(instance->skel);
	free(instance->per_cpu);
	free(instance);
}

static int run(struct instance *instance, const void *frame, uint32_t len, uint32_t repeat,
	       uint32_t *ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
		    .repeat = repeat);
	int err = bpf_prog_test_run_opts(
		bpf_program__fd(object_program(instance->skel, OBJECT_TRACE)), &opts);

	if (ns)
		*ns = opts.duration;
	return err;
}

int instance_run(struct instance *instance, const void *frame, uint32_t len, uint32_t *atom)
{
	int err = run(instance, frame, len, 1, NULL);

	*atom = *(volatile uint32_t *)instance->last_atom;
	return err;
}

int instance_time(struct instance *instance, const void *frame, uint32_t len, uint32_t repeat,
		  uint32_t *ns)
{
	return run(instance, frame, len, repeat, ns);
}

int instance_counter(struct instance *instance, uint32_t atom, struct xe_counter *out)
{
	const struct xe_counter *on_cpu = instance->per_cpu + atom % XE_COUNTERS_PER_VALUE;
	uint32_t value = atom / XE_COUNTERS_PER_VALUE;
	int err = bpf_map_lookup_elem(bpf_map__fd(instance->skel->maps.counters), &value,
				      instance->per_cpu);

	*out = (struct xe_counter){0};
	for (int cpu = 0; !err && cpu < instance->n_cpus; cpu++, on_cpu += XE_COUNTERS_PER_VALUE) {
		out->packets += on_cpu->packets;
		out->bytes += on_cpu->bytes;
	}
	return err;
}
