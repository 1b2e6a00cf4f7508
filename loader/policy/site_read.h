/* SPDX-License-Identifier: GPL-2.0-only */
/* The readers of the site's sections, between site.c and them only. */
#ifndef XE_POLICY_SITE_READ_H
#define XE_POLICY_SITE_READ_H

#include "model.h"
#include "text.h"
#include "yaml.h"

/*
 * Prefixes in one site, over all roles and rows, and bytes of the files that hold them: aliases
 * could repeat a list without end, and so can the name of a file.
 */
#define SITE_MAX_PREFIXES   (1u << 21)
#define SITE_MAX_FILE_BYTES (128u << 20)
/* Items of one list of ports, which are merged one by one. */
#define SITE_MAX_PORTS_LIST 1024
/* Each is a row, and looked for among the others by name. */
#define SITE_MAX_DENY 1024
/* struct xe_end counts both directions of each in 16 bits. */
#define SITE_MAX_NATS 32767

/*
 * One reading of a site. Sections report what is wrong, note it in `err` (-EINVAL, or -ENOMEM which
 * stays) and go on, so that one run names all faults; nothing is used while `err` is set.
 */
struct site_reader {
	struct yaml_file yaml;
	const struct spec *spec;
	struct site *site;
	unsigned *table_lines; /* spec->n_tables: where a table is listed, 0: it is not */
	size_t n_prefixes, file_bytes;
	int err;
};

/* Notes a failure; 0 notes nothing. Returns true if there was one. */
bool site_note(struct site_reader *r, int err);
void site_out_of_memory(struct site_reader *r);
/* Nothing more to be gained by reading on. */
bool site_give_up(const struct site_reader *r);

/* A role by name, or -1 after a report that suggests the nearest. */
int site_role(struct site_reader *r, const yaml_node_t *node, const char *name);

/*
 * The addresses and prefixes of a scalar, of {file: PATH} or of a list of such into `list`, for
 * `whom` (named in warnings). An empty list is an error; so is a network of all addresses, if they
 * are `denied`.
 */
void site_prefixes(struct site_reader *r, const yaml_node_t *node, const char *whom, bool denied,
		   struct prefix_list *list);

/* The same of the one file that a scalar names, of denied addresses. */
void site_denied_file(struct site_reader *r, const yaml_node_t *node, const char *whom,
		      struct prefix_list *list);

/* Whether some table is of the document. */
bool site_is_document(const struct spec *spec, const char *name);

/* Ports of a scalar or a list of such. False after a report. */
bool site_port_set(struct site_reader *r, const yaml_node_t *node, struct port_set *out);

/*
 * The keys SITE_VERDICT_KEYS of a mapping. False: none of them is there, *out is VERDICT_ALLOW. The
 * section `state` must have been read.
 */
#define SITE_VERDICT_KEYS "verdict", "limit", "limit_on"
bool site_verdict(struct site_reader *r, const yaml_node_t *mapping, struct verdict *out);

/* The sections; `node` is the section's value. Rows need roles, ports and verdicts
 * need tables and rows, rows, verdicts and nat need state. */
void site_read_tables(struct site_reader *r, const yaml_node_t *node);
void site_read_narrow(struct site_reader *r, const yaml_node_t *node);
void site_read_roles(struct site_reader *r, const yaml_node_t *node);
void site_read_interfaces(struct site_reader *r, const yaml_node_t *node);
void site_read_rows(struct site_reader *r, const yaml_node_t *node);
void site_read_ports(struct site_reader *r, const yaml_node_t *node);
void site_read_state(struct site_reader *r, const yaml_node_t *node);
void site_read_verdicts(struct site_reader *r, const yaml_node_t *node);
void site_read_deny(struct site_reader *r, const yaml_node_t *node);
void site_read_nat(struct site_reader *r, const yaml_node_t *node);
/* What holds where the section `state`, or a key of it, is left out. */
void site_state_defaults(struct state_config *state);

#endif
