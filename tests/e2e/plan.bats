#!/usr/bin/env bats
# quorate plan: what is agreed on before any secret exists.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154

load lib
load ceremony

setup() { begin; }
teardown() { end; }

# plan new with a, b, c in MODE; further words go to it
plan() {
	local mode=$1
	shift
	quorate plan new --mode "$mode" --name vault --member a.pub \
		--member b.pub --member c.pub -o plan.cbor "$@"
}

rehearsal() { plan rehearsal --threshold 2 "$@"; }

@test "a rehearsal plan of QOS's share-set folder: its persons, its threshold" {
	need_fixtures
	quorate plan new --mode rehearsal --name vault \
		--members "$mock/keys/share-set" -o plan.cbor >shown
	[ "$(mode plan.cbor)" = 644 ]
	grep -qF "any 2 of 3 can bring the key back" shown
	for u in 1 2 3; do
		grep -qF "$u. \"rehearsal-user$u\"" shown
	done
	grep -qF 'plan         "REHEARSAL/vault"' shown
	grep -qF "REHEARSAL: nothing made from this plan" shown
	fp=$(quorate plan fingerprint plan.cbor)
	[ "$fp" = "$(sha256sum <plan.cbor | cut -d' ' -f1)" ]
	grep -qF "fingerprint  ${fp:0:8} ${fp:8:8} ${fp:16:8} ${fp:24:8}" shown
	grep -qF "             ${fp:32:8} ${fp:40:8} ${fp:48:8} ${fp:56:8}" shown
}

@test "show prints the same plan, from a file and from standard input" {
	keys a b c
	rehearsal >new
	quorate plan show plan.cbor >again
	quorate plan show <plan.cbor >piped
	quorate plan show - <plan.cbor | cmp - piped
	same again piped
	head -n "$(wc -l <again)" new | cmp - again
	[ "$(quorate plan fingerprint <plan.cbor | wc -c)" -eq 65 ]
}

@test "equal choices give equal bytes, whatever the order of the words" {
	keys a b c
	rehearsal >/dev/null
	quorate plan new -o other.cbor --threshold=2 --member=c.pub \
		--member b.pub --member a.pub --name=REHEARSAL/vault \
		--mode=rehearsal >/dev/null
	same plan.cbor other.cbor
}

@test "production wants a reason for keys without token proof, and shows it" {
	keys a b c
	harmless 1 "must say in 'unattested' why" -- plan production --threshold 2
	plan production --threshold 2 --unattested "key files for now" >shown
	grep -qF 'mode         production' shown
	grep -qF '"key files for now"' shown
	no grep -q REHEARSAL shown
}

@test "production refuses the marks of a rehearsal in aliases and in the name" {
	keys a b rehearsal-c
	harmless 1 "begins with 'rehearsal-'" -- quorate plan new \
		--mode production --name vault --member a.pub --member b.pub \
		--member rehearsal-c.pub --threshold 2 -o plan.cbor \
		--unattested x
	harmless 1 "begins with 'REHEARSAL/'" -- quorate plan new \
		--mode production --name REHEARSAL/vault --member a.pub \
		--member b.pub --threshold 2 -o plan.cbor --unattested x
	harmless 1 "is only the mark" -- quorate plan new \
		--mode rehearsal --name REHEARSAL/ --member a.pub \
		--member b.pub --threshold 2 -o plan.cbor
}

@test "there is no disaster-recovery key unless asked for, and then a warning" {
	keys a b c dr
	rehearsal >shown
	grep -qF "disaster recovery key: none" shown
	no grep -q WARNING shown
	rehearsal --dr dr.pub --force >shown
	grep -qF "WARNING: whoever holds it can take the quorum key alone" shown
	quorate plan new --help | grep -qF "can take the quorum key"
}

@test "spares are their person's; k and n stay persons" {
	keys a b c s t
	rehearsal --spare a=s.pub --spare rehearsal-b=t.pub >shown
	grep -qF "any 2 of 3" shown
	[ "$(grep -c '     spare ' shown)" -eq 2 ]
	harmless 2 "ALIAS=FILE.pub is meant" -- rehearsal --spare s.pub --force
	harmless 2 "no person of that alias" -- \
		rehearsal --spare d=s.pub --force
	harmless 3 "share a half" -- rehearsal --spare a=b.pub --force
	harmless 3 "share a half" -- rehearsal --spare a=s.pub \
		--spare b=s.pub --force
	harmless 3 "share a half" -- rehearsal --dr a.pub --force
	many=()
	for i in 1 2 3 4 5 6 7 8 9; do
		keys "s$i"
		many+=(--spare "a=s$i.pub")
	done
	harmless 3 "more than 8 spares of one person" -- \
		rehearsal --force "${many[@]}"
}

@test "the threshold is 2 to the number of persons" {
	keys a b c
	for k in 0 1 4 256 18446744073709551615 99999999999999999999; do
		harmless "$([ ${#k} -lt 20 ] && echo 3 || echo 2)" "" -- \
			plan rehearsal --threshold "$k"
	done
	harmless 3 "any 1 of 3 persons: at least 2" -- \
		plan rehearsal --threshold 1
	harmless 3 "any 4 of 3 persons" -- plan rehearsal --threshold 4
	harmless 2 "an option is missing: --threshold K" -- plan rehearsal
	harmless 2 "--threshold 'two' is not a number" -- \
		plan rehearsal --threshold two
	harmless 3 "any 2 of 1 persons" -- quorate plan new \
		--mode rehearsal --name v --member a.pub --threshold 2 -o p
	plan rehearsal --threshold 3 >/dev/null
}

@test "255 persons are a plan, 256 are not" {
	keys a
	mkdir set
	# no point of the curve twice: every key is made by the program
	for i in $(seq 256); do
		keys "set/p$i"
	done
	printf 2 >set/quorum_threshold
	harmless 3 "more than 255 persons" -- quorate plan new \
		--mode rehearsal --name v --members set -o p
	mv set/p256.* .
	quorate plan new --mode rehearsal --name v --members set -o p >shown
	grep -qF "any 2 of 255" shown
}

@test "a name that could lie on the screen or on the disk makes no plan" {
	keys a b c
	esc=$'\e[2J' rlo=$'\xe2\x80\xae' zero=$'\xe2\x80\x8b'
	for bad in "x$esc" "x$rlo" "x$zero" $'x\ny' ' x' 'x ' $'x\xff'; do
		cp c.pub "$bad.pub"
		harmless 3 "alias" -- quorate plan new --mode production \
			--name v --member a.pub --member "$bad.pub" \
			--threshold 2 -o p --unattested x
		no grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$work/err"
		rm "$bad.pub"
	done
	for bad in "x$esc" "x$rlo" ' x' ''; do
		harmless 3 "name" -- quorate plan new --mode production \
			--name "$bad" --member a.pub --member b.pub \
			--threshold 2 -o p --unattested x
	done
	cp c.pub .pub
	harmless 3 "alias" -- quorate plan new --mode production --name v \
		--member a.pub --member .pub --threshold 2 -o p --unattested x
	long=$(printf 'x%.0s' $(seq 129))
	cp c.pub "$long.pub"
	harmless 3 "has 129 bytes, not 1 to 128" -- quorate plan new \
		--mode production --name v --member a.pub \
		--member "$long.pub" --threshold 2 -o p --unattested x
	harmless 3 "257 bytes, not 1 to 256" -- quorate plan new \
		--mode production --member a.pub --member b.pub -o p \
		--name "$long$(printf 'y%.0s' $(seq 128))" --threshold 2 \
		--unattested x
}

@test "an alias is what stands before the first dot, in no folder" {
	mkdir -p d/..
	keys a d/b.2026
	quorate plan new --mode production --name v --member a.pub \
		--member ./d/../d/b.2026.pub --threshold 2 -o p \
		--unattested x >shown
	grep -qF '2. "b"' shown
}

@test "a long name stays one value on an 80-column screen" {
	keys a b
	quorate plan new --mode production --member a.pub --member b.pub \
		--threshold 2 -o p --name "$(printf 'n%.0s' $(seq 200))" \
		--unattested "$(printf 'u%.0s' $(seq 300))" >shown
	[ "$(wc -L <shown)" -le 80 ]
	grep -qE '^ {13}\+ n+' shown
	grep -qE '^ {13}\+ u+' shown
}

@test "two files with one alias, a bad key and a bad threshold are named" {
	keys a b
	mkdir set
	cp a.pub set/a.pub
	cp b.pub set/a.2.pub
	printf 2 >set/quorum_threshold
	new=(quorate plan new --mode rehearsal --name v --members set -o p)
	harmless 3 "alias 'rehearsal-a' is there twice" -- "${new[@]}"
	mv set/a.2.pub set/b.pub
	for bad in '' x 2x -1 '2 ' 99999999999; do
		printf %s "$bad" >set/quorum_threshold
		harmless 3 "set/quorum_threshold: the first line" -- \
			"${new[@]}"
	done
	rm set/quorum_threshold
	harmless 3 "cannot open set/quorum_threshold" -- "${new[@]}"
	printf '2\nmore' >set/quorum_threshold
	"${new[@]}" >/dev/null
	rm p
	tr 0-9 1-90 <a.pub >set/b.pub
	harmless 3 "set/b.pub" -- "${new[@]}"
	: >set/b.pub
	harmless 3 "set/b.pub" -- "${new[@]}"
	rm set/*.pub
	harmless 3 "set: no ALIAS.pub files" -- "${new[@]}"
	harmless 3 "none" -- quorate plan new --mode rehearsal --name v \
		--members none -o p
	harmless 3 "a.pub" -- quorate plan new --mode rehearsal --name v \
		--members a.pub -o p
}

@test "a plan is never written over another without --force" {
	keys a b c
	rehearsal >/dev/null
	cp plan.cbor old
	harmless 1 "plan.cbor is there already" -- plan rehearsal --threshold 3
	same plan.cbor old
	plan rehearsal --threshold 3 --force >/dev/null
	run same plan.cbor old
	[ "$status" -eq 1 ]
	harmless 5 "cannot open folder none" -- quorate plan new \
		--mode rehearsal --name v --member a.pub --member b.pub \
		--threshold 2 -o none/plan.cbor
	harmless 2 "-o names a file" -- quorate plan new --mode rehearsal \
		--name v --member a.pub --member b.pub --threshold 2 -o -
}

@test "what is not a plan is refused with its name, each truncation too" {
	keys a b c
	rehearsal >/dev/null
	fails 3 "cannot open none" -- quorate plan show none
	fails 3 "is a folder" -- quorate plan show .
	fails 3 "standard input" -- quorate plan show - </dev/null
	head -c 2000000 /dev/zero >huge
	fails 3 "huge" -- quorate plan show huge
	fails 3 "a.pub: plan: it is no record of ours" -- \
		quorate plan show a.pub
	: >empty
	fails 3 "empty: plan: it is empty" -- quorate plan show empty
	for n in 1 2 10 100 300 "$(($(wc -c <plan.cbor) - 1))"; do
		head -c "$n" plan.cbor >short
		fails 3 "short: plan" -- quorate plan fingerprint short
	done
	{ cat plan.cbor && printf x; } >short
	fails 3 "short: plan" -- quorate plan fingerprint short
}

@test "each missing option is named, and help fits the terminal" {
	keys a b
	fails 2 "plan new: an option is missing: --mode" -- quorate plan new
	fails 2 "missing: --name" -- quorate plan new --mode rehearsal
	fails 2 "missing: -o FILE" -- quorate plan new --mode rehearsal --name v
	fails 2 "missing: --members DIR or --member" -- quorate plan new \
		--mode rehearsal --name v -o p
	fails 2 "--mode test: production or rehearsal" -- quorate plan new \
		--mode test --name v -o p --member a.pub --member b.pub \
		--threshold 2
	for c in "" new show fingerprint; do
		# shellcheck disable=SC2086 # none or one word
		quorate plan $c --help >help
		[ "$(wc -L <help)" -le 80 ]
	done
}

@test "a plan has the same mode under any umask" {
	keys a b c
	for u in 000 077; do
		(umask $u && rehearsal --force >/dev/null)
		[ "$(mode plan.cbor)" = 644 ]
	done
}

@test "a plan records which token made a key, and one bundle proves one key" {
	tests=$BATS_TEST_DIRNAME/..
	bundle=$tests/fuzz/seeds/token_attestation/bundle.cbor
	proof=(--attestation "$bundle" --token-root "$tests/data/token_root.der")
	keys b c
	cp "$tests/data/token_operator.pub" a.pub
	harmless 1 "2 of 3 keys, the first of 'rehearsal-b', come without" \
		-- rehearsal "${proof[@]}"
	proof+=(--unattested "b and c have files")
	rehearsal "${proof[@]}" >shown
	grep -qF "made in token 15486782, firmware 5.4.3" shown
	[ "$(grep -cF "no proof that a token made it" shown)" -eq 2 ]
	quorate plan show plan.cbor | grep -qF "made in token 15486782"
	harmless 1 "name the test root" -- rehearsal --force \
		--attestation "$bundle"
	harmless 3 "is there twice or not in order" -- rehearsal --force \
		"${proof[@]}" --attestation "$bundle"
	harmless 1 "bundle.cbor: " -- plan production --threshold 2 --force \
		--attestation "$bundle" --unattested x
	keys other
	cp other.pub a.pub
	harmless 3 "a key that is not in the plan" -- rehearsal --force \
		"${proof[@]}"
}

# swap FILE HEX HEX: each of the first becomes the second
swap() {
	local hex
	hex=$(od -An -v -tx1 "$1" | tr -d ' \n')
	hex=${hex//$2/$3}
	printf %b "$(printf %s "$hex" | fold -w2 | sed 's/^/\\x/' |
		tr -d '\n')" >"$1"
}

@test "a file with a key that, by the plan, a token made: genesis refuses" {
	tests=$BATS_TEST_DIRNAME/..
	keys b c other
	cp "$tests/data/token_operator.pub" a.pub
	rehearsal --unattested "b and c have files" --token-root \
		"$tests/data/token_root.der" --attestation \
		"$tests/fuzz/seeds/token_attestation/bundle.cbor" >/dev/null
	# a liar's plan: the proof is of a key that lies in a file
	swap plan.cbor "$(cat a.pub)" "$(cat other.pub)"
	quorate plan show plan.cbor | grep -q "made in token 15486782"
	fp=$(quorate plan fingerprint plan.cbor)
	harmless 1 "--key other.secret: by the plan token 15486782 made this" \
		"key and it cannot be in a file" -- run_genesis \
		--key other.secret --key b.secret --key c.secret
}
