# For the tests that boot an image, after `load lib`, `ceremony`, `online` of
# tests/e2e: SIMULATED images, machines of QEMU, what stands around them.
# Emulation is slow: everything waits long.  BOOT_TOOLS is where
# vhost-device-vsock is, if not in PATH.

PATH=$PATH:${BOOT_TOOLS:-/nonexistent}
image=$programs/quorate-image

wait_long() {
	local i
	for i in {1..600}; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.2
	done
	echo "not within two minutes: $*"
	return 1
}

# simulated_image OUT [APP]: OUT.eif and OUT.pcrs, with the rehearsal's PKI,
# so that people can verify what the SIMULATED NSM signs
simulated_image() {
	cat >"$1.more" <<-END
		dir pki 0700
		file pki/root.pem 0444 $F/pki/root.pem
		file pki/root.key 0600 $F/pki/root.key
	END
	MORE=$1.more "$top/enclave/image/assemble" "$1" \
		"$programs/image/init-sim" ${2:+"$2"}
}

# a root for the SIMULATED NSM: the program makes it when it starts
simulated_pki() {
	spawn "$F/pki.log" "$programs/quorate-enclave-sim" --pki-dir "$F/pki" \
		--usock "$F/pki.sock"
	until_says "$F/pki.log" ' ready'
	kill "$spawned"
	wait "$spawned"
}

# machine EIF PCRS: boots it; $url is the HTTP of its host.  $work/machine is
# its folder, with the console; $qemu its process.  The SIMULATED NSM is told
# PCRS.
machine() {
	local told
	around
	"$image" extract -o parts "$1" >/dev/null
	cat parts/ramdisk*.cpio >ramdisks
	told=$(sed -nE 's/^([0-9a-f]{96}) PCR([0-4])$/quorate.pcr\2=\1/p' \
		"$2" | tr '\n' ' ')
	emulate qemu-system-x86_64 \
		-M microvm,acpi=off,rtc=on,memory-backend=ram \
		-object memory-backend-memfd,id=ram,size=256M,share=on \
		-m 256 -cpu max -no-user-config \
		-device vhost-user-vsock-device,chardev=vsock \
		-kernel parts/kernel -initrd ramdisks \
		-append "$(cat parts/cmdline) quorate.parent=2 $told"
	wait_long says 'ready; SIMULATED'
}

# nitro_machine EIF: the very file, in a machine that measures it
nitro_machine() {
	local id=i-0123456789abcdef0
	around
	emulate "$QEMU_NITRO" -L /usr/share/seabios -L /usr/share/qemu \
		-M "nitro-enclave,vsock=vsock,id=$id-enc0123456789abcdef,parent-role=$role,parent-id=$id" \
		-m 512 -kernel "$1"
	wait_long says 'quorate-enclave: ready'
}

# around: the folder of a machine, its vsock, and its host; leaves us in it
around() {
	rm -rf "$work/machine"
	mkdir "$work/machine"
	cd "$work/machine" || return
	background vhost-device-vsock \
		--vm guest-cid=16,socket=vhost,uds-path=vsock
	wait_for test -S vhost
	background "$programs/standin/vsock_server" control vsock 3
	background "$programs/standin/vsock_server" "control_$app_port" \
		vsock "$app_port"
	# the guest's connections to its parent arrive at NAME_PORT
	ln -s control_9000 vsock_9000
	background "$programs/quorate-host" --usock control --host-port 0 \
		--heartbeat --socket-timeout 60000 \
		--bridge "127.0.0.2:$app_port"
	address quorate-host.log
}

# emulate QEMU OPTIONS...: starts it and leaves the folder
emulate() {
	spawn qemu.log "$@" -accel tcg -nodefaults -display none -no-reboot \
		-serial file:console -chardev socket,id=vsock,path=vhost
	qemu=$spawned
	cd - >/dev/null || return
}

background() { spawn "${1##*/}.log" "$@"; }

# says WORDS: the machine's console has them
says() { grep -qF -e "$*" "$work/machine/console"; }

# gone: the machine has ended by itself
gone() { ! kill -0 "$qemu"; }
