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
	card_start alice --serial 11 "$@"
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

@test "a new key's words are those of its codes; what cannot cross is told" {
	one_card
	provision rehearsal-alice 2>said
	quorate send --png frames rehearsal-alice.pub \
		rehearsal-alice.attestation 2>made
	tail -n 3 said | diff - <(tail -n 3 made)
	tail -n 3 said | grep -qE '^ +1 [A-Z]{4} +2 [A-Z]{4} +3 [A-Z]{4}'
	# a rehearsal's key under a name that does not say so
	provision alice 2>said
	grep -qF 'As codes they cannot cross with these names' said
}

@test "a PIN or PUK too simple for the token: said, and run again" {
	local n sw
	one_card
	provision alice 2>/dev/null
	# the PUK's CHANGE, then the PIN's
	for sw in 6985 6A80; do
		n=$(awk '$1 != "#" && ++n && $3 == "24" { print n; exit }' \
			"$card_work/card-alice/log")
		[ "$sw" = 6985 ] || n=$((n + 1))
		rm -f alice.pub alice.attestation
		card_order alice factory
		card_order alice fail "$n" "$sw"
		refuses 4 "takes no P$([ "$sw" = 6985 ] && echo UK || echo IN)" \
			"that is so simple; run the same command again" -- \
			provision alice
		card_order alice clear
	done
	provision alice 2>/dev/null
	ready_and_locked
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

# interrupted FAULT [STEP]: a run is cut short at each command in turn (fail:
# it is not done; blind: it is done, and the answer is lost), then run again
interrupted() {
	local n i first again
	provision alice >/dev/null 2>&1
	n=$(grep -vc '^#' "$card_work/card-alice/log")
	[ "$n" -gt 80 ]
	cut=0
	for ((i = 1; i <= n; i += ${2:-1})); do
		rm -f alice.*
		card_order alice factory
		card_order alice "$1" "$i" 6F00
		card_order alice touches 999
		first=0
		provision alice >out 2>err || first=$?
		[ "$first" -eq 0 ] || cut=$((cut + 1))
		[ "$first" -eq 0 ] || [ "$first" -eq 4 ] || {
			echo "command $i: exit $first: $(cat err)"
			return 1
		}
		again=0
		card_order alice clear
		provision alice >out 2>err || again=$?
		if [ "$again" -ne 0 ] || ! ready_and_locked; then
			echo "command $i: exit $first, again $again"
			cat err out "$card_work/card-alice/state"
			return 1
		fi
	done
	# most of them end the run, the others are asked again
	[ "$cut" -gt $((n / ${2:-1} / 2)) ]
}

@test "interrupted before any command, then run again: ready (5.4)" {
	one_card --firmware 5.4.3
	interrupted fail
}

@test "interrupted behind any command, then run again: ready (4.3)" {
	one_card --firmware 4.3.5
	interrupted blind
}

@test "interrupted behind every third, the key thrown away: ready (5.7)" {
	how=discard
	one_card --firmware 5.7.1
	interrupted blind 3
}

@test "taken out at a command, put in again, run again: ready" {
	one_card
	local i
	for i in 40 58 66 80 97; do
		rm -f alice.*
		card_order alice factory
		card_order alice lose "$i"
		refuses 4 "token 11" -- provision alice
		card_until card_absent alice
		card_insert alice
		card_order alice touches 999
		provision alice
		ready_and_locked
	done
}

@test "keys in use are not replaced; with --replace the serial is typed" {
	pcscd_start alice
	new_card alice --serial 11
	card_order alice touches 999
	local n
	n=$(changes)
	cp "$card_work/card-alice/state" before
	quorate token public -o before.pub
	# made by other tools, with the same policies: they stay, and are locked
	provision alice >/dev/null
	same alice.pub before.pub
	cmp <(state key-9c) <(sed -n 's/^key-9c //p' before)
	# one that was put in, and one that has another certificate
	openssl ecparam -name prime256v1 -genkey -noout -out in.key
	card_order alice factory
	piv alice -a import-key -s 9c -i in.key
	n=$(changes)
	harmless 1 "slot 9C of this token is in use already" -- provision bob
	for serial in '' no 12; do
		refuses 1 "that is not 11: nothing was done" -- provision bob \
			--replace <<<"$serial"
	done
	[ "$(changes)" -eq "$n" ]
	provision bob --replace <<<11 2>err
	grep -q DESTROYED err
	ready_and_locked
	[ "$(cat bob.pub)" = "$(quorate token public)" ]
}

@test "at a terminal: asked twice, mistakes asked again, nothing echoed" {
	command -v expect >/dev/null || skip "packages are missing: expect"
	one_card
	expect -f - "$root" <<-'END' >screen
		set timeout 60
		spawn quorate token provision alice --mode rehearsal \
			--token-root [lindex $argv 0] --management-key protected
		expect "New PIN for token 11"
		send "12345\r"
		expect "6 to 8 characters"
		expect "New PIN for token 11"
		send "123456\r"
		expect "from the factory"
		expect "New PIN for token 11"
		send "654321\r"
		expect "again: "
		send "654322\r"
		expect "not the same"
		expect "New PIN for token 11"
		send "654321\r"
		expect "again: "
		send "654321\r"
		expect "New PUK for token 11"
		send "87654321\r"
		expect "again: "
		send "87654321\r"
		expect "Touch your YubiKey (serial 11"
		expect "ready and locked"
		expect timeout { exit 99 } eof {}
		exit [lindex [wait] 3]
	END
	ready_and_locked
	no grep -qE '654321|87654321' screen
}

@test "a key that replaces another is never under the old certificate" {
	one_card
	provision alice >/dev/null
	local i n
	n=$(grep -vc '^#' "$card_work/card-alice/log")
	provision bob --replace <<<11 >/dev/null
	n=$(($(grep -vc '^#' "$card_work/card-alice/log") - n))
	for ((i = 20; i < n; i += 5)); do
		card_order alice blind "$i" 6F00
		provision carol --replace <<<11 >/dev/null 2>&1 || true
		card_order alice clear
		no grep -q 'not that of the key' <(quorate token status)
		rm -f carol.*
	done
	provision carol --replace <<<11 >/dev/null
	ready_and_locked
}

@test "a file that is the key of something else is not replaced" {
	one_card
	keys alice
	harmless 1 "alice.pub is there" -- provision alice
	provision alice --force
	[ "$(cat alice.pub)" = "$(quorate token public)" ]
}

@test "a seed is put in, opens and signs; it is not attested" {
	one_card --firmware "${1:-5.4.3}"
	keys spare
	echo a share >plain
	quorate key encrypt --to spare.pub plain -o sealed
	import() {
		with_pin "$codes" quorate token import spare.secret "$@" \
			--management-key protected
	}
	import spare 2>err
	grep -q 'no attestation can tell' err
	[ "$(quorate token public)" = "$(cat spare.pub)" ]
	[[ $(state key-9c) == 020302* && $(state key-9d) == 020302* ]]
	[ "$(state pin)" = 363534333231ffff050500 ]
	with_pin '654321\n' quorate key decrypt --token sealed | cmp - plain
	# it is made ready once, and not by other keys
	import 2>err
	grep -c 'it stays as it is' err | grep -qx 2
	keys other
	harmless 1 "in use already" -- with_pin "$codes" quorate token import \
		other.secret --management-key protected
	harmless 4 "was not made in it" -- quorate token attest -o a.attestation \
		--mode rehearsal --token-root "$root"
}

@test "a seed on firmware 4.3, cut short behind any command" {
	one_card --firmware 4.3.5
	keys spare
	import() {
		with_pin "$codes" quorate token import spare.secret \
			--management-key discard
	}
	import
	local i n
	n=$(grep -vc '^#' "$card_work/card-alice/log")
	for ((i = 30; i <= n; i += 3)); do
		card_order alice factory
		card_order alice touches 999
		card_order alice blind "$i" 6F00
		import >/dev/null 2>&1 || true
		card_order alice clear
		import 2>err || { cat err; return 1; }
		[ "$(quorate token public)" = "$(cat spare.pub)" ]
		[ "$(state pin)" = 363534333231ffff050500 ]
		[ "$(state mgm-key)" != "$factory_key" ]
	done
}

@test "a token that others made ready is attested, or what fails is said" {
	pcscd_start alice
	new_card alice --serial 11
	attest() {
		quorate token attest -o a.attestation --mode rehearsal \
			--token-root "$root"
	}
	attest >shown
	grep -q '^serial *11$' shown
	quorate token public -o a.pub
	quorate token verify a.attestation --pub a.pub --root "$root" |
		cmp <(grep -v '^at ' shown) <(grep -v '^at ')
	harmless 1 "a.attestation" -- attest
	rm a.attestation
	harmless 1 "(path)" -- quorate token attest -o b.attestation
	grep -q '^path *NO ' "$work/out"
	piv alice -a generate -s 9c -A ECCP256 --pin-policy=once \
		--touch-policy=always -o 9c.pem
	certify 9c.pem 9c.crt
	piv alice -a import-certificate -s 9c -i 9c.crt
	harmless 1 "(pin-always)" -- attest
	grep -q '^pin-always *NO ' "$work/out"
}

# below NAME ISSUER OUT: a CA that ISSUER.key signs
below() {
	openssl req -new -newkey rsa:2048 -noenc -keyout "$3.key" \
		-subj "/CN=$1" -out "$3.csr" 2>/dev/null
	printf 'basicConstraints=critical,CA:TRUE\n' >ca.ext
	openssl x509 -req -in "$3.csr" -CA "$2.pem" -CAkey "$2.key" \
		-extfile ca.ext -days 30 -out "$3.pem" 2>/dev/null
}

@test "intermediates: those on the way are taken from the file, others left" {
	one_card
	openssl req -x509 -newkey rsa:2048 -noenc -keyout top.key -days 30 \
		-subj "/CN=SIMULATED top" -out top.pem \
		-addext basicConstraints=critical,CA:TRUE 2>/dev/null
	below "SIMULATED upper" top upper
	below "SIMULATED lower" upper lower
	below "SIMULATED other" top other
	# the card's own certificate, issued anew below `lower`
	yubico-piv-tool -r "$(card_reader alice)" -a read-certificate -s f9 \
		-o f9.was 2>/dev/null
	openssl x509 -in f9.was -pubkey -noout -out f9.pub
	openssl req -new -newkey rsa:2048 -noenc -keyout any.key \
		-subj "/CN=SIMULATED Yubico PIV Attestation" \
		-out f9.csr 2>/dev/null
	printf 'basicConstraints=critical,CA:TRUE,pathlen:0\n' >ca.ext
	openssl x509 -req -in f9.csr -force_pubkey f9.pub -CA lower.pem \
		-CAkey lower.key -extfile ca.ext -days 30 -out f9.pem \
		2>/dev/null
	piv alice -a import-certificate -s f9 -i f9.pem
	root=top.pem
	# keys are made; the proof is refused until the path is whole
	refuses 1 "(path)" -- provision alice
	[ ! -e alice.attestation ]
	cat other.pem upper.pem lower.pem >all.pem
	refuses 1 "(path)" -- provision alice --intermediate lower.pem
	provision alice --intermediate all.pem
	ready_and_locked
	quorate token verify alice.attestation --root top.pem --pub alice.pub
	for c in upper lower other; do
		openssl x509 -in $c.pem -outform DER | xxd -p -c 100000 >$c.hex
	done
	xxd -p -c 100000 alice.attestation >bundle.hex
	grep -qf upper.hex bundle.hex
	grep -qf lower.hex bundle.hex
	no grep -qf other.hex bundle.hex
}

@test "pkcs11-tool signs with it through ykcs11, and our key verifies" {
	local module=/usr/lib/x86_64-linux-gnu/libykcs11.so
	[ -e "$module" ] || skip "packages are missing: ykcs11"
	one_card
	provision alice
	echo words >data
	openssl dgst -sha256 -binary data >digest
	# 9C is the key of id 2, and wants its PIN again
	printf '654321\n' >pins
	timeout 120 pkcs11-tool --module "$module" --login --pin 654321 --sign \
		--id 02 -m ECDSA -i digest -o data.sig 3>&- <pins
	quorate key verify --pub alice.pub --signature \
		"$(xxd -p -c 64 data.sig)" data
}

@test "our key signs with it, and pkcs11-tool through ykcs11 and openssl verify" {
	local module=/usr/lib/x86_64-linux-gnu/libykcs11.so hex
	[ -e "$module" ] || skip "packages are missing: ykcs11"
	alice
	card_order alice touches 1
	keys bob
	manifest_for alice.pub bob.pub
	yes yes | with_pin '123456\n' quorate manifest approve m --token \
		--alias alice "${sources[@]}" >/dev/null 2>&1
	hex=$(jq -r .signature alice-team-app-7.approval)
	xxd -r -p <<<"$hex" >signature
	quorate manifest hash m | xxd -r -p >m.sha256
	openssl dgst -sha256 -binary m.sha256 >digest
	verifies() {
		timeout 120 pkcs11-tool --module "$module" --verify --id 02 \
			-m ECDSA -i "$1" --signature-file signature 3>&- \
			2>&1 | grep -q 'Signature is valid'
	}
	verifies digest
	openssl dgst -sha256 -binary digest >other
	no verifies other
	printf 'asn1=SEQUENCE:rs\n[rs]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' \
		"${hex:0:64}" "${hex:64}" >rs
	openssl asn1parse -genconf rs -noout -out signature.der
	openssl dgst -sha256 -verify alice-9c.pem -signature signature.der \
		m.sha256
}
