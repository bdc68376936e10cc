#!/usr/bin/env bats
# quorate-relay through a real host to an enclave that answers as it is told:
# what is sent, what is tried again and what not, and what is believed.  The
# honest ways, with a real enclave, are in online.bats.
#
# variables of the loaded files
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load lib
load host

setup() {
	begin
	r=${QUORATE_BUILD:-$top/build}/quorate-relay
}

teardown() {
	end
}

relay() {
	local command=$1
	shift
	"$r" "$command" --host "$url" "$@"
}

refusal() { printf '{"protocolErrorResponse":%s}' "$1"; }

# an approved manifest of version $1 for the pivot ./app: ./envelope
envelope() {
	local i
	echo '#!/bin/sh' >app
	mkdir -p set approvals
	echo 1 >set/quorum_threshold
	if [ ! -e a.secret ]; then
		quorate key generate -o a.secret --pub set/rehearsal-a.pub
		quorate key generate -o b.secret --pub b.pub
		quorate key generate -o q.secret --pub q.pub
		cp -r set shares
		cp b.pub shares/rehearsal-b.pub
		echo 2 >shares/quorum_threshold
		for i in 0 1 2; do
			printf "$((i + 4))%.0s" {1..96} && echo " PCR$i"
		done >pcrs
		echo arn:aws:iam::123456789012:role/R >role.arn
	fi
	local sources=(--manifest-set set --share-set shares --pcrs pcrs
		--role-arn-file role.arn --pivot app --quorum-key q.pub)
	[ "$1" = 2 ] || sources+=(--patch-set set)
	rm -rf approvals manifest envelope
	mkdir approvals
	quorate manifest new --manifest-version "$1" --namespace REHEARSAL/x \
		--nonce 7 --restart never "${sources[@]}" -o manifest >/dev/null
	echo yes | quorate manifest approve manifest "${sources[@]}" \
		--alias rehearsal-a --key a.secret -o approvals >/dev/null 2>&1
	quorate manifest assemble manifest --approvals approvals -o envelope \
		>/dev/null
}

boot() { relay boot --envelope envelope --pivot app "$@"; }

booted='{"bootStandardResponse":{"nsm_response":{"attestation":{"document":"00ff10"}}}}'

# the same in Borsh
borsh_booted() { printf '\x04\x05\x03\x00\x00\x00\x00\xff\x10' >"$work/replies/$1"; }

asked() { tr '\n' ' ' <"$work/replies/asked"; }

@test "boot asks with tag 23 in Borsh, once, and writes the document" {
	envelope 2
	enclave replies
	host
	borsh_booted 23b
	boot -o doc
	same doc <(printf '\x00\xff\x10')
	[ "$(asked)" = "23b " ]
}

@test "an enclave that cannot read tag 23 gets tag 3: Borsh, for V2 JSON" {
	enclave replies
	host
	envelope 1
	borsh_booted 3b
	boot -o one
	same one <(printf '\x00\xff\x10')
	[ "$(asked)" = "23b 3b " ]
	rm "$work/replies/asked"
	envelope 2
	reply 3 "$booted"
	boot -o two
	same two one
	[ "$(asked)" = "23b 3 " ]
}

@test "the first error of a boot is the one that is told" {
	envelope 1
	enclave replies
	host
	reply 23b "$(refusal '"NotEnoughApprovals"')"
	borsh_booted 3b
	fails 6 the enclave refused: '"NotEnoughApprovals"' -- \
		count_asked 1 boot -o doc
}

# count_asked N COMMAND...: it asked N times; the log is not kept
count_asked() {
	local want=$1 rc=0
	shift
	"$@" || rc=$?
	[ "$(wc -l <"$work/replies/asked")" -eq "$want" ] || rc=99
	rm -f "$work/replies/asked"
	return "$rc"
}

@test "a boot without an attestation document is no success" {
	envelope 1
	enclave replies
	host
	reply 23b '{"bootStandardResponse":{"nsm_response":{"error":"InvalidOperation"}}}'
	fails 6 its NSM says InvalidOperation -- \
		count_asked 1 boot -o doc
	reply 23b '{"bootStandardResponse":{"nsm_response":"lockPCRs"}}'
	fails 6 its NSM gave another answer -- \
		count_asked 1 boot -o doc
}

@test "what would spoil a boot is refused before anything is sent" {
	envelope 1
	enclave replies
	host
	echo more >>app
	fails 1 the pivot is not the "manifest's" -- boot -o doc
	envelope 1
	jq -c '.manifestSetApprovals = []' envelope >none
	fails 1 the envelope would not boot -- \
		relay boot --envelope none --pivot app
	jq -c '.shareSetApprovals = .manifestSetApprovals' envelope >some
	fails 1 already has share approvals -- \
		relay boot --envelope some --pivot app
	echo '{}' >bad
	fails 3 bad: -- relay boot --envelope bad --pivot app
	fails 3 absent -- relay boot --envelope absent --pivot app
	touch doc
	fails 1 doc is there -- boot -o doc
	[ ! -e "$work/replies/asked" ]
}

@test "status before boot: phase and version, nothing invented" {
	enclave replies
	host
	reply 1 '{"statusResponse":"WaitingForBootInstruction"}'
	reply 21 '{"versionResponse":{"commit":"abc","version":"1.2.3"}}'
	reply 19 '{"manifestEnvelopeResponse":{}}'
	reply 11 "$(refusal '{"NoMatchingRoute":"WaitingForBootInstruction"}')"
	relay status >out
	grep -qx 'phase     WaitingForBootInstruction' out
	grep -qx 'version   1.2.3, commit abc' out
	grep -qx 'manifest  none' out
	relay status --json >out
	text out '{"phase":"WaitingForBootInstruction","version":"1.2.3","commit":"abc","manifest":null,"board":null,"document":null}
'
}

@test "the board counts people, by alias or key, and never twice" {
	enclave replies
	host
	envelope 1
	reply 1 '{"statusResponse":"WaitingForQuorumShards"}'
	jq -c '{manifestEnvelopeResponse: {manifest_envelope: (.shareSetApprovals =
		[.manifestSetApprovals[0], .manifestSetApprovals[0]])}}' \
		envelope >"$work/replies/19"
	relay status --json >out
	jq -e '.board.posted == 1 and .board.toGo == 1 and
		.board.threshold == 2 and .version == null' out
	jq -e '[.board.members[] | [.alias, .posted]] ==
		[["rehearsal-a", true], ["rehearsal-b", false]]' out
	jq -e '.manifest.nonce == 7 and .manifest.namespace == "REHEARSAL/x"' out
	[ "$(jq -r .manifest.hash out)" = "$(quorate manifest hash manifest)" ]
	relay status >out
	grep -qx 'shares    1 of 2 people posted, 2 needed, 1 to go' out
	grep -qx '  posted  "rehearsal-a"' out
	grep -qx '  -       "rehearsal-b"' out
	reply 1 '{"statusResponse":"QuorumKeyProvisioned"}'
	[ "$(relay status --json | jq .board.toGo)" -eq 0 ]
}

@test "what an enclave calls itself cannot act on the terminal" {
	enclave replies
	host
	reply 1 '{"statusResponse":"WaitingForBootInstruction"}'
	reply 21 '{"versionResponse":{"commit":"\u001b[2J","version":"1\nphase x"}}'
	relay status >out
	if grep -q "$(printf "\033")" out; then return 1; fi
	[ "$(grep -c '^phase' out)" -eq 1 ]
	rm "$work/replies/asked"
	reply 1 "$(refusal '{"QosAttestError":"a\u001b[2J\nb"}')"
	fails 6 QosAttestError -- count_asked 1 relay status
}

@test "a watch shows each state and ends when the key is there" {
	enclave replies
	host
	reply 1 '{"statusResponse":"WaitingForQuorumShards"}'
	relay status --json --watch 1 >out 3>&- &
	local watcher=$!
	pids+=("$watcher")
	wait_for grep -q WaitingForQuorumShards out
	# the host goes away for a while
	mv "$work/replies/1" gone
	sleep 1.2
	reply 1 '{"statusResponse":"QuorumKeyProvisioned"}'
	wait "$watcher"
	[ "$(tail -n 1 out | jq -r .phase)" = QuorumKeyProvisioned ]
}

@test "an enclave that reads only Borsh is asked again in Borsh" {
	enclave replies
	host
	printf '\x02\x01' >"$work/replies/1b"
	relay status | grep -qx 'phase     WaitingForBootInstruction'
	[[ $(asked) == "1 1b "* ]]
}

@test "answers that are none are exit status 6 and one line" {
	enclave replies
	host
	reply 1 'not a message'
	fails 6 not a protocol message -- count_asked 1 relay status
	reply 1 '{"provisionResponse":{"reconstructed":true}}'
	fails 6 answer to another request -- count_asked 1 relay status
	reply 11 '{"liveAttestationDocResponse":{"nsm_response":{"attestation":{"document":"00"}}}}'
	fails 6 no manifest yet -- count_asked 1 relay attestation -o doc
	envelope 1
	jq -c '{liveAttestationDocResponse: {nsm_response: {attestation:
		{document: "00"}}, manifest_envelope: .}}' envelope >"$work/replies/11"
	fails 6 "the enclave's attestation document" -- \
		count_asked 1 relay attestation -o doc
}

@test "a host that is away, wrong, or without its enclave is named" {
	enclave none
	host
	fails 6 it does not reach its enclave -- relay status
	url=${url%/qos}/other
	fails 6 HTTP status 404 -- relay status
	kill "$host_pid"
	wait "$host_pid"
	fails 6 "$url" -- relay status
	url=ftp://127.0.0.1/x
	fails 2 not an http or https -- relay status
}

@test "a stuck host ends with the timeout" {
	enclave stuck
	host --socket-timeout 600000
	SECONDS=0
	fails 6 "$url" -- relay status --timeout 1
	[ "$SECONDS" -le 60 ]
	fails 2 --timeout -- relay status --timeout 0
}

@test "files that do not belong together are not posted" {
	enclave replies
	host
	envelope 1
	echo noise >release
	cp approvals/* approval
	fails 3 release -- relay post --share app --approval approval \
		--release release
	fails 3 app: -- relay post --share app --approval app --release release
	fails 2 --release -- relay post --share app --approval approval
	[ ! -e "$work/replies/asked" ]
}

@test "help is there for every command" {
	for c in status boot attestation post; do
		"$r" "$c" --help | grep -q -- --host
	done
	rc=0
	"$r" 2>/dev/null || rc=$?
	[ "$rc" -eq 2 ]
}
