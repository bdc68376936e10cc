# The image: docs/image.md.  Included by the Makefile.
#   make image                  build/image/quorate.eif and quorate.pcrs
#   make image APP=FILE         the application in ramdisk 2, measured in PCR2
#   make image KERNEL_SOURCE=FILE  with that kernel source; see kernel

# quorate-enclave once more, static: /init is the only program of the image.
# Debian has no static libcbor, and the enclave needs none.
STATIC_LD := -static-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack \
	-Wl,--no-warnings
INIT := $(B)/image/init $(B)/image/init-sim
$(B)/image/init: $(call linked,enclave/runtime/main.c,$(ENCLAVE))
$(B)/image/init-sim: $(call linked,enclave/runtime/sim_main.c,nsm_sim $(ENCLAVE))
# an application for it: no library of the image to lean on
HELLO := $(B)/image/hello
image-programs: $(INIT) $(HELLO)
$(HELLO): $(call linked,docs/examples/hello.c)
$(INIT) $(HELLO):
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STATIC_LD) -o $@.full $^ $(LIBS_CORE)
	$(Q)strip -o $@.tmp $@.full && mv $@.tmp $@

# for enclave/image/kernel
export KERNEL_SOURCE KERNEL_BASE UNPINNED
APP ?=
image:
	@.ci/setup image
	@MAKEFLAGS= $(MAKE) -s -j$$(nproc) build/image/init build/quorate-image
	@enclave/image/assemble build/image/quorate build/image/init '$(APP)'
	@cat build/image/quorate.pcrs

.PHONY: image image-programs
