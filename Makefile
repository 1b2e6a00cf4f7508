# SPDX-License-Identifier: GPL-2.0-only
# make            build/xdp-edge
# make test       everything the README's test command runs (root)
# make demo       the lab with real services (root)
# V=1 shows commands.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
CFLAGS  ?= -O2 -g
B       ?= build

Q = $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n')

MULTIARCH := $(shell $(CC) -print-multiarch)
CPPFLAGS_ALL = -Iinclude -Iloader -Ibpf -I$(B) -D_GNU_SOURCE -DXE_VERSION='"$(VERSION)"' \
	-DXE_SPEC_DIR='"$(PREFIX)/share/xdp-edge/spec"' $(CPPFLAGS)
CFLAGS_ALL = -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers $(CFLAGS)
LIBS = -lxdp -lbpf -lelf -lz -lyaml -lcsv -ljansson -lpcap
PURE_LIBS = -lyaml -lcsv -ljansson -lpcap
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Iinclude -I/usr/include/$(MULTIARCH)

lib_src    = $(wildcard loader/policy/*.c loader/output/*.c)
kernel_src = $(wildcard loader/kernel/*.c)
cmd_src    = $(wildcard loader/cmd/*.c) loader/main.c
unit_src   = $(wildcard tests/unit/test_*.c)

objs = $(patsubst %.c,$(B)/%.o,$(1))
units = $(patsubst tests/unit/%.c,$(B)/tests/%,$(unit_src))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all clean unit

all: $(B)/xdp-edge

$(B)/xdp-edge: $(call objs,$(cmd_src) $(kernel_src)) $(B)/libxe.a
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

# The pure part: no libbpf, no root.
$(B)/libxe.a: $(call objs,$(lib_src))
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c | $(B)/xdp_edge.skel.h
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/xdp_edge.bpf.o: bpf/xdp_edge.bpf.c
	@mkdir -p $(@D)
	$(say) CLANG $@
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/xdp_edge.skel.h: $(B)/xdp_edge.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name xdp_edge_bpf > $@

$(B)/tests/%: $(B)/tests/unit/%.o $(B)/libxe.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ -lcmocka $(PURE_LIBS)

unit: $(units)
	$(Q)for t in $(units); do echo "== $$t"; $$t || exit 1; done

clean:
	$(Q)rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
