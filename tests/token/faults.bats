#!/usr/bin/env bats
# What can go wrong at a token: each has one clear line, exit status 4, and
# costs no try of the PIN but the one that was wrong.
#
# bats runs each command in a shell of its own and reads $status, $output;
# top, work and card_work are of cards.bash:
# shellcheck disable=SC2154,SC2030,SC2031

load ../e2e/lib
load ../e2e/ceremony
load cards

setup() { begin_cards; }
teardown() { end_cards; }

log() { echo "$card_work/card-${1:-alice}/log"; }

# how many PINs the card of NAME was sent
pins() { grep -c ' 20 00 80 08 ' "$(log "${1:-alice}")" || true; }

opens() { with_pin '123456\n' quorate key decrypt --token sealed; }

# in_hand WHAT: another program has the card until `let_go`
in_hand() {
	mkfifo held
	"$top/build/card/other_launch" "$(card_reader alice) 00 00" "$1" \
		<held >said 3>&- &
	exec 9>held
	card_until grep -q held said
}

let_go() {
	exec 9>&-
	wait $!
	rm held
}

reset_by_other() {
	"$top/build/card/other_launch" "$(card_reader alice) 00 00" reset
}

# the card bob in the reader of alice
bob_in_her_place() {
	card_stop alice
	card_port[bob]=${card_port[alice]}
	# for card_start
	# shellcheck disable=SC2317
	card_reader() { echo "Yubico YubiKey SIMULATED alice"; }
	card_start bob --serial 22
}

@test "a card that keeps the PIN verified and one that drops it: both open" {
	for kind in keep drop; do
		alice --pin-state "$kind"
		card_order alice touches 1
		opens >got
		same got plain
		# nothing in between: the PIN, and the key's use right behind
		grep -v '^#' "$(log)" | grep -A1 ' 20 00 80 08 9000' |
			grep -q ' 87 11 9D '
		pcscd_stop
		rm -r "$card_work/card-alice" alice.pub sealed
	done
}

@test "no PIN stays verified when the operation is over" {
	alice
	card_order alice touches 1
	opens >got
	# asked without one, the card counts tries: not verified
	opensc-tool -r "$(card_reader alice) 00 00" \
		-s 00A4040005A000000308 -s 0020008000 >said 2>&1
	grep -q 'SW1=0x63, SW2=0xC3' said
}

@test "another program resets the card while the PIN is typed: no harm" {
	alice
	before=$(pins)
	ask_slowly
	reset_by_other
	card_order alice touches 1
	pin 123456
	[ "$status" -eq 0 ]
	same got plain
	[ "$(pins)" -eq $((before + 1)) ]
}

@test "another program changes the PIN meanwhile: one try, not one more" {
	alice
	ask_slowly
	piv alice -a change-pin -P 123456 -N 654321
	before=$(pins)
	pin 123456
	[ "$status" -eq 4 ]
	grep -q 'PIN refused, 2 tries left' err
	[ "$(pins)" -eq $((before + 1)) ]
}

@test "another program spends tries meanwhile: said, and nothing is sent" {
	alice
	ask_slowly
	piv alice -a verify-pin -P 999999 || true
	piv alice -a verify-pin -P 999999 || true
	before=$(pins)
	pin 123456
	[ "$status" -eq 4 ]
	grep -q 'the tries left went from 3 to 1; nothing was sent' err
	[ "$(pins)" -eq "$before" ]
}

@test "during the touch another program waits, and no PIN is sent twice" {
	alice
	before=$(pins)
	opens >got 2>err 3>&- &
	opener=$!
	card_until test -e "$card_work/card-alice/waiting"
	# a client that connects while another resets the card may fail once
	(piv alice -a change-pin -P 123456 -N 654321 ||
		piv alice -a change-pin -P 123456 -N 654321) &
	changer=$!
	(reset_by_other) &
	resetter=$!
	sleep 0.5
	card_order alice touch
	wait "$opener"
	same got plain
	wait "$changer"
	wait "$resetter"
	# ours, and no other: a changed PIN would be refused now
	[ "$(pins)" -eq $((before + 1)) ]
	quorate token status | grep -qx 'PIN       3 tries left'
}

@test "a reader that another program holds: listed as busy, exit 4" {
	alice
	in_hand exclusive
	quorate token list | grep -q '^in use by another program  reader '
	fails 4 "in use by another program" -- quorate token status
	fails 4 "in use by another program" -- quorate key decrypt --token \
		sealed
	let_go
	quorate token status >/dev/null
}

@test "a program that never lets the card go: given up in time" {
	alice
	in_hand transaction
	fails 4 "did not answer in time" -- quorate token status
	let_go
	quorate token status >/dev/null
}

@test "two of ours at one token: the second is told, the first goes on" {
	alice --touch-seconds 30
	opens >got 2>"$work/opener" 3>&- &
	opener=$!
	card_until test -e "$card_work/card-alice/waiting"
	quorate token list | grep -q '^in use by another quorate  reader '
	fails 4 "in use by another quorate" -- quorate token status
	fails 4 "a busy one in" -- quorate token public --serial 11
	card_order alice touch
	wait "$opener"
	same got plain
	# gone with its process: nothing is left behind
	quorate token list | grep -q '^11 '
}

@test "another token in its place while the PIN is typed: it gets no PIN" {
	alice
	ask_slowly
	bob_in_her_place
	pin 123456
	[ "$status" -eq 4 ]
	grep -q 'token 11 was taken out' err
	[ "$(pins bob)" -eq 0 ]
}

@test "another token in its place before it is asked for: named, no PIN" {
	alice
	own_helper <<-'EOF'
		#!/bin/bash
		# the first one lists; the second waits until they are swapped
		if [ -e WORK/listed ]; then
			: >WORK/between
			until [ -e WORK/swapped ]; do /usr/bin/sleep 0.05; done
		fi
		: >WORK/listed
		exec REAL "$@"
	EOF
	with_pin '123456\n' "$work/own/quorate" key decrypt --token sealed \
		>got 2>err 3>&- &
	asker=$!
	card_until test -e "$work/between"
	bob_in_her_place
	: >"$work/swapped"
	status=0
	wait "$asker" || status=$?
	[ "$status" -eq 4 ]
	[ "$(cat err)" = "quorate: another token (22) is in the place of token \
11; nothing was done" ]
	[ "$(pins bob)" -eq 0 ]
	[ ! -s got ]
}

@test "a card that hangs at any command is given up, and nothing is lost" {
	alice
	for at in 2 20; do
		card_order alice hang "$at"
		SECONDS=0
		run opens
		[ "$status" -eq 4 ]
		[[ $output == *"did not answer in time"* ]]
		[ "$SECONDS" -lt 60 ]
		card_remove alice
		card_order alice clear
		card_insert alice
	done
	quorate token status | grep -qx 'PIN       3 tries left'
}

@test "a card process that is stopped dead is given up" {
	alice
	kill -STOP "${card_pid[alice]}"
	run quorate token list
	kill -CONT "${card_pid[alice]}"
	[ "$status" -eq 4 ]
	[[ $output == *"did not answer in time"* ]]
}

@test "a fault at any command: one line, exit 4, no try is lost" {
	alice
	local n before
	before=$(grep -vc '^#' "$(log)")
	card_order alice touches 99
	opens >got
	n=$(($(grep -vc '^#' "$(log)") - before))
	for ((at = 1; at <= n; at++)); do
		card_order alice fail "$at" 6F00
		rm -f got
		rc=0
		opens >got 2>err || rc=$?
		card_order alice clear
		if [ "$rc" -ne 0 ]; then
			[ "$rc" -eq 4 ]
			[ "$(grep -c '^quorate: ' err)" -eq 1 ]
			[ ! -s got ]
		else
			same got plain
		fi
		quorate token status | grep -qx 'PIN       3 tries left'
	done
}

@test "a token that is taken out at any command: one line, exit 4" {
	alice
	local n before
	before=$(grep -vc '^#' "$(log)")
	card_order alice touches 99
	opens >got
	n=$(($(grep -vc '^#' "$(log)") - before))
	for ((at = n / 2; at <= n; at++)); do
		card_order alice drop "$at"
		rm -f got
		rc=0
		opens >got 2>err || rc=$?
		card_order alice clear
		if [ "$rc" -ne 0 ]; then
			[ "$rc" -eq 4 ]
			[ "$(grep -c '^quorate: ' err)" -eq 1 ]
			[ ! -s got ]
		else
			same got plain
		fi
		card_inserted alice
		quorate token status | grep -qx 'PIN       3 tries left'
	done
}

@test "a card that takes points off the curve is never given one" {
	# the nonce has 12 bytes, then the point
	alice --accept-bad-points
	card_order alice touches 9
	opens >got
	same got plain
	before=$(grep -c ' 87 11 ' "$(log)")
	sent=$(pins)
	for at in 12 13 44 75; do
		cp sealed bad
		printf '\377\377' | dd of=bad bs=1 seek=$at conv=notrunc \
			status=none
		run with_pin '123456\n' quorate key decrypt --token bad
		[ "$status" -ne 0 ]
		[ "$(grep -c ' 87 11 ' "$(log)")" -eq "$before" ]
		[ "$(pins)" -eq "$sent" ]
	done
}

# nth BEFORE WORDS: which command after the first BEFORE ones has these words
nth() {
	grep -v '^#' "$(log)" | tail -n +$(($1 + 1)) | grep -nF "$2" |
		cut -d: -f1
}

@test "status 6982 is told apart: PIN forgotten, no touch" {
	local before pin use
	alice
	before=$(grep -vc '^#' "$(log)")
	card_order alice touches 9
	opens >got
	pin=$(nth "$before" ' 20 00 80 08 ')
	use=$(nth "$before" ' 87 11 9D ')
	card_order alice fail "$use" 6982
	run opens
	[ "$status" -eq 4 ]
	[[ $output == *"was not touched in time"* ]]
	# the card says that the PIN is right, and does not remember it
	card_order alice fail "$pin" 9000
	run opens
	[ "$status" -eq 4 ]
	[[ $output == *"token 11 forgot the PIN: another program uses it"* ]]
	quorate token status | grep -qx 'PIN       3 tries left'
}

@test "a certificate without a key, or not of P-256: one line, exit 4" {
	alice --firmware 4.3.5
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 \
		-out big.key
	openssl pkey -in big.key -pubout -out big.pem
	certify big.pem big.crt
	cp 9d.crt good.crt
	piv alice -a import-certificate -s 9d -i big.crt
	fails 4 "slot 9D holds no readable P-256 certificate" -- \
		quorate token public
	fails 4 "slot 9D holds no readable P-256 certificate" -- \
		with_pin '' quorate key decrypt --token sealed
	# the keys gone, the certificates back
	card_order alice factory
	piv alice -a import-certificate -s 9d -i good.crt
	piv alice -a import-certificate -s 9c -i 9c.crt
	run with_pin '123456\n' quorate key decrypt --token sealed
	[ "$status" -eq 4 ]
	[[ $output == *"refused to use the key: the slot has none"* ]]
}

# certify_other SLOT: a certificate in it over a key that is elsewhere
certify_other() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out other.key
	openssl pkey -in other.key -pubout -out other.pem
	certify other.pem other.crt
	piv alice -a import-certificate -s "$1" -i other.crt
	# not to be seen before
	quorate token public >other.pub
	quorate token status | grep -q 'policies not told by this firmware'
}

@test "old firmware: a certificate of another key in 9C is found by its use" {
	alice --firmware 4.3.5
	card_order alice touches 9
	certify_other 9c
	quorate key generate -o bob.secret --pub bob.pub
	manifest_for other.pub bob.pub
	yes yes | with_pin '123456\n' refuses 4 "its signature is not that of" \
		"the certificate in slot 9C; do not use this token" -- \
		quorate manifest approve m --token --alias other \
		"${sources[@]}" -o .
	# it did sign, and nothing was written
	[ "$(grep -c ' 87 11 9C ' "$(log)")" -eq 1 ]
	[ "$(find . -name '*.approval')" = "" ]
}

@test "old firmware: a certificate of another key in 9D is found by its use" {
	alice --firmware 4.3.5
	card_order alice touches 9
	opens >got
	same got plain
	certify_other 9d
	quorate key encrypt --to other.pub plain -o sealed2
	run with_pin '123456\n' quorate key decrypt --token sealed2
	[ "$status" -eq 4 ]
	[[ $output == *"certificate in slot 9D is not that of the key"* ]]
}
