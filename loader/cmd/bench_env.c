// SPDX-License-Identifier: GPL-2.0-only
/* The machine that a benchmark ran on, as far as its figures depend on it. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../kernel/preflight.h"
#include "bench.h"

/* By the names that /proc/cpuinfo has for it on x86, ARM, POWER; else the architecture's. */
static void cpu_text(const char *machine, char *buf, size_t size)
{
	static const char *const keys[] = {"model name", "Model", "Hardware", "cpu"};
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[512];

	snprintf(buf, size, "%s", machine);
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, ':'), *key_end = value;

		if (!value)
			continue;
		while (key_end > line && strchr(" \t", key_end[-1]))
			key_end--;
		*key_end = '\0';
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (!strcmp(line, keys[i])) {
				value += 1 + strspn(value + 1, " \t");
				snprintf(buf, size, "%.*s", (int)strcspn(value, "\n"), value);
				fclose(file);
				return;
			}
	}
	if (file)
		fclose(file);
}

static int read_nics(const struct bench_run *run, struct bench_environment *e)
{
	e->nics = calloc(run->ctx.n_nics + 1, sizeof(*e->nics));
	if (!e->nics)
		return -ENOMEM;
	for (; e->n_nics < run->ctx.n_nics; e->n_nics++) {
		struct bench_nic *nic = &e->nics[e->n_nics];

		snprintf(nic->name, sizeof(nic->name), "%s", run->ctx.nics[e->n_nics].name);
		if (if_nametoindex(nic->name))
			preflight_driver(nic->name, nic->driver, sizeof(nic->driver));
		else
			strcpy(nic->driver, "absent");
	}
	return 0;
}

int bench_environment(struct bench_run *run)
{
	struct bench_environment *e = &run->report.environment;
	struct bench_sizes sizes;
	struct utsname system;

	uname(&system);
	bench_sizes(run->subject.kernel, &sizes);
	snprintf(e->site, sizeof(e->site), "%s", run->ctx.site.name);
	cpu_text(system.machine, e->cpu, sizeof(e->cpu));
	e->cpus_online = sysconf(_SC_NPROCESSORS_ONLN);
	e->cpu_used = sched_getcpu();
	snprintf(e->kernel, sizeof(e->kernel), "%s %s %s", system.sysname, system.release,
		 system.machine);
	e->jit = sizes.jited > 0;
	snprintf(e->xdp_edge, sizeof(e->xdp_edge), "%s", XE_VERSION);
	snprintf(e->libbpf, sizeof(e->libbpf), "%s", libbpf_version_string());
	/* Debian's ends in a blank */
	snprintf(e->clang, sizeof(e->clang), "%.*s", (int)strcspn(sizes.built_by, " "),
		 sizes.built_by);
	for (size_t i = 0; i < run->ctx.policy.n_rows; i++)
		e->rows_active += run->ctx.policy.rows[i].active;
	e->atoms = run->ctx.compiled.n_atoms;
	e->block_bytes = run->ctx.compiled.block->size;
	e->xlated_bytes = sizes.xlated;
	e->jited_bytes = sizes.jited;
	e->rounds = run->request->rounds;
	e->repeat = run->request->repeat;
	return read_nics(run, e);
}
