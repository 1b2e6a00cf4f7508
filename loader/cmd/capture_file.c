// SPDX-License-Identifier: GPL-2.0-only
/* Capture files, opened; see capture_file.h. */
#include "capture_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"

pcap_t *capture_file_open(const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	struct stat st;
	pcap_t *capture;

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
	if (pcap_datalink(capture) != DLT_EN10MB) {
		const char *name = pcap_datalink_val_to_name(pcap_datalink(capture));

		fail("%s: link type %s, not Ethernet", path, name ? name : "unknown");
		pcap_close(capture);
		return NULL;
	}
	return capture;
}
