#!/usr/bin/env bats
# What a plan and its genesis take for proof that a token made a key, on
# SIMULATED cards.  In production a SIMULATED card's proof is none.
# work and card_work: cards.bash; @test functions are shells of their own
# shellcheck disable=SC2154,SC2030,SC2031,SC2119,SC2120

load ../e2e/lib
load ../e2e/ceremony
load cards

setup() {
	begin_cards
	root=$card_work/root/root.pem
}

teardown() { end_cards; }

# proven NAME SERIAL: NAME.pub and NAME.attestation of its card
proven() {
	quorate token public --serial "$2" -o "$1.pub"
	quorate token attest --serial "$2" --mode rehearsal \
		--token-root "$root" -o "$1.attestation" >/dev/null
}

# plan MODE WORDS...: plan.cbor of alice and bob, both needed
plan() {
	quorate plan new --mode "$1" --name vault --threshold 2 -o plan.cbor \
		--member alice.pub --member bob.pub "${@:2}"
}

proofs() {
	plan rehearsal --token-root "$root" --attestation alice.attestation \
		--attestation bob.attestation "$@"
}

# without_reason: plan.cbor, the reason cut out; it is the last of the map
without_reason() {
	local head at
	head=$(od -An -tu1 -N 1 plan.cbor)
	# the byte before the word is its own head
	at=$(($(grep -abo unattested plan.cbor | cut -d: -f1) - 1))
	{
		printf %b "\\x$(printf %02x $((head - 1)))"
		head -c "$at" plan.cbor | tail -c +2
	} >shorter
	mv shorter plan.cbor
}

@test "production: no key without proof, unless the plan says why in words" {
	pcscd_start alice bob
	new_card alice --serial 11
	new_card bob --serial 22
	proven alice 11
	proven bob 22
	harmless 1 "2 of 2 keys, the first of 'alice', come without proof" \
		"that tokens made them; a production plan must say in" \
		"'unattested' why" -- plan production
	# what proves a key in a rehearsal proves nothing here
	harmless 1 "alice.attestation: " -- plan production \
		--attestation alice.attestation --unattested x
	harmless 1 "alice.attestation: " -- plan production --unattested x \
		--attestation alice.attestation --token-root "$root"
	harmless 1 "(path)" -- quorate token attest --serial 11 -o p
	plan production --unattested "tokens of QOS, made by hand in May" \
		>shown
	grep -A 1 '^keys are taken without proof of a token, because$' shown |
		grep -qF '"tokens of QOS, made by hand in May"'
	# everyone reads it again before the question
	fp=$(quorate plan fingerprint plan.cbor)
	card_order alice touches 1
	card_order bob touches 1
	with_pin '123456\n123456\n' run_genesis --token >shown
	grep -A 1 '^keys are taken without proof of a token, because$' shown |
		grep -qF '"tokens of QOS, made by hand in May"'
	grep -q '^opened       2 of 2' shown
	no grep -q REHEARSAL shown
	# and a plan that lost its reason makes no key
	rm -r g
	without_reason
	harmless 1 "must say in 'unattested' why" -- quorate plan show plan.cbor
	harmless 1 "must say in 'unattested' why" -- quorate genesis run \
		--plan plan.cbor -o g --token --fingerprint "$fp"
}

@test "rehearsal: a key in a token is proven, or the plan says why not" {
	pcscd_start alice bob
	new_card alice --serial 11 --touch-seconds 4
	new_card bob --serial 22 --touch-seconds 4
	proven alice 11
	proven bob 22
	harmless 1 "1 of 2 keys, the first of 'rehearsal-bob', come without" \
		"proof that tokens made them; a plan with proof of some must" \
		"say in 'unattested' why" -- plan rehearsal \
		--token-root "$root" --attestation alice.attestation
	# no word of tokens: then it is a plan of key files
	plan rehearsal >shown
	grep -qx 'no proof of a token: all keys are in files' shown
	fp=$(quorate plan fingerprint plan.cbor)
	with_pin '123456\n123456\n' harmless 1 "--token: this plan says of" \
		"no key that a token made it, nor why" -- run_genesis --token
	[ "$(card_count alice 20)" -gt 0 ]
	no grep -q ' 20 00 80 08 ' "$card_work/card-alice/log"
	rm plan.cbor
	plan rehearsal --unattested "taken over from QOS" >shown
	no grep -q 'all keys are in files' shown
	fp=$(quorate plan fingerprint plan.cbor)
	card_order alice touches 1
	card_order bob touches 1
	with_pin '123456\n123456\n' run_genesis --token >shown
	grep -q '^opened       2 of 2' shown
	grep -qF '"taken over from QOS"' shown
}

@test "rehearsal: one token or one key for two persons is refused" {
	pcscd_start alice
	new_card alice --serial 11
	proven alice 11
	cp alice.pub bob.pub
	harmless 3 "share a half; each key must be new" -- plan rehearsal
	harmless 3 "share a half; each key must be new" -- plan rehearsal \
		--token-root "$root" --attestation alice.attestation
	# made anew: other keys, honestly proven, in the same token
	rm bob.pub
	card_stop alice
	rm -r "$card_work/card-alice"
	new_card alice --serial 11
	proven bob 11
	harmless 1 "two keys were made in one token, serial 11; each key" -- \
		proofs
	# as a person's spare too
	keys carol
	harmless 1 "two keys were made in one token, serial 11" -- \
		quorate plan new --mode rehearsal --name vault --threshold 2 \
		-o plan.cbor --member alice.pub --member carol.pub \
		--spare alice=bob.pub --token-root "$root" \
		--attestation alice.attestation --attestation bob.attestation
	# each alone is a good proof
	plan rehearsal --token-root "$root" --attestation bob.attestation \
		--unattested x |
		grep -q 'made in token 11, firmware 5.4.3'
}

@test "rehearsal: proofs of other keys, twice, or damaged are refused by name" {
	pcscd_start alice bob
	new_card alice --serial 11
	new_card bob --serial 22
	proven alice 11
	proven bob 22
	harmless 3 "is there twice or not in order" -- proofs \
		--attestation bob.attestation
	keys carol
	cp carol.pub alice.pub
	harmless 3 "a proof is of a key that is not in the plan" -- proofs
	quorate token public --serial 11 >alice.pub
	proofs >/dev/null
	rm plan.cbor
	# before the last key ends the certificate of 9D, with its signature
	flip bob.attestation $(($(grep -abo intermediates bob.attestation |
		cut -d: -f1) - 2))
	harmless 1 "bob.attestation: this is not so: each certificate below" \
		-- proofs
}
