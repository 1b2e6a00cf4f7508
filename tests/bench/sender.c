// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends the packets of a trace through a veth pair as fast as its other end takes them, or at a
 * rate, and says exactly how many arrived.
 *
 * Frames are made by BPF_PROG_TEST_RUN of an XDP program in live-frames mode (Linux 5.18): no
 * socket, no skb. The program writes the next headers of the trace over the frame and redirects it
 * out of --dev, so that the other end receives it as from a wire. There, an XDP program or GRO must
 * be on, or veth has no ring to put the frames into. The other end is served on the CPU that sends,
 * unless its NAPI is threaded: the figures are of one core for both.
 *
 * Every frame is accounted for: attempted = delivered + dropped (the other end's ring was full)
 * + refused (the device is down, or the other end has neither XDP nor GRO).
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sender_run.h"
#include "sender.skel.h"
#include "trace.h"
#include "veth_stats.h"

#define BATCH_MAX      256
#define FRAME_SIZE_MAX 1514

struct options {
	struct sender_run run;
	const char *device, *trace;
	uint8_t dmac[6], smac[6];
	bool json;
};

static void stop(int signal)
{
	(void)signal;
	sender_stop();
}

static int usage(FILE *to)
{
	fputs("usage: sender --dev VETH --trace FILE [OPTION]...\n"
	      "Send the packets of a trace, over and over, out of one end of a veth pair.\n"
	      "\n"
	      "  --dev VETH       our end; the other one needs an XDP program or GRO\n"
	      "  --trace FILE     one packet a line: PROTO SADDR DADDR SPORT DPORT [syn];\n"
	      "                   PROTO tcp or udp; '-' is standard input\n"
	      "  --count N        stop after N packets\n"
	      "  --seconds S      stop after S seconds (the earlier of both)\n"
	      "  --rate R         at most R packets a second, in bursts\n"
	      "  --cpu LIST       one sending thread on each, as 0 or 0,1 (default: this one)\n"
	      "  --batch N        frames the other end gets at once, 1..256 (default 64)\n"
	      "  --size N         bytes of a frame without check sequence (default 64, IPv6 80)\n"
	      "  --dmac MAC       destination (default ff:ff:ff:ff:ff:ff; for a stack, its own)\n"
	      "  --smac MAC       source (default VETH's)\n"
	      "  --json           one JSON object instead of text\n"
	      "\n"
	      "Each thread starts at its share of the trace: of T threads and N packets, thread k\n"
	      "at packet k*N/T. Exit code 0: sent as asked, whatever was dropped; 1 failure;\n"
	      "2 usage; 3 not supported here.\n",
	      to);
	return to == stdout ? 0 : 2;
}

static int bad(const char *option, const char *value, const char *reason)
{
	fprintf(stderr, "sender: --%s: %s: %s\n", option, value, reason);
	return 2;
}

static bool number(const char *text, double min, double max, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return *text >= '0' && *text <= '9' && !*end && *value >= min && *value <= max;
}

static bool mac(const char *text, uint8_t *to)
{
	int end = 0;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", to, to + 1, to + 2, to + 3,
		      to + 4, to + 5, &end) == 6 &&
	       !text[end];
}

static bool cpu_list(const char *text, struct options *o)
{
	char *end;

	for (o->run.n_cpus = 0; *text; text = *end ? end + 1 : end) {
		unsigned long cpu = strtoul(text, &end, 10);

		if (end == text || (*end && *end != ',') || cpu >= SENDER_CPUS_MAX ||
		    o->run.n_cpus == SENDER_CPUS_MAX)
			return false;
		for (unsigned i = 0; i < o->run.n_cpus; i++)
			if (o->run.cpu[i] == (int)cpu)
				return false;
		o->run.cpu[o->run.n_cpus++] = cpu;
	}
	return o->run.n_cpus;
}

static bool device_mac(const char *device, uint8_t *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {0};
	bool ok;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	ok = fd >= 0 && !ioctl(fd, SIOCGIFHWADDR, &ifr);
	if (fd >= 0)
		close(fd);
	memcpy(to, ifr.ifr_hwaddr.sa_data, 6);
	return ok;
}

enum { DEV = 1, TRACE, COUNT, SECONDS, RATE, CPU, BATCH, SIZE, DMAC, SMAC, JSON, HELP };

static const struct option long_options[] = {
	{"dev", required_argument, NULL, DEV},
	{"trace", required_argument, NULL, TRACE},
	{"count", required_argument, NULL, COUNT},
	{"seconds", required_argument, NULL, SECONDS},
	{"rate", required_argument, NULL, RATE},
	{"cpu", required_argument, NULL, CPU},
	{"batch", required_argument, NULL, BATCH},
	{"size", required_argument, NULL, SIZE},
	{"dmac", required_argument, NULL, DMAC},
	{"smac", required_argument, NULL, SMAC},
	{"json", no_argument, NULL, JSON},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

/* One option. 0, or the exit code. */
static int take_option(struct options *o, int option)
{
	double value;

	switch (option) {
	case DEV:
		o->device = optarg;
		return 0;
	case TRACE:
		o->trace = optarg;
		return 0;
	case COUNT:
		if (!number(optarg, 1, 1e15, &value))
			return bad("count", optarg, "not a number of packets");
		o->run.count = value;
		return 0;
	case SECONDS:
		if (!number(optarg, 1e-3, 1e6, &o->run.seconds))
			return bad("seconds", optarg, "not a time, 0.001..1000000");
		return 0;
	case RATE:
		if (!number(optarg, 1, 1e9, &o->run.rate))
			return bad("rate", optarg, "not packets a second, 1..1000000000");
		return 0;
	case CPU:
		return cpu_list(optarg, o) ? 0 : bad("cpu", optarg, "not a list of different CPUs");
	case BATCH:
		if (!number(optarg, 1, BATCH_MAX, &value))
			return bad("batch", optarg, "a batch is 1..256");
		o->run.batch = value;
		return 0;
	case SIZE:
		if (!number(optarg, 8 * SENDER_WORDS_SHORT, FRAME_SIZE_MAX, &value))
			return bad("size", optarg, "a frame is 64..1514 bytes");
		o->run.size = value;
		return 0;
	case DMAC:
		return mac(optarg, o->dmac) ? 0 : bad("dmac", optarg, "not a MAC address");
	case SMAC:
		return mac(optarg, o->smac) ? 0 : bad("smac", optarg, "not a MAC address");
	case JSON:
		o->json = true;
		return 0;
	default:
		return usage(stderr);
	}
}

/* -1: go on; else the exit code. */
static int take_options(int argc, char **argv, struct options *o)
{
	bool smac = false;
	int option, rc;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == HELP)
			return usage(stdout);
		smac |= option == SMAC;
		rc = take_option(o, option);
		if (rc)
			return rc;
	}
	if (optind < argc || !o->device || !o->trace)
		return usage(stderr);
	if (!o->run.count && !o->run.seconds) {
		fputs("sender: --count or --seconds must say when to stop\n", stderr);
		return 2;
	}
	if (!if_nametoindex(o->device)) {
		fprintf(stderr, "sender: %s: no such device in this network namespace\n",
			o->device);
		return 1;
	}
	if (!smac && !device_mac(o->device, o->smac)) {
		fprintf(stderr, "sender: %s: %s\n", o->device, strerror(errno));
		return 1;
	}
	if (!o->run.n_cpus)
		o->run.cpu[o->run.n_cpus++] = sched_getcpu();
	return -1;
}

static struct sender_bpf *load(const struct options *o, const struct trace *trace)
{
	uint32_t value = (trace->ipv6 ? SENDER_WORDS_LONG : SENDER_WORDS_SHORT) * 8;
	struct sender_bpf *skel = sender_bpf__open();

	if (!skel)
		return NULL;
	skel->rodata->device = if_nametoindex(o->device);
	skel->rodata->frames = trace->n;
	skel->rodata->long_headers = trace->ipv6;
	if (bpf_map__set_value_size(skel->maps.trace, value) ||
	    bpf_map__set_max_entries(skel->maps.trace, trace->n) || sender_bpf__load(skel))
		goto fail;
	for (uint32_t i = 0; i < trace->n; i++)
		if (bpf_map_update_elem(bpf_map__fd(skel->maps.trace), &i, &trace->headers[i], 0))
			goto fail;
	return skel;
fail:
	sender_bpf__destroy(skel);
	return NULL;
}

/*
 * The other end picks its ring by the sending CPU, and the driver counts a ring's frames without a
 * lock: each CPU needs a ring of its own, or counts get lost. 0 or the exit code.
 */
static int check_queues(const struct options *o, unsigned queues)
{
	for (unsigned i = 0; i < o->run.n_cpus; i++)
		for (unsigned k = 0; k < i; k++)
			if (o->run.cpu[i] % queues == o->run.cpu[k] % queues) {
				fprintf(stderr,
					"sender: %s: CPUs %d and %d would share one of its %u"
					" queues; make both ends with numtxqueues and numrxqueues"
					" of one a CPU\n",
					o->device, o->run.cpu[k], o->run.cpu[i], queues);
				return 1;
			}
	return 0;
}

static void print(const struct options *o, const struct sender_times *t, size_t frames,
		  uint64_t delivered, uint64_t dropped)
{
	uint64_t refused = t->attempted - delivered - dropped;

	if (o->json) {
		printf("{\"device\":\"%s\",\"cpus\":%u,\"frames\":%zu,\"frame_bytes\":%zu,"
		       "\"attempted\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"dropped\":%" PRIu64
		       ",\"refused\":%" PRIu64 ",\"seconds\":%.6f,\"packets_per_second\":%.0f,"
		       "\"wall_ns\":%.2f,\"wall_ns_median\":%.2f,\"cpu_ns\":%.2f,\"cpu_ns_median\":"
		       "%.2f}\n",
		       o->device, o->run.n_cpus, frames, o->run.size, t->attempted, delivered,
		       dropped, refused, t->seconds, delivered / t->seconds, t->wall_ns,
		       t->wall_ns_median, t->cpu_ns, t->cpu_ns_median);
		return;
	}
	printf("attempted %" PRIu64 ", delivered %" PRIu64 ", dropped %" PRIu64 ", refused %" PRIu64
	       "\n%.3f s, %.0f packets a second delivered\n",
	       t->attempted, delivered, dropped, refused, t->seconds, delivered / t->seconds);
	if (t->wall_ns)
		printf("ns a packet: %.1f of the clock (median %.1f), %.1f of the CPU (median "
		       "%.1f)\n",
		       t->wall_ns, t->wall_ns_median, t->cpu_ns, t->cpu_ns_median);
}

static int failed(const struct options *o, int err)
{
	if (err == -EINVAL || err == -EOPNOTSUPP) {
		fprintf(stderr, "sender: %s: this kernel sends no live frames (Linux 5.18 does)\n",
			strerror(-err));
		return 3;
	}
	fprintf(stderr, "sender: %s: %s\n", o->device, strerror(-err));
	return 1;
}

/* 0 or the exit code. */
static int send_trace(struct options *o, const struct trace *trace)
{
	struct sender_bpf *skel;
	struct veth_stats before, after;
	struct sender_times times;
	int err = veth_stats_read(o->device, &before), rc;

	if (err) {
		fprintf(stderr, "sender: %s: %s\n", o->device,
			err == -EOPNOTSUPP ? "not a veth; what arrives could not be told"
					   : strerror(-err));
		return err == -EOPNOTSUPP ? 3 : 1;
	}
	rc = check_queues(o, before.queues);
	if (rc)
		return rc;
	skel = load(o, trace);
	if (!skel) {
		fprintf(stderr, "sender: cannot load the program: %s (root?)\n", strerror(errno));
		return 1;
	}
	o->run.program = bpf_program__fd(skel->progs.sender);
	o->run.places = skel->bss->places;
	o->run.frames = trace->n;
	err = sender_run(&o->run, &times);
	if (!err)
		err = veth_stats_read(o->device, &after);
	if (err)
		rc = failed(o, err);
	else
		print(o, &times, trace->n, after.delivered - before.delivered,
		      after.dropped - before.dropped);
	sender_bpf__destroy(skel);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = {.run.batch = 64, .dmac = {255, 255, 255, 255, 255, 255}};
	struct sigaction action = {.sa_handler = stop};
	struct trace trace;
	int rc = take_options(argc, argv, &o);
	size_t least;

	if (rc >= 0)
		return rc;
	rc = trace_read(o.trace, &trace);
	if (rc) {
		if (rc != -EINVAL)
			fprintf(stderr, "sender: %s: %s\n", o.trace, strerror(-rc));
		return 1;
	}
	least = (trace.ipv6 ? SENDER_WORDS_LONG : SENDER_WORDS_SHORT) * 8;
	if (!o.run.size)
		o.run.size = least;
	if (o.run.size < least) {
		fprintf(stderr, "sender: --size %zu: IPv6 packets need %zu bytes\n", o.run.size,
			least);
		trace_free(&trace);
		return 2;
	}
	trace_finish(&trace, o.dmac, o.smac, o.run.size);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	rc = send_trace(&o, &trace);
	trace_free(&trace);
	return rc;
}
