#!/usr/bin/env bats
# enclave/image/kernel: which source and tools it takes, when it builds, what
# it says.  The source here is a Makefile that writes down how it was called.
#
# each test is a subshell, and what it exports is for that one:
# shellcheck disable=SC2030,SC2031

setup() {
	top=$BATS_TEST_DIRNAME/../..
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/bin" "$tree/enclave" "$tree/linux/arch/x86/boot"
	cp -r "$top/enclave/image" "$tree/enclave/"
	cd "$tree" || exit
	printf '#!/bin/sh\necho E: offline\nexit 100\n' >bin/apt-get
	chmod +x bin/apt-get
	PATH=$tree/bin:$PATH
	unset KERNEL_SOURCE KERNEL_BASE UNPINNED JOBS
	kernel=enclave/image/kernel
	cat >linux/Makefile <<-'EOF'
		.RECIPEPREFIX := >
		tinyconfig x86_64_defconfig:
		> echo '# $@' >.config
		olddefconfig:
		> grep -v '^nothing' .config >new && mv new .config
		bzImage:
		> echo "$$TZ $(KBUILD_BUILD_TIMESTAMP) $(ARCH)$(LOCALVERSION)$(KBUILD_BUILD_VERSION)" >arch/x86/boot/$@
		> head -n 1 .config >>arch/x86/boot/$@
	EOF
	pack
	pinned sha256 "$(sha256sum <source.tar.xz | cut -d' ' -f1)"
	pinned compiler "$(gcc --version | head -n 1)"
	pinned linker "$(ld --version | head -n 1)"
	pinned compressor "$(xz --version | head -n 1)"
}

pack() { tar -cJf source.tar.xz linux; }

# pinned WHAT VALUE: the pin says so
pinned() { sed -i "s|^$1 .*|$1 $2|" enclave/image/kernel.pin; }

@test "kernel: built once for its inputs, in one time zone, without the caller's flags" {
	run "$kernel" have
	[ "$status" -ne 0 ] && [ -z "$output" ]
	export KERNEL_SOURCE=source.tar.xz
	TZ=Asia/Kathmandu ARCH=arm64 LOCALVERSION=-mine KBUILD_BUILD_VERSION=7 \
		MAKEFLAGS=KBUILD_BUILD_VERSION=8 "$kernel" >said
	[ "$(cat said)" = "build/kernel/$("$kernel" hash)/bzImage" ]
	[ "$(head -n 1 "$(cat said)")" = "UTC 1970-01-01 " ]
	[ "$(ls build/kernel)" = "$("$kernel" hash)" ]
	# the second time nothing is needed
	KERNEL_SOURCE=/none "$kernel" | diff said -
	"$kernel" have | diff said -
	KERNEL_BASE=x86_64_defconfig "$kernel" >wide
	grep -qx '# x86_64_defconfig' "$(cat wide)"
}

@test "kernel: whatever goes in is in the hash, and comments are not" {
	one=$("$kernel" hash)
	echo '# a word more' >>enclave/image/kernel.config
	[ "$("$kernel" hash)" = "$one" ]
	[ "$(KERNEL_BASE=x86_64_defconfig "$kernel" hash)" != "$one" ]
	echo '# CONFIG_WORD is not set' >>enclave/image/kernel.config
	two=$("$kernel" hash)
	[ "$two" != "$one" ]
	pinned sha256 0000
	[ "$("$kernel" hash)" != "$two" ]
}

@test "kernel: another source is refused, and old ones are said to be elsewhere" {
	echo other >>linux/Makefile
	mv source.tar.xz good.tar.xz
	pack
	KERNEL_SOURCE=source.tar.xz run "$kernel"
	[ "$status" -eq 1 ]
	[[ $output == "kernel: source.tar.xz is not the source that enclave/image/kernel.pin names (SHA-256 "* ]]
	KERNEL_SOURCE=none run "$kernel"
	[ "$status" -eq 1 ]
	[[ $output == "kernel: none: cannot read it" ]]
	# 3: cannot be had here
	run "$kernel"
	[ "$status" -eq 3 ]
	[[ ${lines[-1]} == *"failed (E: offline);"*"snapshot.debian.org"*"KERNEL_SOURCE=FILE" ]]
	[ -z "$(ls build/kernel)" ]
}

@test "kernel: other tools are refused unless UNPINNED=1 says so" {
	export KERNEL_SOURCE=source.tar.xz
	for tool in compiler linker compressor; do
		cp enclave/image/kernel.pin saved
		pinned "$tool" "another 1.0"
		run "$kernel"
		[ "$status" -eq 3 ]
		[[ $output == "kernel: the $tool is "*"wants 'another 1.0'"*"gives other PCRs" ]]
		cp saved enclave/image/kernel.pin
	done
	pinned linker "another 1.0"
	UNPINNED=1 "$kernel"
}

@test "kernel: a line of the configuration that does not hold ends the build" {
	sed -i 's/nothing/CONFIG_NSM=/' linux/Makefile
	pack
	pinned sha256 "$(sha256sum <source.tar.xz | cut -d' ' -f1)"
	KERNEL_SOURCE=source.tar.xz run "$kernel"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *"'CONFIG_NSM=y' of "*"does not hold in this kernel" ]]
	[ -z "$(ls build/kernel)" ]
}
