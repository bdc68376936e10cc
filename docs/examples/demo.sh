#!/bin/bash
# make demo: the whole story on throw-away keys, one line a step.
#
# Everything is a REHEARSAL: three operators with key files, any two of three.
# What it makes stays in build/demo to look at.
set -u -o pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 5
PATH=$PWD/build:$PATH
D=${DEMO_DIR:-build/demo}
n=0
began=${EPOCHREALTIME/./}

# step TEXT COMMAND...: one line with its time, or the whole output on failure
step() {
	local text=$1 from=${EPOCHREALTIME/./} rc=0 us
	shift
	n=$((n + 1))
	"$@" >"$D/log/$n" 2>&1 </dev/null || rc=$?
	us=$((${EPOCHREALTIME/./} - from))
	if [ "$rc" -ne 0 ]; then
		printf '%2d  FAILED  %s: exit status %d\n' "$n" "$text" "$rc"
		printf '    %s\n' "$*"
		sed 's/^/    /' "$D/log/$n"
		exit 1
	fi
	printf '%2d  %-62s %3d.%02d s\n' "$n" "$text" $((us / 1000000)) \
		$((us % 1000000 / 10000))
}

operators='alice bob carol'

make_operators() {
	local who
	mkdir -p "$D/set" && printf '2\n' >"$D/set/quorum_threshold" || return
	for who in $operators; do
		mkdir -p "$D/operators/$who" &&
			quorate key generate -o "$D/operators/$who/$who.secret" \
				--pub "$D/set/rehearsal-$who.pub" || return
	done
}

make_plan() {
	quorate plan new --mode rehearsal --name REHEARSAL/demo \
		--members "$D/set" -o "$D/plan.cbor"
}

run_genesis() {
	local who keys=()
	for who in $operators; do
		keys+=(--key "$D/operators/$who/$who.secret")
	done
	quorate genesis run --plan "$D/plan.cbor" -o "$D/genesis" \
		--fingerprint "$fingerprint" "${keys[@]}"
}

accept_shares() {
	local who
	for who in $operators; do
		quorate share accept --genesis "$D/genesis" \
			--fingerprint "$fingerprint" --alias "rehearsal-$who" \
			--key "$D/operators/$who/$who.secret" \
			-o "$D/operators/$who" || return
	done
}

check_genesis() {
	local who receipts=()
	for who in $operators; do
		receipts+=(--receipt
			"$D/operators/$who/rehearsal-$who.receipt")
	done
	quorate genesis check "$D/genesis" --fingerprint "$fingerprint" \
		"${receipts[@]}"
}

# The key comes back from two shares and is the one that genesis printed.
drill() {
	local key
	quorate genesis drill "$D/genesis" \
		--key "$D/operators/alice/alice.secret" \
		--key "$D/operators/carol/carol.secret" >"$D/drill.txt" ||
		return
	cat "$D/drill.txt"
	key=$(cat "$D/genesis/quorum_key.pub")
	tr -d ' \n' <"$D/drill.txt" | grep -qF "$key"
}

sources=()
make_manifest() {
	printf '%096d PCR%d\n' 0 0 0 1 0 2 >"$D/image.pcrs"
	printf 'arn:aws:iam::123456789012:role/Rehearsal\n' >"$D/role.arn"
	quorate manifest new --manifest-version 2 --namespace REHEARSAL/demo \
		--nonce 1 --restart never "${sources[@]}" \
		--genesis-output "$D/genesis/genesis_output" --share-hashes \
		-o "$D/manifest.json"
}

approve() {
	yes yes 2>/dev/null | quorate manifest approve "$D/manifest.json" \
		"${sources[@]}" --alias "rehearsal-$1" \
		--key "$D/operators/$1/$1.secret" -o "$D/approvals"
	return "${PIPESTATUS[1]}"
}

rm -rf "$D"
mkdir -p "$D/log" "$D/approvals" || exit 5
sources=(--manifest-set "$D/set" --share-set "$D/set" --pcrs "$D/image.pcrs"
	--role-arn-file "$D/role.arn" --pivot build/hello
	--quorum-key "$D/genesis/quorum_key.pub")

echo "REHEARSAL: these keys protect nothing"
step "three operators make their keys" make_operators
step "plan: any two of three bring the key back" make_plan
fingerprint=$(quorate plan fingerprint "$D/plan.cbor")
step "genesis: key made, split, proved, sealed, opened again" run_genesis
step "each operator accepts the share and signs a receipt" accept_shares
step "anyone checks the genesis and the three receipts" check_genesis
step "drill: two shares bring back the printed public key" drill
step "manifest: what may run, with which keys" make_manifest
step "alice compares it with her own sources and approves" approve alice
step "bob compares it with his own sources and approves" approve bob
step "manifest and approvals become an envelope" \
	quorate manifest assemble "$D/manifest.json" \
	--approvals "$D/approvals" -o "$D/manifest_envelope"
step "the envelope is checked against the manifest set" \
	quorate manifest check "$D/manifest_envelope" --manifest-set "$D/set"

us=$((${EPOCHREALTIME/./} - began))
printf 'demo: ok, %d.%02d s; the files are in %s, the steps'"'"' output in %s\n' \
	$((us / 1000000)) $((us % 1000000 / 10000)) "$D" "$D/log"
