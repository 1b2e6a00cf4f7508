// SPDX-License-Identifier: GPL-2.0-only
/* The road from files to a compiled policy. */
#include "policy_ctx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/pins.h"
#include "../policy/diag.h"
#include "../policy/text.h"
#include "../policy/yaml.h"

int policy_read(const struct options *options, struct policy_ctx *ctx)
{
	int err;

	memset(ctx, 0, sizeof(*ctx));
	ctx->max_memory = options->max_memory ? options->max_memory : COMPILE_MEMORY_DEFAULT;
	err = spec_load(options_spec_dir(options), &ctx->spec);
	if (err)
		return err;
	err = site_load(options->site, &ctx->spec, &ctx->site);
	if (err)
		goto out_spec;
	err = policy_resolve(&ctx->spec, &ctx->site, &ctx->policy);
	if (err)
		goto out_site;
	err = nics_from_site(&ctx->site, &ctx->nics, &ctx->n_nics);
	if (err)
		goto out_policy;
	return 0;

out_policy:
	policy_free(&ctx->policy);
out_site:
	site_free(&ctx->site);
out_spec:
	spec_free(&ctx->spec);
	memset(ctx, 0, sizeof(*ctx));
	if (err == -ENOMEM)
		fail("out of memory");
	return err;
}

int policy_build(struct policy_ctx *ctx, unsigned sides)
{
	const struct compile_options options = {.max_memory = ctx->max_memory};
	int err = policy_compile_with(&ctx->policy, ctx->nics, ctx->n_nics, sides, &options,
				      &ctx->compiled);

	if (err == -ENOMEM)
		fail("out of memory");
	return err;
}

int policy_open(const struct options *options, struct policy_ctx *ctx)
{
	int err = policy_read(options, ctx);

	if (err)
		return err;
	err = policy_build(ctx, 0);
	if (err)
		policy_close(ctx);
	return err;
}

void policy_close(struct policy_ctx *ctx)
{
	if (!ctx->spec.dir)
		return;
	compiled_free(&ctx->compiled);
	nics_free(ctx->nics, ctx->n_nics);
	policy_free(&ctx->policy);
	site_free(&ctx->site);
	spec_free(&ctx->spec);
	memset(ctx, 0, sizeof(*ctx));
}

int policy_one_nic(struct policy_ctx *ctx, const char *name, enum xe_side side)
{
	struct nic *nic = calloc(1, sizeof(*nic));

	if (!nic) {
		fail("out of memory");
		return -ENOMEM;
	}
	snprintf(nic->name, sizeof(nic->name), "%s", name);
	nic->side = side;
	nics_free(ctx->nics, ctx->n_nics);
	ctx->nics = nic;
	ctx->n_nics = 1;
	return 0;
}

/* --- which policy is meant -------------------------------------------------------------------- */

#define SITE_BYTES_MAX (64u << 20) /* as for site_load() */

/*
 * The name in a site file, read without the spec, so that a fault elsewhere keeps nobody from the
 * counters. 0, or a negative errno (reported).
 */
static int name_in_site(const char *path, char *buf, size_t size)
{
	struct yaml_file file;
	const yaml_node_t *node = NULL;
	const char *text;
	int err = yaml_file_read(path, SITE_BYTES_MAX, &file);

	if (err)
		return err;
	if (file.root->type == YAML_MAPPING_NODE)
		node = yaml_get(&file, file.root, "name");
	text = node ? yaml_text(&file, node, "the name of the site") : NULL;
	if (text && name_valid(text, 32)) {
		snprintf(buf, size, "%s", text);
	} else {
		err = -EINVAL;
		if (text)
			yaml_error(&file, node, text, "not a site name");
		else if (!node)
			diag_error(path, 1, 0, "name", "missing: the site needs a name");
	}
	yaml_file_free(&file);
	return err;
}

/* The one loaded policy. `why`: why it is not the site's. 0 or a negative errno (reported). */
static int name_of_only(const char *command, const char *why, char *buf, size_t size)
{
	char list[PINS_NAMES_TEXT_MAX];
	int err = pins_check_readable();
	size_t n;

	if (err)
		return err;
	n = pins_names_text(list);
	if (n == 1) {
		snprintf(buf, size, "%s", list);
		return 0;
	}
	if (!n) {
		fail("%s, and no policy is loaded", why);
		return -ENOENT;
	}
	fail("%s, and several policies are loaded: %s: say xdp-edge %s NAME", why, list, command);
	return -EINVAL;
}

int policy_name(const struct options *options, const char *command, const char *argument, char *buf,
		size_t size)
{
	int err;

	if (argument) {
		if (!name_valid(argument, 32)) {
			fail("'%s': not a policy name: a-z, 0-9 and -, 1..32 bytes", argument);
			return -EINVAL;
		}
		snprintf(buf, size, "%s", argument);
		return 0;
	}
	/* nothing is wrong with a machine that has no such file */
	if (!options->site_named && access(options->site, F_OK) && errno == ENOENT)
		return name_of_only(command, "there is no " SITE_DEFAULT, buf, size);
	err = name_in_site(options->site, buf, size);
	if (!err)
		return 0;
	if (options->site_named) {
		fail("which policy is meant is not known: say xdp-edge %s NAME", command);
		return err;
	}
	err = name_of_only(command, "the site file tells no name", buf, size);
	if (!err)
		fprintf(stderr, "xdp-edge: taking %s, the only policy that is loaded\n", buf);
	return err;
}

int policy_argument(struct options *options, const struct usage *usage, int argc, char **argv,
		    char *buf, size_t size)
{
	if (options_next(options, usage, argc, argv) == OPTIONS_EXIT)
		return -1;
	options->exit_code = EXIT_OK;
	if (argc - optind > 1)
		options->exit_code = usage_error(usage, "%s: one name at most", argv[optind + 1]);
	else if (policy_name(options, usage->name, argv[optind], buf, size))
		options->exit_code = EXIT_FAILED;
	return options->exit_code ? -1 : 0;
}
