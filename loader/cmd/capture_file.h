/* SPDX-License-Identifier: GPL-2.0-only */
/* Capture files as input. */
#ifndef XE_CMD_CAPTURE_FILE_H
#define XE_CMD_CAPTURE_FILE_H

#include <pcap/pcap.h>

/* A regular pcap or pcapng file of Ethernet frames; NULL when refused (reported). */
pcap_t *capture_file_open(const char *path);

#endif
