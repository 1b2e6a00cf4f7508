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
	bool about; /* counted in parts, or told from one: fill_parts.h */
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
	uint32_t row;	    /* index in `rows` */
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
	enum nic_state *states; /* [interface]: how its NIC stands; NULL: nobody has looked */
	size_t n_interfaces;
	struct xe_row
		*rows; /* of the live generation in its order, then those only the totals know */
	uint32_t *rows_users; /* of these same rows, this one among them; NULL: nobody else */
	size_t n_rows;
	size_t n_live_rows;	  /* the first ones */
	struct stats_cell *cells; /* [place * n_interfaces + interface]: snapshot_cells() */
	/*
	 * The place of each row's cells: most rows of a long list count nothing, and all of those
	 * have place 0, which is zeros; of others each has its own, below n_places. NULL: each has
	 * its own, in their order.
	 */
	uint32_t *places;
	size_t n_places;
	uint32_t *cells_users;	    /* as rows_users, of cells and places */
	struct xe_counter *decided; /* [interface]: by all rows; NULL: to be added up */
	struct xe_counter *misses;  /* [miss * n_interfaces + interface], XE_MISS_COUNT misses */
	struct snapshot_guard guard;
	struct snapshot_partner *partners; /* of the row that reader_watch() named */
	size_t n_partners;
};

void snapshot_free(struct snapshot *snapshot);
/*
 * Rows are large, and the same from one reading to the next: more than one snapshot may have the
 * same ones, which live as long as the last of them. Then a row has the same place in all of them,
 * but that it may have counted nothing yet in earlier ones. 0 or -ENOMEM.
 */
int snapshot_open_rows(struct snapshot *snapshot);
/* Let `to`, which has none, have the rows of `from`, for which that has been done. */
void snapshot_share_rows(const struct snapshot *from, struct snapshot *to);
/* The same of cells and their places, of which it gets its own if it has some in common. */
int snapshot_open_cells(struct snapshot *snapshot);
static inline bool snapshot_cells_are_shared(const struct snapshot *snapshot)
{
	return __atomic_load_n(snapshot->cells_users, __ATOMIC_ACQUIRE) > 1;
}
/*
 * What rows and interfaces have counted, for a snapshot that is empty: rows and cells in common,
 * the rest as a copy. 0 or -ENOMEM; free it in any case.
 */
int snapshot_share(const struct snapshot *from, struct snapshot *to);

/* What a row has counted, by interface. */
static inline const struct stats_cell *snapshot_cells(const struct snapshot *snapshot, size_t row)
{
	return snapshot->cells +
	       (snapshot->places ? snapshot->places[row] : row) * snapshot->n_interfaces;
}

/* Whether a row may have counted anything: else all of its cells are zeros. */
static inline bool snapshot_has_counted(const struct snapshot *snapshot, size_t row)
{
	return !snapshot->places || snapshot->places[row];
}

/* Sum over all interfaces. */
struct stats_cell snapshot_row(const struct snapshot *snapshot, size_t row);
struct xe_counter snapshot_miss(const struct snapshot *snapshot, enum xe_miss miss);
/* What passed one interface unjudged, since the load: no policy is for it (XE_MISS_NO_POLICY). */
struct xe_counter snapshot_unjudged(const struct snapshot *snapshot, size_t interface);
/* Decided by rows plus misses: packets the program saw; one interface, or all with interface = -1.
 */
struct xe_counter snapshot_total(const struct snapshot *snapshot, int interface);

const char *nic_state_text(enum nic_state state);
/* How an interface's NIC stands: NIC_UNKNOWN where nobody has looked. */
enum nic_state snapshot_nic(const struct snapshot *snapshot, size_t interface);
/* Whether what enters a NIC of this state passes by our program. */
bool nic_state_is_lost(enum nic_state state);
/*
 * From the states of the NICs, where a policy that enforces does not, into the snapshot's guard;
 * nothing of another policy.
 */
void snapshot_find_gaps(struct snapshot *snapshot);
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
