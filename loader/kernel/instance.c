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
#define INSTANCE_GENERATION 2u /* the first: block 0 */

struct instance {
	struct xdp_edge_bpf *skel;
	struct xe_trace *trace; /* mapped */
	struct xe_control control;
	uint32_t slot, features;
	uint64_t generation;
	uint32_t action; /* of the last run */
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

static int write_control(struct instance *instance)
{
	uint32_t zero = 0;

	instance->control.live = (uint64_t)INSTANCE_EPOCH << 32 | instance->generation;
	return bpf_map_update_elem(bpf_map__fd(instance->skel->maps.control), &zero,
				   &instance->control, 0);
}

/* One of the halves is live, the other may be written. */
static int write_policy(struct instance *instance, const struct compiled *compiled)
{
	size_t size = bpf_map__value_size(instance->skel->maps.policy);
	uint32_t half = instance->generation & 1;
	char *block;
	int err;

	if (compiled->block->size > size)
		return -E2BIG;
	block = calloc(1, size);
	if (!block)
		return -ENOMEM;
	memcpy(block, compiled->block, compiled->block->size);
	err = bpf_map_update_elem(bpf_map__fd(instance->skel->maps.policy), &half, block, 0);
	free(block);
	return err ? err : write_control(instance);
}

int instance_open(const struct compiled *compiled, unsigned slot, struct instance **out)
{
	struct object_config config = {
		.slot = slot,
		.epoch = INSTANCE_EPOCH,
		.block_size = object_block_size(compiled->block->size),
		.counters = compiled->n_atoms,
		.features = compiled->block->guard.features,
		.flow_sets = guard_sets(compiled->state.flows),
		.fragment_sets = guard_sets(compiled->state.fragments),
		.bucket_sets = guard_sets(compiled->state.sources),
		.kind = OBJECT_TRACE,
	};
	struct instance *instance = calloc(1, sizeof(*instance));
	int err;

	if (!instance)
		return -ENOMEM;
	instance->slot = slot;
	instance->features = config.features;
	instance->generation = INSTANCE_GENERATION;
	instance->control.abi = XE_ABI_VERSION;
	instance->skel = object_open(&config);
	if (!instance->skel) {
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
	instance->trace = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			       bpf_map__fd(instance->skel->maps.trace), 0);
	if (instance->trace == MAP_FAILED) {
		instance->trace = NULL;
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
	if (instance->trace)
		munmap(instance->trace, sysconf(_SC_PAGESIZE));
	xdp_edge_bpf__destroy(instance->skel);
	free(instance);
}

static int run(struct instance *instance, const void *frame, uint32_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);
	int err = bpf_prog_test_run_opts(
		bpf_program__fd(object_program(instance->skel, OBJECT_TRACE)), &opts);

	instance->action = opts.retval;
	return err;
}

int instance_trace(struct instance *instance, const void *frame, uint32_t len, uint64_t now,
		   struct xe_trace *out)
{
	int err;

	*(volatile __u64 *)&instance->trace->now = now;
	err = run(instance, frame, len);
	memcpy(out, instance->trace, sizeof(*out));
	return err;
}

int instance_run(struct instance *instance, const void *frame, uint32_t len, uint32_t *atom)
{
	struct xe_trace trace;
	int err = instance_trace(instance, frame, len, 1, &trace);

	*atom = trace.atom;
	return err;
}

uint32_t instance_action(const struct instance *instance)
{
	return instance->action;
}

int instance_deadline(struct instance *instance, uint64_t deadline)
{
	instance->control.deadline = deadline;
	return write_control(instance);
}

int instance_reload(struct instance *instance, const struct compiled *compiled)
{
	size_t atoms =
		(size_t)bpf_map__max_entries(instance->skel->maps.counters) * XE_COUNTERS_PER_VALUE;

	if (compiled->block->guard.features != instance->features)
		return -EINVAL;
	if (compiled->n_atoms > atoms)
		return -E2BIG;
	instance->generation++;
	return write_policy(instance, compiled);
}

/* Sum `n` words from word `first` of a per-CPU value on; they are zeros where there is no map. */
static int sum(const struct bpf_map *map, bool made, uint32_t value, size_t first, size_t n,
	       uint64_t *out)
{
	size_t words = bpf_map__value_size(map) / sizeof(uint64_t);
	int n_cpus = libbpf_num_possible_cpus(), err;
	uint64_t *per_cpu;

	memset(out, 0, n * sizeof(*out));
	if (!made)
		return 0;
	if (n_cpus < 0)
		return n_cpus;
	per_cpu = calloc((size_t)n_cpus * words, sizeof(*per_cpu));
	if (!per_cpu)
		return -ENOMEM;
	err = bpf_map_lookup_elem(bpf_map__fd(map), &value, per_cpu);
	for (int cpu = 0; !err && cpu < n_cpus; cpu++)
		for (size_t i = 0; i < n; i++)
			out[i] += per_cpu[cpu * words + first + i];
	free(per_cpu);
	return err;
}

#define WORDS(x) (sizeof(x) / sizeof(uint64_t))

int instance_counter(struct instance *instance, uint32_t atom, struct xe_counter *out)
{
	return sum(instance->skel->maps.counters, true, atom / XE_COUNTERS_PER_VALUE,
		   atom % XE_COUNTERS_PER_VALUE * WORDS(*out), WORDS(*out), (uint64_t *)out);
}

int instance_verdicts(struct instance *instance, uint32_t role, struct xe_verdicts *out)
{
	return sum(instance->skel->maps.verdicts, instance->features,
		   XE_VERDICTS_AT(instance->slot, role), 0, WORDS(*out), (uint64_t *)out);
}

int instance_notes(struct instance *instance, struct xe_notes *out)
{
	return sum(instance->skel->maps.notes, instance->features, instance->slot, 0, WORDS(*out),
		   (uint64_t *)out);
}
