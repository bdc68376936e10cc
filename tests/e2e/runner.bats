#!/usr/bin/env bats
# The machinery itself: a runner, a lint or a set-up that cannot say no
# proves nothing.  Each test works on a small tree of its own.

setup() {
	top=$BATS_TEST_DIRNAME/../..
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/tests" "$tree/bin"
	cp -r "$top/.ci" "$tree/"
	cp -r "$top/tests/run" "$top/tests/lint" "$tree/tests/"
	for d in airgap/seal airgap/record token qr ceremony enclave \
		tests/crash; do
		mkdir -p "$tree/$d"
	done
	: >"$tree/tests/skips.txt"
	cd "$tree" || exit
	unset CI
}

# a suite of one script, which prints the arguments as lines
crash_prints() {
	{
		echo '#!/bin/sh'
		printf "echo '%s'\n" "$@"
	} >tests/crash/one.sh
	chmod +x tests/crash/one.sh
}

run_crash() {
	run env MAKE=true tests/run crash
}

# stand-ins for the package tools: everything but gcc is installed
fake_apt() {
	cat >bin/dpkg-query <<-'EOF'
		#!/bin/sh
		for p; do :; done
		[ "$p" = gcc ] || [ "$p" = bats ] || echo installed
	EOF
	# where this is not root, nor its own environment another
	printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	cat >bin/apt-get <<-EOF
		#!/bin/sh
		echo "\$*" >>"$tree/apt.log"
		exit $1
	EOF
	chmod +x bin/*
	PATH=$tree/bin:$PATH
	export YES=
}

@test "a passing run counts its tests in its last line" {
	crash_prints '1..2' 'ok 1 - a' 'ok 2 - b'
	run_crash
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "3 passed, 0 failed, 0 skipped" ]
}

@test "a failing test fails the run and is shown in full" {
	crash_prints '1..2' 'ok 1 - a' 'not ok 2 - b' 'found 3, wanted 4'
	run_crash
	[ "$status" -ne 0 ]
	[[ $output == *"not ok - one.sh: b"*"# found 3, wanted 4"* ]]
	[ "${lines[-1]}" = "2 passed, 1 failed, 0 skipped" ]
}

@test "a program that stops before its last test fails the run" {
	crash_prints '1..3' 'ok 1 - a'
	run_crash
	[ "$status" -ne 0 ]
	[[ $output == *"stopped after 1 of 3 tests"* ]]
}

@test "a bad exit status behind passing tests fails the run" {
	crash_prints '1..1' 'ok 1 - a'
	echo 'exit 3' >>tests/crash/one.sh
	run_crash
	[ "$status" -ne 0 ]
	[[ $output == *"one.sh: exit status 3"* ]]
}

@test "a suite that does not build fails the run" {
	run env MAKE=false tests/run crash
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "0 passed, 1 failed, 0 skipped" ]
}

@test "a run of no tests fails" {
	sed -i '/^suite_crash() {/a return' tests/run
	run_crash
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "0 passed, 0 failed, 0 skipped" ]
}

@test "an unexpected skip is named, and fails the run where CI is set" {
	crash_prints '1..1' 'not ok 1 # SKIP a'
	run_crash
	[ "$status" -eq 0 ]
	[[ $output == *"not allowed by tests/skips.txt: crash/one.sh: a"* ]]
	CI=1 run_crash
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "1 passed, 0 failed, 1 skipped" ]
}

@test "a skip for absent fixtures is allowed only where they are absent" {
	crash_prints '1..1' 'ok 1 - a # skip no fixtures'
	echo 'fixtures crash/one.sh: a' >tests/skips.txt
	export CI=1
	QUORATE_FIXTURES=$tree/none run_crash
	[ "$status" -eq 0 ]
	QUORATE_FIXTURES=$tree run_crash
	[ "$status" -ne 0 ]
}

# what the suite boot needs, all there; the kernel's script ends with STATUS
fake_machines() {
	cp -r "$top/tests/boot" tests/
	rm tests/boot/*.bats
	mkdir -p enclave/image
	cat >enclave/image/kernel <<-EOF
		#!/bin/sh
		echo "kernel: apt has no such source" >&2
		exit $1
	EOF
	printf '#!/bin/sh\necho installed\n' >bin/dpkg-query
	printf '#!/bin/sh\n' >bin/qemu-system-x86_64
	cp bin/qemu-system-x86_64 bin/vhost-device-vsock
	chmod +x bin/* enclave/image/kernel
	echo 'machines boot/images boot' >tests/skips.txt
	PATH=$tree/bin:$PATH
}

@test "where no image can be booted that is one skip with its reason" {
	fake_machines 3
	CI=1 MAKE=true run tests/run boot
	[[ $output == *"skipped: images boot # SKIP kernel: apt has no such source"* ]]
	[[ $output != *"not allowed"* ]]
	# a kernel that does not build is no reason to skip
	fake_machines 1
	MAKE=false run tests/run boot
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "0 passed, 1 failed, 0 skipped" ]
	# and all is there, but something skips: not allowed
	fake_machines 0
	sed -i 's/^vsock && kernel/echo lazy; exit 1/' tests/boot/prepare
	MAKE=true run tests/run boot
	[[ $output == *"not allowed by tests/skips.txt: boot/images boot"* ]]
}

@test "continuous integration fails when make check stops uncounted" {
	printf 'check:\n\t@echo all is well\n' >Makefile
	run .ci/run
	[ "$status" -ne 0 ]
	printf 'check:\n\t@echo 3 passed, 1 failed, 0 skipped\n' >Makefile
	run .ci/run
	[ "$status" -ne 0 ]
	printf 'check:\n\t@echo 3 passed, 0 failed, 0 skipped\n' >Makefile
	run .ci/run
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "3 passed, 0 failed, 0 skipped" ]
}

@test "set-up asks once, and a no installs nothing" {
	fake_apt 0
	run .ci/setup test <<<no
	[ "$status" -ne 0 ]
	[[ $output == *"missing Debian packages: gcc bats"* ]]
	[[ $output == *"install 2 packages with apt-get? [yes/no]"* ]]
	[ ! -e apt.log ]
}

@test "set-up takes yes, YES=1 and CI for an answer, and updates once" {
	fake_apt 0
	.ci/setup test <<<yes
	YES=1 .ci/setup test </dev/null
	CI=1 .ci/setup build </dev/null
	[ "$(grep -c update apt.log)" -eq 3 ]
	[ "$(grep -c 'install.* gcc bats$' apt.log)" -eq 2 ]
	[ "$(grep -c 'install.* gcc$' apt.log)" -eq 1 ]
	# a slow mirror is asked again, and another apt-get is waited for
	[ "$(grep -c 'Acquire::Retries=5 .*Lock::Timeout=300' apt.log)" -eq 6 ]
}

@test "set-up says in one clear line that apt-get failed" {
	fake_apt 100
	YES=1 run .ci/setup test
	[ "$status" -ne 0 ]
	[[ ${lines[-1]} == "setup: apt-get update failed"* ]]
}

@test "lint sees an include that points up" {
	echo '#include "airgap/seal/a.h"' >airgap/record/a.c
	: >airgap/seal/a.h
	tests/lint/layers
	echo '#include "airgap/record/b.h"' >airgap/seal/a.c
	: >airgap/record/b.h
	run tests/lint/layers
	[ "$status" -ne 0 ]
	[[ $output == "airgap/seal/a.c:1: includes airgap/record/b.h"* ]]
}

@test "lint sees each way to open a file for writing" {
	echo 'fd = open(path, O_RDONLY);' >ceremony/a.c
	tests/lint/writers
	for line in 'fd = open(p, O_WRONLY);' 'f = fopen(p, "wb");' \
		'f = fopen(p, "r+");' 'rename(a, b);' 'mkstemp(p);'; do
		echo "$line" >ceremony/a.c
		run tests/lint/writers
		[ "$status" -ne 0 ]
	done
}

@test "lint sees long functions, files and lines" {
	printf '/* a */\nint\nf(void)\n{\n' >qr/a.c
	for _ in {1..120}; do printf '\tg();\n'; done >>qr/a.c
	printf '}\n' >>qr/a.c
	: >Makefile
	tests/lint/shape
	sed -i '5i\	g();' qr/a.c
	run tests/lint/shape
	[ "$status" -ne 0 ]
	[ "$output" = "qr/a.c:126: a function of 121 lines" ]
}

@test "lint sees a program without its hardening" {
	printf '%s\n' '#include <stdio.h>' '#include <sys/socket.h>' \
		'int main(void) { return socket(1, 2, 3) + puts(""); }' >a.c
	gcc -no-pie -z norelro -z execstack -Wl,-rpath,/tmp a.c -o a.out
	run tests/lint/elf ./a.out
	[ "$status" -ne 0 ]
	for what in independent RELRO 'executable stack' RPATH lazily \
		protector socket; do
		[[ $output == *"$what"* ]]
	done
}
