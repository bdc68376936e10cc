#!/usr/bin/env bats
# The two modes and the real module's program, genesis as a service, and a key
# that is forwarded.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# each test is a subshell, and what it sets is for the helpers:
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0

load lib
load ceremony
load online

setup_file() { online_files >/dev/null; }
setup() { online_begin; }
teardown() { online_end; }

# --- modes, and the real module's program

# module: /dev/nsm for the real program, as a process of its own
module() {
	spawn "$work/nsm.log" "$stand/nsm_server" "$work/nsm" "$F/pki" \
		"$F/nsm.pcrs"
	until_says "$work/nsm.log" ready
	export NSM_STANDIN=$work/nsm
}

real() {
	mkdir -p "$work/e"
	start e env LD_PRELOAD="$stand/nsm_preload.so" \
		"$programs/quorate-enclave"
	until_says "$work/e/log" ' ready'
}

# a production set and genesis's key, though there is no such genesis
production() {
	set_of "$F/real" 2 alice bob carol
	sources=(--manifest-set "$F/real" --share-set "$F/real"
		--pcrs "$F/image.pcrs" --role-arn-file "$F/role.arn"
		--quorum-key "$F/genesis/quorum_key.pub")
	namespace=prod/online approvers='alice bob' plain "$1"
}

@test "a SIMULATED module boots no production manifest" {
	own=("${sources[@]}")
	production p
	sources=("${own[@]}")
	enclave
	host
	raw_boot p "$binary" >request
	refused '"QosAttestError":"' <request
	grep -qi rehearsal "$work/reply"
	plain
	honest
}

release_production() {
	yes yes 2>/dev/null | quorate share release --envelope p \
		--attestation p.doc "${root[@]}" \
		--share "$F/genesis/shares/rehearsal-alice.share" \
		--key "$F/keys/alice" --alias alice --trust trust \
		"${sources[@]}" --pivot "$binary" -o p.out
	return "${PIPESTATUS[1]}"
}

@test "quorate-enclave on a module: no rehearsal, production once, and no share for a simulated root" {
	plain
	production p
	module
	real
	logs ready
	no logs SIMULATED
	host
	raw_boot m "$binary" >request
	refused '"QosAttestError":"' <request
	in_phase WaitingForBootInstruction
	boot p
	in_phase WaitingForQuorumShards
	root=()
	harmless 1 root -- release_production
	root=(--root "$F/pki/root.pem")
	harmless 1 leave --root out -- release_production
	stop
	[ "$ended" -eq 0 ]
	# the module remembers that somebody booted
	fresh
	real
	host
	fails 6 PCR16 -- relay boot --envelope p --pivot "$binary" -o doc
	in_phase UnrecoverableError
	cleanly
}

@test "quorate-enclave without /dev/nsm says so" {
	[ ! -e /dev/nsm ] || skip "there is one"
	fails 5 /dev/nsm -- quorate-enclave --usock sock
	[ ! -e sock ]
}

# --- genesis, key forward

# the output in Borsh, as QOS's client stores it
genesis_borsh() {
	jq -r '
		def hexits: [(. / 16 | floor), . % 16] |
			map("0123456789abcdef"[.:. + 1]) | add;
		def le: [., . / 256, . / 65536, . / 16777216] |
			map(floor % 256 | hexits) | add;
		def count: length | le;
		def hex: (length / 2 | le) + .;
		def text: (utf8bytelength | le) +
			(explode | map(hexits) | add);
		def member: (.alias | text) + (.pubKey | hex);
		(.set.members | count) + (.set.members | map(member) | add) +
		(.set.threshold | tonumber | le) + "00" + (.quorum_key | hex) +
		(.member_outputs | count) + (.member_outputs | map(
			(.shareSetMember | member) +
			(.encryptedQuorumKeyShare | hex) + .shareHash) | add) +
		"00000000" + "00" + .quorum_key_hash +
		(.test_message_ciphertext | hex) +
		(.test_message_signature | hex) + (.test_message | hex)' |
		xxd -r -p
}

@test "genesis as a service: what comes back is read, and its shares are the key's" {
	enclave
	host
	genesis_request >request
	jq -c '.bootGenesisRequest.set.members |= [.[0], .[0]]' request >twice
	refused '"DuplicateQuorumMember"' <twice
	jq -c '.bootGenesisRequest.set.members[].alias |= .[10:]' request >named
	refused '"QosAttestError"' <named
	jq -c '.bootGenesisRequest.set.threshold = "4"' request >four
	refused '"QosCrypto"' <four
	[ "$(borsh 05)" = "$(printf \
		'{"protocolErrorResponse":"LegacyGenesisNotSupported"}' | xxd -p | tr -d '\n')" ]
	ask <request >reply
	jq -e .bootGenesisResponse.nsm_response.attestation.document reply
	jq -c .bootGenesisResponse.genesis_output reply >output.json
	genesis_borsh <output.json >output
	# those very bytes are what the module signed
	jq -r .bootGenesisResponse.nsm_response.attestation.document reply |
		xxd -r -p >doc
	quorate attestation show doc | sed -n '/^user_data/,/^nonce/p' |
		tr -d ' \n' | grep -qF "$(sha256sum <output | cut -c1-64)"
	quorate genesis show output >shown
	grep -qx 'threshold    2 of 3' shown
	[ "$(grep -c '^member ' shown)" -eq 3 ]
	mkdir shares
	for i in 1 3; do
		who=$(rehearsal_names | sed -n "${i}p")
		jq -r ".member_outputs[$i - 1].encryptedQuorumKeyShare" \
			output.json | xxd -r -p | quorate key decrypt --key "$F/keys/$who" \
			>"shares/$i.share"
	done
	quorate shamir join shares/1.share shares/3.share | xxd -p |
		tr -d '\n' >seed
	[ "$(quorate key public seed)" = "$(jq -r .quorum_key output.json)" ]
	in_phase GenesisBooted
	plain
	raw_boot m "$binary" >request
	refused '{"NoMatchingRoute":"GenesisBooted"}' <request
}

@test "key forward: a second enclave gets the key from the first, and only its equal" {
	plain
	nonce=2 plain second
	enclave
	host
	honest
	first=$url first_enclave=$enclave
	pivot=$BATS_TEST_TMPDIR/pivot2
	enclave two
	host two
	second=$url
	raw_boot second "$binary" bootKeyForwardRequest | ask >reply
	document=$(jq -r \
		.bootKeyForwardResponse.nsm_response.attestation.document reply)
	jq -nc --arg d "$document" --slurpfile m second '{exportKeyRequest:
		{manifest_envelope: $m[0], cose_sign1_attestation_doc: $d}}' \
		>request
	url=$first enclave=$first_enclave
	jq -c '.exportKeyRequest.manifest_envelope.manifestSetApprovals |= .[:1]' \
		request >few
	refused '"NotEnoughApprovals"' <few
	jq -c --slurpfile m m '.exportKeyRequest.manifest_envelope = $m[0]' \
		request >other
	refused '"QosAttestError"' <other
	ask <request | jq -c '{injectKeyRequest: .exportKeyResponse}' >inject
	url=$second
	jq -c '.injectKeyRequest.signature |= (.[:-1] +
		(if .[-1:] == "0" then "1" else "0" end))' inject >forged
	ask <forged | grep -qF InvalidEncryptedQuorumKeySignature
	in_phase WaitingForForwardedKey
	[ "$(ask <inject)" = '"injectKeyResponse"' ]
	in_phase QuorumKeyProvisioned
	[ "$(quorate key public "$work/two/quorum.key")" = \
		"$(cat "$F/genesis/quorum_key.pub")" ]
	no cmp -s "$work/two/ephemeral.key" "$work/e/ephemeral.key"
}
