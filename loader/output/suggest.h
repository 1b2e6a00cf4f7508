/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From packets that no row allows to rows that would allow them: the operator's choice, made easy,
 * never made for him. What cannot be a row without opening more than was seen is proposed as a
 * comment only.
 */
#ifndef XE_OUTPUT_SUGGEST_H
#define XE_OUTPUT_SUGGEST_H

#include <stdio.h>
#include <time.h>

#include "../policy/resolve.h"
#include "xdp_edge.h"

/* One record of the map `suspects`. */
struct suspect {
	struct xe_suspect_key key;
	struct xe_suspect seen;
};

/* So many addresses, that no role holds, at one end become `any`; with fewer they are listed. */
#define PROPOSAL_ANY_FROM 8
/* Where `any` would not match they are listed all the same, the heaviest of them. */
#define PROPOSAL_LIST_MAX 32
/* More ports between the same ends than this are a scan, or a range. */
#define PROPOSAL_PORTS_MAX 16

enum proposal_kind {
	PROPOSAL_ROW,
	PROPOSAL_RANGE, /* many ports: a scan, or the range of a product */
	PROPOSAL_OPEN,	/* neither TCP nor UDP: only a row of any protocol would match */
	PROPOSAL_NONE	/* unsolicited replies: a row has them already */
};

/* An address and how many packets it had. */
struct proposal_address {
	struct prefix address;
	uint64_t packets;
};

struct proposal_end {
	int role;			    /* or -1: */
	struct proposal_address *addresses; /* the heaviest first */
	size_t n_addresses;
	bool any; /* they become `any`; else the first PROPOSAL_LIST_MAX are the end */
};

struct proposal {
	char name[49]; /* of the row; empty of PROPOSAL_NONE */
	enum proposal_kind kind;
	uint8_t proto;
	uint16_t port_lo, port_hi; /* one port, but of PROPOSAL_RANGE; 0 without ports */
	size_t n_ports;
	struct proposal_end source, destination;
	uint64_t packets, bytes, first, last; /* ns, CLOCK_MONOTONIC */
	uint64_t answers; /* of the packets: those from the destination, whose port is the service's
			   */
	uint32_t reasons; /* bits: enum xe_reason */
	uint64_t slots;	  /* bits: NICs they entered by */
	bool syn;	  /* a TCP SYN told which end serves */
	bool estimated;	  /* counts for packets that were not recorded */
	size_t n_suspects; /* records that it is made of */
};

struct proposals {
	struct proposal *v; /* the heaviest first */
	size_t n;
	/* over all that is remembered */
	uint64_t packets, bytes;
	size_t n_suspects;
	bool estimated;
};

/* What the map held, and what is known of the policy. */
struct suggest_input {
	const char *name;	     /* of the loaded policy */
	const struct policy *policy; /* of its site file; NULL: not at hand, addresses only */
	const struct suspect *suspects;
	size_t n;
	const struct xe_interface *interfaces; /* by slot */
	size_t n_interfaces;
	int64_t real_ahead; /* ns that CLOCK_REALTIME is ahead of CLOCK_MONOTONIC */
	time_t now;
};

/* 0 or -ENOMEM; free with proposals_free(), also after a failure. */
int proposals_make(const struct suggest_input *in, struct proposals *out);
void proposals_free(struct proposals *proposals);

/* The word for a row's l4, and a protocol's text for people: "tcp", "udp", "ip protocol 47". */
const char *proposal_l4(const struct proposal *proposal);
void proposal_proto_text(const struct proposal *proposal, char *buf, size_t size);
/* The times of a proposal as people write them. */
void suggest_time_text(const struct suggest_input *in, uint64_t at, char *buf, size_t size);

/* The first `top` of them (0: all) as YAML for the site's `rows`, and as JSON. The latter: 0 or
 * -ENOMEM. */
void suggest_yaml(const struct suggest_input *in, const struct proposals *proposals, size_t top,
		  FILE *out);
int suggest_json(const struct suggest_input *in, const struct proposals *proposals, size_t top,
		 bool pretty, FILE *out);

#endif
