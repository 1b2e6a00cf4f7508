// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel makes of the shipped object: features that are off cost nothing, blocks of every
 * size are accepted, frames in several buffers are counted whole, and each side's frames get the
 * verdict they should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "kernel/object.h"
#include "probe.h"
#include "wire.h"
#include "xdp_edge.skel.h"

/* What is left of a program when the verifier is done. */
struct left {
	uint32_t size;	    /* bytes */
	uint32_t maps;	    /* that it names */
	uint32_t functions; /* itself and those it calls */
};

static struct left program_left(int fd, const char *name)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	print_message("%s: %u bytes translated, %u native, %u functions, %u maps\n", name,
		      info.xlated_prog_len, info.jited_prog_len, info.nr_jited_func_lens,
		      info.nr_map_ids);
	return (struct left){
		.size = info.xlated_prog_len,
		.maps = info.nr_map_ids,
		.functions = info.nr_jited_func_lens,
	};
}

static struct left shipped(enum object_kind kind, uint32_t features, const char *name)
{
	struct object_config config = {
		.epoch = 1,
		.block_size = OBJECT_BLOCK_MIN,
		.counters = 1,
		.features = features,
		.kind = kind,
	};
	struct xdp_edge_bpf *skel = object_open(&config);
	struct left left;

	assert_non_null(skel);
	if (xdp_edge_bpf__load(skel))
		fail_msg("%s: the verifier refuses it", name);
	left = program_left(bpf_program__fd(object_program(skel, kind)), name);
	xdp_edge_bpf__destroy(skel);
	return left;
}

/*
 * The same of the source with every feature cut out of its text: the headers of verdicts are not
 * there, and nothing names them.
 */
static struct left without(void)
{
	static const char recipe[] =
		"set -e; cd %s; sed -e '/^\tif (with & WITH_FRAGS) {$/,/^\t}$/d' "
		"-e '/^\tif (guard_has(.*)$/,+1d' -e '/^\tif (guard_has(.*{$/,/^\t}$/d' "
		"-e '/^\tif (with & XE_FEATURE_TRACE)$/,+1d' "
		"-e '/^\tif (with & XE_FEATURE_CAPTURE)$/,+2d' "
		"-e '/^static __always_inline void tell/,/^}$/d' "
		"-e 's/nic->drop | dropped/nic->drop/' "
		"-e 's/, fate = FATE_PASS, whole_fate = FATE_PASS, dropped = 0;/, dropped = 0;/' "
		"-e '/^#include \"capture.h\"$/d' "
		"-e 's/^#include \"guard.h\"$/#include <stdbool.h>\\n#include \"classify.h\"\\n"
		"static const volatile __u32 block_mask = 1048572;/' "
		"\"$OLDPWD\"/bpf/xdp_edge.bpf.c | "
		"sed -z 's/SEC(\"xdp[^\"]*\")\\nint xdp_edge_[^}]*}\\n//g' > without.bpf.c; "
		"! grep -Eq 'guard_|_trace|fate|buff_len|tell|capture' without.bpf.c; cd \"$OLDPWD\"; "
		"${CLANG:-clang} -O2 -g -target bpf -mcpu=v3 -Iinclude -Ibpf "
		"-I/usr/include/$(${CC:-gcc} -print-multiarch) -c -o %s/without.o %s/without.bpf.c";
	char dir[] = "/tmp/xdp-edge-test.XXXXXX", command[4096], path[64];
	struct bpf_program *prog;
	struct bpf_object *object;
	struct left left;

	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command), recipe, dir, dir, dir);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/without.o", dir);
	object = bpf_object__open_file(path, NULL);
	assert_non_null(object);
	bpf_object__for_each_program(prog, object)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), "xdp_edge"));
	assert_int_equal(bpf_object__load(object), 0);
	prog = bpf_object__find_program_by_name(object, "xdp_edge");
	left = program_left(bpf_program__fd(prog), "without any");
	bpf_object__close(object);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	return left;
}

/*
 * Off is as if it had never been written: as many maps and functions, and no instruction more. Not
 * one less either would be too much to ask: which registers the compiler takes depends on what
 * other programs stand in the file.
 */
static void features_off(void **state)
{
	struct left none = shipped(OBJECT_PLAIN, 0, "plain");
	struct left frags = shipped(OBJECT_FRAGS, 0, "frags");
	struct left trace = shipped(OBJECT_TRACE, 0, "frags and trace");
	struct left watch = shipped(OBJECT_PLAIN, XE_FEATURE_WATCH, "watch");
	struct left cut = without();

	(void)state;
	assert_int_not_equal(none.size, frags.size); /* or the measure would be blind */
	assert_int_not_equal(none.maps, trace.maps);
	assert_int_not_equal(none.functions, watch.functions);
	assert_int_equal(none.maps, cut.maps);
	assert_int_equal(none.functions, cut.functions);
	assert_true(none.size <= cut.size);
}

/* What a policy does not need is not in its program: each level is larger than the one below. */
static void levels(void **state)
{
	static const uint32_t watch = XE_FEATURE_WATCH, guard = watch | XE_FEATURE_GUARD,
			      flows = guard | XE_FEATURE_STATE;
	static const struct {
		const char *name;
		uint32_t less, more;
	} steps[] = {
		{"watch", 0, XE_FEATURE_WATCH},
		{"guard", watch, guard},
		{"suggest", XE_FEATURE_GUARD, guard},
		{"payload of monitor", watch, watch | XE_FEATURE_PAYLOAD},
		{"payload without flows", guard, guard | XE_FEATURE_PAYLOAD},
		{"flows", guard, flows},
		{"limits without flows", guard, guard | XE_FEATURE_LIMITS},
		{"limits", flows, flows | XE_FEATURE_LIMITS},
		{"translations", flows, flows | XE_FEATURE_NAT},
		{"payload", flows, flows | XE_FEATURE_PAYLOAD},
	};

	(void)state;
	for (int kind = OBJECT_PLAIN; kind <= OBJECT_TRACE; kind++)
		for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
			uint32_t less = shipped(kind, steps[i].less, "without").size;
			uint32_t more = shipped(kind, steps[i].more, steps[i].name).size;

			if (less >= more)
				fail_msg("%s: %u bytes, %u without", steps[i].name, more, less);
		}
}

/* Programs that copy packets have all that the others have, and maps of their own. */
static void copies(void **state)
{
	static const uint32_t guard = XE_FEATURE_WATCH | XE_FEATURE_GUARD,
			      all = guard | XE_FEATURE_STATE | XE_FEATURE_PAYLOAD |
				    XE_FEATURE_LIMITS | XE_FEATURE_NAT;
	static const uint32_t sets[] = {0, XE_FEATURE_WATCH, XE_FEATURE_GUARD, guard,
					guard | XE_FEATURE_STATE, all & ~XE_FEATURE_STATE, all};

	(void)state;
	for (int kind = OBJECT_PLAIN; kind <= OBJECT_FRAGS; kind++)
		for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
			struct left less = shipped(kind, sets[i], "without");
			struct left more = shipped(kind, sets[i] | XE_FEATURE_CAPTURE, "copies");

			assert_true(more.size > less.size);
			assert_int_equal(more.maps, less.maps + 4);
		}
}

/* --- block sizes ----------------------------------------------------------------------------- */

static void block_sizes(void **state)
{
	(void)state;
	for (uint32_t size = OBJECT_BLOCK_MIN; size <= 64u << 20; size *= 2) {
		struct object_config config = {.epoch = 1, .block_size = size, .counters = 1};
		struct xdp_edge_bpf *skel = object_open(&config);

		assert_non_null(skel);
		if (xdp_edge_bpf__load(skel))
			fail_msg("the verifier refuses a block of %u bytes", size);
		assert_int_equal(bpf_map__value_size(skel->maps.policy), size);
		xdp_edge_bpf__destroy(skel);
	}
	assert_int_equal(object_block_size(1), OBJECT_BLOCK_MIN);
	assert_int_equal(object_block_size(OBJECT_BLOCK_MIN), OBJECT_BLOCK_MIN);
	assert_int_equal(object_block_size(OBJECT_BLOCK_MIN + 1), 2 * OBJECT_BLOCK_MIN);
	assert_int_equal(object_block_size(COMPILE_BLOCK_MAX - 1), COMPILE_BLOCK_MAX);
	assert_int_equal(object_block_size(COMPILE_BLOCK_MAX), COMPILE_BLOCK_MAX);
}

/* --- a loaded program whose verdict and counters are looked at ------------------------------- */

struct loaded {
	struct xdp_edge_bpf *skel;
	struct bpf_program *prog;
	struct xe_counter *per_cpu;
	size_t n_cpus;
};

static void loaded_open(struct loaded *l, const struct probe *p, size_t nic, bool frags)
{
	struct object_config config = {
		.slot = p->nics[nic].slot,
		.epoch = 7,
		.block_size = object_block_size(p->compiled.block->size),
		.counters = p->compiled.n_atoms,
		.kind = frags ? OBJECT_FRAGS : OBJECT_PLAIN,
	};
	uint8_t *block = calloc(1, config.block_size);
	uint32_t one = 1;

	l->n_cpus = libbpf_num_possible_cpus();
	l->per_cpu = calloc(l->n_cpus * XE_COUNTERS_PER_VALUE, sizeof(*l->per_cpu));
	l->skel = object_open(&config);
	assert_non_null(l->skel);
	l->prog = object_program(l->skel, config.kind);
	assert_int_equal(xdp_edge_bpf__load(l->skel), 0);
	memcpy(block, p->compiled.block, p->compiled.block->size);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(l->skel->maps.policy), &one, block, 0), 0);
	free(block);
}

static void loaded_close(struct loaded *l)
{
	xdp_edge_bpf__destroy(l->skel);
	free(l->per_cpu);
}

/* An odd generation: the second block. */
static void loaded_go_live(struct loaded *l, uint32_t epoch)
{
	struct xe_control control = {.live = (uint64_t)epoch << 32 | 3, .abi = XE_ABI_VERSION};
	uint32_t zero = 0;

	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(l->skel->maps.control), &zero, &control, 0), 0);
}

static uint32_t loaded_run(struct loaded *l, const uint8_t *frame, size_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);
	int err = bpf_prog_test_run_opts(bpf_program__fd(l->prog), &opts);

	if (err)
		fail_msg("test run of %zu bytes: %s", len, strerror(-err));
	return opts.retval;
}

/* Summed over all atoms but one, which is what the frame must be counted as. */
static void loaded_counters(struct loaded *l, const struct probe *p, uint32_t atom,
			    struct xe_counter *its, struct xe_counter *others)
{
	memset(its, 0, sizeof(*its));
	memset(others, 0, sizeof(*others));
	for (uint32_t i = 0; i < p->compiled.n_atoms; i++) {
		struct xe_counter *sum = i == atom ? its : others;
		uint32_t value = i / XE_COUNTERS_PER_VALUE;

		assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.counters), &value,
						     l->per_cpu),
				 0);
		for (size_t cpu = 0; cpu < l->n_cpus; cpu++) {
			const struct xe_counter *counter = &l->per_cpu[cpu * XE_COUNTERS_PER_VALUE +
								       i % XE_COUNTERS_PER_VALUE];

			sum->packets += counter->packets;
			sum->bytes += counter->bytes;
		}
	}
}

#define SITE "tests/fixtures/datapath/perimeter.yaml"

static void put_stun(struct wire *w, size_t len, bool v6)
{
	wire_start(w);
	wire_ip(w, v6 ? "2001:db8:77::77" : "192.0.2.77", v6 ? "2001:db8:16::30" : "203.0.113.30");
	wire_udp(w, 40000, 3478);
	wire_bytes(w, 0, len - w->len);
	wire_end(w);
}

/*
 * Jumbo frames and what segmentation offload hands over: headers in the first buffer, the length
 * that of all.
 */
static void several_buffers(void **state)
{
	static const size_t sizes[] = {60,   1514, PROBE_FRAME_MAX, PROBE_FRAME_MAX + 1, 4096,
				       9014, 65549};
	static struct wire w;
	uint64_t packets = 0, bytes = 0;
	struct probe p;
	struct loaded l;
	size_t wan;
	uint32_t stun;

	(void)state;
	probe_open(&p, SITE);
	wan = probe_nic(&p, "wan0");
	loaded_open(&l, &p, wan, true);
	loaded_go_live(&l, 7);
	put_stun(&w, 60, false);
	stun = probe_native(&p, wan, w.bytes, w.len);
	assert_string_equal(p.policy.rows[p.compiled.atoms[stun].row].row->id,
			    "lync2013-edge-nat/external/14");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (int v6 = 0; v6 <= (sizes[i] >= 62); v6++) {
			struct xe_counter its, others;

			put_stun(&w, sizes[i], v6);
			assert_int_equal(loaded_run(&l, w.bytes, w.len), XDP_PASS);
			packets++;
			bytes += w.len;
			loaded_counters(&l, &p, stun, &its, &others);
			if (its.packets != packets || its.bytes != bytes || others.packets)
				fail_msg("%zu bytes: %llu packets, %llu bytes, %llu elsewhere, not "
					 "%lu, %lu, 0",
					 w.len, its.packets, its.bytes, others.packets, packets,
					 bytes);
			/* IP ends beyond all buffers */
			if (sizes[i] < 65000) {
				wire_set_ip_length(&w, w.len - w.ip - (v6 ? 40 : 0) + 1);
				assert_int_equal(probe_native(&p, wan, w.bytes, w.len),
						 XE_MISS_MALFORMED);
				loaded_run(&l, w.bytes, w.len);
				loaded_counters(&l, &p, stun, &its, &others);
				assert_int_equal(its.packets, packets);
				assert_int_equal(others.packets, 1);
				loaded_close(&l);
				loaded_open(&l, &p, wan, true);
				loaded_go_live(&l, 7);
				packets = bytes = 0;
			}
		}
	loaded_close(&l);
	probe_close(&p);
}

/*
 * Monitoring passes whatever it is; copies on a mirror go nowhere; a program whose epoch is not
 * live counts nothing.
 */
static void verdicts(void **state)
{
	static const struct {
		const char *nic;
		uint32_t epoch;
		uint32_t verdict;
		bool counted;
	} cases[] = {
		{"wan0", 7, XDP_PASS, true},   {"lan0", 7, XDP_PASS, true},
		{"trunk0", 7, XDP_PASS, true}, {"span0", 7, XDP_DROP, true},
		{"wan0", 8, XDP_PASS, false},  {"wan0", 0, XDP_PASS, false},
		{"span0", 8, XDP_PASS, false},
	};
	static struct wire w;
	struct probe p;

	(void)state;
	probe_open(&p, SITE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t nic = probe_nic(&p, cases[i].nic);
		struct xe_counter none, all;
		struct loaded l;

		loaded_open(&l, &p, nic, false);
		loaded_go_live(&l, cases[i].epoch);
		put_stun(&w, 60, false);
		assert_int_equal(loaded_run(&l, w.bytes, w.len), cases[i].verdict); /* a hit */
		w.bytes[w.ip] = 0;
		assert_int_equal(loaded_run(&l, w.bytes, w.len), cases[i].verdict); /* malformed */
		w.bytes[12] = 0;
		assert_int_equal(loaded_run(&l, w.bytes, w.len), cases[i].verdict); /* non-ip */
		loaded_counters(&l, &p, UINT32_MAX, &none, &all);
		assert_int_equal(all.packets, cases[i].counted ? 3 : 0);
		assert_int_equal(all.bytes, cases[i].counted ? 180 : 0);
		loaded_close(&l);
	}
	probe_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(features_off), cmocka_unit_test(levels), cmocka_unit_test(copies),
		cmocka_unit_test(block_sizes),	cmocka_unit_test(several_buffers),
		cmocka_unit_test(verdicts),
	};

	object_log_init(false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
