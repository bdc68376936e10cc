# SIMULATED cards behind a real pcscd, for bats and for scripts.  Source it,
# set card_top (the top folder) and card_work (a folder of one's own), then
#
#	pcscd_start alice bob        one reader a name
#	card_start alice --serial 11 --firmware 5.7.1    see piv_card.c
#	...                          clients find PCSCLITE_CSOCK_NAME
#	card_stop alice; pcscd_stop
#
# The state of a card is $card_work/card-NAME; all share the test root
# $card_work/root/root.pem.  Everything is stopped by its process id.

# bats loads this inside a function
declare -gA card_pid card_port
: "${card_top:=.}" "${card_work:=.}"
pcscd_pid=

# why there can be no cards, one line; nothing if there can be
card_missing() {
	local m=''
	[ -x /usr/sbin/pcscd ] || m="$m pcscd"
	[ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] ||
		m="$m vsmartcard-vpcd"
	command -v opensc-tool >/dev/null || m="$m opensc"
	command -v yubico-piv-tool >/dev/null || m="$m yubico-piv-tool"
	# pcscd wants it, and only root can make it
	[ -d /run/pcscd ] || [ "$(id -u)" -eq 0 ] ||
		m="$m /run/pcscd (a folder)"
	echo "${m# }"
}

# until COMMAND... succeeds, for at most $card_patience seconds: a machine may be
# slow
card_patience=60
card_until() {
	local end=$((SECONDS + card_patience))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "not within $card_patience s: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

card_reader() { echo "Yubico YubiKey SIMULATED $1"; }

card_listed() { opensc-tool -l | grep -qF "$(card_reader "$1") "; }

# a card is in the reader of NAME
card_present() {
	opensc-tool -l | grep -F "$(card_reader "$1") " | grep -q ' Yes '
}

card_absent() { ! card_present "$1"; }

# An entry takes its port and the next one; below 32768, where the kernel
# gives none to connections that others make.  Each reader loads a copy of the
# driver: in one, the first slots of two entries would be the same card.
pcscd_configure() {
	local name port conf=$card_work/pcscd.conf
	local driver=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
	rm -rf "$conf"
	mkdir -p "$conf"
	port=$((20000 + (RANDOM % 3000) * 4))
	for name in "$@"; do
		card_port[$name]=$port
		printf 'FRIENDLYNAME "%s"\nDEVICENAME /dev/null:0x%04X\n' \
			"$(card_reader "$name")" "$port" >"$conf/$name"
		cp "$driver" "$card_work/vpcd-$name.so"
		printf 'LIBPATH %s\nCHANNELID 0x%04X\n' \
			"$card_work/vpcd-$name.so" "$port" >>"$conf/$name"
		port=$((port + 4))
	done
}

pcscd_all_listed() {
	local name
	for name in "$@"; do
		card_listed "$name" || return 1
	done
}

# a port that another process holds: other ports
pcscd_start() {
	export PCSCLITE_CSOCK_NAME=$card_work/pcscd.comm
	for _ in 1 2 3; do
		pcscd_configure "$@"
		"$card_top/build/card/pcscd_launch" "$PCSCLITE_CSOCK_NAME" \
			"$card_work/pcscd.conf" </dev/null \
			>"$card_work/pcscd.log" 2>&1 3>&- &
		pcscd_pid=$!
		card_patience=20 card_until pcscd_all_listed "$@" && return 0
		pcscd_stop
	done
	cat "$card_work/pcscd.log" >&2
	return 1
}

pcscd_stop() {
	local name
	for name in "${!card_pid[@]}"; do
		card_stop "$name"
	done
	[ -n "$pcscd_pid" ] || return 0
	kill "$pcscd_pid" 2>/dev/null || true
	wait "$pcscd_pid" 2>/dev/null || true
	pcscd_pid=
	return 0
}

# card_start NAME OPTIONS...: power for the card of NAME, new or as it was
card_start() {
	local name=$1
	shift
	"$card_top/build/card/piv_card" --dir "$card_work/card-$name" \
		--root "$card_work/root" --port "${card_port[$name]}" "$@" \
		</dev/null >"$card_work/card-$name.out" 2>&1 3>&- &
	card_pid[$name]=$!
	card_until card_present "$name" || {
		cat "$card_work/card-$name.out" >&2
		return 1
	}
}

card_stop() {
	local name=$1
	[ -n "${card_pid[$name]:-}" ] || return 0
	kill "${card_pid[$name]}" 2>/dev/null || true
	wait "${card_pid[$name]}" 2>/dev/null || true
	unset "card_pid[$name]"
	[ ! -d "$card_work" ] || card_until card_absent "$name"
}

# card_order NAME WORDS...: a line for its control FIFO, see piv_card.c
card_order() {
	local name=$1
	shift
	echo "$*" >"$card_work/card-$name/control"
}

# the finger: waits until the card waits
card_touch() {
	card_until test -e "$card_work/card-$1/waiting" &&
		card_order "$1" touch
}

card_remove() {
	card_order "$1" remove
	card_until card_absent "$1"
}

card_insert() {
	card_order "$1" insert
	card_until card_present "$1"
}

# card_count NAME INS: how many commands of this kind it was given
card_count() {
	awk -v ins="$2" '$1 != "#" && $3 == ins' "$card_work/card-$1/log" |
		wc -l
}

# in its reader again, whether it was taken out or not
card_inserted() {
	card_present "$1" && ! tail -n 1 "$card_work/card-$1/log" |
		grep -qx '# removed' || card_insert "$1"
}
