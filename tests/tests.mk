# Test programs.  A file appears and is built; nothing is listed here.
#   tests/unit/*_test.c      cmocka            $(B)/unit/
#   tests/ct/*_ct.c          under memcheck    $(B)/ct/     (VARIANT=ct)
#   tests/fuzz/*_fuzz.c      libFuzzer         $(B)/fuzz/   (VARIANT=fuzz)
#   tests/crash/*_crash.c    a program         $(B)/crash/
#   tests/crash/*_preload.c  for LD_PRELOAD    $(B)/crash/*.so
#   tests/standin/*_server.c what e2e stands up $(B)/standin/
#   tests/standin/*_client.c who talks to it    $(B)/standin/
#   tests/standin/*_preload.c for LD_PRELOAD   $(B)/standin/*.so
#   tests/card/*_card.c      a SIMULATED card    $(B)/card/
#   tests/card/*_launch.c    its reader, rivals, spies $(B)/card/
#   tests/qr/*_film.c        a bad camera       $(B)/qr/
#   tests/bench/*_bench.c    a program         $(B)/bench/
# Other .c files of a folder are linked into each of its programs.

LIBS_TEST = $(call lib,$(LAYERS))
tests_in = $(sort $(wildcard tests/$(1)/*_$(2).c))
bin_of = $(patsubst tests/%.c,$(B)/%,$(call tests_in,$(1),$(2)))
help_of = $(call obj,$(filter-out %_test.c %_ct.c %_fuzz.c %_crash.c \
	%_preload.c %_server.c %_client.c %_bench.c %/piv_card.c %_launch.c \
	%_film.c \
	,$(sort $(wildcard tests/$(1)/*.c))))

UNIT_BIN := $(call bin_of,unit,test)
CT_BIN := $(call bin_of,ct,ct)
FUZZ_BIN := $(call bin_of,fuzz,fuzz)
BENCH_BIN := $(call bin_of,bench,bench)
CRASH_BIN := $(call bin_of,crash,crash) \
	$(addsuffix .so,$(call bin_of,crash,preload))
STANDIN_BIN := $(call bin_of,standin,server) $(call bin_of,standin,client) \
	$(addsuffix .so,$(call bin_of,standin,preload))
QR_BIN := $(call bin_of,qr,film)
CARD_BIN := $(call bin_of,card,card) $(call bin_of,card,launch)

comma := ,
LIBS_unit := -lcmocka -ljansson -lcbor -lz -lm $(LIBS_DRAW) -lzbar -lturbojpeg -lseccomp
LIBS_bench := -lgfshare -lm -lz $(LIBS_DRAW) -lzbar -lturbojpeg -lseccomp
LIBS_fuzz := -ljansson -lcbor -lz $(LIBS_DRAW) -lzbar -lturbojpeg -lseccomp
LIBS_standin := -lcbor
LIBS_card := -lpcsclite
LIBS_qr := -lpng -lm
LDFLAGS_fuzz := -fsanitize=fuzzer

# $(1) the folder
define TEST_RULE
$(B)/$(1)/%: $(B)/obj/tests/$(1)/%.o $(call help_of,$(1)) $(LIBS_TEST)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$(Q)$$(CC) $$(LDFLAGS) $$(LDFLAGS_$(1)) -o $$@ $$(filter %.o,$$^) \
	    $$(filter %.a,$$^) $$(LIBS_$(1)) $$(LIBS_CORE)
endef
$(foreach d,unit ct fuzz crash standin card qr bench,$(eval $(call TEST_RULE,$(d))))

# what the draw of a seed is given by its test
$(B)/unit/entropy_test: LDFLAGS += -Wl$(comma)--wrap=random_bytes \
	-Wl$(comma)--wrap=keyset_from_seed

# calls of the writer at which a signal comes
$(B)/unit/file_signal_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,fsync \
	fchmod rename renameat2)

# calls of the writer that its test makes fail
$(B)/unit/file_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,write fsync \
	fchmod rename renameat2 link)
# no memory for a line
$(B)/unit/ui_test: LDFLAGS += -Wl$(comma)--wrap=open_memstream
# a terminal for what may not go to one
$(B)/unit/file_read_test: LDFLAGS += -Wl$(comma)--wrap=isatty
# calls that tests of memory bounds count
$(B)/unit/memory_test $(B)/unit/document_test: LDFLAGS += \
	$(addprefix -Wl$(comma)--wrap=,malloc calloc realloc free)

$(B)/unit/ur_decoder_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,malloc \
	calloc free)

# a deal whose shares are not what they should be
$(B)/unit/deal_test: LDFLAGS += -Wl$(comma)--wrap=shamir_prove

# secrets are counted, and made to fail
$(B)/unit/provision_memory_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,\
	secret_new secret_free)
# the largest write of the server is measured
$(B)/unit/server_test: LDFLAGS += -Wl$(comma)--wrap=send
# the same of the client, and where it connects to
$(B)/unit/frame_client_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,send \
	socket connect)
# addresses of vsock, as the kernel gets them
$(B)/unit/services_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,socket \
	bind connect)
# the driver, and the clock of what is simulated
$(B)/unit/nsm_device_test: $(call obj,tests/standin/nsm_serve.c)
$(B)/unit/nsm_device_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,open \
	ioctl close)
$(B)/unit/nsm_document_test $(B)/unit/forward_test: \
	LDFLAGS += -Wl$(comma)--wrap=clock_gettime

# calls of the first process that would change this machine
$(B)/unit/init_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,mount ioctl \
	clock_settime clock_gettime)

# a part of quorate-token
$(B)/obj/tests/unit/sandbox_test.o: CPPFLAGS += -isystem /usr/include/PCSC

# the state machine over effects in memory
$(B)/fuzz/machine_fuzz: $(call obj,tests/unit/stage.c \
	tests/unit/fake_effects.c)

# the deadline of a helper
$(B)/unit/scanner_test: LDFLAGS += -Wl$(comma)--wrap=clock_ms

# pictures that a bad camera would take
$(B)/bench/scan_bench: $(call obj,tests/unit/degrade.c)

# no layers and no sanitizer below a preload: it stands between them and libc
$(B)/%.so: tests/%.c $(FLAGS_MK)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $< -ldl

unit: $(UNIT_BIN)
ct-programs: $(CT_BIN)
fuzz-programs: $(FUZZ_BIN)
crash-programs: $(CRASH_BIN)
standin-programs: $(STANDIN_BIN)
card-programs: $(CARD_BIN)
qr-programs: $(QR_BIN)
bench-programs: $(BENCH_BIN)

bench: all image-programs bench-programs
	@tests/bench.sh $(BENCH_BIN)

.PHONY: unit ct-programs fuzz-programs crash-programs standin-programs \
	card-programs qr-programs bench-programs bench
.SECONDARY:
