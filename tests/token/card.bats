#!/usr/bin/env bats
# The SIMULATED card (tests/card) is a PIV card to those who know one: public
# tools reach it through a real pcscd.  What the product does with it is
# tested elsewhere.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154

load ../e2e/lib
load ../card/lib
bats_require_minimum_version 1.5.0

setup() {
	begin
	export card_top=$top card_work=$work
	missing=$(card_missing)
	[ -z "$missing" ] || skip "no cards here: $missing"
}

teardown() {
	pcscd_stop
	end
}

# the public tool on the card of NAME
piv() {
	local name=$1
	shift
	timeout 120 yubico-piv-tool -r "$(card_reader "$name")" "$@"
}

# commands to the PIV application, as they are
apdus() {
	local name=$1 a list=()
	shift
	for a in 00A4040005A000000308 "$@"; do
		list+=(-s "$a")
	done
	opensc-tool -r "$(card_reader "$name") 00 00" "${list[@]}"
}

# a new key in SLOT, its public key in SLOT.pub
key() {
	piv "$1" -a generate -s "$2" -A ECCP256 --pin-policy="$3" \
		--touch-policy="$4" -o "$2.pub" 2>/dev/null
}

# a certificate over SLOT.pub, into the slot
certify() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout any.key -subj /CN=any -out any.csr 2>/dev/null
	openssl x509 -req -in any.csr -signkey any.key -force_pubkey "$2.pub" \
		-out "$2.crt" 2>/dev/null
	piv "$1" -a import-certificate -s "$2" -i "$2.crt"
}

sign() {
	echo words >data
	piv "$1" -a verify-pin -P 123456 --sign -s "$2" -A ECCP256 -H SHA256 \
		-i data -o data.sig
}

signature_good() {
	openssl dgst -sha256 -verify "$1.pub" -signature data.sig data
}

@test "yubico-piv-tool reads status, version and serial of two cards at once" {
	pcscd_start alice bob
	card_start alice --serial 4711
	card_start bob --serial 4712 --firmware 5.7.1
	piv alice -a status | grep -qxP 'Serial Number:\t4711'
	piv bob -a status | grep -qxP 'Serial Number:\t4712'
	piv alice -a status | grep -qxP 'Version:\t5.4.3'
	piv bob -a status | grep -qxP 'PIN tries left:\t3'
}

@test "firmware 4.3 has no metadata, and a serial in another application" {
	pcscd_start alice
	card_start alice --serial 4711 --firmware 4.3.5
	piv alice -a status | grep -qxP 'Serial Number:\t4711'
	grep -q ' 00 01 10 00 00 9000$' "$work/card-alice/log"
	run -0 apdus alice 00F7008000
	[[ $output == *SW1=0x6D* ]]
}

@test "a key made in the card signs, and openssl verifies" {
	pcscd_start alice
	card_start alice
	key alice 9c always never
	sign alice 9c
	signature_good 9c
	# the control: other data
	echo other >data
	run ! signature_good 9c
}

@test "no private key is used before its PIN" {
	pcscd_start alice
	card_start alice
	key alice 9c always never
	use="0087119C267C2482008120$(printf '%064d' 1)"
	run -0 apdus alice "$use"
	[[ $output == *SW1=0x69,\ SW2=0x82* ]]
	# the control: right after the PIN it is used, and once only
	run -0 apdus alice 0020008008313233343536FFFF "$use" "$use"
	[[ $output == *SW1=0x61* || $output == *"7C 4"* ]]
	[[ $output == *SW1=0x69,\ SW2=0x82* ]]
}

@test "certificates are read back, and the card deciphers" {
	pcscd_start alice
	card_start alice
	key alice 9d once never
	certify alice 9d
	piv alice -a read-certificate -s 9d >back.crt
	cmp <(openssl x509 -in back.crt -outform der) \
		<(openssl x509 -in 9d.crt -outform der)
	run -0 piv alice -a verify-pin -P 123456 -a test-decipher -s 9d \
		-i 9d.crt
	[[ $output == *"Successfully performed ECDH exchange"* ]]
}

@test "wrong PINs lock it, the PUK opens it, and power does not" {
	pcscd_start alice
	card_start alice
	for left in 2 1; do
		run ! piv alice -a verify-pin -P 999999
		[[ $output == *"$left tries left"* ]]
	done
	run ! piv alice -a verify-pin -P 999999
	tail -n 1 "$work/card-alice/log" | grep -q ' 63C0$'
	run ! piv alice -a verify-pin -P 123456
	tail -n 1 "$work/card-alice/log" | grep -q ' 6983$'
	card_stop alice
	card_start alice
	run ! piv alice -a verify-pin -P 123456
	piv alice -a unblock-pin -P 12345678 -N 654321
	piv alice -a verify-pin -P 654321
}

@test "keys outlive the process, the verified PIN does not" {
	pcscd_start alice
	card_start alice
	key alice 9c always never
	card_stop alice
	card_start alice
	sign alice 9c
	signature_good 9c
	piv alice -a status | grep -qxP 'PIN tries left:\t3'
	# asked without one, the card counts tries: not verified
	run -0 apdus alice 0020008000
	[[ $output == *SW1=0x63,\ SW2=0xC3* ]]
}

@test "its attestation verifies to the test root, and names the slot" {
	pcscd_start alice
	card_start alice --serial 4711
	key alice 9c always always
	piv alice -a attest -s 9c >att.pem
	piv alice -a read-certificate -s f9 >device.pem
	openssl verify -CAfile "$work/root/root.pem" -untrusted device.pem \
		att.pem
	openssl x509 -in att.pem -noout -subject | grep -q ' 9c$'
	openssl x509 -in att.pem -noout -issuer | grep -q SIMULATED
	cmp 9c.pub <(openssl x509 -in att.pem -noout -pubkey)
	openssl x509 -in att.pem -outform der | openssl asn1parse \
		-inform der >facts
	grep -A1 'OBJECT.*41482.3.3$' facts | grep -q 'DUMP\]:050403'
	grep -A1 'OBJECT.*41482.3.7$' facts | grep -q 'DUMP\]:02021267'
	grep -A1 'OBJECT.*41482.3.8$' facts | grep -q 'DUMP\]:0302'
}

@test "an imported key is not attested" {
	pcscd_start alice
	card_start alice
	openssl ecparam -name prime256v1 -genkey -noout -out in.key
	piv alice -a import-key -s 9c -i in.key
	run ! piv alice -a attest -s 9c
	openssl pkey -in in.key -pubout -out 9c.pub
	sign alice 9c
	signature_good 9c
}

@test "a touch in time signs; without one the card gives up" {
	pcscd_start alice
	card_start alice
	key alice 9c always always
	sign alice 9c 3>&- &
	card_touch alice
	wait $!
	echo words >data
	signature_good 9c
	card_stop alice
	card_start alice --touch-seconds 1
	run ! sign alice 9c
	tail -n 20 "$work/card-alice/log" | grep -qx '# not touched'
	tail -n 20 "$work/card-alice/log" | grep -q ' 00 87 11 9C .. 6982$'
}

@test "pkcs11-tool signs through ykcs11, and openssl verifies" {
	local module=/usr/lib/x86_64-linux-gnu/libykcs11.so
	[ -e "$module" ] || skip "packages are missing: ykcs11"
	pcscd_start alice
	card_start alice
	key alice 9a once never
	certify alice 9a
	echo words >data
	openssl dgst -sha256 -binary data >digest
	timeout 120 pkcs11-tool --module "$module" --login --pin 123456 --sign \
		--id 01 -m ECDSA --signature-format openssl -i digest -o data.sig
	signature_good 9a
}

@test "a fault comes where it was asked for" {
	pcscd_start alice
	card_start alice
	key alice 9c always never
	card_order alice fail 1 6F00
	run ! piv alice -a status
	grep -q ' 6F00$' "$work/card-alice/log"
	card_order alice drop 6
	run ! sign alice 9c
	card_until card_absent alice
	card_insert alice
	sign alice 9c
	signature_good 9c
}

@test "no PIN is in the log of a card" {
	pcscd_start alice
	card_start alice
	piv alice -a verify-pin -P 123456
	# the control: the command is there
	[ "$(card_count alice 20)" -ge 2 ]
	run ! grep -qiE '31 ?32 ?33 ?34|123456' "$work/card-alice/log"
}
