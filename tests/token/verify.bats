#!/usr/bin/env bats
# quorate token verify: what an attestation bundle proves.  The bundle is the
# fuzzer's seed: a SIMULATED token, valid from Unix time 1700000000 to 2098.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154

load ../e2e/lib
load ../e2e/ceremony

setup() {
	begin
	tests=$BATS_TEST_DIRNAME/..
	cp "$tests/fuzz/seeds/token_attestation/bundle.cbor" b
	cp "$tests/data/token_root.der" root.der
}
teardown() { end; }

@test "an honest bundle of a rehearsal: every rule holds, a line each" {
	quorate token verify b --root root.der --at 1700000000 >shown
	grep -q '^REHEARSAL' shown
	grep -qx 'serial       15486782' shown
	grep -qx 'firmware     5.4.3' shown
	[ "$(grep -c '^[a-z0-9-]* *ok  ' shown)" -eq 17 ]
	no grep -q ' NO ' shown
	openssl x509 -inform DER -in root.der -out root.pem
	quorate token verify --root root.pem --at 1700000000 <b | cmp - shown
}

@test "a rule that does not hold is named, on its line and as the refusal" {
	harmless 1 "(expired)" -- quorate token verify b --root root.der \
		--at 4200000000
	grep -q '^expired *NO ' "$work/out"
	harmless 1 "(not-yet)" -- quorate token verify b --root root.der \
		--at 1600000000
	keys a
	harmless 1 "a.pub is not the key of this attestation" -- quorate \
		token verify b --root root.der --at 1700000000 --pub a.pub
}

@test "a rehearsal's bundle wants a test root; what is no bundle is refused" {
	harmless 1 "name the test root" -- quorate token verify b
	harmless 3 "no certificate" -- quorate token verify b --root b
	printf x >x
	harmless 3 "token attestation" -- quorate token verify x
	harmless 3 "cannot open none" -- quorate token verify none
	quorate token verify --help >help
	[ "$(wc -L <help)" -le 80 ]
}
