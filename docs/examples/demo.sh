#!/bin/bash
# make demo: the whole story on throw-away keys, one line a step.
#
# Everything is a REHEARSAL: three operators, any two of three, a SIMULATED
# enclave.  What it makes stays in build/demo to look at.
#
# The operators' keys are files.  TOKENS=virtual: three SIMULATED tokens behind
# a real pcscd, and no key file at all; the script types the PINs and is the
# finger that touches.
#
# QR=on: what one machine makes and another one needs crosses as codes, drawn,
# filmed by a SIMULATED camera (30 % of the frames lost, turned, blurred,
# noisy, pale), scanned, and used from there.
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
declare -A serial=([alice]=11000001 [bob]=11000002 [carol]=11000003)
codes='725190\n31415926\n' # the tokens' PIN and PUK

# Three cards that pcscd takes for YubiKeys.
start_tokens() {
	local who
	# shellcheck disable=SC2086 # names
	pcscd_start $operators || return
	for who in $operators; do
		card_start "$who" --serial "${serial[$who]}" || return
	done
}

make_keys() {
	local who
	mkdir -p "$D/set" && printf '2\n' >"$D/set/quorum_threshold" || return
	for who in $operators; do
		mkdir -p "$D/operators/$who" && "make_$kind" "$who" || return
	done
}

make_file() {
	quorate key generate -o "$D/operators/$1/$1.secret" \
		--pub "$D/set/rehearsal-$1.pub"
}

# Each key signs its certificate; a signature and an opening test them.
make_token() {
	card_order "$1" touches 4
	quorate token provision "rehearsal-$1" --serial "${serial[$1]}" \
		--mode rehearsal --token-root "$card_work/root/root.pem" \
		--management-key protected -o "$D/operators/$1" \
		--pin-fd 5 5< <(printf '%b' "$codes") &&
		cp "$D/operators/$1/rehearsal-$1.pub" "$D/set/"
}

# keys_of "WHO..." USES COMMAND...: the command with the keys of these persons,
# each of them used so many times
keys_of() {
	local who uses=$2 keys=()
	for who in $1; do
		if [ "$kind" = file ]; then
			keys+=(--key "$D/operators/$who/$who.secret")
		else
			keys+=(--serial "${serial[$who]}")
			card_order "$who" touches "$uses"
		fi
	done
	shift 2
	if [ "$kind" = file ]; then
		"$@" "${keys[@]}"
	else
		"$@" --token "${keys[@]}" --pin-fd 5 \
			5< <(printf "${codes%%\\*}\n%.0s" {1..8})
	fi
}

make_plan() {
	local who proof=()
	for who in $operators; do
		[ "$kind" = file ] || proof+=(--attestation
			"$D/operators/$who/rehearsal-$who.attestation")
	done
	[ "$kind" = file ] || proof+=(--token-root "$card_work/root/root.pem")
	quorate plan new --mode rehearsal --name REHEARSAL/demo \
		--members "$D/set" -o "$D/plan.cbor" "${proof[@]}"
}

run_genesis() {
	keys_of "$operators" 1 \
		quorate genesis run --plan "$D/plan.cbor" -o "$D/genesis" \
		--fingerprint "$fingerprint"
}

# A share is opened, then a receipt is signed.
accept_shares() {
	local who
	for who in $operators; do
		keys_of "$who" 2 \
			quorate share accept --genesis "$D/genesis" \
			--fingerprint "$fingerprint" --alias "rehearsal-$who" \
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
	keys_of "alice carol" 1 \
		quorate genesis drill "$D/genesis" >"$D/drill.txt" || return
	cat "$D/drill.txt"
	key=$(cat "$D/genesis/quorum_key.pub")
	tr -d ' \n' <"$D/drill.txt" | grep -qF "$key"
}

sources=()
make_manifest() {
	local i
	for i in 0 1 2; do
		printf "$i%.0s" {1..96} && echo " PCR$i"
	done >"$D/image.pcrs"
	printf 'arn:aws:iam::123456789012:role/Rehearsal\n' >"$D/role.arn"
	quorate manifest new --manifest-version 2 --namespace REHEARSAL/demo \
		--nonce 1 --restart always "${sources[@]}" \
		--genesis-output "$D/genesis/genesis_output" --share-hashes \
		--arg --port --arg "$app_port" \
		--arg --quorum-key --arg "$E/quorum.key" \
		--arg --live-key --arg "$E/ephemeral.key" \
		-o "$D/manifest.json"
}

approve() {
	yes yes 2>/dev/null | keys_of "$1" 1 \
		quorate manifest approve "$D/manifest.json" "${sources[@]}" \
		--alias "rehearsal-$1" -o "$D/approvals"
	return "${PIPESTATUS[1]}"
}

# A SIMULATED NSM starts with the image's measurements and the role's.
start_enclave() {
	{
		cat "$D/image.pcrs" &&
			sed -E 's/.*"pcr3":"([0-9a-f]+)".*/\1 PCR3/' \
				"$D/manifest.json"
	} >"$D/nsm.pcrs" || return
	quorate-enclave-sim --usock "$E/socket" --pki-dir "$D/pki" \
		--pcrs "$D/nsm.pcrs" --quorum-file "$E/quorum.key" \
		--ephemeral-file "$E/ephemeral.key" \
		--manifest-file "$E/manifest" --pivot-file "$E/pivot" \
		>"$D/log/enclave" 2>&1 &
	running+=($!)
	quorate-host --usock "$E/socket" --host-port "$host_port" \
		>"$D/log/host" 2>&1 &
	running+=($!)
	wait_for quorate-relay status --host "$host"
}

# wait_for COMMAND...: until it succeeds, at most 5 seconds
wait_for() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

stop_all() {
	[ "${#running[@]}" -eq 0 ] || kill "${running[@]}" 2>/dev/null
	if [ "$kind" = token ]; then
		pcscd_stop
		rm -rf "$card_work"
	fi
	wait
}

release() {
	yes yes 2>/dev/null | keys_of "$1" 3 quorate share release \
		--envelope "$D/manifest_envelope" --attestation "$D/setup.doc" \
		--root "$D/pki/root.pem" \
		--share "$D/operators/$1/rehearsal-$1.share" \
		--alias "rehearsal-$1" \
		--trust "$D/operators/$1/trust" "${own[@]}" \
		-o "$D/operators/$1/release"
	return "${PIPESTATUS[1]}"
}

post() {
	local f=$D/operators/$1/release/rehearsal-$1
	quorate-relay post --host "$host" --share "$f.sealed" \
		--approval "$f.approval" --release "$f.release"
}

# One line to the application, one line of JSON back.
ask() {
	exec 3<>"/dev/tcp/127.0.0.1/$app_port" || return
	echo "hello, quorum" >&3
	head -n 1 <&3 >"$D/answer.json"
	exec 3<&- 3>&-
	grep -q quorumSignature "$D/answer.json"
}

field() {
	sed -E "s/.*\"$1\":\"([0-9a-f]*)\".*/\1/" "$D/answer.json"
}

# The live key that answered is the one in the live attestation document.
check_live() {
	quorate-relay attestation --host "$host" -o "$D/live.doc" &&
		quorate attestation verify "$D/live.doc" --kind live \
			--manifest "$D/manifest.json" \
			--root "$D/pki/root.pem" || return
	field liveKey >"$D/live.pub"
	quorate attestation show "$D/live.doc" | sed -n \
		'/^public_key/,/^user_data/p' | grep '^ ' | tr -d ' \n' |
		grep -qF "$(cat "$D/live.pub")" || return
	signed "$D/live.pub" liveSignature
}

check_quorum() {
	[ "$(field quorumKey)" = "$(cat "$D/genesis/quorum_key.pub")" ] &&
		signed "$D/genesis/quorum_key.pub" quorumSignature
}

# signed FILE.pub FIELD: over the example's own prefix and our line
signed() {
	printf 'hello-example/v1\0hello, quorum' |
		quorate key verify --pub "$1" --signature "$(field "$2")"
}

# film FOLDER: its codes as a bad camera has them, one frame a code at most
film() {
	ffmpeg -v error -framerate 5 -i "$1/%04d.png" -vf "
		select='gt(random(1),0.3)', format=gray,
		pad=1280:720:(ow-iw)/2:(oh-ih)/2:gray, rotate=0.05:c=gray,
		gblur=0.8, noise=alls=14:allf=t:all_seed=7, eq=contrast=0.6" \
		-fps_mode passthrough -pix_fmt yuv420p -f yuv4mpegpipe -
}

# crossing FROM TO FILE...: the files, one record, by codes from one program
# to the other; what came takes the place of what was sent.  Offline its words
# are those of the paper that was printed where it was made.
crossing() {
	local from=$1 to=$2 at=$D/qr/$n f got bytes words=()
	shift 2
	mkdir -p "$at" || return
	bytes=$(cat "$@" | wc -c)
	"$from" send --pdf "$at/paper.pdf" "$@" || return
	if [ "$to" = quorate ]; then
		words=(--words "$(pdftotext -layout "$at/paper.pdf" - |
			grep -oE '\b[0-9]+ [A-Z]{4}\b' | head -n 12 |
			cut -d ' ' -f 2 | paste -sd ' ')")
	fi
	# 350 bytes a code, twice as many; a sender on a screen never ends
	"$from" send --png "$at/codes" --scale 4 \
		--frames $((bytes / 175 + 30)) "$@" || return
	# the film is cut when the receiver has it all
	film "$at/codes" 2>"$at/film.log" |
		"$to" receive y4m:- -o "$at/got" "${words[@]}"
	[ "${PIPESTATUS[1]}" -eq 0 ] || return
	for f; do
		for got in "$at/got/"*; do
			cmp -s "$f" "$got" && cp "$got" "$f" && continue 2
		done
		echo "$f: nothing like it arrived"
		return 1
	done
}

# cross TEXT FROM TO FILE...: the step, where QR=on
cross() {
	local text=$1
	shift
	[ -z "$light" ] || step "  by codes: $text" crossing "$@"
}

# free_port FROM: one of 6,000 that nobody answers on, below those that the
# system gives to connections going out
free_port() {
	local p=$(($1 + RANDOM % 6000))
	while (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do
		p=$(($1 + RANDOM % 6000))
	done
	echo "$p"
}

kind="file"
case ${TOKENS:-} in
'') ;;
virtual)
	kind=token
	# for card/lib.bash
	# shellcheck disable=SC2034
	card_top=$PWD
	card_work=$(mktemp -d) || exit 5
	# shellcheck source=/dev/null
	. tests/card/lib.bash
	;;
*)
	echo "demo: TOKENS=$TOKENS: only \"virtual\" is known" >&2
	exit 2
	;;
esac
light=
case ${QR:-} in
'') ;;
on)
	light=on
	for tool in ffmpeg pdftotext; do
		command -v "$tool" >/dev/null && continue
		echo "demo: QR=on needs $tool: apt install ffmpeg poppler-utils" >&2
		exit 5
	done
	;;
*)
	echo "demo: QR=$QR: only \"on\" is known" >&2
	exit 2
	;;
esac
rm -rf "$D"
mkdir -p "$D/log" "$D/approvals" "$D/enclave" || exit 5
running=()
trap stop_all EXIT
E=$(cd "$D/enclave" && pwd)
app_port=$(free_port 20000)
host_port=$(free_port 26000)
host=http://127.0.0.1:$host_port/qos
own=(--manifest-set "$D/set" --pcrs "$D/image.pcrs"
	--role-arn-file "$D/role.arn" --pivot build/hello
	--quorum-key "$D/genesis/quorum_key.pub")
sources=(--manifest-set "$D/set" --share-set "$D/set" --pcrs "$D/image.pcrs"
	--role-arn-file "$D/role.arn" --pivot build/hello
	--quorum-key "$D/genesis/quorum_key.pub")

if [ "$kind" = file ]; then
	echo "REHEARSAL: these keys protect nothing"
else
	echo "REHEARSAL: these keys protect nothing; the tokens are SIMULATED"
fi
[ -z "$light" ] || echo "REHEARSAL: the camera is SIMULATED"
if [ "$kind" = file ]; then
	step "three operators make their keys, in files" make_keys
else
	step "three SIMULATED tokens at a real pcscd" start_tokens
	step "three operators make keys in them: locked, with proof" make_keys
fi
proofs=()
[ "$kind" = file ] || proofs=("$D/operators/"*/*.attestation)
cross "the operators' keys, to the ceremony" quorate quorate \
	"$D/set/"*.pub "${proofs[@]}"
step "plan: any two of three bring the key back" make_plan
fingerprint=$(quorate plan fingerprint "$D/plan.cbor")
cross "the plan, to every operator" quorate quorate "$D/plan.cbor"
step "genesis: key made, split, proved, sealed, opened again" run_genesis
cross "what the genesis made for everybody" quorate quorate \
	"$D/genesis/"{plan.cbor,genesis_output,spares.cbor} \
	"$D/genesis/genesis_statement.cbor"
for who in $operators; do
	cross "$who's sealed share" quorate quorate \
		"$D/genesis/shares/rehearsal-$who.share"
done
step "each operator accepts the share and signs a receipt" accept_shares
step "anyone checks the genesis and the three receipts" check_genesis
step "drill: two shares bring back the printed public key" drill
step "manifest: what may run, with which keys" make_manifest
cross "the manifest, to those who approve" quorate quorate \
	"$D/manifest.json"
step "alice compares it with her own sources and approves" approve alice
step "bob compares it with his own sources and approves" approve bob
for f in "$D/approvals/"*; do
	cross "an approval, back" quorate quorate "$f"
done
step "manifest and approvals become an envelope" \
	quorate manifest assemble "$D/manifest.json" \
	--approvals "$D/approvals" -o "$D/manifest_envelope"
cross "the envelope, out to the relay" quorate quorate-relay \
	"$D/manifest_envelope"
step "the envelope is checked against the manifest set" \
	quorate manifest check "$D/manifest_envelope" --manifest-set "$D/set"
step "a SIMULATED enclave and its host start" start_enclave
step "boot: the enclave attests its manifest and its setup key" \
	quorate-relay boot --host "$host" --envelope "$D/manifest_envelope" \
	--pivot build/hello -o "$D/setup.doc"
cross "document and envelope, in to the operators" quorate-relay quorate \
	"$D/setup.doc" "$D/manifest_envelope"
step "alice verifies the document and releases her share" release alice
step "carol verifies the document and releases her share" release carol
for who in alice carol; do
	cross "$who's release, out to the relay" quorate quorate-relay \
		"$D/operators/$who/release/"*.{sealed,approval,release}
done
step "alice's share is posted: one more to go" post alice
step "carol's share is posted: the enclave has the quorum key" post carol
step "status: who posted, what runs" quorate-relay status --host "$host"
step "the application answers, signed by both keys" wait_for ask
step "the live key is the attested one, and its signature holds" check_live
step "the quorum key is genesis' own, and its signature holds" check_quorum

us=$((${EPOCHREALTIME/./} - began))
printf 'demo: ok, %d.%02d s; the files are in %s, the steps'"'"' output in %s\n' \
	$((us / 1000000)) $((us % 1000000 / 10000)) "$D" "$D/log"
