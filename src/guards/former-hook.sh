# The hook that git would run were we not there: where core.hooksPath says, ours left out, or in the repository's own hooks
# folder. Looked up at every run: a tool that sets core.hooksPath anew is obeyed at once.
find_former() {
  folder=
  set -f
  each_path=$(git config --type=path --get-all core.hooksPath 2>/dev/null || git config --get-all core.hooksPath 2>/dev/null)
  while IFS= read -r each; do
    [ -z "$each" ] || [ "$each" = "$own_hooks" ] || folder=$each
  done <<PATHS
$each_path
PATHS
  set +f
  former=${folder:-$plain_hooks}/$hook
}
