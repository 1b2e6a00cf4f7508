// SPDX-License-Identifier: GPL-2.0-only
/* The programs of `bench`; see bench.h. */
#include "bench.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../output/report.h"
#include "bench_hold.h"
#include "floor.skel.h"
#include "object.h"
#include "rotate.h"
#include "rotate.skel.h"
#include "xdp_edge.skel.h"

_Static_assert(TRACE_HEADER == ROTATE_END, "a trace holds what the prologue writes");

#define BENCH_EPOCH	 1u
#define BENCH_GENERATION 2u /* block 0 */
#define OVERHEAD_CALLS	 101

/* Slots of `programs`: the floors by verdict, then the shipped program by NIC slot. */
enum { TAIL_PASS, TAIL_DROP, TAIL_COUNT, TAIL_COUNT_DROP, TAIL_EDGE };
_Static_assert(TAIL_EDGE + XE_MAX_NICS <= ROTATE_PROGRAMS, "each program has a slot");

struct bench {
	struct xdp_edge_bpf *edge[XE_MAX_NICS]; /* by slot; all share the first one's maps */
	struct xdp_edge_bpf *first;
	struct floor_bpf *floor;
	struct rotate_bpf *rotate;
	struct xe_block_header *block; /* mapped */
	size_t block_size;
	uint32_t *last_atom; /* mapped */
	uint8_t *frame;	     /* TRACE_FRAME zeros */
	double overhead;     /* nanoseconds of a call beside its runs */
	int holds[TAIL_EDGE + XE_MAX_NICS], n_holds,
		rotate_hold; /* descriptors; see bench_hold.h */
};

static int failed(const char *what, int err)
{
	if (err == -EPERM) {
		report("%s: %s: needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; run as root", what,
		       strerror(-err));
	} else {
		object_log_flush();
		report("%s: %s", what, strerror(-err));
	}
	return err;
}

/* --- loading --------------------------------------------------------------------------------- */

static int share_maps(const struct xdp_edge_bpf *from, struct xdp_edge_bpf *to)
{
	int err = bpf_map__reuse_fd(to->maps.policy, bpf_map__fd(from->maps.policy));

	if (!err)
		err = bpf_map__reuse_fd(to->maps.control, bpf_map__fd(from->maps.control));
	if (!err)
		err = bpf_map__reuse_fd(to->maps.counters, bpf_map__fd(from->maps.counters));
	if (!err)
		err = bpf_map__reuse_fd(to->maps.last_atom, bpf_map__fd(from->maps.last_atom));
	return err;
}

/* The plain program, which is timed, and the one that says which atom it counted. */
static int load_edge(struct bench *bench, const struct compiled *compiled, unsigned slot)
{
	struct object_config config = {
		.slot = slot,
		.epoch = BENCH_EPOCH,
		.block_size = bench->block_size,
		.counters = compiled->n_atoms,
		.kind = OBJECT_TRACE,
	};
	struct xdp_edge_bpf *skel = object_open(&config);
	int err;

	if (!skel)
		return -errno;
	bench->edge[slot] = skel;
	err = bpf_program__set_autoload(object_program(skel, OBJECT_PLAIN), true);
	if (!err && bench->first)
		err = share_maps(bench->first, skel);
	if (!err)
		err = xdp_edge_bpf__load(skel);
	if (!err && !bench->first)
		bench->first = skel;
	return err;
}

static int write_policy(struct bench *bench, const struct compiled *compiled)
{
	struct xe_control control = {
		.live = (uint64_t)BENCH_EPOCH << 32 | BENCH_GENERATION,
		.abi = XE_ABI_VERSION,
	};
	uint32_t zero = 0;

	bench->block = mmap(NULL, bench->block_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(bench->first->maps.policy), 0);
	if (bench->block == MAP_FAILED) {
		bench->block = NULL;
		return -errno;
	}
	bench->last_atom = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
				bpf_map__fd(bench->first->maps.last_atom), 0);
	if (bench->last_atom == MAP_FAILED) {
		bench->last_atom = NULL;
		return -errno;
	}
	memcpy(bench->block, compiled->block, compiled->block->size);
	return bpf_map_update_elem(bpf_map__fd(bench->first->maps.control), &zero, &control, 0);
}

static int set_tail(struct bench *bench, uint32_t slot, const struct bpf_program *program)
{
	int fd = bpf_program__fd(program);

	return bpf_map_update_elem(bpf_map__fd(bench->rotate->maps.programs), &slot, &fd, 0);
}

static int set_tails(struct bench *bench)
{
	int err = set_tail(bench, TAIL_PASS, bench->floor->progs.floor_pass);

	if (!err)
		err = set_tail(bench, TAIL_DROP, bench->floor->progs.floor_drop);
	if (!err)
		err = set_tail(bench, TAIL_COUNT, bench->floor->progs.floor_count);
	if (!err)
		err = set_tail(bench, TAIL_COUNT_DROP, bench->floor->progs.floor_count_drop);
	for (unsigned slot = 0; slot < XE_MAX_NICS && !err; slot++)
		if (bench->edge[slot])
			err = set_tail(bench, TAIL_EDGE + slot,
				       object_program(bench->edge[slot], OBJECT_PLAIN));
	return err;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What a call costs beside its runs: nearly all of one with two, the fewest that are a repeat. */
static int measure_overhead(struct bench *bench)
{
	const struct bench_target target = {.program = BENCH_PASS};
	double ns[OVERHEAD_CALLS];
	int err = 0;

	for (int i = 0; i < OVERHEAD_CALLS && !err; i++) {
		err = bench_run(bench, &target, bench->frame, 64, 2, &ns[i]);
		ns[i] *= 2;
	}
	if (err)
		return err;
	qsort(ns, OVERHEAD_CALLS, sizeof(*ns), compare);
	bench->overhead = ns[OVERHEAD_CALLS / 2];
	return 0;
}

/* What cannot be held is measured all the same, only more slowly. */
static void hold(struct bench *bench, const struct bpf_program *program)
{
	int fd = bench_hold(bpf_program__fd(program));

	if (fd >= 0)
		bench->holds[bench->n_holds++] = fd;
}

static void hold_all(struct bench *bench)
{
	hold(bench, bench->floor->progs.floor_pass);
	hold(bench, bench->floor->progs.floor_drop);
	hold(bench, bench->floor->progs.floor_count);
	hold(bench, bench->floor->progs.floor_count_drop);
	for (unsigned slot = 0; slot < XE_MAX_NICS; slot++)
		if (bench->edge[slot])
			hold(bench, object_program(bench->edge[slot], OBJECT_PLAIN));
}

int bench_open(const struct compiled *compiled, uint64_t slots, struct bench **out)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const char *what = "cannot load the program";
	int err = 0;

	if (!bench)
		return failed("bench", -ENOMEM);
	bench->rotate_hold = -1;
	bench->block_size = object_block_size(compiled->block->size);
	bench->frame = calloc(1, TRACE_FRAME);
	if (!bench->frame) {
		err = -ENOMEM;
		goto out;
	}
	for (unsigned slot = 0; slot < XE_MAX_NICS && !err; slot++)
		if (slots & 1ull << slot)
			err = load_edge(bench, compiled, slot);
	if (err)
		goto out;
	what = "cannot write the policy";
	err = write_policy(bench, compiled);
	if (err)
		goto out;
	what = "cannot load the programs to compare with";
	bench->floor = floor_bpf__open_and_load();
	if (!bench->floor) {
		err = -errno;
		goto out;
	}
	hold_all(bench);
	what = "cannot run the programs";
	err = measure_overhead(bench);
out:
	if (err) {
		failed(what, err);
		bench_close(bench);
		return err;
	}
	*out = bench;
	return 0;
}

void bench_close(struct bench *bench)
{
	if (!bench)
		return;
	if (bench->block)
		munmap(bench->block, bench->block_size);
	if (bench->last_atom)
		munmap(bench->last_atom, sysconf(_SC_PAGESIZE));
	if (bench->rotate_hold >= 0)
		bench_release(bench->rotate_hold);
	for (int i = 0; i < bench->n_holds; i++)
		bench_release(bench->holds[i]);
	rotate_bpf__destroy(bench->rotate);
	floor_bpf__destroy(bench->floor);
	for (unsigned slot = 0; slot < XE_MAX_NICS; slot++)
		xdp_edge_bpf__destroy(bench->edge[slot]);
	free(bench->frame);
	free(bench);
}

void bench_sizes(const struct bench *bench, struct bench_sizes *out)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	memset(out, 0, sizeof(*out));
	memcpy(out->built_by, bench->floor->rodata->built_by, sizeof(out->built_by) - 1);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(object_program(bench->first, OBJECT_PLAIN)),
				   &info, &len))
		return;
	out->xlated = info.xlated_prog_len;
	out->jited = info.jited_prog_len;
}

/* --- running --------------------------------------------------------------------------------- */

/* The last run must have ended in `verdict`. */
static int run(const struct bpf_program *program, const void *frame, uint32_t len, uint32_t repeat,
	       uint32_t verdict)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
		    .repeat = repeat);
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);

	return err || opts.retval == verdict ? err : -EPROTO;
}

static void set_verdict(struct bench *bench, unsigned slot, bool drop)
{
	*(volatile uint32_t *)&bench->block->nic[slot].drop = drop;
}

int bench_atom(struct bench *bench, unsigned slot, const void *frame, uint32_t len, uint32_t *atom)
{
	int err;

	set_verdict(bench, slot, false);
	err = run(object_program(bench->edge[slot], OBJECT_TRACE), frame, len, 1, XDP_PASS);
	*atom = *(volatile uint32_t *)bench->last_atom;
	return err;
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

int bench_run(struct bench *bench, const struct bench_target *target, const void *frame,
	      uint32_t len, uint32_t repeat, double *ns)
{
	const struct bpf_program *program;
	double start;
	int err;

	switch (target->program) {
	case BENCH_PASS:
		program = target->drop ? bench->floor->progs.floor_drop
				       : bench->floor->progs.floor_pass;
		break;
	case BENCH_COUNT:
		program = target->drop ? bench->floor->progs.floor_count_drop
				       : bench->floor->progs.floor_count;
		break;
	default:
		program = object_program(bench->edge[target->slot], OBJECT_PLAIN);
	}
	set_verdict(bench, target->slot, target->drop);
	start = cpu_ns();
	err = run(program, frame, len, repeat, target->drop ? XDP_DROP : XDP_PASS);
	*ns = (cpu_ns() - start - bench->overhead) / repeat;
	return err;
}

/* --- traces ---------------------------------------------------------------------------------- */

static int load_rotate(struct bench *bench, size_t n)
{
	int err;

	if (bench->rotate_hold >= 0)
		bench_release(bench->rotate_hold);
	bench->rotate_hold = -1;
	rotate_bpf__destroy(bench->rotate);
	bench->rotate = rotate_bpf__open();
	if (!bench->rotate)
		return -errno;
	err = bpf_map__set_max_entries(bench->rotate->maps.trace, n);
	if (!err)
		err = rotate_bpf__load(bench->rotate);
	if (!err)
		bench->rotate_hold = bench_hold(bpf_program__fd(bench->rotate->progs.rotate));
	return err ? err : set_tails(bench);
}

int bench_trace_load(struct bench *bench, const uint8_t (*frames)[TRACE_HEADER], size_t n)
{
	size_t size = n * sizeof(struct rotate_header);
	struct rotate_header *headers;
	int err = load_rotate(bench, n);

	if (err)
		return failed("cannot load the prologue of the trace", err);
	headers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_map__fd(bench->rotate->maps.trace), 0);
	if (headers == MAP_FAILED)
		return failed("cannot map the trace", -errno);
	for (size_t i = 0; i < n; i++)
		memcpy(headers[i].words, frames[i] + ROTATE_START, sizeof(headers[i].words));
	munmap(headers, size);
	bench->rotate->bss->length = n;
	return 0;
}

static uint32_t tail_of(const struct bench_target *target)
{
	switch (target->program) {
	case BENCH_PASS:
		return target->drop ? TAIL_DROP : TAIL_PASS;
	case BENCH_COUNT:
		return target->drop ? TAIL_COUNT_DROP : TAIL_COUNT;
	default:
		return TAIL_EDGE + target->slot;
	}
}

int bench_trace_run(struct bench *bench, const struct bench_target *target, uint32_t repeat,
		    double *ns)
{
	double start;
	int err;

	set_verdict(bench, target->slot, target->drop);
	bench->rotate->bss->next = 0;
	bench->rotate->bss->target = tail_of(target);
	start = cpu_ns();
	err = run(bench->rotate->progs.rotate, bench->frame, TRACE_FRAME, repeat,
		  target->drop ? XDP_DROP : XDP_PASS);
	*ns = (cpu_ns() - start - bench->overhead) / repeat;
	return err;
}

int bench_counted(const struct bench *bench, uint64_t *packets, size_t n_atoms)
{
	int n_cpus = libbpf_num_possible_cpus(), fd = bpf_map__fd(bench->first->maps.counters);
	struct xe_counter *per_cpu = calloc(n_cpus > 0 ? n_cpus : 1,
					    XE_COUNTERS_PER_VALUE * sizeof(*per_cpu));
	int err = n_cpus < 0 ? n_cpus : per_cpu ? 0 : -ENOMEM;

	for (uint32_t atom = 0; atom < n_atoms && !err; atom++) {
		uint32_t value = atom / XE_COUNTERS_PER_VALUE, at = atom % XE_COUNTERS_PER_VALUE;

		packets[atom] = 0;
		if (!at)
			err = bpf_map_lookup_elem(fd, &value, per_cpu);
		for (int cpu = 0; cpu < n_cpus && !err; cpu++)
			packets[atom] += per_cpu[cpu * XE_COUNTERS_PER_VALUE + at].packets;
	}
	free(per_cpu);
	return err;
}
