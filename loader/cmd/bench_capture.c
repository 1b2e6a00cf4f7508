// SPDX-License-Identifier: GPL-2.0-only
/* A trace out of a capture file. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

#include "bench_headers.h"

#define TRACE_WARM     10000  /* fewer different packets than this stay in the caches */
#define FILE_FRAMES    262144 /* of a capture */
#define FRAME_SHORTEST 14

/* A regular file of Ethernet frames; NULL when refused (reported). */
static pcap_t *capture_open(const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture;
	struct stat st;
	int link;

	if (stat(path, &st)) {
		fail("%s: %s", path, strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		fail("%s: not a regular file", path);
		return NULL;
	}
	capture = pcap_open_offline(path, why);
	if (!capture) {
		fail("%s: %s", path, why);
		return NULL;
	}
	link = pcap_datalink(capture);
	if (link == DLT_EN10MB)
		return capture;
	fail("%s: link type %s, not Ethernet", path,
	     pcap_datalink_val_to_name(link) ? pcap_datalink_val_to_name(link) : "unknown");
	pcap_close(capture);
	return NULL;
}

int bench_trace_read(const char *path, struct bench_trace *t)
{
	pcap_t *capture = capture_open(path);
	struct pcap_pkthdr *header;
	size_t left_out = 0, frames = 0;
	const u_char *data;
	int got = 1;

	if (!capture)
		return EXIT_FAILED;
	if (bench_trace_open(t, FILE_FRAMES, false)) {
		pcap_close(capture);
		return fail("out of memory");
	}
	while (t->n < t->max && (got = pcap_next_ex(capture, &header, &data)) == 1) {
		frames++;
		if (header->caplen < FRAME_SHORTEST || header->len > TRACE_FRAME)
			left_out++;
		else
			bench_trace_add(t, data, header->caplen, 0);
	}
	if (got == PCAP_ERROR)
		fail("%s: after frame %zu: %s", path, frames, pcap_geterr(capture));
	pcap_close(capture);
	if (got == PCAP_ERROR)
		return EXIT_FAILED;
	if (!t->n)
		return fail("%s: no frame of %d to %d bytes in it", path, FRAME_SHORTEST,
			    TRACE_FRAME);
	if (left_out)
		fprintf(stderr,
			"xdp-edge: %s: %zu of %zu frames left out: shorter than %d bytes or longer "
			"than %d\n",
			path, left_out, frames, FRAME_SHORTEST, TRACE_FRAME);
	if (t->n == t->max)
		fprintf(stderr, "xdp-edge: %s: only the first %zu different frames are used\n",
			path, t->n);
	if (t->n < TRACE_WARM)
		fprintf(stderr,
			"xdp-edge: %s: only %zu different frames: caches stay warm (%d or more "
			"would show them cold)\n",
			path, t->n, TRACE_WARM);
	return EXIT_OK;
}
