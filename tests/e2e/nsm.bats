#!/usr/bin/env bats
# The module and the real programs: what is linked into them, and
# quorate-enclave on a stand-in for /dev/nsm (tests/standin).
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154

load lib
bats_require_minimum_version 1.5.0

setup() {
	begin
	enclave=$top/build/quorate-enclave
	standin=$top/build/standin
}

teardown() { end; }

@test "no simulated symbol or certificate is in quorate-enclave" {
	# the control: both are found where they belong
	nm "$enclave-sim" | grep -q nsm_sim_
	grep -qa SIMULATED-quorate "$enclave-sim"
	for f in "$enclave" "$top"/build/lib/{nsm,protocol,runtime}.a \
		"$top"/build/lib/{attestation,airgap}.a; do
		run -1 grep -a -e nsm_sim_ -e SIMULATED-quorate "$f"
	done
	nm "$enclave" | grep -q nsm_device_open
	run -1 grep nsm_sim_ <(nm "$enclave")
}

@test "the image's program is static, and has no simulated symbol or certificate" {
	init=$top/build/image/init
	nm "$init-sim.full" | grep -q nsm_sim_
	grep -qa SIMULATED-quorate "$init-sim"
	nm "$init.full" | grep -q nsm_device_open
	run -1 grep nsm_sim_ <(nm "$init.full")
	run -1 grep -a -e nsm_sim_ -e SIMULATED-quorate -e quorate.pcr "$init"
	strip -o "$work/stripped" "$init.full"
	same "$work/stripped" "$init"
	run -1 grep -e INTERP -e NEEDED <(readelf -lWd "$init")
}

@test "without /dev/nsm quorate-enclave says so and ends with 5" {
	[ ! -e /dev/nsm ] || skip "this is an enclave"
	fails 5 "outside a Nitro enclave use quorate-enclave-sim" -- \
		"$enclave" --usock "$work/socket"
}

@test "quorate-enclave opens the stand-in, serves, and stops on SIGTERM" {
	spawn "$work/server" "$standin/nsm_server" "$work/nsm" "$work/pki"
	server=$spawned
	until_says "$work/server" ready
	spawn "$work/log" env NSM_STANDIN="$work/nsm" \
		LD_PRELOAD="$standin/nsm_preload.so" \
		"$enclave" --usock "$work/socket"
	pid=$spawned
	until_says "$work/log" ready
	run -1 grep SIMULATED "$work/log"
	[ -S "$work/socket" ]
	kill "$pid"
	wait "$pid"
	[ ! -e "$work/socket" ]
	# a module that is gone is not one that is there
	kill "$server"
	wait "$server" || true
	run timeout 60 env NSM_STANDIN="$work/nsm" \
		LD_PRELOAD="$standin/nsm_preload.so" \
		"$enclave" --usock "$work/socket"
	[ "$status" -eq 5 ]
	[[ $output == *"/dev/nsm: "* ]]
}
