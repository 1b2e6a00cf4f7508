// SPDX-License-Identifier: GPL-2.0-only
/* Attaching through libxdp. */
#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "../output/escape.h"
#include "../output/report.h"
#include "object.h"
#include "preflight.h"
#include "xdp_edge.skel.h"

static enum xdp_attach_mode xdp_mode(enum attach_mode mode)
{
	return mode == ATTACH_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE;
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* Whether a program uses the map of that id. Fills the program's name. */
static bool uses_map(int prog_fd, uint32_t id, char *name, size_t size)
{
	uint32_t ids[64] = {0};
	struct bpf_prog_info info = {.nr_map_ids = 64, .map_ids = (uintptr_t)ids};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return false;
	snprintf(name, size, "%s", info.name);
	for (uint32_t i = 0; id && i < info.nr_map_ids && i < 64; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static bool is_ours(const struct store *store, int prog_fd, char *name, size_t size)
{
	return uses_map(prog_fd, map_id(store->counters_fd), name, size);
}

/* The loaded policy, under another name, whose program this is; false: none of them. */
static bool is_of_policy(int prog_fd, char policy[64])
{
	char names[64][64], name[32], path[PINS_PATH_MAX];
	size_t n = pins_names(names, 64);

	for (size_t i = 0; i < n; i++) {
		int fd = bpf_obj_get(pins_path(path, names[i], "counters"));
		bool its = fd >= 0 && uses_map(prog_fd, map_id(fd), name, sizeof(name));

		if (fd >= 0)
			close(fd);
		if (its) {
			memcpy(policy, names[i], sizeof(names[i]));
			return true;
		}
	}
	return false;
}

/*
 * Our program of a multiprog, or NULL; of several the last, and never the one with id `but`. Notes
 * their ids and counts the others.
 */
static struct xdp_program *find_ours(const struct store *store, struct xdp_multiprog *mp,
				     uint32_t but, struct attached *out)
{
	struct xdp_program *prog = NULL, *ours = NULL;
	char name[32] = "";

	if (xdp_multiprog__is_legacy(mp)) {
		prog = xdp_multiprog__main_prog(mp);
		if (prog && is_ours(store, xdp_program__fd(prog), name, sizeof(name))) {
			out->prog_id = out->last_id = xdp_program__id(prog);
			return out->prog_id == but ? NULL : prog;
		}
		out->others = 1;
		snprintf(out->other_name, sizeof(out->other_name), "%s", name);
		return NULL;
	}
	while ((prog = xdp_multiprog__next_prog(prog, mp))) {
		if (is_ours(store, xdp_program__fd(prog), name, sizeof(name))) {
			out->last_id = xdp_program__id(prog);
			if (!out->prog_id)
				out->prog_id = out->last_id;
			if (out->last_id != but)
				ours = prog;
			continue;
		}
		out->others++;
		snprintf(out->other_name, sizeof(out->other_name), "%s", name);
	}
	return ours;
}

/* NULL with *err 0: nothing is attached. */
static struct xdp_multiprog *multiprog_of(unsigned ifindex, int *err)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);

	*err = libxdp_get_error(mp);
	if (*err == -ENOENT)
		*err = 0;
	return libxdp_get_error(mp) ? NULL : mp;
}

int attach_query(const struct store *store, unsigned ifindex, struct attached *out)
{
	struct xdp_multiprog *mp;
	int err;

	*out = (struct attached){0};
	mp = multiprog_of(ifindex, &err);
	if (!mp)
		return err;
	if (find_ours(store, mp, 0, out)) {
		out->dispatcher = xdp_multiprog__is_legacy(mp)
					  ? 0
					  : xdp_program__id(xdp_multiprog__main_prog(mp));
		out->mode = xdp_multiprog__attach_mode(mp) == XDP_MODE_SKB ? ATTACH_GENERIC
									   : ATTACH_NATIVE;
	}
	xdp_multiprog__close(mp);
	return 0;
}

int attach_detach_but(const struct store *store, unsigned ifindex, const char *ifname,
		      uint32_t keep)
{
	struct xdp_program *ours;
	int err;

	/* a dispatcher could hold several */
	do {
		struct xdp_multiprog *mp = multiprog_of(ifindex, &err);
		struct attached attached = {0};

		if (!mp)
			break;
		ours = find_ours(store, mp, keep, &attached);
		if (ours)
			err = xdp_program__detach(ours, ifindex, xdp_multiprog__attach_mode(mp), 0);
		xdp_multiprog__close(mp);
	} while (ours && !err);
	if (err) {
		object_log_flush();
		report("%s: cannot detach: %s", ifname, strerror(-err));
	}
	return err;
}

int attach_detach(const struct store *store, unsigned ifindex, const char *ifname)
{
	return attach_detach_but(store, ifindex, ifname, 0);
}

int attach_detach_all(const struct store *store)
{
	struct if_nameindex *all = if_nameindex();
	int err = 0;

	if (!all)
		return -errno;
	for (struct if_nameindex *i = all; i->if_index; i++) {
		int e = attach_detach(store, i->if_index, i->if_name);

		if (e)
			err = e;
	}
	if_freenameindex(all);
	return err;
}

/* --- attaching
 * ------------------------------------------------------------------------------------- */

/*
 * What the kernel or the driver meant, and what to do. Returns the error for the caller:
 * -EOPNOTSUPP where the kernel cannot verify the program, or the driver cannot do it in this mode,
 * whatever it called that.
 */
static int explain_failure(const char *ifname, enum attach_mode mode, uint32_t mtu, bool frags,
			   int err)
{
	const char *cause = object_log_cause();
	char driver[32];

	if (object_log_too_complex()) {
		report("%s: this kernel's verifier gives up on the program as too complex: %s. "
		       "Remedies: a newer kernel, or less in the site: payload: no, state: off, "
		       "mode: monitor",
		       ifname, strerror(E2BIG));
		return -EOPNOTSUPP;
	}
	switch (err) {
	case -EPERM:
	case -EACCES:
		report("%s: %s: attaching needs CAP_NET_ADMIN and CAP_BPF: run as root", ifname,
		       strerror(-err));
		return err;
	case -EBUSY:
	case -EEXIST:
		report("%s: another XDP program is attached and leaves no room for a second; it "
		       "stays: detach it (xdp-loader unload, ip link set %s xdp off), or load it "
		       "through libxdp",
		       ifname, SHELL_WORD(ifname));
		return err;
	case -ENODEV:
		report("%s: the interface is gone", ifname);
		return err;
	case -ENOMEM:
		report("%s: cannot load the program: %s", ifname, strerror(-err));
		return err;
	}
	if (!cause)
		object_log_flush();
	if (mode == ATTACH_GENERIC) {
		report("%s: generic XDP refused: %s", ifname, cause ? cause : strerror(-err));
		return -EOPNOTSUPP;
	}
	preflight_driver(ifname, driver, sizeof(driver));
	report("%s: driver %s refuses native XDP at MTU %u%s: %s. Remedies: a lower MTU, here or "
	       "on a veth's other end (ip link set %s mtu 1500), another driver setting, or "
	       "generic XDP, slower, by --mode generic",
	       ifname, driver, mtu, frags ? " (frames of several buffers)" : "",
	       cause ? cause : strerror(-err), SHELL_WORD(ifname));
	return -EOPNOTSUPP;
}

static enum attach_mode mode_of(const struct xe_interface *interface)
{
	return interface->mode & XDP_FLAGS_SKB_MODE ? ATTACH_GENERIC : ATTACH_NATIVE;
}

static bool needs_frags(const struct xe_interface *interface)
{
	return mode_of(interface) == ATTACH_NATIVE &&
	       preflight_mtu(interface->name) > PREFLIGHT_MTU_ONE_BUFFER;
}

/* Our maps in place of the object's own. 0 or a negative errno. */
static int reuse_maps(const struct store *store, struct xdp_edge_bpf *skel, uint32_t features)
{
	const struct capture_maps *capture = features & XE_FEATURE_CAPTURE ? store->capture : NULL;
	int err = bpf_map__reuse_fd(skel->maps.control, store->control_fd);

	if (!err)
		err = bpf_map__reuse_fd(skel->maps.policy, store->policy_fd);
	if (!err)
		err = bpf_map__reuse_fd(skel->maps.counters, store->counters_fd);
	for (int i = 0; !err && i < GUARD_MAP_COUNT; i++)
		if (store->guard.fd[i] >= 0 && guard_map_needed(i, features))
			err = bpf_map__reuse_fd(
				bpf_object__find_map_by_name(skel->obj, guard_map_name(i)),
				store->guard.fd[i]);
	for (int i = 0; !err && capture && i < CAPTURE_MAP_COUNT; i++)
		err = bpf_map__reuse_fd(
			bpf_object__find_map_by_name(skel->obj, capture_map_name(i)),
			capture->fd[i]);
	return err;
}

/* The object for a NIC, with our maps. NULL: reported; *err says what. */
static struct xdp_edge_bpf *open_with_maps(const struct store *store,
					   const struct xe_interface *interface, int *err)
{
	uint64_t secret[4];
	int no_secret = guard_maps_secret(&store->guard, secret);
	struct object_config config = {
		.slot = interface->slot,
		.epoch = interface->epoch,
		.block_size = store->block_size,
		.counters = 2 * store->n_slots * store->atoms_max,
		.features = interface->features,
		.n_slots = store->n_slots + 1,
		.flow_sets = store->guard.entries[GUARD_FLOWS],
		.fragment_sets = store->guard.entries[GUARD_FRAGMENTS],
		.bucket_sets = store->guard.entries[GUARD_BUCKETS],
		.secret = no_secret ? NULL : secret,
		.kind = needs_frags(interface) ? OBJECT_FRAGS : OBJECT_PLAIN,
	};
	struct xdp_edge_bpf *skel = NULL;

	*err = no_secret == -ENOENT ? 0 : no_secret;
	if (!*err) {
		skel = object_open(&config);
		*err = skel ? reuse_maps(store, skel, interface->features) : -errno;
	}
	if (!*err)
		return skel;
	xdp_edge_bpf__destroy(skel);
	object_log_flush();
	report("%s: cannot open the program: %s", interface->name, strerror(-*err));
	return NULL;
}

/* Someone else's program outside a dispatcher: libxdp could not share the NIC with it. */
static int check_vacant(const struct store *store, const char *ifname, unsigned ifindex)
{
	struct attached attached = {0};
	struct xdp_multiprog *mp;
	int err;

	mp = multiprog_of(ifindex, &err);
	if (!mp)
		return 0;
	err = 0;
	if (xdp_multiprog__is_legacy(mp)) {
		char policy[64];

		find_ours(store, mp, 0, &attached);
		if (attached.others) {
			int fd = xdp_program__fd(xdp_multiprog__main_prog(mp));

			err = -EBUSY;
			if (is_of_policy(fd, policy))
				report("%s: policy %s is attached to it, and without libxdp's "
				       "dispatcher there is no room for two: xdp-edge unload %s",
				       ifname, policy, policy);
			else
				report("%s: XDP program %s of somebody else is attached without "
				       "libxdp's dispatcher; it stays: detach it (ip link set %s "
				       "xdp off), or load it by xdp-loader",
				       ifname,
				       attached.other_name[0] ? attached.other_name : "(unnamed)",
				       SHELL_WORD(ifname));
		}
	}
	xdp_multiprog__close(mp);
	return err;
}

/* libxdp sees what is on a NIC by program ids, and those the kernel opens for CAP_SYS_ADMIN only.
 */
static int check_rights(const char *ifname)
{
	int fd = bpf_prog_get_fd_by_id(UINT32_MAX);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno != EPERM)
		return 0;
	report("%s: attaching needs CAP_SYS_ADMIN, to see what else is attached, besides CAP_BPF, "
	       "CAP_NET_ADMIN and CAP_PERFMON: run as root",
	       ifname);
	return -EPERM;
}

/* What a NIC's program is in the object. */
static struct bpf_program *program_of(struct xdp_edge_bpf *skel,
				      const struct xe_interface *interface)
{
	return object_program(skel, needs_frags(interface) ? OBJECT_FRAGS : OBJECT_PLAIN);
}

int attach_nic(const struct store *store, struct xe_interface *interface)
{
	enum attach_mode mode = mode_of(interface);
	const char *ifname = interface->name;
	bool frags = needs_frags(interface);
	uint32_t beside = interface->prog_id;
	struct xdp_edge_bpf *skel = NULL;
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	struct xdp_program *prog = NULL;
	struct attached attached;
	int err;

	if (!interface->ifindex) {
		report("%s: no such interface in this network namespace", ifname);
		return -ENODEV;
	}
	err = check_rights(ifname);
	if (!err)
		err = check_vacant(store, ifname, interface->ifindex);
	if (err)
		return err;
	skel = open_with_maps(store, interface, &err);
	if (!skel)
		return err;
	interface->rx_before = preflight_rx_packets(ifname);
	opts.obj = skel->obj;
	opts.prog_name = bpf_program__name(program_of(skel, interface));
	prog = xdp_program__create(&opts);
	err = libxdp_get_error(prog);
	if (!err && frags)
		err = xdp_program__set_xdp_frags_support(prog, true);
	if (!err)
		err = xdp_program__attach(prog, interface->ifindex, xdp_mode(mode), 0);
	if (!err)
		err = attach_query(store, interface->ifindex, &attached);
	if (!err)
		interface->prog_id =
			attached.prog_id != beside ? attached.prog_id : attached.last_id;
	if (!err && (!interface->prog_id || interface->prog_id == beside))
		err = -EIO;
	if (err) {
		err = explain_failure(ifname, mode, preflight_mtu(ifname), frags, err);
	} else {
		interface->dispatcher = attached.dispatcher;
		interface->rx_after = preflight_rx_packets(ifname);
	}
	if (!libxdp_get_error(prog))
		xdp_program__close(prog);
	xdp_edge_bpf__destroy(skel);
	return err;
}

static uint32_t prog_id(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* By the kernel itself: libxdp 1.3 knows no way to replace a program that is alone. */
int attach_exchange(const struct store *store, struct xe_interface *interface)
{
	enum attach_mode mode = mode_of(interface);
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	struct xdp_edge_bpf *skel;
	struct attached attached;
	int err = attach_query(store, interface->ifindex, &attached), old = -1;

	if (!err && !attached.prog_id)
		err = -ENOENT;
	if (!err)
		old = bpf_prog_get_fd_by_id(attached.prog_id);
	if (!err && old < 0)
		err = -errno;
	if (err) {
		report("%s: cannot find its program: %s", interface->name, strerror(-err));
		return err;
	}
	skel = open_with_maps(store, interface, &err);
	if (!skel) {
		close(old);
		return err;
	}
	err = xdp_edge_bpf__load(skel);
	if (!err) {
		int fd = bpf_program__fd(program_of(skel, interface));

		opts.old_prog_fd = old;
		err = bpf_xdp_attach(
			interface->ifindex, fd,
			XDP_FLAGS_REPLACE |
				(mode == ATTACH_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE),
			&opts);
		interface->prog_id = err ? attached.prog_id : prog_id(fd);
	}
	if (err)
		err = explain_failure(interface->name, mode, preflight_mtu(interface->name),
				      needs_frags(interface), err);
	close(old);
	xdp_edge_bpf__destroy(skel);
	return err;
}
