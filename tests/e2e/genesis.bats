#!/usr/bin/env bats
# quorate genesis: one commit point, what the folder holds, what is refused,
# and that the key comes back.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# a folder is compared with what was made of it, and each test is a subshell:
# shellcheck disable=SC2094,SC2030,SC2031

load lib
load ceremony

setup() { begin; }
teardown() { end; }

# QOS's share-set folder as plan.cbor; the seeds of its operators in $qos
qos_plan() {
	need_fixtures
	quorate plan new --mode "$1" --name vault -o plan.cbor \
		--members "$mock/keys/share-set" "${@:2}" >/dev/null
	fp=$(quorate plan fingerprint plan.cbor)
	qos=()
	for u in 1 2 3; do
		qos+=(--key "$personal/user$u-dir/user$u.secret")
	done
}

# opened A B...: the .share files of g opened by plumbing and joined give the
# printed public key.  Words are ALIAS=SEED_FILE.
opened() {
	local pair
	rm -rf plain
	mkdir plain
	for pair in "$@"; do
		quorate key decrypt --key "${pair#*=}" \
			"g/shares/${pair%%=*}.share" -o "plain/${pair%%=*}"
	done
	quorate shamir join plain/* -o plain/seed
	xxd -p -c 64 plain/seed | tr -d '\n' >plain/seed.hex
	quorate key public plain/seed.hex | tr -d '\n' | cmp - g/quorum_key.pub
}

@test "genesis on QOS's share-set folder: any two existing keys bring it back" {
	qos_plan production --unattested "key files of QOS"
	run_genesis "${qos[@]}" >"$work/out" 2>"$work/err"
	[ ! -s "$work/err" ]
	grep -qF "opened       3 of 3 sealed shares" "$work/out"
	grep -qF "each of the 3 combinations of 2 shares" "$work/out"
	[ "$(tr -dc 0-9a-f <<<"$(grep -A 5 '^quorum key' "$work/out" |
		tail -n 5)")" = "$(cat g/quorum_key.pub)" ]
	for pair in "1 2" "1 3" "2 3" "3 1"; do
		# shellcheck disable=SC2086 # two words
		set -- $pair
		s1=$personal/user$1-dir/user$1.secret
		s2=$personal/user$2-dir/user$2.secret
		quorate genesis drill g --key "$s1" --key "$s2" >drill
		[ "$(tr -dc 0-9a-f <<<"$(grep -A 5 'public key' drill |
			tail -n 5)")" = "$(cat g/quorum_key.pub)" ]
		opened "user$1=$s1" "user$2=$s2"
	done
}

@test "the folder holds QOS's files and ours, all public or sealed" {
	keys dr
	abc_plan --dr dr.pub
	abc_genesis >"$work/out" 2>"$work/err"
	[ "$(cd g && find . -type f | sort)" = "./dr_wrapped_quorum_key
./genesis.commit
./genesis.journal
./genesis_dr_artifacts
./genesis_output
./genesis_statement.cbor
./plan.cbor
./quorum_key.pub
./quorum_threshold
./shares/rehearsal-a.share
./shares/rehearsal-b.share
./shares/rehearsal-c.share
./spares.cbor" ]
	[ "$(wc -c <g/quorum_key.pub) $(wc -c <g/dr_wrapped_quorum_key)" = \
		"260 129" ]
	[ "$(wc -c <g/shares/rehearsal-b.share)" -eq 130 ]
	[ "$(sed -n 4p g/genesis_dr_artifacts)" = "test_message $(printf \
		'REHEARSAL qos-test-message' | xxd -p -c 99)" ]
	[ "$(head -n 1 g/quorum_threshold)" = 2 ]
	same plan.cbor g/plan.cbor
	[ "$(find g -type f -printf '%m\n' | sort -u)" = 644 ]
	[ "$(find g -type d -printf '%m\n' | sort -u)" = 755 ]
	no_secret a.secret b.secret c.secret dr.secret
	# the seed itself, taken by the disaster-recovery key
	quorate key decrypt --key dr.secret g/dr_wrapped_quorum_key -o seed
	xxd -p -c 64 seed | tr -d '\n' >seed.secret
	no_secret seed.secret
	# nor its bytes: the last tool to look is one that reads hex
	no grep -q "$(cat seed.secret)" <(find g "$work/out" "$work/err" \
		-type f -exec xxd -p -c 10000 {} \;)
	quorate key public seed.secret | tr -d '\n' | cmp - g/quorum_key.pub
}

@test "two ceremonies of one plan make two keys" {
	abc_plan
	abc_genesis >/dev/null
	mv g one
	abc_genesis >/dev/null
	run same one/quorum_key.pub g/quorum_key.pub
	[ "$status" -eq 1 ]
}

@test "folders and files have the same modes under any umask" {
	abc_plan
	for u in 000 077 0777; do
		(umask $u && abc_genesis >/dev/null)
		[ "$(find g -type f -printf '%m\n' | sort -u)" = 644 ]
		[ "$(find g -type d -printf '%m\n' | sort -u)" = 755 ]
		rm -rf g
	done
}

# --- spares, disaster recovery

@test "the primary key is lost: the spare opens the same share" {
	keys sa
	abc_plan --spare a=sa.pub
	abc_genesis --key sa.secret >out
	grep -qF "opened       4 of 4 sealed shares" out
	rm a.secret
	quorate genesis drill g --key sa.secret --key c.secret >out
	grep -qF "the shares of 2 persons: the key comes back" out
	quorate share accept --genesis g --alias rehearsal-a --key sa.secret \
		--fingerprint "$fp" >out
	quorate key decrypt --key sa.secret rehearsal-a.spare1.share -o s.plain
	quorate key decrypt --key b.secret g/shares/rehearsal-b.share -o b.plain
	quorate shamir join s.plain b.plain | xxd -p -c 64 >seed.hex
	quorate key public seed.hex | tr -d '\n' | cmp - g/quorum_key.pub
}

@test "both keys of one person count once" {
	keys sa
	abc_plan --spare a=sa.pub
	run_genesis --key sa.secret --key b.secret --key c.secret >out
	grep -qF "opened       3 of 4 sealed shares" out
	refuses 1 "shares of 1 person, but 2 are needed" -- \
		quorate genesis drill g --key sa.secret --key a.secret
	quorate genesis drill g --key sa.secret --key a.secret \
		--key b.secret >out
	grep -qF "opened again: counts once" out
	refuses 1 "shares of 1 person" -- \
		quorate genesis drill g --key a.secret --key a.secret
}

@test "the disaster-recovery key alone brings the key back, none does without" {
	keys dr
	abc_plan --dr dr.pub
	abc_genesis >/dev/null
	quorate genesis drill g --key dr.secret >out
	grep -qF "the disaster-recovery key alone: the key comes back" out
	refuses 2 "given twice" -- \
		quorate genesis drill g --key dr.secret --key dr.secret
	rm -rf g
	abc_plan --force
	abc_genesis >out
	grep -qF "disaster recovery key: none" out
	[ ! -e g/dr_wrapped_quorum_key ]
	refuses 1 "nothing in this genesis is sealed to this key" -- \
		quorate genesis drill g --key dr.secret
}

@test "a drill needs enough persons, and writes nothing" {
	abc_plan
	abc_genesis >/dev/null
	keys d
	harmless 1 "shares of 1 person, but 2" -- \
		quorate genesis drill g --key a.secret
	harmless 1 "d.secret: nothing in this genesis" -- \
		quorate genesis drill g --key a.secret --key d.secret
	harmless 3 "cannot open none" -- quorate genesis drill g --key none
	harmless 2 "missing: --key FILE" -- quorate genesis drill g
	tree >before
	quorate genesis drill g --key c.secret --key a.secret --key b.secret \
		>"$work/out"
	tree | grep -v ' \./before\| \./t ' >after || true
	grep -v before before | cmp - <(tree | grep -v 'before\|after')
	no_secret a.secret b.secret c.secret
}

# --- dice

@test "dice are mixed in, and stand in no file, journal or output" {
	abc_plan
	rolls=$(printf '6251346251%.0s' 1 2 3 4 5 6)
	printf 'yes\n%s\n\n' "$rolls" | quorate genesis run --dice \
		--plan plan.cbor -o g --key a.secret --key b.secret \
		--key c.secret >"$work/out" 2>"$work/err"
	grep -qF "entropy      system generator and your dice" "$work/out"
	grep -qF "60 rolls so far" "$work/err"
	no grep -rlE '6251346' g "$work/out" "$work/err"
	quorate genesis drill g --key a.secret --key b.secret >/dev/null
}

@test "too few dice, a bad digit and too many dice make nothing" {
	abc_plan
	dice() { printf %s "$1" | abc_genesis --dice; }
	r49=$(printf '1%.0s' $(seq 49))
	nothing_made 3 "dice: 49 rolls, at least 50" -- dice "$r49"
	nothing_made 3 "dice: 0 rolls" -- dice ""
	nothing_made 3 "dice: 0 rolls" -- dice $'\n'"$r49$r49"
	for d in 0 7 a $'\e' -; do
		nothing_made 3 "only the digits 1 to 6" -- dice "$r49$r49$d"
		no grep -q 11111 "$work/err"
	done
	nothing_made 3 "more than 1024 rolls" -- \
		dice "$(printf '2%.0s' $(seq 1025))"
	grep -qF "stopped before the commit: nothing was made" g/genesis.journal
	no grep -rq 1111 g
	dice "$(printf '2 %.0s' $(seq 50))" >/dev/null
}

@test "on a terminal dice are not shown, and a slip costs nothing" {
	abc_plan
	rolls=$(printf '6251346251%.0s' 1 2 3 4 5 6)
	cat >"$work/dice.exp" <<-E
		set timeout 60
		spawn quorate genesis run --dice --plan plan.cbor -o g \
		    --key a.secret --key b.secret --key c.secret
		expect "paper?" { send "yes\r" }
		expect "an empty line ends" { send "x9\177\177${rolls}4\177\r" }
		expect "60 rolls so far" { send "\r" }
		expect timeout { exit 99 } eof {}
		exit [lindex [wait] 3]
	E
	expect "$work/dice.exp" >"$work/out" 2>&1
	grep -qF "entropy      system generator and your dice" "$work/out"
	grep -qF "******************************" "$work/out"
	no grep -q 6251346 "$work/out"
	no grep -rq 6251346 g
}

# --- who is here

@test "an absent person is named, and their share waits for them" {
	abc_plan
	run_genesis --key a.secret --key b.secret --absent rehearsal-c >out
	grep -qF 'ABSENT       "rehearsal-c"' out
	grep -qF "opened       2 of 3 sealed shares" out
	quorate genesis drill g --key a.secret --key c.secret >/dev/null
	rm -rf g
	run_genesis --absent rehearsal-a --absent rehearsal-b \
		--absent rehearsal-c >out
	grep -qF "opened       0 of 3 sealed shares" out
}

@test "who is here is checked before anything else: no file, no dice" {
	abc_plan
	keys d
	a=(--key a.secret --key b.secret)
	harmless 1 "no key of rehearsal-c is here: give --key FILE," \
		"--token, or" -- run_genesis "${a[@]}"
	harmless 1 "no key of rehearsal-a is here" -- run_genesis --dice
	harmless 1 "--key d.secret: nobody in the plan has this key" -- \
		abc_genesis --key d.secret
	harmless 2 "--key ./a.secret: this key is given twice" -- \
		abc_genesis --key ./a.secret
	harmless 2 "--absent rehearsal-d: no person of that alias" -- \
		abc_genesis --absent rehearsal-d
	harmless 2 "--absent rehearsal-c: but a key of theirs is here" -- \
		abc_genesis --absent rehearsal-c
	harmless 2 "--absent rehearsal-c: given twice" -- run_genesis \
		"${a[@]}" --absent rehearsal-c --absent=rehearsal-c
	harmless 3 "none" -- run_genesis "${a[@]}" --key none
	harmless 3 "c.pub: not a master seed" -- run_genesis "${a[@]}" \
		--key c.pub
	harmless 3 "is a folder" -- run_genesis "${a[@]}" --key .
}

# --- questions

@test "the fingerprint is asked for: yes goes on, anything else does not" {
	abc_plan
	ask() {
		printf %b "$1" | quorate genesis run --plan plan.cbor -o g \
			--key a.secret --key b.secret --key c.secret
	}
	harmless 1 "you said no: nothing was done" -- ask 'no\n'
	harmless 1 "no answer: nothing was done" -- ask ''
	harmless 1 "no answer" -- ask 'YES\ny\n\n'
	[ "$(grep -c "please type yes or no" "$work/err")" -eq 3 ]
	harmless 1 "you said no" -- ask 'yes please\nno\nyes\n'
	ask 'maybe\n\e[A\nyes\n' >out 2>err
	[ "$(grep -c "please type yes or no" err)" -eq 2 ]
	grep -qF "${fp:0:8} ${fp:8:8}" err
	[ -e g/genesis.commit ]
}

@test "a wrong fingerprint stops before anything is made" {
	abc_plan
	wrong=${fp%?}$(tr 0-9a-f 1-9a-f0 <<<"${fp: -1}")
	fp_was=$fp
	fp=$wrong
	harmless 1 "not the one you gave; do not go on" -- abc_genesis
	fp=${fp_was%?}
	harmless 2 "--fingerprint: 64 hex digits" -- abc_genesis
	fp=${fp_was}0
	harmless 2 "more than 64 digits" -- abc_genesis
	fp=
	harmless 2 "64 hex digits" -- abc_genesis
	fp="${fp_was:0:8} ${fp_was:8:8} ${fp_was:16:48}"
	abc_genesis >/dev/null
	fp=$wrong
	refuses 1 "not the one you gave" -- abc_genesis
}

# --- the one commit

@test "a second run finishes the first, with the same bytes and without keys" {
	abc_plan
	abc_genesis >first
	genesis_bytes >one
	quorate genesis run --plan plan.cbor -o g </dev/null >second 2>err
	genesis_bytes | cmp one -
	grep -qF "committed already: no new key is made" err
	tail -n 6 first | head -n 2 | cmp - <(tail -n 6 second | head -n 2)
	# whatever was lost after the commit comes back
	for f in plan.cbor genesis_output spares.cbor quorum_key.pub \
		genesis_statement.cbor genesis_dr_artifacts quorum_threshold \
		shares/rehearsal-b.share; do
		rm "g/$f"
		run_genesis >/dev/null 2>&1
		genesis_bytes | cmp one -
	done
	rm -r g/shares g/genesis.journal
	run_genesis >/dev/null 2>&1
	genesis_bytes | cmp one -
}

@test "another plan in a folder that holds a genesis is refused" {
	abc_plan
	abc_genesis >/dev/null
	keys sa
	abc_plan --force --spare a=sa.pub
	harmless 1 "g holds the genesis of another plan" -- abc_genesis
}

@test "a file in the way is refused before anything is made" {
	abc_plan
	for f in plan.cbor genesis_output spares.cbor quorum_key.pub \
		genesis_statement.cbor genesis_dr_artifacts quorum_threshold \
		dr_wrapped_quorum_key shares/x.share; do
		mkdir -p g/shares
		echo mine >"g/$f"
		harmless 1 "g/$f is there already, but no genesis.commit" -- \
			abc_genesis
		rm -r g
	done
	mkdir g
	ln -s nowhere g/genesis_output
	harmless 1 "g/genesis_output is there already" -- abc_genesis
	rm -r g
	mkdir g
	echo x >g/genesis.commit
	harmless 3 "g/genesis.commit" -- abc_genesis
	rm -r g
	echo x >g
	harmless 3 "g is there already and is no folder" -- abc_genesis
	rm g
	mkdir g
	echo x >g/shares
	harmless 3 "g/shares is there already and is no folder" -- abc_genesis
}

@test "what is not of the genesis may lie in the folder" {
	abc_plan
	mkdir g
	echo notes >g/notes.txt
	abc_genesis >/dev/null
	[ "$(cat g/notes.txt)" = notes ]
	quorate genesis check g --fingerprint "$fp" >/dev/null
}

@test "a changed file is named after the commit, and never overwritten" {
	abc_plan
	abc_genesis >/dev/null
	for f in plan.cbor genesis_output spares.cbor quorum_key.pub \
		genesis_statement.cbor genesis_dr_artifacts quorum_threshold \
		shares/rehearsal-b.share; do
		cp -r g whole
		echo changed >"g/$f"
		harmless 1 "g/$f is not the file of this genesis; move it" -- \
			run_genesis
		[ "$(cat "g/$f")" = changed ]
		rm -r g
		mv whole g
	done
	run_genesis >/dev/null 2>&1
}

# --- check

@test "one changed bit anywhere in the folder: check names the file" {
	keys dr sa
	abc_plan --dr dr.pub --spare a=sa.pub
	abc_genesis >/dev/null
	check=(quorate genesis check g --fingerprint "$fp")
	"${check[@]}" >/dev/null
	while read -r f; do
		n=$(wc -c <"$f")
		cp "$f" "$work/whole"
		for at in 0 $((n / 3)) $((n - 1)); do
			flip "$f" "$at"
			if ! refuses 1 "$f" -- "${check[@]}"; then
				refuses 3 "$f" -- "${check[@]}"
			fi
			cp "$work/whole" "$f"
		done
	done < <(find g -type f ! -name genesis.journal)
	"${check[@]}" >/dev/null
}

@test "one changed bit in the four public files alone is refused too" {
	keys sa
	abc_plan --spare a=sa.pub
	abc_genesis >/dev/null
	mkdir four
	four=(plan.cbor genesis_output spares.cbor genesis_statement.cbor)
	(cd g && cp "${four[@]}" ../four)
	quorate genesis check four --fingerprint "$fp" >out
	grep -qF "4 of its 10 files are in the folder" out
	for f in "${four[@]}"; do
		n=$(wc -c <"four/$f")
		for at in 0 7 $((n / 4)) $((n / 2)) $((n - 70)) $((n - 1)); do
			flip "four/$f" "$at"
			rc=0
			quorate genesis check four --fingerprint "$fp" \
				>"$work/out" 2>"$work/err" || rc=$?
			[ "$rc" -eq 1 ] || [ "$rc" -eq 3 ]
			[ "$(wc -l <"$work/err")" -eq 1 ]
			[ ! -s "$work/out" ]
			grep -q "^quorate: four" "$work/err"
			flip "four/$f" "$at"
		done
		mv "four/$f" kept
		refuses 3 "cannot open four/$f" -- \
			quorate genesis check four --fingerprint "$fp"
		mv kept "four/$f"
	done
}

@test "parts of another ceremony swapped in are refused" {
	keys sa
	abc_plan --spare a=sa.pub
	abc_genesis >/dev/null
	mv g one
	abc_genesis >/dev/null
	mv g two
	four=(plan.cbor genesis_output spares.cbor genesis_statement.cbor)
	for f in "${four[@]:1}"; do
		rm -rf mix
		mkdir mix
		(cd one && cp "${four[@]}" ../mix)
		cp "two/$f" mix
		refuses 1 "mix: genesis statement" -- \
			quorate genesis check mix --fingerprint "$fp"
	done
	cp -r one mix2
	cp two/shares/rehearsal-a.share mix2/shares
	refuses 1 "mix2/shares/rehearsal-a.share is not the file of" -- \
		quorate genesis check mix2 --fingerprint "$fp"
	cp one/shares/* mix2/shares
	cp one/shares/rehearsal-a.share mix2/shares/rehearsal-m.share
	refuses 1 "mix2/shares/rehearsal-m.share is not a file" -- \
		quorate genesis check mix2 --fingerprint "$fp"
	rm mix2/shares/rehearsal-m.share
	echo x >mix2/dr_wrapped_quorum_key
	refuses 1 "it has no disaster-recovery key" -- \
		quorate genesis check mix2 --fingerprint "$fp"
	# a genesis of another plan, whole: only the fingerprint tells
	mine=$fp
	abc_plan --force
	abc_genesis >/dev/null
	refuses 1 "not the one you gave" -- \
		quorate genesis check g --fingerprint "$mine"
	quorate genesis check g --fingerprint "$fp" >/dev/null
	cp one/plan.cbor theirs
	refuses 1 "theirs is not the plan that this genesis was made from" -- \
		quorate genesis check g --plan theirs --fingerprint "$fp"
	(cd g && cp "${four[@]}" ../mix)
	refuses 1 "mix: genesis statement: it speaks of another plan" -- \
		quorate genesis check mix --plan theirs --fingerprint "$mine"
}

@test "check says what is proved and what is not, and asks for the paper" {
	keys dr
	production_plan --dr dr.pub
	abc_genesis >/dev/null
	quorate genesis check g --fingerprint "$fp" >out
	grep -qF "any 2 needed; persons, order and keys are the plan's" out
	grep -qF "not proved by these files:" out
	grep -qF "the disaster-recovery key has not taken the quorum key" out
	grep -qF "the plan takes them without proof" <(tr -s '\n ' ' ' <out)
	[ "$(wc -L <out)" -le 80 ]
	no grep -q REHEARSAL out
	echo yes | quorate genesis check g >asked 2>"$work/err"
	same out asked
	refuses 1 "no answer" -- quorate genesis check g </dev/null
	harmless 2 "an argument is missing: DIR" -- quorate genesis check
	harmless 3 "cannot open none/plan.cbor" -- quorate genesis check none
	harmless 3 "a.pub/plan.cbor" -- quorate genesis check a.pub
}

@test "show prints our output and QOS's own recorded one" {
	abc_plan
	abc_genesis >/dev/null
	quorate genesis show g/genesis_output >out
	grep -qF 'test message "REHEARSAL qos-test-message"' out
	[ "$(wc -L <out)" -le 80 ]
	quorate genesis show <g/genesis_output | cmp - out
	fails 3 "standard input: not a genesis output" -- quorate genesis show - \
		</dev/null
	fails 3 "a.pub" -- quorate genesis show a.pub
	need_fixtures
	quorate genesis show "$mock/boot-e2e/genesis-dir/genesis_output" >out
	grep -qF "threshold    2 of 3" out
	grep -qF 'member       "user2"' out
}

# --- size, and what the system refuses

@test "128 of 255: one call, checked, under the promised second" {
	mkdir set
	absent=()
	for i in $(seq -w 255); do
		keys "set/p$i"
		[ "$i" -le 128 ] || absent+=(--absent "rehearsal-p$i")
	done
	printf 128 >set/quorum_threshold
	quorate plan new --mode rehearsal --name v --members set \
		-o plan.cbor >/dev/null
	fp=$(quorate plan fingerprint plan.cbor)
	keys=()
	for i in $(seq -w 128); do
		keys+=(--key "set/p$i.secret")
	done
	# of the processor's time, which others on the machine do not use up
	TIMEFORMAT='%3U %3S'
	{ time run_genesis "${keys[@]}" "${absent[@]}" >out 2>err; } 2>took
	took=$(awk '{ print ($1 + $2) * 1000 }' took)
	echo "# 128 of 255: $took ms" >&3
	[ "$took" -lt 1000 ]
	grep -qF "combinations of 128 shares" out
	[ "$(find g/shares -type f | wc -l)" -eq 255 ]
	quorate genesis drill g "${keys[@]}" >/dev/null
	refuses 1 "shares of 127 persons, but 128 are needed" -- \
		quorate genesis drill g "${keys[@]:2}"
}

@test "no room and no right to write: one line, and nothing begun" {
	abc_plan
	harmless 5 "none" -- quorate genesis run --plan plan.cbor -o none/g \
		--fingerprint "$fp" --key a.secret --key b.secret \
		--key c.secret
	harmless 3 "cannot open none" -- quorate genesis run --plan none -o g
	harmless 3 "a.pub: plan" -- quorate genesis run --plan a.pub -o g
	harmless 3 "is a folder" -- quorate genesis run --plan . -o g
	harmless 2 "missing: --plan" -- quorate genesis run
	harmless 2 "missing: -o DIR" -- quorate genesis run --plan plan.cbor
	harmless 2 "path too long" -- quorate genesis run --plan plan.cbor \
		-o "$(printf 'd/%.0s' $(seq 600))" --fingerprint "$fp" \
		--key a.secret --key b.secret --key c.secret
	# a limit on the size of files stands for a full disk
	small() {
		(
			trap '' XFSZ
			ulimit -f 1
			abc_genesis
		)
	}
	nothing_made 5 "genesis.commit" -- small
	abc_genesis >/dev/null
	quorate genesis check g --fingerprint "$fp" >/dev/null
	if [ "$(id -u)" -ne 0 ]; then
		rm -rf g
		mkdir -m 555 g
		harmless 5 "g/shares" -- abc_genesis
	fi
}

@test "a closed standard output is no success, and the run can be repeated" {
	abc_plan
	[ -e /dev/full ] || skip "no /dev/full"
	rc=0
	abc_genesis >/dev/full 2>err || rc=$?
	[ "$rc" -eq 5 ]
	grep -qF "cannot write to standard output" err
	run_genesis >out 2>/dev/null
	quorate genesis check g --fingerprint "$fp" >/dev/null
}

@test "what a person reads fits an 80-column terminal" {
	keys dr sa
	abc_plan --dr dr.pub --spare a=sa.pub
	run_genesis --key a.secret --key b.secret --absent rehearsal-c \
		>out 2>err </dev/null
	[ "$(cat out err | wc -L)" -le 80 ]
	quorate genesis drill g --key a.secret --key sa.secret \
		--key b.secret --key dr.secret >out
	[ "$(wc -L <out)" -le 80 ]
	for c in "" run show check drill; do
		# shellcheck disable=SC2086 # none or one word
		quorate genesis $c --help >help
		[ "$(wc -L <help)" -le 80 ]
	done
}
