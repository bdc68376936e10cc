#!/bin/bash
# Material for enclave_bench: the demo's ceremony in $1, and a second envelope
# in $1/big for an application of 60 MiB.
set -eu
D=$1
Q=$PWD/build/quorate
DEMO_DIR=$D docs/examples/demo.sh >/dev/null
mkdir "$D/big"
head -c $((60 << 20)) /dev/zero >"$D/big/pivot"
L=$D/laptop
sources=(--manifest-set "$L/set" --share-set "$L/set" --pcrs "$L/image.pcrs"
	--role-arn-file "$L/role.arn" --pivot "$D/big/pivot"
	--quorum-key "$L/genesis/quorum_key.pub")
"$Q" manifest new --manifest-version 2 --namespace REHEARSAL/demo --nonce 2 \
	--restart never "${sources[@]}" -o "$D/big/manifest.json" 2>/dev/null
for who in alice bob; do
	printf 'yes\nyes\n' | "$Q" manifest approve "$D/big/manifest.json" \
		"${sources[@]}" --alias "rehearsal-$who" \
		--key "$D/keys/$who.secret" -o "$D/big" >/dev/null 2>&1
done
"$Q" manifest assemble "$D/big/manifest.json" --approvals "$D/big" \
	-o "$D/big/envelope" >/dev/null 2>&1
