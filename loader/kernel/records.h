/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long lists of records in array maps. The kernel takes some 120 ns a value whatever its size, so
 * maps.h puts many records into each value; a value that is not full ends in zeros, which is what
 * the kernel fills new values with. Descriptors that may only read cannot be mapped (mmap(2) takes
 * the VM_SHARED that the kernel insists on from them), hence batches of values.
 */
#ifndef XE_KERNEL_RECORDS_H
#define XE_KERNEL_RECORDS_H

#include <stddef.h>
#include <stdint.h>

struct records {
	int fd;
	uint32_t map;	    /* its id */
	uint32_t per_value; /* records in a value */
	uint32_t n_values;
	size_t size; /* bytes of a record */
};

/* Values that hold n records of `size` bytes; one if n is 0. */
static inline uint32_t records_values(uint32_t value_size, size_t size, size_t n)
{
	size_t per_value = value_size / size;

	return n ? (n + per_value - 1) / per_value : 1;
}

/*
 * Look at an array of records of `size` bytes. 0; -EPROTO: the values of this map hold none such;
 * or another negative errno.
 */
int records_open(int fd, size_t size, struct records *out);

/* All that the map holds, zeros at the end included: records->per_value * n_values. 0 or -errno. */
int records_read(const struct records *records, void **out, size_t *n);

/*
 * Values first .. first + n - 1, into `out`. At most as many as one system call moves, which is
 * returned, or a negative errno.
 */
int records_read_values(const struct records *records, uint32_t first, uint32_t n, void *out);

/* Write n records from the first on, the rest of the last value zeros. 0 or -errno. */
int records_write(const struct records *records, const void *from, size_t n);

#endif
