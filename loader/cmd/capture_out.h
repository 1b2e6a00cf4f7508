/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a capture goes: a file, or a pipe whose reader may be slow or go away. And what stands in
 * it: interfaces, packets with what the rows made of them, what was lost.
 */
#ifndef XE_CMD_CAPTURE_OUT_H
#define XE_CMD_CAPTURE_OUT_H

#include <stddef.h>

#include "../kernel/meta.h"
#include "../output/pcapng.h"

/* An interface of the file: a NIC under one name. */
struct capture_source {
	char name[XE_IFNAME_MAX];
	uint32_t slot;
	bool ended;
	uint64_t from, to;	   /* ns since 1970 */
	uint64_t missed;	   /* ns of those in which nothing was looked at, at most */
	struct xe_captured counts; /* as they were when it began; then its own */
	uint64_t written;
};

struct capture_out {
	const char *path; /* NULL: standard output */
	int fd;
	bool made;    /* the file was not there before */
	bool present; /* it was, and still holds what it held */
	bool begun;   /* something whole has been written to it */
	struct pcapng file;
	struct capture_source *sources;
	size_t n_sources;
	uint64_t ahead; /* ns that CLOCK_REALTIME is ahead of CLOCK_MONOTONIC */
	uint64_t written;
};

/*
 * Open a file, or with "-" standard output. A file is made for its owner only; one that is there
 * already is to be overwritten, as tcpdump does, if it is the caller's own and has no other name:
 * never through a symbolic link. Until capture_out_begin() it stays as it is. Pipes with a name may
 * be the caller's own; /dev/null is anybody's. 0 or a negative errno (reported).
 */
int capture_out_open(const char *path, struct capture_out *out);
/*
 * Once it is sure that there is something to write, and before anything is: empty a file that was
 * there, and make it its owner's only. 0 or a negative errno (reported).
 */
int capture_out_begin(struct capture_out *out);
/*
 * Close it; `keep` false, or nothing has been written: take a file away that was made here, if its
 * name is still that file's. 0 or a negative errno (reported).
 */
int capture_out_close(struct capture_out *out, bool keep);

/* Take the time anew, if the clock was set meanwhile. */
void capture_out_clock(struct capture_out *out);

/*
 * The NICs as they are now: those in the bit mask `slots` that are new to the file, or have another
 * name, begin an interface of it. `counts`: what was counted until now, by slot. 0 or -ENOMEM
 * (reported).
 */
int capture_out_interfaces(struct capture_out *out, const struct xe_interface *interfaces,
			   uint32_t n_slots, uint64_t slots, uint32_t snap,
			   const struct xe_captured *counts);

/*
 * A packet, with what its generation's atoms mean (NULL: not known any more) and the names of the
 * roles that drops count for. What stands in the comment: `row=ID sense=forward|reply` or
 * `miss=NAME`, `verdict=passed|dropped|would-drop`, of drops `reason=NAME` and `role=NAME`,
 * `interface=NAME`, and last, of a row, `service=TEXT`.
 */
struct capture_packet {
	const struct xe_sample *sample;
	const struct meta *meta;
	const struct xe_role_name *roles;
	size_t n_roles;
};
void capture_out_packet(struct capture_out *out, const struct capture_packet *packet);

/* Between these two times, CLOCK_MONOTONIC in ns, packets came that were not looked at. */
void capture_out_missed(struct capture_out *out, uint64_t from, uint64_t to);

/*
 * "; not looked at for up to N.N s while the policy was replaced", of `missed` ns, rounded up;
 * empty if there are none.
 */
void capture_out_missed_text(uint64_t missed, char *text, size_t size);

/* What came of each interface, last of all; `counts` by slot. */
void capture_out_end(struct capture_out *out, const struct xe_captured *counts);

/*
 * Write what there is. While the other end takes nothing, `wait` is called a few times a second;
 * false: give up. A file ends with the last whole packet, whatever happens. 0; -EPIPE: the reader
 * is gone; -EINTR: given up; or another negative errno (reported).
 */
int capture_out_flush(struct capture_out *out, bool (*wait)(void *arg), void *arg);
/* Whether the reader of a pipe is gone. */
bool capture_out_abandoned(const struct capture_out *out);

#endif
