#!/bin/sh
# signalbox fence: hands main and the lease ref back to git, which then moves them as always. It decides nothing: it is
# here because git moves these refs only through this hook. Where somebody points git to another folder of hooks, or to
# none, they do not move at all.

LC_ALL=C
PATH=@PATH@
export LC_ALL PATH

# The length of the next packet's content in $size; false at a flush.
next_packet() {
	size=$(dd bs=1 count=4 2>/dev/null)
	case $size in 0000) return 1 ;; '' | *[!0-9a-f]*) exit 1 ;; esac
	size=$((0x$size - 4))
}

packet() {
	printf '%04x%s\n' $((${#1} + 5)) "$1"
}

while next_packet; do
	dd bs=1 count="$size" of=/dev/null 2>/dev/null
done
packet 'version=1'
printf '0000'
refs=''
while next_packet; do
	packet=$(dd bs=1 count="$size" 2>/dev/null)
	refs="$refs ${packet##* }"
done
set -f
for ref in $refs; do
	packet "ok $ref"
	packet 'option fall-through'
done
printf '0000'
