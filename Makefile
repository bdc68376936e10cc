# Quorate: one Makefile, no recursion into folders, no configure.
#   make            all programs into build/
#   make demo       the whole story on simulated parts
#   make check      tests (SUITE=unit,e2e,... picks some); last line N passed
#   make help       the other targets
# Variants (VARIANT=asan|clang|ct|fuzz) build into build/VARIANT.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VARIANT ?=
B := build$(if $(VARIANT),/$(VARIANT))
CC := gcc
AR := ar
V ?= 0
Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' $(1) $(2))

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
ifeq ($(VARIANT),asan)
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
endif
ifeq ($(VARIANT),fuzz)
OPT := -O1 -g -fsanitize=address,undefined,fuzzer-no-link \
	-fno-sanitize-recover=all
endif
ifeq ($(VARIANT),ct)
OPT := -O2 -g -DCT_CHECK
endif
# sanitizers and memcheck bring their own stack layout
ifneq ($(filter asan fuzz,$(VARIANT)),)
WARN := $(filter-out -Wframe-larger-than=2047,$(WARN))
endif
CPPFLAGS := -std=c17 -D_GNU_SOURCE -I. -ffile-prefix-map=$(CURDIR)=.

FLAGS_MK := $(B)/flags.mk
ifeq ($(filter clean setup help distclean,$(MAKECMDGOALS)),)
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
LDFLAGS = $(HARDEN_LD) $(filter -fsanitize=address%,$(OPT))
ifeq ($(VARIANT),fuzz)
LDFLAGS += -fsanitize=address,undefined
endif

# --- layers, lowest first; a program links the layers below it
AIRGAP := $(sort $(wildcard airgap/*.c airgap/seal/*.c airgap/record/*.c))
TOKEN := $(sort $(wildcard token/*.c))
CEREMONY := $(sort $(wildcard ceremony/*.c))
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

LIB_AIRGAP := $(B)/lib/airgap.a
LIB_TOKEN := $(B)/lib/token.a
LIB_CEREMONY := $(B)/lib/ceremony.a
LIBS_CORE := -lcrypto -lsodium
PROGRAMS := $(B)/quorate

all: $(PROGRAMS)

$(LIB_AIRGAP): $(call obj,$(AIRGAP))
$(LIB_TOKEN): $(call obj,$(TOKEN))
$(LIB_CEREMONY): $(call obj,$(filter-out ceremony/main.c,$(CEREMONY)))
$(B)/lib/%.a:
	$(call say,AR,$@)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(B)/obj/%.o: %.c $(FLAGS_MK)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

$(B)/quorate: $(B)/obj/ceremony/main.o $(LIB_CEREMONY) $(LIB_TOKEN) $(LIB_AIRGAP)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CORE)

include tests/tests.mk

clean:
	rm -rf build

.PHONY: all clean
DEPS := $(shell [ -d $(B)/obj ] && find $(B)/obj -name '*.d')
-include $(DEPS)
