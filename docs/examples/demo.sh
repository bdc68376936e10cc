#!/bin/bash
# make demo: the whole story on throw-away keys, one line a step.
#
# Everything is a REHEARSAL: three operators, any two of three, a SIMULATED
# enclave.  What it makes stays in build/demo to look at.
#
# Each machine is a folder: the offline laptop of the ceremony, one offline
# machine of each operator, and the online one.  Nothing comes into another
# folder but by `carry`: as a copy, or with QR=on as codes, filmed by a bad
# camera that misses 30 % of them (tests/qr/bad_film.c), and received.  Which
# ones it misses, and how it spoils the others, follows from DEMO_SEED.
#
# The operators' keys are files.  TOKENS=virtual: three SIMULATED tokens behind
# a real pcscd, and no key file at all; the script types the PINs and is the
# finger that touches.
set -u -o pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 5
top=$PWD
PATH=$top/build:$PATH
shown=${DEMO_DIR:-build/demo}
began=${EPOCHREALTIME/./}
operators='alice bob carol'
machines="laptop $operators online"

# --- steps, and what is carried between them

n=0

# failed TEXT STATUS: the end, with what the step printed
failed() {
	printf '%2d  FAILED  %s: exit status %d\n' "$n" "$1" "$2" >&3
	sed 's/^/    /' "$log" >&3
	exit 1
}

# step TEXT COMMAND...: one line with its time, or the whole output on failure
step() {
	local text=$1 from=${EPOCHREALTIME/./} us
	shift
	n=$((n + 1))
	log=$D/log/$n
	"$@" >"$log" 2>&1 </dev/null || failed "$text: $*" $?
	us=$((${EPOCHREALTIME/./} - from))
	printf '%2d  %-62s %3d.%02d s\n' "$n" "$text" $((us / 1000000)) \
		$((us % 1000000 / 10000))
}

# on MACHINE COMMAND...: in its folder; a name in another folder is refused
on() {
	local machine=$1 word m
	shift
	for word; do
		for m in $machines; do
			case $word in
			"$D/$m"* | ../* | */../*)
				echo "on $machine: $word is not there" >&2
				return 1
				;;
			esac
		done
	done
	(cd "$D/$machine" && "$@")
}

# carry FROM "TO..." FOLDER FILE...: files of one machine into a folder of
# others
carry() {
	log=$D/log/$n.carry
	"carry_by_$way" "$@" >>"$log" 2>&1 </dev/null ||
		failed "from $1 to $2: ${*:4}" $?
}

carry_by_copy() {
	local from=$1 to=$2 folder=$3 m
	shift 3
	for m in $to; do
		mkdir -p "$D/$m/$folder" &&
			(cd "$D/$from" && cp "$@" "$D/$m/$folder/") || return
	done
}

# What the machine runs to show codes and to look at them.
program_of() {
	case $1 in
	online) echo quorate-relay ;;
	*) echo quorate ;;
	esac
}

# The codes are drawn once, and each machine has a camera of its own.  A file
# of 350 bytes is a code at the preset normal; twice as many are drawn.
films=0
carry_by_codes() {
	local from=$1 to=$2 folder=$3 film words bytes m
	shift 3
	films=$((films + 1))
	film=$D/light/$films
	bytes=$(cd "$D/$from" && cat "$@" | wc -c)
	on "$from" "$(program_of "$from")" send --png "$film" --scale 6 \
		--frames $((bytes / 175 + 6)) "$@" 2>"$film.made" || return
	cat "$film.made"
	words=$(sed '1,/^its words:/d' "$film.made" | xargs)
	(cd "$D/$from" && contents "$@") >"$film.sums"
	for m in $to; do
		watch "$from" "$m" "$folder" || return
	done
	rm -r "$film"
}

contents() { sha256sum "$@" | cut -c -64 | sort; }

# watch FROM TO FOLDER: until the record is whole; its files must be the ones
# that were sent.  The words are those of the machine where it was made; online
# nobody compares words.
seed=${DEMO_SEED:-0}
records=0
total_shown=0
total_lost=0
watch() {
	local said=$D/light/$films-$2.said origin=() files
	seed=$((seed + 1))
	records=$((records + 1))
	[ "$2" = online ] || origin=(--words "$words")
	"$top/build/qr/bad_film" --seed $seed --lose 30 "$film" \
		2>"$film.seen" |
		on "$2" "$(program_of "$2")" receive y4m:- -o "$3" \
			--mode rehearsal "${origin[@]}" >"$said.files" \
			2>"$said" || {
		cat "$said"
		return 1
	}
	cat "$said" "$said.files"
	mapfile -t files < <(sed 1d "$said.files")
	(cd "$D/$2" && contents "${files[@]}") | cmp - "$film.sums" || return
	report "$1" "$2" "$said"
}

# One line a transfer.  Lost are the codes that were shown and not read, by the
# time the record was whole; at the preset normal 5 a second are shown.
report() {
	local parts read seen shown what bytes
	read -r parts read seen < <(sed -nE \
		's/^complete: ([0-9]+) .* ([0-9]+) codes .* ([0-9]+) pict.*/\1 \2 \3/p' \
		"$3")
	shown=$(sed -n "${seen}p" "$film.seen")
	total_shown=$((total_shown + shown))
	total_lost=$((total_lost + shown - read))
	IFS='|' read -r what bytes < <(sed -nE \
		-e '/^arrived: /!d' -e 's/^arrived: (an? |the )?//' \
		-e 's/(, for| to an| and its)[^,]*,/,/' \
		-e 's/^(.*), ([0-9]+) bytes.*/\1|\2/p' "$3")
	printf '    %6s > %-6s  %-27s  %5d  %5d  %5d  %4d  %3d.%d s\n' \
		"$1" "$2" "$what" "$bytes" "$parts" "$shown" \
		$((shown - read)) $((shown / 5)) $((shown % 5 * 2)) >&3
}

# What each person has from elsewhere: the measurements of their own build of
# the image, the role, and how many must approve.
own_sources() {
	local m i
	for m in laptop $operators; do
		for i in 0 1 2; do
			printf "$i%.0s" {1..96} && echo " PCR$i"
		done >"$D/$m/image.pcrs"
		printf 'arn:aws:iam::123456789012:role/Rehearsal\n' \
			>"$D/$m/role.arn"
		mkdir -p "$D/$m/set" && echo 2 >"$D/$m/set/quorum_threshold"
	done
}

# --- the persons' keys: they carry them along, and no machine keeps them

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
	for who in $operators; do
		"make_$kind" "$who" || return
	done
}

make_file() {
	on "$1" quorate key generate -o "$D/keys/$1.secret" \
		--pub "rehearsal-$1.pub"
}

# Each key signs its certificate; a signature and an opening test them.
make_token() {
	card_order "$1" touches 4
	on "$1" quorate token provision "rehearsal-$1" \
		--serial "${serial[$1]}" --mode rehearsal \
		--token-root "$card_work/root/root.pem" \
		--management-key protected -o . \
		--pin-fd 5 5< <(printf '%b' "$codes")
}

# keys_of "WHO..." USES COMMAND...: the command with the keys of these persons,
# each of them used so many times
keys_of() {
	local who uses=$2 keys=()
	for who in $1; do
		if [ "$kind" = file ]; then
			keys+=(--key "$D/keys/$who.secret")
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

# --- the ceremony, on the laptop

# With the tokens' own proof of them.
carry_keys() {
	local who files
	for who in $operators; do
		files=("rehearsal-$who.pub")
		[ "$kind" = file ] || files+=("rehearsal-$who.attestation")
		carry "$who" laptop "set" "${files[@]}"
	done
}

make_plan() {
	local who proof=()
	for who in $operators; do
		[ "$kind" = file ] || proof+=(--attestation
			"set/rehearsal-$who.attestation")
	done
	[ "$kind" = file ] || proof+=(--token-root "$card_work/root/root.pem")
	on laptop quorate plan new --mode rehearsal --name REHEARSAL/demo \
		--members "set" -o plan.cbor "${proof[@]}"
}

run_genesis() {
	keys_of "$operators" 1 \
		on laptop quorate genesis run --plan plan.cbor -o genesis \
		--fingerprint "$fingerprint"
}

carry_genesis() {
	local who
	carry laptop "$operators" genesis genesis/plan.cbor \
		genesis/genesis_output genesis/spares.cbor \
		genesis/genesis_statement.cbor
	for who in $operators; do
		carry laptop "$who" genesis/shares \
			"genesis/shares/rehearsal-$who.share"
	done
}

# A share is opened, then a receipt is signed.
accept_shares() {
	local who
	for who in $operators; do
		keys_of "$who" 2 \
			on "$who" quorate share accept --genesis genesis \
			--fingerprint "$fingerprint" --alias "rehearsal-$who" \
			-o . || return
	done
}

check_genesis() {
	local who receipts=()
	for who in $operators; do
		receipts+=(--receipt "receipts/rehearsal-$who.receipt")
	done
	on laptop quorate genesis check genesis --fingerprint "$fingerprint" \
		"${receipts[@]}"
}

# The key comes back from two shares and is the one that genesis printed.
drill() {
	keys_of "alice carol" 1 \
		on laptop quorate genesis drill genesis >"$D/laptop/drill.txt" ||
		return
	cat "$D/laptop/drill.txt"
	tr -d ' \n' <"$D/laptop/drill.txt" |
		grep -qF "$(cat "$D/laptop/genesis/quorum_key.pub")"
}

# --- the manifest

make_manifest() {
	on laptop quorate manifest new --manifest-version 2 \
		--namespace REHEARSAL/demo --nonce 1 --restart always \
		"${sources[@]}" --share-set "set" \
		--quorum-key genesis/quorum_key.pub \
		--genesis-output genesis/genesis_output --share-hashes \
		--arg --port --arg "$app_port" \
		--arg --quorum-key --arg "$E/quorum.key" \
		--arg --live-key --arg "$E/ephemeral.key" \
		-o manifest
}

approve() {
	yes yes 2>/dev/null | keys_of "$1" 1 \
		on "$1" quorate manifest approve manifest "${sources[@]}" \
		--share-set "set" --quorum-key quorum_key.pub \
		--alias "rehearsal-$1" -o approval
	return "${PIPESTATUS[1]}"
}

# --- the enclave

# A SIMULATED NSM starts with the image's measurements and the role's.
start_enclave() {
	{
		cat "$D/alice/image.pcrs" && sed -E \
			's/.*"pcr3":"([0-9a-f]+)".*/\1 PCR3/' \
			"$D/online/manifest_envelope"
	} >"$E/nsm.pcrs" || return
	quorate-enclave-sim --usock "$E/socket" --pki-dir "$D/pki" \
		--pcrs "$E/nsm.pcrs" --quorum-file "$E/quorum.key" \
		--ephemeral-file "$E/ephemeral.key" \
		--manifest-file "$E/manifest" --pivot-file "$E/pivot" \
		>"$D/log/enclave" 2>&1 3>&- &
	running+=($!)
	quorate-host --usock "$E/socket" --host-port "$host_port" \
		>"$D/log/host" 2>&1 3>&- &
	running+=($!)
	wait_for quorate-relay status --host "$host"
}

# wait_for COMMAND...: until it succeeds, at most half a minute
wait_for() {
	local end=$((SECONDS + 30))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return
		sleep 0.05
	done
}

stop_all() {
	[ "${#running[@]}" -eq 0 ] || kill "${running[@]}" 2>/dev/null
	if [ "$kind" = token ]; then
		pcscd_stop
		rm -rf "$card_work"
	fi
	wait
}

boot() {
	on online quorate-relay boot --host "$host" \
		--envelope manifest_envelope --pivot "$app" -o attestation_doc
}

release() {
	yes yes 2>/dev/null | keys_of "$1" 3 on "$1" quorate share release \
		--envelope boot/manifest_envelope \
		--attestation boot/attestation_doc --root "$D/pki/root.pem" \
		--share "rehearsal-$1.share" --alias "rehearsal-$1" \
		--trust trust "${sources[@]}" --quorum-key quorum_key.pub \
		-o release
	return "${PIPESTATUS[1]}"
}

carry_release() {
	carry "$1" online released release/rehearsal-"$1".{sealed,approval,release}
}

post() {
	local f=released/rehearsal-$1
	on online quorate-relay post --host "$host" --share "$f.sealed" \
		--approval "$f.approval" --release "$f.release"
}

# --- the application: its answer is no secret, and what it signs is checked

# One line to the application, one line of JSON back.
ask() {
	exec 4<>"/dev/tcp/127.0.0.1/$app_port" || return
	echo "hello, quorum" >&4
	head -n 1 <&4 >"$D/online/answer.json"
	exec 4<&- 4>&-
	grep -q quorumSignature "$D/online/answer.json"
}

field() {
	sed -E "s/.*\"$1\":\"([0-9a-f]*)\".*/\1/" "$D/online/answer.json"
}

fetch_live() {
	mkdir -p "$D/online/live" &&
		on online quorate-relay attestation --host "$host" \
			-o live/attestation_doc
}

# The live key that answered is the one in the live attestation document.
check_live() {
	on alice quorate attestation verify live/attestation_doc --kind live \
		--manifest manifest --root "$D/pki/root.pem" || return
	on alice quorate attestation show live/attestation_doc | sed -n \
		'/^public_key/,/^user_data/p' | grep '^ ' | tr -d ' \n' |
		grep -oE '[0-9a-f]{260}' >"$D/alice/live/key.pub" || return
	[ "$(field liveKey)" = "$(cat "$D/alice/live/key.pub")" ] &&
		signed live/key.pub liveSignature
}

check_quorum() {
	[ "$(field quorumKey)" = "$(cat "$D/alice/quorum_key.pub")" ] &&
		signed quorum_key.pub quorumSignature
}

# signed FILE.pub FIELD: over the example's own prefix and our line
signed() {
	printf 'hello-example/v1\0hello, quorum' |
		on alice quorate key verify --pub "$1" --signature "$(field "$2")"
}

# free_port FROM: one of 5,000 that nobody listens on, below those of cards
# (tests/card/lib.bash; a connection would pass for a card) and those that the
# system gives to connections going out
free_port() {
	local p=$(($1 + RANDOM % 5000))
	while grep -qi ":$(printf %04X "$p") [0-9A-F:]* 0A " \
		/proc/net/tcp /proc/net/tcp6 2>/dev/null; do
		p=$(($1 + RANDOM % 5000))
	done
	echo "$p"
}

# --- how it is told

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
way=copy
case ${QR:-} in
'') ;;
on) way=codes ;;
*)
	echo "demo: QR=$QR: only \"on\" is known" >&2
	exit 2
	;;
esac
rm -rf "$shown"
mkdir -p "$shown" && D=$(cd "$shown" && pwd) || exit 5
for m in $machines enclave keys log light; do
	mkdir "$D/$m" || exit 5
done
exec 3>&1
own_sources || exit 5
running=()
trap stop_all EXIT
E=$D/enclave
app=$top/build/hello
app_port=$(free_port 10000)
host_port=$(free_port 15000)
host=http://127.0.0.1:$host_port/qos
sources=(--manifest-set "set" --pcrs image.pcrs --role-arn-file role.arn
	--pivot "$app")

if [ "$kind" = file ]; then
	echo "REHEARSAL: these keys protect nothing"
else
	echo "REHEARSAL: these keys protect nothing; the tokens are SIMULATED"
fi
if [ "$way" = codes ]; then
	printf '    %s\n' \
		"each > is a record by codes; screen and camera are SIMULATED:" \
		"30 % lost, the others turned, blurred, noisy; 5 a second" \
		"  from > to      record                       bytes  parts  shown  lost"
fi
if [ "$kind" = file ]; then
	step "three operators make their keys, in files" make_keys
else
	step "three SIMULATED tokens at a real pcscd" start_tokens
	step "three operators make keys in them: locked, with proof" make_keys
fi
carry_keys
step "plan: any two of three bring the key back" make_plan
fingerprint=$(on laptop quorate plan fingerprint plan.cbor)
step "genesis: key made, split, proved, sealed, opened again" run_genesis
carry_genesis
step "each operator accepts the share and signs a receipt" accept_shares
for who in $operators; do
	carry "$who" laptop receipts "rehearsal-$who.receipt"
done
step "anyone checks the genesis and the three receipts" check_genesis
step "drill: two shares bring back the printed public key" drill
step "manifest: what may run, with which keys" make_manifest
carry laptop "$operators" "set" "set"/rehearsal-{alice,bob,carol}.pub
carry laptop "alice bob" . manifest
step "alice compares it with her own sources and approves" approve alice
carry alice laptop approvals approval/rehearsal-alice-REHEARSAL-demo-1.approval
step "bob compares it with his own sources and approves" approve bob
carry bob laptop approvals approval/rehearsal-bob-REHEARSAL-demo-1.approval
step "manifest and approvals become an envelope" \
	on laptop quorate manifest assemble manifest --approvals approvals
step "the envelope is checked against the manifest set" \
	on laptop quorate manifest check manifest_envelope --manifest-set "set"
carry laptop online . manifest_envelope
step "a SIMULATED enclave and its host start" start_enclave
step "boot: the enclave attests its manifest and its setup key" boot
carry online "alice carol" boot attestation_doc manifest_envelope
step "alice verifies the document and releases her share" release alice
carry_release alice
step "carol verifies the document and releases her share" release carol
carry_release carol
step "alice's share is posted: one more to go" post alice
step "carol's share is posted: the enclave has the quorum key" post carol
step "status: who posted, what runs" quorate-relay status --host "$host"
step "the application answers, signed by both keys" wait_for ask
step "a new document attests the live key" fetch_live
carry online alice live live/attestation_doc manifest_envelope
step "the live key is the attested one, and its signature holds" check_live
step "the quorum key is genesis' own, and its signature holds" check_quorum

if [ "$way" = codes ]; then
	printf 'by codes: %d records, %d codes shown, %d lost; all files as they were\n' \
	"$records" "$total_shown" "$total_lost"
fi
us=$((${EPOCHREALTIME/./} - began))
printf 'demo: ok, %d.%02d s; the files are in %s, the steps'"'"' output in %s\n' \
	$((us / 1000000)) $((us % 1000000 / 10000)) "$shown" "$shown/log"
