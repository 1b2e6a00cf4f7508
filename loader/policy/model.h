/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data model of the policy side, whole: what the spec tables and the site file say, before
 * anything is derived from them. Readers (spec.c, site.c) fill it; resolve.c derives the effective
 * rows; compile.c makes the block. None of it knows libbpf.
 */
#ifndef XE_POLICY_MODEL_H
#define XE_POLICY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xdp_edge.h"

/* An address prefix. `addr` in network byte order, IPv4 in its first four bytes; host bits are 0.
 */
struct prefix {
	uint8_t family;	   /* 4 or 6 */
	uint8_t prefixlen; /* 0..32, 0..128 */
	uint8_t addr[16];
};

struct prefix_list {
	struct prefix *v;
	size_t n;
};

/* Inclusive, host byte order. */
struct port_range {
	uint16_t lo, hi;
};

/* Sorted, disjoint, not adjacent; `any` is the one range 0-65535. */
struct port_set {
	struct port_range *v;
	size_t n;
};

#define L4_TCP	 1u
#define L4_UDP	 2u
#define L4_OTHER 4u /* with L4_TCP | L4_UDP: l4 `any` */

struct role {
	char *name;
	char *title;
	enum xe_side side;
	bool is_protected;
	int member_of; /* index of the parent role, or -1 */
	int stand_in;  /* index of the role that serves when this one has no address, or -1 */
	int depth;     /* steps of member_of to the root; 0 for a root */
};

struct table {
	char *id;	/* "document/table" */
	char *document; /* "document" */
	char *title;
	char *file; /* where it was read */
	bool annotation;
	size_t first_row, n_rows; /* in struct spec rows */
};

enum end_kind { END_ANY, END_ROLES, END_PREFIXES };

/* One end of a row: every address, roles (one, or several after narrowing), or literal prefixes. */
struct end {
	enum end_kind kind;
	int *roles;
	size_t n_roles;
	struct prefix_list prefixes;
};

/* What the operator says of a row's replies; without a word the row's form tells (MEANING.md). */
enum row_reply { REPLY_BY_FORM, REPLY_YES, REPLY_NO };

/* Which port of a packet the row's ports limit. */
enum port_match { MATCH_DESTINATION, MATCH_SOURCE, MATCH_EITHER };

/* What becomes of packets that a row decides (VERDICTS.md). */
enum row_verdict { VERDICT_ALLOW, VERDICT_DENY, VERDICT_LIMIT };

/* A token bucket for each source. */
struct limit {
	uint64_t interval; /* ns between two packets, 1 or more; times burst it fits 63 bits */
	uint32_t burst;	   /* packets, 1 or more */
	bool packets;	   /* asked of every packet, not only of new flows */
};

struct verdict {
	enum row_verdict kind;
	struct limit limit; /* of VERDICT_LIMIT */
};

struct row {
	char *id;	 /* "document/table/N"; the operator's own: "site/rows/NAME" */
	int table;	 /* index in spec tables; -1: the operator's own */
	unsigned number; /* N; of the operator's own: 1-based position */
	int role;	 /* index, or -1 for `any` */
	char *service, *app, *note;
	unsigned l4; /* L4_TCP | … */
	struct port_set source_ports, ports;
	struct end source, destination;
	enum row_reply reply; /* of the tables' rows: by form */
	/*
	 * Of the operator's own rows, which may also leave it to site->verdicts, where those of
	 * the tables' stand.
	 */
	struct verdict verdict;
	bool has_verdict;
	int *narrow_to; /* role indices */
	size_t n_narrow_to;
	const char *file; /* where it was written, for messages */
	unsigned line;
};

struct spec {
	char *dir;
	struct role *roles;
	size_t n_roles;
	struct table *tables;
	size_t n_tables;
	struct row *rows; /* table by table, by number */
	size_t n_rows;
};

/* --- the site -----------------------------------------------------------------------------------
 */

struct site_interface {
	char name[XE_IFNAME_MAX]; /* without the VLAN */
	uint16_t vlan;		  /* 1..4094; 0: the NIC itself */
	enum xe_side side;
	unsigned line;
};

/* A deployment's own range for one row or for a role's rows. */
struct site_ports {
	int row;  /* index in spec rows, or -1 */
	int role; /* index in roles, or -1 */
	bool has_ports;
	struct port_set ports;
	enum port_match match;
	unsigned line;
};

/* A verdict on rows of the tables. */
struct site_verdict {
	/* Which rows: index of one, of a table, or of the column `role`; the others are -1. */
	int row, table, role;
	struct verdict verdict;
	unsigned line;
};

/* A list of addresses that nothing is exchanged with. */
struct deny_list {
	char *name;
	struct prefix_list prefixes;
	/* As rows see it: id site/deny/NAME, any l4 and ports; its source shares `prefixes`. */
	struct row row;
	unsigned line;
};

/* Addresses of one host before this box's translation and behind it. */
struct nat_pair {
	struct prefix outside, inside; /* whole addresses of one family */
	unsigned line, column;
};

/* What is remembered of packets, and how much of it. */
struct state_config {
	bool off;
	uint32_t flows, fragments, sources; /* how many at once */
	uint32_t life[XE_LIFE_COUNT];	    /* seconds */
};

#define STATE_FLOWS_DEFAULT	(1u << 18)
#define STATE_FRAGMENTS_DEFAULT (1u << 12)
#define STATE_SOURCES_DEFAULT	(1u << 16)
#define STATE_MAX		(1u << 26)

struct site {
	char *path;
	char *name;
	enum xe_mode mode;
	unsigned mode_line;
	size_t *tables; /* indices in spec tables, in the site's order */
	size_t n_tables;
	struct prefix_list
		*role_prefixes; /* spec->n_roles of them: what the site gives each role */
	size_t n_roles;		/* spec->n_roles, for site_free() */
	struct site_interface *interfaces;
	size_t n_interfaces;
	struct site_ports *ports;
	size_t n_ports;
	struct row *rows; /* the operator's own, in file order */
	size_t n_rows;
	/* verdicts: VERDICTS.md */
	struct site_verdict *verdicts;
	size_t n_verdicts;
	struct deny_list *deny;
	size_t n_deny;
	struct nat_pair *nats;
	size_t n_nats;
	struct state_config state;
	unsigned state_line, state_column; /* 0: the file says nothing of it */
	bool drop_foreign, drop_non_ip, drop_echo, pass_orphans;
	bool suggest; /* keep what is, or would be, dropped for xdp-edge suggest */
	bool payload; /* count payload classes */
	bool hairpin;
	bool narrow_all;
	bool *narrow_rows; /* spec->n_rows: rows listed one by one or by table */
};

/* Whether a role is the group, or a member of it at any depth; `group` is 0 or more. */
bool role_is_in(const struct spec *spec, int role, int group);
/* Free what a row holds, not the row. */
void row_free(struct row *row);

/* app is `DHCP`: its client end also holds 0.0.0.0 and 255.255.255.255. */
bool row_is_dhcp(const struct row *row);
/* Its ports are a range of a product: several, not `any`, not 67,68 of DHCP. A site's `ports` for a
 * role moves them. */
bool row_has_range(const struct row *row);

/* Text of a row's parts; each writes at most `size` bytes with the NUL, cut with "…" if it must be.
 */
void end_text(const struct spec *spec, const struct end *end, char *buf, size_t size);
const char *l4_text(unsigned l4);
const char *side_text(enum xe_side side);
int side_parse(const char *text, enum xe_side *side);
/* All that side_parse() knows, for messages. */
#define SIDES_TEXT "internet, dmz-external, dmz-internal, lan or mirror"
const char *miss_text(enum xe_miss miss);
/* Like all that end so: 0, or -EINVAL if it is the name of none. */
int miss_parse(const char *text, enum xe_miss *miss);
const char *sense_text(enum xe_sense sense);
const char *mode_text(enum xe_mode mode);
int mode_parse(const char *text, enum xe_mode *mode);
#define MODES_TEXT "monitor, rehearse or enforce"
/* "allow", "deny", "limit 50/s burst 100 per source", the last with ", every packet". */
#define VERDICT_TEXT_MAX 64
void verdict_text(const struct verdict *verdict, char buf[VERDICT_TEXT_MAX]);
const char *reason_text(enum xe_reason reason);
int reason_parse(const char *text, enum xe_reason *reason);
const char *exempt_text(enum xe_exempt exempt);
const char *event_text(enum xe_event event);

#endif
