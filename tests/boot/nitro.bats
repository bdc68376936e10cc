#!/usr/bin/env bats
# The image that ships, in a QEMU that has Nitro's machine and security module
# (QEMU_NITRO names the program; docs/image.md says how to build it): it boots
# from the EIF itself, and what the module has measured is what we measure.
# The module's documents are not signed; no verifier may take them.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# what a test sets is for the helpers:
# shellcheck disable=SC2030,SC2031,SC2034

load ../e2e/lib
load ../e2e/ceremony
load ../e2e/online
load boot

app_port=$(free_port)
role=arn:aws:iam::123456789012:role/Test

setup_file() {
	[ -n "${QEMU_NITRO:-}" ] || return 0
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	PATH=$programs:$PATH
	set_of "$F/set" 2 alice bob carol
	mkdir "$F/genesis"
	quorate key generate -o "$F/genesis/seed" \
		--pub "$F/genesis/quorum_key.pub"
	"$top/enclave/image/assemble" "$F/quorate" "$programs/image/init"
	cp "$F/quorate.pcrs" "$F/image.pcrs"
	echo "$role" >"$F/role.arn"
}
setup() {
	[ -n "${QEMU_NITRO:-}" ] || skip "QEMU_NITRO names no QEMU"
	online_begin
}
teardown() {
	[ -n "${QEMU_NITRO:-}" ] || return 0
	if [ -z "$BATS_TEST_COMPLETED" ]; then
		tail -n 30 "$work/machine/console" "$work/machine/"*.log
	fi
	online_end
}

# in_document REGISTER FILE: the module's document m.doc has that line of FILE
in_document() {
	local value
	value=$(sed -n "s/ PCR$1\$//p" "$2")
	[ "${#value}" -eq 96 ]
	xxd -p m.doc | tr -d '\n' | grep -q "$(printf %02x "$1")5830$value"
}

@test "the image boots in Nitro's machine, which measures what we measure; its document is refused" {
	approvers='alice bob' namespace=nitro/boot \
		envelope m 2 "$programs/image/hello"
	nitro_machine "$F/quorate.eif"
	says 'quorate-enclave: first process; file systems are mounted'
	says 'quorate-enclave: vsock CID 16'
	# nsm-hwrng feeds the kernel, or it would not be here
	relay status >out
	grep -qx 'phase     WaitingForBootInstruction' out
	boot
	"$image" measure "$F/quorate.eif" --role-arn "$role" \
		--instance-id i-0123456789abcdef0 >pcrs
	for n in 0 1 2 3 4; do
		in_document "$n" pcrs
	done
	run quorate attestation verify m.doc --kind setup --manifest m
	[ "$status" -eq 1 ]
	echo "verify: $output"
	run "$image" measure "$F/quorate.eif" --compare m.doc
	[ "$status" -ne 0 ]
	relay status >out
	grep -qx 'phase     WaitingForQuorumShards' out
}
