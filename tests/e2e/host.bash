# For the tests of quorate-host and quorate-relay, after `load lib`: a host on
# a free port, an enclave that is told what to answer.  Their files lie in
# $work, beside the folder that `fails` watches.

# the stand-in, in the place of an earlier one, or nothing with the mode "none";
# its replies lie in $work/replies
enclave() {
	mkdir -p "$work/replies"
	[ "$1" = none ] && return
	if [ -n "${enclave_pid:-}" ]; then
		kill "$enclave_pid"
		wait "$enclave_pid" 2>/dev/null || :
	fi
	spawn "$work/enclave.log" \
		"${QUORATE_BUILD:-$top/build}/standin/enclave_server" \
		"$work/sock" "$1" "$work/replies"
	enclave_pid=$spawned
	until_says "$work/enclave.log" ready
}

# the host asks: the stand-in has a process for each connection
connected() { pgrep -P "$enclave_pid"; }

# host OPTIONS...: on a free port; $url is its address, $work/host.log its log
host() {
	spawn "$work/host.log" "${QUORATE_BUILD:-$top/build}/quorate-host" \
		--usock "$work/sock" --host-port 0 "$@"
	host_pid=$spawned
	address "$work/host.log"
	root=${url#http://}
	port=${root#*:}
	port=${port%%/*}
}

# reply TAG TEXT: what the stand-in answers to message TAG ("23b" in Borsh)
reply() {
	mkdir -p "$work/replies"
	printf %s "$2" >"$work/replies/$1"
}

# get PATH, message FILE: the body in ./body, status and type printed
get() {
	curl -s -o body -w '%{http_code} %{content_type}' "$url/$1"
}
message() {
	curl -s -o body -w '%{http_code} %{content_type}' \
		--data-binary @"$1" "$url/message"
}
