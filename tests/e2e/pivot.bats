#!/usr/bin/env bats
# The application that the enclave starts: how often, with what, as whom, and
# what it says.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# each test is a subshell, and what it sets is for the helpers:
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0

load lib
load ceremony
load online

setup_file() { online_files >/dev/null; }
setup() { online_begin; }
teardown() { online_end; }

@test "a pivot that fails is started again where the manifest says always" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg exit --arg 1
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	post rehearsal-alice
	post rehearsal-bob
	wait_for starts 4
	logs 'pivot exited with status 1'
	in_phase QuorumKeyProvisioned
	stop
	[ "$ended" -eq 0 ]
}

@test "where it says never, the enclave ends three seconds later with status 0" {
	restart=never envelope m 1 "$stand/pivot_server" --arg "$said" \
		--arg exit --arg 1
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	post rehearsal-alice
	SECONDS=0
	post rehearsal-bob
	wait_for starts 1
	in_phase QuorumKeyProvisioned
	rc=0
	wait "$enclave" || rc=$?
	[ "$rc" -eq 0 ]
	[ "$SECONDS" -ge 3 ]
	[ "$(grep -c '^started' "$said")" -eq 1 ]
	[ ! -e "$work/e/sock" ]
}

@test "the pivot gets its arguments and environment as they are, and nothing else" {
	# the quotes, and what looks like code, are meant
	# shellcheck disable=SC2016
	args=('two words' "it's" '"' '$HOME' '' 'a;b' '--help' 'é')
	words=()
	for a in "${args[@]}"; do
		words+=(--arg "$a")
	done
	# shellcheck disable=SC2016
	envelope m 2 "$stand/pivot_server" --arg "$said" --arg stay \
		"${words[@]}" --env 'A=two words' --env 'B="=$A' --env C= \
		--env PATH=/nowhere
	LEAKED=yes enclave
	host
	honest
	wait_for grep -q '^started' "$said"
	same <(printf 'arg %s\n' "$pivot" "$said" stay "${args[@]}") \
		<(grep '^arg ' "$said")
	# shellcheck disable=SC2016
	same <(printf 'env %s\n' 'A=two words' 'B="=$A' C= PATH=/nowhere) \
		<(grep '^env ' "$said")
	# no descriptor, signal or session of ours
	same <(printf 'fd %d /dev/null\n' 0 1 2) <(grep '^fd ' "$said")
	grep -qx 'leads 1' "$said"
	grep -qx 'blocks 0' "$said"
	grep -qx 'ignores 0' "$said"
	[ "$(mode "$pivot")" = 111 ]
	[ "$(mode "$work/e/manifest")" = 444 ]
	[ "$(mode "$work/e/quorum.key") $(mode "$work/e/ephemeral.key")" = \
		"400 400" ]
	no grep -q 'PIVOT\[' "$work/e/log"
}

@test "QUORATE_PIVOT_UID: the pivot runs as that user, who alone owns the keys" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	# a folder that this user may enter; the teardown removes it
	open=$(mktemp -d /tmp/quorate-uid.XXXXXX)
	chmod 755 "$open"
	install -d -o 12345 "$open/of"
	said=$open/of/report
	pivot=$open/pivot
	envelope m 2 "$stand/pivot_server" --arg "$said" --arg stay \
		--env QUORATE_PIVOT_UID=12345
	ulimit -Sn 123
	enclave
	host
	honest
	wait_for grep -q '^started' "$said"
	grep -qx 'user 12345 12345, 0 more groups' "$said"
	grep -qx 'no new privileges 1' "$said"
	grep -qx 'files 123' "$said"		# the enclave has taken more
	for key in quorum ephemeral; do
		[ "$(stat -c '%u %a' "$work/e/$key.key")" = "12345 400" ]
	done
	# the enclave reads them still
	relay attestation -o live.doc
	stop
	[ "$ended" -eq 0 ]
}

@test "what the pivot says is on the console in debug mode only, a safe line each" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg talk \
		--debug-mode
	enclave
	host
	boot
	release rehearsal-alice
	release rehearsal-bob
	post rehearsal-alice
	post rehearsal-bob
	wait_for logs 'PIVOT[OUT]: no line end'
	logs 'PIVOT[OUT]: a line'
	logs 'PIVOT[OUT]: with ?[31mcolour'
	logs 'PIVOT[ERR]: and a complaint'
	no grep -q "$(printf '\033')" "$work/e/log"
	[ "$(console | wc -L)" -lt 1100 ]
	wait_for starts 2
	in_phase QuorumKeyProvisioned
}

# adopted N: that many children and no more
adopted() { [ "$(children | wc -w)" -eq "$1" ]; }

# zombies among the children of $enclave
zombies() {
	local c
	for c in $(children); do
		sed -E 's/.*\) //' "/proc/$c/stat"
	done | grep -c '^Z'
}

@test "no process stays unreaped: pivots that ended, and orphans where it is PID 1" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg exit --arg 0
	enclave
	host
	boot
	provision alice bob
	wait_for starts 3
	[ "$(zombies)" -eq 0 ]
	stop
	afresh
	envelope o 1 "$stand/pivot_server" --arg "$said" --arg orphan
	of=o
	mkdir -p "$work/e"
	start e "$stand/pivot_server" --as-init "$programs/quorate-enclave-sim" \
		--pki-dir "$F/pki" --pcrs "$F/nsm.pcrs"
	until_says "$work/e/log" ' ready'
	host
	boot o
	provision alice bob
	wait_for starts 1
	wait_for adopted 1
	[ "$(zombies)" -eq 0 ]
}

@test "an enclave that is killed takes its pivot along" {
	plain
	enclave
	host
	honest
	p=$(children)
	kill -KILL "$enclave"
	wait "$enclave" 2>/dev/null || :
	wait_for gone "$p"
}
