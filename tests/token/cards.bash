# For the tests of tokens, after `load ../e2e/lib`: SIMULATED cards behind a
# real pcscd of the test's own (../card/lib.bash), and what is done with them
# again and again.  setup() begins with `begin_cards`, teardown() ends with
# `end_cards`.

begin_cards() {
	begin
	# for card/lib.bash
	# shellcheck disable=SC2034
	card_top=${top:?} card_work=${work:?}/card
	mkdir "$card_work"
	# shellcheck source=/dev/null
	. "$top/tests/card/lib.bash"
	missing=$(card_missing)
	[ -z "$missing" ] || skip "no cards here: $missing"
}

end_cards() {
	[ -n "${missing:-}" ] || pcscd_stop
	end
}

# the public tool on the card of NAME
piv() {
	timeout 120 yubico-piv-tool -r "$(card_reader "$1")" "${@:2}" \
		</dev/null >/dev/null 2>&1 3>&-
}

# certify PUBLIC.pem OUT: a certificate over a key that is elsewhere
certify() {
	[ -e any.csr ] || openssl req -new -newkey ec -pkeyopt \
		ec_paramgen_curve:prime256v1 -noenc -keyout any.key \
		-subj /CN=QuorumOS -out any.csr 2>/dev/null
	openssl x509 -req -in any.csr -signkey any.key -force_pubkey "$1" \
		-out "$2" -days 3650 2>/dev/null
}

# new_card NAME OPTIONS...: keys and certificates in 9C and 9D
new_card() {
	local name=$1 slot
	card_start "$@"
	for slot in 9c 9d; do
		piv "$name" -a generate -s $slot -A ECCP256 \
			--pin-policy=always --touch-policy=always \
			-o "$name-$slot.pem"
		certify "$name-$slot.pem" $slot.crt
		piv "$name" -a import-certificate -s $slot -i $slot.crt
	done
}

# one card alice, and `sealed`: the file `plain` to her
alice() {
	pcscd_start alice
	new_card alice --serial 11 "$@"
	quorate token public -o alice.pub
	echo a share >plain
	quorate key encrypt --to alice.pub plain -o sealed
}

# with_pin LINES COMMAND...: the command with --pin-fd 5 at its end
with_pin() {
	local lines=$1
	shift
	"$@" --pin-fd 5 5< <(printf '%b' "$lines")
}

# ask_slowly: `sealed` is opened, whose PIN comes when `pin` says so.  Back when
# both helpers, one that looks and one that asks, have counted the tries left
# and the card is spoken to no more.
ask_slowly() {
	asked=$(counted)
	mkfifo slow
	quorate key decrypt --token sealed --pin-fd 5 5<slow >got 2>err 3>&- &
	asker=$!
	exec 8>slow
	card_until counted_twice
	card_until quiet
}

counted() { grep -c ' 20 00 80 00 ' "$card_work/card-alice/log" || true; }
counted_twice() { [ "$(counted)" -eq $((asked + 2)) ]; }

# the card was not spoken to for a while
quiet() {
	local n log=$card_work/card-alice/log
	n=$(wc -l <"$log")
	sleep 0.3
	[ "$n" -eq "$(wc -l <"$log")" ]
}

# pin [DIGITS]: the PIN, or none, then what the command ends with
pin() {
	[ $# -eq 0 ] || echo "$1" >&8
	exec 8>&-
	status=0
	wait "$asker" || status=$?
	rm slow
}

# child NAME: the process of this name that this test started
child() {
	local pid up
	for pid in $(pgrep -x "$1"); do
		up=$pid
		while [ "${up:-0}" -gt 1 ]; do
			[ "$up" -ne $$ ] || { echo "$pid"; return 0; }
			up=$(sed -n 's/^PPid:\t//p' "/proc/$up/status" \
				2>/dev/null)
		done
	done
	return 1
}

# own_helper: a copy of quorate, which takes the script on standard input for
# its helper; $real is the true one
own_helper() {
	mkdir "$work/own"
	cp "$top/build/quorate" "$work/own/quorate"
	real=$top/build/quorate-token
	sed "s|REAL|$real|; s|WORK|$work|g" >"$work/own/quorate-token"
	chmod +x "$work/own/quorate-token"
}

# manifest_for NAME.pub...: a manifest m for the set of these, both needed, and
# `sources`, the words that name what it is compared with
manifest_for() {
	local i
	mkdir set
	cp "$@" set
	echo 2 >set/quorum_threshold
	for i in 0 1 2; do
		printf '%096d PCR%d\n' "$((i + 1))" "$i"
	done >pcrs
	echo arn:aws:iam::123456789012:role/Webserver >arn
	echo the application | sha256sum | cut -c1-64 >app.hash
	sources=(--manifest-set set --share-set set --patch-set set
		--pcrs pcrs --role-arn-file arn --pivot-hash app.hash
		--quorum-key "$2")
	quorate manifest new --namespace team/app --nonce 7 --restart never \
		"${sources[@]}" -o m 2>/dev/null
}

no() { if "$@"; then return 1; fi; }

# dialogue: a person at a terminal, in the words of expect on standard input:
# `run COMMAND...`, `see TEXT`, `type TEXT` (with Enter), `echoes YES-OR-NO`,
# `over STATUS` (as its last line).  What the terminal showed is in `screen`.
dialogue() {
	cat - >dialogue.exp
	# Tcl, not shell
	# shellcheck disable=SC2016
	expect -c '
		set timeout 60
		log_user 0
		log_file -noappend -a screen.raw
		proc run {args} {
			global spawn_id spawn_out
			spawn -noecho {*}$args
		}
		proc wrong {what} {
			puts "NOT SO: $what"
			exit 99
		}
		proc see {text} {
			expect -ex $text {} timeout { wrong "shows $text" } \
				eof { wrong "shows $text before its end" }
		}
		proc type {text} { send -- "$text\r" }
		proc echoes {want} {
			global spawn_slave_name spawn_out
			set is [regexp { echo } [exec stty -a -F \
				$spawn_out(slave,name)]]
			if {$is != ($want eq "yes")} { wrong "echo $want" }
		}
		proc over {want} {
			expect timeout { wrong "ends" } eof {}
			set is [lindex [wait] 3]
			if {$is != $want} { wrong "status $want, is $is" }
			exit 0
		}' -f dialogue.exp || { cat screen.raw; return 1; }
	tr -d '\r' <screen.raw >screen
}
