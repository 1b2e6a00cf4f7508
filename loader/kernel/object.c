// SPDX-License-Identifier: GPL-2.0-only
/* The BPF object, opened and sized for one policy; and the one switch for the libraries' messages.
 */
#include "object.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xdp/libxdp.h>

#include "xdp_edge.h"
#include "xdp_edge.skel.h"

struct bpf_program *object_program(struct xdp_edge_bpf *skel, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_FRAGS:
		return skel->progs.xdp_edge_frags;
	case OBJECT_TRACE:
		return skel->progs.xdp_edge_trace;
	default:
		return skel->progs.xdp_edge;
	}
}

struct xdp_edge_bpf *object_open(const struct object_config *config)
{
	struct xdp_edge_bpf *skel = xdp_edge_bpf__open();
	struct bpf_program *prog;

	if (!skel)
		return NULL;
	skel->rodata->nic_at =
		offsetof(struct xe_block_header, nic) + config->slot * sizeof(struct xe_nic);
	skel->rodata->epoch = config->epoch;
	skel->rodata->block_mask = config->block_size - sizeof(uint32_t);
	bpf_map__set_value_size(skel->maps.policy, config->block_size);
	bpf_map__set_max_entries(skel->maps.counters, (config->counters + XE_COUNTERS_PER_VALUE -
						       1) / XE_COUNTERS_PER_VALUE);
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, prog == object_program(skel, config->kind));
	bpf_map__set_autocreate(skel->maps.last_atom, config->kind == OBJECT_TRACE);
	bpf_map__set_autocreate(skel->maps.totals, false);
	bpf_map__set_autocreate(skel->maps.interfaces, false);
	bpf_map__set_autocreate(skel->maps.atoms, false);
	bpf_map__set_autocreate(skel->maps.matches, false);
	bpf_map__set_autocreate(skel->maps.rows, false);
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

static void log_keep(const char *format, va_list args)
{
	int n;

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

void object_log_flush(void)
{
	fwrite(log_kept, 1, log_len, stderr);
	log_len = 0;
}
