#!/usr/bin/env bats
# Tokens made ready and locked, on SIMULATED cards behind a real pcscd.
#
# bats runs each command in a shell of its own and reads $status, $output:
# card_work is of cards.bash:
# shellcheck disable=SC2154,SC2030,SC2031

load ../e2e/lib
load ../e2e/ceremony
load cards

setup() {
	begin_cards
	root=$card_work/root/root.pem
}

teardown() { end_cards; }

# one_card OPTIONS...: a new card alice that is touched when it asks
one_card() {
	pcscd_start alice
	card_start alice --serial 11 --touch-seconds 4 "$@"
	card_order alice touches 999
}

codes='654321\n87654321\n'

# provision NAME OPTIONS...: what a person types, in one line
provision() {
	with_pin "$codes" quorate token provision "$@" --mode rehearsal \
		--token-root "$root" --management-key "${how:-protected}"
}

# state WORD: that line of what the card remembers
state() { sed -n "s/^$1 //p" "$card_work/card-alice/state"; }

# the card is ready and locked: PIN 654321 and PUK 87654321, five tries each,
# none of the factory's; keys made in it; a management key of its own
ready_and_locked() {
	[ "$(state pin)" = 363534333231ffff050500 ] &&
		[ "$(state puk)" = 3837363534333231050500 ] &&
		[[ $(state key-9c) == 010302* && $(state key-9d) == 010302* ]] &&
		[[ $(state mgm-flags) == *0000 ]] &&
		[ "$(state mgm-key)" != "$factory_key" ] || return 1
	if [ "${how:-protected}" = protected ]; then
		[ "$(state object-5fc109)" = "881a8918$(state mgm-key)" ] &&
			[ "$(state object-5fff00)" = 8003810102 ]
	else
		[ -z "$(state object-5fc109)" ]
	fi
}
factory_key=010203040506070801020304050607080102030405060708

# commands that change something: SET RETRIES, CHANGE, keys, objects, keys
changes() {
	awk '$1 != "#" && $3 ~ /^(FA|24|47|FE|DB|FF)$/' \
		"$card_work/card-alice/log" | wc -l
}

for_firmware() {
	one_card --firmware "$1"
	provision alice >shown
	diff shown - <<-END
		alice.pub
		alice.attestation
	END
	ready_and_locked
	[ "$(quorate token public)" = "$(cat alice.pub)" ]
	quorate token verify alice.attestation --root "$root" \
		--pub alice.pub >/dev/null
	echo a share >plain
	quorate key encrypt --to alice.pub plain -o sealed
	with_pin '654321\n' quorate key decrypt --token sealed | cmp - plain
}

@test "firmware 4.3: keys, certificates, 3DES; ready, locked, proven, used" {
	for_firmware 4.3.5
	[ "$(state mgm-flags)" = 030000 ]
}

@test "firmware 5.4: keys, certificates, AES; ready, locked, proven, used" {
	for_firmware 5.4.3
	[ "$(state mgm-flags)" = 0a0000 ]
}

@test "firmware 5.7, whose factory key is of AES, and the key thrown away" {
	how=discard
	for_firmware 5.7.1
	[ "$(state mgm-flags)" = 0a0000 ]
	# nothing can be written any more, and it says so
	fails 4 "only a reset of the token" -- with_pin "$codes" quorate \
		token provision bob --replace --mode rehearsal \
		--token-root "$root" --management-key discard
}

@test "run again, a ready token is tested and stays as it is" {
	one_card
	provision alice
	cp "$card_work/card-alice/state" before
	cp alice.pub alice.was
	changes >n
	provision alice 2>err
	[ "$(changes)" -eq "$(cat n)" ]
	cmp "$card_work/card-alice/state" before
	same alice.pub alice.was
	grep -q 'it stays as it is' err
}

@test "the factory's PIN and PUK, short ones and equal ones change nothing" {
	one_card
	local n words
	n=$(changes)
	while read -r codes words; do
		refuses "${words%% *}" "${words#* }" -- provision alice
		[ ! -e alice.pub ]
	done <<-'END'
		123456\n87654321\n 4 that is the one from the factory
		654321\n12345678\n 4 that is the one from the factory
		654321\n654321\n 1 PIN and PUK are the same
		65432\n87654321\n 4 a PIV PIN or PUK has 6 to 8 characters
		654321098\n87654321\n 4 a PIV PIN or PUK has 6 to 8 characters
		654321\n87654\n 4 a PIV PIN or PUK has 6 to 8 characters
		654321\n 1 no PIN was given
	END
	[ "$(changes)" -eq "$n" ]
	# no PIN was tried either
	[ "$(grep -c ' 20 00 80 08 ' "$card_work/card-alice/log")" -eq 0 ]
	[ "$(state pin)" = 313233343536ffff030301 ]
}

@test "public tools read what was made, and openssl verifies it" {
	one_card
	provision alice
	tool() { yubico-piv-tool -r "$(card_reader alice)" "$@" 2>/dev/null; }
	tool -a status | grep -c 'Subject DN:.CN=QuorumOS' | grep -qx 2
	tool -a read-certificate -s f9 >f9.pem
	for slot in 9d 9c; do
		tool -a read-certificate -s $slot >$slot.pem
		openssl verify -CAfile $slot.pem $slot.pem
		tool -a attest -s $slot >att.pem
		openssl verify -CAfile "$root" -untrusted f9.pem att.pem
		cmp <(openssl x509 -in att.pem -noout -pubkey) \
			<(openssl x509 -in $slot.pem -noout -pubkey)
		openssl x509 -in $slot.pem -noout -pubkey |
			openssl pkey -pubin -outform DER | tail -c 65 |
			xxd -p -c 65
	done | grep -v OK | tr -d '\n' | cmp - alice.pub
	openssl x509 -in 9c.pem -noout -text >text
	grep -q 'Signature Algorithm: ecdsa-with-SHA256' text
	grep -q 'Version: 3' text
	no grep -q 'X509v3 extensions' text
}
