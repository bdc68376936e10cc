#!/usr/bin/env bats
# The whole story by codes (make demo QR=on), and what must not get through.
# Codes are filmed by a bad camera (bad_film.c): 30 % are lost, the others
# turned, blurred and noisy.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load ../e2e/lib
load ../e2e/ceremony

# One demo for all tests, which look at what it left.
setup_file() {
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	demo=$(mktemp -d /dev/shm/quorate-qr.XXXXXX)
	export demo
	QR=on DEMO_DIR=$demo/d "$top/docs/examples/demo.sh" \
		>"$demo/shown" 2>&1 3>&- || true
}

teardown_file() { rm -rf "$demo"; }

setup() {
	begin
	ln -s "$top/build/quorate-relay" "$work/bin/quorate-relay"
}
teardown() { end; }

# filmed SEED DIR...: the film of these codes
filmed() { "$top/build/qr/bad_film" --seed "$1" --lose 30 "${@:2}" 2>seen; }

# codes DIR FILE...: enough of them for the loss; the words are in $words
codes() {
	quorate send --png "$1" --scale 6 --frames 40 "${@:2}" 2>made
	# shellcheck disable=SC2034 # for the tests
	words=$(sed '1,/^its words:/d' made | xargs)
}

@test "the story by codes: every record arrives, through 30 % loss" {
	cat "$demo/shown"
	tail -n 1 "$demo/shown" | grep -q '^demo: ok, '
	[ "$(grep -cE '^ +[a-z]+ > [a-z]+ .* s$' "$demo/shown")" -eq 25 ]
	read -r records total lost < <(sed -nE \
		's/^by codes: ([0-9]+) records, ([0-9]+) .* ([0-9]+) lost.*/\1 \2 \3/p' \
		"$demo/shown")
	[ "$records" -eq 25 ]
	[ "$total" -gt 200 ]
	[ $((lost * 100)) -gt $((total * 18)) ]
}

@test "nothing is in a folder but what it made, or was shown to it" {
	cd "$demo/d"
	find online -type f | sort >files
	diff - files <<-'END'
		online/answer.json
		online/attestation_doc
		online/live/attestation_doc
		online/manifest_envelope
		online/released/rehearsal-alice.approval
		online/released/rehearsal-alice.release
		online/released/rehearsal-alice.sealed
		online/released/rehearsal-carol.approval
		online/released/rehearsal-carol.release
		online/released/rehearsal-carol.sealed
	END
	# bob released nothing, and no machine holds a key of a person
	[ ! -e bob/release ]
	for who in alice bob carol; do
		run ! grep -rlF "$(cat "keys/$who.secret")" laptop alice bob \
			carol online log
	done
}
