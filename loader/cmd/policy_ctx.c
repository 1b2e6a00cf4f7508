// SPDX-License-Identifier: GPL-2.0-only
/* The road from files to a compiled policy. */
#include "policy_ctx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/text.h"

int policy_read(const struct options *options, struct policy_ctx *ctx)
{
	int err;

	memset(ctx, 0, sizeof(*ctx));
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
	int err = policy_compile(&ctx->policy, ctx->nics, ctx->n_nics, sides, &ctx->compiled);

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

int policy_name(const struct options *options, const char *argument, char *buf, size_t size)
{
	struct policy_ctx ctx;
	int err;

	if (argument) {
		if (!name_valid(argument, 32)) {
			fail("'%s': not a policy name: a-z, 0-9 and -, 1..32 bytes", argument);
			return -EINVAL;
		}
		snprintf(buf, size, "%s", argument);
		return 0;
	}
	err = policy_read(options, &ctx);
	if (err)
		return err;
	snprintf(buf, size, "%s", ctx.site.name);
	policy_close(&ctx);
	return 0;
}
