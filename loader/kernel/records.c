// SPDX-License-Identifier: GPL-2.0-only
/* Long lists of records in array maps. */
#include "records.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes moved by one system call, about. */
#define BATCH_BYTES (1u << 20)
#define BATCH_MAX   1024u /* values */

int records_open(int fd, size_t size, struct records *out)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.value_size < size || info.value_size % size)
		return -EPROTO;
	*out = (struct records){
		.fd = fd,
		.map = info.id,
		.per_value = info.value_size / size,
		.n_values = info.max_entries,
		.size = size,
	};
	return 0;
}

static size_t value_size(const struct records *records)
{
	return records->per_value * records->size;
}

static uint32_t batch(const struct records *records)
{
	uint32_t n = BATCH_BYTES / value_size(records);

	return n < 1 ? 1 : n > BATCH_MAX ? BATCH_MAX : n;
}

int records_read_values(const struct records *records, uint32_t first, uint32_t n, void *out)
{
	uint32_t keys[BATCH_MAX], next;
	uint32_t before = first - 1; /* a batch starts behind the key it is given */

	if (n > batch(records))
		n = batch(records);
	/* -ENOENT: the last value was among them */
	if (!bpf_map_lookup_batch(records->fd, first ? &before : NULL, &next, keys, out, &n,
				  NULL) ||
	    (errno == ENOENT && n))
		return n;
	/* kernels without batches on this kind of map */
	return bpf_map_lookup_elem(records->fd, &first, out) ? -errno : 1;
}

int records_read(const struct records *records, void **out, size_t *n)
{
	char *to = calloc(records->n_values, value_size(records));

	if (!to)
		return -ENOMEM;
	for (uint32_t done = 0; done < records->n_values;) {
		int got = records_read_values(records, done, records->n_values - done,
					      to + done * value_size(records));

		if (got < 0) {
			free(to);
			return got;
		}
		done += got;
	}
	*out = to;
	*n = (size_t)records->n_values * records->per_value;
	return 0;
}

int records_write(const struct records *records, const void *from, size_t n)
{
	size_t whole = n / records->per_value, rest = n % records->per_value;
	char *last = calloc(1, value_size(records));
	int err = 0;

	if (!last)
		return -ENOMEM;
	if (rest)
		memcpy(last, (const char *)from + whole * value_size(records),
		       rest * records->size);
	for (uint32_t i = 0; !err && i < whole + (rest != 0); i++) {
		const char *value = i < whole ? (const char *)from + i * value_size(records) : last;

		if (bpf_map_update_elem(records->fd, &i, value, 0))
			err = -errno;
	}
	free(last);
	return err;
}
