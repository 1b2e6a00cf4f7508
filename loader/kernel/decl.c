// SPDX-License-Identifier: GPL-2.0-only
/* Maps made as maps/maps.h declares them. */
#include "decl.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "xdp_edge.skel.h"

int decl_open(struct decl *decl)
{
	const void *raw;
	uint32_t size;

	*decl = (struct decl){.skel = xdp_edge_bpf__open()};
	if (!decl->skel)
		return -errno;
	/* BTF only makes dumps readable: a kernel that refuses it is no reason to fail */
	raw = btf__raw_data(bpf_object__btf(decl->skel->obj), &size);
	decl->btf = raw ? btf__new(raw, size) : NULL;
	if (decl->btf && btf__load_into_kernel(decl->btf)) {
		btf__free(decl->btf);
		decl->btf = NULL;
	}
	return 0;
}

void decl_close(struct decl *decl)
{
	btf__free(decl->btf);
	xdp_edge_bpf__destroy(decl->skel);
	*decl = (struct decl){0};
}

uint32_t decl_value_size(const struct decl *decl, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(decl->skel->obj, name);

	return map ? bpf_map__value_size(map) : 0;
}

int decl_create(const struct decl *decl, const char *name, uint32_t max_entries,
		uint32_t value_size)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(decl->skel->obj, name);
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd;

	if (!map)
		return -ENOENT;
	opts.map_flags = bpf_map__map_flags(map);
	if (decl->btf && bpf_map__btf_value_type_id(map)) {
		opts.btf_fd = btf__fd(decl->btf);
		opts.btf_key_type_id = bpf_map__btf_key_type_id(map);
		opts.btf_value_type_id = bpf_map__btf_value_type_id(map);
	}
	fd = bpf_map_create(bpf_map__type(map), name, bpf_map__key_size(map),
			    value_size ? value_size : bpf_map__value_size(map),
			    max_entries ? max_entries : bpf_map__max_entries(map), &opts);
	return fd < 0 ? -errno : fd;
}
