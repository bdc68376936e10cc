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
	port=$((20000 + RANDOM % 10000))
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

# borsh HEX: a message of that form, the reply in hex
borsh() { xxd -r -p <<<"$1" | ask | xxd -p | tr -d '\n'; }

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

# fresh: another enclave may start where one was
fresh() { rm -rf "$work/e" "$pivot"; }

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

# --- the pivot

# starts N: it was started that often
starts() { [ "$(grep -c '^started' "$said")" -ge "$1" ]; }

@test "a pivot that fails is started again where the manifest says always" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg exit --arg 1
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	post rehearsal-alice
	post rehearsal-bob
	wait_for starts 4
	logs 'pivot exited with status 1'
	in_phase QuorumKeyProvisioned
	stop
	[ "$ended" -eq 0 ]
}

@test "where it says never, the enclave ends three seconds later with status 0" {
	restart=never envelope m 1 "$stand/pivot_server" --arg "$said" \
		--arg exit --arg 1
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	post rehearsal-alice
	SECONDS=0
	post rehearsal-bob
	wait_for starts 1
	in_phase QuorumKeyProvisioned
	rc=0
	wait "$enclave" || rc=$?
	[ "$rc" -eq 0 ]
	[ "$SECONDS" -ge 3 ]
	[ "$(grep -c '^started' "$said")" -eq 1 ]
	[ ! -e "$work/e/sock" ]
}

@test "the pivot gets its arguments and environment as they are, and nothing else" {
	# the quotes, and what looks like code, are meant
	# shellcheck disable=SC2016
	args=('two words' "it's" '"' '$HOME' '' 'a;b' '--help' 'é')
	words=()
	for a in "${args[@]}"; do
		words+=(--arg "$a")
	done
	# shellcheck disable=SC2016
	envelope m 2 "$stand/pivot_server" --arg "$said" --arg stay \
		"${words[@]}" --env 'A=two words' --env 'B="=$A' --env C= \
		--env PATH=/nowhere
	LEAKED=yes enclave
	host
	honest
	wait_for grep -q '^started' "$said"
	same <(printf 'arg %s\n' "$pivot" "$said" stay "${args[@]}") \
		<(grep '^arg ' "$said")
	# shellcheck disable=SC2016
	same <(printf 'env %s\n' 'A=two words' 'B="=$A' C= PATH=/nowhere) \
		<(grep '^env ' "$said")
	# no descriptor, signal or session of ours
	same <(printf 'fd %d /dev/null\n' 0 1 2) <(grep '^fd ' "$said")
	grep -qx 'leads 1' "$said"
	grep -qx 'blocks 0' "$said"
	grep -qx 'ignores 0' "$said"
	[ "$(mode "$pivot")" = 111 ]
	[ "$(mode "$work/e/manifest")" = 444 ]
	[ "$(mode "$work/e/quorum.key") $(mode "$work/e/ephemeral.key")" = \
		"400 400" ]
	no grep -q 'PIVOT\[' "$work/e/log"
}

@test "QUORATE_PIVOT_UID: the pivot runs as that user, who alone owns the keys" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	# a folder that this user may enter; the teardown removes it
	open=$(mktemp -d /tmp/quorate-uid.XXXXXX)
	chmod 755 "$open"
	install -d -o 12345 "$open/of"
	said=$open/of/report
	pivot=$open/pivot
	envelope m 2 "$stand/pivot_server" --arg "$said" --arg stay \
		--env QUORATE_PIVOT_UID=12345
	ulimit -Sn 123
	enclave
	host
	honest
	wait_for grep -q '^started' "$said"
	grep -qx 'user 12345 12345, 0 more groups' "$said"
	grep -qx 'no new privileges 1' "$said"
	grep -qx 'files 123' "$said"		# the enclave has taken more
	for key in quorum ephemeral; do
		[ "$(stat -c '%u %a' "$work/e/$key.key")" = "12345 400" ]
	done
	# the enclave reads them still
	relay attestation -o live.doc
	stop
	[ "$ended" -eq 0 ]
}

@test "what the pivot says is on the console in debug mode only, a safe line each" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg talk \
		--debug-mode
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	post rehearsal-alice
	post rehearsal-bob
	wait_for logs 'PIVOT[OUT]: no line end'
	logs 'PIVOT[OUT]: a line'
	logs 'PIVOT[OUT]: with ?[31mcolour'
	logs 'PIVOT[ERR]: and a complaint'
	no grep -q "$(printf '\033')" "$work/e/log"
	[ "$(console | wc -L)" -lt 1100 ]
	wait_for starts 2
	in_phase QuorumKeyProvisioned
}

# adopted N: that many children and no more
adopted() { [ "$(children | wc -w)" -eq "$1" ]; }

# zombies among the children of $enclave
zombies() {
	local c
	for c in $(children); do
		sed -E 's/.*\) //' "/proc/$c/stat"
	done | grep -c '^Z'
}

@test "no process stays unreaped: pivots that ended, and orphans where it is PID 1" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg exit --arg 0
	enclave
	host
	boot
	provision alice bob
	wait_for starts 3
	[ "$(zombies)" -eq 0 ]
	stop
	afresh
	envelope o 1 "$stand/pivot_server" --arg "$said" --arg orphan
	of=o
	mkdir -p "$work/e"
	start e "$stand/pivot_server" --as-init "$programs/quorate-enclave-sim" \
		--pki-dir "$F/pki" --pcrs "$F/nsm.pcrs"
	until_says "$work/e/log" ' ready'
	host
	boot o
	provision alice bob
	wait_for starts 1
	wait_for adopted 1
	[ "$(zombies)" -eq 0 ]
}

@test "an enclave that is killed takes its pivot along" {
	plain
	enclave
	host
	honest
	p=$(children)
	kill -KILL "$enclave"
	wait "$enclave" 2>/dev/null || :
	wait_for gone "$p"
}

gone() {
	local p
	for p in $1; do
		[ ! -e "/proc/$p" ] || grep -q '^State:.Z' "/proc/$p/status" ||
			return 1
	done
}

# --- peers

@test "a host without an enclave says so, and works once one is there" {
	mkdir "$work/e"
	host
	rc=0
	relay status >out 2>err || rc=$?
	[ "$rc" -eq 6 ]
	[ "$(wc -l <err)" -eq 1 ]
	[ ! -s out ]
	[ "$(curl -s -o body -w '%{http_code}' "$url/enclave-health")" = 500 ]
	plain
	fails 6 quorate-relay -- relay boot --envelope m \
		--pivot "$binary" -o doc
	enclave
	honest
	stop
	rc=0
	relay status >out 2>err || rc=$?
	[ "$rc" -eq 6 ]
}

# frame FILE: with its length before it
frame() {
	length "$(stat -c %s "$1")"
	cat "$1"
}

length() {
	printf '%016x' "$1" | sed -E 's/(..)/\1\n/g' | tac | tr -d '\n' |
		xxd -r -p
}

@test "any number of frames on a connection, and none over 128 MiB" {
	plain
	enclave
	host
	echo -n '"statusRequest"' >status
	echo -n '{"statusResponse":"WaitingForBootInstruction"}' >answer
	frame answer >framed
	for _ in 1 2 3; do
		frame status
	done | timeout 60 "$control" "$work/e/sock" >out
	same out <(cat framed framed framed)
	# an empty frame, and noise in a frame, are answered
	{
		length 0
		head -c 1000 /dev/urandom >noise
		frame noise
		frame status
	} | timeout 60 "$control" "$work/e/sock" >out
	[ "$(grep -ao ProtocolMsgDeserialization out | wc -l)" -eq 2 ]
	grep -qa WaitingForBoot out
	# 129 MiB announced: closed without a word, long before the 20 seconds
	# that a silent client has, all of it sent or not
	mkfifo announced
	timeout 15 "$control" "$work/e/sock" <announced >out 3>&- &
	exec 8>announced
	length $((129 << 20)) >&8
	wait $!
	exec 8>&-
	[ ! -s out ]
	{
		length $((129 << 20))
		head -c $((129 << 20)) /dev/zero
	} | timeout 15 "$control" "$work/e/sock" >out
	[ ! -s out ]
	# HTTP to the wrong socket; a frame that breaks off
	no curl -s -m 15 --unix-socket "$work/e/sock" http://enclave/
	frame status | head -c 12 | timeout 15 "$control" "$work/e/sock" >out
	[ ! -s out ]
	honest
}

@test "a slow client gets its answer, and nobody waits for it" {
	plain
	enclave
	host
	echo -n '"statusRequest"' >status
	frame status >framed
	{
		for ((i = 0; i < 23; i++)); do
			dd if=framed bs=1 skip="$i" count=1 status=none
			sleep 0.02
		done
		sleep 0.1
	} | timeout 60 "$control" "$work/e/sock" >slow 3>&- &
	slow=$!
	# stuck ones: in a length, and in a frame; they have 20 seconds
	for part in 3 12; do
		mkfifo "stuck.$part"
		"$control" "$work/e/sock" <"stuck.$part" >/dev/null 3>&- &
		stuck+=($!)
	done
	exec 7>stuck.3 8>stuck.12
	head -c 3 framed >&7
	head -c 12 framed >&8
	boot
	provision alice bob
	kill -0 "${stuck[0]}"
	kill -0 "${stuck[1]}"
	exec 7>&- 8>&-
	wait "$slow"
	grep -qa statusResponse slow
}

@test "fifty clients at once, through the host and on the socket" {
	plain
	enclave
	host
	echo -n '"statusRequest"' >status
	frame status >framed
	clients=()
	for i in {1..50}; do
		curl -s --data-binary @status "$url/message" >"http.$i" &
		clients+=($!)
		timeout 60 "$control" "$work/e/sock" <framed >"raw.$i" &
		clients+=($!)
	done
	wait "${clients[@]}"
	for i in {1..50}; do
		text "http.$i" '{"statusResponse":"WaitingForBootInstruction"}'
		grep -qa WaitingForBootInstruction "raw.$i"
	done
	rm http.* raw.*
	honest
}

# --- the end, and the next start

# cleanly: SIGTERM ends it with status 0, without socket, pivot or fragments
cleanly() {
	local p d=$work/e
	p=$(children)
	stop
	[ "$ended" -eq 0 ] || return
	[ ! -e "$d/sock" ] || return
	gone "$p" || return
	find "$d" "${pivot%/*}" -maxdepth 1 -type f \
		! -name log ! -name manifest ! -name '*.key' \
		! -path "$pivot" | grep . && return 1
	[ ! -e "$d/manifest" ] || jq -e .manifest "$d/manifest" >/dev/null ||
		return
	console | tail -n 3 | grep -qF stopping
}

@test "SIGTERM in every phase: status 0, no socket, no pivot, whole files" {
	plain
	enclave
	cleanly
	fresh
	enclave
	host
	boot
	in_phase WaitingForQuorumShards
	cleanly
	fresh
	enclave
	host
	honest
	cleanly
	fresh
	enclave
	host
	raw_boot m "$binary" bootKeyForwardRequest | ask >/dev/null
	in_phase WaitingForForwardedKey
	cleanly
	fresh
	enclave
	host
	genesis_request | ask >/dev/null
	in_phase GenesisBooted
	cleanly
	fresh
	whole=$pivot
	pivot=/dev/null/pivot enclave
	host
	pivot=$whole
	raw_boot m "$binary" | ask | grep -qF FailedToPutPivot
	in_phase UnrecoverableError
	cleanly
}

@test "SIGTERM: a pivot that ignores it is killed, with its family" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg stubborn
	enclave
	host
	honest
	wait_for starts 1
	SECONDS=0
	cleanly
	[ "$SECONDS" -ge 1 ]
	[ "$SECONDS" -le 60 ]
	logs 'pivot ended by signal 9'
	afresh
	envelope f 1 "$stand/pivot_server" --arg "$said" --arg family
	of=f	# for release and post
	enclave
	host
	boot f
	provision alice bob
	wait_for starts 1
	wait_for family
	child=$(children "$(children)")
	cleanly
	wait_for gone "$child"
}

family() { [ -n "$(children "$(children)")" ]; }

@test "files of an earlier run are named at the start, and boot is refused" {
	plain
	enclave
	host
	honest
	stop
	enclave
	for f in quorum.key ephemeral.key manifest; do
		logs "$work/e/$f is left from an earlier run; no boot before it is removed"
	done
	raw_boot m "$binary" >request
	refused '"CannotModifyPostPivotStatic"' <request
	fails 6 CannotModifyPostPivotStatic -- relay boot --envelope m \
		--pivot "$binary" -o doc
	[ -z "$(children)" ]
	# each of them alone is enough
	for f in quorum.key ephemeral.key manifest; do
		mkdir -p "$work/o"
		mv "$work/e/$f" "$work/o/"
	done
	refused '"CannotModifyPostPivotStatic"' <request
	rm -f "$pivot"
	for f in quorum.key ephemeral.key manifest; do
		cp "$work/o/$f" "$work/e/$f"
		refused '"CannotModifyPostPivotStatic"' <request
		rm -f "$work/e/$f"
	done
	rm trust.* m.out/*
	honest
}

@test "a socket that is in use, or a file in its place, is not taken over" {
	enclave
	host
	fails 1 another process listens on -- quorate-enclave-sim \
		--pki-dir "$F/pki" --usock "$work/e/sock"
	in_phase WaitingForBootInstruction
	: >"$work/file"
	fails 1 is no socket -- quorate-enclave-sim --pki-dir "$F/pki" \
		--usock "$work/file"
	# a stale one is replaced
	kill -KILL "$enclave"
	wait "$enclave" 2>/dev/null || :
	[ -S "$work/e/sock" ]
	enclave
	in_phase WaitingForBootInstruction
}

@test "command lines that cannot be meant are refused" {
	for p in quorate-enclave quorate-enclave-sim; do
		fails 2 unknown option --colour -- "$p" --colour x
		fails 2 a value is missing -- "$p" --usock
		fails 2 not a number -- "$p" --port x
	done
	fails 2 --pki-dir DIR is missing -- quorate-enclave-sim --usock s
	fails 2 unknown option --pki-dir -- quorate-enclave --pki-dir x
	long=$(printf 'a%.0s' {1..108})
	fails 2 the path of a socket has at most 107 bytes -- quorate-enclave-sim \
		--pki-dir "$F/pki" --usock "$long"
	fails 3 line 1 is not -- quorate-enclave-sim --pki-dir "$F/pki" \
		--pcrs "$F/role.arn" --usock s
	quorate-enclave --help | grep -q 'default: /dev/nsm'
}

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

genesis_request() {
	for who in $(rehearsal_names); do
		jq -nc --arg who "$who" --rawfile key "$F/keys/$who.pub" \
			'{alias: $who, pubKey: ($key | rtrimstr("\n"))}'
	done | jq -sc '{bootGenesisRequest: {set: {members: ., threshold: "2"}}}'
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
