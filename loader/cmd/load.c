// SPDX-License-Identifier: GPL-2.0-only
/* `load`: compile the site, create, fill and pin its maps, then attach; wholly or not at all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../kernel/attach.h"
#include "../kernel/deadline.h"
#include "../kernel/meta.h"
#include "../kernel/object.h"
#include "../output/report.h"
#include "deploy.h"
#include "lockout.h"

enum { OPTION_MODE = OPTION_OWN, OPTION_BLOCK_SIZE, OPTION_ATOMS, OPTION_TOTALS };

static const struct option long_options[] = {
	{"mode", required_argument, NULL, OPTION_MODE},
	{"block-size", required_argument, NULL, OPTION_BLOCK_SIZE},
	{"atoms", required_argument, NULL, OPTION_ATOMS},
	{"totals", required_argument, NULL, OPTION_TOTALS},
	ENFORCE_OPTIONS,
	{},
};

static const struct usage usage = {
	.name = "load",
	.help = "Compiles the site, loads the policy into the kernel and attaches the program to "
		"the site's\n"
		"interfaces through libxdp. Other programs that libxdp attached keep running; any "
		"other program\n"
		"is left alone and the load refused. If anything fails, nothing stays "
		"behind.\n\n" ENFORCE_HELP
		"  --mode MODE      native (default) or generic: slower, for drivers without "
		"native XDP\n"
		"  --block-size N   bytes set aside for a policy block, so that a reload may grow\n"
		"  --atoms N        atoms set aside for counters\n"
		"  --totals N       rows and misses by NIC that are kept across reloads\n",
	.long_options = long_options,
};

struct request {
	enum attach_mode mode;
	struct store_sizes sizes; /* 0: by the policy */
	struct enforce enforce;
};

static int size_parse(const char *option, const char *text, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '1' || *text > '9' || *end || errno || value > max)
		return usage_error(&usage, "--%s: %s: not a number from 1 to %u", option, text,
				   max);
	*out = value;
	return EXIT_OK;
}

static int parse(struct options *options, int argc, char **argv, struct request *request)
{
	int option, err = EXIT_OK;

	while ((option = options_next(options, &usage, argc, argv)) >= 0 && !err) {
		switch (option) {
		case OPTION_MODE:
			if (!strcmp(optarg, "generic"))
				request->mode = ATTACH_GENERIC;
			else if (strcmp(optarg, "native"))
				err = usage_error(&usage, "--mode: %s: native or generic", optarg);
			break;
		case OPTION_BLOCK_SIZE:
			err = size_parse("block-size", optarg, COMPILE_BLOCK_MAX,
					 &request->sizes.block_size);
			break;
		case OPTION_ATOMS:
			err = size_parse("atoms", optarg, 1 << 26, &request->sizes.atoms_max);
			break;
		case OPTION_TOTALS:
			err = size_parse("totals", optarg, 1 << 24, &request->sizes.totals_max);
			break;
		default:
			err = enforce_option(&usage, option, &request->enforce);
			break;
		}
	}
	if (err)
		return err;
	if (option == OPTIONS_EXIT)
		return -1;
	return usage_no_arguments(&usage, argc, argv);
}

/* Sizes asked for must do. */
static int check_size(const char *option, uint32_t asked, uint64_t need)
{
	if (!asked || asked >= need)
		return 0;
	fail("--%s %u: the policy needs %llu", option, asked, (unsigned long long)need);
	return -EINVAL;
}

/* Room to grow: half as many atoms again, two more NICs, the next power of two for the block. */
static int choose_sizes(const struct policy_ctx *ctx, struct store_sizes *sizes)
{
	uint32_t rows = ctx->policy.n_rows + XE_MISS_COUNT, need = ctx->compiled.block->size;
	uint32_t slots = ctx->n_nics + 2;

	if (check_size("block-size", sizes->block_size, need) ||
	    check_size("atoms", sizes->atoms_max, ctx->compiled.n_atoms) ||
	    check_size("totals", sizes->totals_max, (uint64_t)rows * ctx->n_nics))
		return -EINVAL;

	sizes->n_slots = slots < XE_MAX_NICS ? slots : XE_MAX_NICS;
	sizes->block_size = object_block_size(sizes->block_size ? sizes->block_size : need);
	if (!sizes->atoms_max)
		sizes->atoms_max = ctx->compiled.n_atoms * 3 / 2 + 64;
	if (!sizes->totals_max)
		sizes->totals_max = rows * sizes->n_slots * 3 / 2 + 64;
	return 0;
}

/*
 * Pins under our name: a policy that is loaded is not loaded again; what a killed load left is
 * taken away, attached programs first.
 */
static int clear_the_way(const char *name)
{
	struct store store;
	int err;

	if (!pins_exist(name))
		return 0;
	err = deploy_is_whole(name);
	if (err < 0)
		return err;
	if (err) {
		fail("%s is loaded already: xdp-edge reload changes its policy, unload takes it "
		     "away",
		     name);
		return -EEXIST;
	}
	report("%s: clearing what an interrupted load left", name);
	err = deploy_open_partial(name, &store);
	if (!err) {
		err = attach_detach_all(&store);
		store_close(&store);
	} else if (err == -ENOENT) {
		err = 0; /* it came no further: nothing is attached */
	}
	/* without the pins, nobody could tell that a program left behind is ours */
	if (!err)
		err = pins_remove(name);
	if (err)
		fail("%s: cannot clear it: %s", name, strerror(-err));
	return err;
}

static int attach_all(struct store *store, const struct policy_ctx *ctx, enum attach_mode mode)
{
	const struct deploy_program program = {
		.mode = mode,
		.features = ctx->compiled.block->guard.features,
		.epoch = ATTACH_EPOCH,
	};

	for (size_t i = 0; i < ctx->n_nics; i++) {
		int err = deploy_attach(store, &ctx->nics[i], &program, false);

		if (err)
			return err;
	}
	return 0;
}

/* Whether libxdp fell back to one program: another one would be refused. */
static bool is_alone(const struct store *store)
{
	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		struct xe_interface interface;

		if (!store_read_interface(store, slot, &interface) && interface.prog_id &&
		    !interface.dispatcher)
			return true;
	}
	return false;
}

static void tell(const struct store *store, const struct policy_ctx *ctx)
{
	printf("%s: loaded generation 1: %zu rows, %zu atoms, %zu interfaces%s, ", store->name,
	       ctx->policy.n_rows, ctx->compiled.n_atoms, ctx->n_nics,
	       is_alone(store) ? ", alone on them: this kernel refuses libxdp's dispatcher" : "");
	enforce_tell(store, ctx->site.mode);
}

static int load(const struct policy_ctx *ctx, struct request *request)
{
	const char *name = ctx->site.name;
	struct store store;
	int err;

	err = choose_sizes(ctx, &request->sizes);
	if (err)
		return err;
	err = store_create(name, &request->sizes, &store);
	if (err)
		return err;
	err = store_prepare_features(&store, &ctx->policy, &ctx->compiled);
	if (!err)
		err = store_write_block(&store, 1, &ctx->compiled);
	if (!err)
		err = meta_write(name, 1, &ctx->policy, &ctx->compiled);
	if (!err)
		err = deploy_publish(&store, ctx, &request->enforce, ATTACH_EPOCH, 1);
	if (!err)
		err = attach_all(&store, ctx, request->mode);
	if (!err) {
		/* attaching may have taken long, and there was nothing to look at */
		deadline_after(&store, ctx->site.mode, enforce_within(&request->enforce));
		__atomic_store_n(&store.control->loaded_at, (uint64_t)time(NULL), __ATOMIC_RELEASE);
	}
	/* without the pins nobody could tell that a program left behind is ours: the next load
	 * clears them */
	if (err && !attach_detach_all(&store))
		pins_remove(name);
	if (!err)
		tell(&store, ctx);
	store_close(&store);
	return err;
}

int cmd_load(struct options *options, int argc, char **argv)
{
	struct request request = {.mode = ATTACH_NATIVE};
	struct policy_ctx ctx;
	int lock, code, err;

	err = parse(options, argc, argv, &request);
	if (err)
		return err < 0 ? options->exit_code : err;
	if (policy_read(options, &ctx))
		return EXIT_FAILED;
	code = enforce_apply(&usage, &request.enforce, &ctx.site);
	if (code) {
		policy_close(&ctx);
		return code;
	}
	err = policy_build(&ctx, 0);
	if (!err)
		err = deploy_check_nics(&ctx, request.mode);
	if (!err)
		err = lockout_check(&ctx, request.enforce.force);
	if (err)
		goto out;
	lock = deploy_begin(options);
	if (lock < 0) {
		err = lock;
		goto out;
	}
	err = clear_the_way(ctx.site.name);
	if (!err)
		err = load(&ctx, &request);
	deploy_end(lock);
out:
	policy_close(&ctx);
	return deploy_exit_code(err);
}
