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
#include "clock.h"
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
	/* by slot: what is timed, and what tells. All of a kind share the first one's maps, and
	 * these the policy and the counters of those */
	struct xdp_edge_bpf *edge[XE_MAX_NICS], *teller[XE_MAX_NICS];
	struct xdp_edge_bpf *first, *first_teller;
	struct floor_bpf *floor;
	bool own_floor;
	struct rotate_bpf *rotate;
	uint64_t secret[4]; /* of the hashes: what one NIC's program remembers, others find */
	struct xe_block_header *block; /* mapped */
	size_t block_size;
	struct xe_trace *trace; /* mapped */
	uint8_t *frame;		/* TRACE_FRAME zeros */
	double overhead;	/* nanoseconds of a call beside its runs */
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

/* Use the maps of another object where it has them; `all`, or only what tells packets apart. */
static int share_maps(const struct xdp_edge_bpf *from, struct xdp_edge_bpf *to, bool all)
{
	struct bpf_map *map, *its;
	int err = 0;

	bpf_object__for_each_map(map, from->obj)
	{
		bool common = map == from->maps.policy || map == from->maps.control ||
			      map == from->maps.counters;

		if (err || bpf_map__is_internal(map) || bpf_map__fd(map) < 0 || !(all || common))
			continue;
		its = bpf_object__find_map_by_name(to->obj, bpf_map__name(map));
		err = its ? bpf_map__reuse_fd(its, bpf_map__fd(map)) : -ENOENT;
	}
	return err;
}

/* The object for one slot into *out; *first gets or is the first of its kind. */
static int load_object(const struct bench *bench, const struct object_config *config,
		       struct xdp_edge_bpf **first, struct xdp_edge_bpf **out)
{
	struct xdp_edge_bpf *skel = *out = object_open(config);
	int err = 0;

	if (!skel)
		return -errno;
	if (*first)
		err = share_maps(*first, skel, true);
	else if (bench->first)
		err = share_maps(bench->first, skel, false);
	if (!err)
		err = xdp_edge_bpf__load(skel);
	if (!err && !*first)
		*first = skel;
	return err;
}

/* The program as it would be attached, which is timed, and the one that tells what it makes of a
 * frame, which has a clock of its own and so must remember for itself. */
static int load_edge(struct bench *bench, const struct compiled *compiled, unsigned slot,
		     uint64_t slots)
{
	struct object_config config = {
		.slot = slot,
		.epoch = BENCH_EPOCH,
		.block_size = bench->block_size,
		.counters = compiled->n_atoms,
		.features = compiled->block->guard.features,
		.n_slots = 64 - __builtin_clzll(slots),
		.flow_sets = guard_sets(compiled->state.flows),
		.fragment_sets = guard_sets(compiled->state.fragments),
		.bucket_sets = guard_sets(compiled->state.sources),
		.secret = bench->secret,
		.kind = OBJECT_PLAIN,
	};
	int err = load_object(bench, &config, &bench->first, &bench->edge[slot]);

	config.kind = OBJECT_TRACE;
	return err ? err : load_object(bench, &config, &bench->first_teller, &bench->teller[slot]);
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
	bench->trace = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(bench->first_teller->maps.trace), 0);
	if (bench->trace == MAP_FAILED) {
		bench->trace = NULL;
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
	if (bench->own_floor) {
		hold(bench, bench->floor->progs.floor_pass);
		hold(bench, bench->floor->progs.floor_drop);
		hold(bench, bench->floor->progs.floor_count);
		hold(bench, bench->floor->progs.floor_count_drop);
	}
	for (unsigned slot = 0; slot < XE_MAX_NICS; slot++)
		if (bench->edge[slot])
			hold(bench, object_program(bench->edge[slot], OBJECT_PLAIN));
}

/* The floors, and what a call costs. */
static int take_floors(struct bench *bench, const struct bench *beside)
{
	if (beside) {
		bench->floor = beside->floor;
		bench->overhead = beside->overhead;
		hold_all(bench);
		return 0;
	}
	bench->floor = floor_bpf__open_and_load();
	if (!bench->floor)
		return -errno;
	bench->own_floor = true;
	hold_all(bench);
	return measure_overhead(bench);
}

int bench_open(const struct compiled *compiled, uint64_t slots, const struct bench *beside,
	       struct bench **out)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const char *what = "cannot load the program";
	int err = 0;

	if (!bench)
		return failed("bench", -ENOMEM);
	bench->rotate_hold = -1;
	bench->block_size = object_block_size(compiled->block->size);
	bench->frame = calloc(1, TRACE_FRAME);
	err = bench->frame ? object_secret(bench->secret) : -ENOMEM;
	if (err)
		goto out;
	for (unsigned slot = 0; slot < XE_MAX_NICS && !err; slot++)
		if (slots & 1ull << slot)
			err = load_edge(bench, compiled, slot, slots);
	if (err)
		goto out;
	what = "cannot write the policy";
	err = write_policy(bench, compiled);
	if (err)
		goto out;
	what = "cannot run the programs to compare with";
	err = take_floors(bench, beside);
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
	if (bench->trace)
		munmap(bench->trace, sysconf(_SC_PAGESIZE));
	if (bench->rotate_hold >= 0)
		bench_release(bench->rotate_hold);
	for (int i = 0; i < bench->n_holds; i++)
		bench_release(bench->holds[i]);
	rotate_bpf__destroy(bench->rotate);
	if (bench->own_floor)
		floor_bpf__destroy(bench->floor);
	for (unsigned slot = 0; slot < XE_MAX_NICS; slot++) {
		xdp_edge_bpf__destroy(bench->edge[slot]);
		xdp_edge_bpf__destroy(bench->teller[slot]);
	}
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

/* The last run must have come to its ending. */
static int run(const struct bpf_program *program, const void *frame, uint32_t len, uint32_t repeat,
	       enum bench_ending ending)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
		    .repeat = repeat);
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);

	if (err || ending == BENCH_EITHER)
		return err;
	return opts.retval == (ending == BENCH_PASSES ? XDP_PASS : XDP_DROP) ? 0 : -EPROTO;
}

static void set_copies(struct bench *bench, unsigned slot, enum bench_ending ending)
{
	*(volatile uint32_t *)&bench->block->nic[slot].drop = ending == BENCH_COPIED;
}

/* Which of the floors, by what is done with frames. */
static bool is_dropped(const struct bench_target *target)
{
	return target->ending == BENCH_DROPS || target->ending == BENCH_COPIED;
}

int bench_tell(struct bench *bench, unsigned slot, const void *frame, uint32_t len,
	       struct bench_told *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);
	int err;

	set_copies(bench, slot, BENCH_EITHER);
	*(volatile __u64 *)&bench->trace->now = clock_ns(CLOCK_MONOTONIC);
	err = bpf_prog_test_run_opts(
		bpf_program__fd(object_program(bench->teller[slot], OBJECT_TRACE)), &opts);
	out->atom = *(volatile uint32_t *)&bench->trace->atom;
	out->dropped = opts.retval == XDP_DROP;
	return err;
}

int bench_show(struct bench *bench, unsigned slot, const void *frame, uint32_t len)
{
	set_copies(bench, slot, BENCH_EITHER);
	return run(object_program(bench->edge[slot], OBJECT_PLAIN), frame, len, 1, BENCH_EITHER);
}

static double cpu_ns(void)
{
	return (double)clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int bench_run(struct bench *bench, const struct bench_target *target, const void *frame,
	      uint32_t len, uint32_t repeat, double *ns)
{
	const struct bpf_program *program;
	double start;
	int err;

	switch (target->program) {
	case BENCH_PASS:
		program = is_dropped(target) ? bench->floor->progs.floor_drop
					     : bench->floor->progs.floor_pass;
		break;
	case BENCH_COUNT:
		program = is_dropped(target) ? bench->floor->progs.floor_count_drop
					     : bench->floor->progs.floor_count;
		break;
	default:
		program = object_program(bench->edge[target->slot], OBJECT_PLAIN);
	}
	set_copies(bench, target->slot, target->ending);
	start = cpu_ns();
	err = run(program, frame, len, repeat, target->ending);
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
		return is_dropped(target) ? TAIL_DROP : TAIL_PASS;
	case BENCH_COUNT:
		return is_dropped(target) ? TAIL_COUNT_DROP : TAIL_COUNT;
	default:
		return TAIL_EDGE + target->slot;
	}
}

int bench_trace_run(struct bench *bench, const struct bench_target *target, uint32_t repeat,
		    double *ns)
{
	double start;
	int err;

	set_copies(bench, target->slot, target->ending);
	bench->rotate->bss->next = 0;
	bench->rotate->bss->target = tail_of(target);
	start = cpu_ns();
	err = run(bench->rotate->progs.rotate, bench->frame, TRACE_FRAME, repeat, target->ending);
	*ns = (cpu_ns() - start - bench->overhead) / repeat;
	return err;
}

int bench_counted(const struct bench *bench, uint64_t *packets, size_t n_atoms)
{
	int n_cpus = libbpf_num_possible_cpus(), fd = bpf_map__fd(bench->first->maps.counters);
	struct xe_counter *per_cpu =
		calloc(n_cpus > 0 ? n_cpus : 1, XE_COUNTERS_PER_VALUE * sizeof(*per_cpu));
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
