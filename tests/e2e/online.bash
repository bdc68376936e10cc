# For the tests of the online part, after `load lib`: real enclaves, hosts
# and relays.  What all tests of a file read is made once, in $F; what an
# enclave writes is in $work/NAME; QUORATE_BUILD is where the programs are.

programs=${QUORATE_BUILD:-$BATS_TEST_DIRNAME/../../build}
programs=$(cd "$programs" && pwd)
F=$BATS_FILE_TMPDIR
operators='alice bob carol'

# --- made once

# set_of FOLDER THRESHOLD NAME...: keys in $F/keys, public ones in FOLDER too
set_of() {
	local folder=$1 who
	mkdir -p "$F/keys" "$folder"
	echo "$2" >"$folder/quorum_threshold"
	shift 2
	for who in "$@"; do
		[ -e "$F/keys/$who" ] || quorate key generate \
			-o "$F/keys/$who" --pub "$F/keys/$who.pub"
		cp "$F/keys/$who.pub" "$folder/"
	done
}

# genesis_of FOLDER SET NAME...: a rehearsal, and each NAME's share accepted
genesis_of() {
	local folder=$1 set=$2 who fp keys=()
	shift 2
	quorate plan new --mode rehearsal --name REHEARSAL/online \
		--members "$set" -o "$folder.plan"
	fp=$(quorate plan fingerprint "$folder.plan")
	for who in "$@"; do
		keys+=(--key "$F/keys/$who")
	done
	quorate genesis run --plan "$folder.plan" -o "$folder" \
		--fingerprint "$fp" "${keys[@]}"
}

online_files() {
	local i
	PATH=$programs:$PATH
	# shellcheck disable=SC2086 # names
	{
		set_of "$F/set" 2 $(rehearsal_names)
		genesis_of "$F/genesis" "$F/set" $(rehearsal_names)
		genesis_of "$F/elsewhere" "$F/set" $(rehearsal_names)
	}
	for i in 0 1 2; do
		printf "$((i + 4))%.0s" {1..96} && echo " PCR$i"
	done >"$F/image.pcrs"
	printf 'arn:aws:iam::123456789012:role/Rehearsal\n' >"$F/role.arn"
	sources "$F/set" "$F/genesis"
	quorate manifest new --manifest-version 1 --namespace REHEARSAL/x \
		--nonce 1 --restart never --pivot "$programs/hello" \
		--patch-set "$F/set" "${sources[@]}" -o "$F/any.json"
	{
		cat "$F/image.pcrs"
		jq -r '.enclave.pcr3 + " PCR3"' "$F/any.json"
	} >"$F/nsm.pcrs"
}

rehearsal_names() {
	local who
	for who in $operators; do
		echo "rehearsal-$who"
	done
}

# --- a test

online_begin() {
	begin
	PATH=$programs:$PATH
	# the pivot is run from here: /dev/shm may forbid that
	mkdir "$BATS_TEST_TMPDIR/of.pivot"
	pivot=$BATS_TEST_TMPDIR/of.pivot/pivot
	said=$work/pivot.report
	sources "$F/set" "$F/genesis"
	stand=$programs/standin
	control=$stand/control_client
}

online_end() {
	stop_all
	[ -z "${open:-}" ] || rm -rf "$open"
	end
}

# enclave [NAME [OPTIONS...]]: a fresh SIMULATED one; $enclave is its process,
# $work/NAME its folder: sock, log, keys, manifest
enclave() {
	local name=${1:-e}
	shift || :
	mkdir -p "$work/$name"
	start "$name" "$programs/quorate-enclave-sim" --pki-dir "$F/pki" \
		--pcrs "$F/nsm.pcrs" "$@"
	until_says "$work/$name/log" ' ready'
}

# start NAME PROGRAM...: any enclave program with the usual files
start() {
	local d=$work/$1
	shift
	spawn "$d/log" "$@" --usock "$d/sock" --quorum-file "$d/quorum.key" \
		--ephemeral-file "$d/ephemeral.key" \
		--manifest-file "$d/manifest" --pivot-file "$pivot"
	enclave=$spawned
}

# host [NAME [OPTIONS...]]: in front of that enclave; $url is its address
host() {
	local name=${1:-e}
	shift || :
	spawn "$work/host.$name" "$programs/quorate-host" \
		--usock "$work/$name/sock" --host-port 0 "$@"
	address "$work/host.$name"
}

relay() {
	local command=$1
	shift
	quorate-relay "$command" --host "$url" "$@"
}

# stop [PID]: SIGTERM; its exit status in $ended
stop() {
	local p=${1:-$enclave}
	ended=0
	kill -TERM "$p"
	wait "$p" || ended=$?
}

console() { cat "$work/e/log"; }

# logs WORDS...: the console has a line with them
logs() { console | grep -qF -e "$*"; }

# --- manifests

# sources SET GENESIS: what one compares with, as words for the commands
sources() {
	sources=(--manifest-set "$1" --share-set "$1"
		--pcrs "$F/image.pcrs" --role-arn-file "$F/role.arn"
		--quorum-key "$2/quorum_key.pub")
}

# envelope NAME VERSION PIVOT [OPTIONS...]: NAME.json, its approvals by alice
# and bob in NAME.approvals, and the envelope NAME
envelope() {
	local name=$1 version=$2 who
	prepare "$@"
	for who in ${approvers:-rehearsal-alice rehearsal-bob}; do
		approve "$name" "$who" || return
	done
	quorate manifest assemble "$name.json" \
		--approvals "$name.approvals" -o "$name" >/dev/null
}

prepare() {
	local name=$1 version=$2
	binary=$3
	shift 3
	local more=(--pivot "$binary")
	if [ "$version" -eq 1 ]; then
		more+=(--patch-set "$F/set")
	fi
	mkdir -p "$name.approvals"
	quorate manifest new --manifest-version "$version" \
		--namespace "${namespace:-REHEARSAL/online}" \
		--nonce "${nonce:-1}" --restart "${restart:-always}" \
		"${sources[@]}" "${more[@]}" "$@" -o "$name.json" >/dev/null
}

# approve NAME WHO
approve() {
	yes yes 2>/dev/null | quorate manifest approve "$1.json" \
		"${sources[@]}" --pivot "$binary" --alias "$2" \
		--key "$F/keys/$2" -o "$1.approvals" >/dev/null
	return "${PIPESTATUS[1]}"
}

# the program that stays, as V1: most tests need no more
plain() {
	envelope "${1:-m}" 1 "$stand/pivot_server" --arg "$said" --arg stay
}

# boot [NAME]: through the relay; the document is NAME.doc, and there is a
# folder for what is released
boot() {
	mkdir -p "${1:-m}.out"
	relay boot --envelope "${1:-m}" --pivot "$binary" -o "${1:-m}.doc" \
		--force
}

# --- shares

# release WHO [OPTIONS...]: of the envelope $of (m), into the folder $of.out
release() {
	local who=$1 m=${of:-m}
	shift
	yes yes 2>/dev/null | quorate share release --envelope "$m" \
		--attestation "$m.doc" --root "$F/pki/root.pem" \
		--share "${from:-$F/genesis}/shares/$who.share" \
		--key "$F/keys/$who" --alias "$who" --trust "trust.$who" \
		"${sources[@]}" --pivot "$binary" -o "$m.out" "$@"
	return "${PIPESTATUS[1]}"
}

# post WHO [OPTIONS...]: what was released
post() {
	local f=${of:-m}.out/$1
	shift
	relay post --share "$f.sealed" --approval "$f.approval" \
		--release "$f.release" "$@"
}

# share WHO [GENESIS]: in the clear
share() {
	quorate key decrypt --key "$F/keys/$1" \
		"${2:-$F/genesis}/shares/$1.share"
}

# seal: standard input to the setup key of the enclave behind $url
seal() {
	curl -s "$url/enclave-info" | jq -r .ephemeralKey >setup.pub
	quorate key encrypt --to setup.pub
}

# raw_post SEALED APPROVAL: the request as JSON
raw_post() {
	jq -nc --arg share "$(xxd -p "$1" | tr -d '\n')" --slurpfile a "$2" \
		'{provisionRequest: {share: $share, approval: $a[0]}}'
}

# raw_boot ENVELOPE PIVOT [NAME]
raw_boot() {
	xxd -p "$2" | tr -d '\n' >"$work/pivot.hex"
	jq -nc --rawfile pivot "$work/pivot.hex" --slurpfile m "$1" \
		--arg name "${3:-bootStandardRequest}" \
		'{($name): {manifest_envelope: $m[0], pivot: $pivot}}'
}

# --- messages

# ask: the message on standard input, the reply printed
ask() { curl -s --data-binary @- "$url/message"; }

phase() { echo -n '"statusRequest"' | ask | jq -r .statusResponse; }

# in_phase NAME
in_phase() { [ "$(phase)" = "$1" ]; }

# what an enclave keeps: its files, and all that it shows of itself
kept() {
	(cd "$work/e" && find . -type f ! -name log -print0 | sort -z |
		xargs -0r sha256sum)
	phase
	echo -n '"manifestEnvelopeRequest"' | ask
}

# refused ERROR: the message on standard input gets that protocol error (some
# JSON within it), changes nothing, and is one line on the console
refused() {
	local before lines said_so
	before=$(kept)
	lines=$(console | wc -l)
	ask >"$work/reply"
	said_so=$(console | tail -n +$((lines + 1)) | grep -c 'refused: ')
	if ! jq -e .protocolErrorResponse "$work/reply" >/dev/null ||
		! grep -qF -e "$1" "$work/reply" || [ "$said_so" -ne 1 ] ||
		[ "$before" != "$(kept)" ]; then
		echo "wanted:   $1"
		echo "reply:    $(head -c 500 "$work/reply")"
		diff <(echo "$before") <(kept)
		console
		return 1
	fi
}

# afresh: as if nobody had booted or released anything
afresh() {
	rm -rf "$work/e" "$pivot" "$said" ./*.out trust.*
}

# --- ends

# provision WHO...: each releases and posts; then the enclave has the key
provision() {
	local who
	for who in "$@"; do
		release "rehearsal-$who" >/dev/null &&
			post "rehearsal-$who" >/dev/null || return
	done
	runs "$F/genesis"
}

# honest: boot of m, two shares, a running pivot
honest() {
	boot && provision alice carol
}

# runs GENESIS: the enclave has its key, and the pivot is up
runs() {
	in_phase QuorumKeyProvisioned || return
	[ "$(quorate key public "$work/e/quorum.key")" = \
		"$(cat "$1/quorum_key.pub")" ] || return
	wait_for pivot_up
}

pivot_up() { [ -n "$(children)" ]; }

# children [PID]: of the enclave
children() {
	local p=${1:-$enclave}
	xargs <"/proc/$p/task/$p/children"
}

# --- of several files

# fresh: another enclave may start where one was
fresh() { rm -rf "$work/e" "$pivot"; }

# starts N: it was started that often
starts() { [ "$(grep -c '^started' "$said")" -ge "$1" ]; }

# gone PIDS: they have ended
gone() {
	local p
	for p in $1; do
		[ ! -e "/proc/$p" ] || grep -q '^State:.Z' "/proc/$p/status" ||
			return 1
	done
}

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

# genesis_request: of the three, two of them needed
genesis_request() {
	for who in $(rehearsal_names); do
		jq -nc --arg who "$who" --rawfile key "$F/keys/$who.pub" \
			'{alias: $who, pubKey: ($key | rtrimstr("\n"))}'
	done | jq -sc '{bootGenesisRequest: {set: {members: ., threshold: "2"}}}'
}

# borsh HEX: a message of that form, the reply in hex
borsh() { xxd -r -p <<<"$1" | ask | xxd -p | tr -d '\n'; }
