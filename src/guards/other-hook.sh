# Any other hook: on to the one that was here before, with its arguments and input.
find_former
[ -x "$former" ] && [ ! -d "$former" ] || exit 0
exec "$former" "$@"
