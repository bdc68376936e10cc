#!/usr/bin/env bats
# Operator keys in tokens: SIMULATED cards behind a real pcscd.  The PIN
# reaches the helper through a descriptor, as --pin-fd wants it.
# work and card_work: cards.bash
# shellcheck disable=SC2154

load ../e2e/lib
load cards

setup() { begin_cards; }
teardown() { end_cards; }

@test "no pcscd: one line, exit 4" {
	export PCSCLITE_CSOCK_NAME=$work/nothing
	fails 4 "pcscd does not answer" -- quorate token list
}

@test "list, status and public need no PIN; an empty slot is named" {
	pcscd_start alice
	fails 4 "no token is plugged in" -- quorate token status
	card_start alice --serial 11
	quorate token list | grep '^11  firmware 5.4.3 .*9D empty  9C empty'
	fails 4 "slot 9D is empty" -- quorate token public
	card_stop alice
	new_card alice --serial 11
	quorate token status | grep "9D.*PIN always, touch always"
	quorate token public >a
	for slot in 9d 9c; do
		openssl pkey -pubin -in alice-$slot.pem -outform DER |
			tail -c 65 | xxd -p -c 65
	done | tr -d '\n' >b
	[ "$(cat a)" = "$(cat b)" ]
	[ "$(quorate key public --token --serial 11)" = "$(cat a)" ]
}

@test "what is sealed to a token is opened by it, with PIN and touch" {
	alice
	card_order alice touches 1
	with_pin '123456\n' quorate key decrypt --token sealed >got 2>err
	same got plain
	grep -qF 'Touch your YubiKey (serial 11' err
}

@test "a wrong PIN costs one try and says how many are left" {
	alice
	with_pin '999999\n' fails 4 "PIN refused, 2 tries left" -- \
		quorate key decrypt --token sealed
	quorate token status | grep -q '2 tries left'
}

@test "the last try is not taken without a terminal; a locked PIN is told" {
	alice
	quiet() { with_pin '999999\n' quorate key decrypt --token sealed; }
	run quiet
	run quiet
	run quiet
	[ "$status" -eq 4 ]
	[[ $output == *"one try is left"* ]]
	quorate token status | grep -q '1 try left'
	piv alice -a verify-pin -P 999999 || true
	run quiet
	[ "$status" -eq 4 ]
	[[ $output == *"the PIN is locked"* ]]
}

@test "what is no PIN is never sent: too short, too long, a one-time password" {
	alice
	sent() { grep -c ' 20 00 80 08 ' "$card_work/card-alice/log" || true; }
	local before words
	before=$(sent)
	for pin in 12345 123456789 \
		ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj; do
		words="6 to 8 characters"
		[ "${#pin}" -lt 44 ] || words="one-time password"
		with_pin "$pin\n" fails 4 "$words" -- \
			quorate key decrypt --token sealed
	done
	quorate token status | grep -q '3 tries left'
	[ "$(sent)" -eq "$before" ]
}

@test "no touch: said so, and nothing is lost" {
	alice --touch-seconds 4
	run with_pin '123456\n' quorate key decrypt --token sealed
	[ "$status" -eq 4 ]
	[[ $output == *"was not touched in time"* ]]
	quorate token status | grep -q '3 tries left'
}

@test "a token taken out while it waits for a touch: one clear line" {
	alice
	(card_until test -e "$card_work/card-alice/waiting" &&
		card_order alice remove) 3>&- &
	run with_pin '123456\n' quorate key decrypt --token sealed
	[ "$status" -eq 4 ]
	[[ $output == *"token 11 was taken out"* ]]
}

@test "two tokens and no serial: refused with the list" {
	pcscd_start alice bob
	new_card alice --serial 11
	new_card bob --serial 22
	fails 4 "2 tokens are plugged in (11, 22)" -- quorate token public
	fails 4 "no token with serial 33; plugged in: 11, 22" -- \
		quorate token public --serial 33
	[ "$(quorate token public --serial 11)" != \
		"$(quorate token public --serial 22)" ]
}

@test "a certificate that is not that of the key is caught" {
	alice
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 \
		-out other.key
	openssl pkey -in other.key -pubout -out other.pem
	certify other.pem other.crt
	piv alice -a import-certificate -s 9c -i other.crt
	fails 4 "certificate in slot 9C is not that of the key" -- \
		quorate token public
}

@test "a point off the curve is refused before the card sees it" {
	alice
	cp sealed bad
	printf '\377\377\377\377' |
		dd of=bad bs=1 seek=20 conv=notrunc status=none
	card_order alice touches 1
	run with_pin '123456\n' quorate key decrypt --token bad
	[ "$status" -ne 0 ]
	[ "$(card_count alice 87)" -eq "$(grep -c ' 87 03 ' \
		"$card_work/card-alice/log")" ]
}

@test "a helper that is killed at work leaves a clear error" {
	alice
	(card_until test -e "$card_work/card-alice/waiting" &&
		kill -9 "$(child quorate-token)") 3>&- &
	run with_pin '123456\n' quorate key decrypt --token sealed
	[ "$status" -eq 4 ]
	[[ $output == *"ended by signal 9"* ]]
}

@test "neither PIN nor plaintext stands in arguments, environment or output" {
	alice
	with_pin '123456\n' quorate key decrypt --token sealed >got 2>err \
		3>&- &
	card_until test -e "$card_work/card-alice/waiting"
	helper=$(child quorate-token)
	for p in "$helper" "$(child quorate)"; do
		tr '\0' '\n' <"/proc/$p/cmdline"
		tr '\0' '\n' <"/proc/$p/environ"
	done >seen
	grep -q quorate-token seen
	no grep -F 123456 seen
	card_order alice touch
	wait $!
	same got plain
	no grep -F 123456 err "$card_work/pcscd.log"
}
