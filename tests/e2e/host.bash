# For the tests of quorate-host and quorate-relay, after `load lib`: a host on
# a free port, an enclave that is told what to answer.  Their files lie in
# $work, beside the folder that `fails` watches.

# the stand-in, or nothing with the mode "none"; its replies lie in $work/replies
enclave() {
	mkdir -p "$work/replies"
	[ "$1" = none ] && return
	"${QUORATE_BUILD:-$top/build}/standin/enclave_server" "$work/sock" \
		"$1" "$work/replies" 3>&- >/dev/null 2>&1 &
	pids+=($!)
	wait_for [ -S "$work/sock" ]
}

# host OPTIONS...: on a free port; $url is its address, $work/host.log its log
host() {
	"${QUORATE_BUILD:-$top/build}/quorate-host" --usock "$work/sock" \
		--host-port 0 "$@" 3>&- 2>"$work/host.log" &
	host_pid=$!
	pids+=($!)
	wait_for grep -q ready "$work/host.log"
	url=$(sed -n 's/.*ready on //p' "$work/host.log")
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

wait_for() {
	local i
	for i in {1..100}; do
		"$@" 2>/dev/null && return
		sleep 0.05
	done
	echo "not within five seconds: $*"
	return 1
}

# ends what the test started
stop_all() {
	local p
	for p in "${pids[@]}"; do
		kill "$p" 2>/dev/null
	done
	pids=()
}
