// SPDX-License-Identifier: GPL-2.0-only
/*
 * `reload`: put the site's policy of now in place of the loaded one, at once for every NIC and
 * without losing a packet from the counters.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../kernel/attach.h"
#include "../kernel/exchange.h"
#include "../kernel/meta.h"
#include "../kernel/totals.h"
#include "../output/escape.h"
#include "deploy.h"
#include "lockout.h"

static const struct option long_options[] = {
	ENFORCE_OPTIONS,
	{},
};

static const struct usage usage = {
	.name = "reload",
	.help = "Compiles the site again and swaps the policy of the loaded one with the same "
		"name, in one\n"
		"store: every packet is counted by the old policy or by the new one. Counters go "
		"on by row id.\n"
		"Interfaces that the site newly names are attached, those it names no more are "
		"detached.\n"
		"If anything is wrong, the old policy stays. What waits to be confirmed, or was\n"
		"not confirmed in time and only rehearses, goes on so after a reload without\n"
		"--confirm-within; a reload into monitor or rehearse ends the "
		"deadline.\n\n" ENFORCE_HELP,
	.long_options = long_options,
};

/* Which NIC holds which slot now, and what is to change. */
struct slots {
	struct xe_interface now[XE_MAX_NICS];
	bool attached[XE_MAX_NICS]; /* its program runs there, whatever its name is now */
	bool kept[XE_MAX_NICS];	    /* still in the site */
	bool fresh[XE_MAX_NICS];    /* attached by this reload */
	enum attach_mode mode;	    /* of those attached already */
	uint32_t epoch;		    /* that the new policy begins with */
};

static int read_slots(const struct store *store, struct slots *slots)
{
	int err = 0;

	memset(slots, 0, sizeof(*slots));
	for (uint32_t i = 0; !err && i < store->n_slots; i++) {
		struct attached attached;

		err = store_read_interface(store, i, &slots->now[i]);
		slots->attached[i] = !err && slots->now[i].ifindex &&
				     !attach_query(store, slots->now[i].ifindex, &attached) &&
				     attached.prog_id;
		if (slots->now[i].mode & XDP_FLAGS_SKB_MODE)
			slots->mode = ATTACH_GENERIC;
	}
	if (err)
		fail("%s: cannot read its interfaces: %s", store->name, strerror(-err));
	return err;
}

/*
 * The slot of the program that runs on this very interface, which may have been renamed: a second
 * one would count all twice. Else the slot of that name, which an interface that is gone had; else
 * a free one; n_slots: there is none.
 */
static uint32_t slot_for(const struct store *store, const struct slots *slots, const char *name)
{
	unsigned ifindex = if_nametoindex(name);
	uint32_t slot;

	for (slot = 0; slot < store->n_slots; slot++)
		if (slots->attached[slot] && slots->now[slot].ifindex == ifindex)
			return slot;
	for (slot = 0; slot < store->n_slots; slot++)
		if (!slots->attached[slot] && !slots->kept[slot] &&
		    !strcmp(slots->now[slot].name, name))
			return slot;
	for (slot = 0; slot < store->n_slots; slot++)
		if (!slots->now[slot].name[0] && !slots->kept[slot])
			return slot;
	return slot;
}

static int assign_slots(const struct store *store, struct nic *nics, size_t n, struct slots *slots)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t slot = slot_for(store, slots, nics[i].name);

		if (slot == store->n_slots) {
			fail("%s: no slot left for %s: unload, then load", store->name,
			     nics[i].name);
			return -ENOSPC;
		}
		slots->kept[slot] = true;
		slots->fresh[slot] = !slots->attached[slot];
		nics[i].slot = slot;
	}
	return 0;
}

/* Whether something has been counted under this name before, in this slot or in one that is gone.
 */
static bool counted_before(const struct store *store, const char *name, const char *slot_name)
{
	size_t n;
	const struct xe_total *totals = totals_committed(store, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(totals[i].interface, name))
			return true;
	return slot_name[0];
}

/* Before the swap: until then the new NIC's frames are no-policy, counted under its own slot. */
static int attach_fresh(struct store *store, const struct policy_ctx *ctx, struct slots *slots)
{
	const struct deploy_program program = {
		.mode = slots->mode,
		.features = ctx->compiled.block->guard.features,
		.epoch = slots->epoch,
	};

	for (size_t i = 0; i < ctx->n_nics; i++) {
		int err;

		if (!slots->fresh[ctx->nics[i].slot])
			continue;
		err = deploy_attach(store, &ctx->nics[i], &program,
				    counted_before(store, ctx->nics[i].name,
						   slots->now[ctx->nics[i].slot].name));
		if (err) {
			slots->fresh[ctx->nics[i].slot] = false;
			return err;
		}
	}
	return 0;
}

static void detach_slot(struct store *store, uint32_t slot)
{
	struct xe_interface interface;

	if (store_read_interface(store, slot, &interface) || !interface.ifindex)
		return;
	attach_detach(store, interface.ifindex, interface.name);
	/* the name stays while the live generation may have counters under this slot */
	interface.prog_id = 0;
	interface.ifindex = 0;
	store_write_interface(store, slot, &interface);
}

/* A reload that fails takes back what it attached. */
static void take_back(struct store *store, const struct policy_ctx *ctx, const struct slots *slots)
{
	for (size_t i = 0; i < ctx->n_nics; i++)
		if (slots->fresh[ctx->nics[i].slot])
			detach_slot(store, ctx->nics[i].slot);
}

static void tell_detached(const struct policy_ctx *ctx, const char *nic)
{
	char name[XE_IFNAME_MAX * 4];

	escape_terminal(nic, strlen(nic), name, sizeof(name));
	printf("%s: detached: nothing is %s there any more\n", name,
	       ctx->site.mode == XE_MODE_MONITOR ? "counted" : "filtered");
}

/*
 * Detach what the site names no more. Slots that were detached before this generation are free, and
 * renamed interfaces get their new name, only once the fold has taken what was counted under the
 * old one.
 */
static void tidy_slots(struct store *store, const struct policy_ctx *ctx, const struct slots *slots,
		       bool folded)
{
	const struct xe_interface nothing = {0};

	for (uint32_t slot = 0; slot < store->n_slots; slot++) {
		if (slots->kept[slot] || !slots->now[slot].name[0])
			continue;
		if (slots->now[slot].ifindex) {
			detach_slot(store, slot);
			if (slots->attached[slot])
				tell_detached(ctx, slots->now[slot].name);
		} else if (folded && !store_retire_slot(store, slot)) {
			store_write_interface(store, slot, &nothing);
		}
	}
	for (size_t i = 0; i < ctx->n_nics; i++) {
		const struct nic *nic = &ctx->nics[i];
		struct xe_interface interface;
		struct attached attached;

		if (store_read_interface(store, nic->slot, &interface))
			continue;
		interface.sides = nics_sides(nic, 1);
		if (folded && strcmp(interface.name, nic->name)) {
			snprintf(interface.name, sizeof(interface.name), "%s", nic->name);
			interface.rx_before = XE_RX_UNKNOWN; /* counted under both names since */
		}
		/* a reload killed while it attached noted all but this */
		if (!interface.prog_id && !attach_query(store, interface.ifindex, &attached)) {
			interface.prog_id = attached.prog_id;
			interface.dispatcher = attached.dispatcher;
		}
		store_write_interface(store, nic->slot, &interface);
	}
}

/* From here the new policy holds, whatever happens: a fold that fails is made up for later. */
static int swap(struct store *store, const struct policy_ctx *ctx, const struct enforce *request,
		uint32_t epoch, uint32_t generation)
{
	struct meta old;
	int err = meta_read(store->name, generation - 1, &old);

	if (err)
		return err;
	err = totals_fit(store, &old);
	if (!err)
		err = meta_write(store->name, generation, &ctx->policy, &ctx->compiled);
	if (!err) {
		err = store_write_block(store, generation, &ctx->compiled);
		if (err) {
			pins_remove_generation(store->name, generation);
		} else {
			/* live from here, even if waiting for the old one's programs fails */
			int drained = deploy_publish(store, ctx, request, epoch, generation);

			err = exchange_settle(store);
			if (!drained)
				drained = totals_fold(store, &old);
			err = drained ? drained : err;
		}
	}
	meta_free(&old);
	return err;
}

static int reload(struct store *store, struct policy_ctx *ctx, const struct enforce *request,
		  uint32_t *generation)
{
	struct slots slots;
	int err;

	err = totals_recover(store);
	if (!err)
		err = exchange_settle(store);
	if (!err)
		err = read_slots(store, &slots);
	if (!err)
		err = deploy_check_nics(ctx, slots.mode);
	if (!err)
		err = assign_slots(store, ctx->nics, ctx->n_nics, &slots);
	if (!err)
		err = policy_build(ctx, 0);
	if (!err)
		err = store_fits(store, &ctx->compiled);
	if (!err)
		err = lockout_check(ctx, request->force);
	if (err)
		return err;
	*generation = store_generation(store) + 1;
	err = store_prepare_features(store, &ctx->policy, &ctx->compiled);
	if (!err)
		err = exchange_prepare(store, ctx->compiled.block->guard.features, &slots.epoch);
	if (!err)
		err = attach_fresh(store, ctx, &slots);
	if (!err)
		err = swap(store, ctx, request, slots.epoch, *generation);
	if (err && store_generation(store) != *generation) {
		take_back(store, ctx, &slots);
		exchange_settle(store);
	} else {
		tidy_slots(store, ctx, &slots, !err);
	}
	return err;
}

static void tell(const struct store *store, const struct policy_ctx *ctx, uint32_t generation)
{
	printf("%s: generation %u: %zu rows, %zu atoms, %zu interfaces, ", store->name, generation,
	       ctx->policy.n_rows, ctx->compiled.n_atoms, ctx->n_nics);
	enforce_tell(store, ctx->site.mode);
}

/* EXIT_OK, OPTIONS_EXIT or EXIT_USAGE (reported). */
static int parse(struct options *options, int argc, char **argv, struct enforce *request)
{
	int option, code = EXIT_OK;

	while (!code && (option = options_next(options, &usage, argc, argv)) != OPTIONS_END) {
		if (option == OPTIONS_EXIT)
			return OPTIONS_EXIT;
		code = enforce_option(&usage, option, request);
	}
	return code ? code : usage_no_arguments(&usage, argc, argv);
}

int cmd_reload(struct options *options, int argc, char **argv)
{
	struct enforce request = {};
	struct policy_ctx ctx;
	struct store store;
	uint32_t generation;
	int lock, code, err;

	code = parse(options, argc, argv, &request);
	if (code)
		return code == OPTIONS_EXIT ? options->exit_code : code;
	if (policy_read(options, &ctx))
		return EXIT_FAILED;
	code = enforce_apply(&usage, &request, &ctx.site);
	if (code) {
		policy_close(&ctx);
		return code;
	}
	lock = deploy_begin(options);
	if (lock < 0) {
		err = lock;
		goto out;
	}
	err = deploy_is_whole(ctx.site.name);
	if (!err)
		err = pins_exist(ctx.site.name) ? -EUCLEAN : -ENOENT;
	if (err == -EUCLEAN)
		fail("%s: its load was interrupted: xdp-edge load clears and repeats it",
		     ctx.site.name);
	else if (err == -ENOENT)
		pins_missing(ctx.site.name);
	if (err > 0)
		err = store_open(ctx.site.name, false, &store);
	if (!err) {
		err = reload(&store, &ctx, &request, &generation);
		if (!err) {
			store_share(&store);
			tell(&store, &ctx, generation);
		}
		store_close(&store);
	}
	deploy_end(lock);
out:
	policy_close(&ctx);
	return deploy_exit_code(err);
}
