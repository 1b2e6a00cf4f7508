// SPDX-License-Identifier: GPL-2.0-only
/* A trace out of a capture file. */
#include "bench_headers.h"
#include "capture_file.h"

#define TRACE_WARM     10000  /* fewer different packets than this stay in the caches */
#define FILE_FRAMES    262144 /* of a capture */
#define FRAME_SHORTEST 14

int bench_trace_read(const char *path, struct bench_trace *t)
{
	pcap_t *capture = capture_file_open(path);
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
