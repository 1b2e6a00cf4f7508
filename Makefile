# SPDX-License-Identifier: GPL-2.0-only
# make            build/xdp-edge
# make test       everything the README's test command runs (root)
# make demo       the lab with real services (root)
# make bench      beside other tools, with a report in build/bench; QUICK=1: under two minutes; OUT=FILE (root)
# V=1 shows commands.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC = gcc
endif
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
CFLAGS  ?= -O2 -g
B       ?= build

Q = $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n')

MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
CPPFLAGS_ALL = -Iinclude -Iloader -iquote bpf -I$(B) -D_GNU_SOURCE -DXE_VERSION='"$(VERSION)"' \
	-DXE_SPEC_DIR='"$(PREFIX)/share/xdp-edge/spec"' $(CPPFLAGS)
CFLAGS_ALL = -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers $(CFLAGS)
LIBS = -lxdp -lbpf -lelf -lz -lyaml -lcsv -ljansson -lpcap
LIVE_LIBS = -lncursesw -ltinfo -lmicrohttpd -lpthread
PURE_LIBS = -lyaml -lcsv -ljansson -lpcap
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Iinclude -I/usr/include/$(MULTIARCH)

lib_src    = $(wildcard loader/policy/*.c loader/output/*.c)
kernel_src = $(wildcard loader/kernel/*.c)
live_src   = $(wildcard loader/top/*.c loader/serve/*.c)
cmd_src    = $(wildcard loader/cmd/*.c) loader/main.c
unit_src   = $(wildcard tests/unit/test_*.c)

objs = $(patsubst %.c,$(B)/%.o,$(1))
datapath_src = $(wildcard tests/datapath/test_*.c)
datapaths = $(patsubst tests/datapath/%.c,$(B)/tests/%,$(datapath_src))
units = $(patsubst tests/unit/%.c,$(B)/tests/%,$(unit_src))

# The oracle knows nothing of the compiler; only the comparison links both.
oracle_mains = compare compare_kernel oracle_cases
oracle_src = $(filter-out $(oracle_mains:%=tests/oracle/%.c),$(wildcard tests/oracle/*.c))
oracles = $(oracle_mains:%=$(B)/tests/%)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all clean

all: $(B)/xdp-edge

$(B)/xdp-edge: $(call objs,$(cmd_src) $(live_src) $(kernel_src)) $(B)/libxe.a
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIVE_LIBS)

# The files of the page are part of the program (.incbin).
$(B)/loader/serve/page.o: $(wildcard loader/serve/page/*)

# The pure part: no libbpf, no root.
$(B)/libxe.a: $(call objs,$(lib_src))
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

skeletons = $(patsubst %,$(B)/%.skel.h,xdp_edge floor rotate)

$(B)/%.o: %.c | $(skeletons)
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(skeletons:.skel.h=.bpf.o): $(B)/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(say) CLANG $@
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(skeletons): $(B)/%.skel.h: $(B)/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(units): $(B)/tests/%: $(B)/tests/unit/%.o $(B)/libxe.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ -lcmocka $(PURE_LIBS)

# Tests that run the program: root.
datapath_common = $(filter-out tests/datapath/test_%.c tests/datapath/send.c, \
	$(wildcard tests/datapath/*.c))

$(datapaths): $(B)/tests/%: $(B)/tests/datapath/%.o $(call objs,$(datapath_common)) \
		$(call objs,$(oracle_src)) $(call objs,$(kernel_src)) $(B)/libxe.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(B)/tests/compare $(B)/tests/oracle_cases: $(B)/tests/%: $(B)/tests/oracle/%.o \
		$(call objs,$(oracle_src)) $(B)/libxe.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(PURE_LIBS) -lm

$(B)/tests/compare_kernel: $(B)/tests/oracle/compare_kernel.o $(call objs,$(oracle_src)) \
		$(call objs,$(kernel_src)) $(B)/libxe.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS) -lm

$(B)/tests/send: tests/datapath/send.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $<

# The benchmark's sender: live frames, no file of the product.
sender_objs = $(call objs,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))

$(B)/sender.bpf.o: tests/bench/sender.bpf.c
	@mkdir -p $(@D)
	$(say) CLANG $@
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/sender.skel.h: $(B)/sender.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name sender_bpf > $@

$(B)/tests/bench/sender.o: | $(B)/sender.skel.h

$(B)/tests/sender: $(sender_objs)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ -lbpf -lpthread

# A policy of any size in the kernel, for parts of the benchmark.
$(B)/tests/big_policy: $(B)/tests/bench/policy/big_policy.o $(call objs,$(kernel_src)) $(B)/libxe.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

# What many prefixes cost, for that part of the benchmark.
$(B)/tests/prefixes: $(B)/tests/bench/prefixes/prefixes.o $(call objs,$(kernel_src)) $(B)/libxe.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

# --- running ---------------------------------------------------------------------------------------

test_binaries = $(units) $(oracles) $(datapaths) $(B)/tests/send $(B)/tests/sender $(B)/tests/big_policy \
	$(B)/tests/prefixes $(B)/floor.bpf.o
.PHONY: tests test suites demo unit sanitize vm-test mutate mutate-guard spec-check install uninstall deps-test deps-demo deps-bench

# Everything the tests run, built and not run.
tests: $(B)/xdp-edge $(test_binaries)

unit: $(units)
	$(Q)for t in $(units); do echo "== $$t"; $$t || exit 1; done

# Unit tests, and the comparisons with the oracles, under AddressSanitizer and UBSan.
SAN = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
sanitize:
	$(Q)$(MAKE) --no-print-directory B=$(B)/asan CFLAGS="$(SAN)" sanitize-run
.PHONY: sanitize-run
sanitize-run: $(units) $(addprefix $(B)/tests/,compare oracle_cases test_guard test_room)
	$(Q)fail=0; for t in $(units) $(B)/tests/oracle_cases "$(B)/tests/compare --brief --comparisons 80000" \
		$(B)/tests/test_room "$(B)/tests/test_guard --packets 12000"; \
	do echo "== $$t"; $$t || fail=1; done; exit $$fail

# So that both queues take about as long.
live_suites = ops_capture ops_doctor ops_page ops_prometheus ops_serve ops_top
beside = $(if $(filter $(live_suites),$(1)),&)$(1)

# A suite a line: name, tab, command. The queue of those with & runs beside the other one (scripts/run-tests.sh).
define SUITES
$(foreach t,$(units),$(notdir $(t))	$(t)
)import_spec	python3 -B -m unittest tests/unit/import_spec/test_import_spec.py
import_classbench	python3 -B -m unittest tests/unit/import_classbench/test_import_classbench.py tests/unit/import_classbench/test_rules.py
cli	tests/unit/cli_test.sh
oracle_cases	$(B)/tests/oracle_cases
compare	$(B)/tests/compare --brief
compare_kernel	$(B)/tests/compare_kernel
$(foreach t,$(datapaths),$(notdir $(t))	$(t)
)$(foreach t,$(sort $(wildcard tests/datapath/ops_*.sh)),$(call beside,$(basename $(notdir $(t))))	$(t)
)bench_smoke	tests/datapath/bench_smoke.sh
bench_sender	tests/bench/sender_test.sh
bench_report	tests/bench/bench_smoke.sh
lab	tests/datapath/lab_test.sh
lab_enforce	tests/datapath/lab_enforce.sh
&sanitize	$(MAKE) --no-print-directory sanitize
&mutate	$(MAKE) --no-print-directory mutate
&mutate_guard	tests/datapath/mutate_guard.sh -n 6000 $(some_mutations)
&vm	$(MAKE) --no-print-directory vm-test
endef
export SUITES

# What the README names: the packages, then everything.
test: deps-test
	$(Q)$(MAKE) --no-print-directory suites

suites: tests
	$(Q)scripts/mount-bpffs.sh
	$(Q)printf '%s\n' "$$SUITES" | scripts/run-tests.sh $(B)/logs

demo: deps-demo
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/mount-bpffs.sh
	$(Q)scripts/demo.sh

deps-test deps-demo deps-bench: deps-%:
	$(Q)scripts/install-deps.sh $*

.PHONY: bench bench-run
bench: deps-bench
	$(Q)$(MAKE) --no-print-directory bench-run

bench-run: $(B)/xdp-edge $(B)/tests/sender $(B)/tests/big_policy $(B)/tests/prefixes $(B)/floor.bpf.o
	$(Q)scripts/mount-bpffs.sh
	$(Q)XE=$(abspath $(B)/xdp-edge) SENDER=$(abspath $(B)/tests/sender) FLOOR=$(abspath $(B)/floor.bpf.o) \
		OUT=$(abspath $(or $(OUT),$(B)/bench/report.md)) QUICK=$(QUICK) tests/bench/run.sh

vm-test: $(B)/xdp-edge $(B)/tests/test_room $(B)/tests/test_verdicts
	$(Q)tests/vm/vm-test.sh 6.1 "$(B)/tests/test_room" "$(B)/tests/test_verdicts '*enforce'"

mutate:
	$(Q)tests/oracle/mutate.sh

# Defects of the program, each built and run: half an hour. The tests make do with a few.
some_mutations = flow-one-fin flow-established-evicted limit-again fragment-generation name-unsolicited \
	reply-instead nat-one-end rehearse-drops
mutate-guard:
	$(Q)tests/datapath/mutate_guard.sh

.PHONY: format
format:
	$(Q)clang-format -i loader/*.c loader/*/*.c loader/*/*.h bpf/*.[ch] include/*.h maps/*.h \
		tests/*/*.c tests/*/*.h

spec-check:
	$(Q)$(if $(DOCS),,$(error spec-check: DOCS=FOLDER names the folder of the documents))
	$(Q)scripts/import-spec.py --docs $(DOCS) --check

UNITDIR ?= $(PREFIX)/lib/systemd/system
services = xdp-edge@.service xdp-edge-serve@.service

install: $(B)/xdp-edge
	install -D -m 0755 $(B)/xdp-edge $(DESTDIR)$(PREFIX)/bin/xdp-edge
	install -d $(DESTDIR)$(UNITDIR)
	for unit in $(services); do \
		sed 's|@PREFIX@|$(PREFIX)|g' "scripts/systemd/$$unit.in" >"$(DESTDIR)$(UNITDIR)/$$unit" && \
		chmod 0644 "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
	done
	install -d $(DESTDIR)$(PREFIX)/share/xdp-edge
	cp -r maps/spec maps/sites scripts/prometheus scripts/api $(DESTDIR)$(PREFIX)/share/xdp-edge/

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/xdp-edge $(services:%=$(DESTDIR)$(UNITDIR)/%)
	rm -rf $(DESTDIR)$(PREFIX)/share/xdp-edge

clean:
	$(Q)rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
