/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One or two readings of `stats -j` as the doctor's checks want them: what was counted since the
 * load, and between the two readings, side by side. Texts point into the later reading.
 */
#ifndef XE_OUTPUT_DOCTOR_MODEL_H
#define XE_OUTPUT_DOCTOR_MODEL_H

#include <jansson.h>

#include "../policy/model.h"
#include "xdp_edge.h"

enum doctor_window { SINCE_LOAD, RECENT, DOCTOR_WINDOWS };

struct doctor_count {
	uint64_t in[DOCTOR_WINDOWS]; /* RECENT: 0 without two readings */
};

/* Of a row, on one NIC or on all. */
struct doctor_cell {
	struct doctor_count forward, reply, fresh; /* fresh: TCP SYNs */
};

struct doctor_row {
	const char *id, *role, *service, *ports_text, *source, *destination, *verdict;
	unsigned l4;		 /* L4_TCP | … */
	struct port_set ports;	 /* the service's; empty if the text does not tell */
	bool either;		 /* they may be at either end */
	bool active, annotation; /* annotations decide nothing */
	bool forward_only;	 /* has no replies to be seen */
	struct doctor_cell all;
	struct doctor_count forward_bytes, conforming, other;
	struct doctor_cell *on; /* [NIC]; NULL: not told */
};

/* What the live command knows of a NIC beside its counters. */
struct doctor_facts {
	bool known;
	const char *driver;
	int up, rxvlan, lro, gro_hw; /* -1: not told */
};

struct doctor_nic {
	const char *name;
	const char *state; /* of the program on it; empty: not told */
	unsigned sides;	   /* bits: enum xe_side */
	bool generic;
	bool attached; /* false: no longer in the site, its counts are kept; or `replay` made them
			  up */
	bool counts;   /* the program is on it, as far as is known: what enters it now is counted */
	struct doctor_count packets, misses[XE_MISS_COUNT];
	struct doctor_facts facts;
};

/* What is, or would be, dropped. */
struct doctor_drop {
	const char *reason, *role;
	long nic; /* -1: gone */
	struct doctor_count packets;
};

/* Packets that no row allows, by what they want; counts since they were first seen. */
struct doctor_suspect {
	unsigned proto, port;
	long nic;
	uint64_t packets;
	bool estimated; /* they came faster than they were recorded */
	bool answer;	/* the port is the source's */
};

struct doctor_fill {
	bool known;
	uint64_t live, capacity;
};

/* What a reading has, bits. Readings of older versions, of `--by` and of `--nonzero` lack some. */
enum doctor_field {
	DOCTOR_ROWS = 1,
	DOCTOR_IDLE_ROWS = 2, /* rows without a packet are listed too */
	DOCTOR_ROW_NICS = 4,
	DOCTOR_MISS_NICS = 8,
	DOCTOR_GUARD = 16, /* mode, drops, events */
	DOCTOR_FACTS = 32,
	DOCTOR_SUSPECTS = 64,
	DOCTOR_STATES = 128, /* how the program stands on the NICs */
	DOCTOR_FIELDS = 8    /* how many */
};

struct doctor_model {
	const char *site;
	unsigned has;
	bool recent;	/* there are two readings to compare */
	bool anew;	/* there are, but of two loads */
	double seconds; /* between them; 0: not known */
	uint64_t loaded_at, read_at;
	struct doctor_row *rows;
	size_t n_rows;
	struct doctor_nic *nics;
	size_t n_nics;
	json_t *nic_named; /* their places by name */
	struct doctor_count total, misses[XE_MISS_COUNT];
	bool enforcing, unconfirmed;
	uint64_t confirm_in;
	const json_t *not_enforced_on; /* [{name, state}] */
	struct doctor_drop *drops;
	size_t n_drops;
	struct doctor_count events[XE_EVENT_COUNT];
	struct doctor_fill flows;
	struct doctor_suspect *suspects;
	size_t n_suspects;
};

/*
 * `first` may be NULL, or the same as `last`: one reading. Both must outlive the model. 0,
 * -EINVAL (not as doctor_reading_check() wants them) or -ENOMEM; free with doctor_model_free(),
 * also after a failure.
 */
int doctor_model_read(const json_t *first, const json_t *last, struct doctor_model *out);
void doctor_model_free(struct doctor_model *model);

/*
 * Read less than so many seconds after the load. Where either time is missing, or the clock was set
 * back behind the load, it is not told: false.
 */
bool doctor_is_young(const struct doctor_model *model, uint64_t seconds);
/* Is the word one of a row's end, "director,front-end"? */
bool doctor_end_has(const char *end, const char *word);
/* A NIC that faces `sides` and nothing else. */
bool doctor_nic_is(const struct doctor_nic *nic, unsigned sides);
struct doctor_count doctor_sum(struct doctor_count a, struct doctor_count b);
/* What `a` is more than `b`, or 0. */
struct doctor_count doctor_less(struct doctor_count a, struct doctor_count b);
/* Whether `part` is at least so many thousandths of `of`. Any counts may be given. */
bool doctor_is_share(uint64_t part, uint64_t of, unsigned permille);
struct doctor_count doctor_greater(struct doctor_count a, struct doctor_count b);

#endif
