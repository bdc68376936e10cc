#!/usr/bin/env bats
# quorate-enclave-sim as a process: clients of every kind, its end in every
# phase, and the next start.
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

# --- peers

@test "a host without an enclave says so, and works once one is there" {
	mkdir "$work/e"
	host
	rc=0
	relay status >out 2>err || rc=$?
	[ "$rc" -eq 6 ]
	[ "$(wc -l <err)" -eq 1 ]
	[ ! -s out ]
	[ "$(curl -s -o body -w '%{http_code}' "$url/enclave-health")" = 500 ]
	plain
	fails 6 quorate-relay -- relay boot --envelope m \
		--pivot "$binary" -o doc
	enclave
	honest
	stop
	rc=0
	relay status >out 2>err || rc=$?
	[ "$rc" -eq 6 ]
}

# frame FILE: with its length before it
frame() {
	length "$(stat -c %s "$1")"
	cat "$1"
}

length() {
	printf '%016x' "$1" | sed -E 's/(..)/\1\n/g' | tac | tr -d '\n' |
		xxd -r -p
}

@test "any number of frames on a connection, and none over 128 MiB" {
	plain
	enclave
	host
	echo -n '"statusRequest"' >status
	echo -n '{"statusResponse":"WaitingForBootInstruction"}' >answer
	frame answer >framed
	for _ in 1 2 3; do
		frame status
	done | timeout 60 "$control" "$work/e/sock" >out
	same out <(cat framed framed framed)
	# an empty frame, and noise in a frame, are answered
	{
		length 0
		head -c 1000 /dev/urandom >noise
		frame noise
		frame status
	} | timeout 60 "$control" "$work/e/sock" >out
	[ "$(grep -ao ProtocolMsgDeserialization out | wc -l)" -eq 2 ]
	grep -qa WaitingForBoot out
	# 129 MiB announced: closed without a word, long before the 20 seconds
	# that a silent client has, all of it sent or not
	mkfifo announced
	timeout 15 "$control" "$work/e/sock" <announced >out 3>&- &
	exec 8>announced
	length $((129 << 20)) >&8
	wait $!
	exec 8>&-
	[ ! -s out ]
	{
		length $((129 << 20))
		head -c $((129 << 20)) /dev/zero
	} | timeout 15 "$control" "$work/e/sock" >out
	[ ! -s out ]
	# HTTP to the wrong socket; a frame that breaks off
	no curl -s -m 15 --unix-socket "$work/e/sock" http://enclave/
	frame status | head -c 12 | timeout 15 "$control" "$work/e/sock" >out
	[ ! -s out ]
	honest
}

@test "a slow client gets its answer, and nobody waits for it" {
	plain
	enclave
	host
	echo -n '"statusRequest"' >status
	frame status >framed
	{
		for ((i = 0; i < 23; i++)); do
			dd if=framed bs=1 skip="$i" count=1 status=none
			sleep 0.02
		done
		sleep 0.1
	} | timeout 60 "$control" "$work/e/sock" >slow 3>&- &
	slow=$!
	# stuck ones: in a length, and in a frame; they have 20 seconds
	for part in 3 12; do
		mkfifo "stuck.$part"
		"$control" "$work/e/sock" <"stuck.$part" >/dev/null 3>&- &
		stuck+=($!)
	done
	exec 7>stuck.3 8>stuck.12
	head -c 3 framed >&7
	head -c 12 framed >&8
	boot
	provision alice bob
	kill -0 "${stuck[0]}"
	kill -0 "${stuck[1]}"
	exec 7>&- 8>&-
	wait "$slow"
	grep -qa statusResponse slow
}

@test "fifty clients at once, through the host and on the socket" {
	plain
	enclave
	host
	echo -n '"statusRequest"' >status
	frame status >framed
	clients=()
	for i in {1..50}; do
		curl -s --data-binary @status "$url/message" >"http.$i" &
		clients+=($!)
		timeout 60 "$control" "$work/e/sock" <framed >"raw.$i" &
		clients+=($!)
	done
	wait "${clients[@]}"
	for i in {1..50}; do
		text "http.$i" '{"statusResponse":"WaitingForBootInstruction"}'
		grep -qa WaitingForBootInstruction "raw.$i"
	done
	rm http.* raw.*
	honest
}

# --- the end, and the next start

@test "SIGTERM in every phase: status 0, no socket, no pivot, whole files" {
	plain
	enclave
	cleanly
	fresh
	enclave
	host
	boot
	in_phase WaitingForQuorumShards
	cleanly
	fresh
	enclave
	host
	honest
	cleanly
	fresh
	enclave
	host
	raw_boot m "$binary" bootKeyForwardRequest | ask >/dev/null
	in_phase WaitingForForwardedKey
	cleanly
	fresh
	enclave
	host
	genesis_request | ask >/dev/null
	in_phase GenesisBooted
	cleanly
	fresh
	whole=$pivot
	pivot=/dev/null/pivot enclave
	host
	pivot=$whole
	raw_boot m "$binary" | ask | grep -qF FailedToPutPivot
	in_phase UnrecoverableError
	cleanly
}

@test "SIGTERM: a pivot that ignores it is killed, with its family" {
	envelope m 1 "$stand/pivot_server" --arg "$said" --arg stubborn
	enclave
	host
	honest
	wait_for starts 1
	SECONDS=0
	cleanly
	[ "$SECONDS" -ge 1 ]
	[ "$SECONDS" -le 60 ]
	logs 'pivot ended by signal 9'
	afresh
	envelope f 1 "$stand/pivot_server" --arg "$said" --arg family
	of=f	# for release and post
	enclave
	host
	boot f
	provision alice bob
	wait_for starts 1
	wait_for family
	child=$(children "$(children)")
	cleanly
	wait_for gone "$child"
}

family() { [ -n "$(children "$(children)")" ]; }

@test "files of an earlier run are named at the start, and boot is refused" {
	plain
	enclave
	host
	honest
	stop
	enclave
	for f in quorum.key ephemeral.key manifest; do
		logs "$work/e/$f is left from an earlier run; no boot before it is removed"
	done
	raw_boot m "$binary" >request
	refused '"CannotModifyPostPivotStatic"' <request
	fails 6 CannotModifyPostPivotStatic -- relay boot --envelope m \
		--pivot "$binary" -o doc
	[ -z "$(children)" ]
	# each of them alone is enough
	for f in quorum.key ephemeral.key manifest; do
		mkdir -p "$work/o"
		mv "$work/e/$f" "$work/o/"
	done
	refused '"CannotModifyPostPivotStatic"' <request
	rm -f "$pivot"
	for f in quorum.key ephemeral.key manifest; do
		cp "$work/o/$f" "$work/e/$f"
		refused '"CannotModifyPostPivotStatic"' <request
		rm -f "$work/e/$f"
	done
	rm trust.* m.out/*
	honest
}

@test "a socket that is in use, or a file in its place, is not taken over" {
	enclave
	host
	fails 1 another process listens on -- quorate-enclave-sim \
		--pki-dir "$F/pki" --usock "$work/e/sock"
	in_phase WaitingForBootInstruction
	: >"$work/file"
	fails 1 is no socket -- quorate-enclave-sim --pki-dir "$F/pki" \
		--usock "$work/file"
	# a stale one is replaced
	kill -KILL "$enclave"
	wait "$enclave" 2>/dev/null || :
	[ -S "$work/e/sock" ]
	enclave
	in_phase WaitingForBootInstruction
}

@test "command lines that cannot be meant are refused" {
	for p in quorate-enclave quorate-enclave-sim; do
		fails 2 unknown option --colour -- "$p" --colour x
		fails 2 a value is missing -- "$p" --usock
		fails 2 not a number -- "$p" --port x
	done
	fails 2 --pki-dir DIR is missing -- quorate-enclave-sim --usock s
	fails 2 unknown option --pki-dir -- quorate-enclave --pki-dir x
	long=$(printf 'a%.0s' {1..108})
	fails 2 the path of a socket has at most 107 bytes -- quorate-enclave-sim \
		--pki-dir "$F/pki" --usock "$long"
	fails 3 line 1 is not -- quorate-enclave-sim --pki-dir "$F/pki" \
		--pcrs "$F/role.arn" --usock s
	quorate-enclave --help | grep -q 'default: /dev/nsm'
}
