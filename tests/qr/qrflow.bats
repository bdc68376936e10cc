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
	demo=$BATS_FILE_TMPDIR
	[ ! -w /dev/shm ] || demo=$(mktemp -d /dev/shm/quorate-qr.XXXXXX)
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
	(cd "$demo/d/online" && find . -type f | sort) >files
	diff files - <<-'END'
		./answer.json
		./attestation_doc
		./live/attestation_doc
		./manifest_envelope
		./released/rehearsal-alice.approval
		./released/rehearsal-alice.release
		./released/rehearsal-alice.sealed
		./released/rehearsal-carol.approval
		./released/rehearsal-carol.release
		./released/rehearsal-carol.sealed
	END
	(cd "$demo/d/carol" && find . -type f | sort) >files
	diff files - <<-'END'
		./boot/attestation_doc
		./boot/manifest_envelope
		./genesis/genesis_output
		./genesis/genesis_statement.cbor
		./genesis/plan.cbor
		./genesis/shares/rehearsal-carol.share
		./genesis/spares.cbor
		./image.pcrs
		./quorum_key.pub
		./rehearsal-carol.pub
		./rehearsal-carol.receipt
		./rehearsal-carol.share
		./release/rehearsal-carol.approval
		./release/rehearsal-carol.release
		./release/rehearsal-carol.sealed
		./role.arn
		./set/quorum_threshold
		./set/rehearsal-alice.pub
		./set/rehearsal-bob.pub
		./set/rehearsal-carol.pub
		./trust
	END
	# bob released nothing, and no machine holds a key of a person
	[ ! -e "$demo/d/bob/release" ]
	cd "$demo/d"
	for who in alice bob carol; do
		run ! grep -rlF "$(cat "keys/$who.secret")" laptop alice bob \
			carol online log
	done
}

@test "the relay posts what it received, as it was written" {
	cd "$demo/d"
	for who in alice carol; do
		for f in sealed approval release; do
			same "$who/release/rehearsal-$who.$f" \
				"online/released/rehearsal-$who.$f"
		done
	done
	grep -rqx 'posted; 1 more to go' log
	grep -rqx 'reconstructed: the enclave holds the quorum key' log
	[ "$(jq -r .quorumKey online/answer.json)" = \
		"$(cat bob/quorum_key.pub)" ]
}

@test "a record of the other mode is refused, in both directions" {
	production_plan
	codes film plan.cbor
	rc=0
	filmed 1 film | quorate receive y4m:- -o out --mode rehearsal \
		--words "$words" 2>err || rc=$?
	[ "$rc" -eq 1 ]
	tail -n 1 err | grep -qF 'marked production, not rehearsal; nothing was'
	codes back "$demo/d/laptop/plan.cbor"
	rc=0
	filmed 1 back | quorate-relay receive y4m:- -o out \
		--mode production 2>err || rc=$?
	[ "$rc" -eq 1 ]
	tail -n 1 err | grep -qF 'marked rehearsal, not production; nothing was'
	[ ! -e out ]
}

@test "a plan of somebody else, played in its place, has other words" {
	abc_plan
	codes paper plan.cbor
	on_paper=$words
	mv plan.cbor true.cbor
	keys eve
	quorate plan new --mode rehearsal --name vault --member a.pub \
		--member b.pub --member eve.pub --threshold 2 -o plan.cbor \
		>/dev/null
	codes film plan.cbor
	rc=0
	filmed 2 film | quorate receive y4m:- -o out --words "$on_paper" \
		2>err || rc=$?
	[ "$rc" -eq 1 ]
	tail -n 1 err | grep -qF 'is not what was made there; nothing was'
	[ ! -e out ]
	# typed: none of the four fits, and the true ones are not shown
	filmed 2 film >film.y4m
	rc=0
	xargs -n 1 <<<"${on_paper//[0-9]/}" | quorate receive y4m:film.y4m \
		-o out 2>err || rc=$?
	[ "$rc" -eq 1 ]
	tail -n 1 err | grep -qF 'the words differ'
	no grep -qF 'its words' err
	[ ! -e out ]
}

@test "two senders in one picture: each record is whole, or none is written" {
	abc_plan
	codes a plan.cbor
	of_a=$words
	mv plan.cbor a.cbor
	quorate plan new --mode rehearsal --name other --member a.pub \
		--member b.pub --member c.pub --threshold 3 -o plan.cbor \
		>/dev/null
	codes b plan.cbor
	mv plan.cbor b.cbor
	# in turn: the parts of both fill side by side
	filmed 3 a b | quorate-relay receive y4m:- -o out >paths 2>err
	[ "$(sed 1d paths)" = out/plan.cbor ]
	cmp -s out/plan.cbor a.cbor || cmp -s out/plan.cbor b.cbor
	# with the words of a, b is never written
	for seed in 4 5 6 7 8 9; do
		rm -rf out
		filmed $seed a b | quorate receive y4m:- -o out \
			--words "$of_a" >/dev/null 2>err || true
		if [ -e out ]; then
			same out/plan.cbor a.cbor
			a=1
		else
			tail -n 1 err | grep -qF 'nothing was written'
			b=1
		fi
	done
	[ "${a:-0}${b:-0}" = 11 ]
}

@test "a film that breaks off is no record, and nothing is written" {
	abc_plan
	codes film plan.cbor
	rc=0
	filmed 1 film | head -c 1000000 | quorate receive y4m:- -o out \
		--words "$words" 2>err || rc=$?
	[ "$rc" -eq 3 ]
	[ ! -e out ]
}

@test "another value of QR is not known" {
	QR=yes run "$top/docs/examples/demo.sh"
	[ "$status" -eq 2 ]
	[ "$output" = 'demo: QR=yes: only "on" is known' ]
}
