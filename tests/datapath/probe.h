/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One site as the program sees it: read, compiled, and loaded in a private instance for each NIC.
 * Every run of a frame is held against what the counters must say then. Failures are cmocka's.
 */
#ifndef XE_DATAPATH_PROBE_H
#define XE_DATAPATH_PROBE_H

#include "../oracle/oracle.h"
#include "kernel/instance.h"

/* Frames the kernel takes in one buffer: a page less headroom and what follows the frame. */
#define PROBE_FRAME_MIN 14
#define PROBE_FRAME_MAX 3520

struct probe {
	struct spec spec;
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct compiled compiled;
	struct oracle *oracle;
	struct probe_nic {
		struct instance *instance;   /* made when the first frame comes */
		struct xe_counter *expected; /* by atom */
	} * at;
	bool sweep; /* read every counter after every run */
	uint64_t runs;
};

/* What the program said. */
struct outcome {
	uint32_t atom;
	const char *row; /* id of the deciding row, or NULL */
	enum xe_sense sense;
	enum xe_miss miss;  /* when row is NULL */
	char matches[4096]; /* the match set in order: "ID> " forward, "ID< " reply */
};

/* Spec tables of the repository and the site at `path`; both relative to the repository's top. */
void probe_open(struct probe *p, const char *path);
void probe_close(struct probe *p);

/* NIC and VLAN (0: untagged) by which packets of `side` enter; false if the site has none. */
bool probe_entry(const struct probe *p, enum xe_side side, size_t *nic, uint16_t *vid);
/* The NIC of that name. */
size_t probe_nic(const struct probe *p, const char *name);

/*
 * Run a frame, PROBE_FRAME_MIN to PROBE_FRAME_MAX bytes, through the program of one NIC. The
 * counter of the atom it names must have moved by 1 packet and `len` bytes, and with p->sweep no
 * other at all.
 */
void probe_run(struct probe *p, size_t nic, const uint8_t *frame, size_t len, struct outcome *out);

/* The same by the program's own code in user space, on a copy that ends where the frame ends. */
uint32_t probe_native(const struct probe *p, size_t nic, const uint8_t *frame, size_t len);

/*
 * What the frame must get by the oracle and its own reading of frames. `out->atom` is not set.
 * False: parsing has decided, so that the atom is the miss itself.
 */
bool probe_oracle(struct probe *p, size_t nic, const uint8_t *frame, size_t len,
		  struct outcome *out);

/*
 * Program (from PROBE_FRAME_MIN bytes on), native code and oracle must agree on row, sense, miss
 * and the whole match set. `name` is said when they don't. What they agreed on is in *out.
 */
void probe_agree(struct probe *p, size_t nic, const uint8_t *frame, size_t len, const char *name,
		 struct outcome *out);

/* probe_agree(), and the answer is `row`, or no row and `miss`. */
void probe_expect(struct probe *p, size_t nic, const uint8_t *frame, size_t len, const char *name,
		  const char *row, enum xe_miss miss);

/* Every counter of every instance is what the runs so far add up to. */
void probe_sweep(struct probe *p);

#endif
