// SPDX-License-Identifier: GPL-2.0-only
/* What load, reload and unload share. */
#include "deploy.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/deadline.h"
#include "../kernel/object.h"
#include "../kernel/preflight.h"
#include "../policy/diag.h"

static void hold_signals(int how)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(how, &signals, NULL);
}

int deploy_begin(const struct options *options)
{
	int lock = pins_lock();

	object_log_init(options->verbose);

	if (lock >= 0)
		hold_signals(SIG_BLOCK);
	return lock;
}

void deploy_end(int lock)
{
	close(lock);
	hold_signals(SIG_UNBLOCK);
}

int deploy_open_partial(const char *name, struct store *out)
{
	char path[PINS_PATH_MAX];

	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", name);
	guard_maps_init(&out->guard);
	out->control_fd = out->policy_fd = out->totals_fd = out->interfaces_fd = -1;
	/* programs of ours are known by their counters */
	out->counters_fd = bpf_obj_get(pins_path(path, name, "counters"));
	return out->counters_fd < 0 ? -errno : 0;
}

int deploy_is_whole(const char *name)
{
	struct xe_control control = {0};
	char path[PINS_PATH_MAX];
	uint32_t zero = 0;
	int fd = bpf_obj_get(pins_path(path, name, "control")), err = 0;

	if (fd < 0) {
		if (errno == ENOENT)
			return 0;
		err = -errno;
		fail("%s: cannot open its pins: %s%s", name, strerror(errno),
		     errno == EPERM || errno == EACCES ? ": run as root" : "");
		return err;
	}
	if (bpf_map_lookup_elem(fd, &zero, &control))
		err = -errno;
	close(fd);
	return err ? err : control.loaded_at != 0;
}

/* Where the site names an interface first, itself or a VLAN of it. */
static unsigned line_of(const struct site *site, const char *name)
{
	for (size_t i = 0; i < site->n_interfaces; i++)
		if (!strcmp(site->interfaces[i].name, name))
			return site->interfaces[i].line;
	return 0;
}

int deploy_check_nics(const struct policy_ctx *ctx, enum attach_mode mode)
{
	int err = 0;

	for (size_t i = 0; i < ctx->n_nics; i++) {
		const struct nic *nic = &ctx->nics[i];

		if (!if_nametoindex(nic->name)) {
			diag_error(ctx->site.path, line_of(&ctx->site, nic->name), 0, nic->name,
				   "no such interface in this network namespace");
			err = -ENODEV;
			continue;
		}
		preflight_warn(nic->name, nic->n_vlans, mode == ATTACH_NATIVE);
	}
	diag_end();
	return err;
}

int deploy_attach(struct store *store, const struct nic *nic, const struct deploy_program *program,
		  bool again)
{
	struct xe_interface interface = {
		.ifindex = if_nametoindex(nic->name),
		.slot = nic->slot,
		.mode = program->mode == ATTACH_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE,
		.sides = nics_sides(nic, 1),
		.features = program->features,
		.epoch = program->epoch,
		.rx_before = XE_RX_UNKNOWN,
	};
	struct xe_interface before;
	int err = store_read_interface(store, nic->slot, &before);

	if (err) {
		fail("%s: cannot read its entry: %s", nic->name, strerror(-err));
		return err;
	}
	/* entered before it is attached: killed between the two, the next command finds the program
	 * by this */
	memcpy(interface.name, nic->name, sizeof(interface.name));
	err = store_note_interface(store, &interface);
	if (err)
		return err;
	err = attach_nic(store, &interface);
	if (err) {
		attach_detach(store, interface.ifindex, nic->name);
		store_write_interface(store, nic->slot, &before);
		return err;
	}
	if (again)
		interface.rx_before = XE_RX_UNKNOWN;
	err = store_note_interface(store, &interface);
	if (err)
		attach_detach(store, interface.ifindex, nic->name);
	return err;
}

int deploy_publish(struct store *store, const struct policy_ctx *ctx, const struct enforce *request,
		   uint32_t epoch, uint32_t generation)
{
	int err;

	deadline_before(store, ctx->site.mode, enforce_within(request));
	err = store_publish(store, epoch, generation);
	deadline_after(store, ctx->site.mode, enforce_within(request));
	return err;
}

int deploy_exit_code(int err)
{
	switch (err) {
	case 0:
		return EXIT_OK;
	case -EOPNOTSUPP:
	case -ENOSYS:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_FAILED;
	}
}
