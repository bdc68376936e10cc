#!/usr/bin/env bats
# From an approved manifest to a running application, with real processes:
# quorate-enclave-sim, quorate-host, quorate-relay, quorate.  Whatever is
# refused changes nothing, and the honest people get through afterwards.
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

# signed_by NAME WHO: the approval of the manifest NAME
signed_by() { echo "$1.approvals"/*"-$2-"*; }

# --- the honest path

@test "boot, two shares, and the application answers with both keys" {
	envelope m 2 "$programs/hello" --share-hashes \
		--genesis-output "$F/genesis/genesis_output" \
		--arg --quorum-key --arg "$work/e/quorum.key" \
		--arg --live-key --arg "$work/e/ephemeral.key" \
		--arg --port --arg "$(free_port)"
	enclave
	host
	relay status >out
	grep -qx 'phase     WaitingForBootInstruction' out
	grep -qx 'manifest  none' out
	[ "$(boot 2>&1)" = "booted; the enclave waits for shares" ]
	quorate attestation verify m.doc --kind setup --manifest m \
		--root "$F/pki/root.pem" >/dev/null
	relay status >out
	grep -qx 'phase     WaitingForQuorumShards' out
	grep -qx 'shares    0 of 3 people posted, 2 needed, 2 to go' out
	grep -qE 'document  made now ends .*: 1(7[0-9]|80) minutes left' out
	release rehearsal-alice >/dev/null
	[ "$(post rehearsal-alice)" = "posted; 1 more to go" ]
	relay status >out
	grep -qx 'shares    1 of 3 people posted, 2 needed, 1 to go' out
	grep -qx '  posted  "rehearsal-alice"' out
	grep -qx '  -       "rehearsal-bob"' out
	release rehearsal-carol >/dev/null
	[ "$(post rehearsal-carol)" = \
		"reconstructed: the enclave holds the quorum key" ]
	relay status --json >out
	jq -e '.phase == "QuorumKeyProvisioned" and .board.toGo == 0 and
		[.board.members[].posted] == [true, false, true]' out
	runs "$F/genesis"
	wait_for hello
	jq -r .quorumKey answer >q.pub
	same q.pub <(cat "$F/genesis/quorum_key.pub" && echo)
	jq -r .liveKey answer >live.pub
	for which in quorum:q live:live; do
		printf 'hello-example/v1\0hello' | quorate key verify \
			--pub "${which#*:}.pub" \
			--signature "$(jq -r ".${which%:*}Signature" answer)"
	done
	relay attestation -o live.doc
	quorate attestation verify live.doc --kind live --manifest m \
		--root "$F/pki/root.pem" >/dev/null
	# and the envelope that is shown names the two whose shares fitted
	relay attestation -o other.doc --envelope-out shown
	jq -e '[.shareSetApprovals[].member.alias] ==
		["rehearsal-alice", "rehearsal-carol"]' shown
}

hello() {
	local port
	port=$(jq -r '.pivot.args[-1]' m.json)
	exec 9<>"/dev/tcp/127.0.0.1/$port" || return
	echo hello >&9
	head -n 1 <&9 >answer
	exec 9<&-
	[ -s answer ]
}

# answered IP PORT: the application says hello there
answered() {
	exec 9<>"/dev/tcp/$1/$2" || return
	echo hello >&9
	head -n 1 <&9 >answer
	exec 9<&-
	jq -e .quorumSignature answer
}

@test "a bridge of the manifest carries clients of the host to the application" {
	port=$(free_port)
	envelope m 2 "$programs/hello" --share-hashes \
		--genesis-output "$F/genesis/genesis_output" \
		--bridge "server:$port:0.0.0.0" \
		--arg --quorum-key --arg "$work/e/quorum.key" \
		--arg --live-key --arg "$work/e/ephemeral.key" \
		--arg --port --arg "$port"
	enclave
	host e --bridge "127.0.0.2:$port" --heartbeat
	[ -S "$work/e/sock_9000" ]
	# before the key is there, nobody answers
	[ ! -e "$work/e/sock_$port" ]
	exec 9<>"/dev/tcp/127.0.0.2/$port"
	run ! read -r -t 5 -u 9 line
	exec 9<&-
	honest
	logs "bridge to port $port is open"
	wait_for answered 127.0.0.2 "$port"
	for i in 1 2 3; do
		answered 127.0.0.2 "$port"
	done
	stop
	[ "$ended" -eq 0 ]
	[ ! -e "$work/e/sock_$port" ]
	grep -q "bridge from 127.0.0.2:$port to $work/e/sock_$port" \
		"$work/host.e"
}

@test "clients of the application take no descriptor from the control server" {
	port=$(free_port)
	envelope m 2 "$programs/hello" --share-hashes \
		--genesis-output "$F/genesis/genesis_output" \
		--bridge "server:$port:0.0.0.0" \
		--arg --quorum-key --arg "$work/e/quorum.key" \
		--arg --live-key --arg "$work/e/ephemeral.key" \
		--arg --port --arg "$port"
	more=$(ulimit -Sn)
	ulimit -Sn 100
	enclave
	host e --bridge "127.0.0.2:$port"
	ulimit -Sn "$more"
	honest
	# two for each of 128 clients, and 256 more
	grep -qE '^Max open files +513 ' "/proc/$enclave/limits"
	wait_for answered 127.0.0.2 "$port"
	held=()
	for _ in {1..80}; do
		exec {fd}<>"/dev/tcp/127.0.0.2/$port"
		held+=("$fd")
	done
	in_phase QuorumKeyProvisioned
	for fd in "${held[@]}"; do
		exec {fd}<&-
	done
}

# number N: as Borsh has 32 bits
number() { printf '%08x' "$1" | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/'; }

# vector HEX: with its length before it
vector() { echo "$(number $((${#1} / 2)))$1"; }

@test "the same requests in Borsh and in JSON get the same answers, each in its form" {
	plain
	enclave
	host
	[ "$(borsh 01)" = 0201 ]
	[ "$(echo -n '"statusRequest"' | ask)" = \
		'{"statusResponse":"WaitingForBootInstruction"}' ]
	v=$(echo -n '"versionRequest"' | ask)
	[ "$(borsh 15)" = "16$(vector "$(jq -r .versionResponse.version \
		<<<"$v" | tr -d '\n' | xxd -p)")$(vector "$(jq -r \
		.versionResponse.commit <<<"$v" | tr -d '\n' | xxd -p)")" ]
	# no envelope yet; no document before boot
	[ "$(borsh 13)" = 1400 ]
	[ "$(borsh 0b)" = 000601 ]
	# tag 3 with an envelope before another field, which QOS cannot read
	raw_boot m "$binary" >boot.json
	ask <boot.json | jq -e .bootStandardResponse.nsm_response.attestation
	[ "$(borsh 01)" = 0203 ]
	[[ $(borsh 0b) == 0c05* ]]
	share rehearsal-alice | seal >sealed
	a=$(signed_by m alice)
	approval=$(vector "$(jq -r .signature "$a")")
	approval+=$(vector "$(printf rehearsal-alice | xxd -p)")
	approval+=$(vector "$(jq -r .member.pubKey "$a")")
	[ "$(borsh "07$(vector "$(xxd -p sealed | tr -d '\n')")$approval")" = \
		0800 ]
	# an error, in each form: the same person's signature, one bit off
	bad=${approval/#????????/40000000}
	bad=${bad:0:8}$(printf %02x $((0x${bad:8:2} ^ 1)))${bad:10}
	[ "$(borsh "07$(vector "$(xxd -p sealed | tr -d '\n')")$bad")" = 0022 ]
	# what is no message is told so in JSON
	[ "$(borsh ff | xxd -r -p)" = \
		'{"protocolErrorResponse":"ProtocolMsgDeserialization"}' ]
	share rehearsal-bob | seal >sealed
	raw_post sealed "$(signed_by m bob)" | ask |
		jq -e .provisionResponse.reconstructed
	runs "$F/genesis"
}

# --- boot

# tampered NAME FILTER: the envelope m, changed
tampered() { jq -c "$2" m >"$1"; }

@test "an envelope that was tampered with is refused, and the true one boots" {
	plain
	# who is approved but not by this set; approved once only; another nonce
	tampered nonce '.manifest.namespace.nonce = "2"'
	tampered few '.manifestSetApprovals |= .[:1]'
	tampered twice '.manifestSetApprovals |= [.[0], .[0]]'
	tampered share '.shareSetApprovals = .manifestSetApprovals[:1]'
	tampered member '.manifest.manifestSet.members[2] =
		.manifest.manifestSet.members[1]'
	tampered stranger '.manifestSetApprovals[0].member.alias = "rehearsal-x"'
	enclave
	host
	while read -r name error words; do
		raw_boot "$name" "$binary" >request
		refused "$error" <request
		fails 1 "$words" -- relay boot --envelope "$name" \
			--pivot "$binary" -o doc
	done <<-'END'
		nonce {"InvalidManifestApproval" signature
		few "NotEnoughApprovals" 1 of 2
		twice "DuplicateApproval" twice
		share "BadShareSetApprovals" share approvals
		member "DuplicateQuorumMember" twice
		stranger "NotManifestSetMember" member
	END
	# another application
	raw_boot m "$programs/hello" >request
	refused '"InvalidPivotHash":{"actual":"' <request
	fails 1 the pivot is not the manifest\'s -- relay boot --envelope m \
		--pivot "$programs/hello" -o doc
	in_phase WaitingForBootInstruction
	[ "$(ls "$work/e")" = "$(printf 'log\nsock')" ]
	honest
}

@test "what could not be started is refused at boot, in one line" {
	envelope client 1 "$stand/pivot_server"
	envelope uid 2 "$binary" --env QUORATE_PIVOT_UID=nobody
	envelope hashes 2 "$binary" --env QUORATE_SHARE_HASHES=00
	enclave
	host
	raw_boot uid "$binary" >request
	refused 'InvalidPivotEnv":"QUORATE_PIVOT_UID is not a user id' <request
	raw_boot hashes "$binary" >request
	refused '"InvalidPivotEnv":"QUORATE_SHARE_HASHES: 3 lower-case' <request
	plain
	honest
}

@test "an enclave of other measurements boots, but no share is released to it" {
	plain
	for n in 0 1 2 3; do
		sed "/PCR$n/s/^./f/" "$F/nsm.pcrs" >other.pcrs
		enclave e --pcrs other.pcrs
		host
		boot
		harmless 1 "PCR$n" -- release rehearsal-alice
		stop
		fresh
	done
	enclave
	host
	honest
}

@test "a manifest of another set is one that nobody's share is released to" {
	sources=()
	set_of "$F/foreign" 1 rehearsal-x rehearsal-y
	sources "$F/set" "$F/genesis"
	own=("${sources[@]}")
	sources[1]=$F/foreign
	approvers=rehearsal-x plain
	enclave
	host
	boot
	sources=("${own[@]}")
	harmless 1 "manifest set" -- release rehearsal-alice
	in_phase WaitingForQuorumShards
	[ "$(relay status | grep -c '^  - ')" -eq 3 ]
}

@test "the document of one manifest releases no share under another" {
	plain
	nonce=2 plain second
	enclave
	host
	boot
	cp m.doc second.doc
	of=second harmless 1 manifest -- release rehearsal-alice
	provision alice bob
}

# --- shares

# the approval of WHO, as release made it
approval_of() { echo "m.out/rehearsal-$1.approval"; }

# junk X: a share of index X that nobody dealt
junk() {
	printf %02x "$1" | xxd -r -p
	head -c 32 /dev/urandom
}

@test "posts that cannot be used are refused one by one, and the key still comes" {
	set_of "$F/four" 2 rehearsal-alice rehearsal-bob rehearsal-carol \
		rehearsal-dora
	sources[1]=$F/four
	approvers='rehearsal-alice rehearsal-dora' plain
	nonce=2 approvers='rehearsal-alice rehearsal-dora' plain second
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	a=$(approval_of alice)
	b=$(approval_of bob)
	share rehearsal-alice >mine
	seal <mine >sealed
	# dora approves manifests and holds no share
	raw_post sealed "$(signed_by m dora)" >request
	refused '"NotShareSetMember"' <request
	raw_post sealed "$(signed_by second alice)" >request
	refused '"CouldNotVerifyApproval"' <request
	jq -c '.member.alias = "rehearsal-bob"' "$a" >renamed
	raw_post sealed renamed >request
	refused '"NotShareSetMember"' <request
	head -c 130 /dev/urandom >noise
	raw_post noise "$a" >request
	refused '"DecryptionFailed"' <request
	head -c 32 mine | seal >short
	raw_post short "$a" >request
	refused '"IncorrectSecretLen"' <request
	junk 0 | seal >zero
	raw_post zero "$a" >request
	refused '"InvalidShare"' <request
	post rehearsal-alice
	# the same bytes under bob's name
	raw_post sealed "$b" >request
	refused '"QosCrypto":"the same share was posted under the approval of rehearsal-alice"' \
		<request
	# and alice once more: the relay asks why, the enclave replaces
	fails 1 already posted under "this person's" approval -- \
		post rehearsal-alice
	raw_post sealed "$a" | ask | jq -e '.provisionResponse |
		.reconstructed == false'
	relay status | grep -qF 'shares    1 of 3 people posted'
	post rehearsal-bob
	runs "$F/genesis"
	refused '{"NoMatchingRoute":"QuorumKeyProvisioned"}' <request
}

@test "junk under somebody's name is replaced by their honest post" {
	plain
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	junk 1 | seal >sealed
	raw_post sealed "$(approval_of alice)" | ask | jq -e .provisionResponse
	# two posts that do not fit: told, and kept
	refuses_with "ReconstructionErrorIncorrectPubKey" post rehearsal-bob
	in_phase WaitingForQuorumShards
	logs '2 posts, 1 combinations tried: not the quorum key'
	relay status | grep -qF 'shares    2 of 3 people posted'
	fails 1 already posted -- post rehearsal-alice
	[ "$(post rehearsal-alice --replace)" = \
		"reconstructed: the enclave holds the quorum key" ]
	runs "$F/genesis"
}

# refuses_with WORDS COMMAND...: the relay, about what the enclave said
refuses_with() {
	local words=$1 rc=0
	shift
	"$@" >"$work/out" 2>"$work/err" || rc=$?
	cat "$work/err"
	[ "$rc" -eq 6 ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		grep -qF -e "$words" "$work/err"
}

@test "one post of k+1 does not fit: it is named, and the key is there" {
	plain
	enclave
	host
	boot
	for who in alice bob carol; do
		release "rehearsal-$who"
	done
	junk 2 | seal >sealed
	raw_post sealed "$(approval_of bob)" | ask
	refuses_with IncorrectPubKey post rehearsal-alice
	post rehearsal-carol
	logs "the share posted under the approval of rehearsal-bob does not fit and is left out"
	runs "$F/genesis"
	relay attestation -o live.doc --envelope-out shown
	jq -e '[.shareSetApprovals[].member.alias] ==
		["rehearsal-alice", "rehearsal-carol"]' shown
}

@test "a share of another ceremony: refused where hashes are named, left out where not" {
	envelope m 2 "$stand/pivot_server" --share-hashes --arg "$said" \
		--genesis-output "$F/genesis/genesis_output"
	enclave
	host
	boot
	from=$F/elsewhere harmless 1 "share" -- release rehearsal-alice
	release rehearsal-alice
	share rehearsal-alice "$F/elsewhere" | seal >sealed
	raw_post sealed "$(approval_of alice)" >request
	refused '"InvalidShare"' <request
	logs 'under the approval of rehearsal-alice is not the one that the manifest names'
	provision bob carol
	stop
	afresh
	plain v1
	of=v1
	enclave
	host
	boot v1
	from=$F/elsewhere release rehearsal-alice
	post rehearsal-alice
	release rehearsal-bob
	refuses_with IncorrectPubKey post rehearsal-bob
	release rehearsal-carol
	post rehearsal-carol
	logs 'approval of rehearsal-alice does not fit and is left out'
	runs "$F/genesis"
}

@test "thirteen junk posts: at most 4096 combinations a post, then the honest ones win" {
	who=()
	for i in {10..22}; do
		who+=("rehearsal-p$i")
	done
	set_of "$F/many" 2 "${who[@]}"
	genesis_of "$F/wide" "$F/many" "${who[@]}" >/dev/null
	sources "$F/many" "$F/wide"
	approvers=${who[*]} plain
	enclave
	host
	boot
	for i in {1..13}; do
		junk "$i" | seal >sealed
		raw_post sealed "$(signed_by m "p$((i + 9))")" >request
		ask <request >reply
	done
	grep -qF ReconstructionErrorIncorrectPubKey reply
	logs '13 posts, 4096 combinations tried: not the quorum key, and no more are tried for one post'
	in_phase WaitingForQuorumShards
	for i in {1..13}; do
		share "${who[i - 1]}" "$F/wide" | seal >sealed
		raw_post sealed "$(signed_by m "p$((i + 9))")" >request
		ask <request >reply
		if grep -q '"reconstructed":true' reply; then
			break
		fi
	done
	[ "$i" -lt 13 ]
	runs "$F/wide"
	[ "$(console | grep -c 'does not fit and is left out')" -eq $((13 - i)) ]
}

@test "the relay posts nothing that was released for another boot" {
	plain
	enclave
	host
	boot
	cp m.doc first.doc
	release rehearsal-alice
	cp -r m.out first.out
	stop
	fresh
	enclave
	host
	boot
	fails 1 released to another boot -- post rehearsal-alice
	rm m.out/*
	release rehearsal-alice
	release rehearsal-bob
	f=m.out/rehearsal
	fails 1 not the sealed share -- relay post --share "$f-bob.sealed" \
		--approval "$f-alice.approval" --release "$f-alice.release"
	fails 1 of different people -- relay post --share "$f-alice.sealed" \
		--approval "$f-bob.approval" --release "$f-alice.release"
	fails 1 not the attestation -- post rehearsal-alice \
		--attestation first.doc
	flip "$f-bob.release" 60
	refuses_quietly post rehearsal-bob
	post rehearsal-alice --attestation m.doc
	provision carol
}

# not 0, one line, nothing posted
refuses_quietly() {
	local rc=0
	"$@" >"$work/out" 2>"$work/err" || rc=$?
	[ "$rc" -ne 0 ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		relay status | grep -qF 'shares    0 of 3'
}
