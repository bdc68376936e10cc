# Test programs: one per tests/unit/*_test.c, tests/ct/*_ct.c,
# tests/bench/*_bench.c and tests/fuzz/*_fuzz.c.

UNIT := $(sort $(wildcard tests/unit/*_test.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT))
UNIT_HELP := $(call obj,$(filter-out $(UNIT),$(sort $(wildcard tests/unit/*.c))))
LIBS_TEST := $(LIB_CEREMONY) $(LIB_TOKEN) $(LIB_AIRGAP)

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(UNIT_HELP) $(LIBS_TEST)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka -ljansson $(LIBS_CORE)

unit: $(UNIT_BIN)

.PHONY: unit
.SECONDARY:
