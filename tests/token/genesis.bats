#!/usr/bin/env bats
# Genesis and drill with tokens in the room: SIMULATED cards behind a real
# pcscd.  Cards press their touch themselves (`touches`); PINs come by
# --pin-fd, and where a person is asked, from a terminal (expect).
# work and card_work: cards.bash; @test functions are shells of their own
# shellcheck disable=SC2154,SC2030,SC2031,SC2120,SC2094

load ../e2e/lib
load ../e2e/ceremony
load cards

setup() { begin_cards; }
teardown() { end_cards; }

# room NAME...: a card each, serial 11, 22, 33, ...; its NAME.pub and
# NAME.attestation
room() {
	local name serial=0
	pcscd_start "$@"
	for name in "$@"; do
		serial=$((serial + 11))
		new_card "$name" --serial $serial
		quorate token public --serial $serial -o "$name.pub"
		quorate token attest --serial $serial --mode rehearsal \
			--token-root "$card_work/root/root.pem" \
			-o "$name.attestation"
	done
}

# token_plan WORDS...: plan.cbor, 2 persons needed; $fp
token_plan() {
	quorate plan new --mode rehearsal --name vault --threshold 2 \
		--token-root "$card_work/root/root.pem" -o plan.cbor "$@"
	fp=$(quorate plan fingerprint plan.cbor)
}

# two cards and a key file; further words go to the plan
two_and_a_file() {
	room alice bob
	keys carol
	token_plan --member alice.pub --member bob.pub --member carol.pub \
		--attestation alice.attestation --attestation bob.attestation \
		--unattested "carol has a file" "$@" >shown
}

# touches N NAME...: the next N of each are pressed at once
touches() {
	local n=$1 name
	shift
	for name in "$@"; do
		card_order "$name" touches "$n"
	done
}

pins='123456\n123456\n123456\n'
run_tokens() {
	with_pin "$pins" run_genesis --token "$@"
}

@test "genesis and drill: two tokens and a key file open the same key" {
	two_and_a_file
	grep -A2 'rehearsal-alice' shown | grep -q 'token 11, firmware 5.4.3'
	touches 1 alice bob
	run_tokens --key carol.secret >shown 2>err
	grep -q '^here         token 11 of "rehearsal-alice"' shown
	grep -q '^here         token 22 of "rehearsal-bob"' shown
	grep -q '^opened       3 of 3 sealed shares' shown
	grep -qi 'touch your YubiKey.*serial 11' err
	touches 1 alice
	with_pin "$pins" quorate genesis drill g --token --serial 11 \
		--key carol.secret >drill
	grep -q 'the shares of 2 persons: the key comes back' drill
	touches 1 alice bob
	with_pin "$pins" quorate genesis drill g --token >drill2
	sed -n '/public key/,$p' drill >a
	sed -n '/public key/,$p' drill2 | cmp - a
	no_secret carol.secret
}

@test "a share of the genesis is accepted by its token, and by no other" {
	two_and_a_file
	touches 3 alice bob
	run_tokens --key carol.secret >/dev/null
	with_pin "$pins" quorate share accept --genesis g --fingerprint "$fp" \
		--alias rehearsal-alice --token --serial 11 -o alice
	quorate genesis check g --fingerprint "$fp" \
		--receipt alice/rehearsal-alice.receipt >shown
	grep -q 'receipt of "rehearsal-alice"' shown
	with_pin "$pins" refuses 1 "nothing in this genesis is sealed" -- \
		quorate share accept --genesis g --fingerprint "$fp" \
		--alias rehearsal-alice --token --serial 22 -o bob
}

@test "a spare token opens the same share, beside the first or alone" {
	room alice bob spare
	token_plan --member alice.pub --member bob.pub --spare alice=spare.pub \
		--attestation alice.attestation --attestation bob.attestation \
		--attestation spare.attestation >/dev/null
	touches 1 alice bob spare
	run_tokens >shown
	grep -q '^opened       3 of 3 sealed shares' shown
	card_stop alice
	touches 2 bob spare
	with_pin "$pins" quorate genesis drill g --token >drill
	grep -q 'share of "rehearsal-alice" opened' drill
	rm -r g
	run_tokens >shown
	grep -q '^opened       2 of 3 sealed shares' shown
	touches 2 spare
	with_pin "$pins" quorate share accept --genesis g --fingerprint "$fp" \
		--alias rehearsal-alice --token --serial 33 -o spare
}

@test "a missing token: named, nothing begun; a rerun works" {
	two_and_a_file
	card_stop bob
	with_pin "$pins" harmless 4 "the token of rehearsal-bob (serial 22) is" \
		"not here; plugged in: 11; put it in and run this again, or" \
		"give --absent rehearsal-bob" -- \
		run_genesis --token --key carol.secret
	touches 1 alice
	run_tokens --key carol.secret --absent rehearsal-bob >shown
	grep -q '^opened       2 of 3' shown
	with_pin "$pins" refuses 4 "the token of one more holder is not here;" \
		"plugged in: none" -- quorate genesis drill g --token --serial 22
}

@test "a person named as absent whose token is here is refused" {
	two_and_a_file
	with_pin "$pins" harmless 2 "--absent rehearsal-bob: but a key" -- \
		run_genesis --token --key carol.secret --absent rehearsal-bob
}

@test "a token that was provisioned again is refused by its serial" {
	two_and_a_file
	card_stop bob
	rm -r "$card_work/card-bob"
	new_card bob --serial 22
	with_pin "$pins" harmless 4 "token 22 holds another key than the plan" \
		-- run_genesis --token --key carol.secret
}

@test "a token with a key that the plan says another token made is refused" {
	two_and_a_file
	card_stop bob
	sed -i 's/^serial .*/serial 44/' "$card_work/card-bob/state"
	card_start bob --serial 44
	with_pin "$pins" harmless 4 "token 44 holds a key that, by the plan," \
		"was made in token 22" -- run_genesis --token --key carol.secret
}

@test "a stranger's token is neither asked nor refused" {
	room alice bob stranger
	token_plan --member alice.pub --member bob.pub \
		--unattested "proof is not the subject here" >/dev/null
	touches 1 alice bob
	run_tokens >shown
	grep -q '^opened       2 of 2' shown
	[ "$(card_count stranger 20)" -gt 0 ]
	no grep -q ' 20 00 80 08 ' "$card_work/card-stranger/log"
}

@test "a wrong PIN at the second token: nothing made, a rerun works" {
	two_and_a_file
	touches 2 alice bob
	pins='123456\n999999\n'
	with_pin "$pins" nothing_made 4 "token 22: PIN refused, 2 tries left" \
		-- run_genesis --token --key carol.secret
	[ ! -s "$work/out" ] || no grep -q 'quorum key' "$work/out"
	pins='123456\n123456\n'
	run_tokens --key carol.secret >/dev/null
	quorate genesis check g --fingerprint "$fp" >/dev/null
}

@test "a token taken out while its share is opened: nothing made" {
	two_and_a_file
	touches 1 alice
	(card_until test -e "$card_work/card-bob/waiting" &&
		card_order bob remove) 3>&- &
	with_pin "$pins" nothing_made 4 "token 22 was taken out" -- \
		run_genesis --token --key carol.secret
	card_insert bob
	touches 1 alice bob
	run_tokens --key carol.secret >/dev/null
}

@test "killed while a token waits for its touch: nothing is left, rerun works" {
	local began
	two_and_a_file
	touches 1 alice
	with_pin "$pins" run_genesis --token --key carol.secret \
		>out1 2>&1 3>&- &
	began=$!
	card_until test -e "$card_work/card-bob/waiting"
	kill -9 "$(child quorate)"
	wait "$began" || true
	card_until no child quorate-token
	no grep -q 'quorum key' out1
	[ "$(find g -type f)" = g/genesis.journal ]
	no_secret carol.secret
	touches 1 alice bob
	run_tokens --key carol.secret >/dev/null
	quorate genesis check g --fingerprint "$fp" >/dev/null
}

@test "at a terminal: a wrong PIN is tried again, a token is waited for" {
	two_and_a_file
	card_stop bob
	touches 1 alice
	cat >run.exp <<-'END'
		set timeout 60
		expect_after timeout { puts TIMEOUT; exit 9 }
		spawn quorate genesis run --plan plan.cbor -o g --token \
			--key carol.secret
		expect "not yet      the token of \"rehearsal-bob\""
		expect "paper?" { send "yes\r" }
		expect "PIN of token 11" { send "999999\r" }
		expect "PIN refused, 2 tries left"
		expect "try again with the token of rehearsal-alice" {
			send "yes\r" }
		expect "PIN of token 11" { send "123456\r" }
		expect "it is the share that was dealt"
		expect "put in the token of rehearsal-bob (serial 22)"
		expect "plugged in: 11; waiting"
		exec touch waiting
		expect "PIN of token 22" { send "123456\r" }
		expect "opened       3 of 3 sealed shares"
		expect eof
	END
	expect run.exp >said 2>&1 3>&- &
	began=$!
	card_until test -e waiting
	card_start bob --serial 22
	touches 1 bob
	wait "$began" || { cat said; return 1; }
	no grep -q TIMEOUT said
	quorate genesis check g --fingerprint "$fp" >/dev/null
}

@test "at a terminal: no while a token is waited for: refused, nothing made" {
	two_and_a_file
	card_stop bob
	touches 1 alice
	dialogue <<-'EOD'
		run quorate genesis run --plan plan.cbor -o g --token \
			--key carol.secret
		see "is this the fingerprint on your paper? \[yes/no\] "
		type yes
		see "PIN of token 11"
		type 123456
		see "put in the token of rehearsal-bob (serial 22)"
		see "within 15 min, else all is wiped (Enter: wait longer, no"
		see "plugged in: 11; waiting"
		type maybe
		see "waiting for the token of rehearsal-bob (serial 22), 15 min"
		type no
		see "you said no: the token of rehearsal-bob (serial 22) was not"
		see "nothing was made"
		over 1
	EOD
	[ "$(find g -type f)" = g/genesis.journal ]
	tail -n 1 g/genesis.journal |
		grep -q 'stopped before the commit: nothing was made'
	no grep -q 'quorum key' screen
	no_secret carol.secret
	card_start bob --serial 22
	touches 1 alice bob
	run_tokens --key carol.secret >/dev/null
}

@test "at a terminal: no to another try, or to the plan: nothing made" {
	two_and_a_file
	dialogue <<-'EOD'
		run quorate genesis run --plan plan.cbor -o g --token \
			--key carol.secret
		see "is this the fingerprint on your paper? \[yes/no\] "
		type no
		over 1
	EOD
	[ ! -e g ]
	dialogue <<-'EOD'
		run quorate genesis run --plan plan.cbor -o g --token \
			--key carol.secret
		see "is this the fingerprint on your paper? \[yes/no\] "
		type yes
		see "PIN of token 11"
		type 999999
		see "PIN refused, 2 tries left"
		see "try again with the token of rehearsal-alice (serial 11)?"
		type no
		over 1
	EOD
	[ "$(find g -type f)" = g/genesis.journal ]
	no grep -q 'quorum key' screen
}

# nothing but the journal is there, and it says so
stopped_clean() {
	[ "$(find g -type f)" = g/genesis.journal ]
	tail -n 1 g/genesis.journal |
		grep -q 'stopped before the commit: nothing was made'
	no grep -q 'quorum key' screen
	no_secret carol.secret
}

@test "at a terminal: a token that does not come ends the run, all is wiped" {
	two_and_a_file
	card_stop bob
	touches 1 alice
	dialogue <<-'EOD'
		run quorate genesis run --plan plan.cbor -o g --token \
			--wait 2 --key carol.secret
		see "is this the fingerprint on your paper? \[yes/no\] "
		type yes
		see "PIN of token 11"
		type 123456
		see "within 2 s, else all is wiped"
		see "the time for the token of rehearsal-bob (serial 22) is nearly"
		see "the token of rehearsal-bob (serial 22) did not come within 2 s:"
		see "all is wiped, nothing was made; run this again"
		over 4
	EOD
	stopped_clean
	card_start bob --serial 22
	touches 1 alice bob
	run_tokens --key carol.secret >/dev/null
}

@test "at a terminal: nobody answers whether to try again: all is wiped" {
	two_and_a_file
	dialogue <<-'EOD'
		run quorate genesis run --plan plan.cbor -o g --token \
			--wait 1 --key carol.secret
		see "is this the fingerprint on your paper? \[yes/no\] "
		type yes
		see "PIN of token 11"
		type 999999
		see "PIN refused, 2 tries left"
		see "try again with the token of rehearsal-alice (serial 11)?"
		see "no answer within 1 s: nothing was done"
		over 1
	EOD
	stopped_clean
}

@test "at a terminal: who holds a seed is not stopped by Ctrl-Z" {
	two_and_a_file
	card_stop bob
	touches 1 alice
	# a group of its own below a shell: else nothing can stop it
	dialogue <<-'EOD'
		run bash -c {set -m; quorate genesis run --plan plan.cbor \
			-o g --token --key carol.secret; echo "ended $?"}
		see "is this the fingerprint on your paper? \[yes/no\] "
		type yes
		see "PIN of token 11"
		type 123456
		see "plugged in: 11; waiting"
		send "\x1a"
		type no
		see "you said no"
		see "ended 1"
		over 0
	EOD
	stopped_clean
}

@test "a drill waits no longer than it is told to" {
	two_and_a_file
	touches 1 alice bob
	run_tokens --key carol.secret >/dev/null
	card_stop bob
	touches 1 alice
	dialogue <<-'EOD'
		run quorate genesis drill g --token --wait 2
		see "PIN of token 11"
		type 123456
		see "the token of one more holder did not come within 2 s: all is"
		over 4
	EOD
	refuses 2 "--wait: at least 1 second" -- quorate genesis drill g \
		--token --wait 0
	refuses 2 "--wait 3601: not a number up to 3600" -- \
		quorate genesis drill g --token --wait 3601
	refuses 2 "--serial, --pin-fd and --wait go with --token" -- \
		quorate genesis drill g --key carol.secret --wait 5
}
