/* SPDX-License-Identifier: GPL-2.0-only */
/* What `bench` has to tell, and its three forms. Times are nanoseconds a packet. */
#ifndef XE_OUTPUT_BENCH_REPORT_H
#define XE_OUTPUT_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

enum bench_verdict { VERDICT_PASS, VERDICT_DROP, VERDICTS };

struct bench_environment {
	char site[40];
	char cpu[128];
	unsigned cpus_online, cpu_used; /* the measuring thread stays on one */
	char kernel[200];
	bool jit;
	struct bench_nic {
		char name[16];
		char driver[32]; /* "absent" if there is no such NIC here */
	} * nics;
	size_t n_nics;
	char xdp_edge[32], libbpf[16], clang[128];
	size_t rows_active, atoms, block_bytes;
	uint32_t xlated_bytes, jited_bytes; /* of the shipped program */
	unsigned rounds;
	uint32_t repeat;
};

/*
 * Medians over rounds, but for ns_min. The floors ran the same frame in the same rounds; `ratio`
 * and `added_ns` are medians of each round's own, and so not quite those of the medians.
 */
struct bench_figures {
	double pass_ns, count_ns; /* the bare verdict; parse and count */
	double ns_min, ns_median; /* the shipped program */
	double ratio;		  /* of it to parse and count */
	double added_ns;	  /* by it to the bare verdict */
	/* of a trace: what its prologue costs, which is taken from all of the above */
	double prologue_ns;
};

struct bench_case {
	char *name;
	const char *kind;	/* "row", "miss", "vlan", …, "feature", "trace" */
	const char *row;	/* the row the case is about, or NULL */
	const char *decided_by; /* the row that decides, if it is another; or NULL */
	const char *miss;	/* or NULL */
	const char *sense;	/* of the row: "forward", "reply"; or NULL */
	unsigned family;	/* 4, 6; 0: neither, or both */
	char interface[24];	/* the NIC, or NIC.VLAN, that it enters by */
	char packet[128];	/* in words */
	bool hit;		/* a row decides: part of the summary */
	size_t tuples, atoms;	/* of a trace: different tuples in it, atoms they cover */
	bool measured[VERDICTS];
	struct bench_figures figures[VERDICTS];
	char why_not[128]; /* there is no such packet, because …; else empty */
	enum bench_aim {
		AIM_NONE,
		AIM_STATE, /* of a known flow, where flows are remembered */
		AIM_DROP,  /* dropped, because nothing allows it */
	} aim;		   /* what the summary tells apart */
};

struct bench_report {
	struct bench_environment environment;
	struct bench_case *cases;
	size_t n_cases;
};

/* Medians over the hit cases of one family and verdict, without traces. False if there is none. */
struct bench_summary {
	double pass_ns, count_ns, ratio, added_ns;
};
bool bench_summary(const struct bench_report *report, unsigned family, enum bench_verdict verdict,
		   struct bench_summary *out);

/* The median ratio over the cases of one aim, of one family or (0) both. False if there is none. */
bool bench_aim_ratio(const struct bench_report *report, enum bench_aim aim, unsigned family,
		     double *out);

const char *bench_verdict_text(enum bench_verdict verdict);
/* A finite median of `n` > 0 values, which get sorted. */
double bench_median(double *values, size_t n);
/* "wan0 veth, lan0 absent" */
void bench_nics_text(const struct bench_environment *environment, char *buf, size_t size);

/* 0 or -ENOMEM; errors of writing stay with `out`. */
int bench_table(const struct bench_report *report, FILE *out, unsigned width, bool colour);
/*
 * One line a case and verdict, none for what could not be measured; the environment stands in
 * columns of each line, so that every line is whole by itself and runs can be put together.
 */
void bench_csv(const struct bench_report *report, FILE *out);
/* NULL: no memory. */
json_t *bench_json(const struct bench_report *report);

#endif
