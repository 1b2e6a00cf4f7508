// SPDX-License-Identifier: GPL-2.0-only
/* The BPF object, opened and sized for one policy; and the one switch for the libraries' messages.
 */
#include "object.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <xdp/libxdp.h>

#include "clock.h"
#include "xdp_edge.h"
#include "xdp_edge.skel.h"

#define VERDICTS (XE_FEATURE_GUARD | XE_FEATURE_STATE | XE_FEATURE_PAYLOAD)

/*
 * What the programs differ in; all else is decided when one is loaded, by the constant `features`.
 * Payload classes make no program of monitor: it guards without an effect.
 */
static uint32_t program_features(uint32_t features)
{
	if (features & XE_FEATURE_CAPTURE)
		return XE_FEATURE_CAPTURE;
	if (features & VERDICTS)
		return (features & VERDICTS) | XE_FEATURE_GUARD;
	return features & XE_FEATURE_WATCH;
}

struct bpf_program *object_program(struct xdp_edge_bpf *skel, enum object_kind kind)
{
	bool frags = kind == OBJECT_FRAGS;

	if (kind == OBJECT_TRACE)
		return skel->progs.xdp_edge_trace;
	switch (program_features(skel->rodata->features)) {
	case XE_FEATURE_CAPTURE:
		return frags ? skel->progs.xdp_edge_capture_frags : skel->progs.xdp_edge_capture;
	case 0:
		return frags ? skel->progs.xdp_edge_frags : skel->progs.xdp_edge;
	case XE_FEATURE_WATCH:
		return frags ? skel->progs.xdp_edge_watch_frags : skel->progs.xdp_edge_watch;
	case XE_FEATURE_GUARD:
		return frags ? skel->progs.xdp_edge_guard_frags : skel->progs.xdp_edge_guard;
	case XE_FEATURE_GUARD | XE_FEATURE_PAYLOAD:
		return frags ? skel->progs.xdp_edge_guard_payload_frags
			     : skel->progs.xdp_edge_guard_payload;
	case XE_FEATURE_GUARD | XE_FEATURE_STATE:
		return frags ? skel->progs.xdp_edge_state_frags : skel->progs.xdp_edge_state;
	default:
		return frags ? skel->progs.xdp_edge_state_payload_frags
			     : skel->progs.xdp_edge_state_payload;
	}
}

int object_secret(uint64_t secret[4])
{
	size_t size = 4 * sizeof(*secret);

	if (getrandom(secret, size, 0) != (ssize_t)size)
		return -errno;
	for (int i = 0; i < 4; i++)
		secret[i] |= 1;
	return 0;
}

static uint32_t at_least_one(uint32_t n)
{
	return n ? n : 1;
}

/* 0 or a negative errno. */
static int set_key(struct xdp_edge_bpf *skel, const uint64_t *secret)
{
	uint64_t own[4];
	int err = secret ? 0 : object_secret(own);

	if (!err)
		memcpy((void *)skel->rodata->hash_key, secret ? secret : own, sizeof(own));
	return err;
}

static void set_constants(struct xdp_edge_bpf *skel, const struct object_config *config)
{
	skel->rodata->nic_at =
		offsetof(struct xe_block_header, nic) + config->slot * sizeof(struct xe_nic);
	skel->rodata->slot = config->slot;
	skel->rodata->epoch = config->epoch;
	skel->rodata->block_mask = config->block_size - sizeof(uint32_t);
	skel->rodata->features =
		config->features | (config->kind == OBJECT_TRACE ? XE_FEATURE_TRACE : 0);
	skel->rodata->jiffy_ns = clock_jiffy_ns();
	skel->rodata->flow_sets = at_least_one(config->flow_sets) - 1;
	skel->rodata->fragment_sets = at_least_one(config->fragment_sets) - 1;
	skel->rodata->bucket_sets = at_least_one(config->bucket_sets) - 1;
}

static void set_sizes(struct xdp_edge_bpf *skel, const struct object_config *config)
{
	uint32_t values = (config->counters + XE_COUNTERS_PER_VALUE - 1) / XE_COUNTERS_PER_VALUE;
	uint32_t slots = config->n_slots > config->slot ? config->n_slots : config->slot + 1;

	bpf_map__set_value_size(skel->maps.policy, config->block_size);
	bpf_map__set_max_entries(skel->maps.counters, values);
	bpf_map__set_max_entries(skel->maps.conformity, values);
	bpf_map__set_max_entries(skel->maps.flows, at_least_one(config->flow_sets));
	bpf_map__set_max_entries(skel->maps.fragments, at_least_one(config->fragment_sets));
	bpf_map__set_max_entries(skel->maps.buckets, at_least_one(config->bucket_sets));
	bpf_map__set_max_entries(skel->maps.verdicts, XE_VERDICTS_AT(slots, 0));
	bpf_map__set_max_entries(skel->maps.notes, slots);
}

/* What the program does not touch is not made, and what touches it not loaded. */
static void leave_out(struct xdp_edge_bpf *skel, const struct object_config *config)
{
	uint32_t features = config->features & ~XE_FEATURE_CAPTURE;
	bool copies = config->features & XE_FEATURE_CAPTURE;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, prog == object_program(skel, config->kind));
	bpf_map__set_autocreate(skel->maps.trace, config->kind == OBJECT_TRACE);
	bpf_map__set_autocreate(skel->maps.capture, copies);
	bpf_map__set_autocreate(skel->maps.chosen, copies);
	bpf_map__set_autocreate(skel->maps.captured, copies);
	bpf_map__set_autocreate(skel->maps.samples, copies);
	bpf_map__set_autocreate(skel->maps.verdicts, features);
	bpf_map__set_autocreate(skel->maps.notes, features);
	bpf_map__set_autocreate(skel->maps.suspects, features & XE_FEATURE_WATCH);
	bpf_map__set_autocreate(skel->maps.suspicion, features & XE_FEATURE_WATCH);
	bpf_map__set_autocreate(skel->maps.conformity, features & XE_FEATURE_PAYLOAD);
	bpf_map__set_autocreate(skel->maps.flows, features & XE_FEATURE_STATE);
	bpf_map__set_autocreate(skel->maps.fragments, features & XE_FEATURE_GUARD);
	bpf_map__set_autocreate(skel->maps.buckets, features & XE_FEATURE_LIMITS);
	bpf_map__set_autocreate(skel->maps.secret, false);
	bpf_map__set_autocreate(skel->maps.baseline, false);
	bpf_map__set_autocreate(skel->maps.roles, false);
	bpf_map__set_autocreate(skel->maps.totals, false);
	bpf_map__set_autocreate(skel->maps.interfaces, false);
	bpf_map__set_autocreate(skel->maps.atoms, false);
	bpf_map__set_autocreate(skel->maps.matches, false);
	bpf_map__set_autocreate(skel->maps.rows, false);
}

struct xdp_edge_bpf *object_open(const struct object_config *config)
{
	struct xdp_edge_bpf *skel = xdp_edge_bpf__open();
	int err;

	if (!skel)
		return NULL;
	err = set_key(skel, config->secret);
	if (err) {
		xdp_edge_bpf__destroy(skel);
		errno = -err;
		return NULL;
	}
	set_constants(skel, config);
	set_sizes(skel, config);
	leave_out(skel, config);
	return skel;
}

uint32_t object_block_size(uint32_t size)
{
	uint32_t block = OBJECT_BLOCK_MIN;

	while (block < size)
		block *= 2;
	return block;
}

/* --- messages ------------------------------------------------------------------------------------
 */

static bool log_verbose;
static char log_kept[16384];
static size_t log_len;
static bool log_too_complex;

/* What libbpf says of a program that does not load, before the verifier's own words, which may be
 * pages. */
static void log_note_refusal(const char *format, va_list args)
{
	char text[256];

	if (!strstr(format, "BPF program load failed"))
		return;
	vsnprintf(text, sizeof(text), format, args);
	log_too_complex = strstr(text, strerror(E2BIG));
}

static void log_keep(const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	log_note_refusal(format, again);
	va_end(again);
	if (log_verbose) {
		vfprintf(stderr, format, args);
		return;
	}
	/* said of each object with metadata, and about nothing */
	if (strstr(format, "skipping unrecognized data section"))
		return;
	n = vsnprintf(log_kept + log_len, sizeof(log_kept) - log_len, format, args);
	if (n < 0)
		return;
	log_len += n;
	if (log_len >= sizeof(log_kept))
		log_len = sizeof(log_kept) - 1;
}

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_DEBUG)
		log_keep(format, args);
	return 0;
}

static int log_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	if (level != LIBXDP_DEBUG)
		log_keep(format, args);
	return 0;
}

void object_log_init(bool verbose)
{
	log_verbose = verbose;
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(log_libbpf);
	libxdp_set_print(log_libxdp);
}

const char *object_log_cause(void)
{
	static const char mark[] = "Kernel error message: ";
	static char cause[256];
	const char *at = log_kept, *last = NULL;

	while ((at = strstr(at, mark)))
		last = at += sizeof(mark) - 1;
	if (!last)
		return NULL;
	snprintf(cause, sizeof(cause), "%.*s", (int)strcspn(last, "\n"), last);
	return cause;
}

bool object_log_too_complex(void)
{
	return log_too_complex;
}

void object_log_flush(void)
{
	fwrite(log_kept, 1, log_len, stderr);
	log_len = 0;
}
