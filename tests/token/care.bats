#!/usr/bin/env bats
# Changing PIN and PUK, opening a locked PIN, wiping a token: SIMULATED cards
# behind a real pcscd.
#
# bats runs each command in a shell of its own and reads $status, $output;
# card_work is of cards.bash:
# shellcheck disable=SC2154,SC2030,SC2031

load ../e2e/lib
load cards

setup() { begin_cards; }
teardown() { end_cards; }

blank() {
	pcscd_start alice
	card_start alice --serial 11 "$@"
}

# codes NUMBER: how many commands with a PIN or PUK in them the card was given
codes() {
	awk '$1 != "#" && $6 != "00" && ($3 == "20" || $3 == "24" ||
		$3 == "2C")' "$card_work/card-alice/log" | wc -l
}

pin_is() { piv alice -a verify-pin -P "$1"; }

puk_is() { piv alice -a unblock-pin -P "$1" -N "$2"; }

@test "change-pin and change-puk: the new one holds, the old one does not" {
	blank
	with_pin '123456\n654321\n' quorate token change-pin 2>said
	grep -qx 'token 11: the PIN is changed' said
	pin_is 654321
	no pin_is 123456
	with_pin '12345678\n87654321\n' quorate token change-puk --serial 11
	no puk_is 12345678 111111
	puk_is 87654321 111111
	with_pin '123456\n7654321\n' fails 4 "PIN refused, 2 tries left" -- \
		quorate token change-pin
	quorate token status >said
	grep -qx 'PIN       2 tries left' said
	grep -qx 'PUK       3 tries left' said
}

@test "what may not be a new PIN or PUK is refused before anything is sent" {
	blank
	quorate token list
	for new in 123456 12345678 12345 123456789 'pass 1' 'p\303\244sswd'; do
		for verb in change-pin change-puk unblock-pin; do
			run with_pin "1234567\n$new\n" quorate token "$verb"
			[ "$status" -eq 4 ]
		done
	done
	with_pin '654321\n654321\n' fails 1 "the old one" -- \
		quorate token change-pin
	with_pin '654321\n654321\n' fails 1 "must not be the PUK" -- \
		quorate token unblock-pin
	with_pin '123456\n' fails 1 "no PIN was given" -- \
		quorate token change-pin
	[ "$(codes)" -eq 0 ]
	# the control: what may be is sent
	with_pin '123456\n1234567\n' quorate token change-pin
	[ "$(codes)" -eq 1 ]
}

@test "wrong PINs to lock-out, then the PUK brings it back; its keys stay" {
	alice
	piv alice -a verify-pin -P 999999 || true
	piv alice -a verify-pin -P 999999 || true
	piv alice -a verify-pin -P 999999 || true
	with_pin '123456\n' fails 4 "the PIN is locked" \
		-- quorate key decrypt --token sealed
	with_pin '123456\n7654321\n' fails 4 "token unblock-pin" \
		-- quorate token change-pin
	quorate token status | grep -qx 'PIN       locked: .*'
	with_pin '99999999\n7654321\n' fails 4 "PUK refused, 2 tries left" \
		-- quorate token unblock-pin
	with_pin '12345678\n7654321\n' quorate token unblock-pin 2>said
	grep -qx 'token 11: the PIN is new, and open again' said
	card_order alice touches 1
	with_pin '7654321\n' quorate key decrypt --token sealed >got
	same got plain
}

@test "a locked PUK is told; a reset is what is left" {
	blank
	for try in 1 2; do
		run with_pin "9999999$try\n7654321\n" quorate token unblock-pin
		[ "$status" -eq 4 ]
	done
	with_pin '99999999\n7654321\n' fails 4 "typed and confirmed" -- \
		quorate token unblock-pin
	puk_is 99999999 111111 || true
	quorate token status | grep -qx 'PUK       locked: .*'
	with_pin '12345678\n7654321\n' fails 4 "the PUK is locked" "" -- \
		quorate token unblock-pin
	quorate token reset --wipe 11
	quorate token status | grep -qx 'PUK       3 tries left'
}

@test "firmware below 5.3 does not tell the tries of the PUK: said so" {
	blank --firmware 4.3.5
	quorate token status | grep -qx 'PUK       tries left not told'
	with_pin '12345678\n7654321\n' quorate token unblock-pin 2>said
	grep -q 'does not tell how many tries the PUK has left' said
	pin_is 7654321
}

@test "reset: nothing without the serial; then all of it is gone" {
	alice
	fails 1 "no terminal to type the serial number" -- quorate token reset
	fails 1 "the token is 11" -- quorate token reset --wipe 12
	[ "$(card_count alice FB)" -eq 0 ]
	[ "$(codes)" -eq 0 ]
	quorate token reset --wipe 11 2>said
	grep -q 'is opened by this token never again' said
	grep -q 'as from the factory: PIN 123456, PUK 12345678' said
	quorate token status >now
	grep -qx 'slot 9D (opens)  empty' now
	grep -qx 'slot 9C (signs)  empty' now
	grep -qx 'PIN       3 tries left' now
	pin_is 123456
}

# again AT FAULT...: a reset that meets it, then one that does not
again() {
	local at=$1
	shift
	card_order alice "${@/AT/$at}"
	run quorate token reset --wipe 11
	[ "$status" -eq 4 ] || [[ $output == *"as from the factory"* ]]
	card_order alice clear
	card_inserted alice
	quorate token reset --wipe 11 2>/dev/null
	pin_is 123456
	puk_is 12345678 123456
}

@test "a reset that is cut short at any command is run again" {
	blank
	local n before
	quorate token list
	before=$(grep -vc '^#' "$card_work/card-alice/log")
	quorate token reset --wipe 11
	n=$(($(grep -vc '^#' "$card_work/card-alice/log") - before))
	[ "$n" -gt 20 ]
	for ((at = 1; at <= n; at++)); do
		again "$at" fail AT 6F00
	done
	# the first half is the helper that only looks
	for ((at = n / 2; at <= n; at++)); do
		again "$at" lose AT
	done
}
