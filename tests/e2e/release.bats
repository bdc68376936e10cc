#!/usr/bin/env bats
# quorate share release: what an operator must be told, asked and refused.
# Enclaves are booted once (SIMULATED); the cases are offline, and in the end
# what was released is posted to the first of them, which still runs.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# each test is a subshell:
# shellcheck disable=SC2030,SC2031

load lib
load ceremony
load online

setup_file() {
	mkdir "$F/world"
	cd "$F/world" || return 1
	work=$F/world
	{
		online_files
		worlds
	} >"$F/setup.log" 2>&1 || {
		tail -n 20 "$F/setup.log"
		return 1
	}
}

teardown_file() {
	# shellcheck disable=SC2046 # numbers
	kill $(cat "$F/pids") 2>/dev/null || :
}

setup() {
	online_begin
	url=$(cat "$F/url")
	binary=$programs/hello
	cp "$F"/world/*.doc .
	find "$F/world" -maxdepth 1 -type f ! -name '*.*' -exec cp -t . {} +
	made=$(quorate attestation show m.doc |
		sed -n 's/^made .*(\([0-9]*\)[0-9]\{3\} ms)$/\1/p')
}

teardown() { online_end; }

# --- made once

# booted NAME [PCRS]: the envelope NAME on an enclave of its own; NAME.doc
booted() {
	enclave "$1" --pcrs "${2:-$F/nsm.pcrs}"
	host "$1"
	relay boot --envelope "$1" --pivot "$binary" -o "$1.doc"
}

# start of an enclave without the usual measurements
enclave() {
	local name=$1
	shift
	mkdir -p "$work/$name.dir"
	spawn "$work/$name.dir/log" "$programs/quorate-enclave-sim" \
		--pki-dir "$F/pki" "$@" --usock "$work/$name.dir/sock" \
		--quorum-file "$work/$name.dir/quorum.key" \
		--ephemeral-file "$work/$name.dir/ephemeral.key" \
		--manifest-file "$work/$name.dir/manifest" \
		--pivot-file "$work/$name.dir/pivot"
	echo "$spawned" >>"$F/pids"
	until_says "$work/$name.dir/log" ' ready'
}

host() {
	spawn "$work/$1.dir/host" "$programs/quorate-host" \
		--usock "$work/$1.dir/sock" --host-port 0
	echo "$spawned" >>"$F/pids"
	address "$work/$1.dir/host"
}

# with_hashes NAME [OPTIONS...]: an envelope that carries them, nonce $nonce
with_hashes() {
	local name=$1
	shift
	envelope "$name" 2 "$programs/hello" --share-hashes \
		--genesis-output "$G/genesis_output" --arg --port --arg 1 "$@"
}

worlds() {
	local who fp
	PATH=$programs:$PATH
	G=$F/genesis
	sources "$F/set" "$G"
	nonce=2 with_hashes m && booted m || return
	echo "$url" >"$F/url"
	nonce=1 with_hashes low && booted low || return
	nonce=3 with_hashes high && booted high || return
	cp m again && booted again || return
	nonce=1 envelope bare 2 "$programs/hello" && booted bare || return
	nonce=9 namespace=REHEARSAL/else with_hashes space && booted space ||
		return
	# the live key's document
	of=high from=$G release rehearsal-alice
	of=high from=$G release rehearsal-bob
	url=$(sed -n 's/.* ready on //p' high.dir/host)
	for who in alice bob; do
		of=high post "rehearsal-$who" || return
	done
	relay attestation -o live.doc || return
	rm -r high.out trust.*
	# another key, of the same people
	sources "$F/set" "$F/elsewhere"
	G=$F/elsewhere nonce=2 with_hashes key && booted key || return
	# another manifest set: one more is needed
	cp -r "$F/set" "$F/three"
	echo 3 >"$F/three/quorum_threshold"
	sources=(--manifest-set "$F/three" --share-set "$F/set" --pcrs
		"$F/image.pcrs" --role-arn-file "$F/role.arn" --quorum-key
		"$G/quorum_key.pub")
	approvers="rehearsal-alice rehearsal-bob rehearsal-carol" nonce=2 \
		with_hashes set && booted set || return
	# another role
	echo arn:aws:iam::123456789012:role/Else >"$F/else.arn"
	sources=(--manifest-set "$F/set" --share-set "$F/set" --pcrs
		"$F/image.pcrs" --role-arn-file "$F/else.arn" --quorum-key
		"$G/quorum_key.pub")
	nonce=2 with_hashes role || return
	{
		cat "$F/image.pcrs"
		jq -r '.enclave.pcr3 + " PCR3"' role.json
	} >"$F/else.pcrs"
	booted role "$F/else.pcrs" || return
	# carol lost her first key: her spare is in the next share set
	set_of "$F/spare.keys" 1 rehearsal-spare
	quorate plan new --mode rehearsal --name REHEARSAL/online \
		--members "$F/set" -o "$F/spare.plan" \
		--spare "rehearsal-carol=$F/keys/rehearsal-spare.pub"
	fp=$(quorate plan fingerprint "$F/spare.plan")
	quorate genesis run --plan "$F/spare.plan" -o "$F/spare" \
		--fingerprint "$fp" --key "$F/keys/rehearsal-alice" \
		--key "$F/keys/rehearsal-bob" --key "$F/keys/rehearsal-carol" \
		--key "$F/keys/rehearsal-spare"
	quorate share accept --genesis "$F/spare" --alias rehearsal-carol \
		--key "$F/keys/rehearsal-spare" --fingerprint "$fp" \
		-o "$F/accepted"
	cp -r "$F/set" "$F/set2"
	cp "$F/keys/rehearsal-spare.pub" "$F/set2/rehearsal-carol.pub"
	sources=(--manifest-set "$F/set" --share-set "$F/set2" --pcrs
		"$F/image.pcrs" --role-arn-file "$F/role.arn" --quorum-key
		"$F/spare/quorum_key.pub")
	G=$F/spare nonce=2 with_hashes spare \
		--spares "$F/spare/spares.cbor" && booted spare
}

# --- a release

# rel [OPTION VALUE]...: alice's, of the envelope m, all sources given, unless
# an option says otherwise; "-" takes one away; $answers go to the questions
rel() {
	local k words=() who=rehearsal-alice
	local -A o=([--envelope]=m [--attestation]=m.doc
		[--root]=$F/pki/root.pem [--manifest-set]=$F/set
		[--pcrs]=$F/image.pcrs [--role-arn-file]=$F/role.arn
		[--pivot]=$programs/hello [-o]=out [--trust]=trust
		[--quorum-key]=$F/genesis/quorum_key.pub [--alias]=$who
		[--key]=$F/keys/$who
		[--share]=$F/genesis/shares/$who.share)
	while [ $# -gt 0 ]; do
		o[$1]=$2
		shift 2
	done
	for k in "${!o[@]}"; do
		case ${o[$k]} in
		-) ;;
		stdin) words+=("$k" -) ;;
		yes) words+=("$k") ;;
		*) words+=("$k" "${o[$k]}") ;;
		esac
	done
	printf %b "${answers-yes\n}" | quorate share release "${words[@]}"
}

# as rel, of that envelope and its document
rel_of() {
	local name=$1
	shift
	rel --envelope "$name" --attestation "$name.doc" "$@"
}

# what a person sees: both streams, as a terminal shows them
seen() { rel "$@" >"$work/out" 2>&1; }

# The key was not read: with none there, the sentence is still the other.
keyless() {
	harmless "$@"
	harmless "$@" --key none
}

# --- the honest path

@test "what is shown comes in order, the warnings last, and then the question" {
	seen
	sed -n '/^--- to decide/,$p' "$work/out" >page
	sed -E 's/[0-9a-f]{8}( [0-9a-f]{8})+/HEX/
		s/[0-9]{4}-[0-9-]* [0-9:]* UTC/TIME/
		s/1[0-9]{2} minutes/180 minutes/' page >got
	diff got - <<-'END'
	--- to decide: does this enclave get your share?
	manifest hash
	    HEX
	document, SHA-256
	    HEX
	setup key        HEX
	document         good, by the TEST ROOT you named
	approved by      2 of 3 people, 2 needed
	                 "rehearsal-alice"
	                 "rehearsal-bob"
	same as yours    manifest set, PCR0-2, PCR3, pivot hash, quorum key
	your share       must have the hash that the manifest gives for you
	quorum key       HEX
	namespace        "REHEARSAL/online"
	nonce            2, your first release: no trust file yet
	this machine     TIME
	enclave's clock  TIME
	good until       TIME
	time left        180 minutes
	*** REHEARSAL *** nothing real may depend on it
	*** SIMULATED *** this document proves nothing about any hardware;
	whoever runs the enclave can read your share: it must be one of a rehearsal
	release your share to this SIMULATED rehearsal enclave? [yes/no] 
	wrote  out/rehearsal-alice.sealed
	wrote  out/rehearsal-alice.approval
	wrote  out/rehearsal-alice.release
	trust  trust
	       remembers quorum key, manifest set, role, your share's hash, nonce 2
	next   take these three files to the online machine:
	       quorate-relay post --share F.sealed --approval F.approval \
	               --release F.release --host URL
	       the others need this document too: good until TIME
	END
	# all of the manifest is above it
	grep -qx 'approvals       2' "$work/out"
	[ "$(wc -L <"$work/out")" -le 80 ]
	seen --force yes
	grep -qx 'nonce            2, the same as at your last release' \
		"$work/out"
}

@test "the three files are what QOS takes, and the record says what went where" {
	rel >"$work/out" 2>"$work/err"
	f=out/rehearsal-alice
	[ "$(mode $f.sealed) $(mode $f.approval) $(mode $f.release)" = \
		"644 644 644" ]
	[ "$(mode trust)" = 600 ]
	[ "$(cd out && echo *)" = "rehearsal-alice.approval \
rehearsal-alice.release rehearsal-alice.sealed" ]
	[ "$(wc -c <$f.sealed)" -eq 130 ]
	hash=$(quorate manifest hash m)
	jq -e --arg key "$(cat "$F/keys/rehearsal-alice.pub")" \
		'keys == ["member", "signature"] and
		.member == {alias: "rehearsal-alice", pubKey: $key}' \
		$f.approval
	xxd -r -p <<<"$hash" >hash.bin
	quorate key verify --pub "$F/keys/rehearsal-alice.pub" \
		--signature "$(jq -r .signature $f.approval)" hash.bin
	# the record, taken apart without our reader
	hex=$(xxd -p $f.release | tr -d '\n')
	setup=$(quorate attestation show m.doc | sed -n \
		'/^public_key/,/^user_data/p' | grep '^ ' | tr -d ' \n')
	for want in "686d616e69666573745820$hash" \
		"6573686172655820$(sha256sum <$f.sealed | cut -d ' ' -f 1)" \
		"6b6174746573746174696f6e5820$(sha256sum <m.doc |
			cut -d ' ' -f 1)" "6873657475704b65795882$setup"; do
		[[ $hex == *"$want"* ]]
	done
	# and its signature: over the map of ten, without the eleventh
	name=697369676e61747572655840
	after=${hex#*"$name"}
	[ "${hex:0:2}" = ab ]
	{
		printf 'quorate/release/v1\0R'
		xxd -r -p <<<"aa$(cut -c 3- <<<"${hex%%"$name"*}")${after:128}"
	} >message
	quorate key verify --pub "$F/keys/rehearsal-alice.pub" \
		--signature "${after:0:128}" message
}

@test "no file and no line holds the share or the key in the clear" {
	rel >"$work/out" 2>"$work/err"
	share=$(share rehearsal-alice | xxd -p | tr -d '\n')
	seed=$(tr -d ' \n' <"$F/keys/rehearsal-alice")
	[ "${#share} ${#seed}" = "66 64" ]
	for f in out/* trust "$work/out" "$work/err"; do
		for secret in "$share" "${share:2}" "$seed"; do
			no grep -qiF "$secret" "$f"
			no grep -qiF "$secret" <(xxd -p "$f" | tr -d '\n')
		done
	done
}

# --- sources

@test "each source that differs is refused by name, before the key is read" {
	tr 5 6 <"$F/image.pcrs" >pcrs
	cp -r "$F/set" people
	cp "$F/spare.keys/rehearsal-spare.pub" people/rehearsal-bob.pub
	cp -r "$F/set" fewer
	echo 1 >fewer/quorum_threshold
	while read -r words opt value; do
		keyless 1 "local sources: ${words//_/ }; do not go on" -- \
			rel "$opt" "$value"
		grep -q '^DIFFERS: ' "$work/out"
	done <<-END
	manifest_set --manifest-set people
	manifest_set --manifest-set fewer
	PCR0-2 --pcrs pcrs
	PCR3 --role-arn-file $F/else.arn
	pivot_hash --pivot $programs/quorate
	quorum_key --quorum-key $F/elsewhere/quorum_key.pub
	END
	keyless 1 "local sources: PCR0-2, PCR3; do not go on" -- rel \
		--pcrs pcrs --role-arn-file "$F/else.arn"
	keyless 3 "cannot open none" -- rel --pcrs none
	keyless 2 "give one" -- rel --pivot-hash none
}

@test "without a source it says whose word is taken, and asks; no ends it" {
	while read -r words opt; do
		words=${words//_/ }
		answers='no\n' harmless 1 "you said no" -- rel "$opt" -
		grep -qxF "$words: taken on the approvers' word" "$work/out"
		grep -qF "go on without comparing the $words ($opt" \
			"$work/err"
		answers='yes\nno\n' harmless 1 "you said no" -- rel "$opt" -
		grep -qF "release your share to this" "$work/err"
		answers='yes\n' harmless 1 "no answer" -- rel "$opt" -
	done <<-'END'
	manifest_set --manifest-set
	PCR0-2 --pcrs
	PCR3 --role-arn-file
	pivot_hash --pivot
	quorum_key --quorum-key
	END
	none=(--manifest-set - --pcrs - --role-arn-file - --pivot -
		--quorum-key -)
	answers='yes\nyes\nyes\nyes\nyes\n' harmless 1 "no answer" -- rel \
		"${none[@]}"
	[ "$(grep -c 'taken on the approvers' "$work/out")" -eq 5 ]
	no grep -q '^same as yours' "$work/out"
	# the last line before each question is its reason
	answers='no\n' seen --pivot - || :
	tail -n 3 "$work/out" | head -n 1 |
		grep -qxF "pivot hash: taken on the approvers' word"
	answers='yes\nyes\nyes\nyes\nyes\nyes\n' rel "${none[@]}"
	# what was said yes to is remembered; the rest is asked for again
	answers='no\n' harmless 1 "you said no" -- rel "${none[@]}" -o next
	grep -qx 'as remembered    manifest set, PCR3, quorum key' \
		"$work/out"
	answers='yes\nyes\nyes\n' rel "${none[@]}" -o next
}

@test "only yes is yes" {
	answers='no\n' harmless 1 "you said no: nothing was done" -- rel
	answers='' harmless 1 "no answer: nothing was done" -- rel
	answers='y\nYes\nYES\nyes!\n\n' harmless 1 "no answer" -- rel
	[ "$(grep -c 'please type yes or no' "$work/err")" -eq 5 ]
	answers='junk\n yes please\nyes\n' rel >/dev/null 2>&1
	[ -e out/rehearsal-alice.release ]
}

# --- the document

@test "a document of another manifest, key, time or root is refused" {
	for d in low high bare; do
		keyless 1 "$d.doc: " -- rel --attestation $d.doc
	done
	# nothing but the key is another: the manifest is high's
	keyless 1 "PCR16" -- rel --envelope high --attestation live.doc
	keyless 1 "expired" -- rel --at $((made + 4 * 3600))
	grep -q 'AS OF ....-' "$work/err"
	keyless 1 "not valid yet" -- rel --at $((made - 86400))
	keyless 1 "test root" -- rel --root -
	keyless 3 "cannot open none" -- rel --root none
	keyless 3 "cannot open none" -- rel --attestation none
	keyless 3 "m: " -- rel --attestation m
	n=$(wc -c <m.doc)
	for at in 0 20 $((n / 4)) $((n / 2)) $((n - 100)) $((n - 1)); do
		cp m.doc bad
		flip bad "$at"
		rc=0
		rel --attestation bad >"$work/out" 2>"$work/err" || rc=$?
		[ "$rc" -eq 1 ] || [ "$rc" -eq 3 ]
		grep -q '^quorate: bad: ' "$work/err"
		[ ! -e out ] && [ ! -e trust ]
	done
}

@test "another root of the same kind is refused, and so is AWS's in a rehearsal" {
	other=$work/pki
	mkdir "$work/other.dir"
	spawn "$work/other.dir/log" "$programs/quorate-enclave-sim" \
		--pki-dir "$other" --usock "$work/other.dir/sock" \
		--pcrs "$F/nsm.pcrs"
	wait_for [ -e "$other/root.pem" ]
	keyless 1 "m.doc: " -- rel --root "$other/root.pem"
	need_fixtures
	aws=$(find "$fixtures/attestation" -name '*oot*.pem' | head -n 1)
	[ -n "$aws" ] || skip "no AWS root in the fixtures"
	keyless 1 root -- rel --root "$aws"
}

@test "production takes no root but its own" {
	mkdir real
	for who in alice bob; do
		quorate key generate -o $who.secret --pub real/$who.pub
	done
	echo 2 >real/quorum_threshold
	sources=(--manifest-set real --share-set real --pcrs "$F/image.pcrs"
		--role-arn-file "$F/role.arn" --quorum-key
		"$F/genesis/quorum_key.pub")
	mkdir real.approvals
	quorate manifest new --manifest-version 2 --namespace real --nonce 1 \
		--restart never "${sources[@]}" --pivot "$binary" \
		-o real.json >/dev/null
	for who in alice bob; do
		yes yes 2>/dev/null | quorate manifest approve real.json \
			--key $who.secret --alias $who "${sources[@]}" \
			--pivot "$binary" -o real.approvals >/dev/null 2>&1 ||
			true
	done
	quorate manifest assemble real.json --approvals real.approvals \
		-o production
	mine=(--envelope production --alias alice --key alice.secret
		--manifest-set real)
	keyless 1 root -- rel "${mine[@]}"
	keyless 1 "m.doc: " -- rel "${mine[@]}" --root -
}

@test "--at: AS OF on each line that depends on it, and in the question" {
	seen --at $((made + 60))
	t=$(date -u -d "@$((made + 60))" '+%Y-%m-%d %H:%M:%S UTC')
	for words in 'document  ' 'this machine  ' "enclave's clock" \
		'good until  ' 'time left  '; do
		grep -qF "AS OF $t: $words" "$work/out"
	done
	no grep -q 'WARNING: the enclave' "$work/out"
	grep -qx "AS OF $t, the time you gave:" "$work/out"
	grep -q '^AS OF then: release your share to this SIMULATED' \
		"$work/out"
	[ "$(wc -L <"$work/out")" -le 80 ]
	# the record's time is that time (1a and four bytes in CBOR)
	xxd -p out/rehearsal-alice.release | tr -d '\n' |
		grep -q "$(printf '6474696d651a%08x' $((made + 60)))"
	harmless 2 "--at: not a time" -- rel --at 253402300800
	harmless 1 "not valid yet" -- rel --at 0
}

@test "fewer than 15 minutes are warned of" {
	until=$((made + 3 * 3600))
	seen --at $((until - 15 * 60 - 60)) -o a
	no grep -q 'WARNING: .* minutes' "$work/out"
	seen --at $((until - 14 * 60)) -o b
	grep -qE ': WARNING: 1[34] minutes left, fewer than 15;$' "$work/out"
	[ "$(wc -L <"$work/out")" -le 80 ]
}

# --- the manifest

@test "an envelope with too few approvals, or none, is refused" {
	jq -c '.manifestSetApprovals |= .[:1]' m >few
	keyless 1 "few: " -- rel --envelope few
	jq -c '.manifestSetApprovals |= [.[0], .[0]]' m >twice
	keyless 1 "twice: " -- rel --envelope twice
	jq -c '.manifest.namespace.nonce = 3' m >changed
	keyless 1 "changed: " -- rel --envelope changed
	jq -c .manifest m >alone
	keyless 3 "alone" -- rel --envelope alone
}

@test "standard input is for answers, and is no file" {
	for o in envelope attestation share key trust root; do
		harmless 2 "standard input is for your answers" -- rel \
			--$o stdin
	done
}

# --- who, and the share

@test "a stranger, another's key, or a spare that is not in the set is refused" {
	lost=$F/keys/rehearsal-spare
	harmless 1 'not a member of the manifest'"'"'s share set' -- rel \
		--alias rehearsal-spare --key "$lost"
	harmless 1 'is of "rehearsal-bob" in the share set, not of' -- rel \
		--key "$F/keys/rehearsal-bob"
	harmless 1 'has "rehearsal-alice" with another key' -- rel \
		--key "$lost"
	harmless 1 'has "rehearsal-carol" with another key' -- rel_of spare \
		--quorum-key "$F/spare/quorum_key.pub" --alias rehearsal-carol \
		--key "$F/keys/rehearsal-carol"
	for alias in $'\e[2Ja' ../a a/b a.b '' ' a' $'a\nb' \
		$'rehearsal-\xe2\x80\xae'; do
		rc=0
		rel --alias "$alias" >"$work/out" 2>"$work/err" || rc=$?
		[ "$rc" -ne 0 ] && [ ! -s "$work/out" ]
		no grep -qP '\x1b|\xe2\x80' "$work/err"
		[ "$(wc -l <"$work/err")" -eq 1 ]
		[ ! -e out ] && [ ! -e trust ]
	done
}

@test "a person with a spare key in the share set releases with it" {
	rel_of spare --quorum-key "$F/spare/quorum_key.pub" --alias \
		rehearsal-carol --key "$F/keys/rehearsal-spare" --share \
		"$F/accepted/rehearsal-carol.spare1.share" >/dev/null 2>&1
	f=out/rehearsal-carol
	[ "$(jq -r .member.pubKey $f.approval)" = \
		"$(cat "$F/keys/rehearsal-spare.pub")" ]
	url=$(sed -n 's/.* ready on //p' "$F/world/spare.dir/host")
	[ "$(relay post --share $f.sealed --approval $f.approval \
		--release $f.release)" = "posted; 1 more to go" ]
}

@test "a share that is not this person's of this genesis is refused" {
	s=$F/genesis/shares/rehearsal-alice.share
	harmless 1 "another hash for it; is it of another ceremony?" -- rel \
		--share "$F/elsewhere/shares/rehearsal-alice.share"
	harmless 1 "rehearsal-bob.share: " -- rel \
		--share "$F/genesis/shares/rehearsal-bob.share"
	head -c 129 "$s" >short
	harmless 3 "short: 129 bytes, not the 130" -- rel --share short
	{ cat "$s"; echo; } >long
	harmless 3 "long" -- rel --share long
	: >empty
	harmless 3 "empty: 0 bytes" -- rel --share empty
	harmless 3 "cannot open none" -- rel --share none
	for at in 0 12 13 76 77 81 113 129; do
		cp "$s" bad
		flip bad "$at"
		rc=0
		rel --share bad >"$work/out" 2>"$work/err" || rc=$?
		[ "$rc" -ne 0 ]
		tail -n 1 "$work/err" | grep -q '^quorate: bad: '
		[ ! -e out ] && [ ! -e trust ]
	done
	head -c 32 /dev/zero | quorate key encrypt \
		--to "$F/keys/rehearsal-alice.pub" -o other
	harmless 3 "other: 129 bytes" -- rel --share other
	head -c 33 /dev/zero | quorate key encrypt \
		--to "$F/keys/rehearsal-alice.pub" -o other --force
	harmless 1 "another ceremony" -- rel --share other
	harmless 3 "cannot open none" -- rel --key none
	harmless 3 "m.doc" -- rel --key m.doc
}

@test "a share of production is not released in a rehearsal" {
	mkdir real
	for who in alice bob; do
		cp "$F/keys/rehearsal-$who.pub" real/$who.pub
	done
	quorate plan new --mode production --name vault --member real/alice.pub \
		--member real/bob.pub --threshold 2 --unattested "one key for both" -o real.plan
	fp=$(quorate plan fingerprint real.plan)
	quorate genesis run --plan real.plan -o real.genesis \
		--fingerprint "$fp" --key "$F/keys/rehearsal-alice" \
		--key "$F/keys/rehearsal-bob"
	for who in alice bob; do
		quorate share accept --genesis real.genesis --alias $who \
			--key "$F/keys/rehearsal-$who" --fingerprint "$fp" \
			-o mine
	done
	harmless 1 "alice.receipt your share is of a production, but this is" \
		-- rel_of bare --share mine/alice.share
	grep -qF "whoever runs the enclave of a rehearsal can read it" \
		"$work/err"
	# another person's receipt says nothing of it
	mv mine/bob.receipt mine/alice.receipt
	rel_of bare --share mine/alice.share -o a >"$work/out" 2>&1
	grep -qx "whoever runs the enclave can read your share: it must be one \
of a rehearsal" "$work/out"
	# one of a rehearsal is as it must be
	quorate share accept --genesis "$F/genesis" --alias rehearsal-alice \
		--key "$F/keys/rehearsal-alice" -o own --fingerprint \
		"$(quorate plan fingerprint "$F/genesis/plan.cbor")"
	[ -e own/rehearsal-alice.receipt ]
	rel_of bare --share own/rehearsal-alice.share -o b --trust other
}

@test "without hashes in the manifest it says so; then the trust file knows" {
	other=$F/elsewhere/shares/rehearsal-alice.share
	rel_of bare >"$work/out" 2>&1
	grep -qx 'your share       its hash is in neither manifest nor trust file: only the' \
		"$work/out"
	harmless 1 "your trust file remembers another hash for it" -- rel_of \
		bare --share "$other" -o next
	rel_of bare -o next >"$work/out" 2>&1
	grep -qx 'your share       must have the hash that your trust file remembers' \
		"$work/out"
	# a file that learnt another hash does not go with the manifest's
	rel_of bare --share "$other" --trust wrong -o third >/dev/null 2>&1
	harmless 1 "wrong: the hash of your share is not the one" -- rel \
		--trust wrong -o fourth
}

# --- the trust file

@test "the trust file: the same nonce or a higher one, never a lower one" {
	rel >/dev/null 2>&1
	cp trust first
	rel -o twice >/dev/null 2>&1
	same trust first
	keyless 1 "trust: nonce 1 is lower than 2" -- rel_of low -o next
	rel_of high -o next >"$work/out" 2>&1
	grep -qx 'nonce            3, higher than 2 at your last release' \
		"$work/out"
	no cmp -s trust first
	[ "$(mode trust)" = 600 ]
	keyless 1 "trust: nonce 2 is lower than 3" -- rel -o last
	keyless 1 "trust: nonce 2 is lower than 3" -- rel --force yes
}

@test "the trust file: of each nonce one manifest" {
	rel_of low >/dev/null 2>&1
	cp trust first
	keyless 1 "trust: your trust file remembers another manifest with nonce 1" \
		-- rel_of bare -o next
	same trust first
	# the same one in another enclave is what a restart is
	rel -o next >/dev/null 2>&1
	rel_of again -o restart >/dev/null 2>&1
}

@test "another key, set, role or namespace than remembered is refused by name" {
	rel >/dev/null 2>&1
	keyless 1 "trust: the quorum key is not the one" -- rel_of key \
		-o next --quorum-key "$F/elsewhere/quorum_key.pub"
	keyless 1 "trust: the manifest set is not the one" -- rel_of set \
		-o next --manifest-set "$F/three"
	keyless 1 "trust: the role ARN (PCR3) is not the one" -- rel_of role \
		-o next --role-arn-file "$F/else.arn"
	keyless 1 'trust: the trust file is of namespace "REHEARSAL/online"' \
		-- rel_of space -o next
	# each is fine by itself
	rel_of key -o a --trust a.trust --share \
		"$F/elsewhere/shares/rehearsal-alice.share" \
		--quorum-key "$F/elsewhere/quorum_key.pub" >/dev/null 2>&1
	rel_of set -o b --trust b.trust --manifest-set "$F/three" \
		>/dev/null 2>&1
	rel_of role -o c --trust c.trust --role-arn-file "$F/else.arn" \
		>/dev/null 2>&1
	rel_of space -o d --trust d.trust >/dev/null 2>&1
}

@test "a trust file that is damaged, or is none, is refused and kept" {
	rel >/dev/null 2>&1
	n=$(wc -c <trust)
	for at in 0 5 $((n / 2)) $((n - 1)); do
		cp trust damaged
		flip damaged "$at"
		cp damaged before
		rc=0
		rel --trust damaged -o next >"$work/out" 2>"$work/err" || rc=$?
		[ "$rc" -eq 1 ] || [ "$rc" -eq 3 ]
		tail -n 1 "$work/err" | grep -q damaged
		same damaged before
		[ ! -e next ]
	done
	head -c 10 trust >short
	keyless 3 "short: " -- rel --trust short -o next
	keyless 3 "m is larger" -- rel --trust m -o next
	mkdir folder
	keyless 3 "folder" -- rel --trust folder -o next
}

# --- outputs

@test "files that are there stay, unless --force" {
	mkdir out
	for f in sealed approval release; do
		echo mine >out/rehearsal-alice.$f
		keyless 1 "out/rehearsal-alice.$f is there already" -- rel
		rm out/rehearsal-alice.$f
	done
	rel >/dev/null 2>&1
	cp -r out old
	keyless 1 "is there already" -- rel
	answers='no\n' harmless 1 "you said no" -- rel --force yes
	rel --force yes >/dev/null 2>&1
	# sealed anew; an approval of the same manifest has the same bytes
	no cmp -s {old,out}/rehearsal-alice.sealed
	no cmp -s {old,out}/rehearsal-alice.release
	same {old,out}/rehearsal-alice.approval
}

@test "what cannot be written is said before the question" {
	echo x >file
	keyless 5 "file is not a folder" -- rel -o file
	keyless 5 "folder none: No such file" -- rel -o none/out
	keyless 5 "folder none: No such file" -- rel -o none/out/
	keyless 5 "folder none: No such file" -- rel --trust none/trust
	keyless 5 "file is not a folder" -- rel --trust file/trust
	rel -o made/ >/dev/null 2>&1
	[ -e made/rehearsal-alice.release ]
	if [ "$(id -u)" -ne 0 ]; then
		mkdir -m 500 closed
		keyless 5 "closed: Permission" -- rel -o closed
		keyless 5 "closed: Permission" -- rel --trust closed/trust
	fi
}

@test "a release that breaks off is made again with --force; the nonce stays" {
	mkdir -p out/rehearsal-alice.approval
	refuses 1 "rehearsal-alice.approval is not a regular" -- rel \
		--force yes
	grep -qx 'the release is not complete: make it again with --force' \
		"$work/err"
	[ -e trust ] && [ ! -e out/rehearsal-alice.release ]
	harmless 1 "nonce 1 is lower than 2" -- rel_of low -o low
	rmdir out/rehearsal-alice.approval
	harmless 1 "rehearsal-alice.sealed is there already" -- rel
	rel --force yes >/dev/null 2>&1
	[ -e out/rehearsal-alice.approval ]
	[ "$(find . -name '.*.tmp-*')" = "" ]
}

# --- and then

@test "what is missing on the command line is said; help fits 80 columns" {
	for o in --envelope --attestation --share --key --alias --trust; do
		harmless 2 "missing: $o" -- rel $o -
	done
	[ "$(quorate share release --help | wc -L)" -le 80 ]
}

@test "the enclave takes what was released to it, and nothing for another boot" {
	rel >/dev/null 2>&1
	rel_of again -o again.out >/dev/null 2>&1
	post_of() {
		relay post --share "$1/$2.sealed" --approval \
			"$1/$2.approval" --release "$1/$2.release"
	}
	fails 1 "released to another boot" -- post_of again.out \
		rehearsal-alice
	[ "$(post_of out rehearsal-alice)" = "posted; 1 more to go" ]
	rel --alias rehearsal-carol --key "$F/keys/rehearsal-carol" \
		--trust carol --share "$F/genesis/shares/rehearsal-carol.share" \
		>/dev/null 2>&1
	[ "$(post_of out rehearsal-carol)" = \
		"reconstructed: the enclave holds the quorum key" ]
	relay status >out.status
	grep -qx 'phase     QuorumKeyProvisioned' out.status
}
