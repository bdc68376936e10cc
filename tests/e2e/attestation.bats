#!/usr/bin/env bats
# quorate attestation show and verify as operators run them, on the real
# documents of the fixture folder: every verdict, every refusal.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load lib

setup() {
	begin
	docs=$fixtures/attestation
	[ -d "$docs" ] || skip "no fixtures"
	doc=$docs/aws_20250916_b1086cbb.cbor
	at=1758057950		# a second after it was made
}
teardown() { end; }

# the time of a document in seconds
made() {
	quorate attestation show "$1" |
		sed -n 's/^made .*(\([0-9]*\)[0-9]\{3\} ms)$/\1/p'
}

# refused RULE COMMAND...: exit 1, that rule FAILED and no other, none later
# was asked
refused() {
	local rule=$1 rc=0
	shift
	"$@" >"$work/out" 2>"$work/err" || rc=$?
	[ "$rc" -eq 1 ]
	[ "$(grep -c 'FAILED: ' "$work/out")" -eq 1 ]
	grep -q "FAILED: $rule: " "$work/out"
	if sed "1,/FAILED: /d" "$work/out" | grep -v 'not reached: '; then
		return 1
	fi
	[ "$(wc -l <"$work/err")" -eq 1 ]
	grep -q "refused by rule $rule: " "$work/err"
}

# a manifest of mode $1, as NAME
manifest() {
	local mark='' ns=team/app
	if [ "$1" = rehearsal ]; then
		mark=rehearsal-
		ns=REHEARSAL/app
	fi
	mkdir -p set
	for who in a b; do
		quorate key generate -o $who.secret --pub "set/$mark$who.pub"
	done
	echo 2 >set/quorum_threshold
	for i in 0 1 2; do
		printf '%096d PCR%d\n' "$((i + 1))" "$i"
	done >pcrs
	echo arn:aws:iam::123456789012:role/Webserver >arn
	printf '%064d\n' 7 >app.hash
	quorate manifest new --namespace $ns --nonce 1 --restart never \
		--manifest-set set --share-set set --patch-set set \
		--pcrs pcrs --role-arn-file arn --pivot-hash app.hash \
		--quorum-key "set/${mark}a.pub" -o m
}

@test "every real document verifies at its own time, and not later or before" {
	local n=0 t
	for f in "$docs"/aws_*.cbor; do
		t=$(made "$f")
		quorate attestation verify --chain-only --at "$t" "$f" >out
		run ! grep -v "^AS OF " out
		run ! grep -Eq 'FAILED|not reached' out
		refused cert-expired quorate attestation verify \
			--chain-only --at $((t + 4 * 3600)) "$f"
		refused cert-not-yet quorate attestation verify \
			--chain-only --at $((t - 86400)) "$f"
		n=$((n + 1))
	done
	[ "$n" -eq 20 ]
}

@test "without --at both clocks are shown and an old document has expired" {
	refused cert-expired quorate attestation verify --chain-only "$doc"
	grep -q "^now: .* by this machine's clock$" "$work/out"
	grep -q "^document made: 2025-09-16 21:25:49 UTC, .* before$" "$work/out"
	grep -q "^leaf ended: .* before$" "$work/out"
	run ! grep -q "AS OF" "$work/out"
}

@test "with --at the minutes left of the leaf are told" {
	run -0 quorate attestation verify --chain-only --at "$at" "$doc"
	[[ $output == *"leaf ends:     2025-09-17 00:25:48 UTC, 2 h 59 min left"* ]]
	[[ $output == *"nothing is said about what the enclave runs"* ]]
}

@test "a document with an altered signature is refused by the signature" {
	local f=$docs/bad-signature_20221109_7df2cdc0.cbor
	refused signature quorate attestation verify --chain-only \
		--at "$(made "$f")" "$f"
}

@test "a document of another root is refused, and taken with that root" {
	local f=$docs/other-root_20241213_d8032479.cbor t hash
	t=$(made "$f")
	refused root quorate attestation verify --chain-only --at "$t" "$f"
	# its own root is within, found by the hash that show prints
	hash=$(quorate attestation show "$f" | sed -n \
		'/^cabundle\[0\]/{n;s/ //gp;}')
	HASH=$hash perl -0777 -ne 'use Digest::SHA "sha256_hex";
		while (/(?=\x30\x82(..))/gs) {
			my $c = substr($_, $-[0], 4 + unpack("n", $1));
			if (sha256_hex($c) eq $ENV{HASH}) { print $c; last }
		}' "$f" >root.der
	openssl x509 -inform DER -in root.der -out root.pem
	for root in root.pem root.der; do
		run -0 quorate attestation verify --chain-only --at "$t" \
			--root $root "$f"
		[[ $output == *"A TEST ROOT"* ]]
	done
	# that root may have fewer issuers below it than AWS's path has
	refused cert-path quorate attestation verify --chain-only --at "$at" \
		--root root.pem "$doc"
}

@test "a changed byte is refused, a malformed document too, with exit 1" {
	cp "$doc" d
	printf '\x00' | dd of=d bs=1 seek=100 conv=notrunc status=none
	run -1 quorate attestation verify --chain-only --at "$at" d
	head -c 1000 "$doc" >d
	refused cose-form quorate attestation verify --chain-only --at "$at" d
	: >d
	refused size quorate attestation verify --chain-only --at "$at" d
	cat "$doc" "$doc" >d
	refused cose-form quorate attestation verify --chain-only --at "$at" d
}

@test "a document of another manifest is refused by its hash" {
	manifest production
	for kind in setup live; do
		refused manifest-hash quorate attestation verify --at "$at" \
			--manifest m --kind $kind "$doc"
	done
	grep -q "against a production manifest as its live key" "$work/out"
}

@test "a production manifest refuses --root, a rehearsal needs it" {
	cp "$docs/aws_nitro_root_g1.pem" aws.pem
	manifest production
	fails 1 "leave --root out" -- quorate attestation verify --at "$at" \
		--manifest m --kind setup --root aws.pem "$doc"
	rm -r set m a.secret b.secret
	manifest rehearsal
	fails 1 "name the test root with --root FILE" -- quorate attestation \
		verify --at "$at" --manifest m --kind setup "$doc"
	fails 1 "does not end at the AWS root" -- quorate attestation verify \
		--at "$at" --manifest m --kind setup --root aws.pem "$doc"
}

@test "--json has every rule, its state and the problem" {
	quorate attestation verify --json --chain-only --at "$at" "$doc" >j
	jq -e '.ok and .asOf and .time == '"$at"' and .rootPinned and
		.problem == null and .manifest == null and
		(.rules | length == 37 and all(.state == "ok")) and
		(.document.pcrs | length == 16) and
		.document.moduleId ==
		"i-02447a481344e9ec0-enc0199546b533fd5d0"' j
	run --separate-stderr -1 quorate attestation verify --json \
		--chain-only "$doc"
	jq -e '(.ok | not) and (.asOf | not) and
		.problem.rule == "cert-expired" and
		(.rules[-1] == {rule: "cert-expired", state: "failed"})' \
		<<<"$output"
	head -c 9 "$doc" >d
	run --separate-stderr -1 quorate attestation verify --json \
		--chain-only d
	jq -e '.document == null and .problem.rule == "cose-form"' \
		<<<"$output"
}

@test "the command line is held to what it must say" {
	fails 2 "give either --manifest" -- quorate attestation verify "$doc"
	fails 2 "give either --manifest" -- quorate attestation verify \
		--chain-only --manifest m --kind setup "$doc"
	fails 2 "go together" -- quorate attestation verify --manifest m "$doc"
	fails 2 "go together" -- quorate attestation verify --chain-only \
		--kind live "$doc"
	fails 2 "setup or live" -- quorate attestation verify --manifest m \
		--kind both "$doc"
	fails 2 "milliseconds" -- quorate attestation verify --chain-only \
		--at 1758057949422 "$doc"
	fails 2 "standard input" -- quorate attestation verify --manifest - \
		--kind live -
	fails 3 "none" -- quorate attestation verify --chain-only none
	fails 3 "not a certificate" -- quorate attestation verify \
		--chain-only --root "$doc" "$doc"
}

@test "show says everything and that nothing is verified" {
	run -0 quorate attestation show - <"$doc"
	[[ ${lines[0]} == "NOTHING HERE IS VERIFIED"* ]]
	[[ $output == *"module_id       i-02447a481344e9ec0-enc0199546b533fd5d0"* ]]
	[[ $output == *"made            2025-09-16 21:25:49 UTC (1758057949422 ms)"* ]]
	[[ $output == *"it equals the pinned AWS root"* ]]
	[[ $output != *SIMULATED* ]]
	[ "$(grep -c '^PCR[0-9]*$' <<<"$output")" -eq 5 ]
	run -0 quorate attestation show "$docs/aws_20221012_46591b92.cbor"
	[[ $output == *"WARNING: PCR0 is zero: a debug enclave"* ]]
	head -c 1000 "$doc" >d
	fails 3 "not a COSE_Sign1" -- quorate attestation show d
}
