// SPDX-License-Identifier: GPL-2.0-only
/* Where a capture goes. */
#include "capture_out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../kernel/clock.h"
#include "../output/report.h"

#define WAIT_MS	    250
#define CHUNK	    4096 /* a pipe that has room takes as much without blocking (pipe(7), PIPE_BUF) */
#define CLOCK_SLACK 1000000ull /* ns; less is how long it takes to read two clocks */

static int fail(const struct capture_out *out, int err)
{
	report("%s: %s", out->path ? out->path : "standard output", strerror(-err));
	return err;
}

/* --- opening --------------------------------------------------------------------------------- */

/* Why a file that is there may not be written over; NULL: it may. */
static const char *objection(const struct stat *st)
{
	if (S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3))
		return NULL; /* /dev/null, whoever owns it */
	if (S_ISLNK(st->st_mode))
		return "a symbolic link, which is not followed: name the file itself";
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		return "neither a regular file nor a pipe nor /dev/null";
	if (st->st_uid != geteuid())
		return "belongs to somebody else and is not overwritten: remove it, or take "
		       "another name";
	if (S_ISREG(st->st_mode) && st->st_nlink > 1)
		return "has several names (hard links) and is not overwritten: remove it, or take "
		       "another name";
	return NULL;
}

/* A file that was there: looked at first, and then that very file opened. */
static int open_present(struct capture_out *out)
{
	int at = open(out->path, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd = -1, err = 0;
	const char *why = NULL;
	char by_fd[32];
	struct stat st;

	if (at < 0 || fstat(at, &st)) {
		err = -errno;
	} else {
		why = objection(&st);
		if (why) {
			report("%s: %s", out->path, why);
			close(at);
			return -EEXIST;
		}
		snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", at);
		fd = open(by_fd, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			err = -errno;
		out->present = S_ISREG(st.st_mode);
	}
	if (at >= 0)
		close(at);
	return err ? fail(out, err) : fd;
}

int capture_out_open(const char *path, struct capture_out *out)
{
	struct utsname system;
	char text[sizeof(system)];

	*out = (struct capture_out){.path = strcmp(path, "-") ? path : NULL, .fd = STDOUT_FILENO};
	if (out->path) {
		out->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		out->made = out->fd >= 0;
		/* what is to be made cannot be what is missing */
		if (out->fd < 0 && errno == ENOENT) {
			report("%s: no such directory", path);
			return -ENOENT;
		}
		if (out->fd < 0 && errno != EEXIST)
			return fail(out, -errno);
		if (out->fd < 0)
			out->fd = open_present(out);
		if (out->fd < 0)
			return out->fd;
	}
	uname(&system);
	snprintf(text, sizeof(text), "%s %s", system.sysname, system.release);
	pcapng_section(&out->file, "xdp-edge " XE_VERSION, text);
	capture_out_clock(out);
	return 0;
}

int capture_out_begin(struct capture_out *out)
{
	if (out->present && (fchmod(out->fd, 0600) || ftruncate(out->fd, 0)))
		return fail(out, -errno);
	out->present = false;
	return 0;
}

/* While it is open, so that its number cannot have become another file's. */
static void remove_made(const struct capture_out *out)
{
	struct stat own, named;

	if (!fstat(out->fd, &own) && !lstat(out->path, &named) && own.st_dev == named.st_dev &&
	    own.st_ino == named.st_ino)
		unlink(out->path);
}

int capture_out_close(struct capture_out *out, bool keep)
{
	int err = 0;

	if (out->made && !(keep && out->begun))
		remove_made(out);
	if (out->path && out->fd >= 0 && close(out->fd) && keep)
		err = fail(out, -errno);
	pcapng_free(&out->file);
	free(out->sources);
	*out = (struct capture_out){.fd = -1};
	return err;
}

/* --- writing --------------------------------------------------------------------------------- */

bool capture_out_abandoned(const struct capture_out *out)
{
	struct pollfd fd = {.fd = out->fd};

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLERR;
}

/* The other end took so many bytes and no more. A file loses the part of a block that is its last.
 */
static void cut(struct capture_out *out, size_t done)
{
	uint64_t packets;
	size_t whole = pcapng_whole(&out->file, done, &packets);
	struct stat st;

	out->written -= packets;
	out->begun |= whole != 0;
	if (!fstat(out->fd, &st) && S_ISREG(st.st_mode) &&
	    ftruncate(out->fd, lseek(out->fd, 0, SEEK_CUR) - (off_t)(done - whole)))
		fail(out, -errno);
}

int capture_out_flush(struct capture_out *out, bool (*wait)(void *arg), void *arg)
{
	size_t done = 0;
	int err = 0;

	if (out->file.failed)
		err = fail(out, -ENOMEM);
	while (!err && done < out->file.n) {
		struct pollfd fd = {.fd = out->fd, .events = POLLOUT};
		size_t left = out->file.n - done;
		ssize_t n = -1;

		errno = EAGAIN;
		if (poll(&fd, 1, WAIT_MS) == 1)
			n = write(out->fd, out->file.bytes + done, left < CHUNK ? left : CHUNK);
		if (n >= 0)
			done += n;
		else if (errno != EINTR && errno != EAGAIN)
			err = errno == EPIPE ? -EPIPE : fail(out, -errno);
		else if (!wait(arg))
			err = -EINTR;
	}
	if (err)
		cut(out, done);
	else
		out->begun = true;
	pcapng_taken(&out->file);
	return err;
}

/* --- what stands in it ------------------------------------------------------------------------ */

void capture_out_clock(struct capture_out *out)
{
	uint64_t ahead = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);

	if (ahead - out->ahead + CLOCK_SLACK > 2 * CLOCK_SLACK)
		out->ahead = ahead;
}

static uint64_t now(const struct capture_out *out)
{
	return clock_ns(CLOCK_MONOTONIC) + out->ahead;
}

/* The interface that packets of a slot belong to now; NULL: none. */
static struct capture_source *source_of(const struct capture_out *out, uint32_t slot)
{
	for (size_t i = out->n_sources; i-- > 0;)
		if (out->sources[i].slot == slot && !out->sources[i].ended)
			return &out->sources[i];
	return NULL;
}

static void end_source(struct capture_out *out, struct capture_source *source,
		       const struct xe_captured *counts)
{
	const __u64 *to = (const __u64 *)counts;
	__u64 *own = (__u64 *)&source->counts;

	for (size_t i = 0; i < sizeof(*counts) / sizeof(*to); i++)
		own[i] = to[i] - own[i];
	source->to = now(out);
	source->ended = true;
}

/* What a NIC faces, as far as it is one thing. */
static const char *description(const struct xe_interface *interface)
{
	for (int side = 0; side < XE_SIDE_COUNT; side++)
		if (interface->sides == 1u << side)
			return side_text(side);
	return "several sides, by VLAN";
}

static int begin_source(struct capture_out *out, const struct xe_interface *interface,
			uint32_t slot, uint32_t snap, const struct xe_captured *counts)
{
	struct capture_source *sources =
		realloc(out->sources, (out->n_sources + 1) * sizeof(*sources));

	if (!sources)
		return fail(out, -ENOMEM);
	out->sources = sources;
	sources[out->n_sources] =
		(struct capture_source){.slot = slot, .from = now(out), .counts = *counts};
	memcpy(sources[out->n_sources++].name, interface->name, sizeof(interface->name));
	pcapng_interface(&out->file, interface->name, description(interface), snap);
	return 0;
}

int capture_out_interfaces(struct capture_out *out, const struct xe_interface *interfaces,
			   uint32_t n_slots, uint64_t slots, uint32_t snap,
			   const struct xe_captured *counts)
{
	int err = 0;

	for (uint32_t slot = 0; !err && slot < n_slots && slot < XE_MAX_NICS; slot++) {
		struct capture_source *source = source_of(out, slot);
		bool wanted =
			slots >> slot & 1 && interfaces[slot].name[0] && interfaces[slot].prog_id;

		if (source && wanted && !strcmp(source->name, interfaces[slot].name))
			continue;
		if (source)
			end_source(out, source, &counts[slot]);
		if (wanted)
			err = begin_source(out, &interfaces[slot], slot, snap, &counts[slot]);
	}
	return err;
}

/* What the rows made of it. */
static size_t put_meaning(const struct capture_packet *packet, char *text, size_t size)
{
	const struct xe_sample *sample = packet->sample;
	const struct meta *meta = packet->meta;
	const struct xe_atom *atom;

	if (!meta || sample->atom >= meta->n_atoms)
		return snprintf(text, size, "generation=%u atom=%u", sample->generation,
				sample->atom);
	atom = &meta->atoms[sample->atom];
	if (atom->row < meta->n_rows)
		return snprintf(text, size, "row=%s sense=%s", meta->rows[atom->row].id,
				sense_text(atom->sense));
	return snprintf(text, size, "miss=%s",
			atom->miss < XE_MISS_COUNT ? miss_text(atom->miss) : "?");
}

static size_t put_verdict(const struct capture_packet *packet, char *text, size_t size)
{
	const struct xe_sample *sample = packet->sample;

	if (sample->reason >= XE_REASON_COUNT)
		return snprintf(text, size, " verdict=passed");
	return snprintf(text, size, " verdict=%s reason=%s role=%s",
			sample->dropped ? "dropped" : "would-drop", reason_text(sample->reason),
			sample->role && sample->role < packet->n_roles
				? packet->roles[sample->role].name
				: "none");
}

static const char *service_of(const struct capture_packet *packet)
{
	const struct meta *meta = packet->meta;
	uint32_t atom = packet->sample->atom;

	if (!meta || atom >= meta->n_atoms || meta->atoms[atom].row >= meta->n_rows)
		return NULL;
	return meta->rows[meta->atoms[atom].row].service;
}

void capture_out_packet(struct capture_out *out, const struct capture_packet *packet)
{
	const struct xe_sample *sample = packet->sample;
	struct capture_source *source = source_of(out, sample->slot);
	const char *service = service_of(packet);
	char comment[512];
	size_t n;

	if (!source)
		return;
	n = put_meaning(packet, comment, sizeof(comment));
	n += put_verdict(packet, comment + n, sizeof(comment) - n);
	n += snprintf(comment + n, sizeof(comment) - n, " interface=%s", source->name);
	if (service)
		snprintf(comment + n, sizeof(comment) - n, " service=%s", service);
	pcapng_packet(&out->file, &(struct pcapng_packet){
					  .interface = source - out->sources,
					  .at = sample->at + out->ahead,
					  .bytes = sample + 1,
					  .captured = sample->captured,
					  .length = sample->length,
					  .action = sample->action,
					  .comment = comment,
				  });
	if (out->file.failed)
		return; /* no memory: nothing of it will be written */
	source->written++;
	out->written++;
}

void capture_out_missed(struct capture_out *out, uint64_t from, uint64_t to)
{
	from += out->ahead;
	to += out->ahead;
	for (size_t i = 0; i < out->n_sources; i++) {
		struct capture_source *source = &out->sources[i];
		uint64_t first = source->from > from ? source->from : from;
		uint64_t last = source->ended && source->to < to ? source->to : to;

		if (last > first)
			source->missed += last - first;
	}
}

void capture_out_missed_text(uint64_t missed, char *text, size_t size)
{
	uint64_t tenths = (missed + 99999999) / 100000000;

	*text = '\0';
	if (missed)
		snprintf(text, size,
			 "; not looked at for up to %" PRIu64 ".%" PRIu64
			 " s while the policy was replaced",
			 tenths / 10, tenths % 10);
}

static void put_statistics(struct capture_out *out, size_t interface)
{
	const struct capture_source *source = &out->sources[interface];
	const struct xe_captured *counts = &source->counts;
	char comment[512], missed[128];

	capture_out_missed_text(source->missed, missed, sizeof(missed));
	snprintf(comment, sizeof(comment),
		 "chosen %llu: written %" PRIu64
		 ", sampled out %llu, over the rate %llu, lost %llu "
		 "(no room in the ring), lost %llu (the command stood still); received while the "
		 "policy changed %llu%s",
		 counts->chosen, source->written, counts->sampled_out, counts->limited,
		 counts->lost, counts->expired, counts->stale, missed);
	pcapng_statistics(&out->file, &(struct pcapng_statistics){
					      .interface = interface,
					      .from = source->from,
					      .to = source->to,
					      .received = counts->seen,
					      .accepted = counts->chosen,
					      .dropped = counts->lost + counts->expired,
					      .delivered = source->written,
					      .comment = comment,
				      });
}

void capture_out_end(struct capture_out *out, const struct xe_captured *counts)
{
	for (size_t i = 0; i < out->n_sources; i++) {
		if (!out->sources[i].ended)
			end_source(out, &out->sources[i], &counts[out->sources[i].slot]);
		put_statistics(out, i);
	}
}
