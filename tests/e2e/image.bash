# For the tests of quorate-image: `load lib`, `load image`.

# as begin, and quorate-image
begin_image() {
	begin
	ln -s "$top/build/quorate-image" "$work/bin/quorate-image"
}

# bzimage FILE [BYTES]: what passes for a kernel; not bootable
bzimage() {
	{
		head -c 514 /dev/zero
		printf HdrS
		head -c "${2:-3000}" /dev/zero | tr '\0' k
	} >"$1"
}

# a list with an entry of every kind, and its sources below src/
small_system() {
	mkdir -p src
	printf 'init' >src/init
	printf 'note' >src/note
	cat >system.list <<-'EOF'
	# comment

	dir	dev 0755
	char	dev/console 0600 5 1
	file	init 0755 init
	dir	etc 0750
	file	etc/note 0600 note
	link	etc/start /init
	EOF
}

# build OUT [OPTION...]: an image of bz and the system
build() {
	local out=$1
	shift
	quorate-image build --kernel bz --cmdline 'console=ttyS0 panic=1' \
		--ramdisk system.list --below src "$@" -o "$out"
}

# section FILE TYPE: the payloads of that type, one after the other, by the
# section headers alone
section() {
	local at=548 end type size
	end=$(stat -c %s "$1")
	while [ "$at" -lt "$end" ]; do
		type=$((0x$(xxd -p -s "$at" -l 2 "$1")))
		size=$((0x$(xxd -p -s $((at + 4)) -l 8 "$1")))
		if [ "$type" -eq "$2" ]; then
			tail -c +$((at + 13)) "$1" | head -c "$size"
		fi
		at=$((at + 12 + size))
	done
}

# pcr COMMAND...: SHA-384 of 48 zeros and the SHA-384 of its output
pcr() {
	{
		head -c 48 /dev/zero
		"$@" | sha384sum | head -c 96 | xxd -r -p
	} | sha384sum | head -c 96
}
