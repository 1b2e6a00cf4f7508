/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A YAML file as a tree of nodes that know their line and column, by libyaml's document API, with
 * the checks that every mapping and scalar needs. Aliases are nodes like others; tags are refused.
 */
#ifndef XE_POLICY_YAML_H
#define XE_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/*
 * Bounds of a file: nodes in it, collections inside collections, and anchors, which libyaml looks
 * up one by one.
 */
#define YAML_MAX_NODES	 (1u << 20)
#define YAML_MAX_DEPTH	 16
#define YAML_MAX_ANCHORS 256

struct yaml_file {
	const char *path;
	yaml_document_t document;
	yaml_node_t *root;
};

/*
 * Read and parse `path`, at most `max` bytes, which must outlive *out. Exactly one document is
 * expected. 0, or a negative errno, reported; then *out needs no yaml_file_free().
 */
int yaml_file_read(const char *path, size_t max, struct yaml_file *out);
void yaml_file_free(struct yaml_file *file);

/* diag_error() at a node. */
int yaml_error(const struct yaml_file *file, const yaml_node_t *node, const char *token,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
unsigned yaml_line(const yaml_node_t *node);
unsigned yaml_column(const yaml_node_t *node);

yaml_node_t *yaml_node(const struct yaml_file *file, int index);

/* Reports that `what` was expected and another kind of node, or nothing, was found. -EINVAL. */
int yaml_wrong_kind(const struct yaml_file *file, const yaml_node_t *node, const char *what);

/*
 * Text of a scalar, or NULL after a report that says `what` was expected: it is none, is empty, or
 * has a NUL.
 */
const char *yaml_text(const struct yaml_file *file, const yaml_node_t *node, const char *what);

/*
 * The items of a list, or the one node itself if it is no list: *items is set to node indices,
 * valid as long as the file; the number is returned. `self` is room for the one.
 */
size_t yaml_items(const struct yaml_file *file, const yaml_node_t *node, yaml_node_item_t *self,
		  const yaml_node_item_t **items);

/*
 * Check a mapping: a mapping at all (`what` it is goes into the message), keys that are scalars,
 * none twice, and, if `known` is given, each one of its `n_known` words. 0, -EINVAL (all faults
 * reported), -ENOMEM (reported).
 */
int yaml_check_mapping(const struct yaml_file *file, const yaml_node_t *node, const char *what,
		       const char *const *known, size_t n_known);
/* The value of a key of a checked mapping, or NULL. */
yaml_node_t *yaml_get(const struct yaml_file *file, const yaml_node_t *mapping, const char *key);

/* yes, true, on, no, false, off. 0, or -EINVAL after a report. */
int yaml_bool(const struct yaml_file *file, const yaml_node_t *node, bool *out);

#endif
