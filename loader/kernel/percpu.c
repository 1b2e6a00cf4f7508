// SPDX-License-Identifier: GPL-2.0-only
/* Per-CPU arrays of 64-bit words. */
#include "percpu.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Bytes moved by one system call, about, and values at most: so few that the memory for them is at
 * hand, in the heap and in the nearest cache; a page got anew costs more than a call of its own.
 */
#define BATCH_BYTES (1u << 16)
#define BATCH_MAX   1024u

int percpu_open(int fd, struct percpu *out)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.value_size % sizeof(uint64_t))
		return -EPROTO;
	*out = (struct percpu){
		.fd = fd,
		.n_values = info.max_entries,
		.words = info.value_size / sizeof(uint64_t),
		.n_cpus = info.type == BPF_MAP_TYPE_PERCPU_ARRAY ? libbpf_num_possible_cpus() : 1,
	};
	return out->n_cpus < 0 ? out->n_cpus : 0;
}

/* Values on their way: of each, all its words on one CPU after the other. */
struct batch {
	uint32_t n; /* values that it takes */
	uint32_t *keys;
	uint64_t *values;
};

/* Words of one value on all CPUs. */
static size_t all_words(const struct percpu *map)
{
	return map->words * map->n_cpus;
}

static int batch_open(const struct percpu *map, uint32_t n, struct batch *batch)
{
	batch->n = n;
	batch->keys = calloc(n, sizeof(*batch->keys));
	batch->values = calloc(n * all_words(map), sizeof(*batch->values));
	return batch->keys && batch->values ? 0 : -ENOMEM;
}

static void batch_close(struct batch *batch)
{
	free(batch->keys);
	free(batch->values);
}

/* How many values a batch should take of `wanted`. */
static uint32_t batch_size(const struct percpu *map, uint32_t wanted)
{
	size_t n = BATCH_BYTES / (all_words(map) * sizeof(uint64_t));

	n = n < 1 ? 1 : n > BATCH_MAX ? BATCH_MAX : n;
	return wanted && wanted < n ? wanted : n;
}

/* Up to n values from `first` on, to batch place `at`. How many, or a negative errno. */
static int batch_read(const struct percpu *map, struct batch *batch, uint32_t at, uint32_t first,
		      uint32_t n)
{
	uint32_t before = first - 1, next; /* a batch starts behind the key it is given */
	uint64_t *values = batch->values + at * all_words(map);

	if (n > batch->n - at)
		n = batch->n - at;
	if (!bpf_map_lookup_batch(map->fd, first ? &before : NULL, &next, batch->keys + at, values,
				  &n, NULL) ||
	    (errno == ENOENT && n))
		return n;
	/* kernels without batches on this kind of map */
	batch->keys[at] = first;
	return bpf_map_lookup_elem(map->fd, &first, values) ? -errno : 1;
}

/* Sum of the first n words of one value over CPUs. */
static void add_up(const struct percpu *map, const uint64_t *value, size_t n, uint64_t *out)
{
	memcpy(out, value, n * sizeof(*out));
	for (int cpu = 1; cpu < map->n_cpus; cpu++) {
		value += map->words;
		for (size_t i = 0; i < n; i++)
			out[i] += value[i];
	}
}

int percpu_sum(const struct percpu *map, uint32_t first, size_t n, uint64_t *out)
{
	uint32_t n_values = (n + map->words - 1) / map->words;
	struct batch batch;
	int err = batch_open(map, batch_size(map, n_values), &batch);

	for (uint32_t done = 0; !err && done < n_values;) {
		int got = batch_read(map, &batch, 0, first + done, n_values - done);

		if (got < 0)
			err = got;
		for (int i = 0; i < got; i++, done++) {
			size_t left = n - done * map->words;

			add_up(map, batch.values + i * all_words(map),
			       left < map->words ? left : map->words, out + done * map->words);
		}
	}
	batch_close(&batch);
	return err;
}

/* Write the batch's first n values. How many, or a negative errno. */
static int batch_write(const struct percpu *map, const struct batch *batch, uint32_t n)
{
	if (!bpf_map_update_batch(map->fd, batch->keys, batch->values, &n, NULL))
		return n;
	return bpf_map_update_elem(map->fd, batch->keys, batch->values, 0) ? -errno : 1;
}

int percpu_zero(const struct percpu *map, uint32_t first, uint32_t n)
{
	struct batch batch;
	int err = batch_open(map, batch_size(map, n), &batch);

	for (uint32_t done = 0; !err && done < n;) {
		uint32_t wanted = n - done < batch.n ? n - done : batch.n;
		int got;

		for (uint32_t i = 0; i < wanted; i++)
			batch.keys[i] = first + done + i;
		got = batch_write(map, &batch, wanted);
		if (got < 0)
			err = got;
		else
			done += got;
	}
	batch_close(&batch);
	return err;
}

int percpu_move(const struct percpu *map, uint32_t from, uint32_t to, uint32_t n)
{
	size_t words = n * all_words(map);
	struct batch batch;
	int err = batch_open(map, 2 * n, &batch);

	for (uint32_t done = 0; !err && done < 2 * n;) {
		bool low = done < n;
		int got = batch_read(map, &batch, done, low ? from + done : to + done - n,
				     low ? n - done : 2 * n - done);

		if (got < 0)
			err = got;
		else
			done += got;
	}
	for (size_t i = 0; !err && i < words; i++) {
		batch.values[words + i] += batch.values[i];
		batch.values[i] = 0;
	}
	for (uint32_t i = 0; i < n; i++) {
		batch.keys[i] = from + i;
		batch.keys[n + i] = to + i;
	}
	if (!err &&
	    bpf_map_update_batch(map->fd, batch.keys, batch.values, &(uint32_t){2 * n}, NULL))
		err = -errno;
	batch_close(&batch);
	return err;
}
