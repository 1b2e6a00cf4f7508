// SPDX-License-Identifier: GPL-2.0-only
/* Section `roles` of the site, and lists of prefixes and ports wherever they stand in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"
#include "policy/diag.h"
#include "policy/prefix_file.h"
#include "policy/site_read.h"

/* --- prefixes --------------------------------------------------------------------------------- */

static const char prefix_expected[] = "an address, a prefix or {file: PATH}";

/* A path of the site is one from the folder that the site file is in. */
static char *beside_site(const struct site_reader *r, const char *path)
{
	const char *slash = strrchr(r->yaml.path, '/');
	char *joined;

	if (*path == '/' || !slash)
		return strdup(path);
	if (asprintf(&joined, "%.*s/%s", (int)(slash - r->yaml.path), r->yaml.path, path) < 0)
		return NULL;
	return joined;
}

static void add_path(struct site_reader *r, const yaml_node_t *node, struct written_prefixes *list)
{
	const char *text = yaml_text(&r->yaml, node, "the path of a file");
	char *path;
	int err;

	if (!text) {
		site_note(r, -EINVAL);
		return;
	}
	if (r->file_bytes > SITE_MAX_FILE_BYTES) {
		site_note(r, yaml_error(&r->yaml, node, text,
					"the files of this site hold more than %u MiB",
					SITE_MAX_FILE_BYTES >> 20));
		return;
	}
	path = beside_site(r, text);
	if (!path)
		site_out_of_memory(r);
	else if ((err = written_add_file(list, path, &r->file_bytes)))
		/* a file that is not there is a fault of this one */
		site_note(r, err == -ENOMEM ? err : -EINVAL);
	free(path);
}

/* {file: PATH} */
static void add_file(struct site_reader *r, const yaml_node_t *node, struct written_prefixes *list)
{
	static const char *const keys[] = {"file"};
	const yaml_node_t *file = yaml_get(&r->yaml, node, "file");

	if (!file)
		site_note(r, yaml_wrong_kind(&r->yaml, node, prefix_expected));
	else if (!site_note(r, yaml_check_mapping(&r->yaml, node, prefix_expected, keys, 1)))
		add_path(r, file, list);
}

static void add_text(struct site_reader *r, const yaml_node_t *node, struct written_prefixes *list)
{
	const char *text = yaml_text(&r->yaml, node, prefix_expected), *why = "";
	struct prefix prefix;

	if (!text)
		site_note(r, -EINVAL);
	else if (prefix_parse(text, &prefix, &why))
		site_note(r, yaml_error(&r->yaml, node, text, "%s", why));
	else if (written_add(list, &prefix, yaml_line(node), yaml_column(node)))
		site_out_of_memory(r);
}

/* Counts what was gathered, so far, against what one site may hold. False after a report. */
static bool count_prefixes(struct site_reader *r, const yaml_node_t *node, const char *whom,
			   size_t n)
{
	if (r->n_prefixes + n <= SITE_MAX_PREFIXES)
		return true;
	site_note(r, yaml_error(&r->yaml, node, whom, "more than %u addresses in the site",
				SITE_MAX_PREFIXES));
	return false;
}

/* Nobody means that, and it would be a way to lose everything by one line of a file. */
static void refuse_all_addresses(struct site_reader *r, const struct written_prefixes *written)
{
	for (size_t i = 0; i < written->n && !site_give_up(r); i++) {
		const struct written_prefix *at = &written->v[i];
		char text[64];

		if (at->prefix.prefixlen > 0)
			continue;
		prefix_text(&at->prefix, text, sizeof(text));
		site_note(r, diag_error(at->file ? written->files[at->file - 1] : written->path,
					at->line, at->column, text, "denies every address"));
	}
}

static void finish_prefixes(struct site_reader *r, struct written_prefixes *written,
			    const char *whom, bool denied, struct prefix_list *list)
{
	if (denied)
		refuse_all_addresses(r, written);
	r->n_prefixes += written->n;
	if (!site_give_up(r) && written_finish(written, whom, list))
		site_out_of_memory(r);
	written_free(written);
}

void site_prefixes(struct site_reader *r, const yaml_node_t *node, const char *whom, bool denied,
		   struct prefix_list *list)
{
	const yaml_node_item_t *items;
	yaml_node_item_t self;
	size_t n = yaml_items(&r->yaml, node, &self, &items);
	struct written_prefixes written;

	if (n == 0) {
		site_note(r, yaml_error(&r->yaml, node, whom, "an empty list; leave it out"));
		return;
	}
	written_start(&written, r->yaml.path);
	for (size_t i = 0; i < n && !site_give_up(r); i++) {
		const yaml_node_t *item = yaml_node(&r->yaml, items[i]);

		if (item->type == YAML_MAPPING_NODE)
			add_file(r, item, &written);
		else
			add_text(r, item, &written);
		if (!count_prefixes(r, node, whom, written.n))
			break;
	}
	finish_prefixes(r, &written, whom, denied, list);
}

void site_denied_file(struct site_reader *r, const yaml_node_t *node, const char *whom,
		      struct prefix_list *list)
{
	struct written_prefixes written;

	written_start(&written, r->yaml.path);
	add_path(r, node, &written);
	count_prefixes(r, node, whom, written.n);
	finish_prefixes(r, &written, whom, true, list);
}

/* --- ports ------------------------------------------------------------------------------------ */

bool site_port_set(struct site_reader *r, const yaml_node_t *node, struct port_set *out)
{
	const yaml_node_item_t *items;
	yaml_node_item_t self;
	size_t n = yaml_items(&r->yaml, node, &self, &items);
	bool good = true;

	if (n == 0)
		return !site_note(
			r, yaml_error(&r->yaml, node, NULL, "an empty list; ports expected"));
	if (n > SITE_MAX_PORTS_LIST)
		return !site_note(r, yaml_error(&r->yaml, node, NULL,
						"more than %d items in a list of ports",
						SITE_MAX_PORTS_LIST));
	for (size_t i = 0; i < n && !site_give_up(r); i++) {
		const yaml_node_t *item = yaml_node(&r->yaml, items[i]);
		const char *text = yaml_text(&r->yaml, item, "ports"), *why = "";
		struct port_set set = {0};
		int err = text ? port_set_parse(text, &set, &why) : -EINVAL;

		if (err == -EINVAL && text)
			yaml_error(&r->yaml, item, text, "%s", why);
		if (!err && port_set_merge(out, &set))
			err = -ENOMEM;
		port_set_free(&set);
		if (err == -ENOMEM)
			site_out_of_memory(r);
		if (site_note(r, err))
			good = false;
	}
	return good;
}

/* --- the section ------------------------------------------------------------------------------ */

void site_read_roles(struct site_reader *r, const yaml_node_t *node)
{
	const yaml_node_pair_t *pair;

	site_note(r, yaml_check_mapping(&r->yaml, node, "roles with their addresses", NULL, 0));
	if (node->type != YAML_MAPPING_NODE)
		return;
	pair = node->data.mapping.pairs.start;
	for (; pair < node->data.mapping.pairs.top && !site_give_up(r); pair++) {
		const yaml_node_t *key = yaml_node(&r->yaml, pair->key);
		int role;

		if (key->type != YAML_SCALAR_NODE || key->data.scalar.length == 0)
			continue; /* reported with the mapping */
		role = site_role(r, key, (const char *)key->data.scalar.value);
		if (role >= 0)
			site_prefixes(r, yaml_node(&r->yaml, pair->value),
				      (const char *)key->data.scalar.value, false,
				      &r->site->role_prefixes[role]);
	}
}
