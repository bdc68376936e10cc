#!/usr/bin/env bats
# quorate-token as a process: closed to others, able to do little, and of no
# harm wherever it is killed.
#
# bats runs each command in a shell of its own and reads $status, $output;
# top, work and card_work are of cards.bash:
# shellcheck disable=SC2154,SC2030,SC2031

load ../e2e/lib
load ../e2e/ceremony
load cards

setup() { begin_cards; }
teardown() { end_cards; }

# the replies of the two helpers of one opening, in r.1 and r.2
record() {
	own_helper <<-'EOF'
		#!/bin/bash
		n=1
		[ ! -e WORK/r.1 ] || n=2
		REAL "$@" | /usr/bin/tee WORK/r.$n
		exit "${PIPESTATUS[0]}"
	EOF
	with_pin '123456\n' "$work/own/quorate" key decrypt --token sealed
}

@test "a helper killed at any byte of what it says: one line, exit 4" {
	alice
	card_order alice touches 1
	record >got 2>/dev/null
	same got plain
	local n1 n2
	n1=$(wc -c <"$work/r.1")
	n2=$(wc -c <"$work/r.2")
	# from here on nobody talks to a token
	cat >"$work/own/quorate-token" <<-EOF
		#!/bin/bash
		n=1
		[ ! -e $work/second ] || n=2
		: >$work/second
		# the whole request: its length, and so many bytes
		len=\$(/usr/bin/head -c 4 | /usr/bin/xxd -p)
		/usr/bin/head -c \$((16#\$len)) >/dev/null
		IFS=: read -r which cut <$work/cut
		if [ "\$n" = "\$which" ]; then
			/usr/bin/head -c "\$cut" $work/r.\$n
			kill -KILL \$\$
		fi
		/usr/bin/cat $work/r.\$n
	EOF
	# the control: uncut it opens
	echo 3:0 >"$work/cut"
	with_pin '' "$work/own/quorate" key decrypt --token -o got2 sealed
	same got2 plain
	rm got2
	before=$(tree)
	for at in 1:0 1:3 1:4 1:$((n1 / 2)) 1:$((n1 - 1)) \
		$(seq -f 2:%g 0 $((n2 - 1))); do
		echo "$at" >"$work/cut"
		rm -f "$work/second"
		with_pin '' refuses 4 "ended by signal 9" -- \
			"$work/own/quorate" key decrypt --token sealed
		[ ! -s "$work/out" ]
	done
	[ "$before" = "$(tree)" ]
}

@test "a helper that talks nonsense or nothing is refused" {
	alice
	for say in 'printf "\0\0\0\1x"' 'printf "\377\377\377\377"' \
		'printf x' ':'; do
		rm -rf "$work/own"
		own_helper <<-EOF
			#!/bin/bash
			$say
		EOF
		run "$work/own/quorate" token list
		[ "$status" -eq 4 ]
		[ "$(wc -l <<<"$output")" -eq 1 ]
	done
}

# frame HEX: with its length before it
frame() {
	printf '%08x%s' $((${#1} / 2)) "$1" | xxd -r -p
}

# reply KIND TEXT-HEX DATA-HEX: as token/wire.h has it; text of less than 24
# bytes, data of 24 to 255
reply() {
	local data=$3 n=$((${#3} / 2))
	frame "a564636f6465006464617461$(printf '58%02x' $n)$data$(
		printf '646b696e64%02x' "$1")6474657874$(
		printf %02x $((0x40 + ${#2} / 2)))${2}65706c61696e00"
}

@test "a helper cannot act on the terminal, nor can the name of a reader" {
	local slot
	# a line to be shown: "a", then the escape that clears a screen
	reply 3 611b5b324a "$(printf '00%.0s' {1..24})" >"$work/reply"
	# it takes the whole request first: who writes to it must not fail
	own_helper <<-'EOF'
		#!/bin/bash
		n=$(/usr/bin/head -c 4 | /usr/bin/xxd -p)
		/usr/bin/head -c $((16#$n)) >/dev/null
		/usr/bin/cat WORK/reply
	EOF
	run "$work/own/quorate" token list
	[ "$status" -eq 4 ]
	[ "${lines[0]}" = 'a?[2J' ]
	# one reader, busy, whose name is such a text
	slot=005841$(printf '00%.0s' {1..65})000000
	reply 0 '' "9045781b5b324a02004300000018ff18ff$slot$slot" \
		>"$work/reply"
	keys a b
	quorate plan new --mode rehearsal --name vault --threshold 2 \
		--member a.pub --member b.pub --unattested x -o plan.cbor \
		>/dev/null
	PATH=$work/own:$PATH dialogue <<-'EOD'
		run quorate genesis run --plan plan.cbor -o g --token \
			--key a.secret
		see "is this the fingerprint on your paper? \[yes/no\] "
		type yes
		see "plugged in: a busy one in x\\x1b\[2J; waiting"
		type no
		over 1
	EOD
	no grep -q $'\e' screen
}

@test "the filter stands before a card says its first word" {
	pcscd_start alice
	card_start alice --serial 11
	card_order alice hang 1
	quorate token list >out 2>err 3>&- &
	card_until grep -q ' A4 04 00 ' "$card_work/card-alice/log"
	helper=$(child quorate-token)
	grep -qx $'Seccomp:\t2' "/proc/$helper/status"
	kill -KILL "$helper"
	status=0
	wait $! || status=$?
	[ "$status" -eq 4 ]
}

@test "killed while it asks, and while it waits for the touch" {
	alice
	ask_slowly
	kill -KILL "$(child quorate-token)"
	pin
	[ "$status" -eq 4 ]
	grep -q 'ended by signal 9; nothing is lost' err
	# and the card serves the next one
	card_order alice touches 1
	with_pin '123456\n' quorate key decrypt --token sealed >got
	same got plain
}

@test "while it works: filter, no new privileges, no core, few descriptors" {
	alice
	with_pin '123456\n' quorate key decrypt --token sealed >got 2>err \
		3>&- &
	card_until test -e "$card_work/card-alice/waiting"
	helper=$(child quorate-token)
	grep -qx $'Seccomp:\t2' "/proc/$helper/status"
	grep -qx $'NoNewPrivs:\t1' "/proc/$helper/status"
	grep -Eq '^Max core file size +0 +0 ' "/proc/$helper/limits"
	# 0, 1, 2, the PIN's, pcscd's socket and the lock
	for fd in "/proc/$helper/fd/"*; do readlink "$fd"; done | sort >fds
	[ "$(wc -l <fds)" -le 7 ]
	[ "$(grep -c '^socket:' fds)" -ge 2 ]
	# its own environment is pcscd's address alone
	[ "$(tr '\0' '\n' <"/proc/$helper/environ")" = \
		"PCSCLITE_CSOCK_NAME=$PCSCLITE_CSOCK_NAME" ]
	card_order alice touch
	wait $!
	same got plain
}

@test "a user cannot look into their own quorate and quorate-token" {
	alice
	# root may look into everything: then as a user without rights
	local user=() name pid what
	[ "$(id -u)" -ne 0 ] || user=(setpriv --reuid 65534 --regid 65534
		--clear-groups)
	mkdir "$work/own"
	install -m 755 "$top/build/quorate" "$top/build/quorate-token" \
		"$work/own"
	chmod 711 "$work" "$card_work"
	chmod 666 "$PCSCLITE_CSOCK_NAME"
	with_pin '123456\n' "${user[@]}" "$work/own/quorate" key decrypt \
		--token "$PWD/sealed" >got 2>err 3>&- &
	asker=$!
	card_until test -e "$card_work/card-alice/waiting"
	# the control: one that does not hide
	"${user[@]}" sleep 60 3>&- &
	sleeper=$!
	looks() { "${user[@]}" cat "/proc/$1/$2" >/dev/null 2>&1; }
	opens() { "${user[@]}" dd if="/proc/$1/mem" count=0 status=none; }
	card_until looks "$sleeper" environ
	looks "$sleeper" maps
	opens "$sleeper"
	for name in quorate quorate-token; do
		pid=$(child "$name")
		for what in environ maps smaps auxv stack syscall io; do
			no looks "$pid" "$what"
		done
		no opens "$pid" 2>/dev/null
		no "${user[@]}" ls "/proc/$pid/fd" 2>/dev/null
		no "${user[@]}" readlink "/proc/$pid/exe"
		# no owner but root: neither is dumped
		[ "$(stat -c %U "/proc/$pid/mem")" = root ]
		grep -Eq '^Max core file size +0 +0 ' "/proc/$pid/limits"
	done
	kill "$sleeper"
	card_order alice touch
	wait "$asker"
	same got plain
}

@test "it opens no file for writing, and nothing once the filter is there" {
	alice
	card_order alice touches 1
	own_helper <<-'EOF'
		#!/bin/bash
		exec /usr/bin/strace -f -o WORK/trace.$$ REAL "$@"
	EOF
	with_pin '123456\n' "$work/own/quorate" key decrypt --token sealed \
		>got 2>err
	same got plain
	cat "$work"/trace.* >all
	[ "$(grep -c 'SECCOMP_SET_MODE_FILTER' all)" -ge 2 ]
	no grep -E 'open(at)?\(.*(O_WRONLY|O_RDWR|O_CREAT)' \
		<(grep -v '"/dev/tty"' all)
	for t in "$work"/trace.*; do
		sed '1,/SECCOMP_SET_MODE_FILTER, [^N]/d' "$t" >after
		[ -s after ]
		no grep -E ' (open|openat|socket|connect|execve|fork|clone)\(' \
			after
	done
}

@test "a manifest is approved with a token, and with no other's" {
	alice
	quorate key generate -o bob.secret --pub bob.pub
	manifest_for alice.pub bob.pub
	card_order alice touches 9
	yes yes | with_pin '123456\n' quorate manifest approve m --token \
		--alias alice "${sources[@]}" >said 2>&1
	grep -q 'Touch your YubiKey (serial 11, 15 s)' said
	yes yes | quorate manifest approve m --key bob.secret --alias bob \
		"${sources[@]}" >/dev/null 2>&1
	quorate manifest assemble m --approvals . 2>/dev/null
	quorate manifest check m.envelope --manifest-set set >/dev/null ||
		quorate manifest check ./*envelope* --manifest-set set
	# another token: refused before it is asked for a PIN
	yes yes | with_pin '123456\n' quorate manifest approve m --token \
		--alias bob "${sources[@]}" >said 2>&1 && return 1
	[ "$(grep -c ' 87 11 9C ' "$card_work/card-alice/log")" -eq 1 ]
}
