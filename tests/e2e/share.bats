#!/usr/bin/env bats
# quorate share accept: an operator's own check, and the receipt.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# each test is a subshell:
# shellcheck disable=SC2030,SC2031

load lib
load ceremony

setup() { begin; }
teardown() { end; }

# accept NAME [-o DIR] [WORDS...]: NAME.secret accepts in the folder g
accept() {
	local name=$1 dir=me
	shift
	if [ "${1:-}" = -o ]; then
		dir=$2
		shift 2
	fi
	quorate share accept --genesis g --alias "rehearsal-$name" \
		--key "$name.secret" --fingerprint "$fp" -o "$dir" "$@"
}

abc() {
	abc_plan "$@"
	abc_genesis >/dev/null
}

@test "QOS's three operators accept their shares; the receipts are checked" {
	need_fixtures
	quorate plan new --mode rehearsal --name vault -o plan.cbor \
		--members "$mock/keys/share-set" >/dev/null
	fp=$(quorate plan fingerprint plan.cbor)
	k=()
	receipts=()
	for u in 1 2 3; do
		k+=(--key "$personal/user$u-dir/user$u.secret")
		receipts+=(--receipt "me/rehearsal-user$u.receipt")
	done
	run_genesis "${k[@]}" >/dev/null
	for u in 1 2 3; do
		seed=$personal/user$u-dir/user$u.secret
		quorate share accept --genesis g --alias "rehearsal-user$u" \
			--key "$seed" --fingerprint "$fp" -o me >"$work/out" \
			2>"$work/err"
		[ ! -s "$work/err" ]
		same "me/rehearsal-user$u.share" \
			"g/shares/rehearsal-user$u.share"
		cp "$seed" "user$u.secret"
		no_secret "user$u.secret"
		quorate key decrypt --key "$seed" \
			"me/rehearsal-user$u.share" -o plain
		[ "$(wc -c <plain) $(xxd -p -l 1 plain)" = "33 0$u" ]
		rm plain
	done
	quorate genesis check g --fingerprint "$fp" "${receipts[@]}" >out
	[ "$(grep -c '^ok  receipt of' out)" -eq 3 ]
	grep -qF "receipts     3 of 3 persons" out
	no grep -q "no receipt" out
}

@test "accept works on the four public files that a person is given" {
	abc
	mkdir usb
	(cd g && cp genesis_output spares.cbor genesis_statement.cbor ../usb)
	mv plan.cbor mine.cbor
	refuses 3 "cannot open usb/plan.cbor" -- quorate share accept \
		--genesis usb --alias rehearsal-a --key a.secret
	quorate share accept --genesis usb --plan mine.cbor -o me \
		--alias rehearsal-a --key a.secret --fingerprint "$fp" >out
	same me/rehearsal-a.share g/shares/rehearsal-a.share
	quorate genesis check g --fingerprint "$fp" \
		--receipt me/rehearsal-a.receipt >out
	grep -qF "receipts     1 of 3 persons" out
	grep -qF -e '--  no receipt of "rehearsal-b"' out
}

@test "primary and both spares are accepted side by side, and counted once" {
	keys s1 s2
	abc --spare a=s1.pub --spare a=s2.pub
	for k in a s1 s2; do
		quorate share accept --genesis g --alias rehearsal-a -o me \
			--key $k.secret --fingerprint "$fp" >/dev/null
	done
	[ "$(cd me && echo *)" = "quorum_key.pub rehearsal-a.receipt rehearsal-a.share \
rehearsal-a.spare1.receipt rehearsal-a.spare1.share \
rehearsal-a.spare2.receipt rehearsal-a.spare2.share" ]
	quorate genesis check g --fingerprint "$fp" \
		--receipt me/rehearsal-a.spare2.receipt >out
	grep -qF '"rehearsal-a", spare key 2, signed' out
	grep -qF -e '--  no receipt of "rehearsal-a", first key' out
	grep -qF "receipts     1 of 3 persons" out
	quorate genesis check g --fingerprint "$fp" \
		--receipt me/rehearsal-a.receipt \
		--receipt me/rehearsal-a.spare1.receipt >out
	grep -qF "receipts     1 of 3 persons" out
	for k in a:rehearsal-a s1:rehearsal-a.spare1 s2:rehearsal-a.spare2; do
		quorate key decrypt --key "${k%%:*}.secret" \
			"me/${k#*:}.share" >"${k%%:*}.plain"
	done
	same a.plain s1.plain
	same a.plain s2.plain
}

@test "the quorum key is kept, and that of another genesis not replaced" {
	abc
	accept a >/dev/null
	same me/quorum_key.pub g/quorum_key.pub
	# the same again is fine
	accept b >/dev/null
	mv g g1
	abc_genesis >/dev/null
	harmless 1 "me/quorum_key.pub is there already and is the key of" -- \
		accept c
	accept c --force >/dev/null
	same me/quorum_key.pub g/quorum_key.pub
	echo junk >me/quorum_key.pub
	rm me/rehearsal-c.*
	harmless 3 "me/quorum_key.pub" -- accept c
}

@test "a key or an alias that is not mine is refused, and nothing written" {
	abc
	keys d
	harmless 1 'no person "rehearsal-d" in the plan' -- quorate share \
		accept --genesis g --alias rehearsal-d --key d.secret
	harmless 1 'sealed to your key under the alias "rehearsal-a"' -- \
		quorate share accept --genesis g --alias rehearsal-a \
		--key d.secret
	harmless 1 "sealed to your key under the alias \"rehearsal-a\"" -- \
		quorate share accept --genesis g --alias rehearsal-a \
		--key b.secret
	harmless 1 "in a rehearsal an alias begins \"rehearsal-\"" -- \
		quorate share accept --genesis g --alias a --key a.secret
	harmless 1 "no person" -- quorate share accept --genesis g \
		--alias $'\e[2J../../a' --key a.secret
	no grep -qP '\x1b' "$work/err"
	harmless 3 "a.pub: not a master seed" -- quorate share accept \
		--genesis g --alias rehearsal-a --key a.pub
	harmless 3 "cannot open none" -- quorate share accept \
		--genesis g --alias rehearsal-a --key none
	harmless 3 "cannot open none/plan.cbor" -- quorate share accept \
		--genesis none --alias rehearsal-a --key a.secret
	harmless 2 "missing: --genesis" -- quorate share accept
	harmless 2 "missing: --alias" -- quorate share accept --genesis g
	harmless 2 "missing: --key" -- quorate share accept --genesis g \
		--alias rehearsal-a
}

@test "the fingerprint decides: asked for, or given" {
	abc
	ask() {
		printf %b "$1" | quorate share accept --genesis g -o me \
			--alias rehearsal-a --key a.secret
	}
	harmless 1 "you said no" -- ask 'no\n'
	harmless 1 "no answer" -- ask 'y\n'
	ask 'what?\nyes\n' >/dev/null 2>&1
	[ -e me/rehearsal-a.receipt ]
	fp=$(tr 0-9a-f 1-9a-f0 <<<"$fp")
	harmless 1 "not the one you gave; do not go on" -- accept b
}

@test "what is there already is not touched, unless --force" {
	abc
	mkdir me
	for f in share receipt; do
		echo mine >me/rehearsal-a.$f
		harmless 1 "me/rehearsal-a.$f is there already" -- accept a
		[ "$(echo me/*)" = me/rehearsal-a.$f ]
		rm me/rehearsal-a.$f
	done
	accept a >/dev/null
	harmless 1 "nothing was done (--force replaces it)" -- accept a
	accept a --force >/dev/null
	echo x >file
	harmless 1 "file is there already and is no folder" -- \
		accept b -o file
	harmless 5 "none" -- accept b -o none/me
	for u in 000 077 0777; do
		(umask $u && accept c -o "c$u" >/dev/null)
		[ "$(mode "c$u") $(mode "c$u/rehearsal-c.share") $(mode \
			"c$u/rehearsal-c.receipt")" = "755 644 644" ]
	done
}

@test "one changed bit in the folder of the genesis stops every person" {
	keys sa
	abc --spare a=sa.pub
	while read -r f; do
		n=$(wc -c <"$f")
		for at in 3 $((n / 2)) $((n - 2)); do
			[ "$at" -ge 0 ] && [ "$at" -lt "$n" ] || continue
			flip "$f" "$at"
			rc=0
			accept b >"$work/out" 2>"$work/err" || rc=$?
			[ "$rc" -eq 1 ] || [ "$rc" -eq 3 ]
			grep -qF "$f" "$work/err"
			[ ! -e me ]
			flip "$f" "$at"
		done
	done < <(find g -type f ! -name genesis.journal)
	accept b >/dev/null
}

@test "another ceremony's statement, spares, output or plan is refused" {
	keys sa
	abc --spare a=sa.pub
	mv g one
	abc_genesis >/dev/null
	mv g two
	four=(plan.cbor genesis_output spares.cbor genesis_statement.cbor)
	for f in "${four[@]:1}"; do
		rm -rf g
		mkdir g
		(cd one && cp "${four[@]}" ../g)
		cp "two/$f" g
		harmless 1 "g: genesis statement" -- accept a
	done
	(cd one && cp "${four[@]}" ../g)
	abc_plan --force
	harmless 1 "another plan" -- accept a --plan plan.cbor
	cp plan.cbor g
	harmless 1 "another plan" -- accept a
}

@test "receipts of others, other ceremonies and modes are refused by name" {
	abc
	accept a >/dev/null
	check() { quorate genesis check g --fingerprint "$fp" --receipt "$1"; }
	check me/rehearsal-a.receipt >/dev/null
	n=$(wc -c <me/rehearsal-a.receipt)
	for at in 0 20 $((n / 3)) $((n / 2)) $((n - 80)) $((n - 1)); do
		cp me/rehearsal-a.receipt bad
		flip bad "$at"
		rc=0
		check bad >"$work/out" 2>"$work/err" || rc=$?
		[ "$rc" -eq 1 ] || [ "$rc" -eq 3 ]
		grep -q '^quorate: bad: ' "$work/err"
	done
	refuses 3 "a.pub" -- check a.pub
	refuses 3 "cannot open none" -- check none
	mv g one
	abc_genesis >/dev/null
	refuses 1 "me/rehearsal-a.receipt: it is of another genesis" -- \
		check me/rehearsal-a.receipt
	mv g two
	quorate plan new --mode production --name vault --member a.pub \
		--member b.pub --member c.pub --threshold 2 -o plan.cbor \
		--unattested test --force >/dev/null
	fp=$(quorate plan fingerprint plan.cbor)
	abc_genesis >/dev/null
	refuses 1 "me/rehearsal-a.receipt: its alias and key" -- \
		check me/rehearsal-a.receipt
}

@test "what a person reads fits an 80-column terminal" {
	keys dr sa
	abc --dr dr.pub --spare a=sa.pub
	accept a >out 2>err
	[ "$(cat out err | wc -L)" -le 80 ]
	[ ! -s err ]
	for c in share "share accept"; do
		# shellcheck disable=SC2086 # one word or two
		quorate $c --help >help
		[ "$(wc -L <help)" -le 80 ]
	done
}
