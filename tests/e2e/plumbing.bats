#!/usr/bin/env bats
# The plumbing commands key, shamir and json, as third parties call them:
# the real program, QOS's own files, known vectors, every error.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# a file is compared with what was made of it:
# shellcheck disable=SC2094

load lib

zero=$(printf '%064d' 0)
message=qos-test-message

setup() { begin; }
teardown() { end; }

vectors() { cat "$top/tests/data/$1.json"; }

# seed, public key and others of the vector "key set from seed 00..00"
vector() {
	vectors p256 | jq -j --arg f "$1" '.vectors[] |
		select(.name == "key set from seed 00..00") | .[$f]'
}

# a key a.secret, a.pub
make_key() {
	quorate key generate -o "$1.secret" --pub "$1.pub"
}

# silent COMMAND...: it says nothing, but of a disk where there is no memory
silent() {
	"$@" >"$work/out" 2>"$work/err" && [ ! -s "$work/out" ] &&
		! grep -v 'in the clear on a disk' "$work/err"
}

# --- key generate

@test "key generate writes a seed of mode 0600 and its public key" {
	silent quorate key generate -o a.secret --pub a.pub
	[ "$(ls -A)" = $'a.pub\na.secret' ]
	[ "$(mode a.secret) $(mode a.pub)" = "600 644" ]
	[[ $(wc -c <a.secret) -eq 64 && $(<a.secret) =~ ^[0-9a-f]{64}$ ]]
	[[ $(wc -c <a.pub) -eq 260 && $(<a.pub) =~ ^[0-9a-f]{260}$ ]]
	quorate key public a.secret | tr -d '\n' | cmp - a.pub
}

@test "key generate never makes the same seed twice" {
	make_key a
	make_key b
	run same a.secret b.secret
	[ "$status" -eq 1 ]
}

@test "key generate replaces neither file and leaves nothing behind" {
	echo mine >a.secret
	fails 1 "a.secret is there already" -- make_key a
	mv a.secret a.pub
	fails 1 "a.pub is there already" -- make_key a
	fails 2 "unknown option --force" -- \
		quorate key generate -o b.secret --pub b.pub --force
	fails 5 "cannot open folder none" -- \
		quorate key generate -o b.secret --pub none/b.pub
	fails 5 "cannot open folder none" -- \
		quorate key generate -o none/b.secret --pub b.pub
}

@test "key generate wants two files" {
	fails 2 "an option is missing: -o" -- quorate key generate --pub a.pub
	fails 2 "an option is missing: --pub" -- quorate key generate -o a
	fails 2 "must name two files" -- quorate key generate -o a --pub a
	fails 2 "must name two files" -- quorate key generate -o - --pub a
	fails 2 "must name two files" -- quorate key generate -o a --pub -
	fails 2 "one argument too many" -- \
		quorate key generate -o a --pub b x
}

@test "a key made under any umask has the same modes" {
	for u in 000 022 077 0777; do
		(umask "$u" && make_key "k$u" &&
			quorate shamir split -k 2 -n 2 -o "d$u" "k$u.secret" &&
			quorate key encrypt --to "k$u.pub" "k$u.pub" -o "e$u" &&
			quorate key decrypt --key "k$u.secret" "e$u" -o "p$u")
		[ "$(mode "k$u.secret") $(mode "k$u.pub")" = "600 644" ]
		[ "$(mode "d$u") $(mode "d$u/1.share")" = "700 600" ]
		[ "$(mode "e$u") $(mode "p$u")" = "644 600" ]
	done
}

# --- key public

@test "QOS's files: each seed gives its recorded public key" {
	need_fixtures
	[ "$(wc -c <"$personal/user1-dir/user1.secret")" -eq 65 ]
	for u in 1 2 3; do
		d=$personal/user$u-dir
		quorate key public "$d/user$u.secret" >out
		[ "$(cat out)" = "$(cat "$d/user$u.pub")" ]
		quorate key public --key "$d/user$u.secret" | cmp - out
	done
	[ "$(quorate key public "$mock/mock_p256_dr.secret.keep")" = \
		"$(cat "$mock/mock_p256_dr.pub")" ]
	quorate key public "$mock/ephemeral_seed.secret.keep"
}

@test "key public prints a line, and a file without one" {
	printf %s "$zero" >zero.secret
	quorate key public zero.secret >line
	printf '%s\n' "$(vector public_key)" | cmp - line
	quorate key public zero.secret -o zero.pub
	text zero.pub "$(vector public_key)"
	[ "$(mode zero.pub)" = 644 ]
	quorate key public - <zero.secret | cmp - line
}

@test "a seed file may have white space, 0x and upper case" {
	seed=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
	printf %s "$seed" >a
	printf ' \t0x%s \r\n\n' "${seed^^}" >b
	[ "$(quorate key public a)" = "$(quorate key public b)" ]
}

@test "what is not a seed file is refused and never shown" {
	printf %s "${zero:1}" >short
	printf %s0 "$zero" >odd
	printf %s00 "$zero" >long
	printf 'deadbeef%sg' "${zero:9}" >digit
	: >empty
	head -c 5000 /dev/zero >huge
	for f in short odd long digit empty; do
		fails 3 "$f: not a master seed: 64 hex digits" -- \
			quorate key public "$f"
		fails 3 "$f: not a master seed" -- \
			quorate key sign --key "$f" empty
		fails 3 "$f: not a master seed" -- \
			quorate key decrypt --key "$f" empty -o out
	done
	fails 3 "huge is larger than" -- quorate key public huge
	fails 3 "cannot open none" -- quorate key public none
	fails 3 "is a folder" -- quorate key public .
	fails 3 "standard input: not a master seed" -- \
		quorate key public - </dev/null
	fails 2 "name one master seed file" -- quorate key public
	fails 2 "name one master seed file" -- quorate key public a --key b
	fails 2 "one argument too many: b" -- quorate key public a b
}

# --- key encrypt, key decrypt

@test "a sealed message opens with its key, through files and through pipes" {
	make_key a
	head -c 1000 /dev/urandom >in
	quorate key encrypt --to a.pub in -o sealed
	[ "$(wc -c <sealed)" -eq 1097 ]
	quorate key decrypt --key a.secret sealed -o out
	same in out
	[ "$(mode sealed) $(mode out)" = "644 600" ]
	quorate key encrypt --to a.pub <in |
		quorate key decrypt --key a.secret | cmp - in
	quorate key encrypt -o - --to a.pub - <in |
		quorate key decrypt -o - --key a.secret - | cmp - in
	quorate key decrypt --key - sealed <a.secret | cmp - in
}

@test "messages of 0 bytes and of 1 MiB are sealed, longer ones refused" {
	make_key a
	: >in
	quorate key encrypt --to a.pub in -o sealed
	[ "$(wc -c <sealed)" -eq 97 ]
	quorate key decrypt --key a.secret sealed -o out
	same in out
	head -c 1048576 /dev/urandom >in
	quorate key encrypt --to a.pub in |
		quorate key decrypt --key a.secret | cmp - in
	echo >>in
	fails 3 "in is larger than" -- quorate key encrypt --to a.pub in -o b
}

@test "QOS's files: the disaster recovery key opens the quorum seed" {
	need_fixtures
	quorate key decrypt --key "$mock/mock_p256_dr.secret.keep" \
		"$mock/boot-e2e/genesis-dir/dr_wrapped_quorum_key" -o seed
	[ "$(xxd -p -c 32 seed)" = \
79922ba19779d7a54380ac1c7d3e1f28a0290207d187b7ed49762e431e4e85fc ]
	xxd -p -c 32 seed >quorum.secret
	quorate key public quorum.secret -o quorum.pub
	same quorum.pub \
		"$mock/namespaces/quit-coding-to-vape/quorum_key.pub"
}

@test "QOS's files: any two operators' shares give the quorum seed" {
	need_fixtures
	for u in 1 2 3; do
		d=$personal/user$u-dir
		quorate key decrypt --key "$d/user$u.secret" \
			"$d/user$u.share" -o "$u.share"
	done
	quorate key decrypt --key "$mock/mock_p256_dr.secret.keep" \
		"$mock/boot-e2e/genesis-dir/dr_wrapped_quorum_key" -o seed
	for order in "1 2" "2 1" "1 3" "3 1" "2 3" "3 2" "1 2 3" "1 3 2" \
		"2 1 3" "2 3 1" "3 1 2" "3 2 1"; do
		# the order is a list of words
		# shellcheck disable=SC2046,SC2086
		quorate shamir join $(printf '%s.share ' $order) | cmp - seed
	done
}

@test "a message for another key, or damaged anywhere, does not open" {
	make_key a
	make_key b
	printf secret >in
	quorate key encrypt --to a.pub in -o sealed
	fails 1 "sealed: sealed message does not open: sealed to another key" -- \
		quorate key decrypt --key b.secret sealed -o out
	for at in 0 40 77 81 90 102; do
		cp sealed bad
		old=$(xxd -p -s "$at" -l 1 sealed)
		printf '%02x' $((0x$old ^ 1)) | xxd -r -p |
			dd of=bad bs=1 seek="$at" conv=notrunc status=none
		run quorate key decrypt --key a.secret bad -o out
		[[ $status -eq 1 || $status -eq 3 ]]
		[ ! -e out ]
	done
	head -c 102 sealed >short
	fails 3 "short: sealed message: announces" -- \
		quorate key decrypt --key a.secret short -o out
	fails 3 "sealed message: announces" -- \
		quorate key decrypt --key a.secret <(cat sealed; echo) -o out
	fails 3 "sealed message: 0 bytes" -- \
		quorate key decrypt --key a.secret </dev/null
}

@test "what is not a public key file is refused" {
	make_key a
	printf %s "$(head -c 258 a.pub)" >short
	printf '%s00' "$(cat a.pub)" >long
	sed 's/^04/02/' a.pub >point
	echo hello >text
	fails 3 "short: public key: 129 bytes where 130" -- \
		quorate key encrypt --to short a.pub -o out
	fails 3 "long: public key: 131 bytes where 130" -- \
		quorate key encrypt --to long a.pub -o out
	fails 3 "point: public key: the encryption half is not a point" -- \
		quorate key encrypt --to point a.pub -o out
	fails 3 "text: public key: hex text" -- \
		quorate key encrypt --to text a.pub -o out
	fails 3 "cannot open none" -- \
		quorate key encrypt --to none a.pub -o out
	fails 3 "cannot open none" -- \
		quorate key encrypt --to a.pub none -o out
	fails 2 "an option is missing: --to" -- quorate key encrypt a.pub
	fails 2 "standard input can be only one" -- \
		quorate key encrypt --to - <a.pub
	fails 2 "an option is missing: --key" -- quorate key decrypt a.pub
	fails 2 "standard input can be only one" -- \
		quorate key decrypt --key - <a.secret
}

@test "an output is replaced with --force only, and a failure leaves it" {
	make_key a
	printf secret >in
	quorate key encrypt --to a.pub in -o sealed
	printf old >out
	chmod 644 out
	fails 1 "out is there already and was not touched" -- \
		quorate key decrypt --key a.secret sealed -o out
	fails 1 "sealed is there already" -- \
		quorate key encrypt --to a.pub in -o sealed
	fails 1 "out is there already" -- quorate key public a.secret -o out
	fails 1 "out is there already" -- \
		quorate key sign --key a.secret in -o out
	fails 3 "sealed message" -- \
		quorate key decrypt --key a.secret in -o out --force
	quorate key decrypt --key a.secret sealed -o out --force
	text out secret
	[ "$(mode out)" = 600 ]
	fails 5 "cannot open folder none" -- \
		quorate key decrypt --key a.secret sealed -o none/out
}

@test "neither a sealed message nor a secret goes to a terminal" {
	make_key a
	printf 'in the clear' >in
	quorate key encrypt --to a.pub in -o sealed
	quorate shamir split -k 2 -n 2 -o d in
	for words in "key encrypt --to a.pub in" \
		"key decrypt --key a.secret sealed" \
		"shamir join d/1.share d/2.share"; do
		# the command is a list of words
		# shellcheck disable=SC2086
		run on_terminal quorate $words
		[ "$status" -eq 2 ]
		[[ $output == *"standard output is a terminal; use -o FILE"* ]]
		[[ $output != *"in the clear"* ]]
	done
	# what is public does
	run on_terminal quorate key public a.secret
	[ "$status" -eq 0 ]
	[ "${output//$'\r'/}" = "$(cat a.pub)" ]
}

# plaintexts_in DIR: all that write a secret in the clear write it there;
# what they say is in the file warnings
plaintexts_in() {
	{
		quorate key generate -o "$1/a.secret" --pub "$1/a.pub"
		quorate key encrypt --to "$1/a.pub" "$1/a.pub" -o "$1/sealed"
		quorate key decrypt --key "$1/a.secret" "$1/sealed" -o "$1/b"
		quorate shamir split -k 2 -n 3 -o "$1/d" "$1/a.secret"
		quorate shamir join "$1"/d/*.share -o "$1/c"
		quorate shamir join "$1"/d/*.share >"$1/stdout"
		quorate shamir join "$1"/d/*.share | cmp - "$1/c"
	} 2>warnings
}

@test "a secret in the clear on a disk is warned about, in memory not" {
	disk=$(mktemp -d "$top/build/e2e.XXXXXX")
	mkdir here
	for place in here "$disk"; do
		plaintexts_in "$place"
		case $(stat -f -c %T "$place") in
		tmpfs | ramfs)
			[ ! -s warnings ]
			continue
			;;
		esac
		[ "$(wc -l <warnings)" -eq 5 ]
		[ "$(grep -c 'in the clear on a disk' warnings)" -eq 5 ]
		for f in a.secret b d c; do
			grep -q "warning: $place/$f holds" warnings
		done
		grep -q "warning: standard output holds" warnings
	done
	rm -r "$disk"
}

# --- key sign, key verify

@test "key sign gives the recorded signatures, as QOS's p256-sign" {
	printf %s "$zero" >zero.secret
	printf %s "$message" >in
	vector signature >want
	quorate key sign --key zero.secret in >out
	printf '%s\n' "$(cat want)" | cmp - out
	quorate key sign --key zero.secret <in | cmp - out
	quorate key sign --key zero.secret in -o sig
	same sig want
	[ "$(mode sig)" = 644 ]
	[ "$(quorate key sign --key zero.secret </dev/null)" = \
		"$(vector empty_message_signature)" ]
}

@test "key verify says valid with 0, and ends with 1 for anything else" {
	vector public_key >zero.pub
	printf %s "$message" >in
	sig=$(vector signature)
	run quorate key verify --pub zero.pub --signature "$sig" in
	[ "$status" -eq 0 ]
	[ "$output" = "signature: valid" ]
	quorate key verify --pub zero.pub --signature "0x${sig^^}" <in
	fails 1 "signature: not valid" -- \
		quorate key verify --pub zero.pub --signature "$sig" zero.pub
	fails 1 "signature: not valid" -- quorate key verify --pub zero.pub \
		--signature "${sig:0:127}0" in
	fails 1 "signature: not valid" -- quorate key verify --pub zero.pub \
		--signature "$zero$zero" in
	make_key a
	fails 1 "signature: not valid" -- \
		quorate key verify --pub a.pub --signature "$sig" in
}

@test "key verify refuses what has not the form of a signature" {
	vector public_key >zero.pub
	sig=$(vector signature)
	fails 3 "signature: hex text: 63 bytes" -- quorate key verify \
		--pub zero.pub --signature "${sig:2}" zero.pub
	fails 3 "signature: hex text" -- quorate key verify \
		--pub zero.pub --signature "${sig}00" zero.pub
	fails 3 "signature: hex text" -- quorate key verify \
		--pub zero.pub --signature "g${sig:1}" zero.pub
	fails 3 "signature: hex text: 0 bytes" -- quorate key verify \
		--pub zero.pub --signature "" zero.pub
	fails 2 "an option is missing: --signature" -- \
		quorate key verify --pub zero.pub zero.pub
	fails 2 "an option is missing: --pub" -- \
		quorate key verify --signature "$sig" zero.pub
	fails 3 "cannot open none" -- \
		quorate key verify --pub zero.pub --signature "$sig" none
}

@test "key sign refuses what could be a manifest hash" {
	make_key a
	for n in 31 32 33; do
		head -c "$n" /dev/urandom >"in$n"
	done
	fails 1 "it could be a manifest hash" -- \
		quorate key sign --key a.secret in32
	fails 1 "it could be a manifest hash" -- \
		quorate key sign --key a.secret in32 -o sig
	fails 1 "it could be a manifest hash" -- \
		quorate key sign --key a.secret <in32
	fails 1 "it could be a manifest hash" -- \
		quorate key sign --key a.secret <(cat in31; echo)
	quorate key sign --key a.secret in31
	quorate key sign --key a.secret in33
}

@test "a manifest hash given to key sign in any form yields no approval" {
	make_key a
	head -c 32 /dev/urandom >hash.bin
	xxd -p -c 32 hash.bin >line
	tr -d '\n' <line >digits
	tac -rs . <digits >reversed
	cat hash.bin hash.bin >twice
	{ cat hash.bin; echo; } >longer
	for f in line digits reversed twice longer; do
		sig=$(quorate key sign --key a.secret "$f")
		quorate key verify --pub a.pub --signature "$sig" "$f"
		fails 1 "signature: not valid" -- \
			quorate key verify --pub a.pub --signature "$sig" hash.bin
	done
	fails 1 "it could be a manifest hash" -- \
		quorate key sign --key a.secret hash.bin
}

@test "key sign refuses what could be a record of our own" {
	make_key a
	printf 'quorate/receipt/v1\0Rbody' >in
	fails 1 "an input that begins with quorate/" -- \
		quorate key sign --key a.secret in
	printf 'quorate/' >in
	fails 1 "an input that begins with quorate/" -- \
		quorate key sign --key a.secret in
	printf 'quorate' >in
	quorate key sign --key a.secret in
	fails 2 "an option is missing: --key" -- quorate key sign in
	fails 2 "standard input can be only one" -- \
		quorate key sign --key - <a.secret
}

# --- shamir

@test "shamir join gives the secret of QOS's old shares" {
	i=0
	for s in $(vectors shamir | jq -r '.vectors[] | select(.name ==
		"can_reconstruct_from_old_shares").shares[]'); do
		i=$((i + 1))
		xxd -r -p <<<"$s" >"$i"
	done
	for order in "1 2" "3 1" "2 3" "3 2 1"; do
		# the order is a list of words
		# shellcheck disable=SC2086
		quorate shamir join $order -o out --force
		text out "my cute little secret"
	done
	[ "$(mode out)" = 600 ]
}

@test "shamir split and join give the same bytes for every pair of three" {
	head -c 33 /dev/urandom >in
	silent quorate shamir split -k 2 -n 3 -o d in
	[ "$(ls -A d)" = $'1.share\n2.share\n3.share' ]
	[ "$(mode d) $(mode d/1.share)" = "700 600" ]
	for i in 1 2 3; do
		[ "$(xxd -p -l 1 "d/$i.share")" = "0$i" ]
		[ "$(wc -c <"d/$i.share")" -eq 34 ]
		quorate shamir join "d/$i.share" "d/$((i % 3 + 1)).share" |
			cmp - in
	done
	mkdir e
	quorate shamir split -k 3 -n 3 -o e - <in
	run quorate shamir join e/1.share e/2.share -o few
	[ "$status" -eq 0 ]
	run same few in
	[ "$status" -eq 1 ]
}

@test "shamir split makes up to 255 shares of a long secret" {
	head -c 4000 /dev/urandom >in
	quorate shamir split -k 128 -n 255 -o d in
	[ "$(find d -type f | wc -l)" -eq 255 ]
	for i in $(seq 128 255); do
		echo "d/$i.share"
	done | xargs quorate shamir join | cmp - in
}

@test "shamir split refuses numbers that give no sharing" {
	printf secret >in
	fails 2 "threshold 1: at least 2" -- \
		quorate shamir split -k 1 -n 3 -o d in
	fails 2 "threshold 0: at least 2" -- \
		quorate shamir split -k 0 -n 3 -o d in
	fails 2 "threshold 4 is more than the 3 shares" -- \
		quorate shamir split -k 4 -n 3 -o d in
	fails 2 "threshold 2 is more than the 0 shares" -- \
		quorate shamir split -k 2 -n 0 -o d in
	fails 2 "256 shares: at most 255" -- \
		quorate shamir split -k 2 -n 256 -o d in
	fails 2 "at most 255" -- \
		quorate shamir split -k 2 -n 4294967298 -o d in
	fails 2 "-k 'two' is not a number" -- \
		quorate shamir split -k two -n 3 -o d in
	fails 2 "-n '-3' is not a number" -- \
		quorate shamir split -k 2 -n -3 -o d in
	fails 2 "an option is missing: -k" -- quorate shamir split -n 3 -o d in
	fails 2 "an option is missing: -n" -- quorate shamir split -k 2 -o d in
	fails 2 "an option is missing: -o" -- quorate shamir split -k 2 -n 3 in
	fails 2 "an argument is missing: SECRET" -- \
		quorate shamir split -k 2 -n 3 -o d
	fails 2 "the secret is empty" -- \
		quorate shamir split -k 2 -n 3 -o d /dev/null
	fails 3 "cannot open none" -- \
		quorate shamir split -k 2 -n 3 -o d none
}

@test "shamir split takes only a new or empty folder, and leaves it so" {
	printf secret >in
	mkdir full hidden
	: >full/1.share
	: >hidden/.a
	fails 1 "folder full is not empty and was not touched" -- \
		quorate shamir split -k 2 -n 3 -o full in
	fails 1 "folder hidden is not empty" -- \
		quorate shamir split -k 2 -n 3 -o hidden in
	fails 5 "cannot read folder in" -- \
		quorate shamir split -k 2 -n 3 -o in in
	fails 5 "cannot make folder none/d" -- \
		quorate shamir split -k 2 -n 3 -o none/d in
	# a limit on file sizes makes the write itself fail
	head -c 3000 /dev/urandom >in
	(ulimit -f 1 && trap '' XFSZ &&
		fails 5 "cannot write d/1.share" -- \
			quorate shamir split -k 2 -n 3 -o d in)
}

@test "a split that fails half way takes its shares away" {
	head -c 100 /dev/urandom >in
	mkdir d
	command -v strace >/dev/null || skip "no strace"
	for d in d e; do
		before=$(tree)
		run strace -f -o /dev/null -e trace=renameat2 \
			-e inject=renameat2:error=EIO:when=2 \
			quorate shamir split -k 2 -n 3 -o "$d" in
		[ "$status" -eq 5 ]
		[[ $output == *"cannot put in place $d/2.share"* ]]
		[ "$(tree)" = "$before" ]
	done
}

@test "a split that is interrupted takes its shares away and says so" {
	head -c 100 /dev/urandom >in
	command -v strace >/dev/null || skip "no strace"
	before=$(tree)
	run strace -f -o /dev/null -e trace=renameat2 \
		-e inject=renameat2:signal=SIGTERM:when=2 \
		quorate shamir split -k 2 -n 5 -o d in
	[ "$status" -eq 130 ]
	[[ $output == *"interrupted: no share was left behind"* ]]
	[ "$(tree)" = "$before" ]
}

@test "shamir join refuses what cannot be shares of one secret" {
	printf '\1\1' >one
	printf '\1\2' >again
	printf '\0\1' >zero
	printf '\2\2\3' >long
	printf '\1' >short
	: >empty
	fails 2 "1 shares: at least 2 are needed" -- \
		quorate shamir join one -o out
	fails 3 "share 1 is there twice" -- \
		quorate shamir join one again -o out
	fails 3 "has index 0" -- quorate shamir join zero one -o out
	fails 3 "share number 2 has 3 bytes, the first has 2" -- \
		quorate shamir join one long -o out
	fails 3 "the first share has 1 bytes" -- \
		quorate shamir join short one -o out
	fails 3 "the first share has 0 bytes" -- \
		quorate shamir join empty one -o out
	fails 3 "share number 2 has 0 bytes" -- \
		quorate shamir join one empty -o out
	fails 3 "cannot open none" -- quorate shamir join one none -o out
	fails 2 "an argument is missing: SHARE..." -- quorate shamir join
	printf '\2\2' >two
	printf old >out
	fails 1 "out is there already" -- quorate shamir join one two -o out
}

# --- json

@test "json canonical gives every recorded form, or refuses" {
	n=0
	while read -r v; do
		jq -j .input <<<"$v" >in
		if [ "$(jq 'has("canonical")' <<<"$v")" = true ]; then
			jq -j .canonical <<<"$v" >want
			quorate json canonical in >out
			same out want
			quorate json canonical <in | cmp - want
			quorate json canonical in -o file --force
			same file want
			n=$((n + 1))
		elif [ "$(jq 'has("error")' <<<"$v")" = true ]; then
			fails 3 "in: " -- quorate json canonical in
		fi
	done < <(vectors qos_json | jq -c '.vectors[] | select(has("input"))')
	[ "$n" -ge 10 ]
}

@test "json canonical keeps 64-bit integers and refuses larger ones" {
	[ "$(quorate json canonical <<<'[18446744073709551615]')" = \
		'["18446744073709551615"]' ]
	fails 3 "only integers of 64 bits" -- \
		quorate json canonical <<<'[18446744073709551616]'
	fails 3 "is there twice" -- \
		quorate json canonical <<<'{"a":1,"b":2,"a":1}'
	fails 3 "standard input: " -- \
		quorate json canonical <<<'{"a":1} x'
	fails 3 "standard input: " -- quorate json canonical </dev/null
	fails 3 "cannot open none" -- quorate json canonical none
	echo 1 >out
	fails 1 "out is there already" -- quorate json canonical out -o out
}

# --- all of them

@test "every command has its help, on standard output, with status 0" {
	for words in "" key shamir json "key generate" "key public" \
		"key encrypt" "key decrypt" "key sign" "key verify" \
		"shamir split" "shamir join" "json canonical"; do
		# the command is a list of words
		# shellcheck disable=SC2086
		quorate $words --help >out 2>err
		head -n 1 out | grep -qx "quorate${words:+ }$words: ..*"
		grep -q '^usage: quorate' out
		[ ! -s err ]
	done
	[[ $(quorate key sign --help) == *"raw"*"manifest approve"* ]]
}

@test "a command that is not there is named, with status 2" {
	fails 2 "unknown command frob" -- quorate frob
	fails 2 "unknown command frob" -- quorate key frob
	fails 2 "unknown option --frob" -- quorate key sign --frob
	fails 2 "given twice: --key" -- quorate key sign --key a --key b
	fails 2 "a value is missing after --key" -- quorate key sign --key
}

@test "a full disk or a closed output never looks like success" {
	make_key a
	printf secret >in
	quorate key encrypt --to a.pub in -o sealed
	quorate shamir split -k 2 -n 2 -o d in
	for words in "key public a.secret" "key sign --key a.secret in" \
		"key encrypt --to a.pub in" \
		"key decrypt --key a.secret sealed" \
		"shamir join d/1.share d/2.share" "key public --help"; do
		rc=0
		# the command is a list of words
		# shellcheck disable=SC2086
		quorate $words >/dev/full 2>err || rc=$?
		[ "$rc" -eq 5 ]
		[ "$(wc -l <err)" -eq 1 ]
	done
	echo '{}' >in
	rc=0
	quorate json canonical in >/dev/full 2>err || rc=$?
	[ "$rc" -eq 5 ]
}
