#!/usr/bin/env bats
# quorate-host in front of an enclave that answers, or does what none should.
#
# variables of the loaded files
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load lib
load host

setup() {
	begin
}

teardown() {
	end
}

octets=application/octet-stream
no_enclave='{"protocolErrorResponse":"EnclaveClient"}'
not_routed='{"protocolErrorResponse":{"NoMatchingRoute":"GenesisBooted"}}'

@test "host-health is Ok! as text/html, also without an enclave" {
	enclave none
	host
	[[ $(get host-health) == "200 text/html"* ]]
	text body 'Ok!'
}

@test "enclave-health names the phase: 200 provisioned or after genesis, else 503" {
	enclave replies
	host
	for phase in QuorumKeyProvisioned GenesisBooted; do
		reply 1 "{\"statusResponse\":\"$phase\"}"
		[[ $(get enclave-health) == 200* ]]
		text body "$phase"
	done
	for phase in UnrecoverableError WaitingForBootInstruction \
		WaitingForQuorumShards WaitingForForwardedKey; do
		reply 1 "{\"statusResponse\":\"$phase\"}"
		[[ $(get enclave-health) == 503* ]]
		text body "$phase"
	done
}

@test "an enclave that reads only Borsh is asked in Borsh" {
	enclave replies
	host
	printf '\x02\x04' >"$work/replies/1b"
	[[ $(get enclave-health) == 200* ]]
	text body QuorumKeyProvisioned
	[ "$(tr '\n' ' ' <"$work/replies/asked")" = "1 1b " ]
}

@test "a message and its answer pass byte for byte, as octets" {
	enclave echo
	host
	for n in 1 31234 31235 1000000; do
		head -c "$n" /dev/urandom >in
		[ "$(message in)" = "200 $octets" ]
		same in body
	done
	: >in
	[ "$(message in)" = "200 $octets" ]
	[ ! -s body ]
}

@test "a protocol error of the enclave is a good answer to a message" {
	enclave replies
	host
	reply 19 "$not_routed"
	echo -n '"manifestEnvelopeRequest"' >in
	[ "$(message in)" = "200 $octets" ]
	text body "$not_routed"
}

@test "enclave-info before boot and after genesis: the phase, and nulls" {
	enclave replies
	host
	reply 1 '{"statusResponse":"WaitingForBootInstruction"}'
	reply 19 '{"manifestEnvelopeResponse":{}}'
	reply 11 "$not_routed"
	[[ $(get enclave-info) == "200 application/json"* ]]
	text body '{"phase":"WaitingForBootInstruction","manifestEnvelope":null,"ephemeralKey":null}'
	reply 1 '{"statusResponse":"GenesisBooted"}'
	reply 19 "$not_routed"
	[[ $(get enclave-info) == 200* ]]
	text body '{"phase":"GenesisBooted","manifestEnvelope":null,"ephemeralKey":null}'
}

@test "without an enclave: wire error, text, and JSON, each with status 500" {
	enclave none
	host
	echo -n '"statusRequest"' >in
	[ "$(message in)" = "500 $octets" ]
	text body "$no_enclave"
	[[ $(get enclave-health) == 500* ]]
	grep -q 'cannot connect' body
	[[ $(get enclave-info) == "500 application/json"* ]]
	jq -e '.error | contains("cannot connect")' body
}

@test "an answer in single bytes is put together" {
	enclave fragments
	host
	[[ $(get enclave-health) == 200* ]]
	text body GenesisBooted
}

@test "129 MiB announced, a short frame, noise, or a closed line is a 500" {
	echo -n '"statusRequest"' >in
	for mode in huge short closes; do
		enclave "$mode"
		host --socket-timeout 2000
		[ "$(message in)" = "500 $octets" ]
		text body "$no_enclave"
		[[ $(get enclave-health) == 500* ]]
		[[ $(get enclave-info) == 500* ]]
		[[ $(get host-health) == 200* ]]
	done
	enclave garbage
	host
	[ "$(message in)" = "200 $octets" ]
	[[ $(get enclave-health) == 500* ]]
	grep -q 'not a protocol message' body
}

@test "a stuck or dripping enclave costs one timeout, and others do not wait" {
	echo -n '"statusRequest"' >in
	for mode in stuck drip; do
		enclave "$mode"
		host --socket-timeout 4000
		curl -s -o body -w '%{http_code}' --data-binary @in \
			"$url/message" >first 3>&- &
		wait_for connected
		[[ $(curl -s -o health -w '%{http_code}' \
			"$url/host-health") == 200 ]]
		# that one still waits
		[ ! -s first ]
		wait $!
		[ "$(cat first)" = 500 ]
		text body "$no_enclave"
	done
}

@test "a body over 128 MiB is refused as OversizeMsg, announced or not" {
	enclave echo
	host
	truncate -s $(((128 << 20) + 1)) in
	[ "$(message in)" = "400 $octets" ]
	text body '{"protocolErrorResponse":"OversizeMsg"}'
	[ "$(curl -s -o body -w '%{http_code}' -X POST -T - \
		"$url/message" <in)" = 400 ]
	text body '{"protocolErrorResponse":"OversizeMsg"}'
	# and exactly that much is passed on
	truncate -s $((128 << 20)) in
	[ "$(message in)" = "200 $octets" ]
	[ "$(stat -c %s body)" -eq $((128 << 20)) ]
}

@test "fifty clients at once are served at once" {
	enclave fifty
	host --socket-timeout 60000
	for i in {1..50}; do
		curl -s "$url/enclave-health" >"out.$i" 3>&- &
		clients[i]=$!
	done
	wait "${clients[@]}"
	for i in {1..50}; do
		text "out.$i" GenesisBooted
	done
	[ "$(grep -c 'GET /qos/enclave-health 200' "$work/host.log")" -eq 50 ]
}

@test "clients that trickle are cut off, and hold up nobody meanwhile" {
	enclave fragments
	host --client-timeout 1000
	exec 7<>"/dev/tcp/127.0.0.1/$port" 8<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET /qos/host-he' >&7
	printf 'POST /qos/message HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n1' >&8
	cat <&7 >got7 2>&1 3>&- &
	local reader=$!
	cat <&8 >got8 2>&1 3>&- &
	local reader2=$!
	for _ in {1..5}; do
		[[ $(get enclave-health) == 200* ]]
	done
	# each byte comes in time, the request does not
	SECONDS=0
	while kill -0 "$reader" "$reader2" 2>/dev/null; do
		{ printf a >&7; printf a >&8; } 2>/dev/null || true
		sleep 0.2
		[ "$SECONDS" -lt 60 ]
	done
	[ ! -s got7 ]
	exec 7>&- 8>&-
	[[ $(get enclave-health) == 200* ]]
	wait_for grep -q 'POST /qos/message 0 0 bytes.*cut off' "$work/host.log"
}

@test "garbage instead of HTTP gets no 200, and the host goes on" {
	enclave none
	host
	for what in 'GET' '\x16\x03\x01\x02\x00' 'A B C\r\n\r\n' \
		'POST /qos/message HTTP/1.1\r\nContent-Length: -1\r\n\r\n' \
		'POST /qos/message HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n'; do
		exec 7<>"/dev/tcp/127.0.0.1/$port"
		# the escapes are meant
		# shellcheck disable=SC2059
		printf "$what" >&7
		timeout 0.5 cat <&7 >answer || true
		exec 7>&-
		[ "$(grep -c ' 200 ' answer)" -eq 0 ]
	done
	[[ $(get host-health) == 200* ]]
}

@test "other paths are 404, other methods 405 with the right one" {
	enclave none
	host
	[[ $(get nothing) == 404* ]]
	[[ $(get host-health/) == 404* ]]
	url=http://127.0.0.1:$port
	[[ $(get host-health) == 404* ]]
	url=$url/qos
	[[ $(get message) == 405* ]]
	curl -s -i -X DELETE "$url/enclave-info" | tr -d '\r' |
		grep -x 'Allow: GET'
	curl -s -I "$url/host-health" | grep -q ' 200 '
}

@test "the base path is the one given" {
	enclave none
	host --endpoint-base-path /a/b/
	[[ $url == */a/b ]]
	[[ $(get host-health) == 200* ]]
	host --endpoint-base-path ''
	[[ $(get host-health) == 200* ]]
}

@test "it listens on loopback, and elsewhere only when told" {
	enclave none
	host
	grep -q "0100007F:$(printf %04X "$port")" /proc/net/tcp
	host --host-ip 0.0.0.0
	grep -q "00000000:$(printf %04X "$port")" /proc/net/tcp
}

@test "SIGTERM: the answer under way is given, then exit 0 and a free port" {
	enclave held
	host
	get enclave-health >first 3>&- &
	local client=$!
	wait_for connected
	kill -TERM "$host_pid"
	touch "$work/replies/go"
	wait "$client"
	[[ $(cat first) == 200* ]]
	wait "$host_pid"
	rc=0
	curl -s "$url/host-health" || rc=$?
	[ "$rc" -eq 7 ]
}

@test "SIGTERM: a stuck enclave does not hold it for long" {
	enclave stuck
	host --socket-timeout 600000
	curl -s "$url/enclave-health" >out 3>&- &
	wait_for connected
	SECONDS=0
	kill -TERM "$host_pid"
	wait "$host_pid"
	[ "$SECONDS" -le 60 ]
}

@test "the log has one safe line a request, and no body" {
	enclave echo
	host
	echo secret-looking >in
	message in
	curl -s -g "$url/a%0aquorate-host:%20forged%1b[31m" >/dev/null
	wait_for grep -q 'GET /qos/a' "$work/host.log"
	[ "$(wc -l <"$work/host.log")" -eq 3 ]
	grep -q 'POST /qos/message 200 15 bytes' "$work/host.log"
	grep -q 'GET /qos/a?quorate-host: forged?\[31m 404' "$work/host.log"
	[ "$(grep -c secret-looking "$work/host.log")" -eq 0 ]
}

@test "command lines that cannot be meant are refused" {
	h=${QUORATE_BUILD:-$top/build}/quorate-host
	fails 2 where is the enclave -- "$h"
	fails 2 --cid N --port N -- "$h" --cid 3
	fails 2 --usock goes without -- "$h" --usock s --cid 3 --port 3
	fails 2 true or false -- "$h" --cid 3 --port 3 --vsock-to-host yes
	fails 2 --host-port is at most -- "$h" --usock s --host-port 65536
	fails 2 --socket-timeout -- "$h" --usock s --socket-timeout 0
	fails 2 not an IPv4 -- "$h" --usock s --host-ip ::1
	fails 2 107 bytes -- "$h" --usock "$(printf 'a%.0s' {1..108})"
	enclave none
	host
	fails 5 cannot listen -- "$h" --usock s --host-port "$port"
}
