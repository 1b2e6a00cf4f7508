// SPDX-License-Identifier: GPL-2.0-only
/* What the atoms of one generation mean. */
#include "meta.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../policy/row_text.h"
#include "../output/report.h"
#include "decl.h"
#include "pins.h"
#include "records.h"

static int fail(const char *name, const char *what, int err)
{
	report("%s: %s: %s", name, what, strerror(-err));
	return err;
}

static void copy_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

void meta_row(const struct policy *policy, size_t i, struct xe_row *out)
{
	const struct effective_row *row = &policy->rows[i];
	char verdict[VERDICT_TEXT_MAX];

	memset(out, 0, sizeof(*out));
	copy_text(out->id, sizeof(out->id), row->row->id);
	copy_text(out->role, sizeof(out->role),
		  row->row->role < 0 ? "any" : policy->spec->roles[row->row->role].name);
	copy_text(out->service, sizeof(out->service), row->row->service);
	copy_text(out->l4, sizeof(out->l4), l4_text(row->row->l4));
	effective_ports_text(row, out->ports, sizeof(out->ports));
	end_text(policy->spec, &row->source, out->source, sizeof(out->source));
	end_text(policy->spec, &row->destination, out->destination, sizeof(out->destination));
	if (!row->annotation) {
		verdict_text(&row->verdict, verdict);
		copy_text(out->verdict, sizeof(out->verdict), verdict);
		out->payload = row_payload(row->row);
	}
	out->active = row->active;
	out->annotation = row->annotation;
	out->forward_only = row->forward_only;
}

/* One array: created, filled, frozen, pinned. */
static int write_array(const struct decl *decl, const char *name, uint32_t generation,
		       const char *entry, const void *from, size_t n, size_t size)
{
	uint32_t n_values = records_values(decl_value_size(decl, entry), size, n);
	int fd = decl_create(decl, entry, n_values, 0), err;
	struct records records;
	char path[PINS_PATH_MAX];

	if (fd < 0)
		return fd;
	err = records_open(fd, size, &records);
	if (!err)
		err = records_write(&records, from, n);
	if (!err && bpf_map_freeze(fd))
		err = -errno;
	if (!err)
		err = pins_pin(fd, pins_generation_path(path, name, generation, entry), true);
	close(fd);
	return err;
}

int meta_write(const char *name, uint32_t generation, const struct policy *policy,
	       const struct compiled *compiled)
{
	struct xe_row *rows = calloc(policy->n_rows + 1, sizeof(*rows));
	char path[PINS_PATH_MAX];
	struct decl decl;
	int err;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_rows; i++)
		meta_row(policy, i, &rows[i]);
	err = decl_open(&decl);
	if (err)
		goto out;
	err = pins_mkdir(pins_generation_path(path, name, generation, NULL));
	if (!err)
		err = write_array(&decl, name, generation, "atoms", compiled->atoms,
				  compiled->n_atoms, sizeof(*compiled->atoms));
	if (!err)
		err = write_array(&decl, name, generation, "matches", compiled->matches,
				  compiled->n_matches, sizeof(*compiled->matches));
	if (!err)
		err = write_array(&decl, name, generation, "rows", rows, policy->n_rows,
				  sizeof(*rows));
	decl_close(&decl);
	if (err)
		pins_remove_generation(name, generation);
out:
	free(rows);
	return err ? fail(name, "cannot store what the atoms mean", err) : 0;
}

static int read_array(const char *name, uint32_t generation, const char *entry, size_t size,
		      void **out, size_t *n)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	char path[PINS_PATH_MAX];
	int fd = bpf_obj_get_opts(pins_generation_path(path, name, generation, entry), &opts);
	struct records records;
	int err;

	if (fd < 0)
		return -errno;
	err = records_open(fd, size, &records);
	if (!err)
		err = records_read(&records, out, n);
	close(fd);
	return err;
}

/*
 * Lists end in zeros: a row has an id, and an atom that a row decides has that row in its match
 * set. Matches are found by their index only.
 */
static void trim(struct meta *meta)
{
	while (meta->n_rows && !meta->rows[meta->n_rows - 1].id[0])
		meta->n_rows--;
	while (meta->n_atoms && meta->atoms[meta->n_atoms - 1].row != XE_NO_ROW &&
	       !meta->atoms[meta->n_atoms - 1].n_matches)
		meta->n_atoms--;
}

int meta_read(const char *name, uint32_t generation, struct meta *out)
{
	int err;

	*out = (struct meta){.generation = generation};
	err = read_array(name, generation, "atoms", sizeof(*out->atoms), (void **)&out->atoms,
			 &out->n_atoms);
	if (!err)
		err = read_array(name, generation, "matches", sizeof(*out->matches),
				 (void **)&out->matches, &out->n_matches);
	if (!err)
		err = read_array(name, generation, "rows", sizeof(*out->rows), (void **)&out->rows,
				 &out->n_rows);
	if (!err) {
		trim(out);
		return 0;
	}
	meta_free(out);
	return err == -ENOENT ? err : fail(name, "cannot read what the atoms mean", err);
}

void meta_free(struct meta *meta)
{
	free(meta->atoms);
	free(meta->matches);
	free(meta->rows);
	*meta = (struct meta){0};
}
