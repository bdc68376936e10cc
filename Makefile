# Quorate: one Makefile, no recursion into folders, no configure.
# `make help` lists the targets.  Variants (VARIANT=asan|clang|ct|fuzz) build
# into build/VARIANT.  V=1 shows the commands.

SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
export LC_ALL := C

VARIANT ?=
B := build$(if $(VARIANT),/$(VARIANT))
CC := gcc
AR := ar
V ?= 0
Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0$(SILENT),$(V)),@printf '  %-6s %s\n' $(1) $(2))

ifneq ($(filter clang fuzz,$(VARIANT)),)
CC := clang
endif

# --- flags: libfido2's warnings, then hardening; each probed once per compiler
WARN := -Wall -Wextra -Wshadow -Wcast-qual -Wwrite-strings \
	-Wmissing-prototypes -Wbad-function-cast -Wimplicit-fallthrough \
	-pedantic -pedantic-errors -Wconversion -Wsign-conversion \
	-Wframe-larger-than=2047 -Werror
HARDEN := -fPIE -fstack-protector-all -fcf-protection \
	-ftrivial-auto-var-init=zero -fzero-call-used-regs=used \
	-fstack-clash-protection -fno-common
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
OPT := -O2 -g -D_FORTIFY_SOURCE=2
SANITIZE :=
ifeq ($(VARIANT),asan)
SANITIZE := -fsanitize=address,undefined
OPT := -O1 -g $(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(VARIANT),fuzz)
SANITIZE := -fsanitize=address,undefined
OPT := -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link -fno-sanitize-recover=all
endif
ifeq ($(VARIANT),ct)
OPT := -O2 -g -DCT_CHECK
endif
ifeq ($(VARIANT),cover)
OPT := -O0 -g --coverage
endif
# sanitizers bring their own stack layout
ifneq ($(SANITIZE),)
WARN := $(filter-out -Wframe-larger-than=2047,$(WARN))
endif
CPPFLAGS := -std=c17 -D_GNU_SOURCE -I. -ffile-prefix-map=$(CURDIR)=.

# These goals run before there is a compiler, or need none.
BARE := check demo image setup help fuzz ct lint interop reproduce cover clean
HEADERS := openssl/evp.h zlib.h sodium.h microhttpd.h curl/curl.h \
	ykpiv/ykpiv.h seccomp.h qrencode.h png.h hpdf.h zbar.h turbojpeg.h
FLAGS_MK := $(B)/flags.mk
ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
ifeq ($(wildcard $(FLAGS_MK))$(shell $(CC) -E -x c $(HEADERS:%=-include %) \
	/dev/null >/dev/null 2>&1 && echo there),)
$(error $(CC), or one of $(HEADERS), is missing; 'make setup' installs: \
	$(shell .ci/setup --list $(if $(VARIANT),test,build)))
endif
-include $(FLAGS_MK)
endif
$(FLAGS_MK): Makefile
	@mkdir -p $(B)
	@for f in $(WARN) $(HARDEN); do \
	  if echo 'int x;' | $(CC) -Werror $$f -x c -c - -o /dev/null \
	    2>/dev/null; then echo "PROBED += $$f"; fi; done >$@.tmp
	@if echo 'int x;' | $(CC) -Werror -O2 -D_FORTIFY_SOURCE=3 -x c -c - \
	    -o /dev/null 2>/dev/null && [ -z "$(VARIANT)" ]; then \
	  echo "PROBED += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"; fi >>$@.tmp
	@mv $@.tmp $@
CFLAGS = $(CPPFLAGS) $(OPT) $(PROBED) -MMD -MP
LDFLAGS = $(HARDEN_LD) $(SANITIZE) $(filter --coverage,$(OPT))

# --- layers, highest first; a program links its own and those below
LAYERS := ceremony qr_carry qr_draw qr_scan qr token_piv token attest host \
	image runtime nsm_sim nsm protocol io attestation airgap
# Layer a_b is the folder a/b or enclave/a/b; some say what they are.
src_qr := qr/*.c qr/scan/alphabet.c
src_attest := token/attest/*.c
src_airgap := $(addprefix airgap/,*.c cli/*.c seal/*.c record/*.c ur/*.c)
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
lib = $(patsubst %,$(B)/lib/%.a,$(1))
# sources of a layer; a file with main() belongs to its program alone
folder = $(or $(src_$(1)),$(addsuffix /*.c,$(2) enclave/$(2)))
sources = $(filter-out %main.c,$(sort \
	$(wildcard $(call folder,$(1),$(subst _,/,$(1))))))
LIBS_CORE := -lcrypto -lsodium
LIBS_DRAW := -lqrencode -lpng -lhpdf
PROGRAMS := $(addprefix $(B)/,quorate quorate-token quorate-scan quorate-host \
    quorate-relay quorate-image quorate-enclave)
EXAMPLES := $(B)/quorate-enclave-sim $(B)/hello # never installed

all: $(PROGRAMS) $(EXAMPLES) $(B)/quorate.buildinfo

define layer
$(call lib,$(1)): $(call obj,$(call sources,$(1)))
endef
$(foreach l,$(LAYERS),$(eval $(call layer,$(l))))
$(B)/lib/%.a:
	$(call say,AR,$@)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(B)/obj/airgap/ur/fountain.o: CPPFLAGS += -ffp-contract=off
$(B)/obj/token/%.o $(B)/obj/tests/card/%.o: CPPFLAGS += -isystem /usr/include/PCSC
$(B)/obj/%.o: %.c $(FLAGS_MK)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

linked = $(call obj,$(1)) $(call lib,$(2) airgap)
$(B)/quorate: $(call linked,ceremony/main.c,ceremony qr_carry qr_draw qr token attest attestation)
$(B)/quorate: LIBS := $(LIBS_DRAW)
$(B)/quorate-token: $(call linked,token/main.c,token_piv token attest)
$(B)/quorate-token: LIBS := -lykpiv -lpcsclite -lseccomp
$(B)/quorate-scan: $(call linked,qr/scan/scan_main.c,qr_scan)
$(B)/quorate-scan: LIBS := -lzbar -lpng -lturbojpeg -lseccomp
$(B)/quorate-host: $(call linked,enclave/host/host_main.c,host io attestation)
$(B)/quorate-host: LIBS := -lmicrohttpd
$(B)/quorate-relay: $(call linked,enclave/host/relay_main.c,host io qr_carry qr_draw qr attestation)
$(B)/quorate-relay: LIBS := -lcurl $(LIBS_DRAW)
$(B)/quorate-image: $(call linked,enclave/image/image_main.c,image attestation)
$(B)/quorate-image: LIBS := -lz
ENCLAVE := runtime nsm protocol io attestation
$(B)/quorate-enclave: $(call linked,enclave/runtime/main.c,$(ENCLAVE))
$(B)/quorate-enclave-sim: $(call linked,enclave/runtime/sim_main.c,nsm_sim $(ENCLAVE))
$(B)/hello: $(call linked,docs/examples/hello.c)
$(PROGRAMS) $(EXAMPLES):
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_CORE)

# What the programs were made of: sources, flags, compiler, libraries.
$(B)/quorate.buildinfo: $(PROGRAMS) .ci/buildinfo
	@.ci/buildinfo '$(CC)' '$(subst $(CURDIR),.,$(CFLAGS))' '$(LDFLAGS)' \
	    $(PROGRAMS) >$@.tmp && mv $@.tmp $@

include enclave/image/image.mk
include tests/tests.mk

# --- for people
setup:
	@.ci/setup test

demo:
	@.ci/setup $(if $(TOKENS),card,build)
	@MAKEFLAGS= $(MAKE) -s -j$$(nproc) all $(if $(TOKENS),card-programs) \
	    $(if $(QR),qr-programs)
	@TOKENS='$(TOKENS)' QR='$(QR)' docs/examples/demo.sh

# SUITE=unit,e2e picks; the order and what each shows: tests/run
check:
	@.ci/setup test
	@MAKE='$(MAKE)' MAKEFLAGS= tests/run '$(SUITE)'

fuzz ct interop lint reproduce:
	@.ci/setup test
	@MAKE='$(MAKE)' MAKEFLAGS= tests/run $@

cover:
	@.ci/setup test
	@MAKE='$(MAKE)' MAKEFLAGS= tests/cover.sh

include .ci/install.mk

clean:
	rm -rf build

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile
#: make             all programs into build/
#: make demo        the whole story, simulated; TOKENS=virtual: no key files;
#:                  QR=on: each record by codes, SIMULATED camera
#: make check       all tests; SUITE=build,unit,asan,ct,fuzz,crash,e2e,token,qr,
#:                  interop,lint,reproduce picks some; FUZZ_SECONDS=20 a target
#: make setup       the missing Debian packages, after one question
#: make bench       measurements: a table, and build/bench.json
#: make fuzz        the suite fuzz alone; so do ct, lint, interop, reproduce
#: make cover       lines of the product that the unit tests run
#: make image       the enclave's image and PCRs in build/image/; APP=FILE
#: make install     into PREFIX=/usr/local, below DESTDIR
#: make deb         a Debian package of the same, in build/
#: make clean       removes build/
#: VARIANT=asan|clang|ct|fuzz|cover builds into build/VARIANT; V=1 shows commands

.PHONY: all setup demo check fuzz ct lint interop reproduce cover clean help
DEPS := $(shell [ -d $(B)/obj ] && find $(B)/obj -name '*.d')
-include $(DEPS)
