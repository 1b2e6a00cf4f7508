/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One reading of all counters, consistent across reloads: what every output renders. The kernel
 * side fills it (kernel/reader.h); outputs and `--by` only add up cells.
 */
#ifndef XE_OUTPUT_SNAPSHOT_H
#define XE_OUTPUT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xdp_edge.h"

struct stats_cell {
	struct xe_counter decided, matched, reply;
	uint64_t new_flows;
	struct xe_conformity payload;
	/* Of `decided`: what is so as a reply, and TCP connection attempts. Unlike those of
	 * `matched` they can be added up over rows. */
	struct xe_counter decided_reply;
	uint64_t decided_new;
};

/* How full a table is that remembers packets. */
struct snapshot_fill {
	bool known; /* there is one, and it may be read */
	bool about; /* told from a part of it */
	uint64_t live, capacity;
};

/* How a NIC stands, beside what was noted when its program was attached. */
enum nic_state {
	NIC_ATTACHED,
	NIC_RENAMED,
	NIC_UNKNOWN,  /* not to be seen without more rights */
	NIC_DETACHED, /* no longer in the site */
	NIC_MISSING,  /* the program is not on it */
	NIC_GONE,
	NIC_MIRROR, /* there is nothing to enforce: its frames are copies */
};

/* A NIC where a policy that enforces does not. */
struct snapshot_gap {
	char name[XE_IFNAME_MAX];
	enum nic_state state; /* NIC_MISSING, NIC_GONE, NIC_MIRROR */
};

/* What became of the packets (loader/policy/VERDICTS.md). */
struct snapshot_guard {
	uint32_t features; /* enum xe_feature of the live policy; 0: it gives no verdicts */
	enum xe_mode mode;
	/*
	 * Of enforce: has it to be confirmed, and in how many seconds does it only rehearse; not
	 * above 0: it does.
	 */
	bool unconfirmed;
	double confirm_in;
	uint64_t confirm_by; /* CLOCK_REALTIME seconds of that moment */
	/* Of enforce: where not; `nowhere`: on no NIC but mirrors is its program. */
	struct snapshot_gap gaps[XE_MAX_NICS];
	size_t n_gaps;
	bool nowhere;
	uint64_t baseline_at; /* CLOCK_REALTIME seconds: since when `verdicts` count */
	/*
	 * NULL where nothing has ever been counted. Interface n_interfaces stands for all that are
	 * no longer in the site; role 0 for none.
	 */
	struct xe_role_name *roles;
	size_t n_roles;
	struct xe_verdicts *verdicts; /* [interface * n_roles + role] */
	struct xe_notes *notes;	      /* [interface], since the load */
	struct snapshot_fill flows, fragments, buckets;
};

/*
 * A row that shares packets with the one that is watched: both stand in the match set of some atom.
 * Counts are of the live generation only, since totals are kept by row.
 */
struct snapshot_partner {
	uint32_t row; /* index in `rows` */
	bool before, after; /* of some of the shared packets it stands before the one watched, … */
	struct xe_counter shared;
	uint64_t here, there; /* packets of them that the one watched decides, that this one does */
};

struct snapshot {
	char site[64];
	uint32_t generation;
	double taken_at; /* CLOCK_MONOTONIC seconds */
	/* CLOCK_REALTIME seconds: of that moment, and since when is counted; 0: not known */
	uint64_t read_at, loaded_at;
	double read_seconds; /* what the reading took */
	struct xe_interface
		*interfaces; /* attached ones first, then those only the totals know (ifindex 0) */
	size_t n_interfaces;
	struct xe_row
		*rows; /* of the live generation in its order, then those only the totals know */
	size_t n_rows;
	size_t n_live_rows;	   /* the first ones */
	struct stats_cell *cells;  /* [row * n_interfaces + interface] */
	struct xe_counter *misses; /* [miss * n_interfaces + interface], XE_MISS_COUNT misses */
	struct snapshot_guard guard;
	struct snapshot_partner *partners; /* of the row that reader_watch() named */
	size_t n_partners;
};

void snapshot_free(struct snapshot *snapshot);

/* Sum over all interfaces. */
struct stats_cell snapshot_row(const struct snapshot *snapshot, size_t row);
struct xe_counter snapshot_miss(const struct snapshot *snapshot, enum xe_miss miss);
/* What passed one interface unjudged, since the load: no policy is for it (XE_MISS_NO_POLICY). */
struct xe_counter snapshot_unjudged(const struct snapshot *snapshot, size_t interface);
/* Decided by rows plus misses: packets the program saw; one interface, or all with interface = -1.
 */
struct xe_counter snapshot_total(const struct snapshot *snapshot, int interface);

const char *nic_state_text(enum nic_state state);
/*
 * Whether packets are dropped now: enforce, confirmed or not yet run out, by the program on every
 * NIC that is no mirror, of which there is one.
 */
bool snapshot_enforces(const struct snapshot_guard *guard);
/* Whether everything passes there: not on a mirror. */
bool snapshot_is_open(const struct snapshot_gap *gap);
/*
 * Dropped, or what would have been, for one reason; interface or role -1: all. Zeros where nothing
 * has ever been counted.
 */
struct xe_counter snapshot_dropped(const struct snapshot *snapshot, int interface, int role,
				   enum xe_reason reason);
struct xe_counter snapshot_would_drop(const struct snapshot *snapshot, int interface, int role,
				      enum xe_reason reason);
/* What passed by a name, and how often something happened to the tables; interface -1: all. */
struct xe_counter snapshot_exempt(const struct snapshot *snapshot, int interface,
				  enum xe_exempt exempt);
uint64_t snapshot_event(const struct snapshot *snapshot, int interface, enum xe_event event);
/* The name of an interface of `verdicts`, or of a role: "none" for role 0. */
const char *snapshot_interface(const struct snapshot *snapshot, size_t interface);
const char *snapshot_role(const struct snapshot *snapshot, size_t role);
#define INTERFACE_GONE "(no longer in the site)"

#endif
