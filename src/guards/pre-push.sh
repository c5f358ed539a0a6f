# The pre-push hook: git gives the remote's name and URL, and a line for each ref: local ref, local id, remote ref, remote id.
# An update of main at the guarded repository is refused, however it was spelled. The integrator never comes by here: it
# pushes from a repository of its own. Everything else goes on to the hook that was here before, with the same lines.
remote=$1 url=$2

# A few lines are read by the shell itself: a process less. It reads byte by byte, so many are left to cat.
lines= count=0
while IFS= read -r each; do
  lines=$lines$each$newline count=$((count + 1))
  [ "$count" -lt 16 ] && continue
  rest=$(cat)
  lines=$lines${rest:+$rest$newline}
  break
done

# Sets $touched to the first ref of the push that is not for everybody, and $source to what was to become of it.
find_touched() {
  case $lines in
    *" "$main_ref" "*) before=${lines%%" "$main_ref" "*} ;;
    *" refs/signalbox/lease "*) before=${lines%%" refs/signalbox/lease "*} ;;
    *) return 1 ;;
  esac
  touched=${lines#"$before "} source=${before##*"$newline"}
  touched=${touched%% *} source=${source% *}
}

if find_touched && (LC_ALL=C; is_guarded_url "$url"); then
  words="$touched of $remote is moved by the integrator alone (pre-push hook)"
  if ! refuses; then
    say_warning "$words"
  elif glass_is_broken; then
    rm -f -- "$private/guards/open"
    printf 'signalbox: the glass is broken: this push goes to %s.\n' "$touched" >&2
  else
    say_no "$words" pre_push "$touched" "git push $remote $source:$touched"
    exit 1
  fi
fi

find_former
[ -x "$former" ] && [ ! -d "$former" ] || exit 0
if [ -z "$lines" ]; then
  exec "$former" "$@" </dev/null
fi
# It may end before it has read everything.
printf '%s' "$lines" 2>/dev/null | "$former" "$@"
