#!/usr/bin/env bats
# PIN and touch at a real terminal, typed by expect: what a person sees, and
# what the card is sent.
#
# work and card_work are of cards.bash:
# shellcheck disable=SC2154

load ../e2e/lib
load cards

setup() { begin_cards; }
teardown() { end_cards; }

# how many PINs the card was sent
pins() { grep -c ' 20 00 80 08 ' "$card_work/card-alice/log" || true; }

spoil() { piv alice -a verify-pin -P 999999 || true; }

@test "tries left, which PIN, when to touch: said before it is wanted" {
	alice
	card_touch alice 3>&- &
	dialogue <<-'EOD'
		run quorate key decrypt --token -o got sealed
		see "PIN of token 11 (the PIV PIN, not the FIDO2 one; 3 tries left): "
		echoes no
		type 123456
		see "Touch your YubiKey (serial 11, 15 s)"
		over 0
	EOD
	same got plain
	rm -f got
	wait $!
	no grep -F 123456 screen
	[ "$(pins)" -eq 1 ]
}

@test "binary for a terminal, or a file that is there: refused before the PIN" {
	alice
	before=$(pins)
	dialogue <<-'EOD'
		run quorate key decrypt --token sealed
		see "the output is binary and standard output is a terminal"
		over 2
	EOD
	echo mine >got
	dialogue <<-'EOD'
		run quorate key decrypt --token -o got sealed
		see "got is there already and was not touched"
		over 1
	EOD
	[ "$(cat got)" = mine ]
	rm got
	no grep 'PIN of' screen
	[ "$(pins)" -eq "$before" ]
}

@test "the wait for a touch is seen, and what to do when it is over" {
	alice --touch-seconds 4
	dialogue <<-'EOD'
		run quorate key decrypt --token -o got sealed
		see "3 tries left): "
		type 123456
		see "Touch your YubiKey"
		see "..."
		see "was not touched in time; nothing is lost: start again and touch it when it blinks"
		over 4
	EOD
}

@test "dots of a wait stand on a line of their own, whatever comes behind" {
	alice
	(card_until test -e "$card_work/card-alice/waiting"
	sleep 2.5
	card_order alice touches 9
	card_order alice touch) 3>&- &
	dialogue <<-EOD
		run quorate token provision alice --mode rehearsal --token-root \
			$card_work/root/root.pem --management-key discard
		see "New PIN for token 11"
		type 654321
		see "again: "
		type 654321
		see "New PUK for token 11"
		type 87654321
		see "again: "
		type 87654321
		see "slot 9C: a test signature"
		see "Touch your YubiKey (serial 11, 15 s)"
		see "slot 9D: a test message is opened"
		see "is ready and locked"
		over 0
	EOD
	wait $!
	grep -A 1 -x '\.\.*' screen | tail -n 1 |
		grep -qx 'token 11: slot 9D: a test message is opened'
	grep -c '^Touch your YubiKey (serial 11, 15 s)$' screen | grep -qx 2
}

@test "what a touch types into the prompt is thrown away and costs no try" {
	alice
	before=$(pins)
	card_order alice touches 1
	dialogue <<-'EOD'
		run quorate key decrypt --token -o got sealed
		see "3 tries left): "
		type ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj
		see "thrown away; touch it only when asked"
		see "3 tries left): "
		type 12345
		see "6 to 8 characters"
		see "3 tries left): "
		type 1234ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj
		see "thrown away"
		see "3 tries left): "
		type 123456
		over 0
	EOD
	same got plain
	rm -f got
	[ "$(pins)" -eq $((before + 1)) ]
}

@test "two tries left: a warning; one: only after a yes" {
	alice
	spoil
	before=$(pins)
	dialogue <<-'EOD'
		run quorate key decrypt --token -o got sealed
		see "Warning: only 2 tries are left."
		see "2 tries left): "
		send "\003"
		see "nothing was done"
		over 1
	EOD
	[ "$(pins)" -eq "$before" ]
	spoil
	dialogue <<-'EOD'
		run quorate key decrypt --token -o got sealed
		see "Only ONE try is left: a wrong PIN locks the token"
		type ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj
		see "please type yes or no"
		see "Go on?"
		type no
		see "no PIN was sent"
		over 1
	EOD
	[ "$(pins)" -eq $((before + 1)) ]
	card_order alice touches 1
	dialogue <<-'EOD'
		run quorate key decrypt --token -o got sealed
		see "Go on? \[yes/no\] "
		type yes
		see "1 try left): "
		type 123456
		over 0
	EOD
	same got plain
	rm -f got
	quorate token status | grep -qx 'PIN       3 tries left'
}

@test "the terminal echoes again, whoever ends in the middle of the prompt" {
	alice
	for victim in quorate-token quorate; do
		for sig in KILL TERM; do
			cat >ask.sh <<-EOS
				quorate key decrypt --token -o got sealed
				echo "ended with \$?"
				until stty -a | grep -q ' echo '; do
					sleep 0.05
				done
				echo all right
			EOS
			(card_until child quorate-token
			card_until test -e asked
			kill "-$sig" "$(child "$victim")") 3>&- &
			dialogue <<-'EOD'
				run bash ask.sh
				see "3 tries left): "
				echoes no
				exec touch asked
				see "ended with"
				see "all right"
				over 0
			EOD
			wait $!
			rm asked
		done
	done
}

@test "a new PIN is typed twice" {
	alice
	dialogue <<-'EOD'
		run quorate token change-pin
		see "3 tries left): "
		type 123456
		see "New PIN for token 11 (6 to 8 characters): "
		echoes no
		type 123456
		see "the one from the factory"
		see "New PIN for token 11"
		type 7654321
		see "The new PIN again: "
		type 7654322
		see "not the same"
		see "New PIN for token 11"
		type 7654321
		see "again: "
		type 7654321
		see "token 11: the PIN is changed"
		over 0
	EOD
	no grep -F -e 123456 -e 76543 screen
	piv alice -a verify-pin -P 7654321
}

@test "reset wants the serial number typed" {
	alice
	dialogue <<-'EOD'
		run quorate token reset
		see "This wipes the PIV part of token 11"
		see "Type its serial number to wipe it: "
		type yes
		see "that is not 11: nothing was done"
		over 1
	EOD
	quorate token public >/dev/null
	dialogue <<-'EOD'
		run quorate token reset
		see "Type its serial number to wipe it: "
		type 11
		see "is as from the factory"
		over 0
	EOD
	fails 4 "slot 9D is empty" -- quorate token public
}
