// SPDX-License-Identifier: GPL-2.0-only
/* The site file as a whole: its keys, what must be there, release. The sections are in site_*.c. */
#include "policy/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/site_read.h"
#include "policy/spec.h"

#define SITE_FILE_MAX (64u << 20)

bool site_note(struct site_reader *r, int err)
{
	if (err && r->err != -ENOMEM)
		r->err = err;
	return err != 0;
}

void site_out_of_memory(struct site_reader *r)
{
	if (r->err != -ENOMEM)
		diag_error(r->yaml.path, 0, 0, NULL, "out of memory");
	r->err = -ENOMEM;
}

bool site_give_up(const struct site_reader *r)
{
	return r->err == -ENOMEM || diag_full();
}

int site_role(struct site_reader *r, const yaml_node_t *node, const char *name)
{
	int role = spec_role(r->spec, name);
	struct suggest near;

	if (role >= 0)
		return role;
	if (strcmp(name, "any") == 0) {
		site_note(r, yaml_error(&r->yaml, node, name, "is every address, not a role"));
		return -1;
	}
	suggest_start(&near, name);
	for (size_t i = 0; i < r->spec->n_roles; i++)
		suggest_offer(&near, r->spec->roles[i].name);
	site_note(r, yaml_error(&r->yaml, node, name, "unknown role%s", suggest_text(&near)));
	return -1;
}

/* --- the short keys --------------------------------------------------------------------------- */

static void read_name(struct site_reader *r, const yaml_node_t *node)
{
	const char *text = yaml_text(&r->yaml, node, "a name");

	if (!text)
		site_note(r, -EINVAL);
	else if (!name_valid(text, 32))
		site_note(r, yaml_error(&r->yaml, node, text,
					"not a site name: a-z, 0-9 and -, 1..32 bytes, no - in "
					"front"));
	else if (!(r->site->name = strdup(text)))
		site_out_of_memory(r);
}

static void read_mode(struct site_reader *r, const yaml_node_t *node)
{
	const char *text = yaml_text(&r->yaml, node, MODES_TEXT);
	struct suggest near;

	r->site->mode_line = yaml_line(node);
	if (!text) {
		site_note(r, -EINVAL);
	} else if (strcmp(text, "mirror") == 0) {
		site_note(
			r,
			yaml_error(
				&r->yaml, node, text,
				"not a mode but a side of an interface; the mode is " MODES_TEXT));
	} else if (mode_parse(text, &r->site->mode)) {
		suggest_start(&near, text);
		for (enum xe_mode mode = XE_MODE_MONITOR; mode <= XE_MODE_ENFORCE; mode++)
			suggest_offer(&near, mode_text(mode));
		site_note(r,
			  yaml_error(&r->yaml, node, text, "unknown mode%s%s", suggest_text(&near),
				     near.best ? "" : "; it is " MODES_TEXT));
	}
}

static void read_either(struct site_reader *r, const yaml_node_t *node, const char *no,
			const char *yes, bool *out)
{
	const char *text;
	char words[64];

	snprintf(words, sizeof(words), "%s or %s", no, yes);
	text = yaml_text(&r->yaml, node, words);
	if (!text)
		site_note(r, -EINVAL);
	else if (strcmp(text, no) && strcmp(text, yes))
		site_note(r, yaml_error(&r->yaml, node, text, "not %s", words));
	else
		*out = strcmp(text, yes) == 0;
}

/* Keys that say one of two things. */
static void read_choices(struct site_reader *r)
{
	struct site *site = r->site;
	const struct {
		const char *key, *no, *yes;
		bool *out;
	} choices[] = {
		{"foreign", "pass", "drop", &site->drop_foreign},
		{"non-ip", "pass", "drop", &site->drop_non_ip},
		{"echo", "pass", "drop", &site->drop_echo},
		{"fragments", "strict", "pass", &site->pass_orphans},
	};
	const struct {
		const char *key;
		bool *out;
	} switches[] = {
		{"suggest", &site->suggest},
		{"payload", &site->payload},
		{"hairpin", &site->hairpin},
	};
	const yaml_node_t *node;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if ((node = yaml_get(&r->yaml, r->yaml.root, choices[i].key)))
			read_either(r, node, choices[i].no, choices[i].yes, choices[i].out);
	}
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		if ((node = yaml_get(&r->yaml, r->yaml.root, switches[i].key)))
			site_note(r, yaml_bool(&r->yaml, node, switches[i].out));
	}
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Sections are read in the order of need, whatever their order in the file. */
static void read_sections(struct site_reader *r)
{
	const struct yaml_file *yaml = &r->yaml;
	const yaml_node_t *root = yaml->root, *node;

	if ((node = yaml_get(yaml, root, "name")))
		read_name(r, node);
	if ((node = yaml_get(yaml, root, "mode")))
		read_mode(r, node);
	if ((node = yaml_get(yaml, root, "tables")))
		site_read_tables(r, node);
	if ((node = yaml_get(yaml, root, "roles")))
		site_read_roles(r, node);
	if ((node = yaml_get(yaml, root, "interfaces")))
		site_read_interfaces(r, node);
	if ((node = yaml_get(yaml, root, "state")))
		site_read_state(r, node);
	if ((node = yaml_get(yaml, root, "rows")))
		site_read_rows(r, node);
	if ((node = yaml_get(yaml, root, "ports")))
		site_read_ports(r, node);
	if ((node = yaml_get(yaml, root, "narrow")))
		site_read_narrow(r, node);
	if ((node = yaml_get(yaml, root, "verdicts")))
		site_read_verdicts(r, node);
	if ((node = yaml_get(yaml, root, "deny")))
		site_read_deny(r, node);
	if ((node = yaml_get(yaml, root, "nat")))
		site_read_nat(r, node);
	read_choices(r);
}

/* Rows that would be loaded: a document may have tables without any. */
static size_t count_rows(const struct site_reader *r)
{
	size_t n = r->site->n_rows;

	for (size_t i = 0; i < r->site->n_tables; i++)
		n += r->spec->tables[r->site->tables[i]].n_rows;
	return n;
}

/* Somebody has an address: a role, or an end of a row of the operator's own. */
static bool any_address(const struct site_reader *r)
{
	for (size_t i = 0; i < r->spec->n_roles; i++) {
		if (r->site->role_prefixes[i].n)
			return true;
	}
	for (size_t i = 0; i < r->site->n_rows; i++) {
		if (r->site->rows[i].source.prefixes.n || r->site->rows[i].destination.prefixes.n)
			return true;
	}
	return false;
}

/* What no site can do without; asked only when what is written could be read. */
static void check_complete(struct site_reader *r)
{
	const yaml_node_t *root = r->yaml.root;

	if (!yaml_get(&r->yaml, root, "name"))
		site_note(r, yaml_error(&r->yaml, root, "name", "missing: the site needs a name"));
	if (r->err)
		return;
	if (count_rows(r) == 0)
		site_note(r, yaml_error(&r->yaml, root, "tables",
					"no rows: nothing would be classified"));
	if (!any_address(r))
		site_note(r, yaml_error(&r->yaml, root, "roles",
					"no role has an address: nothing would be classified"));
	if (r->site->n_interfaces == 0)
		site_note(r, yaml_error(&r->yaml, root, "interfaces",
					"no interface: nothing would be seen"));
}

static int site_init(struct site *site, const char *path, const struct spec *spec,
		     struct site_reader *r)
{
	/* One more of each: an empty spec is no failure of calloc(). */
	site->path = strdup(path);
	site->role_prefixes = calloc(spec->n_roles + 1, sizeof(*site->role_prefixes));
	site->narrow_rows = calloc(spec->n_rows + 1, sizeof(*site->narrow_rows));
	site->tables = calloc(spec->n_tables + 1, sizeof(*site->tables));
	r->table_lines = calloc(spec->n_tables + 1, sizeof(*r->table_lines));
	if (site->path && site->role_prefixes && site->narrow_rows && site->tables &&
	    r->table_lines)
		return 0;
	diag_error(path, 0, 0, NULL, "out of memory");
	return -ENOMEM;
}

int site_load(const char *path, const struct spec *spec, struct site *out)
{
	static const char *const keys[] = {"name",  "mode",	 "tables",  "roles",   "interfaces",
					   "ports", "rows",	 "narrow",  "hairpin", "verdicts",
					   "deny",  "nat",	 "state",   "foreign", "non-ip",
					   "echo",  "fragments", "suggest", "payload"};
	struct site site = {0};
	struct site_reader r = {.spec = spec, .site = &site};
	bool have_yaml = false;

	memset(out, 0, sizeof(*out));
	site.n_roles = spec->n_roles;
	site.suggest = true;
	site_state_defaults(&site.state);
	r.err = site_init(&site, path, spec, &r);
	if (r.err)
		goto out;
	r.err = yaml_file_read(site.path, SITE_FILE_MAX, &r.yaml);
	if (r.err)
		goto out;
	have_yaml = true;
	site_note(&r, yaml_check_mapping(&r.yaml, r.yaml.root, "a mapping of name, roles, …", keys,
					 sizeof(keys) / sizeof(keys[0])));
	if (r.yaml.root->type == YAML_MAPPING_NODE && !site_give_up(&r)) {
		read_sections(&r);
		check_complete(&r);
	}
	if (!r.err) {
		*out = site;
		memset(&site, 0, sizeof(site));
	}
out:
	if (have_yaml)
		yaml_file_free(&r.yaml);
	free(r.table_lines);
	site_free(&site);
	return r.err;
}

/* Before it is made a row, a list owns its prefixes alone. */
static void deny_list_free(struct deny_list *list)
{
	if (!list->row.source.prefixes.v)
		prefix_list_free(&list->prefixes);
	row_free(&list->row);
	free(list->name);
}

void site_free(struct site *site)
{
	for (size_t i = 0; site->role_prefixes && i < site->n_roles; i++)
		prefix_list_free(&site->role_prefixes[i]);
	for (size_t i = 0; i < site->n_ports; i++)
		port_set_free(&site->ports[i].ports);
	for (size_t i = 0; i < site->n_rows; i++)
		row_free(&site->rows[i]);
	for (size_t i = 0; i < site->n_deny; i++)
		deny_list_free(&site->deny[i]);
	free(site->path);
	free(site->name);
	free(site->tables);
	free(site->role_prefixes);
	free(site->interfaces);
	free(site->ports);
	free(site->rows);
	free(site->verdicts);
	free(site->deny);
	free(site->nats);
	free(site->narrow_rows);
	memset(site, 0, sizeof(*site));
}
