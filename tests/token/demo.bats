#!/usr/bin/env bats
# make demo TOKENS=virtual: from the first key made in a token to the answer
# of the application, and no key file anywhere.
# work and top: lib.bash
# shellcheck disable=SC2154

load ../e2e/lib
load cards

setup() { begin_cards; }
teardown() { end_cards; }

@test "the whole story with three SIMULATED tokens and no key file" {
	local who n=0
	DEMO_DIR=$work/demo TOKENS=virtual "$top/docs/examples/demo.sh" \
		>shown 2>&1 3>&- || { cat shown; return 1; }
	head -n 1 shown | grep -q '^REHEARSAL.*tokens are SIMULATED$'
	tail -n 1 shown | grep -q '^demo: ok, '
	cd "$work/demo"
	[ "$(find . -name '*.secret')" = "" ]
	for who in alice bob carol; do
		n=$((n + 1))
		quorate plan show laptop/plan.cbor | grep -A2 "rehearsal-$who" |
			grep -q "made in token 1100000$n, firmware 5.4.3"
	done
	grep -q '^opened       3 of 3 sealed shares' log/*
	# each release opened the share and signed twice, by touch
	[ "$(grep -lF 'serial 11000003' log/* | wc -l)" -ge 4 ]
	[ "$(jq -r .quorumKey online/answer.json)" = "$(cat laptop/genesis/quorum_key.pub)" ]
}

@test "tokens of another kind are not known" {
	TOKENS=real run "$top/docs/examples/demo.sh"
	[ "$status" -eq 2 ]
	[ "$output" = 'demo: TOKENS=real: only "virtual" is known' ]
}
