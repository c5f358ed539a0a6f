# Stands before git. It stops what plainly pushes main of the guarded repository, and a push that goes past the pre-push
# hook and may. It takes no other line apart: the hook sees what git makes of it, and the remote has the last word.
find_real

# The command, after git's own options.
word= skip= globals=0
for each; do
  case $skip:$each in
    ?*:*) skip= ;;
    :-c | :--config-env | :-C | :--git-dir | :--work-tree | :--namespace | :--super-prefix | :--attr-source) skip=1 ;;
    :-*) ;;
    *) word=$each && break ;;
  esac
  globals=$((globals + 1))
done
case $word in
  push | send-pack) ;;
  *) exec "$real" "$@" ;;
esac

# A refspec: does it name main as where it goes, or may it mean main?
read_refspec() {
  case $1 in
    ^*) return 0 ;;
    : | +:) vague=all && return 0 ;;
    *:) goes_to=${1%:} ;;
    *) goes_to=${1##*:} ;;
  esac
  goes_to=${goes_to#+}
  case $goes_to in
    $main_any | [hH][eE][aA][dD][sS]/$main_any | $main_ref) names_main=1 ;;
    HEAD | @) vague=${vague:-head} ;;
    *'*'*) case refs/heads/$main in ${goes_to}) vague=all ;; esac ;;
  esac
}

# The words after `push`. Sets $names_main, $vague (implicit, head or all), $remote, $no_verify.
read_push() {
  names_main= vague= remote= no_verify= refspecs=0 options=1 skip= words=0 tags=
  for each; do
    case $skip$options:$each in
      repo*) remote=$each skip= ;;
      value*) skip= ;;
      1:--) options= ;;
      1:--repo) skip=repo ;;
      1:--repo=*) remote=${each#*=} ;;
      1:--receive-pack | 1:--exec | 1:-o | 1:--push-option | 1:--recurse-submodules) skip=value ;;
      1:--no-verify) no_verify=1 ;;
      1:--all | 1:--branches | 1:--mirror | 1:--stdin) vague=all ;;
      1:--tags) tags=1 ;;
      1:-*) ;;
      *)
        words=$((words + 1))
        if [ "$words" -eq 1 ]; then
          remote=$each
        elif [ "$each" = tag ]; then
          skip=value refspecs=$((refspecs + 1))
        else
          refspecs=$((refspecs + 1))
          read_refspec "$each"
        fi
        ;;
    esac
  done
  [ "$refspecs" -gt 0 ] || [ -n "$tags" ] || vague=${vague:-implicit}
}

# As a subshell with all words of the line; what is wrong is its answer.
whats_wrong() (
  LC_ALL=C given=$# number=0
  for each; do
    [ "$number" -ge "$globals" ] || set -- "$@" "$each"
    number=$((number + 1))
  done
  shift "$given"
  # From here on, the words are git's own options: every question is asked where the command would run.
  seen=
  if [ -z "$no_verify" ] && [ "$word" = push ]; then
    # No answer: git is in no repository, or its hooks are to be where nothing can be.
    judge=$("$real" "$@" rev-parse --path-format=absolute --git-path hooks/pre-push 2>/dev/null) ||
      "$real" "$@" rev-parse --git-dir >/dev/null 2>&1 || exit 0
    is_ours "$judge" && seen=1
  fi
  [ -z "$seen" ] || [ -n "$names_main" ] || exit 0
  current=$("$real" "$@" symbolic-ref --quiet --short HEAD 2>/dev/null)
  where=
  case $names_main$vague in
    all) "$real" "$@" rev-parse --quiet --verify "refs/heads/$main" >/dev/null 2>&1 || exit 0 ;;
    head) [ "$current" = "$main" ] || exit 0 ;;
    implicit)
      [ -n "$current" ] || exit 0
      settings=$("$real" "$@" config --get-regexp '^(push\.default|remote\..*\.(push|mirror))$' 2>/dev/null)
      # No name of a ref has a colon, that of a remote may.
      where=$("$real" "$@" for-each-ref --format='%(push:remoteref):%(upstream:remoteref):%(push:remotename)' \
        "refs/heads/$current" 2>/dev/null)
      goes_to=${where%%:*} where=${where#*:}
      upstream=${where%%:*} where=${where#*:}
      case $settings in
        *' matching'* | *.mirror\ true* | *.push\ *'*'* | *.push\ *$main_any*) goes_to=refs/heads/$main ;;
        *push.default\ upstream* | *push.default\ tracking*) goes_to=${goes_to:-$upstream} ;;
      esac
      case ${goes_to:-refs/heads/$current} in $main_ref) ;; *) exit 0 ;; esac
      ;;
  esac
  remote=${remote:-$where}
  remote=${remote:-origin}
  urls=$("$real" "$@" remote get-url --push --all -- "$remote" 2>/dev/null) || {
    # It is a URL, and may be rewritten; in no repository there is nothing to push.
    "$real" "$@" rev-parse --git-dir >/dev/null 2>&1 || exit 0
    urls=$("$real" "$@" ls-remote --get-url -- "$remote" 2>/dev/null) || exit 0
    rewritten=$("$real" "$@" config --get-regexp '^url\..*\.pushinsteadof$' 2>/dev/null)
    while read -r each beginning; do
      case $remote in "${beginning:-/}"*) ;; *) continue ;; esac
      each=${each#url.}
      urls=$urls$newline${each%.pushinsteadof}${remote#"$beginning"}
    done <<REWRITTEN
$rewritten
REWRITTEN
  }
  top=$("$real" "$@" rev-parse --show-toplevel 2>/dev/null) && CDPATH='' cd -- "$top"
  while IFS= read -r each; do
    is_guarded_url "$each" || continue
    past=
    [ -n "$seen" ] || past=$past_hook
    printf '%s of %s is moved by the integrator alone%s' "$main" "$remote" "$past"
    exit 0
  done <<URLS
$urls
URLS
)

past_hook=', and this push goes past the pre-push hook'
case $word in
  push) rule=git_push ;;
  *) rule=git_send_pack ;;
esac
read_line() {
  shift "$globals"
  shift
  read_push "$@"
}
read_line "$@"
[ -n "$names_main$vague" ] || exec "$real" "$@"
wrong=$(whats_wrong "$@")
[ -n "$wrong" ] || exec "$real" "$@"
if ! refuses; then
  say_warning "$wrong (git wrapper)"
elif glass_is_broken; then
  # The hook uses it up, where it sees the push.
  case $wrong in *"$past_hook"*) rm -f -- "$private/guards/open" ;; esac
else
  say_no "$wrong (git wrapper)" "$rule" "refs/heads/$main" "git $*"
  exit 4
fi
exec "$real" "$@"
