#!/usr/bin/env bats
# PIN and share in the memory of our processes: where they may be while they
# are used, and nowhere at the end.  Every system call of both programs is a
# stop at which all of their memory is searched (card/memory_launch.c).
#
# bats runs each command in a shell of its own;
# top, work and card_work are of cards.bash:
# shellcheck disable=SC2154,SC2030,SC2031

load ../e2e/lib
load cards

setup() { begin_cards; }
teardown() { end_cards; }

pin='Zq7#vXw2'

# both programs watched; results in m.quorate and, a run of the helper each,
# m.helper.*
watched() {
	[ -e "$work/own" ] || {
		mkdir "$work/own"
		cp "$top/build/quorate" "$work/own/quorate"
		cat >"$work/own/quorate-token" <<-EOS
			#!/bin/bash
			exec $top/build/card/memory_launch \
			$work/m.helper.\$\$ $work/needles \
			$top/build/quorate-token "\$@"
		EOS
		chmod +x "$work/own/quorate-token"
	}
	rm -f "$work"/m.*
	"$top/build/card/memory_launch" "$work/m.quorate" "$work/needles" \
		"$work/own/quorate" "$@"
}

# found FILE... -- NAME: stops and places at the end, summed up
found() {
	cat "${@:2}" | awk -v n="$1" '$1 == n { s += $3; e += $5 }
		END { print s + 0, e + 0 }'
}

# nowhere FILES NAME: seen on the way, not at the end
on_the_way_only() {
	local s e
	read -r s e < <(found "$@")
	echo "$1: at $s stops, $e places at the end"
	[ "$s" -gt 0 ] && [ "$e" -eq 0 ]
}

never() { [ "$(found "$@")" = "0 0" ]; }

# the control: what is no secret is there to the end
to_the_end() {
	local s e
	read -r s e < <(found "$@")
	echo "$1: at $s stops, $e places at the end"
	[ "$s" -gt 0 ] && [ "$e" -gt 0 ]
}

begin_marked() {
	alice
	with_pin "123456\n$pin\n" quorate token change-pin
	head -c 24 /dev/urandom | base64 | tr -d '\n' >plain
	quorate key encrypt --to alice.pub plain -o sealed --force
	printf 'pin=%s\nshare=%s\ncontrol=SIMULATED alice\n' "$pin" \
		"$(cat plain)" >"$work/needles"
}

@test "an opened share: neither it nor the PIN is in memory at the end" {
	begin_marked
	card_order alice touches 1
	with_pin "$pin\n" watched key decrypt --token -o got sealed 2>err
	same got plain
	on_the_way_only pin "$work"/m.helper.*
	on_the_way_only share "$work"/m.helper.*
	to_the_end control "$work"/m.helper.*
	never pin "$work/m.quorate"
	on_the_way_only share "$work/m.quorate"
	to_the_end control "$work/m.quorate"
	rm got plain
	no grep -rlF -e "$pin" -e "$(sed -n 's/^share=//p' "$work/needles")" \
		. "$card_work/pcscd.log" "$card_work/card-alice/log"
}

@test "a refused PIN is not in memory at the end either" {
	begin_marked
	sed -i 's/^pin=.*/pin=WrongPin/' "$work/needles"
	run with_pin 'WrongPin\n' watched key decrypt --token -o got sealed
	[ "$status" -eq 4 ]
	on_the_way_only pin "$work"/m.helper.*
	never pin "$work/m.quorate"
}

@test "a changed PIN: neither the old one nor the new one stays" {
	begin_marked
	echo 'new=Nw3?kLp9' >>"$work/needles"
	with_pin "$pin\nNw3?kLp9\n" watched token change-pin
	on_the_way_only pin "$work"/m.helper.*
	on_the_way_only new "$work"/m.helper.*
	to_the_end control "$work"/m.helper.*
	never pin "$work/m.quorate"
	never new "$work/m.quorate"
	piv alice -a verify-pin -P 'Nw3?kLp9'
}
